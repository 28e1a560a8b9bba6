//! What can be wrong with checkouts, as data: its `Display` says what, `help` what to do.

use super::url::NotGit;
use crate::adapters::Problem;

/// What can be wrong with a checkout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// A container's checkout that is not there.
    #[error("the checkout of `{name}` is not there: `{path}` does not exist")]
    Missing {
        /// The container.
        name: String,
        /// From the project's root.
        path: String,
    },
    /// A URL or reference that git is not given.
    #[error("the source of `{name}` cannot be checked out: {why}")]
    Refused {
        /// The component.
        name: String,
        /// Why.
        why: NotGit,
    },
    /// Something else is at the path of a checkout.
    #[error("`{path}`, where the checkout of `{name}` belongs, is no git checkout; it is used as it is")]
    NoCheckout {
        /// The component.
        name: String,
        /// From the project's root.
        path: String,
    },
    /// A checkout of something else is there.
    #[error(
        "`{path}`, where the checkout of `{name}` belongs, comes from {found}, not from {wanted}; it is used as it is"
    )]
    OtherOrigin {
        /// The component.
        name: String,
        /// From the project's root.
        path: String,
        /// Where it comes from.
        found: String,
        /// What the registry says.
        wanted: String,
    },
}

impl Problem for Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "HSM-E350",
            Self::Refused { .. } => "HSM-E351",
            Self::NoCheckout { .. } => "HSM-W352",
            Self::OtherOrigin { .. } => "HSM-W353",
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Missing { .. } => "let hsm get it: `hsm sync --yes`".to_owned(),
            Self::Refused { .. } => "get it yourself to the `path` of the source".to_owned(),
            Self::NoCheckout { .. } | Self::OtherOrigin { .. } => {
                "move it away and sync to get the checkout, or change the source in the registry".to_owned()
            }
        })
    }
}
