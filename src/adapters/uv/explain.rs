//! What a failed run of uv means.
//!
//! Owns: telling "cannot hold together" from "could not be built" and from "could not be reached". Refuses: cutting away
//! what uv says: it stands below, indented.

use crate::adapters::Action;
use crate::adapters::python::names_in;
use crate::world::Outcome;

/// A failed run in words, with what uv said.
pub(super) fn failure(action: &Action, outcome: &Outcome) -> String {
    let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
    let mut text = headline(action, outcome, &said);
    for line in said.lines().filter(|l| !l.trim().is_empty()) {
        text.push_str("\n    ");
        text.push_str(line.trim_end());
    }
    text
}

/// What uv says where it reads none of the settings in `pyproject.toml`, and goes on without them.
const NOT_READ: &str = "during settings discovery";

/// What uv left out although it ended well: it reads no setting at all where it does not know one of them.
pub(super) fn ignored(outcome: &Outcome) -> Option<String> {
    let said = String::from_utf8_lossy(&outcome.stderr);
    let from = said.lines().position(|line| line.contains(NOT_READ))?;
    let mut text =
        "uv does not know a setting under [tool.uv] in pyproject.toml, and would go on without any of them \
                    (change it, or use a uv that knows it)"
            .to_owned();
    // its warning ends where the next words begin at the start of a line
    let own = said.lines().skip(from).enumerate();
    for (_, line) in own.take_while(|(n, line)| *n == 0 || line.is_empty() || line.starts_with(' ')) {
        if !line.trim().is_empty() {
            text.push_str("\n    ");
            text.push_str(line.trim_end());
        }
    }
    Some(text)
}

/// What uv says when there is no solution.
pub(super) const NO_SOLUTION: &str = "No solution found";

/// The words of what uv says of requirements that cannot hold together, as names of distributions are compared: those
/// that are such names are among them.
pub(super) fn blamed(outcome: &Outcome) -> Vec<String> {
    let said = String::from_utf8_lossy(&outcome.stderr);
    let Some(at) = said.find(NO_SOLUTION).filter(|_| outcome.code.is_some_and(|code| code != 0)) else {
        return Vec::new();
    };
    names_in(&said[at..])
}

/// What the index does not have, where that is all there is to it.
fn missing(said: &str) -> Option<String> {
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let after = |words: &str| flat.split_once(words).and_then(|(_, rest)| rest.split(' ').next());
    let before = |words: &str| flat.split_once(words).and_then(|(front, _)| front.rsplit(' ').next());
    // a version that is asked for exactly is there or not; a range may only be too narrow beside others
    let exact = after("there is no version of ").filter(|what| what.contains("==") && !what.contains('*'));
    if let Some(what) = exact {
        return Some(format!("there is no {what} on the package index"));
    }
    if let Some(what) = before(" was not found in the package registry") {
        return Some(format!("there is no package {what} on the package index"));
    }
    let (there, wanted) = (before(" is available and your project"), after("and your project depends on "));
    let alone = flat.matches("we can conclude").count() == 1;
    let wanted = wanted.map(|wanted| wanted.trim_end_matches(','));
    there
        .zip(wanted)
        .filter(|_| alone && flat.contains("Because only "))
        .map(|(there, wanted)| format!("there is no {wanted} on the package index, only {there}"))
}

fn headline(action: &Action, outcome: &Outcome, said: &str) -> String {
    let has = |words: &str| said.contains(words);
    let Some(code) = outcome.code else {
        return match outcome.signal {
            Some(signal) => format!("uv was ended by signal {signal}"),
            None => "uv was ended".to_owned(),
        };
    };
    // First: what the network would have brought might have been the solution.
    let what = if has("network was disabled") {
        "a package is needed that is not in uv's cache, and nothing may be fetched"
    } else if has(NO_SOLUTION) {
        &missing(said).unwrap_or_else(|| "no versions of the Python packages can hold together".to_owned())
    } else if has("needs to be updated") || has("Unable to find lockfile") {
        "uv.lock is out of date; without `--locked` hsm brings it up to date"
    } else if has("--offline") {
        "a package is needed that is not in uv's cache, and nothing may be fetched"
    } else if has("error sending request") || has("dns error") || has("Failed to fetch") {
        "a package index or repository could not be reached"
    } else if has("Git operation failed") || has("failed to clone") || has("failed to fetch into") {
        "a git repository could not be fetched"
    } else if has("Failed to build") || has("build backend") || has("Failed to generate package metadata") {
        "a Python package could not be built"
    } else if has("No interpreter found") {
        "no Python on this machine suits the project"
    } else if has("Failed to parse `uv.lock`") {
        "uv cannot read uv.lock; put back an intact one, or remove it to lock anew"
    } else if has("Failed to parse") || has("TOML parse error") {
        "uv does not accept pyproject.toml"
    } else if code == 2 {
        "uv could not do its work"
    } else {
        "uv failed"
    };
    format!(
        "{what} (`uv {}` ended with {code})",
        action.args.iter().skip(3).cloned().collect::<Vec<_>>().join(" ")
    )
}
