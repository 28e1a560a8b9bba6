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
    let listed = call(&["ls-tree", "-r", "-z", "--full-tree", &root])?;
    let blobs: Vec<(String, String)> = blobs(&listed).filter(|(path, _)| wanted(path)).collect();
    let files = read(dir, &blobs, world)?;
    Ok(Tree { commit, files })
}

/// The path and the object of each blob in a listing: `MODE blob OBJECT<tab>PATH`, ended by a NUL.
fn blobs(listed: &[u8]) -> impl Iterator<Item = (String, String)> + '_ {
    listed.split(|byte| *byte == 0).filter_map(|line| {
        let line = String::from_utf8_lossy(line);
        let (facts, path) = line.split_once('\t')?;
        let mut facts = facts.split(' ').skip(1);
        let (kind, object) = (facts.next()?, facts.next()?);
        (kind == "blob").then(|| (path.to_owned(), object.to_owned()))
    })
}

fn read(dir: &Path, blobs: &[(String, String)], world: &dyn World) -> Result<Vec<(String, Vec<u8>)>, NotGot> {
    let objects: Vec<&str> = blobs.iter().map(|(_, object)| object.as_str()).collect();
    let bytes = batch(command::local(dir, &BATCH), &objects, world)?;
    Ok(blobs.iter().map(|(path, _)| path.clone()).zip(bytes).collect())
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
    use super::{blobs, next};

    #[test]
    fn a_listing_is_read() {
        let listed = b"100644 blob aa\ta.yaml\x00120000 blob bb\tsub/b c.yaml\x00160000 commit cc\tmodule\0";
        let found: Vec<_> = blobs(listed).collect();
        assert_eq!(found, [("a.yaml".into(), "aa".into()), ("sub/b c.yaml".into(), "bb".to_owned())]);
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
