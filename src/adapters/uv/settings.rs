//! Settings of uv that an entry needs (`uv: {…}`): passed through to `[tool.uv]`, clashes found.
//!
//! Owns: turning an entry's tree into values of TOML. Refuses: the settings that hsm writes itself, and knowing what any
//! setting means.

use super::splice::{Path, dotted, path, quoted};
use super::trouble::Trouble;
use crate::adapters::python::wrong;
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::yaml::{Node, Value};

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// Its keys in the file.
    pub(super) path: Path,
    /// What it is.
    pub(super) value: Kind,
}

/// The two kinds of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// An element of an array: what it is compared by, and how it is written.
    Element { key: String, text: String },
    /// A value: how it is written.
    Value(String),
}

/// What hsm writes itself, and what would change what the project is.
const OWN: [(&str, &str); 6] = [
    ("sources", "hsm writes sources itself: give the package a source"),
    ("default-groups", "hsm writes it itself"),
    ("package", "it says what the user's project is"),
    ("managed", "it says what the user's project is"),
    ("workspace", "it says what the user's project is"),
    ("dev-dependencies", "hsm writes requirements itself: use `dependencies`"),
];

/// The definition of an index that is only used where it is named.
pub(super) fn index(name: &str, url: &str) -> Setting {
    let text = format!("{{ name = {}, url = {}, explicit = true }}", quoted(name), quoted(url));
    Setting { path: path(["tool", "uv", "index"]), value: Kind::Element { key: text.clone(), text } }
}

/// The settings of an entry.
pub(super) fn of(node: &Node) -> Result<Vec<Setting>, Box<Diagnostic>> {
    let mut out = Vec::new();
    let Value::Map(keys) = &node.value else {
        return match node.value {
            Value::Null => Ok(out),
            _ => Err(refused(node.place, "", "it is not a mapping")),
        };
    };
    for (key, value) in keys {
        if let Some((_, why)) = OWN.iter().find(|(own, _)| *own == key.text) {
            return Err(refused(key.place, &key.text, why));
        }
        flatten(&path(["tool", "uv", &key.text]), value, &mut out)?;
    }
    Ok(out)
}

/// Joins settings of another entry: elements are united, values have to be equal.
pub(super) fn join(all: &mut Vec<Setting>, more: Vec<Setting>, place: Place, errors: &mut Vec<Diagnostic>) {
    for setting in more {
        if all.contains(&setting) {
            continue;
        }
        let clash = all.iter().find(|s| s.path == setting.path && matches!(s.value, Kind::Value(_)));
        match (clash.map(|s| &s.value), &setting.value) {
            (Some(Kind::Value(first)), Kind::Value(second)) => {
                let (first, second) = (first.clone(), second.clone());
                let path = dotted(&setting.path[1..]);
                errors.push(wrong(place, Trouble::SettingsApart { path, first, second }));
            }
            (Some(_), _) => {
                errors.push(*refused(place, &dotted(&setting.path[2..]), "another entry gives it one value"));
            }
            (None, _) => all.push(setting),
        }
    }
}

fn flatten(at: &[String], node: &Node, out: &mut Vec<Setting>) -> Result<(), Box<Diagnostic>> {
    match &node.value {
        Value::Null => Err(refused(node.place, &dotted(&at[2..]), "it has no value")),
        Value::Scalar { .. } => {
            out.push(Setting { path: at.to_vec(), value: Kind::Value(written(node)) });
            Ok(())
        }
        Value::List(items) => {
            for item in items {
                let text = written(item);
                let key = match &item.value {
                    Value::Scalar { text: plain, .. } if text.starts_with(['"', '\'']) => plain.clone(),
                    _ => text.clone(),
                };
                out.push(Setting { path: at.to_vec(), value: Kind::Element { key, text } });
            }
            Ok(())
        }
        Value::Map(keys) => keys.iter().try_for_each(|(key, value)| {
            let mut below = at.to_vec();
            below.push(key.text.clone());
            flatten(&below, value, out)
        }),
    }
}

/// A tree as one value of TOML on one line.
fn written(node: &Node) -> String {
    match &node.value {
        Value::Null => "\"\"".to_owned(),
        Value::Scalar { text, plain } => {
            let number = || text.parse::<i64>().is_ok_and(|n| n.to_string() == *text);
            if *plain && (text == "true" || text == "false" || number()) {
                text.clone()
            } else {
                quoted(text)
            }
        }
        Value::List(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Map(keys) if keys.is_empty() => "{}".to_owned(),
        Value::Map(keys) => {
            let pair = |(key, value): &(crate::yaml::Key, Node)| {
                format!("{} = {}", dotted(std::slice::from_ref(&key.text)), written(value))
            };
            format!("{{ {} }}", keys.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

fn refused(place: Place, path: &str, why: &'static str) -> Box<Diagnostic> {
    Box::new(wrong(place, Trouble::Setting { path: path.to_owned(), why }))
}
