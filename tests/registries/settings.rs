//! The registry of the user's own settings: for projects that name none.

use std::fs;

use crate::place::Place;
use crate::support::have;

const PROJECT: &str = "project: {name: p}\nservices: {container_groups: {cache: }}\n";

#[test]
fn the_registry_of_the_settings_counts_where_nothing_nearer_does() {
    if !have("settings", &["git"]) {
        return;
    }
    let place = Place::new();
    place.write("project/hsm.yaml", PROJECT);
    let run = place.run("project", &["resolve"]).ends_with(2);
    assert!(run.stderr.contains("HSM-E201"), "{}", run.text());
    // a repository, held by the lock as if the manifest had named it
    place.write(
        "home/.config/hsm/config.yaml",
        &format!("registry: {{name: mine, git: \"{}\", branch: main}}\n", place.url()),
    );
    place.run("project", &["lock"]).ends_with(0);
    let first = place.tip();
    assert_eq!(place.locked("project"), first);
    let second = place.move_on("7.4");
    assert!(place.without_git("project", &["resolve"]).ends_with(0).stdout.contains("redis:7\n"));
    place.run("project", &["registry", "update", "mine"]).ends_with(0);
    assert_eq!(place.locked("project"), second);
    // directories, from where the settings lie or from the user's home
    fs::create_dir_all(place.at("home/registry")).expect("a directory");
    fs::rename(place.at("origin"), place.at("home/registry/team")).expect("moved");
    for path in
        ["~/registry/team", "../../registry/team", &place.at("home/registry/team").display().to_string()]
    {
        place.write("home/.config/hsm/config.yaml", &format!("registry: [\"{path}\"]\n"));
        let run = place.without_git("project", &["resolve"]).ends_with(0);
        assert!(run.stdout.contains("redis:7.4"), "{path}: {}", run.text());
    }
    // what is nearer wins: the usual place, the manifest, the environment
    let own = |dir: &str, image: &str| {
        let entry = place.read("home/registry/team/containers/redis.yaml").replace("redis:7.4", image);
        place.write(&format!("{dir}/containers/redis.yaml"), &entry);
        let group = "name: cache\ntype: container_group\nstrategy: 1-of-N\noptions: [{name: redis}]\n";
        place.write(&format!("{dir}/container_groups/cache.yaml"), group);
    };
    own("project/hsm-registry", "usual:1");
    assert!(place.run("project", &["resolve"]).ends_with(0).stdout.contains("usual:1"));
    own("project/named", "named:1");
    place.write("project/hsm.yaml", &format!("registry: ./named\n{PROJECT}"));
    assert!(place.run("project", &["resolve"]).ends_with(0).stdout.contains("named:1"));
    own("project/told", "told:1");
    let mut told = place.command("project", &["resolve"]);
    let told = told.env("HSM_REGISTRY_PATH", "told").output().expect("hsm can be started");
    assert!(String::from_utf8_lossy(&told.stdout).contains("told:1"));
}

#[test]
fn settings_that_are_wrong_are_told_with_their_place() {
    let place = Place { dir: tempfile::tempdir().expect("a temporary directory") };
    place.write("project/hsm.yaml", PROJECT);
    for (text, place_of, word) in [
        ("registry: [\n", "config.yaml:", "YAML"),
        ("registri: ./x\n", "config.yaml:1:1", "did you mean `registry`?"),
        ("registry: {git: \"ext::sh\"}\n", "config.yaml:1:17", "::"),
        ("registry: {git: \"https://example.org/x\", path: ./x}\n", "config.yaml:1:12", "path"),
        ("registry: ./nowhere\n", "config.yaml:1:11", "nowhere"),
    ] {
        place.write("home/.config/hsm/config.yaml", text);
        let run = place.without_git("project", &["resolve"]).ends_with(2);
        assert!(run.stderr.contains(place_of) && run.stderr.contains(word), "{text}: {}", run.text());
    }
    // settings that say nothing are none
    for text in ["", "# nothing\n", "x-mine: 1\n"] {
        place.write("home/.config/hsm/config.yaml", text);
        let run = place.without_git("project", &["resolve"]).ends_with(2);
        assert!(run.stderr.contains("HSM-E201"), "{}", run.text());
    }
    // who names a registry does not need them
    place.write("home/.config/hsm/config.yaml", "registry: [\n");
    place.write("project/hsm-registry/containers/redis.yaml", "name: redis\n");
    place.write("project/hsm.yaml", "project: {name: p}\n");
    place.without_git("project", &["resolve"]).ends_with(0);
}
