//! Ending a run: the new state brought to the disk and committed, or everything put back.
//!
//! Owns: the decision between the two, the commit, and the stamps of what succeeded. Refuses: doing any of the plan's work.

use std::path::{Path, PathBuf};

use crate::execute::{Failure, Journal, StepOutcome, Work};
use crate::order::Step;
use crate::plan::stamps::Stamps;
use crate::plan::{self, AdapterPlan};
use crate::stack::Stack;
use crate::transaction::{self, NotPutBack, Transaction, Undone};
use crate::world::{Break, FileKind, World};

/// What a run did that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How each step ended.
    pub outcomes: Vec<(Step, StepOutcome)>,
    /// Whether anything changed.
    pub changed: bool,
    /// Small things that went wrong after the commit; the next run deals with them.
    pub notes: Vec<String>,
}

/// Why a run failed, and what became of the project.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Nothing had been touched yet.
    #[error("{0}")]
    NothingTouched(Failure),
    /// Everything is as it was.
    #[error("{failure}")]
    Restored {
        /// What went wrong.
        failure: Failure,
        /// What was put back.
        undone: Undone,
    },
    /// Some things could not be put back; the journal is kept.
    #[error("{failure}")]
    NotPutBack {
        /// What went wrong first.
        failure: Failure,
        /// What could not be put back.
        problems: Vec<NotPutBack>,
    },
}

impl RunError {
    /// What went wrong first.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::NothingTouched(failure)
            | Self::Restored { failure, .. }
            | Self::NotPutBack { failure, .. } => failure,
        }
    }
}

/// Ends a run: commits what succeeded, and otherwise puts everything back.
pub fn finalize(work: &Work<'_>, stack: &Stack, journal: Journal) -> Result<Report, RunError> {
    let Journal { outcomes, failure, transaction } = journal;
    let changed = transaction.is_some();
    match (failure, transaction) {
        (Some(failure), None) => return Err(RunError::NothingTouched(failure)),
        (Some(failure), Some(transaction)) => return Err(put_back(work.world, transaction, failure)),
        (None, None) => {}
        (None, Some(transaction)) => commit(work, transaction)?,
    }
    let mut report = Report { outcomes, changed, notes: Vec::new() };
    if let Err(error) = record(work, stack, &report.outcomes) {
        report.notes.push(format!("what is intact could not be recorded: {error}"));
    }
    if changed && let Err(error) = transaction::keep(work.world, work.root) {
        report.notes.push(format!("what was saved could not be put away: {error}"));
    }
    Ok(report)
}

fn put_back(world: &dyn World, transaction: Transaction, failure: Failure) -> RunError {
    if Break::InterruptionNotUndone.here() && matches!(failure, Failure::Interrupted(_)) {
        return RunError::Restored { failure, undone: Undone::default() };
    }
    match transaction.roll_back(world) {
        Ok(undone) => RunError::Restored { failure, undone },
        Err(problems) => RunError::NotPutBack { failure, problems },
    }
}

fn commit(work: &Work<'_>, transaction: Transaction) -> Result<(), RunError> {
    let world = work.world;
    for part in work.plan.parts.iter().filter(|p| p.applies() && !Break::ToolsNotSynced.here()) {
        for path in &part.guarded {
            // Tools do not bring to the disk what they wrote.
            if let Err(error) = sync(world, &work.root.join(path)) {
                let failure = Failure::System { attempt: "bring to the disk", path: path.clone(), error };
                return Err(put_back(world, transaction, failure));
            }
        }
    }
    if let Some(signal) = world.interrupted_by() {
        return Err(put_back(world, transaction, Failure::Interrupted(signal)));
    }
    transaction.commit(world).map_err(|(transaction, error)| {
        let failure = Failure::System { attempt: "commit", path: PathBuf::from(transaction::DIR), error };
        put_back(world, transaction, failure)
    })
}

/// Brings a file with its name, or a whole directory, to the disk.
fn sync(world: &dyn World, path: &Path) -> std::io::Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    if world.stat(path)?.is_none() {
        return world.sync(parent);
    }
    let real = world.canonical(path)?;
    if world.stat(&real)?.is_some_and(|s| s.kind == FileKind::Dir) {
        world.sync_tree(&real)?;
    } else {
        world.sync(&real)?;
        if let Some(beside) = real.parent() {
            world.sync(beside)?;
        }
    }
    world.sync(parent)
}

/// Records the stamps of the adapters whose actions were all done.
fn record(
    work: &Work<'_>,
    stack: &Stack,
    outcomes: &[(Step, StepOutcome)],
) -> Result<(), Box<dyn std::error::Error>> {
    let mut stamps = Stamps::load(work.world, work.root);
    for (number, part) in work.plan.parts.iter().enumerate() {
        // What was not asked for now says nothing new.
        if part.intact || part.actions.is_empty() {
            continue;
        }
        let stamp = match work.adapters.iter().find(|a| a.name() == part.adapter) {
            Some(adapter) if all_done(part, number, outcomes) => {
                let (world, root) = (work.world, work.root);
                let last = stamps.get(&part.adapter);
                Some(plan::stamp_after(world, root, stack, work.settings, *adapter, part, last)?)
            }
            _ => None,
        };
        stamps.set(&part.adapter, stamp);
    }
    Ok(stamps.store(work.world, work.root)?)
}

fn all_done(part: &AdapterPlan, number: usize, outcomes: &[(Step, StepOutcome)]) -> bool {
    let done = outcomes.iter().filter(|(step, outcome)| {
        matches!(step, Step::Verify { part, .. } | Step::Apply { part, .. } if *part == number)
            && *outcome == StepOutcome::Done
    });
    !part.actions.is_empty() && done.count() == part.actions.len()
}
