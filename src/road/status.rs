//! Status: how far manifest, lock, files, what is installed and what runs are apart.
//!
//! Owns: comparing each with the one that it is made from. Reads only, asks the tools only what changes nothing, and needs
//! no lock: what it sees while another run is at work is what is there at that moment. Refuses: words, and mending.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Resolved, Road, Stop, Wish, adapters};
use crate::adapters::git::{self, Unsaved};
use crate::adapters::{Adapter, Found, Layer, Mend, State};
use crate::container::Problem;
use crate::diagnostic::{Diagnostic, Finding};
use crate::load;
use crate::lock::{self, Lock, LockedComponent};
use crate::manifest::Mode;
use crate::names::{ComponentId, Kind};
use crate::plan::{self, Plan, PlanError};
use crate::stack::Stack;
use crate::transaction;
use crate::world::World;

/// How the project stands.
#[derive(Debug)]
pub struct Status {
    /// What the solve decided, with what it was decided from.
    pub resolved: Resolved,
    /// What was found, layer by layer.
    pub differences: Vec<Difference>,
    /// Whether another run was at work meanwhile.
    pub underway: bool,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Between what and what.
    pub layer: Layer,
    /// What.
    pub what: What,
    /// What mends it.
    pub mend: Option<Mend>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// There is no lock.
    NoLock,
    /// A component is not as the lock has it.
    Component {
        /// Which.
        id: ComponentId,
        /// As locked; `None`: not at all.
        was: Option<LockedComponent>,
        /// As it would be; `None`: not at all.
        now: Option<LockedComponent>,
    },
    /// Components, releases and modes are as locked, but what their entries say has changed.
    OtherEntries,
    /// A file is missing.
    Missing(PathBuf),
    /// A file is not as it would be written.
    Stale(PathBuf),
    /// A file is there that would be removed.
    Left(PathBuf),
    /// A file of hsm's own was changed by hand.
    Edited {
        /// Which.
        path: PathBuf,
        /// Where a sync keeps that version.
        aside: String,
    },
    /// What an adapter found.
    Found(State),
}

impl What {
    /// Whether something is not as it should be.
    pub fn is_drift(&self) -> bool {
        match self {
            Self::Found(state) => state.is_drift(),
            _ => true,
        }
    }
}

impl Status {
    /// Whether nothing is but as it should be.
    pub fn is_clean(&self) -> bool {
        !self.differences.iter().any(|difference| difference.what.is_drift())
    }
}

impl Road<'_> {
    /// Compares each with the one that it is made from. A project that cannot be resolved has no status.
    pub fn status(&self, wish: &Wish) -> Result<Status, Stop> {
        let resolved = self.resolve(wish)?;
        let (plan, found) = self.asked(&resolved, wish)?;
        let stack = &resolved.solved.stack;
        let mut differences = locked(resolved.inputs.lock.as_ref(), stack, &plan, wish.only);
        differences.extend(files(&plan));
        let found = found.into_iter();
        differences.extend(found.map(|Found { layer, what, mend }| Difference {
            layer,
            what: What::Found(what),
            mend,
        }));
        differences.sort_by_key(|difference| difference.layer);
        let underway = transaction::needs_recovery(self.world, self.root);
        Ok(Status { resolved, differences, underway })
    }

    /// What a sync would write, and what the adapters find on this machine: the engines are asked while the files are
    /// compared, and who manages packages is not asked where its stamp answers.
    fn asked(&self, resolved: &Resolved, wish: &Wish) -> Result<(Plan, Vec<Found>), Stop> {
        let stack = &resolved.solved.stack;
        let adapters = adapters(&resolved.inputs, wish)?;
        let own = self.own_files(resolved, wish)?;
        let (plan, found) = std::thread::scope(|scope| {
            let ask = |adapter: &'static dyn Adapter| {
                scope.spawn(move || adapter.status(stack, self.root, &wish.settings, self.world))
            };
            let engines = adapters.iter().filter(|adapter| adapter.lifecycle().is_some());
            let mut asked: Vec<_> = engines.map(|adapter| ask(*adapter)).collect();
            let plan = plan::assemble(self.world, self.root, stack, &wish.settings, &adapters, own);
            let parts = plan.as_ref().map(|plan| plan.parts.as_slice()).unwrap_or_default();
            let intact = |name: &str| parts.iter().any(|part| part.adapter == name && part.intact);
            let others = adapters.iter().filter(|adapter| adapter.lifecycle().is_none());
            asked.extend(others.filter(|adapter| !intact(adapter.name())).map(|adapter| ask(*adapter)));
            let answers = asked.into_iter().map(|thread| match thread.join() {
                Ok(found) => found,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            let found: Vec<Found> = answers.flatten().collect();
            (plan, found)
        });
        let plan = plan.map_err(|error| match error {
            PlanError::Adapter { findings, .. } => {
                let sources = resolved.inputs.sources.clone();
                Stop::Wrong(load::Report { sources, diagnostics: findings })
            }
            other => Stop::Plan(other),
        })?;
        Ok((plan, found))
    }
}

/// Checkouts that the lock still works with and the stack does not, with what of each nobody else has.
pub fn left_behind(resolved: &Resolved, world: &dyn World) -> Vec<(String, Unsaved)> {
    let Some(lock) = &resolved.inputs.lock else { return Vec::new() };
    let now = Lock::of(&resolved.solved.stack);
    let used = git::checkouts(&resolved.solved.stack, None);
    let used = git::paths(&used);
    let was = |(id, locked): &(&ComponentId, &LockedComponent)| {
        let mode = now.components.get(*id).and_then(|now| now.mode);
        locked.mode == Some(Mode::Dev) && mode != Some(Mode::Dev)
    };
    let left = lock.components.iter().filter(was).filter_map(|(id, _)| resolved.inputs.component(id));
    let paths: BTreeSet<String> =
        left.flat_map(git::paths_of).filter(|path| !used.contains(path.as_str())).collect();
    let asked = paths.into_iter().filter_map(|path| {
        let unsaved = git::unsaved(&resolved.inputs.root, &path, world)?;
        (!unsaved.is_empty()).then_some((path, unsaved))
    });
    asked.collect()
}

/// Manifest and registry against the lock.
fn locked(lock: Option<&Lock>, stack: &Stack, plan: &Plan, only: Option<Kind>) -> Vec<Difference> {
    let sync = |what| Difference { layer: Layer::Lock, what, mend: Some(Mend::Sync) };
    let is_stale = plan.files.iter().any(|file| file.path == Path::new(lock::FILE));
    let Some(lock) = lock else {
        return if is_stale { vec![sync(What::NoLock)] } else { Vec::new() };
    };
    let now = Lock::of(stack);
    let ids: BTreeSet<&ComponentId> = lock.components.keys().chain(now.components.keys()).collect();
    let mut out = Vec::new();
    for id in ids.into_iter().filter(|id| only.is_none_or(|only| only == id.kind())) {
        let (was, now) = (lock.components.get(id), now.components.get(id));
        if was != now {
            out.push(sync(What::Component { id: id.clone(), was: was.cloned(), now: now.cloned() }));
        }
    }
    if out.is_empty() && is_stale {
        out.push(sync(What::OtherEntries));
    }
    out
}

/// The lock against the files that are made from it.
fn files(plan: &Plan) -> Vec<Difference> {
    let edited: Vec<(&str, &str)> = plan.notes.iter().filter_map(by_hand).collect();
    let is_other = |path: &Path| {
        path == Path::new(lock::FILE) || edited.iter().any(|(_, aside)| Path::new(aside) == path)
    };
    let files = plan.files.iter().filter(|file| !is_other(&file.path));
    let differences = files.map(|file| {
        let path = file.path.clone();
        let by_hand = edited.iter().find(|(edited, _)| Path::new(edited) == path);
        let what = match (&file.before, &file.after, by_hand) {
            (Some(_), Some(_), Some((_, aside))) => What::Edited { path, aside: (*aside).to_owned() },
            (None, ..) => What::Missing(path),
            (Some(_), None, _) => What::Left(path),
            (Some(_), Some(_), None) => What::Stale(path),
        };
        Difference { layer: Layer::Files, what, mend: Some(Mend::Sync) }
    });
    differences.collect()
}

/// The file that was changed by hand, if that is what a note says, and where that version will be kept.
fn by_hand(note: &Diagnostic) -> Option<(&str, &str)> {
    match &note.finding {
        Finding::Container(Problem::EditedByHand { path, aside }) => Some((path, aside)),
        _ => None,
    }
}
