//! The command `schema`.

use clap::{Args, ValueEnum};

use crate::schema::Format;

#[derive(Debug, Args)]
pub(in crate::cli) struct Schema {
    /// Of which files; they are listed when not given
    #[arg(value_name = "FORMAT")]
    pub of: Option<FormatArg>,
    /// Write all of them into .hsm/schemas of the project, where the first line of a file names them
    #[arg(long, conflicts_with = "of")]
    pub write: bool,
}

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FormatArg {
    Manifest,
    Package,
    Container,
    Group,
    Registry,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Manifest => Self::Manifest,
            FormatArg::Package => Self::Package,
            FormatArg::Container => Self::Container,
            FormatArg::Group => Self::Group,
            FormatArg::Registry => Self::Registry,
        }
    }
}
