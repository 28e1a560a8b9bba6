//! Replacing one file so that it is old or new at every moment, with its mode, owner and extended attributes.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::XattrFlags;
use rustix::io::Errno;

use super::{Break, TEMP_SUFFIX};

/// More links than this in a row are a ring.
const MAX_LINKS: usize = 40;

/// Replaces or makes a file; see [`super::World::write`].
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let real = if Break::LinkReplaced.here() { path.to_path_buf() } else { follow(path)? };
    let old = existing(&real)?;
    if let Some(old) = &old {
        if old.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // A rename would replace it all the same; who took the right to write away did not want that.
        if old.mode() & 0o222 == 0 {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
        }
    }
    if Break::WrittenInPlace.here() {
        fs::write(&real, [])?;
        return fs::write(&real, bytes);
    }
    let mut temp = Temp::beside(&real, if old.is_some() { 0o600 } else { 0o666 })?;
    temp.file.write_all(bytes)?;
    if let Some(old) = &old {
        dress(&temp.file, &real, old)?;
    }
    sync_file(&temp.file)?;
    temp.place(&real, || OpenOptions::new().write(true).truncate(true).open(&real)?.write_all_synced(bytes))?;
    sync(parent(&real))
}

/// Copies a file with all that belongs to it; see [`super::World::copy`].
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let meta = source.metadata()?;
    let mut temp = Temp::beside(to, 0o600)?;
    io::copy(&mut source, &mut temp.file)?;
    dress(&temp.file, from, &meta)?;
    keep_times(&temp.file, &meta)?;
    sync_file(&temp.file)?;
    temp.place(to, || {
        let target = OpenOptions::new().write(true).truncate(true).open(to)?;
        io::copy(&mut File::open(from)?, &mut &target)?;
        target.sync_all()
    })
}

/// Brings a file or the names of a directory to the disk.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    if Break::NoDirectorySync.here() && file.metadata()?.is_dir() {
        return Ok(());
    }
    sync_file(&file)
}

fn sync_file(file: &File) -> io::Result<()> {
    if Break::NoFileSync.here() { Ok(()) } else { file.sync_all() }
}

/// The directory that a file is in.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives a file the owner, mode and extended attributes of another. What the system refuses to an ordinary user (another
/// owner, attributes of the system) and what the file system does not know is left as it is; anything else that can't be
/// kept is an error.
pub(super) fn dress(file: &File, like: &Path, meta: &Metadata) -> io::Result<()> {
    let now = file.metadata()?;
    if (now.uid(), now.gid()) != (meta.uid(), meta.gid()) {
        let both = std::os::unix::fs::fchown(file, Some(meta.uid()), Some(meta.gid()));
        if both.is_err() {
            refused_is_fine(std::os::unix::fs::fchown(file, None, Some(meta.gid())))?;
        }
    }
    if !Break::LostAttributes.here() {
        copy_attributes(file, like)?;
    }
    if Break::LostMode.here() {
        return Ok(());
    }
    // Last: a change of owner takes the set-id bits away.
    file.set_permissions(Permissions::from_mode(meta.mode() & 0o7777))
}

fn refused_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

/// Gives a file the times of another.
pub(super) fn keep_times(file: &File, meta: &Metadata) -> io::Result<()> {
    let mut times = fs::FileTimes::new().set_modified(meta.modified()?);
    if let Ok(accessed) = meta.accessed() {
        times = times.set_accessed(accessed);
    }
    file.set_times(times)
}

fn copy_attributes(file: &File, like: &Path) -> io::Result<()> {
    for name in attribute_names(like)? {
        let len = rustix::fs::getxattr_query(like, name.as_slice())?;
        let mut value = vec![0; len];
        let len = rustix::fs::getxattr(like, name.as_slice(), &mut value[..])?;
        value.truncate(len);
        match rustix::fs::fsetxattr(file, name.as_slice(), &value, XattrFlags::empty()) {
            Err(Errno::NOTSUP) => {}
            // Anybody may set the attributes of users on his own file.
            Err(Errno::PERM | Errno::ACCESS) if !name.starts_with(b"user.") => {}
            other => other?,
        }
    }
    Ok(())
}

fn attribute_names(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    let len = match rustix::fs::listxattr_query(path) {
        Err(Errno::NOTSUP) => return Ok(Vec::new()),
        other => other?,
    };
    let mut names = vec![0; len];
    let len = rustix::fs::listxattr(path, &mut names[..])?;
    names.truncate(len);
    Ok(names.split(|&b| b == 0).filter(|n| !n.is_empty()).map(<[u8]>::to_vec).collect())
}

fn existing(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The file behind a chain of links, which need not exist yet.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match existing(&path)? {
            Some(meta) if meta.is_symlink() => path = parent(&path).join(fs::read_link(&path)?),
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

trait WriteSynced {
    fn write_all_synced(self, bytes: &[u8]) -> io::Result<()>;
}

impl WriteSynced for File {
    fn write_all_synced(mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.sync_all()
    }
}

/// A temporary file, removed when it is not placed.
struct Temp {
    file: File,
    path: Option<PathBuf>,
}

impl Temp {
    fn beside(path: &Path, mode: u32) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the path of a file"));
        };
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = parent(path).join(format!(".{name}.{}-{number}{TEMP_SUFFIX}", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).mode(mode).open(&path) {
                Ok(file) => return Ok(Self { file, path: Some(path) }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Renames it over `to`. A file that is a mount point can't be renamed over: then `in_place` writes it.
    fn place(mut self, to: &Path, in_place: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        match fs::rename(path, to) {
            Ok(()) => {
                self.path = None;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => in_place(),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _best_effort = fs::remove_file(path);
        }
    }
}
