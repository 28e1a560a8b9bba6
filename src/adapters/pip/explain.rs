//! What a failed run of pip means.
//!
//! Owns: telling "cannot hold together" from "is not there", "could not be built" and "could not be reached". Refuses:
//! cutting away what pip says: it stands below, indented.

use super::LOCK;
use crate::adapters::Action;
use crate::adapters::python::names_in;
use crate::world::Outcome;

/// A failed run in words, with what pip said.
pub(super) fn failure(action: &Action, outcome: &Outcome) -> String {
    let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
    let mut text = headline(action, outcome, &said);
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        text.push_str("\n    ");
        text.push_str(line.trim_end());
    }
    text
}

/// What pip says when there is no solution.
const NO_SOLUTION: &str = "ResolutionImpossible";

/// The words of what pip says of requirements that cannot hold together: the names of distributions are among them.
pub(super) fn blamed(outcome: &Outcome) -> Vec<String> {
    let said = String::from_utf8_lossy(&outcome.stderr);
    let reason = said.find("Cannot install").filter(|_| said.contains(NO_SOLUTION));
    reason.map_or_else(Vec::new, |at| names_in(&said[at..]))
}

fn headline(action: &Action, outcome: &Outcome, said: &str) -> String {
    let has = |words: &str| said.contains(words);
    let Some(code) = outcome.code else {
        return match outcome.signal {
            Some(signal) => format!("pip was ended by signal {signal}"),
            None => "pip was ended".to_owned(),
        };
    };
    let offline = action.args.iter().any(|arg| arg == "--offline");
    let missing = said.split_once("No matching distribution found for ").map(|(_, rest)| first_word(rest));
    let what = if let Some(missing) = missing.filter(|_| offline) {
        format!("{missing} is not on this machine, and nothing may be fetched")
    } else if has("NewConnectionError") || has("Max retries exceeded") || has("ConnectTimeout") {
        "a package index could not be reached".to_owned()
    } else if has(NO_SOLUTION) {
        "no versions of the Python packages can hold together".to_owned()
    } else if has("requires a different Python") || has("the stack needs Python") {
        "this Python does not suit the stack".to_owned()
    } else if let Some(missing) = missing {
        format!("there is no {missing} on the package index")
    } else if has("needs to be updated") {
        format!("{LOCK} is out of date; without `--locked` hsm brings it up to date")
    } else if has("git clone") || has("git fetch") || has("git rev-parse") {
        "a git repository could not be fetched".to_owned()
    } else if has("build backend") || has("subprocess-exited-with-error") || has("metadata-generation-failed")
    {
        "a Python package could not be built".to_owned()
    } else {
        "pip could not do its work".to_owned()
    };
    format!("{what} (pip ended with {code})")
}

/// What a requirement is of: with a marker or a reason behind it, it is still the first word.
fn first_word(text: &str) -> &str {
    text.split([' ', '\n', ';']).next().unwrap_or_default()
}
