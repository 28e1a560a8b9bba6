//! Finite choices in, a selection or a conflict out.
//!
//! This crate knows nothing of files, YAML, Python or Docker. Its caller describes a closed world as a [`Problem`]:
//! *items* (each absent or in exactly one of its candidates), *groups* over items (exactly one, or a number between
//! two bounds, of their options present), and *rules* (when this holds, that must hold). Every rule and every group
//! carries the [`StatementId`] of the sentence it came from. [`solve`] answers with a [`Selection`] that keeps every
//! rule, or with a [`Conflict`]: the statements that cannot hold together.
//!
//! `PubGrub` does the search; none of its types is visible from outside.

mod argument;
mod bitset;
mod conflict;
mod derive;
mod encode;
mod fuel;
mod narrow;
mod part;
mod prefer;
pub mod problem;
mod propagate;
mod provider;
mod reach;
mod run;
pub mod solution;

pub use problem::{
    Candidate, CandidateSet, Count, GroupId, ItemId, Member, Preference, Problem, StatementId, Then, When,
};
pub use solution::{Conflict, Failure, Options, Selection, solve};
