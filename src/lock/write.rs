//! Writing `hsm.lock`.

use std::collections::BTreeMap;

use super::{LockedRegistry, SCHEMA, meaning};
use crate::load::Inputs;
use crate::manifest::GitRefKind;
use crate::names::{Name, TargetId};
use crate::place::At;
use crate::registry::{Build, ContainerOrigin, PackageOrigin};
use crate::stack::{ContainerInStack, PackageInStack, Stack};
use crate::yaml::{self, Limits, Out};

const HEADER: &str = "# Written by hsm: `hsm sync` and `hsm lock` write it anew. Commit it, don't edit it.\n";

/// The lock's text: sorted, and the same on every machine.
pub fn render(inputs: &Inputs, stack: &Stack) -> String {
    let mut components: BTreeMap<String, Out> = BTreeMap::new();
    components.extend(stack.packages.iter().map(|(id, package)| (id.to_string(), of_package(package))));
    components.extend(stack.containers.iter().map(|(id, container)| {
        let digest = stack.digests.get(id).map(String::as_str);
        (id.to_string(), of_container(container, digest))
    }));
    let groups: BTreeMap<String, Out> = stack
        .groups
        .iter()
        .map(|(id, group)| (id.to_string(), Out::strs(group.options.iter().map(Name::as_str))))
        .collect();
    let mut lock = vec![("schema".to_owned(), Out::Int(i64::from(SCHEMA)))];
    if !inputs.pins.is_empty() {
        lock.push(("registries".to_owned(), Out::List(inputs.pins.iter().map(of_registry).collect())));
    }
    lock.extend([
        ("components".to_owned(), map(components)),
        ("groups".to_owned(), map(groups)),
        ("entries".to_owned(), map(entries(inputs, stack))),
    ]);
    format!("{HEADER}{}", yaml::write(&Out::Map(lock)))
}

fn of_registry(pin: &LockedRegistry) -> Out {
    let fields = Fields::default().text("name", Some(&pin.name)).text("git", Some(&pin.url));
    let fields = match &pin.reference {
        Some((kind, name)) => fields.text(kind.as_str(), Some(name)),
        None => fields,
    };
    fields.put("commit", Out::quoted(&pin.commit)).done()
}

fn map(sorted: BTreeMap<String, Out>) -> Out {
    Out::Map(sorted.into_iter().collect())
}

/// The hash of the meaning of each entry that the stack uses.
fn entries(inputs: &Inputs, stack: &Stack) -> BTreeMap<String, Out> {
    let components = stack.packages.keys().chain(stack.containers.keys()).cloned().map(TargetId::Component);
    let used = components.chain(stack.groups.keys().cloned().map(TargetId::Group));
    used.filter_map(|target| {
        let files = inputs.files.get(&target)?;
        let limits = Limits::of_entry(matches!(target, TargetId::Group(_)));
        let trees: Vec<_> = files
            .iter()
            .filter_map(|file| {
                let text = &inputs.sources.get(*file)?.text;
                yaml::read(*file, text, limits).ok()
            })
            .collect();
        Some((target.to_string(), Out::str(meaning(&trees))))
    })
    .collect()
}

/// A mapping that leaves out what is not there.
#[derive(Default)]
struct Fields(Vec<(String, Out)>);

impl Fields {
    fn put(mut self, key: &str, value: Out) -> Self {
        self.0.push((key.to_owned(), value));
        self
    }

    fn text(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.put(key, Out::str(value)),
            None => self,
        }
    }

    fn at(self, key: &str, value: Option<&At<String>>) -> Self {
        self.text(key, value.map(|value| value.value.as_str()))
    }

    fn list(self, key: &str, values: &[At<String>]) -> Self {
        match values {
            [] => self,
            values => self.put(key, Out::strs(values.iter().map(|value| value.value.as_str()))),
        }
    }

    fn reference(self, reference: Option<&(GitRefKind, At<String>)>) -> Self {
        match reference {
            None => self,
            Some((kind, at)) => self.at(kind.as_str(), Some(at)),
        }
    }

    fn flag(self, key: &str, value: Option<&At<bool>>) -> Self {
        match value {
            Some(value) => self.put(key, Out::Bool(value.value)),
            None => self,
        }
    }

    fn done(self) -> Out {
        Out::Map(self.0)
    }
}

fn of_package(package: &PackageInStack) -> Out {
    Fields::default()
        .text("registry", Some(&package.registry))
        .text("release", package.release.as_ref().map(crate::version::Version::as_str))
        .text("mode", Some(package.mode.as_str()))
        .put("source", package_source(&package.origin.value))
        .done()
}

fn package_source(origin: &PackageOrigin) -> Out {
    let typed = |name| Fields::default().text("type", Some(name));
    match origin {
        PackageOrigin::Pypi { name, version, extras, index } => typed("pypi")
            .at("name", name.as_ref())
            .text("version", version.as_ref().map(|version| version.value.as_str()))
            .list("extras", extras)
            .at("index", index.as_ref()),
        PackageOrigin::Git { name, url, reference, subdirectory, lfs, path, extras } => typed("git")
            .at("name", name.as_ref())
            .at("url", Some(url))
            .reference(reference.as_ref())
            .at("subdirectory", subdirectory.as_ref())
            .flag("lfs", lfs.as_ref())
            .at("path", path.as_ref())
            .list("extras", extras),
        PackageOrigin::Local { name, path, editable, package, extras } => typed("local")
            .at("name", name.as_ref())
            .at("path", Some(path))
            .flag("editable", editable.as_ref())
            .flag("package", package.as_ref())
            .list("extras", extras),
        PackageOrigin::Url { name, url, subdirectory, extras } => typed("url")
            .at("name", name.as_ref())
            .at("url", Some(url))
            .at("subdirectory", subdirectory.as_ref())
            .list("extras", extras),
        PackageOrigin::Workspace { name, extras } => {
            typed("workspace").at("name", name.as_ref()).list("extras", extras)
        }
    }
    .done()
}

fn of_container(container: &ContainerInStack, digest: Option<&str>) -> Out {
    let fields = Fields::default()
        .text("registry", Some(&container.registry))
        .text("release", container.release.as_ref().map(crate::version::Version::as_str))
        .text("mode", container.mode.map(crate::manifest::Mode::as_str))
        .text("profile", container.profile.as_ref().map(Name::as_str));
    let definition = &container.definition;
    let fields = match (&definition.origin, &definition.image) {
        _ if container.external.is_some() => fields,
        (_, Some(image)) if !definition.origin.as_ref().is_some_and(|origin| is_built(&origin.value)) => {
            let image = Fields::default().text("type", Some("image")).at("image", Some(image));
            fields.put("source", image.done())
        }
        (Some(origin), _) => fields.put("source", container_source(&origin.value)),
        (None, _) => fields,
    };
    fields.text("digest", digest).done()
}

fn is_built(origin: &ContainerOrigin) -> bool {
    matches!(origin, ContainerOrigin::Build(_) | ContainerOrigin::Git { .. })
}

fn container_source(origin: &ContainerOrigin) -> Out {
    let typed = |name| Fields::default().text("type", Some(name));
    let build = |fields: Fields, build: &Build| {
        fields
            .at("path", Some(&build.path))
            .at("dockerfile", build.dockerfile.as_ref())
            .at("target", build.target.as_ref())
            .at("image", build.image.as_ref())
    };
    match origin {
        ContainerOrigin::Image { image } => typed("image").at("image", Some(image)),
        ContainerOrigin::Build(of) => build(typed("build"), of),
        ContainerOrigin::Git { url, reference, build: of } => {
            build(typed("git").at("url", Some(url)).reference(reference.as_ref()), of)
        }
    }
    .done()
}
