//! The only door to files, environment, processes and the clock.
//!
//! Owns: every contact with the machine. Refuses: deciding anything. A rehearsal implements the same trait, records,
//! and can fail at step n.

use std::io;
use std::path::{Path, PathBuf};

/// What is at a path (links are not followed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: FileKind,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change of its content, in nanoseconds since 1970.
    pub mtime: i128,
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
}

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
    /// Whether it ended with 0.
    pub fn ok(&self) -> bool {
        self.code == Some(0)
    }
}

/// The machine.
pub trait World: Send + Sync {
    /// A file's bytes (links are followed).
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The names in a directory, sorted by bytes.
    fn list(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>>;
    /// What is at a path, links not followed; `None` when nothing is.
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>>;
    /// The absolute path without links.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;
    /// Where a link points.
    fn read_link(&self, path: &Path) -> io::Result<PathBuf>;
    /// A variable of the environment.
    fn env(&self, name: &str) -> Option<String>;
    /// The directory in which hsm was started.
    fn current_dir(&self) -> io::Result<PathBuf>;
    /// Makes a directory and those above it.
    fn create_dirs(&self, path: &Path) -> io::Result<()>;
    /// Replaces or makes a file: written beside it, synced, renamed over it, the directory synced; mode, owner and link
    /// are kept.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Removes a file if it is there.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory and all in it, if it is there; links in it are removed, not followed.
    fn remove_tree(&self, path: &Path) -> io::Result<()>;
    /// Renames.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Copies a directory, its files as hard links where the file system allows.
    fn link_tree(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Brings a file or a directory to the disk.
    fn sync(&self, path: &Path) -> io::Result<()>;
    /// Runs a program in its own process group and waits for it.
    fn run(&self, command: &Command) -> io::Result<Outcome>;
    /// Whether the user asked to stop (Ctrl-C, SIGTERM).
    fn interrupted(&self) -> bool;
}
