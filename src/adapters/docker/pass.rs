//! Values that pass through into the file.
//!
//! Owns: the one place where a plain scalar's meaning depends on its key: `mode`. A file mode is written `0440` in
//! Compose files and means octal there, but a YAML 1.2 reader takes it for 440 or for a text; so it is written as the
//! whole number that every reader agrees on (288). All other scalars that readers disagree on (`1_000`, `0440`, `yes`,
//! `1:30`, dates) are texts: the text that was written is what was meant, and Compose takes texts wherever it takes
//! numbers and booleans.

use crate::yaml::{Node, Out, Value};

/// A value as it is written into the file.
pub(super) fn out(node: &Node) -> Out {
    match &node.value {
        Value::List(items) => Out::List(items.iter().map(out).collect()),
        Value::Map(pairs) => {
            let pair = |key: &str, node: &Node| match octal(key, node) {
                Some(number) => Out::Int(number),
                None => out(node),
            };
            Out::Map(pairs.iter().map(|(key, node)| (key.text.clone(), pair(&key.text, node))).collect())
        }
        Value::Null | Value::Scalar { .. } => Out::from(node),
    }
}

/// The value of an environment variable or build argument: always a quoted text; nothing stays nothing.
pub(super) fn quoted(node: &Node) -> Out {
    match &node.value {
        Value::Scalar { text, .. } => Out::quoted(text),
        _ => out(node),
    }
}

fn octal(key: &str, node: &Node) -> Option<i64> {
    let Value::Scalar { text, plain: true } = &node.value else { return None };
    let digits = text.strip_prefix("0o").or_else(|| text.strip_prefix('0'))?;
    if key == "mode" { i64::from_str_radix(digits, 8).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::samples::node;

    #[test]
    fn only_what_all_readers_agree_on_stays_bare() {
        let read = node(
            "{mode: 0440, a: 0440, b: 12, c: true, d: yes, e: 1_000, f: 2024-01-01, g: null, h: '12', i: 0.5, j: 1.10,
              k: {mode: host}, l: [{mode: 0o755}], m: 1:30, n: on, o: 0x1F, p: 1e3}",
        );
        let text = |text: &str| Out::str(text);
        let expect = [
            ("mode", Out::Int(288)),
            ("a", text("0440")),
            ("b", Out::Int(12)),
            ("c", Out::Bool(true)),
            ("d", text("yes")),
            ("e", text("1_000")),
            ("f", text("2024-01-01")),
            ("g", Out::Null),
            ("h", text("12")),
            ("i", Out::Float(0.5)),
            ("j", text("1.10")),
            ("k", Out::Map(vec![("mode".to_owned(), text("host"))])),
            ("l", Out::List(vec![Out::Map(vec![("mode".to_owned(), Out::Int(493))])])),
            ("m", text("1:30")),
            ("n", text("on")),
            ("o", text("0x1F")),
            ("p", text("1e3")),
        ];
        let expect = expect.into_iter().map(|(key, out)| (key.to_owned(), out)).collect();
        assert_eq!(out(&read), Out::Map(expect));
    }
}
