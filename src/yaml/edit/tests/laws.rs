//! The law over generated documents: an edit means what it says to every reader, and touches nothing else.

use proptest::prelude::*;
use serde_yaml::Value as Reader;

use super::super::*;

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
        let keys = prop_oneof![2 => "[a-d]", 1 => "[a-z:#é ]{1,4}", 1 => "[a:# ]{1,4}"];
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
    ["", " # - note: [x", "", "  # x", " # with:"][style as usize % 5]
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
