//! YAML: text in, a tree with a place for every value out; and back.
//!
//! Owns: the limits on size, depth and aliases, duplicate keys, places. The only door to the YAML crates. Refuses: any
//! meaning of keys; scalars stay the source text that was written.

use crate::place::Place;

/// A value with its place. Aliases and merge keys are expanded; an alias's content keeps the places of its anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// What a YAML value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// A scalar as its source text (escapes resolved).
    Scalar {
        /// The text.
        text: String,
        /// Whether it was written without quotes (then `true` or `12` may mean a boolean or a number).
        plain: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order in which it was written.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}
