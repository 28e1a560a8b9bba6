//! From a refutation to a conflict: as few statements as possible, in an order that argues.
//!
//! Owns: the shrinking by deletion and the order. Refuses: words.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::argument::argue;
use crate::assignment::Assignment;
use crate::encode::{Counting, Variable, World};
use crate::fuel::{Stop, within};
use crate::narrow::{Masks, Narrowing};
use crate::needed;
use crate::part::part;
use crate::problem::{Problem, StatementId};
use crate::propagate::Propagation;
use crate::provider::{Model, Outcome, Taste, search};
use crate::reach::Reach;
use crate::run::slice;
use crate::sat::formula::Formula;
use crate::solution::{Conflict, Engine, Failure};

/// Shrinks statements that can't hold together until none can be left out, and puts them in order. The engines are the
/// only one to use, and the one that found the statements.
pub(crate) fn explain(
    problem: &Problem,
    core: BTreeSet<StatementId>,
    (engine, found_by): (Option<Engine>, Engine),
    fuel: &mut u64,
) -> Failure {
    // What was too hard for the first engine is not tried with it again and again.
    let engine = if found_by == Engine::Cdcl { Some(Engine::Cdcl) } else { engine };
    match shrink(problem, core, engine, fuel) {
        Ok((core, minimal)) => Failure::Conflict(Conflict { core: argue(problem, &core), minimal }),
        Err(interrupted) => interrupted,
    }
}

/// The statements that are left, and whether each is needed (otherwise the fuel ran out).
fn shrink(
    problem: &Problem,
    core: BTreeSet<StatementId>,
    engine: Option<Engine>,
    fuel: &mut u64,
) -> Result<(BTreeSet<StatementId>, bool), Failure> {
    let mut shrinking = Shrinking { core, needed: BTreeSet::new(), at_once: 1, walks: true };
    match shrinking.run(problem, engine, fuel) {
        Ok(()) => Ok((shrinking.core, true)),
        Err(Stop::OutOfFuel) => Ok((shrinking.core, false)),
        Err(Stop::Interrupted) => Err(Failure::Interrupted),
    }
}

struct Shrinking {
    /// These can't hold together.
    core: BTreeSet<StatementId>,
    /// Those of them without which the others have a solution.
    needed: BTreeSet<StatementId>,
    /// How many to leave out next.
    at_once: usize,
    /// Whether walking from one needed statement to others is worth it.
    walks: bool,
}

impl Shrinking {
    fn run(&mut self, problem: &Problem, engine: Option<Engine>, fuel: &mut u64) -> Result<(), Stop> {
        let is_open = |shrinking: &Self| shrinking.needed.len() < shrinking.core.len();
        while is_open(self) {
            let problem = &part(problem, &self.core);
            let size = self.core.len();
            let whole = Whole::default();
            let mut tests = Tests { problem, engine, whole: &whole, formula: None };
            // Once half of it is gone, what is asked is cut down to the rest.
            while is_open(self) && self.core.len() * 2 >= size {
                self.step(&mut tests, fuel)?;
            }
        }
        Ok(())
    }

    fn step<'a, 'p: 'a>(&mut self, tests: &mut Tests<'a, 'p>, fuel: &mut u64) -> Result<(), Stop> {
        // The last first: what comes late is more often a detail, what comes early is what the user wrote.
        let open = self.core.iter().rev().filter(|one| !self.needed.contains(one));
        let left_out: BTreeSet<StatementId> = open.take(self.at_once).copied().collect();
        let without: BTreeSet<StatementId> = self.core.difference(&left_out).copied().collect();
        match tests.refute(&without, (&self.core, &self.needed), fuel)? {
            // Where some could go, others may too: more of them at once.
            Tested::Core(smaller) => {
                self.core = smaller;
                self.at_once *= 2;
            }
            Tested::Solution(solution) if left_out.len() == 1 => {
                self.needed.extend(left_out);
                let (problem, core, needed) = (tests.problem, &self.core, &mut self.needed);
                if self.walks {
                    // What it does not find in its share is asked for one by one.
                    let mut share = *fuel / 4 * 3;
                    let given = share;
                    let walked = within(&mut share, || needed::walk(problem, core, solution, needed));
                    *fuel -= given - share;
                    self.walks = walked != Err(Stop::OutOfFuel);
                    walked.or_else(|stop| if self.walks { Err(stop) } else { Ok(()) })?;
                }
            }
            Tested::Solution(_) => self.at_once = 1,
        }
        Ok(())
    }
}

/// Steps for each item, group and rule of what is built.
const BUILDING: u64 = 5;

/// What all tests of the second engine share, once it is needed.
#[derive(Default)]
struct Whole<'p> {
    reach: OnceCell<Reach>,
    world: OnceCell<World<'p>>,
}

/// Whether some of the statements can hold together.
enum Tested<'p> {
    /// These can't.
    Core(BTreeSet<StatementId>),
    /// They can: like this.
    Solution(Assignment<'p>),
}

impl<'p> Tested<'p> {
    fn model(problem: &'p Problem, model: &Model) -> Self {
        let item = |item| model.value(Variable::Item(item));
        Self::Solution(Assignment::new(problem, item, |group| model.value(Variable::Group(group)) > 0))
    }
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
    /// Whether what is kept can't hold together, of a core and what is known to be needed of it.
    fn refute(
        &mut self,
        kept: &BTreeSet<StatementId>,
        (core, needed): (&BTreeSet<StatementId>, &BTreeSet<StatementId>),
        fuel: &mut u64,
    ) -> Result<Tested<'p>, Stop> {
        let problem = self.problem;
        // Building what is searched is work too.
        *fuel = fuel.saturating_sub(
            BUILDING * (problem.items.len() + problem.groups.len() + problem.rules.len()) as u64,
        );
        let reach = Reach::new(problem, &|statement| kept.contains(&statement));
        let mut known = Propagation::new(problem, &reach, |statement| kept.contains(&statement));
        let here = match within(fuel, || known.run().and_then(|()| known.fits()))? {
            Err(clash) => return Ok(Tested::Core(known.blame(&clash))),
            Ok(placed) => {
                let here = known.mark();
                for assumption in &placed {
                    known.assume(assumption);
                }
                here
            }
        };
        if let Some(solution) = within(fuel, || known.run().ok().and_then(|()| known.settled()))? {
            return Ok(Tested::Solution(solution));
        }
        known.back_to(here);
        if let Some(mut slice) = slice(problem, self.engine, *fuel).filter(|_| self.formula.is_none()) {
            let world = World::new(problem, &reach, Counting::UpTo(0), |statement| kept.contains(&statement));
            let masks = Masks::new();
            let narrowing = Narrowing::new(&world, &known, &masks);
            let given = slice;
            let outcome = search(&world, &Taste::new(&world), None, &narrowing, &mut slice);
            *fuel -= given - slice;
            match outcome {
                Ok(Outcome::Model(model)) => return Ok(Tested::model(problem, &model)),
                Ok(Outcome::Refuted(refutation)) => {
                    return Ok(Tested::Core(refutation.statements(&narrowing)));
                }
                Err(Stop::OutOfFuel) if self.engine.is_none() => {}
                Err(stop) => return Err(stop),
            }
        }
        let formula = self.formula(fuel)?;
        formula.settle(core, needed, fuel)?;
        Ok(match formula.refute(kept, false, fuel)? {
            Some(core) => Tested::Core(core),
            None => Tested::model(problem, &formula.model()),
        })
    }

    /// Once a search was too hard for the first engine, the others of this conflict are not tried with it.
    fn formula(&mut self, fuel: &mut u64) -> Result<&mut Formula<'a, 'a>, Stop> {
        let formula = if let Some(formula) = self.formula.take() {
            formula
        } else {
            let reach = self.whole.reach.get_or_init(|| Reach::new(self.problem, &|_| true));
            let world =
                self.whole.world.get_or_init(|| World::new(self.problem, reach, Counting::UpTo(0), |_| true));
            Formula::of_statements(world, fuel)?
        };
        Ok(self.formula.insert(formula))
    }
}
