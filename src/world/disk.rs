//! A disk in memory: files with inodes, directories, links. What the rehearsal and its scripted programs work on.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::{FileKind, Stat};

/// More links than this in a row are a ring.
const MAX_LINKS: usize = 40;

/// A disk in memory. Paths are absolute, or start at the directory that it was made with.
#[derive(Debug, Clone)]
pub struct Disk {
    start: PathBuf,
    names: BTreeMap<PathBuf, Node>,
    inodes: BTreeMap<u64, Inode>,
    next_inode: u64,
    clock: i128,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    File(u64),
    Dir { inode: u64, mode: u32, mtime: i128 },
    Link { inode: u64, target: PathBuf },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inode {
    bytes: Arc<[u8]>,
    mode: u32,
    mtime: i128,
}

/// What is at a path of a disk, for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A file: its bytes and permission bits.
    File(Vec<u8>, u32),
    /// A directory.
    Dir,
    /// A link and where it points.
    Link(PathBuf),
}

impl Disk {
    /// An empty disk; paths that are not absolute start at `start`.
    pub fn new(start: &Path) -> Self {
        let mut disk = Self {
            start: start.to_path_buf(),
            names: BTreeMap::new(),
            inodes: BTreeMap::new(),
            next_inode: 1,
            clock: 1_000_000_000,
        };
        disk.make_dirs(start);
        disk
    }

    /// A file's bytes; links are followed.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.names.get(&self.resolve(path, true)?) {
            Some(Node::File(inode)) => {
                Ok(self.inodes.get(inode).map(|i| i.bytes.to_vec()).unwrap_or_default())
            }
            Some(Node::Dir { .. }) => Err(io::ErrorKind::IsADirectory.into()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// What is at a path; links are not followed.
    pub fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        let path = match self.resolve(path, false) {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(self.names.get(&path).map(|node| match node {
            Node::File(inode) => {
                let file = self.inodes.get(inode);
                Stat {
                    kind: FileKind::File,
                    size: file.map_or(0, |f| f.bytes.len() as u64),
                    mtime: file.map_or(0, |f| f.mtime),
                    ctime: file.map_or(0, |f| f.mtime),
                    mode: file.map_or(0, |f| f.mode),
                    inode: *inode,
                }
            }
            Node::Dir { inode, mode, mtime } => Stat {
                kind: FileKind::Dir,
                size: 0,
                mtime: *mtime,
                ctime: *mtime,
                mode: *mode,
                inode: *inode,
            },
            Node::Link { inode, target } => Stat {
                kind: FileKind::Link,
                size: target.as_os_str().len() as u64,
                mtime: 0,
                ctime: 0,
                mode: 0o777,
                inode: *inode,
            },
        }))
    }

    /// The names in a directory.
    pub fn list(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let path = self.resolve(path, true)?;
        match self.names.get(&path) {
            Some(Node::Dir { .. }) => {}
            Some(_) => return Err(io::ErrorKind::NotADirectory.into()),
            None => return Err(io::ErrorKind::NotFound.into()),
        }
        let below = self.names.range(path.clone()..).skip(1).take_while(|(p, _)| p.starts_with(&path));
        let mut names: Vec<_> = below
            .filter(|(p, _)| p.parent() == Some(&path))
            .map(|(p, node)| (p.file_name().unwrap_or_default().to_string_lossy().into_owned(), node.kind()))
            .collect();
        names.sort();
        Ok(names)
    }

    /// The path without links.
    pub fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let path = self.resolve(path, true)?;
        if self.names.contains_key(&path) { Ok(path) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Where a link points.
    pub fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        match self.names.get(&self.resolve(path, false)?) {
            Some(Node::Link { target, .. }) => Ok(target.clone()),
            Some(_) => Err(io::ErrorKind::InvalidInput.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Replaces or makes a file (a new inode); links are followed, the mode is kept.
    pub fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let path = self.resolve(path, true)?;
        self.check_parent(&path)?;
        let mode = match self.names.get(&path) {
            Some(Node::File(inode)) => self.inodes.get(inode).map_or(0o644, |i| i.mode),
            Some(_) => return Err(io::ErrorKind::IsADirectory.into()),
            None => 0o644,
        };
        if mode & 0o222 == 0 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.put(path, bytes, mode);
        Ok(())
    }

    /// Writes into a file as it is, as careless tools do: every hard link to it changes.
    pub fn write_in_place(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let path = self.resolve(path, true)?;
        let mtime = self.tick();
        let Some(Node::File(inode)) = self.names.get(&path) else { return self.write(&path, bytes) };
        if let Some(file) = self.inodes.get_mut(inode) {
            file.bytes = bytes.into();
            file.mtime = mtime;
        }
        Ok(())
    }

    /// Sets a file's permission bits.
    pub fn set_mode(&mut self, path: &Path, mode: u32) -> io::Result<()> {
        let path = self.resolve(path, true)?;
        let Some(Node::File(inode)) = self.names.get(&path) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        if let Some(file) = self.inodes.get_mut(inode) {
            file.mode = mode;
        }
        Ok(())
    }

    /// Makes a directory and those above it.
    pub fn make_dirs(&mut self, path: &Path) {
        let path = self.absolute(path);
        let missing: Vec<_> = path.ancestors().take_while(|p| !self.names.contains_key(*p)).collect();
        for dir in missing.into_iter().rev() {
            let mtime = self.tick();
            let inode = self.inode();
            self.touch(dir);
            self.names.insert(dir.to_path_buf(), Node::Dir { inode, mode: 0o755, mtime });
        }
    }

    /// Makes a link.
    pub fn make_link(&mut self, target: &Path, at: &Path) -> io::Result<()> {
        let at = self.resolve(at, false)?;
        self.check_parent(&at)?;
        if self.names.contains_key(&at) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = self.inode();
        self.touch(&at);
        self.names.insert(at, Node::Link { inode, target: target.to_path_buf() });
        Ok(())
    }

    /// Removes a file or a link.
    pub fn remove_file(&mut self, path: &Path) -> io::Result<()> {
        let path = self.resolve(path, false)?;
        if self.names.get(&path).map(Node::kind) == Some(FileKind::Dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if self.names.remove(&path).is_some() {
            self.touch(&path);
        }
        Ok(())
    }

    /// Removes whatever is there, with all that is in it.
    pub fn remove_tree(&mut self, path: &Path) -> io::Result<()> {
        let path = self.resolve(path, false)?;
        self.names.retain(|p, _| !p.starts_with(&path));
        self.touch(&path);
        Ok(())
    }

    /// Copies a file: bytes, mode and time of change.
    pub fn copy(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (self.resolve(from, true)?, self.resolve(to, false)?);
        let Some(Node::File(inode)) = self.names.get(&from) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let Some(file) = self.inodes.get(inode).cloned() else { return Err(io::ErrorKind::NotFound.into()) };
        self.check_parent(&to)?;
        let inode = self.inode();
        self.inodes.insert(inode, file);
        self.touch(&to);
        self.names.insert(to, Node::File(inode));
        Ok(())
    }

    /// Renames a file, a link, or a directory with all that is in it.
    pub fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (self.resolve(from, false)?, self.resolve(to, false)?);
        let Some(node) = self.names.get(&from) else { return Err(io::ErrorKind::NotFound.into()) };
        self.check_parent(&to)?;
        let is_dir = node.kind() == FileKind::Dir;
        match self.names.get(&to).map(Node::kind) {
            Some(FileKind::Dir) if !is_dir => return Err(io::ErrorKind::IsADirectory.into()),
            Some(FileKind::Dir) if !self.list(&to)?.is_empty() => {
                return Err(io::ErrorKind::DirectoryNotEmpty.into());
            }
            Some(FileKind::File | FileKind::Link) if is_dir => {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            _ => {}
        }
        let moved: Vec<PathBuf> = self.names.keys().filter(|p| p.starts_with(&from)).cloned().collect();
        for path in moved {
            let Some(node) = self.names.remove(&path) else { continue };
            let within = path.strip_prefix(&from).unwrap_or(Path::new(""));
            let target = if within.as_os_str().is_empty() { to.clone() } else { to.join(within) };
            self.names.insert(target, node);
        }
        self.touch(&from);
        self.touch(&to);
        Ok(())
    }

    /// Copies a directory with hard links, files of their own for those that `own` asks for.
    pub fn link_tree(
        &mut self,
        from: &Path,
        to: &Path,
        own: &(dyn Fn(&Path) -> bool + Sync),
    ) -> io::Result<()> {
        let (from, to) = (self.resolve(from, true)?, self.resolve(to, false)?);
        self.check_parent(&to)?;
        if self.names.contains_key(&to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if self.names.get(&from).map(Node::kind) != Some(FileKind::Dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let all: Vec<_> = self
            .names
            .iter()
            .filter(|(p, _)| p.starts_with(&from))
            .map(|(p, n)| (p.clone(), n.clone()))
            .collect();
        for (path, node) in all {
            let within = path.strip_prefix(&from).unwrap_or(Path::new(""));
            let target = if within.as_os_str().is_empty() { to.clone() } else { to.join(within) };
            let node = match node {
                Node::Dir { mode, mtime, .. } => Node::Dir { inode: self.inode(), mode, mtime },
                Node::File(inode) if own(within) => {
                    let copy = self.inode();
                    if let Some(file) = self.inodes.get(&inode).cloned() {
                        self.inodes.insert(copy, file);
                    }
                    Node::File(copy)
                }
                other => other,
            };
            self.names.insert(target, node);
        }
        self.touch(&to);
        Ok(())
    }

    /// All that is there below a path, by path within it.
    pub fn contents(&self, below: &Path) -> BTreeMap<PathBuf, Content> {
        let below = self.absolute(below);
        let mut all = BTreeMap::new();
        for (path, node) in &self.names {
            let Ok(within) = path.strip_prefix(&below) else { continue };
            let content = match node {
                Node::File(inode) => {
                    let Some(file) = self.inodes.get(inode) else { continue };
                    Content::File(file.bytes.to_vec(), file.mode)
                }
                Node::Dir { .. } => Content::Dir,
                Node::Link { target, .. } => Content::Link(target.clone()),
            };
            all.insert(within.to_path_buf(), content);
        }
        all
    }

    fn put(&mut self, path: PathBuf, bytes: &[u8], mode: u32) {
        let mtime = self.tick();
        let inode = self.inode();
        self.inodes.insert(inode, Inode { bytes: bytes.into(), mode, mtime });
        self.touch(&path);
        self.names.insert(path, Node::File(inode));
    }

    /// The directory that a path lies in has other names now.
    fn touch(&mut self, path: &Path) {
        let now = self.tick();
        if let Some(Node::Dir { mtime, .. }) = path.parent().and_then(|dir| self.names.get_mut(dir)) {
            *mtime = now;
        }
    }

    fn inode(&mut self) -> u64 {
        self.next_inode += 1;
        self.next_inode
    }

    fn tick(&mut self) -> i128 {
        self.clock += 1_000;
        self.clock
    }

    fn check_parent(&self, path: &Path) -> io::Result<()> {
        match path.parent().map(|p| self.names.get(p).map(Node::kind)) {
            Some(Some(FileKind::Dir)) => Ok(()),
            Some(Some(_)) => Err(io::ErrorKind::NotADirectory.into()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        let mut out = PathBuf::new();
        for part in self.start.join(path).components() {
            match part {
                Component::ParentDir => {
                    out.pop();
                }
                Component::CurDir => {}
                other => out.push(other),
            }
        }
        out
    }

    /// The path with links in it followed; the last part only if asked for.
    fn resolve(&self, path: &Path, last_too: bool) -> io::Result<PathBuf> {
        let mut path = self.absolute(path);
        for _ in 0..MAX_LINKS {
            let link =
                path.ancestors().skip(usize::from(!last_too)).collect::<Vec<_>>().into_iter().rev().find_map(
                    |p| match self.names.get(p) {
                        Some(Node::Link { target, .. }) => Some((p.to_path_buf(), target.clone())),
                        _ => None,
                    },
                );
            let Some((at, target)) = link else { return Ok(path) };
            let rest = path.strip_prefix(&at).map(Path::to_path_buf).unwrap_or_default();
            let base = at.parent().unwrap_or(Path::new("/")).join(target);
            path = self.absolute(&if rest.as_os_str().is_empty() { base } else { base.join(rest) });
        }
        Err(io::Error::other("too many symbolic links"))
    }
}

impl Node {
    fn kind(&self) -> FileKind {
        match self {
            Self::File(_) => FileKind::File,
            Self::Dir { .. } => FileKind::Dir,
            Self::Link { .. } => FileKind::Link,
        }
    }
}
