//! People at a terminal: questions, completions in real shells, manual pages.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that goes wrong should stop there")]

mod completions;
mod interrupted;
mod manual;
#[path = "../forms/project.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod project;
mod prompts;
mod pty;
#[path = "../support/mod.rs"]
mod support;
