//! A disk after a power cut, by a model: what was brought to the disk is there; of all else any part may be.
//!
//! Owns: what each call means for a disk, and which of its effects survive. Refuses: running anything.
//!
//! It is stricter than real file systems: names and contents are lost independently of each other and of their order, but
//! a rename is one thing. Only a sync of a file keeps its content, only a sync of a directory keeps its names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::calls::Call;

/// A file, directory or link.
#[derive(Debug, Clone)]
struct Node {
    kind: Kind,
    mode: u32,
    time: (i64, i64),
}

#[derive(Debug, Clone)]
enum Kind {
    File(Vec<u8>),
    Dir,
    Link(String),
}

/// One effect on the disk.
#[derive(Debug, Clone)]
enum Effect {
    /// Names of directories change: (directory, name, what it names from now on).
    Names(Vec<(usize, String, Option<usize>)>),
    /// The content of a node changes.
    Content(usize, Change),
}

#[derive(Debug, Clone)]
enum Change {
    Bytes { at: usize, bytes: Vec<u8> },
    Length(usize),
    Mode(u32),
    Time((i64, i64)),
}

/// A disk with all that a run did to it.
pub(crate) struct Model {
    /// Every node there ever was, as it was at first or was made.
    nodes: Vec<Node>,
    first_names: BTreeMap<usize, BTreeMap<String, usize>>,
    effects: Vec<Effect>,
    /// After so many effects, everything before that is of this node, or everything, was brought to the disk.
    syncs: Vec<(usize, Option<usize>)>,
}

impl Model {
    /// A place as it is now.
    pub(crate) fn of(place: &Path) -> Self {
        let mut model =
            Self { nodes: Vec::new(), first_names: BTreeMap::new(), effects: Vec::new(), syncs: Vec::new() };
        model.read(place, &mut BTreeMap::new());
        model
    }

    /// Adds the calls of a run in that place.
    pub(crate) fn run(&mut self, place: &Path, calls: &[Call]) {
        let mut now = Now { nodes: self.nodes.clone(), names: self.first_names.clone(), place };
        for call in calls {
            self.take(&mut now, call);
        }
    }

    /// How many effects there are.
    pub(crate) fn len(&self) -> usize {
        self.effects.len()
    }

    fn read(&mut self, path: &Path, known: &mut BTreeMap<u64, usize>) -> usize {
        let meta = fs::symlink_metadata(path).expect("there");
        if let Some(number) = known.get(&meta.ino()) {
            return *number;
        }
        let number = self.nodes.len();
        known.insert(meta.ino(), number);
        let kind = if meta.is_symlink() {
            Kind::Link(fs::read_link(path).expect("a link").to_string_lossy().into_owned())
        } else if meta.is_dir() {
            Kind::Dir
        } else {
            Kind::File(fs::read(path).expect("a file"))
        };
        let is_dir = meta.is_dir();
        self.nodes.push(Node { kind, mode: meta.mode() & 0o7777, time: (meta.mtime(), meta.mtime_nsec()) });
        if is_dir {
            let mut names = BTreeMap::new();
            for entry in fs::read_dir(path).expect("a directory") {
                let entry = entry.expect("readable");
                let child = self.read(&entry.path(), known);
                names.insert(entry.file_name().to_string_lossy().into_owned(), child);
            }
            self.first_names.insert(number, names);
        }
        number
    }

    /// Adds the effects of a call. What is outside of the place has none.
    fn take(&mut self, now: &mut Now<'_>, call: &Call) {
        match call {
            Call::Open { path, truncate, mode } => match (now.find(path), truncate) {
                (Some(node), true) => self.content(now, node, Change::Length(0)),
                (Some(_), false) => {}
                (None, _) => self.make(now, path, Kind::File(Vec::new()), *mode),
            },
            Call::Write { path, at, bytes } => {
                self.change(now, path, Change::Bytes { at: *at, bytes: bytes.clone() });
            }
            Call::Copy { from, from_at, to, at, length } => {
                let bytes = now.bytes(from, *from_at, *length);
                self.change(now, to, Change::Bytes { at: *at, bytes });
            }
            Call::Length { path, length } => self.change(now, path, Change::Length(*length)),
            Call::Mode { path, mode } => self.change(now, path, Change::Mode(*mode)),
            Call::Time { path, time } => self.change(now, path, Change::Time(*time)),
            Call::MakeDir { path, mode } => self.make(now, path, Kind::Dir, *mode),
            Call::Symlink { target, path } => self.make(now, path, Kind::Link(target.clone()), 0o777),
            Call::Remove { path } => {
                if let Some((dir, name)) = now.spot(path) {
                    self.names(now, vec![(dir, name, None)]);
                }
            }
            Call::Rename { from, to } => {
                if let (Some(node), Some(a), Some(b)) = (now.find(from), now.spot(from), now.spot(to)) {
                    self.names(now, vec![(a.0, a.1, None), (b.0, b.1, Some(node))]);
                }
            }
            Call::Link { from, to } => {
                if let (Some(node), Some((dir, name))) = (now.find(from), now.spot(to)) {
                    self.names(now, vec![(dir, name, Some(node))]);
                }
            }
            Call::Sync { path } => {
                if let Some(node) = now.find(path) {
                    self.syncs.push((self.effects.len(), Some(node)));
                }
            }
            Call::SyncAll => self.syncs.push((self.effects.len(), None)),
        }
    }

    fn make(&mut self, now: &mut Now<'_>, path: &str, kind: Kind, mode: u32) {
        let Some((dir, name)) = now.spot(path) else { return };
        let mode = if matches!(kind, Kind::Link(_)) { mode } else { mode & !0o022 };
        let node = self.nodes.len();
        // Its own content is on the disk only as far as it was written and synced.
        self.nodes.push(Node { kind, mode, time: (1, 0) });
        now.nodes.push(self.nodes[node].clone());
        self.names(now, vec![(dir, name, Some(node))]);
    }

    fn change(&mut self, now: &mut Now<'_>, path: &str, change: Change) {
        if let Some(node) = now.find(path) {
            self.content(now, node, change);
        }
    }

    fn content(&mut self, now: &mut Now<'_>, node: usize, change: Change) {
        apply(&mut now.nodes[node], &change);
        self.effects.push(Effect::Content(node, change));
    }

    fn names(&mut self, now: &mut Now<'_>, changes: Vec<(usize, String, Option<usize>)>) {
        rename(&mut now.names, &changes);
        self.effects.push(Effect::Names(changes));
    }

    /// Which of the first `end` effects are surely on the disk.
    fn sure(&self, end: usize) -> Vec<bool> {
        let mut sure = vec![false; end];
        for (until, what) in self.syncs.iter().filter(|(until, _)| *until <= end) {
            for (effect, sure) in self.effects[..*until].iter().zip(sure.iter_mut()) {
                *sure |= match (what, effect) {
                    (None, _) => true,
                    (Some(node), Effect::Content(of, _)) => node == of,
                    (Some(node), Effect::Names(changes)) => changes.iter().any(|(dir, ..)| dir == node),
                };
            }
        }
        sure
    }

    /// Puts the disk into a place (not there yet) as it can be after a power cut behind so many effects; `keeps` says of
    /// each effect that is not sure whether it survives. Gives back how many did not.
    pub(crate) fn cut(
        &self,
        end: usize,
        place: &Path,
        keeps: &mut dyn FnMut(usize) -> bool,
    ) -> io::Result<usize> {
        let mut nodes = self.nodes.clone();
        let mut names = self.first_names.clone();
        let mut lost = 0;
        for (number, sure) in self.sure(end).into_iter().enumerate() {
            if !sure && !keeps(number) {
                lost += 1;
                continue;
            }
            match &self.effects[number] {
                Effect::Names(changes) => rename(&mut names, changes),
                Effect::Content(node, change) => apply(&mut nodes[*node], change),
            }
        }
        lay(&nodes, &names, 0, place, &mut BTreeMap::new(), &mut BTreeSet::new())?;
        Ok(lost)
    }
}

fn apply(node: &mut Node, change: &Change) {
    match (change, &mut node.kind) {
        (Change::Bytes { at, bytes }, Kind::File(content)) => {
            if content.len() < at + bytes.len() {
                content.resize(at + bytes.len(), 0);
            }
            content[*at..at + bytes.len()].copy_from_slice(bytes);
            node.time = (2, 0);
        }
        (Change::Length(length), Kind::File(content)) => content.resize(*length, 0),
        (Change::Mode(mode), _) => node.mode = *mode,
        (Change::Time(time), _) => node.time = *time,
        _ => {}
    }
}

fn rename(names: &mut BTreeMap<usize, BTreeMap<String, usize>>, changes: &[(usize, String, Option<usize>)]) {
    for (dir, name, node) in changes {
        let names = names.entry(*dir).or_default();
        match node {
            Some(node) => names.insert(name.clone(), *node),
            None => names.remove(name),
        };
    }
}

/// Writes what the model says to a real directory.
fn lay(
    nodes: &[Node],
    names: &BTreeMap<usize, BTreeMap<String, usize>>,
    number: usize,
    path: &Path,
    known: &mut BTreeMap<usize, std::path::PathBuf>,
    above: &mut BTreeSet<usize>,
) -> io::Result<()> {
    let node = &nodes[number];
    match &node.kind {
        // A directory has one name; a rename of which half is lost is not half a rename.
        Kind::Dir if above.insert(number) => {
            fs::create_dir(path)?;
            for (name, child) in names.get(&number).into_iter().flatten() {
                lay(nodes, names, *child, &path.join(name), known, above)?;
            }
            fs::set_permissions(path, fs::Permissions::from_mode(node.mode))
        }
        Kind::Dir => Ok(()),
        Kind::Link(target) => symlink(target, path),
        Kind::File(content) => {
            if let Some(same) = known.get(&number) {
                return fs::hard_link(same, path);
            }
            known.insert(number, path.to_owned());
            fs::write(path, content)?;
            fs::set_permissions(path, fs::Permissions::from_mode(node.mode))?;
            let since = Duration::new(
                u64::try_from(node.time.0).unwrap_or(0),
                u32::try_from(node.time.1).unwrap_or(0),
            );
            let file = fs::OpenOptions::new().read(true).open(path)?;
            file.set_times(fs::FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + since))
        }
    }
}

/// The disk as the running programs see it.
struct Now<'a> {
    nodes: Vec<Node>,
    names: BTreeMap<usize, BTreeMap<String, usize>>,
    place: &'a Path,
}

impl Now<'_> {
    fn within<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(&*self.place.to_string_lossy())?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    }

    fn find(&self, path: &str) -> Option<usize> {
        let mut node = 0;
        for name in self.within(path)?.split('/').filter(|n| !n.is_empty() && *n != ".") {
            node = *self.names.get(&node)?.get(name)?;
        }
        Some(node)
    }

    /// The directory of a path, and its name there.
    fn spot(&self, path: &str) -> Option<(usize, String)> {
        self.within(path)?;
        let (dir, name) = path.rsplit_once('/')?;
        Some((self.find(dir)?, name.to_owned()))
    }

    fn bytes(&self, path: &str, from: usize, length: usize) -> Vec<u8> {
        match self.find(path).map(|node| &self.nodes[node].kind) {
            Some(Kind::File(content)) => content.get(from..from + length).unwrap_or_default().to_vec(),
            _ => Vec::new(),
        }
    }
}
