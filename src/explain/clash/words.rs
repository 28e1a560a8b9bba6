//! The sentence of a clash.
//!
//! Owns: the words. Refuses: finding what clashes.

use std::fmt;

use super::Clash;
use crate::names::Name;
use crate::statement::Thing;

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
            Self::Lists { group, lists } => {
                let lists: Vec<String> = lists.iter().map(|names| one_of(names)).collect();
                write!(f, "{group} takes exactly one option, but {} are demanded", list(&lists, "and"))
            }
            Self::TooFew { group, min, excluded } => {
                let needs = if *min == 1 { "one".to_owned() } else { min.to_string() };
                write!(f, "{group} needs {needs} of its options, but ")?;
                match (excluded.as_slice(), *min) {
                    ([], 1) => f.write_str("none of them can be there"),
                    ([], _) => f.write_str("fewer can be there together"),
                    (names, _) => write!(f, "hsm.yaml excludes {}", quoted(names)),
                }
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
                let allowed: Vec<String> = demanded.iter().map(|text| format!("`{text}`")).collect();
                let not = if allowed.len() == 1 { "does not allow" } else { "do not allow" };
                write!(f, "the checkout of {id} is version {version}, which {} {not}", list(&allowed, "and"))
            }
            Self::NoRelease(id, version) => write!(f, "{id} has no release that `{version}` allows"),
            Self::Releases(id, versions) => {
                write!(f, "no release of {id} satisfies {}", together(versions))
            }
            Self::BothModes(id) => write!(f, "{id} would have to be in dev mode and in prod mode at once"),
            Self::NoSource(id, Some(mode)) => {
                write!(f, "{id} would have to be in {mode} mode, but has no source for it")
            }
            Self::NoSource(id, None) => write!(f, "{id} is needed, but has no source"),
            Self::Profiles(id, profiles) => {
                write!(f, "{id} would have to have the profiles {} at once", quoted(profiles))
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

/// `a` and `b`, where all of them are to hold at once.
fn together(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    together_as(&texts)
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
