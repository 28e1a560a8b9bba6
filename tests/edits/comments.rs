//! What a registry says of a group, placed above the group's line by whatever makes that line, and gone with it.

use hsm::manifest::Mode;
use hsm::manifest::edit::{Change, GroupFacts, Trail};
use hsm::names::Kind;
use hsm::place::FileId;
use hsm::yaml::{self, Limits};
use serde_yaml::Value as Reader;

use crate::changes::{facts, name, run};
use crate::documents::{Draw, document};
use crate::laws::{plain, plain_of_reader};
use crate::meaning::meaning;

/// Comments as people and machines write them, and the lines that they make.
const COMMENTS: [(&str, &[&str]); 9] = [
    ("What it is for", &["# What it is for"]),
    ("One line.\nAnd another.\n", &["# One line.", "# And another."]),
    ("One.\r\n\r\nTwo.", &["# One.", "#", "# Two."]),
    ("# with a mark", &["# # with a mark"]),
    ("  indented\t: [x, {y: 'z'} &a *b !c %d", &["#   indented: [x, {y: 'z'} &a *b !c %d"]),
    ("bell\u{7} and \u{1b}[31mred", &["# bell and [31mred"]),
    ("next\u{85}line\u{2028}break: x\u{2029}- y\u{feff}", &["# nextlinebreak: x- y"]),
    ("turned \u{202e}dev\u{202c}", &["# turned dev"]),
    ("---\n...\nkey: value", &["# ---", "# ...", "# key: value"]),
];

/// Every change that makes the line of a group that has none.
fn makers(group: &GroupFacts) -> Vec<Change> {
    let options = vec![name("alpha")];
    let mut out = vec![
        Change::AddGroup(group.clone()),
        Change::Select(group.clone(), options.clone()),
        Change::AddOptions(group.clone(), options.clone()),
        Change::GroupMode(group.clone(), Some(Mode::Dev)),
        Change::Exclude(group.clone(), options),
    ];
    if group.id.kind == Kind::Container {
        out.push(Change::GroupProfile(group.clone(), Some(name("small"))));
    }
    out
}

/// The lines right above a group's, without their indent.
fn above<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let own = format!("{key}:");
    let at = lines.iter().position(|line| line.starts_with(&own)).unwrap_or_else(|| panic!("{text}"));
    let start = lines[..at].iter().rposition(|line| !line.starts_with('#')).map_or(0, |before| before + 1);
    lines[start..at].to_vec()
}

#[test]
fn the_comment_stands_above_the_line_and_goes_with_it() {
    let mut made = 0;
    for seed in 0..300 {
        let mut draw = Draw::new(seed);
        let text = document(&mut draw);
        let before = meaning(&text);
        for kind in [Kind::Package, Kind::Container] {
            let (comment, wanted) = COMMENTS[draw.below(COMMENTS.len() as u64) as usize];
            let group = GroupFacts { comment: Some(comment.to_owned()), ..facts(kind, "brand-new") };
            for change in makers(&group) {
                let shown = || format!("seed {seed}: {change:?}\n{text}");
                let after = run(&text, &change).unwrap_or_else(|error| panic!("{error}\n{}", shown())).text;
                let shown = || format!("{}\n---\n{after}", shown());
                let lines = above(&after, "brand-new");
                assert!(lines.ends_with(wanted), "{lines:?}\n{}", shown());
                let other: Reader = serde_yaml::from_str(after.trim_start_matches('\u{feff}'))
                    .unwrap_or_else(|error| panic!("{error}\n{}", shown()));
                let ours = plain(&yaml::read(FileId(0), &after, Limits::MANIFEST).expect("readable"));
                assert_eq!(ours, plain_of_reader(&other), "{}", shown());
                if text.contains("\r\n") {
                    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count(), "{}", shown());
                }
                let back = run(&after, &Change::RemoveGroup(group.clone()));
                let back = back.unwrap_or_else(|error| panic!("{error}\n{}", shown())).text;
                assert_eq!(back, text, "{}", shown());
                assert_eq!(meaning(&back), before);
                made += 1;
            }
        }
    }
    assert!(made > 3_000, "{made}");
}

#[test]
fn in_braces_there_is_no_place_for_a_comment() {
    for text in [
        "project: {name: d}\nservices: {containers: [web]}\n",
        "project: {name: d}\nservices: {container_groups: {infra: {mode: dev}}, containers: [web]}\n",
        "{project: {name: d}, services: {containers: [web]}}\n",
        "project: {name: d}\nservices:\n  container_groups: {infra: {mode: dev}}\n",
    ] {
        for change in makers(&facts(Kind::Container, "brand-new")) {
            let after = run(text, &change).unwrap_or_else(|error| panic!("{error}\n{text}")).text;
            assert!(!after.contains('#') && after.contains("brand-new"), "{after}");
            let back = run(&after, &Change::RemoveGroup(facts(Kind::Container, "brand-new")));
            assert_eq!(
                back.unwrap_or_else(|error| panic!("{error}\n{after}")).text,
                text,
                "{change:?}\n{after}"
            );
        }
    }
}

#[test]
fn an_empty_place_for_groups_comes_back_as_it_was() {
    for place in ["", "  container_groups:\n", "  container_groups: {}   # none\n", "  container_groups: ~\n"]
    {
        let text = format!("project: {{name: d}}\nservices:\n{place}  containers: [web]\n");
        let group = facts(Kind::Container, "brand-new");
        for change in makers(&group) {
            let after = run(&text, &change).unwrap_or_else(|error| panic!("{error}\n{text}")).text;
            let mut trail = Trail::default();
            trail.note(&text, &after);
            let back = run(&after, &Change::RemoveGroup(group.clone()));
            let back = back.unwrap_or_else(|error| panic!("{error}\n{after}")).text;
            assert!(!back.contains("What it is for"), "{change:?}\n{back}");
            assert_eq!(trail.as_it_was(&after, back), text, "{change:?}\n{after}");
        }
    }
}

#[test]
fn a_comment_that_was_changed_is_the_users() {
    let group = facts(Kind::Container, "brand-new");
    let text = "project: {name: d}\nservices:\n  containers: [web]\n";
    let after = run(text, &Change::AddGroup(group.clone())).expect("made").text;
    let own = after.replace("What it is for", "Mine");
    let back = run(&own, &Change::RemoveGroup(group)).expect("removed").text;
    assert!(back.contains("# Mine") && !back.contains("brand-new"), "{back}");
}
