//! The family `registry`: looking into registries, and editing their entries.

mod container;
mod group;
mod look;
mod package;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::names::Kind;

pub(in crate::cli) use container::{ContainerAdd, RegistryContainer};
pub(in crate::cli) use group::{GroupAdd, RegistryGroup};
pub(in crate::cli) use look::Only;
pub(in crate::cli) use package::{PackageAdd, PackageInit, RegistryPackage, Removal};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Registry {
    /// List the entries of the registries
    #[command(after_help = "Examples:
  hsm registry list
  hsm registry list --kind container
  hsm registry list --tag cache --owner platform
  hsm registry list --provides vector-db      (the options of a group)
  hsm registry list --implies container:redis
  hsm registry list --deprecated
  hsm registry list --all        (with what an earlier registry hides)
  hsm registry list --format json")]
    List {
        #[command(flatten)]
        only: Only,
        /// Only this registry
        #[arg(long, value_name = "NAME")]
        registry: Option<String>,
        /// Also entries that an earlier registry hides
        #[arg(long)]
        all: bool,
    },
    /// Look for entries by name, description, tags, owner and options; the best come first. Where nothing has the words
    /// as they are typed, typing errors are forgiven
    #[command(after_help = "Examples:
  hsm registry search vector database
  hsm registry search redis --kind container
  hsm registry search client --provides vector-db
  hsm registry search --tag cache")]
    Search {
        /// Words; an entry has to have all of them. None: all that the options leave
        #[arg(value_name = "TEXT")]
        words: Vec<String>,
        #[command(flatten)]
        only: Only,
    },
    /// Show an entry: releases, sources, profiles, what it implies and who implies it; and whether this project can have it
    #[command(after_help = "Examples:
  hsm registry show qdrant
  hsm registry show container:redis
  hsm registry show corp/vector-db    (of the registry corp)
  hsm registry show qdrant --raw      (its file)")]
    Show {
        /// NAME, KIND:NAME or REGISTRY/NAME
        name: String,
        /// Print the file as it is
        #[arg(long, visible_alias = "source")]
        raw: bool,
        /// Do not find out whether this project can have it
        #[arg(long)]
        no_solve: bool,
    },
    /// Print the directories of the registries, or the file of an entry
    #[command(after_help = "Examples:
  hsm registry path
  $EDITOR \"$(hsm registry path qdrant)\"")]
    Path {
        /// NAME, KIND:NAME or REGISTRY/NAME
        name: Option<String>,
        /// Only this registry
        #[arg(long, value_name = "NAME")]
        registry: Option<String>,
    },
    /// Prove what no stack can have, and what every stack has; find dangling names and other mistakes
    #[command(after_help = "Examples:
  hsm registry validate
  hsm registry validate ./hsm-registry      (a directory, without a project)
  hsm registry validate --pairs             (also options of large and of different groups that never go together)
  hsm registry validate --format sarif      (or json, github)

Ends with 3 where an error was found; warnings alone end with 0, with --strict with 3.")]
    Validate {
        /// The directory of a registry; else those of the project
        #[arg(value_name = "DIR")]
        dir: Option<PathBuf>,
        /// Also report options of different groups, and of groups with more than 32, that no stack has together
        #[arg(long)]
        pairs: bool,
        /// Warnings count as errors
        #[arg(long)]
        strict: bool,
    },
    /// Run the tests that registries bring along: small manifests with what they must resolve to
    #[command(after_help = "Examples:
  hsm registry test
  hsm registry test ./hsm-registry     (a directory, without a project)

A test is a file tests/NAME.yaml of a registry: an hsm.yaml with one key more, such as
  x-expect: {stack: {container:qdrant: {version: \">=1.8\", mode: prod}, container:milvus: false}}
or, where there must be no stack,
  x-expect: {conflict: [package:tenacity]}

Ends with 3 where one fails.")]
    Test {
        /// The directory of a registry; else those of the project
        #[arg(value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Show what changed between two states of a registry, and what of it may break projects
    #[command(after_help = "Examples:
  hsm registry diff main..                       (the project's registry: a branch against the files as they are)
  hsm registry diff v1.0..v1.1 ./hsm-registry    (two commits)
  hsm registry diff ../old-registry ./hsm-registry
  hsm registry diff origin/main.. --format github

A change breaks if a project that has a stack before may have none after it, or can't be started as it is: something that
it may name is gone, more is demanded, or what it has may clash. Comments and layout are no change.

Ends with 3 where one may break a project.")]
    Diff {
        /// A..B (commits, tags or branches of the git repository that holds the registry; without B the files as they
        /// are), or a directory
        #[arg(value_name = "A..B|OLD")]
        old: String,
        /// The registry's directory; or, after a directory, the one to compare it with
        #[arg(value_name = "DIR|NEW")]
        new: Option<PathBuf>,
    },
    /// Add a registry to the list in hsm.yaml; it is searched after those that are there
    #[command(after_help = "Examples:
  hsm registry add ../team-registry
  hsm registry add ../team-registry --name corp
  hsm registry add https://example.org/registry.git --name corp --branch main")]
    Add(RegistryAdd),
    /// Fetch what the registries in git repositories have now, show what changes in meaning, and lock it
    #[command(after_help = "Examples:
  hsm registry update                 (all of them)
  hsm registry update corp --dry-run  (only show what would change)
  hsm registry update --sync          (and write and install what follows from it)

Only hsm.lock is written. Where the history was rewritten, or a tag moved, nothing is, unless --rewritten says that this
is fine.")]
    Update(RegistryUpdate),
    /// Copy what this project can reach of a registry in a git repository into the project
    #[command(after_help = "Examples:
  hsm registry vendor                       (to ./vendor/NAME, for each registry in a git repository)
  hsm registry vendor corp --to ./registries/corp
  hsm registry vendor corp --use            (and use the copy from now on)

Entries are copied byte for byte. A file that is there and differs is not overwritten, unless --force says so.")]
    Vendor(RegistryVendor),
    /// Write and remove entries of packages
    #[command(subcommand)]
    Package(RegistryPackage),
    /// Write and remove entries of containers
    #[command(subcommand)]
    Container(RegistryContainer),
    /// Write, change and remove entries of groups
    #[command(subcommand)]
    Group(RegistryGroup),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RegistryAdd {
    /// A directory, or the URL of a git repository
    #[arg(value_name = "PATH_OR_URL")]
    pub place: String,
    /// What it is called in this project; else what its registry.yaml says, else its folder's name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Of a git repository: this branch
    #[arg(long, value_name = "BRANCH", conflicts_with_all = ["tag", "rev"])]
    pub branch: Option<String>,
    /// Of a git repository: this tag
    #[arg(long, value_name = "TAG", conflicts_with = "rev")]
    pub tag: Option<String>,
    /// Of a git repository: this commit
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(in crate::cli) struct RegistryUpdate {
    /// Only this registry
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Only show what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Take it even if its history was rewritten or its tag moved
    #[arg(long)]
    pub rewritten: bool,
    /// Sync too; if that fails, hsm.lock stays as it was
    #[arg(long, conflicts_with = "dry_run")]
    pub sync: bool,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RegistryVendor {
    /// Only this registry
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Where to; needed where `./vendor/NAME` is not the place
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Name the copy in hsm.yaml, in place of the repository
    #[arg(long = "use")]
    pub settle: bool,
    /// Overwrite files that differ
    #[arg(long)]
    pub force: bool,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}

/// Which commit of a repository.
#[derive(Debug, Args, Default)]
pub(in crate::cli) struct Reference {
    /// Of a git repository: this branch
    #[arg(long, value_name = "BRANCH", conflicts_with_all = ["tag_ref", "rev"])]
    pub branch: Option<String>,
    /// Of a git repository: this tag
    #[arg(long = "tag-ref", visible_alias = "git-tag", value_name = "TAG", conflicts_with = "rev")]
    pub tag_ref: Option<String>,
    /// Of a git repository: this commit, or whatever git understands
    #[arg(long, visible_alias = "ref", value_name = "REV")]
    pub rev: Option<String>,
}

/// What every command that writes takes.
#[derive(Debug, Args, Default)]
pub(in crate::cli) struct Write {
    /// Write even if the project has no solution then
    #[arg(long)]
    pub force: bool,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}

/// Which registry is written.
#[derive(Debug, Args, Default)]
pub(in crate::cli) struct Into {
    /// The registry to write to; the first one when not given
    #[arg(long, value_name = "NAME")]
    pub registry: Option<String>,
    #[command(flatten)]
    pub write: Write,
}

/// What every entry may say.
#[derive(Debug, Args, Default)]
pub(in crate::cli) struct About {
    /// What it is, in a line
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Who looks after it
    #[arg(long, value_name = "TEXT")]
    pub owner: Option<String>,
    /// A word to find it by; may be given several times
    #[arg(long = "tag", value_name = "WORD")]
    pub tags: Vec<String>,
    /// Where its documentation is
    #[arg(long, value_name = "URL")]
    pub docs: Option<String>,
    /// Any other key, such as 'deprecated={use: redis}' or 'x-team=search'; may be given several times
    #[arg(long = "set", value_name = "KEY=YAML")]
    pub others: Vec<String>,
}

/// What it asks of others.
#[derive(Debug, Args, Default)]
pub(in crate::cli) struct Asks {
    /// What it brings along, such as 'container:qdrant=>=1.8', or 'container:qdrant={params: {collection: docs}}'; may be given several times
    #[arg(long, value_name = "TARGET[=DEMAND]")]
    pub implies: Vec<String>,
    /// What it cannot be together with, such as 'package:milvus-adapter=<2'; may be given several times
    #[arg(long, value_name = "TARGET[=SPEC]")]
    pub conflicts: Vec<String>,
}

/// A kind of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum KindArg {
    Package,
    Container,
    Group,
}

/// The kind of a group's options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ComponentKind {
    Package,
    Container,
}

impl From<ComponentKind> for Kind {
    fn from(kind: ComponentKind) -> Self {
        match kind {
            ComponentKind::Package => Self::Package,
            ComponentKind::Container => Self::Container,
        }
    }
}
