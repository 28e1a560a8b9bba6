//! pip as the package manager, with the real index: versions move only when they are asked to, the environment holds what
//! is wanted, and another package manager can take over and give back.

use std::fs;
use std::process::Command;

use crate::packages::Project;
use crate::runs::hsm;
use crate::support::{Picture, have};

const LOCK: &str = "constraints.hpm.txt";

/// What is locked of a distribution.
fn locked(project: &Project, name: &str) -> String {
    let text = project.text(LOCK);
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{name}=")) || line.starts_with(&format!("{name} ")));
    line.unwrap_or_default().to_owned()
}

#[test]
fn versions_move_only_when_they_are_asked_to() {
    if !have("versions_move_only_when_they_are_asked_to", &["pip"]) {
        return;
    }
    let entry = |line: &str| {
        format!("version: \"1.16.0\"\nsources: {{prod: {{type: pypi}}}}\ndependencies: [\"{line}\", attrs]\n")
    };
    let project = Project::new("pip", &[("six", &entry("idna<3.7"))]);
    project.run(&["lock"], 0);
    assert_eq!(locked(&project, "idna"), "idna==3.6");
    assert!(!project.root().join(".venv").exists(), "a lock installs nothing");
    project.synced(&[]);
    assert_eq!(project.installed(), "attrs idna six");
    project.entry("six", &entry("idna"));
    project.synced(&[]);
    assert_eq!(locked(&project, "idna"), "idna==3.6", "what is locked is kept");
    project.entry("six", &entry("idna>=3.7,<3.9"));
    project.synced(&[]);
    assert_eq!(locked(&project, "idna"), "idna==3.8", "unless it cannot be");
    project.entry("six", &entry("idna<3.10"));
    let attrs = locked(&project, "attrs");
    project.synced(&["--upgrade", "attrs"]);
    assert_eq!(locked(&project, "idna"), "idna==3.8");
    assert_eq!(locked(&project, "attrs"), attrs, "it was the newest");
    project.synced(&["--upgrade"]);
    assert_eq!(locked(&project, "idna"), "idna==3.9");
    assert_eq!(project.python("import idna; print(idna.__version__)"), "3.9");

    // what is wanted less needs no network
    project.entry("six", "version: \"1.16.0\"\nsources: {prod: {type: pypi}}\n");
    project.synced(&["--offline"]);
    assert_eq!(project.installed(), "six");
    project.want("");
    project.synced(&[]);
    assert_eq!(project.installed(), "");
    assert!(!project.root().join(LOCK).exists());
}

#[test]
fn the_environment_holds_what_is_wanted_and_nothing_else() {
    if !have("the_environment_holds_what_is_wanted_and_nothing_else", &["pip"]) {
        return;
    }
    let project = Project::new(
        "pip",
        &[
            ("requests", "version: \"2.31.0\"\nsources: {prod: {type: pypi, extras: [socks]}}\n"),
            ("six", "version: \"1.16.0\"\nsources: {prod: {type: pypi}}\n"),
            ("elsewhere", "version: \"1.0\"\nsources: {prod: {type: pypi, name: tomli, version: \"*\"}}\n"),
        ],
    );
    project.want("requests, six, {name: elsewhere, marker: \"python_version < '3'\"}");
    project.synced(&[]);
    assert_eq!(project.installed(), "certifi charset-normalizer idna pysocks requests six urllib3");
    let before = Picture::of(project.root(), true, &[".hsm"]);
    project.synced(&[]);
    assert_eq!(before.differences(&Picture::of(project.root(), true, &[".hsm"])), "");

    // by hand: one more, another version, and files that are gone
    let pip = |args: &[&str]| {
        let done = Command::new(project.root().join(".venv/bin/python"))
            .args(["-m", "pip", "-q"])
            .args(args)
            .status();
        assert!(done.expect("runs").success(), "{args:?}");
    };
    pip(&["install", "attrs", "six==1.15.0"]);
    let site = project.python("import idna, os; print(os.path.dirname(idna.__file__))");
    fs::remove_dir_all(site).expect("removed");
    project.synced(&[]);
    assert_eq!(project.installed(), "certifi charset-normalizer idna pysocks requests six urllib3");
    assert_eq!(project.python("import idna, six; print(six.__version__)"), "1.16.0");

    // a clone
    for own in [".venv", ".hsm"] {
        fs::remove_dir_all(project.root().join(own)).expect("removed");
    }
    let committed = Picture::of(project.root(), false, &[".hsm", ".venv"]);
    project.run(&["sync", "--frozen"], 0);
    assert_eq!(committed.differences(&Picture::of(project.root(), false, &[".hsm", ".venv"])), "");
    assert_eq!(project.installed(), "certifi charset-normalizer idna pysocks requests six urllib3");
    project.run(&["sync", "--locked"], 0);
}

#[test]
fn a_repository_is_locked_at_a_commit() {
    if !have("a_repository_is_locked_at_a_commit", &["pip"]) {
        return;
    }
    let repository = tempfile::tempdir().expect("a temporary directory");
    let git = |args: &[&str]| {
        let done =
            Command::new("git").current_dir(repository.path()).args(args).output().expect("git is there");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    };
    let commit = |value: &str| {
        let dir = repository.path().join("python");
        fs::create_dir_all(&dir).expect("made");
        fs::write(dir.join("pyproject.toml"), "[project]\nname = \"lib\"\nversion = \"1.0\"\n")
            .expect("written");
        fs::write(dir.join("lib.py"), format!("value = '{value}'\n")).expect("written");
        git(&["add", "."]);
        git(&["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", value]);
        git(&["rev-parse", "HEAD"])
    };
    git(&["init", "-q", "-b", "main"]);
    let first = commit("first");
    let entry = format!(
        "version: \"1.0\"\nsources:\n  prod: {{type: git, url: \"file://{}\", branch: main, subdirectory: python}}\n",
        repository.path().display()
    );
    let project = Project::new("pip", &[("lib", &entry)]);
    project.synced(&[]);
    assert_eq!(project.python("import lib; print(lib.value)"), "first");
    assert!(
        locked(&project, "lib").contains(&format!("@{first}#subdirectory=python  # main")),
        "{}",
        locked(&project, "lib")
    );
    let second = commit("second");
    fs::remove_dir_all(project.root().join(".venv")).expect("removed");
    project.synced(&[]);
    assert_eq!(project.python("import lib; print(lib.value)"), "first", "what is locked is kept");
    project.synced(&["--upgrade", "lib"]);
    assert_eq!(project.python("import lib; print(lib.value)"), "second");
    assert!(locked(&project, "lib").contains(&second));
}

#[test]
fn what_pip_refuses_is_explained_and_nothing_changes() {
    if !have("what_pip_refuses_is_explained_and_nothing_changes", &["pip"]) {
        return;
    }
    let entry = |rest: &str| format!("version: \"1.16.0\"\nsources: {{prod: {{type: pypi}}}}\n{rest}");
    let project = Project::new("pip", &[("six", &entry(""))]);
    project.synced(&[]);
    let before = || Picture::of(project.root(), false, &[".hsm", "hsm-registry"]);
    let state = before();
    for (rest, args, code, words) in [
        (
            "dependencies: [\"requests==2.31.0\", \"idna<2\"]\n",
            &["sync"][..],
            1,
            "no versions of the Python packages can hold together",
        ),
        (
            "dependencies: [\"attrs==0.0.77\"]\n",
            &["sync"],
            1,
            "there is no attrs==0.0.77 on the package index",
        ),
        ("dependencies: [attrs]\n", &["sync", "--offline"], 1, "attrs is not on this machine"),
        ("requires_python: \">=3.99\"\n", &["sync"], 1, "this Python does not suit the stack"),
        ("dependencies: [attrs]\n", &["sync", "--locked"], 4, "requirements.hpm.txt"),
    ] {
        project.entry("six", &entry(rest));
        let run = project.run(args, code);
        assert!(run.text().contains(words), "{rest}: {}", run.text());
        assert_eq!(state.differences(&before()), "", "{rest}");
    }
}

#[test]
fn another_package_manager_takes_over_and_gives_back() {
    if !have("another_package_manager_takes_over_and_gives_back", &["pip", "uv"]) {
        return;
    }
    let project = Project::new(
        "pip",
        &[("six", "version: \"1.16.0\"\nsources: {prod: {type: pypi}}\ndependencies: [idna]\n")],
    );
    let mine = "[project]\nname = \"app\"  # mine\nversion = \"1\"\nrequires-python = \">=3.9\"\ndependencies = [\n    'attrs',\n]\n";
    fs::write(project.root().join("pyproject.toml"), mine).expect("written");
    project.synced(&[]);
    assert_eq!(project.text("pyproject.toml"), mine, "pip's user's file is not written");
    assert_eq!(project.installed(), "attrs idna six");

    let run = project.run(&["python-manager", "set", "uv", "--sync"], 0);
    assert!(run.text().contains("remove requirements.hpm.txt"), "{}", run.text());
    assert!(!project.root().join(LOCK).exists());
    assert!(project.text("pyproject.toml").contains("six==1.16.0"));
    assert_eq!(project.installed(), "attrs idna six");
    project.synced(&[]);

    let run = project.run(&["python-manager", "set", "pip", "--sync"], 0);
    assert!(run.text().contains("HSM-W330") && run.text().contains("uv.lock"), "{}", run.text());
    assert_eq!(project.text("pyproject.toml"), mine, "hsm's lines are gone, and nothing else");
    assert_eq!(project.installed(), "attrs idna six");
    project.synced(&[]);
    let run = project.run(&["python-manager", "get"], 0);
    assert_eq!(run.stdout, "pip\n");
}

#[test]
fn the_example_can_be_installed_with_pip() {
    if !have("the_example_can_be_installed_with_pip", &["pip", "compose"]) {
        return;
    }
    let dir = crate::runs::example();
    hsm(dir.path(), &["python-manager", "set", "pip", "--sync"]).ends_with(0);
    let code = "import rag_core, rag_ingest, qdrant_adapter, structlog; print(rag_core.__file__)";
    let out = Command::new(dir.path().join(".venv/bin/python")).args(["-c", code]).output().expect("runs");
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(said.contains("packages/rag-core"), "in place: {said}{}", String::from_utf8_lossy(&out.stderr));
    let again = hsm(dir.path(), &["sync"]).ends_with(0);
    assert!(again.text().contains("nothing to do"), "{}", again.text());
}
