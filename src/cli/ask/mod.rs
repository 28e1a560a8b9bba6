//! Asking: the one door for questions to whoever sits at the terminal.
//!
//! Owns: who can be asked, menus, numbered lists for those who listen, yes and no, and how an answer is given up.
//! Refuses: knowing what the answers mean; and asking where nobody is: there the caller says which argument is missing.

mod fuzzy;
mod keys;
mod list;
mod menu;

use std::io::IsTerminal as _;
use std::time::Duration;

use super::args::Global;
use super::voice::{Voice, one_line};
use crate::world::{Terminal, Typed, World};

use keys::Bytes;
use menu::{Menu, Step};

/// After Esc: for so long the rest of another key may come.
const REST_OF_A_KEY: Duration = Duration::from_millis(60);

/// With more choices than this, what is said about them is read when it is shown, and not searched.
const SEARCHED: usize = 500;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// It was given up: Esc, Ctrl-C, an empty line, the end of the input.
    Left,
    /// The user asked to stop (the signal's number).
    Signal(i32),
    /// The terminal failed.
    Terminal(std::io::Error),
}

/// How many may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HowMany {
    /// Exactly one.
    One,
    /// At least and at most so many.
    From(usize, usize),
}

impl HowMany {
    /// Why so many are not right.
    fn refuses(self, count: usize) -> Option<String> {
        match self {
            Self::One if count != 1 => Some("choose one".to_owned()),
            Self::From(least, _) if count < least => Some(format!("choose at least {least}")),
            Self::From(_, most) if count > most => Some(format!("choose at most {most}")),
            Self::One | Self::From(..) => None,
        }
    }
}

/// Something to choose.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// Its name.
    pub name: String,
    /// Whether it is chosen now.
    pub taken: bool,
    about: Option<String>,
}

impl Choice {
    pub(super) fn new(name: String) -> Self {
        Self { name, taken: false, about: None }
    }

    /// One of which it is known what is to be said about it.
    pub(super) fn about(name: String, about: &str) -> Self {
        Self { name, taken: false, about: Some(one_line(about.trim())) }
    }

    fn known(&self) -> &str {
        self.about.as_deref().unwrap_or_default()
    }
}

/// A question with what can be chosen.
pub(super) struct Choices<'c> {
    question: String,
    all: Vec<Choice>,
    how_many: HowMany,
    describe: Box<dyn FnMut(&str) -> String + 'c>,
}

impl<'c> Choices<'c> {
    /// `describe` says what is to be said about a name, and is asked when that is to be shown.
    pub(super) fn new(
        question: &str,
        all: Vec<Choice>,
        how_many: HowMany,
        describe: impl FnMut(&str) -> String + 'c,
    ) -> Self {
        Self { question: question.to_owned(), all, how_many, describe: Box::new(describe) }
    }

    fn describe(&mut self, number: usize) {
        if let Some(choice) = self.all.get_mut(number)
            && choice.about.is_none()
        {
            choice.about = Some(one_line((self.describe)(&choice.name).trim()));
        }
    }

    fn names(&self, taken: &[usize]) -> Vec<String> {
        taken.iter().filter_map(|number| self.all.get(*number)).map(|choice| choice.name.clone()).collect()
    }
}

/// Who asks.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    voice: &'a Voice,
    world: &'a dyn World,
    can: bool,
    yes: bool,
    by_line: bool,
}

impl<'a> Ask<'a> {
    /// Nobody is asked without a terminal at both ends, with `--no-input`, or in CI.
    pub(super) fn new(voice: &'a Voice, world: &'a dyn World, global: &Global) -> Self {
        let in_ci = world.env("CI").is_some_and(|ci| !matches!(ci.as_str(), "" | "false" | "0"));
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let dumb = world.env("TERM").is_none_or(|term| matches!(term.as_str(), "" | "dumb"));
        let can = terminal && !global.no_input && !in_ci;
        Self { voice, world, can, yes: global.yes, by_line: voice.is_plain() || dumb }
    }

    /// Whether somebody can be asked.
    pub(super) fn can(&self) -> bool {
        self.can
    }

    /// The names that are chosen.
    pub(super) fn choose(&self, mut choices: Choices<'_>) -> Result<Vec<String>, NoAnswer> {
        if choices.all.len() <= SEARCHED {
            (0..choices.all.len()).for_each(|number| choices.describe(number));
        }
        let taken = if self.by_line { self.by_line(&mut choices)? } else { self.by_key(&mut choices)? };
        let names = choices.names(&taken);
        self.voice.draw(&format!("{} {}\n", choices.question, names.join(", ")));
        Ok(names)
    }

    /// Yes or no; yes if that was said beforehand.
    pub(super) fn confirm(&self, question: &str) -> Result<bool, NoAnswer> {
        if self.yes {
            return Ok(true);
        }
        if !self.can {
            return Ok(false);
        }
        let mut terminal = self.world.terminal(false).map_err(NoAnswer::Terminal)?;
        self.voice.draw(&format!("{question} [y/N] "));
        let answer = self.line(terminal.as_mut())?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    fn by_key(&self, choices: &mut Choices<'_>) -> Result<Vec<usize>, NoAnswer> {
        let mut terminal = self.world.terminal(true).map_err(NoAnswer::Terminal)?;
        let mut menu = Menu::new(choices);
        let mut bytes = Bytes::default();
        let mut drawn = 0;
        let ended = loop {
            if !bytes.is_waiting() {
                drawn = self.redraw(drawn, &menu.lines(self.voice.size(), self.voice.is_coloured()));
            }
            let patience = bytes.is_waiting().then_some(REST_OF_A_KEY);
            let all = match terminal.typed(patience) {
                Ok(Typed::Bytes(more)) => {
                    bytes.push(&more);
                    false
                }
                Ok(Typed::Nothing) => true,
                Ok(Typed::End) => break Err(NoAnswer::Left),
                Ok(Typed::Signal(signal)) => break Err(NoAnswer::Signal(signal)),
                Err(error) => break Err(NoAnswer::Terminal(error)),
            };
            let mut keys = std::iter::from_fn(|| bytes.next(all));
            match keys.by_ref().map(|key| menu.press(key)).find(|step| *step != Step::On) {
                Some(Step::Taken(taken)) => break Ok(taken),
                Some(Step::Left) => break Err(NoAnswer::Left),
                Some(Step::On) | None => {}
            }
        };
        self.redraw(drawn, &[]);
        ended
    }

    /// Draws lines over those that were drawn before; the cursor stays at the end of the last one.
    fn redraw(&self, before: usize, lines: &[String]) -> usize {
        let up = match before {
            0 | 1 => String::new(),
            lines => format!("\x1b[{}A", lines - 1),
        };
        self.voice.draw(&format!("\r{up}\x1b[J{}", lines.join("\n")));
        lines.len()
    }

    fn by_line(&self, choices: &mut Choices<'_>) -> Result<Vec<usize>, NoAnswer> {
        let mut terminal = self.world.terminal(false).map_err(NoAnswer::Terminal)?;
        let mut list = list::List::new(choices);
        loop {
            self.voice.draw(&list.text());
            match list.answer(&self.line(terminal.as_mut())?) {
                Step::Taken(taken) => return Ok(taken),
                Step::Left => return Err(NoAnswer::Left),
                Step::On => {}
            }
        }
    }

    /// A line that is typed. The terminal lets it be edited and shows it.
    fn line(&self, terminal: &mut dyn Terminal) -> Result<String, NoAnswer> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            match terminal.typed(None).map_err(NoAnswer::Terminal)? {
                Typed::Bytes(more) => line.extend(more),
                Typed::Nothing => {}
                Typed::End => return Err(self.no_answer(NoAnswer::Left)),
                Typed::Signal(signal) => return Err(self.no_answer(NoAnswer::Signal(signal))),
            }
        }
        Ok(String::from_utf8_lossy(&line).trim().to_owned())
    }

    /// What is said next begins on a line of its own.
    fn no_answer(&self, why: NoAnswer) -> NoAnswer {
        self.voice.draw("\n");
        why
    }
}
