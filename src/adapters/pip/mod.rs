//! pip: the packages of the stack as a requirements file and a lock of exact versions, installed into `.venv`.
//!
//! Owns: `requirements.hpm.txt` and `constraints.hpm.txt`, both whole, and how pip is called (`work.py`). Refuses: the
//! user's `pyproject.toml`, which is read and never written, and choosing versions.
//!
//! The environment holds what the stack and the project need and nothing else, as with other tools that sync: what was
//! installed by hand goes with the next run that installs. `pip`, `setuptools` and `wheel` stay.

mod explain;
mod requirements;
#[cfg(test)]
mod tests;
mod tool;
mod trouble;

use std::path::{Path, PathBuf};

use super::python::{general, local, meant, stamp};
use super::{Action, Adapter, FileChange, Part, Phase, Programs, Settings, Tool, ToolError, python, sealed};
use crate::diagnostic::{Diagnostic, Severity};
use crate::names::Name;
use crate::requirement::Requirement;
use crate::stack::Stack;
use crate::world::{Outcome, World};
use trouble::Trouble;

/// What is asked for.
pub const REQUIREMENTS: &str = "requirements.hpm.txt";

/// What pip chose.
pub const LOCK: &str = "constraints.hpm.txt";

const ENVIRONMENT: &str = ".venv";

/// What locks and installs: a script, so that one action of a plan can do what depends on what pip says.
const WORK: &str = include_str!("work.py");

/// What the caller's shell must not decide: another Python, another place, other packages.
const NOT_FROM_THE_SHELL: [&str; 21] = [
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYTHONHOME",
    "PYTHONPATH",
    "PIP_CONSTRAINT",
    "PIP_DRY_RUN",
    "PIP_EDITABLE",
    "PIP_FORCE_REINSTALL",
    "PIP_IGNORE_INSTALLED",
    "PIP_NO_DEPS",
    "PIP_NO_DEPENDENCIES",
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_REPORT",
    "PIP_REQUIREMENT",
    "PIP_REQUIRE_HASHES",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_ROOT",
    "PIP_TARGET",
    "PIP_UPGRADE",
    "PIP_USER",
];

/// The adapter for pip.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pip;

impl Adapter for Pip {
    fn name(&self) -> &'static str {
        "pip"
    }

    fn plan(
        &self,
        stack: &Stack,
        root: &Path,
        settings: &Settings,
        world: &dyn World,
    ) -> Result<Part, Vec<Diagnostic>> {
        let wanted = requirements::of(stack, root, world)?;
        let wrong = local::check(&wanted.locals, root, settings.fetch_sources, world);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        if wanted.text.is_none() && sealed::read(REQUIREMENTS, root, world)?.is_none() {
            return Ok(Part::default());
        }
        let mut part = Part {
            inputs: inputs(&wanted, root, world),
            guarded: vec![PathBuf::from(ENVIRONMENT)],
            notes: wanted.notes,
            ..Part::default()
        };
        if settings.frozen {
            part.actions = vec![action("install the locked Python packages", Phase::Apply, "sync", settings)];
            return Ok(part);
        }
        write(REQUIREMENTS, wanted.text.as_deref(), root, world, &mut part)?;
        if wanted.text.is_none() {
            write(LOCK, None, root, world, &mut part)?;
            if !settings.lock_only {
                part.actions = vec![action("remove Python packages", Phase::Apply, "sync", settings)];
            }
            return Ok(part);
        }
        keep_edited_lock(root, world, &mut part)?;
        part.guarded.push(PathBuf::from(LOCK));
        part.actions = actions(stack, settings);
        Ok(part)
    }

    fn prepare(&self, root: &Path, settings: &Settings, world: &dyn World) -> Result<Tool, ToolError> {
        tool::find(root, settings, world)
    }

    fn offer(&self) -> Option<String> {
        Some(tool::offer())
    }

    fn explain(&self, action: &Action, outcome: &Outcome) -> String {
        explain::failure(action, outcome)
    }

    fn blamed(&self, _: &Action, outcome: &Outcome) -> Vec<String> {
        explain::blamed(outcome)
    }

    fn knows(&self, name: &Name, root: &Path, world: &dyn World) -> bool {
        let normal = name.pep503();
        [REQUIREMENTS, LOCK].iter().any(|file| {
            let text = world.read(&root.join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            text.lines().any(|line| is_for(line, &normal))
        })
    }

    fn programs(&self, root: &Path, world: &dyn World) -> Option<Programs> {
        python::programs(root, Path::new(ENVIRONMENT), world)
    }

    fn stamp(&self, stack: &Stack, root: &Path, world: &dyn World) -> Option<String> {
        let wanted = requirements::of(stack, root, world).ok()?;
        stamp::of(root, Path::new(ENVIRONMENT), &inputs(&wanted, root, world), world)
    }

    fn leave(&self, root: &Path, world: &dyn World) -> Result<Part, Vec<Diagnostic>> {
        let mut part = Part::default();
        write(REQUIREMENTS, None, root, world, &mut part)?;
        write(LOCK, None, root, world, &mut part)?;
        Ok(part)
    }

    fn pages(&self) -> &'static str {
        include_str!("pages.md")
    }
}

/// Whether a line of one of the files is about a distribution. What stands for a line is behind it.
fn is_for(line: &str, name: &Name) -> bool {
    let (body, comment) = line.split_once("  # ").unwrap_or((line, ""));
    [body, comment].iter().any(|text| Requirement::parse(text).is_ok_and(|line| line.name == *name))
}

/// Everything that decides what is installed.
fn inputs(wanted: &requirements::Wanted, root: &Path, world: &dyn World) -> Vec<PathBuf> {
    let mut inputs = local::project_files(&wanted.locals, root, world);
    inputs.extend([crate::pyproject::FILE, REQUIREMENTS, LOCK].map(PathBuf::from));
    inputs
}

/// Plans that a file holds this text, or is not there; what somebody wrote into it is kept beside it.
fn write(
    path: &str,
    text: Option<&str>,
    root: &Path,
    world: &dyn World,
    part: &mut Part,
) -> Result<(), Vec<Diagnostic>> {
    let text = text.map(sealed::seal);
    let done = sealed::rewritten(path, text.as_deref(), true, root, world)?;
    part.files.extend(done.change);
    if let Some(kept) = done.aside {
        set_aside(path, kept, part);
    }
    Ok(())
}

/// The lock is written by the script. One that was changed by hand counts for nothing, and is kept beside the new one.
fn keep_edited_lock(root: &Path, world: &dyn World, part: &mut Part) -> Result<(), Vec<Diagnostic>> {
    let Some(bytes) = sealed::read(LOCK, root, world)? else { return Ok(()) };
    if sealed::is_untouched(&String::from_utf8_lossy(&bytes)) {
        return Ok(());
    }
    set_aside(LOCK, sealed::kept(LOCK, Some(bytes), root, world)?, part);
    Ok(())
}

fn set_aside(path: &str, kept: FileChange, part: &mut Part) {
    let (path, aside) = (path.to_owned(), kept.path.to_string_lossy().into_owned());
    part.notes.push(general(Severity::Warning, Trouble::Edited { path, aside }));
    part.aside.push(kept);
}

/// How the script is called to lock and to install.
fn actions(stack: &Stack, settings: &Settings) -> Vec<Action> {
    let mut lock = action("lock Python packages", Phase::Apply, "lock", settings);
    if settings.locked {
        lock = action("check the lock of the Python packages", Phase::Verify, "lock", settings);
        lock.args.push("--check".to_owned());
    }
    match &settings.upgrade {
        Some(names) if names.is_empty() => lock.args.push("--upgrade".to_owned()),
        Some(names) => {
            let names = names.iter().filter_map(|name| meant(name, stack));
            lock.args.extend(names.flat_map(|name| ["--upgrade-package".to_owned(), name]));
        }
        None => {}
    }
    let install = action("install Python packages", Phase::Apply, "sync", settings);
    std::iter::once(lock).chain((!settings.lock_only).then_some(install)).collect()
}

fn action(label: &str, phase: Phase, work: &str, settings: &Settings) -> Action {
    let mut args = vec!["-".to_owned(), work.to_owned()];
    args.extend(settings.offline.then(|| "--offline".to_owned()));
    Action {
        label: label.to_owned(),
        phase,
        args,
        env: Vec::new(),
        env_remove: NOT_FROM_THE_SHELL.map(str::to_owned).into(),
        stdin: Some(WORK.as_bytes().to_vec()),
    }
}
