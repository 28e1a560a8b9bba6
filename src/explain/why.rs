//! Why and why not: what brings a component in, what keeps one out, and what would have it.
//!
//! Owns: the answer about one component or group of a project that has a stack, or had one when it was locked. Refuses:
//! conflicts of the whole project.

use std::cmp::Reverse;

use hsm_solver::{Engine, ItemId, Selection, StatementId, Then};

use super::correct::Lines;
use super::decide::{Decision, decisions, group_decisions};
use super::effect::{Effect, differences};
use super::recent::is_recent;
use super::remedy::{Remedy, facts, written};
use super::{Conflict, Fix, Work, explain_but};
use crate::compile::{Choice, Compiled, candidates, compile};
use crate::load::Inputs;
use crate::lock::{Lock, LockedComponent};
use crate::manifest::Strategy;
use crate::manifest::edit::{Change, line_of};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::{FileId, Sources};
use crate::registry::Entry;
use crate::solve::{Could, NoStack, Question, Reasons, Subject, ask, chains, solve};
use crate::statement::{Claim, Statement};

/// Why something is there.
#[derive(Debug, Clone)]
pub struct Presence {
    /// How it is.
    pub state: Option<LockedComponent>,
    /// Chains of statements from the manifest to it, the shortest first: one, or all that were asked for.
    pub chains: Vec<Vec<Statement>>,
    /// Whether there are more of them than are given.
    pub more: bool,
    /// What was decided about it, and by what.
    pub decisions: Vec<Decision>,
}

/// Why something is not there.
#[derive(Debug, Clone)]
pub struct Absence {
    /// Whoever would bring it in, if that were there: their statements.
    pub would: Vec<Statement>,
    /// The groups that take part and have other options instead of it.
    pub instead: Vec<(GroupId, Vec<Name>)>,
    /// What would have it, the least change of the stack first; none: nothing that was tried.
    pub nearest: Vec<Fix>,
    /// Why it cannot be there as things are, if it cannot: what would clash if the manifest listed it.
    pub clashes: Vec<Conflict>,
    /// The texts that all of this comes from.
    pub sources: Sources,
    /// Which of them is the manifest.
    pub manifest: FileId,
}

/// How many chains are given when all are asked for.
const CHAINS: usize = 20;

/// How many ways to have something are given.
const NEAREST: usize = 3;

/// How many statements that would bring something in are given.
const WOULD: usize = 8;

/// Why a component or a group is in a stack, or in what is locked of one; `None`: it is not.
pub fn present(
    inputs: &Inputs,
    held: &Lock,
    target: &TargetId,
    all: bool,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Option<Presence> {
    let compiled = compile(inputs);
    let (selection, gone) = selection(inputs, &compiled, held, interrupted);
    let (subject, state) = match target {
        TargetId::Component(id) => (Subject::Component(id.clone()), Some(held.components.get(id)?.clone())),
        TargetId::Group(id) => {
            held.groups.get(id)?;
            (Subject::Group(id.clone()), None)
        }
    };
    let (chains, more) = if all {
        chains(&compiled, &selection, &subject, CHAINS)
    } else {
        let reasons = Reasons::of(&compiled, &selection);
        let chain = match target {
            TargetId::Component(id) => reasons.chain(id),
            TargetId::Group(id) => reasons.chain_of_group(id),
        };
        (chain.map(|chain| chain.into_iter().cloned().collect()).into_iter().collect(), false)
    };
    let work = Work::new(inputs, &compiled, interrupted, &|_| false, gone);
    let decisions = match target {
        TargetId::Component(id) => decisions(&work, &selection, id),
        TargetId::Group(id) => group_decisions(&work, &selection, id),
    };
    Some(Presence { state, chains, more, decisions })
}

/// Why a component is not in a stack, and what would have it there. The inputs must have its entry, if there is one.
pub fn absent(
    inputs: &Inputs,
    held: &Lock,
    id: &ComponentId,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Absence {
    let compiled = compile(inputs);
    let work = Work::new(inputs, &compiled, interrupted, &|_| false, Lines::new());
    let mut ways: Vec<Change> = Vec::new();
    let mut included: Vec<Vec<Change>> = Vec::new();
    let mut instead = Vec::new();
    let mut would: Vec<Statement> = Vec::new();
    for group in &compiled.groups {
        let Some(entry) = inputs.group(group) else { continue };
        let option = entry.options.iter().map(|o| &o.name.value).find(|name| group.option(name) == *id);
        let (Some(option), Some(chosen), Some(facts)) =
            (option, held.groups.get(group), facts(inputs, group))
        else {
            continue;
        };
        instead.push((group.clone(), chosen.clone()));
        let options = vec![option.clone()];
        let take = if entry.strategy.value == Strategy::One { Change::Select } else { Change::AddOptions };
        let is_option = |name: &Name| group.option(name) == *id;
        let line = line_of(&inputs.manifest, group);
        if line.is_some_and(|line| line.exclude.iter().any(|name| is_option(&name.value))) {
            let include = Change::Include(facts.clone(), options.clone());
            included.push(vec![include, take(facts.clone(), options.clone())]);
        }
        ways.push(take(facts, options));
    }
    for statement in &compiled.statements {
        let brings = match &statement.claim {
            Claim::Implies { target, .. } | Claim::Requires { target, .. } | Claim::DependsOn(_, target) => {
                *target == TargetId::Component(id.clone())
            }
            Claim::UsesImage(_, of) => of == id,
            _ => false,
        };
        if brings && would.len() < WOULD && !would.contains(statement) {
            would.push(statement.clone());
        }
    }
    let add = Change::Add(id.clone(), written(inputs, id));
    let mut absence = Absence {
        would,
        instead,
        nearest: Vec::new(),
        clashes: Vec::new(),
        sources: inputs.sources.clone(),
        manifest: inputs.manifest.file,
    };
    let has_it = |changes: &[Change]| -> Option<Fix> {
        let mut remedies: Vec<Remedy> = changes.iter().cloned().map(Remedy::Change).collect();
        if work.edited(&remedies).is_none() {
            remedies = work.by_hand(&remedies, &Lines::new())?.0;
        }
        let after = Lock::of(&work.solved(&remedies)?.stack);
        let effects: Vec<Effect> = differences(&held.components, &after.components);
        after.components.contains_key(id).then_some(Fix { remedies, effects })
    };
    ways.push(add.clone());
    absence.nearest.extend(ways.into_iter().filter_map(|change| has_it(&[change])));
    if absence.nearest.is_empty()
        && let Some(listed) = listed(&work, &add)
    {
        let compiled = compile(&listed);
        if let Err(NoStack::Unsolved(unsolved)) = solve(&listed, &compiled, interrupted) {
            // whoever asks for it does not want to hear that it could be left out
            let stays = |claim: &Claim| *claim == Claim::Wants(id.clone());
            absence.clashes = explain_but(&listed, &compiled, unsolved, interrupted, &stays).conflicts;
            absence.clashes.iter_mut().for_each(|conflict| conflict.recent.clear());
            absence.manifest = listed.manifest.file;
            absence.sources = listed.sources;
        }
        absence.nearest.extend(included.into_iter().filter_map(|changes| has_it(&changes)));
        for fix in absence.clashes.iter().flat_map(|conflict| &conflict.fixes) {
            let Some(changes) = fix.changes() else { continue };
            let changes: Vec<Change> = changes.into_iter().cloned().collect();
            let with_add: Vec<Change> = changes.iter().cloned().chain([add.clone()]).collect();
            absence.nearest.extend(has_it(&changes).or_else(|| has_it(&with_add)));
        }
    }
    let by_hand = |fix: &Fix| fix.remedies.iter().any(Remedy::is_by_hand);
    absence.nearest.sort_by_key(|fix| (fix.remedies.len(), by_hand(fix), fix.effects.len()));
    // what comes to the same in the same manner is no other way
    let mut seen: Vec<(bool, Vec<Effect>)> = Vec::new();
    absence.nearest.retain(|fix| {
        let one = (by_hand(fix), fix.effects.clone());
        let is_new = !seen.contains(&one);
        seen.push(one);
        is_new
    });
    absence.nearest.truncate(NEAREST);
    absence
}

/// The project as if the manifest listed a component.
fn listed(work: &Work<'_>, add: &Change) -> Option<Inputs> {
    let edited = work.edited(&[Remedy::Change(add.clone())])?;
    work.inputs.with_manifest(&edited.text)
}

/// How often statements that do not hold in what is locked are taken back.
const ROUNDS: usize = 8;

/// What is locked as a selection of what was compiled, and the statements that were taken back for it. What stands for no component is what the solve makes of it; where
/// the manifest has changed since, without the statements that do not hold in what is locked.
pub(super) fn selection(
    inputs: &Inputs,
    compiled: &Compiled,
    held: &Lock,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> (Selection, Lines) {
    let known = locked(inputs, compiled, held);
    let also = known.items.iter().zip(0..).take(compiled.components.len()).map(|(candidate, number)| {
        let item = ItemId(number);
        match candidate {
            Some(candidate) => Then::Present(item, [*candidate].into_iter().collect()),
            None => Then::AbsentOr(item, std::iter::empty().collect()),
        }
    });
    let mut question = Question { also: also.collect(), ..Question::default() };
    let could = Could::default();
    for _ in 0..ROUNDS {
        match ask(inputs, compiled, &could, &question, interrupted) {
            Ok(selection) => return (Selection { groups: known.groups, ..selection }, question.without),
            Err(NoStack::Unsolved(unsolved)) => {
                // the lines that what is locked breaks, if there are any
                let is_broken = |id: &&StatementId| {
                    compiled.statement(**id).is_some_and(|statement| is_recent(held, statement))
                };
                let broken: Vec<StatementId> = unsolved.numbers.iter().filter(is_broken).copied().collect();
                question.without.extend(if broken.is_empty() { unsolved.numbers } else { broken });
            }
            Err(_) => break,
        }
    }
    (known, question.without)
}

/// The candidates and options that a lock speaks of.
fn locked(inputs: &Inputs, compiled: &Compiled, held: &Lock) -> Selection {
    let items = compiled.components.iter().map(|component| {
        let locked = held.components.get(&component.id)?;
        let entry: &Entry = inputs.component(&component.id)?;
        let fits = |choice: &Choice| {
            let release = candidates::version(entry, choice) == locked.release.as_ref();
            let profile = candidates::profile_name(entry, choice) == locked.profile.as_ref();
            let mode = choice.mode == locked.mode;
            (release && mode && profile, release && mode, release)
        };
        let each = component.choices.iter().zip(0..);
        let best = each.max_by_key(|(choice, candidate)| (fits(choice), Reverse(*candidate)));
        best.map(|(_, candidate)| candidate)
    });
    let mut items: Vec<Option<u32>> = items.collect();
    items.resize(compiled.problem.len(), None);
    let groups = compiled.groups.iter().map(|group| {
        let chosen = held.groups.get(group)?;
        let entry = inputs.group(group)?;
        let is_chosen = |name: &Name| chosen.iter().any(|other| group.option(other) == group.option(name));
        let members = entry.options.iter().zip(0..).filter(|(option, _)| is_chosen(&option.name.value));
        Some(members.map(|(_, member)| member).collect())
    });
    let mut groups: Vec<Option<Vec<u32>>> = groups.collect();
    groups.resize(compiled.problem.groups().len(), None);
    Selection { items, groups, optimal: true, engine: Engine::PubGrub }
}
