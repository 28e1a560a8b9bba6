//! Whether a try breaks a rule.

use super::facts::{Group, Need, State, Wish, version_holds};
use super::{Judge, Try};
use crate::model::{Conflict, Id, Line, Mode, Target, Wanted, What};

/// What is broken where containers wait for each other, and nothing else is.
pub const RING: &str = "a ring";

impl<'a> Judge<'a> {
    /// Which rule a try breaks; `None`: it is valid.
    pub fn broken(&self, one: &Try) -> Option<&'static str> {
        if self.components.iter().zip(one).any(|(component, state)| component.required && state.is_none()) {
            return Some("what the manifest wants");
        }
        if self.present(one).any(|(_, state)| state.pinned_out) {
            return Some("a pin");
        }
        let parts = self.parts(one);
        for (need, by) in self.active(one, &parts) {
            if !self.met(need, by, one, &parts) {
                return Some("a demand");
            }
        }
        for (number, group) in self.groups.iter().enumerate() {
            if parts[number] && !count_is_fine(group, one) {
                return Some("a count");
            }
        }
        for line in &self.project.lines {
            if line.mode.is_some_and(|mode| !self.line_mode_is_fine(line, mode, one)) {
                return Some("a group's mode that nobody has");
            }
        }
        if self.active_conflicts(one, &parts).any(|line| self.clashes(line, one)) {
            return Some("a conflict");
        }
        // last, so that who asks knows that nothing else is broken
        let ring = || (self.has_ring(one, false) || self.has_ring(one, true)).then_some(RING);
        self.is_shared(one).or_else(|| self.python(one)).or_else(ring)
    }

    /// Which groups take part: those of the manifest, and those that something implies which counts itself.
    pub(super) fn parts(&self, one: &Try) -> Vec<bool> {
        let named = |group: &Group<'_>| self.project.lines.iter().any(|line| line.group == group.entry.id);
        let mut parts: Vec<bool> = self.groups.iter().map(named).collect();
        loop {
            let new: Vec<usize> =
                self.active(one, &parts).filter_map(|(need, _)| need.group).filter(|g| !parts[*g]).collect();
            if new.is_empty() {
                return parts;
            }
            for group in new {
                parts[group] = true;
            }
        }
    }

    /// Every demand that counts, with the state of the one who demands.
    pub(super) fn active<'s>(
        &'s self,
        one: &'s Try,
        parts: &'s [bool],
    ) -> impl Iterator<Item = (&'s Need<'a>, &'s State<'a>)> {
        let own = self.present(one).flat_map(|(_, state)| {
            state.implies.iter().chain(&state.starts).chain(&state.builds).map(move |need| (need, state))
        });
        own.chain(self.options(one, parts).flat_map(move |(group, turn, member)| {
            let state = self.state(one, member);
            self.groups[group].needs[turn].iter().filter_map(move |need| Some((need, state?)))
        }))
    }

    /// The present options of groups that take part: the group, the option's place, its component.
    pub(super) fn options<'s>(
        &'s self,
        one: &'s Try,
        parts: &'s [bool],
    ) -> impl Iterator<Item = (usize, usize, usize)> + 's {
        let part = self.groups.iter().enumerate().filter(|(number, _)| parts[*number]);
        part.flat_map(move |(number, group)| {
            let there =
                group.members.iter().enumerate().filter_map(|(turn, member)| Some((turn, (*member)?)));
            there
                .filter(|(_, member)| one[*member].is_some())
                .map(move |(turn, member)| (number, turn, member))
        })
    }

    pub(super) fn active_conflicts<'s>(
        &'s self,
        one: &'s Try,
        parts: &'s [bool],
    ) -> impl Iterator<Item = &'s Conflict> {
        let own = self.present(one).flat_map(|(_, state)| &state.conflicts);
        own.chain(
            self.options(one, parts)
                .flat_map(|(group, turn, _)| &self.groups[group].entry.options[turn].rules.conflicts),
        )
    }

    /// A mode of the manifest's line that no present option has; of none that is present nothing is asked, and an
    /// external has no mode to miss.
    fn line_mode_is_fine(&self, line: &Line, mode: Mode, one: &Try) -> bool {
        let Some(group) = self.groups.iter().find(|group| group.entry.id == line.group) else { return true };
        self.some_have(group, mode, one)
    }

    fn some_have(&self, group: &Group<'_>, mode: Mode, one: &Try) -> bool {
        let mut present = present_members(group, one).peekable();
        present.peek().is_none()
            || present.any(|member| {
                let is_external = self.state(one, member).is_some_and(|state| state.mode.is_none());
                is_external || self.components[member].has_mode(mode)
            })
    }

    fn met(&self, need: &Need<'_>, by: &State<'_>, one: &Try, parts: &[bool]) -> bool {
        match need.target {
            Target::Component(id) => {
                let Some(number) = need.component else { return false };
                let Some(state) = self.state(one, number) else { return false };
                match need.wish {
                    Wish::Presence => true,
                    Wish::Image => state.mode.is_some(),
                    Wish::Demand(what) => self.component_suits(id, number, state, what, by),
                }
            }
            Target::Group(_) => {
                let Some(number) = need.group else { return false };
                parts[number]
                    && match need.wish {
                        Wish::Presence | Wish::Image => true,
                        Wish::Demand(what) => self.group_suits(&self.groups[number], what, by, one),
                    }
            }
        }
    }

    fn component_suits(&self, id: Id, number: usize, state: &State<'_>, what: &What, by: &State<'_>) -> bool {
        what.version.is_none_or(|spec| version_holds(id.kind, state.measured, spec))
            && what.mode.and_then(|mode| demanded(mode, by)).is_none_or(|mode| mode_holds(state, mode))
            && what.profile.is_none_or(|name| self.components[number].profile(state) == Some(name))
    }

    fn group_suits(&self, group: &Group<'_>, what: &What, by: &State<'_>, one: &Try) -> bool {
        let there = |name: &&str| {
            let place = group.entry.options.iter().position(|option| option.name == *name);
            place.and_then(|place| group.members[place]).is_some_and(|member| one[member].is_some())
        };
        let mut names = what.options.iter().copied();
        let chosen = match what.options.as_slice() {
            [] => true,
            _ if group.entry.many => names.all(|name| there(&name)),
            _ => names.any(|name| there(&name)),
        };
        let mode = what.mode.and_then(|mode| demanded(mode, by));
        let bound = |member: usize| {
            let (component, state) = (&self.components[member], self.state(one, member));
            let Some(state) = state else { return true };
            mode.is_none_or(|mode| !component.has_mode(mode) || mode_holds(state, mode))
                && what
                    .profile
                    .is_none_or(|name| !component.has_profile(name) || component.profile(state) == Some(name))
        };
        chosen
            && present_members(group, one).all(bound)
            && mode.is_none_or(|mode| self.some_have(group, mode, one))
    }

    fn clashes(&self, line: &Conflict, one: &Try) -> bool {
        let hit = |id: Id| {
            let number = self.components.iter().position(|component| component.entry.id == id);
            let Some(state) = number.and_then(|number| self.state(one, number)) else { return false };
            line.version.is_any() || state.measured.is_some_and(|version| line.version.allows(version))
        };
        match line.target {
            Target::Component(id) => hit(id),
            Target::Group(id) => {
                let mut known = self.groups.iter().chain(&self.bystanders);
                known.find(|group| group.entry.id == id).is_some_and(|group| {
                    group.entry.options.iter().any(|option| hit(Id { kind: id.kind, name: option.name }))
                })
            }
        }
    }

    /// Whether containers wait for each other in a ring: to be started, or to be built.
    fn has_ring(&self, one: &Try, build: bool) -> bool {
        let works = |number: usize| {
            self.state(one, number).is_some_and(|state| if build { state.is_built } else { state.is_started })
        };
        let waits_for = |number: usize| -> Vec<usize> {
            let Some(state) = self.state(one, number) else { return Vec::new() };
            let needs = if build { &state.builds } else { &state.starts };
            let mut on = Vec::new();
            for need in needs {
                on.extend(need.component);
                // An option that waits for its own group waits for the others.
                let group = need.group.map(|group| &self.groups[group]);
                on.extend(group.into_iter().flat_map(|g| present_members(g, one)).filter(|m| *m != number));
            }
            on
        };
        // What waits for nothing that is left can go; a ring stays.
        let mut left: Vec<usize> = (0..one.len()).filter(|number| works(*number)).collect();
        loop {
            let stays = |number: &usize| waits_for(*number).iter().any(|on| left.contains(on));
            let rest: Vec<usize> = left.iter().copied().filter(stays).collect();
            if rest.len() == left.len() {
                return !rest.is_empty();
            }
            left = rest;
        }
    }

    /// What is present without a chain of reasons from the manifest.
    pub fn unfounded(&self, one: &Try) -> Vec<Id> {
        let mut founded: Vec<bool> = self.components.iter().map(|component| component.required).collect();
        let named = |group: &Group<'_>| self.project.lines.iter().any(|line| line.group == group.entry.id);
        let mut groups: Vec<bool> = self.groups.iter().map(named).collect();
        loop {
            let known: Try =
                one.iter().zip(&founded).map(|(state, known)| state.filter(|_| *known)).collect();
            let mut next = (founded.clone(), groups.clone());
            for (need, _) in self.active(&known, &groups) {
                if let Some(number) = need.component {
                    next.0[number] = true;
                }
                if let Some(number) = need.group {
                    next.1[number] = true;
                }
            }
            for (group, part) in self.groups.iter().zip(&groups) {
                if *part {
                    present_members(group, one).for_each(|member| next.0[member] = true);
                }
            }
            if next.0 == founded && next.1 == groups {
                let lost = one
                    .iter()
                    .zip(&founded)
                    .enumerate()
                    .filter(|(_, (state, known))| state.is_some() && !**known);
                return lost.map(|(number, _)| self.components[number].entry.id).collect();
            }
            (founded, groups) = next;
        }
    }
}

/// The distinct present options.
fn present_members<'s>(group: &'s Group<'_>, one: &'s Try) -> impl Iterator<Item = usize> + 's {
    group.members.iter().filter_map(|member| *member).filter(|member| one[*member].is_some())
}

fn count_is_fine(group: &Group<'_>, one: &Try) -> bool {
    let present = present_members(group, one).count();
    if !group.entry.many {
        return present == 1;
    }
    let (min, max) = bounds(group);
    (min..=max).contains(&present)
}

/// The least and the greatest number of options of M-of-N.
pub(super) fn bounds(group: &Group<'_>) -> (usize, usize) {
    (group.entry.min.unwrap_or(1), group.entry.max.unwrap_or(group.entry.options.len()))
}

fn demanded(mode: Wanted, by: &State<'_>) -> Option<Mode> {
    match mode {
        Wanted::Is(mode) => Some(mode),
        Wanted::Same => by.mode,
    }
}

fn mode_holds(state: &State<'_>, mode: Mode) -> bool {
    state.mode.is_none_or(|own| own == mode)
}
