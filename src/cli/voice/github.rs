//! Diagnostics as workflow commands of GitHub Actions: they become annotations at the lines of a change.

use std::fmt::Write as _;

use super::clash::Clash;
use super::json::severity;
use super::span::{self, Span};
use crate::diagnostic::pages::{CONFLICT, REJECTED};
use crate::diagnostic::{Diagnostic, Severity};
use crate::place::Sources;
use crate::statement::Statement;

/// A diagnostic. `base` leads from the repository's root to the project.
pub(super) fn diagnostic(sources: &Sources, base: &str, d: &Diagnostic) -> String {
    let at = d.place.and_then(|place| span::of(sources, place));
    let mut message = d.finding.to_string();
    for witness in &d.witnesses {
        let _ = write!(message, "\nexample: {witness}");
    }
    if let Some(help) = d.help() {
        let _ = write!(message, "\nhelp: {help}");
    }
    command(severity(d.severity), base, at.as_ref(), d.finding.code(), &message)
}

/// A conflict.
pub(super) fn clash(clash: &Clash<'_>, base: &str) -> String {
    let at = clash.place().and_then(|place| span::of(clash.sources, place));
    command(severity(Severity::Error), base, at.as_ref(), CONFLICT, &clash.message())
}

/// A requirement that a package manager cannot meet, at the line that says so.
pub(super) fn requirement(sources: &Sources, base: &str, message: &str, chain: &[Statement]) -> String {
    let place = chain.iter().rev().find_map(|statement| statement.place);
    let at = place.and_then(|place| span::of(sources, place));
    command(severity(Severity::Error), base, at.as_ref(), REJECTED, message)
}

/// A message about no file.
pub(super) fn plain(severity_of: Severity, message: &str) -> String {
    command(severity(severity_of), "", None, "hsm", message)
}

fn command(word: &str, base: &str, at: Option<&Span>, title: &str, message: &str) -> String {
    let mut out = format!("::{word} ");
    if let Some(at) = at {
        // writing to a string cannot fail
        let _ = write!(out, "file={},line={},endLine={},", property(&path(base, &at.path)), at.line, at.line);
        let _ = write!(out, "col={},endColumn={},", at.from, at.to);
    }
    let _ = write!(out, "title={}::{}", property(title), data(message));
    out
}

/// The path of a file from the repository's root.
fn path(base: &str, path: &str) -> String {
    if base.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("{base}/{path}") }
}

/// A message, as the runner unescapes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, as the runner unescapes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Finding;
    use crate::place::Place;

    #[test]
    fn a_diagnostic_is_one_line_that_holds_nothing_else() {
        let mut sources = Sources::new();
        let file = sources.add("a,b:%.yaml", "x: 1\nyy: 2\n");
        let finding = Finding::Syntax("50%\r\n::error::own".to_owned());
        let d = Diagnostic::error(Place { file, start: 5, end: 7 }, finding);
        let said = diagnostic(&sources, "sub", &d);
        assert_eq!(
            said,
            "::error file=sub/a%2Cb%3A%25.yaml,line=2,endLine=2,col=1,endColumn=3,title=HSM-E001::not valid YAML: 50%25%0D%0A::error::own%0Ahelp: check indentation and quotes around this place"
        );
        assert_eq!(plain(Severity::Warning, "a\nb"), "::warning title=hsm::a%0Ab");
    }
}
