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

/// The lines with which an argument begins, those that are recent first; and how many of them are.
pub(super) fn first(lock: Option<&Lock>, statements: &mut [Statement]) -> usize {
    let Some(lock) = lock else { return 0 };
    let is_line = |statement: &Statement| {
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
    };
    let lines = statements.iter().take_while(|statement| is_line(statement)).count();
    let Some(lines) = statements.get_mut(..lines) else { return 0 };
    let recent = lines.iter().filter(|statement| is_recent(lock, statement)).count();
    // where everything is new, nothing is
    if recent == lines.len() {
        return 0;
    }
    lines.sort_by_key(|statement| !is_recent(lock, statement));
    recent
}
