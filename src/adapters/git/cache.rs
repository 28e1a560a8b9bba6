//! Bare clones below `.hsm/git`: what was fetched, and reading from it.
//!
//! Owns: where they lie, how they are made and brought up to date, and the files in them. What is read from one is a blob:
//! a link or a submodule in it is not followed. Refuses: working copies.

use std::io;
use std::path::{Path, PathBuf};

use super::cause::{self, Cause};
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
    /// A tag may name a file or a directory.
    #[error("its {what} `{name}` names no commit")]
    NoCommitThere {
        /// What.
        what: &'static str,
        /// As written.
        name: String,
    },
    /// It holds no commit.
    #[error("it is empty")]
    Empty,
    /// Nothing says where caches are.
    #[error("there is no place for the cache: neither HSM_CACHE_DIR, XDG_CACHE_HOME nor HOME is set")]
    NoCache,
    /// git itself is missing, too old or broken.
    #[error("{0}")]
    Tool(String),
    /// The server can't be reached or gives nothing.
    #[error("{said}")]
    Server {
        /// What git says.
        said: String,
        /// Why, as far as its words tell.
        cause: Cause,
    },
    /// git failed.
    #[error("{0}")]
    Failed(String),
    /// The system refused something.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl NotGot {
    /// What to do about it, where that is known.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Server { cause, .. } => Some(cause.help()),
            _ => None,
        }
    }

    /// Why, and on a line of its own what to do about it, where that is known.
    pub fn with_help(&self) -> String {
        let help = self.help().map(|help| format!("\n       {help}"));
        format!("{self}{}", help.unwrap_or_default())
    }

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
        let own = [&git_dir, "fetch", "--progress", "--prune", "--no-recurse-submodules", "--", url.as_str()];
        let own: Vec<&str> = own.into_iter().chain(refs).collect();
        return fetched(&world.run(&command::remote(root, url, &own, world))?, world);
    }
    // one that was not completed is no clone
    let new = format!("{home}.new");
    world.create_dirs(&root.join(HOME))?;
    world.remove_tree(&root.join(&new))?;
    let own = ["clone", "--progress", "--bare", "--no-recurse-submodules", "--", url.as_str(), &new];
    fetched(&world.run(&command::remote(root, url, &own, world))?, world)?;
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

/// How a call ended that talked to a server.
pub(super) fn fetched(outcome: &Outcome, world: &dyn World) -> Result<(), NotGot> {
    if outcome.ok() {
        return Ok(());
    }
    Err(match cause::of(outcome) {
        Some(Cause::Silent) => {
            let seconds = command::silence(world).as_secs();
            NotGot::Server { said: format!("nothing was heard for {seconds} seconds"), cause: Cause::Silent }
        }
        Some(cause) => NotGot::Server { said: said(outcome), cause },
        None => NotGot::Failed(said(outcome)),
    })
}

/// What git says when it fails, on one line; never a part of an address that may be secret.
pub(super) fn said(outcome: &Outcome) -> String {
    let text = String::from_utf8_lossy(&outcome.stderr);
    // how far it got is told over and over on one line
    let lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    let starts = |words: &'static [&str]| move |line: &&&str| words.iter().any(|word| line.starts_with(word));
    // ssh speaks for itself, and then git only says that it got nothing
    let ssh = ["ssh:", "Host key verification failed", "Permission denied"].as_slice();
    let ssh = || lines.iter().rev().find(|line| starts(ssh)(line) || line.contains(": Permission denied ("));
    let is_told = |line: &&&str| starts(&["fatal:", "error:"])(line) && !line.contains("askpass response");
    let told = lines.iter().find(is_told);
    let told =
        told.filter(|line| !line.contains("Could not read from remote repository")).or_else(ssh).or(told);
    let told = told.or(lines.last()).copied().unwrap_or("git does not say why");
    let told = told.trim_start_matches("fatal: ").trim_start_matches("error: ");
    without_users(told).replace(char::is_control, "\u{fffd}")
}

/// A text without what stands in front of the hosts of its addresses of the web: the settings of git may put a token there.
fn without_users(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let authority = after.find(|c: char| matches!(c, '/' | '\'' | '"') || c.is_whitespace());
        let authority = after.get(..authority.unwrap_or(after.len())).unwrap_or_default();
        rest = match authority.rfind('@') {
            Some(end) if !before.ends_with("ssh://") => {
                out.push_str("***");
                after.get(end..).unwrap_or_default()
            }
            _ => after,
        };
    }
    out + rest
}

/// The clone as git is given it to copy from: a path that is no option.
pub(super) fn source(url: &GitUrl) -> PathBuf {
    Path::new(".").join(home(url))
}
