//! The header of a file that is ours, and how an edit by hand is seen.
//!
//! Owns: the hash in the header. Refuses: what stands below it.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

const MARK: &str = "# sha256: ";

/// The text with its header.
pub(super) fn seal(body: &str) -> String {
    format!(
        "# Written by hsm: edit hsm.yaml and run `hsm sync`. If you change this file by hand, the next sync keeps\n\
         # your version beside it and writes it anew.\n\
         {MARK}{}\n{body}",
        digest(body)
    )
}

/// The text of a file that each sync makes anew.
pub(super) fn made_anew(body: &str) -> String {
    format!("# Made by hsm: the images that are only built. Not committed; each sync writes it anew.\n{body}")
}

/// Whether the text is as it was written: its header holds the hash of what follows. Line breaks do not count, since a
/// checkout may change them.
pub(super) fn is_untouched(text: &str) -> bool {
    let text = unix(text);
    let Some(at) = text.find(MARK) else { return false };
    if !text[..at].lines().all(|line| line.starts_with('#')) {
        return false;
    }
    let Some((hash, body)) = text[at + MARK.len()..].split_once('\n') else { return false };
    hash == digest(body)
}

/// Whether two texts differ at most in their line breaks.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    unix(one) == unix(other)
}

fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn digest(body: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(body.as_bytes()) {
        // writing into a String cannot fail
        let _infallible = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_seen_and_a_checkout_is_not_one() {
        let text = seal("name: x\nservices: {}\n");
        assert!(is_untouched(&text));
        assert!(is_untouched(&text.replace('\n', "\r\n")));
        assert!(!is_untouched(&text.replace("name: x", "name: y")));
        assert!(!is_untouched(&format!("{text}# more\n")));
        assert!(!is_untouched("name: x\n"));
        assert!(!is_untouched(""));
    }
}
