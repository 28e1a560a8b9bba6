//! Laws of edits over generated manifests: the value is right to two readers, nothing else is touched, what is set can
//! be removed again, and doing it twice is doing it once.

mod documents;
mod meaning;

use std::collections::BTreeMap;

use serde_yaml::Value as Reader;

use documents::{CONTAINERS, Draw, PACKAGES, document};
use meaning::{Meaning, meaning};

use super::super::*;
use crate::yaml::Value;

/// How many manifests; each gets a change of every sort.
const DOCUMENTS: u64 = 1_000;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn facts(kind: Kind, group: &str) -> GroupFacts {
    let comment = Some("What it is for\n\nand more".to_owned());
    GroupFacts {
        id: GroupId::new(kind, &name(group)),
        one: false,
        default: Vec::new(),
        comment,
        shared: false,
    }
}

/// A change of every new sort, and for each what takes it back.
fn changes(before: &Meaning, draw: &mut Draw) -> Vec<(Change, Option<Change>)> {
    let kind = [Kind::Package, Kind::Container][draw.below(2) as usize];
    let own = name(draw.pick(if kind == Kind::Package { &PACKAGES } else { &CONTAINERS }));
    let id = ComponentId::new(kind, &own);
    let container = name(draw.pick(&CONTAINERS));
    let running = ComponentId::new(Kind::Container, &container);
    let group = match draw.below(3) {
        0 => facts(Kind::Package, "client"),
        1 => facts(Kind::Container, "infra"),
        _ => facts(Kind::Container, "tools"),
    };
    let infra = facts(Kind::Container, "infra");
    let mode = [Mode::Dev, Mode::Prod][draw.below(2) as usize];
    let version = VersionDemand::parse(draw.pick(&[">=1,<2", "1.10", "==2.*"])).expect("a demand");
    let profile = name(draw.pick(&["small", "on"]));
    let ports: Vec<String> = draw.some(&["15432:5432", "80:80"]).into_iter().map(str::to_owned).collect();
    let options = |names: &[&str]| names.iter().map(|n| name(n)).collect::<Vec<_>>();
    let of_group = options(&draw.some(if group.id.kind == Kind::Package { &PACKAGES } else { &CONTAINERS }));
    let pair = |set: Change, unset: Change| [(set, Some(unset.clone())), (unset, None)];
    let mut out = Vec::new();
    out.extend(pair(
        Change::SetMode(id.clone(), own.clone(), Some(mode)),
        Change::SetMode(id.clone(), own.clone(), None),
    ));
    out.extend(pair(
        Change::SetVersion(id.clone(), own.clone(), Some(version)),
        Change::SetVersion(id, own, None),
    ));
    out.extend(pair(
        Change::SetProfile(running.clone(), container.clone(), Some(profile.clone())),
        Change::SetProfile(running.clone(), container.clone(), None),
    ));
    out.extend(pair(
        Change::SetPorts(running.clone(), container.clone(), ports),
        Change::SetPorts(running, container, Vec::new()),
    ));
    out.extend(pair(Change::GroupMode(group.clone(), Some(mode)), Change::GroupMode(group.clone(), None)));
    out.extend(pair(Change::GroupProfile(infra.clone(), Some(profile)), Change::GroupProfile(infra, None)));
    if !of_group.is_empty() {
        out.extend(pair(
            Change::Exclude(group.clone(), of_group.clone()),
            Change::Include(group.clone(), of_group),
        ));
    }
    for (id, line) in &before.lines {
        let selected: Vec<&str> = line.selection.iter().flatten().map(|item| item.name.as_str()).collect();
        let gone = options(&draw.some(&selected));
        let of_it = facts(id.kind, id.name.as_str());
        out.extend((!gone.is_empty()).then_some((Change::RemoveOptions(of_it, gone), None)));
        let excluded: Vec<&str> = line.exclude.iter().map(String::as_str).collect();
        let options = options(&draw.some(&excluded));
        let group = facts(id.kind, id.name.as_str());
        out.extend((!options.is_empty()).then_some((Change::Include(group, options), None)));
    }
    out.extend(pair(Change::AddGroup(group.clone()), Change::RemoveGroup(group.clone())));
    out.extend(selections(&group, draw));
    out.extend(listing(draw));
    out.push((Change::Mode(mode), None));
    out
}

/// Changes of a selection.
fn selections(group: &GroupFacts, draw: &mut Draw) -> Vec<(Change, Option<Change>)> {
    let group = GroupFacts { one: draw.one_in(2), ..group.clone() };
    let names = if group.id.kind == Kind::Package { &PACKAGES } else { &CONTAINERS };
    let some = |draw: &mut Draw| -> Vec<Name> {
        let all = if group.one { vec![draw.pick(names)] } else { draw.some(names) };
        all.into_iter().map(name).collect()
    };
    let (selected, added, removed) = (some(draw), some(draw), some(draw));
    let mut out = vec![(Change::Select(group.clone(), selected), None)];
    if !added.is_empty() {
        let back = Change::RemoveOptions(group.clone(), added.clone());
        out.push((Change::AddOptions(group.clone(), added), Some(back)));
    }
    if !removed.is_empty() {
        out.push((Change::RemoveOptions(group, removed), None));
    }
    out
}

/// Changes of what is listed, and of what only an item can say.
fn listing(draw: &mut Draw) -> Vec<(Change, Option<Change>)> {
    let mut out = Vec::new();
    for kind in [Kind::Package, Kind::Container] {
        let own = name(draw.pick(if kind == Kind::Package { &PACKAGES } else { &CONTAINERS }));
        let id = ComponentId::new(kind, &own);
        let settings = match kind {
            Kind::Package => {
                vec![
                    Setting::Extras(vec!["io".to_owned(), "no".to_owned()]),
                    Setting::Marker("os_name == 'nt'".to_owned()),
                ]
            }
            Kind::Container => vec![
                Setting::Volumes(vec!["data:/data".to_owned()]),
                Setting::Env(vec![("ON".to_owned(), "yes".to_owned()), ("N".to_owned(), "010".to_owned())]),
                Setting::Image("a/b:1.10".to_owned()),
            ],
        };
        let sets = settings.into_iter().map(|set| (Change::Set(id.clone(), own.clone(), set), None));
        out.extend(sets);
        out.push((Change::Remove(id.clone()), None));
        out.push((Change::Add(id.clone(), own), Some(Change::Remove(id))));
    }
    out
}

/// A value as text, mappings in one order.
fn plain(node: &Node) -> String {
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

fn plain_of_reader(value: &Reader) -> String {
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
    assert!(done.values().all(|times| *times > 100) && done.len() == 17, "{done:?}");
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

fn run(text: &str, change: &Change) -> Result<Edited, EditError> {
    edit(text, &read_text(text).expect("a manifest"), change)
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
