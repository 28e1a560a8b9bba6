//! Gate `cuts`: power cuts, by the model, behind every effect of every scenario: what was not synced is lost in part, in
//! any order.

use std::fmt;
use std::fs;

use hsm_oracle::dice::Dice;

use crate::calls;
use crate::judge::{Verdict, settle};
use crate::model::Model;
use crate::picture::Times;
use crate::plan::{Findings, Plan};
use crate::run::Hsm;
use crate::strace;
use crate::sweep::{Prepared, copy};

/// What survives of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    Nothing,
    Everything,
    Half(u64),
    AllButOne(u64),
    AllButTheLast,
}

const KEEPS: [Keeps; 7] = [
    Keeps::Nothing,
    Keeps::Everything,
    Keeps::Half(1),
    Keeps::Half(2),
    Keeps::Half(3),
    Keeps::AllButOne(4),
    Keeps::AllButTheLast,
];

/// A run whose effects are known.
struct Recorded<'a> {
    of: &'a Prepared,
    model: Model,
    /// Whether the run said at its end that it was done.
    done: bool,
}

struct Case<'a> {
    of: &'a Recorded<'a>,
    /// The power goes after so many effects.
    end: usize,
    keeps: Keeps,
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{:?}", self.of.of.scenario.name, self.end, self.keeps)
    }
}

/// Runs the cuts that the plan asks for.
pub(crate) fn run(plan: &Plan, hsm: &Hsm, prepared: &[Prepared]) -> Findings {
    // The model knows no links out of the project.
    let known = prepared.iter().filter(|p| p.scenario.name != "linked");
    let recorded: Vec<_> = known.map(|of| record(of, hsm, plan)).collect();
    let mut cases = Vec::new();
    for of in &recorded {
        for end in 0..=of.model.len() {
            cases.extend(KEEPS.map(|keeps| Case { of, end, keeps }));
        }
    }
    let cases = plan.choose(cases);
    let results =
        plan.each(&cases, |_, case, place| run_case(hsm, case, place).map_err(|why| (case.to_string(), why)));
    Findings::of("cuts", results)
}

fn record<'a>(of: &'a Prepared, hsm: &Hsm, plan: &Plan) -> Recorded<'a> {
    let place = plan.work.join(format!("recorded-{}", of.scenario.name));
    copy(&of.template, &place);
    let mut model = Model::of(&place);
    let options = calls::OPTIONS.map(str::to_owned);
    let (ended, trace) = strace::traced(hsm, &place, of.scenario.args, of.scenario.tool, &options);
    let dir = place.join("project");
    model.run(&place, &calls::read(&trace, &dir.to_string_lossy()));
    Recorded { of, model, done: ended.code == Some(0) }
}

fn run_case(hsm: &Hsm, case: &Case<'_>, place: &std::path::Path) -> crate::plan::Counted {
    let mut dice = match case.keeps {
        Keeps::Half(seed) | Keeps::AllButOne(seed) => Dice::new(seed + case.end as u64),
        _ => Dice::new(0),
    };
    let one = dice.below(case.end.max(1));
    let mut keeps = |number: usize| match case.keeps {
        Keeps::Nothing => false,
        Keeps::Everything => true,
        Keeps::Half(_) => dice.percent(50),
        Keeps::AllButOne(_) => number != one,
        Keeps::AllButTheLast => number + 1 != case.end,
    };
    let lost =
        case.of.model.cut(case.end, place, &mut keeps).map_err(|e| format!("the model failed: {e}"))?;
    if lost == 0 && case.keeps != Keeps::Everything {
        // The same as a kill: nothing was lost.
        return Ok(None);
    }
    let _none = fs::remove_file(place.join("said"));
    // A file whose bytes are what they were is left alone; when they came there is nobody's promise.
    let verdict = settle(hsm, place, &case.of.of.states, Times::DontCount)?;
    if case.end == case.of.model.len() && case.of.done && verdict != Verdict::New {
        return Err("it had said that it was done, but the new state was lost".to_owned());
    }
    Ok(Some(format!("{} ({})", if lost == 0 { "nothing lost" } else { "lost in part" }, verdict.word())))
}
