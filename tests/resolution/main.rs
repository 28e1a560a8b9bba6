//! From files to a stack or a conflict: load, compile, solve, and the lock.
//!
//! `rules` says by small examples what each rule means; `laws` holds all of it against a stupid second opinion.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it did"
)]

mod features;
mod laws;
mod memory;
mod rings;
mod rules;
mod scale;
