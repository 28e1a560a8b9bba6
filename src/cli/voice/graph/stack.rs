//! The graph of a stack: who brought what.

use super::{Graph, MANIFEST, Maker, Sort, Tie};
use crate::cli::voice::stack::{container_facts, package_facts};
use crate::manifest::{GroupLine, Manifest};
use crate::names::{ComponentId, Kind, TargetId};
use crate::registry::DemandedMode;
use crate::stack::{Link, LinkSort, Stack};
use crate::statement::Origin;

/// Components and the groups that take part; what the manifest names, what implies what, what waits for what, and what is
/// built from what.
pub(in crate::cli) fn of_stack(stack: &Stack, manifest: &Manifest) -> Graph {
    let mut maker = Maker::default();
    maker.graph.title = format!("the stack of {}", stack.project.name);
    let file = maker.node(MANIFEST, Sort::File);
    for id in stack.groups.keys() {
        maker.node(&id.to_string(), Sort::Group);
    }
    for (id, package) in &stack.packages {
        let node = maker.node(&id.to_string(), Sort::Package);
        maker.fact(node, package_facts(package));
    }
    for (id, container) in &stack.containers {
        let sort = if container.external.is_some() { Sort::External } else { Sort::Container };
        let node = maker.node(&id.to_string(), sort);
        maker.fact(node, container_facts(container));
    }
    named(&mut maker, file, manifest);
    for (id, group) in &stack.groups {
        let from = maker.node(&id.to_string(), Sort::Group);
        for option in &group.options {
            if let Some(&to) = maker.places.get(&id.option(option).to_string()) {
                maker.edge(from, to, Tie::Option, "option");
            }
        }
    }
    for link in &stack.links {
        let from = match &link.from {
            Origin::Manifest => MANIFEST.to_owned(),
            Origin::Component(id) => id.to_string(),
            Origin::Option(group, option) => group.option(option).to_string(),
        };
        let ends = maker.places.get(&from).zip(maker.places.get(&link.to.to_string()));
        if let Some((&from, &to)) = ends {
            let (tie, label) = words(link);
            maker.edge(from, to, tie, label);
        }
    }
    maker.graph
}

/// What the manifest names and selects.
fn named(maker: &mut Maker, file: usize, manifest: &Manifest) {
    let groups = [&manifest.dependencies.groups, &manifest.services.groups];
    for line in groups.into_iter().flatten() {
        if let Some(&to) = maker.places.get(&line.group.value.to_string()) {
            maker.edge(file, to, Tie::Names, selected(line));
        }
    }
    let items = [(Kind::Package, &manifest.dependencies.items), (Kind::Container, &manifest.services.items)];
    for (kind, items) in items {
        for item in items {
            let id = ComponentId::new(kind, &item.name.value).to_string();
            if let Some(&to) = maker.places.get(&id) {
                maker.edge(file, to, Tie::Names, "lists");
            }
        }
    }
}

fn selected(line: &GroupLine) -> String {
    let selection = line.selection.as_ref().map(|at| at.value.as_slice()).unwrap_or_default();
    let names: Vec<&str> = selection.iter().map(|item| item.name.value.as_str()).collect();
    if names.is_empty() { "uses".to_owned() } else { format!("selects {}", names.join(", ")) }
}

fn words(link: &Link) -> (Tie, String) {
    let (tie, word) = match link.sort {
        LinkSort::Implies => (Tie::Implies, "implies"),
        LinkSort::DependsOn => (Tie::DependsOn, "depends on"),
        LinkSort::Requires => (Tie::Requires, "is built with"),
    };
    let mut label = word.to_owned();
    if matches!(link.to, TargetId::Group(_)) && !link.options.is_empty() {
        let names: Vec<&str> = link.options.iter().map(crate::names::Name::as_str).collect();
        label.push(' ');
        label.push_str(&names.join(", "));
    }
    match link.mode {
        None => {}
        Some(DemandedMode::Is(mode)) => {
            label.push_str(" in ");
            label.push_str(mode.as_str());
            label.push_str(" mode");
        }
        Some(DemandedMode::Same) => label.push_str(" in the same mode"),
    }
    (tie, label)
}
