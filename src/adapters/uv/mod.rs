//! uv: the packages of the stack in `pyproject.toml`, locked and installed.
//!
//! Owns: hsm's entries in `pyproject.toml`, and how uv is called. Refuses: every other byte of that file, `uv.lock`
//! (uv's own) and choosing versions.

mod damage;
mod demand;
mod explain;
#[cfg(test)]
mod laws;
mod make;
mod project;
mod pyproject;
mod record;
mod settings;
mod splice;
mod state;
#[cfg(test)]
mod tests;
mod tool;
mod trial;
mod trouble;
mod workspace;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

pub use splice::SpliceError;
pub use tool::install;
pub use trouble::Trouble;

use super::python::{self, general, local, stamp};
use super::{
    Action, Adapter, FileChange, Found, Maker, Part, Phase, Programs, Settings, Tool, ToolError, Trial,
};
use crate::diagnostic::{Diagnostic, Severity};
use crate::names::Name;
use crate::place::Sources;
use crate::pyproject::Project;
use crate::stack::{ProjectFacts, Stack};
use crate::world::{Outcome, World};
use demand::Demand;
use project::Begun;
use pyproject::Wish;

const PROJECT: &str = "pyproject.toml";
const LOCK: &str = "uv.lock";

/// What the caller's shell must not decide: another environment, another project, other packages than those that are asked
/// for, a sync that does nothing. Where packages come from and which Python is taken stay the shell's.
const NOT_FROM_THE_SHELL: [&str; 21] = [
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "UV_PROJECT",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    "UV_NO_PROJECT",
    "UV_NO_SYNC",
    "UV_FROZEN",
    "UV_LOCKED",
    "UV_ISOLATED",
    "UV_NO_EDITABLE",
    "UV_NO_DEFAULT_GROUPS",
    "UV_NO_GROUP",
    "UV_NO_DEV",
    "UV_DEV",
    "UV_NO_SOURCES",
    "UV_NO_SOURCES_PACKAGE",
    "UV_NO_INSTALL_PROJECT",
    "UV_NO_INSTALL_WORKSPACE",
    "UV_NO_INSTALL_LOCAL",
    "UV_NO_INSTALL_PACKAGE",
];

/// The adapter for uv.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uv;

impl Adapter for Uv {
    fn name(&self) -> &'static str {
        "uv"
    }

    fn plan(
        &self,
        stack: &Stack,
        root: &Path,
        settings: &Settings,
        world: &dyn World,
    ) -> Result<Part, Vec<Diagnostic>> {
        let demand = demand::of(stack)?;
        let bytes = read(root, world).map_err(|t| vec![general(Severity::Error, t)])?;
        let adopt = adopted(stack, settings);
        let Some(done) = edited(&stack.project, &demand, adopt, bytes.as_deref())? else {
            return Ok(Part::default());
        };
        let wrong = local::check(&demand.locals, root, settings.fetch_sources, world);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        if let Some(by) = unread(root, world) {
            let wrong = demand.unread(&by);
            if !wrong.is_empty() {
                return Err(wrong);
            }
        }
        let environment = environment(root, world).and_then(|e| workspace::check(root, world).map(|()| e));
        let environment = environment.map_err(|t| vec![general(Severity::Error, t)])?;
        let mut part = Part {
            guarded: vec![environment],
            inputs: [local::project_files(&demand.locals, root, world), workspace::members(root, world)]
                .concat(),
            notes: done.notes,
            ..Part::default()
        };
        if settings.frozen {
            part.inputs.extend([PROJECT, LOCK].map(PathBuf::from));
            part.actions = vec![action(
                "install the locked Python packages",
                Phase::Apply,
                &["sync", "--frozen"],
                settings,
            )];
            return Ok(part);
        }
        part.guarded.push(PathBuf::from(LOCK));
        let after = Some(done.text.into_bytes());
        part.files.push(FileChange { path: PathBuf::from(PROJECT), before: bytes, after });
        if done.runs {
            part.actions = actions(stack, settings);
        }
        Ok(part)
    }

    fn prepare(&self, root: &Path, settings: &Settings, world: &dyn World) -> Result<Tool, ToolError> {
        tool::find(root, settings, world)
    }

    fn maker(&self) -> Option<&dyn Maker> {
        Some(self)
    }

    fn offer(&self) -> Option<String> {
        Some(tool::offer())
    }

    fn explain(&self, action: &Action, outcome: &Outcome) -> String {
        explain::failure(action, outcome)
    }

    fn objection(&self, _: &Action, outcome: &Outcome) -> Option<String> {
        explain::ignored(outcome)
    }

    fn blamed(&self, _: &Action, outcome: &Outcome) -> Vec<String> {
        explain::blamed(outcome)
    }

    fn try_out(
        &self,
        stack: &Stack,
        root: &Path,
        settings: &Settings,
        world: &dyn World,
        time: Duration,
    ) -> Trial {
        trial::of(stack, root, settings, world, time)
    }

    fn status(&self, stack: &Stack, root: &Path, settings: &Settings, world: &dyn World) -> Vec<Found> {
        // what uv has nothing to do with needs no uv
        let runs = |part: &Part| !part.actions.is_empty();
        if self.plan(stack, root, settings, world).as_ref().is_ok_and(runs) {
            state::of(root, settings, world)
        } else {
            Vec::new()
        }
    }

    fn mend(&self, actions: &mut [Action], root: &Path, world: &dyn World) {
        let Ok(environment) = environment(root, world) else { return };
        for action in actions.iter_mut().filter(|a| a.args.iter().any(|arg| arg == "sync")) {
            for name in damage::incomplete(&root.join(&environment), world) {
                action.args.extend(["--reinstall-package".to_owned(), name]);
            }
        }
    }

    fn takes_over(&self) -> bool {
        true
    }

    fn knows(&self, name: &Name, root: &Path, world: &dyn World) -> bool {
        let normal = name.pep503();
        let is_locked = || {
            let line = format!("name = \"{normal}\"");
            let text = world.read(&root.join(LOCK)).unwrap_or_default();
            String::from_utf8_lossy(&text).lines().any(|other| other.trim() == line)
        };
        let text = read(root, world).ok().flatten().unwrap_or_default();
        let mut sources = Sources::new();
        let file = sources.add(PROJECT, "");
        let project = Project::read(&String::from_utf8_lossy(&text), file);
        project.is_ok_and(|p| p.lines.iter().any(|line| line.requirement.name == normal)) || is_locked()
    }

    /// hsm's own lines and sources go. `requires-python` in a file that hsm began stays hsm's: uv needs it there. So does
    /// `uv.lock`, which is uv's, and perhaps somebody else's as well.
    fn leave(&self, root: &Path, world: &dyn World) -> Result<Part, Vec<Diagnostic>> {
        let bytes = read(root, world).map_err(|trouble| vec![general(Severity::Error, trouble)])?;
        // what cannot be read is none of hsm's
        let Some(bytes) = bytes.filter(|bytes| std::str::from_utf8(bytes).is_ok_and(Begun::owned)) else {
            return Ok(Part::default());
        };
        let facts =
            ProjectFacts { name: String::new(), version: None, into_group: None, compose_files: Vec::new() };
        let Some(done) = edited(&facts, &Demand::default(), BTreeSet::new(), Some(&bytes))? else {
            return Ok(Part::default());
        };
        let after = Some(done.text.into_bytes());
        let mut part = Part {
            files: vec![FileChange { path: PathBuf::from(PROJECT), before: Some(bytes), after }],
            notes: done.notes,
            ..Part::default()
        };
        if matches!(world.stat(&root.join(LOCK)), Ok(Some(_))) {
            part.notes.push(general(Severity::Warning, Trouble::LockStays));
        }
        Ok(part)
    }

    fn programs(&self, root: &Path, world: &dyn World) -> Option<Programs> {
        python::programs(root, &environment(root, world).ok()?, world)
    }

    fn stamp(&self, stack: &Stack, root: &Path, world: &dyn World) -> Option<String> {
        let demand = demand::of(stack).ok()?;
        let environment = environment(root, world).ok()?;
        let mut files = vec![PathBuf::from(PROJECT), PathBuf::from(LOCK)];
        files.extend(local::project_files(&demand.locals, root, world));
        files.extend(workspace::members(root, world));
        stamp::of(root, &environment, &files, world)
    }
}

/// The project's file as it shall be.
struct Edited {
    text: String,
    /// Whether uv has something to run on.
    runs: bool,
    notes: Vec<Diagnostic>,
}

/// The file brought to the demand; `None` when hsm has nothing to do with it.
fn edited(
    facts: &ProjectFacts,
    demand: &Demand,
    adopt: BTreeSet<String>,
    bytes: Option<&[u8]>,
) -> Result<Option<Edited>, Vec<Diagnostic>> {
    let general_errors =
        |all: Vec<Trouble>| all.into_iter().map(|t| general(Severity::Error, t)).collect::<Vec<_>>();
    let one = |trouble: Trouble| general_errors(vec![trouble]);
    let text = bytes.map(std::str::from_utf8).transpose();
    let text = text.map_err(|_| one(Trouble::Unreadable("it is not UTF-8 text".to_owned())))?;
    if demand.lines.is_empty() && !text.is_some_and(|t| t.contains("hsm")) {
        return Ok(None);
    }
    let begun = Begun::of(text, facts, demand).map_err(one)?;
    if demand.lines.is_empty() && !begun.owns() {
        return Ok(None);
    }
    let wish = Wish { adopt, ..begun.wish(facts, demand).map_err(one)? };
    let clashes = begun.clashes(demand);
    if !clashes.is_empty() {
        return Err(clashes);
    }
    let done = pyproject::reconcile(begun.text(), &wish)
        .map_err(|all| all.into_iter().map(|trouble| demand.placed(trouble)).collect::<Vec<_>>())?;
    let (errors, notes) = begun.meets(facts, demand, &done);
    if !errors.is_empty() {
        return Err(general_errors(errors));
    }
    let unchanged = text == Some(done.text.as_str());
    if demand.lines.is_empty() && unchanged {
        return Ok(None);
    }
    let after = splice::Toml::parse(done.text.clone());
    let is_there = |keys: &[&str]| {
        after.as_ref().is_ok_and(|t| t.has(&keys.iter().map(|&k| k.to_owned()).collect::<Vec<_>>()))
    };
    let runs = is_there(&["project"]) || is_there(&["tool", "uv", "workspace"]);
    let notes = notes.into_iter().map(|t| general(Severity::Warning, t)).collect();
    Ok(Some(Edited { text: done.text, runs, notes }))
}

/// The distributions of which the user's own entries are handed over, normalized.
fn adopted(stack: &Stack, settings: &Settings) -> BTreeSet<String> {
    let packages = settings.adopt.iter().filter_map(|id| stack.packages.get(id));
    let names = packages.filter_map(|package| Name::parse(python::distribution(package)).ok());
    names.map(|name| name.pep503().to_string()).collect()
}

/// How uv is called to lock and to install.
fn actions(stack: &Stack, settings: &Settings) -> Vec<Action> {
    let mut actions = Vec::new();
    if settings.locked {
        actions.push(action(
            "check the lock of the Python packages",
            Phase::Verify,
            &["lock", "--check"],
            settings,
        ));
    } else {
        actions.push(locking(stack, settings));
    }
    if !settings.lock_only {
        actions.push(action("install Python packages", Phase::Apply, &["sync", "--locked"], settings));
    }
    actions
}

/// How uv is called to lock.
fn locking(stack: &Stack, settings: &Settings) -> Action {
    let mut lock = action("lock Python packages", Phase::Apply, &["lock"], settings);
    match &settings.upgrade {
        Some(names) if names.is_empty() => lock.args.push("--upgrade".to_owned()),
        Some(names) => {
            for name in names.iter().filter_map(|n| python::meant(n, stack)) {
                lock.args.extend(["--upgrade-package".to_owned(), name]);
            }
        }
        None => {}
    }
    lock
}

fn action(label: &str, phase: Phase, args: &[&str], settings: &Settings) -> Action {
    let mut all: Vec<String> = ["--color", "never", "--no-progress"].map(str::to_owned).into();
    all.extend(args.iter().map(|a| (*a).to_owned()));
    if settings.offline {
        all.push("--offline".to_owned());
    }
    Action {
        label: label.to_owned(),
        phase,
        args: all,
        env: Vec::new(),
        env_remove: NOT_FROM_THE_SHELL.map(str::to_owned).into(),
        stdin: None,
    }
}

fn read(root: &Path, world: &dyn World) -> Result<Option<Vec<u8>>, Trouble> {
    match world.read(&root.join(PROJECT)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Trouble::Unreadable(e.to_string())),
    }
}

/// What keeps uv from reading settings in `pyproject.toml`: a file of its own, here or where a variable says.
fn unread(root: &Path, world: &dyn World) -> Option<String> {
    let is_set = |name: &&str| world.env(name).is_some_and(|value| !value.is_empty());
    if let Some(name) = ["UV_CONFIG_FILE", "UV_NO_CONFIG"].iter().find(|name| is_set(name)) {
        return Some(format!("{name} is set"));
    }
    matches!(world.stat(&root.join("uv.toml")), Ok(Some(_))).then(|| "there is a file uv.toml".to_owned())
}

/// The project's environment, from its root. Where the user says so with uv's own variable it lies elsewhere, but inside
/// the project: hsm can only bring back what it may copy beside it.
fn environment(root: &Path, world: &dyn World) -> Result<PathBuf, Trouble> {
    let Some(set) = world.env("UV_PROJECT_ENVIRONMENT").filter(|v| !v.is_empty()) else {
        return Ok(PathBuf::from(".venv"));
    };
    let path = Path::new(&set);
    let inside = path.strip_prefix(root).unwrap_or(path);
    let plain = |c: Component<'_>| matches!(c, Component::Normal(_) | Component::CurDir);
    if inside.components().all(plain) && inside.components().any(|c| matches!(c, Component::Normal(_))) {
        Ok(inside.components().filter(|c| matches!(c, Component::Normal(_))).collect())
    } else {
        Err(Trouble::EnvironmentOutside(set))
    }
}
