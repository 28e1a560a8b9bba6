//! What is careless in entries: read off each of them, without the solver.
//!
//! Owns: which images and sources are not pinned, params that pass by each other, and keys that Compose does not have.
//! Refuses: judging what only a project can know: a value with `${…}` of the user's own is not looked at.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::container::keys;
use crate::diagnostic::{Diagnostic, Finding, Severity, Upkeep};
use crate::load::Inputs;
use crate::manifest::{GitRefKind, Mode};
use crate::names::{ComponentId, TargetId, nearest};
use crate::place::{At, FileId, Place};
use crate::registry::layer::{Layer, Setting};
use crate::registry::{Container, ContainerOrigin, Demand, Demands, Entry, Package, PackageOrigin, Param};
use crate::yaml::Node;

/// All of it, entry by entry.
pub(super) fn all(inputs: &Inputs) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (target, entry) in &inputs.entries {
        match (target, entry.as_ref()) {
            (TargetId::Component(id), Entry::Package(package)) => of_package(id, package, &mut found),
            (TargetId::Component(id), Entry::Container(container)) => of_container(id, container, &mut found),
            _ => {}
        }
        of_conflicts(inputs, target, entry, &mut found);
    }
    of_params(inputs, &mut found);
    // what releases inherit is read once for each of them
    let mut said = HashSet::new();
    found.retain(|one| said.insert((one.place, one.finding.to_string())));
    found
}

/// A conflict with what is not there keeps nothing out: perhaps a typing error.
fn of_conflicts(inputs: &Inputs, by: &TargetId, entry: &Entry, found: &mut Vec<Diagnostic>) {
    for line in entry.rules().into_iter().flat_map(|rules| &rules.conflicts) {
        let target = &line.target.value;
        if inputs.entries.contains_key(target) || inputs.absent.contains_key(target) {
            continue;
        }
        let known: Vec<String> = inputs.entries.keys().map(ToString::to_string).collect();
        let near = nearest(&target.to_string(), known.iter().map(String::as_str));
        let nearest = near.and_then(|near| TargetId::parse(near).ok());
        let upkeep = Upkeep::ConflictUnknown { by: by.clone(), target: target.clone(), nearest };
        say(line.target.place, upkeep, found);
    }
}

fn say(place: Place, upkeep: Upkeep, found: &mut Vec<Diagnostic>) {
    let is_error = upkeep.code().starts_with("HSM-E");
    let severity = if is_error { Severity::Error } else { Severity::Warning };
    found.push(Diagnostic { severity, ..Diagnostic::warning(place, Finding::Upkeep(upkeep)) });
}

fn of_package(id: &ComponentId, package: &Package, found: &mut Vec<Diagnostic>) {
    for source in package.releases.iter().flat_map(|release| &release.sources) {
        if let PackageOrigin::Git { url, reference, .. } = &source.origin {
            of_git(id, source.mode, (url, reference.as_ref()), found);
        }
    }
}

/// What is published is to be the same tomorrow; a checkout for development follows a branch by design.
fn of_git(
    id: &ComponentId,
    mode: Mode,
    (url, reference): (&At<String>, Option<&(GitRefKind, At<String>)>),
    found: &mut Vec<Diagnostic>,
) {
    let (place, branch) = match reference {
        _ if mode == Mode::Dev => return,
        Some((GitRefKind::Tag | GitRefKind::Rev, _)) => return,
        Some((GitRefKind::Branch, branch)) => (branch.place, Some(branch.value.clone())),
        None => (url.place, None),
    };
    say(place, Upkeep::MovingRef { of: id.clone(), branch }, found);
}

fn of_container(id: &ComponentId, container: &Container, found: &mut Vec<Diagnostic>) {
    of_layer(&container.layer, found);
    for release in &container.releases {
        of_layer(&release.layer, found);
        for source in &release.sources {
            of_layer(&source.layer, found);
            match &source.origin {
                ContainerOrigin::Image { image } => of_image(image, found),
                ContainerOrigin::Git { url, reference, .. } => {
                    of_git(id, source.mode, (url, reference.as_ref()), found);
                }
                ContainerOrigin::Build(_) => {}
            }
        }
    }
    for profile in &container.profiles {
        of_layer(&profile.layer, found);
    }
}

fn of_layer(layer: &Layer, found: &mut Vec<Diagnostic>) {
    if let Setting::Set(image) = &layer.image {
        of_image(image, found);
    }
    for (key, value) in &layer.compose {
        of_compose(key, value, found);
    }
}

fn of_image(image: &At<String>, found: &mut Vec<Diagnostic>) {
    let text = image.value.as_str();
    if text.contains("${") || text.contains('@') {
        return;
    }
    // a colon before a slash is that of a registry's port
    let name = text.rsplit_once('/').map_or(text, |(_, name)| name);
    let latest = match name.split_once(':') {
        None => false,
        Some((_, "latest")) => true,
        Some(_) => return,
    };
    say(image.place, Upkeep::UnpinnedImage { image: text.to_owned(), latest }, found);
}

fn of_compose(key: &At<String>, value: &Node, found: &mut Vec<Diagnostic>) {
    if key.value.starts_with("x-") {
        return;
    }
    match keys::shape(&key.value) {
        None => {
            let known = keys::KEYS.iter().map(|(known, _)| *known);
            let nearest = nearest(&key.value, known);
            say(key.place, Upkeep::ComposeKey { key: key.value.clone(), nearest }, found);
        }
        Some(shape) if !shape.allows(value) => {
            say(value.place, Upkeep::ComposeShape { key: key.value.clone(), shape }, found);
        }
        Some(_) => {}
    }
}

/// What entries hand over, against what their targets use.
fn of_params(inputs: &Inputs, found: &mut Vec<Diagnostic>) {
    let mut set: BTreeMap<ComponentId, BTreeSet<&str>> = BTreeMap::new();
    for (by, entry) in &inputs.entries {
        for demand in demands(entry) {
            let params = params(demand);
            let targets = inputs.components_of(&demand.target.value);
            for param in params {
                let key = param.key.value.as_str();
                let is_own = uses(inputs, by, "HSM_PARAMS.", key);
                // of an entry with errors nobody knows what it uses
                let is_read = |id: &ComponentId| {
                    let target = TargetId::Component(id.clone());
                    inputs.absent.contains_key(&target) || uses(inputs, &target, "HSM_MERGED_PARAMS.", key)
                };
                if !is_own && !targets.is_empty() && !targets.iter().any(is_read) {
                    let target = demand.target.value.clone();
                    say(param.key.place, Upkeep::ParamUnread { target, key: key.to_owned() }, found);
                }
                for target in &targets {
                    set.entry(target.clone()).or_default().insert(key);
                }
            }
        }
    }
    for (target, files) in &inputs.files {
        let TargetId::Component(id) = target else { continue };
        for (key, place) in files.iter().flat_map(|file| demanded(inputs, *file)) {
            if !set.get(id).is_some_and(|keys| keys.contains(key.as_str())) {
                say(place, Upkeep::ParamUnset { of: id.clone(), key }, found);
            }
        }
    }
}

/// All lines of an entry that imply or require something.
fn demands(entry: &Entry) -> Vec<&Demand> {
    let requires = match entry {
        Entry::Container(container) => {
            let sources = container.releases.iter().flat_map(|release| &release.sources);
            sources.flat_map(|source| &source.requires).collect()
        }
        Entry::Package(_) | Entry::Group(_) => Vec::new(),
    };
    entry.rules().into_iter().flat_map(|rules| &rules.implies).chain(requires).collect()
}

fn params(demand: &Demand) -> &[Param] {
    match &demand.what {
        Demands::Component { params, .. } | Demands::Group { params, .. } => params,
        Demands::Removed => &[],
    }
}

/// Whether an entry's text has this variable anywhere, be it in a comment.
pub(super) fn uses(inputs: &Inputs, target: &TargetId, of: &str, key: &str) -> bool {
    let files = inputs.files.get(target).into_iter().flatten();
    let mut texts = files.filter_map(|file| inputs.sources.get(*file));
    let wanted = format!("{of}{key}");
    texts.any(|source| {
        source.text.match_indices(&wanted).any(|(at, _)| {
            let next = source.text[at + wanted.len()..].chars().next();
            next.is_some_and(|next| next == '}' || next == ':')
        })
    })
}

/// The params that an entry's text demands: without a default, not escaped, and not in a comment.
fn demanded(inputs: &Inputs, file: FileId) -> Vec<(String, Place)> {
    const OPEN: &str = "${HSM_MERGED_PARAMS.";
    let Some(source) = inputs.sources.get(file) else { return Vec::new() };
    let text = &source.text;
    let mut all = Vec::new();
    for (at, _) in text.match_indices(OPEN) {
        let line = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
        let is_comment = line.trim_start().starts_with('#') || line.contains(" #");
        let inside = &text[at + OPEN.len()..];
        let Some(end) = inside.find('}').filter(|_| !is_comment && !line.ends_with('$')) else { continue };
        let key = &inside[..end];
        if !key.contains(":-") {
            let place = Place { file, start: at as u32, end: (at + OPEN.len() + end + 1) as u32 };
            all.push((key.to_owned(), place));
        }
    }
    all
}
