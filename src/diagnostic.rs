//! Diagnostics: what is wrong with an input, where, and what to do.
//!
//! Owns: the one type in which every reader reports. Refuses: printing (the voice does that), and stopping at the first.

use crate::place::Place;

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
    pub what: &'static str,
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
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(place: Place, finding: Finding) -> Self {
        Self { severity: Severity::Error, place: Some(place), finding, related: Vec::new() }
    }

    /// A warning at a place.
    pub fn warning(place: Place, finding: Finding) -> Self {
        Self { severity: Severity::Warning, place: Some(place), finding, related: Vec::new() }
    }

    /// The same with a further place.
    pub fn with(mut self, place: Place, what: &'static str) -> Self {
        self.related.push(Related { place, what });
        self
    }
}

/// What can be wrong. The message says what was expected and, where it is known, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// The text is not YAML.
    #[error("not valid YAML: {0}")]
    Syntax(String),
}
