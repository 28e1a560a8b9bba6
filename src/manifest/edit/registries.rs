//! The list of registries.

use super::{Draft, EditError, Edited, find};
use crate::manifest::GitRefKind;
use crate::names::Name;
use crate::yaml::Value;
use crate::yaml::edit::{Edit, New, Step};

/// A registry that is to be searched after those that are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRegistry {
    /// What it is called in this project, where that is said.
    pub name: Option<Name>,
    /// Where it is.
    pub source: NewSource,
    /// The registry that counts as long as none is listed: it is listed before the new one, so that it still counts.
    pub usual: Option<String>,
}

/// Where a new registry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewSource {
    /// A directory, from the project's root.
    Path(String),
    /// A repository, and which commit of it.
    Git(String, Option<(GitRefKind, String)>),
}

impl NewRegistry {
    fn item(&self) -> New {
        let mut pairs: Vec<(String, New)> =
            self.name.iter().map(|name| ("name".to_owned(), New::text(name.as_str()))).collect();
        match &self.source {
            NewSource::Path(path) if pairs.is_empty() => return New::text(path),
            NewSource::Path(path) => pairs.push(("path".to_owned(), New::text(path))),
            NewSource::Git(url, reference) => {
                pairs.push(("git".to_owned(), New::text(url)));
                pairs
                    .extend(reference.iter().map(|(kind, text)| (kind.as_str().to_owned(), New::text(text))));
            }
        }
        New::Braces(pairs)
    }
}

/// Adds a registry at the end of the list; what is there becomes a list where it was one registry.
pub fn add_registry(text: &str, new: &NewRegistry) -> Result<Edited, EditError> {
    let mut draft = Draft { text: text.to_owned(), notes: Vec::new() };
    let root = draft.node()?;
    let path = vec![Step::from("registry")];
    let item = new.item();
    match find(&root, &path).map(|node| &node.value) {
        None | Some(Value::Null) => {
            let value = match &new.usual {
                Some(usual) => New::List { items: vec![New::text(usual), item], lines: true },
                None => item,
            };
            draft.set(path, value, None)?;
        }
        Some(Value::List(items)) => {
            let usual = new.usual.iter().filter(|_| items.is_empty()).map(New::text);
            for item in usual.chain([item]) {
                draft.apply(&Edit::Append { path: path.clone(), item })?;
            }
        }
        Some(Value::Map(_)) => draft.apply(&Edit::Enlist { path, item })?,
        Some(Value::Scalar { text, .. }) => {
            let both = New::List { items: vec![New::text(text), item.clone()], lines: false };
            if !draft.applied(&Edit::Enlist { path: path.clone(), item }) {
                draft.set(path, both, None)?;
            }
        }
    }
    Ok(Edited { text: draft.text, notes: draft.notes })
}

/// Makes a registry in a git repository the one of a directory; `number`: its place in the list. What it is called stays.
pub fn settle_registry(text: &str, number: usize, name: &str, dir: &str) -> Result<Edited, EditError> {
    let mut draft = Draft { text: text.to_owned(), notes: Vec::new() };
    let root = draft.node()?;
    let mut path = vec![Step::from("registry")];
    if find(&root, &path).is_some_and(|node| node.as_list().is_some()) {
        path.push(Step::Item(number));
    }
    let key = |key: &str| [path.as_slice(), &[Step::from(key)]].concat();
    for gone in [GitRefKind::Branch, GitRefKind::Tag, GitRefKind::Rev].map(GitRefKind::as_str) {
        if find(&root, &key(gone)).is_some() {
            draft.apply(&Edit::RemoveKey { path: key(gone) })?;
        }
    }
    draft.apply(&Edit::Rename { path: key("git"), to: "path".to_owned() })?;
    draft.set(key("path"), New::text(dir), None)?;
    if find(&root, &key("name")).is_none() {
        draft.set(key("name"), New::text(name), None)?;
    }
    Ok(Edited { text: draft.text, notes: draft.notes })
}
