//! What can be wrong with what a stack asks of Python, whatever the package manager.

use crate::adapters::Problem;
use crate::requirement::RequirementError;

/// What can be wrong with the packages of a stack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::adapters) enum Trouble {
    /// A local source that is not there.
    #[error("the source of `{name}` is not there: `{path}` does not exist")]
    MissingPath {
        /// The package.
        name: String,
        /// Relative to the project.
        path: String,
    },
    /// A checkout that is not there.
    #[error("the checkout of `{name}` is not there: `{path}` does not exist")]
    MissingCheckout {
        /// The package.
        name: String,
        /// Relative to the project.
        path: String,
        /// A command that gets it.
        how: String,
    },
    /// A git source for development without `path`.
    #[error("the git source of `{name}` for dev has no `path`")]
    NoCheckout {
        /// The package.
        name: String,
    },
    /// A directory that is no Python package.
    #[error("the source of `{name}` is no Python package: `{path}` has neither pyproject.toml nor setup.py")]
    NoPackage {
        /// The package.
        name: String,
        /// Relative to the project.
        path: String,
    },
    /// A path that holds on one machine only.
    #[error("the source of `{name}` is an absolute path, `{path}`, which holds on one machine only")]
    Absolute {
        /// The package.
        name: String,
        /// As written.
        path: String,
    },
    /// Keys of a source that speak against each other.
    #[error("the source of `{name}` cannot have both {one} and {other}")]
    Keys {
        /// The package.
        name: String,
        /// One.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A text that is no requirement, specifier or marker.
    #[error(transparent)]
    Requirement(#[from] RequirementError),
    /// A distribution comes from two places.
    #[error("`{name}` cannot be both `{first}` and `{second}`")]
    Contradiction {
        /// The distribution.
        name: String,
        /// One demand.
        first: String,
        /// The other.
        second: String,
    },
}

impl Problem for Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::MissingPath { .. } => "HSM-E313",
            Self::MissingCheckout { .. } => "HSM-E314",
            Self::NoCheckout { .. } => "HSM-E315",
            Self::NoPackage { .. } => "HSM-E316",
            Self::Absolute { .. } => "HSM-E317",
            Self::Requirement(_) => "HSM-E318",
            Self::Contradiction { .. } => "HSM-E319",
            Self::Keys { .. } => "HSM-E325",
        }
    }

    fn is_clash(&self) -> bool {
        matches!(self, Self::Contradiction { .. })
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::MissingPath { .. } => "get it there, or choose the other mode".to_owned(),
            Self::MissingCheckout { how, .. } => {
                format!("let hsm get it with `--yes`, or get it with: {how}")
            }
            Self::NoCheckout { .. } => "say where the checkout lies: `path: ../NAME`".to_owned(),
            Self::Keys { .. } => "leave one of them out".to_owned(),
            Self::Absolute { .. } => "write it relative to the project's root".to_owned(),
            Self::NoPackage { .. } | Self::Requirement(_) | Self::Contradiction { .. } => return None,
        })
    }
}
