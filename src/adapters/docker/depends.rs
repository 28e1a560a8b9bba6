//! `depends_on`: from the registry's words to services.
//!
//! Owns: groups expanded to their present options, what is left out, conditions. Refuses: order of work.

use super::pass;
use crate::container::Problem;
use crate::diagnostic::{Diagnostic, Finding};
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};
use crate::registry::layer::DependsOn;
use crate::stack::{ContainerInStack, Stack};
use crate::yaml::{Node, Out, Value};

/// What a service's `depends_on` is in the file, always in the long form; `None` when nothing is left of it.
pub(super) fn out(
    stack: &Stack,
    id: &ComponentId,
    lines: &[DependsOn],
    found: &mut Vec<Diagnostic>,
) -> Option<Out> {
    let mut services: Vec<(String, Option<&Node>, bool)> = Vec::new();
    for line in lines {
        let targets = match targets(stack, line) {
            Ok(targets) => targets,
            Err(problem) => {
                found.push(Diagnostic::error(line.target.place, Finding::Container(problem)));
                continue;
            }
        };
        let by_name = targets.iter().any(|(target, _)| target.name().as_str() == bare(&line.target.value));
        for (target, container) in targets.into_iter().filter(|(target, _)| target != id) {
            if container.external.is_some() || !container.definition.run {
                continue;
            }
            let service = container.definition.service_name.clone();
            if line.how.as_ref().is_some_and(waits_for_health) && !has_healthcheck(container) {
                let problem = Problem::NoHealthcheck {
                    waits: id.name().to_string(),
                    service: target.name().to_string(),
                };
                let place = line.how.as_ref().map_or(line.target.place, |how| how.place);
                found.push(Diagnostic::warning(place, Finding::Container(problem)));
            }
            // a container named beside its group: the line that says how counts, and the one that names it most
            match services.iter_mut().find(|(name, ..)| *name == service) {
                Some((_, how, named)) if by_name && !*named => {
                    *how = line.how.as_ref().or(*how);
                    *named = true;
                }
                Some((_, how, _)) => *how = how.or(line.how.as_ref()),
                None => services.push((service, line.how.as_ref(), by_name)),
            }
        }
    }
    (!services.is_empty())
        .then(|| Out::Map(services.into_iter().map(|(name, how, _)| (name, long(how))).collect()))
}

/// The long form of a line; Compose asks for a condition in it.
fn long(how: Option<&Node>) -> Out {
    let mut keys = match how.map(pass::out) {
        Some(Out::Map(keys)) => keys,
        _ => Vec::new(),
    };
    if !keys.iter().any(|(key, _)| key == "condition") {
        keys.insert(0, ("condition".to_owned(), Out::str("service_started")));
    }
    Out::Map(keys)
}

/// The containers that a line stands for.
pub(super) fn targets<'a>(
    stack: &'a Stack,
    line: &DependsOn,
) -> Result<Vec<(ComponentId, &'a ContainerInStack)>, Problem> {
    let text = &line.target.value;
    let unknown = || Problem::UnknownDependency(text.clone());
    let component = |id: ComponentId| stack.containers.get(&id).map(|container| vec![(id, container)]);
    let group = |id: GroupId| {
        let group = stack.groups.get(&id)?;
        let present = group.options.iter().map(|name| id.option(name));
        Some(present.filter_map(|id| stack.containers.get(&id).map(|container| (id, container))).collect())
    };
    match TargetId::parse(text) {
        Ok(TargetId::Component(id)) => return component(id).ok_or_else(unknown),
        Ok(TargetId::Group(id)) => return group(id).ok_or_else(unknown),
        Err(_) => {}
    }
    let name = Name::parse(text).map_err(|_| unknown())?;
    let of_both =
        (component(ComponentId::new(Kind::Container, &name)), group(GroupId::new(Kind::Container, &name)));
    match of_both {
        (Some(_), Some(_)) => Err(Problem::AmbiguousDependency(text.clone())),
        (Some(found), None) | (None, Some(found)) => Ok(found),
        (None, None) => Err(unknown()),
    }
}

/// Whether somebody waits for the end of a container: then it is meant to end.
pub(super) fn is_to_end(stack: &Stack, id: &ComponentId) -> bool {
    let mut lines = stack.containers.values().flat_map(|c| &c.definition.depends_on);
    lines.any(|line| {
        let condition = line.how.as_ref().and_then(|how| how.get("condition")).and_then(Node::as_str);
        let ends = condition == Some("service_completed_successfully");
        ends && targets(stack, line).is_ok_and(|targets| targets.iter().any(|(target, _)| target == id))
    })
}

fn waits_for_health(how: &Node) -> bool {
    how.get("condition").and_then(Node::as_str) == Some("service_healthy")
}

/// Whether a container declares a healthcheck. Its image may have one of its own, which can't be seen from here.
fn has_healthcheck(container: &ContainerInStack) -> bool {
    let Some(check) = container.definition.compose.get("healthcheck") else { return false };
    let disabled = check.value.get("disable").and_then(Node::as_bool) == Some(true);
    let none = match check.value.get("test").map(|test| &test.value) {
        Some(Value::List(words)) => words.first().and_then(Node::as_str) == Some("NONE"),
        Some(Value::Scalar { text, .. }) => text == "NONE",
        _ => false,
    };
    !disabled && !none
}

/// A line's text without its kind.
fn bare(text: &str) -> &str {
    text.rsplit_once(':').map_or(text, |(_, name)| name)
}
