//! Edits by example, each with the whole text before and after; and the law over generated documents.

use proptest::prelude::*;
use serde_yaml::Value as Reader;

use super::*;

/// `a.0.b`: what reads as a number is an item.
fn path(keys: &str) -> Vec<Step> {
    let step = |key: &str| key.parse().map_or_else(|_| Step::from(key), Step::Item);
    keys.split('.').filter(|k| !k.is_empty()).map(step).collect()
}

fn set(keys: &str, value: New) -> Edit {
    Edit::Set { path: path(keys), value, comment: None }
}

fn edited(text: &str, edit: &Edit) -> String {
    apply(text, edit, Limits::MANIFEST).unwrap_or_else(|r| panic!("{r}\n---\n{text}"))
}

fn refused(text: &str, edit: &Edit) -> Obstacle {
    match apply(text, edit, Limits::MANIFEST) {
        Ok(after) => panic!("was edited:\n{after}"),
        Err(refusal) => refusal.obstacle,
    }
}

#[test]
fn a_scalar_is_replaced_and_its_comment_stays() {
    let text = "a:\n  b: old   # why\n  c: 1\n";
    assert_eq!(edited(text, &set("a.b", New::text("new"))), "a:\n  b: new   # why\n  c: 1\n");
}

#[test]
fn an_item_that_holds_nothing_else_stays_when_its_last_key_is_pruned() {
    let path = vec![Step::Key("b".into()), Step::Item(0), Step::Key("a".into()), Step::Key("a".into())];
    let prune = Edit::Prune { path, comment: None };
    assert_eq!(edited("b:\n\n  -  # x\n    a: {a: ~}\n", &prune), "b:\n\n  - {}  # x\n");
    assert_eq!(edited("b:\n  - a: {a: 1}\n", &prune), "b:\n  - {}\n");
}

#[test]
fn a_value_grows_where_nothing_stood() {
    assert_eq!(edited("a:\nb: 1\n", &set("a", New::text("x"))), "a: x\nb: 1\n");
    assert_eq!(edited("a:   # later\nb: 1\n", &set("a", New::text("x"))), "a: x   # later\nb: 1\n");
    assert_eq!(edited("{a: , b: 1}\n", &set("a", New::text("x"))), "{a: x , b: 1}\n");
    assert_eq!(edited("{a, b: 1}\n", &set("a", New::text("x"))), "{a: x, b: 1}\n");
}

#[test]
fn strings_are_quoted_where_a_reader_would_see_something_else() {
    for odd in [
        "on",
        "12:30",
        "0123",
        "1e3",
        "<<",
        "2024-01-01",
        "~",
        "",
        " x",
        "a: b",
        "#",
        "1_000",
        "0x1F",
        ".5",
        "é",
    ] {
        let after = edited("k: v\n", &set("k", New::text(odd)));
        let seen: Reader = serde_yaml::from_str(&after).expect("readable");
        assert_eq!(seen["k"], Reader::from(odd), "{after}");
        assert!(after.starts_with("k: \""), "{after}");
    }
    for plain in ["qdrant-adapter", "postgres16", "package:rag-core", "a/b", "v1.2"] {
        assert_eq!(edited("k: v\n", &set("k", New::text(plain))), format!("k: {plain}\n"));
    }
}

#[test]
fn a_key_is_added_behind_the_last_one_with_its_comment_above() {
    let edit = Edit::Set {
        path: path("deps.groups.db"),
        value: New::Map(vec![("selection".to_owned(), New::text("x"))]),
        comment: Some("Clients\nof databases".to_owned()),
    };
    assert_eq!(
        edited("deps:\n    groups:\n        a:\n            selection: y  # c\n\n# end\n", &edit),
        "deps:\n    groups:\n        a:\n            selection: y  # c\n        # Clients\n        # of databases\n        db:\n            selection: x\n\n# end\n"
    );
    assert_eq!(
        edited("x: 1", &edit),
        "x: 1\ndeps:\n  groups:\n    # Clients\n    # of databases\n    db:\n      selection: x"
    );
    assert_eq!(
        edited("deps: {groups: {a: {selection: y}}}\n", &edit),
        "deps: {groups: {a: {selection: y}, db: {selection: x}}}\n"
    );
    assert_eq!(
        edited("deps:\n  groups: {} # c\nx: 1\n", &edit),
        "deps:\n  groups: # c\n    # Clients\n    # of databases\n    db:\n      selection: x\nx: 1\n"
    );
    assert_eq!(edited("# only\n", &set("a", New::text("b"))), "# only\na: b\n");
    assert_eq!(
        edited("deps:\n  groups:   # none yet\nx: 1\n", &set("deps.groups.g", New::text("b"))),
        "deps:\n  groups:   # none yet\n    g: b\nx: 1\n"
    );
}

#[test]
fn line_ends_and_byte_order_marks_stay() {
    assert_eq!(
        edited("\u{feff}a:\r\n  b: 1\r\n", &set("a.c", New::text("x"))),
        "\u{feff}a:\r\n  b: 1\r\n  c: x\r\n"
    );
    let edit = Edit::RemoveKey { path: path("a") };
    assert_eq!(edited("\u{feff}a: 1\r\nb: 2\r\n", &edit), "\u{feff}b: 2\r\n");
}

#[test]
fn items_are_added_in_the_style_of_the_list() {
    let add = |keys: &str| Edit::Append { path: path(keys), item: New::text("new") };
    assert_eq!(edited("a:\n  - x  # c\n# end\n", &add("a")), "a:\n  - x  # c\n  - new\n# end\n");
    assert_eq!(edited("a:\n- x\nb: 1\n", &add("a")), "a:\n- x\n- new\nb: 1\n");
    assert_eq!(edited("a: [x]\n", &add("a")), "a: [x, new]\n");
    assert_eq!(edited("a: []\n", &add("a")), "a: [new]\n");
    assert_eq!(edited("a: [\n  x, # c\n  y\n]\n", &add("a")), "a: [\n  x, # c\n  y, new\n]\n");
    assert_eq!(edited("a:\n", &add("a")), "a:\n  - new\n");
    assert_eq!(edited("a: ~\n", &add("a")), "a: [new]\n");
    assert_eq!(edited("b: 1\n", &add("a")), "b: 1\na:\n  - new\n");
    assert_eq!(
        edited("a:\n  - {x: 1}\n  - y:\n      z: 1\nb: 2\n", &add("a")),
        "a:\n  - {x: 1}\n  - y:\n      z: 1\n  - new\nb: 2\n"
    );
    assert_eq!(edited("a:\n  - x", &add("a")), "a:\n  - x\n  - new");
    assert_eq!(refused("a: x\n", &add("a")), Obstacle::Shape);
}

#[test]
fn items_are_removed_with_their_line_or_their_comma() {
    let remove = |index| Edit::RemoveItem { path: path("a"), index };
    assert_eq!(edited("a:\n  - x\n  # of y\n  - y # c\n  - z\n", &remove(1)), "a:\n  - x\n  # of y\n  - z\n");
    assert_eq!(edited("a:\n  - x # c\nb: 1\n", &remove(0)), "a: []\nb: 1\n");
    assert_eq!(
        edited("a: # c\r\n  # of x\r\n  - x\r\n  # end", &remove(0)),
        "a: [] # c\r\n  # of x\r\n  # end"
    );
    assert_eq!(edited("a: [x, y, z]\n", &remove(0)), "a: [y, z]\n");
    assert_eq!(edited("a: [x, y, z]\n", &remove(1)), "a: [x, z]\n");
    assert_eq!(edited("a: [x, y, z]\n", &remove(2)), "a: [x, y]\n");
    assert_eq!(edited("a: [x, {n: y}]\n", &remove(1)), "a: [x]\n");
    assert_eq!(edited("a: [\n  x, # of x\n  y\n]\n", &remove(1)), "a: [\n  x, # of x\n]\n");
    assert_eq!(edited("a:\n  - x:\n      y: 1\n  - z", &remove(1)), "a:\n  - x:\n      y: 1");
    assert_eq!(edited("a:\r\n  - x\r\n  - z", &remove(1)), "a:\r\n  - x");
    assert_eq!(refused("a: []\n", &remove(0)), Obstacle::Absent);
}

#[test]
fn keys_are_removed() {
    let remove = |keys: &str| Edit::RemoveKey { path: path(keys) };
    assert_eq!(
        edited("a:\n  b: 1\n  # c\n  c: |\n    x\n\n    y\n  d: 2\n", &remove("a.c")),
        "a:\n  b: 1\n  # c\n  d: 2\n"
    );
    assert_eq!(edited("a:\n  b: 1 # c\nd: 1\n", &remove("a.b")), "a: {}\nd: 1\n");
    assert_eq!(edited("a: {b: 1, c: 2}\n", &remove("a.b")), "a: {c: 2}\n");
    assert_eq!(edited("a: {b: 1, c: 2}\n", &remove("a.c")), "a: {b: 1}\n");
    assert_eq!(edited("a:\n  b: 1\n", &remove("a")), "");
    assert_eq!(refused("a: 1\n", &remove("b")), Obstacle::Absent);
}

#[test]
fn blocks_become_values_on_the_line_of_their_key() {
    let one = set("a.s", New::text("one"));
    assert_eq!(edited("a:\n  s:\n    - x\n    # c\n    - y\n  t: 1\n", &one), "a:\n  s: one\n  t: 1\n");
    assert_eq!(edited("a:\n  s: # why\n    - x\n  t: 1\n", &one), "a:\n  s: one # why\n  t: 1\n");
    assert_eq!(edited("a:\n  s: |\n    long\n    text\n  t: 1\n", &one), "a:\n  s: one\n  t: 1\n");
    assert_eq!(edited("a:\n  s:\n  - x\n", &set("a.s", New::list(["p", "q"]))), "a:\n  s: [p, q]\n");
    assert_eq!(edited("a:\n  s: [x,\n    y]\n", &one), "a:\n  s: one\n");
}

#[test]
fn items_are_replaced() {
    let edit = Edit::Replace {
        path: path("a"),
        index: 1,
        item: New::Map(vec![("name".to_owned(), New::text("w")), ("mode".to_owned(), New::text("dev"))]),
    };
    assert_eq!(edited("a:\n  - x\n  - y # c\n", &edit), "a:\n  - x\n  - {name: w, mode: dev} # c\n");
    assert_eq!(edited("a: [x, y]\n", &edit), "a: [x, {name: w, mode: dev}]\n");
}

#[test]
fn what_comes_from_elsewhere_is_refused() {
    let text = "base: &b\n  s: x\na: *b\nc:\n  <<: *b\n  t: 1\n";
    assert_eq!(refused(text, &set("a.s", New::text("y"))), Obstacle::Borrowed);
    assert_eq!(refused(text, &set("base.s", New::text("y"))), Obstacle::Unproved);
    assert_eq!(refused(text, &Edit::RemoveKey { path: path("c.s") }), Obstacle::Borrowed);
    // an own key hides the merged one
    assert_eq!(
        edited(text, &set("c.s", New::text("w"))),
        "base: &b\n  s: x\na: *b\nc:\n  <<: *b\n  t: 1\n  s: w\n"
    );
}

#[test]
fn what_is_not_valid_is_refused() {
    assert_eq!(refused("a: [1\n", &set("a", New::text("y"))), Obstacle::Invalid);
    assert_eq!(refused("a: 1\na: 2\n", &set("a", New::text("y"))), Obstacle::Invalid);
    assert_eq!(refused("a: 1\n---\nb: 2\n", &set("a", New::text("y"))), Obstacle::Invalid);
}

#[test]
fn nothing_to_do_changes_no_byte() {
    let text = "a:  'x'   # c\n";
    assert_eq!(edited(text, &set("a", New::text("x"))), text);
}

// ---- the law ----

/// A generated document: a tree and the way to write it.
#[derive(Debug, Clone)]
enum Doc {
    Null(u8),
    Text(String, u8),
    List(Vec<Doc>, u8),
    Map(Vec<(String, Doc)>, u8),
}

fn docs() -> impl Strategy<Value = Doc> {
    let texts =
        prop_oneof!["[a-z]{1,6}", "[ -~é漢\\n\\t]{0,8}", Just("on".to_owned()), Just("12:30".to_owned())];
    let leaf =
        prop_oneof![any::<u8>().prop_map(Doc::Null), (texts, any::<u8>()).prop_map(|(t, s)| Doc::Text(t, s))];
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let keys = prop_oneof![4 => "[a-d]", 1 => "[a-z:#é ]{1,4}"];
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..4), any::<u8>())
                .prop_map(|(items, s)| Doc::List(items, s)),
            (prop::collection::vec((keys, inner), 0..4), any::<u8>()).prop_map(|(pairs, s)| {
                let mut seen = std::collections::BTreeSet::new();
                let pairs = pairs.into_iter().filter(|(k, _)| seen.insert(k.clone())).collect();
                Doc::Map(pairs, s)
            }),
        ]
    });
    prop::collection::vec(("[a-d]", tree), 1..4).prop_map(|pairs| {
        let mut seen = std::collections::BTreeSet::new();
        Doc::Map(pairs.into_iter().filter(|(k, _)| seen.insert(k.clone())).collect(), 0)
    })
}

/// Writes a document; the style bytes choose brackets, quotes, comments, empty lines, indentation.
fn write_doc(doc: &Doc) -> String {
    let Doc::Map(pairs, _) = doc else { unreachable!("the root is a mapping") };
    let mut out = String::new();
    for (key, value) in pairs {
        write_pair(&mut out, key, value, 0);
    }
    out
}

fn in_quotes(text: &str, style: u8) -> String {
    if style.is_multiple_of(3) && !text.contains(['\n', '\t']) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    if style % 3 == 1 && text.len() > 1 && text.chars().all(|c| c.is_ascii_lowercase()) {
        return text.to_owned();
    }
    format!("{text:?}")
}

fn flow_doc(doc: &Doc) -> String {
    match doc {
        Doc::Null(s) => ["~", "null", "~"][*s as usize % 3].to_owned(),
        Doc::Text(t, s) => in_quotes(t, *s),
        Doc::List(items, s) => {
            let comma = if s % 2 == 0 { ", " } else { " , " };
            format!("[{}]", items.iter().map(flow_doc).collect::<Vec<_>>().join(comma))
        }
        Doc::Map(pairs, _) => {
            let pairs: Vec<_> =
                pairs.iter().map(|(k, v)| format!("{}: {}", in_quotes(k, 0), flow_doc(v))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

fn comment(style: u8) -> &'static str {
    ["", " # - note: [x", "", "  # x"][style as usize % 4]
}

fn write_pair(out: &mut String, key: &str, value: &Doc, indent: usize) {
    if let Doc::Text(t, s) = value
        && s.is_multiple_of(5)
    {
        out.push_str(&format!("{:indent$}# about {}\n", "", t.len()));
    }
    out.push_str(&format!("{:indent$}{}:", "", in_quotes(key, 1)));
    write_value(out, value, indent);
}

fn write_value(out: &mut String, value: &Doc, indent: usize) {
    match value {
        Doc::Null(s) if s % 2 == 0 => out.push_str(&format!("{}\n", comment(s / 2))),
        Doc::List(items, s) if !items.is_empty() && s % 3 != 0 => {
            out.push_str(&format!("{}\n", comment(s / 3)));
            let indent = if s % 3 == 1 { indent + 2 } else { indent + 4 };
            for item in items {
                if s % 7 == 0 {
                    out.push('\n');
                }
                out.push_str(&format!("{:indent$}-", ""));
                write_value(out, item, indent);
            }
        }
        Doc::Map(pairs, s) if !pairs.is_empty() && s % 3 != 0 => {
            out.push_str(&format!("{}\n", comment(s / 3)));
            let indent = if s % 3 == 1 { indent + 2 } else { indent + 3 };
            for (key, value) in pairs {
                write_pair(out, key, value, indent);
            }
        }
        value => {
            let style = match value {
                Doc::Null(s) | Doc::Text(_, s) | Doc::List(_, s) | Doc::Map(_, s) => *s,
            };
            out.push_str(&format!(" {}{}\n", flow_doc(value), comment(style / 8)));
        }
    }
}

fn reader_of(doc: &Tree) -> Reader {
    match doc {
        Tree::Null => Reader::Null,
        Tree::Text(t) => Reader::from(t.clone()),
        Tree::List(items) => Reader::Sequence(items.iter().map(reader_of).collect()),
        Tree::Map(map) => {
            Reader::Mapping(map.iter().map(|(k, v)| (Reader::from(k.clone()), reader_of(v))).collect())
        }
    }
}

/// A reader's value with its mappings in one order.
fn sorted(value: &Reader) -> Reader {
    match value {
        Reader::Mapping(map) => {
            let mut pairs: Vec<_> = map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            pairs.sort_by_key(|(k, _)| format!("{k:?}"));
            Reader::Mapping(pairs.into_iter().collect())
        }
        Reader::Sequence(items) => Reader::Sequence(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

fn news() -> impl Strategy<Value = New> {
    let text = prop_oneof![
        "[a-z]{1,6}".prop_map(New::Text),
        "[ -~é\\n]{0,6}".prop_map(New::Text),
        prop::sample::select(vec!["on", "12:30", "0123", "1e3", "<<", "2024-01-01", "null"])
            .prop_map(New::text),
    ];
    let list = (prop::collection::vec(text.clone(), 0..3), any::<bool>())
        .prop_map(|(items, lines)| New::List { items, lines });
    let map = prop::collection::btree_map("[a-f]", text.clone(), 0..3)
        .prop_map(|pairs| New::Map(pairs.into_iter().collect()));
    let inner = prop_oneof![text.clone(), list.clone(), map.clone()];
    let block = prop::collection::btree_map("[a-f]", inner, 1..4)
        .prop_map(|pairs| New::Block(pairs.into_iter().collect()));
    prop_oneof![text, list, map, block]
}

fn edits() -> impl Strategy<Value = Edit> {
    let steps = prop_oneof![5 => "[a-e]".prop_map(Step::Key), 1 => (0..3usize).prop_map(Step::Item)];
    let paths = prop::collection::vec(steps, 1..4);
    let more = prop::collection::vec(("[p-s]", news()), 0..2);
    prop_oneof![
        (paths.clone(), news(), prop::option::of("[a-z\\n]{0,5}"))
            .prop_map(|(path, value, comment)| Edit::Set { path, value, comment }),
        (paths.clone(), news()).prop_map(|(path, item)| Edit::Append { path, item }),
        (paths.clone(), 0..3usize, news()).prop_map(|(path, index, item)| Edit::Replace {
            path,
            index,
            item
        }),
        (paths.clone(), 0..3usize).prop_map(|(path, index)| Edit::RemoveItem { path, index }),
        paths.clone().prop_map(|path| Edit::RemoveKey { path }),
        paths.clone().prop_map(|path| Edit::Prune { path, comment: None }),
        paths.clone().prop_map(|path| Edit::Clear { path }),
        (paths.clone(), "[a-z]{1,6}|on|12:30").prop_map(|(path, value)| Edit::Pair { path, value }),
        paths.clone().prop_map(|path| Edit::Unpair { path }),
        (paths.clone(), news()).prop_map(|(path, item)| Edit::Enlist { path, item }),
        (paths.clone(), more).prop_map(|(path, more)| Edit::Wrap { path, key: "name".to_owned(), more }),
        (paths.clone(), "[a-d]").prop_map(|(path, key)| Edit::Unwrap { path, key }),
        (paths, "[a-j]|on|12:30").prop_map(|(path, to)| Edit::Rename { path, to }),
    ]
}

fn path_of(edit: &mut Edit) -> &mut Vec<Step> {
    match edit {
        Edit::Set { path, .. }
        | Edit::Append { path, .. }
        | Edit::Replace { path, .. }
        | Edit::RemoveItem { path, .. }
        | Edit::RemoveKey { path }
        | Edit::Prune { path, .. }
        | Edit::Clear { path }
        | Edit::Pair { path, .. }
        | Edit::Unpair { path }
        | Edit::Enlist { path, .. }
        | Edit::Wrap { path, .. }
        | Edit::Unwrap { path, .. }
        | Edit::Rename { path, .. } => path,
    }
}

/// All paths of a document.
fn paths_of(tree: &Tree, here: &[Step], out: &mut Vec<Vec<Step>>) {
    let steps: Vec<(Step, &Tree)> = match tree {
        Tree::Map(map) => map.iter().map(|(key, value)| (Step::from(key.as_str()), value)).collect(),
        Tree::List(items) => items.iter().enumerate().map(|(i, value)| (Step::Item(i), value)).collect(),
        Tree::Null | Tree::Text(_) => Vec::new(),
    };
    for (step, value) in steps {
        let path = [here, &[step]].concat();
        out.push(path.clone());
        paths_of(value, &path, out);
    }
}

/// Most edits change something that is there: their path is one of the document's, and a key is one of its own.
fn aim(edit: &mut Edit, before: &Tree, seed: usize) {
    let mut paths = Vec::new();
    paths_of(before, &[], &mut paths);
    let fits = |path: &Vec<Step>| {
        let mut tree = before.clone();
        let mut edit = edit.clone();
        *path_of(&mut edit) = path.clone();
        tree.apply(&edit).is_ok()
    };
    if seed % 4 > 1 {
        paths.retain(fits);
    }
    if !seed.is_multiple_of(4) && !paths.is_empty() {
        *path_of(edit) = paths.swap_remove(seed / 4 % paths.len());
    }
}

/// How many bytes are the same at the start and at the end.
fn unchanged_around(before: &str, after: &str) -> (usize, usize) {
    let head = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let tail = before.bytes().rev().zip(after.bytes().rev()).take_while(|(a, b)| a == b).count();
    (head, tail)
}

/// The bytes that an edit may touch: the value's lines, or the brackets in which it stands; nothing (a mere insertion)
/// where nothing is written yet.
fn region(text: &str, edit: &Edit) -> std::ops::Range<usize> {
    let Some(root) = layout::read(text) else { return text.len()..text.len() };
    let lines = |start: usize, end: usize| {
        let start = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let stop = text[end..].find('\n').map_or(text.len(), |i| end + i + 1);
        // the last line, if no break ends it, takes the one before it along
        let is_open = stop == text.len() && !text.ends_with('\n');
        let start = if is_open { text[..start].trim_end_matches(['\r', '\n']).len() } else { start };
        start..stop
    };
    let within = |node: &Written, start, end| match node.shape {
        Shape::List { flow: true, .. } | Shape::Map { flow: true, .. } => node.start..node.end,
        _ => lines(start, end),
    };
    match edit {
        Edit::Append { path, .. } | Edit::Set { path, .. } => match descend(&root, path) {
            Ok((node, [])) if matches!(edit, Edit::Set { .. }) || node.shape == Shape::Scalar => {
                lines(key_start(&root, path), node.end)
            }
            Ok((node, _)) if node.shape == Shape::Scalar => node.start..node.end,
            // an empty `{}` opens up into lines
            Ok((node, _)) if matches!(&node.shape, Shape::Map { flow: true, pairs } if pairs.is_empty()) => {
                lines(node.start, node.end)
            }
            _ => 0..0,
        },
        Edit::Replace { path, index, .. } | Edit::RemoveItem { path, index } => match descend(&root, path) {
            Ok((list @ Written { shape: Shape::List { items, .. }, .. }, [])) if items.len() > 1 => {
                within(list, items[*index].start, items[*index].node.end)
            }
            Ok((list, [])) => lines(key_start(&root, path), list.end),
            _ => 0..0,
        },
        Edit::RemoveKey { path } => match descend(&root, &path[..path.len() - 1]) {
            Ok((map @ Written { shape: Shape::Map { pairs, .. }, .. }, [])) if pairs.len() > 1 => {
                let Some(Step::Key(last)) = path.last() else { return 0..0 };
                let pair = pairs.iter().find(|p| p.key.as_ref() == Some(last)).expect("there");
                within(map, pair.key_at.start, pair.node.end.max(pair.colon))
            }
            Ok((map, [])) => lines(key_start(&root, &path[..path.len() - 1]), map.end),
            _ => 0..0,
        },
        Edit::Prune { path, .. } => match descend(&root, path) {
            Ok((node, [])) => lines(key_start(&root, &path[..1]), node.end),
            _ => 0..0,
        },
        Edit::Clear { path } | Edit::Unpair { path } => match descend(&root, path) {
            Ok((node, [])) => lines(key_start(&root, path), node.end),
            _ => 0..0,
        },
        Edit::Rename { path, .. } => match descend(&root, path) {
            Ok((_, [])) => {
                let start = key_start(&root, path);
                let (map, _) = descend(&root, &path[..path.len() - 1]).expect("the mapping of the key");
                let Shape::Map { pairs, .. } = &map.shape else { return 0..0 };
                pairs.iter().find(|p| p.key_at.start == start).expect("there").key_at.clone()
            }
            _ => 0..0,
        },
        Edit::Pair { path, .. }
        | Edit::Enlist { path, .. }
        | Edit::Wrap { path, .. }
        | Edit::Unwrap { path, .. } => match descend(&root, path) {
            Ok((node, [])) => node.start..node.end,
            _ => 0..0,
        },
    }
}

/// Where the last key or item of a path stands.
fn key_start(root: &Written, path: &[Step]) -> usize {
    let Some((last, above)) = path.split_last() else { return 0 };
    match (descend(root, above), last) {
        (Ok((Written { shape: Shape::Map { pairs, .. }, .. }, [])), Step::Key(last)) => {
            pairs.iter().find(|p| p.key.as_ref() == Some(last)).map_or(0, |p| p.key_at.start)
        }
        (Ok((Written { shape: Shape::List { items, .. }, .. }, [])), Step::Item(index)) => {
            items.get(*index).map_or(0, |item| item.start)
        }
        _ => 0,
    }
}

fn comments_of(text: &str) -> usize {
    text.matches("# about").count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_means_what_it_says_to_every_reader(
        doc in docs(), edit in edits(), ends in 0..4u8, seed in any::<usize>(),
    ) {
        let mut text = write_doc(&doc);
        if ends & 1 == 1 {
            text = text.replace('\n', "\r\n");
        }
        if ends & 2 == 2 {
            text = text.trim_end().to_owned();
        }
        let Ok(before) = read_tree(&text, Limits::MANIFEST) else {
            return Err(TestCaseError::reject("the generator wrote something that is not valid"));
        };
        let mut edit = edit;
        aim(&mut edit, &before, seed);
        let mut wanted = before.clone();
        let possible = wanted.apply(&edit).is_ok();
        match apply(&text, &edit, Limits::MANIFEST) {
            Ok(after) => {
                prop_assert!(possible);
                let ours = read_tree(&after, Limits::MANIFEST).expect("readable");
                prop_assert_eq!(&ours, &wanted);
                let theirs: Reader = serde_yaml::from_str(&after)
                    .map_err(|e| TestCaseError::fail(format!("{e}\n{after}")))?;
                // a document without anything in it is an empty mapping here
                let theirs = if theirs.is_null() { Reader::Mapping(serde_yaml::Mapping::new()) } else { theirs };
                prop_assert_eq!(sorted(&theirs), sorted(&reader_of(&wanted)), "\n{}\n---\n{}", text, after);
                let (head, tail) = unchanged_around(&text, &after);
                let touched = region(&text, &edit);
                prop_assert!(
                    head + tail >= text.len()
                        || (head >= touched.start && tail >= text.len() - touched.end),
                    "{:?}\n{}\n---\n{}", touched, text, after
                );
                if matches!(
                    edit,
                    Edit::Append { .. } | Edit::Pair { .. } | Edit::Wrap { .. } | Edit::Unwrap { .. }
                ) {
                    prop_assert_eq!(comments_of(&text), comments_of(&after));
                }
                // an empty line that becomes the last one is a break, too
                if !text.ends_with('\n') && !text.replace('\r', "").contains("\n\n") {
                    prop_assert!(!after.ends_with('\n'), "{:?}", after);
                }
                if text.contains('\n') && ends & 1 == 1 {
                    prop_assert!(!after.replace("\r\n", "").contains('\n'), "{:?}", after);
                }
            }
            // nothing in these documents is out of reach; only another form cannot be had everywhere
            Err(refusal) => {
                let reshapes = matches!(
                    edit,
                    Edit::Clear { .. }
                        | Edit::Pair { .. }
                        | Edit::Unpair { .. }
                        | Edit::Enlist { .. }
                        | Edit::Wrap { .. }
                        | Edit::Unwrap { .. }
                );
                let style = reshapes && refusal.obstacle == Obstacle::Style;
                prop_assert!(!possible || style, "refused: {}\n{:?}\n{}", refusal, edit, text);
            }
        }
    }
}
