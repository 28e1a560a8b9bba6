//! Outdated: what the registry says to leave, in a stack and in the manifest.
//!
//! Owns: which parts of a stack are deprecated, and which names in the manifest something else takes the place of.
//! Refuses: solving, and writing the manifest.

mod moves;
mod together;

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Finding, Instead, Outdated};
use crate::load::Inputs;
use crate::manifest::edit::{Named, Part, named};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::{FileId, Place, Sources};
use crate::registry::{Deprecated, Entry, Fate, Registries, fate_of_option};
use crate::solve::Reasons;
use crate::stack::Stack;
use crate::statement::Statement;
use crate::version::Version;
use crate::yaml::{self, Limits};

pub use moves::{Move, Moves, moves};
pub use together::together;

/// All that is deprecated in a stack. The registries are asked what takes its place; what they read for that goes to
/// `aside`.
pub fn outdated(
    inputs: &Inputs,
    (stack, reasons): (&Stack, &Reasons),
    registries: &mut Registries<'_>,
    aside: &mut Sources,
) -> Vec<Diagnostic> {
    let mut report = Report { inputs, reasons, names: names(inputs), registries, aside, found: Vec::new() };
    for (id, package) in &stack.packages {
        report.component(id, package.release.as_ref());
    }
    for (id, container) in &stack.containers {
        report.component(id, container.release.as_ref());
    }
    for (id, group) in &stack.groups {
        report.group(id, &group.options);
    }
    report.found
}

/// The names in the manifest.
fn names(inputs: &Inputs) -> Vec<Named> {
    names_in(inputs.manifest.file, &inputs.sources)
}

fn names_in(file: FileId, sources: &Sources) -> Vec<Named> {
    let text = sources.get(file).map(|source| source.text.clone()).unwrap_or_default();
    yaml::read(file, &text, Limits::MANIFEST).map(|root| named(&root)).unwrap_or_default()
}

struct Report<'a, 'w> {
    inputs: &'a Inputs,
    reasons: &'a Reasons,
    names: Vec<Named>,
    registries: &'a mut Registries<'w>,
    aside: &'a mut Sources,
    found: Vec<Diagnostic>,
}

impl Report<'_, '_> {
    fn component(&mut self, id: &ComponentId, release: Option<&Version>) {
        let Some(entry) = self.inputs.component(id) else { return };
        let chain = self.reasons.chain(id);
        self.entry(&TargetId::Component(id.clone()), entry.common().deprecated.as_ref(), chain.as_deref());
        let Some(version) = release else { return };
        if let Some(deprecated) = release_of(entry, version) {
            let place = self.place(&TargetId::Component(id.clone()), chain.as_deref());
            let outdated = Outdated::Release {
                id: id.clone(),
                version: version.clone(),
                why: why(deprecated),
                instead: deprecated.instead.as_ref().map(|name| name.value.clone()),
                newest: newest(entry),
            };
            self.say(place, deprecated, outdated);
        }
    }

    fn group(&mut self, id: &GroupId, present: &[Name]) {
        let Some(group) = self.inputs.group(id) else { return };
        let chain = self.reasons.chain_of_group(id);
        let target = TargetId::Group(id.clone());
        self.entry(&target, group.common.deprecated.as_ref(), chain.as_deref());
        let present: BTreeSet<ComponentId> = present.iter().map(|name| id.option(name)).collect();
        for option in &group.options {
            let component = id.option(&option.name.value);
            let Some(deprecated) = option.deprecated.as_ref().filter(|_| present.contains(&component)) else {
                continue;
            };
            let selected = self.names.iter().find(|named| {
                named.part == Part::Selected(id.clone())
                    && named.target == TargetId::Component(component.clone())
            });
            let chain = self.reasons.chain(&component);
            let place = selected.map(|named| named.place).or_else(|| last(chain.as_deref()));
            let instead = match fate_of_option(id, &group.options, &option.name.value) {
                Fate::Leads(name) => Instead::Nowhere(name),
                fate => instead(fate),
            };
            let outdated = Outdated::Option {
                group: id.clone(),
                option: option.name.value.clone(),
                why: why(deprecated),
                instead,
                is_named: selected.is_some(),
            };
            self.say(place, deprecated, outdated);
        }
    }

    fn entry(&mut self, target: &TargetId, deprecated: Option<&Deprecated>, chain: Option<&[&Statement]>) {
        let Some(deprecated) = deprecated else { return };
        let instead = instead(self.registries.fate(target, self.aside));
        let is_named = self.names.iter().any(|named| is_line(named, target));
        let place = self.place(target, chain);
        let outdated = Outdated::Entry { target: target.clone(), why: why(deprecated), instead, is_named };
        self.say(place, deprecated, outdated);
    }

    /// Where the manifest names it, else where something else brings it in.
    fn place(&self, target: &TargetId, chain: Option<&[&Statement]>) -> Option<Place> {
        let named = self.names.iter().find(|named| is_line(named, target));
        named.map(|named| named.place).or_else(|| last(chain))
    }

    fn say(&mut self, place: Option<Place>, deprecated: &Deprecated, outdated: Outdated) {
        let place = place.unwrap_or(deprecated.place);
        let said = Diagnostic::warning(place, Finding::Outdated(outdated));
        let elsewhere = place != deprecated.place;
        self.found.push(if elsewhere { said.with(deprecated.place, "says the registry here") } else { said });
    }
}

/// Whether a name in the manifest is a reason to be there.
fn is_line(named: &Named, target: &TargetId) -> bool {
    named.target == *target && matches!(named.part, Part::Item | Part::Selected(_) | Part::Group)
}

fn last(chain: Option<&[&Statement]>) -> Option<Place> {
    chain?.iter().rev().find_map(|statement| statement.place)
}

fn why(deprecated: &Deprecated) -> Option<String> {
    deprecated.why.as_ref().map(|why| why.value.clone())
}

fn instead(fate: Fate) -> Instead {
    match fate {
        Fate::Follows { to, .. } => Instead::Use(to),
        Fate::Leads(name) => Instead::Nowhere(name),
        Fate::Ring(names) => Instead::Ring(names),
        Fate::Stays | Fate::Ends => Instead::Nothing,
    }
}

fn release_of<'e>(entry: &'e Entry, version: &Version) -> Option<&'e Deprecated> {
    entry.releases().into_iter().find(|release| release.version == version)?.deprecated
}

/// The newest release that is neither deprecated nor yanked.
fn newest(entry: &Entry) -> Option<Version> {
    let releases = entry.releases().into_iter();
    let good = releases.filter(|release| release.deprecated.is_none() && !release.yanked);
    good.map(|release| release.version).min_by(|a, b| a.preference(b)).cloned()
}
