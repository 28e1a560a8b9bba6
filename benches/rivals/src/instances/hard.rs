//! Counting, long chains and pigeons.

use hsm_solver::{CandidateSet, Count, GroupId, ItemId, Preference, Problem, Then, When};

use super::{Class, Instance, Seed, Sentences, Size, none};

pub(super) fn instances(size: Size) -> Vec<Instance> {
    let full = size == Size::Full;
    let mut all = Vec::new();
    let mut add = |class, name: String, problem, solvable| {
        all.push(Instance { class, name, problem, solvable });
    };
    let length = if full { 10_000 } else { 60 };
    add(Class::Chain, format!("chain-{length}"), chain(length).problem, Some(true));
    add(Class::ChainInConflict, format!("chain-{length}-pulled-apart"), pulled_apart(length), Some(false));
    add(Class::ChainInConflict, format!("chain-{length}-to-nothing"), to_nothing(length), Some(false));
    let pins: &[_] = if full { &[(60, 31, 30), (500, 251, 250), (500, 500, 3)] } else { &[(12, 5, 4)] };
    for &(options, pins, most) in pins {
        let name = format!("pins-{pins}-of-{options}-at-most-{most}");
        add(Class::ManyPins, name, too_many_pins(options, pins, most), Some(false));
    }
    let big: &[_] = if full { &[(500, 250, 150), (500, 250, 300)] } else { &[(16, 8, 5)] };
    for &(options, least, edges) in big {
        for seed in 0..2 {
            let name = format!("group-{least}-of-{options}-{edges}-exclusions-{seed}");
            add(Class::BigGroup, name, exclusions(options, least, edges, seed), None);
        }
    }
    // In a random graph of 40 options with every fifth pair excluded, the largest free set has about 13 options.
    let transition: &[_] = if full { &[(40, 12), (40, 13), (40, 14)] } else { &[(12, 5), (12, 6)] };
    for &(options, least) in transition {
        for seed in 0..3 {
            let name = format!("transition-{least}-of-{options}-{seed}");
            let edges = options * (options - 1) / 10;
            add(Class::PhaseTransition, name, exclusions(options, least, edges, seed), None);
        }
    }
    for holes in if full { 6..=8 } else { 3..=4 } {
        add(
            Class::Pigeons,
            format!("pigeons-{}-in-{holes}", holes + 1),
            pigeons(holes + 1, holes),
            Some(false),
        );
    }
    all
}

fn all(candidates: u32) -> CandidateSet {
    CandidateSet::all(candidates)
}

/// Every item brings in the next; the first is wanted.
fn chain(length: u32) -> Sentences {
    let mut sentences = Sentences::default();
    let items: Vec<ItemId> = (0..length).map(|_| sentences.problem.item(2)).collect();
    sentences.rule(When::Always, Then::Present(ItemId(0), all(2)));
    for pair in items.windows(2) {
        sentences.rule(When::Item(pair[0], all(2)), Then::Present(pair[1], all(2)));
    }
    sentences
}

/// A chain whose last item two pins pull apart.
fn pulled_apart(length: u32) -> Problem {
    let mut sentences = chain(length);
    let last = ItemId(length - 1);
    sentences.rule(When::Always, Then::AbsentOr(last, [0].into_iter().collect()));
    sentences.rule(When::Always, Then::AbsentOr(last, [1].into_iter().collect()));
    sentences.problem
}

/// A chain whose last item needs what does not exist: all of it is the conflict.
fn to_nothing(length: u32) -> Problem {
    let mut sentences = chain(length);
    sentences.rule(When::Item(ItemId(length - 1), all(2)), Then::Never);
    sentences.problem
}

fn group(options: u32, count: Count) -> (Sentences, GroupId, Vec<ItemId>) {
    let mut sentences = Sentences::default();
    let items: Vec<ItemId> = (0..options).map(|_| sentences.problem.item(1)).collect();
    let statement = sentences.say();
    let group = sentences.problem.group(statement, count, items.clone());
    sentences.rule(When::Always, Then::TakesPart(group));
    (sentences, group, items)
}

fn too_many_pins(options: u32, pins: usize, most: u32) -> Problem {
    let (mut sentences, _, items) = group(options, Count::Between { min: 0, max: most });
    for item in items.into_iter().take(pins) {
        sentences.rule(When::Always, Then::Present(item, all(1)));
    }
    sentences.problem
}

/// At least so many of a group whose options exclude each other in so many pairs.
fn exclusions(options: u32, least: u32, edges: u32, seed: u64) -> Problem {
    let seed = &mut Seed(0x6ea9_0000 + seed);
    let (mut sentences, group, items) = group(options, Count::Between { min: least, max: options });
    let mut pairs = Vec::new();
    while pairs.len() < edges as usize {
        let (one, other) = (seed.below(options), seed.below(options));
        let pair = (one.min(other), one.max(other));
        if one != other && !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    for (one, other) in pairs {
        let when = When::Item(items[one as usize], all(1));
        sentences.rule(when, Then::AbsentOr(items[other as usize], none()));
    }
    sentences.problem.prefer(Preference::Fill(group, (0..options).collect()));
    sentences.problem
}

/// So many items that all have to be in different candidates.
fn pigeons(pigeons: u32, holes: u32) -> Problem {
    let mut sentences = Sentences::default();
    let items: Vec<ItemId> = (0..pigeons).map(|_| sentences.problem.item(holes)).collect();
    for (number, one) in items.iter().enumerate() {
        sentences.rule(When::Always, Then::Present(*one, all(holes)));
        for other in &items[..number] {
            for hole in 0..holes {
                let when = When::Item(*one, [hole].into_iter().collect());
                let others = (0..holes).filter(|candidate| *candidate != hole).collect();
                sentences.rule(when, Then::AbsentOr(*other, others));
            }
        }
    }
    sentences.problem
}
