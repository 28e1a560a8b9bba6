//! Clashes on one component: what is demanded of it besides that it is there.
//!
//! Owns: finding that component, and on what its demands cannot agree. Refuses: clashes of several.

use std::collections::BTreeSet;

use super::{Clash, Party};
use crate::load::Inputs;
use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::registry::{DemandedMode, Entry};
use crate::statement::{Claim, Demanded, Offered, Origin};
use crate::version::Version;

/// What is demanded of a component besides that it is there.
#[derive(Default)]
struct Tied {
    versions: Vec<(String, Party)>,
    /// The demands that no release satisfies by itself.
    empty: Vec<(String, Party)>,
    /// At most one of each.
    modes: Vec<(Mode, Party)>,
    profiles: Vec<(Name, Party)>,
    no_profile: Option<Name>,
    no_source: Option<Clash>,
    yanked: Option<String>,
    checkout: Option<Version>,
    demands: usize,
}

/// A component that would have to be in both modes.
pub(super) fn both_modes(inputs: &Inputs, claims: &[&Claim]) -> Option<Clash> {
    let subjects: BTreeSet<&ComponentId> = claims.iter().filter_map(|claim| ties(claim)).collect();
    subjects.into_iter().find_map(|id| {
        let modes = tied(inputs, claims, id).modes;
        (modes.len() > 1).then(|| Clash::BothModes(id.clone(), modes))
    })
}

/// The component on which the last statement that ties one down speaks, and what its demands cannot agree on.
pub(super) fn on_one(inputs: &Inputs, claims: &[&Claim]) -> Option<Clash> {
    let mut subjects: Vec<&ComponentId> = Vec::new();
    for claim in claims {
        if let Some(id) = ties(claim) {
            subjects.retain(|known| *known != id);
            subjects.push(id);
        }
    }
    // the one that is tied down the most, the last of several
    subjects.sort_by_key(|id| tied(inputs, claims, id).demands);
    subjects.into_iter().rev().find_map(|id| clash_of(id, tied(inputs, claims, id)))
}

/// On what the demands on a component cannot agree.
fn clash_of(id: &ComponentId, mut tied: Tied) -> Option<Clash> {
    if let Some((version, by)) = tied.empty.first().cloned() {
        return Some(Clash::NoRelease(id.clone(), version, by));
    }
    if let Some(version) = tied.yanked.filter(|_| tied.versions.len() < 2) {
        return Some(Clash::Yanked(id.clone(), version));
    }
    if let Some(version) = tied.checkout.filter(|_| !tied.versions.is_empty()) {
        return Some(Clash::Checkout(id.clone(), version, tied.versions));
    }
    if let Some(profile) = tied.no_profile {
        return Some(Clash::NoProfile(id.clone(), profile));
    }
    if tied.no_source.is_some() {
        return tied.no_source;
    }
    if tied.profiles.len() > 1 {
        return Some(Clash::Profiles(id.clone(), tied.profiles));
    }
    match (tied.versions.len(), tied.modes.pop()) {
        (0, _) | (1, None) => None,
        (1, Some((mode, _))) => Some(Clash::NoReleaseInMode(id.clone(), tied.versions, mode)),
        _ => Some(Clash::Releases(id.clone(), tied.versions)),
    }
}

/// That what is demanded of a component cannot hold together, where nothing better can be said.
pub(super) fn demands(claims: &[&Claim]) -> Option<Clash> {
    claims.iter().rev().find_map(|claim| ties(claim)).map(|id| Clash::Demands(id.clone()))
}

/// The component that a claim ties down.
fn ties(claim: &Claim) -> Option<&ComponentId> {
    match claim {
        Claim::PinsVersion(id, ..)
        | Claim::PinsMode(id, _)
        | Claim::PinsProfile(id, _)
        | Claim::Yanked(id, ..)
        | Claim::Checkout(id, _)
        | Claim::NoSource { component: id, .. } => Some(id),
        Claim::Implies { target: TargetId::Component(id), demand, .. }
        | Claim::Requires { target: TargetId::Component(id), demand, .. } => {
            (demand.version.is_some() || demand.mode.is_some() || demand.profile.is_some()).then_some(id)
        }
        Claim::Conflicts { target: TargetId::Component(id), version, .. } => {
            (!version.is_any()).then_some(id)
        }
        _ => None,
    }
}

fn tied(inputs: &Inputs, claims: &[&Claim], id: &ComponentId) -> Tied {
    let mut tied = Tied::default();
    let version = |tied: &mut Tied, text: String, by: Party, offered: &Offered| {
        if *offered != Offered::Enough {
            tied.empty.push((text.clone(), by.clone()));
        }
        push(&mut tied.versions, text, by);
    };
    let own = || Party::manifest(inputs);
    let is_option = |group: &GroupId| {
        let options = inputs.group(group).into_iter().flat_map(|entry| &entry.options);
        options.map(|option| group.option(&option.name.value)).any(|option| option == *id)
    };
    for claim in claims {
        let before = tied.demands;
        tied.demands += 1;
        match claim {
            Claim::PinsVersion(of, demand, offered) if of == id => {
                version(&mut tied, demand.to_string(), own(), offered);
            }
            Claim::PinsMode(of, mode) if of == id => {
                push(&mut tied.modes, *mode, own());
            }
            Claim::GroupMode(group, mode) if is_option(group) && has_source(inputs, id, *mode) => {
                push(&mut tied.modes, *mode, own());
            }
            Claim::RequiresMode(mode) => push(&mut tied.modes, *mode, Party::Flag),
            Claim::PinsProfile(of, profile) if of == id => push(&mut tied.profiles, profile.clone(), own()),
            Claim::GroupProfile(group, profile) if is_option(group) => {
                push(&mut tied.profiles, profile.clone(), own());
            }
            Claim::Checkout(of, version) if of == id => tied.checkout = Some(version.clone()),
            Claim::Yanked(of, release, _) if of == id => tied.yanked = Some(release.to_string()),
            Claim::NoSource { component, mode, .. } if component == id => {
                tied.no_source = Some(Clash::NoSource(id.clone(), *mode));
            }
            Claim::Implies { target: TargetId::Component(of), demand, .. }
            | Claim::Requires { target: TargetId::Component(of), demand, .. }
                if of == id =>
            {
                tied.demands = before;
                if let Some(mode) = same(claims, claim, demand) {
                    tied.demands = before + 1;
                    push(&mut tied.modes, mode, party(claim));
                }
                if let Some(text) = demand.version.as_ref().filter(|version| !version.is_any()) {
                    tied.demands = before + 1;
                    version(&mut tied, text.to_string(), party(claim), &demand.offered);
                }
                if let Some(DemandedMode::Is(mode)) = demand.mode {
                    tied.demands = before + 1;
                    push(&mut tied.modes, mode, party(claim));
                }
                if let Some(profile) = &demand.profile {
                    tied.demands = before + 1;
                    push(&mut tied.profiles, profile.clone(), party(claim));
                    if demand.instead.is_some() {
                        tied.no_profile = Some(profile.clone());
                    }
                }
            }
            _ => tied.demands = before,
        }
    }
    tied
}

/// Adds what is not known yet.
fn push<T: PartialEq>(all: &mut Vec<(T, Party)>, what: T, by: Party) {
    if !all.iter().any(|(known, _)| *known == what) {
        all.push((what, by));
    }
}

/// Who implies or requires something.
pub(super) fn party(claim: &Claim) -> Party {
    match claim {
        Claim::Implies { by, .. } => Party::Origin(by.clone()),
        Claim::Requires { by, .. } | Claim::DependsOn(by, _) | Claim::UsesImage(by, _) => {
            Party::component(by)
        }
        _ => Party::Origin(Origin::Manifest),
    }
}

/// The mode that `same` comes to, as far as the statements say in which mode the one is that implies.
fn same(claims: &[&Claim], claim: &Claim, demand: &Demanded) -> Option<Mode> {
    let by = match claim {
        Claim::Implies { by: Origin::Component(by), .. } => by.clone(),
        Claim::Implies { by: Origin::Option(group, name), .. } => group.option(name),
        _ => return None,
    };
    if demand.mode != Some(DemandedMode::Same) {
        return None;
    }
    claims.iter().find_map(|claim| match claim {
        Claim::PinsMode(id, mode) if *id == by => Some(*mode),
        Claim::GroupMode(group, mode) if group.option(by.name()) == by => Some(*mode),
        Claim::RequiresMode(mode) => Some(*mode),
        Claim::NoSource { component, mode: Some(mode), .. } if *component == by => Some(mode.other()),
        Claim::Implies { target: TargetId::Component(id), demand, .. } if *id == by => match demand.mode {
            Some(DemandedMode::Is(mode)) => Some(mode),
            _ => None,
        },
        _ => None,
    })
}

/// Whether a component has any source for a mode.
fn has_source(inputs: &Inputs, id: &ComponentId, mode: Mode) -> bool {
    match inputs.component(id) {
        Some(Entry::Package(package)) => {
            package.releases.iter().flat_map(|release| &release.sources).any(|source| source.mode == mode)
        }
        Some(Entry::Container(container)) => {
            container.releases.iter().flat_map(|release| &release.sources).any(|source| source.mode == mode)
        }
        Some(Entry::Group(_)) | None => false,
    }
}
