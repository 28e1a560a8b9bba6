//! `hsm.lock`: what the last sync decided.
//!
//! Owns: the file's format, both ways. Refuses: deciding whether it is out of date by anything but its bytes: the text
//! that would be written now is the same, or it is not.

mod meaning;
mod read;
mod write;

use std::collections::BTreeMap;

use crate::manifest::{GitRefKind, Mode};
use crate::names::{ComponentId, GroupId, Name};
use crate::stack::Stack;
use crate::version::Version;

pub use meaning::meaning;
pub use read::read;
pub use write::render;

/// The number of the format that is written.
pub const SCHEMA: u32 = 1;

/// The file's name, in the project's root.
pub const FILE: &str = "hsm.lock";

/// What a lock says, as far as the next solve prefers it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// The components, by id.
    pub components: BTreeMap<ComponentId, LockedComponent>,
    /// The options of each group, in their order.
    pub groups: BTreeMap<GroupId, Vec<Name>>,
    /// The images that are held to a digest, with their names: `redis:7@sha256:…`.
    pub digests: BTreeMap<ComponentId, String>,
    /// The registries in git repositories, in the order of the search.
    pub registries: Vec<LockedRegistry>,
}

impl Lock {
    /// What the lock of a stack says.
    pub fn of(stack: &Stack) -> Self {
        let packages = stack.packages.iter().map(|(id, package)| {
            let (release, mode) = (package.release.clone(), Some(package.mode));
            (id.clone(), LockedComponent { release, mode, profile: None })
        });
        let containers = stack.containers.iter().map(|(id, container)| {
            let (release, profile) = (container.release.clone(), container.profile.clone());
            (id.clone(), LockedComponent { release, mode: container.mode, profile })
        });
        Self {
            components: packages.chain(containers).collect(),
            groups: stack.groups.iter().map(|(id, group)| (id.clone(), group.options.clone())).collect(),
            digests: stack.digests.clone(),
            registries: Vec::new(),
        }
    }

    /// Whether a solve prefers the same with the one as with the other: modes and profiles are only told, not preferred.
    pub fn prefers_the_same(&self, other: &Self) -> bool {
        let releases = |lock: &Self| -> Vec<(ComponentId, Option<Version>)> {
            lock.components.iter().map(|(id, locked)| (id.clone(), locked.release.clone())).collect()
        };
        self.groups == other.groups && releases(self) == releases(other)
    }
}

/// A registry in a git repository, and the commit of it that is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedRegistry {
    /// What it is called in the project.
    pub name: String,
    /// Its URL, as the manifest has it.
    pub url: String,
    /// Its branch, tag or commit, as the manifest has it.
    pub reference: Option<(GitRefKind, String)>,
    /// The commit.
    pub commit: String,
}

impl LockedRegistry {
    /// Whether it is what the manifest means, whatever it is called.
    pub fn is(&self, url: &str, reference: Option<(GitRefKind, &str)>) -> bool {
        self.url == url && self.reference.as_ref().map(|(kind, name)| (*kind, name.as_str())) == reference
    }
}

/// What a lock says of one component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockedComponent {
    /// Its release; `None` floats.
    pub release: Option<Version>,
    /// Its mode; an external has none.
    pub mode: Option<Mode>,
    /// Its profile.
    pub profile: Option<Name>,
}
