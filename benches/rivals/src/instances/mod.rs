//! Problems to measure with, made from fixed seeds: the same on every machine.
//!
//! Owns: what the instances are like, by class. Refuses: solving and measuring them.
//!
//! - `registry`: stacks of releases, modes, groups and version ranges, as registries of growing size have them.
//! - `hard`: counting, long chains, pigeons: what searches get lost in.
//! - `features`: trees of features with constraints across them; `uvl` reads such ones from files.

pub mod features;
mod hard;
pub mod registry;
pub mod uvl;

use hsm_solver::{CandidateSet, Problem, StatementId, Then, When};

/// What an instance is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Stacks out of registries.
    Registry,
    /// The same with a pin that cannot hold.
    RegistryInConflict,
    /// Trees of features with constraints across them.
    Features,
    /// The same with two alternatives wanted.
    FeaturesInConflict,
    /// Long chains of implications.
    Chain,
    /// The same with a clash at their end.
    ChainInConflict,
    /// More pins than a group allows.
    ManyPins,
    /// Half of a big group, with some exclusions.
    BigGroup,
    /// About as many of a group as its exclusions allow.
    PhaseTransition,
    /// One too many for the places that there are.
    Pigeons,
}

impl Class {
    /// Every class, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::Registry,
        Self::RegistryInConflict,
        Self::Features,
        Self::FeaturesInConflict,
        Self::Chain,
        Self::ChainInConflict,
        Self::ManyPins,
        Self::BigGroup,
        Self::PhaseTransition,
        Self::Pigeons,
    ];

    /// The class in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Registry => "registries of 1k, 10k, 100k entries; 20, 100, 200 selected",
            Self::RegistryInConflict => "the same with a pin that cannot hold",
            Self::Features => "feature models of 500 to 18,000 features",
            Self::FeaturesInConflict => "the same with two alternatives pinned",
            Self::Chain => "chains of 10,000 implications",
            Self::ChainInConflict => "the same, clashing at the end",
            Self::ManyPins => "more pins than a group allows",
            Self::BigGroup => "250 of 500 with exclusions",
            Self::PhaseTransition => "M-of-N near the phase transition",
            Self::Pigeons => "pigeonholes",
        }
    }
}

/// A problem with a name.
pub struct Instance {
    /// What it is like.
    pub class: Class,
    /// Its name, unlike that of all others.
    pub name: String,
    /// What is to be solved.
    pub problem: Problem,
    /// Whether it has a solution, where that is known from how it is made.
    pub solvable: Option<bool>,
}

/// How large the instances are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// For tests: every class, small.
    Small,
    /// For benches.
    Full,
}

/// All instances of a size.
pub fn all(size: Size) -> Vec<Instance> {
    let mut all = registry::instances(size);
    all.extend(features::instances(size));
    all.extend(hard::instances(size));
    all
}

/// A small generator of numbers (splitmix64).
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        if bound == 0 { 0 } else { (self.next() % u64::from(bound)) as u32 }
    }

    /// True with this many percent.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}

/// A problem that grows by one sentence for each rule.
#[derive(Default)]
pub(crate) struct Sentences {
    pub(crate) problem: Problem,
    next: u32,
}

impl Sentences {
    pub(crate) fn say(&mut self) -> StatementId {
        self.next += 1;
        StatementId(self.next - 1)
    }

    pub(crate) fn rule(&mut self, when: When, then: Then) {
        let statement = self.say();
        self.problem.rule(statement, when, then);
    }
}

/// No candidate.
pub(crate) fn none() -> CandidateSet {
    CandidateSet::default()
}
