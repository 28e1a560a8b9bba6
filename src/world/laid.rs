//! The machine as it would be: files with other bytes, or without them, laid over what is there.
//!
//! Owns: reading and listing with those files in place, so that an edit can be tried out before it is written. Refuses:
//! every change; who wants one asks the machine below.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Command, FileKind, Lock, Outcome, Stat, World};

/// The machine as it would be: files with other bytes, or without them, laid over what is there.
pub struct Laid<'w> {
    below: &'w dyn World,
    files: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

impl<'w> Laid<'w> {
    /// The machine with these files, by their absolute paths; `None`: as if there were none.
    pub fn over(below: &'w dyn World, files: impl IntoIterator<Item = (PathBuf, Option<Vec<u8>>)>) -> Self {
        Self { below, files: files.into_iter().collect() }
    }

    /// What a directory gains: the names right below it that lead to a file with bytes.
    fn gained(&self, dir: &Path) -> BTreeMap<String, FileKind> {
        let mut out = BTreeMap::new();
        for (path, bytes) in &self.files {
            let Ok(rest) = path.strip_prefix(dir) else { continue };
            let mut parts = rest.components();
            let Some(first) = parts.next().filter(|_| bytes.is_some()) else { continue };
            let kind = if parts.next().is_some() { FileKind::Dir } else { FileKind::File };
            out.insert(first.as_os_str().to_string_lossy().into_owned(), kind);
        }
        out
    }
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

/// A trial changes nothing.
fn refused<T>() -> io::Result<T> {
    Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem))
}

impl World for Laid<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.files.get(path) {
            Some(Some(bytes)) => Ok(bytes.clone()),
            Some(None) => Err(missing()),
            None => self.below.read(path),
        }
    }

    fn read_regular(&self, path: &Path, most: usize) -> io::Result<Vec<u8>> {
        match self.files.get(path) {
            Some(Some(bytes)) => Ok(bytes.iter().take(most.saturating_add(1)).copied().collect()),
            Some(None) => Err(missing()),
            None => self.below.read_regular(path, most),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let mut names = self.gained(path);
        let there = match self.below.list(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !names.is_empty() => Vec::new(),
            listed => listed?,
        };
        let stays = |name: &str| !matches!(self.files.get(&path.join(name)), Some(None));
        for (name, kind) in there.into_iter().filter(|(name, _)| stays(name)) {
            names.entry(name).or_insert(kind);
        }
        Ok(names.into_iter().collect())
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        let stat = |kind, size| Stat { kind, size, mtime: 0, ctime: 0, mode: 0o644, inode: 0 };
        match self.files.get(path) {
            Some(Some(bytes)) => Ok(Some(stat(FileKind::File, bytes.len() as u64))),
            Some(None) => Ok(None),
            None => match self.below.stat(path)? {
                None if !self.gained(path).is_empty() => Ok(Some(stat(FileKind::Dir, 0))),
                // with other names in it, it is not the directory that is there
                Some(below) if self.files.keys().any(|file| file.parent() == Some(path)) => {
                    Ok(Some(Stat { inode: 0, ..below }))
                }
                below => Ok(below),
            },
        }
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        match self.below.canonical(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match self.stat(path)? {
                Some(_) => Ok(path.to_owned()),
                None => Err(error),
            },
            there => there,
        }
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.below.read_link(path)
    }

    fn env(&self, name: &str) -> Option<String> {
        self.below.env(name)
    }

    fn current_dir(&self) -> io::Result<PathBuf> {
        self.below.current_dir()
    }

    fn pid(&self) -> u32 {
        self.below.pid()
    }

    fn create_dirs(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn scratch(&self) -> io::Result<PathBuf> {
        refused()
    }

    fn make_link(&self, _: &Path, _: &Path) -> io::Result<()> {
        refused()
    }

    fn write(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        refused()
    }

    fn copy(&self, _: &Path, _: &Path) -> io::Result<()> {
        refused()
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        self.below.touch(path)
    }

    fn remove_file(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn remove_tree(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn remove_dir(&self, _: &Path) -> io::Result<bool> {
        refused()
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        refused()
    }

    fn link_tree(&self, _: &Path, _: &Path, _: &(dyn Fn(&Path) -> bool + Sync)) -> io::Result<()> {
        refused()
    }

    fn sync(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn sync_tree(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn try_lock(&self, _: &Path, _: &str) -> io::Result<Option<Lock>> {
        refused()
    }

    fn run(&self, _: &Command) -> io::Result<Outcome> {
        refused()
    }

    fn interrupted_by(&self) -> Option<i32> {
        self.below.interrupted_by()
    }

    fn pause(&self, time: Duration) {
        self.below.pause(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Rehearsal;

    #[test]
    fn what_is_laid_over_is_read_listed_and_looked_at_and_the_rest_shines_through() {
        let below = Rehearsal::with([("reg/packages/a.yaml", "a"), ("reg/packages/b.yaml", "b")]);
        let at = |path: &str| Rehearsal::root().join(path);
        let files = [
            (at("reg/packages/b.yaml"), None),
            (at("reg/packages/c.yaml"), Some(b"c".to_vec())),
            (at("reg/containers/d.yaml"), Some(b"dd".to_vec())),
            (at("reg/packages/a.yaml"), Some(b"A".to_vec())),
        ];
        let laid = Laid::over(&below, files);
        assert_eq!(laid.read(&at("reg/packages/a.yaml")).expect("there"), b"A");
        assert_eq!(laid.read(&at("reg/packages/b.yaml")).expect_err("gone").kind(), io::ErrorKind::NotFound);
        let names = |path: &str| {
            let listed = laid.list(&at(path)).expect("a directory");
            listed.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names("reg/packages"), ["a.yaml", "c.yaml"]);
        assert_eq!(names("reg/containers"), ["d.yaml"]);
        assert_eq!(names("reg"), ["containers", "packages"]);
        let kind = |path: &str| laid.stat(&at(path)).expect("asked").map(|stat| (stat.kind, stat.size));
        assert_eq!(kind("reg/containers"), Some((FileKind::Dir, 0)));
        assert_eq!(kind("reg/containers/d.yaml"), Some((FileKind::File, 2)));
        assert_eq!(kind("reg/packages/b.yaml"), None);
        assert_eq!(kind("reg/volumes"), None);
        assert!(laid.list(&at("reg/volumes")).is_err());
        let inode = |path: &str| laid.stat(&at(path)).expect("asked").map(|stat| stat.inode);
        assert_eq!(inode("reg/packages"), Some(0), "nobody takes it for the one that is there");
        assert_ne!(inode("reg"), Some(0));
        assert!(laid.write(&at("x"), b"").is_err());
        assert_eq!(below.read(&at("reg/packages/a.yaml")).expect("there"), b"a", "nothing was changed");
    }
}
