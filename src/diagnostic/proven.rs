//! What is proved about a registry: what no stack can have, and what every stack has.
//!
//! Owns: those findings, with their codes and what to do about each. Refuses: proving them (`validate` does).

use std::fmt;

use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Name};
use crate::statement::Origin;
use crate::version::Version;

/// Something that was proved of a registry by itself, whatever a project may want of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Proven {
    /// No stack can have a group.
    #[error("no stack can have {0}: it cannot take part")]
    DeadGroup(GroupId),
    /// An option that no stack can have.
    #[error("no stack of {0} can have its option `{1}`")]
    DeadOption(GroupId, Name),
    /// A component that no stack can have.
    #[error("no stack can have {0}")]
    DeadComponent(ComponentId),
    /// A part of a component that no stack can have.
    #[error("no stack can have {0} {1}")]
    DeadPart(ComponentId, ComponentPart),
    /// An option that can't be left out, though the group's count allows it.
    #[error("every stack of {0} has its option `{1}`, though the group says that it may be left out")]
    AlwaysThere(GroupId, Name),
    /// A bound on the number of options that no stack meets.
    #[error("no stack has {}{bound} options of {group}{}", if *.is_max { "" } else { "as few as " }, instead(*.is_max, *.reached))]
    OutOfReach {
        /// Which group.
        group: GroupId,
        /// The bound as written.
        bound: u32,
        /// Whether it is `max`.
        is_max: bool,
        /// The number that is nearest to the bound, if one is known.
        reached: Option<u32>,
    },
    /// Two options that no stack has together.
    #[error("no stack has both {}", pair(.0, .1))]
    NeverTogether((GroupId, Name), (GroupId, Name)),
    /// Containers that some choices make wait for each other.
    #[error("{} in a ring where all numbered lines hold: {}", if *.built { "images need each other" } else { "containers wait for each other" }, round(.members))]
    Ring {
        /// Each waits for the next, the last for the first.
        members: Vec<ComponentId>,
        /// Whether it is about builds.
        built: bool,
    },
    /// A param that a stack gives two values.
    #[error("{target} can get two values for its param `{key}`: {}", values.iter().map(|(value, by)| format!("`{value}` from {by}")).collect::<Vec<_>>().join(" and "))]
    TwoValues {
        /// Whose param.
        target: ComponentId,
        /// The key.
        key: String,
        /// The values, and who sets them.
        values: Vec<(String, Origin)>,
    },
    /// What could neither be proved nor refuted within the bound of work.
    #[error("whether a stack can have {0} was too hard to find out")]
    NotProved(String),
}

/// What a registry proves now and did not before: something that a project could have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost(pub Proven);

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Proven::DeadGroup(group) => write!(f, "{group} can no longer take part"),
            Proven::DeadOption(group, option) => {
                write!(f, "selecting `{option}` of {group} is no longer possible")
            }
            Proven::DeadComponent(id) => write!(f, "a stack with {id} is no longer possible"),
            Proven::DeadPart(id, part) => write!(f, "{id} {part} is no longer possible"),
            Proven::AlwaysThere(group, option) => {
                write!(f, "leaving out `{option}` of {group} is no longer possible")
            }
            Proven::NeverTogether(one, other) => {
                write!(f, "{} together with {} is no longer possible", pair_member(one), pair_member(other))
            }
            other @ (Proven::OutOfReach { .. }
            | Proven::Ring { .. }
            | Proven::TwoValues { .. }
            | Proven::NotProved(_)) => other.fmt(f),
        }
    }
}

impl std::error::Error for Lost {}

impl Lost {
    /// The id of what can no longer be had, or whose part or option it is.
    pub fn of(&self) -> String {
        match &self.0 {
            Proven::DeadGroup(group)
            | Proven::DeadOption(group, _)
            | Proven::AlwaysThere(group, _)
            | Proven::OutOfReach { group, .. }
            | Proven::NeverTogether((group, _), _) => group.to_string(),
            Proven::DeadComponent(id) | Proven::DeadPart(id, _) => id.to_string(),
            Proven::Ring { members, .. } => round(members),
            Proven::TwoValues { target, .. } => target.to_string(),
            Proven::NotProved(what) => what.clone(),
        }
    }
}

/// A part of a component.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ComponentPart {
    /// A release.
    Release(Version),
    /// Its source for a mode.
    Mode(Mode),
    /// A deployment profile.
    Profile(Name),
}

impl fmt::Display for ComponentPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(version) => write!(f, "in its release {version}"),
            Self::Mode(mode) => write!(f, "in {mode} mode"),
            Self::Profile(profile) => write!(f, "with its profile `{profile}`"),
        }
    }
}

fn pair(one: &(GroupId, Name), other: &(GroupId, Name)) -> String {
    if one.0 == other.0 {
        format!("`{}` and {}", one.1, pair_member(other))
    } else {
        format!("{} and {}", pair_member(one), pair_member(other))
    }
}

fn pair_member((group, option): &(GroupId, Name)) -> String {
    format!("`{option}` of {group}")
}

fn round(members: &[ComponentId]) -> String {
    let names = members.iter().chain(members.first()).map(ToString::to_string);
    names.collect::<Vec<_>>().join(" → ")
}

fn instead(is_max: bool, reached: Option<u32>) -> String {
    match reached {
        Some(reached) => format!(": the {} is {reached}", if is_max { "most" } else { "least" }),
        None => String::new(),
    }
}

impl Proven {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DeadGroup(_) => "HSM-E600",
            Self::DeadOption(..) => "HSM-E601",
            Self::DeadComponent(_) => "HSM-E602",
            Self::DeadPart(..) => "HSM-E603",
            Self::AlwaysThere(..) => "HSM-E604",
            Self::OutOfReach { .. } => "HSM-E605",
            Self::NeverTogether(..) => "HSM-W606",
            Self::NotProved(_) => "HSM-W607",
            Self::Ring { .. } => "HSM-W608",
            Self::TwoValues { .. } => "HSM-W609",
        }
    }

    /// What to do, where that is known.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::DeadGroup(_) | Self::DeadOption(..) | Self::DeadComponent(_) | Self::DeadPart(..) => {
                "change one of the numbered lines, or take it out of the registry".to_owned()
            }
            Self::AlwaysThere(group, option) => {
                format!(
                    "whoever uses {group} gets `{option}`: say so with `min` and `default`, or change one of the numbered lines"
                )
            }
            Self::OutOfReach { is_max, reached: Some(reached), .. } => {
                format!(
                    "write `{}: {reached}`, or change one of the numbered lines",
                    if *is_max { "max" } else { "min" }
                )
            }
            Self::OutOfReach { .. } => "change one of the numbered lines".to_owned(),
            Self::Ring { .. } => {
                "no stack has the ring, other choices are made instead; change one of the numbered lines if it is not meant"
                    .to_owned()
            }
            Self::TwoValues { values, .. } => {
                let value = values.first().map(|(value, _)| value.as_str()).unwrap_or_default();
                format!(
                    "together they are joined with a comma; write one value in both places, or lists such as `[{value}]` if several are meant"
                )
            }
            Self::NeverTogether(..) | Self::NotProved(_) => return None,
        })
    }
}
