//! Whole directories: copied with hard links, brought to the disk.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps};

use super::atomic;

/// Copies a directory; see [`super::World::link_tree`].
pub(super) fn link(from: &Path, to: &Path, own: &dyn Fn(&Path) -> bool) -> io::Result<()> {
    link_dir(from, to, Path::new(""), own)
}

fn link_dir(from: &Path, to: &Path, within: &Path, own: &dyn Fn(&Path) -> bool) -> io::Result<()> {
    let meta = fs::metadata(from)?;
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let within = within.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            link_dir(&from, &to, &within, own)?;
        } else if kind.is_file() && own(&within) {
            copy_file(&from, &to)?;
        } else if let Err(error) = fs::hard_link(&from, &to) {
            // Another file system, a file of somebody else, too many links, or no links at all here: a copy serves too.
            if kind.is_symlink() {
                copy_link(&from, &to)?;
            } else if kind.is_file() {
                copy_file(&from, &to)?;
            } else {
                return Err(error);
            }
        }
    }
    let copy = File::open(to)?;
    atomic::dress(&copy, from, &meta)?;
    atomic::keep_times(&copy, &meta)
}

fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(from)?, to)?;
    let meta = fs::symlink_metadata(from)?;
    let _refused = std::os::unix::fs::lchown(to, Some(meta.uid()), Some(meta.gid()));
    let time = |sec, nsec| Timespec { tv_sec: sec, tv_nsec: nsec };
    let times = Timestamps {
        last_access: time(meta.atime(), meta.atime_nsec()),
        last_modification: time(meta.mtime(), meta.mtime_nsec()),
    };
    Ok(rustix::fs::utimensat(CWD, to, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    let meta = fs::metadata(from)?;
    let copy = File::open(to)?;
    atomic::dress(&copy, from, &meta)?;
    atomic::keep_times(&copy, &meta)
}

/// Brings a directory and all in it to the disk: with one call for its whole file system, where there is one.
#[cfg(target_os = "linux")]
pub(super) fn sync(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(path)?)?)
}

/// Brings a directory and all in it to the disk.
#[cfg(not(target_os = "linux"))]
pub(super) fn sync(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            sync(&entry.path())?;
        } else if kind.is_file() {
            atomic::sync(&entry.path())?;
        }
    }
    atomic::sync(path)
}
