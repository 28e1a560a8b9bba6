//! The keys of entries and of `registry.yaml`.
//!
//! Owns: what each is for and what may stand behind it; the readers open every mapping with its shape. Refuses: reading.

mod container;
mod group;
mod layer;
mod package;
mod rules;

use crate::shape::{Form, Is, Key, NAME, Shape, TEXT, key};

pub use container::{
    BUILD_SOURCE, COMPOSE_PROJECT, CONTAINER, CONTAINER_RELEASE, CONTAINER_RELEASE_SOURCES,
    CONTAINER_SOURCES, EXTERNAL_PROFILE, GIT_BUILD_SOURCE, IMAGE_SOURCE, MANAGED_PROFILE,
};
pub use group::{GROUP, OPTION};
pub use layer::{ORCHESTRATION, PORT, PORT_REMOVED, VOLUME, VOLUME_REMOVED};
pub use package::{
    GIT_DEV_SOURCE, GIT_SOURCE, LOCAL_SOURCE, PACKAGE, PACKAGE_RELEASE, PACKAGE_RELEASE_SOURCES,
    PACKAGE_SOURCES, PYPI_SOURCE, URL_SOURCE, WORKSPACE_SOURCE,
};
pub use rules::{CONTAINER_DEMAND, CONTAINER_GROUP_DEMAND, PACKAGE_DEMAND, PACKAGE_GROUP_DEMAND};

pub(super) use container::{BESIDE_BUILD, PROFILE_MODES, TYPES as CONTAINER_SOURCE_TYPES};
pub(super) use group::GROUP_TYPES;
pub(super) use layer::{BESIDE_ORCHESTRATION, TYPED};
pub(crate) use layer::{IMAGE, LAYER};
pub(super) use package::TYPES as PACKAGE_SOURCE_TYPES;
pub(super) use rules::MODES_OR_SAME;

/// A version specifier, one version, or `*`.
pub(crate) const DEMAND: Is = TEXT;

/// `extras` of a package.
pub(crate) const EXTRAS: Key =
    key("extras", Is::List(&TEXT), "Optional features of the distribution to install.")
        .examples(&[r#"["io"]"#]);

/// `registry.yaml`.
pub static FACTS: Shape = Shape::new("registry", "a registry", &[FACT_KEYS]);

const FACT_KEYS: &[Key] = &[
    key("name", NAME, "The registry's name, for REGISTRY/NAME; without one that of its directory.").examples(&["corp"]),
    key("description", TEXT, "What it is a collection of."),
    key("schema", Is::Count, "The version of the format.").default("1"),
    key("requires_hsm", DEMAND, "The versions of hsm that can read it.").examples(&[">=0.1"]),
    key(
        "root",
        Is::Text(Form::Path),
        "The directory that paths in the entries start at, from the registry's own; without it they start at the \
         project's root.",
    )
    .examples(&[".."]),
];

/// What every entry may have.
const COMMON: &[Key] = &[
    key("name", NAME, "The entry's name: the same as the file's, without `.yaml`.")
        .required()
        .examples(&["qdrant"]),
    key("description", TEXT, "What it is, in a sentence."),
    key("owner", TEXT, "Who looks after it."),
    key("tags", Is::List(&TEXT), "Words to find it by.").examples(&[r#"["vector", "search"]"#]),
    key("docs", TEXT, "Where its documentation is.").examples(&["https://example.org/docs"]),
    DEPRECATED,
    key("renamed_from", Is::List(&NAME), "Names that it once had: hsm offers the new one for them."),
];

const DEPRECATED: Key = key(
    "deprecated",
    Is::Mapping(&DEPRECATION),
    "That it should not be used any more: what to use instead, and why. It still works, with a warning.",
)
.examples(&[r#"{"use": "new-adapter", "why": "It moved"}"#]);

/// `deprecated`.
pub static DEPRECATION: Shape = Shape::new(
    "deprecated",
    "`deprecated`",
    &[&[
        key("use", NAME, "What to use instead.").examples(&["new-adapter"]),
        key("why", TEXT, "Why it should not be used."),
    ]],
);

const YANKED: Key = key(
    "yanked",
    TEXT,
    "Why this release must not be chosen any more. A project that has it locked keeps it.",
);

const RELEASES: &str = "Further releases. What they don't say, they have from the entry.";
