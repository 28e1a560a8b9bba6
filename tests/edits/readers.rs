//! What edits wrote, to readers of other make: `PyYAML` reads YAML 1.1, `ruamel.yaml` 1.2. Both are fetched by uv.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use hsm::place::FileId;
use hsm::yaml::{self, Limits, Node, Value};
use serde_json::{Value as Json, json};

use crate::changes::{changes, run};
use crate::documents::{Draw, document};
use crate::meaning::meaning;
use crate::support::have;

/// How many manifests.
const DOCUMENTS: u64 = 1_000;

/// Reads lines of JSON: a text before an edit, one after it, and what hsm reads in that one, all scalars as text. The
/// second argument says with which of the readers.
const READER: &str = r#"
import json, sys

if sys.argv[2] == "1.1":
    import yaml
    def texts(text):
        return yaml.load(text, Loader=yaml.CBaseLoader)
    def values(text):
        return yaml.load(text, Loader=yaml.CSafeLoader)
else:
    import ruamel.yaml
    def texts(text):
        return ruamel.yaml.YAML(typ="base", pure=True).load(text)
    def values(text):
        return ruamel.yaml.YAML(typ="safe", pure=True).load(text)

def plain(value):
    if value is None or value == "":
        return None
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    assert isinstance(value, str), repr(value)
    return value

def odd(value):
    """What is read as something else than a text."""
    if isinstance(value, dict):
        return [one for pair in value.items() for part in pair for one in odd(part)]
    if isinstance(value, list):
        return [one for inner in value for one in odd(inner)]
    return [] if value is None or isinstance(value, str) else [repr(value)]

count = 0
for line in open(sys.argv[1], encoding="utf-8"):
    case = json.loads(line)
    before, after = case["before"].lstrip("\ufeff"), case["after"].lstrip("\ufeff")
    seen = plain(texts(after))
    assert seen == case["read"], f"{case['change']}\n{after}\n{seen}\n{case['read']}"
    new = odd(values(after))
    if new:
        old = odd(values(before))
        new = [one for one in new if one not in old]
    assert not new, f"{case['change']}\n{after}\nis no text to this reader: {new}"
    count += 1
print(count)
"#;

fn plain(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar { text, .. } if text.is_empty() => Json::Null,
        Value::Scalar { text, .. } => json!(text),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Map(pairs) => pairs.iter().map(|(key, value)| (key.text.clone(), plain(value))).collect(),
    }
}

/// Every edit of the documents of some seeds, as lines of JSON; and how many there are.
fn cases(seeds: impl Iterator<Item = u64>) -> (String, usize) {
    let (mut out, mut count) = (String::new(), 0);
    for seed in seeds {
        let mut draw = Draw::new(seed);
        let text = document(&mut draw);
        for (change, _) in changes(&meaning(&text), &mut draw) {
            let Ok(after) = run(&text, &change).map(|edited| edited.text) else { continue };
            if after == text {
                continue;
            }
            let read = plain(&yaml::read(FileId(0), &after, Limits::MANIFEST).expect("readable"));
            let case = json!({"before": text, "after": after, "read": read, "change": change.to_string()});
            // writing to a string cannot fail
            let _ = writeln!(out, "{case}");
            count += 1;
        }
    }
    (out, count)
}

#[track_caller]
fn read_by(test: &str, library: &str, version: &str, seeds: impl Iterator<Item = u64>, least: usize) {
    if !have(test, &["uv"]) {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let (cases, count) = cases(seeds);
    assert!(count >= least, "{count}");
    let (reader, file) = (dir.path().join("reader.py"), dir.path().join("cases"));
    fs::write(&reader, READER).and_then(|()| fs::write(&file, cases)).expect("written");
    let mut command = Command::new("uv");
    command.args(["run", "--quiet", "--no-project", "--no-config", "--with", library]).arg("python");
    let ended =
        command.arg(&reader).arg(&file).arg(version).current_dir(dir.path()).output().expect("uv runs");
    let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    assert_eq!(said.trim(), count.to_string());
}

#[test]
fn a_reader_of_yaml_1_1_sees_what_was_meant() {
    let test = "a_reader_of_yaml_1_1_sees_what_was_meant";
    read_by(test, "pyyaml==6.0.2", "1.1", 0..DOCUMENTS, 15_000);
}

#[test]
fn a_reader_of_yaml_1_2_sees_what_was_meant() {
    let test = "a_reader_of_yaml_1_2_sees_what_was_meant";
    read_by(test, "ruamel.yaml==0.18.6", "1.2", (0..DOCUMENTS).step_by(12), 1_000);
}
