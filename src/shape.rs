//! Shapes: which keys each mapping of a file has that users write, what may stand behind each, and what it is for.
//!
//! Owns: the words in which such tables are written. The tables stand beside the readers: a reader opens a mapping with
//! its shape, which alone says what keys are known, and schemas for editors are made from the same. Refuses: reading, and
//! the form of a schema.

use serde_json::Value;

use crate::names::Kind;

/// The keys of one mapping.
#[derive(Debug)]
pub struct Shape {
    /// The name of its definition in a schema, once among all.
    pub id: &'static str,
    /// What the mapping is, for sentences: "a package".
    pub what: &'static str,
    /// Its keys, in parts that shapes share.
    pub keys: &'static [&'static [Key]],
    /// Whether other keys pass through.
    pub open: bool,
    /// What holds between keys, as a part of a JSON Schema.
    pub between: Option<fn() -> Value>,
}

/// One key.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it is for, in a sentence or two: editors show it.
    pub about: &'static str,
    /// What may stand behind it.
    pub is: Is,
    /// Whether it must be there.
    pub required: bool,
    /// What holds without it: JSON, else a text.
    pub default: Option<&'static str>,
    /// Values as examples: JSON, else texts.
    pub examples: &'static [&'static str],
}

/// What may stand behind a key or in a list.
#[derive(Debug)]
pub enum Is {
    /// A scalar, taken as the text that is written.
    Text(Form),
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of an adapter for packages or for containers.
    Adapter(Kind),
    /// `true` or `false`.
    Flag,
    /// `false` alone.
    No,
    /// A whole number from 0.
    Count,
    /// Nothing.
    Nothing,
    /// A mapping with known keys; it may be empty, or nothing, if none is required.
    Mapping(&'static Shape),
    /// A mapping whose keys depend on the value of one of them.
    By {
        /// That key.
        key: &'static str,
        /// Its values, and the shape with each.
        cases: &'static [(&'static str, &'static Shape)],
        /// The shape with any other value, or without the key; none: the key must have one of the values.
        otherwise: Option<&'static Shape>,
    },
    /// A mapping from names to values of one sort. Keys that start with `x-` are free.
    Map(Keys, &'static Is),
    /// A mapping from `KIND:NAME` to what the kind allows. Keys that start with `x-` are free.
    Targets(&'static [(&'static str, Is)]),
    /// A mapping of one name to a value: `NAME: value`.
    Pair(&'static Is),
    /// A mapping that is passed on, whatever it holds but for these keys, each with where it belongs; or nothing.
    Passed(&'static [(&'static str, &'static str)]),
    /// A list, or nothing.
    List(&'static Is),
    /// A list.
    Items(&'static Is),
    /// Any of these.
    Either(&'static [Is]),
}

/// Which names a mapping of values may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Any text.
    Any,
    /// Names of entries, profiles or options.
    Names,
    /// Names, but not `name`, which would make another shape of it.
    NotName,
    /// Names of entries with or without their kind.
    Dependencies,
}

/// What a text has to look like, as far as that can be said without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Anything.
    Any,
    /// Not empty.
    Filled,
    /// With a letter or a digit somewhere.
    Alphanumeric,
    /// A name.
    Name,
    /// `REGISTRY/NAME`.
    RegistryName,
    /// A name, with or without its kind.
    Dependency,
    /// A path that holds on every machine.
    Path,
    /// The URL of a git repository.
    GitUrl,
    /// The URL of a file.
    FileUrl,
    /// A branch, tag or commit.
    GitRef,
    /// `KEY=VALUE` or `KEY`.
    EnvLine,
    /// Without a comma.
    NoComma,
}

impl Shape {
    /// The names of its keys, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.all().map(|key| key.name).collect()
    }

    /// Whether it has a key.
    pub fn has(&self, key: &str) -> bool {
        self.all().any(|own| own.name == key)
    }

    /// Its keys, in order.
    pub fn all(&self) -> impl Iterator<Item = &'static Key> {
        self.keys.iter().flat_map(|part| part.iter())
    }

    /// A shape of these keys.
    pub const fn new(id: &'static str, what: &'static str, keys: &'static [&'static [Key]]) -> Self {
        Self { id, what, keys, open: false, between: None }
    }

    /// The same, with what holds between its keys.
    pub const fn between(self, between: fn() -> Value) -> Self {
        Self { between: Some(between), ..self }
    }

    /// The same, with other keys passing through.
    pub const fn open(self) -> Self {
        Self { open: true, ..self }
    }
}

/// A key that may be left out.
pub const fn key(name: &'static str, is: Is, about: &'static str) -> Key {
    Key { name, about, is, required: false, default: None, examples: &[] }
}

impl Key {
    /// The same, as one that must be there.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, with what holds without it.
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// The same, with examples.
    pub const fn examples(mut self, examples: &'static [&'static str]) -> Self {
        self.examples = examples;
        self
    }
}

/// Names of components and options.
pub const NAME: Is = Is::Text(Form::Name);

/// Any text.
pub const TEXT: Is = Is::Text(Form::Any);

/// `prod` or `dev`.
pub const MODE: Is = Is::Word(crate::fields::MODES);
