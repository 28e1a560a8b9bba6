//! What follows without trying anything: forced items, fallen candidates, groups that can or can't take part.
//!
//! Owns: these facts, and for each the statements and facts it came from, so that a clash is at once a set of
//! statements that can't hold together. Refuses: choices. It works on the problem itself, not on its encoding: a group
//! is one count here, which is why it sees in one step what a counter of 500 nodes hides from a search.
//!
//! What no chain of reasons reaches is absent from the start, and that needs no statement: it stays so for every
//! smaller set of statements.

mod consequence;
mod crowd;
mod queue;
mod reasons;
mod settled;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use crate::bitset::BitSet;
use crate::fuel::tick;
use crate::problem::{
    Count, Group, GroupId, ItemId, Member, Problem, ResourceId, StatementId, Subject, Then, When,
};
use crate::reach::Reach;
use queue::{Queue, Task};
pub(crate) use reasons::{Clash, Reason};
use reasons::{FactId, Outcome};
use watch::Watch;

/// What is known of an item.
#[derive(Debug, Clone)]
pub(crate) struct ItemState {
    /// The values (from 1) that have not fallen.
    pub(crate) open: BitSet,
    /// Why it has to be present, if it has to.
    forced: Option<FactId>,
    /// Why values have fallen, if some have for a reason.
    cut: Option<FactId>,
}

impl ItemState {
    /// Whether it has to be present.
    pub(crate) fn is_forced(&self) -> bool {
        self.forced.is_some()
    }

    fn is_dead(&self) -> bool {
        self.open.count() == 0
    }
}

/// Whether a group takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Not known.
    Open,
    /// It does.
    Yes(FactId),
    /// It does not.
    No(FactId),
}

#[derive(Debug)]
struct GroupState {
    part: Part,
    /// The distinct members.
    members: Vec<ItemId>,
    bounds: Bounds,
    /// The sentence that bounds it, if it is kept.
    statement: Option<StatementId>,
    /// How many members have to be present.
    sure: u32,
    /// How many members can't be.
    dead: u32,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    min: u32,
    max: u32,
    /// Whether exactly one is what the count says.
    one: bool,
}

/// A change that can be taken back.
enum Change {
    Item(u32, ItemState),
    Part(u32, Part),
    Held(u32),
    Bounds(u32, Bounds),
    Wish,
    Clash,
}

/// A bound on solutions, not a statement: what a probe assumes.
#[derive(Debug, Clone)]
pub(crate) enum Assumption {
    /// The item is present, in one of these values.
    Present(ItemId, BitSet),
    /// Only these values of an item (where it is present).
    Values(ItemId, BitSet),
    /// If the group takes part, one of these items is present (of a group of one: it is the chosen one).
    Wish(GroupId, Vec<ItemId>),
    /// At most so many options.
    AtMost(GroupId, u32),
}

/// A place in the history to which one can go back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    changes: usize,
    facts: usize,
}

impl Mark {
    /// How many changes were made before.
    pub(crate) fn changes(self) -> usize {
        self.changes
    }
}

/// The facts of a problem (or a part of it: the sentences that are kept).
pub(crate) struct Propagation<'p> {
    problem: &'p Problem,
    items: Vec<ItemState>,
    groups: Vec<GroupState>,
    /// By resource: its holder, if that is certain, and why.
    held: Vec<Option<(ItemId, FactId)>>,
    facts: Vec<Reason>,
    changes: Vec<Change>,
    wishes: Vec<(GroupId, Vec<ItemId>)>,
    /// The items that have to be present, in the order in which that was found.
    forced: Vec<ItemId>,
    watch: Watch,
    /// By item and group: the wishes on it.
    wished: BTreeMap<Subject, Vec<Task>>,
    queue: Queue,
    /// Whether an assumption can't be.
    is_clashing: bool,
}

/// The fact that needs no reason.
const GIVEN: FactId = 0;

impl<'p> Propagation<'p> {
    /// Nothing known yet but what no chain of reasons reaches.
    pub(crate) fn new(problem: &'p Problem, reach: &Reach, keep: impl Fn(StatementId) -> bool) -> Self {
        let item = |(item, candidates): (usize, &u32)| ItemState {
            open: if reach.item(ItemId(item as u32)) {
                BitSet::range(1, *candidates)
            } else {
                BitSet::none()
            },
            forced: None,
            cut: None,
        };
        let group = |(number, group): (usize, &Group)| GroupState {
            part: if reach.group(GroupId(number as u32)) { Part::Open } else { Part::No(GIVEN) },
            members: distinct(&group.members),
            bounds: match group.count {
                _ if !keep(group.statement) => Bounds { min: 0, max: u32::MAX, one: false },
                Count::One => Bounds { min: 1, max: 1, one: true },
                Count::Between { min, max } => Bounds { min, max, one: false },
            },
            statement: Some(group.statement).filter(|statement| keep(*statement)),
            sure: 0,
            dead: 0,
        };
        let items: Vec<ItemState> = problem.items.iter().enumerate().map(item).collect();
        let mut groups: Vec<GroupState> = problem.groups.iter().enumerate().map(group).collect();
        for group in &mut groups {
            let is_dead = |item: &&ItemId| items.get(item.0 as usize).is_none_or(ItemState::is_dead);
            group.dead = group.members.iter().filter(is_dead).count() as u32;
        }
        let watch = Watch::new(problem, &groups, reach, &keep);
        let mut new = Self {
            problem,
            items,
            groups,
            held: vec![None; problem.resources as usize],
            facts: vec![Reason::default()],
            changes: Vec::new(),
            wishes: Vec::new(),
            forced: Vec::new(),
            watch,
            wished: BTreeMap::new(),
            queue: Queue::default(),
            is_clashing: false,
        };
        for number in &new.watch.kept {
            new.queue.push(Task::Rule(*number));
        }
        for number in (0..new.groups.len() as u32).filter(|number| reach.group(GroupId(*number))) {
            new.queue.push(Task::Group(number));
        }
        new
    }

    /// Follows everything to its end.
    pub(crate) fn run(&mut self) -> Outcome {
        if self.is_clashing {
            return Err(Clash(Reason::default()));
        }
        while let Some(task) = self.queue.pop() {
            tick();
            let done = match task {
                Task::Rule(rule) => self.rule(rule),
                Task::Group(group) => self.group(GroupId(group)),
                Task::Wish(wish) => self.wish(wish),
                Task::Item(item) => self.union(ItemId(item)),
            };
            if done.is_err() {
                self.queue.clear();
                return done;
            }
        }
        Ok(())
    }

    /// Assumes something. What follows from it is found by [`Self::run`].
    pub(crate) fn assume(&mut self, assumption: &Assumption) {
        let reason = Reason::default();
        let clash = match assumption {
            Assumption::Present(item, values) => {
                self.cut(*item, values, reason.clone()).and_then(|()| self.force(*item, reason))
            }
            Assumption::Values(item, values) => self.cut(*item, values, reason),
            Assumption::Wish(group, items) => {
                let task = Task::Wish(self.wishes.len() as u32);
                for subject in wished(*group, items) {
                    self.wished.entry(subject).or_default().push(task);
                }
                self.wishes.push((*group, items.clone()));
                self.changes.push(Change::Wish);
                self.queue.push(task);
                Ok(())
            }
            Assumption::AtMost(group, most) => {
                if let Some(state) = self.groups.get_mut(group.0 as usize) {
                    self.changes.push(Change::Bounds(group.0, state.bounds));
                    state.bounds.max = state.bounds.max.min(*most);
                    self.queue.push(Task::Group(group.0));
                }
                Ok(())
            }
        };
        if clash.is_err() {
            self.changes.push(Change::Clash);
            self.is_clashing = true;
        }
    }

    /// Demands something as a statement of its own. What follows from it is found by [`Self::run`].
    pub(crate) fn demand(&mut self, statement: StatementId, then: &Then) -> Outcome {
        self.enforce(then, Reason::new([statement], []))
    }

    /// Says that something demanded can't be, because of these statements, where one fact says that.
    pub(crate) fn rule_out(&mut self, then: &Then, statements: &BTreeSet<StatementId>) -> Outcome {
        let reason = Reason::new(statements.iter().copied(), []);
        match then {
            Then::Present(item, set) => self.deny(&When::Item(*item, set.clone()), reason),
            Then::TakesPart(group) => self.deny(&When::TakesPart(*group), reason),
            _ => Ok(()),
        }
    }

    /// Where it stands.
    pub(crate) fn mark(&self) -> Mark {
        Mark { changes: self.changes.len(), facts: self.facts.len() }
    }

    /// What the next change from a number on is about that can open a choice, and the number after it.
    pub(crate) fn changed(&self, from: usize) -> Option<(Subject, usize)> {
        let changes = self.changes.iter().enumerate().skip(from);
        let mut about = changes.map(|(number, change)| match change {
            Change::Item(item, _) => Some((Subject::Item(ItemId(*item)), number + 1)),
            Change::Part(group, _) => Some((Subject::Group(GroupId(*group)), number + 1)),
            Change::Held(_) | Change::Bounds(..) | Change::Wish | Change::Clash => None,
        });
        about.find_map(|about| about)
    }

    /// The options that are left of a group that takes part and has too few; none, where it has enough.
    pub(crate) fn lacking(&self, group: GroupId) -> Vec<ItemId> {
        let state = self.groups.get(group.0 as usize);
        let state = state.filter(|state| matches!(state.part, Part::Yes(_)) && state.sure < state.bounds.min);
        let is_left =
            |item: &&ItemId| self.state(**item).is_some_and(|item| !item.is_forced() && !item.is_dead());
        state.into_iter().flat_map(|state| &state.members).filter(is_left).copied().collect()
    }

    /// On how many rules and groups an item bears.
    pub(crate) fn bears_on(&self, item: ItemId) -> usize {
        self.watch.of_item.get(item.0).len()
    }

    /// The members of a group as they are named, which may be several times.
    pub(crate) fn named(&self, group: GroupId) -> &[ItemId] {
        self.problem.groups.get(group.0 as usize).map_or(&[], |group| &group.members)
    }

    /// Forgets everything since a mark.
    pub(crate) fn back_to(&mut self, mark: Mark) {
        while self.changes.len() > mark.changes {
            match self.changes.pop() {
                Some(Change::Item(item, before)) => {
                    if let Some(state) = self.items.get_mut(item as usize) {
                        let was_forced = state.is_forced() && !before.is_forced();
                        let was_dead = state.is_dead() && !before.is_dead();
                        *state = before;
                        if was_forced {
                            self.forced.pop();
                            self.recount(item, |group| group.sure -= 1);
                        }
                        if was_dead {
                            self.recount(item, |group| group.dead -= 1);
                        }
                    }
                }
                Some(Change::Part(group, before)) => {
                    if let Some(state) = self.groups.get_mut(group as usize) {
                        state.part = before;
                    }
                }
                Some(Change::Bounds(group, before)) => {
                    if let Some(state) = self.groups.get_mut(group as usize) {
                        state.bounds = before;
                    }
                }
                Some(Change::Held(resource)) => {
                    if let Some(held) = self.held.get_mut(resource as usize) {
                        *held = None;
                    }
                }
                Some(Change::Clash) => self.is_clashing = false,
                Some(Change::Wish) => {
                    let Some((group, items)) = self.wishes.pop() else { continue };
                    // What was added last is last everywhere.
                    for subject in wished(group, &items) {
                        if let Some(tasks) = self.wished.get_mut(&subject) {
                            tasks.pop();
                        }
                    }
                }
                None => break,
            }
        }
        self.facts.truncate(mark.facts);
        self.queue.clear();
    }

    /// The statements that everything known of an item rests on.
    pub(crate) fn why_item(&self, item: ItemId) -> BTreeSet<StatementId> {
        self.why(self.state(item).into_iter().flat_map(|state| state.forced.into_iter().chain(state.cut)))
    }

    /// The statements because of which an item has to be present.
    pub(crate) fn why_forced(&self, item: ItemId) -> BTreeSet<StatementId> {
        self.why(self.state(item).and_then(|state| state.forced))
    }

    /// The statements because of which a group takes part.
    pub(crate) fn why_part(&self, group: GroupId) -> BTreeSet<StatementId> {
        match self.part(group) {
            Part::Open => BTreeSet::new(),
            Part::Yes(fact) | Part::No(fact) => self.why([fact]),
        }
    }

    /// The statements because of which a resource has the holder that it has.
    pub(crate) fn why_held(&self, resource: ResourceId) -> BTreeSet<StatementId> {
        self.why(self.held(resource).map(|(_, fact)| fact))
    }

    /// The statements that everything known of a group and its options rests on.
    pub(crate) fn why_group(&self, group: GroupId) -> BTreeSet<StatementId> {
        let Some(state) = self.groups.get(group.0 as usize) else { return BTreeSet::new() };
        let part = match state.part {
            Part::Open => None,
            Part::Yes(fact) | Part::No(fact) => Some(fact),
        };
        let members = state.members.iter().filter_map(|item| self.state(*item));
        let mut statements =
            self.why(members.flat_map(|state| state.forced.into_iter().chain(state.cut)).chain(part));
        statements.extend(state.statement);
        statements
    }

    /// What is known of an item.
    pub(crate) fn state(&self, item: ItemId) -> Option<&ItemState> {
        self.items.get(item.0 as usize)
    }

    /// The items that have to be present, in the order in which that was found.
    pub(crate) fn forced(&self) -> &[ItemId] {
        &self.forced
    }

    /// What is known of a group.
    pub(crate) fn part(&self, group: GroupId) -> Part {
        self.groups.get(group.0 as usize).map_or(Part::No(GIVEN), |state| state.part)
    }

    /// Who holds a resource, if that is certain.
    pub(crate) fn holder(&self, resource: ResourceId) -> Option<ItemId> {
        self.held(resource).map(|(holder, _)| holder)
    }

    fn held(&self, resource: ResourceId) -> Option<(ItemId, FactId)> {
        self.held.get(resource.0 as usize).copied().flatten()
    }

    fn option(&self, group: GroupId, member: Member) -> Option<ItemId> {
        self.problem.groups.get(group.0 as usize)?.members.get(member as usize).copied()
    }

    fn members(&self, group: GroupId) -> Vec<ItemId> {
        self.groups.get(group.0 as usize).map(|state| state.members.clone()).unwrap_or_default()
    }

    fn fact(&mut self, reason: Reason) -> FactId {
        self.facts.push(reason);
        self.facts.len() as u32 - 1
    }

    /// Corrects the counts of the groups that an item is in.
    fn recount(&mut self, item: u32, correct: impl Fn(&mut GroupState)) {
        for task in self.watch.of_item.get(item) {
            if let Task::Group(group) = task
                && let Some(state) = self.groups.get_mut(*group as usize)
            {
                correct(state);
            }
        }
    }

    fn touch_item(&mut self, item: ItemId) {
        let wishes = self.wished.get(&Subject::Item(item)).into_iter().flatten();
        for task in self.watch.of_item.get(item.0).iter().chain(wishes) {
            self.queue.push(*task);
        }
    }

    fn touch_group(&mut self, group: GroupId) {
        self.queue.push(Task::Group(group.0));
        let wishes = self.wished.get(&Subject::Group(group)).into_iter().flatten();
        for task in self.watch.of_group.get(group.0).iter().chain(wishes) {
            self.queue.push(*task);
        }
    }

    /// The item has to be present.
    fn force(&mut self, item: ItemId, reason: Reason) -> Outcome {
        let fact = self.facts.len() as u32;
        let Some(state) = self.items.get_mut(item.0 as usize) else { return Err(Clash(reason)) };
        if state.is_forced() {
            return Ok(());
        }
        if state.is_dead() {
            return Err(Clash(reason.and(state.cut)));
        }
        self.changes.push(Change::Item(item.0, state.clone()));
        state.forced = Some(fact);
        self.forced.push(item);
        self.recount(item.0, |group| group.sure += 1);
        self.fact(reason);
        self.touch_item(item);
        Ok(())
    }

    /// Only these values of the item are left.
    fn cut(&mut self, item: ItemId, values: &BitSet, reason: Reason) -> Outcome {
        let fact = self.facts.len() as u32;
        let Some(state) = self.items.get_mut(item.0 as usize) else { return Ok(()) };
        let open = state.open.and(values);
        if open == state.open {
            return Ok(());
        }
        let reason = reason.and(state.cut);
        if open.count() == 0
            && let Some(forced) = state.forced
        {
            return Err(Clash(reason.and([forced])));
        }
        self.changes.push(Change::Item(item.0, state.clone()));
        (state.open, state.cut) = (open, Some(fact));
        if state.is_dead() {
            self.recount(item.0, |group| group.dead += 1);
        }
        self.fact(reason);
        self.touch_item(item);
        Ok(())
    }

    /// The group takes part.
    fn takes_part(&mut self, group: GroupId, reason: Reason) -> Outcome {
        match self.part(group) {
            Part::Yes(_) => Ok(()),
            Part::No(no) => Err(Clash(reason.and([no]))),
            Part::Open => {
                let fact = self.fact(reason);
                self.set_part(group, Part::Yes(fact));
                Ok(())
            }
        }
    }

    /// The group does not take part.
    fn no_part(&mut self, group: GroupId, reason: Reason) -> Outcome {
        match self.part(group) {
            Part::No(_) => Ok(()),
            Part::Yes(yes) => Err(Clash(reason.and([yes]))),
            Part::Open => {
                let fact = self.fact(reason);
                self.set_part(group, Part::No(fact));
                Ok(())
            }
        }
    }

    /// The item holds the resource.
    fn hold(&mut self, resource: ResourceId, holder: ItemId, reason: Reason) -> Outcome {
        match self.held(resource) {
            Some((other, _)) if other == holder => return Ok(()),
            Some((_, fact)) => return Err(Clash(reason.and([fact]))),
            None => {}
        }
        let fact = self.fact(reason);
        let Some(held) = self.held.get_mut(resource.0 as usize) else {
            return Err(Clash(Reason::new([], [fact])));
        };
        *held = Some((holder, fact));
        self.changes.push(Change::Held(resource.0));
        for task in self.watch.of_resource.get(resource.0) {
            self.queue.push(*task);
        }
        Ok(())
    }

    fn set_part(&mut self, group: GroupId, part: Part) {
        if let Some(state) = self.groups.get_mut(group.0 as usize) {
            self.changes.push(Change::Part(group.0, state.part));
            state.part = part;
        }
        self.touch_group(group);
    }
}

/// What a wish speaks of.
fn wished(group: GroupId, items: &[ItemId]) -> impl Iterator<Item = Subject> + '_ {
    items.iter().map(|item| Subject::Item(*item)).chain([Subject::Group(group)])
}

/// Each member once, in order.
pub(crate) fn distinct(members: &[ItemId]) -> Vec<ItemId> {
    let mut seen = BTreeSet::new();
    members.iter().copied().filter(|item| seen.insert(*item)).collect()
}
