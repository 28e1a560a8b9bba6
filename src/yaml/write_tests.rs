//! Laws of writing: whatever is written, two readers give back.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{Out, write};
use crate::place::FileId;
use crate::yaml::{Limits, Node, Value, read};

/// Texts that one reader or another takes for something else when they stand bare.
const TRAPS: &[&str] = &[
    "",
    " ",
    "on",
    "off",
    "yes",
    "No",
    "y",
    "n",
    "true",
    "False",
    "null",
    "~",
    "Null",
    "22:22",
    "1_000",
    "0123",
    "0o14",
    "0x1F",
    "1e3",
    "1.10",
    ".5",
    "5.",
    "-1",
    "+1",
    "+.inf",
    ".NaN",
    "2024-01-01",
    "2024-01-01T10:00:00Z",
    "=",
    "<<",
    "-",
    "- a",
    "? a",
    ": a",
    "a: b",
    "a:",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a",
    "|",
    ">",
    "[a]",
    "{a}",
    "'a'",
    "\"a\"",
    "a\nb",
    "a\n",
    "\n",
    "\na",
    "a\n\n",
    " a",
    "a ",
    "\ta",
    "a\tb",
    "a\r\nb",
    "a\\b",
    "\u{feff}a",
    "a\u{85}b",
    "a\u{2028}b",
    "\u{0}",
    "\u{7f}",
    "é",
    "日本",
    "🦀",
    "---",
    "...",
    "--- a",
    "a, b",
    "190:20:30",
    "0b11",
    "1__0",
    "0.",
    "12e03",
    "!!str a",
    "key: [",
    "${HOME}",
    "$${X}",
    "D:\\x",
    "a: |",
    "x\n  y",
    "x\n y\n",
    "0_",
    "_1",
    "e1",
    "1,000",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(TRAPS).prop_map(str::to_owned),
        "[a-z0-9:_. #'\"\\\\-]{0,12}",
        "[ -~]{0,20}",
        "\\PC{0,12}",
        any::<String>(),
        "[0-9+.eExobn:_TZ-]{1,10}",
    ]
}

fn tree() -> impl Strategy<Value = Out> {
    let leaf = prop_oneof![
        Just(Out::Null),
        any::<bool>().prop_map(Out::Bool),
        any::<i64>().prop_map(Out::Int),
        (-1_000_000..1_000_000).prop_map(|n| Out::Float(f64::from(n) / 64.0)),
        text().prop_map(Out::Str),
        text().prop_map(Out::Quoted),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let commented = ("[ -~é]{0,20}", inner.clone()).prop_map(|(c, o)| Out::Commented(c, Box::new(o)));
        let value = prop_oneof![4 => inner, 1 => commented];
        prop_oneof![
            proptest::collection::vec(value.clone(), 0..5).prop_map(Out::List),
            proptest::collection::vec((text(), value), 0..5).prop_map(|pairs| {
                let mut seen = std::collections::HashSet::new();
                // A key has to be a text that is not empty.
                let ours = |k: &String| !k.is_empty();
                Out::Map(pairs.into_iter().filter(|(k, _)| ours(k) && seen.insert(k.clone())).collect())
            }),
        ]
    })
}

/// What the other reader must see.
fn other(out: &Out) -> serde_yaml::Value {
    use serde_yaml::Value as Y;
    match out {
        Out::Null => Y::Null,
        Out::Bool(b) => Y::Bool(*b),
        Out::Int(n) => Y::Number((*n).into()),
        Out::Float(n) => Y::Number((*n).into()),
        Out::Str(t) | Out::Quoted(t) => Y::String(t.clone()),
        Out::List(items) => Y::Sequence(items.iter().map(other).collect()),
        Out::Map(pairs) => Y::Mapping(pairs.iter().map(|(k, v)| (Y::String(k.clone()), other(v))).collect()),
        Out::Commented(_, inner) => other(inner),
    }
}

/// Whether our reader sees the same.
fn same(out: &Out, node: &Node) -> bool {
    match (out, &node.value) {
        (Out::Commented(_, inner), _) => same(inner, node),
        (Out::Null, Value::Null) => true,
        (Out::Bool(b), _) => node.as_bool() == Some(*b),
        (Out::Int(n), Value::Scalar { text, plain: true }) => text.parse() == Ok(*n),
        (Out::Float(n), Value::Scalar { text, plain: true }) => text.parse() == Ok(*n),
        (Out::Str(a) | Out::Quoted(a), Value::Scalar { text, .. }) => a == text,
        (Out::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Out::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, v), (l, w))| *k == l.text && same(v, w))
        }
        _ => false,
    }
}

fn holds(out: &Out) -> Result<(), String> {
    let text = write(out);
    if !text.ends_with('\n') {
        return Err(format!("no final line break: {text:?}"));
    }
    let ours = read(FileId(0), &text, Limits::MANIFEST).map_err(|e| format!("ours: {e:?} of {text:?}"))?;
    if !same(out, &ours) {
        return Err(format!("ours reads {ours:?} from {text:?}"));
    }
    let theirs: serde_yaml::Value =
        serde_yaml::from_str(&text).map_err(|e| format!("theirs: {e} of {text:?}"))?;
    if theirs != other(out) {
        return Err(format!("theirs reads {theirs:?} from {text:?}"));
    }
    Ok(())
}

fn cases(n: u32) -> u32 {
    std::env::var("HSM_LAWS").ok().and_then(|v| v.parse::<u32>().ok()).map_or(n, |k| n * k.max(1))
}

fn runner(n: u32) -> TestRunner {
    let config = Config { cases: cases(n), failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

#[test]
fn every_trap_survives_as_value_as_key_and_in_a_list() {
    for trap in TRAPS {
        let value = Out::str(*trap);
        for out in [
            Out::Map(vec![("k".into(), value.clone())]),
            Out::List(vec![value.clone(), Out::List(vec![value.clone()])]),
            Out::Map(vec![("k".into(), Out::Commented("why".into(), Box::new(value.clone())))]),
        ] {
            assert_eq!(holds(&out), Ok(()), "{trap:?}");
        }
        if !trap.is_empty() {
            let key = Out::Map(vec![((*trap).to_owned(), value)]);
            assert_eq!(holds(&key), Ok(()), "{trap:?} as a key");
        }
    }
}

#[test]
fn two_readers_give_back_every_tree() {
    let check = |out| holds(&out).map_err(TestCaseError::fail);
    if let Err(error) = runner(3000).run(&tree(), check) {
        panic!("{error}");
    }
}

#[test]
fn what_readers_disagree_on_is_quoted() {
    for trap in ["on", "22:22", "1_000", "0123", "2024-01-01", "1.10", "=", "<<", "", "yes", "0o7"] {
        let text = write(&Out::Map(vec![("k".into(), Out::str(trap))]));
        assert_eq!(text, format!("k: \"{trap}\"\n"));
    }
    assert_eq!(write(&Out::Map(vec![("k".into(), Out::str("plain text"))])), "k: plain text\n");
    assert_eq!(write(&Out::Map(vec![("k".into(), Out::quoted("plain"))])), "k: \"plain\"\n");
}

#[test]
fn lists_and_mappings_are_written_in_blocks_with_comments_above() {
    let out = Out::Map(vec![
        ("name".into(), Out::str("demo")),
        ("empty".into(), Out::Map(vec![])),
        ("none".into(), Out::List(vec![])),
        (
            "services".into(),
            Out::Map(vec![(
                "db".into(),
                Out::Commented(
                    "the database".into(),
                    Box::new(Out::Map(vec![("ports".into(), Out::List(vec![Out::quoted("1:2")]))])),
                ),
            )]),
        ),
    ]);
    let expected = "\
name: demo
empty: {}
none: []
services:
  # the database
  db:
    ports:
      - \"1:2\"
";
    assert_eq!(write(&out), expected);
}

#[test]
fn a_node_that_is_passed_on_keeps_its_meaning() {
    let text = "a: true\nb: 12\nc: 0.5\nd: 0440\ne: on\nf: \"12\"\ng: 1.10\nh: \nj: [1_000, x]\n";
    let node = read(FileId(0), text, Limits::ENTRY).unwrap();
    let out = write(&Out::from(&node));
    let expected = "a: true\nb: 12\nc: 0.5\nd: \"0440\"\ne: \"on\"\nf: \"12\"\ng: \"1.10\"\nh: null\nj:\n  - \"1_000\"\n  - x\n";
    assert_eq!(out, expected);
}
