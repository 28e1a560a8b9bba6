//! Externals: which of those that were chosen nobody who is there asked for.
//!
//! Owns: who asks for an external profile in a solution. Refuses: what an external that nobody asked for costs.
//!
//! Who is there is only known once all is decided. So the problem first takes every external that an entry names as asked
//! for; where that turns out wrong, it is solved again with those held against it, and the better of the two counts. (A
//! third solution, in which somebody who asks is there, could be better still; that one is not looked for.)

use std::collections::BTreeSet;

use hsm_solver::{ItemId, Selection, When};

use crate::compile::{Asked, Compiled, candidates};
use crate::load::Inputs;
use crate::names::TargetId;
use crate::statement::Claim;

/// The externals of a selection that neither the manifest nor anybody present asks for.
pub(super) fn unasked(inputs: &Inputs, compiled: &Compiled, selection: &Selection) -> Asked {
    let mut externals = Asked::new();
    for (component, number) in compiled.components.iter().zip(0..) {
        let choice = selection.candidate(ItemId(number)).and_then(|c| component.choices.get(c as usize));
        let entry = inputs.component(&component.id);
        if let (Some(choice), Some(entry)) = (choice.filter(|choice| choice.is_external()), entry)
            && let Some(profile) = candidates::profile_name(entry, choice)
            && !compiled.pinned_externals.contains(&(component.id.clone(), profile.clone()))
        {
            externals.insert((component.id.clone(), profile.clone()));
        }
    }
    if !externals.is_empty() {
        take_asked(inputs, compiled, selection, &mut externals);
    }
    externals
}

/// Takes away what a rule demands whose condition holds.
fn take_asked(inputs: &Inputs, compiled: &Compiled, selection: &Selection, externals: &mut Asked) {
    for rule in compiled.problem.rules() {
        let Some(statement) = compiled.statement(rule.statement) else { continue };
        let (Claim::Implies { target, demand, .. } | Claim::Requires { target, demand, .. }) =
            &statement.claim
        else {
            continue;
        };
        let Some(profile) = demand.profile.as_ref().filter(|_| holds(selection, &rule.when)) else {
            continue;
        };
        match target {
            TargetId::Component(id) => {
                externals.remove(&(id.clone(), profile.clone()));
            }
            TargetId::Group(group) => {
                for option in inputs.group(group).into_iter().flat_map(|entry| &entry.options) {
                    externals.remove(&(group.option(&option.name.value), profile.clone()));
                }
            }
        }
    }
}

fn holds(selection: &Selection, when: &When) -> bool {
    match when {
        When::Always => true,
        When::Item(item, set) => selection.candidate(*item).is_some_and(|candidate| set.contains(candidate)),
        When::TakesPart(group) => selection.options(*group).is_some(),
        When::Option(group, member) => {
            selection.options(*group).is_some_and(|options| options.contains(member))
        }
    }
}

/// Whether the first costs less than the second: by component, in the order of the ids.
pub(super) fn is_better(one: &Asked, other: &Asked) -> bool {
    let ids = |externals: &Asked| -> BTreeSet<_> { externals.iter().map(|(id, _)| id.clone()).collect() };
    let (one, other) = (ids(one), ids(other));
    one.symmetric_difference(&other).next().is_some_and(|id| other.contains(id))
}
