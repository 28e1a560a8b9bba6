//! `${VAR}` as Compose reads it: what a text becomes when variables are known, and which it cannot do without.
//!
//! Owns: the syntax (`$VAR`, `${VAR}`, `:-`, `-`, `:?`, `?`, `:+`, `+`, `$$`). Refuses: looking into any environment, and
//! anything that is written into a committed file; this is for starting programs and for checks.

use super::brace;

/// What came of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// The text; variables that are not set are empty in it.
    pub text: String,
    /// Variables that are not set and have no default, in order, each once.
    pub unset: Vec<Unset>,
    /// Whether a `${` in it is no variable; it stays in the text, and Compose refuses it.
    pub malformed: bool,
}

/// A variable that is needed and not set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unset {
    /// Its name.
    pub name: String,
    /// What `${VAR:?message}` says.
    pub message: Option<String>,
}

/// Replaces every variable of a text.
pub fn resolve(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Resolved {
    let mut resolved = Resolved::default();
    let text = replace(text, lookup, &mut resolved);
    Resolved { text, ..resolved }
}

fn replace(text: &str, lookup: &dyn Fn(&str) -> Option<String>, found: &mut Resolved) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let length = if tail.starts_with("$$") {
            out.push('$');
            2
        } else if let Some(length) = brace::variable(tail) {
            if let Some(value) = braced(&tail[2..length - 1], lookup, found) {
                out.push_str(&value);
            } else {
                // not a variable: Compose refuses it, and here it stays visible
                found.malformed = true;
                out.push_str(&tail[..length]);
            }
            length
        } else {
            let name = name(&tail[1..]);
            if name.is_empty() {
                found.malformed |= tail.starts_with("${");
                out.push('$');
            } else {
                out.push_str(&needed(name, None, lookup(name), found));
            }
            1 + name.len()
        };
        rest = &tail[length..];
    }
    out.push_str(rest);
    out
}

/// The value of what stands between the braces; `None` when that is no variable.
fn braced(body: &str, lookup: &dyn Fn(&str) -> Option<String>, found: &mut Resolved) -> Option<String> {
    let name = name(body);
    let rest = &body[name.len()..];
    // its pattern does not reach over the end of a line
    if name.is_empty() || body.contains('\n') {
        return None;
    }
    let value = lookup(name);
    // with a colon an empty value counts as none
    let (rest, value) = match rest.strip_prefix(':') {
        Some(rest) => (rest, value.filter(|value| !value.is_empty())),
        None => (rest, value),
    };
    let mut chars = rest.chars();
    let sign = chars.next();
    let word = chars.as_str();
    Some(match sign {
        None if body.len() == name.len() => needed(name, None, value, found),
        Some('-') => value.unwrap_or_else(|| replace(word, lookup, found)),
        Some('?') => needed(name, Some(word), value, found),
        Some('+') => value.map_or_else(String::new, |_| replace(word, lookup, found)),
        _ => return None,
    })
}

fn needed(name: &str, message: Option<&str>, value: Option<String>, found: &mut Resolved) -> String {
    if value.is_none() {
        let message = message.map(str::to_owned);
        match found.unset.iter_mut().find(|held| held.name == name) {
            Some(held) => held.message = held.message.take().or(message),
            None => found.unset.push(Unset { name: name.to_owned(), message }),
        }
    }
    value.unwrap_or_default()
}

/// The variable's name at the start of a text.
fn name(text: &str) -> &str {
    let first = text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    let end = text.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    if first { &text[..end] } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str, unset: &[&str]) {
        let lookup = |name: &str| match name {
            "A" => Some("a".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let resolved = resolve(text, &lookup);
        let names: Vec<&str> = resolved.unset.iter().map(|unset| unset.name.as_str()).collect();
        assert_eq!((resolved.text.as_str(), names.as_slice()), (expect, unset), "{text}");
    }

    #[test]
    fn variables_are_read_as_compose_reads_them() {
        check("x$A-${A}y", "xa-ay", &[]);
        check("$$A $${A}", "$A ${A}", &[]);
        check("${NO} $NO ${OTHER}", "  ", &["NO", "OTHER"]);
        check("${NO:-d} ${NO-d} ${EMPTY:-d} ${EMPTY-d}", "d d d ", &[]);
        check("${NO:-${A:-x}}${NO:-${B:-c}}", "ac", &[]);
        check("${NO:-${B}}", "", &["B"]);
        check("${A:?m} ${NO?m} ${EMPTY:?m} ${EMPTY?m}", "a   ", &["NO", "EMPTY"]);
        check("${A:+x} ${NO:+x} ${EMPTY:+x} ${EMPTY+x}", "x   x", &[]);
        check("${NO:-a\nb}", "${NO:-a\nb}", &[]);
        check("5$ ${1} $1 ${A/b} ${A", "5$ ${1} $1 ${A/b} ${A", &[]);
    }
}
