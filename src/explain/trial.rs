//! Trials: what comes of changes, made on a text in memory.
//!
//! Owns: making changes together, solving what they leave, and doing several of that side by side. Refuses: choosing what
//! to try, and writing.
//!
//! An edit of the manifest is made on its text, and that is read and solved as it would be by the next command. An option
//! of the command line is left out. Of a line that no command changes nobody knows what it will say: the project is solved
//! without what it says, or, where it only has to allow more, with nothing but that its target is there.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::remedy::{self, Flag, Remedy};
use super::work::Work;
use crate::compile::{Before, Compiled};
use crate::load::Inputs;
use crate::lock::Lock;
use crate::manifest::edit::{edit, plainly, read_text};
use crate::solve::{Could, Kept, Solved, could_hold, solve_again};
use crate::statement::{Claim, Statement};

/// What comes of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// One of them cannot be made, or there is no stack then.
    None,
    /// There is a stack; which one depends on what is written by hand.
    Some,
    /// There is this one.
    Stack(Box<Lock>),
}

/// What remedies come to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edited {
    /// The manifest.
    pub(super) text: String,
    /// What is left out of the command line.
    without_mode: bool,
    without: Vec<String>,
    /// How many lines are to be changed by hand.
    by_hand: usize,
}

/// Tries changes of one project.
pub(super) struct Trial<'a> {
    inputs: &'a Inputs,
    compiled: &'a Compiled,
    could: &'a Could,
    interrupted: &'a (dyn Fn() -> bool + Sync),
    fuel: u64,
}

impl<'a> Trial<'a> {
    pub(super) fn of(work: &'a Work<'_>) -> Self {
        let Work { inputs, compiled, interrupted, could, .. } = work;
        Self { inputs, compiled, could, interrupted: *interrupted, fuel: work.fuel() }
    }

    /// What comes of each of these, in their order.
    pub(super) fn each(&self, all: &[Vec<Remedy>]) -> Vec<Outcome> {
        let workers = thread::available_parallelism().map_or(1, usize::from).min(all.len());
        if workers < 2 {
            return all.iter().map(|remedies| self.outcome(remedies)).collect();
        }
        let next = AtomicUsize::new(0);
        let outcomes: Vec<Mutex<Outcome>> = all.iter().map(|_| Mutex::new(Outcome::None)).collect();
        let work = || {
            while let Some((remedies, outcome)) = {
                let number = next.fetch_add(1, Ordering::Relaxed);
                all.get(number).zip(outcomes.get(number))
            } {
                *outcome.lock().unwrap_or_else(PoisonError::into_inner) = self.outcome(remedies);
            }
        };
        thread::scope(|scope| {
            for _ in 1..workers {
                // where there is no thread to be had, this one does it all
                let _ = thread::Builder::new().name("trial".to_owned()).spawn_scoped(scope, work);
            }
            work();
        });
        outcomes.into_iter().map(|one| one.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    /// What comes of changes that are made together.
    pub(super) fn outcome(&self, remedies: &[Remedy]) -> Outcome {
        let Some(edited) = self.edited(remedies) else { return Outcome::None };
        let Some(inputs) = self.read(&edited) else { return Outcome::None };
        let before = Before { inputs: self.inputs, compiled: self.compiled };
        if edited.by_hand == 0 {
            let solved = solve_again(&inputs, before, self.could, Some(self.fuel), self.interrupted);
            return solved.map_or(Outcome::None, |solved| Outcome::Stack(Box::new(Lock::of(&solved.stack))));
        }
        let lines: Vec<(&Statement, Kept)> = remedies.iter().filter_map(by_hand).collect();
        let kept = |statement: &Statement| {
            // of a group's bounds the one that is to be changed is shown
            let is_it = |line: &Statement| {
                line.claim == statement.claim
                    && (line.place == statement.place || matches!(line.claim, Claim::TakesBetween { .. }))
            };
            lines.iter().find(|(line, _)| is_it(line)).map_or(Kept::Whole, |(_, kept)| *kept)
        };
        if could_hold(&inputs, before, self.could, &kept, Some(self.fuel), self.interrupted) {
            Outcome::Some
        } else {
            Outcome::None
        }
    }

    /// The project as it is then.
    fn read(&self, edited: &Edited) -> Option<Inputs> {
        if !edited.without_mode && edited.without.is_empty() {
            return self.inputs.with_manifest(&edited.text);
        }
        let mut inputs = self.inputs.clone();
        inputs.options.overlays.retain(|overlay| !edited.without.contains(&overlay.shown));
        inputs.options.require_mode &= !edited.without_mode;
        inputs.with_manifest(&edited.text)
    }

    /// What they come to together; `None`: one of the edits is refused.
    pub(super) fn edited(&self, remedies: &[Remedy]) -> Option<Edited> {
        let mut text = self.inputs.sources.get(self.inputs.manifest.file)?.text.to_string();
        if remedies.iter().any(|remedy| matches!(remedy, Remedy::ByHand(_))) {
            text = plainly(&text)?;
        }
        let mut edited = Edited { text, without_mode: false, without: Vec::new(), by_hand: 0 };
        for remedy in &remedy::joined(remedies.iter().cloned()) {
            match remedy {
                Remedy::Change(change) => {
                    edited.text = edit(&edited.text, &read_text(&edited.text)?, change).ok()?.text;
                }
                Remedy::ByHand(by) => {
                    edited.text = edit(&edited.text, &read_text(&edited.text)?, &by.change).ok()?.text;
                }
                Remedy::LeaveOut(Flag::RequireMode) => edited.without_mode = true,
                Remedy::LeaveOut(Flag::Overlay(shown)) => edited.without.push(shown.clone()),
                Remedy::Line(..) => edited.by_hand += 1,
            }
        }
        Some(edited)
    }
}

fn by_hand(remedy: &Remedy) -> Option<(&Statement, Kept)> {
    match remedy {
        Remedy::Line(statement, _) => {
            let kept = if remedy.only_loosens(statement) { Kept::Presence } else { Kept::Not };
            Some((statement, kept))
        }
        Remedy::Change(_) | Remedy::ByHand(_) | Remedy::LeaveOut(_) => None,
    }
}

impl Work<'_> {
    /// The stack with these changes of the manifest or the command line.
    pub(super) fn solved(&self, remedies: &[Remedy]) -> Option<Solved> {
        let trial = Trial::of(self);
        let inputs = trial.edited(remedies).filter(|edited| edited.by_hand == 0)?;
        let before = Before { inputs: self.inputs, compiled: self.compiled };
        let inputs = trial.read(&inputs)?;
        solve_again(&inputs, before, &self.could, Some(trial.fuel), self.interrupted).ok()
    }

    /// What changes come to together; `None`: one of the edits is refused.
    pub(super) fn edited(&self, remedies: &[Remedy]) -> Option<Edited> {
        Trial::of(self).edited(remedies)
    }
}

/// The components that two stacks do not have alike.
pub(super) fn unlike(one: &Lock, other: &Lock) -> BTreeSet<crate::names::ComponentId> {
    let ids = one.components.keys().chain(other.components.keys());
    ids.filter(|id| one.components.get(*id) != other.components.get(*id)).cloned().collect()
}
