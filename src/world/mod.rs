//! The only door to files, environment, processes and the clock.
//!
//! Owns: every contact with the machine. Refuses: deciding anything. A rehearsal implements the same trait, records,
//! and can fail at step n.

mod atomic;
mod broken;
mod disk;
mod homes;
mod laid;
mod look;
mod packed;
mod process;
mod real;
mod rehearsal;
mod signals;
mod terminal;
#[cfg(test)]
mod tests;
mod tree;

use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the names of temporary files end that a write makes beside its target (`.NAME.…`); one that is still there belongs
/// to a process that died.
pub const TEMP_SUFFIX: &str = ".hsm-tmp";

pub use broken::Break;
pub use disk::{Content, Disk};
pub use homes::{cache_dir, config_dir};
pub use laid::Laid;
pub use look::Look;
pub use packed::{PACK_ENDING, Packed, pack};
pub use real::Real;
pub use rehearsal::{Call, Fault, Rehearsal};
pub use terminal::{Terminal, Typed};

/// What is at a path (links are not followed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: FileKind,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change of its content, in nanoseconds since 1970.
    pub mtime: i128,
    /// Time of the last change of anything about it, in nanoseconds since 1970; nobody can set that.
    pub ctime: i128,
    /// Permission bits.
    pub mode: u32,
    /// Number of the inode.
    pub inode: u64,
}

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Link,
    /// Anything else.
    Other,
}

/// A program to run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// The program: a path, or a name to be found on `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where it runs.
    pub dir: PathBuf,
    /// Set over the environment of this process.
    pub env: Vec<(String, String)>,
    /// Removed from the environment.
    pub env_remove: Vec<String>,
    /// Given to it on standard input.
    pub stdin: Option<Vec<u8>>,
    /// Where its output goes.
    pub output: OutputTo,
    /// How long it may take: after that it is asked to end, as a signal would. `None`: as long as it likes.
    pub limit: Option<Duration>,
    /// How long it may say nothing: after that it is asked to end, too, and [`WAS_SILENT`] is the last that it said. `None`:
    /// as long as it likes.
    pub silence: Option<Duration>,
}

/// What stands at the end of the standard error of a program that was ended because it said nothing for too long.
pub const WAS_SILENT: &str = "it said nothing for too long and was ended";

/// Where a program's output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputTo {
    /// Kept and given back; nothing is shown.
    #[default]
    Captured,
    /// Standard error is shown as it comes and kept; standard output is kept.
    Shown,
    /// Both go where this process's go; nothing is kept (interactive programs, logs).
    Inherited,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Standard output, as far as kept.
    pub stdout: Vec<u8>,
    /// Standard error, as far as kept.
    pub stderr: Vec<u8>,
}

impl Outcome {
    /// The end of a program with this code that said nothing (for rehearsals).
    pub fn code(code: i32) -> Self {
        Self { code: Some(code), signal: None, stdout: Vec::new(), stderr: Vec::new() }
    }

    /// Whether it ended with 0.
    pub fn ok(&self) -> bool {
        self.code == Some(0)
    }
}

/// A lock that is held; dropping it gives it back.
pub struct Lock {
    _held: Box<dyn Any + Send + Sync>,
}

impl std::fmt::Debug for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lock")
    }
}

/// The machine.
pub trait World: Send + Sync {
    /// A file's bytes (links are followed).
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The bytes of a regular file (links are followed), at most so many and one more; anything else, a device or a pipe,
    /// is an error and is not read from.
    fn read_regular(&self, path: &Path, most: usize) -> io::Result<Vec<u8>>;
    /// The names in a directory, sorted by bytes. A name that is not UTF-8 is an error.
    fn list(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>>;
    /// Each name in a directory, in whichever order, for who does not keep them. A name that is not UTF-8 is an error.
    fn each_name(&self, path: &Path, each: &mut dyn FnMut(&str)) -> io::Result<()> {
        self.list(path)?.iter().for_each(|(name, _)| each(name));
        Ok(())
    }
    /// What is at a path, links not followed; `None` when nothing is.
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>>;
    /// A directory, many of whose files are to be looked at.
    fn look(&self, dir: &Path) -> Box<dyn Look + '_> {
        Box::new(look::ByPath { world: self, dir: dir.to_owned() })
    }
    /// The absolute path without links.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;
    /// Where a link points.
    fn read_link(&self, path: &Path) -> io::Result<PathBuf>;
    /// A variable of the environment.
    fn env(&self, name: &str) -> Option<String>;
    /// The directory in which hsm was started.
    fn current_dir(&self) -> io::Result<PathBuf>;
    /// The number of this process.
    fn pid(&self) -> u32;
    /// Makes a directory and those above it. Directories that were made are on the disk when it returns.
    fn create_dirs(&self, path: &Path) -> io::Result<()>;
    /// Makes a new, empty directory in the system's place for temporary files, which nobody else may enter. Whoever asks
    /// for it removes it.
    fn scratch(&self) -> io::Result<PathBuf>;
    /// Makes a symbolic link that points to `target`.
    fn make_link(&self, target: &Path, at: &Path) -> io::Result<()>;
    /// Replaces or makes a file: written beside it, synced, renamed over it, the directory synced; mode, owner,
    /// extended attributes and link are kept. A file that nobody may write is an error (permission denied).
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Copies a file (links are followed) with its mode, owner, extended attributes and time of change over `to`; written
    /// beside `to`, synced and renamed. The directory is not synced, and a file that is replaced keeps nothing.
    fn copy(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Says that a file is in use: its time of change is now. Where it is not said otherwise, nobody keeps such times.
    fn touch(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }
    /// Removes a file or a link if it is there. The directory is not synced.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory and all in it, if it is there; links in it are removed, not followed.
    fn remove_tree(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory if it is empty; says whether it did.
    fn remove_dir(&self, path: &Path) -> io::Result<bool>;
    /// Renames, over what is there. The directories are not synced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Copies a directory to where nothing is: its files as hard links where the file system allows, those that `own`
    /// asks for (by their path within the directory) as files of their own; links stay links; modes, owners and times of
    /// change are kept. Nothing is synced.
    fn link_tree(&self, from: &Path, to: &Path, own: &(dyn Fn(&Path) -> bool + Sync)) -> io::Result<()>;
    /// Brings a file or a directory (its names, not what is in it) to the disk.
    fn sync(&self, path: &Path) -> io::Result<()>;
    /// Brings a directory and all in it to the disk.
    fn sync_tree(&self, path: &Path) -> io::Result<()>;
    /// Takes the lock of a file, made when missing, and writes `note` into it for those who wait; `None`: another
    /// process holds it. While it is held, Ctrl-C and SIGTERM no longer end this process (see
    /// [`World::interrupted_by`]), and programs that get no input inherit it: an orphan keeps it.
    fn try_lock(&self, path: &Path, note: &str) -> io::Result<Option<Lock>>;
    /// Runs a program in its own process group and waits for it. Ctrl-C, SIGTERM and SIGHUP are passed on to the group;
    /// what the program leaves behind when it ends badly is ended too. An interactive program
    /// ([`OutputTo::Inherited`]) stays in this process's group, so that it has the terminal.
    fn run(&self, command: &Command) -> io::Result<Outcome>;
    /// Becomes a program: it takes this process's place, with its number, its streams and its signals, and the real
    /// machine comes back only with the reason why that failed. Where a process cannot be replaced, the program runs, and
    /// how it ended is given back.
    fn replace(&self, command: &Command) -> io::Result<Outcome> {
        self.run(&Command { output: OutputTo::Inherited, ..command.clone() })
    }
    /// The signal by which the user asked to stop (Ctrl-C, SIGTERM, SIGHUP), the last one if there were several. It is
    /// noticed while the project's lock is held or a program runs; at other times such a signal ends the process at once.
    fn interrupted_by(&self) -> Option<i32>;
    /// Whether the user asked to stop.
    fn interrupted(&self) -> bool {
        self.interrupted_by().is_some()
    }
    /// The terminal at standard input, for a question: key by key (nothing is shown, Ctrl-C is a key), or line by line.
    /// Until it is dropped, signals are noticed and don't end this process.
    /// Where it is not said otherwise, nobody sits there.
    fn terminal(&self, _by_key: bool) -> io::Result<Box<dyn Terminal>> {
        Ok(Box::new(terminal::Nobody))
    }
    /// The time, in nanoseconds since 1970; where nothing tells it, the beginning.
    fn now(&self) -> i128 {
        0
    }
    /// Waits; less when a signal comes.
    fn pause(&self, time: Duration);
}
