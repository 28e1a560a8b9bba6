//! The door to the CDCL crate: literals, clauses, and the search for values that keep them.
//!
//! Owns: every name of `batsat`, and what its work costs in steps. Refuses: knowing what a literal means. The crate is
//! asked nothing that depends on time or chance: equal clauses in equal order get equal answers.

use std::cell::Cell;
use std::ops::Not;

use batsat::{Callbacks, ClauseKind, Lit, Solver, SolverInterface, SolverOpts, Theory, TheoryArg, lbool};

use crate::fuel::{self, Stop, tick};

/// A variable or its opposite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Literal(Lit);

impl Not for Literal {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

/// How a search ended.
pub(crate) enum Verdict {
    /// There are values; [`Clauses::is_true`] tells them.
    Model,
    /// There are none under these of the assumptions (none of them: there are none at all).
    Core(Vec<Literal>),
}

/// Clauses and the search over them.
pub(crate) struct Clauses {
    solver: Solver<Meter>,
    truth: Literal,
    line: Vec<Lit>,
}

impl Clauses {
    /// No clause yet.
    pub(crate) fn new() -> Self {
        let mut solver = Solver::new(SolverOpts::default(), Meter::default());
        let truth = Literal(Lit::new(solver.new_var_default(), true));
        solver.add_clause_reuse(&mut vec![truth.0]);
        Self { solver, truth, line: Vec::new() }
    }

    /// The literal that always holds.
    pub(crate) fn truth(&self) -> Literal {
        self.truth
    }

    /// A literal of a new variable, which is tried false first.
    pub(crate) fn fresh(&mut self) -> Literal {
        Literal(Lit::new(self.solver.new_var_default(), true))
    }

    /// Adds a clause: at least one of these holds. A step for each of them, and one for the clause.
    pub(crate) fn add(&mut self, literals: impl IntoIterator<Item = Literal>) {
        tick();
        self.line.clear();
        for literal in literals {
            tick();
            if literal == self.truth {
                return;
            }
            if literal != !self.truth {
                self.line.push(literal.0);
            }
        }
        self.solver.add_clause_reuse(&mut self.line);
    }

    /// Searches under assumptions. Called within [`fuel::within`].
    pub(crate) fn solve(&mut self, assumptions: &[Literal]) -> Result<Verdict, Stop> {
        let assumed: Vec<Lit> = assumptions.iter().map(|literal| literal.0).collect();
        let answer = self.solver.solve_limited_th(&mut Trail::default(), &assumed);
        if answer == lbool::TRUE {
            return Ok(Verdict::Model);
        }
        if answer != lbool::FALSE {
            return Err(if fuel::interrupted() { Stop::Interrupted } else { Stop::OutOfFuel });
        }
        let failed = |literal: &&Literal| self.solver.unsat_core_contains_var(literal.0.var());
        Ok(Verdict::Core(assumptions.iter().filter(failed).copied().collect()))
    }

    /// Whether a literal holds in the last model.
    pub(crate) fn is_true(&self, literal: Literal) -> bool {
        self.solver.value_lit(literal.0) == lbool::TRUE
    }
}

/// Counts what is learnt and ends the search when the steps are used up or the caller's flag is up.
#[derive(Default)]
struct Meter {
    is_over: Cell<bool>,
    /// How many learnt clauses are kept.
    kept: Cell<u64>,
}

/// What a conflict costs by itself, what each literal that is learnt from it costs, and what a value costs that
/// follows from others: about as many set operations of the other engine as take the same time. On the way to a
/// conflict, most of the time goes into looking at learnt clauses: a step for each four that are kept.
const CONFLICT: u64 = 150;
const LEARNT: u64 = 4;
const FOLLOWS: u64 = 4;
const KEPT: u64 = 4;

impl Callbacks for Meter {
    fn on_start(&mut self) {
        self.is_over.set(false);
    }

    fn on_new_clause(&mut self, clause: &[Lit], _: ClauseKind) {
        let kept = self.kept.get() + 1;
        self.kept.set(kept);
        let steps = CONFLICT + LEARNT * clause.len() as u64 + kept / KEPT;
        self.is_over.set(fuel::spend(steps) || self.is_over.get());
    }

    fn on_delete_clause(&mut self, _: &[Lit]) {
        self.kept.set(self.kept.get().saturating_sub(1));
    }

    fn stop(&self) -> bool {
        if !self.is_over.get() {
            self.is_over.set(fuel::spend(1));
        }
        self.is_over.get()
    }
}

/// Watches the values grow and counts them.
#[derive(Default)]
struct Trail {
    counted: usize,
    levels: Vec<usize>,
}

impl Theory for Trail {
    fn final_check(&mut self, _: &mut TheoryArg<'_>) {}

    fn create_level(&mut self) {
        self.levels.push(self.counted);
    }

    fn pop_levels(&mut self, how_many: usize) {
        let left = self.levels.len().saturating_sub(how_many);
        if let Some(counted) = self.levels.get(left) {
            self.counted = *counted;
        }
        self.levels.truncate(left);
    }

    fn n_levels(&self) -> usize {
        self.levels.len()
    }

    fn partial_check(&mut self, acts: &mut TheoryArg<'_>) {
        let now = acts.model().len();
        // Whether the steps are used up is asked by the search itself, before its next decision.
        fuel::spend(FOLLOWS * now.saturating_sub(self.counted) as u64);
        self.counted = now;
    }

    fn explain_propagation(&mut self, _: Lit) -> &[Lit] {
        // Nothing is propagated here, so nothing is asked.
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuel::within;

    #[test]
    fn a_core_is_made_of_assumptions() {
        let mut clauses = Clauses::new();
        let [a, b, c] = [(); 3].map(|()| clauses.fresh());
        clauses.add([!a, !b]);
        let mut fuel = 1000;
        let free = within(&mut fuel, || clauses.solve(&[c, a])).unwrap();
        assert!(matches!(free, Ok(Verdict::Model)));
        assert!(clauses.is_true(a) && !clauses.is_true(b) && clauses.is_true(c));
        let Ok(Ok(Verdict::Core(core))) = within(&mut fuel, || clauses.solve(&[c, a, b])) else { panic!() };
        assert_eq!(core, [a, b]);
        let truth = clauses.truth();
        clauses.add([!truth]);
        let Ok(Ok(Verdict::Core(core))) = within(&mut fuel, || clauses.solve(&[c])) else { panic!() };
        assert_eq!(core, []);
    }

    /// So many pigeons in one hole fewer.
    fn pigeons(holes: usize) -> Clauses {
        let mut clauses = Clauses::new();
        let table: Vec<Vec<Literal>> =
            (0..=holes).map(|_| (0..holes).map(|_| clauses.fresh()).collect()).collect();
        for (number, pigeon) in table.iter().enumerate() {
            clauses.add(pigeon.iter().copied());
            for other in &table[..number] {
                for (one, two) in pigeon.iter().zip(other) {
                    clauses.add([!*one, !*two]);
                }
            }
        }
        clauses
    }

    #[test]
    fn a_search_ends_at_its_limit_and_can_go_on() {
        let mut clauses = pigeons(7);
        let mut fuel = 10_000;
        let answer = within(&mut fuel, || clauses.solve(&[])).unwrap();
        assert!(matches!(answer, Err(Stop::OutOfFuel)));
        assert_eq!(fuel, 0);
        let mut fuel = 100_000_000;
        let answer = within(&mut fuel, || clauses.solve(&[])).unwrap();
        assert!(matches!(answer, Ok(Verdict::Core(core)) if core.is_empty()));
        let mut again = 100_000_000;
        let mut same = pigeons(7);
        let mut little = 10_000;
        let _ = within(&mut little, || same.solve(&[]).is_ok());
        let _ = within(&mut again, || same.solve(&[]).is_ok());
        assert_eq!(fuel, again, "the same work, another count");
    }
}
