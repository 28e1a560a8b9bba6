//! Values of this machine are printed by `hsm env` and seen by the program of `hsm run`; nothing else says or writes them.

use std::fs;
use std::path::Path;

use crate::project::{Project, run};

const OF_PROCESS: &str = "pr0cess-s3cret";
const OF_FILE: &str = "f1le-s3cret";

/// A project in which values of this machine get into containers, an address and packages.
fn project() -> Project {
    let project =
        Project::of("project: {name: demo}\nservices: {containers: [web, {name: llm, profile: away}]}\n");
    project.write(
        "hsm-registry/containers/web.yaml",
        "name: web\nsources: {prod: {type: docker-image, image: \"web:4\"}}\nenv: {A: \"${FROM_PROCESS}\", B: \"x-${FROM_FILE}\"}\nimplies: {container:llm: \"*\"}\n",
    );
    project.write(
        "hsm-registry/containers/llm.yaml",
        "name: llm\nsources: {prod: {type: docker-image, image: \"llm:1\"}}\ndeployment_profiles:\n  away: {mode: external, external: {url: \"https://${FROM_FILE}/v1\", key: \"${FROM_PROCESS}\"}}\n",
    );
    project.write(".env", &format!("FROM_FILE='{OF_FILE}'\n"));
    project
}

fn holds(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.contains(OF_PROCESS) || text.contains(OF_FILE)
}

fn files_with_one(dir: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(dir).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            files_with_one(&path, into);
        } else if path.file_name().is_some_and(|name| name != ".env")
            && holds(&fs::read(&path).expect("readable"))
        {
            into.push(path.display().to_string());
        }
    }
}

#[test]
fn no_other_command_says_or_writes_them() {
    let project = project();
    let commands: [&[&str]; 14] = [
        &["check"],
        &["resolve"],
        &["resolve", "--explain"],
        &["plan"],
        &["sync"],
        &["plan"],
        &["list"],
        &["list", "--flat"],
        &["why", "llm"],
        &["status"],
        &["up"],
        &["down"],
        &["build"],
        &["run", "--", "/bin/sh", "-c", "test -n \"$LLM_KEY\""],
    ];
    for args in commands {
        for format in ["text", "json", "github", "sarif"] {
            let mut all = vec!["-vv", "--format", format];
            all.extend(args);
            let ended = run(project.command(&all).env("FROM_PROCESS", OF_PROCESS));
            assert!(!holds(ended.out.as_bytes()) && !holds(ended.err.as_bytes()), "{all:?}: {ended:?}");
        }
    }
    let mut found = Vec::new();
    files_with_one(&project.path(""), &mut found);
    assert_eq!(found, Vec::<String>::new());
    assert!(project.path("docker-compose.hpm.yml").exists());
    let ended = run(project.command(&["env"]).env("FROM_PROCESS", OF_PROCESS)).ends(0);
    assert!(holds(ended.out.as_bytes()) && !holds(ended.err.as_bytes()), "{ended:?}");
}
