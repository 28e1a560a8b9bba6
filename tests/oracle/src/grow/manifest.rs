//! Random manifests, locks, and what lies around them.

use super::entries::{port, python_range, requirements, spec};
use super::{CONTAINERS, MISSING, PACKAGES, Taste};
use crate::Dice;
use crate::model::{
    Constraint, Group, Host, Id, Item, Kind, Line, Lock, Marker, Mode, Name, Project, Pyproject, Target,
};
use crate::versions::Version;

pub(super) fn manifest(dice: &mut Dice, taste: &Taste, project: &mut Project) {
    project.mode = dice.percent(40).then(|| dice.pick(&Mode::BOTH));
    project.require_mode = dice.percent(8);
    for number in 0..project.groups.len() {
        if dice.percent(taste.lines) {
            let line = line(dice, taste, project, number);
            project.lines.push(line);
        }
    }
    let all = CONTAINERS.map(Id::container).into_iter().chain(PACKAGES.map(Id::package));
    for id in all {
        if is_readable(project, id) && dice.percent(22) {
            let item = item(dice, taste, project, id);
            project.items.push(item);
        }
        if project.components.iter().any(|c| c.id == id) && dice.percent(taste.pins / 3) {
            let line = constraint(dice, taste, project, id);
            project.constraints.push(line);
        }
    }
    if dice.percent(30) {
        project.lock = Some(lock(dice, project));
    }
    if dice.percent(taste.ports / 3) {
        let mut own = port(dice, false);
        if own.host == Host::Variable {
            own.host = Host::At(8080);
        }
        project.compose_ports.push(own);
    }
    if dice.percent(taste.python) {
        project.pyproject = Some(Pyproject {
            requires_python: dice.percent(60).then(|| python_range(dice)),
            dependencies: requirements(dice, ""),
            extra: if dice.percent(30) { requirements(dice, "") } else { Vec::new() },
            group: if dice.percent(30) { requirements(dice, "") } else { Vec::new() },
        });
    }
    for name in PACKAGES {
        if dice.percent(taste.python) {
            let version = dice.percent(80).then(|| dice.pick(&Version::NUMBERED));
            project.checkouts.insert(Id::package(name), version);
        }
    }
}

/// What the manifest names has to be there, and readable.
fn is_readable(project: &Project, id: Id) -> bool {
    project.component(id).is_some()
}

fn profiles(project: &Project, id: Id) -> Vec<Name> {
    project.component(id).into_iter().flat_map(|component| &component.profiles).map(|p| p.name).collect()
}

fn item(dice: &mut Dice, taste: &Taste, project: &Project, id: Id) -> Item {
    let profiles = profiles(project, id);
    Item {
        id,
        version: dice.percent(taste.pins).then(|| spec(dice, Target::Component(id))),
        mode: dice.percent(taste.pins / 2).then(|| dice.pick(&Mode::BOTH)),
        profile: (!profiles.is_empty() && dice.percent(taste.pins)).then(|| dice.pick(&profiles)),
        ports: if id.kind == Kind::Container && dice.percent(taste.ports / 3) {
            vec![port(dice, true)]
        } else {
            Vec::new()
        },
        marker: (id.kind == Kind::Package && dice.percent(taste.python / 3))
            .then(|| dice.pick(&[Marker::From(11), Marker::Below(12)])),
    }
}

fn constraint(dice: &mut Dice, taste: &Taste, project: &Project, id: Id) -> Constraint {
    let Item { version, mode, profile, .. } = item(dice, &Taste { pins: 50, ..*taste }, project, id);
    Constraint { id, version, mode, profile }
}

fn line(dice: &mut Dice, taste: &Taste, project: &Project, number: usize) -> Line {
    let Group { id, many, options, .. } = &project.groups[number];
    let names: Vec<Name> = options.iter().map(|option| option.name).collect();
    let of = |name: Name| Id { kind: id.kind, name };
    let there: Vec<Name> = names.iter().copied().filter(|name| is_readable(project, of(*name))).collect();
    let mut line = Line { group: *id, selection: None, exclude: Vec::new(), mode: None, profile: None };
    if dice.percent(45) {
        let mut selected = if dice.percent(15) { Vec::new() } else { dice.several(&there, 45) };
        if !many && !dice.percent(10) {
            selected.truncate(1);
        }
        line.selection =
            Some(selected.into_iter().map(|name| item(dice, taste, project, of(name))).collect());
    }
    if dice.percent(20) {
        line.exclude = vec![dice.pick(&names)];
    }
    if dice.percent(taste.modes / 2) {
        line.mode = Some(dice.pick(&Mode::BOTH));
    }
    // A profile that no option has is an error.
    let profiles: Vec<Name> = names.iter().flat_map(|name| profiles(project, of(*name))).collect();
    if !profiles.is_empty() && dice.percent(taste.profiles / 2) {
        line.profile = Some(dice.pick(&profiles));
    }
    line
}

fn lock(dice: &mut Dice, project: &Project) -> Lock {
    let mut lock = Lock::default();
    for component in &project.components {
        let releases = component.releases.iter().map(|release| release.version);
        let own: Vec<Version> = component.version.into_iter().chain(releases).collect();
        if dice.percent(60) && !own.is_empty() {
            // now and then one that is no longer there
            let version = if dice.percent(10) { dice.pick(&Version::NUMBERED) } else { dice.pick(&own) };
            lock.components.insert(component.id, version);
        }
    }
    for group in &project.groups {
        let names: Vec<Name> = group.options.iter().map(|option| option.name).collect();
        let names: Vec<Name> = names.into_iter().filter(|name| *name != MISSING).collect();
        if dice.percent(60) {
            lock.groups.insert(group.id, dice.several(&names, 50));
        }
    }
    lock
}
