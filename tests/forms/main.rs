//! The forms in which hsm answers: pages about codes, diagnostics for machines, graphs, reports. No tool is needed unless
//! a test says so: `PATH` leads nowhere.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that goes wrong should stop there")]

mod github;
mod graphs;
mod html;
mod json;
mod pages;
mod project;
mod sarif;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;
mod terminal;
