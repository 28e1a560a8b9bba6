//! Reading `hsm.lock`.

use super::{Lock, LockedComponent, LockedRegistry, SCHEMA};
use crate::adapters::git::registries::is_commit;
use crate::diagnostic::{Diagnostic, Finding, Wiring};
use crate::manifest::{GitRefKind, Mode};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::{FileId, Place, Sources};
use crate::version::Version;
use crate::yaml::{self, Key, Limits, Node};

/// Reads a lock: what the next solve prefers. A lock of another format is an error, since this hsm cannot know what it
/// would lose by writing over it.
pub fn read(sources: &Sources, file: FileId) -> Result<Lock, Vec<Diagnostic>> {
    let text = sources.get(file).map(|source| source.text.clone()).unwrap_or_default();
    let node = yaml::read(file, &text, Limits::LOCK)?;
    let schema = node.get("schema").and_then(Node::as_str).unwrap_or_default();
    if schema != SCHEMA.to_string() {
        let place = node.get("schema").map_or(node.place, |schema| schema.place);
        let found = if schema.is_empty() { "none".to_owned() } else { schema.to_owned() };
        return Err(vec![error(place, Wiring::LockSchema { found, known: SCHEMA })]);
    }
    let mut lock = Lock::default();
    let mut found = Vec::new();
    for (key, value) in section(&node, "components") {
        match component(key, value) {
            Ok((id, locked)) => {
                let digest = value.get("digest").and_then(Node::as_str);
                lock.digests.extend(digest.map(|digest| (id.clone(), digest.to_owned())));
                lock.components.insert(id, locked);
            }
            Err(diagnostic) => found.push(*diagnostic),
        }
    }
    for (key, value) in section(&node, "groups") {
        match group(key, value) {
            Ok((id, options)) => {
                lock.groups.insert(id, options);
            }
            Err(diagnostic) => found.push(*diagnostic),
        }
    }
    for item in node.get("registries").and_then(Node::as_list).unwrap_or_default() {
        match registry(item) {
            Ok(pin) => lock.registries.push(pin),
            Err(diagnostic) => found.push(*diagnostic),
        }
    }
    if found.is_empty() { Ok(lock) } else { Err(found) }
}

fn registry(node: &Node) -> Result<LockedRegistry, Box<Diagnostic>> {
    let text = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let needed =
        |key: &str| text(key).ok_or_else(|| damaged(node.place, format!("a registry lacks `{key}`")));
    let kinds = [GitRefKind::Branch, GitRefKind::Tag, GitRefKind::Rev];
    let reference = kinds.into_iter().find_map(|kind| Some((kind, text(kind.as_str())?)));
    let commit = needed("commit")?;
    // it becomes a part of a path, so nothing else may stand there
    if !is_commit(&commit) {
        let place = node.get("commit").map_or(node.place, |commit| commit.place);
        return Err(damaged(place, format!("`{commit}` is no full commit")));
    }
    Ok(LockedRegistry { name: needed("name")?, url: needed("git")?, reference, commit })
}

fn section<'n>(node: &'n Node, key: &str) -> &'n [(Key, Node)] {
    node.get(key).and_then(Node::as_map).unwrap_or_default()
}

fn component(key: &Key, value: &Node) -> Result<(ComponentId, LockedComponent), Box<Diagnostic>> {
    let Ok(TargetId::Component(id)) = TargetId::parse(&key.text) else {
        return Err(damaged(key.place, format!("`{}` is no component", key.text)));
    };
    if value.as_map().is_none() {
        return Err(damaged(value.place, format!("{id} must be a mapping")));
    }
    let release = value.get("release").and_then(Node::as_str).map(Version::parse);
    let mode = match value.get("mode").and_then(Node::as_str) {
        Some("prod") => Some(Mode::Prod),
        Some("dev") => Some(Mode::Dev),
        _ => None,
    };
    let profile = value.get("profile").and_then(Node::as_str).and_then(|name| Name::parse(name).ok());
    Ok((id, LockedComponent { release, mode, profile }))
}

fn group(key: &Key, value: &Node) -> Result<(GroupId, Vec<Name>), Box<Diagnostic>> {
    let Ok(TargetId::Group(id)) = TargetId::parse(&key.text) else {
        return Err(damaged(key.place, format!("`{}` is no group", key.text)));
    };
    let Some(options) = value.as_list() else {
        return Err(damaged(value.place, format!("{id} must be a list")));
    };
    let mut names = Vec::with_capacity(options.len());
    for option in options {
        match option.as_str().map(Name::parse) {
            Some(Ok(name)) => names.push(name),
            _ => return Err(damaged(option.place, format!("this is no option of {id}"))),
        }
    }
    Ok((id, names))
}

fn damaged(place: Place, what: String) -> Box<Diagnostic> {
    Box::new(error(place, Wiring::LockDamaged(what)))
}

fn error(place: Place, wiring: Wiring) -> Diagnostic {
    Diagnostic::error(place, Finding::Wiring(wiring))
}
