//! Decisions: what hsm chose where it had a choice, by which preference, and what would have come next.
//!
//! Owns: options, releases, modes and profiles of one component. Refuses: choosing: every answer is asked of the solve.

use std::collections::BTreeSet;
use std::fmt;

use hsm_solver::{CandidateSet, ItemId, Selection, Then};

use super::Work;
use crate::compile::{Choice, candidates};
use crate::manifest::edit::line_of;
use crate::manifest::{Mode, Strategy};
use crate::names::{ComponentId, GroupId, Name};
use crate::registry::Entry;
use crate::solve::{NoStack, Question};
use crate::statement::Statement;
use crate::version::Version;

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// About what.
    pub of: Of,
    /// What was chosen.
    pub chosen: Value,
    /// What decided.
    pub by: By,
    /// What comes before it by preference, and the statements that keep that out.
    pub kept_out: Option<(Value, Vec<Statement>)>,
    /// What would be chosen if this one could not be.
    pub next: Option<Value>,
}

/// What a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// Which option of a group that takes exactly one.
    Option(GroupId),
    /// That an option is one of several of a group.
    Member(GroupId),
    /// Which release.
    Release,
    /// Which mode.
    Mode,
    /// Which profile.
    Profile,
}

/// A value that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// An option.
    Option(Name),
    /// A release.
    Release(Version),
    /// No version.
    Unversioned,
    /// A mode.
    Mode(Mode),
    /// No mode: an external.
    External,
    /// A profile.
    Profile(Name),
    /// No profile.
    NoProfile,
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// These statements: nothing else can hold together with them.
    Statements(Vec<Statement>),
    /// It is what is locked.
    Locked,
    /// The registry's default.
    Default,
    /// It comes first by its place.
    First,
    /// It is the newest.
    Newest,
    /// The mode that the project prefers.
    PreferredMode,
    /// There is no source for the mode that the project prefers.
    NoSource(Mode),
    /// It is the best of those that can be there.
    BestLeft,
    /// The one that comes before it could be there, but something that matters more would be worse.
    Traded,
}

/// A value with what it means on the problem.
struct Way {
    value: Value,
    then: Then,
}

/// The decisions about a component that is present.
pub(super) fn decisions(work: &Work<'_>, selection: &Selection, id: &ComponentId) -> Vec<Decision> {
    let Some(number) = work.compiled.components.iter().position(|component| component.id == *id) else {
        return Vec::new();
    };
    let item = ItemId(number as u32);
    let mut all: Vec<Decision> = work
        .compiled
        .groups
        .iter()
        .zip(0..)
        .filter_map(|(group, number)| option(work, selection, group, hsm_solver::GroupId(number), id))
        .collect();
    all.extend(as_member(work, selection, id));
    for of in [Of::Release, Of::Mode, Of::Profile] {
        let ways = ways(work, id, item, &of);
        let chosen = value_of(work, id, selection.candidate(item), &of);
        let Some(at) = chosen.and_then(|chosen| ways.iter().position(|way| way.value == chosen)) else {
            continue;
        };
        let preferred = work.inputs.preferred_mode();
        if let (Value::Mode(mode), 1, false) = (&ways[at].value, ways.len(), has(work, id, preferred)) {
            let chosen = Value::Mode(*mode);
            all.push(Decision { of, chosen, by: By::NoSource(preferred), kept_out: None, next: None });
        } else if ways.len() > 1 {
            let next = |selection: &Selection, of: &Of| value_of(work, id, selection.candidate(item), of);
            let best = best_by(work, id, &of, &ways[at].value);
            all.push(decision(work, of, &ways, at, best, &next));
        }
    }
    all
}

/// The decisions about the options of a group that are present.
pub(super) fn group_decisions(work: &Work<'_>, selection: &Selection, group: &GroupId) -> Vec<Decision> {
    let Some(at) = work.compiled.groups.iter().position(|id| id == group) else { return Vec::new() };
    let number = hsm_solver::GroupId(at as u32);
    let members = selection.options(number).unwrap_or_default().iter();
    let of_each = members.filter_map(|member| {
        let name = super::remedy::options(work.inputs, group).nth(*member as usize)?;
        option(work, selection, group, number, &group.option(name))
            .or_else(|| self::member(work, selection, group, number, *member))
    });
    of_each.collect()
}

/// What decided that a component is one of several options, where lines do not say so: that its chain does.
fn as_member(work: &Work<'_>, selection: &Selection, id: &ComponentId) -> Vec<Decision> {
    let groups = work.compiled.groups.iter().zip(0..);
    let each = groups.filter_map(|(group, number)| {
        let number = hsm_solver::GroupId(number);
        let at = super::remedy::options(work.inputs, group).position(|name| group.option(name) == *id)?;
        let is_chosen = selection.options(number)?.contains(&(at as u32));
        is_chosen.then(|| member(work, selection, group, number, at as u32)).flatten()
    });
    each.filter(|decision| !matches!(decision.by, By::Statements(_))).collect()
}

/// Why an option of a group is there that takes several.
fn member(
    work: &Work<'_>,
    selection: &Selection,
    group: &GroupId,
    number: hsm_solver::GroupId,
    member: u32,
) -> Option<Decision> {
    let entry = work.inputs.group(group).filter(|entry| entry.strategy.value != Strategy::One)?;
    let name = |member: u32| entry.options.get(member as usize).map(|option| option.name.value.clone());
    let chosen = name(member)?;
    let item = *work.compiled.problem.groups().get(number.0 as usize)?.members.get(member as usize)?;
    let is = |other: &Name| group.option(other) == group.option(&chosen);
    let is_selected = line_of(&work.inputs.manifest, group).is_some_and(|line| line.selection.is_some());
    let locked = work.inputs.lock.as_ref().and_then(|lock| lock.groups.get(group));
    let by = if !is_selected && entry.default.iter().any(|default| is(&default.value)) {
        By::Default
    } else if locked.is_some_and(|options| options.iter().any(is)) {
        By::Locked
    } else {
        By::First
    };
    let out = Then::AbsentOr(item, std::iter::empty().collect());
    let mut decision = Decision {
        of: Of::Member(group.clone()),
        chosen: Value::Option(chosen),
        by,
        kept_out: None,
        next: None,
    };
    match work.ask(&Question { also: vec![out], best: true, ..Question::default() }) {
        Err(NoStack::Unsolved(unsolved)) => decision.by = By::Statements(unsolved.statements),
        Err(_) => {}
        Ok(without) => {
            let now = selection.options(number).unwrap_or_default();
            let then = without.options(number).unwrap_or_default();
            let new = then.iter().find(|member| !now.contains(member));
            decision.next = new.and_then(|member| name(*member)).map(Value::Option);
        }
    }
    Some(decision)
}

/// The option of a group that the component is, if the group takes exactly one.
fn option(
    work: &Work<'_>,
    selection: &Selection,
    group: &GroupId,
    number: hsm_solver::GroupId,
    id: &ComponentId,
) -> Option<Decision> {
    let entry = work.inputs.group(group)?;
    let chosen = selection.options(number)?;
    let names: Vec<&Name> = entry.options.iter().map(|option| &option.name.value).collect();
    let name = |member: u32| names.get(member as usize).copied().cloned();
    if entry.strategy.value != Strategy::One
        || chosen.first().and_then(|m| name(*m)).map(|n| group.option(&n)) != Some(id.clone())
    {
        return None;
    }
    let locked = work.inputs.lock.as_ref().and_then(|lock| lock.groups.get(group)?.first().cloned());
    let default = entry.default.first().map(|default| default.value.clone());
    let rank = |name: &Name| {
        let is = |other: &Option<Name>| other.as_ref().is_some_and(|o| group.option(o) == group.option(name));
        (!is(&locked), !is(&default))
    };
    let mut ways: Vec<Way> = names
        .iter()
        .zip(0..)
        .map(|(name, member)| Way {
            value: Value::Option((*name).clone()),
            then: Then::OneOf(number, vec![member]),
        })
        .collect();
    ways.sort_by_key(|way| match &way.value {
        Value::Option(name) => rank(name),
        _ => (true, true),
    });
    let value = Value::Option(name(*chosen.first()?)?);
    let at = ways.iter().position(|way| way.value == value)?;
    if ways.len() < 2 {
        return None;
    }
    let by = match &value {
        Value::Option(name) if !rank(name).0 => By::Locked,
        Value::Option(name) if !rank(name).1 => By::Default,
        _ => By::First,
    };
    let next = |selection: &Selection, _: &Of| {
        selection.options(number).and_then(|chosen| name(*chosen.first()?)).map(Value::Option)
    };
    Some(decision(work, Of::Option(group.clone()), &ways, at, by, &next))
}

fn decision(
    work: &Work<'_>,
    of: Of,
    ways: &[Way],
    at: usize,
    best: By,
    next: &dyn Fn(&Selection, &Of) -> Option<Value>,
) -> Decision {
    let others = ways.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, way)| &way.then);
    let otherwise = work.ask(&Question { also: vec![any(others)], best: true, ..Question::default() });
    let chosen = ways[at].value.clone();
    let mut decision = Decision { of, chosen, by: best, kept_out: None, next: None };
    match otherwise {
        Ok(selection) => decision.next = next(&selection, &decision.of),
        Err(NoStack::Unsolved(unsolved)) => {
            decision.by = By::Statements(unsolved.statements);
            return decision;
        }
        Err(_) => return decision,
    }
    if let Some(first) = ways.first().filter(|_| at > 0) {
        let also = vec![first.then.clone()];
        match work.ask(&Question { also, ..Question::default() }) {
            Err(NoStack::Unsolved(unsolved)) => {
                decision.kept_out = Some((first.value.clone(), unsolved.statements));
                decision.by = By::BestLeft;
            }
            Ok(_) => decision.by = By::Traded,
            Err(_) => {}
        }
    }
    decision
}

/// One of several demands of the same kind.
fn any<'t>(all: impl Iterator<Item = &'t Then>) -> Then {
    let mut set: BTreeSet<u32> = BTreeSet::new();
    let (mut item, mut group) = (None, None);
    for then in all {
        match then {
            Then::Present(of, candidates) => {
                item = Some(*of);
                set.extend(candidates.iter());
            }
            Then::OneOf(of, members) => {
                group = Some(*of);
                set.extend(members);
            }
            _ => {}
        }
    }
    match (item, group) {
        (Some(item), _) => Then::Present(item, set.into_iter().collect()),
        (None, Some(group)) => Then::OneOf(group, set.into_iter().collect()),
        (None, None) => Then::Never,
    }
}

/// The values of a component that could be taken, the preferred one first.
fn ways(work: &Work<'_>, id: &ComponentId, item: ItemId, of: &Of) -> Vec<Way> {
    let Some(component) = work.compiled.components.get(item.0 as usize) else { return Vec::new() };
    let preferred = work.inputs.preferred_mode();
    let rank = |choice: &Choice| match of {
        Of::Release => choice.release_rank,
        Of::Mode => u32::from(!choice.suits_mode(preferred)),
        Of::Profile => choice.profile_rank,
        Of::Option(_) | Of::Member(_) => 0,
    };
    let mut sound: Vec<(u32, u32)> = component
        .choices
        .iter()
        .zip(0..)
        .filter(|(choice, _)| choice.flaw.is_none())
        // that it is external is a matter of its profile
        .filter(|(choice, _)| *of != Of::Mode || !choice.is_external())
        .map(|(choice, candidate)| (rank(choice), candidate))
        .collect();
    sound.sort_unstable();
    let each = sound.chunk_by(|one, next| one.0 == next.0).filter_map(|same| {
        let set: CandidateSet = same.iter().map(|(_, candidate)| *candidate).collect();
        let value = value_of(work, id, same.first().map(|(_, candidate)| *candidate), of)?;
        Some(Way { value, then: Then::Present(item, set) })
    });
    each.collect()
}

/// Whether a component has a source for a mode.
fn has(work: &Work<'_>, id: &ComponentId, mode: Mode) -> bool {
    let component = work.compiled.components.iter().find(|component| component.id == *id);
    let mut choices = component.into_iter().flat_map(|component| &component.choices);
    choices.any(|choice| choice.mode == Some(mode) && choice.flaw.is_none())
}

fn value_of(work: &Work<'_>, id: &ComponentId, candidate: Option<u32>, of: &Of) -> Option<Value> {
    let component = work.compiled.components.iter().find(|component| component.id == *id)?;
    let choice = component.choices.get(candidate? as usize)?;
    let entry: &Entry = work.inputs.component(id)?;
    Some(match of {
        Of::Release => candidates::version(entry, choice).cloned().map_or(Value::Unversioned, Value::Release),
        Of::Mode => choice.mode.map_or(Value::External, Value::Mode),
        Of::Profile => {
            candidates::profile_name(entry, choice).cloned().map_or(Value::NoProfile, Value::Profile)
        }
        Of::Option(_) | Of::Member(_) => return None,
    })
}

/// Why the first value is the first.
fn best_by(work: &Work<'_>, id: &ComponentId, of: &Of, chosen: &Value) -> By {
    match (of, chosen) {
        (Of::Release, Value::Release(version)) => {
            let locked = work.inputs.locked(id).and_then(|locked| locked.release.as_ref());
            if locked == Some(version) { By::Locked } else { By::Newest }
        }
        (Of::Mode, _) => By::PreferredMode,
        (Of::Profile, Value::Profile(name)) => match work.inputs.component(id) {
            Some(Entry::Container(container))
                if container.default_profile.as_ref().is_some_and(|d| d.value == *name) =>
            {
                By::Default
            }
            _ => By::First,
        },
        _ => By::First,
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) | Self::Profile(name) => name.fmt(f),
            Self::Release(version) => version.fmt(f),
            Self::Mode(mode) => mode.fmt(f),
            Self::Unversioned => f.write_str("no version"),
            Self::External => f.write_str("external"),
            Self::NoProfile => f.write_str("no profile"),
        }
    }
}
