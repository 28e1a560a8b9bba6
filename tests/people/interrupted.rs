//! Ctrl-C at a terminal while a tool is at work: the terminal sends it to everybody, and everything is put back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::project::Project;
use super::pty::Session;
use super::support::Picture;

/// A uv that is never done, and a child of it that goes its own way; `deaf` ones do not listen.
const TOOL: &str = "#!/bin/sh
case \"$*\" in *version*) echo 'uv 0.13.9'; exit 0 ;; esac
[ -z \"$DEAF\" ] || trap '' INT TERM HUP
echo half > uv.lock
(while :; do echo >> heart; sleep 0.05; done) &
while :; do sleep 1; done
";

const MANIFEST: &str = "project: {name: demo}\ndependencies: {packages: [client]}\n";

fn session(project: &Project, deaf: bool) -> Session {
    let tools = project.path("tools");
    project.write("tools/uv", TOOL);
    fs::set_permissions(tools.join("uv"), fs::Permissions::from_mode(0o755)).expect("executable");
    let mut command: Command = project.command(&["sync"]);
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    command.env("PATH", format!("{}:/usr/bin:/bin", tools.display()));
    if deaf {
        command.env("DEAF", "yes");
    }
    Session::start(&command, (100, 30))
}

fn beats(project: &Project) -> u64 {
    fs::metadata(project.path("heart")).map_or(0, |meta| meta.len())
}

fn at_work(project: &Project) {
    let until = Instant::now() + Duration::from_secs(30);
    while beats(project) == 0 {
        assert!(Instant::now() < until, "the tool never came to its work");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn project() -> (Project, Picture) {
    let project = Project::of(MANIFEST);
    project.write(
        "pyproject.toml",
        "[project]\nname = \"mine\"\nversion = \"1\"\nrequires-python = \">=3.11\"\n",
    );
    let before = picture(project.path("").as_path());
    (project, before)
}

fn picture(root: &Path) -> Picture {
    Picture::of(root, true, &[".hsm", "heart", "tools"])
}

/// The children have ended, and nothing but hsm's own directory is different.
fn settled(project: &Project, before: &Picture) {
    let now = beats(project);
    std::thread::sleep(Duration::from_millis(250));
    assert_eq!(beats(project), now, "a child of the tool lives on");
    assert_eq!(before.differences(&picture(&project.path(""))), "");
}

#[test]
fn ctrl_c_stops_everybody_and_puts_everything_back() {
    let (project, before) = project();
    let mut session = session(&project, false);
    at_work(&project);
    let asked = Instant::now();
    let (code, seen) = session.types("\x03").ends();
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(code, 130, "{seen}");
    assert!(seen.contains("interrupted") && seen.contains("as it was"), "{seen}");
    settled(&project, &before);
}

#[test]
fn a_tool_that_does_not_listen_is_ended_by_the_second_and_the_third_ctrl_c() {
    for times in [2, 3] {
        let (project, before) = project();
        let mut session = session(&project, true);
        at_work(&project);
        let asked = Instant::now();
        for _ in 0..times {
            session.types("\x03");
            std::thread::sleep(Duration::from_millis(600));
        }
        let (code, seen) = session.ends();
        assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
        assert_eq!(code, 130, "{seen}");
        settled(&project, &before);
    }
}

/// Who closes the window is not there to see anything.
#[test]
fn a_terminal_that_goes_away_is_an_interruption() {
    let (project, before) = project();
    let mut session = session(&project, false);
    at_work(&project);
    session.hangs_up();
    let until = Instant::now() + Duration::from_secs(10);
    while project.path(".hsm/journal/active").exists() {
        assert!(Instant::now() < until, "it was not put back");
        std::thread::sleep(Duration::from_millis(20));
    }
    settled(&project, &before);
}
