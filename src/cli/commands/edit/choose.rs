//! What an edit is about, asked for where the command line doesn't say it.
//!
//! Owns: what can be chosen for each command, and what is said where nobody can be asked. Refuses: changing anything.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Context, Fail};
use crate::cli::ask::{Choice, Choices, HowMany};
use crate::cli::commands::names;
use crate::load::{self, MANIFEST, Opened, Report};
use crate::manifest::edit::{is_listed, line_of};
use crate::manifest::{Manifest, Strategy};
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};
use crate::registry::Group;
use crate::road::Stop;

/// Names that a command is about.
pub(super) struct Given<'a> {
    pub names: Cow<'a, [String]>,
    /// Whether they are the answer to a question.
    pub asked: bool,
}

/// The names that were typed; where none was, those that are chosen.
pub(super) fn given(
    typed: &[String],
    choose: impl FnOnce() -> Result<Vec<String>, Fail>,
) -> Result<Given<'_>, Fail> {
    let asked = typed.is_empty();
    let names = if asked { Cow::Owned(choose()?) } else { Cow::Borrowed(typed) };
    Ok(Given { names, asked })
}

/// What is to be done with options of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Select,
    Add,
    Remove,
    Include,
    Exclude,
}

impl Purpose {
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Select => "hsm group select",
            Self::Add => "hsm group add-option",
            Self::Remove => "hsm group remove-option",
            Self::Include => "hsm group include",
            Self::Exclude => "hsm group exclude",
        }
    }

    fn question(self, group: &GroupId) -> String {
        match self {
            Self::Select => format!("Options of {group}:"),
            Self::Add => format!("Options to add to {group}:"),
            Self::Remove => format!("Options to take out of {group}:"),
            Self::Include => format!("Options of {group} to allow again:"),
            Self::Exclude => format!("Options of {group} to forbid:"),
        }
    }

    /// Whether the manifest alone says what there is to choose.
    fn is_about_lines(self) -> bool {
        matches!(self, Self::Remove | Self::Include)
    }
}

/// Components of the registries that are not listed yet.
pub(super) fn to_add(context: &Context<'_>, what: &str, kind: Option<Kind>) -> Result<Vec<String>, Fail> {
    let nouns = nouns(kind);
    let mut opened = opened(context, what, "NAME", &format!("the {nouns} to add"))?;
    let all = components(kind).flat_map(|kind| {
        let names = opened.registries.names(kind, false).into_iter();
        names.map(move |name| (ComponentId::new(kind, &name), name))
    });
    let all = all.filter(|(id, _)| !is_listed(&opened.manifest, id));
    let all = all.map(|(id, name)| (word(kind, &id, &name), TargetId::Component(id))).collect();
    let none = format!("every one of the registry's {nouns} is listed already");
    several(context, what, &format!("{} to add:", capital(nouns)), all, &mut opened, &none)
}

/// Components that are listed.
pub(super) fn to_remove(context: &Context<'_>, what: &str, kind: Option<Kind>) -> Result<Vec<String>, Fail> {
    let nouns = nouns(kind);
    let mut opened = opened(context, what, "NAME", &format!("the {nouns} to remove"))?;
    let all = components(kind).flat_map(|of| {
        let items = items(&opened.manifest, of).into_iter();
        items.map(move |name| {
            let id = ComponentId::new(of, &name);
            (word(kind, &id, &name), TargetId::Component(id))
        })
    });
    let all = all.collect();
    let none = format!("{MANIFEST} lists no {nouns}");
    several(context, what, &format!("{} to remove:", capital(nouns)), all, &mut opened, &none)
}

/// Groups that the manifest does not name yet.
pub(super) fn groups_to_add(context: &Context<'_>, what: &str) -> Result<Vec<String>, Fail> {
    let mut opened = opened(context, what, "GROUP", "the groups to name")?;
    let mut all = groups(&opened);
    all.retain(|_, target| !is_named(target, &opened.manifest));
    let none = format!("{MANIFEST} names all groups of the registry");
    several(context, what, "Groups to name:", all, &mut opened, &none)
}

/// Groups that the manifest names.
pub(super) fn groups_to_remove(context: &Context<'_>, what: &str) -> Result<Vec<String>, Fail> {
    let mut opened = opened(context, what, "GROUP", "the groups whose lines to remove")?;
    let all = named_groups(&opened, |_| true);
    let none = format!("{MANIFEST} names no group");
    several(context, what, "Groups whose lines to remove:", all, &mut opened, &none)
}

/// A group, if it is not given, and options of it.
pub(super) fn options(
    context: &Context<'_>,
    purpose: Purpose,
    group: Option<&str>,
) -> Result<(String, Vec<String>), Fail> {
    let what = purpose.command();
    let missing = if group.is_some() { "OPTION" } else { "GROUP and OPTION" };
    let which = if group.is_some() {
        "the options that are meant"
    } else {
        "the group, and the options that are meant"
    };
    let mut opened = opened(context, what, missing, which)?;
    let id = match group {
        Some(text) => group_of(context, purpose, text, &mut opened)?,
        None => choose_group(context, purpose, &mut opened)?,
    };
    let word = group.map_or_else(|| group_word(&id, &opened), str::to_owned);
    let (all, how_many) = match purpose {
        Purpose::Remove | Purpose::Include => of_the_line(purpose, &id, &opened),
        Purpose::Select | Purpose::Add | Purpose::Exclude => of_the_entry(purpose, &id, &mut opened)?,
    };
    if all.is_empty() {
        return Err(Fail::usage(format!(
            "there is nothing to choose: no option of {id} is left for `{what}`"
        )));
    }
    let describe = |name: &str| {
        let option = Name::parse(name).map(|name| TargetId::Component(id.option(&name)));
        option.map(|target| opened.about(&target)).unwrap_or_default()
    };
    let chosen = context.ask().choose(Choices::new(&purpose.question(&id), all, how_many, describe))?;
    tell(context, what, std::iter::once(&word).chain(&chosen));
    Ok((word, chosen))
}

/// Whoever can be asked is asked about what stands in the files; an interrupted run is undone first.
fn opened<'w>(context: &Context<'w>, what: &str, missing: &str, which: &str) -> Result<Opened<'w>, Fail> {
    if !context.ask().can() {
        return Err(Fail::usage(format!(
            "`{what}` needs {missing}: {which}; without a terminal, with --no-input and in CI nothing is asked"
        )));
    }
    let root = context.root()?;
    context.tell_recovered(context.road(&root).look_in(what)?.as_ref());
    Ok(load::open(&root, context.world).map_err(Stop::Wrong)?)
}

/// Asks for one or more of these.
fn several(
    context: &Context<'_>,
    what: &str,
    question: &str,
    all: BTreeMap<String, TargetId>,
    opened: &mut Opened<'_>,
    none: &str,
) -> Result<Vec<String>, Fail> {
    if all.is_empty() {
        return Err(Fail::usage(format!("there is nothing to choose: {none}")));
    }
    let choices = all.keys().cloned().map(Choice::new).collect();
    let describe = |name: &str| all.get(name).map(|target| opened.about(target)).unwrap_or_default();
    let many = HowMany::From(1, all.len());
    let chosen = context.ask().choose(Choices::new(question, choices, many, describe))?;
    tell(context, what, chosen.iter());
    Ok(chosen)
}

/// Says which command would have done the same.
fn tell<'n>(context: &Context<'_>, what: &str, names: impl Iterator<Item = &'n String>) {
    let names: Vec<&str> = names.map(String::as_str).collect();
    context.voice.step("running", &format!("{what} {}", names.join(" ")));
}

fn choose_group(context: &Context<'_>, purpose: Purpose, opened: &mut Opened<'_>) -> Result<GroupId, Fail> {
    let all = match purpose {
        Purpose::Remove => {
            named_groups(opened, |line| line.selection.as_ref().is_some_and(|s| !s.value.is_empty()))
        }
        Purpose::Include => named_groups(opened, |line| !line.exclude.is_empty()),
        Purpose::Select | Purpose::Add | Purpose::Exclude => groups(opened),
    };
    if all.is_empty() {
        return Err(Fail::usage(format!(
            "there is nothing to choose: no group is there for `{}`",
            purpose.command()
        )));
    }
    let choices = all.keys().cloned().map(Choice::new).collect();
    let describe = |name: &str| all.get(name).map(|target| opened.about(target)).unwrap_or_default();
    let chosen = context.ask().choose(Choices::new("Group:", choices, HowMany::One, describe))?;
    match chosen.first().and_then(|name| all.get(name)) {
        Some(TargetId::Group(id)) => Ok(id.clone()),
        Some(TargetId::Component(_)) | None => Err(Fail::GivenUp),
    }
}

/// The group that is meant by what was typed. One that only the manifest still names will do where its line is meant.
fn group_of(
    context: &Context<'_>,
    purpose: Purpose,
    text: &str,
    opened: &mut Opened<'_>,
) -> Result<GroupId, Fail> {
    if purpose.is_about_lines() {
        let typed = names::typed_groups(text)?.into_iter();
        let lines: Vec<GroupId> = typed.filter(|id| line_of(&opened.manifest, id).is_some()).collect();
        if let [id] = lines.as_slice() {
            return Ok(id.clone());
        }
    }
    names::group(text, opened, context.ask())
}

/// Options that the group's line selects or excludes.
fn of_the_line(purpose: Purpose, id: &GroupId, opened: &Opened<'_>) -> (Vec<Choice>, HowMany) {
    let line = line_of(&opened.manifest, id);
    let names: Vec<&Name> = match (purpose, line) {
        (_, None) => Vec::new(),
        (Purpose::Include, Some(line)) => line.exclude.iter().map(|name| &name.value).collect(),
        (_, Some(line)) => {
            line.selection.iter().flat_map(|items| &items.value).map(|item| &item.name.value).collect()
        }
    };
    let all: Vec<Choice> = names.into_iter().map(|name| Choice::new(name.to_string())).collect();
    let most = all.len();
    (all, HowMany::From(1, most))
}

/// Options that the registry has, as far as they are there for the purpose.
fn of_the_entry(
    purpose: Purpose,
    id: &GroupId,
    opened: &mut Opened<'_>,
) -> Result<(Vec<Choice>, HowMany), Fail> {
    let entry = match opened.group(id) {
        Ok(Some(entry)) => entry,
        Ok(None) => return Err(Fail::usage(format!("no registry has {id}"))),
        Err(diagnostics) => {
            return Err(Stop::Wrong(Report { sources: opened.sources.clone(), diagnostics }).into());
        }
    };
    let (selected, excluded) = now(id, &entry, &opened.manifest);
    let mut all = Vec::new();
    for option in &entry.options {
        let own = id.option(&option.name.value);
        let (is_selected, is_excluded) = (selected.contains(&own), excluded.contains(&own));
        let left = match purpose {
            Purpose::Add => !is_selected,
            Purpose::Exclude => !is_excluded,
            _ => true,
        };
        if !left {
            continue;
        }
        let name = option.name.value.to_string();
        let mut choice = match &option.description {
            Some(about) => Choice::about(name, &about.value),
            None => Choice::new(name),
        };
        choice.taken = purpose == Purpose::Select && is_selected;
        all.push(choice);
    }
    let most = entry.max.as_ref().map_or(all.len(), |max| max.value as usize).min(all.len());
    let least = entry.min.as_ref().map_or(1, |min| min.value.max(1) as usize);
    let how_many = match (purpose, entry.strategy.value) {
        (Purpose::Select | Purpose::Add, Strategy::One) => HowMany::One,
        (Purpose::Select, Strategy::Many) => HowMany::From(least, most),
        _ => HowMany::From(1, all.len()),
    };
    Ok((all, how_many))
}

/// What a group's line selects (without a selection: the defaults) and excludes.
fn now(id: &GroupId, entry: &Group, manifest: &Manifest) -> (Vec<ComponentId>, Vec<ComponentId>) {
    let line = line_of(manifest, id);
    let selected = match line.and_then(|line| line.selection.as_ref()) {
        Some(items) => items.value.iter().map(|item| id.option(&item.name.value)).collect(),
        None => entry.default.iter().map(|name| id.option(&name.value)).collect(),
    };
    let excluded = line.map(|line| line.exclude.iter().map(|name| id.option(&name.value)).collect());
    (selected, excluded.unwrap_or_default())
}

/// All groups of the registries, by what is typed for them.
fn groups(opened: &Opened<'_>) -> BTreeMap<String, TargetId> {
    let all = [Kind::Package, Kind::Container].into_iter().flat_map(|kind| {
        let names = opened.registries.names(kind, true).into_iter();
        names.map(move |name| GroupId::new(kind, &name))
    });
    all.map(|id| (group_word(&id, opened), TargetId::Group(id))).collect()
}

/// The groups that the manifest names, by what is typed for them.
fn named_groups(
    opened: &Opened<'_>,
    wanted: impl Fn(&crate::manifest::GroupLine) -> bool,
) -> BTreeMap<String, TargetId> {
    let lines = opened.manifest.dependencies.groups.iter().chain(&opened.manifest.services.groups);
    let ids = lines.filter(|line| wanted(line)).map(|line| line.group.value.clone());
    ids.map(|id| (group_word(&id, opened), TargetId::Group(id))).collect()
}

/// What is typed for a group: its kind too where both kinds have the name.
fn group_word(id: &GroupId, opened: &Opened<'_>) -> String {
    let other = GroupId::new(id.kind.other(), &id.name);
    let shared = opened.registries.contains(&TargetId::Group(other.clone()))
        || line_of(&opened.manifest, &other).is_some();
    if shared { id.to_string() } else { id.name.to_string() }
}

fn is_named(target: &TargetId, manifest: &Manifest) -> bool {
    matches!(target, TargetId::Group(id) if line_of(manifest, id).is_some())
}

/// What is typed for a component: its kind too, unless the command says it.
fn word(kind: Option<Kind>, id: &ComponentId, name: &Name) -> String {
    if kind.is_some() { name.to_string() } else { format!("{}:{name}", id.kind()) }
}

fn components(kind: Option<Kind>) -> impl Iterator<Item = Kind> {
    [Kind::Package, Kind::Container].into_iter().filter(move |one| kind.is_none_or(|kind| kind == *one))
}

fn items(manifest: &Manifest, kind: Kind) -> Vec<Name> {
    let items = match kind {
        Kind::Package => &manifest.dependencies.items,
        Kind::Container => &manifest.services.items,
    };
    items.iter().map(|item| item.name.value.clone()).collect()
}

fn nouns(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Package) => "packages",
        Some(Kind::Container) => "containers",
        None => "components",
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
