//! Whole registries: every visible entry, for whoever judges the registry and not a project.
//!
//! Owns: reading all of it as if a project named each entry and nothing else, and what a manifest by itself reaches. Refuses: what a project has besides: a lock,
//! a `pyproject.toml`, checkouts, Compose files of its own.

use std::collections::BTreeMap;
use std::path::Path;

use super::shelf::Shelf;
use super::walk::Reached;
use super::{Inputs, LoadOptions, check, listed, walk};
use crate::diagnostic::Diagnostic;
use crate::manifest::{self, Manifest};
use crate::names::{GroupId, TargetId};
use crate::place::{FileId, Place, Sources};
use crate::pyproject::Project;
use crate::registry::Registries;

/// All visible entries, and everything that is wrong with them and between them. `None`: the user asked to stop.
pub fn whole(root: &Path, mut shelf: Shelf<'_>) -> Option<(Inputs, Vec<Diagnostic>)> {
    let mut sources = std::mem::take(&mut shelf.sources);
    let file = sources.add(super::MANIFEST, "project: {name: registry}\n");
    let (manifest, mut diagnostics) = manifest::read(&sources, file);
    let manifest = manifest?;
    let registries = &mut shelf.registries;
    let visible = registries.all().into_iter().filter(|listed| listed.hidden_by.is_none());
    let targets: Vec<TargetId> = visible.map(|listed| listed.target).collect();
    let reached = walk::all(&targets, Place { file, start: 0, end: 0 }, registries, &mut sources);
    let inputs = bare(root, manifest, reached, registries, &mut sources, &mut diagnostics)?;
    diagnostics.extend(registries.warnings().iter().cloned());
    Some((Inputs { sources, ..inputs }, diagnostics))
}

/// What a manifest reaches that lies in a registry and is nobody's project. `None`: it cannot be read, or the user asked
/// to stop.
pub fn trial(
    root: &Path,
    shelf: &mut Shelf<'_>,
    file: FileId,
    found: &mut Vec<Diagnostic>,
) -> Option<Inputs> {
    let (manifest, said) = manifest::read(&shelf.sources, file);
    found.extend(said);
    let manifest = manifest?;
    let reached = walk::walk(&manifest, &mut shelf.registries, &mut shelf.sources);
    bare(root, manifest, reached, &mut shelf.registries, &mut shelf.sources, found)
}

/// The inputs of something that has nothing but a manifest and registries. `None`: the user asked to stop.
pub(super) fn bare(
    root: &Path,
    manifest: Manifest,
    mut reached: Reached,
    registries: &mut Registries<'_>,
    sources: &mut Sources,
    found: &mut Vec<Diagnostic>,
) -> Option<Inputs> {
    if registries.interrupted() {
        return None;
    }
    found.append(&mut reached.diagnostics);
    found.extend(check::check(&manifest, &reached, registries, sources));
    let groups = reached.entries.keys().filter_map(|target| match target {
        TargetId::Group(id) => Some(id),
        TargetId::Component(_) => None,
    });
    let twin = |id: &GroupId| TargetId::Group(GroupId::new(id.kind.other(), &id.name));
    let twins = groups.filter(|id| registries.contains(&twin(id))).cloned().collect();
    Some(Inputs {
        root: root.to_owned(),
        sources: Sources::new(),
        listed: listed(&manifest),
        manifest,
        entries: reached.entries,
        files: reached.files,
        bystanders: reached.bystanders,
        absent: reached.absent,
        depends: reached.depends,
        python: Project::default(),
        checkouts: BTreeMap::new(),
        lock: None,
        own_services: Vec::new(),
        pins: Vec::new(),
        warnings: Vec::new(),
        options: LoadOptions::default(),
        opened: registries.opened(),
        twins,
    })
}
