//! Commands along the road: `plan`, `sync`, `lock`.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Context, Fail, checkouts, schema};
use crate::cli::Exit;
use crate::cli::args::{Lock, Plan, Side, Sync};
use crate::cli::voice::{SCHEMA, plan as plan_words};
use crate::names::{ComponentId, Kind};
use crate::order::{Step, describe};
use crate::road::{AfterError, Done, Hold, Planned, Road, Stop, Wish};
use crate::transaction::ProjectLock;

impl From<Side> for Kind {
    fn from(side: Side) -> Self {
        match side {
            Side::Packages => Self::Package,
            Side::Containers => Self::Container,
        }
    }
}

pub(super) fn plan(context: &Context<'_>, args: &Plan) -> Result<Exit, Fail> {
    let wish = Wish { only: args.only.map(Kind::from), ..context.wish(&args.choice)? };
    let planned = show(context, &wish, "hsm plan")?;
    Ok(if args.exit_code && !planned.plan.is_empty() { Exit::NotUpToDate } else { Exit::Done })
}

/// Shows what a run would do.
fn show(context: &Context<'_>, wish: &Wish, what: &str) -> Result<Planned, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in(what)?.as_ref());
    // a step of the run would get what is missing; nothing is fetched for showing that
    let mut wish = wish.clone();
    wish.settings.fetch_sources = true;
    let planned = road.plan(&wish)?;
    tell_notes(context, &planned);
    let steps = steps(&planned);
    if context.voice.is_json() {
        context.voice.json(&plan_words::to_json(&planned.plan, &steps));
    } else if planned.plan.is_empty() {
        context.voice.data("up to date: nothing to do\n");
    } else {
        context.voice.data(&plan_words::text(&planned.plan, &steps));
    }
    Ok(planned)
}

/// The steps for people: what is saved for the way back and the commit are not theirs.
fn steps(planned: &Planned) -> Vec<String> {
    let shown = planned.schedule.steps().filter(|s| !matches!(s, Step::Save | Step::Commit));
    shown.map(|step| describe(&planned.plan, step)).collect()
}

pub(super) fn sync(context: &Context<'_>, args: &Sync) -> Result<Exit, Fail> {
    let mut wish = Wish { only: args.only.map(Kind::from), ..context.wish(&args.choice)? };
    wish.settings.locked = args.locked;
    wish.settings.frozen = args.frozen;
    if args.frozen {
        context.remote.forbid();
    }
    if args.dry_run {
        let planned = show(context, &wish, "hsm sync --dry-run")?;
        let stale = args.locked && planned.is_out_of_date();
        return Ok(if stale { Exit::NotUpToDate } else { Exit::Done });
    }
    run(context, &wish, "hsm sync", !args.no_wait)
}

pub(super) fn lock(context: &Context<'_>, args: &Lock) -> Result<Exit, Fail> {
    let mut wish = context.wish(&args.choice)?;
    wish.settings.lock_only = true;
    wish.settings.locked = args.locked;
    if args.no_digests {
        wish.hold = Hold::Nothing;
    } else if args.digests {
        wish.hold = Hold::Renewed(digests(context, &wish)?);
    }
    run(context, &wish, "hsm lock", !args.no_wait)
}

/// What the registries of the images say; for which there is no digest, and why.
fn digests(context: &Context<'_>, wish: &Wish) -> Result<BTreeMap<ComponentId, String>, Fail> {
    if wish.settings.offline {
        return Err(Fail::usage("`--digests` asks registries, and `--offline` forbids it"));
    }
    let root = context.root()?;
    let answers = context.road(&root).digests(wish, &context.voice.progress())?;
    if answers.held.is_empty()
        && let Some((image, why)) = answers.refused.first()
    {
        let label = format!("ask for the digest of {image}");
        return Err(Stop::After(AfterError::Action { label, why: why.to_string() }).into());
    }
    for (image, why) in &answers.refused {
        context.voice.warn(&format!("no digest of {image}: {why}"));
    }
    Ok(answers.held)
}

fn run(context: &Context<'_>, wish: &Wish, what: &str, wait: bool) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    let (done, _lock) = written(context, road, wish, what, wait)?;
    schema::keep(context, &root);
    tell_done(context, &done);
    Ok(Exit::Done)
}

/// Goes to the end of the road. With nothing to do not even the project lock is taken: nothing at all is written.
pub(super) fn written(
    context: &Context<'_>,
    road: Road<'_>,
    wish: &Wish,
    what: &str,
    wait: bool,
) -> Result<(Done, Option<ProjectLock>), Fail> {
    let mut wish = wish.clone();
    let idle = match road.idle(&wish, what, &context.voice.progress()) {
        Err(stop) => {
            // before the project is taken: who says no has changed nothing
            checkouts::agreed(context, stop)?;
            wish.settings.fetch_sources = true;
            None
        }
        Ok(idle) => idle,
    };
    if let Some(done) = idle {
        tell_run(context, &done);
        return Ok((done, None));
    }
    let lock = enter(context, road, what, wait)?;
    Ok((sync_with(context, road, &wish, what, &lock)?, Some(lock)))
}

/// Takes the project for a command that writes.
pub(super) fn enter(
    context: &Context<'_>,
    road: Road<'_>,
    what: &str,
    wait: bool,
) -> Result<ProjectLock, Fail> {
    let mut tell = |who: &str| context.voice.note(&format!("waiting for another run in this project: {who}"));
    let (lock, recovered) = road.enter(what, wait, &mut tell)?;
    context.tell_recovered(recovered.as_ref());
    Ok(lock)
}

/// Goes to the end of the road, saying what happens.
pub(super) fn sync_with(
    context: &Context<'_>,
    road: Road<'_>,
    wish: &Wish,
    what: &str,
    lock: &ProjectLock,
) -> Result<Done, Fail> {
    let done = match road.sync(wish, what, lock, &context.voice.progress()) {
        Err(Stop::Wrong(report)) if !wish.settings.fetch_sources => {
            checkouts::agreed(context, Stop::Wrong(report))?;
            let mut wish = wish.clone();
            wish.settings.fetch_sources = true;
            road.sync(&wish, what, lock, &context.voice.progress())?
        }
        Err(Stop::Run { planned, settings, error }) => {
            let offer = road.offer(&error).filter(|_| !wish.settings.yes && !wish.settings.offline);
            let agrees = |offer| context.confirm(&format!("{error}\nShall hsm {offer} now?"));
            if !offer.map(agrees).transpose()?.unwrap_or(false) {
                return Err(Stop::Run { planned, settings, error }.into());
            }
            let mut wish = wish.clone();
            wish.settings.yes = true;
            road.sync(&wish, what, lock, &context.voice.progress())?
        }
        ended => ended?,
    };
    tell_run(context, &done);
    Ok(done)
}

fn tell_run(context: &Context<'_>, done: &Done) {
    tell_notes(context, &done.planned);
    for note in &done.report.notes {
        context.voice.warn(note);
    }
    checkouts::tell_left(context, &done.planned.resolved);
}

/// The last word of a run.
pub(super) fn tell_done(context: &Context<'_>, done: &Done) {
    let changed = done.report.changed;
    if context.voice.is_json() {
        let files = done.planned.plan.files.iter().map(|f| f.path.to_string_lossy().into_owned());
        context.voice.json(&json!({
            "schema": SCHEMA, "ok": true, "changed": changed, "files": files.collect::<Vec<_>>(),
            "steps": steps(&done.planned),
        }));
    }
    say_done(context, done);
}

/// The last word of a run, for people.
pub(super) fn say_done(context: &Context<'_>, done: &Done) {
    if done.report.changed {
        let stack = &done.planned.resolved.solved.stack;
        let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
        context.voice.step(
            "done",
            &format!(
                "{} and {}",
                count(stack.packages.len(), "package"),
                count(stack.containers.len(), "container")
            ),
        );
    } else {
        context.voice.say("up to date: nothing to do");
    }
}

fn tell_notes(context: &Context<'_>, planned: &Planned) {
    let resolved = &planned.resolved;
    let all: Vec<_> = resolved.solved.warnings.iter().chain(&planned.plan.notes).cloned().collect();
    context.voice.diagnostics(&resolved.inputs.sources, &all);
}
