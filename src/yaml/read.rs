//! Text to tree, built from the parser's events so that every value keeps its exact bytes.
//!
//! Owns: limits, one document, text keys, duplicate keys, anchors, merge keys. Refuses: tags other than `!!str`,
//! `!!map` and `!!seq`.

use std::collections::{HashMap, HashSet};

use serde_saphyr::granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, Tag};

use super::{Key, Node, Value};
use crate::diagnostic::{Diagnostic, Finding};
use crate::place::{FileId, Place, Sources};

/// What a document may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Levels of lists and mappings, aliases expanded.
    pub depth: usize,
    /// Nodes that aliases may add; each 64 bytes of text count as one more.
    pub copied: usize,
}

impl Limits {
    /// For a registry's entry: 1 MiB.
    pub const ENTRY: Self = Self { bytes: 1 << 20, depth: 64, copied: 50_000 };
    /// For a group: 4 MiB, so that one of many thousand options fits.
    pub const GROUP: Self = Self { bytes: 4 << 20, ..Self::ENTRY };
    /// For a lock, which grows with the stack and is written by hsm: 64 MiB.
    pub const LOCK: Self = Self { bytes: 64 << 20, ..Self::ENTRY };
    /// For a manifest: 4 MiB.
    pub const MANIFEST: Self = Self { bytes: 4 << 20, depth: 64, copied: 50_000 };

    /// For an entry of a registry, by what it is.
    pub fn of_entry(is_group: bool) -> Self {
        if is_group { Self::GROUP } else { Self::ENTRY }
    }
}

/// What came of reading a text: a tree as far as there is one, and all that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The tree. Where a key stands twice, the first one counts.
    pub node: Option<Node>,
    /// What is wrong; never empty when there is no tree.
    pub diagnostics: Vec<Diagnostic>,
}

/// Takes a file's bytes into the sources: refuses what is too large or not UTF-8.
#[expect(clippy::result_large_err, reason = "at most one for each file")]
pub fn take(
    sources: &mut Sources,
    path: impl Into<String>,
    bytes: &[u8],
    limits: Limits,
) -> Result<FileId, Diagnostic> {
    if bytes.len() > limits.bytes {
        // The first line is kept, so that the place that is shown exists.
        let head = &bytes[..bytes.len().min(200)];
        let head = String::from_utf8_lossy(head);
        let file = sources.add(path, head.lines().next().unwrap_or_default());
        return Err(too_large(file, limits));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(sources.add(path, text)),
        Err(error) => {
            let at = error.valid_up_to() as u32;
            let file = sources.add(path, String::from_utf8_lossy(bytes).into_owned());
            let end = at + char::REPLACEMENT_CHARACTER.len_utf8() as u32;
            Err(Diagnostic::error(Place { file, start: at, end }, Finding::NotUtf8))
        }
    }
}

/// Reads a document that has nothing wrong with it.
pub fn read(file: FileId, text: &str, limits: Limits) -> Result<Node, Vec<Diagnostic>> {
    let parsed = parse(file, text, limits);
    match parsed.node {
        Some(node) if parsed.diagnostics.is_empty() => Ok(node),
        _ => Err(parsed.diagnostics),
    }
}

/// Reads a document in which values may have tags of their own (`!reset`): such a value becomes a mapping from the tag
/// to the value.
pub fn read_tagged(file: FileId, text: &str, limits: Limits) -> Result<Node, Vec<Diagnostic>> {
    let parsed = parse_with(file, text, limits, true);
    match parsed.node {
        Some(node) if parsed.diagnostics.is_empty() => Ok(node),
        _ => Err(parsed.diagnostics),
    }
}

/// Reads a document as far as it can be read, so that later stages can report what else is wrong.
pub fn parse(file: FileId, text: &str, limits: Limits) -> Parsed {
    parse_with(file, text, limits, false)
}

fn parse_with(file: FileId, text: &str, limits: Limits, tagged: bool) -> Parsed {
    if text.len() > limits.bytes {
        return Parsed { node: None, diagnostics: vec![too_large(file, limits)] };
    }
    let mut builder = Builder::new(file, text, limits, tagged);
    match builder.run() {
        Ok(()) => builder.finish(),
        Err(fatal) => {
            builder.diagnostics.push(*fatal);
            Parsed { node: None, diagnostics: builder.diagnostics }
        }
    }
}

/// What the parser says, with a character as people call it.
fn plain_words(said: &str) -> String {
    let inner = said.strip_prefix("unexpected character: `").and_then(|rest| rest.strip_suffix('\''));
    let Some(inner) = inner else { return said.to_owned() };
    let number = inner.strip_prefix("\\u{").and_then(|rest| rest.strip_suffix('}'));
    match number.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(number) => format!("the character U+{number:04X} cannot stand here"),
        None if inner == "`" => "a backtick cannot stand here".to_owned(),
        None => format!("`{inner}` cannot stand here"),
    }
}

fn too_large(file: FileId, limits: Limits) -> Diagnostic {
    let place = Place { file, start: 0, end: 0 };
    Diagnostic::error(place, Finding::TooLarge { limit: limits.bytes })
}

/// A diagnostic after which nothing more can be read.
type Fatal = Box<Diagnostic>;

struct Builder<'t> {
    file: FileId,
    text: &'t str,
    limits: Limits,
    /// Whether values may have tags of their own.
    tagged: bool,
    diagnostics: Vec<Diagnostic>,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Anchor>,
    copied: usize,
    /// One past the last byte of the last thing read; empty list items are looked for from here.
    last: u32,
}

/// A finished node that aliases may repeat, with what it costs to repeat it.
struct Anchor {
    node: Node,
    cost: Cost,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    nodes: usize,
    depth: usize,
}

/// A list or mapping that is still being read.
struct Open {
    place: Place,
    anchor: usize,
    /// A tag of its own.
    tag: Option<Key>,
    what: Collection,
    depth_below: usize,
}

enum Collection {
    List(Vec<Node>),
    Map { pairs: Vec<(Key, Node)>, seen: HashMap<String, Place>, key: Option<Key>, merge: bool },
}

impl<'t> Builder<'t> {
    fn new(file: FileId, text: &'t str, limits: Limits, tagged: bool) -> Self {
        Self {
            file,
            text,
            limits,
            tagged,
            diagnostics: Vec::new(),
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            copied: 0,
            last: 0,
        }
    }

    fn run(&mut self) -> Result<(), Fatal> {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.flow_nesting_limit = self.limits.depth;
        options.block_nesting_limit = self.limits.depth;
        let mut documents = 0;
        for next in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = next.map_err(|e| self.syntax(&e))?;
            if matches!(event, Event::DocumentStart(..)) {
                documents += 1;
                if documents > 1 {
                    return Err(fatal(self.place(&span), Finding::SeveralDocuments));
                }
            }
            self.event(event, &span)?;
        }
        Ok(())
    }

    fn finish(self) -> Parsed {
        // A file without a document holds nothing; what it should hold, its reader says.
        let nothing = Node { place: Place { file: self.file, start: 0, end: 0 }, value: Value::Null };
        Parsed { node: Some(self.root.unwrap_or(nothing)), diagnostics: self.diagnostics }
    }

    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), Fatal> {
        let place = self.place(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let own = self.tag(tag.as_deref(), "str", span)?;
                let node = tagged(own, self.scalar(&text, style, tag.as_deref(), span));
                self.node(node, anchor, Cost { nodes: 1 + text.len() / 64, depth: 0 })?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), "seq", span)?;
                self.start(place, anchor, tag, Collection::List(Vec::new()))?;
            }
            Event::MappingStart(_, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), "map", span)?;
                let map =
                    Collection::Map { pairs: Vec::new(), seen: HashMap::new(), key: None, merge: false };
                self.start(place, anchor, tag, map)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(place)?,
            Event::Alias(id) => self.alias(id, place)?,
            _ => {}
        }
        self.last = self.last.max(place.end);
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Node {
        let mut place = self.place(span);
        let plain = style == ScalarStyle::Plain && tag.is_none();
        // An empty value is reported by the parser as a plain `~` without bytes of its own.
        let absent = style == ScalarStyle::Plain && place.start == place.end;
        if absent {
            place = self.place_of_nothing(place);
        }
        let value = if absent && !plain {
            Value::Scalar { text: String::new(), plain: false }
        } else if absent || (plain && matches!(text, "~" | "null" | "Null" | "NULL")) {
            Value::Null
        } else {
            Value::Scalar { text: text.to_owned(), plain }
        };
        Node { place, value }
    }

    /// The place for a value that is not there: its key, or its dash.
    fn place_of_nothing(&mut self, place: Place) -> Place {
        match self.open.last().map(|o| &o.what) {
            Some(Collection::Map { key: Some(key), .. }) => key.place,
            Some(Collection::List(_)) => {
                let dash = find_dash(self.text, self.last as usize, place.start as usize);
                let found = dash.map(|at| Place { file: self.file, start: at as u32, end: at as u32 + 1 });
                if let Some(found) = found {
                    self.last = found.end;
                }
                found.unwrap_or(place)
            }
            _ => place,
        }
    }

    fn start(
        &mut self,
        place: Place,
        anchor: usize,
        tag: Option<Key>,
        what: Collection,
    ) -> Result<(), Fatal> {
        if self.open.len() >= self.limits.depth {
            return Err(fatal(place, Finding::TooDeep { limit: self.limits.depth }));
        }
        self.open.push(Open { place, anchor, tag, what, depth_below: 0 });
        Ok(())
    }

    fn end(&mut self, place: Place) -> Result<(), Fatal> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let last_child = match &open.what {
            Collection::List(items) => items.last().map(|n| n.place.end),
            Collection::Map { pairs, .. } => pairs.last().map(|(k, n)| n.place.end.max(k.place.end)),
        };
        // A block collection ends, for the parser, where the next thing starts; for people, with its last value.
        let flow = place.end > place.start;
        let end = if flow { place.end } else { last_child.unwrap_or(open.place.end).min(place.end) };
        let place = Place { end: end.max(open.place.start), ..open.place };
        let value = match open.what {
            Collection::List(items) => Value::List(items),
            Collection::Map { pairs, merge: false, .. } => Value::Map(pairs),
            Collection::Map { pairs, merge: true, .. } => Value::Map(self.merged(pairs)),
        };
        let node = tagged(open.tag, Node { place, value });
        let cost = Cost { nodes: 0, depth: open.depth_below + 1 };
        self.node(node, open.anchor, cost)
    }

    fn alias(&mut self, id: usize, place: Place) -> Result<(), Fatal> {
        let Some(anchor) = self.anchors.get(&id) else {
            return Err(fatal(place, Finding::AliasInItself));
        };
        let cost = anchor.cost;
        self.charge(cost.nodes, place)?;
        if self.open.len() + cost.depth > self.limits.depth {
            return Err(fatal(place, Finding::TooDeep { limit: self.limits.depth }));
        }
        let Some(anchor) = self.anchors.get(&id) else { return Ok(()) };
        let node = anchor.node.clone();
        self.insert(node, cost.depth, place)
    }

    fn charge(&mut self, nodes: usize, place: Place) -> Result<(), Fatal> {
        self.copied = self.copied.saturating_add(nodes);
        if self.copied > self.limits.copied {
            return Err(fatal(place, Finding::TooManyAliases { limit: self.limits.copied }));
        }
        Ok(())
    }

    /// A finished node: kept under its anchor, then put where it belongs.
    fn node(&mut self, node: Node, anchor: usize, cost: Cost) -> Result<(), Fatal> {
        if anchor != 0 {
            let nodes = weight(&node);
            self.charge(nodes, node.place)?;
            self.anchors
                .insert(anchor, Anchor { node: node.clone(), cost: Cost { nodes, depth: cost.depth } });
        }
        let place = node.place;
        self.insert(node, cost.depth, place)
    }

    /// `at` is where the node is used: for an alias that is not where the node was written.
    fn insert(&mut self, node: Node, depth: usize, at: Place) -> Result<(), Fatal> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.depth_below = open.depth_below.max(depth);
        match &mut open.what {
            Collection::List(items) => items.push(node),
            Collection::Map { pairs, seen, key, merge } => {
                let Some(ready) = key.take() else {
                    return self.key(node, at);
                };
                if let Some(&first) = seen.get(&ready.text) {
                    let finding = Finding::DuplicateKey { key: ready.text };
                    let twice = Diagnostic::error(ready.place, finding).with(first, "first written here");
                    self.diagnostics.push(twice);
                    return Ok(());
                }
                *merge |= is_merge(self.text, &ready);
                seen.insert(ready.text.clone(), ready.place);
                pairs.push((ready, node));
            }
        }
        Ok(())
    }

    fn key(&mut self, node: Node, at: Place) -> Result<(), Fatal> {
        let Value::Scalar { text, .. } = node.value else {
            return Err(fatal(at, Finding::KeyNotText));
        };
        if let Some(Open { what: Collection::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(Key { text, place: at });
        }
        Ok(())
    }

    /// Replaces `<<` by what it merges; keys that are written out win, and of several merged maps the first.
    fn merged(&mut self, pairs: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
        let text = self.text;
        let written = pairs.iter().filter(|(k, _)| !is_merge(text, k));
        let mut have: HashSet<String> = written.map(|(k, _)| k.text.clone()).collect();
        let mut out = Vec::with_capacity(pairs.len());
        for (key, node) in pairs {
            if !is_merge(text, &key) {
                out.push((key, node));
                continue;
            }
            let maps = match node.value {
                Value::List(items) => items,
                _ => vec![node],
            };
            for map in maps {
                let Value::Map(merged) = map.value else {
                    self.diagnostics.push(Diagnostic::error(key.place, Finding::BadMerge));
                    continue;
                };
                out.extend(merged.into_iter().filter(|(k, _)| have.insert(k.text.clone())));
            }
        }
        out
    }

    /// A tag of its own, where values may have one.
    fn tag(&mut self, tag: Option<&Tag>, allowed: &str, span: &Span) -> Result<Option<Key>, Fatal> {
        let Some(tag) = tag else { return Ok(None) };
        // A lone `!` says "not resolved", which for a scalar is a text.
        if tag.is_yaml_core_schema_tag(allowed) || tag.original() == "!" {
            return Ok(None);
        }
        let place = span.tag_span().map_or(self.place(span), |s| self.place(&s));
        if self.tagged {
            return Ok(Some(Key { text: tag.original(), place }));
        }
        Err(fatal(place, Finding::Tag { tag: tag.original() }))
    }

    fn syntax(&self, error: &ScanError) -> Fatal {
        let at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        let start = floor(self.text, at);
        let end = self.text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
        let place = Place { file: self.file, start: start as u32, end: end as u32 };
        let finding = match error.kind() {
            ErrorKind::RecursionLimitExceeded => Finding::TooDeep { limit: self.limits.depth },
            _ => Finding::Syntax(plain_words(error.info().lines().next().unwrap_or_default())),
        };
        fatal(place, finding)
    }

    fn place(&self, span: &Span) -> Place {
        let len = self.text.len();
        let range = span.byte_range().unwrap_or(len..len);
        let start = floor(self.text, range.start.min(len));
        let end = floor(self.text, range.end.min(len)).max(start);
        Place { file: self.file, start: start as u32, end: end as u32 }
    }
}

fn tagged(tag: Option<Key>, node: Node) -> Node {
    match tag {
        Some(tag) => Node { place: node.place, value: Value::Map(vec![(tag, node)]) },
        None => node,
    }
}

fn fatal(place: Place, finding: Finding) -> Fatal {
    Box::new(Diagnostic::error(place, finding))
}

/// Whether a key is `<<` without quotes.
fn is_merge(text: &str, key: &Key) -> bool {
    key.text == "<<" && text.get(key.place.start as usize..).is_some_and(|t| t.starts_with("<<"))
}

/// The last boundary between characters that is not behind `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The first dash between two bytes, comments left out.
fn find_dash(text: &str, from: usize, to: usize) -> Option<usize> {
    let mut comment = false;
    for (i, byte) in text.as_bytes().get(from..to)?.iter().enumerate() {
        match byte {
            b'\n' | b'\r' => comment = false,
            b'#' => comment = true,
            b'-' if !comment => return Some(from + i),
            _ => {}
        }
    }
    None
}

/// How many nodes there are, long texts counted more than once.
fn weight(node: &Node) -> usize {
    1 + match &node.value {
        Value::Null => 0,
        Value::Scalar { text, .. } => text.len() / 64,
        Value::List(items) => items.iter().map(weight).sum(),
        Value::Map(pairs) => pairs.iter().map(|(k, n)| 1 + k.text.len() / 64 + weight(n)).sum(),
    }
}
