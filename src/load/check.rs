//! Checks: whether the manifest and the entries that were read fit each other.
//!
//! Owns: unknown options and profiles, strategies that disagree. Refuses: whether a solution exists.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::walk::Reached;
use crate::diagnostic::{Diagnostic, Finding, Wiring};
use crate::manifest::{GroupLine, Item, Manifest};
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId, nearest};
use crate::place::{At, Place, Sources};
use crate::registry::{Container, Demand, Demands, Entry, Group, Registries, Rules};

/// All that does not fit.
pub(super) fn check(
    manifest: &Manifest,
    reached: &Reached,
    registries: &mut Registries<'_>,
    sources: &mut Sources,
) -> Vec<Diagnostic> {
    let mut check = Check { reached, registries, sources, found: Vec::new(), options: HashMap::new() };
    for (kind, items, lines) in [
        (Kind::Package, &manifest.dependencies.items, &manifest.dependencies.groups),
        (Kind::Container, &manifest.services.items, &manifest.services.groups),
    ] {
        check.items(kind, items);
        for line in lines {
            check.line(line);
            check.items(kind, line.selection.iter().flat_map(|selection| &selection.value));
        }
    }
    for constraint in &manifest.constraints {
        if let TargetId::Component(id) = &constraint.target.value {
            if reached.entries.contains_key(&constraint.target.value) {
                check.profile(id, constraint.profile.as_ref());
            } else if !check.registries.contains(&constraint.target.value) {
                let unknown = check.registries.unknown(
                    &constraint.target.value,
                    constraint.target.place,
                    check.sources,
                );
                check.found.push(unknown);
            }
        }
    }
    for entry in reached.entries.values() {
        check.entry(entry);
    }
    check.found
}

struct Check<'a, 'w> {
    reached: &'a Reached,
    registries: &'a mut Registries<'w>,
    sources: &'a mut Sources,
    found: Vec<Diagnostic>,
    /// The options of the groups that were looked at.
    options: HashMap<GroupId, HashSet<ComponentId>>,
}

impl Check<'_, '_> {
    fn items<'i>(&mut self, kind: Kind, items: impl IntoIterator<Item = &'i Item>) {
        for item in items {
            self.profile(&ComponentId::new(kind, &item.name.value), item.profile.as_ref());
        }
    }

    /// A profile that the manifest names must be there.
    fn profile(&mut self, id: &ComponentId, profile: Option<&At<Name>>) {
        let Some(profile) = profile else { return };
        if let Some(finding) = unknown_profile(self.reached, id, &profile.value) {
            self.found.push(Diagnostic::error(profile.place, finding));
        }
    }

    fn line(&mut self, line: &GroupLine) {
        let id = &line.group.value;
        let Some(group) = self.reached.group(&TargetId::Group(id.clone())) else { return };
        if let Some(written) = line.strategy.as_ref().filter(|written| written.value != group.strategy.value)
        {
            let finding = Finding::Wiring(Wiring::StrategyMismatch {
                group: id.clone(),
                written: written.value,
                registry: group.strategy.value,
            });
            self.found
                .push(Diagnostic::error(written.place, finding).with(group.strategy.place, "the registry's"));
        }
        let selected = line.selection.iter().flat_map(|selection| &selection.value).map(|item| &item.name);
        for name in selected.chain(&line.exclude) {
            self.option(group, name, Diagnostic::error);
        }
        if let Some(profile) = &line.profile {
            self.group_profile(group, profile);
        }
    }

    fn option(&mut self, group: &Group, name: &At<Name>, report: fn(Place, Finding) -> Diagnostic) {
        let id = group.id.option(&name.value);
        let options = || group.options.iter().map(|option| option.name.value.as_str());
        let known = self.options.entry(group.id.clone()).or_insert_with(|| {
            group.options.iter().map(|option| group.id.option(&option.name.value)).collect()
        });
        if known.contains(&id) {
            return;
        }
        let target = TargetId::Component(id.clone());
        let component = self.registries.contains(&target).then_some(id);
        // what an option was once called says more than what it looks like
        let renamed = match &component {
            None => self.registries.nearest(&target, self.sources).renamed,
            Some(_) => None,
        };
        let renamed = renamed.filter(|new| options().any(|own| own == new.as_str()));
        let near = || nearest(name.value.as_str(), options()).and_then(|near| Name::parse(near).ok());
        let finding = Finding::Wiring(Wiring::UnknownOption {
            group: group.id.clone(),
            name: name.value.clone(),
            nearest: renamed.or_else(near),
            component,
        });
        self.found.push(report(name.place, finding));
    }

    /// A profile that no option of the group has is an error.
    fn group_profile(&mut self, group: &Group, profile: &At<Name>) {
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for option in &group.options {
            if let Some(container) = self.reached.container(&group.id.option(&option.name.value)) {
                known.extend(container.profiles.iter().map(|profile| profile.name.value.as_str()));
            }
        }
        if !known.contains(profile.value.as_str()) {
            let finding = Finding::Wiring(Wiring::NoOptionHasProfile {
                group: group.id.clone(),
                profile: profile.value.clone(),
                nearest: nearest(profile.value.as_str(), known).map(str::to_owned),
            });
            self.found.push(Diagnostic::error(profile.place, finding));
        }
    }

    /// What an entry demands of others and they do not have: a choice that cannot be taken.
    fn entry(&mut self, entry: &Entry) {
        match entry {
            Entry::Package(package) => {
                self.rules(&package.rules);
                for release in &package.releases {
                    self.rules(&release.rules);
                    release.sources.iter().for_each(|source| self.rules(&source.rules));
                }
            }
            Entry::Container(container) => {
                self.rules(&container.rules);
                for release in &container.releases {
                    self.rules(&release.rules);
                    for source in &release.sources {
                        self.rules(&source.rules);
                        source.requires.iter().for_each(|demand| self.demand(demand));
                    }
                }
                container.profiles.iter().for_each(|profile| self.rules(&profile.rules));
            }
            Entry::Group(group) => group.options.iter().for_each(|option| self.rules(&option.rules)),
        }
    }

    fn rules(&mut self, rules: &Rules) {
        rules.implies.iter().for_each(|demand| self.demand(demand));
    }

    fn demand(&mut self, demand: &Demand) {
        match (&demand.target.value, &demand.what) {
            (TargetId::Component(id), Demands::Component { profile: Some(profile), .. }) => {
                if let Some(finding) = unknown_profile(self.reached, id, &profile.value) {
                    self.found.push(Diagnostic::warning(profile.place, finding));
                }
            }
            (TargetId::Group(_), Demands::Group { options, .. }) => {
                if let Some(group) = self.reached.group(&demand.target.value) {
                    for name in options {
                        self.option(group, name, Diagnostic::warning);
                    }
                }
            }
            _ => {}
        }
    }
}

/// What is wrong with a profile's name, if the component's entry was read and has none of that name.
fn unknown_profile(reached: &Reached, id: &ComponentId, profile: &Name) -> Option<Finding> {
    let known = match reached.entries.get(&TargetId::Component(id.clone()))?.as_ref() {
        Entry::Container(container) => container.profiles.as_slice(),
        Entry::Package(_) | Entry::Group(_) => &[],
    };
    let mut names = known.iter().map(|known| known.name.value.as_str());
    if names.clone().any(|name| name == profile.as_str()) {
        return None;
    }
    let nearest = nearest(profile.as_str(), &mut names).map(str::to_owned);
    Some(Finding::UnknownProfile { name: profile.to_string(), nearest })
}

impl Reached {
    fn group(&self, target: &TargetId) -> Option<&Group> {
        match self.entries.get(target)?.as_ref() {
            Entry::Group(group) => Some(group),
            Entry::Package(_) | Entry::Container(_) => None,
        }
    }

    fn container(&self, id: &ComponentId) -> Option<&Container> {
        match self.entries.get(&TargetId::Component(id.clone()))?.as_ref() {
            Entry::Container(container) => Some(container),
            Entry::Package(_) | Entry::Group(_) => None,
        }
    }
}
