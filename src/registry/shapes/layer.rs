//! One layer of a container's definition: of an entry, release, source, profile, or manifest item.

use crate::shape::{Form, Is, Key, Keys, Shape, TEXT, key};

/// Keys of Compose that have their own place in an entry.
pub(crate) const TYPED: &[(&str, &str)] = &[
    ("ports", "`ports` beside `compose`"),
    ("volumes", "`volumes` beside `compose`"),
    ("environment", "the values under `env` beside `compose`"),
    ("image", "`image` in `sources.prod` with `type: docker-image`"),
    ("build", "a source with `type: build`"),
    ("container_name", "`container_name` beside `compose`"),
    ("depends_on", "`depends_on` under `orchestration`"),
    ("network_aliases", "`network_aliases` beside `compose`"),
    ("profiles", "a group or a profile of hsm: hsm decides what runs"),
    ("extends", "the values out: the file that hsm writes stands alone"),
];

/// Keys that are looked for in `orchestration`, and where each belongs.
pub(crate) const BESIDE_ORCHESTRATION: &[(&str, &str)] = &[
    ("ports", "`ports` beside `orchestration`"),
    ("volumes", "`volumes` beside `orchestration`"),
    ("env", "`env` beside `orchestration`"),
    ("environment", "the values under `env` beside `orchestration`"),
    ("container_name", "`container_name` beside `orchestration`"),
    ("network_aliases", "`network_aliases` beside `orchestration`"),
];

/// `image`, of a layer that has one.
pub(crate) const IMAGE: &[Key] =
    &[key("image", Is::Either(&[TEXT, Is::Nothing]), "The image, in place of the source's.")
        .examples(&["qdrant/qdrant:v1.9.1"])];

/// What names a container, of a layer that does.
pub(super) const IDENTITY: &[Key] = &[
    key(
        "container_name",
        Is::Either(&[TEXT, Is::Nothing]),
        "The container's fixed name: only one container can have it. An alias is often enough.",
    )
    .examples(&["qdrant"]),
    key("network_aliases", Is::List(&TEXT), "Further names under which other containers reach it.")
        .examples(&[r#"["vector-db"]"#]),
    key("orchestration", Is::Mapping(&ORCHESTRATION), "Its place among the other services."),
];

/// What every layer has.
pub(crate) const LAYER: &[Key] = &[
    key(
        "ports",
        Is::List(&Is::Either(&[Is::Text(Form::Filled), REMOVED_PORT_OR_LONG])),
        "Ports as Compose writes them, short or long. They are keyed by container port and protocol: a layer's ports \
         replace those of lower layers; `{target: 8080, remove: true}` drops one; `null` drops all.",
    )
    .examples(&[r#"["6333:6333"]"#]),
    key(
        "volumes",
        Is::List(&Is::Either(&[Is::Text(Form::Filled), REMOVED_VOLUME_OR_LONG])),
        "Volumes as Compose writes them, short or long. They are keyed by where they are mounted, and replaced or \
         dropped like ports. Host paths start at the project's root.",
    )
    .examples(&[r#"["qdrant_data:/qdrant/storage"]"#]),
    key(
        "env",
        Is::Either(&[
            Is::Map(Keys::Any, &Is::Either(&[TEXT, Is::Nothing])),
            Is::Items(&Is::Text(Form::EnvLine)),
        ]),
        "Environment variables: a mapping, or a list of KEY=VALUE. Values are texts: `PORT: 5432` is \"5432\". `null` \
         removes what a lower layer set.",
    )
    .examples(&[r#"{"TZ": "UTC"}"#]),
    key(
        "compose",
        Is::Passed(TYPED),
        "Any other key of a Compose service, passed through as it is.",
    )
    .examples(&[r#"{"restart": "unless-stopped"}"#]),
];

const REMOVED_PORT_OR_LONG: Is =
    Is::By { key: "remove", cases: &[("true", &PORT_REMOVED)], otherwise: Some(&PORT) };

const REMOVED_VOLUME_OR_LONG: Is =
    Is::By { key: "remove", cases: &[("true", &VOLUME_REMOVED)], otherwise: Some(&VOLUME) };

/// A port in Compose's long form.
pub static PORT: Shape = Shape::new("port", "a port", &[&[PORT_TARGET, REMOVE, PROTOCOL]]).open();

/// A port that is dropped.
pub static PORT_REMOVED: Shape = Shape::new("removed-port", "a port", &[&[PORT_TARGET, REMOVE, PROTOCOL]]);

/// A volume in Compose's long form.
pub static VOLUME: Shape = Shape::new("volume", "a volume", &[&[MOUNT_TARGET, REMOVE]]).open();

/// A volume that is dropped.
pub static VOLUME_REMOVED: Shape = Shape::new("removed-volume", "a volume", &[&[MOUNT_TARGET, REMOVE]]);

const PORT_TARGET: Key = key("target", TEXT, "The port in the container.").required().examples(&["6333"]);
const MOUNT_TARGET: Key =
    key("target", TEXT, "Where it is mounted.").required().examples(&["/qdrant/storage"]);
const REMOVE: Key = key("remove", Is::Flag, "Drops what lower layers have for this target.");
const PROTOCOL: Key = key("protocol", TEXT, "The protocol.").examples(&["tcp", "udp"]);

/// `orchestration`.
pub static ORCHESTRATION: Shape = Shape::new(
    "orchestration",
    "`orchestration`",
    &[&[
        key(
            "service_name",
            Is::Either(&[TEXT, Is::Nothing]),
            "The name of its service in the Compose file; without it the entry's name.",
        )
        .examples(&["vector-db"]),
        key(
            "depends_on",
            Is::Either(&[
                Is::List(&Is::Text(Form::Dependency)),
                Is::Map(Keys::Dependencies, &Is::Either(&[Is::Passed(&[]), Is::No])),
            ]),
            "Containers, or groups of them, that start before it, and that it implies: a list of names, or a mapping from \
             a name to how it waits. `null` or `false` takes one of a lower layer back.",
        )
        .examples(&[r#"["postgres"]"#, r#"{"postgres": {"condition": "service_healthy"}}"#]),
    ]],
);
