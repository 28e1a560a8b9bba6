//! A menu: a list that narrows while letters are typed, with a pointer and, where several may be chosen, marks.
//!
//! Owns: what a key does, and the lines to show. Refuses: reading keys and drawing.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::fuzzy::fitting;
use super::keys::Key;
use super::{Choices, HowMany};

const POINTED: Style = AnsiColor::Cyan.on_default().bold();
const DIM: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();
const WRONG: Style = AnsiColor::Yellow.on_default();

/// How many rows at most.
const ROWS: usize = 12;

/// What came of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// It goes on.
    On,
    /// Chosen: their numbers, in the order of the list.
    Taken(Vec<usize>),
    /// Given up.
    Left,
}

/// See the [module](self).
pub(super) struct Menu<'m, 'c> {
    choices: &'m mut Choices<'c>,
    typed: String,
    /// The numbers of what fits, the best first.
    shown: Vec<usize>,
    /// Where the pointer is among them.
    at: usize,
    marked: Vec<bool>,
    /// Whether a mark was made or taken away.
    touched: bool,
    problem: Option<String>,
}

impl<'m, 'c> Menu<'m, 'c> {
    pub(super) fn new(choices: &'m mut Choices<'c>) -> Self {
        let marked: Vec<bool> = choices.all.iter().map(|choice| choice.taken).collect();
        let shown = (0..choices.all.len()).collect();
        let at = match choices.how_many {
            HowMany::One => marked.iter().position(|taken| *taken).unwrap_or(0),
            HowMany::From(..) => 0,
        };
        Self { choices, typed: String::new(), shown, at, marked, touched: false, problem: None }
    }

    pub(super) fn press(&mut self, key: Key) -> Step {
        self.problem = None;
        let last = self.shown.len().saturating_sub(1);
        match key {
            Key::Leave => return Step::Left,
            Key::Enter => return self.enter(),
            Key::Space | Key::Tab if self.is_many() => self.mark(),
            // names have no spaces, but what is said about them has
            Key::Space => self.narrow(|typed| typed.push(' ')),
            Key::Char(c) => self.narrow(|typed| typed.push(c)),
            Key::Backspace => self.narrow(|typed| {
                typed.pop();
            }),
            Key::Clear => self.narrow(String::clear),
            Key::Up => self.at = self.at.checked_sub(1).unwrap_or(last),
            Key::Down => self.at = if self.at >= last { 0 } else { self.at + 1 },
            Key::PageUp => self.at = self.at.saturating_sub(ROWS),
            Key::PageDown => self.at = (self.at + ROWS).min(last),
            Key::Home => self.at = 0,
            Key::End => self.at = last,
            Key::Tab | Key::Other => {}
        }
        Step::On
    }

    fn is_many(&self) -> bool {
        matches!(self.choices.how_many, HowMany::From(..))
    }

    fn narrow(&mut self, change: impl FnOnce(&mut String)) {
        change(&mut self.typed);
        let all = self.choices.all.iter();
        self.shown = fitting(&self.typed, all.map(|choice| (choice.name.as_str(), choice.known())));
        self.at = 0;
    }

    fn mark(&mut self) {
        if let Some(number) = self.shown.get(self.at) {
            self.marked[*number] = !self.marked[*number];
            self.touched = true;
        }
    }

    fn enter(&mut self) -> Step {
        let pointed = self.shown.get(self.at).copied();
        let mut taken: Vec<usize> = match self.choices.how_many {
            HowMany::One => Vec::new(),
            HowMany::From(..) => (0..self.marked.len()).filter(|number| self.marked[*number]).collect(),
        };
        // who marks nothing means what is pointed at
        if taken.is_empty() && !self.touched {
            taken.extend(pointed);
        }
        match self.choices.how_many.refuses(taken.len()) {
            None => Step::Taken(taken),
            Some(why) => {
                self.problem = Some(if pointed.is_none() { "nothing fits that".to_owned() } else { why });
                Step::On
            }
        }
    }

    /// The lines to show, the last one being where letters are typed. None is wider than the terminal.
    pub(super) fn lines(&mut self, (width, height): (usize, usize), colours: bool) -> Vec<String> {
        let paint = |style: Style, text: &str| {
            if colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
        };
        // a line that ends at the edge breaks in some terminals
        let width = width.saturating_sub(1).max(1);
        let rows = ROWS.min(height.saturating_sub(4)).max(1);
        let top = (self.at + 1).saturating_sub(rows);
        let seen: Vec<usize> = self.shown.iter().skip(top).take(rows).copied().collect();
        for number in &seen {
            self.choices.describe(*number);
        }
        let names = seen.iter().map(|number| self.choices.all[*number].name.width()).max().unwrap_or(0);
        let names = names.min(width / 2);
        let mut out = vec![paint(STRONG, &cut(&self.choices.question, width))];
        for (row, number) in seen.iter().enumerate() {
            let choice = &self.choices.all[*number];
            let pointed = top + row == self.at;
            let mark = match (self.is_many(), self.marked[*number]) {
                (true, true) => "[x] ",
                (true, false) => "[ ] ",
                (false, true) => "* ",
                (false, false) => "  ",
            };
            let name = format!("{} {mark}{}", if pointed { ">" } else { " " }, pad(&choice.name, names));
            let name = cut(&name, width);
            let about = cut(choice.known(), width.saturating_sub(name.width() + 2));
            let name = if pointed { paint(POINTED, &name) } else { name };
            let about = if about.is_empty() { about } else { format!("  {}", paint(DIM, &about)) };
            out.push(name + &about);
        }
        out.push(match &self.problem {
            Some(problem) => paint(WRONG, &cut(&format!("  {problem}"), width)),
            None => paint(DIM, &cut(&self.hint(), width)),
        });
        // the end of what is typed is what matters
        let room = width.saturating_sub(2);
        let mut typed = self.typed.as_str();
        while typed.width() > room {
            typed = typed.get(typed.chars().next().map_or(1, char::len_utf8)..).unwrap_or_default();
        }
        out.push(format!(": {typed}"));
        out
    }

    fn hint(&self) -> String {
        let of = format!("{} of {}", self.shown.len(), self.choices.all.len());
        if self.is_many() {
            let marked = self.marked.iter().filter(|marked| **marked).count();
            format!("  {of}, {marked} marked; letters narrow, Space marks, Enter takes, Esc leaves")
        } else {
            format!("  {of}; letters narrow, Enter takes, Esc leaves")
        }
    }
}

/// As much of a text as fits into a width.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 1);
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

fn pad(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let missing = width.saturating_sub(text.width());
    text + &" ".repeat(missing)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cli::ask::Choice;

    fn choices(names: &[&str], how_many: HowMany) -> Choices<'static> {
        let all = names.iter().map(|name| Choice::new((*name).to_owned())).collect();
        Choices::new("which?", all, how_many, |_| "some words 漢字 about it".to_owned())
    }

    fn pressed(choices: &mut Choices<'_>, keys: &[Key]) -> Step {
        let mut menu = Menu::new(choices);
        keys.iter().map(|key| menu.press(*key)).find(|step| *step != Step::On).unwrap_or(Step::On)
    }

    #[test]
    fn letters_narrow_and_enter_takes() {
        let type_of = |text: &str| text.chars().map(Key::Char).collect::<Vec<Key>>();
        let names = ["redis", "postgres", "qdrant"];
        let mut one = choices(&names, HowMany::One);
        assert_eq!(pressed(&mut one, &[type_of("qd"), vec![Key::Enter]].concat()), Step::Taken(vec![2]));
        assert_eq!(pressed(&mut one, &[Key::Down, Key::Enter]), Step::Taken(vec![1]));
        assert_eq!(pressed(&mut one, &[Key::Up, Key::Enter]), Step::Taken(vec![2]));
        assert_eq!(pressed(&mut one, &[Key::Leave]), Step::Left);
        assert_eq!(pressed(&mut one, &[type_of("zzz"), vec![Key::Enter]].concat()), Step::On);
        let mut several = choices(&names, HowMany::From(1, 2));
        let down = [Key::Space, Key::Down, Key::Down, Key::Space, Key::Enter];
        assert_eq!(pressed(&mut several, &down), Step::Taken(vec![0, 2]));
        let all = [Key::Space, Key::Down, Key::Space, Key::Down, Key::Space, Key::Enter];
        assert_eq!(pressed(&mut several, &all), Step::On, "at most two");
        assert_eq!(
            pressed(&mut several, &[Key::Enter]),
            Step::Taken(vec![0]),
            "nothing marked: what is pointed at"
        );
        assert_eq!(
            pressed(&mut several, &[Key::Space, Key::Space, Key::Enter]),
            Step::On,
            "marks were taken away"
        );
    }

    fn any_key() -> impl Strategy<Value = Key> {
        prop_oneof![
            prop::sample::select(vec![
                Key::Space,
                Key::Tab,
                Key::Up,
                Key::Down,
                Key::PageUp,
                Key::PageDown,
                Key::Home,
                Key::End,
                Key::Backspace,
                Key::Clear,
                Key::Other,
                Key::Enter,
            ]),
            prop::char::range('a', 'f').prop_map(Key::Char),
        ]
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal_and_nothing_else_is_taken(
            names in prop::collection::vec("[a-f漢-]{1,30}", 0..30),
            keys in prop::collection::vec(any_key(), 0..40),
            (width, height, one, colours) in (1usize..90, 1usize..30, any::<bool>(), any::<bool>()),
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let how_many = if one { HowMany::One } else { HowMany::From(1, 3) };
            let mut all = choices(&names, how_many);
            let mut menu = Menu::new(&mut all);
            for key in keys {
                let step = menu.press(key);
                if let Step::Taken(taken) = &step {
                    let most = if one { 1 } else { 3 };
                    prop_assert!(!taken.is_empty() && taken.len() <= most);
                    prop_assert!(taken.iter().all(|number| *number < names.len()));
                    prop_assert!(taken.is_sorted());
                    break;
                }
                let lines = menu.lines((width, height), colours);
                prop_assert!(lines.len() <= ROWS + 3 && (height < 5 || lines.len() < height));
                for line in lines {
                    let plain = anstream::adapter::strip_str(&line).to_string();
                    prop_assert!(plain.width() <= width.max(3), "{}: {:?}", width, plain);
                }
            }
        }
    }
}
