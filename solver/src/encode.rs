//! The problem as finite variables and edges between them: what `PubGrub` is asked.
//!
//! Owns: the meaning of every variable and value, and the edges (`if p is v, then q is one of …`) with the statement
//! each came from. Refuses: searching, and remembering anything of a search.
//!
//! | variable | values |
//! | --- | --- |
//! | root | 0 |
//! | item | 0 absent, `1 + candidate` |
//! | group, exactly one | 0 does not take part, `1 + place` of the chosen option |
//! | group, otherwise | 0 does not take part, 1 does |
//! | node of a counted group | 0 does not take part, else how many options so far and whether this one ([`counted`]) |
//! | node of an uncounted group, where something hangs on the option | 0 does not take part, 1 option present, 2 option absent |
//! | resource | `1 + index` of its holder among those that rules name |
//! | choice of a rule | `1 + index` of the alternative that is to hold |
//! | never | none |
//! | bundle of what the root binds | 0 |
//!
//! Every variable has 0 as its way out but those that are only ever demanded in full. A variable that nothing demands
//! is never decided, which counts as 0. Hence the search needs no "otherwise absent" rules: it takes 0 where it can,
//! and can't where some chain of reasons from the root says so.
//!
//! A *place* is the position of an option in its chain: distinct members, the most preferred last, so that the
//! counter, which is decided from its end, meets the most preferred first.

mod chains;

use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;

use crate::bitset::{BitSet, Value};
use crate::fuel::tick;
use crate::lists::Lists;
use crate::problem::{
    CandidateSet, GroupId, ItemId, Member, Problem, ResourceId, Rule, StatementId, Then, When,
};
use crate::reach::Reach;
use chains::chains;
pub(crate) use chains::{Chain, Counting, FREE, Shape, counted, uncounted};

/// A variable. The order breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Variable {
    /// What every chain of reasons starts from.
    Root,
    /// An item.
    Item(u32),
    /// A group.
    Group(u32),
    /// The option of a group at a place of its chain.
    Node(u32, u32),
    /// Who holds a resource.
    Resource(u32),
    /// Which alternative of a rule is to hold.
    Choice(u32),
    /// What can't be.
    Never,
    /// Some of what the root binds, where that is much: the search looks through what one decision changes again and
    /// again.
    Bundle(u32),
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// The value of the root.
pub(crate) const ROOT: Value = 0;

/// `if the source has its value, then target is one of set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    /// The variable that is bound.
    pub(crate) target: Variable,
    /// What it is bound to. Always finite.
    pub(crate) set: BitSet,
    /// The sentence that says so; none where it only spells out what a variable means.
    pub(crate) statement: Option<StatementId>,
}

/// A problem (or a part of it: the sentences that are kept), indexed for edges.
pub(crate) struct World<'p> {
    problem: &'p Problem,
    /// By group.
    chains: Vec<Chain>,
    always: Vec<u32>,
    /// By item.
    on_item: Lists<u32>,
    /// By group.
    on_group: Lists<u32>,
    /// By group and place.
    on_option: HashMap<(u32, u32), Vec<u32>>,
    /// By item: groups that can take part, and the item's place.
    member_of: Lists<(u32, u32)>,
    /// By resource: whom rules name as its holder, ascending.
    holders: Vec<Vec<ItemId>>,
    /// The rules whose sentences are kept.
    kept: Vec<u32>,
    reach: &'p Reach,
    counting: Counting,
}

impl<'p> World<'p> {
    /// The part of `problem` whose sentences are kept, and what is reached by them. A group whose own sentence is not kept has any number of
    /// options.
    pub(crate) fn new(
        problem: &'p Problem,
        reach: &'p Reach,
        counting: Counting,
        keep: impl Fn(StatementId) -> bool,
    ) -> Self {
        let chains = chains(problem, counting, &keep);
        let mut world = Self {
            problem,
            chains,
            always: Vec::new(),
            on_item: Lists::new(0, &[]),
            on_group: Lists::new(0, &[]),
            on_option: HashMap::new(),
            member_of: Lists::new(0, &[]),
            holders: holders(problem),
            kept: Vec::new(),
            reach,
            counting,
        };
        world.index_rules(keep);
        world.index_members();
        world
    }

    fn index_rules(&mut self, keep: impl Fn(StatementId) -> bool) {
        let (mut on_item, mut on_group) = (Vec::new(), Vec::new());
        for (number, rule) in self.problem.rules.iter().enumerate().filter(|(_, rule)| keep(rule.statement)) {
            let number = number as u32;
            self.kept.push(number);
            match &rule.when {
                When::Always => self.always.push(number),
                When::Item(item, _) => on_item.push((item.0, number)),
                When::TakesPart(group) => on_group.push((group.0, number)),
                When::Option(group, member) => {
                    if let Some(place) = self.chain(*group).and_then(|chain| chain.place(*member)) {
                        self.on_option.entry((group.0, place)).or_default().push(number);
                    }
                }
            }
        }
        self.on_item = Lists::new(self.problem.items.len(), &on_item);
        self.on_group = Lists::new(self.problem.groups.len(), &on_group);
    }

    fn index_members(&mut self) {
        let mut member_of = Vec::new();
        for (group, chain) in self.chains.iter().enumerate() {
            if !self.reach.group(GroupId(group as u32)) {
                continue;
            }
            for (place, item) in chain.items.iter().enumerate() {
                member_of.push((item.0, (group as u32, place as u32)));
            }
        }
        self.member_of = Lists::new(self.problem.items.len(), &member_of);
    }

    /// The problem that this is (a part of).
    pub(crate) fn problem(&self) -> &'p Problem {
        self.problem
    }

    /// The rules whose sentences are kept.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &'p Rule> + '_ {
        self.kept.iter().filter_map(|number| self.rule(*number))
    }

    /// Whether an item can be present.
    pub(crate) fn reaches(&self, item: ItemId) -> bool {
        self.reach.item(item)
    }

    /// Whether a group can take part.
    pub(crate) fn reaches_group(&self, group: GroupId) -> bool {
        self.reach.group(group)
    }

    /// Whether the first engine is to do everything by itself.
    pub(crate) fn is_for_one_engine(&self) -> bool {
        self.counting == Counting::All
    }

    /// All groups.
    pub(crate) fn chains(&self) -> impl Iterator<Item = (GroupId, &Chain)> {
        self.chains.iter().zip(0..).map(|(chain, group)| (GroupId(group), chain))
    }

    /// A group, if there is such a group.
    pub(crate) fn chain(&self, group: GroupId) -> Option<&Chain> {
        self.chains.get(group.0 as usize)
    }

    /// Calls `emit` with every edge of a variable's value.
    pub(crate) fn edges(&self, source: Variable, value: Value, emit: &mut dyn FnMut(Edge)) {
        let mut emit = |target: Variable, set: BitSet, statement: Option<StatementId>| {
            if target != source {
                emit(Edge { target, set, statement });
            } else if !set.has(value) {
                emit(Edge { target: Variable::Never, set: BitSet::none(), statement });
            }
        };
        match source {
            Variable::Root => self.rules(&self.always, &mut emit),
            Variable::Item(item) => self.item_edges(item, value, &mut emit),
            Variable::Group(group) => self.group_edges(group, value, &mut emit),
            Variable::Node(group, place) => self.node_edges(group, place, value, &mut emit),
            Variable::Choice(rule) => self.choice_edges(rule, value, &mut emit),
            Variable::Resource(_) | Variable::Never | Variable::Bundle(_) => {}
        }
    }

    fn item_edges(&self, item: u32, value: Value, emit: &mut Emit<'_>) {
        for &(group, place) in self.member_of.get(item) {
            let Some(chain) = self.chain(GroupId(group)) else { continue };
            let statement = self.count_statement(group);
            match chain.shape {
                Shape::One if value > 0 => {
                    emit(Variable::Group(group), [0, place + 1].into_iter().collect(), statement);
                }
                Shape::One => {}
                Shape::Counted { .. } | Shape::Enough { .. } => {
                    let set = self.node_values(group, place, |_, present| present == (value > 0));
                    emit(Variable::Node(group, place), set.with(0), statement);
                }
                Shape::Free if !self.matters(group, place) => {}
                Shape::Free => {
                    let node = if value > 0 { FREE.0 } else { FREE.1 };
                    emit(Variable::Node(group, place), [0, node].into_iter().collect(), None);
                }
            }
        }
        let Some(candidate) = value.checked_sub(1) else { return };
        for &number in self.on_item.get(item) {
            let Some(rule) = self.rule(number) else { continue };
            if matches!(&rule.when, When::Item(_, set) if set.contains(candidate)) {
                self.demand(number, rule, emit);
            }
        }
    }

    fn group_edges(&self, group: u32, value: Value, emit: &mut Emit<'_>) {
        let Some(chain) = self.chain(GroupId(group)) else { return };
        let Some(place) = value.checked_sub(1) else { return };
        let statement = self.count_statement(group);
        match chain.shape {
            Shape::One => {
                if let Some(item) = chain.items.get(place as usize) {
                    emit(Variable::Item(item.0), self.present(*item), statement);
                }
                self.rules(self.on_option.get(&(group, place)).map_or(&[], Vec::as_slice), emit);
            }
            Shape::Counted { min, .. } | Shape::Enough { min, .. } => {
                match (chain.items.len() as u32).checked_sub(1) {
                    Some(last) => {
                        let set = self.node_values(group, last, |count, _| count >= min);
                        emit(Variable::Node(group, last), set, statement);
                    }
                    None if min > 0 => emit(Variable::Never, BitSet::none(), statement),
                    None => {}
                }
            }
            Shape::Free => {
                for place in (0..chain.items.len() as u32).filter(|place| self.matters(group, *place)) {
                    emit(Variable::Node(group, place), [FREE.0, FREE.1].into_iter().collect(), None);
                }
            }
        }
        self.rules(self.on_group.get(group), emit);
    }

    fn node_edges(&self, group: u32, place: u32, value: Value, emit: &mut Emit<'_>) {
        let Some(chain) = self.chain(GroupId(group)) else { return };
        let Some(item) = chain.items.get(place as usize) else { return };
        if value == 0 {
            return;
        }
        let (present, statement) = match chain.shape {
            Shape::Counted { .. } | Shape::Enough { .. } => (uncounted(value).1, self.count_statement(group)),
            Shape::One | Shape::Free => (value == FREE.0, None),
        };
        if let (Shape::Counted { .. } | Shape::Enough { .. }, Some(before)) =
            (chain.shape, place.checked_sub(1))
        {
            let (count, present) = uncounted(value);
            emit(
                Variable::Node(group, before),
                self.node_values_of(group, before, count.saturating_sub(1)..=count, |rest, _| {
                    chain.shape.follows(rest, count, present)
                }),
                statement,
            );
        }
        let set = if present { self.present(*item) } else { BitSet::range(0, 0) };
        emit(Variable::Item(item.0), set, statement);
        if present {
            self.rules(self.on_option.get(&(group, place)).map_or(&[], Vec::as_slice), emit);
        }
    }

    fn choice_edges(&self, number: u32, value: Value, emit: &mut Emit<'_>) {
        let Some(rule) = self.rule(number) else { return };
        let Some(index) = value.checked_sub(1) else { return };
        match &rule.then {
            Then::AnyOf(alternatives) => {
                if let Some((item, set)) = alternatives.get(index as usize) {
                    emit(Variable::Item(item.0), self.values(*item, set), Some(rule.statement));
                }
            }
            Then::OneOf(group, members) => {
                if let Some(item) =
                    members.get(index as usize).and_then(|member| self.member(*group, *member))
                {
                    emit(Variable::Item(item.0), self.present(item), Some(rule.statement));
                } else {
                    emit(Variable::Never, BitSet::none(), Some(rule.statement));
                }
            }
            _ => {}
        }
    }

    fn rules(&self, numbers: &[u32], emit: &mut Emit<'_>) {
        for &number in numbers {
            if let Some(rule) = self.rule(number) {
                self.demand(number, rule, emit);
            }
        }
    }

    /// The edges for what a rule demands.
    fn demand(&self, number: u32, rule: &Rule, emit: &mut Emit<'_>) {
        let statement = Some(rule.statement);
        match &rule.then {
            Then::Present(item, set) => emit(Variable::Item(item.0), self.values(*item, set), statement),
            Then::AbsentOr(item, set) => {
                if self.reach.item(*item) {
                    emit(Variable::Item(item.0), self.values(*item, set).with(0), statement);
                }
            }
            Then::TakesPart(group) => self.demand_part(*group, statement, emit),
            Then::OneOf(group, members) => match self.chain(*group) {
                Some(chain) if chain.shape == Shape::One => {
                    let set = members
                        .iter()
                        .filter_map(|member| chain.place(*member))
                        .map(|place| place + 1)
                        .collect();
                    emit(Variable::Group(group.0), set, statement);
                }
                _ => {
                    self.demand_part(*group, statement, emit);
                    emit(Variable::Choice(number), BitSet::range(1, members.len() as u32), statement);
                }
            },
            Then::AllOf(group, members) => {
                self.demand_part(*group, statement, emit);
                for member in members {
                    match self.member(*group, *member) {
                        Some(item) => emit(Variable::Item(item.0), self.present(item), statement),
                        None => emit(Variable::Never, BitSet::none(), statement),
                    }
                }
            }
            Then::AnyOf(alternatives) => match alternatives.as_slice() {
                [(item, set)] => emit(Variable::Item(item.0), self.values(*item, set), statement),
                _ => emit(Variable::Choice(number), BitSet::range(1, alternatives.len() as u32), statement),
            },
            Then::Holds(resource, holder) => match self.holder(*resource, *holder) {
                Some(value) => emit(Variable::Resource(resource.0), BitSet::range(value, value), statement),
                None => emit(Variable::Never, BitSet::none(), statement),
            },
            Then::Never => emit(Variable::Never, BitSet::none(), statement),
        }
    }

    fn demand_part(&self, group: GroupId, statement: Option<StatementId>, emit: &mut Emit<'_>) {
        match self.chain(group) {
            Some(chain) => emit(Variable::Group(group.0), chain.active(), statement),
            None => emit(Variable::Never, BitSet::none(), statement),
        }
    }

    /// The values of a counter node that `allow` allows (of a count and whether the option is present).
    pub(crate) fn node_values(&self, group: u32, place: u32, allow: impl Fn(u32, bool) -> bool) -> BitSet {
        self.node_values_of(group, place, 0..=u32::MAX, allow)
    }

    /// The values of a counter node whose count is one of these.
    pub(crate) fn node_values_of(
        &self,
        group: u32,
        place: u32,
        counts: RangeInclusive<u32>,
        allow: impl Fn(u32, bool) -> bool,
    ) -> BitSet {
        let Some(chain) = self.chain(GroupId(group)) else { return BitSet::none() };
        let (Shape::Counted { min, max } | Shape::Enough { min, upto: max }) = chain.shape else {
            return BitSet::none();
        };
        let after = chain.items.len() as u32 - 1 - place;
        let (low, high) = (min.saturating_sub(after), max.min(place + 1));
        let (low, high) = (low.max(*counts.start()), high.min(*counts.end()));
        // Making a long set is work as well.
        (low..=high).step_by(64).for_each(|_| tick());
        (low..=high)
            .flat_map(|count| [(count, true), (count, false)])
            .filter(
                |&(count, present)| if present { count > 0 } else { count <= place } && allow(count, present),
            )
            .map(|(count, present)| counted(count, present))
            .collect()
    }

    /// Whether something hangs on an option of a group that is not counted.
    pub(crate) fn matters(&self, group: u32, place: u32) -> bool {
        self.on_option.contains_key(&(group, place))
            || self.chain(GroupId(group)).is_some_and(|chain| chain.wanted.get(place as usize) == Some(&true))
    }

    /// The sentence that gives a variable its values: that of a 1-of-N group, which without its count would have other
    /// values. Whatever is said of the variable rests on it too.
    pub(crate) fn premise(&self, variable: Variable) -> Option<StatementId> {
        match variable {
            Variable::Group(group) if self.chain(GroupId(group))?.shape == Shape::One => {
                self.count_statement(group)
            }
            _ => None,
        }
    }

    fn rule(&self, number: u32) -> Option<&'p Rule> {
        self.problem.rules.get(number as usize)
    }

    fn count_statement(&self, group: u32) -> Option<StatementId> {
        self.problem.groups.get(group as usize).map(|group| group.statement)
    }

    /// The value of a resource that is held by this item, if a rule names it.
    pub(crate) fn holder(&self, resource: ResourceId, holder: ItemId) -> Option<Value> {
        let index = self.holders.get(resource.0 as usize)?.binary_search(&holder).ok()?;
        Some(index as Value + 1)
    }

    /// The item that an option is.
    pub(crate) fn member(&self, group: GroupId, member: Member) -> Option<ItemId> {
        self.problem.groups.get(group.0 as usize)?.members.get(member as usize).copied()
    }

    /// The values with which an item is present.
    pub(crate) fn present(&self, item: ItemId) -> BitSet {
        BitSet::range(1, self.problem.candidates(item))
    }

    /// The values of an item for a set of its candidates.
    pub(crate) fn values(&self, item: ItemId, set: &CandidateSet) -> BitSet {
        set.values(self.problem.candidates(item))
    }
}

/// Takes the edges of one value.
type Emit<'e> = dyn FnMut(Variable, BitSet, Option<StatementId>) + 'e;

/// Whom rules name as the holder of each resource.
fn holders(problem: &Problem) -> Vec<Vec<ItemId>> {
    let mut holders = vec![Vec::new(); problem.resources as usize];
    if holders.is_empty() {
        return holders;
    }
    for rule in &problem.rules {
        if let Then::Holds(resource, holder) = &rule.then
            && let Some(all) = holders.get_mut(resource.0 as usize)
        {
            all.push(*holder);
        }
    }
    for all in &mut holders {
        all.sort_unstable();
        all.dedup();
    }
    holders
}
