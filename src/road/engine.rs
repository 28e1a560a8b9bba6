//! After the commit: building, starting and stopping what the engine runs.
//!
//! Owns: running an engine's commands, and why they failed. Refuses: what they are (the adapter says), and printing.

use std::io;
use std::time::Duration;

use super::{Road, Stop, adapter};
use crate::adapters::{self, Action, Adapter, Lifecycle, Settings, Tool, ToolError};
use crate::diagnostic::Diagnostic;
use crate::load;
use crate::manifest::Manifest;
use crate::names::{ComponentId, Kind};
use crate::place::Sources;
use crate::stack::{ProjectFacts, Stack};
use crate::world::{Command, Outcome, OutputTo};

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
    pub fn build(&self, stack: &Stack, engine: &Engine, only: &[ComponentId]) -> Result<usize, Stop> {
        let actions = engine.lifecycle()?.build(stack, only).map_err(wrong)?;
        let Some(tool) = self.tool_for(engine, &actions)? else { return Ok(0) };
        self.run_all(engine, &tool, &actions).map_err(Stop::After)?;
        Ok(actions.len())
    }

    /// Starts containers after a sync (none named: all) and waits until they are healthy, at most for `wait`; gives back
    /// how many commands that took. What does not come up is no reason to stop the others.
    pub fn up(
        &self,
        stack: &Stack,
        engine: &Engine,
        only: &[ComponentId],
        wait: Option<Duration>,
    ) -> Result<usize, Stop> {
        let lifecycle = engine.lifecycle()?;
        let actions = lifecycle.up(stack, only, wait).map_err(wrong)?;
        let not_running = |error| Stop::NotRunning { error: Some(error), containers: Vec::new() };
        let tool = self.tool_for(engine, &actions).map_err(|stop| match stop {
            Stop::After(error) => not_running(error),
            other => other,
        })?;
        let Some(tool) = tool else { return Ok(0) };
        let error = self.run_all(engine, &tool, &actions).err();
        if let Some(error @ AfterError::Interrupted(_)) = error {
            return Err(not_running(error));
        }
        let mut containers = lifecycle.not_up(stack, only, &tool, self.root, self.world);
        if error.is_none() {
            // the engine has waited for as long as there was something to wait for
            containers.retain(|one| !one.how.may_change());
        }
        if error.is_none() && containers.is_empty() {
            return Ok(actions.len());
        }
        Err(Stop::NotRunning { error, containers })
    }

    /// Stops what runs, by what is committed, and with `volumes` takes away the data that it kept.
    pub fn down(&self, facts: &ProjectFacts, engine: &Engine, volumes: bool) -> Result<usize, Stop> {
        let actions = engine.lifecycle()?.down(facts, volumes, self.root, self.world).map_err(wrong)?;
        let Some(tool) = self.tool_for(engine, &actions)? else { return Ok(0) };
        self.run_all(engine, &tool, &actions).map_err(Stop::After)?;
        Ok(actions.len())
    }

    /// Hands arguments to the engine's tool, which has the terminal for as long as it runs; how it ended.
    pub fn pass(&self, facts: &ProjectFacts, engine: &Engine, args: &[String]) -> Result<Outcome, Stop> {
        let action = engine.lifecycle()?.pass(facts, args, self.root, self.world).map_err(wrong)?;
        let tool = self.tool(engine)?;
        let command = self.command(&tool, &action, OutputTo::Inherited);
        let label = action.label;
        self.world.run(&command).map_err(|error| Stop::After(AfterError::System { label, error }))
    }

    /// The tool, if there is anything to do.
    fn tool_for(&self, engine: &Engine, actions: &[Action]) -> Result<Option<Tool>, Stop> {
        if actions.is_empty() { Ok(None) } else { self.tool(engine).map(Some) }
    }

    fn tool(&self, engine: &Engine) -> Result<Tool, Stop> {
        let tool = engine.adapter.prepare(self.root, &engine.settings, self.world);
        tool.map_err(|error| Stop::After(error.into()))
    }

    fn command(&self, tool: &Tool, action: &Action, output: OutputTo) -> Command {
        Command {
            program: tool.program.clone(),
            args: tool.prefix.iter().chain(&action.args).cloned().collect(),
            dir: self.root.to_owned(),
            env: action.env.clone(),
            env_remove: action.env_remove.clone(),
            stdin: action.stdin.clone(),
            output,
            limit: None,
        }
    }

    /// Runs commands one after the other.
    fn run_all(&self, engine: &Engine, tool: &Tool, actions: &[Action]) -> Result<(), AfterError> {
        for action in actions {
            let outcome = self.world.run(&self.command(tool, action, OutputTo::Shown));
            self.check(engine, action, outcome)?;
        }
        Ok(())
    }

    fn check(
        &self,
        engine: &Engine,
        action: &Action,
        outcome: io::Result<Outcome>,
    ) -> Result<(), AfterError> {
        if let Some(signal) = self.world.interrupted_by() {
            return Err(AfterError::Interrupted(signal));
        }
        let label = action.label.clone();
        match outcome {
            Ok(outcome) if outcome.ok() => Ok(()),
            Ok(outcome) => {
                // the tool's own words were shown as they came
                let why = adapters::explain(engine.adapter, action, &outcome);
                Err(AfterError::Action { label, why: why.lines().next().unwrap_or_default().to_owned() })
            }
            Err(error) => Err(AfterError::System { label, error }),
        }
    }
}

/// What is wrong with a stack for its engine.
fn wrong(diagnostics: Vec<Diagnostic>) -> Stop {
    Stop::Wrong(load::Report { sources: Sources::new(), diagnostics })
}
