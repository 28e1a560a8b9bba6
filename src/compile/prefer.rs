//! Preferences: which solution is the best.
//!
//! Owns: their order: externals that nobody asked for; options, group by group; modes; profiles; releases; each level
//! in the order of the ids. Refuses: demands. A violation is only held against what is present.

use std::collections::{BTreeMap, BTreeSet};

use hsm_solver::{CandidateSet, ItemId, Member, Preference};

use super::candidates::{self, Choice};
use super::{Asked, Building, External, demands};
use crate::manifest::Strategy;
use crate::names::{ComponentId, Name};

/// `named`: the external profiles that entries ask for.
pub(super) fn all(building: &mut Building<'_>, named: &Asked) {
    externals(building, named);
    for number in 0..building.groups.len() {
        options(building, number);
    }
    modes(building);
    rank(building, |choice| choice.profile_rank);
    rank(building, |choice| choice.release_rank);
}

/// Adds a rank for every component whose candidates it tells apart.
fn rank(building: &mut Building<'_>, rank: impl Fn(&Choice) -> u32) {
    for number in 0..building.components.len() {
        let item = ItemId(number as u32);
        let ranks: Vec<u32> = building.choices(item).iter().map(&rank).collect();
        add(building, item, ranks);
    }
}

/// Ranks count from the best that the pins leave, so that being present is no violation by itself.
fn add(building: &mut Building<'_>, item: ItemId, ranks: Vec<u32>) {
    let allowed = &building.allowed[item.0 as usize];
    let choices = building.choices(item).iter().zip(0..).zip(&ranks);
    let open =
        choices.filter(|((choice, candidate), _)| choice.flaw.is_none() && allowed.contains(candidate));
    let best = open.map(|(_, rank)| *rank).min().unwrap_or(0);
    let ranks: Vec<u32> = ranks.into_iter().map(|rank| rank.saturating_sub(best)).collect();
    if ranks.iter().any(|rank| *rank > 0) {
        building.problem.prefer(Preference::Rank(item, ranks));
    }
}

/// An external that nobody asked for counts even where nothing else is left: doing without the component is better.
/// Where an entry asks for it, who is present decides; a helper stands for that.
fn externals(building: &mut Building<'_>, named: &Asked) {
    let inputs = building.inputs;
    let pinned = demands::pinned_externals(inputs);
    for number in 0..building.components.len() {
        let item = ItemId(number as u32);
        let mut profiles: BTreeMap<Name, Vec<u32>> = BTreeMap::new();
        let mut others: Vec<u32> = Vec::new();
        let component = &building.components[number];
        let entry = inputs.component(&component.id);
        for (choice, candidate) in component.choices.iter().zip(0..).filter(|(c, _)| c.is_external()) {
            match entry.and_then(|entry| candidates::profile_name(entry, choice)) {
                Some(name) if is_in(&pinned, &component.id, name) => {}
                Some(name) if is_in(named, &component.id, name) => {
                    profiles.entry(name.clone()).or_default().push(candidate);
                }
                _ => others.push(candidate),
            }
        }
        if profiles.is_empty() {
            let ranks = (0..component.choices.len() as u32).map(|c| u32::from(others.contains(&c))).collect();
            if !others.is_empty() {
                building.problem.prefer(Preference::Rank(item, ranks));
            }
            continue;
        }
        let profiles: Vec<(Name, CandidateSet)> =
            profiles.into_iter().map(|(name, all)| (name, all.into_iter().collect())).collect();
        let asked = building.problem.item(profiles.len() as u32 + 1);
        let ranks = profiles.iter().map(|_| 0).chain([1]).collect();
        building.problem.prefer(Preference::Rank(asked, ranks));
        building.externals.push(External { item, asked, profiles, others: others.into_iter().collect() });
    }
}

fn is_in(asked: &Asked, id: &ComponentId, name: &Name) -> bool {
    asked.contains(&(id.clone(), name.clone()))
}

/// The preferred mode, where the pins leave a source for it; an external has no mode to violate it with.
fn modes(building: &mut Building<'_>) {
    let preferred = building.inputs.preferred_mode();
    for number in 0..building.components.len() {
        let item = ItemId(number as u32);
        let available = !lacks_preferred(building, number);
        let of = |choice: &Choice| u32::from(available && choice.mode.is_some_and(|mode| mode != preferred));
        let ranks: Vec<u32> = building.choices(item).iter().map(of).collect();
        add(building, item, ranks);
    }
}

/// 1-of-N: the locked option, then the default, then by place. M-of-N: the defaults (unless the manifest selects), then,
/// where more are needed, the locked ones, then by place.
fn options(building: &mut Building<'_>, number: usize) {
    let table = &building.groups[number];
    let Some(entry) = table.entry else { return };
    let lines = building.inputs.manifest.dependencies.groups.iter();
    let selected = lines
        .chain(&building.inputs.manifest.services.groups)
        .any(|line| line.group.value == table.id && line.selection.is_some());
    let members = |names: &mut dyn Iterator<Item = &Name>| -> Vec<Member> {
        names.filter_map(|name| table.member(name)).collect()
    };
    let default = members(&mut entry.default.iter().map(|name| &name.value));
    let locked = building.inputs.lock.as_ref().and_then(|lock| lock.groups.get(&table.id));
    let locked = members(&mut locked.into_iter().flatten());
    let places = 0..table.members.len() as Member;
    let many = entry.strategy.value == Strategy::Many;
    let wanted: Vec<Member> = if many && !selected {
        // what cannot be there is not wanted: to take part would cost something by itself
        let open = |member: &Member| {
            let item = table.members.get(*member as usize);
            item.is_some_and(|item| open(building, item.0 as usize).next().is_some())
        };
        default.iter().copied().filter(open).collect()
    } else {
        Vec::new()
    };
    let mut named = BTreeSet::new();
    let order = wanted.iter().chain(&locked).chain(&default).copied().chain(places);
    let order: Vec<Member> = order.filter(|member| named.insert(*member)).collect();
    let group = table.number;
    if !wanted.is_empty() {
        building.problem.prefer(Preference::Wanted(group, wanted));
    }
    if many || order.len() > 1 {
        building.problem.prefer(Preference::Fill(group, order));
    }
}

/// Whether the pins leave a component no source for the preferred mode.
pub(super) fn lacks_preferred(building: &Building<'_>, number: usize) -> bool {
    let preferred = building.inputs.preferred_mode();
    !open(building, number).any(|choice| choice.mode == Some(preferred))
}

/// The candidates of a component that are sound and that the pins allow.
fn open<'b>(building: &'b Building<'_>, number: usize) -> impl Iterator<Item = &'b Choice> {
    let choices = building.components.get(number).map_or(&[][..], |component| &component.choices);
    let allowed = building.allowed.get(number);
    let is_open = move |(choice, candidate): &(&Choice, u32)| {
        choice.flaw.is_none() && allowed.is_some_and(|set| set.contains(candidate))
    };
    choices.iter().zip(0..).filter(is_open).map(|(choice, _)| choice)
}
