//! The clash: what a conflict comes down to, in one sentence.
//!
//! Owns: finding the point on which the statements of a conflict cannot agree (`group`: on a group's options, `tied`: on
//! one component), and its sentence (`words`). Refuses: finding the statements.

mod group;
mod tied;
mod words;

use crate::container::held::{Address, HostPorts};
use crate::load::Inputs;
use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::requirement::Requirement;
use crate::statement::{Claim, Holder, Origin, Statement, Thing};
use crate::version::Version;

/// Who demands something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// The manifest, a component, an option.
    Origin(Origin),
    /// The manifest with what is laid over it.
    Project,
    /// `--require-mode`.
    Flag,
    /// `pyproject.toml`.
    Pyproject,
}

impl Party {
    /// Whoever writes a line of the manifest.
    fn manifest(inputs: &Inputs) -> Self {
        if inputs.options.overlays.is_empty() { Self::Origin(Origin::Manifest) } else { Self::Project }
    }

    fn component(id: &ComponentId) -> Self {
        Self::Origin(Origin::Component(id.clone()))
    }
}

/// What statements cannot agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clash {
    /// No registry has an entry that is needed.
    NotFound(TargetId),
    /// An entry that is needed cannot be read.
    Broken(TargetId),
    /// Starts or builds in a ring.
    Ring {
        /// Each waits for the next, the last for the first.
        members: Vec<ComponentId>,
        /// Whether it is about builds.
        built: bool,
    },
    /// More options are demanded than a group takes.
    TooMany {
        /// Which group.
        group: GroupId,
        /// How many it takes at most; `None`: exactly one.
        max: Option<u32>,
        /// Those that are demanded, and by whom.
        demanded: Vec<(Name, Party)>,
    },
    /// Of a group that takes one option, one of each of these lists is demanded.
    Lists {
        /// Which group.
        group: GroupId,
        /// The lists: they have none in common.
        lists: Vec<Vec<Name>>,
    },
    /// Fewer options are left than a group needs.
    TooFew {
        /// Which group.
        group: GroupId,
        /// How many it needs.
        min: u32,
        /// Those that the manifest excludes.
        excluded: Vec<Name>,
    },
    /// One says that it goes with no other.
    Apart {
        /// Who says so.
        by: Origin,
        /// With what.
        target: TargetId,
        /// With which releases; empty: with any.
        version: String,
    },
    /// Only one can hold it.
    Held {
        /// Who holds it.
        holders: Vec<Holder>,
        /// What.
        what: Thing,
    },
    /// A container publishes host ports for several of its own.
    HeldTwice(ComponentId, HostPorts),
    /// An option is demanded that its group does not have; and those that it has.
    NoOption(GroupId, Name, Vec<Name>),
    /// An option is demanded and excluded.
    Excluded(GroupId, Name),
    /// Two packages are one distribution.
    SameDistribution(ComponentId, ComponentId, String),
    /// No version of a Python distribution satisfies all that is demanded of it: these specifiers.
    Distribution(String, Vec<(String, Party)>),
    /// The project supports a Python that a package does not.
    Python {
        /// Which package.
        component: ComponentId,
        /// What it needs.
        needs: String,
        /// What the project supports.
        project: String,
    },
    /// Packages have no Python in common: each with what it needs.
    Pythons(Vec<(ComponentId, String)>),
    /// The version that a checkout says of itself is not among those that are demanded.
    Checkout(ComponentId, Version, Vec<(String, Party)>),
    /// A component has no release that a single demand allows.
    NoRelease(ComponentId, String, Party),
    /// What is demanded of the releases of a component has none in common.
    Releases(ComponentId, Vec<(String, Party)>),
    /// No release that these demands allow has a source for the mode that it would have to be in.
    NoReleaseInMode(ComponentId, Vec<(String, Party)>, Mode),
    /// The options of a group would have to be in both modes.
    GroupModes(GroupId),
    /// A component would have to be in both modes.
    BothModes(ComponentId, Vec<(Mode, Party)>),
    /// A component has no source for the mode that it would have to be in.
    NoSource(ComponentId, Option<Mode>),
    /// A component would have to have two profiles.
    Profiles(ComponentId, Vec<(Name, Party)>),
    /// A component does not have a profile that is demanded.
    NoProfile(ComponentId, Name),
    /// No option that is present has the mode of the group's line.
    NoOptionInMode(GroupId, Mode),
    /// A release is yanked.
    Yanked(ComponentId, String),
    /// What is demanded of one component cannot hold together.
    Demands(ComponentId),
    /// None of these: the statements say it best.
    Statements,
}

impl Clash {
    /// The clash of statements in the order of their argument.
    pub fn of(inputs: &Inputs, statements: &[Statement]) -> Self {
        let claims: Vec<&Claim> = statements.iter().map(|statement| &statement.claim).collect();
        group::none_left(inputs, &claims)
            .or_else(|| missing(&claims))
            .or_else(|| group::no_option(inputs, &claims))
            .or_else(|| ring(&claims))
            .or_else(|| held(&claims))
            .or_else(|| python(&claims))
            .or_else(|| distribution(&claims))
            .or_else(|| same_distribution(&claims))
            .or_else(|| group::count(inputs, &claims, claims.last()?))
            .or_else(|| group::excluded(inputs, &claims))
            .or_else(|| tied::both_modes(inputs, &claims))
            .or_else(|| group::both_modes(&claims))
            .or_else(|| group::mode(&claims))
            .or_else(|| tied::on_one(inputs, &claims))
            .or_else(|| apart(&claims))
            .or_else(|| claims.iter().rev().find_map(|claim| group::count(inputs, &claims, claim)))
            .or_else(|| group::demanded_mode(inputs, &claims))
            .or_else(|| tied::demands(&claims))
            .unwrap_or(Self::Statements)
    }
}

impl Clash {
    /// The components that it is about.
    pub(super) fn components(&self, inputs: &Inputs) -> Vec<ComponentId> {
        let of = |group: &GroupId, names: &[Name]| names.iter().map(|name| group.option(name)).collect();
        let component = |target: &TargetId| match target {
            TargetId::Component(id) => Some(id.clone()),
            TargetId::Group(_) => None,
        };
        match self {
            Self::NotFound(target) | Self::Broken(target) => component(target).into_iter().collect(),
            Self::Ring { members, .. } => members.clone(),
            Self::TooMany { group, demanded, .. } => {
                demanded.iter().map(|(name, _)| group.option(name)).collect()
            }
            Self::Lists { group, lists } => of(group, &lists.concat()),
            Self::Excluded(group, name) => vec![group.option(name)],
            Self::Apart { by, target, .. } => {
                let by = match by {
                    Origin::Component(id) => Some(id.clone()),
                    Origin::Option(group, name) => Some(group.option(name)),
                    Origin::Manifest => None,
                };
                by.into_iter().chain(component(target)).collect()
            }
            Self::Held { holders, .. } => {
                let ids = holders.iter().filter_map(|holder| match holder {
                    Holder::Component(id) => Some(id.clone()),
                    Holder::Own(_) => None,
                });
                ids.collect()
            }
            Self::SameDistribution(a, b, _) => vec![a.clone(), b.clone()],
            Self::Pythons(needs) => needs.iter().map(|(id, _)| id.clone()).collect(),
            Self::Python { component: id, .. }
            | Self::HeldTwice(id, _)
            | Self::Checkout(id, ..)
            | Self::NoRelease(id, ..)
            | Self::Releases(id, _)
            | Self::NoReleaseInMode(id, ..)
            | Self::BothModes(id, _)
            | Self::NoSource(id, _)
            | Self::Profiles(id, _)
            | Self::NoProfile(id, _)
            | Self::Yanked(id, _)
            | Self::Demands(id) => vec![id.clone()],
            Self::TooFew { group, .. } | Self::NoOptionInMode(group, _) | Self::GroupModes(group) => {
                group::options(inputs, group).into_iter().map(|(id, _)| id).collect()
            }
            Self::NoOption(..) | Self::Distribution(..) | Self::Statements => Vec::new(),
        }
    }
}

fn missing(claims: &[&Claim]) -> Option<Clash> {
    claims.iter().find_map(|claim| match claim {
        Claim::NotFound(target) => Some(Clash::NotFound(target.clone())),
        Claim::Broken(target) => Some(Clash::Broken(target.clone())),
        _ => None,
    })
}

fn ring(claims: &[&Claim]) -> Option<Clash> {
    claims.iter().find_map(|claim| match claim {
        Claim::Ring { members, built } => Some(Clash::Ring { members: members.clone(), built: *built }),
        _ => None,
    })
}

fn held(claims: &[&Claim]) -> Option<Clash> {
    let mut holders: Vec<Holder> = Vec::new();
    let mut what: Option<Thing> = None;
    for claim in claims {
        match claim {
            Claim::Holds { by, what: thing } => {
                if !holders.contains(by) {
                    holders.push(by.clone());
                }
                what = Some(what.map_or_else(|| thing.clone(), |held| both(held, thing)));
            }
            Claim::HoldsTwice(id, ports) => return Some(Clash::HeldTwice(id.clone(), ports.clone())),
            _ => {}
        }
    }
    let what = what.filter(|_| holders.len() > 1)?;
    Some(Clash::Held { holders, what })
}

/// What two claims to things have in common: of two ranges of ports those that are in both.
fn both(one: Thing, other: &Thing) -> Thing {
    match (one, other) {
        (Thing::Ports(one), Thing::Ports(other)) => Thing::Ports(HostPorts {
            first: one.first.max(other.first),
            last: one.last.min(other.last),
            address: if one.address == Address::Every { other.address.clone() } else { one.address },
            protocol: one.protocol,
        }),
        (one, _) => one,
    }
}

fn python(claims: &[&Claim]) -> Option<Clash> {
    let mut needs: Vec<(ComponentId, String)> = Vec::new();
    for claim in claims {
        if let Claim::NeedsPython(id, pythons) = claim {
            needs.push((id.clone(), pythons.clone()));
        }
    }
    let project = claims.iter().find_map(|claim| match claim {
        Claim::ProjectPython(pythons) => Some(pythons.clone()),
        _ => None,
    });
    match project {
        Some(project) => {
            let (component, needs) = needs.into_iter().next()?;
            Some(Clash::Python { component, needs, project })
        }
        None => (needs.len() > 1).then_some(Clash::Pythons(needs)),
    }
}

/// The distribution that several lines speak of, the last one said, and what they say of its version.
fn distribution(claims: &[&Claim]) -> Option<Clash> {
    let lines = claims.iter().filter_map(|claim| match claim {
        Claim::NeedsDistribution(id, line) | Claim::Installs(id, line) => {
            Some((Requirement::parse(line).ok()?, Party::component(id)))
        }
        Claim::FileRequires(_, line) => Some((Requirement::parse(line).ok()?, Party::Pyproject)),
        _ => None,
    });
    let lines: Vec<(Requirement, Party)> = lines.collect();
    let name = lines.last()?.0.name.to_string();
    let mut specifiers: Vec<(String, Party)> = Vec::new();
    for (read, by) in lines.into_iter().filter(|(read, _)| read.name.as_str() == name) {
        let text = read.specifiers.to_string();
        if !text.is_empty() && !specifiers.iter().any(|(known, _)| *known == text) {
            specifiers.push((text, by));
        }
    }
    Some(Clash::Distribution(name, specifiers))
}

fn same_distribution(claims: &[&Claim]) -> Option<Clash> {
    claims.iter().find_map(|claim| match claim {
        Claim::SameDistribution(a, b, name) => {
            Some(Clash::SameDistribution(a.clone(), b.clone(), name.clone()))
        }
        _ => None,
    })
}

fn apart(claims: &[&Claim]) -> Option<Clash> {
    claims.iter().rev().find_map(|claim| match claim {
        Claim::Conflicts { by, target, version } => {
            let version = if version.is_any() { String::new() } else { version.to_string() };
            Some(Clash::Apart { by: by.clone(), target: target.clone(), version })
        }
        _ => None,
    })
}
