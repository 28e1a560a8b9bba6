//! From the stack to what the Python project has to hold for uv: requirement lines, sources, settings, Pythons.
//!
//! Owns: how uv writes where a package comes from. Refuses: knowing what `pyproject.toml` holds.

use std::fmt::Write as _;

use super::pyproject::same_name;
use super::settings::{self, Setting};
use super::splice::{dotted, quoted};
use super::trouble::Trouble;
use crate::adapters::python::{self, Asked, Local, Origin, general, wrong};
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::GitRefKind;
use crate::place::{At, Place};
use crate::requirement::{Requirement, Specifiers};
use crate::stack::Stack;

/// What the stack asks of the Python project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Demand {
    /// Requirement lines, by distribution.
    pub(super) lines: Vec<Asked>,
    /// Sources, by distribution.
    pub(super) sources: Vec<Source>,
    /// Components that come from the index by their name alone, and where that is said.
    pub(super) unsourced: Vec<(String, Place)>,
    /// Settings that entries pass through.
    pub(super) settings: Vec<Setting>,
    /// What the components say about Python, joined.
    pub(super) python: Specifiers,
    /// Sources on this machine.
    pub(super) locals: Vec<Local>,
}

/// Where a distribution comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// The distribution.
    pub(super) name: String,
    /// How it is written.
    pub(super) text: String,
    /// The index, where it is one.
    pub(super) index: Option<At<String>>,
    /// Where it is said.
    pub(super) place: Place,
}

impl Demand {
    /// The settings that uv would not read because of something beside `pyproject.toml`.
    pub(super) fn unread(&self, by: &str) -> Vec<Diagnostic> {
        let lost = self.settings.iter().filter(|setting| !settings::is_always_read(setting));
        let told = |setting: &Setting| {
            let path = dotted(&setting.path);
            wrong(setting.place, Trouble::Unread { path, by: by.to_owned() })
        };
        lost.map(told).collect()
    }

    /// Trouble with the file, at the place that asks for what the file has otherwise.
    pub(super) fn placed(&self, trouble: Trouble) -> Diagnostic {
        let place = match &trouble {
            Trouble::TakenSetting { path, .. } => {
                self.settings.iter().find(|s| dotted(&s.path) == *path).map(|s| s.place)
            }
            Trouble::TakenSource { name, .. } => {
                let sources = self.sources.iter().map(|s| (&s.name, s.place));
                let all = sources.chain(self.unsourced.iter().map(|(name, place)| (name, *place)));
                all.filter(|(own, _)| same_name(own, name)).map(|(_, place)| place).next()
            }
            _ => None,
        };
        match place {
            Some(place) => wrong(place, trouble),
            None => general(Severity::Error, trouble),
        }
    }
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
            let place = package.origin.place;
            let index = named_index(origin, &mut demand, &mut errors);
            match written(origin, index.as_ref()) {
                Some(text) => demand.sources.push(Source { name, text, index, place }),
                None => demand.unsourced.push((name, place)),
            }
        }
        if let Some(node) = &package.uv {
            match settings::of(node) {
                Ok(found) => settings::join(&mut demand.settings, found, &mut errors),
                Err(error) => errors.push(*error),
            }
        }
    }
    demand.sources.sort_by(|a, b| a.name.cmp(&b.name));
    if errors.is_empty() {
        Ok(Demand { lines: asked.lines, python: asked.python, ..demand })
    } else {
        Err(errors)
    }
}

/// How a source is written; `None`: the usual index.
fn written(origin: &Origin, index: Option<&At<String>>) -> Option<String> {
    Some(match origin {
        Origin::Index(_) => format!("{{ index = {} }}", quoted(&index?.value)),
        Origin::Git { url, reference, subdirectory, lfs } => {
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
            text.push_str(if *lfs { ", lfs = true }" } else { " }" });
            text
        }
        Origin::Local(local) => {
            let path = quoted(&local.path);
            match local.editable {
                _ if !local.is_package => format!("{{ path = {path}, package = false }}"),
                Some(editable) => format!("{{ path = {path}, editable = {editable} }}"),
                None => format!("{{ path = {path} }}"),
            }
        }
        Origin::Url { url, subdirectory: Some(sub) } => {
            format!("{{ url = {}, subdirectory = {} }}", quoted(url), quoted(sub))
        }
        Origin::Url { url, subdirectory: None } => format!("{{ url = {} }}", quoted(url)),
        Origin::Workspace => "{ workspace = true }".to_owned(),
    })
}

/// The name of an index: a URL gets one made from its host and path, and its definition with it.
fn named_index(origin: &Origin, demand: &mut Demand, errors: &mut Vec<Diagnostic>) -> Option<At<String>> {
    let Origin::Index(Some(index)) = origin else { return None };
    let Some((_, rest)) = index.value.split_once("://") else { return Some(index.clone()) };
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
    let setting = settings::index(&name, &index.value, index.place);
    settings::join(&mut demand.settings, vec![setting], errors);
    Some(At::new(name, index.place))
}
