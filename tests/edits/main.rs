//! Edits of `hsm.yaml` over generated documents: what they mean to several readers, and what they leave alone.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that goes wrong should stop there")]
#![expect(clippy::format_push_string, reason = "generators are easiest to read so")]

mod changes;
mod comments;
mod documents;
mod laws;
mod meaning;
mod readers;
mod registries;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;
