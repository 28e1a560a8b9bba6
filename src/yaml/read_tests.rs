//! Reading: places to the byte, limits, and what is said about texts that cannot be read.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Limits, Node, Value, parse, read, take};
use crate::place::{FileId, Sources};

fn node(text: &str) -> Node {
    read(FileId(0), text, Limits::ENTRY).unwrap_or_else(|e| panic!("{text:?}: {e:?}"))
}

/// Everything that is said, as `LINE:COLUMN CODE`.
fn said(text: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let file = sources.add("f", text);
    let parsed = parse(file, text, Limits::ENTRY);
    assert!(parsed.node.is_some() || !parsed.diagnostics.is_empty());
    let mut out = Vec::new();
    for d in &parsed.diagnostics {
        let place = d.place.expect("every diagnostic has a place");
        assert!(place.start <= place.end && place.end as usize <= text.len(), "{place:?} in {text:?}");
        assert!(text.get(place.start as usize..place.end as usize).is_some());
        let at = sources.position(place);
        out.push(format!("{}:{} {}", at.line, at.column, d.finding.code()));
    }
    out
}

/// Every scalar with the bytes at its place.
fn scalars<'t>(node: &Node, text: &'t str, out: &mut Vec<(String, &'t str, bool)>) {
    match &node.value {
        Value::Null => {}
        Value::Scalar { text: value, plain } => {
            out.push((value.clone(), &text[node.place.start as usize..node.place.end as usize], *plain));
        }
        Value::List(items) => items.iter().for_each(|n| scalars(n, text, out)),
        Value::Map(pairs) => {
            for (key, value) in pairs {
                out.push((
                    key.text.clone(),
                    &text[key.place.start as usize..key.place.end as usize],
                    !text[key.place.start as usize..].starts_with(['"', '\'']),
                ));
                scalars(value, text, out);
            }
        }
    }
}

#[test]
fn texts_that_cannot_be_read_are_shown_where_they_go_wrong() {
    let table: &[(&str, &[&str])] = &[
        ("a: [1, 2\n", &["1:4 HSM-E001"]),
        ("a: {b: 1\nc: 2\n", &["2:2 HSM-E001"]),
        ("a: \"x\n", &["1:4 HSM-E001"]),
        ("a: 1\n b: 2\n", &["2:3 HSM-E001"]),
        ("a: b: c\n", &["1:5 HSM-E001"]),
        ("a: 1\na: 2\nb: 3\nb: 4\n", &["2:1 HSM-E009", "4:1 HSM-E009"]),
        ("é: 1\nü: {ä: 1, ä: 2}\n", &["2:11 HSM-E009"]),
        ("a: *x\n", &["1:4 HSM-E001"]),
        ("a: &x [*x]\n", &["1:8 HSM-E006"]),
        ("a: 1\n---\nb: 2\n", &["2:1 HSM-E007"]),
        ("? [a]\n: 1\n", &["1:3 HSM-E010"]),
        ("~: 1\n", &["1:1 HSM-E010"]),
        (": 1\n", &["1:1 HSM-E010"]),
        ("a: !foo 1\n", &["1:4 HSM-E011"]),
        ("a: !!int 1\n", &["1:4 HSM-E011"]),
        ("a:\n  <<: 1\n", &["2:3 HSM-E012"]),
        ("\u{feff}a: 1\r\na: 2\r\n", &["2:1 HSM-E009"]),
        ("\u{feff}a: 1\r\nü: [\r\n", &["2:4 HSM-E001"]),
        ("a: \u{0}\n", &["1:4 HSM-E001"]),
        ("a:\n\tb: 1\n", &["2:2 HSM-E001"]),
    ];
    let got: Vec<_> = table.iter().map(|(text, _)| (*text, said(text))).collect();
    let expected: Vec<_> =
        table.iter().map(|(text, said)| (*text, said.iter().map(|&s| s.to_owned()).collect())).collect();
    assert_eq!(got, expected);
}

#[test]
fn places_are_exact_with_a_mark_at_the_start_other_line_breaks_and_long_characters() {
    let text =
        "\u{feff}ä: é\r\nb: 'q''x'\r\nc:\r\n  - ü  # c\r\n  -\r\n  - {x: , 🦀: \"1\\n\"}\r\nd: !!str 12";
    let mut out = Vec::new();
    scalars(&node(text), text, &mut out);
    let expected = [
        ("ä", "ä", true),
        ("é", "é", true),
        ("b", "b", true),
        ("q'x", "'q''x'", false),
        ("c", "c", true),
        ("ü", "ü", true),
        ("x", "x", true),
        ("🦀", "🦀", true),
        ("1\n", "\"1\\n\"", false),
        ("d", "d", true),
        ("12", "12", false),
    ];
    let out: Vec<_> = out.iter().map(|(v, s, p)| (v.as_str(), s.trim_end(), *p)).collect();
    assert_eq!(out, expected);
}

#[test]
fn a_value_that_is_not_there_is_at_its_key_or_dash() {
    let text = "a:\nb:\n  - # - x\n\n  -\n  - c:\n";
    let tree = node(text);
    assert_eq!(tree.get("a").unwrap().place.start, 0);
    let starts: Vec<_> = tree.get("b").unwrap().as_list().unwrap().iter().map(|n| n.place.start).collect();
    assert_eq!(starts, [8, 19, 25]);
}

#[test]
fn collections_end_with_their_last_value() {
    let text = "a:\n  b: c   # d\n\n\ne: [x, y ]  \n";
    let tree = node(text);
    let slice = |n: &Node| text[n.place.start as usize..n.place.end as usize].to_owned();
    assert_eq!(slice(tree.get("a").unwrap()).trim_end(), "b: c");
    assert_eq!(slice(tree.get("e").unwrap()), "[x, y ]");
}

#[test]
fn aliases_and_merge_keys_are_expanded_and_written_keys_win() {
    let tree = node("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {c: 0, <<: [{a: 9}, *x]}\nw: *x\n");
    let keys = |key: &str| -> Vec<(String, String)> {
        let pairs = tree.get(key).unwrap().as_map().unwrap();
        pairs.iter().map(|(k, v)| (k.text.clone(), v.as_str().unwrap().to_owned())).collect()
    };
    let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
    assert_eq!(keys("y"), [pair("a", "1"), pair("b", "3")]);
    assert_eq!(keys("z"), [pair("c", "0"), pair("a", "9"), pair("b", "2")]);
    assert_eq!(tree.get("w"), tree.get("x"));
}

#[test]
fn a_file_without_a_document_holds_nothing() {
    for text in ["", "# nothing\n", "---\n", "~", "\u{feff}"] {
        assert!(node(text).is_null(), "{text:?}");
    }
}

#[test]
fn scalars_are_their_source_text() {
    let tree = node(
        "a: 1.10\nb: 0440\nc: on\nd: \"true\"\ne: true\nf: ~\ng: null\nh: ''\ni: |\n  x\n  y\nj: >-\n  a\n  b\n",
    );
    for (key, text) in [("a", "1.10"), ("b", "0440"), ("c", "on"), ("h", ""), ("i", "x\ny\n"), ("j", "a b")] {
        assert_eq!(tree.get(key).unwrap().as_str(), Some(text));
    }
    assert_eq!(tree.get("d").unwrap().as_bool(), None);
    assert_eq!(tree.get("e").unwrap().as_bool(), Some(true));
    assert!(tree.get("f").unwrap().is_null() && tree.get("g").unwrap().is_null());
}

/// A first line, and lines that are made from their number.
fn lines(first: &str, count: usize, line: impl Fn(usize) -> String) -> String {
    let mut all = vec![first.to_owned()];
    all.extend((1..count).map(line));
    all.join("\n") + "\n"
}

#[test]
fn bombs_are_refused_at_once() {
    let ten = |name: String| vec![name; 10].join(", ");
    let laughs = lines("a0: &a0 [x, x, x, x, x, x, x, x, x, x]", 40, |i| {
        format!("a{i}: &a{i} [{}]", ten(format!("*a{}", i - 1)))
    });
    let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(500_000), vec!["*a"; 100_000].join(", "));
    let chain = lines("a0: &a0 [x]", 200, |i| format!("a{i}: &a{i} [*a{}]", i - 1));
    let nested = (0..100_000).map(|i| format!("&a{i} [")).collect::<Vec<_>>().concat();
    let merges = lines("m0: &m0 {a: 1}", 40, |i| {
        format!("m{i}: &m{i} {{<<: [{}], k{i}: 1}}", ten(format!("*m{}", i - 1)))
    });
    let blocks = lines("a:", 700, |i| format!("{}a:", " ".repeat(i)));
    let table = [
        ("laughs", laughs, "HSM-E005"),
        ("long text", long, "HSM-E005"),
        ("chain", chain, "HSM-E004"),
        ("lists", "[".repeat(100_000), "HSM-E004"),
        ("mappings", "{a: ".repeat(100_000), "HSM-E004"),
        ("dashes", "- ".repeat(100_000), "HSM-E004"),
        ("blocks", blocks, "HSM-E004"),
        ("anchors", nested, "HSM-E004"),
        ("merges", merges, "HSM-E004"),
        ("size", "a: 1 # ".to_owned() + &"x".repeat(5 << 20), "HSM-E003"),
    ];
    for (name, text, code) in table {
        let start = Instant::now();
        let said = said(&text);
        // A reader that expands them takes minutes and gigabytes; a busy machine may take seconds over the rest.
        assert!(start.elapsed() < Duration::from_secs(20), "{name} took {:?}", start.elapsed());
        assert!(said.len() == 1 && said[0].ends_with(code), "{name}: {said:?}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_have_a_place() {
    let mut sources = Sources::new();
    let error = take(&mut sources, "f", b"a: \xc3\xa9\nb: \xff\n", Limits::ENTRY).unwrap_err();
    assert_eq!(error.finding.code(), "HSM-E002");
    assert_eq!(sources.position(error.place.unwrap()).to_string(), "f:2:4");
    let error = take(&mut sources, "g", &vec![b'x'; 2 << 20], Limits::ENTRY).unwrap_err();
    assert_eq!(error.finding.code(), "HSM-E003");
    assert_eq!(sources.position(error.place.unwrap()).to_string(), "g:1:1");
    let utf16: Vec<u8> = "\u{feff}a: 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let error = take(&mut sources, "h", &utf16, Limits::ENTRY).unwrap_err();
    assert_eq!(sources.position(error.place.unwrap()).to_string(), "h:1:1");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The bytes at a plain scalar's place are the scalar, if it stands on one line.
    #[test]
    fn a_plain_scalar_is_the_text_at_its_place(text in "([a-cé🦀]{1,3}: ?|- |\\[|\\]|\\{|\\}|, |\"|'|#| |\r?\n( {2}){0,2}|[a-z0-9.]{1,4}|&a |\\*a ){0,30}") {
        let parsed = parse(FileId(0), &text, Limits::ENTRY);
        for d in &parsed.diagnostics {
            let place = d.place.unwrap();
            prop_assert!(text.get(place.start as usize..place.end as usize).is_some());
        }
        if let Some(node) = parsed.node {
            let mut out = Vec::new();
            scalars(&node, &text, &mut out);
            for (value, slice, plain) in out {
                // An alias as a key has the alias's place.
                if plain && !slice.contains(['\n', '\r']) && !slice.starts_with('*') {
                    prop_assert_eq!(value.as_str(), slice.trim_end());
                }
            }
        }
    }
}
