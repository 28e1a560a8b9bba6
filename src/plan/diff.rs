//! Diffs of the files that a plan changes, for people. What looks like a secret is not shown.

use similar::TextDiff;

use crate::adapters::FileChange;
use crate::secret::mask;

/// A unified diff of one file with three lines of context; empty when nothing changes. Literal values of keys that look
/// like secrets are masked.
pub fn unified(change: &FileChange) -> String {
    let shown = change.path.display().to_string();
    let name = |side: &Option<Vec<u8>>, prefix: &str| match side {
        Some(_) => format!("{prefix}/{shown}"),
        None => "/dev/null".to_owned(),
    };
    let text = |side: &Option<Vec<u8>>| {
        side.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    };
    let (before, after) = (text(&change.before), text(&change.after));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let diff = diff.unified_diff().header(&name(&change.before, "a"), &name(&change.after, "b")).to_string();
    diff.split_inclusive('\n').map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_what_changes_with_its_surroundings() {
        let change = FileChange {
            path: "a.yml".into(),
            before: Some(b"one: 1\npassword: old\n".to_vec()),
            after: Some(b"one: 1\npassword: new\n".to_vec()),
        };
        let expected =
            "--- a/a.yml\n+++ b/a.yml\n@@ -1,2 +1,2 @@\n one: 1\n-password: ********\n+password: ********\n";
        assert_eq!(unified(&change), expected);
        let made = FileChange { path: "b".into(), before: None, after: Some(b"x\n".to_vec()) };
        assert_eq!(unified(&made), "--- /dev/null\n+++ b/b\n@@ -0,0 +1 @@\n+x\n");
        let same = FileChange { path: "b".into(), before: Some(b"x".to_vec()), after: Some(b"x".to_vec()) };
        assert_eq!(unified(&same), "");
    }
}
