//! What a document means and what an edit should make of it, without places and styles.

use std::collections::BTreeMap;

use super::{Edit, New, Obstacle, Step};
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
            New::List { items, .. } => Self::List(items.iter().map(Self::of_new).collect()),
            New::Bare(text) if text == "null" => Self::Null,
            New::Text(text) | New::Bare(text) => Self::Text(text.clone()),
            New::Map(pairs) | New::Braces(pairs) | New::Block(pairs) => {
                Self::Map(pairs.iter().map(|(k, v)| (k.clone(), Self::of_new(v))).collect())
            }
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
            Edit::Enlist { path, item } => {
                let here = self.find(path)?;
                if !matches!(here, Self::Text(_) | Self::Map(_)) {
                    return Err(Obstacle::Shape);
                }
                let first = std::mem::replace(here, Self::Null);
                *here = Self::List(vec![first, Self::of_new(item)]);
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
            Edit::RemoveKey { path } => self.remove(path),
            Edit::Prune { path, .. } => {
                self.remove(path)?;
                let mut above = path.as_slice();
                while let Some((_, rest)) = above.split_last() {
                    above = rest;
                    let left_empty = matches!(self.find(above)?, Self::Map(map) if map.is_empty());
                    if !left_empty || !matches!(above.last(), Some(Step::Key(_))) {
                        break;
                    }
                    self.remove(above)?;
                }
                Ok(())
            }
            Edit::Clear { path } => {
                if !matches!(path.last(), Some(Step::Key(_))) {
                    return Err(Obstacle::Shape);
                }
                *self.find(path)? = Self::Null;
                Ok(())
            }
            Edit::Pair { path, value } => {
                let here = self.find(path)?;
                let Self::Text(text) = here else { return Err(Obstacle::Shape) };
                *here = Self::Map(BTreeMap::from([(std::mem::take(text), Self::Text(value.clone()))]));
                Ok(())
            }
            Edit::Unpair { path } => {
                let here = self.find(path)?;
                let (key, _) = here.only_pair()?;
                *here = Self::Text(key);
                Ok(())
            }
            Edit::Wrap { path, key, more } => {
                let here = self.find(path)?;
                let Self::Text(text) = here else { return Err(Obstacle::Shape) };
                let text = (key.clone(), Self::Text(std::mem::take(text)));
                let more = more.iter().map(|(k, v)| (k.clone(), Self::of_new(v)));
                *here = Self::Map([text].into_iter().chain(more).collect());
                Ok(())
            }
            Edit::Unwrap { path, key } => {
                let here = self.find(path)?;
                match here.only_pair()? {
                    (own, Self::Text(text)) if own == *key => *here = Self::Text(text),
                    _ => return Err(Obstacle::Shape),
                }
                Ok(())
            }
            Edit::Rename { path, to } => {
                let (Step::Key(last), above) = path.split_last().ok_or(Obstacle::Absent)? else {
                    return Err(Obstacle::Shape);
                };
                let Self::Map(map) = self.find(above)? else { return Err(Obstacle::Shape) };
                if last != to && map.contains_key(to) {
                    return Err(Obstacle::Shape);
                }
                let value = map.remove(last).ok_or(Obstacle::Absent)?;
                map.insert(to.clone(), value);
                Ok(())
            }
        }
    }

    fn remove(&mut self, path: &[Step]) -> Result<(), Obstacle> {
        let (Step::Key(last), above) = path.split_last().ok_or(Obstacle::Absent)? else {
            return Err(Obstacle::Shape);
        };
        match self.find(above)? {
            Self::Map(map) => map.remove(last).map(|_| ()).ok_or(Obstacle::Absent),
            _ => Err(Obstacle::Shape),
        }
    }

    /// The pair of a mapping that has no other one.
    fn only_pair(&self) -> Result<(String, Self), Obstacle> {
        let Self::Map(map) = self else { return Err(Obstacle::Shape) };
        match map.iter().next() {
            Some((key, value)) if map.len() == 1 => Ok((key.clone(), value.clone())),
            _ => Err(Obstacle::Shape),
        }
    }

    fn items(&mut self) -> Result<&mut Vec<Tree>, Obstacle> {
        match self {
            Self::List(items) => Ok(items),
            _ => Err(Obstacle::Shape),
        }
    }

    fn find(&mut self, path: &[Step]) -> Result<&mut Self, Obstacle> {
        let mut here = self;
        for step in path {
            here = match (here, step) {
                (Self::Map(map), Step::Key(key)) => map.get_mut(key).ok_or(Obstacle::Absent)?,
                (Self::List(items), Step::Item(index)) => items.get_mut(*index).ok_or(Obstacle::Absent)?,
                _ => return Err(Obstacle::Absent),
            };
        }
        Ok(here)
    }

    fn entry(&mut self, path: &[Step]) -> Result<&mut Self, Obstacle> {
        let mut here = self;
        for step in path {
            if *here == Self::Null && matches!(step, Step::Key(_)) {
                *here = Self::Map(BTreeMap::new());
            }
            here = match (here, step) {
                (Self::Map(map), Step::Key(key)) => map.entry(key.clone()).or_insert(Self::Null),
                (Self::List(items), Step::Item(index)) => items.get_mut(*index).ok_or(Obstacle::Absent)?,
                _ => return Err(Obstacle::Shape),
            };
        }
        Ok(here)
    }
}
