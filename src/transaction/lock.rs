//! The project lock: one run at a time.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::DIR;
use crate::world::{Lock, World};

/// How often a waiting run looks whether the lock is free.
const LOOK: Duration = Duration::from_millis(100);

/// The lock of a project, held until dropped. The file stays: removing it would let two runs hold two files.
#[derive(Debug)]
pub struct ProjectLock {
    _lock: Lock,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run holds it.
    #[error("another run holds this project: {0}")]
    Held(String),
    /// The user asked to stop while waiting (the signal's number).
    #[error("interrupted while waiting for another run")]
    Interrupted(i32),
    /// The system refused.
    #[error("could not lock the project: {0}")]
    System(#[from] io::Error),
}

impl ProjectLock {
    /// Takes the lock of the project at `root`, making `.hsm/` where it is missing. `what` is the command, for those who
    /// have to wait for it. If another run holds the lock, either waits, having told once who that is, or fails.
    pub fn take(
        world: &dyn World,
        root: &Path,
        what: &str,
        wait: bool,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Self, LockError> {
        make_own_dir(world, root)?;
        let path = root.join(DIR).join("lock");
        let note = format!("{what} (process {})\n", world.pid());
        let mut told = None;
        loop {
            if let Some(lock) = world.try_lock(&path, &note)? {
                return Ok(Self { _lock: lock });
            }
            let holder = holder(world, &path);
            if !wait {
                return Err(LockError::Held(holder));
            }
            if told.as_ref() != Some(&holder) {
                tell(&holder);
                told = Some(holder);
            }
            world.pause(LOOK);
            if let Some(signal) = world.interrupted_by() {
                return Err(LockError::Interrupted(signal));
            }
        }
    }
}

/// Makes hsm's own directory, which keeps itself out of git.
pub fn make_own_dir(world: &dyn World, root: &Path) -> io::Result<()> {
    let dir = root.join(DIR);
    world.create_dirs(&dir)?;
    let ignore = dir.join(".gitignore");
    if world.stat(&ignore)?.is_none() {
        world.write(&ignore, b"*\n")?;
    }
    Ok(())
}

fn holder(world: &dyn World, path: &Path) -> String {
    match world.read(path) {
        Ok(note) if !note.is_empty() => String::from_utf8_lossy(&note).trim_end().to_owned(),
        _ => "a process that has just started".to_owned(),
    }
}
