//! How a project begins: `init` beside what is there, schemas for editors, and which adapters do the work.

use std::fs;

use super::{Exit, Project, Run};

/// A directory with these files, in which a project is begun.
fn begun(files: &[(&str, &str)]) -> (Project, Run) {
    let project = Project::of_containers();
    for (path, text) in files {
        project.write(&format!("new/{path}"), text);
    }
    fs::create_dir_all(project.path("new")).expect("made");
    let run = project.run(&["-C", "new", "init"]).ends(Exit::Done);
    for (path, text) in files.iter().filter(|(path, _)| *path != ".gitignore") {
        assert_eq!(project.read(&format!("new/{path}")), *text, "{path} was changed");
    }
    project.run(&["-C", "new", "check"]).ends(Exit::Done);
    project.run(&["-C", "new", "plan"]).ends(Exit::Done);
    (project, run)
}

#[test]
fn init_takes_the_name_and_version_of_what_is_there() {
    let (project, run) =
        begun(&[("pyproject.toml", "[project]\nname = \"My_App\"\nversion = \"1.10\"\ndependencies = []\n")]);
    let text = project.read("new/hsm.yaml");
    assert!(text.contains("project:\n  name: My_App\n  version: \"1.10\"\n"), "{text}");
    assert!(run.err.contains("note: `pyproject.toml` stays as it is"), "{}", run.err);

    let (project, _) = begun(&[("pyproject.toml", "[project]\nname = 'on'\ndynamic = ['version']\n")]);
    let text = project.read("new/hsm.yaml");
    assert!(text.contains("project:\n  name: \"on\"\n  mode: prod\n"), "{text}");
}

#[test]
fn init_says_what_a_sync_does_with_a_file_that_lacks_what_it_needs() {
    let (project, run) = begun(&[("pyproject.toml", "[tool.ruff]\nline-length = 100\n")]);
    assert!(project.read("new/hsm.yaml").contains("  name: new\n  version: 0.1.0\n"));
    assert!(run.err.contains("it has no `[project]` yet: a sync with packages adds one"), "{}", run.err);

    let (_, run) = begun(&[("pyproject.toml", "[build-system]\nrequires = []\n")]);
    assert!(run.err.contains("write one before you add packages"), "{}", run.err);

    let (project, run) =
        begun(&[("pyproject.toml", "[project]\nname = 'a'\nversion = '1'\ndynamic = ['dependencies']\n")]);
    assert!(project.read("new/hsm.yaml").contains("  into: {group: stack}\n"));
    assert!(run.err.contains("packages go to its dependency group `stack`"), "{}", run.err);
}

#[test]
fn init_writes_nothing_beside_a_file_that_cannot_be_read() {
    let project = Project::of_containers();
    project.write("new/pyproject.toml", "[project\n");
    let run = project.run(&["init", "new"]).ends(Exit::Wrong);
    assert!(run.err.contains("is not TOML; nothing was written"), "{}", run.err);
    let there: Vec<_> = fs::read_dir(project.path("new")).expect("there").collect();
    assert_eq!(there.len(), 1);
}

#[test]
fn init_names_the_users_own_files_of_the_engine_in_the_order_in_which_it_takes_them() {
    let web = "services:\n  web: {image: \"nginx:1\"}\n";
    let over = "services:\n  web: {ports: [\"80:80\"]}\n";
    for (files, named) in [
        (&["docker-compose.yml"][..], "[docker-compose.yml]"),
        (&["docker-compose.yml", "compose.yaml"], "[compose.yaml]"),
        (&["compose.yml", "docker-compose.override.yml"], "[compose.yml, docker-compose.override.yml]"),
    ] {
        let texts: Vec<(&str, &str)> =
            files.iter().map(|file| (*file, if file.contains("over") { over } else { web })).collect();
        let (project, run) = begun(&texts);
        let text = project.read("new/hsm.yaml");
        assert!(text.contains(&format!("  compose_files: {named}\n")), "{text}");
        assert!(run.err.contains("under `services.compose_files`"), "{}", run.err);
    }
    let (project, _) = begun(&[("docker-compose.override.yml", over), ("docker-compose.hpm.yml", web)]);
    assert!(!project.read("new/hsm.yaml").contains("compose_files"));
}

#[test]
fn init_keeps_local_values_out_of_git_where_there_is_git() {
    let (project, _) = begun(&[]);
    assert!(!project.path("new/.gitignore").exists());
    for (before, after) in [
        (None, "hsm.local.yaml\n"),
        (Some("a\r\nb"), "a\r\nb\r\nhsm.local.yaml\r\n"),
        (Some("/hsm.local.yaml\n"), "/hsm.local.yaml\n"),
    ] {
        let mut files = vec![(".git/HEAD", "ref: refs/heads/main\n")];
        files.extend(before.map(|text| (".gitignore", text)));
        let (project, run) = begun(&files);
        assert_eq!(project.read("new/.gitignore"), after);
        let said = run.err.contains("`hsm.local.yaml` was added to .gitignore");
        assert_eq!(said, before != Some(after), "{}", run.err);
    }
    // a project in a folder of a work tree has its own
    let project = Project::of_containers();
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    project.run(&["init", "new"]).ends(Exit::Done);
    assert_eq!(project.read("new/.gitignore"), "hsm.local.yaml\n");
    assert!(!project.path(".gitignore").exists());
}

#[test]
fn a_wrong_example_is_told_with_those_that_there_are() {
    let project = Project::of_containers();
    let run = project.run(&["init", "x", "--example", "rag-stak"]).ends(Exit::Wrong);
    assert!(run.err.contains("did you mean `rag-stack`?\n       there is: rag-stack"), "{}", run.err);
}

#[test]
fn the_schemas_are_listed_and_printed() {
    let project = Project::of_containers();
    let listed = project.run(&["schema"]).ends(Exit::Done);
    let names: Vec<&str> = listed.out.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["manifest", "package", "container", "group", "registry"]);
    for name in names {
        let printed = project.run(&["-C", "/", "schema", name]).ends(Exit::Done);
        let value: serde_json::Value = serde_json::from_str(&printed.out).expect("JSON");
        assert_eq!(value["$schema"], "http://json-schema.org/draft-07/schema#");
    }
    project.run(&["schema", "manifesto"]).ends(Exit::Wrong);
    // there is none of a project: nothing is written anywhere
    project.run(&["-C", "/", "schema", "--write"]).ends(Exit::Wrong);
}

#[test]
fn the_schemas_are_written_by_what_writes_and_only_when_they_differ() {
    let project = Project::of_containers();
    let path = ".hsm/schemas/manifest.json";
    for args in [&["check"][..], &["plan"], &["status"], &["resolve"], &["schema", "manifest"]] {
        project.run(args);
        assert!(!project.path(path).exists(), "{args:?}");
    }
    let written = project.run(&["schema", "--write"]).ends(Exit::Done);
    assert!(written.err.contains("5 of 5 in .hsm/schemas"), "{}", written.err);
    let is_written = || project.read(path) == project.run(&["schema", "manifest"]).ends(Exit::Done).out;
    assert!(is_written());
    assert_eq!(project.read(".hsm/.gitignore"), "*\n");
    let again = project.run(&["schema", "--write"]).ends(Exit::Done);
    assert!(again.err.contains("0 of 5"), "{}", again.err);
    // those of another version
    for sync in [&["sync"][..], &["lock"]] {
        project.write(path, "{}\n");
        project.run(&["plan"]);
        assert_eq!(project.read(path), "{}\n");
        project.run(sync).ends(Exit::Done);
        assert!(is_written(), "{sync:?}");
        let time = fs::metadata(project.path(path)).expect("there").modified().expect("a time");
        project.run(sync).ends(Exit::Done);
        assert_eq!(fs::metadata(project.path(path)).expect("there").modified().expect("a time"), time);
    }
    // where they cannot be written, the run is done all the same
    fs::remove_dir_all(project.path(".hsm/schemas")).expect("removed");
    project.write(".hsm/schemas", "in the way");
    project.run(&["sync"]).ends(Exit::Done);
}

#[test]
fn the_adapters_are_printed_and_set() {
    let project = Project::new("project: {name: demo}   # ours\nservices:\n  containers: [web]\n");
    for args in [&["python-manager"][..], &["python-manager", "get"]] {
        assert_eq!(project.run(args).ends(Exit::Done).out, "uv\n");
    }
    for args in [&["container-manager"][..], &["container-manager", "get"]] {
        assert_eq!(project.run(args).ends(Exit::Done).out, "docker\n");
    }
    project.run(&["container-manager", "set", "docker"]).ends(Exit::Done);
    assert_eq!(
        project.read("hsm.yaml"),
        "project: {name: demo, container_engine: docker}   # ours\nservices:\n  containers: [web]\n"
    );
    project.run(&["python-manager", "set", "uv"]).ends(Exit::Done);
    let text = project.read("hsm.yaml");
    assert!(text.ends_with("  containers: [web]\ndependencies:\n  package_manager: uv\n"), "{text}");
    let again = project.run(&["python-manager", "set", "uv"]).ends(Exit::Done);
    assert!(again.err.contains("hsm.yaml says so already"), "{}", again.err);
    for (args, said) in [
        (&["python-manager", "set", "uvv"], "there is no package manager `uvv`; did you mean `uv`?"),
        (
            &["container-manager", "set", "moby"],
            "there is no container engine `moby`\n       there is: docker",
        ),
    ] {
        let run = project.run(args).ends(Exit::Wrong);
        assert!(run.err.contains(said), "{}", run.err);
        assert_eq!(project.read("hsm.yaml"), text);
    }
}

#[test]
fn an_adapter_that_there_is_none_of_is_replaced() {
    let project =
        Project::new("project: {name: demo, container_engine: moby}\nservices: {containers: [web]}\n");
    project.run(&["plan"]).ends(Exit::Wrong);
    assert_eq!(project.run(&["container-manager"]).ends(Exit::Done).out, "moby\n");
    project.run(&["container-manager", "set", "docker"]).ends(Exit::Done);
    project.run(&["plan"]).ends(Exit::Done);
}

#[test]
fn a_group_that_is_added_and_removed_leaves_a_new_project_as_it_was() {
    let project = Project::of_containers();
    project.run(&["init", "new"]).ends(Exit::Done);
    for (path, text) in super::REGISTRY {
        project.write(&format!("new/hsm-registry/{path}"), text);
    }
    let before = project.read("new/hsm.yaml");
    for args in [
        &["group", "add", "spare"][..],
        &["group", "select", "spare", "blue"],
        &["group", "add-option", "tools", "red"],
        &["group", "exclude", "tools", "red"],
        &["group", "mode", "spare", "prod"],
    ] {
        project.run(&[&["-C", "new"], args].concat()).ends(Exit::Done);
        let text = project.read("new/hsm.yaml");
        let group = args[2];
        let comment = if group == "spare" {
            "    # One spare.\n    # Or another.\n"
        } else {
            "    # Tools to look at things\n"
        };
        assert!(text.contains(&format!("{comment}    {group}:")), "{args:?}\n{text}");
        project.run(&["-C", "new", "group", "remove", group]).ends(Exit::Done);
        assert_eq!(project.read("new/hsm.yaml"), before, "{args:?}");
    }
}
