//! What is looked at: mistakes at their places, conflicts and their fixes, the stack, why something is in it.

use std::fs;

use super::{Exit, MANIFEST, Project, Run, run};

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
