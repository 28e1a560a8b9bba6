//! Controls: the laws of agreement can fail. Each of many defects (a sort of rule forgotten, a preference turned round,
//! an answer touched up) is caught on some of the first random projects.
//!
//! A defect is put into what was compiled, or into the answer, and not into the second opinion; so what is shown is that
//! the generator makes projects in which it matters, and that the laws look at it.

use hsm::compile::Compiled;
use hsm::manifest::Mode;
use hsm::solve::{NoStack, Solved, Unsolved, solve};
use hsm::statement::Claim;
use hsm_solver::problem::{Group, Rule};
use hsm_solver::{CandidateSet, Count, Preference, Problem, Then, When};

use super::agreement::{Seen, verdict};
use super::case::{self, Answer};

/// Every defect is caught on one of so many projects.
const PROJECTS: u64 = 10_000;

/// A defect, with what it is called.
type Defect = (&'static str, Kind);

enum Kind {
    /// Rules that are left out, or changed.
    Rule(fn(&Claim, &Rule) -> Option<Rule>),
    /// Other counts.
    Count(fn(Count) -> Count),
    /// Other preferences.
    Taste(fn(Vec<Preference>) -> Vec<Preference>),
    /// What is known besides the problem.
    Besides(fn(&mut Compiled)),
    /// Another stack than the one that was found.
    Stack(fn(&mut Solved)),
    /// Another end.
    End(fn(Result<Solved, NoStack>) -> Result<Solved, NoStack>),
}

/// Leaves out the rules of such claims.
macro_rules! without {
    ($($claim:pat_param)|+) => {
        Kind::Rule(|claim, rule| (!matches!(claim, $($claim)|+)).then(|| rule.clone()))
    };
}

const DEFECTS: &[Defect] = &[
    ("what the manifest lists is not wanted", without!(Claim::Wants(_))),
    ("the groups of the manifest take no part", without!(Claim::Uses(_))),
    ("selections are forgotten", without!(Claim::Selects(..))),
    ("exclusions are forgotten", without!(Claim::Excludes(..))),
    ("pins of versions are forgotten", without!(Claim::PinsVersion(..))),
    ("pins of modes are forgotten", without!(Claim::PinsMode(..))),
    ("pins of profiles are forgotten", without!(Claim::PinsProfile(..))),
    ("a group line's mode is forgotten", without!(Claim::GroupMode(..))),
    ("a group line's profile is forgotten", without!(Claim::GroupProfile(..))),
    ("--require-mode is forgotten", without!(Claim::RequiresMode(_))),
    ("implications are forgotten", without!(Claim::Implies { .. })),
    ("depends_on is forgotten", without!(Claim::DependsOn(..))),
    ("build requirements are forgotten", without!(Claim::Requires { .. })),
    ("the images that builds use are forgotten", without!(Claim::UsesImage(..))),
    ("conflicts are forgotten", without!(Claim::Conflicts { .. })),
    ("a distribution has two packages", without!(Claim::SameDistribution(..))),
    (
        "ports and names are shared",
        Kind::Rule(|_, rule| (!matches!(rule.then, Then::Holds(..))).then(|| rule.clone())),
    ),
    (
        "a demand lets its target be absent",
        Kind::Rule(|_, rule| {
            let then = match &rule.then {
                Then::Present(item, set) => Then::AbsentOr(*item, set.clone()),
                then => then.clone(),
            };
            Some(Rule { then, ..rule.clone() })
        }),
    ),
    (
        "a demand takes its target as it is",
        Kind::Rule(|_, rule| {
            let then = match &rule.then {
                Then::Present(item, set) if !set.is_empty() => Then::Present(*item, CandidateSet::all(99)),
                then => then.clone(),
            };
            Some(Rule { then, ..rule.clone() })
        }),
    ),
    (
        "one of several demanded options is enough",
        Kind::Rule(|_, rule| {
            let then = match &rule.then {
                Then::AllOf(group, members) => Then::OneOf(*group, members.clone()),
                then => then.clone(),
            };
            Some(Rule { then, ..rule.clone() })
        }),
    ),
    (
        "an option implies whether it is there or not",
        Kind::Rule(|_, rule| {
            let when = match &rule.when {
                When::Option(group, _) => When::TakesPart(*group),
                when => when.clone(),
            };
            Some(Rule { when, ..rule.clone() })
        }),
    ),
    (
        "1-of-N takes several",
        Kind::Count(|count| match count {
            Count::One => Count::Between { min: 1, max: 9 },
            count @ Count::Between { .. } => count,
        }),
    ),
    (
        "min is forgotten",
        Kind::Count(|count| match count {
            Count::Between { max, .. } => Count::Between { min: 0, max },
            Count::One => Count::One,
        }),
    ),
    (
        "max is forgotten",
        Kind::Count(|count| match count {
            Count::Between { min, .. } => Count::Between { min, max: 9 },
            Count::One => Count::One,
        }),
    ),
    ("nothing is preferred", Kind::Taste(|_| Vec::new())),
    ("preferences count in the opposite order", Kind::Taste(|all| all.into_iter().rev().collect())),
    (
        "no default of M-of-N is wanted",
        Kind::Taste(|mut all| {
            all.retain(|one| !matches!(one, Preference::Wanted(..)));
            all
        }),
    ),
    (
        "options fill a group from its end",
        Kind::Taste(|all| {
            let turned = all.into_iter().map(|one| match one {
                Preference::Fill(group, order) => Preference::Fill(group, order.into_iter().rev().collect()),
                one => one,
            });
            turned.collect()
        }),
    ),
    (
        "groups are filled without need",
        Kind::Taste(|mut all| {
            all.retain(|one| !matches!(one, Preference::Fill(..)));
            all
        }),
    ),
    (
        "the worst rank is the best",
        Kind::Taste(|all| {
            let turned = all.into_iter().map(|one| match one {
                Preference::Rank(item, ranks) => {
                    let worst = ranks.iter().copied().max().unwrap_or(0);
                    Preference::Rank(item, ranks.into_iter().map(|rank| worst - rank).collect())
                }
                one => one,
            });
            turned.collect()
        }),
    ),
    ("every external that is named is asked for", Kind::Besides(|compiled| compiled.externals.clear())),
    (
        "a package is left out",
        Kind::Stack(|solved| {
            solved.stack.packages.pop_last();
        }),
    ),
    (
        "a container is left out",
        Kind::Stack(|solved| {
            solved.stack.containers.pop_last();
        }),
    ),
    (
        "a package is in the other mode",
        Kind::Stack(|solved| {
            for package in solved.stack.packages.values_mut() {
                package.mode = if package.mode == Mode::Prod { Mode::Dev } else { Mode::Prod };
            }
        }),
    ),
    (
        "a container has no profile",
        Kind::Stack(|solved| {
            for container in solved.stack.containers.values_mut() {
                container.profile = None;
            }
        }),
    ),
    (
        "a group shows no option",
        Kind::Stack(|solved| {
            for group in solved.stack.groups.values_mut() {
                group.options.clear();
            }
        }),
    ),
    (
        "params are not handed over",
        Kind::Stack(|solved| {
            for container in solved.stack.containers.values_mut() {
                container.params.clear();
            }
        }),
    ),
    (
        "params are joined in another order",
        Kind::Stack(|solved| {
            for container in solved.stack.containers.values_mut() {
                container.params.values_mut().for_each(|values| values.reverse());
            }
        }),
    ),
    (
        "what has a solution has none",
        Kind::End(|end| match end {
            Ok(_) => Err(NoStack::Unsolved(Unsolved {
                statements: Vec::new(),
                numbers: Vec::new(),
                minimal: true,
                broken_entry: false,
                notes: Vec::new(),
            })),
            end => end,
        }),
    ),
    (
        "what has all of its params lacks some",
        Kind::End(|end| end.and_then(|_| Err(NoStack::Invalid(Vec::new())))),
    ),
    ("the search gave up", Kind::End(|end| end.and_then(|_| Err(NoStack::OutOfFuel)))),
];

#[test]
fn every_defect_is_caught() {
    let mut left: Vec<&Defect> = DEFECTS.iter().collect();
    let (mut seen, mut caught) = (0, Vec::new());
    case::each(PROJECTS, 0, 1, |case| {
        seen += 1;
        // A solve against a lock compiles once more, and would mend what was broken.
        if left.is_empty() || case.project.lock.is_some() {
            return;
        }
        let answer = case.answer();
        left.retain(|(name, kind)| {
            let Some(other) = with_defect(&answer, kind) else { return true };
            let is_caught = verdict(case, &other, &mut Seen::default()).is_err();
            if is_caught {
                caught.push((*name, seen));
            }
            !is_caught
        });
    });
    println!("{caught:#?}");
    if std::env::var_os("HSM_SEED").is_none() {
        let left: Vec<&str> = left.iter().map(|(name, _)| *name).collect();
        assert!(left.is_empty(), "not caught: {left:#?}");
    }
}

/// What hsm would answer with the defect; `None` where it makes no difference to what it has at hand.
fn with_defect(answer: &Answer, kind: &Kind) -> Option<Answer> {
    let mut compiled = answer.compiled.clone();
    let mut result = answer.result.clone();
    match kind {
        Kind::Rule(change) => {
            let rules = rules(&compiled, *change);
            compiled.problem =
                rebuilt(&compiled.problem, &rules, |count| count, compiled.problem.preferences());
        }
        Kind::Count(change) => {
            let problem = &compiled.problem;
            compiled.problem = rebuilt(problem, problem.rules(), change, problem.preferences());
        }
        Kind::Taste(change) => {
            let problem = &compiled.problem;
            let preferences = change(problem.preferences().to_vec());
            compiled.problem = rebuilt(problem, problem.rules(), |count| count, &preferences);
        }
        Kind::Besides(change) => change(&mut compiled),
        Kind::Stack(change) => change(result.as_mut().ok()?),
        Kind::End(change) => result = change(result),
    }
    if !matches!(kind, Kind::Stack(_) | Kind::End(_)) {
        if compiled.problem == answer.compiled.problem && compiled.externals == answer.compiled.externals {
            return None;
        }
        result = solve(&answer.inputs, &compiled, &|| false);
    }
    Some(Answer { inputs: answer.inputs.clone(), compiled, result })
}

fn rules(compiled: &Compiled, change: fn(&Claim, &Rule) -> Option<Rule>) -> Vec<Rule> {
    let rules = compiled.problem.rules().iter();
    rules
        .filter_map(|rule| match compiled.statement(rule.statement) {
            Some(statement) => change(&statement.claim, rule),
            None => Some(rule.clone()),
        })
        .collect()
}

/// The same items and resources, with these rules, counts and preferences.
fn rebuilt(
    problem: &Problem,
    rules: &[Rule],
    count: impl Fn(Count) -> Count,
    preferences: &[Preference],
) -> Problem {
    let mut new = Problem::new();
    for item in 0..problem.len() {
        new.item(problem.candidates(hsm_solver::ItemId(item as u32)));
    }
    for Group { statement, count: before, members } in problem.groups() {
        new.group(*statement, count(*before), members.clone());
    }
    for _ in 0..problem.resources() {
        new.resource();
    }
    for rule in rules {
        new.rule(rule.statement, rule.when.clone(), rule.then.clone());
    }
    for preference in preferences {
        new.prefer(preference.clone());
    }
    new
}
