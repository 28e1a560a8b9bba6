//! strace: which calls of a run change something, and faults at them.
//!
//! Owns: how strace is asked and what it says. Refuses: choosing faults, and judging.
//!
//! strace counts the calls of each thread for itself, so that a fault at the third `fsync` would hit every thread that
//! gets that far. hsm changes files in its first thread only; strace follows no other, and [`record`] makes sure with a
//! recording of all threads that there is nothing to be missed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::project::{Scenario, root};
use crate::run::{Ended, Hsm, Run};

/// The calls that can change something, besides `openat`, which sometimes does.
const CHANGING: [&str; 35] = [
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "ftruncate",
    "truncate",
    "fallocate",
    "copy_file_range",
    "sendfile",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "fsync",
    "fdatasync",
    "syncfs",
    "sync",
    "chmod",
    "fchmod",
    "fchmodat",
    "fchown",
    "fchownat",
    "lchown",
    "chown",
    "setxattr",
    "fsetxattr",
    "utimensat",
];

/// How the words begin for a run that did not come to where the fault was to be.
pub(crate) const MISSED: &str = "the run did not come in the same way to ";

/// One call that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Point {
    /// Its name.
    pub(crate) call: String,
    /// Its number among the calls of this name, from 1.
    pub(crate) number: usize,
    /// What it is about, without what differs from run to run.
    pub(crate) about: String,
}

/// A fault at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    Signal(&'static str),
    Error(&'static str),
}

/// All of them.
pub(crate) const FAULTS: [Fault; 8] = [
    Fault::Signal("SIGKILL"),
    Fault::Signal("SIGINT"),
    Fault::Signal("SIGTERM"),
    Fault::Error("EIO"),
    Fault::Error("ENOSPC"),
    Fault::Error("EACCES"),
    Fault::Error("EROFS"),
    Fault::Error("EINTR"),
];

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Signal(name) | Self::Error(name) => name,
        }
    }
}

/// The calls of an untouched run of a command that change something, in order. `place` is a fresh copy of its project.
pub(crate) fn record(scenario: &Scenario, hsm: &Hsm, place: &Path) -> (Vec<Point>, Ended) {
    record_args(hsm, place, scenario.args, scenario.tool)
}

/// The same for any command.
pub(crate) fn record_args(hsm: &Hsm, place: &Path, args: &[&str], tool: &str) -> (Vec<Point>, Ended) {
    let (ended, trace) = traced(hsm, place, args, tool, &[]);
    (points(&trace, place), ended)
}

/// Runs a command with a fault at a point; says also whether it came to that point.
pub(crate) fn inject(
    hsm: &Hsm,
    place: &Path,
    args: &[&str],
    tool: &str,
    (point, fault): (&Point, Fault),
) -> (Ended, bool) {
    let what = match fault {
        Fault::Signal(name) => format!("signal={name}"),
        Fault::Error(name) => format!("error={name}"),
    };
    let inject = format!("--inject={}:{what}:when={}", point.call, point.number);
    let (ended, trace) = traced(hsm, place, args, tool, &[inject]);
    let mark = match fault {
        Fault::Signal("SIGKILL") => "+++ killed by SIGKILL".to_owned(),
        Fault::Signal(name) => format!("--- {name} "),
        Fault::Error(_) => "(INJECTED)".to_owned(),
    };
    let mut count = 0;
    let hit = trace.lines().find(|line| {
        count += usize::from(call(line) == point.call);
        count == point.number
    });
    let same = hit.is_some_and(|line| about(line, place) == point.about);
    (ended, same && trace.contains(&mark))
}

/// Whether any thread of hsm but the first changes something in the project.
pub(crate) fn other_threads(hsm: &Hsm, place: &Path, scenario: &Scenario) -> Vec<String> {
    let (_, trace) = traced(hsm, place, scenario.args, scenario.tool, &["--follow-forks".to_owned()]);
    let mut threads: BTreeMap<String, bool> = BTreeMap::new();
    let first = trace.split_whitespace().next().unwrap_or_default().to_owned();
    let mut wrong = Vec::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(char::is_whitespace) else { continue };
        let rest = rest.trim_start();
        // A program that is started begins with this; until then it is a copy of hsm that shares its files.
        if rest.starts_with("execve(") {
            threads.insert(thread.to_owned(), true);
        }
        let tool = threads.get(thread).copied().unwrap_or(false);
        if thread != first && !tool && changes(rest, place) {
            wrong.push(rest.to_owned());
        }
    }
    wrong
}

/// Runs a command under strace with these further options; gives back what strace wrote.
pub(crate) fn traced(hsm: &Hsm, place: &Path, args: &[&str], tool: &str, more: &[String]) -> (Ended, String) {
    let trace = place.join("trace");
    let mut strace = ["--quiet=attach", "--decode-fds=path", "--string-limit=0"].map(str::to_owned).to_vec();
    strace.push(format!("--output={}", trace.display()));
    strace.push(format!("--trace=openat,execve,flock,lseek,{}", CHANGING.join(",")));
    strace.extend_from_slice(more);
    let ended = Run::traced(hsm, place, args, &strace).tool(tool).end();
    let text = fs::read(&trace).unwrap_or_default();
    (ended, String::from_utf8_lossy(&text).into_owned())
}

fn points(trace: &str, place: &Path) -> Vec<Point> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for line in trace.lines() {
        let call = call(line);
        let count = counts.entry(call.to_owned()).or_default();
        *count += 1;
        if changes(line, place) {
            all.push(Point { call: call.to_owned(), number: *count, about: about(line, place) });
        }
    }
    all
}

fn call(line: &str) -> &str {
    line.split_once('(').map_or("", |(name, _)| name)
}

/// Whether a line of a trace is a call that changes something in the place.
fn changes(line: &str, place: &Path) -> bool {
    if !line.contains(&*root(place).to_string_lossy())
        && !line.contains(&*place.join("elsewhere").to_string_lossy())
    {
        return false;
    }
    match call(line) {
        "openat" => ["O_CREAT", "O_TRUNC", "O_WRONLY", "O_RDWR"].iter().any(|flag| line.contains(flag)),
        "flock" => true,
        call => CHANGING.contains(&call),
    }
}

/// A line without what differs from run to run: the place, numbers of processes and of open files, times, the result.
fn about(line: &str, place: &Path) -> String {
    let line = line.replace(&*place.to_string_lossy(), "");
    let end = line.rfind(") = ").or_else(|| line.rfind(") ")).unwrap_or(line.len());
    let mut out = String::new();
    let mut in_number = false;
    for letter in line[..end].chars() {
        match (letter.is_ascii_digit(), in_number) {
            (true, false) => out.push('0'),
            (true, true) => {}
            (false, _) => out.push(letter),
        }
        in_number = letter.is_ascii_digit();
    }
    out
}
