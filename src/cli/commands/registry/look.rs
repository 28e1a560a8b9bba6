//! What a list or a search is narrowed to, as the registries understand it.

use std::collections::BTreeSet;

use super::{KINDS, find, typed};
use crate::cli::args::registry::{KindArg, Only};
use crate::cli::commands::Fail;
use crate::load::Shelf;
use crate::names::{Kind, TargetId};
use crate::registry::{Glance, Label};

/// See the [module](self).
pub(super) struct Filter {
    kind: Option<KindArg>,
    tags: Vec<String>,
    owner: Option<String>,
    deprecated: bool,
    implies: Option<Vec<String>>,
    provided: Option<BTreeSet<TargetId>>,
}

impl Filter {
    /// Understands what was typed.
    pub(super) fn new(shelf: &mut Shelf<'_>, only: &Only) -> Result<Self, Fail> {
        let implies = only.implies.as_deref().map(|text| implied(shelf, text)).transpose()?;
        let provided = only.provides.as_deref().map(|text| options(shelf, text)).transpose()?;
        Ok(Self {
            kind: only.kind,
            tags: only.tags.iter().map(|tag| tag.to_lowercase()).collect(),
            owner: only.owner.as_ref().map(|owner| owner.to_lowercase()),
            deprecated: only.deprecated,
            implies,
            provided,
        })
    }

    /// Whether an entry may be meant, from its name.
    pub(super) fn may(&self, label: &Label<'_>) -> bool {
        let is_kind = |kind| match kind {
            KindArg::Package => !label.is_group && label.kind == Kind::Package,
            KindArg::Container => !label.is_group && label.kind == Kind::Container,
            KindArg::Group => label.is_group,
        };
        let is_in = |all: &BTreeSet<TargetId>| label.target().is_some_and(|target| all.contains(&target));
        self.kind.is_none_or(is_kind) && self.provided.as_ref().is_none_or(is_in)
    }

    /// Whether an entry is meant, from what it says. Nobody knows that of a broken one.
    pub(super) fn has(&self, glance: &Glance<'_>) -> bool {
        let tagged = |tag: &String| glance.tags.iter().any(|own| own.to_lowercase() == *tag);
        let is_owner = |owner: &String| glance.owner.as_ref().is_some_and(|own| own.to_lowercase() == *owner);
        let implied = |targets: &Vec<String>| {
            glance.implies.iter().any(|own| targets.iter().any(|target| target == own))
        };
        self.tags.iter().all(tagged)
            && self.owner.as_ref().is_none_or(is_owner)
            && self.implies.as_ref().is_none_or(implied)
            && (!self.deprecated || glance.has_deprecated())
    }
}

/// What a typed name may stand for; it has to be there.
fn implied(shelf: &mut Shelf<'_>, text: &str) -> Result<Vec<String>, Fail> {
    let typed = typed(text, &KINDS, None)?;
    let there: Vec<String> = typed
        .targets
        .iter()
        .filter(|target| shelf.registries.contains(target))
        .map(TargetId::to_string)
        .collect();
    if there.is_empty() {
        find(shelf, &typed, text, None)?;
    }
    Ok(there)
}

/// The options of the groups of that name, with those of groups that they extend.
fn options(shelf: &mut Shelf<'_>, text: &str) -> Result<BTreeSet<TargetId>, Fail> {
    let typed = typed(text, &KINDS[2..], None)?;
    let mut found = BTreeSet::new();
    let mut is_there = false;
    for target in &typed.targets {
        let TargetId::Group(id) = target else { continue };
        let group = shelf.group(id);
        is_there |= shelf.registries.contains(target);
        let options = group.ok().flatten().map(|group| group.options).unwrap_or_default();
        found.extend(options.iter().map(|option| TargetId::Component(id.option(&option.name.value))));
    }
    if !is_there {
        find(shelf, &typed, text, None)?;
    }
    Ok(found)
}
