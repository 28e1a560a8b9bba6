//! The scenarios: a project before a command, and the command.
//!
//! Owns: what the projects look like. Refuses: running faults, and judging.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::run::{Hsm, Run};

/// A project and what is asked of hsm in it.
pub(crate) struct Scenario {
    /// Its name, a word.
    pub(crate) name: &'static str,
    /// The command.
    pub(crate) args: &'static [&'static str],
    /// What the tools are told to do: see [`crate::fake`].
    pub(crate) tool: &'static str,
    /// Whether the command fails by itself.
    pub(crate) fails: bool,
    /// Further commands that come before it, which succeed.
    before: &'static [&'static [&'static str]],
    /// What to do to a project that was synced with `liba` and `redis`; `None`: it was never synced.
    prepare: Option<fn(&Path)>,
}

const SYNC: Scenario = Scenario {
    name: "existing",
    args: &["sync"],
    tool: "",
    fails: false,
    before: &[],
    prepare: Some(|_| {}),
};

/// All of them.
pub(crate) const ALL: [Scenario; 13] = [
    Scenario { name: "fresh", prepare: None, ..SYNC },
    Scenario { name: "existing", prepare: Some(edited), ..SYNC },
    Scenario { name: "no-change", ..SYNC },
    Scenario { name: "add", args: ADD, ..SYNC },
    Scenario { name: "remove", args: &["remove", "package:liba", "container:redis", "--sync"], ..SYNC },
    Scenario { name: "mode", args: &["mode", "dev", "--sync"], ..SYNC },
    Scenario { name: "tool-fails", args: ADD, tool: "sync:8:fail", fails: true, ..SYNC },
    Scenario { name: "tool-hangs", args: ADD, tool: "sync:8:hang", fails: true, ..SYNC },
    Scenario { name: "linked", args: ADD, prepare: Some(linked), ..SYNC },
    Scenario { name: "read-only", args: ADD, fails: true, prepare: Some(read_only), ..SYNC },
    Scenario { name: "no-venv", args: ADD, prepare: Some(without_environment), ..SYNC },
    Scenario { name: "undo", args: &["undo"], before: &[ADD], ..SYNC },
    Scenario { name: "undo-first", args: &["undo"], ..SYNC },
];

const ADD: &[&str] = &["add", "package:libb", "container:postgres", "--sync"];

impl Scenario {
    /// Makes the project in `place` (a directory that is there and empty): it lies in `place/project`.
    pub(crate) fn make(&self, place: &Path, hsm: &Hsm) {
        let root = root(place);
        write_project(&root);
        if let Some(prepare) = self.prepare {
            let ended = Run::of(hsm, place, &["sync"]).end();
            assert_eq!(ended.code, Some(0), "{}: the first sync failed: {}", self.name, ended.said);
            for args in self.before {
                let ended = Run::of(hsm, place, args).end();
                assert_eq!(ended.code, Some(0), "{}: {args:?} failed: {}", self.name, ended.said);
            }
            prepare(&root);
        }
    }

    /// The command, to be run in a copy of the project.
    pub(crate) fn run(&self, hsm: &Hsm, place: &Path) -> Run {
        Run::of(hsm, place, self.args).tool(self.tool)
    }
}

/// Where the project lies in its place.
pub(crate) fn root(place: &Path) -> PathBuf {
    place.join("project")
}

const MANIFEST: &str =
    "project: {name: demo}\ndependencies:\n  packages:\n    - liba\nservices:\n  containers:\n    - redis\n";

fn write_project(root: &Path) {
    let put = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    put("hsm.yaml", MANIFEST);
    for name in ["liba", "libb"] {
        put(
            &format!("{name}/pyproject.toml"),
            &format!("[project]\nname = \"{name}\"\nversion = \"1.0\"\nrequires-python = \">=3.9\"\n"),
        );
        put(
            &format!("hsm-registry/packages/{name}.yaml"),
            &format!(
                "name: {name}\nversion: \"1.0\"\nsources:\n  prod: {{type: pypi}}\n  dev: {{type: local, path: ./{name}, editable: true}}\n"
            ),
        );
    }
    for (name, port) in [("redis", 6379), ("postgres", 5432)] {
        put(&format!("{name}/Dockerfile"), "FROM scratch\n");
        put(
            &format!("hsm-registry/containers/{name}.yaml"),
            &format!(
                "name: {name}\nports: [\"{port}:{port}\"]\nsources:\n  prod: {{type: docker-image, image: \"{name}:7\"}}\n  \
                 dev: {{type: build, path: ./{name}}}\n"
            ),
        );
    }
}

/// Somebody wrote another package into the manifest, and something of his own into `pyproject.toml`.
fn edited(root: &Path) {
    let change = |path: &str, from: &str, to: &str| {
        let path = root.join(path);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{} has no {from:?}", path.display());
        fs::write(path, text.replace(from, to)).expect("a file");
    };
    change("hsm.yaml", "    - liba\n", "    - liba\n    - libb\n");
    change("hsm.yaml", "    - redis\n", "    - postgres\n");
    change("pyproject.toml", "[project]\n", "# mine\n[project]\n");
}

/// The project's file is a link to one elsewhere, which only its owner may read and which has an attribute.
fn linked(root: &Path) {
    let elsewhere = root.parent().expect("a place").join("elsewhere");
    fs::create_dir(&elsewhere).expect("a directory");
    let real = elsewhere.join("real.toml");
    fs::rename(root.join("pyproject.toml"), &real).expect("renamed");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).expect("a mode");
    // Not every file system has them; where it does they must stay.
    let _not_here = rustix::fs::setxattr(&real, "user.mine", b"kept", rustix::fs::XattrFlags::empty());
    symlink("../elsewhere/real.toml", root.join("pyproject.toml")).expect("a link");
}

fn read_only(root: &Path) {
    let mode = fs::Permissions::from_mode(0o444);
    fs::set_permissions(root.join("pyproject.toml"), mode).expect("a mode");
}

fn without_environment(root: &Path) {
    fs::remove_dir_all(root.join(".venv")).expect("removed");
}
