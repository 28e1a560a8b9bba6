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
    /// The code of a program that was run for the user.
    Passed(u8),
}

impl Exit {
    /// All that are hsm's own, by number.
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

    /// The code of a program that ended with this code or, as shells have it, by this signal.
    pub fn passed(code: Option<i32>, signal: Option<i32>) -> Self {
        let code = code.or_else(|| Some(128 + signal?));
        Self::Passed(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
    }

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
            Self::Passed(code) => code,
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
            Self::Passed(_) => "the code of the program that was run",
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

    #[test]
    fn a_programs_end_is_passed_on_as_a_shell_would() {
        let passed = |code, signal| Exit::passed(code, signal).code();
        assert_eq!(passed(Some(0), None), 0);
        assert_eq!(passed(Some(14), None), 14);
        assert_eq!(passed(None, Some(15)), 143);
        assert_eq!(passed(None, None), 1);
    }
}
