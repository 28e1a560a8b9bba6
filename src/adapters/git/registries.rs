//! Registries in git repositories: fetched bare into a cache that all projects of a user share, and read without a
//! checkout.
//!
//! Owns: where they lie in the cache, how they get there, and the commit that a reference is. Refuses: deciding which
//! commit a project uses, and reading entries.
//!
//! Of each commit that is used, the files that may be entries are packed into one file ([`crate::world::pack`]), from the
//! blobs that git names. Who has that file needs no git any more; links and submodules are names in it, and nothing else.
//! The bare repository beside it only spares the next fetch what is there already: when it is damaged, it is made anew.

mod ancestry;
mod cleaning;
mod fetch;
mod packing;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cache::NotGot;
use super::cause::Cause;
use super::url::{GitRef, GitUrl, NotGit};
use crate::manifest::GitRefKind;
use crate::transaction;
use crate::world::{Lock, PACK_ENDING, World, cache_dir};

pub use ancestry::{Way, way};

/// How long it waits before it looks again whether another run is done.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A registry that git is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    url: GitUrl,
    reference: Option<(GitRefKind, GitRef)>,
}

impl Source {
    /// Parses what a manifest says: whoever writes one may name a repository of this machine.
    ///
    /// # Errors
    /// What git may not be told.
    pub fn parse(url: &str, reference: Option<(GitRefKind, &str)>) -> Result<Self, NotGit> {
        let url = GitUrl::of_registry(url)?;
        let reference = reference.map(|(kind, name)| Ok((kind, GitRef::parse(name)?))).transpose()?;
        Ok(Self { url, reference })
    }

    /// The commit that the reference is by itself, whatever the repository says.
    pub fn fixed(&self) -> Option<&str> {
        match &self.reference {
            Some((GitRefKind::Rev, name)) if is_commit(name.as_str()) => Some(name.as_str()),
            _ => None,
        }
    }

    /// The name that it has where nobody gives it one.
    pub fn usual_name(&self) -> String {
        let last = super::url::same(self.url.as_str()).rsplit(['/', ':']).next().unwrap_or_default();
        let plain: String =
            last.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
        let plain = plain.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if plain.is_empty() { "registry".to_owned() } else { plain.chars().take(40).collect() }
    }
}

/// Whether a text is the full name of a commit.
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Where all that is fetched of a registry lies; `None`: there is no place for caches.
fn home(source: &Source, world: &dyn World) -> Option<PathBuf> {
    let hash = transaction::text_hash(source.url.as_str());
    let name = format!("{}-{}", source.usual_name(), &hash[..16]);
    Some(cache_dir(world)?.join("registries").join(name))
}

fn pack_in(home: &Path, commit: &str) -> PathBuf {
    home.join(format!("{commit}.{PACK_ENDING}"))
}

/// The directory as which a commit of a registry is read, if it is in the cache. Nothing is fetched; that it is in use is
/// said, so that it stays.
pub fn cached(source: &Source, commit: &str, world: &dyn World) -> Option<PathBuf> {
    let pack = pack_in(&home(source, world)?, commit);
    cleaning::take(&pack, world).then_some(pack)
}

/// What a path within a cached registry is called for people: `NAME@COMMIT/REST`, or `USUAL-NAME@…` where it has no name.
/// `None`: the path leads into none.
pub fn shown(path: &Path, name: Option<&str>) -> Option<String> {
    let pack = path.ancestors().find(|at| at.extension().is_some_and(|ending| ending == PACK_ENDING))?;
    let commit: String = pack.file_stem()?.to_str()?.chars().take(12).collect();
    let rest = path.strip_prefix(pack).ok()?.to_string_lossy().into_owned();
    let name = name.map_or_else(|| name_of(pack), |name| Some(name.to_owned()))?;
    Some(if rest.is_empty() { format!("{name}@{commit}") } else { format!("{name}@{commit}/{rest}") })
}

/// The name that a cached registry has where nobody gives it one.
pub fn name_of(pack: &Path) -> Option<String> {
    pack.extension().filter(|ending| *ending == PACK_ENDING)?;
    let (name, _) = pack.parent()?.file_name()?.to_str()?.rsplit_once('-')?;
    Some(name.to_owned())
}

/// The commit that the reference was when it was fetched last, if that is in the cache. Nothing is fetched.
pub fn remembered(source: &Source, world: &dyn World) -> Option<String> {
    let home = home(source, world)?;
    let bytes = world.read_regular(&tip_in(&home, source), 100).ok()?;
    let commit = String::from_utf8(bytes).ok()?.trim().to_owned();
    (is_commit(&commit) && cached(source, &commit, world).is_some()).then_some(commit)
}

fn tip_in(home: &Path, source: &Source) -> PathBuf {
    let reference = source.reference.as_ref().map(|(kind, name)| format!("{kind:?} {}", name.as_str()));
    let hash = transaction::text_hash(&reference.unwrap_or_default());
    home.join("tips").join(&hash[..16])
}

/// Gets a commit into the cache, or what the reference is now; says which commit it is. What is there is not fetched
/// again. Other runs that get the same wait for each other.
///
/// # Errors
/// Why it can't be had; what was in the cache is still there.
pub fn get(source: &Source, commit: Option<&str>, world: &dyn World) -> Result<String, NotGot> {
    let commit = commit.or(source.fixed());
    if let Some(commit) = commit.filter(|commit| cached(source, commit, world).is_some()) {
        return Ok(commit.to_owned());
    }
    let home = home(source, world).ok_or(NotGot::NoCache)?;
    let got = get_into(&home, source, commit, world)?;
    cleaning::clean(world);
    Ok(got)
}

fn get_into(home: &Path, source: &Source, commit: Option<&str>, world: &dyn World) -> Result<String, NotGot> {
    let _held = hold(home, world)?;
    if let Some(commit) = commit.filter(|commit| matches!(world.stat(&pack_in(home, commit)), Ok(Some(_)))) {
        return Ok(commit.to_owned());
    }
    in_repository(home, world, |repository| {
        let got = fetch::fetch(repository, source, commit, world)?;
        let pack = pack_in(home, &got);
        if world.stat(&pack)?.is_none() {
            let bytes = packing::packed(repository, &got, world)?;
            world.write(&pack, &bytes)?;
        }
        if commit.is_none() {
            let tip = tip_in(home, source);
            world.create_dirs(&home.join("tips"))?;
            world.write(&tip, format!("{got}\n").as_bytes())?;
        }
        Ok(got)
    })
}

/// Works in the bare repository; where that fails and it was there before, in a new one that takes its place.
fn in_repository<T>(
    home: &Path,
    world: &dyn World,
    work: impl Fn(&Path) -> Result<T, NotGot>,
) -> Result<T, NotGot> {
    let repository = home.join("repository.git");
    if world.stat(&repository.join("HEAD"))?.is_some() {
        let ended = work(&repository);
        if ended.is_err() {
            remove_halves(&repository, world)?;
        }
        match ended {
            Err(NotGot::Failed(_) | NotGot::Server { cause: Cause::Broken, .. }) if !world.interrupted() => {}
            ended => return ended,
        }
    }
    let new = home.join("repository.new");
    world.remove_tree(&new)?;
    world.create_dirs(&new)?;
    fetch::make(&new, world)?;
    let ended = work(&new);
    if ended.is_ok() {
        world.remove_tree(&repository)?;
        world.rename(&new, &repository)?;
    } else {
        world.remove_tree(&new)?;
    }
    ended
}

/// Removes the packs that git did not get to their end.
fn remove_halves(repository: &Path, world: &dyn World) -> io::Result<()> {
    let packs = repository.join("objects/pack");
    let names = world.list(&packs).unwrap_or_default();
    names
        .iter()
        .filter(|(name, _)| name.starts_with("tmp_"))
        .try_for_each(|(name, _)| world.remove_file(&packs.join(name)))
}

/// One run at a time fetches a registry.
fn hold(home: &Path, world: &dyn World) -> Result<Lock, NotGot> {
    world.create_dirs(home)?;
    let note = format!("process {}", world.pid());
    loop {
        if let Some(lock) = world.try_lock(&home.join("lock"), &note)? {
            return Ok(lock);
        }
        if world.interrupted() {
            return Err(NotGot::System(io::ErrorKind::Interrupted.into()));
        }
        world.pause(LOOK_AGAIN);
    }
}
