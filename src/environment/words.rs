//! The command of an entrypoint as words.
//!
//! Owns: quotes and backslashes, as a POSIX shell has them. Refuses: everything else of a shell; none runs.

/// Why a command has no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// A quote is never closed.
    #[error("a quote in it is never closed")]
    OpenQuote,
    /// There is no word.
    #[error("it is empty")]
    Empty,
}

/// The words of a command.
///
/// # Errors
/// It has none, or one does not end.
pub fn words(command: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = command.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or(WordsError::OpenQuote)? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or(WordsError::OpenQuote)? {
                        '"' => break,
                        '\\' => match chars.next().ok_or(WordsError::OpenQuote)? {
                            '\n' => {}
                            c @ ('"' | '\\' | '`') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => match chars.next() {
                Some('\n') => {}
                Some(c) => word.get_or_insert_default().push(c),
                None => word.get_or_insert_default().push('\\'),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if words.is_empty() { Err(WordsError::Empty) } else { Ok(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_shell() {
        for (command, expect) in [
            ("python -m app", Ok(vec!["python", "-m", "app"])),
            ("  a\t b\n", Ok(vec!["a", "b"])),
            ("a 'b c' \"d e\"f", Ok(vec!["a", "b c", "d ef"])),
            (r#"a "b\"c" b\ c 'x\y' "\n""#, Ok(vec!["a", "b\"c", "b c", r"x\y", r"\n"])),
            ("a '' \"\"", Ok(vec!["a", "", ""])),
            ("a; b > c | $(d) *", Ok(vec!["a;", "b", ">", "c", "|", "$(d)", "*"])),
            ("a 'b", Err(WordsError::OpenQuote)),
            ("a \"b\\", Err(WordsError::OpenQuote)),
            ("a\\", Ok(vec!["a\\"])),
            (" ", Err(WordsError::Empty)),
        ] {
            let expect = expect.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(words(command), expect, "{command}");
        }
    }
}
