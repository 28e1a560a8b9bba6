//! Commands that edit `hsm.yaml`: `mode`, `add`, `remove`, and the families `package`, `container`, `group`.
//!
//! Every edit is solved before it is written; one that would leave a solvable project without a solution is refused.

mod choose;
mod components;
mod fix;
mod groups;
mod moved;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::{Context, Fail, checkouts, names, registry, sync};
use crate::cli::Exit;
use crate::cli::args::{Choice, Then};
use crate::cli::voice::{SCHEMA, plan, stack};
use crate::load::{MANIFEST, Opened};
use crate::lock;
use crate::manifest::Mode;
use crate::manifest::edit::{Change, Edited, Trail, edit, read_text};
use crate::names::ComponentId;
use crate::road::{Resolved, Road, Stop, Wish, explain, is_committed};
use crate::transaction::ProjectLock;

pub(super) use components::{add, container, package, remove};
pub(super) use fix::fix;
pub(super) use groups::group;
pub(super) use moved::{Moved, moved};

/// Where the trail of edits is kept: with all that is of this checkout alone.
const TRAIL: &str = ".hsm/edits.json";

pub(super) fn mode(context: &Context<'_>, mode: Mode, then: &Then) -> Result<Exit, Fail> {
    one(context, "hsm mode", then, Change::Mode(mode))
}

/// Makes one change that needs to know nothing of the registries.
pub(super) fn one(context: &Context<'_>, what: &str, then: &Then, change: Change) -> Result<Exit, Fail> {
    run(context, &Making::typed(what, then), |_| Ok(vec![change]))
}

/// A command that edits.
struct Making<'a> {
    /// The command.
    what: &'a str,
    /// What comes after the edit.
    then: &'a Then,
    /// Whether what it changes is the answer to a question: then it is shown and confirmed before it is written.
    asked: bool,
    /// Whether what the user wrote of the added packages is handed over: that is what a sync does.
    adopt: bool,
}

impl<'a> Making<'a> {
    /// One whose arguments were all typed.
    fn typed(what: &'a str, then: &'a Then) -> Self {
        Self { what, then, asked: false, adopt: false }
    }
}

/// An edit that may be written.
struct Draft {
    before: String,
    after: String,
    edited: Wish,
    /// What it changes in the stack.
    differences: Vec<String>,
    /// What stood there before the last edits.
    trail: Trail,
}

/// Reads the manifest, changes it, solves before and after, and writes.
fn run(
    context: &Context<'_>,
    making: &Making<'_>,
    change: impl FnOnce(&mut Opened<'_>) -> Result<Vec<Change>, Fail>,
) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    let enter = || sync::enter(context, road, making.what, !making.then.no_wait);
    let lock = enter()?;
    if !context.ask().can() {
        let draft = draft(context, road, making, change)?;
        return finish(context, road, making, draft, &lock);
    }
    // who thinks about a question holds nobody up; what was changed meanwhile is noticed before anything is written
    drop(lock);
    let draft = draft(context, road, making, change)?;
    if making.asked && draft.after != draft.before {
        let shown = if context.global.quiet { draft.differences.as_slice() } else { &[] };
        let shown: String = shown.iter().flat_map(|line| ["  ", line, "\n"]).collect();
        if !context.confirm(&format!("{shown}Write that to {MANIFEST}?"))? {
            return Err(Fail::GivenUp);
        }
    }
    finish(context, road, making, draft, &enter()?)
}

fn draft(
    context: &Context<'_>,
    road: Road<'_>,
    making: &Making<'_>,
    change: impl FnOnce(&mut Opened<'_>) -> Result<Vec<Change>, Fail>,
) -> Result<Draft, Fail> {
    let mut opened = road.open()?;
    let before = opened.sources.get(opened.manifest.file).map(|s| s.text.to_string()).unwrap_or_default();
    let changes = change(&mut opened)?;
    let trail = trail(context, road);
    let after = trail.as_it_was(&before, change_all(context, &before, &changes)?);
    let wish = context.wish(&Choice::default())?;
    let mut edited = Wish { manifest: (after != before).then(|| after.as_str().into()), ..wish.clone() };
    if making.adopt {
        edited.load.adopt = added(&changes);
        edited.settings.adopt = added(&changes);
    }
    let differences = if after == before {
        context.voice.say(&format!("{MANIFEST} says so already"));
        Vec::new()
    } else {
        judge(context, road, &wish, &edited)?
    };
    Ok(Draft { before, after, edited, differences, trail })
}

fn finish(
    context: &Context<'_>,
    road: Road<'_>,
    making: &Making<'_>,
    draft: Draft,
    lock: &ProjectLock,
) -> Result<Exit, Fail> {
    let Draft { before, after, edited, differences, mut trail } = draft;
    refuse_changed(context, road, &before)?;
    if making.then.sync || making.adopt {
        let what = format!("{} {}", making.what, if making.adopt { "--adopt" } else { "--sync" });
        if making.adopt {
            show_handed_over(context, road, &edited)?;
        }
        let done = sync::sync_with(context, road, &edited, &what, lock)?;
        keep(context, road, &mut trail, &before, &after);
        sync::tell_done(context, &done);
        return Ok(Exit::Done);
    }
    if after != before {
        let path = road.root.join(MANIFEST);
        context.world.write(&path, after.as_bytes()).map_err(|e| Fail::system("write", &path, e))?;
        keep(context, road, &mut trail, &before, &after);
        context.voice.step("edited", MANIFEST);
        if !differences.is_empty()
            && let Ok(resolved) = road.resolve(&edited)
        {
            checkouts::tell_left(context, &resolved);
        }
    }
    if context.voice.is_json() {
        context.voice.json(&json!({
            "schema": SCHEMA, "ok": true, "changed": after != before, "stack_changes": differences,
        }));
    }
    Ok(Exit::Done)
}

/// The components that changes list.
fn added(changes: &[Change]) -> BTreeSet<ComponentId> {
    let id = |change: &Change| match change {
        Change::Add(id, _) => Some(id.clone()),
        _ => None,
    };
    changes.iter().filter_map(id).collect()
}

/// What becomes of the files in which the user's own is handed over, before any is written.
fn show_handed_over(context: &Context<'_>, road: Road<'_>, edited: &Wish) -> Result<(), Fail> {
    // a step of the run gets what is missing
    let mut edited = edited.clone();
    edited.settings.fetch_sources = true;
    let planned = road.plan(&edited)?;
    let hsms = [MANIFEST, lock::FILE].map(Path::new);
    let files = planned.plan.files.iter().filter(|file| file.before.is_some() && is_committed(file));
    for file in files.filter(|file| !hsms.contains(&file.path.as_path())) {
        context.voice.say(&plan::change(file));
    }
    Ok(())
}

/// What stood in the manifest before the last edits; whoever takes one back gets every byte back.
fn trail(context: &Context<'_>, road: Road<'_>) -> Trail {
    Trail::read(&context.world.read(&road.root.join(TRAIL)).unwrap_or_default())
}

/// Remembers an edit. It is made; that it can't be remembered is no reason to fail.
fn keep(context: &Context<'_>, road: Road<'_>, trail: &mut Trail, before: &str, after: &str) {
    if before == after {
        return;
    }
    trail.note(before, after);
    if let Err(error) = context.world.write(&road.root.join(TRAIL), trail.text().as_bytes()) {
        context.voice.detail(&format!("`{TRAIL}` could not be written: {error}"));
    }
}

/// The text after all changes, one after the other.
fn change_all(context: &Context<'_>, text: &str, changes: &[Change]) -> Result<String, Fail> {
    let mut text = text.to_owned();
    for change in changes {
        let manifest = read_text(&text).ok_or_else(|| Fail::usage(format!("{MANIFEST} cannot be read")))?;
        let Edited { text: after, notes } = edit(&text, &manifest, change)?;
        for note in notes {
            context.voice.note(&note.to_string());
        }
        text = after;
    }
    Ok(text)
}

/// Whether the edit may be made: solves without and with it, and says what changes in the stack.
fn judge(context: &Context<'_>, road: Road<'_>, wish: &Wish, edited: &Wish) -> Result<Vec<String>, Fail> {
    weigh(context, road.resolve(wish), road.resolve(edited))
}

/// Whether an edit may be made, from the solves without and with it.
pub(super) fn weigh(
    context: &Context<'_>,
    before: Result<Resolved, Stop>,
    after: Result<Resolved, Stop>,
) -> Result<Vec<String>, Fail> {
    match (before, after) {
        (Ok(before), Ok(after)) => Ok(say_changes(context, &before, &after)),
        (Err(_), Ok(_)) => {
            context.voice.say("the statements can hold together again");
            Ok(Vec::new())
        }
        (Ok(_), Err(stop @ Stop::Unsolved { .. })) => Err(Fail::WouldNotSolve(Box::new(stop))),
        (Err(Stop::Unsolved { .. }), Err(Stop::Unsolved { inputs, compiled, unsolved })) => {
            let left = explain(&inputs, &compiled, &unsolved, context.world);
            let remain = match left.conflicts.len() + left.more {
                1 => "a conflict remains".to_owned(),
                all => format!("{all} conflicts remain"),
            };
            context.voice.warn(&format!("there is still no stack: {remain}; see `hsm resolve --explain`"));
            Ok(Vec::new())
        }
        (_, Err(stop)) => Err(stop.into()),
    }
}

fn say_changes(context: &Context<'_>, before: &Resolved, after: &Resolved) -> Vec<String> {
    let lines = stack::changes(&before.solved.stack, &after.solved.stack);
    if lines.is_empty() {
        context.voice.say("the stack stays as it is");
    }
    for line in &lines {
        context.voice.say(&format!("  {line}"));
    }
    lines
}

/// Nothing is written over what somebody else wrote in the meantime.
fn refuse_changed(context: &Context<'_>, road: Road<'_>, before: &str) -> Result<(), Fail> {
    let path = road.root.join(MANIFEST);
    let now = context.world.read(&path).map_err(|e| Fail::system("read", &path, e))?;
    if now == before.as_bytes() {
        return Ok(());
    }
    Err(Fail::usage(format!("{MANIFEST} was changed by someone else in the meantime; nothing was written")))
}
