//! From what was typed to what is meant: a NAME may carry its kind; where two kinds share it, both are shown.

use super::Fail;
use crate::adapters;
use crate::cli::ask::{Ask, Choice, Choices, HowMany};
use crate::load::{self, Opened};
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};
use crate::place::Sources;
use crate::registry::{Nearest, Registries};
use crate::road::Road;

/// Any component or group of the registries.
pub(super) fn any(text: &str, opened: &mut Opened<'_>, ask: Ask<'_>) -> Result<TargetId, Fail> {
    let (kind_given, name) = split(text)?;
    let all = |name: &Name| {
        let kinds = [Kind::Package, Kind::Container];
        let components = kinds.map(|kind| TargetId::Component(ComponentId::new(kind, name)));
        let groups = kinds.map(|kind| TargetId::Group(GroupId::new(kind, name)));
        components.into_iter().chain(groups).collect::<Vec<_>>()
    };
    let candidates = kind_given.map_or_else(|| all(&name), |target| vec![target]);
    one("component or group", text, &candidates, opened, ask)
}

/// A component of the registries; of that kind, where the command says one.
pub(super) fn component(
    kind: Option<Kind>,
    text: &str,
    opened: &mut Opened<'_>,
    ask: Ask<'_>,
) -> Result<(ComponentId, Name), Fail> {
    let (ids, name) = typed(kind, text)?;
    let candidates: Vec<TargetId> = ids.into_iter().map(TargetId::Component).collect();
    match one(kind.map_or("component", Kind::as_str), text, &candidates, opened, ask)? {
        TargetId::Component(id) => Ok((id, name)),
        TargetId::Group(id) => Err(Fail::usage(format!("{id} is a group"))),
    }
}

/// A group of the registries.
pub(super) fn group(text: &str, opened: &mut Opened<'_>, ask: Ask<'_>) -> Result<GroupId, Fail> {
    let candidates: Vec<TargetId> = typed_groups(text)?.into_iter().map(TargetId::Group).collect();
    match one("group", text, &candidates, opened, ask)? {
        TargetId::Group(id) => Ok(id),
        TargetId::Component(id) => Err(Fail::usage(format!("{id} is not a group"))),
    }
}

/// A component as it is typed, without asking the registries; without a kind there are two candidates.
pub(super) fn typed(kind: Option<Kind>, text: &str) -> Result<(Vec<ComponentId>, Name), Fail> {
    let (target, name) = split(text)?;
    match (target, kind) {
        (Some(TargetId::Component(id)), Some(kind)) if id.kind() != kind => {
            Err(Fail::usage(format!("{id} is not a {kind}")))
        }
        (Some(TargetId::Component(id)), _) => Ok((vec![id], name)),
        (Some(TargetId::Group(id)), _) => {
            Err(Fail::usage(format!("{id} is a group; choose with `hsm group select {} OPTION`", id.name)))
        }
        (None, Some(kind)) => Ok((vec![ComponentId::new(kind, &name)], name)),
        (None, None) => {
            Ok(([Kind::Package, Kind::Container].map(|k| ComponentId::new(k, &name)).to_vec(), name))
        }
    }
}

/// The kind that a name carries, if it carries one.
pub(super) fn typed_kind(text: &str) -> Result<Option<TargetId>, Fail> {
    Ok(split(text)?.0)
}

/// A group as it is typed, without asking the registries; without a kind there are two candidates.
pub(super) fn typed_groups(text: &str) -> Result<Vec<GroupId>, Fail> {
    let (target, name) = split(text)?;
    Ok(match target {
        Some(TargetId::Group(id)) => vec![id],
        // `package:NAME` where a group is meant says which kind of group
        Some(TargetId::Component(id)) => vec![GroupId::new(id.kind(), &name)],
        None => [Kind::Package, Kind::Container].map(|kind| GroupId::new(kind, &name)).to_vec(),
    })
}

/// What `--upgrade` names: components of the registries or of the lock, and what a tool's own files speak of.
pub(super) fn upgrade(texts: &[String], road: Road<'_>) -> Result<(), Fail> {
    let Road { root, world, .. } = road;
    let mut opened = road.open()?;
    let lock = load::locked(root, world);
    for text in texts {
        let (candidates, name) = typed(None, text)?;
        let is_locked = |id: &ComponentId| lock.as_ref().is_some_and(|lock| lock.components.contains_key(id));
        let is_a_tool_s =
            |id: &ComponentId| id.kind() == Kind::Package && adapters::knows(&name, root, world);
        if candidates.iter().any(|id| is_locked(id) || is_a_tool_s(id)) {
            continue;
        }
        let candidates: Vec<TargetId> = candidates.into_iter().map(TargetId::Component).collect();
        if !candidates.iter().any(|target| opened.registries.contains(target)) {
            return Err(unknown("component", text, &candidates, &mut opened));
        }
    }
    Ok(())
}

/// An option's name.
pub(super) fn option(text: &str) -> Result<Name, Fail> {
    Name::parse(text).map_err(|e| Fail::usage(format!("`{text}` is no name of an option: {e}")))
}

/// A profile's name.
pub(super) fn profile(text: &str) -> Result<Name, Fail> {
    Name::parse(text).map_err(|e| Fail::usage(format!("`{text}` is no name of a profile: {e}")))
}

/// A name that is not one of those that there are, with the one that is most like it.
pub(super) fn not_among(whose: &str, what: &str, text: &str, near: Option<&str>, all: &[&str]) -> Fail {
    let has = if whose.starts_with("no ") { "has the" } else { "has no" };
    let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    let all = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    Fail::usage(format!("{whose} {has} {what} `{text}`{hint}\n       its {what}s: {all}"))
}

fn split(text: &str) -> Result<(Option<TargetId>, Name), Fail> {
    if text.contains(':') {
        let target = TargetId::parse(text).map_err(|e| Fail::usage(format!("`{text}`: {e}")))?;
        let name = text.rsplit(':').next().unwrap_or_default();
        let name = Name::parse(name).map_err(|e| Fail::usage(format!("`{text}`: {e}")))?;
        return Ok((Some(target), name));
    }
    let name = Name::parse(text).map_err(|e| Fail::usage(format!("`{text}` is no name: {e}")))?;
    Ok((None, name))
}

fn one(
    what: &str,
    text: &str,
    candidates: &[TargetId],
    opened: &mut Opened<'_>,
    ask: Ask<'_>,
) -> Result<TargetId, Fail> {
    let found: Vec<&TargetId> = candidates.iter().filter(|t| opened.registries.contains(t)).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(unknown(what, text, candidates, opened)),
        several => which(text, several, opened, ask),
    }
}

/// The one that is meant by a name that several have: asked for, where somebody can be asked.
pub(super) fn which(
    text: &str,
    several: &[&TargetId],
    opened: &mut Opened<'_>,
    ask: Ask<'_>,
) -> Result<TargetId, Fail> {
    let words: Vec<String> = several.iter().map(ToString::to_string).collect();
    let about = |word: &str| TargetId::parse(word).map(|id| opened.about(&id)).unwrap_or_default();
    let number = which_of(text, &words, about, Some(ask))?;
    several.get(number).map(|id| (*id).clone()).ok_or(Fail::GivenUp)
}

/// The same for whatever can be typed instead; its number.
pub(super) fn which_of(
    text: &str,
    words: &[String],
    about: impl FnMut(&str) -> String,
    ask: Option<Ask<'_>>,
) -> Result<usize, Fail> {
    let Some(ask) = ask.filter(Ask::can) else {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        return Err(Fail::usage(format!("`{text}` is ambiguous: say {}", words.join(" or "))));
    };
    let all = words.iter().cloned().map(Choice::new).collect();
    let question = format!("`{text}` is the name of several; which?");
    let chosen = ask.choose(Choices::new(&question, all, HowMany::One, about))?;
    words.iter().position(|word| chosen.first() == Some(word)).ok_or(Fail::GivenUp)
}

fn unknown(what: &str, text: &str, candidates: &[TargetId], opened: &mut Opened<'_>) -> Fail {
    unknown_in(what, text, candidates, &mut opened.registries, &mut opened.sources)
}

/// A name that no registry has, with the one that may have been meant.
pub(super) fn unknown_in(
    what: &str,
    text: &str,
    candidates: &[TargetId],
    registries: &mut Registries<'_>,
    sources: &mut Sources,
) -> Fail {
    let mut hints = Vec::new();
    for candidate in candidates {
        let near: Nearest = registries.nearest(candidate, sources);
        let kind = candidate.to_string();
        let kind = kind.split(':').next().unwrap_or_default();
        hints.extend(near.renamed.map(|n| format!("it is now called `{kind}:{n}`")));
        hints.extend(near.name.map(|n| format!("did you mean `{kind}:{n}`?")));
        hints.extend(near.other_kind.map(|t| format!("there is `{t}`")));
    }
    hints.dedup();
    let hint = hints.first().map(|h| format!("; {h}")).unwrap_or_default();
    Fail::usage(format!("no registry has a {what} `{text}`{hint}"))
}
