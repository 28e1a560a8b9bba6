//! What a registry's own test expects, and what is not so.
//!
//! Owns: those findings, with their codes and what to do about each. Refuses: running the tests.

use crate::names::TargetId;

/// What is not as a test of a registry expects it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Expected {
    /// A component or a group is otherwise.
    #[error("{}", is_otherwise(target, is.as_deref()))]
    Is {
        /// Which.
        target: TargetId,
        /// What the stack has of it; `None`: nothing.
        is: Option<String>,
    },
    /// A stack is expected, and there is none.
    #[error("there is no stack, and one is expected")]
    Stack,
    /// A conflict is expected, and there is a stack.
    #[error("there is a stack, and a conflict is expected")]
    Conflict,
    /// A conflict is there, but of something else.
    #[error("there is no stack, but none of the lines that say so speaks of {0}")]
    Named(TargetId),
    /// The test does not say what it expects.
    #[error("the test expects nothing")]
    Nothing,
}

fn is_otherwise(target: &TargetId, is: Option<&str>) -> String {
    match (target, is) {
        (TargetId::Component(_), Some(is)) => format!("{target} is {is}"),
        (TargetId::Component(_), None) => format!("{target} is not in the stack"),
        (TargetId::Group(_), Some(is)) => format!("{target} has {is}"),
        (TargetId::Group(_), None) => format!("{target} takes no part"),
    }
}

impl Expected {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Is { .. } => "HSM-E620",
            Self::Stack => "HSM-E621",
            Self::Conflict => "HSM-E622",
            Self::Named(_) => "HSM-E623",
            Self::Nothing => "HSM-E624",
        }
    }

    /// What to do, where that is known.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Nothing => {
                "write `x-expect: {stack: {KIND:NAME: DEMAND}}`, or `x-expect: {conflict: [KIND:NAME]}`"
                    .to_owned()
            }
            Self::Is { .. } | Self::Stack | Self::Conflict | Self::Named(_) => return None,
        })
    }
}
