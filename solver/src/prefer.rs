//! The best selection: the preferences, one after the other.
//!
//! Owns: the order that makes one solution better than another (it is written down at the crate), and the probing that
//! finds the best. Refuses: searching. Each preference is one or more *goals* with a cost each. In their order, each
//! goal whose cost is not 0 is tried for less with a further search, under everything that was won before; then what
//! it costs becomes a bound for the rest. Bounds only narrow the values of variables, so a probe adds no rules, and
//! what a probe finds is as valid and as justified as any solution.

use std::collections::{HashMap, HashSet};

use crate::bitset::{BitSet, Value};
use crate::encode::{Shape, Variable, World};
use crate::fuel::{Stop, within};
use crate::narrow::{Masks, Narrowing};
use crate::problem::{GroupId, ItemId, Member, Preference};
use crate::propagate::{Assumption, Propagation};
use crate::provider::{Model, Outcome, Taste, search};
use crate::solution::Failure;

/// Improves a model to the best there is, as far as the fuel goes; says whether it went all the way.
pub(crate) fn improve<'p>(
    world: &World<'p>,
    taste: &Taste,
    known: &mut Propagation<'p>,
    model: Model,
    fuel: &mut u64,
) -> Result<(Model, bool), Failure> {
    let slice = *fuel / 4;
    let mut probing = Probing { world, taste, known, model, masks: Masks::new(), slice, fuel, optimal: true };
    let mut wanted: HashMap<GroupId, Vec<Member>> = HashMap::new();
    for preference in &world.problem().preferences {
        match preference {
            Preference::Rank(item, ranks) => probing.pursue(&Goal::Rank(*item, ranks))?,
            Preference::Wanted(group, members) => {
                wanted.entry(*group).or_default().extend(members);
                probing.pursue_members(*group, members)?;
            }
            Preference::Fill(group, members) => {
                probing.fill(*group, members, wanted.get(group).map_or(&[], Vec::as_slice))?;
            }
        }
    }
    Ok((probing.model, probing.optimal))
}

/// Something whose cost is to be as low as it can be, once everything before it is.
enum Goal<'p> {
    /// The rank of an item.
    Rank(ItemId, &'p [u32]),
    /// 1 where a group takes part without the option at this place, else 0.
    Present(GroupId, u32),
    /// How many options more than so many a group has that takes part, else 0.
    Few(GroupId, u32),
    /// The place of a 1-of-N group's option in this order, 0 if the group does not take part.
    Choice(GroupId, &'p [Member]),
}

struct Probing<'a, 'p> {
    world: &'a World<'p>,
    taste: &'a Taste,
    /// What follows from the problem and what was won so far.
    known: &'a mut Propagation<'p>,
    /// The best so far.
    model: Model,
    /// What was won so far.
    masks: Masks,
    /// What one probe may use.
    slice: u64,
    fuel: &'a mut u64,
    optimal: bool,
}

impl Probing<'_, '_> {
    fn pursue_members(&mut self, group: GroupId, members: &[Member]) -> Result<(), Failure> {
        for member in members {
            if let Some(place) = self.world.chain(group).and_then(|chain| chain.place(*member)) {
                self.pursue(&Goal::Present(group, place))?;
            }
        }
        Ok(())
    }

    /// A group that takes part costs no more than one that does not as long as it has its first choice: the options
    /// that are wanted, or as many as it needs, the first in the order.
    fn fill(&mut self, group: GroupId, members: &[Member], wanted: &[Member]) -> Result<(), Failure> {
        let wanted = self.distinct(group, wanted).len() as u32;
        let floor = match self.world.chain(group).map(|chain| chain.shape) {
            Some(Shape::One) => return self.pursue(&Goal::Choice(group, members)),
            Some(Shape::Counted { min, .. }) => min.max(wanted),
            Some(Shape::Free) | None => wanted,
        };
        let few = Goal::Few(group, floor);
        self.pursue(&few)?;
        let members = self.distinct(group, members);
        let (first, rest) = members.split_at(members.len().min(floor as usize));
        self.pursue_members(group, first)?;
        let first_choice = self.cost(&few, &self.model) == 0
            && first.iter().all(|member| {
                let place = self.world.chain(group).and_then(|chain| chain.place(*member));
                place.is_none_or(|place| self.cost(&Goal::Present(group, place), &self.model) == 0)
            });
        if first_choice { Ok(()) } else { self.pursue_members(group, rest) }
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

    /// Brings the cost of a goal down as far as it goes, and binds what follows to it.
    fn pursue(&mut self, goal: &Goal<'_>) -> Result<(), Failure> {
        for bound in self.levels(goal) {
            if self.probe(goal, bound)? {
                break;
            }
        }
        self.bind(goal, self.cost(goal, &self.model));
        // What was won follows through at once, so that later probes start from there. It can't clash: the model keeps it.
        match within(self.fuel, || self.known.run()) {
            Ok(_) => Ok(()),
            Err(Stop::OutOfFuel) => {
                self.optimal = false;
                Ok(())
            }
            Err(Stop::Interrupted) => Err(Failure::Interrupted),
        }
    }

    /// The bounds that are worth trying, each only if those before it could not be kept.
    fn levels(&self, goal: &Goal<'_>) -> Vec<u32> {
        let cost = self.cost(goal, &self.model);
        match goal {
            _ if cost == 0 => Vec::new(),
            Goal::Present(..) => vec![0],
            Goal::Rank(_, ranks) => {
                let mut levels: Vec<u32> =
                    ranks.iter().copied().filter(|rank| *rank < cost).chain([0]).collect();
                levels.sort_unstable();
                levels.dedup();
                levels
            }
            Goal::Few(..) | Goal::Choice(..) => (0..cost).collect(),
        }
    }

    fn cost(&self, goal: &Goal<'_>, model: &Model) -> u32 {
        match goal {
            Goal::Rank(item, ranks) => rank(ranks, model.value(Variable::Item(item.0))),
            Goal::Present(group, place) => {
                let item = self.world.chain(*group).and_then(|chain| chain.items.get(*place as usize));
                let absent = item.is_some_and(|item| model.value(Variable::Item(item.0)) == 0);
                u32::from(absent && model.value(Variable::Group(group.0)) > 0)
            }
            Goal::Few(group, floor) if model.value(Variable::Group(group.0)) > 0 => {
                let items = self.world.chain(*group).into_iter().flat_map(|chain| &chain.items);
                let count = items.filter(|item| model.value(Variable::Item(item.0)) > 0).count() as u32;
                count.saturating_sub(*floor)
            }
            Goal::Few(..) => 0,
            Goal::Choice(group, order) => match model.value(Variable::Group(group.0)).checked_sub(1) {
                Some(place) => self.turn(*group, order, place),
                None => 0,
            },
        }
    }

    /// The values that keep a goal's cost within a bound; none if all do.
    fn bound(&self, goal: &Goal<'_>, most: u32) -> Option<(Variable, BitSet)> {
        match goal {
            Goal::Rank(item, ranks) => {
                let all = 1..=self.world.problem().candidates(*item);
                let mask = [0].into_iter().chain(all.filter(|value| rank(ranks, *value) <= most)).collect();
                Some((Variable::Item(item.0), mask))
            }
            Goal::Present(..) if most > 0 => None,
            Goal::Present(group, place) if self.world.chain(*group)?.shape == Shape::One => {
                Some((Variable::Group(group.0), [0, place + 1].into_iter().collect()))
            }
            Goal::Present(group, place) => {
                let mask = self.world.node_values(group.0, *place, |_, present| present).with(0);
                Some((Variable::Node(group.0, *place), mask))
            }
            Goal::Few(group, floor) => {
                let most = most.saturating_add(*floor);
                let last = (self.world.chain(*group)?.items.len() as u32).checked_sub(1)?;
                let mask = self.world.node_values(group.0, last, |count, _| count <= most).with(0);
                Some((Variable::Node(group.0, last), mask))
            }
            Goal::Choice(group, order) => {
                let places = 0..self.world.chain(*group)?.items.len() as u32;
                let early = places.filter(|place| self.turn(*group, order, *place) <= most);
                Some((
                    Variable::Group(group.0),
                    [0].into_iter().chain(early.map(|place| place + 1)).collect(),
                ))
            }
        }
    }

    /// The place of an option in an order: after all if it is not named.
    fn turn(&self, group: GroupId, order: &[Member], place: u32) -> u32 {
        let chain = self.world.chain(group);
        let of = |member: &Member| chain.and_then(|chain| chain.place(*member));
        order.iter().position(|member| of(member) == Some(place)).unwrap_or(order.len()) as u32
    }

    /// Whether a goal's cost can be kept within a bound; if so, the model that does becomes the best so far.
    fn probe(&mut self, goal: &Goal<'_>, most: u32) -> Result<bool, Failure> {
        let here = self.known.mark();
        let before = self.bind(goal, most);
        let mut slice = self.slice.min(*self.fuel);
        let given = slice;
        let outcome = self.search(&mut slice);
        *self.fuel -= given - slice;
        self.known.back_to(here);
        match before {
            Some((variable, Some(mask))) => self.masks.insert(variable, mask),
            Some((variable, None)) => self.masks.remove(&variable),
            None => None,
        };
        match outcome {
            Ok(Some(model)) => self.model = model,
            Ok(None) => return Ok(false),
            Err(Stop::OutOfFuel) => {
                self.optimal = false;
                return Ok(false);
            }
            Err(Stop::Interrupted) => return Err(Failure::Interrupted),
        }
        Ok(true)
    }

    /// A model under everything that is bound, if there is one.
    fn search(&mut self, fuel: &mut u64) -> Result<Option<Model>, Stop> {
        if within(fuel, || self.known.run())?.is_err() {
            return Ok(None);
        }
        let narrowing = Narrowing::new(self.world, self.known, &self.masks);
        Ok(match search(self.world, self.taste, Some(&self.model), &narrowing, fuel)? {
            Outcome::Model(model) => Some(model),
            Outcome::Refuted(_) => None,
        })
    }

    /// Keeps a goal's cost within a bound, for the search and for what follows without it. Gives back the variable
    /// that was narrowed and its mask before.
    fn bind(&mut self, goal: &Goal<'_>, most: u32) -> Option<(Variable, Option<BitSet>)> {
        if let Some(assumption) = self.assumption(goal, most) {
            self.known.assume(&assumption);
        }
        let (variable, mask) = self.bound(goal, most)?;
        let before = self.masks.get(&variable).cloned();
        let narrower = match &before {
            Some(before) => before.and(&mask),
            None => mask,
        };
        self.masks.insert(variable, narrower);
        Some((variable, before))
    }

    fn assumption(&self, goal: &Goal<'_>, most: u32) -> Option<Assumption> {
        match goal {
            Goal::Rank(item, _) => Some(Assumption::Values(*item, self.bound(goal, most)?.1)),
            Goal::Present(..) if most > 0 => None,
            Goal::Present(group, place) => {
                let item = self.world.chain(*group)?.items.get(*place as usize)?;
                Some(Assumption::Wish(*group, *item))
            }
            Goal::Few(group, floor) => Some(Assumption::AtMost(*group, most.saturating_add(*floor))),
            Goal::Choice(..) => None,
        }
    }
}

fn rank(ranks: &[u32], value: Value) -> u32 {
    value.checked_sub(1).and_then(|candidate| ranks.get(candidate as usize)).copied().unwrap_or(0)
}
