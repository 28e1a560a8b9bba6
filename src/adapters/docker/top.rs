//! The file's top-level parts: volumes, networks, secrets, configs.
//!
//! Owns: joining what entries define, declaring what only is named, and finding what nobody defines. Refuses: services.

use std::collections::{BTreeMap, BTreeSet};

use super::pass;
use crate::container::volume::{Source, VolumeSpec};
use crate::container::{Definition, Problem};
use crate::diagnostic::{Diagnostic, Finding, Severity};
use crate::place::{At, Place};
use crate::registry::ContainerOrigin;
use crate::yaml::{Node, Out, Value};

/// The order in which they are written; others (`x-…`) follow.
const ORDER: [&str; 4] = ["networks", "volumes", "secrets", "configs"];

/// Definitions by section and name.
#[derive(Default)]
pub(super) struct Top {
    sections: BTreeMap<String, BTreeMap<String, Defined>>,
    other: BTreeMap<String, (Out, Place)>,
}

struct Defined {
    out: Out,
    place: Place,
}

impl Top {
    /// Takes in what a definition brings for the whole file.
    pub(super) fn define(&mut self, definition: &Definition, found: &mut Vec<Diagnostic>) {
        for (section, node) in &definition.compose_project {
            if ORDER.contains(&section.value.as_str()) {
                let entries = self.sections.entry(section.value.clone()).or_default();
                for (key, value) in node.as_map().unwrap_or_default() {
                    let defined = Defined { out: pass::out(value), place: key.place };
                    join(entries, &section.value, &key.text, defined, found);
                }
            } else {
                self.define_other(section, node, found);
            }
        }
    }

    fn define_other(&mut self, key: &At<String>, node: &Node, found: &mut Vec<Diagnostic>) {
        let out = pass::out(node);
        match self.other.get(&key.value) {
            Some((held, place)) if *held != out => {
                found.push(two_definitions("the file's top level", &key.value, key.place, *place));
            }
            Some(_) => {}
            None => {
                self.other.insert(key.value.clone(), (out, key.place));
            }
        }
    }

    /// Declares the volumes and networks that a definition names and nobody defines, and reports secrets and configs
    /// that nobody does; those may also come from the user's own files, when there are any.
    pub(super) fn use_of(&mut self, definition: &Definition, own_files: bool, found: &mut Vec<Diagnostic>) {
        for (section, names) in [("volumes", volumes(definition)), ("networks", networks(definition))] {
            for name in names {
                let entries = self.sections.entry(section.to_owned()).or_default();
                entries.entry(name).or_insert(Defined { out: Out::Map(Vec::new()), place: definition.place });
            }
        }
        for section in ["secrets", "configs"] {
            for (name, place) in grants(definition, section) {
                if self.sections.get(section).is_some_and(|entries| entries.contains_key(&name)) {
                    continue;
                }
                let mut diagnostic =
                    Diagnostic::error(place, Finding::Container(Problem::Undefined { section, name }));
                if own_files {
                    diagnostic.severity = Severity::Warning;
                }
                found.push(diagnostic);
            }
        }
    }

    /// The parts as they are written, names sorted.
    pub(super) fn out(self) -> Vec<(String, Out)> {
        let mut sections = self.sections;
        let ordered = ORDER.iter().filter_map(|key| sections.remove_entry(*key)).collect::<Vec<_>>();
        let ordered = ordered.into_iter().filter(|(_, entries)| !entries.is_empty()).map(|(key, entries)| {
            (key, Out::Map(entries.into_iter().map(|(name, defined)| (name, defined.out)).collect()))
        });
        ordered.chain(self.other.into_iter().map(|(key, (out, _))| (key, out))).collect()
    }
}

/// Two equal definitions are one; an empty one says nothing that another could contradict.
fn join(
    entries: &mut BTreeMap<String, Defined>,
    section: &str,
    name: &str,
    new: Defined,
    found: &mut Vec<Diagnostic>,
) {
    let empty = |out: &Out| matches!(out, Out::Null) || *out == Out::Map(Vec::new());
    match entries.get_mut(name) {
        None => {
            entries.insert(name.to_owned(), new);
        }
        Some(held) if empty(&held.out) => *held = new,
        Some(held) if held.out == new.out || empty(&new.out) => {}
        Some(held) => found.push(two_definitions(section, name, new.place, held.place)),
    }
}

fn two_definitions(section: &str, name: &str, place: Place, first: Place) -> Diagnostic {
    let problem = Problem::TwoDefinitions { section: section.to_owned(), name: name.to_owned() };
    Diagnostic::error(place, Finding::Container(problem)).with(first, "the other definition")
}

fn volumes(definition: &Definition) -> BTreeSet<String> {
    let source = |line| VolumeSpec::of(line).ok().and_then(|spec| spec.source);
    let named = definition.volumes.iter().filter_map(source).filter_map(|source| match source {
        Source::Named(name) => Some(name),
        Source::Path(_) | Source::Open(_) => None,
    });
    named.collect()
}

fn networks(definition: &Definition) -> BTreeSet<String> {
    let mut names = match definition.compose.get("networks").map(|at| &at.value.value) {
        Some(Value::List(names)) => names.iter().filter_map(Node::as_str).map(str::to_owned).collect(),
        Some(Value::Map(pairs)) => pairs.iter().map(|(key, _)| key.text.clone()).collect(),
        _ => BTreeSet::new(),
    };
    // it is always there
    names.remove("default");
    names
}

/// The secrets or configs that a service or its build is given, in either form.
fn grants(definition: &Definition, section: &str) -> Vec<(String, Place)> {
    let build = match definition.origin.as_ref().map(|origin| &origin.value) {
        Some(ContainerOrigin::Build(build) | ContainerOrigin::Git { build, .. }) => {
            build.other.iter().find(|(key, _)| key.value == section).map(|(_, node)| node)
        }
        _ => None,
    };
    let lists = [definition.compose.get(section).map(|at| &at.value), build];
    let items = lists.into_iter().flatten().filter_map(Node::as_list).flatten();
    let named = items.filter_map(|item| {
        let source = item.as_str().or_else(|| item.get("source").and_then(Node::as_str))?;
        Some((source.to_owned(), item.place))
    });
    named.collect()
}
