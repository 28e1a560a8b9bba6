//! From a refutation to a conflict: as few statements as possible, in an order that argues.
//!
//! Owns: the shrinking by deletion and the order. Refuses: words.

use std::collections::BTreeSet;

use crate::argument::argue;
use crate::encode::World;
use crate::fuel::{Stop, within};
use crate::narrow::{Masks, Narrowing};
use crate::part::part;
use crate::problem::{Problem, StatementId};
use crate::propagate::Propagation;
use crate::provider::{Outcome, Taste, search};
use crate::reach::Reach;
use crate::solution::{Conflict, Failure};

/// Shrinks statements that can't hold together until none can be left out, and puts them in order.
pub(crate) fn explain(problem: &Problem, core: BTreeSet<StatementId>, fuel: &mut u64) -> Failure {
    match shrink(problem, core, fuel) {
        Ok((core, minimal)) => Failure::Conflict(Conflict { core: argue(problem, &core), minimal }),
        Err(interrupted) => interrupted,
    }
}

/// The statements that are left, and whether each is needed (otherwise the fuel ran out).
fn shrink(
    problem: &Problem,
    mut core: BTreeSet<StatementId>,
    fuel: &mut u64,
) -> Result<(BTreeSet<StatementId>, bool), Failure> {
    let problem = &part(problem, &core);
    // The last first: what comes late is more often a detail, what comes early is what the user wrote.
    let mut candidates: Vec<StatementId> = core.iter().copied().collect();
    while let Some(candidate) = candidates.pop() {
        if !core.contains(&candidate) {
            continue;
        }
        let without: BTreeSet<StatementId> = core.iter().copied().filter(|one| *one != candidate).collect();
        match refute(problem, &without, fuel) {
            Ok(Some(smaller)) => core = smaller,
            Ok(None) => {}
            Err(Stop::OutOfFuel) => return Ok((core, false)),
            Err(Stop::Interrupted) => return Err(Failure::Interrupted),
        }
    }
    Ok((core, true))
}

/// Steps for each item, group and rule of what is built.
const BUILDING: u64 = 5;

/// Those of the statements that can't hold together, if they can't.
fn refute(
    problem: &Problem,
    kept: &BTreeSet<StatementId>,
    fuel: &mut u64,
) -> Result<Option<BTreeSet<StatementId>>, Stop> {
    // Building what is searched is work too.
    *fuel = fuel
        .saturating_sub(BUILDING * (problem.items.len() + problem.groups.len() + problem.rules.len()) as u64);
    let reach = Reach::new(problem, &|statement| kept.contains(&statement));
    let mut known = Propagation::new(problem, &reach, |statement| kept.contains(&statement));
    if let Err(clash) = within(fuel, || known.run())? {
        return Ok(Some(known.blame(&clash)));
    }
    if within(fuel, || known.is_settled())? {
        return Ok(None);
    }
    let world = World::new(problem, &reach, |statement| kept.contains(&statement));
    let masks = Masks::new();
    let narrowing = Narrowing::new(&world, &known, &masks);
    match search(&world, &Taste::new(&world), None, &narrowing, fuel)? {
        Outcome::Model(_) => Ok(None),
        Outcome::Refuted(refutation) => Ok(Some(refutation.statements(&world, &narrowing))),
    }
}
