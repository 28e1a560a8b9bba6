//! Tree to text, quoted so that YAML 1.1 and 1.2 readers see the same value.
//!
//! Owns: what is written for hsm's own files. Refuses: layout beyond block style, anchors, tags, folded texts.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_saphyr::DoubleQuoted;

use super::{Limits, Node, Value};
use crate::place::{FileId, Place};

/// A tree to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Out {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text, quoted where some reader would take it for something else.
    Str(String),
    /// A text that is always quoted.
    Quoted(String),
    /// A sequence.
    List(Vec<Out>),
    /// A mapping, in this order.
    Map(Vec<(String, Out)>),
    /// A value with a comment above it, or above its key (without `#`; each line becomes one).
    Commented(String, Box<Out>),
}

impl Out {
    /// A text, quoted where needed.
    pub fn str(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    /// A text that is always quoted.
    pub fn quoted(text: impl Into<String>) -> Self {
        Self::Quoted(text.into())
    }

    /// A list of texts, quoted where needed.
    pub fn strs<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::str).collect())
    }

    fn has_comments(&self) -> bool {
        match self {
            Self::Commented(..) => true,
            Self::List(items) => items.iter().any(Self::has_comments),
            Self::Map(pairs) => pairs.iter().any(|(_, value)| value.has_comments()),
            _ => false,
        }
    }
}

impl From<&Node> for Out {
    /// A value that is passed through: booleans, whole numbers and fractions stay what they are as far as every reader
    /// agrees on them (`8080`, `0.5`); whatever readers disagree on (`0440`, `1_000`, `on`, dates) becomes a text.
    fn from(node: &Node) -> Self {
        match &node.value {
            Value::Null => Self::Null,
            Value::Scalar { text, plain: true } => plain(text),
            Value::Scalar { text, plain: false } => Self::Str(text.clone()),
            Value::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Map(pairs) => {
                Self::Map(pairs.iter().map(|(k, v)| (k.text.clone(), Self::from(v))).collect())
            }
        }
    }
}

/// Writes anew what was read, in the plainest form: nothing borrowed, a line for each item, no comment. Every scalar is
/// the text that it was.
pub fn plainly(node: &Node) -> String {
    write(&as_read(node))
}

fn as_read(node: &Node) -> Out {
    match &node.value {
        Value::Null => Out::Null,
        Value::Scalar { text, plain: true } if text == "true" || text == "false" => Out::Bool(text == "true"),
        Value::Scalar { text, .. } => Out::Str(text.clone()),
        Value::List(items) => Out::List(items.iter().map(as_read).collect()),
        Value::Map(pairs) => {
            Out::Map(pairs.iter().map(|(key, value)| (key.text.clone(), as_read(value))).collect())
        }
    }
}

/// Writes the tree as a document with a final line break.
pub fn write(out: &Out) -> String {
    let options = serde_saphyr::ser_options! {
        prefer_block_scalars: false,
        compact_list_indent: false,
    };
    // Writing into a String fails for no tree that can be built here: all keys are texts.
    let mut text = serde_saphyr::to_string_with_options(out, options).unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let mut comments = Vec::new();
    if out.has_comments() {
        let limits = Limits { bytes: usize::MAX, depth: 1000, copied: 0 };
        if let Some(node) = super::parse(FileId(0), &text, limits).node {
            find_comments(out, &node, None, &mut comments);
        }
    }
    // From the end, so that the offsets before stay true; the sort keeps outer comments above inner ones.
    comments.sort_by_key(|(at, _)| *at);
    for (at, comment) in comments.into_iter().rev() {
        let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
        let indent: String = text[start..].chars().take_while(|c| *c == ' ').collect();
        let lines: String =
            comment.lines().map(|l| format!("{indent}# {l}\n").replace("# \n", "#\n")).collect();
        text.insert_str(start, &lines);
    }
    text
}

/// The comments of a tree, each with the byte on whose line the commented thing starts.
fn find_comments<'o>(out: &'o Out, node: &Node, key: Option<Place>, comments: &mut Vec<(usize, &'o str)>) {
    match (out, &node.value) {
        (Out::Commented(comment, inner), _) => {
            comments.push((key.unwrap_or(node.place).start as usize, comment));
            find_comments(inner, node, key, comments);
        }
        (Out::List(outs), Value::List(nodes)) => {
            for (out, node) in outs.iter().zip(nodes) {
                find_comments(out, node, None, comments);
            }
        }
        (Out::Map(outs), Value::Map(nodes)) => {
            for ((_, out), (key, node)) in outs.iter().zip(nodes) {
                find_comments(out, node, Some(key.place), comments);
            }
        }
        _ => {}
    }
}

/// What an unquoted scalar means to every reader alike.
fn plain(text: &str) -> Out {
    match text {
        "true" => return Out::Bool(true),
        "false" => return Out::Bool(false),
        _ => {}
    }
    if let Ok(number) = text.parse::<i64>()
        && number.to_string() == text
    {
        return Out::Int(number);
    }
    let fraction = text.contains('.') && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    match text.parse::<f64>() {
        Ok(number) if fraction && number.is_finite() && number.to_string() == text => Out::Float(number),
        _ => Out::Str(text.to_owned()),
    }
}

impl Serialize for Out {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(value) => to.serialize_bool(*value),
            Self::Int(value) => to.serialize_i64(*value),
            Self::Float(value) => to.serialize_f64(*value),
            Self::Str(text) if must_quote(text) => DoubleQuoted(text.as_str()).serialize(to),
            Self::Str(text) => to.serialize_str(text),
            Self::Quoted(text) => DoubleQuoted(text.as_str()).serialize(to),
            Self::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Map(pairs) => {
                let mut map = to.serialize_map(Some(pairs.len()))?;
                for (key, value) in pairs {
                    map.serialize_entry(&Self::Str(key.clone()), value)?;
                }
                map.end()
            }
            Self::Commented(_, value) => value.serialize(to),
        }
    }
}

/// What the writer itself would leave bare although some reader takes it for something else than a text.
fn must_quote(text: &str) -> bool {
    let first = text.chars().next();
    let numeric = first.is_some_and(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && text.chars().any(|c| c.is_ascii_digit());
    let letters = text.to_ascii_lowercase();
    numeric
        || matches!(letters.as_str(), "" | "=" | "<<" | "~" | "null" | "true" | "false" | "y" | "n")
        || matches!(letters.as_str(), "yes" | "no" | "on" | "off" | ".inf" | "-.inf" | "+.inf" | ".nan")
        || text
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'))
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
