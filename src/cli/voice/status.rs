//! How a project stands, in words and as JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{SCHEMA, STEP};
use crate::adapters::git::Unsaved;
use crate::adapters::{About, Layer, Mend, Run, State};
use crate::lock::LockedComponent;
use crate::road::status::{Difference, Status, What};

/// A line for each thing that was found, and what to type where it can be mended.
pub(in crate::cli) fn text(status: &Status) -> String {
    let mut out = String::new();
    out.push_str(if status.is_clean() { "up to date\n" } else { "out of date\n" });
    let mut before = None;
    for difference in &status.differences {
        let layer = if before == Some(difference.layer) { "" } else { layer(difference.layer) };
        before = Some(difference.layer);
        let says = says(&difference.what);
        let mend = difference.mend.as_ref().map_or_else(String::new, |mend| format!(": `{}`", command(mend)));
        // writing to a string cannot fail
        let _ = writeln!(out, "  {STEP}{layer:<11}{STEP:#}  {says}{mend}");
    }
    out
}

/// The same as JSON.
pub(in crate::cli) fn to_json(status: &Status) -> Json {
    let differences: Vec<Json> = status.differences.iter().map(difference).collect();
    json!({
        "schema": SCHEMA, "ok": true, "up_to_date": status.is_clean(), "differences": differences,
        "another_run": status.underway,
    })
}

fn difference(difference: &Difference) -> Json {
    json!({
        "layer": layer(difference.layer),
        "what": kind(&difference.what),
        "of": of(&difference.what),
        "says": says(&difference.what),
        "drift": difference.what.is_drift(),
        "command": difference.mend.as_ref().map(command),
    })
}

fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Lock => "lock",
        Layer::Files => "files",
        Layer::Environment => "environment",
        Layer::Containers => "containers",
        Layer::Checkouts => "checkouts",
    }
}

fn command(mend: &Mend) -> String {
    let typed = match mend {
        Mend::Sync => "hsm sync".to_owned(),
        Mend::Up => "hsm up".to_owned(),
        Mend::UpOne(id) => format!("hsm up {}", id.name()),
        Mend::Down => "hsm down".to_owned(),
        Mend::Tool(command) => return command.clone(),
        Mend::Get => "hsm sync --yes".to_owned(),
    };
    super::typed(&typed)
}

/// The kind of a finding: it stays the same from version to version.
fn kind(what: &What) -> &'static str {
    match what {
        What::NoLock => "no_lock",
        What::Component { was: None, .. } => "added",
        What::Component { now: None, .. } => "removed",
        What::Component { .. } => "moved",
        What::OtherEntries => "entries",
        What::Missing(_) => "missing",
        What::Stale(_) => "stale",
        What::Left(_) => "left",
        What::Edited { .. } => "edited",
        What::Found(state) => match state {
            State::StaleLock { missing: true, .. }
            | State::NoEnvironment { .. }
            | State::NoCheckout { .. } => "missing",
            State::Checkout { .. } => "checkout",
            State::StaleLock { .. } => "stale",
            State::Installed { .. } => "installed",
            State::Damaged { .. } => "damaged",
            State::Orphan { .. } => "orphan",
            State::Down { .. } => "down",
            State::Unknown { .. } => "unknown",
            State::Container { run, .. } => match run {
                Run::Absent => "not_running",
                Run::Stopped(_) => "stopped",
                Run::Ended(_) => "ended",
                Run::Unhealthy => "unhealthy",
                Run::OtherConfig => "other_config",
                Run::OtherImage => "other_image",
                Run::Starting => "starting",
            },
        },
    }
}

/// What a finding is about: a path, an id, a name.
fn of(what: &What) -> Vec<String> {
    let path = |path: &std::path::Path| vec![path.to_string_lossy().into_owned()];
    match what {
        What::NoLock | What::OtherEntries => vec![crate::lock::FILE.to_owned()],
        What::Component { id, .. } => vec![id.to_string()],
        What::Missing(at) | What::Stale(at) | What::Left(at) | What::Edited { path: at, .. } => path(at),
        What::Found(state) => match state {
            State::StaleLock { file: name, .. }
            | State::NoEnvironment { path: name }
            | State::Container { name, .. }
            | State::Orphan { name }
            | State::NoCheckout { path: name, .. }
            | State::Checkout { path: name, .. }
            | State::Unknown {
                about: About::Lock(name) | About::Config(name) | About::Checkout(name), ..
            } => vec![name.clone()],
            State::Installed { wanted, unwanted } => wanted.iter().chain(unwanted).cloned().collect(),
            State::Damaged { names } => names.clone(),
            State::Down { .. } | State::Unknown { .. } => Vec::new(),
        },
    }
}

fn says(what: &What) -> String {
    match what {
        What::NoLock => "there is no hsm.lock".to_owned(),
        What::Component { id, was: None, .. } => format!("{id} would be added"),
        What::Component { id, now: None, .. } => format!("{id} would be removed"),
        What::Component { id, was: Some(was), now: Some(now) } => {
            let (before, after) = moved(was, now);
            format!("{id} would be {after} instead of {before}")
        }
        What::OtherEntries => "what the registry says has changed since hsm.lock was written".to_owned(),
        What::Missing(path) => format!("{} is missing", path.display()),
        What::Stale(path) => format!("{} is out of date", path.display()),
        What::Left(path) => format!("{} is no longer needed", path.display()),
        What::Edited { path, aside } => {
            format!("{} was changed by hand (a sync keeps that as {aside})", path.display())
        }
        What::Found(state) => says_state(state),
    }
}

/// What of a component is different, before and after.
fn moved(was: &LockedComponent, now: &LockedComponent) -> (String, String) {
    let shown = |one: &LockedComponent, other: &LockedComponent| {
        let release = (one.release != other.release).then(|| {
            one.release.as_ref().map_or_else(|| "without a release".to_owned(), ToString::to_string)
        });
        let mode = (one.mode != other.mode)
            .then(|| one.mode.map_or_else(|| "external".to_owned(), |mode| mode.to_string()));
        let profile = (one.profile != other.profile).then(|| {
            one.profile.as_ref().map_or_else(|| "without a profile".to_owned(), ToString::to_string)
        });
        [release, mode, profile].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    (shown(was, now), shown(now, was))
}

fn says_state(state: &State) -> String {
    match state {
        State::StaleLock { file, missing: true } => format!("{file} is missing"),
        State::StaleLock { file, .. } => format!("{file} is out of date"),
        State::NoEnvironment { path } => format!("{path} is missing"),
        State::Installed { wanted, unwanted } => {
            let part = |names: &[String], how: &str| {
                let (is, names) = (if names.len() == 1 { "is" } else { "are" }, some(names));
                (!names.is_empty()).then(|| format!("{names} {is} {how}"))
            };
            let parts = [part(wanted, "not installed as locked"), part(unwanted, "installed and not locked")];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            if parts.is_empty() {
                "something else is installed than is locked".to_owned()
            } else {
                parts.join("; ")
            }
        }
        State::Damaged { names } => format!("files of {} are missing", some(names)),
        State::NoCheckout { name, path } => format!("{path}, the checkout of {name}, is missing"),
        State::Checkout { path, branch, wanted, unsaved, behind, .. } => {
            checkout(path, branch, wanted.as_deref(), unsaved, *behind)
        }
        State::Orphan { name } => format!("`{name}` is a container of this project that no file names"),
        State::Down { count: 1 } => "the container is not up".to_owned(),
        State::Down { count } => format!("none of the {count} containers is up"),
        State::Unknown { about, why } => {
            let what = match about {
                About::Lock(file) => format!("whether {file} is up to date"),
                About::Environment => "whether what is installed is up to date".to_owned(),
                About::Checkout(path) => format!("how {path} is"),
                About::Containers => "how the containers are".to_owned(),
                About::Config(name) => format!("whether {name} runs what the files say"),
            };
            format!("{what} can't be told: {why}")
        }
        State::Container { name, run } => match run {
            Run::Absent => format!("{name} does not run"),
            Run::Stopped(word) => format!("{name} does not run (it is {word})"),
            Run::Ended(code) => format!("{name} has ended with {code}"),
            Run::Unhealthy => format!("{name} runs and is unhealthy"),
            Run::OtherConfig => format!("{name} runs with another configuration than the files have"),
            Run::OtherImage => format!("{name} runs another image than the one of that name now"),
            Run::Starting => format!("{name} is starting"),
        },
    }
}

fn checkout(path: &str, branch: &str, wanted: Option<&str>, unsaved: &Unsaved, behind: usize) -> String {
    let at = if branch == "(detached)" { "on no branch".to_owned() } else { format!("on {branch}") };
    let wanted = wanted.map(|name| format!("the registry has {name}"));
    let unsaved = if unsaved.is_empty() { "clean".to_owned() } else { unsaved_words(unsaved) };
    let behind = (behind > 0).then(|| format!("{} behind", count(behind, "commit")));
    let said = [Some(at), wanted, Some(unsaved), behind];
    format!("{path}: {}", said.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// What of a checkout nobody else has.
pub(in crate::cli) fn unsaved_words(unsaved: &Unsaved) -> String {
    let some =
        |number: usize, one: &str, rest: &str| (number > 0).then(|| format!("{}{rest}", count(number, one)));
    let all = [
        some(unsaved.changed, "uncommitted file", ""),
        some(unsaved.unpushed, "commit", " not pushed"),
        some(unsaved.stashed, "stash", ""),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn count(number: usize, one: &str) -> String {
    let ending = match (number, one) {
        (1, _) => "",
        (_, "stash") => "es",
        _ => "s",
    };
    format!("{number} {one}{ending}")
}

/// The first of some names, and how many more there are.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let first = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
