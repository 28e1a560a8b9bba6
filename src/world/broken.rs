//! Builds that are broken on purpose: `cargo crash controls` must notice each of them.
//!
//! Owns: what can be broken. Refuses: being in any other build: without the feature `broken` every answer is a constant
//! `false`, and with it nothing is built that is meant to be used.

#[cfg(all(feature = "broken", not(debug_assertions)))]
compile_error!("the feature `broken` is for `cargo crash controls` alone");

/// One thing that is not done, or done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The content of files is not brought to the disk.
    NoFileSync,
    /// The names in directories are not brought to the disk.
    NoDirectorySync,
    /// What tools wrote is not brought to the disk before the commit.
    ToolsNotSynced,
    /// The journal says "under way" before what it saved is on the disk.
    JournalNotSynced,
    /// Nothing is saved before files are touched.
    NoJournal,
    /// A file is written as it is, not beside itself.
    WrittenInPlace,
    /// A file that is replaced loses its mode.
    LostMode,
    /// A file that is replaced loses its extended attributes.
    LostAttributes,
    /// A link is replaced, not what is behind it.
    LinkReplaced,
    /// All of a saved directory is shared with the one in use.
    HardLinksOnly,
    /// Everybody gets the project's lock.
    NoLock,
    /// An interrupted run is not undone.
    NoRecovery,
    /// What can't be put back is passed over.
    RollbackErrorSwallowed,
    /// Ctrl-C ends a run without putting anything back.
    InterruptionNotUndone,
    /// The journal goes before everything is put back.
    JournalEndedFirst,
    /// Nobody looks whether a file is still what it was when the plan was made.
    NoCheck,
    /// What somebody else wrote is not kept.
    ForeignOverwritten,
    /// A signal reaches a tool, but not its children.
    ChildrenNotSignalled,
}

impl Break {
    /// Whether this is the build that is broken in this way.
    #[cfg(not(feature = "broken"))]
    pub const fn here(self) -> bool {
        false
    }

    /// Whether this process is to be broken in this way: `HSM_BROKEN` names it.
    #[cfg(feature = "broken")]
    pub fn here(self) -> bool {
        static ASKED: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        let asked = ASKED.get_or_init(|| std::env::var("HSM_BROKEN").unwrap_or_default());
        // `no-file-sync` is `NoFileSync`.
        format!("{self:?}").eq_ignore_ascii_case(&asked.replace('-', ""))
    }
}
