//! The families of commands that edit `hsm.yaml`: `package`, `container`, `group`.

use clap::{Args, Subcommand, ValueEnum};

use super::registry::PackageInit;
use super::{ModeArg, Then};
use crate::manifest::Mode;
use crate::version::{VersionDemand, VersionDemandError};

/// A value, or `any`: whatever there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum OrAny<T> {
    /// No pin.
    Any,
    /// That value.
    To(T),
}

impl<T: Clone> OrAny<T> {
    pub(in crate::cli) fn value(&self) -> Option<T> {
        match self {
            Self::Any => None,
            Self::To(value) => Some(value.clone()),
        }
    }
}

/// A mode, or any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ModeOrAny {
    Prod,
    Dev,
    Any,
}

impl ModeOrAny {
    pub(in crate::cli) fn mode(self) -> Option<Mode> {
        match self {
            Self::Prod => Some(Mode::Prod),
            Self::Dev => Some(Mode::Dev),
            Self::Any => None,
        }
    }
}

fn version_or_any(text: &str) -> Result<OrAny<VersionDemand>, VersionDemandError> {
    if text == "any" { Ok(OrAny::Any) } else { VersionDemand::parse(text).map(OrAny::To) }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that clap calls")]
fn text_or_any(text: &str) -> Result<OrAny<String>, String> {
    Ok(if text == "any" { OrAny::Any } else { OrAny::To(text.to_owned()) })
}

/// Pins of what is added.
#[derive(Debug, Args, Default)]
pub(in crate::cli) struct Pins {
    /// Pin the version of each NAME: a specifier such as '>=1.2,<2', or one version
    #[arg(long, value_name = "SPEC", value_parser = VersionDemand::parse)]
    pub version: Option<VersionDemand>,
    /// Pin the mode of each NAME
    #[arg(long, value_name = "MODE")]
    pub mode: Option<ModeArg>,
}

/// Settings of packages that are added.
#[derive(Debug, Args, Default)]
pub(in crate::cli) struct PackageSettings {
    /// Install an extra of each NAME (packages); may be given several times
    #[arg(long = "extra", value_name = "EXTRA")]
    pub extras: Vec<String>,
    /// Install each NAME only where an environment marker holds, as PEP 508 writes it (packages)
    #[arg(long, value_name = "MARKER")]
    pub marker: Option<String>,
    /// Hand over what you wrote of each NAME into the package manager's files (packages): it becomes hsm's, as the stack has
    /// it, and goes with the package; syncs too
    #[arg(long)]
    pub adopt: bool,
}

/// A variable and its value.
fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// Pins and settings of containers that are added.
#[derive(Debug, Args, Default)]
pub(in crate::cli) struct ContainerPins {
    #[command(flatten)]
    pub pins: Pins,
    /// Pin the deployment profile of each NAME (containers)
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Publish a port as Compose writes it, such as 15432:5432 (containers); may be given several times
    #[arg(long = "port", value_name = "PORT")]
    pub ports: Vec<String>,
    /// Mount a volume, as Compose writes it (containers); may be given several times
    #[arg(long = "volume", value_name = "VOLUME")]
    pub volumes: Vec<String>,
    /// Set an environment variable (containers); may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// Use another image (containers)
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Package {
    /// Add packages of the registry
    #[command(after_help = "Examples:
  hsm package add                  (on a terminal: asks which)
  hsm package add neo4j-client
  hsm package add pandas-tools --version '>=0.1.0' --mode dev
  hsm package add pandas-tools --extra io --marker \"python_version < '3.13'\"
  hsm package add pandas-tools --adopt")]
    Add {
        /// Their names; on a terminal they are asked for when none is given
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        #[command(flatten)]
        pins: Pins,
        #[command(flatten)]
        settings: PackageSettings,
        #[command(flatten)]
        then: Then,
    },
    /// Remove packages
    #[command(after_help = "Example:
  hsm package remove neo4j-client")]
    Remove {
        /// Their names; on a terminal they are asked for when none is given
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        #[command(flatten)]
        then: Then,
    },
    /// Make a local package and write its entry, all or nothing; a package that is there is left as it is
    #[command(after_help = "Examples:
  hsm package init rag-core
  hsm package init rag-core ./libs/rag-core --add
  hsm package init indexer --app")]
    Init(PackageInit),
    /// Pin a package to a mode; `any` removes the pin
    #[command(after_help = "Examples:
  hsm package mode rag-core dev
  hsm package mode rag-core any --sync")]
    Mode {
        /// The package
        name: String,
        /// The mode
        mode: ModeOrAny,
        #[command(flatten)]
        then: Then,
    },
    /// Pin a package's version; `any` removes the pin
    #[command(after_help = "Examples:
  hsm package version qdrant-adapter '>=1.0,<2'
  hsm package version qdrant-adapter 1.1.0
  hsm package version qdrant-adapter any")]
    Version {
        /// The package
        name: String,
        /// A specifier such as '>=1.2,<2', one version, or any
        #[arg(value_name = "SPEC", value_parser = version_or_any)]
        version: OrAny<VersionDemand>,
        #[command(flatten)]
        then: Then,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Container {
    /// Add containers of the registry
    #[command(after_help = "Examples:
  hsm container add                (on a terminal: asks which)
  hsm container add redis --sync
  hsm container add postgres --version 16 --port 15432:5432
  hsm container add postgres --env TZ=UTC --volume pgdata:/var/lib/postgresql/data")]
    Add {
        /// Their names; on a terminal they are asked for when none is given
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        #[command(flatten)]
        pins: ContainerPins,
        #[command(flatten)]
        then: Then,
    },
    /// Remove containers
    #[command(after_help = "Example:
  hsm container remove redis --sync")]
    Remove {
        /// Their names; on a terminal they are asked for when none is given
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        #[command(flatten)]
        then: Then,
    },
    /// Pin a container to a mode; `any` removes the pin
    #[command(after_help = "Examples:
  hsm container mode ingest-api dev
  hsm container mode ingest-api any")]
    Mode {
        /// The container
        name: String,
        /// The mode
        mode: ModeOrAny,
        #[command(flatten)]
        then: Then,
    },
    /// Pin a container's version; `any` removes the pin
    #[command(after_help = "Examples:
  hsm container version postgres 16
  hsm container version redis any")]
    Version {
        /// The container
        name: String,
        /// A specifier such as '>=1.2,<2', one version, or any
        #[arg(value_name = "SPEC", value_parser = version_or_any)]
        version: OrAny<VersionDemand>,
        #[command(flatten)]
        then: Then,
    },
    /// Pin a container's deployment profile; `any` removes the pin
    #[command(after_help = "Examples:
  hsm container profile qdrant external-prod
  hsm container profile qdrant any")]
    Profile {
        /// The container
        name: String,
        /// One of its profiles, or any
        #[arg(value_name = "PROFILE", value_parser = text_or_any)]
        profile: OrAny<String>,
        #[command(flatten)]
        then: Then,
    },
    /// Set the ports of a container's own item, laid over the registry's; `any` removes them
    #[command(after_help = "Examples:
  hsm container port postgres 15432:5432
  hsm container port postgres any")]
    Port {
        /// The container
        name: String,
        /// Ports as Compose writes them, or any
        #[arg(required = true, value_name = "PORT")]
        ports: Vec<String>,
        #[command(flatten)]
        then: Then,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Group {
    /// Name groups, so that they take part with their default options
    #[command(after_help = "Example:
  hsm group add metrics")]
    Add {
        /// The groups; on a terminal they are asked for when none is given
        #[arg(value_name = "GROUP")]
        groups: Vec<String>,
        #[command(flatten)]
        then: Then,
    },
    /// Remove the lines of groups, with all that they say
    #[command(after_help = "Example:
  hsm group remove metrics")]
    Remove {
        /// The groups; on a terminal they are asked for when none is given
        #[arg(value_name = "GROUP")]
        groups: Vec<String>,
        #[command(flatten)]
        then: Then,
    },
    /// Replace the selection of a group
    #[command(after_help = "Examples:
  hsm group select                 (on a terminal: asks which group, and which options)
  hsm group select vector-db-client milvus-adapter
  hsm group select metrics prometheus grafana --sync")]
    Select {
        #[command(flatten)]
        of: Options,
        #[command(flatten)]
        then: Then,
    },
    /// Add an option to the selection of a group (1-of-N: replaces it)
    #[command(after_help = "Example:
  hsm group add-option metrics grafana")]
    AddOption {
        #[command(flatten)]
        of: Options,
        #[command(flatten)]
        then: Then,
    },
    /// Take an option out of the selection of a group
    #[command(after_help = "Example:
  hsm group remove-option metrics grafana")]
    RemoveOption {
        #[command(flatten)]
        of: Options,
        #[command(flatten)]
        then: Then,
    },
    /// Bind the options of a group that have it to a mode; `any` removes that
    #[command(after_help = "Examples:
  hsm group mode vector-db-client dev
  hsm group mode vector-db-client any")]
    Mode {
        /// The group
        group: String,
        /// The mode
        mode: ModeOrAny,
        #[command(flatten)]
        then: Then,
    },
    /// Bind the options of a container group that have it to a profile; `any` removes that
    #[command(after_help = "Examples:
  hsm group profile infra managed-dev
  hsm group profile infra any")]
    Profile {
        /// The group
        group: String,
        /// The profile, or any
        #[arg(value_name = "PROFILE", value_parser = text_or_any)]
        profile: OrAny<String>,
        #[command(flatten)]
        then: Then,
    },
    /// Allow options that were excluded
    #[command(after_help = "Example:
  hsm group include infra mailhog")]
    Include {
        #[command(flatten)]
        of: Options,
        #[command(flatten)]
        then: Then,
    },
    /// Forbid options of a group, for whatever reason they would be there
    #[command(after_help = "Example:
  hsm group exclude infra mailhog")]
    Exclude {
        #[command(flatten)]
        of: Options,
        #[command(flatten)]
        then: Then,
    },
}

/// Options of one group.
#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// The group; on a terminal it is asked for when it is not given
    pub group: Option<String>,
    /// Its options; on a terminal they are asked for when none is given
    #[arg(value_name = "OPTION")]
    pub options: Vec<String>,
}
