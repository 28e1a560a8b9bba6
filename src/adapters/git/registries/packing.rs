//! From a commit to a pack: the files that may be entries, as git has them.
//!
//! Owns: what is taken along. Refuses: checkouts, links, submodules, and bytes that no reader would take.

use std::path::Path;

use super::fetch::{done, local};
use crate::adapters::git::cache::NotGot;
use crate::adapters::git::tree::{BATCH, FOLDER, Found, LINK, LIST, MODULE, batch};
use crate::world::{Packed, World, pack};

/// No reader of a registry takes a larger file.
const LARGEST: usize = 4 << 20;

/// What all files of a registry together may have.
const MOST: usize = 256 << 20;

/// The folders that readers of registries look into, or say something about. No other one is looked into: a few objects can
/// make a tree of more paths than anybody can list.
const FOLDERS: [&str; 10] = [
    "packages",
    "containers",
    "package_groups",
    "container_groups",
    "tests",
    "libraries",
    "library_groups",
    "services",
    "service_groups",
    "groups",
];

/// The pack of a commit.
pub(super) fn packed(repository: &Path, commit: &str, world: &dyn World) -> Result<Vec<u8>, NotGot> {
    let root = listing(repository, commit, world)?;
    let mut listed: Vec<(String, Vec<u8>)> = Vec::new();
    for folder in Found::all(&root) {
        if folder.mode == FOLDER && FOLDERS.contains(&folder.path) {
            listed.push((format!("{}/", folder.path), listing(repository, folder.id, world)?));
        }
    }
    listed.push((String::new(), root));
    let mut files = Vec::new();
    let mut wanted = Vec::new();
    let mut total = 0_usize;
    for (folder, listing) in &listed {
        for found in Found::all(listing).filter(|found| may_be_read(found.path)) {
            let what = match found.mode {
                FOLDER => continue,
                LINK => Packed::Link,
                MODULE => Packed::Module,
                _ if found.size > LARGEST => Packed::TooLarge,
                _ => {
                    total = total.saturating_add(found.size);
                    wanted.push((files.len(), found.id));
                    Packed::File(Vec::new())
                }
            };
            files.push((format!("{folder}{}", found.path), what));
        }
    }
    if total > MOST {
        return Err(NotGot::Failed(format!("its entries have more than {MOST} bytes, the limit")));
    }
    let ids: Vec<&str> = wanted.iter().map(|(_, id)| *id).collect();
    let blobs = batch(local(repository, &BATCH), &ids, world)?;
    for ((at, _), bytes) in wanted.iter().zip(blobs) {
        files[*at].1 = Packed::File(bytes);
    }
    Ok(pack(&files))
}

/// What a tree holds, not what is in its folders.
fn listing(repository: &Path, tree: &str, world: &dyn World) -> Result<Vec<u8>, NotGot> {
    let listed = world.run(&local(repository, &[&LIST[..], &[tree]].concat()))?;
    done(&listed)?;
    Ok(listed.stdout)
}

/// Whether some reader of registries may look for a file of this name.
fn may_be_read(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    !name.contains('/') && matches!(ending, Some("yaml" | "yml"))
}
