//! What a list shows of an entry, and what a search looks at: little, so that a hundred thousand of them fit.
//!
//! Owns: taking that from an entry. Refuses: deciding anything by it; whoever chooses reads the entry.

use std::borrow::Cow;

use super::{Demands, Deprecated, Entry};
use crate::manifest::Strategy;

/// A text, borrowed from where it is remembered.
type Text<'t> = Cow<'t, str>;

/// An entry at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Glance<'t> {
    /// The first error of an entry that cannot be used, with its line and column; then all else is empty.
    pub error: Option<Text<'t>>,
    /// `description`; of a group that has none its `comment`.
    pub description: Option<Text<'t>>,
    /// `owner`.
    pub owner: Option<Text<'t>>,
    /// `tags`.
    pub tags: Vec<Text<'t>>,
    /// The releases that are there for everybody, the newest first.
    pub releases: Vec<Text<'t>>,
    /// Those of them that are deprecated.
    pub left: Vec<Text<'t>>,
    /// Releases that are yanked, the newest first.
    pub yanked: Vec<Text<'t>>,
    /// `deprecated`.
    pub deprecated: Option<Leave<'t>>,
    /// Of a group: whether exactly one option is chosen.
    pub one: Option<bool>,
    /// The options of a group.
    pub options: Vec<OptionGlance<'t>>,
    /// What it implies, in any of its parts, as `KIND:NAME`.
    pub implies: Vec<Text<'t>>,
}

/// What `deprecated` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leave<'t> {
    /// `use`.
    pub instead: Option<Text<'t>>,
    /// `why`.
    pub why: Option<Text<'t>>,
}

/// An option of a group at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionGlance<'t> {
    /// Its name.
    pub name: Text<'t>,
    /// Its description.
    pub description: Option<Text<'t>>,
    /// Whether it is deprecated.
    pub is_deprecated: bool,
}

impl Glance<'_> {
    /// One that cannot be used.
    pub fn broken(error: String) -> Self {
        Self { error: Some(error.into()), ..Self::default() }
    }

    /// Of an entry.
    pub fn of(entry: &Entry) -> Self {
        let common = entry.common();
        let text = |at: &crate::place::At<String>| Cow::Owned(at.value.clone());
        let mut glance = Self {
            description: common.description.as_ref().map(text),
            owner: common.owner.as_ref().map(text),
            tags: common.tags.iter().map(text).collect(),
            deprecated: common.deprecated.as_ref().map(leave),
            ..Self::default()
        };
        match entry {
            Entry::Package(_) | Entry::Container(_) => glance.releases(entry),
            Entry::Group(group) => {
                glance.one = Some(group.strategy.value == Strategy::One);
                glance.options = group
                    .options
                    .iter()
                    .map(|option| OptionGlance {
                        name: option.name.value.to_string().into(),
                        description: option.description.as_ref().map(text),
                        is_deprecated: option.deprecated.is_some(),
                    })
                    .collect();
                let comment = || group.comment.as_ref().map(text);
                glance.description = glance.description.or_else(comment);
            }
        }
        let demands = entry.rules().into_iter().flat_map(|rules| &rules.implies);
        let demands = demands.filter(|demand| demand.what != Demands::Removed);
        glance.implies = demands.map(|demand| demand.target.value.to_string().into()).collect();
        glance.implies.sort();
        glance.implies.dedup();
        glance
    }

    fn releases(&mut self, entry: &Entry) {
        let mut all = entry.releases();
        all.sort_by(|a, b| a.version.preference(b.version));
        for release in all {
            let text = Text::from(release.version.to_string());
            if release.deprecated.is_some() {
                self.left.push(text.clone());
            }
            if release.yanked { &mut self.yanked } else { &mut self.releases }.push(text);
        }
    }

    /// Whether it, a release or an option of it is to be left.
    pub fn has_deprecated(&self) -> bool {
        self.deprecated.is_some()
            || !self.left.is_empty()
            || self.options.iter().any(|option| option.is_deprecated)
    }
}

fn leave(deprecated: &Deprecated) -> Leave<'static> {
    Leave {
        instead: deprecated.instead.as_ref().map(|name| name.value.to_string().into()),
        why: deprecated.why.as_ref().map(|why| why.value.clone().into()),
    }
}
