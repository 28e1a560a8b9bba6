//! What can be wrong with a stack for pip, as data.

use super::REQUIREMENTS;
use crate::adapters::Problem;

/// What can be wrong with a stack for pip, and what is only worth telling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// A file that is wholly hsm's was changed by hand.
    #[error("`{path}` was edited by hand; what it held is in `{aside}` now")]
    Edited {
        /// The file.
        path: String,
        /// Where its edit is kept.
        aside: String,
    },
    /// An entry has settings of another package manager.
    #[error("`{name}` has settings of uv, which pip does not know")]
    Settings {
        /// The package.
        name: String,
    },
    /// `into: {group: …}`.
    #[error("pip installs from {REQUIREMENTS}, so `into` means nothing to it")]
    Into,
    /// A source in a workspace.
    #[error("`{name}` comes from a workspace, which pip does not have")]
    Workspace {
        /// The package.
        name: String,
    },
    /// An index that is named and not written out.
    #[error("`{name}` comes from the index `{index}`, and pip knows indexes by their address only")]
    NamedIndex {
        /// The package.
        name: String,
        /// The index.
        index: String,
    },
    /// An index for some of the packages.
    #[error("`{name}` comes from {index}, but pip would look for every package in every index")]
    Indexes {
        /// The package.
        name: String,
        /// Its index.
        index: String,
        /// A package that comes from somewhere else.
        other: String,
    },
    /// A source of which only the requirements are wanted.
    #[error("of `{name}` only what it requires is wanted, and pip installs packages only whole")]
    NotItself {
        /// The package.
        name: String,
    },
    /// A path that cannot stand in a requirements file.
    #[error("the path `{path}` of `{name}` holds a character that a requirements file cannot hold")]
    Path {
        /// The package.
        name: String,
        /// Relative to the project.
        path: String,
    },
}

impl Problem for Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::Edited { .. } => "HSM-W331",
            Self::Settings { .. } => "HSM-W332",
            Self::Into => "HSM-W333",
            Self::Workspace { .. } => "HSM-E334",
            Self::NamedIndex { .. } => "HSM-E335",
            Self::Indexes { .. } => "HSM-E336",
            Self::Path { .. } => "HSM-E337",
            Self::NotItself { .. } => "HSM-E338",
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Edited { .. } => "put the change into hsm.yaml, and remove that file".to_owned(),
            Self::Settings { .. } => "see whether the package works without them".to_owned(),
            Self::Into => "remove `into`, or use another package manager".to_owned(),
            Self::Workspace { .. } => {
                "give it a source of the type `local`, or use another package manager".to_owned()
            }
            Self::NamedIndex { .. } => "write its address: `index: \"https://…\"`".to_owned(),
            Self::Indexes { index, other, .. } => format!(
                "let all packages of an index come from {index} (`{other}` does not), or use another package manager"
            ),
            Self::NotItself { .. } => "leave out `package: false`, or use another package manager".to_owned(),
            Self::Path { .. } => "use letters, digits, `-`, `_`, `.` and `/`".to_owned(),
        })
    }
}
