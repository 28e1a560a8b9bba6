//! The Python side of what is read: the project's `pyproject.toml`, and those of the checkouts that can be reached.
//!
//! Owns: which of these files are opened. Refuses: anything that they say but versions and Pythons.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{Inputs, unreadable};
use crate::diagnostic::Diagnostic;
use crate::manifest::Mode;
use crate::names::{ComponentId, Name, TargetId};
use crate::place::{FileId, Sources};
use crate::pyproject::{self, Checkout, Project};
use crate::registry::{Entry, Package, PackageOrigin, PackageSource};
use crate::requirement::Requirement;
use crate::world::{FileKind, World};
use crate::yaml::{self, Limits};

/// The file of the project; nothing where no package can be reached, or there is no file.
pub(super) fn project(
    root: &Path,
    world: &dyn World,
    entries: &BTreeMap<TargetId, Arc<Entry>>,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Project {
    if !entries.values().any(|entry| matches!(entry.as_ref(), Entry::Package(_))) {
        return Project::default();
    }
    let taken = match world.read_regular(&root.join(pyproject::FILE), Limits::MANIFEST.bytes) {
        Ok(bytes) => yaml::take(sources, pyproject::FILE, &bytes, Limits::MANIFEST),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Project::default(),
        Err(error) => Err(unreadable(pyproject::FILE, &error)),
    };
    let mut report = |diagnostic| diagnostics.push(diagnostic);
    let Ok(file) = taken.map_err(&mut report) else { return Project::default() };
    Project::read(&text_of(sources, file), file).map_err(report).unwrap_or_default()
}

/// The distributions of which an entry that can be reached replaces what is demanded: what then holds the package manager says.
pub(super) fn overridden(entries: &BTreeMap<TargetId, Arc<Entry>>) -> BTreeSet<Name> {
    let settings = entries.values().filter_map(|entry| match entry.as_ref() {
        Entry::Package(package) => package.uv.as_ref(),
        _ => None,
    });
    let lines = settings.filter_map(|node| node.get("override-dependencies")?.as_list()).flatten();
    let requirements = lines.filter_map(|line| Requirement::parse(line.as_str()?).ok());
    requirements.map(|requirement| requirement.name).collect()
}

/// The distributions that these components may come as.
pub(super) fn distributions(
    components: &BTreeSet<ComponentId>,
    entries: &BTreeMap<TargetId, Arc<Entry>>,
) -> BTreeSet<Name> {
    let entry = |id: &ComponentId| entries.get(&TargetId::Component(id.clone())).map(Arc::as_ref);
    let mut names = BTreeSet::new();
    for id in components {
        let Some(Entry::Package(package)) = entry(id) else { continue };
        names.insert(id.name().clone());
        let sources = package.releases.iter().flat_map(|release| &release.sources);
        let others = sources.filter_map(|source| Name::parse(&source.origin.name()?.value).ok());
        names.extend(others.map(|name| name.pep503()));
    }
    names
}

/// What the checkouts that can be reached say of themselves, by their paths from the project's root.
pub(super) fn checkouts(
    root: &Path,
    world: &dyn World,
    entries: &BTreeMap<TargetId, Arc<Entry>>,
    sources: &mut Sources,
) -> BTreeMap<String, Checkout> {
    let (mut all, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for entry in entries.values() {
        let Entry::Package(package) = entry.as_ref() else { continue };
        for source in package.releases.iter().flat_map(|release| &release.sources) {
            if let Some(path) = path_of(package, source)
                && seen.insert(path.clone())
                && let Some(checkout) = checkout(root, world, &path, sources)
            {
                all.insert(path, checkout);
            }
        }
    }
    all
}

/// A checkout that is not there, or whose file cannot be read, says nothing of itself.
fn checkout(root: &Path, world: &dyn World, path: &str, sources: &mut Sources) -> Option<Checkout> {
    let shown = format!("{path}/{}", pyproject::FILE);
    let file = root.join(&shown);
    world.stat(&file).ok().flatten().filter(|stat| stat.kind == FileKind::File)?;
    let bytes = world.read_regular(&file, Limits::MANIFEST.bytes).ok()?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= Limits::MANIFEST.bytes)?;
    let file = sources.add(shown, text);
    Some(Checkout::read(text, file))
}

fn text_of(sources: &Sources, file: FileId) -> Arc<str> {
    sources.get(file).map(|source| source.text.clone()).unwrap_or_default()
}

/// Where a source's code lies on this machine, from the project's root.
fn path_of(package: &Package, source: &PackageSource) -> Option<String> {
    let path = match &source.origin {
        PackageOrigin::Local { path, .. } => path.clone(),
        PackageOrigin::Git { path: Some(path), subdirectory, .. } if source.mode == Mode::Dev => {
            pyproject::inside(path, subdirectory.as_ref())
        }
        PackageOrigin::Git { .. }
        | PackageOrigin::Pypi { .. }
        | PackageOrigin::Url { .. }
        | PackageOrigin::Workspace { .. } => return None,
    };
    let elsewhere = Path::new(&path.value).is_absolute() || path.value.starts_with('~');
    (!elsewhere).then(|| pyproject::joined(&package.common.root, &path.value))
}

impl Inputs {
    /// What the checkout of a source says of itself; `None` for a source without one.
    pub fn checkout(&self, package: &Package, source: &PackageSource) -> Option<&Checkout> {
        // the usual case first: no checkout says anything, or there is none
        if self.checkouts.is_empty() { None } else { self.checkouts.get(&path_of(package, source)?) }
    }
}
