//! The steps of the propagation: what one rule, one group, one item implies at the moment.
//!
//! Owns: the reading of the vocabulary in both directions: what holds must be met, and what can't be met can't hold.
//! Refuses: keeping facts; the parent does.

use std::collections::BTreeMap;

use super::queue::Task;
use super::{Bounds, Clash, FactId, Outcome, Part, Propagation, Reason};
use crate::bitset::{BitSet, Value};
use crate::fuel::tick;
use crate::problem::{CandidateSet, GroupId, ItemId, Member, ResourceId, StatementId, Subject, Then, When};

impl Propagation<'_> {
    /// A rule: if it applies, it is enforced; if it can't be met, it can't apply.
    pub(super) fn rule(&mut self, number: u32) -> Outcome {
        let problem = self.problem;
        let Some(rule) = problem.rules.get(number as usize) else { return Ok(()) };
        // Mostly nothing follows, and a look at both sides says so.
        if self.is_met(&rule.then) || self.is_out(&rule.when) {
            return Ok(());
        }
        if let Some(facts) = self.holds(&rule.when) {
            self.enforce(&rule.then, Reason::new([rule.statement], facts))
        } else if let Some(facts) = self.impossible(&rule.then) {
            self.deny(&rule.when, Reason::new([rule.statement], facts))
        } else {
            Ok(())
        }
    }

    /// Whether a demand is met in any case.
    fn is_met(&self, then: &Then) -> bool {
        match then {
            Then::Present(item, set) => self.state(*item).is_some_and(|state| {
                state.is_forced() && state.open.and(&self.values(*item, set)) == state.open
            }),
            Then::AbsentOr(item, set) => self.state(*item).is_none_or(|state| {
                !state.is_dead() && state.open.and(&self.values(*item, set)) == state.open
            }),
            Then::TakesPart(group) => matches!(self.part(*group), Part::Yes(_)),
            Then::OneOf(..) | Then::AllOf(..) | Then::AnyOf(_) | Then::Holds(..) | Then::Never => false,
        }
    }

    /// Whether a condition can't hold any more.
    fn is_out(&self, when: &When) -> bool {
        match when {
            When::Item(item, set) => {
                self.state(*item).is_some_and(|state| state.open.and(&self.values(*item, set)).count() == 0)
            }
            When::TakesPart(group) => matches!(self.part(*group), Part::No(_)),
            When::Always | When::Option(..) => false,
        }
    }

    /// Why a condition holds, if it does.
    pub(super) fn holds(&self, when: &When) -> Option<Vec<FactId>> {
        match when {
            When::Always => Some(Vec::new()),
            When::Item(item, set) => {
                let state = self.state(*item)?;
                let forced = state.forced?;
                let values = self.values(*item, set);
                if state.open.and(&values) != state.open {
                    return None;
                }
                // That other candidates have fallen matters only if they would not do.
                let cut = if values.count() == self.problem.candidates(*item) { None } else { state.cut };
                Some([forced].into_iter().chain(cut).collect())
            }
            When::TakesPart(group) => match self.part(*group) {
                Part::Yes(fact) => Some(vec![fact]),
                Part::Open | Part::No(_) => None,
            },
            When::Option(group, member) => match self.part(*group) {
                Part::Yes(fact) => {
                    let state = self.state(self.option(*group, *member)?)?;
                    Some(vec![fact, state.forced?])
                }
                Part::Open | Part::No(_) => None,
            },
        }
    }

    /// Why a demand can't be met, if it can't.
    fn impossible(&self, then: &Then) -> Option<Vec<FactId>> {
        match then {
            Then::Present(item, set) => self.fallen(*item, set),
            Then::AbsentOr(item, set) => {
                let forced = self.state(*item)?.forced?;
                Some(self.fallen(*item, set)?.into_iter().chain([forced]).collect())
            }
            Then::TakesPart(group) => self.not_part(*group),
            Then::OneOf(group, members) => self.not_part(*group).or_else(|| {
                let each = members.iter().map(|member| self.dead(*group, *member));
                each.collect::<Option<Vec<_>>>().map(|facts| facts.concat())
            }),
            Then::AllOf(group, members) => {
                self.not_part(*group).or_else(|| members.iter().find_map(|member| self.dead(*group, *member)))
            }
            Then::AnyOf(alternatives) => {
                let each = alternatives.iter().map(|(item, set)| self.fallen(*item, set));
                each.collect::<Option<Vec<_>>>().map(|facts| facts.concat())
            }
            Then::Holds(resource, holder) => {
                if resource.0 >= self.problem.resources {
                    return Some(Vec::new());
                }
                self.held(*resource).filter(|(other, _)| other != holder).map(|(_, fact)| vec![fact])
            }
            Then::Never => Some(Vec::new()),
        }
    }

    /// Why the group does not take part, if it doesn't.
    fn not_part(&self, group: GroupId) -> Option<Vec<FactId>> {
        match self.part(group) {
            Part::No(fact) => Some(vec![fact]),
            Part::Open | Part::Yes(_) => None,
        }
    }

    /// Why the item can't be present in any candidate of a set, if it can't.
    fn fallen(&self, item: ItemId, set: &CandidateSet) -> Option<Vec<FactId>> {
        let Some(state) = self.state(item) else { return Some(Vec::new()) };
        (state.open.and(&self.values(item, set)).count() == 0).then(|| state.cut.into_iter().collect())
    }

    /// Why the option can't be present, if it can't.
    fn dead(&self, group: GroupId, member: Member) -> Option<Vec<FactId>> {
        let Some(state) = self.option(group, member).and_then(|item| self.state(item)) else {
            return Some(Vec::new());
        };
        state.is_dead().then(|| state.cut.into_iter().collect())
    }

    pub(super) fn values(&self, item: ItemId, set: &CandidateSet) -> BitSet {
        set.values(self.problem.candidates(item))
    }

    pub(super) fn all(&self, item: ItemId) -> BitSet {
        BitSet::range(1, self.problem.candidates(item))
    }

    pub(super) fn enforce(&mut self, then: &Then, reason: Reason) -> Outcome {
        match then {
            Then::Present(item, set) => {
                self.cut(*item, &self.values(*item, set), reason.clone())?;
                self.force(*item, reason)
            }
            Then::AbsentOr(item, set) => self.cut(*item, &self.values(*item, set), reason),
            Then::TakesPart(group) => self.takes_part(*group, reason),
            Then::OneOf(group, members) => self.enforce_one_of(*group, members, reason),
            Then::AllOf(group, members) => {
                self.takes_part(*group, reason.clone())?;
                for member in members {
                    match self.option(*group, *member) {
                        Some(item) => self.force(item, reason.clone())?,
                        None => return Err(Clash(reason)),
                    }
                }
                Ok(())
            }
            Then::AnyOf(alternatives) => {
                let alternatives: Vec<(ItemId, BitSet)> =
                    alternatives.iter().map(|(item, set)| (*item, self.values(*item, set))).collect();
                self.enforce_any(&alternatives, reason)
            }
            Then::Holds(resource, holder) => self.hold(*resource, *holder, reason),
            Then::Never => Err(Clash(reason)),
        }
    }

    fn enforce_one_of(&mut self, group: GroupId, members: &[Member], reason: Reason) -> Outcome {
        self.takes_part(group, reason.clone())?;
        let named: Vec<ItemId> = members.iter().filter_map(|member| self.option(group, *member)).collect();
        self.choose(group, &named, reason)
    }

    /// At least one of these options of a group that takes part is present.
    fn choose(&mut self, group: GroupId, named: &[ItemId], reason: Reason) -> Outcome {
        let alternatives: Vec<(ItemId, BitSet)> = named.iter().map(|item| (*item, self.all(*item))).collect();
        self.enforce_any(&alternatives, reason.clone())?;
        // With exactly one, all others are out.
        let Some((true, statement)) =
            self.groups.get(group.0 as usize).map(|state| (state.bounds.one, state.statement))
        else {
            return Ok(());
        };
        let mut others = self.members(group);
        others.retain(|item| !named.contains(item));
        if others.is_empty() {
            return Ok(());
        }
        let chosen = self.fact(reason);
        others
            .into_iter()
            .try_for_each(|item| self.cut(item, &BitSet::none(), Reason::new(statement, [chosen])))
    }

    /// At least one of the alternatives: the last that is left has to be.
    fn enforce_any(&mut self, alternatives: &[(ItemId, BitSet)], reason: Reason) -> Outcome {
        let mut left: Option<(ItemId, BitSet)> = None;
        let mut facts = Vec::new();
        for (item, values) in alternatives {
            let Some(state) = self.state(*item) else { continue };
            if state.open.and(values).count() == 0 {
                facts.extend(state.cut);
            } else {
                // The same item twice: what it may be is what either allows.
                left = match left {
                    None => Some((*item, values.clone())),
                    Some((other, before)) if other == *item => Some((other, before.or(values))),
                    Some(_) => return Ok(()),
                };
            }
        }
        let reason = reason.and(facts);
        let Some((item, values)) = left else { return Err(Clash(reason)) };
        self.cut(item, &values, reason.clone())?;
        self.force(item, reason)
    }

    /// The condition of a rule that can't be met can't hold.
    pub(super) fn deny(&mut self, when: &When, reason: Reason) -> Outcome {
        match when {
            When::Always => Err(Clash(reason)),
            When::Item(item, set) => {
                let values = self.values(*item, set);
                let rest = self.all(*item).iter().filter(|value| !values.has(*value)).collect();
                self.cut(*item, &rest, reason)
            }
            When::TakesPart(group) => self.no_part(*group, reason),
            When::Option(group, member) => {
                let Some(item) = self.option(*group, *member) else { return Ok(()) };
                match (self.part(*group), self.state(item).and_then(|state| state.forced)) {
                    (Part::Yes(part), _) => self.cut(item, &BitSet::none(), reason.and([part])),
                    (Part::Open, Some(forced)) => self.no_part(*group, reason.and([forced])),
                    (Part::Open, None) | (Part::No(_), _) => Ok(()),
                }
            }
        }
    }

    /// For each rule that something bears on, applies and can be met in several ways: these ways.
    pub(crate) fn open_ways(&self, subject: Subject) -> Vec<Vec<(ItemId, BitSet)>> {
        let tasks = match subject {
            Subject::Item(item) => self.watch.of_item.get(item.0),
            Subject::Group(group) => self.watch.of_group.get(group.0),
        };
        let mut all = Vec::new();
        for task in tasks {
            let Task::Rule(number) = task else { continue };
            let Some(rule) = self.problem.rules.get(*number as usize) else { continue };
            let ways: Vec<(ItemId, BitSet)> = match &rule.then {
                Then::AnyOf(ways) => {
                    ways.iter().map(|(item, set)| (*item, self.values(*item, set))).collect()
                }
                Then::OneOf(group, members) => {
                    let items = members.iter().filter_map(|member| self.option(*group, *member));
                    items.map(|item| (item, self.all(item))).collect()
                }
                _ => continue,
            };
            if self.holds(&rule.when).is_some() {
                all.push(ways);
            }
        }
        all
    }

    /// Every value of an item.
    pub(crate) fn every(&self, item: ItemId) -> BitSet {
        self.all(item)
    }

    /// A group: how many options are forced and how many are left, against its bounds.
    pub(super) fn group(&mut self, group: GroupId) -> Outcome {
        let Some(state) = self.groups.get(group.0 as usize) else { return Ok(()) };
        let (Bounds { min, max, .. }, statement, part) = (state.bounds, state.statement, state.part);
        if matches!(part, Part::No(_)) {
            return Ok(());
        }
        // Mostly nothing follows, and the counts alone say so.
        let alive = (state.members.len() as u32).saturating_sub(state.dead);
        let is_open = alive > state.sure && matches!(part, Part::Yes(_));
        let is_at_a_bound = is_open && (state.sure == max || alive == min);
        if state.sure <= max && alive >= min && !is_at_a_bound {
            return Ok(());
        }
        // Looking at all members of a large group is as much work as so many rules.
        state.members.iter().step_by(4).for_each(|_| tick());
        let (mut forced, mut dead, mut open) = (Vec::new(), Vec::new(), Vec::new());
        for item in self.members(group) {
            match self.state(item) {
                Some(state) if state.is_dead() => dead.push(state.cut),
                Some(state) => match state.forced {
                    Some(fact) => forced.push(fact),
                    None => open.push(item),
                },
                None => dead.push(None),
            }
        }
        let alive = (forced.len() + open.len()) as u32;
        if forced.len() as u32 > max {
            let too_many = forced.into_iter().take(max as usize + 1);
            return self.no_part(group, Reason::new(statement, too_many));
        }
        if alive < min {
            // As many of the dead as leave one too few; the others need no mention.
            let enough = (dead.len() + alive as usize + 1).saturating_sub(min as usize);
            let reasons = dead.into_iter().take(enough).flatten();
            return self.no_part(group, Reason::new(statement, reasons));
        }
        let Part::Yes(part) = part else { return Ok(()) };
        if open.is_empty() {
            return Ok(());
        }
        if forced.len() as u32 == max {
            let full = self.fact(Reason::new(statement, forced).and([part]));
            return open
                .into_iter()
                .try_for_each(|item| self.cut(item, &BitSet::none(), Reason::new([], [full])));
        }
        if alive == min {
            let scarce = self.fact(Reason::new(statement, dead.into_iter().flatten()).and([part]));
            return open.into_iter().try_for_each(|item| self.force(item, Reason::new([], [scarce])));
        }
        Ok(())
    }

    /// An assumed wish.
    pub(super) fn wish(&mut self, wish: u32) -> Outcome {
        let Some((group, items)) = self.wishes.get(wish as usize).cloned() else { return Ok(()) };
        match self.part(group) {
            Part::Yes(part) => self.choose(group, &items, Reason::new([], [part])),
            Part::Open => {
                let states = items.iter().map(|item| self.state(*item));
                let dead = states.map(|state| match state {
                    Some(state) => state.is_dead().then_some(state.cut),
                    None => Some(None),
                });
                match dead.collect::<Option<Vec<_>>>() {
                    Some(cuts) => self.no_part(group, Reason::new([], cuts.into_iter().flatten())),
                    None => Ok(()),
                }
            }
            Part::No(_) => Ok(()),
        }
    }

    /// An item with several rules: what all of its remaining candidates agree on.
    pub(super) fn union(&mut self, item: ItemId) -> Outcome {
        let Some(state) = self.state(item) else { return Ok(()) };
        let (Some(forced), cut, open) = (state.forced, state.cut, state.open.clone()) else { return Ok(()) };
        if open.count() < 2 {
            return Ok(());
        }
        for ((resource, holder), agreed) in self.agreed_holders(item) {
            if open.and(&agreed.values) == open {
                self.hold(resource, holder, Reason::new(agreed.statements, [forced]).and(cut))?;
            }
        }
        for (target, agreed) in self.agreed(item, &open) {
            let reason = Reason::new(agreed.statements, [forced]).and(cut);
            self.cut(target, &agreed.values, reason.clone())?;
            if !agreed.values.has(0) {
                self.force(target, reason)?;
            }
        }
        Ok(())
    }

    /// Where several rules on an item name the same holder of a resource: the candidates in which they do.
    fn agreed_holders(&self, item: ItemId) -> BTreeMap<(ResourceId, ItemId), Agreed> {
        let mut agreed: BTreeMap<(ResourceId, ItemId), Agreed> = BTreeMap::new();
        for number in self.watch.rules_on.get(item.0) {
            let Some(rule) = self.problem.rules.get(*number as usize) else { continue };
            if let (When::Item(_, set), Then::Holds(resource, holder)) = (&rule.when, &rule.then) {
                let agreed = agreed.entry((*resource, *holder)).or_default();
                agreed.values = agreed.values.or(&self.values(item, set));
                agreed.statements.push(rule.statement);
            }
        }
        agreed.retain(|_, agreed| agreed.statements.len() > 1);
        agreed
    }

    fn agreed(&self, item: ItemId, open: &BitSet) -> BTreeMap<ItemId, Agreed> {
        let mut by_target: BTreeMap<ItemId, Vec<(BitSet, BitSet, StatementId)>> = BTreeMap::new();
        for number in self.watch.rules_on.get(item.0) {
            let Some(rule) = self.problem.rules.get(*number as usize) else { continue };
            let When::Item(_, set) = &rule.when else { continue };
            let (target, values) = match &rule.then {
                Then::Present(target, values) => (*target, self.values(*target, values)),
                Then::AbsentOr(target, values) => (*target, self.values(*target, values).with(0)),
                _ => continue,
            };
            if target != item {
                by_target.entry(target).or_default().push((self.values(item, set), values, rule.statement));
            }
        }
        by_target.retain(|_, rules| rules.len() > 1);
        let of = |(target, rules): (ItemId, Vec<(BitSet, BitSet, StatementId)>)| {
            let every = BitSet::range(0, self.problem.candidates(target));
            let of_value = |value: Value| {
                let bound = rules.iter().filter(|(when, ..)| when.has(value));
                bound.fold(every.clone(), |rest, (_, values, _)| rest.and(values))
            };
            let values = open.iter().map(of_value).fold(BitSet::none(), |all, one| all.or(&one));
            (target, Agreed { values, statements: rules.iter().map(|(.., statement)| *statement).collect() })
        };
        by_target.into_iter().map(of).collect()
    }
}

/// What several candidates of an item say of another one.
#[derive(Default)]
struct Agreed {
    values: BitSet,
    statements: Vec<StatementId>,
}
