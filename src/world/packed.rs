//! Packs: a tree of files in one file, read as if it were a directory.
//!
//! Owns: their form, and reading from them. A pack is written once, whole, and never changed; one that was opened is read
//! to the end, whoever removes it meanwhile. Refuses: links and whatever
//! else was in the tree: such a name is listed, and reading it says why not.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::{FileKind, Stat};

/// How the names of packs end: below such a file lies what is in it.
pub const PACK_ENDING: &str = "hsm-pack";

const MAGIC: &str = "hsm-pack 1";

/// The first line, padded: the format, the length of the index and the length of the whole file.
const HEAD: usize = 64;

/// What is at a path of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packed {
    /// A file.
    File(Vec<u8>),
    /// A file that was too large to be taken along.
    TooLarge,
    /// A symbolic link.
    Link,
    /// Another repository inside this one.
    Module,
}

impl Packed {
    fn letter(&self) -> char {
        match self {
            Self::File(_) => 'f',
            Self::TooLarge => 't',
            Self::Link => 'l',
            Self::Module => 'm',
        }
    }
}

/// The bytes of a pack of these files, by their paths with `/`. A path that is no plain way down is left out.
pub fn pack(files: &[(String, Packed)]) -> Vec<u8> {
    use std::fmt::Write as _;
    let mut sorted: Vec<&(String, Packed)> = files.iter().filter(|(path, _)| is_plain(path)).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let (mut index, mut blobs) = (String::new(), Vec::new());
    for (path, what) in sorted {
        let bytes: &[u8] = if let Packed::File(bytes) = what { bytes } else { &[] };
        // Writing into a String cannot fail.
        let _ = writeln!(index, "{} {} {} {} {path}", what.letter(), blobs.len(), bytes.len(), seal(bytes));
        blobs.extend_from_slice(bytes);
    }
    let whole = HEAD + index.len() + blobs.len();
    let mut out = format!("{:<width$}\n", format!("{MAGIC} {} {whole}", index.len()), width = HEAD - 1);
    out.push_str(&index);
    let mut out = out.into_bytes();
    out.extend(blobs);
    out
}

fn is_plain(path: &str) -> bool {
    !path.contains(char::is_control) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Shows that bytes on the disk are still those that were written.
fn seal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |mut out, byte| {
        // Writing into a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The packs that were opened.
#[derive(Debug, Default)]
pub(super) struct Packs(Mutex<HashMap<PathBuf, Arc<Pack>>>);

impl Packs {
    /// The bytes of a file in a pack, at most so many; `None`: the path leads into no pack.
    pub(super) fn read(&self, path: &Path, most: usize) -> Option<io::Result<Vec<u8>>> {
        let (pack, inner) = self.find(path)?;
        Some(pack.and_then(|pack| pack.read(&inner, most)))
    }

    /// The names in a directory of a pack.
    pub(super) fn list(&self, path: &Path) -> Option<io::Result<Vec<(String, FileKind)>>> {
        let (pack, inner) = self.find(path)?;
        Some(pack.and_then(|pack| pack.list(&inner)))
    }

    /// What is at a path in a pack.
    pub(super) fn stat(&self, path: &Path) -> Option<io::Result<Option<Stat>>> {
        let (pack, inner) = self.find(path)?;
        Some(pack.map(|pack| pack.stat(&inner)))
    }

    fn find(&self, path: &Path) -> Option<(io::Result<Arc<Pack>>, String)> {
        let is_named = |at: &Path| at.extension().is_some_and(|ending| ending == PACK_ENDING);
        if !path.ancestors().any(is_named) {
            return None;
        }
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // one that was opened is read to the end, also when it was removed since
        let is_pack = |at: &&Path| is_named(at) && (opened.contains_key(*at) || at.is_file());
        // without a slash at the end, behind which the system looks for no file
        let path: PathBuf = path.components().collect();
        let at = path.ancestors().find(is_pack)?;
        let inner = path.strip_prefix(at).ok()?.to_str()?.to_owned();
        if let Some(pack) = opened.get(at) {
            return Some((Ok(Arc::clone(pack)), inner));
        }
        let pack = Pack::open(at).map(Arc::new);
        if let Ok(pack) = &pack {
            opened.insert(at.to_owned(), Arc::clone(pack));
        }
        Some((pack, inner))
    }
}

#[derive(Debug)]
struct Pack {
    file: File,
    index: String,
    /// Sorted by path.
    members: Vec<Member>,
    /// Where the bytes of files begin.
    blobs: u64,
}

#[derive(Debug)]
struct Member {
    letter: char,
    start: u64,
    len: usize,
    seal: Range<usize>,
    path: Range<usize>,
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the pack is damaged; remove it, and it is made again")
}

impl Pack {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut head = [0; HEAD];
        file.read_exact_at(&mut head, 0).map_err(|_| damaged())?;
        let head = std::str::from_utf8(&head).ok().and_then(|head| head.strip_prefix(MAGIC));
        let mut numbers = head.ok_or_else(damaged)?.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(len)), Some(Ok(whole)), None) = (numbers.next(), numbers.next(), numbers.next()) else {
            return Err(damaged());
        };
        if file.metadata()?.len() != whole || len > whole.saturating_sub(HEAD as u64) {
            return Err(damaged());
        }
        let mut index = vec![0; usize::try_from(len).map_err(|_| damaged())?];
        file.read_exact_at(&mut index, HEAD as u64)?;
        let index = String::from_utf8(index).map_err(|_| damaged())?;
        let members = members(&index).ok_or_else(damaged)?;
        Ok(Self { file, index, members, blobs: HEAD as u64 + len })
    }

    fn path(&self, member: &Member) -> &str {
        self.index.get(member.path.clone()).unwrap_or_default()
    }

    fn member(&self, path: &str) -> Option<&Member> {
        let at = self.members.binary_search_by(|member| self.path(member).cmp(path)).ok()?;
        self.members.get(at)
    }

    /// What lies below a directory.
    fn below<'p>(&'p self, dir: &'p str) -> impl Iterator<Item = (&'p str, &'p Member)> {
        let from = if dir.is_empty() { String::new() } else { format!("{dir}/") };
        let start = self.members.partition_point(|member| self.path(member) < from.as_str());
        let rest = self.members.get(start..).unwrap_or_default().iter();
        rest.map_while(move |member| Some((self.path(member).strip_prefix(&from)?, member)))
    }

    fn read(&self, path: &str, most: usize) -> io::Result<Vec<u8>> {
        let refused = |why: &'static str| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        let Some(member) = self.member(path) else {
            let is_dir = self.below(path).next().is_some();
            let kind = if is_dir { io::ErrorKind::IsADirectory } else { io::ErrorKind::NotFound };
            return Err(kind.into());
        };
        match member.letter {
            'f' => {}
            'l' => {
                return refused("in the repository it is a symbolic link, and links there are not followed");
            }
            'm' => return refused("in the repository it is a submodule, and those are not fetched"),
            _ => return refused("it is too large"),
        }
        let mut bytes = vec![0; member.len];
        self.file.read_exact_at(&mut bytes, self.blobs + member.start)?;
        if Some(seal(&bytes).as_str()) != self.index.get(member.seal.clone()) {
            return Err(damaged());
        }
        bytes.truncate(most.saturating_add(1));
        Ok(bytes)
    }

    fn list(&self, dir: &str) -> io::Result<Vec<(String, FileKind)>> {
        let mut names: Vec<(String, FileKind)> = Vec::new();
        for (rest, member) in self.below(dir) {
            let (name, kind) = match rest.split_once('/') {
                Some((name, _)) => (name, FileKind::Dir),
                None => (rest, kind(member)),
            };
            if names.last().is_none_or(|(last, _)| last != name) {
                names.push((name.to_owned(), kind));
            }
        }
        if names.is_empty() && !dir.is_empty() {
            let there = self.member(dir).is_some();
            let kind = if there { io::ErrorKind::NotADirectory } else { io::ErrorKind::NotFound };
            return Err(kind.into());
        }
        // `a.b` lies before `a/b`, and a directory's names are sorted by themselves
        names.sort();
        Ok(names)
    }

    fn stat(&self, path: &str) -> Option<Stat> {
        let stat = |kind, size| Stat { kind, size, mtime: 0, ctime: 0, mode: 0o444, inode: 0 };
        match self.member(path) {
            Some(member) => Some(stat(kind(member), member.len as u64)),
            None => self.below(path).next().map(|_| stat(FileKind::Dir, 0)),
        }
    }
}

fn kind(member: &Member) -> FileKind {
    match member.letter {
        'l' => FileKind::Link,
        'm' => FileKind::Other,
        _ => FileKind::File,
    }
}

fn members(index: &str) -> Option<Vec<Member>> {
    let mut out = Vec::new();
    let mut at = 0;
    for line in index.split_inclusive('\n') {
        let mut parts = line.trim_end_matches('\n').splitn(5, ' ');
        let letter = parts.next()?.chars().next()?;
        let (start, len) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let (seal, path) = (parts.next()?, parts.next()?);
        let path_at = at + line.trim_end_matches('\n').len() - path.len();
        let seal = path_at - 1 - seal.len()..path_at - 1;
        out.push(Member { letter, start, len, seal, path: path_at..path_at + path.len() });
        at += line.len();
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::world::{Real, World};

    fn written(files: &[(String, Packed)]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let at = dir.path().join(format!("x.{PACK_ENDING}"));
        std::fs::write(&at, pack(files)).expect("written");
        (dir, at)
    }

    proptest! {
        /// A pack is read as the directory that it was made from.
        #[test]
        fn a_pack_reads_like_a_directory(
            files in prop::collection::btree_map("[ab.-]{1,3}(/[ab.-]{1,3}){0,2}", prop::collection::vec(any::<u8>(), 0..40), 0..12),
        ) {
            let real = Real::new().expect("this machine");
            let dir = tempfile::tempdir().expect("a directory");
            let mut kept: BTreeMap<String, Packed> = BTreeMap::new();
            for (path, bytes) in files {
                let at = dir.path().join(&path);
                let plain = is_plain(&path) && std::fs::create_dir_all(at.parent().expect("inside")).is_ok();
                if plain && std::fs::write(&at, &bytes).is_ok() {
                    kept.insert(path, Packed::File(bytes));
                }
            }
            let kept: Vec<(String, Packed)> = kept.into_iter().collect();
            let (_pack, at) = written(&kept);
            let mut todo = vec![PathBuf::new()];
            while let Some(inner) = todo.pop() {
                let (there, here) = (dir.path().join(&inner), at.join(&inner));
                let names = real.list(&there).expect("a directory");
                prop_assert_eq!(&real.list(&here).expect("the same"), &names);
                for (name, kind) in names {
                    let path = inner.join(name);
                    prop_assert_eq!(real.stat(&at.join(&path)).expect("asked").expect("there").kind, kind);
                    if kind == FileKind::Dir {
                        todo.push(path);
                    } else {
                        let bytes = real.read(&dir.path().join(&path)).expect("a file");
                        prop_assert_eq!(&real.read(&at.join(&path)).expect("the same"), &bytes);
                        prop_assert_eq!(real.read_regular(&at.join(&path), 3).expect("cut"), bytes.into_iter().take(4).collect::<Vec<_>>());
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_file_is_listed_and_says_why_it_is_not_read() {
        let all = [("l", Packed::Link), ("m", Packed::Module), ("t", Packed::TooLarge)];
        let all = all.map(|(path, what)| (path.to_owned(), what));
        let (_pack, at) = written(&all);
        let real = Real::new().expect("this machine");
        let why = |path: &str| real.read_regular(&at.join(path), 9).expect_err("refused").to_string();
        assert!(
            why("l").contains("symbolic link")
                && why("m").contains("submodule")
                && why("t").contains("large")
        );
        assert_eq!(real.read(&at.join("x")).expect_err("none").kind(), io::ErrorKind::NotFound);
        assert_eq!(real.list(&at).expect("listed").len(), 3);
        assert!(real.stat(&at.join("x/y")).expect("asked").is_none());
    }

    #[test]
    fn a_pack_that_is_removed_is_read_on_by_who_opened_it_and_by_nobody_else() {
        let (_pack, at) = written(&[("sub/a".to_owned(), Packed::File(b"text".to_vec()))]);
        let [opened, other] = [(); 2].map(|()| Real::new().expect("this machine"));
        assert!(opened.stat(&at.join("none")).expect("asked").is_none());
        std::fs::remove_file(&at).expect("removed");
        assert_eq!(opened.read(&at.join("sub/a")).expect("read on"), b"text");
        assert_eq!(opened.list(&at.join("sub")).expect("listed").len(), 1);
        assert!(opened.stat(&at).expect("asked").is_some());
        assert!(other.stat(&at).expect("asked").is_none() && other.read(&at.join("sub/a")).is_err());
    }

    #[test]
    fn ways_out_are_left_out_and_damage_is_noticed() {
        let file = |path: &str| (path.to_owned(), Packed::File(b"text".to_vec()));
        let bytes = pack(&[file("../x"), file("a//b"), file("/abs"), file("a\nb"), file("good")]);
        let real = Real::new().expect("this machine");
        let looked_at = |bytes: &[u8]| {
            let dir = tempfile::tempdir().expect("a directory");
            let at = dir.path().join(format!("x.{PACK_ENDING}"));
            std::fs::write(&at, bytes).expect("written");
            (Real::new().expect("this machine").list(&at), real.read(&at.join("good")))
        };
        assert_eq!(looked_at(&bytes).0.expect("good"), [("good".to_owned(), FileKind::File)]);
        for at in [0, 12, bytes.len() - 1] {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(looked_at(&bad).1.is_err(), "byte {at}");
        }
        for len in 0..bytes.len() {
            assert!(looked_at(&bytes[..len]).1.is_err(), "cut to {len}");
        }
    }
}
