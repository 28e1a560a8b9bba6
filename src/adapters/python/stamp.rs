//! The stamp of the environment: as long as it stays the same, nothing has to be locked or installed.
//!
//! Owns: what of the machine decides that. Refuses: reading what is installed: paths, sizes and times are enough, and
//! 20,000 files take well under a second.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::world::{FileKind, World};

/// The stamp of an environment and the files that decide what belongs into it, all relative to the root.
pub(in crate::adapters) fn of(
    root: &Path,
    environment: &Path,
    files: &[PathBuf],
    world: &dyn World,
) -> Option<String> {
    let mut hash = Sha256::new();
    for file in files {
        let bytes = world.read(&root.join(file)).ok();
        field(&mut hash, file.to_string_lossy().as_bytes());
        field(&mut hash, bytes.as_deref().unwrap_or(b"\0missing"));
    }
    let environment = root.join(environment);
    world.stat(&environment).ok()??;
    let environment = world.canonical(&environment).ok()?;
    for python in ["bin/python", "bin/python3", "Scripts/python.exe"] {
        if let Ok(target) = world.canonical(&environment.join(python)) {
            field(&mut hash, target.to_string_lossy().as_bytes());
        }
    }
    walk(&environment, &mut String::new(), &mut hash, world).ok()?;
    Some(hash.finalize().iter().fold(String::new(), |mut out, byte| {
        let _written = write!(out, "{byte:02x}");
        out
    }))
}

/// Everything in a directory but what Python writes when it runs.
fn walk(dir: &Path, below: &mut String, hash: &mut Sha256, world: &dyn World) -> io::Result<()> {
    for (name, kind) in world.list(dir)? {
        if name == "__pycache__" || Path::new(&name).extension().is_some_and(|e| e == "pyc") {
            continue;
        }
        let path = dir.join(&name);
        let length = below.len();
        below.push('/');
        below.push_str(&name);
        field(hash, below.as_bytes());
        match kind {
            FileKind::Dir => walk(&path, below, hash, world)?,
            FileKind::Link => field(hash, world.read_link(&path)?.to_string_lossy().as_bytes()),
            FileKind::File | FileKind::Other => {
                if let Some(stat) = world.stat(&path)? {
                    field(hash, &stat.size.to_le_bytes());
                    field(hash, &stat.mtime.to_le_bytes());
                }
            }
        }
        below.truncate(length);
    }
    Ok(())
}

fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}
