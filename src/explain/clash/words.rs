//! The sentence of a clash.
//!
//! Owns: the words. Refuses: finding what clashes.

use std::fmt;

use super::{Clash, Party};
use crate::names::Name;
use crate::statement::{Origin, Thing};

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(target) => write!(f, "{target} is needed, but no registry has an entry for it"),
            Self::Broken(target) => write!(f, "{target} is needed, but its entry cannot be read"),
            Self::Ring { members, built } => {
                let what = if *built { "be built" } else { "start" };
                write!(f, "{} would each have to {what} before the other", list(members, "and"))
            }
            Self::TooMany { group, max, demanded } => {
                let takes = match max {
                    None => "exactly one option".to_owned(),
                    Some(1) => "at most 1 option".to_owned(),
                    Some(max) => format!("at most {max} options"),
                };
                write!(f, "{group} takes {takes}, but {} are demanded", by_parties(demanded))
            }
            Self::Lists { group, lists } => {
                let lists: Vec<String> = lists.iter().map(|names| one_of(names)).collect();
                write!(f, "{group} takes exactly one option, but {} are demanded", list(&lists, "and"))
            }
            Self::TooFew { group, min, excluded } => {
                let needs = if *min == 1 { "one".to_owned() } else { min.to_string() };
                write!(f, "{group} needs {needs} of its options, but {}", left(*min, excluded))
            }
            Self::Apart { by, target, version } if version.is_empty() => {
                write!(f, "{by} and {target} cannot be in one stack")
            }
            Self::Apart { by, target, version } => {
                write!(f, "{by} and {target} {version} cannot be in one stack")
            }
            Self::Held { holders, what } => {
                let both = if holders.len() == 2 { "both " } else { "" };
                write!(f, "{} {both}{}", list(holders, "and"), held(what))
            }
            Self::HeldTwice(id, ports) => write!(f, "{id} publishes {ports} for two of its own ports"),
            Self::NoOption(group, name, options) => {
                let options = quoted(options);
                write!(f, "`{name}` is demanded of {group}, which has no such option, only {options}")
            }
            Self::Excluded(group, name) => {
                write!(f, "`{name}` of {group} is needed, but hsm.yaml excludes it")
            }
            Self::SameDistribution(a, b, name) => {
                write!(f, "{a} and {b} are both the distribution {name}, and only one can be installed")
            }
            Self::Distribution(name, specifiers) if specifiers.is_empty() => {
                write!(f, "no version of {name} satisfies all that is required of it")
            }
            Self::Distribution(name, specifiers) => {
                write!(f, "no version of {name} satisfies {}", together(specifiers))
            }
            Self::Python { component, needs, project } => {
                write!(f, "the project supports Python {project}, but {component} needs Python {needs}")
            }
            Self::Pythons(needs) => {
                let each: Vec<String> = needs.iter().map(|(id, needs)| format!("{id} ({needs})")).collect();
                write!(f, "no Python will do for {}", together_as(&each))
            }
            Self::Checkout(id, version, demanded) => {
                write!(f, "the checkout of {id} is version {version}, which {}", allow(demanded, false))
            }
            Self::NoRelease(id, version, by) => {
                write!(f, "{id} has no release that {}", allow(&[(version, by.clone())], true))
            }
            Self::Releases(id, versions) => {
                write!(f, "no release of {id} satisfies {}", together(versions))
            }
            Self::NoReleaseInMode(id, versions, mode) => {
                write!(f, "no release of {id} that {} has a {mode} source", allow(versions, true))
            }
            Self::GroupModes(group) => {
                write!(f, "the options of {group} would have to be in dev mode and in prod mode at once")
            }
            Self::BothModes(id, modes) => {
                let modes: Vec<String> =
                    modes.iter().map(|(mode, by)| format!("in {mode} mode ({by})")).collect();
                write!(f, "{id} would have to be {} at once", list(&modes, "and"))
            }
            Self::NoSource(id, Some(mode)) => {
                write!(f, "{id} would have to be in {mode} mode, but has no source for it")
            }
            Self::NoSource(id, None) => write!(f, "{id} is needed, but has no source"),
            Self::Profiles(id, profiles) => {
                let profiles = by_parties(profiles);
                write!(f, "{id} would have to have the profiles {profiles} at once")
            }
            Self::NoProfile(id, profile) => {
                write!(f, "the profile `{profile}` is demanded of {id}, which has no such profile")
            }
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

/// `a` and `b`, each with who demands it, where all of them are to hold at once.
fn together(texts: &[(String, Party)]) -> String {
    let both = if texts.len() == 2 { "both " } else { "" };
    format!("{both}{}", by_parties(texts))
}

/// Each in its quotes, with who demands it, unless that is the same for all.
fn by_parties<T: fmt::Display>(all: &[(T, Party)]) -> String {
    let same = all.len() > 1 && all.iter().all(|(_, by)| all.first().is_some_and(|(_, first)| first == by));
    let text = |(what, by): &(T, Party)| if same { format!("`{what}`") } else { format!("`{what}` ({by})") };
    list(&all.iter().map(text).collect::<Vec<_>>(), "and")
}

/// Demands on a version that allow something, or do not.
fn allow<T: fmt::Display>(demanded: &[(T, Party)], are: bool) -> String {
    let allow = match (demanded.len(), are) {
        (1, true) => "allows",
        (1, false) => "does not allow",
        (_, true) => "allow",
        (_, false) => "do not allow",
    };
    match demanded {
        // that the project says so goes without saying
        [(one, Party::Project | Party::Origin(Origin::Manifest))] => format!("`{one}` {allow}"),
        _ => format!("{} {allow}", by_parties(demanded)),
    }
}

/// What is left of a group's options.
fn left(min: u32, excluded: &[Name]) -> String {
    match (excluded, min) {
        ([], 1) => "none of them can be there".to_owned(),
        ([], _) => "fewer can be there together".to_owned(),
        (names, _) => format!("hsm.yaml excludes {}", quoted(names)),
    }
}

fn held(what: &Thing) -> String {
    match what {
        Thing::Ports(ports) => format!("publish {ports}"),
        Thing::ContainerName(name) => format!("have the container name `{name}`"),
        Thing::ServiceName(name) => format!("have the service name `{name}`"),
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // the label of its line says of which group it is
            Self::Origin(Origin::Option(_, name)) => write!(f, "option `{name}`"),
            Self::Origin(origin) => origin.fmt(f),
            Self::Project => f.write_str("the project"),
            Self::Flag => f.write_str("--require-mode"),
            Self::Pyproject => f.write_str("pyproject.toml"),
        }
    }
}

fn together_as(texts: &[String]) -> String {
    let both = if texts.len() == 2 { "both " } else { "" };
    format!("{both}{}", list(texts, "and"))
}

fn one_of(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [one] => one.clone(),
        _ => format!("one of {}", list(&names, "or")),
    }
}
