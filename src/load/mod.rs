//! Load: everything that is read is read here, before any thinking.
//!
//! Owns: finding the manifest, the registries and the lock; reading the entries that can be reached, and no others;
//! one report of everything that is wrong with them. Refuses: choosing.

mod check;
mod extends;
mod python;
mod registries;
mod remote;
mod shelf;
mod walk;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::container::own::{self, OwnService};
use crate::diagnostic::{Diagnostic, Finding, Wiring, any_error};
use crate::lock::{self, Lock, LockedComponent, LockedRegistry};
use crate::manifest::overlay::Overlay;
use crate::manifest::{self, Item, Manifest, Mode, RegistryRef, RegistrySource};
use crate::names::{ComponentId, GroupId, Kind, TargetId};
use crate::place::{FileId, Place, Sources};
use crate::pyproject::{self, Checkout, Project};
use crate::registry::layer::Layer;
use crate::registry::{Entry, Group, Registries};
use crate::world::World;
use crate::yaml::{self, Limits};

pub use registries::{GitRegistry, git_registries};
pub use remote::Remote;
pub use shelf::{Shelf, check_entry, shelf, shelf_at, shelf_of, usual_place};
pub use whole::{trial, whole};

/// What the command line changes about reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadOptions {
    /// `--require-mode`: the preferred mode is a demand on everything that runs here.
    pub require_mode: bool,
    /// `--upgrade`: whose locked releases are no longer preferred.
    pub upgrade: Upgrade,
    /// `--upgrade-group`: groups whose locked options are no longer preferred.
    pub upgrade_groups: BTreeSet<GroupId>,
    /// The manifest's text to be, instead of what is in the file: an edit is tried out before it is written.
    pub manifest: Option<Arc<str>>,
    /// Values laid over the manifest's for this command, the last on top.
    pub overlays: Vec<Overlay>,
    /// Packages of which what the user wrote into `pyproject.toml` is to be hsm's: it says nothing any more.
    pub adopt: BTreeSet<ComponentId>,
    /// Commits of registries in git repositories that are used whatever the lock holds.
    pub pins: Vec<LockedRegistry>,
}

/// Whose locked releases may move.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Upgrade {
    /// Nobody's.
    #[default]
    None,
    /// Those of these components, by name.
    Names(BTreeSet<String>),
    /// All.
    All,
}

/// Everything that was read, as far as it is needed to decide.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The project's directory.
    pub root: PathBuf,
    /// The texts of all files that were read.
    pub sources: Sources,
    /// `hsm.yaml`.
    pub manifest: Manifest,
    /// The entries that can be reached, groups with the options of those they extend.
    pub entries: BTreeMap<TargetId, Arc<Entry>>,
    /// The files of each entry: its own, and for a group those of the groups that it extends.
    pub files: BTreeMap<TargetId, Vec<FileId>>,
    /// Groups that are only named in conflicts: their options matter, they can't take part.
    pub bystanders: BTreeMap<GroupId, Group>,
    /// What can be reached, but has no entry that can be read.
    pub absent: BTreeMap<TargetId, Absence>,
    /// What the names in `depends_on` stand for.
    pub depends: BTreeMap<String, TargetId>,
    /// What the user wrote into `pyproject.toml`.
    pub python: Project,
    /// What the checkouts that can be reached say of themselves, by their paths from the project's root.
    pub checkouts: BTreeMap<String, Checkout>,
    /// `hsm.lock`, if there is one, without what is to be upgraded.
    pub lock: Option<Lock>,
    /// The services of the user's own Compose files: what they hold, nobody else can.
    pub own_services: Vec<OwnService>,
    /// The registries in git repositories, with the commits that were read.
    pub pins: Vec<LockedRegistry>,
    /// Worth telling the user.
    pub warnings: Vec<Diagnostic>,
    /// How it was read.
    pub options: LoadOptions,
    /// How many entry files were opened.
    pub opened: usize,
    /// The groups that can be reached and share their name with one of the other kind, whether that is reached or not.
    pub twins: BTreeSet<GroupId>,
    listed: BTreeMap<ComponentId, Vec<Item>>,
}

/// An entry that can be reached but not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Why.
    pub reason: AbsenceReason,
    /// The broken place in the entry, or the place that first asks for it.
    pub place: Place,
}

/// Why an entry cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbsenceReason {
    /// No registry has it.
    NotFound,
    /// It is there, but has errors.
    Broken,
}

/// What is wrong with the inputs: all of it, with the texts to show it in.
#[derive(Debug, Clone)]
pub struct Report {
    /// The texts of all files that were read.
    pub sources: Sources,
    /// What is wrong, in order of file and place.
    pub diagnostics: Vec<Diagnostic>,
}

/// The manifest's name, in the project's root.
pub const MANIFEST: &str = "hsm.yaml";

/// The directory that holds the registry when nothing else is said.
const REGISTRY: &str = "hsm-registry";

/// The variable that names the one registry to use, whatever the manifest says.
const REGISTRY_VARIABLE: &str = "HSM_REGISTRY_PATH";

/// Reads what is needed to decide: the manifest, the entries that can be reached from it, and the lock.
///
/// # Errors
/// Everything that is wrong with any of the files, in one report; an empty one when the user asked to stop meanwhile
/// (the world knows).
pub fn load(root: &Path, world: &dyn World, options: &LoadOptions) -> Result<Inputs, Report> {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let inputs = read(root, world, options, &mut sources, &mut diagnostics);
    if world.interrupted() {
        // what was read is not all there is, and what was found in it may not be so
        return Err(Report { sources, diagnostics: Vec::new() });
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.place.map(|place| (place.file, place.start)));
    match inputs {
        Some(inputs) if !any_error(&diagnostics) => Ok(Inputs { sources, warnings: diagnostics, ..inputs }),
        _ => Err(Report { sources, diagnostics }),
    }
}

/// The manifest and the registries, without any entry: for commands that look for names.
pub struct Opened<'w> {
    /// The texts of all files that were read.
    pub sources: Sources,
    /// `hsm.yaml`.
    pub manifest: Manifest,
    /// The registries, listed.
    pub registries: Registries<'w>,
}

impl Opened<'_> {
    /// What the registries say of a group, with what it has from those that it extends; `None`: no registry has it.
    ///
    /// # Errors
    /// Everything that is wrong with the entries.
    pub fn group(&mut self, id: &GroupId) -> Result<Option<Group>, Vec<Diagnostic>> {
        group(id, &mut self.registries, &mut self.sources)
    }

    /// What is said about a component or group: its description; for a group also what may be chosen.
    pub fn about(&mut self, target: &TargetId) -> String {
        let Ok(Some(entry)) = self.registries.load(target, &mut self.sources) else { return String::new() };
        let common = entry.common();
        let about = common.description.as_ref().map(|text| text.value.clone());
        let group = match entry.as_ref() {
            Entry::Package(package) => return package.rules.beside(about.as_deref()),
            Entry::Container(container) => return container.rules.beside(about.as_deref()),
            Entry::Group(group) => group,
        };
        let about = about.or_else(|| group.comment.as_ref().map(|comment| comment.value.clone()));
        let options: Vec<&str> = group.options.iter().map(|option| option.name.value.as_str()).collect();
        let of = if group.strategy.value == manifest::Strategy::One { "one of" } else { "some of" };
        let options = format!("{of} {}", options.join(", "));
        about.map_or(options.clone(), |about| format!("{} ({options})", about.trim()))
    }
}

/// A group with what it has from those that it extends.
fn group(
    id: &GroupId,
    registries: &mut Registries<'_>,
    sources: &mut Sources,
) -> Result<Option<Group>, Vec<Diagnostic>> {
    match registries.load(&TargetId::Group(id.clone()), sources)?.as_deref() {
        Some(Entry::Group(group)) => extends::extended(group, registries, sources, &mut Vec::new()).map(Some),
        _ => Ok(None),
    }
}

/// Reads the manifest and lists the registries; no entry is opened. `pins`: commits of registries in git repositories
/// that are used whatever the lock holds.
///
/// # Errors
/// Everything that is wrong with them.
pub fn open<'w>(root: &Path, world: &'w dyn World, pins: &[LockedRegistry]) -> Result<Opened<'w>, Report> {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let options = LoadOptions::default();
    let manifest = read_manifest(root, world, &options, &mut sources, &mut diagnostics);
    let Some(manifest) = manifest else { return Err(Report { sources, diagnostics }) };
    let lock = pinning(root, world, Some(&manifest), &mut sources, &mut diagnostics);
    let held = held(pins, lock.as_ref());
    let named = registries::named(root, world, Some(&manifest), &held, &mut sources, &mut diagnostics);
    if named.incomplete || !is_enough(&named, &manifest, &mut diagnostics) {
        return Err(Report { sources, diagnostics });
    }
    let (registries, found) = Registries::open(&named.dirs, root, world, &mut sources);
    diagnostics.extend(found);
    if any_error(&diagnostics) {
        return Err(Report { sources, diagnostics });
    }
    Ok(Opened { sources, manifest, registries })
}

/// Reads as far as there is something to read; the caller looks at the diagnostics.
fn read(
    root: &Path,
    world: &dyn World,
    options: &LoadOptions,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Inputs> {
    let lock = read_lock(root, world, options, sources, diagnostics);
    let manifest = read_manifest(root, world, options, sources, diagnostics)?;
    let held = held(&options.pins, lock.as_ref());
    let named = registries::named(root, world, Some(&manifest), &held, sources, diagnostics);
    if named.incomplete || !is_enough(&named, &manifest, diagnostics) {
        return None;
    }
    let (mut registries, found) = Registries::open(&named.dirs, root, world, sources);
    // Without a registry every name is unknown; saying so once is enough.
    let blind = any_error(&found);
    diagnostics.extend(found);
    if blind {
        return None;
    }
    let reached = walk::walk(&manifest, &mut registries, sources);
    let bare = whole::bare(root, manifest, reached, &mut registries, sources, diagnostics)?;
    diagnostics.extend(registries.warnings().iter().cloned());
    let pins = named.pins(registries.dirs());
    let (manifest, entries) = (&bare.manifest, &bare.entries);
    let own_services = own_services(root, world, manifest, sources, diagnostics);
    let mut python = python::project(root, world, entries, sources, diagnostics);
    let list =
        pyproject::List::of(manifest.dependencies.into_group.as_ref().map(|group| group.value.as_str()));
    python.overridden.extend(python::overridden(entries));
    python.hand_over(&list, &python::distributions(&options.adopt, entries));
    let checkouts = python::checkouts(root, world, entries, sources);
    Some(Inputs { python, checkouts, lock, own_services, pins, options: options.clone(), ..bare })
}

fn read_manifest(
    root: &Path,
    world: &dyn World,
    options: &LoadOptions,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Manifest> {
    let bytes = match &options.manifest {
        Some(text) => Ok(text.as_bytes().to_vec()),
        None => world.read_regular(&root.join(MANIFEST), Limits::MANIFEST.bytes),
    };
    let file = match bytes {
        Ok(bytes) => yaml::take(sources, MANIFEST, &bytes, Limits::MANIFEST),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let wiring = Wiring::NoManifest(root.display().to_string());
            Err(Diagnostic::missing(Finding::Wiring(wiring)))
        }
        Err(error) => Err(unreadable(MANIFEST, &error)),
    };
    let file = file.map_err(|diagnostic| diagnostics.push(diagnostic)).ok()?;
    let mut overlays = Vec::with_capacity(options.overlays.len());
    for overlay in &options.overlays {
        match yaml::take(sources, overlay.shown.clone(), overlay.text.as_bytes(), Limits::MANIFEST) {
            Ok(file) => overlays.push(file),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let (manifest, found) = manifest::read_with(sources, file, &overlays);
    diagnostics.extend(found);
    manifest
}

fn unreadable(path: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::missing(Finding::Unreadable { path: path.to_owned(), why: error.to_string() })
}

/// The services of the user's own files, each file over those before it.
fn own_services(
    root: &Path,
    world: &dyn World,
    manifest: &Manifest,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OwnService> {
    let mut services = Vec::new();
    for path in &manifest.services.compose_files {
        let bytes = match world.read_regular(&root.join(&path.value), Limits::MANIFEST.bytes) {
            Ok(bytes) => bytes,
            Err(error) => {
                let finding = Finding::Unreadable { path: path.value.clone(), why: error.to_string() };
                diagnostics.push(Diagnostic::error(path.place, finding));
                continue;
            }
        };
        let read = yaml::take(sources, &path.value, &bytes, Limits::MANIFEST).map_err(|found| vec![found]);
        let read = read.and_then(|file| {
            let text = sources.get(file).map(|source| source.text.clone()).unwrap_or_default();
            yaml::read_tagged(file, &text, Limits::MANIFEST)
        });
        match read {
            Ok(node) => own::join(&mut services, &node),
            Err(found) => diagnostics.extend(found),
        }
    }
    services
}

/// The commits that are held on to: those that the command says, then those of the lock.
fn held<'p>(pins: &'p [LockedRegistry], lock: Option<&'p Lock>) -> Vec<&'p LockedRegistry> {
    pins.iter().chain(lock.into_iter().flat_map(|lock| &lock.registries)).collect()
}

/// The lock for one who needs only the commits in it: it is not read where there may be none.
fn pinning(
    root: &Path,
    world: &dyn World,
    manifest: Option<&Manifest>,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Lock> {
    let registries = &manifest?.registry;
    let of_git = |registry: &RegistryRef| matches!(registry.source, RegistrySource::Git { .. });
    let may = registries.is_empty() || registries.iter().any(of_git);
    may.then(|| read_lock(root, world, &LoadOptions::default(), sources, diagnostics)).flatten()
}

/// Whether there is a registry, or no need for one.
fn is_enough(named: &registries::Named, manifest: &Manifest, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let enough = !named.dirs.is_empty() || !names_anything(manifest);
    if !enough {
        diagnostics.push(Diagnostic::missing(Finding::Wiring(Wiring::NoRegistry)));
    }
    enough
}

fn names_anything(manifest: &Manifest) -> bool {
    let (dependencies, services) = (&manifest.dependencies, &manifest.services);
    !(dependencies.groups.is_empty()
        && dependencies.items.is_empty()
        && services.groups.is_empty()
        && services.items.is_empty()
        && manifest.constraints.is_empty())
}

/// The whole lock, if there is one that can be read.
pub fn locked(root: &Path, world: &dyn World) -> Option<Lock> {
    read_lock(root, world, &LoadOptions::default(), &mut Sources::new(), &mut Vec::new())
}

/// The lock, if there is one, without what is to be upgraded.
fn read_lock(
    root: &Path,
    world: &dyn World,
    options: &LoadOptions,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Lock> {
    let file = match world.read_regular(&root.join(lock::FILE), Limits::LOCK.bytes) {
        Ok(bytes) => yaml::take(sources, lock::FILE, &bytes, Limits::LOCK),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => Err(unreadable(lock::FILE, &error)),
    };
    let file = file.map_err(|diagnostic| diagnostics.push(diagnostic)).ok()?;
    let mut lock = lock::read(sources, file).map_err(|found| diagnostics.extend(found)).ok()?;
    lock.components.retain(|id, _| match &options.upgrade {
        Upgrade::None => true,
        Upgrade::Names(names) => !names.contains(id.name().as_str()),
        Upgrade::All => false,
    });
    lock.groups.retain(|id, _| !options.upgrade_groups.contains(id));
    Some(lock)
}

impl Inputs {
    /// The same project with another text of `hsm.yaml`, which must not name anything that was not read: to try what an
    /// edit would do. `None`: that text cannot be read.
    pub fn with_manifest(&self, text: &str) -> Option<Self> {
        let mut sources = self.sources.clone();
        let file = sources.add(MANIFEST, text);
        let overlays: Vec<FileId> = self
            .options
            .overlays
            .iter()
            .map(|overlay| sources.add(overlay.shown.clone(), overlay.text.clone()))
            .collect();
        let (manifest, found) = manifest::read_with(&sources, file, &overlays);
        let manifest = manifest.filter(|_| !any_error(&found))?;
        Some(Self { sources, listed: listed(&manifest), manifest, ..self.clone() })
    }

    /// The mode that every component prefers.
    pub fn preferred_mode(&self) -> Mode {
        self.manifest.project.mode.as_ref().map_or(Mode::Prod, |mode| mode.value)
    }

    /// What the lock says of a component.
    pub fn locked(&self, id: &ComponentId) -> Option<&LockedComponent> {
        self.lock.as_ref()?.components.get(id)
    }

    /// The items of the manifest that list a component: those of selections first, then those of `packages` and
    /// `containers`.
    pub fn items(&self, id: &ComponentId) -> &[Item] {
        self.listed.get(id).map_or(&[], Vec::as_slice)
    }

    /// The components whose mode the manifest says itself, by an item, a constraint or a group's line.
    pub fn pinned_modes(&self) -> BTreeSet<ComponentId> {
        let items = self.listed.iter().filter(|(_, items)| items.iter().any(|item| item.mode.is_some()));
        let mut pinned: BTreeSet<ComponentId> = items.map(|(id, _)| id.clone()).collect();
        let constraints = self.manifest.constraints.iter().filter(|line| line.mode.is_some());
        pinned.extend(constraints.filter_map(|line| match &line.target.value {
            TargetId::Component(id) => Some(id.clone()),
            TargetId::Group(_) => None,
        }));
        let lines = self.manifest.dependencies.groups.iter().chain(&self.manifest.services.groups);
        for line in lines.filter(|line| line.mode.is_some()) {
            pinned.extend(self.components_of(&TargetId::Group(line.group.value.clone())));
        }
        pinned
    }

    /// The layers that the manifest's items lay over a container, the last on top.
    pub fn item_layers(&self, id: &ComponentId) -> Vec<&Layer> {
        self.items(id).iter().map(|item| &item.layer).collect()
    }

    /// A component's entry.
    pub fn component(&self, id: &ComponentId) -> Option<&Entry> {
        self.entries.get(&TargetId::Component(id.clone())).map(Arc::as_ref)
    }

    /// A component, or the options of a group that can be reached.
    pub fn components_of(&self, target: &TargetId) -> Vec<ComponentId> {
        match target {
            TargetId::Component(id) => vec![id.clone()],
            TargetId::Group(id) => {
                let options = self.group(id).into_iter().flat_map(|group| &group.options);
                options.map(|option| id.option(&option.name.value)).collect()
            }
        }
    }

    /// A group's entry.
    pub fn group(&self, id: &GroupId) -> Option<&Group> {
        match self.entries.get(&TargetId::Group(id.clone()))?.as_ref() {
            Entry::Group(group) => Some(group),
            Entry::Package(_) | Entry::Container(_) => None,
        }
    }
}

/// The items of the manifest by component.
fn listed(manifest: &Manifest) -> BTreeMap<ComponentId, Vec<Item>> {
    let mut all: BTreeMap<ComponentId, Vec<Item>> = BTreeMap::new();
    let selections = manifest.dependencies.groups.iter().chain(&manifest.services.groups);
    let selected = selections.flat_map(|line| {
        let items = line.selection.iter().flat_map(|s| &s.value);
        items.map(|item| (line.group.value.kind, item))
    });
    let packages = manifest.dependencies.items.iter().map(|item| (Kind::Package, item));
    let containers = manifest.services.items.iter().map(|item| (Kind::Container, item));
    for (kind, item) in selected.chain(packages).chain(containers) {
        all.entry(ComponentId::new(kind, &item.name.value)).or_default().push(item.clone());
    }
    all
}
