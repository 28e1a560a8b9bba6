//! What was in a directory when it was saved: to see whether a tool changed it at all, and whether what was put back is
//! right.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::world::{Break, FileKind, World};

/// The files of a directory, by path within it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest(BTreeMap<String, Item>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Item {
    /// `f`, `d`, `l` or `o`.
    kind: char,
    mode: u32,
    size: u64,
    mtime: i128,
    inode: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// Which files of a directory are saved as copies rather than hard links: those that tools are known to write into as they
/// are. Everything else in an environment is replaced, not rewritten, by package managers; should one be written into all
/// the same, [`Manifest::differences`] finds it.
///
/// These are the small files at the top (settings of the environment), scripts, path files, and the records of what is
/// installed: a few for each package, so that the copies cost little.
pub(super) fn rewritten_in_place(within: &Path) -> bool {
    if Break::HardLinksOnly.here() {
        return false;
    }
    let parent = within.parent().unwrap_or(Path::new(""));
    let at_top = parent.as_os_str().is_empty();
    let script = matches!(parent.to_str(), Some("bin" | "Scripts"));
    let record = parent.extension().is_some_and(|e| e == "dist-info" || e == "egg-info");
    at_top || script || record || within.extension().is_some_and(|e| e == "pth")
}

impl Manifest {
    /// What is in a directory.
    pub(super) fn of(world: &dyn World, dir: &Path) -> io::Result<Self> {
        let mut all = BTreeMap::new();
        walk(world, dir, "", &mut all)?;
        Ok(Self(all))
    }

    /// As it is written.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`Manifest::to_bytes`] wrote.
    pub(super) fn read(bytes: &[u8]) -> io::Result<Self> {
        serde_json::from_slice(bytes).map_err(io::Error::other)
    }

    /// Without what changes when an environment is used, or copied.
    pub(super) fn without_use(mut self) -> Self {
        let runs = |path: &str| path.split('/').any(|name| name == "__pycache__");
        self.0.retain(|path, _| !runs(path));
        for item in self.0.values_mut() {
            item.inode = 0;
            if item.kind != 'f' {
                item.mtime = 0;
            }
        }
        self
    }

    /// Whether nothing was touched between the two. The same inodes with the same times: nobody wrote anything.
    pub(super) fn untouched(&self, now: &Self) -> bool {
        // The times of directories change when something is made in them and removed again; that is no change.
        self.0.len() == now.0.len()
            && self.0.iter().zip(&now.0).all(|((a, was), (b, is))| {
                a == b && was.alike(is) && was.inode == is.inode && (was.kind == 'd' || was.mtime == is.mtime)
            })
    }

    /// What is not as it was: the paths, at most ten of them. For a directory that was put back.
    pub(super) fn differences(&self, now: &Self) -> Vec<String> {
        let same = |path: &String| match (self.0.get(path), now.0.get(path)) {
            (Some(was), Some(is)) => was.alike(is) && (was.kind != 'f' || was.mtime == is.mtime),
            _ => false,
        };
        let mut paths: Vec<_> = self.0.keys().chain(now.0.keys()).filter(|p| !same(p)).cloned().collect();
        paths.sort();
        paths.dedup();
        paths.truncate(10);
        paths
    }
}

impl Item {
    fn alike(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.link == other.link
            && (self.kind == 'l' || self.mode == other.mode)
            && (self.kind != 'f' || self.size == other.size)
    }
}

fn walk(world: &dyn World, dir: &Path, within: &str, all: &mut BTreeMap<String, Item>) -> io::Result<()> {
    for (name, kind) in world.list(dir)? {
        let path = dir.join(&name);
        let within = if within.is_empty() { name } else { format!("{within}/{name}") };
        let Some(stat) = world.stat(&path)? else { continue };
        let link = match kind {
            FileKind::Link => Some(world.read_link(&path)?.to_string_lossy().into_owned()),
            _ => None,
        };
        let letter = match kind {
            FileKind::File => 'f',
            FileKind::Dir => 'd',
            FileKind::Link => 'l',
            FileKind::Other => 'o',
        };
        let size = if kind == FileKind::File { stat.size } else { 0 };
        if kind == FileKind::Dir {
            walk(world, &path, &within, all)?;
        }
        all.insert(
            within,
            Item { kind: letter, mode: stat.mode, size, mtime: stat.mtime, inode: stat.inode, link },
        );
    }
    Ok(())
}
