//! Laws of edits over generated manifests: the value is right to two readers, nothing else is touched, what is set can
//! be removed again, and doing it twice is doing it once.

use std::collections::BTreeMap;

use hsm::manifest::edit::{Change, EditError, GroupFacts, Trail};
use hsm::names::{ComponentId, Name, TargetId};
use hsm::place::FileId;
use hsm::yaml::{self, Limits, Node, Value};
use serde_yaml::Value as Reader;

use crate::changes::{changes, run};
use crate::documents::{CONTAINERS, Draw, PACKAGES, document};
use crate::meaning::{Meaning, meaning};

/// How many manifests; each gets a change of every sort.
const DOCUMENTS: u64 = 1_000;

/// A value as text, mappings in one order.
pub(crate) fn plain(node: &Node) -> String {
    match &node.value {
        Value::Null => "~".to_owned(),
        Value::Scalar { text, .. } => format!("{text:?}"),
        Value::List(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Map(pairs) => {
            let all: BTreeMap<_, _> = pairs.iter().map(|(key, value)| (&key.text, plain(value))).collect();
            format!("{all:?}")
        }
    }
}

pub(crate) fn plain_of_reader(value: &Reader) -> String {
    match value {
        Reader::Null => "~".to_owned(),
        Reader::String(text) => format!("{text:?}"),
        Reader::Sequence(items) => {
            format!("[{}]", items.iter().map(plain_of_reader).collect::<Vec<_>>().join(" "))
        }
        Reader::Mapping(map) => {
            let key = |key: &Reader| key.as_str().expect("a text").to_owned();
            let all: BTreeMap<_, _> = map.iter().map(|(k, v)| (key(k), plain_of_reader(v))).collect();
            format!("{all:?}")
        }
        other => format!("not a text: {other:?}"),
    }
}

/// How often each word stands in a text; quotes and comments are part of words.
fn words(text: &str) -> BTreeMap<&str, i64> {
    let mut out = BTreeMap::new();
    let between = |c: char| c.is_whitespace() || "[]{},:".contains(c);
    for word in text.split(between).filter(|word| !word.is_empty()) {
        *out.entry(word).or_default() += 1;
    }
    out
}

/// Everything that an edit may write or take away, comments behind a line that goes included.
fn is_of_edits(word: &str) -> bool {
    let bare = word.trim_matches(['"', '\'']);
    let of_pins = [
        "name",
        "mode",
        "version",
        "profile",
        "ports",
        "dev",
        "prod",
        "small",
        "big",
        "on",
        "<2",
        ">=1",
        "==1.*",
        "1.10",
        "==2.*",
        "80",
        "81",
        "15432",
        "5432",
        "extras",
        "io",
        "no",
        "marker",
        "os_name",
        "==",
        "nt",
        "volumes",
        "data",
        "/data",
        "env",
        "ON",
        "yes",
        "N",
        "010",
        "image",
        "a/b",
        "constraints",
        "exclude",
        "selection",
        "package_manager",
        "container_engine",
    ];
    let of_lines =
        ["dependencies", "services", "package_groups", "container_groups", "containers", "packages"];
    let of_names = ["package", "container", "client", "infra", "tools"];
    bare.starts_with("#c")
        || [&of_pins[..], &of_lines, &of_names, &PACKAGES, &CONTAINERS].iter().any(|all| all.contains(&bare))
}

#[test]
fn an_edit_means_what_it_says_and_touches_nothing_else_in_even_documents() {
    holds((0..DOCUMENTS).step_by(2));
}

#[test]
fn an_edit_means_what_it_says_and_touches_nothing_else_in_odd_documents() {
    holds((1..DOCUMENTS).step_by(2));
}

fn holds(seeds: impl Iterator<Item = u64>) {
    let mut done = BTreeMap::<String, u32>::new();
    let mut refused = 0;
    for seed in seeds {
        let mut draw = Draw::new(seed);
        let text = document(&mut draw);
        let before = meaning(&text);
        let changes = changes(&before, &mut draw);
        for (change, back) in changes {
            let shown = || format!("seed {seed}: {change:?}\n{text}");
            let Some(wanted) = before.after(&change) else {
                assert!(run(&text, &change).is_err(), "{}", shown());
                continue;
            };
            let edited = match run(&text, &change) {
                // one item with settings that is no list: it says what to do by hand
                Err(EditError::NotAList(group)) => {
                    let selection = before.lines.get(&group).and_then(|line| line.selection.as_ref());
                    assert!(selection.is_some_and(|selection| selection.len() == 1), "{}", shown());
                    refused += 1;
                    continue;
                }
                edited => edited.unwrap_or_else(|error| panic!("{error}\n{}", shown())),
            };
            let after = edited.text;
            let shown = || format!("{}\n---\n{after}", shown());
            assert_eq!(meaning(&after), wanted, "{}", shown());
            let ours = plain(&yaml::read(FileId(0), &after, Limits::MANIFEST).expect("readable"));
            let theirs: Reader = serde_yaml::from_str(after.trim_start_matches('\u{feff}'))
                .unwrap_or_else(|e| panic!("{e}\n{}", shown()));
            assert_eq!(ours, plain_of_reader(&theirs), "{}", shown());
            let (old, new) = (words(&text), words(&after));
            // comments inside of what goes
            let goes = matches!(
                change,
                Change::RemoveGroup(_)
                    | Change::Remove(_)
                    | Change::Select(..)
                    | Change::AddOptions(..)
                    | Change::RemoveOptions(..)
            );
            let of_line = |word: &str| goes && word.starts_with("#o");
            let of_comment = |word: &str| "# What it is for and more - x".split(' ').any(|part| part == word);
            for word in old.keys().chain(new.keys()) {
                let same = old.get(word) == new.get(word);
                assert!(
                    same || is_of_edits(word) || of_comment(word) || of_line(word),
                    "`{word}`: {}",
                    shown()
                );
            }
            if draw.one_in(4) {
                let twice = run(&after, &change).map_or_else(|_| after.clone(), |edited| edited.text);
                assert_eq!(twice, after, "{}", shown());
            }
            if after == text {
                assert_eq!(wanted, before, "{}", shown());
                continue;
            }
            *done
                .entry(format!("{change:?}").split('(').next().unwrap_or_default().to_owned())
                .or_default() += 1;
            if let Some(back) = back.filter(|_| is_new(&before, &change)) {
                let returned = run(&after, &back).unwrap_or_else(|error| panic!("{error}\n{}", shown())).text;
                assert_eq!(meaning(&returned), before, "{}\n---\n{returned}", shown());
                let same = essence(&returned) == essence(&text) || has_long_forms(&text) || lists(&change);
                assert!(same, "{}\n---\n{returned}", shown());
                // with the trail of the edits, every byte is what it was
                let mut trail = Trail::default();
                trail.note(&text, &after);
                let returned = Trail::read(trail.text().as_bytes()).as_it_was(&after, returned);
                assert_eq!(returned, text, "{}", shown());
            }
        }
    }
    assert!(done.values().all(|times| *times > 100) && done.len() == 19, "{done:?}");
    assert!(refused < 50, "{refused}");
}

/// Whether a single name or mode stands in braces of its own, or something is empty, which what is taken back shortens.
fn has_long_forms(text: &str) -> bool {
    let bare = text.replace(['"', '\''], "");
    let names = PACKAGES
        .iter()
        .chain(&CONTAINERS)
        .flat_map(|name| [format!("{{name: {name}}}"), format!("{{{name}: {{}}}}")]);
    let modes = ["dev", "prod"].map(|mode| format!(": {{mode: {mode}}}"));
    let nothing = |line: &str| {
        let entry = line.split('#').next().unwrap_or_default().trim().trim_start_matches("- ");
        PACKAGES
            .iter()
            .chain(&CONTAINERS)
            .any(|name| entry.strip_prefix(name).is_some_and(|rest| matches!(rest, ":" | ": {}")))
    };
    bare.contains("exclude: []")
        || bare.lines().any(nothing)
        || names.chain(modes).any(|long| bare.contains(&long))
}

/// Whether it makes a list that is not there, which is left empty when it is taken back.
fn lists(change: &Change) -> bool {
    matches!(change, Change::Add(..) | Change::AddOptions(..))
}

/// A text without what an edit and its reverse may leave: `{}` where nothing stood.
fn essence(text: &str) -> String {
    text.replace(": {}", ":")
}

/// Whether a change sets what was not set at all, so that taking it back gives what was there.
fn is_new(before: &Meaning, change: &Change) -> bool {
    let line = |group: &GroupFacts| before.lines.get(&group.id);
    let unset = |id: &ComponentId, key| {
        // a constraint that demands nothing goes with the last pin
        let target = TargetId::Component(id.clone());
        let says_nothing = before.constraints.iter().any(|(own, pins)| *own == target && pins.is_empty());
        !says_nothing && before.clone().all_of(id).iter().all(|pins| !pins.contains_key(key))
    };
    match change {
        Change::SetMode(id, ..) => unset(id, "mode"),
        Change::SetVersion(id, ..) => unset(id, "version"),
        Change::SetProfile(id, ..) => unset(id, "profile"),
        Change::SetPorts(id, ..) => {
            let items = before.items_of(id);
            !items.is_empty() && items.iter().all(|item| item.ports.is_empty())
        }
        Change::GroupMode(group, _) => line(group).is_some_and(|line| !line.own.contains_key("mode")),
        Change::GroupProfile(group, _) => line(group).is_some_and(|line| !line.own.contains_key("profile")),
        Change::Exclude(group, _) => line(group).is_some_and(|line| line.exclude.is_empty()),
        Change::AddGroup(group) => line(group).is_none(),
        Change::Add(id, _) => before.items_of(id).is_empty(),
        Change::AddOptions(group, options) => {
            let has = |option: &&Name| {
                let selected = before.selected(group).into_iter().flatten();
                selected.into_iter().any(|item| item.name == option.as_str())
            };
            !group.one && before.selected(group).is_some() && !options.iter().any(|option| has(&option))
        }
        _ => false,
    }
}
