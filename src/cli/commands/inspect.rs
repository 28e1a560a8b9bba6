//! Commands that only look: `check`, `resolve`, `why`, `list`.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{Context, Fail, names};
use crate::cli::Exit;
use crate::cli::args::{Choice, Resolve};
use crate::cli::voice::{SCHEMA, links_json, stack, statements_json};
use crate::container::hints::hints;
use crate::diagnostic::{Diagnostic, Finding, Wiring};
use crate::load::{self, LoadOptions, MANIFEST};
use crate::manifest::edit::{Change, edit, read_text};
use crate::names::{ComponentId, Name, TargetId};
use crate::road::{Resolved, Road, Stop, Wish};

/// Everything that is wrong, and warnings; the stack is solved too, since files that cannot hold together are wrong.
pub(super) fn check(context: &Context<'_>) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in("hsm check")?.as_ref());
    let planned = road.plan(&context.wish(&Choice::default()))?;
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
    let mut wish = context.wish(&args.choice);
    wish.load.overlays = context.overlays(&args.overlays)?;
    if let Some(Some(name)) = &args.explain {
        return why(context, name, &wish.load);
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
    context.voice.data(&stack::table(&resolved.solved.stack));
    if explain {
        let mut out = String::new();
        for id in resolved.solved.reasons.ids() {
            let chain = chain(context, &resolved, id);
            // writing to a string cannot fail
            let _ = write!(out, "\n{id}\n{chain}");
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
    context.voice.chain(&resolved.inputs.sources, &statements)
}

/// Why a component is, or is not, or cannot be in the stack.
pub(super) fn why(context: &Context<'_>, name: &str, options: &LoadOptions) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in("hsm why")?.as_ref());
    let wish = Wish { load: options.clone(), settings: context.settings(), ..Wish::default() };
    let resolved = road.resolve(&wish)?;
    let mut opened = load::open(&root, context.world).map_err(Stop::Wrong)?;
    match names::any(name, &mut opened)? {
        TargetId::Component(id) if resolved.solved.reasons.chain(&id).is_some() => {
            say_why(context, &resolved, &id);
        }
        TargetId::Component(id) => return why_not(context, road, &wish, name, &id),
        TargetId::Group(id) => match resolved.solved.stack.groups.get(&id) {
            Some(group) => {
                for option in &group.options {
                    say_why(context, &resolved, &id.option(option));
                }
            }
            None => context.voice.data(&format!("{id} takes no part: nothing names or implies it\n")),
        },
    }
    Ok(Exit::Done)
}

fn say_why(context: &Context<'_>, resolved: &Resolved, id: &ComponentId) {
    if context.voice.is_json() {
        let statements = resolved.solved.reasons.chain(id).unwrap_or_default();
        let because = statements_json(&resolved.inputs.sources, statements);
        context.voice.json(&json!({
            "schema": SCHEMA, "ok": true, "id": id.to_string(), "in_stack": true, "because": because,
        }));
        return;
    }
    context.voice.data(&format!("{id} is in the stack\n{}\n", chain(context, resolved, id)));
}

/// It is not there: would it be if somebody asked for it?
fn why_not(
    context: &Context<'_>,
    road: Road<'_>,
    wish: &Wish,
    name: &str,
    id: &ComponentId,
) -> Result<Exit, Fail> {
    let path = road.root.join(MANIFEST);
    let bytes = context.world.read(&path).map_err(|e| Fail::system("read", &path, e))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let bare = name.rsplit(':').next().unwrap_or(name);
    let listed = Name::parse(bare).ok().zip(read_text(&text)).and_then(|(name, manifest)| {
        edit(&text, &manifest, &Change::Add(id.clone(), name)).ok().map(|edited| edited.text)
    });
    let asked = Wish { manifest: listed.map(Into::into), ..wish.clone() };
    match road.resolve(&asked) {
        Err(Stop::Unsolved { sources, unsolved }) => {
            if context.voice.is_json() {
                let because = statements_json(&sources, &unsolved.statements);
                context.voice.json(&json!({
                    "schema": SCHEMA, "ok": true, "id": id.to_string(), "in_stack": false, "possible": false,
                    "because": because,
                }));
            } else {
                let statements: Vec<_> = unsolved.statements.iter().collect();
                let chain = context.voice.chain(&sources, &statements);
                context
                    .voice
                    .data(&format!("{id} is not in the stack, and cannot be; if hsm.yaml listed it:\n{chain}\n"));
            }
        }
        _ if context.voice.is_json() => context.voice.json(&json!({
            "schema": SCHEMA, "ok": true, "id": id.to_string(), "in_stack": false, "possible": true, "because": [],
        })),
        _ => context
            .voice
            .data(&format!("{id} is not in the stack: nothing asks for it (`hsm add {id}` would)\n")),
    }
    Ok(Exit::Done)
}

/// The stack, and what else its groups offer.
pub(super) fn list(context: &Context<'_>) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in("hsm list")?.as_ref());
    let resolved = road.resolve(&context.wish(&Choice::default()))?;
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
    context.voice.data(&stack::table(stack));
    context.voice.data(&stack::offers(&offers));
    Ok(Exit::Done)
}

fn options_json(rows: &[stack::Row]) -> Json {
    rows.iter().map(|r| json!({"name": r.name, "selected": r.present, "description": r.about})).collect()
}
