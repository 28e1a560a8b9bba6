//! The best selection: the preferences, one after the other.
//!
//! Owns: the way to the best. Refuses: searching, and what is better ([`goal`]). Every goal has a bound on its cost; a
//! bound only narrows what may be chosen, so what is found under bounds is as valid and as justified as any solution.
//!
//! 1. *Greedily*: in the order of the goals, each takes the lowest bound that does not clash, as far as can be seen
//!    without trying, with the bounds before it. Whatever is passed over really can't be had.
//! 2. One search under all of these bounds. A solution is the best there is: nothing lower was possible.
//! 3. If there is none, some bound is too low. The second engine says which bounds can't hold together; the last of
//!    them in the order of the goals is *refuted* by the others. That is remembered, the greedy walk is taken again
//!    from there on, passing over whatever is refuted by bounds that hold at that point, and so on. A refutation that
//!    rests on a bound that is given up later does not count any more, so what is passed over in the end can't be had
//!    by what is kept. (Where the second engine is not to be used, the goals are tried one by one.)
//!
//! In the end all bounds are those of the best solution, whoever found them; the last search is made under them by the
//! first engine from nothing else, so what they leave open is decided in the same way everywhere.

mod climb;
mod fewest;
mod goal;

use crate::bitset::BitSet;
use crate::encode::{Variable, World};
use crate::fuel::{Stop, within};
use crate::narrow::{Masks, Narrowing};
use crate::propagate::{Mark, Propagation};
use crate::provider::{Model, Outcome, Taste, search};
use crate::run::share;
use crate::solution::Engine;
use goal::Goal;

/// The goals of a problem with a bound on each, as far as they are set.
pub(crate) struct Bounds<'a, 'p> {
    world: &'a World<'p>,
    taste: &'a Taste,
    /// What follows from the problem and the bounds.
    pub(crate) known: Propagation<'p>,
    goals: Vec<Goal<'p>>,
    /// The bounds that are set, in the order of the goals.
    set: Vec<Bound>,
    masks: Masks,
    /// What was found of bounds that can't hold together: by the last of them.
    refuted: Vec<Vec<Refuted>>,
    /// Whether more is known than what follows from the bounds without trying.
    has_shortcuts: bool,
}

/// A bound that is set.
struct Bound {
    most: u32,
    /// Where everything stood before.
    before: Mark,
    mask: Option<(Variable, Option<BitSet>)>,
}

/// A bound that can't be had under others.
struct Refuted {
    most: u32,
    /// The others: goals and their bounds.
    under: Vec<(usize, u32)>,
}

/// A group of more options than this is large.
const LARGE: usize = 1_024;

/// So many steps improving may use where a group is large.
const WORTH: u64 = 20_000_000;

/// So many levels are tried one after the other.
const FEW: usize = 8;

/// How many times what one search may use the first walk over all goals may.
const WALK: u64 = 4;

impl<'a, 'p> Bounds<'a, 'p> {
    /// No bound yet.
    pub(crate) fn new(world: &'a World<'p>, taste: &'a Taste, known: Propagation<'p>) -> Self {
        let goals = goal::goals(world);
        let refuted = goals.iter().map(|_| Vec::new()).collect();
        Self {
            world,
            taste,
            known,
            goals,
            set: Vec::new(),
            masks: Masks::new(),
            refuted,
            has_shortcuts: false,
        }
    }

    /// Whether there is nothing to improve.
    pub(crate) fn is_empty(&self) -> bool {
        self.goals.is_empty()
    }

    /// The best solution, if one search is enough to find it.
    pub(crate) fn at_once(&mut self, fuel: &mut u64) -> Result<Option<Model>, Stop> {
        if self.is_empty() {
            return Ok(None);
        }
        let share = share(self.world.problem());
        let mut slice = WALK.saturating_mul(share).min(*fuel);
        let given = slice;
        let walked = self.walk(&mut slice);
        *fuel -= given - slice;
        match walked {
            Ok(()) => self.search(None, share, fuel),
            Err(Stop::OutOfFuel) => Ok(None),
            Err(Stop::Interrupted) => Err(Stop::Interrupted),
        }
    }

    /// The best solution, as far as the fuel goes, and whether it went all the way.
    pub(crate) fn improve(
        &mut self,
        mut model: Model,
        engine: Option<Engine>,
        fuel: &mut u64,
    ) -> Result<(Model, bool), Stop> {
        self.back_to(0);
        let climbed = match engine {
            _ if self.goals.is_empty() => Ok(model.clone()),
            Some(Engine::PubGrub) => self.one_by_one(&mut model, fuel).map(|()| model.clone()),
            Some(Engine::Cdcl) | None => {
                let mut own = (*fuel).min(self.worth());
                let given = own;
                let climbed = self.climb(&mut model, &mut own);
                *fuel = fuel.saturating_sub(given - own);
                climbed
            }
        };
        let near = match climbed {
            Ok(near) => near,
            Err(Stop::OutOfFuel) => return Ok((model, false)),
            Err(Stop::Interrupted) => return Err(Stop::Interrupted),
        };
        // What they leave open is to be decided in the same way as if that had not been known.
        match self.without_shortcuts(&mut u64::MAX.clone()) {
            Ok(true) => {}
            Ok(false) | Err(Stop::OutOfFuel) => return Ok((model, false)),
            Err(Stop::Interrupted) => return Err(Stop::Interrupted),
        }
        let mut last = share(self.world.problem());
        if let Some(best) = self.last_search(None, last, &mut last)? {
            return Ok((best, true));
        }
        Ok(match self.replay(&near)? {
            Some(best) => (best, true),
            None => (model, false),
        })
    }

    /// What improving is worth: where the fewest of thousands of options are looked for, the way there is short or
    /// longer than anyone waits.
    fn worth(&self) -> u64 {
        let is_large = self.goals.iter().any(|goal| goal.levels.len() > LARGE);
        if is_large { WORTH } else { u64::MAX }
    }

    /// Leads a model that is within all bounds through the first engine, which has nothing to try then.
    fn replay(&self, near: &Model) -> Result<Option<Model>, Stop> {
        self.last_search(Some(near), u64::MAX, &mut u64::MAX.clone())
    }

    /// A model under all bounds, if one is found with so much of the fuel.
    fn last_search(&self, near: Option<&Model>, most: u64, fuel: &mut u64) -> Result<Option<Model>, Stop> {
        match self.search(near, most, fuel) {
            Ok(model) => Ok(model),
            Err(Stop::OutOfFuel) => Ok(None),
            Err(Stop::Interrupted) => Err(Stop::Interrupted),
        }
    }

    /// Searches with the first engine under all bounds. A bound that can't be told to it is looked at afterwards; a
    /// model that does not keep it counts as none, which is never taken for a proof (see [`crate::encode::Counting`]).
    fn search(&self, near: Option<&Model>, most: u64, fuel: &mut u64) -> Result<Option<Model>, Stop> {
        let narrowing = Narrowing::new(self.world, &self.known, &self.masks);
        let mut slice = most.min(*fuel);
        let given = slice;
        let outcome = search(self.world, self.taste, near, &narrowing, &mut slice);
        *fuel = fuel.saturating_sub(given - slice);
        Ok(match outcome? {
            Outcome::Model(model) => Some(model).filter(|model| self.keeps_untold(model)),
            Outcome::Refuted(_) => None,
        })
    }

    fn keeps_untold(&self, model: &Model) -> bool {
        let mut bounds = self.goals.iter().zip(&self.set);
        bounds.all(|(goal, bound)| {
            bound.most == u32::MAX || goal.is_told(self.world) || goal.cost(self.world, model) <= bound.most
        })
    }

    /// Sets the lowest bound for each goal that has none yet, as far as can be seen without trying.
    fn walk(&mut self, fuel: &mut u64) -> Result<(), Stop> {
        while self.set.len() < self.goals.len() {
            self.step(0, fuel)?;
        }
        Ok(())
    }

    /// Sets the lowest bound for the next goal, of at least so much.
    fn step(&mut self, least: u32, fuel: &mut u64) -> Result<(), Stop> {
        let number = self.set.len();
        let Some(goal) = self.goals.get(number) else { return Ok(()) };
        let bound = |other: usize| self.set.get(other).map(|bound| bound.most);
        let is_free = |other: usize| {
            bound(other).zip(self.goals.get(other)).is_some_and(|(most, goal)| goal.is_free(most))
        };
        let levels = if goal.is_settled(is_free) {
            vec![u32::MAX]
        } else {
            let least = least.max(goal.least(self.world, &self.known, bound));
            goal.levels.iter().copied().filter(|level| *level >= least).collect()
        };
        // What a bound excludes without trying, every lower one does: the first that does not is found by halving.
        let (mut from, mut to) = (0, levels.len());
        let mut next = 0;
        while from < to {
            let Some(most) = levels.get(next).copied() else { break };
            let is_good = !self.is_refuted(number, most) && {
                self.bind(most);
                within(fuel, || self.known.run())?.is_ok()
            };
            if is_good && next == from {
                return Ok(());
            }
            self.back_to(number);
            if is_good {
                to = next;
            } else {
                from = next + 1;
            }
            next = if levels.len() > FEW { from + (to - from) / 2 } else { from };
        }
        if let Some(most) = levels.get(from).copied() {
            self.bind(most);
            within(fuel, || self.known.run())?.unwrap_or(());
            return Ok(());
        }
        // Never without a bound: the highest says nothing.
        self.bind(u32::MAX);
        Ok(())
    }

    fn is_refuted(&self, number: usize, most: u32) -> bool {
        let holds =
            |(other, bound): &(usize, u32)| self.set.get(*other).is_some_and(|set| set.most <= *bound);
        let refuted = self.refuted.get(number).into_iter().flatten();
        refuted.into_iter().any(|refuted| most <= refuted.most && refuted.under.iter().all(holds))
    }

    /// Sets the bound of the next goal.
    fn bind(&mut self, most: u32) {
        let before = self.known.mark();
        let goal = self.goals.get(self.set.len()).filter(|_| most < u32::MAX);
        if let Some(assumption) = goal.and_then(|goal| goal.assumption(self.world, most)) {
            self.known.assume(&assumption);
        }
        let mask = goal.and_then(|goal| goal.mask(self.world, most)).map(|(variable, mask)| {
            let before = self.masks.get(&variable).cloned();
            let narrower = match &before {
                Some(before) => before.and(&mask),
                None => mask,
            };
            self.masks.insert(variable, narrower);
            (variable, before)
        });
        self.set.push(Bound { most, before, mask });
    }

    /// Forgets the bounds from a goal on.
    pub(crate) fn back_to(&mut self, number: usize) {
        let mut before = None;
        while self.set.len() > number {
            let Some(bound) = self.set.pop() else { break };
            match bound.mask {
                Some((variable, Some(mask))) => self.masks.insert(variable, mask),
                Some((variable, None)) => self.masks.remove(&variable),
                None => None,
            };
            before = Some(bound.before);
        }
        if let Some(before) = before {
            self.known.back_to(before);
        }
    }

    fn cost(&self, number: usize, model: &Model) -> u32 {
        self.goals.get(number).map_or(0, |goal| goal.cost(self.world, model))
    }

    /// Goal by goal, each with searches of the first engine.
    fn one_by_one(&mut self, model: &mut Model, fuel: &mut u64) -> Result<(), Stop> {
        let slice = *fuel / 4;
        let mut least = 0;
        while self.set.len() < self.goals.len() {
            let number = self.set.len();
            self.step(least, fuel)?;
            let most = self.set.last().map_or(u32::MAX, |bound| bound.most);
            if self.cost(number, model) > most {
                if let Some(better) = self.search(Some(model), slice, fuel)? {
                    *model = better;
                } else {
                    self.back_to(number);
                    least = most.saturating_add(1);
                    continue;
                }
            }
            least = 0;
        }
        Ok(())
    }
}
