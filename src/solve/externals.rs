//! Externals: the best solution has the fewest that nobody who is present asks for.
//!
//! Owns: who asks for an external profile, and the rules that let the problem's preferences see it. Refuses: what an
//! external that nobody asked for costs.
//!
//! Who is present is only known once all is decided, and to ask for something is no reason to be present. So the problem
//! first takes every external that an entry names as asked for, which costs no solution too much. What is best then is
//! the answer if it is so by what it is held for. If not, the rules are added that somebody who asks has to be present;
//! and if the search brings one in for that alone, also that he has a reason to be: for everything that could be one of
//! his reasons, that it has one itself, and for what stands in a ring of reasons, that one of it has one from outside.
//! All of that is true of every solution, so none is lost, and what is found in the end is the best of all.

use std::borrow::Cow;

use hsm_solver::{ItemId, Problem, Selection, StatementId, Then, When};

use super::support::{self, Support, UNSAID, holds};
use crate::compile::{Compiled, External};
use crate::load::Inputs;
use crate::names::{Name, TargetId};
use crate::statement::Claim;

/// How often somebody who asks without a reason to be present is told off before that is left so.
const MOST_ROUNDS: usize = 100;

/// The externals of a problem that some entry asks for.
pub(super) struct Externals<'a> {
    compiled: Option<&'a Compiled>,
    /// By external and profile: when somebody asks for it.
    askers: Vec<(&'a External, Vec<Vec<When>>)>,
    /// What gives what a reason, once that is needed.
    support: Option<Support<'a>>,
    rounds: usize,
}

impl<'a> Externals<'a> {
    /// None of them held against a solution yet.
    pub(super) fn new(inputs: &Inputs, compiled: &'a Compiled) -> Self {
        let askers = compiled.externals.iter().map(|external| {
            let of = |(profile, _): &(Name, _)| askers(inputs, compiled, external.item, profile);
            (external, external.profiles.iter().map(of).collect())
        });
        Self { compiled: Some(compiled), askers: askers.collect(), support: None, rounds: 0 }
    }

    /// Whatever is external is asked for.
    pub(super) fn unheeded() -> Self {
        Self { compiled: None, askers: Vec::new(), support: None, rounds: 0 }
    }

    /// Whether rules were added because of them.
    pub(super) fn are_held(&self) -> bool {
        self.support.is_some()
    }

    /// The selection, if its externals are asked for as far as it was taken to be so; without what was only brought in
    /// to ask. If they are not, the problem is told.
    pub(super) fn settled(
        &mut self,
        selection: Selection,
        problem: &mut Cow<'_, Problem>,
    ) -> Option<Selection> {
        let Some(compiled) = self.compiled else { return Some(selection) };
        let Some(support) = &mut self.support else {
            if self.askers.iter().all(|(external, askers)| !is_unasked(external, askers, &selection)) {
                return Some(selection);
            }
            let mut support = Support::new(&compiled.problem);
            for (external, askers) in &self.askers {
                hold(external, askers, &mut support, problem.to_mut());
            }
            self.support = Some(support);
            return None;
        };
        let unfounded = support.unfounded(&selection);
        let mut founded = selection.clone();
        support::take_away(&compiled.problem, &unfounded, &mut founded);
        let seems_asked = |external: &External| {
            let last = external.profiles.len() as u32;
            selection.candidate(external.asked).is_some_and(|candidate| candidate != last)
        };
        let is_fine = |(external, askers): &(&External, Vec<Vec<When>>)| {
            !seems_asked(external) || !is_unasked(external, askers, &founded)
        };
        if self.askers.iter().all(is_fine) {
            return Some(founded);
        }
        if self.rounds == MOST_ROUNDS {
            founded.optimal = false;
            return Some(founded);
        }
        self.rounds += 1;
        support.demand(&unfounded, problem.to_mut());
        None
    }
}

/// When somebody asks for a profile of a component.
fn askers(inputs: &Inputs, compiled: &Compiled, item: ItemId, profile: &Name) -> Vec<When> {
    let Some(id) = compiled.components.get(item.0 as usize).map(|component| &component.id) else {
        return Vec::new();
    };
    let asks = |statement: StatementId| {
        let claim = compiled.statement(statement).map(|statement| &statement.claim);
        let Some(Claim::Implies { target, demand, .. } | Claim::Requires { target, demand, .. }) = claim
        else {
            return false;
        };
        demand.profile.as_ref() == Some(profile)
            && match target {
                TargetId::Component(target) => target == id,
                TargetId::Group(group) => {
                    let options = inputs.group(group).into_iter().flat_map(|entry| &entry.options);
                    options.into_iter().any(|option| group.option(&option.name.value) == *id)
                }
            }
    };
    let mut askers: Vec<When> = Vec::new();
    for rule in compiled.problem.rules().iter().filter(|rule| asks(rule.statement)) {
        if !askers.contains(&rule.when) {
            askers.push(rule.when.clone());
        }
    }
    askers
}

/// Whether a component is in an external profile that nobody present asks for, nor the manifest.
fn is_unasked(external: &External, askers: &[Vec<When>], selection: &Selection) -> bool {
    let Some(candidate) = selection.candidate(external.item) else { return false };
    let mut profiles = external.profiles.iter().zip(askers);
    let named = profiles.find(|((_, candidates), _)| candidates.contains(candidate));
    match named {
        Some((_, askers)) => !askers.iter().any(|when| holds(selection, when)),
        None => external.others.contains(candidate),
    }
}

/// Lets the helper of a component show whether somebody asks for what was chosen.
fn hold(external: &External, askers: &[Vec<When>], support: &mut Support<'_>, problem: &mut Problem) {
    let nobody = external.profiles.len() as u32;
    let shown =
        |candidates: &mut dyn Iterator<Item = u32>| Then::Present(external.asked, candidates.collect());
    let others = When::Item(external.item, external.others.clone());
    problem.rule(UNSAID, others, shown(&mut [nobody].into_iter()));
    for (((_, candidates), askers), turn) in external.profiles.iter().zip(askers).zip(0..) {
        let chosen = When::Item(external.item, candidates.clone());
        problem.rule(UNSAID, chosen, shown(&mut [turn, nobody].into_iter()));
        let there = askers.iter().filter_map(|when| support.shown(when, problem)).collect();
        let somebody = When::Item(external.asked, [turn].into_iter().collect());
        problem.rule(UNSAID, somebody, Then::AnyOf(there));
    }
}
