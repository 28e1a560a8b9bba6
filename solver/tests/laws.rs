//! The laws of the solver, against an enumerator that shares nothing with it but the vocabulary.
//!
//! `HSM_LAWS=10` tries ten times as many problems.

#![expect(clippy::print_stdout, reason = "how much the laws have seen is worth a line")]

#[path = "oracle/mod.rs"]
mod oracle;
#[path = "oracle/world.rs"]
mod world;

use std::collections::BTreeSet;

use hsm_solver::{Conflict, Engine, Failure, Options, Problem, Selection, StatementId, Then, When, solve};
use world::Dice;

#[derive(Debug, Default)]
struct Seen {
    solvable: u32,
    unsolvable: u32,
    with_something_present: u32,
    with_a_choice_of_cost: u32,
    long_conflicts: u32,
    conflicts_over_a_resource: u32,
    other_answers: u32,
}

fn times() -> u64 {
    std::env::var("HSM_LAWS").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// Together in all shares.
const PROBLEMS: u64 = 104_000;
const SHARES: u64 = 2;

#[test]
fn agrees_with_trying_everything_0() {
    law(0);
}

#[test]
fn agrees_with_trying_everything_1() {
    law(1);
}

fn law(share: u64) {
    let mut seen = Seen::default();
    let problems = PROBLEMS * times() / SHARES;
    for seed in share * problems..(share + 1) * problems {
        let dice = &mut Dice::new(seed);
        let problem = match seed % 16 {
            0..4 => world::tangle(dice),
            4 => world::problem(dice, 4096),
            5 | 6 => world::crowd(dice),
            _ => world::problem(dice, 400),
        };
        let answer = solve(&problem, &Options::default());
        let again = solve(&problem, &Options::default());
        assert_eq!(answer, again, "seed {seed}: the same problem, another answer: {problem:?}");
        check(seed, &problem, &answer, &mut seen);
        // Groups that are counted loosely leave other ties open, and nothing else.
        let loose = solve(&problem, &Options { counted: Some(0), ..Options::default() });
        if !is_same(&answer, &loose) {
            seen.other_answers += 1;
            check(seed, &problem, &loose, &mut Seen::default());
        }
        // The same laws for each engine by itself, where it says something else.
        for engine in [Engine::PubGrub, Engine::Cdcl] {
            let other = solve(&problem, &Options { engine: Some(engine), ..Options::default() });
            if let Ok(selection) = &other {
                let nothing_to_try = selection.items.iter().all(Option::is_none);
                assert!(selection.engine == engine || nothing_to_try, "seed {seed}: {problem:?}");
            }
            if !is_same(&answer, &other) {
                // There is one best selection, whoever finds it; a conflict may have several cores.
                assert!(other.is_err(), "seed {seed}: {problem:?}\n{answer:?}\n{other:?}");
                seen.other_answers += 1;
                check(seed, &problem, &other, &mut Seen::default());
            }
        }
    }
    println!("{problems} problems: {seen:?}");
    for plenty in [seen.solvable, seen.unsolvable, seen.with_something_present] {
        assert!(u64::from(plenty) > problems / 5, "{seen:?}");
    }
    for some in [seen.with_a_choice_of_cost, seen.long_conflicts, seen.conflicts_over_a_resource] {
        assert!(u64::from(some) > problems / 100, "{seen:?}");
    }
}

/// Whether two answers say the same, whoever found them.
fn is_same(one: &Result<Selection, Failure>, other: &Result<Selection, Failure>) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == &Selection { engine: one.engine, ..other.clone() },
        _ => one == other,
    }
}

fn check(seed: u64, problem: &Problem, answer: &Result<Selection, Failure>, tally: &mut Seen) {
    let say = || format!("seed {seed}: {problem:?}\n{answer:?}");
    match answer {
        Ok(selection) => {
            tally.solvable += 1;
            let found = oracle::as_try(problem, selection);
            assert!(found.valid(problem, &|_| true), "not valid: {}", say());
            assert!(found.justified(problem), "something has no reason: {}", say());
            assert!(selection.optimal, "so small and not optimal: {}", say());
            let best = oracle::best(problem).unwrap_or_default();
            assert_eq!(found.cost(problem), best, "not the best: {}", say());
            tally.with_something_present += u32::from(found.items.iter().any(Option::is_some));
            tally.with_a_choice_of_cost += u32::from(best.iter().any(|cost| *cost > 0));
        }
        Err(Failure::Conflict(Conflict { core, minimal })) => {
            tally.unsolvable += 1;
            tally.long_conflicts += u32::from(core.len() > 3);
            tally.conflicts_over_a_resource +=
                u32::from(core.iter().filter(|one| holds(problem, **one)).count() > 1);
            assert!(!oracle::solvable(problem, &|_| true), "there is a solution: {}", say());
            assert!(minimal, "so small and not minimal: {}", say());
            let all: BTreeSet<StatementId> = core.iter().copied().collect();
            assert_eq!(all.len(), core.len(), "a statement twice: {}", say());
            assert!(!oracle::solvable(problem, &|one| all.contains(&one)), "not a conflict: {}", say());
            let demands: Vec<bool> = core.iter().map(|one| always_demands(problem, *one)).collect();
            assert!(demands.is_sorted_by(|a, b| a >= b), "what is always demanded comes first: {}", say());
            for left_out in core {
                let rest = |one: StatementId| one != *left_out && all.contains(&one);
                assert!(oracle::solvable(problem, &rest), "{left_out:?} is not needed: {}", say());
            }
        }
        Err(Failure::Interrupted | Failure::OutOfFuel) => unreachable!("no answer: {}", say()),
    }
}

/// Whether a statement demands something without a condition (to keep something out waits for who speaks of it, to hold
/// something for the others who do).
fn always_demands(problem: &Problem, statement: StatementId) -> bool {
    let demands = |then: &Then| !matches!(then, Then::AbsentOr(..) | Then::Holds(..));
    problem
        .rules()
        .iter()
        .any(|rule| rule.statement == statement && rule.when == When::Always && demands(&rule.then))
}

/// Whether a statement says who holds something.
fn holds(problem: &Problem, statement: StatementId) -> bool {
    let mut rules = problem.rules().iter();
    rules.any(|rule| rule.statement == statement && matches!(rule.then, Then::Holds(..)))
}
