//! Entries of registries: as a table, and one by itself.

use std::fmt::Write as _;

use super::safe::one_line;
use super::{STEP, Voice, stack};

impl Voice {
    /// Rows in sections; a section without rows is left out.
    pub(in crate::cli) fn rows<T: AsRef<str>>(&self, sections: &[(&str, Vec<[T; 4]>)]) {
        let mut out = String::new();
        for (title, rows) in sections {
            stack::section(&mut out, title, rows, self.look.plain);
        }
        if out.is_empty() {
            out.push_str("no entries\n");
        }
        self.data(&out);
    }

    /// A headline, and below it what there is to say: a word and a text each; the same word again is left out.
    pub(in crate::cli) fn facts(&self, headline: &str, facts: &[(&str, String)]) {
        let mut out = String::new();
        // writing to a string cannot fail
        let _ = writeln!(out, "{STEP}{}{STEP:#}", one_line(headline));
        let width = facts.iter().map(|(word, _)| word.chars().count()).max().unwrap_or(0);
        let mut before = "";
        for (word, text) in facts {
            let text = one_line(text);
            let _ = if self.look.plain {
                writeln!(out, "{word}: {text}")
            } else {
                writeln!(out, "  {:width$}  {text}", if *word == before { "" } else { word })
            };
            before = word;
        }
        self.data(&out);
    }
}
