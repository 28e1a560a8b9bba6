//! A problem as clauses.
//!
//! Owns: the meaning of the literals, and the way back from their values to those of [`crate::encode`]'s variables.
//! Refuses: searching, and reasons: what these clauses allow may hold things that nothing asks for.
//!
//! | literal | meaning |
//! | --- | --- |
//! | one for each item | it is present |
//! | one for each candidate of an item, where there are several | the item is present in it; of one item at most one |
//! | one for each group | it takes part |
//! | one for each item that rules name as the holder of a resource | it holds it; of one resource at most one |
//! | one for each set of candidates that a rule names | the item is present in one of them |
//! | one for each statement, where a core is wanted | it is to be kept |
//!
//! What is known already is folded in, unless a core is wanted: a core is made of statements, not of what follows from
//! them. What nothing can lead to is left out either way.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::clauses::{Clauses, Literal, Verdict};
use super::count::{at_least, at_most, more_than};
use crate::bitset::{BitSet, Value};
use crate::encode::{FREE, Shape, Variable, World, counted};
use crate::fuel::{Stop, within};
use crate::problem::{
    Candidate, CandidateSet, Group, GroupId, ItemId, ResourceId, Rule, StatementId, Then, When,
};
use crate::propagate::{Assumption, Part, Propagation};
use crate::provider::Model;
use crate::solution::{Engine, Selection};

/// The clauses of a problem (or of a part of it: the sentences that are kept).
pub(crate) struct Formula<'a, 'p> {
    world: &'a World<'p>,
    clauses: Clauses,
    items: Vec<Choices>,
    groups: Vec<Literal>,
    holders: BTreeMap<(ResourceId, ItemId), Literal>,
    sets: HashMap<(u32, BitSet), Literal>,
    /// Where a core is wanted: by statement, whether it is to be kept.
    selectors: Option<BTreeMap<StatementId, Literal>>,
    /// Those that are kept for good, and have no selector any more.
    settled: BTreeSet<StatementId>,
    /// By group: literals of which number `k` holds if more than `k` of the open options are present.
    counters: BTreeMap<GroupId, Vec<Literal>>,
}

/// The literals of an item.
struct Choices {
    present: Literal,
    /// The values that are left.
    open: BitSet,
    /// By candidate.
    values: Vec<Literal>,
}

impl<'a, 'p> Formula<'a, 'p> {
    /// What is left of a problem once `known` is folded in.
    pub(crate) fn of_rest(
        world: &'a World<'p>,
        known: &Propagation<'p>,
        fuel: &mut u64,
    ) -> Result<Self, Stop> {
        within(fuel, || Self::new(world, Some(known), false))
    }

    /// The statements of a problem, each of which can be left out.
    pub(crate) fn of_statements(world: &'a World<'p>, fuel: &mut u64) -> Result<Self, Stop> {
        within(fuel, || Self::new(world, None, true))
    }

    /// Whether there is a model under assumptions.
    pub(crate) fn solve(&mut self, assumptions: &[Literal], fuel: &mut u64) -> Result<Verdict, Stop> {
        within(fuel, || self.clauses.solve(assumptions))?
    }

    /// Says for good of some statements that they are kept, and of all that are not in `core` that they are not. What
    /// is assumed no more is in no clause that is learnt: the fewer assumptions, the shorter these are.
    pub(crate) fn settle(
        &mut self,
        core: &BTreeSet<StatementId>,
        needed: &BTreeSet<StatementId>,
        fuel: &mut u64,
    ) -> Result<(), Stop> {
        let (clauses, settled) = (&mut self.clauses, &mut self.settled);
        let Some(selectors) = self.selectors.as_mut() else { return Ok(()) };
        within(fuel, || {
            selectors.retain(|statement, selector| {
                let is_needed = needed.contains(statement);
                if is_needed {
                    settled.insert(*statement);
                    clauses.add([*selector]);
                } else if !core.contains(statement) {
                    clauses.add([!*selector]);
                } else {
                    return true;
                }
                false
            });
        })
    }

    /// Those of the statements that can't hold together, if they can't. They are assumed in their order or the last
    /// first: what is assumed early is more often in what is found. Those that are settled as kept are among them.
    pub(crate) fn refute(
        &mut self,
        kept: &BTreeSet<StatementId>,
        last_first: bool,
        fuel: &mut u64,
    ) -> Result<Option<BTreeSet<StatementId>>, Stop> {
        let mut selectors: Vec<(StatementId, Literal)> = self
            .selectors
            .iter()
            .flatten()
            .filter(|(statement, _)| kept.contains(statement))
            .map(|(statement, literal)| (*statement, *literal))
            .collect();
        if last_first {
            selectors.reverse();
        }
        let assumed: Vec<Literal> = selectors.iter().map(|(_, literal)| *literal).collect();
        Ok(match self.solve(&assumed, fuel)? {
            Verdict::Model => None,
            Verdict::Core(core) => {
                let core: BTreeSet<Literal> = core.into_iter().collect();
                let is_in = |(_, literal): &&(StatementId, Literal)| core.contains(literal);
                let assumed = selectors.iter().filter(is_in).map(|(statement, _)| *statement);
                Some(assumed.chain(self.settled.iter().copied()).collect())
            }
        })
    }

    /// The statements that can't hold together with a question, if there are such; `asked` stands for the question.
    pub(crate) fn refute_question(
        &mut self,
        question: &[Then],
        asked: StatementId,
        fuel: &mut u64,
    ) -> Result<Option<BTreeSet<StatementId>>, Stop> {
        let literal = self.question(question, None, fuel)?;
        let mut assumed: Vec<(StatementId, Literal)> = self
            .selectors
            .iter()
            .flatten()
            .filter(|(statement, _)| **statement != asked)
            .map(|(statement, literal)| (*statement, *literal))
            .collect();
        assumed.push((asked, literal));
        // What only counts for a question is of its statement.
        let counts = self.selectors.as_ref().and_then(|selectors| selectors.get(&asked));
        assumed.extend(counts.map(|literal| (asked, *literal)));
        let all: Vec<Literal> = assumed.iter().map(|(_, literal)| *literal).collect();
        let verdict = self.solve(&all, fuel);
        self.retire(literal, false);
        Ok(match verdict? {
            Verdict::Model => None,
            Verdict::Core(core) => {
                let core: BTreeSet<Literal> = core.into_iter().collect();
                let is_in = |(_, literal): &(StatementId, Literal)| core.contains(literal);
                Some(assumed.into_iter().filter(is_in).map(|(statement, _)| statement).collect())
            }
        })
    }

    /// The last model, in the variables of the first engine. What has no reason is still in it.
    pub(crate) fn model(&self) -> Model {
        let mut values: HashMap<Variable, Value> = HashMap::new();
        let value = |item: ItemId| -> Value {
            let Some(choices) = self.items.get(item.0 as usize) else { return 0 };
            choices.open.iter().find(|value| self.is(self.value(choices, *value))).unwrap_or(0)
        };
        for item in 0..self.items.len() as u32 {
            values.insert(Variable::Item(item), value(ItemId(item)));
        }
        let present = |item: &ItemId| values.get(&Variable::Item(item.0)).is_some_and(|value| *value > 0);
        let mut of_groups: Vec<(Variable, Value)> = Vec::new();
        for (group, part) in (0..).zip(&self.groups) {
            let Some(chain) = self.world.chain(GroupId(group)).filter(|_| self.is(*part)) else { continue };
            let chosen = chain.items.iter().position(present).map_or(0, |place| place as Value + 1);
            of_groups.push((Variable::Group(group), if chain.shape == Shape::One { chosen } else { 1 }));
            let mut count = 0;
            for (place, item) in (0..).zip(&chain.items) {
                count += u32::from(present(item));
                let value = match chain.shape {
                    Shape::One => break,
                    shape @ (Shape::Counted { .. } | Shape::Enough { .. }) => {
                        counted(shape.counted(count), present(item))
                    }
                    Shape::Free if present(item) => FREE.0,
                    Shape::Free => FREE.1,
                };
                of_groups.push((Variable::Node(group, place), value));
            }
        }
        for (number, rule) in (0..).zip(&self.world.problem().rules) {
            let holds = |item: ItemId, set: Option<&CandidateSet>| {
                let candidate = values.get(&Variable::Item(item.0)).and_then(|value| value.checked_sub(1));
                candidate.is_some_and(|candidate| set.is_none_or(|set| set.contains(candidate)))
            };
            let chosen = match &rule.then {
                Then::AnyOf(alternatives) => {
                    alternatives.iter().position(|(item, set)| holds(*item, Some(set)))
                }
                Then::OneOf(group, members) => members.iter().position(|member| {
                    self.world.member(*group, *member).is_some_and(|item| holds(item, None))
                }),
                _ => None,
            };
            if let Some(index) = chosen {
                of_groups.push((Variable::Choice(number), index as Value + 1));
            }
        }
        values.extend(of_groups);
        Model::new(values)
    }

    /// Whether a literal holds in the last model.
    pub(crate) fn is(&self, literal: Literal) -> bool {
        self.clauses.is_true(literal)
    }

    fn new(world: &'a World<'p>, known: Option<&Propagation<'p>>, with_selectors: bool) -> Self {
        let mut new = Self {
            world,
            clauses: Clauses::new(),
            items: Vec::new(),
            groups: Vec::new(),
            holders: BTreeMap::new(),
            sets: HashMap::new(),
            selectors: with_selectors.then(BTreeMap::new),
            settled: BTreeSet::new(),
            counters: BTreeMap::new(),
        };
        for item in 0..world.problem().items.len() as u32 {
            new.add_item(ItemId(item), known);
        }
        for group in 0..world.problem().groups.len() as u32 {
            new.add_group(GroupId(group), known);
        }
        for rule in world.kept() {
            new.add_rule(rule, known);
        }
        new.add_resources();
        new
    }

    /// The literal that always holds.
    pub(crate) fn truth(&self) -> Literal {
        self.clauses.truth()
    }

    /// The clauses of a statement hold unless one of these does.
    fn unless(&mut self, statement: StatementId) -> Vec<Literal> {
        let clauses = &mut self.clauses;
        let selector = self
            .selectors
            .as_mut()
            .map(|selectors| *selectors.entry(statement).or_insert_with(|| clauses.fresh()));
        selector.map(|selector| !selector).into_iter().collect()
    }

    fn add_item(&mut self, item: ItemId, known: Option<&Propagation<'p>>) {
        let truth = self.truth();
        let (open, is_forced) = match known.and_then(|known| known.state(item)) {
            Some(state) => (state.open.clone(), state.is_forced()),
            None if self.world.reaches(item) => (self.world.present(item), false),
            None => (BitSet::none(), false),
        };
        let present = match open.count() {
            0 => !truth,
            _ if is_forced => truth,
            _ => self.clauses.fresh(),
        };
        let mut choices = Choices { present, open, values: Vec::new() };
        let several = choices.open.count();
        if several > 1 {
            choices.values = vec![!truth; self.world.problem().candidates(item) as usize];
            let mut all: Vec<Literal> = Vec::with_capacity(several as usize);
            for value in choices.open.iter() {
                // Of two, one of which has to be, the second is the opposite of the first.
                let literal = match all.first() {
                    Some(first) if is_forced && several == 2 => !*first,
                    // What has to be there is tried in its first candidate first.
                    None if is_forced => !self.clauses.fresh(),
                    _ => self.clauses.fresh(),
                };
                if let Some(place) = choices.values.get_mut(value as usize - 1) {
                    *place = literal;
                }
                self.clauses.add([!literal, present]);
                all.push(literal);
            }
            self.clauses.add([!present].into_iter().chain(all.iter().copied()));
            at_most(&mut self.clauses, &[], &all, 1);
        }
        self.items.push(choices);
    }

    /// The literal for an item's value (from 1).
    fn value(&self, choices: &Choices, value: Value) -> Literal {
        if !choices.open.has(value) {
            return !self.truth();
        }
        choices.values.get(value as usize - 1).copied().unwrap_or(choices.present)
    }

    /// A literal under which an assumption is kept. Called within [`crate::fuel::within`].
    pub(crate) fn literal(&mut self, assumption: &Assumption) -> Literal {
        let truth = self.truth();
        match assumption {
            Assumption::Present(item, values) => self.within(*item, values),
            Assumption::Values(item, values) => {
                let Some(choices) = self.items.get(item.0 as usize) else { return truth };
                let out = choices.open.iter().filter(|value| !values.has(*value));
                let out: Vec<Vec<Literal>> = out.map(|value| vec![!self.value(choices, value)]).collect();
                self.all_of(out)
            }
            Assumption::Wish(group, items) => {
                let present = items.iter().map(|item| self.present(*item));
                let clause = [!self.part(*group)].into_iter().chain(present).collect();
                self.all_of(vec![clause])
            }
            Assumption::AtMost(group, most) => {
                let part = self.part(*group);
                let (sure, open) = self.options(*group);
                let clause = match (*most as usize).checked_sub(sure) {
                    None => vec![!part],
                    Some(most) if most >= open.len() => return truth,
                    Some(most) => vec![!part, !self.more_than(*group, &open, most)],
                };
                self.all_of(vec![clause])
            }
        }
    }

    /// Literals of which number `k` holds if more than `k` of these do, one for each.
    pub(crate) fn counter(&mut self, all: &[Literal]) -> Vec<Literal> {
        more_than(&mut self.clauses, all, all.len())
    }

    /// Says for good that each of these holds.
    pub(crate) fn insist(&mut self, all: impl IntoIterator<Item = Literal>) {
        for literal in all {
            self.clauses.add([literal]);
        }
    }

    /// A literal under which all of these demands are met.
    pub(crate) fn question(
        &mut self,
        demands: &[Then],
        known: Option<&Propagation<'p>>,
        fuel: &mut u64,
    ) -> Result<Literal, Stop> {
        within(fuel, || {
            let asked = self.clauses.fresh();
            for demand in demands {
                self.add_demand(&[!asked], demand, known);
            }
            asked
        })
    }

    /// A question that is answered: it is not tried any more, unless it stays.
    pub(crate) fn retire(&mut self, asked: Literal, stays: bool) {
        if !stays {
            self.clauses.add([!asked]);
        }
    }

    /// The last model as a selection, with what has no reason.
    pub(crate) fn selection(&self) -> Selection {
        let candidate = |choices: &Choices| {
            choices.open.iter().find(|value| self.is(self.value(choices, *value))).map(|value| value - 1)
        };
        let items: Vec<Option<Candidate>> = self.items.iter().map(candidate).collect();
        let is_present = |item: &ItemId| items.get(item.0 as usize).is_some_and(Option::is_some);
        let options = |(group, part): (&Group, &Literal)| {
            self.is(*part).then(|| {
                let members = (0..).zip(&group.members);
                members.filter(|(_, item)| is_present(item)).map(|(member, _)| member).collect()
            })
        };
        let groups = self.world.problem().groups.iter().zip(&self.groups).map(options).collect();
        Selection { items, groups, optimal: false, engine: Engine::Cdcl }
    }

    /// A literal under which all of these clauses are kept.
    fn all_of(&mut self, mut clauses: Vec<Vec<Literal>>) -> Literal {
        let truth = self.truth();
        clauses.retain(|clause| !clause.contains(&truth));
        for clause in &mut clauses {
            clause.retain(|literal| *literal != !truth);
        }
        match clauses.as_slice() {
            [] => return truth,
            [clause] if clause.len() == 1 => return clause.first().copied().unwrap_or(truth),
            _ => {}
        }
        let kept = self.clauses.fresh();
        for clause in clauses {
            self.clauses.add([!kept].into_iter().chain(clause));
        }
        kept
    }

    /// A literal that holds if more than so many of a group's open options are present.
    fn more_than(&mut self, group: GroupId, open: &[Literal], most: usize) -> Literal {
        let counter = self.counters.get(&group);
        if let Some(literal) = counter.and_then(|counter| counter.get(most)) {
            return *literal;
        }
        let wanted = (most + 1).next_power_of_two().min(open.len());
        let counter = more_than(&mut self.clauses, open, wanted);
        let literal = counter.get(most).copied().unwrap_or(!self.clauses.truth());
        self.counters.insert(group, counter);
        literal
    }

    /// How many options of a group are certain, and the others that can be present.
    fn options(&self, group: GroupId) -> (usize, Vec<Literal>) {
        let truth = self.truth();
        let items = self.world.chain(group).into_iter().flat_map(|chain| &chain.items);
        let mut all: Vec<Literal> = items.map(|item| self.present(*item)).collect();
        let sure = all.iter().filter(|literal| **literal == truth).count();
        all.retain(|literal| *literal != truth && *literal != !truth);
        (sure, all)
    }

    /// The literal for the presence of an item.
    pub(crate) fn present(&self, item: ItemId) -> Literal {
        self.items.get(item.0 as usize).map_or(!self.truth(), |choices| choices.present)
    }

    /// The literal for the part a group takes.
    pub(super) fn part(&self, group: GroupId) -> Literal {
        self.groups.get(group.0 as usize).copied().unwrap_or(!self.truth())
    }

    /// The literal for an item in one of these values.
    fn within(&mut self, item: ItemId, values: &BitSet) -> Literal {
        let Some(choices) = self.items.get(item.0 as usize) else { return !self.truth() };
        let left = choices.open.and(values);
        match left.first() {
            None => return !self.truth(),
            Some(_) if left == choices.open => return choices.present,
            Some(only) if left.count() == 1 => return self.value(choices, only),
            Some(_) => {}
        }
        let all: Vec<Literal> = left.iter().map(|value| self.value(choices, value)).collect();
        if let Some(literal) = self.sets.get(&(item.0, left.clone())) {
            return *literal;
        }
        let literal = self.clauses.fresh();
        for value in &all {
            self.clauses.add([!*value, literal]);
        }
        self.clauses.add([!literal].into_iter().chain(all));
        self.sets.insert((item.0, left), literal);
        literal
    }

    fn in_set(&mut self, item: ItemId, set: &CandidateSet) -> Literal {
        let values = self.world.values(item, set);
        self.within(item, &values)
    }

    fn add_group(&mut self, group: GroupId, known: Option<&Propagation<'p>>) {
        let truth = self.truth();
        let part = match known.map(|known| known.part(group)) {
            Some(Part::Yes(_)) => truth,
            Some(Part::No(_)) => !truth,
            None if !self.world.reaches_group(group) => !truth,
            Some(Part::Open) | None => self.clauses.fresh(),
        };
        self.groups.push(part);
        let Some(chain) = self.world.chain(group).filter(|_| part != !truth) else { return };
        let (min, max) = match chain.shape {
            Shape::One => (1, 1),
            Shape::Counted { min, max } => (min, max),
            Shape::Enough { min, .. } => (min, chain.items.len() as u32),
            Shape::Free => return,
        };
        let Some(statement) = self.world.problem().groups.get(group.0 as usize).map(|group| group.statement)
        else {
            return;
        };
        let mut unless = self.unless(statement);
        unless.push(!part);
        let (sure, open) = self.options(group);
        match (max as usize).checked_sub(sure) {
            Some(most) => at_most(&mut self.clauses, &unless, &open, most),
            None => self.clauses.add(unless.iter().copied()),
        }
        at_least(&mut self.clauses, &unless, &open, (min as usize).saturating_sub(sure));
    }

    /// The literal for the holder of a resource.
    fn holds(&mut self, resource: ResourceId, holder: ItemId, known: Option<&Propagation<'p>>) -> Literal {
        let truth = self.truth();
        if resource.0 >= self.world.problem().resources {
            return !truth;
        }
        let clauses = &mut self.clauses;
        *self.holders.entry((resource, holder)).or_insert_with(|| {
            match known.and_then(|known| known.holder(resource)) {
                Some(known) if known == holder => truth,
                Some(_) => !truth,
                None => clauses.fresh(),
            }
        })
    }

    fn add_resources(&mut self) {
        let truth = self.truth();
        let mut holders: BTreeMap<ResourceId, Vec<Literal>> = BTreeMap::new();
        for ((resource, _), literal) in &self.holders {
            if *literal != truth && *literal != !truth {
                holders.entry(*resource).or_default().push(*literal);
            }
        }
        for holders in holders.values() {
            at_most(&mut self.clauses, &[], holders, 1);
        }
    }

    fn add_rule(&mut self, rule: &Rule, known: Option<&Propagation<'p>>) {
        let truth = self.truth();
        let condition = match &rule.when {
            When::Always => [truth, truth],
            When::Item(item, set) => [self.in_set(*item, set), truth],
            When::TakesPart(group) => [self.part(*group), truth],
            When::Option(group, member) => match self.world.member(*group, *member) {
                Some(item) => [self.part(*group), self.present(item)],
                None => return,
            },
        };
        if condition.contains(&!truth) {
            return;
        }
        let mut unless = self.unless(rule.statement);
        unless.extend(condition.iter().filter(|literal| **literal != truth).map(|literal| !*literal));
        self.add_demand(&unless, &rule.then, known);
    }

    fn add_demand(&mut self, unless: &[Literal], then: &Then, known: Option<&Propagation<'p>>) {
        let mut demands: Vec<Vec<Literal>> = Vec::new();
        match then {
            Then::Present(item, set) => demands.push(vec![self.in_set(*item, set)]),
            Then::AbsentOr(item, set) => {
                let kept = self.world.values(*item, set);
                let open =
                    self.items.get(item.0 as usize).map_or_else(BitSet::none, |item| item.open.clone());
                let out: Vec<Value> = open.iter().filter(|value| !kept.has(*value)).collect();
                match (out.as_slice(), self.items.get(item.0 as usize)) {
                    ([], _) | (_, None) => {}
                    ([value], Some(choices)) => demands.push(vec![!self.value(choices, *value)]),
                    (_, Some(choices)) => {
                        let absent = !choices.present;
                        demands.push(vec![absent, self.within(*item, &kept)]);
                    }
                }
            }
            Then::TakesPart(group) => demands.push(vec![self.part(*group)]),
            Then::OneOf(group, members) => {
                demands.push(vec![self.part(*group)]);
                demands.push(members.iter().map(|member| self.option(*group, *member)).collect());
            }
            Then::AllOf(group, members) => {
                demands.push(vec![self.part(*group)]);
                demands.extend(members.iter().map(|member| vec![self.option(*group, *member)]));
            }
            Then::AnyOf(alternatives) => {
                demands.push(alternatives.iter().map(|(item, set)| self.in_set(*item, set)).collect());
            }
            Then::Holds(resource, holder) => demands.push(vec![self.holds(*resource, *holder, known)]),
            Then::Never => demands.push(Vec::new()),
        }
        for demand in demands {
            self.clauses.add(unless.iter().copied().chain(demand));
        }
    }

    fn option(&self, group: GroupId, member: u32) -> Literal {
        self.world.member(group, member).map_or(!self.truth(), |item| self.present(item))
    }
}
