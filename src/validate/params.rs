//! Params that several entries set.
//!
//! Owns: who sets a param of a container to a single value, and which of these values differ. Refuses: values that are
//! written as lists: these are meant to be joined.

use std::collections::{BTreeMap, HashMap};

use hsm_solver::{CandidateSet, GroupId as GroupNumber, ItemId, Member, Then};

use super::upkeep::uses;
use crate::compile::candidates::{Said, What, of_demand};
use crate::compile::{Compiled, Parts};
use crate::load::Inputs;
use crate::names::{ComponentId, GroupId, TargetId};
use crate::place::{At, Place};
use crate::registry::{Demands, GroupOption, Param};
use crate::stack::LinkSort;
use crate::statement::Origin;

/// A line that sets a param to a single value.
#[derive(Debug, Clone)]
pub(super) struct Setter {
    pub(super) by: Origin,
    pub(super) value: String,
    /// Where the value stands.
    pub(super) place: Place,
    /// What has to be there for it to count.
    pub(super) demands: Vec<Then>,
}

/// By target and key: who sets it. Only what is set to different values is worth a look.
pub(super) type Setters = BTreeMap<(ComponentId, String), Vec<Setter>>;

/// All params that are set to different single values.
pub(super) fn setters(inputs: &Inputs, compiled: &Compiled) -> Setters {
    let groups = compiled.groups.iter().zip((0..).map(GroupNumber)).collect();
    let mut all = Collecting { inputs, groups, found: BTreeMap::new() };
    for (component, number) in compiled.components.iter().zip(0..) {
        let Some(entry) = inputs.component(&component.id) else { continue };
        // By target and place: in which candidates a line counts.
        let mut lines: BTreeMap<(TargetId, Place), (Said<'_>, Vec<u32>)> = BTreeMap::new();
        for (choice, candidate) in component.choices.iter().zip(0..) {
            let parts = Parts::of(entry, choice).filter(|_| choice.flaw.is_none());
            for said in parts.map(|parts| parts.says(inputs)).unwrap_or_default() {
                let line = lines.entry((said.target.clone(), said.place)).or_insert((said, Vec::new()));
                line.1.push(candidate);
            }
        }
        let by = Origin::Component(component.id.clone());
        for (said, candidates) in lines.into_values() {
            let candidates: CandidateSet = candidates.into_iter().collect();
            all.line(&by, &said, &Then::Present(ItemId(number), candidates));
        }
    }
    for (id, number) in compiled.groups.iter().zip(0..) {
        let Some(group) = inputs.group(id) else { continue };
        for (option, member) in group.options.iter().zip(0..) {
            let by = Origin::Option(id.clone(), option.name.value.clone());
            let there = Then::AllOf(GroupNumber(number), vec![member]);
            for said in option.rules.implies.iter().filter_map(|line| of_demand(LinkSort::Implies, line)) {
                all.line(&by, &said, &there);
            }
        }
    }
    let Collecting { mut found, .. } = all;
    found.retain(|(target, key), setters| {
        let target = TargetId::Component(target.clone());
        setters.iter().any(|one| one.value != setters[0].value)
            && uses(inputs, &target, "HSM_MERGED_PARAMS.", key)
    });
    found
}

struct Collecting<'a> {
    inputs: &'a Inputs,
    groups: HashMap<&'a GroupId, GroupNumber>,
    found: Setters,
}

impl Collecting<'_> {
    fn line(&mut self, by: &Origin, said: &Said<'_>, there: &Then) {
        let What::Demands(Demands::Component { params, .. } | Demands::Group { params, .. }) = said.what
        else {
            return;
        };
        let single = |param: &Param| match (param.listed, param.values.as_slice()) {
            (false, [value]) => Some((param.key.value.clone(), value.clone())),
            _ => None,
        };
        let single: Vec<(String, At<String>)> = params.iter().filter_map(single).collect();
        for (target, also) in if single.is_empty() { Vec::new() } else { self.targets(&said.target) } {
            for (key, value) in &single {
                let setter = Setter {
                    by: by.clone(),
                    value: value.value.clone(),
                    place: value.place,
                    demands: [there.clone()].into_iter().chain(also.clone()).collect(),
                };
                self.found.entry((target.clone(), key.clone())).or_default().push(setter);
            }
        }
    }

    /// The components that get what is said to a target, and what it takes.
    fn targets(&self, target: &TargetId) -> Vec<(ComponentId, Option<Then>)> {
        match target {
            TargetId::Component(id) => vec![(id.clone(), None)],
            TargetId::Group(id) => {
                let Some(&number) = self.groups.get(id) else { return Vec::new() };
                let options = self.inputs.group(id).into_iter().flat_map(|group| &group.options).zip(0..);
                let option = |(option, member): (&GroupOption, Member)| {
                    let there = Then::AllOf(number, vec![member]);
                    (id.option(&option.name.value), Some(there))
                };
                options.map(option).collect()
            }
        }
    }
}
