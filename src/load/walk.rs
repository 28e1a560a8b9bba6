//! The walk: from what the manifest names to every entry that can be reached.
//!
//! Owns: which entries are opened, and what becomes of those that are missing or broken: an error where the manifest
//! names them, else a warning and a choice that cannot be taken. Refuses: opening anything else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::extends::extended;
use super::{Absence, AbsenceReason};
use crate::diagnostic::{Diagnostic, Finding, Severity, Wiring};
use crate::manifest::Manifest;
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};
use crate::place::{At, FileId, Place, Sources};
use crate::registry::layer::DependsOn;
use crate::registry::{Container, Demands, Entry, Group, Package, Registries, Rules};

/// What the walk found.
#[derive(Default)]
pub(super) struct Reached {
    pub(super) entries: BTreeMap<TargetId, Arc<Entry>>,
    pub(super) files: BTreeMap<TargetId, Vec<FileId>>,
    pub(super) bystanders: BTreeMap<GroupId, Group>,
    pub(super) absent: BTreeMap<TargetId, Absence>,
    pub(super) depends: BTreeMap<String, TargetId>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Reads every entry that can be reached from the manifest.
pub(super) fn walk(manifest: &Manifest, registries: &mut Registries<'_>, sources: &mut Sources) -> Reached {
    let mut walk = Walk::new(registries, sources);
    walk.name_groups(manifest);
    walk.name_components(manifest);
    walk.run();
    walk.bystanders();
    walk.reached
}

/// Reads these entries, as if something at `place` named them, and all that they reach.
pub(super) fn all(
    targets: &[TargetId],
    place: Place,
    registries: &mut Registries<'_>,
    sources: &mut Sources,
) -> Reached {
    let mut walk = Walk::new(registries, sources);
    walk.named.extend(targets.iter().cloned());
    walk.queue.extend(targets.iter().map(|target| (target.clone(), place)));
    walk.run();
    walk.bystanders();
    walk.reached
}

struct Walk<'a, 'w> {
    registries: &'a mut Registries<'w>,
    sources: &'a mut Sources,
    reached: Reached,
    named: BTreeSet<TargetId>,
    seen: BTreeSet<TargetId>,
    queue: VecDeque<(TargetId, Place)>,
    /// Groups that conflicts name, with the first place that does.
    conflicting: BTreeMap<GroupId, Place>,
}

impl<'a, 'w> Walk<'a, 'w> {
    fn new(registries: &'a mut Registries<'w>, sources: &'a mut Sources) -> Self {
        Self {
            registries,
            sources,
            reached: Reached::default(),
            named: BTreeSet::new(),
            seen: BTreeSet::new(),
            queue: VecDeque::new(),
            conflicting: BTreeMap::new(),
        }
    }
}

impl Walk<'_, '_> {
    /// The manifest's groups come first: whether a selected option is one is only known with its group.
    fn name_groups(&mut self, manifest: &Manifest) {
        for line in manifest.dependencies.groups.iter().chain(&manifest.services.groups) {
            let target = TargetId::Group(line.group.value.clone());
            self.named.insert(target.clone());
            self.visit(&target, line.group.place);
        }
        for line in manifest.dependencies.groups.iter().chain(&manifest.services.groups) {
            let id = &line.group.value;
            let target = TargetId::Group(id.clone());
            let Some(Entry::Group(group)) = self.reached.entries.get(&target).map(Arc::as_ref) else {
                continue;
            };
            let options: BTreeSet<ComponentId> =
                group.options.iter().map(|option| id.option(&option.name.value)).collect();
            for item in line.selection.iter().flat_map(|selection| &selection.value) {
                let option = id.option(&item.name.value);
                if options.contains(&option) {
                    self.name(TargetId::Component(option), item.name.place);
                }
            }
        }
    }

    fn name_components(&mut self, manifest: &Manifest) {
        for (kind, items) in
            [(Kind::Package, &manifest.dependencies.items), (Kind::Container, &manifest.services.items)]
        {
            for item in items {
                self.name(TargetId::Component(ComponentId::new(kind, &item.name.value)), item.name.place);
            }
        }
    }

    fn name(&mut self, target: TargetId, place: Place) {
        self.named.insert(target.clone());
        self.queue.push_front((target, place));
    }

    /// Ends early when the user asks to stop.
    fn run(&mut self) {
        while let Some((target, place)) = self.queue.pop_front() {
            if self.registries.interrupted() {
                return;
            }
            self.visit(&target, place);
        }
    }

    fn visit(&mut self, target: &TargetId, asked_at: Place) {
        if !self.seen.insert(target.clone()) {
            return;
        }
        match self.registries.load(target, self.sources) {
            Ok(Some(entry)) => self.take(target, entry, asked_at),
            Ok(None) => self.not_found(target, asked_at),
            Err(found) => self.broken(target, asked_at, found),
        }
    }

    fn not_found(&mut self, target: &TargetId, asked_at: Place) {
        if self.named.contains(target) {
            let diagnostic = self.registries.unknown(target, asked_at, self.sources);
            self.reached.diagnostics.push(diagnostic);
        } else {
            let nearest = self.registries.alike(target);
            self.warn(asked_at, Wiring::NotFound { target: target.clone(), nearest });
        }
        let absence = Absence { reason: AbsenceReason::NotFound, place: asked_at };
        self.reached.absent.insert(target.clone(), absence);
    }

    fn broken(&mut self, target: &TargetId, asked_at: Place, found: Vec<Diagnostic>) {
        let place =
            found.iter().find_map(|d| d.place.filter(|_| d.severity == Severity::Error)).unwrap_or(asked_at);
        // A file that cannot be opened has no place of its own: who wants it has.
        let found = found.into_iter().map(|d| Diagnostic { place: d.place.or(Some(asked_at)), ..d });
        if self.named.contains(target) {
            self.reached.diagnostics.extend(found);
            // It is an error either way; one run tells as much as it can.
            if let Some(entry) = self.registries.legible(target) {
                self.follow(&entry);
            }
        } else {
            self.warn(asked_at, Wiring::Broken(target.clone()));
            self.reached.diagnostics.extend(found.map(|diagnostic| Diagnostic {
                severity: Severity::Warning,
                finding: Finding::Wiring(Wiring::InBroken {
                    target: target.clone(),
                    what: Box::new(diagnostic.finding),
                }),
                ..diagnostic
            }));
        }
        let absence = Absence { reason: AbsenceReason::Broken, place };
        self.reached.absent.insert(target.clone(), absence);
    }

    fn warn(&mut self, place: Place, wiring: Wiring) {
        self.reached.diagnostics.push(Diagnostic::warning(place, Finding::Wiring(wiring)));
    }

    fn take(&mut self, target: &TargetId, entry: Arc<Entry>, asked_at: Place) {
        let mut files = vec![entry.common().file];
        let entry = match entry.as_ref() {
            Entry::Group(group) if group.extends.is_some() => {
                match extended(group, self.registries, self.sources, &mut files) {
                    Ok(whole) => Arc::new(Entry::Group(Box::new(whole))),
                    Err(found) => return self.broken(target, asked_at, found),
                }
            }
            _ => entry,
        };
        self.follow(&entry);
        self.reached.files.insert(target.clone(), files);
        self.reached.entries.insert(target.clone(), entry);
    }

    /// Queues all that an entry can bring in.
    fn follow(&mut self, entry: &Entry) {
        match entry {
            Entry::Package(package) => self.package(package),
            Entry::Container(container) => self.container(container),
            Entry::Group(group) => self.group(group),
        }
    }

    fn package(&mut self, package: &Package) {
        self.rules(&package.rules);
        for release in &package.releases {
            self.rules(&release.rules);
            release.sources.iter().for_each(|source| self.rules(&source.rules));
        }
    }

    fn container(&mut self, container: &Container) {
        self.rules(&container.rules);
        self.depends_on(&container.layer.depends_on);
        for release in &container.releases {
            self.rules(&release.rules);
            self.depends_on(&release.layer.depends_on);
            for source in &release.sources {
                self.rules(&source.rules);
                self.depends_on(&source.layer.depends_on);
                for demand in source.requires.iter().filter(|demand| demand.what != Demands::Removed) {
                    self.queue.push_back((demand.target.value.clone(), demand.target.place));
                }
                for (image, place) in source.images() {
                    let id = ComponentId::new(Kind::Container, &image);
                    self.queue.push_back((TargetId::Component(id), place));
                }
            }
        }
        for profile in &container.profiles {
            self.rules(&profile.rules);
            self.depends_on(&profile.layer.depends_on);
        }
    }

    fn group(&mut self, group: &Group) {
        for option in &group.options {
            let id = group.id.option(&option.name.value);
            self.queue.push_back((TargetId::Component(id), option.name.place));
            self.rules(&option.rules);
        }
    }

    fn rules(&mut self, rules: &Rules) {
        for demand in rules.implies.iter().filter(|demand| demand.what != Demands::Removed) {
            self.queue.push_back((demand.target.value.clone(), demand.target.place));
        }
        for line in &rules.conflicts {
            if let TargetId::Group(id) = &line.target.value {
                self.conflicting.entry(id.clone()).or_insert(line.target.place);
            }
        }
    }

    fn depends_on(&mut self, lines: &[DependsOn]) {
        for line in lines.iter().filter(|line| !line.removed) {
            if let Some(target) = self.dependency(&line.target) {
                self.queue.push_back((target, line.target.place));
            }
        }
    }

    /// What a name in `depends_on` stands for.
    fn dependency(&mut self, written: &At<String>) -> Option<TargetId> {
        if let Some(known) = self.reached.depends.get(&written.value) {
            return Some(known.clone());
        }
        let parsed = match TargetId::parse(&written.value) {
            Ok(target) => Ok(target),
            Err(_) if !written.value.contains(':') => {
                Name::parse(&written.value).map(|name| self.either(&name, written))
            }
            Err(why) => {
                let finding = Finding::BadTarget { text: written.value.clone(), why };
                self.reached.diagnostics.push(Diagnostic::error(written.place, finding));
                return None;
            }
        };
        match parsed {
            Ok(target) => {
                self.reached.depends.insert(written.value.clone(), target.clone());
                Some(target)
            }
            Err(why) => {
                let finding = Finding::BadName { text: written.value.clone(), why };
                self.reached.diagnostics.push(Diagnostic::error(written.place, finding));
                None
            }
        }
    }

    /// A name without a kind: a container or a group of containers.
    fn either(&mut self, name: &Name, written: &At<String>) -> TargetId {
        let container = TargetId::Component(ComponentId::new(Kind::Container, name));
        let group = TargetId::Group(GroupId::new(Kind::Container, name));
        match (self.registries.contains(&container), self.registries.contains(&group)) {
            (true, true) => {
                let finding = Finding::Wiring(Wiring::AmbiguousDependency(name.to_string()));
                self.reached.diagnostics.push(Diagnostic::error(written.place, finding));
                container
            }
            (false, true) => group,
            (_, false) => container,
        }
    }

    /// Groups that can only be conflicted with: their options matter, but nothing is reached through them.
    fn bystanders(&mut self) {
        for (id, _) in std::mem::take(&mut self.conflicting) {
            if self.registries.interrupted() {
                return;
            }
            let target = TargetId::Group(id.clone());
            if self.reached.entries.contains_key(&target) {
                continue;
            }
            if let Ok(Some(entry)) = self.registries.load(&target, self.sources)
                && let Entry::Group(group) = entry.as_ref()
                && let Ok(whole) = extended(group, self.registries, self.sources, &mut Vec::new())
            {
                self.reached.bystanders.insert(id, whole);
            }
        }
    }
}
