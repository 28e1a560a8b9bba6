//! Entries of groups.

use super::entries::New;
use super::land::Judge;
use super::parse;
use crate::cli::Exit;
use crate::cli::args::registry::{GroupAdd, RegistryGroup};
use crate::cli::commands::{Context, Fail, names};
use crate::names::{GroupId, Kind, Name, TargetId};
use crate::registry::edit::EntryChange;
use crate::registry::edit::draft::{GroupDraft, OptionDraft};

const GROUPS: [(Kind, bool); 2] = [(Kind::Package, true), (Kind::Container, true)];

pub(super) fn group(context: &Context<'_>, command: &RegistryGroup) -> Result<Exit, Fail> {
    let of = |what, text, registry, force, no_wait: bool| New {
        what,
        text,
        kinds: &GROUPS,
        registry,
        judge: Judge::unless(force),
        wait: !no_wait,
    };
    match command {
        RegistryGroup::Add(args) => add(context, args),
        RegistryGroup::Remove { name, force, registry, no_wait } => {
            of("hsm registry group remove", name, registry.as_deref(), *force, *no_wait).remove(context)
        }
        RegistryGroup::AddOption { group, option, description, asks, registry, write } => {
            let what = "hsm registry group add-option";
            let new = of(what, group, registry.as_deref(), write.force, write.no_wait);
            let (implies, conflicts) = parse::asks(asks)?;
            let draft = OptionDraft { description: description.clone(), implies, conflicts };
            new.change(context, &EntryChange::AddOption(names::option(option)?, draft))
        }
        RegistryGroup::RemoveOption { group, option, registry, write } => {
            let what = "hsm registry group remove-option";
            let new = of(what, group, registry.as_deref(), write.force, write.no_wait);
            new.change(context, &EntryChange::RemoveOption(names::option(option)?))
        }
    }
}

fn add(context: &Context<'_>, args: &GroupAdd) -> Result<Exit, Fail> {
    let kinds: Vec<(Kind, bool)> = match args.kind {
        Some(kind) => vec![(kind.into(), true)],
        None => GROUPS.to_vec(),
    };
    if args.options.is_empty() && args.extends.is_none() {
        return Err(Fail::usage("a group needs options: --option NAME, or --extends REGISTRY/NAME"));
    }
    let options = args.options.iter().map(|name| Ok((names::option(name)?, OptionDraft::default())));
    let options: Vec<(Name, OptionDraft)> = options.collect::<Result<_, Fail>>()?;
    let new = New::into("hsm registry group add", &args.name, &kinds, &args.into);
    new.entry(context, |name, target| {
        let kind = match target {
            TargetId::Group(id) => id.kind,
            TargetId::Component(id) => id.kind(),
        };
        let draft = GroupDraft {
            id: GroupId::new(kind, name),
            common: parse::about(&args.about)?,
            strategy: args.strategy.into(),
            min: args.min,
            max: args.max,
            default: args.defaults.clone(),
            comment: args.comment.clone(),
            extends: args.extends.clone(),
            options,
        };
        Ok(draft.entry())
    })
}
