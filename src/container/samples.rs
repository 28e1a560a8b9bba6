//! Containers and stacks for tests, made from short texts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;

use super::Definition;
use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};
use crate::place::{At, FileId, Place};
use crate::registry::layer::{DependsOn, Port, Volume};
use crate::registry::{Build, ContainerOrigin, External};
use crate::stack::{ContainerInStack, GroupInStack, Link, LinkSort, ProjectFacts, Stack};
use crate::statement::Origin;
use crate::yaml::{Limits, Node};

pub(crate) fn at() -> Place {
    Place { file: FileId(0), start: 0, end: 0 }
}

pub(crate) fn text(text: &str) -> At<String> {
    At::new(text.to_owned(), at())
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(crate) fn container_id(text: &str) -> ComponentId {
    ComponentId::new(Kind::Container, &name(text))
}

pub(crate) fn group_id(text: &str) -> GroupId {
    GroupId::new(Kind::Container, &name(text))
}

/// A YAML text as a tree.
pub(crate) fn node(text: &str) -> Node {
    crate::yaml::read(FileId(0), text, Limits::ENTRY).unwrap()
}

/// A mapping's text as pairs.
pub(crate) fn pairs(text: &str) -> Vec<(At<String>, Node)> {
    let node = node(text);
    let pairs = node.as_map().unwrap().iter();
    pairs.map(|(key, value)| (At::new(key.text.clone(), key.place), value.clone())).collect()
}

/// A published container that runs.
pub(crate) fn container(named: &str) -> ContainerInStack {
    let image = text(&format!("{named}:1"));
    ContainerInStack {
        name: name(named),
        registry: "test".to_owned(),
        release: None,
        mode: Some(Mode::Prod),
        profile: None,
        external: None,
        definition: Definition {
            place: at(),
            origin: Some(At::new(ContainerOrigin::Image { image }, at())),
            root: PathBuf::new(),
            image: None,
            container_name: None,
            service_name: named.to_owned(),
            network_aliases: Vec::new(),
            depends_on: Vec::new(),
            ports: Vec::new(),
            volumes: Vec::new(),
            env: IndexMap::new(),
            compose: IndexMap::new(),
            compose_project: Vec::new(),
            run: true,
        },
        params: IndexMap::new(),
        own_params: IndexMap::new(),
    }
}

impl ContainerInStack {
    pub(crate) fn ports(mut self, lines: &[&str]) -> Self {
        self.definition.ports = lines.iter().map(|line| Port::Short(text(line))).collect();
        self
    }

    pub(crate) fn volumes(mut self, lines: &[&str]) -> Self {
        self.definition.volumes = lines.iter().map(|line| Volume::Short(text(line))).collect();
        self
    }

    pub(crate) fn env(mut self, lines: &[(&str, Option<&str>)]) -> Self {
        let pairs = lines.iter().map(|(key, value)| ((*key).to_owned(), value.map(text)));
        self.definition.env = pairs.collect();
        self
    }

    pub(crate) fn compose(mut self, yaml: &str) -> Self {
        self.definition.compose =
            pairs(yaml).into_iter().map(|(key, node)| (key.value, At::new(node, key.place))).collect();
        self
    }

    pub(crate) fn compose_project(mut self, yaml: &str) -> Self {
        self.definition.compose_project = pairs(yaml);
        self
    }

    pub(crate) fn depends_on(mut self, lines: &[&str]) -> Self {
        let line =
            |(target, how): (&str, Option<Node>)| DependsOn { target: text(target), how, removed: false };
        self.definition.depends_on = lines
            .iter()
            .map(|each| match each.split_once(' ') {
                Some((target, how)) => line((target, Some(node(how)))),
                None => line((each, None)),
            })
            .collect();
        self
    }

    pub(crate) fn built(mut self, path: &str) -> Self {
        self.mode = Some(Mode::Dev);
        let build = Build {
            path: text(path),
            dockerfile: None,
            target: None,
            args: Vec::new(),
            image: None,
            other: Vec::new(),
        };
        self.definition.origin = Some(At::new(ContainerOrigin::Build(build), at()));
        self
    }

    pub(crate) fn build(&mut self) -> &mut Build {
        match &mut self.definition.origin.as_mut().unwrap().value {
            ContainerOrigin::Build(build) | ContainerOrigin::Git { build, .. } => build,
            ContainerOrigin::Image { .. } => panic!("not built"),
        }
    }

    pub(crate) fn external(mut self, keys: &[(&str, &str)]) -> Self {
        let keys = keys.iter().map(|(key, value)| (text(key), text(value))).collect();
        self.external = Some(External { place: at(), keys });
        self.mode = None;
        self.definition.origin = None;
        self
    }

    pub(crate) fn base(mut self) -> Self {
        self.definition.run = false;
        self
    }
}

/// A stack of these containers.
pub(crate) fn stack(containers: impl IntoIterator<Item = ContainerInStack>) -> Stack {
    let containers: BTreeMap<ComponentId, ContainerInStack> = containers
        .into_iter()
        .map(|container| (ComponentId::new(Kind::Container, &container.name), container))
        .collect();
    Stack {
        project: ProjectFacts {
            name: "demo".to_owned(),
            version: None,
            into_group: None,
            compose_files: Vec::new(),
        },
        packages: BTreeMap::new(),
        containers,
        groups: BTreeMap::new(),
        links: Vec::new(),
        digests: BTreeMap::new(),
    }
}

impl Stack {
    pub(crate) fn group(mut self, named: &str, one: bool, options: &[&str]) -> Self {
        let options = options.iter().map(|option| name(option)).collect();
        self.groups.insert(group_id(named), GroupInStack { one, options });
        self
    }

    /// `from` and `to` in the form `container:NAME`; an option as `container_group:GROUP/OPTION`.
    pub(crate) fn link(mut self, from: &str, sort: LinkSort, to: &str, options: &[&str]) -> Self {
        let from = match from.split_once('/') {
            Some((group, option)) => match TargetId::parse(group).unwrap() {
                TargetId::Group(id) => Origin::Option(id, name(option)),
                TargetId::Component(_) => panic!("not a group"),
            },
            None => match TargetId::parse(from).unwrap() {
                TargetId::Component(id) => Origin::Component(id),
                TargetId::Group(_) => panic!("a group says nothing"),
            },
        };
        let options = options.iter().map(|option| name(option)).collect();
        self.links.push(Link { from, to: TargetId::parse(to).unwrap(), options, sort, mode: None });
        self
    }
}
