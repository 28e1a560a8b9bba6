//! What registries hold, entry by entry, hidden ones included; and where an entry of one registry lies or would lie.
//!
//! Owns: going over all of them. Refuses: judging what is in the entries.

use std::path::PathBuf;

use super::{FOLDERS, Loaded, Registries, kind_of, slot, target_of};
use crate::diagnostic::{Diagnostic, Severity};
use crate::names::{Kind, Name, TargetId};
use crate::place::Sources;

/// An entry of one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub target: TargetId,
    /// Its name, as its file is called.
    pub name: Name,
    /// The number of its registry, from 0, in the order of the search.
    pub number: usize,
    /// The name of its registry.
    pub registry: String,
    /// Its file.
    pub path: PathBuf,
    /// Its file, as it is shown.
    pub shown: String,
    /// The earlier registry whose entry of this name wins.
    pub hidden_by: Option<String>,
}

impl Registries<'_> {
    /// All entries: by kind, then by name, then in the order of the registries. No file is opened.
    pub fn all(&self) -> Vec<Listed> {
        let mut out = Vec::new();
        for (slot, (_, kind, is_group)) in FOLDERS.into_iter().enumerate() {
            let mut of_kind: Vec<(&Name, usize)> = Vec::new();
            for (number, registry) in self.list.iter().enumerate() {
                of_kind.extend(registry.index[slot].keys().map(|name| (name, number)));
            }
            of_kind.sort();
            for (name, number) in of_kind {
                out.extend(self.listed(number, &target_of(kind, is_group, name)));
            }
        }
        out
    }

    /// The entries of a target, in the order of the registries: the first one is the visible one.
    pub fn listed_as(&self, target: &TargetId) -> Vec<Listed> {
        (0..self.list.len()).filter_map(|number| self.listed(number, target)).collect()
    }

    /// The entry of a target in one registry, if it has one.
    pub fn listed(&self, number: usize, target: &TargetId) -> Option<Listed> {
        let registry = self.list.get(number)?;
        let name = registry.stems(target).first()?;
        let path = registry.file(target, name);
        let first = self.first(target).filter(|first| *first < number);
        Some(Listed {
            target: target.clone(),
            name: name.clone(),
            number,
            registry: registry.name.clone(),
            shown: self.shown(&path),
            path,
            hidden_by: first.map(|first| self.list[first].name.clone()),
        })
    }

    /// Reads an entry, hidden or not. Each is opened once.
    pub fn load_listed(&mut self, listed: &Listed, sources: &mut Sources) -> Loaded {
        self.load_from(listed.number, &listed.target, sources)
    }

    /// How many registries there are.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// The number of the registry of that name.
    pub fn number_of(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|registry| registry.name == name)
    }

    /// The file of an entry that a registry does not have yet; `None`: there is no such registry.
    pub fn file_for(&self, number: usize, target: &TargetId, name: &Name) -> Option<PathBuf> {
        self.list.get(number).map(|registry| registry.file(target, name))
    }

    /// Whether a registry says itself where the paths of its entries start.
    pub fn has_root(&self, number: usize) -> bool {
        self.list.get(number).is_some_and(|registry| registry.facts.root.is_some())
    }

    /// The directory at which the relative paths of a registry's entries start.
    pub fn start_of(&self, number: usize) -> Option<PathBuf> {
        let registry = self.list.get(number)?;
        Some(super::normal(&self.root.join(registry.start(&self.root))))
    }

    /// A path as it is shown: from the project's root where it lies below it.
    pub fn shown_path(&self, path: &std::path::Path) -> String {
        self.shown(path)
    }
}

/// The first error of an entry, with its place in the file; and how many more there are.
pub(super) fn first_error(sources: &Sources, found: &[Diagnostic]) -> Option<String> {
    let mut errors = found.iter().filter(|d| d.severity == Severity::Error);
    let first = errors.next()?;
    let at = first.place.map(|place| {
        let at = sources.position(place);
        format!(" (line {}, column {})", at.line, at.column)
    });
    let more = errors.count();
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    Some(format!("{}{}{more}", first.finding, at.unwrap_or_default()))
}

/// The folder of a registry in which the entries of a target's kind lie.
pub fn folder_of(target: &TargetId) -> &'static str {
    let (kind, is_group) = kind_of(target);
    FOLDERS[slot(kind, is_group)].0
}

/// The target of that kind and name.
pub fn target(kind: Kind, is_group: bool, name: &Name) -> TargetId {
    target_of(kind, is_group, name)
}

/// The way from one directory to another, with `./` or `../` in front and `/` between.
pub fn way(from: &std::path::Path, to: &std::path::Path) -> String {
    let path = super::relative(&super::normal(to), from).to_string_lossy().replace('\\', "/");
    match path.as_str() {
        "" => ".".to_owned(),
        path if path == ".." || path.starts_with("../") => path.to_owned(),
        path => format!("./{path}"),
    }
}
