//! What every stack of the fixtures becomes for the container engine: real Compose takes it, another reader reads it,
//! and the example's file says what was written down by hand.

#![expect(clippy::unwrap_used, reason = "a test that goes wrong stops there")]
#![expect(clippy::print_stderr, reason = "a skipped test says which it is and why")]

use std::path::{Path, PathBuf};

use hsm::adapters::docker::{Docker, MAIN_FILE};
use hsm::adapters::{Adapter as _, Part, Settings, Tool};
use hsm::compile::compile;
use hsm::load::{LoadOptions, load};
use hsm::solve::solve;
use hsm::world::{Command, Real, World as _};
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
