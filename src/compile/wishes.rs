//! Wishes: what the manifest demands, as rules.
//!
//! Owns: listed components, groups and their lines, pins and constraints, and which of them wins. Refuses: preferences.

use std::collections::{BTreeMap, BTreeSet};

use hsm_solver::{CandidateSet, Count, ItemId, Then, When};

use super::candidates::{self, Choice, Flaw};
use super::{Building, GroupTable, python};
use crate::manifest::{Constraint, GroupLine, Item, Manifest, Mode};
use crate::names::{ComponentId, Kind, Name, TargetId};
use crate::place::At;
use crate::registry::Entry;
use crate::statement::{Claim, Offered};
use crate::version::{Version, VersionDemand};

/// The order of keys, and of lists of names, decides nothing, not even between two ways to say why: everything is taken
/// by its id.
pub(super) fn all(building: &mut Building<'_>) {
    let manifest = &building.inputs.manifest;
    for (kind, items) in
        [(Kind::Package, &manifest.dependencies.items), (Kind::Container, &manifest.services.items)]
    {
        for item in by_id(kind, items) {
            listed(building, kind, item);
        }
    }
    let own = OwnPins::of(manifest);
    let mut lines: Vec<&GroupLine> =
        manifest.dependencies.groups.iter().chain(&manifest.services.groups).collect();
    lines.sort_by_key(|line| &line.group.value);
    for line in lines {
        group_line(building, line, &own);
    }
    let mut constraints: Vec<&Constraint> = manifest.constraints.iter().collect();
    constraints.sort_by_key(|constraint| &constraint.target.value);
    for constraint in constraints {
        if let TargetId::Component(id) = &constraint.target.value {
            let pins =
                Pins { version: &constraint.version, mode: &constraint.mode, profile: &constraint.profile };
            pin(building, id, pins);
        }
    }
    if building.inputs.options.require_mode {
        require_mode(building);
    }
}

fn by_id(kind: Kind, items: &[Item]) -> Vec<&Item> {
    let mut items: Vec<&Item> = items.iter().collect();
    items.sort_by_key(|item| ComponentId::new(kind, &item.name.value));
    items
}

/// A component of `packages` or `containers`.
fn listed(building: &mut Building<'_>, kind: Kind, item: &Item) {
    let id = ComponentId::new(kind, &item.name.value);
    let Some(number) = building.items.get(&id).copied() else { return };
    let statement = building.say(Some(item.name.place), Claim::Wants(id.clone()));
    let all = CandidateSet::all(building.choices(number).len() as u32);
    building.problem.rule(statement, When::Always, Then::Present(number, all));
    pin(building, &id, Pins::of(item));
}

/// A pin, wherever it stands.
#[derive(Clone, Copy)]
struct Pins<'a> {
    version: &'a Option<At<VersionDemand>>,
    mode: &'a Option<At<Mode>>,
    profile: &'a Option<At<Name>>,
}

impl<'a> Pins<'a> {
    fn of(item: &'a Item) -> Self {
        Self { version: &item.version, mode: &item.mode, profile: &item.profile }
    }
}

fn pin(building: &mut Building<'_>, id: &ComponentId, pins: Pins<'_>) {
    let Some(item) = building.items.get(id).copied() else { return };
    if let Some(version) = pins.version {
        let offered = building.offered(item, &version.value);
        let claim = Claim::PinsVersion(id.clone(), version.value.clone(), offered);
        let statement = building.say(Some(version.place), claim);
        let set = building.with_version(item, Some(&version.value));
        building.allowed[item.0 as usize].retain(|candidate| set.contains(*candidate));
        let misfits = building.misfits(statement, &When::Always, item, &|known| version.value.allows(known));
        let set = set.iter().chain(misfits).collect();
        building.problem.rule(statement, When::Always, Then::AbsentOr(item, set));
        building.floats(item, statement, python::On::Pin, &version.value);
    }
    if let Some(mode) = pins.mode {
        let set = building.such(item, |choice| choice.suits_mode(mode.value) || is_unknown(choice));
        bind(building, item, mode.place, Claim::PinsMode(id.clone(), mode.value), set);
    }
    if let Some(profile) = pins.profile {
        let set = building.with_profile(item, &profile.value);
        bind(building, item, profile.place, Claim::PinsProfile(id.clone(), profile.value.clone()), set);
    }
}

/// Nothing is known of a component without an entry: what keeps it out is that, and nothing else.
pub(super) fn is_unknown(choice: &Choice) -> bool {
    choice.flaw == Some(Flaw::NoEntry)
}

fn bind(
    building: &mut Building<'_>,
    item: ItemId,
    place: crate::place::Place,
    claim: Claim,
    set: CandidateSet,
) {
    let statement = building.say(Some(place), claim);
    building.allowed[item.0 as usize].retain(|candidate| set.contains(*candidate));
    building.problem.rule(statement, When::Always, Then::AbsentOr(item, set));
}

/// The components whose mode or profile the manifest says itself: a group's line does not bind them.
struct OwnPins {
    mode: BTreeSet<ComponentId>,
    profile: BTreeSet<ComponentId>,
}

impl OwnPins {
    fn of(manifest: &Manifest) -> Self {
        let mut own = Self { mode: BTreeSet::new(), profile: BTreeSet::new() };
        let mut take = |id: ComponentId, pins: &Pins<'_>| {
            if pins.mode.is_some() {
                own.mode.insert(id.clone());
            }
            if pins.profile.is_some() {
                own.profile.insert(id);
            }
        };
        for (kind, items, lines) in [
            (Kind::Package, &manifest.dependencies.items, &manifest.dependencies.groups),
            (Kind::Container, &manifest.services.items, &manifest.services.groups),
        ] {
            let selected = lines.iter().flat_map(|line| line.selection.iter().flat_map(|s| &s.value));
            for item in items.iter().chain(selected) {
                take(ComponentId::new(kind, &item.name.value), &Pins::of(item));
            }
        }
        for constraint in &manifest.constraints {
            if let TargetId::Component(id) = &constraint.target.value {
                let pins = Pins {
                    version: &constraint.version,
                    mode: &constraint.mode,
                    profile: &constraint.profile,
                };
                take(id.clone(), &pins);
            }
        }
        own
    }
}

fn group_line(building: &mut Building<'_>, line: &GroupLine, own: &OwnPins) {
    let id = &line.group.value;
    let Some(table) = building.group(id) else { return };
    let number = table.number;
    let one = is_one(building, table);
    let members: BTreeMap<ComponentId, u32> = table
        .entry
        .into_iter()
        .flat_map(|group| &group.options)
        .zip(0..)
        .map(|(option, member)| (id.option(&option.name.value), member))
        .collect();
    let statement = building.say(Some(line.group.place), Claim::Uses(id.clone()));
    building.problem.rule(statement, When::Always, Then::TakesPart(number));
    let selected = line.selection.as_ref().map_or(&[][..], |selection| &selection.value);
    for item in by_id(id.kind, selected) {
        let component = id.option(&item.name.value);
        let Some(member) = members.get(&component) else { continue };
        let statement =
            building.say(Some(item.name.place), Claim::Selects(id.clone(), item.name.value.clone()));
        let then = if one { Then::OneOf(number, vec![*member]) } else { Then::AllOf(number, vec![*member]) };
        building.problem.rule(statement, When::Always, then);
        pin(building, &component, Pins::of(item));
    }
    let mut excluded: Vec<&At<Name>> = line.exclude.iter().collect();
    excluded.sort_by_key(|name| id.option(&name.value));
    for name in excluded {
        if let Some(item) = building.items.get(&id.option(&name.value)).copied() {
            let claim = Claim::Excludes(id.clone(), name.value.clone());
            bind(building, item, name.place, claim, CandidateSet::default());
        }
    }
    if let Some(mode) = &line.mode {
        group_mode(building, line, mode, own);
    }
    if let Some(profile) = &line.profile {
        group_profile(building, line, profile, own);
    }
}

fn is_one(building: &Building<'_>, table: &GroupTable<'_>) -> bool {
    building.problem.groups().get(table.number.0 as usize).is_some_and(|group| group.count == Count::One)
}

/// The mode of a group's line binds those of its options that have it; that no present option has it is a conflict.
fn group_mode(building: &mut Building<'_>, line: &GroupLine, mode: &At<Mode>, own: &OwnPins) {
    let id = &line.group.value;
    let Some(members) = building.group(id).map(|table| table.members.clone()) else { return };
    let (with, without): (Vec<ItemId>, Vec<ItemId>) =
        members.iter().copied().partition(|item| building.has_mode(*item, mode.value));
    let statement = building.say(Some(mode.place), Claim::GroupMode(id.clone(), mode.value));
    for item in &with {
        if !building.components.get(item.0 as usize).is_some_and(|c| own.mode.contains(&c.id)) {
            let set = building.such(*item, |choice| choice.suits_mode(mode.value));
            building.allowed[item.0 as usize].retain(|candidate| set.contains(*candidate));
            building.problem.rule(statement, When::Always, Then::AbsentOr(*item, set));
        }
    }
    let some = building.some_with_mode(&members, mode.value);
    for item in without {
        let here = building.such(item, |choice| !choice.is_external() && !is_unknown(choice));
        building.problem.rule(statement, When::Item(item, here), Then::AnyOf(some.clone()));
    }
}

/// The profile of a group's line binds those of its options that have it.
fn group_profile(building: &mut Building<'_>, line: &GroupLine, profile: &At<Name>, own: &OwnPins) {
    let id = &line.group.value;
    let Some(members) = building.group(id).map(|table| table.members.clone()) else { return };
    let statement = building.say(Some(profile.place), Claim::GroupProfile(id.clone(), profile.value.clone()));
    for item in members {
        let own = building.components.get(item.0 as usize).is_some_and(|c| own.profile.contains(&c.id));
        if !own && building.has_profile(item, &profile.value) {
            let set = building.with_profile(item, &profile.value);
            building.allowed[item.0 as usize].retain(|candidate| set.contains(*candidate));
            building.problem.rule(statement, When::Always, Then::AbsentOr(item, set));
        }
    }
}

fn require_mode(building: &mut Building<'_>) {
    let mode = building.inputs.preferred_mode();
    let statement = building.say(None, Claim::RequiresMode(mode));
    for number in 0..building.components.len() {
        let item = ItemId(number as u32);
        let set = building.such(item, |choice| choice.suits_mode(mode));
        building.allowed[number].retain(|candidate| set.contains(*candidate));
        building.problem.rule(statement, When::Always, Then::AbsentOr(item, set));
    }
}

impl Building<'_> {
    /// The candidates with that profile.
    pub(super) fn with_profile(&self, item: ItemId, profile: &Name) -> CandidateSet {
        let Some(component) = self.components.get(item.0 as usize) else { return CandidateSet::default() };
        let entry = self.inputs.component(&component.id);
        self.such(item, |choice| {
            entry.is_none_or(|entry| candidates::profile_name(entry, choice) == Some(profile))
        })
    }

    /// The names of a container's profiles; none of a package, and of what has no entry.
    pub(super) fn profiles(&self, item: ItemId) -> Option<Vec<Name>> {
        let component = self.components.get(item.0 as usize)?;
        match self.inputs.component(&component.id)? {
            Entry::Container(container) => {
                Some(container.profiles.iter().map(|profile| profile.name.value.clone()).collect())
            }
            _ => None,
        }
    }

    /// Whether a component has a source for that mode, in any release that can be taken.
    pub(super) fn has_mode(&self, item: ItemId, mode: Mode) -> bool {
        self.choices(item).iter().any(|choice| choice.mode == Some(mode) && choice.flaw.is_none())
    }

    /// Whether a component has that profile.
    pub(super) fn has_profile(&self, item: ItemId, profile: &Name) -> bool {
        let entry = self.components.get(item.0 as usize).and_then(|c| self.inputs.component(&c.id));
        entry.is_some_and(|entry| {
            self.choices(item).iter().any(|choice| candidates::profile_name(entry, choice) == Some(profile))
        })
    }

    /// "One of the present options has that mode", as alternatives; an external, which has no mode, is none to miss it.
    pub(super) fn some_with_mode(&self, members: &[ItemId], mode: Mode) -> Vec<(ItemId, CandidateSet)> {
        let mut some = Vec::new();
        for item in members {
            let has = self.has_mode(*item, mode);
            let set = self.such(*item, |choice| has || choice.is_external() || is_unknown(choice));
            if !set.is_empty() {
                some.push((*item, set));
            }
        }
        some
    }

    /// What a component has for a demand on its version.
    pub(super) fn offered(&self, item: ItemId, version: &VersionDemand) -> Offered {
        if !self.with_version(item, Some(version)).is_empty() || self.has_misfit(item, version) {
            return Offered::Enough;
        }
        let Some(component) = self.components.get(item.0 as usize) else { return Offered::Enough };
        let Some(entry) = self.inputs.component(&component.id) else { return Offered::Enough };
        let mut seen = BTreeSet::new();
        let fresh = component.choices.iter().filter(|choice| seen.insert(choice.release));
        let mut versions: Vec<Version> =
            fresh.filter_map(|choice| candidates::version(entry, choice).cloned()).collect();
        // as people look for one: the newest first, whatever is locked
        versions.sort_by(Version::preference);
        if versions.is_empty() { Offered::Unversioned } else { Offered::Only(versions) }
    }
}
