//! Messages for those who listen: sentences, with nothing drawn and nothing that has to be seen one above the other.

use super::snippet::{Mark, Notes, Opening};
use super::span::{self, on_one_line};
use super::{ERROR, STEP, WARNING};
use crate::place::Sources;

/// More of what stands at a place is not read out.
const LONGEST: usize = 80;

/// A message, where it is, and what to do.
pub(super) fn message(
    sources: &Sources,
    opening: Opening<'_>,
    text: &str,
    marks: &[Mark<'_>],
    notes: &Notes<'_>,
) -> String {
    let (style, code) = match opening {
        Opening::Error(code) => (ERROR, code),
        Opening::Warning(code) => (WARNING, code),
        Opening::Word(_) => (STEP, None),
    };
    let code = code.map(|code| format!(" {code}")).unwrap_or_default();
    let mut lines = vec![format!("{style}{}{code}{style:#}: {}", opening.word(), printable(text))];
    lines.extend(marks.iter().filter_map(|mark| at(sources, mark)));
    lines.extend(notes.examples.iter().map(|example| format!("  example: {}", printable(example))));
    lines.extend(notes.help.iter().map(|help| format!("  help: {}", printable(help))));
    lines.join("\n")
}

/// Only the places.
pub(super) fn lines(sources: &Sources, marks: &[Mark<'_>]) -> Option<String> {
    let lines: Vec<String> = marks.iter().filter_map(|mark| at(sources, mark)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn at(sources: &Sources, mark: &Mark<'_>) -> Option<String> {
    let span = span::of(sources, mark.place)?;
    let text = &sources.get(mark.place.file)?.text;
    let said = printable(&text[on_one_line(text, mark.place)]);
    let mut said: String = said.chars().take(LONGEST).collect();
    if span.to - span.from > LONGEST {
        said.push('…');
    }
    let said = if said.is_empty() { String::new() } else { format!(": `{said}`") };
    let label = if mark.label.is_empty() { String::new() } else { format!(", {}", mark.label) };
    Some(format!("  {}, line {}, column {}{said}{label}", span.path, span.line, span.from))
}

/// Nothing that would steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;

    #[test]
    fn a_message_is_read_as_sentences() {
        let mut sources = Sources::new();
        let file = sources.add("hsm.yaml", "a: 1\nb: \u{1b}[31m\n");
        let mark = |start, end, label| Mark { place: Place { file, start, end }, label, primary: true };
        let marks = [mark(5, 6, ""), mark(8, 13, "first written here")];
        let notes = Notes { help: Some("do this".to_owned()), ..Notes::default() };
        let said = message(&sources, Opening::Error(Some("HSM-E009")), "what is wrong", &marks, &notes);
        assert_eq!(
            anstream::adapter::strip_str(&said).to_string(),
            "error HSM-E009: what is wrong\n  hsm.yaml, line 2, column 1: `b`\n  hsm.yaml, line 2, column 4: `\u{fffd}[31m`, first written here\n  help: do this"
        );
    }
}
