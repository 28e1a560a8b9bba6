//! What remedies are called.
//!
//! Owns: the title of each. Refuses: commands (the edits have them).

use std::fmt;

use super::{Flag, How, Remedy};
use crate::manifest::edit::{Change, GroupFacts};
use crate::names::{Name, TargetId};
use crate::statement::{Claim, Statement, Thing};

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(change) => title(change, f),
            Self::ByHand(by_hand) => title(&by_hand.change, f),
            Self::LeaveOut(Flag::RequireMode) => f.write_str("leave out `--require-mode`"),
            Self::LeaveOut(Flag::Overlay(shown)) => write!(f, "leave out `{shown}`"),
            Self::Line(statement, how) => of_a_line(statement, how, f),
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

fn of_a_line(statement: &Statement, how: &How, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        (How::Correct(near), _) => write!(f, "correct `{}` to `{near}`", misspelt(&statement.claim)),
        (How::AddRelease, Claim::Installs(id, line)) => {
            write!(f, "add a release of {id} that installs another version than `{line}`")
        }
        (How::Unyank, Claim::Yanked(id, version, _)) => write!(f, "take back that {id} {version} is yanked"),
        (How::OtherCheckout, Claim::Checkout(id, _)) => write!(f, "check out another version of {id}"),
        (_, claim) => write!(f, "change this: {claim}"),
    }
}

/// The name that is in no registry.
fn misspelt(claim: &Claim) -> String {
    match claim {
        Claim::Implies { target, .. } | Claim::Requires { target, .. } | Claim::DependsOn(_, target) => {
            target.to_string()
        }
        Claim::UsesImage(_, of) => of.to_string(),
        _ => String::new(),
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
