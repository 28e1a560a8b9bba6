//! From files to a stack or a conflict: load, compile, solve, and the lock.

mod memory;

use std::path::{Path, PathBuf};

use hsm::compile::compile;
use hsm::load::{Inputs, LoadOptions, load};
use hsm::lock;
use hsm::solve::{NoStack, Solved, solve};
use memory::{Memory, ROOT};

fn directory(at: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(at.join(&dir)).unwrap() {
            let entry = entry.unwrap();
            let path = dir.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                todo.push(path);
            } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
                found.push((path.to_string_lossy().into_owned(), text));
            }
        }
    }
    found
}

fn inputs(world: &Memory) -> Inputs {
    load(Path::new(ROOT), world, &LoadOptions::default()).unwrap_or_else(|report| {
        panic!("{:#?}", report.diagnostics.iter().map(|d| d.finding.to_string()).collect::<Vec<_>>())
    })
}

fn try_solve(world: &Memory) -> (Inputs, Result<Solved, NoStack>) {
    let inputs = inputs(world);
    let solved = solve(&inputs, &compile(&inputs), &|| false);
    (inputs, solved)
}

fn solved(world: &Memory) -> (Inputs, Solved) {
    let (inputs, solved) = try_solve(world);
    let solved = solved.unwrap_or_else(|none| match none {
        NoStack::Unsolved(conflict) => {
            panic!("{:#?}", conflict.statements.iter().map(|s| s.claim.to_string()).collect::<Vec<_>>())
        }
        other => panic!("{other:?}"),
    });
    (inputs, solved)
}

#[test]
fn the_example_resolves() {
    let world =
        Memory::new(directory(&Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-fixtures/rag-stack")));
    let (inputs, solved) = solved(&world);
    let ids: Vec<String> = solved.reasons.keys().map(ToString::to_string).collect();
    assert!(ids.contains(&"container:qdrant".to_owned()), "{ids:?}");
    assert!(solved.reasons.values().all(|reasons| !reasons.is_empty()));
    // Nothing of it depends on what is solved again with its own lock.
    let text = lock::render(&inputs, &solved.stack);
    let (again, relocked) = self::solved(&world.with(lock::FILE, text.clone()));
    assert_eq!(lock::render(&again, &relocked.stack), text);
}
