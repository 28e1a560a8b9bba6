//! What is fetched so that it can be read: registries in git repositories.
//!
//! Owns: one run's dealings with them: whether it may fetch, what it fetched, and that it asks for the tip of a branch
//! once. Refuses: fetching what the lock holds and the cache has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Report;
use crate::adapters::git::NotGot;
use crate::adapters::git::registries::{Source, get, remembered};
use crate::diagnostic::{Diagnostic, Finding, Severity, Unfetched, WhyUnfetched, Wiring};
use crate::lock::{self, LockedRegistry};
use crate::world::World;

/// What is fetched so that it can be read: registries in git repositories.
pub struct Remote<'w> {
    world: &'w dyn World,
    forbidden: AtomicBool,
    pins: Mutex<Vec<LockedRegistry>>,
    tell: Box<dyn Fn(&str) + Send + Sync + 'w>,
}

impl<'w> Remote<'w> {
    /// A run that may fetch; `tell` hears of each registry before it is fetched.
    pub fn new(world: &'w dyn World, tell: impl Fn(&str) + Send + Sync + 'w) -> Self {
        Self { world, forbidden: AtomicBool::new(false), pins: Mutex::default(), tell: Box::new(tell) }
    }

    /// A run that fetches nothing: of a branch it takes what was fetched last.
    pub fn forbidden(world: &'w dyn World) -> Self {
        let remote = Self::new(world, |_| {});
        remote.forbid();
        remote
    }

    /// From now on nothing is fetched.
    pub fn forbid(&self) {
        self.forbidden.store(true, Ordering::Relaxed);
    }

    /// The commits that this run uses whatever the lock holds.
    pub fn pins(&self) -> Vec<LockedRegistry> {
        self.kept().clone()
    }

    /// From now on this commit is used, whatever the lock holds.
    pub fn pin(&self, pin: LockedRegistry) {
        self.kept().insert(0, pin);
    }

    fn kept(&self) -> MutexGuard<'_, Vec<LockedRegistry>> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads; what the reading misses is fetched, and it is read again.
    ///
    /// # Errors
    /// What is wrong with what was read; why a registry can't be had.
    pub fn reading<T>(&self, read: impl Fn(&[LockedRegistry]) -> Result<T, Report>) -> Result<T, Report> {
        loop {
            let mut report = match read(&self.pins()) {
                Err(report) => report,
                read => return read,
            };
            if is_lock_wrong(&report) {
                // nobody knows which commit is wanted, so it is not missed either
                report.diagnostics.retain(|found| unfetched(&found.finding).is_none());
                return Err(report);
            }
            let (mut fetched, mut failed) = (0, false);
            for diagnostic in &mut report.diagnostics {
                let Finding::Wiring(Wiring::NotFetched(unfetched)) = &mut diagnostic.finding else {
                    continue;
                };
                if unfetched.why != WhyUnfetched::Untried {
                    continue;
                }
                match self.get(unfetched) {
                    Ok(()) => fetched += 1,
                    Err(why) => {
                        unfetched.why = why;
                        failed = true;
                    }
                }
            }
            if failed || fetched == 0 || self.world.interrupted() {
                return Err(report);
            }
        }
    }

    fn get(&self, wanted: &Unfetched) -> Result<(), WhyUnfetched> {
        let borrowed = wanted.reference.as_ref().map(|(kind, name)| (*kind, name.as_str()));
        let source =
            Source::parse(&wanted.url, borrowed).map_err(|why| WhyUnfetched::Wrong(why.to_string()))?;
        let got = if self.forbidden.load(Ordering::Relaxed) {
            let last = if wanted.commit.is_none() { remembered(&source, self.world) } else { None };
            last.ok_or(WhyUnfetched::Forbidden)?
        } else {
            (self.tell)(&wanted.url);
            get(&source, wanted.commit.as_deref(), self.world).map_err(why)?
        };
        // what the lock holds needs no pin, but one that was fetched and is not there must not be fetched for ever
        let pin = LockedRegistry {
            name: source.usual_name(),
            url: wanted.url.clone(),
            reference: wanted.reference.clone(),
            commit: got,
        };
        let again = self.kept().contains(&pin);
        if again {
            let why = "it is not in the cache although it was fetched".to_owned();
            return Err(WhyUnfetched::Failed { why, help: None });
        }
        self.pin(pin);
        Ok(())
    }
}

/// Why something can't be had, for the one who named it.
fn why(error: NotGot) -> WhyUnfetched {
    match error {
        NotGot::Offline => WhyUnfetched::Forbidden,
        NotGot::NoCommit(_) => WhyUnfetched::Gone,
        error @ (NotGot::NoReference { .. } | NotGot::NoCommitThere { .. } | NotGot::Empty) => {
            WhyUnfetched::Wrong(error.to_string())
        }
        error => WhyUnfetched::Failed { why: error.to_string(), help: error.help() },
    }
}

fn unfetched(finding: &Finding) -> Option<&Unfetched> {
    match finding {
        Finding::Wiring(Wiring::NotFetched(unfetched)) => Some(unfetched),
        _ => None,
    }
}

/// Whether the lock could not be read.
fn is_lock_wrong(report: &Report) -> bool {
    let of_lock = |found: &Diagnostic| match (&found.finding, found.place) {
        (Finding::Unreadable { path, .. }, _) => path == lock::FILE,
        (_, Some(place)) => report.sources.get(place.file).is_some_and(|source| source.path == lock::FILE),
        _ => false,
    };
    report.diagnostics.iter().any(|found| found.severity == Severity::Error && of_lock(found))
}
