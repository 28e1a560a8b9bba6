//! What every stack of the fixtures becomes for the container engine: real Compose takes it, another reader reads it,
//! and the example's file says what was written down by hand.

#![expect(clippy::unwrap_used, reason = "a test that goes wrong stops there")]
#![expect(clippy::print_stderr, reason = "a skipped test says which it is and why")]

use std::path::{Path, PathBuf};

use hsm::adapters::docker::{Docker, MAIN_FILE};
use hsm::adapters::{Adapter as _, Part, Settings, Tool};
use hsm::compile::compile;
use hsm::container::keys;
use hsm::load::{LoadOptions, load};
use hsm::place::FileId;
use hsm::solve::solve;
use hsm::world::{Command, Real, World as _};
use hsm::yaml::{Limits, Node};
use serde_yaml::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-fixtures")
}

/// The folders with a manifest, at most two levels down.
fn projects() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![fixtures()];
    while let Some(dir) = todo.pop() {
        if dir.join("hsm.yaml").exists() {
            found.push(dir);
            continue;
        }
        todo.extend(
            std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()),
        );
    }
    found.sort();
    found
}

/// What the adapter plans; `None` where the fixture has no stack, which is what it is there for.
fn planned(root: &Path, world: &Real) -> Option<Part> {
    let inputs = load(root, world, &LoadOptions::default()).ok()?;
    let solved = solve(&inputs, &compile(&inputs), &|| false).ok()?;
    Docker.plan(&solved.stack, root, &Settings::default(), world).ok()
}

fn tool(root: &Path, world: &Real) -> Option<Tool> {
    match Docker.prepare(root, &Settings::default(), world) {
        Ok(tool) => Some(tool),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}");
            eprintln!("skipped: the_files_of_all_fixtures_are_taken_by_compose: {error}");
            None
        }
    }
}

#[test]
fn the_files_of_all_fixtures_are_taken_by_compose() {
    let world = Real::new().unwrap();
    let Some(tool) = tool(&fixtures(), &world) else { return };
    let mut checked = 0;
    for root in projects() {
        let Some(part) = planned(&root, &world) else { continue };
        for action in &part.actions {
            let command = Command {
                program: tool.program.clone(),
                args: tool.prefix.iter().chain(&action.args).cloned().collect(),
                dir: root.clone(),
                stdin: action.stdin.clone(),
                ..Command::default()
            };
            let outcome = world.run(&command).unwrap();
            let text = String::from_utf8_lossy(action.stdin.as_deref().unwrap_or_default());
            assert!(outcome.ok(), "{}\n{}\n{text}", root.display(), Docker.explain(action, &outcome));
            serde_yaml::from_str::<Value>(&text).unwrap();
            checked += 1;
        }
    }
    assert!(checked > 40, "only {checked} files were made");
}

#[test]
fn the_example_says_what_was_written_down() {
    let world = Real::new().unwrap();
    let part = planned(&fixtures().join("rag-stack"), &world).unwrap();
    let file = part.files.iter().find(|file| file.path == Path::new(MAIN_FILE)).unwrap();
    let made: Value = serde_yaml::from_slice(file.after.as_ref().unwrap()).unwrap();
    let expected = std::fs::read_to_string("tests/expected/rag-stack-qdrant.yaml").unwrap();
    let expected: Value = serde_yaml::from_str(&expected).unwrap();
    assert_eq!(made, expected);
}

/// Keys that came after the oldest Compose that hsm takes.
const NEWER: [&str; 8] = [
    "gpus",
    "label_file",
    "models",
    "post_start",
    "pre_stop",
    "provider",
    "pull_refresh_after",
    "use_api_socket",
];

/// What the table of service keys refuses, real Compose refuses; and of what it allows, Compose does not say that it has
/// the wrong shape.
#[test]
fn the_table_of_keys_is_what_compose_takes() {
    let world = Real::new().unwrap();
    let Some(_) = tool(&fixtures(), &world) else { return };
    let dir = tempfile::tempdir().unwrap();
    let values = ["\"1\"", "[a]", "{a: b}"];
    let cases: Vec<(&str, keys::Shape, &str)> =
        keys::KEYS.iter().flat_map(|(key, shape)| values.map(|value| (*key, *shape, value))).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = &|worker: usize| {
        let file = dir.path().join(format!("{worker}.yml"));
        while let Some((key, shape, value)) =
            cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        {
            let text = format!("services:\n  a:\n    image: x\n    {key}: {value}\n");
            std::fs::write(&file, text).unwrap();
            let mut compose = std::process::Command::new("docker");
            let run = compose
                .args(["compose", "-f"])
                .arg(&file)
                .args(["config", "-q", "--no-interpolate"])
                .output();
            let run = run.unwrap();
            let said = String::from_utf8_lossy(&run.stderr).into_owned();
            let node = parsed(value);
            if said.contains(&format!("services.a Additional property {key} is not allowed")) {
                assert!(NEWER.contains(key), "Compose has no {key}");
            } else if shape.allows(&node) {
                assert!(!said.contains(&format!("services.a.{key} must be a ")), "{key}: {value}: {said}");
            } else {
                assert!(!run.status.success(), "Compose takes {key}: {value}");
            }
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|worker| drop(scope.spawn(move || work(worker)))));
}

fn parsed(value: &str) -> Node {
    hsm::yaml::parse(FileId(0), value, Limits::ENTRY).node.unwrap()
}
