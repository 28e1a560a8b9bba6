//! Commands for shells and manuals: `completions`, `man`, and the hidden one that completion scripts call.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    Pwsh,
    Elvish,
}

/// What a completion script asks.
#[derive(Debug, Args)]
pub(in crate::cli) struct Complete {
    /// Who asks
    pub shell: Shell,
    /// The words of the line up to the cursor, the last one being completed; without any, `HSM_COMPLETE_LINE` has them
    #[arg(last = true, allow_hyphen_values = true)]
    pub words: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Man {
    /// The command whose page is printed; that of hsm itself when none is given
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Write the pages of all commands into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub dir: Option<PathBuf>,
}
