//! Statements: one rule with its place, the unit that explanations speak in.
//!
//! Owns: what a manifest line or a registry rule can say, as data; its `Display` is the sentence. Refuses: encoding
//! (that is `compile`), and showing snippets (that is the voice).

use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Name};
use crate::place::Place;

/// One rule with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where it is written; `None` for what holds by itself (a component has one release, mode and profile).
    pub place: Option<Place>,
    /// What it says.
    pub claim: Claim,
}

/// Who says something: the subject of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// `hsm.yaml`.
    Manifest,
    /// A component.
    Component(ComponentId),
    /// An option of a group.
    Option(GroupId, Name),
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The manifest lists a component.
    Wants(ComponentId),
    /// The manifest names a group.
    Uses(GroupId),
    /// A pin of the manifest on a mode.
    PinsMode(ComponentId, Mode),
}
