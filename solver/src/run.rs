//! The road of one solve: search, then improve or explain.
//!
//! Owns: the order of the stages and of the engines, the bound of work, and the thread on which an interruptible solve runs. Refuses:
//! every stage itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::conflict::explain;
use crate::encode::{Counting, Variable, World};
use crate::fuel::{self, Stop, within};
use crate::narrow::{Masks, Narrowing};
use crate::part::Reached;
use crate::prefer::Bounds;
use crate::problem::{Candidate, Group, ItemId, Problem, StatementId};
use crate::propagate::Propagation;
use crate::provider::{Model, Outcome, Taste, search};
use crate::reach::Reach;
use crate::sat;
use crate::solution::{Engine, Failure, Options, Selection};

/// How often the caller is asked whether to stop. Has no influence on any answer but that one.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// The default bound: so many steps, and so many for each item, group and rule.
const FUEL: (u64, u64) = (400_000_000, 500);

/// What explaining may use: so many steps, so many for each item, group and rule, so many for each step that it took
/// to find that there is no solution. A refutation that was hard to find has more statements than anyone reads, and each
/// of them can be as hard to leave out.
const EXPLAIN: (u64, u64, u64) = (4_000_000, 500, 4);

/// Solves, asking the caller now and then whether to stop.
pub(crate) fn run(problem: &Problem, options: &Options<'_>) -> Result<Selection, Failure> {
    let fuel = allowance(problem, options);
    let engine = options.engine;
    let counting = match engine {
        // Alone, it has to be told every bound.
        Some(Engine::PubGrub) => Counting::All,
        Some(Engine::Cdcl) | None => Counting::UpTo(options.counted.unwrap_or(COUNTED)),
    };
    interruptible(options, Failure::Interrupted, &|| stages(problem, engine, counting, fuel))
}

/// The bound of work: the caller's, or one from the size.
pub(crate) fn allowance(problem: &Problem, options: &Options<'_>) -> u64 {
    options.fuel.unwrap_or_else(|| FUEL.0.saturating_add(FUEL.1.saturating_mul(size(problem))))
}

/// What may be used to explain a conflict of a solve that was given so many steps, and used so many.
pub(crate) fn to_explain(problem: &Problem, given: u64, used: u64) -> u64 {
    let (steps, each, times) = EXPLAIN;
    (steps + each * size(problem)).saturating_add(times.saturating_mul(used)).min(given / 3)
}

/// Does the work on a thread of its own while the caller is asked now and then whether to stop, if it wants to be.
pub(crate) fn interruptible<T: Send, E: Send>(
    options: &Options<'_>,
    interrupted: E,
    work: &(dyn Fn() -> Result<T, E> + Sync),
) -> Result<T, E> {
    let Some(asked) = options.interrupted else { return work() };
    if asked() {
        return Err(interrupted);
    }
    let flag = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = sync_channel(1);
    thread::scope(|scope| {
        let raised = Arc::clone(&flag);
        let worker = thread::Builder::new().name("solver".to_owned()).spawn_scoped(scope, move || {
            fuel::bind(Some(raised));
            // The receiver waits until this arrives.
            let _ = sender.send(work());
        });
        let Ok(worker) = worker else { return work() };
        loop {
            match receiver.recv_timeout(ASK_EVERY) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if asked() => flag.store(true, Ordering::Relaxed),
                Err(RecvTimeoutError::Timeout) => {}
                // The worker ended without an answer: only a defect does that, and it is passed on as it is.
                Err(RecvTimeoutError::Disconnected) => match worker.join() {
                    Err(defect) => std::panic::resume_unwind(defect),
                    Ok(()) => return Err(interrupted),
                },
            }
        }
    })
}

/// What can't be reached costs nothing: the stages see only the rest, if that is not most of it.
fn stages(
    problem: &Problem,
    engine: Option<Engine>,
    counting: Counting,
    fuel: u64,
) -> Result<Selection, Failure> {
    let reach = Reach::new(problem, &|_| true);
    if reach.rules().len() > problem.rules.len() / 2 {
        return on_reached(problem, &reach, engine, counting, fuel);
    }
    let reached = Reached::new(problem, &reach);
    let all = Reach::all(&reached.problem);
    on_reached(&reached.problem, &all, engine, counting, fuel).map(|selection| reached.widen(selection))
}

fn on_reached(
    problem: &Problem,
    reach: &Reach,
    engine: Option<Engine>,
    counting: Counting,
    mut fuel: u64,
) -> Result<Selection, Failure> {
    let world = World::new(problem, reach, counting, |_| true);
    let given = fuel;
    // Improving and explaining have a bound of their own: an answer is there, whatever they cost.
    let mut more = fuel / 3;
    match answer(problem, reach, &world, engine, (&mut fuel, &mut more)) {
        Ok((Answer::Model(model, found_by), optimal)) => Ok(selection(&world, &model, optimal, found_by)),
        Ok((Answer::Core(core, found_by), _)) => {
            more = more.min(to_explain(problem, u64::MAX, given - fuel));
            Err(explain(problem, core, (engine, found_by), &mut more))
        }
        Err(Stop::OutOfFuel) => Err(Failure::OutOfFuel),
        Err(Stop::Interrupted) => Err(Failure::Interrupted),
    }
}

/// The best solution, or statements that can't hold together; and whether it is proved to be the best. `fuel` and
/// `more` are for the first answer, and for making it better.
fn answer<'p>(
    problem: &'p Problem,
    reach: &Reach,
    world: &World<'p>,
    engine: Option<Engine>,
    (fuel, more): (&mut u64, &mut u64),
) -> Result<(Answer, bool), Stop> {
    let mut known = Propagation::new(problem, reach, |_| true);
    if let Err(clash) = within(fuel, || known.run().and_then(|()| known.fits()))? {
        return Ok((Answer::Core(known.blame(&clash), Engine::PubGrub), true));
    }
    let taste = Taste::new(world);
    let mut bounds = Bounds::new(world, &taste, known);
    let mut first_by = engine;
    if engine != Some(Engine::Cdcl) {
        match bounds.at_once(more) {
            Ok(Some(model)) => return Ok((Answer::Model(model, Engine::PubGrub), true)),
            Ok(None) => {}
            // What was too much with all bounds is seldom less without: the second engine is next.
            Err(Stop::OutOfFuel) => first_by = first_by.or(Some(Engine::Cdcl)),
            Err(Stop::Interrupted) => return Err(Stop::Interrupted),
        }
        bounds.back_to(0);
    }
    Ok(match first(world, &taste, &bounds.known, first_by, fuel)? {
        // It is what the last search under no bounds would find.
        Answer::Model(model, found_by) if bounds.is_empty() && found_by == Engine::PubGrub => {
            (Answer::Model(model, found_by), true)
        }
        Answer::Model(model, found_by) => {
            let (model, optimal) = bounds.improve(model, engine, more)?;
            (Answer::Model(model, found_by), optimal)
        }
        core @ Answer::Core(..) => (core, true),
    })
}

/// Groups with at most so many options are counted to the last option.
const COUNTED: usize = 64;

/// The first answer, whatever the preferences.
fn first<'p>(
    world: &World<'p>,
    taste: &Taste,
    known: &Propagation<'p>,
    engine: Option<Engine>,
    fuel: &mut u64,
) -> Result<Answer, Stop> {
    let masks = Masks::new();
    let narrowing = Narrowing::new(world, known, &masks);
    if let Some(mut slice) = slice(world.problem(), engine, *fuel) {
        let given = slice;
        let outcome = search(world, taste, None, &narrowing, &mut slice);
        *fuel -= given - slice;
        match outcome {
            Ok(Outcome::Model(model)) => return Ok(Answer::Model(model, Engine::PubGrub)),
            Ok(Outcome::Refuted(refutation)) => {
                return Ok(Answer::Core(refutation.statements(&narrowing), Engine::PubGrub));
            }
            Err(Stop::OutOfFuel) if engine.is_none() => {}
            Err(stop) => return Err(stop),
        }
    }
    sat::first(world, taste, known, &narrowing, fuel)
}

/// The first answer of a search.
pub(crate) enum Answer {
    /// Values that keep every rule, and who found that there are some.
    Model(Model, Engine),
    /// Statements that can't hold together, and who found that they can't.
    Core(BTreeSet<StatementId>, Engine),
}

/// How much there is of a problem.
pub(crate) fn size(problem: &Problem) -> u64 {
    (problem.items.len() + problem.groups.len() + problem.rules.len()) as u64
}

/// What `PubGrub` may use of the steps for one search. Where it is not asked at all: nothing.
pub(crate) fn slice(problem: &Problem, engine: Option<Engine>, fuel: u64) -> Option<u64> {
    match engine {
        None => Some(fuel.min(share(problem))),
        Some(Engine::PubGrub) => Some(fuel),
        Some(Engine::Cdcl) => None,
    }
}

/// What `PubGrub` may use for one search before the other engine is asked.
pub(crate) fn share(problem: &Problem) -> u64 {
    let size = (problem.items.len() + problem.rules.len()) as u64;
    let (steps, each, growing, most) = SHARE;
    steps + size * (each + size / growing).min(most)
}

/// So many steps, and so many for each item and rule: one more for each so many of them, since in a large problem a
/// decision has more to look at, up to so many. What is small and takes more than that is dense, and the other engine is
/// through with it before this one would be.
const SHARE: (u64, u64, u64, u64) = (5_000, 20, 300, 200);

/// A model in the caller's words.
fn selection(world: &World<'_>, model: &Model, optimal: bool, engine: Engine) -> Selection {
    let problem = world.problem();
    let items: Vec<Option<Candidate>> = (0..problem.items.len() as u32)
        .map(|item| model.value(Variable::Item(item)).checked_sub(1))
        .collect();
    let present = |item: ItemId| items.get(item.0 as usize).is_some_and(Option::is_some);
    let options = |(number, group): (usize, &Group)| {
        let takes_part = model.value(Variable::Group(number as u32)) > 0;
        takes_part.then(|| {
            let members = group.members.iter().enumerate();
            members.filter(|(_, item)| present(**item)).map(|(member, _)| member as u32).collect()
        })
    };
    let groups = problem.groups.iter().enumerate().map(options).collect();
    Selection { items, groups, optimal, engine }
}
