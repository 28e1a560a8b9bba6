//! The command `status`.

use clap::Args;

use super::Side;

#[derive(Debug, Args)]
pub(in crate::cli) struct Status {
    /// Only this side
    #[arg(long, value_name = "SIDE")]
    pub only: Option<Side>,
}
