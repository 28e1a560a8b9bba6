//! Agreement with the second opinion: existence, validity, reasons, the very best solution, and what is handed over.

use hsm::solve::{NoStack, Solved};
use hsm_oracle::grow;
use hsm_oracle::judge::{Chosen, Judge, Try};

use super::case::{self, Answer, Case};

const PROJECTS: u64 = 40_000;
const SHARES: u64 = 4;

#[derive(Debug, Default)]
pub(super) struct Seen {
    solvable: u64,
    unsolvable: u64,
    without_params: u64,
    present: u64,
    costs: u64,
    unasked: u64,
}

macro_rules! shares {
    ($($name:ident: $share:expr,)*) => {
        $(#[test]
        fn $name() {
            law($share);
        })*
    };
}

shares! {
    a_stack_is_there_when_there_can_be_one_and_the_best_one_0: 0,
    a_stack_is_there_when_there_can_be_one_and_the_best_one_1: 1,
    a_stack_is_there_when_there_can_be_one_and_the_best_one_2: 2,
    a_stack_is_there_when_there_can_be_one_and_the_best_one_3: 3,
}

fn law(share: u64) {
    let mut seen = Seen::default();
    case::each(PROJECTS, share, SHARES, |case| check(case, &mut seen));
    println!("{seen:?}");
    if std::env::var_os("HSM_SEED").is_some() {
        return;
    }
    let all = seen.solvable + seen.unsolvable + seen.without_params;
    assert!(seen.solvable * 10 > all * 3 && seen.unsolvable * 10 > all * 3, "{seen:?}");
    assert!(seen.present * 4 > all && seen.costs * 10 > all && seen.without_params > 0, "{seen:?}");
    assert!(seen.unasked > 0, "{seen:?}");
}

#[test]
fn where_containers_are_only_to_be_had_elsewhere_the_best_stack_is_found_too() {
    let mut seen = Seen::default();
    case::each_of(grow::external, PROJECTS / SHARES, (0, 1), |case| check(case, &mut seen));
    println!("{seen:?}");
    if std::env::var_os("HSM_SEED").is_none() {
        assert!(seen.unasked * 40 > seen.solvable && seen.solvable > 0, "{seen:?}");
    }
}

fn check(case: &Case, seen: &mut Seen) {
    if let Err(why) = verdict(case, &case.answer(), seen) {
        panic!("{}", case.say(&why));
    }
}

/// Which of the laws an answer breaks.
pub(super) fn verdict(case: &Case, answer: &Answer, seen: &mut Seen) -> Result<(), String> {
    let judge = Judge::new(&case.project, case.project.lock.as_ref());
    match &answer.result {
        Ok(solved) => {
            seen.solvable += 1;
            seen.present += u64::from(!case::words(solved).is_empty());
            check_stack(case, answer, solved, &judge, seen)
        }
        Err(NoStack::Unsolved(conflict)) => {
            seen.unsolvable += 1;
            let claims: Vec<String> = conflict.statements.iter().map(|s| s.claim.to_string()).collect();
            ensure(!claims.is_empty(), || "a conflict of nothing".to_owned())?;
            judge.best().map_or(Ok(()), |(_, one)| {
                let words = judge.words(&one);
                Err(format!("unsolved for {claims:#?}, but here is a solution: {words:#?}"))
            })
        }
        Err(NoStack::Invalid(found)) => {
            seen.without_params += 1;
            let best = judge.best().map(|(cost, _)| cost);
            let mut lacks = false;
            judge.every(|one| {
                lacks =
                    judge.broken(one).is_none() && Some(judge.cost(one)) == best && judge.lacks_params(one);
                !lacks
            });
            // With a lock the last of several solves is the one that counts.
            let found: Vec<String> = found.iter().map(|d| d.finding.to_string()).collect();
            ensure(lacks || case.project.lock.is_some(), || format!("all params are set: {found:?}"))
        }
        Err(other) => Err(format!("{other:?}")),
    }
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

fn equal<T: PartialEq + std::fmt::Debug>(is: &T, expected: &T, what: &str) -> Result<(), String> {
    ensure(is == expected, || format!("{what}: {is:#?}, not {expected:#?}"))
}

fn check_stack(
    case: &Case,
    answer: &Answer,
    solved: &Solved,
    judge: &Judge<'_>,
    seen: &mut Seen,
) -> Result<(), String> {
    let words = case::words(solved);
    let one = judge.find(&words).ok_or_else(|| format!("no such states: {words:#?}"))?;
    judge.broken(&one).map_or(Ok(()), |broken| Err(format!("{words:#?} breaks {broken}")))?;
    let unfounded = judge.unfounded(&one);
    ensure(unfounded.is_empty(), || format!("no reason for {unfounded:?} in {words:#?}"))?;
    equal(&case::groups(solved), &judge.taking_part(&one), "groups")?;
    ensure(solved.optimal, || "so small, and not optimal".to_owned())?;
    handed_over(solved, judge, &one)?;
    check_best(case, answer, solved, &words, seen)
}

/// What implications hand over, and what is made of it.
fn handed_over(solved: &Solved, judge: &Judge<'_>, one: &Try) -> Result<(), String> {
    let owned = |joined: hsm_oracle::judge::Joined| -> Vec<(String, Vec<String>)> {
        let texts = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
        let mut all: Vec<_> =
            joined.into_iter().map(|(key, values)| (key.to_owned(), texts(values))).collect();
        all.sort();
        all
    };
    for (id, container) in &solved.stack.containers {
        let mut params: Vec<_> = container.params.clone().into_iter().collect();
        params.sort();
        let expected = owned(judge.merged_params(one, case::id_of(id)));
        equal(&params, &expected, &format!("the params of {id}"))?;
        let mut params: Vec<_> = container.own_params.clone().into_iter().collect();
        params.sort();
        let expected = owned(judge.own_params(one, case::id_of(id)));
        equal(&params, &expected, &format!("the own params of {id}"))?;
    }
    for (id, package) in &solved.stack.packages {
        let env: Vec<String> = package.env.values().cloned().collect();
        let expected = judge.env(one, case::id_of(id));
        equal(&Ok(env), &expected, &format!("the environment of {id}"))?;
    }
    Ok(())
}

/// No other is better, with the lock that it leads to.
fn check_best(
    case: &Case,
    answer: &Answer,
    solved: &Solved,
    words: &[Chosen],
    seen: &mut Seen,
) -> Result<(), String> {
    let lock = answer.inputs.lock.as_ref().map(|_| case::lock_of(solved));
    let judge = Judge::new(&case.project, lock.as_ref());
    let one = judge.find(words).ok_or("not there with its own lock")?;
    let cost = judge.cost(&one);
    seen.costs += u64::from(cost.iter().any(|cost| *cost > 0));
    let (best, other) = judge.best().ok_or("no solution with its own lock")?;
    seen.unasked += u64::from(best[..judge.ids().len()].contains(&1));
    let better = judge.words(&other);
    ensure(best == cost, || format!("{words:#?}\ncosts {cost:?}, but\n{better:#?}\ncosts {best:?}"))
}
