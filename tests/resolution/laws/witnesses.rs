//! The stacks that `registry validate` shows: each is one that a project has which asks for just that, and it shows what
//! it is said to show.

use std::path::Path;

use hsm::diagnostic::{ComponentPart, Diagnostic, Finding, Proven, Shows, Witness};
use hsm::load;
use hsm::validate::{Wanted, validate};
use hsm_oracle::grow::{self, item};
use hsm_oracle::judge::{Chosen, Judge, RING};
use hsm_oracle::model::{Id, Line, Name, Project};
use hsm_oracle::write;

use super::case::{self, Case};
use super::registry::registry_of;
use crate::memory::{Memory, ROOT};

fn group_id(id: &hsm::names::GroupId) -> Id {
    Id { kind: case::kind_of(id.kind), name: case::name_of(id.name.as_str()) }
}

fn names(names: &[hsm::names::Name]) -> Vec<Name> {
    names.iter().map(|name| case::name_of(name.as_str())).collect()
}

/// A stack in the words of the second opinion.
fn words(witness: &Witness) -> Vec<Chosen> {
    let components = witness.stack.components.iter();
    let words = components.map(|(id, held)| Chosen {
        id: case::id_of(id),
        version: held.release.as_ref().map(|version| case::version_of(version.as_str())),
        mode: held.mode.map(case::mode_of),
        profile: held.profile.as_ref().map(|name| case::name_of(name.as_str())),
    });
    words.collect()
}

fn options(witness: &Witness, group: &hsm::names::GroupId) -> Option<Vec<Name>> {
    witness.stack.groups.get(group).map(|options| names(options))
}

/// A project that asks for what a stack shows, and for nothing else.
fn project(registry: &Project, witness: &Witness) -> Project {
    let mut project = registry.clone();
    let line = |group: &hsm::names::GroupId, selected: Option<Vec<Name>>| {
        let id = group_id(group);
        let selection =
            selected.map(|names| names.into_iter().map(|name| item(Id { kind: id.kind, name })).collect());
        Line { group: id, selection, exclude: Vec::new(), mode: None, profile: None }
    };
    match &witness.shows {
        Shows::Nearest(group) => project.lines.push(line(group, options(witness, group))),
        Shows::Brought { group, selected } => {
            let selected = selected.as_ref().map(|name| names(std::slice::from_ref(name)));
            project.lines.push(line(group, selected));
        }
        Shows::With { one: (group, name), other: (other, _) } => {
            project.lines.push(line(group, Some(names(std::slice::from_ref(name)))));
            if other != group && witness.stack.groups.contains_key(other) {
                project.lines.push(line(other, None));
            }
        }
        // what is written here sets every param as a list
        Shows::Both(..) => panic!("{witness}"),
        Shows::CanBe(id, _) => project.items.push(item(case::id_of(id))),
        Shows::Avoids { members, .. } => {
            let all = members.iter().all(|id| witness.stack.components.contains_key(id));
            let asked = members.iter().take(if all { members.len() } else { 1 });
            project.items.extend(asked.map(|id| item(case::id_of(id))));
        }
    }
    project
}

/// That a stack shows what its finding says.
fn shows(found: &Diagnostic, witness: &Witness) -> bool {
    let Finding::Proven(proven) = &found.finding else { return false };
    let has = |group: &hsm::names::GroupId, option: &hsm::names::Name| {
        witness.stack.groups.get(group).is_some_and(|options| options.contains(option))
    };
    match (proven, &witness.shows) {
        (Proven::OutOfReach { group, reached: Some(reached), .. }, Shows::Nearest(shown)) => {
            shown == group
                && options(witness, group).is_some_and(|options| options.len() == *reached as usize)
        }
        (Proven::AlwaysThere(group, option), Shows::Brought { group: shown, selected }) => {
            shown == group
                && has(group, option)
                && selected.as_ref().is_none_or(|one| one != option && has(group, one))
        }
        (Proven::NeverTogether(a, b), Shows::With { one, other }) => {
            let (this, that) = if one == a { (a, b) } else { (b, a) };
            one == this && other == that && has(&this.0, &this.1) && !has(&that.0, &that.1)
        }
        (Proven::DeadPart(id, part), Shows::CanBe(shown, _)) => {
            let held = witness.stack.components.get(id);
            shown == id
                && held.is_some_and(|held| match part {
                    ComponentPart::Release(release) => held.release.as_ref() != Some(release),
                    ComponentPart::Mode(mode) => held.mode != Some(*mode),
                    ComponentPart::Profile(profile) => held.profile.as_ref() != Some(profile),
                })
        }
        // that it has no ring at all is what makes it a stack
        (Proven::Ring { members, .. }, Shows::Avoids { members: shown, .. }) => {
            shown == members && witness.stack.components.contains_key(&members[0])
        }
        _ => false,
    }
}

/// What is wrong with a stack.
fn wrong(registry: &Project, found: &Diagnostic, witness: &Witness) -> Option<String> {
    if !shows(found, witness) {
        return Some("it does not show that".to_owned());
    }
    let project = project(registry, witness);
    let judge = Judge::new(&project, None);
    let Some(one) = judge.find(&words(witness)) else { return Some("nobody can have it".to_owned()) };
    if let Some(broken) = judge.broken(&one) {
        return Some(broken.to_owned());
    }
    let unfounded = judge.unfounded(&one);
    if !unfounded.is_empty() {
        return Some(format!("nobody asks for {unfounded:?}"));
    }
    if judge.lacks_params(&one) {
        return Some("a param is missing".to_owned());
    }
    let mut groups: Vec<(Id, Vec<Name>)> =
        witness.stack.groups.iter().map(|(id, options)| (group_id(id), names(options))).collect();
    groups.sort();
    let mut taking_part = judge.taking_part(&one);
    taking_part.sort();
    (groups != taking_part).then(|| format!("it has {groups:?}, and not {taking_part:?}"))
}

fn validated(registry: &Project, pairs: bool) -> Vec<Diagnostic> {
    let world = Memory::new(write::write(registry).text().files);
    let shelf =
        load::shelf(Path::new(ROOT), true, &world, &[]).unwrap_or_else(|_| panic!("the registry opens"));
    validate(Path::new(ROOT), shelf, Wanted { pairs }, &|| false).unwrap().findings
}

#[test]
fn each_witness_is_a_stack_that_shows_what_it_says() {
    let mut counts = [0_u32; 5];
    let (mut without, mut with) = (0, 0);
    let only = std::env::var("HSM_SEED").ok().and_then(|seed| seed.parse().ok());
    for seed in 0..1_500 * case::times() {
        let seed = only.unwrap_or(seed);
        let registry = registry_of(&grow::project(seed));
        for found in &validated(&registry, true) {
            let Finding::Proven(proven) = &found.finding else { continue };
            let expected = match proven {
                Proven::OutOfReach { .. }
                | Proven::AlwaysThere(..)
                | Proven::DeadPart(..)
                | Proven::Ring { .. } => 1,
                Proven::NeverTogether(..) => 2,
                _ => 0,
            };
            with += found.witnesses.len();
            without += expected - found.witnesses.len();
            for witness in &found.witnesses {
                let kind = match witness.shows {
                    Shows::Nearest(_) => 0,
                    Shows::Brought { .. } => 1,
                    Shows::With { .. } => 2,
                    Shows::CanBe(..) => 3,
                    Shows::Avoids { .. } => 4,
                    Shows::Both(..) => continue,
                };
                counts[kind] += 1;
                if let Some(wrong) = wrong(&registry, found, witness) {
                    let case = Case { seed, project: registry };
                    panic!("{}", case.say(&format!("{proven}\nexample: {witness}\n{wrong}\n{witness:#?}")));
                }
            }
        }
        if only.is_some() {
            return;
        }
    }
    println!("{counts:?}, {with} with and {without} without");
    assert!(counts.iter().zip([60, 150, 700, 400, 3]).all(|(count, enough)| *count >= enough), "{counts:?}");
    // a stack in which a param is missing is none
    assert!(without * 10 < with, "{without} without and {with} with");
}

/// What is wrong with some try of a registry but for a ring: nothing.
fn some_choice_makes_a_ring(registry: &Project) -> Option<bool> {
    let mut found = false;
    for component in &registry.components {
        let mut project = registry.clone();
        project.items.push(item(component.id));
        let judge = Judge::new(&project, None);
        if judge.size() > 3_000 {
            return None;
        }
        judge.every(|one| {
            found |= judge.broken(one) == Some(RING);
            !found
        });
    }
    Some(found)
}

#[test]
fn a_ring_is_told_where_some_choice_makes_one_and_nowhere_else() {
    let (mut with, mut without, mut avoided) = (0, 0, 0);
    let only = std::env::var("HSM_SEED").ok().and_then(|seed| seed.parse().ok());
    for seed in 0..1_500 * case::times() {
        let seed = only.unwrap_or(seed);
        let registry = registry_of(&grow::project(seed));
        let Some(expected) = some_choice_makes_a_ring(&registry) else { continue };
        let validation = validated(&registry, false);
        let rings =
            validation.iter().filter(|found| matches!(found.finding, Finding::Proven(Proven::Ring { .. })));
        for (found, witness) in rings.flat_map(|found| found.witnesses.iter().map(move |one| (found, one))) {
            assert_eq!(wrong(&registry, found, witness), None, "seed {seed}: {witness}");
        }
        let is_avoided =
            validation.iter().any(|found| matches!(found.finding, Finding::Proven(Proven::Ring { .. })));
        let is_told = is_avoided
            || validation
                .iter()
                .flat_map(|found| &found.related)
                .any(|line| line.what.contains(" in a ring: "));
        if is_told != expected {
            let case = Case { seed, project: registry };
            panic!("{}", case.say(&format!("told: {is_told}, but it is {expected}")));
        }
        with += u32::from(expected);
        without += u32::from(!expected);
        avoided += u32::from(is_avoided);
        if only.is_some() {
            return;
        }
    }
    println!("{with} with a ring, {avoided} of them avoided, {without} without");
    assert!(with > 60 && avoided > 4 && without > 300, "{with} {avoided} {without}");
}
