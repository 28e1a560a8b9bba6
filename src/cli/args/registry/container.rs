//! Entries of containers.

use clap::{Args, Subcommand};

use super::package::Removal;
use super::{About, Asks, Into, Reference};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RegistryContainer {
    /// Write the entry of a container, or add a release to it
    #[command(after_help = "Examples:
  hsm registry container add redis --image redis:7.4 --port 6379:6379
  hsm registry container add api --image example/api:1.0 --build ./api --depends-on postgres=service_healthy
  hsm registry container add qdrant --image qdrant/qdrant:v1.9.0 --profile local=managed --profile cloud=external,host='${QDRANT_SERVER}',port=6333 --default-profile local
  hsm registry container add redis --release 7.6 --image redis:7.6")]
    Add(Box<ContainerAdd>),
    /// Remove the entry of a container, or one of its releases
    #[command(after_help = "Examples:
  hsm registry container remove redis
  hsm registry container remove redis --release 7.6")]
    Remove(Removal),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ContainerAdd {
    /// Its name, or REGISTRY/NAME
    pub name: String,
    /// Its version; the tag of its image when not given
    #[arg(long, value_name = "VERSION", conflicts_with = "release")]
    pub version: Option<String>,
    /// Add this release to an entry that is there; sources that are not given are those of the entry
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["description", "owner", "tags", "docs", "profiles", "default_profile", "base_image"])]
    pub release: Option<String>,
    #[command(flatten)]
    pub about: About,
    /// The published image, with its tag
    #[arg(long, value_name = "IMAGE", help_heading = "Published source (mode prod)")]
    pub image: Option<String>,
    /// The directory that is built, from the project's root
    #[arg(long, value_name = "DIR", help_heading = "Built source (mode dev)")]
    pub build: Option<String>,
    /// The repository of which the directory is a checkout; with --branch, --tag-ref or --rev
    #[arg(long, value_name = "URL", help_heading = "Built source (mode dev)", requires = "build")]
    pub git: Option<String>,
    #[command(flatten)]
    pub reference: Reference,
    /// The Dockerfile, from that directory
    #[arg(long, value_name = "FILE", help_heading = "Built source (mode dev)", requires = "build")]
    pub dockerfile: Option<String>,
    /// The stage to build
    #[arg(long, value_name = "STAGE", help_heading = "Built source (mode dev)", requires = "build")]
    pub target: Option<String>,
    /// An argument of the build; may be given several times
    #[arg(
        long = "arg",
        value_name = "KEY=VALUE",
        help_heading = "Built source (mode dev)",
        requires = "build"
    )]
    pub args: Vec<String>,
    /// How the built image is called
    #[arg(long, value_name = "IMAGE", help_heading = "Built source (mode dev)", requires = "build")]
    pub build_image: Option<String>,
    /// A volume for the built image alone, often a part of its sources; may be given several times
    #[arg(
        long = "dev-volume",
        value_name = "VOLUME",
        help_heading = "Built source (mode dev)",
        requires = "build"
    )]
    pub dev_volumes: Vec<String>,
    /// What has to be there for a build, such as 'container:base-python={mode: dev}'; may be given several times
    #[arg(
        long,
        value_name = "TARGET[=DEMAND]",
        help_heading = "Built source (mode dev)",
        requires = "build"
    )]
    pub requires: Vec<String>,
    /// It is only built, never started: a base image
    #[arg(long, visible_alias = "run-false")]
    pub base_image: bool,
    /// A port as Compose writes it; may be given several times
    #[arg(long = "port", value_name = "PORT")]
    pub ports: Vec<String>,
    /// A volume as Compose writes it; may be given several times
    #[arg(long = "volume", value_name = "VOLUME")]
    pub volumes: Vec<String>,
    /// A variable of its environment; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub env: Vec<String>,
    /// A container or group that is started before it, with a condition of Compose; may be given several times
    #[arg(long, value_name = "NAME[=CONDITION]")]
    pub depends_on: Vec<String>,
    /// A further name in the network; may be given several times
    #[arg(long = "alias", value_name = "NAME")]
    pub aliases: Vec<String>,
    /// The name of its service, when that is another one
    #[arg(long, value_name = "NAME")]
    pub service_name: Option<String>,
    /// The name of the running container
    #[arg(long, value_name = "NAME")]
    pub container_name: Option<String>,
    /// Any other key of a Compose service, such as 'healthcheck={test: [CMD, "true"]}'; may be given several times
    #[arg(long, value_name = "KEY=YAML")]
    pub compose: Vec<String>,
    /// A deployment profile: NAME=managed, or NAME=external,host=HOST,port=PORT; may be given several times
    #[arg(long = "profile", value_name = "NAME=HOW")]
    pub profiles: Vec<String>,
    /// The profile that is used where none is named
    #[arg(long, value_name = "NAME")]
    pub default_profile: Option<String>,
    #[command(flatten)]
    pub asks: Asks,
    #[command(flatten)]
    pub into: Into,
}
