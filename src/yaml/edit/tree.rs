//! What a document means and what an edit should make of it, without places and styles.

use std::collections::BTreeMap;

use super::{Edit, New, Obstacle};
use crate::yaml::{Node, Value};

/// A value without places. The order of a mapping's keys is no part of it: nothing moves keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tree {
    /// Nothing.
    Null,
    /// A scalar.
    Text(String),
    /// A sequence.
    List(Vec<Tree>),
    /// A mapping.
    Map(BTreeMap<String, Tree>),
}

impl Tree {
    pub(super) fn of(node: &Node) -> Self {
        match &node.value {
            Value::Null => Self::Null,
            Value::Scalar { text, .. } => Self::Text(text.clone()),
            Value::List(items) => Self::List(items.iter().map(Self::of).collect()),
            Value::Map(pairs) => {
                Self::Map(pairs.iter().map(|(k, v)| (k.text.clone(), Self::of(v))).collect())
            }
        }
    }

    pub(super) fn of_new(new: &New) -> Self {
        match new {
            New::Text(text) => Self::Text(text.clone()),
            New::List { items, .. } => Self::List(items.iter().map(Self::of_new).collect()),
            New::Map(pairs) => Self::Map(pairs.iter().map(|(k, v)| (k.clone(), Self::of_new(v))).collect()),
        }
    }

    /// Does to the tree what the edit should do to the document.
    pub(super) fn apply(&mut self, edit: &Edit) -> Result<(), Obstacle> {
        match edit {
            Edit::Set { path, value, .. } => {
                *self.entry(path)? = Self::of_new(value);
                Ok(())
            }
            Edit::Append { path, item } => {
                let place = self.entry(path)?;
                if *place == Self::Null {
                    *place = Self::List(Vec::new());
                }
                place.items()?.push(Self::of_new(item));
                Ok(())
            }
            Edit::Replace { path, index, item } => {
                let items = self.find(path)?.items()?;
                *items.get_mut(*index).ok_or(Obstacle::Absent)? = Self::of_new(item);
                Ok(())
            }
            Edit::RemoveItem { path, index } => {
                let items = self.find(path)?.items()?;
                if *index >= items.len() {
                    return Err(Obstacle::Absent);
                }
                items.remove(*index);
                Ok(())
            }
            Edit::RemoveKey { path } => {
                let (last, above) = path.split_last().ok_or(Obstacle::Absent)?;
                match self.find(above)? {
                    Self::Map(map) => map.remove(last).map(|_| ()).ok_or(Obstacle::Absent),
                    _ => Err(Obstacle::Shape),
                }
            }
        }
    }

    fn items(&mut self) -> Result<&mut Vec<Tree>, Obstacle> {
        match self {
            Self::List(items) => Ok(items),
            _ => Err(Obstacle::Shape),
        }
    }

    fn find(&mut self, path: &[String]) -> Result<&mut Self, Obstacle> {
        let mut here = self;
        for key in path {
            here = match here {
                Self::Map(map) => map.get_mut(key).ok_or(Obstacle::Absent)?,
                _ => return Err(Obstacle::Absent),
            };
        }
        Ok(here)
    }

    fn entry(&mut self, path: &[String]) -> Result<&mut Self, Obstacle> {
        let mut here = self;
        for key in path {
            if *here == Self::Null {
                *here = Self::Map(BTreeMap::new());
            }
            here = match here {
                Self::Map(map) => map.entry(key.clone()).or_insert(Self::Null),
                _ => return Err(Obstacle::Shape),
            };
        }
        Ok(here)
    }
}
