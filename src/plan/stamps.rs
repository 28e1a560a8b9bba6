//! Stamps: what each adapter's side looked like after its last success on this machine, and after the one before, to
//! which `hsm undo` leads back.
//!
//! Owns: `.hsm/state.json`, and what goes into a stamp. Refuses: being needed; without it the tools are simply asked again.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::AdapterPlan;
use crate::adapters::{Action, Phase};
use crate::transaction::{DIR, hex};
use crate::world::{FileKind, World};

/// The stamps of all adapters, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamps {
    adapters: BTreeMap<String, Stamp>,
    /// Those that were replaced last.
    #[serde(default)]
    former: BTreeMap<String, Stamp>,
}

/// One adapter's side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// A hash of the files that decide what the tool does, and of what it was asked to do.
    pub inputs: String,
    /// The adapter's own stamp of what the tool made on this machine.
    pub environment: Option<String>,
    /// Like `inputs`, for a run that only locks: no matter what is installed.
    #[serde(default)]
    pub locked: Option<String>,
}

impl Stamp {
    /// Whether this stamp, the one of a success, shows that a side which now has the stamp `now` is intact.
    fn proves(&self, now: &Self, lock_only: bool, applies: bool) -> bool {
        if lock_only {
            return self.locked.as_ref() == Some(&now.inputs);
        }
        self.inputs == now.inputs
            && self.environment == now.environment
            && (now.environment.is_some() || !applies)
    }
}

impl Stamps {
    /// The stamps of a project. A missing or damaged file means none: then everything is asked anew.
    pub fn load(world: &dyn World, root: &Path) -> Self {
        let bytes = world.read(&file(root)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Writes them, if they are not there already.
    pub fn store(&self, world: &dyn World, root: &Path) -> io::Result<()> {
        if Self::load(world, root) == *self {
            return Ok(());
        }
        let mut text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        text.push(b'\n');
        world.write(&file(root), &text)
    }

    /// Whether one of them shows that a side which now has the stamp `now` is intact.
    pub(super) fn prove(&self, adapter: &str, now: &Stamp, lock_only: bool, applies: bool) -> bool {
        let known = [self.adapters.get(adapter), self.former.get(adapter)];
        known.into_iter().flatten().any(|stamp| stamp.proves(now, lock_only, applies))
    }

    /// The stamp of an adapter.
    pub fn get(&self, adapter: &str) -> Option<&Stamp> {
        self.adapters.get(adapter)
    }

    /// Sets or removes the stamp of an adapter. The one that it had is kept as the former one.
    pub fn set(&mut self, adapter: &str, stamp: Option<Stamp>) {
        if self.adapters.get(adapter) == stamp.as_ref() {
            return;
        }
        let former = match stamp {
            Some(stamp) => self.adapters.insert(adapter.to_owned(), stamp),
            None => self.adapters.remove(adapter),
        };
        if let Some(former) = former {
            self.former.insert(adapter.to_owned(), former);
        }
    }
}

/// A hash of an adapter's inputs as they are on the disk, and of its actions; on failure the file that can't be read.
pub(super) fn inputs(
    world: &dyn World,
    root: &Path,
    part: &AdapterPlan,
) -> Result<String, (PathBuf, io::Error)> {
    let mut sum = Sha256::new();
    feed(&mut sum, part.wanted.as_bytes());
    for path in &part.inputs {
        let full = root.join(path);
        // An environment is the adapter's to stamp.
        let stat = world.canonical(&full).and_then(|real| world.stat(&real)).ok().flatten();
        if stat.is_some_and(|s| s.kind == FileKind::Dir) {
            continue;
        }
        feed(&mut sum, path.to_string_lossy().as_bytes());
        match world.read(&full) {
            Ok(bytes) => feed(&mut sum, &bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => sum.update([0]),
            Err(error) => return Err((path.clone(), error)),
        }
    }
    Ok(hex(&sum.finalize()))
}

/// A fingerprint of actions.
pub(super) fn actions(actions: &[Action]) -> String {
    let mut sum = Sha256::new();
    for action in actions {
        feed(&mut sum, if action.phase == Phase::Verify { b"verify" } else { b"apply" });
        for arg in &action.args {
            feed(&mut sum, arg.as_bytes());
        }
        for (name, value) in &action.env {
            feed(&mut sum, name.as_bytes());
            feed(&mut sum, value.as_bytes());
        }
        for name in &action.env_remove {
            feed(&mut sum, name.as_bytes());
        }
        feed(&mut sum, action.stdin.as_deref().unwrap_or_default());
        sum.update([0xff]);
    }
    hex(&sum.finalize())
}

/// Takes in a text so that no two sequences of texts look alike.
fn feed(sum: &mut Sha256, bytes: &[u8]) {
    sum.update((bytes.len() as u64 + 1).to_le_bytes());
    sum.update(bytes);
}

fn file(root: &Path) -> PathBuf {
    root.join(DIR).join("state.json")
}
