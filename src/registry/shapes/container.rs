//! An entry of `containers/`.

use super::layer::{IDENTITY, IMAGE, LAYER};
use super::package::{REFERENCE, URL, one_reference};
use super::rules::{REQUIRES, RULES};
use super::{COMMON, DEPRECATED, RELEASES, YANKED};
use crate::shape::{Form, Is, Key, Keys, NAME, Shape, TEXT, key};

/// The entry.
pub static CONTAINER: Shape = Shape::new(
    "container",
    "a container",
    &[COMMON, &[VERSION, SOURCES, YANKED, FURTHER, PROFILES], RULES, IDENTITY, LAYER, REST],
);

const VERSION: Key = key(
    "version",
    Is::Text(Form::Filled),
    "A release. Its sources are inherited by the others. Without it, the tag of the published image.",
)
.examples(&["1.9.0"]);

const SOURCES: Key = key(
    "sources",
    Is::Mapping(&CONTAINER_SOURCES),
    "Where its image comes from: published (prod), and built here (dev).",
)
.examples(&[r#"{"prod": {"type": "docker-image", "image": "qdrant/qdrant:v1.9.0"}}"#]);

const FURTHER: Key = key("releases", Is::List(&RELEASE), RELEASES);

const PROFILES: Key = key(
    "deployment_profiles",
    Is::Map(Keys::Names, &PROFILE),
    "The ways in which it can be deployed, by name: managed (it runs here) or external (it runs elsewhere, and its \
     address is passed on).",
)
.examples(&[r#"{"managed-dev": {"mode": "managed", "ports": ["6333:6333"]}}"#]);

const RELEASE: Is = Is::Mapping(&CONTAINER_RELEASE);

const PROFILE: Is =
    Is::By { key: "mode", cases: &[("external", &EXTERNAL_PROFILE)], otherwise: Some(&MANAGED_PROFILE) };

const REST: &[Key] = &[
    key("default_profile", NAME, "The profile that is taken when nothing else decides.")
        .examples(&["managed-dev"]),
    key("run", Is::Flag, "Whether it runs at all: `false` marks a base image, which is only built.")
        .default("true"),
    key(
        "compose_project",
        Is::Mapping(&COMPOSE_PROJECT),
        "Top-level parts of the Compose file that it needs, joined over the stack.",
    )
    .examples(&[r#"{"volumes": {"qdrant_data": {"driver": "local"}}}"#]),
];

/// `compose_project`.
pub static COMPOSE_PROJECT: Shape = Shape::new(
    "compose-project",
    "`compose_project`",
    &[&[
        key("volumes", Is::Passed(&[]), "Named volumes. One that nobody defines is declared empty."),
        key("secrets", Is::Passed(&[]), "Secrets."),
        key("configs", Is::Passed(&[]), "Configs."),
        key("networks", Is::Passed(&[]), "Networks. One that nobody defines is declared empty."),
    ]],
);

/// A further release.
pub static CONTAINER_RELEASE: Shape = Shape::new(
    "container-release",
    "a release",
    &[
        &[
            key("version", Is::Text(Form::Filled), "The release; without it, the tag of its image.")
                .examples(&["1.10.0"]),
            key(
                "sources",
                Is::Mapping(&CONTAINER_RELEASE_SOURCES),
                "Its own sources: a mode's replaces the entry's whole, `null` removes it.",
            ),
        ],
        IMAGE,
        IDENTITY,
        LAYER,
        RULES,
        &[YANKED, DEPRECATED],
    ],
);

/// `sources` of an entry.
pub static CONTAINER_SOURCES: Shape =
    Shape::new("container-sources", "`sources`", &[&[key("prod", SOURCE, PROD), key("dev", SOURCE, DEV)]]);

/// `sources` of a release.
pub static CONTAINER_RELEASE_SOURCES: Shape = Shape::new(
    "container-release-sources",
    "`sources`",
    &[&[
        key("prod", Is::Either(&[SOURCE, Is::Nothing]), PROD),
        key("dev", Is::Either(&[SOURCE, Is::Nothing]), DEV),
    ]],
);

const PROD: &str = "The published image.";
const DEV: &str = "An image that is built here, with local sources mounted.";

const SOURCE: Is = Is::By {
    key: "type",
    cases: &[("docker-image", &IMAGE_SOURCE), ("build", &BUILD_SOURCE), ("git", &GIT_BUILD_SOURCE)],
    otherwise: None,
};

const WHAT: &str = "a container's source";

const TYPE: &[Key] = &[key("type", Is::Word(TYPES), "Where the image comes from.").required()];

/// The words of `type`.
pub(crate) const TYPES: &[&str] = &["docker-image", "build", "git"];

/// A published image.
pub static IMAGE_SOURCE: Shape = Shape::new(
    "image-source",
    WHAT,
    &[
        TYPE,
        &[key("image", Is::Text(Form::Filled), "The image, with its tag or digest.")
            .required()
            .examples(&["qdrant/qdrant:v1.9.0"])],
        &[REQUIRES],
        RULES,
        IDENTITY,
        LAYER,
    ],
);

/// An image that is built.
pub static BUILD_SOURCE: Shape =
    Shape::new("build-source", WHAT, &[TYPE, BUILD, &[REQUIRES], RULES, IDENTITY, LAYER]);

/// A checkout that is built.
pub static GIT_BUILD_SOURCE: Shape = Shape::new(
    "git-build-source",
    WHAT,
    &[TYPE, &[URL], REFERENCE, BUILD, &[REQUIRES], RULES, IDENTITY, LAYER],
)
.between(one_reference);

const BUILD: &[Key] = &[
    key("path", Is::Text(Form::Path), "The directory that is built, from the project's root; `${HSM_SOURCE}` in this source.")
        .required()
        .examples(&["../services/qdrant"]),
    key("dockerfile", Is::Text(Form::Path), "The file that says how, from `path`.").examples(&["Dockerfile.dev"]),
    key("target", TEXT, "The stage to build.").examples(&["dev"]),
    key(
        "args",
        Is::Either(&[
            Is::Map(Keys::Any, &Is::Either(&[TEXT, Is::Nothing])),
            Is::Items(&TEXT),
        ]),
        "Build arguments: a mapping, or a list of KEY=VALUE. `${HSM_IMAGE.NAME}` is the image of another container, which \
         is then built first.",
    )
    .examples(&[r#"{"BASE": "${HSM_IMAGE.base-python}"}"#]),
    key("image", TEXT, "The name of what is built.").examples(&["qdrant-dev"]),
    key("build", Is::Passed(BESIDE_BUILD), "Any other key of Compose's `build`, passed through.")
        .examples(&[r#"{"network": "host"}"#]),
];

/// Keys of Compose's `build` that have their own place in a source.
pub(crate) const BESIDE_BUILD: &[(&str, &str)] = &[
    ("context", "`path` beside `build`"),
    ("dockerfile", "`dockerfile` beside `build`"),
    ("target", "`target` beside `build`"),
    ("args", "`args` beside `build`"),
];

/// A profile that is run here.
pub static MANAGED_PROFILE: Shape =
    Shape::new("managed-profile", "a deployment profile", &[&[PROFILE_MODE], IMAGE, IDENTITY, LAYER, RULES]);

/// A profile that runs elsewhere.
pub static EXTERNAL_PROFILE: Shape = Shape::new(
    "external-profile",
    "a deployment profile",
    &[
        &[
            PROFILE_MODE,
            key(
                "external",
                Is::Map(Keys::Any, &TEXT),
                "Its address: `host`, `port`, and whatever else those that use it need. Each key becomes a variable.",
            )
            .required()
            .examples(&[r#"{"host": "${QDRANT_HOST}", "port": 6333}"#]),
        ],
        IMAGE,
        IDENTITY,
        LAYER,
        RULES,
    ],
);

/// The words of a profile's `mode`.
pub(crate) const PROFILE_MODES: &[&str] = &["managed", "external"];

const PROFILE_MODE: Key =
    key("mode", Is::Word(PROFILE_MODES), "Whether hsm runs it, or it runs elsewhere.").default("managed");
