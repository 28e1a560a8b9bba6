//! An entry of `package_groups/` or `container_groups/`.

use serde_json::{Value, json};

use super::rules::RULES;
use super::{COMMON, DEPRECATED};
use crate::fields::STRATEGIES;
use crate::shape::{Form, Is, Key, NAME, Shape, TEXT, key};

/// The entry.
pub static GROUP: Shape = Shape::new("group", "a group", &[COMMON, KEYS]).between(counts_and_options);

const KEYS: &[Key] = &[
    key("type", Is::Word(GROUP_TYPES), "Whose options it has; the folder says the same."),
    key(
        "strategy",
        Is::Word(STRATEGIES),
        "How many options are in a stack: exactly one (1-of-N), or from `min` to `max` (M-of-N).",
    )
    .required(),
    key("min", Is::Count, "Of an M-of-N group: the fewest options that are present, for whatever reason.")
        .default("1"),
    key(
        "max",
        Is::Count,
        "Of an M-of-N group: the most options that are present, for whatever reason; all of them without it.",
    ),
    key(
        "extends",
        Is::Text(Form::RegistryName),
        "A group of another registry that this one adds options to.",
    )
    .examples(&["corp/vector-db"]),
    key(
        "options",
        Is::List(&OPTION_FORMS),
        "The components to choose from. Where nothing else decides, the first that fits is taken.",
    )
    .examples(&[r#"[{"name": "qdrant"}, {"name": "milvus"}]"#]),
    key(
        "default",
        Is::Either(&[NAME, Is::Items(&NAME)]),
        "What is chosen when the manifest chooses nothing: an option; of an M-of-N group a list.",
    )
    .examples(&["qdrant", r#"["prometheus", "grafana"]"#]),
    key("comment", TEXT, "Placed above the group's line when a command adds it to hsm.yaml.")
        .examples(&["Clients of the vector database"]),
];

const OPTION_FORMS: Is = Is::Either(&[NAME, Is::Mapping(&OPTION)]);

/// The words of `type`.
pub(crate) const GROUP_TYPES: &[&str] = &["package_group", "container_group"];

fn counts_and_options() -> Value {
    json!({"allOf": [
        {
            "if": {"properties": {"strategy": {"const": "1-of-N"}}, "required": ["strategy"]},
            "then": {"properties": {"min": false, "max": false, "default": {"maxItems": 1}}},
        },
        {
            "if": {"not": {"required": ["extends"]}},
            "then": {"properties": {"options": {"type": "array", "minItems": 1}}, "required": ["options"]},
        },
    ]})
}

/// An option.
pub static OPTION: Shape = Shape::new("option", "an option", &[OPTION_KEYS, RULES, &[DEPRECATED]]);

const OPTION_KEYS: &[Key] = &[
    key("name", NAME, "The component: a package of a package group, a container of a container group.")
        .required()
        .examples(&["qdrant"]),
    key("description", TEXT, "What speaks for it."),
];
