//! From the stack to the two Compose files, as texts.
//!
//! Owns: what stands in which file and in which order. Refuses: reading and writing files, and calling programs.

use std::collections::BTreeMap;

use super::images::{self, Image};
use super::names;
use super::service::{self, Parts};
use super::top::Top;
use crate::adapters::sealed;
use crate::address::{Addresses, Environment};
use crate::container::text;
use crate::container::{Definition, Problem, brace};
use crate::diagnostic::{self, Diagnostic, Finding};
use crate::names::ComponentId;
use crate::stack::{ContainerInStack, Stack};
use crate::yaml::{self, Out};

/// The files to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Files {
    /// The project's name, as Compose has it.
    pub(super) project: String,
    /// What runs; `None`: nothing does.
    pub(super) main: Option<String>,
    /// What is only built; `None`: nothing is.
    pub(super) base: Option<String>,
    /// Worth telling.
    pub(super) notes: Vec<Diagnostic>,
}

/// The text of a file that each sync makes anew.
fn made_anew(body: &str) -> String {
    format!("# Made by hsm: the images that are only built. Not committed; each sync writes it anew.\n{body}")
}

/// The two files of a stack.
pub(super) fn files(stack: &Stack) -> Result<Files, Vec<Diagnostic>> {
    let project = project(stack)?;
    let images = images::of(stack, &project)?;
    let definitions = filled(stack, &images)?;
    let addresses = given(stack, &definitions)?;
    let mut found = same_names(stack, &definitions);

    let (mut main, mut base) = (BTreeMap::new(), BTreeMap::new());
    let (mut top, mut base_top) = (Top::default(), Top::default());
    for definition in definitions.values() {
        if definition.run {
            top.define(definition, &mut found);
        } else {
            base_top.define(definition, &mut found);
        }
    }
    let none = Environment::new();
    let own_files = !stack.project.compose_files.is_empty();
    for (id, definition) in &definitions {
        let addresses = addresses.get(id).unwrap_or(&none);
        let parts = Parts { stack, id, definition, images: &images, addresses };
        if definition.run {
            main.insert(definition.service_name.clone(), service::running(&parts, &mut found));
            top.use_of(definition, own_files, &mut found);
        } else if images.get(id).is_some_and(|image| image.built) {
            base.insert(base_service(id), service::base(&parts));
        }
    }
    if diagnostic::any_error(&found) {
        return Err(found);
    }
    let whole = |services: BTreeMap<String, Out>, top: Top| {
        (!services.is_empty()).then(|| text(&project, services, top.out()))
    };
    let main = whole(main, top).map(|text| sealed::seal(&text));
    let base = whole(base, base_top).map(|text| made_anew(&text));
    Ok(Files { project, main, base, notes: found })
}

/// The project's name, as Compose has it.
pub(super) fn project(stack: &Stack) -> Result<String, Vec<Diagnostic>> {
    let name = &stack.project.name;
    let problem = || Diagnostic::missing(Finding::Container(Problem::ProjectName(name.clone())));
    names::project(name).ok_or_else(|| vec![problem()])
}

/// The definitions of all that isn't external, with hsm's own variables filled in.
pub(super) fn filled<'a>(
    stack: &'a Stack,
    images: &BTreeMap<ComponentId, Image>,
) -> Result<BTreeMap<&'a ComponentId, Definition>, Vec<Diagnostic>> {
    let lookup = |name: &str| images::lookup(images, name);
    let mut definitions = BTreeMap::new();
    let mut found = Vec::new();
    for (id, container) in here(stack) {
        match container.with_values(Some(&lookup), |values| text::fill(&container.definition, values)) {
            Ok(definition) => {
                definitions.insert(id, definition);
            }
            Err(diagnostics) => found.extend(diagnostics),
        }
    }
    if found.is_empty() { Ok(definitions) } else { Err(found) }
}

/// What is run or built by the engine.
fn here(stack: &Stack) -> impl Iterator<Item = (&ComponentId, &ContainerInStack)> {
    stack.containers.iter().filter(|(_, container)| container.external.is_none())
}

/// The addresses that each running container gets.
fn given<'a>(
    stack: &Stack,
    definitions: &BTreeMap<&'a ComponentId, Definition>,
) -> Result<BTreeMap<&'a ComponentId, Environment>, Vec<Diagnostic>> {
    let addresses = Addresses::of(stack)?;
    let mut given = BTreeMap::new();
    let mut found = Vec::new();
    for (id, _) in definitions.iter().filter(|(_, definition)| definition.run) {
        match addresses.given(id) {
            Ok(environment) => {
                given.insert(*id, environment);
            }
            Err(diagnostics) => found.extend(diagnostics),
        }
    }
    if found.is_empty() { Ok(given) } else { Err(found) }
}

/// What a base image is called in its file. It runs nowhere, so the name of a service means nothing for it.
pub(super) fn base_service(id: &ComponentId) -> String {
    id.name().to_string()
}

/// Services or containers that would have one name. The solve keeps names apart as they are written; what is left are
/// those that hsm's own variables make the same.
fn same_names(stack: &Stack, definitions: &BTreeMap<&ComponentId, Definition>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut held: BTreeMap<(&str, String), &ComponentId> = BTreeMap::new();
    for (id, definition) in definitions.iter().filter(|(_, definition)| definition.run) {
        let place = definition.place;
        let name = &definition.service_name;
        if !names::is_service(name) {
            found.push(Diagnostic::error(place, Finding::Container(Problem::ServiceName(name.clone()))));
        }
        let container = definition.container_name.as_ref().filter(|name| !brace::is_open(&name.value));
        let named = container.map(|at| ("container name", at.value.clone()));
        for (what, name) in [("service name", name.clone())].into_iter().chain(named) {
            let Some(other) = held.insert((what, name.clone()), id) else { continue };
            let problem = Problem::SameName { what, name, first: other.to_string(), second: id.to_string() };
            let first = stack.containers.get(other).map_or(place, |container| container.definition.place);
            let diagnostic = Diagnostic::error(place, Finding::Container(problem));
            found.push(diagnostic.with(first, "the other one is defined here"));
        }
    }
    found
}

fn text(project: &str, services: BTreeMap<String, Out>, top: Vec<(String, Out)>) -> String {
    let head = [
        ("name".to_owned(), Out::str(project)),
        ("services".to_owned(), Out::Map(services.into_iter().collect())),
    ];
    yaml::write(&Out::Map(head.into_iter().chain(top).collect()))
}
