//! The keys of `hsm.yaml`.
//!
//! Owns: what each is for and what may stand behind it; the reader opens every mapping with its shape. Refuses: reading.

use serde_json::{Value, json};

use crate::fields::STRATEGIES;
use crate::names::Kind;
use crate::registry::shapes::{DEMAND, EXTRAS, IMAGE, LAYER};
use crate::shape::{Form, Is, Key, Keys, MODE, NAME, Shape, TEXT, key};

/// The file.
pub static MANIFEST: Shape = Shape::new("manifest", "hsm.yaml", &[MANIFEST_KEYS]);

const MANIFEST_KEYS: &[Key] = &[
    key("project", Is::Mapping(&PROJECT), "The project itself: its name, and what holds for all of it.").required(),
    key(
        "registry",
        REGISTRIES,
        "Where the entries are: a path, a git source, or a list of them that is searched in order. The first that has a \
         name wins.",
    )
    .default("./hsm-registry")
    .examples(&["./hsm-registry", r#"["./hsm-registry", {"name": "corp", "git": "https://example.org/registry.git"}]"#]),
    key("dependencies", Is::Mapping(&DEPENDENCIES), "The Python packages that are wanted, and groups of them."),
    key("services", Is::Mapping(&SERVICES), "The containers that are wanted, and groups of them."),
    key(
        "constraints",
        Is::Targets(CONSTRAINED),
        "What must hold of a component if it is in the stack; never a reason to be there. The keys are KIND:NAME.",
    )
    .examples(&[r#"{"container:qdrant": {"version": "<2"}}"#]),
];

/// The file of a user's settings.
pub static SETTINGS: Shape = Shape::new("settings", "hsm's config.yaml", &[SETTINGS_KEYS]);

const SETTINGS_KEYS: &[Key] = &[key(
    "registry",
    REGISTRIES,
    "Where the entries are of projects that say nothing themselves. Paths start where this file lies, or at `~`.",
)];

const CONSTRAINED: &[(&str, Is)] =
    &[("package", Is::Mapping(&PACKAGE_CONSTRAINT)), ("container", Is::Mapping(&CONTAINER_CONSTRAINT))];

/// `project`.
pub static PROJECT: Shape = Shape::new("project", "`project`", &[PROJECT_KEYS]);

const PROJECT_KEYS: &[Key] = &[
    key(
        "name",
        Is::Text(Form::Alphanumeric),
        "The project's name. Containers, networks and volumes are named after it, as Compose normalizes it.",
    )
    .required()
    .examples(&["my-rag-platform"]),
    key("version", TEXT, "The project's version.").examples(&["0.1.0"]),
    key(
        "mode",
        MODE,
        "The mode that every component prefers: published artifacts (prod) or local sources (dev). Where a component has \
         no source for it, the other mode is taken and reported.",
    )
    .default("prod"),
    key("container_engine", Is::Adapter(Kind::Container), "The adapter that runs the containers."),
];

const REGISTRIES: Is = Is::Either(&[REGISTRY, Is::Items(&REGISTRY)]);
const REGISTRY: Is =
    Is::Either(&[Is::Text(Form::Path), Is::Mapping(&PATH_REGISTRY), Is::Mapping(&GIT_REGISTRY)]);

/// A registry in a directory.
pub static PATH_REGISTRY: Shape = Shape::new(
    "path-registry",
    "a registry",
    &[
        REGISTRY_NAME,
        &[key("path", Is::Text(Form::Path), "Its directory, from the project's root.")
            .required()
            .examples(&["../team-registry"])],
    ],
);

/// A registry in a git repository.
pub static GIT_REGISTRY: Shape = Shape::new(
    "git-registry",
    "a registry",
    &[
        REGISTRY_NAME,
        &[
            key("git", Is::Text(Form::GitUrl), "The URL of its repository. The lock holds the commit.")
                .required()
                .examples(&["https://example.org/registry.git"]),
            key("branch", Is::Text(Form::GitRef), "Follow this branch.").examples(&["main"]),
            key("tag", Is::Text(Form::GitRef), "Take this tag.").examples(&["v1.0"]),
            key("rev", Is::Text(Form::GitRef), "Take this commit."),
        ],
    ],
)
.between(one_git_registry_reference);

fn one_git_registry_reference() -> Value {
    json!({"not": {"anyOf": [
        {"required": ["branch", "tag"]}, {"required": ["branch", "rev"]}, {"required": ["tag", "rev"]},
    ]}})
}

const REGISTRY_NAME: &[Key] = &[key(
    "name",
    NAME,
    "Its name, for REGISTRY/NAME; without one the registry's own, or that of its directory.",
)
.examples(&["corp"])];

/// `dependencies`.
pub static DEPENDENCIES: Shape = Shape::new("dependencies", "`dependencies`", &[DEPENDENCY_KEYS]);

const DEPENDENCY_KEYS: &[Key] = &[
    key("package_manager", Is::Adapter(Kind::Package), "The adapter that installs the packages."),
    key(
        "into",
        Is::Either(INTO_FORMS),
        "Where the requirements go: the project's dependencies (`project`), or a dependency group, for a project that is \
         itself published.",
    )
    .default("project")
    .examples(&[r#"{"group": "stack"}"#]),
    key(
        "package_groups",
        Is::Map(Keys::Names, &PACKAGE_LINE_FORM),
        "Groups of packages that take part, by name, and which of their options are chosen.",
    )
    .examples(&[r#"{"vector-db-client": {"selection": "qdrant-adapter"}}"#]),
    key(
        "packages",
        Is::List(&PACKAGE_ITEM_FORMS),
        "Packages of the registry that are wanted: a name, `NAME: MODE`, or a mapping.",
    )
    .examples(&[r#"["langchain", {"neo4j-client": "dev"}, {"name": "pandas-tools", "version": ">=0.1"}]"#]),
];

const INTO_FORMS: &[Is] = &[Is::Word(INTO), Is::Mapping(&INTO_GROUP)];

/// The words of `into`.
pub(super) const INTO: &[&str] = &["project"];

/// `into`, as a mapping.
pub static INTO_GROUP: Shape = Shape::new(
    "into",
    "`into`",
    &[&[key("group", NAME, "The dependency group.").required().examples(&["stack"])]],
);

/// `services`.
pub static SERVICES: Shape = Shape::new("services", "`services`", &[SERVICE_KEYS]);

const SERVICE_KEYS: &[Key] = &[
    key(
        "container_groups",
        Is::Map(Keys::Names, &CONTAINER_LINE_FORM),
        "Groups of containers that take part, by name, and which of their options are chosen.",
    )
    .examples(&[r#"{"infra": {"selection": ["redis", "postgres"]}}"#]),
    key(
        "containers",
        Is::List(&CONTAINER_ITEM_FORMS),
        "Containers of the registry that are wanted: a name, `NAME: MODE`, or a mapping.",
    )
    .examples(&[r#"["redis", {"name": "postgres", "version": "16", "ports": ["15432:5432"]}]"#]),
    key(
        "compose_files",
        Is::List(&Is::Text(Form::Path)),
        "Compose files of your own, passed after the one that hsm writes; the ports in them count as held.",
    )
    .examples(&[r#"["compose.yaml"]"#]),
];

const PACKAGE_LINE_FORM: Is = Is::Mapping(&PACKAGE_LINE);
const CONTAINER_LINE_FORM: Is = Is::Mapping(&CONTAINER_LINE);

/// The line of a group of packages.
pub static PACKAGE_LINE: Shape = Shape::new(
    "package-group-line",
    "a package group",
    &[&[
        STRATEGY,
        key(
            "selection",
            Is::Either(&[
                PACKAGE_ITEM_FORMS,
                Is::Items(&PACKAGE_ITEM_FORMS),
                Is::Map(Keys::NotName, &PACKAGE_SETTINGS_FORMS),
            ]),
            SELECTION,
        )
        .examples(&["qdrant-adapter", r#"["io-tools", {"sql-tools": "dev"}]"#]),
        EXCLUDE,
        LINE_MODE,
    ]],
);

/// The line of a group of containers.
pub static CONTAINER_LINE: Shape = Shape::new(
    "container-group-line",
    "a container group",
    &[&[
        STRATEGY,
        key(
            "selection",
            Is::Either(&[
                CONTAINER_ITEM_FORMS,
                Is::Items(&CONTAINER_ITEM_FORMS),
                Is::Map(Keys::NotName, &CONTAINER_SETTINGS_FORMS),
            ]),
            SELECTION,
        )
        .examples(&["qdrant", r#"["redis", {"name": "postgres", "profile": "managed-dev"}]"#]),
        EXCLUDE,
        LINE_MODE,
        key("profile", NAME, "The deployment profile of each present option that has it.")
            .examples(&["managed-dev"]),
    ]],
);

const SELECTION: &str = "The options that are chosen. Of a 1-of-N group exactly one; of an M-of-N group at least these. \
     Without it the group's default holds.";

const STRATEGY: Key = key(
    "strategy",
    Is::Word(STRATEGIES),
    "How many options are chosen. The registry says it; written here, it must say the same.",
);

const EXCLUDE: Key = key(
    "exclude",
    Is::Either(&[NAME, Is::Nothing, Is::Items(&Is::Either(&[NAME, Is::Nothing]))]),
    "Options that must not be in the stack, whatever asks for them.",
)
.examples(&[r#"["mailhog"]"#]);

const LINE_MODE: Key =
    key("mode", MODE, "The mode of each present option that has it; an option's own pin wins.");

/// Pins of a package under `constraints`.
pub static PACKAGE_CONSTRAINT: Shape = Shape::new("package-constraint", "a constraint", &[PINS]);

/// Pins of a container under `constraints`.
pub static CONTAINER_CONSTRAINT: Shape = Shape::new("container-constraint", "a constraint", &[PINS, PROFILE]);

const PINS: &[Key] = &[
    key("version", DEMAND, "The releases that are allowed: a specifier, or one version.")
        .examples(&[">=1.2,<2", "16"]),
    key("mode", MODE, "The mode: published artifact (prod) or local source (dev)."),
];

const PROFILE: &[Key] =
    &[key("profile", NAME, "How it is deployed: one of the entry's profiles.").examples(&["managed-dev"])];

/// A package's item.
pub static PACKAGE_ITEM: Shape =
    Shape::new("package-item", "a package's item", &[ITEM_NAME, PINS, OF_PACKAGES]);

/// The same behind its name.
pub static PACKAGE_SETTINGS: Shape = Shape::new("package-settings", "a package's item", &[PINS, OF_PACKAGES]);

/// A container's item.
pub static CONTAINER_ITEM: Shape =
    Shape::new("container-item", "a container's item", &[ITEM_NAME, PINS, PROFILE, IMAGE, LAYER]);

/// The same behind its name.
pub static CONTAINER_SETTINGS: Shape =
    Shape::new("container-settings", "a container's item", &[PINS, PROFILE, IMAGE, LAYER]);

const ITEM_NAME: &[Key] =
    &[key("name", NAME, "The component's name in the registry.").required().examples(&["redis"])];

const OF_PACKAGES: &[Key] = &[
    EXTRAS,
    key("marker", TEXT, "Where it is wanted: an environment marker (PEP 508).")
        .examples(&["python_version < '3.13'"]),
];

const PACKAGE_ITEM_FORMS: Is =
    Is::Either(&[NAME, Is::Pair(&PACKAGE_SETTINGS_FORMS), Is::Mapping(&PACKAGE_ITEM)]);
const PACKAGE_SETTINGS_FORMS: Is = Is::Either(&[MODE, Is::Mapping(&PACKAGE_SETTINGS)]);

const CONTAINER_ITEM_FORMS: Is =
    Is::Either(&[NAME, Is::Pair(&CONTAINER_SETTINGS_FORMS), Is::Mapping(&CONTAINER_ITEM)]);
const CONTAINER_SETTINGS_FORMS: Is = Is::Either(&[MODE, Is::Mapping(&CONTAINER_SETTINGS)]);
