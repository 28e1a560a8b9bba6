//! The order in which the statements of a conflict read as an argument.
//!
//! Owns: the order. Refuses: deciding which statements belong to it.
//!
//! First what always holds, in the order of the rules, but for what only forbids: that waits until its item is spoken
//! of. Then each statement after those that establish its condition:
//! of those whose condition is established, first the rules that establish something new, then the counts of groups
//! that do, then the rules that only forbid, then who holds what only one can hold. A count that nothing new follows from is what everything clashes with and
//! comes last.

use std::collections::{BTreeSet, HashMap};

use crate::lists::Lists;
use crate::problem::{GroupId, ItemId, Member, Problem, Rule, StatementId, Subject, Then, When};

/// The statements of `core`, in order.
pub(crate) fn argue(problem: &Problem, core: &BTreeSet<StatementId>) -> Vec<StatementId> {
    let statements: Vec<StatementId> = core.iter().copied().collect();
    let mut argument = Argument::new(problem, &statements);
    let mut order = Vec::with_capacity(statements.len());
    while let Some((_, _, number)) = argument.next.pop_first() {
        order.extend(statements.get(number as usize));
        argument.say(number);
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

/// The order among the statements to come: the step, then the first rule, then the number of the sentence.
type Place = (Step, usize, u32);

struct Argument<'p> {
    problem: &'p Problem,
    /// In the order of their statements.
    sentences: Vec<Sentence<'p>>,
    subjects: Subjects,
    /// By subject: whether it is established.
    established: Vec<bool>,
    /// By subject: the sentences whose place depends on it.
    speakers: Lists<u32>,
    /// By subject: the sentences that conclude something once it is established.
    listeners: Lists<u32>,
    next: BTreeSet<Place>,
}

/// A number for everything that is spoken of.
#[derive(Default)]
struct Subjects {
    /// By item and by group: its number, from 1.
    items: Vec<u32>,
    groups: Vec<u32>,
    /// What does not exist, but is spoken of.
    unknown: HashMap<Subject, u32>,
    count: u32,
}

impl Subjects {
    fn place(&mut self, subject: Subject) -> &mut u32 {
        let known = match subject {
            Subject::Item(item) => self.items.get_mut(item.0 as usize),
            Subject::Group(group) => self.groups.get_mut(group.0 as usize),
        };
        match known {
            Some(number) => number,
            None => self.unknown.entry(subject).or_insert(0),
        }
    }

    fn add(&mut self, subject: Subject) -> u32 {
        let next = self.count + 1;
        let number = self.place(subject);
        if *number == 0 {
            *number = next;
            self.count = next;
            return next;
        }
        *number
    }

    /// 0 for what is not spoken of.
    fn number(&self, subject: Subject) -> u32 {
        let known = match subject {
            Subject::Item(item) => self.items.get(item.0 as usize),
            Subject::Group(group) => self.groups.get(group.0 as usize),
        };
        known.or_else(|| self.unknown.get(&subject)).copied().unwrap_or(0)
    }
}

impl<'p> Argument<'p> {
    fn new(problem: &'p Problem, core: &[StatementId]) -> Self {
        let mut sentences: Vec<Sentence<'p>> = core.iter().map(|_| Sentence::default()).collect();
        for (number, rule) in problem.rules.iter().enumerate() {
            if let Ok(place) = core.binary_search(&rule.statement) {
                sentences[place].rules.push((number, rule));
            }
        }
        for (number, group) in problem.groups.iter().enumerate() {
            if let Ok(place) = core.binary_search(&group.statement) {
                sentences[place].groups.push(GroupId(number as u32));
            }
        }
        let subjects = Subjects {
            items: vec![0; problem.items.len()],
            groups: vec![0; problem.groups.len()],
            ..Subjects::default()
        };
        let mut argument = Self {
            problem,
            sentences,
            subjects,
            established: Vec::new(),
            speakers: Lists::new(0, &[]),
            listeners: Lists::new(0, &[]),
            next: BTreeSet::new(),
        };
        let (mut speakers, mut listeners) = (Vec::new(), Vec::new());
        for number in 0..core.len() as u32 {
            let (conditions, others) = argument.spoken_of(number);
            let conditions = argument.numbers(conditions);
            let mut all = argument.numbers(others);
            all.extend(&conditions);
            all.sort_unstable();
            all.dedup();
            speakers.extend(all.into_iter().map(|subject| (subject, number)));
            listeners.extend(conditions.into_iter().map(|subject| (subject, number)));
        }
        let all = argument.subjects.count as usize + 1;
        argument.established = vec![false; all];
        argument.speakers = Lists::new(all, &speakers);
        argument.listeners = Lists::new(all, &listeners);
        for number in 0..core.len() as u32 {
            argument.place(number);
        }
        argument
    }

    fn numbers(&mut self, subjects: Vec<Subject>) -> Vec<u32> {
        let mut numbers: Vec<u32> = subjects.into_iter().map(|subject| self.subjects.add(subject)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Everything on which it depends how a statement would continue the argument: what its conclusions wait for, and
    /// the rest.
    fn spoken_of(&self, number: u32) -> (Vec<Subject>, Vec<Subject>) {
        let (mut conditions, mut others) = (Vec::new(), Vec::new());
        let Some(sentence) = self.sentences.get(number as usize) else { return (conditions, others) };
        for (_, rule) in &sentence.rules {
            others.extend(self.conclusions(&rule.then));
            if let Then::AbsentOr(item, _) = &rule.then {
                others.push(Subject::Item(*item));
            }
            match &rule.when {
                When::Always => {}
                When::Item(item, _) => conditions.push(Subject::Item(*item)),
                When::TakesPart(group) => conditions.push(Subject::Group(*group)),
                When::Option(group, member) => {
                    conditions.push(Subject::Group(*group));
                    conditions.extend(self.option(*group, *member).map(Subject::Item));
                }
            }
        }
        for group in &sentence.groups {
            conditions.push(Subject::Group(*group));
            others.extend(self.members(*group).map(Subject::Item));
        }
        (conditions, others)
    }

    fn is_established(&self, subject: Subject) -> bool {
        self.established.get(self.subjects.number(subject) as usize).copied().unwrap_or(false)
    }

    /// Puts a statement that is to come where it stands now.
    fn place(&mut self, number: u32) {
        let Some(sentence) = self.sentences.get(number as usize) else { return };
        let first = sentence.rules.first().map_or(usize::MAX, |(number, _)| *number);
        let (before, now) = (sentence.place, (self.step(sentence), first, number));
        if before == Some(now) {
            return;
        }
        if let Some(before) = before {
            self.next.remove(&before);
        }
        self.next.insert(now);
        if let Some(sentence) = self.sentences.get_mut(number as usize) {
            sentence.place = Some(now);
        }
    }

    fn step(&self, sentence: &Sentence<'p>) -> Step {
        let of_rule = |(_, rule): &(usize, &Rule)| match &rule.when {
            When::Always => match &rule.then {
                Then::AbsentOr(item, _) if self.is_established(Subject::Item(*item)) => Step::Forbids,
                Then::AbsentOr(..) => Step::Unfounded,
                Then::Holds(..) => Step::Claims,
                _ => Step::Always,
            },
            when if !self.holds(when) => Step::Unfounded,
            _ if self.conclusions(&rule.then).iter().any(|one| !self.is_established(*one)) => {
                Step::Establishes
            }
            _ if matches!(rule.then, Then::Holds(..)) => Step::Claims,
            _ => Step::Forbids,
        };
        let of_group = |group: &GroupId| {
            if !self.is_established(Subject::Group(*group)) {
                Step::Unfounded
            } else if self.members(*group).any(|item| !self.is_established(Subject::Item(item))) {
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
    fn say(&mut self, number: u32) {
        if let Some(sentence) = self.sentences.get_mut(number as usize) {
            sentence.place = None;
        }
        let mut todo = vec![number];
        while let Some(number) = todo.pop() {
            for subject in self.concluded(number) {
                let subject = self.subjects.number(subject);
                match self.established.get_mut(subject as usize) {
                    Some(established) if !*established => *established = true,
                    _ => continue,
                }
                let is_said = |number: &u32| {
                    self.sentences.get(*number as usize).is_some_and(|sentence| sentence.place.is_none())
                };
                todo.extend(self.listeners.get(subject).iter().copied().filter(is_said));
                let to_come: Vec<u32> =
                    self.speakers.get(subject).iter().copied().filter(|number| !is_said(number)).collect();
                for speaker in to_come {
                    self.place(speaker);
                }
            }
        }
    }

    /// What a statement establishes now.
    fn concluded(&self, number: u32) -> Vec<Subject> {
        let Some(sentence) = self.sentences.get(number as usize) else { return Vec::new() };
        let rules = sentence.rules.iter().filter(|(_, rule)| self.holds(&rule.when));
        let groups = sentence.groups.iter().filter(|group| self.is_established(Subject::Group(**group)));
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
        let is_item = |item: ItemId| self.is_established(Subject::Item(item));
        let is_group = |group: GroupId| self.is_established(Subject::Group(group));
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
