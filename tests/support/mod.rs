//! What the tests with real tools share: pictures of a directory, and tools that may be missing.
//!
//! Owns: nothing of the program. Refuses: expectations, those stand in the tests.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that goes wrong should stop there")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

/// A picture of a directory: for each path its kind, permission bits and content, and, when asked, its time of change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture(BTreeMap<String, String>);

impl Picture {
    /// Takes one. `skip` names paths (relative, with `/`) that are left out with all that is in them.
    pub(crate) fn of(dir: &Path, times: bool, skip: &[&str]) -> Self {
        let mut out = BTreeMap::new();
        take(dir, "", times, skip, &mut out);
        Self(out)
    }

    /// What differs from a later picture, one path a line; empty when they are the same.
    pub(crate) fn differences(&self, later: &Self) -> String {
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

/// Whether the tools (`uv`, `pip`, `git`, `python3`, `openssl`, `compose`, a running `engine`, `graphviz`, `chromium`, `mandoc`, the shells) are there. If not, it says that the test is skipped, and fails where nothing may be
/// missing.
pub(crate) fn have(test: &str, tools: &[&str]) -> bool {
    let Some(missing) = tools.iter().find(|tool| !is_there(tool)) else { return true };
    skip(test, missing);
    false
}

/// Says that a test is skipped for want of something, and fails where nothing may be missing.
pub(crate) fn skip(test: &str, missing: &str) {
    // Not a print macro: those are shown only when a test fails.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {missing} is not on this machine");
    let without = std::env::var("HSM_TESTS_WITHOUT").unwrap_or_default();
    let may = std::env::var_os("CI").is_none() || without.split(',').any(|one| one == missing);
    assert!(may, "{test} needs {missing}, and under CI nothing may be missing");
}

fn is_there(tool: &str) -> bool {
    static UV: OnceLock<bool> = OnceLock::new();
    static COMPOSE: OnceLock<bool> = OnceLock::new();
    static PIP: OnceLock<bool> = OnceLock::new();
    static ENGINE: OnceLock<bool> = OnceLock::new();
    static GRAPHVIZ: OnceLock<bool> = OnceLock::new();
    static CHROMIUM: OnceLock<bool> = OnceLock::new();
    let answers = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).stdin(Stdio::null()).output();
        output.is_ok_and(|output| output.status.success())
    };
    match tool {
        "uv" => *UV.get_or_init(|| answers("uv", &["--version"])),
        // the first version that works on another environment than its own
        "pip" => *PIP.get_or_init(|| {
            answers(
                "python3",
                &["-c", "import pip; assert tuple(map(int, pip.__version__.split('.')[:2])) >= (22, 3)"],
            )
        }),
        "compose" => *COMPOSE.get_or_init(|| answers("docker", &["compose", "version"])),
        // `docker info` may say 0 without a server
        "engine" => {
            *ENGINE.get_or_init(|| answers("docker", &["version", "--format", "{{.Server.Version}}"]))
        }
        "git" | "python3" | "zsh" | "fish" => answers(tool, &["--version"]),
        "openssl" => answers("openssl", &["version"]),
        "graphviz" => *GRAPHVIZ.get_or_init(|| answers("dot", &["-V"])),
        "mandoc" => answers("mandoc", &["-W", "error", "/dev/null"]),
        "elvish" => answers(tool, &["-version"]),
        "chromium" => *CHROMIUM.get_or_init(|| answers("chromium", &["--version"])),
        other => panic!("no test can ask for {other}"),
    }
}
