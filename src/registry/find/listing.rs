//! What registries hold, entry by entry, hidden ones included; and where an entry of one registry lies or would lie.
//!
//! Owns: going over all of them. Refuses: judging what is in the entries.

use std::path::PathBuf;

use super::names::{Folder, Names};
use super::{FOLDERS, Loaded, Registries, kind_of, slot, target_of};
use crate::diagnostic::{Diagnostic, Severity};
use crate::names::{Kind, Name, TargetId, kind_word};
use crate::place::Sources;

/// An entry of one registry by its name alone: little, so that a hundred thousand of them cost nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label<'r> {
    /// Its kind, or the kind of its options.
    pub kind: Kind,
    /// Whether it is a group.
    pub is_group: bool,
    /// Its name in the form in which it compares.
    pub compared: &'r str,
    /// Its name, as its file is called.
    pub name: &'r str,
    /// The number of its registry, from 0, in the order of the search.
    pub number: usize,
    /// The number of the earlier registry whose entry of this name wins.
    pub hidden_by: Option<usize>,
}

impl Label<'_> {
    /// Its id; `None`: its file is not called like an entry.
    pub fn target(&self) -> Option<TargetId> {
        Some(target_of(self.kind, self.is_group, &Name::parse(self.compared).ok()?))
    }

    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        kind_word(self.kind, self.is_group)
    }

    /// Its kind as a number, from 0, in the order in which entries are listed.
    pub fn slot(&self) -> u8 {
        slot(self.kind, self.is_group) as u8
    }
}

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
        self.labels().iter().filter_map(|label| self.of_label(label)).collect()
    }

    /// The names of all entries, in the same order.
    pub fn labels(&self) -> Vec<Label<'_>> {
        self.list_side_by_side();
        let folders = self.list.iter().flat_map(|registry| &registry.folders);
        let mut out = Vec::with_capacity(folders.map(|folder| folder.known().len()).sum());
        for slot in 0..FOLDERS.len() {
            self.each_of(slot, |folder| folder.listed(self.world), |label| out.push(label));
        }
        out
    }

    /// Lists the folders that are remembered.
    fn list_side_by_side(&self) {
        let folders = self.list.iter().flat_map(|registry| &registry.folders);
        let unlisted = folders.filter(|folder| folder.is_unlisted());
        std::thread::scope(|scope| {
            for folder in unlisted {
                scope.spawn(|| folder.listed(self.world));
            }
        });
    }

    /// The entries of one kind, by name, then in the order of the registries.
    pub(super) fn each_of<'r>(
        &'r self,
        slot: usize,
        names: impl Fn(&'r Folder) -> &'r Names,
        mut each: impl FnMut(Label<'r>),
    ) {
        let (_, kind, is_group) = FOLDERS[slot];
        if let [only] = self.list.as_slice() {
            let label =
                |(compared, name)| Label { kind, is_group, compared, name, number: 0, hidden_by: None };
            return names(&only.folders[slot]).each().map(label).for_each(each);
        }
        let mut all: Vec<(&str, usize, &str)> = Vec::new();
        for (number, registry) in self.list.iter().enumerate() {
            all.extend(
                names(&registry.folders[slot]).each().map(|(compared, name)| (compared, number, name)),
            );
        }
        all.sort_unstable();
        let mut first = ("", 0);
        for (compared, number, name) in all {
            if first.0 != compared {
                first = (compared, number);
            }
            let hidden_by = (first.1 != number).then_some(first.1);
            each(Label { kind, is_group, compared, name, number, hidden_by });
        }
    }

    /// The entry of that name, with all that there is to know of it without opening it.
    pub fn of_label(&self, label: &Label<'_>) -> Option<Listed> {
        let (target, name) = (label.target()?, Name::parse(label.name).ok()?);
        let path = self.path_of(label)?;
        let registry_of = |number: usize| Some(self.list.get(number)?.name.clone());
        let (number, hidden_by) = (label.number, label.hidden_by.and_then(registry_of));
        let (registry, shown) = (registry_of(number)?, self.shown(&path));
        Some(Listed { target, name, number, registry, path, shown, hidden_by })
    }

    /// The file of the entry of that name.
    pub fn path_of(&self, label: &Label<'_>) -> Option<PathBuf> {
        let folder = &self.list.get(label.number)?.folders[usize::from(label.slot())];
        Some(folder.file(&Name::parse(label.name).ok()?))
    }

    /// The file of the entry of that name, as it is shown.
    pub fn shown_file(&self, label: &Label<'_>) -> String {
        self.path_of(label).map(|path| self.shown(&path)).unwrap_or_default()
    }

    /// The name of a registry.
    pub fn registry_name(&self, number: usize) -> &str {
        self.list.get(number).map_or("", |registry| &registry.name)
    }

    /// The entries of a target, in the order of the registries: the first one is the visible one.
    pub fn listed_as(&self, target: &TargetId) -> Vec<Listed> {
        (0..self.list.len()).filter_map(|number| self.listed(number, target)).collect()
    }

    /// The entry of a target in one registry, if it has one.
    pub fn listed(&self, number: usize, target: &TargetId) -> Option<Listed> {
        let registry = self.list.get(number)?;
        let name = registry.stems(target, self.world).into_iter().next()?;
        let path = registry.file(target, &name);
        let first = self.first(target).filter(|first| *first < number);
        Some(Listed {
            target: target.clone(),
            name,
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
