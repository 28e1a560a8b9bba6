//! Data as JSON: one versioned schema for all commands.
//!
//! What is printed, as `hsm explain json` says it too; a test holds the two together:
//!
#![doc = include_str!("../../diagnostic/pages/json.md")]

use serde_json::{Value as Json, json};

use super::conflict::{CODE, to_do};
use crate::diagnostic::{Diagnostic, Held, Severity, Witness};
use crate::explain::{Before, Conflict, Effect, Explanation, Fix, Remedy};
use crate::lock::LockedComponent;
use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Name};
use crate::place::{Place, Sources};
use crate::solve::{Link, Links};
use crate::statement::Statement;
use crate::version::Version;

/// The version of what is printed; it grows when a reader of the former one would be misled.
pub(in crate::cli) const SCHEMA: u32 = 1;

/// A failure: what was said, the diagnostics, and what cannot hold together.
pub(super) fn failure(
    sources: &Sources,
    diagnostics: &[&Diagnostic],
    explanation: &Explanation,
    message: &str,
) -> Json {
    let mut number = 1;
    let conflicts: Vec<Json> = explanation
        .conflicts
        .iter()
        .map(|conflict| {
            let first = number;
            number += conflict.fixes.len();
            self::conflict(sources, conflict, first)
        })
        .collect();
    json!({
        "schema": SCHEMA,
        "ok": false,
        "error": message,
        "diagnostics": self::diagnostics(sources, diagnostics),
        "conflicts": conflicts,
        "more_conflicts": explanation.more,
    })
}

/// A conflict, with its fixes; `number` is that of the first.
pub(super) fn conflict(sources: &Sources, conflict: &Conflict, number: usize) -> Json {
    let fixes: Vec<Json> =
        conflict.fixes.iter().zip(number..).map(|(one, number)| fix(sources, one, number)).collect();
    json!({
        "code": CODE,
        "message": conflict.clash.to_string(),
        "statements": statements(sources, &conflict.unsolved.statements),
        "recent": conflict.recent.iter().map(|number| number + 1).collect::<Vec<_>>(),
        "minimal": conflict.unsolved.minimal,
        "fixes": fixes,
    })
}

/// A fix: what to change, and what that does.
pub(super) fn fix(sources: &Sources, fix: &Fix, number: usize) -> Json {
    let remedies = fix.remedies.iter().map(|remedy| {
        let (command, place, by_hand) = match remedy {
            Remedy::Change(change) => (Some(change.command()), None, None),
            Remedy::ByHand(by_hand) => (None, Some(place(sources, by_hand.place)), Some(to_do(by_hand))),
            Remedy::Line(statement, _) => (None, statement.place.map(|at| place(sources, at)), None),
            Remedy::LeaveOut(_) => (None, None, None),
        };
        json!({"says": remedy.to_string(), "command": command, "place": place, "by_hand": by_hand})
    });
    let remedies: Vec<Json> = remedies.collect();
    let effects: Vec<Json> = fix.effects.iter().map(effect).collect();
    json!({"number": number, "remedies": remedies, "effects": effects})
}

/// Release, mode and profile of a component.
pub(super) fn state(at: &LockedComponent) -> Json {
    json!({
        "release": at.release.as_ref().map(Version::as_str),
        "mode": at.mode.map(Mode::as_str),
        "profile": at.profile.as_ref().map(Name::as_str),
    })
}

fn effect(effect: &Effect) -> Json {
    let (known, before) = match &effect.before {
        Before::Unknown => (false, None),
        Before::Absent => (true, None),
        Before::Present(at) => (true, Some(state(at))),
    };
    json!({
        "id": effect.component.to_string(),
        "known_before": known,
        "before": before,
        "after": effect.after.as_ref().map(state),
    })
}

/// Diagnostics as a list.
pub(super) fn diagnostics(sources: &Sources, diagnostics: &[&Diagnostic]) -> Json {
    diagnostics.iter().map(|d| diagnostic(sources, d)).collect()
}

/// The word for it.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn diagnostic(sources: &Sources, d: &Diagnostic) -> Json {
    let related: Vec<Json> =
        d.related.iter().map(|r| json!({"what": r.what, "place": place(sources, r.place)})).collect();
    let mut said = json!({
        "severity": severity(d.severity),
        "code": d.finding.code(),
        "message": d.finding.to_string(),
        "help": d.help(),
        "place": d.place.map(|p| place(sources, p)),
        "related": related,
    });
    if !d.witnesses.is_empty() {
        said["witnesses"] = witnesses(d);
    }
    said
}

/// The stacks that show what a diagnostic says.
pub(super) fn witnesses(d: &Diagnostic) -> Json {
    let component = |(id, held): (&ComponentId, &Held)| {
        json!({
            "id": id.to_string(),
            "release": held.release.as_ref().map(Version::as_str),
            "mode": held.mode.map(Mode::as_str),
            "profile": held.profile.as_ref().map(Name::as_str),
        })
    };
    let group = |(id, options): (&GroupId, &Vec<Name>)| {
        let options: Vec<&str> = options.iter().map(Name::as_str).collect();
        json!({"id": id.to_string(), "options": options})
    };
    let witness = |witness: &Witness| {
        let components: Vec<Json> = witness.stack.components.iter().map(component).collect();
        let groups: Vec<Json> = witness.stack.groups.iter().map(group).collect();
        json!({"says": witness.to_string(), "components": components, "groups": groups})
    };
    d.witnesses.iter().map(witness).collect()
}

/// Statements as a list.
pub(in crate::cli) fn statements<'s>(
    sources: &Sources,
    statements: impl IntoIterator<Item = &'s Statement>,
) -> Json {
    statements.into_iter().map(|s| statement(sources, s)).collect()
}

/// The links of chains: each a statement, with the place in this list of the one that it follows.
pub(in crate::cli) fn links(sources: &Sources, links: &Links<'_>) -> Json {
    let link = |link: &Link<'_>| {
        let mut said = statement(sources, link.statement);
        said["after"] = json!(link.after);
        said
    };
    links.table.iter().map(link).collect()
}

/// A statement with its place.
fn statement(sources: &Sources, s: &Statement) -> Json {
    json!({"says": s.claim.to_string(), "place": s.place.map(|p| place(sources, p))})
}

fn place(sources: &Sources, place: Place) -> Json {
    let at = sources.position(place);
    json!({"file": at.path, "line": at.line, "column": at.column, "start": place.start, "end": place.end})
}
