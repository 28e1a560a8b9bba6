//! Ports of the host that a container publishes: where one could go instead.
//!
//! Owns: which port is free, and the item's `ports` that publish it. Refuses: what no command can write.

use std::collections::BTreeSet;

use super::{Around, Remedy};
use crate::compile::Compiled;
use crate::container::held::Address;
use crate::container::port::{self, PortSpec};
use crate::load::Inputs;
use crate::manifest::edit::Change;
use crate::names::ComponentId;
use crate::place::Place;
use crate::registry::layer::{Layer, Port};
use crate::registry::{Container, Entry};
use crate::statement::{Claim, Thing};

/// Whether a command can have the port that a line publishes be another one.
pub(in crate::explain) fn movable(inputs: &Inputs, id: &ComponentId, place: Place) -> bool {
    other_port(inputs, id, place, &|_| true).is_some()
}

/// The item's `ports` if the one that is published at a place moves, beside what moves already.
pub(in crate::explain) fn moved_beside(
    inputs: &Inputs,
    around: Around<'_>,
    id: &ComponentId,
    place: Place,
) -> Option<Vec<String>> {
    let taken: BTreeSet<u16> = around.beside.iter().flat_map(published).collect();
    let is_free = |port: u16| !taken.contains(&port) && !is_held(around.compiled, port);
    let Moved { all, line } = other_port(inputs, id, place, &is_free)?;
    let before = around.beside.iter().find_map(|remedy| match remedy.meant() {
        Some(Change::SetPorts(of, _, ports)) if of == id => Some(ports),
        _ => None,
    });
    Some(before.map_or(all, |before| laid(before, &[line])))
}

/// Lines of `ports` with others laid over them: one that publishes the same port of the container goes.
pub(in crate::explain) fn laid(below: &[String], above: &[String]) -> Vec<String> {
    let key = |line: &String| line.rsplit(':').next().map(str::to_owned);
    let kept = below.iter().map(|line| above.iter().find(|other| key(other) == key(line)).unwrap_or(line));
    let mut all: Vec<String> = kept.cloned().collect();
    all.extend(above.iter().filter(|line| !below.iter().any(|other| key(other) == key(line))).cloned());
    all
}

/// What an item publishes once a line of it has moved, and that line.
struct Moved {
    all: Vec<String>,
    line: String,
}

/// The item's `ports` in the manifest if the port published at a place is to be another one of the host; `None` where
/// several items have some, or no command can write what they say, or the line is a range.
fn other_port(
    inputs: &Inputs,
    id: &ComponentId,
    place: Place,
    is_free: &dyn Fn(u16) -> bool,
) -> Option<Moved> {
    let items = inputs.item_layers(id);
    let mut own = items.iter().filter(|layer| !layer.ports.is_empty());
    let kept = own.next().map_or(&[][..], |layer| layer.ports.as_slice());
    if own.next().is_some() {
        return None;
    }
    let is_it = |line: &&Port| port::place(line) == place;
    if kept.iter().any(|line| is_it(&line)) {
        let line = moved(kept.iter().find(is_it)?, is_free)?;
        let each = kept.iter().map(|other| if is_it(&other) { Some(line.clone()) } else { short(other) });
        return each.collect::<Option<_>>().map(|all| Moved { all, line });
    }
    let Some(Entry::Container(container)) = inputs.component(id) else { return None };
    let port = layers(container).flat_map(|layer| &layer.ports).find(is_it)?;
    let line = moved(port, is_free)?;
    let all: Option<Vec<String>> = kept.iter().map(short).chain([Some(line.clone())]).collect();
    Some(Moved { all: all?, line })
}

/// A line of `ports` in the short form, if it is written like that.
fn short(line: &Port) -> Option<String> {
    match line {
        Port::Short(text) => Some(text.value.clone()),
        Port::Long { .. } | Port::Remove { .. } => None,
    }
}

fn layers(container: &Container) -> impl Iterator<Item = &Layer> {
    let sources = container.releases.iter().flat_map(|release| &release.sources).map(|source| &source.layer);
    let releases = container.releases.iter().map(|release| &release.layer);
    let profiles = container.profiles.iter().map(|profile| &profile.layer);
    [&container.layer].into_iter().chain(releases).chain(sources).chain(profiles)
}

/// How far a port is moved, or several times as far.
const MOVED: u16 = 10_000;

/// Whether anything of the project may publish a port of the host.
fn is_held(compiled: &Compiled, port: u16) -> bool {
    compiled.statements.iter().any(|statement| match &statement.claim {
        Claim::Holds { what: Thing::Ports(ports), .. } => (ports.first..=ports.last).contains(&port),
        _ => false,
    })
}

/// The ports of the host that a remedy publishes.
fn published(remedy: &Remedy) -> impl Iterator<Item = u16> {
    let ports = match remedy.meant() {
        Some(Change::SetPorts(_, _, ports)) => ports.as_slice(),
        _ => &[],
    };
    ports.iter().filter_map(|line| line.rsplit(':').nth(1)?.parse().ok())
}

fn moved(line: &Port, is_free: &dyn Fn(u16) -> bool) -> Option<String> {
    let spec = PortSpec::of(line).ok()?;
    let single = |numbers: &port::Numbers| {
        let known = numbers.known()?;
        (known.start() == known.end()).then_some(*known.start())
    };
    let (host, container) = (single(spec.host.as_ref()?)?, single(&spec.container)?);
    let up = (1..).map_while(|times| host.checked_add(MOVED.checked_mul(times)?));
    let down = (1..).map_while(|times| host.checked_sub(MOVED.checked_mul(times)?));
    let host = up.chain(down).find(|port| *port > 0 && is_free(*port))?;
    let address = match Address::of(spec.host_ip.as_deref())? {
        Address::One(ip) if ip.is_ipv4() => format!("{ip}:"),
        Address::Every => String::new(),
        _ => return None,
    };
    let protocol = if spec.protocol == "tcp" { String::new() } else { format!("/{}", spec.protocol) };
    Some(format!("{address}{host}:{container}{protocol}"))
}
