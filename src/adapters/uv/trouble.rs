//! What can be wrong with the Python side of a project, as data: its `Display` says what, `help` what to do.

use super::splice::SpliceError;
use crate::adapters::Problem;

/// What can be wrong with the Python side of a project. Lines are those of `pyproject.toml`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The file cannot be read, or is not UTF-8.
    #[error("pyproject.toml cannot be read: {0}")]
    Unreadable(String),
    /// The file is not TOML, or has a form that nothing can be added to.
    #[error("pyproject.toml cannot be edited: {0}")]
    Splice(#[from] SpliceError),
    /// The edited text does not mean what was intended.
    #[error("pyproject.toml has a form that hsm cannot edit safely; it was left alone")]
    Unsafe,
    /// `[tool.hsm]` was changed by hand into something else.
    #[error("`{0}` in pyproject.toml is not as hsm wrote it")]
    Record(String),
    /// `dynamic = ["dependencies"]`.
    #[error("pyproject.toml:{line}: `dependencies` are dynamic, so nothing can be added to them")]
    Dynamic {
        /// Of `project.dynamic`.
        line: usize,
    },
    /// A build system, but no `[project]`.
    #[error("pyproject.toml has a [build-system] but no [project], so there is no place for dependencies")]
    NoProject,
    /// The root of a workspace without a project.
    #[error(
        "pyproject.toml is the root of a workspace and has no [project], so there is no place for dependencies"
    )]
    VirtualRoot,
    /// The user has another source for a distribution that hsm manages.
    #[error(
        "pyproject.toml:{line}: `{name}` has a source of its own, `{found}`; the stack asks for {wanted}"
    )]
    TakenSource {
        /// The distribution.
        name: String,
        /// Where.
        line: usize,
        /// What stands there.
        found: String,
        /// What is asked for.
        wanted: String,
    },
    /// The user has another value for a setting that an entry needs.
    #[error("pyproject.toml:{line}: `{path}` is `{found}`, but the stack needs `{wanted}`")]
    TakenSetting {
        /// The keys.
        path: String,
        /// Where.
        line: usize,
        /// What stands there.
        found: String,
        /// What is needed.
        wanted: String,
    },
    /// Two entries set one setting to different values.
    #[error("two entries want different values for `{path}`: `{first}` and `{second}`")]
    SettingsApart {
        /// The keys.
        path: String,
        /// One value.
        first: String,
        /// The other.
        second: String,
    },
    /// A setting that cannot be passed through.
    #[error("`uv.{path}` cannot be passed through: {why}")]
    Setting {
        /// The keys.
        path: String,
        /// Why.
        why: &'static str,
    },
    /// A setting that uv does not have.
    #[error("uv has no setting `{path}`")]
    UnknownSetting {
        /// The keys.
        path: String,
        /// The one that may be meant.
        near: String,
    },
    /// A setting that uv would not read.
    #[error("{by}, so uv would not read `{path}`, which the stack needs, in pyproject.toml")]
    Unread {
        /// The keys.
        path: String,
        /// Because of what.
        by: String,
    },
    /// An index that is named and defined nowhere.
    #[error("`{name}` comes from the index `{index}`, which is defined nowhere")]
    NoIndex {
        /// The distribution.
        name: String,
        /// The index.
        index: String,
        /// The one that may be meant.
        near: Option<String>,
    },
    /// The user's line has an address, and the stack another source.
    #[error("pyproject.toml:{line}: `{found}` is another source of `{own}` than the stack has")]
    Apart {
        /// Where.
        line: usize,
        /// The user's line.
        found: String,
        /// hsm's.
        own: String,
    },
    /// The user has a line for a distribution that hsm manages.
    #[error("pyproject.toml:{line}: `{found}` is yours and stays; hsm keeps `{own}` beside it")]
    Beside {
        /// Where.
        line: usize,
        /// The user's line.
        found: String,
        /// hsm's.
        own: String,
    },
    /// A line that hsm owned was changed by hand.
    #[error(
        "pyproject.toml:{line}: `{found}` was changed by hand, so it is yours now and hsm leaves it alone"
    )]
    Edited {
        /// Where.
        line: usize,
        /// What stands there now.
        found: String,
    },
    /// The environment lies where hsm cannot bring it back.
    #[error("UV_PROJECT_ENVIRONMENT is `{0}`, outside the project, where a failed run could not be undone")]
    EnvironmentOutside(String),
    /// Another package manager takes over.
    #[error("uv.lock stays, but nothing keeps it up to date any more")]
    LockStays,
    /// The project is a member of a workspace whose root lies above.
    #[error(
        "this project is a member of the uv workspace in `{0}`, whose lock file and environment are shared"
    )]
    InWorkspace(String),
}

impl Problem for Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "HSM-E300",
            Self::Splice(_) => "HSM-E301",
            Self::Unsafe => "HSM-E302",
            Self::Record(_) => "HSM-E303",
            Self::Dynamic { .. } => "HSM-E304",
            Self::NoProject => "HSM-E305",
            Self::TakenSource { .. } => "HSM-E306",
            Self::TakenSetting { .. } => "HSM-E307",
            Self::SettingsApart { .. } => "HSM-E308",
            Self::Setting { .. } => "HSM-E309",
            Self::Apart { .. } => "HSM-E310",
            Self::Beside { .. } => "HSM-E311",
            Self::Edited { .. } => "HSM-E312",
            Self::EnvironmentOutside(_) => "HSM-E323",
            Self::InWorkspace(_) => "HSM-E324",
            Self::NoIndex { .. } => "HSM-E326",
            Self::UnknownSetting { .. } => "HSM-E327",
            Self::Unread { .. } => "HSM-E328",
            Self::VirtualRoot => "HSM-E329",
            Self::LockStays => "HSM-W330",
        }
    }

    fn is_clash(&self) -> bool {
        matches!(self, Self::SettingsApart { .. } | Self::Apart { .. })
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Unsafe => "please report it together with the file".to_owned(),
            Self::Record(_) => {
                "restore it, or remove [tool.hsm] together with the entries that it names".to_owned()
            }
            Self::Dynamic { .. } => {
                "take \"dependencies\" out of `project.dynamic`, or let hsm use a dependency group: \
                 `into: {group: NAME}` under `dependencies` in hsm.yaml"
                    .to_owned()
            }
            Self::VirtualRoot => {
                "let hsm use a dependency group: `into: {group: NAME}` under `dependencies` in hsm.yaml".to_owned()
            }
            Self::NoProject => "add [project] with `name` and `version`".to_owned(),
            Self::TakenSource { .. } => {
                "remove that entry, or hand it over with `hsm package add NAME --adopt`".to_owned()
            }
            Self::TakenSetting { .. } => "change or remove that line".to_owned(),
            Self::Apart { .. } => {
                "change or remove that line, or hand it over with `hsm package add NAME --adopt`".to_owned()
            }
            Self::Beside { .. } => {
                "let hsm decide alone: remove your line, or `hsm package add NAME --adopt`".to_owned()
            }
            Self::UnknownSetting { near, .. } | Self::NoIndex { near: Some(near), .. } => {
                format!("did you mean `{near}`?")
            }
            Self::Unread { .. } => "move what uv.toml says to [tool.uv] in pyproject.toml, or unset the variable".to_owned(),
            Self::NoIndex { .. } => {
                "give its address in the place of its name, or define it in pyproject.toml under [[tool.uv.index]]"
                    .to_owned()
            }
            Self::EnvironmentOutside(_) => "unset it, or let it point into the project".to_owned(),
            Self::LockStays => "remove it, unless somebody works with it".to_owned(),
            Self::InWorkspace(_) => {
                "put hsm.yaml into the workspace's root, or exclude this project from the workspace"
                    .to_owned()
            }
            _ => return None,
        })
    }
}
