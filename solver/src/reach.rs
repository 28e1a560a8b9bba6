//! What any chain of reasons can lead to: an upper bound of every solution.
//!
//! Owns: the closure over rules and groups in which every condition counts as met once its subject is reached.
//! Refuses: values and counts. What is not reached is absent in every solution, so nothing needs to be said about it.

use std::collections::BTreeMap;

use crate::problem::{GroupId, ItemId, Problem, StatementId, Subject, Then};

/// The items that can be present and the groups that can take part.
pub(crate) struct Reach {
    items: Vec<bool>,
    groups: Vec<bool>,
    rules: Vec<u32>,
}

impl Reach {
    /// The closure over the sentences that are kept.
    pub(crate) fn new(problem: &Problem, keep: &impl Fn(StatementId) -> bool) -> Self {
        let mut walk = Walk {
            problem,
            keep,
            reach: Self {
                items: vec![false; problem.items.len()],
                groups: vec![false; problem.groups.len()],
                rules: Vec::new(),
            },
            early: BTreeMap::new(),
            todo: Vec::new(),
        };
        for number in problem.early() {
            if let Some(subject) = problem.rules.get(*number as usize).and_then(|rule| rule.when.subject()) {
                walk.early.entry(subject).or_default().push(*number);
            }
        }
        for number in problem.always() {
            walk.rule(*number);
        }
        walk.run();
        let Walk { mut reach, .. } = walk;
        if reach.rules.len() < problem.rules.len() / 16 {
            reach.rules.sort_unstable();
        } else {
            let mut is_reached = vec![false; problem.rules.len()];
            for number in &reach.rules {
                is_reached[*number as usize] = true;
            }
            reach.rules =
                (0..problem.rules.len() as u32).filter(|number| is_reached[*number as usize]).collect();
        }
        reach
    }

    /// Everything, of a problem that was cut down to what can be reached.
    pub(crate) fn all(problem: &Problem) -> Self {
        let rules = (0..problem.rules.len() as u32).collect();
        Self { items: vec![true; problem.items.len()], groups: vec![true; problem.groups.len()], rules }
    }

    /// Whether the item can be present.
    pub(crate) fn item(&self, item: ItemId) -> bool {
        self.items.get(item.0 as usize).copied().unwrap_or(false)
    }

    /// Whether the group can take part.
    pub(crate) fn group(&self, group: GroupId) -> bool {
        self.groups.get(group.0 as usize).copied().unwrap_or(false)
    }

    /// The rules that are kept and speak of nothing else in their conditions, ascending.
    pub(crate) fn rules(&self) -> &[u32] {
        &self.rules
    }
}

struct Walk<'p, K> {
    problem: &'p Problem,
    keep: &'p K,
    reach: Reach,
    early: BTreeMap<Subject, Vec<u32>>,
    todo: Vec<Subject>,
}

impl<K: Fn(StatementId) -> bool> Walk<'_, K> {
    fn run(&mut self) {
        let problem = self.problem;
        while let Some(next) = self.todo.pop() {
            if let Subject::Group(group) = next {
                for member in
                    problem.groups.get(group.0 as usize).into_iter().flat_map(|group| &group.members)
                {
                    self.item(*member);
                }
            }
            for number in problem.rules_on(next) {
                self.rule(number);
            }
            for number in self.early.remove(&next).unwrap_or_default() {
                self.rule(number);
            }
        }
    }

    fn rule(&mut self, number: u32) {
        let problem = self.problem;
        let Some(rule) = problem.rules.get(number as usize).filter(|rule| (self.keep)(rule.statement)) else {
            return;
        };
        self.reach.rules.push(number);
        match &rule.then {
            Then::Present(item, _) => self.item(*item),
            Then::AbsentOr(..) | Then::Holds(..) | Then::Never => {}
            Then::TakesPart(group) | Then::OneOf(group, _) | Then::AllOf(group, _) => self.group(*group),
            Then::AnyOf(alternatives) => alternatives.iter().for_each(|(item, _)| self.item(*item)),
        }
    }

    fn item(&mut self, item: ItemId) {
        if let Some(reached) = self.reach.items.get_mut(item.0 as usize).filter(|reached| !**reached) {
            *reached = true;
            self.todo.push(Subject::Item(item));
        }
    }

    fn group(&mut self, group: GroupId) {
        if let Some(reached) = self.reach.groups.get_mut(group.0 as usize).filter(|reached| !**reached) {
            *reached = true;
            self.todo.push(Subject::Group(group));
        }
    }
}
