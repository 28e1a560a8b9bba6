//! `hsm.yaml`: what the user wants.
//!
//! Owns: the manifest's types, reading them, and editing the file in place. Refuses: knowing what a registry holds.

pub mod edit;
mod items;
pub mod overlay;
mod read;
pub mod shapes;

use crate::names::{GroupId, Name, TargetId};
use crate::place::{At, FileId, Place};
use crate::registry::layer::Layer;
use crate::version::VersionDemand;

pub(crate) use read::registries_of_user;
pub use read::{from_node, read, read_with};
pub use shapes::SETTINGS;

/// `prod` or `dev`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// The published artifact.
    Prod,
    /// Local source: editable install, image build, mounted volumes.
    Dev,
}

impl Mode {
    /// `prod` or `dev`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Dev => "dev",
        }
    }

    /// The other mode.
    pub fn other(self) -> Self {
        match self {
            Self::Prod => Self::Dev,
            Self::Dev => Self::Prod,
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A group's strategy as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// `1-of-N`.
    One,
    /// `M-of-N`.
    Many,
}

impl Strategy {
    /// `1-of-N` or `M-of-N`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::One => "1-of-N",
            Self::Many => "M-of-N",
        }
    }
}

/// `hsm.yaml`, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The file.
    pub file: FileId,
    /// `project`.
    pub project: Project,
    /// `registry`, in order; empty when the key is absent.
    pub registry: Vec<RegistryRef>,
    /// `dependencies`.
    pub dependencies: Dependencies,
    /// `services`.
    pub services: Services,
    /// `constraints`.
    pub constraints: Vec<Constraint>,
}

/// `project`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// `name`.
    pub name: At<String>,
    /// `version`.
    pub version: Option<At<String>>,
    /// `mode`: what every component prefers; prod when absent.
    pub mode: Option<At<Mode>>,
    /// `container_engine`; docker when absent.
    pub container_engine: Option<At<String>>,
}

/// One of the registries, in the order of the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryRef {
    /// Where it is named.
    pub place: Place,
    /// Its `name`, when the list gives one.
    pub name: Option<At<Name>>,
    /// Where it is.
    pub source: RegistrySource,
}

/// Where a registry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrySource {
    /// A directory.
    Path(At<String>),
    /// A git repository.
    Git {
        /// `git`: the URL.
        url: At<String>,
        /// `branch`, `tag` or `rev`.
        reference: Option<(GitRefKind, At<String>)>,
    },
}

/// What a git reference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GitRefKind {
    /// `branch`.
    Branch,
    /// `tag`.
    Tag,
    /// `rev` (`ref` in a source is one too).
    Rev,
}

impl GitRefKind {
    /// The key under which it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Tag => "tag",
            Self::Rev => "rev",
        }
    }
}

/// `dependencies`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dependencies {
    /// `package_manager`.
    pub package_manager: Option<At<String>>,
    /// `into: {group: NAME}`; `None` for `project`, the default.
    pub into_group: Option<At<String>>,
    /// `package_groups`.
    pub groups: Vec<GroupLine>,
    /// `packages`.
    pub items: Vec<Item>,
}

/// `services`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Services {
    /// `container_groups`.
    pub groups: Vec<GroupLine>,
    /// `containers`.
    pub items: Vec<Item>,
    /// `compose_files`: the user's own, passed after hsm's.
    pub compose_files: Vec<At<String>>,
}

/// A group's line in the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLine {
    /// Which group, at its key.
    pub group: At<GroupId>,
    /// `strategy`; must agree with the registry.
    pub strategy: Option<At<Strategy>>,
    /// `selection`: `None` when absent, which is not the same as empty.
    pub selection: Option<At<Vec<Item>>>,
    /// `exclude`.
    pub exclude: Vec<At<Name>>,
    /// `mode`.
    pub mode: Option<At<Mode>>,
    /// `profile`.
    pub profile: Option<At<Name>>,
}

/// A listed component: in `packages`, `containers` or a `selection`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name, as it is written, at its place.
    pub name: At<Name>,
    /// `version`.
    pub version: Option<At<VersionDemand>>,
    /// `mode`.
    pub mode: Option<At<Mode>>,
    /// `profile`.
    pub profile: Option<At<Name>>,
    /// `extras` (packages).
    pub extras: Vec<At<String>>,
    /// `marker` (packages): an environment marker of PEP 508.
    pub marker: Option<At<String>>,
    /// `ports`, `volumes`, `env`, `image`, `compose` (containers): the last layer over the registry's.
    pub layer: Layer,
}

/// A line of `constraints`: holds if the component is in the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// On what; only components.
    pub target: At<TargetId>,
    /// `version`.
    pub version: Option<At<VersionDemand>>,
    /// `mode`.
    pub mode: Option<At<Mode>>,
    /// `profile`.
    pub profile: Option<At<Name>>,
}
