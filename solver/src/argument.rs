//! The order in which the statements of a conflict read as an argument.
//!
//! Owns: the order. Refuses: deciding which statements belong to it.
//!
//! First what always holds, in the order of the rules, but for what only forbids: that waits until its item is spoken
//! of. Then each statement after those that establish its condition:
//! of those whose condition is established, first the rules that establish something new, then the counts of groups
//! that do, then the rules that only forbid, then who holds what only one can hold. A count that nothing new follows from is what everything clashes with and
//! comes last.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::problem::{GroupId, ItemId, Member, Problem, Rule, StatementId, Then, When};

/// The statements of `core`, in order.
pub(crate) fn argue(problem: &Problem, core: &BTreeSet<StatementId>) -> Vec<StatementId> {
    let mut argument = Argument::new(problem, core);
    let mut order = Vec::with_capacity(core.len());
    while let Some((_, _, statement)) = argument.next.pop_first() {
        order.push(statement);
        argument.say(statement);
    }
    order
}

/// How a statement would continue the argument, the better the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Always,
    Establishes,
    OpensOptions,
    Forbids,
    Claims,
    Clashes,
    /// Its condition is not established: only when nothing else is left.
    Unfounded,
}

#[derive(Default)]
struct Sentence<'p> {
    rules: Vec<(usize, &'p Rule)>,
    groups: Vec<GroupId>,
    /// How it stands among those to come; `None` once it is said.
    place: Option<Place>,
}

/// The order among the statements to come: the step, then the first rule, then the number.
type Place = (Step, usize, StatementId);

/// Something that is established, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Item(ItemId),
    Group(GroupId),
}

struct Argument<'p> {
    problem: &'p Problem,
    sentences: BTreeMap<StatementId, Sentence<'p>>,
    established: HashSet<Subject>,
    /// Who speaks of a subject.
    speakers: HashMap<Subject, Vec<StatementId>>,
    next: BTreeSet<Place>,
}

impl<'p> Argument<'p> {
    fn new(problem: &'p Problem, core: &BTreeSet<StatementId>) -> Self {
        let mut sentences: BTreeMap<StatementId, Sentence<'p>> =
            core.iter().map(|statement| (*statement, Sentence::default())).collect();
        for (number, rule) in problem.rules.iter().enumerate() {
            if let Some(sentence) = sentences.get_mut(&rule.statement) {
                sentence.rules.push((number, rule));
            }
        }
        for (number, group) in problem.groups.iter().enumerate() {
            if let Some(sentence) = sentences.get_mut(&group.statement) {
                sentence.groups.push(GroupId(number as u32));
            }
        }
        let mut argument = Self {
            problem,
            sentences,
            established: HashSet::new(),
            speakers: HashMap::new(),
            next: BTreeSet::new(),
        };
        for statement in core {
            for subject in argument.subjects(*statement) {
                argument.speakers.entry(subject).or_default().push(*statement);
            }
            argument.place(*statement);
        }
        argument
    }

    /// Everything on which it depends how a statement would continue the argument.
    fn subjects(&self, statement: StatementId) -> HashSet<Subject> {
        let Some(sentence) = self.sentences.get(&statement) else { return HashSet::new() };
        let mut subjects = HashSet::new();
        for (_, rule) in &sentence.rules {
            subjects.extend(self.conclusions(&rule.then));
            if let Then::AbsentOr(item, _) = &rule.then {
                subjects.insert(Subject::Item(*item));
            }
            match &rule.when {
                When::Always => {}
                When::Item(item, _) => {
                    subjects.insert(Subject::Item(*item));
                }
                When::TakesPart(group) => {
                    subjects.insert(Subject::Group(*group));
                }
                When::Option(group, member) => {
                    subjects.insert(Subject::Group(*group));
                    subjects.extend(self.option(*group, *member).map(Subject::Item));
                }
            }
        }
        for group in &sentence.groups {
            subjects.insert(Subject::Group(*group));
            subjects.extend(self.members(*group).map(Subject::Item));
        }
        subjects
    }

    /// Puts a statement that is to come where it stands now.
    fn place(&mut self, statement: StatementId) {
        let Some(sentence) = self.sentences.get(&statement) else { return };
        let first = sentence.rules.first().map_or(usize::MAX, |(number, _)| *number);
        let (before, now) = (sentence.place, (self.step(sentence), first, statement));
        if let Some(before) = before {
            self.next.remove(&before);
        }
        self.next.insert(now);
        if let Some(sentence) = self.sentences.get_mut(&statement) {
            sentence.place = Some(now);
        }
    }

    fn step(&self, sentence: &Sentence<'p>) -> Step {
        let of_rule = |(_, rule): &(usize, &Rule)| match &rule.when {
            When::Always => match &rule.then {
                Then::AbsentOr(item, _) if self.established.contains(&Subject::Item(*item)) => Step::Forbids,
                Then::AbsentOr(..) => Step::Unfounded,
                Then::Holds(..) => Step::Claims,
                _ => Step::Always,
            },
            when if !self.holds(when) => Step::Unfounded,
            _ if self.conclusions(&rule.then).iter().any(|one| !self.established.contains(one)) => {
                Step::Establishes
            }
            _ if matches!(rule.then, Then::Holds(..)) => Step::Claims,
            _ => Step::Forbids,
        };
        let of_group = |group: &GroupId| {
            if !self.established.contains(&Subject::Group(*group)) {
                Step::Unfounded
            } else if self.members(*group).any(|item| !self.established.contains(&Subject::Item(item))) {
                Step::OpensOptions
            } else {
                Step::Clashes
            }
        };
        sentence
            .rules
            .iter()
            .map(of_rule)
            .chain(sentence.groups.iter().map(of_group))
            .min()
            .unwrap_or(Step::Unfounded)
    }

    /// Draws the conclusions of a statement, and of those said before that come to bear by them.
    fn say(&mut self, statement: StatementId) {
        if let Some(sentence) = self.sentences.get_mut(&statement) {
            sentence.place = None;
        }
        let mut todo = vec![statement];
        while let Some(statement) = todo.pop() {
            for subject in self.concluded(statement) {
                if !self.established.insert(subject) {
                    continue;
                }
                for speaker in self.speakers.get(&subject).cloned().unwrap_or_default() {
                    if self.sentences.get(&speaker).is_some_and(|sentence| sentence.place.is_none()) {
                        todo.push(speaker);
                    } else {
                        self.place(speaker);
                    }
                }
            }
        }
    }

    /// What a statement establishes now.
    fn concluded(&self, statement: StatementId) -> Vec<Subject> {
        let Some(sentence) = self.sentences.get(&statement) else { return Vec::new() };
        let rules = sentence.rules.iter().filter(|(_, rule)| self.holds(&rule.when));
        let groups =
            sentence.groups.iter().filter(|group| self.established.contains(&Subject::Group(**group)));
        let options = groups.flat_map(|group| self.members(*group).map(Subject::Item));
        rules.flat_map(|(_, rule)| self.conclusions(&rule.then)).chain(options).collect()
    }

    /// What a demand establishes.
    fn conclusions(&self, then: &Then) -> Vec<Subject> {
        match then {
            Then::Present(item, _) => vec![Subject::Item(*item)],
            Then::AbsentOr(..) | Then::Holds(..) | Then::Never => Vec::new(),
            Then::TakesPart(group) => vec![Subject::Group(*group)],
            Then::OneOf(group, members) | Then::AllOf(group, members) => {
                let options = members.iter().filter_map(|member| self.option(*group, *member));
                [Subject::Group(*group)].into_iter().chain(options.map(Subject::Item)).collect()
            }
            Then::AnyOf(alternatives) => alternatives.iter().map(|(item, _)| Subject::Item(*item)).collect(),
        }
    }

    fn holds(&self, when: &When) -> bool {
        let is_item = |item: ItemId| self.established.contains(&Subject::Item(item));
        let is_group = |group: GroupId| self.established.contains(&Subject::Group(group));
        match when {
            When::Always => true,
            When::Item(item, _) => is_item(*item),
            When::TakesPart(group) => is_group(*group),
            When::Option(group, member) => {
                is_group(*group) && self.option(*group, *member).is_some_and(is_item)
            }
        }
    }

    fn option(&self, group: GroupId, member: Member) -> Option<ItemId> {
        self.problem.groups.get(group.0 as usize)?.members.get(member as usize).copied()
    }

    fn members(&self, group: GroupId) -> impl Iterator<Item = ItemId> + use<'p> {
        let problem = self.problem;
        problem.groups.get(group.0 as usize).into_iter().flat_map(|group| group.members.iter().copied())
    }
}
