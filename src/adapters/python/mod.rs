//! What every package manager for Python needs: what the stack asks of it, whatever the tool.
//!
//! Owns: requirement lines, where each package comes from, and sources on this machine. Refuses: files and tools of any one
//! package manager.

pub(super) mod demand;
pub(super) mod local;
mod trouble;

pub(super) use demand::{Asked, Origin, distribution};
pub(super) use local::Local;
pub(super) use trouble::Trouble;

use super::Trouble as AdapterTrouble;
use crate::diagnostic::{Diagnostic, Severity};
use crate::place::Place;

/// An error at a place.
pub(super) fn wrong(place: Place, trouble: impl Into<AdapterTrouble>) -> Diagnostic {
    Diagnostic::error(place, trouble.into().into())
}

/// A finding without a place in a file that was read.
pub(super) fn general(severity: Severity, trouble: impl Into<AdapterTrouble>) -> Diagnostic {
    Diagnostic { severity, place: None, finding: trouble.into().into(), related: Vec::new() }
}
