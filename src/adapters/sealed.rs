//! Files that are wholly hsm's: their header, how an edit by hand is seen, and that it is kept.
//!
//! Owns: the hash in the header, and the names of what is moved aside. Refuses: what stands below the header.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::FileChange;
use crate::diagnostic::{Diagnostic, Finding};
use crate::world::World;

const MARK: &str = "# sha256: ";

/// How a file comes to hold a text.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    /// What changes; nothing when the file holds it already.
    pub(super) change: Option<FileChange>,
    /// What was changed by hand, as a file of its own.
    pub(super) aside: Option<FileChange>,
}

/// The changes after which a file holds this text, or is not there. What somebody wrote into a file that has a seal
/// (`keeps`) is kept beside it.
pub(super) fn rewritten(
    path: &str,
    text: Option<&str>,
    keeps: bool,
    root: &Path,
    world: &dyn World,
) -> Result<Rewritten, Vec<Diagnostic>> {
    let mut done = Rewritten::default();
    let before = read(path, root, world)?;
    let held = before.as_deref().map(String::from_utf8_lossy);
    let same = match (&held, text) {
        (None, None) => true,
        (Some(held), Some(text)) => is_same(held, text),
        _ => false,
    };
    if same {
        return Ok(done);
    }
    if keeps && held.as_ref().is_some_and(|held| !is_untouched(held)) {
        done.aside = Some(kept(path, before.clone(), root, world)?);
    }
    let after = text.map(|text| text.as_bytes().to_vec());
    done.change = Some(FileChange { path: PathBuf::from(path), before, after });
    Ok(done)
}

/// A file's bytes; `None`: it is not there.
pub(super) fn read(path: &str, root: &Path, world: &dyn World) -> Result<Option<Vec<u8>>, Vec<Diagnostic>> {
    match world.read(&root.join(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let finding = Finding::Unreadable { path: path.to_owned(), why: error.to_string() };
            Err(vec![Diagnostic::missing(finding)])
        }
    }
}

/// What a file held, as a file beside it whose name nothing else has.
pub(super) fn kept(
    path: &str,
    held: Option<Vec<u8>>,
    root: &Path,
    world: &dyn World,
) -> Result<FileChange, Vec<Diagnostic>> {
    let (stem, end) = path.rsplit_once('.').unwrap_or((path, "txt"));
    let mut number = 1;
    loop {
        let name = format!("{stem}.edited-{number}.{end}");
        if read(&name, root, world)?.is_none() {
            return Ok(FileChange { path: PathBuf::from(name), before: None, after: held });
        }
        number += 1;
    }
}

/// The text with its header.
pub(super) fn seal(body: &str) -> String {
    format!(
        "# Written by hsm: edit hsm.yaml and run `hsm sync`. If you change this file by hand, the next sync keeps\n\
         # your version beside it and writes it anew.\n\
         {MARK}{}\n{body}",
        digest(body)
    )
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
