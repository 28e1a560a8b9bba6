//! Reading an entry of `packages/`.

use crate::diagnostic::{Diagnostic, Finding};
use crate::fields::{self, Fields, Found, Seen};
use crate::manifest::Mode;
use crate::place::{At, Place};
use crate::registry::{Package, PackageOrigin, PackageRelease, PackageSource, Rules, shapes};
use crate::version::{Version, check_requirement, check_specifiers};
use crate::yaml::Node;

use super::rules::rules;
use super::source::{self, file_url, git_url, index_url, reference, source_type};
use super::{EntryFile, common, deprecated};

pub(super) fn read(node: &Node, from: &EntryFile, found: &mut Found) -> Option<Package> {
    let mut fields = Fields::shaped(node, &shapes::PACKAGE, found)?;
    let common = common(&mut fields, from, found);
    let version = version(&mut fields, found);
    let sources = source::all(&mut fields, &shapes::PACKAGE_SOURCES, source, found);
    let yanked = fields.text("yanked", found);
    let own = own_release(&fields, version.clone(), &sources, yanked);
    let further = releases(&mut fields, &sources, found);
    let releases = if version.is_none() && !further.is_empty() {
        further
    } else {
        std::iter::once(own).chain(further).collect()
    };
    check_releases(&releases, found);
    let package = Package {
        releases,
        rules: rules(&mut fields, found),
        requires_python: requires_python(&mut fields, found),
        dependencies: dependencies(&mut fields, found),
        env: pairs(&mut fields, "env", found),
        entrypoints: pairs(&mut fields, "entrypoints", found),
        uv: fields.get("uv").filter(|n| mapping(n, "`uv`", found)).cloned(),
        common: refuse_container_keys(&mut fields, common, found)?,
    };
    fields.finish(found);
    Some(package)
}

/// Keys that only containers have get a sentence of their own; then the rest that nobody knows is reported.
fn refuse_container_keys<T>(fields: &mut Fields<'_>, common: Option<T>, found: &mut Found) -> Option<T> {
    let keys = [
        "ports",
        "volumes",
        "container_name",
        "network_aliases",
        "orchestration",
        "compose",
        "compose_project",
        "deployment_profiles",
        "default_profile",
        "run",
    ];
    for key in keys {
        fields.not_for(key, "containers", found);
    }
    common
}

fn own_release(
    fields: &Fields<'_>,
    version: Option<At<Version>>,
    sources: &[PackageSource],
    yanked: Option<At<String>>,
) -> PackageRelease {
    PackageRelease {
        place: release_place(version.as_ref(), fields.head()),
        version,
        sources: sources.to_vec(),
        rules: Rules::default(),
        requires_python: None,
        dependencies: Vec::new(),
        yanked,
        deprecated: None,
    }
}

fn releases(fields: &mut Fields<'_>, inherited: &[PackageSource], found: &mut Found) -> Vec<PackageRelease> {
    let list = fields.list("releases", found);
    list.iter().filter_map(|node| release(node, inherited, found)).collect()
}

fn release(node: &Node, inherited: &[PackageSource], found: &mut Found) -> Option<PackageRelease> {
    let mut fields = Fields::shaped(node, &shapes::PACKAGE_RELEASE, found)?;
    fields.required("version", found);
    let version = version(&mut fields, found);
    let sources = source::inheriting(
        &mut fields,
        &shapes::PACKAGE_RELEASE_SOURCES,
        inherited,
        |s| s.mode,
        source,
        found,
    );
    let release = PackageRelease {
        place: release_place(version.as_ref(), node.place),
        version,
        sources,
        rules: rules(&mut fields, found),
        requires_python: requires_python(&mut fields, found),
        dependencies: dependencies(&mut fields, found),
        yanked: fields.text("yanked", found),
        deprecated: deprecated(&mut fields, found),
    };
    fields.finish(found);
    Some(release)
}

/// `version` of an entry or release.
pub(super) fn version(fields: &mut Fields<'_>, found: &mut Found) -> Option<At<Version>> {
    let text = fields.text("version", found)?;
    if text.value.trim().is_empty() {
        let finding = Finding::EmptyText { what: "`version`".to_owned() };
        found.push(Diagnostic::error(text.place, finding));
        return None;
    }
    Some(text.map(|t| Version::parse(t.trim())))
}

/// Two equal releases, and pypi sources that leave their release out.
fn check_releases(releases: &[PackageRelease], found: &mut Found) {
    let versions: Vec<_> = releases.iter().filter_map(|r| r.version.as_ref()).collect();
    equal_releases(&versions, found);
    for release in releases {
        let Some(version) = &release.version else { continue };
        for source in &release.sources {
            let PackageOrigin::Pypi { version: Some(demand), .. } = &source.origin else { continue };
            let opaque = !demand.value.is_any() && is_opaque(&demand.value);
            if !opaque && !demand.value.allows(&version.value) {
                let finding = Finding::SourceWithoutRelease {
                    demand: demand.value.to_string(),
                    release: version.value.to_string(),
                };
                found.push(Diagnostic::error(demand.place, finding).with(version.place, "the release"));
            }
        }
    }
}

/// Each release stands once.
pub(super) fn equal_releases(versions: &[&At<Version>], found: &mut Found) {
    let mut seen = Seen::default();
    for version in versions {
        if let Some(first) = seen.before(version.value.release(), version.place) {
            let finding = Finding::EqualReleases { version: version.value.to_string() };
            found.push(Diagnostic::error(version.place, finding).with(first, "first written here"));
        }
    }
}

fn source(mode: Mode, node: &Node, found: &mut Found) -> Option<PackageSource> {
    let shape = match node.get("type").and_then(Node::as_str) {
        Some("pypi") => &shapes::PYPI_SOURCE,
        Some("git") if mode == Mode::Dev => &shapes::GIT_DEV_SOURCE,
        Some("git") => &shapes::GIT_SOURCE,
        Some("local") => &shapes::LOCAL_SOURCE,
        Some("url") => &shapes::URL_SOURCE,
        _ => &shapes::WORKSPACE_SOURCE,
    };
    let mut fields = Fields::shaped(node, shape, found)?;
    let kind = source_type(&mut fields, "a package", shapes::PACKAGE_SOURCE_TYPES, found);
    let Some(kind) = kind else {
        // The keys depend on the type: without one, only what is in them can be checked.
        rules(&mut fields, found);
        return None;
    };
    let origin = origin(kind, mode, &mut fields, found);
    let rules = rules(&mut fields, found);
    fields.finish(found);
    Some(PackageSource { mode, place: node.place, origin: origin?, rules })
}

fn origin(kind: &str, mode: Mode, fields: &mut Fields<'_>, found: &mut Found) -> Option<PackageOrigin> {
    let name = fields.name("name", found).map(|n| n.map(|n| n.to_string()));
    let extras = fields.texts("extras", found);
    Some(match kind {
        "pypi" => PackageOrigin::Pypi {
            name,
            version: specifier(fields, found),
            extras,
            index: index(fields, found),
        },
        "git" => {
            let url = fields.required_text("url", found);
            if let Some(url) = &url {
                git_url(url, found);
            }
            let reference = reference(fields, &["ref", "rev", "tag", "branch"], found);
            let subdirectory = path(fields, "subdirectory", found);
            let path = if mode == Mode::Dev {
                required_path(fields, "path", found)
            } else {
                path(fields, "path", found)
            };
            let lfs = fields.boolean("lfs", found);
            PackageOrigin::Git { name, url: url?, reference, subdirectory, lfs, path, extras }
        }
        "local" => {
            let path = required_path(fields, "path", found);
            let editable = fields.boolean("editable", found);
            let package = fields.boolean("package", found);
            PackageOrigin::Local { name, path: path?, editable, package, extras }
        }
        "url" => {
            let subdirectory = path(fields, "subdirectory", found);
            let url = fields.required_text("url", found)?;
            file_url(&url, found);
            PackageOrigin::Url { name, url, subdirectory, extras }
        }
        _ => PackageOrigin::Workspace { name, extras },
    })
}

/// A pypi source's `index`: a name, or an address without a password.
fn index(fields: &mut Fields<'_>, found: &mut Found) -> Option<At<String>> {
    let index = fields.text("index", found)?;
    if index.value.contains("://") {
        index_url(&index, found);
    }
    Some(index)
}

/// A pypi source's `version`: specifiers of PEP 440, not an opaque tag.
fn specifier(fields: &mut Fields<'_>, found: &mut Found) -> Option<At<crate::version::VersionDemand>> {
    let demand = fields.demand("version", found)?;
    if is_opaque(&demand.value) {
        let finding = Finding::BadPython {
            text: demand.value.to_string(),
            expected: "a version or a specifier of PEP 440",
            why: "an index of packages has no others".to_owned(),
        };
        found.push(Diagnostic::error(demand.place, finding));
    }
    Some(demand)
}

/// Whether a demand names a tag that is no version of PEP 440.
fn is_opaque(demand: &crate::version::VersionDemand) -> bool {
    let text = demand.as_str();
    !demand.is_any() && Version::parse(text).is_opaque() && check_specifiers(text).is_err()
}

fn check_python(text: &At<String>, expected: &'static str, found: &mut Found) {
    if let Err(why) = check_specifiers(&text.value) {
        let finding = Finding::BadPython { text: text.value.clone(), expected, why };
        found.push(Diagnostic::error(text.place, finding));
    }
}

fn requires_python(fields: &mut Fields<'_>, found: &mut Found) -> Option<At<String>> {
    let text = fields.text("requires_python", found)?;
    check_python(&text, "a specifier of Python versions (such as `>=3.11`)", found);
    Some(text)
}

fn dependencies(fields: &mut Fields<'_>, found: &mut Found) -> Vec<At<String>> {
    let lines = fields.texts("dependencies", found);
    for line in &lines {
        if let Err(why) = check_requirement(&line.value) {
            let finding = Finding::BadPython {
                text: line.value.clone(),
                expected: "a requirement (PEP 508, such as `numpy>=1.26`)",
                why,
            };
            found.push(Diagnostic::error(line.place, finding));
        }
    }
    lines
}

/// A path that must be there, relative.
pub(super) fn required_path(
    fields: &mut Fields<'_>,
    key: &'static str,
    found: &mut Found,
) -> Option<At<String>> {
    let text = fields.required_text(key, found)?;
    fields::relative_path(&text, &format!("`{key}`"), found);
    Some(text)
}

/// A relative path.
pub(super) fn path(fields: &mut Fields<'_>, key: &'static str, found: &mut Found) -> Option<At<String>> {
    let text = fields.text(key, found)?;
    fields::relative_path(&text, &format!("`{key}`"), found);
    Some(text)
}

/// A mapping from text to text.
pub(super) fn pairs(
    fields: &mut Fields<'_>,
    key: &'static str,
    found: &mut Found,
) -> Vec<(At<String>, At<String>)> {
    let mut out = Vec::new();
    for (name, node) in fields.map(key, found) {
        if let Some(value) = fields::text(node, &format!("`{}`", name.text), found) {
            out.push((At::new(name.text.clone(), name.place), value));
        }
    }
    out
}

/// Whether a value that is passed through is a mapping at all.
fn mapping(node: &Node, what: &str, found: &mut Found) -> bool {
    if node.as_map().is_some() {
        return true;
    }
    if !node.is_null() {
        fields::wrong_type(node, what, "a mapping", found);
    }
    false
}

/// Where a release stands: at its version, if it has one.
pub(super) fn release_place(version: Option<&At<Version>>, otherwise: Place) -> Place {
    version.map_or(otherwise, |v| v.place)
}
