//! What the manifest leaves open, and which warnings that makes needless.
//!
//! Owns: what can still be reached once the pins of the manifest have ruled things out. Refuses: choosing.

use std::collections::{BTreeSet, HashMap, HashSet};

use hsm_solver::{GroupId, ItemId, Problem, Then, When};

use super::support::Atom;
use crate::compile::Compiled;
use crate::diagnostic::{Diagnostic, Finding, Wiring};
use crate::load::Inputs;
use crate::names::TargetId;

/// What was found while reading, without what is wrong with entries behind choices that the pins rule out.
pub(super) fn warnings(inputs: &Inputs, compiled: &Compiled) -> Vec<Diagnostic> {
    if !inputs.warnings.iter().any(|warning| entry(warning).is_some()) {
        return inputs.warnings.clone();
    }
    let open = Open::new(compiled).targets();
    let is_open = |warning: &&Diagnostic| entry(warning).is_none_or(|target| open.contains(target));
    inputs.warnings.iter().filter(is_open).cloned().collect()
}

/// The entry that is missing or broken.
fn entry(warning: &Diagnostic) -> Option<&TargetId> {
    match &warning.finding {
        Finding::Wiring(
            Wiring::NotFound { target, .. } | Wiring::Broken(target) | Wiring::InBroken { target, .. },
        ) => Some(target),
        _ => None,
    }
}

/// The walk over everything that some choice which is left could bring in.
struct Open<'a> {
    compiled: &'a Compiled,
    problem: &'a Problem,
    /// The rules by what their conditions speak of.
    rules: HashMap<Option<Atom>, Vec<usize>>,
    seen: HashSet<Atom>,
    todo: Vec<Atom>,
}

impl<'a> Open<'a> {
    fn new(compiled: &'a Compiled) -> Self {
        let problem = &compiled.problem;
        let mut rules: HashMap<Option<Atom>, Vec<usize>> = HashMap::new();
        for (number, rule) in problem.rules().iter().enumerate() {
            let subject = match &rule.when {
                When::Always => None,
                When::Item(item, _) => Some(Atom::Item(*item)),
                When::TakesPart(group) | When::Option(group, _) => Some(Atom::Group(*group)),
            };
            rules.entry(subject).or_default().push(number);
        }
        Self { compiled, problem, rules, seen: HashSet::new(), todo: Vec::new() }
    }

    fn targets(mut self) -> BTreeSet<TargetId> {
        self.follow(None);
        while let Some(atom) = self.todo.pop() {
            if let Atom::Group(group) = atom {
                self.members(group).for_each(|item| self.reach(Atom::Item(item)));
            }
            self.follow(Some(atom));
        }
        let targets = self.seen.iter().filter_map(|atom| match atom {
            Atom::Item(item) => {
                let component = self.compiled.components.get(item.0 as usize)?;
                Some(TargetId::Component(component.id.clone()))
            }
            Atom::Group(group) => self.compiled.groups.get(group.0 as usize).cloned().map(TargetId::Group),
        });
        targets.collect()
    }

    /// Follows the rules on something.
    fn follow(&mut self, subject: Option<Atom>) {
        let problem = self.problem;
        let rules = self.rules.remove(&subject).unwrap_or_default();
        for rule in rules.into_iter().filter_map(|number| problem.rules().get(number)) {
            if !self.can_hold(&rule.when) {
                continue;
            }
            match &rule.then {
                Then::Present(item, _) => self.reach(Atom::Item(*item)),
                Then::TakesPart(group) | Then::OneOf(group, _) | Then::AllOf(group, _) => {
                    self.reach(Atom::Group(*group));
                }
                Then::AnyOf(alternatives) => {
                    for (item, _) in alternatives {
                        self.reach(Atom::Item(*item));
                    }
                }
                Then::AbsentOr(..) | Then::Holds(..) | Then::Never => {}
            }
        }
    }

    fn can_hold(&self, when: &When) -> bool {
        match when {
            When::Always | When::TakesPart(_) => true,
            When::Item(item, set) => match self.compiled.components.get(item.0 as usize) {
                Some(component) => component.open.iter().any(|candidate| set.contains(candidate)),
                // A helper.
                None => true,
            },
            When::Option(group, member) => {
                self.members(*group).nth(*member as usize).is_some_and(|item| self.is_open(item))
            }
        }
    }

    fn reach(&mut self, atom: Atom) {
        let is_open = match atom {
            Atom::Item(item) => self.is_open(item),
            Atom::Group(_) => true,
        };
        if is_open && self.seen.insert(atom) {
            self.todo.push(atom);
        }
    }

    fn is_open(&self, item: ItemId) -> bool {
        self.compiled.components.get(item.0 as usize).is_none_or(|component| !component.open.is_empty())
    }

    fn members(&self, group: GroupId) -> impl Iterator<Item = ItemId> + use<'a> {
        let group = self.problem.groups().get(group.0 as usize);
        group.into_iter().flat_map(|group| group.members.iter().copied())
    }
}
