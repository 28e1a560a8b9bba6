//! The transaction: after a failed or killed run the user's files are what they were, or the new state, complete.
//!
//! Owns: hsm's own directory `.hsm/`, the project lock, the undo journal and what is put back from it. Refuses: knowing
//! any tool, and the network; all it needs to put things back are local bytes.
//!
//! How it works: everything that may change is copied into `.hsm/journal/data/` and brought to the disk; then one rename
//! makes the header `.hsm/journal/active` appear: from here on an interrupted run is undone by the next command. One
//! rename of `active` to `committed` ends that. What the states of the directory mean:
//!
//! | there | meaning | the next command |
//! | --- | --- | --- |
//! | nothing | no run is under way | – |
//! | `data/` alone | a run died before it touched anything, or while it tidied up | tidies up |
//! | `active` | a run died in the middle | puts everything back, says so |
//! | `committed` | a run died before it was through | keeps the journal for `hsm undo`, says so |
//!
//! The journal of a run that was committed is kept as `.hsm/undo/` until the next one is, to be able to take it back.

mod header;
mod last;
mod lock;
mod manifest;
mod undo;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::adapters::FileChange;
use crate::world::{Break, FileKind, World};
use header::{Before, Entry, Header};
use manifest::Manifest;

pub use last::{LastRun, TakeBackError, TakenBack, last};
pub use lock::{LockError, ProjectLock, make_own_dir};
pub use undo::{KeptAside, NotPutBack, Undone};

/// hsm's own directory in a project.
pub const DIR: &str = ".hsm";

const JOURNAL: &str = ".hsm/journal";
const DATA: &str = ".hsm/journal/data";
const ACTIVE: &str = ".hsm/journal/active";
const AFTER: &str = ".hsm/journal/after";
const COMMITTED: &str = ".hsm/journal/committed";

/// Why a transaction could not begin. Nothing was touched.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// A file is not what it was when the plan was made.
    #[error("`{}` was changed by someone else in the meantime; nothing was written", .0.display())]
    Changed(PathBuf),
    /// The system refused something.
    #[error("could not save `{}` for a possible way back: {error}", path.display())]
    System {
        /// What was to be saved.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// A transaction under way: the journal on the disk can put everything back.
#[derive(Debug)]
pub struct Transaction {
    root: PathBuf,
    header: Header,
}

/// What the next command found of an interrupted run, and did about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// The run was undone.
    Undone {
        /// What had run ("hsm sync").
        what: String,
        /// What was put back.
        undone: Undone,
    },
    /// The run had been completed; only its traces were removed.
    Finished {
        /// What had run.
        what: String,
    },
}

/// Why an interrupted run could not be undone. The journal is kept.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// Some things could not be put back.
    #[error("an interrupted run of `{what}` could not be undone completely")]
    NotPutBack {
        /// What had run.
        what: String,
        /// What could not be put back.
        problems: Vec<NotPutBack>,
    },
    /// The journal itself cannot be read.
    #[error("the journal of an interrupted run, `{}`, cannot be used: {why}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system refused something else.
    #[error("could not tidy up `.hsm/journal` after an interrupted run: {0}")]
    System(#[from] io::Error),
}

impl Transaction {
    /// Saves all that `changes` and the tools (in `guarded`) may change, and makes the journal active. `what` is the
    /// command, for whoever finds the journal. Paths are relative to the root.
    pub fn begin(
        world: &dyn World,
        root: &Path,
        _lock: &ProjectLock,
        what: &str,
        changes: &[FileChange],
        guarded: &[PathBuf],
    ) -> Result<Self, BeginError> {
        let saved = save_all(world, root, what, changes, guarded);
        if saved.is_err() {
            // Nothing but copies was made. The header may be there although writing it failed, and must go first and for
            // good: it must never stand without the data. What can't be removed now is removed by the next command.
            let gone = world.remove_file(&root.join(ACTIVE)).and_then(|()| world.sync(&root.join(JOURNAL)));
            let _next_time = gone.and_then(|()| world.remove_tree(&root.join(DATA)));
        }
        saved
    }

    /// Ends the transaction: the new state holds. All of it must be on the disk already.
    pub fn commit(self, world: &dyn World) -> Result<(), (Self, io::Error)> {
        // Should it fail, the run can't be taken back later; that is no reason to lose it.
        let _not_kept = last::note(world, &self.root, &self.header);
        let done = world
            .rename(&self.root.join(ACTIVE), &self.root.join(COMMITTED))
            .and_then(|()| world.sync(&self.root.join(JOURNAL)));
        match done {
            Ok(()) => Ok(()),
            Err(error) => Err((self, error)),
        }
    }

    /// Puts everything back.
    pub fn roll_back(self, world: &dyn World) -> Result<Undone, Vec<NotPutBack>> {
        undo::undo(world, &self.root, &self.header)
    }
}

/// Keeps the journal of a committed transaction for [`last`], in place of the one before. What can't be done now is done
/// by the next command.
pub fn keep(world: &dyn World, root: &Path) -> io::Result<()> {
    if world.stat(&root.join(COMMITTED))?.is_some() {
        return last::replace(world, root);
    }
    // A run that died before its journal was complete, or after it was undone.
    if world.stat(&root.join(AFTER))?.is_some() {
        world.remove_file(&root.join(AFTER))?;
    }
    if world.stat(&root.join(DATA))?.is_some() {
        world.remove_tree(&root.join(DATA))?;
    }
    Ok(())
}

/// Whether a run, an interrupted one or one at work, has left something to undo or to finish. Reads only.
pub fn needs_recovery(world: &dyn World, root: &Path) -> bool {
    [ACTIVE, COMMITTED].iter().any(|p| world.stat(&root.join(p)).is_ok_and(|s| s.is_some()))
}

/// Undoes or finishes an interrupted run, if there is one.
pub fn recover(
    world: &dyn World,
    root: &Path,
    _lock: &ProjectLock,
) -> Result<Option<Recovered>, RecoverError> {
    if Break::NoRecovery.here() {
        return Ok(None);
    }
    undo::sweep(world, root);
    if world.stat(&root.join(ACTIVE))?.is_some() {
        let header = read_header(world, &root.join(ACTIVE))?;
        let what = header.what.clone();
        return match undo::undo(world, root, &header) {
            Ok(undone) => Ok(Some(Recovered::Undone { what, undone })),
            Err(problems) => Err(RecoverError::NotPutBack { what, problems }),
        };
    }
    let committed = world.stat(&root.join(COMMITTED))?.is_some();
    let what = if committed { read_header(world, &root.join(COMMITTED))?.what } else { String::new() };
    keep(world, root)?;
    Ok(committed.then_some(Recovered::Finished { what }))
}

/// What an interrupted run left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// What had run ("hsm sync").
    pub what: String,
    /// Whether it had been completed: then nothing is to be put back.
    pub committed: bool,
    /// What is to be put back, relative to the root.
    pub put_back: Vec<PathBuf>,
}

/// What an interrupted run left, if there was one. Reads only.
pub fn left(world: &dyn World, root: &Path) -> Result<Option<Left>, RecoverError> {
    if world.stat(&root.join(ACTIVE))?.is_some() {
        let header = read_header(world, &root.join(ACTIVE))?;
        let put_back = undo::differing(world, root, &root.join(DATA), &header.entries)?;
        let put_back = put_back.into_iter().map(|entry| entry.path).collect();
        return Ok(Some(Left { what: header.what, committed: false, put_back }));
    }
    if world.stat(&root.join(COMMITTED))?.is_none() {
        return Ok(None);
    }
    let header = read_header(world, &root.join(COMMITTED))?;
    Ok(Some(Left { what: header.what, committed: true, put_back: Vec::new() }))
}

fn read_header(world: &dyn World, path: &Path) -> Result<Header, RecoverError> {
    let bytes = world.read(path)?;
    Header::read(&bytes).map_err(|why| RecoverError::Journal { path: path.to_path_buf(), why })
}

fn save_all(
    world: &dyn World,
    root: &Path,
    what: &str,
    changes: &[FileChange],
    guarded: &[PathBuf],
) -> Result<Transaction, BeginError> {
    let at = |path: &Path, error| BeginError::System { path: path.to_path_buf(), error };
    let data = root.join(DATA);
    if world.stat(&data).map_err(|e| at(&data, e))?.is_some() {
        world.remove_tree(&data).map_err(|e| at(&data, e))?;
    }
    world.create_dirs(&data).map_err(|e| at(&data, e))?;

    let mut entries = Vec::new();
    for change in changes {
        let tool = guarded.contains(&change.path);
        let mut entry = save(world, root, &change.path, entries.len()).map_err(|e| at(&change.path, e))?;
        if !entry.before.is(change.before.as_deref()) && !Break::NoCheck.here() {
            return Err(BeginError::Changed(change.path.clone()));
        }
        entry.after = change.after.as_deref().map(hash);
        entry.tool = tool;
        entries.push(entry);
    }
    for path in guarded {
        if !changes.iter().any(|c| c.path == *path) && !entries.iter().any(|e: &Entry| e.path == *path) {
            let mut entry = save(world, root, path, entries.len()).map_err(|e| at(path, e))?;
            entry.tool = true;
            entries.push(entry);
        }
    }
    if !Break::JournalNotSynced.here() {
        let dirs = entries.iter().any(|e| matches!(e.before, Before::Dir { .. }));
        let synced = if dirs { world.sync_tree(&data) } else { world.sync(&data) };
        synced.map_err(|e| at(&data, e))?;
    }
    if Break::NoJournal.here() {
        entries.clear();
    }
    let made_dirs = missing_dirs(world, root, changes, guarded).map_err(|e| at(root, e))?;
    let header = Header { what: what.to_owned(), pid: world.pid(), entries, made_dirs };
    let active = root.join(ACTIVE);
    world.write(&active, &header.to_bytes()).map_err(|e| at(&active, e))?;
    Ok(Transaction { root: root.to_path_buf(), header })
}

/// Saves one file or directory, links followed.
fn save(world: &dyn World, root: &Path, path: &Path, number: usize) -> io::Result<Entry> {
    let copy = number.to_string();
    let to = root.join(DATA).join(&copy);
    let (real, link) = behind(world, &root.join(path))?;
    let before = match world.stat(&real)? {
        None => Before::Absent,
        Some(stat) if stat.kind == FileKind::Dir => {
            world.link_tree(&real, &to, &manifest::rewritten_in_place)?;
            let manifest = Manifest::of(world, &real)?;
            world.write(&list_of(&root.join(DATA), &copy), &manifest.to_bytes())?;
            Before::Dir { copy }
        }
        Some(stat) if stat.kind == FileKind::File => {
            world.copy(&real, &to)?;
            Before::File { hash: hash(&world.read(&to)?), mode: stat.mode, copy }
        }
        Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file and not a directory")),
    };
    Ok(Entry { path: path.to_path_buf(), link, before, after: None, tool: false })
}

/// Where the list of a saved directory lies.
fn list_of(data: &Path, copy: &str) -> PathBuf {
    data.join(format!("{copy}.list"))
}

/// The path behind a chain of links (which need not exist), and where the first of them points.
fn behind(world: &dyn World, path: &Path) -> io::Result<(PathBuf, Option<PathBuf>)> {
    let mut real = path.to_path_buf();
    let mut first = None;
    for _ in 0..40 {
        match world.stat(&real)? {
            Some(stat) if stat.kind == FileKind::Link => {
                let target = world.read_link(&real)?;
                real = parent(&real).join(&target);
                first.get_or_insert(target);
            }
            _ => return Ok((real, first)),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// The directories that will have to be made for the changes and by the tools, outermost first.
fn missing_dirs(
    world: &dyn World,
    root: &Path,
    changes: &[FileChange],
    guarded: &[PathBuf],
) -> io::Result<Vec<PathBuf>> {
    let mut missing = BTreeSet::new();
    let written = changes.iter().filter(|c| c.after.is_some()).map(|c| &c.path);
    for path in written.chain(guarded) {
        for dir in path.ancestors().skip(1).filter(|p| !p.as_os_str().is_empty()) {
            if world.stat(&root.join(dir))?.is_none() {
                missing.insert(dir.to_path_buf());
            }
        }
    }
    Ok(missing.into_iter().collect())
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// A name for a text: its SHA-256 in hexadecimal digits.
pub(crate) fn text_hash(text: &str) -> String {
    hash(text.as_bytes())
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _never_fails = write!(out, "{byte:02x}");
        out
    })
}
