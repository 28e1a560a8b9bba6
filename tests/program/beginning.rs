//! A project that `init` made works at once, and goes on beside what was there, with the real package manager.

use std::fs;
use std::path::Path;

use crate::runs::{copy, fixtures, hsm};
use crate::support::have;

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().expect("below")).expect("made");
    fs::write(path, text).expect("written");
}

/// Begins a project beside these files; checks, syncs, and is up to date.
fn begin(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (path, text) in files {
        write(dir.path(), path, text);
    }
    hsm(dir.path(), &["init"]).ends_with(0);
    goes(dir.path());
    for (path, text) in files {
        assert_eq!(fs::read_to_string(dir.path().join(path)).expect("there"), *text, "{path}");
    }
    dir
}

fn goes(dir: &Path) {
    hsm(dir, &["check"]).ends_with(0);
    hsm(dir, &["sync", "--yes"]).ends_with(0);
    hsm(dir, &["status"]).ends_with(0);
}

/// Adds a package that is there as a checkout.
fn add_package(dir: &Path) {
    copy(&fixtures().join("rag-stack/packages/rag-core"), &dir.join("packages/rag-core"));
    let entry = "hsm-registry/packages/rag-core.yaml";
    fs::copy(fixtures().join("rag-stack").join(entry), dir.join(entry)).expect("copied");
    hsm(dir, &["package", "add", "rag-core", "--mode", "dev", "--sync", "--yes"]).ends_with(0);
    hsm(dir, &["status"]).ends_with(0);
}

#[test]
fn a_new_project_checks_syncs_and_is_up_to_date_at_once() {
    if have("a new project", &["uv"]) {
        let dir = begin(&[]);
        add_package(dir.path());
        assert!(dir.path().join(".venv").exists());
    }
}

#[test]
fn a_project_beside_what_is_there_goes_on_with_it() {
    if !have("a project beside what is there", &["uv"]) {
        return;
    }
    let python = "[project]\nname = \"shop\"\nversion = \"2.0\"\nrequires-python = \">=3.11\"\ndependencies = []   # none\n";
    let dir =
        begin(&[("pyproject.toml", python), ("compose.yaml", "services:\n  web: {image: \"nginx:1\"}\n")]);
    add_package(dir.path());
    let after = fs::read_to_string(dir.path().join("pyproject.toml")).expect("there");
    assert!(after.starts_with("[project]\nname = \"shop\"\nversion = \"2.0\"\n"), "{after}");
    assert!(after.contains("rag-core"), "{after}");

    let tools = "[tool.ruff]\nline-length = 100\n";
    let dir = begin(&[("pyproject.toml", tools)]);
    add_package(dir.path());
    let after = fs::read_to_string(dir.path().join("pyproject.toml")).expect("there");
    assert!(after.contains(tools) && after.contains("[project]"), "{after}");

    let dynamic = "[project]\nname = \"shop\"\nversion = \"2.0\"\nrequires-python = \">=3.11\"\ndynamic = [\"dependencies\"]\n\n[tool.setuptools.dynamic]\ndependencies = {file = [\"requirements.txt\"]}\n";
    let dir = begin(&[("pyproject.toml", dynamic), ("requirements.txt", "")]);
    add_package(dir.path());
    let after = fs::read_to_string(dir.path().join("pyproject.toml")).expect("there");
    assert!(after.starts_with(dynamic.trim_end()) && after.contains("[dependency-groups]"), "{after}");
}
