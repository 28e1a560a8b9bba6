//! Ways back: what an interrupted run left, and the last run taken back.
//!
//! Owns: taking the project for both. Refuses: the work itself, which is the transaction's, and words.

use std::io;
use std::path::PathBuf;

use super::{Road, Stop};
use crate::transaction::{self, LastRun, Left, ProjectLock, Recovered, TakeBackError, TakenBack};

impl Road<'_> {
    /// What an interrupted run left, if there is one and nobody is at work. Changes nothing.
    pub fn left(&self, what: &str) -> Result<Option<Left>, Stop> {
        if !transaction::needs_recovery(self.world, self.root) {
            return Ok(None);
        }
        let _lock = self.take(what, false, &mut |_| {})?;
        transaction::left(self.world, self.root).map_err(Stop::Recovery)
    }

    /// Undoes or finishes an interrupted run. Where there is none it does not matter that the project can't be locked: on a
    /// full disk, that is.
    pub fn recover(&self, what: &str, tell: &mut dyn FnMut(&str)) -> Result<Option<Recovered>, Stop> {
        match self.enter(what, true, tell) {
            Ok((_, recovered)) => Ok(recovered),
            Err(Stop::Lock(_)) if !transaction::needs_recovery(self.world, self.root) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    /// The last run, if there is a way back from it.
    pub fn last_run(&self) -> Result<Option<LastRun>, Stop> {
        transaction::last(self.world, self.root).map_err(not_read)
    }

    /// What taking it back changes, relative to the root.
    pub fn changes_of(&self, last: &LastRun) -> Result<Vec<PathBuf>, Stop> {
        last.changes(self.world, self.root).map_err(not_read)
    }

    /// Takes the last run back. What was changed since is an error, or with `keep_changed` kept aside.
    pub fn undo(&self, last: LastRun, lock: &ProjectLock, keep_changed: bool) -> Result<TakenBack, Stop> {
        let done = last.take_back(self.world, self.root, lock, keep_changed);
        done.map_err(|error| match error {
            TakeBackError::Interrupted(signal) => Stop::Interrupted(signal),
            other => Stop::NotTakenBack(other),
        })
    }
}

fn not_read(error: io::Error) -> Stop {
    Stop::NotTakenBack(TakeBackError::System { path: PathBuf::from(transaction::DIR), error })
}
