//! Gate `power`: the power goes at a call. The project lies on a real file system in an image; hsm is stopped at the call,
//! the image is copied as it is, without what the system still holds in memory, and recovered from.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::judge::{Verdict, settle};
use crate::mount::{self, Mounted};
use crate::picture::Times;
use crate::plan::{Counted, Findings, Plan};
use crate::project::root;
use crate::run::{Hsm, Run};
use crate::strace::Point;
use crate::sweep::Prepared;

const KINDS: [&str; 3] = ["ext4", "xfs", "btrfs"];

struct Case<'a> {
    of: &'a Prepared,
    kind: &'static str,
    /// Where the power goes; `None`: right after the run.
    at: Option<&'a Point>,
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/", self.of.scenario.name, self.kind)?;
        match self.at {
            Some(at) => write!(f, "{}#{}", at.call, at.number),
            None => write!(f, "end"),
        }
    }
}

/// Runs the cases that the plan asks for, on those file systems that there are.
pub(crate) fn run(plan: &Plan, hsm: &Hsm, prepared: &[Prepared]) -> Findings {
    let mut missing = Vec::new();
    let mut cases = Vec::new();
    for kind in KINDS {
        if let Err(why) = mount::possible(&plan.work, kind) {
            missing.push(format!("{kind} can't be mounted from an image here: {why}"));
            continue;
        }
        // A link leads out of the image.
        for of in prepared.iter().filter(|of| of.scenario.name != "linked") {
            cases.push(Case { of, kind, at: None });
            cases.extend(of.points.iter().map(|at| Case { of, kind, at: Some(at) }));
        }
    }
    let cases = plan.choose(cases);
    let results =
        plan.each(&cases, |_, case, place| run_case(hsm, case, place).map_err(|why| (case.to_string(), why)));
    Findings { skipped: missing, ..Findings::of("power", results) }
}

fn run_case(hsm: &Hsm, case: &Case<'_>, place: &Path) -> Counted {
    let io = |error: std::io::Error| error.to_string();
    fs::create_dir_all(root(place)).map_err(io)?;
    let image = place.join("disk");
    mount::make(&image, case.kind)?;
    let disk = Mounted::image(&root(place), &image)?;
    let template = root(&case.of.template).join(".");
    let copied = Command::new("cp").arg("-a").arg(template).arg(root(place)).status();
    if !copied.is_ok_and(|s| s.success()) {
        return Err("the project could not be copied".to_owned());
    }
    let whole = fs::File::open(root(place)).map_err(io)?;
    let _none = fs::remove_dir(root(place).join("lost+found"));
    rustix::fs::syncfs(&whole).map_err(|e| e.to_string())?;
    drop(whole);

    let after = place.join("after");
    fs::create_dir_all(root(&after)).map_err(io)?;
    let cut = place.join("cut");
    let done = cut_power(hsm, case, place, &image, &cut)?;
    drop(disk);
    let _second = Mounted::image(&root(&after), &cut)?;
    // What the file system itself keeps there is nobody's debris.
    let _none = fs::remove_dir(root(&after).join("lost+found"));
    let verdict = settle(hsm, &after, &case.of.states, Times::DontCount)?;
    if done {
        case.of.states.is(&after, Verdict::New, "it had said that it was done")?;
    }
    Ok(Some(format!("{} ({})", case.kind, verdict.word())))
}

/// Runs to the point and copies the image there; says whether the run had ended well.
fn cut_power(hsm: &Hsm, case: &Case<'_>, place: &Path, image: &Path, cut: &Path) -> Result<bool, String> {
    let scenario = case.of.scenario;
    // Most of an image is a hole.
    let copy = |cut: &Path| {
        let copied = Command::new("cp").arg("--sparse=always").arg(image).arg(cut).status();
        if copied.is_ok_and(|s| s.success()) {
            Ok(())
        } else {
            Err("the image could not be copied".to_owned())
        }
    };
    let Some(at) = case.at else {
        let ended = Run::of(hsm, place, scenario.args).tool(scenario.tool).end();
        copy(cut)?;
        return Ok(ended.code == Some(0));
    };
    let trace: PathBuf = place.join("trace");
    let strace = [
        "--quiet=attach".to_owned(),
        format!("--output={}", trace.display()),
        format!("--trace={}", at.call),
        format!("--inject={}:signal=SIGSTOP:when={}", at.call, at.number),
    ];
    let mut started = Run::traced(hsm, place, scenario.args, &strace).tool(scenario.tool).start();
    let start = Instant::now();
    let stopped = loop {
        let text = fs::read_to_string(&trace).unwrap_or_default();
        if text.contains("--- stopped by SIGSTOP") {
            break true;
        }
        if started.child.try_wait().map_err(|e| e.to_string())?.is_some()
            || start.elapsed() > Duration::from_secs(20)
        {
            break false;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let copied = copy(cut);
    let _gone = kill_process_group(Pid::from_child(&started.child), Signal::KILL);
    started.end();
    copied?;
    if stopped { Ok(false) } else { Err(format!("{}{}", crate::strace::MISSED, at.about)) }
}
