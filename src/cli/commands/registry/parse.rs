//! From what was typed behind an option to what it means.

use crate::cli::args::registry::{About, Asks, Reference};
use crate::cli::commands::Fail;
use crate::manifest::GitRefKind;
use crate::names::{Name, TargetId};
use crate::place::FileId;
use crate::registry::edit::draft::{CommonDraft, Lines, Pairs};
use crate::yaml::{self, Limits, Node, Out};

/// What every entry may say.
pub(super) fn about(about: &About) -> Result<CommonDraft, Fail> {
    Ok(CommonDraft {
        description: about.description.clone(),
        owner: about.owner.clone(),
        tags: about.tags.clone(),
        docs: about.docs.clone(),
        others: settings("--set", &about.others)?,
    })
}

/// Which commit of a repository.
pub(super) fn reference(reference: &Reference) -> Option<(GitRefKind, String)> {
    let Reference { branch, tag_ref, rev } = reference;
    let kinds = [(GitRefKind::Branch, branch), (GitRefKind::Tag, tag_ref), (GitRefKind::Rev, rev)];
    kinds.into_iter().find_map(|(kind, text)| Some((kind, text.clone()?)))
}

/// `implies` and `conflicts`.
pub(super) fn asks(asks: &Asks) -> Result<(Lines, Lines), Fail> {
    Ok((lines("--implies", &asks.implies)?, lines("--conflicts", &asks.conflicts)?))
}

/// `TARGET[=DEMAND]`, several times.
pub(super) fn lines(option: &str, typed: &[String]) -> Result<Lines, Fail> {
    typed.iter().map(|text| line(option, text)).collect()
}

/// `TARGET`, `TARGET=DEMAND`; a demand that starts with an operator needs no `=`.
fn line(option: &str, text: &str) -> Result<(String, Out), Fail> {
    let end = text.find(['=', '<', '>', '!', '~', ' ']).unwrap_or(text.len());
    let (target, rest) = text.split_at(end);
    let parsed = TargetId::parse(target).map_err(|why| Fail::usage(format!("{option} `{text}`: {why}")))?;
    // `=>=1` is `=` and `>=1`, `==1` is `==1`, `===1` is `=` and `==1`
    let demand = match rest.strip_prefix('=') {
        Some(after) if after.starts_with('=') && !after.starts_with("==") => rest,
        Some(after) => after,
        None => rest,
    };
    let demand = demand.trim();
    let value = match &parsed {
        _ if demand.is_empty() => Out::str("*"),
        _ if demand == "false" => Out::Bool(false),
        _ if demand.starts_with(['{', '[']) => data(option, text, demand)?,
        TargetId::Group(_) if demand.contains(',') => Out::strs(demand.split(',').map(str::trim)),
        _ => Out::str(demand),
    };
    Ok((target.to_owned(), value))
}

/// `KEY=YAML`, several times.
pub(super) fn settings(option: &str, typed: &[String]) -> Result<Lines, Fail> {
    let one = |text: &String| {
        let (key, value) = pair(option, text)?;
        Ok((key, data(option, text, &value)?))
    };
    typed.iter().map(one).collect()
}

/// A value in YAML.
fn data(option: &str, text: &str, value: &str) -> Result<Out, Fail> {
    let read = yaml::read(FileId(0), value, Limits::ENTRY);
    read.map(|node: Node| Out::from(&node)).map_err(|found| {
        let why = found.first().map(|one| one.finding.to_string()).unwrap_or_default();
        Fail::usage(format!("{option} `{text}`: `{value}` is no YAML: {why}"))
    })
}

/// `KEY=VALUE`, several times.
pub(super) fn pairs(option: &str, typed: &[String]) -> Result<Pairs, Fail> {
    typed.iter().map(|text| pair(option, text)).collect()
}

fn pair(option: &str, text: &str) -> Result<(String, String), Fail> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err(Fail::usage(format!("{option} `{text}`: expected KEY=VALUE"))),
    }
}

/// `NAME[=CONDITION]`, several times.
pub(super) fn depends_on(typed: &[String]) -> Vec<(String, Option<String>)> {
    let one = |text: &String| match text.split_once('=') {
        Some((name, condition)) => (name.to_owned(), Some(condition.to_owned())),
        None => (text.clone(), None),
    };
    typed.iter().map(one).collect()
}

/// A profile: `None` for a managed one, else the keys of its address.
type Profile = (Name, Option<Pairs>);

/// `NAME=managed`, `NAME=external,KEY=VALUE,…`, several times.
pub(super) fn profiles(typed: &[String]) -> Result<Vec<Profile>, Fail> {
    typed.iter().map(|text| profile(text)).collect()
}

fn profile(text: &str) -> Result<Profile, Fail> {
    let wrong = |why: &str| {
        Fail::usage(format!(
            "--profile `{text}`: {why}; expected NAME=managed, or NAME=external,host=HOST,port=PORT"
        ))
    };
    let (name, how) = text.split_once('=').unwrap_or((text, "managed"));
    let name = Name::parse(name).map_err(|why| wrong(&why.to_string()))?;
    let mut parts = how.split(',');
    match parts.next() {
        Some("managed") => match parts.next() {
            Some(_) => Err(wrong("a managed profile has no address")),
            None => Ok((name, None)),
        },
        Some("external") => {
            let keys = parts.map(|part| pair("--profile", part)).collect::<Result<Vec<_>, _>>()?;
            if keys.is_empty() {
                return Err(wrong("an external profile needs an address"));
            }
            Ok((name, Some(keys)))
        }
        _ => Err(wrong("it is neither managed nor external")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(text: &str) -> Option<(String, Out)> {
        line("--implies", text).ok()
    }

    #[test]
    fn a_demand_may_be_written_in_the_ways_that_people_try() {
        let text = |target: &str, text: &str| Some((target.to_owned(), Out::str(text)));
        assert_eq!(demand("container:q"), text("container:q", "*"));
        assert_eq!(demand("container:q=>=1.8,<2"), text("container:q", ">=1.8,<2"));
        assert_eq!(demand("container:q>=1.8"), text("container:q", ">=1.8"));
        assert_eq!(demand("container:q<2"), text("container:q", "<2"));
        assert_eq!(demand("container:q==1.8"), text("container:q", "==1.8"));
        assert_eq!(demand("container:q===1.8"), text("container:q", "==1.8"));
        assert_eq!(demand("container:q=1.8"), text("container:q", "1.8"));
        assert_eq!(demand("container:q=*"), text("container:q", "*"));
        assert_eq!(demand("container:q=false"), Some(("container:q".to_owned(), Out::Bool(false))));
        assert_eq!(demand("container_group:g=a"), text("container_group:g", "a"));
        let several = Some(("container_group:g".to_owned(), Out::strs(["a", "b"])));
        assert_eq!(demand("container_group:g=a, b"), several);
        assert_eq!(demand("container_group:g=[a, b]"), several);
        let params = Out::Map(vec![("collection".to_owned(), Out::str("docs"))]);
        assert_eq!(
            demand("container:q={params: {collection: docs}}"),
            Some(("container:q".to_owned(), Out::Map(vec![("params".to_owned(), params)])))
        );
        for wrong in ["q", "container:", "image:q", "container:q={", "=1"] {
            assert_eq!(demand(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_profile_is_managed_or_has_an_address() {
        let name = Name::parse("p").expect("a name");
        let address = vec![("host".to_owned(), "${H}".to_owned()), ("port".to_owned(), "1".to_owned())];
        assert_eq!(profile("p=managed").ok(), Some((name.clone(), None)));
        assert_eq!(profile("p").ok(), Some((name.clone(), None)));
        assert_eq!(profile("p=external,host=${H},port=1").ok(), Some((name, Some(address))));
        for wrong in ["p=external", "p=managed,port=1", "p=somewhere", "=managed", "p=external,host"] {
            assert!(profile(wrong).is_err(), "{wrong}");
        }
    }
}
