//! One small change of a registry, such as a maintainer makes.
//!
//! Owns: which parts change. What comes in is taken from another project of the same names. Refuses: knowing whether a
//! project minds.

use crate::Dice;
use crate::model::{Choice, Component, Demand, Group, Inherited, Layer, Project, Release, Rules, Source};

/// Changes one entry of the registry, taking what is new from another project.
pub fn change(dice: &mut Dice, project: &mut Project, from: &Project) {
    if dice.percent(30) && !project.groups.is_empty() {
        let at = dice.below(project.groups.len());
        let group = &mut project.groups[at];
        if let Some(other) = from.group(group.id) {
            of_group(dice, group, other);
        }
    } else if !project.components.is_empty() {
        let at = dice.below(project.components.len());
        let component = &mut project.components[at];
        if let Some(other) = from.components.iter().find(|other| other.id == component.id) {
            of_component(dice, component, other);
        }
    }
}

fn of_group(dice: &mut Dice, group: &mut Group, other: &Group) {
    match dice.below(8) {
        0 => {
            let at = dice.below(group.options.len());
            let gone = group.options.remove(at);
            group.default.retain(|name| *name != gone.name);
        }
        1 => {
            let missing: Vec<&Choice> = other.options.iter().filter(|one| !has(group, one)).collect();
            if let Some(choice) = missing.first() {
                group.options.push((*choice).clone());
            }
        }
        2 => group.min = other.min,
        3 => group.max = other.max,
        4 => {
            group.default =
                other.default.iter().copied().filter(|name| names(group).contains(name)).collect();
        }
        5 => {
            group.many = other.many;
            (group.min, group.max) = (other.min, other.max);
            if !group.many {
                group.default.truncate(1);
            }
        }
        6 => {
            let at = dice.below(group.options.len());
            if let Some(choice) = group.options.get_mut(at)
                && let Some(other) = other.options.iter().find(|other| other.name == choice.name)
            {
                of_rules(dice, &mut choice.rules, &other.rules);
            }
        }
        _ => dice.shuffle(&mut group.options),
    }
    let options = group.options.len();
    let fits = |bound: &usize| *bound <= options;
    group.min = group.min.filter(fits);
    group.max = group.max.filter(fits).filter(|max| group.min.is_none_or(|min| min <= *max));
}

fn names(group: &Group) -> Vec<&'static str> {
    group.options.iter().map(|choice| choice.name).collect()
}

fn has(group: &Group, choice: &Choice) -> bool {
    names(group).contains(&choice.name)
}

fn of_component(dice: &mut Dice, component: &mut Component, other: &Component) {
    match dice.below(16) {
        0..=2 => of_rules(dice, &mut component.rules, &other.rules),
        3 => {
            let mode = dice.below(2);
            component.sources[mode].clone_from(&other.sources[mode]);
        }
        4..=5 => {
            let mode = dice.below(2);
            if let (Some(source), Some(other)) = (&mut component.sources[mode], &other.sources[mode]) {
                of_source(dice, source, other);
            }
        }
        6 => {
            if component.releases.is_empty() || dice.percent(50) {
                let known = |release: &&Release| {
                    let mut all = component.releases.iter().map(|own| own.version).chain(component.version);
                    !all.any(|version| version == release.version)
                };
                component.releases.extend(other.releases.iter().find(known).cloned());
            } else {
                component.releases.remove(dice.below(component.releases.len()));
            }
        }
        7..=8 => {
            let other = other.releases.first();
            if let (Some(release), Some(other)) = (component.releases.first_mut(), other) {
                of_release(dice, release, other);
            }
        }
        9 => of_layer(dice, &mut component.layer, &other.layer),
        10 => {
            if component.profiles.is_empty() || dice.percent(50) {
                let new =
                    other.profiles.iter().find(|new| component.profiles.iter().all(|p| p.name != new.name));
                component.profiles.extend(new.cloned());
            } else {
                component.profiles.remove(dice.below(component.profiles.len()));
            }
        }
        11 => {
            let profiles = component.profiles.len();
            if profiles > 0 {
                let at = dice.below(profiles);
                let new = other.profiles.iter().find(|new| new.name == component.profiles[at].name);
                if let Some(new) = new {
                    match dice.below(3) {
                        0 => component.profiles[at].external = new.external,
                        1 => of_rules(dice, &mut component.profiles[at].rules, &new.rules),
                        _ => of_layer(dice, &mut component.profiles[at].layer, &new.layer),
                    }
                }
            }
        }
        12 => component.default_profile = other.default_profile,
        13 => component.yanked = !component.yanked,
        14 => component.requires_python = other.requires_python,
        _ => match dice.below(3) {
            0 => component.dependencies.clone_from(&other.dependencies),
            1 => component.uses.clone_from(&other.uses),
            _ => component.run = other.run,
        },
    }
    let profiles: Vec<_> = component.profiles.iter().filter(|profile| !profile.external).collect();
    component.default_profile =
        component.default_profile.filter(|name| profiles.iter().any(|profile| profile.name == *name));
}

fn of_release(dice: &mut Dice, release: &mut Release, other: &Release) {
    match dice.below(5) {
        0 => release.yanked = !release.yanked,
        1 => release.deprecated = !release.deprecated,
        2 => of_rules(dice, &mut release.rules, &other.rules),
        3 => of_layer(dice, &mut release.layer, &other.layer),
        _ => {
            let mode = dice.below(2);
            release.sources[mode] = match dice.below(3) {
                0 => Inherited::Kept,
                1 => Inherited::GivenUp,
                _ => other.sources[mode].clone(),
            };
        }
    }
}

fn of_source(dice: &mut Dice, source: &mut Source, other: &Source) {
    match dice.below(5) {
        0 => of_rules(dice, &mut source.rules, &other.rules),
        1 => of_layer(dice, &mut source.layer, &other.layer),
        2 => of_demands(dice, &mut source.requires, &other.requires),
        3 => source.image_of = other.image_of,
        _ => source.distribution = other.distribution,
    }
}

fn of_layer(dice: &mut Dice, layer: &mut Layer, other: &Layer) {
    match dice.below(4) {
        0 => layer.ports.clone_from(&other.ports),
        1 => layer.container_name = other.container_name,
        2 => layer.service_name = other.service_name,
        _ => layer.depends_on.clone_from(&other.depends_on),
    }
}

fn of_rules(dice: &mut Dice, rules: &mut Rules, other: &Rules) {
    if dice.percent(70) {
        return of_demands(dice, &mut rules.implies, &other.implies);
    }
    if rules.conflicts.is_empty() || dice.percent(40) {
        let new =
            other.conflicts.iter().find(|new| rules.conflicts.iter().all(|own| own.target != new.target));
        rules.conflicts.extend(new.copied());
    } else {
        let at = dice.below(rules.conflicts.len());
        match other.conflicts.iter().find(|new| new.target == rules.conflicts[at].target) {
            Some(new) => rules.conflicts[at] = *new,
            None => drop(rules.conflicts.remove(at)),
        }
    }
}

fn of_demands(dice: &mut Dice, demands: &mut Vec<Demand>, other: &[Demand]) {
    if demands.is_empty() || dice.percent(30) {
        let new = other.iter().find(|new| demands.iter().all(|own| own.target != new.target));
        demands.extend(new.cloned());
        return;
    }
    let at = dice.below(demands.len());
    let Some(new) = other.iter().find(|new| new.target == demands[at].target && !new.what.removed) else {
        demands.remove(at);
        return;
    };
    let what = &mut demands[at].what;
    match dice.below(6) {
        0 => what.version = new.what.version,
        1 => what.mode = new.what.mode,
        2 => what.profile = new.what.profile,
        3 => what.options.clone_from(&new.what.options),
        4 => what.params.clone_from(&new.what.params),
        _ => *what = new.what.clone(),
    }
}
