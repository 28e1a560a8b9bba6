//! The preferences as goals: what each costs, and what it takes to keep the cost within a bound.
//!
//! Owns: the order that makes one solution better than another (it is written down at the crate). Refuses: trying.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::bitset::{BitSet, Value};
use crate::encode::{Chain, FREE, Shape, Variable, World};
use crate::problem::{GroupId, ItemId, Member, Preference};
use crate::propagate::{Assumption, ItemState, Part, Propagation};
use crate::provider::Model;

/// Something whose cost is to be as low as it can be, once everything before it is.
pub(crate) struct Goal<'p> {
    cost: Cost<'p>,
    /// If all of these goals cost nothing, this one is settled by them.
    unless: Range<usize>,
    /// The bounds that are worth trying, ascending. The last always holds.
    pub(super) levels: Vec<u32>,
}

enum Cost<'p> {
    /// The rank of an item.
    Rank(ItemId, &'p [u32]),
    /// 1 where a group takes part without the option at this place, else 0.
    Present(GroupId, u32),
    /// How many options more than its lower bound a group has that takes part; else how many more are wanted.
    Few(Needs),
    /// The place of a 1-of-N group's option in an order, 0 if the group does not take part. By place of its chain.
    Choice(GroupId, Vec<u32>),
}

/// How many options a group needs: its lower bound, or the wanted ones that it has, if those are more. Once the goals of
/// the wanted ones are settled, that is a number; what is above it is the cost, so the cost is counted from below.
struct Needs {
    group: GroupId,
    min: u32,
    /// The goals of the wanted options.
    wanted: Vec<usize>,
    /// How many more than the lower bound it has with all of the wanted ones, as far as it can have them.
    beyond: u32,
}

/// All goals of a problem, the most important first.
pub(super) fn goals<'p>(world: &World<'p>) -> Vec<Goal<'p>> {
    let mut list = List { world, goals: Vec::new(), wanted: HashMap::new() };
    for preference in &world.problem().preferences {
        match preference {
            Preference::Rank(item, ranks) if world.reaches(*item) => list.add_rank(*item, ranks),
            Preference::Wanted(group, members) if world.reaches_group(*group) => {
                list.add_wanted(*group, members);
            }
            Preference::Fill(group, members) if world.reaches_group(*group) => list.add_fill(*group, members),
            // What is never there costs nothing.
            Preference::Rank(..) | Preference::Wanted(..) | Preference::Fill(..) => {}
        }
    }
    list.goals
}

struct List<'a, 'p> {
    world: &'a World<'p>,
    goals: Vec<Goal<'p>>,
    /// By group: the places of the options that are wanted so far, and the first goal of each.
    wanted: HashMap<GroupId, BTreeMap<u32, usize>>,
}

impl<'p> List<'_, 'p> {
    fn add(&mut self, cost: Cost<'p>, unless: Range<usize>, levels: Vec<u32>) {
        self.goals.push(Goal { cost, unless, levels });
    }

    fn add_rank(&mut self, item: ItemId, ranks: &'p [u32]) {
        let candidates = self.world.problem().candidates(item) as usize;
        let mut levels: Vec<u32> = ranks.iter().take(candidates).copied().chain([0]).collect();
        levels.sort_unstable();
        levels.dedup();
        self.add(Cost::Rank(item, ranks), 0..0, levels);
    }

    fn add_members(&mut self, group: GroupId, members: &[Member], unless: Range<usize>) {
        for member in members {
            if let Some(place) = self.world.chain(group).and_then(|chain| chain.place(*member)) {
                self.add(Cost::Present(group, place), unless.clone(), vec![0, 1]);
            }
        }
    }

    /// What is named after as many as the group can have is wanted only if one of those is not there.
    fn add_wanted(&mut self, group: GroupId, members: &[Member]) {
        let Some(chain) = self.world.chain(group) else { return };
        let (start, most) = (self.goals.len(), chain.most() as usize);
        let mut places = HashSet::new();
        let mut unless = 0..0;
        for place in members.iter().filter_map(|member| chain.place(*member)) {
            if !places.contains(&place) && places.len() == most && unless.is_empty() {
                unless = start..self.goals.len();
            }
            places.insert(place);
            self.wanted.entry(group).or_default().entry(place).or_insert(self.goals.len());
            self.add(Cost::Present(group, place), unless.clone(), vec![0, 1]);
        }
    }

    /// A group that takes part costs no more than one that does not as long as it has its first choice: the options
    /// that are wanted, or as many as it needs, the first in the order.
    fn add_fill(&mut self, group: GroupId, members: &[Member]) {
        let Some(chain) = self.world.chain(group) else { return };
        let min = match chain.shape {
            Shape::One => return self.add_choice(group, members),
            Shape::Counted { min, .. } | Shape::Enough { min, .. } => min,
            Shape::Free => 0,
        };
        let start = self.goals.len();
        let wanted: Vec<usize> =
            self.wanted.get(&group).into_iter().flat_map(BTreeMap::values).copied().collect();
        let first_choice = min.max(chain.most().min(wanted.len() as u32));
        let most = (chain.items.len() as u32).saturating_sub(min);
        let beyond = first_choice - min;
        self.add(Cost::Few(Needs { group, min, wanted, beyond }), 0..0, (0..=most).collect());
        let members = self.distinct(group, members);
        let (first, rest) = members.split_at(members.len().min(first_choice as usize));
        self.add_members(group, first, 0..0);
        self.add_members(group, rest, start..self.goals.len());
    }

    fn add_choice(&mut self, group: GroupId, members: &[Member]) {
        let Some(chain) = self.world.chain(group) else { return };
        let mut turns = vec![members.len() as u32; chain.items.len()];
        for (turn, place) in (0..).zip(members.iter().map(|member| chain.place(*member))) {
            if let Some(first) = place.and_then(|place| turns.get_mut(place as usize)) {
                *first = turn.min(*first);
            }
        }
        let mut levels: Vec<u32> = turns.iter().copied().chain([0]).collect();
        levels.sort_unstable();
        levels.dedup();
        self.add(Cost::Choice(group, turns), 0..0, levels);
    }

    /// The options without those that are the same item as an earlier one.
    fn distinct(&self, group: GroupId, members: &[Member]) -> Vec<Member> {
        let mut seen = HashSet::new();
        let place = |member: &Member| self.world.chain(group).and_then(|chain| chain.place(*member));
        members
            .iter()
            .filter(|member| place(member).is_some_and(|place| seen.insert(place)))
            .copied()
            .collect()
    }
}

impl Goal<'_> {
    /// Whether this goal is settled by others, given which of them cost nothing.
    pub(super) fn is_settled(&self, is_free: impl Fn(usize) -> bool) -> bool {
        !self.unless.is_empty() && self.unless.clone().all(is_free)
    }

    /// Whether a cost is no more than that of what is not there.
    pub(super) fn is_free(&self, cost: u32) -> bool {
        match &self.cost {
            Cost::Few(needs) => cost <= needs.beyond,
            Cost::Rank(..) | Cost::Present(..) | Cost::Choice(..) => cost == 0,
        }
    }

    /// The group, if this is how many of its options are more than so many.
    pub(super) fn few(&self) -> Option<(GroupId, u32)> {
        match &self.cost {
            Cost::Few(needs) => Some((needs.group, needs.min)),
            Cost::Rank(..) | Cost::Present(..) | Cost::Choice(..) => None,
        }
    }

    /// What it costs.
    pub(super) fn cost(&self, world: &World<'_>, model: &Model) -> u32 {
        let count = |group: &GroupId| model.value(Variable::Group(group.0));
        match &self.cost {
            Cost::Rank(item, ranks) => rank(ranks, model.value(Variable::Item(item.0))),
            Cost::Present(group, place) => {
                let item = world.chain(*group).and_then(|chain| chain.items.get(*place as usize));
                let absent = item.is_some_and(|item| model.value(Variable::Item(item.0)) == 0);
                u32::from(absent && count(group) > 0)
            }
            Cost::Few(needs) if count(&needs.group) > 0 => {
                let items = world.chain(needs.group).into_iter().flat_map(|chain| &chain.items);
                let present = items.filter(|item| model.value(Variable::Item(item.0)) > 0).count() as u32;
                present.saturating_sub(needs.min)
            }
            Cost::Few(needs) => needs.beyond,
            Cost::Choice(group, turns) => match count(group).checked_sub(1) {
                Some(place) => turns.get(place as usize).copied().unwrap_or(0),
                None => 0,
            },
        }
    }

    /// The values of a variable that keep the cost within a bound; none if all do.
    pub(super) fn mask(&self, world: &World<'_>, most: u32) -> Option<(Variable, BitSet)> {
        match &self.cost {
            Cost::Rank(item, ranks) => Some((Variable::Item(item.0), rank_mask(world, *item, ranks, most))),
            Cost::Present(..) if most > 0 => None,
            Cost::Present(group, place) if world.chain(*group)?.shape == Shape::One => {
                Some((Variable::Group(group.0), [0, place + 1].into_iter().collect()))
            }
            Cost::Present(group, place) if world.chain(*group)?.shape == Shape::Free => {
                Some((Variable::Node(group.0, *place), [0, FREE.0].into_iter().collect()))
            }
            Cost::Present(group, place) => {
                let mask = world.node_values(group.0, *place, |_, present| present).with(0);
                Some((Variable::Node(group.0, *place), mask))
            }
            Cost::Few(needs) if !world.chain(needs.group)?.counts_all() => None,
            Cost::Few(Needs { group, min, .. }) => {
                let most = most.saturating_add(*min);
                let last = (world.chain(*group)?.items.len() as u32).checked_sub(1)?;
                let mask = world.node_values(group.0, last, |count, _| count <= most).with(0);
                Some((Variable::Node(group.0, last), mask))
            }
            Cost::Choice(group, turns) => {
                let early = (1..).zip(turns).filter(|(_, turn)| **turn <= most).map(|(value, _)| value);
                Some((Variable::Group(group.0), [0].into_iter().chain(early).collect()))
            }
        }
    }

    /// Whether a bound can be told to a search; if not, what it finds has to be looked at.
    pub(super) fn is_told(&self, world: &World<'_>) -> bool {
        match &self.cost {
            Cost::Few(needs) => world.chain(needs.group).is_none_or(Chain::counts_all),
            Cost::Present(group, place) => {
                // A group that is not counted has a variable for an option only where something hangs on it.
                world.chain(*group).is_none_or(|chain| chain.shape != Shape::Free)
                    || world.matters(group.0, *place)
            }
            Cost::Rank(..) | Cost::Choice(..) => true,
        }
    }

    /// The lowest bound that does not clash with what is known to be there, and with the bounds before it.
    pub(super) fn least(
        &self,
        world: &World<'_>,
        known: &Propagation<'_>,
        bound: impl Fn(usize) -> Option<u32>,
    ) -> u32 {
        let Cost::Few(Needs { group, min, wanted, .. }) = &self.cost else { return 0 };
        let had = wanted.iter().filter(|goal| bound(**goal) == Some(0)).count();
        let items = world.chain(*group).into_iter().flat_map(|chain| &chain.items);
        let sure = match known.part(*group) {
            Part::Yes(_) => {
                items.filter(|item| known.state(**item).is_some_and(ItemState::is_forced)).count()
            }
            Part::No(_) | Part::Open => 0,
        };
        (had.max(sure) as u32).saturating_sub(*min)
    }

    /// The same bound, said of the problem.
    pub(super) fn assumption(&self, world: &World<'_>, most: u32) -> Option<Assumption> {
        match &self.cost {
            Cost::Rank(item, ranks) => Some(Assumption::Values(*item, rank_mask(world, *item, ranks, most))),
            Cost::Present(..) if most > 0 => None,
            Cost::Present(group, place) => {
                let item = world.chain(*group)?.items.get(*place as usize)?;
                Some(Assumption::Wish(*group, vec![*item]))
            }
            Cost::Few(needs) => Some(Assumption::AtMost(needs.group, most.saturating_add(needs.min))),
            Cost::Choice(group, turns) => {
                let items = world.chain(*group)?.items.iter().zip(turns);
                let early = items.filter(|(_, turn)| **turn <= most).map(|(item, _)| *item);
                Some(Assumption::Wish(*group, early.collect()))
            }
        }
    }
}

fn rank(ranks: &[u32], value: Value) -> u32 {
    value.checked_sub(1).and_then(|candidate| ranks.get(candidate as usize)).copied().unwrap_or(0)
}

fn rank_mask(world: &World<'_>, item: ItemId, ranks: &[u32], most: u32) -> BitSet {
    let all = 1..=world.problem().candidates(item);
    [0].into_iter().chain(all.filter(|value| rank(ranks, *value) <= most)).collect()
}
