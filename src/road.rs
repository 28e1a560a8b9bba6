//! The road: load → compile → solve → plan → order → execute → finalize. A command is how far it goes.
//!
//! Owns: the order of the stages, the project lock around those that write, and the recovery of an interrupted run
//! before any of them. Refuses: printing, and any work of a stage.

mod back;
mod digests;
mod engine;
mod environment;
pub mod status;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::adapters::git::{self, Files, NotFetched};
use crate::adapters::{self, Adapter, FileChange, NotUp, Settings, ToolError, Trial};
use crate::compile::{Compiled, compile};
use crate::diagnostic::{Diagnostic, Finding, Wiring};
use crate::execute::{Failure, Progress, Work, execute};
use crate::explain::{self, Blame, Explanation, Fix};
use crate::finalize::{self, RunError, finalize};
use crate::load::{self, Inputs, LoadOptions, Opened, Remote, load};
use crate::lock;
use crate::manifest::Manifest;
use crate::names::Kind;
use crate::order::{Ring, Schedule, order};
use crate::place::{At, Sources};
use crate::plan::{self, Plan, PlanError};
use crate::solve::{NoStack, Solved, Unsolved, solve};
use crate::stack::Stack;
use crate::transaction::{self, LockError, ProjectLock, RecoverError, Recovered, TakeBackError};
use crate::world::{Laid, World};

pub use digests::{Answers, Hold};
pub use engine::{AfterError, Engine};
pub use environment::Entrypoint;

/// What is wanted of the road.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// How to read and choose.
    pub load: LoadOptions,
    /// How far and under which conditions.
    pub settings: Settings,
    /// Only the adapter of this side.
    pub only: Option<Kind>,
    /// The manifest's text to be, when the command edits it.
    pub manifest: Option<Arc<str>>,
    /// Which images are to be held to a digest.
    pub hold: Hold,
}

/// Why the road ended early. Everything is data; the words are made at the edge.
#[derive(Debug)]
pub enum Stop {
    /// No `hsm.yaml` in the directory or above it.
    NoProject(PathBuf),
    /// The directory to work in is not there.
    NoDirectory(PathBuf),
    /// Something is wrong with what was read, or with what it says.
    Wrong(load::Report),
    /// The statements cannot hold together.
    Unsolved {
        /// What they come from.
        inputs: Box<Inputs>,
        /// What was solved.
        compiled: Box<Compiled>,
        /// The statements.
        unsolved: Box<Unsolved>,
    },
    /// The bound of work was used up without an answer.
    OutOfFuel,
    /// The user asked to stop (the signal's number); everything is as it was.
    Interrupted(i32),
    /// Another run holds the project; who.
    Held(String),
    /// The project lock could not be taken.
    Lock(io::Error),
    /// An interrupted run could not be undone or finished.
    Recovery(RecoverError),
    /// The last run was not taken back.
    NotTakenBack(TakeBackError),
    /// There is no plan.
    Plan(PlanError),
    /// Steps wait for each other.
    Ring(Ring),
    /// Nothing is locked yet.
    NotLocked,
    /// Committed files are out of date, and they were to be used as they are (`--locked`).
    OutOfDate(Box<Planned>),
    /// The run failed; everything is as it was, or the error says what is not.
    Run {
        /// What was to be done.
        planned: Box<Planned>,
        /// Under which conditions.
        settings: Settings,
        /// What went wrong.
        error: Box<RunError>,
    },
    /// No engine that can start anything.
    NoEngine,
    /// The files are written, but what was to run after them failed.
    NotRunning {
        /// What failed; `None`: nothing did, and yet these containers do not run.
        error: Option<AfterError>,
        /// What is not up.
        containers: Vec<NotUp>,
    },
    /// A command that changes no file failed.
    After(AfterError),
}

/// What the solve decided, with what it was decided from.
#[derive(Debug)]
pub struct Resolved {
    /// What was read.
    pub inputs: Inputs,
    /// What was decided.
    pub solved: Solved,
}

/// A plan and its order, with what it was made from.
#[derive(Debug)]
pub struct Planned {
    /// What was decided.
    pub resolved: Resolved,
    /// What is to be done.
    pub plan: Plan,
    /// In which order.
    pub schedule: Schedule,
}

impl Planned {
    /// Whether a committed file would change.
    pub fn is_out_of_date(&self) -> bool {
        self.plan.files.iter().any(is_committed)
    }
}

/// A run that succeeded.
#[derive(Debug)]
pub struct Done {
    /// What was to be done.
    pub planned: Planned,
    /// What was done.
    pub report: finalize::Report,
}

/// A project and the machine it is on.
#[derive(Clone, Copy)]
pub struct Road<'a> {
    /// The project's root.
    pub root: &'a Path,
    /// The machine.
    pub world: &'a dyn World,
    /// What gets registries from elsewhere; `None`: only what is on this machine is read.
    pub remote: Option<&'a Remote<'a>>,
}

/// The conflicts of a project without a stack, with what could be changed.
pub fn explain(inputs: &Inputs, compiled: &Compiled, unsolved: &Unsolved, world: &dyn World) -> Explanation {
    explain::explain(inputs, compiled, unsolved.clone(), &|| world.interrupted())
}

/// How long a package manager may think about a selection that it is only asked about.
const TRIAL: Duration = Duration::from_secs(20);

/// What the package manager said cannot hold together, in the project's statements; other selections are tried with it,
/// beside the project. `tell` hears of each before it is tried.
pub fn blame(
    planned: &Planned,
    settings: &Settings,
    blamed: &[String],
    tell: &dyn Fn(&Fix),
    world: &dyn World,
) -> Blame {
    let Resolved { inputs, solved } = &planned.resolved;
    let adapter = adapter(Kind::Package, &inputs.manifest, &inputs.sources);
    let try_out = |fix: &Fix, stack: &Stack| match &adapter {
        Ok(adapter) => {
            tell(fix);
            adapter.try_out(stack, &inputs.root, settings, world, TRIAL)
        }
        Err(_) => Trial::Unasked("there is no such package manager".to_owned()),
    };
    explain::blame(inputs, &solved.stack, blamed, &try_out, &|| world.interrupted())
}

/// The name of a project's package manager.
pub fn package_manager(inputs: &Inputs) -> &'static str {
    adapter(Kind::Package, &inputs.manifest, &inputs.sources).map_or("the package manager", Adapter::name)
}

/// The name of the package manager that a manifest names, and whether it takes over what stands in the user's files.
///
/// # Errors
/// There is no such package manager.
pub fn takes_over(manifest: &Manifest, sources: &Sources) -> Result<(&'static str, bool), Stop> {
    adapter(Kind::Package, manifest, sources).map(|adapter| (adapter.name(), adapter.takes_over()))
}

/// The nearest directory with a manifest, from `start` upwards.
pub fn find_project(start: &Path, world: &dyn World) -> Result<PathBuf, Stop> {
    let none = || Stop::NoProject(start.to_owned());
    let start = world.canonical(start).map_err(|_| Stop::NoDirectory(start.to_owned()))?;
    let has = |dir: &&Path| matches!(world.stat(&dir.join(load::MANIFEST)), Ok(Some(_)));
    start.ancestors().find(has).map(Path::to_owned).ok_or_else(none)
}

/// Why something was not read: the user asked to stop, or it is wrong.
pub fn unread(report: load::Report, world: &dyn World) -> Stop {
    match world.interrupted_by() {
        Some(signal) => Stop::Interrupted(signal),
        None => Stop::Wrong(report),
    }
}

impl<'a> Road<'a> {
    /// load → compile → solve; twice where values are laid over the manifest's, and both must succeed.
    pub fn resolve(&self, wish: &Wish) -> Result<Resolved, Stop> {
        let shared = LoadOptions { overlays: Vec::new(), ..wish.load.clone() };
        let mut resolved = self.solve(&LoadOptions { manifest: wish.manifest.clone(), ..shared }, None)?;
        digests::hold(&mut resolved, &wish.hold);
        if wish.load.overlays.is_empty() {
            return Ok(resolved);
        }
        // What is laid over has the shared solution as its lock: it differs only where it has to. What the lock was
        // not to hold on to, the shared solution has chosen anew.
        let options = LoadOptions {
            manifest: wish.manifest.clone(),
            overlays: wish.load.overlays.clone(),
            require_mode: wish.load.require_mode,
            adopt: wish.load.adopt.clone(),
            pins: wish.load.pins.clone(),
            ..LoadOptions::default()
        };
        let mut laid_over = self.solve(&options, Some(lock::Lock::of(&resolved.solved.stack)))?;
        digests::hold(&mut laid_over, &Hold::AsLocked);
        Ok(laid_over)
    }

    /// load, and nothing more.
    pub fn load(&self, options: &LoadOptions) -> Result<Inputs, Stop> {
        self.reading(|pins| {
            let pins = pins.iter().chain(&options.pins).cloned().collect();
            load(self.root, self.world, &LoadOptions { pins, ..options.clone() })
        })
    }

    /// The manifest and the registries, listed.
    pub fn open(&self) -> Result<Opened<'a>, Stop> {
        self.reading(|pins| load::open(self.root, self.world, pins))
    }

    /// Reads, and gets what that needs.
    fn reading<T>(
        &self,
        read: impl Fn(&[lock::LockedRegistry]) -> Result<T, load::Report>,
    ) -> Result<T, Stop> {
        let read = match self.remote {
            Some(remote) => remote.reading(read),
            None => read(&[]),
        };
        read.map_err(|report| unread(report, self.world))
    }

    /// `held`: what to hold on to instead of what `hsm.lock` says.
    fn solve(&self, options: &LoadOptions, held: Option<lock::Lock>) -> Result<Resolved, Stop> {
        let mut inputs = self.load(options)?;
        if held.is_some() {
            inputs.lock = held;
        }
        let compiled = compile(&inputs);
        match solve(&inputs, &compiled, &|| self.world.interrupted()) {
            Ok(solved) => Ok(Resolved { inputs, solved }),
            Err(NoStack::Unsolved(unsolved)) => {
                let (inputs, compiled) = (Box::new(inputs), Box::new(compiled));
                Err(Stop::Unsolved { inputs, compiled, unsolved: Box::new(unsolved) })
            }
            Err(NoStack::Invalid(diagnostics)) => {
                Err(Stop::Wrong(load::Report { sources: inputs.sources, diagnostics }))
            }
            Err(NoStack::Interrupted) => Err(Stop::Interrupted(self.world.interrupted_by().unwrap_or(2))),
            Err(NoStack::OutOfFuel) => Err(Stop::OutOfFuel),
        }
    }

    /// … → plan → order. Writes nothing, runs nothing.
    pub fn plan(&self, wish: &Wish) -> Result<Planned, Stop> {
        let resolved = self.resolve(wish)?;
        let adapters = adapters(&resolved.inputs, wish)?;
        self.planned(resolved, wish, &adapters)
    }

    fn planned(
        &self,
        resolved: Resolved,
        wish: &Wish,
        adapters: &[&'static dyn Adapter],
    ) -> Result<Planned, Stop> {
        let own = self.own_files(&resolved, wish)?;
        let assembled =
            plan::assemble(self.world, self.root, &resolved.solved.stack, &wish.settings, adapters, own);
        let plan = assembled.map_err(|error| match error {
            PlanError::Adapter { findings, .. } => {
                Stop::Wrong(load::Report { sources: resolved.inputs.sources.clone(), diagnostics: findings })
            }
            other => Stop::Plan(other),
        })?;
        let schedule = order(&plan).map_err(Stop::Ring)?;
        Ok(Planned { resolved, plan, schedule })
    }

    /// … → execute → finalize. `lock` is the project's.
    pub fn sync(
        &self,
        wish: &Wish,
        what: &str,
        lock: &ProjectLock,
        progress: &dyn Progress,
    ) -> Result<Done, Stop> {
        let files = if wish.settings.fetch_sources { self.fetched(wish, progress)? } else { Files::new() };
        if files.is_empty() {
            return self.carry_out(self.plan(wish)?, wish, what, Some(lock), progress);
        }
        // what is not in place yet is read as it will be
        let seen = Laid::over(self.world, files);
        let planned = Road { world: &seen, ..*self }.plan(wish)?;
        self.carry_out(planned, wish, what, Some(lock), progress)
    }

    /// Fetches what missing checkouts are made from; what they say of themselves may lead to others.
    fn fetched(&self, wish: &Wish, progress: &dyn Progress) -> Result<Files, Stop> {
        let mut files = Files::new();
        let mut known = BTreeSet::new();
        loop {
            let seen = Laid::over(self.world, files.clone());
            let resolved = Road { world: &seen, ..*self }.resolve(wish)?;
            let mut missing = git::checkouts(&resolved.solved.stack, wish.only);
            missing.retain(|one| one.is_missing(self.root, self.world) && known.insert(one.path.clone()));
            if missing.is_empty() {
                return Ok(files);
            }
            for checkout in &missing {
                progress.note(&format!("fetching {} from {}", checkout.name, checkout.address()));
            }
            let got = git::fetch(&missing, self.root, &wish.settings, self.world);
            if let Some(signal) = self.world.interrupted_by() {
                return Err(Stop::Interrupted(signal));
            }
            files.extend(got.map_err(|error| match error {
                NotFetched::Refused(diagnostic) => {
                    let sources = resolved.inputs.sources.clone();
                    Stop::Wrong(load::Report { sources, diagnostics: vec![*diagnostic] })
                }
                NotFetched::Tool(error) => Stop::After(error.into()),
                NotFetched::NotGot { address, why } => {
                    let label = format!("get {address}");
                    Stop::After(AfterError::Action { label, why: why.with_help() })
                }
            })?);
        }
    }

    /// The whole road where it leads to no change: without the project lock, which is itself a file that would change.
    /// The same for one that may not change anything and would. `None`: there is something to do (or another run is at it, or was interrupted), and that needs the lock.
    pub fn idle(&self, wish: &Wish, what: &str, progress: &dyn Progress) -> Result<Option<Done>, Stop> {
        let underway = || transaction::needs_recovery(self.world, self.root);
        if underway() {
            return Ok(None);
        }
        let planned = self.plan(wish);
        // what was read while another run wrote proves nothing
        let idle = |p: &Planned| p.plan.is_empty() || (wish.settings.locked && p.is_out_of_date());
        if underway() || planned.as_ref().is_ok_and(|planned| !idle(planned)) {
            return Ok(None);
        }
        self.carry_out(planned?, wish, what, None, progress).map(Some)
    }

    fn carry_out(
        &self,
        planned: Planned,
        wish: &Wish,
        what: &str,
        lock: Option<&ProjectLock>,
        progress: &dyn Progress,
    ) -> Result<Done, Stop> {
        if wish.settings.locked && planned.is_out_of_date() {
            return Err(Stop::OutOfDate(Box::new(planned)));
        }
        let adapters = adapters(&planned.resolved.inputs, wish)?;
        self.work_through(planned, wish, what, lock, &adapters, progress)
    }

    /// The whole road for `hsm.lock` alone: no tool is asked, and nothing else is written.
    pub fn relock(
        &self,
        resolved: Resolved,
        what: &str,
        lock: &ProjectLock,
        progress: &dyn Progress,
    ) -> Result<Done, Stop> {
        let wish = Wish::default();
        let planned = self.planned(resolved, &wish, &[])?;
        self.work_through(planned, &wish, what, Some(lock), &[], progress)
    }

    fn work_through(
        &self,
        planned: Planned,
        wish: &Wish,
        what: &str,
        lock: Option<&ProjectLock>,
        adapters: &[&'static dyn Adapter],
        progress: &dyn Progress,
    ) -> Result<Done, Stop> {
        let work = Work {
            world: self.world,
            root: self.root,
            lock,
            what,
            plan: &planned.plan,
            schedule: &planned.schedule,
            adapters,
            settings: &wish.settings,
            progress,
        };
        let journal = execute(&work);
        match finalize(&work, &planned.resolved.solved.stack, journal) {
            Ok(report) => Ok(Done { planned, report }),
            Err(error) => match error.failure() {
                Failure::Interrupted(signal) if !matches!(error, RunError::NotPutBack { .. }) => {
                    Err(Stop::Interrupted(*signal))
                }
                _ => Err(Stop::Run {
                    planned: Box::new(planned),
                    settings: wish.settings.clone(),
                    error: Box::new(error),
                }),
            },
        }
    }

    /// What could be done about a missing tool, if the user says yes: nothing was touched yet.
    pub fn offer(&self, error: &RunError) -> Option<String> {
        let RunError::NothingTouched(Failure::Tool(error)) = error else { return None };
        let (ToolError::Missing { name, .. } | ToolError::TooOld { name, .. }) = error.as_ref() else {
            return None;
        };
        [Kind::Package, Kind::Container].into_iter().find_map(|kind| adapters::find(kind, name)?.offer())
    }

    /// Takes the project lock for a command that writes, and undoes or finishes an interrupted run first.
    pub fn enter(
        &self,
        what: &str,
        wait: bool,
        tell: &mut dyn FnMut(&str),
    ) -> Result<(ProjectLock, Option<Recovered>), Stop> {
        let lock = self.take(what, wait, tell)?;
        let recovered = transaction::recover(self.world, self.root, &lock).map_err(Stop::Recovery)?;
        Ok((lock, recovered))
    }

    fn take(&self, what: &str, wait: bool, tell: &mut dyn FnMut(&str)) -> Result<ProjectLock, Stop> {
        ProjectLock::take(self.world, self.root, what, wait, tell).map_err(|error| match error {
            LockError::Held(who) => Stop::Held(who),
            LockError::Interrupted(signal) => Stop::Interrupted(signal),
            LockError::System(error) => Stop::Lock(error),
        })
    }

    /// For a command that only reads: undoes or finishes an interrupted run, if there is one and nobody is at work.
    pub fn look_in(&self, what: &str) -> Result<Option<Recovered>, Stop> {
        if !transaction::needs_recovery(self.world, self.root) {
            return Ok(None);
        }
        match self.enter(what, false, &mut |_| {}) {
            Ok((_, recovered)) => Ok(recovered),
            // what looks like an interrupted run is one at work; reading goes on without the lock
            Err(Stop::Held(_)) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    /// The files that hsm writes itself: the lock, and the manifest when the command edits it.
    fn own_files(&self, resolved: &Resolved, wish: &Wish) -> Result<Vec<FileChange>, Stop> {
        let change = |path: &str, text: &str| {
            plan::file_change(self.world, self.root, path, Some(text.as_bytes().to_vec())).map_err(Stop::Plan)
        };
        let mut own = vec![change(lock::FILE, &lock::render(&resolved.inputs, &resolved.solved.stack))?];
        if let Some(text) = &wish.manifest {
            own.push(change(load::MANIFEST, text)?);
        }
        Ok(own)
    }
}

/// What gets sources, and the adapters that the manifest names: those of one side when only that is wanted.
fn adapters(inputs: &Inputs, wish: &Wish) -> Result<Vec<&'static dyn Adapter>, Stop> {
    let tools = [Kind::Package, Kind::Container]
        .into_iter()
        .filter(|kind| wish.only.is_none_or(|only| only == *kind))
        .map(|kind| adapter(kind, &inputs.manifest, &inputs.sources));
    std::iter::once(Ok(git::adapter(wish.only))).chain(tools).collect()
}

/// Whether a file belongs to what is committed.
pub fn is_committed(file: &FileChange) -> bool {
    !file.path.starts_with(transaction::DIR)
}

/// The adapter that the manifest names for a side, else the usual one.
fn adapter(kind: Kind, manifest: &Manifest, sources: &Sources) -> Result<&'static dyn Adapter, Stop> {
    let named: Option<&At<String>> = match kind {
        Kind::Package => manifest.dependencies.package_manager.as_ref(),
        Kind::Container => manifest.project.container_engine.as_ref(),
    };
    let name = named.map(|n| n.value.as_str()).or_else(|| adapters::names(kind).next());
    name.and_then(|name| adapters::find(kind, name)).ok_or_else(|| {
        let diagnostics = named
            .map(|name| {
                let known = adapters::names(kind).collect();
                let wiring = Wiring::UnknownAdapter { kind, name: name.value.clone(), known };
                Diagnostic::error(name.place, Finding::Wiring(wiring))
            })
            .into_iter()
            .collect();
        Stop::Wrong(load::Report { sources: sources.clone(), diagnostics })
    })
}
