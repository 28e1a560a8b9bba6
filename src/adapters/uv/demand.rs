//! From the stack to what the Python project has to ask for: requirement lines, sources, settings, Pythons.
//!
//! Owns: what a package in its mode becomes for uv. Every resolved package is a direct requirement: a source reaches
//! only those. Refuses: knowing what `pyproject.toml` holds.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::local::{self, Local};
use super::settings::{self, Setting};
use super::splice::quoted;
use super::trouble::Trouble;
use crate::adapters::Trouble as AdapterTrouble;
use crate::diagnostic::Diagnostic;
use crate::manifest::{GitRefKind, Mode};
use crate::names::Name;
use crate::place::{At, Place};
use crate::registry::PackageOrigin;
use crate::requirement::{Marker, Requirement, Specifiers, Versions};
use crate::stack::{PackageInStack, Stack};
use crate::version::VersionDemand;

/// What the stack asks of the Python project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Demand {
    /// Requirement lines, by distribution.
    pub(super) lines: Vec<Asked>,
    /// Sources, by distribution: how each is written.
    pub(super) sources: Vec<(String, String)>,
    /// Components that come from the index by their name alone.
    pub(super) unsourced: Vec<String>,
    /// Settings that entries pass through.
    pub(super) settings: Vec<Setting>,
    /// What the components say about Python, joined.
    pub(super) python: Specifiers,
    /// Sources on this machine.
    pub(super) locals: Vec<Local>,
}

/// A requirement line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The line.
    pub(super) requirement: Requirement,
    /// Whether it comes from somewhere where uv compares no versions.
    pub(super) sourced: bool,
    /// Whether it is a component of the stack, and not a dependency of an entry.
    pub(super) component: bool,
}

/// An error at a place.
pub(super) fn wrong(place: Place, trouble: impl Into<Trouble>) -> Diagnostic {
    Diagnostic::error(place, AdapterTrouble::Uv(trouble.into()).into())
}

/// What a stack asks for; all that is wrong with it otherwise.
pub(super) fn of(stack: &Stack) -> Result<Demand, Vec<Diagnostic>> {
    let mut demand = Demand::default();
    let mut errors = Vec::new();
    for package in stack.packages.values() {
        match component(package, &mut demand) {
            Ok(asked) => demand.lines.push(asked),
            Err(error) => errors.push(*error),
        }
        python(package, &mut demand, &mut errors);
        if let Some(node) = &package.uv {
            match settings::of(node) {
                Ok(found) => settings::join(&mut demand.settings, found, node.place, &mut errors),
                Err(error) => errors.push(*error),
            }
        }
    }
    for package in stack.packages.values() {
        for line in &package.dependencies {
            dependency(line, package.marker.as_ref(), &mut demand.lines, &mut errors);
        }
    }
    demand.lines.sort_by(|a, b| sort_key(&a.requirement).cmp(&sort_key(&b.requirement)));
    demand.sources.sort();
    if errors.is_empty() { Ok(demand) } else { Err(errors) }
}

fn sort_key(r: &Requirement) -> (&Name, &Option<String>) {
    (&r.name, &r.marker)
}

/// The distribution of a package: its source may name another one.
pub(super) fn distribution(package: &PackageInStack) -> &str {
    let name = package.origin.value.name();
    name.map_or(package.name.as_str(), |n| n.value.as_str())
}

fn component(package: &PackageInStack, demand: &mut Demand) -> Result<Asked, Box<Diagnostic>> {
    let place = package.origin.place;
    let name = distribution(package);
    let mut line = Requirement::parse(name).map_err(|e| Box::new(wrong(place, e)))?;
    line.extras = extras(package);
    if let Some(marker) = &package.marker {
        line.restrict(&marker.value).map_err(|e| Box::new(wrong(marker.place, e)))?;
    }
    let source = match &package.origin.value {
        PackageOrigin::Pypi { version, index, .. } => {
            line.specifiers = specifiers(package, version.as_ref())?;
            index.as_ref().map(|index| format!("{{ index = {} }}", quoted(&named_index(index, demand))))
        }
        origin => Some(source(package, origin, demand)?),
    };
    let sourced = !matches!(package.origin.value, PackageOrigin::Pypi { .. });
    match source {
        Some(source) => demand.sources.push((line.name.as_str().to_owned(), source)),
        None => demand.unsourced.push(line.name.as_str().to_owned()),
    }
    Ok(Asked { requirement: line, sourced, component: true })
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
    let of = |d: &At<VersionDemand>| Specifiers::of_demand(&d.value).map_err(|e| Box::new(wrong(d.place, e)));
    let own = version.map(of).transpose()?;
    match (&package.release, own) {
        (Some(_), Some(own)) => Ok(own),
        (Some(release), None) => Specifiers::exactly(release).map_err(|e| Box::new(wrong(place, e))),
        (None, own) => floating(package, own.unwrap_or_default()),
    }
}

/// All demands on a package without a release. The solve has seen to it that they leave a version, unless the user
/// overrides them anyway.
fn floating(package: &PackageInStack, own: Specifiers) -> Result<Specifiers, Box<Diagnostic>> {
    let of = |d: &At<VersionDemand>| Specifiers::of_demand(&d.value).map_err(|e| Box::new(wrong(d.place, e)));
    let mut joined = own;
    for demand in &package.demands {
        joined = joined.and(&of(demand)?);
    }
    for excluded in &package.excluded {
        joined = joined.without(&of(excluded)?);
    }
    Ok(joined)
}

/// How a source that is not an index is written.
fn source(
    package: &PackageInStack,
    origin: &PackageOrigin,
    demand: &mut Demand,
) -> Result<String, Box<Diagnostic>> {
    match origin {
        PackageOrigin::Pypi { .. } => Ok(String::new()),
        PackageOrigin::Git { path, url, reference, .. } if package.mode == Mode::Dev => {
            let Some(path) = path else {
                let name = package.name.as_str().to_owned();
                return Err(Box::new(wrong(package.origin.place, Trouble::NoCheckout { name })));
            };
            let how = local::clone_command(url, reference.as_ref(), &package.root, path);
            Ok(directory(local::of(package, path, Some(how), Some(true))?, demand))
        }
        PackageOrigin::Git { url, reference, subdirectory, .. } => {
            let mut text = format!("{{ git = {}", quoted(url.value.trim_start_matches("git+")));
            if let Some((kind, value)) = reference {
                let key = match kind {
                    GitRefKind::Branch => "branch",
                    GitRefKind::Tag => "tag",
                    GitRefKind::Rev => "rev",
                };
                let _infallible = write!(text, ", {key} = {}", quoted(&value.value));
            }
            if let Some(sub) = subdirectory {
                let _infallible = write!(text, ", subdirectory = {}", quoted(&sub.value));
            }
            text.push_str(" }");
            Ok(text)
        }
        PackageOrigin::Local { path, editable, .. } => {
            let editable = editable.as_ref().map_or(package.mode == Mode::Dev, |e| e.value);
            Ok(directory(local::of(package, path, None, Some(editable))?, demand))
        }
        PackageOrigin::Url { url, .. } => Ok(format!("{{ url = {} }}", quoted(&url.value))),
        PackageOrigin::Workspace { .. } => Ok("{ workspace = true }".to_owned()),
    }
}

fn directory(local: Local, demand: &mut Demand) -> String {
    let path = quoted(&local.path);
    let text = match local.editable {
        Some(editable) => format!("{{ path = {path}, editable = {editable} }}"),
        None => format!("{{ path = {path} }}"),
    };
    demand.locals.push(local);
    text
}

/// The name of an index: a URL gets one made from its host and path, and its definition with it.
fn named_index(index: &At<String>, demand: &mut Demand) -> String {
    let Some((_, rest)) = index.value.split_once("://") else { return index.value.clone() };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let mut name = String::new();
    for c in rest.trim_end_matches('/').chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches('-').to_owned();
    let setting = settings::index(&name, &index.value);
    if !demand.settings.contains(&setting) {
        demand.settings.push(setting);
    }
    name
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
        Err(error) => return errors.push(wrong(line.place, error)),
    };
    if let Some(marker) = marker
        && let Err(error) = new.restrict(&marker.value)
    {
        return errors.push(wrong(marker.place, error));
    }
    let same = |a: &&mut Asked| a.requirement.name == new.name && a.requirement.marker == new.marker;
    for old in lines.iter_mut().filter(|a| a.requirement.name == new.name) {
        let elsewhere = new.url.is_some() && (old.component || old.requirement.url.is_some());
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
    lines.push(Asked { requirement: new, sourced: false, component: false });
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
            Err(error) => errors.push(wrong(text.place, error)),
        }
    }
}
