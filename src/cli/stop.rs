//! How a failed command ends: the words, and the exit code.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::commands::Fail;
use super::exit::Exit;
use super::voice::{Voice, commands};
use crate::adapters::NotUp;
use crate::diagnostic::{Diagnostic, Finding, Severity};
use crate::execute::Failure;
use crate::explain::{Blame, Conflict, Explanation, Fix};
use crate::finalize::RunError;
use crate::load::{LoadOptions, Upgrade};
use crate::place::Sources;
use crate::road::{self, AfterError, Planned, Stop, is_committed};
use crate::transaction::{NotPutBack, RecoverError, TakeBackError};
use crate::world::World;

const SIGINT: i32 = 2;

const NOT_LOCKED: &str = "nothing is locked yet; `hsm sync` writes `hsm.lock`";

const GIVEN_UP: &str = "given up; nothing was changed";

/// The exit code of a failure.
pub(super) fn exit(fail: &Fail) -> Exit {
    match fail {
        Fail::Usage(_) | Fail::Edit(_) => Exit::Wrong,
        Fail::GivenUp => Exit::Interrupted,
        Fail::WouldNotSolve(_) => Exit::NoSolution,
        Fail::System { .. } => Exit::Failed,
        // as shells have it
        Fail::Program { error, .. } if error.kind() == ErrorKind::NotFound => Exit::Passed(127),
        Fail::Program { .. } => Exit::Passed(126),
        Fail::Stop(stop) => exit_of(stop),
    }
}

fn exit_of(stop: &Stop) -> Exit {
    match stop {
        Stop::Wrong(report) if only(&report.diagnostics, Finding::is_clash) => Exit::NoSolution,
        Stop::Wrong(report) if only(&report.diagnostics, Finding::is_failure) => Exit::Failed,
        Stop::NoProject(_) | Stop::NoDirectory(_) | Stop::Wrong(_) | Stop::NoEngine => Exit::Wrong,
        // what is missing or broken has to be mended before there is anything to solve
        Stop::Unsolved { unsolved, .. } if unsolved.broken_entry => Exit::Wrong,
        Stop::Unsolved { .. } | Stop::OutOfFuel => Exit::NoSolution,
        Stop::Interrupted(signal)
        | Stop::NotRunning { error: Some(AfterError::Interrupted(signal)), .. }
        | Stop::After(AfterError::Interrupted(signal)) => interrupted(*signal),
        Stop::Held(_) => Exit::Held,
        Stop::Recovery(_) | Stop::NotTakenBack(TakeBackError::NotPutBack(_)) => Exit::NotRestored,
        Stop::Lock(_) | Stop::Plan(_) | Stop::Ring(_) | Stop::After(_) | Stop::NotTakenBack(_) => {
            Exit::Failed
        }
        Stop::OutOfDate(_) | Stop::NotLocked => Exit::NotUpToDate,
        Stop::Run { error, .. } => run(error),
        Stop::NotRunning { .. } => Exit::NotRunning,
    }
}

/// Whether all errors are of a kind, and there are some: where parts only cannot hold together, or the machine failed,
/// nothing is wrong by itself.
fn only(diagnostics: &[Diagnostic], kind: fn(&Finding) -> bool) -> bool {
    let mut errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).peekable();
    errors.peek().is_some() && errors.all(|d| kind(&d.finding))
}

fn interrupted(signal: i32) -> Exit {
    if signal == SIGINT { Exit::Interrupted } else { Exit::Terminated }
}

fn run(error: &RunError) -> Exit {
    match (error, error.failure()) {
        (RunError::NotPutBack { .. }, _) => Exit::NotRestored,
        (_, Failure::Interrupted(signal)) => interrupted(*signal),
        _ => Exit::Failed,
    }
}

/// Says what went wrong.
pub(super) fn tell(voice: &Voice, world: &dyn World, fail: &Fail) {
    let explanation = explanation(fail, world);
    if voice.is_json() {
        match blame(voice, fail, world) {
            Some((planned, blame)) => {
                voice.blame_json(&planned.resolved.inputs.sources, &blame, &words(fail).unwrap_or_default());
            }
            None => tell_json(voice, fail, &explanation),
        }
    }
    match fail {
        Fail::Usage(text) => voice.error(text),
        Fail::GivenUp => voice.error(GIVEN_UP),
        Fail::Edit(error) => voice.error(&error.to_string()),
        Fail::System { attempt, path, error } => {
            voice.error(&format!("failed to {attempt} `{}`: {error}", path.display()));
        }
        Fail::Program { program, error } => voice.error(&not_started(program, error)),
        Fail::WouldNotSolve(stop) => {
            tell_stop(voice, stop, &explanation);
            voice.error("the edit would leave no solution; nothing was written");
        }
        Fail::Stop(stop) => {
            tell_stop(voice, stop, &explanation);
            // as JSON it is said already
            if let Some((planned, blame)) = (!voice.is_json()).then(|| blame(voice, fail, world)).flatten() {
                let inputs = &planned.resolved.inputs;
                voice.blame(inputs, road::package_manager(inputs), &blame);
            }
        }
    }
}

/// Who brought in what a package manager says cannot hold together.
fn blame<'f>(voice: &Voice, fail: &'f Fail, world: &dyn World) -> Option<(&'f Planned, Blame)> {
    let Fail::Stop(stop) = fail else { return None };
    let Stop::Run { planned, settings, error } = stop.as_ref() else { return None };
    let Failure::Action { blamed, .. } = error.failure() else { return None };
    if blamed.is_empty() {
        return None;
    }
    let tool = road::package_manager(&planned.resolved.inputs);
    let tell = |fix: &Fix| voice.step("trying", &format!("{} with {tool}", commands(fix).join(" && ")));
    let found = road::blame(planned, settings, blamed, &tell, world);
    (!found.chains.is_empty()).then_some((planned, found))
}

/// What cannot hold together, and what could be done about it. After an edit that was refused the manifest is what it
/// was, so no further edit of what it would have been is offered.
fn explanation(fail: &Fail, world: &dyn World) -> Explanation {
    let none = Explanation::default();
    let (Fail::Stop(stop) | Fail::WouldNotSolve(stop)) = fail else { return none };
    let Stop::Unsolved { inputs, compiled, unsolved } = stop.as_ref() else { return none };
    match fail {
        Fail::WouldNotSolve(_) => {
            let conflicts = vec![Conflict::bare(inputs, unsolved.as_ref().clone())];
            Explanation { conflicts, ..none }
        }
        _ => road::explain(inputs, compiled, unsolved, world),
    }
}

fn tell_stop(voice: &Voice, stop: &Stop, explanation: &Explanation) {
    match stop {
        Stop::NoDirectory(path) => voice.error(&format!("there is no directory `{}`", path.display())),
        Stop::NoProject(from) => {
            voice.error(&format!("no hsm.yaml in `{}` or above it; `hsm init` makes one", from.display()));
        }
        // as JSON they are said already
        Stop::Wrong(_) | Stop::Unsolved { .. } if voice.is_json() => {}
        Stop::Wrong(report) => voice.errors(&report.sources, &report.diagnostics),
        Stop::Unsolved { inputs, unsolved, .. } => {
            let LoadOptions { overlays, require_mode, upgrade, .. } = &inputs.options;
            let made_alike = overlays.is_empty() && !require_mode && *upgrade == Upgrade::None;
            voice.conflicts(&inputs.sources, inputs.manifest.file, explanation, made_alike);
            voice.diagnostics(&inputs.sources, &unsolved.notes);
        }
        Stop::NotLocked => voice.error(NOT_LOCKED),
        Stop::OutOfFuel => voice.error("gave up: no stack was found within the bound of work"),
        Stop::Interrupted(_) => voice.error("interrupted; everything is as it was"),
        Stop::Held(who) => voice.error(&format!("another run holds this project: {who}")),
        Stop::Lock(error) => voice.error(&format!("failed to lock the project: {error}")),
        Stop::Recovery(error) => recovery(voice, error),
        Stop::NotTakenBack(error) => not_taken_back(voice, error),
        Stop::Plan(error) => voice.error(&error.to_string()),
        Stop::Ring(ring) => voice.error(&ring.to_string()),
        Stop::OutOfDate(planned) => {
            let files = planned.plan.files.iter().filter(|f| is_committed(f));
            let names: Vec<String> = files.map(|f| format!("`{}`", f.path.display())).collect();
            voice.error(&format!("out of date: {}; run `hsm sync` and commit", names.join(", ")));
        }
        Stop::Run { error, .. } => run_error(voice, error),
        Stop::NoEngine => voice.error("the project's container engine starts nothing"),
        Stop::NotRunning { error, containers } => not_running(voice, error.as_ref(), containers),
        Stop::After(error) => error.each().iter().for_each(|error| voice.error(&error.to_string())),
    }
}

/// Why a program was not started.
fn not_started(program: &Path, error: &io::Error) -> String {
    let program = program.display();
    match error.kind() {
        ErrorKind::NotFound => {
            format!("`{program}` was not found, neither in the project's environment nor on `PATH`")
        }
        _ => format!("failed to run `{program}`: {error}"),
    }
}

fn not_running(voice: &Voice, error: Option<&AfterError>, containers: &[NotUp]) {
    for error in error.into_iter().flat_map(AfterError::each) {
        voice.error(&error.to_string());
    }
    voice.not_up(containers);
    let what = if containers.is_empty() { "the containers are not running" } else { "not everything runs" };
    voice.note(&format!("the files are written and installed, but {what}"));
}

fn run_error(voice: &Voice, error: &RunError) {
    voice.error(&error.failure().to_string());
    match error {
        RunError::NothingTouched(_) => voice.note("nothing was changed"),
        RunError::Restored { undone, .. } => {
            voice.note("everything is as it was");
            for kept in &undone.kept {
                voice.warn(&format!(
                    "`{}` was changed meanwhile; that version is kept as `{}`",
                    kept.path.display(),
                    kept.now.display()
                ));
            }
        }
        RunError::NotPutBack { problems, .. } => not_put_back(voice, problems),
    }
}

fn recovery(voice: &Voice, error: &RecoverError) {
    voice.error(&error.to_string());
    match error {
        RecoverError::NotPutBack { problems, .. } => not_put_back(voice, problems),
        RecoverError::Journal { .. } => voice.note(
            "nothing was touched; what that run had saved lies in .hsm/journal/data: put back by hand what is missing, \
             then remove .hsm/journal",
        ),
        RecoverError::System(_) => {}
    }
}

fn not_taken_back(voice: &Voice, error: &TakeBackError) {
    voice.error(&error.to_string());
    match error {
        TakeBackError::Changed { .. } => {
            voice.note("nothing was undone; `hsm undo --force` undoes all the same and keeps what is there now in .hsm/kept");
        }
        TakeBackError::NotPutBack(problems) => not_put_back(voice, problems),
        TakeBackError::Begin(_) | TakeBackError::Interrupted(_) | TakeBackError::System { .. } => {
            voice.note("everything is as it was");
        }
    }
}

fn not_put_back(voice: &Voice, problems: &[NotPutBack]) {
    for problem in problems {
        voice.error(&format!("could not put back `{}`: {}", problem.path.display(), problem.why));
    }
    voice.note("the journal in .hsm/journal is kept; `hsm recover` tries again");
}

/// A failure as data: a script that asked for JSON gets JSON.
fn tell_json(voice: &Voice, fail: &Fail, explanation: &Explanation) {
    let none = Sources::new();
    let stop = match fail {
        Fail::Stop(stop) | Fail::WouldNotSolve(stop) => Some(stop.as_ref()),
        Fail::Usage(_) | Fail::GivenUp | Fail::Edit(_) | Fail::Program { .. } | Fail::System { .. } => None,
    };
    let code = exit(fail).meaning();
    match stop {
        Some(Stop::Wrong(report)) => {
            voice.failure_json(&report.sources, &report.diagnostics, &Explanation::default(), code);
        }
        Some(Stop::NotRunning { containers, .. }) => {
            voice.not_up_json(containers, &words(fail).unwrap_or_default());
        }
        Some(Stop::Unsolved { inputs, unsolved, .. }) => {
            voice.failure_json(&inputs.sources, &unsolved.notes, explanation, code);
        }
        _ => voice.failure_json(
            &none,
            &[],
            &Explanation::default(),
            &words(fail).unwrap_or_else(|| code.to_owned()),
        ),
    }
}

/// The message of a failure that has one line.
fn words(fail: &Fail) -> Option<String> {
    match fail {
        Fail::Usage(text) => Some(text.clone()),
        Fail::GivenUp => Some(GIVEN_UP.to_owned()),
        Fail::Edit(error) => Some(error.to_string()),
        Fail::System { attempt, path, error } => {
            Some(format!("failed to {attempt} `{}`: {error}", path.display()))
        }
        Fail::Program { program, error } => Some(not_started(program, error)),
        Fail::Stop(stop) => match stop.as_ref() {
            Stop::Run { error, .. } => Some(error.failure().to_string()),
            Stop::After(error) | Stop::NotRunning { error: Some(error), .. } => Some(error.to_string()),
            Stop::NotRunning { .. } => Some("some containers did not come up".to_owned()),
            Stop::Plan(error) => Some(error.to_string()),
            Stop::NotTakenBack(error) => Some(error.to_string()),
            Stop::NotLocked => Some(NOT_LOCKED.to_owned()),
            _ => None,
        },
        Fail::WouldNotSolve(_) => None,
    }
}
