//! Gate `signals`: Ctrl-C once, twice and three times, and the other signals, while a tool is at work that has children or
//! does not listen.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::judge::{Next, Verdict, judge};
use crate::plan::{Counted, Findings, Plan};
use crate::run::Hsm;
use crate::sweep::{Prepared, copy};

/// Everything is put back within this time.
const LIMIT: Duration = Duration::from_secs(10);
/// The tool's children write here as long as they live.
const HEART: &str = "heart";

const SIGNALS: [(&str, Signal, i32); 3] =
    [("INT", Signal::INT, 130), ("TERM", Signal::TERM, 143), ("HUP", Signal::HUP, 143)];

struct Case<'a> {
    of: &'a Prepared,
    /// What the tool does: see [`crate::fake`].
    tool: &'static str,
    signal: (&'static str, Signal, i32),
    times: usize,
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}x{}", self.of.scenario.name, self.tool, self.signal.0, self.times)
    }
}

/// Runs the cases that the plan asks for.
pub(crate) fn run(plan: &Plan, hsm: &Hsm, prepared: &[Prepared]) -> Findings {
    let mut cases = Vec::new();
    for of in prepared.iter().filter(|of| matches!(of.scenario.name, "add" | "fresh" | "linked")) {
        // A check of Compose, a lock and an installation, each with a child that goes its own way.
        for tool in ["config:1:family", "lock:2:family", "sync:5:family", "sync:5:deaf"] {
            for signal in SIGNALS {
                cases.extend((1..=3).map(|times| Case { of, tool, signal, times }));
            }
        }
    }
    let cases = plan.choose(cases);
    let results =
        plan.each(&cases, |_, case, place| run_case(hsm, case, place).map_err(|why| (case.to_string(), why)));
    Findings::of("signals", results)
}

fn run_case(hsm: &Hsm, case: &Case<'_>, place: &Path) -> Counted {
    copy(&case.of.template, place);
    let heart = place.join(HEART);
    let started = case.of.scenario.run(hsm, place).tool(case.tool).start();
    let group = Pid::from_child(&started.child);
    let start = Instant::now();
    while !heart.exists() {
        if start.elapsed() > LIMIT {
            let _gone = kill_process_group(group, Signal::KILL);
            return Err("the tool never came to its work".to_owned());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let asked = Instant::now();
    for number in 0..case.times {
        if number > 0 {
            std::thread::sleep(Duration::from_millis(700));
        }
        // As a terminal does: everybody in the group gets it.
        let _ended_before = kill_process_group(group, case.signal.1);
    }
    let ended = started.end();
    let time = asked.elapsed();
    let beats = || fs::metadata(&heart).map_or(0, |meta| meta.len());
    let before = beats();
    std::thread::sleep(Duration::from_millis(250));
    if beats() != before {
        return Err("a child of the tool lives on".to_owned());
    }
    fs::remove_file(&heart).map_err(|e| e.to_string())?;
    let said =
        format!("it ended with {:?} {:?} after {time:?}: {}", ended.code, ended.signal, ended.said.trim());
    if ended.code != Some(case.signal.2) || time > LIMIT {
        return Err(said);
    }
    let verdict = judge(hsm, place, &case.of.states, &ended, Next::Recover)
        .map_err(|why| format!("{why}\n    {said}"))?;
    if verdict == Verdict::New {
        return Err(format!("interrupted, but new\n    {said}"));
    }
    Ok(Some(format!("{} ({})", case.signal.0, verdict.word())))
}
