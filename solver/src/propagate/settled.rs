//! Whether what is known is already a solution.
//!
//! Owns: the reading of the facts as a selection (what has to be present in its first open candidate, nothing else)
//! and the check of every rule against it. Refuses: trying anything else.

use std::collections::HashMap;

use super::{Part, Propagation};
use crate::bitset::Value;
use crate::fuel::tick;
use crate::problem::{CandidateSet, GroupId, ItemId, Member, ResourceId, Then, When};

impl Propagation<'_> {
    /// Whether the least that is known is a solution. If not, there may still be others.
    pub(crate) fn is_settled(&self) -> bool {
        let mut groups = 0..self.groups.len() as u32;
        let mut rules = self.kept.iter().filter_map(|number| self.problem.rules.get(*number as usize));
        let mut holders = HashMap::new();
        groups.all(|group| self.keeps_count(GroupId(group)))
            && rules.all(|rule| {
                tick();
                !self.applies(&rule.when) || self.is_met(&rule.then, &mut holders)
            })
    }

    fn value(&self, item: ItemId) -> Value {
        self.state(item).filter(|state| state.is_forced()).and_then(|state| state.open.first()).unwrap_or(0)
    }

    fn is_in(&self, item: ItemId, set: &CandidateSet) -> bool {
        self.value(item).checked_sub(1).is_some_and(|candidate| set.contains(candidate))
    }

    fn is_present(&self, group: GroupId, member: Member) -> bool {
        self.option(group, member).is_some_and(|item| self.value(item) > 0)
    }

    fn is_part(&self, group: GroupId) -> bool {
        matches!(self.part(group), Part::Yes(_))
    }

    fn keeps_count(&self, group: GroupId) -> bool {
        let Some(state) = self.groups.get(group.0 as usize).filter(|_| self.is_part(group)) else {
            return true;
        };
        let count = state.members.iter().filter(|item| self.value(**item) > 0).count() as u32;
        (state.bounds.min..=state.bounds.max).contains(&count)
    }

    fn applies(&self, when: &When) -> bool {
        match when {
            When::Always => true,
            When::Item(item, set) => self.is_in(*item, set),
            When::TakesPart(group) => self.is_part(*group),
            When::Option(group, member) => self.is_part(*group) && self.is_present(*group, *member),
        }
    }

    /// `holders`: those of the rules before.
    fn is_met(&self, then: &Then, holders: &mut HashMap<ResourceId, ItemId>) -> bool {
        match then {
            Then::Present(item, set) => self.is_in(*item, set),
            Then::AbsentOr(item, set) => self.value(*item) == 0 || self.is_in(*item, set),
            Then::TakesPart(group) => self.is_part(*group),
            Then::OneOf(group, members) => {
                self.is_part(*group) && members.iter().any(|member| self.is_present(*group, *member))
            }
            Then::AllOf(group, members) => {
                self.is_part(*group) && members.iter().all(|member| self.is_present(*group, *member))
            }
            Then::AnyOf(alternatives) => alternatives.iter().any(|(item, set)| self.is_in(*item, set)),
            Then::Holds(resource, holder) => {
                resource.0 < self.problem.resources && holders.entry(*resource).or_insert(*holder) == holder
            }
            Then::Never => false,
        }
    }
}
