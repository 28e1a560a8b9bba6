//! What can be wrong with containers once they are chosen: sentences, codes, and what to do.
//!
//! Owns: the findings about definitions, addresses and what engines cannot run. Refuses: places (the diagnostic has
//! them).

use super::port::PortError;
use super::volume::VolumeError;

/// What can be wrong with a container, or with several of them together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Not a port.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Not a volume.
    #[error(transparent)]
    Volume(#[from] VolumeError),

    /// A `${HSM_…}` that does not exist.
    #[error("`${{{0}}}` is not one of hsm's own variables")]
    UnknownVariable(String),
    /// A `${HSM_…` without an end.
    #[error("`${{HSM_…` has no closing brace")]
    Unclosed,
    /// A key of `${HSM_MERGED_PARAMS.…}` that nobody sets.
    #[error("nobody sets the param `{key}` of this container")]
    UnsetParam {
        /// The key.
        key: String,
    },
    /// A key of `${HSM_PARAMS.…}` that the container itself does not set.
    #[error("this container sets no param `{key}` in what it implies")]
    UnsetOwnParam {
        /// The key.
        key: String,
    },
    /// A value that cannot be joined with commas.
    #[error("a value of the param `{key}` holds a comma: `{value}`")]
    CommaInParam {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// `${HSM_SOURCE}` where no code is.
    #[error("`${{HSM_SOURCE}}` stands here, but the source that is used has no path")]
    NoSourcePath,
    /// `${HSM_IMAGE.x}` of something that is not there.
    #[error("`${{HSM_IMAGE.{name}}}`: no container `{name}` with an image is in the stack")]
    UnknownImage {
        /// The name.
        name: String,
    },
    /// Neither image nor build.
    #[error("the container `{name}` has no image in this mode")]
    NoImage {
        /// Its name.
        name: String,
    },

    /// One variable, two values.
    #[error("the variable `{variable}` would be both `{first}` and `{second}`{whose}")]
    TwoValues {
        /// The variable.
        variable: String,
        /// One value, with where it comes from.
        first: String,
        /// The other.
        second: String,
        /// In whose environment (" in the environment of container:api").
        whose: String,
    },
    /// Two containers with one service name, container name or image tag.
    #[error("`{first}` and `{second}` both have the {what} `{name}`")]
    SameName {
        /// What is the same: "service name".
        what: &'static str,
        /// The name.
        name: String,
        /// One container.
        first: String,
        /// The other.
        second: String,
    },
    /// A service name that engines refuse.
    #[error("`{0}` is no service name: it is letters, digits, `.`, `_` and `-`")]
    ServiceName(String),
    /// A project name of which nothing is left.
    #[error("nothing of the project's name `{0}` can be used as a project name of containers")]
    ProjectName(String),

    /// `depends_on` of what is not there.
    #[error("`depends_on` names `{0}`, which is neither a container nor a group of the stack")]
    UnknownDependency(String),
    /// `depends_on` of what is two things.
    #[error("`depends_on` names `{0}`, which is both a container and a group")]
    AmbiguousDependency(String),
    /// Waiting for a check that is not there.
    #[error("`{waits}` waits until `{service}` is healthy, but `{service}` declares no healthcheck")]
    NoHealthcheck {
        /// Who waits.
        waits: String,
        /// For whom.
        service: String,
    },

    /// Two definitions of one volume, network, secret or config.
    #[error("`{name}` in `{section}` is defined in two different ways")]
    TwoDefinitions {
        /// `volumes`, `networks`, `secrets`, `configs`.
        section: String,
        /// Its name.
        name: String,
    },
    /// A secret or config that nobody defines.
    #[error("`{name}` in `{section}` is used but nobody defines it")]
    Undefined {
        /// `secrets` or `configs`.
        section: &'static str,
        /// Its name.
        name: String,
    },
    /// Aliases on a container that joins no network.
    #[error("`network_aliases` have no effect with `network_mode`")]
    AliasesWithoutNetwork,
    /// A service that only starts under a profile of the engine.
    #[error(
        "`profiles` keep the service from starting; which services run is chosen by groups and by hsm.yaml"
    )]
    EngineProfiles,
    /// A build that takes hsm's own folder into the image.
    #[error("the build of `{name}` sends hsm's folder `.hsm` to the engine")]
    ContextHoldsState {
        /// The container.
        name: String,
    },
    /// Builds that need each other.
    #[error("the builds of {0} need each other")]
    BuildRing(String),
    /// A mount of a path outside of the project.
    #[error("`{0}` is a path of the host: it may be missing or different on another machine")]
    HostPath(String),
    /// A value that looks like a secret, written out.
    #[error("`{0}` holds what looks like a secret, written out where it will be committed")]
    LiteralSecret(String),
    /// A file of ours that was edited.
    #[error("{path} was edited by hand; what it held is kept in {aside}")]
    EditedByHand {
        /// The file.
        path: String,
        /// Where it was moved.
        aside: String,
    },
}

impl Problem {
    /// A code that stays the same from version to version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Port(_) => "HSM-E400",
            Self::Volume(_) => "HSM-E401",
            Self::UnknownVariable(_) => "HSM-E402",
            Self::Unclosed => "HSM-E403",
            Self::UnsetParam { .. } => "HSM-E404",
            Self::UnsetOwnParam { .. } => "HSM-E405",
            Self::CommaInParam { .. } => "HSM-E406",
            Self::NoSourcePath => "HSM-E407",
            Self::UnknownImage { .. } => "HSM-E408",
            Self::NoImage { .. } => "HSM-E409",
            Self::TwoValues { .. } => "HSM-E410",
            Self::SameName { .. } => "HSM-E411",
            Self::ServiceName(_) => "HSM-E412",
            Self::ProjectName(_) => "HSM-E413",
            Self::UnknownDependency(_) => "HSM-E414",
            Self::AmbiguousDependency(_) => "HSM-E415",
            Self::NoHealthcheck { .. } => "HSM-E416",
            Self::TwoDefinitions { .. } => "HSM-E417",
            Self::Undefined { .. } => "HSM-E418",
            Self::AliasesWithoutNetwork => "HSM-E419",
            Self::EngineProfiles => "HSM-E420",
            Self::ContextHoldsState { .. } => "HSM-E421",
            Self::BuildRing(_) => "HSM-E422",
            Self::EditedByHand { .. } => "HSM-E423",
            Self::HostPath(_) => "HSM-W424",
            Self::LiteralSecret(_) => "HSM-W425",
        }
    }

    /// Whether two things that are fine by themselves cannot hold together.
    pub fn is_clash(&self) -> bool {
        matches!(
            self,
            Self::TwoValues { .. } | Self::SameName { .. } | Self::TwoDefinitions { .. } | Self::BuildRing(_)
        )
    }

    /// What to do, where that is known.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::UnknownVariable(_) => {
                "known are `HSM_MERGED_PARAMS.KEY`, `HSM_PARAMS.KEY`, `HSM_IMAGE.NAME` and `HSM_SOURCE`; \
                 `$$` writes a dollar sign"
                    .to_owned()
            }
            Self::UnsetParam { key } => format!(
                "write `${{HSM_MERGED_PARAMS.{key}:-DEFAULT}}`, or `params: {{{key}: …}}` where the container is implied"
            ),
            Self::NoImage { .. } => "give it a source for this mode, or `image` in a layer".to_owned(),
            Self::SameName { what: "service name", .. } => "set `orchestration.service_name`".to_owned(),
            Self::AmbiguousDependency(name) => {
                format!("write `container:{name}` or `container_group:{name}`")
            }
            Self::NoHealthcheck { .. } => {
                "unless its image has one of its own this waits for ever: add `compose: {healthcheck: …}`".to_owned()
            }
            Self::TwoDefinitions { .. } => "give one of the two another name, or make them equal".to_owned(),
            Self::Undefined { section, name } => {
                format!("define it: `compose_project: {{{section}: {{{name}: …}}}}`")
            }
            Self::ContextHoldsState { .. } => "write `.hsm` into a `.dockerignore` there".to_owned(),
            Self::LiteralSecret(key) => format!("write `${{{key}}}`, and its value into `.env` or the environment"),
            Self::EditedByHand { .. } => {
                "put such changes into hsm.yaml (`compose:` of a container), or into a file under `compose_files`"
                    .to_owned()
            }
            _ => return None,
        })
    }
}
