//! A value for every item and group, and whether it keeps a rule.
//!
//! Owns: the reading of conditions and demands against values. Refuses: reasons, and finding values.

use crate::bitset::Value;
use crate::problem::{CandidateSet, GroupId, ItemId, Member, Problem, Then, When};

/// A value (0: absent) for every item, and which groups take part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment<'p> {
    problem: &'p Problem,
    pub(crate) items: Vec<Value>,
    pub(crate) groups: Vec<bool>,
}

impl<'p> Assignment<'p> {
    /// These values of the items and groups of a problem.
    pub(crate) fn new(
        problem: &'p Problem,
        item: impl FnMut(u32) -> Value,
        group: impl FnMut(u32) -> bool,
    ) -> Self {
        let items = (0..problem.items.len() as u32).map(item).collect();
        let groups = (0..problem.groups.len() as u32).map(group).collect();
        Self { problem, items, groups }
    }

    /// The value of an item.
    pub(crate) fn value(&self, item: ItemId) -> Value {
        self.items.get(item.0 as usize).copied().unwrap_or(0)
    }

    /// Whether a group takes part.
    pub(crate) fn is_part(&self, group: GroupId) -> bool {
        self.groups.get(group.0 as usize).copied().unwrap_or(false)
    }

    /// Whether a condition holds.
    pub(crate) fn applies(&self, when: &When) -> bool {
        match when {
            When::Always => true,
            When::Item(item, set) => self.is_in(*item, set),
            When::TakesPart(group) => self.is_part(*group),
            When::Option(group, member) => self.is_part(*group) && self.is_present(*group, *member),
        }
    }

    /// Whether a demand is met. Whether nobody else holds a resource is not a matter of one demand.
    pub(crate) fn meets(&self, then: &Then) -> bool {
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
            Then::Holds(resource, _) => resource.0 < self.problem.resources,
            Then::Never => false,
        }
    }

    /// The item that an option is.
    pub(crate) fn option(&self, group: GroupId, member: Member) -> Option<ItemId> {
        self.problem.groups.get(group.0 as usize)?.members.get(member as usize).copied()
    }

    fn is_in(&self, item: ItemId, set: &CandidateSet) -> bool {
        self.value(item).checked_sub(1).is_some_and(|candidate| set.contains(candidate))
    }

    fn is_present(&self, group: GroupId, member: Member) -> bool {
        self.option(group, member).is_some_and(|item| self.value(item) > 0)
    }
}
