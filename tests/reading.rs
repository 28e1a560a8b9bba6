//! Reading both formats: good files of every key, and what is said about bad ones.

use std::path::{Path, PathBuf};

use hsm::diagnostic::Diagnostic;
use hsm::manifest;
use hsm::names::{Kind, TargetId};
use hsm::place::Sources;
use hsm::registry::{Entry, Registries, RegistryDir};
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
