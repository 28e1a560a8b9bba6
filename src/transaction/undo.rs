//! Putting things back from the journal. Every step can be repeated, so that a run that dies here is finished by the next.

use std::io;
use std::path::{Path, PathBuf};

use super::header::{Before, Entry, Header};
use super::manifest::{Manifest, rewritten_in_place};
use super::{ACTIVE, AFTER, COMMITTED, DATA, DIR, JOURNAL, behind, hash, list_of, parent};
use crate::world::{Break, FileKind, TEMP_SUFFIX, World};

/// How the names of directories begin that were moved out of the way into the saved data.
pub(super) const GONE: &str = "gone";

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Undone {
    /// The files and directories that had changed, relative to the root.
    pub put_back: Vec<PathBuf>,
    /// What someone else had written meanwhile.
    pub kept: Vec<KeptAside>,
}

/// A file that someone else wrote while the run was under way, kept before the old one was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAside {
    /// Where it was.
    pub path: PathBuf,
    /// Where it is now.
    pub now: PathBuf,
}

/// Something that could not be put back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}`: {why}", path.display())]
pub struct NotPutBack {
    /// Where, relative to the root.
    pub path: PathBuf,
    /// What stood in the way.
    pub why: String,
}

/// Puts everything back. On success the journal is gone; what failed is kept in it for another try.
pub(super) fn undo(world: &dyn World, root: &Path, header: &Header) -> Result<Undone, Vec<NotPutBack>> {
    let problem =
        |path: &Path, error: io::Error| vec![NotPutBack { path: path.into(), why: error.to_string() }];
    activate(world, root, header).map_err(|e| problem(Path::new(ACTIVE), e))?;

    if Break::JournalEndedFirst.here() {
        world.remove_file(&root.join(ACTIVE)).map_err(|e| problem(Path::new(ACTIVE), e))?;
    }
    let mut way_back = WayBack::from(world, root, root.join(DATA));
    let mut failed = Vec::new();
    let mut problems = Vec::new();
    for entry in header.entries.iter().rev() {
        if let Err(error) = way_back.put_back(entry) {
            problems.push(NotPutBack { path: entry.path.clone(), why: error.to_string() });
            failed.push(entry.clone());
        }
    }
    for dir in header.made_dirs.iter().rev() {
        // One that someone else put something into stays; it is no trace of ours then.
        if let Err(error) = world.remove_dir(&root.join(dir)) {
            problems.push(NotPutBack { path: dir.clone(), why: error.to_string() });
        }
    }
    if problems.is_empty() || Break::RollbackErrorSwallowed.here() {
        end(world, root).map_err(|e| problem(Path::new(ACTIVE), e))?;
        return Ok(way_back.undone);
    }
    failed.reverse();
    // What was put back may be edited by the user from now on: the next try must leave it alone.
    let rest = Header { entries: failed, ..header.clone() };
    if let Err(error) = world.write(&root.join(ACTIVE), &rest.to_bytes()) {
        problems.extend(problem(Path::new(ACTIVE), error));
    }
    Err(problems)
}

/// Those of the entries that are not as they were; what was saved of them lies in `data`.
pub(super) fn differing(
    world: &dyn World,
    root: &Path,
    data: &Path,
    entries: &[Entry],
) -> io::Result<Vec<Entry>> {
    let mut all = Vec::new();
    for entry in entries {
        if !is_as_before(world, root, data, entry)? {
            all.push(entry.clone());
        }
    }
    Ok(all)
}

pub(super) fn is_as_before(world: &dyn World, root: &Path, data: &Path, entry: &Entry) -> io::Result<bool> {
    let (real, link) = behind(world, &root.join(&entry.path))?;
    let stat = world.stat(&real)?;
    Ok(match (&entry.before, stat) {
        (Before::Absent, None) => true,
        (Before::File { hash: was, mode, .. }, Some(stat)) if stat.kind == FileKind::File => {
            link == entry.link && stat.mode == *mode && hash(&world.read(&real)?) == *was
        }
        (Before::Dir { copy }, Some(stat)) if stat.kind == FileKind::Dir => {
            let was = Manifest::read(&world.read(&list_of(data, copy))?)?;
            link == entry.link && was.differences(&Manifest::of(world, &real)?).is_empty()
        }
        _ => false,
    })
}

/// Removes temporary files that a run that died left in the project's root.
pub(super) fn sweep(world: &dyn World, root: &Path) {
    for dir in [root.to_path_buf(), root.join(JOURNAL), root.join(DIR)] {
        for (name, kind) in world.list(&dir).unwrap_or_default() {
            if kind == FileKind::File && name.starts_with('.') && name.ends_with(TEMP_SUFFIX) {
                let _next_time = world.remove_file(&dir.join(name));
            }
        }
    }
}

/// Makes sure that the journal says "under way": a commit may have failed after its rename.
fn activate(world: &dyn World, root: &Path, header: &Header) -> io::Result<()> {
    if world.stat(&root.join(ACTIVE))?.is_none() {
        world.write(&root.join(ACTIVE), &header.to_bytes())?;
    }
    if world.stat(&root.join(COMMITTED))?.is_some() {
        world.remove_file(&root.join(COMMITTED))?;
        world.sync(&root.join(JOURNAL))?;
    }
    Ok(())
}

fn end(world: &dyn World, root: &Path) -> io::Result<()> {
    world.remove_file(&root.join(ACTIVE))?;
    world.sync(&root.join(JOURNAL))?;
    // Everything is as it was; saved data that can't be removed now is removed by the next command.
    let _next_time = world.remove_file(&root.join(AFTER)).and_then(|()| world.remove_tree(&root.join(DATA)));
    Ok(())
}

/// The way back to what was saved.
pub(super) struct WayBack<'a> {
    pub(super) world: &'a dyn World,
    pub(super) root: &'a Path,
    /// Where it was saved.
    data: PathBuf,
    /// What was done.
    pub(super) undone: Undone,
}

impl<'a> WayBack<'a> {
    pub(super) fn from(world: &'a dyn World, root: &'a Path, data: PathBuf) -> Self {
        Self { world, root, data, undone: Undone::default() }
    }

    /// Whether the saved copies may be used up: those of the journal, which goes in the end.
    fn uses_up(&self) -> bool {
        self.data == self.root.join(DATA)
    }

    pub(super) fn put_back(&mut self, entry: &Entry) -> io::Result<()> {
        self.put_back_link(entry)?;
        let (real, _) = behind(self.world, &self.root.join(&entry.path))?;
        if !matches!(entry.before, Before::Absent) && self.world.stat(parent(&real))?.is_none() {
            self.world.create_dirs(parent(&real))?;
        }
        self.sweep_beside(&real)?;
        let changed = match &entry.before {
            Before::Absent => self.put_back_nothing(entry, &real)?,
            Before::File { hash, mode, copy } => self.put_back_file(entry, &real, hash, *mode, copy)?,
            Before::Dir { copy } => self.put_back_dir(&real, copy)?,
        };
        if changed {
            self.undone.put_back.push(entry.path.clone());
        }
        Ok(())
    }

    /// A link that was replaced by something else, or the other way round.
    fn put_back_link(&mut self, entry: &Entry) -> io::Result<()> {
        let path = self.root.join(&entry.path);
        let stat = self.world.stat(&path)?;
        let is_link = stat.as_ref().is_some_and(|s| s.kind == FileKind::Link);
        let target = if is_link { Some(self.world.read_link(&path)?) } else { None };
        if target == entry.link {
            return Ok(());
        }
        if stat.is_some() && (is_link || entry.link.is_some()) {
            self.set_aside(&entry.path, &path)?;
        }
        if let Some(target) = &entry.link {
            self.world.make_link(target, &path)?;
        }
        self.world.sync(parent(&path))
    }

    fn put_back_nothing(&mut self, entry: &Entry, real: &Path) -> io::Result<bool> {
        match self.world.stat(real)?.map(|s| s.kind) {
            None => {
                self.sweep_aside(real)?;
                return Ok(false);
            }
            Some(FileKind::Dir) => {
                self.move_away(real)?;
                self.sweep_aside(real)?;
            }
            Some(_) => {
                self.keep_if_foreign(entry, real)?;
                self.world.remove_file(real)?;
            }
        }
        self.world.sync(parent(real))?;
        Ok(true)
    }

    fn put_back_file(
        &mut self,
        entry: &Entry,
        real: &Path,
        was: &str,
        mode: u32,
        copy: &str,
    ) -> io::Result<bool> {
        match self.world.stat(real)? {
            None => {}
            Some(stat) if stat.kind == FileKind::File => {
                if stat.mode == mode && hash(&self.world.read(real)?) == was {
                    return Ok(false);
                }
                self.keep_if_foreign(entry, real)?;
            }
            Some(_) => self.set_aside(&entry.path, real)?,
        }
        let copy = self.data.join(copy);
        if let Err(error) = self.world.copy(&copy, real) {
            if !self.uses_up() {
                return Err(error);
            }
            // No room for another copy: the saved one itself will do.
            self.world.rename(&copy, real)?;
        }
        self.world.sync(parent(real))?;
        Ok(true)
    }

    fn put_back_dir(&mut self, real: &Path, copy: &str) -> io::Result<bool> {
        self.sweep_aside(real)?;
        let saved = self.data.join(copy);
        let manifest = Manifest::read(&self.world.read(&list_of(&self.data, copy))?)?;
        let there = self.world.stat(real)?.map(|s| s.kind);
        if there == Some(FileKind::Dir) && manifest.untouched(&Manifest::of(self.world, real)?) {
            return Ok(false);
        }
        if self.world.stat(&saved)?.is_some() {
            if there.is_some() {
                self.move_away(real)?;
            }
            self.move_dir(&saved, real)?;
            self.world.sync(parent(real))?;
            self.sweep_aside(real)?;
        }
        // Files that a tool wrote into, though they are shared with the saved copy, can't be helped; but they are named.
        let different = manifest.differences(&Manifest::of(self.world, real)?);
        if different.is_empty() {
            return Ok(true);
        }
        Err(io::Error::other(format!("not as it was: {}; make it anew", different.join(", "))))
    }

    /// Moves a saved directory into place, also onto another file system; or copies it, where it is still needed.
    fn move_dir(&self, from: &Path, to: &Path) -> io::Result<()> {
        let own: &(dyn Fn(&Path) -> bool + Sync) = if self.uses_up() {
            match self.world.rename(from, to) {
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
                other => return other,
            }
            &|_| true
        } else {
            &rewritten_in_place
        };
        let beside = beside(to, "back");
        self.world.remove_tree(&beside)?;
        self.world.link_tree(from, &beside, own)?;
        self.world.sync_tree(&beside)?;
        self.world.rename(&beside, to)
    }

    /// Moves a directory out of the way: among the saved data, which are removed in the end; or beside itself, where
    /// those are on another file system.
    fn move_away(&self, dir: &Path) -> io::Result<()> {
        let aside = self.free(&self.root.join(DATA), GONE)?;
        match self.world.rename(dir, &aside) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
            other => return other,
        }
        let aside = beside(dir, "gone");
        self.world.remove_tree(&aside)?;
        self.world.rename(dir, &aside)
    }

    /// Removes what was moved out of the way beside a directory or was to be moved into its place, now or by a run that
    /// died.
    fn sweep_aside(&self, dir: &Path) -> io::Result<()> {
        for aside in [beside(dir, "gone"), beside(dir, "back")] {
            if self.world.stat(&aside)?.is_some() {
                self.world.remove_tree(&aside)?;
            }
        }
        Ok(())
    }

    /// Keeps what is neither what was there before nor what hsm or a tool wrote.
    fn keep_if_foreign(&mut self, entry: &Entry, real: &Path) -> io::Result<()> {
        if entry.tool
            || Break::ForeignOverwritten.here()
            || self.world.stat(real)?.is_none_or(|s| s.kind != FileKind::File)
        {
            return Ok(());
        }
        let bytes = self.world.read(real)?;
        let ours = entry.before.is(Some(&bytes)) || entry.after.as_deref() == Some(&hash(&bytes));
        if ours {
            return Ok(());
        }
        let now = self.place_to_keep(&entry.path)?;
        self.world.copy(real, &self.root.join(&now))?;
        self.world.sync(parent(&self.root.join(&now)))?;
        self.undone.kept.push(KeptAside { path: entry.path.clone(), now });
        Ok(())
    }

    /// Keeps what is there now, whatever it is.
    pub(super) fn keep_aside(&mut self, entry: &Entry) -> io::Result<()> {
        let (real, _) = behind(self.world, &self.root.join(&entry.path))?;
        if self.world.stat(&real)?.is_none() {
            return Ok(());
        }
        self.set_aside(&entry.path, &real)?;
        self.world.sync(parent(&real))
    }

    /// Moves something that is of another kind than what was there.
    fn set_aside(&mut self, path: &Path, at: &Path) -> io::Result<()> {
        let now = self.place_to_keep(path)?;
        self.world.rename(at, &self.root.join(&now))?;
        self.undone.kept.push(KeptAside { path: path.into(), now });
        Ok(())
    }

    fn place_to_keep(&self, path: &Path) -> io::Result<PathBuf> {
        let kept = Path::new(DIR).join("kept");
        self.world.create_dirs(&self.root.join(&kept))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let free = self.free(&self.root.join(&kept), &name)?;
        Ok(kept.join(free.file_name().unwrap_or_default()))
    }

    /// A name in `dir` that nothing has.
    fn free(&self, dir: &Path, name: &str) -> io::Result<PathBuf> {
        let mut path = dir.join(name);
        let mut number = 1;
        while self.world.stat(&path)?.is_some() {
            number += 1;
            path = dir.join(format!("{name}-{number}"));
        }
        Ok(path)
    }

    /// Temporary files of a write that died. Behind a link they lie where no later command would look for them, so one
    /// that can't be removed keeps the journal.
    fn sweep_beside(&self, real: &Path) -> io::Result<()> {
        let Some(name) = real.file_name().map(|n| format!(".{}.", n.to_string_lossy())) else {
            return Ok(());
        };
        let listed = match self.world.list(parent(real)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            listed => listed?,
        };
        for (other, kind) in listed {
            if kind == FileKind::File && other.starts_with(&name) && other.ends_with(TEMP_SUFFIX) {
                self.world.remove_file(&parent(real).join(other))?;
            }
        }
        Ok(())
    }
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    parent(path).join(format!(".{name}.hsm-{what}"))
}
