//! Taking back the last run that succeeded: what it had saved for its way back is kept until the next one.
//!
//! Its journal is moved as a whole to `.hsm/undo/`. Taking it back is a transaction like any other, whose own journal
//! comes to lie there in the end: `hsm undo` once more does it again. What was changed since stays, unless it is asked
//! for; then that is kept aside.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::header::{Before, Entry, Header};
use super::manifest::Manifest;
use super::undo::{self, GONE, KeptAside, NotPutBack, WayBack};
use super::{
    AFTER, BeginError, COMMITTED, DATA, DIR, JOURNAL, ProjectLock, Transaction, behind, hash, keep,
    read_header,
};
use crate::adapters::FileChange;
use crate::world::{FileKind, World};

const UNDO: &str = ".hsm/undo";

/// The last run that changed something.
#[derive(Debug)]
pub struct LastRun {
    header: Header,
    after: After,
}

/// What was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakenBack {
    /// The files and directories that are again what they were, relative to the root.
    pub put_back: Vec<PathBuf>,
    /// What had been changed since, and where it is kept.
    pub kept: Vec<KeptAside>,
}

/// Why a run was not taken back. But for the last reason nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum TakeBackError {
    /// What the run wrote was changed since.
    #[error("changed since `{what}`: {}", paths(.changed))]
    Changed {
        /// The run.
        what: String,
        /// What was changed, relative to the root.
        changed: Vec<PathBuf>,
    },
    /// The transaction could not begin.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The user asked to stop (the signal's number); everything was put back.
    #[error("interrupted")]
    Interrupted(i32),
    /// Something failed; everything was put back.
    #[error("could not bring back `{}`: {error}", path.display())]
    System {
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Something failed, and then not everything could be put back; the journal is kept.
    #[error("could not bring back everything")]
    NotPutBack(Vec<NotPutBack>),
}

/// What the tools made of what they may change, where hsm can't know it before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct After {
    /// The hash of the header that it belongs to.
    of: String,
    /// By path: the hash of a file, of the list of a directory; `None`: nothing.
    made: BTreeMap<PathBuf, Option<String>>,
}

/// Notes beside the journal what the tools made, before the commit. Without a tool there is nothing to note.
pub(super) fn note(world: &dyn World, root: &Path, header: &Header) -> io::Result<()> {
    let mut after = After { of: hash(&header.to_bytes()), ..After::default() };
    for entry in header.entries.iter().filter(|e| e.tool) {
        after.made.insert(entry.path.clone(), state(world, root, &entry.path)?);
    }
    if after.made.is_empty() {
        return Ok(());
    }
    let bytes = serde_json::to_vec(&after).map_err(io::Error::other)?;
    world.write(&root.join(AFTER), &bytes)
}

/// Moves the journal of a run that was committed to where the last one's is kept.
pub(super) fn replace(world: &dyn World, root: &Path) -> io::Result<()> {
    // What a way back moved out of the way is saved already.
    for (name, _) in world.list(&root.join(DATA))? {
        if name.starts_with(GONE) {
            world.remove_tree(&root.join(DATA).join(name))?;
        }
    }
    let undo = root.join(UNDO);
    world.remove_tree(&undo)?;
    world.rename(&root.join(JOURNAL), &undo)
}

/// The last run, if all that it had saved is there.
pub fn last(world: &dyn World, root: &Path) -> io::Result<Option<LastRun>> {
    let undo = root.join(UNDO);
    let path = undo.join(name(COMMITTED));
    if world.stat(&path)?.is_none() {
        return Ok(None);
    }
    // A power cut may leave a part of it: then there is no way back, and no harm.
    let Ok(header) = read_header(world, &path) else { return Ok(None) };
    let after: After = match world.read(&undo.join(name(AFTER))) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => After::default(),
        Err(error) => return Err(error),
    };
    let has_tools = header.entries.iter().any(|e| e.tool);
    if has_tools && after.of != hash(&header.to_bytes()) {
        return Ok(None);
    }
    for entry in &header.entries {
        if let Before::File { copy, .. } | Before::Dir { copy } = &entry.before
            && world.stat(&data(root).join(copy))?.is_none()
        {
            return Ok(None);
        }
    }
    Ok(Some(LastRun { header, after }))
}

impl LastRun {
    /// The command ("hsm sync").
    pub fn what(&self) -> &str {
        &self.header.what
    }

    /// What taking it back changes, relative to the root.
    pub fn changes(&self, world: &dyn World, root: &Path) -> io::Result<Vec<PathBuf>> {
        let all = undo::differing(world, root, &data(root), &self.header.entries)?;
        Ok(all.into_iter().map(|entry| entry.path).collect())
    }

    /// What is not as the run left it, relative to the root.
    pub fn changed_since(&self, world: &dyn World, root: &Path) -> io::Result<Vec<PathBuf>> {
        let mut all = Vec::new();
        for entry in &self.header.entries {
            let now = state(world, root, &entry.path)?;
            let link = behind(world, &root.join(&entry.path))?.1;
            let left = if entry.tool {
                self.after.made.get(&entry.path).cloned().flatten()
            } else {
                entry.after.clone()
            };
            let same = now == left && (link == entry.link || now.is_none());
            if !same && !undo::is_as_before(world, root, &data(root), entry)? {
                all.push(entry.path.clone());
            }
        }
        Ok(all)
    }

    /// Takes the run back, as a transaction. What was changed since is an error, or with `keep_changed` kept aside.
    pub fn take_back(
        self,
        world: &dyn World,
        root: &Path,
        lock: &ProjectLock,
        keep_changed: bool,
    ) -> Result<TakenBack, TakeBackError> {
        let at = |path: &Path, error| TakeBackError::System { path: path.to_owned(), error };
        let changed = self.changed_since(world, root).map_err(|e| at(Path::new(DIR), e))?;
        if !changed.is_empty() && !keep_changed {
            return Err(TakeBackError::Changed { what: self.header.what, changed });
        }
        let entries = undo::differing(world, root, &data(root), &self.header.entries)
            .map_err(|e| at(Path::new(DIR), e))?;
        let (files, guarded) = wanted(world, root, &entries).map_err(|e| at(Path::new(DIR), e))?;
        let transaction = Transaction::begin(world, root, lock, "hsm undo", &files, &guarded)?;
        let mut way = WayBack::from(world, root, data(root));
        let done = bring_back(&mut way, &entries, &changed, &self.header.made_dirs);
        let failed = match (done, world.interrupted_by()) {
            (_, Some(signal)) => Some(TakeBackError::Interrupted(signal)),
            (Err((path, error)), None) => Some(at(&path, error)),
            (Ok(()), None) => None,
        };
        let undone = way.undone;
        match failed {
            Some(error) => Err(match transaction.roll_back(world) {
                Ok(_) => error,
                Err(problems) => TakeBackError::NotPutBack(problems),
            }),
            None => match transaction.commit(world) {
                Ok(()) => {
                    // What stays of the journal is moved by the next command.
                    let _next_time = keep(world, root);
                    Ok(TakenBack { put_back: undone.put_back, kept: undone.kept })
                }
                Err((transaction, error)) => Err(match transaction.roll_back(world) {
                    Ok(_) => at(Path::new(DIR), error),
                    Err(problems) => TakeBackError::NotPutBack(problems),
                }),
            },
        }
    }
}

fn bring_back(
    way: &mut WayBack<'_>,
    entries: &[Entry],
    changed: &[PathBuf],
    made_dirs: &[PathBuf],
) -> Result<(), (PathBuf, io::Error)> {
    for entry in entries.iter().rev() {
        let at = |error| (entry.path.clone(), error);
        if way.world.interrupted() {
            return Ok(());
        }
        if changed.contains(&entry.path) {
            way.keep_aside(entry).map_err(at)?;
        }
        way.put_back(entry).map_err(at)?;
    }
    for dir in made_dirs.iter().rev() {
        way.world.remove_dir(&way.root.join(dir)).map_err(|error| (dir.clone(), error))?;
    }
    Ok(())
}

/// What the transaction has to save: the files with what is to become of them, and the directories.
fn wanted(world: &dyn World, root: &Path, entries: &[Entry]) -> io::Result<(Vec<FileChange>, Vec<PathBuf>)> {
    let (mut files, mut guarded) = (Vec::new(), Vec::new());
    for entry in entries {
        let now = behind(world, &root.join(&entry.path))?.0;
        let is_dir = world.stat(&now)?.is_some_and(|s| s.kind == FileKind::Dir);
        let before = match (&entry.before, is_dir) {
            (Before::Dir { .. }, _) | (_, true) => {
                guarded.push(entry.path.clone());
                continue;
            }
            _ => world.stat(&now)?.map(|_| world.read(&now)).transpose()?,
        };
        let after = match &entry.before {
            Before::File { copy, .. } => Some(world.read(&data(root).join(copy))?),
            _ => None,
        };
        files.push(FileChange { path: entry.path.clone(), before, after });
    }
    Ok((files, guarded))
}

/// What is at a path, links followed: the hash of a file, of the list of a directory.
fn state(world: &dyn World, root: &Path, path: &Path) -> io::Result<Option<String>> {
    let (real, _) = behind(world, &root.join(path))?;
    Ok(match world.stat(&real)?.map(|s| s.kind) {
        None => None,
        Some(FileKind::Dir) => Some(hash(&Manifest::of(world, &real)?.without_use().to_bytes())),
        Some(FileKind::File) => Some(hash(&world.read(&real)?)),
        Some(_) => Some("neither a file nor a directory".to_owned()),
    })
}

/// Where the last run's saved data lie.
fn data(root: &Path) -> PathBuf {
    root.join(UNDO).join(name(DATA))
}

/// The name of a part of the journal.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn paths(all: &[PathBuf]) -> String {
    all.iter().map(|p| format!("`{}`", p.display())).collect::<Vec<_>>().join(", ")
}
