//! Command lines: build, up, down, and the user's own.
//!
//! Owns: which files and names every call carries, and the order in which images are built. Refuses: running anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use super::trouble::Trouble;
use super::{BASE_FILE, MAIN_FILE, compose, depends, images, names, service};
use crate::adapters::{Action, Job, Phase};
use crate::container::{Problem, text};
use crate::diagnostic::{Diagnostic, Finding};
use crate::names::{ComponentId, Kind, Name, TargetId};
use crate::stack::{LinkSort, ProjectFacts, Stack};
use crate::statement::Origin;
use crate::world::World;

/// How much longer than its own limit Compose may take to start and to say that it gave up.
const GRACE: Duration = Duration::from_secs(10);

/// Needs between containers, by who needs.
type Needs = BTreeMap<ComponentId, BTreeSet<ComponentId>>;

pub(super) fn build(stack: &Stack, only: &[ComponentId]) -> Result<Vec<Job>, Vec<Diagnostic>> {
    let project = compose::project(stack)?;
    let built = built(stack, &project)?;
    let requires = requires(stack, &built);
    let wanted = if only.is_empty() { built.clone() } else { closure(only, &[&requires]) };
    builds(stack, &project, &wanted.intersection(&built).cloned().collect(), &requires)
}

/// What is built has a job of its own, so that `up` finds it; but what the user's own files build only `up` can know, and
/// then it builds all that nobody is built from.
pub(super) fn up(
    stack: &Stack,
    only: &[ComponentId],
    wait: Option<Duration>,
) -> Result<Vec<Job>, Vec<Diagnostic>> {
    let project = compose::project(stack)?;
    let built = built(stack, &project)?;
    let requires = requires(stack, &built);
    let running =
        |id: &ComponentId| stack.containers.get(id).is_some_and(|c| c.external.is_none() && c.definition.run);
    let files = files(&stack.project, stack.containers.keys().any(running));
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let starting = if only.is_empty() {
        stack.containers.keys().filter(|id| running(id)).cloned().collect()
    } else {
        closure(only, &[&starts(stack), &requires])
    };
    let own_files = !stack.project.compose_files.is_empty();
    let first: Vec<ComponentId> = if own_files {
        starting.iter().filter_map(|id| requires.get(id)).flatten().cloned().collect()
    } else {
        starting.into_iter().collect()
    };
    let first = closure(&first, &[&requires]).intersection(&built).cloned().collect();
    let mut jobs = builds(stack, &project, &first, &requires)?;
    let names: Vec<String> =
        only.iter().filter(|id| running(id)).filter_map(|id| service_name(stack, id)).collect();
    let create =
        ["up", "--no-start", "--remove-orphans"].into_iter().chain((!own_files).then_some("--no-build"));
    let create: Vec<String> = create.map(str::to_owned).chain(names.iter().cloned()).collect();
    jobs.push(Job {
        action: action("create containers", [call(&project, &files), create].concat()),
        after: (0..jobs.len()).collect(),
        limit: None,
    });
    let mut start: Vec<String> = ["up", "--detach", "--wait", "--no-build"].map(str::to_owned).to_vec();
    // Compose counts whole seconds, and takes none for no limit
    let seconds = wait.map(|wait| wait.as_secs().max(1));
    start.extend(seconds.into_iter().flat_map(|seconds| ["--wait-timeout".to_owned(), seconds.to_string()]));
    start.extend(names);
    jobs.push(Job {
        action: action("start containers", [call(&project, &files), start].concat()),
        after: vec![jobs.len() - 1],
        // Compose's own limit does not count for those that others wait for
        limit: seconds.map(|seconds| Duration::from_secs(seconds) + GRACE),
    });
    Ok(jobs)
}

pub(super) fn down(
    project: &ProjectFacts,
    volumes: bool,
    root: &Path,
    world: &dyn World,
) -> Result<Vec<Job>, Vec<Diagnostic>> {
    let files = files(project, has_file(root, world));
    // without a file it still finds what it started under the project's name; where nobody could, nothing is there
    if files.is_empty() && !is_installed(world) {
        return Ok(Vec::new());
    }
    let mut args = call(&name(project)?, &files);
    args.extend(["down", "--remove-orphans"].map(str::to_owned));
    args.extend(volumes.then(|| "--volumes".to_owned()));
    Ok(vec![Job { action: action("stop containers", args), after: Vec::new(), limit: None }])
}

pub(super) fn pass(
    project: &ProjectFacts,
    own: &[String],
    root: &Path,
    world: &dyn World,
) -> Result<Action, Vec<Diagnostic>> {
    let files = files(project, has_file(root, world));
    if files.is_empty() {
        return Err(vec![Diagnostic::missing(Finding::Adapter(Trouble::NothingToRun.into()))]);
    }
    let mut args = call(&name(project)?, &files);
    args.extend(own.iter().cloned());
    Ok(action("call Compose", args))
}

/// The arguments with which a text is checked: the text on standard input, the user's files after it.
pub(super) fn check(project: &str, own: &[String]) -> Vec<String> {
    let files: Vec<String> = ["-".to_owned()].into_iter().chain(own.iter().cloned()).collect();
    let mut args = call(project, &files);
    args.extend(["config", "--quiet", "--no-interpolate"].map(str::to_owned));
    args
}

/// Whether anything that could have started containers is on this machine.
fn is_installed(world: &dyn World) -> bool {
    let path = world.env("PATH").unwrap_or_default();
    let mut dirs = path.split(':').filter(|dir| !dir.is_empty());
    let has = |dir: &str, program: &str| matches!(world.stat(&Path::new(dir).join(program)), Ok(Some(_)));
    dirs.any(|dir| has(dir, "docker") || has(dir, "docker-compose"))
}

pub(super) fn has_file(root: &Path, world: &dyn World) -> bool {
    matches!(world.stat(&root.join(MAIN_FILE)), Ok(Some(_)))
}

pub(super) fn files(project: &ProjectFacts, ours: bool) -> Vec<String> {
    let ours = ours.then(|| MAIN_FILE.to_owned());
    ours.into_iter().chain(project.compose_files.iter().map(|at| at.value.clone())).collect()
}

fn name(project: &ProjectFacts) -> Result<String, Vec<Diagnostic>> {
    let problem = || Diagnostic::missing(Finding::Container(Problem::ProjectName(project.name.clone())));
    names::project(&project.name).ok_or_else(|| vec![problem()])
}

/// What every call carries: the files, the directory that their paths start at, and the project's name. Without them
/// Compose would look for files of its own, and take another project's containers for orphans.
pub(super) fn call(project: &str, files: &[String]) -> Vec<String> {
    let mut args: Vec<String> = files.iter().flat_map(|file| ["--file".to_owned(), file.clone()]).collect();
    args.extend(["--project-directory", ".", "--project-name", project].map(str::to_owned));
    args
}

fn action(label: &str, args: Vec<String>) -> Action {
    Action {
        label: label.to_owned(),
        phase: Phase::Apply,
        args,
        env: Vec::new(),
        env_remove: Vec::new(),
        stdin: None,
    }
}

/// A job for each of these builds, after those of what it is built from.
fn builds(
    stack: &Stack,
    project: &str,
    of: &BTreeSet<ComponentId>,
    requires: &Needs,
) -> Result<Vec<Job>, Vec<Diagnostic>> {
    let order: Vec<ComponentId> = levels(of, requires)?.into_iter().flatten().collect();
    let place = |id: &ComponentId| order.iter().position(|one| one == id);
    let job = |id: &ComponentId| {
        let after = requires.get(id).into_iter().flatten().filter_map(place).collect();
        Job { action: build_one(stack, project, id), after, limit: None }
    };
    Ok(order.iter().map(job).collect())
}

/// Base images and services stand in different files.
fn build_one(stack: &Stack, project: &str, id: &ComponentId) -> Action {
    let base = stack.containers.get(id).is_some_and(|container| !container.definition.run);
    let mut args = if base {
        call(project, &[BASE_FILE.to_owned()])
    } else {
        call(project, &files(&stack.project, true))
    };
    args.push("build".to_owned());
    args.extend(if base { Some(compose::base_service(id)) } else { service_name(stack, id) });
    action(&format!("build {}", id.name()), args)
}

fn service_name(stack: &Stack, id: &ComponentId) -> Option<String> {
    stack.containers.get(id).map(|container| container.definition.service_name.clone())
}

fn built(stack: &Stack, project: &str) -> Result<BTreeSet<ComponentId>, Vec<Diagnostic>> {
    let images = images::of(stack, project)?;
    Ok(images.into_iter().filter(|(_, image)| image.built).map(|(id, _)| id).collect())
}

/// Which builds need which: by `requires`, and by the images that they name.
fn requires(stack: &Stack, built: &BTreeSet<ComponentId>) -> Needs {
    let mut needs = Needs::new();
    for link in stack.links.iter().filter(|link| link.sort == LinkSort::Requires) {
        let Origin::Component(from) = &link.from else { continue };
        needs.entry(from.clone()).or_default().extend(ends(stack, &link.to));
    }
    for (id, container) in &stack.containers {
        let origin = container.definition.origin.as_ref();
        if origin.is_some_and(|origin| service::build_of(&origin.value).is_some()) {
            let named = text::images_of_build(&container.definition);
            let ids = named.iter().filter_map(|name| Name::parse(name).ok());
            let ids = ids.map(|name| ComponentId::new(Kind::Container, &name));
            needs.entry(id.clone()).or_default().extend(ids);
        }
    }
    for (id, targets) in &mut needs {
        targets.retain(|target| target != id && built.contains(target));
    }
    needs
}

/// What is started with these: they, and those they depend on.
pub(super) fn started(stack: &Stack, only: &[ComponentId]) -> BTreeSet<ComponentId> {
    closure(only, &[&starts(stack)])
}

/// Which containers are started with which.
fn starts(stack: &Stack) -> Needs {
    let mut needs = Needs::new();
    for (id, container) in &stack.containers {
        // what cannot be resolved was reported when the file was made
        let targets =
            container.definition.depends_on.iter().filter_map(|line| depends::targets(stack, line).ok());
        needs.entry(id.clone()).or_default().extend(targets.flatten().map(|(target, _)| target));
    }
    needs
}

fn ends(stack: &Stack, target: &TargetId) -> Vec<ComponentId> {
    match target {
        TargetId::Component(id) => vec![id.clone()],
        TargetId::Group(id) => stack
            .groups
            .get(id)
            .map(|group| group.options.iter().map(|option| id.option(option)).collect())
            .unwrap_or_default(),
    }
}

/// All that is needed, directly or not, and those themselves.
fn closure(of: &[ComponentId], needs: &[&Needs]) -> BTreeSet<ComponentId> {
    let mut all = BTreeSet::new();
    let mut open = of.to_vec();
    while let Some(id) = open.pop() {
        if all.insert(id.clone()) {
            open.extend(needs.iter().filter_map(|needs| needs.get(&id)).flatten().cloned());
        }
    }
    all
}

/// The builds in steps: each needs only those of earlier steps.
fn levels(
    of: &BTreeSet<ComponentId>,
    requires: &Needs,
) -> Result<Vec<BTreeSet<ComponentId>>, Vec<Diagnostic>> {
    let mut left = of.clone();
    let mut levels = Vec::new();
    while !left.is_empty() {
        let waits = |id: &ComponentId| requires.get(id).is_some_and(|needs| !needs.is_disjoint(&left));
        let level: BTreeSet<ComponentId> = left.iter().filter(|id| !waits(id)).cloned().collect();
        if level.is_empty() {
            let names: Vec<String> = left.iter().map(|id| format!("`{}`", id.name())).collect();
            let problem = Problem::BuildRing(names.join(", "));
            return Err(vec![Diagnostic::missing(Finding::Container(problem))]);
        }
        left.retain(|id| !level.contains(id));
        levels.push(level);
    }
    Ok(levels)
}
