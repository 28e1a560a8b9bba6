//! Docker Compose: the stack as one closed Compose file, and the commands that run it.
//!
//! Owns: `docker-compose.hpm.yml`, the build file of base images, their checks, and all that is peculiar to Compose.
//! Refuses: choices, other tools, and starting anything by itself.

mod commands;
mod compose;
mod depends;
mod digest;
mod images;
mod listed;
mod names;
mod pass;
mod service;
mod state;
mod tool;
mod top;
mod trouble;
mod unwell;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::{
    Action, Adapter, Found, Job, Lifecycle, NoDigest, NotUp, Part, Phase, Settings, Tool, ToolError, sealed,
};
use crate::container::Problem;
use crate::container::variable::{self, Unset};
use crate::diagnostic::{Diagnostic, Finding};
use crate::names::ComponentId;
use crate::stack::{ProjectFacts, Stack};
use crate::world::{Outcome, World};

/// What runs: committed, at the project's root, since the first file's directory is where paths start.
pub const MAIN_FILE: &str = "docker-compose.hpm.yml";

/// What is only built (base images): made anew by each sync, not committed.
pub const BASE_FILE: &str = ".hsm/compose.build.yml";

/// What Compose looks for by itself: the first of these that is there, and then the first of the others.
const OWN_FILES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OWN_OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// The adapter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Docker;

impl Adapter for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn plan(
        &self,
        stack: &Stack,
        root: &Path,
        settings: &Settings,
        world: &dyn World,
    ) -> Result<Part, Vec<Diagnostic>> {
        let files = compose::files(stack)?;
        let mut part = Part { notes: files.notes, ..Part::default() };
        let own: Vec<String> = stack.project.compose_files.iter().map(|at| at.value.clone()).collect();
        if !settings.frozen {
            if change(MAIN_FILE, files.main.as_deref(), root, world, &mut part)?
                && let Some(text) = &files.main
            {
                part.actions.push(check(MAIN_FILE, &files.project, &own, text));
            }
            part.notes.extend(exposed_state(stack, root, world));
            part.notes.extend(not_held(stack)?);
        }
        if change(BASE_FILE, files.base.as_deref(), root, world, &mut part)?
            && let Some(text) = &files.base
        {
            part.actions.push(check(BASE_FILE, &files.project, &[], text));
        }
        part.checks_together = part.actions.len() > 1;
        Ok(part)
    }

    fn prepare(&self, root: &Path, _settings: &Settings, world: &dyn World) -> Result<Tool, ToolError> {
        tool::find(root, world)
    }

    fn optional(&self) -> Option<&'static str> {
        Some("nobody has checked docker-compose.hpm.yml")
    }

    fn explain(&self, _action: &Action, outcome: &Outcome) -> String {
        tool::explain(outcome)
    }

    fn stamp(&self, _stack: &Stack, _root: &Path, _world: &dyn World) -> Option<String> {
        None
    }

    fn own_files(&self, root: &Path, world: &dyn World) -> Vec<String> {
        let first = |names: &[&str]| {
            let there = |name: &&&str| matches!(world.stat(&root.join(name)), Ok(Some(_)));
            names.iter().find(there).map(|name| (*name).to_owned())
        };
        let Some(main) = first(&OWN_FILES) else { return Vec::new() };
        std::iter::once(main).chain(first(&OWN_OVERRIDES)).collect()
    }

    fn status(&self, stack: &Stack, root: &Path, _settings: &Settings, world: &dyn World) -> Vec<Found> {
        state::of(stack, root, world)
    }

    fn lifecycle(&self) -> Option<&dyn Lifecycle> {
        Some(self)
    }

    fn pages(&self) -> &'static str {
        include_str!("pages.md")
    }
}

impl Lifecycle for Docker {
    fn unset(
        &self,
        stack: &Stack,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Vec<Unset>, Vec<Diagnostic>> {
        let files = compose::files(stack)?;
        let texts = [files.main, files.base].into_iter().flatten().collect::<String>();
        Ok(variable::resolve(&texts, lookup).unset)
    }

    fn published(&self, stack: &Stack) -> Result<BTreeMap<ComponentId, String>, Vec<Diagnostic>> {
        images::published(stack)
    }

    fn digest(&self, image: &str, root: &Path, world: &dyn World) -> Result<String, NoDigest> {
        digest::of(image, root, world)
    }

    fn build(&self, stack: &Stack, only: &[ComponentId]) -> Result<Vec<Job>, Vec<Diagnostic>> {
        commands::build(stack, only)
    }

    fn up(
        &self,
        stack: &Stack,
        only: &[ComponentId],
        wait: Option<Duration>,
    ) -> Result<Vec<Job>, Vec<Diagnostic>> {
        commands::up(stack, only, wait)
    }

    fn not_up(
        &self,
        stack: &Stack,
        only: &[ComponentId],
        tool: &Tool,
        root: &Path,
        world: &dyn World,
    ) -> Vec<NotUp> {
        unwell::of(stack, only, tool, root, world)
    }

    fn down(
        &self,
        project: &ProjectFacts,
        volumes: bool,
        root: &Path,
        world: &dyn World,
    ) -> Result<Vec<Job>, Vec<Diagnostic>> {
        commands::down(project, volumes, root, world)
    }

    fn pass(
        &self,
        project: &ProjectFacts,
        args: &[String],
        root: &Path,
        world: &dyn World,
    ) -> Result<Action, Vec<Diagnostic>> {
        commands::pass(project, args, root, world)
    }
}

/// Plans that a file holds this text, or is not there; what a user wrote into it is kept beside it. Gives back whether
/// anything changes.
fn change(
    path: &str,
    text: Option<&str>,
    root: &Path,
    world: &dyn World,
    part: &mut Part,
) -> Result<bool, Vec<Diagnostic>> {
    let done = sealed::rewritten(path, text, path == MAIN_FILE, root, world)?;
    if let Some(kept) = done.aside {
        let aside = kept.path.to_string_lossy().into_owned();
        part.aside.push(kept);
        let finding = Finding::Container(Problem::EditedByHand { path: path.to_owned(), aside });
        part.notes.push(Diagnostic::general(finding));
    }
    let changes = done.change.is_some();
    part.files.extend(done.change);
    Ok(changes)
}

/// Compose's check of a text that is not written yet.
fn check(path: &str, project: &str, own: &[String], text: &str) -> Action {
    Action {
        label: format!("check {path}"),
        phase: Phase::Verify,
        args: commands::check(project, own),
        env: Vec::new(),
        env_remove: Vec::new(),
        stdin: Some(text.as_bytes().to_vec()),
    }
}

/// Builds whose context holds `.hsm`, where no `.dockerignore` keeps it out.
fn exposed_state(stack: &Stack, root: &Path, world: &dyn World) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    for container in stack.containers.values().filter(|container| container.external.is_none()) {
        let Some(context) = crate::container::path::source(&container.definition) else { continue };
        let above = context == "." || context.split('/').all(|part| part == "..");
        if above && !keeps_state_out(&root.join(&context), world) {
            let problem = Problem::ContextHoldsState { name: container.name.to_string() };
            notes.push(Diagnostic::warning(container.definition.place, Finding::Container(problem)));
        }
    }
    notes
}

/// Images without a digest among others that are held to one.
fn not_held(stack: &Stack) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    if stack.digests.is_empty() {
        return Ok(Vec::new());
    }
    let mut open = images::published(stack)?;
    open.retain(|id, _| !stack.digests.contains_key(id));
    let note = |(id, image): (ComponentId, String)| {
        let place = stack.containers.get(&id)?.definition.place;
        let trouble = trouble::Trouble::NotHeld { name: id.name().to_string(), image };
        Some(Diagnostic::warning(place, Finding::Adapter(trouble.into())))
    };
    Ok(open.into_iter().filter_map(note).collect())
}

fn keeps_state_out(context: &Path, world: &dyn World) -> bool {
    let Ok(bytes) = world.read(&context.join(".dockerignore")) else { return false };
    let text = String::from_utf8_lossy(&bytes);
    text.lines().any(|line| {
        let line = line.trim().trim_start_matches('/').trim_start_matches("**/").trim_end_matches('/');
        matches!(line, ".hsm" | "*" | "**" | ".*")
    })
}

#[cfg(test)]
mod tests;
