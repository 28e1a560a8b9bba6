//! The command `status`, and the sides that it and others can be about.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct Status {
    /// Only this side
    #[arg(long, value_name = "SIDE")]
    pub only: Option<Side>,
}

/// A side of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Side {
    Packages,
    Containers,
}
