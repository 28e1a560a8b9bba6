//! What an edit is about, asked for where the command line doesn't say it.
//!
//! Owns: the questions of each command, and what is said where nobody can be asked. Refuses: changing anything.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::{Context, Fail};
use crate::cli::ask::{Choice, Choices, HowMany};
use crate::cli::commands::names;
use crate::cli::offers::{self, Component, Purpose};
use crate::load::{MANIFEST, Opened, Report};
use crate::manifest::edit::line_of;
use crate::names::{GroupId, Kind, Name, TargetId};
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

/// Components of the registries that are not listed yet.
pub(super) fn to_add(context: &Context<'_>, what: &str, kind: Option<Kind>) -> Result<Vec<String>, Fail> {
    let nouns = nouns(kind);
    let mut opened = opened(context, what, "NAME", &format!("the {nouns} to add"))?;
    let mut all = by_word(kind, offers::unlisted(kind, &opened));
    if kind.is_none() {
        all.extend(by_id(offers::unnamed_groups(&opened)));
    }
    let none = format!("every one of the registry's {nouns} is listed already");
    several(context, what, &format!("{} to add:", capital(nouns)), &all, &mut opened, &none)
}

/// Components that are listed.
pub(super) fn to_remove(context: &Context<'_>, what: &str, kind: Option<Kind>) -> Result<Vec<String>, Fail> {
    let nouns = nouns(kind);
    let mut opened = opened(context, what, "NAME", &format!("the {nouns} to remove"))?;
    let mut all = by_word(kind, offers::listed(kind, &opened.manifest));
    if kind.is_none() {
        all.extend(by_id(offers::named_groups(&opened.manifest)));
    }
    let none = format!("{MANIFEST} lists no {nouns}");
    several(context, what, &format!("{} to remove:", capital(nouns)), &all, &mut opened, &none)
}

/// Groups that the manifest does not name yet.
pub(super) fn groups_to_add(context: &Context<'_>, what: &str) -> Result<Vec<String>, Fail> {
    let mut opened = opened(context, what, "GROUP", "the groups to name")?;
    let all = groups_by_word(offers::unnamed_groups(&opened), &opened);
    let none = format!("{MANIFEST} names all groups of the registry");
    several(context, what, "Groups to name:", &all, &mut opened, &none)
}

/// Groups that the manifest names.
pub(super) fn groups_to_remove(context: &Context<'_>, what: &str) -> Result<Vec<String>, Fail> {
    let mut opened = opened(context, what, "GROUP", "the groups whose lines to remove")?;
    let all = groups_by_word(offers::named_groups(&opened.manifest), &opened);
    let none = format!("{MANIFEST} names no group");
    several(context, what, "Groups whose lines to remove:", &all, &mut opened, &none)
}

/// A group, if it is not given, and options of it.
pub(super) fn options(
    context: &Context<'_>,
    purpose: Purpose,
    group: Option<&str>,
) -> Result<(String, Vec<String>), Fail> {
    let what = format!("hsm group {}", purpose.word());
    let (missing, which) = match group {
        Some(_) => ("OPTION", "the options that are meant"),
        None => ("GROUP and OPTION", "the group, and the options that are meant"),
    };
    let mut opened = opened(context, &what, missing, which)?;
    let id = match group {
        Some(text) => group_of(context, purpose, text, &mut opened)?,
        None => choose_group(context, purpose, &mut opened)?,
    };
    let word = group.map_or_else(|| offers::word_of(&id, &opened), str::to_owned);
    let mut implied = HashMap::new();
    let (all, how_many) = if purpose.is_about_lines() {
        let names = offers::options_of_line(purpose, &id, &opened.manifest);
        let all: Vec<Choice> = names.iter().map(|name| Choice::new(name.to_string())).collect();
        (all, HowMany::From(1, names.len()))
    } else {
        of_the_entry(purpose, &id, &mut opened, &mut implied)?
    };
    if all.is_empty() {
        return Err(Fail::usage(format!(
            "there is nothing to choose: no option of {id} is left for `{what}`"
        )));
    }
    let describe = |name: &str| {
        let option = Name::parse(name).map(|name| TargetId::Component(id.option(&name)));
        let about = option.map(|target| opened.about(&target)).unwrap_or_default();
        let said = [about.as_str(), implied.get(name).map_or("", String::as_str)];
        said.into_iter().filter(|said| !said.is_empty()).collect::<Vec<_>>().join("; ")
    };
    let chosen = context.ask().choose(Choices::new(&question(purpose, &id), all, how_many, describe))?;
    tell(context, &what, std::iter::once(&word).chain(&chosen));
    Ok((word, chosen))
}

fn question(purpose: Purpose, group: &GroupId) -> String {
    match purpose {
        Purpose::Select => format!("Options of {group}:"),
        Purpose::Add => format!("Options to add to {group}:"),
        Purpose::Remove => format!("Options to take out of {group}:"),
        Purpose::Include => format!("Options of {group} to allow again:"),
        Purpose::Exclude => format!("Options of {group} to forbid:"),
    }
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
    context.opened(&root)
}

/// Asks for one or more of these.
fn several(
    context: &Context<'_>,
    what: &str,
    question: &str,
    all: &BTreeMap<String, TargetId>,
    opened: &mut Opened<'_>,
    none: &str,
) -> Result<Vec<String>, Fail> {
    if all.is_empty() {
        return Err(Fail::usage(format!("there is nothing to choose: {none}")));
    }
    let many = HowMany::From(1, all.len());
    let chosen = choose(context, question, all, many, opened)?;
    tell(context, what, chosen.iter());
    Ok(chosen)
}

fn choose(
    context: &Context<'_>,
    question: &str,
    all: &BTreeMap<String, TargetId>,
    how_many: HowMany,
    opened: &mut Opened<'_>,
) -> Result<Vec<String>, Fail> {
    let choices = all.keys().cloned().map(Choice::new).collect();
    let describe = |name: &str| all.get(name).map(|target| opened.about(target)).unwrap_or_default();
    Ok(context.ask().choose(Choices::new(question, choices, how_many, describe))?)
}

/// Says which command would have done the same.
fn tell<'n>(context: &Context<'_>, what: &str, names: impl Iterator<Item = &'n String>) {
    let names: Vec<&str> = names.map(String::as_str).collect();
    context.voice.step("running", &format!("{what} {}", names.join(" ")));
}

fn choose_group(context: &Context<'_>, purpose: Purpose, opened: &mut Opened<'_>) -> Result<GroupId, Fail> {
    let all = groups_by_word(offers::groups_for(purpose, opened), opened);
    if all.is_empty() {
        let what = purpose.word();
        return Err(Fail::usage(format!(
            "there is nothing to choose: no group is there for `hsm group {what}`"
        )));
    }
    let chosen = choose(context, "Group:", &all, HowMany::One, opened)?;
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

/// Options that the registry has; those of which their group says nothing by themselves go into `implied`.
fn of_the_entry(
    purpose: Purpose,
    id: &GroupId,
    opened: &mut Opened<'_>,
    implied: &mut HashMap<String, String>,
) -> Result<(Vec<Choice>, HowMany), Fail> {
    let entry = match opened.group(id) {
        Ok(Some(entry)) => entry,
        Ok(None) => return Err(Fail::usage(format!("no registry has {id}"))),
        Err(diagnostics) => {
            return Err(Stop::Wrong(Report { sources: opened.sources.clone(), diagnostics }).into());
        }
    };
    let offers = offers::options_of_entry(purpose, &entry, &opened.manifest);
    let how_many = offers::how_many(purpose, &entry, offers.len());
    let choices = offers.into_iter().map(|offer| {
        let mut choice = if let Some(about) = &offer.about {
            Choice::about(offer.name.to_string(), about)
        } else {
            implied.insert(offer.name.to_string(), offer.implies);
            Choice::new(offer.name.to_string())
        };
        choice.taken = purpose == Purpose::Select && offer.selected;
        choice
    });
    Ok((choices.collect(), how_many))
}

/// Components by what is typed for them: their kind too, unless the command says it.
fn by_word(kind: Option<Kind>, all: Vec<Component>) -> BTreeMap<String, TargetId> {
    let word = |(id, name): &Component| match kind {
        Some(_) => name.to_string(),
        None => format!("{}:{name}", id.kind()),
    };
    all.into_iter().map(|component| (word(&component), TargetId::Component(component.0))).collect()
}

fn by_id(all: Vec<GroupId>) -> impl Iterator<Item = (String, TargetId)> {
    all.into_iter().map(|id| (id.to_string(), TargetId::Group(id)))
}

fn groups_by_word(all: Vec<GroupId>, opened: &Opened<'_>) -> BTreeMap<String, TargetId> {
    all.into_iter().map(|id| (offers::word_of(&id, opened), TargetId::Group(id))).collect()
}

fn nouns(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Package) => "packages",
        Some(Kind::Container) => "containers",
        None => "components and groups",
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
