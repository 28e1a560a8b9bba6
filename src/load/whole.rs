//! Whole registries: every visible entry, for whoever judges the registry and not a project.
//!
//! Owns: reading all of it as if a project named each entry and nothing else. Refuses: what a project has besides: a lock,
//! a `pyproject.toml`, checkouts, Compose files of its own.

use std::collections::BTreeMap;
use std::path::Path;

use super::shelf::Shelf;
use super::{Inputs, LoadOptions, check, walk};
use crate::diagnostic::Diagnostic;
use crate::manifest;
use crate::names::{GroupId, TargetId};
use crate::place::Place;
use crate::pyproject::Project;

/// All visible entries, and everything that is wrong with them and between them. `None`: the user asked to stop.
pub fn whole(root: &Path, mut shelf: Shelf<'_>) -> Option<(Inputs, Vec<Diagnostic>)> {
    let mut sources = std::mem::take(&mut shelf.sources);
    let file = sources.add(super::MANIFEST, "project: {name: registry}\n");
    let (manifest, mut diagnostics) = manifest::read(&sources, file);
    let manifest = manifest?;
    let registries = &mut shelf.registries;
    let visible = registries.all().into_iter().filter(|listed| listed.hidden_by.is_none());
    let targets: Vec<TargetId> = visible.map(|listed| listed.target).collect();
    let mut reached = walk::all(&targets, Place { file, start: 0, end: 0 }, registries, &mut sources);
    if registries.interrupted() {
        return None;
    }
    diagnostics.append(&mut reached.diagnostics);
    diagnostics.extend(check::check(&manifest, &reached, registries, &mut sources));
    diagnostics.extend(registries.warnings().iter().cloned());
    let groups = reached.entries.keys().filter_map(|target| match target {
        TargetId::Group(id) => Some(id),
        TargetId::Component(_) => None,
    });
    let twin = |id: &GroupId| TargetId::Group(GroupId::new(id.kind.other(), &id.name));
    let twins = groups.filter(|id| registries.contains(&twin(id))).cloned().collect();
    let inputs = Inputs {
        root: root.to_owned(),
        sources,
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
        warnings: Vec::new(),
        options: LoadOptions::default(),
        opened: registries.opened(),
        twins,
        listed: BTreeMap::new(),
    };
    Some((inputs, diagnostics))
}
