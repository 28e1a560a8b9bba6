//! From an edit to the bytes that go and the bytes that come.

mod remove;
mod reshape;

use std::fmt::Write as _;

use super::{Edit, New, Obstacle, Step, descend};
use crate::yaml::layout::{Shape, Written, WrittenItem, WrittenPair};

/// What a value stands behind.
enum Head<'w> {
    Pair(&'w WrittenPair),
    Item(&'w WrittenItem),
}

/// The replacements of one edit in a text, not overlapping.
pub(super) struct Splices<'t> {
    text: &'t str,
    root: Option<&'t Written>,
    changes: Vec<(std::ops::Range<usize>, String)>,
}

impl<'t> Splices<'t> {
    pub(super) fn new(text: &'t str, root: Option<&'t Written>) -> Self {
        Self { text, root, changes: Vec::new() }
    }

    /// The text with all replacements made.
    pub(super) fn apply(mut self) -> String {
        self.changes.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.len() + 64);
        let mut at = 0;
        for (range, new) in &self.changes {
            out.push_str(self.text.get(at..range.start).unwrap_or_default());
            out.push_str(new);
            at = range.end;
        }
        out.push_str(self.text.get(at..).unwrap_or_default());
        // a text whose last line has no break keeps to that when its last line goes
        let last_goes = self
            .changes
            .last()
            .is_some_and(|(range, new)| new.is_empty() && !range.is_empty() && range.end == self.text.len());
        if last_goes && !self.text.ends_with('\n') && out.ends_with('\n') {
            out.pop();
            if out.ends_with('\r') {
                out.pop();
            }
        }
        out
    }

    pub(super) fn plan(&mut self, edit: &Edit) -> Result<(), Obstacle> {
        match edit {
            Edit::Set { path, value, comment } => self.set(path, value, comment.as_deref()),
            Edit::Append { path, item } => self.append(path, item),
            Edit::Replace { path, index, item } => {
                let item_at = self.item(path, *index)?;
                self.replace(&item_at.node, item)
            }
            Edit::Enlist { path, item } => self.enlist(path, item),
            Edit::RemoveItem { path, index } => self.remove_item(path, *index),
            Edit::RemoveKey { path } => self.remove_key(path),
            Edit::Prune { path, comment } => self.prune(path, comment.as_deref()),
            Edit::Clear { path } => self.clear(path),
            Edit::Pair { path, value } => self.make_pair(path, value),
            Edit::Unpair { path } => self.unpair(path),
            Edit::Wrap { path, key, more } => self.wrap(path, key, more),
            Edit::Unwrap { path, key } => self.unwrap(path, key),
            Edit::Rename { path, to } => self.rename(path, to),
        }
    }

    fn root(&self) -> Result<&'t Written, Obstacle> {
        self.root.ok_or(Obstacle::Absent)
    }

    fn item(&self, path: &[Step], index: usize) -> Result<&'t WrittenItem, Obstacle> {
        match descend(self.root()?, path)? {
            (Written { shape: Shape::List { items, .. }, .. }, []) => {
                items.get(index).ok_or(Obstacle::Absent)
            }
            (Written { shape: Shape::Alias, .. }, _) => Err(Obstacle::Borrowed),
            _ => Err(Obstacle::Shape),
        }
    }

    // ---- setting ----

    fn set(&mut self, path: &[Step], value: &New, comment: Option<&str>) -> Result<(), Obstacle> {
        let Some(root) = self.root else {
            return self.at_end_of_text(path, value, comment);
        };
        match descend(root, path)? {
            (node, []) => self.replace(node, value),
            (node, missing) => self.make(root, node, path, missing, value, comment),
        }
    }

    /// Writes the keys `missing` below `node`, the last one with `value`.
    fn make(
        &mut self,
        root: &'t Written,
        node: &'t Written,
        path: &[Step],
        missing: &[Step],
        value: &New,
        comment: Option<&str>,
    ) -> Result<(), Obstacle> {
        let keys = keys(missing)?;
        let Some((first, rest)) = keys.split_first() else { return Err(Obstacle::Shape) };
        match &node.shape {
            Shape::Map { flow: true, pairs }
                if pairs.is_empty() && self.opens_up(root, node, path, missing)? =>
            {
                let above = &path[..path.len() - missing.len()];
                let indent = self.head_column(root, above)?.ok_or(Obstacle::Style)? + self.step(root);
                let colon = Self::indicator(root, above)?.ok_or(Obstacle::Style)?;
                let lines = self.pair_lines(root, first, rest, value, comment, indent);
                self.changes.push((colon..node.end, String::new()));
                self.lines_after(node.end, &lines)
            }
            Shape::Map { flow: true, pairs } => {
                let new = format!("{}: {}", scalar(first), flow(&nested(rest, value)));
                self.add_in_brackets(node, pairs.last().map(|p| p.node.end.max(p.colon)), &new)
            }
            Shape::Map { flow: false, pairs } => {
                let (Some(head), Some(last)) = (pairs.first(), pairs.last()) else {
                    return Err(Obstacle::Style);
                };
                let indent = self.column(head.key_at.start);
                let like_lines = match (value, &last.node.shape) {
                    (New::Braces(pairs), Shape::Map { flow: false, .. }) if rest.is_empty() => {
                        Some(New::Map(pairs.clone()))
                    }
                    _ => None,
                };
                let value = like_lines.as_ref().unwrap_or(value);
                let lines = self.pair_lines(root, first, rest, value, comment, indent);
                self.lines_after(last.node.end.max(last.colon), &lines)
            }
            Shape::Empty if !node.marked => {
                let (above, _) = path.split_at(path.len() - missing.len());
                let Some(head_column) = self.head_column(root, above)? else {
                    return self.at_end_of_text(missing, value, comment);
                };
                if Self::in_brackets(root, above)? {
                    let new = format!("{{{}: {}}}", scalar(first), flow(&nested(rest, value)));
                    return self.behind_colon(node.start, &new);
                }
                let indent = head_column + self.step(root);
                let lines = self.pair_lines(root, first, rest, value, comment, indent);
                self.lines_after(node.end, &lines)
            }
            Shape::Scalar => self.replace(node, &nested(&keys, value)),
            _ => Err(Obstacle::Style),
        }
    }

    /// Whether an empty `{}` stands where lines can: on the line of a key that is in no brackets.
    fn opens_up(
        &self,
        root: &Written,
        node: &Written,
        path: &[Step],
        missing: &[Step],
    ) -> Result<bool, Obstacle> {
        let above = &path[..path.len() - missing.len()];
        let Some(indicator) = Self::indicator(root, above)? else { return Ok(false) };
        let behind = self.text.get(indicator..node.start).unwrap_or("\n");
        Ok(!node.marked && !Self::in_brackets(root, above)? && !behind.contains('\n'))
    }

    /// The document has no value yet: the key goes to its end.
    fn at_end_of_text(&mut self, path: &[Step], value: &New, comment: Option<&str>) -> Result<(), Obstacle> {
        let keys = keys(path)?;
        let Some((first, rest)) = keys.split_first() else { return Err(Obstacle::Shape) };
        let mut lines = Vec::new();
        push_comment(&mut lines, comment.filter(|_| rest.is_empty()), 0);
        push_pair(
            &mut lines,
            first,
            &nested(rest, value),
            0,
            2,
            comment.filter(|_| !rest.is_empty()),
            rest.len(),
        );
        let eol = self.eol();
        let mut new = lines.join(eol);
        if !self.text.is_empty() && !self.text.ends_with('\n') && self.text != "\u{feff}" {
            new.insert_str(0, eol);
        }
        new.push_str(eol);
        self.changes.push((self.text.len()..self.text.len(), new));
        Ok(())
    }

    fn pair_lines(
        &self,
        root: &Written,
        first: &str,
        rest: &[String],
        value: &New,
        comment: Option<&str>,
        indent: usize,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        push_comment(&mut lines, comment.filter(|_| rest.is_empty()), indent);
        let inner = comment.filter(|_| !rest.is_empty());
        push_pair(&mut lines, first, &nested(rest, value), indent, self.step(root), inner, rest.len());
        lines
    }

    /// Replaces a value that is written.
    fn replace(&mut self, node: &'t Written, value: &New) -> Result<(), Obstacle> {
        let new = flow(value);
        match &node.shape {
            Shape::Empty if node.marked => Err(Obstacle::Style),
            Shape::Empty => self.behind_colon(node.start, &new),
            Shape::List { flow: false, .. } | Shape::Map { flow: false, .. } => {
                self.replace_block(node, &new)
            }
            _ => {
                self.changes.push((node.start..node.end, new));
                Ok(())
            }
        }
    }

    /// Replaces a block of lines by a value on the line of its key; a comment behind the key stays.
    fn replace_block(&mut self, node: &Written, new: &str) -> Result<(), Obstacle> {
        let line = self.line_start(node.start);
        if node.marked || !self.text[line..node.start].trim().is_empty() {
            self.changes.push((node.start..node.end, new.to_owned()));
            return Ok(());
        }
        let (at, content_end) = self.above_block(line)?;
        self.changes.push((at..at, format!(" {new}")));
        // a comment behind the last line of the block goes with it
        let rest = self.text[..self.rest_of_line(node.end)?].trim_end_matches(['\n', '\r']).len();
        self.changes.push((content_end..rest.max(node.end), String::new()));
        Ok(())
    }

    /// Back over empty lines and comments to the line of the colon or dash that a block belongs to: where its value
    /// can stand instead, and where that line's content ends.
    fn above_block(&self, line: usize) -> Result<(usize, usize), Obstacle> {
        let mut end = line;
        while end > 0 {
            let start = self.line_start(end - 1);
            let text = self.text[start..end].trim();
            if !text.is_empty() && !text.starts_with('#') {
                let at = indicator_end(&self.text[start..end]).ok_or(Obstacle::Style)?;
                let content_end = start + self.text[start..end].trim_end_matches(['\n', '\r']).len();
                return Ok((start + at, content_end));
            }
            end = start;
        }
        Err(Obstacle::Style)
    }

    fn behind_colon(&mut self, at: usize, new: &str) -> Result<(), Obstacle> {
        let before = self.text[..at].chars().next_back();
        let new = match before {
            Some(':' | '-' | '?') => format!(" {new}"),
            // `{a}`: a key without a colon
            Some(_) if !self.text[..at].ends_with(char::is_whitespace) => format!(": {new}"),
            _ => return Err(Obstacle::Style),
        };
        self.changes.push((at..at, new));
        Ok(())
    }

    // ---- lists ----

    fn append(&mut self, path: &[Step], item: &New) -> Result<(), Obstacle> {
        let as_list = || New::List { items: vec![item.clone()], lines: true };
        let Some(root) = self.root else { return self.at_end_of_text(path, &as_list(), None) };
        let (node, missing) = descend(root, path)?;
        if !missing.is_empty() {
            return self.make(root, node, path, missing, &as_list(), None);
        }
        match &node.shape {
            Shape::List { flow: true, items } => {
                self.add_in_brackets(node, items.last().map(|i| i.node.end), &flow(item))
            }
            Shape::List { flow: false, items } => {
                let Some(last) = items.last() else { return Err(Obstacle::Style) };
                let indent = self.column(last.start);
                let in_braces = matches!(last.node.shape, Shape::Map { flow: true, .. });
                let lines = match item {
                    New::Block(pairs) if in_braces => item_lines(&New::Map(pairs.clone()), indent),
                    item => item_lines(item, indent),
                };
                self.lines_after(last.node.end, &lines)
            }
            Shape::Empty if !node.marked => {
                let column = self.head_column(root, path)?.ok_or(Obstacle::Style)?;
                if Self::in_brackets(root, path)? {
                    return self.behind_colon(node.start, &flow(&as_list()));
                }
                self.lines_after(node.end, &item_lines(item, column + self.step(root)))
            }
            Shape::Scalar => self.replace(node, &as_list()), // `~` and `null`: the tree knows that it is nothing
            Shape::Alias => Err(Obstacle::Borrowed),
            _ => Err(Obstacle::Shape),
        }
    }

    // ---- where text goes ----

    fn add_in_brackets(
        &mut self,
        node: &Written,
        last_end: Option<usize>,
        new: &str,
    ) -> Result<(), Obstacle> {
        let at = match last_end {
            Some(end) => {
                self.changes.push((end..end, format!(", {new}")));
                return Ok(());
            }
            None => {
                self.text[node.start..node.end].rfind(['[', '{']).ok_or(Obstacle::Style)? + node.start + 1
            }
        };
        self.changes.push((at..at, new.to_owned()));
        Ok(())
    }

    /// Puts lines behind the line on which `end` lies.
    fn lines_after(&mut self, end: usize, lines: &[String]) -> Result<(), Obstacle> {
        let at = self.rest_of_line(end)?;
        let eol = self.eol();
        let whole = self.text[..at].ends_with('\n');
        let mut new = String::new();
        for line in lines {
            let (before, after) = if whole { ("", eol) } else { (eol, "") };
            new.extend([before, line, after]);
        }
        self.changes.push((at..at, new));
        Ok(())
    }

    /// The start of the next line, if nothing but a comment stands between.
    fn rest_of_line(&self, end: usize) -> Result<usize, Obstacle> {
        let stop = self.text[end..].find('\n').map_or(self.text.len(), |i| end + i + 1);
        let rest = &self.text[end..stop];
        let free =
            rest.trim().is_empty() || (rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#'));
        if free { Ok(stop) } else { Err(Obstacle::Style) }
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |i| i + 1)
    }

    fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].trim_start_matches('\u{feff}').chars().count()
    }

    /// The column of a path's last key, or of its item's dash; `None` for the root.
    fn head_column(&self, root: &Written, path: &[Step]) -> Result<Option<usize>, Obstacle> {
        Ok(match Self::head(root, path)? {
            Some(Head::Pair(pair)) => Some(self.column(pair.key_at.start)),
            Some(Head::Item(item)) => Some(self.column(item.start)),
            None => None,
        })
    }

    /// One past the colon of a path's last key, or the dash of its item; `None` for the root.
    fn indicator(root: &Written, path: &[Step]) -> Result<Option<usize>, Obstacle> {
        Ok(Self::head(root, path)?.map(|head| match head {
            Head::Pair(pair) => pair.colon,
            Head::Item(item) => item.start + 1,
        }))
    }

    /// What a path's value stands behind.
    fn head<'w>(root: &'w Written, path: &[Step]) -> Result<Option<Head<'w>>, Obstacle> {
        let Some((last, above)) = path.split_last() else { return Ok(None) };
        match (descend(root, above)?, last) {
            ((Written { shape: Shape::Map { pairs, .. }, .. }, []), Step::Key(last)) => {
                Ok(pairs.iter().find(|p| p.key.as_ref() == Some(last)).map(Head::Pair))
            }
            ((Written { shape: Shape::List { items, .. }, .. }, []), Step::Item(index)) => {
                Ok(items.get(*index).map(Head::Item))
            }
            _ => Err(Obstacle::Shape),
        }
    }

    /// Whether the value of a path stands somewhere within brackets or braces.
    fn in_brackets(root: &Written, path: &[Step]) -> Result<bool, Obstacle> {
        for depth in 0..path.len() {
            let (node, _) = descend(root, &path[..depth])?;
            if matches!(node.shape, Shape::Map { flow: true, .. } | Shape::List { flow: true, .. }) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How far the document indents.
    fn step(&self, root: &Written) -> usize {
        let Shape::Map { flow: false, pairs } = &root.shape else { return 2 };
        pairs
            .iter()
            .find_map(|p| match &p.node.shape {
                Shape::Map { flow: false, pairs } => {
                    Some(self.column(pairs.first()?.key_at.start)).filter(|&c| c > 0)
                }
                _ => None,
            })
            .unwrap_or(2)
    }

    fn eol(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}

/// One past the colon or dash that ends a line, a comment behind it left out.
fn indicator_end(line: &str) -> Option<usize> {
    let key = line.len() - line.trim_start_matches([' ', '-']).len();
    let after_key = key + in_quotes(&line[key..]);
    let mut signs = line[after_key..].match_indices('#').map(|(at, _)| after_key + at);
    let comment = signs.find(|at| line[..*at].ends_with([' ', '\t']));
    let content = line[..comment.unwrap_or(line.len())].trim_end();
    content.ends_with([':', '-']).then_some(content.len())
}

/// How long a text in quotes is that stands at the beginning; where there is none, 0.
fn in_quotes(text: &str) -> usize {
    let Some(quote @ ('"' | '\'')) = text.chars().next() else { return 0 };
    let mut rest = text[1..].char_indices();
    while let Some((at, c)) = rest.next() {
        let is_doubled = || quote == '\'' && text[at + 2..].starts_with(quote);
        if (c == '\\' && quote == '"') || (c == quote && is_doubled()) {
            rest.next();
        } else if c == quote {
            return at + 2;
        }
    }
    0
}

/// The keys that steps name; what is not there yet is never an item.
fn keys(steps: &[Step]) -> Result<Vec<String>, Obstacle> {
    let key = |step: &Step| match step {
        Step::Key(key) => Ok(key.clone()),
        Step::Item(_) => Err(Obstacle::Shape),
    };
    steps.iter().map(key).collect()
}

/// A value below further keys.
fn nested(keys: &[String], value: &New) -> New {
    keys.iter().rev().fold(value.clone(), |inner, key| New::Map(vec![(key.clone(), inner)]))
}

fn push_comment(lines: &mut Vec<String>, comment: Option<&str>, indent: usize) {
    for line in comment.unwrap_or_default().lines() {
        let line: String = line.chars().filter(|c| !is_unfit(*c)).collect();
        lines.push(format!("{:indent$}# {line}", "").trim_end().to_owned());
    }
}

/// What must not stand in a comment: control characters, what some reader takes for the end of a line or for a mark of the
/// byte order, and what turns the direction of writing.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A key with its value as lines; the comment goes above the key that is `depth` levels further in.
fn push_pair(
    lines: &mut Vec<String>,
    key: &str,
    value: &New,
    indent: usize,
    step: usize,
    comment: Option<&str>,
    depth: usize,
) {
    let key = scalar(key);
    match value {
        New::Map(pairs) | New::Block(pairs) if !pairs.is_empty() => {
            lines.push(format!("{:indent$}{key}:", ""));
            for (inner_key, inner) in pairs {
                push_comment(lines, comment.filter(|_| depth == 1), indent + step);
                let comment = comment.filter(|_| depth > 1);
                push_pair(lines, inner_key, inner, indent + step, step, comment, depth.saturating_sub(1));
            }
        }
        New::List { items, lines: true } if !items.is_empty() => {
            lines.push(format!("{:indent$}{key}:", ""));
            for item in items {
                lines.extend(item_lines(item, indent + step));
            }
        }
        value => lines.push(format!("{:indent$}{key}: {}", "", flow(value))),
    }
}

fn item_lines(item: &New, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if let New::Block(pairs) = item {
        for (key, value) in pairs {
            push_pair(&mut lines, key, value, indent + 2, 2, None, 0);
        }
    }
    match lines.first_mut() {
        Some(first) => first.replace_range(indent..=indent, "-"),
        None => lines.push(format!("{:indent$}- {}", "", flow(item))),
    }
    lines
}

/// A value on one line.
pub(super) fn flow(value: &New) -> String {
    match value {
        New::Text(text) => scalar(text),
        New::List { items, .. } => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        New::Bare(text) => text.clone(),
        New::Map(pairs) | New::Braces(pairs) | New::Block(pairs) => {
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| format!("{}: {}", scalar(k), flow(v))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

/// A string that every reader takes for that string: without quotes only where no version of YAML sees anything else.
fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    let first = text.chars().next();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+');
    let key = |c: char| word(c) || c == ':';
    if !first.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') || !text.chars().all(key) {
        return false;
    }
    // a colon only between words, as in `package:rag-core`: no digit, so that it is neither a time nor a base-60 number
    if text.contains(':') {
        let mut parts = text.split(':');
        let starts = |p: &str| p.starts_with(|c: char| c.is_ascii_alphabetic());
        return starts(parts.next().unwrap_or_default())
            && parts.next().is_some_and(starts)
            && parts.next().is_none();
    }
    let lower = text.to_ascii_lowercase();
    let reserved =
        ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", "infinity", "none"];
    if reserved.contains(&lower.as_str()) {
        return false;
    }
    // what starts like a number is one only to be trusted without quotes if a letter stands in it that no number has
    first.is_some_and(|c| c.is_ascii_alphabetic())
        || lower.chars().any(|c| matches!(c, 'g'..='w') && !matches!(c, 'o' | 't' | 'i' | 'n'))
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                // writing to a string cannot fail
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
