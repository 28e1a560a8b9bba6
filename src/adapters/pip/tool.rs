//! Finding a Python that has pip: on `PATH`, then in `.hsm/tools`; putting a pip there when the user agrees.
//!
//! Owns: which versions of pip are good enough, and how hsm gets one. Refuses: touching a pip that is not hsm's.

use std::io;
use std::path::{Path, PathBuf};

use super::NOT_FROM_THE_SHELL;
use crate::adapters::{Settings, Tool, ToolError};
use crate::version::Version;
use crate::world::{Command, Outcome, World};

/// The first version that works on another environment than its own (`--python`); it also has `--report`.
const OLDEST: &str = "22.3";
const NAME: &str = "pip";
/// Where hsm keeps its own, from the project's root.
const HOME: &str = ".hsm/tools/pip";

/// Prints the version of pip, `-` where there is none, and the Python that environments are made with.
const ASK: &str = "\
import sys
sys.path = [path for path in sys.path if path]
try:
    import pip
    print(pip.__version__)
except ImportError:
    print('-')
print(getattr(sys, '_base_executable', sys.executable))
";

/// Finds a Python with pip; makes one when there is none and the settings say yes.
pub(super) fn find(root: &Path, settings: &Settings, world: &dyn World) -> Result<Tool, ToolError> {
    let here = world.canonical(root).unwrap_or_else(|_| root.to_owned());
    let mut candidates = vec![PathBuf::from("python3"), here.join(HOME).join("bin/python")];
    let mut worst = None;
    let mut at = 0;
    while let Some(program) = candidates.get(at).cloned() {
        at += 1;
        let Some(found) = ask(&program, root, world)? else { continue };
        match found.pip {
            Some(version) if is_new_enough(&version) => {
                return Ok(Tool { program, prefix: Vec::new(), version, installed: None });
            }
            version => worst = worst.or(version),
        }
        // an environment without pip that is active hides the Python that it was made with
        if !candidates.contains(&found.base) && at == 1 {
            candidates.insert(1, found.base);
        }
    }
    if settings.yes && !settings.offline {
        return install(root, &here, world);
    }
    let (name, need, how) = (NAME.to_owned(), format!("{OLDEST} or newer"), how(settings));
    Err(match worst {
        Some(found) => ToolError::TooOld { name, found, need, how },
        None => ToolError::Missing { name, need, how },
    })
}

/// What [`install`] would do, as a question asks for it.
pub(super) fn offer() -> String {
    format!("put {NAME} into {HOME}")
}

fn how(settings: &Settings) -> String {
    let own = if settings.offline { "" } else { ", or let hsm put one into .hsm/tools/pip with `--yes`" };
    format!(
        "Install Python 3 with it (on Debian and Ubuntu the packages python3-pip and python3-venv), or bring it up to \
         date with `python3 -m pip install --upgrade pip`{own}."
    )
}

/// A Python.
struct Found {
    /// Its pip's version.
    pip: Option<String>,
    /// The Python that environments are made with.
    base: PathBuf,
}

/// What a Python says; `None`: there is no such program.
fn ask(program: &Path, root: &Path, world: &dyn World) -> Result<Option<Found>, ToolError> {
    let outcome = match run(program, &["-c", ASK], root, world) {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(format!("`{}` could not be run: {error}", program.display()))),
    };
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let mut lines = text.lines();
    let (Some(pip), Some(base), true) = (lines.next(), lines.next(), outcome.ok()) else { return Ok(None) };
    let pip = Some(pip.to_owned()).filter(|version| version != "-");
    Ok(Some(Found { pip, base: PathBuf::from(base) }))
}

fn is_new_enough(version: &str) -> bool {
    let version = Version::parse(version);
    !version.is_opaque() && version.preference(&Version::parse(OLDEST)).is_le()
}

/// Makes an environment with a pip of its own in `.hsm/tools`.
fn install(root: &Path, here: &Path, world: &dyn World) -> Result<Tool, ToolError> {
    let home = here.join(HOME);
    let program = home.join("bin/python");
    let path = home.to_string_lossy().into_owned();
    let failed = |what: &str, outcome: io::Result<Outcome>| {
        let said = match &outcome {
            Ok(outcome) => String::from_utf8_lossy(&outcome.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        let last = said.lines().last().unwrap_or("no message").to_owned();
        broken(format!(
            "it could not be put into {HOME} ({what}: {last}). {}",
            how(&Settings { offline: true, ..Settings::default() })
        ))
    };
    let steps: [(&str, &Path, Vec<&str>); 2] = [
        ("`python3 -m venv`", Path::new("python3"), vec!["-m", "venv", "--clear", &path]),
        (
            "`pip install`",
            &program,
            vec![
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-input",
                "--disable-pip-version-check",
                "--upgrade",
                "pip>=22.3",
            ],
        ),
    ];
    for (what, program, args) in steps {
        let outcome = run(program, &args, root, world);
        if !outcome.as_ref().is_ok_and(Outcome::ok) {
            let error = failed(what, outcome);
            let _left = world.remove_tree(&home);
            return Err(error);
        }
    }
    let version = ask(&program, root, world)?.and_then(|found| found.pip).unwrap_or_default();
    let installed = Some(format!("{NAME} was not there: put {NAME} {version} into {HOME}"));
    Ok(Tool { program, prefix: Vec::new(), version, installed })
}

fn run(program: &Path, args: &[&str], root: &Path, world: &dyn World) -> io::Result<Outcome> {
    world.run(&Command {
        program: program.to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        dir: root.to_owned(),
        env_remove: NOT_FROM_THE_SHELL.map(str::to_owned).into(),
        ..Command::default()
    })
}

fn broken(why: String) -> ToolError {
    ToolError::Broken { name: NAME.to_owned(), why }
}
