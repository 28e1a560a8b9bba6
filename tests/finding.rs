//! Finding entries: the order of registries, names that compare alike, near names, and what is opened on the way.

#![expect(clippy::unwrap_used, reason = "a test that goes wrong should stop there")]

use std::path::{Path, PathBuf};

use hsm::diagnostic::Diagnostic;
use hsm::load::{LoadOptions, load};
use hsm::names::{Kind, Name, TargetId};
use hsm::place::{FileId, Place, Sources};
use hsm::registry::{Registries, RegistryDir};
use hsm::world::{Call, Real, Rehearsal};
use tempfile::TempDir;

fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn id(text: &str) -> TargetId {
    TargetId::parse(text).unwrap()
}

fn dirs(paths: &[&str]) -> Vec<RegistryDir> {
    paths.iter().map(|p| RegistryDir { name: None, path: PathBuf::from(p), place: None }).collect()
}

/// Opens registries and gives them to the check, with all that was said.
fn with(root: &Path, paths: &[&str], check: impl FnOnce(&mut Registries<'_>, &mut Sources, Vec<Diagnostic>)) {
    let world = Real::new().unwrap();
    let mut sources = Sources::new();
    let (mut registries, found) = Registries::open(&dirs(paths), root, &world, &mut sources);
    check(&mut registries, &mut sources, found);
}

#[test]
fn of_ten_thousand_entries_only_those_that_are_asked_for_are_opened() {
    let dir = project(&[]);
    let folder = dir.path().join("r/packages");
    std::fs::create_dir_all(&folder).unwrap();
    for i in 0..10_000 {
        std::fs::write(folder.join(format!("p{i}.yaml")), format!("name: p{i}\n")).unwrap();
    }
    with(dir.path(), &["r"], |registries, sources, found| {
        assert!(found.is_empty());
        assert_eq!(registries.names(Kind::Package, false).len(), 10_000);
        assert!(registries.contains(&id("package:p77")) && !registries.contains(&id("container:p77")));
        assert_eq!(registries.opened(), 0);
        for _ in 0..3 {
            assert!(registries.load(&id("package:p77"), sources).unwrap().is_some());
            assert!(registries.load(&id("package:P78"), sources).unwrap().is_some());
            assert!(registries.load(&id("package:none"), sources).unwrap().is_none());
        }
        assert_eq!(registries.opened(), 2);
        assert_eq!(sources.len(), 2);
    });
}

/// What a project costs in a registry of any size: its large folders are listed once, and then no more, as long as no name
/// comes or goes.
#[test]
fn a_project_whose_names_are_all_there_lists_no_large_folder_again() {
    let entry = |number: usize| match number % 4 {
        0 => (
            format!("packages/P_{number}"),
            format!("name: p-{number}\nversion: 1\nimplies: {{\"container:c{}\": {{}}}}\n", number + 1),
        ),
        1 => (
            format!("containers/c{number}"),
            format!("name: c{number}\nsources: {{prod: {{type: docker-image, image: \"c:1\"}}}}\n"),
        ),
        2 => (
            format!("package_groups/g{number}"),
            format!("name: g{number}\nstrategy: 1-of-N\noptions: [p-{}]\n", number + 2),
        ),
        _ => (
            format!("container_groups/g{number}"),
            format!("name: g{number}\nstrategy: 1-of-N\noptions: [c{}]\n", number + 2),
        ),
    };
    let files = (0..4_800).map(|number| {
        let (file, text) = entry(number);
        (format!("hsm-registry/{file}.yaml"), text)
    });
    let manifest = "project: {name: a}\ndependencies: {packages: [p-8], package_groups: {g402: {}}}\nservices: {container_groups: {g7: {}}}\n";
    let world =
        Rehearsal::with(files.chain([("hsm.yaml".to_owned(), manifest.to_owned())])).at_time(i128::MAX / 2);
    let of = |world: &Rehearsal| {
        let inputs = load(&Rehearsal::root(), world, &LoadOptions::default()).unwrap();
        let listed = world.calls().into_iter().filter_map(|call| match call {
            Call::List(path) => {
                Some(path.strip_prefix(Rehearsal::root()).unwrap().to_str().unwrap().to_owned())
            }
            _ => None,
        });
        (inputs.entries.into_keys().collect::<Vec<_>>(), listed.collect::<Vec<_>>())
    };
    let folders = ["packages", "containers", "package_groups", "container_groups"];
    let folders = folders.map(|folder| format!("hsm-registry/{folder}"));
    let (entries, listed) = of(&world);
    assert!(entries.contains(&id("package:p-404")) && entries.contains(&id("container:c9")), "{entries:?}");
    assert_eq!(listed[1..], folders);
    let again = world.restarted();
    assert_eq!(of(&again), (entries.clone(), vec!["hsm-registry".to_owned()]));
    // a name that came is found, and only its folder is listed
    let next = again.restarted();
    next.change(|disk| {
        disk.write(&Rehearsal::root().join("hsm-registry/containers/C9.yaml"), b"name: C9\n").unwrap();
    });
    assert_eq!(of(&next), (entries, vec!["hsm-registry".to_owned(), folders[1].clone()]));
}

#[test]
fn the_first_registry_that_has_a_name_wins_and_the_hidden_entry_is_known() {
    let dir = project(&[
        ("one/registry.yaml", "name: first\n"),
        ("one/packages/My_Pkg.yaml", "name: my-pkg\nversion: 1\n"),
        ("two/packages/my-pkg.yaml", "name: my-pkg\nversion: 2\n"),
        ("two/packages/other.yaml", "name: other\n"),
        ("two/containers/redis.yaml", "name: redis\n"),
        ("two/containers/Redis.yaml", "name: Redis\n"),
    ]);
    with(dir.path(), &["one", "two"], |registries, sources, found| {
        assert!(found.is_empty());
        let name = |entry: hsm::registry::Entry| entry.common().registry.clone();
        let entry = registries.load(&id("package:my.pkg"), sources).unwrap().unwrap();
        assert_eq!(name(entry.as_ref().clone()), "first");
        let entry = registries.load_in("two", &id("package:my.pkg"), sources).unwrap().unwrap();
        assert_eq!(name(entry.as_ref().clone()), "two");
        let entry = registries.load(&id("package:other"), sources).unwrap().unwrap();
        assert_eq!(name(entry.as_ref().clone()), "two");
        assert_eq!(registries.hidden(), [(id("package:my-pkg"), "first", "two")]);
        assert!(registries.contains(&id("container:Redis")) && !registries.contains(&id("container:REDIS")));
        let names: Vec<_> = registries.dirs().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names, ["first", "two"]);
        assert_eq!(sources.get(FileId(1)).unwrap().path, "one/packages/My_Pkg.yaml");
    });
}

#[test]
fn what_was_meant_by_an_unknown_name_is_found() {
    let dir = project(&[
        ("r/packages/qdrant-adapter.yaml", "name: qdrant-adapter\n"),
        ("r/packages/new-name.yaml", "name: new-name\nrenamed_from: [Old_Name]\n"),
        ("r/containers/other.yml", "name: other\n"),
        ("r/containers/redis.yaml", "name: redis\n"),
        ("r/container_groups/cache.yaml", "name: cache\nstrategy: 1-of-N\noptions: [redis]\n"),
    ]);
    with(dir.path(), &["r"], |registries, sources, _| {
        let mut ask = |text: &str| {
            let file = sources.add("f", text);
            let place = Place { file, start: 0, end: text.len() as u32 };
            let said = registries.unknown(&id(text), place, sources);
            format!("{}; {}", said.finding, said.finding.help().unwrap())
        };
        assert_eq!(
            ask("package:qdrant-adaptor"),
            "there is no package `qdrant-adaptor`; did you mean `qdrant-adapter`?"
        );
        assert_eq!(
            ask("package:redis"),
            "there is no package `redis`; the registry has `container:redis`, which is of another kind"
        );
        assert_eq!(
            ask("container:cache"),
            "there is no container `cache`; the registry has `container_group:cache`, which is of another kind"
        );
        assert_eq!(
            ask("package:old.name"),
            "there is no package `old.name`; it is called `new-name` now: `hsm check --fix` writes that"
        );
        assert_eq!(
            ask("container:other"),
            "`r/containers/other.yml` is not read: an entry's file ends in `.yaml`; rename the file"
        );
        assert!(ask("package:zzzzzzzz").ends_with("it would be `packages/zzzzzzzz.yaml` in a registry"));
    });
}

#[test]
fn paths_start_where_the_registry_says() {
    let entry = "name: a\nsources: {dev: {type: local, path: x}}\n";
    let dir = project(&[
        ("p/plain/packages/a.yaml", entry),
        ("p/own/registry.yaml", "root: .\n"),
        ("p/own/packages/a.yaml", entry),
        ("team/registry.yaml", "root: code\n"),
        ("team/packages/a.yaml", entry),
    ]);
    for (registry, root) in [("plain", ""), ("own", "own"), ("../team", "../team/code")] {
        with(&dir.path().join("p"), &[registry], |registries, sources, found| {
            assert!(found.is_empty());
            let entry = registries.load(&id("package:a"), sources).unwrap().unwrap();
            assert_eq!(entry.common().root, Path::new(root));
        });
    }
}

#[test]
fn what_is_wrong_with_a_registry_is_said() {
    let dir = project(&[
        ("r/registry.yaml", "nam: x\nrequires_hsm: \">=99\"\nroot: /abs\n"),
        ("r/packages/a_b.yaml", "name: a_b\n"),
        ("r/packages/a-b.yaml", "name: a-b\n"),
        ("r/packages/big.yaml", &format!("name: big\n#{}", "x".repeat(2 << 20))),
        ("r/packages/broken.yaml", "name: broken\nversion: [\n"),
        ("r/packages/not a name.yaml", ""),
        ("r/packages/notes.txt", ""),
    ]);
    std::fs::write(dir.path().join("r/packages/bytes.yaml"), b"name: \xff\n").unwrap();
    with(dir.path(), &["r", "missing"], |registries, sources, found| {
        let codes: Vec<_> = found.iter().map(|d| d.finding.code()).collect();
        assert_eq!(codes, ["HSM-E020", "HSM-E040", "HSM-E073", "HSM-E070"]);
        let names: Vec<_> = registries.names(Kind::Package, false).iter().map(Name::to_string).collect();
        assert_eq!(names, ["a-b", "big", "broken", "bytes"]);
        let mut code = |text: &str| {
            let said = registries.load(&id(text), sources).unwrap_err();
            assert_eq!(said.len(), 1);
            said[0].finding.code()
        };
        assert_eq!(code("package:a.b"), "HSM-E072");
        assert_eq!(code("package:big"), "HSM-E003");
        assert_eq!(code("package:broken"), "HSM-E001");
        assert_eq!(code("package:bytes"), "HSM-E002");
    });
}

#[test]
fn a_group_is_looked_for_where_it_extends() {
    let group = "name: db\nstrategy: 1-of-N\noptions: [a]\n";
    let dir = project(&[
        ("one/package_groups/db.yaml", "name: db\nstrategy: 1-of-N\nextends: two/db\noptions: [b]\n"),
        ("two/package_groups/db.yaml", group),
    ]);
    with(dir.path(), &["one", "two"], |registries, sources, _| {
        assert!(registries.load(&id("package_group:db"), sources).unwrap().is_some());
        assert!(registries.load_in("two", &id("package_group:db"), sources).unwrap().is_some());
        assert!(registries.load_in("three", &id("package_group:db"), sources).unwrap().is_none());
        assert_eq!(registries.opened(), 2);
    });
}
