//! What nobody has used for a long time goes from the cache.
//!
//! Owns: when a pack was used last, and removing those that were not. Refuses: running without a fetch: who may not fetch
//! could not get back what was removed.
//!
//! A pack's time of change is when it was used last, to the day. It goes after [`UNUSED`], when something is fetched, and
//! with it the bare repository beside it, which holds the objects of that commit. A run that has opened a pack reads on
//! when the file is gone ([`crate::world::PACK_ENDING`]); one that opens it just then is told from one that comes too late:
//! the pack is put aside first, and back if somebody has said meanwhile that it is in use.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::is_commit;
use crate::world::{FileKind, PACK_ENDING, World, cache_dir};

const DAY: i128 = 24 * 60 * 60 * 1_000_000_000;

/// How long a pack stays that nobody uses.
const UNUSED: i128 = 90 * DAY;

/// The ending of a pack that was put aside.
const ASIDE: &str = "unused";

/// Its time of change is when it was looked last.
const LOOKED: &str = "registries-looked-for-unused";

/// Opens a pack for this run, and says that it is in use; whether it is there.
pub(super) fn take(pack: &Path, world: &dyn World) -> bool {
    for _ in 0..100 {
        if is_there(pack, world) {
            if age(pack, world).is_some_and(|age| age > DAY) {
                // what may not be written is not removed either
                let _not_ours = world.touch(pack);
            }
            // any question about what is in it opens it
            let _opened = world.stat(&pack.join("registry.yaml"));
            if is_there(pack, world) {
                return true;
            }
        }
        if !is_there(&pack.with_extension(ASIDE), world) {
            return is_there(pack, world);
        }
        world.pause(Duration::from_millis(10));
    }
    false
}

fn is_there(path: &Path, world: &dyn World) -> bool {
    matches!(world.stat(path), Ok(Some(_)))
}

/// How long ago a file changed. `None`: nobody knows.
fn age(path: &Path, world: &dyn World) -> Option<i128> {
    let changed = world.stat(path).ok()??.mtime;
    (changed > 0).then(|| world.now() - changed)
}

/// Removes what nobody has used for a long time, at most once a day. That it fails is no reason for a run to fail.
pub(super) fn clean(world: &dyn World) {
    let Some(cache) = cache_dir(world) else { return };
    let (root, looked) = (cache.join("registries"), cache.join(LOOKED));
    if age(&looked, world).is_some_and(|age| age < DAY) || world.write(&looked, b"").is_err() {
        return;
    }
    for (name, kind) in world.list(&root).unwrap_or_default() {
        if kind == FileKind::Dir {
            let _next_time = clean_home(&root.join(name), world);
        }
    }
}

/// Cleans where one registry lies, unless another run is at work there.
fn clean_home(home: &Path, world: &dyn World) -> io::Result<()> {
    let is_old = |path: &Path| age(path, world).is_some_and(|age| age > UNUSED);
    let mut old = Vec::new();
    for (name, _) in world.list(home)? {
        let path = home.join(&name);
        let is_pack = [PACK_ENDING, ASIDE].iter().any(|ending| {
            name.strip_suffix(ending).and_then(|name| name.strip_suffix('.')).is_some_and(is_commit)
        });
        if is_pack && is_old(&path) {
            old.push(path);
        }
    }
    if old.is_empty() {
        return Ok(());
    }
    let Some(_held) = world.try_lock(&home.join("lock"), &format!("process {}", world.pid()))? else {
        return Ok(());
    };
    for pack in old {
        let aside = pack.with_extension(ASIDE);
        if pack != aside {
            world.rename(&pack, &aside)?;
        }
        if is_old(&aside) {
            world.remove_file(&aside)?;
        } else {
            world.rename(&aside, &pack)?;
        }
    }
    world.remove_tree(&home.join("repository.git"))?;
    let tips = home.join("tips");
    for (name, _) in world.list(&tips).unwrap_or_default() {
        let commit = world.read_regular(&tips.join(&name), 100).unwrap_or_default();
        let pack = format!("{}.{PACK_ENDING}", String::from_utf8_lossy(&commit).trim());
        if !is_there(&home.join(pack), world) {
            world.remove_file(&tips.join(name))?;
        }
    }
    Ok(())
}
