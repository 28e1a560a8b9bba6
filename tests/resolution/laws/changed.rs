//! What is said of a change of a registry, against trying everything: where nothing is said to break, nobody has lost a
//! stack.

use std::path::Path;

use hsm::compare::{Change, State, compare};
use hsm::load;
use hsm::lock;
use hsm_oracle::change::change;
use hsm_oracle::judge::Judge;
use hsm_oracle::model::Project;
use hsm_oracle::{Dice, grow, write};

use super::case::{self, Case};
use crate::memory::{Memory, ROOT};

const CHANGES: u64 = 1_500;

/// Trying everything takes too long beyond this.
const LARGEST: u64 = 1_000;

fn state(files: &std::collections::BTreeMap<String, String>) -> State {
    let world = Memory::new(files.clone());
    let mut shelf = load::shelf_of(Path::new(ROOT), Path::new("hsm-registry"), &world)
        .unwrap_or_else(|_| panic!("the registry opens"));
    State::read(&mut shelf.registries, &mut shelf.sources)
}

fn files(project: &Project) -> std::collections::BTreeMap<String, String> {
    write::write(project).text().files
}

/// Whether somebody who wants this has a stack; `None`: too large to try.
fn has_stack(project: &Project) -> Option<bool> {
    let judge = Judge::new(project, None);
    (judge.size() <= LARGEST).then(|| judge.is_solvable())
}

#[test]
fn what_is_not_said_to_break_takes_no_stack_away() {
    let only: Option<u64> = std::env::var("HSM_SEED").ok().and_then(|seed| seed.parse().ok());
    let (mut seed, mut checked, mut lost, mut warned, mut harmless) = (0, 0_u64, 0_u32, 0_u32, 0_u32);
    while checked < CHANGES * case::times() {
        let this = only.unwrap_or(seed);
        seed += 1;
        let old = grow::project(this);
        let mut new = old.clone();
        change(&mut Dice::new(this ^ 0x5EED), &mut new, &grow::project(this + 1_000_003));
        let (was, is) = (files(&old), files(&new));
        let (before, after) = (state(&was), state(&is));
        // an entry that the change made unreadable is said to be so, and the second opinion knows nothing of that
        let readable = after.broken().count() == before.broken().count();
        if was == is || !readable {
            continue;
        }
        let (Some(had), Some(has)) = (has_stack(&old), has_stack(&new)) else { continue };
        let changes = compare(&before, &after);
        let breaks = changes.iter().any(|change| change.breaks.is_some());
        checked += 1;
        lost += u32::from(had && !has);
        warned += u32::from(breaks);
        harmless += u32::from(!breaks);
        let wrong = if had && !has && !breaks {
            Some("a stack is lost, and nothing is said to break")
        } else if changes.is_empty() && had != has {
            Some("nothing is said of what decides")
        } else if !changes.is_empty() && meaning(&was) == meaning(&is) {
            Some("the same is meant, and something is said")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let changes: Vec<String> = changes.iter().map(said).collect();
            let case = Case { seed: this, project: old };
            panic!("{}\n{changes:#?}\n{}", case.say(wrong), shown(&was, &is));
        }
        if only.is_some() {
            return;
        }
    }
    println!("{checked} changes of {seed}: {warned} said to break, {lost} lost a stack, {harmless} harmless");
    assert!(lost > 12 && harmless > 300, "{lost} {harmless}");
}

fn said(change: &Change) -> String {
    format!("{}: {change} ({:?})", change.target, change.breaks)
}

/// What each entry means, without the order of what has none.
fn meaning(files: &std::collections::BTreeMap<String, String>) -> Vec<(String, String)> {
    let entries = files.iter().filter(|(path, _)| path.starts_with("hsm-registry/"));
    let of = |text: &str| {
        let node = hsm::yaml::read(hsm::place::FileId(0), text, hsm::yaml::Limits::GROUP).unwrap();
        lock::meaning([&node])
    };
    entries.map(|(path, text)| (path.clone(), of(text))).collect()
}

/// The files that differ, both ways.
pub(super) fn shown(
    was: &std::collections::BTreeMap<String, String>,
    is: &std::collections::BTreeMap<String, String>,
) -> String {
    let differ = was.iter().filter(|(path, text)| is.get(*path) != Some(text));
    let all: Vec<String> =
        differ.map(|(path, text)| format!("--- {path}\n{text}\n+++\n{}", is[path])).collect();
    all.join("\n")
}
