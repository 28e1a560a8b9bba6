//! Clashes on the options of a group.
//!
//! Owns: which options of a group are demanded, excluded, or cannot be there for a reason of their own. Refuses: what
//! keeps a single component out.

use super::tied::party;
use super::{Clash, Party};
use crate::load::Inputs;
use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::registry::DemandedMode;
use crate::statement::{Claim, Demanded, Holder, Origin};

/// A group of which one option is enough, but each of several fails for a reason of its own.
pub(super) fn none_left(inputs: &Inputs, claims: &[&Claim]) -> Option<Clash> {
    claims.iter().find_map(|claim| {
        let (group, min, _) = counted(claim)?;
        let options = options(inputs, group);
        let is_demanded = options
            .iter()
            .any(|(id, name)| claims.iter().any(|claim| demands_presence(claim, id, group, name)));
        let out =
            options.iter().filter(|(id, name)| claims.iter().any(|claim| fails(claim, id, group, name)));
        (min == 1 && !is_demanded && out.count() > 1).then(|| too_few(inputs, claims, group, min))
    })
}

/// The group that a claim counts the options of, with their least and greatest number (`None`: exactly one).
fn counted(claim: &Claim) -> Option<(&GroupId, u32, Option<u32>)> {
    match claim {
        Claim::TakesOne(group) => Some((group, 1, None)),
        Claim::TakesBetween { group, min, max } => Some((group, *min, Some(*max))),
        _ => None,
    }
}

pub(super) fn options<'i>(inputs: &'i Inputs, group: &GroupId) -> Vec<(ComponentId, &'i Name)> {
    let options = inputs.group(group).into_iter().flat_map(|entry| &entry.options);
    options.map(|option| (group.option(&option.name.value), &option.name.value)).collect()
}

fn too_few(inputs: &Inputs, claims: &[&Claim], group: &GroupId, min: u32) -> Clash {
    let mut excluded = Vec::new();
    let mut only_excluded = true;
    for (id, name) in options(inputs, group) {
        let mut failing = claims.iter().filter(|claim| fails(claim, &id, group, name)).peekable();
        if failing.peek().is_some() {
            if failing.any(|claim| matches!(claim, Claim::Excludes(..))) {
                excluded.push(name.clone());
            } else {
                only_excluded = false;
            }
        }
    }
    excluded.retain(|_| only_excluded);
    Clash::TooFew { group: group.clone(), min, excluded }
}

/// Whether a claim is a reason why an option cannot be there, or what it brings in if it is.
fn fails(claim: &Claim, id: &ComponentId, group: &GroupId, option: &Name) -> bool {
    let speaks = |by: &Origin| match by {
        Origin::Manifest => false,
        Origin::Component(by) => by == id,
        Origin::Option(of, name) => of == group && group.option(name) == group.option(option),
    };
    match claim {
        Claim::Excludes(of, name) => of == group && group.option(name) == group.option(option),
        Claim::NotFound(target) | Claim::Broken(target) => *target == TargetId::Component(id.clone()),
        Claim::Implies { by, .. } => speaks(by),
        Claim::Conflicts { by, target, .. } => speaks(by) || *target == TargetId::Component(id.clone()),
        Claim::Requires { by: of, .. }
        | Claim::DependsOn(of, _)
        | Claim::UsesImage(of, _)
        | Claim::NeedsDistribution(of, _)
        | Claim::Installs(of, _)
        | Claim::NeedsPython(of, _)
        | Claim::NoSource { component: of, .. }
        | Claim::PinsVersion(of, ..)
        | Claim::PinsMode(of, _)
        | Claim::PinsProfile(of, _)
        | Claim::Holds { by: Holder::Component(of), .. } => of == id,
        _ => false,
    }
}

/// An option that somebody demands of a group without it, where nobody else demands another one.
pub(super) fn no_option(inputs: &Inputs, claims: &[&Claim]) -> Option<Clash> {
    claims.iter().find_map(|claim| {
        let (Claim::Implies { target: TargetId::Group(group), demand, .. }
        | Claim::Requires { target: TargetId::Group(group), demand, .. }) = claim
        else {
            return None;
        };
        inputs.group(group)?;
        let options = options(inputs, group);
        let has = |name: &Name| options.iter().any(|(id, _)| *id == group.option(name));
        let missing = demand.options.iter().find(|name| !has(name))?;
        let all_missing = !demand.options.iter().any(has);
        let names = options.iter().map(|(_, name)| (*name).clone()).collect();
        (all_missing || !demand.one_of).then(|| Clash::NoOption(group.clone(), missing.clone(), names))
    })
}

/// What a group's count clashes with.
pub(super) fn count(inputs: &Inputs, claims: &[&Claim], of: &Claim) -> Option<Clash> {
    let (group, min, max) = counted(of)?;
    let mut demanded: Vec<(Name, Party)> = Vec::new();
    for claim in claims {
        for (id, name) in options(inputs, group) {
            if demands_presence(claim, &id, group, name) && !demanded.iter().any(|(known, _)| known == name) {
                let by = match claim {
                    Claim::Wants(_) | Claim::Selects(..) => Party::manifest(inputs),
                    _ => party(claim),
                };
                demanded.push((name.clone(), by));
            }
        }
    }
    if demanded.len() > max.unwrap_or(1) as usize {
        return Some(Clash::TooMany { group: group.clone(), max, demanded });
    }
    if max.is_none()
        && let Some(lists) = apart(claims, group, &demanded)
    {
        return Some(Clash::Lists { group: group.clone(), lists });
    }
    let mode = claims.iter().find_map(|claim| match claim {
        Claim::GroupMode(of, mode) if of == group => Some(*mode),
        _ => demanded_of(claim).filter(|(of, _)| *of == group).map(|(_, mode)| mode),
    });
    Some(match mode {
        Some(mode) => Clash::NoOptionInMode(group.clone(), mode),
        None => too_few(inputs, claims, group, min),
    })
}

/// Lists of options, one of each being demanded, that have none in common.
fn apart(claims: &[&Claim], group: &GroupId, demanded: &[(Name, Party)]) -> Option<Vec<Vec<Name>>> {
    let mut lists: Vec<Vec<Name>> = demanded.iter().map(|(name, _)| vec![name.clone()]).collect();
    lists.extend(claims.iter().filter_map(|claim| match claim {
        Claim::Implies { target: TargetId::Group(of), demand, .. }
        | Claim::Requires { target: TargetId::Group(of), demand, .. }
            if of == group && demand.one_of && demand.options.len() > 1 =>
        {
            Some(demand.options.clone())
        }
        _ => None,
    }));
    let is_in =
        |name: &Name, list: &[Name]| list.iter().any(|other| group.option(other) == group.option(name));
    let (first, rest) = lists.split_first()?;
    let common = first.iter().any(|name| rest.iter().all(|list| is_in(name, list)));
    (!rest.is_empty() && !common).then_some(lists)
}

/// Whether a claim demands that a component is there, as an option of a group or by itself.
fn demands_presence(claim: &Claim, id: &ComponentId, group: &GroupId, option: &Name) -> bool {
    let is_target = |target: &TargetId| match target {
        TargetId::Component(target) => target == id,
        TargetId::Group(_) => false,
    };
    let is_option = |target: &TargetId, demand: &Demanded| match target {
        TargetId::Component(target) => target == id,
        TargetId::Group(target) => {
            let named = demand.options.iter().any(|name| group.option(name) == group.option(option));
            target == group && named && (!demand.one_of || demand.options.len() == 1)
        }
    };
    match claim {
        Claim::Wants(wanted) => wanted == id,
        Claim::Selects(selected, name) => selected == group && group.option(name) == *id,
        Claim::Implies { target, demand, .. } | Claim::Requires { target, demand, .. } => {
            is_option(target, demand)
        }
        Claim::DependsOn(_, target) => is_target(target),
        Claim::UsesImage(_, of) => of == id,
        _ => false,
    }
}

/// An option that is needed, or one of several of which too few are left, and that the manifest excludes.
pub(super) fn excluded(inputs: &Inputs, claims: &[&Claim]) -> Option<Clash> {
    let (group, name) = claims.iter().find_map(|claim| match claim {
        Claim::Excludes(group, name) => Some((group, name)),
        _ => None,
    })?;
    let id = group.option(name);
    let is_demanded = claims.iter().any(|claim| demands_presence(claim, &id, group, name));
    let count = claims.iter().find_map(|claim| counted(claim).filter(|(of, ..)| *of == group));
    Some(match count {
        Some((_, min, _)) if !is_demanded => too_few(inputs, claims, group, min),
        _ => Clash::Excluded(group.clone(), name.clone()),
    })
}

/// A mode that a group's line gives its options, where nothing else clashes.
pub(super) fn mode(claims: &[&Claim]) -> Option<Clash> {
    match claims.last()? {
        Claim::GroupMode(group, mode) => Some(Clash::NoOptionInMode(group.clone(), *mode)),
        _ => None,
    }
}

/// A mode that is demanded of the options of a group, where nothing else clashes.
pub(super) fn demanded_mode(inputs: &Inputs, claims: &[&Claim]) -> Option<Clash> {
    let (group, mode) = claims.iter().rev().find_map(|claim| match claim {
        Claim::Implies { target: TargetId::Group(group), demand, .. }
        | Claim::Requires { target: TargetId::Group(group), demand, .. } => Some((group, demand.mode?)),
        _ => None,
    })?;
    if inputs.group(group).is_none() {
        return Some(Clash::NotFound(TargetId::Group(group.clone())));
    }
    let DemandedMode::Is(mode) = mode else { return None };
    Some(Clash::NoOptionInMode(group.clone(), mode))
}

/// The mode that a claim demands of the options of a group.
fn demanded_of(claim: &Claim) -> Option<(&GroupId, Mode)> {
    match claim {
        Claim::GroupMode(group, mode) => Some((group, *mode)),
        Claim::Implies { target: TargetId::Group(group), demand, .. }
        | Claim::Requires { target: TargetId::Group(group), demand, .. } => match demand.mode {
            Some(DemandedMode::Is(mode)) => Some((group, mode)),
            _ => None,
        },
        _ => None,
    }
}

/// A group of which the options are demanded in both modes.
pub(super) fn both_modes(claims: &[&Claim]) -> Option<Clash> {
    let all: Vec<(&GroupId, Mode)> = claims.iter().filter_map(|claim| demanded_of(claim)).collect();
    let twice = all.iter().find(|(group, mode)| all.contains(&(*group, mode.other())));
    twice.map(|(group, _)| Clash::GroupModes((*group).clone()))
}
