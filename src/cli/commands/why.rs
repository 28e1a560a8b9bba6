//! `why`, and `resolve --explain NAME`: why one component or group is in the stack, or is not.

use super::{Context, Fail, names};
use crate::cli::Exit;
use crate::explain::{self, Absence};
use crate::load::{Inputs, LoadOptions};
use crate::lock::Lock;
use crate::manifest::edit::{Change, edit, read_text};
use crate::names::{ComponentId, TargetId};
use crate::road::{Road, Stop, Wish};
use crate::stack::Stack;

pub(super) fn why(context: &Context<'_>, name: &str, all: bool, options: &LoadOptions) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in("hsm why")?.as_ref());
    let mut opened = road.open()?;
    let target = names::any(name, &mut opened, context.ask())?;
    let wish = Wish { load: options.clone(), settings: context.settings(), ..Wish::default() };
    match road.resolve(&wish) {
        Ok(resolved) => {
            if leading(&resolved.solved.stack, &target)
                .is_some_and(|to| context.voice.drawn_to(&resolved, &to))
            {
                return Ok(Exit::Done);
            }
            let held = Lock::of(&resolved.solved.stack);
            Ok(say(context, road, &Known { inputs: &resolved.inputs, held: &held, target: &target, all }))
        }
        Err(Stop::Unsolved { inputs, compiled, unsolved }) => match inputs.lock.clone() {
            // what was locked is still known, whatever became of the manifest
            Some(held) if is_held(&held, &target) => {
                let code = say(context, road, &Known { inputs: &inputs, held: &held, target: &target, all });
                context.voice.only_locked(&target, &explain::Conflict::bare(&inputs, *unsolved));
                Ok(code)
            }
            _ => Err(Stop::Unsolved { inputs, compiled, unsolved }.into()),
        },
        Err(stop) => Err(stop.into()),
    }
}

/// The nodes of the stack's graph that a target stands for, if it is there.
fn leading(stack: &Stack, target: &TargetId) -> Option<Vec<String>> {
    match target {
        TargetId::Component(id) => {
            let there = stack.packages.contains_key(id) || stack.containers.contains_key(id);
            there.then(|| vec![id.to_string()])
        }
        TargetId::Group(id) => {
            let options = stack.groups.get(id)?.options.iter().map(|option| id.option(option).to_string());
            Some(options.chain([id.to_string()]).collect())
        }
    }
}

fn is_held(held: &Lock, target: &TargetId) -> bool {
    match target {
        TargetId::Component(id) => held.components.contains_key(id),
        TargetId::Group(id) => held.groups.contains_key(id),
    }
}

struct Known<'a> {
    inputs: &'a Inputs,
    held: &'a Lock,
    target: &'a TargetId,
    all: bool,
}

fn say(context: &Context<'_>, road: Road<'_>, known: &Known<'_>) -> Exit {
    let interrupted = || context.world.interrupted();
    let Known { inputs, held, target, all } = known;
    if let Some(presence) = explain::present(inputs, held, target, *all, &interrupted) {
        context.voice.present(&inputs.sources, inputs.manifest.file, target, &presence);
        return Exit::Done;
    }
    match target {
        TargetId::Component(id) => {
            let inputs = with_entry(road, inputs, id);
            let absence: Absence = explain::absent(&inputs, held, id, &interrupted);
            context.voice.absent(id, &absence);
        }
        TargetId::Group(id) => context.voice.no_part(id),
    }
    Exit::Done
}

/// The same project with the entry of a component that it does not reach: read as if the manifest listed it.
fn with_entry(road: Road<'_>, inputs: &Inputs, id: &ComponentId) -> Inputs {
    if inputs.component(id).is_some() {
        return inputs.clone();
    }
    let text =
        inputs.sources.get(inputs.manifest.file).map(|source| source.text.to_string()).unwrap_or_default();
    let listed = read_text(&text).and_then(|manifest| {
        edit(&text, &manifest, &Change::Add(id.clone(), id.name().clone())).ok().map(|edited| edited.text)
    });
    let options = LoadOptions { manifest: listed.map(Into::into), ..inputs.options.clone() };
    road.load(&options).ok().and_then(|wider| wider.with_manifest(&text)).unwrap_or_else(|| inputs.clone())
}
