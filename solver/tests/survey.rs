//! A survey says of each question what a solve of the problem with that question would say.

#[path = "oracle/world.rs"]
mod world;

use hsm_solver::{
    Answer, CandidateSet, Failure, GroupId, ItemId, Options, Problem, Selection, StatementId, Then, When,
    solve, survey,
};
use world::Dice;

const ASKED: StatementId = StatementId(u32::MAX);

/// Everything that can be asked of single things: each candidate, each item, each group, each option there and not there.
fn questions(problem: &Problem) -> Vec<Vec<Then>> {
    let mut all = Vec::new();
    for item in (0..problem.len() as u32).map(ItemId) {
        let candidates = problem.candidates(item);
        all.push(vec![Then::Present(item, CandidateSet::all(candidates))]);
        all.extend((0..candidates).map(|one| vec![Then::Present(item, [one].into_iter().collect())]));
    }
    for (group, number) in problem.groups().iter().zip(0..) {
        let group_id = GroupId(number);
        all.push(vec![Then::TakesPart(group_id)]);
        for (item, member) in group.members.iter().zip(0..) {
            all.push(vec![Then::AllOf(group_id, vec![member])]);
            all.push(vec![Then::TakesPart(group_id), Then::AbsentOr(*item, CandidateSet::default())]);
        }
    }
    all
}

/// The problem without what it demands by itself in every other case, as a registry has no wishes.
fn open_world(problem: &Problem) -> Problem {
    let wished: Vec<StatementId> = problem
        .rules()
        .iter()
        .filter(|rule| {
            rule.when == When::Always && matches!(rule.then, Then::Present(..) | Then::TakesPart(_))
        })
        .map(|rule| rule.statement)
        .collect();
    problem.kept(|statement| wished.contains(&statement), false)
}

fn is_possible(problem: &Problem, demands: &[&[Then]]) -> bool {
    let mut asked = problem.indifferent();
    for then in demands.iter().copied().flatten() {
        asked.rule(ASKED, When::Always, then.clone());
    }
    let answer = solve(&asked, &Options::default());
    assert!(matches!(answer, Ok(_) | Err(Failure::Conflict(_))), "{answer:?}");
    answer.is_ok()
}

fn times() -> u64 {
    std::env::var("HSM_LAWS").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

#[test]
fn a_survey_agrees_with_asking_one_by_one() {
    let (mut possible, mut impossible, mut apart) = (0, 0, 0);
    for seed in 0..1500 * times() {
        let dice = &mut Dice::new(seed);
        let problem = match seed % 4 {
            0 => world::tangle(dice),
            1 => world::crowd(dice),
            _ => world::problem(dice, 400),
        };
        let problem = if seed % 3 == 0 { problem } else { open_world(&problem) };
        let questions = questions(&problem);
        let count = questions.len() as u32;
        let pairs: Vec<(u32, u32)> = (0..count)
            .flat_map(|one| (one + 1..count).map(move |other| (one, other)))
            .filter(|_| dice.percent(10))
            .collect();
        let answer = survey(&problem, &questions, &pairs, &Options::default(), &|_| true).expect("an answer");
        let again = survey(&problem, &questions, &pairs, &Options::default(), &|_| true).expect("an answer");
        assert_eq!(answer, again, "seed {seed}: the same problem, another answer");
        for (question, said) in questions.iter().zip(&answer.each) {
            let truth = is_possible(&problem, &[question]);
            let expected = if truth { Answer::Possible } else { Answer::Impossible };
            assert_eq!(*said, expected, "seed {seed}: {question:?} of {problem:?}");
            *(if truth { &mut possible } else { &mut impossible }) += 1;
        }
        for ((one, other), said) in pairs.iter().zip(&answer.pairs) {
            let both = [&questions[*one as usize][..], &questions[*other as usize][..]];
            let truth = is_possible(&problem, &both);
            let expected = if truth { Answer::Possible } else { Answer::Impossible };
            assert_eq!(*said, expected, "seed {seed}: {both:?} of {problem:?}");
            apart += u32::from(!truth);
        }
    }
    assert!(possible > 5_000 && impossible > 2_000 && apart > 2_000, "{possible} {impossible} {apart}");
}

/// The problem in which just this is selected.
fn fixed(problem: &Problem, selection: &Selection) -> Problem {
    let mut fixed = problem.indifferent();
    for (item, candidate) in (0..).map(ItemId).zip(&selection.items) {
        let then = match candidate {
            Some(candidate) => Then::Present(item, [*candidate].into_iter().collect()),
            None => Then::AbsentOr(item, CandidateSet::default()),
        };
        fixed.rule(ASKED, When::Always, then);
    }
    for (group, options) in (0..).map(GroupId).zip(&selection.groups) {
        if options.is_some() {
            fixed.rule(ASKED, When::Always, Then::TakesPart(group));
        }
    }
    fixed
}

#[test]
fn what_is_accepted_keeps_every_rule() {
    for seed in 0..400 * times() {
        let dice = &mut Dice::new(seed);
        let problem = open_world(&world::problem(dice, 400));
        let check = |selection: &Selection| {
            let fixed = fixed(&problem, selection);
            assert!(solve(&fixed, &Options::default()).is_ok(), "seed {seed}: {selection:?} of {problem:?}");
            true
        };
        survey(&problem, &questions(&problem), &[], &Options::default(), &check).expect("an answer");
    }
}

/// Small ones, and such that every question brings in more than can be seen at a glance.
#[test]
fn an_example_meets_its_question_and_keeps_every_rule() {
    let (mut found, mut shared) = (0, 0);
    for seed in 0..300 * times() {
        let dice = &mut Dice::new(seed);
        let mut problem = open_world(&world::problem(dice, 400));
        let all = questions(&problem);
        if seed % 3 == 0 {
            let many = |item| Then::Present(item, CandidateSet::all(1));
            let items: Vec<ItemId> = (0..problem.len() as u32).map(ItemId).collect();
            let chain: Vec<ItemId> = (0..120).map(|_| problem.item(1)).collect();
            for item in items {
                let when = When::Item(item, CandidateSet::all(problem.candidates(item)));
                problem.rule(StatementId(1_000_000), when, many(chain[0]));
            }
            for next in chain.windows(2) {
                let when = When::Item(next[0], CandidateSet::all(1));
                problem.rule(StatementId(1_000_001), when, many(next[1]));
            }
        }
        let examples = hsm_solver::examples(&problem, &all, &Options::default(), |one| Some(one.clone()));
        let examples = examples.expect("an answer");
        assert_eq!(examples.len(), all.len());
        for (question, example) in all.iter().zip(&examples) {
            let Some(example) = example else { continue };
            let mut fixed = fixed(&problem, example);
            for then in question {
                fixed.rule(ASKED, When::Always, then.clone());
            }
            assert!(solve(&fixed, &Options::default()).is_ok(), "seed {seed}: {question:?}: {example:?}");
            found += 1;
            shared += u32::from(std::sync::Arc::strong_count(example) > 1);
        }
        let refused = hsm_solver::examples(&problem, &all, &Options::default(), |_| None::<()>);
        assert!(refused.expect("an answer").iter().all(Option::is_none));
    }
    assert!(found > 2_000 && shared > 200, "{found} {shared}");
    let options = Options { interrupted: Some(&|| true), ..Options::default() };
    let stopped = hsm_solver::examples(&Problem::new(), &[Vec::new()], &options, |_| Some(()));
    assert_eq!(stopped.err(), Some(Failure::Interrupted));
}

#[test]
fn what_is_refused_stays_open_and_what_is_interrupted_ends() {
    let mut problem = Problem::new();
    let (one, other) = (problem.item(1), problem.item(1));
    problem.rule(
        StatementId(0),
        When::Item(one, CandidateSet::all(1)),
        Then::AbsentOr(other, CandidateSet::default()),
    );
    let ask = |item| vec![Then::Present(item, CandidateSet::all(1))];
    let refuse = |selection: &Selection| selection.candidate(one).is_none();
    let questions = [ask(one), ask(other), ask(ItemId(9))];
    let answer =
        survey(&problem, &questions, &[(0, 1), (1, 1)], &Options::default(), &refuse).expect("an answer");
    assert_eq!(answer.each, [Answer::Open, Answer::Possible, Answer::Impossible]);
    assert_eq!(answer.pairs, [Answer::Open, Answer::Possible]);
    let options = Options { interrupted: Some(&|| true), ..Options::default() };
    assert_eq!(survey(&problem, &questions, &[], &options, &|_| true), Err(Failure::Interrupted));
}
