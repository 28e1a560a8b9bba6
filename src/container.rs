//! A container's definition: its layers laid over each other, as data.
//!
//! Owns: the rules by which layers join (scalars replaced, maps merged by key, ports by container port, volumes by
//! target). Refuses: Compose's file format (an adapter writes that) and choosing a release, mode or profile.

use std::path::PathBuf;

use indexmap::IndexMap;

use crate::place::At;
use crate::registry::{ContainerOrigin, layer::DependsOn, layer::Port, layer::Volume};
use crate::yaml::Node;

/// What is left when all layers are joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The source of the chosen mode; `None` for an external, or when only a layer names an image.
    pub origin: Option<At<ContainerOrigin>>,
    /// The directory that its relative paths start at, relative to the project's root.
    pub root: PathBuf,
    /// `image` as a layer above the source sets it.
    pub image: Option<At<String>>,
    /// `container_name`.
    pub container_name: Option<At<String>>,
    /// `orchestration.service_name`, else the entry's name.
    pub service_name: String,
    /// `network_aliases`, without duplicates.
    pub network_aliases: Vec<At<String>>,
    /// `orchestration.depends_on`.
    pub depends_on: Vec<DependsOn>,
    /// `ports`; never [`Port::Remove`].
    pub ports: Vec<Port>,
    /// `volumes`; never [`Volume::Remove`].
    pub volumes: Vec<Volume>,
    /// `env`.
    pub env: IndexMap<String, Option<At<String>>>,
    /// `compose`, in order.
    pub compose: IndexMap<String, At<Node>>,
    /// `compose_project`.
    pub compose_project: Vec<(At<String>, Node)>,
    /// `run`: `false` for a base image that is only built.
    pub run: bool,
}
