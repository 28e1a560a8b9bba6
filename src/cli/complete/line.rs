//! A line that is being typed, as words: for shells that hand over the line and not its words.
//!
//! Owns: which characters part words. Refuses: expanding anything; what a shell would put in stays as it is typed.

/// The words of a line up to the cursor; the last one is being typed, and may be empty. `escapes`: whether a backslash
/// keeps the next character from meaning anything.
pub(super) fn words(line: &str, escapes: bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    // whether a word was begun, which may have no letters yet
    let mut begun = false;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (end, Some(open)) if end == open => quote = None,
            ('\\', None | Some('"')) if escapes => word.extend(letters.next()),
            ('\'' | '"', None) => {
                quote = Some(letter);
                begun = true;
            }
            (' ' | '\t' | '\n', None) => {
                if begun {
                    out.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (letter, _) => {
                word.push(letter);
                begun = true;
            }
        }
    }
    out.push(word);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::words;

    #[test]
    fn words_are_parted_as_shells_do() {
        for (line, expected) in [
            ("hsm add re", &["hsm", "add", "re"][..]),
            ("hsm  add ", &["hsm", "add", ""]),
            ("hsm package version x '>=1, <2", &["hsm", "package", "version", "x", ">=1, <2"]),
            (r#"hsm -C "my dir" add container:re"#, &["hsm", "-C", "my dir", "add", "container:re"]),
            (r"hsm -C my\ dir add '' x", &["hsm", "-C", "my dir", "add", "", "x"]),
            ("", &[""]),
        ] {
            assert_eq!(words(line, true), expected, "{line}");
        }
        assert_eq!(words(r"hsm -C C:\dir\ add", false), ["hsm", "-C", r"C:\dir\", "add"]);
    }

    proptest! {
        #[test]
        fn quoted_words_come_back(all in prop::collection::vec("[a-z \"\\\\:=-]{0,6}", 1..5)) {
            let line: Vec<String> = all.iter().map(|word| format!("'{word}'")).collect();
            prop_assert_eq!(words(&line.join(" "), true), all);
        }

        #[test]
        fn any_line_has_words(line in ".{0,30}", escapes in any::<bool>()) {
            prop_assert!(!words(&line, escapes).is_empty());
        }
    }
}
