//! Edits of a TOML text at the places of its values: what is not edited stays byte for byte.
//!
//! Owns: finding where a value stands or would stand, whatever form its table has. The only door to `toml_edit`, which
//! only reads here (its printer moves bytes). Refuses: knowing what an entry means or whose it is.

use std::ops::Range;

mod arrays;
mod plain;
mod remove;
mod text;

use toml_edit::{Document, InlineTable, Item, Key, Table, Value};

pub(in crate::adapters::uv) use plain::Plain;
pub(in crate::adapters::uv) use text::{Path, dotted, path, quoted, undotted};

/// Why a text cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// It is not TOML.
    #[error("line {line}: {why}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What the parser says, in one line.
        why: String,
    },
    /// Something stands there in a form that nothing can be added to.
    #[error("`{path}` is {found} where {expected} is expected")]
    Shape {
        /// The keys.
        path: String,
        /// What is there.
        found: &'static str,
        /// What should be.
        expected: &'static str,
    },
}

/// One element of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::adapters::uv) struct Element {
    /// The string, or, for anything else, its text.
    pub(in crate::adapters::uv) key: String,
    /// Where it stands.
    pub(in crate::adapters::uv) span: Range<usize>,
}

/// A TOML text that is edited.
#[derive(Debug, Clone)]
pub(in crate::adapters::uv) struct Toml {
    text: String,
    doc: Document<String>,
}

/// A text to stand in the place of a range.
type Edit = (Range<usize>, String);

/// Where the keys of a table are written.
enum Home<'a> {
    /// On lines of their own: after the byte `at`, with this indentation and these keys in front.
    Lines { at: usize, indent: String, prefix: Vec<String> },
    /// In an inline table.
    Inline(&'a InlineTable),
    /// Nowhere yet; under a header of its own.
    Block,
    /// Nowhere yet, and its parent, which has this many keys, is an inline table.
    InInline(&'a InlineTable, usize),
}

impl Toml {
    /// Reads a text.
    pub(in crate::adapters::uv) fn parse(text: impl Into<String>) -> Result<Self, SpliceError> {
        let text = text.into();
        let doc = Document::parse(text.clone()).map_err(|e| SpliceError::Syntax {
            line: e.span().map_or(1, |s| line_of(&text, s.start)),
            why: e.message().lines().next().unwrap_or_default().to_owned(),
        })?;
        Ok(Self { text, doc })
    }

    /// The text as it is now.
    pub(in crate::adapters::uv) fn text(&self) -> &str {
        &self.text
    }

    /// What it means.
    pub(in crate::adapters::uv) fn plain(&self) -> Plain {
        Plain::of_table(self.doc.as_table())
    }

    /// The line of a byte, from 1.
    pub(in crate::adapters::uv) fn line(&self, byte: usize) -> usize {
        line_of(&self.text, byte)
    }

    /// The names of the keys of the table at a path, of any form; empty when there is none.
    pub(in crate::adapters::uv) fn keys(&self, path: &[String]) -> Vec<String> {
        let table = self.item(path).and_then(Item::as_table_like);
        table.map(|t| t.iter().map(|(k, _)| k.to_owned()).collect()).unwrap_or_default()
    }

    /// Whether anything is at a path.
    pub(in crate::adapters::uv) fn has(&self, path: &[String]) -> bool {
        self.item(path).is_some()
    }

    /// The text of the value at a path; `None` when there is none, or a table without a text of its own.
    pub(in crate::adapters::uv) fn raw(&self, path: &[String]) -> Option<&str> {
        self.text.get(self.item(path)?.as_value()?.span()?)
    }

    /// The line of what is at a path.
    pub(in crate::adapters::uv) fn line_at(&self, path: &[String]) -> Option<usize> {
        let (last, parent) = path.split_last()?;
        let table = self.item(parent)?.as_table_like()?;
        let span = table.get_key_value(last).and_then(|(k, i)| k.span().or_else(|| i.span()))?;
        Some(self.line(span.start))
    }

    /// The elements of the array at a path; `None` when nothing is there.
    pub(in crate::adapters::uv) fn elements(
        &self,
        path: &[String],
    ) -> Result<Option<Vec<Element>>, SpliceError> {
        let Some(item) = self.item(path) else { return Ok(None) };
        if let Item::ArrayOfTables(tables) = item {
            return Ok(Some(tables.iter().map(|t| self.table_element(t)).collect()));
        }
        let Some(array) = item.as_array() else { return Err(shape(path, item, "an array")) };
        let element = |v: &Value| {
            let span = v.span().unwrap_or_default();
            let key = v.as_str().map_or_else(|| self.text[span.clone()].to_owned(), str::to_owned);
            Element { key, span }
        };
        Ok(Some(array.iter().map(element).collect()))
    }

    fn item(&self, path: &[String]) -> Option<&Item> {
        let mut at = self.doc.as_item();
        for key in path {
            at = at.as_table_like()?.get(key)?;
        }
        Some(at)
    }

    // ---- values -----------------------------------------------------------------------------------------------

    /// Sets the value at a path to the one written as `value`. Gives the paths of the tables that had to be made.
    pub(in crate::adapters::uv) fn set(
        &mut self,
        path: &[String],
        value: &str,
    ) -> Result<Vec<Path>, SpliceError> {
        let Some((key, parent)) = path.split_last() else { return Ok(Vec::new()) };
        if let Some(item) = self.item(path) {
            let Some(span) = item.as_value().and_then(Value::span) else {
                return Err(shape(path, item, "a value"));
            };
            self.apply(vec![(span, value.to_owned())])?;
            return Ok(Vec::new());
        }
        let nl = self.newline();
        let (edit, made) = match self.home(parent)? {
            Home::Lines { at, indent, prefix } => {
                let mut keys = prefix;
                keys.push(key.clone());
                (insert(at, format!("{nl}{indent}{} = {value}", dotted(&keys))), Vec::new())
            }
            Home::Inline(table) => (
                Self::inline_edit(table, &format!("{} = {value}", dotted(&path[path.len() - 1..]))),
                Vec::new(),
            ),
            Home::Block => (
                self.block(
                    &format!("[{}]", dotted(parent)),
                    &format!("{} = {value}", dotted(&path[path.len() - 1..])),
                ),
                vec![parent.to_vec()],
            ),
            Home::InInline(table, depth) => {
                let mut text = format!("{} = {value}", dotted(&path[path.len() - 1..]));
                for key in parent[depth..].iter().rev() {
                    text = format!("{} = {{ {text} }}", dotted(std::slice::from_ref(key)));
                }
                let made = (depth..parent.len()).map(|last| parent[..=last].to_vec()).collect();
                (Self::inline_edit(table, &text), made)
            }
        };
        self.apply(vec![edit])?;
        Ok(made)
    }

    /// Removes the key at a path with its value. A comment on its line stays.
    pub(in crate::adapters::uv) fn unset(&mut self, path: &[String]) -> Result<(), SpliceError> {
        let Some((key, parent)) = path.split_last() else { return Ok(()) };
        let Some(table) = self.item(parent) else { return Ok(()) };
        let inline = table.is_inline_table();
        let Some((key_span, item)) =
            table.as_table_like().and_then(|t| t.get_key_value(key)).and_then(|(k, i)| Some((k.span()?, i)))
        else {
            return Ok(());
        };
        let Some(span) = item.as_value().and_then(Value::span) else {
            return Err(shape(path, item, "a value"));
        };
        let range = if inline {
            self.inline_region(key_span.start, span.end).ok_or_else(|| shape(path, item, "a plain entry"))?
        } else {
            self.line_region(key_span.start, span.end)
        };
        self.apply(vec![(range, String::new())])
    }

    /// Removes what is at a path if it has no entry and holds no comment: an array, an inline table, or a header (the
    /// tables below it stay).
    pub(in crate::adapters::uv) fn remove_if_empty(&mut self, path: &[String]) -> Result<bool, SpliceError> {
        let Some(item) = self.item(path) else { return Ok(true) };
        match item {
            Item::Table(t) if last_value(t).is_none() && !t.is_dotted() && !t.is_implicit() => {
                let Some(header) = t.span() else { return Ok(false) };
                let end = self.next_header(header.end);
                if !self.text[header.end..end].trim().is_empty() {
                    return Ok(false);
                }
                let start = self.before_block(header.start);
                self.apply(vec![(start..header.end, String::new())])?;
                Ok(true)
            }
            Item::Value(Value::InlineTable(t)) if t.is_empty() => {
                let empty = t.span().is_some_and(|s| self.text[s].trim_matches(['{', '}']).trim().is_empty());
                if empty {
                    self.unset(path)?;
                }
                Ok(empty)
            }
            Item::Value(Value::Array(a)) if a.is_empty() => {
                let empty = a.span().is_some_and(|s| self.text[s].trim_matches(['[', ']']).trim().is_empty());
                if empty {
                    self.unset(path)?;
                }
                Ok(empty)
            }
            _ => Ok(false),
        }
    }

    /// Takes the whole table with that header out of the text. Tables below it stay.
    pub(in crate::adapters::uv) fn remove_block(&mut self, path: &[String]) -> Result<(), SpliceError> {
        let Some(item) = self.item(path) else { return Ok(()) };
        let Item::Table(t) = item else { return Err(shape(path, item, "a table with a header of its own")) };
        if t.is_dotted() {
            return Err(shape(path, item, "a table with a header of its own"));
        }
        if t.is_implicit() {
            return Ok(());
        }
        let Some(header) = t.span() else { return Ok(()) };
        let last = end_of(t);
        let stop = self.end_of_line(last);
        let end = if self.text[last..stop].trim().is_empty() { last } else { stop };
        let start = self.before_block(header.start);
        self.apply(vec![(start..end, String::new())])
    }

    /// Appends a table with a header and these lines at the end of the file.
    pub(in crate::adapters::uv) fn append_block(
        &mut self,
        path: &[String],
        lines: &[String],
    ) -> Result<(), SpliceError> {
        let edit = self.block(&format!("[{}]", dotted(path)), &lines.join(self.newline()));
        self.apply(vec![edit])
    }

    fn home(&self, path: &[String]) -> Result<Home<'_>, SpliceError> {
        let mut table = self.doc.as_table();
        let mut prefix = Vec::new();
        for (depth, key) in path.iter().enumerate() {
            match table.get(key) {
                None => return Ok(Home::Block),
                Some(Item::Table(t)) => {
                    if t.is_dotted() {
                        prefix.push(key.clone());
                    } else {
                        prefix.clear();
                    }
                    table = t;
                }
                Some(Item::Value(Value::InlineTable(t))) => return inline_home(t, path, depth + 1),
                Some(item) => return Err(shape(&path[..=depth], item, "a table")),
            }
        }
        if table.is_implicit() && !table.is_dotted() {
            return Ok(Home::Block);
        }
        let header = table.span().unwrap_or_default();
        let (at, indent) = match last_value(table) {
            Some(end) => {
                let start = last_key(table).unwrap_or(end);
                (self.end_of_line(end), self.indent_of(start))
            }
            None => (self.end_of_line(header.end), String::new()),
        };
        Ok(Home::Lines { at, indent, prefix })
    }

    fn inline_edit(table: &InlineTable, text: &str) -> Edit {
        match last_inline_value(table) {
            Some(end) => insert(end, format!(", {text}")),
            None => insert(table.span().unwrap_or_default().start + 1, text.to_owned()),
        }
    }

    fn block(&self, header: &str, body: &str) -> Edit {
        let nl = self.newline();
        let end = self.text.trim_end().len();
        let bom = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let gap = if end <= bom { String::new() } else { format!("{nl}{nl}") };
        insert(end.max(bom), format!("{gap}{header}{nl}{body}"))
    }

    // ---- lines and blocks -------------------------------------------------------------------------------------

    /// What goes with a `key = value` line: the line with its break, or, where a comment follows, only the entry.
    fn line_region(&self, key: usize, end: usize) -> Range<usize> {
        let line = self.text[..key].rfind('\n').map_or(0, |i| i + 1);
        let stop = self.end_of_line(end);
        if !self.text[end..stop].trim().is_empty() {
            let first = line + leading_blanks(&self.text[line..]);
            return first..end + leading_blanks(&self.text[end..]);
        }
        if line == 0 {
            let after = self.text[stop..].find('\n').map_or(stop, |i| stop + i + 1);
            return line..after;
        }
        self.before_line(key)..end
    }

    /// What goes with an entry of an inline table; `None` when a comment is in the way.
    fn inline_region(&self, key: usize, end: usize) -> Option<Range<usize>> {
        let before = self.text[..key].trim_end();
        if before.ends_with(',') {
            return Some(before.len() - 1..end);
        }
        if !before.ends_with('{') {
            return None;
        }
        let rest = &self.text[end..];
        let blanks = rest.len() - rest.trim_start().len();
        match rest.trim_start().strip_prefix(',') {
            Some(more) => {
                let more = more.len() - more.trim_start().len();
                Some(key..end + blanks + 1 + more)
            }
            None => Some(key..end),
        }
    }

    /// The byte before the line break that comes before a byte's line.
    fn before_line(&self, byte: usize) -> usize {
        let head = &self.text[..byte];
        let Some(nl) = head.rfind('\n') else { return 0 };
        head[..nl].strip_suffix('\r').map_or(nl, str::len)
    }

    /// Where a block starts whose header starts at a byte: the empty line before it goes with it.
    fn before_block(&self, header: usize) -> usize {
        let one = self.before_line(header);
        let head = &self.text[..one];
        if head.ends_with('\n') { self.before_line(one) } else { one }
    }

    /// The first line break between two bytes.
    fn line_break(&self, from: usize, to: usize) -> Option<usize> {
        let part = self.text.get(from..to)?;
        let at = part.find('\n')?;
        Some(from + part[..at].strip_suffix('\r').map_or(at, str::len))
    }

    /// The end of a byte's line, before its break.
    fn end_of_line(&self, byte: usize) -> usize {
        self.line_break(byte, self.text.len()).unwrap_or(self.text.len())
    }

    /// The blanks at the start of a byte's line.
    fn indent_of(&self, byte: usize) -> String {
        let line = self.text[..byte].rfind('\n').map_or(0, |i| i + 1);
        let line =
            if self.text[line..].starts_with('\u{feff}') { line + '\u{feff}'.len_utf8() } else { line };
        self.text[line..line + leading_blanks(&self.text[line..])].to_owned()
    }

    /// Where the next header after a byte starts, else the end.
    fn next_header(&self, byte: usize) -> usize {
        let mut starts = Vec::new();
        headers(self.doc.as_table(), &mut starts);
        starts.into_iter().filter(|&s| s >= byte).min().unwrap_or(self.text.len())
    }

    fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(i) if self.text[..i].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    fn apply(&mut self, mut edits: Vec<Edit>) -> Result<(), SpliceError> {
        edits.sort_by_key(|(r, _)| (r.start, r.end));
        let mut out = String::with_capacity(self.text.len() + 256);
        let mut done = 0;
        for (range, text) in edits {
            out.push_str(self.text.get(done..range.start).unwrap_or_default());
            out.push_str(&text);
            done = range.end.max(done);
        }
        out.push_str(&self.text[done..]);
        *self = Self::parse(out)?;
        Ok(())
    }
}

fn inline_home<'a>(table: &'a InlineTable, path: &[String], depth: usize) -> Result<Home<'a>, SpliceError> {
    let mut table = table;
    for (n, key) in path.iter().enumerate().skip(depth) {
        match table.get(key) {
            None => return Ok(Home::InInline(table, n)),
            Some(Value::InlineTable(t)) if !t.is_dotted() => table = t,
            Some(other) => {
                return Err(SpliceError::Shape {
                    path: dotted(&path[..=n]),
                    found: other.type_name(),
                    expected: "a table",
                });
            }
        }
    }
    Ok(Home::Inline(table))
}

fn shape(path: &[String], item: &Item, expected: &'static str) -> SpliceError {
    SpliceError::Shape { path: dotted(path), found: item.type_name(), expected }
}

/// The end of what stands under a table's own header, or of the header.
fn end_of(table: &Table) -> usize {
    let header = table.span().unwrap_or_default().end;
    last_value(table).map_or(header, |end| end.max(header))
}

fn insert(at: usize, text: String) -> Edit {
    (at..at, text)
}

fn line_of(text: &str, byte: usize) -> usize {
    text.get(..byte).unwrap_or(text).matches('\n').count() + 1
}

fn leading_blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// The end of the last value that stands under a table's own header.
fn last_value(table: &Table) -> Option<usize> {
    let end = |item: &Item| match item {
        Item::Value(v) => value_end(v),
        Item::Table(t) if t.is_dotted() => last_value(t),
        _ => None,
    };
    table.iter().filter_map(|(_, item)| end(item)).max()
}

/// The start of the last key that stands under a table's own header.
fn last_key(table: &Table) -> Option<usize> {
    let start = |(key, item): (&str, &Item)| match item {
        Item::Value(_) => table.key(key).and_then(Key::span).map(|s| s.start),
        Item::Table(t) if t.is_dotted() => last_key(t),
        _ => None,
    };
    table.iter().filter_map(start).max()
}

fn value_end(value: &Value) -> Option<usize> {
    match value {
        Value::InlineTable(t) if t.is_dotted() => last_inline_value(t),
        v => v.span().map(|s| s.end),
    }
}

fn last_inline_value(table: &InlineTable) -> Option<usize> {
    table.iter().filter_map(|(_, v)| value_end(v)).max()
}

fn headers(table: &Table, out: &mut Vec<usize>) {
    let mut take = |t: &Table| {
        if !t.is_dotted() && !t.is_implicit() {
            out.extend(t.span().map(|s| s.start));
        }
        headers(t, out);
    };
    for (_, item) in table {
        match item {
            Item::Table(t) => take(t),
            Item::ArrayOfTables(a) => a.iter().for_each(&mut take),
            _ => {}
        }
    }
}
