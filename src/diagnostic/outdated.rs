//! What a project has of which the registry says to leave it, and what could not be moved to what takes its place.
//!
//! Owns: those findings, with their codes and what to do about each. Refuses: finding out what takes the place of what.

use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::version::Version;

/// Something that is to be left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Outdated {
    /// A component or group that is deprecated.
    #[error("{target} is deprecated{}", because(why.as_ref()))]
    Entry {
        /// Which.
        target: TargetId,
        /// `why`.
        why: Option<String>,
        /// What to use.
        instead: Instead,
        /// Whether hsm.yaml names it; else something else brings it in.
        is_named: bool,
    },
    /// An option of a group that is deprecated.
    #[error("the option `{option}` of {group} is deprecated{}", because(why.as_ref()))]
    Option {
        /// Of which group.
        group: GroupId,
        /// Which.
        option: Name,
        /// `why`.
        why: Option<String>,
        /// What to use.
        instead: Instead,
        /// Whether hsm.yaml selects it.
        is_named: bool,
    },
    /// A release that is deprecated.
    #[error("{id} {version} is deprecated{}", because(why.as_ref()))]
    Release {
        /// Of which component.
        id: ComponentId,
        /// Which.
        version: Version,
        /// `why`.
        why: Option<String>,
        /// `use`.
        instead: Option<Name>,
        /// The newest release that is neither deprecated nor yanked.
        newest: Option<Version>,
    },
    /// What is to be used instead leads back to where it started.
    #[error("nothing takes the place of {target}: what is to be used instead goes round, {}", chain(names))]
    Ring {
        /// What is to be left.
        target: TargetId,
        /// The names, the first one again at the end.
        names: Vec<Name>,
    },
    /// What the manifest names stays, though something takes its place.
    #[error("hsm.yaml still names {from} and not `{to}`: {why}")]
    Unmoved {
        /// What is to be left.
        from: TargetId,
        /// What takes its place.
        to: Name,
        /// Why it was not moved.
        why: Unmovable,
    },
}

/// What to use instead of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// Nothing is named.
    Nothing,
    /// This.
    Use(Name),
    /// Something that is nowhere.
    Nowhere(Name),
    /// It goes round.
    Ring(Vec<Name>),
}

/// Why a name in the manifest was not replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmovable {
    /// It is no option of the group.
    #[error("that is no option of {0}")]
    NoOption(GroupId),
    /// Both are there, and different things are said of them.
    #[error("both are there, and different things are said of them")]
    Both,
    /// It has no such release.
    #[error("none of its releases is `{0}`")]
    NoRelease(String),
    /// It has no such profile.
    #[error("it has no profile `{0}`")]
    NoProfile(String),
    /// There would be no stack: these statements cannot hold together.
    #[error("there would be no stack then{}", listed(.0))]
    NoStack(Vec<String>),
    /// The manifest would be wrong.
    #[error("with that, {0}")]
    Wrong(String),
    /// Its entry cannot be read.
    #[error("its entry has errors")]
    Broken,
    /// The way in which the file is written stands in the way.
    #[error("{obstacle}")]
    Style {
        /// What stands in the way.
        obstacle: String,
        /// What to do by hand.
        by_hand: String,
    },
}

fn because(why: Option<&String>) -> String {
    why.map(|why| format!(": {}", why.trim())).unwrap_or_default()
}

fn listed(statements: &[String]) -> String {
    if statements.is_empty() { String::new() } else { format!(", since {}", statements.join("; ")) }
}

fn chain(names: &[Name]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ")
}

impl Outdated {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Entry { .. } => "HSM-W230",
            Self::Option { .. } => "HSM-W231",
            Self::Release { .. } => "HSM-W232",
            Self::Ring { .. } => "HSM-E233",
            Self::Unmoved { .. } => "HSM-W234",
        }
    }

    /// What to do, where that is known.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Entry { instead, is_named, .. } => instead.help(*is_named, || {
                "the line that is shown brings it in, and only there can it be changed".to_owned()
            }),
            Self::Option { instead, is_named, group, .. } => instead.help(*is_named, || match instead {
                Instead::Use(name) => format!("`hsm group select {} {name}` chooses it", group.name),
                _ => String::new(),
            }),
            Self::Release { id, newest, instead, .. } => match (instead, newest) {
                (Some(name), _) => format!("use `{name}`"),
                (None, Some(version)) => {
                    format!(
                        "`hsm lock --upgrade {}` takes {version}, if nothing keeps it from that",
                        id.name()
                    )
                }
                (None, None) => "there is no other release that is as good as ever".to_owned(),
            },
            Self::Ring { .. } => "mend `deprecated` in these entries of the registry".to_owned(),
            Self::Unmoved { from, to, why } => why.help(from, to),
        })
    }
}

impl Instead {
    fn help(&self, is_named: bool, elsewhere: impl FnOnce() -> String) -> String {
        match self {
            Self::Use(name) if is_named => format!("use `{name}`: `hsm check --fix` writes that"),
            Self::Use(name) => format!("use `{name}`: {}", elsewhere()),
            Self::Nothing => "nothing is named to use instead, so this cannot be fixed by hsm".to_owned(),
            Self::Nowhere(name) => {
                format!("`{name}` is to be used instead, and no registry has it: mend the registry")
            }
            Self::Ring(names) => {
                format!("what is to be used instead goes round, {}: mend the registry", chain(names))
            }
        }
    }
}

impl Unmovable {
    fn help(&self, from: &TargetId, to: &Name) -> String {
        match self {
            Self::NoOption(group) => {
                format!("choose another one: `hsm registry show {group}` lists the options")
            }
            Self::Both => {
                format!("keep one of the two lines by hand, the one of `{to}` with what is to hold")
            }
            Self::NoRelease(_) => {
                format!("change or remove the version by hand; `hsm registry show {to}` lists the releases")
            }
            Self::NoProfile(_) => {
                format!("change or remove the profile by hand; `hsm registry show {to}` lists the profiles")
            }
            Self::NoStack(_) | Self::Wrong(_) => {
                format!("change what is in the way, and run `hsm check --fix` again; {from} works until then")
            }
            Self::Broken => "mend the entry".to_owned(),
            Self::Style { by_hand, .. } => by_hand.clone(),
        }
    }
}
