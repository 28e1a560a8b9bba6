//! Tools: what a package manager says cannot hold together, in the project's own statements.
//!
//! Owns: finding who brought each requirement that it blames, and another selection without them. Refuses: reading what
//! a tool prints and asking it (its adapter does).

use std::collections::BTreeSet;

use hsm_solver::{ItemId, StatementId, Then};

use super::correct::Lines;
use super::remedy::{Remedy, facts};
use super::why::selection;
use super::{Fix, Work, effect};
use crate::adapters::Trial;
use crate::compile::{Compiled, compile, distribution};
use crate::load::Inputs;
use crate::lock::Lock;
use crate::manifest::Strategy;
use crate::manifest::edit::Change;
use crate::names::{ComponentId, GroupId, Name};
use crate::place::At;
use crate::registry::Entry;
use crate::requirement::Requirement;
use crate::solve::{Question, Reasons};
use crate::stack::Stack;
use crate::statement::{Claim, Statement};

/// What a tool's failure comes down to in the project.
#[derive(Debug, Clone, Default)]
pub struct Blame {
    /// For each requirement that it blames: how it came in, from the manifest to the line itself.
    pub chains: Vec<Vec<Statement>>,
    /// Other options of groups, with which there is a stack without the components that brought them.
    pub instead: Vec<Instead>,
    /// How many other selections the tool finds no solution for either.
    pub rejected: usize,
}

/// Another selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instead {
    /// How to have it, and what it does.
    pub fix: Fix,
    /// Why the tool could not be asked about it; `None`: it was, and finds a solution.
    pub unasked: Option<String>,
}

/// Asks the tool about another selection.
pub type TryOut<'a> = dyn Fn(&Fix, &Stack) -> Trial + 'a;

/// How many requirements are traced.
const TRACED: usize = 6;

/// How many other selections are offered.
const OFFERED: usize = 3;

/// How many are tried.
const TRIED: usize = 5;

/// Who brought the requirements on distributions that a tool blames, and what could be chosen instead.
pub fn blame(
    inputs: &Inputs,
    stack: &Stack,
    blamed: &[String],
    try_out: &TryOut<'_>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Blame {
    let blamed: BTreeSet<&str> = blamed.iter().map(String::as_str).collect();
    let compiled = compile(inputs);
    let held = Lock::of(stack);
    let (chosen, gone) = selection(inputs, &compiled, &held, interrupted);
    let reasons = Reasons::of(&compiled, &chosen);
    let mut found = Blame::default();
    let mut bringers: Vec<(ComponentId, Lines)> = Vec::new();
    let mut lines: Vec<(Option<ComponentId>, Statement)> = Vec::new();
    for (component, number) in compiled.components.iter().zip(0..) {
        let id = &component.id;
        let choice = chosen.candidate(ItemId(number)).and_then(|c| component.choices.get(c as usize));
        let (Some(choice), Some(Entry::Package(entry))) = (choice, inputs.component(id)) else { continue };
        let own = distribution(&Entry::Package(entry.clone()), choice);
        let release = entry.releases.get(choice.release);
        let of_release = release.into_iter().flat_map(|release| &release.dependencies);
        for line in entry.dependencies.iter().chain(of_release) {
            if is_blamed(line, &blamed) {
                let claim = Claim::NeedsDistribution(id.clone(), line.value.clone());
                lines.push((Some(id.clone()), Statement { place: Some(line.place), claim }));
            }
        }
        if let Some((name, place)) = own.filter(|(name, _)| blamed.contains(name.as_str())) {
            let version = stack.packages.get(id).and_then(|package| package.release.clone());
            let line = version.map_or_else(|| name.to_string(), |version| format!("{name}=={version}"));
            let claim = Claim::Installs(id.clone(), line);
            lines.push((Some(id.clone()), Statement { place: Some(place), claim }));
        }
    }
    for line in &inputs.python.lines {
        if blamed.contains(line.requirement.name.as_str()) {
            let claim = Claim::FileRequires(line.list.clone(), line.text.clone());
            lines.push((None, Statement { place: Some(line.place), claim }));
        }
    }
    for (id, line) in lines.into_iter().take(TRACED) {
        let chain = id.as_ref().and_then(|id| reasons.chain(id)).unwrap_or_default();
        let mut chain: Vec<Statement> = chain.into_iter().cloned().collect();
        chain.push(line);
        found.chains.push(chain);
        bringers.extend(id.filter(|id| !bringers.iter().any(|(known, _)| known == id)).map(|id| {
            let selections = selections(inputs, &compiled, found.chains.last().map_or(&[], Vec::as_slice));
            (id, selections)
        }));
    }
    let work = Work::new(inputs, &compiled, interrupted, &|_| false, gone);
    others(&work, &held, &bringers, try_out, &mut found);
    found
}

/// Looks for other selections, and asks the tool about each.
fn others(
    work: &Work<'_>,
    held: &Lock,
    bringers: &[(ComponentId, Lines)],
    try_out: &TryOut<'_>,
    found: &mut Blame,
) {
    let mut tried = 0;
    // what the tool rejects is not asked for again
    let mut also: Vec<Then> = Vec::new();
    for (id, selections) in bringers {
        while found.instead.len() < OFFERED && tried < TRIED {
            let Some((fix, stack)) = without(work, held, id, selections, &also) else { break };
            if found.instead.iter().any(|other| other.fix.remedies == fix.remedies) {
                break;
            }
            tried += 1;
            let trial = try_out(&fix, &stack);
            if (work.interrupted)() {
                return;
            }
            let unasked = match trial {
                Trial::Holds => None,
                Trial::Unasked(why) => Some(why),
                Trial::Fails => {
                    found.rejected += 1;
                    let Some(other) = another(work, &fix, &also) else { break };
                    also.push(other);
                    continue;
                }
            };
            found.instead.push(Instead { fix, unasked });
            break;
        }
    }
}

/// That the group of which a selection takes another option takes none of those that were tried.
fn another(work: &Work<'_>, fix: &Fix, also: &[Then]) -> Option<Then> {
    let Some(Change::Select(facts, options)) = fix.remedies.first().and_then(Remedy::change) else {
        return None;
    };
    let number = work.compiled.groups.iter().position(|group| *group == facts.id)?;
    let number = hsm_solver::GroupId(number as u32);
    let all = options_of(work.inputs, &facts.id);
    let tried = |member: u32| {
        let out =
            |then: &Then| matches!(then, Then::OneOf(of, left) if *of == number && !left.contains(&member));
        also.iter().any(out) || all.get(member as usize).is_some_and(|name| options.contains(name))
    };
    let left: Vec<u32> = (0..all.len() as u32).filter(|member| !tried(*member)).collect();
    (!left.is_empty()).then_some(Then::OneOf(number, left))
}

/// The lines of a chain that select the one option of a group: another selection replaces them.
fn selections(inputs: &Inputs, compiled: &Compiled, chain: &[Statement]) -> Lines {
    let selects = |statement: &Statement| match &statement.claim {
        Claim::Selects(group, _) => {
            inputs.group(group).is_some_and(|entry| entry.strategy.value == Strategy::One)
                && chain.contains(statement)
        }
        _ => false,
    };
    let all = compiled.statements.iter().zip(0..);
    all.filter(|(statement, _)| selects(statement)).map(|(_, number)| StatementId(number)).collect()
}

fn options_of(inputs: &Inputs, group: &GroupId) -> Vec<Name> {
    super::remedy::options(inputs, group).cloned().collect()
}

fn is_blamed(line: &At<String>, blamed: &BTreeSet<&str>) -> bool {
    Requirement::parse(&line.value).is_ok_and(|read| blamed.contains(read.name.as_str()))
}

/// Another option of a 1-of-N group, with which a component is not there, and the stack with it.
fn without(
    work: &Work<'_>,
    held: &Lock,
    id: &ComponentId,
    selections: &Lines,
    also: &[Then],
) -> Option<(Fix, Stack)> {
    let number = work.compiled.components.iter().position(|component| component.id == *id)?;
    let out = Then::AbsentOr(ItemId(number as u32), std::iter::empty().collect());
    let also: Vec<Then> = also.iter().cloned().chain([out]).collect();
    let other =
        work.ask(&Question { also, best: true, without: selections.clone(), ..Question::default() }).ok()?;
    let mut remedies = Vec::new();
    for (group, number) in work.compiled.groups.iter().zip(0..) {
        let entry = work.inputs.group(group)?;
        if entry.strategy.value != Strategy::One {
            continue;
        }
        let Some(&[member]) = other.options(hsm_solver::GroupId(number)) else { continue };
        let Some(option) = entry.options.get(member as usize) else { continue };
        let was = held.groups.get(group).and_then(|options| options.first());
        if was.is_some_and(|was| group.option(was) != group.option(&option.name.value)) {
            let facts = facts(work.inputs, group)?;
            remedies.push(Remedy::Change(Change::Select(facts, vec![option.name.value.clone()])));
        }
    }
    // what follows from the first choice need not be chosen too
    let (solved, remedies) = remedies
        .iter()
        .map(|one| vec![one.clone()])
        .chain([remedies.clone()])
        .filter(|some| !some.is_empty())
        .find_map(|some| {
            let solved = work.solved(&some)?;
            let after = Lock::of(&solved.stack);
            (!after.components.contains_key(id)).then_some((solved.stack, some))
        })?;
    let effects = effect::differences(&held.components, &Lock::of(&solved).components);
    Some((Fix { remedies, effects }, solved))
}
