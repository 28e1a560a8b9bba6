//! What an entry names: the targets of its rules, its options, what it depends on and what it is built from.
//!
//! Owns: every place where an entry names another one. Refuses: looking at whether that one is there.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::layer::{DependsOn, Layer};
use super::{Container, Demand, Demands, Entry, Group, Package, Rules};
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId, pep503};
use crate::place::{At, Place};
use crate::yaml::{self, Key, Limits, Node, Value};

/// How an entry names another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// In `implies`.
    Implies,
    /// In `requires` of a source.
    Requires,
    /// In `conflicts`.
    Conflicts,
    /// As one of its options.
    Option,
    /// As an option that it demands of a group.
    Demands,
    /// In `depends_on`.
    DependsOn,
    /// By its image, in a build.
    BuildsFrom,
    /// In `extends`.
    Extends,
    /// In `deprecated`.
    Replacement,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Implies => "implies it",
            Self::Requires => "requires it for a build",
            Self::Conflicts => "conflicts with it",
            Self::Option => "has it as an option",
            Self::Demands => "demands it as an option",
            Self::DependsOn => "depends on it",
            Self::BuildsFrom => "is built from it",
            Self::Extends => "extends it",
            Self::Replacement => "names it as what to use instead",
        })
    }
}

/// One place at which an entry names another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// What is named.
    pub target: TargetId,
    /// What it may be instead: a name in `depends_on` may be a container's or a group's.
    pub or: Option<TargetId>,
    /// How.
    pub how: How,
    /// Where.
    pub place: Place,
    /// What is demanded of it, as it is written; for `implies`, `requires` and `conflicts`.
    pub demand: Option<String>,
    /// The option that names it, in a group.
    pub option: Option<Name>,
    /// The registry that is meant, where one is named.
    pub registry: Option<String>,
}

impl Mention {
    /// Whether it names that target.
    pub fn is_of(&self, target: &TargetId) -> bool {
        self.target == *target || self.or.as_ref() == Some(target)
    }
}

/// Everything that an entry names, in the order of its parts. `text` is that of its file.
pub fn mentions(entry: &Entry, text: &str) -> Vec<Mention> {
    let root = yaml::read(entry.common().file, text, Limits::GROUP).ok();
    let mut out = Out { values: HashMap::new(), found: Vec::new() };
    if let Some(root) = &root {
        out.take_values(root);
    }
    match entry {
        Entry::Package(package) => out.package(package),
        Entry::Container(container) => out.container(container),
        Entry::Group(group) => out.group(group),
    }
    if let Some(instead) = entry.common().deprecated.as_ref().and_then(|old| old.instead.as_ref()) {
        let target = match entry.id() {
            TargetId::Component(id) => TargetId::Component(ComponentId::new(id.kind(), &instead.value)),
            TargetId::Group(id) => TargetId::Group(GroupId::new(id.kind, &instead.value)),
        };
        out.plain(target, How::Replacement, instead.place);
    }
    // what a release inherits stands in the file once
    let mut seen = BTreeSet::new();
    out.found.retain(|mention| seen.insert((mention.place, mention.how, mention.target.clone())));
    out.found
}

/// Whether a text may name something: names are compared as loosely as those of packages.
pub fn may_name(text: &str, name: &Name) -> bool {
    pep503(text).contains(pep503(name.as_str()).as_ref())
}

struct Out<'n> {
    /// What stands behind each key, by the key's first byte.
    values: HashMap<u32, &'n Node>,
    found: Vec<Mention>,
}

impl<'n> Out<'n> {
    fn take_values(&mut self, node: &'n Node) {
        for (key, value) in node.as_map().unwrap_or_default() {
            self.values.insert(key.place.start, value);
            self.take_values(value);
        }
        node.as_list().unwrap_or_default().iter().for_each(|item| self.take_values(item));
    }

    fn package(&mut self, package: &Package) {
        self.rules(&package.rules, None);
        for release in &package.releases {
            self.rules(&release.rules, None);
            release.sources.iter().for_each(|source| self.rules(&source.rules, None));
        }
    }

    fn container(&mut self, container: &Container) {
        self.rules(&container.rules, None);
        self.layer(&container.layer);
        for release in &container.releases {
            self.rules(&release.rules, None);
            self.layer(&release.layer);
            for source in &release.sources {
                self.rules(&source.rules, None);
                self.layer(&source.layer);
                self.demands(&source.requires, How::Requires, None);
                for (name, place) in source.images() {
                    let target = TargetId::Component(ComponentId::new(Kind::Container, &name));
                    self.plain(target, How::BuildsFrom, place);
                }
            }
        }
        for profile in &container.profiles {
            self.rules(&profile.rules, None);
            self.layer(&profile.layer);
        }
    }

    fn group(&mut self, group: &Group) {
        for option in &group.options {
            let target = TargetId::Component(group.id.option(&option.name.value));
            self.plain(target, How::Option, option.name.place);
            self.rules(&option.rules, Some(&option.name.value));
        }
        if let Some(extends) = &group.extends {
            let Some((registry, name)) = extends.value.split_once('/') else { return };
            let Ok(name) = Name::parse(name) else { return };
            self.plain(TargetId::Group(GroupId::new(group.id.kind, &name)), How::Extends, extends.place);
            if let Some(mention) = self.found.last_mut() {
                mention.registry = Some(registry.to_owned());
            }
        }
    }

    fn plain(&mut self, target: TargetId, how: How, place: Place) {
        let (or, demand, option, registry) = (None, None, None, None);
        self.found.push(Mention { target, or, how, place, demand, option, registry });
    }

    fn rules(&mut self, rules: &Rules, option: Option<&Name>) {
        self.demands(&rules.implies, How::Implies, option);
        for line in &rules.conflicts {
            self.plain(line.target.value.clone(), How::Conflicts, line.target.place);
            let demand = (!line.version.value.is_any()).then(|| line.version.value.to_string());
            self.say(demand, option);
        }
    }

    fn demands(&mut self, demands: &[Demand], how: How, option: Option<&Name>) {
        for line in demands {
            self.plain(line.target.value.clone(), how, line.target.place);
            let demand = self.demand(&line.target, &line.what);
            self.say(demand, option);
            if let (TargetId::Group(group), Demands::Group { options, .. }) = (&line.target.value, &line.what)
            {
                for name in options {
                    let target = TargetId::Component(group.option(&name.value));
                    self.plain(target, How::Demands, name.place);
                    self.say(None, option);
                }
            }
        }
    }

    /// What is said of the last one.
    fn say(&mut self, demand: Option<String>, option: Option<&Name>) {
        if let Some(last) = self.found.last_mut() {
            last.demand = demand;
            last.option = option.cloned();
        }
    }

    /// A demand in one line.
    fn demand(&self, target: &At<TargetId>, what: &Demands) -> Option<String> {
        match what {
            Demands::Removed => Some("false".to_owned()),
            _ => self.values.get(&target.place.start).and_then(|value| one_line(value)),
        }
    }

    fn layer(&mut self, layer: &Layer) {
        layer.depends_on.iter().filter(|line| !line.removed).for_each(|line| self.depends_on(line));
    }

    fn depends_on(&mut self, line: &DependsOn) {
        let (text, place) = (line.target.value.as_str(), line.target.place);
        if let Ok(target) = TargetId::parse(text) {
            return self.plain(target, How::DependsOn, place);
        }
        let Ok(name) = Name::parse(text) else { return };
        let component = TargetId::Component(ComponentId::new(Kind::Container, &name));
        self.plain(component, How::DependsOn, place);
        if let Some(mention) = self.found.last_mut() {
            mention.or = Some(TargetId::Group(GroupId::new(Kind::Container, &name)));
        }
    }
}

/// A value in one line, as people write it; nothing for nothing.
fn one_line(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null => None,
        Value::Scalar { text, .. } if text == "*" => None,
        Value::Scalar { text, .. } => Some(text.clone()),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| one_line(item).unwrap_or_default()).collect();
            Some(format!("[{}]", items.join(", ")))
        }
        Value::Map(pairs) => {
            let pair = |(key, value): &(Key, Node)| {
                one_line(value).map_or_else(|| key.text.clone(), |value| format!("{}: {value}", key.text))
            };
            Some(format!("{{{}}}", pairs.iter().map(pair).collect::<Vec<_>>().join(", ")))
        }
    }
}
