//! Whether a commit comes after another: history that was rewritten is told from history that goes on.
//!
//! Owns: fetching as much history as the answer needs. Refuses: judging whether a rewritten one is fine.

use std::path::Path;

use super::fetch::{deepen, interrupted, local};
use super::{Source, hold, home, in_repository};
use crate::adapters::git::cache::{NotGot, fetched};
use crate::manifest::GitRefKind;
use crate::world::World;

/// How many commits are fetched before all are.
const STEP: u32 = 100;

/// How a reference got from one commit to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The new commit has the old one in its history.
    Onward,
    /// It does not.
    Rewritten,
    /// A tag names another commit than it did.
    TagMoved,
}

/// How the reference got from one commit to another; both were fetched.
///
/// # Errors
/// Why the history can't be had.
pub fn way(source: &Source, old: &str, new: &str, world: &dyn World) -> Result<Way, NotGot> {
    if matches!(source.reference, Some((GitRefKind::Tag, _))) {
        return Ok(Way::TagMoved);
    }
    let home = home(source, world).ok_or(NotGot::NoCache)?;
    let _held = hold(&home, world)?;
    in_repository(&home, world, |repository| {
        super::fetch::fetch(repository, source, Some(new), world)?;
        for by in [Some(STEP), None] {
            if comes_after(repository, old, new, world)? {
                return Ok(Way::Onward);
            }
            if world.stat(&repository.join("shallow"))?.is_none() {
                break;
            }
            fetched(&deepen(repository, source, by, world)?, world)?;
            interrupted(world)?;
        }
        Ok(if comes_after(repository, old, new, world)? { Way::Onward } else { Way::Rewritten })
    })
}

/// Whether the history that is there says so.
fn comes_after(repository: &Path, old: &str, new: &str, world: &dyn World) -> Result<bool, NotGot> {
    let own = ["merge-base", "--is-ancestor", old, new];
    Ok(world.run(&local(repository, &own))?.ok())
}
