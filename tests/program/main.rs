//! The program as its users have it: the binary, run in copies of projects.
//!
//! Owns: the walk over all fixtures, and the whole road on the example with real tools. Refuses: anything that can be
//! tested at the border of a single stage.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that goes wrong should stop there")]

mod beginning;
mod checkouts;
mod conflicts;
mod devices;
mod digests;
mod engine;
mod index;
mod making;
mod options;
mod packages;
mod pip;
#[path = "../people/pty.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod pty;
mod rejected;
mod road;
mod run;
mod running;
mod runs;
mod status;
#[path = "../support/mod.rs"]
mod support;
mod switch;
mod uv;
mod walk;
mod workspaces;
