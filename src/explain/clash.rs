//! The clash: what a conflict comes down to, in one sentence.
//!
//! Owns: finding the point on which the statements of a conflict cannot agree, and its sentence. Refuses: finding the
//! statements.

use std::collections::BTreeSet;
use std::fmt;

use crate::load::Inputs;
use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::registry::DemandedMode;
use crate::requirement::Requirement;
use crate::statement::{Claim, Demanded, Holder, Offered, Origin, Statement, Thing};

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
        /// Those that are demanded.
        demanded: Vec<Name>,
    },
    /// Fewer options are left than a group needs.
    TooFew {
        /// Which group.
        group: GroupId,
        /// How many it needs.
        min: u32,
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
    /// An option is demanded that its group does not have.
    NoOption(GroupId, Name),
    /// An option is demanded and excluded.
    Excluded(GroupId, Name),
    /// Two packages are one distribution.
    SameDistribution(ComponentId, ComponentId, String),
    /// No version of a Python distribution satisfies all that is demanded of it.
    Distribution(String),
    /// The project supports a Python that a package does not.
    Python(ComponentId, String),
    /// A component has no release that a single demand allows.
    NoRelease(ComponentId, String),
    /// What is demanded of the releases of a component has none in common.
    Releases(ComponentId, Vec<String>),
    /// A component would have to be in both modes.
    BothModes(ComponentId),
    /// A component has no source for the mode that it would have to be in.
    NoSource(ComponentId, Option<Mode>),
    /// A component would have to have two profiles.
    Profiles(ComponentId, Vec<Name>),
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
        missing(&claims)
            .or_else(|| no_option(inputs, &claims))
            .or_else(|| ring(&claims))
            .or_else(|| held(&claims))
            .or_else(|| python(&claims))
            .or_else(|| same_distribution(&claims))
            .or_else(|| count(inputs, &claims, claims.last()?))
            .or_else(|| excluded(&claims))
            .or_else(|| group_mode(&claims))
            .or_else(|| on_one(inputs, &claims))
            .or_else(|| apart(&claims))
            .or_else(|| claims.iter().rev().find_map(|claim| count(inputs, &claims, claim)))
            .or_else(|| tied_down(&claims))
            .unwrap_or(Self::Statements)
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
    let mut what = None;
    for claim in claims {
        if let Claim::Holds { by, what: thing } = claim {
            if !holders.contains(by) {
                holders.push(by.clone());
            }
            // the narrower of two ranges says more: the one that comes last is as good as any
            what = Some(thing.clone());
        }
    }
    let what = what.filter(|_| holders.len() > 1)?;
    Some(Clash::Held { holders, what })
}

fn python(claims: &[&Claim]) -> Option<Clash> {
    let project = claims.iter().any(|claim| matches!(claim, Claim::ProjectPython(_)));
    let needs = claims.iter().find_map(|claim| match claim {
        Claim::NeedsPython(id, pythons) => Some(Clash::Python(id.clone(), pythons.clone())),
        _ => None,
    });
    if project && needs.is_some() {
        return needs;
    }
    let mut lines = claims.iter().rev().filter_map(|claim| match claim {
        Claim::NeedsDistribution(_, line) | Claim::Installs(_, line) | Claim::FileRequires(_, line) => {
            Requirement::parse(line).ok().map(|read| read.name.to_string())
        }
        _ => None,
    });
    lines.next().map(Clash::Distribution)
}

fn same_distribution(claims: &[&Claim]) -> Option<Clash> {
    claims.iter().find_map(|claim| match claim {
        Claim::SameDistribution(a, b, name) => {
            Some(Clash::SameDistribution(a.clone(), b.clone(), name.clone()))
        }
        _ => None,
    })
}

/// An option that somebody demands of a group without it, where nobody else demands another one.
fn no_option(inputs: &Inputs, claims: &[&Claim]) -> Option<Clash> {
    claims.iter().find_map(|claim| {
        let (Claim::Implies { target: TargetId::Group(group), demand, .. }
        | Claim::Requires { target: TargetId::Group(group), demand, .. }) = claim
        else {
            return None;
        };
        let entry = inputs.group(group)?;
        let has =
            |name: &Name| entry.options.iter().any(|o| group.option(&o.name.value) == group.option(name));
        let missing = demand.options.iter().find(|name| !has(name))?;
        let all_missing = !demand.options.iter().any(has);
        (all_missing || !demand.one_of).then(|| Clash::NoOption(group.clone(), missing.clone()))
    })
}

/// What a group's count clashes with.
fn count(inputs: &Inputs, claims: &[&Claim], of: &Claim) -> Option<Clash> {
    let (group, min, max) = match of {
        Claim::TakesOne(group) => (group, 1, None),
        Claim::TakesBetween { group, min, max } => (group, *min, Some(*max)),
        _ => return None,
    };
    let options = inputs.group(group).into_iter().flat_map(|entry| &entry.options);
    let by_component: Vec<(ComponentId, &Name)> =
        options.map(|option| (group.option(&option.name.value), &option.name.value)).collect();
    let mut demanded: Vec<Name> = Vec::new();
    for claim in claims {
        for (id, name) in &by_component {
            if demands_presence(claim, id, group, name) && !demanded.contains(name) {
                demanded.push((*name).clone());
            }
        }
    }
    if demanded.len() > max.unwrap_or(1) as usize {
        return Some(Clash::TooMany { group: group.clone(), max, demanded });
    }
    let mode = claims.iter().find_map(|claim| match claim {
        Claim::GroupMode(of, mode) if of == group => Some(*mode),
        _ => None,
    });
    Some(match mode {
        Some(mode) => Clash::NoOptionInMode(group.clone(), mode),
        None => Clash::TooFew { group: group.clone(), min },
    })
}

/// Whether a claim demands that a component is there, as an option of a group or by itself.
fn demands_presence(claim: &Claim, id: &ComponentId, group: &GroupId, option: &Name) -> bool {
    let is_target = |target: &TargetId| match target {
        TargetId::Component(target) => target == id,
        TargetId::Group(_) => false,
    };
    let is_option = |target: &TargetId, demand: &Demanded| match target {
        TargetId::Component(target) => target == id,
        TargetId::Group(target) => {
            let named = demand.options.iter().any(|name| group.option(name) == group.option(option));
            target == group && named && (!demand.one_of || demand.options.len() == 1)
        }
    };
    match claim {
        Claim::Wants(wanted) => wanted == id,
        Claim::Selects(selected, name) => selected == group && group.option(name) == *id,
        Claim::Implies { target, demand, .. } | Claim::Requires { target, demand, .. } => {
            is_option(target, demand)
        }
        Claim::DependsOn(_, target) => is_target(target),
        Claim::UsesImage(_, of) => of == id,
        _ => false,
    }
}

fn excluded(claims: &[&Claim]) -> Option<Clash> {
    claims.iter().find_map(|claim| match claim {
        Claim::Excludes(group, name) => Some(Clash::Excluded(group.clone(), name.clone())),
        _ => None,
    })
}

fn group_mode(claims: &[&Claim]) -> Option<Clash> {
    match claims.last()? {
        Claim::GroupMode(group, mode) => Some(Clash::NoOptionInMode(group.clone(), *mode)),
        _ => None,
    }
}

/// What is demanded of a component besides that it is there.
#[derive(Default)]
struct Tied {
    versions: Vec<String>,
    /// The demands that no release satisfies by itself.
    empty: Vec<String>,
    modes: BTreeSet<Mode>,
    profiles: Vec<Name>,
    no_profile: Option<Name>,
    no_source: Option<Clash>,
    yanked: Option<String>,
    demands: usize,
}

/// The component on which the last statement that ties one down speaks, and what its demands cannot agree on.
fn on_one(inputs: &Inputs, claims: &[&Claim]) -> Option<Clash> {
    let mut subjects: Vec<&ComponentId> = Vec::new();
    for claim in claims {
        if let Some(id) = ties(claim) {
            subjects.retain(|known| *known != id);
            subjects.push(id);
        }
    }
    // the one that is tied down the most, the last of several
    let most = subjects.iter().map(|id| tied(inputs, claims, id).demands).max()?;
    let id = subjects.into_iter().rev().find(|id| tied(inputs, claims, id).demands == most)?;
    let tied = tied(inputs, claims, id);
    if let Some(version) = tied.empty.first() {
        return Some(Clash::NoRelease(id.clone(), version.clone()));
    }
    if let Some(version) = tied.yanked.filter(|_| tied.versions.len() < 2) {
        return Some(Clash::Yanked(id.clone(), version));
    }
    if let Some(profile) = tied.no_profile {
        return Some(Clash::NoProfile(id.clone(), profile));
    }
    if tied.modes.len() > 1 {
        return Some(Clash::BothModes(id.clone()));
    }
    if tied.no_source.is_some() {
        return tied.no_source;
    }
    if tied.profiles.len() > 1 {
        return Some(Clash::Profiles(id.clone(), tied.profiles));
    }
    if tied.versions.len() > 1 {
        return Some(Clash::Releases(id.clone(), tied.versions));
    }
    None
}

/// That what is demanded of a component cannot hold together, where nothing better can be said.
fn tied_down(claims: &[&Claim]) -> Option<Clash> {
    claims.iter().rev().find_map(|claim| ties(claim)).map(|id| Clash::Demands(id.clone()))
}

/// The component that a claim ties down.
fn ties(claim: &Claim) -> Option<&ComponentId> {
    match claim {
        Claim::PinsVersion(id, ..)
        | Claim::PinsMode(id, _)
        | Claim::PinsProfile(id, _)
        | Claim::Yanked(id, ..)
        | Claim::NoSource { component: id, .. } => Some(id),
        Claim::Implies { target: TargetId::Component(id), demand, .. }
        | Claim::Requires { target: TargetId::Component(id), demand, .. } => {
            (demand.version.is_some() || demand.mode.is_some() || demand.profile.is_some()).then_some(id)
        }
        Claim::Conflicts { target: TargetId::Component(id), version, .. } => {
            (!version.is_any()).then_some(id)
        }
        _ => None,
    }
}

fn tied(inputs: &Inputs, claims: &[&Claim], id: &ComponentId) -> Tied {
    let mut tied = Tied::default();
    let version = |tied: &mut Tied, text: String, offered: &Offered| {
        if *offered != Offered::Enough {
            tied.empty.push(text.clone());
        }
        if !tied.versions.contains(&text) {
            tied.versions.push(text);
        }
    };
    let is_option = |group: &GroupId| {
        let options = inputs.group(group).into_iter().flat_map(|entry| &entry.options);
        options.map(|option| group.option(&option.name.value)).any(|option| option == *id)
    };
    for claim in claims {
        let before = tied.demands;
        tied.demands += 1;
        match claim {
            Claim::PinsVersion(of, demand, offered) if of == id => {
                version(&mut tied, demand.to_string(), offered);
            }
            Claim::PinsMode(of, mode) if of == id => {
                tied.modes.insert(*mode);
            }
            Claim::GroupMode(group, mode) if is_option(group) => {
                tied.modes.insert(*mode);
            }
            Claim::RequiresMode(mode) => {
                tied.modes.insert(*mode);
            }
            Claim::PinsProfile(of, profile) if of == id => tied.profiles.push(profile.clone()),
            Claim::GroupProfile(group, profile) if is_option(group) => tied.profiles.push(profile.clone()),
            Claim::Yanked(of, release, _) if of == id => tied.yanked = Some(release.to_string()),
            Claim::NoSource { component, mode, .. } if component == id => {
                tied.no_source = Some(Clash::NoSource(id.clone(), *mode));
            }
            Claim::Implies { target: TargetId::Component(of), demand, .. }
            | Claim::Requires { target: TargetId::Component(of), demand, .. }
                if of == id =>
            {
                tied.demands = before;
                if let Some(text) = demand.version.as_ref().filter(|version| !version.is_any()) {
                    tied.demands = before + 1;
                    version(&mut tied, text.to_string(), &demand.offered);
                }
                if let Some(DemandedMode::Is(mode)) = demand.mode {
                    tied.demands = before + 1;
                    tied.modes.insert(mode);
                }
                if let Some(profile) = &demand.profile {
                    tied.demands = before + 1;
                    tied.profiles.push(profile.clone());
                    if demand.instead.is_some() {
                        tied.no_profile = Some(profile.clone());
                    }
                }
            }
            _ => tied.demands = before,
        }
    }
    tied.profiles.sort();
    tied.profiles.dedup();
    tied
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

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(target) => write!(f, "{target} is needed, but no registry has an entry for it"),
            Self::Broken(target) => write!(f, "{target} is needed, but its entry cannot be read"),
            Self::Ring { members, built } => {
                let what = if *built { "be built" } else { "start" };
                write!(f, "{} would each have to {what} before the other", list(members, "and"))
            }
            Self::TooMany { group, max: None, demanded } => {
                write!(f, "{group} takes exactly one option, but {} are demanded", quoted(demanded))
            }
            Self::TooMany { group, max: Some(max), demanded } => {
                let options = if *max == 1 { "option" } else { "options" };
                write!(f, "{group} takes at most {max} {options}, but {} are demanded", quoted(demanded))
            }
            Self::TooFew { group, min: 1 } => {
                write!(f, "{group} needs one of its options, but none of them can be there")
            }
            Self::TooFew { group, min } => {
                write!(f, "{group} needs {min} of its options, but fewer can be there together")
            }
            Self::Apart { by, target, version } if version.is_empty() => {
                write!(f, "{by} and {target} cannot be in one stack")
            }
            Self::Apart { by, target, version } => {
                write!(f, "{by} and {target} {version} cannot be in one stack")
            }
            Self::Held { holders, what } => {
                let both = if holders.len() == 2 { "both " } else { "" };
                let names = list(holders, "and");
                match what {
                    Thing::Ports(ports) => write!(f, "{names} {both}publish {ports}"),
                    Thing::ContainerName(name) => {
                        write!(f, "{names} {both}have the container name `{name}`")
                    }
                    Thing::ServiceName(name) => write!(f, "{names} {both}have the service name `{name}`"),
                }
            }
            Self::NoOption(group, name) => {
                write!(f, "option `{name}` of {group} is needed, but the group has no such option")
            }
            Self::Excluded(group, name) => {
                write!(f, "`{name}` of {group} is needed, but hsm.yaml excludes it")
            }
            Self::SameDistribution(a, b, name) => {
                write!(f, "{a} and {b} are both the distribution {name}, and only one can be installed")
            }
            Self::Distribution(name) => {
                write!(f, "no version of {name} satisfies all that is required of it")
            }
            Self::Python(id, pythons) => {
                write!(f, "the project supports Pythons that {id} does not: it needs {pythons}")
            }
            Self::NoRelease(id, version) => write!(f, "{id} has no release that `{version}` allows"),
            Self::Releases(id, versions) => {
                let both = if versions.len() == 2 { "both " } else { "" };
                let versions: Vec<String> = versions.iter().map(|v| format!("`{v}`")).collect();
                write!(f, "no release of {id} satisfies {both}{}", list(&versions, "and"))
            }
            Self::BothModes(id) => write!(f, "{id} would have to be in dev mode and in prod mode at once"),
            Self::NoSource(id, Some(mode)) => {
                write!(f, "{id} would have to be in {mode} mode, but has no source for it")
            }
            Self::NoSource(id, None) => write!(f, "{id} is needed, but has no source"),
            Self::Profiles(id, profiles) => {
                write!(f, "{id} would have to have the profiles {} at once", quoted(profiles))
            }
            Self::NoProfile(id, profile) => write!(f, "{id} has no profile `{profile}`, and it is demanded"),
            Self::NoOptionInMode(group, mode) => {
                write!(f, "no option of {group} that can be there has a {mode} source")
            }
            Self::Yanked(id, release) => write!(f, "{id} {release} is yanked, and nothing else will do"),
            Self::Demands(id) => write!(f, "what is demanded of {id} cannot hold together"),
            Self::Statements => f.write_str("no stack satisfies these statements together"),
        }
    }
}

/// How many names of a list are said.
const NAMED: usize = 6;

/// `a`, `a and b`, `a, b and c`, `a, b, … and 9 more`.
fn list<T: fmt::Display>(all: &[T], last: &str) -> String {
    let mut names: Vec<String> = all.iter().take(NAMED).map(T::to_string).collect();
    if all.len() > NAMED {
        names.push(format!("{} more", all.len() - NAMED));
    }
    match names.split_last() {
        None => String::new(),
        Some((one, [])) => one.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
    }
}

fn quoted(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    list(&names, "and")
}
