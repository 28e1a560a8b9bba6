//! Reading an entry: one YAML file into its type, with all that is wrong about it.
//!
//! Owns: every key of an entry. Refuses: whether what it names exists (that is seen when everything is loaded).

mod container;
mod group;
pub(crate) mod layer;
mod package;
pub(crate) mod rules;
pub(crate) mod source;

use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Finding};
use crate::fields::{self, Fields, Found};
use crate::names::{Kind, Name};
use crate::place::{FileId, Sources};
use crate::registry::{Common, Deprecated, Entry, shapes};
use crate::yaml::{self, Limits, Node};

/// Where an entry was found, which decides what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFile {
    /// The file.
    pub file: FileId,
    /// The kind of the component, or of the group's options.
    pub kind: Kind,
    /// Whether it lies in a folder of groups.
    pub is_group: bool,
    /// The file's name without `.yaml`.
    pub stem: String,
    /// Name of the registry.
    pub registry: String,
    /// The directory that relative paths start at, relative to the project's root.
    pub root: PathBuf,
}

/// Reads an entry. There may be an entry and errors: then it must not be used, but whoever reports can go on.
pub fn entry(sources: &Sources, from: &EntryFile) -> (Option<Entry>, Vec<Diagnostic>) {
    let text = sources.get(from.file).map(|s| s.text.clone()).unwrap_or_default();
    let parsed = yaml::parse(from.file, &text, Limits::of_entry(from.is_group));
    let mut found = parsed.diagnostics;
    let entry = parsed.node.and_then(|node| from_node(&node, from, &mut found));
    found.sort_by_key(|d| d.place);
    (entry, found)
}

fn from_node(node: &Node, from: &EntryFile, found: &mut Found) -> Option<Entry> {
    match (from.is_group, from.kind) {
        (true, _) => group::read(node, from, found).map(|e| Entry::Group(Box::new(e))),
        (false, Kind::Package) => package::read(node, from, found).map(|e| Entry::Package(Box::new(e))),
        (false, Kind::Container) => container::read(node, from, found).map(|e| Entry::Container(Box::new(e))),
    }
}

/// What every entry may have.
fn common(fields: &mut Fields<'_>, from: &EntryFile, found: &mut Found) -> Option<Common> {
    let name = fields.required("name", found);
    let name = name.and_then(|node| fields::name(node, "`name`", found));
    if let Some(name) = &name
        && !same_name(name.value.as_str(), from)
    {
        let finding = Finding::NameMismatch { name: name.value.to_string(), stem: from.stem.clone() };
        found.push(Diagnostic::error(name.place, finding));
    }
    let common = Common {
        file: from.file,
        registry: from.registry.clone(),
        root: from.root.clone(),
        description: fields.text("description", found),
        owner: fields.text("owner", found),
        tags: fields.texts("tags", found),
        docs: fields.text("docs", found),
        deprecated: deprecated(fields, found),
        renamed_from: fields.names("renamed_from", found),
        name: name?,
    };
    Some(common)
}

/// Names of packages compare by PEP 503, so that `My_Package` may lie in `my-package.yaml`.
fn same_name(name: &str, from: &EntryFile) -> bool {
    if from.is_group || from.kind == Kind::Container {
        return name == from.stem;
    }
    match (Name::parse(name), Name::parse(&from.stem)) {
        (Ok(a), Ok(b)) => a.pep503() == b.pep503(),
        _ => false,
    }
}

/// `deprecated: {use: NAME, why: TEXT}`.
fn deprecated(fields: &mut Fields<'_>, found: &mut Found) -> Option<Deprecated> {
    let node = fields.get("deprecated")?;
    let mut inner = Fields::shaped(node, &shapes::DEPRECATION, found)?;
    let instead = inner.name("use", found);
    let why = inner.text("why", found);
    inner.finish(found);
    Some(Deprecated { place: node.place, instead, why })
}
