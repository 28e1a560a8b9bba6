//! Commands that edit `hsm.yaml`: `group select|add-option|remove-option`, `mode`, `add`, `remove`.
//!
//! Every edit is solved before it is written; one that would leave a solvable project without a solution is refused.

use serde_json::json;

use super::{Context, Fail, names, sync};
use crate::cli::Exit;
use crate::cli::args::{Choice, Group, Then};
use crate::cli::voice::{SCHEMA, stack};
use crate::load::{self, MANIFEST, Opened};
use crate::manifest::Mode;
use crate::manifest::edit::{Change, Edited, GroupFacts, edit, is_listed, read_text};
use crate::manifest::{Manifest, Strategy};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::registry::{self, Entry};
use crate::road::{Resolved, Road, Stop, Wish};
use crate::transaction::ProjectLock;

pub(super) fn group(context: &Context<'_>, command: &Group) -> Result<Exit, Fail> {
    let (name, options, then) = match command {
        Group::Select { group, options, then }
        | Group::AddOption { group, options, then }
        | Group::RemoveOption { group, options, then } => (group, options, then),
    };
    let change = |opened: &mut Opened<'_>| {
        let (facts, entry) = facts(name, opened)?;
        let options = options.iter().map(|o| names::option(o)).collect::<Result<Vec<Name>, Fail>>()?;
        if !matches!(command, Group::RemoveOption { .. }) {
            known(&facts.id, &entry, &options)?;
        }
        Ok(vec![match command {
            Group::Select { .. } => Change::Select(facts, options),
            Group::AddOption { .. } => Change::AddOptions(facts, options),
            Group::RemoveOption { .. } => Change::RemoveOptions(facts, options),
        }])
    };
    let what = match command {
        Group::Select { .. } => "hsm group select",
        Group::AddOption { .. } => "hsm group add-option",
        Group::RemoveOption { .. } => "hsm group remove-option",
    };
    run(context, what, then, change)
}

pub(super) fn mode(context: &Context<'_>, mode: Mode, then: &Then) -> Result<Exit, Fail> {
    run(context, "hsm mode", then, |_| Ok(vec![Change::Mode(mode)]))
}

pub(super) fn add(context: &Context<'_>, typed: &[String], then: &Then) -> Result<Exit, Fail> {
    run(context, "hsm add", then, |opened| {
        let found = typed.iter().map(|text| names::component(text, opened));
        Ok(found
            .collect::<Result<Vec<_>, Fail>>()?
            .into_iter()
            .map(|(id, name)| Change::Add(id, name))
            .collect())
    })
}

pub(super) fn remove(context: &Context<'_>, typed: &[String], then: &Then) -> Result<Exit, Fail> {
    run(context, "hsm remove", then, |opened| {
        typed.iter().map(|text| Ok(Change::Remove(listed(text, &opened.manifest)?))).collect()
    })
}

/// The component that is meant by what is to be removed: the manifest knows its kind.
fn listed(text: &str, manifest: &Manifest) -> Result<ComponentId, Fail> {
    let candidates = names::typed(text)?;
    let found: Vec<&ComponentId> = candidates.iter().filter(|id| is_listed(manifest, id)).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => match candidates.as_slice() {
            [one] => Ok(one.clone()),
            _ => Err(Fail::usage(format!("{MANIFEST} does not list `{text}`{}", near(text, manifest)))),
        },
        several => {
            let names: Vec<String> = several.iter().map(|id| format!("`{id}`")).collect();
            Err(Fail::usage(format!("`{text}` is ambiguous: say {}", names.join(" or "))))
        }
    }
}

/// What may be meant by a name that the manifest does not list.
fn near(text: &str, manifest: &Manifest) -> String {
    let items = manifest.dependencies.items.iter().chain(&manifest.services.items);
    let near = crate::names::nearest(text, items.map(|item| item.name.value.as_str()));
    near.map_or_else(
        || format!(" by itself; `hsm why {text}` says whether something else brings it"),
        |near| format!("; did you mean `{near}`?"),
    )
}

/// What the registry says of a group.
fn facts(name: &str, opened: &mut Opened<'_>) -> Result<(GroupFacts, registry::Group), Fail> {
    let id = names::group(name, opened)?;
    let target = TargetId::Group(id.clone());
    let entry = match opened.registries.load(&target, &mut opened.sources) {
        Ok(Some(entry)) => entry,
        Ok(None) => return Err(Fail::usage(format!("no registry has {id}"))),
        Err(diagnostics) => {
            let sources = opened.sources.clone();
            return Err(Stop::Wrong(load::Report { sources, diagnostics }).into());
        }
    };
    let Entry::Group(entry) = entry.as_ref() else {
        return Err(Fail::usage(format!("{id} is not a group")));
    };
    let other = TargetId::Group(GroupId::new(id.kind.other(), &id.name));
    let facts = GroupFacts {
        shared: opened.registries.contains(&other),
        id,
        one: entry.strategy.value == Strategy::One,
        default: entry.default.iter().map(|d| d.value.clone()).collect(),
        comment: entry.comment.as_ref().map(|c| c.value.clone()),
    };
    Ok((facts, entry.as_ref().clone()))
}

/// Whether the group has these options. One that extends another's has more than its entry says: the load tells.
fn known(id: &GroupId, entry: &registry::Group, options: &[Name]) -> Result<(), Fail> {
    if entry.extends.is_some() {
        return Ok(());
    }
    for option in options {
        if !entry.options.iter().any(|o| id.option(&o.name.value) == id.option(option)) {
            let all: Vec<&str> = entry.options.iter().map(|o| o.name.value.as_str()).collect();
            let near = crate::names::nearest(option.as_str(), all.iter().copied());
            let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            return Err(Fail::usage(format!(
                "{id} has no option `{option}`{hint}\n       its options: {}",
                all.join(", ")
            )));
        }
    }
    Ok(())
}

/// Reads the manifest, changes it, solves before and after, and writes.
fn run(
    context: &Context<'_>,
    what: &str,
    then: &Then,
    change: impl FnOnce(&mut Opened<'_>) -> Result<Vec<Change>, Fail>,
) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    let lock = sync::enter(context, road, what, !then.no_wait)?;
    let mut opened = load::open(&root, context.world).map_err(Stop::Wrong)?;
    let before = opened.sources.get(opened.manifest.file).map(|s| s.text.to_string()).unwrap_or_default();
    let changes = change(&mut opened)?;
    let after = change_all(context, &before, &changes)?;
    let wish = context.wish(&Choice::default());
    let edited = Wish { manifest: (after != before).then(|| after.as_str().into()), ..wish.clone() };
    let differences = if after == before {
        context.voice.say(&format!("{MANIFEST} says so already"));
        Vec::new()
    } else {
        judge(context, road, &wish, &edited)?
    };
    if then.sync {
        let what = format!("{what} --sync");
        let done = sync::sync_with(context, road, &edited, &what, &lock)?;
        sync::tell_done(context, &done);
        return Ok(Exit::Done);
    }
    if after != before {
        write(context, road, &before, &after, &lock)?;
        context.voice.step("edited", MANIFEST);
    }
    if context.voice.is_json() {
        context.voice.json(&json!({
            "schema": SCHEMA, "ok": true, "changed": after != before, "stack_changes": differences,
        }));
    }
    Ok(Exit::Done)
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
    let before = road.resolve(wish);
    match (before, road.resolve(edited)) {
        (Ok(before), Ok(after)) => Ok(say_changes(context, &before, &after)),
        (Err(_), Ok(_)) => {
            context.voice.say("the statements can hold together again");
            Ok(Vec::new())
        }
        (Ok(_), Err(stop @ Stop::Unsolved { .. })) => Err(Fail::WouldNotSolve(Box::new(stop))),
        (Err(Stop::Unsolved { .. }), Err(Stop::Unsolved { .. })) => {
            context.voice.warn("there was no solution before, and there is none now; see `hsm resolve`");
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

/// Writes the manifest, unless somebody else did in the meantime.
fn write(
    context: &Context<'_>,
    road: Road<'_>,
    before: &str,
    after: &str,
    _lock: &ProjectLock,
) -> Result<(), Fail> {
    let path = road.root.join(MANIFEST);
    let now = context.world.read(&path).map_err(|e| Fail::system("read", &path, e))?;
    if now != before.as_bytes() {
        return Err(Fail::usage(format!(
            "{MANIFEST} was changed by someone else in the meantime; nothing was written"
        )));
    }
    context.world.write(&path, after.as_bytes()).map_err(|e| Fail::system("write", &path, e))
}
