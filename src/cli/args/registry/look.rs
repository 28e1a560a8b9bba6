//! What `registry list` and `registry search` can be narrowed to.

use clap::Args;

use super::KindArg;

#[derive(Debug, Args, Default)]
pub(in crate::cli) struct Only {
    /// Only this kind
    #[arg(long, value_name = "KIND")]
    pub kind: Option<KindArg>,
    /// Only what has this tag; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Only what somebody of this name looks after
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// Only what implies this component or group
    #[arg(long, value_name = "NAME")]
    pub implies: Option<String>,
    /// Only the options of this group
    #[arg(long, value_name = "GROUP")]
    pub provides: Option<String>,
    /// Only what is deprecated, or has a release or an option that is
    #[arg(long)]
    pub deprecated: bool,
}

impl Only {
    /// Whether it narrows anything down besides the kind.
    pub(in crate::cli) fn is_narrow(&self) -> bool {
        !self.tags.is_empty()
            || self.owner.is_some()
            || self.implies.is_some()
            || self.provides.is_some()
            || self.deprecated
    }
}
