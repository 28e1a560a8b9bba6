//! Names of entries in the manifest: where each stands, and writing another one there.
//!
//! Owns: every place at which the manifest names an entry, and what becomes of two places that would name the same one.
//! Refuses: knowing which name takes the place of which.

use super::{Draft, EditError, Edited, below, section};
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};
use crate::place::Place;
use crate::yaml::edit::{Edit, New, Step};
use crate::yaml::{Node, Value};

/// In what part of the manifest a name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// `packages` or `containers`.
    Item,
    /// The selection of a group.
    Selected(GroupId),
    /// What a group excludes.
    Excluded(GroupId),
    /// The key of a group's line.
    Group,
    /// A key of `constraints`.
    Constraint,
}

/// A name in the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What is named.
    pub target: TargetId,
    /// Where.
    pub place: Place,
    /// In what part.
    pub part: Part,
    /// What is said of it besides its name: the values of its pins as texts, and whether there is anything at all.
    pub pins: Pins,
    /// The item, or the key.
    path: Vec<Step>,
    form: Form,
    /// Everything that is said of it, without places.
    says: Vec<(String, String)>,
}

/// What an item or a constraint pins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pins {
    /// `version`, with its place.
    pub version: Option<(String, Place)>,
    /// `profile`, with its place.
    pub profile: Option<(String, Place)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// The value at the path.
    Scalar,
    /// The `name` of the mapping at the path.
    Inside,
    /// The last key of the path; whether it is the only one of an item of a list.
    Key { alone: bool },
}

impl Named {
    /// Whether nothing is said of it besides its name.
    pub fn is_bare(&self) -> bool {
        self.says.is_empty()
    }

    /// Writes another name here.
    fn renamed(&self, to: &Name) -> Edit {
        let text = |name: &Name| New::text(name.as_str());
        match (&self.form, self.path.split_last()) {
            (Form::Scalar, Some((Step::Item(index), list))) => {
                Edit::Replace { path: list.to_vec(), index: *index, item: text(to) }
            }
            (Form::Scalar, _) => Edit::Set { path: self.path.clone(), value: text(to), comment: None },
            (Form::Inside, _) => {
                Edit::Set { path: below(&self.path, "name"), value: text(to), comment: None }
            }
            (Form::Key { .. }, _) => {
                let to = match (&self.part, &self.target) {
                    (Part::Constraint, TargetId::Component(id)) => format!("{}:{to}", id.kind()),
                    _ => to.to_string(),
                };
                Edit::Rename { path: self.path.clone(), to }
            }
        }
    }

    /// Takes it out.
    fn removed(&self) -> Edit {
        let item = match &self.form {
            Form::Key { alone: true } => self.path.split_last().map_or(&[][..], |(_, item)| item),
            _ => &self.path,
        };
        match item.split_last() {
            Some((Step::Item(index), list)) => Edit::RemoveItem { path: list.to_vec(), index: *index },
            _ => Edit::RemoveKey { path: item.to_vec() },
        }
    }
}

/// Writes `to` wherever the manifest names `from` in such a part. Where both are named in one part, the old one goes, if
/// nothing is said of it that is not said of the new one.
///
/// # Errors
/// When both are named and different things are said of them, or the way in which it is written stands in the way.
pub fn rename(
    text: &str,
    from: &TargetId,
    to: &Name,
    part: impl Fn(&Part) -> bool,
) -> Result<Edited, EditError> {
    let mut draft = Draft { text: text.to_owned(), notes: Vec::new() };
    let new = called(from, to);
    if new == *from {
        return Ok(Edited { text: draft.text, notes: draft.notes });
    }
    loop {
        let all = named(&draft.node()?);
        let Some(old) = all.iter().find(|named| named.target == *from && part(&named.part)) else { break };
        let edit = match all.iter().find(|other| other.target == new && other.part == old.part) {
            None => old.renamed(to),
            Some(other) if old.is_bare() || old.says == other.says => old.removed(),
            Some(_) => return Err(EditError::SaidOfBoth { old: from.clone(), new }),
        };
        draft.apply(&edit)?;
    }
    Ok(Edited { text: draft.text, notes: draft.notes })
}

/// The target of the same kind with another name.
pub fn called(target: &TargetId, name: &Name) -> TargetId {
    match target {
        TargetId::Component(id) => TargetId::Component(ComponentId::new(id.kind(), name)),
        TargetId::Group(id) => TargetId::Group(GroupId::new(id.kind, name)),
    }
}

/// Every name in a manifest, in the order in which they stand; what is not read as one is left out.
pub fn named(root: &Node) -> Vec<Named> {
    let mut found = Vec::new();
    for kind in [Kind::Package, Kind::Container] {
        let (part, groups, list) = section(kind);
        let Some(node) = root.get(part) else { continue };
        if let Some(items) = node.get(list) {
            let path = vec![part.into(), list.into()];
            items_of(kind, items, &path, &Part::Item, &mut found);
        }
        for (key, line) in node.get(groups).and_then(Node::as_map).unwrap_or_default() {
            let Some(name) = free_name(&key.text) else { continue };
            let id = GroupId::new(kind, &name);
            let path: Vec<Step> = vec![part.into(), groups.into(), key.text.as_str().into()];
            found.push(Named {
                target: TargetId::Group(id.clone()),
                place: key.place,
                part: Part::Group,
                pins: Pins::default(),
                form: Form::Key { alone: false },
                says: said(line),
                path: path.clone(),
            });
            if let Some(selection) = line.get("selection") {
                let path = below(&path, "selection");
                items_of(kind, selection, &path, &Part::Selected(id.clone()), &mut found);
            }
            if let Some(exclude) = line.get("exclude") {
                let path = below(&path, "exclude");
                items_of(kind, exclude, &path, &Part::Excluded(id.clone()), &mut found);
            }
        }
    }
    for (key, line) in root.get("constraints").and_then(Node::as_map).unwrap_or_default() {
        let Ok(target) = TargetId::parse(&key.text) else { continue };
        found.push(Named {
            target,
            place: key.place,
            part: Part::Constraint,
            pins: pins(line),
            path: vec!["constraints".into(), key.text.as_str().into()],
            form: Form::Key { alone: false },
            says: said(line),
        });
    }
    found.sort_by_key(|named| named.place);
    found
}

fn items_of(kind: Kind, node: &Node, path: &[Step], part: &Part, found: &mut Vec<Named>) {
    let entries = node.as_map().filter(|_| node.get("name").is_none() && *part != Part::Item);
    if let Some(pairs) = entries {
        for (key, value) in pairs {
            found.extend(entry(
                kind,
                (&key.text, key.place),
                value,
                below(path, key.text.as_str()),
                part,
                false,
            ));
        }
        return;
    }
    match node.as_list() {
        Some(items) => {
            for (index, item) in items.iter().enumerate() {
                found.extend(item_of(kind, item, below(path, index), part));
            }
        }
        None => found.extend(item_of(kind, node, path.to_vec(), part)),
    }
}

fn item_of(kind: Kind, node: &Node, path: Vec<Step>, part: &Part) -> Option<Named> {
    let one = |name: &str, place, form, node: &Node, path| {
        let target = TargetId::Component(ComponentId::new(kind, &Name::parse(name).ok()?));
        Some(Named { target, place, part: part.clone(), pins: pins(node), path, form, says: said(node) })
    };
    match &node.value {
        Value::Scalar { text, .. } => {
            let nothing = Node { place: node.place, value: Value::Null };
            one(text, node.place, Form::Scalar, &nothing, path)
        }
        Value::Map(pairs) => match (node.get("name"), pairs.as_slice()) {
            (Some(name), _) => one(name.as_str()?, name.place, Form::Inside, node, path),
            (None, [(key, value)]) => {
                entry(kind, (&key.text, key.place), value, below(&path, key.text.as_str()), part, true)
            }
            _ => None,
        },
        Value::Null | Value::List(_) => None,
    }
}

/// `NAME: MODE` or `NAME: {…}`.
fn entry(
    kind: Kind,
    (text, place): (&str, Place),
    value: &Node,
    path: Vec<Step>,
    part: &Part,
    alone: bool,
) -> Option<Named> {
    let name = free_name(text)?;
    Some(Named {
        target: TargetId::Component(ComponentId::new(kind, &name)),
        place,
        part: part.clone(),
        pins: pins(value),
        path,
        form: Form::Key { alone },
        says: said(value),
    })
}

/// A name, if the key is none of the user's own.
fn free_name(text: &str) -> Option<Name> {
    Name::parse(text).ok().filter(|_| !text.starts_with("x-"))
}

fn pins(node: &Node) -> Pins {
    let pin = |key: &str| node.get(key).and_then(|node| Some((node.as_str()?.to_owned(), node.place)));
    Pins { version: pin("version"), profile: pin("profile") }
}

/// What a value says, the name apart; a mode behind a name is that key.
fn said(node: &Node) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = match &node.value {
        Value::Map(pairs) => {
            let others = pairs.iter().filter(|(key, _)| key.text != "name");
            others.map(|(key, value)| (key.text.clone(), crate::yaml::plainly(value))).collect()
        }
        Value::Scalar { .. } => vec![("mode".to_owned(), crate::yaml::plainly(node))],
        Value::Null => Vec::new(),
        Value::List(_) => vec![(String::new(), crate::yaml::plainly(node))],
    };
    all.sort();
    all
}

#[cfg(test)]
mod tests;
