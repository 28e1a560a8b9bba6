//! Gate `sweep`: every fault at every call that changes something, of every scenario, and at every step of the tools.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::judge::{Next, States, judge};
use crate::picture::{Picture, few};
use crate::plan::{Counted, Findings, Plan};
use crate::project::{self, Scenario};
use crate::run::Hsm;
use crate::strace::{self, FAULTS, Fault, Point};

/// What a tool can be told to do wrong at one of its steps.
const TOOL_FAULTS: [&str; 6] = ["fail", "die", "INT", "TERM", "KILL", "orphan"];
/// The tool's commands, and more steps than any of them has.
const TOOL_STEPS: [(&str, usize); 2] = [("lock", 3), ("sync", 24)];

/// How long an orphan works, and more.
const AFTER_ORPHANS: Duration = Duration::from_millis(600);

/// A scenario with what an untouched run makes of it.
pub(crate) struct Prepared {
    pub(crate) scenario: &'static Scenario,
    pub(crate) template: PathBuf,
    pub(crate) states: States,
    pub(crate) points: Vec<Point>,
}

/// One fault of the sweep.
pub(crate) struct Case<'a> {
    pub(crate) of: &'a Prepared,
    what: What<'a>,
}

enum What<'a> {
    Call(&'a Point, Fault),
    Tool { command: &'static str, step: usize, fault: &'static str },
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Call(point, fault) => {
                write!(f, "{}/{}#{}/{}", self.of.scenario.name, point.call, point.number, fault.name())
            }
            What::Tool { command, step, fault } => {
                write!(f, "{}/{command}.{step}/{fault}", self.of.scenario.name)
            }
        }
    }
}

/// Makes the projects and learns from untouched runs what is old, what is new, and where something changes.
pub(crate) fn prepare(hsm: &Hsm, work: &Path) -> Vec<Prepared> {
    project::ALL.iter().map(|scenario| prepare_one(scenario, hsm, &work.join(scenario.name))).collect()
}

fn prepare_one(scenario: &'static Scenario, hsm: &Hsm, work: &Path) -> Prepared {
    let template = work.join("template");
    std::fs::create_dir_all(&template).expect("a directory");
    scenario.make(&template, hsm);
    for ours in ["said", "trace"] {
        let _none = std::fs::remove_file(template.join(ours));
    }
    let untouched = work.join("untouched");
    copy(&template, &untouched);
    let old = Picture::of(&untouched);
    let (points, ended) = strace::record(scenario, hsm, &untouched);
    assert_eq!(
        ended.code != Some(0),
        scenario.fails,
        "{}: an untouched run ended with {:?}: {}",
        scenario.name,
        ended.code,
        ended.said
    );
    let states = States { old, new: Picture::of(&untouched) };
    let all = work.join("all-threads");
    copy(&template, &all);
    let missed = strace::other_threads(hsm, &all, scenario);
    assert!(missed.is_empty(), "{}: changed by another thread than the first: {missed:?}", scenario.name);
    Prepared { scenario, template, states, points }
}

impl Prepared {
    /// The same for another build: it changes things at other calls, but old and new stay what they are.
    pub(crate) fn with(&self, hsm: &Hsm, work: &Path) -> Self {
        let place = work.join(format!("recorded-{}", self.scenario.name));
        copy(&self.template, &place);
        let (points, _) = strace::record(self.scenario, hsm, &place);
        let _later = std::fs::remove_dir_all(&place);
        Self { points, template: self.template.clone(), states: self.states.clone(), ..*self }
    }
}

/// Every fault of these scenarios.
pub(crate) fn cases(all: &[Prepared]) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for of in all {
        for point in &of.points {
            cases.extend(FAULTS.map(|fault| Case { of, what: What::Call(point, fault) }));
        }
        // One fault of the tools at a time; and a tool that is not called has no steps.
        if of.scenario.fails || matches!(of.scenario.name, "no-change" | "undo" | "undo-first") {
            continue;
        }
        for (command, steps) in TOOL_STEPS {
            for step in 1..=steps {
                cases.extend(TOOL_FAULTS.map(|fault| Case { of, what: What::Tool { command, step, fault } }));
            }
        }
    }
    cases
}

/// Runs the faults that the plan asks for.
pub(crate) fn run(plan: &Plan, hsm: &Hsm, prepared: &[Prepared]) -> Findings {
    let cases = plan.choose(cases(prepared));
    let results = plan.each(&cases, |number, case, place| {
        match run_case(hsm, case, place, number) {
            // That a broken build does other things is no proof that it was caught.
            Err(why) if plan.first && why.starts_with(strace::MISSED) => Ok(None),
            result => result.map_err(|why| (case.to_string(), why)),
        }
    });
    Findings::of("sweep", results)
}

/// One fault; gives back what it was counted as. A step that a tool never comes to is no fault.
fn run_case(hsm: &Hsm, case: &Case<'_>, place: &Path, number: usize) -> Counted {
    copy(&case.of.template, place);
    let scenario = case.of.scenario;
    let next = match (number % 4, scenario.fails) {
        (0, _) => Next::Plan,
        // What was undone is done again by a second one.
        (1, false) if scenario.args[0] != "undo" => Next::Again(scenario.args),
        _ => Next::Recover,
    };
    let (ended, kind, next) = match &case.what {
        What::Call(point, fault) => {
            let (ended, hit) = strace::inject(hsm, place, scenario.args, scenario.tool, (point, *fault));
            if !hit {
                return Err(format!("{}{}", strace::MISSED, point.about));
            }
            (ended, fault.name().to_owned(), next)
        }
        What::Tool { command, step, fault } => {
            let told = format!("{command}:{step}:{fault}");
            let ended = scenario.run(hsm, place).tool(&told).end();
            if ended.code == Some(0) {
                case.of.states.new_is(place)?;
                return Ok(None);
            }
            // A command that only reads does not wait for the orphan.
            let next = if *fault == "orphan" { Next::Recover } else { next };
            (ended, format!("tool {fault}"), next)
        }
    };
    // An edit that was made can't be made again.
    let next = match next {
        Next::Again(args) if args[0] != "sync" && ended.code == Some(0) => Next::Recover,
        Next::Again(args) if args[0] != "sync" && ended.code.is_none() => Next::Plan,
        other => other,
    };
    let verdict = judge(hsm, place, &case.of.states, &ended, next).map_err(|why| {
        format!("{why}\n    it ended with {:?} {:?}: {}", ended.code, ended.signal, ended.said.trim())
    })?;
    if kind == "tool orphan" {
        // Nobody's work may come after the verdict.
        std::thread::sleep(AFTER_ORPHANS);
        case.of.states.is(place, verdict, "the orphan went on")?;
    }
    Ok(Some(format!("{kind} ({})", verdict.word())))
}

impl States {
    fn new_is(&self, place: &Path) -> Result<(), String> {
        let differences = self.new.differences(&Picture::of(place), crate::picture::Times::DontCount);
        if differences.is_empty() { Ok(()) } else { Err(format!("done, but not new: {}", few(&differences))) }
    }
}

/// Copies a place with modes, times, links and attributes.
pub(crate) fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg("--").arg(from).arg(to).status();
    assert!(copied.is_ok_and(|s| s.success()), "could not copy {} to {}", from.display(), to.display());
}
