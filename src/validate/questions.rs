//! What is asked of every group and every component.
//!
//! Owns: the questions as demands on the compiled world, and what each of them is about. Refuses: the answers.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use hsm_solver::{
    CandidateSet, Count, GroupId as GroupNumber, ItemId, Member, ResourceId, StatementId, Then,
};

use super::params::{Setter, setters};
use crate::compile::{Choice, Compiled};
use crate::load::Inputs;
use crate::manifest::{Mode, Strategy};
use crate::names::{ComponentId, GroupId, Name};
use crate::registry::{Entry, Group};

/// The number of a question.
pub(super) type Number = usize;

/// A sentence that is nobody's: it only spells out what is asked.
const NOBODY: StatementId = StatementId(u32::MAX);

/// All questions, and what they are about.
#[derive(Default)]
pub(super) struct Questions {
    /// By number: all of it together.
    pub(super) demands: Vec<Vec<Then>>,
    /// Pairs of questions.
    pub(super) pairs: Vec<(u32, u32)>,
    /// About groups.
    pub(super) groups: Vec<OfGroup>,
    /// About components.
    pub(super) components: Vec<OfComponent>,
    /// About params.
    pub(super) params: Vec<OfParam>,
    /// How many groups have too many options for all pairs of them to be asked about.
    pub(super) uncompared: usize,
}

/// What is asked about a group.
pub(super) struct OfGroup {
    pub(super) id: GroupId,
    pub(super) number: GroupNumber,
    /// Whether it has one option at most.
    takes_one: bool,
    /// Whether it can take part.
    pub(super) takes_part: Number,
    pub(super) options: Vec<OfOption>,
    /// Whether `min` and `max` can be met, where they are written.
    pub(super) bounds: Vec<OfBound>,
}

pub(super) struct OfOption {
    pub(super) name: Name,
    pub(super) item: ItemId,
    /// Its place in the group.
    pub(super) place: usize,
    /// Whether it can be there.
    pub(super) present: Number,
    /// Whether it can be left out, where the count allows it.
    pub(super) left_out: Option<Number>,
}

pub(super) struct OfBound {
    pub(super) is_max: bool,
    pub(super) bound: u32,
    pub(super) met: Number,
}

/// What is asked about a component.
pub(super) struct OfComponent {
    pub(super) id: ComponentId,
    /// Whether it can be there.
    pub(super) present: Number,
    /// Whether it can be there in a release, by its index.
    pub(super) releases: Vec<(usize, Number)>,
    pub(super) modes: Vec<(Mode, Number)>,
    /// By index.
    pub(super) profiles: Vec<(usize, Number)>,
}

/// What is asked about a param that several entries set.
pub(super) struct OfParam {
    pub(super) target: ComponentId,
    pub(super) key: String,
    pub(super) setters: Vec<Setter>,
    /// Whether two of them that differ can both count: the number of the pair, and the two.
    pub(super) both: Vec<(Number, usize, usize)>,
}

/// Of a group with more options than these, pairs are asked about only where all are: their number grows with the square.
pub const MOST_OPTIONS: usize = 32;

/// So many pairs of lines that set one param are looked at.
const MOST_PAIRS: usize = 1_000;

impl Questions {
    /// The questions about all that was compiled. Groups that count for a question are added to the problem; nothing
    /// else of it speaks of them.
    pub(super) fn new(inputs: &Inputs, compiled: &mut Compiled, all_pairs: bool) -> Self {
        let mut new = Self::default();
        let groups: Vec<(GroupId, u32)> = compiled.groups.iter().cloned().zip(0..).collect();
        for (id, number) in groups {
            if let Some(group) = inputs.group(&id) {
                let about = new.group(group, GroupNumber(number), compiled);
                new.groups.push(about);
            }
        }
        for (component, number) in compiled.components.iter().zip(0..) {
            if let Some(entry) = inputs.component(&component.id) {
                let about = new.component(&component.id, entry, ItemId(number), &component.choices);
                new.components.push(about);
            }
        }
        new.pair(all_pairs, &held(compiled));
        for ((target, key), setters) in setters(inputs, compiled) {
            new.param(target, key, setters);
        }
        new
    }

    fn param(&mut self, target: ComponentId, key: String, setters: Vec<Setter>) {
        let numbers: Vec<Number> = setters.iter().map(|setter| self.ask(setter.demands.clone())).collect();
        let different = setters.iter().enumerate().flat_map(|(one, setter)| {
            let others = setters.iter().enumerate().skip(one + 1);
            others.filter(|(_, other)| other.value != setter.value).map(move |(other, _)| (one, other))
        });
        let mut both = Vec::new();
        for (one, other) in different.take(MOST_PAIRS) {
            both.push((self.pairs.len(), one, other));
            self.pairs.push((numbers[one] as u32, numbers[other] as u32));
        }
        self.params.push(OfParam { target, key, setters, both });
    }

    fn ask(&mut self, demands: Vec<Then>) -> Number {
        self.demands.push(demands);
        self.demands.len() - 1
    }

    fn group(&mut self, group: &Group, number: GroupNumber, compiled: &mut Compiled) -> OfGroup {
        let members: Vec<ItemId> = compiled
            .problem
            .groups()
            .get(number.0 as usize)
            .map(|group| group.members.clone())
            .unwrap_or_default();
        let may_leave_out = group.strategy.value == Strategy::Many
            && group.min.as_ref().map_or(1, |min| min.value) < group.options.len() as u32;
        let takes_part = self.ask(vec![Then::TakesPart(number)]);
        let options =
            group.options.iter().zip(members.iter()).enumerate().map(|(place, (option, item))| OfOption {
                name: option.name.value.clone(),
                item: *item,
                place,
                present: self.ask(vec![Then::AllOf(number, vec![place as Member])]),
                left_out: may_leave_out.then(|| {
                    self.ask(vec![Then::TakesPart(number), Then::AbsentOr(*item, CandidateSet::default())])
                }),
            });
        let options: Vec<OfOption> = options.collect();
        let mut bounds = Vec::new();
        for (is_max, bound) in [(false, &group.min), (true, &group.max)] {
            if let Some(bound) = bound {
                let met = self.ask(counted(compiled, number, is_max, bound.value));
                bounds.push(OfBound { is_max, bound: bound.value, met });
            }
        }
        let takes_one =
            group.strategy.value == Strategy::One || group.max.as_ref().is_some_and(|max| max.value <= 1);
        OfGroup { id: group.id.clone(), number, takes_one, takes_part, options, bounds }
    }

    fn component(
        &mut self,
        id: &ComponentId,
        entry: &Entry,
        item: ItemId,
        choices: &[Choice],
    ) -> OfComponent {
        let mut such = |test: &dyn Fn(&Choice) -> bool| {
            let set =
                choices.iter().zip(0..).filter(|(choice, _)| test(choice)).map(|(_, candidate)| candidate);
            self.ask(vec![Then::Present(item, set.collect())])
        };
        let present = such(&|_| true);
        // What is yanked is there for old locks alone.
        let releases: Vec<usize> = match entry {
            Entry::Package(package) => {
                listed(package.releases.iter().map(|release| release.yanked.is_some()))
            }
            Entry::Container(container) => {
                listed(container.releases.iter().map(|release| release.yanked.is_some()))
            }
            Entry::Group(_) => Vec::new(),
        };
        let profiles = match entry {
            Entry::Container(container) => container.profiles.len(),
            Entry::Package(_) | Entry::Group(_) => 0,
        };
        let modes: BTreeSet<Mode> =
            choices.iter().filter(|choice| choice.flaw.is_none()).filter_map(|choice| choice.mode).collect();
        OfComponent {
            id: id.clone(),
            present,
            releases: releases.into_iter().map(|one| (one, such(&|choice| choice.release == one))).collect(),
            modes: modes.into_iter().map(|mode| (mode, such(&|choice| choice.mode == Some(mode)))).collect(),
            profiles: (0..profiles).map(|one| (one, such(&|choice| choice.profile == Some(one)))).collect(),
        }
    }

    /// Options of one group that may have several, of a large one only those that want the same port or name; all of them, and
    /// those of different groups, where that is wanted.
    fn pair(&mut self, all: bool, held: &HashMap<ItemId, Vec<ResourceId>>) {
        let options = |group: &OfGroup| -> Vec<Paired> {
            group.options.iter().map(|option| (option.item, option.present as u32)).collect()
        };
        let of: Vec<Vec<Paired>> = self.groups.iter().map(options).collect();
        // Of a group that takes one, nobody expects two.
        let several = self.groups.iter().zip(&of).filter(|(group, _)| !group.takes_one);
        let (compared, others): (Vec<_>, Vec<_>) =
            several.map(|(_, options)| options).partition(|options| all || options.len() <= MOST_OPTIONS);
        self.uncompared = others.len();
        let mut pairs: Vec<(Paired, Paired)> =
            compared.into_iter().flat_map(|options| within(options)).collect();
        pairs.extend(others.into_iter().flat_map(|options| rivals(options, held)));
        if all {
            let mut seen: HashSet<(ItemId, ItemId)> =
                pairs.iter().map(|(one, other)| key(*one, *other)).collect();
            let items: Vec<HashSet<ItemId>> =
                of.iter().map(|options| options.iter().map(|option| option.0).collect()).collect();
            let is_alternative =
                |group: usize, item: ItemId| self.groups[group].takes_one && items[group].contains(&item);
            for (first, options) in of.iter().enumerate() {
                for (second, others) in of.iter().enumerate().skip(first + 1) {
                    for one in options.iter().filter(|one| !is_alternative(second, one.0)) {
                        let others =
                            others.iter().filter(|other| !is_alternative(first, other.0) && one.0 != other.0);
                        pairs.extend(
                            others
                                .filter(|other| seen.insert(key(*one, **other)))
                                .map(|other| (*one, *other)),
                        );
                    }
                }
            }
        }
        self.pairs = pairs.into_iter().map(|(one, other)| (one.1, other.1)).collect();
    }
}

type Paired = (ItemId, u32);

fn key(one: Paired, other: Paired) -> (ItemId, ItemId) {
    (one.0.min(other.0), one.0.max(other.0))
}

/// All pairs within a list.
fn within(options: &[Paired]) -> impl Iterator<Item = (Paired, Paired)> {
    let pairs = options.iter().enumerate();
    pairs.flat_map(|(place, one)| options.iter().skip(place + 1).map(move |other| (*one, *other)))
}

/// The pairs within a list that may hold the same resource.
fn rivals(options: &[Paired], held: &HashMap<ItemId, Vec<ResourceId>>) -> BTreeSet<(Paired, Paired)> {
    let mut by: BTreeMap<ResourceId, Vec<Paired>> = BTreeMap::new();
    for option in options {
        for resource in held.get(&option.0).into_iter().flatten() {
            by.entry(*resource).or_default().push(*option);
        }
    }
    by.values().flat_map(|options| within(options)).filter(|(one, other)| one.0 != other.0).collect()
}

/// The ports and names that each component may hold.
fn held(compiled: &Compiled) -> HashMap<ItemId, Vec<ResourceId>> {
    let mut held: HashMap<ItemId, Vec<ResourceId>> = HashMap::new();
    for rule in compiled.problem.rules() {
        if let Then::Holds(resource, item) = rule.then {
            held.entry(item).or_default().push(resource);
        }
    }
    held
}

/// That a group takes part, with at least (at most) so many options.
pub(super) fn counted(compiled: &mut Compiled, group: GroupNumber, is_max: bool, bound: u32) -> Vec<Then> {
    let members = compiled.problem.groups().get(group.0 as usize).map(|group| group.members.clone());
    let members = members.unwrap_or_default();
    let all = members.len() as u32;
    let count =
        if is_max { Count::Between { min: bound, max: all } } else { Count::Between { min: 0, max: bound } };
    let counting = compiled.problem.group(NOBODY, count, members);
    vec![Then::TakesPart(group), Then::TakesPart(counting)]
}

/// The indexes of those that are not left out.
fn listed(left_out: impl Iterator<Item = bool>) -> Vec<usize> {
    left_out.enumerate().filter(|(_, left_out)| !left_out).map(|(index, _)| index).collect()
}
