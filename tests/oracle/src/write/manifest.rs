//! The manifest, the lock, and what lies around them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::checkout;
use super::entries::{marker_text, port, python, requirement_text};
use super::tree::Tree;
use crate::model::{Item, Kind, Lock, Marker, Mode, Port, Project, Requirement};
use crate::versions::Spec;

pub(super) fn manifest(project: &Project) -> Tree {
    let mut about = Tree::map([("name", Tree::text("law"))]);
    if let Some(mode) = project.mode {
        about.push("mode", Tree::text(mode.text()));
    }
    let mut tree = Tree::map([("project", about)]);
    for (section, kind, items) in
        [("dependencies", Kind::Package, "packages"), ("services", Kind::Container, "containers")]
    {
        let mut inside = Tree::map([]);
        let mut lines = Tree::map([]);
        for line in project.lines.iter().filter(|line| line.group.kind == kind) {
            lines.push(line.group.name, group_line(line).statement());
        }
        if !lines.is_empty() {
            inside.push(format!("{}_groups", kind.text()), lines);
        }
        let listed: Vec<Tree> =
            project.items.iter().filter(|i| i.id.kind == kind).map(|i| item(i).statement()).collect();
        if !listed.is_empty() {
            inside.push(items, Tree::set(listed));
        }
        if kind == Kind::Container && !project.compose_ports.is_empty() {
            inside.push("compose_files", Tree::list([Tree::text("own.yml")]));
        }
        if !inside.is_empty() {
            tree.push(section, inside);
        }
    }
    let mut constraints = Tree::map([]);
    for line in &project.constraints {
        constraints.push(line.id.to_string(), pins(Tree::map([]), line.version, line.mode, line.profile));
    }
    if !constraints.is_empty() {
        tree.push("constraints", constraints);
    }
    tree
}

fn group_line(line: &crate::model::Line) -> Tree {
    let mut tree = Tree::map([]);
    if let Some(selection) = &line.selection {
        tree.push("selection", Tree::set(selection.iter().map(|i| item(i).statement())));
    }
    if !line.exclude.is_empty() {
        tree.push("exclude", Tree::set(line.exclude.iter().map(|name| Tree::text(*name).statement())));
    }
    if let Some(mode) = line.mode {
        tree.push("mode", Tree::text(mode.text()).statement());
    }
    if let Some(profile) = line.profile {
        tree.push("profile", Tree::text(profile).statement());
    }
    tree
}

fn item(item: &Item) -> Tree {
    let Item { id, version, mode, profile, ports, marker } = item;
    if version.is_none() && mode.is_none() && profile.is_none() && ports.is_empty() && marker.is_none() {
        return Tree::text(id.name);
    }
    let mut tree = pins(Tree::map([("name", Tree::text(id.name))]), *version, *mode, *profile);
    if !ports.is_empty() {
        tree.push("ports", Tree::list(ports.iter().map(port)));
    }
    if let Some(marker) = marker {
        tree.push("marker", quoted_marker(*marker));
    }
    tree
}

fn quoted_marker(marker: Marker) -> Tree {
    Tree::Text(format!("'{}'", marker_text(marker)))
}

fn pins(mut tree: Tree, version: Option<Spec>, mode: Option<Mode>, profile: Option<&str>) -> Tree {
    if let Some(version) = version {
        tree.push("version", Tree::quoted(version.text()).statement());
    }
    if let Some(mode) = mode {
        tree.push("mode", Tree::text(mode.text()).statement());
    }
    if let Some(profile) = profile {
        tree.push("profile", Tree::text(profile).statement());
    }
    tree
}

pub(super) fn lock(lock: &Lock) -> Tree {
    let mut components = Tree::map([]);
    for (id, version) in &lock.components {
        components.push(format!("\"{id}\""), Tree::map([("release", Tree::quoted(version.text()))]));
    }
    let mut groups = Tree::map([]);
    for (id, options) in &lock.groups {
        let key = format!("\"{}_group:{}\"", id.kind.text(), id.name);
        groups.push(key, Tree::list(options.iter().map(|name| Tree::text(*name))));
    }
    Tree::map([("schema", Tree::text("1")), ("components", components), ("groups", groups)])
}

pub(super) fn compose(ports: &[Port]) -> Tree {
    let service = Tree::map([("image", Tree::text("mine")), ("ports", Tree::list(ports.iter().map(port)))]);
    Tree::map([("services", Tree::map([("mine", service)]))])
}

/// `pyproject.toml` of the user and of the checkouts.
pub(super) fn pythons(project: &Project) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (id, version) in &project.checkouts {
        let version = match version {
            Some(version) => format!("version = \"{}\"", version.text()),
            None => "dynamic = [\"version\"]".to_owned(),
        };
        let path = format!("{}/pyproject.toml", checkout(id.kind, id.name).trim_start_matches("./"));
        files.insert(path, format!("[project]\nname = \"{}\"\n{version}\n", id.name));
    }
    let Some(own) = &project.pyproject else { return files };
    let lines = |of: &[Requirement]| -> String {
        let quoted: Vec<String> = of.iter().map(|line| format!("'{}'", requirement_text(line))).collect();
        format!("[{}]", quoted.join(", "))
    };
    let mut text = "[project]\nname = \"law\"\nversion = \"1\"\n".to_owned();
    if let Some(range) = own.requires_python
        && let Tree::Text(quoted) = python(range)
    {
        let _ = writeln!(text, "requires-python = {quoted}");
    }
    let _ = writeln!(text, "dependencies = {}", lines(&own.dependencies));
    if !own.extra.is_empty() {
        let _ = writeln!(text, "[project.optional-dependencies]\nmore = {}", lines(&own.extra));
    }
    if !own.group.is_empty() {
        let _ = writeln!(text, "[dependency-groups]\ndev = {}", lines(&own.group));
    }
    files.insert("pyproject.toml".to_owned(), text);
    files
}
