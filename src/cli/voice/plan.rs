//! A plan as diffs and steps; and the steps as they are done.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{STEP, Voice, diff, json};
use crate::execute::{Progress, StepOutcome};
use crate::order::{Step, describe};
use crate::plan::{Plan, diff::unified};

/// The diffs of all files, then the steps in their order.
pub(in crate::cli) fn text(plan: &Plan, steps: &[String]) -> String {
    let mut out = String::new();
    for file in &plan.files {
        out.push_str(&diff::coloured(&unified(file)));
        out.push('\n');
    }
    // writing to a string cannot fail
    let _ = writeln!(out, "{STEP}steps{STEP:#}");
    for step in steps {
        let _ = writeln!(out, "  {step}");
    }
    out
}

/// The plan as JSON.
pub(in crate::cli) fn to_json(plan: &Plan, steps: &[String]) -> Json {
    let file = |f: &crate::adapters::FileChange| {
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

/// Says each step as it starts.
#[derive(Debug)]
pub(in crate::cli) struct Steps<'v>(pub(super) &'v Voice);

impl Progress for Steps<'_> {
    fn started(&self, plan: &Plan, step: Step) {
        if matches!(step, Step::Save | Step::Commit) {
            return;
        }
        let what = describe(plan, step);
        match what.split_once(' ') {
            Some((verb, rest)) => self.0.step(verb, rest),
            None => self.0.step("do", &what),
        }
    }

    fn finished(&self, plan: &Plan, step: Step, outcome: &StepOutcome) {
        if *outcome == StepOutcome::Failed {
            self.0.step("failed", &describe(plan, step));
        }
    }

    fn note(&self, text: &str) {
        self.0.note(text);
    }

    fn shows_output(&self) -> bool {
        self.0.verbose > 0
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
