//! `hsm init`: a new project, empty or from an example.

use std::path::{Path, PathBuf};

use super::{Context, Fail};
use crate::cli::Exit;
use crate::cli::args::Init;
use crate::example;
use crate::load::MANIFEST;

/// Folders of an empty registry.
const FOLDERS: [&str; 4] = ["packages", "containers", "package_groups", "container_groups"];

pub(super) fn run(context: &Context<'_>, args: &Init) -> Result<Exit, Fail> {
    let dir = match &args.dir {
        Some(dir) => context.start()?.join(dir),
        None => context.start()?,
    };
    let files = match &args.example {
        Some(name) => from_example(name)?,
        None => vec![
            (MANIFEST.to_owned(), manifest(&dir)),
            ("hsm-registry/registry.yaml".to_owned(), "name: local\n".to_owned()),
        ],
    };
    refuse_existing(context, &dir, &files)?;
    for (path, text) in &files {
        write(context, &dir.join(path), text)?;
    }
    if args.example.is_none() {
        for folder in FOLDERS {
            let path = dir.join("hsm-registry").join(folder);
            context.world.create_dirs(&path).map_err(|e| Fail::system("make", &path, e))?;
        }
    }
    let voice = context.voice;
    voice.step("created", &format!("{} ({} files)", shown(&dir, args.dir.as_deref()), files.len()));
    let go = args.dir.as_ref().map(|d| format!("cd {} && ", d.display())).unwrap_or_default();
    voice.say(&format!("next: {go}hsm sync"));
    Ok(Exit::Done)
}

fn from_example(name: &str) -> Result<Vec<(String, String)>, Fail> {
    let none =
        || Fail::usage(format!("there is no example `{name}`; there is: {}", example::NAMES.join(", ")));
    let files = example::files(name).ok_or_else(none)?;
    Ok(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
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

fn shown(dir: &Path, asked: Option<&Path>) -> String {
    asked.map_or_else(|| dir.to_owned(), PathBuf::from).display().to_string()
}

/// A manifest with nothing in it but a name.
fn manifest(dir: &Path) -> String {
    let name = dir.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    format!(
        "project:
  name: {}
  version: 0.1.0
  mode: prod

registry: ./hsm-registry

dependencies:
  package_groups: {{}}
  packages: []

services:
  container_groups: {{}}
  containers: []
",
        project_name(&name)
    )
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
}
