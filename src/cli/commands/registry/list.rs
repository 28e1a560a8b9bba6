//! `registry list`, `registry search`, `registry path`.

use std::cmp::Reverse;

use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::look::Filter;
use super::{KINDS, Site, find, is_kind, number_of, typed};
use crate::adapters::git::registries::name_of;
use crate::cli::Exit;
use crate::cli::args::registry::{KindArg, Only};
use crate::cli::commands::{Context, Fail};
use crate::cli::voice::{SCHEMA, stack::strategy};
use crate::load::Shelf;
use crate::names::{Kind, TargetId, nearest};
use crate::registry::{Fit, Glance, Leave, Listed, OptionGlance, fit};
use crate::version::Version;
use crate::world::cache_dir;

/// An entry in a list.
struct Row {
    listed: Listed,
    glance: Glance,
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
    let wanted = |listed: &Listed| {
        filter.may(listed)
            && number.is_none_or(|number| listed.number == number)
            && (all || listed.hidden_by.is_none())
    };
    let rows: Vec<Row> =
        rows(context, &shelf, wanted).into_iter().filter(|row| filter.has(&row.glance)).collect();
    if context.voice.is_json() {
        context.voice.json(&Document { schema: SCHEMA, ok: true, entries: Rows(&rows), search: None });
    } else {
        say(context, &shelf, &rows, true);
    }
    Ok(Exit::Done)
}

/// The entries that are wanted, each at a glance.
fn rows(context: &Context<'_>, shelf: &Shelf<'_>, wanted: impl Fn(&Listed) -> bool) -> Vec<Row> {
    let listed: Vec<Listed> = shelf.registries.all().into_iter().filter(wanted).collect();
    let glances = shelf.registries.glances(&listed, cache_dir(context.world).as_deref());
    listed.into_iter().zip(glances).map(|(listed, glance)| Row { listed, glance }).collect()
}

pub(super) fn search(context: &Context<'_>, words: &[String], only: &Only) -> Result<Exit, Fail> {
    if words.is_empty() && !only.is_narrow() {
        return Err(Fail::usage("type what to look for, or say with an option what it has to be"));
    }
    let mut shelf = Site::look(context, "hsm registry search")?;
    let filter = Filter::new(&mut shelf, only)?;
    let rows = rows(context, &shelf, |listed| filter.may(listed) && listed.hidden_by.is_none());
    let usable = rows.into_iter().filter(|row| row.glance.error.is_none() && filter.has(&row.glance));
    let fits = usable.filter_map(|row| Some((fit(row.listed.name.as_str(), &row.glance, words)?, row)));
    let mut found: Vec<(Fit, Row)> = fits.collect();
    let as_typed = found.iter().any(|(fit, _)| fit.as_typed);
    found.retain(|(fit, _)| fit.as_typed == as_typed);
    found.sort_by_cached_key(|(fit, row)| (Reverse(*fit), row.listed.target.to_string()));
    let rows: Vec<Row> = found.into_iter().map(|(_, row)| row).collect();
    let near = if rows.is_empty() { nearest_to(&shelf, words, only.kind) } else { Vec::new() };
    if context.voice.is_json() {
        let search = Some(Search { as_typed, nearest: &near });
        context.voice.json(&Document { schema: SCHEMA, ok: true, entries: Rows(&rows), search });
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

/// The versions of an entry's releases, the newest first.
pub(super) fn newest_first<'v>(versions: impl Iterator<Item = &'v Version>) -> Vec<String> {
    let mut all: Vec<&Version> = versions.collect();
    all.sort_by(|a, b| a.preference(b));
    all.into_iter().map(Version::to_string).collect()
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

/// The whole document; each entry is made when it is written, so that a hundred thousand take no more room than one.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    ok: bool,
    entries: Rows<'a>,
    #[serde(flatten)]
    search: Option<Search<'a>>,
}

#[derive(Serialize)]
struct Search<'a> {
    as_typed: bool,
    nearest: &'a [String],
}

struct Rows<'a>(&'a [Row]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(Row::json))
    }
}

impl Row {
    fn json(&self) -> Json {
        let Self { listed, glance } = self;
        let options: Vec<&str> = glance.options.iter().map(|option| option.name.as_str()).collect();
        let left = glance.options.iter().filter(|option| option.is_deprecated);
        let left: Vec<&str> = left.map(|option| option.name.as_str()).collect();
        let deprecated =
            glance.deprecated.as_ref().map(|leave| json!({"use": leave.instead, "why": leave.why}));
        json!({
            "id": listed.target.to_string(),
            "name": listed.name.as_str(),
            "kind": kind_of(&listed.target),
            "registry": listed.registry,
            "file": listed.shown,
            "hidden_by": listed.hidden_by,
            "releases": releases(glance),
            "yanked": glance.yanked,
            "deprecated_releases": glance.left,
            "strategy": glance.one.map(strategy),
            "options": options,
            "deprecated_options": left,
            "description": glance.description,
            "owner": glance.owner,
            "tags": glance.tags,
            "deprecated": deprecated,
            "error": glance.error,
        })
    }
}

/// All releases: those that anybody can have, then those that only locks hold.
fn releases(glance: &Glance) -> Vec<&str> {
    glance.releases.iter().chain(&glance.yanked).map(String::as_str).collect()
}

/// The rows as a table; in sections by kind, or in the order in which they are.
fn say(context: &Context<'_>, shelf: &Shelf<'_>, rows: &[Row], by_kind: bool) {
    let several = shelf.registries.count() > 1;
    let cells = |row: &Row| {
        let glance = &row.glance;
        let (facts, text) = match (&glance.error, glance.one) {
            (Some(why), _) => ("broken".to_owned(), Some(why.clone())),
            (None, None) => (newest(glance), glance.description.clone()),
            (None, Some(one)) => {
                let options: Vec<String> = glance.options.iter().map(option).collect();
                let options = options.join(", ");
                let about = glance.description.as_ref();
                let text = about.map_or_else(|| options.clone(), |text| format!("{text} ({options})"));
                (strategy(one).to_owned(), Some(text))
            }
        };
        let text = match &glance.deprecated {
            Some(leave) => Some(format!("{}{}", left(leave), text.unwrap_or_default()).trim().to_owned()),
            None => text,
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

/// What is to be left is not to be overlooked.
fn left(leave: &Leave) -> String {
    match &leave.instead {
        Some(name) => format!("[deprecated: use {name}] "),
        None => "[deprecated] ".to_owned(),
    }
}

fn option(option: &OptionGlance) -> String {
    format!("{}{}", option.name, if option.is_deprecated { " [deprecated]" } else { "" })
}

/// The newest release that anybody can have, and how many others there are.
fn newest(glance: &Glance) -> String {
    let mark = |version: &str| match (
        glance.yanked.iter().any(|v| v == version),
        glance.left.iter().any(|v| v == version),
    ) {
        (true, _) => " [yanked]",
        (_, true) => " [deprecated]",
        _ => "",
    };
    match releases(glance).as_slice() {
        [] => "-".to_owned(),
        [one] => format!("{one}{}", mark(one)),
        [first, others @ ..] => format!("{first}{} (+{})", mark(first), others.len()),
    }
}
