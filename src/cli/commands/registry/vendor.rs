//! `registry vendor`: what a project can reach of a registry in a git repository, copied into the project.
//!
//! All entries that the project reads are copied, not only those of the stack: the same choices are there afterwards.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde_json::json;

use super::land::{Desk, FileEdit, Judge};
use super::number_of;
use crate::cli::Exit;
use crate::cli::args::registry::RegistryVendor;
use crate::cli::commands::{Context, Fail};
use crate::cli::voice::SCHEMA;
use crate::load::{Inputs, LoadOptions, MANIFEST};
use crate::lock::LockedRegistry;
use crate::manifest::edit::{NewRegistry, NewSource, add_registry, settle_registry};
use crate::names::Name;
use crate::registry::way;

/// Where the copies lie when nothing else is said, from the project's root.
const USUAL: &str = "vendor";

pub(super) fn vendor(context: &Context<'_>, args: &RegistryVendor) -> Result<Exit, Fail> {
    let root = context.root()?;
    let desk = Desk::open(context, "hsm registry vendor", !args.no_wait)?;
    let pins = wanted(&desk, args)?;
    let inputs = context.road(&root).load(&LoadOptions::default())?;
    let mut files = Vec::new();
    let mut lines = Vec::new();
    let path = root.join(MANIFEST);
    let before = context.world.read(&path).map_err(|e| Fail::system("read", &path, e))?;
    let mut manifest = String::from_utf8_lossy(&before).into_owned();
    for pin in &pins {
        let dir = directory(context, &root, args.to.as_deref(), &pin.name)?;
        let number = number_of(&desk.shelf, &pin.name)?;
        let copies = copies(&desk, &inputs, number, &root.join(&dir))?;
        context.voice.step(
            "vendored",
            &format!(
                "{} of the registry {} to {dir}",
                count(copies.iter().filter(|file| is_entry(file)).count()),
                pin.name
            ),
        );
        files.extend(copies);
        if args.settle {
            manifest = settled(&desk, &manifest, number, &pin.name, &dir)?;
        }
        lines.push(format!("{{name: {}, path: {dir}}}", pin.name));
    }
    refuse_other_bytes(&desk, &files, args.force)?;
    files.retain(|file| file.before != file.after);
    if args.settle && manifest.as_bytes() != before {
        files.push(FileEdit { path, before: Some(before), after: Some(manifest.into_bytes()) });
    }
    let changes = if args.settle { desk.judge(&files, Judge::Strictly)? } else { Vec::new() };
    desk.write(&files)?;
    let written: Vec<String> = files.iter().map(|file| desk.shown(&file.path)).collect();
    if args.settle {
        context.voice.step("edited", MANIFEST);
    } else {
        for (pin, line) in pins.iter().zip(&lines) {
            context.voice.note(&format!(
                "to use the copy, write {line} in place of {} into {MANIFEST}, or say --use",
                pin.url
            ));
        }
    }
    if context.voice.is_json() {
        context.voice.json(&json!({
            "schema": SCHEMA, "ok": true, "changed": !written.is_empty(), "files": written,
            "registry": lines, "stack_changes": changes,
        }));
    }
    Ok(Exit::Done)
}

/// The manifest with the copy in place of the repository, or with a line of its own where the user's settings named that.
fn settled(desk: &Desk<'_>, text: &str, number: usize, name: &str, dir: &str) -> Result<String, Fail> {
    let lists = desk.shelf.manifest.as_ref().is_some_and(|manifest| !manifest.registry.is_empty());
    if lists {
        return Ok(settle_registry(text, number, name, dir)?.text);
    }
    let (name, source) = (Name::parse(name).ok(), NewSource::Path(dir.to_owned()));
    Ok(add_registry(text, &NewRegistry { name, source, usual: None })?.text)
}

fn count(entries: usize) -> String {
    if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") }
}

fn is_entry(file: &FileEdit) -> bool {
    file.path.file_name().is_some_and(|name| name != FACTS)
}

const FACTS: &str = "registry.yaml";

/// The registries that are copied: those in git repositories, or the one of that name.
fn wanted(desk: &Desk<'_>, args: &RegistryVendor) -> Result<Vec<LockedRegistry>, Fail> {
    let mut pins = desk.shelf.pins.clone();
    if let Some(name) = &args.name {
        number_of(&desk.shelf, name)?;
        pins.retain(|pin| pin.name == *name);
        if pins.is_empty() {
            return Err(Fail::usage(format!("the registry `{name}` is a directory already")));
        }
    }
    match pins.len() {
        0 => Err(Fail::usage(
            "no registry of this project lies in a git repository, so there is nothing to copy",
        )),
        1 => Ok(pins),
        _ if args.to.is_some() => {
            let all: Vec<&str> = pins.iter().map(|pin| pin.name.as_str()).collect();
            Err(Fail::usage(format!("`--to` is for one registry; name it: {}", all.join(", "))))
        }
        _ => Ok(pins),
    }
}

/// Where the copy goes: below the project's root, since it is committed with it.
fn directory(context: &Context<'_>, root: &Path, to: Option<&Path>, name: &str) -> Result<String, Fail> {
    let Some(to) = to else { return Ok(format!("./{USUAL}/{name}")) };
    let start = context.start()?;
    let dir = way(root, &context.world.canonical(&start).unwrap_or(start).join(to));
    if dir == "." || !dir.starts_with("./") || dir.starts_with("./.hsm") {
        return Err(Fail::usage(format!("`{}` is no directory below the project's root", to.display())));
    }
    Ok(dir)
}

/// The files of a registry that the project reads, as they will lie in a directory.
fn copies(desk: &Desk<'_>, inputs: &Inputs, number: usize, dir: &Path) -> Result<Vec<FileEdit>, Fail> {
    let world = desk.context.world;
    let bystanders = inputs.bystanders.values().map(|group| &group.common.file);
    let read: BTreeSet<&str> = inputs
        .files
        .values()
        .flatten()
        .chain(bystanders)
        .filter_map(|file| inputs.sources.get(*file).map(|source| source.path.as_str()))
        .collect();
    let registries = &desk.shelf.registries;
    let Some(from) = registries.dirs().nth(number).map(|(_, dir)| dir.to_owned()) else {
        return Ok(Vec::new());
    };
    let entries = registries.all().into_iter().filter(|listed| listed.number == number);
    let mut paths: Vec<_> =
        entries.filter(|listed| read.contains(listed.shown.as_str())).map(|listed| listed.path).collect();
    let facts = from.join(FACTS);
    if registries.has_root(number) {
        desk.context.voice.note(&format!(
            "{FACTS} is left out: its `root` would count in a directory, and paths start at the project's root now"
        ));
    } else if matches!(world.stat(&facts), Ok(Some(_))) {
        paths.push(facts);
    }
    let copy = |path: &std::path::PathBuf| {
        let to = dir.join(path.strip_prefix(&from).unwrap_or(path));
        let bytes = world.read(path).map_err(|e| Fail::system("read", path, e))?;
        let before = match world.read(&to) {
            Ok(bytes) => Some(bytes),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => None,
            Err(error) => return Err(Fail::system("read", &to, error)),
        };
        Ok(FileEdit { path: to, before, after: Some(bytes) })
    };
    paths.iter().map(copy).collect()
}

/// What is there and differs is somebody's.
fn refuse_other_bytes(desk: &Desk<'_>, files: &[FileEdit], force: bool) -> Result<(), Fail> {
    let differ = files.iter().filter(|file| file.before.is_some() && file.before != file.after);
    let names: Vec<String> = differ.map(|file| format!("`{}`", desk.shown(&file.path))).collect();
    if force || names.is_empty() {
        return Ok(());
    }
    Err(Fail::usage(format!(
        "these files are there and differ: {}; nothing was written, `--force` overwrites them",
        names.join(", ")
    )))
}
