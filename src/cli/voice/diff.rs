//! The look of a diff.
//!
//! Owns: its colours, and that a file's content cannot steer the terminal. Refuses: making it; the plan does.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const HEADER: Style = Style::new().bold();
const RANGE: Style = AnsiColor::Cyan.on_default();

/// A unified diff in colours.
pub(super) fn coloured(diff: &str) -> String {
    let mut out = String::with_capacity(diff.len() + 256);
    let mut header = true;
    for line in diff.lines() {
        let style = match line.as_bytes().first() {
            Some(b'@') => RANGE,
            _ if header => HEADER,
            Some(b'+') => ADDED,
            Some(b'-') => REMOVED,
            _ => Style::new(),
        };
        header &= !line.starts_with('@');
        // writing to a string cannot fail
        let _ = writeln!(out, "{style}{}{style:#}", printable(line));
    }
    out
}

/// Control characters made visible.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n same\n--- a line\n+\u{1b}[31mred\n";

    #[test]
    fn the_text_stays_and_escape_sequences_are_made_harmless() {
        let plain = anstream::adapter::strip_str(&coloured(DIFF)).to_string();
        assert_eq!(plain, DIFF.replace('\u{1b}', "\u{fffd}"));
    }

    #[test]
    fn a_removed_line_that_looks_like_a_header_is_a_removed_line() {
        assert!(coloured(DIFF).contains(&format!("{REMOVED}--- a line")));
    }
}
