//! The files of a commit, without a checkout.
//!
//! Owns: listing and reading them, in two calls however many there are. What is read is a blob: a link is the text that it
//! holds, and a submodule is nothing. Refuses: fetching.

use std::path::Path;

use super::cache::{NotGot, said};
use super::command;
use crate::world::{Command, World};

/// The files below a directory in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The commit.
    pub commit: String,
    /// Their paths from that directory, with `/`, and their bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

/// The files that a directory of a working copy has in a commit, those whose paths are wanted.
///
/// # Errors
/// When the directory is in no repository, the repository does not have the revision, or git fails.
pub fn tree(
    dir: &Path,
    revision: &str,
    wanted: &dyn Fn(&str) -> bool,
    world: &dyn World,
) -> Result<Tree, NotGot> {
    let missing = || NotGot::NoReference { what: "branch, tag or commit", name: revision.to_owned() };
    if revision.starts_with('-') || revision.contains(char::is_control) {
        return Err(missing());
    }
    let call = |args: &[&str]| {
        let outcome = world.run(&command::local(dir, args))?;
        if outcome.ok() { Ok(outcome.stdout) } else { Err(NotGot::Failed(said(&outcome))) }
    };
    let prefix = call(&["rev-parse", "--show-prefix"])?;
    let prefix = String::from_utf8_lossy(&prefix).trim_end_matches('\n').to_owned();
    let commit = format!("{revision}^{{commit}}");
    let commit = call(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]);
    let commit = commit.map_err(|error| if let NotGot::Failed(_) = error { missing() } else { error })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let root = format!("{commit}:{}", prefix.trim_end_matches('/'));
    let listed = call(&[&LIST[..], &["-r", &root]].concat())?;
    let blobs: Vec<Found<'_>> =
        Found::all(&listed).filter(|found| found.mode != MODULE && wanted(found.path)).collect();
    let objects: Vec<&str> = blobs.iter().map(|found| found.id).collect();
    let bytes = batch(command::local(dir, &BATCH), &objects, world)?;
    let files = blobs.iter().map(|found| found.path.to_owned()).zip(bytes).collect();
    Ok(Tree { commit, files })
}

/// The arguments of a listing that [`Found`] reads.
pub(super) const LIST: [&str; 4] = ["ls-tree", "-z", "--long", "--full-tree"];

/// The modes of what is no file of its own.
pub(super) const FOLDER: &str = "040000";
pub(super) const LINK: &str = "120000";
pub(super) const MODULE: &str = "160000";

/// A line of a listing: `MODE TYPE ID SIZE<tab>PATH`.
pub(super) struct Found<'l> {
    pub(super) mode: &'l str,
    pub(super) id: &'l str,
    /// In bytes; of what is no blob 0.
    pub(super) size: usize,
    pub(super) path: &'l str,
}

impl<'l> Found<'l> {
    /// All that is in a listing. What has a name that is not UTF-8 is no entry.
    pub(super) fn all(listing: &'l [u8]) -> impl Iterator<Item = Self> {
        listing.split(|byte| *byte == 0).filter_map(|line| {
            let (facts, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
            let mut facts = facts.split_ascii_whitespace();
            let (mode, _, id, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
            Some(Self { mode, id, size: size.parse().unwrap_or_default(), path })
        })
    }
}

/// The arguments of the call that [`batch`] needs.
pub(super) const BATCH: [&str; 2] = ["cat-file", "--batch"];

/// Reads objects in one call, in their order.
pub(super) fn batch(command: Command, objects: &[&str], world: &dyn World) -> Result<Vec<Vec<u8>>, NotGot> {
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let asked: String = objects.iter().flat_map(|object| [*object, "\n"]).collect();
    let outcome = world.run(&Command { stdin: Some(asked.into_bytes()), ..command })?;
    if !outcome.ok() {
        return Err(NotGot::Failed(said(&outcome)));
    }
    let mut rest = outcome.stdout.as_slice();
    let answers = objects.iter().map(|object| {
        next(&mut rest).ok_or_else(|| NotGot::Failed(format!("the object {object} is missing or damaged")))
    });
    answers.collect()
}

/// The next answer: `OBJECT blob SIZE`, a line break, the bytes, a line break.
fn next(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&rest[..end]).ok()?;
    let size: usize = head.rsplit(' ').next()?.parse().ok()?;
    let bytes = rest.get(end + 1..end + 1 + size)?.to_vec();
    *rest = rest.get(end + 2 + size..)?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Found, LINK, MODULE, next};

    #[test]
    fn a_listing_is_read() {
        let listed = b"100644 blob aa      12\ta.yaml\x00120000 blob bb       3\tsub/b c.yaml\0\
            160000 commit cc       -\tmodule\x00100644 blob dd       1\t\xff.yaml\0";
        let found: Vec<_> =
            Found::all(listed).map(|found| (found.mode, found.id, found.size, found.path)).collect();
        assert_eq!(
            found,
            [("100644", "aa", 12, "a.yaml"), (LINK, "bb", 3, "sub/b c.yaml"), (MODULE, "cc", 0, "module")]
        );
    }

    #[test]
    fn answers_are_read_one_by_one_and_a_missing_one_is_no_file() {
        let mut rest: &[u8] = b"aa blob 3\nx\ny\nbb blob 0\n\ncc missing\n";
        assert_eq!(next(&mut rest), Some(b"x\ny".to_vec()));
        assert_eq!(next(&mut rest), Some(Vec::new()));
        assert_eq!(next(&mut rest), None);
        assert_eq!(next(&mut &b"aa blob 9\nshort\n"[..]), None);
    }
}
