//! What an engine does after the commit: it builds, starts, stops, and says what did not come up.
//!
//! Owns: what every engine answers to, the jobs it gives, and how a container can fail to come up, as data. Refuses: running anything that
//! changes something; each function gives commands, or asks.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::{Action, Tool};
use crate::container::variable::Unset;
use crate::diagnostic::Diagnostic;
use crate::names::ComponentId;
use crate::stack::{ProjectFacts, Stack};
use crate::world::World;

/// A command of an engine among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The command, to be run at the project's root, where its paths start.
    pub action: Action,
    /// The places of those in the list that have to have ended well before.
    pub after: Vec<usize>,
    /// How long it may take; `None`: as long as it likes.
    pub limit: Option<Duration>,
}

/// An engine.
pub trait Lifecycle: Sync {
    /// The variables (`${VAR}`) that what is written for this stack cannot do without: those that `lookup` does not have,
    /// and that have no default.
    fn unset(
        &self,
        stack: &Stack,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Vec<Unset>, Vec<Diagnostic>>;

    /// The names of the published images for which a digest can be asked, by container.
    fn published(&self, stack: &Stack) -> Result<BTreeMap<ComponentId, String>, Vec<Diagnostic>>;

    /// The digest (`sha256:…`) that a published image has now. The engine may fetch the image for that.
    fn digest(&self, image: &str, root: &Path, world: &dyn World) -> Result<String, NoDigest>;

    /// Builds the images of these containers (none named: of all), what they are built from first.
    fn build(&self, stack: &Stack, only: &[ComponentId]) -> Result<Vec<Job>, Vec<Diagnostic>>;

    /// Starts these containers and those they depend on (none named: all) and waits until they are healthy, at most for
    /// `wait`; what others are built from is built first. Empty when there is nothing to start.
    fn up(
        &self,
        stack: &Stack,
        only: &[ComponentId],
        wait: Option<Duration>,
    ) -> Result<Vec<Job>, Vec<Diagnostic>>;

    /// Which of these containers (none named: of all) are not up, after `up` ran. Empty where that can't be told.
    fn not_up(
        &self,
        stack: &Stack,
        only: &[ComponentId],
        tool: &Tool,
        root: &Path,
        world: &dyn World,
    ) -> Vec<NotUp>;

    /// Stops and removes what runs, by what is committed; the data that it keeps only if `volumes`. Empty when there is
    /// no file.
    fn down(
        &self,
        project: &ProjectFacts,
        volumes: bool,
        root: &Path,
        world: &dyn World,
    ) -> Result<Vec<Job>, Vec<Diagnostic>>;

    /// Hands arguments to the tool, with the project's committed files before them.
    fn pass(
        &self,
        project: &ProjectFacts,
        args: &[String],
        root: &Path,
        world: &dyn World,
    ) -> Result<Action, Vec<Diagnostic>>;
}

/// Why there is no digest of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDigest {
    /// The tool could not be run: which, and what the system said.
    #[error("{0} could not be run: {1}")]
    NotRun(String, String),
    /// It was asked and said no, in these words.
    #[error("{0}")]
    Refused(String),
    /// It got the image and said no digest.
    #[error("the engine got it and named no digest")]
    NotSaid,
}

/// A container that did not come up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUp {
    /// Its name, or that of a service of the user's own files.
    pub name: String,
    /// How it is.
    pub how: How,
    /// The last line of what its check said, of one that is not healthy.
    pub check: Option<String>,
    /// The last lines of what it said, the last one last.
    pub log: Vec<String>,
}

/// How a container is that did not come up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It has ended with this code.
    Ended(i64),
    /// It ends, last with this code if that is known, and is started again and again.
    Restarting(Option<i64>),
    /// It runs and says that it is not well.
    Unhealthy,
    /// It runs and has not said yet whether it is well.
    Starting,
    /// It was not started, because these did not come up.
    Waits(Vec<String>),
    /// It was not started.
    NotStarted,
    /// It does not run: the engine's word for how it is.
    Stopped(String),
}

impl How {
    /// Whether it may still come up by itself.
    pub fn may_change(&self) -> bool {
        matches!(self, Self::Starting)
    }
}
