//! The grounds of a question are a conflict of the problem with that question: they refute it, and none can be left out.

#[path = "oracle/world.rs"]
mod world;

use std::collections::BTreeSet;

use hsm_solver::{
    Answer, CandidateSet, Failure, GroupId, ItemId, Options, Problem, StatementId, Then, When, grounds,
    solve, survey,
};
use world::Dice;

const ASKED: StatementId = StatementId(u32::MAX);

/// Everything that can be asked of single things, and what a validation asks of two at once.
fn questions(problem: &Problem) -> Vec<Vec<Then>> {
    let mut all = Vec::new();
    for item in (0..problem.len() as u32).map(ItemId) {
        let candidates = problem.candidates(item);
        all.push(vec![Then::Present(item, CandidateSet::all(candidates))]);
        all.extend((0..candidates).map(|one| vec![Then::Present(item, [one].into_iter().collect())]));
    }
    for (group, number) in problem.groups().iter().zip(0..) {
        let id = GroupId(number);
        all.push(vec![Then::TakesPart(id)]);
        for (item, member) in group.members.iter().zip(0..) {
            let there = Then::AllOf(id, vec![member]);
            all.push(vec![there.clone()]);
            all.push(vec![Then::TakesPart(id), Then::AbsentOr(*item, CandidateSet::default())]);
            all.extend((0..member).map(|other| vec![Then::AllOf(id, vec![other]), there.clone()]));
        }
    }
    all
}

/// Whether some of the statements can hold together with a question, if that is among them.
fn can_hold(problem: &Problem, question: &[Then], kept: &BTreeSet<StatementId>) -> bool {
    let mut left = problem.kept(|statement| !kept.contains(&statement), false);
    for then in question.iter().filter(|_| kept.contains(&ASKED)) {
        left.rule(ASKED, When::Always, then.clone());
    }
    let answer = solve(&left, &Options::default());
    assert!(matches!(answer, Ok(_) | Err(Failure::Conflict(_))), "{answer:?}");
    answer.is_ok()
}

#[test]
fn grounds_refute_what_a_survey_refutes_and_each_is_needed() {
    let (mut refuted, mut lines) = (0, 0);
    for seed in 0..1000 {
        let dice = &mut Dice::new(seed);
        let problem = match seed % 4 {
            0 => world::tangle(dice),
            1 => world::crowd(dice),
            _ => world::problem(dice, 400),
        };
        let questions = questions(&problem);
        let survey = survey(&problem, &questions, &[], &Options::default(), &|_| true).expect("an answer");
        let found = grounds(&problem, ASKED, &questions, &Options::default()).expect("an answer");
        let again = grounds(&problem, ASKED, &questions, &Options::default()).expect("an answer");
        assert_eq!(found, again, "seed {seed}: the same problem, other grounds");
        for ((question, answer), conflict) in questions.iter().zip(&survey.each).zip(&found) {
            let said = || format!("seed {seed}: {question:?} of {problem:?}: {conflict:?}");
            assert_eq!(conflict.is_some(), *answer == Answer::Impossible, "{}", said());
            let Some(conflict) = conflict else { continue };
            assert!(conflict.minimal, "{}", said());
            let core: BTreeSet<StatementId> = conflict.core.iter().copied().collect();
            assert_eq!(core.len(), conflict.core.len(), "{}", said());
            assert!(!can_hold(&problem, question, &core), "{}", said());
            for one in &core {
                let rest = core.iter().copied().filter(|other| other != one).collect();
                assert!(can_hold(&problem, question, &rest), "without {one:?}: {}", said());
            }
            refuted += 1;
            lines += core.len();
        }
    }
    assert!(refuted > 2_000 && lines > 2 * refuted, "{refuted} {lines}");
}

#[test]
fn what_is_interrupted_ends() {
    let mut problem = Problem::new();
    let item = problem.item(0);
    let questions = vec![vec![Then::Present(item, CandidateSet::all(1))]; 20];
    let options = Options { interrupted: Some(&|| true), ..Options::default() };
    assert_eq!(grounds(&problem, ASKED, &questions, &options), Err(Failure::Interrupted));
}
