//! The work of one explanation: what is asked of the solver, and what its answers say about later questions.
//!
//! Owns: questions on what was compiled, their bound, and the memory of the answers: what cannot hold together does not
//! hold if more is added, and what holds does so without some more lines. Refuses: trying edits.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use hsm_solver::{Selection, StatementId, Then};

use super::correct::{Corrections, Lines};
use super::remedy::{self, Around, Remedy, movable};
use super::{Rest, correct};
use crate::compile::Compiled;
use crate::load::Inputs;
use crate::names::{ComponentId, GroupId, Name};
use crate::solve::{Could, NoStack, Question, Unsolved, ask};
use crate::statement::{Claim, Holder, Statement, Thing};

/// How many other options of a group are offered.
const OPTIONS: usize = 3;

/// The steps that the solver may take for one question, and so many more for each item and rule: a small part of what it
/// may take to find out that there is no stack. What is harder is not offered.
const FUEL: (u64, u64) = (20_000_000, 500);

/// How often the solver is asked what is left without some lines, of one conflict; and where that was too hard to shrink.
const ASKS: usize = 96;
const FEW_ASKS: usize = 6;

/// A project without a stack, or with what is locked of one.
pub(super) struct Work<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) compiled: &'a Compiled,
    pub(super) interrupted: &'a (dyn Fn() -> bool + Sync),
    /// Lines that are not to be taken back.
    stays: &'a dyn Fn(&Claim) -> bool,
    /// Statements that do not count: there is no stack with them.
    gone: Lines,
    pub(super) could: Could,
    known: RefCell<Known>,
    published: OnceCell<BTreeMap<StatementId, Lines>>,
}

/// What is known from earlier answers.
#[derive(Default)]
struct Known {
    clash: Vec<Unsolved>,
    /// Without these the rest holds.
    hold: Vec<Lines>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        inputs: &'a Inputs,
        compiled: &'a Compiled,
        interrupted: &'a (dyn Fn() -> bool + Sync),
        stays: &'a dyn Fn(&Claim) -> bool,
        gone: Lines,
    ) -> Self {
        let (could, known, published) = (Could::default(), RefCell::default(), OnceCell::new());
        Self { inputs, compiled, interrupted, stays, gone, could, known, published }
    }

    pub(super) fn statement(&self, id: StatementId) -> Option<&Statement> {
        self.compiled.statement(id)
    }

    pub(super) fn fuel(&self) -> u64 {
        let problem = &self.compiled.problem;
        FUEL.0 + FUEL.1 * (problem.len() + problem.rules().len()) as u64
    }

    pub(super) fn ask(&self, question: &Question) -> Result<Selection, NoStack> {
        let mut question = Question { fuel: Some(self.fuel()), ..question.clone() };
        question.without.extend(&self.gone);
        ask(self.inputs, self.compiled, &self.could, &question, self.interrupted)
    }

    /// What is left without some lines.
    pub(super) fn rest(&self, without: &Lines) -> Rest {
        if let Some(known) = self.recall(without) {
            return known;
        }
        match self.ask(&Question { without: without.clone(), ..Question::default() }) {
            Ok(_) => {
                self.known.borrow_mut().hold.push(without.clone());
                Rest::Holds
            }
            Err(NoStack::Unsolved(unsolved)) => {
                self.learn(&unsolved);
                Rest::Clashes(unsolved)
            }
            Err(_) => Rest::Unknown,
        }
    }

    /// Remembers what cannot hold together.
    pub(super) fn learn(&self, unsolved: &Unsolved) {
        self.known.borrow_mut().clash.push(unsolved.clone());
    }

    fn recall(&self, without: &Lines) -> Option<Rest> {
        let known = self.known.borrow();
        if known.hold.iter().any(|lines| lines.is_subset(without)) {
            return Some(Rest::Holds);
        }
        let left = |unsolved: &&Unsolved| !unsolved.numbers.iter().any(|id| without.contains(id));
        known.clash.iter().find(left).cloned().map(Rest::Clashes)
    }

    pub(super) fn cost(&self, id: StatementId) -> Option<u32> {
        let statement = self.statement(id).filter(|statement| !(self.stays)(&statement.claim))?;
        remedy::cost(self.inputs, statement)
    }

    /// The lines of the user's among statements.
    pub(super) fn own_lines(&self, statements: &[StatementId]) -> Lines {
        statements.iter().copied().filter(|id| self.cost(*id).is_some()).collect()
    }

    /// The search for what mends a conflict, `base` being lost already: lines, and how many changes they stand for. The
    /// ports that one container publishes are one change, however many have to move.
    pub(super) fn corrections<'s>(
        &'s self,
        unsolved: &Unsolved,
        base: &'s Lines,
        cost: &'s dyn Fn(StatementId) -> Option<u32>,
    ) -> impl Iterator<Item = (usize, Lines)> + use<'s> {
        let mut search = Corrections::of(&self.joined(&unsolved.numbers), cost);
        let mut asks = if unsolved.minimal { ASKS } else { FEW_ASKS };
        std::iter::from_fn(move || {
            let found = search.next(&mut |lines| {
                asks = asks.checked_sub(1).filter(|_| !(self.interrupted)())?;
                match self.rest(&base.union(&self.spread(lines)).copied().collect()) {
                    Rest::Holds => Some(correct::Rest::Holds),
                    Rest::Clashes(unsolved) => Some(correct::Rest::Clashes(self.joined(&unsolved.numbers))),
                    Rest::Unknown => None,
                }
            })?;
            Some((found.len(), self.needed(&found, base)))
        })
    }

    /// The lines that publish ports of a container, by the first of them.
    fn published(&self) -> &BTreeMap<StatementId, Lines> {
        self.published.get_or_init(|| {
            let mut all: BTreeMap<&ComponentId, Lines> = BTreeMap::new();
            for (statement, id) in self.compiled.statements.iter().zip(0..) {
                if let (Claim::Holds { by: Holder::Component(by), what: Thing::Ports(_) }, Some(place)) =
                    (&statement.claim, statement.place)
                    && movable(self.inputs, by, place)
                {
                    all.entry(by).or_default().insert(StatementId(id));
                }
            }
            all.into_values().filter_map(|lines| Some((*lines.first()?, lines))).collect()
        })
    }

    /// Statements with one port of a container for all that it publishes.
    fn joined(&self, statements: &[StatementId]) -> Vec<StatementId> {
        let mut all: Vec<StatementId> = Vec::with_capacity(statements.len());
        for id in statements {
            let is_port = self.statement(*id).is_some_and(|s| matches!(s.claim, Claim::Holds { .. }));
            let first = is_port.then(|| {
                self.published().iter().find(|(_, lines)| lines.contains(id)).map(|(first, _)| *first)
            });
            let id = first.flatten().unwrap_or(*id);
            if !all.contains(&id) {
                all.push(id);
            }
        }
        all
    }

    /// The lines with all that their containers publish.
    fn spread(&self, lines: &Lines) -> Lines {
        let each = lines.iter().flat_map(|id| {
            let is_port = self.statement(*id).is_some_and(|s| matches!(s.claim, Claim::Holds { .. }));
            let all = if is_port { self.published().get(id).cloned() } else { None };
            all.unwrap_or_else(|| Lines::from([*id]))
        });
        each.collect()
    }

    /// Of what is published the lines that clash with anything, if those are enough.
    fn needed(&self, lines: &Lines, base: &Lines) -> Lines {
        let all = self.spread(lines);
        if all.len() == lines.len() {
            return all;
        }
        let clashing: Lines = {
            let known = self.known.borrow();
            let met = |id: &StatementId| known.clash.iter().any(|unsolved| unsolved.numbers.contains(id));
            all.iter()
                .copied()
                .filter(|id| met(id) || (lines.contains(id) && !self.published().contains_key(id)))
                .collect()
        };
        match self.rest(&base.union(&clashing).copied().collect()) {
            Rest::Holds => clashing,
            Rest::Clashes(_) | Rest::Unknown => all,
        }
    }

    /// What could be done about a line, the gentlest first, if those are taken back and others are changed so already.
    pub(super) fn remedies(&self, id: StatementId, gone: &Lines, beside: &[Remedy]) -> Vec<Remedy> {
        let Some(statement) = self.statement(id) else { return Vec::new() };
        let others = |group: &GroupId| self.other_options(group, gone);
        let around = Around { compiled: self.compiled, gone, beside };
        remedy::of_line(self.inputs, statement, &others, around)
    }

    /// The options of a 1-of-N group that could be chosen if some lines were taken back: the one that would be, then
    /// others in their order.
    fn other_options(&self, group: &GroupId, gone: &Lines) -> Vec<Name> {
        let all: Vec<&Name> = remedy::options(self.inputs, group).collect();
        let Some(number) = self.compiled.groups.iter().position(|id| id == group) else { return Vec::new() };
        let number = hsm_solver::GroupId(number as u32);
        let mut left: Vec<u32> = (0..all.len() as u32).collect();
        let mut found: Vec<u32> = Vec::new();
        while found.len() < OPTIONS && !left.is_empty() {
            let also = vec![Then::OneOf(number, left.clone())];
            let question = Question { without: gone.clone(), also, best: true, ..Question::default() };
            let Ok(selection) = self.ask(&question) else { break };
            let chosen = selection.options(number).and_then(|chosen| chosen.first().copied());
            let Some(chosen) = chosen.filter(|chosen| left.contains(chosen)) else { break };
            left.retain(|member| *member != chosen);
            found.push(chosen);
        }
        found.into_iter().filter_map(|member| all.get(member as usize).map(|name| (*name).clone())).collect()
    }
}
