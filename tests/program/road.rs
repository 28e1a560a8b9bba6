//! The whole road on the example: real uv, real packages of the index, real Compose.
//!
//! Owns: what must hold from the first sync to the last byte after a failed one. Refuses: containers that run (tested
//! beside their adapter) and single stages.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::runs::{Run, command, copy, example, fixtures, hsm};
use crate::support::{Picture, have};
use serde_yaml::Value;

/// What the user has: these, and nothing else, are the files that a failed run must leave as they were.
const THEIRS: [&str; 6] =
    ["hsm.yaml", "hsm.lock", "pyproject.toml", "uv.lock", "docker-compose.hpm.yml", ".venv"];

#[test]
fn the_example_goes_the_whole_road_and_the_second_time_nothing_is_touched() {
    if !have("the example goes the whole road", &["uv", "compose"]) {
        return;
    }
    let dir = example();
    hsm(dir.path(), &["sync", "--yes"]).ends_with(0);
    for path in THEIRS {
        assert!(dir.path().join(path).exists(), "{path} is missing after the sync");
    }

    let found = python(
        dir.path(),
        "import rag_ingest, qdrant_adapter, structlog, tenacity; store = qdrant_adapter.Qdrant(); \
         print(rag_ingest.ingest(store, 'd', 'x' * 500), structlog.__version__, rag_ingest.__file__)",
    );
    assert!(found.starts_with("3 24.4.0 "), "{found}");
    assert!(found.contains("/packages/rag-ingest/src/"), "not installed as editable: {found}");

    expect_compose(dir.path(), "rag-stack-qdrant.yaml");

    let before = Picture::of(dir.path(), true, &[]);
    let again = hsm(dir.path(), &["sync"]).ends_with(0);
    assert_eq!(before.differences(&Picture::of(dir.path(), true, &[])), "", "{}", again.text());
    hsm(dir.path(), &["sync", "--locked"]).ends_with(0);
    hsm(dir.path(), &["plan", "--exit-code"]).ends_with(0);
    hsm(dir.path(), &["lock"]).ends_with(0);
    assert_eq!(before.differences(&Picture::of(dir.path(), true, &[])), "");
}

#[test]
fn an_intact_environment_does_not_even_start_a_tool() {
    if !have("an intact environment starts no tool", &["uv", "compose"]) {
        return;
    }
    let dir = example();
    hsm(dir.path(), &["sync", "--yes"]).ends_with(0);
    let fakes = Fakes::new();
    for args in [["sync"], ["lock"]] {
        let run = fakes.run(dir.path(), &args);
        assert_eq!(run.code, 0, "{}", run.text());
    }
    assert_eq!(fakes.calls(), "", "a tool was started although there was nothing to do");
}

#[test]
fn selecting_another_client_changes_client_and_server_together() {
    if !have("selecting another client", &["uv", "compose"]) {
        return;
    }
    let dir = example();
    hsm(dir.path(), &["sync", "--yes"]).ends_with(0);
    let manifest = read(dir.path(), "hsm.yaml");

    hsm(dir.path(), &["group", "select", "vector-db-client", "milvus-adapter", "--sync", "--yes"])
        .ends_with(0);
    assert_eq!(
        read(dir.path(), "hsm.yaml"),
        manifest.replace("selection: qdrant-adapter", "selection: milvus-adapter")
    );
    expect_compose(dir.path(), "rag-stack-milvus.yaml");
    let found = python(dir.path(), "import milvus_adapter; print(milvus_adapter.Milvus().address())");
    assert_eq!(found.trim(), "localhost:19530");
    let gone =
        Command::new(dir.path().join(".venv/bin/python")).args(["-c", "import qdrant_adapter"]).output();
    assert!(!gone.expect("python starts").status.success(), "the former client is still installed");
    let project = read(dir.path(), "pyproject.toml");
    assert!(project.contains("milvus-adapter") && !project.contains("qdrant-adapter"), "{project}");

    // And back: the same bytes as at first, but for what uv resolved meanwhile.
    let milvus = read(dir.path(), "docker-compose.hpm.yml");
    hsm(dir.path(), &["group", "select", "vector-db-client", "qdrant-adapter", "--sync", "--yes"])
        .ends_with(0);
    assert_eq!(read(dir.path(), "hsm.yaml"), manifest);
    assert_ne!(read(dir.path(), "docker-compose.hpm.yml"), milvus);
    expect_compose(dir.path(), "rag-stack-qdrant.yaml");
}

#[test]
fn a_fresh_directory_from_init_syncs() {
    if !have("a fresh directory from init", &["uv"]) {
        return;
    }
    let temp = tempfile::tempdir().expect("a temporary directory");
    hsm(temp.path(), &["init", "--example", "rag-stack", "demo"]).ends_with(0);
    let dir = temp.path().join("demo");
    let skip = [".hsm", ".gitignore", ".dockerignore"];
    let original = Picture::of(&fixtures().join("rag-stack"), false, &skip);
    let made: Vec<String> = original
        .differences(&Picture::of(&dir, false, &skip))
        .lines()
        // The bits of a new file are the machine's affair.
        .filter(|line| line.rsplit(' ').next() != line.split(' ').nth(2))
        .map(str::to_owned)
        .collect();
    // The files of hsm's formats begin with a line for editors, and are the same below it.
    for line in made {
        let path = line.split(": ").next().expect("a path");
        let (first, rest) =
            read(&dir, path).split_once('\n').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("lines");
        let schema = first.strip_prefix("# yaml-language-server: $schema=").expect("the line");
        assert!(dir.join(path).parent().expect("a folder").join(schema).exists(), "{line}");
        assert_eq!(rest, read(&fixtures().join("rag-stack"), path), "{line}");
    }
    hsm(temp.path(), &["-C", "demo", "sync", "--yes"]).ends_with(0);
    assert!(dir.join(".venv/bin/python").exists());
    // What is there is not written over.
    let again = hsm(temp.path(), &["init", "--example", "rag-stack", "demo"]);
    assert_ne!(again.code, 0, "{}", again.text());
}

#[test]
fn plan_check_and_dry_runs_change_nothing_and_start_nobody() {
    let dir = example();
    let fakes = Fakes::new();
    let before = Picture::of(dir.path(), true, &[".hsm/cache"]);
    for args in [
        &["check"][..],
        &["resolve"],
        &["plan"],
        &["sync", "--dry-run"],
        &["sync", "--dry-run", "--offline"],
        &["plan", "--format", "json"],
    ] {
        let run = fakes.run(dir.path(), args);
        assert_eq!(run.code, 0, "hsm {}: {}", args.join(" "), run.text());
        assert_eq!(fakes.calls(), "", "hsm {} started a tool", args.join(" "));
        assert_eq!(
            before.differences(&Picture::of(dir.path(), true, &[".hsm/cache"])),
            "",
            "hsm {}",
            args.join(" ")
        );
    }
    let plan = fakes.run(dir.path(), &["plan"]).text();
    for told in
        ["docker-compose.hpm.yml", "pyproject.toml", "hsm.lock", "qdrant/qdrant:v1.9.0", "structlog==24.4.0"]
    {
        assert!(plan.contains(told), "the plan does not show {told}:\n{plan}");
    }
}

#[test]
fn an_impossible_requirement_leaves_every_byte() {
    if !have("an impossible requirement", &["uv"]) {
        return;
    }
    fails_and_leaves_everything("an impossible requirement", 1, |dir| {
        // Nothing in the registry contradicts it; only the index knows that there is no such release.
        let entry = dir.join("hsm-registry/packages/structlog.yaml");
        let text = read(dir, "hsm-registry/packages/structlog.yaml").replace("24.4.0", "24.99.0");
        fs::write(entry, text).expect("written");
        hsm(dir, &["sync", "--yes", "--upgrade"])
    });
}

#[test]
fn a_failing_build_leaves_every_byte() {
    if !have("a failing build", &["uv"]) {
        return;
    }
    fails_and_leaves_everything("a failing build", 1, |dir| {
        // uv locks before it builds: by then it has written its lock file.
        let package = dir.join("packages/pgvector-adapter");
        fs::write(package.join("backend.py"), FAILING_BACKEND).expect("written");
        let text = read(&package, "pyproject.toml").replace(
            "requires = [\"uv_build>=0.8,<1\"]\nbuild-backend = \"uv_build\"",
            "requires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]",
        );
        assert!(text.contains("backend-path"), "{text}");
        fs::write(package.join("pyproject.toml"), text).expect("written");
        select(dir, "pgvector-adapter");
        hsm(dir, &["sync", "--yes"])
    });
}

#[test]
fn a_file_that_compose_rejects_leaves_every_byte() {
    if !have("a file that Compose rejects", &["uv", "compose"]) {
        return;
    }
    fails_and_leaves_everything("a file that Compose rejects", 1, |dir| {
        let path = "hsm-registry/containers/milvus.yaml";
        let text = read(dir, path).replace("compose:\n", "compose:\n  no_such_key_of_compose: 1\n");
        assert!(text.contains("no_such_key"), "{text}");
        fs::write(dir.join(path), text).expect("written");
        select(dir, "milvus-adapter");
        hsm(dir, &["sync", "--yes"])
    });
}

#[test]
fn an_interrupt_while_a_package_is_built_leaves_every_byte() {
    if !have("an interrupt", &["uv"]) {
        return;
    }
    fails_and_leaves_everything("an interrupt", 130, |dir| {
        let package = dir.join("packages/pgvector-adapter");
        let started = dir.join("packages/started");
        let backend = SLEEPING_BACKEND.replace("STARTED", &started.to_string_lossy());
        fs::write(package.join("backend.py"), backend).expect("written");
        let text = read(&package, "pyproject.toml").replace(
            "requires = [\"uv_build>=0.8,<1\"]\nbuild-backend = \"uv_build\"",
            "requires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]",
        );
        fs::write(package.join("pyproject.toml"), text).expect("written");
        select(dir, "pgvector-adapter");
        let mut child = command(dir, &["sync", "--yes"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("hsm can be started");
        let until = Instant::now() + Duration::from_mins(1);
        while !started.exists() && Instant::now() < until && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let builder = fs::read_to_string(&started).unwrap_or_default();
        // To hsm alone, not to the group of this test: passing it on is hsm's work.
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
        assert!(killed.success());
        let run = Run::of(&child.wait_with_output().expect("it ends"));
        assert!(!builder.is_empty(), "the build was never started: {}", run.text());
        assert!(!runs(builder.trim()), "the build backend {builder} is still running");
        run
    });
}

#[test]
fn a_failed_first_sync_leaves_no_trace_but_its_own_folder() {
    if !have("a failed first sync", &["uv"]) {
        return;
    }
    let dir = example();
    let path = "hsm-registry/packages/structlog.yaml";
    fs::write(dir.path().join(path), read(dir.path(), path).replace("24.4.0", "24.99.0")).expect("written");
    let before = Picture::of(dir.path(), true, &[".hsm"]);
    let run = hsm(dir.path(), &["sync", "--yes"]).ends_with(1);
    assert_eq!(before.differences(&Picture::of(dir.path(), true, &[".hsm"])), "", "{}", run.text());
    assert!(run.stderr.contains("structlog"), "{}", run.text());
}

#[test]
fn a_refused_selection_with_sync_leaves_the_manifest_too() {
    if !have("a refused selection", &["uv"]) {
        return;
    }
    let dir = example();
    hsm(dir.path(), &["sync", "--yes"]).ends_with(0);
    // The client of Milvus cannot be built: its source names a backend that is not there.
    let package = dir.path().join("packages/milvus-adapter/pyproject.toml");
    let text = fs::read_to_string(&package)
        .expect("text")
        .replace("build-backend = \"uv_build\"", "build-backend = \"nobody\"");
    fs::write(package, text).expect("written");
    let before = Picture::of(dir.path(), false, &[".hsm"]);
    let run = hsm(dir.path(), &["group", "select", "vector-db-client", "milvus-adapter", "--sync", "--yes"])
        .ends_with(1);
    assert_eq!(before.differences(&Picture::of(dir.path(), false, &[".hsm"])), "", "{}", run.text());
}

#[test]
fn an_offline_sync_of_a_synced_project_works() {
    if !have("an offline sync", &["uv"]) {
        return;
    }
    let dir = example();
    hsm(dir.path(), &["sync", "--yes"]).ends_with(0);
    fs::remove_dir_all(dir.path().join(".venv")).expect("removed");
    hsm(dir.path(), &["sync", "--offline"]).ends_with(0);
    python(dir.path(), "import rag_core, structlog");
}

#[test]
fn a_clone_syncs_with_what_was_committed() {
    if !have("a clone", &["uv"]) {
        return;
    }
    let dir = example();
    hsm(dir.path(), &["lock", "--yes"]).ends_with(0);
    assert!(!dir.path().join(".venv").exists(), "lock installs nothing");
    let clone = tempfile::tempdir().expect("a temporary directory");
    copy(dir.path(), clone.path());
    fs::remove_dir_all(clone.path().join(".hsm")).expect("what is not in git");
    let before = Picture::of(clone.path(), true, &[".hsm", ".venv"]);
    hsm(clone.path(), &["sync", "--locked", "--yes"]).ends_with(0);
    assert_eq!(
        before
            .differences(&Picture::of(clone.path(), true, &[".hsm", ".venv", "packages"]))
            .lines()
            .filter(|l| !l.starts_with("packages"))
            .count(),
        0
    );
    python(clone.path(), "import rag_core, structlog");
}

/// Syncs the example, lets `act` do something that must end with `code`, and compares every byte of what is the user's.
fn fails_and_leaves_everything(what: &str, code: i32, act: impl FnOnce(&Path) -> Run) {
    let dir = example();
    hsm(dir.path(), &["sync", "--yes"]).ends_with(0);
    let skip: Vec<String> = fs::read_dir(dir.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .filter(|name| !THEIRS.contains(&name.as_str()))
        .collect();
    let skip: Vec<&str> = skip.iter().map(String::as_str).collect();
    let before = Picture::of(dir.path(), false, &skip);
    let manifest = read(dir.path(), "hsm.yaml");
    let run = act(dir.path());
    // What the act wrote into the manifest by hand is its own; hsm must leave it.
    let after_act = read(dir.path(), "hsm.yaml");
    assert_eq!(run.code, code, "{what}: {}", run.text());
    let left: Vec<String> = before
        .differences(&Picture::of(dir.path(), false, &skip))
        .lines()
        .filter(|line| !(line.starts_with("hsm.yaml:") && after_act != manifest))
        .map(str::to_owned)
        .collect();
    assert_eq!(left, Vec::<String>::new(), "{what} left something behind: {}", run.text());
    python(dir.path(), "import rag_ingest, qdrant_adapter, structlog");
}

/// Whether a process runs; one that ended and was not asked about yet does not.
fn runs(process: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(process).join("stat")).unwrap_or_default();
    // `12 (name) S …`: the state stands behind the name, which may hold anything.
    stat.rsplit(") ").next().is_some_and(|rest| !stat.is_empty() && !rest.starts_with('Z'))
}

/// Chooses a client by hand, as with an editor.
fn select(dir: &Path, client: &str) {
    let text = read(dir, "hsm.yaml").replace("selection: qdrant-adapter", &format!("selection: {client}"));
    fs::write(dir.join("hsm.yaml"), text).expect("written");
}

fn read(dir: &Path, path: &str) -> String {
    fs::read_to_string(dir.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Runs a line of Python in the project's environment.
fn python(dir: &Path, line: &str) -> String {
    let out = Command::new(dir.join(".venv/bin/python")).args(["-c", line]).output().expect("python starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Compares the Compose file, as data, with the one in `tests/expected/`, which was written by hand.
fn expect_compose(dir: &Path, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected").join(name);
    let expected: Value = serde_yaml::from_str(&fs::read_to_string(path).expect("expected")).expect("YAML");
    let text = read(dir, "docker-compose.hpm.yml");
    let actual: Value = serde_yaml::from_str(&text).expect("YAML");
    for (name, service) in expected["services"].as_mapping().expect("services") {
        assert_eq!(
            Some(service),
            actual["services"].as_mapping().and_then(|all| all.get(name)),
            "{name:?} in\n{text}"
        );
    }
    assert_eq!(expected, actual, "in\n{text}");
}

/// Fake tools, first on PATH, that write down that they were called and fail.
struct Fakes {
    dir: tempfile::TempDir,
}

impl Fakes {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for name in ["uv", "docker", "docker-compose", "python3", "python", "git", "pip"] {
            let path = dir.path().join(name);
            let log = dir.path().join("calls");
            fs::write(&path, format!("#!/bin/sh\necho {name} \"$@\" >>'{}'\nexit 1\n", log.display()))
                .expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("made executable");
        }
        Self { dir }
    }

    fn run(&self, dir: &Path, args: &[&str]) -> Run {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut all = vec![self.dir.path().to_path_buf()];
        all.extend(std::env::split_paths(&path));
        let path = std::env::join_paths(all).expect("a search path");
        Run::of(&command(dir, args).env("PATH", path).output().expect("hsm can be started"))
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.dir.path().join("calls")).unwrap_or_default()
    }
}

const FAILING_BACKEND: &str = r#"
def get_requires_for_build_editable(config_settings=None):
    return []

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    raise SystemExit("this package cannot be built")
"#;

const SLEEPING_BACKEND: &str = r#"
import os, time

def get_requires_for_build_editable(config_settings=None):
    return []

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    with open("STARTED.new", "w") as file:
        file.write(str(os.getpid()))
    os.rename("STARTED.new", "STARTED")
    time.sleep(60)
"#;
