//! What is locked and installed, against what the files say.
//!
//! Owns: uv's own checks, asked side by side so that nothing is built, fetched or written. Refuses: guessing: where uv would
//! have to build a package to answer, it can't be told.

use std::path::Path;
use std::time::Duration;

use super::{LOCK, NOT_FROM_THE_SHELL, PROJECT, damage, environment, explain, tool, trial};
use crate::adapters::{About, Action, Found, Layer, Mend, Phase, Settings, State, Tool};
use crate::world::{Command, Outcome, World};

const LIMIT: Duration = Duration::from_secs(45);

/// How uv ends that finds something out of date; anything else but 0 is a failure.
const OUTDATED: i32 = 1;

pub(super) fn of(root: &Path, settings: &Settings, world: &dyn World) -> Vec<Found> {
    let is_there = |path: &Path| matches!(world.stat(&root.join(path)), Ok(Some(_)));
    // what is not written yet is said of the files; nothing can be checked against it
    if !is_there(Path::new(PROJECT)) {
        return Vec::new();
    }
    if !is_there(Path::new(LOCK)) {
        return vec![drift(Layer::Files, State::StaleLock { file: LOCK.to_owned(), missing: true })];
    }
    let Ok(environment) = environment(root, world) else { return Vec::new() };
    let settings = Settings { yes: false, ..settings.clone() };
    let tool = match tool::find(root, &settings, world) {
        Ok(tool) => tool,
        Err(error) => return vec![unknown(Layer::Environment, About::Environment, error.to_string())],
    };
    let ask = |args: &[&str]| asked(&tool, args, root, world);
    let (lock, sync) = std::thread::scope(|scope| {
        let lock = scope.spawn(|| ask(&["lock", "--check", "--no-build"]));
        // `--frozen`: it compares with the lock file and does not ask packages about themselves, so it builds nothing;
        // with `--no-build` it would refuse all that has to be built before it is installed
        let sync = is_there(&environment).then(|| ask(&["sync", "--check", "--frozen"]));
        let lock = match lock.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        (lock, sync)
    });
    let mut found: Vec<Found> = lock_of(lock).into_iter().collect();
    match sync {
        None => {
            let path = environment.to_string_lossy().into_owned();
            found.push(drift(Layer::Environment, State::NoEnvironment { path }));
        }
        Some(outcome) => found.extend(installed(outcome)),
    }
    let names = damage::incomplete(&root.join(&environment), world);
    if !names.is_empty() {
        found.push(drift(Layer::Environment, State::Damaged { names }));
    }
    found
}

fn lock_of(outcome: Result<Outcome, String>) -> Option<Found> {
    let about = || About::Lock(LOCK.to_owned());
    let outcome = match outcome {
        Ok(outcome) if outcome.ok() => return None,
        Ok(outcome) => outcome,
        Err(why) => return Some(unknown(Layer::Files, about(), why)),
    };
    let said = String::from_utf8_lossy(&outcome.stderr);
    if trial::would_build(&said) {
        let why = "a package would have to be built to tell".to_owned();
        return Some(unknown(Layer::Files, about(), why));
    }
    if outcome.code != Some(OUTDATED) {
        return Some(unknown(Layer::Files, about(), failure(&outcome)));
    }
    // uv looks for other versions only when those in the lock do not fit: whether it finds some is another question
    Some(drift(Layer::Files, State::StaleLock { file: LOCK.to_owned(), missing: false }))
}

fn installed(outcome: Result<Outcome, String>) -> Option<Found> {
    let outcome = match outcome {
        Ok(outcome) if outcome.ok() => return None,
        Ok(outcome) => outcome,
        Err(why) => return Some(unknown(Layer::Environment, About::Environment, why)),
    };
    if outcome.code != Some(OUTDATED) {
        return Some(unknown(Layer::Environment, About::Environment, failure(&outcome)));
    }
    let (wanted, unwanted) = changes(&String::from_utf8_lossy(&outcome.stderr));
    Some(drift(Layer::Environment, State::Installed { wanted, unwanted }))
}

/// The distributions in the lines ` + NAME==VERSION`, ` - NAME==VERSION` and ` ~ NAME==VERSION`: what is to be there, and
/// what not any more. Another version of a distribution is both, and counts as the former.
fn changes(said: &str) -> (Vec<String>, Vec<String>) {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for line in said.lines() {
        let line = line.trim();
        let Some((mark, rest)) = line.split_once(' ') else { continue };
        let name: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
        match mark {
            "+" | "~" if !name.is_empty() => wanted.push(name),
            "-" if !name.is_empty() => unwanted.push(name),
            _ => {}
        }
    }
    unwanted.retain(|name| !wanted.contains(name));
    (wanted, unwanted)
}

fn asked(tool: &Tool, args: &[&str], root: &Path, world: &dyn World) -> Result<Outcome, String> {
    let plain = ["--color", "never", "--no-progress"];
    let args = plain.iter().chain(args).chain(&["--offline"]).map(|arg| (*arg).to_owned());
    let command = Command {
        program: tool.program.clone(),
        args: tool.prefix.iter().cloned().chain(args).collect(),
        dir: root.to_owned(),
        env: vec![("UV_PYTHON_DOWNLOADS".to_owned(), "never".to_owned())],
        env_remove: NOT_FROM_THE_SHELL.map(str::to_owned).into(),
        limit: Some(LIMIT),
        ..Command::default()
    };
    world.run(&command).map_err(|error| error.to_string())
}

fn failure(outcome: &Outcome) -> String {
    if outcome.code.is_none() {
        return "uv did not answer".to_owned();
    }
    let action = Action {
        label: String::new(),
        phase: Phase::Verify,
        args: Vec::new(),
        env: Vec::new(),
        env_remove: Vec::new(),
        stdin: None,
    };
    explain::failure(&action, outcome).lines().next().unwrap_or_default().to_owned()
}

fn drift(layer: Layer, what: State) -> Found {
    Found { layer, what, mend: Some(Mend::Sync) }
}

fn unknown(layer: Layer, about: About, why: String) -> Found {
    Found { layer, what: State::Unknown { about, why }, mend: None }
}

#[cfg(test)]
mod tests {
    use super::changes;

    #[test]
    fn what_uv_would_change_is_read() {
        let said = "Would use project environment at: .venv\nWould install 2 packages\n - liba==1.0 (from file:///x)\n \
                    + liba @ file:///x\n + six==1.17.0\n - old-one==2\nerror: The environment is outdated\n";
        let (wanted, unwanted) = changes(said);
        assert_eq!(wanted, ["liba", "six"]);
        assert_eq!(unwanted, ["old-one"]);
    }
}
