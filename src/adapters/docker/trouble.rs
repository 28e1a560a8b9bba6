//! What can be wrong with a project for Compose, as data.

use super::MAIN_FILE;
use crate::adapters::Problem;

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// Neither hsm's file nor one of the user's.
    #[error("there is no {MAIN_FILE}, and hsm.yaml names no `compose_files`: Compose has nothing to work on")]
    NothingToRun,
    /// An image without a digest among others that have one.
    #[error("the image `{image}` of `{name}` is not held to a digest, as others of the stack are")]
    NotHeld {
        /// The container.
        name: String,
        /// Its image.
        image: String,
    },
}

impl Problem for Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::NothingToRun => "HSM-E440",
            Self::NotHeld { .. } => "HSM-W441",
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NothingToRun => {
                "`hsm sync` writes it when the stack has a container that runs here".to_owned()
            }
            Self::NotHeld { .. } => {
                "`hsm lock --digests` asks for all of them anew, `hsm lock --no-digests` holds none"
                    .to_owned()
            }
        })
    }
}
