//! An entry as a tree in which one meaning has one form, and what is different between two such trees.
//!
//! Owns: the forms that mean the same (a name or a list of one, a bare version or a mapping with one), which release has
//! which sources, and the order where it has a meaning. Refuses: judging what a difference does to a project.

use std::collections::BTreeMap;

use super::needs::needs;
use crate::manifest::Strategy;
use crate::names::{ComponentId, Kind, Name, TargetId};
use crate::place::Place;
use crate::registry::Entry;
use crate::version::{Version, check_requirement};
use crate::yaml::{Node, Value};

/// A part of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub is: Is,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Is {
    /// One value, as a text.
    Value(String),
    /// Values of which each counts by itself.
    List(Vec<(String, Place)>),
    /// Parts by name.
    Parts {
        /// The parts.
        parts: Vec<(String, Tree)>,
        /// Whether their order has a meaning.
        ordered: bool,
        /// Whether the whole is no more than its parts: if it is new, what is new is each of them.
        open: bool,
    },
}

/// A part that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// The names of the parts that lead to it.
    pub path: Vec<String>,
    /// Whether it is an item of the list that the path leads to.
    pub item: bool,
    /// What it was, and where.
    pub old: Option<(String, Place)>,
    /// What it is.
    pub new: Option<(String, Place)>,
}

/// Mappings of which each pair counts by itself.
const OPEN: [&str; 12] = [
    "implies",
    "requires",
    "conflicts",
    "orchestration",
    "env",
    "compose",
    "compose_project",
    "entrypoints",
    "uv",
    "args",
    "external",
    "deployment_profiles",
];

/// Lists of which each item counts by itself.
const LISTS: [&str; 7] = ["ports", "volumes", "network_aliases", "tags", "renamed_from", "default", "extras"];

/// What the tree of an entry is made from.
struct Maker<'e> {
    entry: &'e Entry,
    kind: Kind,
}

/// The tree of an entry. `node` is what it was read from.
pub(super) fn tree(entry: &Entry, node: &Node) -> Tree {
    let kind = match entry.id() {
        TargetId::Component(id) => id.kind(),
        TargetId::Group(id) => id.kind,
    };
    let maker = Maker { entry, kind };
    let mut parts = Vec::new();
    let is_group = matches!(entry, Entry::Group(_));
    let elsewhere: &[&str] = if is_group {
        &["name", "min", "max"]
    } else {
        &["name", "version", "releases", "sources", "yanked"]
    };
    for (key, value) in node.as_map().unwrap_or_default() {
        if !elsewhere.contains(&key.text.as_str()) {
            parts.push((key.text.clone(), maker.part(&key.text, value, true)));
        }
    }
    if is_group {
        parts.extend(maker.bounds(node));
    } else {
        parts.push(("releases".to_owned(), maker.releases(node)));
        let own =
            [Node { value: without(node, &["releases", "sources", "deployment_profiles"]), ..node.clone() }];
        parts.push(("needs".to_owned(), needs(&own[0])));
    }
    all(node.place, parts)
}

/// A mapping without some of its keys.
fn without(node: &Node, keys: &[&str]) -> Value {
    let pairs = node.as_map().unwrap_or_default().iter();
    Value::Map(pairs.filter(|(key, _)| !keys.contains(&key.text.as_str())).cloned().collect())
}

fn all(place: Place, parts: Vec<(String, Tree)>) -> Tree {
    Tree { place, is: Is::Parts { parts, ordered: false, open: true } }
}

fn value(place: Place, text: impl Into<String>) -> Tree {
    Tree { place, is: Is::Value(text.into()) }
}

impl Maker<'_> {
    /// What stands under a key. `lowest`: no layer lies below.
    fn part(&self, key: &str, node: &Node, lowest: bool) -> Tree {
        let place = node.place;
        if node.is_null() {
            return value(place, "null");
        }
        match key {
            "options" if matches!(self.entry, Entry::Group(_)) => self.options(node),
            "depends_on" => depends_on(node, lowest),
            "dependencies" => dependencies(node),
            "deployment_profiles" => self.each(node, Self::layer),
            "compose_project" => {
                let parts = node.as_map().unwrap_or_default().iter();
                all(place, parts.map(|(key, node)| (key.text.clone(), leaves(node))).collect())
            }
            "implies" | "requires" => {
                let pairs = node.as_map().unwrap_or_default().iter();
                let demand = |(key, node): &(crate::yaml::Key, Node)| {
                    let target = TargetId::parse(&key.text).ok();
                    let shown = target.as_ref().map_or(key.text.clone(), TargetId::to_string);
                    (shown, demand(target.as_ref(), node))
                };
                all(place, pairs.map(demand).collect())
            }
            "conflicts" => {
                let pairs = node.as_map().unwrap_or_default().iter();
                let one = |(key, node): &(crate::yaml::Key, Node)| {
                    let target = TargetId::parse(&key.text).ok();
                    let shown = target.as_ref().map_or(key.text.clone(), TargetId::to_string);
                    (shown, value(node.place, node.as_str().unwrap_or("*")))
                };
                all(place, pairs.map(one).collect())
            }
            "orchestration" => {
                let pairs = node.as_map().unwrap_or_default().iter();
                all(
                    place,
                    pairs.map(|(key, node)| (key.text.clone(), self.part(&key.text, node, lowest))).collect(),
                )
            }
            key if LISTS.contains(&key) && (node.as_list().is_some() || node.as_str().is_some()) => {
                list(node)
            }
            key if OPEN.contains(&key) && node.as_map().is_some() => leaves(node),
            _ => value(place, flow(node)),
        }
    }

    /// A mapping of which each value is made in one way.
    fn each(&self, node: &Node, make: impl Fn(&Self, &Node) -> Tree) -> Tree {
        let pairs = node.as_map().unwrap_or_default().iter();
        all(node.place, pairs.map(|(key, node)| (key.text.clone(), make(self, node))).collect())
    }

    /// A release, a source or a profile: a whole, that is there or not.
    fn layer(&self, node: &Node) -> Tree {
        let pairs = node.as_map().unwrap_or_default().iter();
        let mut parts: Vec<_> =
            pairs.map(|(key, node)| (key.text.clone(), self.part(&key.text, node, false))).collect();
        parts.push(("needs".to_owned(), needs(node)));
        Tree { place: node.place, is: Is::Parts { parts, ordered: false, open: false } }
    }

    /// The releases by their versions, each with the sources that it has or inherits.
    fn releases(&self, node: &Node) -> Tree {
        let further = node.get("releases").and_then(Node::as_list).unwrap_or_default();
        let versions: Vec<Option<&Version>> = match self.entry {
            Entry::Package(package) => {
                package.releases.iter().map(|one| one.version.as_ref().map(|at| &at.value)).collect()
            }
            Entry::Container(container) => {
                container.releases.iter().map(|one| one.version.as_ref().map(|at| &at.value)).collect()
            }
            Entry::Group(_) => Vec::new(),
        };
        let own = versions.len() > further.len();
        let nodes = own.then_some(node).into_iter().chain(further);
        let mut parts = Vec::new();
        for (at, (version, release)) in versions.iter().zip(nodes).enumerate() {
            let mut of_release = vec![("sources".to_owned(), self.sources(node, release))];
            if own && at == 0 {
                let yanked = node.get("yanked");
                of_release.extend(yanked.map(|node| ("yanked".to_owned(), self.part("yanked", node, true))));
            } else {
                let keys = release.as_map().unwrap_or_default().iter();
                let keys = keys.filter(|(key, _)| !matches!(key.text.as_str(), "version" | "sources"));
                of_release
                    .extend(keys.map(|(key, node)| (key.text.clone(), self.part(&key.text, node, false))));
                let own = Node { value: without(release, &["sources"]), ..release.clone() };
                of_release.push(("needs".to_owned(), needs(&own)));
            }
            let place = release.get("version").map_or(release.place, |node| node.place);
            let is = Is::Parts { parts: of_release, ordered: false, open: false };
            parts.push((version.map_or(String::new(), Version::to_string), Tree { place, is }));
        }
        // what is no version ranks by its place
        let opaque = versions.iter().flatten().filter(|version| version.is_opaque()).count();
        Tree { place: node.place, is: Is::Parts { parts, ordered: opaque > 1, open: true } }
    }

    fn sources(&self, entry: &Node, release: &Node) -> Tree {
        let of = |node: &Node, mode: &str| node.get("sources").and_then(|sources| sources.get(mode)).cloned();
        let mut parts = Vec::new();
        for mode in ["prod", "dev"] {
            let source = of(release, mode).or_else(|| of(entry, mode)).filter(|node| !node.is_null());
            parts.extend(source.map(|node| (mode.to_owned(), self.layer(&node))));
        }
        all(release.place, parts)
    }

    fn options(&self, node: &Node) -> Tree {
        let mut parts = Vec::new();
        for option in node.as_list().unwrap_or_default() {
            let name =
                option.as_str().or_else(|| option.get("name").and_then(Node::as_str)).unwrap_or_default();
            let shown = Name::parse(name)
                .map_or(name.to_owned(), |name| ComponentId::new(self.kind, &name).name().to_string());
            let keys = option.as_map().unwrap_or_default().iter().filter(|(key, _)| key.text != "name");
            let keys: Vec<_> =
                keys.map(|(key, node)| (key.text.clone(), self.part(&key.text, node, true))).collect();
            let is = Is::Parts { parts: keys, ordered: false, open: false };
            parts.push((shown, Tree { place: option.get("name").unwrap_or(option).place, is }));
        }
        Tree { place: node.place, is: Is::Parts { parts, ordered: true, open: true } }
    }

    /// How many options a group takes at least and at most, said or not.
    fn bounds(&self, node: &Node) -> Vec<(String, Tree)> {
        let Entry::Group(group) = self.entry else { return Vec::new() };
        if group.strategy.value == Strategy::One {
            return Vec::new();
        }
        let bound = |key: &str, otherwise: &str| {
            let written = node.get(key).and_then(|node| Some((node.place, node.as_str()?)));
            let (place, text) = written.unwrap_or((group.strategy.place, otherwise));
            (key.to_owned(), value(place, text))
        };
        vec![bound("min", "1"), bound("max", "all")]
    }
}

/// A mapping of values.
fn leaves(node: &Node) -> Tree {
    let Some(pairs) = node.as_map() else { return value(node.place, flow(node)) };
    let one = |(key, node): &(crate::yaml::Key, Node)| (key.text.clone(), value(node.place, flow(node)));
    all(node.place, pairs.iter().map(one).collect())
}

/// A value, or a list of them.
fn list(node: &Node) -> Tree {
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    Tree { place: node.place, is: Is::List(items.iter().map(|item| (flow(item), item.place)).collect()) }
}

/// Above other layers a list replaces what lies below, and a mapping is joined with it.
fn depends_on(node: &Node, lowest: bool) -> Tree {
    let Some(items) = node.as_list() else { return leaves(node) };
    let mut parts: Vec<_> = items
        .iter()
        .map(|item| (item.as_str().unwrap_or_default().to_owned(), value(item.place, "")))
        .collect();
    if !lowest {
        parts.push(("nothing else".to_owned(), value(node.place, "")));
    }
    all(node.place, parts)
}

/// Lines by the distribution that they name.
fn dependencies(node: &Node) -> Tree {
    let mut parts: BTreeMap<String, (Place, Vec<String>)> = BTreeMap::new();
    for item in node.as_list().unwrap_or_default() {
        let line = item.as_str().unwrap_or_default();
        let name = check_requirement(line).unwrap_or_else(|_| line.to_owned());
        parts.entry(name).or_insert((item.place, Vec::new())).1.push(line.to_owned());
    }
    let one = |(name, (place, mut lines)): (String, (Place, Vec<String>))| {
        lines.sort();
        (name, value(place, lines.join(" and ")))
    };
    all(node.place, parts.into_iter().map(one).collect())
}

/// What is demanded of a target.
fn demand(target: Option<&TargetId>, node: &Node) -> Tree {
    let place = node.place;
    if node.as_bool() == Some(false) {
        return value(place, "false");
    }
    let parts = match (&node.value, target) {
        (Value::Map(pairs), _) => pairs
            .iter()
            .map(|(key, node)| {
                let tree = match (key.text.as_str(), &node.value) {
                    ("params", Value::Map(pairs)) => {
                        let params = pairs.iter().map(|(key, node)| (key.text.clone(), list(node)));
                        all(node.place, params.collect())
                    }
                    ("options" | "extras", _) => value(node.place, sorted(node)),
                    _ => value(node.place, flow(node)),
                };
                (key.text.clone(), tree)
            })
            .filter(|(key, tree)| !(key == "version" && tree.is == Is::Value("*".to_owned())))
            .collect(),
        (Value::Null, _) => Vec::new(),
        (Value::Scalar { text, .. }, _) if text == "*" => Vec::new(),
        (_, Some(TargetId::Group(_))) => vec![("options".to_owned(), value(place, sorted(node)))],
        _ => vec![("version".to_owned(), value(place, flow(node)))],
    };
    Tree { place, is: Is::Parts { parts, ordered: false, open: false } }
}

/// One or several names, in one order.
fn sorted(node: &Node) -> String {
    let mut items: Vec<String> =
        node.as_list().unwrap_or(std::slice::from_ref(node)).iter().map(flow).collect();
    items.sort();
    items.join(", ")
}

/// A value on one line.
fn flow(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Scalar { text, plain: false } if matches!(text.as_str(), "true" | "false") => {
            format!("\"{text}\"")
        }
        Value::Scalar { text, .. } => text.replace('\n', "\u{23ce}"),
        Value::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Map(pairs) => {
            let mut pairs: Vec<String> =
                pairs.iter().map(|(key, node)| format!("{}: {}", key.text, flow(node))).collect();
            pairs.sort();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

impl Tree {
    /// It as a text on one line.
    fn text(&self) -> String {
        match &self.is {
            Is::Value(text) => text.clone(),
            Is::List(items) => items.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(", "),
            Is::Parts { parts, .. } => {
                let shown = parts.iter().map(|(name, tree)| (name, tree.text()));
                let shown = shown.filter(|(_, text)| !text.is_empty());
                shown.map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join(", ")
            }
        }
    }

    fn shown(&self) -> (String, Place) {
        (self.text(), self.place)
    }
}

/// What is different, in the order of the new side; what is gone comes last in each part.
pub(super) fn differences(old: &Tree, new: &Tree) -> Vec<Difference> {
    let mut out = Vec::new();
    differ(&mut Vec::new(), Some(old), Some(new), &mut out);
    out
}

fn differ(path: &mut Vec<String>, old: Option<&Tree>, new: Option<&Tree>, out: &mut Vec<Difference>) {
    let say = |path: &[String], out: &mut Vec<Difference>| {
        out.push(Difference {
            path: path.to_vec(),
            item: false,
            old: old.map(Tree::shown),
            new: new.map(Tree::shown),
        });
    };
    let none = Is::Parts { parts: Vec::new(), ordered: false, open: true };
    let (was, is) = match (old, new) {
        (Some(old), Some(new)) => (&old.is, &new.is),
        (Some(Tree { is: was @ Is::Parts { open: true, .. }, .. }), None) => (was, &none),
        (None, Some(Tree { is: is @ Is::Parts { open: true, .. }, .. })) => (&none, is),
        (None, None) => return,
        _ => return say(path, out),
    };
    match (was, is) {
        (Is::Parts { parts: was, ordered, .. }, Is::Parts { parts: is, .. }) => {
            let find =
                |parts: &'_ [(String, Tree)], name: &str| parts.iter().position(|(own, _)| same(own, name));
            for (name, tree) in is {
                path.push(name.clone());
                differ(path, find(was, name).map(|at| &was[at].1), Some(tree), out);
                path.pop();
            }
            for (name, tree) in was.iter().filter(|(name, _)| find(is, name).is_none()) {
                path.push(name.clone());
                differ(path, Some(tree), None, out);
                path.pop();
            }
            let kept: Vec<usize> = is.iter().filter_map(|(name, _)| find(was, name)).collect();
            if *ordered && !kept.is_sorted() {
                let order = |parts: &[(String, Tree)], tree: Option<&Tree>| {
                    let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
                    tree.map(|tree| (names.join(", "), tree.place))
                };
                let mut path = path.clone();
                path.push("order".to_owned());
                out.push(Difference { path, item: false, old: order(was, old), new: order(is, new) });
            }
        }
        (Is::List(was), Is::List(is)) => {
            let texts =
                |items: &[(String, Place)]| items.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
            let (before, after) = (texts(was), texts(is));
            let length = out.len();
            for item in is.iter().filter(|(text, _)| !before.contains(text)) {
                out.push(Difference { path: path.clone(), item: true, old: None, new: Some(item.clone()) });
            }
            for item in was.iter().filter(|(text, _)| !after.contains(text)) {
                out.push(Difference { path: path.clone(), item: true, old: Some(item.clone()), new: None });
            }
            if before != after && out.len() == length {
                say(path, out);
            }
        }
        (Is::Value(was), Is::Value(is)) if was == is => {}
        _ => say(path, out),
    }
}

/// Two spellings of one version are one release.
fn same(one: &str, other: &str) -> bool {
    let is_version = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == 'v');
    one == other
        || (is_version(one) && is_version(other) && Version::parse(one).same_release(&Version::parse(other)))
}
