//! Entries of packages, and new local packages.

use clap::{Args, Subcommand};

use super::{About, Asks, Into, Reference, Write};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RegistryPackage {
    /// Write the entry of a package, or add a release to it; without a source it comes from the package index
    #[command(after_help = "Examples:
  hsm registry package add structlog
  hsm registry package add rag-core --version 0.3.0 --git https://git.example.org/rag-core.git --tag-ref v0.3.0 --path ./packages/rag-core
  hsm registry package add qdrant-adapter --version 1.0.0 --implies 'container:qdrant=>=1.8'
  hsm registry package add structlog --release 25.1")]
    Add(Box<PackageAdd>),
    /// Remove the entry of a package, or one of its releases
    #[command(after_help = "Examples:
  hsm registry package remove structlog
  hsm registry package remove structlog --release 25.1")]
    Remove(Removal),
}

/// What is to be removed.
#[derive(Debug, Args)]
pub(in crate::cli) struct Removal {
    /// Its name, or REGISTRY/NAME
    pub name: String,
    /// Only this release
    #[arg(long, value_name = "VERSION")]
    pub release: Option<String>,
    /// Remove even what other entries name, and even if the project has no solution then
    #[arg(long)]
    pub force: bool,
    /// The registry to remove it from; the one whose entry is used when not given
    #[arg(long, value_name = "NAME")]
    pub registry: Option<String>,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PackageAdd {
    /// Its name, or REGISTRY/NAME
    pub name: String,
    /// Its version; without one it floats: the package manager chooses
    #[arg(long, value_name = "VERSION", conflicts_with = "release")]
    pub version: Option<String>,
    /// Add this release to an entry that is there; sources that are not given are those of the entry
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["description", "owner", "tags", "docs", "env", "entrypoints"])]
    pub release: Option<String>,
    #[command(flatten)]
    pub about: About,
    /// From the package index, or another one; SPEC where it is not just the release
    #[arg(long, value_name = "SPEC", num_args = 0..=1, help_heading = "Published source (mode prod)", conflicts_with_all = ["git", "url", "workspace"])]
    #[expect(clippy::option_option, reason = "absent, without a value, with one: clap's way to say it")]
    pub pypi: Option<Option<String>>,
    /// The name of the index, as the package manager knows it
    #[arg(long, value_name = "NAME", help_heading = "Published source (mode prod)", conflicts_with_all = ["git", "url", "workspace"])]
    pub index: Option<String>,
    /// From a git repository; with --branch, --tag-ref or --rev
    #[arg(long, value_name = "URL", help_heading = "Published source (mode prod)", conflicts_with_all = ["url", "workspace"])]
    pub git: Option<String>,
    #[command(flatten)]
    pub reference: Reference,
    /// Of a git repository: the folder in which the package lies
    #[arg(long, value_name = "DIR", help_heading = "Published source (mode prod)", requires = "git")]
    pub subdirectory: Option<String>,
    /// From one archive
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Published source (mode prod)",
        conflicts_with = "workspace"
    )]
    pub url: Option<String>,
    /// From the project's own workspace
    #[arg(long, help_heading = "Published source (mode prod)")]
    pub workspace: bool,
    /// Its name there, when that is another one
    #[arg(long, value_name = "NAME", help_heading = "Published source (mode prod)")]
    pub distribution: Option<String>,
    /// An extra to install with it; may be given several times
    #[arg(long = "extra", value_name = "EXTRA", help_heading = "Published source (mode prod)")]
    pub extras: Vec<String>,
    /// A checkout, from the project's root
    #[arg(long, value_name = "DIR", help_heading = "Local source (mode dev)")]
    pub path: Option<String>,
    /// Install a copy of the checkout, so that later changes don't show
    #[arg(long, help_heading = "Local source (mode dev)", requires = "path", conflicts_with = "editable")]
    pub no_editable: bool,
    /// Install it so that changes show at once; so it is without this, too
    #[arg(long, help_heading = "Local source (mode dev)", requires = "path")]
    pub editable: bool,
    /// The versions of Python that it works with, such as '>=3.11'
    #[arg(long, value_name = "SPEC")]
    pub requires_python: Option<String>,
    /// A requirement of it that no entry stands for (PEP 508); may be given several times
    #[arg(long = "depends", value_name = "REQ")]
    pub depends: Vec<String>,
    #[command(flatten)]
    pub asks: Asks,
    /// A variable for programs of the project; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub env: Vec<String>,
    /// A command that it has; may be given several times
    #[arg(long = "entrypoint", value_name = "NAME=COMMAND")]
    pub entrypoints: Vec<String>,
    #[command(flatten)]
    pub into: Into,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PackageInit {
    /// Its name
    pub name: String,
    /// Its directory, from the current one; ./packages/NAME of the project when not given
    #[arg(value_name = "PATH")]
    pub path: Option<String>,
    /// Make a program with a command of its own instead of a library
    #[arg(long)]
    pub app: bool,
    /// What it is, in a line
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// The versions of Python that it is to work with; those of the project when not given
    #[arg(long, value_name = "SPEC")]
    pub requires_python: Option<String>,
    /// List it in hsm.yaml too
    #[arg(long)]
    pub add: bool,
    /// The registry to write to; the first one when not given
    #[arg(long, value_name = "NAME")]
    pub registry: Option<String>,
    #[command(flatten)]
    pub write: Write,
}
