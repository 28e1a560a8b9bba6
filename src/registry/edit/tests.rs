//! Laws of edits over generated entries: the value is right to two readers, nothing else is touched, and what was added
//! can be removed again, byte for byte. And examples.

mod documents;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_yaml::Value as Reader;

use super::draft::OptionDraft;
use super::*;
use crate::diagnostic::any_error;
use crate::names::Kind;
use crate::place::Sources;
use crate::registry::{EntryFile, entry};
use crate::yaml::Value;
use documents::{Document, Draw, document};

/// How many entries; each gets every change of its kind.
const DOCUMENTS: u64 = 1_000;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn read(text: &str, kind: Kind, is_group: bool) -> Result<Entry, String> {
    let mut sources = Sources::new();
    let file = sources.add("demo.yaml", text);
    let (stem, registry) = ("demo".to_owned(), "local".to_owned());
    let from = EntryFile { file, kind, is_group, stem, registry, root: PathBuf::new() };
    match entry(&sources, &from) {
        (Some(entry), found) if !any_error(&found) => Ok(entry),
        (_, found) => Err(format!("{found:?}")),
    }
}

/// A value without places, mappings in one order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tree {
    Nothing,
    Text(String),
    List(Vec<Tree>),
    Map(BTreeMap<String, Tree>),
}

impl Tree {
    fn ours(text: &str) -> Self {
        fn of(node: &Node) -> Tree {
            match &node.value {
                Value::Null => Tree::Nothing,
                Value::Scalar { text, .. } => Tree::Text(text.clone()),
                Value::List(items) => Tree::List(items.iter().map(of).collect()),
                Value::Map(pairs) => Tree::Map(pairs.iter().map(|(k, v)| (k.text.clone(), of(v))).collect()),
            }
        }
        of(&yaml::read(FileId(0), text, Limits::ENTRY).expect("readable"))
    }

    /// As the other reader sees it; numbers and booleans as they are written in one way.
    fn theirs(text: &str) -> Self {
        fn of(value: &Reader) -> Tree {
            match value {
                Reader::Null => Tree::Nothing,
                Reader::Bool(value) => Tree::Text(value.to_string()),
                Reader::Number(value) => Tree::Text(value.to_string()),
                Reader::String(text) => Tree::Text(text.clone()),
                Reader::Sequence(items) => Tree::List(items.iter().map(of).collect()),
                Reader::Mapping(map) => {
                    let key = |key: &Reader| key.as_str().expect("a text").to_owned();
                    Tree::Map(map.iter().map(|(k, v)| (key(k), of(v))).collect())
                }
                Reader::Tagged(_) => panic!("no tags"),
            }
        }
        of(&serde_yaml::from_str(text.trim_start_matches('\u{feff}')).expect("readable to the other reader"))
    }

    fn map(&mut self) -> &mut BTreeMap<String, Tree> {
        let Self::Map(map) = self else { panic!("a mapping: {self:?}") };
        map
    }

    fn list(&mut self, key: &str) -> &mut Vec<Tree> {
        let place = self.map().entry(key.to_owned()).or_insert(Self::Nothing);
        if *place == Self::Nothing {
            *place = Self::List(Vec::new());
        }
        let Self::List(items) = place else { panic!("a list: {place:?}") };
        items
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Map(map) => map.get(key)?.text(key),
            _ => None,
        }
    }

    fn of_out(out: &Out) -> Self {
        match out {
            Out::Null => Self::Nothing,
            Out::Bool(value) => Self::Text(value.to_string()),
            Out::Int(value) => Self::Text(value.to_string()),
            Out::Float(value) => Self::Text(value.to_string()),
            Out::Str(text) | Out::Quoted(text) => Self::Text(text.clone()),
            Out::List(items) => Self::List(items.iter().map(Self::of_out).collect()),
            Out::Map(pairs) => Self::Map(pairs.iter().map(|(k, v)| (k.clone(), Self::of_out(v))).collect()),
            Out::Commented(_, value) => Self::of_out(value),
        }
    }

    /// No further release is an empty list or, where each had its own line, no key.
    fn without_empty(mut self) -> Self {
        let nothing = [Some(Self::List(Vec::new())), Some(Self::Nothing)];
        if nothing.contains(&self.map().get("releases").cloned()) {
            self.map().remove("releases");
        }
        self
    }

    /// What a change has to make of it.
    fn after(mut self, change: &EntryChange) -> Self {
        match change {
            EntryChange::AddOption(name, option) => {
                let last = self.list("options").last();
                let bare = option.is_empty() && matches!(last, Some(Self::Text(_)));
                let item =
                    if bare { Self::Text(name.to_string()) } else { Self::of_out(&option.to_out(name)) };
                self.list("options").push(item);
            }
            EntryChange::RemoveOption(name) => {
                let own = Some(name.as_str());
                self.list("options").retain(|item| item.text("name") != own);
                let default = self.map().get_mut("default");
                let emptied = match default {
                    Some(Self::List(items)) => {
                        let before = items.len();
                        items.retain(|item| item.text("") != own);
                        items.is_empty() && before > 0
                    }
                    Some(Self::Text(text)) => Some(text.as_str()) == own,
                    _ => false,
                };
                if emptied {
                    self.map().remove("default");
                }
            }
            EntryChange::AddRelease(_, release) => self.list("releases").push(Self::of_out(release)),
            EntryChange::RemoveRelease(version) => {
                self.list("releases").retain(|item| item.text("version") != Some(version.as_str()));
            }
        }
        self
    }
}

/// Every change that makes sense for an entry, and for what is added how to remove it.
fn changes(of: &Document, draw: &mut Draw) -> Vec<(EntryChange, Option<EntryChange>)> {
    let mut out = Vec::new();
    if of.is_group {
        let new = name(draw.pick(&["on", "new-one", "12e3", "No"]));
        let plain = || vec![("container:redis".to_owned(), Out::str("*"))];
        let drafts = [
            OptionDraft::default(),
            OptionDraft { description: Some(draw.pick(&TEXTS).to_owned()), ..OptionDraft::default() },
            OptionDraft {
                implies: plain(),
                conflicts: vec![("package:x".to_owned(), Out::str("<2"))],
                ..OptionDraft::default()
            },
        ];
        for draft in drafts {
            let back = EntryChange::RemoveOption(new.clone());
            out.push((EntryChange::AddOption(new.clone(), draft), Some(back)));
        }
        let others = of.options.iter().filter(|_| of.options.len() > 1);
        out.extend(others.map(|own| (EntryChange::RemoveOption(name(own)), None)));
    } else {
        let version = draw.pick(&["2.10", "1e3", "12:30", "3.0.0rc1", "0x1F"]);
        let mut keys = vec![("version".to_owned(), Out::str(version))];
        if of.kind == Kind::Package {
            let text = Out::str(draw.pick(&[">=3.11", "==3.11.*"]));
            keys.push(("requires_python".to_owned(), text));
            if draw.one_in(2) {
                let local =
                    [("type", Out::str("local")), ("path", Out::str("./x")), ("editable", Out::Bool(true))];
                let local = local.map(|(key, value)| (key.to_owned(), value)).to_vec();
                keys.push(("sources".to_owned(), Out::Map(vec![("dev".to_owned(), Out::Map(local))])));
            }
        } else {
            keys.push(("ports".to_owned(), Out::List(vec![Out::quoted("80:80"), Out::quoted("22:22")])));
            let env = [("A", Out::quoted("on")), ("B", Out::quoted(draw.pick(&TEXTS)))];
            let env = env.map(|(key, value)| (key.to_owned(), value)).to_vec();
            keys.push(("env".to_owned(), Out::Map(env)));
        }
        let version = Version::parse(version);
        let back = EntryChange::RemoveRelease(version.clone());
        out.push((EntryChange::AddRelease(version, Out::Map(keys)), Some(back)));
        for own in &of.releases {
            out.push((EntryChange::RemoveRelease(Version::parse(own)), None));
        }
    }
    out
}

/// Texts that have to be quoted somehow.
const TEXTS: [&str; 6] = ["Plain words", "a: b # c", "yes", "[x]", "tab\tand \"quotes\"", "été: 1_000"];

/// Whether a text is another one with one piece put into it.
fn is_insertion(before: &str, after: &str) -> bool {
    let (before, after) = (before.as_bytes(), after.as_bytes());
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let end = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    start + end >= before.len() && after.len() > before.len()
}

/// Whether a text is another one with pieces taken out.
fn is_removal(before: &str, after: &str) -> bool {
    let mut left = before.chars();
    after.chars().all(|c| left.any(|own| own == c))
}

#[test]
fn an_edit_means_what_it_says_and_touches_nothing_else() {
    let mut done = BTreeMap::<String, u32>::new();
    for seed in 0..DOCUMENTS {
        let mut draw = Draw::new(seed);
        let of = document(&mut draw);
        let text = of.text.as_str();
        let before = read(text, of.kind, of.is_group).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        assert_eq!(Tree::ours(text), Tree::theirs(text), "seed {seed}\n{text}");
        for (change, back) in changes(&of, &mut draw) {
            let shown = || format!("seed {seed}: {change:?}\n{text}");
            let after = edit(text, &before, &change).unwrap_or_else(|e| panic!("{e}\n{}", shown())).text;
            let shown = || format!("{}\n---\n{after}", shown());
            let wanted = Tree::theirs(text).after(&change).without_empty();
            assert_eq!(Tree::ours(&after).without_empty(), wanted, "{}", shown());
            assert_eq!(Tree::theirs(&after).without_empty(), wanted, "{}", shown());
            let read_again = read(&after, of.kind, of.is_group);
            let entry = read_again.unwrap_or_else(|e| panic!("{e}\n{}", shown()));
            let kind = format!("{change:?}").split('(').next().unwrap_or_default().to_owned();
            *done.entry(format!("{kind} of {:?}", of.kind)).or_default() += 1;
            let Some(back) = back else {
                let cut = after.replace(" []", "");
                assert!(is_removal(text, &after) || is_removal(text, &cut), "{}", shown());
                for comment in of.comments_apart_from(&change) {
                    assert!(after.contains(&comment), "`{comment}` went: {}", shown());
                }
                continue;
            };
            assert!(is_insertion(text, &after) || of.has_tilde, "{}", shown());
            assert!(edit(&after, &entry, &change).is_err(), "twice: {}", shown());
            let returned = edit(&after, &entry, &back).unwrap_or_else(|e| panic!("{e}\n{}", shown())).text;
            if of.has_empty_key {
                assert_eq!(Tree::ours(&returned).list("releases").len(), 0, "{}", shown());
            } else {
                assert_eq!(returned, text, "{}", shown());
            }
        }
    }
    assert!(done.len() == 8 && done.values().all(|times| *times > 100), "{done:?}");
}

#[test]
fn a_value_from_elsewhere_is_not_edited_and_the_refusal_says_what_to_do() {
    let text = "name: demo\nx-all: &all [a, b]\nstrategy: 1-of-N\noptions: *all\n";
    let entry = read(text, Kind::Container, true).expect("an entry");
    let change = EntryChange::AddOption(name("c"), OptionDraft::default());
    let error = edit(text, &entry, &change).expect_err("refused").to_string();
    assert!(error.contains("anchor") && error.contains("add `c` to the list `options` by hand"), "{error}");
}

#[test]
fn what_is_not_there_cannot_be_removed_and_the_own_release_stays() {
    let text = "name: demo\nversion: 1.0.0\nsources: {prod: {type: pypi}}\nreleases: [{version: 1.1.0}]\n";
    let entry = read(text, Kind::Package, false).expect("an entry");
    let remove = |version: &str| edit(text, &entry, &EntryChange::RemoveRelease(Version::parse(version)));
    let error = remove("3").expect_err("refused").to_string();
    assert_eq!(error, "there is no release 3; its releases: 1.0.0, 1.1.0");
    assert!(matches!(remove("1.0"), Err(EntryEditError::OwnRelease(_))), "{:?}", remove("1.0"));
    assert!(remove("1.1.0").expect("removed").text.ends_with("releases: []\n"));
    let option = EntryChange::RemoveOption(name("x"));
    assert_eq!(edit(text, &entry, &option), Err(EntryEditError::Kind));
}

#[test]
fn a_new_entry_is_read_as_it_was_meant_by_two_readers() {
    use draft::{CommonDraft, GroupDraft};
    for text in TEXTS {
        let group = GroupDraft {
            id: crate::names::GroupId::new(Kind::Container, &name("demo")),
            common: CommonDraft {
                description: Some(text.to_owned()),
                owner: Some("on".to_owned()),
                tags: vec!["12:30".to_owned(), text.to_owned()],
                docs: None,
                others: vec![("x-more".to_owned(), crate::yaml::Out::strs([text]))],
            },
            strategy: crate::manifest::Strategy::Many,
            min: Some(0),
            max: None,
            default: vec!["redis".to_owned()],
            comment: Some(text.to_owned()),
            extends: None,
            options: vec![(name("redis"), OptionDraft::default()), (name("no"), OptionDraft::default())],
        };
        let written = group.entry();
        let Ok(Entry::Group(entry)) = read(&written, Kind::Container, true) else { panic!("{written}") };
        let description = entry.common.description.as_ref().map(|text| text.value.as_str());
        assert_eq!((description, entry.options.len()), (Some(text), 2), "{written}");
        assert_eq!(Tree::ours(&written), Tree::theirs(&written), "{written}");
    }
}
