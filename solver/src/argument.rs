//! The order in which the statements of a conflict read as an argument.
//!
//! Owns: the order. Refuses: deciding which statements belong to it.
//!
//! First what always holds, in the order of the rules. Then each statement after those that establish its condition:
//! of those whose condition is established, first the rules that establish something new, then the counts of groups
//! that do, then the rules that only forbid. A count that nothing new follows from is what everything clashes with and
//! comes last.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::{GroupId, ItemId, Problem, Rule, StatementId, Then, When};

/// The statements of `core`, in order.
pub(crate) fn argue(problem: &Problem, core: &BTreeSet<StatementId>) -> Vec<StatementId> {
    let mut argument = Argument::new(problem, core);
    while let Some(next) = argument.next() {
        argument.say(next);
    }
    argument.said
}

/// How a statement would continue the argument, the better the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Always,
    Establishes,
    OpensOptions,
    Forbids,
    Clashes,
    /// Its condition is not established: only when nothing else is left.
    Unfounded,
}

struct Sentence<'p> {
    rules: Vec<(usize, &'p Rule)>,
    groups: Vec<GroupId>,
}

struct Argument<'p> {
    problem: &'p Problem,
    left: BTreeMap<StatementId, Sentence<'p>>,
    items: BTreeSet<ItemId>,
    groups: BTreeSet<GroupId>,
    said: Vec<StatementId>,
    spoken: Vec<Sentence<'p>>,
}

impl<'p> Argument<'p> {
    fn new(problem: &'p Problem, core: &BTreeSet<StatementId>) -> Self {
        let mut left: BTreeMap<StatementId, Sentence<'p>> = core
            .iter()
            .map(|statement| (*statement, Sentence { rules: Vec::new(), groups: Vec::new() }))
            .collect();
        for (number, rule) in problem.rules.iter().enumerate() {
            if let Some(sentence) = left.get_mut(&rule.statement) {
                sentence.rules.push((number, rule));
            }
        }
        for (number, group) in problem.groups.iter().enumerate() {
            if let Some(sentence) = left.get_mut(&group.statement) {
                sentence.groups.push(GroupId(number as u32));
            }
        }
        Self {
            problem,
            left,
            items: BTreeSet::new(),
            groups: BTreeSet::new(),
            said: Vec::new(),
            spoken: Vec::new(),
        }
    }

    /// The statement that continues the argument best.
    fn next(&self) -> Option<StatementId> {
        self.left
            .iter()
            .min_by_key(|(statement, sentence)| {
                (self.step(sentence), sentence.rules.first().map(|(number, _)| *number), **statement)
            })
            .map(|(statement, _)| *statement)
    }

    fn step(&self, sentence: &Sentence<'p>) -> Step {
        let of_rule = |(_, rule): &(usize, &Rule)| match &rule.when {
            When::Always => Step::Always,
            when if !self.holds(when) => Step::Unfounded,
            _ if self.is_new(&rule.then) => Step::Establishes,
            _ => Step::Forbids,
        };
        let of_group = |group: &GroupId| {
            if !self.groups.contains(group) {
                Step::Unfounded
            } else if self.members(*group).any(|item| !self.items.contains(&item)) {
                Step::OpensOptions
            } else {
                Step::Clashes
            }
        };
        sentence
            .rules
            .iter()
            .map(of_rule)
            .chain(sentence.groups.iter().map(of_group))
            .min()
            .unwrap_or(Step::Unfounded)
    }

    fn say(&mut self, statement: StatementId) {
        self.said.push(statement);
        let Some(sentence) = self.left.remove(&statement) else { return };
        self.spoken.push(sentence);
        // What was said before can come to bear only now.
        let mut known = (usize::MAX, usize::MAX);
        while known != (self.items.len(), self.groups.len()) {
            known = (self.items.len(), self.groups.len());
            let spoken = std::mem::take(&mut self.spoken);
            for sentence in &spoken {
                for (_, rule) in &sentence.rules {
                    if self.holds(&rule.when) {
                        self.establish(&rule.then);
                    }
                }
                for group in &sentence.groups {
                    if self.groups.contains(group) {
                        let members: Vec<ItemId> = self.members(*group).collect();
                        self.items.extend(members);
                    }
                }
            }
            self.spoken = spoken;
        }
    }

    fn holds(&self, when: &When) -> bool {
        match when {
            When::Always => true,
            When::Item(item, _) => self.items.contains(item),
            When::TakesPart(group) => self.groups.contains(group),
            When::Option(group, member) => {
                self.groups.contains(group)
                    && self.option(*group, *member).is_some_and(|item| self.items.contains(&item))
            }
        }
    }

    fn is_new(&self, then: &Then) -> bool {
        match then {
            Then::Present(item, _) => !self.items.contains(item),
            Then::AbsentOr(..) | Then::Never => false,
            Then::TakesPart(group) => !self.groups.contains(group),
            Then::OneOf(group, members) | Then::AllOf(group, members) => {
                !self.groups.contains(group)
                    || members
                        .iter()
                        .filter_map(|member| self.option(*group, *member))
                        .any(|item| !self.items.contains(&item))
            }
            Then::AnyOf(alternatives) => alternatives.iter().any(|(item, _)| !self.items.contains(item)),
        }
    }

    fn establish(&mut self, then: &Then) {
        match then {
            Then::Present(item, _) => {
                self.items.insert(*item);
            }
            Then::AbsentOr(..) | Then::Never => {}
            Then::TakesPart(group) => {
                self.groups.insert(*group);
            }
            Then::OneOf(group, members) | Then::AllOf(group, members) => {
                self.groups.insert(*group);
                let options: Vec<ItemId> =
                    members.iter().filter_map(|member| self.option(*group, *member)).collect();
                self.items.extend(options);
            }
            Then::AnyOf(alternatives) => self.items.extend(alternatives.iter().map(|(item, _)| *item)),
        }
    }

    fn option(&self, group: GroupId, member: u32) -> Option<ItemId> {
        self.problem.groups.get(group.0 as usize)?.members.get(member as usize).copied()
    }

    fn members(&self, group: GroupId) -> impl Iterator<Item = ItemId> + use<'p> {
        let problem = self.problem;
        problem.groups.get(group.0 as usize).into_iter().flat_map(|group| group.members.iter().copied())
    }
}
