//! A world in memory: a map from path to text. Shared by the tests that need files but no machine.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use hsm::world::{Command, FileKind, Lock, Outcome, Stat, World};

/// Where the project of a test lies.
pub(crate) const ROOT: &str = "/project";

/// Files in memory, below [`ROOT`]. Reading counts; writing and running are refused.
#[derive(Default)]
pub(crate) struct Memory {
    files: BTreeMap<PathBuf, String>,
    read: Mutex<Vec<PathBuf>>,
    /// By how much the names of a directory are turned round when it is listed.
    turned: usize,
    /// After how many files read Ctrl-C comes.
    patience: Option<usize>,
}

impl Memory {
    /// A world with these files, by their paths below [`ROOT`].
    pub(crate) fn new<P: AsRef<Path>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let files = files.into_iter().map(|(path, text)| (Path::new(ROOT).join(path), text.into())).collect();
        Self { files, ..Self::default() }
    }

    /// The same with another file, or another text for one.
    #[must_use]
    pub(crate) fn with(mut self, path: &str, text: impl Into<String>) -> Self {
        self.files.insert(Path::new(ROOT).join(path), text.into());
        self
    }

    /// The same, but directories list their names in another order.
    #[must_use]
    pub(crate) fn listing_otherwise(mut self, turned: usize) -> Self {
        self.turned = turned;
        self
    }

    /// The same, but Ctrl-C comes once so many files were read.
    #[must_use]
    pub(crate) fn interrupted_after(mut self, files: usize) -> Self {
        self.patience = Some(files);
        self
    }

    /// The paths that were read, in order.
    pub(crate) fn reads(&self) -> Vec<PathBuf> {
        self.read.lock().unwrap().clone()
    }

    fn children(&self, path: &Path) -> BTreeMap<String, FileKind> {
        let mut all = BTreeMap::new();
        for file in self.files.keys() {
            if let Ok(rest) = file.strip_prefix(path) {
                let mut parts = rest.components();
                if let Some(first) = parts.next() {
                    let kind = if parts.next().is_some() { FileKind::Dir } else { FileKind::File };
                    all.insert(first.as_os_str().to_string_lossy().into_owned(), kind);
                }
            }
        }
        all
    }
}

/// Text in the form in which it is written in tests: several files, each after a line `=== PATH`.
pub(crate) fn files(text: &str) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("=== ") {
            path.trim().clone_into(&mut current);
            assert!(all.insert(current.clone(), String::new()).is_none(), "{current} stands twice");
        } else if let Some(text) = all.get_mut(&current) {
            text.push_str(line);
            text.push('\n');
        }
    }
    all
}

fn refused() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "this world is only read")
}

impl World for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read.lock().unwrap().push(path.to_owned());
        self.files
            .get(path)
            .map(|text| text.clone().into_bytes())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn read_regular(&self, path: &Path, _most: usize) -> io::Result<Vec<u8>> {
        self.read(path)
    }

    fn scratch(&self) -> io::Result<PathBuf> {
        Err(refused())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let mut all: Vec<_> = self.children(path).into_iter().collect();
        let by = self.turned % all.len().max(1);
        all.rotate_left(by);
        if self.turned % 2 == 1 {
            all.reverse();
        }
        if all.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(all) }
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        let stat = |kind, size| Stat { kind, size, mtime: 0, ctime: 0, mode: 0o644, inode: 0 };
        Ok(match self.files.get(path) {
            Some(text) => Some(stat(FileKind::File, text.len() as u64)),
            None if self.children(path).is_empty() => None,
            None => Some(stat(FileKind::Dir, 0)),
        })
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }

    fn read_link(&self, _path: &Path) -> io::Result<PathBuf> {
        Err(refused())
    }

    fn env(&self, _name: &str) -> Option<String> {
        None
    }

    fn current_dir(&self) -> io::Result<PathBuf> {
        Ok(PathBuf::from(ROOT))
    }

    fn create_dirs(&self, _path: &Path) -> io::Result<()> {
        Err(refused())
    }

    fn write(&self, _path: &Path, _bytes: &[u8]) -> io::Result<()> {
        Err(refused())
    }

    fn remove_file(&self, _path: &Path) -> io::Result<()> {
        Err(refused())
    }

    fn remove_tree(&self, _path: &Path) -> io::Result<()> {
        Err(refused())
    }

    fn rename(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Err(refused())
    }

    fn link_tree(&self, _from: &Path, _to: &Path, _own: &(dyn Fn(&Path) -> bool + Sync)) -> io::Result<()> {
        Err(refused())
    }

    fn pid(&self) -> u32 {
        1
    }

    fn make_link(&self, _target: &Path, _at: &Path) -> io::Result<()> {
        Err(refused())
    }

    fn copy(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Err(refused())
    }

    fn remove_dir(&self, _path: &Path) -> io::Result<bool> {
        Err(refused())
    }

    fn sync_tree(&self, _path: &Path) -> io::Result<()> {
        Err(refused())
    }

    fn try_lock(&self, _path: &Path, _note: &str) -> io::Result<Option<Lock>> {
        Err(refused())
    }

    fn pause(&self, _time: Duration) {}

    fn sync(&self, _path: &Path) -> io::Result<()> {
        Err(refused())
    }

    fn run(&self, _command: &Command) -> io::Result<Outcome> {
        Err(refused())
    }

    fn interrupted_by(&self) -> Option<i32> {
        let read = self.read.lock().unwrap().len();
        self.patience.filter(|patience| read >= *patience).map(|_| 2)
    }
}

/// The distinct entries' files that were read.
pub(crate) fn entries_read(memory: &Memory) -> BTreeSet<PathBuf> {
    let kinds = ["packages", "containers", "package_groups", "container_groups"];
    let of_entry = |path: &PathBuf| {
        path.parent().and_then(Path::file_name).is_some_and(|dir| kinds.iter().any(|kind| dir == *kind))
    };
    memory.reads().into_iter().filter(of_entry).collect()
}
