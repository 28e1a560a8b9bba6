//! A project in a directory of its own, and hsm run in it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A small registry: two packages, three containers, a group of two of them.
const REGISTRY: &[(&str, &str)] = &[
    ("packages/client.yaml", "name: client\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n"),
    ("packages/other.yaml", "name: other\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n"),
    ("containers/web.yaml", "name: web\nsources: {prod: {type: docker-image, image: \"web:4\"}}\n"),
    ("containers/redis.yaml", "name: redis\nsources: {prod: {type: docker-image, image: \"redis:7\"}}\n"),
    ("containers/valkey.yaml", "name: valkey\nsources: {prod: {type: docker-image, image: \"valkey:8\"}}\n"),
    ("container_groups/cache.yaml", "name: cache\nstrategy: 1-of-N\noptions: [redis, valkey]\n"),
];

/// A project.
pub(crate) struct Project {
    dir: TempDir,
    empty: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Project {
    /// One with the small registry and nothing that wants anything of it.
    pub(crate) fn new() -> Self {
        let project =
            Self { dir: TempDir::new().expect("a directory"), empty: TempDir::new().expect("a directory") };
        project.write("hsm.yaml", "project: {name: demo}\n");
        for (path, text) in REGISTRY {
            project.write(&format!("hsm-registry/{path}"), text);
        }
        project
    }

    /// One with this manifest.
    pub(crate) fn of(manifest: &str) -> Self {
        let project = Self::new();
        project.write("hsm.yaml", manifest);
        project
    }

    /// Where something in it is.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("below")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// hsm, with nothing in its environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hsm"));
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        command.env_clear().env("PATH", self.empty.path()).env("HOME", self.empty.path());
        command
    }

    /// Runs it.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        run(&mut self.command(args))
    }
}

/// The large example.
pub(crate) fn example() -> Project {
    let project =
        Project { dir: TempDir::new().expect("a directory"), empty: TempDir::new().expect("a directory") };
    project.run(&["init", "--example", "rag-stack"]).ends(0);
    project
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Run {
    let output = command.output().expect("hsm runs");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Run {
    /// Fails unless it ended so.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// What it printed, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}:\n{}\n{}", self.out, self.err))
    }
}
