//! A plan as steps and diffs.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{STEP, diff, json};
use crate::adapters::FileChange;

/// What is to be done to a file.
fn verb(change: &FileChange) -> &'static str {
    match (&change.before, &change.after) {
        (None, _) => "create",
        (Some(_), None) => "remove",
        (Some(_), Some(_)) => "update",
    }
}

/// The diffs of all files, then the steps in their order.
pub(in crate::cli) fn text(files: &[FileChange], steps: &[String]) -> String {
    let mut out = String::new();
    for file in files {
        out.push_str(&diff::unified(&file.path, file.before.as_deref(), file.after.as_deref()));
        out.push('\n');
    }
    // writing to a string cannot fail
    let _ = writeln!(out, "{STEP}steps{STEP:#}");
    for file in files {
        let _ = writeln!(out, "  {} {}", verb(file), file.path.display());
    }
    for step in steps {
        let _ = writeln!(out, "  {step}");
    }
    out
}

/// The plan as JSON.
pub(in crate::cli) fn to_json(files: &[FileChange], steps: &[String]) -> Json {
    let files: Vec<Json> = files
        .iter()
        .map(|f| {
            let diff = diff::unified(&f.path, f.before.as_deref(), f.after.as_deref());
            let diff = anstream::adapter::strip_str(&diff).to_string();
            json!({"path": f.path.to_string_lossy(), "what": verb(f), "diff": diff})
        })
        .collect();
    json!({"schema": json::SCHEMA, "ok": true, "up_to_date": files.is_empty() && steps.is_empty(), "files": files, "steps": steps})
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_plan_shows_diffs_then_steps() {
        let files = [FileChange { path: PathBuf::from("a.txt"), before: None, after: Some(b"x\n".to_vec()) }];
        let shown = anstream::adapter::strip_str(&text(&files, &["lock packages".to_owned()])).to_string();
        assert_eq!(
            shown,
            "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+x\n\nsteps\n  create a.txt\n  lock packages\n"
        );
    }
}
