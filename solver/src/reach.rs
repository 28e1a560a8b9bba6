//! What any chain of reasons can lead to: an upper bound of every solution.
//!
//! Owns: the closure over rules and groups in which every condition counts as met once its subject is reached.
//! Refuses: values and counts. What is not reached is absent in every solution, so nothing needs to be said about it.

use crate::problem::{GroupId, ItemId, Problem, StatementId, Then, When};

/// The items that can be present and the groups that can take part.
pub(crate) struct Reach {
    items: Vec<bool>,
    groups: Vec<bool>,
}

impl Reach {
    /// The closure over the sentences that are kept.
    pub(crate) fn new(problem: &Problem, keep: &impl Fn(StatementId) -> bool) -> Self {
        let mut walk = Walk {
            problem,
            reach: Self {
                items: vec![false; problem.items.len()],
                groups: vec![false; problem.groups.len()],
            },
            item_rules: vec![Vec::new(); problem.items.len()],
            group_rules: vec![Vec::new(); problem.groups.len()],
            todo: Vec::new(),
        };
        for rule in problem.rules.iter().filter(|rule| keep(rule.statement)) {
            match &rule.when {
                When::Always => walk.demand(&rule.then),
                When::Item(item, _) => {
                    if let Some(rules) = walk.item_rules.get_mut(item.0 as usize) {
                        rules.push(&rule.then);
                    }
                }
                When::TakesPart(group) | When::Option(group, _) => {
                    if let Some(rules) = walk.group_rules.get_mut(group.0 as usize) {
                        rules.push(&rule.then);
                    }
                }
            }
        }
        walk.run();
        walk.reach
    }

    /// Whether the item can be present.
    pub(crate) fn item(&self, item: ItemId) -> bool {
        self.items.get(item.0 as usize).copied().unwrap_or(false)
    }

    /// Whether the group can take part.
    pub(crate) fn group(&self, group: GroupId) -> bool {
        self.groups.get(group.0 as usize).copied().unwrap_or(false)
    }
}

enum Todo {
    Item(usize),
    Group(usize),
}

struct Walk<'p> {
    problem: &'p Problem,
    reach: Reach,
    item_rules: Vec<Vec<&'p Then>>,
    group_rules: Vec<Vec<&'p Then>>,
    todo: Vec<Todo>,
}

impl Walk<'_> {
    fn run(&mut self) {
        while let Some(next) = self.todo.pop() {
            let rules = match next {
                Todo::Item(item) => self.item_rules.get_mut(item),
                Todo::Group(group) => {
                    for member in self.problem.groups.get(group).into_iter().flat_map(|group| &group.members)
                    {
                        self.item(*member);
                    }
                    self.group_rules.get_mut(group)
                }
            };
            for then in rules.map(std::mem::take).unwrap_or_default() {
                self.demand(then);
            }
        }
    }

    fn demand(&mut self, then: &Then) {
        match then {
            Then::Present(item, _) => self.item(*item),
            Then::AbsentOr(..) | Then::Holds(..) | Then::Never => {}
            Then::TakesPart(group) | Then::OneOf(group, _) | Then::AllOf(group, _) => self.group(*group),
            Then::AnyOf(alternatives) => alternatives.iter().for_each(|(item, _)| self.item(*item)),
        }
    }

    fn item(&mut self, item: ItemId) {
        if let Some(reached) = self.reach.items.get_mut(item.0 as usize).filter(|reached| !**reached) {
            *reached = true;
            self.todo.push(Todo::Item(item.0 as usize));
        }
    }

    fn group(&mut self, group: GroupId) {
        if let Some(reached) = self.reach.groups.get_mut(group.0 as usize).filter(|reached| !**reached) {
            *reached = true;
            self.todo.push(Todo::Group(group.0 as usize));
        }
    }
}
