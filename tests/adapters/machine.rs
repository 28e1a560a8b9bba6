//! The real machine, of which one call fails where a law wants it, or which has no tools or old ones.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hsm::world::{Command, FileKind, Lock, Outcome, Real, Stat, World};

/// What goes wrong, counted in calls that change something, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This call fails and has no effect.
    Before(usize),
    /// This one, if it runs a program, has its effect and then fails.
    After(usize),
}

/// Which programs there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Programs {
    /// Those of this machine.
    Real,
    /// None.
    None,
    /// Every one says this and does nothing.
    Saying(&'static str),
}

/// See the [module](self).
pub(crate) struct Machine {
    real: Real,
    programs: Programs,
    fault: Option<Fault>,
    changes: AtomicUsize,
    hit: Mutex<Option<String>>,
}

impl Machine {
    pub(crate) fn with(programs: Programs, fault: Option<Fault>) -> Self {
        let real = Real::new().unwrap();
        Self { real, programs, fault, changes: AtomicUsize::new(0), hit: Mutex::default() }
    }

    /// The call that was made to fail, if it was reached.
    pub(crate) fn hit(&self) -> Option<String> {
        self.hit.lock().unwrap().clone()
    }

    /// How this call is to fail, if it is.
    fn next(&self, what: &str) -> Option<Fault> {
        let number = self.changes.fetch_add(1, Ordering::Relaxed) + 1;
        let fault = self.fault.filter(|f| matches!(f, Fault::Before(n) | Fault::After(n) if *n == number))?;
        *self.hit.lock().unwrap() = Some(what.to_owned());
        Some(fault)
    }

    fn change<T>(&self, what: &str, act: impl FnOnce(&Real) -> io::Result<T>) -> io::Result<T> {
        match self.next(what) {
            Some(Fault::Before(_)) => Err(io::Error::other("meant to fail")),
            _ => act(&self.real),
        }
    }
}

impl World for Machine {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.real.read(path)
    }
    fn read_regular(&self, path: &Path, most: usize) -> io::Result<Vec<u8>> {
        self.real.read_regular(path, most)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        self.real.list(path)
    }
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        self.real.stat(path)
    }
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.real.canonical(path)
    }
    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.real.read_link(path)
    }
    fn env(&self, name: &str) -> Option<String> {
        self.real.env(name)
    }
    fn current_dir(&self) -> io::Result<PathBuf> {
        self.real.current_dir()
    }
    fn pid(&self) -> u32 {
        self.real.pid()
    }
    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        self.change("create_dirs", |real| real.create_dirs(path))
    }
    fn scratch(&self) -> io::Result<PathBuf> {
        self.real.scratch()
    }
    fn make_link(&self, target: &Path, at: &Path) -> io::Result<()> {
        self.change("make_link", |real| real.make_link(target, at))
    }
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.change("write", |real| real.write(path, bytes))
    }
    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change("copy", |real| real.copy(from, to))
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.change("remove_file", |real| real.remove_file(path))
    }
    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.change("remove_tree", |real| real.remove_tree(path))
    }
    fn remove_dir(&self, path: &Path) -> io::Result<bool> {
        self.change("remove_dir", |real| real.remove_dir(path))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change("rename", |real| real.rename(from, to))
    }
    fn link_tree(&self, from: &Path, to: &Path, own: &(dyn Fn(&Path) -> bool + Sync)) -> io::Result<()> {
        self.change("link_tree", |real| real.link_tree(from, to, own))
    }
    fn sync(&self, path: &Path) -> io::Result<()> {
        self.change("sync", |real| real.sync(path))
    }
    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        self.change("sync_tree", |real| real.sync_tree(path))
    }
    fn try_lock(&self, path: &Path, note: &str) -> io::Result<Option<Lock>> {
        self.real.try_lock(path, note)
    }
    fn run(&self, command: &Command) -> io::Result<Outcome> {
        match self.programs {
            Programs::None => return Err(io::Error::from(io::ErrorKind::NotFound)),
            Programs::Saying(text) => {
                return Ok(Outcome { stdout: text.as_bytes().to_vec(), ..Outcome::code(0) });
            }
            Programs::Real => {}
        }
        let failed = || Outcome { stderr: b"meant to fail\n".to_vec(), ..Outcome::code(1) };
        match self.next(&format!("run {}", command.args.join(" "))) {
            Some(Fault::Before(_)) => Ok(failed()),
            Some(Fault::After(_)) => self.real.run(command).map(|_| failed()),
            None => self.real.run(command),
        }
    }
    fn interrupted_by(&self) -> Option<i32> {
        self.real.interrupted_by()
    }
    fn pause(&self, time: Duration) {
        self.real.pause(time);
    }
}
