//! What does not fit between the files: the manifest and the registry, one entry and another, the lock.
//!
//! Owns: those findings, with their codes and what to do about each. Refuses: what one file says of itself.

use std::fmt;

use crate::manifest::{GitRefKind, Mode, Strategy};
use crate::names::{ComponentId, GroupId, Kind, Name, TargetId};

/// What does not fit between the files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Wiring {
    /// There is no manifest.
    #[error("there is no hsm.yaml in {0}")]
    NoManifest(String),
    /// A package manager or container engine that hsm does not know.
    #[error("there is no {} `{name}`", adapter_kind(*.kind))]
    UnknownAdapter {
        /// Which side.
        kind: Kind,
        /// As written.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// No registry is named, and the usual place is empty.
    #[error("there is no registry: neither `registry` in hsm.yaml nor the directory ./hsm-registry")]
    NoRegistry,
    /// A registry in a git repository that is not there to be read.
    #[error("{0}")]
    NotFetched(Box<Unfetched>),
    /// A registry in a git repository whose entries' paths cannot start where it says.
    #[error(
        "`root` counts only where the registry is a directory; here its paths start at the project's root"
    )]
    RootOfGit,
    /// A name that is no option of the group.
    #[error("{group} has no option `{name}`")]
    UnknownOption {
        /// The group.
        group: GroupId,
        /// As written.
        name: Name,
        /// The option that is most like it.
        nearest: Option<Name>,
        /// The component of that name, where there is one.
        component: Option<ComponentId>,
    },
    /// A strategy that is not the registry's.
    #[error("{group} is {}, not {}", registry.as_str(), written.as_str())]
    StrategyMismatch {
        /// The group.
        group: GroupId,
        /// What the manifest says.
        written: Strategy,
        /// What the registry says.
        registry: Strategy,
    },
    /// A group's line with a profile that none of its options has.
    #[error("no option of {group} has a profile `{profile}`")]
    NoOptionHasProfile {
        /// The group.
        group: GroupId,
        /// The profile.
        profile: Name,
        /// The profile that is most like it.
        nearest: Option<String>,
    },
    /// A name in `depends_on` that is both a container and a group.
    #[error("`{0}` is both a container and a container group")]
    AmbiguousDependency(String),
    /// Something that an entry asks for, and that no registry has.
    #[error("no registry has an entry for {target}, so what needs it cannot be chosen")]
    NotFound {
        /// What is asked for.
        target: TargetId,
        /// The one that is most like it, of the same kind or the same name.
        nearest: Option<TargetId>,
    },
    /// Something that an entry asks for, and whose own entry has errors.
    #[error("the entry of {0} has errors, so what needs it cannot be chosen")]
    Broken(TargetId),
    /// Something of a broken entry, and that entry.
    #[error("in the entry of {target}, which therefore cannot be chosen: {what}")]
    InBroken {
        /// Whose entry.
        target: TargetId,
        /// What is wrong there.
        what: Box<super::Finding>,
    },
    /// `extends` that names nothing.
    #[error("`{text}` is not there: {why}")]
    BadExtends {
        /// As written.
        text: String,
        /// Why not.
        why: ExtendsProblem,
    },
    /// No release that the pins allow has a source for the preferred mode.
    #[error(
        "{component} has no {preferred} source{}, so it is in {taken} mode",
        if *.has_it { " that the pins on it allow" } else { "" }
    )]
    NotInPreferredMode {
        /// Which component.
        component: ComponentId,
        /// Whether there is such a source, but not in a release and profile that the pins allow.
        has_it: bool,
        /// The mode that was preferred.
        preferred: Mode,
        /// The mode that was taken.
        taken: Mode,
    },
    /// `${HSM_PARAMS.key}` of a key that nothing sets.
    #[error("no implication of {component} sets the param `{key}`")]
    NoParam {
        /// Whose string.
        component: ComponentId,
        /// The key.
        key: String,
    },
    /// A lock of another format.
    #[error("hsm.lock has the format {found}, this hsm knows format {known}")]
    LockSchema {
        /// As written.
        found: String,
        /// What is known.
        known: u32,
    },
    /// A lock that says something that no lock says.
    #[error("hsm.lock is damaged: {0}")]
    LockDamaged(String),
    /// An entry of one registry hides that of a later one.
    #[error("{target} of the registry `{winner}` hides the one of `{hidden}`")]
    Hides {
        /// Which entry.
        target: TargetId,
        /// The registry whose entry is used.
        winner: String,
        /// The registry whose entry is not.
        hidden: String,
    },
}

/// A registry in a git repository that is not there to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfetched {
    /// Its URL.
    pub url: String,
    /// Its branch, tag or commit, as written.
    pub reference: Option<(GitRefKind, String)>,
    /// The commit that the lock holds.
    pub commit: Option<String>,
    /// Why it could not be fetched.
    pub why: WhyUnfetched,
}

/// Why a registry was not fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyUnfetched {
    /// Nobody tried.
    Untried,
    /// Nothing may be fetched.
    Forbidden,
    /// It has no such branch, tag or commit, or git may not be told that.
    Wrong(String),
    /// The commit that the lock holds is not there any more.
    Gone,
    /// git or the network failed.
    Failed {
        /// What git says.
        why: String,
        /// What to do about it, if it is known.
        help: Option<&'static str>,
    },
}

impl fmt::Display for Unfetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (url, commit) = (without_user(&self.url), &self.commit);
        let commit = commit.as_ref().map(|commit| format!(" at the commit {commit}")).unwrap_or_default();
        match &self.why {
            WhyUnfetched::Untried => write!(f, "the registry {url}{commit} is not in the cache"),
            WhyUnfetched::Forbidden => {
                write!(f, "the registry {url}{commit} is not in the cache, and nothing may be fetched")
            }
            WhyUnfetched::Wrong(why) => write!(f, "the registry {url} cannot be fetched: {why}"),
            WhyUnfetched::Gone => {
                write!(
                    f,
                    "the registry {url} has lost the commit {}",
                    self.commit.as_deref().unwrap_or("that is locked")
                )
            }
            WhyUnfetched::Failed { why, .. } => {
                write!(f, "the registry {url}{commit} could not be fetched: {why}")
            }
        }
    }
}

/// An address without what may be secret in it.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest.get(..end).and_then(|authority| authority.rfind('@')) {
        Some(at) if scheme != "ssh" => format!("{scheme}://***{}", &rest[at..]),
        _ => url.to_owned(),
    }
}

impl Unfetched {
    fn help(&self) -> Option<String> {
        Some(match &self.why {
            WhyUnfetched::Untried | WhyUnfetched::Forbidden => {
                "let hsm fetch it once: run `hsm resolve` without --offline and --frozen".to_owned()
            }
            WhyUnfetched::Wrong(_) => "change its line; `git ls-remote` shows what there is".to_owned(),
            WhyUnfetched::Gone => {
                "its history was rewritten: look at what is there now, then `hsm registry update --rewritten`"
                    .to_owned()
            }
            WhyUnfetched::Failed { help, .. } => return help.map(str::to_owned),
        })
    }
}

/// Why an `extends` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExtendsProblem {
    /// Not `REGISTRY/NAME`.
    #[error("write REGISTRY/NAME")]
    Shape,
    /// No registry of that name.
    #[error("no registry of this project is called so")]
    Registry,
    /// No such group in that registry.
    #[error("that registry has no such group of this kind")]
    Group,
    /// The group extends itself.
    #[error("the group extends itself")]
    Ring,
}

fn adapter_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Package => "package manager",
        Kind::Container => "container engine",
    }
}

impl Wiring {
    /// A code that stays the same from version to version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoManifest(_) => "HSM-E200",
            Self::NoRegistry => "HSM-E201",
            Self::NotFetched(_) => "HSM-E202",
            Self::RootOfGit => "HSM-W219",
            Self::UnknownOption { .. } => "HSM-E203",
            Self::StrategyMismatch { .. } => "HSM-E204",
            Self::NoOptionHasProfile { .. } => "HSM-E206",
            Self::AmbiguousDependency(_) => "HSM-E208",
            Self::NotFound { .. } => "HSM-W209",
            Self::Broken(_) => "HSM-W210",
            Self::InBroken { .. } => "HSM-W218",
            Self::BadExtends { .. } => "HSM-E211",
            Self::NotInPreferredMode { .. } => "HSM-W212",
            Self::NoParam { .. } => "HSM-E213",
            Self::LockSchema { .. } => "HSM-E214",
            Self::LockDamaged(_) => "HSM-E215",
            Self::UnknownAdapter { .. } => "HSM-E216",
            Self::Hides { .. } => "HSM-W217",
        }
    }

    /// What to do, where that is known.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoManifest(_) => "`hsm init` makes one".to_owned(),
            Self::UnknownAdapter { known, .. } => format!("there is: {}", known.join(", ")),
            Self::NoRegistry => "write `registry: PATH` into hsm.yaml, or set HSM_REGISTRY_PATH".to_owned(),
            Self::NotFetched(unfetched) => return unfetched.help(),
            Self::NotFound { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::UnknownOption { component: Some(id), .. } => {
                format!("{id} is there, but it is no option of this group: list it by itself")
            }
            Self::UnknownOption { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::StrategyMismatch { .. } => "remove `strategy`: the registry says it".to_owned(),
            Self::NoOptionHasProfile { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::AmbiguousDependency(name) => {
                format!("write `container:{name}` or `container_group:{name}`")
            }
            Self::InBroken { what, .. } => return what.help(),
            Self::NoParam { key, .. } => format!("set it, or write `${{HSM_PARAMS.{key}:-DEFAULT}}`"),
            Self::LockSchema { .. } => "use the hsm that wrote it, or remove the file".to_owned(),
            Self::LockDamaged(_) => {
                "restore it from version control, or remove it: the next sync writes a new one".to_owned()
            }
            _ => return None,
        })
    }
}
