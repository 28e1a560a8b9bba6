//! What takes the place of a name: the entry that once had it, and what an entry that is deprecated says to use.
//!
//! Owns: following that from one to the next, to the end or round a ring. Refuses: changing what names the old one.

use super::{Registries, kind_of, target_of};
use crate::names::{Name, TargetId};
use crate::place::Sources;
use crate::registry::{Deprecated, Entry, GroupOption};

/// What became of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: it is there and as good as ever, or nobody knows it.
    Stays,
    /// Something else takes its place.
    Follows {
        /// What, at the end of the chain.
        to: Name,
        /// Whether the name is no entry's any more, but was one's.
        is_old_name: bool,
    },
    /// It is deprecated, and nothing is named to use instead.
    Ends,
    /// What is to be used instead is nowhere.
    Leads(Name),
    /// What is to be used instead leads back: the names, the first one again at the end.
    Ring(Vec<Name>),
}

/// A way from one to the next.
pub(crate) struct Chain<T> {
    /// All that lies on it, each once, from the start on.
    pub(crate) steps: Vec<T>,
    /// Where in it the last one leads back to.
    pub(crate) back: Option<usize>,
}

/// Follows a way to its end, or round a ring once.
pub(crate) fn follow<T>(
    start: T,
    same: impl Fn(&T, &T) -> bool,
    mut next: impl FnMut(&T) -> Option<T>,
) -> Chain<T> {
    let mut steps = vec![start];
    while let Some(following) = steps.last().and_then(&mut next) {
        let back = steps.iter().position(|seen| same(seen, &following));
        if back.is_some() {
            return Chain { steps, back };
        }
        steps.push(following);
    }
    Chain { steps, back: None }
}

impl<T> Chain<T> {
    /// The ring, with its first one again at the end.
    pub(crate) fn ring(&self) -> Option<impl Iterator<Item = &T>> {
        let ring = &self.steps[self.back?..];
        Some(ring.iter().chain(ring.first()))
    }
}

impl Registries<'_> {
    /// What became of a name. The entries on the way are opened; for a name that is nowhere, those that may have had it.
    pub fn fate(&mut self, target: &TargetId, sources: &mut Sources) -> Fate {
        let (kind, is_group) = kind_of(target);
        let chain = follow(target.clone(), TargetId::eq, |here| {
            let next = if self.contains(here) {
                self.deprecated(here, sources)?.instead?.value
            } else {
                let names = self.names(kind, is_group);
                self.renamed(here, &names, sources)?
            };
            Some(target_of(kind, is_group, &next))
        });
        if let Some(ring) = chain.ring() {
            return Fate::Ring(ring.map(|target| target.name().clone()).collect());
        }
        match chain.steps.as_slice() {
            [_, .., last] if self.contains(last) => {
                Fate::Follows { to: self.written(last, sources), is_old_name: !self.contains(target) }
            }
            [_, .., last] => Fate::Leads(last.name().clone()),
            _ if self.contains(target) && self.deprecated(target, sources).is_some() => Fate::Ends,
            _ => Fate::Stays,
        }
    }

    fn deprecated(&mut self, target: &TargetId, sources: &mut Sources) -> Option<Deprecated> {
        self.load(target, sources).ok()??.common().deprecated.clone()
    }

    /// The name as its entry writes it.
    fn written(&mut self, target: &TargetId, sources: &mut Sources) -> Name {
        let entry: Option<std::sync::Arc<Entry>> = self.load(target, sources).ok().flatten();
        entry.map_or_else(|| target.name().clone(), |entry| entry.common().name.value.clone())
    }
}

/// What became of an option of a group, by what the options say of themselves.
pub fn fate_of_option(group: &crate::names::GroupId, options: &[GroupOption], option: &Name) -> Fate {
    let find = |name: &Name| options.iter().find(|own| group.option(&own.name.value) == group.option(name));
    let chain = follow(
        option.clone(),
        |a, b| group.option(a) == group.option(b),
        |here| find(here)?.deprecated.as_ref()?.instead.as_ref().map(|next| next.value.clone()),
    );
    if let Some(ring) = chain.ring() {
        return Fate::Ring(ring.cloned().collect());
    }
    match chain.steps.as_slice() {
        [_, .., last] => match find(last) {
            Some(found) => Fate::Follows { to: found.name.value.clone(), is_old_name: false },
            None => Fate::Leads(last.clone()),
        },
        _ if find(option).is_some_and(|found| found.deprecated.is_some()) => Fate::Ends,
        _ => Fate::Stays,
    }
}
