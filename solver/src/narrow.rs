//! Narrower values for the variables of a search, from what is known before it.
//!
//! Owns: the translation of facts about items and groups into sets of values, and the bounds of counter nodes that
//! follow from them. Refuses: finding facts ([`crate::propagate`]) and searching. Every edge of a search passes here,
//! so a fact costs nothing where nobody asks for its variable.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use crate::bitset::BitSet;
use crate::encode::{FREE, Shape, Variable, World};
use crate::problem::{GroupId, ItemId, ResourceId, StatementId};
use crate::propagate::{ItemState, Part, Propagation};

/// Narrower sets of values for some variables, from outside. Every set holds 0: whether something has to be there is
/// for the rules.
pub(crate) type Masks = HashMap<Variable, BitSet>;

/// What is known of the variables of one search.
pub(crate) struct Narrowing<'a, 'p> {
    world: &'a World<'p>,
    known: &'a Propagation<'p>,
    masks: &'a Masks,
    /// Per variable of a group: its values, once asked for.
    values: RefCell<HashMap<Variable, BitSet>>,
    /// Per counted group: the least and the greatest count up to each place.
    counts: RefCell<HashMap<u32, Vec<(u32, u32)>>>,
}

impl<'a, 'p> Narrowing<'a, 'p> {
    /// What `known` and `masks` say of the variables of `world`.
    pub(crate) fn new(world: &'a World<'p>, known: &'a Propagation<'p>, masks: &'a Masks) -> Self {
        Self { world, known, masks, values: RefCell::default(), counts: RefCell::default() }
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
            Variable::Root | Variable::Choice(_) | Variable::Never => set,
        }
    }

    /// The statements behind what is known of a variable.
    pub(crate) fn why(&self, variable: Variable) -> BTreeSet<StatementId> {
        match variable {
            Variable::Item(item) => self.known.why_item(ItemId(item)),
            Variable::Group(group) | Variable::Node(group, _) => self.known.why_group(GroupId(group)),
            Variable::Resource(resource) => self.known.why_held(ResourceId(resource)),
            Variable::Root | Variable::Choice(_) | Variable::Never => BTreeSet::new(),
        }
    }

    /// What has to be there, whatever is tried: said of the root at once, so that no search has to find the way there
    /// (and, in a conflict, back).
    pub(crate) fn given(&self) -> Vec<(Variable, BitSet)> {
        let problem = self.world.problem();
        let is_forced = |item: &u32| self.known.state(ItemId(*item)).is_some_and(ItemState::is_forced);
        let items = (0..problem.items.len() as u32).filter(is_forced);
        let items = items.map(|item| (Variable::Item(item), self.world.present(ItemId(item))));
        let takes_part = |group: &u32| matches!(self.known.part(GroupId(*group)), Part::Yes(_));
        let groups = (0..problem.groups.len() as u32).filter(takes_part);
        let active = |group| Some((Variable::Group(group), self.world.chain(GroupId(group))?.active()));
        items.chain(groups.filter_map(active)).collect()
    }

    /// The statements because of which something has to be there.
    pub(crate) fn why_given(&self, variable: Variable) -> BTreeSet<StatementId> {
        match variable {
            Variable::Item(item) => self.known.why_forced(ItemId(item)),
            Variable::Group(group) => self.known.why_part(GroupId(group)),
            Variable::Node(..)
            | Variable::Root
            | Variable::Resource(_)
            | Variable::Choice(_)
            | Variable::Never => BTreeSet::new(),
        }
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
