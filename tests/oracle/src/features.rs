//! The features of the format, each with how to write a project without it.
//!
//! Owns: their list. Refuses: what any of them means; the answer with and without it is compared elsewhere.

use crate::model::{
    Component, Demand, Group, Inherited, Item, Layer, Line, Project, Release, Rules, Source, Target, Wanted,
    What,
};

/// A feature: its words, and how to take it out of a project.
pub type Feature = (&'static str, fn(&mut Project));

/// Every feature that the generator knows.
pub const ALL: [Feature; 48] = [
    ("a pinned version", |p| each_pin(p, |item| item.version = None)),
    ("a pinned mode", |p| each_pin(p, |item| item.mode = None)),
    ("a pinned profile", |p| each_pin(p, |item| item.profile = None)),
    ("a constraint", |p| p.constraints.clear()),
    ("a preferred mode", |p| p.mode = None),
    ("a preferred mode as a demand", |p| p.require_mode = false),
    ("a broken entry", |p| p.broken.clear()),
    ("a lock of releases", |p| p.lock.iter_mut().for_each(|lock| lock.components.clear())),
    ("a lock of groups", |p| p.lock.iter_mut().for_each(|lock| lock.groups.clear())),
    ("a selection", |p| each_line(p, |line| line.selection = None)),
    ("an excluded option", |p| each_line(p, |line| line.exclude.clear())),
    ("a group line's mode", |p| each_line(p, |line| line.mode = None)),
    ("a group line's profile", |p| each_line(p, |line| line.profile = None)),
    ("a group's least number", |p| each_group(p, |group| group.min = None)),
    ("a group's greatest number", |p| each_group(p, |group| group.max = None)),
    ("a group's default", |p| each_group(p, |group| group.default.clear())),
    ("what an option says", |p| {
        each_group(p, |group| group.options.iter_mut().for_each(|option| option.rules = Rules::default()));
    }),
    ("an implied component", |p| {
        each_rules(p, |rules| rules.implies.retain(|line| matches!(line.target, Target::Group(_))));
    }),
    ("an implied group", |p| {
        each_rules(p, |rules| rules.implies.retain(|line| matches!(line.target, Target::Component(_))));
    }),
    ("a demanded version", |p| each_what(p, |what| what.version = None)),
    ("a demanded mode", |p| {
        each_what(p, |what| what.mode = what.mode.filter(|mode| *mode == Wanted::Same));
    }),
    ("the same mode", |p| each_what(p, |what| what.mode = what.mode.filter(|mode| *mode != Wanted::Same))),
    ("a demanded profile", |p| each_what(p, |what| what.profile = None)),
    ("demanded options", |p| each_what(p, |what| what.options.clear())),
    ("a demand that is taken back", |p| each_what(p, |what| what.removed = false)),
    ("params", |p| each_what(p, |what| what.params.clear())),
    ("a conflict", |p| each_rules(p, |rules| rules.conflicts.clear())),
    ("further releases", |p| each_component(p, |component| component.releases.clear())),
    ("a tag that is no version", |p| each_component(p, |c| c.releases.retain(|r| !r.version.is_opaque()))),
    ("a yanked release", |p| {
        each_component(p, |component| component.yanked = false);
        each_release(p, |release| release.yanked = false);
    }),
    ("a release's own source", |p| {
        each_release(p, |release| release.sources = [Inherited::Kept, Inherited::Kept]);
    }),
    ("a source for development", |p| {
        each_component(p, |c| c.sources[1] = c.sources[1].take().filter(|_| c.sources[0].is_none()));
    }),
    ("what a source says", |p| each_source(p, |source| source.rules = Rules::default())),
    ("a build requirement", |p| each_source(p, |source| source.requires.clear())),
    ("a base image", |p| each_source(p, |source| source.image_of = None)),
    ("an external profile", |p| {
        each_component(p, |c| c.profiles.iter_mut().for_each(|p| p.external = false));
    }),
    ("a default profile", |p| each_component(p, |component| component.default_profile = None)),
    ("a container that is not run", |p| each_component(p, |component| component.run = true)),
    ("a dependency on what runs", |p| each_layer(p, |layer| layer.depends_on.clear())),
    ("a host port", |p| {
        each_layer(p, |layer| layer.ports.clear());
        each_pin(p, |item| item.ports.clear());
    }),
    ("an address of the host", |p| {
        each_layer(p, |layer| layer.ports.iter_mut().for_each(|port| port.address = None));
    }),
    ("a port of the user's own service", |p| p.compose_ports.clear()),
    ("a container's name", |p| each_layer(p, |layer| layer.container_name = None)),
    ("a service's name", |p| each_layer(p, |layer| layer.service_name = None)),
    ("a range of Python", |p| each_component(p, |component| component.requires_python = None)),
    ("a requirement of a distribution", |p| each_component(p, |component| component.dependencies.clear())),
    ("the user's own pyproject.toml", |p| p.pyproject = None),
    ("the version of a checkout", |p| p.checkouts.clear()),
];

fn each_component(project: &mut Project, change: impl FnMut(&mut Component)) {
    project.components.iter_mut().for_each(change);
}

fn each_release(project: &mut Project, mut change: impl FnMut(&mut Release)) {
    each_component(project, |component| component.releases.iter_mut().for_each(&mut change));
}

fn each_group(project: &mut Project, change: impl FnMut(&mut Group)) {
    project.groups.iter_mut().for_each(change);
}

fn each_line(project: &mut Project, change: impl FnMut(&mut Line)) {
    project.lines.iter_mut().for_each(change);
}

/// Items, those of selections too, and what constraints pin.
fn each_pin(project: &mut Project, mut change: impl FnMut(&mut Item)) {
    let selected = project.lines.iter_mut().flat_map(|line| line.selection.iter_mut().flatten());
    selected.chain(&mut project.items).for_each(&mut change);
    for line in &mut project.constraints {
        let (version, mode, profile) = (line.version, line.mode, line.profile);
        let mut item = Item { version, mode, profile, ..crate::grow::item(line.id) };
        change(&mut item);
        (line.version, line.mode, line.profile) = (item.version, item.mode, item.profile);
    }
}

fn each_source(project: &mut Project, mut change: impl FnMut(&mut Source)) {
    each_component(project, |component| {
        component.sources.iter_mut().flatten().for_each(&mut change);
        for source in component.releases.iter_mut().flat_map(|release| &mut release.sources) {
            if let Inherited::Replaced(source) = source {
                change(source);
            }
        }
    });
}

fn each_layer(project: &mut Project, mut change: impl FnMut(&mut Layer)) {
    each_component(project, |component| {
        change(&mut component.layer);
        component.releases.iter_mut().for_each(|release| change(&mut release.layer));
        component.profiles.iter_mut().for_each(|profile| change(&mut profile.layer));
    });
    each_source(project, |source| change(&mut source.layer));
}

fn each_rules(project: &mut Project, mut change: impl FnMut(&mut Rules)) {
    each_component(project, |component| {
        change(&mut component.rules);
        component.releases.iter_mut().for_each(|release| change(&mut release.rules));
        component.profiles.iter_mut().for_each(|profile| change(&mut profile.rules));
    });
    each_source(project, |source| change(&mut source.rules));
    each_group(project, |group| group.options.iter_mut().for_each(|option| change(&mut option.rules)));
}

fn each_what(project: &mut Project, mut change: impl FnMut(&mut What)) {
    let mut of = |line: &mut Demand| change(&mut line.what);
    each_rules(project, |rules| rules.implies.iter_mut().for_each(&mut of));
    each_source(project, |source| source.requires.iter_mut().for_each(&mut of));
}
