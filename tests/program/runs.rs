//! Copies of fixtures, and runs of the binary in them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program under test.
pub(crate) const HSM: &str = env!("CARGO_BIN_EXE_hsm");

/// Where the fixtures are.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-fixtures")
}

/// How a run of hsm ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run {
    /// Reads an output.
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Both streams.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Fails with everything it said unless it ended with `code`.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// hsm with these arguments in that directory, cut off from what the surroundings of the test set.
pub(crate) fn command<S: AsRef<OsStr>>(dir: &Path, args: &[S]) -> Command {
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
pub(crate) fn hsm<S: AsRef<OsStr>>(dir: &Path, args: &[S]) -> Run {
    Run::of(&command(dir, args).output().expect("hsm can be started"))
}

/// Copies a directory; what is only a test's expectation stays behind.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory in the temporary one");
    for entry in fs::read_dir(from).expect("a fixture") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().starts_with("expect") {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// A temporary directory with a copy of the example.
pub(crate) fn example() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    copy(&fixtures().join("rag-stack"), dir.path());
    dir
}
