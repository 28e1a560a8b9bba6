//! The commands about what runs: `up`, `down`, `build`, `compose`.

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct Up {
    /// Containers; all of them when none is given
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Wait at most so long for them to become healthy; without it, for as long as none fails
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,
    /// Use the committed files as they are; do not sync first
    #[arg(long)]
    pub frozen: bool,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Down {
    /// Remove the volumes too, with all that the containers stored in them
    #[arg(long)]
    pub volumes: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Build {
    /// Containers; all of them when none is given
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Use the committed files as they are; do not sync first
    #[arg(long)]
    pub frozen: bool,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Compose {
    /// What Compose gets: a command of its, with its options
    #[arg(value_name = "ARGS", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<String>,
}
