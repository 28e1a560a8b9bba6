//! Which registries a project has: what the environment names, else the manifest, else the usual place, else the user's
//! settings.
//!
//! Owns: that order, and the commit of each that lies in a git repository. Refuses: fetching; what is not in the cache is
//! an error that says what would have to be fetched.

use std::io;
use std::path::{Path, PathBuf};

use super::{LoadOptions, REGISTRY, REGISTRY_VARIABLE, Report, pinning, read_manifest, unreadable};
use crate::adapters::git::registries::{Source, cached};
use crate::diagnostic::{Diagnostic, Finding, Severity, Unfetched, WhyUnfetched, Wiring, any_error};
use crate::fields::Fields;
use crate::lock::LockedRegistry;
use crate::manifest::{self, GitRefKind, Manifest, RegistryRef, RegistrySource};
use crate::place::{At, Sources};
use crate::registry::RegistryDir;
use crate::world::{World, config_dir};
use crate::yaml::{self, Limits};

/// The file of the user's settings.
const SETTINGS: &str = "config.yaml";

/// The registries of a project, in the order of the search.
#[derive(Default)]
pub(super) struct Named {
    pub(super) dirs: Vec<RegistryDir>,
    /// Those in git repositories: their number, and the commit that is used. Their names are known once they are open.
    pins: Vec<(usize, LockedRegistry)>,
    /// Some of them cannot be read.
    pub(super) incomplete: bool,
}

impl Named {
    /// The pins with the names that the registries turned out to have.
    pub(super) fn pins<'n>(self, names: impl Iterator<Item = (&'n str, &'n Path)>) -> Vec<LockedRegistry> {
        let names: Vec<&str> = names.map(|(name, _)| name).collect();
        let pins = self.pins.into_iter().map(|(number, pin)| {
            let name = names.get(number).map_or_else(|| pin.name.clone(), |name| (*name).to_owned());
            LockedRegistry { name, ..pin }
        });
        pins.collect()
    }
}

/// The registries of a project, or of a directory without one. `held`: the commits that are used of those in git
/// repositories, the first that fits.
pub(super) fn named(
    root: &Path,
    world: &dyn World,
    manifest: Option<&Manifest>,
    held: &[&LockedRegistry],
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Named {
    let mut out = Named::default();
    let bare = |path: PathBuf| RegistryDir { name: None, path, place: None };
    if let Some(path) = world.env(REGISTRY_VARIABLE).filter(|path| !path.is_empty()) {
        out.dirs.push(bare(PathBuf::from(path)));
        return out;
    }
    match listed(root, world, manifest, sources, diagnostics) {
        Some((all, start)) if !all.is_empty() => out.add(&all, start.as_deref(), held, world, diagnostics),
        Some(_) if is_usual(root, world) => out.dirs.push(bare(PathBuf::from(REGISTRY))),
        Some(_) => {}
        None => out.incomplete = true,
    }
    out
}

fn is_usual(root: &Path, world: &dyn World) -> bool {
    matches!(world.stat(&root.join(REGISTRY)), Ok(Some(_)))
}

/// The registries that the manifest lists, or the user's settings where nothing else gives one; and where the paths of the
/// latter start. `None`: the settings cannot be read.
fn listed(
    root: &Path,
    world: &dyn World,
    manifest: Option<&Manifest>,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(Vec<RegistryRef>, Option<PathBuf>)> {
    let own = manifest.map(|manifest| manifest.registry.as_slice()).unwrap_or_default();
    match config_dir(world) {
        Some(dir) if own.is_empty() && !is_usual(root, world) => {
            Some((settings(&dir.join(SETTINGS), world, sources, diagnostics)?, Some(dir)))
        }
        _ => Some((own.to_vec(), None)),
    }
}

/// A registry in a git repository that a project has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitRegistry {
    /// What it is called: in the list, else in the lock, else by its repository.
    pub name: String,
    /// Its URL, as written.
    pub url: String,
    /// Its branch, tag or commit, as written.
    pub reference: Option<(GitRefKind, String)>,
    /// The commit that the lock holds.
    pub commit: Option<String>,
}

/// The registries in git repositories that a project has, in order. Nothing of them is read.
///
/// # Errors
/// Everything that is wrong with the manifest, the lock and the user's settings.
pub fn git_registries(root: &Path, world: &dyn World) -> Result<Vec<GitRegistry>, Report> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let manifest = read_manifest(root, world, &LoadOptions::default(), &mut sources, &mut diagnostics);
    let lock = pinning(root, world, manifest.as_ref(), &mut sources, &mut diagnostics);
    let all = listed(root, world, manifest.as_ref(), &mut sources, &mut diagnostics);
    let (Some((all, _)), false) = (all, any_error(&diagnostics)) else {
        return Err(Report { sources, diagnostics });
    };
    if world.env(REGISTRY_VARIABLE).is_some_and(|path| !path.is_empty()) {
        return Ok(Vec::new());
    }
    let of_git = all.into_iter().filter_map(|registry| {
        let RegistrySource::Git { url, reference } = registry.source else { return None };
        let borrowed = reference.as_ref().map(|(kind, name)| (*kind, name.value.as_str()));
        let pin = lock.iter().flat_map(|lock| &lock.registries).find(|pin| pin.is(&url.value, borrowed));
        let name = registry.name.map(|name| name.value.to_string()).or_else(|| Some(pin?.name.clone()));
        let usual = || Source::parse(&url.value, borrowed).map(|source| source.usual_name());
        Some(GitRegistry {
            name: name.or_else(|| usual().ok()).unwrap_or_default(),
            commit: pin.map(|pin| pin.commit.clone()),
            reference: reference.map(|(kind, name)| (kind, name.value)),
            url: url.value,
        })
    });
    Ok(of_git.collect())
}

impl Named {
    fn add(
        &mut self,
        all: &[RegistryRef],
        start: Option<&Path>,
        held: &[&LockedRegistry],
        world: &dyn World,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for registry in all {
            let name = registry.name.as_ref().map(|name| name.value.clone());
            let dir = match &registry.source {
                RegistrySource::Path(path) => {
                    let place = Some(path.place);
                    let own = Path::new(&path.value);
                    let path = start.map_or_else(|| own.to_owned(), |start| from(start, own, world));
                    Some(RegistryDir { name, path, place })
                }
                RegistrySource::Git { url, reference } => {
                    let pin = pinned(url, reference.as_ref(), held, world, diagnostics);
                    pin.map(|(path, pin)| {
                        self.pins.push((self.dirs.len(), pin));
                        RegistryDir { name, path, place: Some(url.place) }
                    })
                }
            };
            self.incomplete |= dir.is_none();
            self.dirs.extend(dir);
        }
    }
}

/// A path of the user's settings: from where they lie, `~` is the user's home.
fn from(start: &Path, path: &Path, world: &dyn World) -> PathBuf {
    match (path.strip_prefix("~"), world.env("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => start.join(path),
    }
}

/// The directory as which a registry in a git repository is read, and its commit.
fn pinned(
    url: &At<String>,
    reference: Option<&(GitRefKind, At<String>)>,
    held: &[&LockedRegistry],
    world: &dyn World,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(PathBuf, LockedRegistry)> {
    let borrowed = reference.map(|(kind, name)| (*kind, name.value.as_str()));
    let missing = |diagnostics: &mut Vec<Diagnostic>, commit: Option<String>, why| {
        let reference = borrowed.map(|(kind, name)| (kind, name.to_owned()));
        let unfetched = Unfetched { url: url.value.clone(), reference, commit, why };
        let finding = Finding::Wiring(Wiring::NotFetched(Box::new(unfetched)));
        diagnostics.push(Diagnostic::error(url.place, finding));
        None
    };
    let source = match Source::parse(&url.value, borrowed) {
        Ok(source) => source,
        // who read the address may have said so already
        Err(_)
            if diagnostics
                .iter()
                .any(|found| found.place == Some(url.place) && found.severity == Severity::Error) =>
        {
            return None;
        }
        Err(why) => return missing(diagnostics, None, WhyUnfetched::Wrong(why.to_string())),
    };
    let pin = held.iter().find(|pin| pin.is(&url.value, borrowed)).map(|pin| pin.commit.as_str());
    let Some(commit) = pin.or(source.fixed()) else {
        return missing(diagnostics, None, WhyUnfetched::Untried);
    };
    let Some(path) = cached(&source, commit, world) else {
        return missing(diagnostics, Some(commit.to_owned()), WhyUnfetched::Untried);
    };
    let reference = borrowed.map(|(kind, name)| (kind, name.to_owned()));
    let (name, url, commit) = (source.usual_name(), url.value.clone(), commit.to_owned());
    Some((path, LockedRegistry { name, url, reference, commit }))
}

/// `registry` of the user's settings. `None`: they cannot be read.
fn settings(
    path: &Path,
    world: &dyn World,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<RegistryRef>> {
    let shown = path.display().to_string();
    let bytes = match world.read_regular(path, Limits::MANIFEST.bytes) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Some(Vec::new());
        }
        Err(error) => {
            diagnostics.push(unreadable(&shown, &error));
            return None;
        }
    };
    let file = match yaml::take(sources, shown, &bytes, Limits::MANIFEST) {
        Ok(file) => file,
        Err(found) => {
            diagnostics.push(found);
            return None;
        }
    };
    let text = sources.get(file).map(|source| source.text.clone()).unwrap_or_default();
    let parsed = yaml::parse(file, &text, Limits::MANIFEST);
    let mut found = parsed.diagnostics;
    let mut all = Vec::new();
    // an empty file says nothing
    let node = parsed.node.filter(|node| !node.is_null());
    if let Some(mut fields) =
        node.as_ref().and_then(|node| Fields::shaped(node, &manifest::SETTINGS, &mut found))
    {
        all = fields
            .get("registry")
            .map(|node| manifest::registries_of_user(node, &mut found))
            .unwrap_or_default();
        fields.finish(&mut found);
    }
    // settings are of one machine as it is
    found.retain(|found| !matches!(found.finding, Finding::HostOnly { .. }));
    let good = !any_error(&found);
    diagnostics.append(&mut found);
    good.then_some(all)
}
