//! Many questions about one world: what could hold at all, and what together.
//!
//! Owns: the questions whose answers rings could spoil, and stacks that show an answer. Refuses: knowing what they are asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use hsm_solver::{Answer, Conflict, Failure, ItemId, Options, Selection, Survey, Then};

use super::{
    ASKED, Could, NoStack, Question, Unsolved, ask, chosen, rings::Rings, stack::assemble, unsolved,
};
use crate::compile::Compiled;
use crate::load::Inputs;
use crate::names::{ComponentId, TargetId};

/// For each question (all of it together) and each pair of questions whether some stack meets it. What takes more than
/// the usual bound of steps stays open.
///
/// # Errors
/// [`NoStack::Interrupted`], and [`NoStack::OutOfFuel`] where the world is too large to be asked at all.
pub fn survey(
    inputs: &Inputs,
    compiled: &Compiled,
    (questions, pairs): (&[Vec<Then>], &[(u32, u32)]),
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Survey, NoStack> {
    let could = Could::default();
    let rings = Rings::new(inputs, compiled, &could);
    let has_none = |selection: &Selection| rings.of(selection, &BTreeSet::new()).is_empty();
    let options = Options { interrupted: Some(interrupted), ..Options::default() };
    let found = hsm_solver::survey(&compiled.problem, questions, pairs, &options, &has_none);
    let mut found = found.map_err(|failure| match failure {
        Failure::Interrupted => NoStack::Interrupted,
        Failure::OutOfFuel | Failure::Conflict(_) => NoStack::OutOfFuel,
    })?;
    // What was found only with a ring may be there without one.
    let again = |demands: Vec<Then>| {
        let question = Question { also: demands, ..Question::default() };
        match ask(inputs, compiled, &could, &question, interrupted) {
            Ok(_) => Ok(Answer::Possible),
            Err(NoStack::Unsolved(_)) => Ok(Answer::Impossible),
            Err(NoStack::Interrupted) => Err(NoStack::Interrupted),
            Err(NoStack::OutOfFuel | NoStack::Invalid(_)) => Ok(Answer::Open),
        }
    };
    for (question, answer) in questions.iter().zip(&mut found.each) {
        if *answer == Answer::Open {
            *answer = again(question.clone())?;
        }
    }
    let demands = |number: u32| questions.get(number as usize).cloned().unwrap_or_default();
    for ((one, other), answer) in pairs.iter().zip(&mut found.pairs) {
        if *answer == Answer::Open {
            *answer = again([demands(*one), demands(*other)].concat())?;
        }
    }
    Ok(found)
}

/// Of each of these questions, which no stack meets, the statements because of which none does. `None`: what takes more
/// than the usual bound of steps stays open.
///
/// # Errors
/// [`NoStack::Interrupted`].
pub fn grounds(
    inputs: &Inputs,
    compiled: &Compiled,
    questions: &[Vec<Then>],
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Option<Unsolved>>, NoStack> {
    let could = Could::default();
    let rings = Rings::new(inputs, compiled, &could);
    let options = Options { interrupted: Some(interrupted), ..Options::default() };
    let found = hsm_solver::grounds(&compiled.problem, ASKED, questions, &options);
    let found = found.map_err(|_| NoStack::Interrupted)?;
    let explained = |(question, conflict): (&Vec<Then>, Option<Conflict>)| {
        if let Some(conflict) = conflict {
            return Ok(Some(unsolved(inputs, compiled, &rings, conflict)));
        }
        // What only rings refute.
        let question = Question { also: question.clone(), ..Question::default() };
        match ask(inputs, compiled, &could, &question, interrupted) {
            Err(NoStack::Unsolved(unsolved)) => Ok(Some(unsolved)),
            Err(NoStack::Interrupted) => Err(NoStack::Interrupted),
            Ok(_) | Err(NoStack::OutOfFuel | NoStack::Invalid(_)) => Ok(None),
        }
    };
    questions.iter().zip(found).map(explained).collect()
}

/// For each question what `make` makes of a selection that meets it and can be carried out, and holds little else; `None`:
/// none was found. Questions that bring in very much may share one.
///
/// # Errors
/// [`NoStack::Interrupted`].
pub fn examples<T: Send + Sync>(
    inputs: &Inputs,
    compiled: &Compiled,
    questions: &[Vec<Then>],
    interrupted: &(dyn Fn() -> bool + Sync),
    make: impl Fn(&Selection) -> T + Sync,
) -> Result<Vec<Option<Arc<T>>>, NoStack> {
    let could = Could::default();
    let rings = Rings::new(inputs, compiled, &could);
    let with_variables = with_variables(inputs, compiled);
    let is_stack = |selection: &Selection| {
        let has_variables = with_variables.iter().any(|item| selection.candidate(*item).is_some());
        rings.of(selection, &BTreeSet::new()).is_empty()
            && (!has_variables || assemble(inputs, compiled, selection, &chosen(compiled, selection)).is_ok())
    };
    let options = Options { interrupted: Some(interrupted), ..Options::default() };
    let of = |selection: &Selection| is_stack(selection).then(|| make(selection));
    let mut found =
        hsm_solver::examples(&compiled.problem, questions, &options, of).map_err(|_| NoStack::Interrupted)?;
    for (question, found) in questions.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        let selection = searched(inputs, compiled, &could, question, interrupted)?;
        *found = selection.as_ref().and_then(of).map(Arc::new);
    }
    Ok(found)
}

/// The components that name variables of hsm's own, such as params: only of these it has to be seen whether all are set.
fn with_variables(inputs: &Inputs, compiled: &Compiled) -> Vec<ItemId> {
    let names_any = |id: &ComponentId| {
        let files = inputs.files.get(&TargetId::Component(id.clone())).into_iter().flatten();
        let mut sources = files.filter_map(|file| inputs.sources.get(*file));
        sources.any(|source| source.text.contains("${HSM_"))
    };
    let components = compiled.components.iter().zip((0..).map(ItemId));
    components.filter(|(component, _)| names_any(&component.id)).map(|(_, item)| item).collect()
}

/// The best selection that meets a question.
fn searched(
    inputs: &Inputs,
    compiled: &Compiled,
    could: &Could,
    question: &[Then],
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Selection>, NoStack> {
    let question = Question { also: question.to_vec(), best: true, ..Question::default() };
    match ask(inputs, compiled, could, &question, interrupted) {
        Ok(selection) => Ok(Some(selection)),
        Err(NoStack::Interrupted) => Err(NoStack::Interrupted),
        Err(NoStack::Unsolved(_) | NoStack::OutOfFuel | NoStack::Invalid(_)) => Ok(None),
    }
}
