//! A numbered list and a line of input: for those who listen, and for terminals in which nothing can be drawn over.
//!
//! Owns: the text of the list, and what an answer means. Refuses: reading and printing.

use std::fmt::Write as _;

use super::fuzzy::fitting;
use super::menu::Step;
use super::{Choices, HowMany};

/// How many rows at once.
const ROWS: usize = 20;

/// See the [module](self).
pub(super) struct List<'l, 'c> {
    choices: &'l mut Choices<'c>,
    /// The numbers of what fits, the best first.
    shown: Vec<usize>,
    /// What is said before the list is shown again.
    problem: Option<String>,
}

impl<'l, 'c> List<'l, 'c> {
    pub(super) fn new(choices: &'l mut Choices<'c>) -> Self {
        let shown = (0..choices.all.len()).collect();
        Self { choices, shown, problem: None }
    }

    /// The question, the list, and what to type.
    pub(super) fn text(&mut self) -> String {
        let mut out = self.problem.take().map(|problem| problem + "\n").unwrap_or_default();
        out.push_str(&self.choices.question);
        out.push('\n');
        for (row, number) in self.shown.iter().take(ROWS).enumerate() {
            self.choices.describe(*number);
            let Some(choice) = self.choices.all.get(*number) else { continue };
            let now = if choice.taken { ", chosen now" } else { "" };
            let about =
                if choice.known().is_empty() { String::new() } else { format!(": {}", choice.known()) };
            // writing to a string cannot fail
            let _ = writeln!(out, "{}. {}{now}{about}", row + 1, choice.name);
        }
        if self.shown.len() > ROWS {
            let _ = writeln!(out, "and {} more", self.shown.len() - ROWS);
        }
        out.push_str(match self.choices.how_many {
            HowMany::One => "A number or a name; other letters narrow the list; nothing gives up: ",
            HowMany::From(..) => {
                "Numbers or names with spaces between; other letters narrow the list; nothing gives up: "
            }
        });
        out
    }

    /// What a line means.
    pub(super) fn answer(&mut self, line: &str) -> Step {
        let words: Vec<&str> = line.split([' ', ',', '\t']).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Step::Left;
        }
        let Some(mut taken) = words.iter().map(|word| self.named(word)).collect::<Option<Vec<usize>>>()
        else {
            self.narrow(line);
            return Step::On;
        };
        taken.sort_unstable();
        taken.dedup();
        match self.choices.how_many.refuses(taken.len()) {
            None => Step::Taken(taken),
            Some(why) => {
                self.problem = Some(format!("That is not possible: {why}."));
                Step::On
            }
        }
    }

    fn narrow(&mut self, line: &str) {
        let all = self.choices.all.iter();
        let fits = fitting(line, all.map(|choice| (choice.name.as_str(), choice.known())));
        if fits.is_empty() {
            self.problem = Some(format!("Nothing fits `{}`.", super::one_line(line)));
            self.shown = (0..self.choices.all.len()).collect();
        } else {
            self.shown = fits;
        }
    }

    /// What a word names: a name that there is, else a number of the list.
    fn named(&self, word: &str) -> Option<usize> {
        let by_name = self.choices.all.iter().position(|choice| choice.name == word);
        by_name.or_else(|| {
            let row = word.trim_end_matches('.').parse::<usize>().ok()?.checked_sub(1)?;
            self.shown.get(row).copied().filter(|_| row < ROWS)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ask::Choice;

    fn choices(names: &[String], how_many: HowMany) -> Choices<'static> {
        let all = names.iter().map(|name| Choice::new(name.clone())).collect();
        Choices::new("Which?", all, how_many, |name| format!("about {name}"))
    }

    #[test]
    fn numbers_and_names_choose_and_letters_narrow() {
        let names: Vec<String> =
            (1..=30).map(|n| format!("name-{n}")).chain(["redis".into(), "7".into()]).collect();
        let mut all = choices(&names, HowMany::From(1, 2));
        let mut list = List::new(&mut all);
        let text = list.text();
        assert!(text.starts_with("Which?\n1. name-1: about name-1\n2. name-2"), "{text}");
        assert!(text.contains("20. name-20: about name-20\nand 12 more\nNumbers or names"), "{text}");
        assert_eq!(list.answer("3, name-1"), Step::Taken(vec![0, 2]));
        assert_eq!(list.answer("7"), Step::Taken(vec![31]), "a name goes before a number");
        assert_eq!(list.answer("1 2 3"), Step::On);
        assert!(list.text().starts_with("That is not possible: choose at most 2.\n"));
        assert_eq!(list.answer("21"), Step::On, "a row that is not shown has no number");
        assert!(list.text().starts_with("Which?\n1. name-21: about name-21\nNumbers"));
        assert_eq!(list.answer("edis"), Step::On);
        assert!(list.text().starts_with("Which?\n1. redis: about redis\nNumbers"));
        assert_eq!(list.answer("1"), Step::Taken(vec![30]));
        assert_eq!(list.answer("nothing like it"), Step::On);
        assert!(list.text().starts_with("Nothing fits `nothing like it`.\nWhich?\n1. name-1"));
        assert_eq!(list.answer("  "), Step::Left);
        let mut one = choices(&names, HowMany::One);
        assert_eq!(List::new(&mut one).answer("1 2"), Step::On);
        assert_eq!(List::new(&mut one).answer("2."), Step::Taken(vec![1]));
    }
}
