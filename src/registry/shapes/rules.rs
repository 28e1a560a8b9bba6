//! `implies`, `requires` and `conflicts`.

use super::{DEMAND, EXTRAS};
use crate::shape::{Form, Is, Key, Keys, NAME, Shape, key};

/// `implies` and `conflicts` of whatever has them.
pub(super) const RULES: &[Key] = &[
    key(
        "implies",
        DEMANDS,
        "What has to be in the stack because of this, and how: a mapping from KIND:NAME to a demand. `null` demands \
         nothing but presence, `false` takes a demand of a lower layer back.",
    )
    .examples(&[r#"{"container:qdrant": {"version": ">=1.8", "params": {"collection": "docs"}}}"#]),
    key(
        "conflicts",
        Is::Targets(&[
            ("package", EXCLUDED),
            ("container", EXCLUDED),
            ("package_group", EXCLUDED),
            ("container_group", EXCLUDED),
        ]),
        "What must not be in the stack together with this: a mapping from KIND:NAME to a version specifier or `*`; with a \
         group, none of its options.",
    )
    .examples(&[r#"{"package:milvus-adapter": "<2"}"#]),
];

const EXCLUDED: Is = Is::Either(&[DEMAND, Is::Nothing]);

/// From target to demand.
pub(super) const DEMANDS: Is = Is::Targets(&[
    ("package", Is::Either(&[DEMAND, Is::Mapping(&PACKAGE_DEMAND)])),
    ("container", Is::Either(&[DEMAND, Is::Mapping(&CONTAINER_DEMAND)])),
    ("package_group", Is::Either(&[OPTIONS, Is::Word(&["*"]), Is::No, Is::Mapping(&PACKAGE_GROUP_DEMAND)])),
    (
        "container_group",
        Is::Either(&[OPTIONS, Is::Word(&["*"]), Is::No, Is::Mapping(&CONTAINER_GROUP_DEMAND)]),
    ),
]);

/// What is demanded of a package.
pub static PACKAGE_DEMAND: Shape =
    Shape::new("package-demand", "a demand on a package", &[&[VERSION, DEMANDED_MODE, PARAMS, EXTRAS]]);

/// What is demanded of a container.
pub static CONTAINER_DEMAND: Shape =
    Shape::new("container-demand", "a demand on a container", &[&[VERSION, DEMANDED_MODE, PROFILE, PARAMS]]);

/// What is demanded of a group of packages.
pub static PACKAGE_GROUP_DEMAND: Shape =
    Shape::new("package-group-demand", "a demand on a group", &[&[OPTIONS_KEY, DEMANDED_MODE, PARAMS]]);

/// What is demanded of a group of containers.
pub static CONTAINER_GROUP_DEMAND: Shape = Shape::new(
    "container-group-demand",
    "a demand on a group",
    &[&[OPTIONS_KEY, DEMANDED_MODE, PROFILE, PARAMS]],
);

const OPTIONS: Is = Is::Either(&[NAME, Is::Items(&NAME)]);

const OPTIONS_KEY: Key = key(
    "options",
    OPTIONS,
    "An option, or a list: of a 1-of-N group one of these, of an M-of-N group all of these. Without it, that the group \
     takes part.",
)
.examples(&["qdrant", r#"["redis", "postgres"]"#]);

const VERSION: Key = key("version", DEMAND, "The releases that will do: a specifier, one version, or `*`.")
    .examples(&[">=1.8", "<2"]);

const DEMANDED_MODE: Key = key(
    "mode",
    Is::Word(MODES_OR_SAME),
    "The mode that it must be in: `prod`, `dev`, or `same`, the mode of what demands it.",
);

/// The values of a demanded mode.
pub(crate) const MODES_OR_SAME: &[&str] = &["prod", "dev", "same"];

const PROFILE: Key =
    key("profile", NAME, "The deployment profile that it must have.").examples(&["managed-dev"]);

const PARAMS: Key = key(
    "params",
    Is::Map(Keys::Any, &Is::Either(&[PARAM, Is::Items(&PARAM)])),
    "Values for the container: those of all that imply it are joined, and replace `${HSM_MERGED_PARAMS.key}` in it.",
)
.examples(&[r#"{"collection": "docs", "shards": [1, 2]}"#]);

const PARAM: Is = Is::Text(Form::NoComma);

/// `requires` of a container's source.
pub(super) const REQUIRES: Key = key(
    "requires",
    DEMANDS,
    "What must be there to build this: base images, which are built first. The same form as `implies`.",
)
.examples(&[r#"{"container:base-python": {"mode": "dev"}}"#]);
