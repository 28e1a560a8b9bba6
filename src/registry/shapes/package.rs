//! An entry of `packages/`.

use serde_json::{Value, json};

use super::rules::RULES;
use super::{COMMON, DEMAND, DEPRECATED, EXTRAS, RELEASES, YANKED};
use crate::shape::{Form, Is, Key, Keys, NAME, Shape, TEXT, key};

/// The entry.
pub static PACKAGE: Shape = Shape::new(
    "package",
    "a package",
    &[COMMON, &[VERSION, SOURCES, YANKED], FURTHER, RULES, &[REQUIRES_PYTHON, DEPENDENCIES], REST],
);

const VERSION: Key = key(
    "version",
    Is::Text(Form::Filled),
    "A release. Its sources are inherited by the others. An entry without any version floats: all demands on it are \
     joined and given to the package manager.",
)
.examples(&["1.0.0"]);

const SOURCES: Key = key(
    "sources",
    Is::Mapping(&PACKAGE_SOURCES),
    "Where its code comes from: published (prod), and local (dev).",
)
.examples(&[
    r#"{"prod": {"type": "pypi"}, "dev": {"type": "local", "path": "./packages/core", "editable": true}}"#,
]);

const FURTHER: &[Key] = &[key("releases", Is::List(&RELEASE), RELEASES)];

const RELEASE: Is = Is::Mapping(&PACKAGE_RELEASE);

const REQUIRES_PYTHON: Key =
    key("requires_python", TEXT, "The versions of Python that it runs on.").examples(&[">=3.11"]);

const DEPENDENCIES: Key = key(
    "dependencies",
    Is::List(&TEXT),
    "Distributions that the package manager must install with it and that have no entry (PEP 508).",
)
.examples(&[r#"["numpy>=1.26"]"#]);

const REST: &[Key] = &[
    key("env", Is::Map(Keys::Any, &TEXT), "Variables for programs of the stack that run here.")
        .examples(&[r#"{"QDRANT_TIMEOUT": "30"}"#]),
    key("entrypoints", Is::Map(Keys::Any, &TEXT), "Programs of the package, by name: the command of each.")
        .examples(&[r#"{"serve": "python -m qdrant_adapter.serve"}"#]),
    key("uv", Is::Passed(&[]), "Settings of the package manager `uv` that this entry needs, passed through."),
];

/// A further release.
pub static PACKAGE_RELEASE: Shape = Shape::new(
    "package-release",
    "a release",
    &[
        &[
            key("version", Is::Text(Form::Filled), "The release.").required().examples(&["1.1.0"]),
            key(
                "sources",
                Is::Mapping(&PACKAGE_RELEASE_SOURCES),
                "Its own sources: a mode's replaces the entry's whole, `null` removes it.",
            ),
        ],
        RULES,
        &[REQUIRES_PYTHON, DEPENDENCIES, YANKED, DEPRECATED],
    ],
);

/// `sources` of an entry.
pub static PACKAGE_SOURCES: Shape =
    Shape::new("package-sources", "`sources`", &[&[key("prod", PUBLISHED, PROD), key("dev", LOCAL, DEV)]]);

/// `sources` of a release.
pub static PACKAGE_RELEASE_SOURCES: Shape = Shape::new(
    "package-release-sources",
    "`sources`",
    &[&[
        key("prod", Is::Either(&[PUBLISHED, Is::Nothing]), PROD),
        key("dev", Is::Either(&[LOCAL, Is::Nothing]), DEV),
    ]],
);

const PROD: &str = "The published artifact.";
const DEV: &str = "The local source, installed editable.";

const PUBLISHED: Is = Is::By {
    key: "type",
    cases: &[
        ("pypi", &PYPI_SOURCE),
        ("git", &GIT_SOURCE),
        ("local", &LOCAL_SOURCE),
        ("url", &URL_SOURCE),
        ("workspace", &WORKSPACE_SOURCE),
    ],
    otherwise: None,
};

const LOCAL: Is = Is::By {
    key: "type",
    cases: &[
        ("pypi", &PYPI_SOURCE),
        ("git", &GIT_DEV_SOURCE),
        ("local", &LOCAL_SOURCE),
        ("url", &URL_SOURCE),
        ("workspace", &WORKSPACE_SOURCE),
    ],
    otherwise: None,
};

const WHAT: &str = "a package's source";

/// Of every source.
const ANY_SOURCE: &[Key] = &[
    key("type", Is::Word(TYPES), "Where it comes from.").required(),
    key("name", NAME, "The distribution's name, where it is not the entry's."),
    EXTRAS,
];

/// The words of `type`.
pub(crate) const TYPES: &[&str] = &["pypi", "git", "local", "url", "workspace"];

/// From an index of packages.
pub static PYPI_SOURCE: Shape = Shape::new(
    "pypi-source",
    WHAT,
    &[
        ANY_SOURCE,
        &[
            key("version", DEMAND, "A specifier that contains the release; without it, `==` the release.")
                .examples(&["==1.1.0"]),
            key(
                "index",
                TEXT,
                "The index, where it is not the usual one: its name, or its address (without a password). It is asked only for \
                 the packages that name it.",
            ),
        ],
        RULES,
    ],
);

pub(super) const URL: Key = key("url", Is::Text(Form::GitUrl), "The repository.")
    .required()
    .examples(&["https://example.org/core.git"]);
pub(super) const REFERENCE: &[Key] = &[
    key("ref", Is::Text(Form::GitRef), "What to take: a tag, branch or commit.").examples(&["v1.0.0"]),
    key("rev", Is::Text(Form::GitRef), "Take this commit."),
    key("tag", Is::Text(Form::GitRef), "Take this tag.").examples(&["v1.0.0"]),
    key("branch", Is::Text(Form::GitRef), "Follow this branch.").examples(&["main"]),
];
const SUBDIRECTORY: Key =
    key("subdirectory", Is::Text(Form::Path), "The package's directory in the repository or archive.");
const LFS: Key = key("lfs", Is::Flag, "Whether its large files (Git LFS) are got too.");
const CHECKOUT: Key =
    key("path", Is::Text(Form::Path), "Where the checkout is, for dev.").examples(&["../checkouts/core"]);

/// From a git repository.
pub static GIT_SOURCE: Shape =
    Shape::new("git-source", WHAT, &[ANY_SOURCE, &[URL], REFERENCE, &[SUBDIRECTORY, LFS, CHECKOUT], RULES])
        .between(one_reference);

/// A checkout of a git repository.
pub static GIT_DEV_SOURCE: Shape = Shape::new(
    "git-dev-source",
    WHAT,
    &[ANY_SOURCE, &[URL], REFERENCE, &[SUBDIRECTORY, LFS, CHECKOUT.required()], RULES],
)
.between(one_reference);

/// At most one of the keys that say what to take from a repository.
pub(super) fn one_reference() -> Value {
    let keys = ["ref", "rev", "tag", "branch"];
    let pairs = keys.iter().enumerate().flat_map(|(at, first)| {
        keys[at + 1..].iter().map(move |second| json!({"required": [first, second]}))
    });
    json!({"not": {"anyOf": pairs.collect::<Vec<_>>()}})
}

/// A directory.
pub static LOCAL_SOURCE: Shape = Shape::new(
    "local-source",
    WHAT,
    &[
        ANY_SOURCE,
        &[
            key("path", Is::Text(Form::Path), "Its directory, from the project's root.")
                .required()
                .examples(&["./packages/core"]),
            key("editable", Is::Flag, "Whether changes of its files take effect without another sync."),
            key("package", Is::Flag, "Whether it is installed itself; `false`: only what it requires."),
        ],
        RULES,
    ],
);

/// One file.
pub static URL_SOURCE: Shape = Shape::new(
    "url-source",
    WHAT,
    &[
        ANY_SOURCE,
        &[
            key("url", Is::Text(Form::FileUrl), "A wheel or an archive of the source.")
                .required()
                .examples(&["https://example.org/core-1.0-py3-none-any.whl"]),
            SUBDIRECTORY,
        ],
        RULES,
    ],
);

/// A member of the workspace.
pub static WORKSPACE_SOURCE: Shape = Shape::new("workspace-source", WHAT, &[ANY_SOURCE, RULES]);
