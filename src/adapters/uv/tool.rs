//! Finding uv: on `PATH`, then in `.hsm/tools`; putting it there when the user agrees.
//!
//! Owns: which versions of uv are good enough, and how hsm gets one with the machine's Python. Refuses: replacing or
//! updating a uv that is not hsm's.

use std::path::{Path, PathBuf};

use crate::adapters::{Settings, Tool, ToolError};
use crate::version::Version;
use crate::world::{Command, Outcome, World};

/// The oldest version whose lock files and flags hsm relies on.
const OLDEST: [u64; 2] = [0, 9];
const NEED: &str = "0.9 or newer";
const NAME: &str = "uv";
/// Where hsm keeps its own, from the project's root.
const HOME: &str = ".hsm/tools/uv";

/// How a shell, and a shim that stands for a program that is not there, ends.
const NOT_FOUND: i32 = 127;

/// Finds uv; installs it when there is none and the settings say yes.
pub(super) fn find(root: &Path, settings: &Settings, world: &dyn World) -> Result<Tool, ToolError> {
    let on_path = version_of(Path::new(NAME), root, world)?;
    if let Some(version) = on_path.as_deref().filter(|v| is_new_enough(v)) {
        return Ok(tool(PathBuf::from(NAME), version));
    }
    if let Some(tool) = own(root, world)? {
        return Ok(tool);
    }
    if settings.yes && !settings.offline {
        return install(root, world);
    }
    let how = if settings.offline {
        "Install it (https://docs.astral.sh/uv/), or run once without `--offline` and with `--yes`."
            .to_owned()
    } else {
        format!("Install it (https://docs.astral.sh/uv/), or let hsm put it into {HOME} with `--yes`.")
    };
    let (name, need) = (NAME.to_owned(), NEED.to_owned());
    Err(match on_path {
        Some(found) => ToolError::TooOld { name, found, need, how },
        None => ToolError::Missing { name, need, how },
    })
}

/// What [`install`] would do, as a question asks for it.
pub(super) fn offer() -> String {
    format!("put {NAME} into {HOME}")
}

/// Puts uv into `.hsm/tools` with the machine's Python and gives it back.
pub fn install(root: &Path, world: &dyn World) -> Result<Tool, ToolError> {
    if let Some(tool) = own(root, world)? {
        return Ok(tool);
    }
    let home = world.canonical(root).unwrap_or_else(|_| root.to_owned()).join(HOME);
    clean(&home, world)?;
    let made = in_environment(root, &home, world)?;
    let made = match made {
        Ok(()) => Ok(()),
        Err(why) => {
            clean(&home, world)?;
            by_pip(root, &home, world)?.map_err(|pip| format!("{why}; {pip}"))
        }
    };
    if let Err(why) = made {
        clean(&home, world)?;
        return Err(broken(format!(
            "it could not be installed into {HOME} ({why}). Install it yourself: https://docs.astral.sh/uv/"
        )));
    }
    let tool = own(root, world)?.ok_or_else(|| broken(format!("pip put no uv {NEED} into {HOME}")))?;
    let installed = Some(format!("{NAME} was not there: put {NAME} {} into {HOME}", tool.version));
    Ok(Tool { installed, ..tool })
}

/// The uv in `.hsm/tools`, if it is there and good.
fn own(root: &Path, world: &dyn World) -> Result<Option<Tool>, ToolError> {
    // A program is called from other directories too.
    let root = &world.canonical(root).unwrap_or_else(|_| root.to_owned());
    let program = root.join(HOME).join("bin").join(NAME);
    if !matches!(world.stat(&program), Ok(Some(_))) {
        return Ok(None);
    }
    let version = version_of(&program, root, world)?;
    Ok(version.filter(|v| is_new_enough(v)).map(|v| tool(program, &v)))
}

fn tool(program: PathBuf, version: &str) -> Tool {
    Tool { program, prefix: Vec::new(), version: version.to_owned(), installed: None }
}

/// What `uv --version` says; `None` when there is no such program.
fn version_of(program: &Path, root: &Path, world: &dyn World) -> Result<Option<String>, ToolError> {
    let command = Command {
        program: program.to_owned(),
        args: vec!["--version".to_owned()],
        dir: root.to_owned(),
        ..Command::default()
    };
    let outcome = match world.run(&command) {
        Ok(outcome) => outcome,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(broken(format!("`{} --version` failed: {e}", program.display()))),
    };
    if outcome.code == Some(NOT_FOUND) {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    match text.split_whitespace().nth(1) {
        Some(version) if outcome.ok() => Ok(Some(version.to_owned())),
        _ => Err(broken(format!(
            "`{} --version` said {:?}{}",
            program.display(),
            text.trim(),
            last_line(&outcome)
        ))),
    }
}

fn is_new_enough(version: &str) -> bool {
    let oldest = Version::parse(&format!("{}.{}", OLDEST[0], OLDEST[1]));
    let version = Version::parse(version);
    !version.is_opaque() && version.preference(&oldest).is_le()
}

/// A virtual environment of its own, with pip in it.
fn in_environment(root: &Path, home: &Path, world: &dyn World) -> Result<Result<(), String>, ToolError> {
    let text = home.to_string_lossy().into_owned();
    let made = python(root, Path::new("python3"), &["-m", "venv", &text], world)?;
    if let Err(why) = made {
        return Ok(Err(format!("`python3 -m venv` failed: {why}")));
    }
    let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", "uv>=0.9"];
    let done = python(root, &home.join("bin/python"), &pip, world)?;
    Ok(done.map_err(|why| format!("pip failed: {why}")))
}

/// Where Python has pip but cannot make environments (Debian without python3-venv).
fn by_pip(root: &Path, home: &Path, world: &dyn World) -> Result<Result<(), String>, ToolError> {
    let text = home.to_string_lossy().into_owned();
    let pip = [
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--quiet",
        "--target",
        &text,
        "uv>=0.9",
    ];
    let done = python(root, Path::new("python3"), &pip, world)?;
    Ok(done.map_err(|why| format!("`python3 -m pip` failed: {why}")))
}

fn python(
    root: &Path,
    program: &Path,
    args: &[&str],
    world: &dyn World,
) -> Result<Result<(), String>, ToolError> {
    let command = Command {
        program: program.to_owned(),
        args: args.iter().map(|a| (*a).to_owned()).collect(),
        dir: root.to_owned(),
        env_remove: ["VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_USER"]
            .map(str::to_owned)
            .into(),
        ..Command::default()
    };
    match world.run(&command) {
        Ok(outcome) if outcome.ok() => Ok(Ok(())),
        Ok(outcome) => Ok(Err(last_line(&outcome).trim_start_matches(": ").to_owned())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(broken(format!(
            "python3, which hsm would install it with, was not found. Install uv yourself: https://docs.astral.sh/uv/ ({})",
            program.display()
        ))),
        Err(e) => Ok(Err(e.to_string())),
    }
}

/// The last line that a program said that is not empty.
fn last_line(outcome: &Outcome) -> String {
    let mut text = String::from_utf8_lossy(&outcome.stderr).into_owned();
    if text.trim().is_empty() {
        text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    }
    let line = text.lines().rev().map(str::trim).find(|l| !l.is_empty()).unwrap_or("no message");
    format!(": {line}")
}

fn clean(home: &Path, world: &dyn World) -> Result<(), ToolError> {
    let parent = home.parent().unwrap_or(home);
    world
        .remove_tree(home)
        .and_then(|()| world.create_dirs(parent))
        .map_err(|e| broken(format!("{} cannot be prepared: {e}", home.display())))
}

fn broken(why: String) -> ToolError {
    ToolError::Broken { name: NAME.to_owned(), why }
}
