//! A problem without some of its statements, or without its preferences: for asking what would be if somebody took them
//! back.
//!
//! Owns: what is left when a statement goes. Refuses: deciding which.

use crate::problem::{CandidateSet, Count, ItemId, Problem, StatementId, Then};

impl Problem {
    /// What is left without some statements: their rules are gone, and their groups may have any number of options. All
    /// items, groups and resources keep their numbers, and the preferences stay.
    pub fn without(&self, is_left_out: impl Fn(StatementId) -> bool) -> Self {
        self.kept(is_left_out, true)
    }

    /// The same world without any preference: whoever only asks whether there is a solution asks for less.
    pub fn indifferent(&self) -> Self {
        self.kept(|_| false, false)
    }

    /// The same world, but of what these statements demand only that it is there is left: any candidate, any option.
    pub fn loosened(&self, is_loosened: impl Fn(StatementId) -> bool) -> Self {
        let mut loose = self.clone();
        for rule in loose.rules.iter_mut().filter(|rule| is_loosened(rule.statement)) {
            let all = |item: &ItemId| CandidateSet::all(self.candidates(*item));
            let then = match &rule.then {
                Then::Present(item, _) => Then::Present(*item, all(item)),
                Then::AbsentOr(item, _) => Then::AbsentOr(*item, all(item)),
                Then::OneOf(group, _) | Then::AllOf(group, _) => Then::TakesPart(*group),
                other => other.clone(),
            };
            rule.then = then;
        }
        loose
    }

    /// Both at once: without some statements, and with the preferences or without them.
    pub fn kept(&self, is_left_out: impl Fn(StatementId) -> bool, with_preferences: bool) -> Self {
        let mut left = Self::new();
        for candidates in &self.items {
            left.item(*candidates);
        }
        for group in &self.groups {
            let any = Count::Between { min: 0, max: group.members.len() as u32 };
            let count = if is_left_out(group.statement) { any } else { group.count };
            left.group(group.statement, count, group.members.clone());
        }
        for _ in 0..self.resources {
            left.resource();
        }
        for rule in self.rules.iter().filter(|rule| !is_left_out(rule.statement)) {
            left.rule(rule.statement, rule.when.clone(), rule.then.clone());
        }
        if with_preferences {
            for preference in &self.preferences {
                left.prefer(preference.clone());
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use crate::{CandidateSet, Count, Failure, Options, Preference, Problem, StatementId, Then, When, solve};

    /// One of two stores, both wanted.
    fn crowded() -> Problem {
        let mut problem = Problem::new();
        let (one, other) = (problem.item(1), problem.item(2));
        let group = problem.group(StatementId(0), Count::One, vec![one, other]);
        problem.rule(StatementId(1), When::Always, Then::TakesPart(group));
        problem.rule(StatementId(2), When::Always, Then::Present(one, CandidateSet::all(1)));
        problem.rule(StatementId(3), When::Always, Then::Present(other, CandidateSet::all(2)));
        problem.prefer(Preference::Rank(other, vec![1, 0]));
        problem
    }

    #[test]
    fn without_any_statement_of_a_conflict_there_is_a_solution() {
        let problem = crowded();
        let Err(Failure::Conflict(conflict)) = solve(&problem, &Options::default()) else { panic!("solved") };
        for one in &conflict.core {
            assert!(solve(&problem.without(|other| other == *one), &Options::default()).is_ok(), "{one:?}");
        }
    }

    #[test]
    fn a_loosened_demand_still_wants_something_there() {
        let mut problem = Problem::new();
        let item = problem.item(2);
        let first = || [0].into_iter().collect::<CandidateSet>();
        problem.rule(StatementId(1), When::Always, Then::Present(item, first()));
        problem.rule(StatementId(2), When::Always, Then::AbsentOr(item, [1].into_iter().collect()));
        assert!(solve(&problem, &Options::default()).is_err());
        let loose = solve(&problem.loosened(|one| one == StatementId(1)), &Options::default());
        assert_eq!(loose.expect("a solution").items, [Some(1)]);
        // what must not be there is no help
        problem.rule(StatementId(3), When::Always, Then::AbsentOr(item, CandidateSet::default()));
        assert!(solve(&problem.loosened(|one| one == StatementId(1)), &Options::default()).is_err());
        assert!(solve(&problem.without(|one| one == StatementId(1)), &Options::default()).is_ok());
    }

    #[test]
    fn nothing_left_out_is_the_same_problem() {
        assert_eq!(crowded().without(|_| false), crowded());
    }

    #[test]
    fn an_indifferent_problem_takes_the_first_that_will_do() {
        let wanted = crowded().without(|one| one == StatementId(2));
        let best = solve(&wanted, &Options::default()).expect("a solution");
        assert_eq!(best.items, [None, Some(1)]);
        let any = solve(&wanted.indifferent(), &Options::default()).expect("a solution");
        assert_eq!(any.items, [None, Some(0)]);
    }
}
