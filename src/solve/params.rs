//! Params: what implications hand to their targets, joined.
//!
//! Owns: the order in which values join, and `${HSM_PARAMS.key}` in a package's environment. Refuses: containers'
//! strings (their adapter's side fills those in).

use indexmap::IndexMap;

use crate::names::{Kind, TargetId};
use crate::place::At;
use crate::registry::Param;
use crate::statement::Origin;

/// Joined params: for each key its values, none twice.
pub(super) type Joined = IndexMap<String, Vec<String>>;

/// Where the values of one origin stand among those of others: by the implying component's id; those of an option sort
/// by `GROUP/OPTION`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn(Kind, String);

impl Turn {
    /// The turn of an origin; the manifest implies nothing.
    pub(super) fn of(origin: &Origin) -> Option<Self> {
        match origin {
            Origin::Manifest => None,
            Origin::Component(id) => Some(Self(id.kind(), id.name().to_string())),
            Origin::Option(group, name) => Some(Self(group.kind, format!("{}/{name}", group.name))),
        }
    }
}

/// Joins params in the order given, without duplicates.
pub(super) fn join<'a>(all: impl Iterator<Item = &'a Param>) -> Joined {
    let mut joined = Joined::new();
    for param in all {
        let values = joined.entry(param.key.value.clone()).or_default();
        for value in &param.values {
            if !values.contains(&value.value) {
                values.push(value.value.clone());
            }
        }
    }
    joined
}

/// What a component hands out itself: its params joined over its targets in the order of their ids.
pub(super) fn own<'a>(said: impl Iterator<Item = (&'a TargetId, &'a [Param])>) -> Joined {
    let mut by_target: Vec<(&TargetId, &[Param])> = said.collect();
    by_target.sort_by_key(|(target, _)| *target);
    join(by_target.into_iter().flat_map(|(_, params)| params))
}

/// Replaces `${HSM_PARAMS.key}` and `${HSM_PARAMS.key:-default}`. What is made is filled with variables later, so a `$` of
/// a value is doubled; that of a default is the registry's own.
///
/// # Errors
/// The first key that nobody sets and that has no default.
pub(super) fn fill(text: &At<String>, own: &Joined) -> Result<String, String> {
    const OPEN: &str = "${HSM_PARAMS.";
    let mut out = String::with_capacity(text.value.len());
    let mut rest = text.value.as_str();
    while let Some(at) = rest.find(OPEN) {
        let inside = &rest[at + OPEN.len()..];
        let Some(end) = inside.find('}') else { break };
        out.push_str(&rest[..at]);
        let (key, default) = match inside[..end].split_once(":-") {
            Some((key, default)) => (key, Some(default)),
            None => (&inside[..end], None),
        };
        match (own.get(key), default) {
            (Some(values), _) => out.push_str(&values.join(",").replace('$', "$$")),
            (None, Some(default)) => out.push_str(default),
            (None, None) => return Err(key.to_owned()),
        }
        rest = &inside[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}
