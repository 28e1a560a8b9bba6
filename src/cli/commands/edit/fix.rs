//! `resolve --explain --fix N`: makes fixes of a conflict, by their numbers.

use super::{Making, run};
use crate::cli::Exit;
use crate::cli::args::{Choice, Then};
use crate::cli::commands::{Context, Fail};
use crate::explain::{Explanation, Fix, Remedy, joined};
use crate::manifest::edit::Change;
use crate::place::Sources;
use crate::road::{Stop, explain};

/// Makes them, as if their commands were typed one after the other.
pub(in crate::cli::commands) fn fix(context: &Context<'_>, numbers: &[usize]) -> Result<Exit, Fail> {
    let root = context.root()?;
    let (explanation, sources) = match context.road(&root).resolve(&context.wish(&Choice::default())?) {
        Ok(_) => return Err(Fail::usage("there is no conflict, so there is nothing to fix")),
        Err(Stop::Unsolved { inputs, compiled, unsolved }) => {
            (explain(&inputs, &compiled, &unsolved, context.world), inputs.sources)
        }
        Err(stop) => return Err(stop.into()),
    };
    let fixes: Vec<&Fix> = explanation.fixes().collect();
    let mut remedies: Vec<Remedy> = Vec::new();
    let mut mended: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        let fix = number.checked_sub(1).and_then(|at| fixes.get(at)).ok_or_else(|| {
            Fail::usage(match fixes.len() {
                0 => format!("there is no fix {number}: none was found"),
                all => format!("there is no fix {number}: `hsm resolve --explain` shows {all}"),
            })
        })?;
        if fix.changes().is_none() {
            return Err(Fail::usage(format!(
                "fix {number} has to be made by hand{}",
                by_hand(&sources, fix)
            )));
        }
        let conflict = conflict_of(&explanation, *number);
        if let Some((first, _)) = mended.iter().find(|(_, of)| *of == conflict) {
            return Err(Fail::usage(if first == number {
                format!("fix {number} is named twice")
            } else {
                format!("fixes {first} and {number} are for the same conflict: one of them is enough")
            }));
        }
        mended.push((*number, conflict));
        remedies.extend(fix.remedies.iter().cloned());
    }
    let remedies = joined(remedies);
    let changes: Vec<Change> = remedies.iter().filter_map(Remedy::change).cloned().collect();
    for change in &changes {
        context.voice.step("running", &change.command());
    }
    let then = Then { sync: false, no_wait: false };
    run(context, &Making::typed("hsm resolve --explain --fix", &then), |_| Ok(changes))
}

/// What somebody has to do for a fix, each thing with its place.
fn by_hand(sources: &Sources, fix: &Fix) -> String {
    let each = fix.remedies.iter().map(|remedy| match remedy {
        Remedy::Change(change) => change.command(),
        Remedy::ByHand(by) => {
            format!("in {}, {}: {}", sources.position(by.place), by.refusal.by_hand, by.refusal.obstacle)
        }
        Remedy::Line(statement, _) => match statement.place {
            Some(place) => format!("in {}, {remedy}", sources.position(place)),
            None => remedy.to_string(),
        },
        Remedy::LeaveOut(_) => remedy.to_string(),
    });
    std::iter::once(String::new()).chain(each).collect::<Vec<_>>().join("\n  ")
}

/// The conflict that a fix is for, by their numbers.
fn conflict_of(explanation: &Explanation, number: usize) -> usize {
    let mut last = 0;
    let ends = explanation.conflicts.iter().map(|conflict| {
        last += conflict.fixes.len();
        last
    });
    ends.take_while(|end| *end < number).count()
}
