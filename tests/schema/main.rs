//! The schemas beside the readers: what one takes, the other takes, but for what no schema can say.
//!
//! Owns: the list of what no schema can say, kept as short as it can be; the corpus of files and their mutations. Refuses:
//! what the readers say (that is tested where they are).

#![expect(clippy::expect_used, reason = "a test that goes wrong should stop there")]

mod corpus;
mod json;

use std::collections::{BTreeMap, BTreeSet};

use corpus::{Document, corpus};
use hsm::diagnostic::{Diagnostic, Severity};
use hsm::place::Sources;
use hsm::schema::{Format, schema};
use jsonschema::Validator;
use serde_json::{Value, json};

/// What no schema can say: the code, words of the finding where the code covers more than that, and why.
const BEYOND: &[(&str, &str, &str)] = &[
    ("HSM-E009", "", "a target written in two spellings: keys are compared as texts"),
    (
        "HSM-E022",
        "a release needs the key `version`",
        "the tag of an image that the entry may have stands for it",
    ),
    ("HSM-E032", "", "the syntax of version specifiers"),
    ("HSM-E033", "", "the syntax of requirements, markers and specifiers of Python"),
    ("HSM-E050", "", "a name and the file's"),
    ("HSM-E051", "", "a type and the folder's"),
    ("HSM-E053", "", "the names of two items of a list"),
    ("HSM-E054", "", "the versions of two releases"),
    ("HSM-E055", "", "one number beside another"),
    ("HSM-E056", "", "a number beside the length of a list"),
    ("HSM-E058", "", "a value beside those of a list"),
    ("HSM-E061", "", "a value beside the keys of a mapping"),
    ("HSM-E064", "", "whether a specifier contains a version"),
    ("HSM-E074", "", "the syntax of ports"),
    ("HSM-E075", "", "the syntax of volumes"),
];

/// What is no tree at all, so that there is nothing to hold against a schema.
const NO_TREE: &[&str] = &[
    "HSM-E001", "HSM-E002", "HSM-E005", "HSM-E006", "HSM-E007", "HSM-E009", "HSM-E010", "HSM-E011",
    "HSM-E012",
];

struct Schemas(BTreeMap<Format, Validator>);

impl Schemas {
    fn new() -> Self {
        let all = Format::ALL.into_iter().map(|format| (format, validator(&schema(format))));
        Self(all.collect())
    }

    fn refuses(&self, format: Format, value: &Value) -> Option<String> {
        let first = self.0[&format].iter_errors(value).next()?;
        Some(format!("{} at {}", first, first.instance_path()))
    }
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().with_draft(jsonschema::Draft::Draft7).build(schema).expect("a schema")
}

/// What is wrong with a text, to its reader.
fn read(document: &Document) -> Vec<Diagnostic> {
    let mut sources = Sources::new();
    let file = sources.add(&document.path, document.text.clone());
    let mut found = match document.format {
        Format::Manifest => hsm::manifest::read(&sources, file).1,
        Format::Registry => hsm::registry::facts(&sources, file).1,
        format => hsm::registry::entry(&sources, &document.entry_file(format, file)).1,
    };
    found.retain(|d| d.severity == Severity::Error);
    found
}

/// The entry of [`BEYOND`] that a finding falls under.
fn beyond(diagnostic: &Diagnostic) -> Option<usize> {
    let said = diagnostic.finding.to_string();
    BEYOND.iter().position(|(code, words, _)| *code == diagnostic.finding.code() && said.contains(words))
}

/// Holds a reader's verdict against a schema's; the entries of [`BEYOND`] that it took to make them agree.
fn agree(schemas: &Schemas, document: &Document, value: &Value) -> Result<BTreeSet<usize>, String> {
    let found = read(document);
    let refused = schemas.refuses(document.format, value);
    let said = || found.iter().map(|d| format!("{}: {}", d.finding.code(), d.finding)).collect::<Vec<_>>();
    let all_beyond: Option<BTreeSet<usize>> = found.iter().map(beyond).collect();
    match (refused, all_beyond) {
        (Some(why), Some(none)) if none.is_empty() => Err(format!(
            "the reader takes it, the schema does not: {why}\n{}\n{}",
            document.path, document.text
        )),
        (None, None) => Err(format!(
            "the schema takes it, the reader does not: {:?}\n{}\n{}",
            said(),
            document.path,
            document.text
        )),
        (None, Some(used)) => Ok(used),
        (Some(_), _) => Ok(BTreeSet::new()),
    }
}

#[test]
fn every_file_that_is_written_down_somewhere_is_judged_alike() {
    let schemas = Schemas::new();
    let (mut good, mut bad, mut no_tree) = (0, 0, 0);
    let mut wrong = Vec::new();
    for document in corpus() {
        let Some(value) = json::ours(&document.text) else {
            let found = read(&document);
            let codes: Vec<&str> = found.iter().map(|d| d.finding.code()).collect();
            assert!(codes.iter().any(|code| NO_TREE.contains(code)), "{}: {codes:?}", document.path);
            no_tree += 1;
            continue;
        };
        wrong.extend(agree(&schemas, &document, &value).err());
        // whatever another reader makes of it, numbers and booleans above all, has the same verdict
        if let Some(theirs) = json::theirs(&document.text) {
            wrong.extend(agree(&schemas, &document, &theirs).err());
        }
        if read(&document).is_empty() { good += 1 } else { bad += 1 }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n---\n"));
    assert!(good > 700 && bad > 60 && no_tree >= 5, "{good} good, {bad} bad, {no_tree} no tree");
}

#[test]
fn every_mutation_is_judged_alike_and_nothing_is_beyond_that_need_not_be() {
    let times: usize = std::env::var("HSM_LAWS").ok().and_then(|v| v.parse().ok()).unwrap_or(1);
    let schemas = Schemas::new();
    let mut trees: Vec<(Document, Value)> = corpus()
        .into_iter()
        .filter(|document| read(document).is_empty())
        .filter_map(|document| json::ours(&document.text).map(|value| (document, value)))
        .collect();
    // many fixtures are the same but for a name
    trees.sort_by_key(|(document, value)| (document.format, value.to_string()));
    trees.dedup_by_key(|(_, value)| value.to_string());
    let mut dice = corpus::Dice::new(0x5EED);
    let pool = json::pool(trees.iter().map(|(_, value)| value));
    let mut needed = BTreeSet::new();
    let mut wrong = Vec::new();
    let (mut good, mut bad) = (0, 0);
    for _ in 0..20_000 * times {
        let (document, value) = &trees[dice.roll(trees.len())];
        let mut value = value.clone();
        for _ in 0..=dice.roll(2) {
            json::mutate(&mut value, &pool, &mut dice);
        }
        let document = Document { text: value.to_string(), ..document.clone() };
        match agree(&schemas, &document, &value) {
            Ok(used) => needed.extend(used),
            Err(why) => wrong.push(why),
        }
        if read(&document).is_empty() { good += 1 } else { bad += 1 }
    }
    for document in corpus() {
        if let Some(value) = json::ours(&document.text) {
            needed.extend(agree(&schemas, &document, &value).unwrap_or_default());
        }
    }
    wrong.truncate(8);
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
    assert!(good > 1_000 * times && bad > 5_000 * times, "{good} good, {bad} bad");
    let idle: Vec<_> = (0..BEYOND.len()).filter(|at| !needed.contains(at)).map(|at| BEYOND[at]).collect();
    assert!(idle.is_empty(), "a schema can say all of: {idle:?}");
}

#[test]
fn an_unknown_key_in_any_mapping_of_a_full_file_is_refused_where_the_reader_refuses_it() {
    let schemas = Schemas::new();
    let mut refused = 0;
    for document in corpus().into_iter().filter(|d| d.path.contains("tests/reading/full")) {
        let value = json::ours(&document.text).expect("a tree");
        for spot in json::mappings(&value) {
            let mut changed = value.clone();
            let map = changed.pointer_mut(&spot).and_then(Value::as_object_mut).expect("a mapping");
            map.insert("zzz".to_owned(), json!({"zzz": 1}));
            let document = Document { text: changed.to_string(), ..document.clone() };
            if let Err(why) = agree(&schemas, &document, &changed) {
                panic!("{spot}: {why}");
            }
            refused += usize::from(!read(&document).is_empty());
        }
    }
    assert!(refused > 60, "only {refused}");
}

/// Malformed fixtures in which a schema finds nothing, and why.
const MALFORMED_BEYOND: &[(&str, &str)] = &[
    ("a-bad-requirement-of-a-package", "the syntax of requirements"),
    ("a-bad-version-specifier", "the syntax of version specifiers"),
    ("a-default-profile-that-is-not-there", "a value beside the keys of a mapping"),
    ("a-default-that-is-no-option", "a value beside those of a list"),
    ("a-folder-that-is-called-as-one-once-was-is-left-alone", "nothing is wrong"),
    ("a-name-that-is-not-its-file-s", "a name and the file's"),
    ("a-registry-that-is-not-there", "what is on the disk"),
    ("a-target-that-does-not-exist", "another file"),
    ("an-item-listed-twice", "the names of two items of a list"),
    ("an-old-name-offers-the-new-one", "another file"),
    ("an-option-listed-twice", "the names of two items of a list"),
    ("an-unknown-component-that-exists-in-the-other-kind", "another file"),
    ("an-unknown-component-with-the-nearest-name", "another file"),
    ("an-unknown-group", "another file"),
    ("an-unknown-option-with-the-nearest-name", "another file"),
    ("an-unknown-package-manager", "an adapter may be a program of the machine"),
    ("an-unknown-profile-with-the-nearest-name", "another file"),
    ("anchors-and-merge-keys-are-read", "nothing is wrong"),
    ("min-above-max", "one number beside another"),
    ("one-distribution-under-two-spellings-is-one-item", "two spellings of a name"),
    ("windows-line-ends-and-a-byte-order-mark-are-read", "nothing is wrong"),
];

#[test]
fn every_malformed_fixture_is_refused_or_named_with_a_reason() {
    let schemas = Schemas::new();
    let mut by_case: BTreeMap<String, bool> = BTreeMap::new();
    for document in corpus() {
        let Some(case) = document.path.strip_prefix("registry-fixtures/malformed/") else { continue };
        let case = case.split('/').next().unwrap_or_default().to_owned();
        let value = json::ours(&document.text);
        let refused = value.is_none_or(|value| schemas.refuses(document.format, &value).is_some());
        *by_case.entry(case).or_default() |= refused;
    }
    let named: BTreeSet<&str> = MALFORMED_BEYOND.iter().map(|(case, _)| *case).collect();
    let taken = by_case.iter().filter(|(_, refused)| !**refused).map(|(case, _)| case.as_str());
    assert_eq!(taken.collect::<BTreeSet<_>>(), named);
    assert!(by_case.len() > 40, "{}", by_case.len());
}

/// Every schema that stands for a key or a list's items, with where it stands.
fn keys(schema: &Value) -> Vec<(String, Value)> {
    let definitions = &schema["definitions"];
    let bodies = definitions.as_object().into_iter().flatten().map(|(id, body)| (id.as_str(), body));
    let mut out = Vec::new();
    for (id, body) in bodies.chain([("", schema)]) {
        for (key, inner) in body["properties"].as_object().into_iter().flatten() {
            let mut inner = inner.clone();
            if let Some(inner) = inner.as_object_mut() {
                inner.insert("definitions".to_owned(), definitions.clone());
            }
            out.push((format!("{id}.{key}"), inner));
        }
    }
    out
}

#[test]
fn every_key_is_described_and_its_default_and_examples_are_values_of_it() {
    let mut described = 0;
    for format in Format::ALL {
        let schema = schema(format);
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
        assert!(jsonschema::meta::is_valid(&schema), "{format:?} is no schema");
        for (key, inner) in keys(&schema) {
            let about = inner["description"].as_str().unwrap_or_default();
            assert!(about.len() > 4 && about.ends_with('.') && !about.contains("  "), "{key}: {about:?}");
            described += 1;
            let validator = validator(&inner);
            let values = inner["examples"].as_array().into_iter().flatten().chain(inner.get("default"));
            for value in values {
                if let Some(error) = validator.iter_errors(value).next() {
                    panic!("{key}: {value}: {error}");
                }
            }
        }
    }
    assert!(described > 150, "{described}");
}

#[test]
fn a_schema_stands_alone_and_is_the_same_each_time() {
    for format in Format::ALL {
        let text = hsm::schema::text(format);
        assert_eq!(text, hsm::schema::text(format));
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let definitions = value["definitions"].as_object().expect("definitions");
        let mut named = BTreeSet::new();
        references(&value, &mut named);
        let there: BTreeSet<String> = definitions.keys().map(|id| format!("#/definitions/{id}")).collect();
        assert_eq!(named, there, "{format:?}");
        assert!(text.len() < 200_000, "{format:?}: {} bytes", text.len());
    }
}

fn references(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            out.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| references(value, out));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, out)),
        _ => {}
    }
}
