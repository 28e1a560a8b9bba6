//! Whole directories: copied with hard links, brought to the disk.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps};

use super::atomic;

/// Copies a directory; see [`super::World::link_tree`].
pub(super) fn link(from: &Path, to: &Path, own: &(dyn Fn(&Path) -> bool + Sync)) -> io::Result<()> {
    link_dir(from, to, Path::new(""), own)
}

fn link_dir(from: &Path, to: &Path, within: &Path, own: &(dyn Fn(&Path) -> bool + Sync)) -> io::Result<()> {
    let meta = fs::metadata(from)?;
    fs::create_dir(to)?;
    let mut dirs = Vec::new();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let within = within.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            dirs.push((from, to, within));
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
    each(&dirs, &|(from, to, within)| link_dir(from, to, within, own))?;
    let copy = File::open(to)?;
    atomic::dress(&copy, from, &meta)?;
    atomic::keep_times(&copy, &meta)
}

/// Does something with each of these directories, side by side where there are many: an environment has one for each
/// package. The first error in their order is the one that is told.
fn each<D: Sync>(dirs: &[D], work: &(dyn Fn(&D) -> io::Result<()> + Sync)) -> io::Result<()> {
    const MANY: usize = 64;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    if dirs.len() < MANY || threads < 2 {
        return dirs.iter().try_for_each(work);
    }
    let all = |share: &[D]| share.iter().try_for_each(work);
    std::thread::scope(|scope| {
        let shares = dirs.chunks(dirs.len().div_ceil(threads));
        let running: Vec<_> = shares.map(|share| scope.spawn(move || all(share))).collect();
        // all of them have ended before an error is told: nobody goes on behind the back of whoever puts things back
        let ended: Vec<_> = running.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        ended.into_iter().try_for_each(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// What is not there any more needs no removing.
pub(super) fn gone_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Removes a directory and all in it, or whatever else is there; links are not followed.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    let mut dirs = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            dirs.push(entry.path());
        }
    }
    each(&dirs, &|dir| gone_is_fine(remove(dir)))?;
    // what is left are files
    fs::remove_dir_all(path)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Enough directories to be done side by side.
    #[test]
    fn many_directories_are_copied_and_removed_whole_and_links_are_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (from, to) = (place.path().join("from"), place.path().join("to"));
        fs::create_dir(place.path().join("elsewhere")).unwrap();
        fs::write(place.path().join("elsewhere/kept"), "kept").unwrap();
        for dir in 0..200 {
            let dir = from.join(format!("lib/p{dir}/deep"));
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("module.py"), "value = 1").unwrap();
            fs::write(dir.join("own"), "own").unwrap();
            std::os::unix::fs::symlink(place.path().join("elsewhere"), dir.join("link")).unwrap();
        }
        link(&from, &to, &|within| within.ends_with("own")).unwrap();
        for dir in 0..200 {
            let inode = |root: &Path, file: &str| {
                fs::symlink_metadata(root.join(format!("lib/p{dir}/deep/{file}"))).unwrap().ino()
            };
            assert_eq!(inode(&from, "module.py"), inode(&to, "module.py"));
            assert_ne!(inode(&from, "own"), inode(&to, "own"));
            assert!(to.join(format!("lib/p{dir}/deep/link")).is_symlink());
        }
        remove(&to).unwrap();
        assert!(!to.exists() && from.join("lib/p199/deep/own").exists());
        assert!(place.path().join("elsewhere/kept").exists());
        assert!(gone_is_fine(remove(&to)).is_ok() && remove(&to).is_err());
    }

    #[test]
    fn of_many_the_first_error_is_told_after_all_have_ended() {
        let done = std::sync::atomic::AtomicUsize::new(0);
        let numbers: Vec<usize> = (0..200).collect();
        let error = each(&numbers, &|number| {
            done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if number % 100 == 99 { Err(io::Error::other(number.to_string())) } else { Ok(()) }
        });
        assert_eq!(error.unwrap_err().to_string(), "99");
        assert!(done.into_inner() >= 100);
    }
}
