//! `hsm registry update`: the only way by which a lock moves on, and what it refuses.

use std::fs;

use serde_json::Value;

use crate::place::Place;
use crate::support::{Picture, have};

/// A project with a lock, and a registry that has moved on since.
fn moved_on() -> (Place, String, String) {
    let place = Place::new();
    place.run("project", &["lock"]).ends_with(0);
    let first = place.tip();
    let second = place.move_on("7.4");
    (place, first, second)
}

#[test]
fn an_update_shows_the_change_in_meaning_and_writes_the_lock_alone() {
    if !have("an update", &["git"]) {
        return;
    }
    let (place, first, second) = moved_on();
    let before = Picture::of(&place.at("project"), true, &[]);
    let run = place.run("project", &["registry", "update", "--dry-run"]).ends_with(0);
    let range = format!("team {}..{}", &first[..12], &second[..12]);
    for word in [range.as_str(), "container:redis", "redis:7.4", "1 change"] {
        assert!(run.text().contains(word), "{word}: {}", run.text());
    }
    assert_eq!(before.differences(&Picture::of(&place.at("project"), true, &[])), "");
    place.run("project", &["registry", "update"]).ends_with(0);
    assert_eq!(place.locked("project"), second);
    let changed = before.differences(&Picture::of(&place.at("project"), true, &[".hsm"]));
    let paths: Vec<&str> = changed.lines().filter(|line| !line.starts_with(".hsm")).collect();
    assert!(paths.len() == 1 && paths[0].starts_with("hsm.lock"), "{changed}");
    // the rest follows with the next sync, which is what `update --sync` does at once
    place.run("project", &["lock", "--locked"]).ends_with(4);
    place.run("project", &["lock"]).ends_with(0);
    assert!(place.read("project/docker-compose.hpm.yml").contains("redis:7.4"));
    let locked = place.read("project/hsm.lock");
    let run = place.run("project", &["registry", "update"]).ends_with(0);
    assert!(run.stderr.contains("up to date"), "{}", run.text());
    assert_eq!(place.read("project/hsm.lock"), locked);
    place.without_git("project", &["lock", "--locked"]).ends_with(0);
}

#[test]
fn an_update_goes_on_to_the_sync_and_comes_back_with_it() {
    if !have("an update with a sync", &["git"]) {
        return;
    }
    let (place, first, second) = moved_on();
    // a directory where a file has to be written: nothing moves
    fs::remove_file(place.at("project/docker-compose.hpm.yml")).expect("removed");
    place.write("project/docker-compose.hpm.yml/in-the-way", "");
    let run = place.run("project", &["registry", "update", "--sync"]);
    assert_ne!(run.code, 0, "{}", run.text());
    assert_eq!(place.locked("project"), first);
    fs::remove_dir_all(place.at("project/docker-compose.hpm.yml")).expect("removed");
    place.run("project", &["registry", "update", "--sync"]).ends_with(0);
    assert_eq!(place.locked("project"), second);
    assert!(place.read("project/docker-compose.hpm.yml").contains("redis:7.4"));
}

#[test]
fn rewritten_history_is_refused_until_told() {
    if !have("rewritten history", &["git"]) {
        return;
    }
    let (place, first, second) = moved_on();
    place.run("project", &["registry", "update"]).ends_with(0);
    // one commit that never was below what is locked
    place.git(&["reset", "--quiet", "--hard", &first]);
    let other = place.move_on("6");
    let lock = place.read("project/hsm.lock");
    for args in [&["registry", "update"][..], &["registry", "update", "--dry-run"]] {
        let run = place.run("project", args).ends_with(1);
        assert!(
            run.stderr.contains("history was rewritten") && run.stderr.contains("--rewritten"),
            "{}",
            run.text()
        );
    }
    assert_eq!(place.read("project/hsm.lock"), lock);
    assert_eq!(place.locked("project"), second);
    place.run("project", &["registry", "update", "--rewritten"]).ends_with(0);
    assert_eq!(place.locked("project"), other);
    // a branch that goes back is rewritten too, and one that goes on far is not
    place.git(&["reset", "--quiet", "--hard", &first]);
    place.run("project", &["registry", "update"]).ends_with(1);
    place.git(&["reset", "--quiet", "--hard", &other]);
    for n in 0..120 {
        place.git(&["commit", "--quiet", "--allow-empty", "--message", &n.to_string()]);
    }
    let run = place.run("project", &["registry", "update"]).ends_with(0);
    assert!(run.text().contains("nothing has changed in meaning"), "{}", run.text());
    assert_eq!(place.locked("project"), place.tip());
}

#[test]
fn a_commit_that_the_repository_has_lost_is_named_and_can_be_left_behind() {
    if !have("a lost commit", &["git"]) {
        return;
    }
    let (place, first, second) = moved_on();
    place.run("project", &["registry", "update"]).ends_with(0);
    place.git(&["reset", "--quiet", "--hard", &first]);
    let third = place.move_on("6");
    place.git(&["reflog", "expire", "--expire=now", "--all"]);
    place.git(&["gc", "--quiet", "--prune=now"]);
    // with the cache nothing is wrong
    place.run("project", &["resolve"]).ends_with(0);
    fs::remove_dir_all(place.at("cache")).expect("removed");
    let run = place.run("project", &["resolve"]).ends_with(1);
    assert!(run.stderr.contains(&second) && run.stderr.contains("update --rewritten"), "{}", run.text());
    place.run("project", &["registry", "update"]).ends_with(1);
    let run = place.run("project", &["registry", "update", "--rewritten"]).ends_with(0);
    assert!(run.stderr.contains("cannot be told"), "{}", run.text());
    assert_eq!(place.locked("project"), third);
}

#[test]
fn a_moved_tag_is_refused_and_a_commit_stays() {
    if !have("a moved tag", &["git"]) {
        return;
    }
    let place = Place::new();
    let first = place.tip();
    place.git(&["tag", "v1"]);
    place.project("project", "tag: v1");
    place.run("project", &["lock"]).ends_with(0);
    place.project("fixed", &format!("rev: {first}"));
    place.run("fixed", &["lock"]).ends_with(0);
    let second = place.move_on("7.4");
    place.run("project", &["registry", "update"]).ends_with(0);
    place.git(&["tag", "--force", "v1"]);
    let run = place.run("project", &["registry", "update"]).ends_with(1);
    assert!(run.stderr.contains("its tag names another commit"), "{}", run.text());
    assert_eq!(place.locked("project"), first);
    place.run("project", &["registry", "update", "--rewritten"]).ends_with(0);
    assert_eq!(place.locked("project"), second);
    place.run("fixed", &["registry", "update"]).ends_with(0);
    assert_eq!(place.locked("fixed"), first);
}

#[test]
fn an_update_that_leaves_no_stack_is_not_written() {
    if !have("an update without a stack", &["git"]) {
        return;
    }
    let (place, first, _) = moved_on();
    fs::remove_file(place.at("origin/container_groups/cache.yaml")).expect("removed");
    place.commit("no group");
    let run = place.run("project", &["registry", "update"]).ends_with(2);
    assert!(run.stderr.contains("cache"), "{}", run.text());
    assert_eq!(place.locked("project"), first);
}

#[test]
fn one_registry_is_named_and_what_is_no_git_registry_is_told() {
    if !have("several registries", &["git"]) {
        return;
    }
    let (place, first, second) = moved_on();
    let git = format!("{{name: corp, git: \"{}\", branch: main}}", place.url());
    let text = format!(
        "project: {{name: p}}\nregistry: [./own, {git}]\nservices: {{container_groups: {{cache: }}, containers: [redis]}}\n"
    );
    place.write("project/hsm.yaml", &text);
    let own = place.read("origin/containers/redis.yaml").replace("redis:7.4", "own:1");
    place.write("project/own/containers/redis.yaml", &own);
    place.run("project", &["lock"]).ends_with(0);
    assert_eq!(place.locked("project"), first, "what is locked by its address is found under another name");
    let run = place.run("project", &["registry", "update", "copr"]).ends_with(2);
    assert!(run.stderr.contains("did you mean `corp`?"), "{}", run.text());
    place.run("project", &["registry", "update", "own"]).ends_with(2);
    place.run("project", &["registry", "update", "corp", "--offline"]).ends_with(2);
    let run = place.run("project", &["registry", "update", "corp", "--dry-run"]).ends_with(0);
    assert!(run.stdout.contains(&format!("corp@{}/containers/redis.yaml", &second[..12])), "{}", run.text());
    let run = place.run("project", &["registry", "update", "corp", "--format", "json"]).ends_with(0);
    let json: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(json["registries"][0]["old"], first.as_str());
    assert_eq!(json["registries"][0]["new"], second.as_str());
    assert_eq!(json["registries"][0]["way"], "onward");
    assert_eq!(json["registries"][0]["changes"][0]["id"], "container:redis");
    assert_eq!(json["changed"], true);
    // the nearer registry wins, and that is told
    let run = place.run("project", &["check"]).ends_with(0);
    assert!(run.stderr.contains("of the registry `own` hides the one of `corp`"), "{}", run.text());
    let run = place.run("project", &["registry", "show", "corp/redis"]).ends_with(0);
    assert!(run.stdout.contains(&format!("corp@{}/containers/redis.yaml", &second[..12])), "{}", run.text());
    assert!(place.run("project", &["resolve"]).ends_with(0).stdout.contains("own:1"));
}
