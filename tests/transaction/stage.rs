//! A project, an adapter with a tool, and a way to run hsm's last stages on them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hsm::adapters::{Action, Adapter, FileChange, Part, Phase, Settings, Tool, ToolError};
use hsm::diagnostic::Diagnostic;
use hsm::execute::{self, Quiet, Work};
use hsm::finalize::{self, Report, RunError};
use hsm::order;
use hsm::plan::{self, Plan, PlanError};
use hsm::stack::{ProjectFacts, Stack};
use hsm::transaction::{LockError, ProjectLock};
use hsm::world::{FileKind, Outcome, World};

/// An adapter whose tool locks (`tool.lock`) and installs (`env/`).
pub(crate) struct Fake {
    /// The program.
    pub(crate) program: &'static str,
    /// Arguments before all others.
    pub(crate) prefix: Vec<String>,
    /// What it writes: path and bytes to be; `None` removes.
    pub(crate) files: Vec<(&'static str, Option<&'static str>)>,
    /// The commands, each with its phase.
    pub(crate) actions: Vec<(Phase, &'static [&'static str])>,
    /// What its tool may change.
    pub(crate) guarded: Vec<&'static str>,
    /// Whether it can do without its tool.
    pub(crate) optional: bool,
}

impl Adapter for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn plan(&self, _: &Stack, root: &Path, _: &Settings, world: &dyn World) -> Result<Part, Vec<Diagnostic>> {
        let change = |&(path, after): &(&str, Option<&str>)| FileChange {
            path: path.into(),
            before: world.read(&root.join(path)).ok(),
            after: after.map(|text| text.as_bytes().to_vec()),
        };
        let action = |(phase, args): &(Phase, &[&str])| Action {
            label: format!("run {}", args.join(" ")),
            phase: *phase,
            args: args.iter().map(|&a| a.to_owned()).collect(),
            env: Vec::new(),
            env_remove: Vec::new(),
            stdin: None,
        };
        Ok(Part {
            aside: Vec::new(),
            files: self.files.iter().map(change).collect(),
            inputs: Vec::new(),
            guarded: self.guarded.iter().map(Into::into).collect(),
            actions: self.actions.iter().map(action).collect(),
            checks_together: false,
            notes: Vec::new(),
        })
    }

    fn prepare(&self, _: &Path, _: &Settings, world: &dyn World) -> Result<Tool, ToolError> {
        let found = world.env("PATH").unwrap_or_default();
        let mut places = found.split(':').map(|dir| Path::new(dir).join(self.program));
        match places.find(|path| world.stat(path).is_ok_and(|s| s.is_some())) {
            Some(program) => {
                Ok(Tool { program, prefix: self.prefix.clone(), version: "1".into(), installed: None })
            }
            None => Err(ToolError::Missing {
                name: self.program.into(),
                need: "any version".into(),
                how: "Install it.".into(),
            }),
        }
    }

    fn optional(&self) -> Option<&'static str> {
        self.optional.then_some("nobody checked the files")
    }

    fn explain(&self, _: &Action, outcome: &Outcome) -> String {
        String::from_utf8_lossy(&outcome.stderr).into_owned()
    }

    fn stamp(&self, _: &Stack, root: &Path, world: &dyn World) -> Option<String> {
        let env = root.join("env");
        world.stat(&env).ok().flatten()?;
        let mut all = Vec::new();
        walk(&env, world, &mut all);
        Some(format!("{all:?}"))
    }
}

/// All files below a directory, with their times.
fn walk(dir: &Path, world: &dyn World, all: &mut Vec<(PathBuf, i128)>) {
    for (name, kind) in world.list(dir).unwrap_or_default() {
        let path = dir.join(name);
        if kind == FileKind::Dir {
            walk(&path, world, all);
        } else if let Ok(Some(stat)) = world.stat(&path) {
            all.push((path, stat.mtime));
        }
    }
}

/// A stack with nothing in it.
pub(crate) fn stack() -> Stack {
    Stack {
        project: ProjectFacts {
            name: "demo".into(),
            version: None,
            into_group: None,
            compose_files: Vec::new(),
        },
        packages: BTreeMap::default(),
        containers: BTreeMap::default(),
        groups: BTreeMap::default(),
        links: Vec::new(),
        digests: BTreeMap::new(),
    }
}

/// Where a run can end badly.
#[derive(Debug)]
#[expect(dead_code, reason = "read by Debug, in messages of failed tests")]
pub(crate) enum Failed {
    Lock(LockError),
    Plan(PlanError),
    Run(RunError),
}

/// The plan of the adapter and of a new `hsm.lock`.
pub(crate) fn plan(world: &dyn World, root: &Path, fake: &Fake, lock: &str) -> Plan {
    try_plan(world, root, fake, lock).unwrap()
}

fn try_plan(world: &dyn World, root: &Path, fake: &Fake, lock: &str) -> Result<Plan, PlanError> {
    let own = plan::file_change(world, root, "hsm.lock", Some(lock.into()))?;
    plan::assemble(world, root, &stack(), &Settings::default(), &[fake], vec![own])
}

/// Runs a plan to the end.
pub(crate) fn run(world: &dyn World, root: &Path, fake: &Fake, plan: &Plan) -> Result<Report, RunError> {
    let lock = ProjectLock::take(world, root, "hsm sync", false, &mut |_| {}).unwrap();
    run_locked(world, root, &lock, fake, plan)
}

/// Takes the lock, plans, and runs the plan to the end; anything of it may fail.
pub(crate) fn try_run(world: &dyn World, root: &Path, fake: &Fake, lock: &str) -> Result<Report, Failed> {
    let taken = ProjectLock::take(world, root, "hsm sync", false, &mut |_| {}).map_err(Failed::Lock)?;
    let plan = try_plan(world, root, fake, lock).map_err(Failed::Plan)?;
    run_locked(world, root, &taken, fake, &plan).map_err(Failed::Run)
}

fn run_locked(
    world: &dyn World,
    root: &Path,
    lock: &ProjectLock,
    fake: &Fake,
    plan: &Plan,
) -> Result<Report, RunError> {
    let schedule = order::order(plan).unwrap();
    let work = Work {
        world,
        root,
        lock: Some(lock),
        what: "hsm sync",
        plan,
        schedule: &schedule,
        adapters: &[fake],
        settings: &Settings::default(),
        progress: &Quiet,
    };
    finalize::finalize(&work, &stack(), execute::execute(&work))
}
