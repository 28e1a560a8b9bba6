//! Checkouts: the version that a checkout says of itself counts instead of its entry's release.
//!
//! Owns: by which version a candidate is measured, and the rules that name the checkout where it does not fit. Refuses:
//! ranking, which goes by the entry's releases.

use hsm_solver::{CandidateSet, ItemId, StatementId, Then, When};

use super::candidates::{self, Choice, Parts};
use super::{Building, Component};
use crate::load::Inputs;
use crate::names::Kind;
use crate::place::{At, Place};
use crate::pyproject::Checkout;
use crate::registry::Entry;
use crate::statement::Claim;
use crate::version::{Version, VersionDemand};

/// A checkout that says its version, with the candidates whose source it is.
#[derive(Debug, Clone)]
pub(super) struct Table {
    version: At<Version>,
    candidates: CandidateSet,
    said: Option<(StatementId, ItemId)>,
}

impl Table {
    /// Whether its sentence has been said.
    pub(super) fn is_said(&self) -> bool {
        self.said.is_some()
    }

    /// The same where statements have other numbers.
    pub(super) fn moved(&self, number: impl Fn(StatementId) -> StatementId) -> Self {
        let said = self.said.map(|(statement, helper)| (number(statement), helper));
        Self { said, ..self.clone() }
    }
}

/// What the checkout of a candidate says of itself.
pub fn checkout<'a>(inputs: &'a Inputs, entry: &Entry, choice: &Choice) -> Option<&'a Checkout> {
    match Parts::of(entry, choice)? {
        Parts::Package(package, _, Some(source)) => inputs.checkout(package, source),
        _ => None,
    }
}

fn stated<'a>(inputs: &'a Inputs, entry: &Entry, choice: &Choice) -> Option<&'a At<Version>> {
    checkout(inputs, entry, choice)?.version.as_ref()
}

/// The checkouts of a component.
pub(super) fn of(inputs: &Inputs, component: &Component) -> Vec<Table> {
    let Some(entry) = inputs.component(&component.id) else { return Vec::new() };
    let mut all: Vec<(&At<Version>, Vec<u32>)> = Vec::new();
    for (choice, candidate) in component.choices.iter().zip(0..) {
        let Some(version) = stated(inputs, entry, choice) else { continue };
        match all.iter_mut().find(|(known, _)| known.place == version.place) {
            Some((_, candidates)) => candidates.push(candidate),
            None => all.push((version, vec![candidate])),
        }
    }
    let table = |(version, candidates): (&At<Version>, Vec<u32>)| Table {
        version: version.clone(),
        candidates: candidates.into_iter().collect(),
        said: None,
    };
    all.into_iter().map(table).collect()
}

impl Building<'_> {
    /// The candidates whose version a demand allows.
    pub(super) fn with_version(&self, item: ItemId, demand: Option<&VersionDemand>) -> CandidateSet {
        self.by_version(item, |kind, version| candidates::allows(kind, demand, version))
    }

    /// The candidates that a conflict with these versions leaves.
    pub(super) fn without_version(&self, item: ItemId, demand: &VersionDemand) -> CandidateSet {
        self.by_version(item, |_, version| !candidates::keeps_out(demand, version))
    }

    fn by_version(&self, item: ItemId, test: impl Fn(Kind, Option<&Version>) -> bool) -> CandidateSet {
        let Some(component) = self.components.get(item.0 as usize) else { return CandidateSet::default() };
        let (kind, tables) = (component.id.kind(), self.tables(item));
        let Some(entry) = self.inputs.component(&component.id) else {
            return CandidateSet::all(component.choices.len() as u32);
        };
        let fits = |(choice, candidate): &(&Choice, u32)| {
            let stated = tables.iter().find(|table| table.candidates.contains(*candidate));
            let stated = stated.map(|table| &table.version.value);
            test(kind, stated.or_else(|| candidates::version(entry, choice)))
        };
        component.choices.iter().zip(0..).filter(fits).map(|(_, candidate)| candidate).collect()
    }

    /// Whether a demand on a component's version meets a checkout with another one.
    pub(super) fn has_misfit(&self, item: ItemId, demand: &VersionDemand) -> bool {
        self.tables(item).iter().any(|table| !demand.allows(&table.version.value))
    }

    /// The candidates whose checkout has a version that will not do. That they are out is said in two statements: what
    /// is demanded, and what the checkout is; so they stay among those that the demand itself leaves.
    pub(super) fn misfits(
        &mut self,
        statement: StatementId,
        when: &When,
        item: ItemId,
        will_do: &dyn Fn(&Version) -> bool,
    ) -> Vec<u32> {
        let mut out = Vec::new();
        for number in 0..self.tables(item).len() {
            let Some(table) = self.tables(item).get(number).filter(|table| !will_do(&table.version.value))
            else {
                continue;
            };
            out.extend(table.candidates.iter());
            let Some((_, helper)) = self.say_checkout(item, number) else { continue };
            self.problem.rule(statement, when.clone(), Then::AbsentOr(helper, CandidateSet::default()));
        }
        out
    }

    /// The sentence that says the version of the checkout at a place.
    pub(super) fn checkout_statement(&mut self, item: ItemId, place: Place) -> Option<StatementId> {
        let number = self.tables(item).iter().position(|table| table.version.place == place)?;
        self.say_checkout(item, number).map(|(statement, _)| statement)
    }

    fn tables(&self, item: ItemId) -> &[Table] {
        self.checkouts.get(item.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Says the version of a checkout, once; gives the helper that stands for it.
    fn say_checkout(&mut self, item: ItemId, number: usize) -> Option<(StatementId, ItemId)> {
        let table = self.checkouts.get(item.0 as usize)?.get(number)?;
        if table.said.is_some() {
            return table.said;
        }
        let (version, candidates) = (table.version.clone(), table.candidates.clone());
        let id = self.components.get(item.0 as usize)?.id.clone();
        let statement = self.say(Some(version.place), Claim::Checkout(id, version.value));
        let helper = self.problem.item(1);
        self.problem.rule(
            statement,
            When::Item(item, candidates),
            Then::Present(helper, CandidateSet::all(1)),
        );
        let table = self.checkouts.get_mut(item.0 as usize)?.get_mut(number)?;
        table.said = Some((statement, helper));
        table.said
    }
}
