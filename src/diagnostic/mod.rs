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
    /// What to do in this case, in place of what the finding says in general.
    pub instead: Option<String>,
}

impl Diagnostic {
    fn new(severity: Severity, place: Option<Place>, finding: Finding) -> Self {
        Self { severity, place, finding, related: Vec::new(), witnesses: Vec::new(), instead: None }
    }

    /// An error at a place.
    pub fn error(place: Place, finding: Finding) -> Self {
        Self::new(Severity::Error, Some(place), finding)
    }

    /// A warning at a place.
    pub fn warning(place: Place, finding: Finding) -> Self {
        Self::new(Severity::Warning, Some(place), finding)
    }

    /// An error that has no place: a file or directory that is not there.
    pub fn missing(finding: Finding) -> Self {
        Self::new(Severity::Error, None, finding)
    }

    /// A warning about no single place.
    pub fn general(finding: Finding) -> Self {
        Self::new(Severity::Warning, None, finding)
    }

    /// What to do, where that is known.
    pub fn help(&self) -> Option<String> {
        self.instead.clone().or_else(|| self.finding.help())
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
