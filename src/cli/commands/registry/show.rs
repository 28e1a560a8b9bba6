//! `registry show`: an entry as a person wants it, as data, or as its file.

use serde_json::{Map, Value as Json, json};

use super::list::newest_first;
use super::{KINDS, Namer, Site, find, namers, possible, text_of, typed};
use crate::cli::Exit;
use crate::cli::commands::{Context, Fail};
use crate::cli::voice::SCHEMA;
use crate::load::{Report, Shelf};
use crate::manifest::{GitRefKind, Mode, Strategy};
use crate::place::At;
use crate::registry::layer::Port;
use crate::registry::{
    Container, ContainerOrigin, Entry, Group, How, Listed, Mention, Package, PackageOrigin, mentions,
};
use crate::road::Stop;
use crate::version::Version;
use crate::yaml::{self, Limits, Node, Value};

pub(super) fn show(context: &Context<'_>, text: &str, raw: bool, no_solve: bool) -> Result<Exit, Fail> {
    let mut shelf = Site::look(context, "hsm registry show")?;
    let listed = find(&mut shelf, &typed(text, &KINDS, None)?, text, Some(context.ask()))?;
    if raw {
        let bytes = context.world.read(&listed.path).map_err(|e| Fail::system("read", &listed.path, e))?;
        context.voice.data(&String::from_utf8_lossy(&bytes));
        return Ok(Exit::Done);
    }
    let entry = match shelf.registries.load_listed(&listed, &mut shelf.sources) {
        Ok(Some(entry)) => entry,
        Ok(None) => return Err(Fail::usage(format!("`{}` is gone", listed.shown))),
        Err(diagnostics) => return Err(Stop::Wrong(Report { sources: shelf.sources, diagnostics }).into()),
    };
    let source = text_of(&shelf.sources, entry.common().file);
    let own = mentions(&entry, &source);
    let (namers, broken) = namers(&mut shelf, &listed);
    if broken > 0 {
        context.voice.warn(&format!(
            "{broken} entries that may name {} have errors and were not looked at",
            listed.target
        ));
    }
    let possible = if no_solve { None } else { possible::possible(context, &listed)? };
    if context.voice.is_json() {
        let mut data = as_json(&shelf, &listed, &entry, &source, &namers);
        data["possible"] = possible.map_or(Json::Null, |possible| possible.json());
        context.voice.json(&data);
        return Ok(Exit::Done);
    }
    let mut facts = about(&shelf, &listed, &entry);
    of_releases(&entry, &mut facts);
    match entry.as_ref() {
        Entry::Package(package) => of_package(package, &mut facts),
        Entry::Container(container) => of_container(container, &mut facts),
        Entry::Group(group) => of_group(group, &mut facts),
    }
    of_mentions(&own, &mut facts);
    of_namers(&shelf, &namers, &mut facts);
    facts.extend(possible.into_iter().flat_map(|possible| possible.facts()));
    context.voice.facts(&listed.target.to_string(), &facts);
    Ok(Exit::Done)
}

type Facts = Vec<(&'static str, String)>;

fn about(shelf: &Shelf<'_>, listed: &Listed, entry: &Entry) -> Facts {
    let common = entry.common();
    let text = |at: &Option<At<String>>| at.as_ref().map(|text| text.value.clone());
    let mut facts = Facts::new();
    let mut say = |word, text: Option<String>| facts.extend(text.map(|text| (word, text)));
    say("about", text(&common.description));
    say("owner", text(&common.owner));
    let tags: Vec<&str> = common.tags.iter().map(|tag| tag.value.as_str()).collect();
    say("tags", (!tags.is_empty()).then(|| tags.join(", ")));
    say("docs", text(&common.docs));
    if let Some(old) = &common.deprecated {
        let instead = old.instead.as_ref().map(|name| format!("use {}", name.value));
        let why = old.why.as_ref().map(|why| why.value.clone());
        let said: Vec<String> = instead.into_iter().chain(why).collect();
        say("deprecated", Some(if said.is_empty() { "yes".to_owned() } else { said.join("; ") }));
    }
    let old: Vec<&str> = common.renamed_from.iter().map(|name| name.value.as_str()).collect();
    say("once", (!old.is_empty()).then(|| old.join(", ")));
    say("registry", Some(listed.registry.clone()));
    say("file", Some(listed.shown.clone()));
    say("hidden by", listed.hidden_by.clone());
    for other in shelf.registries.listed_as(&listed.target) {
        say("hides", (other.number > listed.number).then_some(other.shown));
    }
    facts
}

/// A release as it is shown.
struct Shown<'e> {
    version: Option<&'e Version>,
    mark: &'static str,
    sources: Vec<(Mode, String)>,
}

fn shown_releases(entry: &Entry) -> Vec<Shown<'_>> {
    let mark = |yanked: bool, deprecated: bool| match (yanked, deprecated) {
        (true, _) => " (yanked)",
        (_, true) => " (deprecated)",
        _ => "",
    };
    match entry {
        Entry::Package(package) => {
            let shown = package.releases.iter().map(|release| Shown {
                version: release.version.as_ref().map(|version| &version.value),
                mark: mark(release.yanked.is_some(), release.deprecated.is_some()),
                sources: release.sources.iter().map(|s| (s.mode, package_source(&s.origin))).collect(),
            });
            shown.collect()
        }
        Entry::Container(container) => {
            let shown = container.releases.iter().map(|release| Shown {
                version: release.version.as_ref().map(|version| &version.value),
                mark: mark(release.yanked.is_some(), release.deprecated.is_some()),
                sources: release.sources.iter().map(|s| (s.mode, container_source(&s.origin))).collect(),
            });
            shown.collect()
        }
        Entry::Group(_) => Vec::new(),
    }
}

/// The releases in one line, newest first; then sources by mode, where releases differ each with its versions.
fn of_releases(entry: &Entry, facts: &mut Facts) {
    let releases = shown_releases(entry);
    if releases.is_empty() {
        return;
    }
    let mark = |text: String| {
        let own = releases.iter().find(|one| one.version.is_some_and(|version| version.as_str() == text));
        let mark = own.map_or("", |one| one.mark);
        text + mark
    };
    let sorted: Vec<String> =
        newest_first(releases.iter().filter_map(|one| one.version)).into_iter().map(mark).collect();
    let none = match entry {
        Entry::Package(_) => "none: it floats, and all demands on it are joined",
        _ => "none",
    };
    facts.push(("releases", if sorted.is_empty() { none.to_owned() } else { sorted.join(", ") }));
    for mode in [Mode::Prod, Mode::Dev] {
        let mut texts: Vec<(&str, Vec<&str>)> = Vec::new();
        for release in &releases {
            let version = release.version.map(Version::as_str);
            for (_, text) in release.sources.iter().filter(|(own, _)| *own == mode) {
                match texts.iter_mut().find(|(own, _)| own == text) {
                    Some((_, versions)) => versions.extend(version),
                    None => texts.push((text, version.into_iter().collect())),
                }
            }
        }
        let several = texts.len() > 1;
        for (text, versions) in texts {
            let of = if several { format!("  ({})", versions.join(", ")) } else { String::new() };
            facts.push((mode.as_str(), format!("{text}{of}")));
        }
    }
}

fn of_package(package: &Package, facts: &mut Facts) {
    facts.extend(package.requires_python.as_ref().map(|text| ("python", text.value.clone())));
    facts.extend(package.dependencies.iter().map(|line| ("depends on", line.value.clone())));
    facts.extend(package.env.iter().map(|(key, value)| ("env", format!("{}={}", key.value, value.value))));
    facts.extend(
        package
            .entrypoints
            .iter()
            .map(|(key, value)| ("entrypoints", format!("{}: {}", key.value, value.value))),
    );
}

fn reference(reference: Option<&(GitRefKind, At<String>)>) -> String {
    let word = |kind| match kind {
        GitRefKind::Branch => "branch",
        GitRefKind::Tag => "tag",
        GitRefKind::Rev => "rev",
    };
    reference.map(|(kind, text)| format!(" at {} {}", word(*kind), text.value)).unwrap_or_default()
}

fn package_source(origin: &PackageOrigin) -> String {
    let (what, extras) = match origin {
        PackageOrigin::Pypi { version, index, extras, .. } => {
            let version = version.as_ref().map(|version| format!(" {}", version.value)).unwrap_or_default();
            let index = index.as_ref().map(|index| format!(" of {}", index.value)).unwrap_or_default();
            (format!("pypi{version}{index}"), extras)
        }
        PackageOrigin::Git { url, reference: at, subdirectory, path, extras, .. } => {
            let inside = subdirectory.as_ref().map(|dir| format!(", in {}", dir.value)).unwrap_or_default();
            let path =
                path.as_ref().map(|path| format!(", checked out at {}", path.value)).unwrap_or_default();
            (format!("git {}{}{inside}{path}", url.value, reference(at.as_ref())), extras)
        }
        PackageOrigin::Local { path, editable, extras, .. } => {
            let copied = editable.as_ref().is_some_and(|editable| !editable.value);
            (format!("local {}{}", path.value, if copied { ", not editable" } else { "" }), extras)
        }
        PackageOrigin::Url { url, extras, .. } => (format!("url {}", url.value), extras),
        PackageOrigin::Workspace { extras, .. } => ("workspace".to_owned(), extras),
    };
    let name = origin.name().map(|name| format!(" as {}", name.value)).unwrap_or_default();
    let extras: Vec<&str> = extras.iter().map(|extra| extra.value.as_str()).collect();
    let extras = if extras.is_empty() { String::new() } else { format!(" [{}]", extras.join(", ")) };
    format!("{what}{name}{extras}")
}

fn of_container(container: &Container, facts: &mut Facts) {
    if container.run.as_ref().is_some_and(|run| !run.value) {
        facts.push(("run", "never: it is only built".to_owned()));
    }
    facts.extend(container.layer.ports.iter().map(|port| ("ports", port_text(port))));
    for profile in &container.profiles {
        let default = container.default_profile.as_ref().is_some_and(|name| name.value == profile.name.value);
        let how = match &profile.external {
            None => "managed".to_owned(),
            Some(external) => {
                let keys = external.keys.iter().map(|(key, value)| format!("{} {}", key.value, value.value));
                format!("external: {}", keys.collect::<Vec<_>>().join(", "))
            }
        };
        let default = if default { " (default)" } else { "" };
        facts.push(("profiles", format!("{}{default}  {how}", profile.name.value)));
    }
}

fn port_text(port: &Port) -> String {
    match port {
        Port::Short(text) => text.value.clone(),
        Port::Long { target, .. } => format!("{} (in the long form)", target.value),
        Port::Remove { target, .. } => format!("{} removed", target.value),
    }
}

fn container_source(origin: &ContainerOrigin) -> String {
    match origin {
        ContainerOrigin::Image { image } => format!("image {}", image.value),
        ContainerOrigin::Build(build) => {
            let file = build.dockerfile.as_ref().map(|file| format!(" ({})", file.value)).unwrap_or_default();
            format!("build {}{file}", build.path.value)
        }
        ContainerOrigin::Git { url, reference: at, build } => {
            format!("build {} of git {}{}", build.path.value, url.value, reference(at.as_ref()))
        }
    }
}

fn of_group(group: &Group, facts: &mut Facts) {
    let count = match (group.strategy.value, &group.min, &group.max) {
        (Strategy::One, ..) => "exactly one of its options".to_owned(),
        (Strategy::Many, min, max) => {
            let min = min.as_ref().map_or(1, |min| min.value);
            let max = max.as_ref().map_or_else(|| "all".to_owned(), |max| max.value.to_string());
            format!("from {min} to {max} of its options")
        }
    };
    facts.push(("strategy", format!("{}: {count}", group.strategy.value.as_str())));
    facts.extend(group.extends.as_ref().map(|name| ("extends", name.value.clone())));
    for option in &group.options {
        let default = group
            .default
            .iter()
            .any(|name| group.id.option(&name.value) == group.id.option(&option.name.value));
        let about = option.description.as_ref().map(|text| format!("  {}", text.value)).unwrap_or_default();
        let default = if default { " (default)" } else { "" };
        let mark = if option.deprecated.is_some() { " (deprecated)" } else { "" };
        facts.push(("options", format!("{}{default}{mark}{about}", option.name.value)));
    }
}

/// What it names itself.
fn of_mentions(own: &[Mention], facts: &mut Facts) {
    let words = [
        (How::Implies, "implies"),
        (How::DependsOn, "starts after"),
        (How::BuildsFrom, "built from"),
        (How::Requires, "to build"),
        (How::Conflicts, "conflicts"),
    ];
    for (how, word) in words {
        for mention in own.iter().filter(|mention| mention.how == how) {
            let demand = mention.demand.as_ref().map(|demand| format!(" {demand}")).unwrap_or_default();
            let option = mention.option.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
            facts.push((word, format!("{option}{}{demand}", mention.target)));
        }
    }
}

/// Who names it.
fn of_namers(shelf: &Shelf<'_>, namers: &[Namer], facts: &mut Facts) {
    let words = [
        (How::Option, "option of"),
        (How::Implies, "implied by"),
        (How::Demands, "implied by"),
        (How::DependsOn, "needed by"),
        (How::BuildsFrom, "base of"),
        (How::Requires, "to build"),
        (How::Conflicts, "kept out by"),
        (How::Extends, "extended by"),
    ];
    for (how, word) in words {
        for namer in namers {
            for mention in namer.mentions.iter().filter(|mention| mention.how == how) {
                let at = shelf.sources.position(mention.place);
                let demand = mention.demand.as_ref().map(|demand| format!(" {demand}")).unwrap_or_default();
                let option = mention.option.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
                facts.push((word, format!("{}{option}{demand}  {at}", namer.listed.target)));
            }
        }
    }
}

fn as_json(shelf: &Shelf<'_>, listed: &Listed, entry: &Entry, source: &str, namers: &[Namer]) -> Json {
    let mut named_by = Vec::new();
    for namer in namers {
        for mention in &namer.mentions {
            let at = shelf.sources.position(mention.place);
            named_by.push(json!({
                "id": namer.listed.target.to_string(),
                "how": word(mention.how),
                "option": mention.option.as_ref().map(crate::names::Name::as_str),
                "demand": mention.demand,
                "file": at.path, "line": at.line, "column": at.column,
            }));
        }
    }
    let file = entry.common().file;
    let limits = Limits::of_entry(matches!(entry, Entry::Group(_)));
    let node = yaml::read(file, source, limits).ok();
    json!({
        "schema": SCHEMA, "ok": true,
        "id": listed.target.to_string(),
        "name": entry.common().name.value.as_str(),
        "kind": listed.target.kind_word(),
        "registry": listed.registry,
        "file": listed.shown,
        "hidden_by": listed.hidden_by,
        "releases": newest_first(entry.versions().into_iter()),
        "named_by": named_by,
        "entry": node.as_ref().map(data),
    })
}

fn word(how: How) -> &'static str {
    match how {
        How::Implies => "implies",
        How::Requires => "requires",
        How::Conflicts => "conflicts",
        How::Option => "option",
        How::Demands => "demands",
        How::DependsOn => "depends_on",
        How::BuildsFrom => "builds_from",
        How::Extends => "extends",
        How::Replacement => "replacement",
    }
}

/// A value as it is written: scalars are texts, `true`, `false` and nothing apart.
fn data(node: &Node) -> Json {
    match (&node.value, node.as_bool()) {
        (_, Some(value)) => Json::Bool(value),
        (Value::Null, _) => Json::Null,
        (Value::Scalar { text, .. }, _) => Json::String(text.clone()),
        (Value::List(items), _) => items.iter().map(data).collect(),
        (Value::Map(pairs), _) => {
            let pairs = pairs.iter().map(|(key, value)| (key.text.clone(), data(value)));
            Json::Object(pairs.collect::<Map<String, Json>>())
        }
    }
}
