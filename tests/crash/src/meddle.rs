//! Gate `meddle`: somebody else saves a file while hsm is at work. What he wrote must still be there afterwards: in its
//! place, or kept aside and named.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::fake::SOMEBODY;
use crate::picture::{Picture, Times, few};
use crate::plan::{Counted, Findings, Plan};
use crate::project::root;
use crate::run::{Hsm, Run};
use crate::sweep::{Prepared, copy};

/// Files that only hsm and people write.
const FILES: [&str; 4] = ["hsm.yaml", "hsm.lock", "pyproject.toml", "docker-compose.hpm.yml"];
/// The tools' commands with a few of their steps. The first comes before hsm writes anything.
const STEPS: [(&str, usize); 6] =
    [("config", 1), ("lock", 1), ("lock", 2), ("sync", 1), ("sync", 4), ("sync", 7)];
/// What the tool does then: goes on, fails, or is killed together with hsm.
const THEN: [&str; 3] = ["on", "fail", "KILL"];

struct Case<'a> {
    of: &'a Prepared,
    file: &'static str,
    step: (&'static str, usize),
    then: &'static str,
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, file, step: (command, step), then } = self;
        write!(f, "{}/{command}.{step}/{then}@{file}", of.scenario.name)
    }
}

/// Runs the cases that the plan asks for.
pub(crate) fn run(plan: &Plan, hsm: &Hsm, prepared: &[Prepared]) -> Findings {
    let mut cases = Vec::new();
    // Where the tools are called and nothing else goes wrong; a link has another file behind it.
    let usable = |of: &&Prepared| {
        !of.scenario.fails && !matches!(of.scenario.name, "no-change" | "linked" | "undo" | "undo-first")
    };
    for of in prepared.iter().filter(usable) {
        for step in STEPS {
            for file in FILES {
                cases.extend(THEN.map(|then| Case { of, file, step, then }));
            }
        }
    }
    let cases = plan.choose(cases);
    let results =
        plan.each(&cases, |_, case, place| run_case(hsm, case, place).map_err(|why| (case.to_string(), why)));
    Findings::of("meddle", results)
}

fn run_case(hsm: &Hsm, case: &Case<'_>, place: &Path) -> Counted {
    copy(&case.of.template, place);
    let (command, step) = case.step;
    let told = format!("{command}:{step}:{}@{}", case.then, case.file);
    let ended = case.of.scenario.run(hsm, place).tool(&told).end();
    let Ok(written) = fs::read(place.join(SOMEBODY)) else {
        // Not every command has so many steps, or runs that tool.
        return Ok(None);
    };
    fs::remove_file(place.join(SOMEBODY)).map_err(|e| e.to_string())?;
    let next = Run::of(hsm, place, &["recover"]).end();
    let said = format!("{}\n{}", ended.said.trim(), next.said.trim());
    if next.code != Some(0) || ended.hung {
        return Err(format!(
            "it ended with {:?}, and `hsm recover` with {:?}: {said}",
            ended.code, next.code
        ));
    }
    let rest = |picture: &Picture, times| {
        let mut all = picture.differences(&Picture::of(place), times);
        // What the tool makes of a file that somebody changed before is another thing.
        let follows = ["uv.lock", ".venv"];
        all.retain(|line| {
            let line = line.strip_prefix("project/").unwrap_or(line);
            let follows = ended.code == Some(0) && follows.iter().any(|f| line.starts_with(f));
            !follows && !line.starts_with(&format!("{}:", case.file))
        });
        all
    };
    let differences = match ended.code {
        Some(0) => rest(&case.of.states.new, Times::DontCount),
        _ => rest(&case.of.states.old, Times::Count),
    };
    if !differences.is_empty() {
        return Err(format!("the others are not right: {}\n    {said}", few(&differences)));
    }
    if fs::read(root(place).join(case.file)).is_ok_and(|now| now == written) {
        return Ok(Some(format!("{} (in its place)", case.then)));
    }
    let kept = fs::read_dir(root(place).join(".hsm/kept")).into_iter().flatten().flatten();
    let mut kept = kept.filter(|entry| fs::read(entry.path()).is_ok_and(|now| now == written));
    let Some(entry) = kept.next() else {
        return Err(format!("what somebody else wrote into {} is lost\n    {said}", case.file));
    };
    let name = format!(".hsm/kept/{}", entry.file_name().to_string_lossy());
    if said.contains(&name) {
        Ok(Some(format!("{} (kept aside)", case.then)))
    } else {
        Err(format!("{name} is not named\n    {said}"))
    }
}
