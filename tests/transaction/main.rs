//! All or nothing: a run that fails, is interrupted or dies anywhere leaves the old state or the new one.

#![expect(clippy::unwrap_used, reason = "a test that meets what it did not expect should stop right there")]

mod back;
mod machine;
mod real_tool;
mod stage;
mod sweep;
