//! Reading an entry of `package_groups/` or `container_groups/`.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Finding};
use crate::fields::{self, Fields, Found, Seen};
use crate::manifest::Strategy;
use crate::names::{ComponentId, GroupId, Kind, Name, nearest};
use crate::place::At;
use crate::registry::{Group, GroupOption, shapes};
use crate::yaml::Node;

use super::rules::rules;
use super::{EntryFile, common, deprecated};

pub(super) fn read(node: &Node, from: &EntryFile, found: &mut Found) -> Option<Group> {
    let mut fields = Fields::shaped(node, &shapes::GROUP, found)?;
    let common = common(&mut fields, from, found);
    group_type(&mut fields, from, found);
    let strategy = fields.required("strategy", found).and_then(|n| fields::strategy(n, found));
    let min = fields.number("min", found);
    let max = fields.number("max", found);
    let extends = extends(&mut fields, found);
    let options = options(&mut fields, from.kind, found);
    let default = default(&mut fields, found);
    let comment = fields.text("comment", found);
    fields.finish(found);
    let (common, strategy) = (common?, strategy?);
    let group = Group {
        id: GroupId::new(from.kind, &common.name.value),
        common,
        strategy,
        min,
        max,
        default,
        comment,
        extends,
        options,
    };
    check(&group, found);
    Some(group)
}

/// `type` says what the folder says.
fn group_type(fields: &mut Fields<'_>, from: &EntryFile, found: &mut Found) {
    let Some(node) = fields.get("type") else { return };
    let Some(word) = fields::word(node, "`type`", shapes::GROUP_TYPES, found) else { return };
    let (expected, folder) = match from.kind {
        Kind::Package => ("package_group", "package_groups"),
        Kind::Container => ("container_group", "container_groups"),
    };
    if word.value != expected {
        let finding = Finding::TypeMismatch { found: word.value.to_owned(), folder };
        found.push(Diagnostic::error(word.place, finding));
    }
}

/// `REGISTRY/NAME`.
fn extends(fields: &mut Fields<'_>, found: &mut Found) -> Option<At<String>> {
    let text = fields.text("extends", found)?;
    let Some((registry, name)) = text.value.split_once('/') else {
        fields::wrong_type(fields.get("extends")?, "`extends`", "REGISTRY/NAME", found);
        return None;
    };
    fields::parse_name(registry, text.place, found)?;
    fields::parse_name(name, text.place, found)?;
    Some(text)
}

fn options(fields: &mut Fields<'_>, kind: Kind, found: &mut Found) -> Vec<GroupOption> {
    let extends = fields.has("extends");
    let node = if extends { fields.get("options") } else { fields.required("options", found) };
    let Some(node) = node else { return Vec::new() };
    let items = fields::list(node, "`options`", found);
    let mut out: Vec<GroupOption> = Vec::with_capacity(items.len());
    let mut seen = Seen::default();
    for item in items {
        let Some(option) = option(item, found) else { continue };
        let id = ComponentId::new(kind, &option.name.value);
        if let Some(first) = seen.before(id, option.name.place) {
            let finding = Finding::ListedTwice { what: "the option", name: option.name.value.to_string() };
            let twice = Diagnostic::error(option.name.place, finding);
            found.push(twice.with(first, "first listed here"));
            continue;
        }
        out.push(option);
    }
    if items.is_empty() && !extends && (node.is_null() || node.as_list().is_some()) {
        found.push(Diagnostic::error(node.place, Finding::NoOptions));
    }
    out
}

/// An option: a mapping, or only its name.
fn option(node: &Node, found: &mut Found) -> Option<GroupOption> {
    if node.as_str().is_some() {
        let name = fields::name(node, "an option", found)?;
        let rules = crate::registry::Rules::default();
        return Some(GroupOption { name, description: None, rules, deprecated: None });
    }
    if node.as_map().is_none() {
        fields::wrong_type(node, "an option", "a mapping with `name`", found);
        return None;
    }
    let mut fields = Fields::shaped(node, &shapes::OPTION, found)?;
    let name = fields.required("name", found).and_then(|n| fields::name(n, "`name`", found));
    let description = fields.text("description", found);
    let rules = rules(&mut fields, found);
    let deprecated = deprecated(&mut fields, found);
    fields.finish(found);
    Some(GroupOption { name: name?, description, rules, deprecated })
}

/// A name, or a list of them.
fn default(fields: &mut Fields<'_>, found: &mut Found) -> Vec<At<Name>> {
    let Some(node) = fields.get("default") else { return Vec::new() };
    let items = fields::one_or_list(node);
    let mut out: Vec<At<Name>> = Vec::new();
    let mut seen = Seen::default();
    for item in items {
        let Some(name) = fields::name(item, "`default`", found) else { continue };
        if let Some(first) = seen.before(name.value.clone(), name.place) {
            let finding = Finding::ListedTwice { what: "the default", name: name.value.to_string() };
            found.push(Diagnostic::error(name.place, finding).with(first, "first listed here"));
            continue;
        }
        out.push(name);
    }
    out
}

/// What can be seen from the entry alone. Options of an extended group are not known yet.
fn check(group: &Group, found: &mut Found) {
    if group.strategy.value == Strategy::One {
        for (key, number) in [("min", &group.min), ("max", &group.max)] {
            if let Some(number) = number {
                found.push(Diagnostic::error(number.place, Finding::CountOfOne { key }));
            }
        }
        if let [_, second, ..] = group.default.as_slice() {
            found.push(Diagnostic::error(second.place, Finding::SeveralDefaults));
        }
    } else {
        counts(group, found);
    }
    if group.extends.is_some() {
        return;
    }
    if group.default.is_empty() {
        return;
    }
    let options: HashSet<ComponentId> =
        group.options.iter().map(|o| group.id.option(&o.name.value)).collect();
    for name in group.default.iter().filter(|name| !options.contains(&group.id.option(&name.value))) {
        let near = nearest(name.value.as_str(), group.options.iter().map(|o| o.name.value.as_str()));
        let nearest = near.map(str::to_owned);
        let finding = Finding::DefaultNotOption { name: name.value.to_string(), nearest };
        found.push(Diagnostic::error(name.place, finding));
    }
}

fn counts(group: &Group, found: &mut Found) {
    if let (Some(min), Some(max)) = (&group.min, &group.max)
        && min.value > max.value
    {
        let finding = Finding::MinAboveMax { min: min.value, max: max.value };
        found.push(Diagnostic::error(min.place, finding).with(max.place, "`max`"));
    }
    if group.extends.is_some() || group.options.is_empty() {
        return;
    }
    for (key, number) in [("min", &group.min), ("max", &group.max)] {
        let Some(number) = number else { continue };
        let options = group.options.len();
        if number.value as usize > options {
            let finding = Finding::AboveOptions { key, value: number.value, options };
            found.push(Diagnostic::error(number.place, finding));
        }
    }
}
