//! What nobody has used for a long time goes from the cache, and nothing else. Times of files are set back; nobody waits.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

use crate::place::Place;
use crate::runs::Run;
use crate::support::have;

/// Sets a file's time of change back by so many days.
fn set_back(path: &PathBuf, days: u64) {
    let then = SystemTime::now() - Duration::from_hours(24 * days);
    File::options().write(true).open(path).expect("a file").set_modified(then).expect("set back");
}

fn home(place: &Place) -> PathBuf {
    let mut homes = fs::read_dir(place.at("cache/registries")).expect("a cache").filter_map(Result::ok);
    homes.find(|home| home.path().is_dir()).expect("a registry").path()
}

fn pack(place: &Place, commit: &str) -> PathBuf {
    home(place).join(format!("{commit}.hsm-pack"))
}

/// A project whose lock holds a commit that is no tip any more, and the tip in the cache: both commits.
fn two() -> (Place, String, String) {
    let place = Place::new();
    let old = place.tip();
    place.run("project", &["lock"]).ends_with(0);
    let new = place.move_on("7.4");
    place.project("other", "branch: main");
    place.run("other", &["lock"]).ends_with(0);
    assert_eq!(place.packs().len(), 2);
    (place, old, new)
}

/// Fetches a new commit, on another day than the last.
fn fetch(place: &Place, tag: &str) {
    let looked = place.at("cache/registries-looked-for-unused");
    if looked.exists() {
        set_back(&looked, 2);
    }
    place.move_on(tag);
    place.project("third", "branch: main");
    let _none = fs::remove_file(place.at("third/hsm.lock"));
    place.run("third", &["lock"]).ends_with(0);
}

#[test]
fn what_nobody_used_for_long_goes_when_something_is_fetched_and_can_be_fetched_again() {
    if !have("cleaning", &["git"]) {
        return;
    }
    let (place, old, new) = two();
    set_back(&pack(&place, &old), 91);
    set_back(&pack(&place, &new), 89);
    fetch(&place, "7.5");
    assert!(!pack(&place, &old).exists(), "{:?}", place.packs());
    assert!(pack(&place, &new).exists(), "{:?}", place.packs());
    assert!(!home(&place).join("repository.git").exists(), "the objects of the commit are still there");
    let run = place.run("project", &["resolve", "--offline"]).ends_with(1);
    assert!(run.stderr.contains("HSM-E202") && run.stderr.contains(&old), "{}", run.text());
    place.run("project", &["resolve"]).ends_with(0);
    assert!(pack(&place, &old).exists());
}

#[test]
fn whoever_uses_it_keeps_it_also_without_the_network() {
    if !have("use", &["git"]) {
        return;
    }
    for args in [&["resolve"][..], &["resolve", "--offline"], &["registry", "list"], &["check"]] {
        let (place, old, new) = two();
        for commit in [&old, &new] {
            set_back(&pack(&place, commit), 200);
        }
        place.without_git("project", args).ends_with(0);
        fetch(&place, "7.5");
        assert!(pack(&place, &old).exists() && !pack(&place, &new).exists(), "{args:?}: {:?}", place.packs());
    }
}

#[test]
fn nothing_goes_without_a_fetch_twice_a_day_or_while_another_run_is_there() {
    if !have("when to clean", &["git"]) {
        return;
    }
    let (place, old, _) = two();
    // another registry will lie beside this one
    let (home, old) = (home(&place), pack(&place, &old));
    set_back(&old, 200);
    set_back(&place.at("cache/registries-looked-for-unused"), 2);
    for args in [&["resolve", "--offline"][..], &["lock"], &["resolve"], &["sync", "--frozen", "--dry-run"]] {
        place.without_git("other", args);
        assert!(old.exists(), "{args:?}");
    }
    // another run is at work there
    let lock = File::options().write(true).open(home.join("lock")).expect("a lock");
    lock.lock().expect("held");
    let apart = Place { dir: tempfile::tempdir().expect("a temporary directory") };
    for (name, from) in [("origin", "origin"), ("project", "other")] {
        crate::runs::copy(&place.at(from), &apart.at(name));
    }
    apart.project("project", "branch: main");
    let _none = fs::remove_file(apart.at("project/hsm.lock"));
    let elsewhere = |place: &Place| {
        let mut command = apart.command("project", &["lock"]);
        Run::of(&command.env("HSM_CACHE_DIR", place.at("cache")).output().expect("started")).ends_with(0);
    };
    elsewhere(&place);
    assert!(old.exists(), "it was removed under a lock");
    drop(lock);
    // it was looked today
    apart.move_on("7.6");
    fs::remove_file(apart.at("project/hsm.lock")).expect("removed");
    elsewhere(&place);
    assert!(old.exists(), "it was looked twice a day");
    set_back(&place.at("cache/registries-looked-for-unused"), 2);
    apart.move_on("7.7");
    fs::remove_file(apart.at("project/hsm.lock")).expect("removed");
    elsewhere(&place);
    assert!(!old.exists());
}

#[test]
fn readers_beside_a_cleaning_read_all_or_are_told_that_it_is_not_there() {
    if !have("readers", &["git"]) {
        return;
    }
    let (place, old, _) = two();
    let start = |project: &str, args: &[&str]| -> Child {
        let mut command = place.command(project, args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
    };
    let good = place.run("project", &["resolve", "--offline"]).ends_with(0).stdout;
    for round in 0..6 {
        place.run("project", &["resolve"]).ends_with(0);
        set_back(&pack(&place, &old), 200);
        set_back(&place.at("cache/registries-looked-for-unused"), 2);
        place.move_on(&format!("8.{round}"));
        place.project("third", "branch: main");
        let _none = fs::remove_file(place.at("third/hsm.lock"));
        let cleaner = start("third", &["lock"]);
        let readers: Vec<Child> = (0..6)
            .map(|reader| {
                std::thread::sleep(Duration::from_millis(reader * 12));
                start("project", &["resolve", "--offline"])
            })
            .collect();
        for reader in readers {
            let run = Run::of(&reader.wait_with_output().expect("ended"));
            let absent = run.code == 1 && run.stderr.contains("not in the cache");
            assert!(absent || (run.code == 0 && run.stdout == good), "{}", run.text());
        }
        Run::of(&cleaner.wait_with_output().expect("ended")).ends_with(0);
    }
}
