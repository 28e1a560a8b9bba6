//! Edits by example, each with the whole text before and after.

mod laws;

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

#[test]
fn a_key_that_looks_like_a_comment_is_none() {
    let text = "b:\n  \": #\":  # x\n    -\n";
    let last = Edit::RemoveItem { path: vec![Step::from("b"), Step::from(": #")], index: 0 };
    assert_eq!(edited(text, &last), "b:\n  \": #\": []  # x\n");
    for (key, bare, comment) in [
        ("it's # a", "'it''s # a':", ""),
        ("\": #", "\"\\\": #\":", ""),
        ("it's", "it's:", "  # 'x: # y"),
        ("a#b", "a#b:", " # with:"),
        ("a", "a:", " # -"),
    ] {
        let last = Edit::RemoveItem { path: vec![Step::from(key)], index: 0 };
        assert_eq!(edited(&format!("{bare}{comment}\n  - 1\n"), &last), format!("{bare} []{comment}\n"));
    }
}
