//! What `check` takes.

use clap::Args;

#[derive(Debug, Args, Default)]
pub(in crate::cli) struct Check {
    /// Write what takes the place of old and deprecated names into hsm.yaml; what cannot be replaced is named
    #[arg(long)]
    pub fix: bool,
    /// With --fix: show what would be written, and write nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
}
