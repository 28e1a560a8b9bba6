//! Overlays: values laid over the manifest's for one command.
//!
//! Owns: what replaces what, and the form of `KEY=VALUE`. Refuses: reading files, and any meaning of the result (it is
//! read as one manifest, where each value keeps the place that it came from).
//!
//! Mappings are joined key by key. The items of `packages` and `containers` are joined by their names. Everything else
//! is replaced whole: scalars, a `selection`, any other list.

use crate::names::{ComponentId, Kind, Name};
use crate::place::Place;
use crate::yaml::{Key, Node, Value};

/// The text of an overlay and the name by which it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// A path, or the option that gave it.
    pub shown: String,
    /// YAML, with the keys of a manifest.
    pub text: std::sync::Arc<str>,
}

/// Why a text is not `KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// No `=`.
    #[error("`{0}` is not KEY=VALUE, as in `project.mode=dev`")]
    NoValue(String),
    /// Nothing between two dots, or at an end.
    #[error("`{0}` has an empty part; write KEY as in `project.mode`, a name with dots in quotes")]
    EmptyPart(String),
    /// A quote that is not closed, or stands within a part.
    #[error("`{0}`: quotes go around a whole part, as in `constraints.\"container:my.db\".mode`")]
    Quotes(String),
    /// More than one line.
    #[error("a value is one line; use a file for more")]
    Lines,
}

impl Overlay {
    /// `project.mode=dev`: the parts of the key are separated by dots, a part with dots stands in double quotes. The
    /// value is YAML, but a text that could not stand there without quotes (`>=2`, `*`) needs none here either.
    pub fn set(text: &str) -> Result<Self, SetError> {
        let (parts, value) = key(text)?;
        if text.contains(['\n', '\r']) {
            return Err(SetError::Lines);
        }
        let mut yaml = String::new();
        for (depth, part) in parts.iter().enumerate() {
            if depth > 0 {
                yaml.push('\n');
                yaml.extend(std::iter::repeat_n(' ', 2 * depth));
            }
            let is_plain = part.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c))
                && part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && !part.ends_with(':');
            if is_plain {
                yaml.push_str(part);
            } else {
                yaml.push_str(&quoted(part));
            }
            yaml.push(':');
        }
        yaml.push(' ');
        let is_flow = value.starts_with(['[', '{', '"', '\'']);
        let is_text = value.starts_with(['>', '|', '&', '*', '!', '%', '@', '`', '#'])
            || value.contains(": ")
            || value.contains(" #");
        yaml.push_str(&if is_text && !is_flow { quoted(value) } else { value.to_owned() });
        yaml.push('\n');
        Ok(Self { shown: "--set".to_owned(), text: yaml.into() })
    }
}

/// A JSON text is a YAML one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The parts of the key, and the value.
fn key(text: &str) -> Result<(Vec<String>, &str), SetError> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let part;
        if let Some(quoted) = rest.strip_prefix('"') {
            let (inner, after) = quoted.split_once('"').ok_or_else(|| SetError::Quotes(text.to_owned()))?;
            (part, rest) = (inner, after);
        } else {
            let end = rest.find(['.', '=', '"']).ok_or_else(|| SetError::NoValue(text.to_owned()))?;
            (part, rest) = rest.split_at(end);
        }
        if part.is_empty() {
            return Err(SetError::EmptyPart(text.to_owned()));
        }
        parts.push(part.to_owned());
        if let Some(value) = rest.strip_prefix('=') {
            return Ok((parts, value));
        }
        rest = match rest.strip_prefix('.') {
            Some(next) => next,
            None if rest.is_empty() => return Err(SetError::NoValue(text.to_owned())),
            None => return Err(SetError::Quotes(text.to_owned())),
        };
    }
}

/// `over` laid over `base`.
pub(super) fn lay(base: Node, over: Node) -> Node {
    join(base, over, None)
}

/// `kind`: of the components that a list holds, if it holds items.
fn join(base: Node, over: Node, kind: Option<Kind>) -> Node {
    let place = over.place;
    let value = match (base.value, over.value) {
        (Value::Map(below), Value::Map(above)) => Value::Map(join_pairs(below, above)),
        (Value::List(below), Value::List(above)) => match kind {
            Some(kind) => Value::List(join_items(below, above, kind)),
            None => Value::List(above),
        },
        (_, above) => above,
    };
    Node { place, value }
}

fn join_pairs(mut below: Vec<(Key, Node)>, above: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
    for (key, over) in above {
        let kind = match key.text.as_str() {
            "packages" => Some(Kind::Package),
            "containers" => Some(Kind::Container),
            _ => None,
        };
        match below.iter_mut().find(|(own, _)| own.text == key.text) {
            Some((own, node)) => {
                let base = std::mem::replace(node, Node { place: key.place, value: Value::Null });
                *node = join(base, over, kind);
                *own = key;
            }
            None => below.push((key, over)),
        }
    }
    below
}

fn join_items(mut below: Vec<Node>, above: Vec<Node>, kind: Kind) -> Vec<Node> {
    for over in above {
        let id = item_id(&over, kind);
        let same = below.iter_mut().find(|own| id.is_some() && item_id(own, kind) == id);
        match same {
            Some(own) => {
                let base = std::mem::replace(own, Node { place: over.place, value: Value::Null });
                *own = join(spelled_out(base), spelled_out(over), None);
            }
            None => below.push(over),
        }
    }
    below
}

/// The component that an item names.
fn item_id(item: &Node, kind: Kind) -> Option<ComponentId> {
    let name = match item.as_map() {
        None => item.as_str()?,
        Some(pairs) => match (item.get("name"), pairs) {
            (Some(name), _) => name.as_str()?,
            (None, [(key, _)]) => &key.text,
            (None, _) => return None,
        },
    };
    Some(ComponentId::new(kind, &Name::parse(name).ok()?))
}

/// An item as a mapping with `name`: the short forms say the same.
fn spelled_out(item: Node) -> Node {
    let place = item.place;
    let named = |name: &str, at: Place| {
        let value = Value::Scalar { text: name.to_owned(), plain: false };
        (Key { text: "name".to_owned(), place: at }, Node { place: at, value })
    };
    let pairs = match item.value {
        Value::Scalar { text, .. } => vec![named(&text, place)],
        Value::Map(mut pairs) if pairs.len() == 1 && pairs[0].0.text != "name" => {
            let (key, what) = pairs.remove(0);
            let mut all = vec![named(&key.text, key.place)];
            match what.value {
                Value::Map(rest) => all.extend(rest),
                Value::Null => {}
                mode => {
                    let key = Key { text: "mode".to_owned(), place: what.place };
                    all.push((key, Node { place: what.place, value: mode }));
                }
            }
            all
        }
        other => return Node { place, value: other },
    };
    Node { place, value: Value::Map(pairs) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::FileId;
    use crate::yaml::{Limits, read};

    fn node(text: &str) -> Node {
        read(FileId(0), text, Limits::MANIFEST).unwrap()
    }

    fn bare(node: &Node) -> String {
        match &node.value {
            Value::Null => "~".to_owned(),
            Value::Scalar { text, .. } => text.clone(),
            Value::List(items) => format!("[{}]", items.iter().map(bare).collect::<Vec<_>>().join(" ")),
            Value::Map(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(k, v)| format!("{}={}", k.text, bare(v))).collect();
                format!("{{{}}}", pairs.join(" "))
            }
        }
    }

    #[test]
    fn mappings_join_items_join_by_name_and_the_rest_is_replaced() {
        for (base, over, both) in [
            ("{a: {b: 1, c: 2}}", "{a: {c: 3}, d: 4}", "{a={b=1 c=3} d=4}"),
            ("{x: [1, 2]}", "{x: [3]}", "{x=[3]}"),
            ("{selection: [a, b]}", "{selection: c}", "{selection=c}"),
            (
                "{containers: [redis, nginx]}",
                "{containers: [redis: dev]}",
                "{containers=[{name=redis mode=dev} nginx]}",
            ),
            (
                "{packages: [{name: Foo_Bar, version: '1', mode: prod}]}",
                "{packages: [{foo-bar: {mode: dev}}, new]}",
                "{packages=[{name=foo-bar version=1 mode=dev} new]}",
            ),
        ] {
            assert_eq!(bare(&lay(node(base), node(over))), both);
        }
    }

    #[test]
    fn a_key_is_parted_at_dots_outside_quotes() {
        let text = |set: &str| Overlay::set(set).map(|overlay| overlay.text.to_string());
        assert_eq!(text("project.mode=dev").unwrap(), "project:\n  mode: dev\n");
        assert_eq!(
            text("constraints.\"container:my.db\".version=<2=").unwrap(),
            "constraints:\n  container:my.db:\n    version: <2=\n"
        );
        assert_eq!(text("a=>=1, !=2").unwrap(), "a: \">=1, !=2\"\n");
        assert_eq!(text("a=[x, y: z]").unwrap(), "a: [x, y: z]\n");
        assert_eq!(text("a=").unwrap(), "a: \n");
        assert_eq!(text("\"a b\"=1").unwrap(), "\"a b\": 1\n");
        assert!(matches!(text("project.mode"), Err(SetError::NoValue(_))));
        assert!(matches!(text("a..b=1"), Err(SetError::EmptyPart(_))));
        assert!(matches!(text("=1"), Err(SetError::EmptyPart(_))));
        assert!(matches!(text("\"a=1"), Err(SetError::Quotes(_))));
        assert!(matches!(text("\"a\"b=1"), Err(SetError::Quotes(_))));
        assert_eq!(text("a=1\nb: 2"), Err(SetError::Lines));
    }
}
