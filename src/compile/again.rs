//! Compiling again: the same project with another manifest.
//!
//! Owns: what of a compiled project does not depend on the manifest, so that it is taken over and not worked out again;
//! and when it can be. Refuses: any rule of its own: the outcome is that of compiling from nothing.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use hsm_solver::{ItemId, StatementId};

use super::candidates::AskedModes;
use super::checkouts::Table;
use super::demands::ByEntries;
use super::python::Floating;
use super::{Building, Choice, Compiled, candidates, compile_from};
use crate::load::Inputs;
use crate::names::ComponentId;

/// What entries say, as it was compiled.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    /// The modes that were asked for.
    asked: AskedModes,
    by: Arc<ByEntries>,
    /// What follows from the entries alone: these statements, rules, and items that stand for no component.
    statements: Range<usize>,
    rules: Range<usize>,
    items: Range<usize>,
    floating: Vec<Floating>,
    checkouts: Vec<Vec<Table>>,
}

/// A project that is compiled already.
#[derive(Clone, Copy)]
pub struct Before<'a> {
    /// What was read.
    pub inputs: &'a Inputs,
    /// What it came to.
    pub compiled: &'a Compiled,
}

/// Compiles a project of which only the manifest, or what is locked, differs from one that is compiled already; and
/// whether its components have the same candidates.
pub fn compile_again(inputs: &Inputs, before: Before<'_>) -> (Compiled, bool) {
    let compiled = compile_from(inputs, Some(before));
    let old = before.compiled.components.iter().map(|component| &component.choices);
    let same = old.eq(compiled.components.iter().map(|component| &component.choices));
    (compiled, same)
}

impl Before<'_> {
    /// The candidates of a component, if they are the same now. `changed`: the components of which other modes are asked
    /// for.
    pub(super) fn choices(
        &self,
        inputs: &Inputs,
        id: &ComponentId,
        number: usize,
        changed: &BTreeSet<&ComponentId>,
    ) -> Option<Vec<Choice>> {
        let old = self.compiled.components.get(number).filter(|component| component.id == *id)?;
        let same = !changed.contains(id)
            && inputs.preferred_mode() == self.inputs.preferred_mode()
            && inputs.locked(id) == self.inputs.locked(id)
            && candidates::has_own_image(inputs, id) == candidates::has_own_image(self.inputs, id);
        same.then(|| old.choices.clone())
    }

    /// What entries ask for.
    pub(super) fn by_entries(&self) -> Arc<ByEntries> {
        Arc::clone(&self.compiled.basis.by)
    }

    /// The components of which other modes are asked for now.
    pub(super) fn changed<'a>(&'a self, asked: &'a AskedModes) -> BTreeSet<&'a ComponentId> {
        asked.symmetric_difference(&self.compiled.basis.asked).map(|(id, _)| id).collect()
    }
}

/// How far a project has been compiled.
pub(super) struct Mark {
    statements: usize,
    rules: usize,
    items: usize,
    /// How many demands on versions of the manifest float.
    floating: usize,
    /// Whether a checkout has been named.
    said: bool,
}

impl Mark {
    pub(super) fn of(building: &Building<'_>) -> Self {
        Self {
            statements: building.statements.len(),
            rules: building.problem.rules().len(),
            items: building.problem.len(),
            floating: building.floating.len(),
            said: building.checkouts.iter().flatten().any(Table::is_said),
        }
    }

    /// What has been compiled since.
    pub(super) fn since(&self, building: &Building<'_>, asked: AskedModes, by: Arc<ByEntries>) -> Basis {
        Basis {
            asked,
            by,
            statements: self.statements..building.statements.len(),
            rules: self.rules..building.problem.rules().len(),
            items: self.items..building.problem.len(),
            floating: building.floating.get(self.floating..).unwrap_or_default().to_vec(),
            checkouts: building.checkouts.clone(),
        }
    }

    /// Takes over what follows from the entries, if it is the same now.
    pub(super) fn take_over(&self, building: &mut Building<'_>, before: Before<'_>) -> bool {
        let (old, basis) = (before.compiled, &before.compiled.basis);
        let components = old.components.iter().map(|component| (&component.id, &component.choices));
        // a checkout that a pin of the manifest names is an item before all others
        let is_same = !self.said
            && basis.items.start == self.items
            && old.groups.iter().eq(building.groups.iter().map(|group| &group.id))
            && components.eq(building.components.iter().map(|component| (&component.id, &component.choices)));
        let (Some(statements), Some(rules)) =
            (old.statements.get(basis.statements.clone()), old.problem.rules().get(basis.rules.clone()))
        else {
            return false;
        };
        if !is_same {
            return false;
        }
        let moved = |id: StatementId| match (id.0 as usize).checked_sub(basis.statements.start) {
            Some(place) => StatementId((self.statements + place) as u32),
            None => id,
        };
        building.statements.extend_from_slice(statements);
        for item in basis.items.clone() {
            building.problem.item(old.problem.candidates(ItemId(item as u32)));
        }
        for rule in rules {
            building.problem.rule(moved(rule.statement), rule.when.clone(), rule.then.clone());
        }
        building.floating.extend(basis.floating.iter().map(|one| one.moved(moved)));
        building.checkouts = basis
            .checkouts
            .iter()
            .map(|tables| tables.iter().map(|table| table.moved(moved)).collect())
            .collect();
        true
    }
}
