//! Reading both formats: good files of every key, and what is said about bad ones.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that goes wrong should stop there")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hsm::diagnostic::Diagnostic;
use hsm::manifest;
use hsm::names::{Kind, TargetId};
use hsm::place::Sources;
use hsm::registry::{Entry, EntryFile, Registries, RegistryDir, entry};
use hsm::world::Real;

fn shown(sources: &Sources, diagnostics: &[Diagnostic]) -> Vec<String> {
    let line = |d: &Diagnostic| {
        let place = d.place.map(|p| sources.position(p).to_string()).unwrap_or_default();
        format!("{place} {} {}", d.finding.code(), d.finding)
    };
    diagnostics.iter().map(line).collect()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Reads a project whole: the manifest, and every entry of its registry.
fn read_all(root: &Path) -> (Sources, usize, Vec<Entry>, Vec<String>) {
    let world = Real::new().unwrap();
    let mut sources = Sources::new();
    let text = std::fs::read_to_string(root.join("hsm.yaml")).unwrap();
    let file = sources.add("hsm.yaml", text);
    let (manifest, mut diagnostics) = manifest::read(&sources, file);
    assert!(manifest.is_some(), "{:?}", shown(&sources, &diagnostics));
    let dirs = [RegistryDir { name: None, path: "hsm-registry".into(), place: None }];
    let (mut registries, found) = Registries::open(&dirs, root, &world, &mut sources);
    diagnostics.extend(found);
    assert_eq!(registries.opened(), 0);
    let mut entries = Vec::new();
    for (kind, is_group) in
        [(Kind::Package, false), (Kind::Container, false), (Kind::Package, true), (Kind::Container, true)]
    {
        for name in registries.names(kind, is_group) {
            let id = format!("{kind}{}:{name}", if is_group { "_group" } else { "" });
            let id = TargetId::parse(&id).unwrap();
            assert!(registries.contains(&id));
            match registries.load(&id, &mut sources) {
                Ok(entry) => entries.push(entry.expect("it was listed").as_ref().clone()),
                Err(found) => diagnostics.extend(found),
            }
        }
    }
    let said = shown(&sources, &diagnostics);
    (sources, registries.opened(), entries, said)
}

#[test]
fn a_project_that_uses_every_key_is_read_without_a_word() {
    let (_, opened, entries, said) = read_all(&folder("tests/reading/full"));
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(opened, entries.len());
    assert_eq!(entries.len(), 7);
}

#[test]
fn the_example_is_read_without_a_word() {
    let (_, opened, entries, said) = read_all(&folder("registry-fixtures/rag-stack"));
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(opened, entries.len());
}

/// What is said about one text, as people would be told.
fn told(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for d in diagnostics {
        let place = sources.position(d.place.expect("what is wrong in a text has a place"));
        let severity = format!("{:?}", d.severity).to_lowercase();
        let _ =
            writeln!(out, "{}:{} {severity} {}: {}", place.line, place.column, d.finding.code(), d.finding);
        for related in &d.related {
            let place = sources.position(related.place);
            let _ = writeln!(out, "    {}:{} {}", place.line, place.column, related.what);
        }
        if let Some(help) = d.finding.help() {
            let _ = writeln!(out, "    help: {help}");
        }
    }
    out
}

/// Reads a text as the manifest or as an entry called `entry` of a folder.
fn read_as(kind: &str, sources: &mut Sources, text: &str) -> (bool, Vec<Diagnostic>) {
    let file = sources.add("entry.yaml", text);
    if kind == "manifest" {
        let (manifest, found) = manifest::read(sources, file);
        return (manifest.is_some(), found);
    }
    let from = EntryFile {
        file,
        kind: if kind.starts_with("package") { Kind::Package } else { Kind::Container },
        is_group: kind.ends_with("_group"),
        stem: "entry".into(),
        registry: "r".into(),
        root: PathBuf::new(),
    };
    let (entry, found) = entry(sources, &from);
    (entry.is_some(), found)
}

/// Each case of `tests/reading/bad/*.txt`: a text, and what is said about it. `HSM_BLESS=1` writes what is said now.
#[test]
fn every_mistake_is_told_with_its_place_and_what_to_do() {
    let bless = std::env::var_os("HSM_BLESS").is_some();
    for kind in ["manifest", "package", "container", "package_group", "container_group"] {
        let path = folder("tests/reading/bad").join(format!("{kind}.txt"));
        let golden = std::fs::read_to_string(&path).unwrap();
        let mut now = String::new();
        for case in golden.split("=== ").skip(1) {
            let (title, rest) = case.split_once('\n').unwrap();
            let text = rest.split("--- said\n").next().unwrap();
            let mut sources = Sources::new();
            let (_, found) = read_as(kind, &mut sources, text);
            assert!(!found.is_empty(), "{kind}: {title}: nothing is said");
            let _ = write!(now, "=== {title}\n{text}--- said\n{}", told(&sources, &found));
        }
        if bless {
            std::fs::write(&path, now).unwrap();
        } else {
            assert_eq!(now, golden, "{kind}");
        }
    }
}

/// A small generator with a fixed seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// One to four small damages.
fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    const BITS: &[&str] = &[
        "\n", " ", "  ", ":", ": ", "- ", "[", "]", "{", "}", "\"", "'", "#", "&a ", "*a", "<<: ", "!",
        "!!int ", "|", ">", "\t", "~", "null", "true", "-1", "\u{feff}", "---\n", "...\n", "%", "@", "é",
        "\u{0}", "\r", ",", "=", "/", "..",
    ];
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len() + 1);
        let end = (at + dice.roll(12)).min(bytes.len());
        match dice.roll(6) {
            0 if at < bytes.len() => bytes[at] = dice.roll(256) as u8,
            1 => drop(bytes.drain(at..end)),
            2 => {
                let part = bytes[at..end].to_vec();
                let to = dice.roll(bytes.len() + 1);
                bytes.splice(to..to, part);
            }
            3 => bytes.truncate(at.max(1)),
            _ => drop(bytes.splice(at..at, BITS[dice.roll(BITS.len())].bytes())),
        }
    }
}

/// Whatever both our reader and the independent one can read has the same shape and the same texts in both.
fn agrees(text: &str) {
    // The other reader keeps tags and leaves `<<` as a key.
    if ["<<", "!", "\u{feff}"].iter().any(|odd| text.contains(odd)) {
        return;
    }
    let text = format!("{text}\n");
    let theirs: Result<serde_yaml::Value, _> = serde_yaml::from_str(&text);
    let ours = hsm::yaml::read(hsm::place::FileId(0), &text, hsm::yaml::Limits::ENTRY);
    if let (Ok(theirs), Ok(ours)) = (theirs, ours) {
        assert!(same(&ours, &theirs), "{ours:?}\n{theirs:?}\n{text}");
    }
}

fn same(ours: &hsm::yaml::Node, theirs: &serde_yaml::Value) -> bool {
    use hsm::yaml::Value;
    use serde_yaml::Value as Theirs;
    match (&ours.value, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Scalar { text, .. }, Theirs::String(other)) => text == other,
        (Value::Scalar { plain, .. }, Theirs::Number(_)) => *plain,
        (Value::Scalar { text, plain }, Theirs::Bool(b)) => *plain && text.to_lowercase() == b.to_string(),
        (Value::List(a), Theirs::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Theirs::Mapping(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|((k, v), (l, w))| {
                    // A key that the other reader takes for a number is its source text here.
                    (l.as_str().is_none() || l.as_str() == Some(&k.text)) && same(v, w)
                })
        }
        _ => false,
    }
}

/// `HSM_LAWS=10` tries ten times as many.
#[test]
fn ten_thousand_damaged_files_never_panic_and_what_is_said_has_a_place() {
    let times: usize = std::env::var("HSM_LAWS").ok().and_then(|v| v.parse().ok()).unwrap_or(1);
    let mut good = Vec::new();
    for root in ["tests/reading/full", "registry-fixtures/rag-stack"] {
        let root = folder(root);
        good.push(("manifest", std::fs::read(root.join("hsm.yaml")).unwrap()));
        for kind in ["package", "container", "package_group", "container_group"] {
            for file in std::fs::read_dir(root.join(format!("hsm-registry/{kind}s"))).unwrap() {
                good.push((kind, std::fs::read(file.unwrap().path()).unwrap()));
            }
        }
    }
    good.sort();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut wrong = 0;
    for _ in 0..10_000 * times {
        let (kind, bytes) = &good[dice.roll(good.len())];
        let mut bytes = bytes.clone();
        mutate(&mut bytes, &mut dice);
        let mut sources = Sources::new();
        let found = if let Err(said) = hsm::yaml::take(&mut sources, "f", &bytes, hsm::yaml::Limits::ENTRY) {
            vec![said]
        } else {
            sources = Sources::new();
            let text = String::from_utf8(bytes).unwrap();
            let (read, found) = read_as(kind, &mut sources, &text);
            assert!(read || !found.is_empty(), "nothing is read and nothing is said: {text}");
            agrees(&text);
            found
        };
        wrong += usize::from(!found.is_empty());
        for d in found {
            let place = d.place.expect("a place");
            let text = &sources.get(place.file).expect("its file").text;
            assert!(text.get(place.start as usize..place.end as usize).is_some(), "{d:?} in {text}");
            assert!(!d.finding.to_string().is_empty() && d.finding.code().starts_with("HSM-E"));
            let at = sources.position(place);
            assert!(at.line <= text.split('\n').count() && at.column >= 1);
        }
    }
    assert!(wrong > 5_000 * times, "only {wrong} were damaged at all");
}
