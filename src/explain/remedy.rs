//! Remedies: what somebody could change about a statement.
//!
//! Owns: which edits there are for each statement, the gentlest first (`ports`: of those that it publishes), and what each
//! is called (`words`). Refuses: trying them.

mod ports;
mod words;

use std::collections::BTreeSet;

use hsm_solver::StatementId;

use super::Clash;
use crate::compile::Compiled;
use crate::diagnostic::{Finding, Wiring};
use crate::load::Inputs;
use crate::manifest::Mode;
use crate::manifest::edit::{Change, GroupFacts, line_of};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::Place;
use crate::registry::Entry;
use crate::requirement::Requirement;
use crate::statement::{Claim, Holder, Statement, Thing};
use crate::yaml::edit::Refusal;

pub(super) use ports::movable;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Change what it says: nothing gentler is known.
    Change,
    /// Write the name that was meant, most likely this one.
    Correct(String),
    /// Add a release that installs another version.
    AddRelease,
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
            if movable(inputs, id, statement.place?) =>
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

/// What a line stands among.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) compiled: &'a Compiled,
    /// The lines that are taken back.
    pub(super) gone: &'a BTreeSet<StatementId>,
    /// What is changed about others of them.
    pub(super) beside: &'a [Remedy],
}

impl Around<'_> {
    /// What the manifest still says of a component.
    fn kept<T>(&self, of: impl Fn(&Claim) -> Option<T>) -> Vec<T> {
        let all = self.compiled.statements.iter().zip(0..);
        all.filter(|(_, id)| !self.gone.contains(&StatementId(*id)))
            .filter_map(|(statement, _)| of(&statement.claim))
            .collect()
    }
}

/// What can be done about a line of the user's, the gentlest first; one of them only takes it back. `others`: the
/// options of a 1-of-N group that could be taken instead, the best first. `around`: what else is said and changed.
pub(super) fn of_line(
    inputs: &Inputs,
    statement: &Statement,
    others: &dyn Fn(&GroupId) -> Vec<Name>,
    around: Around<'_>,
) -> Vec<Remedy> {
    let compiled = around.compiled;
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
            // where another line pins it too, that pin stays
            let kept = around.kept(|claim| match claim {
                Claim::PinsMode(of, mode) if of == id => Some(*mode),
                _ => None,
            });
            let other = has_mode(compiled, id, mode.other()).then_some(mode.other());
            let set = |mode| Change::SetMode(id.clone(), written(inputs, id), mode);
            either(kept, other).map(set).collect()
        }
        Claim::PinsVersion(id, demand, _) => {
            let kept = around.kept(|claim| match claim {
                Claim::PinsVersion(of, other, _) if of == id && other != demand => Some(other.clone()),
                _ => None,
            });
            let set = |pin| Change::SetVersion(id.clone(), written(inputs, id), pin);
            either(kept, None).map(set).collect()
        }
        Claim::PinsProfile(id, profile) => {
            let kept = around.kept(|claim| match claim {
                Claim::PinsProfile(of, other) if of == id && other != profile => Some(other.clone()),
                _ => None,
            });
            let others = profiles(inputs, id).into_iter().filter(|other| other != profile);
            // that it runs elsewhere is more than another way to run it here
            let (away, here): (Vec<Name>, Vec<Name>) =
                others.partition(|other| is_external(inputs, id, other));
            let away: Vec<Name> = away.into_iter().filter(|_| kept.is_empty()).collect();
            let set = |profile| Change::SetProfile(id.clone(), written(inputs, id), profile);
            let gentle = either(kept, here.into_iter().take(2));
            gentle.chain(away.into_iter().take(1).map(Some)).map(set).collect()
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
            if statement.place.is_some_and(|place| movable(inputs, id, place)) =>
        {
            let ports = statement.place.and_then(|place| ports::moved_beside(inputs, around, id, place));
            ports.into_iter().map(|ports| Change::SetPorts(id.clone(), written(inputs, id), ports)).collect()
        }
        Claim::Holds { .. } | Claim::HoldsTwice(..) => return by_hand(How::Rename),
        Claim::FileRequires(..) => return by_hand(How::Loosen),
        Claim::ProjectPython(_) => return by_hand(How::NarrowPython),
        _ => Vec::new(),
    };
    changes.into_iter().map(Remedy::Change).collect()
}

/// What a pin is changed to: where others stay, to those; else to these values, and to none.
fn either<T>(kept: Vec<T>, others: impl IntoIterator<Item = T>) -> impl Iterator<Item = Option<T>> {
    let is_free = kept.is_empty();
    let others = others.into_iter().filter(move |_| is_free).map(Some).chain(is_free.then_some(None));
    kept.into_iter().map(Some).chain(others)
}

/// What whoever keeps the registry, or a checkout, could do about a statement.
pub(super) fn of_registry(inputs: &Inputs, statement: &Statement, clash: &Clash) -> Option<Remedy> {
    let how = match &statement.claim {
        claim if meant(inputs, claim).is_some() => How::Correct(meant(inputs, claim)?),
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
        // it installs the version that it is
        Claim::Installs(_, line) if is_exact(line) => How::AddRelease,
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
    let place = match &statement.claim {
        Claim::TakesBetween { group, .. } if how == How::RaiseMax => bound(inputs, group),
        _ => None,
    };
    let statement = Statement { place: place.or(statement.place), ..statement.clone() };
    Some(Remedy::Line(Box::new(statement), how))
}

/// Where a group says how many options it takes at most.
fn bound(inputs: &Inputs, group: &GroupId) -> Option<Place> {
    inputs.group(group)?.max.as_ref().map(|max| max.place)
}

/// The name that was meant, most likely, where a rule asks for what is in no registry.
fn meant(inputs: &Inputs, claim: &Claim) -> Option<String> {
    let target = match claim {
        Claim::Implies { target, .. } | Claim::Requires { target, .. } | Claim::DependsOn(_, target) => {
            target.clone()
        }
        Claim::UsesImage(_, of) => TargetId::Component(of.clone()),
        _ => return None,
    };
    inputs.warnings.iter().find_map(|warning| match &warning.finding {
        Finding::Wiring(Wiring::NotFound { target: of, nearest }) if *of == target => {
            nearest.as_ref().map(ToString::to_string)
        }
        _ => None,
    })
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

    /// Takes in what another one changes of the same: ports of one container are published by one command.
    fn takes_in(&mut self, other: &Self) -> bool {
        match (self, other) {
            (Self::Change(Change::SetPorts(id, _, ports)), Self::Change(Change::SetPorts(of, _, more)))
                if id == of =>
            {
                *ports = ports::laid(ports, more);
                true
            }
            _ => false,
        }
    }

    /// Whether it takes a line back and does nothing else.
    pub(super) fn only_takes_back(&self) -> bool {
        match self {
            Self::Change(change) => matches!(
                change,
                Change::SetMode(_, _, None)
                    | Change::SetVersion(_, _, None)
                    | Change::SetProfile(_, _, None)
                    | Change::GroupMode(_, None)
                    | Change::GroupProfile(_, None)
                    | Change::RemoveOptions(..)
                    | Change::Include(..)
                    | Change::Remove(_)
                    | Change::RemoveGroup(_)
            ),
            Self::ByHand(_) | Self::LeaveOut(_) | Self::Line(..) => true,
        }
    }

    /// What it costs the user: the gentler the less.
    pub(super) fn weight(&self, inputs: &Inputs) -> u32 {
        let Self::Change(change) = self else {
            return match self {
                Self::LeaveOut(_) => 1,
                _ => 7,
            };
        };
        match change {
            Change::SetMode(..) => 1,
            Change::SetProfile(id, _, Some(profile)) if is_external(inputs, id, profile) => 5,
            Change::SetVersion(..)
            | Change::SetProfile(..)
            | Change::GroupMode(..)
            | Change::GroupProfile(..) => 2,
            Change::Select(..) | Change::AddOptions(..) => 3,
            // what somebody asked for by name is more likely what everything else clashes with
            Change::SetPorts(id, ..) => {
                if inputs.items(id).is_empty() {
                    4
                } else {
                    3
                }
            }
            Change::Include(..) | Change::Exclude(..) => 4,
            Change::RemoveOptions(..) => 6,
            _ => 8,
        }
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

    /// Whether it writes the name that was meant.
    pub(super) fn is_correction(&self) -> bool {
        matches!(self, Self::Line(_, How::Correct(_)))
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
        if !all.contains(&remedy) && !all.iter_mut().any(|known| known.takes_in(&remedy)) {
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

/// Whether a requirement allows one version alone.
fn is_exact(line: &str) -> bool {
    Requirement::parse(line).is_ok_and(|read| {
        let text = read.specifiers.to_string();
        text.starts_with("==") && !text.contains(['*', ','])
    })
}

fn is_external(inputs: &Inputs, id: &ComponentId, profile: &Name) -> bool {
    match inputs.component(id) {
        Some(Entry::Container(container)) => {
            let mut profiles = container.profiles.iter();
            profiles.any(|own| own.name.value == *profile && own.external.is_some())
        }
        _ => false,
    }
}

/// The options of a group by member.
pub(super) fn options<'i>(inputs: &'i Inputs, group: &GroupId) -> impl Iterator<Item = &'i Name> {
    inputs.group(group).into_iter().flat_map(|entry| &entry.options).map(|option| &option.name.value)
}
