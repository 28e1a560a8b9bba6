//! Stacks that show what a finding says.
//!
//! Owns: what such a stack holds, and the sentence about the choices in it that matter. Refuses: finding one (`validate`
//! does), and all that a project would add to it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::ComponentPart;
use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Name};
use crate::statement::Origin;
use crate::version::Version;

/// A stack that shows what a finding says, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// What it shows.
    pub shows: Shows,
    /// The stack.
    pub stack: Arc<Example>,
}

/// A stack that some project has: what it asks for, and what that brings in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Example {
    /// The components that are there.
    pub components: BTreeMap<ComponentId, Held>,
    /// The groups that take part, with the options that are there.
    pub groups: BTreeMap<GroupId, Vec<Name>>,
}

/// What a component is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its release, if it has a version.
    pub release: Option<Version>,
    /// Its mode; `None` for an external.
    pub mode: Option<Mode>,
    /// Its profile.
    pub profile: Option<Name>,
}

/// What a stack shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// How near a group comes to a bound.
    Nearest(GroupId),
    /// That an option is there, whether or not another one is what was selected.
    Brought {
        /// Of which group.
        group: GroupId,
        /// What was selected.
        selected: Option<Name>,
    },
    /// That one of two options can be had.
    With {
        /// The option.
        one: (GroupId, Name),
        /// The other one.
        other: (GroupId, Name),
    },
    /// What a component can be in, where a part of it is dead.
    CanBe(ComponentId, ComponentPart),
    /// That two can be there at once.
    Both(Origin, Origin),
    /// How a ring is avoided.
    Avoids {
        /// The containers that wait for each other.
        members: Vec<ComponentId>,
        /// The groups whose options close the ring.
        groups: Vec<GroupId>,
    },
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shows {
            Shows::Nearest(group) => write!(f, "a stack with {}", self.stack.options(group)),
            Shows::Brought { group, selected: Some(selected) } => {
                write!(f, "a project that selects `{selected}` gets {}", self.stack.options(group))
            }
            Shows::Brought { group, selected: None } => {
                write!(f, "a project that selects nothing gets {}", self.stack.options(group))
            }
            Shows::With { one: (group, _), other: (same, other) } if group == same => {
                write!(f, "a stack has {}, without `{other}`", self.stack.options(group))
            }
            Shows::With { one: (_, option), other: (group, _) } => {
                write!(f, "a stack with `{option}` has {}", self.stack.options(group))
            }
            Shows::CanBe(id, part) => {
                let Some(held) = self.stack.components.get(id) else { return write!(f, "no {id}") };
                write!(f, "a stack can have {id} {}", held.like(part))
            }
            Shows::Both(one, other) => write!(f, "a stack can have both {one} and {other}"),
            Shows::Avoids { members, groups } => f.write_str(&self.avoiding(members, groups)),
        }
    }
}

impl Witness {
    /// The choices by which a ring is avoided: those of the groups in it, or else what its members are in.
    fn avoiding(&self, members: &[ComponentId], groups: &[GroupId]) -> String {
        let there = |group: &&GroupId| self.stack.groups.contains_key(*group);
        let chosen: Vec<String> =
            groups.iter().filter(there).map(|group| self.stack.options(group)).collect();
        if let (Some(first), false) = (members.first(), chosen.is_empty()) {
            return format!("a stack with {first} avoids the ring: it has {}", chosen.join(", and "));
        }
        let held = |id: &ComponentId| match self.stack.components.get(id) {
            Some(held) if held.profile.is_none() => format!("{id} {held}, without a profile"),
            Some(held) => format!("{id} {held}"),
            None => format!("no {id}"),
        };
        let members: Vec<String> = members.iter().map(held).collect();
        format!("a stack that avoids the ring has {}", members.join(", and "))
    }
}

impl Example {
    /// The options of a group in words.
    fn options(&self, group: &GroupId) -> String {
        match self.groups.get(group).map(Vec::as_slice) {
            None => format!("no {group}"),
            Some([]) => format!("no option of {group}"),
            Some(options) => {
                let options: Vec<String> = options.iter().map(|option| format!("`{option}`")).collect();
                format!("{} of {group}", options.join(", "))
            }
        }
    }
}

impl Held {
    fn release_words(&self) -> Option<String> {
        self.release.as_ref().map(|release| format!("in its release {release}"))
    }

    fn mode_words(&self) -> String {
        self.mode.map_or("as an external".to_owned(), |mode| format!("in {mode} mode"))
    }

    fn profile_words(&self) -> Option<String> {
        self.profile.as_ref().map(|profile| format!("with its profile `{profile}`"))
    }

    /// What is there in place of a part that can't be.
    fn like(&self, part: &ComponentPart) -> String {
        match part {
            ComponentPart::Release(_) => self.release_words().unwrap_or("without a version".to_owned()),
            ComponentPart::Profile(_) => self.profile_words().unwrap_or("without a profile".to_owned()),
            ComponentPart::Mode(_) => self.mode_words(),
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.release_words().into_iter().chain([self.mode_words()]).chain(self.profile_words());
        f.write_str(&words.collect::<Vec<_>>().join(", "))
    }
}
