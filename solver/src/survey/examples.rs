//! Small selections, one for each question.
//!
//! Owns: what a question brings in by itself, with the first choice wherever there is one. Refuses: taking back a choice,
//! and saying that there is no selection: what has none here may have one all the same.

use std::sync::Arc;

use super::cover::Cover;
use super::holds;
use crate::fuel::{Stop, within};
use crate::problem::{Problem, Then};
use crate::propagate::Propagation;
use crate::reach::Reach;
use crate::run::{allowance, interruptible, size};
use crate::shares::shared_out;
use crate::solution::{Failure, Options, Selection};

/// A selection of more items than these is no small one, whatever is done: another question that it meets has it for its
/// example, too.
const SMALL: usize = 100;

/// What `make` makes of a selection for each question (all of its demands together). The selection meets the question and
/// holds little else: what the question brings in, and of each choice the first that goes. Questions that bring in more
/// than can be seen at a glance share one where that goes. `None`: no selection was found, or `make` refused it.
///
/// [`Options::fuel`] bounds each question by itself; [`Options::engine`] and [`Options::counted`] have no influence.
///
/// # Errors
/// When the caller asks to stop.
pub fn examples<T: Send + Sync>(
    problem: &Problem,
    questions: &[Vec<Then>],
    options: &Options<'_>,
    make: impl Fn(&Selection) -> Option<T> + Sync,
) -> Result<Vec<Option<Arc<T>>>, Failure> {
    let fuel = allowance(problem, options);
    let work = || {
        let reach = Reach::all(problem);
        let found =
            shared_out(questions.len(), |numbers| share(problem, &reach, questions, numbers, fuel, &make));
        found.map_err(|_| Failure::Interrupted)
    };
    interruptible(options, Failure::Interrupted, &work)
}

/// What a large selection brings in is worked out once. A question that brings in more than these without any choice is
/// laid over it.
const MUCH: usize = SMALL / 4;

fn share<T>(
    problem: &Problem,
    reach: &Reach,
    questions: &[Vec<Then>],
    numbers: &mut dyn Iterator<Item = usize>,
    fuel: u64,
    make: impl Fn(&Selection) -> Option<T>,
) -> Result<Vec<Option<Arc<T>>>, Stop> {
    let asked: Vec<&[Then]> = questions.iter().map(Vec::as_slice).collect();
    let cover = || -> Result<Option<Cover<'_, '_>>, Stop> {
        let mut known = Propagation::new(problem, reach, |_| true);
        match within(&mut fuel.clone(), || known.run()) {
            Ok(Ok(())) => Ok(Some(Cover::new(&asked, known, problem.len(), size(problem)))),
            Ok(Err(_)) | Err(Stop::OutOfFuel) => Ok(None),
            Err(Stop::Interrupted) => Err(Stop::Interrupted),
        }
    };
    let Some(mut bare) = cover()? else { return Ok(numbers.map(|_| None).collect()) };
    let mut over_large: Option<Cover<'_, '_>> = None;
    let mut large: Vec<(Selection, Arc<T>)> = Vec::new();
    let mut found = Vec::new();
    for number in numbers {
        let question = number as u32;
        let is_met = |(selection, _): &&(Selection, Arc<T>)| {
            questions
                .get(number)
                .is_some_and(|asked| asked.iter().all(|then| holds(problem, selection, then)))
        };
        if let Some((_, shared)) = large.iter().rev().find(is_met) {
            found.push(Some(shared.clone()));
            continue;
        }
        let over = match &mut over_large {
            Some(over) if bare.brought_in(question, fuel)? > MUCH => over.alone(question, fuel)?,
            Some(_) | None => None,
        };
        let is_over = over.is_some();
        let selection = if is_over { over } else { bare.alone(question, fuel)? };
        let example = selection.as_ref().and_then(&make).map(Arc::new);
        if let (Some(selection), Some(example)) = (selection, &example)
            && selection.items.iter().flatten().count() > SMALL
        {
            if over_large.is_none() {
                over_large = cover()?;
                if let Some(over) = &mut over_large
                    && !over.keep(question, fuel)?
                {
                    over_large = None;
                }
            }
            large.push((selection, example.clone()));
        }
        found.push(example);
    }
    Ok(found)
}
