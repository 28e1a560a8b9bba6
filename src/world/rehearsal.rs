//! A rehearsal of the machine: a disk in memory, scripted programs, a record of every call, and faults where a test
//! wants them.
//!
//! ```
//! use hsm::world::{Rehearsal, World as _};
//!
//! let world = Rehearsal::with([("hsm.yaml", "project: {name: demo}\n")]);
//! assert_eq!(world.read(Rehearsal::root().join("hsm.yaml").as_path()).unwrap(), b"project: {name: demo}\n");
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::disk::{Content, Disk};
use super::{Command, FileKind, Lock, Outcome, Stat, World};

/// The project's root in a rehearsal; paths that are not absolute start there.
const ROOT: &str = "/project";
/// Where scripted programs are found.
const PROGRAMS: &str = "/usr/bin";
/// The one directory for temporary files.
const SCRATCH: &str = "/tmp/hsm-scratch";
/// The number of the signal that a rehearsed Ctrl-C sends.
const SIGINT: i32 = 2;

/// One call of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the calls, the fields their arguments")]
pub enum Call {
    Read(PathBuf),
    List(PathBuf),
    CreateDirs(PathBuf),
    MakeLink(PathBuf),
    Write(PathBuf),
    Copy(PathBuf, PathBuf),
    RemoveFile(PathBuf),
    RemoveTree(PathBuf),
    RemoveDir(PathBuf),
    Rename(PathBuf, PathBuf),
    LinkTree(PathBuf, PathBuf),
    Sync(PathBuf),
    SyncTree(PathBuf),
    TryLock(PathBuf),
    Run(Command),
}

impl Call {
    /// Whether it can change anything (bringing to the disk counts: it can fail as a write can).
    pub fn changes(&self) -> bool {
        !matches!(self, Self::Read(_) | Self::List(_))
    }
}

/// What goes wrong, counted in calls that change something, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This call fails and has no effect, the next ones work.
    Error(usize, io::ErrorKind),
    /// This call has its effect, but says that it failed (as when the last sync of a write fails).
    LateError(usize, io::ErrorKind),
    /// The process dies before this call: it and all later calls have no effect.
    Death(usize),
    /// Ctrl-C comes right before this call.
    Interrupt(usize),
}

type Program = dyn Fn(&Command, &mut Disk) -> io::Result<Outcome> + Send + Sync;

/// A rehearsal of the machine: a disk in memory, scripted programs, a record of every call, and faults.
pub struct Rehearsal {
    state: Mutex<State>,
    locked: Arc<Mutex<Vec<PathBuf>>>,
    programs: BTreeMap<String, Arc<Program>>,
    env: BTreeMap<String, String>,
    faults: Vec<Fault>,
    now: i128,
}

#[derive(Debug)]
struct State {
    disk: Disk,
    calls: Vec<Call>,
    changes: usize,
    interrupted: bool,
}

impl Rehearsal {
    /// A machine with these files (path, text); paths that are not absolute start at [`Rehearsal::root`].
    pub fn with<P: AsRef<Path>, T: AsRef<[u8]>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let mut disk = Disk::new(Path::new(ROOT));
        for (path, text) in files {
            let path = Path::new(ROOT).join(path);
            disk.make_dirs(path.parent().unwrap_or(Path::new("/")));
            // Can't fail: the directory was just made.
            let _made = disk.write(&path, text.as_ref());
        }
        let env = BTreeMap::from([("PATH".into(), PROGRAMS.into()), ("HOME".into(), "/home/user".into())]);
        let state = State { disk, calls: Vec::new(), changes: 0, interrupted: false };
        let (programs, locked) = (BTreeMap::new(), Arc::default());
        Self { state: Mutex::new(state), locked, programs, env, faults: Vec::new(), now: 0 }
    }

    /// The project's root.
    pub fn root() -> PathBuf {
        PathBuf::from(ROOT)
    }

    /// Scripts a program: it is found on `PATH`, and a run of it (by this file name) is this function, which may change
    /// the disk. Programs that were not scripted are not found.
    pub fn program(
        mut self,
        name: &str,
        run: impl Fn(&Command, &mut Disk) -> io::Result<Outcome> + Send + Sync + 'static,
    ) -> Self {
        let path = Path::new(PROGRAMS).join(name);
        self.change(|disk| {
            disk.make_dirs(Path::new(PROGRAMS));
            let _made = disk.write(&path, b"").and_then(|()| disk.set_mode(&path, 0o755));
        });
        self.programs.insert(name.into(), Arc::new(run));
        self
    }

    /// Sets a variable of the environment.
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Sets the clock, which stands still. Files get times of about a second after the beginning, each change its own.
    pub fn at_time(mut self, now: i128) -> Self {
        self.now = now;
        self
    }

    /// Lets something go wrong; more than once, if asked for more than once.
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Changes the disk by hand, unrecorded: what a user does, or what a test sets up.
    pub fn change(&self, change: impl FnOnce(&mut Disk)) {
        change(&mut self.lock().disk);
    }

    /// The machine after this process has ended: the same disk, no lock, no calls, no fault.
    pub fn restarted(&self) -> Self {
        let state =
            State { disk: self.lock().disk.clone(), calls: Vec::new(), changes: 0, interrupted: false };
        Self {
            state: Mutex::new(state),
            locked: Arc::default(),
            programs: self.programs.clone(),
            env: self.env.clone(),
            faults: Vec::new(),
            now: self.now,
        }
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How many calls so far could change something.
    pub fn changes(&self) -> usize {
        self.lock().changes
    }

    /// All that is there below the root, but for hsm's own directory.
    pub fn contents(&self) -> BTreeMap<PathBuf, Content> {
        let mut all = self.all_contents();
        all.retain(|path, _| !path.starts_with(".hsm"));
        all
    }

    /// All that is there below the root.
    pub fn all_contents(&self) -> BTreeMap<PathBuf, Content> {
        self.lock().disk.contents(Path::new(ROOT))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a call, lets the fault happen if it is its turn, and otherwise lets the call have its effect.
    fn call<T>(&self, call: Call, effect: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.lock();
        let changes = call.changes();
        state.calls.push(call);
        if changes {
            state.changes += 1;
        }
        let mut late = None;
        for fault in &self.faults {
            match *fault {
                Fault::Death(n) if state.changes >= n => {
                    return Err(io::Error::other("this process has died"));
                }
                Fault::Error(n, kind) if changes && state.changes == n => return Err(kind.into()),
                Fault::LateError(n, kind) if changes && state.changes == n => late = Some(kind),
                Fault::Interrupt(n) if state.changes >= n => state.interrupted = true,
                _ => {}
            }
        }
        let result = effect(&mut state);
        late.map_or(result, |kind| Err(kind.into()))
    }
}

impl World for Rehearsal {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.call(Call::Read(path.into()), |s| s.disk.read(path))
    }

    fn read_regular(&self, path: &Path, most: usize) -> io::Result<Vec<u8>> {
        self.read(path).map(|mut bytes| {
            bytes.truncate(most.saturating_add(1));
            bytes
        })
    }

    fn list(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        self.call(Call::List(path.into()), |s| s.disk.list(path))
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        self.lock().disk.stat(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.lock().disk.canonical(path)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.lock().disk.read_link(path)
    }

    fn now(&self) -> i128 {
        self.now
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn current_dir(&self) -> io::Result<PathBuf> {
        Ok(Self::root())
    }

    fn pid(&self) -> u32 {
        4711
    }

    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        // As on the real machine, a directory that is there costs nothing.
        if self.lock().disk.stat(path)?.is_some_and(|s| s.kind == FileKind::Dir) {
            return Ok(());
        }
        self.call(Call::CreateDirs(path.into()), |s| {
            s.disk.make_dirs(path);
            Ok(())
        })
    }

    fn scratch(&self) -> io::Result<PathBuf> {
        let path = PathBuf::from(SCRATCH);
        self.create_dirs(&path).map(|()| path)
    }

    fn make_link(&self, target: &Path, at: &Path) -> io::Result<()> {
        self.call(Call::MakeLink(at.into()), |s| s.disk.make_link(target, at))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.call(Call::Write(path.into()), |s| s.disk.write(path, bytes))
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(Call::Copy(from.into(), to.into()), |s| s.disk.copy(from, to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.call(Call::RemoveFile(path.into()), |s| s.disk.remove_file(path))
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.call(Call::RemoveTree(path.into()), |s| s.disk.remove_tree(path))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<bool> {
        self.call(Call::RemoveDir(path.into()), |s| match s.disk.list(path) {
            Ok(names) if names.is_empty() => s.disk.remove_tree(path).map(|()| true),
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(Call::Rename(from.into(), to.into()), |s| s.disk.rename(from, to))
    }

    fn link_tree(&self, from: &Path, to: &Path, own: &(dyn Fn(&Path) -> bool + Sync)) -> io::Result<()> {
        self.call(Call::LinkTree(from.into(), to.into()), |s| s.disk.link_tree(from, to, own))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.call(Call::Sync(path.into()), |s| s.disk.canonical(path).map(drop))
    }

    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        self.call(Call::SyncTree(path.into()), |s| s.disk.canonical(path).map(drop))
    }

    fn try_lock(&self, path: &Path, note: &str) -> io::Result<Option<Lock>> {
        self.call(Call::TryLock(path.into()), |s| {
            let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
            if locked.iter().any(|p| p == path) {
                return Ok(None);
            }
            s.disk.write_in_place(path, note.as_bytes())?;
            locked.push(path.into());
            let held = HeldLock { path: path.into(), locked: Arc::clone(&self.locked) };
            Ok(Some(Lock { _held: Box::new(held) }))
        })
    }

    fn run(&self, command: &Command) -> io::Result<Outcome> {
        let name = command.program.file_name().unwrap_or_default().to_string_lossy();
        self.call(Call::Run(command.clone()), |s| match self.programs.get(&*name) {
            Some(program) => program(command, &mut s.disk),
            None => Err(io::ErrorKind::NotFound.into()),
        })
    }

    fn interrupted_by(&self) -> Option<i32> {
        self.lock().interrupted.then_some(SIGINT)
    }

    fn pause(&self, _time: Duration) {}
}

struct HeldLock {
    path: PathBuf,
    locked: Arc<Mutex<Vec<PathBuf>>>,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner).retain(|p| *p != self.path);
    }
}
