//! Gate `crowd`: many processes at once in one project, an eighth of them killed, in rounds. After each round everything
//! that is there must belong together.

use std::path::Path;
use std::time::Duration;

use hsm_oracle::dice::Dice;

use crate::fake;
use crate::picture::debris;
use crate::plan::{Findings, Plan};
use crate::project::root;
use crate::run::{Ended, Hsm, Run};
use crate::sweep::{Prepared, copy};

/// How many processes at a time, and how many rounds `full` takes.
const PROCESSES: usize = 64;
const ROUNDS: usize = 200;
/// In how many rounds `short` has how many processes.
const SHORT: (usize, usize) = (4, 12);

const COMMANDS: [&[&str]; 7] = [
    &["sync"],
    &["add", "package:libb", "--sync"],
    &["remove", "package:libb", "--sync"],
    &["add", "container:postgres", "--sync"],
    &["remove", "container:postgres", "--sync"],
    &["mode", "dev", "--sync"],
    &["mode", "prod", "--sync"],
];

/// Runs the rounds.
pub(crate) fn run(plan: &Plan, hsm: &Hsm, prepared: &[Prepared]) -> Findings {
    let of = prepared.iter().find(|of| of.scenario.name == "no-change").expect("the scenario");
    let place = plan.work.join("crowd");
    copy(&of.template, &place);
    let (rounds, processes) = if plan.sample.is_some() { SHORT } else { (ROUNDS, PROCESSES) };
    let mut findings = Findings::default();
    for round in 0..rounds {
        let ended = one_round(hsm, &place, processes, plan.seed + round as u64);
        for ended in &ended {
            *findings.counts.entry(kind(ended)).or_default() += 1;
        }
        // Exit code 2: what is to be removed was removed by another.
        let bad = ended.iter().find(|ended| ended.hung || !matches!(ended.code, Some(0 | 2) | None));
        let bad = bad.map(|ended| format!("a run ended with {:?}: {}", ended.code, ended.said.trim()));
        if let Some(why) = bad.or_else(|| fits_together(hsm, &place).err()) {
            findings.wrong.push(("cargo crash crowd".to_owned(), format!("round {round}: {why}")));
            break;
        }
    }
    findings
}

fn kind(ended: &Ended) -> String {
    match ended.code {
        Some(0) => "done".to_owned(),
        Some(code) => format!("exit code {code}"),
        None => "killed".to_owned(),
    }
}

fn one_round(hsm: &Hsm, place: &Path, processes: usize, seed: u64) -> Vec<Ended> {
    let mut dice = Dice::new(seed);
    let plans: Vec<_> = (0..processes)
        .map(|number| (dice.pick(&COMMANDS), (number % 8 == 0).then(|| dice.below(400))))
        .collect();
    std::thread::scope(|scope| {
        let running: Vec<_> = plans
            .into_iter()
            .enumerate()
            .map(|(number, (args, kill))| {
                scope.spawn(move || {
                    let mut started = Run::of(hsm, place, args).in_a_crowd(number).start();
                    if let Some(after) = kill {
                        std::thread::sleep(Duration::from_millis(after as u64));
                        let _ended_before = started.child.kill();
                    }
                    started.end()
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

/// Whether all files are of one state; the last one that was killed is recovered from first.
fn fits_together(hsm: &Hsm, place: &Path) -> Result<(), String> {
    let recovered = Run::of(hsm, place, &["recover"]).end();
    if recovered.code != Some(0) {
        return Err(format!("`hsm recover` ended with {:?}: {}", recovered.code, recovered.said));
    }
    let planned = Run::of(hsm, place, &["plan", "--exit-code"]).end();
    // Where the last one was killed after its commit, the tool is asked once more; no file may be to be written.
    if planned.said.contains("+++") {
        return Err(format!("files do not go with hsm.yaml: {}", planned.said));
    }
    fake::belongs_together(&root(place))?;
    fake::took_turns(&place.join(fake::LOG))?;
    let left = debris(&root(place));
    if left.is_empty() { Ok(()) } else { Err(format!("debris: {}", left.join(", "))) }
}
