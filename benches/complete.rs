//! What a completion costs beside `hsm list` in the same project: a fresh process each time, with a large registry.
//!
//! ```sh
//! cargo bench --bench complete
//! ```
//!
//! A shell waits for it while somebody types, so a completion that takes longer than 50 ms fails here. The ratios are
//! of the medians, taken in turn; the registry's files stay in the memory of the system from round to round.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::expect_used, reason = "a bench that says what it expected")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hsm_rivals::instances::registry::{Registry, SIZES};

const ROUNDS: usize = 31;

const LIMIT: Duration = Duration::from_millis(50);

/// What is completed: the words behind `hsm`.
const LINES: [&[&str]; 5] =
    [&["gro"], &["package", "add", ""], &["add", ""], &["why", ""], &["package", "mode", ""]];

fn main() {
    let (entries, selected) = SIZES[1];
    let dir = tempfile::tempdir().expect("a directory");
    Registry::new(entries, selected, 0).lay_out(dir.path(), false).expect("written");
    println!("| {entries} entries, {selected} selected | names | ms | part of `hsm list` |");
    println!("| --- | --- | --- | --- |");
    for words in LINES {
        let mut complete = asked(dir.path(), words);
        let answer = complete.output().expect("hsm runs").stdout;
        let names = String::from_utf8_lossy(&answer).lines().count();
        let mut list = hsm(dir.path());
        list.arg("list");
        let mut rounds: Vec<[Duration; 2]> =
            (0..ROUNDS).map(|_| [took(&mut complete), took(&mut list)]).collect();
        let mut median = |of: usize| {
            rounds.sort_by_key(|round| round[of]);
            rounds[ROUNDS / 2][of]
        };
        let (complete, list) = (median(0), median(1));
        println!(
            "| `hsm {}` | {} | {:.1} | {:.2} |",
            words.join(" "),
            names.saturating_sub(1),
            complete.as_secs_f64() * 1000.0,
            complete.as_secs_f64() / list.as_secs_f64()
        );
        // a busy machine holds up every round but the quickest
        let least = rounds.iter().map(|round| round[0]).min().unwrap_or_default();
        assert!(least <= LIMIT, "`hsm {}` keeps a shell waiting: {least:?}", words.join(" "));
    }
}

/// What zsh runs, which wants descriptions too.
fn asked(root: &Path, words: &[&str]) -> Command {
    let mut command = hsm(root);
    command.args(["complete", "zsh", "--", "hsm"]).args(words);
    command
}

fn hsm(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hsm"));
    command.current_dir(root).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

fn took(command: &mut Command) -> Duration {
    let begin = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("hsm runs");
    let took = begin.elapsed();
    assert!(status.success(), "{command:?}");
    took
}
