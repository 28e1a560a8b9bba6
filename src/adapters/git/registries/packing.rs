//! From a commit to a pack: the files that may be entries, as git has them.
//!
//! Owns: what is taken along. Refuses: checkouts, links, submodules, and bytes that no reader would take.

use std::path::Path;

use super::fetch::{done, local};
use crate::adapters::git::cache::NotGot;
use crate::adapters::git::tree::{BATCH, batch};
use crate::world::{Packed, World, pack};

/// No reader of a registry takes a larger file.
const LARGEST: usize = 4 << 20;

/// What all files of a registry together may have.
const MOST: usize = 1 << 30;

/// The pack of a commit.
pub(super) fn packed(repository: &Path, commit: &str, world: &dyn World) -> Result<Vec<u8>, NotGot> {
    let listing = world.run(&local(repository, &["ls-tree", "-r", "-z", "--long", "--full-tree", commit]))?;
    done(&listing)?;
    let mut files = Vec::new();
    let mut wanted = Vec::new();
    let mut total = 0;
    for line in listing.stdout.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let Some(found) = Found::read(line).filter(|found| may_be_read(&found.path)) else { continue };
        let what = match found.mode {
            "120000" => Packed::Link,
            "160000" => Packed::Module,
            _ if found.size > LARGEST => Packed::TooLarge,
            _ => {
                total += found.size;
                wanted.push((files.len(), found.id));
                Packed::File(Vec::new())
            }
        };
        files.push((found.path, what));
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

/// A line of `ls-tree --long`: `MODE TYPE ID SIZE<tab>PATH`.
struct Found<'l> {
    mode: &'l str,
    id: &'l str,
    size: usize,
    path: String,
}

impl<'l> Found<'l> {
    fn read(line: &'l [u8]) -> Option<Self> {
        let (facts, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
        let mut facts = facts.split_ascii_whitespace();
        let (mode, _, id, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
        // a submodule has no size
        Some(Self { mode, id, size: size.parse().unwrap_or_default(), path: path.to_owned() })
    }
}

/// Whether some reader of registries may look for a file of this path.
fn may_be_read(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    path.matches('/').count() <= 1 && matches!(ending, Some("yaml" | "yml"))
}
