//! Commands that only look: `check`, `resolve`, `why`, `list`.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{Context, Fail, edit, why};
use crate::cli::Exit;
use crate::cli::args::{Choice, Resolve};
use crate::cli::voice::{links_json, stack};
use crate::container::hints::hints;
use crate::diagnostic::{Diagnostic, Finding, Wiring};
use crate::load::{self, MANIFEST};
use crate::names::ComponentId;
use crate::road::{Resolved, Stop};

/// Everything that is wrong, and warnings; the stack is solved too, since files that cannot hold together are wrong.
pub(super) fn check(context: &Context<'_>) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in("hsm check")?.as_ref());
    let planned = road.plan(&context.wish(&Choice::default())?)?;
    let sources = &planned.resolved.inputs.sources;
    let mut warnings: Vec<_> =
        planned.resolved.solved.warnings.iter().chain(&planned.plan.notes).cloned().collect();
    for container in planned.resolved.solved.stack.containers.values() {
        let hints = hints(&container.definition).into_iter();
        warnings.extend(hints.map(|(at, problem)| Diagnostic::warning(at, Finding::Container(problem))));
    }
    let opened = load::open(&root, context.world).map_err(Stop::Wrong)?;
    warnings.extend(opened.registries.hidden().into_iter().map(|(target, winner, hidden)| {
        let (winner, hidden) = (winner.to_owned(), hidden.to_owned());
        Diagnostic::general(Finding::Wiring(Wiring::Hides { target, winner, hidden }))
    }));
    if context.voice.is_json() {
        context.voice.findings_json(sources, &warnings);
    } else {
        context.voice.diagnostics(sources, &warnings);
        let entries = match planned.resolved.inputs.opened {
            1 => "1 entry".to_owned(),
            several => format!("{several} entries"),
        };
        context.voice.step("checked", &format!("{MANIFEST} and {entries}"));
    }
    Ok(Exit::Done)
}

pub(super) fn resolve(context: &Context<'_>, args: &Resolve) -> Result<Exit, Fail> {
    let mut wish = context.wish(&args.choice)?;
    wish.load.overlays = context.overlays(&args.overlays)?;
    if args.explain.as_ref().is_some_and(Option::is_some) && !args.fix.is_empty() {
        return Err(Fail::usage("fixes have numbers in `hsm resolve --explain`, without a name"));
    }
    if let Some(Some(name)) = &args.explain {
        return why::why(context, name, args.all, &wish.load);
    }
    if !args.fix.is_empty() {
        return edit::fix(context, &args.fix);
    }
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in("hsm resolve")?.as_ref());
    let resolved = road.resolve(&wish)?;
    let explain = args.explain.is_some();
    if context.voice.is_json() {
        let mut data = stack::to_json(&resolved.solved.stack);
        if explain {
            let links = resolved.solved.reasons.links();
            data["reasons"] = links.last.iter().map(|(id, last)| (id.to_string(), json!(last))).collect();
            data["statements"] = links_json(&resolved.inputs.sources, &links);
        }
        data["warnings"] = context.voice.list_json(&resolved.inputs.sources, &resolved.solved.warnings);
        context.voice.json(&data);
        return Ok(Exit::Done);
    }
    context.voice.diagnostics(&resolved.inputs.sources, &resolved.solved.warnings);
    if context.voice.drawn(&resolved) {
        return Ok(Exit::Done);
    }
    context.voice.table(&resolved.solved.stack);
    if explain {
        let mut out = String::new();
        for id in resolved.solved.reasons.ids() {
            let chain = chain(context, &resolved, id);
            // writing to a string cannot fail
            let _ = writeln!(out, "\n{id}\n{chain}");
        }
        context.voice.data(&out);
    }
    if resolved.solved.second_engine {
        context.voice.detail("the first search for a stack was cut short; the second engine found it");
    }
    if !resolved.solved.optimal {
        context.voice.detail("the search for a better stack was cut short; this one is valid");
    }
    Ok(Exit::Done)
}

fn chain(context: &Context<'_>, resolved: &Resolved, id: &ComponentId) -> String {
    let statements = resolved.solved.reasons.chain(id).unwrap_or_default();
    context.voice.chain(&resolved.inputs.sources, resolved.inputs.manifest.file, &statements)
}

/// The stack, and what else its groups offer.
pub(super) fn list(context: &Context<'_>) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in("hsm list")?.as_ref());
    let resolved = road.resolve(&context.wish(&Choice::default())?)?;
    let stack = &resolved.solved.stack;
    let offers = stack.groups.iter().map(|(id, chosen)| {
        let options = resolved.inputs.group(id).map(|group| group.options.as_slice()).unwrap_or_default();
        let rows = options.iter().map(|option| {
            let present = chosen.options.iter().any(|o| id.option(o) == id.option(&option.name.value));
            let about = option.description.as_ref().map(|d| d.value.clone()).unwrap_or_default();
            stack::Row { present, name: option.name.value.to_string(), about }
        });
        stack::Offer { group: id.to_string(), one: chosen.one, rows: rows.collect() }
    });
    let offers: Vec<stack::Offer> = offers.collect();
    if context.voice.is_json() {
        let mut data = stack::to_json(stack);
        data["offers"] = offers.iter().map(|o| (o.group.clone(), options_json(&o.rows))).collect();
        context.voice.json(&data);
        return Ok(Exit::Done);
    }
    context.voice.table(stack);
    context.voice.offers(&offers);
    Ok(Exit::Done)
}

fn options_json(rows: &[stack::Row]) -> Json {
    rows.iter().map(|r| json!({"name": r.name, "selected": r.present, "description": r.about})).collect()
}
