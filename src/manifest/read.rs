//! Reading `hsm.yaml` into its type, with all that is wrong about it.
//!
//! Owns: every key of the manifest. Refuses: whether a named component exists (that is seen when everything is loaded).

use crate::diagnostic::{Diagnostic, Finding};
use crate::fields::{self, Fields, Found, Seen};
use crate::manifest::{
    Constraint, Dependencies, GroupLine, Manifest, Project, RegistryRef, RegistrySource, Services,
};
use crate::names::{GroupId, Kind, Name, TargetId};
use crate::place::{At, FileId, Place, Sources};
use crate::registry::{git_url, once, read_target, reference};
use crate::yaml::{self, Key, Limits, Node};

use super::items::{items, selection};
use super::{overlay, shapes};

/// Reads the manifest. There may be a manifest and errors: then it must not be used, but whoever reports can go on.
pub fn read(sources: &Sources, file: FileId) -> (Option<Manifest>, Vec<Diagnostic>) {
    read_with(sources, file, &[])
}

/// Reads the manifest with other files laid over it, the last on top.
pub fn read_with(
    sources: &Sources,
    file: FileId,
    overlays: &[FileId],
) -> (Option<Manifest>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut tree = |file: FileId| {
        let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
        let parsed = yaml::parse(file, &text, Limits::MANIFEST);
        found.extend(parsed.diagnostics);
        parsed.node
    };
    let mut node = tree(file);
    for overlay in overlays {
        let over = tree(*overlay).filter(|over| !over.is_null());
        node = match (node, over) {
            (Some(base), Some(over)) => Some(overlay::lay(base, over)),
            (base, _) => base,
        };
    }
    let manifest = node.and_then(|node| from_node(file, &node, &mut found));
    found.sort_by_key(|d| d.place);
    (manifest, found)
}

/// Takes a manifest out of a tree that was read already.
pub fn from_node(file: FileId, node: &Node, found: &mut Found) -> Option<Manifest> {
    let mut fields = Fields::shaped(node, &shapes::MANIFEST, found)?;
    moved(&mut fields, OLD_KEYS, found);
    let project = fields.required("project", found).and_then(|n| project(n, found));
    let registry = fields.get("registry").map(|n| registries(n, found)).unwrap_or_default();
    let dependencies = fields.get("dependencies").and_then(|n| dependencies(n, found));
    let services = fields.get("services").and_then(|n| services(n, found));
    let constraints = constraints(&mut fields, found);
    let fields_place = fields.head();
    fields.finish(found);
    Some(Manifest {
        file,
        project: project.unwrap_or_else(|| nameless(fields_place)),
        registry,
        dependencies: dependencies.unwrap_or_default(),
        services: services.unwrap_or_default(),
        constraints,
    })
}

/// Keys of an earlier layout, which people still have files of: the key, as it is shown, and what to write instead.
type OldKeys = &'static [(&'static str, &'static str, &'static str)];

const OLD_KEYS: OldKeys = &[
    ("libraries", "libraries", "`dependencies:` with `package_groups:` and `packages:`"),
    ("library_groups", "library_groups", "`package_groups:` under `dependencies:`"),
    ("groups", "groups", "`package_groups:` under `dependencies:` and `container_groups:` under `services:`"),
    ("packages", "packages", "`packages:` under `dependencies:`"),
    ("package_groups", "package_groups", "`package_groups:` under `dependencies:`"),
    ("containers", "containers", "`containers:` under `services:`"),
    ("container_groups", "container_groups", "`container_groups:` under `services:`"),
    ("manager", "manager", "`package_manager:` under `dependencies:`"),
];

const OLD_KEYS_OF_PROJECT: OldKeys =
    &[("manager", "project.manager", "`package_manager:` under `dependencies:`")];

const OLD_KEYS_OF_DEPENDENCIES: OldKeys = &[
    ("groups", "dependencies.groups", "`package_groups:`"),
    ("libraries", "dependencies.libraries", "`packages:`"),
    ("library_groups", "dependencies.library_groups", "`package_groups:`"),
    ("manager", "dependencies.manager", "`package_manager:`"),
];

const OLD_KEYS_OF_SERVICES: OldKeys = &[
    ("groups", "services.groups", "`container_groups:`"),
    ("services", "services.services", "`containers:`"),
    ("service_groups", "services.service_groups", "`container_groups:`"),
    ("manager", "services.manager", "`container_engine:` under `project:`"),
];

/// Reports each key that is now called otherwise, if it is there.
fn moved(fields: &mut Fields<'_>, keys: OldKeys, found: &mut Found) {
    for &(key, shown, new) in keys {
        if let Some(place) = fields.place_of(key) {
            found.push(Diagnostic::error(place, Finding::OldLayout { key: shown, new }));
            fields.ignore(key);
        }
    }
}

fn project(node: &Node, found: &mut Found) -> Option<Project> {
    let mut fields = Fields::shaped(node, &shapes::PROJECT, found)?;
    moved(&mut fields, OLD_KEYS_OF_PROJECT, found);
    let head = fields.head();
    let name = fields.required_text("name", found);
    if let Some(name) = &name
        && !name.value.chars().any(|c| c.is_ascii_alphanumeric())
    {
        let finding = Finding::EmptyText { what: "`name`, as far as Compose can use it,".to_owned() };
        found.push(Diagnostic::error(name.place, finding));
    }
    let project = Project {
        version: fields.text("version", found),
        mode: fields.mode("mode", found),
        container_engine: fields.text("container_engine", found),
        name: name.unwrap_or_else(|| nameless(head).name),
    };
    fields.finish(found);
    Some(project)
}

/// Stands in for a project that is missing or broken, which was reported: all else can still be checked.
fn nameless(place: Place) -> Project {
    Project { name: At::new(String::new(), place), version: None, mode: None, container_engine: None }
}

/// A path, a git source, or an ordered list of them.
fn registries(node: &Node, found: &mut Found) -> Vec<RegistryRef> {
    registries_at(node, fields::relative_path, found)
}

/// The same in the settings of a user, whose paths may lead anywhere on this machine.
pub(crate) fn registries_of_user(node: &Node, found: &mut Found) -> Vec<RegistryRef> {
    registries_at(node, |_, _, _| {}, found)
}

/// What says whether a path may stand here.
type PathRule = fn(&At<String>, &str, &mut Found);

fn registries_at(node: &Node, rule: PathRule, found: &mut Found) -> Vec<RegistryRef> {
    let mut out: Vec<RegistryRef> = Vec::new();
    for item in fields::one_or_list(node) {
        let Some(registry) = registry(item, rule, found) else { continue };
        let name = registry.name.as_ref();
        let first =
            out.iter().filter_map(|r| r.name.as_ref()).find(|n| name.is_some_and(|m| m.value == n.value));
        if let (Some(name), Some(first)) = (name, first) {
            let finding = Finding::ListedTwice { what: "the registry", name: name.value.to_string() };
            found.push(Diagnostic::error(name.place, finding).with(first.place, "first listed here"));
        }
        out.push(registry);
    }
    out
}

fn registry(node: &Node, rule: PathRule, found: &mut Found) -> Option<RegistryRef> {
    if node.as_map().is_none() {
        if node.as_str().is_none() {
            fields::wrong_type(node, "`registry`", "a path, a git source or a list of them", found);
            return None;
        }
        let path = fields::text(node, "`registry`", found)?;
        rule(&path, "`registry`", found);
        return Some(RegistryRef { place: node.place, name: None, source: RegistrySource::Path(path) });
    }
    let (path, git) = (node.get("path").is_some(), node.get("git").is_some());
    let shape = if git && !path { &shapes::GIT_REGISTRY } else { &shapes::PATH_REGISTRY };
    let mut fields = Fields::shaped(node, shape, found)?;
    let name = fields.name("name", found);
    let source = if path == git {
        let finding = Finding::ExactlyOne { what: "a registry", keys: &["path", "git"] };
        found.push(Diagnostic::error(fields.head(), finding));
        fields.ignore("path");
        fields.ignore("git");
        None
    } else if path {
        let path = fields.text("path", found);
        fields.ignore("git");
        for key in ["branch", "tag", "rev"] {
            fields.not_for(key, "git registries", found);
        }
        path.map(|path| {
            rule(&path, "`path`", found);
            RegistrySource::Path(path)
        })
    } else {
        fields.ignore("path");
        let url = fields.text("git", found);
        if let Some(url) = &url {
            git_url(url, found);
        }
        let reference = reference(&mut fields, &["branch", "tag", "rev"], found);
        url.map(|url| RegistrySource::Git { url, reference })
    };
    let place = node.place;
    fields.finish(found);
    Some(RegistryRef { place, name, source: source? })
}

fn dependencies(node: &Node, found: &mut Found) -> Option<Dependencies> {
    let mut fields = Fields::shaped(node, &shapes::DEPENDENCIES, found)?;
    moved(&mut fields, OLD_KEYS_OF_DEPENDENCIES, found);
    let out = Dependencies {
        package_manager: fields.text("package_manager", found),
        into_group: fields.get("into").and_then(|n| into_group(n, found)),
        groups: groups(&mut fields, "package_groups", Kind::Package, found),
        items: items(&mut fields, "packages", Kind::Package, found),
    };
    fields.finish(found);
    Some(out)
}

/// `into`: `project`, or `{group: NAME}`.
fn into_group(node: &Node, found: &mut Found) -> Option<At<String>> {
    if node.as_map().is_none() {
        fields::word(node, "`into`", shapes::INTO, found);
        return None;
    }
    let mut fields = Fields::shaped(node, &shapes::INTO_GROUP, found)?;
    let group = fields.required("group", found).and_then(|n| fields::name(n, "`group`", found));
    fields.finish(found);
    group.map(|g| g.map(|name| name.to_string()))
}

fn services(node: &Node, found: &mut Found) -> Option<Services> {
    let mut fields = Fields::shaped(node, &shapes::SERVICES, found)?;
    moved(&mut fields, OLD_KEYS_OF_SERVICES, found);
    let out = Services {
        groups: groups(&mut fields, "container_groups", Kind::Container, found),
        items: items(&mut fields, "containers", Kind::Container, found),
        compose_files: fields.texts("compose_files", found),
    };
    for path in &out.compose_files {
        fields::relative_path(path, "an item of `compose_files`", found);
    }
    fields.finish(found);
    Some(out)
}

fn groups(fields: &mut Fields<'_>, key: &'static str, kind: Kind, found: &mut Found) -> Vec<GroupLine> {
    fields.map(key, found).into_iter().filter_map(|(key, node)| group(key, node, kind, found)).collect()
}

fn group(key: &Key, node: &Node, kind: Kind, found: &mut Found) -> Option<GroupLine> {
    let name = fields::parse_name(&key.text, key.place, found);
    let shape = match kind {
        Kind::Package => &shapes::PACKAGE_LINE,
        Kind::Container => &shapes::CONTAINER_LINE,
    };
    let mut fields = Fields::shaped(node, shape, found)?;
    let strategy = fields.strategy("strategy", found);
    let selection = fields.get("selection").and_then(|n| selection(n, kind, found));
    let exclude = exclude(&mut fields, kind, found);
    let mode = fields.mode("mode", found);
    let profile = if kind == Kind::Container {
        fields.name("profile", found)
    } else {
        fields.not_for("profile", "containers", found);
        None
    };
    fields.finish(found);
    let group = name?.map(|name| GroupId::new(kind, &name));
    Some(GroupLine { group, strategy, selection, exclude, mode, profile })
}

/// A name or a list of names, each once.
fn exclude(fields: &mut Fields<'_>, kind: Kind, found: &mut Found) -> Vec<At<Name>> {
    let Some(node) = fields.get("exclude") else { return Vec::new() };
    let mut out: Vec<At<Name>> = Vec::new();
    let mut seen = Seen::default();
    for item in fields::one_or_list(node).into_iter().filter(|n| !n.is_null()) {
        let Some(name) = fields::name(item, "an item of `exclude`", found) else { continue };
        let id = crate::names::ComponentId::new(kind, &name.value);
        if let Some(first) = seen.before(id, name.place) {
            let finding = Finding::ListedTwice { what: "the option", name: name.value.to_string() };
            found.push(Diagnostic::error(name.place, finding).with(first, "first listed here"));
            continue;
        }
        out.push(name);
    }
    out
}

/// `constraints`: `KIND:NAME` → what must hold if it is in the stack.
fn constraints(fields: &mut Fields<'_>, found: &mut Found) -> Vec<Constraint> {
    let mut out: Vec<Constraint> = Vec::new();
    let mut seen = Seen::default();
    for (key, node) in fields.map("constraints", found) {
        let target = read_target(key, found);
        let kind = match target.as_ref().map(|t| &t.value) {
            Some(TargetId::Component(id)) => Some(id.kind()),
            Some(TargetId::Group(_)) => {
                let target = target.map(|t| t.value);
                found.extend(
                    target.map(|target| Diagnostic::error(key.place, Finding::ConstraintOnGroup { target })),
                );
                continue;
            }
            None => None,
        };
        let shape = match kind {
            Some(Kind::Package) => &shapes::PACKAGE_CONSTRAINT,
            _ => &shapes::CONTAINER_CONSTRAINT,
        };
        let Some(mut inner) = Fields::shaped(node, shape, found) else { continue };
        let version = inner.demand("version", found);
        let mode = inner.mode("mode", found);
        let profile = if kind == Some(Kind::Package) {
            inner.not_for("profile", "containers", found);
            None
        } else {
            inner.name("profile", found)
        };
        inner.finish(found);
        let Some(target) = target else { continue };
        once(&mut seen, &target, found);
        out.push(Constraint { target, version, mode, profile });
    }
    out
}
