//! Diagnostics: what is wrong with an input, where, and what to do.
//!
//! Owns: the one type in which every reader reports. Refuses: printing (the voice does that), and stopping at the first.

mod advice;
mod expected;
mod finding;
mod outdated;
pub mod pages;
mod proven;
mod upkeep;
mod wiring;
mod witness;

use std::borrow::Cow;

use crate::place::Place;

pub use expected::Expected;
pub use finding::{Finding, UrlProblem};
pub use outdated::{Instead, Outdated, Unmovable};
pub use proven::{ComponentPart, Lost, Proven};
pub use upkeep::Upkeep;
pub use wiring::{ExtendsProblem, Unfetched, WhyUnfetched, Wiring};
pub use witness::{Example, Held, Shows, Witness};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing can go on.
    Error,
    /// Worth knowing; work goes on.
    Warning,
}

/// A further place that helps to understand a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there ("first written here").
    pub what: Cow<'static, str>,
}

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands; `None` when a whole file is missing.
    pub place: Option<Place>,
    /// What is wrong, as data; its `Display` is the message.
    pub finding: Finding,
    /// Other places that matter.
    pub related: Vec<Related>,
    /// Stacks that show what is said.
    pub witnesses: Vec<Witness>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(place: Place, finding: Finding) -> Self {
        Self {
            severity: Severity::Error,
            place: Some(place),
            finding,
            related: Vec::new(),
            witnesses: Vec::new(),
        }
    }

    /// A warning at a place.
    pub fn warning(place: Place, finding: Finding) -> Self {
        Self {
            severity: Severity::Warning,
            place: Some(place),
            finding,
            related: Vec::new(),
            witnesses: Vec::new(),
        }
    }

    /// An error that has no place: a file or directory that is not there.
    pub fn missing(finding: Finding) -> Self {
        Self { severity: Severity::Error, place: None, finding, related: Vec::new(), witnesses: Vec::new() }
    }

    /// A warning about no single place.
    pub fn general(finding: Finding) -> Self {
        Self { severity: Severity::Warning, place: None, finding, related: Vec::new(), witnesses: Vec::new() }
    }

    /// The same with a further place.
    pub fn with(mut self, place: Place, what: impl Into<Cow<'static, str>>) -> Self {
        self.related.push(Related { place, what: what.into() });
        self
    }
}

/// Whether an error is among them.
pub fn any_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}
