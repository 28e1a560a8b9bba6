//! Facts: what holds by itself.
//!
//! Owns: how many options a group takes; candidates that can never be taken, with the reason; packages that are one
//! distribution. Refuses: demands.

use std::collections::{BTreeMap, BTreeSet};

use hsm_solver::{Count, ItemId, Then, When};

use super::candidates::{self, Choice, Flaw};
use super::{Building, Parts};
use crate::load::{AbsenceReason, Inputs};
use crate::manifest::{Mode, Strategy};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::Place;
use crate::registry::{Entry, Group};
use crate::statement::Claim;

/// How many options a group takes, and the sentence that says so.
pub(super) fn count(inputs: &Inputs, id: &GroupId, entry: Option<&Group>) -> (Option<Place>, Claim, Count) {
    let Some(group) = entry else {
        let (place, claim) = absence(inputs, &TargetId::Group(id.clone()));
        return (place, claim, Count::Between { min: 0, max: 0 });
    };
    let place = Some(group.strategy.place);
    match group.strategy.value {
        Strategy::One => (place, Claim::TakesOne(id.clone()), Count::One),
        Strategy::Many => {
            let (min, max) = bounds(group);
            let place = group.min.as_ref().or(group.max.as_ref()).map_or(place, |bound| Some(bound.place));
            (place, Claim::TakesBetween { group: id.clone(), min, max }, Count::Between { min, max })
        }
    }
}

/// `min` (1) and `max` (all) of an M-of-N group.
pub(super) fn bounds(group: &Group) -> (u32, u32) {
    let min = group.min.as_ref().map_or(1, |min| min.value);
    let max = group.max.as_ref().map_or(group.options.len() as u32, |max| max.value);
    (min, max)
}

pub(super) fn all(building: &mut Building<'_>) {
    for number in 0..building.components.len() {
        flaws(building, ItemId(number as u32));
    }
    for number in 0..building.groups.len() {
        let table = &building.groups[number];
        if table.entry.is_none() {
            let (group, (place, claim)) =
                (table.number, absence(building.inputs, &TargetId::Group(table.id.clone())));
            let statement = building.say(place, claim);
            building.problem.rule(statement, When::TakesPart(group), Then::Never);
        }
    }
    distributions(building);
}

fn absence(inputs: &Inputs, target: &TargetId) -> (Option<Place>, Claim) {
    match inputs.absent.get(target) {
        Some(absence) if absence.reason == AbsenceReason::Broken => {
            (Some(absence.place), Claim::Broken(target.clone()))
        }
        absence => (absence.map(|a| a.place), Claim::NotFound(target.clone())),
    }
}

/// Keeps the flawed candidates of a component out, each with its reason.
fn flaws(building: &mut Building<'_>, item: ItemId) {
    let id = building.components[item.0 as usize].id.clone();
    let mut reasons: BTreeMap<Reason, BTreeSet<u32>> = BTreeMap::new();
    let mut everywhere: BTreeSet<Mode> = [Mode::Prod, Mode::Dev].into();
    for choice in building.choices(item) {
        if let Some(mode) = choice.mode.filter(|_| choice.flaw != Some(Flaw::NoSource)) {
            everywhere.remove(&mode);
        }
    }
    for (choice, candidate) in building.choices(item).iter().zip(0..) {
        let reason = match choice.flaw {
            None => continue,
            Some(Flaw::NoEntry) => Reason::NoEntry,
            Some(Flaw::Yanked) => Reason::Yanked(choice.release),
            Some(Flaw::NoSource) if everywhere.len() == 2 => Reason::NoSource(None, None),
            Some(Flaw::NoSource) => match choice.mode {
                Some(mode) if everywhere.contains(&mode) => Reason::NoSource(None, Some(mode)),
                mode => Reason::NoSource(Some(choice.release), mode),
            },
        };
        reasons.entry(reason).or_default().insert(candidate);
    }
    for (reason, candidates) in reasons {
        let (place, claim) = reason.say(building.inputs, &id);
        let statement = building.say(place, claim);
        let rest = building.all_but(item, |candidate| candidates.contains(&candidate));
        building.problem.rule(statement, When::Always, Then::AbsentOr(item, rest));
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    NoEntry,
    /// Index of the release.
    Yanked(usize),
    NoSource(Option<usize>, Option<Mode>),
}

impl Reason {
    fn say(&self, inputs: &Inputs, id: &ComponentId) -> (Option<Place>, Claim) {
        let target = TargetId::Component(id.clone());
        let Some(entry) = inputs.entries.get(&target) else { return absence(inputs, &target) };
        let parts = |release: usize| {
            let choice = Choice { release, ..candidates::no_entry(Mode::Prod) };
            Parts::of(entry, &choice)
        };
        match self {
            Self::NoEntry => absence(inputs, &target),
            Self::Yanked(release) => {
                let facts = parts(*release);
                let why = facts.and_then(Parts::yanked);
                let version = facts.and_then(Parts::version);
                match (why, version) {
                    (Some(why), Some(version)) => {
                        (Some(why.place), Claim::Yanked(id.clone(), version.clone(), why.value.clone()))
                    }
                    _ => (Some(entry.common().name.place), Claim::Broken(target)),
                }
            }
            Self::NoSource(release, mode) => {
                let facts = release.and_then(parts);
                let place = facts.map_or(entry.common().name.place, Parts::place);
                let release = facts.and_then(Parts::version).cloned();
                (Some(place), Claim::NoSource { component: id.clone(), release, mode: *mode })
            }
        }
    }
}

/// Two packages of one distribution exclude each other.
fn distributions(building: &mut Building<'_>) {
    let inputs = building.inputs;
    let mut by_name: BTreeMap<Name, BTreeMap<ItemId, (Place, Vec<u32>)>> = BTreeMap::new();
    for (component, number) in building.components.iter().zip(0..) {
        let Some(entry) = inputs.component(&component.id) else { continue };
        for (choice, candidate) in component.choices.iter().zip(0..) {
            if let Some((name, place)) = distribution(entry, choice) {
                let holders = by_name.entry(name).or_default();
                holders.entry(ItemId(number)).or_insert((place, Vec::new())).1.push(candidate);
            }
        }
    }
    for (name, holders) in by_name {
        let holders: Vec<(ItemId, (Place, Vec<u32>))> = holders.into_iter().collect();
        for (i, (a, (place_a, candidates_a))) in holders.iter().enumerate() {
            for (b, (place_b, candidates_b)) in &holders[i + 1..] {
                let (id_a, id_b) =
                    (&building.components[a.0 as usize].id, &building.components[b.0 as usize].id);
                // The one whose name it is not says so.
                let place = if *id_a.name() == name { *place_b } else { *place_a };
                let claim = Claim::SameDistribution(id_a.clone(), id_b.clone(), name.to_string());
                let statement = building.say(Some(place), claim);
                let rest = building.all_but(*b, |candidate| candidates_b.contains(&candidate));
                let when = When::Item(*a, candidates_a.iter().copied().collect());
                building.problem.rule(statement, when, Then::AbsentOr(*b, rest));
            }
        }
    }
}

/// The distribution that a candidate of a package installs, and the place that names it.
pub fn distribution(entry: &Entry, choice: &Choice) -> Option<(Name, Place)> {
    let Some(Parts::Package(package, _, source)) = Parts::of(entry, choice) else { return None };
    let named = source.and_then(|source| source.origin.name());
    let own = &package.common.name;
    match named.map(|name| (Name::parse(&name.value), name.place)) {
        Some((Ok(name), place)) => Some((name.pep503(), place)),
        _ => Some((own.value.pep503(), own.place)),
    }
}
