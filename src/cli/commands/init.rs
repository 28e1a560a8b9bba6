//! `hsm init`: a project, in a new directory or beside what is there; empty or from an example.
//!
//! Nothing that exists is written over. What is there already is taken in: the name and version of `pyproject.toml`, and
//! the user's own files of the container engine. The one file that may get a line more is `.gitignore`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Context, Fail, schema};
use crate::adapters;
use crate::cli::Exit;
use crate::cli::args::Init;
use crate::cli::voice::SCHEMA;
use crate::example;
use crate::load::MANIFEST;
use crate::names::nearest;
use crate::pyproject::{self, Identity};
use crate::schema::line_for;
use crate::yaml::Limits;
use crate::yaml::edit::{Edit, New, apply};

/// Folders of an empty registry. git keeps none of them, and none is missed where it is not there: an empty folder and no
/// folder are the same to hsm.
const FOLDERS: [&str; 4] = ["packages", "containers", "package_groups", "container_groups"];

/// What is this checkout's alone.
const LOCAL: &str = "hsm.local.yaml";

/// The dependency group of a project whose dependencies come from somewhere else.
const GROUP: &str = "stack";

pub(super) fn run(context: &Context<'_>, args: &Init) -> Result<Exit, Fail> {
    let dir = match &args.dir {
        Some(dir) => context.start()?.join(dir),
        None => context.start()?,
    };
    let found = Found::in_directory(context, &dir)?;
    let files = match &args.example {
        Some(name) => from_example(name)?,
        None => vec![
            (MANIFEST.to_owned(), manifest(&dir, &found)?),
            ("hsm-registry/registry.yaml".to_owned(), "name: local\n".to_owned()),
        ],
    };
    refuse_existing(context, &dir, &files)?;
    for (path, text) in &files {
        write(context, &dir.join(path), &(line_for(path).unwrap_or_default() + text))?;
    }
    if args.example.is_none() {
        for folder in FOLDERS {
            let path = dir.join("hsm-registry").join(folder);
            context.world.create_dirs(&path).map_err(|e| Fail::system("make", &path, e))?;
        }
    }
    schema::write(context, &dir)?;
    let voice = context.voice;
    voice.step("created", &format!("{} ({} files)", shown(&dir, args.dir.as_deref()), files.len()));
    if args.example.is_none() {
        found.tell(context);
    }
    if ignore_local(context, &dir)? {
        voice.note(&format!("`{LOCAL}` was added to .gitignore: it is for one checkout alone"));
    }
    let go = args.dir.as_ref().map(|d| format!("cd {} && ", d.display())).unwrap_or_default();
    voice.say(&format!("next: {go}hsm sync"));
    if voice.is_json() {
        let created: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        let data = json!({"schema": SCHEMA, "ok": true, "directory": shown(&dir, args.dir.as_deref()), "files": created});
        voice.json(&data);
    }
    Ok(Exit::Done)
}

fn from_example(name: &str) -> Result<Vec<(String, String)>, Fail> {
    let none = || {
        let near = nearest(name, example::NAMES).map(|near| format!("; did you mean `{near}`?"));
        let near = near.unwrap_or_default();
        Fail::usage(format!(
            "there is no example `{name}`{near}\n       there is: {}",
            example::NAMES.join(", ")
        ))
    };
    let files = example::files(name).ok_or_else(none)?;
    Ok(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
}

/// What is there already.
#[derive(Default)]
struct Found {
    /// What `pyproject.toml` says of the project.
    python: Option<Identity>,
    /// The user's own files of the container engine.
    engine_files: Vec<String>,
}

impl Found {
    fn in_directory(context: &Context<'_>, dir: &Path) -> Result<Self, Fail> {
        let path = dir.join(pyproject::FILE);
        let text = read(context, &path)?;
        let python = text.map(|bytes| {
            let read = String::from_utf8(bytes).ok().and_then(|text| Identity::read(&text));
            read.ok_or_else(|| {
                Fail::usage(format!("`{}` is not TOML; nothing was written. Mend it first", path.display()))
            })
        });
        Ok(Self { python: python.transpose()?, engine_files: adapters::own_files(dir, context.world) })
    }

    /// Says what was made of it, and what the first sync will do.
    fn tell(&self, context: &Context<'_>) {
        let voice = context.voice;
        if !self.engine_files.is_empty() {
            let files = self.engine_files.join("`, `");
            voice.note(&format!(
                "{MANIFEST} names `{files}` under `services.compose_files`: what is in there stays as it is, and is run \
                 together with the stack"
            ));
        }
        let Some(python) = &self.python else { return };
        let file = pyproject::FILE;
        voice.note(&match python {
            Identity { is_project: false, is_built: true, .. } => format!(
                "`{file}` stays as it is; it has `[build-system]`, but no `[project]` that packages could be added to: \
                 write one before you add packages"
            ),
            Identity { is_project: false, .. } => format!(
                "`{file}` stays as it is; it has no `[project]` yet: a sync with packages adds one, with the name and \
                 version of {MANIFEST}"
            ),
            Identity { has_dynamic_dependencies: true, .. } => format!(
                "`{file}` stays as it is; its dependencies are dynamic, so packages go to its dependency group `{GROUP}` \
                 (`dependencies.into` in {MANIFEST})"
            ),
            _ => format!("`{file}` stays as it is; a sync adds lines of its own for the packages of the stack"),
        });
    }
}

/// A file's bytes, if it is there.
fn read(context: &Context<'_>, path: &Path) -> Result<Option<Vec<u8>>, Fail> {
    match context.world.read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fail::system("read", path, error)),
    }
}

/// Nothing that exists is ever overwritten: not even looked at, one is enough to stop.
fn refuse_existing(context: &Context<'_>, dir: &Path, files: &[(String, String)]) -> Result<(), Fail> {
    for (path, _) in files {
        let full = dir.join(path);
        if context.world.stat(&full).map_err(|e| Fail::system("look at", &full, e))?.is_some() {
            return Err(Fail::usage(format!(
                "`{path}` exists already in {}; nothing was written. Give another directory: hsm init DIR",
                dir.display()
            )));
        }
    }
    Ok(())
}

fn write(context: &Context<'_>, path: &Path, text: &str) -> Result<(), Fail> {
    if let Some(parent) = path.parent() {
        context.world.create_dirs(parent).map_err(|e| Fail::system("make", parent, e))?;
    }
    context.world.write(path, text.as_bytes()).map_err(|e| Fail::system("write", path, e))
}

/// Keeps what is this checkout's alone out of git, where there is git; whether that took a line more.
fn ignore_local(context: &Context<'_>, dir: &Path) -> Result<bool, Fail> {
    let in_git = |dir: &Path| matches!(context.world.stat(&dir.join(".git")), Ok(Some(_)));
    let dir = context.world.canonical(dir).map_err(|e| Fail::system("find", dir, e))?;
    if !dir.ancestors().any(in_git) {
        return Ok(false);
    }
    let path = dir.join(".gitignore");
    let before = read(context, &path)?.unwrap_or_default();
    let Some(after) = with_line(&before, LOCAL) else { return Ok(false) };
    context.world.write(&path, &after).map_err(|e| Fail::system("write", &path, e))?;
    Ok(true)
}

/// A text with a line more at its end, ended as its lines are; `None` when it has that line.
fn with_line(before: &[u8], line: &str) -> Option<Vec<u8>> {
    let same =
        |own: &[u8]| own.trim_ascii().strip_prefix(b"/").unwrap_or(own.trim_ascii()) == line.as_bytes();
    if before.split(|byte| *byte == b'\n').any(same) {
        return None;
    }
    let end: &[u8] = if before.windows(2).any(|pair| pair == b"\r\n") { b"\r\n" } else { b"\n" };
    let mut after = before.to_vec();
    if !before.is_empty() && !before.ends_with(b"\n") {
        after.extend_from_slice(end);
    }
    after.extend_from_slice(line.as_bytes());
    after.extend_from_slice(end);
    Some(after)
}

fn shown(dir: &Path, asked: Option<&Path>) -> String {
    asked.map_or_else(|| dir.to_owned(), PathBuf::from).display().to_string()
}

/// A manifest with nothing in it but what is there already.
fn manifest(dir: &Path, found: &Found) -> Result<String, Fail> {
    let mut text = "project:
  name: project
  version: 0.1.0
  mode: prod

registry: ./hsm-registry

dependencies:
  packages:

services:
  containers:
"
    .to_owned();
    let folder = dir.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let (name, version) = match &found.python {
        Some(Identity { is_project: true, name: Some(name), version, .. }) => (name.clone(), version.clone()),
        _ => (project_name(&folder), Some("0.1.0".to_owned())),
    };
    let into = found.python.as_ref().is_some_and(|python| python.has_dynamic_dependencies);
    let at = |path: [&str; 2]| path.map(Into::into).to_vec();
    let set = |path: [&str; 2], value: New| Edit::Set { path: at(path), value, comment: None };
    let mut edits = vec![set(["project", "name"], New::text(name))];
    edits.push(match version {
        Some(version) => set(["project", "version"], New::text(version)),
        None => Edit::RemoveKey { path: at(["project", "version"]) },
    });
    let group = || New::Braces(vec![("group".to_owned(), New::text(GROUP))]);
    edits.extend(into.then(|| set(["dependencies", "into"], group())));
    if !found.engine_files.is_empty() {
        let files = found.engine_files.iter().map(String::as_str);
        edits.push(set(["services", "compose_files"], New::list(files)));
    }
    for edit in edits {
        text = apply(&text, &edit, Limits::MANIFEST).map_err(|refusal| Fail::Edit(refusal.into()))?;
    }
    Ok(text)
}

/// A name that every tool takes, from a directory's.
fn project_name(dir: &str) -> String {
    let mut name: String = dir
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' })
        .collect();
    name = name.trim_matches(['-', '_']).to_owned();
    // a number is not a name to every reader
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "project-");
    }
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_named_after_its_directory() {
        for (dir, name) in [
            ("demo", "demo"),
            ("My App!", "my-app"),
            ("2024", "project-2024"),
            ("", "project"),
            ("漢", "project"),
        ] {
            assert_eq!(project_name(dir), name);
        }
    }

    #[test]
    fn a_line_more_keeps_every_byte_before_it() {
        for (before, after) in [
            ("", Some("hsm.local.yaml\n")),
            ("a\n", Some("a\nhsm.local.yaml\n")),
            ("a", Some("a\nhsm.local.yaml\n")),
            ("a\r\nb", Some("a\r\nb\r\nhsm.local.yaml\r\n")),
            ("a\n/hsm.local.yaml\n", None),
            ("hsm.local.yaml\r\n", None),
            ("# hsm.local.yaml\n", Some("# hsm.local.yaml\nhsm.local.yaml\n")),
        ] {
            let made =
                with_line(before.as_bytes(), LOCAL).map(|bytes| String::from_utf8(bytes).unwrap_or_default());
            assert_eq!(made.as_deref(), after, "{before:?}");
        }
    }
}
