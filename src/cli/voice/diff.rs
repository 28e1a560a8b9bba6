//! Differences of files as unified diffs.
//!
//! Owns: the look of a diff and the masking of what looks like a secret. Refuses: reading files.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const HEADER: Style = Style::new().bold();
const RANGE: Style = AnsiColor::Cyan.on_default();

/// A unified diff of one file; `None` on a side means that there is no file.
pub(super) fn unified(path: &Path, before: Option<&[u8]>, after: Option<&[u8]>) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    let name = |side: &str, bytes: Option<&[u8]>| {
        bytes.map_or_else(|| "/dev/null".to_owned(), |_| format!("{side}/{path}"))
    };
    let mut out = String::new();
    put(&mut out, HEADER, &format!("--- {}", name("a", before)));
    put(&mut out, HEADER, &format!("+++ {}", name("b", after)));
    let (Some(old), Some(new)) = (text(before), text(after)) else {
        out.push_str("(not text)\n");
        return out;
    };
    let diff = TextDiff::from_lines(old, new);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        put(&mut out, RANGE, &hunk.header().to_string());
        for change in hunk.iter_changes() {
            let line = masked(change.value().trim_end_matches(['\n', '\r']));
            match change.tag() {
                ChangeTag::Delete => put(&mut out, REMOVED, &format!("-{line}")),
                ChangeTag::Insert => put(&mut out, ADDED, &format!("+{line}")),
                ChangeTag::Equal => put(&mut out, Style::new(), &format!(" {line}")),
            }
            if change.missing_newline() {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
    out
}

fn text(bytes: Option<&[u8]>) -> Option<&str> {
    std::str::from_utf8(bytes.unwrap_or_default()).ok()
}

fn put(out: &mut String, style: Style, line: &str) {
    let line = printable(line);
    // writing to a string cannot fail
    let _ = writeln!(out, "{style}{line}{style:#}");
}

/// Control characters made visible: a file's content must not steer the terminal.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The line with the value of a secret-looking key hidden, unless it is a reference (`${…}`) or empty.
fn masked(line: &str) -> String {
    let body = line.trim_start_matches([' ', '-']);
    let indent = &line[..line.len() - body.len()];
    for separator in [": ", " = ", "="] {
        let Some((key, value)) = body.split_once(separator) else { continue };
        let bare = key.trim().trim_matches(['"', '\'']);
        if !bare.is_empty()
            && bare.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
            && looks_secret(bare)
            && is_literal(value)
        {
            return format!("{indent}{key}{separator}********");
        }
    }
    line.to_owned()
}

fn looks_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('-', "_");
    let words = ["password", "passwd", "secret", "token", "api_key", "apikey", "private_key", "credential"];
    words.iter().any(|w| key.contains(w))
}

fn is_literal(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    !value.is_empty() && !value.contains("${") && !matches!(value, "{" | "[" | "|" | ">" | "null" | "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(before: Option<&str>, after: Option<&str>) -> String {
        let styled = unified(Path::new("f.yml"), before.map(str::as_bytes), after.map(str::as_bytes));
        anstream::adapter::strip_str(&styled).to_string()
    }

    #[test]
    fn a_changed_line() {
        assert_eq!(
            show(Some("a\nb\nc\n"), Some("a\nB\nc\n")),
            "--- a/f.yml\n+++ b/f.yml\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
        );
    }

    #[test]
    fn made_and_removed_files() {
        assert_eq!(show(None, Some("a\n")), "--- /dev/null\n+++ b/f.yml\n@@ -0,0 +1 @@\n+a\n");
        assert_eq!(show(Some("a\n"), None), "--- a/f.yml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
    }

    #[test]
    fn no_newline_at_the_end() {
        let shown = show(Some("a"), Some("a\n"));
        assert!(shown.contains("-a\n\\ No newline at end of file\n+a\n"), "{shown}");
    }

    #[test]
    fn secrets_are_masked_and_references_are_not() {
        assert_eq!(masked("      POSTGRES_PASSWORD: \"hunter2\""), "      POSTGRES_PASSWORD: ********");
        assert_eq!(masked("      - API_KEY=abc"), "      - API_KEY=********");
        assert_eq!(masked("api_key = \"abc\""), "api_key = ********");
        for same in ["PASSWORD: \"${PW}\"", "PASSWORD:", "secrets: {", "tokens_per_minute", "name: secret"] {
            assert_eq!(masked(same), same);
        }
    }

    #[test]
    fn escape_sequences_are_made_harmless() {
        assert!(!show(None, Some("\u{1b}[31mx\n")).contains('\u{1b}'));
    }

    #[test]
    fn what_is_not_text_is_not_shown() {
        let shown = unified(Path::new("f"), None, Some(&[0xff, 0xfe]));
        assert!(shown.contains("(not text)"));
    }
}
