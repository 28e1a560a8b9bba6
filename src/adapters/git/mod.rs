//! git: checkouts of sources that are worked on, got where they are missing and otherwise never touched.
//!
//! Owns: the one door to git, what a repository may make it do (nothing but being copied), and how checkouts are. Refuses:
//! resetting, pulling, pushing or removing a checkout: what is in it is the user's.
//!
//! What is fetched goes into a bare clone below `.hsm/git` ([`fetch`]): a cache, like those of package managers. What it
//! says of itself is read there, so that the solve knows it before anything is put in place. The checkout itself is a step
//! of the transaction: a clone of that clone, which then gets the real address. A run that fails takes it away again.

mod cache;
mod cause;
mod command;
pub mod registries;
mod state;
mod tree;
mod trouble;
mod url;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use cache::NotGot;
pub use cause::Cause;
pub use state::{Unsaved, unsaved};
pub use tree::{Tree, tree};
pub use trouble::Trouble;
pub use url::{GitRef, GitUrl, NotGit};

use super::{Action, Adapter, Found, Part, Phase, Settings, Tool, ToolError};
use crate::container::path;
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::{GitRefKind, Mode};
use crate::names::Kind;
use crate::place::{At, Place};
use crate::pyproject::joined;
use crate::registry::{ContainerOrigin, Entry, PackageOrigin};
use crate::stack::Stack;
use crate::world::{Command, Outcome, World};

const NAME: &str = "git";

/// `--end-of-options` of `rev-parse` works from here on.
const NEED: (u64, u64) = (2, 30);

/// What is laid over a world for a checkout's `.git` ([`fetch`]): its files are known, and it is still to be put in place.
const TO_COME: &[u8] = b"to be checked out\n";

/// Files of a package that decide about the stack.
const PROJECT_FILES: [&str; 3] = ["pyproject.toml", "setup.py", "setup.cfg"];

/// The adapter for the sources of both sides, or of one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Git {
    only: Option<Kind>,
}

/// The adapter for the sources of both sides, or of one.
pub fn adapter(only: Option<Kind>) -> &'static dyn Adapter {
    match only {
        None => &Git { only: None },
        Some(Kind::Package) => &Git { only: Some(Kind::Package) },
        Some(Kind::Container) => &Git { only: Some(Kind::Container) },
    }
}

/// A checkout that the stack works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Whose it is.
    pub name: String,
    /// Of which side.
    pub kind: Kind,
    /// From the project's root, with `/`.
    pub path: String,
    /// The package's directory in it, if it is not the checkout itself.
    subdirectory: Option<String>,
    url: At<String>,
    reference: Option<(GitRefKind, At<String>)>,
}

/// What git is told for a checkout.
struct Parsed {
    url: GitUrl,
    reference: Option<(GitRefKind, GitRef)>,
}

/// The checkouts of a stack, by their paths: one that several work with is one.
pub fn checkouts(stack: &Stack, only: Option<Kind>) -> Vec<Checkout> {
    let packages =
        stack.packages.values().filter(|package| package.mode == Mode::Dev).filter_map(|package| {
            let PackageOrigin::Git { url, reference, subdirectory, path: Some(path), .. } =
                &package.origin.value
            else {
                return None;
            };
            let elsewhere = Path::new(&path.value).is_absolute() || path.value.starts_with('~');
            (!elsewhere).then(|| Checkout {
                name: package.name.to_string(),
                kind: Kind::Package,
                path: joined(&package.root, &path.value),
                subdirectory: subdirectory.as_ref().map(|at| at.value.clone()),
                url: url.clone(),
                reference: reference.clone(),
            })
        });
    let containers = stack.containers.values().filter(|c| c.external.is_none()).filter_map(|container| {
        let origin = container.definition.origin.as_ref()?;
        let ContainerOrigin::Git { url, reference, .. } = &origin.value else { return None };
        let at = path::source(&container.definition)?;
        let elsewhere = at.starts_with(['/', '~', '$', '\\']);
        (!elsewhere).then(|| Checkout {
            name: container.name.to_string(),
            kind: Kind::Container,
            path: joined(Path::new(""), &at),
            subdirectory: None,
            url: url.clone(),
            reference: reference.clone(),
        })
    });
    let mut all: BTreeMap<String, Checkout> = BTreeMap::new();
    for one in packages.chain(containers).filter(|one| only.is_none_or(|only| only == one.kind)) {
        all.entry(one.path.clone()).or_insert(one);
    }
    all.into_values().collect()
}

/// Where an entry's checkouts lie, whatever is chosen.
pub fn paths_of(entry: &Entry) -> Vec<String> {
    match entry {
        Entry::Package(package) => {
            let sources = package.releases.iter().flat_map(|release| &release.sources);
            let paths = sources.filter(|source| source.mode == Mode::Dev).filter_map(|s| match &s.origin {
                PackageOrigin::Git { path: Some(path), .. } => {
                    Some(joined(&package.common.root, &path.value))
                }
                _ => None,
            });
            paths.collect()
        }
        Entry::Container(container) => {
            let sources = container.releases.iter().flat_map(|release| &release.sources);
            let paths = sources.filter(|source| source.mode == Mode::Dev).filter_map(|s| match &s.origin {
                ContainerOrigin::Git { build, .. } => Some(joined(&container.common.root, &build.path.value)),
                _ => None,
            });
            paths.collect()
        }
        Entry::Group(_) => Vec::new(),
    }
}

impl Checkout {
    /// Whether nothing is at its path. Something that can't be looked at is something.
    pub fn is_missing(&self, root: &Path, world: &dyn World) -> bool {
        let at = root.join(&self.path);
        match world.stat(&at) {
            Ok(there) => {
                there.is_none()
                    || world.read_regular(&at.join(".git"), TO_COME.len()).is_ok_and(|b| b == TO_COME)
            }
            Err(_) => false,
        }
    }

    /// Its address, for people: what could be secret in it is not shown.
    pub fn address(&self) -> String {
        let text = &self.url.value;
        match text.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?))) {
            Some((scheme, (user, rest))) if !user.contains('/') => format!("{scheme}://{rest}"),
            _ => text.clone(),
        }
    }

    fn parsed(&self) -> Result<Parsed, Box<Diagnostic>> {
        let wrong = |place: Place, why: NotGit| {
            let trouble = Trouble::Refused { name: self.name.clone(), why };
            Box::new(Diagnostic::error(place, super::Trouble::from(trouble).into()))
        };
        // the registries are on this machine, so what they say about this machine may hold
        let url = GitUrl::parse(&self.url.value, true).map_err(|why| wrong(self.url.place, why))?;
        let reference = self.reference.as_ref().map(|(kind, name)| {
            GitRef::parse(&name.value).map(|name| (*kind, name)).map_err(|why| wrong(name.place, why))
        });
        Ok(Parsed { url, reference: reference.transpose()? })
    }

    /// The calls that put it in place, from what was fetched.
    fn actions(&self, parsed: &Parsed) -> Vec<Action> {
        let from = cache::source(&parsed.url).to_string_lossy().into_owned();
        let mut clone = vec!["clone", "--quiet", "--local", "--no-recurse-submodules", "--origin", "origin"];
        let (branch, rev) = match &parsed.reference {
            Some((GitRefKind::Branch | GitRefKind::Tag, name)) => (Some(name.as_str()), None),
            Some((GitRefKind::Rev, name)) => (None, Some(name.as_str())),
            None => (None, None),
        };
        clone.extend(branch.iter().flat_map(|name| ["--branch", name]));
        clone.extend(rev.map(|_| "--no-checkout"));
        clone.extend(["--", &from, &self.path]);
        let named = ["-C", &self.path, "remote", "set-url", "--", "origin", parsed.url.as_str()];
        let mut calls = vec![
            (format!("check out {} to {}", self.address(), self.path), command::args(&clone)),
            (format!("name the origin of {}", self.path), command::args(&named)),
        ];
        if let Some(rev) = rev {
            let args = command::args(&["-C", &self.path, "checkout", "--quiet", rev, "--"]);
            calls.push((format!("choose {rev} in {}", self.path), args));
        }
        let action = |(label, args)| Action {
            label,
            phase: Phase::Get,
            args,
            env: command::env("file"),
            env_remove: command::NOT_FROM_THE_SHELL.map(str::to_owned).into(),
            stdin: None,
        };
        calls.into_iter().map(action).collect()
    }
}

/// What was fetched of checkouts that are missing, to be laid over the world: their files that decide about the stack.
pub type Files = Vec<(PathBuf, Option<Vec<u8>>)>;

/// Fetches what checkouts are made from, side by side, and reads what they say of themselves.
///
/// # Errors
/// The first checkout that can't be had, and why; what git may not be told comes with its place.
pub fn fetch(
    checkouts: &[Checkout],
    root: &Path,
    settings: &Settings,
    world: &dyn World,
) -> Result<Files, NotFetched> {
    let mut parsed = Vec::with_capacity(checkouts.len());
    for checkout in checkouts {
        parsed.push(checkout.parsed().map_err(NotFetched::Refused)?);
    }
    tool(root, world).map_err(NotFetched::Tool)?;
    let of = |checkout: &Checkout, why| NotFetched::NotGot { address: checkout.address(), why };
    // one repository may have several checkouts
    let mut urls = BTreeMap::new();
    for (checkout, parsed) in checkouts.iter().zip(&parsed) {
        urls.entry(&parsed.url).or_insert(checkout);
    }
    let got: Vec<_> = std::thread::scope(|scope| {
        let each = |(url, checkout): (&GitUrl, &Checkout)| {
            cache::get(root, url, settings.offline, world).map_err(|why| of(checkout, why))
        };
        let running: Vec<_> = urls.iter().map(|(url, one)| scope.spawn(move || each((url, one)))).collect();
        let joined = running.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    });
    got.into_iter().collect::<Result<Vec<()>, _>>()?;
    let mut files = Files::new();
    for (checkout, Parsed { url, reference }) in checkouts.iter().zip(&parsed) {
        let commit = cache::commit(root, url, reference.as_ref(), world).map_err(|why| of(checkout, why))?;
        files.push((root.join(&checkout.path).join(".git"), Some(TO_COME.to_vec())));
        let below = checkout.subdirectory.as_deref().map(|sub| joined(Path::new(""), sub));
        let below = below.filter(|sub| sub != ".");
        for name in PROJECT_FILES.iter().filter(|_| checkout.kind == Kind::Package) {
            let inside = below.as_ref().map_or_else(|| (*name).to_owned(), |sub| format!("{sub}/{name}"));
            let bytes = cache::file(root, url, &commit, &inside, world).map_err(|why| of(checkout, why))?;
            let at = root.join(&checkout.path).join(inside);
            files.extend(bytes.map(|bytes| (at, Some(bytes))));
        }
    }
    Ok(files)
}

/// Why a checkout can't be had.
#[derive(Debug)]
pub enum NotFetched {
    /// git may not be told that.
    Refused(Box<Diagnostic>),
    /// git itself is missing, too old or broken.
    Tool(ToolError),
    /// It could not be fetched.
    NotGot {
        /// From where.
        address: String,
        /// Why.
        why: NotGot,
    },
}

impl Adapter for Git {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(
        &self,
        stack: &Stack,
        root: &Path,
        settings: &Settings,
        world: &dyn World,
    ) -> Result<Part, Vec<Diagnostic>> {
        let mut part = Part::default();
        let mut errors = Vec::new();
        for checkout in checkouts(stack, self.only) {
            if !checkout.is_missing(root, world) {
                part.notes.extend(state::misplaced(&checkout, root, world));
            } else if settings.fetch_sources {
                match checkout.parsed() {
                    Ok(parsed) => {
                        part.guarded.push(PathBuf::from(&checkout.path));
                        part.actions.extend(checkout.actions(&parsed));
                    }
                    Err(diagnostic) => errors.push(*diagnostic),
                }
            } else if checkout.kind == Kind::Container {
                // who manages packages says the same of theirs
                let trouble = Trouble::Missing { name: checkout.name.clone(), path: checkout.path.clone() };
                errors.push(finding(Severity::Error, checkout.url.place, trouble));
            }
        }
        if errors.is_empty() { Ok(part) } else { Err(errors) }
    }

    fn prepare(&self, root: &Path, _: &Settings, world: &dyn World) -> Result<Tool, ToolError> {
        tool(root, world)
    }

    fn explain(&self, action: &Action, outcome: &Outcome) -> String {
        format!("git could not {}: {}", action.label, cache::said(outcome))
    }

    fn stamp(&self, _: &Stack, _: &Path, _: &dyn World) -> Option<String> {
        None
    }

    fn status(&self, stack: &Stack, root: &Path, _: &Settings, world: &dyn World) -> Vec<Found> {
        state::of(&checkouts(stack, self.only), root, world)
    }
}

fn finding(severity: Severity, place: Place, trouble: Trouble) -> Diagnostic {
    let finding = super::Trouble::from(trouble).into();
    Diagnostic { severity, ..Diagnostic::error(place, finding) }
}

/// Finds git.
fn tool(root: &Path, world: &dyn World) -> Result<Tool, ToolError> {
    let (name, need) = (NAME.to_owned(), format!("{}.{} or newer", NEED.0, NEED.1));
    let how = "Install it (https://git-scm.com/), or get the checkout yourself.".to_owned();
    let outcome = match world.run(&command::local(root, &["--version"])) {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ToolError::Missing { name, need, how });
        }
        Err(error) => return Err(ToolError::Broken { name, why: error.to_string() }),
    };
    let said = String::from_utf8_lossy(&outcome.stdout).trim().to_owned();
    let version = said.split_whitespace().nth(2).unwrap_or_default().to_owned();
    let mut numbers = version.split('.').map(|part| part.parse::<u64>().unwrap_or_default());
    let found = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    if !outcome.ok() || found == (0, 0) {
        return Err(ToolError::Broken { name, why: format!("`{said}` was not understood as its version") });
    }
    if found < NEED {
        return Err(ToolError::TooOld { name, found: version, need, how });
    }
    Ok(Tool { program: PathBuf::from(NAME), prefix: Vec::new(), version, installed: None })
}

/// What a path of these checkouts is, for those who must not be asked twice about it.
pub fn paths(checkouts: &[Checkout]) -> BTreeSet<&str> {
    checkouts.iter().map(|checkout| checkout.path.as_str()).collect()
}

/// Runs git on this machine.
fn run(dir: &Path, own: &[&str], world: &dyn World) -> Result<Outcome, String> {
    let command = Command { limit: Some(std::time::Duration::from_secs(20)), ..command::local(dir, own) };
    world.run(&command).map_err(|error| error.to_string())
}
