//! Exit codes: what a script learns from a run.
//!
//! Owns: the numbers. Refuses: deciding which one a failure deserves (the commands do, by one match on [`Exit`]'s makers).

/// How a run of hsm ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Done.
    Done,
    /// An adapter or the system failed; everything is as before.
    Failed,
    /// Wrong usage, a malformed file, an unknown name.
    Wrong,
    /// The statements cannot hold together.
    NoSolution,
    /// Something is not up to date (`--locked`, `status`, `plan --exit-code`).
    NotUpToDate,
    /// Something could not be put back; the journal is kept.
    NotRestored,
    /// Another run holds the project.
    Held,
    /// Written, but not running (`up`).
    NotRunning,
    /// Ctrl-C; everything is as before.
    Interrupted,
    /// SIGTERM; everything is as before.
    Terminated,
}

impl Exit {
    /// All of them, by number.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Failed,
        Self::Wrong,
        Self::NoSolution,
        Self::NotUpToDate,
        Self::NotRestored,
        Self::Held,
        Self::NotRunning,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Wrong => 2,
            Self::NoSolution => 3,
            Self::NotUpToDate => 4,
            Self::NotRestored => 5,
            Self::Held => 6,
            Self::NotRunning => 7,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// What it means, in one line (the help and the README say the same).
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "an adapter or the system failed; everything is as before",
            Self::Wrong => "wrong usage, a malformed file or an unknown name",
            Self::NoSolution => "no solution: the statements cannot hold together",
            Self::NotUpToDate => "not up to date (--locked, status, plan --exit-code)",
            Self::NotRestored => "something could not be put back; the message says what",
            Self::Held => "another run holds the project",
            Self::NotRunning => "written, but not running (up)",
            Self::Interrupted => "interrupted (Ctrl-C)",
            Self::Terminated => "terminated (SIGTERM)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn codes_are_distinct_and_sorted() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|e| e.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 130, 143]);
    }
}
