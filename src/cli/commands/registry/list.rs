//! `registry list`, `registry search`, `registry path`.

use std::borrow::Cow;
use std::cmp::Reverse;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::look::Filter;
use super::{KINDS, Site, find, is_kind, number_of, typed};
use crate::adapters::git::registries::name_of;
use crate::cli::Exit;
use crate::cli::args::registry::{KindArg, Only};
use crate::cli::commands::{Context, Fail};
use crate::cli::voice::{Line, SCHEMA, stack::strategy};
use crate::load::Shelf;
use crate::names::{TargetId, nearest};
use crate::registry::{Fit, Glance, Label, Leave, OptionGlance, Registries, fit};
use crate::version::Version;
use crate::world::cache_dir;

/// An entry in a list.
struct Row<'m> {
    label: &'m Label<'m>,
    glance: Glance<'m>,
}

pub(super) fn list(
    context: &Context<'_>,
    only: &Only,
    registry: Option<&str>,
    all: bool,
) -> Result<Exit, Fail> {
    let mut shelf = Site::look(context, "hsm registry list")?;
    let number = registry.map(|name| number_of(&shelf, name)).transpose()?;
    let filter = Filter::new(&mut shelf, only)?;
    let wanted = |label: &Label<'_>| filter.may(label) && (all || label.hidden_by.is_none());
    let registries = &shelf.registries;
    let (labels, memory) = registries.recalled(number, wanted, cache_dir(context.world).as_deref());
    let row = |label, glance| filter.has(&glance).then_some(Row { label, glance });
    if context.voice.is_json() {
        let rows: Vec<Row<'_>> =
            registries.glances(&labels, &memory, row).into_iter().flatten().flatten().collect();
        write(context, registries, &rows, None);
        return Ok(Exit::Done);
    }
    let table = Table { registries, by_kind: true };
    let lines = registries.glances(&labels, &memory, |label, glance| {
        Some((label.slot(), Line::new(table.cells(&row(label, glance)?))))
    });
    let mut sections =
        ["packages", "containers", "package groups", "container groups"].map(|title| (title, Vec::new()));
    for (slot, line) in lines.iter().flatten().flatten() {
        sections[usize::from(*slot)].1.push(line);
    }
    context.voice.rows(&sections);
    Ok(Exit::Done)
}

pub(super) fn search(context: &Context<'_>, words: &[String], only: &Only) -> Result<Exit, Fail> {
    if words.is_empty() && !only.is_narrow() {
        return Err(Fail::usage("type what to look for, or say with an option what it has to be"));
    }
    let mut shelf = Site::look(context, "hsm registry search")?;
    let filter = Filter::new(&mut shelf, only)?;
    let registries = &shelf.registries;
    let visible = |label: &Label<'_>| filter.may(label) && label.hidden_by.is_none();
    let (labels, memory) = registries.recalled(None, visible, cache_dir(context.world).as_deref());
    let fits = registries.glances(&labels, &memory, |label, glance| {
        let fit = if glance.error.is_none() && filter.has(&glance) {
            fit(label.name, &glance, words)?
        } else {
            return None;
        };
        Some((fit, Row { label, glance }))
    });
    let mut found: Vec<(Fit, Row<'_>)> = fits.into_iter().flatten().flatten().collect();
    let as_typed = found.iter().any(|(fit, _)| fit.as_typed);
    found.retain(|(fit, _)| fit.as_typed == as_typed);
    found.sort_by_cached_key(|(fit, row)| (Reverse(*fit), id(row.label)));
    let rows: Vec<Row<'_>> = found.into_iter().map(|(_, row)| row).collect();
    let near = if rows.is_empty() { nearest_to(&shelf, words, only.kind) } else { Vec::new() };
    if context.voice.is_json() {
        write(context, registries, &rows, Some(Search { as_typed, nearest: &near }));
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        let hint = if near.is_empty() { String::new() } else { format!("; near it: {}", near.join(", ")) };
        let of_that_kind = if only.is_narrow() { " and is what the options ask for" } else { "" };
        let what = if words.is_empty() {
            "no entry is what the options ask for".to_owned()
        } else {
            format!("no entry has `{}`{of_that_kind}", words.join(" "))
        };
        context.voice.note(&format!("{what}{hint}"));
        return Ok(Exit::Done);
    }
    if !as_typed {
        context.voice.note(&format!("no entry has `{}`; these are like it", words.join(" ")));
    }
    let table = Table { registries, by_kind: false };
    context.voice.rows(&[("entries", rows.iter().map(|row| Line::new(table.cells(row))).collect())]);
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

/// The versions of an entry's releases, the newest first.
pub(super) fn newest_first<'v>(versions: impl Iterator<Item = &'v Version>) -> Vec<String> {
    let mut all: Vec<&Version> = versions.collect();
    all.sort_by(|a, b| a.preference(b));
    all.into_iter().map(Version::to_string).collect()
}

/// The id of an entry.
fn id(label: &Label<'_>) -> String {
    format!("{}:{}", label.word(), label.compared)
}

/// The whole document.
#[derive(Serialize)]
struct Document<'a, E: Serialize> {
    schema: u32,
    ok: bool,
    entries: E,
    #[serde(flatten)]
    search: Option<Search<'a>>,
}

#[derive(Serialize)]
struct Search<'a> {
    as_typed: bool,
    nearest: &'a [String],
}

/// An entry in the document.
#[derive(Serialize)]
struct InDocument<'a> {
    id: String,
    name: &'a str,
    kind: &'static str,
    registry: &'a str,
    file: String,
    hidden_by: Option<&'a str>,
    releases: Vec<&'a str>,
    yanked: &'a [Cow<'a, str>],
    deprecated_releases: &'a [Cow<'a, str>],
    strategy: Option<&'static str>,
    options: Vec<&'a str>,
    deprecated_options: Vec<&'a str>,
    description: Option<&'a str>,
    owner: Option<&'a str>,
    tags: &'a [Cow<'a, str>],
    deprecated: Option<LeaveInDocument<'a>>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct LeaveInDocument<'a> {
    #[serde(rename = "use")]
    instead: Option<&'a str>,
    why: Option<&'a str>,
}

/// Writes the document; each entry is made when it is written, so that a hundred thousand take no more room than one.
fn write(context: &Context<'_>, registries: &Registries<'_>, rows: &[Row<'_>], search: Option<Search<'_>>) {
    let entries = Entries(registries, rows);
    context.voice.json(&Document { schema: SCHEMA, ok: true, entries, search });
}

struct Entries<'a>(&'a Registries<'a>, &'a [Row<'a>]);

impl Serialize for Entries<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.1.iter().map(|row| row.in_document(self.0)))
    }
}

impl Row<'_> {
    fn in_document<'a>(&'a self, registries: &'a Registries<'_>) -> InDocument<'a> {
        let Self { label, glance } = self;
        let left = glance.options.iter().filter(|option| option.is_deprecated);
        let leave = |leave: &'a Leave<'_>| LeaveInDocument {
            instead: leave.instead.as_deref(),
            why: leave.why.as_deref(),
        };
        InDocument {
            id: id(label),
            name: label.name,
            kind: label.word(),
            registry: registries.registry_name(label.number),
            file: registries.shown_file(label),
            hidden_by: label.hidden_by.map(|winner| registries.registry_name(winner)),
            releases: releases(glance),
            yanked: &glance.yanked,
            deprecated_releases: &glance.left,
            strategy: glance.one.map(strategy),
            options: glance.options.iter().map(|option| option.name.as_ref()).collect(),
            deprecated_options: left.map(|option| option.name.as_ref()).collect(),
            description: glance.description.as_deref(),
            owner: glance.owner.as_deref(),
            tags: &glance.tags,
            deprecated: glance.deprecated.as_ref().map(leave),
            error: glance.error.as_deref(),
        }
    }
}

/// All releases: those that anybody can have, then those that only locks hold.
fn releases<'g>(glance: &'g Glance<'_>) -> Vec<&'g str> {
    glance.releases.iter().chain(&glance.yanked).map(AsRef::as_ref).collect()
}

/// A row of the table.
type Cells<'t> = [Cow<'t, str>; 4];

/// A table of entries; in sections by kind, or in the order in which they are.
struct Table<'r> {
    registries: &'r Registries<'r>,
    by_kind: bool,
}

impl<'r> Table<'r> {
    fn cells(&self, row: &Row<'r>) -> Cells<'r> {
        let Row { label, glance } = row;
        let (facts, text) = match (&glance.error, glance.one) {
            (Some(why), _) => (Cow::Borrowed("broken"), Some(why.clone())),
            (None, None) => (newest(glance), glance.description.clone()),
            (None, Some(one)) => {
                let options: Vec<Cow<'_, str>> = glance.options.iter().map(option).collect();
                let options = options.join(", ");
                let text = match &glance.description {
                    Some(text) => format!("{text} ({options})"),
                    None => options,
                };
                (Cow::Borrowed(strategy(one)), Some(text.into()))
            }
        };
        let text = text.unwrap_or_default();
        let text = match &glance.deprecated {
            Some(leave) => format!("{}{text}", left(leave)).trim().to_owned().into(),
            None => text,
        };
        let name = if self.by_kind { label.name.into() } else { id(label).into() };
        let registry = self.registries.registry_name(label.number);
        let registry = match label.hidden_by {
            Some(winner) => format!("{registry}, hidden by {}", self.registries.registry_name(winner)).into(),
            None if self.registries.count() > 1 => registry.into(),
            None => Cow::Borrowed(""),
        };
        [name, facts, registry, text]
    }
}

/// What is to be left is not to be overlooked.
fn left(leave: &Leave<'_>) -> String {
    match &leave.instead {
        Some(name) => format!("[deprecated: use {name}] "),
        None => "[deprecated] ".to_owned(),
    }
}

fn option<'g>(option: &'g OptionGlance<'_>) -> Cow<'g, str> {
    if option.is_deprecated {
        format!("{} [deprecated]", option.name).into()
    } else {
        Cow::Borrowed(&option.name)
    }
}

/// The newest release that anybody can have, and how many others there are.
fn newest<'t>(glance: &Glance<'t>) -> Cow<'t, str> {
    let Some(first) = glance.releases.first().or(glance.yanked.first()) else { return "-".into() };
    let mark = match (glance.yanked.contains(first), glance.left.contains(first)) {
        (true, _) => " [yanked]",
        (_, true) => " [deprecated]",
        _ => "",
    };
    match glance.releases.len() + glance.yanked.len() {
        1 if mark.is_empty() => first.clone(),
        1 => format!("{first}{mark}").into(),
        all => format!("{first}{mark} (+{})", all - 1).into(),
    }
}
