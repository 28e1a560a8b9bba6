//! From the stack to what Python has to be asked for: requirement lines, origins, Pythons.
//!
//! Owns: what a package in its mode becomes, whatever the package manager. Every resolved package is a direct requirement:
//! where it comes from is said of those only. Refuses: how a package manager writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::local::{self, Local};
use super::{Trouble, wrong};
use crate::diagnostic::Diagnostic;
use crate::manifest::{GitRefKind, Mode};
use crate::names::{ComponentId, Name};
use crate::place::{At, Place};
use crate::pyproject;
use crate::registry::PackageOrigin;
use crate::requirement::{Marker, Requirement, RequirementError, Specifiers, Versions};
use crate::stack::{PackageInStack, Stack};
use crate::version::VersionDemand;

/// What the stack asks of Python.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::adapters) struct Demand {
    /// Requirement lines, by distribution.
    pub(in crate::adapters) lines: Vec<Asked>,
    /// Where each component comes from.
    pub(in crate::adapters) origins: BTreeMap<ComponentId, Origin>,
    /// What the components say about Python, joined.
    pub(in crate::adapters) python: Specifiers,
}

/// A requirement line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::adapters) struct Asked {
    /// The line.
    pub(in crate::adapters) requirement: Requirement,
    /// Whether it comes from somewhere where no versions are compared.
    pub(in crate::adapters) sourced: bool,
    /// The component of the stack that it is; `None`: a dependency of an entry.
    pub(in crate::adapters) component: Option<ComponentId>,
}

/// Where a component comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::adapters) enum Origin {
    /// An index: the one that is named (by a name or a URL), else the usual one.
    Index(Option<At<String>>),
    /// A repository.
    Git {
        /// Its address, without `git+`.
        url: String,
        /// What of it.
        reference: Option<(GitRefKind, String)>,
        /// Where in it the package lies.
        subdirectory: Option<String>,
        /// Whether its large files (Git LFS) are got too.
        lfs: bool,
    },
    /// This machine.
    Local(Local),
    /// A file at an address.
    Url {
        /// The address.
        url: String,
        /// Where in the archive the package lies.
        subdirectory: Option<String>,
    },
    /// The workspace around the project.
    Workspace,
}

impl Demand {
    /// The sources on this machine.
    pub(in crate::adapters) fn locals(&self) -> Vec<Local> {
        let locals = self.origins.values().filter_map(|origin| match origin {
            Origin::Local(local) => Some(local.clone()),
            _ => None,
        });
        locals.collect()
    }
}

/// What a stack asks for. What is wrong with it is added to `errors`.
pub(in crate::adapters) fn of(stack: &Stack, errors: &mut Vec<Diagnostic>) -> Demand {
    let mut demand = Demand::default();
    for (id, package) in &stack.packages {
        match component(id, package) {
            Ok((asked, origin)) => {
                demand.lines.push(asked);
                demand.origins.insert(id.clone(), origin);
            }
            Err(error) => errors.push(*error),
        }
        python(package, &mut demand, errors);
    }
    for package in stack.packages.values() {
        for line in &package.dependencies {
            dependency(line, package.marker.as_ref(), &mut demand.lines, errors);
        }
    }
    demand.lines.sort_by(|a, b| sort_key(&a.requirement).cmp(&sort_key(&b.requirement)));
    demand
}

fn sort_key(r: &Requirement) -> (&Name, &Option<String>) {
    (&r.name, &r.marker)
}

/// The distribution of a package: its source may name another one.
pub(in crate::adapters) fn distribution(package: &PackageInStack) -> &str {
    let name = package.origin.value.name();
    name.map_or(package.name.as_str(), |n| n.value.as_str())
}

fn component(id: &ComponentId, package: &PackageInStack) -> Result<(Asked, Origin), Box<Diagnostic>> {
    let place = package.origin.place;
    let name = distribution(package);
    let mut line = Requirement::parse(name).map_err(|e| Box::new(unread(place, e)))?;
    line.extras = extras(package);
    if let Some(marker) = &package.marker {
        line.restrict(&marker.value).map_err(|e| Box::new(unread(marker.place, e)))?;
    }
    if let PackageOrigin::Pypi { version, .. } = &package.origin.value {
        line.specifiers = specifiers(package, version.as_ref())?;
    }
    let origin = origin(package)?;
    let sourced = !matches!(origin, Origin::Index(_));
    Ok((Asked { requirement: line, sourced, component: Some(id.clone()) }, origin))
}

fn unread(place: Place, error: RequirementError) -> Diagnostic {
    wrong(place, Trouble::Requirement(error))
}

fn origin(package: &PackageInStack) -> Result<Origin, Box<Diagnostic>> {
    Ok(match &package.origin.value {
        PackageOrigin::Pypi { index, .. } => Origin::Index(index.clone()),
        PackageOrigin::Git { path, url, reference, subdirectory, .. } if package.mode == Mode::Dev => {
            let Some(path) = path else {
                let name = package.name.as_str().to_owned();
                return Err(Box::new(wrong(package.origin.place, Trouble::NoCheckout { name })));
            };
            let how = local::clone_command(url, reference.as_ref(), &package.root, path);
            let inside = pyproject::inside(path, subdirectory.as_ref());
            let checkout = (pyproject::joined(&package.root, &path.value), how);
            Origin::Local(local::of(package, &inside, Some(checkout), local::How::Editable(true))?)
        }
        PackageOrigin::Git { url, reference, subdirectory, lfs, .. } => Origin::Git {
            lfs: lfs.as_ref().is_some_and(|lfs| lfs.value),
            url: url.value.trim_start_matches("git+").to_owned(),
            reference: reference.as_ref().map(|(kind, name)| (*kind, name.value.clone())),
            subdirectory: subdirectory.as_ref().map(|sub| sub.value.clone()),
        },
        PackageOrigin::Local { path, editable, package: whole, .. } => {
            let how = local::how(package, path, editable.as_ref(), whole.as_ref())?;
            Origin::Local(local::of(package, path, None, how)?)
        }
        PackageOrigin::Url { url, subdirectory, .. } => {
            let is_wheel =
                Path::new(&url.value).extension().is_some_and(|end| end.eq_ignore_ascii_case("whl"));
            if let Some(sub) = subdirectory.as_ref().filter(|_| is_wheel) {
                let name = package.name.as_str().to_owned();
                let (one, other) = ("`subdirectory`", "the address of a wheel");
                return Err(Box::new(wrong(sub.place, Trouble::Keys { name, one, other })));
            }
            let subdirectory = subdirectory.as_ref().map(|sub| sub.value.clone());
            Origin::Url { url: url.value.clone(), subdirectory }
        }
        PackageOrigin::Workspace { .. } => Origin::Workspace,
    })
}

fn extras(package: &PackageInStack) -> Vec<String> {
    let own = match &package.origin.value {
        PackageOrigin::Pypi { extras, .. }
        | PackageOrigin::Git { extras, .. }
        | PackageOrigin::Local { extras, .. }
        | PackageOrigin::Url { extras, .. }
        | PackageOrigin::Workspace { extras, .. } => extras,
    };
    let all = own.iter().map(|e| &e.value).chain(&package.extras);
    let normal = |e: &String| Name::parse(e).map_or_else(|_| e.clone(), |n| n.pep503().as_str().to_owned());
    all.map(normal).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What a package from an index is asked for: the source's version, else the release; with neither, all demands on it.
fn specifiers(
    package: &PackageInStack,
    version: Option<&At<VersionDemand>>,
) -> Result<Specifiers, Box<Diagnostic>> {
    let place = package.origin.place;
    let of =
        |d: &At<VersionDemand>| Specifiers::of_demand(&d.value).map_err(|e| Box::new(unread(d.place, e)));
    let own = version.map(of).transpose()?;
    match (&package.release, own) {
        (Some(_), Some(own)) => Ok(own),
        (Some(release), None) => Specifiers::exactly(release).map_err(|e| Box::new(unread(place, e))),
        (None, own) => floating(package, own.unwrap_or_default()),
    }
}

/// All demands on a package without a release. The solve has seen to it that they leave a version, unless the user
/// overrides them anyway.
fn floating(package: &PackageInStack, own: Specifiers) -> Result<Specifiers, Box<Diagnostic>> {
    let of =
        |d: &At<VersionDemand>| Specifiers::of_demand(&d.value).map_err(|e| Box::new(unread(d.place, e)));
    let mut joined = own;
    for demand in &package.demands {
        joined = joined.and(&of(demand)?);
    }
    for excluded in &package.excluded {
        joined = joined.without(&of(excluded)?);
    }
    Ok(joined)
}

/// Takes in a line of an entry's `dependencies`, which holds where the entry's item does: lines for one distribution
/// become one where their markers are the same and something is left. The solve compared those that hold everywhere; of
/// the others uv tells.
fn dependency(
    line: &At<String>,
    marker: Option<&At<String>>,
    lines: &mut Vec<Asked>,
    errors: &mut Vec<Diagnostic>,
) {
    let mut new = match Requirement::parse(&line.value) {
        Ok(new) => new,
        Err(error) => return errors.push(unread(line.place, error)),
    };
    if let Some(marker) = marker
        && let Err(error) = new.restrict(&marker.value)
    {
        return errors.push(unread(marker.place, error));
    }
    let same = |a: &&mut Asked| a.requirement.name == new.name && a.requirement.marker == new.marker;
    for old in lines.iter_mut().filter(|a| a.requirement.name == new.name) {
        let elsewhere = new.url.is_some() && (old.component.is_some() || old.requirement.url.is_some());
        if elsewhere && old.requirement.url != new.url {
            let (name, first) = (new.name.as_str().to_owned(), old.requirement.to_string());
            return errors.push(wrong(
                line.place,
                Trouble::Contradiction { name, first, second: new.url.unwrap_or_default() },
            ));
        }
    }
    if let Some(old) = lines.iter_mut().filter(same).find(|old| old.takes(&new)) {
        old.requirement.extras = union(&old.requirement.extras, &new.extras);
        if !old.sourced {
            old.requirement.specifiers = old.requirement.specifiers.and(&new.specifiers);
        }
        return;
    }
    lines.push(Asked { requirement: new, sourced: false, component: None });
}

impl Asked {
    /// Whether a further line for the same distribution and with the same marker can become a part of it.
    fn takes(&self, new: &Requirement) -> bool {
        let (own, new_url) = (&self.requirement, &new.url);
        self.sourced || (own.url == *new_url && own.specifiers.and(&new.specifiers).is_possible())
    }
}

fn union(a: &[String], b: &[String]) -> Vec<String> {
    a.iter().chain(b).cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// What a component says about Python, for the `requires-python` of a file that hsm makes. That they have something in
/// common, and what is the user's inside of it, is for the solve to see. One that is only installed for some Pythons
/// does not bind the others.
fn python(package: &PackageInStack, demand: &mut Demand, errors: &mut Vec<Diagnostic>) {
    let marker = package.marker.as_ref().and_then(|marker| Marker::parse(&marker.value).ok());
    let everywhere = marker.is_none_or(|marker| marker.pythons() == Versions::all());
    for text in &package.requires_python {
        match Specifiers::parse(&text.value) {
            Ok(next) if everywhere => demand.python = demand.python.and(&next),
            Ok(_) => {}
            Err(error) => errors.push(unread(text.place, error)),
        }
    }
}
