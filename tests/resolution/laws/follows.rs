//! What follows from a change of a registry for everything else in it, against trying everything in both states.

use std::collections::BTreeSet;
use std::path::Path;

use hsm::compare::{State, compare};
use hsm::diagnostic::{Finding, Lost};
use hsm::load::{self, Shelf};
use hsm::validate::{lost, possible};
use hsm_oracle::change::change;
use hsm_oracle::grow::{self, item};
use hsm_oracle::model::{Conflict, Line, Name, Project, Target};
use hsm_oracle::versions::Spec;
use hsm_oracle::{Dice, write};

use super::case::{self, Case};
use super::registry::{expected, is_solvable, line, option, registry_of, words};
use crate::memory::{Memory, ROOT};

const CHANGES: u64 = 500;

/// What can be had, each thing in the words that would say that it can't.
fn can(registry: &Project) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for group in &registry.groups {
        let shown = format!("{}_group:{}", group.id.kind.text(), group.id.name);
        let with = |selection: Option<&[Name]>, exclude: Vec<Name>| {
            let there = |name: &Name| registry.component(option(group, name)).is_some();
            if !selection.unwrap_or_default().iter().all(there) {
                return Some(false);
            }
            let items = |names: &[Name]| names.iter().map(|name| item(option(group, name))).collect();
            let selection = selection.map(items);
            is_solvable(registry, |project| project.lines.push(Line { selection, exclude, ..line(group) }))
        };
        let mut note = |is: bool, what: String| all.extend(is.then_some(what));
        note(with(None, Vec::new())?, format!("dead {shown}"));
        for (place, choice) in group.options.iter().enumerate() {
            let name = choice.name;
            note(with(Some(&[name]), Vec::new())?, format!("dead {name} of {shown}"));
            if group.many {
                note(with(None, vec![name])?, format!("always {name} of {shown}"));
            }
            for other in group.options.iter().skip(place + 1).filter(|_| group.many) {
                let both = with(Some(&[name, other.name]), Vec::new())?;
                // in either order
                note(both, format!("apart {name} and {} of {shown}", other.name));
                note(both, format!("apart {} and {name} of {shown}", other.name));
            }
        }
    }
    for component in &registry.components {
        let is = is_solvable(registry, |project| project.items.push(item(component.id)))?;
        all.extend(is.then(|| format!("dead {}", component.id)));
    }
    Some(all)
}

/// What trying everything finds lost.
fn tried(old: &Project, new: &Project) -> Option<BTreeSet<String>> {
    let was = can(old)?;
    let mut found = expected(new)?;
    let options = old.groups.iter().flat_map(|group| {
        let shown = format!("{}_group:{}", group.id.kind.text(), group.id.name);
        group.options.iter().map(move |choice| format!("dead {} of {shown}", choice.name))
    });
    let options: BTreeSet<String> = options.collect();
    let new_option = |found: &str| {
        let (name, group) = found.strip_prefix("dead ")?.split_once(" of ")?;
        let (kind, _) = group.split_once("_group:")?;
        (!options.contains(found)).then(|| format!("dead {kind}:{name}"))
    };
    let mut dead = BTreeSet::new();
    for component in &new.components {
        let is = is_solvable(new, |project| project.items.push(item(component.id)))?;
        dead.extend((!is).then(|| format!("dead {}", component.id)));
    }
    found.retain(|found| {
        was.contains(found)
            || new_option(found).is_some_and(|whole| dead.contains(&whole) && was.contains(&whole))
    });
    Some(found)
}

fn shelf(world: &Memory) -> Shelf<'_> {
    load::shelf(Path::new(ROOT), true, world, &[]).unwrap_or_else(|_| panic!("the registry opens"))
}

fn told(old: &Memory, new: &Memory) -> BTreeSet<String> {
    let (was, _) = possible(Path::new(ROOT), shelf(old), &|| false).unwrap();
    let (found, _) = lost(Path::new(ROOT), &was, shelf(new), &|| false).unwrap();
    let words = found.iter().filter_map(|found| match &found.finding {
        Finding::Lost(Lost(proven)) => words(proven),
        other => panic!("{other}"),
    });
    words.collect()
}

/// Whether a change is said to break; without one, nobody asks what follows.
fn is_said_to_break(old: &Memory, new: &Memory) -> Option<bool> {
    let [before, after] = [old, new].map(|world| {
        let mut shelf = shelf(world);
        State::read(&mut shelf.registries, &mut shelf.sources)
    });
    // an entry that the change made unreadable is said to be so, and the second opinion knows nothing of that
    let readable = after.broken().count() == before.broken().count();
    readable.then(|| compare(&before, &after).iter().any(|change| change.breaks.is_some()))
}

/// Two options of one group come to be in each other's way.
fn part(project: &mut Project) {
    let pair = project.groups.iter().filter(|group| group.many).find_map(|group| match &group.options[..] {
        [.., one, other] => Some((option(group, one.name), option(group, other.name))),
        _ => None,
    });
    if let Some((one, other)) = pair
        && let Some(component) = project.components.iter_mut().find(|component| component.id == one)
    {
        component.rules.conflicts.retain(|own| own.target != Target::Component(other));
        component.rules.conflicts.push(Conflict { target: Target::Component(other), version: Spec::ANY });
    }
}

#[test]
fn what_follows_from_a_change_is_what_trying_everything_finds() {
    let only: Option<u64> = std::env::var("HSM_SEED").ok().and_then(|seed| seed.parse().ok());
    let (mut seed, mut checked, mut with, mut things) = (0, 0_u64, 0_u32, [0_u32; 4]);
    let kinds = ["dead ", "always ", "apart ", " of "];
    while checked < CHANGES * case::times() {
        let this = only.unwrap_or(seed);
        seed += 1;
        let old = registry_of(&grow::project(this));
        let mut new = old.clone();
        let mut dice = Dice::new(this ^ 0xF0110);
        for round in 0..2 {
            change(&mut dice, &mut new, &grow::project(this + 2_000_003 + round));
        }
        if this.is_multiple_of(4) {
            part(&mut new);
        }
        let [was, is] = [&old, &new].map(|project| Memory::new(write::write(project).text().files));
        let Some(breaks) = is_said_to_break(&was, &is) else { continue };
        let Some(expected) = tried(&old, &new) else { continue };
        checked += 1;
        let told = told(&was, &is);
        with += u32::from(!expected.is_empty());
        for (kind, count) in kinds.iter().zip(&mut things) {
            *count += expected.iter().filter(|found| found.contains(kind)).count() as u32;
        }
        if told != expected || (!breaks && !told.is_empty()) {
            let case = Case { seed: this, project: new };
            let differ = super::changed::shown(
                &write::write(&old).text().files,
                &write::write(&case.project).text().files,
            );
            panic!(
                "{}\n{differ}",
                case.say(&format!("told {told:#?} (breaks: {breaks})\nbut it is {expected:#?}"))
            );
        }
        if only.is_some() {
            return;
        }
    }
    println!("{checked} changes of {seed}: from {with} something follows, {kinds:?} {things:?}");
    assert!(with > 30 && things[0] > 20 && things[2] > 3 && things[3] > 20, "{with} {kinds:?} {things:?}");
}
