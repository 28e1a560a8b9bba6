//! Effects: what a change does to the stack.
//!
//! Owns: the comparison of a stack with what is locked, or with nothing. Refuses: words beyond its own lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::lock::{Lock, LockedComponent};
use crate::names::ComponentId;

/// What becomes of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Which.
    pub component: ComponentId,
    /// How it was before.
    pub before: Before,
    /// How it is then; `None`: it is not there.
    pub after: Option<LockedComponent>,
}

/// How a component was before a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// Nothing is locked, so nobody knows.
    Unknown,
    /// It was not there.
    Absent,
    /// It was there.
    Present(LockedComponent),
}

/// What differs between what is locked and a stack. Where nothing is locked: how the `first` ones are that are there, then
/// those of the components that matter that are not.
pub(super) fn effects(
    before: Option<&Lock>,
    after: &Lock,
    matter: &BTreeSet<ComponentId>,
    first: &BTreeSet<ComponentId>,
) -> Vec<Effect> {
    let Some(before) = before else {
        let mut all: Vec<&ComponentId> = matter.union(first).collect();
        all.sort_by_key(|id| !first.contains(id));
        let each = all.into_iter().map(|id| Effect {
            component: id.clone(),
            before: Before::Unknown,
            after: after.components.get(id).cloned(),
        });
        let says = |effect: &Effect| match effect.after {
            Some(_) => first.contains(&effect.component),
            None => matter.contains(&effect.component),
        };
        return each.filter(says).collect();
    };
    differences(&before.components, &after.components)
}

/// What differs between two stacks.
pub(super) fn differences(
    before: &BTreeMap<ComponentId, LockedComponent>,
    after: &BTreeMap<ComponentId, LockedComponent>,
) -> Vec<Effect> {
    let all: BTreeSet<&ComponentId> = before.keys().chain(after.keys()).collect();
    let each = all.into_iter().filter_map(|id| {
        let (old, new) = (before.get(id), after.get(id));
        (old != new).then(|| Effect {
            component: id.clone(),
            before: old.map_or(Before::Absent, |old| Before::Present(old.clone())),
            after: new.cloned(),
        })
    });
    each.collect()
}

/// `16.2 prod`, `16.2 external (db-prod)`.
struct State<'a>(&'a LockedComponent, &'a ComponentId);

/// Release, mode and profile of a component in words.
pub fn state(of: &LockedComponent, id: &ComponentId) -> String {
    State(of, id).to_string()
}

impl fmt::Display for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(state, id) = self;
        let mode = match (state.mode, id.kind()) {
            (Some(mode), _) => mode.as_str(),
            (None, crate::names::Kind::Container) => "external",
            (None, crate::names::Kind::Package) => "",
        };
        let mut words: Vec<String> = Vec::new();
        words.extend(state.release.as_ref().map(ToString::to_string));
        words.extend((!mode.is_empty()).then(|| mode.to_owned()));
        words.extend(state.profile.as_ref().map(|profile| format!("({profile})")));
        f.write_str(&words.join(" "))
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.component;
        match (&self.before, &self.after) {
            (Before::Absent, None) => write!(f, "{id} stays out"),
            (Before::Unknown, Some(after)) => write!(f, "{id} {}", State(after, id)),
            (Before::Absent, Some(after)) => write!(f, "with {id} {}", State(after, id)),
            (Before::Unknown | Before::Present(_), None) => write!(f, "without {id}"),
            (Before::Present(before), Some(after)) => {
                write!(f, "{id} {} → {}", State(before, id), State(after, id))
            }
        }
    }
}
