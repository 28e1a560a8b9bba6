//! A part of a problem: what some statements speak of, or what can be reached at all.
//!
//! Owns: cutting it out, with numbers of its own, so that what is done with a small part costs as much as the part and
//! not as the problem; and the way back. Refuses: deciding what belongs to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::{
    CandidateSet, GroupId, ItemId, Preference, Problem, ResourceId, StatementId, Then, When,
};
use crate::reach::Reach;
use crate::solution::Selection;

/// The rules of these statements, with the items and groups they speak of, without preferences: it is only asked
/// whether it has a solution. A statement keeps its number.
pub(crate) fn part(problem: &Problem, statements: &BTreeSet<StatementId>) -> Problem {
    let rules = problem.rules.iter().filter(|rule| statements.contains(&rule.statement));
    part_of(problem, rules.map(|rule| (rule.statement, &rule.when, &rule.then)))
}

/// The same of these rules, which need not be among those of the problem.
pub(crate) fn part_of<'r>(
    problem: &Problem,
    rules: impl Iterator<Item = (StatementId, &'r When, &'r Then)>,
) -> Problem {
    let mut cut = Cut::new(problem);
    for (statement, when, then) in rules {
        cut.rule(statement, when, then);
    }
    cut.part
}

/// What of a problem can be reached: its solutions are those of the problem.
pub(crate) struct Reached {
    /// That part. Its items and groups are in the order of those of the whole.
    pub(crate) problem: Problem,
    /// By item and by group of the part: its number in the whole.
    items: Vec<u32>,
    groups: Vec<u32>,
    /// How many there are of both in the whole.
    all: (usize, usize),
}

impl Reached {
    /// Cuts it out.
    pub(crate) fn new(problem: &Problem, reach: &Reach) -> Self {
        let mut cut = Cut::new(problem);
        let items: Vec<u32> =
            (0..problem.items.len() as u32).filter(|item| reach.item(ItemId(*item))).collect();
        let groups: Vec<u32> =
            (0..problem.groups.len() as u32).filter(|group| reach.group(GroupId(*group))).collect();
        for item in &items {
            cut.item(ItemId(*item));
        }
        for group in &groups {
            cut.group(GroupId(*group));
        }
        for rule in reach.rules().iter().filter_map(|number| problem.rules.get(*number as usize)) {
            // What can't be present needs no bound.
            if !matches!(&rule.then, Then::AbsentOr(item, _) if !reach.item(*item)) {
                cut.rule(rule.statement, &rule.when, &rule.then);
            }
        }
        for preference in &problem.preferences {
            let matters = match preference {
                Preference::Rank(item, _) => reach.item(*item),
                Preference::Wanted(group, _) | Preference::Fill(group, _) => reach.group(*group),
            };
            if matters {
                cut.preference(preference);
            }
        }
        Self { problem: cut.part, items, groups, all: (problem.items.len(), problem.groups.len()) }
    }

    /// A selection from the part as one from the whole.
    pub(crate) fn widen(&self, selection: Selection) -> Selection {
        let mut whole =
            Selection { items: vec![None; self.all.0], groups: vec![None; self.all.1], ..selection };
        for (item, value) in self.items.iter().zip(selection.items) {
            if let Some(place) = whole.items.get_mut(*item as usize) {
                *place = value;
            }
        }
        for (group, options) in self.groups.iter().zip(selection.groups) {
            if let Some(place) = whole.groups.get_mut(*group as usize) {
                *place = options;
            }
        }
        whole
    }
}

struct Cut<'p> {
    problem: &'p Problem,
    part: Problem,
    /// By number in the whole: the number in the part, if it is in it.
    items: Vec<Option<ItemId>>,
    groups: Vec<Option<GroupId>>,
    resources: Vec<Option<ResourceId>>,
    /// Items that do not exist, but are spoken of.
    unknown: BTreeMap<ItemId, ItemId>,
}

impl<'p> Cut<'p> {
    fn new(problem: &'p Problem) -> Self {
        Self {
            problem,
            part: Problem::new(),
            items: vec![None; problem.items.len()],
            groups: vec![None; problem.groups.len()],
            resources: vec![None; problem.resources as usize],
            unknown: BTreeMap::new(),
        }
    }

    fn rule(&mut self, statement: StatementId, when: &When, then: &Then) {
        let (when, then) = (self.when(when), self.then(then));
        self.part.rule(statement, when, then);
    }

    fn item(&mut self, item: ItemId) -> ItemId {
        let (problem, part) = (self.problem, &mut self.part);
        match self.items.get_mut(item.0 as usize) {
            Some(known) => *known.get_or_insert_with(|| part.item(problem.candidates(item))),
            None => *self.unknown.entry(item).or_insert_with(|| part.item(0)),
        }
    }

    fn group(&mut self, group: GroupId) -> GroupId {
        // A group that does not exist stays one: its number is past all others.
        let Some(old) = self.problem.groups.get(group.0 as usize) else { return GroupId(u32::MAX) };
        if let Some(known) = self.groups.get(group.0 as usize).copied().flatten() {
            return known;
        }
        let members = old.members.iter().map(|item| self.item(*item)).collect();
        let new = self.part.group(old.statement, old.count, members);
        if let Some(known) = self.groups.get_mut(group.0 as usize) {
            *known = Some(new);
        }
        new
    }

    fn resource(&mut self, resource: ResourceId) -> ResourceId {
        let part = &mut self.part;
        let known = self.resources.get_mut(resource.0 as usize);
        known.map_or(ResourceId(u32::MAX), |known| *known.get_or_insert_with(|| part.resource()))
    }

    fn when(&mut self, when: &When) -> When {
        match when {
            When::Always => When::Always,
            When::Item(item, set) => When::Item(self.item(*item), set.clone()),
            When::TakesPart(group) => When::TakesPart(self.group(*group)),
            When::Option(group, member) => When::Option(self.group(*group), *member),
        }
    }

    fn then(&mut self, then: &Then) -> Then {
        match then {
            Then::Present(item, set) => Then::Present(self.item(*item), set.clone()),
            Then::AbsentOr(item, set) => Then::AbsentOr(self.item(*item), set.clone()),
            Then::TakesPart(group) => Then::TakesPart(self.group(*group)),
            Then::OneOf(group, members) => Then::OneOf(self.group(*group), members.clone()),
            Then::AllOf(group, members) => Then::AllOf(self.group(*group), members.clone()),
            Then::AnyOf(alternatives) => {
                let renumber = |(item, set): &(ItemId, CandidateSet)| (self.item(*item), set.clone());
                Then::AnyOf(alternatives.iter().map(renumber).collect())
            }
            Then::Holds(resource, holder) => Then::Holds(self.resource(*resource), self.item(*holder)),
            Then::Never => Then::Never,
        }
    }

    fn preference(&mut self, preference: &Preference) {
        let own = match preference {
            Preference::Rank(item, ranks) => Preference::Rank(self.item(*item), ranks.clone()),
            Preference::Wanted(group, members) => Preference::Wanted(self.group(*group), members.clone()),
            Preference::Fill(group, members) => Preference::Fill(self.group(*group), members.clone()),
        };
        self.part.prefer(own);
    }
}
