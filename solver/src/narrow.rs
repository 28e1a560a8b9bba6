//! Narrower values for the variables of a search, from what is known before it.
//!
//! Owns: the translation of facts about items and groups into sets of values, and the bounds of counter nodes that
//! follow from them. Refuses: finding facts ([`crate::propagate`]) and searching. Every edge of a search passes here,
//! so a fact costs nothing where nobody asks for its variable.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};

use crate::bitset::{BitSet, Value};
use crate::encode::{Edge, FREE, ROOT, Shape, Variable, World};
use crate::problem::{GroupId, ItemId, ResourceId, StatementId};
use crate::propagate::{Part, Propagation};

/// Narrower sets of values for some variables, from outside. Every set holds 0: whether something has to be there is
/// for the rules.
pub(crate) type Masks = HashMap<Variable, BitSet>;

/// An edge of a search: `target` is one of `set`.
pub(crate) struct Bound {
    /// The variable that is bound.
    pub(crate) target: Variable,
    /// What is left of what it is bound to.
    pub(crate) set: BitSet,
    /// Whether what is known of the target made it narrower.
    pub(crate) is_narrower: bool,
    statement: Option<StatementId>,
    because: Because,
}

/// So much of what the root binds is said at once.
const BUNDLE: usize = 64;

/// What an edge rests on besides its statement.
enum Because {
    /// Only what it comes from.
    Source,
    /// The target has to be there.
    Given(Variable),
    /// Where it comes from or what it is about is settled.
    Settled([Option<Variable>; 2]),
}

/// What is known of the variables of one search.
pub(crate) struct Narrowing<'a, 'p> {
    world: &'a World<'p>,
    known: &'a Propagation<'p>,
    masks: &'a Masks,
    /// Per variable of a group: its values, once asked for.
    values: RefCell<HashMap<Variable, BitSet>>,
    /// What the root binds, once asked for.
    of_root: OnceCell<Vec<Bound>>,
    /// Per counted group: the least and the greatest count up to each place.
    counts: RefCell<HashMap<u32, Vec<(u32, u32)>>>,
}

impl<'a, 'p> Narrowing<'a, 'p> {
    /// What `known` and `masks` say of the variables of `world`.
    pub(crate) fn new(world: &'a World<'p>, known: &'a Propagation<'p>, masks: &'a Masks) -> Self {
        let (values, counts) = (RefCell::default(), RefCell::default());
        Self { world, known, masks, values, of_root: OnceCell::new(), counts }
    }

    /// What is left of a set of values of a variable.
    pub(crate) fn narrow(&self, variable: Variable, set: &BitSet) -> BitSet {
        let set = match self.masks.get(&variable) {
            Some(mask) => set.and(mask),
            None => set.clone(),
        };
        match variable {
            Variable::Item(item) => match self.known.state(ItemId(item)) {
                Some(state) if state.is_forced() => set.and(&state.open),
                Some(state) => set.and(&state.open.clone().with(0)),
                None => set,
            },
            Variable::Group(_) | Variable::Node(..) => {
                if let Some(values) = self.values.borrow().get(&variable) {
                    return set.and(values);
                }
                let values = self.of_group(variable);
                let narrower = set.and(&values);
                self.values.borrow_mut().insert(variable, values);
                narrower
            }
            Variable::Resource(resource) => match self.known.holder(ResourceId(resource)) {
                Some(holder) => {
                    let value = self.world.holder(ResourceId(resource), holder);
                    set.and(&value.into_iter().collect())
                }
                None => set,
            },
            Variable::Root | Variable::Choice(_) | Variable::Never | Variable::Bundle(_) => set,
        }
    }

    /// The statements behind what is known of a variable.
    pub(crate) fn why(&self, variable: Variable) -> BTreeSet<StatementId> {
        match variable {
            Variable::Item(item) => self.known.why_item(ItemId(item)),
            Variable::Group(group) | Variable::Node(group, _) => self.known.why_group(GroupId(group)),
            Variable::Resource(resource) => self.known.why_held(ResourceId(resource)),
            Variable::Root | Variable::Choice(_) | Variable::Never | Variable::Bundle(_) => BTreeSet::new(),
        }
    }

    /// Calls `emit` with what a variable's value binds and nothing settles yet. What is settled is no variable of the
    /// search: what it binds is said of the root.
    pub(crate) fn bounds_of(&self, source: Variable, value: Value, emit: &mut dyn FnMut(&Bound)) {
        match source {
            Variable::Root => {
                let all = self.of_root.get_or_init(|| self.of_root());
                if all.len() <= BUNDLE {
                    all.iter().for_each(emit);
                    return;
                }
                for number in 0..all.len().div_ceil(BUNDLE) as u32 {
                    let (target, set) = (Variable::Bundle(number), BitSet::range(ROOT, ROOT));
                    let because = Because::Source;
                    emit(&Bound { target, set, is_narrower: false, statement: None, because });
                }
            }
            Variable::Bundle(number) => {
                let all = self.of_root.get_or_init(|| self.of_root());
                all.iter().skip(number as usize * BUNDLE).take(BUNDLE).for_each(emit);
            }
            _ => self.of_source(source, value, None, &mut |bound| emit(&bound)),
        }
    }

    fn of_root(&self) -> Vec<Bound> {
        let mut all = Vec::new();
        let emit = &mut |bound| all.push(bound);
        self.of_source(Variable::Root, ROOT, None, emit);
        for (settled, value) in self.settled() {
            self.of_source(settled, value, Some(settled), emit);
        }
        for (target, every) in self.given() {
            let set = self.narrow(target, &every);
            let is_narrower = set != every;
            emit(Bound { target, set, is_narrower, statement: None, because: Because::Given(target) });
        }
        all
    }

    fn of_source(
        &self,
        source: Variable,
        value: Value,
        settled: Option<Variable>,
        emit: &mut dyn FnMut(Bound),
    ) {
        self.world.edges(source, value, &mut |Edge { target, set, statement }| {
            let because = |target: Option<Variable>| match (settled, target) {
                (None, None) => Because::Source,
                (source, target) => Because::Settled([source, target]),
            };
            if let Some(value) = self.value(target) {
                if !set.has(value) {
                    let (never, none) = (Variable::Never, BitSet::none());
                    let because = because(Some(target));
                    emit(Bound { target: never, set: none, is_narrower: false, statement, because });
                }
                return;
            }
            let narrower = self.narrow(target, &set);
            if !self.says_nothing(target, &narrower) {
                let is_narrower = narrower != set;
                emit(Bound { target, set: narrower, is_narrower, statement, because: because(None) });
            }
        });
    }

    /// Whether a set of an item's values leaves out nothing that is left.
    fn says_nothing(&self, target: Variable, set: &BitSet) -> bool {
        let Variable::Item(item) = target else { return false };
        set.has(0) && self.known.state(ItemId(item)).is_some_and(|state| set.count() > state.open.count())
    }

    /// The value of a variable that has only one left.
    fn value(&self, variable: Variable) -> Option<Value> {
        match variable {
            Variable::Item(item) => {
                let state = self.known.state(ItemId(item))?;
                match state.open.count() {
                    0 => Some(0),
                    1 if state.is_forced() => state.open.first(),
                    _ => None,
                }
            }
            Variable::Group(group) => match self.known.part(GroupId(group)) {
                Part::No(_) => Some(0),
                Part::Yes(_) => {
                    let left = self.narrow(variable, &self.world.chain(GroupId(group))?.active());
                    left.first().filter(|_| left.count() == 1)
                }
                Part::Open => None,
            },
            Variable::Node(group, _) => matches!(self.known.part(GroupId(group)), Part::No(_)).then_some(0),
            Variable::Resource(resource) => {
                let resource = ResourceId(resource);
                self.world.holder(resource, self.known.holder(resource)?)
            }
            Variable::Root | Variable::Choice(_) | Variable::Never | Variable::Bundle(_) => None,
        }
    }

    /// The items that are present and the groups that take part whatever is tried, with the only value that they have
    /// left, in order.
    pub(crate) fn settled(&self) -> Vec<(Variable, Value)> {
        self.certain().filter_map(|variable| Some((variable, self.value(variable)?))).collect()
    }

    /// What else has to be there: said of the root at once, so that no search has to find the way there (and, in a
    /// conflict, back).
    fn given(&self) -> Vec<(Variable, BitSet)> {
        let all = |variable: Variable| match variable {
            Variable::Item(item) => Some((variable, self.world.present(ItemId(item)))),
            Variable::Group(group) => Some((variable, self.world.chain(GroupId(group))?.active())),
            _ => None,
        };
        self.certain().filter(|variable| self.value(*variable).is_none()).filter_map(all).collect()
    }

    /// What has to be there, in order.
    fn certain(&self) -> impl Iterator<Item = Variable> {
        let mut items: Vec<u32> = self.known.forced().iter().map(|item| item.0).collect();
        items.sort_unstable();
        let groups = 0..self.world.problem().groups.len() as u32;
        let takes_part = |group: &u32| matches!(self.known.part(GroupId(*group)), Part::Yes(_));
        items.into_iter().map(Variable::Item).chain(groups.filter(takes_part).map(Variable::Group))
    }

    /// The statements that a bound rests on.
    pub(crate) fn why_bound(&self, bound: &Bound) -> BTreeSet<StatementId> {
        let mut statements: BTreeSet<StatementId> = bound.statement.into_iter().collect();
        statements.extend(self.world.premise(bound.target));
        match bound.because {
            Because::Source => {}
            Because::Given(variable) => statements.extend(self.why_given(variable)),
            Because::Settled(variables) => {
                statements.extend(variables.into_iter().flatten().flat_map(|one| self.why_settled(one)));
            }
        }
        statements
    }

    /// The statements because of which a variable has the only value that it has.
    fn why_settled(&self, variable: Variable) -> BTreeSet<StatementId> {
        match variable {
            Variable::Group(group)
                if self.world.chain(GroupId(group)).is_some_and(|chain| chain.shape != Shape::One) =>
            {
                self.known.why_part(GroupId(group))
            }
            Variable::Node(group, _) => self.known.why_part(GroupId(group)),
            _ => self.why(variable),
        }
    }

    /// The statements because of which something has to be there.
    fn why_given(&self, variable: Variable) -> BTreeSet<StatementId> {
        match variable {
            Variable::Item(item) => self.known.why_forced(ItemId(item)),
            Variable::Group(group) => self.known.why_part(GroupId(group)),
            Variable::Node(..)
            | Variable::Root
            | Variable::Resource(_)
            | Variable::Choice(_)
            | Variable::Never
            | Variable::Bundle(_) => BTreeSet::new(),
        }
    }

    /// What is known.
    pub(crate) fn known(&self) -> &'a Propagation<'p> {
        self.known
    }

    /// Whether a search has nothing to choose about the options of a group: all that it would decide are certain, or
    /// can't be.
    pub(crate) fn is_decided(&self, group: GroupId) -> bool {
        let Some(chain) = self.world.chain(group).filter(|_| matches!(self.known.part(group), Part::Yes(_)))
        else {
            return true;
        };
        // Of a group of any number, an option is left out unless it is wanted.
        let is_decided = |(item, wanted): (&ItemId, &bool)| {
            let (must, may) = self.can(Some(item));
            must || !may || (chain.shape == Shape::Free && !wanted)
        };
        chain.items.iter().zip(&chain.wanted).all(is_decided)
    }

    /// How many options of a group to aim at: those that have to be, and those that are wanted and can be.
    pub(crate) fn aim(&self, group: u32) -> u32 {
        let Some(chain) = self.world.chain(GroupId(group)) else { return 0 };
        let options = chain.items.iter().zip(&chain.wanted);
        let aimed_at = |(item, wanted): &(&ItemId, &bool)| {
            self.known
                .state(**item)
                .is_some_and(|state| state.is_forced() || (**wanted && state.open.count() > 0))
        };
        options.filter(aimed_at).count() as u32
    }

    /// How many options before a place are there in any case.
    pub(crate) fn sure_before(&self, group: u32, place: u32) -> u32 {
        place.checked_sub(1).map_or(0, |before| self.bounds(group, before).0)
    }

    fn of_group(&self, variable: Variable) -> BitSet {
        let (Variable::Group(group) | Variable::Node(group, _)) = variable else { return BitSet::none() };
        let part = self.known.part(GroupId(group));
        if matches!(part, Part::No(_)) {
            return BitSet::range(0, 0);
        }
        let active = self.active(variable);
        if matches!(part, Part::Yes(_)) { active } else { active.with(0) }
    }

    /// The values with which the group takes part.
    fn active(&self, variable: Variable) -> BitSet {
        let (Variable::Group(group) | Variable::Node(group, _)) = variable else { return BitSet::none() };
        let Some(chain) = self.world.chain(GroupId(group)) else { return BitSet::none() };
        let can = |place: u32| self.can(chain.items.get(place as usize));
        match (variable, chain.shape) {
            (Variable::Node(_, place), shape @ (Shape::Counted { .. } | Shape::Enough { .. })) => {
                let (must, may) = can(place);
                let bounds = |place: u32| {
                    let (low, high) = self.bounds(group, place);
                    shape.counted(low)..=shape.counted(high)
                };
                let before = place.checked_sub(1).map_or(0..=0, bounds);
                self.world.node_values_of(group, place, bounds(place), |count, present| {
                    (if present { may } else { !must })
                        && [count, count.saturating_sub(1)]
                            .iter()
                            .any(|rest| before.contains(rest) && shape.follows(*rest, count, present))
                })
            }
            (Variable::Node(_, place), _) => {
                let (must, may) = can(place);
                [(may, FREE.0), (!must, FREE.1)]
                    .into_iter()
                    .filter(|(allowed, _)| *allowed)
                    .map(|(_, value)| value)
                    .collect()
            }
            (_, Shape::One) => {
                (0..chain.items.len() as u32).filter(|place| can(*place).1).map(|place| place + 1).collect()
            }
            (_, Shape::Counted { .. } | Shape::Enough { .. } | Shape::Free) => BitSet::range(1, 1),
        }
    }

    /// Whether an option has to be present, and whether it can be.
    fn can(&self, item: Option<&ItemId>) -> (bool, bool) {
        item.and_then(|item| self.known.state(*item))
            .map_or((false, false), |state| (state.is_forced(), state.open.count() > 0))
    }

    /// The least and the greatest count up to a place.
    fn bounds(&self, group: u32, place: u32) -> (u32, u32) {
        if let Some(counts) = self.counts.borrow().get(&group) {
            return counts.get(place as usize).copied().unwrap_or((0, 0));
        }
        let counts = self.count(group);
        let bounds = counts.get(place as usize).copied().unwrap_or((0, 0));
        self.counts.borrow_mut().insert(group, counts);
        bounds
    }

    fn count(&self, group: u32) -> Vec<(u32, u32)> {
        let Some(chain) = self.world.chain(GroupId(group)) else { return Vec::new() };
        let (min, max) = match chain.shape {
            Shape::Counted { min, max } => (min, max),
            Shape::Enough { min, .. } => (min, chain.items.len() as u32),
            Shape::One | Shape::Free => return Vec::new(),
        };
        let (mut must, mut may) = (0, 0);
        let mut counts: Vec<(u32, u32)> = Vec::with_capacity(chain.items.len());
        for item in &chain.items {
            let (has_to, can) = self.can(Some(item));
            must += u32::from(has_to);
            may += u32::from(can);
            counts.push((must, may));
        }
        // From the end: what the options behind a place can add, and have to.
        for (low, high) in &mut counts {
            let (later_must, later_may) = (must - *low, may - *high);
            *low = (*low).max(min.saturating_sub(later_may));
            *high = (*high).min(max.saturating_sub(later_must));
        }
        counts
    }
}
