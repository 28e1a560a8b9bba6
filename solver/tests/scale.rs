//! Sizes: what must not overflow, and what must stay within so many steps. Steps are counted, so these bounds say the
//! same on every machine.

use std::sync::atomic::{AtomicU32, Ordering};

use hsm_solver::{
    CandidateSet, Count, Engine, Failure, GroupId, ItemId, Options, Preference, Problem, ResourceId,
    Selection, StatementId, Then, When, solve,
};

fn within(problem: &Problem, steps: u64) -> Result<Selection, Failure> {
    let answer = solve(problem, &Options { fuel: Some(steps), ..Options::default() });
    // The second engine by itself says the same, if it says anything: building its clauses takes steps too.
    let fuel = Some(steps.saturating_mul(10));
    let other = solve(problem, &Options { fuel, engine: Some(Engine::Cdcl), ..Options::default() });
    match (&answer, &other) {
        (Ok(_), Ok(_)) | (Err(Failure::Conflict(_)), Err(Failure::Conflict(_))) => {}
        (Err(Failure::OutOfFuel), _) | (_, Err(Failure::OutOfFuel)) if steps < 1_000_000 => {}
        _ => unreachable!("{answer:?} but {other:?}"),
    }
    answer
}

fn items(problem: &mut Problem, how_many: u32, candidates: u32) -> Vec<ItemId> {
    (0..how_many).map(|_| problem.item(candidates)).collect()
}

/// Every item brings in the next. Statement 0 demands the first.
fn chain(length: u32) -> Problem {
    let mut problem = Problem::new();
    let items = items(&mut problem, length, 2);
    let all = || CandidateSet::all(2);
    problem.rule(StatementId(0), When::Always, Then::Present(items[0], all()));
    for (number, pair) in items.windows(2).enumerate() {
        problem.rule(
            StatementId(number as u32 + 1),
            When::Item(pair[0], all()),
            Then::Present(pair[1], all()),
        );
    }
    problem
}

/// A group of `options` options that takes part because of statement 0; its count is statement 1.
fn group(options: u32, count: Count) -> (Problem, GroupId, Vec<ItemId>) {
    let mut problem = Problem::new();
    let items = items(&mut problem, options, 1);
    let group = problem.group(StatementId(1), count, items.clone());
    problem.rule(StatementId(0), When::Always, Then::TakesPart(group));
    (problem, group, items)
}

fn how_many(selection: &Selection) -> usize {
    selection.items.iter().flatten().count()
}

#[test]
fn a_chain_of_ten_thousand_is_followed() {
    let selection = within(&chain(10_000), 2_000_000).expect("it has a solution");
    assert_eq!(how_many(&selection), 10_000);
}

/// A chain that ends in nothing: every statement is needed, and the order is that of the chain.
fn ends_in_nothing(length: u32, steps: u64) -> bool {
    let mut problem = chain(length);
    let when = When::Item(ItemId(length - 1), CandidateSet::all(2));
    problem.rule(StatementId(length), when, Then::Never);
    let Err(Failure::Conflict(conflict)) = within(&problem, steps) else {
        unreachable!("it has no solution")
    };
    assert_eq!(conflict.core, (0..=length).map(StatementId).collect::<Vec<_>>());
    conflict.minimal
}

#[test]
fn a_chain_that_ends_in_nothing_is_a_conflict() {
    assert!(ends_in_nothing(300, 9_000_000));
    // That each of ten thousand is needed is shown by going along the chain once.
    assert!(ends_in_nothing(10_000, 1_000_000));
}

/// Three items in two candidates that all have to differ: nothing follows without trying.
#[test]
fn a_long_chain_to_something_that_has_to_be_tried_does_not_overflow() {
    let mut problem = chain(10_000);
    let knot = items(&mut problem, 3, 2);
    let end = || When::Item(ItemId(9_999), CandidateSet::all(2));
    for (number, item) in knot.iter().enumerate() {
        problem.rule(StatementId(20_000 + number as u32), end(), Then::Present(*item, CandidateSet::all(2)));
        let other = knot[(number + 1) % 3];
        for candidate in 0..2 {
            let when = When::Item(*item, [candidate].into_iter().collect());
            let then = Then::AbsentOr(other, [1 - candidate].into_iter().collect());
            problem.rule(StatementId(20_010 + number as u32), when, then);
        }
    }
    let Err(Failure::Conflict(conflict)) = within(&problem, 3_000_000) else {
        unreachable!("it has no solution")
    };
    assert_eq!(conflict.core.len(), 10_000 + 6);
    assert!(conflict.core[..10_000].is_sorted());
}

#[test]
fn a_long_chain_with_a_short_conflict_is_cut_down_to_it() {
    let mut problem = chain(3_000);
    let end = ItemId(2_999);
    problem.rule(StatementId(9_000), When::Always, Then::Present(end, [0].into_iter().collect()));
    problem.rule(StatementId(9_001), When::Always, Then::AbsentOr(end, [1].into_iter().collect()));
    let Err(Failure::Conflict(conflict)) = within(&problem, 1_000_000) else {
        unreachable!("it has no solution")
    };
    assert!(conflict.minimal);
    assert_eq!(conflict.core, vec![StatementId(9_000), StatementId(9_001)]);
}

#[test]
fn one_of_five_hundred() {
    let (mut problem, group, items) = group(500, Count::One);
    problem.rule(StatementId(2), When::Always, Then::Present(items[321], CandidateSet::all(1)));
    let selection = within(&problem, 100_000).expect("it has a solution");
    assert_eq!(selection.options(group), Some(&[321][..]));
    assert!(selection.optimal);
}

#[test]
fn two_hundred_and_fifty_of_five_hundred() {
    let count = Count::Between { min: 250, max: 300 };
    let (mut problem, group, items) = group(500, count);
    for (number, item) in items.iter().enumerate().filter(|(number, _)| number % 5 == 0) {
        problem.rule(
            StatementId(2 + number as u32),
            When::Always,
            Then::Present(*item, CandidateSet::all(1)),
        );
    }
    problem.prefer(Preference::Wanted(group, vec![3, 499, 7]));
    problem.prefer(Preference::Fill(group, (0..500).rev().collect()));
    let selection = within(&problem, 20_000_000).expect("it has a solution");
    let options = selection.options(group).expect("it takes part");
    assert!(selection.optimal);
    assert_eq!(options.len(), 250);
    assert!([3, 499, 7, 0, 5, 495, 498, 497].iter().all(|member| options.contains(member)));
    assert!(!options.contains(&1));
}

#[test]
fn more_pins_than_a_group_allows() {
    for (options, pins, max) in [(60, 31, 30), (500, 251, 250), (500, 500, 3)] {
        let (mut problem, _, items) = group(options, Count::Between { min: 0, max });
        for (number, item) in items.iter().enumerate().take(pins) {
            problem.rule(
                StatementId(2 + number as u32),
                When::Always,
                Then::Present(*item, CandidateSet::all(1)),
            );
        }
        let Err(Failure::Conflict(conflict)) = within(&problem, 5_000_000) else {
            unreachable!("it has no solution")
        };
        // One pin too many, the group, and who demands it.
        assert_eq!(conflict.core.len(), max as usize + 3);
        assert_eq!(conflict.core.last(), Some(&StatementId(1)));
        assert!(conflict.minimal);
    }
}

#[test]
fn more_exclusions_than_a_group_allows() {
    let (mut problem, _, items) = group(500, Count::Between { min: 250, max: 400 });
    for (number, item) in items.iter().enumerate().take(251) {
        problem.rule(
            StatementId(2 + number as u32),
            When::Always,
            Then::AbsentOr(*item, CandidateSet::default()),
        );
    }
    let Err(Failure::Conflict(conflict)) = within(&problem, 5_000_000) else {
        unreachable!("it has no solution")
    };
    assert_eq!(conflict.core.len(), 253);
    assert!(conflict.minimal);
}

/// A registry: 10,000 components with a few releases, each asking for up to three later ones; 100 groups; 200 of the
/// components and 40 of the groups are selected.
fn registry() -> Problem {
    let mut problem = Problem::new();
    let items = items(&mut problem, 10_000, 6);
    let mut statement = 0;
    let mut next = || {
        statement += 1;
        StatementId(statement)
    };
    let mix =
        |number: usize, salt: usize| (number.wrapping_mul(2_654_435_761).wrapping_add(salt * 40_503)) >> 7;
    for (number, item) in items.iter().enumerate() {
        for edge in 0..mix(number, 1) % 4 {
            let later = number + 1 + mix(number, 2 + edge) % 600;
            if let Some(target) = items.get(later) {
                let low = (mix(number, 9 + edge) % 3) as u32;
                let when = When::Item(*item, (low..6).collect());
                problem.rule(next(), when, Then::Present(*target, (0..4).collect()));
            }
        }
    }
    for number in 0..100 {
        let members: Vec<ItemId> =
            (0..20).map(|member| items[9_000 + (number * 37 + member * 53) % 1_000]).collect();
        let count = if number % 2 == 0 { Count::One } else { Count::Between { min: 2, max: 20 } };
        let group = problem.group(next(), count, members);
        if number % 5 == 1 || number % 50 == 0 {
            problem.rule(next(), When::Always, Then::TakesPart(group));
        }
        problem.prefer(Preference::Fill(group, (0..20).collect()));
    }
    for number in 0..200 {
        let set = if number % 3 == 0 { (2..6).collect() } else { CandidateSet::all(6) };
        problem.rule(next(), When::Always, Then::Present(items[number * 43], set));
    }
    for item in items {
        problem.prefer(Preference::Rank(item, vec![1, 0, 0, 1, 2, 2]));
    }
    problem
}

#[test]
fn two_hundred_selections_from_ten_thousand() {
    let selection = within(&registry(), 3_000_000).expect("it has a solution");
    assert!(selection.optimal);
    assert!(how_many(&selection) > 300, "{}", how_many(&selection));
}

/// Who claims to hold something is only asked once it is there: one of 500 is demanded at a time, by 2,000 resources.
#[test]
fn many_may_hold_what_one_can() {
    let mut problem = Problem::new();
    let holders = items(&mut problem, 500, 2);
    let shared = problem.resource();
    let resources: Vec<ResourceId> = (0..2_000).map(|_| problem.resource()).collect();
    for (number, holder) in holders.iter().enumerate() {
        let here = |candidate: u32| When::Item(*holder, [candidate].into_iter().collect());
        problem.rule(StatementId(number as u32), here(0), Then::Holds(shared, *holder));
        for own in &resources[4 * number..4 * number + 4] {
            problem.rule(StatementId(number as u32), here(1), Then::Holds(*own, *holder));
        }
    }
    for one in [0, 250, 499] {
        let mut problem = problem.clone();
        let present = Then::Present(holders[one], CandidateSet::all(2));
        problem.rule(StatementId(1_000), When::Always, present);
        let selection = within(&problem, 20_000).expect("it has a solution");
        assert_eq!(how_many(&selection), 1);
        let other = (one + 77) % 500;
        let first = || [0].into_iter().collect();
        problem.rule(StatementId(1_001), When::Always, Then::Present(holders[other], first()));
        let selection = within(&problem, 20_000).expect("it has a solution");
        assert_eq!(selection.candidate(holders[one]), Some(1));
        problem.rule(StatementId(1_002), When::Always, Then::AbsentOr(holders[one], first()));
        let Err(Failure::Conflict(conflict)) = within(&problem, 40_000) else {
            unreachable!("it has no solution")
        };
        assert!(conflict.minimal);
        let (early, late) = (one.min(other) as u32, one.max(other) as u32);
        assert_eq!(conflict.core, [1_000, 1_001, 1_002, early, late].map(StatementId));
    }
    // All at once, each in the candidate that shares nothing.
    for holder in &holders {
        problem.rule(StatementId(1_000), When::Always, Then::Present(*holder, CandidateSet::all(2)));
    }
    problem.prefer(Preference::Rank(holders[400], vec![0, 1]));
    let selection = within(&problem, 200_000).expect("it has a solution");
    assert_eq!(selection.candidate(holders[400]), Some(0));
    assert_eq!(how_many(&selection), 500);
}

/// What somebody outside holds is one line of the conflict.
#[test]
fn held_from_outside_it_is_held() {
    let mut problem = Problem::new();
    let (server, outside) = (problem.item(1), problem.item(0));
    let port = problem.resource();
    problem.rule(StatementId(0), When::Always, Then::Holds(port, outside));
    problem.rule(StatementId(1), When::Item(server, CandidateSet::all(1)), Then::Holds(port, server));
    assert_eq!(how_many(&within(&problem, 100).expect("nobody asks for the server")), 0);
    problem.rule(StatementId(2), When::Always, Then::Present(server, CandidateSet::all(1)));
    let Err(Failure::Conflict(conflict)) = within(&problem, 1_000) else {
        unreachable!("it has no solution")
    };
    assert_eq!(conflict.core, [2, 0, 1].map(StatementId));
}

#[test]
fn asked_to_stop_it_stops() {
    let interrupted = || true;
    let options = Options { interrupted: Some(&interrupted), ..Options::default() };
    assert_eq!(solve(&chain(10), &options), Err(Failure::Interrupted));
    let patient = || false;
    let options = Options { interrupted: Some(&patient), ..Options::default() };
    assert_eq!(solve(&chain(10), &options), solve(&chain(10), &Options::default()));
}

/// Sums of three that can't all be what they should: hard for any search that does not calculate.
fn sums(how_many: u32) -> Problem {
    let mut problem = Problem::new();
    let digits = items(&mut problem, how_many, 2);
    for (number, digit) in digits.iter().enumerate() {
        problem.rule(StatementId(number as u32), When::Always, Then::Present(*digit, CandidateSet::all(2)));
    }
    let mut at = 7u64;
    for number in 0..how_many + 30 {
        let mut next = || {
            at = at.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (at ^ (at >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            digits
                [((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33) as usize % digits.len()]
        };
        let three = [next(), next(), next()];
        if three[0] == three[1] || three[1] == three[2] || three[2] == three[0] {
            continue;
        }
        for odd in [0b001, 0b010, 0b100, 0b111] {
            let sum = odd ^ (number & 1);
            let not =
                |(digit, place): (&ItemId, u32)| (*digit, [1 ^ (sum >> place & 1)].into_iter().collect());
            let then = Then::AnyOf(three.iter().zip(0..).map(not).collect());
            problem.rule(StatementId(1_000 + number), When::Always, then);
        }
    }
    problem
}

#[test]
fn a_hard_search_can_be_stopped() {
    let asked = AtomicU32::new(0);
    let interrupted = || asked.fetch_add(1, Ordering::Relaxed) > 2;
    let options = Options { interrupted: Some(&interrupted), fuel: Some(u64::MAX), ..Options::default() };
    assert_eq!(solve(&sums(300), &options), Err(Failure::Interrupted));
    assert_eq!(within(&sums(300), 200_000), Err(Failure::OutOfFuel));
    assert!(matches!(within(&sums(12), 200_000), Err(Failure::Conflict(_))));
}

#[test]
fn past_its_fuel_it_says_so() {
    assert_eq!(within(&chain(1_000), 500), Err(Failure::OutOfFuel));
}

/// One too many, each with all statements of its own: everything is needed.
fn does_not_fit(problem: &Problem, statements: usize, steps: u64) {
    let Err(Failure::Conflict(conflict)) = within(problem, steps) else { unreachable!("it has no solution") };
    assert_eq!(conflict.core.len(), statements);
    assert!(conflict.minimal);
}

/// More items than values that all have to differ.
#[test]
fn one_more_than_there_are_values() {
    for (holes, steps) in [(3, 4_000), (12, 200_000), (40, 20_000_000)] {
        let mut problem = Problem::new();
        let pigeons = items(&mut problem, holes + 1, holes);
        for (number, one) in pigeons.iter().enumerate() {
            problem.rule(
                StatementId(number as u32),
                When::Always,
                Then::Present(*one, CandidateSet::all(holes)),
            );
            for (before, other) in pigeons[..number].iter().enumerate() {
                for hole in 0..holes {
                    let others = (0..holes).filter(|candidate| *candidate != hole).collect();
                    let when = When::Item(*one, [hole].into_iter().collect());
                    let statement = StatementId(1_000 * (1 + number as u32) + before as u32);
                    problem.rule(statement, when, Then::AbsentOr(*other, others));
                }
            }
        }
        let all = (holes + 1) as usize;
        does_not_fit(&problem, all + all * (all - 1) / 2, steps);
    }
}

/// More containers than ports that any of them could take.
#[test]
fn one_more_than_there_are_ports() {
    for (holes, steps) in [(3, 4_000), (20, 40_000), (200, 4_000_000)] {
        let mut problem = Problem::new();
        let containers = items(&mut problem, holes + 1, holes);
        let ports: Vec<ResourceId> = (0..holes).map(|_| problem.resource()).collect();
        // Somebody with another choice does not matter.
        let other = problem.item(2);
        problem.rule(StatementId(5_000), When::Always, Then::Present(other, CandidateSet::all(2)));
        for (number, one) in containers.iter().chain([&other]).enumerate() {
            let number = number as u32;
            problem.rule(StatementId(number), When::Always, Then::Present(*one, CandidateSet::all(holes)));
            for (port, candidate) in ports.iter().zip(0..) {
                let when = When::Item(*one, [candidate].into_iter().collect());
                problem.rule(StatementId(1_000 + number), when, Then::Holds(*port, *one));
                if *one == other {
                    break;
                }
            }
        }
        does_not_fit(&problem, 2 * (holes + 1) as usize, steps);
    }
}

/// More groups than can have an option, since their options exclude each other.
#[test]
fn one_more_group_than_options_that_go_together() {
    for (holes, count, steps) in [
        (3, Count::One, 4_000),
        (10, Count::Between { min: 1, max: 10 }, 100_000),
        (30, Count::One, 2_000_000),
    ] {
        let mut problem = Problem::new();
        let mut options: Vec<Vec<ItemId>> = Vec::new();
        for number in 0..=holes {
            let own = items(&mut problem, holes, 1);
            let group = problem.group(StatementId(1_000 + number), count, own.clone());
            problem.rule(StatementId(number), When::Always, Then::TakesPart(group));
            options.push(own);
        }
        for (number, own) in options.iter().enumerate() {
            for (one, other) in options[..number].iter().flat_map(|before| own.iter().zip(before)) {
                let when = When::Item(*one, CandidateSet::all(1));
                problem.rule(StatementId(10_000), when, Then::AbsentOr(*other, CandidateSet::default()));
            }
        }
        does_not_fit(&problem, 2 * (holes + 1) as usize + 1, steps);
    }
}

/// More demands than groups of which each may have two.
#[test]
fn one_more_than_groups_have_room_for() {
    for (holes, steps) in [(2, 4_000), (10, 40_000), (60, 1_000_000)] {
        let mut problem = Problem::new();
        let mut options: Vec<Vec<ItemId>> = Vec::new();
        for number in 0..=2 * holes {
            let own = items(&mut problem, holes, 2);
            let any = own.iter().map(|item| (*item, CandidateSet::all(2))).collect();
            problem.rule(StatementId(number), When::Always, Then::AnyOf(any));
            options.push(own);
        }
        for hole in 0..holes {
            let all = options.iter().map(|own| own[hole as usize]).collect();
            let statement = StatementId(1_000 + hole);
            let group = problem.group(statement, Count::Between { min: 0, max: 2 }, all);
            problem.rule(statement, When::Always, Then::TakesPart(group));
        }
        does_not_fit(&problem, (2 * holes + 1 + holes) as usize, steps);
    }
}
