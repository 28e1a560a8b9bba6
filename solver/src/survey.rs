//! Many questions about one problem: could this hold, each for itself, and could these two hold together?
//!
//! Owns: the order in which questions are put, and what one answer says of the others. Refuses: explaining, and
//! preferences. A conflict is what [`crate::solve`] makes of a question that can't be.
//!
//! As many questions as go beside each other are laid over what follows of the problem by itself, choices are made as
//! they open, and so one selection answers hundreds of them; what is left is asked of the next selection. What can't be
//! answered like this is put to one set of clauses, each question under a literal of its own, so that what was learnt
//! from one helps with the next.

mod cover;
mod examples;

use std::collections::HashMap;

use crate::encode::{Counting, World};
use crate::fuel::{Stop, within};
use crate::problem::{ItemId, Problem, Subject, Then};
use crate::propagate::Propagation;
use crate::reach::Reach;
use crate::run::{allowance, interruptible, size};
use crate::sat::clauses::{Literal, Verdict};
use crate::sat::formula::Formula;
use crate::solution::{Failure, Options, Selection};
use cover::{Cover, Gathered, Wish};
pub use examples::examples;

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
pub fn survey<'q>(
    problem: &Problem,
    questions: &'q [Vec<Then>],
    pairs: &[(u32, u32)],
    options: &Options<'_>,
    accept: &(dyn Fn(&Selection) -> bool + Sync),
) -> Result<Survey, Failure> {
    let fuel = allowance(problem, options);
    // What is asked twice is asked once.
    let mut known: HashMap<&[Then], u32> = HashMap::with_capacity(questions.len());
    let mut different: Vec<&[Then]> = Vec::new();
    let mut number = |question: &'q Vec<Then>| {
        *known.entry(question).or_insert_with(|| {
            different.push(question);
            different.len() as u32 - 1
        })
    };
    let numbers: Vec<u32> = questions.iter().map(&mut number).collect();
    // What there is no question about has no number.
    let of = |one: u32| numbers.get(one as usize).copied().unwrap_or(u32::MAX);
    let paired: Vec<(u32, u32)> = pairs.iter().map(|(one, other)| (of(*one), of(*other))).collect();
    let work = || {
        let put = put(problem, &different, &paired, fuel, accept);
        put.map_err(|stop| match stop {
            Stop::OutOfFuel => Failure::OutOfFuel,
            Stop::Interrupted => Failure::Interrupted,
        })
    };
    let mut found = interruptible(options, Failure::Interrupted, &work)?;
    found.each = numbers.iter().map(|number| found.each[*number as usize]).collect();
    Ok(found)
}

fn put(
    problem: &Problem,
    questions: &[&[Then]],
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
        literals.push(formula.question(question, Some(&known), &mut fuel.clone())?);
    }
    let cover = Cover::new(questions, known, problem.len(), size(problem));
    let mut asking = Asking { problem, questions, formula, literals, cover, fuel, accept };
    let mut known = Known::new(problem, questions, pairs);
    asking.each(&mut known)?;
    asking.pairs(&mut known)?;
    let all =
        |answers: Vec<Option<Answer>>| answers.into_iter().map(|one| one.unwrap_or(Answer::Open)).collect();
    Ok(Survey { each: all(known.each), pairs: all(known.of_pairs) })
}

struct Asking<'a, 'p> {
    problem: &'p Problem,
    questions: &'a [&'a [Then]],
    formula: Formula<'a, 'p>,
    /// By question: it holds if this does.
    literals: Vec<Literal>,
    cover: Cover<'a, 'p>,
    fuel: u64,
    accept: &'a (dyn Fn(&Selection) -> bool + Sync),
}

/// What is known so far.
struct Known {
    /// Of each question by itself.
    each: Vec<Option<Answer>>,
    /// Of each pair.
    of_pairs: Vec<Option<Answer>>,
    pairs: Vec<(u32, u32)>,
    /// By question: the pairs that it is in, as far as they are not settled.
    in_pairs: Vec<Vec<u32>>,
    /// By item, and after them by group: the questions that speak of it, as far as they matter.
    speak: Vec<Vec<u32>>,
    items: usize,
    /// By question: whether the last selection meets it.
    holds: Vec<bool>,
    last: Option<Selection>,
}

impl Known {
    fn new(problem: &Problem, questions: &[&[Then]], pairs: &[(u32, u32)]) -> Self {
        let each: Vec<Option<Answer>> =
            questions.iter().map(|question| asks_for_a_holder(question).then_some(Answer::Open)).collect();
        let mut in_pairs: Vec<Vec<u32>> = vec![Vec::new(); each.len()];
        let mut of_pairs = vec![None; pairs.len()];
        for ((one, other), number) in pairs.iter().zip(0..) {
            let (one, other) = (*one as usize, *other as usize);
            if one.max(other) < each.len() {
                in_pairs[one].push(number);
                in_pairs[other].push(number);
            } else {
                // What there is no question about can't be.
                of_pairs[number as usize] = Some(Answer::Impossible);
            }
        }
        let items = problem.len();
        let mut speak: Vec<Vec<u32>> = vec![Vec::new(); items + problem.groups().len()];
        for (question, number) in questions.iter().zip(0..) {
            for subject in question.iter().flat_map(|then| subjects(problem, then)) {
                let at = match subject {
                    Subject::Item(item) => item.0 as usize,
                    Subject::Group(group) => items + group.0 as usize,
                };
                if let Some(questions) = speak.get_mut(at).filter(|all| all.last() != Some(&number)) {
                    questions.push(number);
                }
            }
        }
        let holds = vec![false; each.len()];
        Self { each, of_pairs, pairs: pairs.to_vec(), in_pairs, speak, items, holds, last: None }
    }

    fn is_paired(&self, number: u32) -> bool {
        self.in_pairs.get(number as usize).is_some_and(|pairs| !pairs.is_empty())
    }

    fn is_open(&self, number: u32) -> bool {
        self.each.get(number as usize).is_some_and(Option::is_none)
    }

    /// What two answers by themselves say of both together.
    fn of_both(&self, one: u32, other: u32) -> Option<Answer> {
        let of = |number: u32| self.each.get(number as usize).copied().flatten().unwrap_or(Answer::Open);
        match (of(one), of(other)) {
            (Answer::Impossible, _) | (_, Answer::Impossible) => Some(Answer::Impossible),
            (Answer::Open, _) | (_, Answer::Open) => Some(Answer::Open),
            (Answer::Possible, Answer::Possible) => None,
        }
    }

    /// The pairs from a number on that are not settled, about so many; and where the next ones start.
    fn open_pairs(&self, from: usize, about: usize) -> (Vec<Wish>, usize) {
        let open = |number: &usize| self.of_pairs.get(*number).is_some_and(Option::is_none);
        let numbers: Vec<usize> = (from..self.pairs.len()).filter(open).take(about).collect();
        let next = numbers.last().map_or(self.pairs.len(), |last| last + 1);
        let wish = |number: usize| {
            let (one, other) = self.pairs[number];
            Wish { questions: [one, other], number: number as u32, refused: 0 }
        };
        (numbers.into_iter().map(wish).collect(), next)
    }

    /// The questions that a selection meets and the one before did not. Only what has changed is looked at.
    fn newly_met(&mut self, problem: &Problem, questions: &[&[Then]], selection: &Selection) -> Vec<u32> {
        let asked: Vec<u32> = match self.last.take() {
            None => (0..questions.len() as u32).collect(),
            Some(last) => {
                let items = last.items.iter().zip(&selection.items).zip(0..);
                let items = items.filter(|((before, now), _)| before != now).map(|(_, item)| item);
                let groups = last.groups.iter().zip(&selection.groups).zip(self.items..);
                let groups = groups.filter(|((before, now), _)| before != now).map(|(_, group)| group);
                let speak = items.chain(groups).filter_map(|at| self.speak.get(at));
                speak.flatten().copied().collect()
            }
        };
        self.last = Some(selection.clone());
        let mut met = Vec::new();
        for number in asked {
            let Some(question) = questions.get(number as usize) else { continue };
            let is_met = question.iter().all(|then| holds(problem, selection, then));
            if is_met && !self.holds[number as usize] {
                met.push(number);
            }
            self.holds[number as usize] = is_met;
        }
        met
    }
}

/// What a demand speaks of.
fn subjects(problem: &Problem, then: &Then) -> Vec<Subject> {
    match then {
        Then::Present(item, _) | Then::AbsentOr(item, _) => vec![Subject::Item(*item)],
        Then::TakesPart(group) => vec![Subject::Group(*group)],
        Then::OneOf(group, members) | Then::AllOf(group, members) => {
            let all = problem.groups().get(group.0 as usize).map_or(&[][..], |group| &group.members);
            let options = members.iter().filter_map(|member| all.get(*member as usize));
            options.map(|item| Subject::Item(*item)).chain([Subject::Group(*group)]).collect()
        }
        Then::AnyOf(alternatives) => alternatives.iter().map(|(item, _)| Subject::Item(*item)).collect(),
        Then::Holds(..) | Then::Never => Vec::new(),
    }
}

/// Fewer than so many questions at once, so many times, are not worth gathering; nor are more than so many pairs at once.
const FEW: usize = 4;
const POOR: usize = 4;
const MANY: usize = 100_000;

impl Asking<'_, '_> {
    /// Answers each question. What a model says of pairs is kept for them.
    fn each(&mut self, known: &mut Known) -> Result<(), Stop> {
        let one = |number: &u32| Wish { questions: [*number, *number], number: *number, refused: 0 };
        let open: Vec<u32> = (0..known.each.len() as u32).filter(|number| known.is_open(*number)).collect();
        let mut wishes: Vec<Wish> = open.iter().map(one).collect();
        let mut poor = 0;
        while !wishes.is_empty() && poor < POOR {
            let (impossible, is_worth_it) = self.gather(&mut wishes, known)?;
            for place in impossible {
                let number = wishes[place].number;
                known.each[number as usize] = Some(Answer::Impossible);
                self.formula.retire(self.literals[number as usize], false);
            }
            poor += usize::from(!is_worth_it);
            wishes.retain(|wish| known.is_open(wish.number) && !wish.is_hard());
        }
        for number in 0..self.questions.len() {
            if known.each[number].is_some() {
                continue;
            }
            let literal = self.literals[number];
            let answer = match self.search(&[literal])? {
                Found::Selection(selection) => {
                    self.take(&selection, known);
                    Answer::Possible
                }
                Found::Nothing => Answer::Impossible,
                Found::Unknown => Answer::Open,
            };
            known.each[number] = Some(answer);
            let stays = answer == Answer::Possible && known.is_paired(number as u32);
            self.formula.retire(literal, stays);
        }
        Ok(())
    }

    fn pairs(&mut self, known: &mut Known) -> Result<(), Stop> {
        for number in 0..known.pairs.len() {
            if known.of_pairs[number].is_none() {
                let (one, other) = known.pairs[number];
                known.of_pairs[number] = known.of_both(one, other);
            }
        }
        let mut next = 0;
        while next < known.pairs.len() {
            let wishes;
            (wishes, next) = known.open_pairs(next, MANY);
            self.gather_pairs(wishes, known)?;
        }
        for number in 0..known.pairs.len() {
            if known.of_pairs[number].is_some() {
                continue;
            }
            let (one, other) = known.pairs[number];
            let both = [self.literals[one as usize], self.literals[other as usize]];
            known.of_pairs[number] = Some(match self.search(&both)? {
                Found::Selection(selection) => {
                    self.take(&selection, known);
                    Answer::Possible
                }
                Found::Nothing => Answer::Impossible,
                Found::Unknown => Answer::Open,
            });
        }
        Ok(())
    }

    fn gather_pairs(&mut self, mut wishes: Vec<Wish>, known: &mut Known) -> Result<(), Stop> {
        let mut poor = 0;
        while !wishes.is_empty() && poor < POOR {
            let (impossible, is_worth_it) = self.gather(&mut wishes, known)?;
            for place in impossible {
                known.of_pairs[wishes[place].number as usize] = Some(Answer::Impossible);
            }
            poor += usize::from(!is_worth_it);
            wishes.retain(|wish| known.of_pairs[wish.number as usize].is_none() && !wish.is_hard());
        }
        Ok(())
    }

    /// A selection for as many wishes as go together. Gives the places of those that can't be, and whether it was worth
    /// it. One that is not accepted is tried with fewer of them; what remains alone is hard.
    fn gather(&mut self, wishes: &mut [Wish], known: &mut Known) -> Result<(Vec<usize>, bool), Stop> {
        let mut most = usize::MAX;
        loop {
            let Gathered { selection, laid, impossible } = self.cover.gather(wishes, most, self.fuel)?;
            let accepted = selection.filter(|selection| (self.accept)(selection));
            if let Some(selection) = &accepted {
                self.take(selection, known);
                self.cover.note(selection);
            }
            if accepted.is_some() || !impossible.is_empty() || laid == 0 {
                return Ok((impossible, laid >= FEW));
            }
            if laid == 1 {
                wishes.iter_mut().find(|wish| !wish.is_hard()).into_iter().for_each(Wish::give_up);
                return Ok((impossible, false));
            }
            most = laid / 2;
        }
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
    fn take(&mut self, selection: &Selection, known: &mut Known) {
        let met = known.newly_met(self.problem, self.questions, selection);
        for number in &met {
            if known.is_open(*number) {
                known.each[*number as usize] = Some(Answer::Possible);
                self.formula.retire(self.literals[*number as usize], known.is_paired(*number));
            }
        }
        // A pair of which both were met before is settled.
        let Known { holds, of_pairs, pairs, in_pairs, .. } = known;
        for number in met {
            in_pairs[number as usize].retain(|pair| {
                let (one, other) = pairs[*pair as usize];
                let answer = &mut of_pairs[*pair as usize];
                if answer.is_none() && holds[one as usize] && holds[other as usize] {
                    *answer = Some(Answer::Possible);
                }
                answer.is_none()
            });
        }
    }
}

/// Whether a selection meets a demand. Who holds a resource it does not say.
fn holds(problem: &Problem, selection: &Selection, then: &Then) -> bool {
    let is_in = |item: ItemId, set: &crate::CandidateSet| {
        selection.candidate(item).is_some_and(|candidate| set.contains(candidate))
    };
    match then {
        Then::Present(item, set) => is_in(*item, set),
        Then::AbsentOr(item, set) => selection.candidate(*item).is_none() || is_in(*item, set),
        Then::TakesPart(group) => selection.options(*group).is_some(),
        Then::OneOf(group, members) | Then::AllOf(group, members) => {
            let Some(options) = selection.options(*group) else { return false };
            let all = problem.groups().get(group.0 as usize).map_or(&[][..], |group| &group.members);
            // The same option may be named twice.
            let is_present = |member: &u32| {
                let item = all.get(*member as usize);
                item.is_some_and(|item| options.iter().any(|option| all.get(*option as usize) == Some(item)))
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

fn asks_for_a_holder(question: &[Then]) -> bool {
    question.iter().any(|then| matches!(then, Then::Holds(..)))
}

enum Found {
    Selection(Selection),
    Nothing,
    Unknown,
}
