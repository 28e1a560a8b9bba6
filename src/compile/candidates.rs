//! Candidates: every (release, mode, profile) that a component can be in, the best first.
//!
//! Owns: which candidates there are, and what each of them says (its layers of rules laid over each other). Refuses:
//! choosing, and pins.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::load::Inputs;
use crate::lock::LockedComponent;
use crate::manifest::Mode;
use crate::names::{ComponentId, Kind, Name, TargetId};
use crate::place::{At, Place};
use crate::registry::layer::{DependsOn, Layer, Part, Setting};
use crate::registry::{
    Container, ContainerRelease, ContainerSource, Demand, Demands, Entry, Exclusion, Package, PackageRelease,
    PackageSource, Profile, Rules,
};
use crate::stack::LinkSort;
use crate::version::{Version, VersionDemand};

/// One candidate of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Index of its release in the entry.
    pub release: usize,
    /// Its mode; `None` for an external.
    pub mode: Option<Mode>,
    /// Index of its profile in the entry; `None`: no profile.
    pub profile: Option<usize>,
    /// Whether it can be taken at all.
    pub flaw: Option<Flaw>,
    /// Its place among the releases by preference, from 0.
    pub release_rank: u32,
    /// Its place among the profiles by preference, from 0.
    pub profile_rank: u32,
}

impl Choice {
    /// Whether it is present but not run.
    pub fn is_external(&self) -> bool {
        self.mode.is_none()
    }

    /// Whether it is in that mode, or has none to differ in.
    pub fn suits_mode(&self, mode: Mode) -> bool {
        self.mode.is_none_or(|own| own == mode)
    }
}

/// Why a candidate can never be taken. It is there so that a conflict can name the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// Its release is yanked and not locked.
    Yanked,
    /// Its release has no source for its mode.
    NoSource,
    /// The entry is missing or cannot be read.
    NoEntry,
}

/// One thing that a component or an option says of another.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    /// Of which sort.
    pub sort: LinkSort,
    /// On what.
    pub target: TargetId,
    /// Where it stands.
    pub place: Place,
    /// What is demanded.
    pub what: What<'a>,
}

/// What is demanded of a target.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// That it is there.
    Presence,
    /// That it is there and run by hsm, so that it has an image.
    Image,
    /// What the demand says.
    Demands(&'a Demands),
}

/// The modes that somebody asks for explicitly, by component: flawed candidates are only made for them.
pub type AskedModes = BTreeSet<(ComponentId, Mode)>;

/// The candidates of a component whose entry was read.
pub fn of_entry(inputs: &Inputs, id: &ComponentId, entry: &Entry, asked: &AskedModes) -> Vec<Choice> {
    let locked = inputs.locked(id);
    let wanted = |mode| asked.contains(&(id.clone(), mode));
    let mut all = match entry {
        Entry::Package(package) => of_package(package, locked, inputs.preferred_mode(), &wanted),
        Entry::Container(container) => {
            let image = has_own_image(inputs, id);
            of_container(container, locked, inputs.preferred_mode(), &wanted, image)
        }
        Entry::Group(_) => Vec::new(),
    };
    let preferred = inputs.preferred_mode();
    all.sort_by_key(|c| {
        (c.flaw, c.is_external(), !c.suits_mode(preferred), c.profile_rank, c.release_rank, c.mode)
    });
    all
}

/// The one candidate of a component without an entry: there only so that a conflict can name the reason.
pub fn no_entry(preferred: Mode) -> Choice {
    let flaw = Some(Flaw::NoEntry);
    Choice { release: 0, mode: Some(preferred), profile: None, flaw, release_rank: 0, profile_rank: 0 }
}

fn of_package(
    package: &Package,
    locked: Option<&LockedComponent>,
    preferred: Mode,
    wanted: &dyn Fn(Mode) -> bool,
) -> Vec<Choice> {
    let versions: Vec<_> = package.releases.iter().map(|r| r.version.as_ref().map(|v| &v.value)).collect();
    let ranks = release_ranks(&versions, locked);
    let mut all = Vec::new();
    for (release, facts) in package.releases.iter().enumerate() {
        let yanked = facts.yanked.is_some() && !is_locked(versions[release], locked);
        let has = |mode| facts.sources.iter().any(|s| s.mode == mode);
        for (mode, flaw) in modes(yanked, has, preferred, wanted) {
            let release_rank = ranks[release];
            all.push(Choice {
                release,
                mode: Some(mode),
                profile: None,
                flaw,
                release_rank,
                profile_rank: 0,
            });
        }
    }
    all
}

fn of_container(
    container: &Container,
    locked: Option<&LockedComponent>,
    preferred: Mode,
    wanted: &dyn Fn(Mode) -> bool,
    item_image: bool,
) -> Vec<Choice> {
    let versions: Vec<_> = container.releases.iter().map(|r| r.version.as_ref().map(|v| &v.value)).collect();
    let ranks = release_ranks(&versions, locked);
    let profiles = profile_ranks(container);
    let mut all = Vec::new();
    for (release, facts) in container.releases.iter().enumerate() {
        let yanked = facts.yanked.is_some() && !is_locked(versions[release], locked);
        let release_rank = ranks[release];
        for &(profile, profile_rank) in &profiles {
            let named = profile.and_then(|i| container.profiles.get(i));
            if named.is_some_and(|p| p.external.is_some()) {
                let flaw = yanked.then_some(Flaw::Yanked);
                all.push(Choice { release, mode: None, profile, flaw, release_rank, profile_rank });
                continue;
            }
            let image = item_image
                || sets_image(&container.layer)
                || sets_image(&facts.layer)
                || named.is_some_and(|p| sets_image(&p.layer));
            let has = |mode| facts.sources.iter().any(|s| s.mode == mode) || (image && mode == Mode::Prod);
            for (mode, flaw) in modes(yanked, has, preferred, wanted) {
                all.push(Choice { release, mode: Some(mode), profile, flaw, release_rank, profile_rank });
            }
        }
    }
    all
}

/// The modes of a release: those with a source, and, flawed, those that are asked for or, with no source at all, preferred.
fn modes(
    yanked: bool,
    has: impl Fn(Mode) -> bool,
    preferred: Mode,
    wanted: &dyn Fn(Mode) -> bool,
) -> Vec<(Mode, Option<Flaw>)> {
    let nothing = !has(Mode::Prod) && !has(Mode::Dev);
    [Mode::Prod, Mode::Dev]
        .into_iter()
        .filter_map(|mode| {
            if has(mode) {
                Some((mode, yanked.then_some(Flaw::Yanked)))
            } else {
                (wanted(mode) || (nothing && mode == preferred)).then_some((mode, Some(Flaw::NoSource)))
            }
        })
        .collect()
}

/// Whether the manifest gives a container an image of its own.
pub(super) fn has_own_image(inputs: &Inputs, id: &ComponentId) -> bool {
    inputs.item_layers(id).iter().any(|layer| sets_image(layer))
}

fn sets_image(layer: &Layer) -> bool {
    matches!(layer.image, Setting::Set(_))
}

fn is_locked(version: Option<&Version>, locked: Option<&LockedComponent>) -> bool {
    match (version, locked.and_then(|l| l.release.as_ref())) {
        (Some(own), Some(locked)) => own == locked || own.same_release(locked),
        _ => false,
    }
}

/// For each release its rank: the locked one first, then by preference, then by place.
fn release_ranks(versions: &[Option<&Version>], locked: Option<&LockedComponent>) -> Vec<u32> {
    let mut order: Vec<usize> = (0..versions.len()).collect();
    order.sort_by(|&a, &b| {
        let by_lock = is_locked(versions[b], locked).cmp(&is_locked(versions[a], locked));
        by_lock.then_with(|| match (versions[a], versions[b]) {
            (Some(a), Some(b)) => a.preference(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        })
    });
    let mut ranks = vec![0; versions.len()];
    for (rank, release) in order.into_iter().enumerate() {
        ranks[release] = rank as u32;
    }
    ranks
}

/// The profiles by preference: the default (a managed one) or else none, then the managed ones in order, then the
/// external ones in order.
fn profile_ranks(container: &Container) -> Vec<(Option<usize>, u32)> {
    let managed = |i: &usize| container.profiles[*i].external.is_none();
    let default = container.default_profile.as_ref().and_then(|name| {
        (0..container.profiles.len()).find(|i| container.profiles[*i].name.value == name.value && managed(i))
    });
    let (managed, external): (Vec<usize>, Vec<usize>) = (0..container.profiles.len()).partition(managed);
    let first = [default];
    let rest = managed.into_iter().chain(external).filter(|i| Some(*i) != default).map(Some);
    first.into_iter().chain(rest).zip(0..).collect()
}

/// The version of a choice's release.
pub fn version<'a>(entry: &'a Entry, choice: &Choice) -> Option<&'a Version> {
    match entry {
        Entry::Package(e) => e.releases.get(choice.release)?.version.as_ref().map(|v| &v.value),
        Entry::Container(e) => e.releases.get(choice.release)?.version.as_ref().map(|v| &v.value),
        Entry::Group(_) => None,
    }
}

/// The name of a choice's profile.
pub fn profile_name<'a>(entry: &'a Entry, choice: &Choice) -> Option<&'a Name> {
    match entry {
        Entry::Container(e) => Some(&e.profiles.get(choice.profile?)?.name.value),
        Entry::Package(_) | Entry::Group(_) => None,
    }
}

/// Whether a demand allows a release. What has no version: a package floats, so all demands hold (the package manager
/// gets them); of a container only `*` holds.
pub fn allows(kind: Kind, demand: Option<&VersionDemand>, version: Option<&Version>) -> bool {
    match (demand, version) {
        (None, _) => true,
        (Some(demand), Some(version)) => demand.allows(version),
        (Some(demand), None) => demand.is_any() || kind == Kind::Package,
    }
}

/// Whether a conflict keeps a release out. What has no version is only kept out by `*`.
pub fn keeps_out(demand: &VersionDemand, version: Option<&Version>) -> bool {
    demand.is_any() || version.is_some_and(|version| demand.allows(version))
}

/// The parts of an entry that a choice stands for.
#[derive(Debug, Clone, Copy)]
pub enum Parts<'a> {
    /// Of a package.
    Package(&'a Package, &'a PackageRelease, Option<&'a PackageSource>),
    /// Of a container.
    Container(&'a Container, &'a ContainerRelease, Option<&'a ContainerSource>, Option<&'a Profile>),
}

impl<'a> Parts<'a> {
    /// The parts of `entry` that `choice` stands for; `None` if it is not one of the entry's.
    pub fn of(entry: &'a Entry, choice: &Choice) -> Option<Self> {
        match entry {
            Entry::Package(package) => {
                let release = package.releases.get(choice.release)?;
                let source = release.sources.iter().find(|s| Some(s.mode) == choice.mode);
                Some(Self::Package(package, release, source))
            }
            Entry::Container(container) => {
                let release = container.releases.get(choice.release)?;
                let source = release.sources.iter().find(|s| Some(s.mode) == choice.mode);
                let profile = choice.profile.and_then(|i| container.profiles.get(i));
                Some(Self::Container(container, release, source, profile))
            }
            Entry::Group(_) => None,
        }
    }

    /// The version of its release.
    pub fn version(self) -> Option<&'a Version> {
        match self {
            Self::Package(_, release, _) => release.version.as_ref().map(|v| &v.value),
            Self::Container(_, release, ..) => release.version.as_ref().map(|v| &v.value),
        }
    }

    /// Why its release is yanked.
    pub fn yanked(self) -> Option<&'a At<String>> {
        match self {
            Self::Package(_, release, _) => release.yanked.as_ref(),
            Self::Container(_, release, ..) => release.yanked.as_ref(),
        }
    }

    /// Where its release stands.
    pub fn place(self) -> Place {
        match self {
            Self::Package(_, release, _) => release.place,
            Self::Container(_, release, ..) => release.place,
        }
    }

    fn rules(self) -> Vec<&'a Rules> {
        match self {
            Self::Package(entry, release, source) => {
                [&entry.rules, &release.rules].into_iter().chain(source.map(|s| &s.rules)).collect()
            }
            Self::Container(entry, release, source, profile) => [&entry.rules, &release.rules]
                .into_iter()
                .chain(source.map(|s| &s.rules))
                .chain(profile.map(|p| &p.rules))
                .collect(),
        }
    }

    /// What it implies, depends on and requires, by sort and target: a later layer's line replaces the whole line of an
    /// earlier one on the same target, and `false` removes it.
    pub fn says(self, inputs: &Inputs) -> Vec<Said<'a>> {
        let mut implied: BTreeMap<&TargetId, &Demand> = BTreeMap::new();
        for demand in self.rules().into_iter().flat_map(|rules| &rules.implies) {
            implied.insert(&demand.target.value, demand);
        }
        let mut said: Vec<Said<'a>> =
            implied.into_values().filter_map(|demand| of_demand(LinkSort::Implies, demand)).collect();
        said.extend(self.waits(inputs));
        said
    }

    /// What its work waits for: its start for what it depends on, its build for what that requires.
    pub fn waits(self, inputs: &Inputs) -> Vec<Said<'a>> {
        let mut said = Vec::new();
        let Self::Container(entry, release, source, profile) = self else { return said };
        if profile.is_some_and(|profile| profile.external.is_some()) {
            return said;
        }
        let layers =
            [Some(&entry.layer), Some(&release.layer), source.map(|s| &s.layer), profile.map(|p| &p.layer)];
        for line in depends_on(layers.into_iter().flatten()) {
            if let Some(target) = inputs.depends.get(&line.target.value) {
                let place = line.target.place;
                let what = What::Presence;
                said.push(Said { sort: LinkSort::DependsOn, target: target.clone(), place, what });
            }
        }
        for demand in source.iter().flat_map(|s| &s.requires) {
            said.extend(of_demand(LinkSort::Requires, demand));
        }
        for (image, place) in source.into_iter().flat_map(ContainerSource::images) {
            let target = TargetId::Component(ComponentId::new(Kind::Container, &image));
            said.push(Said { sort: LinkSort::Requires, target, place, what: What::Image });
        }
        // The order of keys decides nothing, not even between two ways to say why.
        said.sort_by(|a, b| (a.sort, &a.target).cmp(&(b.sort, &b.target)));
        said
    }

    /// What it conflicts with: a later layer's line replaces an earlier one on the same target.
    pub fn conflicts(self) -> Vec<&'a Exclusion> {
        let mut all: BTreeMap<&TargetId, &Exclusion> = BTreeMap::new();
        for line in self.rules().into_iter().flat_map(|rules| &rules.conflicts) {
            all.insert(&line.target.value, line);
        }
        all.into_values().collect()
    }
}

/// A demand as something said; `None` for `false`.
pub fn of_demand(sort: LinkSort, demand: &Demand) -> Option<Said<'_>> {
    (demand.what != Demands::Removed).then(|| Said {
        sort,
        target: demand.target.value.clone(),
        place: demand.target.place,
        what: What::Demands(&demand.what),
    })
}

/// `depends_on` of all layers, by target.
pub fn depends_on<'a>(layers: impl Iterator<Item = &'a Layer>) -> Vec<&'a DependsOn> {
    let mut all: IndexMap<&str, &DependsOn> = IndexMap::new();
    for layer in layers {
        if layer.cleared.contains(&Part::DependsOn) {
            all.clear();
        }
        for line in &layer.depends_on {
            if line.removed {
                all.shift_remove(line.target.value.as_str());
            } else {
                all.insert(&line.target.value, line);
            }
        }
    }
    all.into_values().collect()
}
