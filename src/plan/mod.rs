//! The plan: what has to be done to bring the project to the resolved stack. Inert data; no choice is left in it.
//!
//! Owns: putting the adapters' parts together with hsm's own files, and leaving out what is done already. Refuses: writing
//! anything, running anything.

pub mod diff;
pub mod stamps;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::adapters::{Action, Adapter, FileChange, Part, Phase, Settings, beside};
use crate::diagnostic::Diagnostic;
use crate::stack::Stack;
use crate::world::World;
use stamps::{Stamp, Stamps};

/// What has to be done. Comparable, printable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The files that change, by path.
    pub files: Vec<FileChange>,
    /// What the adapters do, in the order of the adapters given.
    pub parts: Vec<AdapterPlan>,
    /// Worth telling the user.
    pub notes: Vec<Diagnostic>,
}

/// What one adapter does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterPlan {
    /// Its name.
    pub adapter: String,
    /// Files and directories that its tool may change.
    pub guarded: Vec<PathBuf>,
    /// Commands of its tool; empty when its side is intact.
    pub actions: Vec<Action>,
    /// Whether its checks may run side by side.
    pub checks_together: bool,
    /// Whether actions were left out because a stamp shows that its side is intact.
    pub intact: bool,
    /// All files that decide what its tool does.
    pub inputs: Vec<PathBuf>,
    /// A fingerprint of all actions, also those left out.
    pub wanted: String,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// An adapter can't bring the project to the stack.
    #[error("{adapter} cannot do this")]
    Adapter {
        /// Its name.
        adapter: String,
        /// What is in the way.
        findings: Vec<Diagnostic>,
    },
    /// Two want to write one file.
    #[error("two adapters want to write `{}`", .0.display())]
    SameFile(PathBuf),
    /// An adapter wants to write outside of the project.
    #[error("{adapter} wants to write `{}`, which is not in the project", path.display())]
    Outside {
        /// Its name.
        adapter: String,
        /// The path.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("could not read `{}`: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl Plan {
    /// Whether nothing has to be done. Checks that change nothing don't count.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && !self.parts.iter().any(AdapterPlan::applies)
    }
}

impl AdapterPlan {
    /// Whether it runs anything that may change something.
    pub fn applies(&self) -> bool {
        self.actions.iter().any(|a| a.phase != Phase::Verify)
    }
}

/// The change of one file to the bytes wanted; what is there now is read.
pub fn file_change(
    world: &dyn World,
    root: &Path,
    path: impl Into<PathBuf>,
    after: Option<Vec<u8>>,
) -> Result<FileChange, PlanError> {
    let path = path.into();
    match world.read(&root.join(&path)) {
        Ok(before) => Ok(FileChange { path, before: Some(before), after }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(FileChange { path, before: None, after }),
        Err(error) => Err(PlanError::Read { path, error }),
    }
}

/// Puts the plan together: hsm's own files (`own`: the lock, perhaps an edited manifest) and the parts of the adapters.
/// Files that stay as they are are left out, and so are the actions of an adapter whose inputs, actions and environment
/// are what they were after its last success.
pub fn assemble(
    world: &dyn World,
    root: &Path,
    stack: &Stack,
    settings: &Settings,
    adapters: &[&dyn Adapter],
    own: Vec<FileChange>,
) -> Result<Plan, PlanError> {
    let stamps = Stamps::load(world, root);
    let mut files = BTreeMap::new();
    let mut plan = Plan::default();
    for change in own {
        add_file(&mut files, "hsm", change)?;
    }
    for adapter in adapters {
        let name = adapter.name().to_owned();
        let part = adapter
            .plan(stack, root, settings, world)
            .map_err(|findings| PlanError::Adapter { adapter: name.clone(), findings })?;
        let changes = part.files.iter().any(|f| f.before != f.after);
        let mut entry = adapter_plan(&name, &part);
        if let Some(plain) = plainly(settings) {
            let part = adapter
                .plan(stack, root, &plain, world)
                .map_err(|findings| PlanError::Adapter { adapter: name.clone(), findings })?;
            entry.wanted = stamps::actions(&part.actions);
        }
        // An upgrade is asked for because something outside may have changed; nothing here shows that.
        if !changes && settings.upgrade.is_none() && !part.actions.is_empty() {
            let environment = adapter.stamp(stack, root, world);
            let now = stamp(world, root, &entry, environment)?;
            entry.intact = stamps.prove(&name, &now, settings.lock_only, entry.applies());
        }
        if entry.intact {
            entry.actions.clear();
        } else {
            adapter.mend(&mut entry.actions, root, world);
        }
        plan.parts.push(entry);
        plan.notes.extend(part.notes);
        for change in part.files.into_iter().chain(part.aside) {
            add_file(&mut files, &name, change)?;
        }
    }
    if !settings.frozen {
        for adapter in adapters.iter().flat_map(|adapter| beside(*adapter)) {
            leave(adapter, root, world, &mut files, &mut plan.notes)?;
        }
    }
    plan.files = files.into_values().filter(|f| f.before != f.after).collect();
    if settings.frozen {
        // The committed files are used as they are; what lies in hsm's own directory is no committed file.
        plan.files.retain(|f| f.path.starts_with(crate::transaction::DIR));
    }
    Ok(plan)
}

/// Takes away what an adapter wrote that is not asked for any more.
fn leave(
    adapter: &dyn Adapter,
    root: &Path,
    world: &dyn World,
    files: &mut BTreeMap<PathBuf, FileChange>,
    notes: &mut Vec<Diagnostic>,
) -> Result<(), PlanError> {
    let name = adapter.name();
    let part = adapter
        .leave(root, world)
        .map_err(|findings| PlanError::Adapter { adapter: name.to_owned(), findings })?;
    let mut changes: Vec<FileChange> = part.files.into_iter().chain(part.aside).collect();
    changes.retain(|change| change.before != change.after && !files.contains_key(&change.path));
    if !changes.is_empty() {
        notes.extend(part.notes);
    }
    changes.into_iter().try_for_each(|change| add_file(files, name, change))
}

/// The settings of a run that leads to the same state and asks for it plainly: what was checked, done without the network
/// or moved to newer releases is as good afterwards as what was simply done. `None`: these are plain already.
fn plainly(settings: &Settings) -> Option<Settings> {
    let plain =
        Settings { offline: false, locked: false, upgrade: None, fetch_sources: true, ..settings.clone() };
    (plain != *settings).then_some(plain)
}

/// The stamp of an adapter's side as it is now. `environment` is the adapter's own stamp.
pub fn stamp(
    world: &dyn World,
    root: &Path,
    part: &AdapterPlan,
    environment: Option<String>,
) -> Result<Stamp, PlanError> {
    let inputs =
        stamps::inputs(world, root, part).map_err(|(path, error)| PlanError::Read { path, error })?;
    Ok(Stamp { inputs, environment, locked: None })
}

/// The stamp of an adapter's side after all its actions were done. `last`: the one that it replaces.
pub fn stamp_after(
    world: &dyn World,
    root: &Path,
    stack: &Stack,
    settings: &Settings,
    adapter: &dyn Adapter,
    part: &AdapterPlan,
    last: Option<&Stamp>,
) -> Result<Stamp, PlanError> {
    if settings.lock_only {
        // What is installed was not looked at: whatever was known of it stays.
        let now = stamp(world, root, part, None)?;
        let last = last.cloned().unwrap_or_default();
        return Ok(Stamp { locked: Some(now.inputs), ..last });
    }
    let mut now = stamp(world, root, part, adapter.stamp(stack, root, world))?;
    if !settings.frozen {
        let lock_only = Settings { lock_only: true, ..plainly(settings).unwrap_or_else(|| settings.clone()) };
        // A run that only locks would find everything done: that is recorded, too. Where it can't be told, it looks again.
        let locking = adapter.plan(stack, root, &lock_only, world).ok();
        let part = locking.map(|locking| adapter_plan(&part.adapter, &locking));
        now.locked = part.and_then(|part| stamp(world, root, &part, None).ok()).map(|stamp| stamp.inputs);
    }
    Ok(now)
}

fn adapter_plan(name: &str, part: &Part) -> AdapterPlan {
    let inputs: BTreeSet<_> =
        part.files.iter().map(|f| &f.path).chain(&part.guarded).chain(&part.inputs).cloned().collect();
    AdapterPlan {
        adapter: name.to_owned(),
        guarded: part.guarded.clone(),
        actions: part.actions.clone(),
        checks_together: part.checks_together,
        intact: false,
        inputs: inputs.into_iter().collect(),
        wanted: stamps::actions(&part.actions),
    }
}

fn add_file(
    files: &mut BTreeMap<PathBuf, FileChange>,
    adapter: &str,
    change: FileChange,
) -> Result<(), PlanError> {
    let inside = change.path.components().all(|c| matches!(c, Component::Normal(_)));
    if !inside || change.path.as_os_str().is_empty() {
        return Err(PlanError::Outside { adapter: adapter.to_owned(), path: change.path });
    }
    if files.contains_key(&change.path) {
        return Err(PlanError::SameFile(change.path));
    }
    files.insert(change.path.clone(), change);
    Ok(())
}
