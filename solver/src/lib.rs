//! Finite choices in, a selection or a conflict out.
//!
//! This crate knows nothing of files, YAML, Python or Docker. Its caller describes a closed world as a [`Problem`]:
//! *items* (each absent or in exactly one of its candidates), *groups* over items (exactly one, or a number between
//! two bounds, of their options present), *resources* (held by one item at most), and *rules* (when this holds, that
//! must hold). Every rule and every group carries the [`StatementId`] of the sentence it came from. [`solve`] answers with a [`Selection`] that keeps every
//! rule, or with a [`Conflict`]: the statements that cannot hold together.
//!
//! ```
//! use hsm_solver::{CandidateSet, Count, Failure, Options, Preference, Problem, StatementId, Then, When, solve};
//!
//! let mut problem = Problem::new();
//! let app = problem.item(2); // two releases, the newest first
//! let (redis, postgres) = (problem.item(1), problem.item(1));
//! let store = problem.group(StatementId(0), Count::One, vec![redis, postgres]);
//! problem.rule(StatementId(1), When::Always, Then::Present(app, CandidateSet::all(2)));
//! problem.rule(StatementId(2), When::Item(app, CandidateSet::all(2)), Then::TakesPart(store));
//! problem.prefer(Preference::Fill(store, vec![1, 0])); // postgres before redis
//!
//! let selection = solve(&problem, &Options::default()).unwrap();
//! assert_eq!(selection.candidate(app), Some(0));
//! assert_eq!(selection.options(store), Some(&[1][..]));
//!
//! // Both options are one too many: who demands the store, the two that pin, and the count that all this clashes with.
//! problem.rule(StatementId(3), When::Always, Then::Present(redis, CandidateSet::all(1)));
//! problem.rule(StatementId(4), When::Always, Then::Present(postgres, CandidateSet::all(1)));
//! let Err(Failure::Conflict(conflict)) = solve(&problem, &Options::default()) else { panic!() };
//! assert_eq!(conflict.core, [1, 3, 4, 2, 0].map(StatementId));
//! ```
//!
//! # What a solution is
//!
//! A value for each item (absent, or one of its candidates) and, for each group, whether it takes part, such that
//! - every rule whose condition holds has its demand met, and of every group that takes part the number of distinct
//!   members that are present, for whatever reason, is what its count says;
//! - no resource has two holders: of the rules whose condition holds, all that demand [`Then::Holds`] of a resource name
//!   the same item;
//! - everything has a *reason*: it belongs to the least set of items and groups for which, taking only rules whose
//!   condition holds and speaks of things in the set (or is [`When::Always`]), a demand for an item or a group puts it
//!   into the set, [`Then::AnyOf`] puts those of its items in that are present in a candidate it names, and a group in
//!   the set puts its present options in.
//!
//! Whatever keeps the rules still does so without what has no reason, so reasons never make a problem unsolvable.
//! Items, groups and resources that do not exist are like items without candidates, groups that can't take part and
//! resources that nobody can hold. A holder is a name: it need not be present, nor exist.
//!
//! # Which solution
//!
//! Each preference is a list of costs; the solution is the least in the lexicographic order of all of them, in the
//! order of the preferences:
//! - [`Preference::Rank`]: the rank of the item's candidate; 0 if it is absent.
//! - [`Preference::Wanted`]: for each option named, 1 if the group takes part and the option is absent, else 0; what is
//!   named after as many options as the group can have counts only if one of those is absent.
//! - [`Preference::Fill`], of a group of [`Count::One`]: the place of its option in the order, counted from 0; 0 if it
//!   does not take part. Of another group: by how many the (distinct) present options exceed the number that it needs
//!   (its lower bound, or the present ones among the options wanted by preferences before this one, if those are more), 0
//!   if it does not take part; then, for each option named, 1 if it is absent, else 0, where a group that does not take
//!   part counts as if it had all of the wanted ones (as many as it can have) and its lower bound, the first in the order.
//!   So taking part costs nothing by itself, and what is wanted but can't be is not replaced.
//!
//! What is left open by that is decided by the numbers of items, groups and candidates, the same way everywhere and
//! whichever engine found it: the last search is made by `PubGrub` with every cost bound to the best, from nothing else
//! (only where that takes more than its share of the steps, it is led by the values that were found before).
//! [`Selection::optimal`] says whether the fuel was enough to prove all of it.
//!
//! # What a conflict is
//!
//! Statements that have no solution together, while without any one of them the others have one (unless
//! [`Conflict::minimal`] says that the fuel did not suffice for that). Without its statement a group may have any
//! number of options; it still exists, and can be made to take part.
//!
//! # How
//!
//! First everything that follows without trying is worked out on the problem itself, each fact with its reasons, and
//! whether what has to be there fits beside each other; most conflicts end there. What is left is searched by `PubGrub`
//! over an encoding of finite variables, which is the fastest where little has to be tried. Where its share of the
//! steps is not enough, a second engine takes over:
//! conflict-driven clause learning over clauses, with networks that count. What that finds is led back through
//! `PubGrub`, which makes the selection; a core that it finds is shrunk like one of the first engine.
//!
//! For the preferences, each cost in their order gets the lowest bound that does not clash at once, and one search under
//! all of these bounds is mostly enough. Where it is not, the second engine names bounds that can't hold together; the
//! last of each such set gives way, and so on until they can. So the number of searches goes with the number of
//! preferences that can't be had, not with the number of all of them.
//! [`Selection::engine`] says who found the answer; [`Options::engine`] leaves one engine to do all of it. None of their
//! types is visible from outside.
//!
//! # How long
//!
//! Work is counted, not timed, so a solve ends at the same step on every machine: a set operation of `PubGrub` is a
//! step, and what the second engine does counts as many steps as take about as long. The bound is [`Options::fuel`],
//! by default 400 million and 500 for each item, group and rule: a few seconds. The first engine's share of it is
//! 5,000 and 20 to 200 for each item and rule (the more there are, the more), for one search. When all of it is used there is no answer
//! ([`Failure::OutOfFuel`]); a third as much again may go into making an answer better ([`Selection::optimal`]), or a
//! conflict shorter ([`Conflict::minimal`]), which gets no more than 4 million, 500 for each item, group and rule, and
//! four times what it took to find that there is no solution. The caller can end it at any time
//! ([`Options::interrupted`]).

mod argument;
mod assignment;
mod bitset;
mod conflict;
mod derive;
mod encode;
mod fuel;
pub mod grounds;
mod lists;
mod narrow;
mod needed;
mod part;
mod prefer;
pub mod problem;
mod propagate;
mod provider;
mod reach;
mod relax;
mod run;
mod sat;
pub mod shares;
mod solution;
pub mod survey;
pub mod text;

pub use grounds::grounds;
pub use problem::{
    Candidate, CandidateSet, Count, GroupId, ItemId, Member, Preference, Problem, ResourceId, StatementId,
    Then, When,
};
pub use solution::{Conflict, Engine, Failure, Options, Selection, solve};
pub use survey::{Answer, Survey, examples, survey};
