//! A registry that is added to the list, over generated manifests: the list means to two readers what it should, and
//! every byte that was there stays.

use hsm::manifest::edit::{NewRegistry, NewSource, add_registry};
use hsm::manifest::{GitRefKind, RegistrySource, read};
use hsm::names::Name;
use hsm::place::{FileId, Sources};
use hsm::yaml::{self, Limits};
use serde_yaml::Value as Reader;

use crate::documents::{Draw, document};
use crate::laws::{plain, plain_of_reader};

/// How many manifests.
const DOCUMENTS: u64 = 1_000;

/// The ways in which registries are listed, each with what they say; the last ones list none.
const LISTED: [(&str, &[&str]); 12] = [
    ("registry: ./a", &["a"]),
    ("registry: \"./a\"  # ours", &["a"]),
    ("registry: './a # b'", &["a # b"]),
    ("registry: ./a, b", &["a, b"]),
    ("registry: {name: x, path: ./a}  # ours", &["x a"]),
    ("registry: [./a, {path: ./b}]  # both", &["a", "b"]),
    ("registry: [\n    ./a,  # one\n    ./b\n  ]", &["a", "b"]),
    ("registry:\n- ./a\n# between\n- path: ./b\n  name: y  # here", &["a", "y b"]),
    ("registry:  # of these\n    - ./a\n\n    - './b'", &["a", "b"]),
    ("registry: []", &[]),
    ("registry: [ ]  # none yet", &[]),
    ("x-registry: ./none", &[]),
];

fn registries(text: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let file = sources.add("hsm.yaml", text);
    let (manifest, found) = read(&sources, file);
    assert!(found.is_empty(), "{found:?}\n{text}");
    let said = manifest.expect("a manifest").registry.into_iter().map(|registry| {
        let name = registry.name.map(|name| format!("{} ", name.value)).unwrap_or_default();
        let place = match registry.source {
            RegistrySource::Path(path) => path.value.trim_start_matches("./").to_owned(),
            RegistrySource::Git { url, reference } => {
                format!("{} {:?}", url.value, reference.map(|(kind, text)| (kind, text.value)))
            }
        };
        format!("{name}{place}")
    });
    said.collect()
}

fn new(draw: &mut Draw) -> (NewRegistry, String) {
    let name = draw.one_in(2).then(|| Name::parse(draw.pick(&["corp", "on", "12e3"])).expect("a name"));
    let (source, place) = if draw.one_in(3) {
        let reference = draw.one_in(2).then(|| (GitRefKind::Tag, "1.10".to_owned()));
        let url = "https://git.example.org/r.git".to_owned();
        let place = format!("{url} {reference:?}");
        (NewSource::Git(url, reference), place)
    } else {
        let path = draw.pick(&["../beside", "./new", "./with space # x", "./é, [b]"]).to_owned();
        let place = path.trim_start_matches("./").to_owned();
        (NewSource::Path(path), place)
    };
    let said = format!("{}{place}", name.as_ref().map(|name| format!("{name} ")).unwrap_or_default());
    (NewRegistry { name, source, usual: None }, said)
}

/// Whether all of a text stands in another one, in its order.
fn is_within(text: &str, longer: &str) -> bool {
    let mut left = longer.chars();
    text.chars().all(|c| left.any(|own| own == c))
}

#[test]
fn a_registry_is_added_to_the_list_and_every_byte_stays() {
    for seed in 0..DOCUMENTS {
        let mut draw = Draw::new(seed);
        let (listed, before) = LISTED[draw.below(LISTED.len() as u64) as usize];
        let text = document(&mut draw);
        let line = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let first = text.find("project: {name: demo}").expect("a project");
        let (head, tail) = text.split_at(first);
        let text = format!("{head}{}{line}{tail}", listed.replace('\n', line));
        assert_eq!(registries(&text), before, "{text}");
        let (mut new, said) = new(&mut draw);
        let mut wanted: Vec<String> = before.iter().map(|&one| one.to_owned()).collect();
        if before.is_empty() && draw.one_in(2) {
            new.usual = Some("./usual".to_owned());
            wanted.push("usual".to_owned());
        }
        wanted.push(said);
        let shown = || format!("seed {seed}: {new:?}\n{text}");
        let after = add_registry(&text, &new).unwrap_or_else(|error| panic!("{error}\n{}", shown())).text;
        let shown = || format!("{}\n---\n{after}", shown());
        assert_eq!(registries(&after), wanted, "{}", shown());
        let ours = plain(&yaml::read(FileId(0), &after, Limits::MANIFEST).expect("readable"));
        let theirs: Reader = serde_yaml::from_str(after.trim_start_matches('\u{feff}'))
            .unwrap_or_else(|error| panic!("{error}\n{}", shown()));
        assert_eq!(ours, plain_of_reader(&theirs), "{}", shown());
        assert!(is_within(&text, &after), "{}", shown());
    }
}
