//! Selections that meet many questions at once.
//!
//! Owns: laying one question after the other over what is there, as long as nothing clashes and every choice that one
//! opens can be made at once. Refuses: taking back a choice that was made; what needs that is left to a search. What
//! clashes by itself, before any choice, is refuted for good.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::bitset::{BitSet, Value};
use crate::fuel::{Stop, within};
use crate::problem::{GroupId, ItemId, StatementId, Subject, Then};
use crate::propagate::{Assumption, Mark, Propagation};
use crate::solution::{Engine, Selection};

/// A question, or two at once (twice the same: one).
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) questions: [u32; 2],
    /// What it is a wish of: the number of the question or of the pair.
    pub(super) number: u32,
    /// How often it did not go with others.
    pub(super) refused: u8,
}

impl Wish {
    /// Whether it is left to a search.
    pub(super) fn is_hard(&self) -> bool {
        self.refused == HARD
    }

    /// Leaves it to a search.
    pub(super) fn give_up(&mut self) {
        self.refused = HARD;
    }
}

const HARD: u8 = u8::MAX;

/// After so many refusals it is asked whether a wish clashes by itself.
const DOUBTFUL: u8 = 16;

/// So many steps for each item, group and rule may go into refusals; then no other wish is laid.
const IN_VAIN: u64 = 4;

/// What is laid is of no statement that matters.
const NOBODY: StatementId = StatementId(u32::MAX);

/// What came of some wishes.
pub(super) struct Gathered {
    /// A selection that meets many of them.
    pub(super) selection: Option<Selection>,
    /// How many were laid.
    pub(super) laid: usize,
    /// The places of those that clash by themselves.
    pub(super) impossible: Vec<usize>,
}

/// What follows of a problem by itself, with questions laid over it.
pub(super) struct Cover<'a, 'p> {
    questions: &'a [&'a [Then]],
    known: Propagation<'p>,
    here: Mark,
    /// By item: the values that a selection had.
    had: Vec<BitSet>,
    in_vain: u64,
}

/// What came of a wish.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Laid {
    Yes,
    /// It clashes, whatever is chosen.
    Clashes,
    /// Some choice that it opens could not be made.
    DeadEnd,
}

/// A choice that can't be made.
struct DeadEnd;

impl<'a, 'p> Cover<'a, 'p> {
    /// `known` was followed to its end; `items` and `size` are those of the problem.
    pub(super) fn new(questions: &'a [&'a [Then]], known: Propagation<'p>, items: usize, size: u64) -> Self {
        let here = known.mark();
        Self { questions, known, here, had: vec![BitSet::none(); items], in_vain: IN_VAIN * size }
    }

    /// Lays as many wishes over each other as go, at most so many. Those that were refused least are laid first, and
    /// what is first is laid or refuted or marked as hard in any case.
    pub(super) fn gather(&mut self, wishes: &mut [Wish], most: usize, fuel: u64) -> Result<Gathered, Stop> {
        wishes.sort_by_key(|wish| wish.refused);
        let (mut laid, mut doubtful, mut impossible) = (0, Vec::new(), Vec::new());
        let mut in_vain = self.in_vain;
        for (place, wish) in wishes.iter_mut().enumerate() {
            if laid == most || in_vain == 0 {
                break;
            }
            let mut left = fuel;
            match self.lay(wish, true, &mut left)? {
                Laid::Yes => laid += 1,
                Laid::Clashes if laid == 0 => impossible.push(place),
                Laid::DeadEnd if laid == 0 => wish.refused = HARD,
                Laid::Clashes | Laid::DeadEnd => {
                    wish.refused = wish.refused.saturating_add(1).min(HARD - 1);
                    if wish.refused == DOUBTFUL {
                        doubtful.push(place);
                    }
                    in_vain = in_vain.saturating_sub(1 + fuel - left);
                }
            }
        }
        let known = &mut self.known;
        let selection = within(&mut fuel.clone(), || selection(known))?;
        known.back_to(self.here);
        for place in impossible.clone() {
            self.rule_out(&wishes[place], fuel)?;
        }
        // What can be known for good comes first, what bears on much before what bears on little: it makes the others
        // clash sooner.
        doubtful.sort_by_key(|place| match self.only(&wishes[*place]) {
            Some(Then::Present(item, _)) => (0, Reverse(self.known.bears_on(*item))),
            Some(_) => (0, Reverse(0)),
            None => (1, Reverse(0)),
        });
        for place in doubtful {
            let alone = self.lay(&wishes[place], false, &mut fuel.clone())?;
            self.known.back_to(self.here);
            if alone == Laid::Clashes {
                impossible.push(place);
                self.rule_out(&wishes[place], fuel)?;
            }
        }
        Ok(Gathered { selection, laid, impossible })
    }

    /// A selection for one question, with the first choice wherever there is one that goes.
    pub(super) fn alone(&mut self, number: u32, fuel: u64) -> Result<Option<Selection>, Stop> {
        let mut left = fuel;
        let wish = Wish { questions: [number, number], number, refused: 0 };
        let laid = self.lay(&wish, true, &mut left)?;
        let known = &mut self.known;
        let selection = if laid == Laid::Yes { within(&mut left, || selection(known)) } else { Ok(None) };
        known.back_to(self.here);
        match selection {
            Ok(selection) => Ok(selection),
            Err(Stop::OutOfFuel) => Ok(None),
            Err(Stop::Interrupted) => Err(Stop::Interrupted),
        }
    }

    /// How many items a question brings in without any choice.
    pub(super) fn brought_in(&mut self, number: u32, fuel: u64) -> Result<usize, Stop> {
        let before = self.known.forced().len();
        let wish = Wish { questions: [number, number], number, refused: 0 };
        self.lay(&wish, false, &mut fuel.clone())?;
        let brought_in = self.known.forced().len() - before;
        self.known.back_to(self.here);
        Ok(brought_in)
    }

    /// Lays a question for good, with its choices, if that goes: all others are laid over it.
    pub(super) fn keep(&mut self, number: u32, fuel: u64) -> Result<bool, Stop> {
        let wish = Wish { questions: [number, number], number, refused: 0 };
        let laid = self.lay(&wish, true, &mut fuel.clone())?;
        self.here = self.known.mark();
        Ok(laid == Laid::Yes)
    }

    /// Notes what a selection has: something else is chosen next time.
    pub(super) fn note(&mut self, selection: &Selection) {
        for (had, candidate) in self.had.iter_mut().zip(&selection.items) {
            if let Some(candidate) = candidate {
                *had = had.clone().with(candidate + 1);
            }
        }
    }

    /// Lays a wish over what is there, if it goes, and makes the choices that it opens if they are wanted.
    fn lay(&mut self, wish: &Wish, with_choices: bool, fuel: &mut u64) -> Result<Laid, Stop> {
        let before = self.known.mark();
        let [one, other] = wish.questions;
        let second = Some(other).filter(|other| *other != one);
        let questions =
            [Some(one), second].into_iter().flatten().filter_map(|one| self.questions.get(one as usize));
        let (known, had) = (&mut self.known, &self.had);
        let laid = within(fuel, || {
            let clash =
                questions.copied().flatten().map(|then| known.demand(NOBODY, then)).find(Result::is_err);
            if clash.is_some() || known.run().is_err() {
                return Laid::Clashes;
            }
            match if with_choices { choose(known, had, before) } else { Ok(()) } {
                Ok(()) => Laid::Yes,
                Err(DeadEnd) => Laid::DeadEnd,
            }
        });
        if laid != Ok(Laid::Yes) {
            self.known.back_to(before);
        }
        match laid {
            // A search has a bound of its own.
            Err(Stop::OutOfFuel) => Ok(Laid::DeadEnd),
            other => other,
        }
    }

    /// The one demand of a wish that can be ruled out.
    fn only(&self, wish: &Wish) -> Option<&'a Then> {
        let [one, other] = wish.questions;
        match self.questions.get(one as usize).filter(|_| one == other)? {
            [only @ (Then::Present(..) | Then::TakesPart(_))] => Some(only),
            _ => None,
        }
    }

    /// What can't be is known for good, so that what needs it clashes at once.
    fn rule_out(&mut self, wish: &Wish, fuel: u64) -> Result<(), Stop> {
        let Some(only) = self.only(wish) else { return Ok(()) };
        let known = &mut self.known;
        let ruled = within(&mut fuel.clone(), || {
            known.rule_out(only, &BTreeSet::new()).and_then(|()| known.run()).is_ok()
        });
        match ruled {
            Ok(true) => self.here = known.mark(),
            Ok(false) | Err(Stop::OutOfFuel) => known.back_to(self.here),
            Err(Stop::Interrupted) => return Err(Stop::Interrupted),
        }
        Ok(())
    }
}

/// Makes all choices that were opened since a mark: what no selection had yet, if it goes.
fn choose(known: &mut Propagation<'_>, had: &[BitSet], since: Mark) -> Result<(), DeadEnd> {
    let mut next = since.changes();
    while let Some((changed, after)) = known.changed(next) {
        next = after;
        match changed {
            Subject::Item(item) => candidate(known, had, item)?,
            Subject::Group(group) => options(known, had, group)?,
        }
        for ways in known.open_ways(changed) {
            way(known, had, ways)?;
        }
    }
    Ok(())
}

/// One candidate of an item that has to be there.
fn candidate(known: &mut Propagation<'_>, had: &[BitSet], item: ItemId) -> Result<(), DeadEnd> {
    loop {
        let Some(state) = known.state(item).filter(|state| state.is_forced() && state.open.count() > 1)
        else {
            return Ok(());
        };
        let is_new = |value: &Value| !had.get(item.0 as usize).is_some_and(|had| had.has(*value));
        let value = state.open.iter().find(is_new).or_else(|| state.open.first());
        let Some(value) = value else { return Err(DeadEnd) };
        let others = state.open.iter().filter(|other| *other != value).collect();
        try_out(
            known,
            &Assumption::Values(item, BitSet::range(value, value)),
            &Assumption::Values(item, others),
        )?;
    }
}

/// As many options as a group that takes part needs.
fn options(known: &mut Propagation<'_>, had: &[BitSet], group: GroupId) -> Result<(), DeadEnd> {
    loop {
        let open = known.lacking(group);
        if open.is_empty() {
            return Ok(());
        }
        present(known, had, &open)?;
    }
}

/// One way to meet a rule.
fn way(known: &mut Propagation<'_>, had: &[BitSet], ways: Vec<(ItemId, BitSet)>) -> Result<(), DeadEnd> {
    let is_open = |known: &Propagation<'_>, (item, values): &(ItemId, BitSet)| {
        known.state(*item).is_some_and(|state| state.open.and(values).count() > 0)
    };
    let is_met = |known: &Propagation<'_>, (item, values): &(ItemId, BitSet)| {
        known.state(*item).is_some_and(|state| state.is_forced() && state.open.and(values) == state.open)
    };
    let mut ways = ways;
    loop {
        if ways.iter().any(|way| is_met(known, way)) {
            return Ok(());
        }
        ways.retain(|way| is_open(known, way));
        let is_new =
            |(item, _): &(ItemId, BitSet)| had.get(item.0 as usize).is_some_and(|had| had.count() == 0);
        let at = ways.iter().position(is_new).unwrap_or(0);
        let Some((item, values)) = ways.get(at).cloned() else { return Err(DeadEnd) };
        let all = known.every(item);
        let others = all.iter().filter(|value| !values.has(*value)).collect();
        try_out(known, &Assumption::Present(item, values), &Assumption::Values(item, others))?;
    }
}

/// One of these items.
fn present(known: &mut Propagation<'_>, had: &[BitSet], open: &[ItemId]) -> Result<(), DeadEnd> {
    let is_new = |item: &&ItemId| had.get(item.0 as usize).is_some_and(|had| had.count() == 0);
    let Some(item) = open.iter().find(is_new).or(open.first()).copied() else { return Err(DeadEnd) };
    let all = known.every(item);
    try_out(known, &Assumption::Present(item, all), &Assumption::Values(item, BitSet::none()))
}

/// Assumes something, or the opposite if that clashes.
fn try_out(known: &mut Propagation<'_>, this: &Assumption, otherwise: &Assumption) -> Result<(), DeadEnd> {
    let before = known.mark();
    known.assume(this);
    if known.run().is_ok() {
        return Ok(());
    }
    known.back_to(before);
    known.assume(otherwise);
    known.run().map_err(|_| DeadEnd)
}

/// What has to be there, if that keeps every rule.
fn selection(known: &Propagation<'_>) -> Option<Selection> {
    let settled = known.settled()?;
    let items = settled.items.iter().map(|value| value.checked_sub(1)).collect();
    let groups = (0..).zip(&settled.groups).map(|(group, takes_part)| {
        let members = known.named(GroupId(group)).iter().zip(0..);
        takes_part.then(|| {
            members.filter(|(item, _)| settled.value(**item) > 0).map(|(_, member)| member).collect()
        })
    });
    let groups = groups.collect();
    Some(Selection { items, groups, optimal: false, engine: Engine::PubGrub })
}
