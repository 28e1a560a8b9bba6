//! Many entries at a glance: read side by side, or remembered from the last time.
//!
//! Owns: who reads which of them, and what is written into the cache. Refuses: keeping what was read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::index::{self, Draft, Index, Stamp};
use super::listing::first_error;
use super::{FOLDERS, Listed, Registries, folder_of, target_of};
use crate::diagnostic::any_error;
use crate::place::Sources;
use crate::registry::Glance;

/// A registry with fewer entries is read anew each time: that takes no longer.
const FEW: usize = 100;

/// Where a glance comes from.
enum Seen {
    /// From the index, whose record still holds.
    Remembered(Glance),
    /// From the file; with the state of the file, if it can be remembered.
    Read(Glance, Option<Stamp>),
}

/// The index of a registry, and where it lies.
struct Memory {
    path: PathBuf,
    index: Index,
}

impl Registries<'_> {
    /// These entries at a glance, each under the number that it has there. `cache`: the directory in which is remembered
    /// what was read; an index that can't be read or written is no matter.
    pub fn glances(&self, listed: &[Listed], cache: Option<&Path>) -> Vec<Glance> {
        let read_at = self.world.now();
        let memories: HashMap<usize, Memory> = (0..self.list.len())
            .filter_map(|number| Some((number, self.memory(number, listed, cache?)?)))
            .collect();
        let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = listed.len().div_ceil(at_once).max(64);
        let look = |part: &[Listed]| -> Vec<Seen> {
            let one = |listed: &Listed| self.seen(listed, memories.get(&listed.number), read_at);
            part.iter().map(one).collect()
        };
        let mut seen: Vec<Seen> = Vec::with_capacity(listed.len());
        std::thread::scope(|scope| {
            let parts: Vec<_> = listed.chunks(share).map(|part| scope.spawn(move || look(part))).collect();
            for (part, chunk) in parts.into_iter().zip(listed.chunks(share)) {
                // a thread that died has told why; its share is looked at here, where it ends the program
                seen.extend(part.join().unwrap_or_else(|_| look(chunk)));
            }
        });
        for (number, memory) in &memories {
            self.remember(*number, memory, listed, &seen);
        }
        let glance = |seen| match seen {
            Seen::Remembered(glance) | Seen::Read(glance, _) => glance,
        };
        seen.into_iter().map(glance).collect()
    }

    /// What is remembered of a registry of which many entries are wanted.
    fn memory(&self, number: usize, listed: &[Listed], cache: &Path) -> Option<Memory> {
        if listed.iter().filter(|one| one.number == number).take(FEW).count() < FEW {
            return None;
        }
        let directory = self.world.canonical(&self.list.get(number)?.dir).ok()?;
        let path = index::place(cache, &directory);
        Some(Memory { index: Index::read(&path, self.world), path })
    }

    fn seen(&self, listed: &Listed, memory: Option<&Memory>, read_at: i128) -> Seen {
        let Some(memory) = memory else { return Seen::Read(self.glance(listed).0, None) };
        let stat = self.world.stat(&listed.path).ok().flatten();
        let stamp = stat.as_ref().and_then(Stamp::of);
        if let Some(stamp) = &stamp
            && let Some(glance) = memory.index.get(&key(listed), stamp)
        {
            return Seen::Remembered(glance);
        }
        let (glance, is_lasting) = self.glance(listed);
        Seen::Read(glance, stamp.filter(|stamp| is_lasting && stamp.is_settled(read_at)))
    }

    /// Writes the index anew if more than a few entries were read that it could have known. What nobody wanted to see this
    /// time is kept as it is.
    fn remember(&self, number: usize, memory: &Memory, listed: &[Listed], seen: &[Seen]) {
        let fresh = |seen: &&Seen| matches!(seen, Seen::Read(_, Some(_)));
        let of_it = || listed.iter().zip(seen).filter(|(listed, _)| listed.number == number);
        let new = of_it().filter(|(_, seen)| fresh(seen)).count();
        if new * 100 <= of_it().count() {
            return;
        }
        let mut by_key: HashMap<String, &Seen> = of_it().map(|(listed, seen)| (key(listed), seen)).collect();
        let mut keys: Vec<String> = Vec::new();
        for (slot, (_, kind, is_group)) in FOLDERS.into_iter().enumerate() {
            let names = self.list.get(number).map(|registry| registry.index[slot].keys());
            let all = names.into_iter().flatten().map(|name| target_of(kind, is_group, name));
            keys.extend(all.filter_map(|target| self.listed(number, &target)).map(|one| key(&one)));
        }
        keys.sort_unstable();
        let mut draft = Draft::default();
        for key in keys {
            match by_key.remove(&key) {
                Some(Seen::Read(glance, Some(stamp))) => draft.add(&key, stamp, glance),
                Some(Seen::Read(_, None)) => {}
                Some(Seen::Remembered(_)) | None => draft.keep(&key, &memory.index),
            }
        }
        let folder = memory.path.parent().unwrap_or(Path::new("."));
        // a cache that cannot be written is none
        let _ = self.world.create_dirs(folder).and_then(|()| self.world.write(&memory.path, &draft.bytes()));
    }

    /// An entry at a glance, hidden or not, and whether that follows from the bytes of its file alone. What was read is not
    /// kept.
    pub(super) fn glance(&self, listed: &Listed) -> (Glance, bool) {
        let mut sources = Sources::new();
        match self.entry_of(listed.number, &listed.target, &mut sources) {
            Ok(Some((Some(entry), found))) if !any_error(&found) => (Glance::of(&entry), true),
            Ok(None) => (Glance::broken("the file is gone".to_owned()), false),
            Ok(Some((_, found))) => (broken(&sources, &found), true),
            // what the machine says of a file is asked again
            Err(found) => (broken(&sources, &found), false),
        }
    }
}

fn broken(sources: &Sources, found: &[crate::diagnostic::Diagnostic]) -> Glance {
    Glance::broken(first_error(sources, found).unwrap_or_else(|| "it cannot be read".to_owned()))
}

/// The name of an entry's file within its registry.
fn key(listed: &Listed) -> String {
    format!("{}/{}", folder_of(&listed.target), listed.name)
}
