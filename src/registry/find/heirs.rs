//! What takes the place of a name: the entry that once had it, and what an entry that is deprecated says to use.
//!
//! Owns: following that from one to the next, to the end or round a ring. Refuses: changing what names the old one.

use super::{Registries, kind_of, name_of, target_of};
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

impl Registries<'_> {
    /// What became of a name. The entries on the way are opened; for a name that is nowhere, those that may have had it.
    pub fn fate(&mut self, target: &TargetId, sources: &mut Sources) -> Fate {
        let (kind, is_group) = kind_of(target);
        let is_old_name = !self.contains(target);
        let mut chain = vec![target.clone()];
        loop {
            let here = chain[chain.len() - 1].clone();
            let is_first = chain.len() == 1;
            let next = if self.contains(&here) {
                match self.deprecated(&here, sources) {
                    None if is_first => return Fate::Stays,
                    None => None,
                    Some(Deprecated { instead: None, .. }) if is_first => return Fate::Ends,
                    Some(deprecated) => deprecated.instead.map(|name| name.value),
                }
            } else {
                let names = self.names(kind, is_group);
                match self.renamed(&here, &names, sources) {
                    Some(name) => Some(name),
                    None if is_first => return Fate::Stays,
                    None => return Fate::Leads(name_of(&here).clone()),
                }
            };
            let Some(next) = next else {
                return Fate::Follows { to: self.written(&here, sources), is_old_name };
            };
            let next = target_of(kind, is_group, &next);
            if let Some(at) = chain.iter().position(|seen| *seen == next) {
                let ring = chain[at..].iter().chain([&next]);
                return Fate::Ring(ring.map(|target| name_of(target).clone()).collect());
            }
            chain.push(next);
        }
    }

    fn deprecated(&mut self, target: &TargetId, sources: &mut Sources) -> Option<Deprecated> {
        self.load(target, sources).ok()??.common().deprecated.clone()
    }

    /// The name as its entry writes it.
    fn written(&mut self, target: &TargetId, sources: &mut Sources) -> Name {
        let entry: Option<std::sync::Arc<Entry>> = self.load(target, sources).ok().flatten();
        entry.map_or_else(|| name_of(target).clone(), |entry| entry.common().name.value.clone())
    }
}

/// What became of an option of a group, by what the options say of themselves.
pub fn fate_of_option(group: &crate::names::GroupId, options: &[GroupOption], option: &Name) -> Fate {
    let same = |a: &Name, b: &Name| group.option(a) == group.option(b);
    let mut chain = vec![option.clone()];
    loop {
        let here = chain[chain.len() - 1].clone();
        let Some(found) = options.iter().find(|own| same(&own.name.value, &here)) else {
            return if chain.len() == 1 { Fate::Stays } else { Fate::Leads(here) };
        };
        let next = match &found.deprecated {
            None if chain.len() == 1 => return Fate::Stays,
            Some(Deprecated { instead: None, .. }) if chain.len() == 1 => return Fate::Ends,
            Some(Deprecated { instead: Some(next), .. }) => next.value.clone(),
            _ => return Fate::Follows { to: found.name.value.clone(), is_old_name: false },
        };
        if let Some(at) = chain.iter().position(|seen| same(seen, &next)) {
            return Fate::Ring(chain[at..].iter().chain([&next]).cloned().collect());
        }
        chain.push(next);
    }
}
