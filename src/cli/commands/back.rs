//! Ways back: `recover` and `undo`.

use std::path::PathBuf;

use serde_json::json;

use super::{Context, Fail, sync};
use crate::cli::Exit;
use crate::cli::args::{Recover, Undo};
use crate::cli::voice::SCHEMA;
use crate::transaction::{Recovered, TakenBack};

pub(super) fn recover(context: &Context<'_>, args: &Recover) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    let (what, how, put_back) = if args.dry_run {
        match road.left("hsm recover --dry-run")? {
            None => (None, "nothing", Vec::new()),
            Some(left) if left.committed => {
                context.voice.say(&format!(
                    "`{}` was completed and then interrupted; only its traces would go",
                    left.what
                ));
                (Some(left.what), "finished", Vec::new())
            }
            Some(left) => {
                context.voice.say(&format!("an interrupted `{}` would be undone:", left.what));
                list(context, &left.put_back);
                (Some(left.what), "undone", left.put_back)
            }
        }
    } else {
        let recovered = road.recover("hsm recover", &mut |who| {
            context.voice.note(&format!("waiting for another run in this project: {who}"));
        })?;
        context.tell_recovered(recovered.as_ref());
        match recovered {
            None => (None, "nothing", Vec::new()),
            Some(Recovered::Finished { what }) => (Some(what), "finished", Vec::new()),
            Some(Recovered::Undone { what, undone }) => (Some(what), "undone", undone.put_back),
        }
    };
    if context.voice.is_json() {
        context.voice.json(&json!({
            "schema": SCHEMA, "ok": true, "recovered": how, "run": what, "put_back": texts(&put_back),
        }));
    }
    if what.is_none() {
        context.voice.say("nothing to recover");
    }
    Ok(Exit::Done)
}

pub(super) fn undo(context: &Context<'_>, args: &Undo) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    if args.dry_run {
        context.tell_recovered(road.look_in("hsm undo --dry-run")?.as_ref());
        let Some(last) = road.last_run()? else { return Ok(nothing(context)) };
        let changes = road.changes_of(&last)?;
        context.voice.say(&format!("`{}` would be taken back:", last.what()));
        list(context, &changes);
        let what = last.what().to_owned();
        return Ok(tell(context, &what, &TakenBack { put_back: changes, kept: Vec::new() }));
    }
    let lock = sync::enter(context, road, "hsm undo", !args.no_wait)?;
    let Some(last) = road.last_run()? else { return Ok(nothing(context)) };
    let what = last.what().to_owned();
    let done = road.undo(last, &lock, args.force)?;
    for kept in &done.kept {
        context.voice.warn(&format!(
            "`{}` had been changed since; that version is kept as `{}`",
            kept.path.display(),
            kept.now.display()
        ));
    }
    context.voice.say(&format!("`{what}` was taken back; `hsm undo` once more does it again:"));
    list(context, &done.put_back);
    Ok(tell(context, &what, &done))
}

fn nothing(context: &Context<'_>) -> Exit {
    context.voice.say("nothing to undo");
    if context.voice.is_json() {
        context.voice.json(&json!({"schema": SCHEMA, "ok": true, "run": null, "put_back": [], "kept": []}));
    }
    Exit::Done
}

fn tell(context: &Context<'_>, what: &str, done: &TakenBack) -> Exit {
    if context.voice.is_json() {
        let kept = done
            .kept
            .iter()
            .map(|kept| json!({"path": kept.path.to_string_lossy(), "now": kept.now.to_string_lossy()}));
        context.voice.json(&json!({
            "schema": SCHEMA, "ok": true, "run": what, "put_back": texts(&done.put_back),
            "kept": kept.collect::<Vec<_>>(),
        }));
    }
    Exit::Done
}

fn list(context: &Context<'_>, paths: &[PathBuf]) {
    for path in texts(paths) {
        context.voice.say(&format!("  {path}"));
    }
}

fn texts(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
}
