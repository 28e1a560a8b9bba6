//! One service of the file.
//!
//! Owns: the order of a service's keys and how each is written. Refuses: what belongs to the whole file.

use std::collections::BTreeMap;

use super::images::Image;
use super::{depends, pass, watch};
use crate::address::Environment;
use crate::container::port::{self, PortSpec};
use crate::container::volume::{self, VolumeSpec};
use crate::container::{Definition, Problem, path};
use crate::diagnostic::{Diagnostic, Finding};
use crate::names::ComponentId;
use crate::place::At;
use crate::registry::layer::{Port, Volume};
use crate::registry::{Build, ContainerOrigin};
use crate::stack::Stack;
use crate::yaml::{Node, Out, Value};

/// What a service is made from.
pub(super) struct Parts<'a> {
    /// The stack it stands in.
    pub(super) stack: &'a Stack,
    /// Its container.
    pub(super) id: &'a ComponentId,
    /// The definition, with hsm's own variables filled in.
    pub(super) definition: &'a Definition,
    /// The images of all containers.
    pub(super) images: &'a BTreeMap<ComponentId, Image>,
    /// The addresses that it gets.
    pub(super) addresses: &'a Environment,
}

/// A service that runs.
pub(super) fn running(parts: &Parts<'_>, found: &mut Vec<Diagnostic>) -> Out {
    let definition = parts.definition;
    let mut keys = built(parts);
    if definition.origin.as_ref().is_some_and(|origin| build_of(&origin.value).is_some())
        && !definition.compose.contains_key("pull_policy")
    {
        keys.push(("pull_policy".to_owned(), Out::str("build")));
    }
    if let Some(name) = &definition.container_name {
        keys.push(("container_name".to_owned(), Out::str(&name.value)));
    }
    if !definition.ports.is_empty() {
        keys.push(("ports".to_owned(), ports(&definition.ports, found)));
    }
    if !definition.volumes.is_empty() {
        keys.push(("volumes".to_owned(), volumes(&definition.volumes, found)));
    }
    let environment = environment(definition, parts.addresses);
    if !environment.is_empty() {
        keys.push(("environment".to_owned(), Out::Map(environment)));
    }
    if let Some(networks) = networks(definition, found) {
        keys.push(("networks".to_owned(), networks));
    }
    if let Some(depends_on) = depends::out(parts.stack, parts.id, &definition.depends_on, found) {
        keys.push(("depends_on".to_owned(), depends_on));
    }
    if !definition.compose.contains_key("develop")
        && let Some(develop) = watch::out(parts)
    {
        keys.push(("develop".to_owned(), develop));
    }
    for (key, at) in &definition.compose {
        if key == "profiles" {
            found.push(Diagnostic::warning(at.place, Finding::Container(Problem::EngineProfiles)));
        }
        if !keys.iter().any(|(held, _)| held == key) {
            keys.push((key.clone(), pass::out(&at.value)));
        }
    }
    Out::Map(keys)
}

/// A base image: only what is needed to build it.
pub(super) fn base(parts: &Parts<'_>) -> Out {
    let mut keys = built(parts);
    keys.push(("pull_policy".to_owned(), Out::str("build")));
    keys.extend(
        parts.definition.compose.get("platform").map(|at| ("platform".to_owned(), pass::out(&at.value))),
    );
    Out::Map(keys)
}

/// The build of an origin, if it is built.
pub(super) fn build_of(origin: &ContainerOrigin) -> Option<&Build> {
    match origin {
        ContainerOrigin::Build(build) | ContainerOrigin::Git { build, .. } => Some(build),
        ContainerOrigin::Image { .. } => None,
    }
}

/// `image` and, where it is built here, `build`.
fn built(parts: &Parts<'_>) -> Vec<(String, Out)> {
    let image = parts.images.get(parts.id).map(|image| image.reference.clone()).unwrap_or_default();
    let mut keys = vec![("image".to_owned(), Out::str(image))];
    let origin = parts.definition.origin.as_ref();
    let (Some(build), Some(context)) =
        (origin.and_then(|origin| build_of(&origin.value)), path::source(parts.definition))
    else {
        return keys;
    };
    let mut lines = vec![("context".to_owned(), Out::str(context))];
    for (key, text) in [("dockerfile", &build.dockerfile), ("target", &build.target)] {
        lines.extend(text.as_ref().map(|text| (key.to_owned(), Out::str(&text.value))));
    }
    if !build.args.is_empty() {
        let args = build.args.iter().map(|(key, value)| (key.value.clone(), pass::quoted(value)));
        lines.push(("args".to_owned(), Out::Map(args.collect())));
    }
    for (key, value) in &build.other {
        if !lines.iter().any(|(held, _)| *held == key.value) {
            lines.push((key.value.clone(), pass::out(value)));
        }
    }
    keys.push(("build".to_owned(), Out::Map(lines)));
    keys
}

fn ports(lines: &[Port], found: &mut Vec<Diagnostic>) -> Out {
    let line = |line: &Port| {
        if let Err(error) = PortSpec::of(line) {
            found.push(Diagnostic::error(port::place(line), Finding::Container(Problem::Port(error))));
        }
        match line {
            Port::Short(text) => Out::quoted(&text.value),
            Port::Long { node, .. } => long_port(node),
            Port::Remove { target, .. } => Out::quoted(&target.value),
        }
    };
    Out::List(lines.iter().map(line).collect())
}

/// The long form: `published` is a text for Compose, `target` a whole number where it is one.
fn long_port(node: &Node) -> Out {
    long(node, |key, value| match (key, value.as_str()?) {
        ("target", text) => Some(text.parse().map_or_else(|_| Out::str(text), Out::Int)),
        ("published", text) => Some(Out::quoted(text)),
        _ => None,
    })
}

/// A long form as it stands, but for `remove`, which is hsm's own, and keys that are written in their own way.
fn long(node: &Node, own: impl Fn(&str, &Node) -> Option<Out>) -> Out {
    let mut out = pass::out(node);
    if let Out::Map(keys) = &mut out {
        keys.retain(|(key, _)| key != "remove");
        for (key, value) in keys {
            if let Some(own) = node.get(key).and_then(|node| own(key, node)) {
                *value = own;
            }
        }
    }
    out
}

fn volumes(lines: &[Volume], found: &mut Vec<Diagnostic>) -> Out {
    let line = |line: &Volume| {
        if let Err(error) = VolumeSpec::of(line) {
            found.push(Diagnostic::error(volume::place(line), Finding::Container(Problem::Volume(error))));
        }
        match line {
            Volume::Short(text) => Out::str(&text.value),
            Volume::Long { node, .. } => long(node, |_, _| None),
            Volume::Remove { target } => Out::str(&target.value),
        }
    };
    Out::List(lines.iter().map(line).collect())
}

/// Its own variables, then the addresses of those it does not set itself.
fn environment(definition: &Definition, addresses: &Environment) -> Vec<(String, Out)> {
    let value = |value: &Option<At<String>>| match value {
        Some(text) => Out::quoted(&text.value),
        None => Out::Null,
    };
    let own = definition.env.iter().map(|(key, text)| (key.clone(), value(text)));
    let given = addresses.iter().filter(|(key, _)| !definition.env.contains_key(*key));
    own.chain(given.map(|(key, given)| (key.clone(), Out::quoted(&given.value)))).collect()
}

/// `networks`, with the aliases on each of them. A service that names none is on `default`.
fn networks(definition: &Definition, found: &mut Vec<Diagnostic>) -> Option<Out> {
    let aliases = &definition.network_aliases;
    let first = aliases.first()?;
    if definition.compose.contains_key("network_mode") {
        let problem = Finding::Container(Problem::AliasesWithoutNetwork);
        found.push(Diagnostic::warning(first.place, problem));
        return None;
    }
    let joined: Vec<(String, Out)> = match definition.compose.get("networks").map(|at| &at.value.value) {
        Some(Value::List(names)) => {
            names.iter().filter_map(Node::as_str).map(|name| (name.to_owned(), Out::Null)).collect()
        }
        Some(Value::Map(pairs)) => {
            pairs.iter().map(|(key, node)| (key.text.clone(), pass::out(node))).collect()
        }
        _ => vec![("default".to_owned(), Out::Null)],
    };
    let with_aliases = |settings: Out| {
        let mut keys = if let Out::Map(keys) = settings { keys } else { Vec::new() };
        let mut all = match keys.iter().position(|(key, _)| key == "aliases") {
            Some(at) => match keys.remove(at).1 {
                Out::List(held) => held,
                _ => Vec::new(),
            },
            None => Vec::new(),
        };
        for alias in aliases {
            let alias = Out::str(&alias.value);
            if !all.contains(&alias) {
                all.push(alias);
            }
        }
        keys.push(("aliases".to_owned(), Out::List(all)));
        Out::Map(keys)
    };
    Some(Out::Map(joined.into_iter().map(|(name, settings)| (name, with_aliases(settings))).collect()))
}
