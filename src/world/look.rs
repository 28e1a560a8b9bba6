//! Many files of one directory, looked at one by one.
//!
//! Owns: asking for each by its name alone, so that the system does not walk the whole path each time. Refuses: following
//! links.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{FileKind, Stat, World};

/// A directory whose files are looked at.
pub trait Look {
    /// What is at a name in it, which has no `/`, as [`World::stat`] tells it.
    fn stat(&self, name: &str) -> io::Result<Option<Stat>>;
}

/// A directory whose files are looked at by their whole paths.
pub(super) struct ByPath<'w, W: World + ?Sized> {
    pub(super) world: &'w W,
    pub(super) dir: PathBuf,
}

impl<W: World + ?Sized> Look for ByPath<'_, W> {
    fn stat(&self, name: &str) -> io::Result<Option<Stat>> {
        self.world.stat(&self.dir.join(name))
    }
}

/// A directory that is open.
pub(super) struct Opened(OwnedFd);

impl Opened {
    /// Opens it; `None`: that can't be done.
    pub(super) fn open(dir: &Path) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::open(dir, flags, Mode::empty()).ok().map(Self)
    }
}

impl Look for Opened {
    fn stat(&self, name: &str) -> io::Result<Option<Stat>> {
        let stat = match rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let nanoseconds = |seconds, rest| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Ok(Some(Stat {
            kind: match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => FileKind::File,
                FileType::Directory => FileKind::Dir,
                FileType::Symlink => FileKind::Link,
                _ => FileKind::Other,
            },
            size: stat.st_size.unsigned_abs(),
            mtime: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
            ctime: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
            mode: stat.st_mode & 0o7777,
            inode: stat.st_ino,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Real;

    #[test]
    fn by_its_name_a_file_is_what_it_is_by_its_path() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), "text").expect("written");
        std::fs::create_dir(at("dir")).expect("made");
        std::os::unix::fs::symlink("nowhere", at("link")).expect("made");
        std::os::unix::net::UnixListener::bind(at("socket")).expect("made");
        let old = std::time::UNIX_EPOCH - std::time::Duration::new(5, 300);
        std::fs::File::open(at("dir")).and_then(|file| file.set_modified(old)).expect("set");
        let real = Real::new().expect("this machine");
        let looks = [real.look(dir.path()), Box::new(ByPath { world: &real, dir: dir.path().to_owned() })];
        for look in looks {
            for name in ["file", "dir", "link", "socket", "none"] {
                assert_eq!(look.stat(name).expect("asked"), real.stat(&at(name)).expect("asked"), "{name}");
            }
        }
        assert!(
            matches!(real.look(&at("none")).stat("x"), Ok(None)),
            "a directory that is not there has nothing"
        );
    }
}
