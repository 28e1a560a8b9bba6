//! YAML: text in, a tree with a place for every value out; and back.
//!
//! Owns: the limits on size, depth and aliases, duplicate keys, places. The only door to the YAML crates. Refuses: any
//! meaning of keys; scalars stay the source text that was written.

pub mod edit;
mod layout;
mod read;
#[cfg(test)]
mod read_tests;
mod write;

use crate::place::Place;

pub use read::{Limits, Parsed, parse, read, read_tagged, take};
pub use write::{Out, plainly, write};

/// A value with its place. Aliases and merge keys are expanded; an alias's content keeps the places of its anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it stands. For the empty value of a key: at the key.
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

impl Node {
    /// The text of a scalar.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// `true` or `false` without quotes.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true } if text == "true" => Some(true),
            Value::Scalar { text, plain: true } if text == "false" => Some(false),
            _ => None,
        }
    }

    /// The items of a sequence.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The pairs of a mapping.
    pub fn as_map(&self) -> Option<&[(Key, Node)]> {
        match &self.value {
            Value::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value of a mapping's key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.iter().find(|(k, _)| k.text == key).map(|(_, node)| node)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let Value::Map(pairs) = &mut self.value else { return None };
        pairs.iter_mut().find(|(own, _)| own.text == key).map(|(_, node)| node)
    }

    /// Sees every scalar in it, in the order of the text; keys are none.
    pub fn scalars(&self, see: &mut dyn FnMut(&str, Place)) {
        match &self.value {
            Value::Null => {}
            Value::Scalar { text, .. } => see(text, self.place),
            Value::List(items) => items.iter().for_each(|item| item.scalars(see)),
            Value::Map(pairs) => pairs.iter().for_each(|(_, node)| node.scalars(see)),
        }
    }

    /// Whether it is nothing, `~` or `null`.
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// What it is, for a sentence: "a list", "`true`", "nothing".
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Scalar { text, plain } if text.chars().count() <= 40 && !text.contains('\n') => {
                if *plain {
                    format!("`{text}`")
                } else {
                    format!("the text `{text}`")
                }
            }
            Value::Scalar { .. } => "a text".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
        }
    }
}
