//! uv as the package manager, with the real index: what of the user's is handed over.

use crate::packages::Project;
use crate::support::{Picture, have};

const SIX: (&str, &str) = ("six", "version: \"1.16.0\"\nsources: {prod: {type: pypi}}\n");

/// What the user wrote of six clashes with the stack, in its version and in its source.
const MINE: &str = "[project]
name = \"app\"  # mine
version = \"1\"
requires-python = \">=3.9\"
dependencies = [
    'idna==3.7',  # for names
    \"Six<1.16\",   # old
]

[tool.uv.sources]
Six = { path = \"vendored/six\" }  # ours
";

#[test]
fn what_the_user_wrote_of_a_package_is_handed_over_and_goes_with_it() {
    if !have("what_the_user_wrote_of_a_package_is_handed_over_and_goes_with_it", &["uv"]) {
        return;
    }
    let project = Project::new("uv", &[SIX]);
    project.want("");
    project.write("pyproject.toml", MINE);
    let all = || Picture::of(project.root(), false, &[".hsm"]);
    let before = all();
    // without it, the user's line and the stack's cannot hold together
    let refused = project.run(&["package", "add", "six"], 3);
    assert!(refused.text().contains("`<1.16` (pyproject.toml)"), "{}", refused.text());
    assert_eq!(before.differences(&all()), "");

    let run = project.run(&["package", "add", "six", "--adopt"], 0);
    let shown = [
        "-    \"Six<1.16\",   # old",
        "+    \"six==1.16.0\",   # old",
        "-Six = { path = \"vendored/six\" }  # ours",
    ];
    for line in shown {
        assert!(run.stderr.contains(line), "{line}\n---\n{}", run.text());
    }
    let after = project.text("pyproject.toml");
    assert!(after.starts_with(&MINE[..MINE.find("    \"Six").expect("there")]), "{after}");
    assert!(after.contains("    \"six==1.16.0\",   # old\n]\n") && !after.contains("vendored"), "{after}");
    assert_eq!(project.installed(), "idna six");
    project.synced(&[]);

    project.run(&["package", "remove", "six", "--sync"], 0);
    let left = MINE
        .replace("    \"Six<1.16\",   # old", "    # old")
        .replace("Six = { path = \"vendored/six\" }  # ours\n", "# ours\n");
    assert_eq!(project.text("pyproject.toml"), left);
    assert_eq!(project.installed(), "idna");
}

#[test]
fn handing_over_is_all_or_nothing() {
    if !have("handing_over_is_all_or_nothing", &["uv"]) {
        return;
    }
    let gone = ("six", "version: \"99.0\"\nsources: {prod: {type: pypi}}\n");
    let project = Project::new("uv", &[gone]);
    project.want("");
    project.write("pyproject.toml", MINE);
    let all = || Picture::of(project.root(), false, &[".hsm"]);
    let before = all();
    let run = project.run(&["add", "six", "--adopt"], 1);
    assert!(run.text().contains("there is no six==99.0 on the package index"), "{}", run.text());
    assert_eq!(before.differences(&all()), "");
}

#[test]
fn only_packages_of_a_tool_that_writes_the_user_s_file_are_handed_over() {
    let project = Project::new("pip", &[SIX]);
    project.want("");
    project.write(
        "hsm-registry/containers/web.yaml",
        "name: web\nsources: {prod: {type: docker-image, image: \"web:1\"}}\n",
    );
    let run = project.run(&["package", "add", "six", "--adopt"], 2);
    assert!(run.stderr.contains("pip writes into no file of yours"), "{}", run.text());
    let project = Project::new("uv", &[]);
    project.write(
        "hsm-registry/containers/web.yaml",
        "name: web\nsources: {prod: {type: docker-image, image: \"web:1\"}}\n",
    );
    let run = project.run(&["add", "web", "--adopt"], 2);
    assert!(run.stderr.contains("container:web is no package"), "{}", run.text());
}
