//! What `up` says of containers that do not come up, what `compose` hands on, and what `down` leaves: with a real engine.
//!
//! Owns: failures of what is started. Refuses: what is started well, that is in `running`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::pty::Session;
use crate::running::{Project, compiled};
use crate::runs::{Run, command, hsm};
use crate::support::{have, skip};

/// A project with the server, if there is an engine and the server can be made.
pub(crate) fn project(test: &str, name: &str) -> Option<Project> {
    if !have(test, &["compose", "engine"]) {
        return None;
    }
    let project = Project::new(name);
    if !compiled(&project.path().join("base/server")) {
        skip(test, "a static C library");
        return None;
    }
    Some(project)
}

const CHECK: &str = ", healthcheck: {test: [CMD, /server, check], interval: 300ms, retries: 2, timeout: 5s}";

#[test]
fn what_does_not_come_up_is_named_with_its_last_words_and_those_that_wait_for_it() {
    let Some(project) = project("what does not come up is named", "unwell") else { return };
    project.add("broken", CHECK);
    project.add("sick", CHECK);
    project.write(
        "hsm-registry/containers/waits.yaml",
        "name: waits\nsources: {dev: {type: build, path: ./front, args: {BASE: \"${HSM_IMAGE.base}\"}}}\n\
         orchestration: {depends_on: {broken: {condition: service_healthy}}}\n",
    );
    project.list(&["front", "{name: broken, env: {DIES: 3}}", "{name: sick, env: {HEALTH: 1}}", "waits"]);
    let run = hsm(project.path(), &["up"]).ends_with(7);
    let said = run.stderr.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let last = "broken has ended with code 3; the last lines of its log:\n  | begins\n  | has no password\n";
    assert!(said.contains(last), "{said}");
    assert!(said.contains("waits was not started: it waits for broken"), "{said}");
    assert!(!said.contains("error: front"), "{said}");
    assert!(said.contains("the files are written and installed, but not everything runs"), "{said}");

    let run = hsm(project.path(), &["up", "sick", "--format", "json"]).ends_with(7);
    let json: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("no JSON: {run:?}"));
    let containers = json["containers"].as_array().expect("a list");
    assert_eq!(containers.len(), 1, "only what was asked for: {json}");
    assert_eq!((&containers[0]["name"], &containers[0]["state"]), (&"sick".into(), &"unhealthy".into()));

    assert_eq!(containers[0]["check"], "health is 1");

    // What never says that it is well is waited for as long as was said.
    project.add("sick", &CHECK.replace("300ms", "1h"));
    project.list(&["{name: sick, env: {HEALTH: 1}}"]);
    let run = hsm(project.path(), &["up", "--timeout", "1"]).ends_with(7);
    assert!(run.stderr.contains("sick runs and is not healthy yet"), "{}", run.stderr);

    // What ends as soon as it is started is not up, whatever the engine makes of it.
    project.add("broken", ", restart: always");
    project.list(&["{name: broken, env: {DIES: 4}}"]);
    let up = || hsm(project.path(), &["up"]);
    // it may be seen in the moment in which it runs
    let run = (0..5).map(|_| up()).find(|run| run.code != 0).expect("it never runs").ends_with(7);
    let words =
        ["ends with code 4 whenever it is started", "ends whenever it is started", "has ended with code 4"];
    assert!(words.iter().any(|words| run.stderr.contains(&format!("broken {words}"))), "{}", run.stderr);
}

#[test]
fn compose_gets_the_files_and_the_name_of_the_project_and_its_code_is_passed_on() {
    let Some(project) = project("compose gets the files of the project", "compose") else { return };
    let dir = project.path();
    let run = hsm(dir, &["compose", "ps"]).ends_with(2);
    assert!(run.stderr.contains("HSM-E440"), "{}", run.stderr);

    hsm(dir, &["up"]).ends_with(0);
    let run = hsm(dir, &["compose", "ps", "--services"]).ends_with(0);
    assert_eq!(run.stdout, "front\n");
    let run = hsm(dir, &["-q", "compose", "--", "ps", "-q"]).ends_with(0);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
    hsm(dir, &["compose", "exec", "-T", "front", "/server", "end", "29"]).ends_with(29);
    let own = Command::new("docker").args(["compose", "frobnicate"]).stdin(Stdio::null()).output();
    let own = own.expect("Compose is there").status.code().expect("a code");
    hsm(dir, &["compose", "--", "frobnicate"]).ends_with(own);
    hsm(&dir.join("front"), &["compose", "stop"]).ends_with(0);
    hsm(dir, &["compose", "ps", "--services"]).ends_with(0);
}

#[test]
fn down_leaves_what_was_stored_unless_told_otherwise() {
    let Some(project) = project("down leaves what was stored", "volumes") else { return };
    let port = project.port();
    project
        .list(&[&format!("{{name: front, ports: [\"127.0.0.1:{port}:8080\"], volumes: [\"kept:/kept\"]}}")]);
    hsm(project.path(), &["up"]).ends_with(0);
    assert_eq!(project.ask(), "");
    hsm(project.path(), &["down"]).ends_with(0);
    assert_eq!(project.left(), "");
    assert!(project.left_with_volumes().contains("kept"), "{}", project.left_with_volumes());
    hsm(project.path(), &["down", "--volumes"]).ends_with(0);
    assert_eq!(project.left_with_volumes(), "");
}

/// Of two builds that could be done at once, one cannot be done.
fn half_broken(project: &Project) {
    project.write("bad/Dockerfile", "FROM scratch\nCOPY not-there /x\n");
    project.write(
        "hsm-registry/containers/broken.yaml",
        "name: broken\nsources: {dev: {type: build, path: ./bad}}\n",
    );
    project.list(&["front", "broken"]);
}

#[test]
fn a_build_that_fails_shows_its_own_words_and_nobody_elses() {
    let Some(project) = project("a build that fails shows its own words", "words") else { return };
    half_broken(&project);
    hsm(project.path(), &["sync"]).ends_with(0);
    let run = hsm(project.path(), &["build"]).ends_with(1);
    let said = &run.stderr;
    assert!(said.contains("error: failed to build broken: Docker Compose ended with exit code "), "{said}");
    assert!(said.contains("not-there"), "{said}");
    // the other build copies this, and nobody wants to know
    assert!(!said.contains("server"), "{said}");
    // each has one line when it begins, and one more if it fails
    let line = |text: &str| said.lines().filter(|line| line.trim() == text).count();
    assert_eq!((line("build base"), line("build broken"), line("failed build broken")), (1, 1, 1), "{said}");

    let quiet = hsm(project.path(), &["build", "--quiet"]).ends_with(1);
    assert!(quiet.stderr.starts_with("error: failed to build broken"), "{}", quiet.stderr);
    let plain = hsm(project.path(), &["build", "--plain"]).ends_with(1);
    assert!(plain.stderr.lines().any(|line| line == "build broken"), "{}", plain.stderr);
    let all = hsm(project.path(), &["build", "--verbose"]).ends_with(1);
    assert!(all.stderr.contains("error: failed to build broken"), "{}", all.stderr);

    // What is not built is not started; the files are there.
    let up = hsm(project.path(), &["up"]).ends_with(7);
    assert!(!up.stderr.contains("create containers"), "{}", up.stderr);
    assert_eq!(project.left(), "");
    project.list(&["front"]);
    let up = hsm(project.path(), &["up"]).ends_with(0);
    assert!(!up.stderr.contains("Step 1"), "{}", up.stderr);
}

#[test]
fn at_a_terminal_each_build_has_a_line_that_stays_when_it_is_done() {
    let Some(project) = project("builds at a terminal", "terminal") else { return };
    hsm(project.path(), &["sync"]).ends_with(0);
    let mut command = command(project.path(), &["up"]);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TERM", "xterm");
    command.env("HOME", project.path());
    let mut session = Session::start(&command, (100, 30));
    for line in
        ["build base", "build front", "create containers", "start containers", "containers are running"]
    {
        session.shows(line);
    }
    assert_eq!(session.ends().0, 0);
}

/// A tool that answers as Compose does, and whose builds of `a` and `b` end only when both have begun.
const MEETS: &str = r#"#!/bin/sh
here=$(dirname "$0")
case "$*" in
    *version*) echo 2.26.1 ;;
    *config*) cat > /dev/null ;;
    *"build a" | *"build b")
        for last; do :; done
        : > "$here/$last"
        for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            [ -e "$here/a" ] && [ -e "$here/b" ] && exit 0
            sleep 0.25
        done
        exit 9 ;;
esac
"#;

#[test]
fn builds_that_need_nothing_of_each_other_are_done_at_the_same_time() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let at = dir.path();
    let write = |path: &str, text: &str| {
        let path = at.join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
        fs::write(path, text).expect("written");
    };
    for name in ["a", "b"] {
        let entry = format!("name: {name}\nsources: {{dev: {{type: build, path: ./{name}}}}}\n");
        write(&format!("hsm-registry/containers/{name}.yaml"), &entry);
    }
    write("hsm.yaml", "project: {name: demo, mode: dev}\nservices: {containers: [a, b]}\n");
    write("bin/docker", MEETS);
    fs::set_permissions(at.join("bin/docker"), fs::Permissions::from_mode(0o755)).expect("made a program");
    let path = std::env::var("PATH").unwrap_or_default();
    let build = |args: &[&str]| {
        let mut command = command(at, args);
        command.env("PATH", format!("{}:{path}", at.join("bin").display()));
        Run::of(&command.output().expect("hsm can be started"))
    };
    build(&["build"]).ends_with(0);
    // What is shown as it comes is not mixed: then they are done one after the other.
    for name in ["a", "b"] {
        fs::remove_file(at.join("bin").join(name)).expect("it was built");
    }
    let run = build(&["build", "-v"]).ends_with(1);
    assert!(run.stderr.contains("exit code 9"), "{}", run.stderr);
}
