//! How far to go along the road, and what bears on the choice.
//!
//! Owns: the options of `resolve`, `plan`, `sync` and of edits that go on from there.

use std::path::PathBuf;

use clap::Args;

use super::Side;

/// What bears on the choice.
#[derive(Debug, Args, Default)]
pub(in crate::cli) struct Choice {
    /// Demand the project's mode of all components but externals
    #[arg(long)]
    pub require_mode: bool,
    /// Move the locked releases: all of them, or those of NAME
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = false)]
    pub upgrade: Option<Vec<String>>,
}

/// Values laid over the manifest's.
#[derive(Debug, Args, Default)]
pub(in crate::cli) struct Overlays {
    /// Lay the values of a file with the manifest's keys over hsm.yaml, for this command alone
    #[arg(long, value_name = "FILE")]
    pub overlay: Vec<PathBuf>,
    /// Lay one value over hsm.yaml, as in project.mode=dev; dots part the key, quotes keep a name with dots whole
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Resolve {
    /// Say why; of one component or group when NAME is given
    #[arg(long, value_name = "NAME", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "absent, without a name, with a name: clap's way to say it")]
    pub explain: Option<Option<String>>,
    /// Of NAME: show all chains that lead to it, not only the shortest
    #[arg(long, requires = "explain")]
    pub all: bool,
    /// Of a conflict: make fix N in hsm.yaml (several times: one of each conflict); not together with options that bear
    /// on the choice
    #[arg(long, value_name = "N", conflicts_with_all = ["overlay", "set", "require_mode", "upgrade"])]
    pub fix: Vec<usize>,
    #[command(flatten)]
    pub choice: Choice,
    #[command(flatten)]
    pub overlays: Overlays,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    pub choice: Choice,
    /// Only this side
    #[arg(long, value_name = "SIDE")]
    pub only: Option<Side>,
    /// End with 4 when there is anything to do
    #[arg(long)]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(in crate::cli) struct Sync {
    #[command(flatten)]
    pub choice: Choice,
    /// Show what would be done; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Fail if a committed file is out of date
    #[arg(long, conflicts_with_all = ["frozen", "upgrade"])]
    pub locked: bool,
    /// Install from the committed files as they are
    #[arg(long, conflicts_with = "upgrade")]
    pub frozen: bool,
    /// Only this side
    #[arg(long, value_name = "SIDE")]
    pub only: Option<Side>,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}

/// What comes after an edit of `hsm.yaml`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Then {
    /// Sync too; if that fails, hsm.yaml stays as it was
    #[arg(long)]
    pub sync: bool,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}
