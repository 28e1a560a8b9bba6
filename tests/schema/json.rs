//! YAML as an editor sees it, and small damages of such a tree.

use hsm::place::FileId;
use hsm::yaml::{Limits, Node, Value as Ours};
use serde_json::{Map, Value};
use serde_yaml::Value as Theirs;

use crate::corpus::Dice;

/// The tree that our reader sees, with numbers and booleans where YAML has them. `None` when it is no tree.
pub(crate) fn ours(text: &str) -> Option<Value> {
    let node = hsm::yaml::read(FileId(0), text, Limits::MANIFEST).ok()?;
    Some(of_node(&node))
}

fn of_node(node: &Node) -> Value {
    match &node.value {
        Ours::Null => Value::Null,
        Ours::Scalar { text, plain: false } => Value::from(text.as_str()),
        Ours::Scalar { text, plain: true } => plain(text),
        Ours::List(items) => items.iter().map(of_node).collect(),
        Ours::Map(pairs) => pairs.iter().map(|(key, node)| (key.text.clone(), of_node(node))).collect(),
    }
}

/// What the core schema of YAML makes of a scalar without quotes.
fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let number = text.trim_start_matches(['+', '-']);
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || c == '.')
        && number.matches('.').count() < 2;
    match text.trim_start_matches('+').parse::<i64>() {
        Ok(whole) if is_number => Value::from(whole),
        _ if is_number => text.parse::<f64>().map_or_else(|_| Value::from(text), Value::from),
        _ => Value::from(text),
    }
}

/// The tree that an independent reader sees.
pub(crate) fn theirs(text: &str) -> Option<Value> {
    let mut value: Theirs = serde_yaml::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    value.apply_merge().ok()?;
    of_theirs(&value)
}

fn of_theirs(value: &Theirs) -> Option<Value> {
    Some(match value {
        Theirs::Null => Value::Null,
        Theirs::Bool(is) => Value::Bool(*is),
        Theirs::Number(number) => serde_json::to_value(number).ok()?,
        Theirs::String(text) => Value::from(text.as_str()),
        Theirs::Sequence(items) => Value::Array(items.iter().map(of_theirs).collect::<Option<_>>()?),
        Theirs::Mapping(map) => {
            let key = |key: &Theirs| match key {
                Theirs::String(text) => Some(text.clone()),
                other => serde_json::to_string(&of_theirs(other)?).ok(),
            };
            let pairs = map.iter().map(|(own, value)| Some((key(own)?, of_theirs(value)?)));
            Value::Object(pairs.collect::<Option<Map<_, _>>>()?)
        }
        Theirs::Tagged(tagged) => of_theirs(&tagged.value)?,
    })
}

/// The paths of all mappings of a tree.
pub(crate) fn mappings(value: &Value) -> Vec<String> {
    let mut out = Vec::new();
    walk(value, &mut String::new(), &mut |path, value| {
        if value.is_object() {
            out.push(path.to_owned());
        }
    });
    out
}

fn walk(value: &Value, path: &mut String, see: &mut impl FnMut(&str, &Value)) {
    see(path, value);
    let length = path.len();
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        path.push('/');
        path.push_str(&key);
        walk(value, path, see);
        path.truncate(length);
    }
}

/// Keys and values that stand somewhere, to be put where they do not belong.
pub(crate) struct Pool {
    keys: Vec<String>,
    values: Vec<Value>,
}

pub(crate) fn pool<'v>(trees: impl Iterator<Item = &'v Value>) -> Pool {
    let mut pool = Pool { keys: Vec::new(), values: Vec::new() };
    for tree in trees {
        walk(tree, &mut String::new(), &mut |_, value| {
            pool.values.push(value.clone());
            pool.keys.extend(value.as_object().into_iter().flat_map(Map::keys).cloned());
        });
    }
    pool.keys.sort();
    pool.keys.dedup();
    pool.values.sort_by_key(Value::to_string);
    pool.values.dedup();
    pool
}

/// Texts that are something to one place or another.
const TEXTS: &[&str] = &[
    "",
    " ",
    "prod",
    "develop",
    "same",
    "name",
    "*",
    ">=1,<2",
    ">>1",
    "1.10",
    "a b",
    "a,b",
    "-x",
    "_x",
    "x-y",
    "/etc",
    "~/x",
    "../x",
    "C:\\x",
    "https://example.org/a.git",
    "https://u:p@example.org/a.git",
    "https://u:${P}@h/a",
    "git@h:a/b.git",
    "ext::sh -c x",
    "h:p",
    "http:x",
    "ftp://h/x",
    "é",
    "A=1",
    "=1",
    "A B=1",
    "container:redis",
    "package:x",
    "corp/x",
    "corp/x/y",
    "1:1",
    "${X}",
    "true",
    "null",
    "12",
    "0x10",
    "1-of-N",
    "M-of-N",
    "external",
    "managed",
    "git",
    "docker-image",
    "project",
    "host:5000/a:1@sha256:00",
    "a@b",
    "--upload-pack=x",
];

/// One small damage.
pub(crate) fn mutate(tree: &mut Value, pool: &Pool, dice: &mut Dice) {
    let mut spots = Vec::new();
    walk(tree, &mut String::new(), &mut |path, _| spots.push(path.to_owned()));
    let spot = spots[dice.roll(spots.len())].clone();
    let Some(value) = tree.pointer_mut(&spot) else { return };
    let scalar = |dice: &mut Dice| match dice.roll(10) {
        0 => Value::Null,
        1 => Value::Bool(true),
        2 => Value::Bool(false),
        3 => Value::from(5),
        4 => Value::from(-5),
        5 => Value::from(1.5),
        6 => Value::Array(Vec::new()),
        7 => Value::Object(Map::new()),
        _ => Value::from(TEXTS[dice.roll(TEXTS.len())]),
    };
    match (dice.roll(8), value) {
        (0, Value::Object(map)) => {
            let key = pool.keys[dice.roll(pool.keys.len())].clone();
            map.insert(key, pool.values[dice.roll(pool.values.len())].clone());
        }
        (1, Value::Object(map)) => {
            map.insert(["zzz", "x-z", "name", "type", "<2"][dice.roll(5)].to_owned(), scalar(dice));
        }
        (2 | 3, Value::Object(map)) if !map.is_empty() => {
            let key = map.keys().nth(dice.roll(map.len())).cloned().unwrap_or_default();
            let value = map.shift_remove(&key);
            if dice.roll(2) == 0 {
                let key = pool.keys[dice.roll(pool.keys.len())].clone();
                map.extend(value.map(|value| (key, value)));
            }
        }
        (0..=3, Value::Array(items)) => items.push(pool.values[dice.roll(pool.values.len())].clone()),
        (4, value) => *value = pool.values[dice.roll(pool.values.len())].clone(),
        (5, value) => *value = Value::Array(vec![value.take()]),
        (_, value) => *value = scalar(dice),
    }
}
