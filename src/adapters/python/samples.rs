//! Packages and stacks for the tests of package managers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;

use crate::manifest::Mode;
use crate::names::{ComponentId, Kind, Name};
use crate::place::{At, FileId, Place};
use crate::registry::PackageOrigin;
use crate::stack::{PackageInStack, ProjectFacts, Stack};
use crate::version::Version;

pub(in crate::adapters) fn at<T>(value: T) -> At<T> {
    At::new(value, Place { file: FileId(0), start: 0, end: 0 })
}

pub(in crate::adapters) fn text(value: &str) -> At<String> {
    at(value.to_owned())
}

pub(in crate::adapters) fn package(
    name: &str,
    release: Option<&str>,
    mode: Mode,
    origin: PackageOrigin,
) -> PackageInStack {
    PackageInStack {
        name: Name::parse(name).unwrap(),
        registry: "r".to_owned(),
        root: PathBuf::new(),
        release: release.map(Version::parse),
        mode,
        origin: at(origin),
        demands: Vec::new(),
        excluded: Vec::new(),
        extras: Vec::new(),
        marker: None,
        requires_python: Vec::new(),
        dependencies: Vec::new(),
        env: IndexMap::new(),
        uv: None,
    }
}

pub(in crate::adapters) fn pypi(name: &str, release: Option<&str>) -> PackageInStack {
    let origin = PackageOrigin::Pypi { name: None, version: None, extras: Vec::new(), index: None };
    package(name, release, Mode::Prod, origin)
}

pub(in crate::adapters) fn local(name: &str, mode: Mode, path: &str) -> PackageInStack {
    let origin = PackageOrigin::Local {
        name: None,
        path: text(path),
        editable: None,
        package: None,
        extras: Vec::new(),
    };
    package(name, Some("1.0"), mode, origin)
}

pub(in crate::adapters) fn stack(packages: impl IntoIterator<Item = PackageInStack>) -> Stack {
    Stack {
        project: ProjectFacts {
            name: "My Stack".to_owned(),
            version: Some("0.2.0".to_owned()),
            into_group: None,
            compose_files: Vec::new(),
        },
        packages: packages.into_iter().map(|p| (ComponentId::new(Kind::Package, &p.name), p)).collect(),
        containers: BTreeMap::new(),
        groups: BTreeMap::new(),
        links: Vec::new(),
        digests: BTreeMap::new(),
    }
}
