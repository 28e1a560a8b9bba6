//! Explain: from a conflict to what it comes down to and what could be changed.
//!
//! Owns: which conflicts there are, the fixes of each, and the trial of every fix. Refuses: printing, and writing
//! anything: a fix is tried on a text in memory.
//!
//! - `by_hand`: what the writing of the manifest forbids a command to do.
//! - `clash`: the one sentence that a conflict comes down to.
//! - `correct`: the search for the lines to take back.
//! - `decide`: what was chosen where there was a choice, and why.
//! - `remedy`: what could be changed about a line.
//! - `effect`: what a change does to the stack.
//! - `recent`: which lines are newer than what is locked.
//! - `tool`: what a package manager blames, in the project's statements.
//! - `why`: why one component is there, or is not.
//!
//! A fix is found on the problem: the smallest sets of lines that could be taken back, by what the user would miss the
//! least. It becomes edits of the manifest's text, and each is solved again as a whole before it is given out. What no
//! command can edit (a line of `pyproject.toml`, a registry's rule) is solved again without its statement.

mod by_hand;
mod clash;
mod correct;
mod decide;
mod effect;
mod recent;
mod remedy;
mod tool;
mod why;

use std::collections::BTreeSet;

use hsm_solver::{Selection, StatementId, Then};

use crate::compile::{Compiled, compile};
use crate::load::Inputs;
use crate::lock::Lock;
use crate::manifest::edit::{Change, edit, plainly, read_text};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::solve::{NoStack, Question, Solved, Unsolved, ask, solve_within};
use crate::statement::{Claim, Origin, Statement};
use correct::{Lines, Rest, corrections};

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
    /// lock, how the components of the conflict are then.
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

/// How many fixes are shown for a conflict.
const FIXES: usize = 5;

/// How many of them may be changes of a registry, where the manifest could be changed as well.
const OF_REGISTRY: usize = 2;

/// How often the solver is asked what is left without some lines; and where the conflict was too hard to shrink.
const ASKS: usize = 96;
const FEW_ASKS: usize = 6;

/// How many edits are tried for a conflict.
const TRIALS: usize = 10;

/// How many other options of a group are offered.
const OPTIONS: usize = 3;

/// The steps that the solver may take for one question, and so many more for each item and rule: a small part of what it
/// may take to find out that there is no stack. What is harder is not offered.
const FUEL: (u64, u64) = (20_000_000, 500);

/// A conflict of more statements than this is not looked through for a registry's rule to change.
const LONG: usize = 40;

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
    let work = Work { inputs, compiled, interrupted, stays, gone: Lines::new() };
    let mut found = work.independent(first);
    let sets = work.correction_sets(&found);
    if work.are_apart(&sets)
        && let Some(explanation) = work.one_by_one(&found, &sets)
    {
        return explanation;
    }
    // they hang together: the first one stands for all, and what mends it mends all
    found.truncate(1);
    let sets = work.correction_sets(&found);
    work.one_by_one(&found, &sets).unwrap_or_default()
}

struct Work<'a> {
    inputs: &'a Inputs,
    compiled: &'a Compiled,
    interrupted: &'a (dyn Fn() -> bool + Sync),
    /// Lines that are not to be taken back.
    stays: &'a dyn Fn(&Claim) -> bool,
    /// Statements that do not count: there is no stack with them.
    gone: Lines,
}

impl Work<'_> {
    fn statement(&self, id: StatementId) -> Option<&Statement> {
        self.compiled.statement(id)
    }

    fn fuel(&self) -> u64 {
        let problem = &self.compiled.problem;
        FUEL.0 + FUEL.1 * (problem.len() + problem.rules().len()) as u64
    }

    /// Whether there is a selection without some statements.
    fn without(&self, without: Lines) -> Result<Selection, NoStack> {
        self.ask(&Question { without, ..Question::default() })
    }

    fn ask(&self, question: &Question) -> Result<Selection, NoStack> {
        let mut question = Question { fuel: Some(self.fuel()), ..question.clone() };
        question.without.extend(&self.gone);
        ask(self.inputs, self.compiled, &question, self.interrupted)
    }

    fn cost(&self, id: StatementId) -> Option<u32> {
        let statement = self.statement(id).filter(|statement| !(self.stays)(&statement.claim))?;
        remedy::cost(self.inputs, statement)
    }

    /// The lines of the user's among statements.
    fn own_lines(&self, statements: &[StatementId]) -> Lines {
        statements.iter().copied().filter(|id| self.cost(*id).is_some()).collect()
    }

    /// The first conflict, and others that share no line of the user's with it or with each other.
    fn independent(&self, first: Unsolved) -> Vec<Unsolved> {
        let mut gone = self.own_lines(&first.numbers);
        let mut found = vec![first];
        // what was too hard to shrink is not worth several searches more
        while found[0].minimal && found.len() < MOST_CONFLICTS && !gone.is_empty() {
            let Err(NoStack::Unsolved(next)) = self.without(gone.clone()) else {
                break;
            };
            let own = self.own_lines(&next.numbers);
            if own.is_empty() {
                break;
            }
            gone.extend(own);
            found.push(next);
        }
        found
    }

    /// For each conflict what could be lost of the others (it is taken as lost, so that each is mended by itself), and the
    /// smallest sets of lines that mend it.
    fn correction_sets(&self, found: &[Unsolved]) -> Vec<(Lines, Vec<Lines>)> {
        let own: Vec<Lines> = found.iter().map(|unsolved| self.own_lines(&unsolved.numbers)).collect();
        let each = found.iter().enumerate().map(|(number, unsolved)| {
            let others = own.iter().enumerate().filter(|(other, _)| *other != number);
            let base: Lines = others.flat_map(|(_, lines)| lines).copied().collect();
            let corrections = if number < CONFLICTS {
                self.corrections(&base, &unsolved.numbers, unsolved.minimal)
            } else {
                // only what goes beside the others' fixes is needed
                self.one_correction(&base, &unsolved.numbers)
            };
            (base, corrections)
        });
        each.collect()
    }

    fn one_correction(&self, base: &Lines, first: &[StatementId]) -> Vec<Lines> {
        let cheapest = first.iter().filter_map(|id| Some((self.cost(*id)?, *id))).min();
        let lines: Lines = cheapest.into_iter().map(|(_, id)| id).collect();
        let gone = base.union(&lines).copied().collect();
        if self.without(gone).is_ok() { vec![lines] } else { self.corrections(base, first, true) }
    }

    /// Whether conflicts are mended one by one: the best of each together is enough.
    fn are_apart(&self, sets: &[(Lines, Vec<Lines>)]) -> bool {
        let firsts = sets.iter().filter_map(|(_, corrections)| corrections.first());
        let gone: Lines = firsts.flatten().copied().collect();
        sets.len() < 2 || self.without(gone).is_ok()
    }

    fn corrections(&self, base: &Lines, first: &[StatementId], is_minimal: bool) -> Vec<Lines> {
        let mut asks = if is_minimal { ASKS } else { FEW_ASKS };
        corrections(first, &|id| self.cost(id), 2 * FIXES, &mut |lines| {
            asks = asks.checked_sub(1)?;
            let gone: Lines = base.union(lines).copied().collect();
            match self.without(gone) {
                Ok(_) => Some(Rest::Holds),
                Err(NoStack::Unsolved(unsolved)) => Some(Rest::Clashes(unsolved.numbers)),
                Err(_) => None,
            }
        })
    }

    /// What takes lines back and does nothing else.
    fn plainest(&self, lines: &Lines) -> Vec<Remedy> {
        let none = BTreeSet::new();
        remedy::joined(lines.iter().filter_map(|id| self.remedies(*id, lines, &none).pop()))
    }

    /// What could be done about a line, the gentlest first, if those are taken back; some ports of the host are taken.
    fn remedies(&self, id: StatementId, gone: &Lines, taken: &BTreeSet<u16>) -> Vec<Remedy> {
        let Some(statement) = self.statement(id) else { return Vec::new() };
        let others = |group: &GroupId| self.other_options(group, gone);
        remedy::of_line(self.inputs, self.compiled, statement, &others, taken)
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

    fn fixes(&self, unsolved: &Unsolved, base: &Lines, corrections: &[Lines], beside: &[Remedy]) -> Vec<Fix> {
        let clash = Clash::of(self.inputs, &unsolved.statements);
        let matter = Matter::of(&unsolved.statements, clash.components(self.inputs));
        let mut fixes = self.of_lines(&matter, corrections, beside);
        if unsolved.minimal && unsolved.numbers.len() <= LONG {
            let room = if fixes.is_empty() { FIXES } else { OF_REGISTRY.min(FIXES - fixes.len()) };
            fixes.extend(self.of_registry(unsolved, base).into_iter().take(room));
        }
        fixes
    }

    /// What takes lines back, the gentlest first.
    fn of_lines(&self, matter: &Matter, corrections: &[Lines], beside: &[Remedy]) -> Vec<Fix> {
        let mut fixes: Vec<Fix> = Vec::new();
        let fewest = corrections.first().map_or(0, Lines::len);
        let mut known = Known::default();
        let mut trials = 0;
        for lines in corrections {
            // what takes much more is no alternative
            if !fixes.is_empty() && lines.len() > fewest + 1 {
                break;
            }
            if fixes.len() >= FIXES || trials >= TRIALS || (self.interrupted)() {
                break;
            }
            for remedies in self.ways(lines) {
                let fix = if remedies.iter().any(|remedy| matches!(remedy, Remedy::Line(..))) {
                    // without those statements the rest holds: that is how the lines were found
                    Some(Fix { remedies, effects: Vec::new() })
                } else {
                    trials += 1;
                    self.tried(remedies, lines, beside, matter, &mut known)
                };
                if let Some(fix) = fix.filter(|_| fixes.len() < FIXES) {
                    fixes.push(fix);
                }
                if trials >= TRIALS {
                    break;
                }
            }
        }
        fixes
    }

    /// The ways to take lines back: for one line each remedy, for several the gentlest of each, then the plainest.
    fn ways(&self, lines: &Lines) -> Vec<Vec<Remedy>> {
        let mut taken = BTreeSet::new();
        let mut each: Vec<Vec<Remedy>> = Vec::with_capacity(lines.len());
        for id in lines {
            let remedies = self.remedies(*id, lines, &taken);
            taken.extend(remedies.first().into_iter().flat_map(remedy::published));
            each.push(remedies);
        }
        if each.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        if let [only] = each.as_slice() {
            // that another option is taken says more than that this one is not
            let is_plain = |remedy: &Remedy| matches!(remedy.change(), Some(Change::RemoveOptions(facts, _)) if facts.one);
            let some = only.iter().filter(|remedy| only.len() == 1 || !is_plain(remedy));
            return some.map(|remedy| vec![remedy.clone()]).collect();
        }
        let gentlest = remedy::joined(each.iter().filter_map(|remedies| remedies.first().cloned()));
        let plainest = remedy::joined(each.iter().filter_map(|remedies| remedies.last().cloned()));
        if gentlest == plainest { vec![gentlest] } else { vec![gentlest, plainest] }
    }

    /// The fix, if there is a stack with it (and, for other conflicts, what goes beside it), and no other fix makes the
    /// same manifest, or comes to the same stack by a change of the same lines.
    fn tried(
        &self,
        remedies: Vec<Remedy>,
        lines: &Lines,
        beside: &[Remedy],
        matter: &Matter,
        known: &mut Known,
    ) -> Option<Fix> {
        let (remedies, edited) = match self.edited(&remedies) {
            Some(edited) => (remedies, edited),
            None => self.by_hand(&remedies, lines)?,
        };
        if !known.texts.insert(edited.text.clone())
            && remedies.iter().all(|r| matches!(r, Remedy::Change(_) | Remedy::ByHand(_)))
        {
            return None;
        }
        let all: Vec<Remedy> = remedies.iter().chain(beside).cloned().collect();
        let stays_open = beside.iter().any(|remedy| matches!(remedy, Remedy::Line(..)));
        if stays_open {
            return Some(Fix { remedies, effects: Vec::new() });
        }
        let after = Lock::of(&self.solved(&all)?.stack);
        if known.stacks.iter().any(|(of, stack)| of == lines && *stack == after) {
            return None;
        }
        let lock = self.inputs.lock.as_ref();
        let only_ports = remedies.iter().all(|r| matches!(r.meant(), Some(Change::SetPorts(..))));
        let effects = if !beside.is_empty() || (only_ports && lock.is_none()) {
            Vec::new()
        } else {
            let first = remedies.iter().flat_map(Remedy::components).chain(matter.first.iter().cloned());
            effect::effects(lock, &after, &matter.all, &first.collect())
        };
        known.stacks.push((lines.clone(), after));
        Some(Fix { remedies, effects })
    }

    /// The conflicts, each with its own fixes; `None`: there are several, and one of them cannot be mended by itself.
    fn one_by_one(&self, found: &[Unsolved], sets: &[(Lines, Vec<Lines>)]) -> Option<Explanation> {
        let more = found.len().saturating_sub(CONFLICTS);
        let first_steps: Vec<Vec<Remedy>> = sets
            .iter()
            .map(|(_, corrections)| {
                let Some(lines) = corrections.first() else { return Vec::new() };
                let plainest = self.plainest(lines);
                // one conflict stands beside no other
                let is_needed = sets.len() > 1 && self.edited(&plainest).is_none();
                is_needed.then(|| self.by_hand(&plainest, lines)).flatten().map_or(plainest, |(by, _)| by)
            })
            .collect();
        let mut conflicts = Vec::with_capacity(found.len());
        for (number, (unsolved, (base, corrections))) in found.iter().zip(sets).take(CONFLICTS).enumerate() {
            let others = first_steps.iter().enumerate().filter(|(other, _)| *other != number);
            let beside: Vec<Remedy> = others.flat_map(|(_, remedies)| remedies.clone()).collect();
            let fixes = self.fixes(unsolved, base, corrections, &beside);
            conflicts.push(Conflict::new(self.inputs, unsolved.clone(), fixes));
        }
        if more == 0 {
            self.that_go_together(&mut conflicts);
        }
        let stuck = conflicts.len() > 1 && conflicts.iter().any(|conflict| conflict.fixes.is_empty());
        (!stuck).then_some(Explanation { conflicts, more })
    }

    /// Of several conflicts, keeps the fixes that give a stack together with the first fix of each of the others.
    fn that_go_together(&self, conflicts: &mut [Conflict]) {
        let is_tried = |fix: &&Fix| !fix.remedies.iter().any(|remedy| matches!(remedy, Remedy::Line(..)));
        for number in 0..conflicts.len() {
            let others = conflicts.iter().enumerate().filter(|(other, _)| *other != number);
            let firsts: Option<Vec<Fix>> =
                others.map(|(_, other)| other.fixes.iter().find(is_tried).cloned()).collect();
            let Some(beside) = firsts.filter(|firsts| !firsts.is_empty()) else { continue };
            let beside: Vec<Remedy> = beside.into_iter().flat_map(|fix| fix.remedies).collect();
            let goes = |fix: &Fix| {
                let all: Vec<Remedy> = fix.remedies.iter().chain(&beside).cloned().collect();
                !is_tried(&fix) || self.solved(&all).is_some()
            };
            if let Some(conflict) = conflicts.get_mut(number) {
                conflict.fixes.retain(goes);
            }
        }
    }

    /// The stack if all of these were done.
    fn solved(&self, remedies: &[Remedy]) -> Option<Solved> {
        let Edited { text, without_mode, without } = self.edited(remedies)?;
        let mut inputs = self.inputs.clone();
        inputs.options.overlays.retain(|overlay| !without.contains(&overlay.shown));
        inputs.options.require_mode &= !without_mode;
        let inputs = inputs.with_manifest(&text)?;
        solve_within(&inputs, &compile(&inputs), Some(self.fuel()), self.interrupted).ok()
    }

    fn edited(&self, remedies: &[Remedy]) -> Option<Edited> {
        let mut text = self.inputs.sources.get(self.inputs.manifest.file)?.text.to_string();
        if remedies.iter().any(|remedy| matches!(remedy, Remedy::ByHand(_))) {
            text = plainly(&text)?;
        }
        let (mut without_mode, mut without) = (false, Vec::new());
        for remedy in &remedy::joined(remedies.iter().cloned()) {
            match remedy {
                Remedy::Change(change) => text = edit(&text, &read_text(&text)?, change).ok()?.text,
                Remedy::ByHand(by) => text = edit(&text, &read_text(&text)?, &by.change).ok()?.text,
                Remedy::LeaveOut(Flag::RequireMode) => without_mode = true,
                Remedy::LeaveOut(Flag::Overlay(shown)) => without.push(shown.clone()),
                Remedy::Line(..) => return None,
            }
        }
        Some(Edited { text, without_mode, without })
    }

    /// The registry's rules without any one of which the rest holds.
    fn of_registry(&self, unsolved: &Unsolved, base: &Lines) -> Vec<Fix> {
        let clash = Clash::of(self.inputs, &unsolved.statements);
        let mut fixes = Vec::new();
        let mut places = BTreeSet::new();
        // what stands last is the rule that everything clashes with: the most likely to be wrong
        let each = unsolved.numbers.iter().rev().filter_map(|id| {
            let statement = self.statement(*id).filter(|s| remedy::cost(self.inputs, s).is_none())?;
            Some((*id, statement, remedy::of_registry(statement, &clash)?))
        });
        let mut all: Vec<_> = each.collect();
        // a rule that says too much is changed before one is taken out that only leads there
        all.sort_by_key(|(_, statement, remedy)| {
            (remedy.leads_there(statement), remedy.changes_a_strategy())
        });
        let some = all.first().is_some_and(|(_, statement, remedy)| !remedy.leads_there(statement));
        for (id, statement, remedy) in all {
            if some && remedy.leads_there(statement) {
                break;
            }
            if !places.insert(statement.place) || (self.interrupted)() {
                continue;
            }
            let mut question = Question { without: base.clone(), ..Question::default() };
            if remedy.only_loosens(statement) && !matches!(clash, Clash::NoOption { .. }) {
                question.loosened.insert(id);
            } else {
                question.without.insert(id);
            }
            if self.ask(&question).is_ok() {
                fixes.push(Fix { remedies: vec![remedy], effects: Vec::new() });
            }
            if fixes.len() >= FIXES {
                break;
            }
        }
        fixes
    }
}

/// What remedies come to: a text, and what is left out of the command line.
struct Edited {
    text: String,
    without_mode: bool,
    without: Vec<String>,
}

/// What fixes were found so far: no two are to come to the same.
#[derive(Default)]
struct Known {
    texts: BTreeSet<String>,
    /// By the lines that are changed.
    stacks: Vec<(Lines, Lock)>,
}

/// The components of which a fix says what becomes of them.
struct Matter {
    all: BTreeSet<ComponentId>,
    /// Those that the conflict comes down to.
    first: BTreeSet<ComponentId>,
}

impl Matter {
    fn of(statements: &[Statement], first: Vec<ComponentId>) -> Self {
        Self { all: components(statements), first: first.into_iter().collect() }
    }
}

/// The components that statements want to be there, or speak of as if they were.
fn components(statements: &[Statement]) -> BTreeSet<ComponentId> {
    let mut all = BTreeSet::new();
    let origin = |origin: &Origin| match origin {
        Origin::Component(id) => Some(id.clone()),
        // whether an option is there is another question
        Origin::Option(..) | Origin::Manifest => None,
    };
    for statement in statements {
        match &statement.claim {
            Claim::Wants(id)
            | Claim::PinsVersion(id, ..)
            | Claim::PinsMode(id, _)
            | Claim::PinsProfile(id, _)
            | Claim::Yanked(id, ..)
            | Claim::NoSource { component: id, .. }
            | Claim::Holds { by: crate::statement::Holder::Component(id), .. } => {
                all.insert(id.clone());
            }
            Claim::Selects(group, name) => {
                all.insert(group.option(name));
            }
            Claim::Implies { by, target, .. } | Claim::Conflicts { by, target, .. } => {
                all.extend(origin(by));
                if let TargetId::Component(id) = target {
                    all.insert(id.clone());
                }
            }
            Claim::DependsOn(by, TargetId::Component(of)) | Claim::UsesImage(by, of) => {
                all.extend([by.clone(), of.clone()]);
            }
            _ => {}
        }
    }
    all
}
