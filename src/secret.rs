//! What looks like a secret in a text that people read or commit.
//!
//! Owns: which keys name secrets, and what of a value is literal and not the name of a variable. Refuses: files and
//! formats; it looks at single lines and values.

use std::borrow::Cow;

/// What stands in place of a secret.
const MASK: &str = "********";
/// A word of a key that makes its value a secret.
const SECRET_WORDS: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "key",
    "apikey",
    "credential",
    "credentials",
];

/// A line with the value of a key that looks like a secret replaced. A value that only names a variable is shown.
pub fn mask(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((at, len)) = secret(rest) {
        out.push_str(&rest[..at]);
        out.push_str(MASK);
        rest = &rest[at + len..];
    }
    out.push_str(rest);
    out
}

/// A text with each byte of the passwords in addresses replaced: every place in it stays where it was.
pub fn blind(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    while let Some((at, len)) = in_address(&out) {
        out.to_mut().replace_range(at..at + len, &"*".repeat(len));
    }
    out
}

/// Whether the value of a key is a secret that is written out, at least in part.
pub fn is_literal(key: &str, value: &str) -> bool {
    (looks_secret(key) && literal(value, 0, value.len()).is_some()) || secret(value).is_some()
}

/// The first literal secret in a text: where it starts and how long it is, in bytes.
fn secret(text: &str) -> Option<(usize, usize)> {
    in_address(text).into_iter().chain(of_key(text)).min()
}

/// The password of `scheme://user:password@host`.
fn in_address(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find("://") {
        let start = from + at + 3;
        let end = text[start..].find(['/', ' ', '"', '\'', '\n']).map_or(text.len(), |i| start + i);
        if let Some(host) = text[start..end].rfind('@')
            && let Some(colon) = text[start..start + host].find(':')
            && let Some(found) = literal(text, start + colon + 1, start + host)
        {
            return Some(found);
        }
        from = start;
    }
    None
}

/// The value behind `key: `, `key = ` or `KEY=`, and the default in `${KEY:-default}`.
fn of_key(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find([':', '=', '-']) {
        let sign = from + at;
        let key = text[..sign].trim_end().trim_end_matches(['"', '\'']);
        let start = key.rfind(|c: char| !is_key(c)).map_or(0, |i| i + next(key, i));
        let found = if text[..start].ends_with("${") {
            looks_secret(&key[start..]).then(|| literal(text, start - 2, closed(text, start))).flatten()
        } else if !text[sign..].starts_with('-') && looks_secret(&key[start..]) {
            value(text, sign + 1)
        } else {
            None
        };
        if found.is_some() {
            return found;
        }
        from = sign + 1;
    }
    None
}

fn value(text: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + text[from..].len() - text[from..].trim_start_matches([' ', '\t']).len();
    let (start, end) = match text[start..].chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let start = start + 1;
            (start, text[start..].find([quote, '\n']).map_or(text.len(), |i| start + i))
        }
        // A nested table, a list or a block, not a value.
        Some('{' | '[' | '|' | '>' | '\n') | None => return None,
        Some(_) => {
            let after = if text[start..].starts_with("${") { closed(text, start + 2) } else { start };
            let end = text[after..].find(['\n', '\r', '"', '\'', ',', '}']).map_or(text.len(), |i| after + i);
            (start, start + text[start..end].trim_end().len())
        }
    };
    literal(text, start, end)
}

/// What of a secret's value is literal. `${X}` and `${X:?why}` only name a variable; a default is as secret as a value.
fn literal(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let value = &text[start..end];
    if value.is_empty() || value.bytes().all(|byte| byte == b'*') {
        return None;
    }
    let Some(reference) = value.strip_prefix("${") else {
        let names_one = value.starts_with('$') && !value.starts_with("$$");
        return (!names_one).then_some((start, end - start));
    };
    let after = closed(text, start + 2).min(end);
    let name =
        reference.len() - reference.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
    let rest = text[start + 2 + name..after].trim_start_matches(':');
    let inner_end = if text[..after].ends_with('}') { after - 1 } else { after };
    let default =
        rest.starts_with(['-', '+']).then(|| literal(text, after - rest.len() + 1, inner_end)).flatten();
    default.or_else(|| literal(text, after, end))
}

/// Where a `${` that was opened before `from` ends: after its brace, or where the text or its line does.
fn closed(text: &str, from: usize) -> usize {
    let mut depth = 1;
    for (at, c) in text[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            '\n' => return from + at,
            _ => {}
        }
        if depth == 0 {
            return from + at + 1;
        }
    }
    text.len()
}

fn is_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn next(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

/// Whether one of the words of a key says "secret": `DB_PASSWORD`, `apiKey`, `qdrant.api-key`.
pub fn looks_secret(key: &str) -> bool {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for c in key.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower_before) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        lower_before = c.is_lowercase();
    }
    words.iter().any(|w| SECRET_WORDS.contains(&w.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_nothing_else() {
        let cases = [
            ("      POSTGRES_PASSWORD: \"hunter2\"\n", "      POSTGRES_PASSWORD: \"********\"\n"),
            ("  - API_KEY=abc def\n", "  - API_KEY=********\n"),
            ("  - \"API_KEY=abc\"\n", "  - \"API_KEY=********\"\n"),
            ("apiToken = 'x y' # note\n", "apiToken = '********' # note\n"),
            ("url: \"postgres://me:pw@db/x\"\n", "url: \"postgres://me:********@db/x\"\n"),
            ("{password: a, token: b}", "{password: ********, token: ********}"),
            ("PASSWORD: \"${PW:?needed}\"\n", "PASSWORD: \"${PW:?needed}\"\n"),
            ("PG_PASSWORD: \"${PG_PASSWORD:?set it}\"\n", "PG_PASSWORD: \"${PG_PASSWORD:?set it}\"\n"),
            ("PG_PASSWORD: ${PG_PASSWORD}\n", "PG_PASSWORD: ${PG_PASSWORD}\n"),
            ("URL: \"${API_KEY:?set it}/x\"\n", "URL: \"${API_KEY:?set it}/x\"\n"),
            ("PASSWORD: \"${PW:-hunter2}\"\n", "PASSWORD: \"${PW:-********}\"\n"),
            ("PASSWORD: ${PW-${PX:-a b}}\n", "PASSWORD: ${PW-${PX:-********}}\n"),
            ("ARG: \"--x ${DB_PASSWORD-hunter2} y\"\n", "ARG: \"--x ${DB_PASSWORD-********} y\"\n"),
            ("PASSWORD: \"${A}tail\"\n", "PASSWORD: \"${A}********\"\n"),
            ("PASSWORD: \"$$ecret\"\n", "PASSWORD: \"********\"\n"),
            ("url: postgres://u:${PW:-x}@db/x\n", "url: postgres://u:${PW:-********}@db/x\n"),
            ("url: postgres://u:${PASSWORD:?x}@db/x\n", "url: postgres://u:${PASSWORD:?x}@db/x\n"),
            ("monkey: banana\n", "monkey: banana\n"),
            ("secrets:\n", "secrets:\n"),
            ("key:\n", "key:\n"),
            ("image: \"redis:7\"\n", "image: \"redis:7\"\n"),
            ("\"password\": \"x\"", "\"password\": \"********\""),
            ("schlüssel: ü=ä password: ö", "schlüssel: ü=ä password: ********"),
        ];
        for (line, masked) in cases {
            assert_eq!(mask(line), masked);
        }
    }

    #[test]
    fn passwords_in_addresses_are_blinded_in_place() {
        let text =
            "a @ https://me:hunter2@example.org/a, b @ https://u:ä@h/b https://me@h/ https://u:${PW}@h/";
        let blinded = blind(text);
        assert_eq!(
            blinded,
            "a @ https://me:*******@example.org/a, b @ https://u:**@h/b https://me@h/ https://u:${PW}@h/"
        );
        assert_eq!(blinded.len(), text.len());
        assert!(matches!(blind("token: abc"), Cow::Borrowed(_)));
    }

    #[test]
    fn only_values_that_are_written_out_are_literal() {
        let cases = [
            ("DB_PASSWORD", "hunter2", true),
            ("DB_PASSWORD", "${PW:-hunter2}", true),
            ("DB_PASSWORD", "${DB_PASSWORD:?set it}", false),
            ("DB_PASSWORD", "", false),
            ("URL", "postgres://u:hunter2@db/x", true),
            ("URL", "postgres://u:${PW}@db/x", false),
            ("TZ", "UTC", false),
        ];
        for (key, value, expected) in cases {
            assert_eq!(is_literal(key, value), expected, "{key}: {value}");
        }
    }
}
