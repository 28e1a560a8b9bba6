//! Registries in git repositories, with the real git on repositories of this machine: fetched once, read without a
//! checkout, held by the lock.
//!
//! Owns: those laws, as the program's users see them. Refuses: what entries mean; that does not depend on where they lie.

#![expect(clippy::expect_used, reason = "a test that goes wrong should stop there")]

mod cleaning;
mod crafted;
mod fetching;
mod hostile;
mod locking;
mod moving;
mod place;
#[path = "../program/runs.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod runs;
mod same;
mod servers;
mod serving;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod vendoring;
