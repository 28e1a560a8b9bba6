//! Small selections, one for each question.
//!
//! Owns: what a question brings in by itself, with the first choice wherever there is one. Refuses: taking back a choice,
//! and saying that there is no selection: what has none here may have one all the same.

use super::cover::Cover;
use crate::fuel::{Stop, within};
use crate::problem::{Problem, Then};
use crate::propagate::Propagation;
use crate::reach::Reach;
use crate::run::{allowance, interruptible, size};
use crate::solution::{Failure, Options, Selection};

/// For each question (all of its demands together) a selection that meets it, and holds little else: what the question
/// brings in, and of each choice the first that goes. `None`: none was found like this.
///
/// [`Options::fuel`] bounds each question by itself; [`Options::engine`] and [`Options::counted`] have no influence.
///
/// # Errors
/// When the caller asks to stop.
pub fn examples(
    problem: &Problem,
    questions: &[Vec<Then>],
    options: &Options<'_>,
) -> Result<Vec<Option<Selection>>, Failure> {
    let fuel = allowance(problem, options);
    let work = || all(problem, questions, fuel).map_err(|_| Failure::Interrupted);
    interruptible(options, Failure::Interrupted, &work)
}

fn all(problem: &Problem, questions: &[Vec<Then>], fuel: u64) -> Result<Vec<Option<Selection>>, Stop> {
    let reach = Reach::all(problem);
    let mut known = Propagation::new(problem, &reach, |_| true);
    match within(&mut fuel.clone(), || known.run()) {
        Ok(Ok(())) => {}
        Ok(Err(_)) | Err(Stop::OutOfFuel) => return Ok(vec![None; questions.len()]),
        Err(Stop::Interrupted) => return Err(Stop::Interrupted),
    }
    let asked: Vec<&[Then]> = questions.iter().map(Vec::as_slice).collect();
    let mut cover = Cover::new(&asked, known, problem.len(), size(problem));
    (0..questions.len() as u32).map(|number| cover.alone(number, fuel)).collect()
}
