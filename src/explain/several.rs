//! Several conflicts: told one by one where each can be mended by itself.
//!
//! Owns: telling whether they are apart, and the first fix of each, all of them tried together. Refuses: the other fixes.

use hsm_solver::StatementId;

use super::correct::Lines;
use super::fixes::{Tried, of_conflict, ways};
use super::remedy::Remedy;
use super::trial::{Outcome, Trial};
use super::work::Work;
use super::{CONFLICTS, Explanation, Rest};
use crate::solve::Unsolved;

/// The conflicts, each with its own fixes; `None`: there is one, or they hang together.
pub(super) fn several(work: &Work<'_>, found: &[Unsolved]) -> Option<Explanation> {
    if found.len() < 2 {
        return None;
    }
    let own: Vec<Lines> = found.iter().map(|unsolved| work.own_lines(&unsolved.numbers)).collect();
    let bases: Vec<Lines> = (0..found.len())
        .map(|number| {
            let others = own.iter().enumerate().filter(|(other, _)| *other != number);
            others.flat_map(|(_, lines)| lines).copied().collect()
        })
        .collect();
    let lines = corrections(work, found, &bases)?;
    let (firsts, outcome) = first_fixes(work, &lines)?;
    let mut conflicts = Vec::with_capacity(found.len());
    for (number, (unsolved, base)) in found.iter().zip(&bases).take(CONFLICTS).enumerate() {
        let others = firsts.iter().enumerate().filter(|(other, _)| *other != number);
        let beside: Vec<Remedy> = others.flat_map(|(_, remedies)| remedies.clone()).collect();
        let first = Tried::new(lines[number].clone(), firsts[number].clone(), outcome.clone());
        conflicts.push(of_conflict(work, unsolved.clone(), base, Some(first), &beside));
    }
    Some(Explanation { more: found.len() - conflicts.len(), conflicts })
}

/// For each conflict the gentlest correction, if all of them together are enough.
fn corrections(work: &Work<'_>, found: &[Unsolved], bases: &[Lines]) -> Option<Vec<Lines>> {
    let holds =
        |lines: &[Lines]| matches!(work.rest(&lines.iter().flatten().copied().collect()), Rest::Holds);
    let cheapest = found.iter().map(|unsolved| {
        let each = unsolved.numbers.iter().filter_map(|id| Some((work.cost(*id)?, *id)));
        each.min().map(|(_, id)| Lines::from([id]))
    });
    let cheapest: Vec<Lines> = cheapest.collect::<Option<_>>()?;
    // what holds without these holds without all lines of the other conflicts and one of these
    if holds(&cheapest) {
        return Some(cheapest);
    }
    let cost = |id: StatementId| work.cost(id);
    let each = found.iter().zip(bases).map(|(unsolved, base)| work.corrections(unsolved, base, &cost).next());
    let each: Vec<Lines> = each.map(|found| found.map(|(_, lines)| lines)).collect::<Option<_>>()?;
    holds(&each).then_some(each)
}

/// The ways to take lines back, by hand where the way in which the manifest is written forbids an edit.
fn possible(work: &Work<'_>, lines: &Lines) -> Vec<Vec<Remedy>> {
    let each = ways(work, lines).into_iter().map(|remedies| match work.edited(&remedies) {
        Some(_) => remedies,
        None => work.by_hand(&remedies, lines).map_or(remedies, |(by_hand, _)| by_hand),
    });
    each.collect()
}

/// For each conflict the gentlest change that goes with those of the others, and what comes of all of them.
fn first_fixes(work: &Work<'_>, lines: &[Lines]) -> Option<(Vec<Vec<Remedy>>, Outcome)> {
    let trial = Trial::of(work);
    let each: Vec<Vec<Vec<Remedy>>> = lines.iter().map(|lines| possible(work, lines)).collect();
    let gentlest: Vec<Vec<Remedy>> = each.iter().map(|ways| ways.first().cloned()).collect::<Option<_>>()?;
    match trial.outcome(&gentlest.concat()) {
        Outcome::None => {}
        outcome => return Some((gentlest, outcome)),
    }
    let mut chosen: Vec<Vec<Remedy>> = each.iter().map(|ways| ways.last().cloned()).collect::<Option<_>>()?;
    let mut outcome = Some(trial.outcome(&chosen.concat())).filter(|outcome| *outcome != Outcome::None)?;
    for (number, ways) in each.iter().enumerate() {
        for way in ways.iter().take(ways.len().saturating_sub(1)) {
            let mut other = chosen.clone();
            other[number].clone_from(way);
            let comes = trial.outcome(&other.concat());
            if comes != Outcome::None {
                (chosen, outcome) = (other, comes);
                break;
            }
        }
    }
    Some((chosen, outcome))
}
