//! Edits in place: a document's text with one value changed and every other byte as it was.
//!
//! Owns: where new text goes and what old text leaves, and the proof that it was right: the text is read strictly
//! before, spliced at the places of the old one, read strictly again, and its tree compared with what was meant.
//! Refuses: writing a document anew. An edit that cannot be proved is not made; the refusal says what to change by hand.

mod splice;
#[cfg(test)]
#[expect(clippy::format_push_string, reason = "generators are easiest to read so")]
mod tests;
mod tree;

use super::layout::{self, Shape, Written};
use super::{Limits, read};
use crate::place::FileId;
use splice::Splices;
use tree::Tree;

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum New {
    /// A string; quoted where a reader could take it for something else.
    Text(String),
    /// A sequence; `[a, b]`, or a line for each item.
    List {
        /// The items.
        items: Vec<New>,
        /// Whether each has a line of its own (where the place allows it).
        lines: bool,
    },
    /// A mapping.
    Map(Vec<(String, New)>),
}

impl New {
    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A sequence of strings, `[a, b]`.
    pub fn list<S: Into<String>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::List { items: items.into_iter().map(|s| Self::Text(s.into())).collect(), lines: false }
    }
}

/// One change of a document. A path is a list of keys from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Sets the value of a key; the key, and mappings above it, are made when they are not there.
    Set {
        /// Where.
        path: Vec<String>,
        /// To what.
        value: New,
        /// Placed above the last key of the path if it has to be made.
        comment: Option<String>,
    },
    /// Adds an item at the end of the sequence at a path; the sequence is made when it is not there.
    Append {
        /// Where.
        path: Vec<String>,
        /// What.
        item: New,
    },
    /// Replaces an item of the sequence at a path.
    Replace {
        /// Where.
        path: Vec<String>,
        /// Which, from 0.
        index: usize,
        /// By what.
        item: New,
    },
    /// Removes an item of the sequence at a path.
    RemoveItem {
        /// Where.
        path: Vec<String>,
        /// Which, from 0.
        index: usize,
    },
    /// Removes a key.
    RemoveKey {
        /// Where.
        path: Vec<String>,
    },
}

/// Why an edit was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The document is not one that the strict reader accepts.
    #[error("the file is not valid")]
    Invalid,
    /// A key of the path holds no mapping, or the last one no sequence.
    #[error("what stands there has another shape")]
    Shape,
    /// There is no such item or key.
    #[error("there is nothing to remove")]
    Absent,
    /// The value comes from elsewhere: an alias, or a merge key.
    #[error("the value comes from an anchor elsewhere in the file")]
    Borrowed,
    /// The way in which it is written leaves no safe place to write.
    #[error("the way it is written leaves no safe place for the change")]
    Style,
    /// The result would not have meant what was wanted.
    #[error("the change would also alter something else")]
    Unproved,
}

/// An edit that was not made, and what to do instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot edit the file in place: {obstacle}; {by_hand}")]
pub struct Refusal {
    /// Why.
    pub obstacle: Obstacle,
    /// What to change by hand.
    pub by_hand: String,
}

/// Makes an edit: the new text, in which every byte outside the edit is as it was.
pub fn apply(text: &str, edit: &Edit, limits: Limits) -> Result<String, Refusal> {
    attempt(text, edit, limits).map_err(|obstacle| Refusal { obstacle, by_hand: by_hand(edit) })
}

fn attempt(text: &str, edit: &Edit, limits: Limits) -> Result<String, Obstacle> {
    let before = read_tree(text, limits)?;
    let mut wanted = before.clone();
    wanted.apply(edit)?;
    if wanted == before {
        return Ok(text.to_owned());
    }
    let root = layout::read(text);
    let mut splices = Splices::new(text, root.as_ref());
    splices.plan(edit)?;
    let after = splices.apply();
    if read_tree(&after, limits).map_err(|_| Obstacle::Unproved)? != wanted {
        return Err(Obstacle::Unproved);
    }
    Ok(after)
}

/// The document as a tree; one without any value is an empty mapping.
fn read_tree(text: &str, limits: Limits) -> Result<Tree, Obstacle> {
    match read(FileId(0), text, limits) {
        Ok(node) if node.is_null() && layout::read(text).is_none() && only_comments(text) => {
            Ok(Tree::Map(std::collections::BTreeMap::new()))
        }
        Ok(node) => Ok(Tree::of(&node)),
        Err(_) => Err(Obstacle::Invalid),
    }
}

fn only_comments(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#'))
}

/// Follows a path as far as it is written: the node it ends at, or the last one and the keys that are missing.
fn descend<'w, 'p>(root: &'w Written, path: &'p [String]) -> Result<(&'w Written, &'p [String]), Obstacle> {
    let mut node = root;
    for (depth, key) in path.iter().enumerate() {
        match &node.shape {
            Shape::Map { pairs, .. } => match pairs.iter().find(|p| p.key.as_deref() == Some(key)) {
                Some(pair) => node = &pair.node,
                None => return Ok((node, &path[depth..])),
            },
            // a scalar here is `~` or `null`, or the tree would have objected
            Shape::Empty | Shape::Scalar => return Ok((node, &path[depth..])),
            Shape::Alias => return Err(Obstacle::Borrowed),
            Shape::List { .. } => return Err(Obstacle::Shape),
        }
    }
    Ok((node, &[]))
}

fn by_hand(edit: &Edit) -> String {
    match edit {
        Edit::Set { path, value, .. } => {
            format!("set `{}` to `{}` by hand", path.join("."), splice::flow(value))
        }
        Edit::Append { path, item } => {
            format!("add `{}` to the list `{}` by hand", splice::flow(item), path.join("."))
        }
        Edit::Replace { path, index, item } => {
            format!(
                "replace item {} of the list `{}` by `{}` by hand",
                index + 1,
                path.join("."),
                splice::flow(item)
            )
        }
        Edit::RemoveItem { path, index } => {
            format!("remove item {} of the list `{}` by hand", index + 1, path.join("."))
        }
        Edit::RemoveKey { path } => format!("remove `{}` by hand", path.join(".")),
    }
}
