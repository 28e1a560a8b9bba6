//! The part of a problem that some statements speak of.
//!
//! Owns: cutting it out, with numbers of its own, so that what is done with a small conflict costs as much as the
//! conflict and not as the problem. Refuses: preferences; a part is only asked whether it has a solution.

use std::collections::{BTreeSet, HashMap};

use crate::problem::{CandidateSet, GroupId, ItemId, Problem, ResourceId, StatementId, Then, When};

/// The rules of these statements, with the items and groups they speak of. A statement keeps its number.
pub(crate) fn part(problem: &Problem, statements: &BTreeSet<StatementId>) -> Problem {
    let mut cut = Cut {
        problem,
        part: Problem::new(),
        items: HashMap::new(),
        groups: HashMap::new(),
        resources: HashMap::new(),
    };
    for rule in problem.rules.iter().filter(|rule| statements.contains(&rule.statement)) {
        let (when, then) = (cut.when(&rule.when), cut.then(&rule.then));
        cut.part.rule(rule.statement, when, then);
    }
    cut.part
}

struct Cut<'p> {
    problem: &'p Problem,
    part: Problem,
    items: HashMap<ItemId, ItemId>,
    groups: HashMap<GroupId, GroupId>,
    resources: HashMap<ResourceId, ResourceId>,
}

impl Cut<'_> {
    fn item(&mut self, item: ItemId) -> ItemId {
        let (problem, part) = (self.problem, &mut self.part);
        *self.items.entry(item).or_insert_with(|| part.item(problem.candidates(item)))
    }

    fn group(&mut self, group: GroupId) -> GroupId {
        if let Some(known) = self.groups.get(&group) {
            return *known;
        }
        // A group that does not exist stays one: its number is past all others.
        let Some(old) = self.problem.groups.get(group.0 as usize) else { return GroupId(u32::MAX) };
        let members = old.members.iter().map(|item| self.item(*item)).collect();
        let new = self.part.group(old.statement, old.count, members);
        self.groups.insert(group, new);
        new
    }

    fn resource(&mut self, resource: ResourceId) -> ResourceId {
        if resource.0 >= self.problem.resources {
            return ResourceId(u32::MAX);
        }
        let part = &mut self.part;
        *self.resources.entry(resource).or_insert_with(|| part.resource())
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
}
