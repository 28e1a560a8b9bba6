//! Remedies: what somebody could change about a statement.
//!
//! Owns: which edits there are for each statement, the gentlest first, and what each is called. Refuses: trying them.

use std::collections::BTreeSet;
use std::fmt;

use super::Clash;
use crate::compile::Compiled;
use crate::container::held::Address;
use crate::container::port::{self, PortSpec};
use crate::load::Inputs;
use crate::manifest::Mode;
use crate::manifest::edit::{Change, GroupFacts, line_of};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::Place;
use crate::registry::layer::{Layer, Port};
use crate::registry::{Container, Entry};
use crate::statement::{Claim, Holder, Offered, Statement, Thing};
use crate::version::VersionDemand;
use crate::yaml::edit::Refusal;

/// One thing to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// `hsm.yaml`, by a command.
    Change(Change),
    /// An option of the command line that says so is left out.
    LeaveOut(Flag),
    /// `hsm.yaml`, by hand: the way it is written stands in the way of a command.
    ByHand(Box<ByHand>),
    /// A line that no command changes.
    Line(Box<Statement>, How),
}

/// An edit of `hsm.yaml` that cannot be made in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    /// What it comes to.
    pub change: Change,
    /// The line that it is about.
    pub place: Place,
    /// What to do, and why hsm does not.
    pub refusal: Refusal,
}

/// An option of the command line that takes part in a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flag {
    /// `--require-mode`.
    RequireMode,
    /// A value laid over the manifest's, as it is shown: `--set …`, or a file.
    Overlay(String),
}

/// What to do with a line that no command changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Let it allow more versions.
    Loosen,
    /// Let it allow another mode or profile.
    AllowOther,
    /// Let it demand another option, or none.
    OtherOption,
    /// Take it out.
    Remove,
    /// Let the group take more options.
    RaiseMax,
    /// Let the group be content with fewer options.
    LowerMin,
    /// Publish or call it otherwise.
    Rename,
    /// Add what is missing: a source.
    AddSource,
    /// Add what is missing: an entry.
    AddEntry,
    /// Mend the entry.
    MendEntry,
    /// Support more Pythons.
    WidenPython,
    /// Support fewer Pythons.
    NarrowPython,
    /// Take back that the release is yanked.
    Unyank,
    /// Check out another version.
    OtherCheckout,
}

/// What a line costs that is taken back: the gentler the less. `None`: it is not the user's to take back.
pub(super) fn cost(inputs: &Inputs, statement: &Statement) -> Option<u32> {
    let is_own = statement.place.is_some_and(|place| is_manifest(inputs, place));
    let cost = match &statement.claim {
        Claim::RequiresMode(_) | Claim::PinsMode(..) => 1,
        Claim::PinsVersion(..) | Claim::PinsProfile(..) | Claim::GroupMode(..) | Claim::GroupProfile(..) => 2,
        Claim::Selects(group, _) if is_one(inputs, group) => 3,
        Claim::Excludes(..) => 4,
        Claim::Selects(..) => 6,
        Claim::Wants(_) => 8,
        Claim::Uses(_) => 9,
        Claim::Holds { by: Holder::Component(id), what: Thing::Ports(_) } | Claim::HoldsTwice(id, _)
            if !is_own && other_port(inputs, id, statement.place?, &|_| true).is_some() =>
        {
            3
        }
        Claim::Holds { .. } | Claim::HoldsTwice(..) if is_own => 5,
        Claim::FileRequires(..) | Claim::ProjectPython(_) | Claim::Holds { by: Holder::Own(_), .. } => 7,
        _ => return None,
    };
    // what is laid over the manifest is left out, whatever it says
    let laid_over = statement.place.is_some_and(|place| overlay(inputs, place).is_some());
    Some(if laid_over && !is_own { 1 } else { cost })
}

/// Whether a place is in `hsm.yaml` itself.
fn is_manifest(inputs: &Inputs, place: Place) -> bool {
    place.file == inputs.manifest.file
}

/// The text that is laid over the manifest at this place, as it is shown.
fn overlay(inputs: &Inputs, place: Place) -> Option<String> {
    let path = &inputs.sources.get(place.file)?.path;
    inputs.options.overlays.iter().find(|overlay| overlay.shown == *path).map(|overlay| overlay.shown.clone())
}

fn is_one(inputs: &Inputs, group: &GroupId) -> bool {
    inputs.group(group).is_some_and(|entry| entry.strategy.value == crate::manifest::Strategy::One)
}

/// What can be done about a line of the user's, the gentlest first; the last one only takes it back. `others`: the
/// options of a 1-of-N group that could be taken instead, the best first. `taken`: ports of the host that other remedies
/// publish.
pub(super) fn of_line(
    inputs: &Inputs,
    compiled: &Compiled,
    statement: &Statement,
    others: &dyn Fn(&GroupId) -> Vec<Name>,
    taken: &BTreeSet<u16>,
) -> Vec<Remedy> {
    if let Some(over) = statement.place.and_then(|place| overlay(inputs, place)) {
        return vec![Remedy::LeaveOut(Flag::Overlay(over))];
    }
    let by_hand = |how: How| vec![Remedy::Line(Box::new(statement.clone()), how)];
    let of = |group: &GroupId, change: &dyn Fn(GroupFacts) -> Vec<Change>| {
        facts(inputs, group).map(change).unwrap_or_default()
    };
    let changes = match &statement.claim {
        Claim::RequiresMode(_) => return vec![Remedy::LeaveOut(Flag::RequireMode)],
        Claim::PinsMode(id, mode) => {
            let other = has_mode(compiled, id, mode.other()).then_some(mode.other());
            let set = |mode| Change::SetMode(id.clone(), written(inputs, id), mode);
            other.into_iter().map(Some).chain([None]).map(set).collect()
        }
        Claim::PinsVersion(id, demand, _) => {
            let others = other_pins(compiled, id, demand).map(Some).chain([None]);
            others.map(|pin| Change::SetVersion(id.clone(), written(inputs, id), pin)).collect()
        }
        Claim::PinsProfile(id, profile) => {
            let others = profiles(inputs, id).into_iter().filter(|other| other != profile).take(2);
            let set = |profile| Change::SetProfile(id.clone(), written(inputs, id), profile);
            others.map(Some).chain([None]).map(set).collect()
        }
        Claim::GroupMode(group, mode) => of(group, &|facts| {
            [Some(mode.other()), None].map(|mode| Change::GroupMode(facts.clone(), mode)).to_vec()
        }),
        Claim::GroupProfile(group, _) => of(group, &|facts| vec![Change::GroupProfile(facts, None)]),
        Claim::Selects(group, option) => of(group, &|facts| {
            let plain = Change::RemoveOptions(facts.clone(), vec![option.clone()]);
            if !facts.one {
                return vec![plain];
            }
            let others = others(group);
            let others = others.into_iter().filter(|other| group.option(other) != group.option(option));
            others.map(|other| Change::Select(facts.clone(), vec![other])).chain([plain]).collect()
        }),
        Claim::Excludes(group, option) => {
            of(group, &|facts| vec![Change::Include(facts, vec![option.clone()])])
        }
        Claim::Wants(id) => vec![Change::Remove(id.clone())],
        Claim::Uses(group) => of(group, &|facts| vec![Change::RemoveGroup(facts)]),
        Claim::Holds { by: Holder::Component(id), what: Thing::Ports(_) } | Claim::HoldsTwice(id, _)
            if !statement.place.is_some_and(|place| is_manifest(inputs, place)) =>
        {
            let is_free = |port: u16| !taken.contains(&port) && !is_held(compiled, port);
            let ports = statement.place.and_then(|place| other_port(inputs, id, place, &is_free));
            let name = written(inputs, id);
            ports.into_iter().map(|ports| Change::SetPorts(id.clone(), name.clone(), ports)).collect()
        }
        Claim::Holds { .. } | Claim::HoldsTwice(..) => return by_hand(How::Rename),
        Claim::FileRequires(..) => return by_hand(How::Loosen),
        Claim::ProjectPython(_) => return by_hand(How::NarrowPython),
        _ => Vec::new(),
    };
    changes.into_iter().map(Remedy::Change).collect()
}

/// What else the manifest pins the version of a component to.
fn other_pins<'c>(
    compiled: &'c Compiled,
    id: &ComponentId,
    pin: &VersionDemand,
) -> impl Iterator<Item = VersionDemand> + use<'c> {
    let (id, pin) = (id.clone(), pin.clone());
    compiled.statements.iter().filter_map(move |statement| match &statement.claim {
        Claim::PinsVersion(of, other, Offered::Enough) if *of == id && *other != pin => Some(other.clone()),
        _ => None,
    })
}

/// What whoever keeps the registry, or a checkout, could do about a statement.
pub(super) fn of_registry(statement: &Statement, clash: &Clash) -> Option<Remedy> {
    let how = match &statement.claim {
        Claim::Implies { demand, .. } | Claim::Requires { demand, .. } => {
            if demand.version.as_ref().is_some_and(|version| !version.is_any()) {
                How::Loosen
            } else if demand.mode.is_some() || demand.profile.is_some() {
                How::AllowOther
            } else if demand.options.is_empty() {
                How::Remove
            } else {
                How::OtherOption
            }
        }
        Claim::Conflicts { version, .. } => {
            if version.is_any() {
                How::Remove
            } else {
                How::Loosen
            }
        }
        Claim::DependsOn(..) | Claim::UsesImage(..) => How::Remove,
        Claim::TakesOne(_) | Claim::TakesBetween { .. } if matches!(clash, Clash::TooMany { .. }) => {
            How::RaiseMax
        }
        Claim::TakesBetween { .. } if matches!(clash, Clash::TooFew { .. }) => How::LowerMin,
        Claim::NeedsDistribution(..) | Claim::Installs(..) => How::Loosen,
        Claim::Checkout(..) => How::OtherCheckout,
        Claim::NeedsPython(..) => How::WidenPython,
        Claim::Holds { .. } | Claim::HoldsTwice(..) => How::Rename,
        Claim::NoSource { .. } => How::AddSource,
        Claim::Yanked(..) => How::Unyank,
        Claim::NotFound(_) => How::AddEntry,
        Claim::Broken(_) => How::MendEntry,
        _ => return None,
    };
    Some(Remedy::Line(Box::new(statement.clone()), how))
}

impl Remedy {
    /// The edit of `hsm.yaml`, if it is one.
    pub fn change(&self) -> Option<&Change> {
        match self {
            Self::Change(change) => Some(change),
            Self::ByHand(_) | Self::LeaveOut(_) | Self::Line(..) => None,
        }
    }

    /// What it comes to in `hsm.yaml`, whoever makes it.
    pub(super) fn meant(&self) -> Option<&Change> {
        match self {
            Self::ByHand(by_hand) => Some(&by_hand.change),
            other => other.change(),
        }
    }

    /// Whether somebody has to edit a file.
    pub fn is_by_hand(&self) -> bool {
        matches!(self, Self::ByHand(_) | Self::Line(..))
    }

    /// The components that it changes.
    pub(super) fn components(&self) -> Vec<ComponentId> {
        let Some(change) = self.meant() else { return Vec::new() };
        match change {
            Change::Select(facts, options)
            | Change::AddOptions(facts, options)
            | Change::RemoveOptions(facts, options)
            | Change::Include(facts, options)
            | Change::Exclude(facts, options) => {
                options.iter().map(|option| facts.id.option(option)).collect()
            }
            other => other.component().cloned().into_iter().collect(),
        }
    }

    /// Whether it makes a group that takes exactly one option one that takes several: rarely what is meant.
    pub(super) fn changes_a_strategy(&self) -> bool {
        match self {
            Self::Line(statement, How::RaiseMax) => matches!(statement.claim, Claim::TakesOne(_)),
            _ => false,
        }
    }

    /// Whether it leaves of a demand that its target is there.
    pub(super) fn only_loosens(&self, statement: &Statement) -> bool {
        matches!(self, Self::Line(_, How::Loosen | How::AllowOther | How::OtherOption))
            && matches!(statement.claim, Claim::Implies { .. } | Claim::Requires { .. })
    }

    /// Whether it takes out a rule that only leads to where the clash is.
    pub(super) fn leads_there(&self, statement: &Statement) -> bool {
        matches!(self, Self::Line(_, How::Remove)) && !matches!(statement.claim, Claim::Conflicts { .. })
    }
}

/// Remedies that are made together: none twice, and none on a group's line that goes as a whole.
pub fn joined(remedies: impl IntoIterator<Item = Remedy>) -> Vec<Remedy> {
    let mut all: Vec<Remedy> = Vec::new();
    for remedy in remedies {
        if !all.contains(&remedy) {
            all.push(remedy);
        }
    }
    let gone: Vec<GroupId> = all
        .iter()
        .filter_map(|remedy| match remedy.meant() {
            Some(Change::RemoveGroup(facts)) => Some(facts.id.clone()),
            _ => None,
        })
        .collect();
    let is_on_gone = |remedy: &Remedy| match remedy.meant() {
        Some(Change::RemoveGroup(_) | Change::AddGroup(_)) | None => false,
        Some(change) => change.group().is_some_and(|facts| gone.contains(&facts.id)),
    };
    all.retain(|remedy| !is_on_gone(remedy));
    all
}

/// The name as the manifest or the registry writes it.
pub(super) fn written(inputs: &Inputs, id: &ComponentId) -> Name {
    let listed = inputs.items(id).first().map(|item| item.name.value.clone());
    let entry = || inputs.component(id).map(|entry| entry.common().name.value.clone());
    listed.or_else(entry).unwrap_or_else(|| id.name().clone())
}

/// What an edit needs to know of a group.
pub(super) fn facts(inputs: &Inputs, group: &GroupId) -> Option<GroupFacts> {
    let entry = inputs.group(group)?;
    Some(GroupFacts {
        id: group.clone(),
        one: entry.strategy.value == crate::manifest::Strategy::One,
        default: entry.default.iter().map(|default| default.value.clone()).collect(),
        comment: entry.comment.as_ref().map(|comment| comment.value.clone()),
        shared: inputs.twins.contains(group),
    })
}

/// Where the manifest speaks of what a change is about.
pub(super) fn spoken_of(inputs: &Inputs, change: &Change) -> Option<Place> {
    let of_group =
        || change.group().and_then(|facts| line_of(&inputs.manifest, &facts.id)).map(|l| l.group.place);
    let of_component =
        || change.component().and_then(|id| inputs.items(id).first()).map(|item| item.name.place);
    let place = of_group().or_else(of_component);
    place.filter(|place| is_manifest(inputs, *place))
}

fn has_mode(compiled: &Compiled, id: &ComponentId, mode: Mode) -> bool {
    let component = compiled.components.iter().find(|component| component.id == *id);
    let choices = component.into_iter().flat_map(|component| &component.choices);
    choices.into_iter().any(|choice| choice.mode == Some(mode) && choice.flaw.is_none())
}

/// The profiles of a container, the gentlest first: the default, then those that run here, then what runs elsewhere.
fn profiles(inputs: &Inputs, id: &ComponentId) -> Vec<Name> {
    let Some(Entry::Container(container)) = inputs.component(id) else { return Vec::new() };
    let default = container.default_profile.as_ref().map(|default| &default.value);
    let mut all: Vec<_> = container.profiles.iter().collect();
    all.sort_by_key(|profile| (Some(&profile.name.value) != default, profile.external.is_some()));
    all.into_iter().map(|profile| profile.name.value.clone()).collect()
}

/// The item's `ports` in the manifest if the port published at a place is to be another one of the host; `None` where the
/// manifest says already which one, or the line is a range.
fn other_port(
    inputs: &Inputs,
    id: &ComponentId,
    place: Place,
    is_free: &dyn Fn(u16) -> bool,
) -> Option<Vec<String>> {
    if inputs.item_layers(id).iter().any(|layer| !layer.ports.is_empty()) {
        return None;
    }
    let Some(Entry::Container(container)) = inputs.component(id) else { return None };
    let port = layers(container).flat_map(|layer| &layer.ports).find(|line| port::place(line) == place)?;
    moved(port, is_free).map(|line| vec![line])
}

fn layers(container: &Container) -> impl Iterator<Item = &Layer> {
    let sources = container.releases.iter().flat_map(|release| &release.sources).map(|source| &source.layer);
    let releases = container.releases.iter().map(|release| &release.layer);
    let profiles = container.profiles.iter().map(|profile| &profile.layer);
    [&container.layer].into_iter().chain(releases).chain(sources).chain(profiles)
}

/// How far a port is moved, or several times as far.
const MOVED: u16 = 10_000;

/// Whether anything of the project may publish a port of the host.
fn is_held(compiled: &Compiled, port: u16) -> bool {
    compiled.statements.iter().any(|statement| match &statement.claim {
        Claim::Holds { what: Thing::Ports(ports), .. } => (ports.first..=ports.last).contains(&port),
        _ => false,
    })
}

/// The ports of the host that a remedy publishes.
pub(super) fn published(remedy: &Remedy) -> impl Iterator<Item = u16> {
    let ports = match remedy.meant() {
        Some(Change::SetPorts(_, _, ports)) => ports.as_slice(),
        _ => &[],
    };
    ports.iter().filter_map(|line| line.rsplit(':').nth(1)?.parse().ok())
}

fn moved(line: &Port, is_free: &dyn Fn(u16) -> bool) -> Option<String> {
    let spec = PortSpec::of(line).ok()?;
    let single = |numbers: &port::Numbers| {
        let known = numbers.known()?;
        (known.start() == known.end()).then_some(*known.start())
    };
    let (host, container) = (single(spec.host.as_ref()?)?, single(&spec.container)?);
    let up = (1..).map_while(|times| host.checked_add(MOVED.checked_mul(times)?));
    let down = (1..).map_while(|times| host.checked_sub(MOVED.checked_mul(times)?));
    let host = up.chain(down).find(|port| *port > 0 && is_free(*port))?;
    let address = match Address::of(spec.host_ip.as_deref())? {
        Address::One(ip) if ip.is_ipv4() => format!("{ip}:"),
        Address::Every => String::new(),
        _ => return None,
    };
    let protocol = if spec.protocol == "tcp" { String::new() } else { format!("/{}", spec.protocol) };
    Some(format!("{address}{host}:{container}{protocol}"))
}

/// The options of a group by member.
pub(super) fn options<'i>(inputs: &'i Inputs, group: &GroupId) -> impl Iterator<Item = &'i Name> {
    inputs.group(group).into_iter().flat_map(|entry| &entry.options).map(|option| &option.name.value)
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(change) => title(change, f),
            Self::ByHand(by_hand) => title(&by_hand.change, f),
            Self::LeaveOut(Flag::RequireMode) => f.write_str("leave out `--require-mode`"),
            Self::LeaveOut(Flag::Overlay(shown)) => write!(f, "leave out `{shown}`"),
            Self::Line(statement, how) => of_a_line(statement, *how, f),
        }
    }
}

fn title(change: &Change, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let names = |names: &[Name]| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    match change {
        Change::Select(facts, options) => write!(f, "take {} in {}", names(options), facts.id),
        Change::AddOptions(facts, options) => write!(f, "add {} to {}", names(options), facts.id),
        Change::RemoveOptions(facts, options) => {
            write!(f, "take {} out of the selection of {}", names(options), facts.id)
        }
        Change::Mode(mode) => write!(f, "prefer {mode} mode"),
        Change::PackageManager(name) => write!(f, "let {name} install the packages"),
        Change::ContainerEngine(name) => write!(f, "let {name} run the containers"),
        Change::Add(id, _) => write!(f, "list {id}"),
        Change::Remove(id) => write!(f, "no longer ask for {id}"),
        Change::SetMode(id, _, Some(mode)) => write!(f, "put {id} in {mode} mode"),
        Change::SetMode(id, _, None) => write!(f, "allow either mode for {id}"),
        Change::SetVersion(id, _, Some(version)) => write!(f, "pin {id} to {version}"),
        Change::SetVersion(id, _, None) => write!(f, "allow any release of {id}"),
        Change::SetProfile(id, _, Some(profile)) => write!(f, "give {id} the profile {profile}"),
        Change::SetProfile(id, _, None) => write!(f, "allow any profile for {id}"),
        Change::SetPorts(id, _, ports) => write!(f, "publish {id} at {}", ports.join(", ")),
        Change::Set(id, _, setting) => write!(f, "set `{}` of {id}", setting.key()),
        Change::GroupMode(GroupFacts { id: group, .. }, Some(mode)) => {
            write!(f, "put the options of {group} in {mode} mode")
        }
        Change::GroupMode(GroupFacts { id: group, .. }, None) => {
            write!(f, "allow either mode for the options of {group}")
        }
        Change::GroupProfile(GroupFacts { id: group, .. }, Some(profile)) => {
            write!(f, "give the options of {group} the profile {profile}")
        }
        Change::GroupProfile(GroupFacts { id: group, .. }, None) => {
            write!(f, "allow any profile for the options of {group}")
        }
        Change::Include(GroupFacts { id: group, .. }, options) => {
            write!(f, "no longer exclude {} from {group}", names(options))
        }
        Change::Exclude(facts, options) => write!(f, "exclude {} from {}", names(options), facts.id),
        Change::AddGroup(facts) => write!(f, "use {}", facts.id),
        Change::RemoveGroup(GroupFacts { id: group, .. }) => write!(f, "no longer use {group}"),
    }
}

fn of_a_line(statement: &Statement, how: How, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let target = |claim: &Claim| -> Option<TargetId> {
        match claim {
            Claim::Implies { target, .. }
            | Claim::Requires { target, .. }
            | Claim::Conflicts { target, .. }
            | Claim::NotFound(target)
            | Claim::Broken(target) => Some(target.clone()),
            _ => None,
        }
    };
    let on = target(&statement.claim).map(|target| target.to_string()).unwrap_or_default();
    match (how, &statement.claim) {
        (How::Loosen, Claim::Conflicts { by, .. }) => write!(f, "let {by} go with more releases of {on}"),
        (How::Loosen, claim @ (Claim::Implies { .. } | Claim::Requires { .. })) => {
            write!(f, "let {} accept other releases of {on}", by(claim))
        }
        (How::Loosen, Claim::NeedsDistribution(id, line) | Claim::Installs(id, line)) => {
            write!(f, "loosen `{line}` of {id}")
        }
        (How::Loosen, Claim::FileRequires(_, line)) => write!(f, "loosen `{line}`"),
        (How::Loosen, claim) => write!(f, "loosen this: {claim}"),
        (How::AllowOther, Claim::Implies { demand, .. } | Claim::Requires { demand, .. }) => {
            let what = if demand.profile.is_some() { "with another profile" } else { "in another mode" };
            write!(f, "let {} accept {on} {what}", by(&statement.claim))
        }
        (How::OtherOption, Claim::Implies { demand, .. } | Claim::Requires { demand, .. }) => {
            let what = match (demand.options.len(), demand.one_of) {
                (0 | 1, _) => "another option",
                (_, true) => "more options",
                (_, false) => "fewer options",
            };
            let accept = if demand.one_of && demand.options.len() > 1 { "accept" } else { "ask for" };
            write!(f, "let {} {accept} {what} of {on}", by(&statement.claim))
        }
        (How::Remove, Claim::Conflicts { by, .. }) => {
            write!(f, "take the conflict with {on} out of {by}, if they go together after all")
        }
        (How::Remove, Claim::Implies { by, .. }) => write!(f, "take {on} out of what {by} implies"),
        (How::Remove, Claim::Requires { by, .. }) => write!(f, "take {on} out of what {by} requires"),
        (How::Remove, Claim::DependsOn(by, target)) => {
            write!(f, "take {target} out of what {by} depends on")
        }
        (How::Remove, Claim::UsesImage(by, of)) => write!(f, "build {by} without the image of {of}"),
        (How::RaiseMax, Claim::TakesOne(group)) => write!(f, "let {group} take more than one option"),
        (How::RaiseMax, Claim::TakesBetween { group, .. }) => {
            write!(f, "let {group} take more options")
        }
        (How::LowerMin, Claim::TakesBetween { group, .. }) => {
            write!(f, "let {group} be content with fewer options")
        }
        (How::Rename, Claim::Holds { by, what: Thing::Ports(_) }) => {
            write!(f, "publish {by} on another port of the host")
        }
        (How::Rename, Claim::Holds { by, what: Thing::ContainerName(_) }) => {
            write!(f, "give {by} another container name")
        }
        (How::Rename, Claim::Holds { by, what: Thing::ServiceName(_) }) => {
            write!(f, "give {by} another service name")
        }
        (How::Rename, Claim::HoldsTwice(id, _)) => write!(f, "publish {id} on different ports of the host"),
        (How::AddSource, Claim::NoSource { component, mode: Some(mode), .. }) => {
            write!(f, "add a {mode} source to {component}")
        }
        (How::AddSource, Claim::NoSource { component, .. }) => write!(f, "add a source to {component}"),
        (How::AddEntry, _) => write!(f, "add an entry for {on} to a registry"),
        (How::MendEntry, _) => write!(f, "mend the entry of {on}"),
        (How::WidenPython, Claim::NeedsPython(id, _)) => write!(f, "let {id} support more Pythons"),
        (How::NarrowPython, _) => f.write_str("narrow the project's `requires-python`"),
        (How::Unyank, Claim::Yanked(id, version, _)) => write!(f, "take back that {id} {version} is yanked"),
        (How::OtherCheckout, Claim::Checkout(id, _)) => write!(f, "check out another version of {id}"),
        (_, claim) => write!(f, "change this: {claim}"),
    }
}

/// Who demands something.
fn by(claim: &Claim) -> String {
    match claim {
        Claim::Implies { by, .. } => by.to_string(),
        Claim::Requires { by, .. } => by.to_string(),
        _ => String::new(),
    }
}
