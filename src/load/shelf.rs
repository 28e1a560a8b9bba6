//! The registries by themselves: for commands that look into them or edit them, in a project or without one.
//!
//! Owns: which registries these are. Refuses: reading entries.

use std::path::{Path, PathBuf};

use super::{LoadOptions, REGISTRY, REGISTRY_VARIABLE, Report, read_manifest, registry_dirs};
use crate::diagnostic::any_error;
use crate::manifest::Manifest;
use crate::place::Sources;
use crate::registry::{Registries, RegistryDir};
use crate::world::World;

/// The registries, listed.
pub struct Shelf<'w> {
    /// The texts of all files that were read.
    pub sources: Sources,
    /// `hsm.yaml`, in a project.
    pub manifest: Option<Manifest>,
    /// The registries; none where nothing names one and the usual place is empty.
    pub registries: Registries<'w>,
}

/// Lists the registries of a project: what the environment names, else the manifest, else the usual place. Without a
/// project the manifest is left out, and `root` is the directory in which somebody looks.
///
/// # Errors
/// Everything that is wrong with the manifest and the registries.
pub fn shelf<'w>(root: &Path, in_project: bool, world: &'w dyn World) -> Result<Shelf<'w>, Report> {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let mut manifest = None;
    if in_project {
        manifest = read_manifest(root, world, &LoadOptions::default(), &mut sources, &mut diagnostics);
        if manifest.is_none() {
            return Err(Report { sources, diagnostics });
        }
    }
    let named = world.env(REGISTRY_VARIABLE).filter(|path| !path.is_empty());
    let dirs = match (&manifest, named) {
        (Some(manifest), _) if !manifest.registry.is_empty() => {
            registry_dirs(root, world, manifest, &mut diagnostics).unwrap_or_default()
        }
        (_, Some(path)) => vec![dir(path)],
        (_, None) if matches!(world.stat(&root.join(REGISTRY)), Ok(Some(_))) => vec![dir(REGISTRY)],
        (_, None) => Vec::new(),
    };
    let (registries, found) = Registries::open(&dirs, root, world, &mut sources);
    diagnostics.extend(found);
    if any_error(&diagnostics) {
        return Err(Report { sources, diagnostics });
    }
    Ok(Shelf { sources, manifest, registries })
}

/// Where the registry of a project lies that names none.
pub fn usual_place(root: &Path) -> PathBuf {
    root.join(REGISTRY)
}

fn dir(path: impl Into<PathBuf>) -> RegistryDir {
    RegistryDir { name: None, path: path.into(), place: None }
}
