//! `--format github`, and GitHub Actions without it.

use crate::project::{Project, Run, run};

const BROKEN: &str = "project: {name: demo}\nservices:\n  containers: [wep]\n";

/// A workflow command: its word, its properties, its message.
type Command = (String, Vec<(String, String)>, String);

/// The workflow commands in a text, as the runner reads them.
fn commands(text: &str) -> Vec<Command> {
    let plain = |text: &str| {
        text.replace("%0A", "\n")
            .replace("%0D", "\r")
            .replace("%3A", ":")
            .replace("%2C", ",")
            .replace("%25", "%")
    };
    text.lines()
        .filter_map(|line| line.strip_prefix("::"))
        .map(|line| {
            let (head, message) = line.split_once("::").expect("a message");
            let (word, properties) = head.split_once(' ').expect("properties");
            let properties = properties.split(',').map(|pair| pair.split_once('=').expect("a pair"));
            let properties = properties.map(|(key, value)| (key.to_owned(), plain(value))).collect();
            (word.to_owned(), properties, plain(message))
        })
        .collect()
}

fn property<'c>(command: &'c Command, key: &str) -> &'c str {
    command.1.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()).unwrap_or_default()
}

fn under_actions(project: &Project, args: &[&str], workspace: &str) -> Run {
    let mut command = project.command(args);
    run(command.env("GITHUB_ACTIONS", "true").env("GITHUB_WORKSPACE", project.path(workspace)))
}

#[test]
fn an_error_is_an_annotation_at_its_line() {
    let project = Project::of(BROKEN);
    let said = project.run(&["check", "--format", "github"]).ends(2);
    let [command] = commands(&said.out).try_into().expect("one command");
    assert_eq!(command.0, "error");
    let at = ["file", "line", "endLine", "col", "endColumn", "title"].map(|key| property(&command, key));
    assert_eq!(at, ["hsm.yaml", "3", "3", "16", "19", "HSM-E052"]);
    assert_eq!(command.2, "there is no container `wep`\nhelp: did you mean `web`?");
    assert!(said.err.starts_with("error[HSM-E052]"), "{}", said.err);
}

#[test]
fn under_actions_annotations_come_by_themselves_and_stay_out_of_the_data() {
    let project = Project::of("project: {name: demo, mode: dev}\nservices: {containers: [web]}\n");
    let usual = project.run(&["list"]).ends(0);
    let said = under_actions(&project, &["list"], "").ends(0);
    assert_eq!(said.out, usual.out);
    let check = under_actions(&project, &["check"], "").ends(0);
    assert_eq!(commands(&check.out), []);
    let told = commands(&check.err);
    assert_eq!(told.len(), 1, "{}", check.err);
    assert_eq!((told[0].0.as_str(), property(&told[0], "title")), ("warning", "HSM-W212"));
    for format in ["text", "json", "sarif"] {
        let said = under_actions(&project, &["check", "--format", format], "").ends(0);
        assert_eq!(commands(&said.out).len() + commands(&said.err).len(), 0, "{format}");
    }
    assert_eq!(commands(&under_actions(&project, &["check", "-q"], "").ends(0).err), []);
}

#[test]
fn paths_start_at_the_repository_s_root() {
    let project = Project::of(BROKEN);
    let above = project.path("").parent().expect("above").to_owned();
    let mut command = project.command(&["check"]);
    let said = run(command.env("GITHUB_ACTIONS", "true").env("GITHUB_WORKSPACE", &above)).ends(2);
    let own = project.path("").file_name().expect("a name").to_string_lossy().into_owned();
    assert_eq!(property(&commands(&said.err)[0], "file"), format!("{own}/hsm.yaml"));
}

#[test]
fn a_conflict_is_one_annotation_with_its_statements() {
    let project =
        Project::of("project: {name: demo}\nservices:\n  containers:\n    - {name: web, version: \">=9\"}\n");
    let said = project.run(&["resolve", "--format", "github"]).ends(3);
    let [command] = commands(&said.out).try_into().expect("one command");
    assert_eq!((property(&command, "title"), property(&command, "line")), ("HSM-E500", "4"));
    assert!(command.2.contains(":\n1. hsm.yaml ") && command.2.contains("\nfix: "), "{}", command.2);
}

#[test]
fn a_failure_without_a_file_is_an_annotation_too() {
    let project = Project::new();
    let said = project.run(&["why", "nobody", "--format", "github"]);
    let [command] = commands(&said.out).try_into().expect("one command");
    assert_eq!((command.0.as_str(), property(&command, "title")), ("error", "hsm"));
}
