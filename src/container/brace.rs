//! Texts with `${…}` in them: where a variable starts and ends.
//!
//! Owns: the nesting of `${…}` and the escape `$$`, as Compose reads them. Refuses: the value of any variable.

/// Cuts `text` at each `separator` that stands outside of `${…}`.
pub(crate) fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, c) in outside(text) {
        if c == separator {
            parts.push(&text[start..at]);
            start = at + c.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The characters outside of `${…}`, each with its byte offset.
pub(crate) fn outside(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut rest = 0;
    std::iter::from_fn(move || {
        loop {
            let tail = &text[rest..];
            if let Some(length) = variable(tail) {
                rest += length;
                continue;
            }
            // `$$` is one character that stands for itself; its second half opens nothing
            let length = if tail.starts_with("$$") { 2 } else { tail.chars().next()?.len_utf8() };
            let at = rest;
            rest += length;
            return tail.chars().next().map(|c| (at, c));
        }
    })
}

/// The length of the `${…}` with which `text` starts, the braces of further variables in it counted; `None` when it
/// starts with something else or is never closed.
pub(crate) fn variable(text: &str) -> Option<usize> {
    if !text.starts_with("${") {
        return None;
    }
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (1, 2);
    while at < bytes.len() {
        match bytes[at] {
            b'$' if bytes.get(at + 1) == Some(&b'$') => at += 1,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                depth += 1;
                at += 1;
            }
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether the text's value depends on a variable (`$VAR` or `${…}`).
pub(crate) fn is_open(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let tail = &rest[at + 1..];
        if let Some(after) = tail.strip_prefix('$') {
            rest = after;
            continue;
        }
        if tail.starts_with(|c: char| c == '{' || c == '_' || c.is_ascii_alphabetic()) {
            return true;
        }
        rest = tail;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_inside_a_variable_do_not_cut() {
        assert_eq!(split("${A:-x:y}:80", ':'), ["${A:-x:y}", "80"]);
        assert_eq!(split("${A:-${B:-1}}:80/tcp", ':'), ["${A:-${B:-1}}", "80/tcp"]);
        assert_eq!(split("$${A:b}", ':'), ["$${A", "b}"]);
        assert_eq!(split("${A:b", ':'), ["${A", "b"]);
        assert_eq!(split("", ':'), [""]);
    }

    #[test]
    fn a_doubled_dollar_opens_nothing() {
        for (text, open) in [
            ("a", false),
            ("$$A", false),
            ("$A", true),
            ("x${A}", true),
            ("$", false),
            ("5$ 3", false),
            ("$$$A", true),
        ] {
            assert_eq!(is_open(text), open, "{text}");
        }
    }
}
