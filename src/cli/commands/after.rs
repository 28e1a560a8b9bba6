//! What goes on after the commit: `up`, `build`, `down`, `compose`.

use std::time::Duration;

use serde_json::json;

use super::{Context, Fail, sync};
use crate::cli::Exit;
use crate::cli::args::{Build, Choice, Compose, Down, Up};
use crate::cli::voice::SCHEMA;
use crate::environment::Variables;
use crate::load;
use crate::names::{ComponentId, Kind, Name};
use crate::road::{Done, Engine, Resolved, Road, Stop};
use crate::stack::{ProjectFacts, Stack};

pub(super) fn up(context: &Context<'_>, args: &Up) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    let variables = road.variables()?;
    // said before anything is done, where it can be told; what is yet to be fetched may need more
    if let Ok(resolved) = road.resolve(&context.wish(&Choice::default())?) {
        all_set(road, &resolved, &variables)?;
    }
    let (done, engine) = written(context, road, "hsm up", args.frozen, !args.no_wait)?;
    all_set(road, &done.planned.resolved, &variables)?;
    let stack = &done.planned.resolved.solved.stack;
    let only = containers(stack, &args.names)?;
    let wait = args.timeout.map(Duration::from_secs);
    let count = road.up(stack, &engine, &only, wait, &context.voice.progress())?;
    tell(context, "up", if count == 0 { "no container to start" } else { "containers are running" }, count);
    Ok(Exit::Done)
}

pub(super) fn build(context: &Context<'_>, args: &Build) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    let (done, engine) = written(context, road, "hsm build", args.frozen, !args.no_wait)?;
    let stack = &done.planned.resolved.solved.stack;
    let only = containers(stack, &args.names)?;
    let count = road.build(stack, &engine, &only, &context.voice.progress())?;
    tell(context, "built", if count == 0 { "no image to build" } else { "images are there" }, count);
    Ok(Exit::Done)
}

/// Refuses to start what needs variables that are not set.
fn all_set(road: Road<'_>, resolved: &Resolved, variables: &Variables<'_>) -> Result<(), Fail> {
    let diagnostics = road.unset(resolved, variables, false, true)?;
    if diagnostics.is_empty() {
        return Ok(());
    }
    Err(Stop::Wrong(load::Report { sources: resolved.inputs.sources.clone(), diagnostics }).into())
}

/// Syncs, and finds what can start and build.
fn written(
    context: &Context<'_>,
    road: Road<'_>,
    what: &str,
    frozen: bool,
    wait: bool,
) -> Result<(Done, Engine), Fail> {
    let mut wish = context.wish(&Choice::default())?;
    wish.settings.frozen = frozen;
    if frozen {
        context.remote.forbid();
    }
    let (done, _lock) = sync::written(context, road, &wish, what, wait)?;
    sync::say_done(context, &done);
    let inputs = &done.planned.resolved.inputs;
    let engine = road.engine(&inputs.manifest, &inputs.sources, &wish.settings)?;
    Ok((done, engine))
}

/// What is committed, and what runs it.
fn committed(context: &Context<'_>, road: Road<'_>, what: &str) -> Result<(ProjectFacts, Engine), Fail> {
    context.tell_recovered(road.look_in(what)?.as_ref());
    let opened = road.open()?;
    let engine = road.engine(&opened.manifest, &opened.sources, &context.settings())?;
    Ok((ProjectFacts::of(&opened.manifest), engine))
}

pub(super) fn compose(context: &Context<'_>, args: &Compose) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    let (facts, engine) = committed(context, road, "hsm compose")?;
    let outcome = road.pass(&facts, &engine, &args.args)?;
    Ok(Exit::passed(outcome.code, outcome.signal))
}

pub(super) fn down(context: &Context<'_>, args: &Down) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    let (facts, engine) = committed(context, road, "hsm down")?;
    let count = road.down(&facts, &engine, args.volumes, &context.voice.progress())?;
    tell(
        context,
        "down",
        if count == 0 { "nothing was there to stop" } else { "containers are stopped" },
        count,
    );
    Ok(Exit::Done)
}

/// The last word of a command that goes on after the commit.
fn tell(context: &Context<'_>, done: &str, what: &str, commands: usize) {
    context.voice.step(done, what);
    if context.voice.is_json() {
        context.voice.json(&json!({"schema": SCHEMA, "ok": true, "done": done, "anything": commands > 0}));
    }
}

/// The containers of the stack that are meant.
fn containers(stack: &Stack, names: &[String]) -> Result<Vec<ComponentId>, Fail> {
    names
        .iter()
        .map(|text| {
            let bare = text.strip_prefix("container:").unwrap_or(text);
            let name = Name::parse(bare).map_err(|e| Fail::usage(format!("`{text}` is no name: {e}")))?;
            let id = ComponentId::new(Kind::Container, &name);
            if stack.containers.contains_key(&id) {
                return Ok(id);
            }
            let there = stack.containers.keys().map(|id| id.name().as_str());
            let near = crate::names::nearest(bare, there).map(|n| format!("; did you mean `{n}`?"));
            Err(Fail::usage(format!("no container `{bare}` is in the stack{}", near.unwrap_or_default())))
        })
        .collect()
}
