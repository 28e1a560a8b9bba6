//! The way to the best with the second engine: which bounds can't hold together.
//!
//! Owns: the questions to the engine and what is learnt from its answers. Refuses: setting bounds by itself; that is
//! the parent's walk.

use std::collections::{BTreeSet, HashMap};

use super::{Bounds, Refuted};
use crate::fuel::{Stop, within};
use crate::provider::Model;
use crate::sat::clauses::{Literal, Verdict};
use crate::sat::formula::Formula;

/// What keeps the cost of a goal within a bound.
pub(super) type Literals = HashMap<(usize, u32), Literal>;

/// More levels than a goal mostly has.
const MANY: usize = 64;

impl Bounds<'_, '_> {
    /// Sets the bounds of the best solution and finds values within them, which may hold what has no reason. Where the
    /// fuel ends before that, `model` becomes the best that was found.
    pub(super) fn climb(&mut self, model: &mut Model, fuel: &mut u64) -> Result<Model, Stop> {
        // No bound is set yet: the clauses know what follows from the problem alone.
        let mut formula = Formula::of_rest(self.world, &self.known, fuel)?;
        let mut literals = Literals::new();
        let mut found: Option<Model> = None;
        // Whether the next goal of many levels has to be reached by halving.
        let mut by_halving = false;
        loop {
            let round = self.walk_on(by_halving, fuel);
            by_halving = false;
            match round.and_then(|()| self.round(&mut formula, &mut literals, fuel)) {
                Ok(None) if self.set.len() < self.goals.len() => {
                    found = Some(formula.model());
                    match self.fewest(&mut formula, &mut literals, fuel) {
                        Ok(is_set) => by_halving = !is_set,
                        Err(Stop::OutOfFuel) => {
                            self.settle_for(model, found.as_ref())?;
                            return Err(Stop::OutOfFuel);
                        }
                        Err(Stop::Interrupted) => return Err(Stop::Interrupted),
                    }
                }
                Ok(None) => return Ok(formula.model()),
                Ok(Some(from)) => {
                    let better = self.descend(from, formula.model(), &mut formula, &mut literals, fuel);
                    self.back_to(from);
                    match better {
                        Ok(better) => found = Some(better),
                        Err(Stop::OutOfFuel) => {
                            found = Some(formula.model());
                            self.settle_for(model, found.as_ref())?;
                            return Err(Stop::OutOfFuel);
                        }
                        Err(Stop::Interrupted) => return Err(Stop::Interrupted),
                    }
                }
                Err(Stop::OutOfFuel) => {
                    self.settle_for(model, found.as_ref())?;
                    return Err(Stop::OutOfFuel);
                }
                Err(Stop::Interrupted) => return Err(Stop::Interrupted),
            }
        }
    }

    /// Sets bounds up to the next goal that has many levels, or up to and with it: what comes after it is worth nothing
    /// until it is known which of them can be had.
    fn walk_on(&mut self, with_it: bool, fuel: &mut u64) -> Result<(), Stop> {
        while let Some(goal) = self.goals.get(self.set.len()) {
            let has_many = goal.levels.len() > MANY;
            if has_many && !with_it {
                break;
            }
            self.step(0, fuel)?;
            if has_many {
                break;
            }
        }
        Ok(())
    }

    /// Asks until some of the bounds hold together; says which goal is the first whose bound does not, if there is one.
    fn round(
        &mut self,
        formula: &mut Formula<'_, '_>,
        literals: &mut Literals,
        fuel: &mut u64,
    ) -> Result<Option<usize>, Stop> {
        let mut assumed = within(fuel, || self.assumed(formula, literals))?;
        let mut dropped: BTreeSet<usize> = BTreeSet::new();
        loop {
            let assumptions: Vec<Literal> = assumed.iter().map(|(_, literal)| *literal).collect();
            let core = match formula.solve(&assumptions, fuel)? {
                Verdict::Model => return Ok(dropped.first().copied()),
                Verdict::Core(core) => core.into_iter().collect::<BTreeSet<_>>(),
            };
            let mut under: Vec<(usize, u32)> = assumed
                .iter()
                .filter(|(_, literal)| core.contains(literal))
                .filter_map(|(goal, _)| Some((*goal, self.set.get(*goal)?.most)))
                .collect();
            // There is a solution, so some bound is among the reasons.
            let Some((last, most)) = under.pop() else { return Ok(dropped.first().copied()) };
            if let Some(refuted) = self.refuted.get_mut(last) {
                refuted.push(Refuted { most, under });
            }
            dropped.insert(last);
            assumed.retain(|(goal, _)| *goal != last);
        }
    }

    /// A goal whose bound does not hold, though all before it do, may have thousands of higher ones: the lowest that
    /// can be had is found by halving, between what is refuted and what a model costs.
    fn descend(
        &mut self,
        goal: usize,
        mut found: Model,
        formula: &mut Formula<'_, '_>,
        literals: &mut Literals,
        fuel: &mut u64,
    ) -> Result<Model, Stop> {
        let Some(refuted) = self.set.get(goal).map(|bound| bound.most) else { return Ok(found) };
        let mut low = refuted.saturating_add(1);
        let mut high = self.cost(goal, &found);
        let mut before = within(fuel, || self.assumed(formula, literals))?;
        before.retain(|(other, _)| *other < goal);
        while low < high {
            let most = low + (high - low) / 2;
            let literal = within(fuel, || self.literal(goal, most, formula, literals))?;
            let Some(literal) = literal else { return Ok(found) };
            let assumptions: Vec<Literal> =
                before.iter().map(|(_, literal)| *literal).chain([literal]).collect();
            match formula.solve(&assumptions, fuel)? {
                Verdict::Model => {
                    found = formula.model();
                    high = self.cost(goal, &found).min(most);
                }
                Verdict::Core(core) => {
                    let core: BTreeSet<Literal> = core.into_iter().collect();
                    let under = before
                        .iter()
                        .filter(|(_, literal)| core.contains(literal))
                        .filter_map(|(other, _)| Some((*other, self.set.get(*other)?.most)))
                        .collect();
                    if let Some(refuted) = self.refuted.get_mut(goal) {
                        refuted.push(Refuted { most, under });
                    }
                    low = most + 1;
                }
            }
        }
        Ok(found)
    }

    /// What keeps the cost of a goal within a bound, if anything does not.
    fn literal(
        &self,
        number: usize,
        most: u32,
        formula: &mut Formula<'_, '_>,
        literals: &mut Literals,
    ) -> Option<Literal> {
        let assumption = self.goals.get(number)?.assumption(self.world, most)?;
        Some(*literals.entry((number, most)).or_insert_with(|| formula.literal(&assumption)))
    }

    /// The literals of all bounds that say something, in the order of the goals.
    pub(super) fn assumed(
        &self,
        formula: &mut Formula<'_, '_>,
        literals: &mut Literals,
    ) -> Vec<(usize, Literal)> {
        let mut assumed = Vec::new();
        for (number, (goal, bound)) in self.goals.iter().zip(&self.set).enumerate() {
            if goal.levels.last().is_some_and(|last| *last <= bound.most) {
                continue;
            }
            let Some(literal) = self.literal(number, bound.most, formula, literals) else { continue };
            if literal != formula.truth() {
                assumed.push((number, literal));
            }
        }
        assumed
    }

    /// The fuel is used up: the better of two models, the second of which has still to be led through the first engine.
    fn settle_for(&mut self, model: &mut Model, found: Option<&Model>) -> Result<(), Stop> {
        let Some(found) = found else { return Ok(()) };
        self.back_to(0);
        if let Some(found) = self.replay(found)?
            && self.costs(&found) < self.costs(model)
        {
            *model = found;
        }
        Ok(())
    }

    /// What a model costs, the most important first.
    fn costs(&self, model: &Model) -> Vec<u32> {
        let mut costs: Vec<u32> = Vec::with_capacity(self.goals.len());
        for (number, goal) in self.goals.iter().enumerate() {
            let is_free = |other: usize| {
                costs.get(other).zip(self.goals.get(other)).is_some_and(|(cost, goal)| goal.is_free(*cost))
            };
            let is_settled = goal.is_settled(is_free);
            costs.push(if is_settled { 0 } else { self.cost(number, model) });
        }
        costs
    }
}
