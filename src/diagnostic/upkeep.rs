//! What is careless in a registry: it works today, or for one project, and will surprise somebody.
//!
//! Owns: those findings, with their codes and what to do about each. Refuses: what the solver has to prove.

use crate::container::keys::Shape;
use crate::names::{ComponentId, Name, TargetId};

/// Something careless in a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Upkeep {
    /// An image that another one may stand for tomorrow.
    #[error("the image `{image}` is not pinned: it {}", if *.latest { "is whatever was published last" } else { "names no tag" })]
    UnpinnedImage {
        /// As written.
        image: String,
        /// Whether it says `latest`.
        latest: bool,
    },
    /// A published git source that moves.
    #[error("the published source of {of} is not pinned: it {}", branch.as_ref().map_or("names no tag or commit".to_owned(), |branch| format!("follows the branch `{branch}`")))]
    MovingRef {
        /// Whose source.
        of: ComponentId,
        /// The branch, if one is named.
        branch: Option<String>,
    },
    /// A param that its target does not use.
    #[error("nobody reads the param `{key}`: {target} does not use it")]
    ParamUnread {
        /// To whom it is handed.
        target: TargetId,
        /// The key.
        key: String,
    },
    /// A param that is used, and that nobody sets.
    #[error("nobody sets the param `{key}` of {of}, so no project can run it")]
    ParamUnset {
        /// Whose string.
        of: ComponentId,
        /// The key.
        key: String,
    },
    /// A conflict with what is in no registry.
    #[error("{by} conflicts with {target}, and no registry has an entry for that")]
    ConflictUnknown {
        /// Who says so.
        by: TargetId,
        /// As written.
        target: TargetId,
        /// What is most like it.
        nearest: Option<TargetId>,
    },
    /// A key that Compose does not have.
    #[error("Compose has no service key `{key}`")]
    ComposeKey {
        /// As written.
        key: String,
        /// The key that is most like it.
        nearest: Option<&'static str>,
    },
    /// A value of the wrong shape.
    #[error("the Compose key `{key}` takes {shape}")]
    ComposeShape {
        /// The key.
        key: String,
        /// What it takes.
        shape: Shape,
    },
    /// What is to be used instead of something is not there.
    #[error("`{name}` is to be used instead of {of}, and there is no such {}", if of.starts_with("the option") { "option" } else { "entry" })]
    InsteadUnknown {
        /// What is deprecated.
        of: String,
        /// As written.
        name: Name,
        /// The name that is most like it.
        nearest: Option<Name>,
    },
    /// What is to be used instead of something is to be left, too.
    #[error("`{name}` is to be used instead of {of}, and is deprecated itself")]
    InsteadDeprecated {
        /// What is deprecated.
        of: String,
        /// What is to be used.
        name: Name,
    },
    /// What is to be used instead leads back.
    #[error("what is to be used instead goes round: {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → "))]
    InsteadRing {
        /// The names, the first one again at the end.
        names: Vec<Name>,
    },
    /// An old name that an entry has.
    #[error("{of} says that it was once called `{old}`, and there is an entry of that name")]
    OldNameLives {
        /// Who says so.
        of: TargetId,
        /// The old name.
        old: Name,
    },
    /// An old name of two entries.
    #[error("both {other} and {of} say that they were once called `{old}`")]
    OldNameTwice {
        /// The second.
        of: TargetId,
        /// The first.
        other: TargetId,
        /// The old name.
        old: Name,
    },
}

impl Upkeep {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnpinnedImage { .. } => "HSM-W610",
            Self::MovingRef { .. } => "HSM-W611",
            Self::ParamUnread { .. } => "HSM-W612",
            Self::ParamUnset { .. } => "HSM-E613",
            Self::ComposeKey { .. } => "HSM-E614",
            Self::ComposeShape { .. } => "HSM-E615",
            Self::ConflictUnknown { .. } => "HSM-W616",
            Self::InsteadUnknown { .. } => "HSM-E640",
            Self::InsteadDeprecated { .. } => "HSM-W641",
            Self::InsteadRing { .. } => "HSM-E642",
            Self::OldNameLives { .. } => "HSM-E643",
            Self::OldNameTwice { .. } => "HSM-E644",
        }
    }

    /// What to do, where that is known.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::UnpinnedImage { .. } => "name a tag, or a digest: `NAME:TAG@sha256:…`".to_owned(),
            Self::MovingRef { .. } => "write `tag`, or `rev` with a commit".to_owned(),
            Self::ParamUnread { key, .. } => {
                format!("use `${{HSM_MERGED_PARAMS.{key}}}` in the target, or take the param out")
            }
            Self::ParamUnset { key, .. } => {
                format!(
                    "write `${{HSM_MERGED_PARAMS.{key}:-DEFAULT}}`, or set it where the container is implied"
                )
            }
            Self::ComposeKey { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::ComposeKey { nearest: None, .. } => {
                "remove it; keys of your own start with `x-`".to_owned()
            }
            Self::ComposeShape { .. } | Self::ConflictUnknown { nearest: None, .. } => return None,
            Self::ConflictUnknown { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::InsteadUnknown { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::InsteadUnknown { nearest: None, .. } => {
                "name what is there, or remove `use`: `why` can say the rest".to_owned()
            }
            Self::InsteadDeprecated { .. } => {
                "name what is to be used in the end; hsm follows from one to the next".to_owned()
            }
            Self::InsteadRing { .. } => "one of them has to stay in use: remove its `deprecated`".to_owned(),
            Self::OldNameLives { .. } => {
                "remove it from `renamed_from`: a name that is there is nobody's old name".to_owned()
            }
            Self::OldNameTwice { .. } => "leave it to the one that is meant by the old name".to_owned(),
        })
    }
}
