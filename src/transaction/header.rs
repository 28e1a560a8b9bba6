//! The header of the journal: what was saved, and what the run is about to make of it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::hash;

/// The first word of a header, with the version of its format.
const MAGIC: &str = "hsm-journal-1";

/// The header. Paths are relative to the project's root, UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The command that ran ("hsm sync").
    pub(super) what: String,
    /// Its process.
    pub(super) pid: u32,
    /// What was saved.
    pub(super) entries: Vec<Entry>,
    /// Directories that the run makes, outermost first.
    pub(super) made_dirs: Vec<PathBuf>,
}

/// One file or directory that was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Where.
    pub(super) path: PathBuf,
    /// Where it points, if it is a link; what is saved is behind it.
    pub(super) link: Option<PathBuf>,
    /// What was there.
    pub(super) before: Before,
    /// The hash of what hsm itself is going to write; `None`: nothing, or it removes the file.
    pub(super) after: Option<String>,
    /// Whether a tool may write it, so that any content can be its.
    pub(super) tool: bool,
}

/// What was there before. A `copy` is a name in the directory of the saved data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Before {
    /// Nothing.
    Absent,
    /// A file.
    File {
        /// The hash of its bytes.
        hash: String,
        /// Its permission bits.
        mode: u32,
        /// Its copy.
        copy: String,
    },
    /// A directory.
    Dir {
        /// Its copy.
        copy: String,
    },
}

impl Before {
    /// Whether this is a file of these bytes, or nothing.
    pub(super) fn is(&self, bytes: Option<&[u8]>) -> bool {
        match (self, bytes) {
            (Self::Absent, None) => true,
            (Self::File { hash: have, .. }, Some(bytes)) => *have == hash(bytes),
            _ => false,
        }
    }
}

impl Header {
    /// As it is written: a line with a checksum of the rest, then JSON.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let body = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{MAGIC} {}\n{body}\n", hash(body.as_bytes())).into_bytes()
    }

    /// Reads what [`Header::to_bytes`] wrote; the error says what is wrong.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
        let (first, body) = text.split_once('\n').ok_or("it is cut off")?;
        let sum = match first.split_once(' ') {
            Some((MAGIC, sum)) => sum,
            Some((other, _)) if other.starts_with("hsm-journal-") => {
                return Err(format!(
                    "it was written by another version of hsm ({other}); use that one to undo it"
                ));
            }
            _ => return Err("it is not a journal".into()),
        };
        let body = body.trim_end_matches('\n');
        if sum != hash(body.as_bytes()) {
            return Err("it is damaged (its checksum does not fit)".into());
        }
        serde_json::from_str(body).map_err(|e| e.to_string())
    }
}
