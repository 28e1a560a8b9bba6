//! Who has to look again when something changes.
//!
//! Owns: the rules that matter, and for each item, group and resource the tasks on which it bears. Refuses: the tasks
//! themselves; and what is assumed for a while, which comes and goes.

use super::GroupState;
use super::queue::Task;
use crate::lists::Lists;
use crate::problem::{GroupId, ItemId, Member, Problem, Rule, StatementId, Then, When};
use crate::reach::Reach;

pub(super) struct Watch {
    /// The rules that are kept and can apply.
    pub(super) kept: Vec<u32>,
    /// Those of them that can be met in several ways.
    pub(super) open_rules: Vec<u32>,
    /// Those of them by which candidates of two items exclude each other.
    pub(super) exclusions: Vec<u32>,
    pub(super) of_item: Lists<Task>,
    pub(super) of_group: Lists<Task>,
    pub(super) of_resource: Lists<Task>,
    /// By item: the rules whose condition it is.
    pub(super) rules_on: Lists<u32>,
}

impl Watch {
    pub(super) fn new(
        problem: &Problem,
        groups: &[GroupState],
        reach: &Reach,
        keep: impl Fn(StatementId) -> bool,
    ) -> Self {
        let (mut kept, mut open_rules, mut exclusions) = (Vec::new(), Vec::new(), Vec::new());
        let mut pairs = Pairs { problem, items: Vec::new(), groups: Vec::new() };
        let (mut of_resource, mut rules_on) = (Vec::new(), Vec::new());
        for (rule, number) in problem.rules.iter().zip(0..) {
            let matters = match &rule.when {
                When::Always => true,
                When::Item(item, _) => reach.item(*item),
                When::TakesPart(group) | When::Option(group, _) => reach.group(*group),
            };
            if !matters || !keep(rule.statement) {
                continue;
            }
            kept.push(number);
            match (&rule.when, &rule.then) {
                (When::Item(..), Then::AbsentOr(..)) => exclusions.push(number),
                (_, Then::AnyOf(_) | Then::OneOf(..)) => open_rules.push(number),
                _ => {}
            }
            if let When::Item(item, _) = &rule.when {
                rules_on.push((item.0, number));
            }
            if let Then::Holds(resource, _) = &rule.then {
                of_resource.push((resource.0, Task::Rule(number)));
            }
            pairs.rule(rule, Task::Rule(number));
        }
        let rules_on = Lists::new(problem.items.len(), &rules_on);
        let several = (0..problem.items.len() as u32).filter(|item| rules_on.get(*item).len() > 1);
        pairs.items.extend(several.map(|item| (item, Task::Item(item))));
        for (group, number) in groups.iter().zip(0..).filter(|(_, number)| reach.group(GroupId(*number))) {
            pairs.items.extend(group.members.iter().map(|item| (item.0, Task::Group(number))));
        }
        Self {
            kept,
            open_rules,
            exclusions,
            of_item: Lists::new(problem.items.len(), &pairs.items),
            of_group: Lists::new(problem.groups.len(), &pairs.groups),
            of_resource: Lists::new(problem.resources as usize, &of_resource),
            rules_on,
        }
    }
}

/// Items and groups with the tasks on which they bear.
struct Pairs<'p> {
    problem: &'p Problem,
    items: Vec<(u32, Task)>,
    groups: Vec<(u32, Task)>,
}

impl Pairs<'_> {
    fn rule(&mut self, rule: &Rule, task: Task) {
        match &rule.when {
            When::Always => {}
            When::Item(item, _) => self.items.push((item.0, task)),
            When::TakesPart(group) => self.groups.push((group.0, task)),
            When::Option(group, member) => {
                self.groups.push((group.0, task));
                self.option(*group, *member, task);
            }
        }
        match &rule.then {
            Then::Present(item, _) | Then::AbsentOr(item, _) => self.items.push((item.0, task)),
            Then::TakesPart(group) => self.groups.push((group.0, task)),
            Then::OneOf(group, members) | Then::AllOf(group, members) => {
                self.groups.push((group.0, task));
                for member in members {
                    self.option(*group, *member, task);
                }
            }
            Then::AnyOf(alternatives) => {
                self.items.extend(alternatives.iter().map(|(item, _): &(ItemId, _)| (item.0, task)));
            }
            Then::Holds(..) | Then::Never => {}
        }
    }

    fn option(&mut self, group: GroupId, member: Member, task: Task) {
        let of = self.problem.groups.get(group.0 as usize);
        self.items.extend(of.and_then(|of| of.members.get(member as usize)).map(|item| (item.0, task)));
    }
}
