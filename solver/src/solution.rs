//! The answer: a selection that keeps every rule, or the statements that cannot hold together.

use crate::problem::{Candidate, GroupId, ItemId, Member, Problem, StatementId};

/// What searches once everything is known that follows without trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// `PubGrub`, over finite variables: the fastest where little has to be tried.
    PubGrub,
    /// Conflict-driven clause learning, over clauses: for what the other one can't do within its share of the steps.
    /// `PubGrub` still makes the selection, led by the values that were found.
    Cdcl,
}

/// A solution: valid for every rule, and nothing in it is present without a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// For each item its candidate, or `None` when it is absent.
    pub items: Vec<Option<Candidate>>,
    /// For each group its present options (ascending) if it takes part, else `None`.
    pub groups: Vec<Option<Vec<Member>>>,
    /// Whether the preferences are honoured exactly, or the fuel ran out while improving on a valid solution.
    pub optimal: bool,
    /// The engine that found that there is a solution.
    pub engine: Engine,
}

impl Selection {
    /// The candidate of an item, `None` when it is absent.
    pub fn candidate(&self, item: ItemId) -> Option<Candidate> {
        self.items.get(item.0 as usize).copied().flatten()
    }

    /// The present options of a group that takes part.
    pub fn options(&self, group: GroupId) -> Option<&[Member]> {
        self.groups.get(group.0 as usize).and_then(Option::as_deref)
    }
}

/// Statements that cannot hold together; without any one of them the others can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The statements, in an order that reads as an argument: each is applied to what the earlier ones established.
    pub core: Vec<StatementId>,
    /// Whether each of them is needed. If not, the fuel ran out while shrinking; they still can't hold together.
    pub minimal: bool,
}

/// Why there is no selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No selection keeps every rule.
    Conflict(Conflict),
    /// The caller asked to stop.
    Interrupted,
    /// The stated bound of work was used up without an answer.
    OutOfFuel,
}

/// How to solve.
#[derive(Default)]
pub struct Options<'a> {
    /// Asked now and then; `true` stops the solve with [`Failure::Interrupted`].
    pub interrupted: Option<&'a (dyn Fn() -> bool + Sync)>,
    /// Counted steps (set operations, not time) after which the search for an answer gives up; a third as many again
    /// may go into improving or explaining the answer, which then is not optimal or not minimal but still right.
    /// `None` takes a bound from the size.
    pub fuel: Option<u64>,
    /// The only engine to use. `None`: `PubGrub` with a share of the steps, and then the other one.
    pub engine: Option<Engine>,
    /// Groups of more options than this, and without a greatest number, are counted only as far as their bounds ask for:
    /// an exact counter costs the square of their size. `None`: 64. Decides no more than what the preferences leave
    /// open.
    pub counted: Option<usize>,
}

/// Solves a problem. Deterministic: equal problems get equal answers on every machine.
pub fn solve(problem: &Problem, options: &Options<'_>) -> Result<Selection, Failure> {
    crate::run::run(problem, options)
}
