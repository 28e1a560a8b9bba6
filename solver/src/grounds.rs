//! Many questions about one problem that can't be met, and for each the statements because of which it can't.
//!
//! Owns: finding statements that refute a question without looking at all of the problem again. Refuses: saying which
//! questions can't be met (a survey does), shrinking and order (a conflict's).
//!
//! What follows of the problem by itself is worked out once. A question is laid over that and taken back; mostly it
//! clashes at once, and only what it touches is looked at. What has to be searched is put to one set of clauses that all
//! questions of a share have in common. From then on only the rules of the statements that were found are looked at.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::conflict::explain;
use crate::encode::{Counting, World};
use crate::fuel::{Stop, within};
use crate::part::part_of;
use crate::problem::{CandidateSet, Problem, StatementId, Then, When};
use crate::propagate::{Mark, Propagation};
use crate::reach::Reach;
use crate::run::{allowance, interruptible, to_explain};
use crate::sat::formula::Formula;
use crate::shares::shared_out;
use crate::solution::{Conflict, Engine, Failure, Options};

/// Of each question (all of its demands together) the statements because of which it can't be met: a conflict of the
/// problem in which these demands always hold, as `asked` says. `None`: it can be met, or the bound of work was used up
/// before it was seen that it can't. `asked` is a statement of no rule.
///
/// [`Options::fuel`] bounds each question by itself; [`Options::engine`] and [`Options::counted`] have no influence.
///
/// # Errors
/// When the caller asks to stop.
pub fn grounds(
    problem: &Problem,
    asked: StatementId,
    questions: &[Vec<Then>],
    options: &Options<'_>,
) -> Result<Vec<Option<Conflict>>, Failure> {
    let fuel = allowance(problem, options);
    let work = || all(problem, asked, questions, fuel).map_err(|Interrupted| Failure::Interrupted);
    interruptible(options, Failure::Interrupted, &work)
}

struct Interrupted;

fn all(
    problem: &Problem,
    asked: StatementId,
    questions: &[Vec<Then>],
    fuel: u64,
) -> Result<Vec<Option<Conflict>>, Interrupted> {
    let reach = Reach::all(problem);
    let rules = Rules::new(problem);
    shared_out(questions.len(), |numbers| {
        let world = OnceCell::new();
        let mut grounds = Grounds::new(problem, &reach, &rules, asked, &world, fuel)?;
        numbers.filter_map(|number| questions.get(number)).map(|question| grounds.of(question)).collect()
    })
}

/// The rules of each statement.
struct Rules(Vec<(StatementId, u32)>);

impl Rules {
    fn new(problem: &Problem) -> Self {
        let mut all: Vec<(StatementId, u32)> =
            problem.rules.iter().map(|rule| rule.statement).zip(0..).collect();
        all.sort_unstable();
        Self(all)
    }

    /// Their numbers, ascending.
    fn of(&self, statements: &BTreeSet<StatementId>) -> Vec<u32> {
        let of = |statement: &StatementId| {
            let from = self.0.partition_point(|(other, _)| other < statement);
            let to = self.0.partition_point(|(other, _)| other <= statement);
            self.0[from..to].iter().map(|(_, number)| *number)
        };
        let mut numbers: Vec<u32> = statements.iter().flat_map(of).collect();
        numbers.sort_unstable();
        numbers
    }
}

struct Grounds<'a, 'p> {
    problem: &'p Problem,
    reach: &'p Reach,
    rules: &'a Rules,
    asked: StatementId,
    fuel: u64,
    /// What follows of the problem by itself.
    by_itself: Base<'p>,
    /// The same, and what searches have refuted.
    searched_for: Base<'p>,
    /// Of a problem that can't be solved by itself: why.
    clash: Option<BTreeSet<StatementId>>,
    world: &'a OnceCell<World<'p>>,
    formula: Option<Formula<'a, 'p>>,
}

impl<'a, 'p> Grounds<'a, 'p> {
    fn new(
        problem: &'p Problem,
        reach: &'p Reach,
        rules: &'a Rules,
        asked: StatementId,
        world: &'a OnceCell<World<'p>>,
        fuel: u64,
    ) -> Result<Self, Interrupted> {
        let (by_itself, clash) = Base::new(problem, reach, fuel)?;
        let (searched_for, _) = Base::new(problem, reach, fuel)?;
        Ok(Self { problem, reach, rules, asked, fuel, by_itself, searched_for, clash, world, formula: None })
    }

    fn of(&mut self, question: &[Then]) -> Result<Option<Conflict>, Interrupted> {
        let mut fuel = self.fuel;
        match self.found(question, &mut fuel) {
            Ok(found) => Ok(found),
            Err(Stop::OutOfFuel) => Ok(None),
            Err(Stop::Interrupted) => Err(Interrupted),
        }
    }

    fn found(&mut self, question: &[Then], fuel: &mut u64) -> Result<Option<Conflict>, Stop> {
        if let Some(core) = self.clash.clone() {
            return self.shrunk(question, core, fuel);
        }
        if let Some(core) = self.by_itself.clashing(self.asked, question, fuel)? {
            return self.shrunk(question, core, fuel);
        }
        // What an option needs to be there whatever its group does explains whatever needs the option, too.
        let general = self.general(question);
        for asked in [general.as_deref(), Some(question)].into_iter().flatten() {
            if let Some(core) = self.searched_for.clashing(self.asked, asked, fuel)? {
                return self.shrunk(question, core, fuel);
            }
        }
        if let Some(general) = general
            && let Some(core) = self.searched(&general, fuel)?
        {
            let found = self.shrunk(&general, core, fuel)?;
            self.note(&general, found.as_ref());
            // With the rest of the question, some of it may not be needed.
            return match found {
                Some(found) => self.shrunk(question, found.core.into_iter().collect(), fuel),
                None => Ok(None),
            };
        }
        let Some(core) = self.searched(question, fuel)? else { return Ok(None) };
        let found = self.shrunk(question, core, fuel)?;
        self.note(question, found.as_ref());
        Ok(found)
    }

    /// What a question about an option asks for at least: that the item is there.
    fn general(&self, question: &[Then]) -> Option<Vec<Then>> {
        let [Then::AllOf(group, members)] = question else { return None };
        let [member] = members.as_slice() else { return None };
        let item = *self.problem.groups.get(group.0 as usize)?.members.get(*member as usize)?;
        Some(vec![Then::Present(item, CandidateSet::all(self.problem.candidates(item)))])
    }

    /// What a search has refuted is known for good, with its reason: what needs it clashes at once.
    fn note(&mut self, question: &[Then], found: Option<&Conflict>) {
        let (Some(found), [only]) = (found, question) else { return };
        let statements = found.core.iter().copied().filter(|one| *one != self.asked).collect();
        self.searched_for.note(only, &statements, self.fuel);
    }

    /// A conflict of these statements, none of which can be left out.
    fn shrunk(
        &self,
        question: &[Then],
        core: BTreeSet<StatementId>,
        fuel: &mut u64,
    ) -> Result<Option<Conflict>, Stop> {
        let numbers = self.rules.of(&core);
        let rules = numbers.iter().filter_map(|number| self.problem.rules.get(*number as usize));
        let rules = rules.map(|rule| (rule.statement, &rule.when, &rule.then));
        let demands = question.iter().map(|then| (self.asked, &When::Always, then));
        let part = part_of(self.problem, rules.chain(demands));
        let mut more = to_explain(&part, self.fuel, self.fuel - *fuel);
        match explain(&part, core, (None, Engine::PubGrub), &mut more) {
            Failure::Conflict(conflict) => Ok(Some(conflict)),
            Failure::OutOfFuel => Ok(None),
            Failure::Interrupted => Err(Stop::Interrupted),
        }
    }

    fn searched(&mut self, question: &[Then], fuel: &mut u64) -> Result<Option<BTreeSet<StatementId>>, Stop> {
        let mut formula = if let Some(formula) = self.formula.take() {
            formula
        } else {
            let (problem, reach) = (self.problem, self.reach);
            let world = self.world.get_or_init(|| World::new(problem, reach, Counting::UpTo(0), |_| true));
            Formula::of_statements(world, fuel)?
        };
        let core = formula.refute_question(question, self.asked, fuel);
        self.formula = Some(formula);
        core
    }
}

/// What is known of a problem, for questions to be laid over it and taken back.
struct Base<'p> {
    known: Propagation<'p>,
    here: Mark,
}

impl<'p> Base<'p> {
    /// What follows of a problem, or why it can't be solved.
    fn new(
        problem: &'p Problem,
        reach: &Reach,
        mut fuel: u64,
    ) -> Result<(Self, Option<BTreeSet<StatementId>>), Interrupted> {
        let mut known = Propagation::new(problem, reach, |_| true);
        let clash = match within(&mut fuel, || known.run()) {
            Ok(Err(clash)) => Some(known.blame(&clash)),
            Ok(Ok(())) | Err(Stop::OutOfFuel) => None,
            Err(Stop::Interrupted) => return Err(Interrupted),
        };
        let here = known.mark();
        Ok((Self { known, here }, clash))
    }

    /// Statements that clash with a question without any search.
    fn clashing(
        &mut self,
        asked: StatementId,
        question: &[Then],
        fuel: &mut u64,
    ) -> Result<Option<BTreeSet<StatementId>>, Stop> {
        let known = &mut self.known;
        let clash = within(fuel, || {
            let mut demands = question.iter();
            demands.try_for_each(|then| known.demand(asked, then)).and_then(|()| known.run())
        });
        let core = clash.map(|clash| clash.err().map(|clash| known.blame(&clash)));
        known.back_to(self.here);
        core
    }

    /// Keeps that something can't be, because of these statements.
    fn note(&mut self, then: &Then, statements: &BTreeSet<StatementId>, mut fuel: u64) {
        let known = &mut self.known;
        let noted = within(&mut fuel, || known.rule_out(then, statements).and_then(|()| known.run()).is_ok());
        if noted == Ok(true) {
            self.here = known.mark();
        } else {
            known.back_to(self.here);
        }
    }
}
