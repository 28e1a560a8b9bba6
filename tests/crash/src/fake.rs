//! The tools that hsm calls, played by this program under their names: what real ones do to files, in a few milliseconds,
//! the same every time, and with a fault on demand.
//!
//! Owns: how uv and Compose treat files. Refuses: deciding what is right. `tests/transaction/real_tool.rs` and the gate
//! `uv` do the same with the real uv.
//!
//! `CRASH_TOOL=COMMAND:STEP:WHAT` asks for a fault before the step of that number of `uv COMMAND`. `WHAT`: `fail` (exit
//! code 1), `die` (killed), `hang` (Ctrl-C for hsm, then no end), `INT`, `TERM` or `KILL` (a signal for hsm; after `KILL`
//! the tool ends too), `family` (starts a child that does not listen to signals, then no end), `deaf` (listens to none
//! itself), `orphan` (hsm is killed, the tool goes on); `on@FILE`, `fail@FILE`, `KILL@FILE`: somebody saves that
//! file first.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, getpid, getppid, kill_process};

/// Where in a place it is noted what somebody else has saved.
pub(crate) const SOMEBODY: &str = "somebody";

/// Where in a place the tools note when they are at work.
pub(crate) const LOG: &str = "log";

/// Plays the tool of this name with these arguments; gives back its exit code.
pub(crate) fn play(name: &str, args: &[String]) -> i32 {
    match name {
        "uv" => uv(args),
        _ => docker(args),
    }
}

fn docker(args: &[String]) -> i32 {
    if args.iter().any(|a| a == "version") {
        say("2.30.0\n");
    } else {
        // As the real one: the whole file is read before anything is said of it.
        let mut text = String::new();
        let _nothing = std::io::stdin().read_to_string(&mut text);
        if Tool::of("config").step().is_err() {
            return 15;
        }
    }
    0
}

fn uv(args: &[String]) -> i32 {
    if args.iter().any(|a| a == "--version") {
        say("uv 0.13.9\n");
        return 0;
    }
    let Some(command) = args.iter().find(|a| matches!(a.as_str(), "lock" | "sync")) else { return 2 };
    let mut tool = Tool::of(command);
    log("start");
    let project = fs::read_to_string("pyproject.toml").unwrap_or_default();
    let done = if command == "lock" { tool.lock(&project) } else { tool.sync(&project) };
    log("end");
    match done {
        Ok(()) => 0,
        Err(error) => {
            let _nobody_reads = writeln!(std::io::stderr(), "error: {error}");
            1
        }
    }
}

fn say(text: &str) {
    let _nobody_reads = std::io::stdout().write_all(text.as_bytes());
}

/// A tool at work.
struct Tool {
    step: usize,
    fault: Option<(usize, String)>,
}

impl Tool {
    fn of(command: &str) -> Self {
        let asked = std::env::var("CRASH_TOOL").unwrap_or_default();
        let mut parts = asked.split(':');
        let fault = match (parts.next(), parts.next().and_then(|n| n.parse().ok()), parts.next()) {
            (Some(of), Some(step), Some(what)) if of == command => Some((step, what.to_owned())),
            _ => None,
        };
        Self { step: 0, fault }
    }

    /// Comes before everything that changes something.
    fn step(&mut self) -> Result<(), String> {
        self.step += 1;
        let Some((_, what)) = self.fault.as_ref().filter(|(step, _)| *step == self.step) else {
            return Ok(());
        };
        let to_hsm = |signal| {
            let parent = getppid().ok_or("hsm has gone")?;
            kill_process(parent, signal).map_err(|e| e.to_string())
        };
        let mut what = what.as_str();
        if let Some((then, file)) = what.split_once('@') {
            meddle(file).map_err(|e| e.to_string())?;
            what = then;
        }
        match what {
            "on" => {}
            "fail" => return Err("no space for beans".to_owned()),
            "die" => kill_myself(),
            "hang" => {
                to_hsm(Signal::INT)?;
                std::thread::sleep(Duration::from_mins(1));
            }
            "family" | "deaf" => {
                let mut child = Command::new("sh");
                child.args(["-c", "trap '' INT TERM HUP; while echo >> ../heart; do sleep 0.05; done"]);
                if what == "deaf" {
                    return Err(child.exec().to_string());
                }
                child.spawn().map_err(|e| e.to_string())?;
                std::thread::sleep(Duration::from_mins(1));
            }
            "INT" => to_hsm(Signal::INT)?,
            "TERM" => to_hsm(Signal::TERM)?,
            "KILL" => {
                to_hsm(Signal::KILL)?;
                kill_myself();
            }
            "orphan" => {
                to_hsm(Signal::KILL)?;
                std::thread::sleep(Duration::from_millis(300));
            }
            other => return Err(format!("CRASH_TOOL asks for {other:?}")),
        }
        Ok(())
    }

    fn lock(&mut self, project: &str) -> Result<(), String> {
        let text = format!("version = 1\n# of {}\n", print(project));
        self.write("uv.lock", &text)
    }

    /// Installs what the project names: some files are replaced, some are written into as they are.
    fn sync(&mut self, project: &str) -> Result<(), String> {
        let site = ".venv/lib/python3/site-packages";
        for dir in [".venv/bin", site] {
            if !Path::new(dir).is_dir() {
                self.step()?;
                fs::create_dir_all(dir).map_err(|e| e.to_string())?;
            }
        }
        if !Path::new(".venv/bin/python").exists() {
            self.step()?;
            symlink("/bin/sh", ".venv/bin/python").map_err(|e| e.to_string())?;
        }
        self.write(".venv/pyvenv.cfg", &format!("home = /usr/bin\n# of {}\n", print(project)))?;
        for name in ["liba", "libb"] {
            let package = format!("{site}/{name}");
            let record = format!("{site}/{name}-1.0.dist-info");
            if !project.contains(&format!("\"{name}")) {
                for dir in [&package, &record] {
                    if Path::new(dir).exists() {
                        self.step()?;
                        fs::remove_dir_all(dir).map_err(|e| e.to_string())?;
                    }
                }
                continue;
            }
            for dir in [&package, &record] {
                fs::create_dir_all(dir).map_err(|e| e.to_string())?;
            }
            self.replace(&format!("{package}/__init__.py"), &format!("of = '{}'\n", print(project)))?;
            self.write(
                &format!("{record}/RECORD"),
                &format!("{name}/__init__.py,,\n{name}-1.0.dist-info/RECORD,,\n"),
            )?;
            self.write(&format!(".venv/bin/{name}"), &format!("#!/bin/sh\n# of {}\n", print(project)))?;
        }
        Ok(())
    }

    /// Writes into a file as it is, in two parts.
    fn write(&mut self, path: &str, text: &str) -> Result<(), String> {
        self.step()?;
        let mut file = fs::File::create(path).map_err(|e| format!("{path}: {e}"))?;
        let (first, rest) = text.split_at(text.len() / 2);
        file.write_all(first.as_bytes()).map_err(|e| e.to_string())?;
        self.step()?;
        file.write_all(rest.as_bytes()).map_err(|e| e.to_string())
    }

    /// Writes beside a file and renames.
    fn replace(&mut self, path: &str, text: &str) -> Result<(), String> {
        let beside = format!("{path}.new");
        self.write(&beside, text)?;
        self.step()?;
        fs::rename(&beside, path).map_err(|e| format!("{path}: {e}"))
    }
}

/// Somebody saves a file, the way editors do, and it is noted what he saved.
fn meddle(file: &str) -> std::io::Result<()> {
    let mut text = fs::read_to_string(file).unwrap_or_default();
    text.push_str("# somebody else\n");
    fs::write(format!("{file}.theirs"), &text)?;
    fs::rename(format!("{file}.theirs"), file)?;
    fs::write(format!("../{SOMEBODY}"), &text)
}

fn kill_myself() {
    let me: Pid = getpid();
    let _ends = kill_process(me, Signal::KILL);
}

/// Notes that this tool is at work, where that is wanted.
fn log(what: &str) {
    if std::env::var_os("CRASH_LOG").is_some() {
        let file = fs::OpenOptions::new().create(true).append(true).open(format!("../{LOG}"));
        let _best_effort = file.and_then(|mut file| writeln!(file, "{what} {}", std::process::id()));
    }
}

/// Whether no tool worked while another one did.
pub(crate) fn took_turns(log: &Path) -> Result<(), String> {
    let mut at_work = None;
    for line in fs::read_to_string(log).unwrap_or_default().lines() {
        match (line.split_once(' '), at_work.take()) {
            (Some(("start", who)), None) => at_work = Some(who.to_owned()),
            (Some(("end", who)), Some(other)) if who == other => {}
            (_, other) => return Err(format!("{line:?} while {other:?} was at work")),
        }
    }
    Ok(())
}

/// Whether all that the tools made in a project was made from the project's file that is there.
pub(crate) fn belongs_together(root: &Path) -> Result<(), String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let project = read("pyproject.toml");
    let site = ".venv/lib/python3/site-packages";
    let mut made = vec!["uv.lock".to_owned(), ".venv/pyvenv.cfg".to_owned()];
    for name in ["liba", "libb"] {
        let (file, script) = (format!("{site}/{name}/__init__.py"), format!(".venv/bin/{name}"));
        if project.contains(&format!("\"{name}")) {
            made.extend([file, script]);
        } else if root.join(&file).exists() {
            return Err(format!("{file} is there, but not in pyproject.toml"));
        }
    }
    match made.iter().find(|path| !read(path).contains(&print(&project))) {
        Some(path) => Err(format!("{path} was made from another pyproject.toml")),
        None => Ok(()),
    }
}

/// A short text that stands for another.
fn print(text: &str) -> String {
    let sum = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{sum:016x}")
}
