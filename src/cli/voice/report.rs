//! Diagnostics of all files in one report, and statements that cannot hold together.

use std::collections::HashMap;

use super::conflict::quoted;
use super::{Format, Voice, err, error, github, html, json, snippet, warning};
use crate::diagnostic::{Diagnostic, Finding, Severity, Wiring};
use crate::explain::Explanation;
use crate::manifest::Mode;
use crate::names::ComponentId;
use crate::place::{FileId, Place, Sources};
use crate::statement::Statement;

impl Voice {
    /// All diagnostics, sorted by file and place, with a count at the end.
    pub(in crate::cli) fn diagnostics(&self, sources: &Sources, diagnostics: &[Diagnostic]) {
        let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
        let mut shown: Vec<&Diagnostic> = sorted(sources, diagnostics)
            .into_iter()
            .filter(|d| d.severity == Severity::Error || !self.quiet)
            .collect();
        for d in &shown {
            self.annotate(|base| github::diagnostic(sources, base, d));
        }
        self.log(|log| sorted(sources, diagnostics).into_iter().for_each(|d| log.diagnostic(sources, d)));
        if let Some(text) = in_other_mode(&shown) {
            shown.retain(|d| other_mode(d).is_none());
            warning(&self.look.beside(&text, 9));
        }
        for d in &shown {
            err(&snippet::diagnostic(sources, d, self.look));
            err("");
        }
        if errors > 0 {
            error(&count(errors, shown.len() - errors));
        }
    }

    /// Files that have errors, as a report where one is wanted.
    pub(in crate::cli) fn errors(&self, sources: &Sources, diagnostics: &[Diagnostic]) {
        self.diagnostics(sources, diagnostics);
        if self.format == Format::Html {
            self.data(&html::of_errors(sources, &sorted(sources, diagnostics)));
        }
    }

    /// A chain of statements: why something is there.
    pub(in crate::cli) fn chain(
        &self,
        sources: &Sources,
        manifest: FileId,
        statements: &[&Statement],
    ) -> String {
        let statements: Vec<Statement> = statements.iter().map(|statement| (*statement).clone()).collect();
        quoted(sources, manifest, &statements, self.verbose > 0, self.look).join("\n")
    }

    /// Findings as JSON on standard output; `ok`: whether the command ends with 0.
    pub(in crate::cli) fn findings_json(&self, sources: &Sources, diagnostics: &[Diagnostic], ok: bool) {
        let list = self.list_json(sources, diagnostics);
        self.json(&serde_json::json!({"schema": json::SCHEMA, "ok": ok, "diagnostics": list}));
    }

    /// Diagnostics as a JSON list, sorted.
    pub(in crate::cli) fn list_json(
        &self,
        sources: &Sources,
        diagnostics: &[Diagnostic],
    ) -> serde_json::Value {
        json::diagnostics(sources, &sorted(sources, diagnostics))
    }

    /// What went wrong as JSON on standard output, for `--format json`.
    pub(in crate::cli) fn failure_json(
        &self,
        sources: &Sources,
        diagnostics: &[Diagnostic],
        explanation: &Explanation,
        message: &str,
    ) {
        let diagnostics = sorted(sources, diagnostics);
        self.json(&json::failure(sources, &diagnostics, explanation, message));
    }
}

/// What is in another mode than the preferred one, and in which, if the diagnostic is about that.
fn other_mode(d: &Diagnostic) -> Option<(&ComponentId, Mode, Mode)> {
    match &d.finding {
        Finding::Wiring(Wiring::NotInPreferredMode { component, preferred, taken, .. }) => {
            Some((component, *preferred, *taken))
        }
        _ => None,
    }
}

/// How many of them are named.
const NAMED: usize = 24;

/// One sentence for several components that are not in the preferred mode: a snippet of each would say nothing more.
fn in_other_mode(diagnostics: &[&Diagnostic]) -> Option<String> {
    let all: Vec<_> = diagnostics.iter().filter_map(|d| other_mode(d)).collect();
    let [(_, preferred, taken), _, ..] = all.as_slice() else { return None };
    let names: Vec<String> = all.iter().take(NAMED).map(|(id, ..)| id.to_string()).collect();
    let more = match all.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "{} components have no {preferred} source that can be taken, so they are in {taken} mode: {}{more}",
        all.len(),
        names.join(", ")
    ))
}

/// By file and place; those without a place first, and each only once.
pub(super) fn sorted<'d>(sources: &Sources, diagnostics: &'d [Diagnostic]) -> Vec<&'d Diagnostic> {
    let mut out: Vec<&Diagnostic> = Vec::new();
    let mut known: HashMap<Option<Place>, Vec<&Diagnostic>> = HashMap::new();
    for d in diagnostics {
        let here = known.entry(d.place).or_default();
        if !here.contains(&d) {
            here.push(d);
            out.push(d);
        }
    }
    let key = |d: &Diagnostic| {
        let path = d.place.and_then(|p| sources.get(p.file)).map(|s| s.path.as_str()).unwrap_or_default();
        // the manifest comes first: what stands there explains the rest
        (path != "hsm.yaml" && d.place.is_some(), path.to_owned(), d.place.map(|p| (p.start, p.end)))
    };
    out.sort_by_cached_key(|d| key(d));
    out
}

fn count(errors: usize, warnings: usize) -> String {
    let of = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match warnings {
        0 => of(errors, "error"),
        w => format!("{} and {}", of(errors, "error"), of(w, "warning")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_are_sorted_by_file_and_place_and_shown_once() {
        let mut sources = Sources::new();
        let entry = sources.add("hsm-registry/packages/a.yaml", "name: a\n");
        let manifest = sources.add("hsm.yaml", "x: 1\ny: 2\n");
        let at = |file, start| {
            Diagnostic::error(Place { file, start, end: start + 1 }, Finding::Syntax(start.to_string()))
        };
        let none = Diagnostic::missing(Finding::NotUtf8);
        let all = [at(entry, 0), at(manifest, 5), at(manifest, 0), none.clone(), at(manifest, 5)];
        let order: Vec<&Diagnostic> = sorted(&sources, &all);
        assert_eq!(order, [&none, &all[2], &all[1], &all[0]]);
    }

    #[test]
    fn the_count_speaks_english() {
        assert_eq!(count(1, 0), "1 error");
        assert_eq!(count(2, 1), "2 errors and 1 warning");
    }
}
