//! The second engine: the same problem as clauses, searched by conflict-driven clause learning.
//!
//! Owns: how its answers become those of the first engine. Refuses: improving a model, and shrinking a core. A model of
//! the clauses keeps every rule but may hold what has no reason. It is handed to `PubGrub` as the place to look first,
//! which then never has to take back a decision: whatever it is told to decide, it is told by edges that the model
//! keeps, so the model's value is among the values that are left; and what it may leave out, it leaves out last, when
//! nothing can ask for it any more. So the selection is made by `PubGrub` whoever found it, with a reason for all.

pub(crate) mod clauses;
mod count;
pub(crate) mod formula;

use std::collections::BTreeSet;

use crate::encode::World;
use crate::fuel::Stop;
use crate::narrow::Narrowing;
use crate::problem::StatementId;
use crate::propagate::Propagation;
use crate::provider::{Outcome, Taste, search};
use crate::run::Answer;
use crate::solution::Engine;
use clauses::Verdict;
use formula::Formula;

/// The first answer of this engine.
pub(crate) fn first<'p>(
    world: &World<'p>,
    taste: &Taste,
    known: &Propagation<'p>,
    narrowing: &Narrowing<'_, 'p>,
    fuel: &mut u64,
) -> Result<Answer, Stop> {
    let mut formula = Formula::of_rest(world, known, fuel)?;
    if let Verdict::Core(_) = formula.solve(&[], fuel)? {
        return core(world, fuel).map(Answer::Core);
    }
    let near = formula.model();
    Ok(match search(world, taste, Some(&near), narrowing, fuel)? {
        Outcome::Model(model) => Answer::Model(model, Engine::Cdcl),
        Outcome::Refuted(refutation) => Answer::Core(refutation.statements(world, narrowing)),
    })
}

/// The statements that can't hold together, of a problem that has no solution: as few as one search tells, or all of
/// them if it does not end.
fn core(world: &World<'_>, fuel: &mut u64) -> Result<BTreeSet<StatementId>, Stop> {
    let groups = world.problem().groups.iter().map(|group| group.statement);
    let all: BTreeSet<StatementId> = world.kept().map(|rule| rule.statement).chain(groups).collect();
    let found = Formula::of_statements(world, fuel).and_then(|mut formula| formula.refute(&all, fuel));
    match found {
        Ok(Some(core)) => Ok(core),
        Ok(None) | Err(Stop::OutOfFuel) => Ok(all),
        Err(Stop::Interrupted) => Err(Stop::Interrupted),
    }
}
