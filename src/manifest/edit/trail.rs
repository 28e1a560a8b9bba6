//! The trail of edits: what stood in the manifest before each of the last ones.
//!
//! An edit alone cannot know what an empty list looked like before something was added to it: `packages: []`,
//! `packages:`, or no such key at all. Owns: the last edits, as what they replaced, and whether an older text means what
//! a newer one does. Refuses: undoing what was not asked for: an older text is taken only if it follows an edit with
//! nothing in between, and means the very same as what the edit now asked for gives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::place::FileId;
use crate::yaml::{self, Limits, Node, Value};

/// How many edits are remembered.
const EDITS: usize = 32;

/// The last edits of a manifest, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trail {
    edits: Vec<Past>,
}

/// An edit that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Past {
    /// A hash of the text that it gave.
    after: String,
    /// Where that text differs from the one before, in bytes.
    at: usize,
    /// How many bytes of it do.
    new: usize,
    /// What stood there instead.
    old: String,
}

impl Trail {
    /// A trail as it was kept; one that cannot be read is none.
    pub fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// A trail as it is kept.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Remembers an edit.
    pub fn note(&mut self, before: &str, after: &str) {
        if before == after {
            return;
        }
        let common = |(a, b): (char, char)| (a == b).then_some(a.len_utf8());
        let at: usize = before.chars().zip(after.chars()).map_while(common).sum();
        let ends = before[at..].chars().rev().zip(after[at..].chars().rev());
        let end: usize = ends.map_while(common).sum();
        self.edits.push(Past {
            after: hash(after),
            at,
            new: after.len() - end - at,
            old: before[at..before.len() - end].to_owned(),
        });
        let over = self.edits.len().saturating_sub(EDITS);
        self.edits.drain(..over);
    }

    /// Of a text that an edit made of another one: the text that stood before the last edit of that other one, if it
    /// means the same; else itself.
    pub fn as_it_was(&self, other: &str, edited: String) -> String {
        let now = hash(other);
        let Some(wanted) = meaning(&edited) else { return edited };
        let past = self.edits.iter().rev().filter(|past| past.after == now);
        let mut stood = past.filter_map(|past| past.undone(other));
        stood.find(|before| meaning(before).as_ref() == Some(&wanted)).unwrap_or(edited)
    }
}

impl Past {
    /// The text before this edit, from the one after it.
    fn undone(&self, after: &str) -> Option<String> {
        let (head, rest) = after.split_at_checked(self.at)?;
        let (_, tail) = rest.split_at_checked(self.new)?;
        Some([head, self.old.as_str(), tail].concat())
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// What a manifest says, without how it says it.
fn meaning(text: &str) -> Option<String> {
    let node = yaml::read(FileId(0), text, Limits::MANIFEST).ok()?;
    Some(said(&node, &mut Vec::new()))
}

/// Parts of a manifest that say nothing while they are empty.
fn is_idle(path: &[&str]) -> bool {
    matches!(
        path,
        ["dependencies" | "services" | "constraints"]
            | ["dependencies", "packages" | "package_groups"]
            | ["services", "containers" | "container_groups"]
            | [_, "package_groups" | "container_groups", _, "exclude"]
    )
}

/// What stands for nothing.
const NOTHING: &str = "~";

/// What a value says; items of lists are steps without a name.
fn said<'n>(node: &'n Node, path: &mut Vec<&'n str>) -> String {
    let mut below = |step: &'n str, node: &'n Node| {
        path.push(step);
        let said = said(node, path);
        let idle = is_idle(path) && matches!(said.as_str(), NOTHING | "[]");
        path.pop();
        (said, idle)
    };
    match &node.value {
        Value::Null => NOTHING.to_owned(),
        Value::Scalar { text, .. } => format!("{text:?}"),
        Value::List(items) => {
            let all: Vec<String> = items.iter().map(|item| below("", item).0).collect();
            match (all.as_slice(), path.last()) {
                // one option, or a list of it
                ([only], Some(&("selection" | "exclude"))) => only.clone(),
                _ => format!("[{}]", all.join(",")),
            }
        }
        Value::Map(pairs) => {
            let all = pairs.iter().map(|(key, value)| (key.text.as_str(), below(&key.text, value)));
            let all = all.filter(|(_, (_, idle))| !idle).map(|(key, (said, _))| (key, said));
            of_pairs(&all.collect::<BTreeMap<_, _>>(), matches!(path.last(), Some(&("" | "selection"))))
        }
    }
}

fn of_pairs(pairs: &BTreeMap<&str, String>, is_item: bool) -> String {
    let mut only = pairs.iter();
    match (only.next(), only.next()) {
        (None, _) => return NOTHING.to_owned(),
        // an item with nothing but a name is that name
        (Some((&"name", name)), None) if is_item => return name.clone(),
        (Some((name, said)), None) if is_item && said == NOTHING => return format!("{name:?}"),
        // what has nothing but a mode may be written as that mode
        (Some((&"mode", mode)), None) if !is_item => return mode.clone(),
        _ => {}
    }
    let all: Vec<String> = pairs.iter().map(|(key, said)| format!("{key:?}:{said}")).collect();
    format!("{{{}}}", all.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_there_comes_back_in_any_of_its_ways() {
        for before in
            ["a: 1\n", "services:\n", "services:\n  containers: []  # none\n", "\u{feff}services: {}\r\n"]
        {
            let after = format!("{before}services:\n  containers: [redis]\n");
            let mut trail = Trail::default();
            trail.note(before, &after);
            let trail = Trail::read(trail.text().as_bytes());
            let taken_back =
                format!("{}services: {{containers: []}}\n", before.replace("services", "x-services"));
            let meant = if meaning(before) == meaning(&taken_back) { before } else { taken_back.as_str() };
            assert_eq!(trail.as_it_was(&after, taken_back.clone()), meant);
        }
    }

    #[test]
    fn another_meaning_is_never_taken() {
        let mut trail = Trail::default();
        let (before, after) = ("services: {containers: [a]}\n", "services: {containers: [a, b]}\n");
        trail.note(before, after);
        let edited = "services: {containers: [b]}\n".to_owned();
        assert_eq!(trail.as_it_was(after, edited.clone()), edited);
        // something else happened in between
        let other = "services: {containers: [a, b, c]}\n";
        assert_eq!(trail.as_it_was(other, edited.clone()), edited);
        // a trail that was damaged
        for damaged in ["", "{", "[]", "{\"edits\":[{\"after\":\"\",\"at\":9,\"new\":9,\"old\":\"\"}]}"] {
            assert_eq!(Trail::read(damaged.as_bytes()).as_it_was(after, edited.clone()), edited);
        }
    }

    #[test]
    fn what_is_empty_means_the_same_where_it_says_nothing() {
        for same in [
            ["services:\n", ""],
            ["services: {containers: []}\n", "constraints: {}\n"],
            ["dependencies: {packages: [{name: a}]}\n", "dependencies: {packages: ['a']}\n"],
            ["services: {container_groups: {g: {}}}\n", "services:\n  container_groups:\n    g:\n"],
        ] {
            assert_eq!(meaning(&format!("x-a: 1\n{}", same[0])), meaning(&format!("{}x-a: 1\n", same[1])));
        }
        for other in [
            ["services: {container_groups: {g: }}\n", "services: {}\n"],
            [
                "services: {container_groups: {g: {selection: []}}}\n",
                "services: {container_groups: {g: {}}}\n",
            ],
            ["services: {containers: ['1']}\n", "services: {containers: ['2']}\n"],
        ] {
            assert_ne!(meaning(other[0]), meaning(other[1]));
        }
    }

    #[test]
    fn only_the_last_edits_are_kept() {
        let mut trail = Trail::default();
        for number in 0..100 {
            trail.note(&format!("x-a: {number}\n"), &format!("x-a: {}\n", number + 1));
        }
        assert_eq!(trail.edits.len(), EDITS);
    }
}
