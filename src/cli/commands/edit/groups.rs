//! The family `group`.

use super::{Context, Fail, Making, choose, names, run};
use crate::cli::Exit;
use crate::cli::args::{Group, Options, Then};
use crate::cli::offers::Purpose;
use crate::load::{self, Opened};
use crate::manifest::Strategy;
use crate::manifest::edit::{Change, GroupFacts, line_of};
use crate::names::{GroupId, Kind, Name, TargetId};
use crate::registry::{self, Entry};
use crate::road::Stop;

pub(in crate::cli::commands) fn group(context: &Context<'_>, command: &Group) -> Result<Exit, Fail> {
    match command {
        Group::Add { groups, then } => add(context, groups, then),
        Group::Remove { groups, then } => remove(context, groups, then),
        Group::Select { of, then } => {
            options_changed(context, Purpose::Select, of, then, |opened, group, options| {
                Ok(Change::Select(known_options(context, group, &options, opened)?, options))
            })
        }
        Group::AddOption { of, then } => {
            options_changed(context, Purpose::Add, of, then, |opened, group, options| {
                Ok(Change::AddOptions(known_options(context, group, &options, opened)?, options))
            })
        }
        Group::RemoveOption { of, then } => {
            options_changed(context, Purpose::Remove, of, then, |opened, group, options| {
                Ok(Change::RemoveOptions(named(context, group, opened)?, options))
            })
        }
        Group::Mode { group, mode, then } => run(context, &Making::typed("hsm group mode", then), |opened| {
            Ok(vec![Change::GroupMode(facts(context, group, opened)?.0, mode.mode())])
        }),
        Group::Profile { group, profile, then } => {
            run(context, &Making::typed("hsm group profile", then), |opened| {
                let (facts, entry) = facts(context, group, opened)?;
                let profile =
                    profile.value().map(|text| known_profile(&text, &facts, &entry, opened)).transpose()?;
                Ok(vec![Change::GroupProfile(facts, profile)])
            })
        }
        Group::Include { of, then } => {
            options_changed(context, Purpose::Include, of, then, |opened, group, options| {
                Ok(Change::Include(named(context, group, opened)?, options))
            })
        }
        Group::Exclude { of, then } => {
            options_changed(context, Purpose::Exclude, of, then, |opened, group, options| {
                Ok(Change::Exclude(known_options(context, group, &options, opened)?, options))
            })
        }
    }
}

fn add(context: &Context<'_>, groups: &[String], then: &Then) -> Result<Exit, Fail> {
    let what = "hsm group add";
    let groups = choose::given(groups, || choose::groups_to_add(context, what))?;
    run(context, &Making { what, then, asked: groups.asked, adopt: false }, |opened| {
        groups.names.iter().map(|name| Ok(Change::AddGroup(facts(context, name, opened)?.0))).collect()
    })
}

fn remove(context: &Context<'_>, groups: &[String], then: &Then) -> Result<Exit, Fail> {
    let what = "hsm group remove";
    let groups = choose::given(groups, || choose::groups_to_remove(context, what))?;
    run(context, &Making { what, then, asked: groups.asked, adopt: false }, |opened| {
        groups.names.iter().map(|name| Ok(Change::RemoveGroup(named(context, name, opened)?))).collect()
    })
}

/// A command about options of one group: the group and the options are asked for where they are not given.
fn options_changed(
    context: &Context<'_>,
    purpose: Purpose,
    of: &Options,
    then: &Then,
    change: impl FnOnce(&mut Opened<'_>, &str, Vec<Name>) -> Result<Change, Fail>,
) -> Result<Exit, Fail> {
    let asked = of.options.is_empty();
    let of = match &of.group {
        Some(group) if !asked => (group.clone(), of.options.clone()),
        group => choose::options(context, purpose, group.as_deref())?,
    };
    let what = format!("hsm group {}", purpose.word());
    run(context, &Making { what: &what, then, asked, adopt: false }, |opened| {
        let options = of.1.iter().map(|option| names::option(option)).collect::<Result<_, _>>()?;
        Ok(vec![change(opened, &of.0, options)?])
    })
}

fn known_options(
    context: &Context<'_>,
    group: &str,
    options: &[Name],
    opened: &mut Opened<'_>,
) -> Result<GroupFacts, Fail> {
    let (facts, entry) = facts(context, group, opened)?;
    known(&facts.id, &entry, options)?;
    Ok(facts)
}

/// A group of the registries, or one that only the manifest still names: from that, something can be removed.
pub(super) fn named(context: &Context<'_>, name: &str, opened: &mut Opened<'_>) -> Result<GroupFacts, Fail> {
    let fail = match facts(context, name, opened) {
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
pub(super) fn facts(
    context: &Context<'_>,
    name: &str,
    opened: &mut Opened<'_>,
) -> Result<(GroupFacts, registry::Group), Fail> {
    let id = names::group(name, opened, context.ask())?;
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
