//! What adapters find on this machine that is not as the committed files say: data, without words.
//!
//! Owns: the kinds of findings, which of them are differences, and what mends each. Refuses: sentences, and finding them.

use super::git::Unsaved;
use crate::names::ComponentId;

/// Something that an adapter finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Between what and what.
    pub layer: Layer,
    /// What.
    pub what: State,
    /// What mends it; `None` where nothing needs to be mended, or hsm has no command that does it.
    pub mend: Option<Mend>,
}

/// Where two things differ: each is made from the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Manifest and registry → lock.
    Lock,
    /// Lock → files.
    Files,
    /// Files → what is installed.
    Environment,
    /// Files → what runs.
    Containers,
    /// Registry → checkouts of sources.
    Checkouts,
}

/// A command that mends something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Sync.
    Sync,
    /// Start everything.
    Up,
    /// Start one container.
    UpOne(ComponentId),
    /// Stop everything.
    Down,
    /// Sync, and get what is missing.
    Get,
    /// A command of the adapter's tool, as it is typed: hsm has none that does it.
    Tool(String),
}

/// The states of things.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The tool's own lock file does not fit the files that it is made from.
    StaleLock {
        /// From the project's root.
        file: String,
        /// Whether it is not there at all.
        missing: bool,
    },
    /// There is no environment.
    NoEnvironment {
        /// From the project's root.
        path: String,
    },
    /// Other packages are installed than are locked.
    Installed {
        /// What would be installed (or installed anew), as the tool names it.
        wanted: Vec<String>,
        /// What would be removed.
        unwanted: Vec<String>,
    },
    /// Files of what is installed are gone.
    Damaged {
        /// The distributions.
        names: Vec<String>,
    },
    /// A container of the stack.
    Container {
        /// Its name, or that of a service of the user's own files.
        name: String,
        /// How it is.
        run: Run,
    },
    /// A container of this project that no file names any more.
    Orphan {
        /// Its service.
        name: String,
    },
    /// No container of the project exists: it was never up, or was taken down. That is no difference.
    Down {
        /// How many `up` would start.
        count: usize,
    },
    /// A checkout that is not there.
    NoCheckout {
        /// Whose.
        name: String,
        /// From the project's root.
        path: String,
    },
    /// A checkout: what is done in it is no difference.
    Checkout {
        /// Whose.
        name: String,
        /// From the project's root.
        path: String,
        /// Its branch, as git says it.
        branch: String,
        /// What the registry says, where it is elsewhere.
        wanted: Option<String>,
        /// What nobody else has.
        unsaved: Unsaved,
        /// How many commits of the other side it does not have, as far as it knows.
        behind: usize,
    },
    /// It can't be told. That is no difference either.
    Unknown {
        /// What.
        about: About,
        /// Why, as words behind "because".
        why: String,
    },
}

/// What can't be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Whether a lock file fits.
    Lock(String),
    /// Whether what is installed fits.
    Environment,
    /// How the containers are.
    Containers,
    /// How a checkout is.
    Checkout(String),
    /// Whether a container runs what the files say.
    Config(String),
}

/// How a container is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// It does not exist, while others of the project do.
    Absent,
    /// It exists, and does not run: the engine's word for it.
    Stopped(String),
    /// It has ended with this code.
    Ended(i64),
    /// It runs and says that it is not well.
    Unhealthy,
    /// It runs, as an older version of the files has it.
    OtherConfig,
    /// It runs an image that is not the one of that name any more.
    OtherImage,
    /// It runs and has not said yet whether it is well. That is no difference.
    Starting,
}

impl State {
    /// Whether something is not as it should be.
    pub fn is_drift(&self) -> bool {
        !matches!(
            self,
            Self::Down { .. }
                | Self::Unknown { .. }
                | Self::Checkout { .. }
                | Self::Container { run: Run::Starting, .. }
        )
    }
}
