//! From a refutation to a conflict: as few statements as possible, in an order that argues.
//!
//! Owns: the shrinking by deletion and the order. Refuses: words.

use std::cell::OnceCell;
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
use crate::run::share;
use crate::sat::formula::Formula;
use crate::solution::{Conflict, Engine, Failure};

/// Shrinks statements that can't hold together until none can be left out, and puts them in order.
pub(crate) fn explain(
    problem: &Problem,
    core: BTreeSet<StatementId>,
    engine: Option<Engine>,
    fuel: &mut u64,
) -> Failure {
    match shrink(problem, core, engine, fuel) {
        Ok((core, minimal)) => Failure::Conflict(Conflict { core: argue(problem, &core), minimal }),
        Err(interrupted) => interrupted,
    }
}

/// The statements that are left, and whether each is needed (otherwise the fuel ran out).
fn shrink(
    problem: &Problem,
    mut core: BTreeSet<StatementId>,
    engine: Option<Engine>,
    fuel: &mut u64,
) -> Result<(BTreeSet<StatementId>, bool), Failure> {
    let problem = &part(problem, &core);
    let whole = Whole::default();
    let mut tests = Tests { problem, engine, whole: &whole, formula: None };
    // The last first: what comes late is more often a detail, what comes early is what the user wrote.
    let mut candidates: Vec<StatementId> = core.iter().copied().collect();
    while let Some(candidate) = candidates.pop() {
        if !core.contains(&candidate) {
            continue;
        }
        let without: BTreeSet<StatementId> = core.iter().copied().filter(|one| *one != candidate).collect();
        match tests.refute(&without, fuel) {
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

/// What all tests of the second engine share, once it is needed.
#[derive(Default)]
struct Whole<'p> {
    reach: OnceCell<Reach>,
    world: OnceCell<World<'p>>,
}

/// The question whether some of the statements can't hold together, asked again and again.
struct Tests<'a, 'p> {
    problem: &'p Problem,
    engine: Option<Engine>,
    whole: &'a Whole<'a>,
    /// All statements as clauses: what is learnt in one test serves the next.
    formula: Option<Formula<'a, 'a>>,
}

impl<'a, 'p: 'a> Tests<'a, 'p> {
    /// Those of the statements that can't hold together, if they can't.
    fn refute(
        &mut self,
        kept: &BTreeSet<StatementId>,
        fuel: &mut u64,
    ) -> Result<Option<BTreeSet<StatementId>>, Stop> {
        let problem = self.problem;
        // Building what is searched is work too.
        *fuel = fuel.saturating_sub(
            BUILDING * (problem.items.len() + problem.groups.len() + problem.rules.len()) as u64,
        );
        let reach = Reach::new(problem, &|statement| kept.contains(&statement));
        let mut known = Propagation::new(problem, &reach, |statement| kept.contains(&statement));
        if let Err(clash) = within(fuel, || known.run())? {
            return Ok(Some(known.blame(&clash)));
        }
        if within(fuel, || known.is_settled())? {
            return Ok(None);
        }
        if let Some(mut share) = share(problem, self.engine, *fuel).filter(|_| self.formula.is_none()) {
            let world = World::new(problem, &reach, |statement| kept.contains(&statement));
            let masks = Masks::new();
            let narrowing = Narrowing::new(&world, &known, &masks);
            let given = share;
            let outcome = search(&world, &Taste::new(&world), None, &narrowing, &mut share);
            *fuel -= given - share;
            match outcome {
                Ok(Outcome::Model(_)) => return Ok(None),
                Ok(Outcome::Refuted(refutation)) => {
                    return Ok(Some(refutation.statements(&world, &narrowing)));
                }
                Err(Stop::OutOfFuel) if self.engine.is_none() => {}
                Err(stop) => return Err(stop),
            }
        }
        self.formula(fuel)?.refute(kept, fuel)
    }

    /// Once a search was too hard for the first engine, the others of this conflict are not tried with it.
    fn formula(&mut self, fuel: &mut u64) -> Result<&mut Formula<'a, 'a>, Stop> {
        let formula = if let Some(formula) = self.formula.take() {
            formula
        } else {
            let reach = self.whole.reach.get_or_init(|| Reach::new(self.problem, &|_| true));
            let world = self.whole.world.get_or_init(|| World::new(self.problem, reach, |_| true));
            Formula::of_statements(world, fuel)?
        };
        Ok(self.formula.insert(formula))
    }
}
