//! What the strings of an entry need from outside: variables, params, images.
//!
//! Owns: finding them. Refuses: knowing whether somebody gives them.

use std::collections::BTreeMap;

use super::tree::{Is, Tree};
use crate::container::variable;
use crate::place::Place;
use crate::yaml::Node;

/// Everything that strings need which has no default, by name.
pub(super) fn needs(node: &Node) -> Tree {
    let mut found: BTreeMap<String, Place> = BTreeMap::new();
    node.scalars(&mut |text, place| {
        for name in own(text) {
            found.entry(name).or_insert(place);
        }
        for unset in variable::resolve(text, &|_| None).unset {
            found.entry(format!("the variable `{}`", unset.name)).or_insert(place);
        }
    });
    let parts = found.into_iter().map(|(name, place)| (name, Tree { place, is: Is::Value(String::new()) }));
    Tree { place: node.place, is: Is::Parts { parts: parts.collect(), ordered: false, open: true } }
}

/// hsm's own variables.
fn own(text: &str) -> Vec<String> {
    let kinds = [
        ("${HSM_MERGED_PARAMS.", "the param"),
        ("${HSM_PARAMS.", "the param of its own"),
        ("${HSM_IMAGE.", "the image of"),
    ];
    let mut found = Vec::new();
    for (open, what) in kinds {
        for (at, _) in text.match_indices(open) {
            let rest = &text[at + open.len()..];
            let body = rest.find('}').map_or("", |end| &rest[..end]);
            if body.is_empty() || body.contains(":-") {
                continue;
            }
            found.push(format!("{what} `{body}`"));
        }
    }
    found
}
