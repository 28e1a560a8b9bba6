//! The real machine.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::packed::Packs;
use super::signals::{Hold, Signals};
use super::terminal::Keyboard;
use super::{
    Break, Command, FileKind, Lock, Look, Outcome, Stat, Terminal, World, atomic, look, process, tree,
};

/// The real machine. Watches the signals of this process from the moment it is made.
#[derive(Debug)]
pub struct Real {
    signals: &'static Signals,
    /// The lock that is held, for the programs that inherit it.
    held: Arc<Mutex<Option<File>>>,
    packs: Packs,
}

impl Real {
    /// The machine on which this process runs.
    pub fn new() -> io::Result<Self> {
        Ok(Self { signals: Signals::of_this_process()?, held: Arc::default(), packs: Packs::default() })
    }

    fn inherited(&self) -> io::Result<Option<File>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(File::try_clone).transpose()
    }
}

impl World for Real {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let read = fs::read(path);
        or_packed(read, || self.packs.read(path, usize::MAX))
    }

    fn read_regular(&self, path: &Path, most: usize) -> io::Result<Vec<u8>> {
        let meta = match fs::metadata(path) {
            Ok(meta) => meta,
            Err(error) => return or_packed(Err(error), || self.packs.read(path, most)),
        };
        regular(&meta)?;
        // should it have become a pipe since, opening it must not wait for a writer
        let no_wait = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(no_wait).open(path)?;
        regular(&file.metadata()?)?;
        let mut bytes = Vec::new();
        file.take(most as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let mut names = Vec::new();
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return or_packed(Err(error), || self.packs.list(path)),
        };
        for entry in entries {
            let entry = entry?;
            names.push((text(entry.file_name())?, kind(entry.file_type()?)));
        }
        names.sort();
        Ok(names)
    }

    fn each_name(&self, path: &Path, each: &mut dyn FnMut(&str)) -> io::Result<()> {
        let Ok(entries) = fs::read_dir(path) else {
            // in a pack, or there is an error to tell
            self.list(path)?.iter().for_each(|(name, _)| each(name));
            return Ok(());
        };
        for entry in entries {
            each(&text(entry?.file_name())?);
        }
        Ok(())
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        match fs::symlink_metadata(path) {
            Ok(meta) => Ok(Some(Stat {
                kind: kind(meta.file_type()),
                size: meta.size(),
                mtime: i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()),
                ctime: i128::from(meta.ctime()) * 1_000_000_000 + i128::from(meta.ctime_nsec()),
                mode: meta.mode() & 0o7777,
                inode: meta.ino(),
            })),
            Err(error) if may_be_packed(&error) => self.packs.stat(path).unwrap_or(Ok(None)),
            Err(error) => Err(error),
        }
    }

    fn look(&self, dir: &Path) -> Box<dyn Look + '_> {
        match look::Opened::open(dir) {
            Some(opened) => Box::new(opened),
            None => Box::new(look::ByPath { world: self, dir: dir.to_owned() }),
        }
    }

    fn now(&self) -> i128 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i128::try_from(since.as_nanos()).unwrap_or(i128::MAX))
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        fs::read_link(path)
    }

    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn current_dir(&self) -> io::Result<PathBuf> {
        std::env::current_dir()
    }

    fn pid(&self) -> u32 {
        std::process::id()
    }

    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.create_dirs(parent)?;
        }
        match fs::create_dir(path) {
            Ok(()) => atomic::sync(atomic::parent(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn scratch(&self) -> io::Result<PathBuf> {
        let ours = fs::Permissions::from_mode(0o700);
        Ok(tempfile::Builder::new().prefix("hsm-").permissions(ours).tempdir()?.keep())
    }

    fn make_link(&self, target: &Path, at: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(target, at)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        atomic::write(path, bytes)
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        atomic::copy(from, to)
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.set_modified(std::time::SystemTime::now())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        tree::gone_is_fine(fs::remove_file(path))
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        tree::gone_is_fine(tree::remove(path))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<bool> {
        match fs::remove_dir(path) {
            Ok(()) => Ok(true),
            Err(e) if matches!(e.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link_tree(&self, from: &Path, to: &Path, own: &(dyn Fn(&Path) -> bool + Sync)) -> io::Result<()> {
        tree::link(from, to, own)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        atomic::sync(path)
    }

    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        tree::sync(path)
    }

    fn try_lock(&self, path: &Path, note: &str) -> io::Result<Option<Lock>> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(_) if Break::NoLock.here() => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // On a full disk the note can't be written. The lock holds without it, and what an interrupted run left can be put
        // back, which needs no room; only who waits is not told for whom.
        let _not_told = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(note.as_bytes()));
        let inherited = file.try_clone()?;
        let before = self.held.lock().unwrap_or_else(PoisonError::into_inner).replace(inherited);
        let held = HeldLock { file, held: Arc::clone(&self.held), before, _hold: self.signals.hold() };
        Ok(Some(Lock { _held: Box::new(held) }))
    }

    fn run(&self, command: &Command) -> io::Result<Outcome> {
        process::run(command, self.signals, self.inherited()?)
    }

    fn replace(&self, command: &Command) -> io::Result<Outcome> {
        Err(process::replace(command))
    }

    fn interrupted_by(&self) -> Option<i32> {
        self.signals.received().last
    }

    fn terminal(&self, by_key: bool) -> io::Result<Box<dyn Terminal>> {
        Ok(Box::new(Keyboard::open(self.signals, by_key)?))
    }

    fn pause(&self, time: Duration) {
        self.signals.wait(time);
    }
}

/// The lock of a file, given back when dropped, also for programs in the background that inherited it.
#[derive(Debug)]
struct HeldLock {
    file: File,
    held: Arc<Mutex<Option<File>>>,
    /// The lock that was held already, taken up again when this one ends.
    before: Option<File>,
    _hold: Hold,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = self.before.take();
        let _closing_does_it_too = self.file.unlock();
    }
}

/// What the system says, unless the path leads into a pack: one that is there, or was when it was opened.
fn or_packed<T>(said: io::Result<T>, packed: impl FnOnce() -> Option<io::Result<T>>) -> io::Result<T> {
    match said {
        Err(error) if may_be_packed(&error) => packed().unwrap_or(Err(error)),
        said => said,
    }
}

fn may_be_packed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotADirectory | io::ErrorKind::NotFound)
}

/// Refuses what is not a file with an end.
fn regular(meta: &fs::Metadata) -> io::Result<()> {
    match meta {
        meta if meta.is_file() => Ok(()),
        meta if meta.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
    }
}

fn kind(file_type: fs::FileType) -> FileKind {
    if file_type.is_symlink() {
        FileKind::Link
    } else if file_type.is_dir() {
        FileKind::Dir
    } else if file_type.is_file() {
        FileKind::File
    } else {
        FileKind::Other
    }
}

fn text(name: OsString) -> io::Result<String> {
    name.into_string().map_err(|name| {
        io::Error::new(io::ErrorKind::InvalidData, format!("a file name is not UTF-8: {}", name.display()))
    })
}
