//! `registry list`, `registry search`, `registry path`.

use std::cmp::Reverse;

use serde_json::{Value as Json, json};

use super::{KINDS, Site, find, is_kind, number_of, typed};
use crate::adapters::git::registries::name_of;
use crate::cli::Exit;
use crate::cli::args::registry::KindArg;
use crate::cli::commands::{Context, Fail};
use crate::cli::voice::{SCHEMA, stack::strategy};
use crate::diagnostic::{Diagnostic, Severity};
use crate::load::Shelf;
use crate::manifest::Strategy;
use crate::names::{Kind, TargetId, nearest};
use crate::registry::{Entry, Listed, score};
use crate::version::Version;

/// An entry in a list.
struct Row {
    listed: Listed,
    is: Is,
}

/// What there is to say of it.
enum Is {
    Component { releases: Vec<String>, description: Option<String> },
    Group { one: bool, options: Vec<String>, description: Option<String> },
    Broken(String),
}

pub(super) fn list(
    context: &Context<'_>,
    kind: Option<KindArg>,
    registry: Option<&str>,
    all: bool,
) -> Result<Exit, Fail> {
    let mut shelf = Site::look(context, "hsm registry list")?;
    let number = registry.map(|name| number_of(&shelf, name)).transpose()?;
    let wanted = |listed: &Listed| {
        kind.is_none_or(|kind| is_kind(&listed.target, kind))
            && number.is_none_or(|number| listed.number == number)
            && (all || listed.hidden_by.is_none())
    };
    let entries: Vec<Listed> = shelf.registries.all().into_iter().filter(wanted).collect();
    let rows: Vec<Row> = entries.into_iter().map(|listed| row(&mut shelf, listed)).collect();
    if context.voice.is_json() {
        context.voice.json(&json!({"schema": SCHEMA, "ok": true, "entries": rows_json(&rows)}));
    } else {
        say(context, &shelf, &rows, true);
    }
    Ok(Exit::Done)
}

pub(super) fn search(context: &Context<'_>, words: &[String], kind: Option<KindArg>) -> Result<Exit, Fail> {
    let mut shelf = Site::look(context, "hsm registry search")?;
    let mut found: Vec<(u32, Row)> = Vec::new();
    for listed in shelf.registries.all() {
        let other_kind = kind.is_some_and(|kind| !is_kind(&listed.target, kind));
        if other_kind || listed.hidden_by.is_some() {
            continue;
        }
        let Ok(Some(entry)) = shelf.registries.load_listed(&listed, &mut shelf.sources) else { continue };
        let points = score(&entry, words);
        if points > 0 {
            found.push((points, Row { is: described(&entry), listed }));
        }
    }
    found.sort_by_key(|(points, row)| (Reverse(*points), row.listed.target.to_string()));
    let rows: Vec<Row> = found.into_iter().map(|(_, row)| row).collect();
    let near = if rows.is_empty() { nearest_to(&shelf, words, kind) } else { Vec::new() };
    if context.voice.is_json() {
        context
            .voice
            .json(&json!({"schema": SCHEMA, "ok": true, "entries": rows_json(&rows), "nearest": near}));
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        let hint = if near.is_empty() { String::new() } else { format!("; near it: {}", near.join(", ")) };
        context.voice.note(&format!("no entry has `{}`{hint}", words.join(" ")));
        return Ok(Exit::Done);
    }
    say(context, &shelf, &rows, false);
    Ok(Exit::Done)
}

/// Of each kind the name that is most like one of the words.
fn nearest_to(shelf: &Shelf<'_>, words: &[String], kind: Option<KindArg>) -> Vec<String> {
    let mut out = Vec::new();
    for (of, is_group) in KINDS {
        let names = shelf.registries.names(of, is_group);
        for word in words {
            let near = nearest(word, names.iter().map(crate::names::Name::as_str));
            let near = near.and_then(|near| crate::names::Name::parse(near).ok());
            let near = near.map(|name| crate::registry::target(of, is_group, &name));
            out.extend(near.filter(|target| kind.is_none_or(|kind| is_kind(target, kind))));
        }
    }
    out.sort();
    out.dedup();
    out.iter().map(TargetId::to_string).collect()
}

pub(super) fn path(context: &Context<'_>, name: Option<&str>, registry: Option<&str>) -> Result<Exit, Fail> {
    let mut shelf = Site::look(context, "hsm registry path")?;
    let number = registry.map(|name| number_of(&shelf, name)).transpose()?;
    if let Some(name) = name {
        let listed = find(&mut shelf, &typed(name, &KINDS, registry)?, name, Some(context.ask()))?;
        if let Some((pack, _)) =
            shelf.registries.dirs().nth(listed.number).filter(|(_, dir)| name_of(dir).is_some())
        {
            return Err(Fail::usage(format!(
                "the registry `{pack}` lies in a git repository, so there is no such file; `hsm registry show {pack}/{} --raw` \
                 prints it",
                listed.name
            )));
        }
        let path = listed.path.display().to_string();
        if context.voice.is_json() {
            context.voice.json(&json!({
                "schema": SCHEMA, "ok": true,
                "paths": [{"registry": listed.registry, "id": listed.target.to_string(), "path": path}],
            }));
        } else {
            context.voice.data(&format!("{path}\n"));
        }
        return Ok(Exit::Done);
    }
    let dirs: Vec<(String, String)> = shelf
        .registries
        .dirs()
        .enumerate()
        .filter(|(at, _)| number.is_none_or(|number| *at == number))
        .map(|(_, (name, dir))| (name.to_owned(), dir.display().to_string()))
        .collect();
    if context.voice.is_json() {
        let paths: Vec<Json> =
            dirs.iter().map(|(name, dir)| json!({"registry": name, "id": null, "path": dir})).collect();
        context.voice.json(&json!({"schema": SCHEMA, "ok": true, "paths": paths}));
        return Ok(Exit::Done);
    }
    if dirs.is_empty() {
        return Err(Fail::usage("there is no registry, so there is no path to print"));
    }
    let dirs: Vec<&str> = dirs.iter().map(|(_, dir)| dir.as_str()).collect();
    context.voice.data(&(dirs.join("\n") + "\n"));
    Ok(Exit::Done)
}

fn row(shelf: &mut Shelf<'_>, listed: Listed) -> Row {
    let is = match shelf.registries.load_listed(&listed, &mut shelf.sources) {
        Ok(Some(entry)) => described(&entry),
        Ok(None) => Is::Broken("the file is gone".to_owned()),
        Err(found) => Is::Broken(first_error(shelf, &found)),
    };
    Row { listed, is }
}

/// The first error of an entry, with its place.
fn first_error(shelf: &Shelf<'_>, found: &[Diagnostic]) -> String {
    let errors = found.iter().filter(|d| d.severity == Severity::Error).collect::<Vec<_>>();
    let Some(first) = errors.first() else { return "it cannot be read".to_owned() };
    let at = first.place.map(|place| {
        let at = shelf.sources.position(place);
        format!(" (line {}, column {})", at.line, at.column)
    });
    let more = if errors.len() > 1 { format!(", and {} more", errors.len() - 1) } else { String::new() };
    format!("{}{}{more}", first.finding, at.unwrap_or_default())
}

/// The versions of an entry's releases, the newest first.
pub(super) fn newest_first<'v>(versions: impl Iterator<Item = &'v Version>) -> Vec<String> {
    let mut all: Vec<&Version> = versions.collect();
    all.sort_by(|a, b| a.preference(b));
    all.into_iter().map(Version::to_string).collect()
}

fn described(entry: &Entry) -> Is {
    let description = entry.common().description.as_ref().map(|text| text.value.clone());
    match entry {
        Entry::Package(_) | Entry::Container(_) => {
            Is::Component { releases: newest_first(entry.versions().into_iter()), description }
        }
        Entry::Group(group) => Is::Group {
            one: group.strategy.value == Strategy::One,
            options: group.options.iter().map(|option| option.name.value.to_string()).collect(),
            description: description.or_else(|| group.comment.as_ref().map(|text| text.value.clone())),
        },
    }
}

/// The word for the kind of an entry.
pub(super) fn kind_of(target: &TargetId) -> &'static str {
    match target {
        TargetId::Component(id) => id.kind().as_str(),
        TargetId::Group(id) => match id.kind {
            Kind::Package => "package_group",
            Kind::Container => "container_group",
        },
    }
}

fn rows_json(rows: &[Row]) -> Vec<Json> {
    let one = |row: &Row| {
        let Row { listed, is } = row;
        let none = &[][..];
        let (releases, options, way, description, error) = match is {
            Is::Component { releases, description } => {
                (releases.as_slice(), none, None, description.as_ref(), None)
            }
            Is::Group { one, options, description } => {
                (none, options.as_slice(), Some(strategy(*one)), description.as_ref(), None)
            }
            Is::Broken(why) => (none, none, None, None, Some(why)),
        };
        json!({
            "id": listed.target.to_string(),
            "name": listed.name.as_str(),
            "kind": kind_of(&listed.target),
            "registry": listed.registry,
            "file": listed.shown,
            "hidden_by": listed.hidden_by,
            "releases": releases,
            "strategy": way,
            "options": options,
            "description": description,
            "error": error,
        })
    };
    rows.iter().map(one).collect()
}

/// The rows as a table; in sections by kind, or in the order in which they are.
fn say(context: &Context<'_>, shelf: &Shelf<'_>, rows: &[Row], by_kind: bool) {
    let several = shelf.registries.count() > 1;
    let cells = |row: &Row| {
        let (facts, text) = match &row.is {
            Is::Component { releases, description } => (newest(releases), description.clone()),
            Is::Group { one, options, description } => {
                let options = options.join(", ");
                let text = description
                    .as_ref()
                    .map_or_else(|| options.clone(), |text| format!("{text} ({options})"));
                (strategy(*one).to_owned(), Some(text))
            }
            Is::Broken(why) => ("broken".to_owned(), Some(why.clone())),
        };
        let name = if by_kind { row.listed.name.to_string() } else { row.listed.target.to_string() };
        let registry = match &row.listed.hidden_by {
            Some(winner) => format!("{}, hidden by {winner}", row.listed.registry),
            None if several => row.listed.registry.clone(),
            None => String::new(),
        };
        [name, facts, registry, text.unwrap_or_default()]
    };
    if !by_kind {
        return context.voice.rows(&[("entries", rows.iter().map(cells).collect())]);
    }
    let titles = ["packages", "containers", "package groups", "container groups"];
    let of = |at: usize| {
        let (kind, is_group) = KINDS[at];
        let is = |row: &&Row| match &row.listed.target {
            TargetId::Component(id) => !is_group && id.kind() == kind,
            TargetId::Group(id) => is_group && id.kind == kind,
        };
        (titles[at], rows.iter().filter(is).map(cells).collect())
    };
    context.voice.rows(&[of(0), of(1), of(2), of(3)]);
}

/// The newest release, and how many others there are.
fn newest(releases: &[String]) -> String {
    match releases {
        [] => "-".to_owned(),
        [one] => one.clone(),
        [first, others @ ..] => format!("{first} (+{})", others.len()),
    }
}
