//! Gate `controls`: builds of hsm that are broken on purpose, each of which the other gates must catch.
//!
//! Owns: which gate has to notice what. The breaks are listed in hsm's `world::broken`.

use std::sync::Arc;
use std::time::Instant;

use crate::plan::{Findings, Plan};
use crate::run::Hsm;
use crate::strace::MISSED;
use crate::{Bench, GATES};

/// A break, the gate that notices it, and how the names of the cases end or what is in them that can.
const CONTROLS: [(&str, &str, &str); 18] = [
    ("no-file-sync", "cuts", ""),
    ("no-directory-sync", "cuts", ""),
    ("tools-not-synced", "cuts", ""),
    ("journal-not-synced", "cuts", ""),
    ("no-journal", "sweep", "SIGKILL"),
    ("written-in-place", "sweep", "SIGKILL"),
    ("lost-mode", "sweep", "linked/"),
    ("lost-attributes", "sweep", "linked/"),
    ("link-replaced", "sweep", "linked/"),
    ("hard-links-only", "sweep", "tool-fails/"),
    ("no-lock", "sweep", "/orphan"),
    ("no-recovery", "sweep", "SIGKILL"),
    ("rollback-error-swallowed", "sweep", "tool-fails/"),
    ("interruption-not-undone", "sweep", "SIGINT"),
    ("journal-ended-first", "again", "SIGKILL"),
    ("children-not-signalled", "signals", "family"),
    ("no-check", "meddle", "/config.1/"),
    ("foreign-overwritten", "meddle", "/fail@"),
];

/// A broken build that is not caught within so many cases is not caught.
const MOST: usize = 400;

/// Runs each broken build until it is caught.
pub(crate) fn run(plan: &Plan, bench: &Bench) -> Findings {
    let mut findings = Findings::default();
    let chosen = CONTROLS.iter().filter(|(name, ..)| plan.only.as_deref().is_none_or(|only| only == *name));
    for (name, gate, like) in chosen {
        let start = Instant::now();
        let caught = caught(plan, bench, name, gate, like);
        let seconds = start.elapsed().as_secs_f64();
        match caught {
            Some((command, why)) => {
                let why: String = why.lines().next().unwrap_or_default().chars().take(110).collect();
                println!("  {name}: caught in {seconds:.1} s by {command}: {why}");
                *findings.counts.entry("caught".to_owned()).or_default() += 1;
            }
            None => findings.wrong.push((
                format!("cargo crash {gate} --broken {name}"),
                format!("hsm is broken ({name}), and {gate} did not notice"),
            )),
        }
    }
    findings
}

fn caught(
    plan: &Plan,
    bench: &Bench,
    name: &str,
    gate: &str,
    like: &'static str,
) -> Option<(String, String)> {
    let gate = GATES.iter().find(|g| g.name == gate)?;
    let work = plan.work.join(name);
    std::fs::create_dir_all(&work).expect("a directory");
    let plan = Plan { sample: Some(MOST), only: None, like, work, first: true, ..*plan };
    let hsm = Hsm { program: bench.breakable.clone(), broken: Some(name.to_owned()), ..bench.hsm.clone() };
    let prepared = bench.prepared.iter().map(|one| one.with(&hsm, &plan.work)).collect();
    let mut wrong = (gate.run)(&plan, &Bench { hsm, prepared: Arc::new(prepared), ..bench.clone() }).wrong;
    wrong.retain(|(_, why)| !why.starts_with(MISSED));
    let (command, why) = wrong.pop()?;
    Some((format!("`{} --broken {name}`", command.trim_start_matches("cargo crash ")), why))
}
