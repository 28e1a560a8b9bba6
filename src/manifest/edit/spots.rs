//! Where the manifest says something of one component, and in which of the ways that an item can be written.

use std::fmt;

use super::{below, list_path, section};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::yaml::edit::Step;
use crate::yaml::{Node, Value};

/// What part of the manifest speaks of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// `packages` or `containers`.
    Listed,
    /// The selection of a group.
    Selected(GroupId),
    /// `constraints`.
    Constrained,
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listed => f.write_str("its own item"),
            Self::Selected(group) => write!(f, "the selection of {group}"),
            Self::Constrained => f.write_str("`constraints`"),
        }
    }
}

/// One place that speaks of a component.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub stands: Stands,
    /// The item; for an entry of a mapping, that mapping.
    pub path: Vec<Step>,
    pub form: Form,
    /// The keys of its settings, the name apart, with their values where these are scalars.
    pub settings: Vec<(String, Option<String>)>,
}

/// How an item is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// `NAME`.
    Bare,
    /// `NAME: …`.
    Entry {
        /// The name as it is written.
        key: String,
        /// Whether the mapping holds nothing else.
        sole: bool,
        /// What stands behind the colon.
        value: EntryValue,
    },
    /// A mapping of settings: with `name`, or below the key of a constraint.
    Settings,
}

/// What stands behind `NAME:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryValue {
    Nothing,
    Mode,
    Settings,
}

impl Spot {
    /// What it says of `version`, `mode` or `profile`.
    pub(super) fn pin(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(own, _)| own == key).and_then(|(_, text)| text.as_deref())
    }

    /// The mapping of its settings.
    pub(super) fn of_settings(&self) -> Vec<Step> {
        match &self.form {
            Form::Entry { key, .. } => below(&self.path, key.as_str()),
            Form::Bare | Form::Settings => self.path.clone(),
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.settings.iter().any(|(own, _)| own == key)
    }

    /// What is left of its settings without that one.
    pub(super) fn without(&self, key: &str) -> Vec<&str> {
        self.settings.iter().map(|(own, _)| own.as_str()).filter(|own| *own != key).collect()
    }
}

/// All places that speak of a component: its own item, then selections, then `constraints`.
pub(super) fn spots(root: &Node, id: &ComponentId) -> Vec<Spot> {
    let mut out = Vec::new();
    let path = list_path(id.kind());
    let (section, groups, list) = section(id.kind());
    let in_section = |key: &str| root.get(section).and_then(|node| node.get(key));
    items(in_section(list), &path, &Stands::Listed, id, &mut out);
    let lines = in_section(groups).and_then(Node::as_map).unwrap_or_default();
    for (key, line) in lines {
        let Ok(name) = Name::parse(&key.text) else { continue };
        let path = vec![section.into(), groups.into(), key.text.as_str().into(), "selection".into()];
        let stands = Stands::Selected(GroupId::new(id.kind(), &name));
        let Some(selection) = line.get("selection") else { continue };
        match &selection.value {
            Value::List(_) => items(Some(selection), &path, &stands, id, &mut out),
            Value::Map(pairs) if selection.get("name").is_none() => {
                let own = pairs.iter().find(|(key, _)| names(&key.text, id));
                out.extend(own.map(|(key, value)| entry(&key.text, value, pairs.len() == 1, path, stands)));
            }
            _ => out.extend(item(selection, path, stands, id)),
        }
    }
    for (key, node) in root.get("constraints").and_then(Node::as_map).unwrap_or_default() {
        if TargetId::parse(&key.text).is_ok_and(|target| target == TargetId::Component(id.clone())) {
            out.push(Spot {
                stands: Stands::Constrained,
                path: vec!["constraints".into(), key.text.as_str().into()],
                form: Form::Settings,
                settings: settings(node),
            });
        }
    }
    out
}

fn items(list: Option<&Node>, path: &[Step], stands: &Stands, id: &ComponentId, out: &mut Vec<Spot>) {
    let nodes = list.and_then(Node::as_list).unwrap_or_default();
    let found = nodes.iter().enumerate();
    out.extend(found.filter_map(|(index, node)| item(node, below(path, index), stands.clone(), id)));
}

fn item(node: &Node, path: Vec<Step>, stands: Stands, id: &ComponentId) -> Option<Spot> {
    if let Some(name) = node.get("name") {
        let own = name.as_str().is_some_and(|name| names(name, id));
        let settings = settings(node).into_iter().filter(|(key, _)| key != "name").collect();
        return own.then_some(Spot { stands, path, form: Form::Settings, settings });
    }
    match &node.value {
        Value::Scalar { text, .. } if names(text, id) => {
            Some(Spot { stands, path, form: Form::Bare, settings: Vec::new() })
        }
        Value::Map(pairs) => match pairs.as_slice() {
            [(key, value)] if names(&key.text, id) => Some(entry(&key.text, value, true, path, stands)),
            _ => None,
        },
        _ => None,
    }
}

fn entry(key: &str, value: &Node, sole: bool, path: Vec<Step>, stands: Stands) -> Spot {
    let (is, settings) = match &value.value {
        Value::Map(_) => (EntryValue::Settings, settings(value)),
        Value::Scalar { text, .. } => (EntryValue::Mode, vec![("mode".to_owned(), Some(text.clone()))]),
        _ => (EntryValue::Nothing, Vec::new()),
    };
    Spot { stands, path, form: Form::Entry { key: key.to_owned(), sole, value: is }, settings }
}

fn settings(node: &Node) -> Vec<(String, Option<String>)> {
    let pairs = node.as_map().unwrap_or_default();
    pairs.iter().map(|(key, value)| (key.text.clone(), value.as_str().map(str::to_owned))).collect()
}

fn names(text: &str, id: &ComponentId) -> bool {
    Name::parse(text).is_ok_and(|name| ComponentId::new(id.kind(), &name) == *id)
}
