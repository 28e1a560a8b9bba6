//! What the options of a run mean with the real package manager: what moves, what is fetched, what is written.

use std::fs;

use crate::packages::Project;
use crate::runs::{Run, command};
use crate::support::{Picture, have};

const COMMITTED: [&str; 3] = ["hsm.lock", "pyproject.toml", "uv.lock"];

fn entry(lines: &[&str]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("\"{line}\"")).collect();
    format!("version: \"1.16.0\"\nsources: {{prod: {{type: pypi}}}}\ndependencies: [{}]\n", lines.join(", "))
}

/// What is locked of a distribution.
fn locked(project: &Project, name: &str) -> String {
    let text = project.text("uv.lock");
    let found = text
        .split_once(&format!("name = \"{name}\"\nversion = \""))
        .and_then(|(_, rest)| rest.split_once('"'));
    found.map(|(version, _)| version.to_owned()).unwrap_or_default()
}

/// Runs hsm with an empty cache of the tool.
fn without_cache(project: &Project, args: &[&str], code: i32) -> Run {
    let cache = tempfile::tempdir().expect("a temporary directory");
    let output = command(project.root(), args).env("UV_CACHE_DIR", cache.path()).output();
    Run::of(&output.expect("hsm can be started")).ends_with(code)
}

#[test]
fn locked_versions_move_when_they_are_asked_to() {
    if !have("locked_versions_move_when_they_are_asked_to", &["uv"]) {
        return;
    }
    let project = Project::new("uv", &[("six", &entry(&["idna<3.7", "attrs<24"]))]);
    project.run(&["lock"], 0);
    assert_eq!(
        (locked(&project, "idna"), locked(&project, "attrs")),
        ("3.6".to_owned(), "23.2.0".to_owned())
    );
    assert!(!project.root().join(".venv").exists(), "a lock installs nothing");
    project.entry("six", &entry(&["idna<3.9", "attrs<25"]));
    project.synced(&[]);
    assert_eq!(project.python("import idna; print(idna.__version__)"), "3.6", "what is locked is kept");
    project.synced(&["--upgrade", "idna"]);
    assert_eq!(
        (locked(&project, "idna"), locked(&project, "attrs")),
        ("3.8".to_owned(), "23.2.0".to_owned())
    );
    project.synced(&["--upgrade"]);
    assert_eq!(locked(&project, "attrs"), "24.3.0");
    assert_eq!(project.python("import idna; print(idna.__version__)"), "3.8");
}

#[test]
fn frozen_works_from_what_is_committed_and_locked_refuses_what_is_stale() {
    if !have("frozen_works_from_what_is_committed_and_locked_refuses_what_is_stale", &["uv"]) {
        return;
    }
    let project = Project::new("uv", &[("six", &entry(&["idna<3.7"]))]);
    project.synced(&[]);
    let committed = || Picture::of(project.root(), true, &[".hsm", ".venv", "hsm-registry"]);
    let before = committed();
    // a clone
    for own in [".venv", ".hsm"] {
        fs::remove_dir_all(project.root().join(own)).expect("removed");
    }
    project.run(&["sync", "--locked"], 0);
    assert_eq!(project.installed(), "idna six");
    fs::remove_dir_all(project.root().join(".venv")).expect("removed");
    // the registry wants something else now
    project.entry("six", &entry(&["idna<3.7", "attrs"]));
    let run = project.run(&["sync", "--locked"], 4);
    assert!(run.text().contains("pyproject.toml"), "{}", run.text());
    assert!(!project.root().join(".venv").exists());
    project.run(&["sync", "--frozen"], 0);
    assert_eq!(project.installed(), "idna six", "what is committed");
    assert_eq!(before.differences(&committed()), "");
    // a lock file that somebody else changed: hsm's own files are up to date
    project.entry("six", &entry(&["idna<3.7"]));
    let lock = project.text("uv.lock");
    project.write(
        "uv.lock",
        &lock.replacen(
            "{ name = \"idna\", specifier = \"<3.7\" }",
            "{ name = \"idna\", specifier = \"<3.5\" }",
            1,
        ),
    );
    let stale = project.text("uv.lock");
    assert_ne!(stale, lock);
    project.run(&["sync", "--locked"], 1);
    assert_eq!(project.text("uv.lock"), stale, "it was only looked at");
    fs::remove_file(project.root().join("uv.lock")).expect("removed");
    project.run(&["sync", "--frozen"], 1);
    project.synced(&[]);
    for file in COMMITTED {
        assert!(project.root().join(file).exists(), "{file}");
    }
}

#[test]
fn offline_fetches_nothing_and_fails_without_a_trace() {
    if !have("offline_fetches_nothing_and_fails_without_a_trace", &["uv"]) {
        return;
    }
    let project = Project::new("uv", &[("six", &entry(&[]))]);
    project.synced(&[]);
    let all = || Picture::of(project.root(), true, &[".hsm", "hsm-registry"]);
    let before = all();
    project.entry("six", &entry(&["idna==3.7"]));
    let run = without_cache(&project, &["sync", "--offline"], 1);
    assert!(run.stderr.contains("nothing may be fetched"), "{}", run.text());
    assert_eq!(before.differences(&all()), "");
    // what is in the cache is enough
    project.synced(&[]);
    fs::remove_dir_all(project.root().join(".venv")).expect("removed");
    project.run(&["sync", "--offline"], 0);
    assert_eq!(project.installed(), "idna six");
}

#[test]
fn one_side_leaves_the_other_alone() {
    if !have("one_side_leaves_the_other_alone", &["uv"]) {
        return;
    }
    let project = Project::new("uv", &[("six", &entry(&[]))]);
    project.write(
        "hsm-registry/containers/web.yaml",
        "name: web\nsources: {prod: {type: docker-image, image: \"web:1\"}}\n",
    );
    let manifest = project.text("hsm.yaml");
    project.write("hsm.yaml", &format!("{manifest}services: {{containers: [web]}}\n"));
    let there = || {
        ["pyproject.toml", "uv.lock", ".venv", "docker-compose.hpm.yml"]
            .into_iter()
            .filter(|path| project.root().join(path).exists())
            .collect::<Vec<_>>()
            .join(" ")
    };
    project.run(&["sync", "--only", "containers"], 0);
    assert_eq!(there(), "docker-compose.hpm.yml");
    fs::remove_file(project.root().join("docker-compose.hpm.yml")).expect("removed");
    project.run(&["sync", "--only", "packages"], 0);
    assert_eq!(there(), "pyproject.toml uv.lock .venv");
    project.synced(&[]);
    assert_eq!(there(), "pyproject.toml uv.lock .venv docker-compose.hpm.yml");
}
