//! Whether what is known is already a solution.
//!
//! Owns: the reading of the facts as a selection (what has to be present in its first open candidate, nothing else)
//! and the check of every rule against it. Refuses: trying anything else.

use std::collections::HashMap;

use super::{Part, Propagation};
use crate::assignment::Assignment;
use crate::bitset::{BitSet, Value};
use crate::fuel::tick;
use crate::problem::{GroupId, ItemId, ResourceId, Then};

impl<'p> Propagation<'p> {
    /// The least that is known, if that is a solution. If not, there may still be others.
    pub(crate) fn settled(&self) -> Option<Assignment<'p>> {
        self.least(|_, open| open.first().unwrap_or(0), |_, _| true)
    }

    /// What a search comes to that takes these values of the items, where it has nothing else to choose: neither
    /// between the options of groups nor between several ways to meet a rule. `None` if that is not plain to see.
    pub(crate) fn evident(&self, choose: impl Fn(ItemId, &BitSet) -> Value) -> Option<Assignment<'p>> {
        self.least(choose, |then, least| self.is_first_way(then, least))
    }

    fn least(
        &self,
        choose: impl Fn(ItemId, &BitSet) -> Value,
        is_good: impl Fn(&Then, &Assignment<'p>) -> bool,
    ) -> Option<Assignment<'p>> {
        let value = |item: u32| {
            let state = self.state(ItemId(item)).filter(|state| state.is_forced());
            state.map_or(0, |state| choose(ItemId(item), &state.open))
        };
        let is_part = |group: u32| matches!(self.part(GroupId(group)), Part::Yes(_));
        let least = Assignment::new(self.problem, value, is_part);
        let mut holders: HashMap<ResourceId, ItemId> = HashMap::new();
        let mut rules = self.watch.kept.iter().filter_map(|number| self.problem.rules.get(*number as usize));
        let mut groups = 0..self.groups.len() as u32;
        let is_solution = groups.all(|group| self.keeps_count(GroupId(group), &least))
            && rules.all(|rule| {
                tick();
                !least.applies(&rule.when)
                    || least.meets(&rule.then)
                        && is_good(&rule.then, &least)
                        && match &rule.then {
                            Then::Holds(resource, holder) => {
                                holders.entry(*resource).or_insert(*holder) == holder
                            }
                            _ => true,
                        }
            });
        is_solution.then_some(least)
    }

    /// Whether a demand is met by the first of its ways that are left.
    fn is_first_way(&self, then: &Then, least: &Assignment<'p>) -> bool {
        let is_left = |item: ItemId, values: &BitSet| {
            self.state(item).is_some_and(|state| state.open.and(values).count() > 0)
        };
        match then {
            Then::AnyOf(alternatives) => {
                let mut left =
                    alternatives.iter().filter(|(item, set)| is_left(*item, &self.values(*item, set)));
                left.next().is_none_or(|(item, set)| self.values(*item, set).has(least.value(*item)))
            }
            Then::OneOf(group, members) => {
                let mut items = members.iter().filter_map(|member| self.option(*group, *member));
                let left = items.find(|item| is_left(*item, &self.all(*item)));
                left.is_none_or(|item| least.value(item) > 0)
            }
            _ => true,
        }
    }

    fn keeps_count(&self, group: GroupId, least: &Assignment<'_>) -> bool {
        let Some(state) = self.groups.get(group.0 as usize).filter(|_| least.is_part(group)) else {
            return true;
        };
        let count = state.members.iter().filter(|item| least.value(**item) > 0).count() as u32;
        (state.bounds.min..=state.bounds.max).contains(&count)
    }
}
