//! The commands about what programs of the project see.

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct Run {
    /// An entrypoint (PACKAGE:NAME where several packages have it) or, behind `--`, a program; with its arguments
    #[arg(value_name = "NAME", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
    /// Do not sync first
    #[arg(long)]
    pub frozen: bool,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Env {
    /// Only these; all of them when none is given
    #[arg(value_name = "VARIABLE")]
    pub variables: Vec<String>,
}
