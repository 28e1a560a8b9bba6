//! Groups that extend another registry's: the whole of one.
//!
//! Owns: which options, defaults and bounds such a group has. Refuses: following what they imply.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, ExtendsProblem, Finding, Wiring};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::{At, FileId, Sources};
use crate::registry::{Entry, Group, GroupOption, Registries};

/// A group with the options of those it extends: theirs first; one of the same name is replaced where it stands.
pub(super) fn extended(
    group: &Group,
    registries: &mut Registries<'_>,
    sources: &mut Sources,
    files: &mut Vec<FileId>,
) -> Result<Group, Vec<Diagnostic>> {
    let mut seen = BTreeSet::from([(group.common.registry.clone(), group.id.clone())]);
    let mut whole = group.clone();
    let mut next = group.extends.clone();
    while let Some(extends) = next.take() {
        let problem = |why| {
            let finding = Finding::Wiring(Wiring::BadExtends { text: extends.value.clone(), why });
            vec![Diagnostic::error(extends.place, finding)]
        };
        let base = base(group, &extends, registries, sources, problem)?;
        if !seen.insert((base.common.registry.clone(), base.id.clone())) {
            return Err(problem(ExtendsProblem::Ring));
        }
        files.push(base.common.file);
        next.clone_from(&base.extends);
        whole = over(base, whole);
    }
    Ok(whole)
}

fn base(
    group: &Group,
    extends: &At<String>,
    registries: &mut Registries<'_>,
    sources: &mut Sources,
    problem: impl Fn(ExtendsProblem) -> Vec<Diagnostic>,
) -> Result<Group, Vec<Diagnostic>> {
    let (registry, name) = extends.value.rsplit_once('/').ok_or_else(|| problem(ExtendsProblem::Shape))?;
    let name = Name::parse(name).map_err(|_| problem(ExtendsProblem::Shape))?;
    if !registries.dirs().any(|(known, _)| known == registry) {
        return Err(problem(ExtendsProblem::Registry));
    }
    let target = TargetId::Group(GroupId::new(group.id.kind, &name));
    match registries.load_in(registry, &target, sources)?.as_deref() {
        Some(Entry::Group(base)) => Ok((**base).clone()),
        _ => Err(problem(ExtendsProblem::Group)),
    }
}

/// A group laid over the one that it extends.
fn over(base: Group, group: Group) -> Group {
    let mut options: IndexMap<ComponentId, GroupOption> = IndexMap::new();
    for option in base.options.into_iter().chain(group.options) {
        options.insert(group.id.option(&option.name.value), option);
    }
    let options = options.into_values().collect();
    let default = if group.default.is_empty() { base.default } else { group.default };
    Group { options, default, min: group.min.or(base.min), max: group.max.or(base.max), ..group }
}
