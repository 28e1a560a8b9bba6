//! The command line: what is typed, what is said, how it ends. No tool is needed: `PATH` leads nowhere.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod beginning;
mod edits;
mod outdated;
mod registry;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

// ---- looking ----

#[test]
fn every_mistake_is_shown_at_its_place() {
    let project = Project::new(
        "project:\n  name: demo\n  mode: production\nservices:\n  containers: [wep, red, red]\n",
    );
    let before = project.picture();
    let run = project.run(&["check"]).ends(Exit::Wrong);
    assert_eq!(run.out, "");
    let told: Vec<&str> = run.err.lines().filter(|l| l.starts_with("error") || l.contains("-->")).collect();
    assert_eq!(told.len(), 7, "{}", run.err);
    assert!(told[1].ends_with("hsm.yaml:3:9"), "{}", run.err);
    assert!(told[3].ends_with("hsm.yaml:5:16"), "{}", run.err);
    assert!(told[5].ends_with("hsm.yaml:5:26"), "{}", run.err);
    assert_eq!(told[6], "error: 3 errors");
    assert!(run.err.contains("did you mean `web`?"), "{}", run.err);
    assert_eq!(project.picture(), before);
}

#[test]
fn a_diagnostic_looks_like_this() {
    let project = Project::new("project: {name: demo}\nservices:\n  containers: [wep]\n");
    assert_eq!(
        project.run(&["check"]).ends(Exit::Wrong).err,
        "error[HSM-E052]: there is no container `wep`
 --> hsm.yaml:3:16
  |
3 |   containers: [wep]
  |                ^^^
  |
  = help: did you mean `web`?

error: 1 error
"
    );
}

#[test]
fn a_conflict_reads_as_an_argument() {
    let project = Project::new(
        "project: {name: demo}\nservices:\n  containers:\n    - {name: web, version: \">=9\"}\n",
    );
    let run = project.run(&["resolve"]).ends(Exit::NoSolution);
    assert_eq!(run.out, "");
    assert!(
        run.err.starts_with(
            "error[HSM-E500]: container:web has no release that `>=9` allows\n --> hsm.yaml:4:14\n"
        ),
        "{}",
        run.err
    );
    assert!(run.err.contains("  |\n4 |     - {name: web, version: \">=9\"}\n"), "{}", run.err);
    assert!(run.err.contains("but the only release of container:web is 4"), "{}", run.err);
    assert!(
        run.err.contains("fix 1: allow any release of container:web\n    hsm container version web any\n"),
        "{}",
        run.err
    );
}

#[test]
fn a_fix_is_made_by_its_number_or_by_its_command() {
    let text =
        "project: {name: demo}\nservices:\n  containers:\n    - {name: web, version: \">=9\"}   # why?\n";
    let after = text.replace("{name: web, version: \">=9\"}", "web");
    for args in [
        &["resolve", "--explain", "--fix", "1"][..],
        &["resolve", "--fix", "1"],
        &["container", "version", "web", "any"],
    ] {
        let project = Project::new(text);
        project.run(args).ends(Exit::Done);
        assert_eq!(project.read("hsm.yaml"), after, "{args:?}");
        project.run(&["resolve", "--explain"]).ends(Exit::Done);
        let none = project.run(&["resolve", "--explain", "--fix", "1"]).ends(Exit::Wrong);
        assert!(none.err.contains("there is no conflict"), "{}", none.err);
    }
    let project = Project::new(text);
    let none = project.run(&["resolve", "--explain", "--fix", "7"]).ends(Exit::Wrong);
    assert!(none.err.contains("there is no fix 7"), "{}", none.err);
    assert_eq!(project.read("hsm.yaml"), text);
}

#[test]
fn a_text_of_the_registry_stays_on_its_line() {
    let project = Project::new("project: {name: demo}\nservices: {containers: [web]}\n");
    for entry in [
        "name: web\nversion: 4\nyanked: \"bad\\n::error::injected\"\nsources: {prod: {type: docker-image, image: \"web:4\"}}\n",
        "name: web\nsources: {prod: {type: docker-image, image: \"web:4\\n::error::injected\"}}\n",
    ] {
        project.write("hsm-registry/containers/web.yaml", entry);
        for form in ["text", "github"] {
            let run = project.run(&["resolve", "--format", form]);
            let all = format!("{}\n{}", run.out, run.err);
            assert!(all.contains("::error::injected"), "{all}");
            assert!(!all.lines().any(|line| line.starts_with("::error::injected")), "{all}");
        }
    }
}

#[test]
fn data_that_cannot_be_written_is_a_failure() {
    let project = Project::new(MANIFEST);
    for args in [&["resolve"][..], &["list", "--format", "json"], &["why", "red"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
        let ended = run(project.command(args).stdout(full)).ends(Exit::Failed);
        assert!(ended.err.contains("failed to write to standard output"), "{}", ended.err);
    }
}

#[test]
fn the_stack_is_a_table_on_standard_output() {
    let project = Project::new(MANIFEST);
    let run = project.run(&["resolve"]).ends(Exit::Done);
    assert_eq!(run.err, "");
    assert_eq!(
        run.out,
        "packages
  one  1.0.0  prod  index
containers
  green  2  prod  green:2
  red    1  prod  red:1
  web    4  prod  web:4
groups
  package_group:client   1-of-N  one
  container_group:tools  M-of-N  red, green
"
    );
    let list = project.run(&["list", "--flat"]).ends(Exit::Done);
    assert!(list.out.ends_with("package_group:client (one of)\n  * one\n    two\n    three\ncontainer_group:tools (some of)\n  * red\n  * green\n    blue\n"), "{}", list.out);
}

#[test]
fn the_list_is_a_tree_of_what_brought_what() {
    let project = Project::new(
        "project: {name: demo, version: 0.1.0}
registry: ./hsm-registry
dependencies:
  packages: [base]
  package_groups: {client: {}}
services:
  container_groups: {tools: {selection: [red]}}
",
    );
    for (path, text) in [
        ("packages/base.yaml", "name: base\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n"),
        (
            "packages/two.yaml",
            "name: two\nversion: 2.0.0\nsources: {prod: {type: pypi}}\nimplies:\n  package:base: {mode: same}\n  container_group:tools: green\n",
        ),
        (
            "package_groups/client.yaml",
            "name: client\ntype: package_group\nstrategy: 1-of-N\ndefault: two\noptions: [{name: one, description: The old one}, {name: two}]\n",
        ),
    ] {
        project.write(&format!("hsm-registry/{path}"), text);
    }
    let list = project.run(&["list"]).ends(Exit::Done);
    assert_eq!(
        list.out,
        "demo 0.1.0, prefers prod
├── package_group:client 1-of-N               named
│   ├── package:two 2.0.0 prod                default
│   │   ├── package:base 1.0.0 prod           implied, in the same mode
│   │   └── container_group:tools M-of-N (*)  implied with green
│   └── (one)                                 The old one
├── container_group:tools M-of-N              named
│   ├── container:red 1 prod                  selected
│   ├── container:green 2 prod                demanded by package:two
│   └── (blue)
└── package:base 1.0.0 prod                   named
"
    );
}

#[test]
fn json_is_versioned_also_when_it_fails() {
    let project = Project::new(MANIFEST);
    let read = |run: &Run| serde_json::from_str::<serde_json::Value>(&run.out).expect("JSON");
    let good = read(&project.run(&["resolve", "--explain", "--format", "json"]).ends(Exit::Done));
    assert_eq!((good["schema"].as_i64(), good["ok"].as_bool()), (Some(1), Some(true)));
    assert_eq!(good["containers"][0]["id"], "container:green");
    let because = |id: &str| {
        let mut chain = Vec::new();
        let mut next = good["reasons"][id].as_u64();
        while let Some(number) = next {
            let mut said = good["statements"][usize::try_from(number).expect("small")].clone();
            next = said["after"].as_u64();
            said.as_object_mut().and_then(|said| said.remove("after")).expect("what it follows");
            chain.push(said);
        }
        chain.reverse();
        chain
    };
    assert_eq!(because("package:one")[0]["place"]["line"], 7);
    let stack = good["packages"].as_array().into_iter().chain(good["containers"].as_array()).flatten();
    for id in stack.filter_map(|component| component["id"].as_str()) {
        let alone = read(&project.run(&["why", id, "--format", "json"]).ends(Exit::Done));
        assert_eq!(alone["because"].as_array(), Some(&because(id)), "{id}");
    }
    for args in [&["check"][..], &["plan"], &["list"], &["status"], &["why", "red"]] {
        let args = [args, &["--format", "json"]].concat();
        assert_eq!(read(&project.run(&args))["schema"], 1, "{args:?}");
    }
    project.write("hsm.yaml", "project: {name: demo}\nservices: {containers: [wep]}\n");
    let bad = read(&project.run(&["plan", "--format", "json"]).ends(Exit::Wrong));
    assert_eq!(bad["ok"], false);
    assert_eq!(bad["diagnostics"][0]["place"]["column"], 25);
    project
        .write("hsm.yaml", "project: {name: demo}\nservices: {containers: [{name: web, version: \"9\"}]}\n");
    let none = read(&project.run(&["plan", "--format", "json"]).ends(Exit::NoSolution));
    assert!(none["conflicts"].as_array().is_some_and(|c| !c.is_empty()), "{none}");
    assert_eq!(none["conflicts"][0]["fixes"][0]["remedies"][0]["command"], "hsm container version web any");
    let usage = read(&project.run(&["why", "nobody", "--format", "json"]).ends(Exit::Wrong));
    assert_eq!(usage["ok"], false);
}

#[test]
fn the_project_is_found_upwards_and_with_a_directory() {
    let project = Project::of_containers();
    fs::create_dir_all(project.path("a/b")).expect("made");
    let mut inside = project.command(&["list"]);
    let inside = run(inside.current_dir(project.path("a/b"))).ends(Exit::Done);
    assert!(inside.out.contains("web"), "{}", inside.out);
    let mut outside = project.command(&["list", "-C"]);
    let outside = run(outside.arg(project.path("a")).current_dir("/")).ends(Exit::Done);
    assert_eq!(outside.out, inside.out);
    let nowhere = run(project.command(&["list"]).current_dir("/")).ends(Exit::Wrong);
    assert_eq!(nowhere.err, "error: no hsm.yaml in `/` or above it; `hsm init` makes one\n");
}

#[test]
fn why_says_why_and_why_not() {
    let project = Project::new(MANIFEST);
    let there = project.run(&["why", "red"]).ends(Exit::Done);
    assert!(
        there.out.starts_with("container:red ")
            && there.out.contains(" is in the stack:\n  --> hsm.yaml:11:19\n")
            && there.out.contains("1. hsm.yaml selects `red` in container_group:tools"),
        "{}",
        there.out
    );
    let spare = project.run(&["why", "blue"]).ends(Exit::Done);
    assert!(
        spare.out.starts_with("container:blue is not in the stack: other options were taken\n"),
        "{}",
        spare.out
    );
    assert!(
        spare.out.contains("to have it: hsm group add-option tools blue\n    then: with container:blue "),
        "{}",
        spare.out
    );
    let never = project.run(&["why", "three"]).ends(Exit::Done);
    assert!(
        never.out.starts_with("package:three is not in the stack: as hsm.yaml stands, it cannot be")
            && never.out.contains(": package_group:client takes exactly one option, but `three`"),
        "{}",
        never.out
    );
    let both = project.run(&["why", "two"]).ends(Exit::Wrong);
    assert_eq!(both.err, "error: `two` is ambiguous: say `package:two` or `container:two`\n");
    let none = project.run(&["why", "rad"]).ends(Exit::Wrong);
    assert!(none.err.contains("did you mean `container:red`?"), "{}", none.err);
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

// ---- the road ----

#[test]
fn a_second_sync_changes_nothing() {
    let project = Project::of_containers();
    project.run(&["status"]).ends(Exit::NotUpToDate);
    project.run(&["plan", "--exit-code"]).ends(Exit::NotUpToDate);
    project.run(&["sync", "--locked"]).ends(Exit::NotUpToDate);
    assert!(!project.path("hsm.lock").exists());
    let first = project.run(&["sync"]).ends(Exit::Done);
    assert!(first.err.contains("create hsm.lock"), "{}", first.err);
    let before = project.picture();
    let second = project.run(&["sync"]).ends(Exit::Done);
    assert!(second.err.contains("up to date: nothing to do"), "{}", second.err);
    assert_eq!(project.picture(), before);
    project.run(&["sync", "--locked"]).ends(Exit::Done);
    project.run(&["status"]).ends(Exit::Done);
    project.run(&["plan", "--exit-code"]).ends(Exit::Done);
}

#[test]
fn a_plan_shows_diffs_and_changes_nothing() {
    let project = Project::new(MANIFEST);
    let before = project.picture();
    for args in [&["plan"][..], &["sync", "--dry-run"]] {
        let run = project.run(args).ends(Exit::Done);
        assert!(run.out.contains("--- /dev/null\n+++ b/hsm.lock\n@@ -0,0 "), "{}", run.out);
        assert!(run.out.contains("\nsteps\n"), "{}", run.out);
    }
    assert_eq!(project.picture(), before);
    assert!(!project.path(".hsm").exists());
}

#[test]
fn up_without_an_engine_says_that_everything_is_written() {
    let project = Project::of_containers();
    let run = project.run(&["up"]).ends(Exit::NotRunning);
    assert!(run.err.contains("the files are written"), "{}", run.err);
    assert!(project.path("docker-compose.hpm.yml").exists());
}

/// Holds the project as another run would.
fn hold(project: &Project) -> fs::File {
    fs::create_dir_all(project.path(".hsm")).expect("made");
    let file = fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(project.path(".hsm/lock"))
        .expect("opened");
    file.lock().expect("locked");
    file
}

#[test]
fn one_run_at_a_time() {
    let project = Project::of_containers();
    let held = hold(&project);
    let run = project.run(&["sync", "--no-wait"]).ends(Exit::Held);
    assert!(run.err.contains("another run holds this project"), "{}", run.err);
    assert!(!project.path("hsm.lock").exists());
    project.run(&["list"]).ends(Exit::Done);
    drop(held);
    project.run(&["sync", "--no-wait"]).ends(Exit::Done);
}

#[test]
fn whoever_waits_can_be_interrupted() {
    for (signal, exit) in [("-INT", Exit::Interrupted), ("-TERM", Exit::Terminated)] {
        let project = Project::of_containers();
        let _held = hold(&project);
        let mut waiting =
            project.command(&["sync"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
        let mut said = std::io::BufReader::new(waiting.stderr.take().expect("piped"));
        let mut line = String::new();
        std::io::BufRead::read_line(&mut said, &mut line).expect("readable");
        assert!(line.contains("waiting for another run"), "{line}");
        let killed =
            Command::new("kill").args([signal, &waiting.id().to_string()]).status().expect("kill runs");
        assert!(killed.success());
        let until = Instant::now() + Duration::from_mins(1);
        let status = loop {
            if let Some(status) = waiting.try_wait().expect("waited for") {
                break status;
            }
            assert!(Instant::now() < until, "did not stop on {signal}");
            std::thread::sleep(Duration::from_millis(20));
        };
        // nothing was begun, so the signal may end it at once; a shell then sees the same number
        let code = status.code().or(status.signal().map(|s| 128 + s));
        assert_eq!(code, Some(i32::from(exit.code())), "{signal}: {status}");
    }
}

#[test]
fn a_long_search_can_be_interrupted_and_leaves_nothing() {
    let project = hard();
    let before = project.picture();
    // once while it reads, once while it searches
    for wait in [Duration::from_millis(150), Duration::from_millis(1500)] {
        for command in ["resolve", "lock"] {
            let mut searching = project
                .command(&[command, "--offline"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("started");
            std::thread::sleep(wait);
            let killed =
                Command::new("kill").args(["-INT", &searching.id().to_string()]).status().expect("kill runs");
            let asked = Instant::now();
            let status = searching.wait().expect("waited for");
            let code = status.code().or(status.signal().map(|s| 128 + s));
            assert!(
                killed.success() && code == Some(i32::from(Exit::Interrupted.code())),
                "{command}: {status}"
            );
            assert!(asked.elapsed() < Duration::from_secs(10), "{command}: {:?}", asked.elapsed());
            assert_eq!(project.picture(), before, "{command}");
        }
    }
}

/// A project whose solution takes long to find: clauses of three literals as groups, near the border between many
/// solutions and none, each literal a package that excludes its opposite.
fn hard() -> Project {
    const VARIABLES: u64 = 400;
    let project = Project::of_containers();
    for number in 0..VARIABLES {
        for (name, other) in [("a", "b"), ("b", "a")] {
            let text = format!(
                "name: {name}{number}\nversion: 1.0.0\nsources: {{prod: {{type: pypi}}}}\nconflicts: {{\"package:{other}{number}\": \"*\"}}\n"
            );
            project.write(&format!("hsm-registry/packages/{name}{number}.yaml"), &text);
        }
    }
    let mut state = 1_u64;
    let mut below = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let clauses: Vec<String> = (0..VARIABLES * 426 / 100).map(|number| format!("c{number}")).collect();
    for name in &clauses {
        let first = below(VARIABLES);
        let second = (first + 1 + below(VARIABLES / 2 - 1)) % VARIABLES;
        let third = (second + 1 + below(VARIABLES / 2 - 1)) % VARIABLES;
        let options = [first, second, third].map(|of| format!("{}{of}", ["a", "b"][below(2) as usize]));
        let [one, two, three] = options;
        let text = format!(
            "name: {name}\nstrategy: M-of-N\noptions: [{{name: {one}}}, {{name: {two}}}, {{name: {three}}}]\n"
        );
        project.write(&format!("hsm-registry/package_groups/{name}.yaml"), &text);
    }
    let groups = clauses.join(": {}, ");
    project.write(
        "hsm.yaml",
        &format!("project: {{name: hard}}\ndependencies: {{package_groups: {{{groups}: {{}}}}}}\n"),
    );
    project
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

// ---- hard stacks ----

/// Groups of three colours that are coloured so that no two neighbours are alike, as is known from how they were made.
/// `neighbours` pairs are drawn from a fixed seed.
fn coloured(groups: u32, neighbours: u32) -> Project {
    let mut seed = 0x5eed_u32;
    let mut draw = |bound: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % bound
    };
    let hidden: Vec<u32> = (0..groups).map(|_| draw(3)).collect();
    let mut conflicts = vec![Vec::new(); groups as usize];
    let mut drawn = 0;
    while drawn < neighbours {
        let (one, other) = (draw(groups) as usize, draw(groups) as usize);
        if hidden[one] != hidden[other] {
            conflicts[one].push(other);
            drawn += 1;
        }
    }
    let lines: Vec<String> = (0..groups).map(|group| format!("    g{group}: {{}}\n")).collect();
    let lines = lines.concat();
    let project =
        Project::new(&format!("project: {{name: demo}}\ndependencies:\n  package_groups:\n{lines}"));
    for (group, others) in conflicts.iter().enumerate() {
        let options: Vec<String> = (0..3).map(|colour| format!("  - name: p{group}-{colour}\n")).collect();
        let options = options.concat();
        project.write(
            &format!("hsm-registry/package_groups/g{group}.yaml"),
            &format!("name: g{group}\ntype: package_group\nstrategy: 1-of-N\noptions:\n{options}"),
        );
        for colour in 0..3 {
            let alike: BTreeSet<String> =
                others.iter().map(|other| format!("\"package:p{other}-{colour}\": \"*\"")).collect();
            let alike = Vec::from_iter(alike).join(", ");
            project.write(
                &format!("hsm-registry/packages/p{group}-{colour}.yaml"),
                &format!(
                    "name: p{group}-{colour}\nversion: 1.0.0\nsources: {{prod: {{type: pypi}}}}\nconflicts: {{{alike}}}\n"
                ),
            );
        }
    }
    project
}

#[test]
fn who_found_a_hard_stack_is_said_on_request_only() {
    let project = coloured(200, 450);
    let quiet = project.run(&["resolve"]).ends(Exit::Done);
    assert!(!quiet.err.contains("engine"), "{}", quiet.err);
    let more = project.run(&["resolve", "-v"]).ends(Exit::Done);
    assert!(more.err.contains("the second engine found it"), "{}", more.err);
    assert_eq!(quiet.out, more.out);
    let easy = coloured(20, 20).run(&["resolve", "-v"]).ends(Exit::Done);
    assert!(!easy.err.contains("engine"), "{}", easy.err);
}
