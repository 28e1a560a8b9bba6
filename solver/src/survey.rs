//! Many questions about one problem: could this hold, each for itself, and could these two hold together?
//!
//! Owns: the order in which questions are put, and what one answer says of the others. Refuses: explaining, and
//! preferences. A conflict is what [`crate::solve`] makes of a question that can't be.
//!
//! All questions are put to one set of clauses, each under a literal of its own, so that what was learnt from one helps
//! with the next. These literals are tried true first: one set of values then answers as many questions as fit beside
//! each other, and most are never asked by themselves.

use crate::encode::{Counting, World};
use crate::fuel::{Stop, within};
use crate::problem::{ItemId, Problem, Then};
use crate::propagate::Propagation;
use crate::reach::Reach;
use crate::run::{allowance, interruptible};
use crate::sat::clauses::{Literal, Verdict};
use crate::sat::formula::Formula;
use crate::solution::{Failure, Options, Selection};

/// What is known of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Some selection keeps every rule, meets it, and is accepted.
    Possible,
    /// No selection does.
    Impossible,
    /// The selection that was found for it was not accepted, or the bound of work was used up.
    Open,
}

/// The answers, in the order of the questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Of each question by itself.
    pub each: Vec<Answer>,
    /// Of each pair. A pair of which one is not possible by itself is not possible, or open if that one is.
    pub pairs: Vec<Answer>,
}

/// Asks of each question (all of its demands together) whether it can hold, and of each pair of questions, by their
/// numbers, whether both can hold together. Anything may be demanded: nothing has to have a reason in the problem.
///
/// `accept` has the last word on a selection: one that it refuses answers nothing. It may be refused although a part of
/// it would do; that leaves the question that it was found for [`Answer::Open`]. Such a selection may hold what nothing
/// asks for. [`Options::fuel`] bounds each search by itself, and [`Options::engine`] and [`Options::counted`] have no
/// influence. A question about who holds a resource stays [`Answer::Open`].
///
/// # Errors
/// When the caller asks to stop.
pub fn survey(
    problem: &Problem,
    questions: &[Vec<Then>],
    pairs: &[(u32, u32)],
    options: &Options<'_>,
    accept: &(dyn Fn(&Selection) -> bool + Sync),
) -> Result<Survey, Failure> {
    let fuel = allowance(problem, options);
    let work = || {
        let put = put(problem, questions, pairs, fuel, accept);
        put.map_err(|stop| match stop {
            Stop::OutOfFuel => Failure::OutOfFuel,
            Stop::Interrupted => Failure::Interrupted,
        })
    };
    interruptible(options, Failure::Interrupted, &work)
}

fn put(
    problem: &Problem,
    questions: &[Vec<Then>],
    pairs: &[(u32, u32)],
    fuel: u64,
    accept: &(dyn Fn(&Selection) -> bool + Sync),
) -> Result<Survey, Stop> {
    let reach = Reach::all(problem);
    let world = World::new(problem, &reach, Counting::UpTo(0), |_| true);
    let mut known = Propagation::new(problem, &reach, |_| true);
    if within(&mut fuel.clone(), || known.run())?.is_err() {
        let none = |count| vec![Answer::Impossible; count];
        return Ok(Survey { each: none(questions.len()), pairs: none(pairs.len()) });
    }
    let mut formula = Formula::of_rest(&world, &known, &mut fuel.clone())?;
    let mut literals = Vec::with_capacity(questions.len());
    for question in questions {
        literals.push(formula.question(question, &known, &mut fuel.clone())?);
    }
    let mut is_paired = vec![false; questions.len()];
    for number in pairs.iter().flat_map(|(one, other)| [one, other]) {
        if let Some(is_paired) = is_paired.get_mut(*number as usize) {
            *is_paired = true;
        }
    }
    let mut asking = Asking { problem, questions, formula, literals, fuel, accept };
    let each = asking.each(&is_paired, pairs)?;
    let (each, pairs) = asking.pairs(pairs, each)?;
    Ok(Survey { each, pairs })
}

struct Asking<'a, 'p> {
    problem: &'p Problem,
    questions: &'a [Vec<Then>],
    formula: Formula<'a, 'p>,
    /// By question: it holds if this does.
    literals: Vec<Literal>,
    fuel: u64,
    accept: &'a (dyn Fn(&Selection) -> bool + Sync),
}

/// What is known so far: of each question by itself, and of each pair.
#[derive(Default)]
struct Known {
    each: Vec<Option<Answer>>,
    /// The pairs that are not settled.
    open: Vec<u32>,
}

impl Asking<'_, '_> {
    /// Answers each question. What a model says of pairs is kept for them.
    fn each(&mut self, is_paired: &[bool], pairs: &[(u32, u32)]) -> Result<Known, Stop> {
        let mut known = Known {
            each: self
                .questions
                .iter()
                .map(|question| asks_for_a_holder(question).then_some(Answer::Open))
                .collect(),
            open: (0..pairs.len() as u32).collect(),
        };
        for number in 0..self.questions.len() {
            if known.each[number].is_some() {
                continue;
            }
            let literal = self.literals[number];
            known.each[number] = Some(match self.search(&[literal])? {
                Found::Selection(selection) => {
                    self.take(&selection, is_paired, pairs, &mut known);
                    Answer::Possible
                }
                Found::Nothing => Answer::Impossible,
                Found::Unknown => Answer::Open,
            });
            self.formula.retire(literal, is_paired[number] && known.each[number] == Some(Answer::Possible));
        }
        Ok(known)
    }

    fn pairs(&mut self, pairs: &[(u32, u32)], mut known: Known) -> Result<(Vec<Answer>, Vec<Answer>), Stop> {
        let mut answers = vec![Answer::Possible; pairs.len()];
        let single = |known: &Known, number: u32| {
            known.each.get(number as usize).copied().flatten().unwrap_or(Answer::Impossible)
        };
        while let Some(pair) = known.open.pop() {
            let (one, other) = pairs[pair as usize];
            answers[pair as usize] = match (single(&known, one), single(&known, other)) {
                (Answer::Impossible, _) | (_, Answer::Impossible) => Answer::Impossible,
                (Answer::Open, _) | (_, Answer::Open) => Answer::Open,
                (Answer::Possible, Answer::Possible) => {
                    let both = [self.literals[one as usize], self.literals[other as usize]];
                    match self.search(&both)? {
                        Found::Selection(selection) => {
                            self.take(&selection, &[], pairs, &mut known);
                            Answer::Possible
                        }
                        Found::Nothing => Answer::Impossible,
                        Found::Unknown => Answer::Open,
                    }
                }
            };
        }
        let each = known.each.iter().map(|answer| answer.unwrap_or(Answer::Open)).collect();
        Ok((each, answers))
    }

    fn search(&mut self, assumed: &[Literal]) -> Result<Found, Stop> {
        match self.formula.solve(assumed, &mut self.fuel.clone()) {
            Ok(Verdict::Core(_)) => Ok(Found::Nothing),
            Ok(Verdict::Model) => {
                let selection = self.formula.selection();
                Ok(if (self.accept)(&selection) { Found::Selection(selection) } else { Found::Unknown })
            }
            Err(Stop::OutOfFuel) => Ok(Found::Unknown),
            Err(Stop::Interrupted) => Err(Stop::Interrupted),
        }
    }

    /// Notes all that a selection answers.
    fn take(&mut self, selection: &Selection, is_paired: &[bool], pairs: &[(u32, u32)], known: &mut Known) {
        let holds: Vec<bool> = self
            .questions
            .iter()
            .map(|question| question.iter().all(|then| self.holds(selection, then)))
            .collect();
        for (number, answer) in known.each.iter_mut().enumerate() {
            if answer.is_none() && holds[number] {
                *answer = Some(Answer::Possible);
                let stays = is_paired.get(number).copied().unwrap_or(false);
                self.formula.retire(self.literals[number], stays);
            }
        }
        let does_hold = |number: u32| holds.get(number as usize).copied().unwrap_or(false);
        known.open.retain(|pair| {
            let (one, other) = pairs[*pair as usize];
            !(does_hold(one) && does_hold(other))
        });
    }

    /// Whether a selection meets a demand. Who holds a resource it does not say.
    fn holds(&self, selection: &Selection, then: &Then) -> bool {
        let is_in = |item: ItemId, set: &crate::CandidateSet| {
            selection.candidate(item).is_some_and(|candidate| set.contains(candidate))
        };
        match then {
            Then::Present(item, set) => is_in(*item, set),
            Then::AbsentOr(item, set) => selection.candidate(*item).is_none() || is_in(*item, set),
            Then::TakesPart(group) => selection.options(*group).is_some(),
            Then::OneOf(group, members) | Then::AllOf(group, members) => {
                let Some(options) = selection.options(*group) else { return false };
                let all = self.problem.groups().get(group.0 as usize).map_or(&[][..], |group| &group.members);
                // The same option may be named twice.
                let is_present = |member: &u32| {
                    let item = all.get(*member as usize);
                    item.is_some_and(|item| {
                        options.iter().any(|option| all.get(*option as usize) == Some(item))
                    })
                };
                if matches!(then, Then::AllOf(..)) {
                    members.iter().all(is_present)
                } else {
                    members.iter().any(is_present)
                }
            }
            Then::AnyOf(alternatives) => alternatives.iter().any(|(item, set)| is_in(*item, set)),
            Then::Holds(..) | Then::Never => false,
        }
    }
}

fn asks_for_a_holder(question: &[Then]) -> bool {
    question.iter().any(|then| matches!(then, Then::Holds(..)))
}

enum Found {
    Selection(Selection),
    Nothing,
    Unknown,
}
