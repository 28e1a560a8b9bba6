//! After the commit: building, starting and stopping what the engine runs.
//!
//! Owns: running an engine's commands, and why they failed. Refuses: what they are (the adapter says), and printing.

use std::io;
use std::time::Duration;

use super::{Road, Stop, adapter};
use crate::adapters::{self, Action, Adapter, Job, Lifecycle, Settings, Tool, ToolError};
use crate::diagnostic::Diagnostic;
use crate::execute::Progress;
use crate::execute::queue::{self, Ended};
use crate::load;
use crate::manifest::Manifest;
use crate::names::{ComponentId, Kind};
use crate::place::Sources;
use crate::stack::{ProjectFacts, Stack};
use crate::world::{Command, Outcome, OutputTo};

/// How many commands of an engine run at once: each of them makes it work for many.
pub(super) const AT_ONCE: usize = 4;

/// Why a command of an engine failed.
#[derive(Debug, thiserror::Error)]
pub enum AfterError {
    /// Its tool is missing, too old or broken.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The tool failed.
    #[error("failed to {label}: {why}")]
    Action {
        /// What was to be done.
        label: String,
        /// What happened, for people.
        why: String,
    },
    /// The system refused to run it.
    #[error("failed to {label}: {error}")]
    System {
        /// What was to be done.
        label: String,
        /// What the system said.
        error: io::Error,
    },
    /// The user asked to stop (the signal's number).
    #[error("interrupted")]
    Interrupted(i32),
    /// Several failed side by side.
    #[error("{}", lines(.0))]
    Several(Vec<AfterError>),
}

fn lines(errors: &[AfterError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl AfterError {
    /// What failed, one by one.
    pub fn each(&self) -> &[Self] {
        match self {
            Self::Several(all) => all,
            one => std::slice::from_ref(one),
        }
    }

    /// All of these as one: that the user asked to stop says it all.
    fn of(mut errors: Vec<Self>) -> Option<Self> {
        if let Some(at) = errors.iter().position(|error| matches!(error, Self::Interrupted(_))) {
            return Some(errors.swap_remove(at));
        }
        if errors.len() > 1 { Some(Self::Several(errors)) } else { errors.pop() }
    }
}

/// What starts and stops containers.
#[derive(Clone)]
pub struct Engine {
    adapter: &'static dyn Adapter,
    settings: Settings,
}

impl Engine {
    fn lifecycle(&self) -> Result<&dyn Lifecycle, Stop> {
        self.adapter.lifecycle().ok_or(Stop::NoEngine)
    }
}

impl Road<'_> {
    /// The engine that the manifest names.
    pub fn engine(
        &self,
        manifest: &Manifest,
        sources: &Sources,
        settings: &Settings,
    ) -> Result<Engine, Stop> {
        let adapter = adapter(Kind::Container, manifest, sources)?;
        Ok(Engine { adapter, settings: settings.clone() })
    }

    /// Builds images after a sync (none named: all); gives back how many commands that took.
    pub fn build(
        &self,
        stack: &Stack,
        engine: &Engine,
        only: &[ComponentId],
        progress: &dyn Progress,
    ) -> Result<usize, Stop> {
        let jobs = engine.lifecycle()?.build(stack, only).map_err(wrong)?;
        self.run_to_end(engine, &jobs, progress)
    }

    /// Starts containers after a sync (none named: all) and waits until they are healthy, at most for `wait`; gives back
    /// how many commands that took.
    pub fn up(
        &self,
        stack: &Stack,
        engine: &Engine,
        only: &[ComponentId],
        wait: Option<Duration>,
        progress: &dyn Progress,
    ) -> Result<usize, Stop> {
        let lifecycle = engine.lifecycle()?;
        let jobs = lifecycle.up(stack, only, wait).map_err(wrong)?;
        let not_running = |error| Stop::NotRunning { error: Some(error), containers: Vec::new() };
        let tool = self.tool_for(engine, &jobs).map_err(|stop| match stop {
            Stop::After(error) => not_running(error),
            other => other,
        })?;
        let Some(tool) = tool else { return Ok(0) };
        let (begun, error) = self.run_jobs(engine, &tool, &jobs, progress);
        match error {
            // where the containers were not even started it is no news that they are not up
            Some(error) if begun < jobs.len() || matches!(error, AfterError::Interrupted(_)) => {
                return Err(not_running(error));
            }
            _ => {}
        }
        let mut containers = lifecycle.not_up(stack, only, &tool, self.root, self.world);
        if error.is_none() {
            // the engine has waited for as long as there was something to wait for
            containers.retain(|one| !one.how.may_change());
        }
        if error.is_none() && containers.is_empty() {
            return Ok(jobs.len());
        }
        Err(Stop::NotRunning { error, containers })
    }

    /// Stops what runs, by what is committed, and with `volumes` takes away the data that it kept.
    pub fn down(
        &self,
        facts: &ProjectFacts,
        engine: &Engine,
        volumes: bool,
        progress: &dyn Progress,
    ) -> Result<usize, Stop> {
        let jobs = engine.lifecycle()?.down(facts, volumes, self.root, self.world).map_err(wrong)?;
        self.run_to_end(engine, &jobs, progress)
    }

    /// Hands arguments to the engine's tool, which has the terminal for as long as it runs; how it ended.
    pub fn pass(&self, facts: &ProjectFacts, engine: &Engine, args: &[String]) -> Result<Outcome, Stop> {
        let action = engine.lifecycle()?.pass(facts, args, self.root, self.world).map_err(wrong)?;
        let tool = self.tool(engine)?;
        let command = self.command(&tool, &action, OutputTo::Inherited, None);
        let label = action.label;
        self.world.run(&command).map_err(|error| Stop::After(AfterError::System { label, error }))
    }

    /// The tool, if there is anything to do.
    fn tool_for(&self, engine: &Engine, jobs: &[Job]) -> Result<Option<Tool>, Stop> {
        if jobs.is_empty() { Ok(None) } else { self.tool(engine).map(Some) }
    }

    fn tool(&self, engine: &Engine) -> Result<Tool, Stop> {
        let tool = engine.adapter.prepare(self.root, &engine.settings, self.world);
        tool.map_err(|error| Stop::After(error.into()))
    }

    fn command(&self, tool: &Tool, action: &Action, output: OutputTo, limit: Option<Duration>) -> Command {
        Command {
            program: tool.program.clone(),
            args: tool.prefix.iter().chain(&action.args).cloned().collect(),
            dir: self.root.to_owned(),
            env: action.env.clone(),
            env_remove: action.env_remove.clone(),
            stdin: action.stdin.clone(),
            output,
            limit,
            silence: None,
        }
    }

    /// Runs jobs, and gives back how many there were.
    fn run_to_end(&self, engine: &Engine, jobs: &[Job], progress: &dyn Progress) -> Result<usize, Stop> {
        let Some(tool) = self.tool_for(engine, jobs)? else { return Ok(0) };
        match self.run_jobs(engine, &tool, jobs, progress).1 {
            Some(error) => Err(Stop::After(error)),
            None => Ok(jobs.len()),
        }
    }

    /// Runs jobs side by side, each after those it waits for; gives back how many began, and what went wrong. When the
    /// tool's messages are shown as they come, one runs at a time: nobody could tell whose they are.
    fn run_jobs(
        &self,
        engine: &Engine,
        tool: &Tool,
        jobs: &[Job],
        progress: &dyn Progress,
    ) -> (usize, Option<AfterError>) {
        let shown = progress.shows_output();
        let (most, output) = if shown { (1, OutputTo::Shown) } else { (AT_ONCE, OutputTo::Captured) };
        let after: Vec<Vec<usize>> = jobs.iter().map(|job| job.after.clone()).collect();
        let ended = queue::run(&after, most, |at| {
            let Some(job) = jobs.get(at) else { return Ok(()) };
            if let Some(signal) = self.world.interrupted_by() {
                return Err(AfterError::Interrupted(signal));
            }
            progress.begins(&job.action.label);
            let outcome = self.world.run(&self.command(tool, &job.action, output, job.limit));
            let result = self.check(engine, &job.action, outcome, shown);
            progress.ends(&job.action.label, result.is_ok());
            result
        });
        let begun = ended.iter().filter(|one| !matches!(one, Ended::NotBegun)).count();
        let failed = |one| if let Ended::Failed(error) = one { Some(error) } else { None };
        (begun, AfterError::of(ended.into_iter().filter_map(failed).collect()))
    }

    /// What a command's end means. Of what was `shown` already only the first line is told.
    fn check(
        &self,
        engine: &Engine,
        action: &Action,
        outcome: io::Result<Outcome>,
        shown: bool,
    ) -> Result<(), AfterError> {
        if let Some(signal) = self.world.interrupted_by() {
            return Err(AfterError::Interrupted(signal));
        }
        let label = action.label.clone();
        match outcome {
            Ok(outcome) if outcome.ok() => Ok(()),
            Ok(outcome) => {
                let why = adapters::explain(engine.adapter, action, &outcome);
                let why = if shown { why.lines().next().unwrap_or_default().to_owned() } else { why };
                Err(AfterError::Action { label, why })
            }
            Err(error) => Err(AfterError::System { label, error }),
        }
    }
}

/// What is wrong with a stack for its engine.
pub(super) fn wrong(diagnostics: Vec<Diagnostic>) -> Stop {
    Stop::Wrong(load::Report { sources: Sources::new(), diagnostics })
}
