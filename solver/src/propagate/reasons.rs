//! What facts rest on, and the statements that this leads back to.

use std::collections::BTreeSet;

use super::Propagation;
use crate::problem::StatementId;

/// The number of a fact.
pub(super) type FactId = u32;

/// What a fact rests on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reason {
    pub(super) statements: Vec<StatementId>,
    pub(super) facts: Vec<FactId>,
}

impl Reason {
    pub(super) fn new(
        statements: impl IntoIterator<Item = StatementId>,
        facts: impl IntoIterator<Item = FactId>,
    ) -> Self {
        Self { statements: statements.into_iter().collect(), facts: facts.into_iter().collect() }
    }

    pub(super) fn and(mut self, facts: impl IntoIterator<Item = FactId>) -> Self {
        self.facts.extend(facts);
        self
    }
}

/// Something can't be: there is no solution.
#[derive(Debug)]
pub(crate) struct Clash(pub(super) Reason);

pub(super) type Outcome = Result<(), Clash>;

impl Propagation<'_> {
    /// The statements that a clash rests on.
    pub(crate) fn blame(&self, clash: &Clash) -> BTreeSet<StatementId> {
        let mut statements: BTreeSet<StatementId> = clash.0.statements.iter().copied().collect();
        statements.extend(self.why(clash.0.facts.iter().copied()));
        statements
    }

    /// The statements that some facts rest on.
    pub(super) fn why(&self, facts: impl IntoIterator<Item = FactId>) -> BTreeSet<StatementId> {
        let mut statements = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut todo: Vec<FactId> = facts.into_iter().collect();
        while let Some(fact) = todo.pop() {
            if let Some(reason) = self.facts.get(fact as usize).filter(|_| seen.insert(fact)) {
                statements.extend(&reason.statements);
                todo.extend(&reason.facts);
            }
        }
        statements
    }
}
