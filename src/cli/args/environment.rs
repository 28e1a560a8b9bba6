//! The commands about what programs of the project see.

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct Env {
    /// Only these; all of them when none is given
    #[arg(value_name = "VARIABLE")]
    pub variables: Vec<String>,
}
