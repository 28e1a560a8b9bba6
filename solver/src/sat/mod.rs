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
        return core(world, fuel).map(|core| Answer::Core(core, Engine::Cdcl));
    }
    let near = formula.model();
    Ok(match search(world, taste, Some(&near), narrowing, fuel)? {
        Outcome::Model(model) => Answer::Model(model, Engine::Cdcl),
        Outcome::Refuted(refutation) => Answer::Core(refutation.statements(narrowing), Engine::PubGrub),
    })
}

/// The statements that can't hold together, of a problem that has no solution: as few as one search tells, or all of
/// them if it does not end.
fn core(world: &World<'_>, fuel: &mut u64) -> Result<BTreeSet<StatementId>, Stop> {
    let groups = world.problem().groups.iter().map(|group| group.statement);
    let all: BTreeSet<StatementId> = world.kept().map(|rule| rule.statement).chain(groups).collect();
    let mut core = all;
    match refined(world, &mut core, fuel) {
        Ok(()) | Err(Stop::OutOfFuel) => Ok(core),
        Err(Stop::Interrupted) => Err(Stop::Interrupted),
    }
}

/// How often a core is asked for a smaller one, and how much smaller (one part in so many) it has to be to go on.
const REFINE: (usize, usize) = (8, 16);

/// Asks for a core of the core, the statements assumed in one order and then in the other, until little goes.
fn refined(world: &World<'_>, core: &mut BTreeSet<StatementId>, fuel: &mut u64) -> Result<(), Stop> {
    let before = *fuel;
    let mut formula = Formula::of_statements(world, fuel)?;
    let mut in_vain = 0;
    for round in 0..REFINE.0 {
        // What is known by now makes the next search shorter, but it is not to cost more than the first did.
        let mut share = if round == 0 { *fuel } else { (*fuel).min((before - *fuel) / REFINE.0 as u64) };
        let given = share;
        let found = formula.refute(core, round % 2 == 1, &mut share);
        *fuel -= given - share;
        let Some(smaller) = found? else { return Ok(()) };
        in_vain = if smaller.len() + core.len() / REFINE.1 < core.len() { 0 } else { in_vain + 1 };
        *core = smaller;
        if in_vain == 2 {
            break;
        }
    }
    Ok(())
}
