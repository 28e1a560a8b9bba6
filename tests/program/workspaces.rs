//! Projects that are more than a list of packages, with real uv: published ones, whose packages come in a dependency group,
//! and workspaces.

use std::process::Command;

use crate::packages::Project;
use crate::support::{Picture, have};

const SIX: (&str, &str) = ("six", "version: \"1.16.0\"\nsources: {prod: {type: pypi}}\n");

/// A project that is built and published.
const PUBLISHED: &str = "[project]
name = \"app\"
version = \"1\"  # of what is published
requires-python = \">=3.9\"
dependencies = [\"idna==3.7\"]

[build-system]
requires = [\"setuptools>=61\"]
build-backend = \"setuptools.build_meta\"

[dependency-groups]
dev = [\"attrs\"]
";

fn into_group(project: &Project, group: &str, items: &str) {
    let text = format!(
        "project: {{name: demo}}\ndependencies:\n  into: {{group: {group}}}\n  packages: [{items}]\n"
    );
    project.write("hsm.yaml", &text);
}

/// Runs uv itself, as the user would.
fn uv(project: &Project, args: &[&str]) -> String {
    let out = Command::new("uv")
        .args(args)
        .current_dir(project.root())
        .env_remove("VIRTUAL_ENV")
        .output()
        .expect("runs");
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "uv {args:?}: {said}");
    said
}

#[test]
fn what_is_published_does_not_ask_for_the_packages_of_the_stack() {
    if !have("what_is_published_does_not_ask_for_the_packages_of_the_stack", &["uv"]) {
        return;
    }
    let project = Project::new("uv", &[SIX]);
    project.write("pyproject.toml", PUBLISHED);
    project.write("app.py", "import idna\n");
    into_group(&project, "Stack", "six");
    project.synced(&[]);
    assert_eq!(project.installed(), "app attrs idna six", "the user's own group too");
    let text = project.text("pyproject.toml");
    assert!(text.contains("default-groups = [\n    \"dev\",\n    \"Stack\",\n]\n"), "{text}");
    // the user's own commands leave it in place
    uv(&project, &["sync", "--locked"]);
    assert_eq!(project.installed(), "app attrs idna six");

    uv(&project, &["build", "--wheel", "--out-dir", "out"]);
    let code = "import zipfile, glob; wheel = zipfile.ZipFile(glob.glob('out/*.whl')[0]); \
                print(*[l for n in wheel.namelist() if n.endswith('METADATA') for l in wheel.read(n).decode().splitlines() \
                if l.startswith('Requires-Dist')])";
    let out = Command::new("python3").args(["-c", code]).current_dir(project.root()).output().expect("runs");
    assert_eq!(String::from_utf8_lossy(&out.stdout).trim(), "Requires-Dist: idna==3.7");

    into_group(&project, "Stack", "");
    project.synced(&[]);
    assert_eq!(project.text("pyproject.toml"), PUBLISHED);
    assert_eq!(project.installed(), "app attrs idna");
}

#[test]
fn default_groups_of_the_user_are_joined() {
    if !have("default_groups_of_the_user_are_joined", &["uv"]) {
        return;
    }
    for (own, expect) in [
        ("[\"docs\"]", "[\"docs\", \"stack\"]"),
        ("[\"docs\", \"STACK\"]", "[\"docs\", \"STACK\"]"),
        ("\"all\"", "\"all\""),
    ] {
        let project = Project::new("uv", &[SIX]);
        let mine = format!(
            "[project]\nname = \"app\"\nversion = \"1\"\nrequires-python = \">=3.9\"\ndependencies = []\n\n\
             [dependency-groups]\ndocs = [\"idna==3.7\"]\nstack = []\n\n[tool.uv]\ndefault-groups = {own}\n"
        );
        project.write("pyproject.toml", &mine);
        into_group(&project, "stack", "six");
        project.synced(&[]);
        assert_eq!(project.installed(), "idna six", "{own}");
        let text = project.text("pyproject.toml");
        assert!(text.contains(&format!("default-groups = {expect}\n")), "{text}");
        into_group(&project, "stack", "");
        project.synced(&[]);
        assert_eq!(project.text("pyproject.toml"), mine);
    }
}

const MEMBER: &str = "[project]\nname = \"libm\"  # a member\nversion = \"1.0\"\nrequires-python = \">=3.9\"\ndependencies = []\n";
const MEMBERS: &str = "[tool.uv.workspace]\nmembers = [\"packages/*\"]\n";
const LIBM: (&str, &str) = ("libm", "version: \"1.0\"\nsources: {dev: {type: workspace}}\n");

/// A workspace with one member.
fn workspace(root: &str) -> Project {
    let project = Project::new("uv", &[SIX, LIBM]);
    project.write("pyproject.toml", root);
    project.write("packages/libm/pyproject.toml", MEMBER);
    project.write("packages/libm/libm.py", "value = 1\n");
    project
}

#[test]
fn members_of_a_workspace_are_used_as_they_are() {
    if !have("members_of_a_workspace_are_used_as_they_are", &["uv"]) {
        return;
    }
    let root = format!(
        "[project]\nname = \"app\"\nversion = \"1\"\nrequires-python = \">=3.9\"\ndependencies = []\n\n{MEMBERS}"
    );
    let project = workspace(&root);
    let members = || {
        Picture::of(
            &project.root().join("packages"),
            false,
            &["libm/build", "libm/libm.egg-info", "libm/__pycache__"],
        )
    };
    let before = members();
    project.synced(&[]);
    assert_eq!(project.installed(), "libm six");
    assert!(project.python("import libm; print(libm.__file__)").contains("packages/libm"), "in place");
    assert_eq!(before.differences(&members()), "");
    // what a member says is locked with the workspace
    project.write(
        "packages/libm/pyproject.toml",
        &MEMBER.replace("dependencies = []", "dependencies = [\"idna==3.7\"]"),
    );
    project.synced(&[]);
    assert_eq!(project.installed(), "idna libm six");
    project.want("");
    project.synced(&[]);
    assert_eq!(project.text("pyproject.toml"), root);
}

#[test]
fn a_workspace_without_a_project_at_its_root_stays_one() {
    if !have("a_workspace_without_a_project_at_its_root_stays_one", &["uv"]) {
        return;
    }
    let project = workspace(MEMBERS);
    let run = project.run(&["sync"], 2);
    assert!(run.stderr.contains("HSM-E329") && run.stderr.contains("into: {group: NAME}"), "{}", run.text());
    assert_eq!(project.text("pyproject.toml"), MEMBERS);
    into_group(&project, "stack", "six, libm");
    project.synced(&[]);
    assert_eq!(project.installed(), "libm six");
    assert!(!project.text("pyproject.toml").contains("[project]"), "{}", project.text("pyproject.toml"));
    into_group(&project, "stack", "");
    project.synced(&[]);
    assert_eq!(project.text("pyproject.toml"), MEMBERS);
}

#[test]
fn a_member_s_own_project_is_refused_and_nothing_of_the_workspace_changes() {
    let outer = tempfile::tempdir().expect("a temporary directory");
    let root = outer.path().canonicalize().expect("there");
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("pyproject.toml", MEMBERS);
    write("packages/libm/pyproject.toml", MEMBER);
    write("packages/libm/hsm.yaml", "project: {name: demo}\ndependencies: {packages: [six]}\n");
    write("packages/libm/hsm-registry/packages/six.yaml", &format!("name: six\n{}", SIX.1));
    let before = Picture::of(&root, true, &[]);
    let run = crate::runs::hsm(&root.join("packages/libm"), &["sync"]).ends_with(2);
    assert!(run.stderr.contains("HSM-E324"), "{}", run.text());
    assert_eq!(before.differences(&Picture::of(&root, true, &[])), "");
}
