//! Commands that only look: `check`, `resolve`, `why`, `list`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{Context, Fail, edit, why};
use crate::cli::Exit;
use crate::cli::args::{Check, Choice, List, Resolve};
use crate::cli::voice::{links_json, stack};
use crate::container::hints::hints;
use crate::diagnostic::{Diagnostic, Finding, Severity, Wiring, any_error};
use crate::load::MANIFEST;
use crate::names::{ComponentId, GroupId, Kind, TargetId};
use crate::outdated::outdated;
use crate::place::{FileId, Place, Sources};
use crate::road::{Resolved, Road, Stop, Wish};
use crate::stack::GroupInStack;
use crate::statement::Origin;

/// Everything that is wrong, and warnings; the stack is solved too, since files that cannot hold together are wrong. With
/// `--fix` first the manifest is moved, and what is said is said of it as it is then.
pub(super) fn check(context: &Context<'_>, args: &Check) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    if !args.fix {
        context.tell_recovered(road.look_in("hsm check")?.as_ref());
        return checked(context, road, None);
    }
    let moved = edit::moved(context, road, args)?;
    let goes_round = moved.stuck.iter().any(|found| found.severity == Severity::Error);
    let exit = checked(context, road, Some(&moved))?;
    if !moved.changed && moved.stuck.is_empty() {
        context.voice.note(&format!("{MANIFEST} names nothing that something else takes the place of"));
    }
    Ok(if goes_round { Exit::Wrong } else { exit })
}

fn checked(context: &Context<'_>, road: Road<'_>, moved: Option<&edit::Moved>) -> Result<Exit, Fail> {
    let wish = Wish { manifest: moved.map(|moved| moved.text.clone()), ..context.wish(&Choice::default())? };
    let planned = road.plan(&wish).map_err(|stop| with_stuck(context, stop, moved))?;
    let variables = road.variables()?;
    let sources = &planned.resolved.inputs.sources;
    let solved = &planned.resolved.solved;
    let mut warnings: Vec<_> = solved.warnings.iter().chain(&planned.plan.notes).cloned().collect();
    for container in solved.stack.containers.values() {
        let hints = hints(&container.definition).into_iter();
        warnings.extend(hints.map(|(at, problem)| Diagnostic::warning(at, Finding::Container(problem))));
    }
    warnings.extend(road.unset(&planned.resolved, &variables, true, false)?);
    let mut opened = road.open()?;
    warnings.extend(opened.registries.hidden().into_iter().map(|(target, winner, hidden)| {
        let (winner, hidden) = (winner.to_owned(), hidden.to_owned());
        Diagnostic::general(Finding::Wiring(Wiring::Hides { target, winner, hidden }))
    }));
    let inputs = &planned.resolved.inputs;
    let seen = (&solved.stack, &solved.reasons);
    warnings.extend(outdated(inputs, seen, &mut opened.registries, &mut opened.sources));
    warnings.extend(moved.into_iter().flat_map(|moved| stuck(moved, inputs.manifest.file)));
    let fine = !any_error(&warnings);
    if context.voice.is_json() {
        context.voice.findings_json(sources, &warnings, fine);
    } else {
        context.voice.diagnostics(sources, &warnings);
        let entries = match inputs.opened {
            1 => "1 entry".to_owned(),
            several => format!("{several} entries"),
        };
        context.voice.step("checked", &format!("{MANIFEST} and {entries}"));
    }
    Ok(Exit::Done)
}

/// What was not moved, with its places in the manifest as it was read last.
fn stuck(moved: &edit::Moved, manifest: FileId) -> Vec<Diagnostic> {
    let here = |place: Place| Place { file: manifest, ..place };
    let moved = moved.stuck.iter().cloned();
    moved.map(|found| Diagnostic { place: found.place.map(here), ..found }).collect()
}

/// Where the check fails, what was not moved is said too.
fn with_stuck(context: &Context<'_>, stop: Stop, moved: Option<&edit::Moved>) -> Stop {
    let Some(moved) = moved.filter(|moved| !moved.stuck.is_empty()) else { return stop };
    match stop {
        Stop::Wrong(mut report) => {
            let file = report.sources.add(MANIFEST, moved.text.clone());
            report.diagnostics.extend(stuck(moved, file));
            Stop::Wrong(report)
        }
        stop => {
            let mut sources = Sources::new();
            let file = sources.add(MANIFEST, moved.text.clone());
            if !context.voice.is_json() {
                context.voice.diagnostics(&sources, &stuck(moved, file));
            }
            stop
        }
    }
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
pub(super) fn list(context: &Context<'_>, args: &List) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in("hsm list")?.as_ref());
    let resolved = road.resolve(&context.wish(&Choice::default())?)?;
    let stack = &resolved.solved.stack;
    let offers: Vec<stack::Offer> =
        stack.groups.iter().map(|(id, chosen)| offer(&resolved, id, chosen)).collect();
    if context.voice.is_json() {
        let mut data = stack::to_json(stack);
        data["offers"] = offers.iter().map(|o| (o.group.clone(), options_json(&o.rows))).collect();
        data["links"] = context.voice.links(&resolved);
        context.voice.json(&data);
        return Ok(Exit::Done);
    }
    if args.flat {
        context.voice.table(stack);
        context.voice.offers(&offers);
    } else {
        context.voice.tree(&resolved, &offers, usize::from(args.depth));
    }
    Ok(Exit::Done)
}

/// What a group offers, and why it has what it has.
fn offer(resolved: &Resolved, id: &GroupId, chosen: &GroupInStack) -> stack::Offer {
    let options = resolved.inputs.group(id).map(|group| group.options.as_slice()).unwrap_or_default();
    let whys = Whys::of(resolved, id);
    let rows = options.iter().map(|option| {
        let component = id.option(&option.name.value);
        let present = chosen.options.iter().any(|o| id.option(o) == component);
        let about = option.description.as_ref().map(|d| d.value.clone()).unwrap_or_default();
        let why = if present { whys.why(&component) } else { String::new() };
        stack::Row { present, id: component.to_string(), name: option.name.value.to_string(), about, why }
    });
    stack::Offer { group: id.to_string(), one: chosen.one, rows: rows.collect() }
}

/// What can be the reason that a group has an option, the strongest first.
struct Whys {
    selected: HashSet<ComponentId>,
    demanded: HashMap<ComponentId, Origin>,
    listed: HashSet<ComponentId>,
    implied: HashMap<ComponentId, Origin>,
    locked: HashSet<ComponentId>,
    default: HashSet<ComponentId>,
}

impl Whys {
    fn of(resolved: &Resolved, group: &GroupId) -> Self {
        let (inputs, stack) = (&resolved.inputs, &resolved.solved.stack);
        let manifest = &inputs.manifest;
        let line = crate::manifest::edit::line_of(manifest, group);
        let selection = line.and_then(|line| line.selection.as_ref());
        let items = match group.kind {
            Kind::Package => &manifest.dependencies.items,
            Kind::Container => &manifest.services.items,
        };
        let mut demanded = HashMap::new();
        let mut implied = HashMap::new();
        for link in &stack.links {
            match &link.to {
                TargetId::Group(to) if to == group => {
                    for option in &link.options {
                        demanded.entry(group.option(option)).or_insert_with(|| link.from.clone());
                    }
                }
                TargetId::Component(to) => {
                    implied.entry(to.clone()).or_insert_with(|| link.from.clone());
                }
                TargetId::Group(_) => {}
            }
        }
        let locked = inputs.lock.as_ref().and_then(|lock| lock.groups.get(group));
        let default = inputs.group(group).map(|entry| entry.default.as_slice()).unwrap_or_default();
        Self {
            selected: selection
                .into_iter()
                .flat_map(|s| &s.value)
                .map(|i| group.option(&i.name.value))
                .collect(),
            demanded,
            listed: items.iter().map(|item| group.option(&item.name.value)).collect(),
            implied,
            locked: locked.into_iter().flatten().map(|name| group.option(name)).collect(),
            default: default.iter().map(|name| group.option(&name.value)).collect(),
        }
    }

    fn why(&self, option: &ComponentId) -> String {
        if self.selected.contains(option) {
            "selected".to_owned()
        } else if let Some(by) = self.demanded.get(option) {
            format!("demanded by {}", name_of(by))
        } else if self.listed.contains(option) {
            "listed by itself".to_owned()
        } else if let Some(by) = self.implied.get(option) {
            format!("there for {}", name_of(by))
        } else if self.locked.contains(option) {
            "as locked".to_owned()
        } else if self.default.contains(option) {
            "default".to_owned()
        } else {
            "the first that can be".to_owned()
        }
    }
}

/// Who says something, as the tree names it.
fn name_of(origin: &Origin) -> String {
    match origin {
        Origin::Manifest => MANIFEST.to_owned(),
        Origin::Component(id) => id.to_string(),
        Origin::Option(group, option) => group.option(option).to_string(),
    }
}

fn options_json(rows: &[stack::Row]) -> Json {
    rows.iter()
        .map(|r| json!({"name": r.name, "selected": r.present, "description": r.about, "because": r.why}))
        .collect()
}
