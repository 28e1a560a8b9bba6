//! What the rules say of a project, read off the model by trying everything.
//!
//! - `facts`: what each component can be in, and what it says there.
//! - `valid`: whether a try breaks a rule.
//! - `shared`: host ports, names and distributions, which only one can hold.
//! - `cost`: which of two valid tries is better.
//! - `params`: what implications hand over.
//!
//! Owns: the meaning of the format, once more. Refuses: being clever.

mod cost;
mod facts;
mod params;
mod python;
mod reach;
mod shared;
mod valid;

use std::collections::BTreeSet;

use crate::model::{Id, Lock, Mode, Name, Project};
use crate::versions::Version;
use facts::{Component, Pins};
pub use facts::{Group, Need, Reached, State, Wish};
pub use params::Joined;
pub use valid::RING;

/// For each component that can be reached the number of its state; `None`: absent.
pub type Try = Vec<Option<usize>>;

/// A project with all that can be said beforehand.
#[derive(Debug)]
pub struct Judge<'a> {
    project: &'a Project,
    lock: Option<&'a Lock>,
    components: Vec<Component<'a>>,
    groups: Vec<Group<'a>>,
    /// Groups that only conflicts name.
    bystanders: Vec<Group<'a>>,
}

/// A present component in words.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Chosen {
    pub id: Id,
    pub version: Option<Version>,
    pub mode: Option<Mode>,
    pub profile: Option<Name>,
}

impl<'a> Judge<'a> {
    /// Reads a project as it stands, with another lock than its own if need be.
    pub fn new(project: &'a Project, lock: Option<&'a Lock>) -> Self {
        let (ids, group_ids) = reach::reached(project);
        let mut judge =
            Self { project, lock, components: Vec::new(), groups: Vec::new(), bystanders: Vec::new() };
        let ids: Vec<Id> = ids.into_iter().filter(|id| project.component(*id).is_some()).collect();
        for group in &project.groups {
            let facts = Group::new(group, &ids);
            if group_ids.contains(&group.id) {
                judge.groups.push(facts);
            } else {
                judge.bystanders.push(facts);
            }
        }
        judge.groups.sort_by_key(Group::id);
        let of = |component: &'a crate::model::Component| {
            let checkout = project.checkouts.get(&component.id).copied().flatten();
            Component::new(component, lock, checkout)
        };
        judge.components = ids.iter().filter_map(|id| project.component(*id)).map(of).collect();
        judge.components.iter_mut().for_each(facts::hold);
        let pins: Vec<Pins> = (0..judge.components.len()).map(|number| Pins::new(&judge, number)).collect();
        for (component, pins) in judge.components.iter_mut().zip(pins) {
            component.pin(&pins);
        }
        let reached =
            Reached { components: &ids, groups: &judge.groups.iter().map(Group::id).collect::<Vec<_>>() };
        for component in &mut judge.components {
            component.say(&reached);
        }
        for group in &mut judge.groups {
            group.say(&reached);
        }
        judge
    }

    /// How many tries there are.
    pub fn size(&self) -> u64 {
        (0..self.components.len()).map(|number| self.open(number).len() as u64).product()
    }

    /// What a component can be as far as the manifest alone says.
    fn open(&self, number: usize) -> Vec<Option<usize>> {
        let component = &self.components[number];
        let absent = (!component.required).then_some(None);
        let open = component.states.iter().enumerate().filter(|(_, state)| !state.pinned_out);
        absent.into_iter().chain(open.map(|(number, _)| Some(number))).collect()
    }

    /// Every try that the pins leave, until `see` has enough.
    pub fn every(&self, mut see: impl FnMut(&Try) -> bool) {
        let open: Vec<Vec<Option<usize>>> = (0..self.components.len()).map(|n| self.open(n)).collect();
        if open.iter().any(Vec::is_empty) {
            return;
        }
        let mut at = vec![0; open.len()];
        let mut one: Try = open.iter().map(|states| states[0]).collect();
        loop {
            if !see(&one) {
                return;
            }
            let Some(next) = (0..at.len()).find(|i| at[*i] + 1 < open[*i].len()) else { return };
            at[next] += 1;
            at[..next].fill(0);
            for i in 0..=next {
                one[i] = open[i][at[i]];
            }
        }
    }

    /// Whether any try breaks no rule.
    pub fn is_solvable(&self) -> bool {
        let mut found = false;
        self.every(|one| {
            found = self.broken(one).is_none();
            !found
        });
        found
    }

    /// The least cost of a valid try in which everything has a reason, and the first such try.
    pub fn best(&self) -> Option<(Vec<u32>, Try)> {
        let mut best: Option<(Vec<u32>, Try)> = None;
        self.every(|one| {
            if self.broken(one).is_none() && self.unfounded(one).is_empty() {
                let cost = self.cost(one);
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, one.clone()));
                }
            }
            true
        });
        best
    }

    /// The try that these words describe.
    pub fn find(&self, chosen: &[Chosen]) -> Option<Try> {
        let mut one: Try = vec![None; self.components.len()];
        for wanted in chosen {
            let number = self.components.iter().position(|component| component.entry.id == wanted.id)?;
            let states = &self.components[number].states;
            one[number] = Some(states.iter().position(|state| self.chosen(number, state) == *wanted)?);
        }
        Some(one)
    }

    /// A try in words.
    pub fn words(&self, one: &Try) -> Vec<Chosen> {
        let present = one.iter().enumerate().filter_map(|(number, state)| Some((number, (*state)?)));
        present.map(|(number, state)| self.chosen(number, &self.components[number].states[state])).collect()
    }

    fn chosen(&self, number: usize, state: &State<'_>) -> Chosen {
        let entry = self.components[number].entry;
        let profile = state.profile.map(|profile| entry.profiles[profile].name);
        Chosen { id: entry.id, version: state.version, mode: state.mode, profile }
    }

    /// The groups that take part, with their present options.
    pub fn taking_part(&self, one: &Try) -> Vec<(Id, Vec<Name>)> {
        let parts = self.parts(one);
        let part = self.groups.iter().enumerate().filter(|(number, _)| parts[*number]);
        part.map(|(_, group)| {
            let there = |member: &Option<usize>| member.is_some_and(|member| one[member].is_some());
            let options = group.entry.options.iter().zip(&group.members).filter(|(_, member)| there(member));
            (group.entry.id, options.map(|(option, _)| option.name).collect())
        })
        .collect()
    }

    fn state(&self, one: &Try, number: usize) -> Option<&State<'a>> {
        one[number].map(|state| &self.components[number].states[state])
    }

    fn present<'s>(&'s self, one: &'s Try) -> impl Iterator<Item = (usize, &'s State<'a>)> {
        (0..self.components.len()).filter_map(|number| Some((number, self.state(one, number)?)))
    }

    /// The components that can be reached and read.
    pub fn ids(&self) -> BTreeSet<Id> {
        self.components.iter().map(|component| component.entry.id).collect()
    }
}

impl std::fmt::Debug for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let version = self.version.map_or("-", Version::text);
        let mode = self.mode.map_or("external", Mode::text);
        write!(f, "{} {version} {mode} {}", self.id, self.profile.unwrap_or_default())
    }
}
