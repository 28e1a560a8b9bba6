//! Completions: what is offered where, in real shells too; never a word of trouble, a change, or a wait.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::project::{Project, run};
use crate::pty::Session;
use crate::support::{Picture, have};

const MANIFEST: &str = "project: {name: demo}
dependencies: {packages: [client]}
services:
  container_groups:
    cache: {selection: redis, exclude: [valkey]}
  containers: [web]
";

const MORE: &[(&str, &str)] = &[
    (
        "containers/qdrant.yaml",
        "name: qdrant\ndescription: Vector database\nversion: 1.9.0\nreleases: [{version: 1.8.0}, {version: \"$(touch evil)\"}]\nsources: {prod: {type: docker-image, image: \"qdrant:1\"}}\ndeployment_profiles:\n  here: {mode: managed}\n  away: {mode: external, external: {host: h, port: 1}}\n",
    ),
    ("containers/other.yaml", "name: other\nsources: {prod: {type: docker-image, image: \"other:1\"}}\n"),
    ("containers/broken.yaml", "name: [broken\n"),
    (
        "container_groups/vectors.yaml",
        "name: vectors\nstrategy: M-of-N\ncomment: Vector databases\noptions: [{name: qdrant, description: The usual one}, other]\n",
    ),
    ("package_groups/cache.yaml", "name: cache\nstrategy: 1-of-N\noptions: [client, other]\n"),
];

fn project() -> Project {
    let project = Project::of(MANIFEST);
    for (path, text) in MORE {
        project.write(&format!("hsm-registry/{path}"), text);
    }
    project
}

/// What is offered behind these words, the last of which is being typed; with what is said about it.
fn answer(project: &Project, words: &[&str]) -> String {
    let args = [&["complete", "fish", "--", "hsm"], words].concat();
    let run = project.run(&args).ends(0);
    assert_eq!(run.err, "", "{words:?}");
    run.out
}

fn offered(project: &Project, words: &[&str]) -> Vec<String> {
    let answer = answer(project, words);
    let mut lines = answer.lines();
    assert_eq!(lines.next(), Some("names"), "{words:?}");
    lines.map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn names_are_those_that_the_command_can_be_about() {
    let project = project();
    for (words, expected) in [
        (&["package", "add", ""][..], &["other"][..]),
        (&["package", "remove", ""], &["client"]),
        (&["package", "mode", ""], &["client"]),
        (&["package", "mode", "client", ""], &["prod", "dev", "any"]),
        (&["container", "add", ""], &["broken", "other", "qdrant", "redis", "valkey"]),
        (&["container", "add", "qdrant", "redis", ""], &["broken", "other", "valkey"]),
        (&["container", "remove", ""], &["web"]),
        (&["container", "version", ""], &["redis", "web"]),
        (&["container", "port", "re"], &["redis"]),
        // what a shell would run is not offered
        (&["container", "version", "qdrant", ""], &["1.9.0", "1.8.0", "any"]),
        (&["container", "version", "broken", ""], &["any"]),
        (&["container", "profile", "qdrant", ""], &["any", "away", "here"]),
        (&["container", "profile", "container:qdrant", "a"], &["any", "away"]),
        (&["container", "add", "qdrant", "--profile", ""], &["away", "here"]),
        (&["container", "add", "qdrant", "--profile=h"], &["--profile=here"]),
        (
            &["add", ""],
            &[
                "package:other",
                "broken",
                "container:other",
                "qdrant",
                "redis",
                "valkey",
                "package_group:cache",
                "vectors",
            ],
        ),
        (&["add", "container:re"], &["container:redis"]),
        (&["add", "qdrant", "qd"], &[]),
        (&["remove", ""], &["client", "web", "container_group:cache"]),
        (&["up", ""], &["redis", "web"]),
        (&["why", "c"], &["client", "container:other", "container_group:cache"]),
        (&["resolve", "--explain", "qd"], &["qdrant"]),
        (&["group", "add", ""], &["package_group:cache", "vectors"]),
        (&["group", "remove", ""], &["container_group:cache"]),
        (&["group", "select", ""], &["package_group:cache", "container_group:cache", "vectors"]),
        (&["group", "select", "v"], &["vectors"]),
        (&["group", "select", "vectors", ""], &["qdrant", "other"]),
        (&["group", "select", "vectors", "qdrant", ""], &["other"]),
        (&["group", "select", "package_group:cache", ""], &["client", "other"]),
        (&["group", "add-option", "container_group:cache", ""], &["valkey"]),
        (&["group", "remove-option", ""], &["container_group:cache"]),
        (&["group", "remove-option", "container_group:cache", ""], &["redis"]),
        (&["group", "include", "container_group:cache", ""], &["valkey"]),
        (&["group", "exclude", "container_group:cache", ""], &["redis"]),
        (&["group", "profile", "vectors", ""], &["any", "away", "here"]),
        (&["group", "select", "no-such-group", ""], &[]),
        (&["registry", "show", "q"], &["qdrant"]),
        (&["registry", "list", "--registry", ""], &["hsm-registry"]),
        (&["registry", "container", "remove", "w"], &["web"]),
        (&["registry", "group", "remove-option", "vectors", ""], &["qdrant", "other"]),
        (&["explain", "HSM-E021"], &["HSM-E021"]),
        (&["explain", "js"], &["json"]),
        (&["init", "--example", ""], &["rag-stack"]),
        (&["mode", ""], &["prod", "dev"]),
        (&["completions", "p"], &["powershell"]),
        (&["man", "group", "sel"], &["select"]),
        (&["--color", ""], &["auto", "always", "never"]),
        (&["sync", "--locked", "--lo"], &[]),
        (&["sync", "--lo"], &["--locked"]),
        (&["group", "sel"], &["select"]),
        (&["compl"], &["completions"]),
        (&["--", "a"], &[]),
    ] {
        let shown = offered(&project, words);
        assert_eq!(shown, expected, "{words:?}");
    }
    for (words, shown) in [
        (&["-C", ""][..], "directories\n"),
        (&["init", "x"], "directories\n"),
        (&["resolve", "--overlay", ""], "files\n"),
        (&["group", "select", "vectors", "q"], "names\nqdrant\tThe usual one\n"),
        (&["group", "select", "v"], "names\nvectors\tVector databases (some of qdrant, other)\n"),
        (&["container", "profile", "qdrant", "a"], "names\nany\tno pin\naway\truns elsewhere\n"),
        (&["container", "add", "q"], "names\nqdrant\tVector database\n"),
        (&["rec"], "names\nrecover\tFinish or undo an interrupted run\n"),
    ] {
        assert_eq!(answer(&project, words), shown, "{words:?}");
    }
}

#[test]
fn the_directory_that_was_typed_counts() {
    let (here, there) = (Project::new(), project());
    let dir = there.path("");
    let dir = dir.to_str().expect("text");
    assert_eq!(offered(&here, &["-C", dir, "group", "select", "vectors", "q"]), ["qdrant"]);
    assert_eq!(offered(&here, &[&format!("--directory={dir}"), "group", "add", "v"]), ["vectors"]);
    assert_eq!(offered(&here, &["group", "select", "vectors", "q"]), [""; 0]);
    let registry = there.path("hsm-registry");
    let mut named = here.command(&["complete", "zsh", "--", "hsm", "group", "select", "v"]);
    assert!(run(named.env("HSM_REGISTRY_PATH", registry)).out.contains("vectors"));
}

#[test]
fn whatever_is_wrong_leaves_what_is_always_there() {
    for (what, spoil) in [
        (
            "no project",
            &(|p: &Project| fs::remove_file(p.path("hsm.yaml")).expect("removed")) as &dyn Fn(&Project),
        ),
        ("no YAML", &|p| p.write("hsm.yaml", "project: {name: demo\n  x")),
        ("not text", &|p| fs::write(p.path("hsm.yaml"), b"\xff\xfe\x00").expect("written")),
        ("an unknown key", &|p| p.write("hsm.yaml", "projects: {name: demo}\n")),
        ("no registry", &|p| fs::remove_dir_all(p.path("hsm-registry")).expect("removed")),
        ("a lock that is none", &|p| p.write("hsm.lock", "{{{")),
        ("a pipe that nobody writes to", &|p| {
            fs::remove_file(p.path("hsm.yaml")).expect("removed");
            let made = Command::new("mkfifo").arg(p.path("hsm.yaml")).status().expect("mkfifo runs");
            assert!(made.success());
        }),
    ] {
        let project = project();
        spoil(&project);
        let begin = Instant::now();
        for words in [
            &["group", "select", ""][..],
            &["group", "select", "vectors", ""],
            &["container", "profile", "x", ""],
        ] {
            // neither an error nor a word
            let _names = offered(&project, words);
        }
        assert_eq!(offered(&project, &["group", "sel"]), ["select"], "{what}");
        assert_eq!(offered(&project, &["mode", ""]), ["prod", "dev"], "{what}");
        assert!(begin.elapsed() < Duration::from_secs(30), "{what}: {:?}", begin.elapsed());
    }
}

#[test]
fn nothing_is_written_and_an_interrupted_run_stays_as_it_is() {
    let project = project();
    // what a run that was killed leaves; every command that reads a project tries to undo it
    project.write(".hsm/journal/active", "begun\n");
    project.write("docker-compose.hpm.yml", "half written\n");
    project.run(&["list"]).ends(5);
    let before = Picture::of(&project.path(""), true, &[]);
    for words in [&["group", "select", ""][..], &["package", "mode", ""], &["up", ""], &["why", ""]] {
        let _names = offered(&project, words);
    }
    assert_eq!(before.differences(&Picture::of(&project.path(""), true, &[])), "");
}

#[test]
fn lines_are_read_as_shells_part_them() {
    let project = project();
    let ask = |shell: &str, line: &str, word: &str| {
        let mut command = project.command(&["complete", shell]);
        let run = run(command.env("HSM_COMPLETE_LINE", line).env("HSM_COMPLETE_WORD", word)).ends(0);
        assert_eq!(run.err, "");
        run.out
    };
    assert_eq!(ask("bash", "hsm group select vec", "vec"), "names\nvectors\t\n");
    assert_eq!(
        ask("bash", "hsm add container:qd", "qd"),
        "names\nqdrant\t\n",
        "bash keeps what stands before a colon"
    );
    assert_eq!(
        ask("bash", "hsm add container:qd", "container:qd"),
        "names\ncontainer:qdrant\t\n",
        "or does not"
    );
    assert_eq!(ask("bash", "hsm add --mode=p", "p"), "names\nprod\t\n");
    assert_eq!(ask("bash", "hsm -C '", ""), "directories\n");
    assert_eq!(
        ask("powershell", "hsm group select vec", ""),
        "names\nvectors\tVector databases (some of qdrant, other)\n"
    );
    assert_eq!(ask("powershell", "hsm add --mode=p", ""), "names\n--mode=prod\t\n");
    assert_eq!(ask("powershell", "hsm recov", ""), "names\nrecover\tFinish or undo an interrupted run\n");
}

#[test]
fn every_shell_has_a_script() {
    let project = project();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.run(&["completions", shell]).ends(0);
        assert_eq!(script.err, "");
        assert!(script.out.contains(&format!("hsm complete {shell}")), "{}", script.out);
        assert!(script.out.ends_with('\n'));
    }
    project.run(&["completions", "tcsh"]).ends(2);
}

/// A shell at a terminal, in the project, with hsm on its path.
fn shell(project: &Project, program: &str, args: &[&str]) -> Session {
    let hsm = Path::new(env!("CARGO_BIN_EXE_hsm")).parent().map(Path::to_owned).unwrap_or_default();
    let path = std::env::var("PATH").unwrap_or_default();
    let program = found(program, &path);
    let mut command = Command::new(program);
    command.args(args).current_dir(project.path(""));
    command.env("PATH", format!("{}:{path}", hsm.display())).env("HOME", project.path("home"));
    command.env("TERM", "xterm").env("PS1", "$ ").env("LC_ALL", "C.UTF-8");
    Session::start(&command, (120, 40))
}

fn found(program: &str, path: &str) -> PathBuf {
    let all = std::env::split_paths(path).map(|dir| dir.join(program));
    all.into_iter().find(|path| path.is_file()).expect("it was there a moment ago")
}

fn script(project: &Project, shell: &str) -> String {
    project.write("home/nothing", "");
    let path = project.path(&format!("home/hsm.{shell}"));
    fs::write(&path, project.run(&["completions", shell]).ends(0).out).expect("written");
    path.to_str().expect("text").to_owned()
}

#[test]
fn bash_completes() {
    let project = project();
    let script = script(&project, "bash");
    let mut bash = shell(&project, "bash", &["--norc", "--noprofile", "-i"]);
    bash.types("bind 'set enable-bracketed-paste off'; bind 'set bell-style none'; echo re''ady\r")
        .shows("ready\r\n");
    bash.types(&format!("source {script}; echo go''es\r")).shows("goes\r\n");
    bash.types("hsm group select vec\t").shows("vectors ").types("q\t").shows("qdrant ").types("\x15");
    bash.types("hsm add container:\t\t")
        .shows("broken")
        .shows("qdrant")
        .shows("hsm add container:")
        .types("qd\t")
        .shows("qdrant ")
        .types("\x15");
    bash.types("hsm container add --mode=p\t").shows("--mode=prod ").types("\x15");
    bash.types("hsm -C hsm-reg\t").shows("hsm-registry/").types("\x15");
    bash.types("hsm resolve --overlay hsm.y\t").shows("hsm.yaml ").types("\x15");
    bash.types("x=1 hsm container profile qdrant aw\t").shows("away ").types("\x15");
    bash.types("exit\r");
    assert_eq!(bash.ends().0, 0);
    assert!(!project.path("evil").exists());
}

#[test]
fn zsh_completes() {
    if !have("zsh_completes", &["zsh"]) {
        return;
    }
    let project = project();
    let script = script(&project, "zsh");
    let mut zsh = shell(&project, "zsh", &["-f", "-i"]);
    zsh.types(&format!("autoload -Uz compinit; compinit -D; source {script}; echo go''es\r"))
        .shows("goes\r\n");
    zsh.types("hsm group select vec\t").shows("vectors").types("q\t").shows("drant").types("\x15");
    zsh.types("hsm container profile qdrant \t")
        .shows("away")
        .shows("-- runs elsewhere")
        .shows("here")
        .types("\x15");
    zsh.types("hsm add container:qd\t").shows("rant").types("\x15");
    zsh.types("hsm -C hsm-reg\t").shows("hsm-registry").types("\x15").types("exit\r");
    assert_eq!(zsh.ends().0, 0);
}

#[test]
fn fish_completes() {
    if !have("fish_completes", &["fish"]) {
        return;
    }
    let project = project();
    let script = script(&project, "fish");
    let hsm = Path::new(env!("CARGO_BIN_EXE_hsm")).parent().map(Path::to_owned).unwrap_or_default();
    let path = format!("{}:{}", hsm.display(), std::env::var("PATH").unwrap_or_default());
    for (line, expected) in [
        ("hsm group select v", "vectors\tVector databases (some of qdrant, other)\n"),
        ("hsm group select vectors q", "qdrant\tThe usual one\n"),
        ("hsm container profile qdrant aw", "away\truns elsewhere\n"),
        ("hsm add container:qd", "container:qdrant\tVector database\n"),
        ("hsm add --mode=p", "--mode=prod\n"),
        ("hsm resolve --overlay hsm.y", "hsm.yaml\n"),
        ("hsm -C hsm-reg", "hsm-registry/\tDirectory\n"),
    ] {
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "--command", &format!("source {script}; complete --do-complete '{line}'")]);
        fish.current_dir(project.path(""))
            .stdin(Stdio::null())
            .env("PATH", &path)
            .env("HOME", project.path("home"));
        let run = run(&mut fish).ends(0);
        assert_eq!((run.out.as_str(), run.err.as_str()), (expected, ""), "{line}");
    }
}

#[test]
fn elvish_completes() {
    if !have("elvish_completes", &["elvish"]) {
        return;
    }
    let project = project();
    let script = script(&project, "elvish");
    let mut elvish = shell(&project, "elvish", &["-rc", &script]);
    // it asks the terminal for nothing, and draws what it completes as the rest of the word
    elvish.types("\r").shows("# ").types("hsm group select vec\t").shows("tors").types("q\t").shows("drant");
    elvish.types("\x15").types("hsm container profile qdrant aw\t").shows("ay").types("\x15").types("exit\r");
    assert_eq!(elvish.ends().0, 0);
}
