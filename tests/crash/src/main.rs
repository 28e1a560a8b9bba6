//! Faults, kills and power cuts against the real program, the way databases are tested: after any end of any run the project
//! is old or new, never else.
//!
//! Owns: the gates, and the projects they run on. Refuses: everything but running hsm and looking at files; it knows
//! nothing of how hsm is built inside.
//!
//! `cargo crash short` is what CI runs; `cargo crash full` everything. A case that goes wrong is printed with the one
//! command that repeats it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that goes wrong should stop there")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints its findings")]

mod again;
mod calls;
mod controls;
mod crowd;
mod cuts;
mod fake;
mod idle;
mod judge;
mod meddle;
mod model;
mod mount;
mod picture;
mod plan;
mod power;
mod project;
mod room;
mod run;
mod signals;
mod strace;
mod sweep;
mod uv;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use plan::{Findings, Plan};
use run::Hsm;

const HELP: &str = "\
Faults, kills and power cuts against the real hsm: after any end of any run the project is old or new.

Usage: cargo crash short|full|GATE… [OPTIONS]

  short        a sample of every gate, as in CI (a few minutes)
  full         everything

Gates:
  sweep        every fault (three signals, five errors) at every call that changes something, of every scenario,
               and at every step of the tools
  again        a kill, and then a fault in the command that recovers from it
  cuts         power cuts, by a model of the disk: what was not synced is lost in part, in any order
  meddle       somebody else saves a file while hsm is at work
  idle         commands that only look, and a sync with nothing to do, change nothing
  room         a disk with less and less room (mounts a small one)
  power        the power goes at a call: a real file system in an image, without what was in memory (mounts it)
  crowd        64 processes at once in one project, an eighth of them killed, in 200 rounds
  signals      Ctrl-C once, twice, three times, while a tool works that has children or does not listen
  uv           the real uv killed at 200 points of a sync with builds
  controls     builds of hsm that are broken on purpose, which the other gates must catch

Options:
  --only CASE  only this one; its place is kept and named
  --sample N   at most so many cases of each gate
  --seed N     another sample (default: 1)
  --jobs N     so many at a time (default: the number of cores)
  --broken X   a build that is broken on purpose, in this way (see the gate `controls`)
  --in DIR     make the places there (default: /dev/shm, else the system's place for temporary files)
";

/// What was typed.
struct Typed {
    gates: Vec<&'static Gate>,
    short: bool,
    only: Option<String>,
    sample: Option<usize>,
    seed: u64,
    jobs: usize,
    within: PathBuf,
    broken: Option<String>,
}

/// One kind of trouble.
struct Gate {
    name: &'static str,
    /// How many cases `short` takes, and `full` (`None`: all there are).
    short: usize,
    full: Option<usize>,
    run: fn(&Plan, &Bench) -> Findings,
}

/// What the gates share.
#[derive(Clone)]
struct Bench {
    hsm: Hsm,
    /// A build that can be broken, where one is needed.
    breakable: PathBuf,
    prepared: Arc<Vec<sweep::Prepared>>,
}

static GATES: [Gate; 11] = [
    Gate {
        name: "sweep",
        short: 600,
        full: None,
        run: |plan, bench| sweep::run(plan, &bench.hsm, &bench.prepared),
    },
    Gate {
        name: "again",
        short: 150,
        full: Some(2500),
        run: |plan, bench| again::run(plan, &bench.hsm, &bench.prepared),
    },
    Gate {
        name: "cuts",
        short: 400,
        full: Some(5000),
        run: |plan, bench| cuts::run(plan, &bench.hsm, &bench.prepared),
    },
    Gate {
        name: "meddle",
        short: 80,
        full: None,
        run: |plan, bench| meddle::run(plan, &bench.hsm, &bench.prepared),
    },
    Gate {
        name: "idle",
        short: 100,
        full: None,
        run: |plan, bench| idle::run(plan, &bench.hsm, &bench.prepared),
    },
    Gate {
        name: "room",
        short: 40,
        full: None,
        run: |plan, bench| room::run(plan, &bench.hsm, &bench.prepared),
    },
    Gate {
        name: "power",
        short: 20,
        full: Some(600),
        run: |plan, bench| power::run(plan, &bench.hsm, &bench.prepared),
    },
    Gate {
        name: "crowd",
        short: 1,
        full: None,
        run: |plan, bench| crowd::run(plan, &bench.hsm, &bench.prepared),
    },
    Gate {
        name: "signals",
        short: 12,
        full: None,
        run: |plan, bench| signals::run(plan, &bench.hsm, &bench.prepared),
    },
    Gate { name: "uv", short: 12, full: None, run: |plan, bench| uv::run(plan, &bench.hsm) },
    Gate { name: "controls", short: usize::MAX, full: None, run: controls::run },
];

fn main() -> ExitCode {
    let mut args = std::env::args();
    let name = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    if let Some(tool @ ("uv" | "docker")) = Path::new(&name).file_name().and_then(|n| n.to_str()) {
        return ExitCode::from(u8::try_from(fake::play(tool, &args)).unwrap_or(1));
    }
    match typed(&args) {
        Ok(Some(typed)) => crash(&typed),
        Ok(None) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}; `cargo crash --help` says more");
            ExitCode::from(2)
        }
    }
}

fn typed(args: &[String]) -> Result<Option<Typed>, String> {
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = Path::new("/dev/shm");
    let within = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let mut typed = Typed {
        gates: Vec::new(),
        short: false,
        only: None,
        sample: None,
        seed: 1,
        jobs,
        within,
        broken: None,
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("`{arg}` needs a value"));
        let number = |text: &String| text.parse::<usize>().map_err(|_| format!("`{text}` is not a number"));
        match arg.as_str() {
            "-h" | "--help" => return Ok(None),
            "short" | "full" => {
                typed.gates = GATES.iter().collect();
                typed.short = arg == "short";
            }
            "--only" => typed.only = Some(value()?.clone()),
            "--sample" => typed.sample = Some(number(value()?)?),
            "--seed" => typed.seed = number(value()?)? as u64,
            "--jobs" => typed.jobs = number(value()?)?.max(1),
            "--broken" => typed.broken = Some(value()?.clone()),
            "--in" => typed.within = PathBuf::from(value()?),
            name => match GATES.iter().find(|gate| gate.name == name) {
                Some(gate) => typed.gates.push(gate),
                None => return Err(format!("there is no gate `{name}`")),
            },
        }
    }
    Ok((!typed.gates.is_empty()).then_some(typed))
}

fn crash(typed: &Typed) -> ExitCode {
    let work = tempfile::Builder::new().prefix("hsm-crash-").tempdir_in(&typed.within).expect("a directory");
    let (work, _removed_in_the_end) =
        if typed.only.is_some() { (work.keep(), None) } else { (work.path().to_owned(), Some(work)) };
    let breaks = typed.broken.is_some() || typed.gates.iter().any(|gate| gate.name == "controls");
    // First the one that can be broken: what stays in the target directory is the real one.
    let breakable = if breaks { build(&work, "breakable") } else { PathBuf::new() };
    let hsm = Hsm { program: build(&work, "hsm"), tools: tools(&work), broken: None };
    let start = Instant::now();
    let prepared = Arc::new(sweep::prepare(&hsm, &work));
    let (hsm, prepared) = match &typed.broken {
        Some(broken) => {
            let hsm = Hsm { program: breakable.clone(), broken: Some(broken.clone()), ..hsm };
            let prepared = prepared.iter().map(|one| one.with(&hsm, &work)).collect();
            (hsm, Arc::new(prepared))
        }
        None => (hsm, prepared),
    };
    let bench = Bench { hsm, breakable, prepared };
    println!("{} scenarios, prepared in {:.1} s", bench.prepared.len(), start.elapsed().as_secs_f64());
    let mut wrong = 0;
    for gate in &typed.gates {
        let sample = typed.sample.or(if typed.short { Some(gate.short) } else { gate.full });
        let place = work.join(gate.name);
        std::fs::create_dir_all(&place).expect("a directory");
        let plan = Plan {
            sample,
            seed: typed.seed,
            jobs: typed.jobs,
            only: typed.only.clone(),
            like: "",
            work: place,
            first: false,
        };
        let start = Instant::now();
        let findings = (gate.run)(&plan, &bench);
        tell(gate.name, &findings, start.elapsed().as_secs_f64());
        wrong += findings.wrong.len();
        if typed.only.is_some() {
            println!("kept: {}", work.display());
            wrong += usize::from(findings.total() == 0);
        }
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(gate: &str, findings: &Findings, seconds: f64) {
    println!("\n{gate}: {} cases in {seconds:.1} s, {} wrong", findings.total(), findings.wrong.len());
    for why in &findings.skipped {
        println!("  skipped: {why}");
    }
    for (kind, count) in &findings.counts {
        println!("  {count:>6}  {kind}");
    }
    for (command, why) in findings.wrong.iter().take(20) {
        println!("\n  {command}\n    {why}");
    }
    if findings.wrong.len() > 20 {
        println!("\n  and {} more", findings.wrong.len() - 20);
    }
}

/// Builds hsm beside this program and copies it, so that it stays what it is while other builds go on.
fn build(work: &Path, name: &str) -> PathBuf {
    let beside = std::env::current_exe().expect("this program").with_file_name("hsm");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "hsm", "--bin", "hsm"]);
    if name != "hsm" {
        command.args(["--features", "broken"]);
    }
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let built = command.status().expect("cargo");
    assert!(built.success(), "hsm was not built");
    let copy = work.join(name);
    std::fs::copy(&beside, &copy).expect("hsm beside this program");
    copy
}

/// This program under the names of the tools.
fn tools(work: &Path) -> PathBuf {
    let tools = work.join("tools");
    std::fs::create_dir_all(&tools).expect("a directory");
    let me = std::env::current_exe().expect("this program");
    for name in ["uv", "docker"] {
        std::os::unix::fs::symlink(&me, tools.join(name)).expect("a link");
    }
    tools
}
