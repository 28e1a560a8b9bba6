//! Entries of registries: as a table, and one by itself.

use std::borrow::Borrow;
use std::fmt::Write as _;

use super::safe::one_line;
use super::{Line, STEP, Voice, rows};

impl Voice {
    /// Rows in sections; a section without rows is left out.
    pub(in crate::cli) fn rows<'t>(&self, sections: &[(&str, Vec<impl Borrow<Line<'t>>>)]) {
        for (title, rows) in sections {
            rows::section(title, rows, self.look.plain, &mut |text| self.data(text));
        }
        if sections.iter().all(|(_, rows)| rows.is_empty()) {
            self.data("no entries\n");
        }
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
