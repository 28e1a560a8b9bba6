//! Bare clones below `.hsm/git`: what was fetched, and reading from it.
//!
//! Owns: where they lie, how they are made and brought up to date, and the files in them. What is read from one is a blob:
//! a link or a submodule in it is not followed. Refuses: working copies.

use std::io;
use std::path::{Path, PathBuf};

use super::command;
use super::url::{GitRef, GitUrl};
use crate::manifest::GitRefKind;
use crate::transaction;
use crate::world::{Outcome, World};

/// Where they lie, from the project's root.
const HOME: &str = ".hsm/git";

/// Why something could not be got.
#[derive(Debug, thiserror::Error)]
pub enum NotGot {
    /// Nothing may be fetched.
    #[error("nothing may be fetched, and it was never fetched before")]
    Offline,
    /// There is no such branch, tag or commit.
    #[error("it has no {what} `{name}`")]
    NoReference {
        /// What.
        what: &'static str,
        /// As written.
        name: String,
    },
    /// There is no such commit any more.
    #[error("it has no commit {0}: its history may have been rewritten")]
    NoCommit(String),
    /// It holds no commit.
    #[error("it is empty")]
    Empty,
    /// Nothing says where caches are.
    #[error("there is no place for the cache: neither HSM_CACHE_DIR, XDG_CACHE_HOME nor HOME is set")]
    NoCache,
    /// git itself is missing, too old or broken.
    #[error("{0}")]
    Tool(String),
    /// git failed.
    #[error("{0}")]
    Failed(String),
    /// The system refused something.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl NotGot {
    /// The repository does not have that reference; with none, it has no commit at all.
    pub(super) fn no_such(reference: Option<&(GitRefKind, GitRef)>) -> Self {
        let Some((kind, name)) = reference else { return Self::Empty };
        let what = match kind {
            GitRefKind::Branch => "branch",
            GitRefKind::Tag => "tag",
            GitRefKind::Rev => "branch, tag or commit",
        };
        Self::NoReference { what, name: name.as_str().to_owned() }
    }
}

/// Where the clone of a URL lies, from the project's root.
pub(super) fn home(url: &GitUrl) -> String {
    let hash = transaction::text_hash(url.as_str());
    format!("{HOME}/{}", &hash[..16])
}

/// Makes the clone, or brings it up to date.
pub(super) fn get(root: &Path, url: &GitUrl, offline: bool, world: &dyn World) -> Result<(), NotGot> {
    let home = home(url);
    let is_there = world.stat(&root.join(&home).join("HEAD"))?.is_some();
    if offline {
        return if is_there { Ok(()) } else { Err(NotGot::Offline) };
    }
    if is_there {
        let refs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
        let git_dir = format!("--git-dir={home}");
        let own = [&git_dir, "fetch", "--quiet", "--prune", "--no-recurse-submodules", "--", url.as_str()];
        let own: Vec<&str> = own.into_iter().chain(refs).collect();
        return done(&world.run(&command::remote(root, url, &own))?);
    }
    // one that was not completed is no clone
    let new = format!("{home}.new");
    world.create_dirs(&root.join(HOME))?;
    world.remove_tree(&root.join(&new))?;
    let own = ["clone", "--quiet", "--bare", "--no-recurse-submodules", "--", url.as_str(), &new];
    done(&world.run(&command::remote(root, url, &own))?)?;
    world.sync_tree(&root.join(&new))?;
    world.rename(&root.join(&new), &root.join(&home))?;
    Ok(())
}

/// The commit that a reference is now.
pub(super) fn commit(
    root: &Path,
    url: &GitUrl,
    reference: Option<&(GitRefKind, GitRef)>,
    world: &dyn World,
) -> Result<String, NotGot> {
    let spec = match reference {
        Some((GitRefKind::Branch, name)) => format!("refs/heads/{}", name.as_str()),
        Some((GitRefKind::Tag, name)) => format!("refs/tags/{}", name.as_str()),
        Some((GitRefKind::Rev, name)) => name.as_str().to_owned(),
        None => "HEAD".to_owned(),
    };
    let git_dir = format!("--git-dir={}", home(url));
    let own =
        [&git_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{spec}^{{commit}}")];
    let outcome = world.run(&command::local(root, &own))?;
    if outcome.ok() {
        return Ok(String::from_utf8_lossy(&outcome.stdout).trim().to_owned());
    }
    Err(NotGot::no_such(reference))
}

/// The bytes of a file in a commit; `None` where it has none of that name.
pub(super) fn file(
    root: &Path,
    url: &GitUrl,
    commit: &str,
    path: &str,
    world: &dyn World,
) -> Result<Option<Vec<u8>>, NotGot> {
    let git_dir = format!("--git-dir={}", home(url));
    let own = [&git_dir, "cat-file", "blob", &format!("{commit}:{path}")];
    let outcome = world.run(&command::local(root, &own))?;
    Ok(outcome.ok().then_some(outcome.stdout))
}

fn done(outcome: &Outcome) -> Result<(), NotGot> {
    if outcome.ok() { Ok(()) } else { Err(NotGot::Failed(said(outcome))) }
}

/// What git says when it fails, on one line; never a part of an address that may be secret.
pub(super) fn said(outcome: &Outcome) -> String {
    let text = String::from_utf8_lossy(&outcome.stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let told = lines.iter().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
    let told = told.or(lines.last()).copied().unwrap_or("git does not say why");
    told.trim_start_matches("fatal: ").replace(char::is_control, "\u{fffd}")
}

/// The clone as git is given it to copy from: a path that is no option.
pub(super) fn source(url: &GitUrl) -> PathBuf {
    Path::new(".").join(home(url))
}
