//! A `.env` file, read as Docker Compose reads it.
//!
//! Owns: its syntax, with Compose's peculiarities (they are held to the real one by `tests/environment`), and where a line
//! is wrong. Refuses: showing any of its text; it may be a secret.

use std::collections::BTreeMap;

use super::problem::DotenvError;
use crate::container::variable;

/// Finds a variable's value outside of the file.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a file sets, by name.
pub type Values = BTreeMap<String, String>;

/// Why a file cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub error: DotenvError,
}

/// Reads a file. `${VAR}` in it is what `outside` says, else what the file said above.
///
/// # Errors
/// The first thing that Compose refuses.
pub fn read(bytes: &[u8], outside: Lookup<'_>) -> Result<Values, Unreadable> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            return Err(place(&before, before.len(), DotenvError::NotText));
        }
    };
    let mut reader = Reader { text, at: 0, values: Values::new(), outside };
    match reader.all() {
        Ok(()) => Ok(reader.values),
        Err((at, error)) => Err(place(text, at, error)),
    }
}

fn place(text: &str, at: usize, error: DotenvError) -> Unreadable {
    let before = &text[..at];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    Unreadable { line, column: before[start..].chars().count() + 1, error }
}

/// An error with the byte where it is.
type Read<T> = Result<T, (usize, DotenvError)>;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: Values,
    outside: Lookup<'a>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, is: impl Fn(char) -> bool) {
        self.at += self.rest().find(|c| !is(c)).unwrap_or(self.rest().len());
    }

    fn all(&mut self) -> Read<()> {
        loop {
            self.skip(char::is_whitespace);
            if self.rest().is_empty() {
                return Ok(());
            }
            if self.rest().starts_with('#') {
                self.skip(|c| c != '\n');
                continue;
            }
            let start = self.at;
            let (name, has_value) = self.name()?;
            if !has_value {
                // a name alone is passed on from outside
                if let Some(value) = (self.outside)(&name) {
                    self.values.insert(name, value);
                }
                continue;
            }
            let at = self.at;
            let value = self.value()?;
            if name.is_empty() {
                return Err((start, DotenvError::NoName));
            }
            if value.contains('\0') {
                return Err((at, DotenvError::Nul));
            }
            self.values.insert(name, value);
        }
    }

    /// A name, and whether a value follows.
    fn name(&mut self) -> Read<(String, bool)> {
        if let Some(after) = self.rest().strip_prefix("export")
            && after.starts_with(['\t', '\n', '\x0c', '\r', ' '])
        {
            self.at += "export".len();
            self.skip(is_space);
        }
        let start = self.at;
        for (at, c) in self.rest().char_indices() {
            match c {
                '=' | ':' | '\n' => {
                    let name = self.text[start..start + at].trim_end();
                    // a blank before the sign is nothing, one within the name is refused
                    if let Some(blank) = name.find(' ') {
                        return Err((start + blank, DotenvError::BlankInName));
                    }
                    self.at = start + at + c.len_utf8();
                    self.skip(is_space);
                    return Ok((name.to_owned(), c != '\n'));
                }
                '_' | '.' | '-' | '[' | ']' => {}
                c if is_space(c) || c.is_alphabetic() || c.is_numeric() => {}
                _ => return Err((start + at, DotenvError::BadName)),
            }
        }
        Err((start, DotenvError::NoValue))
    }

    fn value(&mut self) -> Read<String> {
        let start = self.at;
        let Some(quote @ ('"' | '\'')) = self.rest().chars().next() else {
            let line = self.rest().split('\n').next().unwrap_or_default();
            self.at = (start + line.len() + 1).min(self.text.len());
            let value = line.split(" #").next().unwrap_or_default().trim_end();
            return self.expand(value, start);
        };
        let mut raw = String::new();
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            if c == quote && !escaped {
                self.at = start + at + 1;
                return if quote == '"' { self.expand(&unescaped(&raw), start) } else { Ok(raw) };
            }
            if c == '\\' && !escaped {
                escaped = true;
                continue;
            }
            // only the quote itself loses its backslash here
            if escaped && c != quote {
                raw.push('\\');
            }
            escaped = false;
            raw.push(c);
        }
        Err((start, DotenvError::OpenQuote))
    }

    /// Replaces the variables of a value that starts at `at`.
    fn expand(&self, value: &str, at: usize) -> Read<String> {
        let lookup = |name: &str| (self.outside)(name).or_else(|| self.values.get(name).cloned());
        let resolved = variable::resolve(value, &lookup);
        if resolved.malformed {
            return Err((at, DotenvError::BadVariable));
        }
        let required = resolved.unset.iter().find(|unset| unset.message.is_some());
        match required {
            Some(unset) => Err((at, DotenvError::Required(unset.name.clone()))),
            None => Ok(resolved.text),
        }
    }
}

/// What Compose takes for a space within a line.
fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// A value between double quotes with its escapes replaced. `\$` becomes the pair that stands for a dollar sign.
fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let simple = match tail.chars().next() {
            Some('a') => "\x07",
            Some('b') => "\x08",
            Some('f') => "\x0c",
            Some('n') => "\n",
            Some('r') => "\r",
            Some('t') => "\t",
            Some('v') => "\x0b",
            Some('\\') => "\\",
            Some('"') => "\"",
            Some('$') => "$$",
            Some('0') => {
                let digits = tail[1..].bytes().take(3).take_while(u8::is_ascii_digit).count();
                out.push_str(&octal(&tail[1..=digits]));
                rest = &tail[1 + digits..];
                continue;
            }
            _ => {
                out.push('\\');
                rest = tail;
                continue;
            }
        };
        out.push_str(simple);
        rest = &tail[1..];
    }
    out.push_str(rest);
    out
}

/// `\0DDD`: the character of that number; what is none loses only its zero.
fn octal(digits: &str) -> String {
    let number = if digits.len() == 3 { u32::from_str_radix(digits, 8).ok() } else { None };
    match number.filter(|number| *number < 256).and_then(char::from_u32) {
        Some(c) => c.to_string(),
        None => format!("\\{digits}"),
    }
}
