//! `add`, `remove`, and the families `package` and `container`.

use super::{Context, Fail, names, run};
use crate::cli::Exit;
use crate::cli::args::{Container, ContainerPins, OrAny, Package, Pins, Then};
use crate::load::{self, MANIFEST, Opened};
use crate::manifest::Manifest;
use crate::manifest::edit::{Change, is_listed, speaks_of};
use crate::names::{ComponentId, Kind, Name, TargetId};
use crate::registry::Entry;
use crate::road::Stop;

pub(in crate::cli::commands) fn package(context: &Context<'_>, command: &Package) -> Result<Exit, Fail> {
    let kind = Some(Kind::Package);
    match command {
        Package::Add { names, pins, then } => {
            added(context, "hsm package add", kind, names, &Settings::of(pins), then)
        }
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
            added(context, "hsm container add", Some(kind), names, &Settings::of_container(pins), then)
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
    then: &Then,
) -> Result<Exit, Fail> {
    added(context, "hsm add", None, typed, &Settings::of_container(pins), then)
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
    profile: Option<&'a str>,
    ports: &'a [String],
}

impl<'a> Settings<'a> {
    fn of(pins: &'a Pins) -> Self {
        Self { pins, profile: None, ports: &[] }
    }

    fn of_container(pins: &'a ContainerPins) -> Self {
        Self { pins: &pins.pins, profile: pins.profile.as_deref(), ports: &pins.ports }
    }

    /// Lists a component and sets what is said of it.
    fn changes(&self, id: &ComponentId, name: &Name, opened: &mut Opened<'_>) -> Result<Vec<Change>, Fail> {
        let mut all = vec![Change::Add(id.clone(), name.clone())];
        if let Some(mode) = self.pins.mode {
            all.push(Change::SetMode(id.clone(), name.clone(), Some(mode.into())));
        }
        if let Some(version) = &self.pins.version {
            all.push(Change::SetVersion(id.clone(), name.clone(), Some(version.clone())));
        }
        if let Some(profile) = self.profile {
            let profile = known_profile(profile, id, opened)?;
            all.push(Change::SetProfile(id.clone(), name.clone(), Some(profile)));
        }
        if !self.ports.is_empty() {
            all.push(Change::SetPorts(id.clone(), name.clone(), self.ports.to_vec()));
        }
        Ok(all)
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
    run(context, what, then, |opened| {
        let mut all = Vec::new();
        for text in typed {
            let (id, name) = names::component(kind, text, opened)?;
            all.extend(settings.changes(&id, &name, opened)?);
        }
        Ok(all)
    })
}

fn removed(
    context: &Context<'_>,
    what: &str,
    kind: Option<Kind>,
    typed: &[String],
    then: &Then,
) -> Result<Exit, Fail> {
    run(context, what, then, |opened| {
        typed.iter().map(|text| Ok(Change::Remove(listed(kind, text, &opened.manifest)?))).collect()
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
    run(context, pin.what, then, |opened| {
        let found = names::component(Some(pin.kind), pin.name, opened);
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

/// The component that is meant by what is to be removed: the manifest knows its kind.
fn listed(kind: Option<Kind>, text: &str, manifest: &Manifest) -> Result<ComponentId, Fail> {
    let candidates = names::typed(kind, text)?.0;
    let found: Vec<&ComponentId> = candidates.iter().filter(|id| is_listed(manifest, id)).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => match candidates.as_slice() {
            [one] => Ok(one.clone()),
            _ => Err(Fail::usage(format!("{MANIFEST} does not list `{text}`{}", near(text, manifest)))),
        },
        several => {
            let names: Vec<String> = several.iter().map(|id| format!("`{id}`")).collect();
            Err(Fail::usage(format!("`{text}` is ambiguous: say {}", names.join(" or "))))
        }
    }
}

/// What may be meant by a name that the manifest does not list.
fn near(text: &str, manifest: &Manifest) -> String {
    let items = manifest.dependencies.items.iter().chain(&manifest.services.items);
    let near = crate::names::nearest(text, items.map(|item| item.name.value.as_str()));
    near.map_or_else(
        || format!(" by itself; `hsm why {text}` says whether something else brings it"),
        |near| format!("; did you mean `{near}`?"),
    )
}
