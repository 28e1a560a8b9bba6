//! What takes the place of what, over all entries: whether it is there, and leads somewhere.
//!
//! Owns: `deprecated.use` and `renamed_from`. Refuses: whether anybody should still use it.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Finding, Upkeep};
use crate::load::Inputs;
use crate::manifest::edit::called;
use crate::names::{Name, TargetId, nearest};
use crate::place::{At, Place};
use crate::registry::{Deprecated, Entry, Fate, Group, fate_of_option, follow};

/// All of it, entry by entry.
pub(super) fn all(inputs: &Inputs) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut claimed: BTreeMap<TargetId, (TargetId, Place)> = BTreeMap::new();
    for (target, entry) in &inputs.entries {
        if let Some((deprecated, name)) = used(entry.common().deprecated.as_ref()) {
            of_entry(inputs, target, deprecated, name, &mut found);
        }
        if let Entry::Group(group) = entry.as_ref() {
            of_options(group, &mut found);
        }
        for release in entry.releases() {
            of_release(inputs, (target, entry), release.deprecated, &mut found);
        }
        for old in &entry.common().renamed_from {
            of_old_name(inputs, target, old, &mut claimed, &mut found);
        }
    }
    found
}

fn used(deprecated: Option<&Deprecated>) -> Option<(&Deprecated, &At<Name>)> {
    let deprecated = deprecated?;
    Some((deprecated, deprecated.instead.as_ref()?))
}

fn error(place: Place, upkeep: Upkeep) -> Diagnostic {
    Diagnostic::error(place, Finding::Upkeep(upkeep))
}

fn of_entry(
    inputs: &Inputs,
    target: &TargetId,
    deprecated: &Deprecated,
    name: &At<Name>,
    found: &mut Vec<Diagnostic>,
) {
    let instead = called(target, &name.value);
    if !exists(inputs, &instead) {
        let names = inputs.entries.keys().filter(|other| called(other, &name.value) == instead);
        let names: Vec<&str> = names.map(|other| other.name().as_str()).collect();
        let nearest = nearest(name.value.as_str(), names).and_then(|near| Name::parse(near).ok());
        let of = target.to_string();
        found.push(error(name.place, Upkeep::InsteadUnknown { of, name: name.value.clone(), nearest }));
        return;
    }
    let chain = follow(target.clone(), TargetId::eq, |here| {
        let (_, name) = used(inputs.entries.get(here)?.common().deprecated.as_ref())?;
        Some(called(here, &name.value))
    });
    if let Some(ring) = chain.ring() {
        // each ring is told once, at the entry of it that comes first
        if chain.back == Some(0) && chain.steps.iter().all(|other| target <= other) {
            let names = ring.map(|one| one.name().clone()).collect();
            found.push(error(name.place, Upkeep::InsteadRing { names }));
        }
        return;
    }
    let of_instead = inputs.entries.get(&instead).and_then(|entry| entry.common().deprecated.as_ref());
    if let Some(other) = of_instead {
        let upkeep = Upkeep::InsteadDeprecated { of: target.to_string(), name: name.value.clone() };
        let said = Diagnostic::warning(name.place, Finding::Upkeep(upkeep));
        found.push(if other.place == deprecated.place {
            said
        } else {
            said.with(other.place, "deprecated here")
        });
    }
}

fn of_options(group: &Group, found: &mut Vec<Diagnostic>) {
    for option in &group.options {
        let Some((_, name)) = used(option.deprecated.as_ref()) else { continue };
        let of = format!("the option `{}` of {}", option.name.value, group.id);
        let place = name.place;
        match fate_of_option(&group.id, &group.options, &option.name.value) {
            Fate::Leads(nowhere) if group.id.option(&nowhere) == group.id.option(&name.value) => {
                let names = group.options.iter().map(|own| own.name.value.as_str());
                let nearest = nearest(nowhere.as_str(), names).and_then(|near| Name::parse(near).ok());
                found.push(error(place, Upkeep::InsteadUnknown { of, name: nowhere, nearest }));
            }
            Fate::Ring(names) => {
                let first = names.iter().min();
                if names.first() == Some(&option.name.value) && first == Some(&option.name.value) {
                    found.push(error(place, Upkeep::InsteadRing { names }));
                }
            }
            Fate::Follows { to, .. } if group.id.option(&to) != group.id.option(&name.value) => {
                let upkeep = Upkeep::InsteadDeprecated { of, name: name.value.clone() };
                found.push(Diagnostic::warning(place, Finding::Upkeep(upkeep)));
            }
            _ => {}
        }
    }
}

/// What is to be used instead of a release: another one of the same entry, or another entry.
fn of_release(
    inputs: &Inputs,
    (target, entry): (&TargetId, &Entry),
    deprecated: Option<&Deprecated>,
    found: &mut Vec<Diagnostic>,
) {
    let Some((_, name)) = used(deprecated) else { return };
    let text = name.value.as_str();
    let is_release = entry.versions().iter().any(|version| version.as_str() == text);
    if !is_release && !exists(inputs, &called(target, &name.value)) {
        let of = format!("a release of {target}");
        found.push(error(name.place, Upkeep::InsteadUnknown { of, name: name.value.clone(), nearest: None }));
    }
}

fn of_old_name(
    inputs: &Inputs,
    target: &TargetId,
    old: &At<Name>,
    claimed: &mut BTreeMap<TargetId, (TargetId, Place)>,
    found: &mut Vec<Diagnostic>,
) {
    let id = called(target, &old.value);
    if let Some(living) = inputs.entries.get(&id) {
        let upkeep = Upkeep::OldNameLives { of: target.clone(), old: old.value.clone() };
        found.push(error(old.place, upkeep).with(living.common().name.place, "this entry has the name now"));
        return;
    }
    if let Some((other, place)) = claimed.get(&id) {
        let upkeep =
            Upkeep::OldNameTwice { of: target.clone(), other: other.clone(), old: old.value.clone() };
        found.push(error(old.place, upkeep).with(*place, "and here"));
        return;
    }
    claimed.insert(id, (target.clone(), old.place));
}

/// Whether there is such an entry; one with errors is one.
fn exists(inputs: &Inputs, target: &TargetId) -> bool {
    inputs.entries.contains_key(target) || inputs.absent.contains_key(target)
}
