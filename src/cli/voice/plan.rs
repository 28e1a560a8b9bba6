//! A plan as diffs and steps; and the steps as they are done.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::bars::Bars;
use super::{STEP, Voice, diff, json};
use crate::adapters::FileChange;
use crate::execute::{Progress, StepOutcome};
use crate::order::{Step, describe};
use crate::plan::{Plan, diff::unified};

/// The diffs of all files, then the steps in their order.
pub(in crate::cli) fn text(plan: &Plan, steps: &[String]) -> String {
    let mut out = String::new();
    for file in &plan.files {
        out.push_str(&change(file));
        out.push('\n');
    }
    // writing to a string cannot fail
    let _ = writeln!(out, "{STEP}steps{STEP:#}");
    for step in steps {
        let _ = writeln!(out, "  {step}");
    }
    out
}

/// What becomes of one file.
pub(in crate::cli) fn change(file: &FileChange) -> String {
    diff::coloured(&unified(file))
}

/// The plan as JSON.
pub(in crate::cli) fn to_json(plan: &Plan, steps: &[String]) -> Json {
    let file = |f: &FileChange| {
        let what = match (&f.before, &f.after) {
            (None, _) => "create",
            (Some(_), None) => "remove",
            (Some(_), Some(_)) => "update",
        };
        json!({"path": f.path.to_string_lossy(), "what": what, "diff": unified(f)})
    };
    let files: Vec<Json> = plan.files.iter().map(file).collect();
    json!({
        "schema": json::SCHEMA, "ok": true, "up_to_date": plan.is_empty(), "files": files, "steps": steps,
    })
}

/// Says each step: on a terminal a line that moves while it runs and stays when it is done, elsewhere a line when it
/// starts.
#[derive(Debug)]
pub(in crate::cli) struct Steps<'v> {
    voice: &'v Voice,
    bars: Option<Bars>,
}

impl<'v> Steps<'v> {
    pub(super) fn new(voice: &'v Voice) -> Self {
        Self { voice, bars: voice.moves.then(Bars::new) }
    }

    fn say(&self, what: &str, ran: Option<Duration>) {
        let (verb, rest) = what.split_once(' ').unwrap_or(("do", what));
        match ran {
            Some(ran) => self.voice.step(verb, &format!("{rest} ({:.1} s)", ran.as_secs_f64())),
            None => self.voice.step(verb, rest),
        }
    }
}

/// Steps that are not for people: what is saved for the way back, and the commit.
fn is_inner(step: Step) -> bool {
    matches!(step, Step::Save | Step::Commit)
}

impl Progress for Steps<'_> {
    fn started(&self, plan: &Plan, step: Step) {
        if !is_inner(step) {
            self.begins(&describe(plan, step));
        }
    }

    fn finished(&self, plan: &Plan, step: Step, outcome: &StepOutcome) {
        let well = *outcome != StepOutcome::Failed;
        if !is_inner(step) {
            self.ends(&describe(plan, step), well);
        } else if !well {
            self.voice.step("failed", &describe(plan, step));
        }
    }

    fn begins(&self, what: &str) {
        match &self.bars {
            Some(bars) => bars.start(what.to_owned()),
            None => self.say(what, None),
        }
    }

    fn ends(&self, what: &str, well: bool) {
        let failed = || self.voice.step("failed", what);
        match &self.bars {
            Some(bars) => {
                let ran = bars.end(what);
                bars.above(|| if well { self.say(what, ran) } else { failed() });
            }
            None if !well => failed(),
            None => {}
        }
    }

    fn note(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.above(|| self.voice.note(text)),
            None => self.voice.note(text),
        }
    }

    fn shows_output(&self) -> bool {
        self.voice.verbose > 0
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::adapters::FileChange;

    #[test]
    fn a_plan_shows_diffs_then_steps() {
        let file = FileChange { path: PathBuf::from("a.txt"), before: None, after: Some(b"x\n".to_vec()) };
        let plan = Plan { files: vec![file], ..Plan::default() };
        let shown = anstream::adapter::strip_str(&text(&plan, &["create a.txt".to_owned()])).to_string();
        assert_eq!(shown, "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+x\n\nsteps\n  create a.txt\n");
    }
}
