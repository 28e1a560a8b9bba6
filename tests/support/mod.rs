//! What the tests of the program share: copies of fixtures, runs of the binary, pictures of a directory, missing tools.
//!
//! Owns: nothing of the program; it only sees the binary. Refuses: expectations, those stand in the tests.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

/// The program under test.
pub const HSM: &str = env!("CARGO_BIN_EXE_hsm");

/// Where the fixtures are.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-fixtures")
}

/// How a run of hsm ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Reads an output.
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Both streams.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Fails with everything it said unless it ended with `code`.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// hsm with these arguments in that directory, cut off from what the surroundings of the test set.
pub fn command<S: AsRef<OsStr>>(dir: &Path, args: &[S]) -> Command {
    let mut command = Command::new(HSM);
    command.args(args).current_dir(dir).stdin(Stdio::null()).env("NO_COLOR", "1");
    for name in
        ["CI", "GITHUB_ACTIONS", "HSM_REGISTRY_PATH", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "COMPOSE_FILE"]
    {
        command.env_remove(name);
    }
    command
}

/// Runs hsm.
pub fn hsm<S: AsRef<OsStr>>(dir: &Path, args: &[S]) -> Run {
    Run::of(&command(dir, args).output().expect("hsm can be started"))
}

/// Copies a directory; what is only a test's expectation stays behind.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory in the temporary one");
    for entry in fs::read_dir(from).expect("a fixture") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_name() != "expect.yaml" {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// A temporary directory with a copy of the example.
pub fn example() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    copy(&fixtures().join("rag-stack"), dir.path());
    dir
}

/// A picture of a directory: for each path its kind, permission bits and content, and, when asked, its time of change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture(BTreeMap<String, String>);

impl Picture {
    /// Takes one. `skip` names paths (relative, with `/`) that are left out with all that is in them.
    pub fn of(dir: &Path, times: bool, skip: &[&str]) -> Self {
        let mut out = BTreeMap::new();
        take(dir, "", times, skip, &mut out);
        Self(out)
    }

    /// What differs from a later picture, one path a line; empty when they are the same.
    pub fn differences(&self, later: &Self) -> String {
        let mut out = String::new();
        for path in self.0.keys().chain(later.0.keys().filter(|path| !self.0.contains_key(*path))) {
            let (before, after) = (self.0.get(path), later.0.get(path));
            if before != after {
                let _ =
                    writeln!(out, "{path}: {} -> {}", before.map_or("-", |s| s), after.map_or("-", |s| s));
            }
        }
        out
    }
}

fn take(dir: &Path, at: &str, times: bool, skip: &[&str], out: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let shown = if at.is_empty() { name.into_owned() } else { format!("{at}/{name}") };
        if skip.contains(&shown.as_str()) {
            continue;
        }
        let meta = fs::symlink_metadata(&path).expect("there");
        let what = if meta.is_symlink() {
            format!("link to {}", fs::read_link(&path).expect("a link").display())
        } else if meta.is_dir() {
            take(&path, &shown, times, skip, out);
            format!("directory {:o}", meta.mode())
        } else {
            format!("{:o} {}", meta.mode(), hash(&fs::read(&path).expect("readable")))
        };
        let time = if times { format!(" {}.{:09}", meta.mtime(), meta.mtime_nsec()) } else { String::new() };
        out.insert(shown, what + &time);
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// A tool that a test cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// The package manager.
    Uv,
    /// Compose 2.
    Compose,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Uv => "uv",
            Self::Compose => "compose",
        }
    }

    fn there(self) -> bool {
        static UV: OnceLock<bool> = OnceLock::new();
        static COMPOSE: OnceLock<bool> = OnceLock::new();
        let answers = |program: &str, args: &[&str]| {
            Command::new(program).args(args).stdin(Stdio::null()).output().is_ok_and(|out| {
                // The first Compose answers too when the client is old; only the second has this form.
                out.status.success() && !out.stdout.starts_with(b"docker-compose version")
            })
        };
        match self {
            Self::Uv => *UV.get_or_init(|| answers("uv", &["--version"])),
            Self::Compose => *COMPOSE.get_or_init(|| answers("docker", &["compose", "version"])),
        }
    }
}

/// Whether the tools are there. If not, it says that the test is skipped, and fails where nothing may be missing.
pub fn have(test: &str, tools: &[Tool]) -> bool {
    let Some(missing) = tools.iter().find(|tool| !tool.there()) else { return true };
    let name = missing.name();
    // Not a print macro: those are shown only when a test fails.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {name} is not on this machine");
    let without = std::env::var("HSM_TESTS_WITHOUT").unwrap_or_default();
    let may = std::env::var_os("CI").is_none() || without.split(',').any(|one| one == name);
    assert!(may, "{test} needs {name}, and under CI nothing may be missing");
    false
//! A world in memory: a map from path to text. Shared by the tests that need files but no machine.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use hsm::world::{Command, FileKind, Lock, Outcome, Stat, World};

/// Where the project of a test lies.
pub const ROOT: &str = "/project";

/// Files in memory, below [`ROOT`]. Reading counts; writing and running are refused.
#[derive(Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, String>,
    env: BTreeMap<String, String>,
    read: Mutex<Vec<PathBuf>>,
}

impl Memory {
    /// A world with these files, by their paths below [`ROOT`].
    pub fn new<P: AsRef<Path>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let files = files.into_iter().map(|(path, text)| (Path::new(ROOT).join(path), text.into())).collect();
        Self { files, ..Self::default() }
    }

    /// The same with another file, or another text for one.
    #[must_use]
    pub fn with(mut self, path: &str, text: impl Into<String>) -> Self {
        self.files.insert(Path::new(ROOT).join(path), text.into());
        self
    }

    /// The same with a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The paths that were read, in order.
    pub fn reads(&self) -> Vec<PathBuf> {
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
pub fn files(text: &str) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("=== ") {
            current = path.trim().to_owned();
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

    fn list(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let all: Vec<_> = self.children(path).into_iter().collect();
        if all.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(all) }
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        let stat = |kind, size| Stat { kind, size, mtime: 0, mode: 0o644, inode: 0 };
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

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
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

    fn link_tree(&self, _from: &Path, _to: &Path, _own: &dyn Fn(&Path) -> bool) -> io::Result<()> {
        Err(refused())
    }

    fn pid(&self) -> u32 {
        1
    }

    fn args(&self) -> Vec<String> {
        Vec::new()
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
        None
    }
}

/// The distinct entries' files that were read.
#[allow(dead_code, reason = "not every test that shares this module counts them")]
pub fn entries_read(memory: &Memory) -> BTreeSet<PathBuf> {
    let kinds = ["packages", "containers", "package_groups", "container_groups"];
    let of_entry = |path: &PathBuf| {
        path.parent().and_then(Path::file_name).is_some_and(|dir| kinds.iter().any(|kind| dir == *kind))
    };
    memory.reads().into_iter().filter(of_entry).collect()
}
