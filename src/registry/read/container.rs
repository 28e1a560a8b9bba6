//! Reading an entry of `containers/`.

use crate::diagnostic::{Diagnostic, Finding};
use crate::fields::{self, Fields, Found};
use crate::manifest::Mode;
use crate::names::{Name, nearest};
use crate::place::At;
use crate::registry::layer::{Layer, Setting};
use crate::registry::{
    Build, Container, ContainerOrigin, ContainerRelease, ContainerSource, External, Profile, Rules, shapes,
};
use crate::version::Version;
use crate::yaml::Node;

use super::layer::{Has, layer};
use super::package::{equal_releases, path, release_place, required_path, version};
use super::rules::{demands, rules};
use super::source::{self, git_url, reference, source_type};
use super::{EntryFile, common, deprecated};

const PARTS: &[&str] = &["volumes", "secrets", "configs", "networks"];

pub(super) fn read(node: &Node, from: &EntryFile, found: &mut Found) -> Option<Container> {
    let mut fields = Fields::shaped(node, &shapes::CONTAINER, found)?;
    let common = common(&mut fields, from, found);
    let version = version(&mut fields, found);
    let sources = source::all(&mut fields, &shapes::CONTAINER_SOURCES, source, found);
    let yanked = fields.text("yanked", found);
    let own = own_release(&fields, version, &sources, yanked);
    let further = releases(&mut fields, &sources, found);
    // What has neither a version nor a tag is only a frame for the releases, if there are any.
    let releases: Vec<_> = if own.version.is_none() && !further.is_empty() {
        further
    } else {
        std::iter::once(own).chain(further).collect()
    };
    let versions: Vec<_> = releases.iter().filter_map(|r| r.version.as_ref()).collect();
    equal_releases(&versions, found);
    let profiles = profiles(&mut fields, found);
    let container = Container {
        rules: rules(&mut fields, found),
        layer: layer(&mut fields, Has { image: false, identity: true }, found),
        default_profile: default_profile(&mut fields, &profiles, found),
        profiles,
        run: fields.boolean("run", found),
        compose_project: compose_project(&mut fields, found),
        releases,
        common: refuse_package_keys(&mut fields, common, found)?,
    };
    fields.finish(found);
    Some(container)
}

/// Keys that only packages have get a sentence of their own.
fn refuse_package_keys<T>(fields: &mut Fields<'_>, common: Option<T>, found: &mut Found) -> Option<T> {
    for key in ["requires_python", "dependencies", "entrypoints", "uv"] {
        fields.not_for(key, "packages", found);
    }
    common
}

fn own_release(
    fields: &Fields<'_>,
    version: Option<At<Version>>,
    sources: &[ContainerSource],
    yanked: Option<At<String>>,
) -> ContainerRelease {
    let version = version.or_else(|| tagged(sources, &Layer::default()));
    ContainerRelease {
        place: release_place(version.as_ref(), fields.head()),
        version,
        sources: sources.to_vec(),
        rules: Rules::default(),
        layer: Layer::default(),
        yanked,
        deprecated: None,
    }
}

fn releases(
    fields: &mut Fields<'_>,
    inherited: &[ContainerSource],
    found: &mut Found,
) -> Vec<ContainerRelease> {
    let list = fields.list("releases", found);
    list.iter().filter_map(|node| release(node, inherited, found)).collect()
}

fn release(node: &Node, inherited: &[ContainerSource], found: &mut Found) -> Option<ContainerRelease> {
    let mut fields = Fields::shaped(node, &shapes::CONTAINER_RELEASE, found)?;
    let written = version(&mut fields, found);
    let sources = source::inheriting(
        &mut fields,
        &shapes::CONTAINER_RELEASE_SOURCES,
        inherited,
        |s| s.mode,
        source,
        found,
    );
    let layer = layer(&mut fields, Has { image: true, identity: true }, found);
    let version = written.or_else(|| tagged(&sources, &layer));
    if version.is_none() {
        let finding = Finding::MissingField { what: "a release", key: "version" };
        found.push(Diagnostic::error(fields.head(), finding));
    }
    let release = ContainerRelease {
        place: release_place(version.as_ref(), node.place),
        version,
        sources,
        rules: rules(&mut fields, found),
        layer,
        yanked: fields.text("yanked", found),
        deprecated: deprecated(&mut fields, found),
    };
    fields.finish(found);
    Some(release)
}

/// The tag of the published image.
fn tagged(sources: &[ContainerSource], layer: &Layer) -> Option<At<Version>> {
    let published = sources.iter().find(|s| s.mode == Mode::Prod).and_then(|s| match &s.origin {
        ContainerOrigin::Image { image } => Some(image),
        _ => None,
    });
    let image = match &layer.image {
        Setting::Set(image) => image,
        _ => published?,
    };
    image_tag(&image.value).map(|tag| At::new(Version::parse(tag), image.place))
}

/// The tag in `host:5000/name:tag@sha256:…`; none when a variable decides it.
pub(crate) fn image_tag(image: &str) -> Option<&str> {
    if image.contains("${") {
        return None;
    }
    let (without_digest, _) = image.split_once('@').unwrap_or((image, ""));
    let last = without_digest.rsplit('/').next()?;
    let (_, tag) = last.split_once(':')?;
    (!tag.is_empty()).then_some(tag)
}

fn source(mode: Mode, node: &Node, found: &mut Found) -> Option<ContainerSource> {
    let shape = match node.get("type").and_then(Node::as_str) {
        Some("build") => &shapes::BUILD_SOURCE,
        Some("git") => &shapes::GIT_BUILD_SOURCE,
        _ => &shapes::IMAGE_SOURCE,
    };
    let mut fields = Fields::shaped(node, shape, found)?;
    let kind = source_type(&mut fields, "a container", shapes::CONTAINER_SOURCE_TYPES, found);
    let origin = kind.map(|kind| origin(kind, &mut fields, found));
    if origin.is_none() {
        for key in ["image", "build"] {
            fields.ignore(key);
        }
    }
    let requires = demands(&mut fields, "requires", found);
    let rules = rules(&mut fields, found);
    let layer = layer(&mut fields, Has { image: false, identity: true }, found);
    // Which other keys there may be depends on the type.
    let origin = origin?;
    fields.finish(found);
    Some(ContainerSource { mode, place: node.place, origin: origin?, layer, rules, requires })
}

fn origin(kind: &str, fields: &mut Fields<'_>, found: &mut Found) -> Option<ContainerOrigin> {
    match kind {
        "docker-image" => {
            let image = fields.required_text("image", found)?;
            if image.value.trim().is_empty() {
                let finding = Finding::EmptyText { what: "`image`".to_owned() };
                found.push(Diagnostic::error(image.place, finding));
            }
            Some(ContainerOrigin::Image { image })
        }
        "build" => build(fields, found).map(ContainerOrigin::Build),
        _ => {
            let url = fields.required_text("url", found);
            if let Some(url) = &url {
                git_url(url, found);
            }
            let reference = reference(fields, &["ref", "rev", "tag", "branch"], found);
            let build = build(fields, found);
            Some(ContainerOrigin::Git { url: url?, reference, build: build? })
        }
    }
}

fn build(fields: &mut Fields<'_>, found: &mut Found) -> Option<Build> {
    let context = required_path(fields, "path", found);
    let build = Build {
        dockerfile: path(fields, "dockerfile", found),
        target: fields.text("target", found),
        args: args(fields, found),
        image: fields.text("image", found),
        other: other_build_keys(fields, found),
        path: context?,
    };
    Some(build)
}

/// `args`: a mapping, or Compose's list of `KEY=VALUE`.
fn args(fields: &mut Fields<'_>, found: &mut Found) -> Vec<(At<String>, Node)> {
    let Some(node) = fields.get("args") else { return Vec::new() };
    if let Some(items) = node.as_list() {
        return items.iter().filter_map(|n| arg_line(n, found)).collect();
    }
    let mut out = Vec::new();
    for (key, value) in fields::map(node, "`args`", found) {
        if value.as_list().is_some() || value.as_map().is_some() {
            fields::wrong_type(value, &format!("the arg `{}`", key.text), "a text", found);
            continue;
        }
        out.push((At::new(key.text.clone(), key.place), value.clone()));
    }
    out
}

fn arg_line(node: &Node, found: &mut Found) -> Option<(At<String>, Node)> {
    let line = fields::text(node, "a line of `args`", found)?;
    let (key, value) = match line.value.split_once('=') {
        Some((key, value)) => (key, crate::yaml::Value::Scalar { text: value.to_owned(), plain: false }),
        None => (line.value.as_str(), crate::yaml::Value::Null),
    };
    Some((At::new(key.to_owned(), line.place), Node { place: node.place, value }))
}

/// `build: {…}`: what Compose has besides the keys that stand beside it.
fn other_build_keys(fields: &mut Fields<'_>, found: &mut Found) -> Vec<(At<String>, Node)> {
    let mut out = Vec::new();
    for (key, value) in fields.map("build", found) {
        let Some((_, belongs)) = shapes::BESIDE_BUILD.iter().find(|(own, _)| *own == key.text) else {
            out.push((At::new(key.text.clone(), key.place), value.clone()));
            continue;
        };
        let finding = Finding::Misplaced { key: key.text.clone(), inside: "`build`", belongs };
        found.push(Diagnostic::error(key.place, finding));
    }
    out
}

fn profiles(fields: &mut Fields<'_>, found: &mut Found) -> Vec<Profile> {
    let mut out = Vec::new();
    for (key, node) in fields.map("deployment_profiles", found) {
        let name = fields::parse_name(&key.text, key.place, found);
        let profile = profile(name, node, found);
        out.extend(profile);
    }
    out
}

fn profile(name: Option<At<Name>>, node: &Node, found: &mut Found) -> Option<Profile> {
    let is_external = node.get("mode").and_then(Node::as_str) == Some("external");
    let shape = if is_external { &shapes::EXTERNAL_PROFILE } else { &shapes::MANAGED_PROFILE };
    let mut fields = Fields::shaped(node, shape, found)?;
    let mode = fields.get("mode").and_then(|n| fields::word(n, "`mode`", shapes::PROFILE_MODES, found));
    if !is_external {
        fields.ignore("external");
    }
    let external = match (is_external, fields.pair("external")) {
        (true, None) => {
            let finding = Finding::MissingField { what: "an external profile", key: "external" };
            found.push(Diagnostic::error(mode.map_or(fields.place, |m| m.place), finding));
            None
        }
        (true, Some((_, node))) => {
            let keys = super::package::pairs(&mut fields, "external", found);
            Some(External { place: node.place, keys })
        }
        (false, Some((key, _))) => {
            found.push(Diagnostic::error(key.place, Finding::ExternalOnManaged));
            None
        }
        (false, None) => None,
    };
    let layer = layer(&mut fields, Has { image: true, identity: true }, found);
    let rules = rules(&mut fields, found);
    fields.finish(found);
    Some(Profile { name: name?, external, layer, rules })
}

fn default_profile(fields: &mut Fields<'_>, profiles: &[Profile], found: &mut Found) -> Option<At<Name>> {
    let name = fields.name("default_profile", found)?;
    match profiles.iter().find(|p| p.name.value == name.value) {
        Some(profile) if profile.external.is_some() => {
            let finding = Finding::ExternalDefault { name: name.value.to_string() };
            let warning = Diagnostic::warning(name.place, finding);
            found.push(warning.with(profile.name.place, "the profile"));
        }
        Some(_) => {}
        None => {
            let near = nearest(name.value.as_str(), profiles.iter().map(|p| p.name.value.as_str()));
            let nearest = near.map(str::to_owned);
            let finding = Finding::UnknownProfile { name: name.value.to_string(), nearest };
            found.push(Diagnostic::error(name.place, finding));
            return None;
        }
    }
    Some(name)
}

/// Top-level parts of the Compose file.
fn compose_project(fields: &mut Fields<'_>, found: &mut Found) -> Vec<(At<String>, Node)> {
    let Some(node) = fields.get("compose_project") else { return Vec::new() };
    let Some(mut inner) = Fields::shaped(node, &shapes::COMPOSE_PROJECT, found) else { return Vec::new() };
    let mut out = Vec::new();
    for &part in PARTS {
        let Some((key, value)) = inner.pair(part) else { continue };
        if value.as_map().is_none() && !value.is_null() {
            fields::wrong_type(value, &format!("`{part}`"), "a mapping", found);
            continue;
        }
        out.push((At::new(key.text.clone(), key.place), value.clone()));
    }
    inner.finish(found);
    out
}
