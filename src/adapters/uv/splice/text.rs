//! Keys and strings as they are written in TOML.

use std::fmt::Write as _;

use toml_edit::Key;

/// Where a value is: its keys from the root of the file.
pub(in crate::adapters::uv) type Path = Vec<String>;

/// The path of these keys.
pub(in crate::adapters::uv) fn path<const N: usize>(keys: [&str; N]) -> Path {
    keys.iter().map(|&k| k.to_owned()).collect()
}

/// The keys as they are written in TOML, joined by dots.
pub(in crate::adapters::uv) fn dotted(path: &[String]) -> String {
    path.iter()
        .map(|k| Key::new(k.as_str()).default_repr().as_raw().as_str().unwrap_or(k).to_owned())
        .collect::<Vec<_>>()
        .join(".")
}

/// Reads keys joined by dots.
pub(in crate::adapters::uv) fn undotted(text: &str) -> Option<Path> {
    Key::parse(text).ok().map(|keys| keys.iter().map(|k| k.get().to_owned()).collect())
}

/// A string as a TOML value on one line.
pub(in crate::adapters::uv) fn quoted(text: &str) -> String {
    if text.contains('"')
        && !text.contains('\'')
        && !text.chars().any(char::is_control)
        && !text.contains('\\')
    {
        return format!("'{text}'");
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _infallible = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
