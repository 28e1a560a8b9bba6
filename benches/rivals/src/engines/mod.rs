//! The solvers that are compared, each behind the same door: a problem in, a solution or none out.
//!
//! Owns: what an answer is, and the check of one. Refuses: measuring.
//!
//! - `sat`: plain clauses for a CDCL solver (batsat), counts as a totalizer or as a sequential counter.
//! - `lazy`: packages with versions for resolvo, which asks for what it needs; counts as virtual packages.
//!
//! All get the same [`Problem`], and all that each has to do with it is part of its time. Only hsm's own solver knows
//! preferences and explains conflicts; of the others the first answer counts.

mod lazy;
mod sat;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hsm_solver::{
    Candidate, CandidateSet, Count, Failure, GroupId, ItemId, Member, Options, Problem, Then, When, solve,
};

pub use sat::Counting;

/// A solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// hsm's: the best solution, or a minimal conflict.
    Hsm,
    /// hsm's, of a problem without preferences: any solution, or a minimal conflict.
    HsmFirst,
    /// resolvo, with a provider that reads the problem as it is asked.
    Resolvo,
    /// batsat, with clauses for the part of the problem that can be reached.
    Batsat(Counting),
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Hsm,
        Self::HsmFirst,
        Self::Resolvo,
        Self::Batsat(Counting::Totalizer),
        Self::Batsat(Counting::Sequential),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hsm => "hsm",
            Self::HsmFirst => "hsm, any solution",
            Self::Resolvo => "resolvo",
            Self::Batsat(Counting::Totalizer) => "batsat, totalizer",
            Self::Batsat(Counting::Sequential) => "batsat, sequential counter",
        }
    }

    /// Which of two problems it is to be given: the whole one, or the one without preferences.
    pub fn takes<'p>(self, whole: &'p Problem, bare: &'p Problem) -> &'p Problem {
        if self == Self::HsmFirst { bare } else { whole }
    }

    /// Its answer, unless it takes longer than that (hsm has a bound of steps instead).
    pub fn solve(self, problem: &Problem, patience: Duration) -> Answer {
        let deadline = Instant::now() + patience;
        match self {
            Self::Hsm | Self::HsmFirst => match solve(problem, &Options::default()) {
                Ok(selection) => Answer::Solution(Found {
                    takes_part: selection.groups.iter().map(Option::is_some).collect(),
                    items: selection.items,
                }),
                Err(Failure::Conflict(_)) => Answer::None,
                Err(Failure::Interrupted | Failure::OutOfFuel) => Answer::GaveUp,
            },
            Self::Resolvo => lazy::solve(problem, deadline),
            Self::Batsat(counting) => sat::solve(problem, counting, deadline),
        }
    }
}

/// The problem as [`Engine::HsmFirst`] gets it.
pub fn without_preferences(problem: &Problem) -> Problem {
    let mut bare = Problem::new();
    for item in 0..problem.len() as u32 {
        bare.item(problem.candidates(ItemId(item)));
    }
    for group in problem.groups() {
        bare.group(group.statement, group.count, group.members.clone());
    }
    for _ in 0..problem.resources() {
        bare.resource();
    }
    for rule in problem.rules() {
        bare.rule(rule.statement, rule.when.clone(), rule.then.clone());
    }
    bare
}

/// What a solver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This keeps every rule.
    Solution(Found),
    /// Nothing does.
    None,
    /// It took too long.
    GaveUp,
}

/// A solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// For each item its candidate.
    pub items: Vec<Option<Candidate>>,
    /// For each group whether it takes part.
    pub takes_part: Vec<bool>,
}

impl Found {
    /// Whether every rule and every count is kept, and no resource has two holders. That everything has a reason is
    /// not asked: what has none can be left out of any solution.
    pub fn keeps(&self, problem: &Problem) -> bool {
        let mut holders = vec![None; problem.resources() as usize];
        let rules = problem.rules().iter().filter(|rule| self.holds(problem, &rule.when)).all(|rule| {
            match &rule.then {
                Then::Holds(resource, holder) => match holders.get_mut(resource.0 as usize) {
                    Some(known) => *known.get_or_insert(*holder) == *holder,
                    None => false,
                },
                then => self.met(problem, then),
            }
        });
        rules
            && problem.groups().iter().zip(&self.takes_part).all(|(group, part)| {
                let present: BTreeSet<ItemId> =
                    group.members.iter().copied().filter(|item| self.of(*item).is_some()).collect();
                let present = present.len() as u32;
                !part
                    || match group.count {
                        Count::One => present == 1,
                        Count::Between { min, max } => min <= present && present <= max,
                    }
            })
    }

    fn of(&self, item: ItemId) -> Option<Candidate> {
        self.items.get(item.0 as usize).copied().flatten()
    }

    fn is_in(&self, item: ItemId, set: &CandidateSet) -> bool {
        self.of(item).is_some_and(|candidate| set.contains(candidate))
    }

    fn part(&self, group: GroupId) -> bool {
        self.takes_part.get(group.0 as usize).copied().unwrap_or(false)
    }

    fn option(&self, problem: &Problem, group: GroupId, member: Member) -> bool {
        let item =
            problem.groups().get(group.0 as usize).and_then(|group| group.members.get(member as usize));
        self.part(group) && item.is_some_and(|item| self.of(*item).is_some())
    }

    fn holds(&self, problem: &Problem, when: &When) -> bool {
        match when {
            When::Always => true,
            When::Item(item, set) => self.is_in(*item, set),
            When::TakesPart(group) => self.part(*group),
            When::Option(group, member) => self.option(problem, *group, *member),
        }
    }

    fn met(&self, problem: &Problem, then: &Then) -> bool {
        match then {
            Then::Present(item, set) => self.is_in(*item, set),
            Then::AbsentOr(item, set) => self.of(*item).is_none() || self.is_in(*item, set),
            Then::TakesPart(group) => self.part(*group),
            Then::OneOf(group, members) => members.iter().any(|one| self.option(problem, *group, *one)),
            Then::AllOf(group, members) => {
                self.part(*group) && members.iter().all(|one| self.option(problem, *group, *one))
            }
            Then::AnyOf(some) => some.iter().any(|(item, set)| self.is_in(*item, set)),
            Then::Holds(..) => true,
            Then::Never => false,
        }
    }
}
