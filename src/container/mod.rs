//! A container's definition: its layers laid over each other, as data.
//!
//! Owns: the rules by which layers join (scalars replaced, maps merged by key, ports by container port, volumes by
//! target), and what its texts mean: ports, volumes, `${HSM_…}`. Refuses: the engine's file format (an adapter writes
//! that) and choosing a release, mode or profile.

pub(crate) mod brace;
pub mod held;
pub mod hints;
pub mod keys;
mod merge;
pub mod own;
pub mod path;
pub mod port;
mod problem;
pub mod text;
pub mod variable;
pub mod volume;

use std::path::PathBuf;

use indexmap::IndexMap;

use crate::place::{At, Place};
use crate::registry::layer::{DependsOn, Layer, Part, Port, Setting, Volume};
use crate::registry::{Container, ContainerOrigin, ContainerRelease, ContainerSource, Profile};
use crate::yaml::Node;

pub use problem::Problem;

/// What is left when all layers are joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Where the entry's name stands.
    pub place: Place,
    /// The source of the chosen mode; `None` for an external, or when only a layer names an image.
    pub origin: Option<At<ContainerOrigin>>,
    /// The directory that its relative paths start at, relative to the project's root.
    pub root: PathBuf,
    /// `image` as a layer above the source sets it; without a source, as any layer sets it.
    pub image: Option<At<String>>,
    /// `container_name`.
    pub container_name: Option<At<String>>,
    /// `orchestration.service_name`, else the entry's name.
    pub service_name: String,
    /// `network_aliases`, without duplicates.
    pub network_aliases: Vec<At<String>>,
    /// `orchestration.depends_on`; none of them `removed`.
    pub depends_on: Vec<DependsOn>,
    /// `ports`; never [`Port::Remove`].
    pub ports: Vec<Port>,
    /// `volumes`; never [`Volume::Remove`].
    pub volumes: Vec<Volume>,
    /// `env`; `None`: the variable is passed on from where the engine is called.
    pub env: IndexMap<String, Option<At<String>>>,
    /// `compose`, in order, each value with the place of its key.
    pub compose: IndexMap<String, At<Node>>,
    /// `compose_project`.
    pub compose_project: Vec<(At<String>, Node)>,
    /// `run`: `false` for a base image that is only built.
    pub run: bool,
}

/// Lays the layers over each other, the later over the former: entry, release, source, profile, items of the manifest.
///
/// - A scalar is replaced; `null` removes it. What `image` says below a source is replaced by that source's image.
/// - Maps merge by key, in depth. `null` removes what a lower layer set under that key (a `null` too), and otherwise
///   stays: in `env` and `networks` it has a meaning.
/// - Ports are keyed by container port and protocol, volumes by mount target: a layer's items of a key replace all
///   lower ones, at their place. Of a range that is replaced in part, the rest stays as single ports.
/// - Aliases are joined, other lists replaced.
/// - Relative paths of an entry are written from the project's root; the manifest's already are.
/// - A part that a layer clears (`ports: null`, a `depends_on` in list form) loses all that lower layers said.
pub fn join(
    entry: &Container,
    release: &ContainerRelease,
    source: Option<&ContainerSource>,
    profile: Option<&Profile>,
    items: &[&Layer],
) -> Definition {
    let mut scalars = Scalars::default();
    let mut joined = Definition {
        place: entry.common.name.place,
        origin: source.map(|source| At::new(source.origin.clone(), source.place)),
        root: entry.common.root.clone(),
        image: None,
        container_name: None,
        service_name: String::new(),
        network_aliases: Vec::new(),
        depends_on: Vec::new(),
        ports: Vec::new(),
        volumes: Vec::new(),
        env: IndexMap::new(),
        compose: IndexMap::new(),
        compose_project: path::rebase_project(&entry.compose_project, &entry.common.root),
        run: entry.run.as_ref().is_none_or(|run| run.value),
    };
    let root = &entry.common.root;
    for layer in [&entry.layer, &release.layer] {
        scalars.lay(layer);
        lay_over(&mut joined, &path::rebase(layer, root));
    }
    if let Some(source) = source {
        // the source says itself which image it is
        scalars.image = None;
        scalars.lay(&source.layer);
        lay_over(&mut joined, &path::rebase(&source.layer, root));
    }
    if let Some(profile) = profile {
        scalars.lay(&profile.layer);
        lay_over(&mut joined, &path::rebase(&profile.layer, root));
    }
    for layer in items {
        scalars.lay(layer);
        lay_over(&mut joined, layer);
    }
    joined.image = scalars.image;
    joined.container_name = scalars.container_name;
    joined.service_name =
        scalars.service_name.map_or_else(|| entry.common.name.value.to_string(), |name| name.value);
    joined
}

/// The scalars of the layers laid so far.
#[derive(Default)]
struct Scalars {
    image: Option<At<String>>,
    container_name: Option<At<String>>,
    service_name: Option<At<String>>,
}

impl Scalars {
    fn lay(&mut self, layer: &Layer) {
        for (held, setting) in [
            (&mut self.image, &layer.image),
            (&mut self.container_name, &layer.container_name),
            (&mut self.service_name, &layer.service_name),
        ] {
            match setting {
                Setting::Unset => {}
                Setting::Removed(_) => *held = None,
                Setting::Set(text) => *held = Some(text.clone()),
            }
        }
    }
}

fn lay_over(joined: &mut Definition, layer: &Layer) {
    for part in &layer.cleared {
        match part {
            Part::NetworkAliases => joined.network_aliases.clear(),
            Part::DependsOn => joined.depends_on.clear(),
            Part::Ports => joined.ports.clear(),
            Part::Volumes => joined.volumes.clear(),
            Part::Env => joined.env.clear(),
            Part::Compose => joined.compose.clear(),
        }
    }
    for alias in &layer.network_aliases {
        if !joined.network_aliases.iter().any(|held| held.value == alias.value) {
            joined.network_aliases.push(alias.clone());
        }
    }
    merge::depends_on(&mut joined.depends_on, &layer.depends_on);
    joined.ports = merge::ports(std::mem::take(&mut joined.ports), &layer.ports);
    joined.volumes = merge::volumes(std::mem::take(&mut joined.volumes), &layer.volumes);
    for (key, value) in &layer.env {
        match value {
            None if joined.env.contains_key(&key.value) => {
                joined.env.shift_remove(&key.value);
            }
            value => {
                joined.env.insert(key.value.clone(), value.clone());
            }
        }
    }
    merge::compose(&mut joined.compose, &layer.compose);
}

/// The text of a scalar under a key of a mapping.
pub(crate) fn scalar_at<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::as_str)
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
