//! From the stack to what the Python project has to hold for uv: requirement lines, sources, settings, Pythons.
//!
//! Owns: how uv writes where a package comes from. Refuses: knowing what `pyproject.toml` holds.

use std::fmt::Write as _;

use super::settings::{self, Setting};
use super::splice::quoted;
use crate::adapters::python::{self, Asked, Local, Origin};
use crate::diagnostic::Diagnostic;
use crate::manifest::GitRefKind;
use crate::place::At;
use crate::requirement::{Requirement, Specifiers};
use crate::stack::Stack;

/// What the stack asks of the Python project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Demand {
    /// Requirement lines, by distribution.
    pub(super) lines: Vec<Asked>,
    /// Sources, by distribution: how each is written.
    pub(super) sources: Vec<(String, String)>,
    /// Components that come from the index by their name alone.
    pub(super) unsourced: Vec<String>,
    /// Settings that entries pass through.
    pub(super) settings: Vec<Setting>,
    /// What the components say about Python, joined.
    pub(super) python: Specifiers,
    /// Sources on this machine.
    pub(super) locals: Vec<Local>,
}

/// What a stack asks for; all that is wrong with it otherwise.
pub(super) fn of(stack: &Stack) -> Result<Demand, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let asked = python::demand::of(stack, &mut errors);
    let mut demand = Demand { locals: asked.locals(), ..Demand::default() };
    for (id, package) in &stack.packages {
        // what has no origin is among the errors
        if let (Some(origin), Ok(name)) =
            (asked.origins.get(id), Requirement::parse(python::distribution(package)))
        {
            let name = name.name.as_str().to_owned();
            match written(origin, &mut demand) {
                Some(source) => demand.sources.push((name, source)),
                None => demand.unsourced.push(name),
            }
        }
        if let Some(node) = &package.uv {
            match settings::of(node) {
                Ok(found) => settings::join(&mut demand.settings, found, node.place, &mut errors),
                Err(error) => errors.push(*error),
            }
        }
    }
    demand.sources.sort();
    if errors.is_empty() {
        Ok(Demand { lines: asked.lines, python: asked.python, ..demand })
    } else {
        Err(errors)
    }
}

/// How a source is written; `None`: the usual index.
fn written(origin: &Origin, demand: &mut Demand) -> Option<String> {
    Some(match origin {
        Origin::Index(index) => {
            format!("{{ index = {} }}", quoted(&named_index(index.as_ref()?, demand)))
        }
        Origin::Git { url, reference, subdirectory } => {
            let mut text = format!("{{ git = {}", quoted(url));
            if let Some((kind, value)) = reference {
                let key = match kind {
                    GitRefKind::Branch => "branch",
                    GitRefKind::Tag => "tag",
                    GitRefKind::Rev => "rev",
                };
                let _infallible = write!(text, ", {key} = {}", quoted(value));
            }
            if let Some(sub) = subdirectory {
                let _infallible = write!(text, ", subdirectory = {}", quoted(sub));
            }
            text.push_str(" }");
            text
        }
        Origin::Local(local) => {
            let path = quoted(&local.path);
            match local.editable {
                Some(editable) => format!("{{ path = {path}, editable = {editable} }}"),
                None => format!("{{ path = {path} }}"),
            }
        }
        Origin::Url(url) => format!("{{ url = {} }}", quoted(url)),
        Origin::Workspace => "{ workspace = true }".to_owned(),
    })
}

/// The name of an index: a URL gets one made from its host and path, and its definition with it.
fn named_index(index: &At<String>, demand: &mut Demand) -> String {
    let Some((_, rest)) = index.value.split_once("://") else { return index.value.clone() };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let mut name = String::new();
    for c in rest.trim_end_matches('/').chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches('-').to_owned();
    let setting = settings::index(&name, &index.value);
    if !demand.settings.contains(&setting) {
        demand.settings.push(setting);
    }
    name
}
