//! `registry diff`: what changed between two states of a registry.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::Site;
use crate::adapters::git::{self, NotGot};
use crate::cli::Exit;
use crate::cli::commands::{Context, Fail};
use crate::cli::voice::{Line, SCHEMA};
use crate::compare::{Breaks, Change, State, compare};
use crate::diagnostic::{Diagnostic, Finding, Related};
use crate::load::{self, Report, Shelf};
use crate::place::{Place, Sources};
use crate::registry::Registries;
use crate::road::Stop;
use crate::solve::NoStack;
use crate::validate::{lost, possible};
use crate::world::{Laid, World};

/// Where a state is to be had.
enum At {
    /// In a directory.
    Directory(PathBuf),
    /// In a commit of the repository that holds this directory.
    Commit(PathBuf, String),
}

pub(super) fn diff(context: &Context<'_>, old: &str, new: Option<&Path>) -> Result<Exit, Fail> {
    let (root, old, new) = sides(context, old, new)?;
    let sides = [laid(context, &root, &old)?, laid(context, &root, &new)?];
    let mut sources = Sources::new();
    let mut before = open(&root, &sides[0], &mut sources)?;
    let mut after = open(&root, &sides[1], &mut sources)?;
    let states = (State::read(&mut before, &mut sources), State::read(&mut after, &mut sources));
    let changes = compare(&states.0, &states.1);
    let breaking: Vec<Diagnostic> = changes.iter().filter_map(finding).collect();
    // where nothing breaks, nothing follows from it either
    let lost = if breaking.is_empty() {
        Vec::new()
    } else {
        follows(context, &root, [before, after], &mut sources)?
    };
    let fails = !breaking.is_empty();
    // what could be read before, and why it can't be any more
    let (was, is) = &states;
    let mut found: Vec<Diagnostic> = is
        .broken()
        .filter(|(target, _)| was.broken().all(|(known, _)| known != *target))
        .flat_map(|(_, found)| found.to_vec())
        .collect();
    if context.voice.is_json() {
        let changes: Vec<Json> = changes.iter().map(|change| as_json(&sources, change)).collect();
        let lost: Vec<Json> = lost.iter().filter_map(|lost| lost_as_json(&sources, lost)).collect();
        context.voice.json(&json!({
            "schema": SCHEMA, "ok": !fails, "old": old.text(), "new": new.text(),
            "changes": changes, "follows": lost,
        }));
    } else {
        if context.voice.annotates() {
            found.extend(breaking.iter().chain(&lost).cloned());
        }
        say(context, &sources, &changes);
        say_lost(context, &sources, &lost);
        context.voice.diagnostics(&sources, &found);
        let harmless = changes.len() - breaking.len();
        let summary = match (breaking.len(), harmless) {
            (0, 0) => "nothing has changed in meaning".to_owned(),
            (0, harmless) => format!("{}, none of them breaks a project", count(harmless)),
            (breaking, 0) => format!("{}, which may break projects", count(breaking)),
            (breaking, harmless) => {
                format!("{} that may break projects, and {harmless} that break none", count(breaking))
            }
        };
        let follows = match lost.len() {
            0 => String::new(),
            1 => "; 1 thing is no longer possible".to_owned(),
            all => format!("; {all} things are no longer possible"),
        };
        context.voice.step("compared", &format!("{} with {}: {summary}{follows}", old.text(), new.text()));
    }
    Ok(if fails { Exit::NoSolution } else { Exit::Done })
}

/// What follows from the changes for entries that may not have changed: what the old state allows and the new one does not.
fn follows(
    context: &Context<'_>,
    root: &Path,
    [before, after]: [Registries<'_>; 2],
    sources: &mut Sources,
) -> Result<Vec<Diagnostic>, Fail> {
    let interrupted = || context.world.interrupted();
    let shelf = |registries, sources| Shelf { sources, manifest: None, registries, pins: Vec::new() };
    let known = sources.clone();
    let survey = || {
        let (was, read) = possible(root, shelf(before, known), &interrupted)?;
        lost(root, &was, shelf(after, read), &interrupted)
    };
    match survey() {
        Ok((lost, read)) => {
            *sources = read;
            Ok(lost)
        }
        Err(NoStack::Interrupted) => {
            Err(Stop::Interrupted(context.world.interrupted_by().unwrap_or(2)).into())
        }
        Err(_) => {
            context.voice.note("what follows from these changes was too hard to find out");
            Ok(Vec::new())
        }
    }
}

fn count(number: usize) -> String {
    if number == 1 { "1 change".to_owned() } else { format!("{number} changes") }
}

/// What is to be compared: two directories, or two commits of the repository that holds one.
fn sides(context: &Context<'_>, old: &str, new: Option<&Path>) -> Result<(PathBuf, At, At), Fail> {
    let start = context.start()?;
    let is_directory = context.world.list(&start.join(old)).is_ok();
    let range =
        old.split_once("..").filter(|(from, to)| !is_directory && !from.is_empty() && !to.starts_with('.'));
    let Some((from, to)) = range else {
        let new = new.ok_or_else(|| {
            Fail::usage(format!(
                "`{old}` is no range of commits `A..B`; to compare two directories, name both: hsm registry diff OLD NEW"
            ))
        })?;
        return Ok((start, At::Directory(old.into()), At::Directory(new.to_owned())));
    };
    let (root, dir) = match new {
        Some(dir) => (start, dir.to_owned()),
        None => of_project(context)?,
    };
    let at = |revision: &str| At::Commit(dir.clone(), revision.to_owned());
    let new = if to.is_empty() { At::Directory(dir.clone()) } else { at(to) };
    Ok((root, at(from), new))
}

/// The registry of the project, if it has one and no more.
fn of_project(context: &Context<'_>) -> Result<(PathBuf, PathBuf), Fail> {
    let site = Site::find(context)?;
    let shelf = site.shelf(context, context.world)?;
    let dirs: Vec<PathBuf> = shelf.registries.dirs().map(|(_, dir)| dir.to_owned()).collect();
    match dirs.as_slice() {
        [dir] => {
            let dir = dir.strip_prefix(&site.root).unwrap_or(dir).to_owned();
            Ok((site.root, dir))
        }
        [] => Err(Fail::usage(super::NO_REGISTRY.to_owned())),
        several => {
            let all: Vec<String> = several.iter().map(|dir| dir.display().to_string()).collect();
            let all = all.join(", ");
            Err(Fail::usage(format!("there are several registries; name the directory of one: {all}")))
        }
    }
}

impl At {
    /// How it is named.
    fn text(&self) -> String {
        match self {
            Self::Directory(dir) => dir.display().to_string(),
            Self::Commit(dir, revision) => {
                let dir = dir.strip_prefix(".").unwrap_or(dir);
                format!("{revision}:{}", dir.display())
            }
        }
    }
}

/// A state as a directory of a world.
struct Side<'w> {
    world: SideWorld<'w>,
    dir: PathBuf,
}

enum SideWorld<'w> {
    Real(&'w dyn World),
    Commit(Laid<'w>),
}

/// Reads the files of a commit from git.
fn laid<'w>(context: &Context<'w>, root: &Path, at: &At) -> Result<Side<'w>, Fail> {
    let (dir, revision) = match at {
        At::Directory(dir) => return Ok(Side { world: SideWorld::Real(context.world), dir: dir.clone() }),
        At::Commit(dir, revision) => (dir, revision),
    };
    let wanted = |path: &str| {
        path == "registry.yaml" || path.split_once('/').is_some_and(|(folder, _)| is_folder(folder))
    };
    let tree = git::tree(&root.join(dir), revision, &wanted, context.world)
        .map_err(|why| not_got(&at.text(), &why))?;
    if tree.files.is_empty() {
        return Err(Fail::usage(format!("there is no registry in `{}`", at.text())));
    }
    let dir = PathBuf::from(at.text());
    let files = tree.files.into_iter().map(|(path, bytes)| (root.join(&dir).join(path), Some(bytes)));
    Ok(Side { world: SideWorld::Commit(Laid::over(context.world, files)), dir })
}

fn open<'s>(root: &Path, side: &'s Side<'_>, sources: &mut Sources) -> Result<Registries<'s>, Fail> {
    let world: &dyn World = match &side.world {
        SideWorld::Real(world) => *world,
        SideWorld::Commit(laid) => laid,
    };
    load::shelf_at(root, &side.dir.as_path().into(), world, sources)
        .map_err(|diagnostics| Stop::Wrong(Report { sources: sources.clone(), diagnostics }).into())
}

fn is_folder(name: &str) -> bool {
    ["packages", "containers", "package_groups", "container_groups"].contains(&name)
}

fn not_got(what: &str, why: &NotGot) -> Fail {
    match why {
        NotGot::NoReference { name, .. } => Fail::usage(format!(
            "failed to read `{what}`: the repository has no branch, tag or commit `{name}`"
        )),
        why => Fail::system("read", Path::new(what), io::Error::other(why.to_string())),
    }
}

/// What may break a project, as a finding at the line that does.
fn finding(change: &Change) -> Option<Diagnostic> {
    let finding =
        Finding::Breaking { target: change.target.clone(), what: change.to_string(), why: change.breaks? };
    let was = change.old.as_ref().map(|(_, place)| *place);
    // what is gone is said at the entry, which is a file that there is
    let is = change.new.as_ref().map(|(_, place)| *place).or(change.entry);
    let said = Diagnostic { place: is.or(was), ..Diagnostic::missing(finding) };
    Some(match was {
        Some(was) if is.is_some() => said.with(was, "what it was"),
        _ => said,
    })
}

/// The changes for people.
pub(super) fn say(context: &Context<'_>, sources: &Sources, changes: &[Change]) {
    let cells = |change: &Change| {
        let place = change.new.as_ref().or(change.old.as_ref()).map(|(_, place)| *place);
        let place = place.map(|place| sources.position(place).to_string()).unwrap_or_default();
        let why = change.breaks.map(|why| why.to_string()).unwrap_or_default();
        Line::new([change.target.to_string(), change.to_string(), why, place].map(Cow::Owned))
    };
    let of =
        |breaks: bool| changes.iter().filter(|change| change.breaks.is_some() == breaks).map(cells).collect();
    if !changes.is_empty() {
        context.voice.rows(&[("may break projects", of(true)), ("break none", of(false))]);
    }
}

/// What follows from them for people.
fn say_lost(context: &Context<'_>, sources: &Sources, lost: &[Diagnostic]) {
    let cells = |said: &Diagnostic| {
        let because: Vec<&str> = because(said).map(|line| &*line.what).collect();
        let place = said.place.map(|place| sources.position(place).to_string()).unwrap_or_default();
        let of = if let Finding::Lost(lost) = &said.finding { lost.of() } else { String::new() };
        Line::new([of, said.finding.to_string(), because.join("; "), place].map(Cow::Owned))
    };
    if !lost.is_empty() {
        context.voice.rows(&[("follows from these changes", lost.iter().map(cells).collect())]);
    }
}

/// The numbered lines that rule it out; a pair also has its other half among the places.
fn because(said: &Diagnostic) -> impl Iterator<Item = &Related> {
    said.related.iter().filter(|line| line.what.starts_with(|c: char| c.is_ascii_digit()))
}

/// The same as data.
fn lost_as_json(sources: &Sources, said: &Diagnostic) -> Option<Json> {
    let Finding::Lost(lost) = &said.finding else { return None };
    let at = |place: Place| {
        let at = sources.position(place);
        json!({"path": at.path, "line": at.line, "column": at.column})
    };
    let because: Vec<Json> =
        because(said).map(|line| json!({"text": &*line.what, "place": at(line.place)})).collect();
    Some(json!({
        "id": lost.of(), "code": said.finding.code(), "what": lost.to_string(),
        "place": said.place.map(at), "because": because,
    }))
}

/// A change as data.
pub(super) fn as_json(sources: &Sources, change: &Change) -> Json {
    let side = |side: &Option<(String, Place)>| {
        side.as_ref().map(|(text, place)| {
            let at = sources.position(*place);
            json!({"text": text, "path": at.path, "line": at.line, "column": at.column})
        })
    };
    json!({
        "id": change.target.to_string(),
        "path": change.path,
        "what": change.to_string(),
        "breaks": change.breaks.map(Breaks::word),
        "old": side(&change.old),
        "new": side(&change.new),
    })
}
