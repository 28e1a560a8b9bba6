//! How few options a large group can do with, when it has thousands.
//!
//! Owns: the way there from below. That an option is absent is assumed of those that were present in some model; what
//! can't hold together is mostly a few, of which then one is allowed, and so on, until a model has no others. So only
//! what clashes is ever counted, where a network over all options would be larger than the problem. Refuses: groups that
//! may not take part.

use std::collections::BTreeMap;

use super::Bounds;
use super::climb::Literals;
use crate::bitset::BitSet;
use crate::fuel::{Stop, within};
use crate::problem::ItemId;
use crate::propagate::{Assumption, Part};
use crate::sat::clauses::{Literal, Verdict};
use crate::sat::formula::Formula;

/// What is assumed to be absent.
enum Soft {
    /// An option.
    Option(ItemId),
    /// One more than are allowed so far of those that clash: the counter, and the next of its outputs.
    More(usize, usize),
}

impl Bounds<'_, '_> {
    /// Sets the bound of the next goal, where it is the number of options of a group that takes part. All bounds before
    /// it are known to hold together. Says whether it could.
    pub(super) fn fewest(
        &mut self,
        formula: &mut Formula<'_, '_>,
        literals: &mut Literals,
        fuel: &mut u64,
    ) -> Result<bool, Stop> {
        let number = self.set.len();
        let Some((group, floor)) = self.goals.get(number).and_then(super::goal::Goal::few) else {
            return Ok(false);
        };
        let Some(chain) = self.world.chain(group).filter(|_| matches!(self.known.part(group), Part::Yes(_)))
        else {
            return Ok(false);
        };
        let before = within(fuel, || self.assumed(formula, literals))?;
        let before: Vec<Literal> = before.into_iter().map(|(_, literal)| literal).collect();
        let mut least = 0;
        let (mut idle, mut softs) = (BTreeMap::new(), BTreeMap::new());
        for item in &chain.items {
            match self.known.state(*item) {
                Some(state) if state.is_forced() => least += 1,
                Some(state) if state.open.count() > 0 => {
                    idle.insert(!formula.present(*item), *item);
                }
                Some(_) | None => {}
            }
        }
        let mut counters: Vec<Vec<Literal>> = Vec::new();
        loop {
            let assumptions: Vec<Literal> = before.iter().chain(softs.keys()).copied().collect();
            let core = match formula.solve(&assumptions, fuel)? {
                Verdict::Model => {
                    let is_present = |(literal, _): &(&Literal, &ItemId)| !formula.is(**literal);
                    let present: Vec<Literal> =
                        idle.iter().filter(is_present).map(|(literal, _)| *literal).collect();
                    if present.is_empty() {
                        break;
                    }
                    for literal in present {
                        softs.extend(idle.remove(&literal).map(|item| (literal, Soft::Option(item))));
                    }
                    continue;
                }
                Verdict::Core(core) => core,
            };
            let mut clashing = Vec::new();
            for literal in core {
                let Some(soft) = softs.remove(&literal) else { continue };
                clashing.push(!literal);
                if let Soft::More(counter, next) = soft
                    && let Some(more) = counters.get(counter).and_then(|outputs| outputs.get(next))
                {
                    softs.insert(!*more, Soft::More(counter, next + 1));
                }
            }
            if clashing.is_empty() {
                return Ok(false);
            }
            least += 1;
            let outputs = within(fuel, || formula.counter(&clashing))?;
            if let Some(more) = outputs.get(1) {
                softs.insert(!*more, Soft::More(counters.len(), 2));
            }
            counters.push(outputs);
        }
        // Below the number that costs nothing it does not matter how many there are.
        let Some(most) = u32::checked_sub(least, floor) else { return Ok(false) };
        // All bounds up to this one are those of the best solution: they hold for good.
        within(fuel, || formula.insist(before.iter().chain(softs.keys()).chain(idle.keys()).copied()))?;
        literals.insert((number, most), formula.truth());
        self.bind(most);
        let of_softs = softs.values().filter_map(|soft| match soft {
            Soft::Option(item) => Some(item),
            Soft::More(..) => None,
        });
        for item in of_softs.chain(idle.values()) {
            self.known.assume(&Assumption::Values(*item, BitSet::none()));
        }
        self.has_shortcuts = true;
        let follows = within(fuel, || self.known.run())?.is_ok();
        if !follows {
            self.back_to(number);
        }
        Ok(follows)
    }

    /// Sets the same bounds again, with nothing known but what follows from them.
    pub(super) fn without_shortcuts(&mut self, fuel: &mut u64) -> Result<bool, Stop> {
        if !std::mem::take(&mut self.has_shortcuts) {
            return Ok(true);
        }
        let all: Vec<u32> = self.set.iter().map(|bound| bound.most).collect();
        self.back_to(0);
        for most in all {
            self.bind(most);
            if within(fuel, || self.known.run())?.is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
