//! How checkouts are: what is not committed, not pushed, on another branch.
//!
//! Owns: the questions to git, which change nothing and run nothing of the repository. Refuses: judging: work in a checkout
//! is what it is for, so only one that is missing is a difference.

use std::path::Path;

use super::trouble::Trouble;
use super::url::same;
use super::{Checkout, finding, run};
use crate::adapters::{About, Found, Layer, Mend, State};
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::GitRefKind;
use crate::world::{FileKind, World};

/// What of a checkout nobody else has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unsaved {
    /// Files that are changed or new.
    pub changed: usize,
    /// Commits that are on no remote.
    pub unpushed: usize,
    /// Entries of the stash.
    pub stashed: usize,
}

impl Unsaved {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What of the checkout at a path nobody else has; `None` where there is none, or git can't be asked.
pub fn unsaved(root: &Path, path: &str, world: &dyn World) -> Option<Unsaved> {
    origin(root, path, world)?;
    let at = root.join(path);
    let count = |args: &[&str]| {
        let outcome = run(&at, args, world).ok().filter(crate::world::Outcome::ok)?;
        Some(String::from_utf8_lossy(&outcome.stdout).into_owned())
    };
    let changed = count(&["--no-optional-locks", "status", "--porcelain", "--ignore-submodules=dirty"])?;
    let unpushed = count(&["rev-list", "--count", "HEAD", "--branches", "--not", "--remotes"]);
    let stashed = count(&["stash", "list"]).unwrap_or_default();
    Some(Unsaved {
        changed: changed.lines().count(),
        unpushed: unpushed.and_then(|text| text.trim().parse().ok()).unwrap_or_default(),
        stashed: stashed.lines().count(),
    })
}

/// What is at the path of a checkout and is something else.
pub(super) fn misplaced(checkout: &Checkout, root: &Path, world: &dyn World) -> Option<Diagnostic> {
    let (name, path) = (checkout.name.clone(), checkout.path.clone());
    let trouble = match origin(root, &checkout.path, world) {
        None => Trouble::NoCheckout { name, path },
        Some(found) if found.is_empty() || found.iter().any(|url| same(url) == same(&checkout.url.value)) => {
            return None;
        }
        Some(found) => {
            let found = found.first().cloned().unwrap_or_default();
            let shown = |url: String| {
                Checkout { url: checkout.url.clone().map(|_| url), ..checkout.clone() }.address()
            };
            Trouble::OtherOrigin { name, path, found: shown(found), wanted: checkout.address() }
        }
    };
    Some(finding(Severity::Warning, checkout.url.place, trouble))
}

/// The addresses of a checkout's remotes, read from its files; `None` where there is no checkout.
fn origin(root: &Path, path: &str, world: &dyn World) -> Option<Vec<String>> {
    let git = root.join(path).join(".git");
    let kind = world.stat(&git).ok()??.kind;
    let config = match kind {
        FileKind::Dir | FileKind::Link => world.read(&git.join("config")).ok()?,
        // a worktree or a submodule: its remotes stand elsewhere
        FileKind::File | FileKind::Other => return Some(Vec::new()),
    };
    let text = String::from_utf8_lossy(&config).into_owned();
    let mut in_remote = false;
    let mut urls = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            in_remote = line.starts_with("[remote ");
        } else if in_remote
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case("url")
        {
            urls.push(value.trim().trim_matches('"').to_owned());
        }
    }
    Some(urls)
}

pub(super) fn of(checkouts: &[Checkout], root: &Path, world: &dyn World) -> Vec<Found> {
    std::thread::scope(|scope| {
        let asked: Vec<_> = checkouts.iter().map(|one| scope.spawn(|| state(one, root, world))).collect();
        let joined = asked.into_iter().map(|thread| match thread.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    })
}

fn state(checkout: &Checkout, root: &Path, world: &dyn World) -> Found {
    let (name, path) = (checkout.name.clone(), checkout.path.clone());
    let found = |what, mend| Found { layer: Layer::Checkouts, what, mend };
    if checkout.is_missing(root, world) {
        return found(State::NoCheckout { name, path }, Some(Mend::Get));
    }
    if origin(root, &checkout.path, world).is_none() {
        let why = "it is no git checkout".to_owned();
        return found(State::Unknown { about: About::Checkout(path), why }, None);
    }
    let at = root.join(&checkout.path);
    let head = run(
        &at,
        &["--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no"],
        world,
    );
    let head =
        head.and_then(|outcome| if outcome.ok() { Ok(outcome) } else { Err(super::cache::said(&outcome)) });
    let (head, unsaved) = match (head, unsaved(root, &checkout.path, world)) {
        (Ok(outcome), Some(unsaved)) => (String::from_utf8_lossy(&outcome.stdout).into_owned(), unsaved),
        (Err(why), _) => return found(State::Unknown { about: About::Checkout(path), why }, None),
        (Ok(_), None) => {
            let why = "git does not say".to_owned();
            return found(State::Unknown { about: About::Checkout(path), why }, None);
        }
    };
    let header = |key: &str| head.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let branch = header("# branch.head ").unwrap_or_default().to_owned();
    let behind =
        header("# branch.ab ").and_then(|text| text.split_once('-')?.1.parse().ok()).unwrap_or_default();
    let wanted =
        checkout.reference.as_ref().filter(|(kind, name)| !is_at(*kind, &name.value, &branch, &at, world));
    let wanted = wanted.map(|(_, name)| name.value.clone());
    found(State::Checkout { name, path, branch, wanted, unsaved, behind }, None)
}

/// Whether a checkout is where the registry has it.
fn is_at(kind: GitRefKind, name: &str, branch: &str, at: &Path, world: &dyn World) -> bool {
    if branch == name {
        return true;
    }
    if kind == GitRefKind::Branch {
        return false;
    }
    let commit = |name: &str| {
        let spec = format!("{name}^{{commit}}");
        let outcome =
            run(at, &["rev-parse", "--verify", "--quiet", "--end-of-options", &spec], world).ok()?;
        outcome.ok().then_some(outcome.stdout)
    };
    let wanted = if kind == GitRefKind::Tag { commit(&format!("refs/tags/{name}")) } else { commit(name) };
    wanted.is_some() && wanted == commit("HEAD")
}
