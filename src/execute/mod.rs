//! Executing a schedule: one outcome for each step. Failure is data; putting things back is the next stage's.
//!
//! Owns: running the steps, in order, side by side where they are independent. Refuses: choosing anything, knowing any
//! tool or where the plan came from.

pub mod queue;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::adapters::{Action, Adapter, FileChange, Phase, Settings, Tool, ToolError, explain, objection};
use crate::order::{Schedule, Step};
use crate::plan::Plan;
use crate::transaction::{BeginError, ProjectLock, Transaction};
use crate::world::{Break, Command, OutputTo, World};

/// What is to be executed, and with what.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// The machine.
    pub world: &'a dyn World,
    /// The project's root.
    pub root: &'a Path,
    /// The lock of the project. A plan that changes nothing is executed without it: its checks write nothing.
    pub lock: Option<&'a ProjectLock>,
    /// The command, for people ("hsm sync").
    pub what: &'a str,
    /// The plan.
    pub plan: &'a Plan,
    /// Its schedule.
    pub schedule: &'a Schedule,
    /// The adapters that the plan was made with.
    pub adapters: &'a [&'a dyn Adapter],
    /// The settings that the plan was made with.
    pub settings: &'a Settings,
    /// Who is told how it goes.
    pub progress: &'a dyn Progress,
}

/// Who is told how the work goes. Called from several threads.
pub trait Progress: Sync {
    /// A step starts.
    fn started(&self, plan: &Plan, step: Step);
    /// A step has ended.
    fn finished(&self, plan: &Plan, step: Step, outcome: &StepOutcome);
    /// Something begins that is no step of a plan; what it is, for people ("build base").
    fn begins(&self, what: &str);
    /// It has ended, well or not.
    fn ends(&self, what: &str, well: bool);
    /// Something worth telling.
    fn note(&self, text: &str);
    /// Whether the tools' messages are to be shown as they come.
    fn shows_output(&self) -> bool {
        false
    }
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn started(&self, _plan: &Plan, _step: Step) {}
    fn finished(&self, _plan: &Plan, _step: Step, _outcome: &StepOutcome) {}
    fn begins(&self, _what: &str) {}
    fn ends(&self, _what: &str, _well: bool) {}
    fn note(&self, _text: &str) {}
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// It was done.
    Done,
    /// It was left out, with this note: its tool is missing and is not needed for the rest.
    Skipped(String),
    /// It failed.
    Failed,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A tool is missing, too old or broken.
    #[error(transparent)]
    Tool(Box<ToolError>),
    /// A check said no.
    #[error("failed to {label}: {why}")]
    Check {
        /// What was checked.
        label: String,
        /// What the tool means, for people.
        why: String,
    },
    /// A tool failed.
    #[error("failed to {label}: {why}")]
    Action {
        /// What was to be done.
        label: String,
        /// What happened, for people.
        why: String,
        /// The distributions that cannot hold together, if the tool says so.
        blamed: Vec<String>,
    },
    /// A file is not what it was when the plan was made.
    #[error("`{}` was changed by someone else in the meantime", .0.display())]
    Changed(PathBuf),
    /// The system refused something.
    #[error("failed to {attempt} `{}`: {error}", path.display())]
    System {
        /// What was attempted: a verb.
        attempt: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The user asked to stop (the signal's number).
    #[error("interrupted")]
    Interrupted(i32),
}

/// What was done. Whoever gets it ends the transaction, one way or the other.
#[derive(Debug)]
#[must_use]
pub struct Journal {
    /// The outcomes, in the order in which the steps ended. Steps that were not reached have none.
    pub outcomes: Vec<(Step, StepOutcome)>,
    /// What went wrong first.
    pub failure: Option<Failure>,
    /// The transaction under way, if one began.
    pub transaction: Option<Transaction>,
}

/// The tools that a plan needs, by adapter: found, or left out for a reason.
type Tools = BTreeMap<String, Result<Tool, String>>;

/// Runs a schedule up to the commit, or up to the first failure.
pub fn execute(work: &Work<'_>) -> Journal {
    let mut journal = Journal { outcomes: Vec::new(), failure: None, transaction: None };
    match prepare(work) {
        Ok(tools) => run_waves(work, &tools, &mut journal),
        Err(failure) => journal.failure = Some(failure),
    }
    journal
}

/// Finds the tools that the plan needs before anything is touched.
fn prepare(work: &Work<'_>) -> Result<Tools, Failure> {
    let mut tools = Tools::new();
    for part in work.plan.parts.iter().filter(|p| !p.actions.is_empty()) {
        let Some(adapter) = work.adapters.iter().find(|a| a.name() == part.adapter) else {
            let why = "the plan names it, but it was not given".to_owned();
            return Err(Failure::Tool(Box::new(ToolError::Broken { name: part.adapter.clone(), why })));
        };
        let tool = match (adapter.prepare(work.root, work.settings, work.world), adapter.optional()) {
            (Ok(tool), _) => {
                tool.installed.iter().for_each(|text| work.progress.note(text));
                Ok(tool)
            }
            (Err(error), Some(note)) if !part.applies() => {
                let note = format!("{note}: {error}");
                work.progress.note(&note);
                Err(note)
            }
            (Err(error), _) => return Err(interrupted(work.world).unwrap_or(Failure::Tool(Box::new(error)))),
        };
        tools.insert(part.adapter.clone(), tool);
    }
    Ok(tools)
}

fn run_waves(work: &Work<'_>, tools: &Tools, journal: &mut Journal) {
    for wave in &work.schedule.waves {
        if wave.as_slice() == [Step::Commit] {
            // The next stage's; nothing may follow.
            journal.failure = interrupted(work.world);
            return;
        }
        if let Err(failure) = run_wave(work, tools, wave, journal) {
            journal.failure = Some(interrupted(work.world).unwrap_or(failure));
            return;
        }
    }
}

fn run_wave(work: &Work<'_>, tools: &Tools, wave: &[Step], journal: &mut Journal) -> Result<(), Failure> {
    let (commands, others): (Vec<Step>, Vec<Step>) =
        wave.iter().partition(|s| matches!(s, Step::Verify { .. } | Step::Apply { .. }));
    for step in others {
        if let Some(stop) = interrupted(work.world) {
            return Err(stop);
        }
        work.progress.started(work.plan, step);
        let result = match step {
            Step::Save => save(work).map(|transaction| journal.transaction = Some(transaction)),
            Step::Write { file } => work.plan.files.get(file).map_or(Ok(()), |change| write(work, change)),
            Step::Verify { .. } | Step::Apply { .. } | Step::Commit => Ok(()),
        };
        let outcome = if result.is_ok() { StepOutcome::Done } else { StepOutcome::Failed };
        work.progress.finished(work.plan, step, &outcome);
        journal.outcomes.push((step, outcome));
        result?;
    }
    run_commands(work, tools, &commands, journal)
}

/// Runs the commands of a wave side by side, and waits for all of them.
fn run_commands(
    work: &Work<'_>,
    tools: &Tools,
    steps: &[Step],
    journal: &mut Journal,
) -> Result<(), Failure> {
    if steps.is_empty() {
        return Ok(());
    }
    if let Some(stop) = interrupted(work.world) {
        return Err(stop);
    }
    let results: Vec<_> = match steps {
        [step] => vec![run_command(work, tools, *step)],
        steps => std::thread::scope(|scope| {
            let running: Vec<_> =
                steps.iter().map(|&step| scope.spawn(move || run_command(work, tools, step))).collect();
            running
                .into_iter()
                .map(|thread| match thread.join() {
                    Ok(result) => result,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
                .collect()
        }),
    };
    let mut first = Ok(());
    for (&step, result) in steps.iter().zip(results) {
        let (outcome, result) = match result {
            Ok(outcome) => (outcome, Ok(())),
            Err(failure) => (StepOutcome::Failed, Err(failure)),
        };
        journal.outcomes.push((step, outcome));
        first = first.and(result);
    }
    first
}

fn run_command(work: &Work<'_>, tools: &Tools, step: Step) -> Result<StepOutcome, Failure> {
    let (Step::Verify { part, action } | Step::Apply { part, action }) = step else {
        return Ok(StepOutcome::Done);
    };
    let Some(part) = work.plan.parts.get(part) else { return Ok(StepOutcome::Done) };
    let (Some(action), Some(tool)) = (part.actions.get(action), tools.get(&part.adapter)) else {
        return Ok(StepOutcome::Done);
    };
    let result = match tool {
        // It was noted when the tool was looked for.
        Err(note) => Ok(StepOutcome::Skipped(note.clone())),
        Ok(tool) => {
            work.progress.started(work.plan, step);
            run_tool(work, &part.adapter, tool, action).map(|()| StepOutcome::Done)
        }
    };
    work.progress.finished(work.plan, step, result.as_ref().unwrap_or(&StepOutcome::Failed));
    result
}

fn run_tool(work: &Work<'_>, adapter: &str, tool: &Tool, action: &Action) -> Result<(), Failure> {
    let command = Command {
        program: tool.program.clone(),
        args: tool.prefix.iter().chain(&action.args).cloned().collect(),
        dir: work.root.to_path_buf(),
        env: action.env.clone(),
        env_remove: action.env_remove.clone(),
        stdin: action.stdin.clone(),
        output: if work.progress.shows_output() { OutputTo::Shown } else { OutputTo::Captured },
        limit: None,
        silence: None,
    };
    let outcome = work.world.run(&command).map_err(|error| Failure::System {
        attempt: "run",
        path: tool.program.clone(),
        error,
    })?;
    let adapter = work.adapters.iter().find(|a| a.name() == adapter);
    let why = if outcome.ok() {
        match adapter.and_then(|a| objection(*a, action, &outcome)) {
            Some(why) => why,
            None => return Ok(()),
        }
    } else {
        adapter.map(|a| explain(*a, action, &outcome)).unwrap_or_default()
    };
    let label = action.label.clone();
    Err(match action.phase {
        Phase::Verify => Failure::Check { label, why },
        Phase::Get | Phase::Apply => {
            let blamed = adapter.map(|a| a.blamed(action, &outcome)).unwrap_or_default();
            Failure::Action { label, why, blamed }
        }
    })
}

fn save(work: &Work<'_>) -> Result<Transaction, Failure> {
    let Some(lock) = work.lock else {
        let error = io::Error::other("the project is not locked");
        return Err(Failure::System { attempt: "save", path: work.root.to_path_buf(), error });
    };
    let guarded: Vec<PathBuf> =
        work.plan.parts.iter().filter(|p| p.applies()).flat_map(|p| p.guarded.iter().cloned()).collect();
    let begun = Transaction::begin(work.world, work.root, lock, work.what, &work.plan.files, &guarded);
    begun.map_err(|error| match error {
        BeginError::Changed(path) => Failure::Changed(path),
        BeginError::System { path, error } => Failure::System { attempt: "save", path, error },
    })
}

fn write(work: &Work<'_>, change: &FileChange) -> Result<(), Failure> {
    let full = work.root.join(&change.path);
    let at = |attempt| move |error| Failure::System { attempt, path: change.path.clone(), error };
    // Once more, right before the write: nobody's edit may be lost.
    let now = match work.world.read(&full) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(at("read")(error)),
    };
    if now != change.before && !Break::NoCheck.here() {
        return Err(Failure::Changed(change.path.clone()));
    }
    let parent = full.parent().unwrap_or(work.root);
    match &change.after {
        Some(bytes) => {
            work.world.create_dirs(parent).map_err(at("make the directory of"))?;
            work.world.write(&full, bytes).map_err(at("write"))
        }
        None => work.world.remove_file(&full).and_then(|()| work.world.sync(parent)).map_err(at("remove")),
    }
}

fn interrupted(world: &dyn World) -> Option<Failure> {
    world.interrupted_by().map(Failure::Interrupted)
}
