//! uv as the package manager, with the real index: what of the user's is handed over, and which index is asked for
//! what.

use crate::index::Index;
use crate::packages::Project;
use crate::runs::{Run, command};
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

/// Runs hsm where that index is the usual one.
#[track_caller]
fn run_with(project: &Project, usual: &Index, env: &[(String, &str)], args: &[&str], code: i32) -> Run {
    let mut command = command(project.root(), args);
    for name in ["UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"] {
        command.env_remove(name);
    }
    command.env("UV_DEFAULT_INDEX", usual.url()).env("NO_PROXY", "127.0.0.1").envs(env.iter().cloned());
    Run::of(&command.output().expect("hsm can be started")).ends_with(code)
}

#[test]
fn no_stranger_s_package_is_taken_for_one_of_a_private_index() {
    if !have("no_stranger_s_package_is_taken_for_one_of_a_private_index", &["uv"]) {
        return;
    }
    // of both names the stranger has the higher version
    let own = Index::new(&[("corpapp", "1.0", &["corplib>=1"]), ("corplib", "1.5", &[])], None);
    let public =
        Index::new(&[("corplib", "99.0", &[]), ("corpapp", "99.0", &[]), ("other", "2.0", &[])], None);
    let from = |index: &Index| format!("sources: {{prod: {{type: pypi, index: \"{}\"}}}}\n", index.url());
    let project = Project::new(
        "uv",
        &[
            ("corpapp", &format!("{}implies: {{package:corplib: \">=1\"}}\n", from(&own))),
            ("corplib", &from(&own)),
            ("other", "sources: {prod: {type: pypi}}\n"),
        ],
    );
    project.want("corpapp, other");
    run_with(&project, &public, &[], &["sync"], 0);
    let versions = project
        .python("import corpapp, corplib, other; print(corpapp.version, corplib.version, other.version)");
    assert_eq!(versions, "1.0 1.5 2.0");
    assert_eq!(
        (own.asked().join(" "), public.asked().join(" ")),
        ("corpapp corplib".to_owned(), "other".to_owned())
    );
    let text = project.text("pyproject.toml");
    let index =
        format!("[[tool.uv.index]]\nname = \"{}\"\nurl = \"{}\"\nexplicit = true\n", own.name(), own.url());
    assert_eq!(text.matches(&index).count(), 1, "{text}");
    // an upgrade does not ask elsewhere either
    own.add("corplib", "1.6", &[]);
    run_with(&project, &public, &[], &["sync", "--upgrade"], 0);
    assert_eq!(project.python("import corplib; print(corplib.version)"), "1.6");
    assert_eq!(public.asked().join(" "), "other");
    // the control: without its index the stranger's would come
    project.entry("corplib", "sources: {prod: {type: pypi}}\n");
    run_with(&project, &public, &[], &["sync", "--upgrade"], 0);
    assert_eq!(project.python("import corplib; print(corplib.version)"), "99.0");
}

#[test]
fn a_password_of_an_index_comes_from_the_environment_and_is_written_nowhere() {
    if !have("a_password_of_an_index_comes_from_the_environment_and_is_written_nowhere", &["uv"]) {
        return;
    }
    // `me:hunter2` in base64
    let own = Index::new(&[("corplib", "1.5", &[])], Some("bWU6aHVudGVyMg=="));
    let public = Index::new(&[], None);
    let entry =
        |url: &str| format!("version: \"1.5\"\nsources: {{prod: {{type: pypi, index: \"{url}\"}}}}\n");
    let project = Project::new("uv", &[("corplib", &entry(&own.url()))]);
    let refused = run_with(&project, &public, &[], &["sync"], 1);
    assert!(!project.root().join("uv.lock").exists(), "{}", refused.text());
    let variable = |what: &str| format!("UV_INDEX_{}_{what}", own.name().to_uppercase().replace('-', "_"));
    let env = [(variable("USERNAME"), "me"), (variable("PASSWORD"), "hunter2")];
    run_with(&project, &public, &env, &["sync"], 0);
    assert_eq!(project.python("import corplib; print(corplib.version)"), "1.5");
    for file in ["pyproject.toml", "uv.lock", "hsm.lock"] {
        assert!(!project.text(file).contains("hunter2"), "{file}");
    }
    for (user, why) in
        [("me:hunter2", "it holds a password"), ("me:${PW}", "nothing puts a value into `${…}` there")]
    {
        project.entry("corplib", &entry(&own.url().replace("127", &format!("{user}@127"))));
        let run = run_with(&project, &public, &env, &["sync"], 2);
        assert!(run.stderr.contains(why), "{}", run.text());
        assert!(!run.text().contains("hunter2"), "{}", run.text());
    }
}

#[test]
fn settings_of_entries_reach_uv_and_one_that_it_does_not_know_is_no_success() {
    if !have("settings_of_entries_reach_uv_and_one_that_it_does_not_know_is_no_success", &["uv"]) {
        return;
    }
    let entry = |settings: &str| format!("{}uv: {{{settings}}}\n", SIX.1);
    let project = Project::new("uv", &[("six", &entry(""))]);
    project.write("pyproject.toml", "[project]\nname = \"app\"\nversion = \"1\"\nrequires-python = \">=3.9\"\ndependencies = [\"idna\"]\n");
    let mine = project.text("pyproject.toml");
    project
        .entry("six", &entry("constraint-dependencies: [\"idna<3.7\"], exclude-newer: 2024-03-01T00:00:00Z"));
    project.synced(&[]);
    assert_eq!(project.python("import idna; print(idna.__version__)"), "3.6");
    // what is overridden is not compared in the solve, and uv takes it
    project.entry("six", &entry("override-dependencies: [\"six==1.15.0\"]"));
    project.synced(&[]);
    assert_eq!(project.python("import six; print(six.__version__)"), "1.15.0");

    let state = || Picture::of(project.root(), false, &[".hsm", "hsm-registry", "uv.toml"]);
    let before = state();
    for (settings, words) in [
        ("prerelease: always", "unknown variant `always`"),
        ("quite-new-and-shiny: true", "unknown field `quite-new-and-shiny`"),
    ] {
        project.entry("six", &entry(settings));
        let run = project.run(&["sync"], 1);
        assert!(
            run.stderr.contains("would go on without any of them") && run.stderr.contains(words),
            "{}",
            run.text()
        );
        assert_eq!(before.differences(&state()), "", "{settings}");
    }
    project.write("uv.toml", "compile-bytecode = false\n");
    project.entry("six", &entry("no-build-isolation-package: [six]"));
    let run = project.run(&["sync"], 2);
    assert!(
        run.stderr.contains("HSM-E328") && run.stderr.contains("there is a file uv.toml"),
        "{}",
        run.text()
    );
    assert_eq!(before.differences(&state()), "");
    // this one uv reads with the project
    project.entry("six", &entry("constraint-dependencies: [\"idna<3.6\"]"));
    project.run(&["sync"], 0);
    assert_eq!(project.python("import idna; print(idna.__version__)"), "3.5");
    project.want("");
    project.synced(&[]);
    assert_eq!(project.text("pyproject.toml"), mine);
}

#[test]
fn the_shell_does_not_decide_what_is_installed_but_where_it_comes_from() {
    if !have("the_shell_does_not_decide_what_is_installed_but_where_it_comes_from", &["uv"]) {
        return;
    }
    let public = Index::new(&[("other", "2.0", &[])], None);
    let project = Project::new(
        "uv",
        &[
            ("other", "sources: {prod: {type: pypi}}\n"),
            ("liba", "version: \"1.0\"\nsources: {prod: {type: local, path: ./liba}}\n"),
        ],
    );
    let backend = "import os, zipfile\ndef build_wheel(where, config_settings=None, metadata_directory=None):\n    \
                   with zipfile.ZipFile(os.path.join(where, 'liba-1.0-py3-none-any.whl'), 'w') as wheel:\n        \
                   wheel.writestr('liba.py', '')\n        \
                   wheel.writestr('liba-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: liba\\nVersion: 1.0\\n')\n        \
                   wheel.writestr('liba-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n        \
                   wheel.writestr('liba-1.0.dist-info/RECORD', '')\n    return 'liba-1.0-py3-none-any.whl'\n";
    project.write("liba/backend.py", backend);
    project.write("liba/pyproject.toml", "[project]\nname = \"liba\"\nversion = \"1.0\"\n[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n");
    let env: Vec<(String, &str)> = [
        "UV_NO_SOURCES",
        "UV_NO_INSTALL_PROJECT",
        "UV_NO_INSTALL_WORKSPACE",
        "UV_NO_INSTALL_LOCAL",
        "UV_NO_SYNC",
        "UV_FROZEN",
        "UV_NO_DEFAULT_GROUPS",
        "UV_ISOLATED",
    ]
    .map(|name| (name.to_owned(), "1"))
    .into_iter()
    .chain([("UV_NO_INSTALL_PACKAGE".to_owned(), "other"), ("UV_PROJECT".to_owned(), "/nowhere")])
    .collect();
    run_with(&project, &public, &env, &["sync"], 0);
    assert_eq!(project.installed(), "liba other", "and it came from the index that the shell names");
    assert_eq!(public.asked(), ["other"]);
    let python = [("UV_PYTHON".to_owned(), "no-such-python")];
    std::fs::remove_dir_all(project.root().join(".venv")).expect("removed");
    let run = run_with(&project, &public, &python, &["sync"], 1);
    assert!(run.stderr.contains("no-such-python"), "the user's Python is asked for: {}", run.text());
}
