//! Reading one layer of a container's definition: of an entry, release, source, profile, or manifest item.

use std::collections::BTreeSet;

use crate::container::port::PortSpec;
use crate::container::volume::VolumeSpec;
use crate::diagnostic::{Diagnostic, Finding};
use crate::fields::{self, Fields, Found, Seen};
use crate::place::At;
use crate::registry::layer::{DependsOn, Layer, Part, Port, Setting, Volume};
use crate::registry::shapes;
use crate::shape::Shape;
use crate::yaml::{Key, Node};

/// Which keys a layer has besides those that all have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Has {
    /// `image`: not in an entry, whose image is its source's, nor in a source.
    pub image: bool,
    /// `container_name`, `network_aliases`, `orchestration`: not in a manifest's item.
    pub identity: bool,
}

/// Keys of Compose that people are used to write beside `ports`; they are passed through under `compose`.
const PASSED: &[&str] = &[
    "cap_add",
    "cap_drop",
    "command",
    "configs",
    "cpus",
    "deploy",
    "devices",
    "dns",
    "entrypoint",
    "env_file",
    "expose",
    "extra_hosts",
    "healthcheck",
    "hostname",
    "init",
    "labels",
    "logging",
    "mem_limit",
    "network_mode",
    "networks",
    "platform",
    "privileged",
    "pull_policy",
    "read_only",
    "restart",
    "secrets",
    "security_opt",
    "shm_size",
    "stop_grace_period",
    "sysctls",
    "tmpfs",
    "ulimits",
    "user",
    "working_dir",
];

/// The keys of a layer.
pub(crate) fn layer(fields: &mut Fields<'_>, has: Has, found: &mut Found) -> Layer {
    let mut out = Layer::default();
    if has.image {
        out.image = setting(fields, "image", found);
    }
    if has.identity {
        out.container_name = setting(fields, "container_name", found);
        out.network_aliases = aliases(fields, &mut out.cleared, found);
        orchestration(fields, &mut out, found);
    }
    out.ports = each(fields, "ports", Part::Ports, &mut out.cleared, port, found);
    out.volumes = each(fields, "volumes", Part::Volumes, &mut out.cleared, volume, found);
    out.env = env(fields, &mut out.cleared, found);
    out.compose = compose(fields, &mut out.cleared, found);
    let beside = [
        ("environment", "the values under `env`"),
        ("image", "`image` in `sources.prod` with `type: docker-image`"),
        ("build", "a source with `type: build`"),
        ("depends_on", "`depends_on` under `orchestration`"),
    ];
    let passed = PASSED.iter().map(|key| (*key, "it under `compose`"));
    misplaced(fields, beside.into_iter().chain(passed), found);
    out
}

/// Keys that stand elsewhere: where each belongs.
fn misplaced(
    fields: &mut Fields<'_>,
    elsewhere: impl IntoIterator<Item = (&'static str, &'static str)>,
    found: &mut Found,
) {
    for (key, belongs) in elsewhere {
        let Some(place) = fields.place_of(key).filter(|_| !fields.knows(key)) else { continue };
        let finding = Finding::Misplaced { key: key.to_owned(), inside: fields.what, belongs };
        found.push(Diagnostic::error(place, finding));
        fields.ignore(key);
    }
}

type Cleared = BTreeSet<Part>;

/// A scalar that may be `null`, which removes it.
fn setting(fields: &mut Fields<'_>, key: &'static str, found: &mut Found) -> Setting {
    match fields.get(key) {
        None => Setting::Unset,
        Some(node) if node.is_null() => Setting::Removed(node.place),
        Some(node) => fields::text(node, &format!("`{key}`"), found).map_or(Setting::Unset, Setting::Set),
    }
}

/// Notes a key that is `null` as a whole; what is left is its value.
fn unless_cleared<'n>(
    fields: &mut Fields<'n>,
    key: &'static str,
    which: Part,
    cleared: &mut Cleared,
) -> Option<&'n Node> {
    let node = fields.get(key)?;
    if node.is_null() {
        cleared.insert(which);
        return None;
    }
    Some(node)
}

fn aliases(fields: &mut Fields<'_>, cleared: &mut Cleared, found: &mut Found) -> Vec<At<String>> {
    if unless_cleared(fields, "network_aliases", Part::NetworkAliases, cleared).is_none() {
        return Vec::new();
    }
    fields.texts("network_aliases", found)
}

fn orchestration(fields: &mut Fields<'_>, out: &mut Layer, found: &mut Found) {
    let Some(node) = fields.get("orchestration") else { return };
    let Some(mut inner) = Fields::shaped(node, &shapes::ORCHESTRATION, found) else { return };
    out.service_name = setting(&mut inner, "service_name", found);
    if let Some(node) = unless_cleared(&mut inner, "depends_on", Part::DependsOn, &mut out.cleared) {
        // A list replaces what lower layers list; a mapping merges with it.
        if node.as_list().is_some() {
            out.cleared.insert(Part::DependsOn);
        }
        out.depends_on = depends_on(node, found);
    }
    misplaced(&mut inner, shapes::BESIDE_ORCHESTRATION.iter().copied(), found);
    inner.finish(found);
}

/// A list of names, or a mapping from name to how.
fn depends_on(node: &Node, found: &mut Found) -> Vec<DependsOn> {
    let mut out: Vec<DependsOn> = Vec::new();
    let lines: Vec<DependsOn> = if let Some(items) = node.as_list() {
        let name = |n| fields::text(n, "an item of `depends_on`", found);
        let names: Vec<_> = items.iter().filter_map(name).collect();
        names.into_iter().map(|target| DependsOn { target, how: None, removed: false }).collect()
    } else if node.as_map().is_some() {
        fields::map(node, "`depends_on`", found)
            .into_iter()
            .map(|(k, n)| long_dependency(k, n, found))
            .collect()
    } else {
        fields::wrong_type(node, "`depends_on`", "a list or a mapping", found);
        Vec::new()
    };
    let mut seen = Seen::default();
    for line in lines {
        check_dependency(&line, found);
        if let Some(first) = seen.before(line.target.value.clone(), line.target.place) {
            let finding = Finding::ListedTwice { what: "the dependency", name: line.target.value.clone() };
            let twice = Diagnostic::error(line.target.place, finding);
            found.push(twice.with(first, "first listed here"));
            continue;
        }
        out.push(line);
    }
    out
}

/// In the mapping form `null` and `false` take back what a lower layer said.
fn long_dependency(key: &Key, node: &Node, found: &mut Found) -> DependsOn {
    let removed = node.is_null() || node.as_bool() == Some(false);
    if !removed && node.as_map().is_none() {
        fields::wrong_type(node, &format!("`{}`", key.text), "a mapping (such as `{condition: …}`)", found);
    }
    let how = node.as_map().map(|_| node.clone());
    DependsOn { target: At::new(key.text.clone(), key.place), how, removed }
}

/// A name, or `KIND:NAME` of a container or of a group of them.
fn check_dependency(line: &DependsOn, found: &mut Found) {
    let text = line.target.value.as_str();
    let name = match text.split_once(':') {
        Some(("container" | "container_group", name)) => name,
        Some(_) => {
            let finding = Finding::BadDependency { text: text.to_owned() };
            found.push(Diagnostic::error(line.target.place, finding));
            return;
        }
        None => text,
    };
    fields::parse_name(name, line.target.place, found);
}

fn each<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    which: Part,
    cleared: &mut Cleared,
    read: impl Fn(&Node, &mut Found) -> Option<T>,
    found: &mut Found,
) -> Vec<T> {
    let Some(node) = unless_cleared(fields, key, which, cleared) else { return Vec::new() };
    fields::list(node, &format!("`{key}`"), found).iter().filter_map(|n| read(n, found)).collect()
}

/// A port as it is written, if Compose would take it.
fn port(node: &Node, found: &mut Found) -> Option<Port> {
    let port = written_port(node, found)?;
    if let Err(error) = PortSpec::of(&port) {
        found.push(Diagnostic::error(node.place, Finding::BadPort(error)));
    }
    Some(port)
}

fn written_port(node: &Node, found: &mut Found) -> Option<Port> {
    if node.as_map().is_none() {
        return short(node, "a port", found).map(Port::Short);
    }
    let (mut inner, target, removed) = long(node, [&shapes::PORT, &shapes::PORT_REMOVED], found)?;
    let protocol = inner.text("protocol", found);
    if removed {
        inner.finish(found);
        return Some(Port::Remove { target, protocol });
    }
    Some(Port::Long { target, protocol, node: node.clone() })
}

/// A volume as it is written, if Compose would take it.
fn volume(node: &Node, found: &mut Found) -> Option<Volume> {
    let volume = written_volume(node, found)?;
    if let Err(error) = VolumeSpec::of(&volume) {
        found.push(Diagnostic::error(node.place, Finding::BadVolume(error)));
    }
    Some(volume)
}

fn written_volume(node: &Node, found: &mut Found) -> Option<Volume> {
    if node.as_map().is_none() {
        return short(node, "a volume", found).map(Volume::Short);
    }
    let (inner, target, removed) = long(node, [&shapes::VOLUME, &shapes::VOLUME_REMOVED], found)?;
    if removed {
        inner.finish(found);
        return Some(Volume::Remove { target });
    }
    Some(Volume::Long { target, node: node.clone() })
}

fn short(node: &Node, what: &str, found: &mut Found) -> Option<At<String>> {
    let Some(text) = node.as_str() else {
        fields::wrong_type(node, what, "a text or a mapping with `target`", found);
        return None;
    };
    if text.trim().is_empty() {
        let finding = Finding::EmptyText { what: what.to_owned() };
        found.push(Diagnostic::error(node.place, finding));
        return None;
    }
    Some(At::new(text.to_owned(), node.place))
}

/// Compose's long form, or ours with `remove: true`.
fn long<'n>(
    node: &'n Node,
    [long, drop]: [&'static Shape; 2],
    found: &mut Found,
) -> Option<(Fields<'n>, At<String>, bool)> {
    let removed = node.get("remove").and_then(Node::as_bool) == Some(true);
    let mut inner = Fields::shaped(node, if removed { drop } else { long }, found)?;
    let target = inner.required_text("target", found);
    inner.boolean("remove", found);
    Some((inner, target?, removed))
}

/// A mapping, or Compose's list of `KEY=VALUE`.
fn env(
    fields: &mut Fields<'_>,
    cleared: &mut Cleared,
    found: &mut Found,
) -> Vec<(At<String>, Option<At<String>>)> {
    let Some(node) = unless_cleared(fields, "env", Part::Env, cleared) else { return Vec::new() };
    if let Some(items) = node.as_list() {
        return items.iter().filter_map(|n| env_line(n, found)).collect();
    }
    if node.as_map().is_none() {
        fields::wrong_type(node, "`env`", "a mapping", found);
        return Vec::new();
    }
    let mut out = Vec::new();
    for (key, value) in fields::map(node, "`env`", found) {
        let name = At::new(key.text.clone(), key.place);
        if value.is_null() {
            out.push((name, None));
        } else if let Some(value) = fields::text(value, &format!("`{}`", key.text), found) {
            out.push((name, Some(value)));
        }
    }
    out
}

fn env_line(node: &Node, found: &mut Found) -> Option<(At<String>, Option<At<String>>)> {
    let line = fields::text(node, "a line of `env`", found)?;
    let (key, value) = match line.value.split_once('=') {
        Some((key, value)) => (key, Some(At::new(value.to_owned(), line.place))),
        None => (line.value.as_str(), None),
    };
    if key.is_empty() || key.contains(char::is_whitespace) {
        let finding = Finding::BadEnvLine { text: line.value.clone() };
        found.push(Diagnostic::error(line.place, finding));
        return None;
    }
    Some((At::new(key.to_owned(), line.place), value))
}

fn compose(fields: &mut Fields<'_>, cleared: &mut Cleared, found: &mut Found) -> Vec<(At<String>, Node)> {
    let Some(node) = unless_cleared(fields, "compose", Part::Compose, cleared) else {
        return Vec::new();
    };
    if node.as_map().is_none() {
        fields::wrong_type(node, "`compose`", "a mapping", found);
    }
    let mut out = Vec::new();
    for (key, value) in node.as_map().unwrap_or_default() {
        if let Some((_, belongs)) = shapes::TYPED.iter().find(|(typed, _)| *typed == key.text) {
            let finding = Finding::Misplaced { key: key.text.clone(), inside: "`compose`", belongs };
            found.push(Diagnostic::error(key.place, finding));
            continue;
        }
        out.push((At::new(key.text.clone(), key.place), value.clone()));
    }
    out
}
