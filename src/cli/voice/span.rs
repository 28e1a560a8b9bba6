//! Where something stands, for programs: path, line and columns on that line.

use std::ops::Range;

use crate::place::{Place, Sources};

/// A stretch of one line. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// The path as it is shown.
    pub path: String,
    /// The line.
    pub line: usize,
    /// Its first column.
    pub from: usize,
    /// One past its last column.
    pub to: usize,
}

/// Where a place stands; of one that goes on for several lines the first line.
pub(super) fn of(sources: &Sources, place: Place) -> Option<Span> {
    let source = sources.get(place.file)?;
    let range = on_one_line(&source.text, place);
    let at = sources.position(Place { start: range.start as u32, ..place });
    let length = source.text[range].chars().count();
    Some(Span { path: at.path, line: at.line, from: at.column, to: at.column + length })
}

/// The bytes of a place, cut off at the end of its first line: a whole mapping is not worth underlining.
pub(super) fn on_one_line(text: &str, place: Place) -> Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(place.start as usize);
    let end = floor(place.end as usize).max(start);
    let line = text[start..end].split(['\n', '\r']).next().unwrap_or("");
    start..start + line.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_on_the_first_line() {
        let mut sources = Sources::new();
        let text = "\u{feff}é: 漢字 # x\na:\n  b: 1\n";
        let file = sources.add("hsm.yaml", text);
        let span = |word: &str| {
            let start = text.find(word).expect("there") as u32;
            let span = of(&sources, Place { file, start, end: start + word.len() as u32 }).expect("a file");
            (span.line, span.from, span.to)
        };
        assert_eq!(span("é"), (1, 1, 2));
        assert_eq!(span("漢字"), (1, 4, 6));
        assert_eq!(span("a:\n  b"), (2, 1, 3));
        let nowhere = Place { file, start: 900, end: 1 };
        assert_eq!(of(&sources, nowhere).map(|s| s.from == s.to), Some(true));
    }
}
