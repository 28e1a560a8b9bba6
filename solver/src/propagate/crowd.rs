//! Whether everything that has to be there fits beside each other.
//!
//! Owns: the pigeonhole principle. *Demands* are what certainly holds (an item that has to be present, a group that
//! takes part, a rule with several ways to meet it), each with the *claims* of which it needs some; *slots* are what
//! the claims exclude each other from (a resource, a group that has a greatest number, candidates that exclude each
//! other pair by pair). No two demands share a claim, and each claim is counted in one slot, so that a flow from demands
//! to slots bounds what can be. Where it falls short, the demands that it can't serve and the slots that they are after
//! are the clash. Refuses: cutting single claims; a search does that.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Range;

use super::queue::Task;
use super::{Assumption, Bounds, Clash, FactId, GroupState, Part, Propagation, Reason};
use crate::bitset::{BitSet, Value};
use crate::fuel::tick;
use crate::problem::{GroupId, ItemId, StatementId, Then, When};

impl Propagation<'_> {
    /// Whether all that is certain fits beside each other; to be asked once [`Self::run`] is through. If so: one way
    /// to place what is after the same things, which need not be a solution.
    pub(crate) fn fits(&self) -> Result<Vec<Assumption>, Clash> {
        if !self.has_slots() {
            return Ok(Vec::new());
        }
        let mut crowd = Crowd { known: self, demands: Vec::new(), claims: Vec::new(), owned: HashMap::new() };
        crowd.gather();
        if crowd.demands.len() < 2 {
            return Ok(Vec::new());
        }
        let slots = crowd.slots();
        if slots.is_empty() {
            return Ok(Vec::new());
        }
        let mut flow = Flow::new(&crowd, &slots);
        match flow.run() {
            Some(clash) => Err(clash),
            None => Ok(flow.placed()),
        }
    }
}

impl Propagation<'_> {
    /// Whether anything is there that claims can exclude each other from.
    fn has_slots(&self) -> bool {
        let is_bounded = |group: &GroupState| (group.bounds.max as usize) < group.members.len();
        self.problem.resources > 0 || !self.watch.exclusions.is_empty() || self.groups.iter().any(is_bounded)
    }
}

/// Something that needs so many of its claims.
struct Demand {
    needs: usize,
    claims: Range<usize>,
    why: Reason,
}

/// One way to meet a demand (in part): the item is present in one of these values.
struct Claim {
    demand: usize,
    item: ItemId,
    values: BitSet,
}

/// What several claims exclude each other from.
struct Slot {
    /// How many claims it has room for.
    capacity: usize,
    /// The claims on it, ascending.
    claims: Vec<usize>,
    why: Limit,
}

/// Why a slot has no more room.
enum Limit {
    /// For every claim the sentence that makes it one on the slot (if it needs one), and what the slot itself rests on.
    Common(Vec<Option<StatementId>>, Reason),
    /// Each two exclude each other.
    Pairs,
}

struct Crowd<'a, 'p> {
    known: &'a Propagation<'p>,
    demands: Vec<Demand>,
    claims: Vec<Claim>,
    /// The claims on each item: no two demands share one.
    owned: HashMap<ItemId, Range<usize>>,
}

impl<'p> Crowd<'_, 'p> {
    fn gather(&mut self) {
        for item in &self.known.forced {
            self.item(*item);
        }
        for number in 0..self.known.groups.len() as u32 {
            self.group(GroupId(number));
        }
        for number in &self.known.watch.open_rules {
            self.rule(*number);
        }
    }

    /// An item that has to be present and is not decided: each value is a claim.
    fn item(&mut self, item: ItemId) {
        let Some(state) = self.known.state(item) else { return };
        let Some(forced) = state.forced.filter(|_| state.open.count() > 1) else { return };
        let claims = state.open.iter().map(|value| (item, BitSet::range(value, value))).collect();
        self.demand(1, claims, Reason::new([], [forced]).and(state.cut));
    }

    /// A group that takes part: its options that are not decided are claims.
    fn group(&mut self, group: GroupId) {
        let Part::Yes(part) = self.known.part(group) else { return };
        let Some(of) = self.known.groups.get(group.0 as usize) else { return };
        let mut why = Reason::new(of.statement, [part]);
        let (mut needs, mut claims) = (of.bounds.min as usize, Vec::new());
        for item in &of.members {
            let Some(state) = self.known.state(*item) else { continue };
            if state.is_forced() {
                needs = needs.saturating_sub(1);
            } else if !state.is_dead() {
                claims.push((*item, state.open.clone()));
            }
            why.facts.extend(state.cut);
        }
        self.demand(needs, claims, why);
    }

    /// A rule that applies and can be met in several ways.
    fn rule(&mut self, number: u32) {
        let known = self.known;
        let Some(rule) = known.problem.rules.get(number as usize) else { return };
        let Some(facts) = known.holds(&rule.when) else { return };
        let alternatives: Vec<(ItemId, BitSet)> = match &rule.then {
            Then::AnyOf(all) => all.iter().map(|(item, set)| (*item, known.values(*item, set))).collect(),
            Then::OneOf(group, members) => {
                let items = members.iter().filter_map(|member| known.option(*group, *member));
                items.map(|item| (item, known.all(item))).collect()
            }
            _ => return,
        };
        let mut why = Reason::new([rule.statement], facts);
        let mut claims: BTreeMap<ItemId, BitSet> = BTreeMap::new();
        for (item, values) in alternatives {
            let Some(state) = known.state(item) else { continue };
            why.facts.extend(state.cut);
            let open = state.open.and(&values);
            if open.count() > 0 {
                let claim = claims.entry(item).or_default();
                *claim = claim.or(&open);
            }
        }
        self.demand(1, claims.into_iter().collect(), why);
    }

    /// Adds a demand, unless what other demands have claims on could meet it too.
    fn demand(&mut self, needs: usize, claims: Vec<(ItemId, BitSet)>, why: Reason) {
        let is_taken = |(item, _): &&(ItemId, BitSet)| self.owned.contains_key(item);
        let needs = needs.saturating_sub(claims.iter().filter(is_taken).count());
        if needs == 0 {
            return;
        }
        let (demand, first) = (self.demands.len(), self.claims.len());
        self.claims.extend(claims.into_iter().filter(|(item, _)| !self.owned.contains_key(item)).map(
            |(item, values)| {
                tick();
                Claim { demand, item, values }
            },
        ));
        for index in first..self.claims.len() {
            if let Some(claim) = self.claims.get(index) {
                self.owned.entry(claim.item).or_insert(index..index).end = index + 1;
            }
        }
        self.demands.push(Demand { needs, claims: first..self.claims.len(), why });
    }

    /// Every slot that claims of several demands are after, each claim in the one that most are after.
    fn slots(&self) -> Vec<Slot> {
        let mut slots = self.resources();
        slots.extend(self.groups());
        slots.extend(self.cliques());
        slots.retain(|slot| self.demands_of(slot) > 1);
        let mut best: Vec<Option<(usize, usize)>> = vec![None; self.claims.len()];
        for (number, slot) in slots.iter().enumerate() {
            let many = self.demands_of(slot);
            for claim in &slot.claims {
                if let Some(best) = best.get_mut(*claim)
                    && best.is_none_or(|(most, _)| most < many)
                {
                    *best = Some((many, number));
                }
            }
        }
        for (number, slot) in slots.iter_mut().enumerate() {
            let is_best =
                |claim: &usize| best.get(*claim).copied().flatten().is_some_and(|(_, of)| of == number);
            if let Limit::Common(statements, _) = &mut slot.why {
                let mut claims = slot.claims.iter();
                statements.retain(|_| claims.next().is_some_and(is_best));
            }
            slot.claims.retain(is_best);
        }
        slots.retain(|slot| self.demands_of(slot) > 1);
        slots
    }

    fn demands_of(&self, slot: &Slot) -> usize {
        let mut demands: Vec<usize> = slot.claims.iter().map(|claim| self.claims[*claim].demand).collect();
        demands.dedup();
        demands.len()
    }

    /// The rules on an item that each of these values meets.
    fn rules_for(&self, claim: &Claim) -> impl Iterator<Item = (&'p Then, StatementId)> {
        let problem = self.known.problem;
        let rules = self.known.watch.rules_on.get(claim.item.0).iter();
        let rules = rules.filter_map(|number| problem.rules.get(*number as usize));
        rules.filter_map(|rule| match &rule.when {
            When::Item(_, set) if claim.values.iter().all(|value| set.contains(value - 1)) => {
                Some((&rule.then, rule.statement))
            }
            _ => None,
        })
    }

    /// What can have one holder only. Only who holds it in his own name counts, since no two demands share an item.
    fn resources(&self) -> Vec<Slot> {
        let mut slots: BTreeMap<u32, (Vec<usize>, Vec<Option<StatementId>>)> = BTreeMap::new();
        if self.known.problem.resources == 0 {
            return Vec::new();
        }
        for (number, claim) in self.claims.iter().enumerate() {
            for (then, statement) in self.rules_for(claim) {
                tick();
                if let Then::Holds(resource, holder) = then
                    && *holder == claim.item
                {
                    let (claims, statements) = slots.entry(resource.0).or_default();
                    if claims.last() != Some(&number) {
                        claims.push(number);
                        statements.push(Some(statement));
                    }
                }
            }
        }
        let slot = |(claims, statements)| Slot {
            capacity: 1,
            claims,
            why: Limit::Common(statements, Reason::default()),
        };
        slots.into_values().map(slot).collect()
    }

    /// The groups that have a greatest number and take part if a claim on them is met.
    fn groups(&self) -> Vec<Slot> {
        let mut slots: BTreeMap<u32, (Vec<usize>, Vec<Option<StatementId>>)> = BTreeMap::new();
        for (number, claim) in self.claims.iter().enumerate() {
            if self.known.state(claim.item).is_none_or(super::ItemState::is_forced) {
                continue;
            }
            for task in self.known.watch.of_item.get(claim.item.0) {
                let Task::Group(group) = task else { continue };
                tick();
                let statement = match self.known.part(GroupId(*group)) {
                    Part::Yes(_) => None,
                    Part::No(_) => continue,
                    Part::Open => match self.brings(claim, GroupId(*group)) {
                        None => continue,
                        statement => statement,
                    },
                };
                let (claims, statements) = slots.entry(*group).or_default();
                if claims.last() != Some(&number) {
                    claims.push(number);
                    statements.push(statement);
                }
            }
        }
        slots
            .into_iter()
            .filter_map(|(group, (claims, statements))| self.limit(group, claims, statements))
            .collect()
    }

    /// The sentence by which a claim makes a group take part, if there is one.
    fn brings(&self, claim: &Claim, group: GroupId) -> Option<StatementId> {
        let brings = |then: &Then| match then {
            Then::TakesPart(of) | Then::OneOf(of, _) | Then::AllOf(of, _) => *of == group,
            _ => false,
        };
        self.rules_for(claim).find(|(then, _)| brings(then)).map(|(_, statement)| statement)
    }

    fn limit(&self, group: u32, claims: Vec<usize>, statements: Vec<Option<StatementId>>) -> Option<Slot> {
        let of = self.known.groups.get(group as usize)?;
        let Bounds { max, .. } = of.bounds;
        let forced: Vec<FactId> =
            of.members.iter().filter_map(|item| self.known.state(*item)?.forced).collect();
        let capacity = (max as usize).saturating_sub(forced.len());
        if capacity >= claims.len() {
            return None;
        }
        let part = match self.known.part(GroupId(group)) {
            Part::Yes(part) => Some(part),
            Part::Open | Part::No(_) => None,
        };
        let why = Reason::new(of.statement, forced).and(part);
        Some(Slot { capacity, claims, why: Limit::Common(statements, why) })
    }

    /// For every claim the claims of other demands that it excludes, ascending, each with the sentence that says so.
    fn pairs(&self) -> Vec<Vec<(usize, StatementId)>> {
        let mut pairs: Vec<Vec<(usize, StatementId)>> = Vec::new();
        let problem = self.known.problem;
        for number in &self.known.watch.exclusions {
            let Some(rule) = problem.rules.get(*number as usize) else { continue };
            let (When::Item(one, here), Then::AbsentOr(other, there)) = (&rule.when, &rule.then) else {
                continue;
            };
            let (Some(ones), Some(others)) = (self.owned.get(one), self.owned.get(other)) else { continue };
            if self.claims[ones.start].demand == self.claims[others.start].demand {
                continue;
            }
            let meets = |value: Value| here.contains(value - 1);
            let ones = ones.clone().filter(|claim| self.claims[*claim].values.iter().all(meets));
            let others: Vec<usize> = {
                let left = |value: Value| there.contains(value - 1);
                others.clone().filter(|claim| !self.claims[*claim].values.iter().any(left)).collect()
            };
            for one in ones {
                for other in &others {
                    tick();
                    pairs.resize_with(self.claims.len(), Vec::new);
                    pairs[one].push((*other, rule.statement));
                    pairs[*other].push((one, rule.statement));
                }
            }
        }
        for of in &mut pairs {
            of.sort_by_key(|(other, _)| *other);
            of.dedup_by_key(|(other, _)| *other);
        }
        pairs
    }

    /// Sets of claims that exclude each other pair by pair, found greedily.
    fn cliques(&self) -> Vec<Slot> {
        let pairs = self.pairs();
        let mut is_in = vec![false; pairs.len()];
        let mut slots = Vec::new();
        for first in 0..pairs.len() {
            let mut left: Vec<usize> =
                pairs[first].iter().map(|(other, _)| *other).filter(|other| !is_in[*other]).collect();
            if is_in[first] || left.is_empty() {
                continue;
            }
            let mut clique = vec![first];
            while let Some(next) =
                left.iter().copied().max_by_key(|one| (pairs[*one].len(), usize::MAX - one))
            {
                tick();
                clique.push(next);
                left.retain(|one| pairs[next].binary_search_by_key(one, |(other, _)| *other).is_ok());
            }
            for claim in &clique {
                is_in[*claim] = true;
            }
            clique.sort_unstable();
            slots.push(Slot { capacity: 1, claims: clique, why: Limit::Pairs });
        }
        slots
    }
}

/// A flow from demands over their claims to slots, made as large as it goes.
struct Flow<'a, 'p> {
    crowd: &'a Crowd<'a, 'p>,
    slots: &'a [Slot],
    /// By claim: its slot; a claim without one can always be met, and is taken last.
    slot_of: Vec<Option<usize>>,
    /// By claim: whether the flow takes it.
    is_used: Vec<bool>,
    /// By slot: the claims that the flow takes.
    users: Vec<Vec<usize>>,
}

/// A step of a way: a demand is reached because it could give up one claim for what another demand claims.
#[derive(Clone, Copy)]
struct Step {
    takes: usize,
    gives_up: usize,
}

impl<'a, 'p> Flow<'a, 'p> {
    fn new(crowd: &'a Crowd<'a, 'p>, slots: &'a [Slot]) -> Self {
        let mut slot_of = vec![None; crowd.claims.len()];
        for (number, slot) in slots.iter().enumerate() {
            for claim in &slot.claims {
                slot_of[*claim] = Some(number);
            }
        }
        let is_used = vec![false; crowd.claims.len()];
        Self { crowd, slots, slot_of, is_used, users: vec![Vec::new(); slots.len()] }
    }

    /// The clash, if not all demands can be served.
    fn run(&mut self) -> Option<Clash> {
        let crowd = self.crowd;
        for (number, demand) in crowd.demands.iter().enumerate() {
            if demand.claims.clone().all(|claim| self.slot_of[claim].is_none()) {
                continue;
            }
            for _ in 0..demand.needs {
                if let Err(reached) = self.serve(number) {
                    return Some(self.clash(&reached));
                }
            }
        }
        None
    }

    /// What the flow takes.
    fn placed(&self) -> Vec<Assumption> {
        let claims = self.crowd.claims.iter().zip(&self.is_used).filter(|(_, is_used)| **is_used);
        claims.map(|(claim, _)| Assumption::Present(claim.item, claim.values.clone())).collect()
    }

    /// Serves a demand with one more claim, or says which demands want all that it could have.
    fn serve(&mut self, root: usize) -> Result<(), Vec<usize>> {
        let mut ways: HashMap<usize, Option<Step>> = HashMap::from([(root, None)]);
        let mut is_seen = vec![false; self.slots.len()];
        let mut todo = VecDeque::from([root]);
        let mut reached = Vec::new();
        while let Some(demand) = todo.pop_front() {
            reached.push(demand);
            for claim in self.crowd.demands[demand].claims.clone() {
                tick();
                let Some(slot) = self.slot_of[claim].filter(|_| !self.is_used[claim]) else { continue };
                if std::mem::replace(&mut is_seen[slot], true) {
                    continue;
                }
                if self.users[slot].len() < self.slots[slot].capacity {
                    self.take(claim, &ways);
                    return Ok(());
                }
                for user in &self.users[slot] {
                    let other = self.crowd.claims[*user].demand;
                    ways.entry(other).or_insert_with(|| {
                        todo.push_back(other);
                        Some(Step { takes: claim, gives_up: *user })
                    });
                }
            }
        }
        // Where slots do not suffice, what needs none.
        let claims = reached.iter().flat_map(|demand| self.crowd.demands[*demand].claims.clone());
        let mut free = claims.filter(|claim| self.slot_of[*claim].is_none() && !self.is_used[*claim]);
        match free.next() {
            Some(claim) => {
                self.take(claim, &ways);
                Ok(())
            }
            None => Err(reached),
        }
    }

    /// Takes a claim on a slot with room, and moves the others along the way to it.
    fn take(&mut self, mut claim: usize, ways: &HashMap<usize, Option<Step>>) {
        loop {
            self.is_used[claim] = true;
            if let Some(slot) = self.slot_of[claim] {
                self.users[slot].push(claim);
            }
            let demand = self.crowd.claims[claim].demand;
            let Some(Some(step)) = ways.get(&demand) else { return };
            self.is_used[step.gives_up] = false;
            if let Some(slot) = self.slot_of[step.gives_up] {
                self.users[slot].retain(|user| *user != step.gives_up);
            }
            claim = step.takes;
        }
    }

    /// The demands that were reached want more than the slots they were after have room for.
    fn clash(&self, reached: &[usize]) -> Clash {
        let crowd = self.crowd;
        let mut reason = Reason::default();
        let mut is_wanted = vec![false; self.slots.len()];
        let mut is_after = vec![false; crowd.claims.len()];
        for demand in reached.iter().map(|number| &crowd.demands[*number]) {
            reason.statements.extend(&demand.why.statements);
            reason.facts.extend(&demand.why.facts);
            for claim in demand.claims.clone() {
                is_after[claim] = true;
                reason.facts.extend(crowd.known.state(crowd.claims[claim].item).and_then(|state| state.cut));
                if let Some(slot) = self.slot_of[claim].filter(|_| !self.is_used[claim]) {
                    is_wanted[slot] = true;
                }
            }
        }
        let mut pairs = None;
        for (slot, _) in self.slots.iter().zip(&is_wanted).filter(|(_, wanted)| **wanted) {
            match &slot.why {
                Limit::Common(statements, of_slot) => {
                    let after = slot.claims.iter().zip(statements).filter(|(claim, _)| is_after[**claim]);
                    reason.statements.extend(after.filter_map(|(_, statement)| *statement));
                    reason.statements.extend(&of_slot.statements);
                    reason.facts.extend(&of_slot.facts);
                }
                Limit::Pairs => {
                    let pairs = pairs.get_or_insert_with(|| crowd.pairs());
                    for claim in slot.claims.iter().filter(|claim| is_after[**claim]) {
                        let others = pairs[*claim].iter().filter(|(other, _)| {
                            is_after[*other] && slot.claims.binary_search(other).is_ok()
                        });
                        reason.statements.extend(others.map(|(_, statement)| *statement));
                    }
                }
            }
        }
        Clash(reason)
    }
}
