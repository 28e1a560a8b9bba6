//! The families `python-manager` and `container-manager`: which adapter does the work.

use clap::Subcommand;

use super::Then;
use crate::adapters;
use crate::names::Kind;

/// Examples with an adapter that there is.
fn examples(command: &str, kind: Kind) -> String {
    let name = adapters::names(kind).next().unwrap_or_default();
    format!("Examples:\n  hsm {command} set {name}\n  hsm {command} set {name} --sync")
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PythonManager {
    /// Set the package manager in hsm.yaml
    #[command(after_help = examples("python-manager", Kind::Package))]
    Set {
        /// The adapter that installs the packages
        name: String,
        #[command(flatten)]
        then: Then,
    },
    /// Print the one in use
    #[command(after_help = "Examples:
  hsm python-manager get
  hsm python-manager       (the same)")]
    Get,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ContainerManager {
    /// Set the container engine in hsm.yaml
    #[command(after_help = examples("container-manager", Kind::Container))]
    Set {
        /// The adapter that runs the containers
        name: String,
        #[command(flatten)]
        then: Then,
    },
    /// Print the one in use
    #[command(after_help = "Examples:
  hsm container-manager get
  hsm container-manager       (the same)")]
    Get,
}
