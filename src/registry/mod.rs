//! The registry: one YAML entry for each component and group.
//!
//! Owns: the entries' types, reading them, finding them by name without opening others. Refuses: choosing anything.

pub mod edit;
mod facts;
mod find;
mod glance;
mod images;
pub mod layer;
mod mentions;
mod read;
mod search;
pub mod shapes;

use std::path::PathBuf;

use crate::manifest::{GitRefKind, Mode, Strategy};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::{At, FileId, Place};
use crate::version::{Version, VersionDemand};
use crate::yaml::Node;
use layer::Layer;

pub use facts::{Facts, facts};
pub(crate) use find::follow;
pub use find::{
    Fate, Found, Label, Listed, Memory, Nearest, Registries, RegistryDir, fate_of_option, folder_of, target,
    way,
};
pub use glance::{Glance, Leave, OptionGlance};
pub use mentions::{How, Mention, may_name, mentions};
pub(crate) use read::layer::{Has, layer as read_layer};
pub(crate) use read::rules::{demands, once, target as read_target};
pub(crate) use read::source::{git_url, reference};
pub use read::{EntryFile, entry};
pub use search::{Fit, fit};

/// What every entry may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// The file.
    pub file: FileId,
    /// Name of the registry that holds it.
    pub registry: String,
    /// The directory that its relative paths start at, relative to the project's root (empty: the root itself).
    pub root: PathBuf,
    /// `name`, as written.
    pub name: At<Name>,
    /// `description`.
    pub description: Option<At<String>>,
    /// `owner`.
    pub owner: Option<At<String>>,
    /// `tags`.
    pub tags: Vec<At<String>>,
    /// `docs`.
    pub docs: Option<At<String>>,
    /// `deprecated`.
    pub deprecated: Option<Deprecated>,
    /// `renamed_from`.
    pub renamed_from: Vec<At<Name>>,
}

/// `deprecated: {use: NAME, why: TEXT}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deprecated {
    /// Where it stands.
    pub place: Place,
    /// `use`.
    pub instead: Option<At<Name>>,
    /// `why`.
    pub why: Option<At<String>>,
}

/// An entry of `packages/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// What every entry has.
    pub common: Common,
    /// The releases, the entry's own first, the others in the order of their places. An entry without any version has
    /// one release without a version: it floats.
    pub releases: Vec<PackageRelease>,
    /// What the entry says for all releases.
    pub rules: Rules,
    /// `requires_python`.
    pub requires_python: Option<At<String>>,
    /// `dependencies`: PEP 508 lines.
    pub dependencies: Vec<At<String>>,
    /// `env`.
    pub env: Vec<(At<String>, At<String>)>,
    /// `entrypoints`.
    pub entrypoints: Vec<(At<String>, At<String>)>,
    /// `uv`, as it stands.
    pub uv: Option<Node>,
}

/// A release of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageRelease {
    /// Where it stands (its `version`, or the entry).
    pub place: Place,
    /// `version`; `None` floats.
    pub version: Option<At<Version>>,
    /// Its sources by mode, those of the entry inherited.
    pub sources: Vec<PackageSource>,
    /// What this release says besides the entry.
    pub rules: Rules,
    /// `requires_python` of this release.
    pub requires_python: Option<At<String>>,
    /// `dependencies` of this release.
    pub dependencies: Vec<At<String>>,
    /// `yanked`.
    pub yanked: Option<At<String>>,
    /// `deprecated`.
    pub deprecated: Option<Deprecated>,
}

/// Where a package comes from in one mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageSource {
    /// Its mode.
    pub mode: Mode,
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub origin: PackageOrigin,
    /// What only holds in this mode.
    pub rules: Rules,
}

/// The types of a package's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageOrigin {
    /// `pypi`.
    Pypi {
        /// `name`, when the distribution is called otherwise.
        name: Option<At<String>>,
        /// `version`: specifiers.
        version: Option<At<VersionDemand>>,
        /// `extras`.
        extras: Vec<At<String>>,
        /// `index`.
        index: Option<At<String>>,
    },
    /// `git`.
    Git {
        /// `name`, when the distribution is called otherwise.
        name: Option<At<String>>,
        /// `url`.
        url: At<String>,
        /// `ref` or `rev`, `tag`, `branch`.
        reference: Option<(GitRefKind, At<String>)>,
        /// `subdirectory`.
        subdirectory: Option<At<String>>,
        /// `lfs`.
        lfs: Option<At<bool>>,
        /// `path`: the checkout (dev).
        path: Option<At<String>>,
        /// `extras`.
        extras: Vec<At<String>>,
    },
    /// `local`.
    Local {
        /// `name`, when the distribution is called otherwise.
        name: Option<At<String>>,
        /// `path`.
        path: At<String>,
        /// `editable`; `None` when absent.
        editable: Option<At<bool>>,
        /// `package`: whether it is installed itself; `None` when absent.
        package: Option<At<bool>>,
        /// `extras`.
        extras: Vec<At<String>>,
    },
    /// `url`.
    Url {
        /// `name`, when the distribution is called otherwise.
        name: Option<At<String>>,
        /// `url`.
        url: At<String>,
        /// `subdirectory`.
        subdirectory: Option<At<String>>,
        /// `extras`.
        extras: Vec<At<String>>,
    },
    /// `workspace`.
    Workspace {
        /// `name`, when the distribution is called otherwise.
        name: Option<At<String>>,
        /// `extras`.
        extras: Vec<At<String>>,
    },
}

impl PackageOrigin {
    /// `name`, when the distribution is called otherwise than the entry.
    pub fn name(&self) -> Option<&At<String>> {
        match self {
            Self::Pypi { name, .. }
            | Self::Git { name, .. }
            | Self::Local { name, .. }
            | Self::Url { name, .. }
            | Self::Workspace { name, .. } => name.as_ref(),
        }
    }
}

/// An entry of `containers/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// What every entry has.
    pub common: Common,
    /// The releases, the entry's own first, the others in the order of their places.
    pub releases: Vec<ContainerRelease>,
    /// What the entry says for all releases.
    pub rules: Rules,
    /// The lowest layer.
    pub layer: Layer,
    /// `deployment_profiles`.
    pub profiles: Vec<Profile>,
    /// `default_profile`.
    pub default_profile: Option<At<Name>>,
    /// `run: false`: only built, never started.
    pub run: Option<At<bool>>,
    /// `compose_project`: top-level parts of the Compose file that it needs (`volumes`, `secrets`, `configs`, `networks`).
    pub compose_project: Vec<(At<String>, Node)>,
}

/// A release of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerRelease {
    /// Where it stands (its `version`, its image, or the entry).
    pub place: Place,
    /// `version`, else the tag of its image; with neither, only `*` holds.
    pub version: Option<At<Version>>,
    /// Its sources by mode, those of the entry inherited.
    pub sources: Vec<ContainerSource>,
    /// What this release says besides the entry.
    pub rules: Rules,
    /// The layer above the entry's.
    pub layer: Layer,
    /// `yanked`.
    pub yanked: Option<At<String>>,
    /// `deprecated`.
    pub deprecated: Option<Deprecated>,
}

/// Where a container's image comes from in one mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerSource {
    /// Its mode.
    pub mode: Mode,
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub origin: ContainerOrigin,
    /// The layer above the release's.
    pub layer: Layer,
    /// What only holds in this mode (`implies`, `conflicts`) and what only a build demands (`requires`).
    pub rules: Rules,
    /// `requires`: build requirements.
    pub requires: Vec<Demand>,
}

/// The types of a container's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerOrigin {
    /// `docker-image`.
    Image {
        /// `image`.
        image: At<String>,
    },
    /// `build`: a local directory that is built.
    Build(Build),
    /// `git`: a checkout that is built.
    Git {
        /// `url`.
        url: At<String>,
        /// `ref` or `rev`, `tag`, `branch`.
        reference: Option<(GitRefKind, At<String>)>,
        /// How it is built; its `path` is the checkout's.
        build: Build,
    },
}

/// How an image is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// `path`: the context.
    pub path: At<String>,
    /// `dockerfile`, from `path`.
    pub dockerfile: Option<At<String>>,
    /// `target`.
    pub target: Option<At<String>>,
    /// `args`.
    pub args: Vec<(At<String>, Node)>,
    /// `image`: name of what is built.
    pub image: Option<At<String>>,
    /// `build: {…}`: other build keys of Compose, as they stand.
    pub other: Vec<(At<String>, Node)>,
}

/// An entry of `deployment_profiles`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: At<Name>,
    /// `mode: external` with its `external`; `None` for `managed`.
    pub external: Option<External>,
    /// The layer above the source's.
    pub layer: Layer,
    /// What only holds in this profile.
    pub rules: Rules,
}

/// `external`: the address of something that runs elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// Where it stands.
    pub place: Place,
    /// Its keys (`host`, `port`, …) in order.
    pub keys: Vec<(At<String>, At<String>)>,
}

/// An entry of `package_groups/` or `container_groups/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What every entry has.
    pub common: Common,
    /// Its id.
    pub id: GroupId,
    /// `strategy`.
    pub strategy: At<Strategy>,
    /// `min` (M-of-N).
    pub min: Option<At<u32>>,
    /// `max` (M-of-N).
    pub max: Option<At<u32>>,
    /// `default`: at most one for 1-of-N.
    pub default: Vec<At<Name>>,
    /// `comment`.
    pub comment: Option<At<String>>,
    /// `extends`: REGISTRY/NAME.
    pub extends: Option<At<String>>,
    /// `options`, in order.
    pub options: Vec<GroupOption>,
}

/// An option of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupOption {
    /// `name`.
    pub name: At<Name>,
    /// `description`.
    pub description: Option<At<String>>,
    /// What it says if the group takes part and it is present.
    pub rules: Rules,
    /// `deprecated`.
    pub deprecated: Option<Deprecated>,
}

/// `implies` and `conflicts`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// `implies`, in order.
    pub implies: Vec<Demand>,
    /// `conflicts`, in order.
    pub conflicts: Vec<Exclusion>,
}

impl Rules {
    /// A text with what is implied behind it, in brackets.
    pub fn beside(&self, about: Option<&str>) -> String {
        let demands = self.implies.iter().filter(|demand| demand.what != Demands::Removed);
        let targets: Vec<String> = demands.map(|demand| demand.target.value.to_string()).collect();
        match (about.map(str::trim), targets.is_empty()) {
            (about, true) => about.unwrap_or_default().to_owned(),
            (Some(about), false) => format!("{about} (implies {})", targets.join(", ")),
            (None, false) => format!("implies {}", targets.join(", ")),
        }
    }
}

/// One line of `implies` or `requires`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// On what, at its key.
    pub target: At<TargetId>,
    /// What is demanded; [`Demands::Removed`] (`false`) takes back what a lower layer demanded of the same target.
    pub what: Demands,
}

/// What an implication demands of its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demands {
    /// `false`.
    Removed,
    /// Of a component: that it is present, and this.
    Component {
        /// `version`.
        version: Option<At<VersionDemand>>,
        /// `mode`.
        mode: Option<At<DemandedMode>>,
        /// `profile`.
        profile: Option<At<Name>>,
        /// `params`.
        params: Vec<Param>,
        /// `extras`.
        extras: Vec<At<String>>,
    },
    /// Of a group: that it takes part, and this.
    Group {
        /// Options: 1-of-N one of these, M-of-N all of these; empty: none demanded.
        options: Vec<At<Name>>,
        /// `mode`.
        mode: Option<At<DemandedMode>>,
        /// `profile`.
        profile: Option<At<Name>>,
        /// `params`, for each of its present options.
        params: Vec<Param>,
    },
}

/// A demanded mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DemandedMode {
    /// This one.
    Is(Mode),
    /// `same`: that of the one that implies.
    Same,
}

/// A parameter: one or several values for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// The key.
    pub key: At<String>,
    /// The values, in order.
    pub values: Vec<At<String>>,
    /// Whether it is written as a list: as one that others may add to.
    pub listed: bool,
}

/// One line of `conflicts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// With what; a group stands for each of its options.
    pub target: At<TargetId>,
    /// Which releases.
    pub version: At<VersionDemand>,
}

/// Any entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Of `packages/`.
    Package(Box<Package>),
    /// Of `containers/`.
    Container(Box<Container>),
    /// Of `package_groups/` or `container_groups/`.
    Group(Box<Group>),
}

/// What a release says of itself, of whatever kind it is.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseFacts<'e> {
    /// Its version.
    pub version: &'e Version,
    /// What says that it is to be left.
    pub deprecated: Option<&'e Deprecated>,
    /// Whether only locks may still hold it.
    pub yanked: bool,
}

impl<'e> ReleaseFacts<'e> {
    fn of(
        version: Option<&'e At<Version>>,
        deprecated: Option<&'e Deprecated>,
        yanked: bool,
    ) -> Option<Self> {
        Some(Self { version: &version?.value, deprecated, yanked })
    }
}

impl Entry {
    /// What every entry has.
    pub fn common(&self) -> &Common {
        match self {
            Self::Package(e) => &e.common,
            Self::Container(e) => &e.common,
            Self::Group(e) => &e.common,
        }
    }

    /// The versions of its releases, in their order; a group has none.
    pub fn versions(&self) -> Vec<&Version> {
        self.releases().into_iter().map(|release| release.version).collect()
    }

    /// Its releases that have a version, in their order; a group has none.
    pub fn releases(&self) -> Vec<ReleaseFacts<'_>> {
        match self {
            Self::Package(e) => e
                .releases
                .iter()
                .filter_map(|r| {
                    ReleaseFacts::of(r.version.as_ref(), r.deprecated.as_ref(), r.yanked.is_some())
                })
                .collect(),
            Self::Container(e) => e
                .releases
                .iter()
                .filter_map(|r| {
                    ReleaseFacts::of(r.version.as_ref(), r.deprecated.as_ref(), r.yanked.is_some())
                })
                .collect(),
            Self::Group(_) => Vec::new(),
        }
    }

    /// All its `implies` and `conflicts`, wherever they stand.
    pub fn rules(&self) -> Vec<&Rules> {
        match self {
            Self::Package(e) => {
                let each = e.releases.iter().flat_map(|release| {
                    std::iter::once(&release.rules).chain(release.sources.iter().map(|source| &source.rules))
                });
                std::iter::once(&e.rules).chain(each).collect()
            }
            Self::Container(e) => {
                let each = e.releases.iter().flat_map(|release| {
                    std::iter::once(&release.rules).chain(release.sources.iter().map(|source| &source.rules))
                });
                let profiles = e.profiles.iter().map(|profile| &profile.rules);
                std::iter::once(&e.rules).chain(each).chain(profiles).collect()
            }
            Self::Group(e) => e.options.iter().map(|option| &option.rules).collect(),
        }
    }

    /// The id under which it is found.
    pub fn id(&self) -> TargetId {
        match self {
            Self::Package(e) => {
                TargetId::Component(ComponentId::new(crate::names::Kind::Package, &e.common.name.value))
            }
            Self::Container(e) => {
                TargetId::Component(ComponentId::new(crate::names::Kind::Container, &e.common.name.value))
            }
            Self::Group(e) => TargetId::Group(e.id.clone()),
        }
    }
}
