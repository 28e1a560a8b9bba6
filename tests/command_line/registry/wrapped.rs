//! The pre-commit hooks and the GitHub Action: what they run is what there is.

use std::fs;
use std::path::Path;
use std::process::Command;

use hsm::cli::Exit;
use serde_yaml::Value;

use super::diff::{committed, git};
use super::validate::{GROUP, project};

fn read(path: &str) -> Value {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file");
    serde_yaml::from_str(&text).expect("YAML")
}

#[test]
fn each_hook_runs_a_command_that_there_is() {
    let hooks = read(".pre-commit-hooks.yaml");
    let hooks = hooks.as_sequence().expect("a list");
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        let entry = hook["entry"].as_str().expect("a command");
        let words: Vec<&str> = entry.split_whitespace().collect();
        assert_eq!(words[0], "hsm");
        project(GROUP).refuses(&words[1..], Exit::Done);
    }
}

/// The steps of the action, run by the shell that it names.
#[test]
fn the_action_s_steps_end_as_the_commands_do() {
    let action = read(".github/actions/validate/action.yml");
    let steps = action["runs"]["steps"].as_sequence().expect("a list").clone();
    assert_eq!(steps.len(), 3);
    let bin = Path::new(env!("CARGO_BIN_EXE_hsm")).parent().expect("a folder");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    for (directory, strict, ends) in [
        ("", "false", 0),
        ("hsm-registry", "false", 0),
        ("hsm-registry", "true", 3),
        ("no where; false", "false", 2),
    ] {
        let project = project(GROUP);
        let run = Command::new("bash")
            .args(["-euo", "pipefail", "-c", steps[0]["run"].as_str().expect("a script")])
            .current_dir(project.path(""))
            .envs([("PATH", path.as_str()), ("DIRECTORY", directory), ("STRICT", strict)])
            .output()
            .expect("bash runs");
        assert_eq!(run.status.code(), Some(ends), "{directory} {strict}: {run:?}");
    }
    for (since, breaking, ends) in [
        ("v1", "fail", 3),
        ("v1", "report", 0),
        ("HEAD", "fail", 0),
        ("no such", "report", 2),
        ("-x", "fail", 2),
    ] {
        let project = committed();
        project.write("hsm-registry/container_groups/cache.yaml", &GROUP.replace(", {name: valkey}", ""));
        git(&project.path(""), &["commit", "--quiet", "--all", "--message", "two"]);
        let run = Command::new("bash")
            .args(["-euo", "pipefail", "-c", steps[2]["run"].as_str().expect("a script")])
            .current_dir(project.path(""))
            .envs([("PATH", path.as_str()), ("DIRECTORY", ""), ("SINCE", since), ("BREAKING", breaking)])
            .output()
            .expect("bash runs");
        assert_eq!(run.status.code(), Some(ends), "{since} {breaking}: {run:?}");
        let said = String::from_utf8_lossy(&run.stdout)
            .contains("::error file=hsm-registry/container_groups/cache.yaml");
        assert_eq!(said, since == "v1", "{run:?}");
    }
    for input in ["directory", "strict", "since", "breaking"] {
        assert!(action["inputs"][input]["description"].as_str().is_some(), "{input}");
    }
}
