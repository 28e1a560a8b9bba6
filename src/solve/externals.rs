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
use std::collections::HashMap;

use hsm_solver::{Problem, Selection, Then, When};

use super::support::{self, Support, UNSAID, holds};
use crate::compile::{Compiled, External};
use crate::load::Inputs;
use crate::names::ComponentId;
use crate::statement::Claim;

/// How often somebody who asks without a reason to be present is told off before that is left so.
const MOST_ROUNDS: usize = 100;

/// By external and profile: when somebody asks for it.
type Askers = Vec<Vec<Vec<When>>>;

/// The externals of a problem that some entry asks for.
pub(super) struct Externals<'a> {
    known: Option<(&'a Inputs, &'a Compiled, &'a Problem)>,
    /// Once an external is chosen.
    askers: Option<Askers>,
    /// What gives what a reason, once that is needed.
    support: Option<Support<'a>>,
    rounds: usize,
}

impl<'a> Externals<'a> {
    /// None of them held against a solution yet. `problem` is what was compiled, or what is asked instead of that.
    pub(super) fn new(inputs: &'a Inputs, compiled: &'a Compiled, problem: &'a Problem) -> Self {
        Self { known: Some((inputs, compiled, problem)), ..Self::unheeded() }
    }

    /// Whatever is external is asked for.
    pub(super) fn unheeded() -> Self {
        Self { known: None, askers: None, support: None, rounds: 0 }
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
        let Some((inputs, compiled, before)) = self.known else { return Some(selection) };
        let externals = &compiled.externals;
        if self.support.is_none() && !externals.iter().any(|external| is_external(external, &selection)) {
            return Some(selection);
        }
        let askers = self.askers.get_or_insert_with(|| askers(inputs, compiled, before));
        let Some(support) = &mut self.support else {
            let mut all = externals.iter().zip(askers.iter());
            if all.all(|(external, askers)| !is_unasked(external, askers, &selection)) {
                return Some(selection);
            }
            let mut support = Support::new(before);
            for (external, askers) in externals.iter().zip(askers) {
                hold(external, askers, &mut support, problem.to_mut());
            }
            self.support = Some(support);
            return None;
        };
        let unfounded = support.unfounded(&selection);
        let mut founded = selection.clone();
        support::take_away(before, &unfounded, &mut founded);
        let is_fine = |(external, askers): (&External, &Vec<Vec<When>>)| {
            !seems_asked(external, &selection) || !is_unasked(external, askers, &founded)
        };
        if externals.iter().zip(askers.iter()).all(is_fine) {
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

/// When somebody asks, for all externals.
fn askers(inputs: &Inputs, compiled: &Compiled, problem: &Problem) -> Askers {
    let mut askers: Askers =
        compiled.externals.iter().map(|external| vec![Vec::new(); external.profiles.len()]).collect();
    let number_of: HashMap<&ComponentId, usize> = compiled
        .externals
        .iter()
        .enumerate()
        .filter_map(|(number, external)| {
            Some((&compiled.components.get(external.item.0 as usize)?.id, number))
        })
        .collect();
    for rule in problem.rules() {
        let claim = compiled.statement(rule.statement).map(|statement| &statement.claim);
        let Some(Claim::Implies { target, demand, .. } | Claim::Requires { target, demand, .. }) = claim
        else {
            continue;
        };
        let Some(profile) = &demand.profile else { continue };
        for id in inputs.components_of(target) {
            let Some(number) = number_of.get(&id).copied() else { continue };
            let turn = compiled.externals[number].profiles.iter().position(|(name, _)| name == profile);
            let of = turn.and_then(|turn| askers.get_mut(number)?.get_mut(turn));
            if let Some(of) = of.filter(|of| !of.contains(&rule.when)) {
                of.push(rule.when.clone());
            }
        }
    }
    askers
}

/// Whether a component is in an external profile that the manifest does not ask for.
fn is_external(external: &External, selection: &Selection) -> bool {
    let mut named = external.profiles.iter().map(|(_, candidates)| candidates).chain([&external.others]);
    selection
        .candidate(external.item)
        .is_some_and(|candidate| named.any(|candidates| candidates.contains(candidate)))
}

/// Whether it is in one that nobody who is present asks for either.
fn is_unasked(external: &External, askers: &[Vec<When>], selection: &Selection) -> bool {
    let Some(candidate) = selection.candidate(external.item) else { return false };
    let mut profiles = external.profiles.iter().zip(askers);
    let named = profiles.find(|((_, candidates), _)| candidates.contains(candidate));
    match named {
        Some((_, askers)) => !askers.iter().any(|when| holds(selection, when)),
        None => external.others.contains(candidate),
    }
}

/// Whether the helper shows that somebody asks.
fn seems_asked(external: &External, selection: &Selection) -> bool {
    let nobody = external.profiles.len() as u32;
    selection.candidate(external.asked).is_some_and(|candidate| candidate != nobody)
}

/// Lets the helper of a component show whether somebody asks for what was chosen.
fn hold(external: &External, askers: &[Vec<When>], support: &mut Support<'_>, problem: &mut Problem) {
    let nobody = external.profiles.len() as u32;
    let shown = |candidates: &[u32]| Then::Present(external.asked, candidates.iter().copied().collect());
    problem.rule(UNSAID, When::Item(external.item, external.others.clone()), shown(&[nobody]));
    for (((_, candidates), askers), turn) in external.profiles.iter().zip(askers).zip(0..) {
        let chosen = When::Item(external.item, candidates.clone());
        problem.rule(UNSAID, chosen, shown(&[turn, nobody]));
        let there = askers.iter().filter_map(|when| support.shown(when, problem)).collect();
        let somebody = When::Item(external.asked, [turn].into_iter().collect());
        problem.rule(UNSAID, somebody, Then::AnyOf(there));
    }
}
