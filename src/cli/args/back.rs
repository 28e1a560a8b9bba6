//! The commands `recover` and `undo`.

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct Recover {
    /// Say what would be put back, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Undo {
    /// Say what would be put back, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Also where something was changed since: that is moved to .hsm/kept
    #[arg(long)]
    pub force: bool,
    /// Fail when another run holds the project, instead of waiting for it
    #[arg(long)]
    pub no_wait: bool,
}
