//! Gate `idle`: commands that only look, and a sync with nothing to do, make no call that changes anything.

use std::fmt;
use std::path::Path;

use crate::picture::{Picture, Times, few};
use crate::plan::{Counted, Findings, Plan};
use crate::run::Hsm;
use crate::strace;
use crate::sweep::{Prepared, copy};

const LOOKS: [&[&str]; 6] = [
    &["plan"],
    &["check"],
    &["resolve"],
    &["sync", "--dry-run"],
    &["recover", "--dry-run"],
    &["undo", "--dry-run"],
];

struct Case<'a> {
    of: &'a Prepared,
    args: &'static [&'static str],
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.of.scenario.name, self.args.join(" "))
    }
}

/// Runs the commands that the plan asks for.
pub(crate) fn run(plan: &Plan, hsm: &Hsm, prepared: &[Prepared]) -> Findings {
    let mut cases = Vec::new();
    for of in prepared {
        cases.extend(LOOKS.map(|args| Case { of, args }));
        if of.scenario.name == "no-change" {
            cases.push(Case { of, args: of.scenario.args });
        }
    }
    let cases = plan.choose(cases);
    let results =
        plan.each(&cases, |_, case, place| run_case(hsm, case, place).map_err(|why| (case.to_string(), why)));
    Findings::of("idle", results)
}

fn run_case(hsm: &Hsm, case: &Case<'_>, place: &Path) -> Counted {
    copy(&case.of.template, place);
    let before = Picture::of(place);
    let (points, ended) = strace::record_args(hsm, place, case.args, "");
    if ended.code != Some(0) {
        return Err(format!("it ended with {:?}: {}", ended.code, ended.said.trim()));
    }
    if let Some(point) = points.first() {
        return Err(format!("{} calls change something, the first is {}", points.len(), point.about));
    }
    let differences = before.differences(&Picture::of(place), Times::Count);
    if differences.is_empty() { Ok(Some(case.args.join(" "))) } else { Err(few(&differences)) }
}
