//! How a document is written: the tree with the bytes, styles and indicators of every node, for edits in place.
//!
//! Owns: where a dash, a colon, a bracket stands. Refuses: documents that the strict reader has not accepted first
//! (limits and duplicate keys are its work), and any change.

use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle};

/// A node as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// First byte, an anchor or tag included. For the empty value: the place behind the colon or dash.
    pub start: usize,
    /// One past the last byte of content: what follows on its line is a comment, a comma or a bracket.
    pub end: usize,
    /// Whether an anchor or a tag stands before it.
    pub marked: bool,
    /// What it is.
    pub shape: Shape,
}

/// The shapes of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing written.
    Empty,
    /// A scalar of any style.
    Scalar,
    /// `*name`.
    Alias,
    /// A sequence.
    List {
        /// In brackets.
        flow: bool,
        /// Its items.
        items: Vec<WrittenItem>,
    },
    /// A mapping.
    Map {
        /// In braces (or a single pair within brackets).
        flow: bool,
        /// Its pairs.
        pairs: Vec<WrittenPair>,
    },
}

/// An item of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenItem {
    /// Its dash; in brackets its first byte.
    pub start: usize,
    /// What it is.
    pub node: Written,
}

/// A pair of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenPair {
    /// The key's text; `None` when it is not a scalar.
    pub key: Option<String>,
    /// The key's bytes, anchor and tag included.
    pub key_at: Range<usize>,
    /// One past the colon; the key's end when there is none (`{a}`).
    pub colon: usize,
    /// The value.
    pub node: Written,
}

/// The layout of the first document; `None` when the parser does not like the text or there is no node.
pub(super) fn read(text: &str) -> Option<Written> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_anchor_events = true;
    let mut events = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        match event {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd | Event::DocumentEnd => break,
            event => events.push((event, span)),
        }
    }
    let mut builder = Builder { text, events: &events, next: 0, at: 0 };
    builder.node()
}

struct Builder<'a, 'i> {
    text: &'i str,
    events: &'a [(Event<'i>, Span)],
    next: usize,
    /// One past the last token that was passed.
    at: usize,
}

impl Builder<'_, '_> {
    fn node(&mut self) -> Option<Written> {
        let (event, span) = self.events.get(self.next)?;
        self.next += 1;
        let mut start = span.byte_range()?.start;
        let mut marked = false;
        if let Some(tag) = span.tag_start {
            start = start.min(tag.byte_offset()?);
            marked = true;
        }
        if let Some((Event::Anchor(..), anchor)) = self.events.get(self.next) {
            self.next += 1;
            start = start.min(anchor.byte_range()?.start);
            marked = true;
            self.at = self.at.max(anchor.byte_range()?.end);
        }
        let mut written = match event {
            Event::Scalar(_, style, ..) => self.scalar(*style, span, marked)?,
            Event::Alias(_) => {
                let range = span.byte_range()?;
                self.at = range.end;
                Written { start, end: range.end, marked, shape: Shape::Alias }
            }
            Event::SequenceStart(style, ..) => self.list(*style, span)?,
            Event::MappingStart(style, ..) => self.map(*style, span)?,
            _ => return None,
        };
        if marked {
            written.marked = true;
            written.start = written.start.min(start);
        }
        Some(written)
    }

    fn scalar(&mut self, style: ScalarStyle, span: &Span, marked: bool) -> Option<Written> {
        let range = span.byte_range()?;
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let start = self.text[self.at..range.start].find(['|', '>'])? + self.at;
                // the last line break belongs to the scalar, but a node ends before it like any other; the parser's
                // span also takes in the next line's indentation
                let text = self.text[start..range.end].trim_end_matches([' ', '\t']);
                let text = text.strip_suffix('\n').unwrap_or(text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                self.at = start + text.len();
                Some(Written { start, end: self.at, marked, shape: Shape::Scalar })
            }
            _ if range.is_empty() => {
                let at = self.at;
                Some(Written { start: at, end: at, marked, shape: Shape::Empty })
            }
            _ => {
                self.at = range.end;
                Some(Written { start: range.start, end: range.end, marked, shape: Shape::Scalar })
            }
        }
    }

    fn list(&mut self, style: StructureStyle, span: &Span) -> Option<Written> {
        let flow = style == StructureStyle::Flow;
        let open = span.byte_range()?;
        if flow {
            self.at = self.at.max(open.end);
        }
        let mut items = Vec::new();
        while !matches!(self.events.get(self.next)?.0, Event::SequenceEnd) {
            let dash = if flow { None } else { Some(self.indicator(b'-')?) };
            let node = self.node()?;
            items.push(WrittenItem { start: dash.unwrap_or(node.start), node });
        }
        let close = self.events.get(self.next)?.1.byte_range()?;
        self.next += 1;
        if flow {
            self.at = close.end;
        }
        let start = if flow { open.start } else { items.first()?.start };
        Some(Written { start, end: self.at, marked: false, shape: Shape::List { flow, items } })
    }

    fn map(&mut self, style: StructureStyle, span: &Span) -> Option<Written> {
        let flow = style == StructureStyle::Flow;
        let open = span.byte_range()?;
        let braces = flow && self.text[open.start..].starts_with('{') && !open.is_empty();
        if braces {
            self.at = self.at.max(open.end);
        }
        let mut pairs = Vec::new();
        while !matches!(self.events.get(self.next)?.0, Event::MappingEnd) {
            pairs.push(self.pair()?);
        }
        let close = self.events.get(self.next)?.1.byte_range()?;
        self.next += 1;
        if braces {
            self.at = close.end;
        }
        let start = if braces { open.start } else { pairs.first()?.key_at.start };
        Some(Written { start, end: self.at, marked: false, shape: Shape::Map { flow, pairs } })
    }

    fn pair(&mut self) -> Option<WrittenPair> {
        let key = match &self.events.get(self.next)?.0 {
            Event::Scalar(text, ..) => Some(text.to_string()),
            _ => None,
        };
        let key_node = self.node()?;
        let key_at = key_node.start..key_node.end;
        let colon = match self.indicator(b':') {
            Some(at) => at + 1,
            None => key_at.end,
        };
        self.at = colon;
        let node = self.node()?;
        Some(WrittenPair { key, key_at, colon, node })
    }

    /// Finds the next indicator behind what was passed and passes it: only white space, comments, marks of a node and
    /// of the document may stand between.
    fn indicator(&mut self, wanted: u8) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        loop {
            let rest = &self.text[at..];
            match *bytes.get(at)? {
                b if b == wanted && !rest.starts_with("---") => {
                    self.at = at + 1;
                    return Some(at);
                }
                b' ' | b'\t' | b'\r' | b'\n' | b'?' => at += 1,
                b'#' | b'%' => at += rest.find('\n')? + 1,
                b'-' if rest.starts_with("---") => at += 3,
                b'&' | b'!' => at += rest.find([' ', '\t', '\r', '\n'])?,
                _ if rest.starts_with('\u{feff}') => at += '\u{feff}'.len_utf8(),
                _ => return None,
            }
        }
    }
}
