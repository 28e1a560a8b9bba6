//! `registry add`: one more registry in the list of `hsm.yaml`.

use std::path::Path;

use super::land::{Desk, FileEdit, Judge};
use crate::adapters::git::registries::Source;
use crate::cli::Exit;
use crate::cli::args::registry::RegistryAdd;
use crate::cli::commands::{Context, Fail};
use crate::diagnostic::Severity;
use crate::load::{self, MANIFEST};
use crate::manifest::GitRefKind;
use crate::manifest::edit::{NewRegistry, NewSource, add_registry};
use crate::names::Name;
use crate::place::{At, FileId, Place};
use crate::registry::{git_url, way};
use crate::road::Stop;
use crate::world::FileKind;

pub(super) fn add(context: &Context<'_>, args: &RegistryAdd) -> Result<Exit, Fail> {
    // the list belongs to a project: without one there is nothing to add to
    let root = context.root()?;
    let name = args.name.as_deref().map(Name::parse).transpose();
    let name = name.map_err(|why| Fail::usage(format!("--name: {why}")))?;
    let reference = reference(args);
    let source = if is_repository(&args.place) || reference.is_some() {
        safe_url(&args.place, reference.as_ref())?;
        NewSource::Git(args.place.clone(), reference)
    } else {
        NewSource::Path(directory(context, &root, &args.place)?)
    };
    let desk = Desk::open(context, "hsm registry add", !args.no_wait)?;
    let path = root.join(MANIFEST);
    let before = context.world.read(&path).map_err(|e| Fail::system("read", &path, e))?;
    if let NewSource::Path(own) = &source {
        if desk.shelf.registries.dirs().any(|(_, dir)| same_place(context, dir, &root.join(own))) {
            context.voice.say(&format!("{MANIFEST} says so already"));
            desk.tell(&[], &[]);
            return Ok(Exit::Done);
        }
        refuse_same_name(&desk, name.as_ref(), &root.join(own))?;
    }
    if let (NewSource::Git(..), Some(name)) = (&source, &name)
        && desk.shelf.registries.number_of(name.as_str()).is_some()
    {
        return Err(Fail::usage(format!("there is a registry `{name}` already; give this one another name")));
    }
    let lists = desk.shelf.manifest.as_ref().is_some_and(|manifest| !manifest.registry.is_empty());
    let usual = load::usual_place(&root);
    let stands = !lists && matches!(context.world.stat(&usual), Ok(Some(_)));
    let usual = stands.then(|| way(&root, &usual));
    let text = String::from_utf8_lossy(&before).into_owned();
    let edited = add_registry(&text, &NewRegistry { name, source, usual })?;
    let files = [FileEdit { path, before: Some(before), after: Some(edited.text.into_bytes()) }];
    let changes = desk.judge(&files, Judge::Strictly)?;
    desk.write(&files)?;
    context.voice.step("edited", MANIFEST);
    if context.world.env("HSM_REGISTRY_PATH").is_some_and(|set| !set.is_empty()) {
        context.voice.note("HSM_REGISTRY_PATH is set, so the list in hsm.yaml does not count at the moment");
    }
    desk.tell(&[MANIFEST.to_owned()], &changes);
    Ok(Exit::Done)
}

fn reference(args: &RegistryAdd) -> Option<(GitRefKind, String)> {
    let kinds =
        [(GitRefKind::Branch, &args.branch), (GitRefKind::Tag, &args.tag), (GitRefKind::Rev, &args.rev)];
    kinds.into_iter().find_map(|(kind, text)| Some((kind, text.clone()?)))
}

/// Whether a place is one that git would fetch from: a URL, `user@host:path`, or a helper of git (which is refused).
fn is_repository(place: &str) -> bool {
    let scp = place.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains('/'));
    place.contains("://") || place.contains("::") || scp
}

/// The rules for URLs, before anything is written anywhere.
fn safe_url(url: &str, reference: Option<&(GitRefKind, String)>) -> Result<(), Fail> {
    let place = Place { file: FileId(0), start: 0, end: 0 };
    let mut found = Vec::new();
    git_url(&At::new(url.to_owned(), place), &mut found);
    if let Some(first) = found.iter().find(|found| found.severity == Severity::Error) {
        return Err(Fail::usage(first.finding.to_string()));
    }
    let reference = reference.map(|(kind, name)| (*kind, name.as_str()));
    match Source::parse(url, reference) {
        Ok(_) => Ok(()),
        // the address may hold what must not be shown
        Err(why) => Err(Fail::usage(format!("the registry cannot be fetched: {why}"))),
    }
}

/// A directory that is there, from the project's root.
fn directory(context: &Context<'_>, root: &Path, typed: &str) -> Result<String, Fail> {
    let start = context.start()?;
    let path = context.world.canonical(&start).unwrap_or(start).join(typed);
    let real = context
        .world
        .canonical(&path)
        .map_err(|_| Fail::usage(format!("there is no directory `{typed}`")))?;
    let there = context.world.stat(&real).map_err(|e| Fail::system("look at", &real, e))?;
    if there.is_none_or(|there| there.kind != FileKind::Dir) {
        return Err(Fail::usage(format!("`{typed}` is no directory")));
    }
    let names = context.world.list(&real).map_err(|e| Fail::system("read", &real, e))?;
    let known = ["registry.yaml", "packages", "containers", "package_groups", "container_groups"];
    if !names.iter().any(|(name, _)| known.contains(&name.as_str())) {
        context
            .voice
            .warn(&format!("`{typed}` holds no entries yet: {}/ and the like are missing", known[1]));
    }
    Ok(way(root, &path))
}

fn same_place(context: &Context<'_>, a: &Path, b: &Path) -> bool {
    let real = |path: &Path| context.world.canonical(path).unwrap_or_else(|_| path.to_owned());
    real(a) == real(b)
}

/// Two registries of one name could not be told apart in `REGISTRY/NAME`.
fn refuse_same_name(desk: &Desk<'_>, name: Option<&Name>, dir: &Path) -> Result<(), Fail> {
    let mut sources = crate::place::Sources::new();
    let dirs = [crate::registry::RegistryDir { name: name.cloned(), path: dir.to_owned(), place: None }];
    let (opened, found) =
        crate::registry::Registries::open(&dirs, &desk.site.root, desk.context.world, &mut sources);
    if crate::diagnostic::any_error(&found) {
        return Err(Stop::Wrong(load::Report { sources, diagnostics: found }).into());
    }
    let own = opened.dirs().next().map(|(name, _)| name.to_owned()).unwrap_or_default();
    match desk.shelf.registries.number_of(&own) {
        Some(_) => Err(Fail::usage(format!(
            "there is a registry `{own}` already; give this one another name: --name NAME"
        ))),
        None => Ok(()),
    }
}
