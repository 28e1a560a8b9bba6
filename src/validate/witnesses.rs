//! Stacks that show what the findings say.
//!
//! Owns: which stack shows what a finding says. Refuses: a stack that no project could have.

use std::collections::{BTreeMap, HashMap};

use hsm_solver::{GroupId as GroupNumber, ItemId, Selection, Then};

use super::report::release_of;
use crate::compile::Compiled;
use crate::diagnostic::{Diagnostic, Example, Held, Shows, Witness};
use crate::load::Inputs;
use crate::names::ComponentId;
use crate::registry::Entry;
use crate::solve::{NoStack, examples};

/// The stacks that are wanted, each for a finding.
#[derive(Default)]
pub(super) struct Witnesses {
    /// The finding's number, the numbers of what is asked, the first of which that has a stack is shown, and what it
    /// shows.
    wanted: Vec<(usize, Vec<usize>, Shows)>,
    asked: Vec<Vec<Then>>,
    known: HashMap<Vec<Then>, usize>,
}

impl Witnesses {
    /// Wants a stack that meets these demands, for a finding of that number.
    pub(super) fn want(&mut self, finding: usize, demands: Vec<Then>, shows: Shows) {
        self.want_one(finding, vec![demands], shows);
    }

    /// Wants a stack that meets the first of these demands that can be met.
    pub(super) fn want_one(&mut self, finding: usize, demands: Vec<Vec<Then>>, shows: Shows) {
        let asked = &mut self.asked;
        let number = |demands: Vec<Then>| {
            *self.known.entry(demands).or_insert_with_key(|demands| {
                asked.push(demands.clone());
                asked.len() - 1
            })
        };
        let numbers = demands.into_iter().map(number).collect();
        self.wanted.push((finding, numbers, shows));
    }

    /// Gives each finding its stacks.
    pub(super) fn give(
        self,
        inputs: &Inputs,
        compiled: &Compiled,
        found: &mut [Diagnostic],
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), NoStack> {
        let of = |selection: &Selection| example(inputs, compiled, selection);
        let stacks = examples(inputs, compiled, &self.asked, interrupted, of)?;
        for (finding, numbers, shows) in self.wanted {
            let stack = numbers.iter().find_map(|number| stacks.get(*number)?.as_ref());
            let (Some(finding), Some(stack)) = (found.get_mut(finding), stack) else { continue };
            finding.witnesses.push(Witness { shows, stack: stack.clone() });
        }
        Ok(())
    }
}

/// A selection in names.
fn example(inputs: &Inputs, compiled: &Compiled, selection: &Selection) -> Example {
    let mut components: BTreeMap<ComponentId, Held> = BTreeMap::new();
    for (component, number) in compiled.components.iter().zip(0..) {
        let Some(candidate) = selection.candidate(ItemId(number)) else { continue };
        let (Some(choice), Some(entry)) =
            (component.choices.get(candidate as usize), inputs.component(&component.id))
        else {
            continue;
        };
        let profile = match entry {
            Entry::Container(container) => choice.profile.and_then(|profile| container.profiles.get(profile)),
            Entry::Package(_) | Entry::Group(_) => None,
        };
        let held = Held {
            release: release_of(entry, choice.release).map(|(_, version)| version),
            mode: choice.mode,
            profile: profile.map(|profile| profile.name.value.clone()),
        };
        components.insert(component.id.clone(), held);
    }
    let mut groups = BTreeMap::new();
    for (id, number) in compiled.groups.iter().zip(0..) {
        let (Some(options), Some(group)) = (selection.options(GroupNumber(number)), inputs.group(id)) else {
            continue;
        };
        let names = options.iter().filter_map(|member| group.options.get(*member as usize));
        groups.insert(id.clone(), names.map(|option| option.name.value.clone()).collect());
    }
    Example { components, groups }
}
