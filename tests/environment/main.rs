//! Variables of a project: `.env` as the real Compose reads it, what `hsm env` prints as real shells read it, and the
//! command itself.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that goes wrong should stop there")]

mod command;
mod compose;
#[path = "../forms/project.rs"]
#[expect(dead_code, reason = "the forms use the rest")]
mod project;
mod running;
mod secrets;
mod shells;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// A runner of a law with a fixed seed; `HSM_LAWS=N` tries N times as much.
fn runner(cases: u32) -> TestRunner {
    let times = std::env::var("HSM_LAWS").ok().and_then(|times| times.parse::<u32>().ok()).unwrap_or(1);
    let cases = cases * times.max(1);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[11; 32]))
}
