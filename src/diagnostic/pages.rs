//! Pages: what each code means, with a file that gives it and one that doesn't.
//!
//! Owns: the pages as they stand in `pages/` and with the adapters, and finding one by what was typed. Refuses: their look (the voice's), and
//! deciding what is wrong.
//!
//! A page opens with `# CODE SEVERITY: TITLE`. An example opens with three backticks, `bad` or `good`, `unchecked` where no
//! test can read it, and the path of the file that it is; examples of one kind are files of one project. A page ends with
//! the rule that it comes from.

use super::Severity;
use crate::names::nearest;

/// The code of statements that cannot hold together.
pub const CONFLICT: &str = "HSM-E500";

/// The code of requirements in which a package manager finds no solution.
pub const REJECTED: &str = "HSM-E501";

const FAMILIES: [&str; 10] = [
    include_str!("pages/text.md"),
    include_str!("pages/values.md"),
    include_str!("pages/entries.md"),
    include_str!("pages/wiring.md"),
    include_str!("pages/python.md"),
    include_str!("pages/containers.md"),
    include_str!("pages/environment.md"),
    include_str!("pages/checkouts.md"),
    include_str!("pages/conflict.md"),
    include_str!("pages/registry.md"),
];

/// Pages about something else than a code.
const TOPICS: [&str; 2] = [include_str!("pages/json.md"), include_str!("pages/promises.md")];

const FENCE: &str = "```";

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The code.
    pub code: &'static str,
    /// How bad what it is about is.
    pub severity: Severity,
    /// What it means, in a few words.
    pub title: &'static str,
    text: &'static str,
}

/// A page about something else than a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// What to type for it.
    pub name: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    text: &'static str,
}

/// A part of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A paragraph; line breaks in it are spaces.
    Words(&'static str),
    /// A file.
    Example(Example),
    /// Lines that stay as they are.
    Lines(&'static str),
    /// Where the rule comes from.
    Rule(&'static str),
}

/// A file that a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Whether all is well with it.
    pub good: bool,
    /// Whether a test reads it.
    pub checked: bool,
    /// Its path in a project.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// All pages, in the order of their codes' numbers.
pub fn all() -> Vec<Page> {
    let families = FAMILIES.iter().copied().chain(crate::adapters::pages());
    let mut pages: Vec<Page> = families.flat_map(of_family).collect();
    pages.sort_by_key(|page| number(page.code));
    pages
}

/// The page of a code as people type it: `HSM-E021`, `e021` or `021`.
pub fn find(typed: &str) -> Option<Page> {
    let typed = plain(typed);
    all().into_iter().find(|page| {
        let code = plain(page.code);
        code == typed || (!typed.is_empty() && number(page.code) == typed)
    })
}

/// The code that was most likely meant.
pub fn near(typed: &str) -> Option<&'static str> {
    let pages = all();
    let value = |code: &str| number(code).parse::<u32>().ok();
    let typed_value = value(&plain(typed));
    if let Some(page) = pages.iter().find(|page| typed_value.is_some() && value(page.code) == typed_value) {
        return Some(page.code);
    }
    let plain_codes: Vec<String> = pages.iter().map(|page| plain(page.code)).collect();
    let near = nearest(&plain(typed), plain_codes.iter().map(String::as_str))?;
    pages.iter().find(|page| plain(page.code) == near).map(|page| page.code)
}

/// All topics.
pub fn topics() -> Vec<Topic> {
    let topic = |text: &'static str| {
        let (head, text) = text.split_once('\n')?;
        let (name, title) = head.trim_start_matches("# ").split_once(": ")?;
        Some(Topic { name, title, text })
    };
    TOPICS.iter().filter_map(|text| topic(text)).collect()
}

impl Topic {
    /// What stands on it, in order.
    pub fn parts(&self) -> Vec<Part> {
        parts(self.text)
    }
}

impl Page {
    /// What stands on it, in order.
    pub fn parts(&self) -> Vec<Part> {
        parts(self.text)
    }

    /// The files that it shows.
    pub fn examples(&self) -> impl Iterator<Item = Example> {
        self.parts().into_iter().filter_map(|part| match part {
            Part::Example(example) => Some(example),
            Part::Words(_) | Part::Lines(_) | Part::Rule(_) => None,
        })
    }

    /// The page as it was written, without its heading.
    pub fn text(&self) -> &'static str {
        self.text.trim()
    }
}

fn of_family(text: &'static str) -> impl Iterator<Item = Page> {
    let heads =
        text.match_indices("# HSM-").map(|(at, _)| at).filter(|at| *at == 0 || text[..*at].ends_with('\n'));
    let starts: Vec<usize> = heads.chain([text.len()]).collect();
    let sections: Vec<&'static str> = starts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
    sections.into_iter().filter_map(|section| {
        let (head, text) = section.split_once('\n')?;
        let (opening, title) = head.trim_start_matches("# ").split_once(": ")?;
        let (code, severity) = opening.split_once(' ')?;
        let severity = if severity == "warning" { Severity::Warning } else { Severity::Error };
        Some(Page { code, severity, title, text })
    })
}

fn parts(text: &'static str) -> Vec<Part> {
    let mut parts = Vec::new();
    for (i, section) in text.split(FENCE).enumerate() {
        if i % 2 == 1 {
            parts.extend(fenced(section));
            continue;
        }
        for paragraph in section.split("\n\n").map(str::trim).filter(|text| !text.is_empty()) {
            let (words, rule) = paragraph.rsplit_once("Rule: ").unwrap_or((paragraph, ""));
            parts.extend(Some(words.trim()).filter(|w| !w.is_empty()).map(Part::Words));
            parts.extend(Some(rule).filter(|rule| !rule.is_empty()).map(Part::Rule));
        }
    }
    parts
}

fn fenced(section: &'static str) -> Option<Part> {
    match section.strip_prefix("text\n") {
        Some(lines) => Some(Part::Lines(lines)),
        None => example(section).map(Part::Example),
    }
}

fn example(section: &'static str) -> Option<Example> {
    let (head, text) = section.split_once('\n')?;
    let words: Vec<&'static str> = head.split_whitespace().collect();
    let (kind, path) = (*words.first()?, *words.last()?);
    Some(Example { good: kind == "good", checked: !words.contains(&"unchecked"), path, text })
}

/// A code without what all codes have, in upper case.
fn plain(code: &str) -> String {
    let upper = code.trim().to_ascii_uppercase();
    upper.strip_prefix("HSM-").unwrap_or(&upper).to_owned()
}

fn number(code: &str) -> &str {
    code.trim_start_matches(|c: char| !c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        for typed in ["HSM-E021", "hsm-e021", "E021", "e021", "021", " E021 "] {
            assert_eq!(find(typed).map(|page| page.code), Some("HSM-E021"), "{typed}");
        }
        assert_eq!(find("W212").map(|page| page.severity), Some(Severity::Warning));
        for typed in ["", "HSM-", "E", "E999", "W021"] {
            assert_eq!(find(typed), None, "{typed:?}");
        }
        assert_eq!(near("E0021"), Some("HSM-E021"));
        assert_eq!(near("E21"), Some("HSM-E021"));
        assert_eq!(near("E212"), Some("HSM-W212"));
        assert_eq!(near("nonsense"), None);
    }

    #[test]
    fn every_page_says_what_and_why_and_shows_it_shortly() {
        for page in all() {
            let parts = page.parts();
            assert!(matches!(parts.last(), Some(Part::Rule(_))), "{}: {parts:?}", page.code);
            assert!(page.text().lines().count() <= 40, "{}", page.code);
            let title = page.title.chars().count();
            assert!((8..=72).contains(&title) && !page.title.ends_with('.'), "{}: {title}", page.code);
            for part in parts {
                match part {
                    Part::Words(words) => {
                        assert!(!words.contains("Rule:") && !words.contains("# "), "{words}");
                    }
                    Part::Lines(lines) => panic!("{}: {lines}", page.code),
                    Part::Example(example) => assert!(example.text.ends_with('\n'), "{}", page.code),
                    Part::Rule(rule) => assert!(rule.ends_with('.'), "{rule}"),
                }
            }
        }
    }

    #[test]
    fn a_page_is_read_as_it_was_written() {
        let page = find("E007").expect("a page");
        assert_eq!((page.title, page.severity), ("a file holds one document", Severity::Error));
        let parts = page.parts();
        assert!(matches!(parts[0], Part::Words(words) if words.starts_with("`---` starts")), "{parts:?}");
        let bad = Example {
            good: false,
            checked: true,
            path: "hsm.yaml",
            text: "project: {name: demo}\n---\nservices: {}\n",
        };
        assert_eq!(parts[1], Part::Example(bad));
        assert_eq!(parts[3], Part::Rule("every file of hsm is one YAML document."));
    }
}
