//! Whether what is known is already a solution.
//!
//! Owns: the reading of the facts as a selection (what has to be present in its first open candidate, nothing else)
//! and the check of every rule against it. Refuses: trying anything else.

use std::collections::HashMap;

use super::{Part, Propagation};
use crate::assignment::Assignment;
use crate::fuel::tick;
use crate::problem::{GroupId, ItemId, ResourceId, Then};

impl<'p> Propagation<'p> {
    /// The least that is known, if that is a solution. If not, there may still be others.
    pub(crate) fn settled(&self) -> Option<Assignment<'p>> {
        let value = |item: u32| {
            let state = self.state(ItemId(item)).filter(|state| state.is_forced());
            state.and_then(|state| state.open.first()).unwrap_or(0)
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
                        && match &rule.then {
                            Then::Holds(resource, holder) => {
                                holders.entry(*resource).or_insert(*holder) == holder
                            }
                            _ => true,
                        }
            });
        is_solution.then_some(least)
    }

    fn keeps_count(&self, group: GroupId, least: &Assignment<'_>) -> bool {
        let Some(state) = self.groups.get(group.0 as usize).filter(|_| least.is_part(group)) else {
            return true;
        };
        let count = state.members.iter().filter(|item| least.value(**item) > 0).count() as u32;
        (state.bounds.min..=state.bounds.max).contains(&count)
    }
}
