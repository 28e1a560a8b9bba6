//! Explain: from a conflict to what it comes down to and what could be changed.
//!
//! Owns: which conflicts there are, the fixes of each, and the trial of every fix. Refuses: printing, and writing
//! anything: a fix is tried on a text in memory.
//!
//! - `by_hand`: what the writing of the manifest forbids a command to do.
//! - `clash`: the one sentence that a conflict comes down to.
//! - `correct`: the search for the lines to take back.
//! - `decide`: what was chosen where there was a choice, and why.
//! - `fixes`: the fixes of a conflict.
//! - `remedy`: what could be changed about a line.
//! - `effect`: what a change does to the stack.
//! - `recent`: which lines are newer than what is locked.
//! - `several`: conflicts that can be mended one by one.
//! - `tool`: what a package manager blames, in the project's statements.
//! - `trial`: what comes of changes.
//! - `why`: why one component is there, or is not.
//! - `work`: what is asked of the solver.
//!
//! A fix is found on the problem: the smallest sets of lines that could be taken back, by what the user would miss the
//! least. It becomes edits of the manifest's text, and each is solved again as a whole before it is given out. What no
//! command can edit (a line of `pyproject.toml`, a registry's rule) is solved again without its statement.

mod by_hand;
mod clash;
mod correct;
mod decide;
mod effect;
mod fixes;
mod recent;
mod remedy;
mod several;
mod tool;
mod trial;
mod why;
mod work;

use std::collections::BTreeSet;

use crate::compile::Compiled;
use crate::load::Inputs;
use crate::manifest::edit::Change;
use crate::names::{ComponentId, GroupId, TargetId};
use crate::solve::Unsolved;
use crate::statement::Claim;
use correct::Lines;
use fixes::alone;
use several::several;
use work::Work;

pub use clash::{Clash, Party};
pub use decide::{By, Decision, Of, Value};
pub use effect::{Before, Effect, state};
pub use remedy::{ByHand, Flag, How, Remedy, joined};
pub use tool::{Blame, Instead, TryOut, blame};
pub use why::{Absence, Presence, absent, present};

/// Why a project has no stack, and what could be done.
#[derive(Debug, Clone, Default)]
pub struct Explanation {
    /// The conflicts: they have nothing to do with each other.
    pub conflicts: Vec<Conflict>,
    /// How many more there are.
    pub more: usize,
}

impl Explanation {
    /// All fixes, in the order of their numbers.
    pub fn fixes(&self) -> impl Iterator<Item = &Fix> {
        self.conflicts.iter().flat_map(|conflict| &conflict.fixes)
    }
}

/// A conflict: statements that cannot hold together, and what could be done.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// The statements.
    pub unsolved: Unsolved,
    /// Which of them, by their place in the list, the manifest says since the project was locked.
    pub recent: Vec<usize>,
    /// The groups whose options are counted, with these.
    pub options: Vec<(GroupId, Vec<ComponentId>)>,
    /// What they come down to.
    pub clash: Clash,
    /// What could be changed; each is enough by itself. The best first.
    pub fixes: Vec<Fix>,
}

impl Conflict {
    /// A conflict for which no fixes are looked for.
    pub fn bare(inputs: &Inputs, unsolved: Unsolved) -> Self {
        Self::new(inputs, unsolved, Vec::new())
    }

    fn new(inputs: &Inputs, mut unsolved: Unsolved, fixes: Vec<Fix>) -> Self {
        // among many lines of which some are not needed, none is what it comes down to
        let is_vague = !unsolved.minimal && unsolved.statements.len() > LONG;
        let clash = if is_vague { Clash::Statements } else { Clash::of(inputs, &unsolved.statements) };
        // over an overlay the lock is what is shared, and no file
        let lock = inputs.lock.as_ref().filter(|_| inputs.options.overlays.is_empty());
        let recent = recent::first(lock, &mut unsolved.statements);
        let counted = unsolved.statements.iter().filter_map(|statement| match &statement.claim {
            Claim::TakesOne(group) | Claim::TakesBetween { group, .. } => Some(group.clone()),
            _ => None,
        });
        let counted: BTreeSet<GroupId> = counted.collect();
        let options_of = |group: &GroupId| inputs.components_of(&TargetId::Group(group.clone()));
        let options = counted.into_iter().map(|group| (group.clone(), options_of(&group))).collect();
        Self { unsolved, recent, options, clash, fixes }
    }
}

/// Changes after which there is a stack: each was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to change, all of it together.
    pub remedies: Vec<Remedy>,
    /// What that does to the stack, where it could be tried on the manifest: what differs from what is locked; without a
    /// lock, how the components of the conflict are then. Of several conflicts: if each of the others is mended by its
    /// first fix, and of what the conflict speaks of or another of its fixes makes differently.
    pub effects: Vec<Effect>,
}

impl Fix {
    /// The edits of `hsm.yaml`, if that is all there is to do.
    pub fn changes(&self) -> Option<Vec<&Change>> {
        self.remedies.iter().map(Remedy::change).collect()
    }
}

/// How many conflicts that have nothing to do with each other are explained, and how many are looked for.
const CONFLICTS: usize = 5;
const MOST_CONFLICTS: usize = 32;

/// A conflict of more statements than this, some of which are not needed, comes down to nothing in particular.
const LONG: usize = 40;

/// What is left of a project without some lines.
enum Rest {
    /// There is a selection.
    Holds,
    /// These still cannot hold together.
    Clashes(Unsolved),
    /// That was too hard to find out.
    Unknown,
}

/// The conflicts of a project that has no stack, the first being known; and the fixes of each.
pub fn explain(
    inputs: &Inputs,
    compiled: &Compiled,
    first: Unsolved,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Explanation {
    explain_but(inputs, compiled, first, interrupted, &|_| false)
}

/// The same, but some of the user's lines stay whatever happens.
fn explain_but(
    inputs: &Inputs,
    compiled: &Compiled,
    first: Unsolved,
    interrupted: &(dyn Fn() -> bool + Sync),
    stays: &dyn Fn(&Claim) -> bool,
) -> Explanation {
    let work = Work::new(inputs, compiled, interrupted, stays, Lines::new());
    let found = independent(&work, first);
    // where they hang together, the first one stands for all, and what mends it mends all
    several(&work, &found).unwrap_or_else(|| Explanation {
        conflicts: found.into_iter().take(1).map(|unsolved| alone(&work, unsolved)).collect(),
        more: 0,
    })
}

/// The first conflict, and others that share no line of the user's with it or with each other.
fn independent(work: &Work<'_>, first: Unsolved) -> Vec<Unsolved> {
    let mut gone = work.own_lines(&first.numbers);
    work.learn(&first);
    let mut found = vec![first];
    // what was too hard to shrink is not worth several searches more
    while found[0].minimal && found.len() < MOST_CONFLICTS && !gone.is_empty() {
        let Rest::Clashes(next) = work.rest(&gone) else {
            break;
        };
        let own = work.own_lines(&next.numbers);
        if own.is_empty() {
            break;
        }
        gone.extend(own);
        found.push(next);
    }
    found
}
