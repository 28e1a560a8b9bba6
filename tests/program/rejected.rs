//! What uv rejects, and what else is offered after uv was asked: beside the project, and with nothing left of it.

use std::fs;
use std::path::Path;

use crate::runs::{Run, command};
use crate::support::{Picture, have};

/// A project with a client of which only uv knows that it clashes with a pin, and one in a checkout beside the project.
fn write(dir: &Path) {
    for (path, text) in [
        (
            "shop/hsm.yaml",
            "project: {name: shop, mode: dev}\ndependencies:\n  package_groups: {client: {selection: requests}}\n  packages: [pin]\n",
        ),
        (
            "shop/hsm-registry/package_groups/client.yaml",
            "name: client\ntype: package_group\nstrategy: 1-of-N\noptions: [{name: requests}, {name: own-client}]\n",
        ),
        (
            "shop/hsm-registry/packages/requests.yaml",
            "name: requests\nversion: 2.31.0\nsources: {prod: {type: pypi}}\n",
        ),
        (
            "shop/hsm-registry/packages/pin.yaml",
            "name: pin\nversion: 0.10.2\nsources: {prod: {type: pypi, name: toml}}\ndependencies: [\"urllib3<1.20\"]\n",
        ),
        (
            "shop/hsm-registry/packages/own-client.yaml",
            "name: own-client\nversion: 1.0.0\nsources: {dev: {type: local, path: ../own-client, editable: true}}\n",
        ),
        (
            "own-client/pyproject.toml",
            "[project]\nname = \"own-client\"\nversion = \"1.0.0\"\n\n[build-system]\nrequires = [\"uv_build\"]\nbuild-backend = \"uv_build\"\n",
        ),
        ("own-client/src/own_client/__init__.py", ""),
    ] {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
        fs::write(path, text).expect("written");
    }
}

#[test]
fn a_checkout_beside_the_project_is_tried_beside_the_project_and_nothing_is_left() {
    if !have("a checkout beside the project is tried", &["uv"]) {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    write(dir.path());
    let temporary = dir.path().join("temporary");
    fs::create_dir(&temporary).expect("a directory");
    let project = dir.path().join("shop");
    let run = |args: &[&str]| {
        Run::of(&command(&project, args).env("TMPDIR", &temporary).output().expect("hsm can be started"))
    };
    let before = Picture::of(dir.path(), true, &["shop/.hsm"]);
    // what the first run brought into uv's cache is enough for the second
    for args in [&["sync", "--yes"][..], &["sync", "--yes", "--offline"]] {
        let said = run(args).ends_with(1);
        assert!(
            said.stderr.contains("help: uv finds a solution with this: hsm group select client own-client\n"),
            "{}",
            said.text()
        );
        assert!(!said.stderr.contains("not tried"), "{}", said.text());
    }
    let after = Picture::of(dir.path(), true, &["shop/.hsm"]);
    let changed = before.differences(&after);
    // the directories themselves were written in meanwhile
    let files: Vec<&str> = changed.lines().filter(|line| !line.contains(": directory ")).collect();
    assert_eq!(files, Vec::<&str>::new());
    assert_eq!(fs::read_dir(&temporary).expect("readable").count(), 0, "something is left");
}
