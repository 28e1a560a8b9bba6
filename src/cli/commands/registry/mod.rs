//! The family `registry`: looking into registries, and editing their entries.
//!
//! What is written is read by the real reader first, on a copy of the machine in memory, and solved there.

mod add;
mod diff;
mod entries;
mod groups;
mod init;
mod land;
mod list;
mod look;
mod parse;
mod possible;
mod show;
mod update;
mod validate;
mod vendor;

use std::path::PathBuf;

use super::{Context, Fail, names};
use crate::cli::Exit;
use crate::cli::args::registry::{KindArg, Registry};
use crate::cli::ask::Ask;
use crate::load::{self, Shelf};
use crate::lock::LockedRegistry;
use crate::names::{Kind, Name, TargetId};
use crate::place::Sources;
use crate::registry::{How, Listed, Mention, may_name, mentions, target};
use crate::road::{self, Stop};
use crate::validate::Wanted;
use crate::world::World;

pub(super) use init::init;

pub(super) fn run(context: &Context<'_>, command: &Registry) -> Result<Exit, Fail> {
    match command {
        Registry::List { only, registry, all } => list::list(context, only, registry.as_deref(), *all),
        Registry::Search { words, only } => list::search(context, words, only),
        Registry::Show { name, raw, no_solve } => show::show(context, name, *raw, *no_solve),
        Registry::Path { name, registry } => list::path(context, name.as_deref(), registry.as_deref()),
        Registry::Validate { dir, pairs, strict } => {
            validate::validate(context, dir.as_deref(), *strict, Wanted { pairs: *pairs })
        }
        Registry::Test { dir } => validate::test(context, dir.as_deref()),
        Registry::Diff { old, new } => diff::diff(context, old, new.as_deref()),
        Registry::Add(args) => add::add(context, args),
        Registry::Update(args) => update::update(context, args),
        Registry::Vendor(args) => vendor::vendor(context, args),
        Registry::Package(command) => entries::package(context, command),
        Registry::Container(command) => entries::container(context, command),
        Registry::Group(command) => groups::group(context, command),
    }
}

const NO_REGISTRY: &str =
    "there is no registry: hsm.yaml names none, HSM_REGISTRY_PATH is not set, and there is no ./hsm-registry";

/// Where a command looks: a project, or a directory that has a registry and no project.
struct Site {
    root: PathBuf,
    in_project: bool,
}

impl Site {
    fn find(context: &Context<'_>) -> Result<Self, Fail> {
        let start = context.start()?;
        match road::find_project(&start, context.world) {
            Ok(root) => {
                context.voice.in_project(&root);
                Ok(Self { root, in_project: true })
            }
            Err(Stop::NoProject(_)) => {
                let root =
                    context.world.canonical(&start).map_err(|e| Fail::system("look into", &start, e))?;
                Ok(Self { root, in_project: false })
            }
            Err(stop) => Err(stop.into()),
        }
    }

    /// The registries, as they are in this world.
    fn shelf<'w>(&self, context: &Context<'w>, world: &'w dyn World) -> Result<Shelf<'w>, Fail> {
        let read = |pins: &[LockedRegistry]| load::shelf(&self.root, self.in_project, world, pins);
        Ok(context.remote.reading(read).map_err(|report| road::unread(report, world))?)
    }

    /// The registries for a command that reads.
    fn look<'w>(context: &Context<'w>, what: &str) -> Result<Shelf<'w>, Fail> {
        let site = Self::find(context)?;
        if site.in_project {
            context.tell_recovered(context.road(&site.root).look_in(what)?.as_ref());
        }
        let shelf = site.shelf(context, context.world)?;
        if shelf.registries.count() == 0 {
            context.voice.note(NO_REGISTRY);
        }
        Ok(shelf)
    }
}

/// The kinds of entries: of components, or of groups of them.
const KINDS: [(Kind, bool); 4] =
    [(Kind::Package, false), (Kind::Container, false), (Kind::Package, true), (Kind::Container, true)];

/// Whether an entry is of the kind that was asked for.
fn is_kind(target: &TargetId, kind: KindArg) -> bool {
    match target {
        TargetId::Component(id) => match kind {
            KindArg::Package => id.kind() == Kind::Package,
            KindArg::Container => id.kind() == Kind::Container,
            KindArg::Group => false,
        },
        TargetId::Group(_) => kind == KindArg::Group,
    }
}

/// A name as it is typed: `NAME`, `KIND:NAME`, `REGISTRY/NAME`.
struct Typed {
    registry: Option<String>,
    name: Name,
    /// What it may be.
    targets: Vec<TargetId>,
}

/// Reads a typed name; it may be of one of these kinds.
fn typed(text: &str, kinds: &[(Kind, bool)], registry: Option<&str>) -> Result<Typed, Fail> {
    let (within, rest) = match text.split_once('/') {
        Some((within, rest)) => (Some(within), rest),
        None => (None, text),
    };
    if let (Some(within), Some(registry)) = (within, registry)
        && within != registry
    {
        return Err(Fail::usage(format!(
            "`{text}` names the registry `{within}`, and --registry `{registry}`"
        )));
    }
    let bad = |why: String| Fail::usage(format!("`{text}` is no name of an entry: {why}"));
    let (kind, name) = match rest.split_once(':') {
        Some((_, name)) => (Some(TargetId::parse(rest).map_err(|e| bad(e.to_string()))?), name),
        None => (None, rest),
    };
    let name = Name::parse(name).map_err(|e| bad(e.to_string()))?;
    let all: Vec<TargetId> = kinds.iter().map(|&(kind, is_group)| target(kind, is_group, &name)).collect();
    let targets = match kind {
        None => all,
        Some(kind) if all.contains(&kind) => vec![kind],
        // `package:NAME` where only groups are meant says which kind of group
        Some(TargetId::Component(id)) if kinds.iter().all(|(_, is_group)| *is_group) => {
            vec![target(id.kind(), true, &name)]
        }
        Some(other) => return Err(Fail::usage(format!("{other} is of another kind than what is asked for"))),
    };
    Ok(Typed { registry: within.or(registry).map(str::to_owned), name, targets })
}

/// The one entry that is meant. `ask`: who asks where several are called so.
fn find(shelf: &mut Shelf<'_>, typed: &Typed, text: &str, ask: Option<Ask<'_>>) -> Result<Listed, Fail> {
    let number = typed.registry.as_deref().map(|name| number_of(shelf, name)).transpose()?;
    let registries = &shelf.registries;
    let entry = |target: &TargetId| match number {
        Some(number) => registries.listed(number, target),
        None => registries.listed_as(target).into_iter().next(),
    };
    let mut found: Vec<Listed> = typed.targets.iter().filter_map(entry).collect();
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => Err(match &typed.registry {
            Some(registry) => {
                let elsewhere = typed.targets.iter().find_map(|target| registries.find(target));
                let hint =
                    elsewhere.map(|found| format!("; `{}` has one", found.registry)).unwrap_or_default();
                Fail::usage(format!("the registry `{registry}` has no entry `{}`{hint}", typed.name))
            }
            None => names::unknown_in(
                word(&typed.targets),
                text,
                &typed.targets,
                &mut shelf.registries,
                &mut shelf.sources,
            ),
        }),
        _ => {
            let within = typed.registry.as_ref().map(|name| format!("{name}/")).unwrap_or_default();
            let words: Vec<String> =
                found.iter().map(|listed| format!("{within}{}", listed.target)).collect();
            // what is to be shown says more than could be said here
            let number = names::which_of(text, &words, |_| String::new(), ask)?;
            Ok(found.swap_remove(number))
        }
    }
}

/// The word for what was asked for.
fn word(targets: &[TargetId]) -> &'static str {
    let of = |wanted: Kind| {
        targets.iter().all(|target| match target {
            TargetId::Component(id) => id.kind() == wanted,
            TargetId::Group(_) => false,
        })
    };
    let groups = targets.iter().all(|target| matches!(target, TargetId::Group(_)));
    match (of(Kind::Package), of(Kind::Container), groups) {
        (true, ..) => "package",
        (_, true, _) => "container",
        (.., true) => "group",
        _ => "component or group",
    }
}

/// The number of the registry of that name.
fn number_of(shelf: &Shelf<'_>, name: &str) -> Result<usize, Fail> {
    shelf.registries.number_of(name).ok_or_else(|| {
        let all: Vec<&str> = shelf.registries.dirs().map(|(name, _)| name).collect();
        let near = crate::names::nearest(name, all.iter().copied());
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let all = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
        Fail::usage(format!("there is no registry `{name}`{hint}\n       registries: {all}"))
    })
}

/// An entry that names another, with the places where it does.
struct Namer {
    listed: Listed,
    mentions: Vec<Mention>,
}

/// The visible entries that name one, and how many could not be read.
fn namers(shelf: &mut Shelf<'_>, of: &Listed) -> (Vec<Namer>, usize) {
    let target = &of.target;
    let name = match target {
        TargetId::Component(id) => id.name(),
        TargetId::Group(id) => &id.name,
    };
    let (mut out, mut broken) = (Vec::new(), 0);
    let mut visible = shelf.registries.labels();
    visible.retain(|label| label.hidden_by.is_none());
    let may_name = shelf.registries.with_text(&visible, |text| may_name(text, name));
    let may_name: Vec<Listed> =
        may_name.into_iter().filter_map(|label| shelf.registries.of_label(label)).collect();
    for listed in may_name.into_iter().filter(|listed| listed.path != of.path) {
        let Ok(Some(entry)) = shelf.registries.load_listed(&listed, &mut shelf.sources) else {
            broken += 1;
            continue;
        };
        let text = text_of(&shelf.sources, entry.common().file);
        let mut found = mentions(&entry, &text);
        let meant = |mention: &Mention| match &mention.registry {
            Some(registry) => *registry == of.registry,
            None => of.hidden_by.is_none(),
        };
        found.retain(|mention| mention.is_of(target) && meant(mention) && mention.how != How::Replacement);
        if !found.is_empty() {
            out.push(Namer { listed, mentions: found });
        }
    }
    (out, broken)
}

fn text_of(sources: &Sources, file: crate::place::FileId) -> String {
    sources.get(file).map(|source| source.text.to_string()).unwrap_or_default()
}
