//! What is proved about a registry, against trying every project that wants one thing of it.

use std::collections::BTreeSet;
use std::path::Path;

use hsm::diagnostic::{Finding, Proven};
use hsm::load;
use hsm::manifest::Mode as ReadMode;
use hsm::validate::{Wanted, validate};
use hsm_oracle::grow::{self, item};
use hsm_oracle::judge::Judge;
use hsm_oracle::model::{Group, Id, Line, Mode, Name, Project};
use hsm_oracle::write;

use super::case::{self, Case};
use crate::memory::{Memory, ROOT};

const REGISTRIES: u64 = 700;

/// Trying everything takes too long beyond this.
const LARGEST: u64 = 3_000;

/// The same registry, and nobody who wants anything of it.
pub(super) fn registry_of(project: &Project) -> Project {
    Project {
        components: project.components.clone(),
        broken: project.broken.clone(),
        groups: project.groups.clone(),
        ..Project::default()
    }
}

pub(super) fn line(group: &Group) -> Line {
    Line { group: group.id, selection: None, exclude: Vec::new(), mode: None, profile: None }
}

pub(super) fn option(group: &Group, name: Name) -> Id {
    Id { kind: group.id.kind, name }
}

/// Whether a project that says so much has a stack; `None`: too large to try.
pub(super) fn is_solvable(registry: &Project, want: impl FnOnce(&mut Project)) -> Option<bool> {
    let mut project = registry.clone();
    want(&mut project);
    let judge = Judge::new(&project, None);
    (judge.size() <= LARGEST).then(|| judge.is_solvable())
}

/// What trying everything says of a registry, in the words of the findings.
pub(super) fn expected(registry: &Project) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut said_by_a_group: BTreeSet<Id> = BTreeSet::new();
    for group in &registry.groups {
        let shown = format!("{}_group:{}", group.id.kind.text(), group.id.name);
        if !is_solvable(registry, |project| project.lines.push(line(group)))? {
            found.insert(format!("dead {shown}"));
            continue;
        }
        let select = |names: &[Name]| {
            let items = names.iter().map(|name| item(option(group, name))).collect();
            is_solvable(registry, |project| {
                project.lines.push(Line { selection: Some(items), ..line(group) });
            })
        };
        let mut alive = Vec::new();
        for choice in &group.options {
            said_by_a_group.insert(option(group, choice.name));
            // An option without an entry can't be written into a manifest at all.
            if registry.component(option(group, choice.name)).is_none() || !select(&[choice.name])? {
                found.insert(format!("dead {} of {shown}", choice.name));
                continue;
            }
            alive.push(choice.name);
            let without = Line { exclude: vec![choice.name], ..line(group) };
            if group.many
                && group.min.unwrap_or(1) < group.options.len()
                && !is_solvable(registry, |project| project.lines.push(without))?
            {
                found.insert(format!("always {} of {shown}", choice.name));
            }
        }
        if group.many && group.max.is_none_or(|max| max > 1) {
            for (place, one) in alive.iter().enumerate() {
                for other in &alive[place + 1..] {
                    if !select(&[one, other])? {
                        found.insert(format!("apart {one} and {other} of {shown}"));
                    }
                }
            }
        }
        found.extend(reach(registry, group, &shown));
    }
    for component in &registry.components {
        if said_by_a_group.contains(&component.id) || registry.component(component.id).is_none() {
            continue;
        }
        if !is_solvable(registry, |project| project.items.push(item(component.id)))? {
            found.insert(format!("dead {}", component.id));
        }
    }
    Some(found)
}

/// The bounds that no stack meets.
fn reach(registry: &Project, group: &Group, shown: &str) -> Vec<String> {
    let mut project = registry.clone();
    project.lines.push(line(group));
    let judge = Judge::new(&project, None);
    let (mut least, mut most) = (usize::MAX, 0);
    judge.every(|one| {
        if judge.broken(one).is_none()
            && let Some((_, options)) = judge.taking_part(one).into_iter().find(|(id, _)| *id == group.id)
        {
            (least, most) = (least.min(options.len()), most.max(options.len()));
        }
        true
    });
    let mut found = Vec::new();
    if group.many && group.min.is_some_and(|min| least > min) {
        found.push(format!("least {least} of {shown}"));
    }
    if group.many && group.max.is_some_and(|max| most < max) {
        found.push(format!("most {most} of {shown}"));
    }
    found
}

/// What hsm proves, in the same words.
fn proved(registry: &Project) -> BTreeSet<String> {
    let world = Memory::new(write::write(registry).text().files);
    let shelf =
        load::shelf(Path::new(ROOT), true, &world, &[]).unwrap_or_else(|_| panic!("the registry opens"));
    let validation = validate(Path::new(ROOT), shelf, Wanted::default(), &|| false).unwrap();
    let words = validation.findings.iter().filter_map(|found| match &found.finding {
        Finding::Proven(proven) => words(proven),
        _ => None,
    });
    words.collect()
}

/// A finding in words; `None`: parts of components are tried elsewhere.
pub(super) fn words(proven: &Proven) -> Option<String> {
    Some(match proven {
        Proven::DeadGroup(group) => format!("dead {group}"),
        Proven::DeadOption(group, name) => format!("dead {name} of {group}"),
        Proven::AlwaysThere(group, name) => format!("always {name} of {group}"),
        Proven::NeverTogether((group, one), (_, other)) => {
            format!("apart {one} and {other} of {group}")
        }
        Proven::OutOfReach { group, is_max, reached, .. } => {
            let reached = reached.unwrap();
            format!("{} {reached} of {group}", if *is_max { "most" } else { "least" })
        }
        Proven::DeadComponent(id) => format!("dead {id}"),
        // rings have a law of their own
        Proven::DeadPart(..) | Proven::Ring { .. } => return None,
        other => panic!("{other}"),
    })
}

#[test]
fn what_is_proved_of_a_registry_is_what_trying_everything_finds() {
    let mut counts = [0_u32; 6];
    let words = ["dead ", "always ", "apart ", "least ", "most ", " of "];
    let (mut seed, mut checked) = (0, 0);
    let only = std::env::var("HSM_SEED").ok().and_then(|seed| seed.parse().ok());
    while checked < REGISTRIES * case::times() {
        let this = only.unwrap_or(seed);
        seed += 1;
        let registry = registry_of(&grow::project(this));
        if let Some(expected) = expected(&registry) {
            checked += 1;
            let proved = proved(&registry);
            for (word, count) in words.iter().zip(&mut counts) {
                *count += expected.iter().filter(|found| found.contains(word)).count() as u32;
            }
            if proved != expected {
                let case = Case { seed: this, project: registry };
                panic!("{}", case.say(&format!("proved {proved:#?}\nbut it is {expected:#?}")));
            }
        }
        if only.is_some() {
            return;
        }
    }
    println!("{checked} registries of {seed}: {words:?} {counts:?}");
    let enough = [20, 20, 20, 1, 20, 20];
    assert!(counts.iter().zip(enough).all(|(count, enough)| *count >= enough), "{words:?} {counts:?}");
}

/// Releases, modes and profiles: each that is reported can't be had by a pin, and each other one can.
#[test]
fn a_part_of_a_component_is_dead_if_no_pin_can_have_it() {
    let (mut dead, mut alive) = (0, 0);
    for seed in 0..400 * case::times() {
        let registry = registry_of(&grow::project(seed));
        let world = Memory::new(write::write(&registry).text().files);
        let shelf =
            load::shelf(Path::new(ROOT), true, &world, &[]).unwrap_or_else(|_| panic!("the registry opens"));
        let validation = validate(Path::new(ROOT), shelf, Wanted::default(), &|| false).unwrap();
        let parts: Vec<String> = validation
            .findings
            .iter()
            .filter_map(|found| match &found.finding {
                Finding::Proven(Proven::DeadPart(id, part)) => Some(format!("{id} {part}")),
                _ => None,
            })
            .collect();
        for component in &registry.components {
            if registry.component(component.id).is_none() {
                continue;
            }
            for (mode, read) in [(Mode::Prod, ReadMode::Prod), (Mode::Dev, ReadMode::Dev)] {
                let pinned = |mode| {
                    is_solvable(&registry, |project| {
                        let mut item = item(component.id);
                        item.mode = mode;
                        // An external has no mode to be in.
                        project.items.push(item);
                    })
                };
                let (Some(any), Some(this)) = (pinned(None), pinned(Some(mode))) else { continue };
                let said = parts.contains(&format!("{} in {read} mode", component.id));
                if said {
                    dead += 1;
                    assert!(any, "seed {seed}: {} is dead as a whole", component.id);
                    let has_external = component.profiles.iter().any(|profile| profile.external);
                    assert!(!this || has_external, "seed {seed}: {} can be in {read} mode", component.id);
                } else if this {
                    alive += 1;
                }
            }
        }
    }
    println!("{dead} dead sources, {alive} that can be had");
    assert!(dead > 10 && alive > 300, "{dead} {alive}");
}
