//! Checkouts of sources: asking whether missing ones shall be got, and saying what is left behind in others.
//!
//! Owns: the question and its condition. Refuses: git.

use super::{Context, Fail};
use crate::cli::voice::status::unsaved_words;
use crate::diagnostic::Severity;
use crate::road::status::left_behind;
use crate::road::{Resolved, Stop};

/// The codes of a checkout that is not there.
const MISSING: [&str; 2] = ["HSM-E314", "HSM-E350"];

/// Asks whether the checkouts shall be got whose absence is all that stopped a run; whatever else stopped it stays what it
/// is, and so does a no.
pub(super) fn agreed(context: &Context<'_>, stop: Stop) -> Result<(), Fail> {
    let Stop::Wrong(report) = &stop else { return Err(stop.into()) };
    let errors: Vec<_> = report.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    if errors.is_empty() || !errors.iter().all(|d| MISSING.contains(&d.finding.code())) {
        return Err(stop.into());
    }
    let says = errors.iter().map(|d| d.finding.to_string()).collect::<Vec<_>>().join("\n");
    let them = if errors.len() == 1 { "it" } else { "them" };
    if context.confirm(&format!("{says}\nShall hsm get {them} with git now?"))? {
        Ok(())
    } else {
        Err(stop.into())
    }
}

/// Says what of a checkout that is no longer worked with nobody else has.
pub(super) fn tell_left(context: &Context<'_>, resolved: &Resolved) {
    for (path, unsaved) in left_behind(resolved, context.world) {
        let kept = unsaved_words(&unsaved);
        context.voice.warn(&format!("{path} is no longer used; it is left as it is, with {kept}"));
    }
}
