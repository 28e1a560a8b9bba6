//! Whether this project can have an entry, and why not: the project is solved with it.

use serde_json::{Value as Json, json};

use super::Site;
use crate::cli::commands::{Context, Fail};
use crate::cli::voice::stack;
use crate::manifest::Strategy;
use crate::manifest::edit::{Change, GroupFacts, edit};
use crate::names::{GroupId, TargetId};
use crate::place::{Position, Sources};
use crate::registry::{Entry, Listed};
use crate::road::{Resolved, Road, Stop, Wish, explain};
use crate::stack::Stack;

/// The answer.
pub(super) enum Possible {
    /// It is in the stack; what else there is to say of it.
    IsThere(String),
    /// It can be; what the stack would gain and lose.
    Can(Vec<String>),
    /// It cannot; what cannot hold together with it, each with its place.
    Cannot(Vec<(String, Option<Position>)>),
    /// The project has no stack as it is, so nobody knows.
    NoStack,
}

/// Asks the project; `None` outside one.
pub(super) fn possible(context: &Context<'_>, listed: &Listed) -> Result<Option<Possible>, Fail> {
    let site = Site::find(context)?;
    if !site.in_project {
        return Ok(None);
    }
    if let Some(winner) = &listed.hidden_by {
        let why = format!("the registry `{winner}` has an entry of that name, and it hides this one");
        return Ok(Some(Possible::Cannot(vec![(why, None)])));
    }
    let road = context.road(&site.root);
    let before = match road.resolve(&context.wish(&crate::cli::args::Choice::default())?) {
        Ok(resolved) => resolved,
        Err(Stop::Unsolved { .. } | Stop::Wrong(_)) => return Ok(Some(Possible::NoStack)),
        Err(stop) => return Err(stop.into()),
    };
    let stack = &before.solved.stack;
    if let Some(how) = state(stack, &listed.target) {
        return Ok(Some(Possible::IsThere(how)));
    }
    with_it(context, road, &before, listed).map(Some)
}

/// How it is in a stack, if it is.
fn state(stack: &Stack, target: &TargetId) -> Option<String> {
    let parts = |parts: [Option<String>; 3]| parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    match target {
        TargetId::Component(id) => {
            if let Some(package) = stack.packages.get(id) {
                let release = package.release.as_ref().map(ToString::to_string);
                return Some(parts([release, Some(package.mode.to_string()), None]));
            }
            let container = stack.containers.get(id)?;
            let release = container.release.as_ref().map(ToString::to_string);
            let mode = container.mode.map(|mode| mode.to_string());
            Some(parts([release, mode, container.profile.as_ref().map(ToString::to_string)]))
        }
        TargetId::Group(id) => {
            let options = stack.groups.get(id)?.options.iter().map(ToString::to_string);
            Some(options.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Solves the project as if its manifest named it.
fn with_it(
    context: &Context<'_>,
    road: Road<'_>,
    before: &Resolved,
    listed: &Listed,
) -> Result<Possible, Fail> {
    let mut opened = road.open()?;
    let change = match &listed.target {
        TargetId::Component(id) => Change::Add(id.clone(), listed.name.clone()),
        TargetId::Group(id) => {
            let entry = opened.registries.load(&listed.target, &mut opened.sources);
            let Ok(Some(entry)) = entry else { return Ok(Possible::NoStack) };
            let Entry::Group(group) = entry.as_ref() else { return Ok(Possible::NoStack) };
            Change::AddGroup(GroupFacts {
                id: id.clone(),
                one: group.strategy.value == Strategy::One,
                default: group.default.iter().map(|name| name.value.clone()).collect(),
                comment: None,
                shared: opened.registries.contains(&TargetId::Group(GroupId::new(id.kind.other(), &id.name))),
            })
        }
    };
    let text = opened.sources.get(opened.manifest.file).map(|s| s.text.to_string()).unwrap_or_default();
    // what cannot be edited in place can be tried all the same
    let edited = edit(&text, &opened.manifest, &change).or_else(|refused| {
        let plain = crate::manifest::edit::plainly(&text).ok_or(refused)?;
        let manifest = crate::manifest::edit::read_text(&plain);
        manifest.map_or_else(|| edit(&text, &opened.manifest, &change), |own| edit(&plain, &own, &change))
    })?;
    let wish = context.wish(&crate::cli::args::Choice::default())?;
    match road.resolve(&Wish { manifest: Some(edited.text.into()), ..wish }) {
        Ok(after) => Ok(Possible::Can(stack::changes(&before.solved.stack, &after.solved.stack))),
        Err(Stop::Unsolved { inputs, compiled, unsolved }) => {
            let explanation = explain(&inputs, &compiled, &unsolved, context.world);
            let first = explanation.conflicts.first().map(|conflict| conflict.unsolved.statements.as_slice());
            let said = first.unwrap_or_default().iter();
            let at = |place: Option<_>, sources: &Sources| place.map(|place| sources.position(place));
            let said = said.map(|one| (one.claim.to_string(), at(one.place, &inputs.sources)));
            Ok(Possible::Cannot(said.collect()))
        }
        Err(Stop::Wrong(report)) => {
            let errors =
                report.diagnostics.iter().filter(|d| d.severity == crate::diagnostic::Severity::Error);
            let at = |place: Option<_>| place.map(|place| report.sources.position(place));
            Ok(Possible::Cannot(errors.map(|one| (one.finding.to_string(), at(one.place))).collect()))
        }
        Err(stop) => Err(stop.into()),
    }
}

impl Possible {
    /// For people: a word and a text each.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        const WORD: &str = "in this project";
        match self {
            Self::IsThere(how) if how.is_empty() => vec![(WORD, "is in the stack".to_owned())],
            Self::IsThere(how) => vec![(WORD, format!("is in the stack: {how}"))],
            Self::Can(changes) => {
                let first = (WORD, "can be in the stack".to_owned());
                let changes = changes.iter().map(|change| (WORD, format!("  {change}")));
                std::iter::once(first).chain(changes).collect()
            }
            Self::Cannot(why) => {
                let first = (WORD, "cannot be in the stack:".to_owned());
                let why = why.iter().map(|(text, at)| match at {
                    Some(at) => (WORD, format!("  {text}  {at}")),
                    None => (WORD, format!("  {text}")),
                });
                std::iter::once(first).chain(why).collect()
            }
            Self::NoStack => {
                vec![(WORD, "not known: there is no stack as things are (`hsm check` says why)".to_owned())]
            }
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> Json {
        match self {
            Self::IsThere(how) => json!({"is": true, "in_stack": true, "how": how}),
            Self::Can(changes) => json!({"is": true, "in_stack": false, "changes": changes}),
            Self::Cannot(why) => {
                let one = |(text, at): &(String, Option<Position>)| {
                    let at = at.as_ref();
                    json!({
                        "text": text, "file": at.map(|at| &at.path), "line": at.map(|at| at.line),
                        "column": at.map(|at| at.column),
                    })
                };
                json!({"is": false, "in_stack": false, "because": why.iter().map(one).collect::<Vec<_>>()})
            }
            Self::NoStack => json!({"is": null, "in_stack": null}),
        }
    }
}
