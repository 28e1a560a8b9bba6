//! Manual pages: one for each command, made of what `--help` says.
//!
//! Owns: the order and form of a page's sections. Refuses: saying what the help does not say, but for files and exit
//! codes; and anything that depends on the day or the machine.

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::args::Cli;
use super::exit::Exit;

/// The section of the manual for commands.
const SECTION: &str = "1";

/// The files of a project.
const FILES: [(&str, &str); 4] = [
    (
        "hsm.yaml",
        "What is wanted: the manifest. The nearest one, from the current directory upwards, makes the project.",
    ),
    (
        "hsm.lock",
        "What was chosen. Belongs to what is committed, as do the files of the tools, which `hsm plan` names.",
    ),
    ("hsm-registry/", "What exists and what needs what, unless the manifest says where that stands."),
    (".hsm/", "The journal, the lock of a run and local state. Ignores itself in git."),
];

/// A page.
pub(super) struct Page {
    /// Its file: `hsm-group-select.1`.
    pub file: String,
    /// Its text, for roff.
    pub text: String,
}

/// The page of a command, by its words; `None`: there is no such command.
pub(super) fn page(words: &[String]) -> Option<Page> {
    let root = built();
    let command = words.iter().try_fold(&root, |command, word| command.find_subcommand(word))?;
    Some(of(&root, command))
}

/// All pages.
pub(super) fn pages() -> Vec<Page> {
    let root = built();
    let mut out = Vec::new();
    let mut todo = vec![&root];
    while let Some(command) = todo.pop() {
        out.push(of(&root, command));
        todo.extend(command.get_subcommands().filter(|command| !command.is_hide_set()));
    }
    out.sort_by(|a, b| a.file.cmp(&b.file));
    out
}

fn built() -> Command {
    let mut root = Cli::command();
    root.build();
    root
}

fn of(root: &Command, command: &Command) -> Page {
    let name = title(command);
    // what `--help` shows is shorter than a list of all options, which follows anyway
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    let about = command.clone().override_usage(usage);
    let man = Man::new(about).section(SECTION);
    // no date: a page says the same on every day. (The title of the crate leaves out what is empty.)
    let head = format!(
        ".TH {} {SECTION} \"\" \"hsm {}\" \"Hyper Stack Manager\"\n",
        name.to_uppercase(),
        env!("CARGO_PKG_VERSION")
    );
    let mut text = head.into_bytes();
    let sections = [
        Man::render_name_section,
        Man::render_synopsis_section,
        Man::render_description_section,
        Man::render_options_section,
    ];
    for section in sections {
        // writing into memory cannot fail
        let _ = section(&man, &mut text);
    }
    if command.has_subcommands() {
        let _ = man.render_subcommands_section(&mut text);
    }
    let mut own = Roff::new();
    let after = command
        .get_after_long_help()
        .or(command.get_after_help())
        .map(ToString::to_string)
        .unwrap_or_default();
    for part in parts(&after) {
        part.write(&mut own);
    }
    if command.get_name() == root.get_name() {
        own.control("SH", ["FILES"]);
        for (file, what) in FILES {
            entry(&mut own, file, what);
        }
    } else {
        own.control("SH", ["EXIT STATUS"]);
        for exit in Exit::ALL {
            entry(&mut own, &exit.code().to_string(), exit.meaning());
        }
    }
    see_also(&mut own, root, command);
    let text = String::from_utf8_lossy(&text).into_owned() + &own.render();
    Page { file: format!("{name}.{SECTION}"), text }
}

fn title(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn entry(roff: &mut Roff, head: &str, body: &str) {
    roff.control("TP", []);
    roff.text([bold(head)]);
    roff.text([roman(body)]);
}

/// The pages above and, for one with commands below it, the list of those is there already.
fn see_also(roff: &mut Roff, root: &Command, command: &Command) {
    let name = title(command);
    let own = |other: &Command| title(other) != name;
    let family = root.get_subcommands().find(|family| name.starts_with(&format!("{}-", title(family))));
    let siblings = family.into_iter().flat_map(Command::get_subcommands).filter(|other| own(other));
    let above = std::iter::once(root).filter(|other| own(other)).chain(family);
    let all: Vec<String> =
        above.chain(siblings).map(|other| format!("{}({SECTION})", title(other))).collect();
    if !all.is_empty() {
        roff.control("SH", ["SEE ALSO"]);
        roff.text([roman(all.join(", "))]);
    }
}

/// A part of what stands at the end of a help.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Command lines, as they are.
    Lines(String, Vec<String>),
    /// Words and what they mean.
    Terms(String, Vec<(String, String)>),
    /// A sentence.
    Text(String),
}

impl Part {
    fn write(&self, roff: &mut Roff) {
        match self {
            Self::Lines(heading, lines) => {
                roff.control("SH", [heading.as_str()]);
                roff.control("nf", []);
                for line in lines {
                    roff.text([roman(line.as_str())]);
                }
                roff.control("fi", []);
            }
            Self::Terms(heading, terms) => {
                roff.control("SH", [heading.as_str()]);
                for (term, what) in terms {
                    entry(roff, term, what);
                }
            }
            Self::Text(text) => {
                roff.control("PP", []);
                roff.text([roman(text.as_str())]);
            }
        }
    }
}

/// The end of a help in its parts: a heading ends with `:` at the first column, what belongs to it is indented.
fn parts(after: &str) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for line in after.lines().filter(|line| !line.trim().is_empty()) {
        let own = line.strip_prefix("  ");
        match (own, out.last_mut()) {
            (Some(line), Some(Part::Lines(_, lines))) => lines.push(line.to_owned()),
            (Some(line), Some(Part::Terms(_, terms))) => match (line.strip_prefix("  "), terms.last_mut()) {
                // what is indented further goes on
                (Some(more), Some((_, what))) => {
                    what.push(' ');
                    what.push_str(more.trim());
                }
                _ => terms.push(term(line.trim())),
            },
            _ => out.push(match line.strip_suffix(':') {
                Some(heading) if heading.starts_with("Example") => {
                    Part::Lines("EXAMPLES".to_owned(), Vec::new())
                }
                Some("Exit codes") => Part::Terms("EXIT STATUS".to_owned(), Vec::new()),
                Some(heading) => Part::Terms(heading.to_uppercase(), Vec::new()),
                None => Part::Text(line.trim().to_owned()),
            }),
        }
    }
    out
}

/// `NAME   what it is`, or a number and what it means.
fn term(line: &str) -> (String, String) {
    let numbers = line.find(|c: char| !c.is_ascii_digit() && !matches!(c, ',' | ' '));
    let at = match numbers {
        Some(at) if at > 0 => at,
        _ => line.find("  ").unwrap_or(line.len()),
    };
    let (term, what) = line.split_at(at);
    (term.trim().to_owned(), what.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_help_has_parts() {
        let after = "Examples:\n  hsm x\n  hsm y    (as it is)\n\nFormats (--format):\n  a, b     one\n           and more\n  c        two\n\nExit codes:\n  0 done\n  130, 143 interrupted\n\nA sentence.";
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            parts(after),
            [
                Part::Lines("EXAMPLES".into(), vec!["hsm x".into(), "hsm y    (as it is)".into()]),
                Part::Terms(
                    "FORMATS (--FORMAT)".into(),
                    vec![pair("a, b", "one and more"), pair("c", "two")]
                ),
                Part::Terms("EXIT STATUS".into(), vec![pair("0", "done"), pair("130, 143", "interrupted")]),
                Part::Text("A sentence.".into()),
            ]
        );
    }

    #[test]
    fn every_command_has_a_page_with_all_that_its_help_says() {
        let all = pages();
        let files: Vec<&str> = all.iter().map(|page| page.file.as_str()).collect();
        assert!(files.contains(&"hsm.1") && files.contains(&"hsm-group-select.1"), "{files:?}");
        assert!(!files.contains(&"hsm-complete.1"), "what is hidden has no page");
        for page in &all {
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "OPTIONS"] {
                assert!(
                    page.text.contains(&format!("\"{section}\""))
                        || page.text.contains(&format!(".SH {section}\n")),
                    "{}: {section}:\n{}",
                    page.file,
                    page.text
                );
            }
            assert!(!page.text.contains("Examples:"), "{}", page.text);
        }
        assert!(page(&["group".to_owned(), "select".to_owned()]).is_some());
        assert!(page(&["group".to_owned(), "selct".to_owned()]).is_none());
    }
}
