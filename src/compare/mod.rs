//! Compare: what is different between two states of a registry, in meaning, and what that does to projects.
//!
//! Owns: the differences of entries, and which of them may break a project. Refuses: how the two states are got, and
//! layout, comments and everything else that has no meaning.
//!
//! - `tree`: entries in forms that compare, and where they differ.
//! - `needs`: what strings need from outside.
//! - `judge`: whether a difference may break a project.
//!
//! A difference breaks if a project that has a stack with the old state may have none with the new one, or may not be able
//! to start it: something that it names is gone, more is demanded, or what it has may clash. What only changes which of
//! several stacks is preferred, or what a stack is made of, does not break. That is held to trying everything: where
//! no difference breaks, no project of the laws has lost its stack. What follows for other entries: [`crate::validate::lost`].

mod judge;
mod needs;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::names::{Name, TargetId};
use crate::place::{Place, Sources};
use crate::registry::{Entry, Registries};
use crate::version::Version;
use crate::yaml::{self, Limits, Node};
use judge::{Beside, Scope, judge, scopes};
use tree::{differences, tree};

/// Why a difference may break a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Breaks {
    /// Something is gone that a project may name or use.
    #[error("a project may name it")]
    Gone,
    /// More is demanded than before.
    #[error("it demands more than before")]
    Demands,
    /// It may clash with something that a project has.
    #[error("it may clash with what a project has")]
    Clash,
    /// Something has to be there that a project may not have.
    #[error("it needs what a project may not have")]
    Needs,
    /// The entry can't be read any more.
    #[error("it can't be read any more")]
    Unreadable,
    /// It is another thing now.
    #[error("it means something else now")]
    Meaning,
}

impl Breaks {
    /// A word that stays the same from version to version.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Demands => "demands",
            Self::Clash => "clash",
            Self::Needs => "needs",
            Self::Unreadable => "unreadable",
            Self::Meaning => "meaning",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub target: TargetId,
    /// The names of the parts of the entry that lead to it; none: the entry itself.
    pub path: Vec<String>,
    /// Whether it is an item of the list that the path leads to.
    pub item: bool,
    /// What it was, as a text on one line, and where.
    pub old: Option<(String, Place)>,
    /// What it is.
    pub new: Option<(String, Place)>,
    /// Where the entry is now, if it is.
    pub entry: Option<Place>,
    /// What an entry that is gone is called now.
    pub renamed: Option<Name>,
    /// Why it may break a project; `None`: it breaks none.
    pub breaks: Option<Breaks>,
}

/// A state of a registry: its visible entries.
#[derive(Debug, Default)]
pub struct State {
    entries: BTreeMap<TargetId, (Arc<Entry>, Node)>,
    /// What can't be read.
    broken: BTreeMap<TargetId, Vec<Diagnostic>>,
}

impl State {
    /// Reads all visible entries.
    pub fn read(registries: &mut Registries<'_>, sources: &mut Sources) -> Self {
        let mut state = Self::default();
        for listed in registries.all().into_iter().filter(|listed| listed.hidden_by.is_none()) {
            let loaded = registries.load_listed(&listed, sources);
            match loaded {
                Ok(Some(entry)) => {
                    let file = entry.common().file;
                    let text = sources.get(file).map(|source| Arc::clone(&source.text)).unwrap_or_default();
                    if let Ok(node) = yaml::read(file, &text, Limits::GROUP) {
                        state.entries.insert(listed.target, (entry, node));
                    }
                }
                Ok(None) => {}
                Err(found) => {
                    state.broken.insert(listed.target, found);
                }
            }
        }
        state
    }

    /// What can't be read, and why.
    pub fn broken(&self) -> impl Iterator<Item = (&TargetId, &[Diagnostic])> {
        self.broken.iter().map(|(target, found)| (target, found.as_slice()))
    }

    fn has(&self, target: &TargetId) -> bool {
        self.entries.contains_key(target) || self.broken.contains_key(target)
    }

    /// The releases of a component; `None` where it is not there or floats.
    fn releases(&self, id: &str) -> Option<Vec<Version>> {
        let (entry, _) = self.entries.get(&TargetId::parse(id).ok()?)?;
        let versions: Vec<Version> = entry.versions().into_iter().cloned().collect();
        (!versions.is_empty()).then_some(versions)
    }
}

/// What is different, entry by entry, sorted by their ids.
pub fn compare(old: &State, new: &State) -> Vec<Change> {
    let targets: BTreeSet<&TargetId> = old
        .entries
        .keys()
        .chain(new.entries.keys())
        .chain(old.broken.keys())
        .chain(new.broken.keys())
        .collect();
    let mut changes = Vec::new();
    for target in targets {
        match (old.entries.get(target), new.entries.get(target)) {
            (Some(was), Some(is)) => changes.extend(of_entry(target, was, is, (old, new))),
            // what could not be read before was of no use
            (None, Some((entry, _))) => changes.push(Change {
                new: Some((about(entry), entry.common().name.place)),
                entry: Some(entry.common().name.place),
                ..whole(target, None)
            }),
            (Some((entry, _)), None) => {
                let breaks = if new.broken.contains_key(target) { Breaks::Unreadable } else { Breaks::Gone };
                let place = entry.common().name.place;
                changes.push(Change {
                    old: Some((about(entry), place)),
                    renamed: renamed(target, new),
                    ..whole(target, Some(breaks))
                });
            }
            (None, None) => {}
        }
    }
    changes
}

fn whole(target: &TargetId, breaks: Option<Breaks>) -> Change {
    Change {
        target: target.clone(),
        path: Vec::new(),
        item: false,
        old: None,
        new: None,
        entry: None,
        renamed: None,
        breaks,
    }
}

fn about(entry: &Entry) -> String {
    entry.common().description.as_ref().map(|text| text.value.clone()).unwrap_or_default()
}

/// The entry of the same kind that says that it was called so.
fn renamed(target: &TargetId, new: &State) -> Option<Name> {
    let called = |entry: &Entry, name: &Name| match entry.id() {
        TargetId::Component(id) => TargetId::Component(crate::names::ComponentId::new(id.kind(), name)),
        TargetId::Group(id) => TargetId::Group(crate::names::GroupId::new(id.kind, name)),
    };
    let mut entries = new.entries.values();
    let of =
        |entry: &Entry| entry.common().renamed_from.iter().any(|old| called(entry, &old.value) == *target);
    entries.find(|(entry, _)| of(entry)).map(|(entry, _)| entry.common().name.value.clone())
}

fn of_entry(
    target: &TargetId,
    (was, was_node): &(Arc<Entry>, Node),
    (is, is_node): &(Arc<Entry>, Node),
    (old, new): (&State, &State),
) -> Vec<Change> {
    let releases = |id: &str| new.releases(id);
    let was_there = |id: &str| TargetId::parse(id).is_ok_and(|id| old.has(&id));
    let beside = Beside { releases: &releases, was_there: &was_there, entry: (was, is) };
    let mut changes: Vec<Change> = Vec::new();
    for found in differences(&tree(was, was_node), &tree(is, is_node)) {
        let breaks = judge(&found, &beside);
        let change = Change {
            path: found.path,
            item: found.item,
            old: found.old,
            new: found.new,
            entry: Some(is.common().name.place),
            ..whole(target, breaks)
        };
        // what releases inherit stands in the file once
        match changes.iter_mut().find(|known| is_inherited(known, &change)) {
            Some(known) => {
                if known.path.first().is_some_and(|part| part == "releases") {
                    known.path.drain(..2);
                }
                known.breaks = known.breaks.max(change.breaks);
            }
            None => changes.push(change),
        }
    }
    changes
}

/// Whether two changes are one that several releases have inherited.
fn is_inherited(known: &Change, other: &Change) -> bool {
    let behind = |path: &'_ [String]| match path {
        [part, _, rest @ ..] if part == "releases" => rest.to_vec(),
        path => path.to_vec(),
    };
    let places =
        |change: &Change| [&change.old, &change.new].map(|side| side.as_ref().map(|(_, place)| *place));
    let rest = behind(&known.path);
    !rest.is_empty() && rest == behind(&other.path) && places(known) == places(other)
}

impl Change {
    /// The part of the entry, in words: "release 1.0.0, dev source: `ports`"; empty for the entry itself.
    pub fn part(&self) -> String {
        let (scopes, rest) = scopes(&self.path);
        let several = |scope: &Scope<'_>| match scope {
            Scope::Release("") => String::new(),
            Scope::Release(version) => format!("release {version}"),
            Scope::Source(mode) => format!("{mode} source"),
            Scope::Option(name) => format!("option {name}"),
            Scope::Profile(name) => format!("profile {name}"),
        };
        let mut words: Vec<String> = scopes.iter().map(several).filter(|text| !text.is_empty()).collect();
        match rest.as_slice() {
            [] | ["needs", ..] => {}
            [kind @ ("implies" | "requires" | "conflicts"), target] => {
                words.push(format!("`{kind}` {target}"));
            }
            [kind @ ("implies" | "requires"), target, rest @ ..] => {
                words.push(format!("`{kind}` {target}: `{}`", rest.join(".")));
            }
            [.., "order"] => words.push("the order".to_owned()),
            rest => words.push(format!("`{}`", rest.join("."))),
        }
        words.join(", ")
    }
}

/// What changed, without the target.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.part();
        let needs = match self.path.as_slice() {
            [.., needs, what] if needs == "needs" => Some(what),
            _ => None,
        };
        if let Some(what) = needs {
            let verb = if self.new.is_some() { "needs" } else { "no longer needs" };
            return write!(f, "{part}{}{verb} {what}", if part.is_empty() { "" } else { " " });
        }
        let name = if part.is_empty() { "the entry" } else { &part };
        let texts = [&self.old, &self.new]
            .map(|side| side.as_ref().map(|(text, _)| text.trim()).filter(|text| !text.is_empty()));
        let is_part = !self.path.is_empty() && !scopes(&self.path).1.is_empty();
        match (&self.old, &self.new, texts) {
            (None, _, [_, Some(text)]) if self.item => write!(f, "{name} has `{text}` now"),
            (_, None, [Some(text), _]) if self.item => write!(f, "{name} no longer has `{text}`"),
            (None, _, [_, Some(text)]) if is_part => write!(f, "{name} is new: `{}`", short(text)),
            (None, ..) => write!(f, "{name} is new"),
            (_, None, _) if self.breaks == Some(Breaks::Unreadable) => write!(f, "{name} can't be read"),
            (_, None, _) => {
                write!(f, "{name} is gone")?;
                self.renamed.as_ref().map_or(Ok(()), |name| write!(f, ": it is now called `{name}`"))
            }
            (_, _, [was, is]) => {
                let show = |text: Option<&str>| {
                    text.map_or("nothing".to_owned(), |text| format!("`{}`", short(text)))
                };
                write!(f, "{name} was {}, is {}", show(was), show(is))
            }
        }
    }
}

/// A text that fits on a line.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}
