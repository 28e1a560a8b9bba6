//! Adapters: what turns the resolved stack into artifacts and runs one tool.
//!
//! Owns: the trait, the table of adapters by name, and, in its rooms, all knowledge of the tools. Refuses: snapshots,
//! locks and the journal (the core's), and any choice.
//!
//! # How to add an adapter
//!
//! An adapter is a renderer (the stack as text) and some command lines. It lives in a file or folder of its own and is
//! named in two neighbouring places of this file: its `mod` line and its line of the table. Everything else
//! follows from the table: what `hsm.yaml` and its schema take, completions, the commands that set and show it, the pages
//! of `hsm explain`, and what is tidied up when another one takes over. [`pip`] is the example to read.
//!
//! | what | in `pip/` | |
//! | --- | --- | --- |
//! | [`Adapter::plan`] | `mod.rs`, and `requirements.rs` for the text | the files to be, what is to be run, what the tool may change ([`Part`]). It reads, and neither writes nor runs anything: the result is shown by `hsm plan`, and compared |
//! | [`Adapter::prepare`] | `tool.rs` | the tool, found and new enough; else which version is needed and how to get it |
//! | [`Adapter::explain`] | `explain.rs` | a failed command in words: what it means, then what the tool said |
//! | [`Adapter::stamp`] | `mod.rs` | a hash of what is installed here, so that a second run does nothing; `None` where nothing is |
//! | its [`Problem`] | `trouble.rs`, `pages.md` | what can be wrong with a stack for this tool, as an enum with codes, and a page for each code ([`Adapter::pages`]) |
//!
//! All other functions have defaults and are for tools that can do more. What package managers for Python share
//! (requirement lines, where a package comes from, checks of local sources) is in `python/`, and the seal of files that
//! are wholly hsm's, with an edit by hand kept, in `sealed.rs`.
//!
//! What the core does, so that an adapter does not:
//!
//! - It leaves out files that stay as they are, and the commands of a side whose inputs and stamp are unchanged.
//! - It runs [`Phase::Verify`] before anything is written (such a command changes nothing), saves all files of the plan and
//!   all that is guarded, writes, runs [`Phase::Apply`] in order, and commits. On any failure it puts back the files and
//!   what is guarded from its own copies, without network: *to restore* is data, [`Part::guarded`].
//! - It passes signals on, shows what a failed tool said, and keeps every other run out meanwhile.
//!
//! Where what is to be done depends on what the tool says first, the plan still has to be inert: the action is then a
//! small program on standard input. pip's lock comes from its report, and what has to be removed from what is installed:
//! `pip/work.py` does both, and is given to the Python that has pip ([`Action::stdin`]).
//!
//! The laws that every adapter keeps are in `tests/adapters/`: a second run changes nothing, the same input gives the same
//! bytes, a plan writes nothing, a fault at any step leaves everything as it was, what is the user's stays, what is
//! committed is enough, a missing or old tool is explained, an edit by hand is kept. An adapter joins with a file that
//! says what it is asked for there, and its name in `laws!`; a test fails as long as one of the table has not joined.

pub mod docker;
pub mod git;
mod lifecycle;
pub mod pip;
mod python;
mod sealed;
mod state;
mod trouble;
pub mod uv;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use lifecycle::{How, Job, Lifecycle, NoDigest, NotUp};
pub use trouble::{Problem, Trouble};

use crate::diagnostic::Diagnostic;
use crate::names::{ComponentId, Kind, Name};
use crate::stack::Stack;
use crate::world::{Outcome, World};

pub use state::{About, Found, Layer, Mend, Run, State};

/// How far and under which conditions a run goes.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Nothing may be fetched.
    pub offline: bool,
    /// Locks are written, nothing is installed (`hsm lock`).
    pub lock_only: bool,
    /// The committed artifacts are used as they are.
    pub frozen: bool,
    /// Any committed file out of date is an error.
    pub locked: bool,
    /// Names whose locked versions may move; `Some(empty)`: all of them.
    pub upgrade: Option<Vec<String>>,
    /// Questions are answered with yes.
    pub yes: bool,
    /// Checkouts of sources that are missing are got: a step of the run does it.
    pub fetch_sources: bool,
    /// Components of which what the user wrote into the tool's files is handed over: it becomes hsm's, as the stack has it.
    pub adopt: BTreeSet<ComponentId>,
}

/// What one adapter wants done. Inert: printable, comparable, audited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Files to be written or removed, relative to the project's root. One that stays as it is (`before` equals `after`)
    /// may be listed; the core leaves it out of the plan.
    pub files: Vec<FileChange>,
    /// Files to be written with them that hold what somebody changed by hand: no inputs of the tool.
    pub aside: Vec<FileChange>,
    /// Further files that the tool reads (manifests of local packages, a lock file that was committed), relative to the
    /// root. The files above, the guarded ones and these are the adapter's inputs: as long as all of them, its actions
    /// and its stamp are what they were after the last success, its actions are dropped.
    pub inputs: Vec<PathBuf>,
    /// Files and directories that the tool itself may change; the core takes snapshots of them.
    pub guarded: Vec<PathBuf>,
    /// Commands of the tool, in order; empty when its side is intact.
    pub actions: Vec<Action>,
    /// Whether its checks may run side by side; otherwise each waits for the one before it, as all other actions do.
    pub checks_together: bool,
    /// Worth telling the user.
    pub notes: Vec<Diagnostic>,
}

/// A file to be written or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Relative to the project's root.
    pub path: PathBuf,
    /// The bytes that are there now; `None`: no file.
    pub before: Option<Vec<u8>>,
    /// The bytes to be; `None`: no file.
    pub after: Option<Vec<u8>>,
}

/// One command of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What it does, for people ("lock Python packages").
    pub label: String,
    /// When.
    pub phase: Phase,
    /// Arguments to the adapter's tool.
    pub args: Vec<String>,
    /// Set over the environment.
    pub env: Vec<(String, String)>,
    /// Removed from the environment: what the caller's shell must not leak into the tool.
    pub env_remove: Vec<String>,
    /// Given on standard input.
    pub stdin: Option<Vec<u8>>,
}

/// What a tool says of a stack on which it was only asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// There are versions of everything that go together.
    Holds,
    /// There are none.
    Fails,
    /// It could not be asked; why, as words behind "because".
    Unasked(String),
}

/// When an action runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Before anything is written; changes nothing.
    Verify,
    /// Within the transaction, before the files are written: what they are made from is put in place.
    Get,
    /// After the files are written, within the transaction.
    Apply,
}

/// A tool that was found and is new enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The program.
    pub program: PathBuf,
    /// Arguments that come before an action's.
    pub prefix: Vec<String>,
    /// Its version.
    pub version: String,
    /// What to tell the user when it was put in place just now.
    pub installed: Option<String>,
}

/// Why a tool cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// Not found.
    #[error("{name} was not found ({need} is needed). {how}")]
    Missing {
        /// Which.
        name: String,
        /// What version is needed.
        need: String,
        /// How to get it.
        how: String,
    },
    /// Too old.
    #[error("{name} {found} is too old ({need} is needed). {how}")]
    TooOld {
        /// Which.
        name: String,
        /// What was found.
        found: String,
        /// What version is needed.
        need: String,
        /// How to get it.
        how: String,
    },
    /// Could not be run, or said something that was not understood.
    #[error("{name} could not be run: {why}")]
    Broken {
        /// Which.
        name: String,
        /// What happened.
        why: String,
    },
}

/// All adapters. The first of a kind is the usual one.
static TABLE: &[(Kind, &dyn Adapter)] = &[
    // package managers
    (Kind::Package, &uv::Uv),
    (Kind::Package, &pip::Pip),
    // container engines
    (Kind::Container, &docker::Docker),
];

/// The adapter of that name for packages or for containers.
pub fn find(kind: Kind, name: &str) -> Option<&'static dyn Adapter> {
    TABLE.iter().find(|(k, a)| *k == kind && a.name() == name).map(|(_, a)| *a)
}

/// How programs of an environment are found, and what they see of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The directory that holds them, absolute: it goes before all others.
    pub dir: PathBuf,
    /// Set for them.
    pub env: Vec<(String, String)>,
    /// Taken away from them.
    pub env_remove: Vec<String>,
}

/// A local package to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewPackage<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Its directory, absolute: empty, or not there.
    pub dir: &'a Path,
    /// Whether it is a program with a command of its own, not a library.
    pub program: bool,
    /// What it is, in a line.
    pub description: Option<&'a str>,
    /// The versions of Python that it is to work with; the tool chooses where that is not said.
    pub python: Option<&'a str>,
}

/// Why a local package was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotMade {
    /// The tool is missing, too old or broken.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The tool ran and failed.
    #[error("{0}")]
    Failed(String),
    /// Nothing can make one.
    #[error("no package manager here can make a package")]
    NoMaker,
}

/// What makes local packages.
pub trait Maker {
    /// Makes one that can be built and installed.
    fn make(
        &self,
        new: &NewPackage<'_>,
        root: &Path,
        settings: &Settings,
        world: &dyn World,
    ) -> Result<Tool, NotMade>;
}

/// Makes a local package: with the adapter of that name if it can, else with the first one that can.
pub fn make_package(
    manager: Option<&str>,
    new: &NewPackage<'_>,
    root: &Path,
    settings: &Settings,
    world: &dyn World,
) -> Result<Tool, NotMade> {
    let named = manager.and_then(|name| find(Kind::Package, name)?.maker());
    let maker = named.or_else(|| TABLE.iter().find_map(|(_, adapter)| adapter.maker()));
    maker.ok_or(NotMade::NoMaker)?.make(new, root, settings, world)
}

/// The adapters of the table that could stand where this one does: the others of its kind.
pub fn beside(adapter: &dyn Adapter) -> impl Iterator<Item = &'static dyn Adapter> {
    let name = adapter.name();
    let kind = TABLE.iter().find(|(_, a)| a.name() == name).map(|(kind, _)| *kind);
    TABLE.iter().filter(move |(k, a)| Some(*k) == kind && a.name() != name).map(|(_, a)| *a)
}

/// The pages of all codes that adapters bring.
pub fn pages() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(_, adapter)| adapter.pages())
}

/// All adapters with what they are for, in the order of the table.
pub fn all() -> impl Iterator<Item = (Kind, &'static dyn Adapter)> {
    TABLE.iter().copied()
}

/// Whether a tool's files in the project speak of something of this name.
pub fn knows(name: &Name, root: &Path, world: &dyn World) -> bool {
    TABLE.iter().any(|(_, adapter)| adapter.knows(name, root, world))
}

/// Files of the user's own in the project that an engine would take by itself, in the order in which it would.
pub fn own_files(root: &Path, world: &dyn World) -> Vec<String> {
    TABLE.iter().flat_map(|(_, adapter)| adapter.own_files(root, world)).collect()
}

/// What a failed action means, for people; what its tool said can't play tricks on a terminal.
pub fn explain(adapter: &dyn Adapter, action: &Action, outcome: &Outcome) -> String {
    harmless(&adapter.explain(action, outcome))
}

/// What a successful action says that makes it none, for people.
pub fn objection(adapter: &dyn Adapter, action: &Action, outcome: &Outcome) -> Option<String> {
    adapter.objection(action, outcome).map(|said| harmless(&said))
}

fn harmless(text: &str) -> String {
    text.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\t'), "\u{fffd}")
}

/// The names of the adapters for packages or for containers, the default first.
pub fn names(kind: Kind) -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter(move |(k, _)| *k == kind).map(|(_, a)| a.name())
}

/// The small interface that every package manager and container engine implements: five functions, and for tools that can
/// do more the ones with defaults. See [the module](self) for how to add one.
pub trait Adapter: Send + Sync {
    /// The name under which the manifest asks for it.
    fn name(&self) -> &'static str;

    /// What has to be done to bring the project to `stack`. Reads through `world`; writes nothing, runs nothing.
    fn plan(
        &self,
        stack: &Stack,
        root: &Path,
        settings: &Settings,
        world: &dyn World,
    ) -> Result<Part, Vec<Diagnostic>>;

    /// Finds its tool and checks its version; may put it in place when `settings` allow.
    fn prepare(&self, root: &Path, settings: &Settings, world: &dyn World) -> Result<Tool, ToolError>;

    /// What it can put in place itself when its tool is missing and the settings say yes, to be asked for.
    fn offer(&self) -> Option<String> {
        None
    }

    /// Whether a missing tool is no reason to fail (its verification is skipped, with this note).
    fn optional(&self) -> Option<&'static str> {
        None
    }

    /// What a failed action means, for people.
    fn explain(&self, action: &Action, outcome: &Outcome) -> String;

    /// What a successful action says that makes it none: its tool left out something that was asked of it and ended as if all
    /// were well. The run then fails with these words, and everything is put back.
    fn objection(&self, _action: &Action, _outcome: &Outcome) -> Option<String> {
        None
    }

    /// The distributions of which a failed action says that what is demanded of them cannot hold together, normalized
    /// (PEP 503); none: it failed for another reason. Words that are no names may be among them.
    fn blamed(&self, _action: &Action, _outcome: &Outcome) -> Vec<String> {
        Vec::new()
    }

    /// Whether its tool finds versions for a stack, asked beside the project and within `time`: nothing is written in the
    /// project, and nobody's code is built or run.
    fn try_out(
        &self,
        _stack: &Stack,
        _root: &Path,
        _settings: &Settings,
        _world: &dyn World,
        _time: Duration,
    ) -> Trial {
        Trial::Unasked(format!("{} cannot be asked", self.name()))
    }

    /// A cheap stamp of the environment on this machine: as long as it stays the same, the adapter's side is intact.
    /// `None`: there is nothing to stamp, or it can't be told.
    fn stamp(&self, stack: &Stack, root: &Path, world: &dyn World) -> Option<String>;

    /// What on this machine is not as the committed files say: what is installed, what runs. Asks its tool only what can
    /// be answered without changing anything and without running anybody's code; what can't be told is said as that.
    fn status(&self, _stack: &Stack, _root: &Path, _settings: &Settings, _world: &dyn World) -> Vec<Found> {
        Vec::new()
    }

    /// Adds to its actions what puts right a damage in the environment that its tool does not see by itself. Called when
    /// the stamp has changed; reads only. What it adds is for this one run and no part of what is wanted.
    fn mend(&self, _actions: &mut [Action], _root: &Path, _world: &dyn World) {}

    /// Whether the files that its tool works from in the project speak of a distribution or image of this name, whoever
    /// wrote them.
    fn knows(&self, _name: &Name, _root: &Path, _world: &dyn World) -> bool {
        false
    }

    /// Files of the user's own in the project that its tool would take by itself, in the order in which it would.
    fn own_files(&self, _root: &Path, _world: &dyn World) -> Vec<String> {
        Vec::new()
    }

    /// Whether it writes into files of the user's, so that what stands there can be handed over ([`Settings::adopt`]).
    fn takes_over(&self) -> bool {
        false
    }

    /// What it does after the commit; `None` for one that runs nothing.
    fn lifecycle(&self) -> Option<&dyn Lifecycle> {
        None
    }

    /// What makes local packages; `None` for one that makes none.
    fn maker(&self) -> Option<&dyn Maker> {
        None
    }

    /// What takes hsm's own out of its files when the manifest names another adapter of its kind. The user's stays, and so
    /// does what is the tool's. Only files and notes of it count; a file that the other adapter lists is that one's.
    fn leave(&self, _root: &Path, _world: &dyn World) -> Result<Part, Vec<Diagnostic>> {
        Ok(Part::default())
    }

    /// How the programs of its environment are found; `None`: there is no environment, or it has none.
    fn programs(&self, _root: &Path, _world: &dyn World) -> Option<Programs> {
        None
    }

    /// The pages of the codes of its troubles, in the form of those of `diagnostic`.
    fn pages(&self) -> &'static str {
        ""
    }
}
