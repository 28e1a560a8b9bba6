//! What one state of a registry allowed and another does not.
//!
//! Owns: the comparison of two surveys. Refuses: what is new and was never possible; a validation says that.

use std::collections::HashSet;
use std::path::Path;

use hsm_solver::{Answer, Survey};

use super::questions::{OfComponent, Questions};
use super::report::{self, release_of};
use crate::compile::{Compiled, compile};
use crate::diagnostic::{ComponentPart, Diagnostic, Finding, Lost, Proven};
use crate::load::{self, Inputs, Shelf};
use crate::names::{ComponentId, GroupId, Name};
use crate::place::Sources;
use crate::registry::Entry;
use crate::solve::{NoStack, survey};

/// What a registry allows: groups, options with and without each, pairs of them, components and their parts.
#[derive(Debug, Clone, Default)]
pub struct Possible {
    all: HashSet<Proven>,
    /// The options of groups, also those that nothing can have.
    options: HashSet<Proven>,
}

struct Surveyed {
    inputs: Inputs,
    compiled: Compiled,
    questions: Questions,
    answers: Survey,
}

/// Finds out what a registry allows; gives back what was read.
///
/// # Errors
/// When the user asks to stop, or the registry is too large to be asked about.
pub fn possible(
    root: &Path,
    shelf: Shelf<'_>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<(Possible, Sources), NoStack> {
    let surveyed = surveyed(root, shelf, interrupted)?;
    Ok((surveyed.possible(), surveyed.inputs.sources))
}

/// What was possible and is refuted now, each with the smallest set of lines that refutes it; and what was read.
///
/// # Errors
/// When the user asks to stop, or the registry is too large to be asked about.
pub fn lost(
    root: &Path,
    was: &Possible,
    shelf: Shelf<'_>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<(Vec<Diagnostic>, Sources), NoStack> {
    let Surveyed { inputs, mut compiled, questions, answers } = surveyed(root, shelf, interrupted)?;
    let present = questions.components.iter().map(|component| (&component.id, component.present));
    let dead: HashSet<&ComponentId> = present
        .filter(|(_, number)| answers.each.get(*number) == Some(&Answer::Impossible))
        .map(|(id, _)| id)
        .collect();
    let was_possible = |proven: &Proven| {
        let before = |proven: &Proven| was.all.contains(&key(proven));
        match proven {
            // a component that has become an option is told of as one
            Proven::DeadOption(group, name) if !was.options.contains(&key(proven)) => {
                let id = group.option(name);
                dead.contains(&id) && before(&Proven::DeadComponent(id))
            }
            proven => before(proven),
        }
    };
    let of = (&inputs, &mut compiled, &questions, &answers);
    let found = report::of_these(of, &was_possible, interrupted)?;
    let found = found.into_iter().filter_map(|said| {
        let Finding::Proven(proven) = said.finding else { return None };
        let severity = crate::diagnostic::Severity::Error;
        Some(Diagnostic { finding: Finding::Lost(Lost(proven)), severity, ..said })
    });
    Ok((found.collect(), inputs.sources))
}

fn surveyed(
    root: &Path,
    shelf: Shelf<'_>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Surveyed, NoStack> {
    let Some((inputs, _)) = load::whole(root, shelf) else { return Err(NoStack::Interrupted) };
    let mut compiled = compile(&inputs);
    let questions = Questions::new(&inputs, &mut compiled, false);
    let answers = survey(&inputs, &compiled, (&questions.demands, &questions.pairs), interrupted)?;
    Ok(Surveyed { inputs, compiled, questions, answers })
}

/// What refutes something; of two options in either order the same.
fn key(proven: &Proven) -> Proven {
    match proven {
        Proven::NeverTogether(one, other) if other.1 < one.1 => {
            Proven::NeverTogether(other.clone(), one.clone())
        }
        proven => proven.clone(),
    }
}

impl Surveyed {
    fn is(&self, number: usize) -> bool {
        self.answers.each.get(number) == Some(&Answer::Possible)
    }

    fn possible(&self) -> Possible {
        let (mut all, mut known) = (Vec::new(), HashSet::new());
        let mut options: Vec<Option<(GroupId, Name)>> = vec![None; self.questions.demands.len()];
        for group in &self.questions.groups {
            all.extend(self.is(group.takes_part).then(|| Proven::DeadGroup(group.id.clone())));
            for option in &group.options {
                let named = (group.id.clone(), option.name.clone());
                let dead = Proven::DeadOption(named.0.clone(), named.1.clone());
                known.insert(key(&dead));
                all.extend(self.is(option.present).then_some(dead));
                if option.left_out.is_some_and(|left_out| self.is(left_out)) {
                    all.push(Proven::AlwaysThere(named.0.clone(), named.1.clone()));
                }
                if let Some(at) = options.get_mut(option.present) {
                    *at = Some(named);
                }
            }
        }
        for component in &self.questions.components {
            self.component(component, &mut all);
        }
        let option = |number: u32| options.get(number as usize).cloned().flatten();
        for ((one, other), answer) in self.questions.pairs.iter().zip(&self.answers.pairs) {
            if let (Answer::Possible, Some(one), Some(other)) = (answer, option(*one), option(*other)) {
                all.push(Proven::NeverTogether(one, other));
            }
        }
        Possible { all: all.iter().map(key).collect(), options: known }
    }

    fn component(&self, of: &OfComponent, all: &mut Vec<Proven>) {
        let Some(entry) = self.inputs.component(&of.id) else { return };
        let part = |part| Proven::DeadPart(of.id.clone(), part);
        all.extend(self.is(of.present).then(|| Proven::DeadComponent(of.id.clone())));
        let releases = of.releases.iter().filter(|(_, number)| self.is(*number));
        let versions = releases.filter_map(|(release, _)| release_of(entry, *release));
        all.extend(versions.map(|(_, version)| part(ComponentPart::Release(version))));
        let modes = of.modes.iter().filter(|(_, number)| self.is(*number));
        all.extend(modes.map(|(mode, _)| part(ComponentPart::Mode(*mode))));
        if let Entry::Container(container) = entry {
            let profiles = of.profiles.iter().filter(|(_, number)| self.is(*number));
            let named = profiles.filter_map(|(profile, _)| container.profiles.get(*profile));
            all.extend(named.map(|profile| part(ComponentPart::Profile(profile.name.value.clone()))));
        }
    }
}
