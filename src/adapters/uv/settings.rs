//! Settings of uv that an entry needs (`uv: {…}`): passed through to `[tool.uv]`, clashes found.
//!
//! Owns: the table of uv's settings, and for each how the values of two entries come together; turning an entry's tree into
//! values of TOML. Refuses: settings that hsm writes itself, and those that would change more than the package.
//!
//! Source of the table: what uv 0.13 says that it expects in `[tool.uv]`.

use super::splice::{Path, Plain, dotted, path, quoted};
use super::trouble::Trouble;
use crate::adapters::python::wrong;
use crate::diagnostic::Diagnostic;
use crate::names::{Name, nearest};
use crate::place::Place;
use crate::requirement::Requirement;
use crate::yaml::{Key, Node, Value};

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// Its keys in the file.
    pub(super) path: Path,
    /// What it is.
    pub(super) value: Kind,
    /// Where an entry asks for it.
    pub(super) place: Place,
}

/// The two kinds of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// An element of an array: what it is compared by, how it is written, and what there may be one of.
    Element { key: String, text: String, identity: Option<Identity> },
    /// A value: how it is written.
    Value(String),
}

/// What there may be only one of in an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// A table with these values of these keys.
    Keys(Vec<(String, Option<Plain>)>),
    /// Bounds of a distribution, which have to leave a version.
    Bounds(Requirement),
}

/// How values of a setting come together, and what they may be.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// One value, the same for all.
    Value,
    /// Elements, united.
    List,
    /// Requirements, united; those of one distribution leave a version.
    Bounds,
    /// Tables, one for the same values of these keys.
    Tables(&'static [&'static str]),
    /// Definitions of indexes.
    Indexes,
    /// A mapping, joined key by key.
    Map(&'static Way),
    /// A mapping by distribution, joined key by key.
    Packages(&'static Way),
    /// Not passed through.
    Refused(&'static str),
}

const OWN: Way = Way::Refused("hsm writes it itself");
const PROJECT: Way = Way::Refused("it says what the user's project is");
const MACHINE: Way = Way::Refused("it belongs to a machine or to one run, not to a package");
const ORIGIN: Way =
    Way::Refused("it would change where every package comes from: name an `index` in the package's source");

/// The settings of uv.
const TABLE: &[(&str, Way)] = &[
    ("add-bounds", MACHINE),
    ("allow-insecure-host", MACHINE),
    ("audit", MACHINE),
    ("build-backend", PROJECT),
    ("build-constraint-dependencies", Way::Bounds),
    ("cache-dir", MACHINE),
    ("cache-keys", PROJECT),
    ("check-url", MACHINE),
    ("compile-bytecode", MACHINE),
    ("concurrent-builds", MACHINE),
    ("concurrent-downloads", MACHINE),
    ("concurrent-installs", MACHINE),
    ("config-settings", Way::Map(&Way::Value)),
    ("config-settings-package", Way::Packages(&Way::Map(&Way::Value))),
    ("conflicts", PROJECT),
    ("constraint-dependencies", Way::Bounds),
    ("default-groups", OWN),
    ("dependency-groups", PROJECT),
    ("dependency-metadata", Way::Tables(&["name", "version"])),
    ("dev-dependencies", Way::Refused("hsm writes requirements itself: use `dependencies`")),
    ("environments", Way::List),
    ("exclude-dependencies", Way::List),
    ("exclude-newer", Way::Value),
    ("exclude-newer-package", Way::Packages(&Way::Value)),
    ("extra-build-dependencies", Way::Packages(&Way::List)),
    ("extra-build-variables", Way::Packages(&Way::Map(&Way::Value))),
    ("extra-index-url", ORIGIN),
    ("find-links", ORIGIN),
    ("fork-strategy", Way::Value),
    ("graalpy-install-mirror", MACHINE),
    ("http-proxy", MACHINE),
    ("https-proxy", MACHINE),
    ("index", Way::Indexes),
    ("index-strategy", ORIGIN),
    ("index-url", ORIGIN),
    ("keyring-provider", MACHINE),
    ("link-mode", MACHINE),
    ("managed", PROJECT),
    ("minimum-libc-version", Way::Value),
    ("native-tls", MACHINE),
    ("no-binary", Way::Value),
    ("no-binary-package", Way::List),
    ("no-build", Way::Value),
    ("no-build-isolation", Way::Value),
    ("no-build-isolation-package", Way::List),
    ("no-build-package", Way::List),
    ("no-cache", MACHINE),
    ("no-index", ORIGIN),
    ("no-proxy", MACHINE),
    ("no-sources", Way::Refused("it would take away the sources that hsm writes")),
    ("no-sources-package", Way::Refused("it would take away the sources that hsm writes")),
    ("offline", MACHINE),
    ("override-dependencies", Way::Bounds),
    ("package", PROJECT),
    ("pip", MACHINE),
    ("prerelease", Way::Value),
    ("prerelease-package", Way::Packages(&Way::Value)),
    ("preview", Way::Value),
    ("preview-features", Way::List),
    ("publish-url", MACHINE),
    ("pyodide-install-mirror", MACHINE),
    ("pypy-install-mirror", MACHINE),
    ("python-downloads", MACHINE),
    ("python-downloads-json-url", MACHINE),
    ("python-install-mirror", MACHINE),
    ("python-preference", MACHINE),
    ("reinstall", MACHINE),
    ("reinstall-package", MACHINE),
    ("require-build-hashes", Way::Value),
    ("required-environments", Way::List),
    ("required-version", Way::Value),
    ("resolution", Way::Value),
    ("sources", Way::Refused("hsm writes sources itself: give the package a source")),
    ("system-certs", MACHINE),
    ("torch-backend", Way::Value),
    ("trusted-publishing", MACHINE),
    ("upgrade", MACHINE),
    ("upgrade-package", MACHINE),
    ("workspace", PROJECT),
];

/// What uv reads together with the project, whatever else says how it works (seen with uv 0.13).
const WITH_THE_PROJECT: [&str; 7] = [
    "build-constraint-dependencies",
    "constraint-dependencies",
    "environments",
    "exclude-dependencies",
    "index",
    "override-dependencies",
    "required-environments",
];

/// Whether uv reads a setting in `pyproject.toml` even where a file of its own says how it works.
pub(super) fn is_always_read(setting: &Setting) -> bool {
    setting.path.get(2).is_some_and(|name| WITH_THE_PROJECT.contains(&name.as_str()))
}

/// The definition of an index that is only used where it is named.
pub(super) fn index(name: &str, url: &str, place: Place) -> Setting {
    let text = format!("{{ name = {}, url = {}, explicit = true }}", quoted(name), quoted(url));
    element(path(["tool", "uv", "index"]), text, Some(&["name"]), place)
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
        let known = TABLE.iter().find(|(name, _)| *name == key.text);
        let way = match (known, nearest(&key.text, TABLE.iter().map(|(name, _)| *name))) {
            (Some((_, way)), _) => *way,
            (None, Some(near)) => {
                let trouble = Trouble::UnknownSetting { path: key.text.clone(), near: near.to_owned() };
                return Err(Box::new(wrong(key.place, trouble)));
            }
            // a newer uv may know it: what it does not know it says
            (None, None) => by_shape(value),
        };
        if let Way::Refused(why) = way {
            return Err(refused(key.place, &key.text, why));
        }
        take(&path(["tool", "uv", &key.text]), value, way, &mut out)?;
    }
    Ok(out)
}

fn by_shape(node: &Node) -> Way {
    match node.value {
        Value::List(_) => Way::List,
        Value::Map(_) => Way::Map(&Way::Value),
        _ => Way::Value,
    }
}

/// Joins settings of another entry. What cannot hold together is told with both places.
pub(super) fn join(all: &mut Vec<Setting>, more: Vec<Setting>, errors: &mut Vec<Diagnostic>) {
    for setting in more {
        match all.iter().find_map(|own| Some((own, own.meets(&setting)?))) {
            Some((_, true)) => {}
            Some((own, false)) => {
                let (first, second) = (own.value.text().to_owned(), setting.value.text().to_owned());
                let path = dotted(&setting.path[1..]);
                let error = wrong(setting.place, Trouble::SettingsApart { path, first, second });
                errors.push(error.with(own.place, "the other value"));
            }
            None => all.push(setting),
        }
    }
}

impl Setting {
    /// What becomes of two settings: `None`: both stand; else whether they say the same.
    fn meets(&self, other: &Self) -> Option<bool> {
        if self.path != other.path {
            return None;
        }
        self.value.meets(&other.value)
    }

    /// What becomes of the setting beside an element that the user has in the same array.
    pub(super) fn meets_element(&self, users: &str) -> Option<bool> {
        let Kind::Element { identity, .. } = &self.value else { return None };
        let identity = match identity {
            Some(Identity::Keys(keys)) => {
                let names: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
                identity_of(users, &names)
            }
            Some(Identity::Bounds(_)) => Requirement::parse(users).ok().map(Identity::Bounds),
            None => None,
        };
        let users = Kind::Element { key: users.to_owned(), text: users.to_owned(), identity };
        users.meets(&self.value)
    }
}

impl Kind {
    /// How it is written.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Element { text, .. } | Self::Value(text) => text,
        }
    }

    fn meets(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Element { key: a, identity: one, .. }, Self::Element { key: b, identity: two, .. }) => {
                let same = a == b || (Plain::parse(a).is_some() && Plain::parse(a) == Plain::parse(b));
                if same {
                    return Some(true);
                }
                let apart = match (one.as_ref()?, two.as_ref()?) {
                    (Identity::Bounds(a), Identity::Bounds(b)) => {
                        a.name == b.name
                            && a.marker == b.marker
                            && !a.specifiers.and(&b.specifiers).is_possible()
                    }
                    (a, b) => a == b,
                };
                apart.then_some(false)
            }
            (Self::Value(a), Self::Value(b)) => Some(Plain::parse(a) == Plain::parse(b)),
            _ => Some(false),
        }
    }
}

fn identity_of(text: &str, keys: &[&str]) -> Option<Identity> {
    let Some(Plain::Table(table)) = Plain::parse(text) else { return None };
    let of = |key: &&str| ((*key).to_owned(), table.get(*key).cloned().map(normal));
    Some(Identity::Keys(keys.iter().map(of).collect()))
}

/// Names of distributions and indexes compare normalized.
fn normal(plain: Plain) -> Plain {
    match plain {
        Plain::Text(text) => Plain::Text(Name::parse(&text).map_or(text, |name| name.pep503().to_string())),
        other => other,
    }
}

fn element(path: Path, text: String, keys: Option<&[&str]>, place: Place) -> Setting {
    let identity = keys.and_then(|keys| identity_of(&text, keys));
    Setting { path, value: Kind::Element { key: text.clone(), text, identity }, place }
}

fn take(at: &[String], node: &Node, way: Way, out: &mut Vec<Setting>) -> Result<(), Box<Diagnostic>> {
    let shown = || dotted(&at[2..]);
    if node.is_null() {
        return Err(refused(node.place, &shown(), "it has no value"));
    }
    match way {
        Way::Value => {
            out.push(Setting { path: at.to_vec(), value: Kind::Value(written(node)), place: node.place });
        }
        Way::List | Way::Bounds | Way::Tables(_) | Way::Indexes => {
            let Value::List(items) = &node.value else {
                return Err(refused(node.place, &shown(), "it is no list"));
            };
            for item in items {
                out.push(listed(at, item, way)?);
            }
        }
        Way::Map(below) | Way::Packages(below) => {
            let Value::Map(keys) = &node.value else {
                return Err(refused(node.place, &shown(), "it is not a mapping"));
            };
            for (key, value) in keys {
                let name = Name::parse(&key.text).ok().filter(|_| matches!(way, Way::Packages(_)));
                let key = name.map_or_else(|| key.text.clone(), |name| name.pep503().to_string());
                take(&[at, &[key]].concat(), value, *below, out)?;
            }
        }
        Way::Refused(why) => return Err(refused(node.place, &shown(), why)),
    }
    Ok(())
}

/// An element of a list.
fn listed(at: &[String], item: &Node, way: Way) -> Result<Setting, Box<Diagnostic>> {
    let place = item.place;
    let shown = dotted(&at[2..]);
    match (way, &item.value) {
        (Way::Indexes, Value::Map(keys)) => index_of(at, keys, item),
        (Way::Tables(keys), Value::Map(_)) => Ok(element(at.to_vec(), written(item), Some(keys), place)),
        (Way::Tables(_) | Way::Indexes, _) => Err(refused(place, &shown, "an element is not a mapping")),
        (_, Value::Scalar { text, .. }) => {
            let bounds = matches!(way, Way::Bounds).then(|| Requirement::parse(text)).and_then(Result::ok);
            let (key, text, identity) = (text.clone(), written(item), bounds.map(Identity::Bounds));
            Ok(Setting { path: at.to_vec(), value: Kind::Element { key, text, identity }, place })
        }
        _ => Ok(element(at.to_vec(), written(item), None, place)),
    }
}

/// An index that an entry defines is asked for the packages that name it, and for no others: else a package of the same
/// name as a private one could come from a stranger's index, or the other way round.
fn index_of(at: &[String], keys: &[(Key, Node)], item: &Node) -> Result<Setting, Box<Diagnostic>> {
    let get = |name: &str| keys.iter().find(|(key, _)| key.text == name).map(|(_, node)| node);
    let is = |name: &str, text: &str| get(name).and_then(Node::as_str) == Some(text);
    let why = if get("name").is_none() || get("url").is_none() {
        Some("an index has a `name` and a `url`")
    } else if is("explicit", "false") || is("default", "true") {
        Some("an index of an entry is asked only for the packages that name it")
    } else if get("url").and_then(Node::as_str).is_some_and(has_password) {
        Some(
            "it holds a password, which would be written to committed files: uv takes it from UV_INDEX_NAME_PASSWORD",
        )
    } else {
        None
    };
    if let Some(why) = why {
        return Err(refused(item.place, &dotted(&at[2..]), why));
    }
    let text = written(item);
    let explicit = if get("explicit").is_some() { "" } else { ", explicit = true" };
    let text = format!("{}{explicit} }}", text.trim_end_matches('}').trim_end());
    Ok(element(at.to_vec(), text, Some(&["name"]), item.place))
}

/// Whether an address has something behind its user's name.
fn has_password(url: &str) -> bool {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    authority.and_then(|a| a.rsplit_once('@')).is_some_and(|(user, _)| user.contains(':'))
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
            let pair = |(key, value): &(Key, Node)| {
                format!("{} = {}", dotted(std::slice::from_ref(&key.text)), written(value))
            };
            format!("{{ {} }}", keys.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

fn refused(place: Place, path: &str, why: &'static str) -> Box<Diagnostic> {
    Box::new(wrong(place, Trouble::Setting { path: path.to_owned(), why }))
}
