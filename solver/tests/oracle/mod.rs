//! A stupid second opinion: tries every assignment, in the words of the vocabulary's documentation and with nothing of
//! the solver but the vocabulary.

use std::collections::{HashMap, HashSet};

use hsm_solver::{
    Candidate, Count, GroupId, ItemId, Preference, Problem, ResourceId, Selection, StatementId, Then, When,
};

/// A try: a value for each item, and which groups take part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Try {
    pub(crate) items: Vec<Option<Candidate>>,
    pub(crate) groups: Vec<bool>,
}

/// How many tries there are.
pub(crate) fn tries(problem: &Problem) -> u64 {
    let items: u64 =
        (0..problem.len()).map(|item| u64::from(problem.candidates(ItemId(item as u32))) + 1).product();
    items << problem.groups().len()
}

/// Every try.
fn every(problem: &Problem) -> impl Iterator<Item = Try> + '_ {
    (0..tries(problem)).map(|mut number| {
        let mut digit = |base: u64| {
            let digit = number % base;
            number /= base;
            digit as u32
        };
        let groups = problem.groups().iter().map(|_| digit(2) == 1).collect();
        let items = (0..problem.len())
            .map(|item| digit(u64::from(problem.candidates(ItemId(item as u32))) + 1).checked_sub(1))
            .collect();
        Try { items, groups }
    })
}

impl Try {
    fn of(&self, item: ItemId) -> Option<Candidate> {
        self.items.get(item.0 as usize).copied().flatten()
    }

    fn part(&self, group: GroupId) -> bool {
        self.groups.get(group.0 as usize).copied().unwrap_or(false)
    }

    fn option(&self, problem: &Problem, group: GroupId, member: u32) -> Option<Candidate> {
        self.of(member_item(problem, group, member)?)
    }

    fn holds(&self, problem: &Problem, when: &When) -> bool {
        match when {
            When::Always => true,
            When::Item(item, set) => self.of(*item).is_some_and(|candidate| set.contains(candidate)),
            When::TakesPart(group) => self.part(*group),
            When::Option(group, member) => {
                self.part(*group) && self.option(problem, *group, *member).is_some()
            }
        }
    }

    fn keeps(&self, problem: &Problem, then: &Then) -> bool {
        match then {
            Then::Present(item, set) => self.of(*item).is_some_and(|candidate| set.contains(candidate)),
            Then::AbsentOr(item, set) => self.of(*item).is_none_or(|candidate| set.contains(candidate)),
            Then::TakesPart(group) => self.part(*group),
            Then::OneOf(group, members) => {
                self.part(*group)
                    && members.iter().any(|member| self.option(problem, *group, *member).is_some())
            }
            Then::AllOf(group, members) => {
                self.part(*group)
                    && members.iter().all(|member| self.option(problem, *group, *member).is_some())
            }
            Then::AnyOf(alternatives) => alternatives
                .iter()
                .any(|(item, set)| self.of(*item).is_some_and(|candidate| set.contains(candidate))),
            // Whether nobody else does is not a matter of one rule.
            Then::Holds(resource, _) => resource.0 < problem.resources(),
            Then::Never => false,
        }
    }

    /// Whether all rules whose condition holds name the same holder of each resource.
    fn shares_nothing(&self, problem: &Problem, kept: &dyn Fn(StatementId) -> bool) -> bool {
        let mut holders: HashMap<ResourceId, HashSet<ItemId>> = HashMap::new();
        for rule in problem.rules() {
            if let Then::Holds(resource, holder) = &rule.then
                && kept(rule.statement)
                && self.holds(problem, &rule.when)
            {
                holders.entry(*resource).or_default().insert(*holder);
            }
        }
        holders.values().all(|all| all.len() == 1)
    }

    /// Whether every rule and every count is kept that `kept` keeps.
    pub(crate) fn valid(&self, problem: &Problem, kept: &dyn Fn(StatementId) -> bool) -> bool {
        let rules = problem.rules().iter().filter(|rule| kept(rule.statement));
        let groups = problem.groups().iter().enumerate().filter(|(_, group)| kept(group.statement));
        self.shares_nothing(problem, kept)
            && rules
                .into_iter()
                .all(|rule| !self.holds(problem, &rule.when) || self.keeps(problem, &rule.then))
            && groups.into_iter().all(|(number, group)| {
                let count = self.present(problem, GroupId(number as u32)).len() as u32;
                !self.groups[number]
                    || match group.count {
                        Count::One => count == 1,
                        Count::Between { min, max } => (min..=max).contains(&count),
                    }
            })
    }

    /// The distinct present options.
    fn present(&self, problem: &Problem, group: GroupId) -> Vec<ItemId> {
        let mut present = problem.groups()[group.0 as usize].members.clone();
        present.retain(|item| self.of(*item).is_some());
        present.sort();
        present.dedup();
        present
    }

    /// Whether everything that is present or takes part has a chain of reasons.
    pub(crate) fn justified(&self, problem: &Problem) -> bool {
        let mut items = vec![false; self.items.len()];
        let mut groups = vec![false; self.groups.len()];
        loop {
            let before = (items.clone(), groups.clone());
            for rule in problem.rules() {
                let founded = match &rule.when {
                    When::Always => true,
                    When::Item(item, _) => items.get(item.0 as usize) == Some(&true),
                    When::TakesPart(group) => groups.get(group.0 as usize) == Some(&true),
                    When::Option(group, member) => {
                        groups.get(group.0 as usize) == Some(&true)
                            && member_item(problem, *group, *member)
                                .is_some_and(|item| items.get(item.0 as usize) == Some(&true))
                    }
                };
                if !founded || !self.holds(problem, &rule.when) {
                    continue;
                }
                match &rule.then {
                    Then::Present(item, _) => items[item.0 as usize] = true,
                    Then::AbsentOr(..) | Then::Holds(..) | Then::Never => {}
                    // Their members follow from the group below.
                    Then::TakesPart(group) | Then::OneOf(group, _) | Then::AllOf(group, _) => {
                        groups[group.0 as usize] = true;
                    }
                    Then::AnyOf(alternatives) => {
                        for (item, set) in alternatives {
                            if self.of(*item).is_some_and(|candidate| set.contains(candidate)) {
                                items[item.0 as usize] = true;
                            }
                        }
                    }
                }
            }
            for (number, group) in problem.groups().iter().enumerate() {
                if groups[number] {
                    for item in &group.members {
                        if self.of(*item).is_some() {
                            items[item.0 as usize] = true;
                        }
                    }
                }
            }
            if before == (items.clone(), groups.clone()) {
                break;
            }
        }
        self.items.iter().zip(&items).all(|(value, reason)| value.is_none() || *reason)
            && self.groups.iter().zip(&groups).all(|(part, reason)| !part || *reason)
    }

    /// What it costs, the most important first.
    pub(crate) fn cost(&self, problem: &Problem) -> Vec<u32> {
        let mut cost = Vec::new();
        let mut wanted: HashMap<GroupId, HashSet<ItemId>> = HashMap::new();
        for preference in problem.preferences() {
            match preference {
                Preference::Rank(item, ranks) => {
                    cost.push(
                        self.of(*item)
                            .and_then(|candidate| ranks.get(candidate as usize).copied())
                            .unwrap_or(0),
                    );
                }
                Preference::Wanted(group, members) => {
                    let items = members.iter().filter_map(|member| member_item(problem, *group, *member));
                    let items: Vec<ItemId> = items.collect();
                    wanted.entry(*group).or_default().extend(&items);
                    self.missing(problem, *group, &items, &mut cost);
                }
                Preference::Fill(group, members) => {
                    let wanted = wanted.get(group).cloned().unwrap_or_default();
                    self.fill(problem, *group, members, &wanted, &mut cost);
                }
            }
        }
        cost
    }

    /// A group that does not take part costs as much as one with its first choice.
    fn fill(
        &self,
        problem: &Problem,
        group: GroupId,
        members: &[u32],
        wanted: &HashSet<ItemId>,
        cost: &mut Vec<u32>,
    ) {
        let mut order: Vec<ItemId> = Vec::new();
        for item in members.iter().filter_map(|member| member_item(problem, group, *member)) {
            if !order.contains(&item) {
                order.push(item);
            }
        }
        let present = |item: &ItemId| self.part(group) && self.of(*item).is_some();
        match problem.groups()[group.0 as usize].count {
            Count::One => {
                let chosen = members.iter().position(|member| {
                    member_item(problem, group, *member).is_some_and(|item| present(&item))
                });
                cost.push(if self.part(group) { chosen.unwrap_or(members.len()) as u32 } else { 0 });
            }
            Count::Between { min, max } => {
                let had = wanted.iter().filter(|item| present(item)).count() as u32;
                let count = if self.part(group) { self.present(problem, group).len() as u32 } else { 0 };
                cost.push(count.saturating_sub(min.max(had)));
                let first_choice = min.max(max.min(wanted.len() as u32));
                cost.extend(order.iter().zip(0..).map(|(item, turn)| {
                    u32::from(if self.part(group) { !present(item) } else { turn >= first_choice })
                }));
            }
        }
    }

    /// What is named after as many as the group can have is missed only if one of those is.
    fn missing(&self, problem: &Problem, group: GroupId, items: &[ItemId], cost: &mut Vec<u32>) {
        let most = match problem.groups()[group.0 as usize].count {
            Count::One => 1,
            Count::Between { max, .. } => max as usize,
        };
        let mut first: HashSet<ItemId> = HashSet::new();
        let mut is_full = false;
        for item in items {
            if first.len() == most && !first.contains(item) && !is_full {
                is_full = first.iter().all(|item| self.of(*item).is_some());
            }
            first.insert(*item);
            cost.push(u32::from(self.part(group) && self.of(*item).is_none() && !is_full));
        }
    }
}

/// The item that an option is.
fn member_item(problem: &Problem, group: GroupId, member: u32) -> Option<ItemId> {
    problem.groups().get(group.0 as usize)?.members.get(member as usize).copied()
}

/// A selection as a try; fails if its options are not those of its items.
pub(crate) fn as_try(problem: &Problem, selection: &Selection) -> Try {
    assert_eq!(selection.items.len(), problem.len());
    assert_eq!(selection.groups.len(), problem.groups().len());
    for (group, options) in problem.groups().iter().zip(&selection.groups) {
        if let Some(options) = options {
            let present: Vec<u32> = (0..group.members.len() as u32)
                .filter(|member| selection.candidate(group.members[*member as usize]).is_some())
                .collect();
            assert_eq!(&present, options);
        }
    }
    Try { items: selection.items.clone(), groups: selection.groups.iter().map(Option::is_some).collect() }
}

/// Whether some try keeps everything that `kept` keeps.
pub(crate) fn solvable(problem: &Problem, kept: &dyn Fn(StatementId) -> bool) -> bool {
    every(problem).any(|one| one.valid(problem, kept))
}

/// The least cost of a valid and justified try.
pub(crate) fn best(problem: &Problem) -> Option<Vec<u32>> {
    every(problem)
        .filter(|one| one.valid(problem, &|_| true) && one.justified(problem))
        .map(|one| one.cost(problem))
        .min()
}
