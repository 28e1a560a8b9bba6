//! Load: everything that is read is read here, before any thinking.
//!
//! Owns: finding the manifest, the registries and the lock; reading the entries that can be reached, and no others;
//! one report of everything that is wrong with them. Refuses: choosing.


use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::diagnostic::Diagnostic;
use crate::lock::{Lock, LockedComponent};
use crate::manifest::{Item, Manifest, Mode};
use crate::names::{ComponentId, GroupId, Kind, TargetId};
use crate::place::{FileId, Place, Sources};
use crate::registry::layer::Layer;
use crate::registry::{Entry, Group};

/// What the command line changes about reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadOptions {
    /// `--require-mode`: the preferred mode is a demand on everything that runs here.
    pub require_mode: bool,
    /// `--upgrade`: whose locked releases are no longer preferred.
    pub upgrade: Upgrade,
    /// `--upgrade-group`: groups whose locked options are no longer preferred.
    pub upgrade_groups: BTreeSet<GroupId>,
}

/// Whose locked releases may move.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Upgrade {
    /// Nobody's.
    #[default]
    None,
    /// Those of these components, by name.
    Names(BTreeSet<String>),
    /// All.
    All,
}

/// Everything that was read, as far as it is needed to decide.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The project's directory.
    pub root: PathBuf,
    /// The texts of all files that were read.
    pub sources: Sources,
    /// `hsm.yaml`.
    pub manifest: Manifest,
    /// The entries that can be reached, groups with the options of those they extend.
    pub entries: BTreeMap<TargetId, Entry>,
    /// The files of each entry: its own, and for a group those of the groups that it extends.
    pub files: BTreeMap<TargetId, Vec<FileId>>,
    /// Groups that are only named in conflicts: their options matter, they can't take part.
    pub bystanders: BTreeMap<GroupId, Group>,
    /// What can be reached, but has no entry that can be read.
    pub absent: BTreeMap<TargetId, Absence>,
    /// What the names in `depends_on` stand for.
    pub depends: BTreeMap<String, TargetId>,
    /// `hsm.lock`, if there is one, without what is to be upgraded.
    pub lock: Option<Lock>,
    /// Worth telling the user.
    pub warnings: Vec<Diagnostic>,
    /// How it was read.
    pub options: LoadOptions,
    /// How many entry files were opened.
    pub opened: usize,
    listed: BTreeMap<ComponentId, Vec<Item>>,
}

/// An entry that can be reached but not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Why.
    pub reason: AbsenceReason,
    /// The broken place in the entry, or the place that first asks for it.
    pub place: Place,
}

/// Why an entry cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbsenceReason {
    /// No registry has it.
    NotFound,
    /// It is there, but has errors.
    Broken,
}

/// What is wrong with the inputs: all of it, with the texts to show it in.
#[derive(Debug, Clone)]
pub struct Report {
    /// The texts of all files that were read.
    pub sources: Sources,
    /// What is wrong, in order of file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Inputs {
    /// The mode that every component prefers.
    pub fn preferred_mode(&self) -> Mode {
        self.manifest.project.mode.as_ref().map_or(Mode::Prod, |mode| mode.value)
    }

    /// What the lock says of a component.
    pub fn locked(&self, id: &ComponentId) -> Option<&LockedComponent> {
        self.lock.as_ref()?.components.get(id)
    }

    /// The items of the manifest that list a component: those of selections first, then those of `packages` and
    /// `containers`.
    pub fn items(&self, id: &ComponentId) -> &[Item] {
        self.listed.get(id).map_or(&[], Vec::as_slice)
    }

    /// Whether the manifest says itself which mode a component is in, by an item, a constraint or a group's line.
    pub fn pins_mode(&self, id: &ComponentId) -> bool {
        let items = self.items(id).iter().any(|item| item.mode.is_some());
        let constraints = self.manifest.constraints.iter();
        let target = TargetId::Component(id.clone());
        let constrained = constraints.filter(|line| line.mode.is_some()).any(|line| line.target.value == target);
        let lines = self.manifest.dependencies.groups.iter().chain(&self.manifest.services.groups);
        let by_group = lines.filter(|line| line.mode.is_some()).any(|line| {
            let options = self.group(&line.group.value).into_iter().flat_map(|group| &group.options);
            options.into_iter().any(|option| line.group.value.option(&option.name.value) == *id)
        });
        items || constrained || by_group
    }

    /// The layers that the manifest's items lay over a container, the last on top.
    pub fn item_layers(&self, id: &ComponentId) -> Vec<&Layer> {
        self.items(id).iter().map(|item| &item.layer).collect()
    }

    /// A component's entry.
    pub fn component(&self, id: &ComponentId) -> Option<&Entry> {
        self.entries.get(&TargetId::Component(id.clone()))
    }

    /// A group's entry.
    pub fn group(&self, id: &GroupId) -> Option<&Group> {
        match self.entries.get(&TargetId::Group(id.clone()))? {
            Entry::Group(group) => Some(group),
            Entry::Package(_) | Entry::Container(_) => None,
        }
    }
}

/// The items of the manifest by component.
fn listed(manifest: &Manifest) -> BTreeMap<ComponentId, Vec<Item>> {
    let mut all: BTreeMap<ComponentId, Vec<Item>> = BTreeMap::new();
    let selections = manifest.dependencies.groups.iter().chain(&manifest.services.groups);
    let selected = selections.flat_map(|line| {
        let items = line.selection.iter().flat_map(|s| &s.value);
        items.map(|item| (line.group.value.kind, item))
    });
    let packages = manifest.dependencies.items.iter().map(|item| (Kind::Package, item));
    let containers = manifest.services.items.iter().map(|item| (Kind::Container, item));
    for (kind, item) in selected.chain(packages).chain(containers) {
        all.entry(ComponentId::new(kind, &item.name.value)).or_default().push(item.clone());
    }
    all
}
