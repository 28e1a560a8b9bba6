//! Gate `again`: a run is killed, and then the command that recovers from it has a fault too.

use std::fmt;
use std::path::Path;

use crate::judge::settle;
use crate::picture::Times;
use crate::plan::{Counted, Findings, Plan};
use crate::run::Hsm;
use crate::strace::{self, FAULTS, Fault, MISSED, Point};
use crate::sweep::{Prepared, copy};

const KILL: Fault = Fault::Signal("SIGKILL");
const RECOVER: &[&str] = &["recover"];

/// A run that was killed at a point, and what recovering does then.
struct Killed<'a> {
    of: &'a Prepared,
    at: &'a Point,
    recovery: Vec<Point>,
}

struct Case<'a> {
    of: &'a Killed<'a>,
    at: &'a Point,
    fault: Fault,
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Killed { of, at, .. } = self.of;
        write!(f, "{}/{}#{}/", of.scenario.name, at.call, at.number)?;
        write!(f, "{}#{}/{}", self.at.call, self.at.number, self.fault.name())
    }
}

/// Runs the pairs that the plan asks for.
pub(crate) fn run(plan: &Plan, hsm: &Hsm, prepared: &[Prepared]) -> Findings {
    let points: Vec<_> = prepared.iter().flat_map(|of| of.points.iter().map(move |at| (of, at))).collect();
    // Learning what recovery does costs a kill for each point: a sample learns from a sample.
    let points = match plan.sample {
        Some(sample) if plan.only.is_none() => every(points, sample / 4 + 1),
        _ => points,
    };
    let (learned, wrong) = learn(plan, hsm, &points);
    let mut cases = Vec::new();
    for of in &learned {
        for at in &of.recovery {
            cases.extend(FAULTS.map(|fault| Case { of, at, fault }));
            // Kills are what recovery is most likely to meet.
            cases.extend(
                [KILL, KILL]
                    .map(|fault| Case { of, at, fault })
                    .into_iter()
                    .take(usize::from(plan.sample.is_some())),
            );
        }
    }
    let cases = plan.choose(cases);
    let mut results =
        plan.each(&cases, |_, case, place| run_case(hsm, case, place).map_err(|why| (case.to_string(), why)));
    results.extend(wrong.into_iter().map(Err));
    Findings::of("again", results)
}

/// So many of them, evenly.
fn every<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let step = all.len().div_ceil(most.max(1)).max(1);
    all.into_iter().step_by(step).collect()
}

fn learn<'a>(
    plan: &Plan,
    hsm: &Hsm,
    points: &[(&'a Prepared, &'a Point)],
) -> (Vec<Killed<'a>>, Vec<(String, String)>) {
    let learned = std::sync::Mutex::new(Vec::new());
    let results = plan.each(points, |number, (of, at), _| {
        let place = plan.work.join(format!("learn-{number}"));
        let name = || format!("{}/{}#{}", of.scenario.name, at.call, at.number);
        kill(hsm, of, at, &place).map_err(|why| (name(), why))?;
        let (recovery, ended) = strace::record_args(hsm, &place, RECOVER, "");
        let _later = std::fs::remove_dir_all(&place);
        if ended.code != Some(0) {
            return Err((name(), format!("`hsm recover` ended with {:?}: {}", ended.code, ended.said)));
        }
        learned.lock().expect("no panic").push((number, Killed { of, at, recovery }));
        Ok(None)
    });
    let mut learned = learned.into_inner().expect("no panic");
    learned.sort_by_key(|(number, _)| *number);
    let wrong = results.into_iter().filter_map(Result::err).collect();
    (learned.into_iter().map(|(_, killed)| killed).collect(), wrong)
}

fn kill(hsm: &Hsm, of: &Prepared, at: &Point, place: &Path) -> Result<(), String> {
    copy(&of.template, place);
    let (_, hit) = strace::inject(hsm, place, of.scenario.args, of.scenario.tool, (at, KILL));
    if hit { Ok(()) } else { Err(format!("{MISSED}{}", at.about)) }
}

fn run_case(hsm: &Hsm, case: &Case<'_>, place: &Path) -> Counted {
    let Killed { of, at, .. } = case.of;
    kill(hsm, of, at, place)?;
    let (ended, hit) = strace::inject(hsm, place, RECOVER, "", (case.at, case.fault));
    if !hit {
        return Err(format!("{MISSED}{} (in recovery)", case.at.about));
    }
    let said = format!("recovery ended with {:?} {:?}: {}", ended.code, ended.signal, ended.said.trim());
    if ended.hung || ended.said.contains("panicked at") {
        return Err(said);
    }
    if ended.code == Some(0) {
        of.states.which(place, Times::Count).map_err(|why| format!("{why}\n    {said}"))?;
    }
    let verdict = settle(hsm, place, &of.states, Times::Count).map_err(|why| format!("{why}\n    {said}"))?;
    Ok(Some(format!("{} ({})", case.fault.name(), verdict.word())))
}
