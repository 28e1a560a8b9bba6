//! What a manifest means, without places, and what it must mean after a change.

use std::collections::BTreeMap;

use hsm::manifest::edit::{Change, GroupFacts, Setting};
use hsm::manifest::{Constraint, GroupLine, Item, Mode, read};
use hsm::names::{ComponentId, GroupId, Kind, Name, TargetId};
use hsm::place::{At, Sources};
use hsm::registry::layer::{self, Port, Volume};
use hsm::version::VersionDemand;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pinned {
    pub(crate) name: String,
    pins: BTreeMap<&'static str, String>,
    pub(crate) ports: String,
    /// Extras, marker, volumes, env and image.
    others: BTreeMap<String, String>,
}

impl Pinned {
    fn bare(name: &Name) -> Self {
        Self { name: name.to_string(), pins: BTreeMap::new(), ports: String::new(), others: BTreeMap::new() }
    }

    fn is(&self, id: &ComponentId) -> bool {
        ComponentId::new(id.kind(), &Name::parse(&self.name).expect("a name")) == *id
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Line {
    pub(crate) selection: Option<Vec<Pinned>>,
    pub(crate) exclude: Vec<String>,
    pub(crate) own: BTreeMap<&'static str, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meaning {
    mode: Option<String>,
    adapters: [Option<String>; 2],
    pub(crate) listed: BTreeMap<Kind, Vec<Pinned>>,
    pub(crate) lines: BTreeMap<GroupId, Line>,
    pub(crate) constraints: Vec<(TargetId, BTreeMap<&'static str, String>)>,
}

fn pins_of(
    version: Option<&VersionDemand>,
    mode: Option<Mode>,
    profile: Option<&Name>,
) -> BTreeMap<&'static str, String> {
    let version = version.map(|v| ("version", v.as_str().to_owned()));
    let mode = mode.map(|m| ("mode", m.to_string()));
    let profile = profile.map(|p| ("profile", p.to_string()));
    [version, mode, profile].into_iter().flatten().collect()
}

fn pinned(item: &Item) -> Pinned {
    let version = item.version.as_ref().map(|v| &v.value);
    let ports = item.layer.ports.iter().map(|port| match port {
        Port::Short(text) => text.value.clone(),
        other => format!("{other:?}"),
    });
    let marker = item.marker.as_ref().map(|marker| ("marker".to_owned(), marker.value.clone()));
    let image = match &item.layer.image {
        layer::Setting::Set(image) => Some(("image".to_owned(), image.value.clone())),
        _ => None,
    };
    let extras = item.extras.iter().map(|extra| extra.value.clone()).collect::<Vec<_>>().join(" ");
    let volumes = item.layer.volumes.iter().map(|volume| match volume {
        Volume::Short(text) => text.value.clone(),
        other => format!("{other:?}"),
    });
    let volumes = volumes.collect::<Vec<_>>().join(" ");
    let env = item.layer.env.iter().map(|(key, value)| {
        (format!("env {}", key.value), value.as_ref().map(|value| value.value.clone()).unwrap_or_default())
    });
    let lists = [("extras", extras), ("volumes", volumes)];
    let lists = lists.into_iter().filter(|(_, all)| !all.is_empty());
    let others = marker.into_iter().chain(image);
    let others = others.chain(lists.map(|(key, all)| (key.to_owned(), all))).chain(env);
    Pinned {
        others: others.collect(),
        name: item.name.value.to_string(),
        pins: pins_of(version, item.mode.as_ref().map(|m| m.value), item.profile.as_ref().map(|p| &p.value)),
        ports: ports.collect::<Vec<_>>().join(" "),
    }
}

pub(crate) fn meaning(text: &str) -> Meaning {
    let mut sources = Sources::new();
    let file = sources.add("hsm.yaml", text);
    let (manifest, found) = read(&sources, file);
    assert!(found.is_empty(), "{found:?}\n{text}");
    let manifest = manifest.expect("a manifest");
    let line = |line: &GroupLine| {
        let mode = line.mode.as_ref().map(|m| m.value);
        let read = Line {
            selection: line.selection.as_ref().map(|s| in_order(s.value.iter().map(pinned).collect())),
            exclude: line.exclude.iter().map(|name| name.value.to_string()).collect(),
            own: pins_of(None, mode, line.profile.as_ref().map(|p| &p.value)),
        };
        (line.group.value.clone(), read)
    };
    let constraint = |one: &Constraint| {
        let version = one.version.as_ref().map(|v| &v.value);
        let profile = one.profile.as_ref().map(|p| &p.value);
        (one.target.value.clone(), pins_of(version, one.mode.as_ref().map(|m| m.value), profile))
    };
    let (dependencies, services) = (&manifest.dependencies, &manifest.services);
    let adapter = |name: &Option<At<String>>| name.as_ref().map(|name| name.value.clone());
    Meaning {
        mode: manifest.project.mode.as_ref().map(|mode| mode.value.to_string()),
        adapters: [adapter(&dependencies.package_manager), adapter(&manifest.project.container_engine)],
        listed: BTreeMap::from([
            (Kind::Package, dependencies.items.iter().map(pinned).collect()),
            (Kind::Container, services.items.iter().map(pinned).collect()),
        ]),
        lines: dependencies.groups.iter().chain(&services.groups).map(line).collect(),
        constraints: manifest.constraints.iter().map(constraint).collect(),
    }
}

/// The order of a selection has no meaning.
fn in_order(mut selection: Vec<Pinned>) -> Vec<Pinned> {
    selection.sort_by(|a, b| a.name.cmp(&b.name));
    selection
}

impl Meaning {
    /// The settings of all items of a component, its own first, and of its constraint.
    pub(crate) fn all_of(&mut self, id: &ComponentId) -> Vec<&mut BTreeMap<&'static str, String>> {
        let is = |item: &&mut Pinned| {
            ComponentId::new(id.kind(), &Name::parse(&item.name).expect("a name")) == *id
        };
        let listed = self.listed.get_mut(&id.kind()).into_iter().flatten();
        let lines = self.lines.iter_mut().filter(|(group, _)| group.kind == id.kind());
        let selected = lines.flat_map(|(_, line)| line.selection.iter_mut().flatten());
        let items = listed.chain(selected).filter(is).map(|item| &mut item.pins);
        let target = TargetId::Component(id.clone());
        let constraint = self.constraints.iter_mut().filter(|(own, _)| *own == target).map(|(_, pins)| pins);
        items.chain(constraint).collect()
    }

    fn pin(&mut self, id: &ComponentId, key: &'static str, value: Option<&String>) {
        let target = TargetId::Component(id.clone());
        let constrained = |pins: &BTreeMap<_, _>| pins.contains_key(key);
        let emptied = self
            .constraints
            .iter()
            .position(|(own, pins)| *own == target && constrained(pins) && pins.len() == 1);
        let mut all = self.all_of(id);
        let said = all.iter().any(|pins| value.is_some() && pins.get(key) == value);
        match (all.first_mut(), value) {
            (None, Some(value)) => {
                self.constraints.push((target, BTreeMap::from([(key, value.clone())])));
                return;
            }
            (Some(own), Some(value)) if own.contains_key(key) || !said => {
                own.insert(key, value.clone());
            }
            _ => {}
        }
        for pins in all {
            if pins.get(key) != value {
                pins.remove(key);
            }
        }
        if let Some(index) = emptied.filter(|index| self.constraints[*index].1.is_empty()) {
            self.constraints.remove(index);
        }
    }

    pub(crate) fn items_of(&self, id: &ComponentId) -> Vec<&Pinned> {
        let selected = self.lines.values().flat_map(|line| line.selection.iter().flatten());
        let items = self.listed[&id.kind()].iter().chain(selected);
        items.filter(|item| item.name == id.name().as_str()).collect()
    }

    fn set_ports(&mut self, id: &ComponentId, ports: &[String]) {
        let listed = self.listed.get_mut(&id.kind()).into_iter().flatten();
        let lines = self.lines.iter_mut().filter(|(group, _)| group.kind == id.kind());
        let selected = lines.flat_map(|(_, line)| line.selection.iter_mut().flatten());
        let mut items: Vec<&mut Pinned> =
            listed.chain(selected).filter(|item| item.name == id.name().as_str()).collect();
        if ports.is_empty() {
            for item in items {
                item.ports.clear();
            }
        } else if let Some(own) = items.first_mut() {
            own.ports = ports.join(" ");
        } else {
            let item = Pinned { ports: ports.join(" "), ..Pinned::bare(id.name()) };
            self.listed.get_mut(&id.kind()).expect("there").push(item);
        }
    }

    /// What the manifest must mean after a change; `None` where there is nothing that could be changed.
    pub(crate) fn after(&self, change: &Change) -> Option<Self> {
        let mut out = self.clone();
        match change {
            Change::SetMode(id, _, mode) => out.pin(id, "mode", mode.map(|m| m.to_string()).as_ref()),
            Change::SetVersion(id, _, version) => {
                out.pin(id, "version", version.as_ref().map(|v| v.as_str().to_owned()).as_ref());
            }
            Change::SetProfile(id, _, profile) => {
                out.pin(id, "profile", profile.as_ref().map(Name::to_string).as_ref());
            }
            Change::SetPorts(id, _, ports) => out.set_ports(id, ports),
            Change::GroupMode(group, mode) => out.own(group, "mode", mode.map(|m| m.to_string())),
            Change::GroupProfile(group, profile) => {
                out.own(group, "profile", profile.as_ref().map(Name::to_string));
            }
            Change::Include(group, options) => {
                let line = out.lines.get_mut(&group.id)?;
                for option in options {
                    let at = line.exclude.iter().position(|own| own == option.as_str())?;
                    line.exclude.remove(at);
                }
            }
            Change::Exclude(group, options) => {
                let line = out.lines.entry(group.id.clone()).or_default();
                for option in options.iter().map(Name::to_string) {
                    if !line.exclude.contains(&option) {
                        line.exclude.push(option);
                    }
                }
            }
            Change::PackageManager(name) => out.adapters[0] = Some((*name).to_owned()),
            Change::ContainerEngine(name) => out.adapters[1] = Some((*name).to_owned()),
            Change::AddGroup(group) => {
                out.lines.entry(group.id.clone()).or_default();
            }
            Change::RemoveGroup(group) => {
                out.lines.remove(&group.id)?;
            }
            Change::Mode(mode) => out.mode = Some(mode.to_string()),
            Change::Add(id, name) => {
                let listed = out.listed.get_mut(&id.kind()).expect("there");
                if !listed.iter().any(|item| item.is(id)) {
                    listed.push(Pinned::bare(name));
                }
            }
            Change::Remove(id) => {
                let listed = out.listed.get_mut(&id.kind()).expect("there");
                let at = listed.iter().position(|item| item.is(id))?;
                listed.remove(at);
            }
            Change::Set(id, name, setting) => out.set(id, name, setting),
            Change::Select(group, options) => out.select(group, options)?,
            Change::AddOptions(group, options) => {
                let held = self.selected(group).into_iter().flatten();
                let held = held.map(|item| Name::parse(&item.name).expect("a name"));
                let all =
                    if group.one { options.clone() } else { held.chain(options.iter().cloned()).collect() };
                out.select(group, &all)?;
            }
            Change::RemoveOptions(group, options) => {
                let line = out.lines.get_mut(&group.id)?;
                let gone = |item: &Pinned| options.iter().any(|option| item.is(&group.id.option(option)));
                let selection = line.selection.as_mut()?;
                if !options
                    .iter()
                    .all(|option| selection.iter().any(|item| item.is(&group.id.option(option))))
                {
                    return None;
                }
                selection.retain(|item| !gone(item));
                if group.one {
                    line.selection = None;
                }
            }
        }
        Some(out)
    }

    pub(crate) fn selected(&self, group: &GroupFacts) -> Option<&Vec<Pinned>> {
        self.lines.get(&group.id)?.selection.as_ref()
    }

    /// What stays keeps its place and its settings; what comes follows.
    fn select(&mut self, group: &GroupFacts, options: &[Name]) -> Option<()> {
        let mut wanted: Vec<&Name> = Vec::new();
        for option in options {
            if !wanted.iter().any(|other| group.id.option(other) == group.id.option(option)) {
                wanted.push(option);
            }
        }
        if group.one && wanted.len() != 1 {
            return None;
        }
        let line = self.lines.entry(group.id.clone()).or_default();
        let old = line.selection.take().unwrap_or_default();
        let stays = |item: &Pinned| wanted.iter().any(|option| item.is(&group.id.option(option)));
        let mut new: Vec<Pinned> =
            if group.one && old.len() != 1 { Vec::new() } else { old.into_iter().filter(stays).collect() };
        for option in wanted {
            if !new.iter().any(|item| item.is(&group.id.option(option))) {
                new.push(Pinned::bare(option));
            }
        }
        line.selection = Some(in_order(new));
        Some(())
    }

    fn set(&mut self, id: &ComponentId, name: &Name, setting: &Setting) {
        let listed = self.listed.get_mut(&id.kind()).expect("there");
        let lines = self.lines.iter_mut().filter(|(group, _)| group.kind == id.kind());
        let selected = lines.flat_map(|(_, line)| line.selection.iter_mut().flatten());
        let mut new = Pinned::bare(name);
        let is_there = listed.iter().any(|item| item.is(id));
        let mut own = listed.iter_mut().chain(selected).find(|item| item.is(id));
        let others = own.as_mut().map_or(&mut new.others, |own| &mut own.others);
        match setting {
            Setting::Extras(all) | Setting::Volumes(all) => {
                others.insert(setting.key().to_owned(), all.join(" "));
            }
            Setting::Marker(text) | Setting::Image(text) => {
                others.insert(setting.key().to_owned(), text.clone());
            }
            Setting::Env(pairs) => {
                others.extend(pairs.iter().map(|(key, value)| (format!("env {key}"), value.clone())));
            }
        }
        if own.is_none() && !is_there {
            self.listed.get_mut(&id.kind()).expect("there").push(new);
        }
    }

    fn own(&mut self, group: &GroupFacts, key: &'static str, value: Option<String>) {
        match value {
            Some(value) => {
                self.lines.entry(group.id.clone()).or_default().own.insert(key, value);
            }
            None => {
                self.lines.get_mut(&group.id).and_then(|line| line.own.remove(key));
            }
        }
    }
}
