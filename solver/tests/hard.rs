//! Problems that have to be tried, and large ones with a preference for everything: within so many steps, by either
//! engine or by both. Steps are counted, so these bounds say the same on every machine.

use hsm_solver::{
    CandidateSet, Count, Engine, Failure, ItemId, Member, Options, Preference, Problem, Selection,
    StatementId, Then, When, solve,
};

fn within(problem: &Problem, engine: Option<Engine>, steps: u64) -> Result<Selection, Failure> {
    solve(problem, &Options { fuel: Some(steps), engine, ..Options::default() })
}

fn is_conflict(answer: &Result<Selection, Failure>) -> bool {
    matches!(answer, Err(Failure::Conflict(_)))
}

/// A small generator of numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(bound)) as u32
    }

    fn two(&mut self, bound: u32) -> (ItemId, ItemId) {
        loop {
            let (one, other) = (self.below(bound), self.below(bound));
            if one != other {
                return (ItemId(one), ItemId(other));
            }
        }
    }

    fn shuffled(&mut self, all: u32) -> Vec<Member> {
        let mut order: Vec<Member> = (0..all).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, self.below(last as u32 + 1) as usize);
        }
        order
    }
}

/// A problem in which each rule and group is a statement of its own.
#[derive(Default)]
struct Draft {
    problem: Problem,
    next: u32,
}

impl Draft {
    fn id(&mut self) -> StatementId {
        self.next += 1;
        StatementId(self.next - 1)
    }

    fn rule(&mut self, when: When, then: Then) {
        let id = self.id();
        self.problem.rule(id, when, then);
    }

    fn items(&mut self, how_many: u32, candidates: u32) -> Vec<ItemId> {
        (0..how_many).map(|_| self.problem.item(candidates)).collect()
    }

    fn exclude(&mut self, one: ItemId, other: ItemId) {
        self.rule(When::Item(one, CandidateSet::all(1)), Then::AbsentOr(other, CandidateSet::default()));
    }

    /// A group of new items that takes part.
    fn group(&mut self, options: u32, count: Count) -> (hsm_solver::GroupId, Vec<ItemId>) {
        let items = self.items(options, 1);
        let id = self.id();
        let group = self.problem.group(id, count, items.clone());
        self.rule(When::Always, Then::TakesPart(group));
        (group, items)
    }
}

/// Groups of ten options that need four or five, and pairs of options that exclude each other.
fn crowded(groups: u32, exclusions: u32, seed: u64) -> Problem {
    let (mut draft, mut dice) = (Draft::default(), Dice(seed));
    for _ in 0..groups {
        draft.group(10, Count::Between { min: 4, max: 5 });
    }
    for _ in 0..exclusions {
        let (one, other) = dice.two(groups * 10);
        draft.exclude(one, other);
    }
    draft.problem
}

#[test]
fn crowded_groups_are_refuted_by_the_second_engine() {
    for seed in 0..3 {
        let problem = crowded(12, 480, seed);
        assert!(is_conflict(&within(&problem, None, 60_000_000)), "seed {seed}");
        assert!(is_conflict(&within(&problem, Some(Engine::Cdcl), 60_000_000)), "seed {seed}");
    }
    // The first one by itself does not come to an end with that.
    assert_eq!(within(&crowded(12, 480, 1), Some(Engine::PubGrub), 60_000_000), Err(Failure::OutOfFuel));
}

/// Choices between two, and groups of three of them of which one has to be made as the group says: random formulas.
fn formula(choices: u32, clauses: u32, seed: u64) -> Problem {
    let (mut draft, mut dice) = (Draft::default(), Dice(seed));
    let mut sides = Vec::new();
    for _ in 0..choices {
        sides.push(draft.group(2, Count::One).1);
    }
    for _ in 0..clauses {
        let mut members: Vec<ItemId> = Vec::new();
        while members.len() < 3 {
            let choice = &sides[dice.below(choices) as usize];
            if !choice.iter().any(|side| members.contains(side)) {
                members.push(choice[dice.below(2) as usize]);
            }
        }
        let id = draft.id();
        let group = draft.problem.group(id, Count::Between { min: 1, max: 3 }, members);
        draft.rule(When::Always, Then::TakesPart(group));
    }
    draft.problem
}

#[test]
fn random_formulas_in_groups_are_decided() {
    let (mut solved, mut refuted) = (0, 0);
    for seed in 0..6 {
        let answer = within(&formula(110, 460 + 10 * seed as u32, seed), None, 60_000_000);
        match answer {
            Ok(_) => solved += 1,
            Err(Failure::Conflict(_)) => refuted += 1,
            Err(failure) => unreachable!("seed {seed}: {failure:?}"),
        }
    }
    assert!(solved > 0 && refuted > 0, "{solved} and {refuted}");
}

/// Half of five hundred, with exclusions that leave just enough.
#[test]
fn half_of_five_hundred_with_exclusions() {
    for seed in 0..3 {
        let (mut draft, mut dice) = (Draft::default(), Dice(seed));
        let (group, _) = draft.group(500, Count::Between { min: 250, max: 500 });
        for _ in 0..320 {
            let (one, other) = dice.two(500);
            draft.exclude(one, other);
        }
        let order = dice.shuffled(500);
        draft.problem.prefer(Preference::Fill(group, order));
        let selection = within(&draft.problem, None, 60_000_000).expect("it has a solution");
        assert!(selection.optimal);
        assert_eq!(selection.options(group).map(<[u32]>::len), Some(250));
    }
}

/// Components in four releases that are all there, releases that exclude releases of others, and for each of the
/// components the newer the better, in an order that has nothing to do with the rest.
fn releases(components: u32, exclusions: u32, with_preferences: bool) -> Problem {
    let (mut draft, mut dice) = (Draft::default(), Dice(7));
    for item in draft.items(components, 4) {
        draft.rule(When::Always, Then::Present(item, CandidateSet::all(4)));
    }
    for _ in 0..exclusions {
        let one = dice.below(components);
        let other = (one + 1 + dice.below(50)) % components;
        let when = When::Item(ItemId(one), [dice.below(4)].into_iter().collect());
        let (first, second) = (dice.below(4), dice.below(4));
        draft.rule(when, Then::AbsentOr(ItemId(other), [first, second].into_iter().collect()));
    }
    for item in dice.shuffled(if with_preferences { components } else { 0 }) {
        draft.problem.prefer(Preference::Rank(ItemId(item), vec![0, 1, 2, 3]));
    }
    draft.problem
}

/// The same answer from both engines, the best there is, in so many steps.
#[track_caller]
fn best(problem: &Problem, steps: u64) -> Selection {
    let Ok(selection) = within(problem, None, steps) else { unreachable!("it has a solution") };
    assert!(selection.optimal);
    let Ok(other) = within(problem, Some(Engine::Cdcl), steps * 4) else { unreachable!("it has a solution") };
    assert!(other.optimal);
    assert_eq!(other, Selection { engine: Engine::Cdcl, ..selection.clone() });
    selection
}

#[test]
fn ten_thousand_items_with_a_preference_each_are_the_best_in_a_few_times_the_first_solve() {
    let first = 11_000_000;
    assert!(within(&releases(10_000, 40_000, false), None, first).is_ok());
    best(&releases(10_000, 40_000, true), 4 * first);
}

/// Where the bounds that are seen to be possible can't hold together, the second engine finds those that can.
#[test]
fn preferences_that_clash_only_when_tried_are_the_best() {
    let selection = best(&releases(1_000, 5_600, true), 60_000_000);
    assert_eq!(selection.items.len(), 1_000);
}

/// A tree of features: each brings in its parent, and a group of children of one of four kinds; between the branches,
/// some need and some exclude each other. For each feature a preference.
fn features(how_many: u32) -> Problem {
    let (mut draft, mut dice) = (Draft::default(), Dice(11));
    let items = draft.items(how_many, 1);
    let present = |item: ItemId| Then::Present(item, CandidateSet::all(1));
    let when = |item: ItemId| When::Item(item, CandidateSet::all(1));
    draft.rule(When::Always, present(items[0]));
    let (mut parent, mut next) = (0, 1);
    while next < items.len() {
        let children: Vec<ItemId> = items[next..].iter().take(2 + dice.below(5) as usize).copied().collect();
        next += children.len();
        let options = children.len() as u32;
        let kind = dice.below(8);
        for child in &children {
            draft.rule(when(*child), present(items[parent]));
            if kind == 0 {
                draft.rule(when(items[parent]), present(*child));
            }
        }
        let count = match kind {
            1 => Count::One,
            2 | 3 => Count::Between { min: 1, max: options },
            _ => Count::Between { min: 0, max: options },
        };
        let id = draft.id();
        let group = draft.problem.group(id, count, children);
        draft.rule(when(items[parent]), Then::TakesPart(group));
        let order = dice.shuffled(options);
        if kind != 1 {
            draft.problem.prefer(Preference::Wanted(group, order.clone()));
        }
        draft.problem.prefer(Preference::Fill(group, order));
        parent += 1;
    }
    for _ in 0..how_many / 10 {
        let (one, other) = dice.two(how_many);
        // Not from the root's side of the tree, where hardly anything can be left out.
        if one.0 < how_many / 4 || other.0 < how_many / 4 {
            continue;
        }
        if dice.below(2) == 0 {
            draft.rule(when(one), present(other));
        } else {
            draft.exclude(one, other);
        }
    }
    for item in dice.shuffled(how_many) {
        draft.problem.prefer(Preference::Rank(ItemId(item), vec![1]));
    }
    draft.problem
}

#[test]
fn eighteen_thousand_features_with_a_preference_each() {
    let selection = best(&features(18_000), 20_000_000);
    assert!(selection.items.iter().flatten().count() > 1_000);
}

/// A group that holds everything, with no more options present than there have to be: a counter of its length alone
/// would be 36 million values.
fn one_group_over_all(min: u32, either: bool) -> Problem {
    let mut draft = Draft::default();
    let all: Vec<ItemId> = (0..6_000).map(|_| draft.problem.item(1)).collect();
    let id = draft.id();
    let group = draft.problem.group(id, Count::Between { min, max: 6_000 }, all.clone());
    draft.rule(When::Always, Then::TakesPart(group));
    draft.problem.prefer(Preference::Fill(group, (0..6_000).collect()));
    let dice = &mut Dice(6_000);
    for (number, item) in all.iter().enumerate().skip(1) {
        let before = ItemId(dice.below(number as u32));
        draft.rule(When::Item(*item, CandidateSet::all(1)), Then::Present(before, CandidateSet::all(1)));
    }
    for _ in 0..40 {
        let one = 1_000 + dice.below(4_000);
        let neighbours = if either { vec![one, one + 1] } else { vec![one] };
        let some = neighbours.into_iter().map(|item| (ItemId(item), CandidateSet::all(1))).collect();
        draft.rule(When::Always, Then::AnyOf(some));
    }
    draft.problem
}

#[test]
fn one_group_over_six_thousand_items() {
    for min in [0, 3] {
        let problem = one_group_over_all(min, false);
        let present = best(&problem, 3_000_000).items.iter().flatten().count();
        assert!((40..600).contains(&present), "{present}");
    }
}

#[test]
fn one_group_over_six_thousand_items_of_which_some_are_alternatives() {
    let problem = one_group_over_all(0, true);
    assert!(within(&problem, None, 3_000_000).is_ok());
    // What clashes is counted, not all that there is: the best is found.
    best(&problem, 60_000_000);
    // An exact counter of that length is more than the first engine can do by itself.
    assert_eq!(within(&problem, Some(Engine::PubGrub), 3_000_000), Err(Failure::OutOfFuel));
}
