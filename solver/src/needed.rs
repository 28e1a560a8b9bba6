//! Which statements of a conflict are needed, shown without a search for each.
//!
//! Owns: walking from one assignment that breaks a single statement to others that do. Each of them is a proof: without
//! that statement, it is a solution of the rest. A broken rule is mended by changing one value; what that breaks
//! instead, if it is one statement again, is needed too. A chain of thousands of statements is gone through like this
//! one link after the other. Refuses: deciding that a statement is *not* needed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::assignment::Assignment;
use crate::bitset::Value;
use crate::fuel::tick;
use crate::lists::Lists;
use crate::problem::{
    CandidateSet, Count, Group, GroupId, ItemId, Member, Problem, ResourceId, Rule, StatementId, Then, When,
};
use crate::propagate::distinct;

/// Adds to `needed` what of `core` is seen to be needed, starting from a solution of the others. `problem` speaks of
/// nothing but the core.
pub(crate) fn walk(
    problem: &Problem,
    core: &BTreeSet<StatementId>,
    start: Assignment<'_>,
    needed: &mut BTreeSet<StatementId>,
) {
    let mut walk = Walk::new(problem, core, start);
    let mut ways: Vec<Way> = Vec::new();
    ways.extend(walk.arrive(needed, None, 0));
    while let Some(way) = ways.last_mut() {
        if needed.len() == core.len() {
            return;
        }
        if let Some((variable, before)) = way.taken.take() {
            walk.set(variable, before);
        }
        let Some((variable, value)) = walk.next(&mut way.changes) else {
            ways.pop();
            continue;
        };
        way.taken = Some((variable, walk.value(variable)));
        let in_vain = way.in_vain;
        walk.set(variable, value);
        ways.extend(walk.arrive(needed, Some(variable), in_vain));
    }
}

/// How many steps in a row may show nothing new.
const IN_VAIN: u32 = 2;

/// How many values of an item are tried where any would do, and where one of a set is demanded. To get out of a
/// condition absence does if there are more than a few.
const VALUES: (usize, usize) = (4, 256);

/// An item or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Variable {
    Item(ItemId),
    Group(GroupId),
}

type Change = (Variable, Value);

/// What can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    Rule(u32),
    Count(u32),
    /// Two rules that name different holders of the same resource.
    Clash(u32, u32),
}

/// What is left to try where one part is broken.
struct Way {
    changes: Changes,
    /// What was changed last, and its value before.
    taken: Option<Change>,
    in_vain: u32,
}

/// Changes of one value, the most promising first.
enum Changes {
    /// These, the last first.
    These(Vec<Change>),
    /// An option of a group more, or one fewer: there may be hundreds, of which mostly the first is enough.
    Options {
        group: GroupId,
        too_few: bool,
        /// How many members were tried.
        tried: usize,
        /// What is left to try of the last one.
        rest: Vec<Change>,
    },
}

struct Walk<'p> {
    problem: &'p Problem,
    core: &'p BTreeSet<StatementId>,
    at: Assignment<'p>,
    /// By item: where its values begin in the next.
    values_from: Vec<u32>,
    /// By item and value: the rules whose condition that meets.
    if_item: Lists<u32>,
    /// By item, by group: the other rules that speak of it.
    on_item: Lists<u32>,
    on_group: Lists<u32>,
    /// By item: the groups that it is an option of.
    member_of: Lists<u32>,
    /// By group: its distinct members.
    members: Vec<Vec<ItemId>>,
    /// For rules that are to be looked at, again and again.
    todo: Vec<u32>,
    /// By group: how many options are present.
    counts: Vec<u32>,
    broken: BTreeSet<Part>,
    /// How many parts of each statement are broken.
    blamed: BTreeMap<StatementId, u32>,
    /// By resource: the rules that apply, by the holder that they name.
    holders: BTreeMap<ResourceId, BTreeMap<ItemId, BTreeSet<u32>>>,
    clashing: BTreeSet<ResourceId>,
    /// What was broken at some time, and what was changed just before.
    seen: HashSet<(Part, Option<Variable>)>,
}

impl<'p> Walk<'p> {
    fn new(problem: &'p Problem, core: &'p BTreeSet<StatementId>, start: Assignment<'p>) -> Self {
        let mut values_from = Vec::with_capacity(problem.items.len());
        let mut values = 0;
        for candidates in &problem.items {
            values_from.push(values);
            values += candidates + 1;
        }
        let members: Vec<Vec<ItemId>> = problem.groups.iter().map(|group| distinct(&group.members)).collect();
        let member_of: Vec<(u32, u32)> = (0..)
            .zip(&members)
            .flat_map(|(group, members)| members.iter().map(move |item| (item.0, group)))
            .collect();
        let (if_item, on_item, on_group) = (Vec::new(), Vec::new(), Vec::new());
        let mut watch = Watch { problem, at: &start, values_from: &values_from, if_item, on_item, on_group };
        for (number, rule) in problem.rules.iter().enumerate() {
            if core.contains(&rule.statement) {
                watch.rule(number as u32, rule);
            }
        }
        let Watch { if_item, on_item, on_group, .. } = watch;
        let mut walk = Self {
            problem,
            core,
            counts: vec![0; problem.groups.len()],
            if_item: Lists::new(values as usize, &if_item),
            on_item: Lists::new(problem.items.len(), &on_item),
            on_group: Lists::new(problem.groups.len(), &on_group),
            member_of: Lists::new(problem.items.len(), &member_of),
            values_from,
            members,
            at: start,
            todo: Vec::new(),
            broken: BTreeSet::new(),
            blamed: BTreeMap::new(),
            holders: BTreeMap::new(),
            clashing: BTreeSet::new(),
            seen: HashSet::new(),
        };
        for (number, rule) in problem.rules.iter().enumerate() {
            if core.contains(&rule.statement) {
                walk.judge_rule(number as u32);
            }
        }
        for group in 0..problem.groups.len() as u32 {
            let present = walk.members_of(group).iter().filter(|item| walk.at.value(**item) > 0).count();
            walk.counts[group as usize] = present as u32;
            walk.judge_count(group);
        }
        walk
    }

    fn members_of(&self, group: u32) -> &[ItemId] {
        self.members.get(group as usize).map_or(&[], Vec::as_slice)
    }

    fn value(&self, variable: Variable) -> Value {
        match variable {
            Variable::Item(item) => self.at.value(item),
            Variable::Group(group) => u32::from(self.at.is_part(group)),
        }
    }

    /// Changes one value, and what is broken by that.
    fn set(&mut self, variable: Variable, value: Value) {
        match variable {
            Variable::Item(item) => self.set_item(item, value),
            Variable::Group(group) => {
                if let Some(is_part) = self.at.groups.get_mut(group.0 as usize) {
                    *is_part = value > 0;
                }
                self.judge_count(group.0);
                let mut todo = std::mem::take(&mut self.todo);
                todo.extend(self.on_group.get(group.0));
                self.judge_rules(todo);
            }
        }
    }

    fn set_item(&mut self, item: ItemId, value: Value) {
        let Some(at) = self.at.items.get_mut(item.0 as usize) else { return };
        let before = std::mem::replace(at, value);
        let mut todo = std::mem::take(&mut self.todo);
        if (before > 0) != (value > 0) {
            todo.extend(self.member_of.get(item.0));
            for group in todo.drain(..) {
                if let Some(count) = self.counts.get_mut(group as usize) {
                    *count = if value > 0 { *count + 1 } else { count.saturating_sub(1) };
                }
                self.judge_count(group);
            }
        }
        let from = self.values_from.get(item.0 as usize).copied().unwrap_or(0);
        todo.extend(self.if_item.get(from + before));
        todo.extend(self.if_item.get(from + value));
        todo.extend(self.on_item.get(item.0));
        self.judge_rules(todo);
    }

    fn judge_rules(&mut self, mut todo: Vec<u32>) {
        for number in todo.drain(..) {
            self.judge_rule(number);
        }
        self.todo = todo;
    }

    fn judge_rule(&mut self, number: u32) {
        tick();
        let Some(rule) = self.problem.rules.get(number as usize) else { return };
        let applies = self.at.applies(&rule.when);
        if let Then::Holds(resource, holder) = &rule.then {
            self.claim(number, *resource, *holder, applies);
        }
        self.judge(Part::Rule(number), rule.statement, applies && !self.at.meets(&rule.then));
    }

    fn claim(&mut self, number: u32, resource: ResourceId, holder: ItemId, applies: bool) {
        let holders = self.holders.entry(resource).or_default();
        if applies {
            holders.entry(holder).or_default().insert(number);
        } else if let Some(rules) = holders.get_mut(&holder) {
            rules.remove(&number);
            if rules.is_empty() {
                holders.remove(&holder);
            }
        }
        if holders.len() > 1 {
            self.clashing.insert(resource);
        } else {
            self.clashing.remove(&resource);
        }
    }

    fn judge_count(&mut self, number: u32) {
        tick();
        let Some(group) = self.problem.groups.get(number as usize) else { return };
        if self.core.contains(&group.statement) {
            let is_kept = !self.at.is_part(GroupId(number)) || is_within(group, self.count(number));
            self.judge(Part::Count(number), group.statement, !is_kept);
        }
    }

    fn count(&self, group: u32) -> u32 {
        self.counts.get(group as usize).copied().unwrap_or(0)
    }

    fn judge(&mut self, part: Part, statement: StatementId, is_broken: bool) {
        if is_broken {
            if self.broken.insert(part) {
                *self.blamed.entry(statement).or_default() += 1;
            }
        } else if self.broken.remove(&part)
            && let Some(count) = self.blamed.get_mut(&statement)
        {
            *count -= 1;
            if *count == 0 {
                self.blamed.remove(&statement);
            }
        }
    }

    /// Looks at what is broken now: the statements that alone are to blame are needed. Gives the ways on from here.
    fn arrive(
        &mut self,
        needed: &mut BTreeSet<StatementId>,
        through: Option<Variable>,
        in_vain: u32,
    ) -> Option<Way> {
        let (part, to_blame) = self.to_blame()?;
        if to_blame.is_empty() {
            return None;
        }
        let mut is_new = false;
        for statement in to_blame {
            is_new |= needed.insert(statement);
        }
        let in_vain = if is_new { 0 } else { in_vain + 1 };
        if in_vain > IN_VAIN || !self.seen.insert((part, through.filter(|_| matches!(part, Part::Count(_)))))
        {
            return None;
        }
        Some(Way { changes: self.changes(part), taken: None, in_vain })
    }

    /// The first part that is broken, and every statement without which nothing would be.
    fn to_blame(&self) -> Option<(Part, Vec<StatementId>)> {
        let clash = self.clashing.first().and_then(|resource| {
            let mut rules = self.holders.get(resource)?.values().filter_map(BTreeSet::first);
            Some(Part::Clash(*rules.next()?, *rules.next()?))
        });
        let part = self.broken.first().copied().or(clash)?;
        let candidates: Vec<StatementId> = match (self.blamed.len(), part) {
            (0, Part::Clash(one, other)) => {
                [one, other].into_iter().filter_map(|number| self.statement(number)).collect()
            }
            (1, _) => self.blamed.keys().copied().collect(),
            _ => Vec::new(),
        };
        let heals =
            |statement: &StatementId| self.clashing.iter().all(|resource| self.shares(*resource, *statement));
        Some((part, candidates.into_iter().filter(heals).collect()))
    }

    /// Whether a resource has one holder if a statement is left out.
    fn shares(&self, resource: ResourceId, without: StatementId) -> bool {
        let holders = self.holders.get(&resource).into_iter().flatten();
        let stays = |number: &u32| self.statement(*number) != Some(without);
        holders.filter(|(_, rules)| rules.iter().any(stays)).count() < 2
    }

    fn statement(&self, rule: u32) -> Option<StatementId> {
        self.problem.rules.get(rule as usize).map(|rule| rule.statement)
    }
}

/// Who speaks of what.
struct Watch<'a> {
    problem: &'a Problem,
    at: &'a Assignment<'a>,
    values_from: &'a [u32],
    if_item: Vec<(u32, u32)>,
    on_item: Vec<(u32, u32)>,
    on_group: Vec<(u32, u32)>,
}

impl Watch<'_> {
    fn rule(&mut self, number: u32, rule: &Rule) {
        match &rule.when {
            When::Always => {}
            When::Item(item, set) => {
                let from = self.values_from.get(item.0 as usize).copied();
                let exist = set.iter().take_while(|candidate| *candidate < self.problem.candidates(*item));
                if let Some(from) = from {
                    self.if_item.extend(exist.map(|candidate| (from + candidate + 1, number)));
                }
            }
            When::TakesPart(group) => self.on_group.push((group.0, number)),
            When::Option(group, member) => {
                self.on_group.push((group.0, number));
                self.option(*group, *member, number);
            }
        }
        match &rule.then {
            Then::Present(item, _) | Then::AbsentOr(item, _) => self.on_item.push((item.0, number)),
            Then::TakesPart(group) => self.on_group.push((group.0, number)),
            Then::OneOf(group, members) | Then::AllOf(group, members) => {
                self.on_group.push((group.0, number));
                for member in members {
                    self.option(*group, *member, number);
                }
            }
            Then::AnyOf(alternatives) => {
                self.on_item.extend(alternatives.iter().map(|(item, _)| (item.0, number)));
            }
            Then::Holds(..) | Then::Never => {}
        }
    }

    fn option(&mut self, group: GroupId, member: Member, number: u32) {
        self.on_item.extend(self.at.option(group, member).map(|item| (item.0, number)));
    }
}

fn is_within(group: &Group, count: u32) -> bool {
    match group.count {
        Count::One => count == 1,
        Count::Between { min, max } => (min..=max).contains(&count),
    }
}

/// The changes of one value that could mend a part, the most promising first.
impl Walk<'_> {
    fn changes(&self, part: Part) -> Changes {
        let rule = |number: u32| self.problem.rules.get(number as usize);
        let mut these: Vec<Change> = match part {
            Part::Rule(number) => rule(number).map_or_else(Vec::new, |rule| {
                let mut changes = self.to_meet(&rule.then);
                changes.extend(self.to_escape(&rule.when));
                changes
            }),
            Part::Clash(one, other) => [one, other]
                .into_iter()
                .filter_map(rule)
                .flat_map(|rule| self.to_escape(&rule.when))
                .collect(),
            Part::Count(number) => return self.to_count(GroupId(number)),
        };
        these.retain(|(variable, value)| self.value(*variable) != *value);
        these.reverse();
        Changes::These(these)
    }

    /// The next change to try. Whatever was changed by the one before is taken back by now.
    fn next(&self, changes: &mut Changes) -> Option<Change> {
        let (group, too_few, tried, rest) = match changes {
            Changes::These(all) => return all.pop(),
            Changes::Options { group, too_few, tried, rest } => (*group, *too_few, tried, rest),
        };
        while rest.is_empty() {
            let item = *self.members_of(group.0).get(*tried)?;
            *tried += 1;
            if (self.at.value(item) == 0) == too_few {
                let most = if too_few { self.problem.candidates(item).min(VALUES.0 as u32) } else { 0 };
                let values = u32::from(too_few)..=most;
                rest.extend(values.rev().map(|value| (Variable::Item(item), value)));
            }
        }
        rest.pop()
    }

    fn to_escape(&self, when: &When) -> Vec<Change> {
        let out = |group: GroupId| (Variable::Group(group), 0);
        match when {
            When::Always => Vec::new(),
            When::Item(item, set) => {
                let few = Some(self.problem.candidates(*item)).filter(|all| *all as usize <= VALUES.0);
                let others = (0..few.unwrap_or(0)).filter(|candidate| !set.contains(*candidate));
                let others = others.map(|candidate| candidate + 1);
                [0].into_iter().chain(others).map(|value| (Variable::Item(*item), value)).collect()
            }
            When::TakesPart(group) => vec![out(*group)],
            When::Option(group, member) => {
                let item = self.at.option(*group, *member);
                item.map(|item| (Variable::Item(item), 0)).into_iter().chain([out(*group)]).collect()
            }
        }
    }

    fn to_meet(&self, then: &Then) -> Vec<Change> {
        let part = |group: GroupId| (Variable::Group(group), 1);
        let some = |item: ItemId| (0..self.problem.candidates(item)).take(VALUES.0);
        let be = |item: ItemId| move |candidate: u32| (Variable::Item(item), candidate + 1);
        match then {
            Then::Present(item, set) => self.within(*item, set).map(be(*item)).collect(),
            Then::AbsentOr(item, set) => {
                let few = Some(set).filter(|set| set.len() <= VALUES.0);
                let others = few.into_iter().flat_map(|set| self.within(*item, set)).map(be(*item));
                [(Variable::Item(*item), 0)].into_iter().chain(others).collect()
            }
            Then::TakesPart(group) => vec![part(*group)],
            Then::OneOf(group, members) | Then::AllOf(group, members) => {
                let items = members.iter().filter_map(|member| self.at.option(*group, *member));
                let missing = items.filter(|item| self.at.value(*item) == 0);
                [part(*group)].into_iter().chain(missing.flat_map(|item| some(item).map(be(item)))).collect()
            }
            Then::AnyOf(alternatives) => {
                let each = alternatives.iter();
                each.flat_map(|(item, set)| self.within(*item, set).take(VALUES.0).map(be(*item))).collect()
            }
            Then::Holds(..) | Then::Never => Vec::new(),
        }
    }

    fn to_count(&self, group: GroupId) -> Changes {
        let too_few = self.problem.groups.get(group.0 as usize).is_some_and(|of| match of.count {
            Count::One => self.count(group.0) == 0,
            Count::Between { min, .. } => self.count(group.0) < min,
        });
        // Who makes it take part is mostly few sentences, where the members can be hundreds.
        Changes::Options { group, too_few, tried: 0, rest: vec![(Variable::Group(group), 0)] }
    }

    /// The candidates of a set that exist.
    fn within<'s>(&self, item: ItemId, set: &'s CandidateSet) -> impl Iterator<Item = u32> + 's {
        let candidates = self.problem.candidates(item);
        set.iter().take_while(move |candidate| *candidate < candidates).take(VALUES.1)
    }
}
