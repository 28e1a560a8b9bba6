//! The command `lock`.

use clap::Args;

use super::Choice;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(in crate::cli) struct Lock {
    #[command(flatten)]
    pub choice: Choice,
    /// Hold published images to the digests that their registries name now; later runs keep to them. The engine pulls the
    /// images for that
    #[arg(long, conflicts_with_all = ["locked", "no_digests"])]
    pub digests: bool,
    /// Hold no image to a digest any more
    #[arg(long, conflicts_with = "locked")]
    pub no_digests: bool,
    /// Fail if a committed file is out of date
    #[arg(long, conflicts_with = "upgrade")]
    pub locked: bool,
    /// Do not wait for another run in this project
    #[arg(long)]
    pub no_wait: bool,
}
