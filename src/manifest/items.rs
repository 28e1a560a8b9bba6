//! Reading listed components: a name, `name: mode`, or a mapping with all of it.

use crate::diagnostic::{Diagnostic, Finding};
use crate::fields::{self, Fields, Found, Seen};
use crate::manifest::{Item, Mode, shapes};
use crate::names::{ComponentId, Kind, Name};
use crate::place::At;
use crate::registry::layer::Layer;
use crate::registry::{Has, read_layer};
use crate::version::check_marker;
use crate::yaml::Node;

/// `packages` or `containers`: each component once.
pub(super) fn items(fields: &mut Fields<'_>, key: &'static str, kind: Kind, found: &mut Found) -> Vec<Item> {
    let nodes = fields.list(key, found);
    let what = match kind {
        Kind::Package => "the package",
        Kind::Container => "the container",
    };
    each_once(nodes.iter().filter_map(|n| item(n, kind, found)).collect(), kind, what, found)
}

/// `selection`: an item, a list of items, or a mapping from name to mode or mapping.
pub(super) fn selection(node: &Node, kind: Kind, found: &mut Found) -> Option<At<Vec<Item>>> {
    let items: Vec<Item> = if node.is_null() {
        fields::wrong_type(node, "`selection`", "an option, a list of options or `[]`", found);
        return None;
    } else if let Some(pairs) = node.as_map().filter(|_| node.get("name").is_none()) {
        pairs
            .iter()
            .filter(|(key, _)| !fields::is_free(key))
            .filter_map(|(key, value)| {
                let name = fields::parse_name(&key.text, key.place, found)?;
                named(name, value, kind, found)
            })
            .collect()
    } else {
        fields::one_or_list(node).into_iter().filter_map(|n| item(n, kind, found)).collect()
    };
    Some(At::new(each_once(items, kind, "the option", found), node.place))
}

/// Reports components that are listed twice, and keeps the first.
fn each_once(items: Vec<Item>, kind: Kind, what: &'static str, found: &mut Found) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::with_capacity(items.len());
    let mut seen = Seen::default();
    for item in items {
        let id = ComponentId::new(kind, &item.name.value);
        if let Some(first) = seen.before(id, item.name.place) {
            let finding = Finding::ListedTwice { what, name: item.name.value.to_string() };
            let twice = Diagnostic::error(item.name.place, finding);
            found.push(twice.with(first, "first listed here"));
            continue;
        }
        out.push(item);
    }
    out
}

fn item(node: &Node, kind: Kind, found: &mut Found) -> Option<Item> {
    let Some(pairs) = node.as_map() else {
        if node.as_str().is_none() {
            fields::wrong_type(node, "an item", "a name, `NAME: MODE` or a mapping with `name`", found);
            return None;
        }
        return fields::name(node, "an item", found).map(bare);
    };
    if node.get("name").is_some() {
        return full(node, None, kind, found);
    }
    match pairs {
        [(key, value)] => {
            let name = fields::parse_name(&key.text, key.place, found)?;
            named(name, value, kind, found)
        }
        [] => {
            fields::wrong_type(node, "an item", "a name, `NAME: MODE` or a mapping with `name`", found);
            None
        }
        [(first, _), ..] => {
            let finding = Finding::ItemShape { first: first.text.clone() };
            found.push(Diagnostic::error(first.place, finding));
            None
        }
    }
}

fn bare(name: At<Name>) -> Item {
    Item {
        name,
        version: None,
        mode: None,
        profile: None,
        extras: Vec::new(),
        marker: None,
        layer: Layer::default(),
    }
}

/// `NAME: MODE`, `NAME: {…}`, or `NAME:` and nothing.
fn named(name: At<Name>, value: &Node, kind: Kind, found: &mut Found) -> Option<Item> {
    if value.as_map().is_some() {
        return full(value, Some(name), kind, found);
    }
    if value.is_null() {
        return Some(bare(name));
    }
    let mode: Option<At<Mode>> = fields::mode(value, "the mode", found);
    Some(Item { mode, ..bare(name) })
}

/// All of it; the name stands inside, or before it.
fn full(node: &Node, before: Option<At<Name>>, kind: Kind, found: &mut Found) -> Option<Item> {
    let shape = match (kind, &before) {
        (Kind::Package, None) => &shapes::PACKAGE_ITEM,
        (Kind::Package, Some(_)) => &shapes::PACKAGE_SETTINGS,
        (Kind::Container, None) => &shapes::CONTAINER_ITEM,
        (Kind::Container, Some(_)) => &shapes::CONTAINER_SETTINGS,
    };
    let mut fields = Fields::shaped(node, shape, found)?;
    let name = match before {
        Some(name) => Some(name),
        None => fields.name("name", found),
    };
    let version = fields.demand("version", found);
    let mode = fields.mode("mode", found);
    let mut item = Item { version, mode, ..bare(name.clone()?) };
    match kind {
        Kind::Package => {
            item.extras = fields.texts("extras", found);
            item.marker = marker(&mut fields, found);
            for key in ["profile", "ports", "volumes", "env", "image", "compose"] {
                fields.not_for(key, "containers", found);
            }
        }
        Kind::Container => {
            item.profile = fields.name("profile", found);
            item.layer = read_layer(&mut fields, Has { image: true, identity: false }, found);
            for key in ["extras", "marker"] {
                fields.not_for(key, "packages", found);
            }
        }
    }
    fields.finish(found);
    Some(item)
}

/// An environment marker of PEP 508.
fn marker(fields: &mut Fields<'_>, found: &mut Found) -> Option<At<String>> {
    let text = fields.text("marker", found)?;
    if let Err(why) = check_marker(&text.value) {
        let expected = "an environment marker (PEP 508, such as `python_version < '3.13'`)";
        found.push(Diagnostic::error(
            text.place,
            Finding::BadPython { text: text.value.clone(), expected, why },
        ));
    }
    Some(text)
}
