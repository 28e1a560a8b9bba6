//! `hsm status` with real tools: each kind of difference is made by hand, seen, and mended by the command that stands
//! beside it.
//!
//! Owns: the sweep over all kinds, and that looking changes nothing. Refuses: what the commands do beside that.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::running::{Project, compiled};
use crate::runs::{Run, command, hsm};
use crate::support::{Picture, have, skip};

/// A build backend that needs nothing but Python, for packages that need no index.
const BACKEND: &str = r#"
import os, zipfile
NAME, VERSION = "part", "1.0"
def _info():
    return {
        "METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
def prepare_metadata_for_build_wheel(where, config=None):
    name = f"{NAME}-{VERSION}.dist-info"
    os.makedirs(os.path.join(where, name))
    with open(os.path.join(where, name, "METADATA"), "w") as out:
        out.write(_info()["METADATA"])
    return name
def build_wheel(where, config=None, metadata=None):
    name = f"{NAME}-{VERSION}-py3-none-any.whl"
    info = f"{NAME}-{VERSION}.dist-info"
    with zipfile.ZipFile(os.path.join(where, name), "w") as wheel:
        wheel.writestr("part.py", "")
        for file, text in _info().items():
            wheel.writestr(f"{info}/{file}", text)
        names = ["part.py", *(f"{info}/{file}" for file in _info()), f"{info}/RECORD"]
        wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    return name
def get_requires_for_build_wheel(config=None):
    return []
build_editable = build_wheel
prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel
get_requires_for_build_editable = get_requires_for_build_wheel
"#;

/// What status finds, as (layer, kind, command that mends a difference).
fn differences(dir: &Path) -> (Run, Vec<(String, String, Option<String>)>) {
    let run = hsm(dir, &["status", "--format", "json"]);
    let json: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("no JSON: {run:?}"));
    let text = |one: &Json, key: &str| one[key].as_str().map(str::to_owned);
    let all = json["differences"].as_array().unwrap_or_else(|| panic!("nothing compared: {run:?}"));
    let all = all.iter().map(|one| {
        let (layer, what) = (text(one, "layer"), text(one, "what"));
        let command = text(one, "command").filter(|_| one["drift"] == true);
        (layer.expect("a layer"), what.expect("a kind"), command)
    });
    let all = all.collect();
    (run, all)
}

/// Sees a difference, types what stands beside each, and finds that nothing is left of them.
#[track_caller]
fn seen_and_mended(dir: &Path, layer: &str, kind: &str) {
    let before = Picture::of(dir, true, &[]);
    let (run, found) = differences(dir);
    let run = run.ends_with(4);
    assert_eq!(before.differences(&Picture::of(dir, true, &[])), "", "looking changed something ({kind})");
    assert!(found.iter().any(|(l, k, _)| l == layer && k == kind), "{layer}: {kind} in {found:?}\n{run:?}");
    let commands: BTreeSet<&String> = found.iter().filter_map(|(_, _, command)| command.as_ref()).collect();
    assert!(!commands.is_empty(), "{found:?}");
    for typed in commands {
        let mut words = typed.split(' ');
        match words.next() {
            Some("hsm") => drop(hsm(dir, &words.collect::<Vec<_>>()).ends_with(0)),
            tool => {
                let mut tool = Command::new(tool.expect("a command"));
                let output = tool.args(words).current_dir(dir).output().expect("a tool that was just asked");
                assert!(output.status.success(), "{typed}: {output:?}");
            }
        }
    }
    let (run, left) = differences(dir);
    assert_eq!(run.code, 0, "{kind} is left: {left:?}");
}

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
    fs::write(path, text).expect("written");
}

fn edit(dir: &Path, path: &str, change: impl Fn(&str) -> String) {
    let path = dir.join(path);
    let text = fs::read_to_string(&path).expect("there");
    let changed = change(&text);
    assert_ne!(changed, text, "nothing was changed in {}", path.display());
    fs::write(&path, changed).expect("written");
}

fn site(dir: &Path) -> std::path::PathBuf {
    let lib = fs::read_dir(dir.join(".venv/lib")).expect("an environment").next().expect("a Python");
    lib.expect("readable").path().join("site-packages")
}

fn packages() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let at = dir.path();
    write(at, "part/backend.py", BACKEND);
    write(at, "part/pyproject.toml", PART);
    write(
        at,
        "hsm-registry/packages/part.yaml",
        "name: part\nsources: {dev: {type: local, path: ./part, editable: true}}\n",
    );
    write(
        at,
        "hsm-registry/containers/redis.yaml",
        "name: redis\nsources: {prod: {type: docker-image, image: \"redis:7\"}}\n",
    );
    write(at, "hsm.yaml", MANIFEST);
    dir
}

const PART: &str = "[project]\nname = \"part\"\nversion = \"1.0\"\n[build-system]\nrequires = []\n\
                    build-backend = \"backend\"\nbackend-path = [\".\"]\n";

const MANIFEST: &str = "project: {name: looked-at, mode: dev}\ndependencies:\n  packages:\n    - part\n";

#[test]
fn each_difference_of_the_files_and_the_environment_is_seen_and_mended_by_the_command_beside_it() {
    if !have("status of packages", &["uv"]) {
        return;
    }
    let dir = packages();
    let at = dir.path();
    // a fresh checkout
    seen_and_mended(at, "lock", "no_lock");

    write(at, "hsm.yaml", &format!("{MANIFEST}services:\n  containers: [redis]\n"));
    seen_and_mended(at, "lock", "added");
    edit(at, "hsm-registry/containers/redis.yaml", |text| text.replace("redis:7", "redis:8"));
    seen_and_mended(at, "lock", "moved");
    edit(at, "hsm-registry/containers/redis.yaml", |text| format!("{text}env: {{TZ: UTC}}\n"));
    seen_and_mended(at, "lock", "entries");
    edit(at, "docker-compose.hpm.yml", |text| text.replace("redis:8", "redis:9"));
    seen_and_mended(at, "files", "edited");
    fs::remove_file(at.join("docker-compose.hpm.yml")).expect("there");
    seen_and_mended(at, "files", "missing");
    write(at, "hsm.yaml", MANIFEST);
    seen_and_mended(at, "lock", "removed");
    assert!(!at.join("docker-compose.hpm.yml").exists());

    fs::remove_file(at.join("uv.lock")).expect("there");
    seen_and_mended(at, "files", "missing");
    edit(at, "part/pyproject.toml", |text| text.replace("version = \"1.0\"", "version = \"1.1\""));
    edit(at, "part/backend.py", |text| text.replace("\"1.0\"", "\"1.1\""));
    seen_and_mended(at, "files", "stale");
    edit(at, "pyproject.toml", |text| text.replace("\"part\"", "\"other\"").replace("part =", "other ="));
    fs::remove_file(at.join("pyproject.toml")).expect("there");
    seen_and_mended(at, "files", "missing");

    fs::remove_dir_all(at.join(".venv")).expect("there");
    seen_and_mended(at, "environment", "missing");
    let pip = |args: &[&str]| {
        let done = Command::new("uv").arg("pip").args(args).current_dir(at).output().expect("uv is there");
        assert!(done.status.success(), "{done:?}");
    };
    pip(&["uninstall", "-q", "part"]);
    seen_and_mended(at, "environment", "installed");
    write(&site(at), "foreign-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: foreign\nVersion: 1\n");
    write(
        &site(at),
        "foreign-1.dist-info/RECORD",
        "foreign-1.dist-info/METADATA,,\nforeign-1.dist-info/RECORD,,\n",
    );
    seen_and_mended(at, "environment", "installed");
    fs::remove_file(site(at).join("part.py")).expect("installed");
    seen_and_mended(at, "environment", "damaged");
}

#[test]
fn what_cannot_be_told_is_said_and_is_no_difference() {
    if !have("status without tools", &["uv"]) {
        return;
    }
    let dir = packages();
    let at = dir.path();
    hsm(at, &["sync"]).ends_with(0);
    // the stamp answers without uv, and where nothing runs nobody needs an engine
    let bare = |args: &[&str]| {
        Run::of(&command(at, args).env("PATH", "/nowhere").output().expect("hsm can be started"))
    };
    let run = bare(&["status"]).ends_with(0);
    assert_eq!(run.stdout, "up to date\n");
    fs::remove_dir_all(at.join(".venv")).expect("there");
    let run = bare(&["status"]).ends_with(0);
    assert!(run.stdout.contains("whether what is installed is up to date can't be told"), "{run:?}");
    write(at, "hsm.yaml", &format!("{MANIFEST}services:\n  containers: [redis]\n"));
    let run = bare(&["status", "--only", "containers"]).ends_with(4);
    assert!(run.stdout.contains("how the containers are can't be told"), "{run:?}");
}

#[test]
fn a_look_runs_nobodys_code() {
    if !have("status builds nothing", &["uv"]) {
        return;
    }
    let dir = packages();
    let at = dir.path();
    edit(at, "part/pyproject.toml", |text| text.replace("version = \"1.0\"", "dynamic = [\"version\"]"));
    hsm(at, &["sync"]).ends_with(0);
    edit(at, "part/backend.py", |text| format!("{text}open({:?}, 'w').close()\n", at.join("ran")));
    edit(at, "part/pyproject.toml", |text| format!("{text}# changed\n"));
    differences(at);
    assert!(!at.join("ran").exists());
    fs::remove_dir_all(at.join(".venv")).expect("there");
    differences(at);
    assert!(!at.join("ran").exists());
}

#[test]
fn each_difference_of_what_runs_is_seen_and_mended_by_the_command_beside_it() {
    if !have("status of containers", &["compose", "engine"]) {
        return;
    }
    let project = Project::new("state");
    let at = project.path();
    if !compiled(&at.join("base/server")) {
        skip("status of containers", "a static C library");
        return;
    }
    write(
        at,
        "hsm-registry/containers/second.yaml",
        "name: second\ncompose: {stop_signal: SIGKILL}\nenv: {HOW: \"${HOW:-so}\"}\n\
         sources: {dev: {type: build, path: ./front, args: {BASE: \"${HSM_IMAGE.base}\"}}}\n",
    );
    let both = format!("{}    - second\n", fs::read_to_string(at.join("hsm.yaml")).expect("written"));
    write(at, "hsm.yaml", &both);
    hsm(at, &["sync"]).ends_with(0);
    // what was never up is told, and is no difference
    let (run, found) = differences(at);
    run.ends_with(0);
    let down = ("containers".to_owned(), "down".to_owned(), None);
    assert_eq!(found, [down]);
    hsm(at, &["up"]).ends_with(0);
    assert_eq!(differences(at).1, []);

    let docker = |args: &[&str]| {
        let status = Command::new("docker").args(args).stdin(Stdio::null()).stdout(Stdio::null()).status();
        assert!(status.expect("the engine was there").success(), "docker {args:?}");
    };
    let second = format!("{}-second-1", project.name);
    docker(&["kill", &second]);
    seen_and_mended(at, "containers", "ended");
    docker(&["pause", &second]);
    seen_and_mended(at, "containers", "stopped");
    docker(&["rm", "--force", &second]);
    seen_and_mended(at, "containers", "not_running");

    write(at, ".env", "HOW=otherwise\n");
    seen_and_mended(at, "containers", "other_config");

    let image = format!("{}-front:dev", project.name);
    let base = format!("BASE={}-base:dev", project.name);
    edit(at, "front/Dockerfile", |text| format!("{text}LABEL changed=yes\n"));
    docker(&["build", "--quiet", "--tag", &image, "--build-arg", &base, &at.join("front").to_string_lossy()]);
    seen_and_mended(at, "containers", "other_image");

    // Compose makes one hash of such a service when it is asked, and another one when it starts it
    write(at, "second.env", "MORE=1\n");
    let entry = "hsm-registry/containers/second.yaml";
    edit(at, entry, |text| text.replace("compose: {", "compose: {env_file: [second.env], "));
    hsm(at, &["up"]).ends_with(0);
    let run = hsm(at, &["status"]).ends_with(0);
    assert!(run.stdout.contains("whether second runs what the files say can't be told"), "{}", run.stdout);

    write(at, "hsm.yaml", &both.replace("    - second\n", ""));
    hsm(at, &["sync"]).ends_with(0);
    seen_and_mended(at, "containers", "orphan");
    write(at, "hsm.yaml", &format!("project: {{name: {}, mode: dev}}\n", project.name));
    hsm(at, &["sync"]).ends_with(0);
    seen_and_mended(at, "containers", "orphan");
    assert_eq!(project.left(), "");
}
