//! How wide what is said may be, words that are wrapped to that, and whether it is looked at or listened to.

use std::io::IsTerminal as _;

use crate::world::World;

/// Where nobody says how wide a line may be: words are not wrapped then, but quoted lines are cut.
const USUAL: usize = 120;

/// Narrower than this nothing can be read; a line then breaks where the terminal breaks it.
const NARROWEST: usize = 40;

/// Narrower than this, words do not fit beside what they are about.
const NARROW: usize = 100;

/// Prose that is wider than this is not read with ease.
pub(super) const PROSE: usize = 100;

/// How messages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Look {
    /// How wide a line may be; `None`: nobody says so.
    width: Option<usize>,
    /// For those who listen: sentences instead of drawings, nothing that is aligned.
    pub plain: bool,
}

impl Look {
    /// The one that fits the terminal and what was asked for.
    pub(super) fn new(world: &dyn World, plain: bool) -> Self {
        let asked = world.env("HSM_SCREEN_READER").is_some_and(|value| !matches!(value.as_str(), "" | "0"));
        Self { width: of(world), plain: plain || asked }
    }

    /// How wide a quoted line may be.
    pub(super) fn columns(self) -> usize {
        self.width.unwrap_or(USUAL)
    }

    /// Whether words cannot stand beside the place that they are about.
    pub(super) fn is_narrow(self) -> bool {
        self.plain || self.width.is_some_and(|width| width < NARROW)
    }

    /// How wide prose may be.
    pub(super) fn prose(self) -> usize {
        self.columns().min(PROSE)
    }

    /// A message that begins behind something else, with its further lines below its first.
    pub(super) fn beside(self, text: &str, in_front: usize) -> String {
        match self.width {
            // what has lines of its own is laid out already
            Some(width) if !self.plain && !text.contains('\n') => wrap(text, width, in_front, in_front),
            _ => text.to_owned(),
        }
    }

    /// A message in lines that fit beside what stands in front of it.
    pub(super) fn words(self, text: &str, in_front: usize) -> String {
        match self.width {
            Some(width) => wrap(text, width.saturating_sub(in_front), 0, 0),
            None => text.to_owned(),
        }
    }
}

/// The width of the terminal; where there is none, what `COLUMNS` says.
fn of(world: &dyn World) -> Option<usize> {
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    let terminal = if stderr.is_terminal() {
        terminal_size::terminal_size_of(stderr)
    } else {
        terminal_size::terminal_size_of(stdout)
    };
    let columns = || world.env("COLUMNS")?.trim().parse().ok().filter(|columns| *columns > 0);
    let width = terminal.map(|(width, _)| usize::from(width.0)).filter(|width| *width > 0).or_else(columns);
    width.map(|width| width.max(NARROWEST))
}

/// A text in lines of at most `width` characters where words allow it: the first line has `used` characters less, all
/// others begin with `indent` spaces. Line breaks of the text stay.
pub(super) fn wrap(text: &str, width: usize, used: usize, indent: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut column = used;
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            next_line(&mut out, &mut column, indent);
        }
        let lead = line.len() - line.trim_start().len();
        out.push_str(&line[..lead]);
        column += lead;
        let mut first = true;
        for word in line.split_whitespace() {
            let length = word.chars().count();
            if !first && column + 1 + length > width {
                next_line(&mut out, &mut column, indent + lead);
            } else if !first {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
            first = false;
        }
    }
    out
}

fn next_line(out: &mut String, column: &mut usize, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    *column = indent;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_never_cut() {
        assert_eq!(wrap("one two three", 9, 0, 2), "one two\n  three");
        assert_eq!(wrap("one two three", 9, 7, 2), "one\n  two\n  three");
        assert_eq!(wrap("a-word-of-no-end b", 5, 0, 0), "a-word-of-no-end\nb");
        assert_eq!(wrap("", 9, 0, 0), "");
        assert_eq!(wrap("one\n  two three four", 9, 0, 1), "one\n   two\n   three\n   four");
    }

    #[test]
    fn wrapping_keeps_every_word_in_order() {
        let text = "the quick `brown` fox, jumps over-the lazy dog 漢字 ends.";
        for width in 1..60 {
            for indent in 0..4 {
                let wrapped = wrap(text, width, 3, indent);
                assert!(wrapped.split_whitespace().eq(text.split_whitespace()), "{wrapped}");
                let widest =
                    text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or_default();
                let fits = |line: &str| line.chars().count() <= width.max(widest + indent);
                assert!(wrapped.lines().skip(1).all(fits), "{width}:\n{wrapped}");
            }
        }
    }
}
