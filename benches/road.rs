//! The whole command on generated registries: a fresh process of `hsm resolve`, the share of each stage in it, and how
//! many times as long it takes as things that every machine knows.
//!
//! ```sh
//! cargo bench --bench road
//! ```
//!
//! The stages are measured in this process, by the library's own functions; what the process takes beyond them is its
//! start and the printing. The last column is the search for a stack that its own lock leads to, beside the search without
//! a lock. Everything is done in turn, round by round. The shares are all of one round, the one whose
//! command took the median, and so they sum up to the whole. The registries' files stay in the memory of the system from
//! round to round.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::expect_used, reason = "a bench that says what it expected")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hsm::compile::compile;
use hsm::load::{Inputs, LoadOptions, load};
use hsm::lock::Lock;
use hsm::solve::solve;
use hsm::world::Real;
use hsm_rivals::instances::registry::{Registry, SIZES};

const ROUNDS: usize = 7;

fn main() {
    println!(
        "| entries | selected | files read | load | compile | solve | rest | to start alone | to read the same files | to \
         start Python | solve with its lock |"
    );
    println!("| --- |{}", " --- |".repeat(10));
    for (entries, selected) in SIZES {
        let dir = tempfile::tempdir().expect("a directory");
        let registry = Registry::new(entries, selected, 0);
        registry.lay_out(dir.path(), false).expect("files");
        let (rounds, files) = measure(dir.path());
        let times = median(rounds);
        let whole = times.command.as_secs_f64();
        let share = |part: Duration| format!("{:.0} %", 100.0 * part.as_secs_f64() / whole);
        let times_as_long = |other: Duration| format!("{:.1}×", whole / other.as_secs_f64());
        println!(
            "| {entries} | {selected} | {files} | {} | {} | {} | {} | {} | {} | {} | {:.2}× |",
            share(times.load),
            share(times.compile),
            share(times.solve),
            share(times.rest()),
            times_as_long(times.start),
            times_as_long(times.read),
            times.python.map_or_else(|| "-".to_owned(), times_as_long),
            times.again.as_secs_f64() / times.first.as_secs_f64(),
        );
    }
}

/// What one round took.
struct Times {
    command: Duration,
    load: Duration,
    compile: Duration,
    solve: Duration,
    /// `hsm --version`.
    start: Duration,
    /// The files that the load opens, read and nothing else.
    read: Duration,
    python: Option<Duration>,
    /// The first search for a stack by itself, and the one that has the first one's lock.
    first: Duration,
    again: Duration,
}

impl Times {
    /// What the command took besides the stages; none where a busy machine held up the stages alone.
    fn rest(&self) -> Duration {
        self.command.saturating_sub(self.load + self.compile + self.solve)
    }
}

/// The round whose command took the median.
fn median(mut rounds: Vec<Times>) -> Times {
    rounds.sort_by_key(|round| round.command);
    rounds.swap_remove(rounds.len() / 2)
}

/// All rounds, and how many files the command reads.
fn measure(root: &Path) -> (Vec<Times>, usize) {
    let world = Real::new().expect("a machine");
    let options = LoadOptions::default();
    let read_in = || load(root, &world, &options).expect("a good registry");
    let paths = opened(&read_in(), root);
    let read_all = || paths.iter().map(|path| fs::read(path).map_or(0, |bytes| bytes.len())).sum::<usize>();
    let rounds = (0..ROUNDS).map(|_| {
        let whole = command(hsm().arg("-C").arg(root).arg("resolve")).expect("a program");
        let start = command(hsm().arg("--version")).expect("a program");
        let python = command(Command::new("python3").args(["-c", "pass"]));
        let (inputs, load) = timed(read_in);
        let (compiled, compile) = timed(|| compile(&inputs));
        let (solved, solve) = timed(|| solve(&inputs, &compiled, &|| false));
        let stack = solved.expect("it has a solution").stack;
        let mut locked = inputs.clone();
        locked.lock = Some(Lock::of(&stack));
        let unchanged = hsm::compile::compile(&locked);
        let search = |problem| timed(|| hsm_solver::solve(problem, &hsm_solver::Options::default())).1;
        let (first, again) = (search(&compiled.problem), search(&unchanged.problem));
        let (bytes, read) = timed(read_all);
        assert!(bytes > 0, "they are there");
        Times { command: whole, load, compile, solve, start, read, python, first, again }
    });
    (rounds.collect(), paths.len())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    let done = work();
    (done, begin.elapsed())
}

fn hsm() -> Command {
    Command::new(env!("CARGO_BIN_EXE_hsm"))
}

/// How long a program takes that succeeds; `None` if it is not there.
fn command(command: &mut Command) -> Option<Duration> {
    let begin = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    let took = begin.elapsed();
    assert!(status.success(), "{command:?}");
    Some(took)
}

/// The files that were opened.
fn opened(inputs: &Inputs, root: &Path) -> Vec<std::path::PathBuf> {
    let files = inputs.files.values().flatten().filter_map(|file| inputs.sources.get(*file));
    let mut paths: Vec<_> = files.map(|source| root.join(&source.path)).collect();
    paths.push(root.join("hsm.yaml"));
    paths.sort_unstable();
    paths.dedup();
    paths
}
