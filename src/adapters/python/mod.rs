//! What every package manager for Python needs: what the stack asks of it, whatever the tool.
//!
//! Owns: requirement lines, where each package comes from, and sources on this machine. Refuses: files and tools of any one
//! package manager.

pub(super) mod demand;
pub(super) mod local;
#[cfg(test)]
pub(super) mod samples;
pub(super) mod stamp;
mod trouble;

pub(super) use demand::{Asked, Demand, Origin, distribution};
pub(super) use local::Local;
pub(super) use trouble::Trouble;

use std::path::Path;

use super::{Programs, Trouble as AdapterTrouble};
use crate::diagnostic::{Diagnostic, Severity};
use crate::names::Name;
use crate::place::Place;
use crate::stack::Stack;
use crate::world::World;

/// How programs of an environment of Python are found; what `bin/activate` does.
pub(super) fn programs(root: &Path, environment: &Path, world: &dyn World) -> Option<Programs> {
    let root = world.canonical(root).ok()?;
    let environment = root.join(environment);
    let dir = environment.join("bin");
    world.stat(&dir).ok()??;
    Some(Programs {
        dir,
        env: vec![("VIRTUAL_ENV".to_owned(), environment.to_string_lossy().into_owned())],
        env_remove: vec!["PYTHONHOME".to_owned()],
    })
}

/// An error at a place.
pub(super) fn wrong(place: Place, trouble: impl Into<AdapterTrouble>) -> Diagnostic {
    Diagnostic::error(place, trouble.into().into())
}

/// A finding without a place in a file that was read.
pub(super) fn general(severity: Severity, trouble: impl Into<AdapterTrouble>) -> Diagnostic {
    Diagnostic { severity, ..Diagnostic::general(trouble.into().into()) }
}

/// The distribution that a name means; `None` for a container's name.
pub(super) fn meant(name: &str, stack: &Stack) -> Option<String> {
    let (kind, bare) = name.split_once(':').unwrap_or(("", name));
    let same =
        |a: &str| Name::parse(a).is_ok_and(|a| Name::parse(bare).is_ok_and(|b| a.pep503() == b.pep503()));
    if kind == "container" {
        return None;
    }
    if let Some(package) = stack.packages.values().find(|p| same(p.name.as_str())) {
        return Some(distribution(package).to_owned());
    }
    let container = stack.containers.keys().any(|id| id.name().as_str() == bare);
    (kind == "package" || !container).then(|| bare.to_owned())
}

/// The words of a text, as names of distributions are compared, sorted: those that are such names are among them.
pub(super) fn names_in(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut words: Vec<String> = text
        .split(|c: char| !is_part(c))
        .filter_map(|word| Name::parse(word.trim_matches(['.', '-', '_'])).ok())
        .map(|name| name.pep503().to_string())
        .collect();
    words.sort();
    words.dedup();
    words
}
