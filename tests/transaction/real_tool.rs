//! A real package manager whose builds fail, hang or are killed: its lock file and its environment are put back, offline.
//! Where there is no uv on `PATH`, these tests say so and pass.

use std::fs;
use std::path::Path;

use hsm::adapters::Phase::Apply;
use hsm::execute::Failure;
use hsm::finalize::RunError;
use hsm::transaction::{self, ProjectLock, Recovered};
use hsm::world::Real;

use super::machine::{Stage, end, signal};
use super::stage::{Failed, Fake, try_run};

/// A build backend without requirements, so that nothing is fetched: `works`, `fails`, or `hangs`.
const BACKEND: &str = r#"
import os, sys, time, zipfile
def get_requires_for_build_wheel(config_settings=None): return []
get_requires_for_build_editable = get_requires_for_build_wheel
def build_wheel(where, config_settings=None, metadata_directory=None):
    what = "WHAT"
    if what == "fails":
        sys.exit("the build is meant to fail")
    for _ in range(600 if what == "hangs" else 0):
        open("STARTED", "a").write(".")
        time.sleep(0.05)
    name = "NAME-0.1.0-py3-none-any.whl"
    info = "NAME-0.1.0.dist-info/"
    with zipfile.ZipFile(os.path.join(where, name), "w") as wheel:
        wheel.writestr("NAME.py", "value = 1\n")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: NAME\nVersion: 0.1.0\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    return name
build_editable = build_wheel
"#;

#[expect(
    clippy::print_stderr,
    reason = "whoever reads the output of the tests should know what was not tested"
)]
fn there_is_uv() -> bool {
    let there = std::process::Command::new("uv").arg("--version").output().is_ok_and(|o| o.status.success());
    if !there {
        eprintln!("skipped: there is no uv");
    }
    there
}

/// A project with two local packages, of which `libb` builds as told; `liba` is installed.
fn stage(what: &str) -> Stage {
    let stage = Stage::new();
    for (name, what) in [("liba", "works"), ("libb", what)] {
        let project = format!(
            "[project]\nname = \"{name}\"\nversion = \"0.1.0\"\nrequires-python = \">=3.9\"\n\n[build-system]\nrequires = []\n\
             build-backend = \"backend\"\nbackend-path = [\".\"]\n"
        );
        let started = stage.dir.path().join("started");
        let backend = BACKEND.replace("NAME", name).replace("WHAT", what);
        let backend = backend.replace("STARTED", started.to_str().unwrap());
        stage.put(&format!("{name}/pyproject.toml"), &project);
        stage.put(&format!("{name}/backend.py"), &backend);
    }
    let installed =
        try_run(&Real::new().unwrap(), &stage.root(), &fake(stage.dir.path(), PROJECT_A), "old lock\n");
    assert!(installed.unwrap().changed);
    assert!(stage.root().join(".venv/pyvenv.cfg").exists());
    stage
}

const PROJECT_A: &str = "[project]\nname = \"demo\"\nversion = \"0.1.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"liba\"]\n\n\
    [tool.uv.sources]\nliba = { path = \"liba\", editable = true }\n";
const PROJECT_B: &str = "[project]\nname = \"demo\"\nversion = \"0.1.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"libb\"]\n\n\
    [tool.uv.sources]\nlibb = { path = \"libb\", editable = true }\n";

fn fake(dir: &Path, project: &'static str) -> Fake {
    let cache = dir.join("cache").to_str().unwrap().to_owned();
    let prefix = ["--offline", "--no-config", "--no-python-downloads", "--cache-dir", &cache];
    Fake {
        program: "uv",
        prefix: prefix.map(str::to_owned).to_vec(),
        files: vec![("pyproject.toml", Some(project))],
        actions: vec![(Apply, &["lock"]), (Apply, &["sync", "--locked"])],
        guarded: vec!["uv.lock", ".venv"],
        optional: false,
    }
}

/// The run of [`super::machine::one_run`].
pub(crate) fn fake_in(dir: &Path) -> Fake {
    fake(dir, PROJECT_B)
}

#[test]
fn a_build_that_works_replaces_the_environment() {
    if !there_is_uv() {
        return;
    }
    let stage = stage("works");
    let before = stage.contents();
    let done = try_run(&Real::new().unwrap(), &stage.root(), &fake_in(stage.dir.path()), "new lock\n");
    assert!(done.unwrap().changed);
    let after = stage.contents();
    let lock = fs::read_to_string(stage.root().join("uv.lock")).unwrap();
    assert!(lock.contains("libb") && !lock.contains("liba"));
    stage.assert_no_traces();
    // Taken back, and done again: the tool is not asked, and nothing is fetched.
    for there in [before, after] {
        let world = Real::new().unwrap();
        let lock = ProjectLock::take(&world, &stage.root(), "hsm undo", false, &mut |_| {}).unwrap();
        let last = transaction::last(&world, &stage.root()).unwrap().unwrap();
        assert!(last.take_back(&world, &stage.root(), &lock, false).unwrap().kept.is_empty());
        assert_eq!(stage.contents(), there);
        stage.assert_no_traces();
    }
}

#[test]
fn a_build_that_fails_leaves_lock_and_environment_as_they_were() {
    if !there_is_uv() {
        return;
    }
    let stage = stage("fails");
    let before = stage.contents();
    let error =
        try_run(&Real::new().unwrap(), &stage.root(), &fake_in(stage.dir.path()), "new lock\n").unwrap_err();
    let Failed::Run(RunError::Restored { failure: Failure::Action { why, .. }, undone }) = error else {
        panic!("{error:?}")
    };
    assert!(why.contains("the build is meant to fail"), "{why}");
    assert!(undone.put_back.iter().any(|p| p == Path::new("uv.lock")), "{undone:?}");
    assert_eq!(stage.contents(), before);
    stage.assert_no_traces();
}

#[test]
fn an_interrupted_or_killed_build_leaves_lock_and_environment_as_they_were() {
    if !there_is_uv() {
        return;
    }
    for name in ["INT", "KILL"] {
        let stage = stage("hangs");
        let before = stage.contents();
        let child = stage.start("uv");
        signal(&child, name);
        let (status, _) = end(child);
        if name == "INT" {
            assert_eq!(status.code(), Some(42), "{:?}", fs::read_to_string(stage.dir.path().join("result")));
            // The build backend, a grandchild, must be gone too.
            assert!(!stage.grows("started"));
        } else {
            // The orphans go on and hold the project, until they are ended.
            stage.end_orphans();
            assert!(matches!(stage.recover(), Some(Recovered::Undone { .. })));
        }
        assert_eq!(stage.contents(), before, "{name}");
        stage.assert_no_traces();
    }
}
