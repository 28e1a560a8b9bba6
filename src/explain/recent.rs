//! Recent lines: what the manifest says now and did not say when the project was locked.
//!
//! Owns: telling such lines by what is locked: a stack that was solved kept every line of its manifest, so a line that
//! the locked stack breaks is newer than it. Refuses: looking at files' times, or at version control.

use crate::lock::Lock;
use crate::statement::{Claim, Statement};

/// Whether what is locked breaks a line of the manifest.
pub(super) fn is_recent(lock: &Lock, statement: &Statement) -> bool {
    let locked = |id| lock.components.get(id);
    match &statement.claim {
        Claim::Wants(id) => locked(id).is_none(),
        Claim::Uses(group) => !lock.groups.contains_key(group),
        Claim::Selects(group, option) => locked(&group.option(option)).is_none(),
        Claim::Excludes(group, option) => locked(&group.option(option)).is_some(),
        Claim::PinsVersion(id, demand, _) => {
            locked(id).and_then(|at| at.release.as_ref()).is_some_and(|release| !demand.allows(release))
        }
        Claim::PinsMode(id, mode) => locked(id).and_then(|at| at.mode).is_some_and(|at| at != *mode),
        Claim::PinsProfile(id, profile) => locked(id).is_some_and(|at| at.profile.as_ref() != Some(profile)),
        _ => false,
    }
}

/// Puts the lines with which an argument begins in order, those that are recent first, then as they stand in the files;
/// and says which of all statements are recent.
pub(super) fn first(lock: Option<&Lock>, statements: &mut [Statement]) -> Vec<usize> {
    let is_recent = |statement: &Statement| lock.is_some_and(|lock| is_recent(lock, statement));
    // where everything is new, nothing is
    let nothing_is = statements.iter().filter(|one| is_line(one)).all(is_recent);
    let is_recent = |statement: &Statement| !nothing_is && is_recent(statement);
    let lines = statements.iter().take_while(|statement| is_line(statement)).count();
    if let Some(lines) = statements.get_mut(..lines) {
        lines.sort_by_key(|statement| (!is_recent(statement), statement.place));
    }
    statements.iter().enumerate().filter(|(_, one)| is_recent(one)).map(|(number, _)| number).collect()
}

fn is_line(statement: &Statement) -> bool {
    matches!(
        statement.claim,
        Claim::Wants(_)
            | Claim::Uses(_)
            | Claim::Selects(..)
            | Claim::Excludes(..)
            | Claim::PinsVersion(..)
            | Claim::PinsMode(..)
            | Claim::PinsProfile(..)
    )
}
