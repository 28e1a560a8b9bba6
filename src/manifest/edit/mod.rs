//! Edits of `hsm.yaml`: what a command wants changed, as edits in place.
//!
//! Owns: where in the manifest a selection, an item or a pin stands, which items keep their pins, and the command line
//! that makes a change. Refuses: knowing the registry (its facts are handed in) and writing the file.

mod command;
mod components;
mod groups;
mod lines;
mod pins;
mod registries;
mod renames;
mod spots;
#[cfg(test)]
mod tests;
mod trail;

use crate::manifest::{GroupLine, Item, Manifest, Mode};
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};
use crate::place::{FileId, Sources};
use crate::version::VersionDemand;
use crate::yaml::edit::{Edit, New, Obstacle, Refusal, Step, apply};
use crate::yaml::{self, Limits, Node, Value};

pub use command::quoted;
pub use registries::{NewRegistry, NewSource, add_registry, settle_registry};
pub use renames::{Named, Part, Pins, called, named, rename};
pub use spots::Stands;
pub use trail::Trail;

/// What an edit needs to know of a group's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFacts {
    /// Its id.
    pub id: GroupId,
    /// Whether exactly one option is chosen.
    pub one: bool,
    /// Its default options.
    pub default: Vec<Name>,
    /// `comment`: placed above the group's line when that is made.
    pub comment: Option<String>,
    /// Whether a group of the other kind has the same name: then a command needs the kind too.
    pub shared: bool,
}

/// A change of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Replaces the selection of a group.
    Select(GroupFacts, Vec<Name>),
    /// Adds options to the selection of a group; of a 1-of-N group the last one replaces what was there.
    AddOptions(GroupFacts, Vec<Name>),
    /// Takes options out of the selection of a group.
    RemoveOptions(GroupFacts, Vec<Name>),
    /// Sets `project.mode`.
    Mode(Mode),
    /// Sets `dependencies.package_manager`.
    PackageManager(&'static str),
    /// Sets `project.container_engine`.
    ContainerEngine(&'static str),
    /// Lists a component.
    Add(ComponentId, Name),
    /// Takes a component off the list.
    Remove(ComponentId),
    /// Pins a component to a mode, by its name as it is to be written; without a mode no pin is left.
    ///
    /// A pin goes to the component's own item in `packages` or `containers`; else to its item in a selection; else to
    /// `constraints`. Pins elsewhere that say something else are removed.
    SetMode(ComponentId, Name, Option<Mode>),
    /// Pins a component's version, in the same manner. `*` is no pin.
    SetVersion(ComponentId, Name, Option<VersionDemand>),
    /// Pins a container's profile, in the same manner.
    SetProfile(ComponentId, Name, Option<Name>),
    /// Sets the ports of a container's own item, which is listed if it was not; without any, they are the registry's.
    SetPorts(ComponentId, Name, Vec<String>),
    /// Sets something else of a component's own item, which is listed if it was not.
    Set(ComponentId, Name, Setting),
    /// Sets the mode of a group's line, or removes it.
    GroupMode(GroupFacts, Option<Mode>),
    /// Sets the profile of a group's line, or removes it.
    GroupProfile(GroupFacts, Option<Name>),
    /// Takes options out of what a group excludes.
    Include(GroupFacts, Vec<Name>),
    /// Adds options to what a group excludes.
    Exclude(GroupFacts, Vec<Name>),
    /// Names a group, so that it takes part.
    AddGroup(GroupFacts),
    /// Removes a group's line with all that it says.
    RemoveGroup(GroupFacts),
}

/// Something that an item can say besides pins and ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Extras of a package; what stood there is replaced.
    Extras(Vec<String>),
    /// The environment marker of a package.
    Marker(String),
    /// Volumes of a container, as Compose writes them; what stood there is replaced.
    Volumes(Vec<String>),
    /// Environment variables of a container; others of its item stay.
    Env(Vec<(String, String)>),
    /// The image of a container.
    Image(String),
}

impl Setting {
    /// Whose items can say it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Extras(_) | Self::Marker(_) => Kind::Package,
            Self::Volumes(_) | Self::Env(_) | Self::Image(_) => Kind::Container,
        }
    }

    /// Its key.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Extras(_) => "extras",
            Self::Marker(_) => "marker",
            Self::Volumes(_) => "volumes",
            Self::Env(_) => "env",
            Self::Image(_) => "image",
        }
    }
}

impl Change {
    /// The component that it is about, if it is about one.
    pub fn component(&self) -> Option<&ComponentId> {
        match self {
            Self::Add(id, _)
            | Self::Remove(id)
            | Self::SetMode(id, ..)
            | Self::SetVersion(id, ..)
            | Self::SetProfile(id, ..)
            | Self::SetPorts(id, ..)
            | Self::Set(id, ..) => Some(id),
            _ => None,
        }
    }

    /// The group that it is about, if it is about one.
    pub fn group(&self) -> Option<&GroupFacts> {
        match self {
            Self::Select(facts, _)
            | Self::AddOptions(facts, _)
            | Self::RemoveOptions(facts, _)
            | Self::GroupMode(facts, _)
            | Self::GroupProfile(facts, _)
            | Self::Include(facts, _)
            | Self::Exclude(facts, _)
            | Self::AddGroup(facts)
            | Self::RemoveGroup(facts) => Some(facts),
            _ => None,
        }
    }
}

/// What an edit did besides what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// A 1-of-N group takes one option, so the former one went.
    #[error("{group} takes one option: `{new}` replaces `{old}`")]
    Replaced {
        /// Which group.
        group: GroupId,
        /// What went.
        old: Name,
        /// What came.
        new: Name,
    },
    /// There was no selection; the defaults that held until now are written out.
    #[error("{group} had no selection; its defaults are now written out")]
    DefaultsWritten {
        /// Which group.
        group: GroupId,
    },
    /// An item that carried pins or settings of its own was removed.
    #[error("the settings of `{0}` went with it")]
    PinsLost(Name),
    /// It was listed already.
    #[error("{0} is already listed")]
    AlreadyListed(ComponentId),
    /// Settings need an item of its own, so it was listed.
    #[error("{0} was not listed; it is now")]
    Listed(ComponentId),
    /// The group was named already.
    #[error("{0} is already named")]
    AlreadyNamed(GroupId),
    /// The group had no line, so it took part only if something implied it.
    #[error("{0} was not named; it is now, and so takes part")]
    Named(GroupId),
    /// A pin that said something else was removed.
    #[error("`{pin}: {value}` of {component} in {stands} was removed")]
    PinRemoved {
        /// Of which component.
        component: ComponentId,
        /// `version`, `mode` or `profile`.
        pin: &'static str,
        /// What it said.
        value: String,
        /// Where it stood.
        stands: Stands,
    },
}

/// Why the manifest was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The way in which it is written stands in the way.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An option that is not selected cannot be taken out.
    #[error("`{option}` is not in the selection of {group}")]
    NotSelected {
        /// The option.
        option: Name,
        /// The group.
        group: GroupId,
    },
    /// A component that is not listed cannot be taken off.
    #[error("hsm.yaml does not list {0}")]
    NotListed(ComponentId),
    /// It stands in a group's selection, not in a list.
    #[error("{component} is not listed by itself: it is an option of {group}; use `hsm group remove-option {} {}`", group.name, component.name())]
    IsSelected {
        /// The component.
        component: ComponentId,
        /// The group.
        group: GroupId,
    },
    /// The selection is a single item with settings of its own, not a list.
    #[error("the selection of {0} is not a list; put `[` and `]` around it first")]
    NotAList(GroupId),
    /// One option was expected.
    #[error("{0} takes exactly one option")]
    TakesOne(GroupId),
    /// An option that is not excluded cannot be included again.
    #[error("{group} does not exclude `{option}`")]
    NotExcluded {
        /// The option.
        option: Name,
        /// The group.
        group: GroupId,
    },
    /// A group without a line cannot be removed.
    #[error("hsm.yaml does not name {0}")]
    NotNamed(GroupId),
    /// A name and the one that takes its place are both there, and different things are said of them.
    #[error(
        "hsm.yaml names both {old} and {new}, and says different things of them; keep one of the two lines by hand"
    )]
    SaidOfBoth {
        /// The old name.
        old: TargetId,
        /// The new one.
        new: TargetId,
    },
    /// Profiles and ports are for containers and their groups, extras and markers for packages.
    #[error("{target} has no {what}: only {kind}s have")]
    Only {
        /// Who has it.
        kind: Kind,
        /// What is missing: "profiles".
        what: &'static str,
        /// Of what.
        target: TargetId,
    },
}

/// The manifest's text after a change, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The text; the same as before when there was nothing to do.
    pub text: String,
    /// What was done besides.
    pub notes: Vec<Note>,
}

/// Makes a change in the text from which `manifest` was read.
pub fn edit(text: &str, manifest: &Manifest, change: &Change) -> Result<Edited, EditError> {
    let mut draft = Draft { text: text.to_owned(), notes: Vec::new() };
    match change {
        Change::Select(group, options) => draft.select(manifest, group, options)?,
        Change::AddOptions(group, options) => draft.add_options(manifest, group, options)?,
        Change::RemoveOptions(group, options) => draft.remove_options(manifest, group, options)?,
        Change::Mode(mode) => {
            draft.set(vec!["project".into(), "mode".into()], New::text(mode.as_str()), None)?;
        }
        Change::PackageManager(name) => {
            draft.set(vec!["dependencies".into(), "package_manager".into()], New::text(*name), None)?;
        }
        Change::ContainerEngine(name) => {
            draft.set(vec!["project".into(), "container_engine".into()], New::text(*name), None)?;
        }
        Change::Add(id, name) => draft.add(manifest, id, name)?,
        Change::Remove(id) => draft.remove(manifest, id)?,
        Change::SetMode(id, name, mode) => draft.pin(id, name, "mode", mode.map(Mode::as_str))?,
        Change::SetVersion(id, name, version) => {
            let version = version.as_ref().filter(|version| !version.is_any());
            draft.pin(id, name, "version", version.map(VersionDemand::as_str))?;
        }
        Change::SetProfile(id, name, profile) => {
            only(Kind::Container, id.kind(), "profiles", || TargetId::Component(id.clone()))?;
            draft.pin(id, name, "profile", profile.as_ref().map(Name::as_str))?;
        }
        Change::SetPorts(id, name, ports) => {
            only(Kind::Container, id.kind(), "ports", || TargetId::Component(id.clone()))?;
            draft.ports(id, name, ports)?;
        }
        Change::Set(id, name, setting) => {
            only(setting.kind(), id.kind(), setting.key(), || TargetId::Component(id.clone()))?;
            draft.setting(id, name, setting)?;
        }
        Change::GroupMode(group, mode) => {
            draft.line_value(manifest, group, "mode", mode.map(|mode| New::text(mode.as_str())))?;
        }
        Change::GroupProfile(group, profile) => {
            only(Kind::Container, group.id.kind, "profiles", || TargetId::Group(group.id.clone()))?;
            let profile = profile.as_ref().map(|profile| New::text(profile.as_str()));
            draft.line_value(manifest, group, "profile", profile)?;
        }
        Change::Include(group, options) => draft.include(&group.id, options)?,
        Change::Exclude(group, options) => draft.exclude(manifest, group, options)?,
        Change::AddGroup(group) => draft.add_group(manifest, group)?,
        Change::RemoveGroup(group) => draft.remove_group(manifest, group)?,
    }
    Ok(Edited { text: draft.text, notes: draft.notes })
}

/// Reads a text as a manifest, wherever it came from.
pub fn read_text(text: &str) -> Option<Manifest> {
    let mut sources = Sources::new();
    let file = sources.add("hsm.yaml", text);
    super::read(&sources, file).0
}

/// The same manifest in the plainest form, in which every edit can be made: to try one that is refused where it stands.
pub fn plainly(text: &str) -> Option<String> {
    let mut root = yaml::read(FileId(0), text, Limits::MANIFEST).ok()?;
    for kind in [Kind::Package, Kind::Container] {
        let (section, groups, _) = section(kind);
        let lines = root.get_mut(section).and_then(|node| node.get_mut(groups));
        let Some(Value::Map(lines)) = lines.map(|node| &mut node.value) else { continue };
        for selection in lines.iter_mut().filter_map(|(_, line)| line.get_mut("selection")) {
            // one item with settings is a list of it
            if selection.get("name").is_some() {
                let place = selection.place;
                let item = std::mem::replace(selection, Node { place, value: Value::Null });
                selection.value = Value::List(vec![item]);
            }
        }
    }
    Some(yaml::plainly(&root))
}

impl EditError {
    /// What to do by hand about a change for which the manifest would have to be written in another way first.
    pub fn refusal(self, change: &Change) -> Option<Refusal> {
        match (self, change) {
            (Self::Refused(refusal), _) => Some(refusal),
            (Self::NotAList(group), Change::AddOptions(_, options) | Change::Select(_, options)) => {
                let names: Vec<String> = options.iter().map(|name| format!("`{name}`")).collect();
                let names = names.join(", ");
                let by_hand = format!("make a list of the selection of {group} and add {names} by hand");
                Some(Refusal { obstacle: Obstacle::Style, by_hand })
            }
            _ => None,
        }
    }
}

/// Whether `packages` or `containers` lists a component.
pub fn is_listed(manifest: &Manifest, id: &ComponentId) -> bool {
    listed(manifest, id).next().is_some()
}

fn only(
    wanted: Kind,
    kind: Kind,
    what: &'static str,
    target: impl FnOnce() -> TargetId,
) -> Result<(), EditError> {
    if kind == wanted { Ok(()) } else { Err(EditError::Only { kind: wanted, what, target: target() }) }
}

/// Whether a list, a selection or `constraints` says anything of a component.
pub fn speaks_of(manifest: &Manifest, id: &ComponentId) -> bool {
    let lines = manifest.dependencies.groups.iter().chain(&manifest.services.groups);
    let mut selected =
        lines.flat_map(|line| selected(line).iter().map(|item| line.group.value.option(&item.name.value)));
    let target = TargetId::Component(id.clone());
    is_listed(manifest, id)
        || selected.any(|own| own == *id)
        || manifest.constraints.iter().any(|constraint| constraint.target.value == target)
}

struct Draft {
    text: String,
    notes: Vec<Note>,
}

impl Draft {
    fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        self.text = apply(&self.text, edit, Limits::MANIFEST)?;
        Ok(())
    }

    fn set(&mut self, path: Vec<Step>, value: New, comment: Option<String>) -> Result<(), EditError> {
        self.apply(&Edit::Set { path, value, comment })
    }

    /// Makes an edit if the way in which the text is written allows it.
    fn applied(&mut self, edit: &Edit) -> bool {
        self.apply(edit).is_ok()
    }

    /// The text as a tree.
    fn node(&self) -> Result<Node, EditError> {
        yaml::read(FileId(0), &self.text, Limits::MANIFEST).map_err(|_| {
            EditError::Refused(Refusal {
                obstacle: Obstacle::Invalid,
                by_hand: "`hsm check` says what to mend".to_owned(),
            })
        })
    }
}

fn section(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Package => ("dependencies", "package_groups", "packages"),
        Kind::Container => ("services", "container_groups", "containers"),
    }
}

fn group_path(group: &GroupId) -> Vec<Step> {
    let (section, groups, _) = section(group.kind);
    vec![section.into(), groups.into(), group.name.as_str().into()]
}

fn list_path(kind: Kind) -> Vec<Step> {
    let (section, _, list) = section(kind);
    vec![section.into(), list.into()]
}

/// A path one step further.
fn below(path: &[Step], step: impl Into<Step>) -> Vec<Step> {
    let mut path = path.to_vec();
    path.push(step.into());
    path
}

/// The line of a group that the manifest names.
pub fn line_of<'m>(manifest: &'m Manifest, group: &GroupId) -> Option<&'m GroupLine> {
    let lines = match group.kind {
        Kind::Package => &manifest.dependencies.groups,
        Kind::Container => &manifest.services.groups,
    };
    lines.iter().find(|line| line.group.value == *group)
}

fn selected(line: &GroupLine) -> &[Item] {
    line.selection.as_ref().map_or(&[], |s| s.value.as_slice())
}

fn listed<'m>(manifest: &'m Manifest, id: &'m ComponentId) -> impl Iterator<Item = (usize, &'m Item)> {
    let items = match id.kind() {
        Kind::Package => &manifest.dependencies.items,
        Kind::Container => &manifest.services.items,
    };
    items.iter().enumerate().filter(|(_, item)| ComponentId::new(id.kind(), &item.name.value) == *id)
}

/// Whether two names are one option: names of packages compare normalized.
fn same(group: &GroupId, a: &Name, b: &Name) -> bool {
    group.option(a) == group.option(b)
}

fn distinct(group: &GroupId, options: &[Name]) -> Vec<Name> {
    let mut out: Vec<Name> = Vec::new();
    for option in options {
        if !out.iter().any(|o| same(group, o, option)) {
            out.push(option.clone());
        }
    }
    out
}

fn has_settings(item: &Item) -> bool {
    item.version.is_some()
        || item.mode.is_some()
        || item.profile.is_some()
        || !item.extras.is_empty()
        || item.marker.is_some()
        || item.layer != crate::registry::layer::Layer::default()
}

fn find<'n>(node: &'n Node, path: &[Step]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Item(index) => node.as_list()?.get(*index),
    })
}
