//! Places: where in which file a value was written.
//!
//! Owns: the texts that were read, and the way from a byte range to line and column. Refuses: opening files.

use std::sync::{Arc, OnceLock};

/// A file that was read, by its number in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A byte range in a file that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A value with the place where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T> At<T> {
    /// The value at that place.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> At<U> {
        At { value: f(self.value), place: self.place }
    }
}

/// A file's text and the name by which it is shown.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as it is shown: relative to the project where it lies in it, with `/`.
    pub path: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Where its lines start; looked for when the first place is shown.
    lines: OnceLock<Arc<[u32]>>,
}

impl Source {
    /// The line, from 1, that a byte lies on, and that line's first byte.
    pub fn line_of(&self, byte: usize) -> (usize, usize) {
        let starts = self.lines.get_or_init(|| {
            let breaks = self.text.bytes().zip(1..).filter(|(b, _)| *b == b'\n');
            [0].into_iter().chain(breaks.map(|(_, next)| next)).collect()
        });
        let line = starts.partition_point(|start| *start as usize <= byte).max(1);
        (line, starts.get(line - 1).map_or(0, |start| *start as usize))
    }
}

/// All texts that were read.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// A place for people: line and column from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The path as it is shown.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

impl Sources {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a file's text.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        self.files.push(Source { path: path.into(), text: text.into(), lines: OnceLock::new() });
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of that number.
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    /// How many files were taken in.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Line and column of the place's first byte.
    pub fn position(&self, place: Place) -> Position {
        let Some(source) = self.get(place.file) else {
            return Position { path: String::new(), line: 1, column: 1 };
        };
        let before = source.text.get(..place.start as usize).unwrap_or(&source.text);
        let (line, start) = source.line_of(before.len());
        Position {
            path: source.path.clone(),
            line,
            column: before[start..].trim_start_matches('\u{feff}').chars().count() + 1,
        }
    }

    /// The whole line on which the place starts, without its line break.
    pub fn line(&self, place: Place) -> &str {
        let Some(source) = self.get(place.file) else { return "" };
        let at = (place.start as usize).min(source.text.len());
        let start = source.text.get(..at).and_then(|b| b.rfind('\n')).map_or(0, |i| i + 1);
        source.text[start..].lines().next().unwrap_or("").trim_start_matches('\u{feff}')
    }
}
