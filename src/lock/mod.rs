//! `hsm.lock`: what the last sync decided.
//!
//! Owns: the file's format, both ways. Refuses: deciding whether it is out of date by anything but its bytes: the text
//! that would be written now is the same, or it is not.

mod meaning;
mod read;
mod write;

use std::collections::BTreeMap;

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
}

impl Lock {
    /// What the lock of a stack says.
    pub fn of(stack: &Stack) -> Self {
        let release = |version: &Option<Version>| LockedComponent { release: version.clone() };
        let packages = stack.packages.iter().map(|(id, package)| (id.clone(), release(&package.release)));
        let containers =
            stack.containers.iter().map(|(id, container)| (id.clone(), release(&container.release)));
        Self {
            components: packages.chain(containers).collect(),
            groups: stack.groups.iter().map(|(id, group)| (id.clone(), group.options.clone())).collect(),
        }
    }
}

/// What a lock says of one component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockedComponent {
    /// Its release; `None` floats.
    pub release: Option<Version>,
}
