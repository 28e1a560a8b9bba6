//! What can be reached from the manifest.

use std::collections::BTreeSet;

use crate::model::{Component, Demand, Id, Inherited, Kind, Layer, Project, Rules, Source, Target};

/// The components and groups that can be reached, the missing ones among them.
pub(super) fn reached(project: &Project) -> (BTreeSet<Id>, BTreeSet<Id>) {
    let mut components: BTreeSet<Id> = project.all_items().map(|item| item.id).collect();
    let mut groups: BTreeSet<Id> = project.lines.iter().map(|line| line.group).collect();
    loop {
        let before = (components.len(), groups.len());
        let mut targets = BTreeSet::new();
        for id in &components {
            if let Some(component) = project.component(*id) {
                of_component(component, &mut |target| _ = targets.insert(target.turn()));
            }
        }
        for id in &groups {
            for option in project.group(*id).into_iter().flat_map(|group| &group.options) {
                targets.insert((false, id.kind, option.name));
                of_rules(&option.rules, &mut |target| _ = targets.insert(target.turn()));
            }
        }
        for (is_group, kind, name) in targets {
            let id = Id { kind, name };
            if is_group {
                groups.insert(id)
            } else {
                components.insert(id)
            };
        }
        if before == (components.len(), groups.len()) {
            return (components, groups);
        }
    }
}

fn of_component(component: &Component, see: &mut dyn FnMut(Target)) {
    of_rules(&component.rules, see);
    of_layer(&component.layer, see);
    component.sources.iter().flatten().for_each(|source| of_source(source, see));
    for release in &component.releases {
        of_rules(&release.rules, see);
        of_layer(&release.layer, see);
        for source in &release.sources {
            if let Inherited::Replaced(source) = source {
                of_source(source, see);
            }
        }
    }
    for profile in &component.profiles {
        of_rules(&profile.rules, see);
        of_layer(&profile.layer, see);
    }
}

fn of_source(source: &Source, see: &mut dyn FnMut(Target)) {
    of_rules(&source.rules, see);
    of_layer(&source.layer, see);
    of_demands(&source.requires, see);
    if let Some(name) = source.image_of {
        see(Target::Component(Id { kind: Kind::Container, name }));
    }
}

fn of_rules(rules: &Rules, see: &mut dyn FnMut(Target)) {
    of_demands(&rules.implies, see);
}

fn of_demands(demands: &[Demand], see: &mut dyn FnMut(Target)) {
    demands.iter().filter(|demand| !demand.what.removed).for_each(|demand| see(demand.target));
}

fn of_layer(layer: &Layer, see: &mut dyn FnMut(Target)) {
    layer.depends_on.iter().for_each(|line| see(line.target));
}
