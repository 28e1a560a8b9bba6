//! Entries of groups.

use clap::{Args, Subcommand, ValueEnum};

use super::{About, Asks, ComponentKind, Into, Write};
use crate::manifest::Strategy;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RegistryGroup {
    /// Write the entry of a group
    #[command(after_help = "Examples:
  hsm registry group add cache --kind container --option redis --option valkey --default redis
  hsm registry group add metrics --kind container --strategy M-of-N --min 0 --option prometheus --option grafana")]
    Add(Box<GroupAdd>),
    /// Remove the entry of a group
    #[command(after_help = "Example:
  hsm registry group remove cache")]
    Remove {
        /// Its name, KIND:NAME or REGISTRY/NAME
        name: String,
        /// Remove even what other entries name, and even if the project has no solution then
        #[arg(long)]
        force: bool,
        /// The registry to remove it from; the one whose entry is used when not given
        #[arg(long, value_name = "NAME")]
        registry: Option<String>,
        /// Do not wait for another run in this project
        #[arg(long)]
        no_wait: bool,
    },
    /// Add an option to a group
    #[command(after_help = "Example:
  hsm registry group add-option vector-db-client qdrant-adapter --implies container_group:vector-db=qdrant")]
    AddOption {
        /// The group, with KIND: or REGISTRY/ in front where needed
        group: String,
        /// The option: a component's name
        option: String,
        /// What it is, in a line
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        #[command(flatten)]
        asks: Asks,
        /// The registry to write to; the one whose group is used when not given
        #[arg(long, value_name = "NAME")]
        registry: Option<String>,
        #[command(flatten)]
        write: Write,
    },
    /// Remove an option from a group
    #[command(after_help = "Example:
  hsm registry group remove-option cache valkey")]
    RemoveOption {
        /// The group, with KIND: or REGISTRY/ in front where needed
        group: String,
        /// The option
        option: String,
        /// The registry to write to; the one whose group is used when not given
        #[arg(long, value_name = "NAME")]
        registry: Option<String>,
        #[command(flatten)]
        write: Write,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GroupAdd {
    /// Its name, KIND:NAME or REGISTRY/NAME
    pub name: String,
    /// What its options are
    #[arg(long, value_name = "KIND")]
    pub kind: Option<ComponentKind>,
    /// How many of its options are there: exactly one, or several
    #[arg(long, value_name = "STRATEGY", default_value = "1-of-N")]
    pub strategy: StrategyArg,
    /// The least number of options (M-of-N); 1 when not given
    #[arg(long, value_name = "N")]
    pub min: Option<u32>,
    /// The greatest number of options (M-of-N); all when not given
    #[arg(long, value_name = "N")]
    pub max: Option<u32>,
    /// An option; may be given several times
    #[arg(long = "option", value_name = "NAME")]
    pub options: Vec<String>,
    /// An option that is taken where none is named; may be given several times (M-of-N)
    #[arg(long = "default", value_name = "NAME")]
    pub defaults: Vec<String>,
    /// The comment that is placed above the group in hsm.yaml
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// Add the options to those of another registry's group
    #[arg(long, value_name = "REGISTRY/NAME")]
    pub extends: Option<String>,
    #[command(flatten)]
    pub about: About,
    #[command(flatten)]
    pub into: Into,
}

/// A strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum StrategyArg {
    #[value(name = "1-of-N")]
    One,
    #[value(name = "M-of-N")]
    Many,
}

impl From<StrategyArg> for Strategy {
    fn from(strategy: StrategyArg) -> Self {
        match strategy {
            StrategyArg::One => Self::One,
            StrategyArg::Many => Self::Many,
        }
    }
}
