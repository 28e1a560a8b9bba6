//! The family `group`.

use super::{Context, Fail, names, run};
use crate::cli::Exit;
use crate::cli::args::{Group, Options};
use crate::load::{self, Opened};
use crate::manifest::Strategy;
use crate::manifest::edit::{Change, GroupFacts, line_of};
use crate::names::{GroupId, Kind, Name, TargetId};
use crate::registry::{self, Entry};
use crate::road::Stop;

pub(in crate::cli::commands) fn group(context: &Context<'_>, command: &Group) -> Result<Exit, Fail> {
    match command {
        Group::Add { groups, then } => run(context, "hsm group add", then, |opened| {
            groups.iter().map(|name| Ok(Change::AddGroup(facts(name, opened)?.0))).collect()
        }),
        Group::Remove { groups, then } => run(context, "hsm group remove", then, |opened| {
            groups.iter().map(|name| Ok(Change::RemoveGroup(named(name, opened)?))).collect()
        }),
        Group::Select { of, then } => run(context, "hsm group select", then, |opened| {
            let (facts, options) = known_options(of, opened)?;
            Ok(vec![Change::Select(facts, options)])
        }),
        Group::AddOption { of, then } => run(context, "hsm group add-option", then, |opened| {
            let (facts, options) = known_options(of, opened)?;
            Ok(vec![Change::AddOptions(facts, options)])
        }),
        Group::RemoveOption { of, then } => run(context, "hsm group remove-option", then, |opened| {
            Ok(vec![Change::RemoveOptions(named(&of.group, opened)?, options(of)?)])
        }),
        Group::Mode { group, mode, then } => run(context, "hsm group mode", then, |opened| {
            Ok(vec![Change::GroupMode(facts(group, opened)?.0, mode.mode())])
        }),
        Group::Profile { group, profile, then } => run(context, "hsm group profile", then, |opened| {
            let (facts, entry) = facts(group, opened)?;
            let profile =
                profile.value().map(|text| known_profile(&text, &facts, &entry, opened)).transpose()?;
            Ok(vec![Change::GroupProfile(facts, profile)])
        }),
        Group::Include { of, then } => run(context, "hsm group include", then, |opened| {
            Ok(vec![Change::Include(named(&of.group, opened)?, options(of)?)])
        }),
        Group::Exclude { of, then } => run(context, "hsm group exclude", then, |opened| {
            let (facts, options) = known_options(of, opened)?;
            Ok(vec![Change::Exclude(facts, options)])
        }),
    }
}

fn options(of: &Options) -> Result<Vec<Name>, Fail> {
    of.options.iter().map(|option| names::option(option)).collect()
}

fn known_options(of: &Options, opened: &mut Opened<'_>) -> Result<(GroupFacts, Vec<Name>), Fail> {
    let (facts, entry) = facts(&of.group, opened)?;
    let options = options(of)?;
    known(&facts.id, &entry, &options)?;
    Ok((facts, options))
}

/// A group of the registries, or one that only the manifest still names: from that, something can be removed.
pub(super) fn named(name: &str, opened: &mut Opened<'_>) -> Result<GroupFacts, Fail> {
    let fail = match facts(name, opened) {
        Ok((facts, _)) => return Ok(facts),
        Err(fail) => fail,
    };
    let lines = names::typed_groups(name)?.into_iter().filter(|id| line_of(&opened.manifest, id).is_some());
    match lines.collect::<Vec<GroupId>>().as_slice() {
        [id] => {
            Ok(GroupFacts { id: id.clone(), one: false, default: Vec::new(), comment: None, shared: false })
        }
        _ => Err(fail),
    }
}

/// A profile that an option of the group has.
pub(super) fn known_profile(
    text: &str,
    facts: &GroupFacts,
    entry: &registry::Group,
    opened: &mut Opened<'_>,
) -> Result<Name, Fail> {
    let profile = names::profile(text)?;
    if facts.id.kind == Kind::Package || entry.extends.is_some() {
        return Ok(profile);
    }
    let mut all: Vec<String> = Vec::new();
    for option in &entry.options {
        let target = TargetId::Component(facts.id.option(&option.name.value));
        if let Ok(Some(container)) = opened.registries.load(&target, &mut opened.sources)
            && let Entry::Container(container) = container.as_ref()
        {
            all.extend(container.profiles.iter().map(|profile| profile.name.value.to_string()));
        }
    }
    if all.iter().any(|own| own == text) {
        return Ok(profile);
    }
    all.sort();
    all.dedup();
    let near = crate::names::nearest(text, all.iter().map(String::as_str));
    let what = format!("no option of {}", facts.id);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    Err(names::not_among(&what, "profile", text, near, &all))
}

/// What the registry says of a group.
pub(super) fn facts(name: &str, opened: &mut Opened<'_>) -> Result<(GroupFacts, registry::Group), Fail> {
    let id = names::group(name, opened)?;
    let target = TargetId::Group(id.clone());
    let entry = match opened.registries.load(&target, &mut opened.sources) {
        Ok(Some(entry)) => entry,
        Ok(None) => return Err(Fail::usage(format!("no registry has {id}"))),
        Err(diagnostics) => {
            let sources = opened.sources.clone();
            return Err(Stop::Wrong(load::Report { sources, diagnostics }).into());
        }
    };
    let Entry::Group(entry) = entry.as_ref() else {
        return Err(Fail::usage(format!("{id} is not a group")));
    };
    let other = TargetId::Group(GroupId::new(id.kind.other(), &id.name));
    let facts = GroupFacts {
        shared: opened.registries.contains(&other),
        id,
        one: entry.strategy.value == Strategy::One,
        default: entry.default.iter().map(|d| d.value.clone()).collect(),
        comment: entry.comment.as_ref().map(|c| c.value.clone()),
    };
    Ok((facts, entry.as_ref().clone()))
}

/// Whether the group has these options. One that extends another's has more than its entry says: the load tells.
fn known(id: &GroupId, entry: &registry::Group, options: &[Name]) -> Result<(), Fail> {
    if entry.extends.is_some() {
        return Ok(());
    }
    for option in options {
        if !entry.options.iter().any(|o| id.option(&o.name.value) == id.option(option)) {
            let all: Vec<&str> = entry.options.iter().map(|o| o.name.value.as_str()).collect();
            let near = crate::names::nearest(option.as_str(), all.iter().copied());
            return Err(names::not_among(&id.to_string(), "option", option.as_str(), near, &all));
        }
    }
    Ok(())
}
