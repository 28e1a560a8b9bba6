//! Addresses: how whoever implies or depends on a container finds it.
//!
//! Owns: the variables (`QDRANT_HOST`, `QDRANT_PORT`, `VECTOR_DB_HOST`, one for each key of `external`), who gets which,
//! and what the programs of the project see. Refuses: resolving `${VAR}`; values stay the engine's syntax.

use std::collections::BTreeMap;

use crate::container::Problem;
use crate::container::port::{Numbers, PortSpec};
use crate::container::text::{self, Values};
use crate::diagnostic::{Diagnostic, Finding};
use crate::names::{ComponentId, Kind, Name, TargetId};
use crate::place::{At, Place};
use crate::registry::layer::Port;
use crate::stack::{ContainerInStack, Link, LinkSort, Stack};
use crate::statement::Origin;

/// A variable's value and who it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The value, in the engine's syntax: `${VAR}` in it is not resolved, `$$` is a dollar sign.
    pub value: String,
    /// The component it comes from.
    pub from: ComponentId,
    /// Where that component is defined, when known.
    pub place: Option<Place>,
}

/// Variables by name.
pub type Environment = BTreeMap<String, Given>;

/// The addresses of all containers of a stack.
pub struct Addresses<'a> {
    stack: &'a Stack,
    seen: BTreeMap<ComponentId, Seen>,
}

/// One container's address: the ends of its variables' names (`HOST`, `PORT`, `PORT_6334`) with their values.
struct Seen {
    place: Place,
    /// As other containers see it.
    inside: Vec<(String, String)>,
    /// As programs on this machine see it.
    outside: Vec<(String, String)>,
}

impl<'a> Addresses<'a> {
    /// The addresses of what runs, here or elsewhere; base images have none.
    pub fn of(stack: &'a Stack) -> Result<Self, Vec<Diagnostic>> {
        let mut seen = BTreeMap::new();
        let mut found = Vec::new();
        let running = stack.containers.iter().filter(|(_, container)| has_address(container));
        for (id, container) in running {
            match see(container) {
                Ok(address) => {
                    seen.insert(id.clone(), address);
                }
                Err(diagnostics) => found.extend(diagnostics),
            }
        }
        if found.is_empty() { Ok(Self { stack, seen }) } else { Err(found) }
    }

    /// What one component gets: the addresses of all that it implies or depends on. Containers see service names and
    /// the containers' ports, packages localhost and the published ports.
    pub fn given(&self, to: &ComponentId) -> Result<Environment, Vec<Diagnostic>> {
        let inside = to.kind() == Kind::Container;
        let mut joined = Joined::new(format!(" in the environment of {to}"));
        for link in self.stack.links.iter().filter(|link| subject(&link.from).as_ref() == Some(to)) {
            for (target, prefix) in self.targets(link).into_iter().filter(|(target, _)| target != to) {
                self.add(&mut joined, &target, &prefix, inside);
            }
        }
        joined.done()
    }

    /// What programs of the project see: the address of every container, under its own name and under that of each
    /// 1-of-N group it was chosen from; over it what the packages set themselves.
    pub fn of_programs(&self) -> Result<Environment, Vec<Diagnostic>> {
        let mut addresses = Joined::new(String::new());
        for id in self.seen.keys() {
            self.add(&mut addresses, id, &prefix(id.name()), false);
        }
        let groups = self.stack.groups.iter().filter(|(id, group)| id.kind == Kind::Container && group.one);
        for (id, group) in groups {
            for option in &group.options {
                self.add(&mut addresses, &id.option(option), &prefix(&id.name), false);
            }
        }
        let mut own = Joined::new(String::new());
        for (id, package) in &self.stack.packages {
            for (name, value) in &package.env {
                own.add(name.clone(), value, id, None);
            }
        }
        let (addresses, own) = (addresses.done(), own.done());
        match (addresses, own) {
            (Ok(mut environment), Ok(own)) => {
                environment.extend(own);
                Ok(environment)
            }
            (addresses, own) => Err([addresses.err(), own.err()].into_iter().flatten().flatten().collect()),
        }
    }

    /// The containers that a link leads to, each with the start of its variables' names.
    fn targets(&self, link: &Link) -> Vec<(ComponentId, String)> {
        if link.sort == LinkSort::Requires {
            return Vec::new();
        }
        match &link.to {
            TargetId::Component(id) => vec![(id.clone(), prefix(id.name()))],
            TargetId::Group(id) => {
                let Some(group) = self.stack.groups.get(id) else { return Vec::new() };
                let demanded = |option: &&Name| {
                    let demand = |name: &Name| id.option(name) == id.option(option);
                    group.one || link.options.is_empty() || link.options.iter().any(demand)
                };
                let options = group.options.iter().filter(demanded).map(|option| id.option(option));
                let named = |option: ComponentId| {
                    let own = (option.clone(), prefix(option.name()));
                    [own].into_iter().chain(group.one.then(|| (option, prefix(&id.name))))
                };
                options.flat_map(named).collect()
            }
        }
    }

    fn add(&self, to: &mut Joined, id: &ComponentId, prefix: &str, inside: bool) {
        let Some(seen) = self.seen.get(id) else { return };
        for (end, value) in if inside { &seen.inside } else { &seen.outside } {
            to.add(format!("{prefix}_{end}"), value, id, Some(seen.place));
        }
    }
}

/// A name as the start of a variable's name: upper case, other characters `_`.
pub fn prefix(name: &Name) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    name.as_str().chars().map(letter).collect()
}

/// The component that a link starts at; an option of a group counts for the component it stands for.
fn subject(origin: &Origin) -> Option<ComponentId> {
    match origin {
        Origin::Component(id) => Some(id.clone()),
        Origin::Option(group, name) => Some(group.option(name)),
        Origin::Manifest => None,
    }
}

fn has_address(container: &ContainerInStack) -> bool {
    container.external.is_some() || container.definition.run
}

fn see(container: &ContainerInStack) -> Result<Seen, Vec<Diagnostic>> {
    container.with_values(None, |values| see_with(container, values))
}

fn see_with(container: &ContainerInStack, values: Values<'_>) -> Result<Seen, Vec<Diagnostic>> {
    let definition = &container.definition;
    if let Some(external) = &container.external {
        let filled = external
            .keys
            .iter()
            .map(|(key, value)| text::fill_text(value, values).map(|value| (suffix(&key.value), value)));
        let keys: Vec<(String, String)> = filled.collect::<Result<_, _>>()?;
        return Ok(Seen { place: definition.place, inside: keys.clone(), outside: keys });
    }
    let filled = text::fill(definition, values)?;
    let expose = filled.compose.get("expose").and_then(|at| at.value.as_list()).unwrap_or_default();
    let exposed = expose.iter().filter_map(|node| Some(At::new(node.as_str()?.to_owned(), node.place)));
    let exposed: Vec<Port> = exposed.map(Port::Short).collect();
    // what cannot be read is reported where the file is made
    let specs = |ports: &[Port]| ports.iter().filter_map(|port| PortSpec::of(port).ok()).collect::<Vec<_>>();
    let (ports, exposed) = (specs(&filled.ports), specs(&exposed));
    Ok(Seen {
        place: definition.place,
        inside: inside(&filled.service_name, ports.iter().chain(&exposed)),
        outside: outside(&ports),
    })
}

/// The service's name and the container's ports, the first one as `PORT`.
fn inside<'a>(service: &str, ports: impl Iterator<Item = &'a PortSpec>) -> Vec<(String, String)> {
    let mut keys = vec![("HOST".to_owned(), service.to_owned())];
    let mut numbers: Vec<String> = Vec::new();
    for spec in ports {
        let all = spec.keys().into_iter().map(|key| key.port);
        let new: Vec<String> = all.filter(|port| !numbers.contains(port)).collect();
        numbers.extend(new);
    }
    for (at, number) in numbers.into_iter().enumerate() {
        if at == 0 {
            keys.push(("PORT".to_owned(), number));
        } else if number.bytes().all(|b| b.is_ascii_digit()) {
            keys.push((format!("PORT_{number}"), number));
        }
    }
    keys
}

/// localhost and the published ports: the container's first port as `PORT`, the others by their number. Nothing when
/// no port is published at a known place.
fn outside(ports: &[PortSpec]) -> Vec<(String, String)> {
    let mut numbers: Vec<(u16, Option<String>)> = Vec::new();
    let mut host = None;
    for spec in ports {
        for number in spec.container.known().into_iter().flatten() {
            let published = spec.published(number);
            if published.is_some() && host.is_none() {
                host = Some(reached_at(spec.host_ip.as_deref()));
            }
            match numbers.iter_mut().find(|(held, _)| *held == number) {
                Some((_, held)) => *held = held.take().or(published),
                None => numbers.push((number, published)),
            }
        }
    }
    // a first port that is not known before the engine reads it leaves the others with their numbers
    let first_known = matches!(ports.first().map(|spec| &spec.container), Some(Numbers::Range(..)));
    let mut keys: Vec<(String, String)> = host.map(|host| ("HOST".to_owned(), host)).into_iter().collect();
    for (at, (number, published)) in numbers.into_iter().enumerate() {
        let name = if at == 0 && first_known { "PORT".to_owned() } else { format!("PORT_{number}") };
        keys.extend(published.map(|port| (name, port)));
    }
    keys
}

/// Under which name this machine reaches what is published at an address.
fn reached_at(ip: Option<&str>) -> String {
    match ip {
        None | Some("0.0.0.0" | "::" | "127.0.0.1" | "::1" | "localhost") => "localhost".to_owned(),
        Some(other) => other.to_owned(),
    }
}

/// A key of `external` as the end of a variable's name.
fn suffix(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// Variables that are joined; two values for one name are an error.
struct Joined {
    whose: String,
    environment: Environment,
    found: Vec<Diagnostic>,
}

impl Joined {
    fn new(whose: String) -> Self {
        Self { whose, environment: Environment::new(), found: Vec::new() }
    }

    fn add(&mut self, name: String, value: &str, from: &ComponentId, place: Option<Place>) {
        let given = Given { value: value.to_owned(), from: from.clone(), place };
        let Some(held) = self.environment.get(&name) else {
            self.environment.insert(name, given);
            return;
        };
        if held.value == value {
            return;
        }
        let told = |given: &Given| format!("{} ({})", given.value, given.from);
        let problem = Problem::TwoValues {
            variable: name,
            first: told(held),
            second: told(&given),
            whose: self.whose.clone(),
        };
        let mut diagnostic = Diagnostic::missing(Finding::Container(problem));
        diagnostic.place = given.place.or(held.place);
        if let (Some(_), Some(first)) = (given.place, held.place) {
            diagnostic = diagnostic.with(first, "the other one is defined here");
        }
        self.found.push(diagnostic);
    }

    fn done(self) -> Result<Environment, Vec<Diagnostic>> {
        if self.found.is_empty() { Ok(self.environment) } else { Err(self.found) }
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
