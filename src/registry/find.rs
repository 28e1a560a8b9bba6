//! Finding entries: which registry has a name, from listings of directories; an entry's file is opened when asked for.
//!
//! Owns: the order of registries, the index of names, what was opened. Refuses: reading what nobody asked for.

mod digest;
mod glances;
mod heirs;
mod index;
mod listing;
mod names;
mod table;

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::adapters::git::registries;
use crate::diagnostic::{Diagnostic, Finding, Wiring, any_error};
use crate::names::{GroupId, Kind, Name, TargetId, nearest};
use crate::place::{Place, Sources};
use crate::registry::{Entry, EntryFile, Facts, entry, facts};
use crate::version::Version;
use crate::world::{FileKind, World, cache_dir};
use crate::yaml::{self, Limits};

pub use glances::Memory;
pub(crate) use heirs::follow;
pub use heirs::{Fate, fate_of_option};
pub use listing::{Label, Listed, folder_of, target, way};

use names::Folder;

/// A registry's directory, as the manifest or the environment names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryDir {
    /// Its name, where the list gives one.
    pub name: Option<Name>,
    /// The directory; a relative one starts at the project's root.
    pub path: PathBuf,
    /// Where it is named, if in a file.
    pub place: Option<Place>,
}

/// One that nothing but its path is known of.
impl From<&Path> for RegistryDir {
    fn from(path: &Path) -> Self {
        Self { name: None, path: path.to_owned(), place: None }
    }
}

/// Where an entry lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Name of the registry.
    pub registry: String,
    /// The file.
    pub path: PathBuf,
}

/// What may have been meant by a name that no registry has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nearest {
    /// The name of the same kind that is most like it.
    pub name: Option<Name>,
    /// The same name in another kind.
    pub other_kind: Option<TargetId>,
    /// The entry of the same kind that was once called so.
    pub renamed: Option<Name>,
}

/// The ordered registries of a project. The first that has a name wins.
pub struct Registries<'w> {
    world: &'w dyn World,
    root: PathBuf,
    list: Vec<Registry>,
    memo: HashMap<(usize, TargetId), Loaded>,
    /// What could be read of entries with errors.
    legible: HashMap<TargetId, Arc<Entry>>,
    opened: usize,
    warnings: Vec<Diagnostic>,
}

type Loaded = Result<Option<Arc<Entry>>, Vec<Diagnostic>>;

/// An entry as far as it can be read, with what is wrong with it.
type Legible = Result<Option<(Option<Entry>, Vec<Diagnostic>)>, Vec<Diagnostic>>;

struct Registry {
    name: String,
    dir: PathBuf,
    facts: Facts,
    folders: [Folder; 4],
}

/// The folders of a registry, in the order of the index.
const FOLDERS: [(&str, Kind, bool); 4] = [
    ("packages", Kind::Package, false),
    ("containers", Kind::Container, false),
    ("package_groups", Kind::Package, true),
    ("container_groups", Kind::Container, true),
];

/// Folders of an earlier layout, the ones that took their place, and how to say that.
const OLD_FOLDERS: [(&str, &str, &str); 5] = [
    ("libraries", "packages", "`packages/`"),
    ("library_groups", "package_groups", "`package_groups/`"),
    ("services", "containers", "`containers/`"),
    ("service_groups", "container_groups", "`container_groups/`"),
    ("groups", "package_groups", "`package_groups/` or `container_groups/`"),
];

impl<'w> Registries<'w> {
    /// Lists the directories and reads each `registry.yaml`; no entry is opened.
    pub fn open(
        dirs: &[RegistryDir],
        root: &Path,
        world: &'w dyn World,
        sources: &mut Sources,
    ) -> (Self, Vec<Diagnostic>) {
        let mut out = Self {
            world,
            root: root.to_owned(),
            list: Vec::new(),
            memo: HashMap::new(),
            legible: HashMap::new(),
            opened: 0,
            warnings: Vec::new(),
        };
        let mut diagnostics = Vec::new();
        for dir in dirs {
            let opened = out.open_one(dir, sources, &mut diagnostics);
            out.list.extend(opened);
        }
        (out, diagnostics)
    }

    fn open_one(
        &self,
        dir: &RegistryDir,
        sources: &mut Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Registry> {
        let path = normal(&self.root.join(&dir.path));
        let at = |finding| Diagnostic { place: dir.place, ..Diagnostic::missing(finding) };
        match self.world.list(&path) {
            Ok(folders) => diagnostics.extend(self.old_folders(&path, &folders).into_iter().map(at)),
            Err(error) => {
                let why = system_words(&error);
                diagnostics.push(at(Finding::RegistryUnreadable { path: self.shown(&path), why }));
                return None;
            }
        }
        let facts = self.facts(&path, dir.name.as_ref(), sources, diagnostics);
        let of_git = registries::name_of(&path);
        if let (Some(start), Some(_)) = (&facts.root, &of_git) {
            diagnostics.push(Diagnostic::warning(start.place, Finding::Wiring(Wiring::RootOfGit)));
        }
        let folder = of_git.or_else(|| path.file_name().map(|n| n.to_string_lossy().into_owned()));
        let name = dir.name.as_ref().or(facts.name.as_ref().map(|n| &n.value)).map(Name::to_string);
        let cache = cache_dir(self.world).zip(self.world.canonical(&path).ok());
        let folders = FOLDERS.map(|(folder, kind, is_group)| {
            let memory = cache.as_ref().map(|(cache, dir)| index::place(cache, &dir.join(folder), ".names"));
            let path = path.join(folder);
            let opened = Folder::open(path.clone(), (kind, is_group), memory.as_deref(), self.world);
            opened.unwrap_or_else(|error| {
                let (shown, why) = (self.shown(&path), system_words(&error));
                diagnostics.push(Diagnostic::missing(Finding::RegistryUnreadable { path: shown, why }));
                Folder::none(path)
            })
        });
        Some(Registry { name: name.or(folder).unwrap_or_default(), dir: path, facts, folders })
    }

    /// Folders of an earlier layout that hold entries. One whose name somebody uses for something else, beside the folder
    /// of today, is left alone.
    fn old_folders(&self, dir: &Path, there: &[(String, FileKind)]) -> Vec<Finding> {
        let is_there = |folder: &str| there.iter().any(|(name, _)| name == folder);
        let holds_entries = |folder: &str| {
            let files = self.world.list(&dir.join(folder)).unwrap_or_default();
            files.iter().any(|(file, kind)| *kind == FileKind::File && file.strip_suffix(".yaml").is_some())
        };
        let is_old =
            |(old, today, _): &&(&str, &str, &str)| is_there(old) && !is_there(today) && holds_entries(old);
        let finding = |(old, _, new): &(&str, &str, &'static str)| Finding::OldFolder {
            path: self.shown(&dir.join(old)),
            new,
        };
        OLD_FOLDERS.iter().filter(is_old).map(finding).collect()
    }

    fn facts(
        &self,
        dir: &Path,
        name: Option<&Name>,
        sources: &mut Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Facts {
        let path = dir.join("registry.yaml");
        if !matches!(self.world.stat(&path), Ok(Some(_))) {
            return Facts::default();
        }
        // it is not listed yet, so its name is what is known of it so far
        let shown = registries::shown(&path, name.map(Name::as_str)).unwrap_or_else(|| self.shown(&path));
        let file = match self.take_as(&path, shown, Limits::ENTRY, sources) {
            Ok(file) => file,
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                return Facts::default();
            }
        };
        let (facts, found) = facts(sources, file);
        diagnostics.extend(found);
        let have = env!("CARGO_PKG_VERSION");
        if let Some(needed) = &facts.requires_hsm
            && !needed.value.allows(&Version::parse(have))
        {
            let finding = Finding::HsmTooOld { needed: needed.value.to_string(), have: have.to_owned() };
            diagnostics.push(Diagnostic::error(needed.place, finding));
        }
        facts
    }

    /// Whether some registry has the name. No file is opened.
    pub fn contains(&self, target: &TargetId) -> bool {
        self.find(target).is_some()
    }

    /// The first registry that has the name, and the entry's file. No file is opened.
    pub fn find(&self, target: &TargetId) -> Option<Found> {
        let registry = &self.list[self.first(target)?];
        let stem = registry.stems(target, self.world).into_iter().next()?;
        Some(Found { registry: registry.name.clone(), path: registry.file(target, &stem) })
    }

    /// Reads the entry of that name; the first registry that has it wins. Each entry is opened once.
    pub fn load(&mut self, target: &TargetId, sources: &mut Sources) -> Loaded {
        match self.first(target) {
            Some(number) => self.load_from(number, target, sources),
            None => Ok(None),
        }
    }

    /// Reads the entry of one registry, for `REGISTRY/NAME`.
    pub fn load_in(&mut self, registry: &str, target: &TargetId, sources: &mut Sources) -> Loaded {
        match self.list.iter().position(|r| r.name == registry) {
            Some(number) => self.load_from(number, target, sources),
            None => Ok(None),
        }
    }

    /// What could be read of an entry with errors: not to be used, but what it names can be looked at in the same run.
    pub fn legible(&self, target: &TargetId) -> Option<Arc<Entry>> {
        self.legible.get(target).cloned()
    }

    fn load_from(&mut self, number: usize, target: &TargetId, sources: &mut Sources) -> Loaded {
        let key = (number, target.clone());
        if let Some(loaded) = self.memo.get(&key) {
            return loaded.clone();
        }
        let loaded = self.read(number, target, sources);
        self.memo.insert(key, loaded.clone());
        loaded
    }

    fn read(&mut self, number: usize, target: &TargetId, sources: &mut Sources) -> Loaded {
        self.opened += usize::from(self.list[number].stems(target, self.world).len() == 1);
        let Some((entry, found)) = self.entry_of(number, target, sources)? else { return Ok(None) };
        match entry {
            Some(entry) if !any_error(&found) => {
                self.warnings.extend(found);
                Ok(Some(Arc::new(entry)))
            }
            entry => {
                self.legible.extend(entry.map(|entry| (target.clone(), Arc::new(entry))));
                Err(found)
            }
        }
    }

    /// What an entry's file says, with everything that is wrong with it; nothing is kept of it.
    fn entry_of(&self, number: usize, target: &TargetId, sources: &mut Sources) -> Legible {
        let registry = &self.list[number];
        let stems = registry.stems(target, self.world);
        let stem = match stems.as_slice() {
            [] => return Ok(None),
            [stem] => stem,
            [first, second, ..] => {
                let finding = Finding::TwoFiles {
                    first: self.shown(&registry.file(target, first)),
                    second: self.shown(&registry.file(target, second)),
                };
                return Err(vec![Diagnostic::missing(finding)]);
            }
        };
        let path = registry.file(target, stem);
        let (kind, is_group) = kind_of(target);
        let stem = stem.to_string();
        let (name, start) = (registry.name.clone(), registry.start(&self.root));
        let file = self.take(&path, Limits::of_entry(is_group), sources).map_err(|d| vec![*d])?;
        let from = EntryFile { file, kind, is_group, stem, registry: name, root: start };
        Ok(Some(entry(sources, &from)))
    }

    /// Reads a file into the sources, if it is not too large.
    fn take(
        &self,
        path: &Path,
        limits: Limits,
        sources: &mut Sources,
    ) -> Result<crate::place::FileId, Box<Diagnostic>> {
        self.take_as(path, self.shown(path), limits, sources)
    }

    fn take_as(
        &self,
        path: &Path,
        shown: String,
        limits: Limits,
        sources: &mut Sources,
    ) -> Result<crate::place::FileId, Box<Diagnostic>> {
        let unreadable = |error: &io::Error| {
            let finding = Finding::Unreadable { path: shown.clone(), why: system_words(error) };
            Box::new(Diagnostic::missing(finding))
        };
        let bytes = self.world.read_regular(path, limits.bytes).map_err(|e| unreadable(&e))?;
        yaml::take(sources, shown, &bytes, limits).map_err(Box::new)
    }

    /// All names of a kind that can be seen, sorted. No file is opened.
    pub fn names(&self, kind: Kind, is_group: bool) -> Vec<Name> {
        let (slot, mut out) = (slot(kind, is_group), Vec::new());
        let mut add = |label: Label<'_>| {
            out.extend(Name::parse(label.name).ok().filter(|_| label.hidden_by.is_none()));
        };
        self.each_of(slot, |folder| folder.listed(self.world), &mut add);
        out
    }

    /// What is most like a target that is not there: a name of the same kind, else the same name in another kind. No
    /// file is opened.
    pub fn alike(&self, target: &TargetId) -> Option<TargetId> {
        let (kind, is_group) = kind_of(target);
        let names = self.names(kind, is_group);
        let near = nearest(target.name().as_str(), names.iter().map(Name::as_str));
        let near = near.and_then(|name| Name::parse(name).ok()).map(|name| target_of(kind, is_group, &name));
        near.or_else(|| self.other_kind(target))
    }

    /// The same name in another kind.
    fn other_kind(&self, target: &TargetId) -> Option<TargetId> {
        FOLDERS.iter().find_map(|&(_, kind, is_group)| {
            let id = target_of(kind, is_group, target.name());
            (id != *target && self.contains(&id)).then_some(id)
        })
    }

    /// What may have been meant by a name that is not there. Entries that may have had that name are opened.
    pub fn nearest(&mut self, target: &TargetId, sources: &mut Sources) -> Nearest {
        let (kind, is_group) = kind_of(target);
        let names = self.names(kind, is_group);
        let wanted = target.name();
        let near = nearest(wanted.as_str(), names.iter().map(Name::as_str)).map(str::to_owned);
        let other_kind = self.other_kind(target);
        let renamed = self.renamed(target, &names, sources);
        Nearest { name: near.and_then(|n| Name::parse(&n).ok()), other_kind, renamed }
    }

    /// The diagnostic for a name that is not there.
    pub fn unknown(&mut self, target: &TargetId, place: Place, sources: &mut Sources) -> Diagnostic {
        let (kind, is_group) = kind_of(target);
        if let Some(path) = self.other_ending(target) {
            return Diagnostic::error(place, Finding::OtherEnding { path });
        }
        let nearest = self.nearest(target, sources);
        let kind = match (kind, is_group) {
            (Kind::Package, false) => "package",
            (Kind::Container, false) => "container",
            (Kind::Package, true) => "package group",
            (Kind::Container, true) => "container group",
        };
        let finding = Finding::UnknownName {
            kind,
            name: as_written(target, place, sources),
            nearest: nearest.name.map(|n| n.to_string()),
            other_kind: nearest.other_kind,
            renamed: nearest.renamed.map(|n| n.to_string()),
        };
        Diagnostic::error(place, finding)
    }

    /// A file of that name that ends in `.yml`, and so is no entry.
    fn other_ending(&self, target: &TargetId) -> Option<String> {
        let (kind, is_group) = kind_of(target);
        let file = format!("{}.yml", target.name());
        let paths = self.list.iter().map(|r| r.dir.join(FOLDERS[slot(kind, is_group)].0).join(&file));
        let there = |path: &PathBuf| matches!(self.world.stat(path), Ok(Some(_)));
        paths.into_iter().find(there).map(|path| self.shown(&path))
    }

    /// The entry that lists the name under `renamed_from`. Only a name that is nowhere is worth looking into all files.
    fn renamed(&mut self, target: &TargetId, names: &[Name], sources: &mut Sources) -> Option<Name> {
        let (kind, is_group) = kind_of(target);
        let wanted = target.name();
        for name in names {
            if self.interrupted() {
                return None;
            }
            let candidate = target_of(kind, is_group, name);
            let Some(found) = self.find(&candidate) else { continue };
            let Ok(bytes) = self.world.read_regular(&found.path, Limits::of_entry(is_group).bytes) else {
                continue;
            };
            let holds = |needle: &str| String::from_utf8_lossy(&bytes).contains(needle);
            if !holds("renamed_from") {
                continue;
            }
            let Ok(Some(entry)) = self.load(&candidate, sources) else { continue };
            let same = |old: &Name| target_of(kind, is_group, old) == target_of(kind, is_group, wanted);
            if entry.common().renamed_from.iter().any(|old| same(&old.value)) {
                return Some(entry.common().name.value.clone());
            }
        }
        None
    }

    /// Entries that hide one of the same name in a later registry: the target, the registry that wins, the one hidden.
    pub fn hidden(&self) -> Vec<(TargetId, &str, &str)> {
        let mut out = Vec::new();
        if self.list.len() < 2 {
            return out;
        }
        for slot in 0..FOLDERS.len() {
            let mut of_kind = Vec::new();
            self.each_of(slot, Folder::known, |label| {
                of_kind.extend(label.hidden_by.map(|winner| (label.number, winner, label)));
            });
            of_kind.sort_by_key(|(number, ..)| *number);
            out.extend(of_kind.into_iter().filter_map(|(number, winner, label)| {
                Some((label.target()?, self.registry_name(winner), self.registry_name(number)))
            }));
        }
        out
    }

    /// Names and directories of the registries, in order.
    pub fn dirs(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.list.iter().map(|r| (r.name.as_str(), r.dir.as_path()))
    }

    /// Whether the user asked to stop: then no more files are worth reading.
    pub fn interrupted(&self) -> bool {
        self.world.interrupted()
    }

    /// How many entry files were opened.
    pub fn opened(&self) -> usize {
        self.opened
    }

    /// Warnings about the entries that were read.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    fn first(&self, target: &TargetId) -> Option<usize> {
        self.list.iter().position(|registry| !registry.stems(target, self.world).is_empty())
    }

    /// A path as it is shown: from the project's root where it lies below it, with `/`; what is in a git repository, with
    /// the name and the commit of its registry.
    fn shown(&self, path: &Path) -> String {
        let registry = self.list.iter().find(|registry| path.starts_with(&registry.dir));
        if let Some(shown) = registries::shown(path, registry.map(|registry| registry.name.as_str())) {
            return shown;
        }
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.to_string_lossy().replace('\\', "/")
    }
}

impl Registry {
    /// How the file of a target is spelt, or the files, if there are several.
    fn stems(&self, target: &TargetId, world: &dyn World) -> Vec<Name> {
        let (kind, is_group) = kind_of(target);
        self.folders[slot(kind, is_group)].spellings(target.name(), world)
    }

    fn file(&self, target: &TargetId, stem: &Name) -> PathBuf {
        let (kind, is_group) = kind_of(target);
        self.folders[slot(kind, is_group)].file(stem)
    }

    /// Where the entries' relative paths start, from the project's root.
    fn start(&self, root: &Path) -> PathBuf {
        match &self.facts.root {
            // what is read out of a repository lies nowhere that a path could lead to
            Some(_) if registries::name_of(&self.dir).is_some() => PathBuf::new(),
            Some(start) => relative(&normal(&self.dir.join(&start.value)), root),
            None => PathBuf::new(),
        }
    }
}

fn slot(kind: Kind, is_group: bool) -> usize {
    usize::from(kind == Kind::Container) + 2 * usize::from(is_group)
}

fn kind_of(target: &TargetId) -> (Kind, bool) {
    match target {
        TargetId::Component(id) => (id.kind(), false),
        TargetId::Group(id) => (id.kind, true),
    }
}

/// The name as it stands at its place; names of packages are normalized everywhere else.
fn as_written(target: &TargetId, place: Place, sources: &Sources) -> String {
    let text = sources.get(place.file).and_then(|s| s.text.get(place.start as usize..place.end as usize));
    let (kind, is_group) = kind_of(target);
    let written = text.map(|t| t.trim_matches(['"', '\'']).rsplit(':').next().unwrap_or_default());
    let name = written.and_then(|t| Name::parse(t).ok());
    let same = name.filter(|name| target_of(kind, is_group, name) == *target);
    same.unwrap_or_else(|| target.name().clone()).to_string()
}

fn target_of(kind: Kind, is_group: bool, name: &Name) -> TargetId {
    if is_group {
        TargetId::Group(GroupId::new(kind, name))
    } else {
        TargetId::Component(crate::names::ComponentId::new(kind, name))
    }
}

fn system_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or directory, or a link leads nowhere".to_owned(),
        _ => error.to_string(),
    }
}

/// Without `.` and, as far as it goes, `..`; links are not looked at.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    out.push("..");
                }
            }
            other => out.push(other),
        }
    }
    out
}

/// The way from one directory to another.
fn relative(to: &Path, from: &Path) -> PathBuf {
    let from = normal(from);
    let shared = to.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let mut out: PathBuf = from.components().skip(shared).map(|_| Component::ParentDir).collect();
    out.extend(to.components().skip(shared));
    out
}
