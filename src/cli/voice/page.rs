//! Pages about codes: as text, and as JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::json::{SCHEMA, severity};
use super::width::{PROSE, wrap};
use super::{ERROR, STEP, Voice, WARNING};
use crate::diagnostic::Severity;
use crate::diagnostic::pages::{Page, Part, Topic};

impl Voice {
    /// One page.
    pub(in crate::cli) fn page(&self, page: &Page) {
        if self.is_json() {
            self.json(&json!({
                "schema": SCHEMA, "ok": true, "code": page.code, "title": page.title,
                "severity": severity(page.severity), "page": plain(page),
            }));
        } else {
            self.data(&text(page, self.look.prose()));
        }
    }

    /// A page about something else than a code.
    pub(in crate::cli) fn topic(&self, topic: &Topic) {
        let text = |width| topic_text(topic, width);
        if self.is_json() {
            let page = anstream::adapter::strip_str(&text(PROSE)).to_string();
            self.json(&json!({
                "schema": SCHEMA, "ok": true, "topic": topic.name, "title": topic.title, "page": page,
            }));
        } else {
            self.data(&text(self.look.prose()));
        }
    }

    /// All codes with what they mean, and the other pages.
    pub(in crate::cli) fn pages(&self, pages: &[Page], topics: &[Topic]) {
        if self.is_json() {
            let codes = pages
                .iter()
                .map(|p| json!({"code": p.code, "title": p.title, "severity": severity(p.severity)}));
            let topics = topics.iter().map(|topic| json!({"name": topic.name, "title": topic.title}));
            self.json(&json!({
                "schema": SCHEMA, "ok": true, "codes": codes.collect::<Vec<Json>>(), "topics": topics.collect::<Vec<Json>>(),
            }));
            return;
        }
        let mut out = String::new();
        for page in pages {
            let style = style(page.severity);
            // writing to a string cannot fail
            let _ = writeln!(out, "{style}{}{style:#}  {}", page.code, page.title);
        }
        for topic in topics {
            let _ = writeln!(out, "{STEP}{:8}{STEP:#}  {}", topic.name, topic.title);
        }
        self.data(&out);
    }
}

/// A page without colours, at the width of prose.
pub(super) fn plain(page: &Page) -> String {
    anstream::adapter::strip_str(&text(page, PROSE)).to_string()
}

fn style(severity: Severity) -> anstyle::Style {
    match severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
    }
}

fn text(page: &Page, width: usize) -> String {
    let word = severity(page.severity);
    written(style(page.severity), &format!("{word}[{}]", page.code), page.title, page.parts(), width)
}

fn topic_text(topic: &Topic, width: usize) -> String {
    written(STEP, topic.name, topic.title, topic.parts(), width)
}

fn written(style: anstyle::Style, opening: &str, title: &str, parts: Vec<Part>, width: usize) -> String {
    let title = wrap(title, width, opening.len() + 2, 2);
    let mut out = format!("{style}{opening}{style:#}: {title}\n");
    for part in parts {
        match part {
            Part::Words(words) => {
                let words: Vec<&str> = words.split_whitespace().collect();
                // writing to a string cannot fail
                let _ = writeln!(out, "\n{}", wrap(&words.join(" "), width, 0, 0));
            }
            Part::Lines(lines) => {
                out.push('\n');
                for line in lines.lines() {
                    let _ = writeln!(out, "  {line}");
                }
            }
            Part::Rule(rule) => {
                let _ = writeln!(out, "\n{STEP}Rule:{STEP:#} {}", wrap(rule, width, 6, 6));
            }
            Part::Example(example) => {
                let (style, word) = if example.good { (STEP, "Right") } else { (ERROR, "Wrong") };
                let _ = writeln!(out, "\n{style}{word}{style:#}, in {}:\n", example.path);
                for line in example.text.lines() {
                    let _ = writeln!(out, "{}", format!("    {line}").trim_end());
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::pages;

    #[test]
    fn a_page_looks_like_this() {
        let page = pages::find("E036").expect("a page");
        assert_eq!(
            plain(&page),
            "error[HSM-E036]: not a whole number

Wrong, in hsm-registry/container_groups/tools.yaml:

    name: tools
    strategy: M-of-N
    min: one
    options: [web, redis]

Right, in hsm-registry/container_groups/tools.yaml:

    name: tools
    strategy: M-of-N
    min: 1
    options: [web, redis]

Rule: registry, group: `min` and `max`.
"
        );
    }

    #[test]
    fn every_page_fits_a_narrow_terminal() {
        for page in pages::all() {
            let text = anstream::adapter::strip_str(&text(&page, 40)).to_string();
            let mut example = false;
            for line in text.lines() {
                example = line.starts_with("    ") || (example && line.is_empty());
                let long_word = line.split_whitespace().any(|word| word.chars().count() > 36);
                let fits =
                    example || line.starts_with("Wrong, in ") || line.starts_with("Right, in ") || long_word;
                assert!(fits || line.chars().count() <= 40, "{}: {line}", page.code);
            }
        }
    }
}
