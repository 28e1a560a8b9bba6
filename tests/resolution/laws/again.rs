//! Compiling again: a project that was compiled with another manifest, or another lock, comes to the same as from nothing.

use hsm::compile::{Before, Compiled, compile, compile_again};
use hsm::explain::{Fix, explain};
use hsm::lock::Lock;
use hsm::manifest::edit::{edit, read_text};

use super::case;

const PROJECTS: u64 = 600;

/// All that is public of it.
fn said(compiled: &Compiled) -> String {
    let Compiled { problem, statements, components, groups, joined, externals, .. } = compiled;
    format!("{problem:?}\n{statements:?}\n{components:?}\n{groups:?}\n{joined:?}\n{externals:?}")
}

#[test]
fn another_manifest_over_what_is_compiled_is_like_one_from_nothing() {
    let (mut edits, mut locks, mut shared) = (0, 0, 0);
    case::each(PROJECTS, 0, 1, |case| {
        let answer = case.answer();
        let before = Before { inputs: &answer.inputs, compiled: &answer.compiled };
        if let Ok(solved) = &answer.result {
            let mut inputs = answer.inputs.clone();
            inputs.lock = Some(Lock::of(&solved.stack));
            locks += 1;
            let again = compile_again(&inputs, before).0;
            assert_eq!(said(&again), said(&compile(&inputs)), "{}", case.say("another lock"));
            return;
        }
        let Some(first) = answer.conflict() else { return };
        let explanation = explain(&answer.inputs, &answer.compiled, first.clone(), &|| false);
        for change in explanation.fixes().filter_map(Fix::changes).flatten() {
            let text = &answer.inputs.sources.get(answer.inputs.manifest.file).expect("a manifest").text;
            let Some(read) = read_text(text) else { continue };
            let Ok(after) = edit(text, &read, change) else { continue };
            let inputs = answer.inputs.with_manifest(&after.text).expect("an edit leaves a manifest");
            let (again, same) = compile_again(&inputs, before);
            edits += 1;
            shared += u32::from(same);
            assert_eq!(said(&again), said(&compile(&inputs)), "{}", case.say(&format!("{change:?}")));
            // and from what was compiled like this
            let next = Before { inputs: &inputs, compiled: &again };
            let back = compile_again(&answer.inputs, next).0;
            assert_eq!(said(&back), said(&answer.compiled), "{}", case.say(&format!("back: {change:?}")));
        }
    });
    println!("{edits} edits, {shared} of them with the same candidates, and {locks} locks");
    assert!(edits > 100 && shared > 50 && locks > 100);
}
