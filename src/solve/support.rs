//! What gives what a reason, as rules.
//!
//! Owns: which rules of a problem are a reason for what, what of a selection has none, and the rules that say that
//! something has one. Refuses: why that matters.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hsm_solver::{CandidateSet, GroupId, ItemId, Problem, Selection, StatementId, Then, When};

/// No sentence of anybody's: what is added under it takes no solution away.
pub(super) const UNSAID: StatementId = StatementId(u32::MAX - 1);

/// What can be there for a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Atom {
    /// An item that is present.
    Item(ItemId),
    /// A group that takes part.
    Group(GroupId),
}

/// The reasons that a problem gives. That one of several options has to have a mode is none: the group is.
pub(super) struct Support<'p> {
    problem: &'p Problem,
    /// The conditions under which something is there for a reason.
    reasons: BTreeMap<Atom, Vec<When>>,
    /// For each condition on a group the item that shows whether it holds.
    shown: HashMap<When, ItemId>,
    /// Of what it was said that it has a reason.
    said: BTreeSet<Atom>,
}

impl<'p> Support<'p> {
    /// Of the problem as it was, whatever is added to it.
    pub(super) fn new(problem: &'p Problem) -> Self {
        let mut reasons: BTreeMap<Atom, Vec<When>> = BTreeMap::new();
        let mut add = |atom: Atom, when: When| reasons.entry(atom).or_default().push(when);
        for rule in problem.rules() {
            match &rule.then {
                Then::Present(item, _) => add(Atom::Item(*item), rule.when.clone()),
                Then::TakesPart(group) | Then::OneOf(group, _) | Then::AllOf(group, _) => {
                    add(Atom::Group(*group), rule.when.clone());
                }
                Then::AnyOf(_) | Then::AbsentOr(..) | Then::Holds(..) | Then::Never => {}
            }
        }
        for (group, number) in problem.groups().iter().zip(0..) {
            for item in &group.members {
                add(Atom::Item(*item), When::TakesPart(GroupId(number)));
            }
        }
        Self { problem, reasons, shown: HashMap::new(), said: BTreeSet::new() }
    }

    /// What is there without a chain of reasons.
    pub(super) fn unfounded(&self, selection: &Selection) -> BTreeSet<Atom> {
        let mut brought: HashMap<Atom, Vec<(Atom, &When)>> = HashMap::new();
        let mut todo: Vec<Atom> = Vec::new();
        let mut there: BTreeSet<Atom> = BTreeSet::new();
        for (atom, reasons) in self.reasons.iter().filter(|(atom, _)| is_there(**atom, selection)) {
            there.insert(*atom);
            for when in reasons.iter().filter(|when| holds(selection, when)) {
                match when {
                    When::Always => todo.push(*atom),
                    when => self.subjects(when).for_each(|by| {
                        brought.entry(by).or_default().push((*atom, when));
                    }),
                }
            }
        }
        let mut founded: BTreeSet<Atom> = BTreeSet::new();
        while let Some(atom) = todo.pop() {
            if !founded.insert(atom) {
                continue;
            }
            for (next, when) in brought.remove(&atom).unwrap_or_default() {
                if self.subjects(when).all(|subject| founded.contains(&subject)) {
                    todo.push(next);
                }
            }
        }
        there.retain(|atom| !founded.contains(atom));
        there
    }

    /// Adds the rules that these have a reason, one of them from outside, and that whatever could be a reason for them
    /// has one itself.
    pub(super) fn demand(&mut self, without: &BTreeSet<Atom>, problem: &mut Problem) {
        let mut todo: Vec<Atom> = without.iter().copied().collect();
        while let Some(atom) = todo.pop() {
            if self.said.insert(atom) {
                self.say(&[atom].into(), problem);
                for when in self.reasons.get(&atom).into_iter().flatten() {
                    todo.extend(self.subjects(when));
                }
            }
        }
        self.say(without, problem);
    }

    /// Adds the rules that each of these is only there if one of them has a reason that speaks of none of them.
    fn say(&mut self, atoms: &BTreeSet<Atom>, problem: &mut Problem) {
        let all = atoms.iter().filter_map(|atom| self.reasons.get(atom)).flatten();
        let is_outside = |when: &&When| self.subjects(when).all(|subject| !atoms.contains(&subject));
        let mut outside: Vec<When> = Vec::new();
        for when in all.filter(is_outside) {
            if !outside.contains(when) {
                outside.push(when.clone());
            }
        }
        // What always holds is there in every solution.
        let shown = outside.iter().map(|when| self.shown(when, problem));
        let Some(some) = shown.collect::<Option<Vec<(ItemId, CandidateSet)>>>() else { return };
        for atom in atoms {
            let when = match atom {
                Atom::Item(item) => When::Item(*item, CandidateSet::all(self.problem.candidates(*item))),
                Atom::Group(group) => When::TakesPart(*group),
            };
            problem.rule(UNSAID, when, Then::AnyOf(some.clone()));
        }
    }

    /// A condition as an item in some of its candidates; none: it always holds.
    pub(super) fn shown(&mut self, when: &When, problem: &mut Problem) -> Option<(ItemId, CandidateSet)> {
        let back = match when {
            When::Always => return None,
            When::Item(item, candidates) => return Some((*item, candidates.clone())),
            When::TakesPart(group) => Then::TakesPart(*group),
            When::Option(group, member) => Then::AllOf(*group, vec![*member]),
        };
        let whole = CandidateSet::all(1);
        let item = *self.shown.entry(when.clone()).or_insert_with(|| {
            let item = problem.item(1);
            problem.rule(UNSAID, when.clone(), Then::Present(item, whole.clone()));
            problem.rule(UNSAID, When::Item(item, whole.clone()), back);
            item
        });
        Some((item, whole))
    }

    /// What a condition speaks of.
    fn subjects(&self, when: &When) -> impl Iterator<Item = Atom> + use<> {
        let (first, second) = match when {
            When::Always => (None, None),
            When::Item(item, _) => (Some(Atom::Item(*item)), None),
            When::TakesPart(group) => (Some(Atom::Group(*group)), None),
            When::Option(group, member) => {
                let option = self.problem.groups().get(group.0 as usize).map(|group| &group.members);
                let item = option.and_then(|members| members.get(*member as usize));
                (Some(Atom::Group(*group)), item.map(|item| Atom::Item(*item)))
            }
        };
        first.into_iter().chain(second)
    }
}

/// Takes these away from a selection.
pub(super) fn take_away(problem: &Problem, atoms: &BTreeSet<Atom>, selection: &mut Selection) {
    for atom in atoms {
        match atom {
            Atom::Item(item) => {
                if let Some(candidate) = selection.items.get_mut(item.0 as usize) {
                    *candidate = None;
                }
            }
            Atom::Group(group) => {
                if let Some(options) = selection.groups.get_mut(group.0 as usize) {
                    *options = None;
                }
            }
        }
    }
    let is_present = |item: &ItemId| selection.items.get(item.0 as usize).is_some_and(Option::is_some);
    for (group, options) in problem.groups().iter().zip(&mut selection.groups) {
        if let Some(options) = options {
            options.retain(|member| group.members.get(*member as usize).is_some_and(is_present));
        }
    }
}

/// Whether a condition holds.
pub(super) fn holds(selection: &Selection, when: &When) -> bool {
    match when {
        When::Always => true,
        When::Item(item, set) => selection.candidate(*item).is_some_and(|candidate| set.contains(candidate)),
        When::TakesPart(group) => selection.options(*group).is_some(),
        When::Option(group, member) => {
            selection.options(*group).is_some_and(|options| options.contains(member))
        }
    }
}

fn is_there(atom: Atom, selection: &Selection) -> bool {
    match atom {
        Atom::Item(item) => selection.candidate(item).is_some(),
        Atom::Group(group) => selection.options(group).is_some(),
    }
}
