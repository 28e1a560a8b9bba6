//! `package init` with the real tool: what it makes, and that a failure leaves nothing of it.

use std::fs;
use std::path::Path;

use crate::runs::{Run, command};
use crate::support::{Picture, have};

fn project(manifest: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir_all(dir.path().join("hsm-registry/packages")).expect("made");
    fs::write(dir.path().join("hsm.yaml"), manifest).expect("written");
    // a project of its own around it, that must not become a workspace
    let around = "[project]\nname = \"around\"\nversion = \"0\"\nrequires-python = \">=3.9\"\n";
    fs::write(dir.path().join("pyproject.toml"), around).expect("written");
    dir
}

fn hsm(dir: &Path, args: &[&str]) -> Run {
    Run::of(&command(dir, args).output().expect("hsm runs"))
}

#[test]
fn a_local_package_is_made_and_registered() {
    if !have("a_local_package_is_made_and_registered", &["uv"]) {
        return;
    }
    let dir = project("project: {name: demo}\n");
    let root = dir.path();
    let before = Picture::of(root, true, &[".hsm", "packages", "hsm-registry", "libs"]);
    hsm(root, &["package", "init", "rag-core", "--offline"]).ends_with(0);
    let entry = fs::read_to_string(root.join("hsm-registry/packages/rag-core.yaml")).expect("written");
    assert!(entry.contains("package.json\nname: rag-core\nversion: \"0.1.0\"\nsources:\n  dev:\n    type: local\n    path: ./packages/rag-core\n    editable: true\nrequires_python: \">=3.9\""), "{entry}");
    assert!(root.join("packages/rag-core/src/rag_core/__init__.py").is_file());
    let made = fs::read_to_string(root.join("packages/rag-core/pyproject.toml")).expect("written");
    assert!(made.contains("name = \"rag-core\"") && made.contains("[build-system]"), "{made}");
    let extra = ["packages/rag-core/.git", "packages/rag-core/.python-version", "packages/rag-core/uv.lock"];
    assert!(extra.iter().all(|path| !root.join(path).exists()));
    let run = hsm(
        &root.join("packages"),
        &["package", "init", "tool", "../libs/tool", "--app", "--offline", "--description", "A tool"],
    );
    let run = run.ends_with(0);
    assert!(run.stderr.contains("made ./libs/tool"), "{}", run.stderr);
    let made = fs::read_to_string(root.join("libs/tool/pyproject.toml")).expect("written");
    assert!(made.contains("[project.scripts]") && made.contains("description = \"A tool\""), "{made}");
    assert_eq!(
        before.differences(&Picture::of(root, true, &[".hsm", "packages", "hsm-registry", "libs"])),
        ""
    );
    // what the project says of Python holds for its packages
    assert!(made.contains("requires-python = \">=3.9\""), "{made}");
    hsm(root, &["package", "add", "rag-core", "tool"]).ends_with(0);
    hsm(root, &["check"]).ends_with(0);
}

#[test]
fn what_was_made_goes_again_when_it_cannot_be_registered() {
    if !have("what_was_made_goes_again_when_it_cannot_be_registered", &["uv"]) {
        return;
    }
    // the list comes from an anchor, so the package cannot be added to it
    let dir = project("project: {name: demo}\nx-list: &list []\ndependencies: {packages: *list}\n");
    let root = dir.path();
    fs::create_dir_all(root.join("empty")).expect("made");
    hsm(root, &["check"]).ends_with(0);
    let before = Picture::of(root, true, &[".hsm"]);
    for args in
        [&["package", "init", "a-b", "--add"][..], &["package", "init", "a-b", "deep/er/place", "--add"]]
    {
        let run = hsm(root, &[args, &["--offline"]].concat()).ends_with(2);
        assert!(run.stderr.contains("anchor"), "{}", run.stderr);
        assert_eq!(before.differences(&Picture::of(root, true, &[".hsm"])), "");
    }
    let before = Picture::of(root, false, &[".hsm"]);
    hsm(root, &["package", "init", "a-b", "empty", "--add", "--offline"]).ends_with(2);
    assert_eq!(before.differences(&Picture::of(root, false, &[".hsm"])), "", "an empty directory stays one");
    // the tool itself fails
    let run = hsm(root, &["package", "init", "a-b", "hsm.yaml/x", "--offline"]);
    assert_ne!(run.code, 0);
    assert_eq!(before.differences(&Picture::of(root, false, &[".hsm"])), "");
}
