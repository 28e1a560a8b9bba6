//! What an explanation costs: how many times as long as the solve that ends in the conflict it takes to say what the
//! conflict comes down to and to find, try and compare its fixes.
//!
//! ```sh
//! cargo bench --bench explain
//! cargo bench --bench explain -- clashes    # only where several pins clash
//! ```
//!
//! "The solve" is what a conflict costs without any explanation: from what was read to the statements that clash. Both
//! are done in turn, round by round; the medians are compared.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that says what it expected")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hsm::compile::{Compiled, compile};
use hsm::explain::{Explanation, explain};
use hsm::load::{Inputs, LoadOptions, load};
use hsm::solve::{NoStack, Unsolved, solve};
use hsm::world::Real;
use hsm_rivals::instances::registry::clashes;
use hsm_rivals::instances::registry::{Registry, SIZES};

const ROUNDS: usize = 15;

fn main() {
    if !std::env::args().any(|arg| arg == "clashes") {
        pinned_once();
    }
    pinned_more();
}

/// Projects with one pin that cannot hold.
fn pinned_once() {
    println!(
        "| entries | selected | statements | fixes | explained, as a multiple of the solve | of the load |"
    );
    println!("| --- |{}", " --- |".repeat(7));
    for (entries, selected) in SIZES {
        let dir = tempfile::tempdir().expect("a directory");
        let registry = Registry::new(entries, selected, 0);
        registry.lay_out(dir.path(), true).expect("files");
        let world = Real::new().expect("a machine");
        let options = LoadOptions::default();
        let (mut loads, mut solves, mut explanations) = (Vec::new(), Vec::new(), Vec::new());
        let (mut statements, mut fixes) = (0, 0);
        for _ in 0..ROUNDS {
            let (inputs, took) = timed(|| load(dir.path(), &world, &options).expect("a good registry"));
            loads.push(took);
            let ((compiled, unsolved), took) = timed(|| conflict(&inputs));
            solves.push(took);
            let (explanation, took) = timed(|| explain(&inputs, &compiled, unsolved.clone(), &|| false));
            explanations.push(took);
            statements = unsolved.statements.len();
            fixes = explanation.fixes().count();
            assert!(fixes > 0, "something can be done");
        }
        let explained = median(explanations).as_secs_f64();
        let ratio = |other: Vec<Duration>| explained / median(other).as_secs_f64();
        println!(
            "| {entries} | {selected} | {statements} | {fixes} | {:.1} | {:.2} |",
            ratio(solves),
            ratio(loads)
        );
    }
}

/// Projects with several pins that clash, some of them in connected ways.
fn pinned_more() {
    println!(
        "\n| selected | seed | entries read | conflicts | fixes | explained, as a multiple of the solve | explained, ms | the whole command, ms |"
    );
    println!("| --- |{}", " --- |".repeat(7));
    for (entries, selected, seed) in clashes::all() {
        let dir = tempfile::tempdir().expect("a directory");
        let registry = Registry::new(entries, selected, seed);
        registry.lay_out_with(dir.path(), &registry.clashing(seed)).expect("files");
        let world = Real::new().expect("a machine");
        let inputs = load(dir.path(), &world, &LoadOptions::default()).expect("a good registry");
        let (mut solves, mut explanations, mut commands) = (Vec::new(), Vec::new(), Vec::new());
        let mut told = Explanation::default();
        for _ in 0..ROUNDS {
            let ((compiled, unsolved), took) = timed(|| conflict(&inputs));
            solves.push(took);
            let (explanation, took) = timed(|| explain(&inputs, &compiled, unsolved.clone(), &|| false));
            explanations.push(took);
            told = explanation;
            commands.push(timed(|| command(dir.path())).1);
        }
        let explained = median(explanations).as_secs_f64();
        println!(
            "| {selected} | {seed} | {} | {}{} | {} | {:.1} | {:.0} | {:.0} |",
            inputs.opened,
            told.conflicts.len(),
            if told.more > 0 { format!(" and {} more", told.more) } else { String::new() },
            told.fixes().count(),
            explained / median(solves).as_secs_f64(),
            explained * 1000.0,
            median(commands).as_secs_f64() * 1000.0,
        );
    }
}

fn command(root: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hsm"));
    command.arg("-C").arg(root).args(["resolve", "--explain"]);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert_eq!(status.expect("a program").code(), Some(3), "a conflict");
}

fn conflict(inputs: &Inputs) -> (Compiled, Unsolved) {
    let compiled = compile(inputs);
    match solve(inputs, &compiled, &|| false) {
        Err(NoStack::Unsolved(unsolved)) => (compiled, unsolved),
        other => panic!("no conflict: {other:?}"),
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    let done = work();
    (done, begin.elapsed())
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all.swap_remove(all.len() / 2)
}
