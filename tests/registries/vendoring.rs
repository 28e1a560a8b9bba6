//! `hsm registry vendor`: the same stack and the same choices, from copies in the project.

use std::fs;

use crate::place::{Place, manifest};
use crate::support::{Picture, have};

/// A project that uses the group of a registry that also holds something else, and has a lock.
fn locked() -> Place {
    let place = Place::new();
    place.write(
        "origin/containers/unused.yaml",
        "name: unused\nversion: \"1\"\nsources: {prod: {type: docker-image, image: \"unused:1\"}}\n",
    );
    place.commit("something else");
    place.run("project", &["lock"]).ends_with(0);
    place
}

#[test]
fn what_is_reached_is_copied_byte_for_byte_and_gives_the_same_stack() {
    if !have("a vendored registry", &["git"]) {
        return;
    }
    let place = locked();
    let stack = place.run("project", &["resolve", "--format", "json"]).ends_with(0).stdout;
    let run = place.run("project", &["registry", "vendor"]).ends_with(0);
    assert!(run.stderr.contains("3 entries of the registry team to ./vendor/team"), "{}", run.text());
    for file in
        ["registry.yaml", "containers/redis.yaml", "containers/valkey.yaml", "container_groups/cache.yaml"]
    {
        let copied = place.read(&format!("project/vendor/team/{file}"));
        assert_eq!(copied, place.read(&format!("origin/{file}")));
    }
    assert!(!place.at("project/vendor/team/containers/unused.yaml").exists());
    assert!(place.read("project/hsm.yaml").contains("git: "), "without --use nothing is named");
    // a second time nothing is written
    let before = Picture::of(&place.at("project"), true, &[".hsm"]);
    place.run("project", &["registry", "vendor"]).ends_with(0);
    assert_eq!(before.differences(&Picture::of(&place.at("project"), true, &[".hsm"])), "");
    place.run("project", &["registry", "vendor", "team", "--use"]).ends_with(0);
    let text = place.read("project/hsm.yaml");
    assert!(text.contains("./vendor/team") && text.contains("name: team"), "{text}");
    assert!(!text.contains("git:") && !text.contains("branch:"), "{text}");
    fs::remove_dir_all(place.at("cache")).expect("removed");
    let after = place.without_git("project", &["resolve", "--format", "json"]).ends_with(0).stdout;
    let without_warnings = |json: &str| {
        let mut json: serde_json::Value = serde_json::from_str(json).expect("JSON");
        // the address of this test's repository is one of this machine, which is worth a warning
        json.as_object_mut().expect("an object").remove("warnings");
        json
    };
    assert_eq!(without_warnings(&stack), without_warnings(&after));
    place.without_git("project", &["lock"]).ends_with(0);
    assert!(!place.read("project/hsm.lock").contains("registries:"));
}

#[test]
fn what_is_there_and_differs_is_not_overwritten_untold() {
    if !have("a vendored registry", &["git"]) {
        return;
    }
    let place = locked();
    place.write("project/mine/containers/redis.yaml", "name: redis\n# mine\n");
    let before = Picture::of(&place.at("project"), true, &[".hsm"]);
    let run = place.run("project", &["registry", "vendor", "--to", "mine", "--use"]).ends_with(2);
    assert!(
        run.stderr.contains("`mine/containers/redis.yaml`") && run.stderr.contains("--force"),
        "{}",
        run.text()
    );
    assert_eq!(before.differences(&Picture::of(&place.at("project"), true, &[".hsm"])), "");
    place.run("project", &["registry", "vendor", "--to", "mine", "--use", "--force"]).ends_with(0);
    assert_eq!(place.read("project/mine/containers/redis.yaml"), place.read("origin/containers/redis.yaml"));
    for outside in ["..", "../elsewhere", "/tmp/elsewhere", ".", ".hsm/x"] {
        place.run("project", &["registry", "vendor", "--to", outside]).ends_with(2);
    }
}

#[test]
fn a_registry_in_a_repository_is_read_only() {
    if !have("a registry that is read only", &["git"]) {
        return;
    }
    let place = locked();
    for args in [
        &["registry", "container", "add", "new", "--image", "new:1"][..],
        &["registry", "container", "remove", "unused"],
        &["registry", "group", "add-option", "cache", "unused"],
    ] {
        let run = place.run("project", args).ends_with(2);
        assert!(run.stderr.contains("lies in a git repository"), "{}", run.text());
    }
}

#[test]
fn the_file_of_an_entry_is_printed_and_not_named() {
    if !have("the file of an entry", &["git"]) {
        return;
    }
    let place = locked();
    let run = place.run("project", &["registry", "path", "redis"]).ends_with(2);
    assert!(run.stderr.contains("`hsm registry show team/redis --raw`"), "{}", run.text());
    let run = place.run("project", &["registry", "show", "team/redis", "--raw"]).ends_with(0);
    assert_eq!(run.stdout, place.read("origin/containers/redis.yaml"));
}

#[test]
fn a_registry_of_a_repository_is_validated_and_tested_too() {
    if !have("validation", &["git"]) {
        return;
    }
    let place = locked();
    let run = place.run("project", &["registry", "validate"]).ends_with(0);
    assert!(run.stderr.contains("4 entries"), "{}", run.text());
    place.write(
        "origin/tests/good.yaml",
        "project: {name: t}\nservices: {containers: [redis]}\nx-expect: {stack: {container:redis: {version: \"7\"}}}\n",
    );
    place.write(
        "origin/tests/bad.yaml",
        "project: {name: t}\nservices: {containers: [redis]}\nx-expect: {stack: {container:valkey: {}}}\n",
    );
    place.commit("tests");
    place.run("project", &["registry", "update"]).ends_with(0);
    let run = place.run("project", &["registry", "test"]).ends_with(3);
    assert!(
        run.stderr.contains("2 tests, 1 failed") && run.stderr.contains("/tests/bad.yaml:"),
        "{}",
        run.text()
    );
}

#[test]
fn a_group_extends_one_of_a_repository_and_both_are_vendored_under_their_names() {
    if !have("a group across registries", &["git"]) {
        return;
    }
    let place = Place::new();
    let git = format!("{{name: corp, git: \"{}\", branch: main}}", place.url());
    place.write("project/hsm.yaml", &manifest(&format!("[./own, {git}]")));
    place.write(
        "project/own/container_groups/cache.yaml",
        "name: cache\ntype: container_group\nstrategy: 1-of-N\nextends: corp/cache\ndefault: dragonfly\noptions: [{name: dragonfly}]\n",
    );
    place.write(
        "project/own/containers/dragonfly.yaml",
        "name: dragonfly\nversion: \"1\"\nsources: {prod: {type: docker-image, image: \"dragonfly:1\"}}\n",
    );
    let run = place.run("project", &["list"]).ends_with(0);
    assert!(run.stdout.contains("dragonfly") && run.stdout.contains("valkey"), "{}", run.text());
    place.run("project", &["group", "select", "cache", "valkey"]).ends_with(0);
    place.run("project", &["lock"]).ends_with(0);
    let run = place.run("project", &["registry", "vendor", "corp", "--use"]).ends_with(0);
    assert!(place.at("project/vendor/corp/container_groups/cache.yaml").exists(), "{}", run.text());
    let text = place.read("project/hsm.yaml");
    assert!(text.contains("./own") && text.contains("corp") && text.contains("./vendor/corp"), "{text}");
    fs::remove_dir_all(place.at("cache")).expect("removed");
    let run = place.without_git("project", &["resolve"]).ends_with(0);
    assert!(run.stdout.contains("valkey/valkey:8"), "{}", run.text());
    place.run("project", &["registry", "vendor", "own"]).ends_with(2);
}
