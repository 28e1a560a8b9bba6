//! A message with the lines it speaks of, in rustc's manner.
//!
//! Owns: the look of a diagnostic and of a quoted place. The only door to `annotate_snippets`. Refuses: choosing what to
//! say.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::safe::one_line;
use super::span::on_one_line;
use super::spoken;
use super::width::Look;
use crate::diagnostic::{Diagnostic, Finding, Severity};
use crate::place::{Place, Sources};
use crate::secret::blind;

/// A place with the words that stand under it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark<'a> {
    /// Where.
    pub place: Place,
    /// What is there; may be empty.
    pub label: &'a str,
    /// Whether it is the place that the message is about.
    pub primary: bool,
}

/// How a message opens.
#[derive(Debug, Clone, Copy)]
pub(super) enum Opening<'a> {
    /// `error[code]: `
    Error(Option<&'a str>),
    /// `warning[code]: `
    Warning(Option<&'a str>),
    /// Any word.
    Word(&'a str),
}

impl<'a> Opening<'a> {
    /// The word in front.
    pub(super) fn word(self) -> &'a str {
        match self {
            Self::Error(_) => "error",
            Self::Warning(_) => "warning",
            Self::Word(word) => word,
        }
    }
}

/// What stands in front of a help: the room of a line's number, a sign and the word.
const HELP_IN_FRONT: usize = 14;

/// The same of an example.
const EXAMPLE_IN_FRONT: usize = 17;

/// One diagnostic, ready to be shown (with colours; the stream takes them out where they are not wanted).
pub(super) fn diagnostic(sources: &Sources, d: &Diagnostic, look: Look) -> String {
    let code = d.finding.code();
    let opening = match d.severity {
        Severity::Error => Opening::Error(Some(code)),
        Severity::Warning => Opening::Warning(Some(code)),
    };
    let primary = d.place.map(|place| Mark { place, label: "", primary: true });
    let related = d.related.iter().map(|r| Mark { place: r.place, label: r.what.as_ref(), primary: false });
    let marks: Vec<Mark<'_>> = primary.into_iter().chain(related).collect();
    // what a tool says may have several lines
    let text = match &d.finding {
        Finding::Adapter(_) => d.finding.to_string(),
        other => one_line(&other.to_string()),
    };
    let examples: Vec<String> = d.witnesses.iter().map(|witness| one_line(&witness.to_string())).collect();
    let notes = Notes { examples: &examples, help: d.help() };
    message(sources, opening, &text, &marks, &notes, look)
}

/// What stands below the lines of a message.
#[derive(Debug, Default)]
pub(super) struct Notes<'a> {
    /// Stacks that show what it says.
    pub examples: &'a [String],
    /// What to do.
    pub help: Option<String>,
}

/// A message, the lines it speaks of, and what stands below them.
pub(super) fn message(
    sources: &Sources,
    opening: Opening<'_>,
    text: &str,
    marks: &[Mark<'_>],
    notes: &Notes<'_>,
    look: Look,
) -> String {
    if look.plain {
        return spoken::message(sources, opening, text, marks, notes);
    }
    let (level, code) = match opening {
        Opening::Error(code) => (Level::ERROR, code),
        Opening::Warning(code) => (Level::WARNING, code),
        Opening::Word(word) => (Level::NOTE.with_name(word), None),
    };
    let in_front = opening.word().chars().count() + code.map_or(0, |code| code.len() + 2) + 2;
    let mut title = level.primary_title(look.words(text, in_front));
    if let Some(code) = code {
        title = title.id(code);
    }
    let mut group = Group::with_title(title).elements(snippets(sources, marks));
    for example in notes.examples {
        let level = Level::NOTE.with_name("example");
        group = group.element(level.message(look.words(example, EXAMPLE_IN_FRONT)));
    }
    if let Some(help) = &notes.help {
        group = group.element(Level::HELP.message(look.words(help, HELP_IN_FRONT)));
    }
    Renderer::styled().term_width(look.columns()).render(&[group])
}

/// Only the lines, without any message.
pub(super) fn lines(sources: &Sources, marks: &[Mark<'_>], look: Look) -> Option<String> {
    if look.plain {
        return spoken::lines(sources, marks);
    }
    let quoted = snippets(sources, marks);
    let group = Group::with_level(Level::NOTE).elements(quoted);
    (!marks.is_empty()).then(|| Renderer::styled().term_width(look.columns()).render(&[group]))
}

/// The quoted lines: marks that follow each other in one file share a snippet.
fn snippets<'a>(
    sources: &'a Sources,
    marks: &[Mark<'a>],
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    marks
        .chunk_by(|one, next| one.place.file == next.place.file)
        .filter_map(|of_file| {
            let file = of_file.first()?.place.file;
            let source = sources.get(file)?;
            let spans: Vec<_> = of_file.iter().map(|m| on_one_line(&source.text, m.place)).collect();
            let first = spans.iter().map(|s| s.start).min()?;
            let last = spans.iter().map(|s| s.end).max()?;
            let (from, to) = whole_lines(&source.text, first, last);
            let (line, _) = source.line_of(from);
            let mut snippet = Snippet::source(blind(&source.text[from..to]))
                .path(source.path.as_str())
                .line_start(line)
                .fold(true);
            for (mark, span) in of_file.iter().zip(spans) {
                let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                let mut annotation = kind.span(span.start - from..span.end - from);
                if !mark.label.is_empty() {
                    annotation = annotation.label(mark.label);
                }
                snippet = snippet.annotation(annotation);
            }
            Some(snippet)
        })
        .collect()
}

/// The bytes of all lines from the one with `first` to the one with `last`, a byte order mark left out.
fn whole_lines(text: &str, first: usize, last: usize) -> (usize, usize) {
    let mut from = text[..first].rfind('\n').map_or(0, |i| i + 1);
    if from == 0 && text.starts_with('\u{feff}') {
        from = '\u{feff}'.len_utf8().min(first);
    }
    let to = text[last..].find('\n').map_or(text.len(), |i| last + i + 1);
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, spans: &[(usize, usize, &'static str)]) -> String {
        let mut sources = Sources::new();
        let file = sources.add("hsm.yaml", text);
        let marks: Vec<_> = spans
            .iter()
            .enumerate()
            .map(|(i, &(start, end, label))| Mark {
                place: Place { file, start: start as u32, end: end as u32 },
                label,
                primary: i == 0,
            })
            .collect();
        let notes = Notes { help: Some("do this".to_owned()), ..Notes::default() };
        let styled = message(
            &sources,
            Opening::Error(Some("a-code")),
            "what is wrong",
            &marks,
            &notes,
            Look::default(),
        );
        anstream::adapter::strip_str(&styled).to_string()
    }

    #[test]
    fn one_place() {
        assert_eq!(
            show("a: 1\nbcd: 2\n", &[(5, 8, "")]),
            "error[a-code]: what is wrong\n --> hsm.yaml:2:1\n  |\n2 | bcd: 2\n  | ^^^\n  |\n  = help: do this"
        );
    }

    #[test]
    fn tabs_wide_characters_and_line_ends() {
        let text = "x: 1\r\n# 漢字\r\n字:\ty\r\n";
        let at = text.find('y').expect("there");
        assert_eq!(
            show(text, &[(at, at + 1, "")]),
            "error[a-code]: what is wrong\n --> hsm.yaml:3:4\n  |\n3 | 字:    y\n  |        ^\n  |\n  = help: do this"
        );
    }

    #[test]
    fn two_places_in_one_file() {
        let text = "name: a\nx: 1\ny: 1\nz: 1\nv: 1\nname: b\n";
        assert_eq!(
            show(text, &[(28, 32, ""), (0, 4, "first written here")]),
            "error[a-code]: what is wrong\n --> hsm.yaml:6:1\n  |\n1 | name: a\n  | ---- first written here\n...\n6 | name: b\n  | ^^^^\n  |\n  = help: do this"
        );
    }

    #[test]
    fn byte_order_mark_is_not_a_column() {
        let shown = show("\u{feff}abc: 1\n", &[(3, 6, "")]);
        assert!(shown.contains("hsm.yaml:1:1\n"), "{shown}");
        assert!(shown.contains("1 | abc: 1\n  | ^^^"), "{shown}");
    }

    #[test]
    fn places_outside_the_text_do_no_harm() {
        for (start, end) in [(0, 0), (3, 900), (900, 901), (4, 2), (1, 2)] {
            let shown = show("é: 1", &[(start, end, "x")]);
            assert!(shown.contains("hsm.yaml:1"), "{shown}");
        }
        assert!(show("", &[(0, 0, "x")]).contains("what is wrong"));
    }

    #[test]
    fn escape_sequences_of_a_file_do_not_reach_the_terminal() {
        let shown = show("a: \u{1b}[31mred\n", &[(0, 1, "")]);
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
}
