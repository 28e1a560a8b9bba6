//! Solve: the closed world goes in, the stack or a conflict made of statements comes out.
//!
//! Owns: the way to the solver and back, the stack's assembly, params, and why each component is there. Refuses: I/O,
//! and any rule that is not in the problem.

mod externals;
mod open;
mod params;
mod reasons;
mod rings;
mod stack;
mod support;
mod survey;
mod waits;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use hsm_solver::{Conflict, Engine, Failure, Options, Problem, Selection, StatementId, Then, When};

use crate::compile::{Before, Choice, Compiled, compile_again};
use crate::diagnostic::{Diagnostic, Finding, Wiring};
use crate::load::Inputs;
use crate::lock::Lock;
use crate::names::ComponentId;
use crate::place::Place;
use crate::stack::Stack;
use crate::statement::{Claim, Statement};
use externals::Externals;
pub use reasons::{Link, Links, Reasons, Subject, chains};
use rings::Rings;
pub use rings::{Could, PossibleRing, possible_rings};
pub use survey::{examples, grounds, survey};

/// A solution.
#[derive(Debug, Clone)]
pub struct Solved {
    /// What was decided.
    pub stack: Stack,
    /// Worth telling the user: what was read besides, and components that are not in the preferred mode.
    pub warnings: Vec<Diagnostic>,
    /// Why each component is there: the shortest chain of statements that starts in the manifest.
    pub reasons: Reasons,
    /// Whether it is the best solution, or the fuel ran out while looking for a better one.
    pub optimal: bool,
    /// Whether it took the solver's second engine to find that there is one.
    pub second_engine: bool,
}

/// Why there is no solution.
#[derive(Debug, Clone)]
pub enum NoStack {
    /// These statements cannot hold together.
    Unsolved(Unsolved),
    /// There is a selection, but what it says cannot be carried out (params that nobody sets).
    Invalid(Vec<Diagnostic>),
    /// The user asked to stop.
    Interrupted,
    /// The bound of work was used up without an answer.
    OutOfFuel,
}

/// Statements that cannot hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsolved {
    /// In an order that reads as an argument: each is applied to what the earlier ones established.
    pub statements: Vec<Statement>,
    /// Their numbers in what was compiled, in the same order; several where one line says the same twice. Those of rings
    /// are past all others.
    pub numbers: Vec<StatementId>,
    /// Whether each of them is needed.
    pub minimal: bool,
    /// Whether an entry that is missing or cannot be read is among the reasons: then the files are to be mended first.
    pub broken_entry: bool,
    /// What is wrong with the entries, where one of them is among the reasons.
    pub notes: Vec<Diagnostic>,
}

/// How often a stack is solved again with its own lock.
const ROUNDS: usize = 4;

/// Solves what was compiled. `interrupted` is asked now and then.
///
/// The stack is one that its own lock leads to again. A lock that speaks of things which are no longer there can make
/// another stack look better than it does once those are forgotten; so if the lock's content changes, the new one is
/// tried before it is given out.
pub fn solve(
    inputs: &Inputs,
    compiled: &Compiled,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Solved, NoStack> {
    solve_within(inputs, compiled, None, interrupted)
}

/// The same with another bound of the solver's steps for each search.
pub fn solve_within(
    inputs: &Inputs,
    compiled: &Compiled,
    fuel: Option<u64>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Solved, NoStack> {
    settled(inputs, compiled, &Could::default(), fuel, interrupted)
}

/// Solves a project of which only the manifest differs from one that is known. `could`: where that one could have rings.
pub fn solve_again(
    inputs: &Inputs,
    before: Before<'_>,
    could: &Could,
    fuel: Option<u64>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Solved, NoStack> {
    let (compiled, same) = compile_again(inputs, before);
    let own = Could::default();
    settled(inputs, &compiled, if same { could } else { &own }, fuel, interrupted)
}

/// How much of a statement is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All of it.
    Whole,
    /// Only that its target is there.
    Presence,
    /// Nothing.
    Not,
}

/// Whether a project of which only the manifest differs from one that is known has a stack, if so much is kept of each
/// statement.
pub fn could_hold(
    inputs: &Inputs,
    before: Before<'_>,
    could: &Could,
    kept: &dyn Fn(&Statement) -> Kept,
    fuel: Option<u64>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> bool {
    let (compiled, same) = compile_again(inputs, before);
    let own = Could::default();
    let of = |wanted: Kept| -> BTreeSet<StatementId> {
        let all = compiled.statements.iter().zip(0..);
        all.filter(|(statement, _)| kept(statement) == wanted).map(|(_, id)| StatementId(id)).collect()
    };
    let question =
        Question { without: of(Kept::Not), loosened: of(Kept::Presence), fuel, ..Question::default() };
    ask(inputs, &compiled, if same { could } else { &own }, &question, interrupted).is_ok()
}

fn settled(
    inputs: &Inputs,
    compiled: &Compiled,
    could: &Could,
    fuel: Option<u64>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Solved, NoStack> {
    let options = Options { interrupted: Some(interrupted), fuel, ..Options::default() };
    let mut solved = once(inputs, compiled, could, &options)?;
    let Some(mut held) = inputs.lock.clone() else { return Ok(solved) };
    for _ in 0..ROUNDS {
        let lock = Lock::of(&solved.stack);
        if lock.prefers_the_same(&held) {
            break;
        }
        let mut next = inputs.clone();
        next.lock = Some(lock.clone());
        let (compiled, same) = compile_again(&next, Before { inputs, compiled });
        let own = Could::default();
        solved = once(&next, &compiled, if same { could } else { &own }, &options)?;
        held = lock;
    }
    Ok(solved)
}

fn once(
    inputs: &Inputs,
    compiled: &Compiled,
    could: &Could,
    options: &Options<'_>,
) -> Result<Solved, NoStack> {
    let externals = Externals::new(inputs, compiled, &compiled.problem);
    let world = World { inputs, compiled, could };
    let selection = select(world, (&compiled.problem, &BTreeSet::new()), externals, options)?;
    let chosen = chosen(compiled, &selection);
    let (stack, mut warnings) =
        stack::assemble(inputs, compiled, &selection, &chosen).map_err(NoStack::Invalid)?;
    warnings.splice(0..0, open::warnings(inputs, compiled));
    let reasons = Reasons::of(compiled, &selection);
    let second_engine = selection.engine == Engine::Cdcl;
    Ok(Solved { stack, warnings, reasons, optimal: selection.optimal, second_engine })
}

/// A question about a project: what if?
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// If these statements were taken back.
    pub without: BTreeSet<StatementId>,
    /// If these only demanded that their targets are there.
    pub loosened: BTreeSet<StatementId>,
    /// If all of this held too.
    pub also: Vec<Then>,
    /// Whether the best selection is wanted, or any.
    pub best: bool,
    /// The bound of the solver's steps, if not the usual one.
    pub fuel: Option<u64>,
}

/// The answer: a selection, or the statements that cannot hold together then (what is asked for is none of them).
pub fn ask(
    inputs: &Inputs,
    compiled: &Compiled,
    could: &Could,
    question: &Question,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Selection, NoStack> {
    let is_left_out = |statement| question.without.contains(&statement);
    let mut problem = compiled.problem.kept(is_left_out, question.best);
    if !question.loosened.is_empty() {
        problem = problem.loosened(|statement| question.loosened.contains(&statement));
    }
    for then in &question.also {
        problem.rule(ASKED, When::Always, then.clone());
    }
    let externals =
        if question.best { Externals::new(inputs, compiled, &problem) } else { Externals::unheeded() };
    let options = Options { interrupted: Some(interrupted), fuel: question.fuel, ..Options::default() };
    select(World { inputs, compiled, could }, (&problem, &question.without), externals, &options)
}

/// The statement of what is only asked.
const ASKED: StatementId = StatementId(u32::MAX);

/// What is searched.
#[derive(Clone, Copy)]
struct World<'a> {
    inputs: &'a Inputs,
    compiled: &'a Compiled,
    could: &'a Could,
}

/// The best selection without any ring that is not among what is left out.
fn select(
    world: World<'_>,
    problem: (&Problem, &BTreeSet<StatementId>),
    mut externals: Externals<'_>,
    options: &Options<'_>,
) -> Result<Selection, NoStack> {
    match search(world, problem, &mut externals, options) {
        // What is added for the best of several solutions takes none away, but is not to stand in an argument.
        Err(NoStack::Unsolved(_)) if externals.are_held() => {
            search(world, problem, &mut Externals::unheeded(), options)
        }
        answer => answer,
    }
}

fn search(
    World { inputs, compiled, could }: World<'_>,
    (problem, left_out): (&Problem, &BTreeSet<StatementId>),
    externals: &mut Externals<'_>,
    options: &Options<'_>,
) -> Result<Selection, NoStack> {
    let mut rings = Rings::new(inputs, compiled, could);
    let mut problem = Cow::Borrowed(problem);
    let mut rounds = 0;
    loop {
        let selection = hsm_solver::solve(&problem, options)
            .map_err(|failure| no_stack(inputs, compiled, &rings, failure))?;
        let Some(selection) = externals.settled(selection, &mut problem) else { continue };
        let found = rings.of(&selection, left_out);
        if found.is_empty() {
            return Ok(selection);
        }
        rounds += 1;
        if rounds > rings.most_rounds() {
            return Err(NoStack::OutOfFuel);
        }
        rings.forbid(found, problem.to_mut());
    }
}

/// Why there is no solution, in statements; the numbers after those of the problem are rings.
fn no_stack(inputs: &Inputs, compiled: &Compiled, rings: &Rings<'_>, failure: Failure) -> NoStack {
    match failure {
        Failure::Conflict(conflict) => NoStack::Unsolved(unsolved(inputs, compiled, rings, conflict)),
        Failure::Interrupted => NoStack::Interrupted,
        Failure::OutOfFuel => NoStack::OutOfFuel,
    }
}

fn unsolved(inputs: &Inputs, compiled: &Compiled, rings: &Rings<'_>, conflict: Conflict) -> Unsolved {
    let mut statements: Vec<Statement> = Vec::new();
    let mut said: HashMap<Option<Place>, Vec<usize>> = HashMap::new();
    for &id in &conflict.core {
        let line = compiled.statement(id).cloned().or_else(|| rings.statement(id, &conflict.core));
        let Some(line) = line else { continue };
        let here = said.entry(line.place).or_default();
        if !here.iter().any(|number| statements[*number] == line) {
            here.push(statements.len());
            statements.push(line);
        }
    }
    // that a ring is none closes the argument: each of its lines has been said by then
    statements.sort_by_key(|statement| matches!(statement.claim, Claim::Ring { .. }));
    let broken_entry = statements.iter().any(|s| s.claim.is_about_a_broken_entry());
    let notes = if broken_entry { notes(inputs, &statements) } else { Vec::new() };
    Unsolved { statements, numbers: conflict.core, minimal: conflict.minimal, broken_entry, notes }
}

/// What is wrong with the entries, apart from what the statements say already.
fn notes(inputs: &Inputs, statements: &[Statement]) -> Vec<Diagnostic> {
    let is_said = |warning: &&Diagnostic| match &warning.finding {
        Finding::Wiring(Wiring::NotFound { target, nearest: None }) => {
            statements.iter().any(|s| matches!(&s.claim, Claim::NotFound(absent) if absent == target))
        }
        Finding::Wiring(Wiring::Broken(target)) => {
            statements.iter().any(|s| matches!(&s.claim, Claim::Broken(broken) if broken == target))
        }
        _ => false,
    };
    inputs.warnings.iter().filter(|warning| !is_said(warning)).cloned().collect()
}

/// What was chosen for each present component.
type Chosen<'a> = BTreeMap<&'a ComponentId, &'a Choice>;

fn chosen<'a>(compiled: &'a Compiled, selection: &Selection) -> Chosen<'a> {
    let choices = compiled.components.iter().zip(0..);
    choices
        .filter_map(|(component, number)| {
            let candidate = selection.candidate(hsm_solver::ItemId(number))?;
            Some((&component.id, component.choices.get(candidate as usize)?))
        })
        .collect()
}
