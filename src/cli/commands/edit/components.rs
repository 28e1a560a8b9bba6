//! `add`, `remove`, and the families `package` and `container`.

use super::{Context, Fail, Making, choose, groups, names, registry, run};
use crate::cli::Exit;
use crate::cli::args::{Container, ContainerPins, OrAny, Package, PackageSettings, Pins, Then};
use crate::load::{self, MANIFEST, Opened};
use crate::manifest::Manifest;
use crate::manifest::edit::{Change, Setting, is_listed, line_of, speaks_of};
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};
use crate::registry::Entry;
use crate::road::{self, Stop};

pub(in crate::cli::commands) fn package(context: &Context<'_>, command: &Package) -> Result<Exit, Fail> {
    let kind = Some(Kind::Package);
    match command {
        Package::Add { names, pins, settings, then } => {
            let settings = Settings { pins, packages: Some(settings), containers: None };
            added(context, "hsm package add", kind, names, &settings, then)
        }
        Package::Init(args) => registry::init(context, args),
        Package::Remove { names, then } => removed(context, "hsm package remove", kind, names, then),
        Package::Mode { name, mode, then } => {
            let pin =
                Pin { what: "hsm package mode", kind: Kind::Package, name, removes: mode.mode().is_none() };
            pinned(context, &pin, then, |id, name, _| Ok(Change::SetMode(id, name, mode.mode())))
        }
        Package::Version { name, version, then } => {
            let version = version.value();
            let pin =
                Pin { what: "hsm package version", kind: Kind::Package, name, removes: version.is_none() };
            pinned(context, &pin, then, |id, name, _| Ok(Change::SetVersion(id, name, version)))
        }
    }
}

pub(in crate::cli::commands) fn container(context: &Context<'_>, command: &Container) -> Result<Exit, Fail> {
    let kind = Kind::Container;
    match command {
        Container::Add { names, pins, then } => {
            let settings = Settings { pins: &pins.pins, packages: None, containers: Some(pins) };
            added(context, "hsm container add", Some(kind), names, &settings, then)
        }
        Container::Remove { names, then } => {
            removed(context, "hsm container remove", Some(kind), names, then)
        }
        Container::Mode { name, mode, then } => {
            let pin = Pin { what: "hsm container mode", kind, name, removes: mode.mode().is_none() };
            pinned(context, &pin, then, |id, name, _| Ok(Change::SetMode(id, name, mode.mode())))
        }
        Container::Version { name, version, then } => {
            let version = version.value();
            let pin = Pin { what: "hsm container version", kind, name, removes: version.is_none() };
            pinned(context, &pin, then, |id, name, _| Ok(Change::SetVersion(id, name, version)))
        }
        Container::Profile { name, profile, then } => {
            let pin = Pin { what: "hsm container profile", kind, name, removes: *profile == OrAny::Any };
            pinned(context, &pin, then, |id, name, opened| {
                let profile = profile.value().map(|text| known_profile(&text, &id, opened)).transpose()?;
                Ok(Change::SetProfile(id, name, profile))
            })
        }
        Container::Port { name, ports, then } => {
            let any = ports.as_slice() == ["any"];
            let ports = if any { Vec::new() } else { ports.clone() };
            let pin = Pin { what: "hsm container port", kind, name, removes: any };
            pinned(context, &pin, then, |id, name, _| Ok(Change::SetPorts(id, name, ports)))
        }
    }
}

pub(in crate::cli::commands) fn add(
    context: &Context<'_>,
    typed: &[String],
    pins: &ContainerPins,
    settings: &PackageSettings,
    then: &Then,
) -> Result<Exit, Fail> {
    let settings = Settings { pins: &pins.pins, packages: Some(settings), containers: Some(pins) };
    added(context, "hsm add", None, typed, &settings, then)
}

pub(in crate::cli::commands) fn remove(
    context: &Context<'_>,
    typed: &[String],
    then: &Then,
) -> Result<Exit, Fail> {
    removed(context, "hsm remove", None, typed, then)
}

/// What is said of each component that is added.
struct Settings<'a> {
    pins: &'a Pins,
    packages: Option<&'a PackageSettings>,
    containers: Option<&'a ContainerPins>,
}

impl Settings<'_> {
    /// Lists a component and sets what is said of it.
    fn changes(&self, id: &ComponentId, name: &Name, opened: &mut Opened<'_>) -> Result<Vec<Change>, Fail> {
        let mut all = vec![Change::Add(id.clone(), name.clone())];
        if let Some(mode) = self.pins.mode {
            all.push(Change::SetMode(id.clone(), name.clone(), Some(mode.into())));
        }
        if let Some(version) = &self.pins.version {
            all.push(Change::SetVersion(id.clone(), name.clone(), Some(version.clone())));
        }
        if let Some(profile) = self.profile() {
            let profile = known_profile(profile, id, opened)?;
            all.push(Change::SetProfile(id.clone(), name.clone(), Some(profile)));
        }
        if let Some(ports) = self.containers.map(|c| &c.ports).filter(|ports| !ports.is_empty()) {
            all.push(Change::SetPorts(id.clone(), name.clone(), ports.clone()));
        }
        all.extend(self.others().into_iter().map(|set| Change::Set(id.clone(), name.clone(), set)));
        Ok(all)
    }

    /// Names a group and sets what is said of its line.
    fn of_group(
        &self,
        context: &Context<'_>,
        id: &GroupId,
        opened: &mut Opened<'_>,
    ) -> Result<Vec<Change>, Fail> {
        let has_more = self.pins.version.is_some()
            || self.containers.is_some_and(|pins| !pins.ports.is_empty())
            || self.packages.is_some_and(|settings| settings.adopt)
            || !self.others().is_empty();
        if has_more {
            return Err(Fail::usage(format!("{id} is a group: it takes `--mode` and `--profile` only")));
        }
        let (facts, entry) = groups::facts(context, &id.to_string(), opened)?;
        let mut all = vec![Change::AddGroup(facts.clone())];
        if let Some(mode) = self.pins.mode {
            all.push(Change::GroupMode(facts.clone(), Some(mode.into())));
        }
        if let Some(profile) = self.profile() {
            let profile = groups::known_profile(profile, &facts, &entry, opened)?;
            all.push(Change::GroupProfile(facts, Some(profile)));
        }
        Ok(all)
    }

    fn profile(&self) -> Option<&str> {
        self.containers.and_then(|pins| pins.profile.as_deref())
    }

    fn others(&self) -> Vec<Setting> {
        let of_packages = self.packages.into_iter().flat_map(|settings| {
            let extras = (!settings.extras.is_empty()).then(|| Setting::Extras(settings.extras.clone()));
            [extras, settings.marker.clone().map(Setting::Marker)]
        });
        let of_containers = self.containers.into_iter().flat_map(|pins| {
            let volumes = (!pins.volumes.is_empty()).then(|| Setting::Volumes(pins.volumes.clone()));
            let env = (!pins.env.is_empty()).then(|| Setting::Env(pins.env.clone()));
            [volumes, env, pins.image.clone().map(Setting::Image)]
        });
        of_packages.chain(of_containers).flatten().collect()
    }
}

fn added(
    context: &Context<'_>,
    what: &str,
    kind: Option<Kind>,
    typed: &[String],
    settings: &Settings<'_>,
    then: &Then,
) -> Result<Exit, Fail> {
    let typed = choose::given(typed, || choose::to_add(context, what, kind))?;
    let adopt = settings.packages.is_some_and(|settings| settings.adopt);
    run(context, &Making { what, then, asked: typed.asked, adopt }, |opened| {
        if adopt {
            refuse_without_files(opened)?;
        }
        let mut all = Vec::new();
        for text in typed.names.iter() {
            let meant = match kind {
                Some(kind) => kind,
                None => match names::any(text, opened, context.ask())? {
                    TargetId::Component(id) => id.kind(),
                    TargetId::Group(id) => {
                        all.extend(settings.of_group(context, &id, opened)?);
                        continue;
                    }
                },
            };
            let (id, name) = names::component(Some(meant), text, opened, context.ask())?;
            if adopt && id.kind() != Kind::Package {
                return Err(Fail::usage(format!("{id} is no package: there is nothing to hand over")));
            }
            all.extend(settings.changes(&id, &name, opened)?);
        }
        Ok(all)
    })
}

/// A package manager that writes nothing of the user's has nothing to take over.
fn refuse_without_files(opened: &Opened<'_>) -> Result<(), Fail> {
    match road::takes_over(&opened.manifest, &opened.sources)? {
        (_, true) => Ok(()),
        (name, false) => Err(Fail::usage(format!(
            "{name} writes into no file of yours, so there is nothing to hand over: leave out `--adopt`"
        ))),
    }
}

fn removed(
    context: &Context<'_>,
    what: &str,
    kind: Option<Kind>,
    typed: &[String],
    then: &Then,
) -> Result<Exit, Fail> {
    let typed = choose::given(typed, || choose::to_remove(context, what, kind))?;
    run(context, &Making { what, then, asked: typed.asked, adopt: false }, |opened| {
        let each = typed.names.iter().map(|text| match said(context, kind, text, opened)? {
            TargetId::Group(id) => Ok(Change::RemoveGroup(groups::named(context, &id.to_string(), opened)?)),
            TargetId::Component(id) => Ok(Change::Remove(id)),
        });
        each.collect()
    })
}

/// A command that pins one component.
struct Pin<'a> {
    what: &'static str,
    kind: Kind,
    name: &'a str,
    /// Whether the pin goes: then a component that no registry has any more will do.
    removes: bool,
}

fn pinned(
    context: &Context<'_>,
    pin: &Pin<'_>,
    then: &Then,
    change: impl FnOnce(ComponentId, Name, &mut Opened<'_>) -> Result<Change, Fail>,
) -> Result<Exit, Fail> {
    run(context, &Making::typed(pin.what, then), |opened| {
        let found = names::component(Some(pin.kind), pin.name, opened, context.ask());
        let (id, name) = match found {
            Ok(found) => found,
            Err(fail) if pin.removes => {
                let typed = names::typed(Some(pin.kind), pin.name)?;
                let said = typed.0.into_iter().find(|id| speaks_of(&opened.manifest, id)).ok_or(fail)?;
                (said, typed.1)
            }
            Err(fail) => return Err(fail),
        };
        Ok(vec![change(id, name, opened)?])
    })
}

/// A profile that the container has.
fn known_profile(text: &str, id: &ComponentId, opened: &mut Opened<'_>) -> Result<Name, Fail> {
    let profile = names::profile(text)?;
    let entry = opened.registries.load(&TargetId::Component(id.clone()), &mut opened.sources);
    let entry = entry
        .map_err(|diagnostics| Stop::Wrong(load::Report { sources: opened.sources.clone(), diagnostics }))?;
    // what a package has to do with profiles the edit says
    if let Some(Entry::Container(entry)) = entry.as_deref() {
        let all: Vec<&str> = entry.profiles.iter().map(|profile| profile.name.value.as_str()).collect();
        if !all.contains(&text) {
            let near = crate::names::nearest(text, all.iter().copied());
            return Err(names::not_among(&id.to_string(), "profile", text, near, &all));
        }
    }
    Ok(profile)
}

/// What is meant by what is to be removed: the manifest knows its kind. Without a kind, groups that it names count too.
fn said(
    context: &Context<'_>,
    kind: Option<Kind>,
    text: &str,
    opened: &mut Opened<'_>,
) -> Result<TargetId, Fail> {
    let carried = names::typed_kind(text)?;
    if kind.is_none()
        && let Some(group @ TargetId::Group(_)) = carried
    {
        return Ok(group);
    }
    let components = names::typed(kind, text)?.0;
    let groups = match (kind, &carried) {
        (None, None) => names::typed_groups(text)?,
        _ => Vec::new(),
    };
    let manifest = &opened.manifest;
    let named = groups.into_iter().filter(|id| line_of(manifest, id).is_some()).map(TargetId::Group);
    let listed = components.iter().filter(|id| is_listed(manifest, id)).cloned().map(TargetId::Component);
    let found: Vec<TargetId> = named.chain(listed).collect();
    match (found.as_slice(), components.as_slice()) {
        ([one], _) => Ok(one.clone()),
        ([], [one]) => Ok(TargetId::Component(one.clone())),
        ([], _) => {
            let there = components.into_iter().map(TargetId::Component);
            let there: Vec<TargetId> = there.filter(|target| opened.registries.contains(target)).collect();
            Err(Fail::usage(format!("{MANIFEST} does not list `{text}`{}", near(text, &there, manifest))))
        }
        (several, _) => names::which(text, &several.iter().collect::<Vec<_>>(), opened, context.ask()),
    }
}

/// What may be meant by a name that the manifest does not list, and who says whether something else brings it.
fn near(text: &str, there: &[TargetId], manifest: &Manifest) -> String {
    let items = manifest.dependencies.items.iter().chain(&manifest.services.items);
    let near = crate::names::nearest(text, items.map(|item| item.name.value.as_str()));
    match (near, there) {
        (Some(near), []) => format!("; did you mean `{near}`?"),
        (None, []) => "; no registry has it either".to_owned(),
        (_, there) => {
            let asked: Vec<String> = there.iter().map(|target| format!("`hsm why {target}`")).collect();
            let says = if asked.len() == 1 { "says" } else { "say" };
            format!(" by itself; {} {says} whether something else brings it", asked.join(" and "))
        }
    }
}
