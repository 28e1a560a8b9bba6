//! How long the solver takes on stacks of growing size: groups of alternatives, releases in two modes, implications
//! between them, a few pins. The same problems on every machine, made from a fixed seed.
//!
//! Run with `cargo bench --bench solver`.

#![expect(clippy::expect_used, reason = "a bench that says what it expected")]

use divan::Bencher;
use hsm_solver::{CandidateSet, Count, ItemId, Options, Preference, Problem, StatementId, Then, When, solve};

fn main() {
    divan::main();
}

/// A small generator of numbers (xorshift), so that the problems are the same everywhere.
struct Seed(u64);

impl Seed {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(bound)).expect("below a u32")
    }
}

/// A stack with so many groups of five alternatives. Each alternative has six candidates (three releases in two modes)
/// and brings in a library, in the newer releases or in all of them; every third group brings in the next one.
fn stack(groups: u32) -> Problem {
    let mut seed = Seed(0x5eed_0001);
    let mut problem = Problem::new();
    let mut statement = 0;
    let mut next = || {
        statement += 1;
        StatementId(statement)
    };
    let libraries: Vec<ItemId> = (0..groups).map(|_| problem.item(8)).collect();
    let mut ids = Vec::new();
    for _ in 0..groups {
        let options: Vec<ItemId> = (0..5).map(|_| problem.item(6)).collect();
        for option in &options {
            let library = libraries[seed.below(groups) as usize];
            let newer = CandidateSet::all(2 + seed.below(5));
            problem.rule(next(), When::Item(*option, CandidateSet::all(6)), Then::Present(library, newer));
        }
        let group = problem.group(next(), Count::One, options.clone());
        if seed.below(3) == 0 {
            let pinned = options[seed.below(5) as usize];
            problem.rule(next(), When::Always, Then::AbsentOr(pinned, [1, 3, 5].into_iter().collect()));
        }
        problem.prefer(Preference::Wanted(group, vec![0]));
        ids.push(group);
    }
    for (n, group) in ids.iter().enumerate() {
        if n % 3 == 2 {
            problem.rule(next(), When::TakesPart(ids[n - 1]), Then::TakesPart(*group));
        } else {
            problem.rule(next(), When::Always, Then::TakesPart(*group));
        }
    }
    for item in 0..u32::try_from(problem.len()).expect("below a u32") {
        let item = ItemId(item);
        problem.prefer(Preference::Rank(item, (0..problem.candidates(item)).collect()));
    }
    problem
}

/// Solvable stacks; the argument is the number of groups.
#[divan::bench(args = [10, 40, 160])]
fn solvable(bencher: Bencher<'_, '_>, groups: u32) {
    bencher
        .with_inputs(|| stack(groups))
        .bench_refs(|problem| solve(problem, &Options::default()).expect("it has a solution").items.len());
}

/// The same with one library that two demands pull apart.
#[divan::bench(args = [10, 40, 160])]
fn in_conflict(bencher: Bencher<'_, '_>, groups: u32) {
    bencher
        .with_inputs(|| {
            let mut problem = stack(groups);
            let library = ItemId(0);
            let old: CandidateSet = [7].into_iter().collect();
            problem.rule(StatementId(1_000_000), When::Always, Then::Present(library, old));
            problem.rule(StatementId(1_000_001), When::Always, Then::AbsentOr(library, CandidateSet::all(3)));
            problem
        })
        .bench_refs(|problem| {
            assert!(solve(problem, &Options::default()).is_err(), "it has no solution");
        });
}
