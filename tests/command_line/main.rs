//! The command line: what is typed, what is said, how it ends. No tool is needed: `PATH` leads nowhere.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod beginning;
mod edits;
mod looking;
mod outdated;
mod registry;
mod runs;
mod words;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hsm::cli::Exit;
use tempfile::TempDir;

/// A project in a directory of its own.
struct Project {
    dir: TempDir,
    empty: TempDir,
}

/// How a run ended.
#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

const MANIFEST: &str = "project:
  name: demo
dependencies:
  package_groups:
    # which client
    client:
      selection: one   # for now
services:
  container_groups:
    tools:
      selection: [red, {name: green, version: \"2\"}]
  containers:
    - web
";

const REGISTRY: &[(&str, &str)] = &[
    (
        "package_groups/client.yaml",
        "name: client\ntype: package_group\nstrategy: 1-of-N\noptions:\n  - name: one\n  - name: two\n    implies: {container_group:tools: blue}\n  - name: three\n    implies: {container:web: \">=9\"}\n",
    ),
    ("packages/one.yaml", "name: one\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n"),
    ("packages/two.yaml", "name: two\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n"),
    ("packages/three.yaml", "name: three\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n"),
    ("packages/extra.yaml", "name: extra\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n"),
    (
        "container_groups/tools.yaml",
        "name: tools\ntype: container_group\nstrategy: M-of-N\nmin: 0\ndefault: [red]\ncomment: Tools to look at things\noptions:\n  - name: red\n  - name: green\n  - name: blue\n",
    ),
    (
        "container_groups/spare.yaml",
        "name: spare\ntype: container_group\nstrategy: 1-of-N\ncomment: |\n  One spare.\n  Or another.\noptions:\n  - name: blue\n  - name: web\n",
    ),
    ("containers/red.yaml", "name: red\nsources: {prod: {type: docker-image, image: \"red:1\"}}\n"),
    ("containers/green.yaml", "name: green\nsources: {prod: {type: docker-image, image: \"green:2\"}}\n"),
    ("containers/blue.yaml", "name: blue\nsources: {prod: {type: docker-image, image: \"blue:3\"}}\n"),
    ("containers/web.yaml", "name: web\nsources: {prod: {type: docker-image, image: \"web:4\"}}\n"),
    ("containers/two.yaml", "name: two\nsources: {prod: {type: docker-image, image: \"two:5\"}}\n"),
];

impl Project {
    fn new(manifest: &str) -> Self {
        let project =
            Self { dir: TempDir::new().expect("a directory"), empty: TempDir::new().expect("a directory") };
        project.write("hsm.yaml", manifest);
        for (path, text) in REGISTRY {
            project.write(&format!("hsm-registry/{path}"), text);
        }
        project
    }

    /// One whose packages are left out, so that it can be synced without any tool.
    fn of_containers() -> Self {
        Self::new("project: {name: demo}\nservices: {containers: [web]}\n")
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("below")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect("readable")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hsm"));
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        command.env_clear().env("PATH", self.empty.path()).env("HOME", self.empty.path());
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        run(&mut self.command(args))
    }

    /// All files of the project with their times of change, `.hsm/` left out.
    fn picture(&self) -> Vec<(PathBuf, i64, i64)> {
        let mut all = Vec::new();
        let mut todo = vec![self.dir.path().to_owned()];
        while let Some(dir) = todo.pop() {
            for entry in fs::read_dir(dir).expect("readable") {
                let path = entry.expect("readable").path();
                let meta = fs::symlink_metadata(&path).expect("there");
                if path.ends_with(".hsm") {
                    continue;
                }
                if meta.is_dir() {
                    todo.push(path.clone());
                }
                all.push((path, meta.mtime(), meta.mtime_nsec()));
            }
        }
        all.sort();
        all
    }
}

fn run(command: &mut Command) -> Run {
    let output = command.output().expect("hsm runs");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Run {
    #[track_caller]
    fn ends(self, exit: Exit) -> Self {
        assert_eq!(self.code, i32::from(exit.code()), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

// ---- help and exit codes ----

#[test]
fn the_help_is_what_was_written_down() {
    let project = Project::of_containers();
    let commands = [
        "",
        "init",
        "check",
        "resolve",
        "why",
        "plan",
        "sync",
        "lock",
        "list",
        "status",
        "up",
        "down",
        "build",
        "run",
        "env",
        "package",
        "package add",
        "package remove",
        "package init",
        "package mode",
        "package version",
        "container",
        "container add",
        "container remove",
        "container mode",
        "container version",
        "container profile",
        "container port",
        "group",
        "group add",
        "group remove",
        "group select",
        "group add-option",
        "group remove-option",
        "group mode",
        "group profile",
        "group include",
        "group exclude",
        "mode",
        "add",
        "remove",
        "explain",
        "schema",
        "python-manager",
        "python-manager set",
        "python-manager get",
        "container-manager",
        "container-manager set",
        "container-manager get",
        "recover",
        "undo",
        "registry",
        "registry list",
        "registry search",
        "registry show",
        "registry path",
        "registry add",
        "registry package",
        "registry package add",
        "registry package remove",
        "registry container",
        "registry container add",
        "registry container remove",
        "registry group",
        "registry group add",
        "registry group remove",
        "registry group add-option",
        "registry group remove-option",
        "completions",
        "man",
    ];
    let mut all = String::new();
    for command in commands {
        let mut args: Vec<&str> = command.split_whitespace().collect();
        args.push("--help");
        let run = project.run(&args).ends(Exit::Done);
        assert_eq!(run.err, "", "help is data");
        for part in ["$ hsm ", &args.join(" "), "\n", &run.out, "\n"] {
            all.push_str(part);
        }
    }
    let short = project.run(&["-h"]).ends(Exit::Done);
    for part in ["$ hsm -h\n", &short.out, "\n"] {
        all.push_str(part);
    }
    assert!(short.out.lines().count() < 66, "it fits a screen or two: {}", short.out);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/help.txt");
    if std::env::var_os("HSM_BLESS").is_some() {
        fs::write(&golden, &all).expect("written");
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    assert!(expected == all, "the help changed; look at it, then run with HSM_BLESS=1 to keep it:\n{all}");
}

#[test]
fn the_readme_names_every_exit_code_as_the_program_does() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README");
    let rows: Vec<String> =
        readme.lines().filter(|l| l.starts_with("| ")).map(|l| l.replace('`', "")).collect();
    for exit in Exit::ALL {
        let code = exit.code().to_string();
        let found = rows.iter().any(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let same =
                |cell: &str| matches!(exit, Exit::Interrupted | Exit::Terminated) || cell == exit.meaning();
            cells.len() == 4 && cells[1].split(", ").any(|c| c == code) && same(cells[2])
        });
        assert!(found, "the README has no row for {code}: {}", exit.meaning());
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_to_type() {
    let project = Project::of_containers();
    let run = project.run(&["snyc"]).ends(Exit::Wrong);
    assert!(run.err.contains("unrecognized subcommand 'snyc'") && run.err.contains("'sync'"), "{}", run.err);
    assert_eq!(run.out, "");
    project.run(&["sync", "--locked", "--upgrade"]).ends(Exit::Wrong);
    project.run(&[]).ends(Exit::Wrong);
    project.run(&["--version"]).ends(Exit::Done);
}

#[test]
fn a_code_means_one_thing() {
    let mut seen = std::collections::BTreeMap::new();
    let mut todo = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(path).expect("readable").map(|e| e.expect("readable").path()));
            continue;
        }
        for line in fs::read_to_string(&path).expect("readable").lines() {
            let Some((_, rest)) = line.split_once("=> \"HSM-") else { continue };
            let code = rest.split('"').next().unwrap_or_default().to_owned();
            let before = seen.insert(code.clone(), line.trim().to_owned());
            assert_eq!(before, None, "HSM-{code} stands twice, the second time in {}", path.display());
        }
    }
    assert!(seen.len() > 50, "{}", seen.len());
}

// ---- editing ----

/// The manifest after a command that must succeed.
fn edited(args: &[&str]) -> (String, Run) {
    let project = Project::new(MANIFEST);
    let run = project.run(args).ends(Exit::Done);
    (project.read("hsm.yaml"), run)
}

#[test]
fn an_edit_changes_its_bytes_and_says_what_changes_in_the_stack() {
    let (text, run) = edited(&["group", "select", "client", "two"]);
    assert_eq!(text, MANIFEST.replace("selection: one  ", "selection: two  "));
    assert_eq!(run.err, "  - package:one\n  + package:two\n  + container:blue\n    edited hsm.yaml\n");
    let (text, run) = edited(&["group", "select", "tools", "green", "blue"]);
    assert_eq!(
        text,
        MANIFEST.replace("[red, {name: green, version: \"2\"}]", "[{name: green, version: \"2\"}, blue]")
    );
    assert_eq!(run.err, "  - container:red\n  + container:blue\n    edited hsm.yaml\n");
    let (text, run) = edited(&["group", "add-option", "client", "two"]);
    assert_eq!(text, MANIFEST.replace("selection: one  ", "selection: two  "));
    assert!(run.err.contains("takes one option: `two` replaces `one`"), "{}", run.err);
    let (text, _) = edited(&["group", "add-option", "spare", "web"]);
    assert_eq!(
        text,
        MANIFEST.replace(
            "  containers:\n",
            "    # One spare.\n    # Or another.\n    spare:\n      selection: web\n  containers:\n"
        )
    );
    let (text, run) = edited(&["group", "remove-option", "tools", "green"]);
    assert_eq!(text, MANIFEST.replace("[red, {name: green, version: \"2\"}]", "[red]"));
    assert!(run.err.contains("the settings of `green` went with it"), "{}", run.err);
    let (text, _) = edited(&["add", "blue", "extra"]);
    assert_eq!(
        text,
        MANIFEST
            .replace("    - web\n", "    - web\n    - blue\n")
            .replace("for now\n", "for now\n  packages:\n    - extra\n")
    );
    let (text, _) = edited(&["container", "add", "two"]);
    assert_eq!(text, MANIFEST.replace("    - web\n", "    - web\n    - two\n"));
    let (text, run) = edited(&["remove", "web"]);
    assert_eq!(text, MANIFEST.replace("containers:\n    - web\n", "containers: []\n"));
    assert_eq!(run.err, "  - container:web\n    edited hsm.yaml\n");
    let (text, run) = edited(&["mode", "prod"]);
    assert_eq!(text, MANIFEST.replace("name: demo\n", "name: demo\n  mode: prod\n"));
    assert_eq!(run.err, "the stack stays as it is\n    edited hsm.yaml\n");
}

#[test]
fn an_edit_that_leaves_no_solution_is_refused_and_explained() {
    let project = Project::new(MANIFEST);
    let run = project.run(&["group", "select", "client", "three"]).ends(Exit::NoSolution);
    assert!(run.err.contains("implies container:web >=9"), "{}", run.err);
    assert!(
        run.err.ends_with("error: the edit would leave no solution; nothing was written\n"),
        "{}",
        run.err
    );
    assert_eq!(project.read("hsm.yaml"), MANIFEST);
    // one that is unsolvable already may be edited
    project.write("hsm.yaml", &MANIFEST.replace("selection: one", "selection: three"));
    let run = project.run(&["add", "blue"]).ends(Exit::Done);
    assert!(
        run.err.contains("warning: there is still no stack: a conflict remains; see `hsm resolve --explain`"),
        "{}",
        run.err
    );
    let run = project.run(&["group", "select", "client", "one"]).ends(Exit::Done);
    assert!(run.err.contains("the statements can hold together again"), "{}", run.err);
}

#[test]
fn an_edit_with_a_sync_that_fails_leaves_the_manifest_as_it_was() {
    let project = Project::new(MANIFEST);
    let before = project.picture();
    let run = project.run(&["group", "select", "client", "two", "--sync", "--no-input"]).ends(Exit::Failed);
    assert!(run.err.contains("was not found"), "{}", run.err);
    assert_eq!(project.read("hsm.yaml"), MANIFEST);
    assert_eq!(project.picture().len(), before.len());
}

#[test]
fn an_edit_with_a_sync_is_one_transaction() {
    let project = Project::of_containers();
    project.run(&["sync"]).ends(Exit::Done);
    project.run(&["add", "red", "--sync"]).ends(Exit::Done);
    assert_eq!(project.read("hsm.yaml"), "project: {name: demo}\nservices: {containers: [web, red]}\n");
    assert!(project.read("docker-compose.hpm.yml").contains("red:1"));
    project.run(&["status"]).ends(Exit::Done);
}

#[test]
fn names_that_do_not_fit_are_refused() {
    let project = Project::new(MANIFEST);
    let said = |args: &[&str]| project.run(args).ends(Exit::Wrong).err;
    assert!(said(&["group", "select", "client", "on"]).contains("has no option `on`; did you mean `one`?"));
    assert!(said(&["group", "select", "clint", "one"]).contains("did you mean `package_group:client`?"));
    assert!(said(&["group", "select", "client", "one", "two"]).contains("takes exactly one option"));
    assert!(said(&["group", "remove-option", "tools", "blue"]).contains("is not in the selection"));
    assert!(said(&["add", "two"]).contains("say `package:two` or `container:two`"));
    assert!(said(&["remove", "red"]).contains("does not list"));
    assert!(said(&["remove", "container:red"]).contains("use `hsm group remove-option tools red`"));
    assert_eq!(project.read("hsm.yaml"), MANIFEST);
}

// ---- a new project ----

#[test]
fn init_makes_a_project_and_overwrites_nothing() {
    let project = Project::of_containers();
    project.run(&["init", "new"]).ends(Exit::Done);
    project.run(&["-C", "new", "check"]).ends(Exit::Done);
    project.run(&["-C", "new", "sync"]).ends(Exit::Done);
    let text = project.read("new/hsm.yaml");
    let (line, rest) = text.split_once('\n').expect("lines");
    assert_eq!(line, "# yaml-language-server: $schema=.hsm/schemas/manifest.json");
    assert!(rest.starts_with("project:\n  name: new\n"), "{text}");
    project.write("new/hsm.yaml", "mine");
    let again = project.run(&["init", "new"]).ends(Exit::Wrong);
    assert!(again.err.contains("`hsm.yaml` exists already"), "{}", again.err);
    project.run(&["init", "new", "--example", "rag-stack"]).ends(Exit::Wrong);
    assert_eq!(project.read("new/hsm.yaml"), "mine");
    let none = project.run(&["init", "other", "--example", "rog-stack"]).ends(Exit::Wrong);
    assert!(none.err.contains("there is: rag-stack"), "{}", none.err);
    assert!(!project.path("other").exists());
    project.run(&["init", "other", "--example", "rag-stack"]).ends(Exit::Done);
    project.run(&["-C", "other", "check"]).ends(Exit::Done);
}
