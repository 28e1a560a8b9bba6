//! What there is for a command to take: names of the registries and of the manifest, for questions and completions.
//!
//! Owns: which components, groups and options each command can be about. Refuses: asking, printing, and reading more
//! than it must.

use crate::cli::ask::HowMany;
use crate::load::Opened;
use crate::manifest::edit::{is_listed, line_of};
use crate::manifest::{GroupLine, Manifest, Strategy};
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};
use crate::registry::Group;

/// What is to be done with options of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Select,
    Add,
    Remove,
    Include,
    Exclude,
}

impl Purpose {
    pub(super) const ALL: [Self; 5] = [Self::Select, Self::Add, Self::Remove, Self::Include, Self::Exclude];

    /// The last word of its command.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Add => "add-option",
            Self::Remove => "remove-option",
            Self::Include => "include",
            Self::Exclude => "exclude",
        }
    }

    /// Whether the manifest alone says what there is to choose.
    pub(super) fn is_about_lines(self) -> bool {
        matches!(self, Self::Remove | Self::Include)
    }
}

/// A component and its name as it is written.
pub(super) type Component = (ComponentId, Name);

/// Components of the registries that are not listed yet.
pub(super) fn unlisted(kind: Option<Kind>, opened: &Opened<'_>) -> Vec<Component> {
    let mut all = visible(kind, opened);
    all.retain(|(id, _)| !is_listed(&opened.manifest, id));
    all
}

/// All components of the registries.
pub(super) fn visible(kind: Option<Kind>, opened: &Opened<'_>) -> Vec<Component> {
    let of = |kind| {
        let names = opened.registries.names(kind, false).into_iter();
        names.map(move |name| (ComponentId::new(kind, &name), name))
    };
    kinds(kind).flat_map(of).collect()
}

/// Components that the manifest lists.
pub(super) fn listed(kind: Option<Kind>, manifest: &Manifest) -> Vec<Component> {
    let of = |kind| {
        let items = match kind {
            Kind::Package => &manifest.dependencies.items,
            Kind::Container => &manifest.services.items,
        };
        items.iter().map(move |item| (ComponentId::new(kind, &item.name.value), item.name.value.clone()))
    };
    kinds(kind).flat_map(of).collect()
}

/// All groups of the registries.
pub(super) fn groups(opened: &Opened<'_>) -> Vec<GroupId> {
    let of = |kind| {
        let names = opened.registries.names(kind, true).into_iter();
        names.map(move |name| GroupId::new(kind, &name))
    };
    kinds(None).flat_map(of).collect()
}

/// The groups of the registries that the manifest does not name.
pub(super) fn unnamed_groups(opened: &Opened<'_>) -> Vec<GroupId> {
    let mut all = groups(opened);
    all.retain(|id| line_of(&opened.manifest, id).is_none());
    all
}

/// The groups that the manifest names.
pub(super) fn named_groups(manifest: &Manifest) -> Vec<GroupId> {
    lines(manifest, |_| true)
}

/// The groups that have options for the purpose, as far as that can be told without reading them.
pub(super) fn groups_for(purpose: Purpose, opened: &Opened<'_>) -> Vec<GroupId> {
    let selects = |line: &GroupLine| line.selection.as_ref().is_some_and(|items| !items.value.is_empty());
    match purpose {
        Purpose::Remove => lines(&opened.manifest, selects),
        Purpose::Include => lines(&opened.manifest, |line| !line.exclude.is_empty()),
        Purpose::Select | Purpose::Add | Purpose::Exclude => groups(opened),
    }
}

/// What is typed for a group: its kind too where both kinds have the name.
pub(super) fn word_of(id: &GroupId, opened: &Opened<'_>) -> String {
    let other = GroupId::new(id.kind.other(), &id.name);
    let shared = opened.registries.contains(&TargetId::Group(other.clone()))
        || line_of(&opened.manifest, &other).is_some();
    if shared { id.to_string() } else { id.name.to_string() }
}

/// Options that a group's line selects, or excludes.
pub(super) fn options_of_line(purpose: Purpose, id: &GroupId, manifest: &Manifest) -> Vec<Name> {
    let Some(line) = line_of(manifest, id) else { return Vec::new() };
    if purpose == Purpose::Include {
        return line.exclude.iter().map(|name| name.value.clone()).collect();
    }
    line.selection.iter().flat_map(|items| &items.value).map(|item| item.name.value.clone()).collect()
}

/// An option that a registry has.
pub(super) struct Offer {
    pub name: Name,
    /// What its group says about it, and what it implies as its option.
    pub about: Option<String>,
    /// What it implies as its option, in words.
    pub implies: String,
    /// Whether it is selected now.
    pub selected: bool,
}

/// Options of a group, as far as they are there for the purpose.
pub(super) fn options_of_entry(purpose: Purpose, entry: &Group, manifest: &Manifest) -> Vec<Offer> {
    let id = &entry.id;
    let line = line_of(manifest, id);
    // without a selection, the defaults hold
    let selected: Vec<ComponentId> = match line.and_then(|line| line.selection.as_ref()) {
        Some(items) => items.value.iter().map(|item| id.option(&item.name.value)).collect(),
        None => entry.default.iter().map(|name| id.option(&name.value)).collect(),
    };
    let excluded = line.map(|line| line.exclude.as_slice()).unwrap_or_default();
    let offers = entry.options.iter().map(|option| {
        let own = id.option(&option.name.value);
        let is_excluded = excluded.iter().any(|name| id.option(&name.value) == own);
        let about = option.description.as_ref().map(|about| option.rules.beside(Some(&about.value)));
        let (name, selected) = (option.name.value.clone(), selected.contains(&own));
        let offer = Offer { name, about, implies: option.rules.beside(None), selected };
        (offer, is_excluded)
    });
    let left = offers.filter(|(offer, is_excluded)| match purpose {
        Purpose::Add => !offer.selected,
        Purpose::Exclude => !is_excluded,
        Purpose::Select | Purpose::Remove | Purpose::Include => true,
    });
    left.map(|(offer, _)| offer).collect()
}

/// How many of so many options a command takes.
pub(super) fn how_many(purpose: Purpose, entry: &Group, there: usize) -> HowMany {
    let most = entry.max.as_ref().map_or(there, |max| max.value as usize).min(there);
    let least = entry.min.as_ref().map_or(1, |min| min.value.max(1) as usize);
    match (purpose, entry.strategy.value) {
        (Purpose::Select | Purpose::Add, Strategy::One) => HowMany::One,
        (Purpose::Select, Strategy::Many) => HowMany::From(least, most),
        _ => HowMany::From(1, there),
    }
}

fn lines(manifest: &Manifest, wanted: impl Fn(&GroupLine) -> bool) -> Vec<GroupId> {
    let lines = manifest.dependencies.groups.iter().chain(&manifest.services.groups);
    lines.filter(|line| wanted(line)).map(|line| line.group.value.clone()).collect()
}

fn kinds(kind: Option<Kind>) -> impl Iterator<Item = Kind> {
    [Kind::Package, Kind::Container].into_iter().filter(move |one| kind.is_none_or(|kind| kind == *one))
}
