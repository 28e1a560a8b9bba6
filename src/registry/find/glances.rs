//! Many entries at a glance: read side by side, or remembered from the last time.
//!
//! Owns: who reads which of them, and what is written into the cache. Refuses: keeping what was read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;

use super::index::{self, Anew, GRAIN, Index, Stamp};
use super::listing::first_error;
use super::names::ENDING;
use super::{FOLDERS, Label, Registries, Registry};
use crate::diagnostic::{Diagnostic, Finding, any_error};
use crate::place::Sources;
use crate::registry::Glance;
use crate::world::Look;

/// A registry with fewer entries is read anew each time: that takes no longer.
const FEW: usize = 100;

/// At most so many entries are looked at between two questions for more of them: no thread waits long for another.
const SHARE: usize = 2_000;

/// What is remembered of the registries' entries: by their number, where it lies and what it says.
#[derive(Debug, Default)]
pub struct Memory(Vec<Option<(PathBuf, Index)>>);

/// What was read of an entry: its file's state and what is to be remembered, if it can be.
type Read = Option<(Stamp, Vec<u8>)>;

/// What a thread saw.
struct Part<T> {
    seen: Vec<T>,
    /// By the number of the entry; who is not among them was remembered.
    read: Vec<(usize, Read)>,
}

impl Registries<'_> {
    /// The entries that are wanted, in the order of [`labels`](Registries::labels), and what is remembered of those
    /// registries of which many are; that is read while folders are listed. `of`: the number of the only registry that
    /// anybody wants. `cache`: the directory in which that lies; an index that can't be read or written is no matter.
    pub fn recalled(
        &self,
        of: Option<usize>,
        wanted: impl Fn(&Label<'_>) -> bool,
        cache: Option<&Path>,
    ) -> (Vec<Label<'_>>, Memory) {
        let is_large = |registry: &Registry| {
            registry.folders.iter().map(|folder| folder.known().len()).sum::<usize>() >= FEW
        };
        std::thread::scope(|scope| {
            let read = |(number, registry)| {
                let is_likely = of.is_none_or(|of| of == number) && is_large(registry);
                is_likely.then(|| scope.spawn(move || self.index(number, cache)))
            };
            let reading: Vec<_> = self.list.iter().enumerate().map(read).collect();
            let mut labels = self.labels();
            labels.retain(|label| of.is_none_or(|of| of == label.number) && wanted(label));
            let mut counts = vec![0; self.list.len()];
            for label in &labels {
                counts[label.number] += 1;
            }
            let index = |(number, reading): (usize, Option<ScopedJoinHandle<'_, _>>)| {
                let read = reading.map(joined);
                if counts[number] < FEW { None } else { read.unwrap_or_else(|| self.index(number, cache)) }
            };
            let memory = reading.into_iter().enumerate().map(index).collect();
            (labels, Memory(memory))
        })
    }

    /// Where what is remembered of a registry lies, and what that is.
    fn index(&self, number: usize, cache: Option<&Path>) -> Option<(PathBuf, Index)> {
        let cache = cache?;
        let directory = self.world.canonical(&self.list.get(number)?.dir).ok()?;
        let path = index::place(cache, &directory, "");
        let index = Index::read(&path, self.world);
        Some((path, index))
    }

    /// What somebody makes of each of these entries, at a glance; they are looked at side by side, in the order of
    /// [`labels`](Registries::labels), in parts as the threads made them. What was read anew is remembered.
    pub fn glances<'m, T: Send>(
        &self,
        wanted: &'m [Label<'m>],
        memory: &'m Memory,
        make: impl Fn(&'m Label<'m>, Glance<'m>) -> T + Sync,
    ) -> Vec<Vec<T>> {
        let read_at = self.world.now();
        let look = |start, part| self.part(start, part, memory, read_at, &make);
        let parts: Vec<Part<T>> = side_by_side(wanted, look);
        let (seen, read): (Vec<Vec<T>>, Vec<_>) =
            parts.into_iter().map(|part| (part.seen, part.read)).unzip();
        let read = read.concat();
        for (number, memory) in memory.0.iter().enumerate() {
            if let Some((path, index)) = memory {
                self.remember(number, path, index, wanted, &read);
            }
        }
        seen
    }

    /// Those of these entries whose text is one that somebody wants, in their order. What cannot be read has no text.
    pub fn with_text<'m>(
        &self,
        of: &'m [Label<'m>],
        wanted: impl Fn(&str) -> bool + Sync,
    ) -> Vec<&'m Label<'m>> {
        let has = |label: &&Label<'_>| {
            let bytes = self.path_of(label).and_then(|path| self.world.read(&path).ok());
            wanted(&String::from_utf8_lossy(&bytes.unwrap_or_default()))
        };
        side_by_side(of, |_, part| part.iter().filter(has).collect::<Vec<_>>()).concat()
    }

    /// What one thread sees.
    fn part<'m, T>(
        &self,
        start: usize,
        part: &'m [Label<'m>],
        memory: &'m Memory,
        read_at: i128,
        make: impl Fn(&'m Label<'m>, Glance<'m>) -> T,
    ) -> Part<T> {
        let mut out = Part { seen: Vec::with_capacity(part.len()), read: Vec::new() };
        let (mut file, mut key) = (String::new(), Vec::new());
        // entries of one folder lie side by side
        for run in part.chunk_by(|a, b| (a.number, a.slot()) == (b.number, b.slot())) {
            let Some(first) = run.first() else { continue };
            let registry = &self.list[first.number];
            let folder = self.world.look(&registry.dir.join(FOLDERS[usize::from(first.slot())].0));
            let index = memory.0.get(first.number).and_then(Option::as_ref).map(|(_, index)| index);
            let mut at = index.map_or(0, |index| index.start(&index::key(first)));
            for label in run {
                let number = start + out.seen.len();
                let stamp = index.and_then(|_| stamp_of(label, folder.as_ref(), &mut file));
                index::key_into(label, &mut key);
                let known = index.zip(stamp).and_then(|(index, stamp)| index.get(&key, &stamp, &mut at));
                let glance = known.unwrap_or_else(|| {
                    let (glance, is_lasting) = self.glance(label);
                    let stamp = stamp.filter(|stamp| is_lasting && stamp.is_settled(read_at, GRAIN));
                    out.read.push((number, stamp.map(|stamp| (stamp, index::written(&glance)))));
                    glance
                });
                out.seen.push(make(label, glance));
            }
        }
        out
    }

    /// Writes the index anew if more than a few entries were read that it could have known. What nobody wanted to see this
    /// time is kept as it is.
    fn remember(
        &self,
        number: usize,
        path: &Path,
        index: &Index,
        wanted: &[Label<'_>],
        read: &[(usize, Read)],
    ) {
        let of_it = |label: &Label<'_>| label.number == number;
        let is_new = |(at, read): &&(usize, Read)| read.is_some() && wanted.get(*at).is_some_and(of_it);
        if read.iter().filter(is_new).count() * 100 <= wanted.iter().filter(|label| of_it(label)).count() {
            return;
        }
        let mut read = read.iter().filter_map(|(at, read)| Some((wanted.get(*at)?, read))).peekable();
        let (mut anew, mut at) = (Anew::default(), 0);
        for label in self.labels().iter().filter(|label| of_it(label)) {
            let key = index::key(label);
            while read.next_if(|(seen, _)| !of_it(seen) || index::key(seen) < key).is_some() {}
            match read.next_if(|(seen, _)| index::key(seen) == key) {
                Some((_, Some((stamp, glance)))) => anew.add(&key, stamp, glance),
                Some((_, None)) => {}
                None => anew.keep(&key, index, &mut at),
            }
        }
        index::keep(path, &anew.file(), self.world);
    }

    /// An entry at a glance, hidden or not, and whether that follows from the bytes of its file alone. What was read is not
    /// kept.
    fn glance(&self, label: &Label<'_>) -> (Glance<'static>, bool) {
        let mut sources = Sources::new();
        let Some(target) = label.target() else { return (gone(), false) };
        match self.entry_of(label.number, &target, &mut sources) {
            Ok(Some((Some(entry), found))) if !any_error(&found) => (Glance::of(&entry), true),
            Ok(None) => (gone(), false),
            Ok(Some((_, found))) => (broken(&sources, &found), true),
            // what the machine says of a file is asked again
            Err(found) => (broken(&sources, &found), found.iter().all(is_of_bytes)),
        }
    }
}

/// What comes of each share of the entries, and of the number of its first one, in their order. As many threads as the
/// machine can run take one share after another.
fn side_by_side<'m, T: Send>(
    all: &'m [Label<'m>],
    look: impl Fn(usize, &'m [Label<'m>]) -> T + Sync,
) -> Vec<T> {
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = all.len().div_ceil(at_once).clamp(64, SHARE);
    let shares: Vec<&[Label<'_>]> = all.chunks(share).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        let mut out = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = shares.get(number) else { return out };
            out.push((number, look(number * share, part)));
        }
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..at_once.min(shares.len())).map(|_| scope.spawn(take)).collect();
        running.into_iter().flat_map(joined).collect()
    });
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, out)| out).collect()
}

/// What a thread made.
fn joined<T>(running: ScopedJoinHandle<'_, T>) -> T {
    running.join().unwrap_or_else(|died| std::panic::resume_unwind(died))
}

/// The state of an entry's file. `file`: room for the file's name.
fn stamp_of(label: &Label<'_>, folder: &dyn Look, file: &mut String) -> Option<Stamp> {
    file.clear();
    file.push_str(label.name);
    file.push_str(ENDING);
    folder.stat(file).ok().flatten().as_ref().and_then(Stamp::of)
}

/// Whether a file's bytes alone are to blame.
fn is_of_bytes(found: &Diagnostic) -> bool {
    matches!(found.finding, Finding::TooLarge { .. } | Finding::NotUtf8)
}

fn gone() -> Glance<'static> {
    Glance::broken("the file is gone".to_owned())
}

fn broken(sources: &Sources, found: &[Diagnostic]) -> Glance<'static> {
    Glance::broken(first_error(sources, found).unwrap_or_else(|| "it cannot be read".to_owned()))
}
