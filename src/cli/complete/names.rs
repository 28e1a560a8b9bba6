//! The names that a project has for an argument.
//!
//! Owns: finding them with as little reading as will do: listings of directories, `hsm.yaml`, `hsm.lock`, and the one
//! entry that was typed. Refuses: reporting what is wrong with any of them; what cannot be read has no names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::sources::Source;
use super::spot::Spot;
use super::{About, Candidate};
use crate::cli::offers::{self, Component, Purpose};
use crate::load::{self, Opened, Remote};
use crate::manifest::edit::line_of;
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};
use crate::place::At;
use crate::registry::Entry;
use crate::road;
use crate::version::Version;
use crate::world::World;

/// A project that can be read.
pub(super) struct Project<'w> {
    opened: Opened<'w>,
    root: PathBuf,
    world: &'w dyn World,
}

impl<'w> Project<'w> {
    /// The project of a directory, if all that names need can be read.
    pub(super) fn of(directory: Option<&str>, world: &'w dyn World) -> Option<Self> {
        let current = world.current_dir().ok()?;
        let start = directory.map_or(current.clone(), |dir| current.join(at_home(dir, world)));
        let root = road::find_project(&start, world).ok()?;
        let opened = Remote::forbidden(world).reading(|pins| load::open(&root, world, pins)).ok()?;
        Some(Self { opened, root, world })
    }

    /// What is said about a component or group.
    pub(super) fn about(&mut self, target: &TargetId) -> String {
        self.opened.about(target)
    }

    /// The values of an argument.
    pub(super) fn values(&mut self, source: Source, spot: &Spot<'_>) -> Vec<Candidate> {
        match source {
            Source::Unlisted(kind) => {
                let groups = offers::unnamed_groups(&self.opened);
                self.targets(kind, offers::unlisted(kind, &self.opened), groups, spot)
            }
            Source::Listed(kind) => {
                let groups = offers::named_groups(&self.opened.manifest);
                self.targets(kind, offers::listed(kind, &self.opened.manifest), groups, spot)
            }
            Source::Stack(kind) => self.components(kind, self.stack(kind), spot),
            Source::Anything => {
                let all = offers::visible(None, &self.opened);
                self.targets(None, all, offers::groups(&self.opened), spot)
            }
            Source::Visible(kind) => self.components(kind, offers::visible(kind, &self.opened), spot),
            Source::Registries => {
                let all = self.opened.registries.dirs().map(|(name, _)| name.to_owned());
                all.map(|name| Candidate::about(name, String::new())).collect()
            }
            Source::Entrypoints => self.entrypoints(spot),
            Source::Groups => self.groups(offers::groups(&self.opened), spot),
            Source::UnnamedGroups => self.groups(offers::unnamed_groups(&self.opened), spot),
            Source::NamedGroups => self.groups(offers::named_groups(&self.opened.manifest), spot),
            Source::GroupsFor(purpose) => self.groups(offers::groups_for(purpose, &self.opened), spot),
            Source::OptionsFor(purpose) => self.options(purpose, spot),
            Source::Releases(kind) => self.releases(kind, spot),
            Source::Profiles => {
                let names = ["name", "names"].into_iter().flat_map(|id| spot.values_of(id));
                let all = names.filter_map(|name| Name::parse(bare(name)).ok());
                let ids = all.map(|name| ComponentId::new(Kind::Container, &name)).collect();
                self.profiles(ids, spot.path.last() == Some(&"profile"))
            }
            Source::GroupProfiles => {
                let entry = self.group(spot).and_then(|id| self.opened.group(&id).ok().flatten());
                let options = entry
                    .iter()
                    .flat_map(|group| group.options.iter().map(|option| group.id.option(&option.name.value)));
                self.profiles(options.collect(), true)
            }
            // these need no project
            Source::Directories
            | Source::Files
            | Source::Free
            | Source::Codes
            | Source::Examples
            | Source::Commands
            | Source::Adapters(_) => Vec::new(),
        }
    }

    /// Components that are listed, selected or locked.
    fn stack(&self, kind: Option<Kind>) -> Vec<Component> {
        let manifest = &self.opened.manifest;
        let mut all = offers::listed(kind, manifest);
        for id in offers::named_groups(manifest) {
            let selected = offers::options_of_line(Purpose::Remove, &id, manifest).into_iter();
            all.extend(selected.map(|name| (id.option(&name), name)));
        }
        let lock = load::locked(&self.root, self.world);
        let locked = lock.iter().flat_map(|lock| lock.components.keys());
        all.extend(locked.map(|id| (id.clone(), id.name().clone())));
        all.retain(|(id, _)| kind.is_none_or(|kind| id.kind() == kind));
        all.sort();
        all.dedup_by(|a, b| a.0 == b.0);
        all
    }

    /// As they are typed: with their kind where the command does not tell it and both have the name, or where a kind
    /// was begun.
    fn components(&self, kind: Option<Kind>, all: Vec<Component>, spot: &Spot<'_>) -> Vec<Candidate> {
        let long = spot.current.contains(':');
        let typed: Vec<&str> = ["name", "names"].into_iter().flat_map(|id| spot.values_of(id)).collect();
        let candidates = all.into_iter().map(|(id, name)| {
            let twin = TargetId::Component(ComponentId::new(id.kind().other(), id.name()));
            let shared = kind.is_none() && self.opened.registries.contains(&twin);
            let value = if long || shared { format!("{}:{name}", id.kind()) } else { name.to_string() };
            Candidate::of(value, TargetId::Component(id))
        });
        candidates.filter(|candidate| !typed.contains(&candidate.value.as_str())).collect()
    }

    /// Components, and where the command says no kind, groups too; a name that several have carries its kind.
    fn targets(
        &self,
        kind: Option<Kind>,
        components: Vec<Component>,
        groups: Vec<GroupId>,
        spot: &Spot<'_>,
    ) -> Vec<Candidate> {
        let mut all = self.components(kind, components, spot);
        if kind.is_some() {
            return all;
        }
        let mut groups = self.groups(groups, spot);
        let names: BTreeSet<String> = all.iter().map(|candidate| candidate.value.clone()).collect();
        for candidate in groups.iter_mut().filter(|candidate| names.contains(&candidate.value)) {
            if let About::Of(target) = &candidate.about {
                candidate.value = target.to_string();
            }
        }
        all.extend(groups);
        all
    }

    fn groups(&self, all: Vec<GroupId>, spot: &Spot<'_>) -> Vec<Candidate> {
        let long = spot.current.contains(':');
        let typed: Vec<&str> = ["groups", "names"].into_iter().flat_map(|id| spot.values_of(id)).collect();
        let word = |id: &GroupId| if long { id.to_string() } else { offers::word_of(id, &self.opened) };
        let candidates = all.into_iter().map(|id| Candidate::of(word(&id), TargetId::Group(id)));
        candidates.filter(|candidate| !typed.contains(&candidate.value.as_str())).collect()
    }

    /// The group that was typed.
    fn group(&self, spot: &Spot<'_>) -> Option<GroupId> {
        let typed = spot.values_of("group").next()?;
        let name = Name::parse(bare(typed)).ok()?;
        let all = [Kind::Package, Kind::Container].map(|kind| GroupId::new(kind, &name));
        let there = |id: &GroupId| {
            self.opened.registries.contains(&TargetId::Group(id.clone()))
                || line_of(&self.opened.manifest, id).is_some()
        };
        let meant = |id: &GroupId| !typed.contains(':') || id.to_string() == typed;
        all.into_iter().find(|id| meant(id) && there(id))
    }

    fn options(&mut self, purpose: Purpose, spot: &Spot<'_>) -> Vec<Candidate> {
        let Some(id) = self.group(spot) else { return Vec::new() };
        let target = |name: &Name| TargetId::Component(id.option(name));
        let all: Vec<Candidate> = if purpose.is_about_lines() {
            let names = offers::options_of_line(purpose, &id, &self.opened.manifest).into_iter();
            names.map(|name| Candidate::of(name.to_string(), target(&name))).collect()
        } else {
            let Ok(Some(entry)) = self.opened.group(&id) else { return Vec::new() };
            let offers = offers::options_of_entry(purpose, &entry, &self.opened.manifest).into_iter();
            let candidate = |offer: offers::Offer| match offer.about {
                Some(about) => Candidate::about(offer.name.to_string(), about),
                None => Candidate::of(offer.name.to_string(), target(&offer.name)),
            };
            offers.map(candidate).collect()
        };
        let typed: Vec<&str> = spot.values_of("options").collect();
        all.into_iter().filter(|candidate| !typed.contains(&candidate.value.as_str())).collect()
    }

    fn entry(&mut self, id: ComponentId) -> Option<std::sync::Arc<Entry>> {
        self.opened.registries.load(&TargetId::Component(id), &mut self.opened.sources).ok().flatten()
    }

    /// Releases, the newest first, and `any`.
    /// What packages of the stack can be run by; what stands behind a name is the program's.
    fn entrypoints(&mut self, spot: &Spot<'_>) -> Vec<Candidate> {
        if spot.ended || spot.values_of("words").next().is_some() {
            return Vec::new();
        }
        let mut all = Vec::new();
        for (id, _) in self.stack(Some(Kind::Package)) {
            let Some(entry) = self.entry(id) else { continue };
            let Entry::Package(package) = entry.as_ref() else { continue };
            all.extend(
                package.entrypoints.iter().map(|(name, command)| (name.value.clone(), command.value.clone())),
            );
        }
        all.sort();
        all.dedup_by(|a, b| a.0 == b.0);
        all.into_iter().map(|(name, about)| Candidate::about(name, about)).collect()
    }

    fn releases(&mut self, kind: Kind, spot: &Spot<'_>) -> Vec<Candidate> {
        let name = spot.values_of("name").next().and_then(|name| Name::parse(bare(name)).ok());
        let entry = name.and_then(|name| self.entry(ComponentId::new(kind, &name)));
        let versions: Vec<&Option<At<Version>>> = match entry.as_deref() {
            Some(Entry::Package(package)) => package.releases.iter().map(|r| &r.version).collect(),
            Some(Entry::Container(container)) => container.releases.iter().map(|r| &r.version).collect(),
            Some(Entry::Group(_)) | None => Vec::new(),
        };
        let mut all: Vec<Version> = versions.into_iter().flatten().map(|at| at.value.clone()).collect();
        all.dedup();
        let releases = all.iter().map(|version| Candidate::about(version.as_str().to_owned(), String::new()));
        releases.chain([any()]).collect()
    }

    fn profiles(&mut self, ids: Vec<ComponentId>, with_any: bool) -> Vec<Candidate> {
        let mut all = Vec::new();
        for id in ids {
            let Some(entry) = self.entry(id) else { continue };
            let Entry::Container(container) = entry.as_ref() else { continue };
            all.extend(container.profiles.iter().map(|profile| {
                let about = if profile.external.is_some() { "runs elsewhere" } else { "runs here" };
                Candidate::about(profile.name.value.to_string(), about.to_owned())
            }));
        }
        all.extend(with_any.then(any));
        all.sort_by(|a, b| a.value.cmp(&b.value));
        all.dedup_by(|a, b| a.value == b.value);
        all
    }
}

fn any() -> Candidate {
    Candidate::about("any".to_owned(), "no pin".to_owned())
}

/// A name without its kind.
fn bare(typed: &str) -> &str {
    typed.rsplit(':').next().unwrap_or(typed)
}

/// A directory as it is typed: a shell has not put in where `~` is.
fn at_home(dir: &str, world: &dyn World) -> PathBuf {
    match (dir.strip_prefix('~'), world.env("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            Path::new(&home).join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(dir),
    }
}
