//! Diagnostics as one log in SARIF 2.1.0, for code scanning and for editors.
//!
//! Owns: the log while a command runs, and its form. Refuses: choosing what goes into it.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::blame::commands;
use super::clash::Clash;
use super::json::witnesses;
use super::page;
use super::span::{self, Span};
use crate::cli::Exit;
use crate::diagnostic::{Diagnostic, Severity, pages};
use crate::explain::Blame;
use crate::place::{Place, Sources};

/// Where paths start.
const BASE: &str = "PROJECTROOT";

/// The file that a result without a place is about.
const WHOLE_PROJECT: &str = "hsm.yaml";

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Log {
    rules: Vec<&'static str>,
    results: Vec<Json>,
    notifications: Vec<Json>,
}

impl Log {
    /// Takes in a diagnostic.
    pub(super) fn diagnostic(&mut self, sources: &Sources, d: &Diagnostic) {
        let mut text = d.finding.to_string();
        for witness in &d.witnesses {
            // writing to a string cannot fail
            let _ = write!(text, "\nexample: {witness}");
        }
        if let Some(help) = d.help() {
            text.push_str("\nhelp: ");
            text.push_str(&help);
        }
        let related =
            d.related.iter().filter_map(|r| Some((span::of(sources, r.place)?, r.what.clone().into_owned())));
        let related: Vec<(Span, String)> = related.collect();
        self.result(d.finding.code(), level(d.severity), &text, at(sources, d.place), &related);
        if let Some(result) = self.results.last_mut().filter(|_| !d.witnesses.is_empty()) {
            result["properties"] = json!({"witnesses": witnesses(d)});
        }
    }

    /// Takes in a conflict: one result, whose statements are related locations.
    pub(super) fn clash(&mut self, clash: &Clash<'_>) {
        let related = clash.statements.iter().filter_map(|statement| {
            Some((span::of(clash.sources, statement.place?)?, statement.claim.to_string()))
        });
        let related: Vec<(Span, String)> = related.collect();
        self.result(
            pages::CONFLICT,
            level(Severity::Error),
            &clash.message(),
            at(clash.sources, clash.place()),
            &related,
        );
        let fixes: Vec<Json> = clash
            .fixes
            .iter()
            .map(|fix| json!({"title": fix.title, "commands": fix.commands, "effects": fix.effects}))
            .collect();
        if let Some(result) = self.results.last_mut().filter(|_| !fixes.is_empty()) {
            result["properties"] = json!({"fixes": fixes});
        }
    }

    /// Takes in what a package manager rejects: one result at the first requirement, whose related locations are the
    /// statements that brought in each.
    pub(super) fn blame(&mut self, sources: &Sources, title: &str, blame: &Blame, help: &[String]) {
        let mut text = format!("{title}:");
        let mut related: Vec<(Span, String)> = Vec::new();
        for (chain, number) in blame.chains.iter().zip(1..) {
            let what = chain.last().map(|statement| statement.claim.to_string()).unwrap_or_default();
            // writing to a string cannot fail
            let _ = write!(text, "\n{number}. {what}");
            for statement in chain {
                let Some(span) = statement.place.and_then(|place| span::of(sources, place)) else { continue };
                let one = (span, statement.claim.to_string());
                if !related.contains(&one) {
                    related.push(one);
                }
            }
        }
        for help in help {
            let _ = write!(text, "\nhelp: {help}");
        }
        let place = blame.chains.iter().find_map(|chain| chain.iter().rev().find_map(|one| one.place));
        self.result(pages::REJECTED, level(Severity::Error), &text, at(sources, place), &related);
        let each = blame.instead.iter().map(|instead| {
            let effects: Vec<String> = instead.fix.effects.iter().map(ToString::to_string).collect();
            let title =
                instead.fix.remedies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", and ");
            json!({
                "title": title, "commands": commands(&instead.fix), "effects": effects,
                "tried": instead.unasked.is_none(),
            })
        });
        let fixes: Vec<Json> = each.collect();
        if let Some(result) = self.results.last_mut().filter(|_| !fixes.is_empty()) {
            result["properties"] = json!({"fixes": fixes});
        }
    }

    /// Takes in a message about no file.
    pub(super) fn message(&mut self, severity: Severity, text: &str) {
        self.notifications.push(json!({"level": level(severity), "message": {"text": text}}));
    }

    fn result(
        &mut self,
        code: &'static str,
        level: &str,
        text: &str,
        at: Option<Span>,
        related: &[(Span, String)],
    ) {
        let index = self.rules.iter().position(|rule| *rule == code).unwrap_or_else(|| {
            self.rules.push(code);
            self.rules.len() - 1
        });
        let place = at.map_or_else(
            || json!({"physicalLocation": {"artifactLocation": artifact(WHOLE_PROJECT)}}),
            |span| location(&span),
        );
        let mut result = json!({
            "ruleId": code,
            "ruleIndex": index,
            "level": level,
            "message": {"text": text},
            "locations": [place],
        });
        let related: Vec<Json> = related
            .iter()
            .enumerate()
            .map(|(number, (span, what))| {
                let mut related = location(span);
                related["id"] = json!(number + 1);
                related["message"] = json!({"text": what});
                related
            })
            .collect();
        if !related.is_empty() {
            result["relatedLocations"] = json!(related);
        }
        self.results.push(result);
    }

    /// The whole log, at the end of a command.
    pub(super) fn document(&self, root: Option<&Path>, exit: Exit) -> Json {
        let rules: Vec<Json> = self.rules.iter().map(|code| rule(code)).collect();
        let mut run = json!({
            "tool": {"driver": {
                "name": "hsm",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": exit == Exit::Done,
                "exitCode": exit.code(),
                "exitCodeDescription": exit.meaning(),
                "toolExecutionNotifications": self.notifications,
            }],
            "results": self.results,
        });
        if let Some(root) = root {
            run["originalUriBaseIds"] = json!({BASE: {"uri": directory(root)}});
        }
        json!({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})
    }
}

fn rule(code: &str) -> Json {
    let Some(page) = pages::find(code) else { return json!({"id": code}) };
    json!({
        "id": code,
        "shortDescription": {"text": page.title},
        "help": {"text": page::plain(&page)},
        "defaultConfiguration": {"level": level(page.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn at(sources: &Sources, place: Option<Place>) -> Option<Span> {
    span::of(sources, place?)
}

fn location(span: &Span) -> Json {
    json!({"physicalLocation": {
        "artifactLocation": artifact(&span.path),
        "region": {
            "startLine": span.line, "startColumn": span.from, "endLine": span.line, "endColumn": span.to,
        },
    }})
}

fn artifact(path: &str) -> Json {
    json!({"uri": encoded(path), "uriBaseId": BASE})
}

fn directory(root: &Path) -> String {
    let path = root.to_string_lossy();
    format!("file://{}/", encoded(path.trim_end_matches('/')))
}

/// A path as a part of a URI: what is not plain is percent-encoded.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // writing to a string cannot fail
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(encoded("../a b/ä#%.yaml"), "../a%20b/%C3%A4%23%25.yaml");
        assert_eq!(directory(Path::new("/tmp/my project/")), "file:///tmp/my%20project/");
    }

    #[test]
    fn a_log_of_nothing_is_whole() {
        let log = Log::default().document(None, Exit::Done);
        assert_eq!(log["runs"][0]["results"], json!([]));
        assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], json!(true));
    }
}
