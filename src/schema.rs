//! JSON Schemas of the files that users write, made from the shapes that their readers open them with.
//!
//! Owns: how a shape is said in a schema, where editors find one, and the line by which a file names it. Refuses: which
//! keys there are (the shapes say it), and what no schema can say: what two places of a file, or two files, have to do
//! with each other, and the syntax of versions, requirements, markers, ports and volumes.
//!
//! The draft is 07: the language server for YAML that editors use knows it whole, and later ones in part. Nothing here
//! needs a later one.

use serde_json::{Map, Value, json};

use crate::adapters;
use crate::names::MAX_NAME;
use crate::registry::shapes as registry;
use crate::shape::{Form, Is, Key, Keys, Shape};

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `hsm.yaml`.
    Manifest,
    /// An entry of `packages/`.
    Package,
    /// An entry of `containers/`.
    Container,
    /// An entry of `package_groups/` or `container_groups/`.
    Group,
    /// `registry.yaml`.
    Registry,
}

/// Where a project keeps the schemas for editors, from its root.
pub const FOLDER: &str = ".hsm/schemas";

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Manifest, Self::Package, Self::Container, Self::Group, Self::Registry];

    /// Its name on the command line, and of its schema's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Package => "package",
            Self::Container => "container",
            Self::Group => "group",
            Self::Registry => "registry",
        }
    }

    /// What files have it.
    pub fn files(self) -> &'static str {
        match self {
            Self::Manifest => "hsm.yaml",
            Self::Package => "packages/NAME.yaml of a registry",
            Self::Container => "containers/NAME.yaml of a registry",
            Self::Group => "package_groups/NAME.yaml and container_groups/NAME.yaml of a registry",
            Self::Registry => "registry.yaml",
        }
    }

    /// The format of a file, by its path: `hsm.yaml`, `registry.yaml`, or one in a folder of entries.
    pub fn of(path: &str) -> Option<Self> {
        let mut parts = path.rsplit('/');
        let (file, folder) = (parts.next()?, parts.next());
        match (file, folder) {
            ("hsm.yaml", _) => Some(Self::Manifest),
            ("registry.yaml", _) => Some(Self::Registry),
            (file, Some(folder)) if file.strip_suffix(".yaml").is_some() => match folder {
                "packages" => Some(Self::Package),
                "containers" => Some(Self::Container),
                "package_groups" | "container_groups" => Some(Self::Group),
                _ => None,
            },
            _ => None,
        }
    }

    /// The shape of the whole file.
    pub fn shape(self) -> &'static Shape {
        match self {
            Self::Manifest => &crate::manifest::shapes::MANIFEST,
            Self::Package => &registry::PACKAGE,
            Self::Container => &registry::CONTAINER,
            Self::Group => &registry::GROUP,
            Self::Registry => &registry::FACTS,
        }
    }
}

/// The schema of a format, as a file.
pub fn text(format: Format) -> String {
    format!("{:#}\n", schema(format))
}

/// The files that a project keeps for editors: the path from its root, and what stands in each.
pub fn files() -> impl Iterator<Item = (String, String)> {
    Format::ALL.into_iter().map(|format| (format!("{FOLDER}/{}.json", format.name()), text(format)))
}

/// The line by which editors find the schema of a file: its path starts at the project's root, with `/`. `None` for a file
/// that has none.
///
/// The schema that it names lies in the project: an editor needs no network for it, and it is that of the hsm in use.
pub fn line_for(path: &str) -> Option<String> {
    let format = Format::of(path)?;
    let up = "../".repeat(path.matches('/').count());
    Some(format!("# yaml-language-server: $schema={up}{FOLDER}/{}.json\n", format.name()))
}

/// The schema of a format.
pub fn schema(format: Format) -> Value {
    let mut writer = Writer { definitions: Map::new() };
    let shape = format.shape();
    let body = writer.body(shape);
    let mut out = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": shape.what,
        "description": format!("{} (hsm {})", format.files(), env!("CARGO_PKG_VERSION")),
    });
    merge(&mut out, body);
    writer.definitions.sort_keys();
    merge(&mut out, json!({"definitions": writer.definitions}));
    out
}

struct Writer {
    /// By the id of a shape.
    definitions: Map<String, Value>,
}

impl Writer {
    fn reference(&mut self, shape: &'static Shape) -> Value {
        if !self.definitions.contains_key(shape.id) {
            // taken before its inside is written
            self.definitions.insert(shape.id.to_owned(), Value::Null);
            let mut definition = json!({"title": shape.what});
            merge(&mut definition, self.body(shape));
            self.definitions.insert(shape.id.to_owned(), definition);
        }
        json!({"$ref": format!("#/definitions/{}", shape.id)})
    }

    fn body(&mut self, shape: &'static Shape) -> Value {
        let required: Vec<&str> = shape.all().filter(|key| key.required).map(|key| key.name).collect();
        let properties: Map<String, Value> =
            shape.all().map(|key| (key.name.to_owned(), self.key(key))).collect();
        let mut out =
            json!({"type": if required.is_empty() { json!(["object", "null"]) } else { json!("object") }});
        merge(&mut out, json!({"properties": properties}));
        if !shape.open {
            merge(&mut out, json!({"patternProperties": {"^x-": free()}, "additionalProperties": false}));
        }
        if !required.is_empty() {
            merge(&mut out, json!({"required": required}));
        }
        if let Some(between) = shape.between {
            merge(&mut out, between());
        }
        out
    }

    fn key(&mut self, key: &'static Key) -> Value {
        let mut out = json!({"description": key.about});
        let is = self.is(&key.is);
        // beside `$ref` nothing else counts
        merge(&mut out, if is.get("$ref").is_some() { json!({"allOf": [is]}) } else { is });
        let default = match key.is {
            Is::Adapter(kind) => adapters::names(kind).next(),
            _ => key.default,
        };
        if let Some(default) = default {
            merge(&mut out, json!({"default": value(default)}));
        }
        if !key.examples.is_empty() {
            merge(
                &mut out,
                json!({"examples": key.examples.iter().map(|text| value(text)).collect::<Vec<_>>()}),
            );
        }
        out
    }

    fn is(&mut self, is: &'static Is) -> Value {
        match is {
            Is::Text(form) => form_of_text(*form),
            Is::Word(words) => json!({"enum": words}),
            // one that is not built in may be a program of the machine
            Is::Adapter(kind) => {
                json!({"anyOf": [{"enum": adapters::names(*kind).collect::<Vec<_>>()}, scalar()]})
            }
            Is::Flag => json!({"type": "boolean"}),
            Is::No => json!({"enum": [false]}),
            Is::Count => json!({"anyOf": [
                {"type": "integer", "minimum": 0, "maximum": u32::MAX},
                {"type": "string", "pattern": "^\\+?[0-9]+$"},
            ]}),
            Is::Nothing => json!({"type": "null"}),
            Is::Mapping(shape) => self.reference(shape),
            Is::By { key, cases, otherwise } => self.by(key, cases, *otherwise),
            Is::Map(keys, inner) => {
                // where it is one of several forms, nothing is none of them
                let kind = if *keys == Keys::NotName { json!("object") } else { json!(["object", "null"]) };
                let mut out = json!({
                    "type": kind,
                    "patternProperties": {"^x-": free()},
                    "additionalProperties": self.is(inner),
                });
                merge(&mut out, names_of(*keys));
                out
            }
            Is::Targets(kinds) => {
                let mut patterns = Map::new();
                for (kind, inner) in *kinds {
                    patterns.insert(format!("^{kind}:{}$", name_pattern()), self.is(inner));
                }
                patterns.insert("^x-".to_owned(), free());
                json!({"type": ["object", "null"], "patternProperties": patterns, "additionalProperties": false})
            }
            Is::Pair(inner) => json!({
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "propertyNames": name_but_for_name(),
                "additionalProperties": self.is(inner),
            }),
            Is::Passed([]) => json!({"type": ["object", "null"]}),
            Is::Passed(elsewhere) => {
                let none: Map<String, Value> =
                    elsewhere.iter().map(|(key, _)| ((*key).to_owned(), json!(false))).collect();
                json!({"type": ["object", "null"], "properties": none})
            }
            Is::List(inner) => json!({"type": ["array", "null"], "items": self.is(inner)}),
            Is::Items(inner) => json!({"type": "array", "items": self.is(inner)}),
            Is::Either(all) => json!({"anyOf": all.iter().map(|is| self.is(is)).collect::<Vec<_>>()}),
        }
    }

    /// A shape for each value of a key. Without `otherwise`, the key is required and has one of the values.
    fn by(
        &mut self,
        key: &str,
        cases: &[(&'static str, &'static Shape)],
        otherwise: Option<&'static Shape>,
    ) -> Value {
        let with = |word: &str| json!({"type": "object", "properties": {key: {"const": value(word)}}, "required": [key]});
        if let Some(otherwise) = otherwise {
            let other = self.reference(otherwise);
            return cases.iter().fold(other, |other, (word, shape)| {
                json!({"if": with(word), "then": self.reference(shape), "else": other})
            });
        }
        let words: Vec<Value> = cases.iter().map(|(word, _)| value(word)).collect();
        let cases: Vec<Value> = cases
            .iter()
            .map(|(word, shape)| json!({"if": with(word), "then": self.reference(shape)}))
            .collect();
        json!({"type": "object", "properties": {key: {"enum": words}}, "required": [key], "allOf": cases})
    }
}

/// Adds what `more` says, key by key.
fn merge(out: &mut Value, more: Value) {
    if let (Value::Object(out), Value::Object(more)) = (out, more) {
        out.extend(more);
    }
}

/// JSON, else a text.
fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// A key that starts with `x-`.
fn free() -> Value {
    json!({"description": "Yours: hsm does not look at it."})
}

/// A scalar is taken as the text that is written, whatever YAML would make of it.
fn scalar() -> Value {
    json!({"type": ["string", "number", "boolean"]})
}

fn name_pattern() -> String {
    format!("[A-Za-z0-9]([A-Za-z0-9._-]{{0,{}}}[A-Za-z0-9])?", MAX_NAME - 2)
}

fn names_of(keys: Keys) -> Value {
    let names = match keys {
        Keys::Any => return json!({}),
        Keys::Names => json!({"pattern": format!("^{}$", name_pattern())}),
        Keys::NotName => name_but_for_name(),
        Keys::Dependencies => json!({"pattern": dependency_pattern()}),
    };
    json!({"propertyNames": {"anyOf": [{"pattern": "^x-"}, names]}})
}

fn name_but_for_name() -> Value {
    json!({"pattern": format!("^{}$", name_pattern()), "not": {"const": "name"}})
}

fn dependency_pattern() -> String {
    format!("^((container|container_group):)?{}$", name_pattern())
}

/// What a text has to look like. A number cannot start with a minus where the text of one could not.
fn form_of_text(form: Form) -> Value {
    let unsigned =
        |pattern: String| json!({"type": ["string", "number", "boolean"], "pattern": pattern, "minimum": 0});
    let pattern = |pattern: &str| json!({"type": ["string", "number", "boolean"], "pattern": pattern});
    let url = |pattern: Value| {
        let mut out = json!({"type": "string", "pattern": "^[^\\s\\x00-\\x1f\\x7f-]", "not": {"type": "string", "anyOf": not_in_urls()}});
        merge(&mut out, pattern);
        out
    };
    match form {
        Form::Any => scalar(),
        Form::Filled => pattern("\\S"),
        Form::Alphanumeric => pattern("[A-Za-z0-9]"),
        Form::Name => unsigned(format!("^{}$", name_pattern())),
        Form::RegistryName => json!({"type": "string", "pattern": format!("^{0}/{0}$", name_pattern())}),
        Form::Dependency => unsigned(dependency_pattern()),
        Form::Path => json!({
            "type": ["string", "number", "boolean"],
            "pattern": "\\S",
            "not": {"type": "string", "pattern": "^([/~\\\\]|[A-Za-z]:[\\s\\S])"},
        }),
        Form::GitUrl => url(json!({"anyOf": [
            {"pattern": "^(https?|ssh|git\\+ssh|git|file)://"},
            {"pattern": "^[^/:]{2,}:[^-]", "not": {"pattern": "://"}},
            {"pattern": "^\\$\\{"},
        ]})),
        Form::FileUrl => url(json!({"type": ["string", "number", "boolean"], "minimum": 0})),
        Form::GitRef => json!({
            "type": ["string", "number", "boolean"],
            "pattern": "^[^-]",
            "minimum": 0,
            "not": {"type": "string", "anyOf": not_in_arguments()},
        }),
        Form::EnvLine => pattern("^[^=\\s]+(=[\\s\\S]*)?$"),
        Form::NoComma => pattern("^[^,]*$"),
    }
}

/// What no argument for git may hold: white space, control characters, and the mark of a helper that runs a program.
fn not_in_arguments() -> Value {
    json!([{"pattern": "[\\s\\x00-\\x1f\\x7f]"}, {"pattern": "^[^/{@]*?::"}])
}

/// The same for a URL, and a password in it that is not a variable.
fn not_in_urls() -> Value {
    let mut out = not_in_arguments();
    if let Value::Array(patterns) = &mut out {
        patterns.push(json!({"pattern": "^[^:]*(:[^/:][^:]*)*://[^/?#:]*:([^$/?#]|\\$[^{/?#])[^/?#]*@"}));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_path() {
        for (path, line) in [
            ("hsm.yaml", Some("# yaml-language-server: $schema=.hsm/schemas/manifest.json\n")),
            (
                "hsm-registry/registry.yaml",
                Some("# yaml-language-server: $schema=../.hsm/schemas/registry.json\n"),
            ),
            (
                "hsm-registry/package_groups/a.yaml",
                Some("# yaml-language-server: $schema=../../.hsm/schemas/group.json\n"),
            ),
            ("packages/a/pyproject.toml", None),
            ("compose.yaml", None),
        ] {
            assert_eq!(line_for(path).as_deref(), line, "{path}");
        }
    }
}
