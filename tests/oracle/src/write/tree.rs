//! YAML in blocks, one thing on a line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Order;

/// A piece of YAML.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    Text(String),
    /// Keys and values; whether their order means something.
    Map(Vec<(String, Tree)>, bool),
    /// Items; whether their order means something.
    List(Vec<Tree>, bool),
    /// A statement that could be left out, with the key or item that it is the value of.
    Statement(Box<Tree>),
}

impl Tree {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn quoted(text: impl std::fmt::Display) -> Self {
        Self::Text(format!("\"{text}\""))
    }

    pub(super) fn map<'k>(pairs: impl IntoIterator<Item = (&'k str, Tree)>) -> Self {
        Self::Map(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(), false)
    }

    /// Items whose order means nothing.
    pub(super) fn set(items: impl IntoIterator<Item = Tree>) -> Self {
        Self::List(items.into_iter().collect(), false)
    }

    /// Items in their order.
    pub(super) fn list(items: impl IntoIterator<Item = Tree>) -> Self {
        Self::List(items.into_iter().collect(), true)
    }

    /// The same, but the order of its keys means something.
    pub(super) fn in_order(self) -> Self {
        match self {
            Self::Map(pairs, _) => Self::Map(pairs, true),
            other => other,
        }
    }

    pub(super) fn statement(self) -> Self {
        Self::Statement(Box::new(self))
    }

    pub(super) fn push(&mut self, key: impl Into<String>, value: Tree) {
        if let Self::Map(pairs, _) = self {
            pairs.push((key.into(), value));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::Map(pairs, _) => pairs.is_empty(),
            Self::List(items, _) => items.is_empty(),
            Self::Statement(inner) => inner.is_empty(),
        }
    }

    /// The text, and the lines of statements.
    pub(super) fn render(&self, order: &mut Order<'_>) -> (String, Vec<usize>) {
        let mut out = Out { text: String::new(), line: 1, statements: Vec::new() };
        out.tree(self, 0, order);
        (out.text, out.statements)
    }

    /// Without the statements whose line (of the unshuffled text) is not named and that hold none that is.
    pub(super) fn only(&self, lines: &BTreeSet<usize>) -> Self {
        self.kept(&mut 1, lines).map_or_else(|| Self::map([]), |(tree, _)| tree)
    }

    /// What stays of it, and whether it holds a named line; it begins on the given line.
    fn kept(&self, line: &mut usize, lines: &BTreeSet<usize>) -> Option<(Self, bool)> {
        match self {
            Self::Text(_) => {
                let named = lines.contains(line);
                *line += 1;
                Some((self.clone(), named))
            }
            Self::Statement(inner) => inner.kept(line, lines).filter(|(_, named)| *named),
            Self::Map(pairs, ordered) => {
                if pairs.is_empty() {
                    return Self::text("{}").kept(line, lines).map(|(_, named)| (self.clone(), named));
                }
                let mut any = false;
                let mut rest = Vec::new();
                for (key, value) in pairs {
                    let mut own = false;
                    if !value.is_on_one_line() {
                        own = lines.contains(line);
                        *line += 1;
                    }
                    // the key's own line may be the named one
                    let strip = matches!(value, Self::Statement(_));
                    let inner = if let Self::Statement(inner) = value { inner } else { value };
                    if let Some((value, named)) = inner.kept(line, lines)
                        && (!strip || named || own)
                    {
                        any |= named || own;
                        rest.push((key.clone(), value));
                    }
                }
                Some((Self::Map(rest, *ordered), any))
            }
            Self::List(items, ordered) => {
                if items.is_empty() {
                    return Self::text("[]").kept(line, lines).map(|(_, named)| (self.clone(), named));
                }
                let mut any = false;
                let mut rest = Vec::new();
                for item in items {
                    if let Some((item, named)) = item.kept(line, lines) {
                        any |= named;
                        rest.push(item);
                    }
                }
                Some((Self::List(rest, *ordered), any))
            }
        }
    }

    fn is_on_one_line(&self) -> bool {
        match self {
            Self::Text(_) => true,
            Self::Statement(inner) => inner.is_on_one_line(),
            Self::Map(..) | Self::List(..) => self.is_empty(),
        }
    }
}

struct Out {
    text: String,
    line: usize,
    statements: Vec<usize>,
}

impl Out {
    fn end(&mut self) {
        self.text.push('\n');
        self.line += 1;
    }

    fn tree(&mut self, tree: &Tree, indent: usize, order: &mut Order<'_>) {
        match tree {
            Tree::Text(text) => {
                self.text.push_str(text);
                self.end();
            }
            Tree::Statement(inner) => {
                self.statements.push(self.line);
                self.tree(inner, indent, order);
            }
            Tree::Map(pairs, ordered) => self.map(pairs, *ordered, indent, order),
            Tree::List(items, ordered) => self.list(items, *ordered, indent, order),
        }
    }

    fn map(&mut self, pairs: &[(String, Tree)], ordered: bool, indent: usize, order: &mut Order<'_>) {
        if pairs.is_empty() {
            self.text.push_str("{}");
            return self.end();
        }
        for (turn, at) in turns(pairs.len(), false, ordered, order).into_iter().enumerate() {
            let (key, value) = &pairs[at];
            if turn > 0 {
                let _ = write!(self.text, "{:indent$}", "");
            }
            let _ = write!(self.text, "{key}:");
            if matches!(value, Tree::Statement(_)) {
                self.statements.push(self.line);
            }
            if value.is_on_one_line() {
                self.text.push(' ');
                self.value(value, indent, order);
            } else {
                self.end();
                let _ = write!(self.text, "{:1$}", "", indent + 2);
                self.value(value, indent + 2, order);
            }
        }
    }

    /// The value of a key, whose line was told already.
    fn value(&mut self, tree: &Tree, indent: usize, order: &mut Order<'_>) {
        let inner = if let Tree::Statement(inner) = tree { inner } else { tree };
        self.tree(inner, indent, order);
    }

    fn list(&mut self, items: &[Tree], ordered: bool, indent: usize, order: &mut Order<'_>) {
        if items.is_empty() {
            self.text.push_str("[]");
            return self.end();
        }
        for (turn, at) in turns(items.len(), true, ordered, order).into_iter().enumerate() {
            if turn > 0 {
                let _ = write!(self.text, "{:indent$}", "");
            }
            self.text.push_str("- ");
            self.tree(&items[at], indent + 2, order);
        }
    }
}

fn turns(count: usize, is_list: bool, ordered: bool, order: &mut Order<'_>) -> Vec<usize> {
    let mut turns: Vec<usize> = (0..count).collect();
    if !ordered {
        order(is_list, &mut turns);
    }
    turns
}
