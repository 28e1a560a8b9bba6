//! The stack: what the solve decided, with everything the adapters need to know. Inert data.
//!
//! Owns: the resolved form of packages, containers and groups. Refuses: choices; none are left in it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;

use crate::container::path;
use crate::container::text::{self, Images, Values};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Manifest, Mode};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::At;
use crate::registry::{DemandedMode, External, PackageOrigin};
use crate::statement::Origin;
use crate::version::{Version, VersionDemand};
use crate::yaml::Node;

/// The resolved stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Facts of the project that adapters need.
    pub project: ProjectFacts,
    /// The packages, by id.
    pub packages: BTreeMap<ComponentId, PackageInStack>,
    /// The containers, by id; externals and base images among them.
    pub containers: BTreeMap<ComponentId, ContainerInStack>,
    /// The groups that take part, by id.
    pub groups: BTreeMap<GroupId, GroupInStack>,
    /// The implications and dependencies that hold, in order of origin and target.
    pub links: Vec<Link>,
    /// Published images that are held to a digest, with their names: `redis:7@sha256:…`.
    pub digests: BTreeMap<ComponentId, String>,
}

/// What adapters need to know of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFacts {
    /// `project.name`, as written.
    pub name: String,
    /// `project.version`.
    pub version: Option<String>,
    /// `dependencies.into: {group: NAME}`.
    pub into_group: Option<String>,
    /// `services.compose_files`.
    pub compose_files: Vec<At<String>>,
}

impl ProjectFacts {
    /// What the manifest says of the project.
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            name: manifest.project.name.value.clone(),
            version: manifest.project.version.as_ref().map(|v| v.value.clone()),
            into_group: manifest.dependencies.into_group.as_ref().map(|g| g.value.clone()),
            compose_files: manifest.services.compose_files.clone(),
        }
    }
}

/// A package in the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct PackageInStack {
    /// Its name as the registry writes it.
    pub name: Name,
    /// The registry that holds its entry.
    pub registry: String,
    /// The directory that its relative paths start at, relative to the project's root.
    pub root: PathBuf,
    /// The chosen release; `None` floats.
    pub release: Option<Version>,
    /// The chosen mode.
    pub mode: Mode,
    /// The source of that mode.
    pub origin: At<PackageOrigin>,
    /// For a floating package: all demands on its version, joined; and what conflicts keep out, each as a demand that
    /// must not hold.
    pub demands: Vec<At<VersionDemand>>,
    /// See [`PackageInStack::demands`].
    pub excluded: Vec<At<VersionDemand>>,
    /// Extras from the item and from implications, sorted.
    pub extras: Vec<String>,
    /// The item's environment marker.
    pub marker: Option<At<String>>,
    /// `requires_python` of the release, else of the entry, else of the checkout.
    pub requires_python: Vec<At<String>>,
    /// `dependencies` of entry and release.
    pub dependencies: Vec<At<String>>,
    /// `env`, with `${HSM_PARAMS.…}` filled in.
    pub env: IndexMap<String, String>,
    /// `uv`, as it stands in the entry.
    pub uv: Option<Node>,
}

/// A container in the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerInStack {
    /// Its name.
    pub name: Name,
    /// The registry that holds its entry.
    pub registry: String,
    /// The chosen release.
    pub release: Option<Version>,
    /// The chosen mode; `None` for an external.
    pub mode: Option<Mode>,
    /// The chosen profile.
    pub profile: Option<Name>,
    /// The address, for an external.
    pub external: Option<External>,
    /// Its layers, lowest first: entry, release, source, profile, item; laid over each other by the adapter's side.
    pub definition: crate::container::Definition,
    /// The params of all implications of it, joined (rule 11), by key: `${HSM_MERGED_PARAMS.key}`.
    pub params: IndexMap<String, Vec<String>>,
    /// The params of its own implications, joined over their targets in the order of their ids: `${HSM_PARAMS.key}`.
    pub own_params: IndexMap<String, Vec<String>>,
}

impl ContainerInStack {
    /// Gives `read` what hsm's own variables stand for in this container's texts.
    pub fn with_values<T>(&self, image: Option<Images<'_>>, read: impl FnOnce(Values<'_>) -> T) -> T {
        let source = path::source(&self.definition);
        let (params, own_params) = (&self.params, &self.own_params);
        read(Values { params, own_params, source: source.as_deref(), image })
    }

    /// What is wrong with hsm's own variables in it: a param that nobody sets.
    pub fn unfilled(&self) -> Vec<Diagnostic> {
        self.with_values(None, |values| match &self.external {
            Some(external) => {
                let keys = external.keys.iter().filter_map(|(_, value)| text::fill_text(value, values).err());
                keys.flatten().collect()
            }
            None => text::fill(&self.definition, values).err().unwrap_or_default(),
        })
    }
}

/// A group that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupInStack {
    /// Whether exactly one option is chosen.
    pub one: bool,
    /// The present options, in the order of their places.
    pub options: Vec<Name>,
}

/// An implication or dependency that holds in the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Who.
    pub from: Origin,
    /// On what.
    pub to: TargetId,
    /// Of a group: the options that are demanded; empty when none is, and then each present one counts.
    pub options: Vec<Name>,
    /// Of which sort.
    pub sort: LinkSort,
    /// A demanded mode, if any.
    pub mode: Option<DemandedMode>,
}

/// The sorts of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkSort {
    /// `implies`.
    Implies,
    /// `depends_on`.
    DependsOn,
    /// `requires`, or `${HSM_IMAGE.…}` in a build.
    Requires,
}
