//! Entries of packages and containers: new ones, new releases, and what is removed.

use super::land::{Desk, FileEdit, Judge};
use super::{Typed, find, namers, parse, typed};
use crate::cli::Exit;
use crate::cli::args::registry::{
    self as args, ContainerAdd, PackageAdd, RegistryContainer, RegistryPackage, Removal,
};
use crate::cli::commands::{Context, Fail};
use crate::manifest::Mode;
use crate::names::{Kind, Name, TargetId};
use crate::registry::Listed;
use crate::registry::edit::draft::{
    BuildDraft, ContainerDraft, PackageDraft, PackageSourceDraft, PackageSourceKind,
};
use crate::registry::edit::{EntryChange, EntryEditError, edit};
use crate::version::Version;
use crate::yaml::Out;

pub(super) fn package(context: &Context<'_>, command: &RegistryPackage) -> Result<Exit, Fail> {
    const KIND: &[(Kind, bool)] = &[(Kind::Package, false)];
    match command {
        RegistryPackage::Add(args) => {
            let new = New::into("hsm registry package add", &args.name, KIND, &args.into);
            let draft = package_draft(args)?;
            match &args.release {
                Some(version) => new.release(context, version, &draft.release()),
                None => new.entry(context, |name, _| Ok(draft.entry(name))),
            }
        }
        RegistryPackage::Remove(removal) => remove(context, "hsm registry package remove", removal, KIND),
    }
}

pub(super) fn container(context: &Context<'_>, command: &RegistryContainer) -> Result<Exit, Fail> {
    const KIND: &[(Kind, bool)] = &[(Kind::Container, false)];
    match command {
        RegistryContainer::Add(args) => {
            let new = New::into("hsm registry container add", &args.name, KIND, &args.into);
            let draft = container_draft(args)?;
            match &args.release {
                Some(version) => new.release(context, version, &draft.release()),
                None => new.entry(context, |name, _| Ok(draft.entry(name))),
            }
        }
        RegistryContainer::Remove(removal) => remove(context, "hsm registry container remove", removal, KIND),
    }
}

fn package_draft(args: &PackageAdd) -> Result<PackageDraft, Fail> {
    let (implies, conflicts) = parse::asks(&args.asks)?;
    Ok(PackageDraft {
        common: parse::about(&args.about)?,
        version: args.version.clone().or_else(|| args.release.clone()),
        sources: package_sources(args)?,
        requires_python: args.requires_python.clone(),
        dependencies: args.depends.clone(),
        implies,
        conflicts,
        env: parse::pairs("--env", &args.env)?,
        entrypoints: parse::pairs("--entrypoint", &args.entrypoints)?,
    })
}

/// Where no source is given, a new package comes from the index; a release has the sources of its entry.
fn package_sources(args: &PackageAdd) -> Result<Vec<(Mode, PackageSourceDraft)>, Fail> {
    let reference = parse::reference(&args.reference);
    if reference.is_some() && args.git.is_none() {
        return Err(Fail::usage("--branch, --tag-ref and --rev are for --git URL"));
    }
    let of_index = args.pypi.is_some() || args.index.is_some();
    let plain = args.distribution.is_some() || !args.extras.is_empty();
    let published = if let Some(url) = &args.git {
        Some(PackageSourceKind::Git { url: url.clone(), reference, subdirectory: args.subdirectory.clone() })
    } else if let Some(url) = &args.url {
        Some(PackageSourceKind::Url(url.clone()))
    } else if args.workspace {
        Some(PackageSourceKind::Workspace)
    } else if of_index || plain || (args.release.is_none() && args.path.is_none()) {
        let version = args.pypi.clone().flatten();
        Some(PackageSourceKind::Pypi { version, index: args.index.clone() })
    } else {
        None
    };
    let draft =
        |kind| PackageSourceDraft { kind, name: args.distribution.clone(), extras: args.extras.clone() };
    let local = args
        .path
        .as_ref()
        .map(|path| PackageSourceKind::Local { path: path.clone(), editable: !args.no_editable });
    let published = published.map(|kind| (Mode::Prod, draft(kind)));
    Ok(published.into_iter().chain(local.map(|kind| (Mode::Dev, draft(kind)))).collect())
}

fn container_draft(args: &ContainerAdd) -> Result<ContainerDraft, Fail> {
    let (implies, conflicts) = parse::asks(&args.asks)?;
    let profiles = parse::profiles(&args.profiles)?;
    let external = profiles.iter().any(|(_, address)| address.is_some());
    if args.release.is_none() && args.image.is_none() && args.build.is_none() && !external {
        return Err(Fail::usage(
            "a container needs --image IMAGE, --build DIR, or a profile that says where it runs (--profile NAME=external,host=HOST,port=PORT)",
        ));
    }
    let reference = parse::reference(&args.reference);
    if reference.is_some() && args.git.is_none() {
        return Err(Fail::usage("--branch, --tag-ref and --rev are for --git URL"));
    }
    let build = match &args.build {
        None => None,
        Some(path) => Some(BuildDraft {
            git: args.git.clone().map(|url| (url, reference)),
            path: path.clone(),
            dockerfile: args.dockerfile.clone(),
            target: args.target.clone(),
            args: parse::pairs("--arg", &args.args)?,
            image: args.build_image.clone(),
            volumes: args.dev_volumes.clone(),
            requires: parse::lines("--requires", &args.requires)?,
        }),
    };
    Ok(ContainerDraft {
        common: parse::about(&args.about)?,
        version: args.version.clone().or_else(|| args.release.clone()),
        container_name: args.container_name.clone(),
        aliases: args.aliases.clone(),
        service_name: args.service_name.clone(),
        depends_on: parse::depends_on(&args.depends_on),
        ports: args.ports.clone(),
        volumes: args.volumes.clone(),
        env: parse::pairs("--env", &args.env)?,
        compose: parse::settings("--compose", &args.compose)?,
        image: args.image.clone(),
        build,
        profiles,
        default_profile: args.default_profile.clone(),
        base_image: args.base_image,
        implies,
        conflicts,
    })
}

/// Something new in a registry.
pub(super) struct New<'a> {
    pub what: &'static str,
    /// The name as it was typed.
    pub text: &'a str,
    pub kinds: &'a [(Kind, bool)],
    pub registry: Option<&'a str>,
    pub judge: Judge,
    pub wait: bool,
}

impl<'a> New<'a> {
    /// Something new where the command says.
    pub(super) fn into(
        what: &'static str,
        text: &'a str,
        kinds: &'a [(Kind, bool)],
        into: &'a args::Into,
    ) -> Self {
        let judge = Judge::unless(into.write.force);
        Self { what, text, kinds, registry: into.registry.as_deref(), judge, wait: !into.write.no_wait }
    }

    /// Writes a new entry.
    pub(super) fn entry(
        &self,
        context: &Context<'_>,
        text: impl FnOnce(&Name, &TargetId) -> Result<String, Fail>,
    ) -> Result<Exit, Fail> {
        let Typed { registry, name, targets } = typed(self.text, self.kinds, self.registry)?;
        let [target] = targets.as_slice() else {
            return Err(Fail::usage(format!(
                "say what the options of `{name}` are: --kind package or --kind container"
            )));
        };
        let text = text(&name, target)?;
        let desk = Desk::open(context, self.what, self.wait)?;
        let number = desk.number(registry.as_deref())?;
        if let Some(listed) = desk.shelf.registries.listed(number, target) {
            let hint = match target {
                TargetId::Component(_) => "`--release VERSION` adds a release to it",
                TargetId::Group(_) => "`hsm registry group add-option` adds options to it",
            };
            return Err(Fail::usage(format!("{target} is there already, in {}; {hint}", listed.shown)));
        }
        let path = desk.file_for(number, target, &name);
        desk.land(desk.new_file(path, &text), number, target, self.judge)?;
        Ok(Exit::Done)
    }

    /// Adds a release to an entry.
    fn release(&self, context: &Context<'_>, version: &str, release: &Out) -> Result<Exit, Fail> {
        let change = EntryChange::AddRelease(Version::parse(version.trim()), release.clone());
        self.change(context, &change)
    }

    /// Changes an entry that is there.
    pub(super) fn change(&self, context: &Context<'_>, change: &EntryChange) -> Result<Exit, Fail> {
        let typed = typed(self.text, self.kinds, self.registry)?;
        let mut desk = Desk::open(context, self.what, self.wait)?;
        let listed = find(&mut desk.shelf, &typed, self.text, None)?;
        let (bytes, entry) = desk.entry(&listed)?;
        let text = String::from_utf8_lossy(&bytes);
        let edited = edit(&text, &entry, change).map_err(|error| refused(&listed.shown, &error))?;
        let after = Some(edited.text.into_bytes());
        let file = FileEdit { path: listed.path.clone(), before: Some(bytes), after };
        desk.land(file, listed.number, &listed.target, self.judge)?;
        for note in &edited.notes {
            context.voice.note(&note.to_string());
        }
        Ok(Exit::Done)
    }
}

fn refused(file: &str, error: &EntryEditError) -> Fail {
    Fail::usage(format!("{file}: {error}"))
}

fn remove(
    context: &Context<'_>,
    what: &'static str,
    removal: &Removal,
    kinds: &[(Kind, bool)],
) -> Result<Exit, Fail> {
    let new = New {
        what,
        text: &removal.name,
        kinds,
        registry: removal.registry.as_deref(),
        judge: Judge::unless(removal.force),
        wait: !removal.no_wait,
    };
    match &removal.release {
        Some(version) => new.change(context, &EntryChange::RemoveRelease(Version::parse(version.trim()))),
        None => new.remove(context),
    }
}

impl New<'_> {
    /// Removes an entry that no other one names.
    pub(super) fn remove(&self, context: &Context<'_>) -> Result<Exit, Fail> {
        let typed = typed(self.text, self.kinds, self.registry)?;
        let mut desk = Desk::open(context, self.what, self.wait)?;
        let listed = find(&mut desk.shelf, &typed, self.text, None)?;
        let world = context.world;
        let bytes = world.read(&listed.path).map_err(|e| Fail::system("read", &listed.path, e))?;
        let others = desk.shelf.registries.listed_as(&listed.target);
        let next = others.into_iter().find(|other| other.number != listed.number);
        self.refuse_named(&mut desk, &listed, next.is_some())?;
        if let Some(next) = next {
            let takes_over = listed.hidden_by.is_none();
            let text = if takes_over { "is the one that counts then" } else { "stays the one that counts" };
            context.voice.note(&format!("{} of the registry `{}` {text}", listed.target, next.registry));
        }
        let file = FileEdit { path: listed.path.clone(), before: Some(bytes), after: None };
        desk.land(file, listed.number, &listed.target, self.judge)?;
        Ok(Exit::Done)
    }

    /// What other entries name may not go; where another registry has the name too, only what names it with its registry
    /// counts.
    fn refuse_named(&self, desk: &mut Desk<'_>, listed: &Listed, has_another: bool) -> Result<(), Fail> {
        let (namers, broken) = namers(&mut desk.shelf, listed);
        let target = &listed.target;
        let mut lines = Vec::new();
        for namer in &namers {
            for mention in namer.mentions.iter().filter(|one| !has_another || one.registry.is_some()) {
                let at = desk.shelf.sources.position(mention.place);
                let option = mention.option.as_ref().map(|name| format!(" (option `{name}`)"));
                let how = mention.how;
                lines.push(format!("{at}: {}{} {how}", namer.listed.target, option.unwrap_or_default()));
            }
        }
        let voice = desk.context.voice;
        if broken > 0 {
            voice
                .warn(&format!("{broken} entries that may name {target} have errors and were not looked at"));
        }
        if lines.is_empty() {
            return Ok(());
        }
        if self.judge == Judge::Forced {
            voice.warn(&format!("other entries name {target}:\n{}", lines.join("\n")));
            return Ok(());
        }
        Err(Fail::usage(format!(
            "{target} was not removed, because other entries name it; `--force` removes it all the same\n{}",
            lines.join("\n")
        )))
    }
}
