//! A problem as packages with versions, for resolvo.
//!
//! An item is a package and its candidates are versions; a 1-of-N group is a virtual package with a version for each
//! option, which needs the option, and each option keeps the group to its own version. A group with a number between
//! two bounds is a virtual package that needs the last of a chain of virtual packages, one for each option, whose
//! versions are (how many so far, whether this one): each needs a fitting version of the one before it, and its option
//! or that its option is absent. A resource is a virtual package with a version for each holder. What always holds are
//! the requirements and constraints of the root.
//!
//! The provider makes names and versions of what it is asked for only; all it does before is to sort the rules by whom
//! they speak of. Candidates are tried in their order, options in that of the group's preference.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::time::Instant;

use hsm_solver::{CandidateSet, Count, GroupId, ItemId, Member, Preference, Problem, Then, When};
use resolvo::{
    Candidates, Condition, ConditionId, Dependencies, DependencyProvider, Interner, KnownDependencies,
    NameId, Requirement, SolvableId, Solver, SolverCache, StringId, UnsolvableOrCancelled, VersionSetId,
    VersionSetUnionId,
};

use super::{Answer, Found};

pub(super) fn solve(problem: &Problem, deadline: Instant) -> Answer {
    let provider = Provider::new(problem, deadline);
    let mut root = KnownDependencies::default();
    for rule in &provider.always {
        provider.apply(*rule, &mut root);
    }
    let wanted = resolvo::Problem::new().requirements(root.requirements).constraints(root.constrains);
    let mut solver = Solver::new(provider);
    let chosen = match solver.solve(wanted) {
        Ok(chosen) => chosen,
        Err(UnsolvableOrCancelled::Unsolvable(_)) => return Answer::None,
        Err(UnsolvableOrCancelled::Cancelled(_)) => return Answer::GaveUp,
    };
    let provider = solver.provider();
    let mut items = vec![None; problem.len()];
    let mut takes_part = vec![false; problem.groups().len()];
    for one in chosen {
        let (name, value) = provider.versions.borrow()[one.into_raw() as usize];
        match provider.what(name) {
            What::Item(item) => items[item.0 as usize] = Some(value),
            What::Group(group) => takes_part[group] = true,
            What::Resource(_) | What::Node(..) | What::Nothing => {}
        }
    }
    Answer::Solution(Found { items, takes_part })
}

/// What a name stands for.
enum What {
    Item(ItemId),
    Group(usize),
    Resource(usize),
    /// The option at this place of a counted group.
    Node(usize, u32),
    Nothing,
}

/// Versions of a package.
enum Set<'p> {
    Candidates(&'p CandidateSet),
    Any,
    Nothing,
    Only(u32),
    Some(Vec<u32>),
    /// Of a node: so many so far.
    Counts(u32, u32),
}

#[derive(Clone, Copy)]
enum Piece {
    Require(Requirement),
    Constrain(VersionSetId),
}

struct Group {
    /// The options, each once.
    options: Vec<ItemId>,
    count: Count,
    /// The number of its first node, if it has any.
    nodes: Option<u32>,
    min: u32,
    max: u32,
}

impl Group {
    fn place(&self, item: ItemId) -> Option<u32> {
        self.options.iter().position(|option| *option == item).map(|place| place as u32)
    }

    /// The bounds of the count at a place, from what can come after it and what can have come before.
    fn counts(&self, place: u32) -> (u32, u32) {
        let after = self.options.len() as u32 - 1 - place;
        (self.min.saturating_sub(after), self.max.min(place + 1))
    }
}

struct Provider<'p> {
    problem: &'p Problem,
    deadline: Instant,
    asked: Cell<u32>,
    always: Vec<u32>,
    of_item: Vec<Vec<u32>>,
    of_group: Vec<Vec<u32>>,
    /// The groups of which an item is an option.
    option_of: Vec<Vec<u32>>,
    groups: Vec<Group>,
    /// Where the nodes of counted groups begin, by group.
    nodes: Vec<(u32, usize)>,
    all_nodes: u32,
    holders: Vec<Vec<ItemId>>,
    orders: HashMap<u32, &'p [Member]>,
    pieces: Vec<OnceCell<Vec<Piece>>>,
    versions: RefCell<Vec<(u32, u32)>>,
    sets: RefCell<Vec<(u32, Set<'p>)>>,
    anys: RefCell<HashMap<u32, VersionSetId>>,
    unions: RefCell<Vec<Vec<VersionSetId>>>,
}

impl<'p> Provider<'p> {
    fn new(problem: &'p Problem, deadline: Instant) -> Self {
        let mut provider = Self {
            problem,
            deadline,
            asked: Cell::new(0),
            always: Vec::new(),
            of_item: vec![Vec::new(); problem.len()],
            of_group: vec![Vec::new(); problem.groups().len()],
            option_of: vec![Vec::new(); problem.len()],
            groups: Vec::new(),
            nodes: Vec::new(),
            all_nodes: 0,
            holders: vec![Vec::new(); problem.resources() as usize],
            orders: HashMap::new(),
            pieces: problem.rules().iter().map(|_| OnceCell::new()).collect(),
            versions: RefCell::default(),
            sets: RefCell::default(),
            anys: RefCell::default(),
            unions: RefCell::default(),
        };
        let mut asks_for_option = vec![false; problem.groups().len()];
        for (number, rule) in (0..).zip(problem.rules()) {
            match &rule.when {
                When::Always => provider.always.push(number),
                When::Item(item, _) => {
                    if let Some(all) = provider.of_item.get_mut(item.0 as usize) {
                        all.push(number);
                    }
                }
                When::TakesPart(group) | When::Option(group, _) => {
                    if let Some(all) = provider.of_group.get_mut(group.0 as usize) {
                        all.push(number);
                    }
                }
            }
            if let When::Option(group, _) = rule.when
                && let Some(asks) = asks_for_option.get_mut(group.0 as usize)
            {
                *asks = true;
            }
            if let Then::Holds(resource, holder) = rule.then
                && let Some(holders) = provider.holders.get_mut(resource.0 as usize)
                && !holders.contains(&holder)
            {
                holders.push(holder);
            }
        }
        for (number, asks) in asks_for_option.into_iter().enumerate() {
            provider.add_group(number, asks);
        }
        for preference in problem.preferences() {
            if let Preference::Fill(group, order) = preference {
                provider.orders.entry(group.0).or_insert(order);
            }
        }
        provider
    }

    fn add_group(&mut self, number: usize, asks_for_option: bool) {
        let group = &self.problem.groups()[number];
        let mut seen = HashSet::new();
        let exists = |item: &ItemId| self.problem.candidates(*item) > 0;
        let options: Vec<ItemId> =
            group.members.iter().copied().filter(exists).filter(|item| seen.insert(*item)).collect();
        let many = options.len() as u32;
        let (min, max) = match group.count {
            Count::One => (1, 1),
            Count::Between { min, max } => (min, max.min(many)),
        };
        let counted =
            group.count != Count::One && (min > 1 || max < many || asks_for_option) && min <= max && many > 0;
        for option in &options {
            self.option_of[option.0 as usize].push(number as u32);
        }
        if counted {
            self.nodes.push((self.all_nodes, number));
        }
        let nodes = counted.then_some(self.all_nodes);
        self.all_nodes += if counted { many } else { 0 };
        self.groups.push(Group { options, count: group.count, nodes, min, max });
    }

    // Names: items, groups, resources, nodes, and one for what does not exist.

    fn item_name(&self, item: ItemId) -> u32 {
        if (item.0 as usize) < self.problem.len() { item.0 } else { self.nothing() }
    }

    fn group_name(&self, group: GroupId) -> u32 {
        let exists = (group.0 as usize) < self.groups.len();
        if exists { self.problem.len() as u32 + group.0 } else { self.nothing() }
    }

    fn resource_name(&self, resource: u32) -> u32 {
        (self.problem.len() + self.groups.len()) as u32 + resource
    }

    fn node_name(&self, node: u32) -> u32 {
        self.resource_name(self.problem.resources()) + node
    }

    fn nothing(&self) -> u32 {
        self.node_name(self.all_nodes)
    }

    fn what(&self, name: u32) -> What {
        let mut rest = name;
        for (many, what) in [
            (self.problem.len(), (|item| What::Item(ItemId(item))) as fn(u32) -> What),
            (self.groups.len(), |group| What::Group(group as usize)),
            (self.holders.len(), |resource| What::Resource(resource as usize)),
        ] {
            match rest.checked_sub(many as u32) {
                Some(further) => rest = further,
                None => return what(rest),
            }
        }
        if rest >= self.all_nodes {
            return What::Nothing;
        }
        let at = self.nodes.partition_point(|(start, _)| *start <= rest) - 1;
        let (start, group) = self.nodes[at];
        What::Node(group, rest - start)
    }

    fn set(&self, name: u32, set: Set<'p>) -> VersionSetId {
        let mut sets = self.sets.borrow_mut();
        sets.push((name, set));
        VersionSetId(sets.len() as u32 - 1)
    }

    fn any(&self, name: u32) -> VersionSetId {
        let known = self.anys.borrow().get(&name).copied();
        known.unwrap_or_else(|| {
            let set = self.set(name, Set::Any);
            self.anys.borrow_mut().insert(name, set);
            set
        })
    }

    fn one_of(&self, sets: Vec<VersionSetId>) -> Requirement {
        match sets[..] {
            [] => self.any(self.nothing()).into(),
            [one] => one.into(),
            _ => {
                let mut unions = self.unions.borrow_mut();
                unions.push(sets);
                VersionSetUnionId(unions.len() as u32 - 1).into()
            }
        }
    }

    /// Adds what a rule demands.
    fn apply(&self, rule: u32, to: &mut KnownDependencies) {
        let rules = self.problem.rules();
        let pieces = self.pieces[rule as usize].get_or_init(|| self.demand(&rules[rule as usize].then));
        for piece in pieces {
            match piece {
                Piece::Require(requirement) => to.requirements.push((*requirement).into()),
                Piece::Constrain(set) => to.constrains.push(*set),
            }
        }
    }

    fn demand(&self, then: &'p Then) -> Vec<Piece> {
        let require = |set: VersionSetId| Piece::Require(set.into());
        match then {
            Then::Present(item, set) => vec![require(self.set(self.item_name(*item), Set::Candidates(set)))],
            Then::AbsentOr(item, set) => {
                vec![Piece::Constrain(self.set(self.item_name(*item), Set::Candidates(set)))]
            }
            Then::TakesPart(group) => vec![require(self.any(self.group_name(*group)))],
            Then::OneOf(group, members) | Then::AllOf(group, members) => {
                let item = |member: &Member| {
                    self.problem.groups().get(group.0 as usize)?.members.get(*member as usize).copied()
                };
                let any = |item: Option<ItemId>| {
                    self.any(item.map_or_else(|| self.nothing(), |item| self.item_name(item)))
                };
                let part = require(self.any(self.group_name(*group)));
                if matches!(then, Then::AllOf(..)) {
                    return std::iter::once(part)
                        .chain(members.iter().map(|member| require(any(item(member)))))
                        .collect();
                }
                match self.groups.get(group.0 as usize) {
                    Some(own) if own.count == Count::One => {
                        let places =
                            members.iter().filter_map(|member| item(member).and_then(|item| own.place(item)));
                        vec![require(self.set(self.group_name(*group), Set::Some(places.collect())))]
                    }
                    _ => {
                        let some = members.iter().map(|member| any(item(member))).collect();
                        vec![part, Piece::Require(self.one_of(some))]
                    }
                }
            }
            Then::AnyOf(some) => {
                let sets =
                    some.iter().map(|(item, set)| self.set(self.item_name(*item), Set::Candidates(set)));
                vec![Piece::Require(self.one_of(sets.collect()))]
            }
            Then::Holds(resource, holder) => {
                let holders = self.holders.get(resource.0 as usize);
                let place = holders.and_then(|all| all.iter().position(|one| one == holder));
                vec![require(match place {
                    Some(place) => self.set(self.resource_name(resource.0), Set::Only(place as u32)),
                    None => self.any(self.nothing()),
                })]
            }
            Then::Never => vec![require(self.any(self.nothing()))],
        }
    }

    fn of_item(&self, item: ItemId, candidate: u32, to: &mut KnownDependencies) {
        for number in &self.of_item[item.0 as usize] {
            let rule = &self.problem.rules()[*number as usize];
            if !matches!(&rule.when, When::Item(_, set) if set.contains(candidate)) {
                continue;
            }
            match &rule.then {
                // What a version says of its own package is known at once.
                Then::Present(target, set) | Then::AbsentOr(target, set) if *target == item => {
                    if !set.contains(candidate) {
                        to.requirements.push(self.any(self.nothing()).into());
                    }
                }
                _ => self.apply(*number, to),
            }
        }
        for group in &self.option_of[item.0 as usize] {
            let own = &self.groups[*group as usize];
            if let (Count::One, Some(place)) = (own.count, own.place(item)) {
                to.constrains.push(self.set(self.group_name(GroupId(*group)), Set::Only(place)));
            }
        }
    }

    fn of_group(&self, number: usize, value: u32, to: &mut KnownDependencies) {
        let group = &self.groups[number];
        let option = match group.count {
            Count::One => Some(group.options[value as usize]),
            Count::Between { .. } => None,
        };
        if let Some(option) = option {
            to.requirements.push(self.any(self.item_name(option)).into());
        } else if group.min > group.max {
            to.requirements.push(self.any(self.nothing()).into());
        } else if let Some(first) = group.nodes {
            let last = self.node_name(first + group.options.len() as u32 - 1);
            to.requirements.push(self.set(last, Set::Counts(group.min, group.max)).into());
        } else if group.min == 1 {
            let some = group.options.iter().map(|option| self.any(self.item_name(*option)));
            to.requirements.push(self.one_of(some.collect()).into());
        }
        for rule in &self.of_group[number] {
            let applies = match self.problem.rules()[*rule as usize].when {
                When::Option(_, member) => option.is_some() && self.member(number, member) == option,
                _ => true,
            };
            if applies {
                self.apply(*rule, to);
            }
        }
    }

    fn member(&self, group: usize, member: Member) -> Option<ItemId> {
        self.problem.groups()[group].members.get(member as usize).copied()
    }

    fn of_node(&self, number: usize, place: u32, value: u32, to: &mut KnownDependencies) {
        let group = &self.groups[number];
        let (count, selected) = (value / 2, value % 2);
        let option = group.options[place as usize];
        if let (Some(first), Some(before)) = (group.nodes, place.checked_sub(1)) {
            let less = Set::Counts(count - selected, count - selected);
            to.requirements.push(self.set(self.node_name(first + before), less).into());
        }
        if selected == 0 {
            to.constrains.push(self.set(self.item_name(option), Set::Nothing));
            return;
        }
        to.requirements.push(self.any(self.item_name(option)).into());
        for rule in &self.of_group[number] {
            if let When::Option(_, member) = self.problem.rules()[*rule as usize].when
                && self.member(number, member) == Some(option)
            {
                self.apply(*rule, to);
            }
        }
    }

    fn values(&self, name: u32) -> Vec<u32> {
        match self.what(name) {
            What::Item(item) => (0..self.problem.candidates(item)).collect(),
            What::Group(number) => {
                let group = &self.groups[number];
                if group.count != Count::One {
                    return vec![0];
                }
                let order = self.orders.get(&(number as u32)).copied().unwrap_or(&[]);
                let first = order.iter().filter_map(|one| group.place(self.member(number, *one)?));
                let mut seen = HashSet::new();
                let mut all: Vec<u32> = Vec::new();
                for place in first.chain(0..group.options.len() as u32) {
                    if seen.insert(place) {
                        all.push(place);
                    }
                }
                all
            }
            What::Resource(resource) => (0..self.holders[resource].len() as u32).collect(),
            What::Node(number, place) => {
                let (low, high) = self.groups[number].counts(place);
                let all = (low..=high).flat_map(|count| [2 * count + 1, 2 * count]);
                all.filter(|value| if value % 2 == 1 { value / 2 >= 1 } else { value / 2 <= place }).collect()
            }
            What::Nothing => Vec::new(),
        }
    }
}

impl Interner for Provider<'_> {
    type NameId = NameId;
    type SolvableId = SolvableId;

    fn display_solvable(&self, solvable: SolvableId) -> impl Display + '_ {
        solvable.into_raw()
    }

    fn display_name(&self, name: NameId) -> impl Display + '_ {
        name.into_raw()
    }

    fn display_version_set(&self, version_set: VersionSetId) -> impl Display + '_ {
        version_set.0
    }

    fn display_string(&self, string_id: StringId) -> impl Display + '_ {
        string_id.0
    }

    fn version_set_name(&self, version_set: VersionSetId) -> NameId {
        NameId::from_raw(self.sets.borrow()[version_set.0 as usize].0)
    }

    fn solvable_name(&self, solvable: SolvableId) -> NameId {
        NameId::from_raw(self.versions.borrow()[solvable.into_raw() as usize].0)
    }

    fn version_sets_in_union(&self, union: VersionSetUnionId) -> impl Iterator<Item = VersionSetId> {
        self.unions.borrow()[union.0 as usize].clone().into_iter()
    }

    fn resolve_condition(&self, _condition: ConditionId) -> Condition {
        unreachable!("no requirement has a condition")
    }
}

impl DependencyProvider for Provider<'_> {
    async fn filter_candidates(
        &self,
        candidates: &[SolvableId],
        version_set: VersionSetId,
        inverse: bool,
    ) -> Vec<SolvableId> {
        let sets = self.sets.borrow();
        let versions = self.versions.borrow();
        let set = &sets[version_set.0 as usize].1;
        let holds = |value: u32| match set {
            Set::Candidates(set) => set.contains(value),
            Set::Any => true,
            Set::Nothing => false,
            Set::Only(one) => *one == value,
            Set::Some(some) => some.contains(&value),
            Set::Counts(low, high) => (*low..=*high).contains(&(value / 2)),
        };
        candidates
            .iter()
            .copied()
            .filter(|one| holds(versions[one.into_raw() as usize].1) != inverse)
            .collect()
    }

    async fn get_candidates(&self, name: NameId) -> Option<Candidates<SolvableId>> {
        let name = name.into_raw();
        let values = self.values(name);
        let mut versions = self.versions.borrow_mut();
        let start = versions.len() as u32;
        versions.extend(values.iter().map(|value| (name, *value)));
        let candidates = (start..versions.len() as u32).map(SolvableId::from_raw).collect();
        Some(Candidates { candidates, ..Candidates::default() })
    }

    async fn sort_candidates(&self, _solver: &SolverCache<Self>, solvables: &mut [SolvableId]) {
        // They are numbered in their order.
        solvables.sort_unstable_by_key(|one| one.into_raw());
    }

    async fn get_dependencies(&self, solvable: SolvableId) -> Dependencies {
        let (name, value) = self.versions.borrow()[solvable.into_raw() as usize];
        let mut known = KnownDependencies::default();
        match self.what(name) {
            What::Item(item) => self.of_item(item, value, &mut known),
            What::Group(group) => self.of_group(group, value, &mut known),
            What::Node(group, place) => self.of_node(group, place, value, &mut known),
            What::Resource(_) | What::Nothing => {}
        }
        Dependencies::Known(known)
    }

    fn should_cancel_with_value(&self) -> Option<Box<dyn Any>> {
        self.asked.set(self.asked.get().wrapping_add(1));
        let late = self.asked.get().is_multiple_of(64) && Instant::now() > self.deadline;
        late.then(|| Box::new(()) as Box<dyn Any>)
    }
}
