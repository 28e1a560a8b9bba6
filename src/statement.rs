//! Statements: one rule with its place, the unit that explanations speak in.
//!
//! Owns: what a manifest line or a registry rule can say, as data; its `Display` is the sentence. Refuses: encoding
//! (that is `compile`), and showing snippets (that is the voice).

use std::fmt;

use crate::container::held::HostPorts;
use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::Place;
use crate::pyproject::List;
use crate::registry::DemandedMode;
use crate::version::{Version, VersionDemand};

/// One rule with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where it is written; `None` for what holds by itself (a component has one release, mode and profile).
    pub place: Option<Place>,
    /// What it says.
    pub claim: Claim,
}

/// Who says something: the subject of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// `hsm.yaml`.
    Manifest,
    /// A component.
    Component(ComponentId),
    /// An option of a group.
    Option(GroupId, Name),
}

/// What there is for a demand on the version of a component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Offered {
    /// A release that will do.
    #[default]
    Enough,
    /// Only these releases, and none of them will do.
    Only(Vec<Version>),
    /// A container whose release has no version at all.
    Unversioned,
}

/// What an implication, a dependency or a build requirement demands, besides that its target is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Demanded {
    /// Which releases; `None`: any.
    pub version: Option<VersionDemand>,
    /// What there is for that.
    pub offered: Offered,
    /// Which mode.
    pub mode: Option<DemandedMode>,
    /// Which profile.
    pub profile: Option<Name>,
    /// The profiles that there are, when that one is none of them.
    pub instead: Option<Vec<Name>>,
    /// Of a group: which options.
    pub options: Vec<Name>,
    /// Of a group: whether one of these options is enough (1-of-N).
    pub one_of: bool,
}

/// Who holds something that nobody else can hold at the same time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A container.
    Component(ComponentId),
    /// A service of the user's own Compose files.
    Own(String),
}

/// What only one running container can hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// Ports of the host.
    Ports(HostPorts),
    /// A container's name.
    ContainerName(String),
    /// A service's name.
    ServiceName(String),
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The manifest lists a component.
    Wants(ComponentId),
    /// The manifest names a group.
    Uses(GroupId),
    /// The manifest selects an option.
    Selects(GroupId, Name),
    /// The manifest keeps an option out.
    Excludes(GroupId, Name),
    /// A pin of the manifest on a version, with what there is for it.
    PinsVersion(ComponentId, VersionDemand, Offered),
    /// A pin of the manifest on a mode.
    PinsMode(ComponentId, Mode),
    /// A pin of the manifest on a profile.
    PinsProfile(ComponentId, Name),
    /// A group's line in the manifest gives its options a mode.
    GroupMode(GroupId, Mode),
    /// A group's line in the manifest gives its options a profile.
    GroupProfile(GroupId, Name),
    /// Every component has to be in this mode (`--require-mode`).
    RequiresMode(Mode),
    /// A group takes exactly one of its options.
    TakesOne(GroupId),
    /// A group takes at least `min` and at most `max` of its options.
    TakesBetween {
        /// Which group.
        group: GroupId,
        /// The least number.
        min: u32,
        /// The greatest number.
        max: u32,
    },
    /// An implication.
    Implies {
        /// Who implies.
        by: Origin,
        /// What.
        target: TargetId,
        /// In which form.
        demand: Demanded,
    },
    /// `depends_on`.
    DependsOn(ComponentId, TargetId),
    /// A build requirement of a source.
    Requires {
        /// Whose source.
        by: ComponentId,
        /// In which mode.
        mode: Mode,
        /// What it requires.
        target: TargetId,
        /// In which form.
        demand: Demanded,
    },
    /// A source uses the image of another container (`${HSM_IMAGE.…}`).
    UsesImage(ComponentId, ComponentId),
    /// A conflict.
    Conflicts {
        /// Who conflicts.
        by: Origin,
        /// With what.
        target: TargetId,
        /// With which releases of it.
        version: VersionDemand,
    },
    /// A package needs a distribution, as its line says.
    NeedsDistribution(ComponentId, String),
    /// A package is installed as this.
    Installs(ComponentId, String),
    /// The version that a checkout says of itself.
    Checkout(ComponentId, Version),
    /// A line of the user's in `pyproject.toml`.
    FileRequires(List, String),
    /// A package needs a Python.
    NeedsPython(ComponentId, String),
    /// The Pythons that the project supports, as the user says.
    ProjectPython(String),
    /// Two packages are one distribution.
    SameDistribution(ComponentId, ComponentId, String),
    /// Somebody holds what only one can hold.
    Holds {
        /// Who.
        by: Holder,
        /// What.
        what: Thing,
    },
    /// A container publishes host ports for several of its own.
    HoldsTwice(ComponentId, HostPorts),
    /// A release is not to be chosen.
    Yanked(ComponentId, Version, String),
    /// There is no source: of a release or of any, in a mode or in any.
    NoSource {
        /// Of what.
        component: ComponentId,
        /// Of which release; `None`: of any.
        release: Option<Version>,
        /// In which mode; `None`: in any.
        mode: Option<Mode>,
    },
    /// Containers that would have to start, or images that would have to be built, each before the other.
    Ring {
        /// Each waits for the next, the last for the first.
        members: Vec<ComponentId>,
        /// Whether it is about builds.
        built: bool,
    },
    /// No registry has an entry of that name.
    NotFound(TargetId),
    /// The entry cannot be read.
    Broken(TargetId),
}

impl Claim {
    /// Whether it speaks of an entry that is missing or cannot be read.
    pub fn is_about_a_broken_entry(&self) -> bool {
        matches!(self, Self::NotFound(_) | Self::Broken(_))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str("hsm.yaml"),
            Self::Component(id) => id.fmt(f),
            Self::Option(group, name) => write!(f, "`{name}` (option of {group})"),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Component(id) => id.fmt(f),
            Self::Own(service) => write!(f, "the service `{service}` of compose_files"),
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ports(ports) => write!(f, "publishes {ports}"),
            Self::ContainerName(name) => write!(f, "has the container name `{name}`"),
            Self::ServiceName(name) => write!(f, "has the service name `{name}`"),
        }
    }
}

/// A target with what is demanded of it: `container:qdrant >=1.9 in dev mode`, `container_group:infra: qdrant`.
struct Wanted<'a>(&'a TargetId, &'a Demanded);

/// What is demanded, without of whom and without what there is: `>=1.9 in dev mode`, `qdrant or milvus`.
pub fn demand_words(demand: &Demanded) -> String {
    Form(demand).to_string().trim_start_matches([':', ' ']).to_owned()
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(target, demand) = self;
        write!(f, "{target}{}", Form(demand))?;
        match demand.instead.as_deref() {
            None => {}
            Some([]) => write!(f, ", but {target} has no profiles")?,
            Some(there) => {
                let names: Vec<&str> = there.iter().map(Name::as_str).collect();
                write!(f, ", but the profiles of {target} are {}", names.join(", "))?;
            }
        }
        but(f, target, demand.version.as_ref(), &demand.offered)
    }
}

/// In which form something is demanded, to stand behind its name.
struct Form<'a>(&'a Demanded);

impl fmt::Display for Form<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let demand = self.0;
        for (i, option) in demand.options.iter().enumerate() {
            let between = match i {
                0 => ": ",
                _ if demand.one_of => " or ",
                _ => " and ",
            };
            write!(f, "{between}{option}")?;
        }
        if let Some(version) = demand.version.as_ref().filter(|v| !v.is_any()) {
            write!(f, " {version}")?;
        }
        match demand.mode {
            None => {}
            Some(DemandedMode::Is(mode)) => write!(f, " in {mode} mode")?,
            Some(DemandedMode::Same) => f.write_str(" in the same mode")?,
        }
        match &demand.profile {
            Some(profile) => write!(f, " with the profile {profile}"),
            None => Ok(()),
        }
    }
}

/// Says which releases there are, when none of them will do.
fn but(
    f: &mut fmt::Formatter<'_>,
    of: &dyn fmt::Display,
    demand: Option<&VersionDemand>,
    offered: &Offered,
) -> fmt::Result {
    let releases = match offered {
        Offered::Enough => return Ok(()),
        Offered::Unversioned => return write!(f, ", but {of} has no version: only `*` allows it"),
        Offered::Only(releases) => releases,
    };
    match releases.as_slice() {
        [one] => write!(f, ", but the only release of {of} is {one}")?,
        _ => write!(f, ", but the releases of {of} are {}", some(releases))?,
    }
    // `1.0rc1` looks like something that `>=1.0` should allow
    let nearly = |release: &&Version| {
        release.final_release().is_some_and(|last| demand.is_some_and(|demand| demand.allows(&last)))
    };
    if let Some((early, last)) =
        releases.iter().find(nearly).and_then(|early| Some((early, early.final_release()?)))
    {
        write!(f, " ({early} is a pre-release: it comes before {last})")?;
    }
    // a tag such as `7.2-alpine` looks like a version that `<8` should allow
    let tags: Vec<Version> = releases.iter().filter(|r| r.is_opaque()).cloned().collect();
    match tags.as_slice() {
        [] => Ok(()),
        [one] => write!(f, " ({one} is no PEP 440 version: only `*` or `{one}` itself allows it)"),
        more => {
            write!(f, " ({} are no PEP 440 versions: only `*` or the very text of one allows it)", some(more))
        }
    }
}

/// How many releases are named before the rest is only counted.
const NAMED: usize = 8;

/// The first releases by name, the others by number.
fn some(releases: &[Version]) -> String {
    let names: Vec<&str> = releases.iter().take(NAMED).map(Version::as_str).collect();
    match releases.len() - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wants(id) => write!(f, "hsm.yaml wants {id}"),
            Self::Uses(group) => write!(f, "hsm.yaml uses {group}"),
            Self::Selects(group, name) => write!(f, "hsm.yaml selects `{name}` in {group}"),
            Self::Excludes(group, name) => write!(f, "hsm.yaml excludes `{name}` from {group}"),
            Self::PinsVersion(id, version, offered) => {
                write!(f, "hsm.yaml pins {id} to {version}")?;
                but(f, id, Some(version), offered)
            }
            Self::PinsMode(id, mode) => write!(f, "hsm.yaml pins {id} to {mode} mode"),
            Self::PinsProfile(id, profile) => write!(f, "hsm.yaml pins {id} to the profile {profile}"),
            Self::GroupMode(group, mode) => write!(f, "hsm.yaml puts the options of {group} in {mode} mode"),
            Self::GroupProfile(group, profile) => {
                write!(f, "hsm.yaml gives the options of {group} the profile {profile}")
            }
            Self::RequiresMode(mode) => {
                write!(f, "every component has to be in {mode} mode (--require-mode)")
            }
            Self::TakesOne(group) => write!(f, "{group} takes exactly one of its options"),
            Self::TakesBetween { group, min, max } if min == max => {
                write!(f, "{group} takes exactly {min} of its options")
            }
            Self::TakesBetween { group, min, max } => {
                write!(f, "{group} takes at least {min} and at most {max} of its options")
            }
            Self::Implies { by, target, demand } => write!(f, "{by} implies {}", Wanted(target, demand)),
            Self::DependsOn(by, target) => write!(f, "{by} depends on {target}"),
            Self::Requires { by, mode, target, demand } => {
                write!(f, "the {mode} source of {by} requires {}", Wanted(target, demand))
            }
            Self::UsesImage(by, of) => write!(f, "{by} is built with the image of {of}"),
            Self::Conflicts { by, target, version } if version.is_any() => {
                write!(f, "{by} conflicts with {target}")
            }
            Self::Conflicts { by, target, version } => write!(f, "{by} conflicts with {target} {version}"),
            Self::NeedsDistribution(id, line) => write!(f, "{id} requires {line}"),
            Self::Installs(id, line) => write!(f, "{id} installs {line}"),
            Self::Checkout(id, version) => write!(f, "the checkout of {id} is version {version}"),
            Self::FileRequires(list, line) => match list {
                List::Project => write!(f, "pyproject.toml requires {line}"),
                List::Extra(name) => write!(f, "the extra `{name}` in pyproject.toml requires {line}"),
                List::Group(name) => write!(f, "the group `{name}` in pyproject.toml requires {line}"),
                List::Constraints => write!(f, "pyproject.toml allows only {line}"),
            },
            Self::NeedsPython(id, pythons) => write!(f, "{id} needs Python {pythons}"),
            Self::ProjectPython(pythons) => write!(f, "the project supports Python {pythons}"),
            Self::SameDistribution(a, b, name) => {
                write!(
                    f,
                    "{a} and {b} are the same distribution ({name}), so only one of them can be present"
                )
            }
            Self::Holds { by, what } => write!(f, "{by} {what}"),
            Self::HoldsTwice(id, ports) => write!(f, "{id} publishes {ports} for several of its own ports"),
            Self::Yanked(id, version, why) => write!(f, "{id} {version} is yanked: {why}"),
            Self::NoSource { component, release, mode } => {
                component.fmt(f)?;
                if let Some(release) = release {
                    write!(f, " {release}")?;
                }
                match mode {
                    Some(mode) => write!(f, " has no {mode} source"),
                    None => f.write_str(" has no source"),
                }
            }
            Self::Ring { members, built } => {
                f.write_str(if *built { "images" } else { "containers" })?;
                f.write_str(if *built {
                    " cannot be built in a ring: "
                } else {
                    " cannot wait in a ring: "
                })?;
                for member in members {
                    write!(f, "{member} → ")?;
                }
                members.first().map_or(Ok(()), |first| first.fmt(f))
            }
            Self::NotFound(target) => write!(f, "no registry has an entry for {target}"),
            Self::Broken(target) => write!(f, "the entry of {target} cannot be read"),
        }
    }
}
