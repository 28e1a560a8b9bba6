//! `registry update`: the commits that the lock holds, moved to what the repositories have now.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::diff;
use crate::adapters::git::NotGot;
use crate::adapters::git::registries::{Source, Way, cached, get, way};
use crate::cli::Exit;
use crate::cli::args::Choice;
use crate::cli::args::registry::RegistryUpdate;
use crate::cli::commands::{Context, Fail, sync};
use crate::cli::voice::SCHEMA;
use crate::compare::{Change, State, compare};
use crate::load::{self, GitRegistry};
use crate::lock::LockedRegistry;
use crate::names::{Name, nearest};
use crate::place::Sources;
use crate::registry::RegistryDir;
use crate::road::{AfterError, Stop};

const WHAT: &str = "hsm registry update";

/// A registry, and where it gets to.
struct Moved {
    registry: GitRegistry,
    new: String,
    /// `None`: nothing was held before, or it is where it was.
    way: Option<Way>,
    sources: Sources,
    changes: Vec<Change>,
}

pub(super) fn update(context: &Context<'_>, args: &RegistryUpdate) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    if context.global.offline {
        return Err(Fail::usage("`hsm registry update` fetches, and `--offline` forbids it"));
    }
    let lock = if args.dry_run {
        context.tell_recovered(road.look_in(WHAT)?.as_ref());
        None
    } else {
        Some(sync::enter(context, road, WHAT, !args.no_wait)?)
    };
    let wanted = wanted(context, &root, args.name.as_deref())?;
    let mut moved = Vec::with_capacity(wanted.len());
    for registry in wanted {
        moved.push(moves(context, &root, registry)?);
    }
    let refused: Vec<&Moved> = moved.iter().filter(|one| one.is_rewritten() && !args.rewritten).collect();
    if !context.voice.is_json() {
        for one in &moved {
            one.say(context);
        }
    }
    for one in &refused {
        let GitRegistry { name, url, .. } = &one.registry;
        let why = match one.way {
            Some(Way::TagMoved) => "its tag names another commit than it did",
            _ => "its history was rewritten: what is locked is no part of it any more",
        };
        context.voice.error(&format!(
            "the registry `{name}` ({url}): {why}; if that is fine: hsm registry update {name} --rewritten"
        ));
    }
    if !refused.is_empty() {
        tell(context, &moved, false, false);
        context.voice.note("nothing was written");
        return Ok(Exit::Failed);
    }
    for one in moved.iter().filter(|one| one.has_moved()) {
        context.remote.pin(one.pin());
    }
    let changed = moved.iter().any(Moved::has_moved);
    let wish = context.wish(&Choice::default())?;
    // a lock that nothing can be made of is no use to anybody
    let resolved = if changed { Some(road.resolve(&wish)?) } else { None };
    if let (Some(lock), Some(resolved)) = (lock, resolved) {
        if args.sync {
            let done = sync::sync_with(context, road, &wish, WHAT, &lock)?;
            sync::say_done(context, &done);
        } else {
            road.relock(resolved, WHAT, &lock, &context.voice.progress())?;
        }
    } else if !changed && !context.voice.is_json() {
        context.voice.say("up to date: nothing to do");
    }
    tell(context, &moved, true, changed && !args.dry_run);
    Ok(Exit::Done)
}

/// The registries that may move: all, or the one of that name.
fn wanted(context: &Context<'_>, root: &Path, name: Option<&str>) -> Result<Vec<GitRegistry>, Fail> {
    let all = load::git_registries(root, context.world).map_err(Stop::Wrong)?;
    let Some(name) = name else {
        if all.is_empty() {
            context.voice.note("no registry of this project lies in a git repository");
        }
        return Ok(all);
    };
    let names: Vec<String> = all.iter().map(|registry| registry.name.clone()).collect();
    let found: Vec<GitRegistry> = all.into_iter().filter(|registry| registry.name == name).collect();
    if found.is_empty() {
        let near = nearest(name, names.iter().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(Fail::usage(format!(
            "no registry `{name}` of this project lies in a git repository{hint}\n       those that do: {there}"
        )));
    }
    Ok(found)
}

/// Fetches what a registry has now, and compares it with what is locked.
fn moves(context: &Context<'_>, root: &Path, registry: GitRegistry) -> Result<Moved, Fail> {
    let world = context.world;
    let reference = registry.reference.as_ref().map(|(kind, name)| (*kind, name.as_str()));
    let source = Source::parse(&registry.url, reference)
        .map_err(|why| Fail::usage(format!("the registry `{}`: {why}", registry.name)))?;
    let failed = |why: NotGot| match world.interrupted_by() {
        Some(signal) => Stop::Interrupted(signal),
        None => Stop::After(AfterError::Action {
            label: format!("fetch the registry {}", registry.name),
            why: why.with_help(),
        }),
    };
    context.voice.step("fetching", &format!("the registry {}", registry.url));
    let new = get(&source, None, world).map_err(failed)?;
    let mut sources = Sources::new();
    let (mut changes, mut how) = (Vec::new(), None);
    if let Some(old) = registry.commit.as_deref().filter(|old| *old != new) {
        how = Some(way(&source, old, &new, world).map_err(failed)?);
        // what the repository has lost may be in no cache
        let before = get(&source, Some(old), world).ok().and_then(|old| cached(&source, &old, world));
        let after = cached(&source, &new, world);
        let mut state = |pack: &Path| {
            let dir = RegistryDir { name: Name::parse(&registry.name).ok(), ..pack.into() };
            let mut registries = load::shelf_at(root, &dir, world, &mut sources)
                .map_err(|diagnostics| Stop::Wrong(load::Report { sources: sources.clone(), diagnostics }))?;
            Ok::<_, Fail>(State::read(&mut registries, &mut sources))
        };
        if let (Some(before), Some(after)) = (before, after) {
            changes = compare(&state(&before)?, &state(&after)?);
        } else {
            context.voice.warn(&format!(
                "what changes cannot be told: the commit {old} of the registry `{}` is neither in the cache nor in its \
                 repository any more",
                registry.name
            ));
        }
    }
    Ok(Moved { registry, new, way: how, sources, changes })
}

impl Moved {
    fn has_moved(&self) -> bool {
        self.registry.commit.as_deref() != Some(self.new.as_str())
    }

    fn is_rewritten(&self) -> bool {
        self.way.is_some_and(|way| way != Way::Onward)
    }

    fn pin(&self) -> LockedRegistry {
        let GitRegistry { name, url, reference, .. } = self.registry.clone();
        LockedRegistry { name, url, reference, commit: self.new.clone() }
    }

    /// Where it was and where it is.
    fn range(&self) -> String {
        let short = |commit: &str| commit.chars().take(12).collect::<String>();
        match &self.registry.commit {
            Some(old) if *old == self.new => format!("is at {}", short(old)),
            Some(old) => format!("{}..{}", short(old), short(&self.new)),
            None => format!("is new, at {}", short(&self.new)),
        }
    }

    fn say(&self, context: &Context<'_>) {
        diff::say(context, &self.sources, &self.changes);
        let breaking = self.changes.iter().filter(|change| change.breaks.is_some()).count();
        let count = |n: usize| if n == 1 { "1 change".to_owned() } else { format!("{n} changes") };
        let what = match (self.way, self.changes.len(), breaking) {
            (None, ..) => String::new(),
            (_, 0, _) => ": nothing has changed in meaning".to_owned(),
            (_, all, 0) => format!(": {}, none of them breaks a project", count(all)),
            (_, all, breaking) => format!(": {}, {breaking} may break projects", count(all)),
        };
        context.voice.step("registry", &format!("{} {}{what}", self.registry.name, self.range()));
    }

    fn as_json(&self) -> Json {
        let GitRegistry { name, url, commit, .. } = &self.registry;
        let way = self.way.map(|way| match way {
            Way::Onward => "onward",
            Way::Rewritten => "rewritten",
            Way::TagMoved => "tag moved",
        });
        let changes = self.changes.iter().map(|change| diff::as_json(&self.sources, change));
        json!({
            "name": name, "git": url, "old": commit, "new": self.new, "way": way,
            "changes": changes.collect::<Vec<_>>(),
        })
    }
}

fn tell(context: &Context<'_>, moved: &[Moved], ok: bool, changed: bool) {
    if context.voice.is_json() {
        let registries: Vec<Json> = moved.iter().map(Moved::as_json).collect();
        context
            .voice
            .json(&json!({"schema": SCHEMA, "ok": ok, "changed": changed, "registries": registries}));
    }
}
