//! Rings: containers that would have to start, or images that would have to be built, each before the other.
//!
//! Owns: finding a ring in a selection, and the rule that keeps that ring out of the next one. Refuses: the order of the
//! steps of a run.
//!
//! Rings are rare, so they are no part of the problem from the start: a selection that has one is taken back, the ring
//! forbidden, and the search goes on.

use std::collections::{BTreeMap, BTreeSet};

use hsm_solver::{CandidateSet, ItemId, Problem, Selection, StatementId, Then, When};

use super::Chosen;
use crate::compile::candidates::{Parts, Said};
use crate::compile::{Choice, Compiled};
use crate::load::Inputs;
use crate::names::{ComponentId, TargetId};
use crate::place::Place;
use crate::registry::ContainerOrigin;
use crate::stack::LinkSort;
use crate::statement::{Claim, Statement};

/// A ring in a selection.
pub(super) struct Ring {
    /// Its members, each waiting for the next, the last for the first.
    members: Vec<Member>,
    sort: LinkSort,
}

struct Member {
    id: ComponentId,
    item: ItemId,
    /// The candidates in which it waits for the next one for the same reason.
    candidates: CandidateSet,
    /// The line that says so.
    place: Place,
}

/// The first ring in a selection: of starts before builds, of the smallest ids, the shortest.
pub(super) fn find(
    inputs: &Inputs,
    compiled: &Compiled,
    selection: &Selection,
    chosen: &Chosen<'_>,
) -> Option<Ring> {
    [LinkSort::DependsOn, LinkSort::Requires].into_iter().find_map(|sort| {
        let waits = waits(inputs, compiled, selection, chosen, sort);
        let ids = chosen.keys().filter_map(|start| shortest(&waits, start)).min_by_key(Vec::len)?;
        let next = ids.iter().cycle().skip(1);
        let members = ids
            .iter()
            .zip(next)
            .map(|(id, next)| member(inputs, compiled, id, *waits.get(id)?.get(next)?, sort))
            .collect::<Option<Vec<_>>>()?;
        Some(Ring { members, sort })
    })
}

type Waits<'a> = BTreeMap<&'a ComponentId, BTreeMap<ComponentId, Place>>;

/// Who waits for whom, with the line that says so.
fn waits<'a>(
    inputs: &Inputs,
    compiled: &Compiled,
    selection: &Selection,
    chosen: &Chosen<'a>,
    sort: LinkSort,
) -> Waits<'a> {
    let works = |id: &ComponentId| chosen.get(id).is_some_and(|choice| does(inputs, id, choice, sort));
    let mut waits = Waits::new();
    for (&id, &choice) in chosen.iter().filter(|(id, _)| works(id)) {
        let own = waits.entry(id).or_default();
        for said in says(inputs, id, choice, sort) {
            match &said.target {
                TargetId::Component(of) if works(of) => {
                    own.entry(of.clone()).or_insert(said.place);
                }
                TargetId::Component(_) => {}
                TargetId::Group(group) => {
                    let number = compiled.groups.iter().position(|known| known == group);
                    let members = number.and_then(|n| selection.options(hsm_solver::GroupId(n as u32)));
                    let options = inputs.group(group).map_or(&[][..], |entry| &entry.options);
                    let present = members.into_iter().flatten().filter_map(|m| options.get(*m as usize));
                    // An option that depends on its own group means the others.
                    for of in present.map(|o| group.option(&o.name.value)).filter(|of| of != id && works(of))
                    {
                        own.entry(of).or_insert(said.place);
                    }
                }
            }
        }
    }
    waits
}

/// Whether a candidate is started, or its image built.
fn does(inputs: &Inputs, id: &ComponentId, choice: &Choice, sort: LinkSort) -> bool {
    let parts = inputs.component(id).and_then(|entry| Parts::of(entry, choice));
    let Some(Parts::Container(entry, _, source, _)) = parts.filter(|_| !choice.is_external()) else {
        return false;
    };
    match sort {
        LinkSort::Requires => source.is_some_and(|s| !matches!(s.origin, ContainerOrigin::Image { .. })),
        LinkSort::DependsOn | LinkSort::Implies => entry.run.as_ref().is_none_or(|run| run.value),
    }
}

fn says<'a>(inputs: &'a Inputs, id: &ComponentId, choice: &Choice, sort: LinkSort) -> Vec<Said<'a>> {
    let parts = inputs.component(id).and_then(|entry| Parts::of(entry, choice));
    let all = parts.map(|parts| parts.says(inputs)).unwrap_or_default();
    all.into_iter().filter(|said| said.sort == sort).collect()
}

/// The shortest way from `start` back to itself.
fn shortest(waits: &Waits<'_>, start: &ComponentId) -> Option<Vec<ComponentId>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![start.clone()]];
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in way.last().and_then(|last| waits.get(last)).into_iter().flat_map(BTreeMap::keys) {
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    longer.push(way.iter().chain([next]).cloned().collect());
                }
            }
        }
        ways = longer;
    }
    None
}

fn member(
    inputs: &Inputs,
    compiled: &Compiled,
    id: &ComponentId,
    place: Place,
    sort: LinkSort,
) -> Option<Member> {
    let number = compiled.components.iter().position(|component| component.id == *id)?;
    let choices = compiled.components[number].choices.iter().zip(0..);
    let same = |choice: &Choice| {
        does(inputs, id, choice, sort) && says(inputs, id, choice, sort).iter().any(|s| s.place == place)
    };
    let candidates = choices.filter(|(choice, _)| same(choice)).map(|(_, candidate)| candidate).collect();
    Some(Member { id: id.clone(), item: ItemId(number as u32), candidates, place })
}

impl Ring {
    /// What the ring says of itself.
    pub(super) fn statement(&self) -> Statement {
        let ids = self.members.iter().map(|member| member.id.clone()).collect();
        let place = self.members.last().map(|member| member.place);
        Statement { place, claim: Claim::Ring { members: ids, built: self.sort == LinkSort::Requires } }
    }

    /// The statements that make the ring, in its order.
    pub(super) fn made_of<'a>(&'a self, compiled: &'a Compiled) -> impl Iterator<Item = &'a Statement> {
        self.members.iter().filter_map(|member| {
            compiled.statements.iter().find(|statement| {
                let waits = matches!(
                    statement.claim,
                    Claim::DependsOn(..) | Claim::Requires { .. } | Claim::UsesImage(..)
                );
                waits && statement.place == Some(member.place)
            })
        })
    }

    /// Adds the rule: not all of these at once.
    pub(super) fn forbid(&self, problem: &mut Problem, compiled: &Compiled, statement: StatementId) {
        let Some((first, rest)) = self.members.split_first() else { return };
        let others = |member: &Member| -> CandidateSet {
            let number = member.item.0 as usize;
            let all = compiled.components.get(number).map_or(0, |component| component.choices.len() as u32);
            (0..all).filter(|candidate| !member.candidates.contains(*candidate)).collect()
        };
        let when = || When::Item(first.item, first.candidates.clone());
        match rest {
            [] => problem.rule(statement, When::Always, Then::AbsentOr(first.item, others(first))),
            [second] => problem.rule(statement, when(), Then::AbsentOr(second.item, others(second))),
            // One of the others has to give way; a helper for each stands for "this one does".
            more => {
                let yields: Vec<ItemId> = more.iter().map(|_| problem.item(1)).collect();
                for (member, helper) in more.iter().zip(&yields) {
                    let when = When::Item(*helper, CandidateSet::all(1));
                    problem.rule(statement, when, Then::AbsentOr(member.item, others(member)));
                }
                let one_of = yields.into_iter().map(|helper| (helper, CandidateSet::all(1))).collect();
                problem.rule(statement, when(), Then::AnyOf(one_of));
            }
        }
    }
}
