//! Data as JSON: one versioned schema for all commands.

use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Severity};
use crate::place::{Place, Sources};
use crate::solve::{Link, Links};
use crate::statement::Statement;

/// The version of what is printed; it grows when a reader of the former one would be misled.
pub(in crate::cli) const SCHEMA: u32 = 1;

/// A failure: what was said, the diagnostics, and the statements that cannot hold together.
pub(super) fn failure(
    sources: &Sources,
    diagnostics: &[&Diagnostic],
    statements: &[Statement],
    message: &str,
) -> Json {
    json!({
        "schema": SCHEMA,
        "ok": false,
        "error": message,
        "diagnostics": self::diagnostics(sources, diagnostics),
        "conflict": self::statements(sources, statements),
    })
}

/// Diagnostics as a list.
pub(super) fn diagnostics(sources: &Sources, diagnostics: &[&Diagnostic]) -> Json {
    diagnostics.iter().map(|d| diagnostic(sources, d)).collect()
}

fn diagnostic(sources: &Sources, d: &Diagnostic) -> Json {
    let severity = match d.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let related: Vec<Json> =
        d.related.iter().map(|r| json!({"what": r.what, "place": place(sources, r.place)})).collect();
    json!({
        "severity": severity,
        "code": d.finding.code(),
        "message": d.finding.to_string(),
        "help": d.finding.help(),
        "place": d.place.map(|p| place(sources, p)),
        "related": related,
    })
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
