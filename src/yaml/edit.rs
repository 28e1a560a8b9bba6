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
use super::{Limits, Out, read};
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
    /// A mapping; a line for each pair where the place allows it.
    Map(Vec<(String, New)>),
    /// A mapping in braces, unless the value of the key before it is one of lines.
    Braces(Vec<(String, New)>),
    /// A mapping that has a line for each pair as an item of a list too, unless the item before it is written on one.
    Block(Vec<(String, New)>),
    /// A scalar that is no text, as it is written: `true`, a number, `null`.
    Bare(String),
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To the value of a mapping's key.
    Key(String),
    /// To an item of a sequence, from 0.
    Item(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<String> for Step {
    fn from(key: String) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Item(index)
    }
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

impl From<&Out> for New {
    fn from(out: &Out) -> Self {
        match out {
            Out::Null => Self::Bare("null".to_owned()),
            Out::Bool(value) => Self::Bare(value.to_string()),
            Out::Int(value) => Self::Bare(value.to_string()),
            Out::Float(value) => Self::Bare(value.to_string()),
            Out::Str(text) | Out::Quoted(text) => Self::Text(text.clone()),
            Out::List(items) => Self::List { items: items.iter().map(Self::from).collect(), lines: false },
            Out::Map(pairs) => Self::Block(pairs.iter().map(|(k, v)| (k.clone(), Self::from(v))).collect()),
            Out::Commented(_, value) => Self::from(value.as_ref()),
        }
    }
}

/// One change of a document. A path is a list of steps from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Sets the value of a key; the key, and mappings above it, are made when they are not there.
    Set {
        /// Where.
        path: Vec<Step>,
        /// To what.
        value: New,
        /// Placed above the last key of the path if it has to be made.
        comment: Option<String>,
    },
    /// Adds an item at the end of the sequence at a path; the sequence is made when it is not there.
    Append {
        /// Where.
        path: Vec<Step>,
        /// What.
        item: New,
    },
    /// Replaces an item of the sequence at a path.
    Replace {
        /// Where.
        path: Vec<Step>,
        /// Which, from 0.
        index: usize,
        /// By what.
        item: New,
    },
    /// Makes a scalar, or a mapping in braces, the first item of a sequence: of `a` makes `[a, item]`.
    Enlist {
        /// Where.
        path: Vec<Step>,
        /// What stands behind it.
        item: New,
    },
    /// Removes an item of the sequence at a path.
    RemoveItem {
        /// Where.
        path: Vec<Step>,
        /// Which, from 0.
        index: usize,
    },
    /// Removes a key.
    RemoveKey {
        /// Where.
        path: Vec<Step>,
    },
    /// Removes a key, and the mappings above it that are left empty.
    Prune {
        /// Where.
        path: Vec<Step>,
        /// The comment that was placed above the key when it was made: goes with it when it still stands there.
        comment: Option<String>,
    },
    /// Removes a value and leaves its key.
    Clear {
        /// Where.
        path: Vec<Step>,
    },
    /// Makes a scalar the only key of a mapping: of `a` makes `a: value`.
    Pair {
        /// Where.
        path: Vec<Step>,
        /// The key's value.
        value: String,
    },
    /// Makes a mapping of one key that key: of `a: value` makes `a`.
    Unpair {
        /// Where.
        path: Vec<Step>,
    },
    /// Makes a scalar a value of a mapping: of `a` makes `{key: a, more: x}`.
    Wrap {
        /// Where.
        path: Vec<Step>,
        /// Its key.
        key: String,
        /// What stands behind it.
        more: Vec<(String, New)>,
    },
    /// Makes a mapping of one key the scalar that is its value: of `{key: a}` makes `a`.
    Unwrap {
        /// Where.
        path: Vec<Step>,
        /// The key.
        key: String,
    },
    /// Gives a key another name; its value and its place stay.
    Rename {
        /// Where: the last step is the key.
        path: Vec<Step>,
        /// The new name.
        to: String,
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

/// Follows a path as far as it is written: the node it ends at, or the last one and the steps that are missing.
fn descend<'w, 'p>(root: &'w Written, path: &'p [Step]) -> Result<(&'w Written, &'p [Step]), Obstacle> {
    let mut node = root;
    for (depth, step) in path.iter().enumerate() {
        match (&node.shape, step) {
            (Shape::Map { pairs, .. }, Step::Key(key)) => {
                match pairs.iter().find(|p| p.key.as_ref() == Some(key)) {
                    Some(pair) => node = &pair.node,
                    None => return Ok((node, &path[depth..])),
                }
            }
            (Shape::List { items, .. }, Step::Item(index)) => {
                node = &items.get(*index).ok_or(Obstacle::Absent)?.node;
            }
            // a scalar here is `~` or `null`, or the tree would have objected
            (Shape::Empty | Shape::Scalar, Step::Key(_)) => return Ok((node, &path[depth..])),
            (Shape::Alias, _) => return Err(Obstacle::Borrowed),
            _ => return Err(Obstacle::Shape),
        }
    }
    Ok((node, &[]))
}

/// A path for people: `services.containers[0]`, items from 0 as most tools have it.
fn shown(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => out.extend([".", key]),
            Step::Item(index) => out.extend(["[", &index.to_string(), "]"]),
        }
    }
    out
}

fn by_hand(edit: &Edit) -> String {
    match edit {
        Edit::Set { path, value, .. } => {
            format!("set `{}` to `{}` by hand", shown(path), splice::flow(value))
        }
        Edit::Append { path, item } => {
            format!("add `{}` to the list `{}` by hand", splice::flow(item), shown(path))
        }
        Edit::Replace { path, index, item } => {
            format!(
                "replace item {} of the list `{}` by `{}` by hand",
                index + 1,
                shown(path),
                splice::flow(item)
            )
        }
        Edit::Enlist { path, item } => {
            format!("make `{}` a list and add `{}` to it by hand", shown(path), splice::flow(item))
        }
        Edit::RemoveItem { path, index } => {
            format!("remove item {} of the list `{}` by hand", index + 1, shown(path))
        }
        Edit::RemoveKey { path } | Edit::Prune { path, .. } => format!("remove `{}` by hand", shown(path)),
        Edit::Clear { path } => format!("remove the value of `{}` by hand", shown(path)),
        Edit::Pair { path, value } => {
            format!("give `{}` the value `{}` by hand", shown(path), splice::flow(&New::text(value)))
        }
        Edit::Unpair { path } => format!("leave but the key of `{}` by hand", shown(path)),
        Edit::Wrap { path, more, .. } => {
            format!("add `{}` to `{}` by hand", splice::flow(&New::Map(more.clone())), shown(path))
        }
        Edit::Unwrap { path, key } => format!("leave but the `{key}` of `{}` by hand", shown(path)),
        Edit::Rename { path, to } => format!("write `{to}` instead of the key `{}` by hand", shown(path)),
    }
}
