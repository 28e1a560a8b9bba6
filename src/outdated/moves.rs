//! Which names in the manifest something else takes the place of, and whether it can.

use super::names_in;
use crate::diagnostic::{Diagnostic, Finding, Outdated, Unmovable};
use crate::load::Opened;
use crate::manifest::edit::{EditError, Named, Part, Pins, called, rename};
use crate::names::{GroupId, Name, TargetId};
use crate::place::{FileId, Place};
use crate::registry::{Entry, Fate, Group, fate_of_option};
use crate::version::VersionDemand;

/// A name that another one takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// What the manifest names.
    pub from: TargetId,
    /// What it should name.
    pub to: Name,
    /// Whether the old name is nowhere any more: then nothing works until it is replaced.
    pub is_old_name: bool,
    /// Where in the manifest it stands first.
    pub place: Place,
    parts: Vec<Part>,
}

impl Move {
    /// The manifest's text with the new name.
    ///
    /// # Errors
    /// Why it can't be written.
    pub fn made(&self, text: &str) -> Result<String, Unmovable> {
        let edited = rename(text, &self.from, &self.to, |part| self.parts.contains(part));
        edited.map(|edited| edited.text).map_err(|error| match error {
            EditError::Refused(refusal) => {
                Unmovable::Style { obstacle: refusal.obstacle.to_string(), by_hand: refusal.by_hand }
            }
            _ => Unmovable::Both,
        })
    }

    /// What there is to say when it was not made.
    pub fn unmade(&self, why: Unmovable) -> Diagnostic {
        let (from, to) = (self.from.clone(), self.to.clone());
        Diagnostic::warning(self.place, Finding::Outdated(Outdated::Unmoved { from, to, why }))
    }
}

/// What is to be moved in a manifest, and what something stands in the way of.
#[derive(Debug, Clone, Default)]
pub struct Moves {
    /// What can be tried.
    pub moves: Vec<Move>,
    /// What cannot, each with the reason.
    pub stuck: Vec<Diagnostic>,
}

/// Goes over the names in a manifest, which is among the texts that were read as `file`.
pub fn moves(file: FileId, opened: &mut Opened<'_>) -> Moves {
    let names = names_in(file, &opened.sources);
    let mut search = Search { opened, names, out: Moves::default(), blocked: Vec::new() };
    for number in 0..search.names.len() {
        search.look_at(number);
    }
    let Search { mut out, blocked, .. } = search;
    for (from, to, why) in blocked {
        if let Some(at) = out.moves.iter().position(|one| one.from == from && one.to == to) {
            let one = out.moves.remove(at);
            out.stuck.push(one.unmade(why));
        }
    }
    out
}

struct Search<'a, 'w> {
    opened: &'a mut Opened<'w>,
    names: Vec<Named>,
    out: Moves,
    blocked: Vec<(TargetId, Name, Unmovable)>,
}

impl Search<'_, '_> {
    fn look_at(&mut self, number: usize) {
        let Some(named) = self.names.get(number).cloned() else { return };
        let fate = match &named.part {
            Part::Item | Part::Group => self.fate(&named.target),
            Part::Constraint => self.fate_of_constraint(&named.target),
            Part::Selected(group) => self.fate_in(group, &named, true),
            Part::Excluded(group) => self.fate_in(group, &named, false),
        };
        match fate {
            Fate::Follows { to, is_old_name } => self.follow(named, to, is_old_name),
            Fate::Ring(round) => {
                let ring = Outdated::Ring { target: named.target, names: round };
                let said = Diagnostic::error(named.place, Finding::Outdated(ring));
                let is_same = |other: &Diagnostic| other.finding == said.finding;
                if !self.out.stuck.iter().any(is_same) {
                    self.out.stuck.push(said);
                }
            }
            Fate::Stays | Fate::Ends | Fate::Leads(_) => {}
        }
    }

    fn fate(&mut self, target: &TargetId) -> Fate {
        self.opened.registries.fate(target, &mut self.opened.sources)
    }

    /// A constraint on something deprecated goes with the line that is the reason for it; alone it harms nobody.
    fn fate_of_constraint(&mut self, target: &TargetId) -> Fate {
        let fate = self.fate(target);
        let is_listed = self.names.iter().any(|named| super::is_line(named, target));
        match fate {
            Fate::Follows { is_old_name: false, .. } | Fate::Ring(_) if !is_listed => Fate::Stays,
            fate => fate,
        }
    }

    /// What became of an option. What is excluded since it is no good stays excluded; its old name does not stay.
    fn fate_in(&mut self, line: &GroupId, named: &Named, is_selected: bool) -> Fate {
        let TargetId::Component(component) = &named.target else { return Fate::Stays };
        let Some(group) = self.group(line) else { return Fate::Stays };
        let own = group.options.iter().find(|option| group.id.option(&option.name.value) == *component);
        let fate = match own {
            Some(option) => match fate_of_option(&group.id, &group.options, &option.name.value) {
                Fate::Stays => self.fate(&named.target),
                fate => fate,
            },
            None => match self.fate(&named.target) {
                // what is no option and has not had another name is a mistake of another kind
                fate @ Fate::Follows { is_old_name: true, .. } => fate,
                _ => Fate::Stays,
            },
        };
        let Fate::Follows { to, is_old_name } = fate else { return fate };
        if !is_old_name && !is_selected {
            return Fate::Stays;
        }
        let has_it = |option: &crate::registry::GroupOption| {
            group.id.option(&option.name.value) == group.id.option(&to)
        };
        if !group.options.iter().any(has_it) {
            self.blocked.push((named.target.clone(), to.clone(), Unmovable::NoOption(group.id.clone())));
        }
        Fate::Follows { to, is_old_name }
    }

    /// The group of a line, under the name that it has now.
    fn group(&mut self, line: &GroupId) -> Option<Group> {
        let id = match self.fate(&TargetId::Group(line.clone())) {
            Fate::Follows { to, is_old_name: true } => GroupId::new(line.kind, &to),
            _ => line.clone(),
        };
        self.opened.group(&id).ok().flatten()
    }

    fn follow(&mut self, named: Named, to: Name, is_old_name: bool) {
        let new = called(&named.target, &to);
        if let Some(why) = self.misfit(&new, &named.pins) {
            self.blocked.push((named.target.clone(), to.clone(), why));
        }
        let known = self.out.moves.iter_mut().find(|one| one.from == named.target && one.to == to);
        match known {
            Some(one) => {
                one.parts.push(named.part);
                one.is_old_name |= is_old_name;
            }
            None => self.out.moves.push(Move {
                from: named.target,
                to,
                is_old_name,
                place: named.place,
                parts: vec![named.part],
            }),
        }
    }

    /// What the pins of the old one ask for that the new one does not have.
    fn misfit(&mut self, new: &TargetId, pins: &Pins) -> Option<Unmovable> {
        let loaded = self.opened.registries.load(new, &mut self.opened.sources);
        let Ok(Some(entry)) = loaded else { return Some(Unmovable::Broken) };
        if let Some((text, _)) = &pins.version {
            let versions = entry.versions();
            let demand = VersionDemand::parse(text).ok()?;
            if !versions.is_empty() && !versions.iter().any(|version| demand.allows(version)) {
                return Some(Unmovable::NoRelease(text.clone()));
            }
        }
        if let (Some((text, _)), Entry::Container(container)) = (&pins.profile, entry.as_ref())
            && !container.profiles.iter().any(|profile| profile.name.value.as_str() == text)
        {
            return Some(Unmovable::NoProfile(text.clone()));
        }
        None
    }
}
