//! The registries by themselves: for commands that look into them or edit them, in a project or without one.
//!
//! Owns: which registries these are, and the check of one entry by itself. Refuses: deciding what is in a stack.

use std::path::{Path, PathBuf};

use super::{LoadOptions, REGISTRY, Report, check, group, held, pinning, read_manifest, registries, walk};
use crate::diagnostic::{Diagnostic, any_error};
use crate::lock::LockedRegistry;
use crate::manifest::{self, Manifest};
use crate::names::{GroupId, Kind, TargetId};
use crate::place::{Place, Sources};
use crate::registry::{Group, Registries, RegistryDir};
use crate::world::World;

/// The registries, listed.
pub struct Shelf<'w> {
    /// The texts of all files that were read.
    pub sources: Sources,
    /// `hsm.yaml`, in a project.
    pub manifest: Option<Manifest>,
    /// The registries; none where nothing names one and the usual place is empty.
    pub registries: Registries<'w>,
    /// Those in git repositories, with the commits that are read.
    pub pins: Vec<LockedRegistry>,
}

impl Shelf<'_> {
    /// What the registries say of a group, with what it has from those that it extends; `None`: no registry has it.
    ///
    /// # Errors
    /// Everything that is wrong with the entries.
    pub fn group(&mut self, id: &GroupId) -> Result<Option<Group>, Vec<Diagnostic>> {
        group(id, &mut self.registries, &mut self.sources)
    }
}

/// Lists the registries of a project: what the environment names, else the manifest, else the usual place. Without a
/// project the manifest is left out, and `root` is the directory in which somebody looks. `pins`: commits of registries in
/// git repositories that are used whatever the lock holds.
///
/// # Errors
/// Everything that is wrong with the manifest and the registries.
pub fn shelf<'w>(
    root: &Path,
    in_project: bool,
    world: &'w dyn World,
    pins: &[LockedRegistry],
) -> Result<Shelf<'w>, Report> {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let mut manifest = None;
    if in_project {
        manifest = read_manifest(root, world, &LoadOptions::default(), &mut sources, &mut diagnostics);
        if manifest.is_none() {
            return Err(Report { sources, diagnostics });
        }
    }
    let lock = pinning(root, world, manifest.as_ref(), &mut sources, &mut diagnostics);
    let held = held(pins, lock.as_ref());
    let named = registries::named(root, world, manifest.as_ref(), &held, &mut sources, &mut diagnostics);
    if named.incomplete {
        return Err(Report { sources, diagnostics });
    }
    let (registries, found) = Registries::open(&named.dirs, root, world, &mut sources);
    diagnostics.extend(found);
    if any_error(&diagnostics) {
        return Err(Report { sources, diagnostics });
    }
    let pins = named.pins(registries.dirs());
    Ok(Shelf { sources, manifest, registries, pins })
}

/// The registry in a directory, by itself.
///
/// # Errors
/// When it is none.
pub fn shelf_of<'w>(root: &Path, directory: &Path, world: &'w dyn World) -> Result<Shelf<'w>, Report> {
    let mut sources = Sources::new();
    match shelf_at(root, &directory.into(), world, &mut sources) {
        Ok(registries) => Ok(Shelf { sources, manifest: None, registries, pins: Vec::new() }),
        Err(diagnostics) => Err(Report { sources, diagnostics }),
    }
}

/// A further registry that is read into the same sources, by itself. It may be laid over what is there.
///
/// # Errors
/// When it is none.
pub fn shelf_at<'w>(
    root: &Path,
    registry: &RegistryDir,
    world: &'w dyn World,
    sources: &mut Sources,
) -> Result<Registries<'w>, Vec<Diagnostic>> {
    let (registries, diagnostics) = Registries::open(std::slice::from_ref(registry), root, world, sources);
    if any_error(&diagnostics) { Err(diagnostics) } else { Ok(registries) }
}

/// Where the registry of a project lies that names none.
pub fn usual_place(root: &Path) -> PathBuf {
    root.join(REGISTRY)
}

/// What `hsm check` would say of one entry in a project that names it and nothing else. The registries are searched in
/// this order.
pub fn check_entry(root: &Path, dirs: &[RegistryDir], target: &TargetId, world: &dyn World) -> Report {
    let mut sources = Sources::new();
    let file = sources.add(super::MANIFEST, naming(target));
    let (manifest, mut diagnostics) = manifest::read(&sources, file);
    let (mut registries, found) = Registries::open(dirs, root, world, &mut sources);
    diagnostics.extend(found);
    if let Some(manifest) = manifest {
        let mut reached = walk::walk(&manifest, &mut registries, &mut sources);
        diagnostics.append(&mut reached.diagnostics);
        diagnostics.extend(check::check(&manifest, &reached, &mut registries, &mut sources));
        diagnostics.extend(registries.warnings().iter().cloned());
    }
    // what is wrong elsewhere was so before
    let path = registries.find(target).map(|found| registries.shown_path(&found.path));
    let is_own =
        |place: Place| sources.get(place.file).is_some_and(|source| Some(&source.path) == path.as_ref());
    diagnostics.retain(|diagnostic| diagnostic.place.is_none_or(is_own));
    Report { sources, diagnostics }
}

/// A manifest that names one thing.
fn naming(target: &TargetId) -> String {
    let (kind, name, is_group) = match target {
        TargetId::Component(id) => (id.kind(), id.name(), false),
        TargetId::Group(id) => (id.kind, &id.name, true),
    };
    let named = match (kind, is_group) {
        (Kind::Package, false) => format!("dependencies: {{packages: [\"{name}\"]}}"),
        (Kind::Package, true) => format!("dependencies: {{package_groups: {{\"{name}\": {{}}}}}}"),
        (Kind::Container, false) => format!("services: {{containers: [\"{name}\"]}}"),
        (Kind::Container, true) => format!("services: {{container_groups: {{\"{name}\": {{}}}}}}"),
    };
    format!("project: {{name: check}}\n{named}\n")
}
