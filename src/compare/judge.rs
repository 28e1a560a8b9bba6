//! What a difference does to projects: whether one that has a stack may lose it.
//!
//! Owns: the classes, key by key. Refuses: being clever where it can't be sure: then a difference breaks.
//!
//! Rules that are taken away, choices that are added and preferences that change leave every stack a stack. What is
//! pinned, demanded, exclusive or needed from outside is another matter.

use super::Breaks;
use super::tree::Difference;
use crate::names::TargetId;
use crate::registry::Entry;
use crate::requirement::{Requirement, Specifiers, Versions};
use crate::version::{Version, VersionDemand};

/// What has to be known beside the difference itself.
pub(super) struct Beside<'s> {
    /// The releases of a component on the new side; `None`: it is not there, or has no version.
    pub releases: &'s dyn Fn(&str) -> Option<Vec<Version>>,
    /// Whether a component was there before.
    pub was_there: &'s dyn Fn(&str) -> bool,
    /// The entry, as it was and as it is.
    pub entry: (&'s Entry, &'s Entry),
}

/// In which part of an entry a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope<'p> {
    /// In a release.
    Release(&'p str),
    /// In the source for a mode.
    Source(&'p str),
    /// In an option of a group.
    Option(&'p str),
    /// In a profile.
    Profile(&'p str),
}

/// The parts that a path leads through, and what is left of it.
pub(super) fn scopes(path: &[String]) -> (Vec<Scope<'_>>, Vec<&str>) {
    let mut path: &[String] = path;
    let mut scopes = Vec::new();
    while let [part, name, rest @ ..] = path {
        scopes.push(match part.as_str() {
            "releases" if name != "order" => Scope::Release(name),
            "sources" => Scope::Source(name),
            "options" if name != "order" && scopes.is_empty() => Scope::Option(name),
            "deployment_profiles" => Scope::Profile(name),
            _ => break,
        });
        path = rest;
    }
    (scopes, path.iter().map(String::as_str).collect())
}

/// Keys that break nothing, whatever becomes of them: what is for people, preferences, what only says where the same
/// thing is got, and what is passed on.
const FREE: [&str; 28] = [
    "description",
    "owner",
    "docs",
    "tags",
    "comment",
    "deprecated",
    "renamed_from",
    "default",
    "default_profile",
    "order",
    "url",
    "ref",
    "rev",
    "tag",
    "branch",
    "subdirectory",
    "lfs",
    "index",
    "editable",
    "package",
    "extras",
    "image",
    "dockerfile",
    "target",
    "args",
    "build",
    "volumes",
    "compose",
];

/// Why a difference may break a project; `None`: it can't.
pub(super) fn judge(difference: &Difference, beside: &Beside<'_>) -> Option<Breaks> {
    let (scopes, rest) = scopes(&difference.path);
    let is_frame = matches!(rest.first(), Some(&("orchestration" | "releases" | "options")));
    let rest = &rest[usize::from(is_frame)..];
    let was = difference.old.as_ref().map(|(text, _)| text.as_str());
    let is = difference.new.as_ref().map(|(text, _)| text.as_str());
    let gone = if is.is_none() { Some(Breaks::Gone) } else { None };
    let lowest = scopes.iter().all(|scope| matches!(scope, Scope::Option(_)));
    let more = was != is && is.is_some();
    let when = |breaks: bool, why: Breaks| breaks.then_some(why);
    match rest {
        // a release, a source, a profile
        [] => match scopes.last() {
            Some(Scope::Option(name)) if is.is_some() => option(name, beside),
            _ => gone,
        },
        [key, ..] if FREE.contains(key) || key.starts_with("x-") => None,
        ["network_aliases" | "entrypoints" | "external", ..] => gone,
        // what is demanded
        ["implies" | "requires", target, tail @ ..] => demand(target, tail, (was, is), beside),
        ["conflicts", target] => conflict(target, (was, is), beside),
        // above other layers it also takes away
        ["depends_on", ..] => when(!lowest || (more && was.is_none()), Breaks::Demands),
        ["requires_python"] => when(!is_wider(was, is, true), Breaks::Demands),
        ["dependencies", _] => when(is.is_some() && !is_wider_line(was, is), Breaks::Demands),
        ["version"] => when(!is_wider_source(&scopes, was, is), Breaks::Demands),
        ["min"] => when(number(is) > number(was), Breaks::Demands),
        ["max"] => when(number(is) < number(was), Breaks::Demands),
        // what only one can have
        ["name"] => Some(Breaks::Clash),
        ["ports" | "service_name" | "compose_project", ..] => gone.or(Some(Breaks::Clash)),
        ["container_name"] => when(!lowest || is.is_some(), Breaks::Clash),
        ["uv", ..] => when(more, Breaks::Clash),
        ["env", ..] => when(more && matches!(beside.entry.1, Entry::Package(_)), Breaks::Clash),
        // what has to be there
        ["needs" | "path", ..] => when(more, Breaks::Needs),
        ["type"] => when(matches!(is, Some("local" | "workspace" | "build")), Breaks::Needs),
        ["yanked"] => when(was.is_none(), Breaks::Gone),
        _ => Some(Breaks::Meaning),
    }
}

/// A new option takes a place in a group that has a limit, and may be in a project already.
fn option(name: &str, beside: &Beside<'_>) -> Option<Breaks> {
    let (Entry::Group(old), Entry::Group(new)) = beside.entry else { return Some(Breaks::Meaning) };
    let is_limited = |group: &crate::registry::Group| match group.strategy.value {
        crate::manifest::Strategy::One => true,
        crate::manifest::Strategy::Many => group.max.is_some(),
    };
    let id = format!("{}:{name}", new.id.kind);
    ((is_limited(old) || is_limited(new)) && (beside.was_there)(&id)).then_some(Breaks::Clash)
}

/// A line of `implies` or `requires`.
fn demand(
    target: &str,
    tail: &[&str],
    (was, is): (Option<&str>, Option<&str>),
    beside: &Beside<'_>,
) -> Option<Breaks> {
    let demands = Some(Breaks::Demands);
    match tail {
        // `false` takes back what a lower layer demands
        [] => match (was, is) {
            (Some("false"), _) => demands,
            (Some(was), None) if was.contains("params: ") => Some(Breaks::Needs),
            (_, None | Some("false")) => None,
            (_, Some(_)) => demands,
        },
        ["version"] => {
            let Ok(is) = VersionDemand::parse(is?) else { return demands };
            let was = was.map_or(Ok(VersionDemand::any()), VersionDemand::parse);
            let (Ok(was), Some(releases)) = (was, (beside.releases)(target)) else { return demands };
            let lost = releases.iter().any(|release| was.allows(release) && !is.allows(release));
            if lost { demands } else { None }
        }
        ["mode" | "profile" | "options"] => is.and(demands),
        ["params", ..] => is.is_none().then_some(Breaks::Needs),
        ["extras"] => None,
        _ => Some(Breaks::Meaning),
    }
}

/// A line of `conflicts`.
fn conflict(target: &str, (was, is): (Option<&str>, Option<&str>), beside: &Beside<'_>) -> Option<Breaks> {
    let demands = Some(Breaks::Demands);
    let (Some(was), Some(is)) = (was, is) else { return is.and(demands) };
    let (Ok(was), Ok(is)) = (VersionDemand::parse(was), VersionDemand::parse(is)) else { return demands };
    let is_group = matches!(TargetId::parse(target), Ok(TargetId::Group(_)));
    let Some(releases) = (beside.releases)(target).filter(|_| !is_group) else {
        return if was.is_any() { None } else { demands };
    };
    let lost = releases.iter().any(|release| !was.allows(release) && is.allows(release));
    if lost { demands } else { None }
}

/// Whether specifiers allow all that they allowed.
fn is_wider(was: Option<&str>, is: Option<&str>, python: bool) -> bool {
    let Some(is) = is else { return true };
    let Some(was) = was.map_or(Some(Specifiers::default()), |was| Specifiers::parse(was).ok()) else {
        return false;
    };
    let Ok(is) = Specifiers::parse(is) else { return false };
    let set = if python { Versions::of_python } else { Versions::of };
    set(&was).is_within(&set(&is))
}

/// The same of a published source, which without a specifier stands for its release.
fn is_wider_source(scopes: &[Scope<'_>], was: Option<&str>, is: Option<&str>) -> bool {
    let release = scopes.iter().find_map(|scope| match scope {
        Scope::Release(release) if !release.is_empty() => Some(format!("=={release}")),
        _ => None,
    });
    is_wider(was.or(release.as_deref()), is.or(release.as_deref()), false)
}

/// Whether a line of `dependencies` demands no more than it did.
fn is_wider_line(was: Option<&str>, is: Option<&str>) -> bool {
    let read = |line: Option<&str>| line.and_then(|line| Requirement::parse(line).ok());
    let (Some(was), Some(is)) = (read(was), read(is)) else { return false };
    let beside = |line: &Requirement| (line.url.clone(), line.marker.clone());
    beside(&was) == beside(&is) && Versions::of(&was.specifiers).is_within(&Versions::of(&is.specifiers))
}

/// A bound of a group.
fn number(text: Option<&str>) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(u64::MAX)
}
