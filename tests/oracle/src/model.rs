//! A small project as data. Owns: what can be written. Refuses: how it is written, and what it means.

use std::collections::BTreeMap;
use std::fmt;

use crate::versions::{Spec, Version};

/// A name; all names of the generator are known beforehand.
pub type Name = &'static str;

/// Packages and containers; the ids of packages come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Kind {
    Package,
    Container,
}

/// `prod` or `dev`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Mode {
    Prod,
    Dev,
}

/// A component or a group, by kind and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Id {
    pub kind: Kind,
    pub name: Name,
}

/// What an implication or a conflict can name: components before groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Target {
    Component(Id),
    Group(Id),
}

/// Everything that a project consists of.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of the files")]
pub struct Project {
    pub mode: Option<Mode>,
    /// `--require-mode`.
    pub require_mode: bool,
    pub components: Vec<Component>,
    /// Entries that are there and cannot be read.
    pub broken: Vec<Id>,
    pub groups: Vec<Group>,
    pub items: Vec<Item>,
    pub lines: Vec<Line>,
    pub constraints: Vec<Constraint>,
    pub lock: Option<Lock>,
    /// Ports of the user's own Compose file.
    pub compose_ports: Vec<Port>,
    /// The user's own `pyproject.toml`.
    pub pyproject: Option<Pyproject>,
    /// The version in the `pyproject.toml` of a package's checkout: `None` is a dynamic one.
    pub checkouts: BTreeMap<Id, Option<Version>>,
}

/// The user's own `pyproject.toml`.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Pyproject {
    pub requires_python: Option<PythonRange>,
    /// `[project] dependencies`.
    pub dependencies: Vec<Requirement>,
    /// `[project.optional-dependencies] more`.
    pub extra: Vec<Requirement>,
    /// `[dependency-groups] dev`.
    pub group: Vec<Requirement>,
}

/// A line `NAME SPEC; python_version >= "3.BOUND"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of a line")]
pub struct Requirement {
    pub name: Name,
    pub spec: Spec,
    pub marker: Option<Marker>,
}

/// `python_version >= "3.N"`, or `<`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Marker {
    From(u32),
    Below(u32),
}

/// Minor versions of Python 3, from and below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub struct PythonRange {
    pub from: u32,
    pub below: Option<u32>,
}

/// `hsm.lock`, as far as it matters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Lock {
    pub components: BTreeMap<Id, Version>,
    pub groups: BTreeMap<Id, Vec<Name>>,
}

/// An entry of a component.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Component {
    pub id: Id,
    /// The own release, whose sources the others inherit; without a version it stands for itself only if there are no
    /// others.
    pub version: Option<Version>,
    /// Whether the version is not written, but is the tag of the prod image.
    pub tagged: bool,
    pub yanked: bool,
    pub sources: [Option<Source>; 2],
    pub rules: Rules,
    pub layer: Layer,
    pub releases: Vec<Release>,
    pub profiles: Vec<Profile>,
    pub default_profile: Option<Name>,
    pub run: bool,
    /// Keys of `${HSM_PARAMS.key}` in `env`, each with or without a default.
    pub uses: Vec<(Name, bool)>,
    pub requires_python: Option<PythonRange>,
    pub dependencies: Vec<Requirement>,
}

/// A further release.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Release {
    pub version: Version,
    /// By mode: a source of its own instead of the inherited one.
    pub sources: [Inherited; 2],
    pub rules: Rules,
    pub layer: Layer,
    pub yanked: bool,
    pub deprecated: bool,
}

/// What a release does with the inherited source of a mode.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Inherited {
    #[default]
    Kept,
    Replaced(Source),
    GivenUp,
}

/// Where code or an image comes from.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Source {
    pub rules: Rules,
    pub layer: Layer,
    pub requires: Vec<Demand>,
    /// `${HSM_IMAGE.NAME}` in a build's args.
    pub image_of: Option<Name>,
    /// The distribution, when it has another name (prod of a package).
    pub distribution: Option<Name>,
}

/// A deployment profile.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Profile {
    pub name: Name,
    pub external: bool,
    pub rules: Rules,
    pub layer: Layer,
}

/// What can stand at every layer of a container.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Layer {
    pub ports: Vec<Port>,
    pub container_name: Option<Name>,
    pub service_name: Option<Name>,
    /// Names as they are written, with the kind prefix where it is needed.
    pub depends_on: Vec<Depends>,
}

/// A line of `depends_on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of a line")]
pub struct Depends {
    pub target: Target,
    /// Written as a mapping with a condition.
    pub long: bool,
}

/// An item of `ports`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of a line")]
pub struct Port {
    pub target: u16,
    /// How many ports in a row.
    pub count: u16,
    pub udp: bool,
    pub host: Host,
    /// An address of the host; none is every one.
    pub address: Option<Name>,
    /// Written in Compose's long form.
    pub long: bool,
}

/// The host's side of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Host {
    Nothing,
    At(u16),
    Variable,
    /// `{target, remove: true}`.
    Removed,
}

/// `implies` and `conflicts`.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Rules {
    pub implies: Vec<Demand>,
    pub conflicts: Vec<Conflict>,
}

/// A line of `implies` or `requires`.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the parts of a line")]
pub struct Demand {
    pub target: Target,
    pub what: What,
}

/// What is demanded of a target.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct What {
    /// `false`: the demand of a lower layer is gone.
    pub removed: bool,
    pub version: Option<Spec>,
    pub mode: Option<Wanted>,
    pub profile: Option<Name>,
    /// Of a group.
    pub options: Vec<Name>,
    pub params: Vec<(Name, Vec<Name>)>,
}

/// A demanded mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Wanted {
    Is(Mode),
    Same,
}

/// A line of `conflicts`.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the parts of a line")]
pub struct Conflict {
    pub target: Target,
    pub version: Spec,
}

/// An entry of a group.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Group {
    pub id: Id,
    /// M-of-N, and not 1-of-N.
    pub many: bool,
    pub min: Option<usize>,
    pub max: Option<usize>,
    pub default: Vec<Name>,
    pub options: Vec<Choice>,
}

/// An option of a group.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Choice {
    pub name: Name,
    pub rules: Rules,
    pub deprecated: bool,
}

/// An item of `packages`, `containers` or a selection.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Item {
    pub id: Id,
    pub version: Option<Spec>,
    pub mode: Option<Mode>,
    pub profile: Option<Name>,
    pub ports: Vec<Port>,
    pub marker: Option<Marker>,
}

/// A group's line in the manifest.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Line {
    pub group: Id,
    pub selection: Option<Vec<Item>>,
    pub exclude: Vec<Name>,
    pub mode: Option<Mode>,
    pub profile: Option<Name>,
}

/// A line of `constraints`.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the keys of the file")]
pub struct Constraint {
    pub id: Id,
    pub version: Option<Spec>,
    pub mode: Option<Mode>,
    pub profile: Option<Name>,
}

impl Project {
    /// The entry of a component, if there is one that can be read.
    pub fn component(&self, id: Id) -> Option<&Component> {
        self.components.iter().find(|c| c.id == id).filter(|_| !self.broken.contains(&id))
    }

    /// The entry of a group.
    pub fn group(&self, id: Id) -> Option<&Group> {
        self.groups.iter().find(|g| g.id == id)
    }

    /// Every item of the manifest: those of selections, then those that are listed.
    pub fn all_items(&self) -> impl Iterator<Item = &Item> {
        self.lines.iter().flat_map(|line| line.selection.iter().flatten()).chain(&self.items)
    }

    /// The preferred mode.
    pub fn preferred(&self) -> Mode {
        self.mode.unwrap_or(Mode::Prod)
    }
}

impl Id {
    /// A container, or a group of containers.
    pub const fn container(name: Name) -> Self {
        Self { kind: Kind::Container, name }
    }

    /// A package, or a group of packages.
    pub const fn package(name: Name) -> Self {
        Self { kind: Kind::Package, name }
    }
}

impl Kind {
    /// `container` or `package`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Package => "package",
        }
    }
}

impl Mode {
    /// `prod` or `dev`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Dev => "dev",
        }
    }

    /// Both.
    pub const BOTH: [Self; 2] = [Self::Prod, Self::Dev];
}

impl Target {
    /// Where it stands among others.
    pub fn turn(self) -> (bool, Kind, Name) {
        match self {
            Self::Component(id) => (false, id.kind, id.name),
            Self::Group(id) => (true, id.kind, id.name),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.text(), self.name)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Component(id) => id.fmt(f),
            Self::Group(id) => write!(f, "{}_group:{}", id.kind.text(), id.name),
        }
    }
}
