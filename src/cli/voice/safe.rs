//! Text from files, arguments and tools, made safe to show: one line stays one line.
//!
//! Owns: what stands for characters that would end a line, move the cursor or turn the order of letters round. Refuses:
//! colours: they are put around what is safe already.

use std::borrow::Cow;

/// The text on one line: a registry's line cannot look like one of ours, or like a command to whoever reads the output.
///
/// A word that is longer than anybody reads is shortened in its middle.
pub(in crate::cli) fn one_line(text: &str) -> String {
    let text: String = text.chars().map(shown).collect();
    let is_long = |word: &str| word.len() > LONGEST && word.chars().count() > LONGEST;
    if !text.split(' ').any(is_long) {
        return text;
    }
    let words = text.split(' ').map(|word| if is_long(word) { shortened(word) } else { word.to_owned() });
    words.collect::<Vec<_>>().join(" ")
}

/// The same for one of many cells: the text itself where it is fine as it is.
pub(super) fn cell_on_line(text: &str) -> Cow<'_, str> {
    let is_plain = text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    if is_plain && text.len() <= LONGEST { Cow::Borrowed(text) } else { Cow::Owned(one_line(text)) }
}

/// Whether a text has no control characters but the ends of its lines, and so no colours. Those that are longer than a byte
/// are let through by everything that takes colours out.
pub(super) fn is_text(text: &str) -> bool {
    let is_fine = |byte: u8| (byte >= b' ' && byte != 0x7f) || byte == b'\n';
    text.as_bytes().chunks(4_096).all(|part| part.iter().fold(true, |fine, byte| fine & is_fine(*byte)))
}

/// How many characters of a word are shown, and how many of them stand at its end.
const LONGEST: usize = 200;
const TAIL: usize = 40;

fn shortened(word: &str) -> String {
    let count = word.chars().count();
    let head: String = word.chars().take(LONGEST - TAIL).collect();
    let tail: String = word.chars().skip(count - TAIL).collect();
    format!("{head}…{tail}")
}

/// The text with no lines but its own, and no word shortened: it may be a command to paste.
pub(super) fn lines(text: &str) -> String {
    let line = |line: &str| line.strip_suffix('\r').unwrap_or(line).chars().map(shown).collect::<String>();
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn shown(c: char) -> char {
    match c {
        '\t' => ' ',
        '\u{7f}' => '\u{2421}',
        // the pictures of control characters stand in their order
        c if c < ' ' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        // further controls, line ends, and what turns the order of letters round
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            '\u{fffd}'
        }
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_text, lines, one_line};

    proptest! {
        /// What is text, whatever its letters, has nothing that would be taken out of it.
        #[test]
        fn of_what_is_text_nothing_is_taken_out(text in "[ -~\n\u{80}-\u{a0}é漢\u{1f600}\u{1b}\u{7f}\t]{0,12}") {
            let stripped = anstream::adapter::strip_bytes(text.as_bytes()).into_vec();
            prop_assert!(!is_text(&text) || stripped == text.as_bytes());
            prop_assert_eq!(is_text(&text), !text.contains(['\u{1b}', '\u{7f}', '\t']));
        }
    }

    #[test]
    fn a_word_without_end_is_shortened_in_its_middle() {
        let long = format!("pins a to 1.{}9 (there is none)", "0".repeat(5_000));
        let shown = one_line(&long);
        assert_eq!(shown.chars().count(), "pins a to  (there is none)".len() + super::LONGEST + 1);
        assert!(shown.starts_with("pins a to 1.000") && shown.ends_with("009 (there is none)"), "{shown}");
        let short = "x".repeat(super::LONGEST);
        assert_eq!(one_line(&short), short);
    }

    #[test]
    fn nothing_ends_a_line_or_turns_it_round() {
        assert_eq!(one_line("bad\n::error::no\r\u{1b}[2J"), "bad␊::error::no␍␛[2J");
        assert_eq!(one_line("a\tb\u{202e}c\u{2028}d\u{7f}"), "a b\u{fffd}c\u{fffd}d␡");
        assert_eq!(one_line("naïve → 漢字"), "naïve → 漢字");
    }

    #[test]
    fn lines_stay_lines_and_nothing_else_gets_through() {
        assert_eq!(lines("one\r\ntwo\n\u{1b}]0;t\u{7}three\r"), "one\ntwo\n␛]0;t␇three");
        assert_eq!(lines("a\rb\u{202e}"), "a␍b\u{fffd}");
        assert_eq!(lines(""), "");
    }
}
