//! One layer of a container's definition: entry, release, source, profile or manifest item, the later over the former.
//!
//! Owns: what a layer can say. Refuses: laying them over each other (that is the stack's work).

use std::collections::BTreeSet;

use crate::place::{At, Place};
use crate::yaml::Node;

/// A scalar that a layer sets, removes (`null`), or leaves alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Setting {
    /// Nothing said.
    #[default]
    Unset,
    /// `null`: what a lower layer set is removed.
    Removed(Place),
    /// Set.
    Set(At<String>),
}

/// The parts of a layer that join those below them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// `network_aliases`.
    NetworkAliases,
    /// `orchestration.depends_on`.
    DependsOn,
    /// `ports`.
    Ports,
    /// `volumes`.
    Volumes,
    /// `env`.
    Env,
    /// `compose`.
    Compose,
}

/// What one layer says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layer {
    /// Parts of which all that lower layers said is dropped first: those written as `null` (`ports: null`), and a
    /// `depends_on` written as a list (a list replaces a list; a mapping merges by key).
    pub cleared: BTreeSet<Part>,
    /// `image` (manifest item, profile, release).
    pub image: Setting,
    /// `container_name`.
    pub container_name: Setting,
    /// `orchestration.service_name`.
    pub service_name: Setting,
    /// `network_aliases`: joined over the layers.
    pub network_aliases: Vec<At<String>>,
    /// `orchestration.depends_on`.
    pub depends_on: Vec<DependsOn>,
    /// `ports`, in order.
    pub ports: Vec<Port>,
    /// `volumes`, in order.
    pub volumes: Vec<Volume>,
    /// `env`: `None` for `null`.
    pub env: Vec<(At<String>, Option<At<String>>)>,
    /// `compose`: any other Compose service key, as it stands.
    pub compose: Vec<(At<String>, Node)>,
}

/// A line of `depends_on`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependsOn {
    /// A container or a group, as written (a kind prefix where a name is both).
    pub target: At<String>,
    /// `condition` and other keys of the long form, as they stand; `None` in the list form.
    pub how: Option<Node>,
    /// `null` or `false`: what a lower layer set is removed.
    pub removed: bool,
}

/// A line of `ports`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Port {
    /// `"6333:6333"`.
    Short(At<String>),
    /// Compose's long form, as it stands, with its `target`.
    Long {
        /// `target`: the container's port.
        target: At<String>,
        /// `protocol`, `tcp` when absent.
        protocol: Option<At<String>>,
        /// All of it.
        node: Node,
    },
    /// `{target: 8080, remove: true}`.
    Remove {
        /// The container's port, with `/udp` where that is meant.
        target: At<String>,
        /// `protocol`.
        protocol: Option<At<String>>,
    },
}

/// A line of `volumes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Volume {
    /// `"data:/path"`.
    Short(At<String>),
    /// Compose's long form, as it stands, with its `target`.
    Long {
        /// `target`: where it is mounted.
        target: At<String>,
        /// All of it.
        node: Node,
    },
    /// `{target: /path, remove: true}`.
    Remove {
        /// Where it would be mounted.
        target: At<String>,
    },
}
