//! Agreement with the second opinion: existence, validity, reasons, the very best solution, and what is handed over.

use hsm::solve::{NoStack, Solved};
use hsm_oracle::judge::{Chosen, Judge, Try};

use super::case::{self, Answer, Case};

const PROJECTS: u64 = 40_000;
const SHARES: u64 = 4;

#[derive(Debug, Default)]
struct Seen {
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

fn check(case: &Case, seen: &mut Seen) {
    let answer = case.answer();
    let judge = Judge::new(&case.project, case.project.lock.as_ref());
    match &answer.result {
        Ok(solved) => {
            seen.solvable += 1;
            seen.present += u64::from(!case::words(solved).is_empty());
            check_stack(case, &answer, solved, &judge, seen);
        }
        Err(NoStack::Unsolved(conflict)) => {
            seen.unsolvable += 1;
            let claims: Vec<String> = conflict.statements.iter().map(|s| s.claim.to_string()).collect();
            assert!(!claims.is_empty(), "{}", case.say("a conflict of nothing"));
            if let Some((_, one)) = judge.best() {
                let words = judge.words(&one);
                panic!(
                    "{}",
                    case.say(&format!("unsolved for {claims:#?}, but here is a solution: {words:#?}"))
                );
            }
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
            assert!(
                lacks || case.project.lock.is_some(),
                "{}",
                case.say(&format!("all params are set: {found:?}"))
            );
        }
        Err(other) => panic!("{}", case.say(&format!("{other:?}"))),
    }
}

fn check_stack(case: &Case, answer: &Answer, solved: &Solved, judge: &Judge<'_>, seen: &mut Seen) {
    let words = case::words(solved);
    let find = |judge: &Judge<'_>| {
        judge.find(&words).unwrap_or_else(|| panic!("{}", case.say(&format!("no such states: {words:#?}"))))
    };
    let one = find(judge);
    if let Some(broken) = judge.broken(&one) {
        panic!("{}", case.say(&format!("{words:#?} breaks {broken}")));
    }
    let unfounded = judge.unfounded(&one);
    assert!(unfounded.is_empty(), "{}", case.say(&format!("no reason for {unfounded:?} in {words:#?}")));
    assert_eq!(judge.taking_part(&one), case::groups(solved), "{}", case.say("groups"));
    assert!(solved.optimal, "{}", case.say("so small, and not optimal"));
    handed_over(case, solved, judge, &one);
    check_best(case, answer, solved, &words, seen);
}

/// What implications hand over, and what is made of it.
fn handed_over(case: &Case, solved: &Solved, judge: &Judge<'_>, one: &Try) {
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
        assert_eq!(params, expected, "{}", case.say(&format!("the params of {id}")));
        let mut params: Vec<_> = container.own_params.clone().into_iter().collect();
        params.sort();
        let expected = owned(judge.own_params(one, case::id_of(id)));
        assert_eq!(params, expected, "{}", case.say(&format!("the own params of {id}")));
    }
    for (id, package) in &solved.stack.packages {
        let env: Vec<String> = package.env.values().cloned().collect();
        let expected = judge.env(one, case::id_of(id));
        assert_eq!(Ok(env), expected, "{}", case.say(&format!("the environment of {id}")));
    }
}

/// No other is better, with the lock that it leads to.
fn check_best(case: &Case, answer: &Answer, solved: &Solved, words: &[Chosen], seen: &mut Seen) {
    let lock = answer.inputs.lock.as_ref().map(|_| case::lock_of(solved));
    let judge = Judge::new(&case.project, lock.as_ref());
    let one = judge.find(words).unwrap_or_else(|| panic!("{}", case.say("not there with its own lock")));
    let cost = judge.cost(&one);
    seen.costs += u64::from(cost.iter().any(|cost| *cost > 0));
    let Some((best, other)) = judge.best() else { panic!("{}", case.say("no solution with its own lock")) };
    let better = judge.words(&other);
    seen.unasked += u64::from(best[..judge.ids().len()].contains(&1));
    assert!(
        best == cost,
        "{}",
        case.say(&format!("{words:#?}\ncosts {cost:?}, but\n{better:#?}\ncosts {best:?}"))
    );
}
