//! Lines on one distribution, joined: rules where they can clash.
//!
//! Owns: the helper that stands for the distribution; its candidates are the regions into which the lines cut the line
//! of all versions. Refuses: knowing where a line comes from. Lines that have something in common whatever is chosen
//! make no rule.

use std::collections::{BTreeMap, BTreeSet};

use hsm_solver::{CandidateSet, ItemId, StatementId, Then, When};
use indexmap::IndexSet;

use super::{Building, Holds, Kind, Line, Says};
use crate::pyproject::List;
use crate::requirement::{Versions, regions};

/// Joins lines that stand in several lists: those of lists that are never taken together are not joined with each other.
pub(super) fn by_lists(building: &mut Building<'_>, lines: &[Line]) {
    let lists: BTreeSet<List> = lines.iter().map(|line| line.list.clone()).collect();
    let file = &building.inputs.python;
    let is_alone = |list: &List| lists.iter().any(|other| file.are_apart(list, other));
    let alone: BTreeSet<List> = lists.iter().filter(|list| is_alone(list)).cloned().collect();
    if alone.is_empty() {
        return all(building, lines);
    }
    for one in &alone {
        let taken = lines.iter().filter(|line| line.list == *one || !alone.contains(&line.list));
        all(building, &taken.cloned().collect::<Vec<Line>>());
    }
}

/// Joins lines that hold together.
pub(super) fn all(building: &mut Building<'_>, lines: &[Line]) {
    if never_clash(lines) {
        return;
    }
    let sets: IndexSet<&Versions> = lines.iter().map(|line| &line.versions).collect();
    let regions = regions(&sets.iter().copied().collect::<Vec<_>>());
    let helper = building.problem.item(regions.len() as u32);
    for line in lines {
        let Some(number) = sets.get_index_of(&line.versions) else { continue };
        let holds = |region: &Vec<usize>| region.binary_search(&number).is_ok();
        let within: CandidateSet =
            regions.iter().zip(0..).filter(|(region, _)| holds(region)).map(|(_, region)| region).collect();
        if within.len() < regions.len() {
            let bound = line.kind == Kind::Bound;
            let then = if bound { Then::AbsentOr(helper, within) } else { Then::Present(helper, within) };
            rule(building, line, then);
        }
    }
}

/// Adds what a line demands, with its sentence.
pub(super) fn rule(building: &mut Building<'_>, line: &Line, then: Then) {
    let Some(statement) = say(building, &line.says) else { return };
    let when = match &line.holds {
        Holds::If(when) => when.clone(),
        Holds::Both(when, item, set) => both(building, statement, when, *item, set),
    };
    building.problem.rule(statement, when, then);
}

/// A condition that holds where another one does and an item is in one of some candidates.
fn both(
    building: &mut Building<'_>,
    statement: StatementId,
    when: &When,
    item: ItemId,
    set: &CandidateSet,
) -> When {
    const ONE: u32 = 0;
    const BOTH: u32 = 1;
    let helper = building.problem.item(2);
    let some = [ONE, BOTH].into_iter().collect();
    building.problem.rule(statement, When::Item(item, set.clone()), Then::Present(helper, some));
    let both: CandidateSet = [BOTH].into_iter().collect();
    building.problem.rule(statement, when.clone(), Then::AbsentOr(helper, both.clone()));
    When::Item(helper, both)
}

fn say(building: &mut Building<'_>, says: &Says) -> Option<StatementId> {
    match says {
        Says::Known(statement) => Some(*statement),
        Says::Checkout(item, place) => building.checkout_statement(*item, *place),
        Says::New(place, claim) => Some(building.say(Some(*place), claim.as_ref().clone())),
    }
}

/// Whether the lines have a version in common whatever is chosen.
fn never_clash(lines: &[Line]) -> bool {
    let join = |some: &mut dyn Iterator<Item = &Line>| {
        some.fold(Versions::all(), |all, line| all.and(&line.versions))
    };
    // of what components are themselves only one holds at a time
    let (own, others): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| line.kind == Kind::Own);
    let rest = join(&mut others.into_iter());
    if !rest.is_empty() && own.iter().all(|line| !rest.and(&line.versions).is_empty()) {
        return true;
    }
    // lines of one component alone: those of each of its candidates
    let mut of: BTreeMap<u32, Vec<&Line>> = BTreeMap::new();
    let mut items: BTreeSet<ItemId> = BTreeSet::new();
    for line in lines {
        let Holds::If(When::Item(item, set)) = &line.holds else { return false };
        items.insert(*item);
        set.iter().for_each(|candidate| of.entry(candidate).or_default().push(line));
    }
    items.len() <= 1 && of.values().all(|some| !join(&mut some.iter().copied()).is_empty())
}
