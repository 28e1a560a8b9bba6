//! Trials: what uv says of a stack that is not the project's.
//!
//! Owns: a directory beside the project in which uv locks as it would in the project. Refuses: writing in the project, and
//! building anything: what a build would have to say is not known then.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::explain::{self, NO_SOLUTION};
use super::{LOCK, PROJECT, Uv, locking, tool};
use crate::adapters::{Adapter as _, Settings, Trial};
use crate::stack::Stack;
use crate::world::{Command, FileKind, World};

/// What in a project is not uv's, or of which it gets its own: these are not linked.
const OWN: [&str; 5] = [PROJECT, LOCK, ".venv", ".hsm", ".git"];

/// More names than this are not linked.
const MOST: usize = 5_000;

/// How far above the project a source may lie.
const HIGHEST: usize = 4;

/// What uv says where it would have to build something to know more.
const BUILDS: [&str; 4] =
    ["building from source is disabled", "is disabled", "no usable wheels", "no wheels with a matching"];

/// Asks uv to lock a stack in a directory of its own.
pub(super) fn of(
    stack: &Stack,
    root: &Path,
    settings: &Settings,
    world: &dyn World,
    time: Duration,
) -> Trial {
    let scratch = match world.scratch() {
        Ok(scratch) => scratch,
        Err(error) => return Trial::Unasked(format!("no temporary directory could be made: {error}")),
    };
    let trial = asked(stack, root, &scratch, settings, world, time);
    // what is left there is in nobody's way
    let _removed = world.remove_tree(&scratch);
    trial.unwrap_or_else(Trial::Unasked)
}

fn asked(
    stack: &Stack,
    root: &Path,
    scratch: &Path,
    settings: &Settings,
    world: &dyn World,
    time: Duration,
) -> Result<Trial, String> {
    let wrong = |_| "its pyproject.toml cannot be written".to_owned();
    let settings = Settings { yes: false, frozen: false, locked: false, ..settings.clone() };
    let part = Uv.plan(stack, root, &settings, world).map_err(wrong)?;
    let file = part.files.iter().find(|file| file.path == Path::new(PROJECT));
    // nothing is left that uv would have to find versions for
    let Some(text) = file.and_then(|file| file.after.as_deref()) else { return Ok(Trial::Holds) };
    let told = |error: io::Error| format!("the project could not be copied: {error}");
    let copy = copied(root, scratch, climbs(&String::from_utf8_lossy(text)), world).map_err(told)?;
    world.write(&copy.join(PROJECT), text).map_err(told)?;
    match world.read(&root.join(LOCK)) {
        Ok(lock) => world.write(&copy.join(LOCK), &lock).map_err(told)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(told(error)),
    }
    let tool = tool::find(root, &settings, world).map_err(|error| error.to_string())?;
    let action = locking(stack, &settings);
    let command = Command {
        program: tool.program,
        args: tool.prefix.into_iter().chain(action.args.clone()).chain(["--no-build".to_owned()]).collect(),
        dir: copy,
        env: action.env.clone(),
        env_remove: action.env_remove.clone(),
        limit: Some(time),
        ..Command::default()
    };
    let outcome = world.run(&command).map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&outcome.stderr);
    if outcome.ok() {
        return Ok(Trial::Holds);
    }
    if outcome.code.is_none() {
        return Err("it took too long".to_owned());
    }
    if would_build(&said) {
        return Err("a package would have to be built for that".to_owned());
    }
    if said.contains("network was disabled") || !said.contains(NO_SOLUTION) {
        let why = explain::failure(&action, &outcome);
        return Err(why.lines().next().unwrap_or_default().to_owned());
    }
    Ok(Trial::Fails)
}

/// Whether uv says that it would have to build something.
pub(super) fn would_build(said: &str) -> bool {
    BUILDS.iter().any(|words| said.contains(words))
}

/// How many directories the paths of a file climb at most.
fn climbs(text: &str) -> usize {
    let mut most = 0;
    for (at, _) in text.match_indices("../") {
        most = most.max(text.as_bytes()[at..].chunks(3).take_while(|part| *part == b"../").count());
    }
    most + usize::from(text.contains("\"..\"") || text.contains("/..\""))
}

/// Makes the directories in which a copy of the project lies, its entries and those of so many directories above it being
/// links; gives back where the copy is.
fn copied(root: &Path, scratch: &Path, climbs: usize, world: &dyn World) -> io::Result<PathBuf> {
    let real = world.canonical(root)?;
    let names: Vec<&std::ffi::OsStr> = real
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name),
            _ => None,
        })
        .collect();
    let levels = climbs.min(names.len());
    if levels > HIGHEST {
        return Err(io::Error::other("its sources lie too far above it"));
    }
    let mut from: PathBuf = real.ancestors().nth(levels).unwrap_or(&real).to_owned();
    let mut to = scratch.join("copy");
    world.create_dirs(&to)?;
    let mut left = MOST;
    for name in names.iter().skip(names.len() - levels) {
        let name = name.to_string_lossy();
        link(&from, &to, &[&*name], &mut left, world)?;
        from.push(&*name);
        to.push(&*name);
        world.create_dirs(&to)?;
    }
    link(&from, &to, &OWN, &mut left, world)?;
    Ok(to)
}

fn link(from: &Path, to: &Path, but: &[&str], left: &mut usize, world: &dyn World) -> io::Result<()> {
    for (name, kind) in world.list(from)? {
        if but.contains(&name.as_str()) || kind == FileKind::Other {
            continue;
        }
        *left = left.checked_sub(1).ok_or_else(|| io::Error::other("too many files lie beside it"))?;
        world.make_link(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::climbs;

    #[test]
    fn how_far_paths_climb() {
        assert_eq!(climbs("a = { path = \"./packages/a\" }"), 0);
        assert_eq!(climbs("a = { path = \"../a\" }, b = { path = \"../../b\" }"), 2);
        assert_eq!(climbs("a = { path = \"..\" }"), 1);
    }
}
