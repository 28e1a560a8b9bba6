//! What the registry says to leave: `check` names it, `check --fix` moves the manifest, byte for byte besides the names.

use super::{Exit, Project};

fn package(name: &str, more: &str) -> String {
    format!("name: {name}\nversion: 1.0.0\nsources: {{prod: {{type: pypi}}}}\n{more}")
}

/// A project with these entries of packages: a name, and what else its entry says.
fn project(manifest: &str, packages: &[(&str, &str)]) -> Project {
    let project = Project::new(manifest);
    for (name, more) in packages {
        project.write(&format!("hsm-registry/packages/{name}.yaml"), &package(name, more));
    }
    project
}

const OLD: &str = "# Our stack\r
project: {name: demo}   # for now\r
dependencies:\r
  package_groups:\r
    adapter: {selection: [old-adapter], exclude: [gone]}   # which\r
  packages:\r
    - first            # old\r
    - 'lib_a': prod\r
services:\r
  containers:\r
    - {name: store, profile: here, version: \">=7\"}   # hot\r
constraints:\r
  container:store: {mode: prod}";

fn entries(project: &Project) {
    let valkey = "name: valkey\nversion: 8\nsources: {prod: {type: docker-image, image: \"valkey:8\"}}\n\
                  deployment_profiles: {here: {mode: managed}}\nreleases: [{version: 7}]\n";
    project.write("hsm-registry/containers/valkey.yaml", valkey);
    let store = valkey.replace("name: valkey", "name: store") + "deprecated: {use: valkey, why: licence}\n";
    project.write("hsm-registry/containers/store.yaml", &store);
    project.write(
        "hsm-registry/package_groups/adapter.yaml",
        "name: adapter\ntype: package_group\nstrategy: M-of-N\noptions:\n\
         \u{20} - {name: old-adapter, deprecated: {use: new-adapter, why: leaks}}\n\
         \u{20} - name: new-adapter\n\u{20} - name: come\n",
    );
}

const PACKAGES: &[(&str, &str)] = &[
    ("first", "deprecated: {use: second, why: not looked after}\n"),
    ("second", "deprecated: {use: third}\n"),
    ("third", ""),
    ("lib-b", "renamed_from: [lib-a]\n"),
    ("old-adapter", ""),
    ("new-adapter", ""),
    ("come", "renamed_from: [gone]\n"),
];

#[test]
fn the_manifest_is_moved_to_what_takes_the_place_of_its_names_and_nothing_else_changes() {
    let project = project(OLD, PACKAGES);
    entries(&project);
    let before = project.picture();
    let plain = project.run(&["check"]).ends(Exit::Wrong);
    assert!(plain.err.contains("it is called `lib-b` now: `hsm check --fix` writes that"), "{}", plain.err);
    let dry = project.run(&["check", "--fix", "--dry-run"]).ends(Exit::Done);
    assert_eq!(project.picture(), before, "nothing is written");
    assert!(dry.out.contains("+    - third            # old"), "{}", dry.out);
    let fixed = project.run(&["check", "--fix"]).ends(Exit::Done);
    assert!(fixed.err.contains("moved package:first to `third`"), "{}", fixed.err);
    let wanted = OLD
        .replace("old-adapter", "new-adapter")
        .replace("gone", "come")
        .replace("first", "third")
        .replace("'lib_a'", "lib-b")
        .replace("store", "valkey");
    assert_eq!(project.read("hsm.yaml"), wanted);
    let after = project.picture();
    let again = project.run(&["check", "--fix"]).ends(Exit::Done);
    assert!(again.err.contains("names nothing that something else takes the place of"), "{}", again.err);
    assert_eq!(project.picture(), after, "a second time there is nothing to do");
}

#[test]
fn check_names_what_is_deprecated_with_its_place_and_what_brings_it_in() {
    let manifest = "project: {name: demo}\ndependencies: {packages: [app]}\nservices: {containers: [box]}\n";
    let packages = [
        ("app", "implies: {package:tool: {}}\n"),
        ("tool", "deprecated: {use: kit, why: dead}\n"),
        ("kit", ""),
    ];
    let project = project(manifest, &packages);
    project.write(
        "hsm-registry/containers/box.yaml",
        "name: box\nreleases:\n  - {version: 2, sources: {prod: {type: docker-image, image: \"box:2\"}}, deprecated: {why: leaks}}\n\
         \u{20} - {version: 1, sources: {prod: {type: docker-image, image: \"box:1\"}}}\n",
    );
    let run = project.run(&["check", "--format", "json"]).ends(Exit::Done);
    let said: serde_json::Value = serde_json::from_str(&run.out).expect("json");
    let of = |code: &str| {
        let all = said["diagnostics"].as_array().expect("a list");
        all.iter().find(|one| one["code"] == code).unwrap_or_else(|| panic!("{code} in {said:#}")).clone()
    };
    let entry = of("HSM-W230");
    assert_eq!(entry["message"], "package:tool is deprecated: dead");
    assert_eq!(
        (&entry["place"]["file"], &entry["place"]["line"]),
        (&"hsm-registry/packages/app.yaml".into(), &4.into())
    );
    let release = of("HSM-W232");
    assert_eq!(release["message"], "container:box 2 is deprecated: leaks");
    assert_eq!((&release["place"]["file"], &release["place"]["line"]), (&"hsm.yaml".into(), &3.into()));
    assert!(run.out.contains("`hsm lock --upgrade box` takes 1"), "{}", run.out);
    // what something else brings in can't be fixed in the manifest
    let fixed = project.run(&["check", "--fix"]).ends(Exit::Done);
    assert_eq!(project.read("hsm.yaml"), manifest);
    assert!(fixed.err.contains("package:tool is deprecated"), "{}", fixed.err);
}

#[test]
fn what_cannot_be_moved_stays_and_the_rest_is_moved() {
    let manifest = "project: {name: demo}
dependencies:
  packages: [round, {name: pinned, version: \"==1.0.0\"}, both: prod, target, fine, clashing, foe, alone]
";
    let packages = [
        ("round", "deprecated: {use: ring}\n"),
        ("ring", "deprecated: {use: round}\n"),
        ("pinned", "deprecated: {use: newer}\n"),
        ("both", "deprecated: {use: target}\n"),
        ("target", ""),
        ("fine", "deprecated: {use: good}\n"),
        ("good", ""),
        ("clashing", "deprecated: {use: fighter}\n"),
        ("fighter", "conflicts: {package:foe: \"*\"}\n"),
        ("foe", ""),
        ("alone", "deprecated: {why: it is}\n"),
    ];
    let project = project(manifest, &packages);
    project.write(
        "hsm-registry/packages/newer.yaml",
        "name: newer\nversion: 2.0.0\nsources: {prod: {type: pypi}}\n",
    );
    let run = project.run(&["check", "--fix"]).ends(Exit::Wrong);
    assert_eq!(project.read("hsm.yaml"), manifest.replace("fine", "good"));
    for said in [
        "error[HSM-E233]: nothing takes the place of package:round: what is to be used instead goes round, `round` → `ring` → `round`",
        "hsm.yaml still names package:pinned and not `newer`: none of its releases is `==1.0.0`",
        "hsm.yaml still names package:both and not `target`: both are there, and different things are said of them",
        "hsm.yaml still names package:clashing and not `fighter`: there would be no stack then, since",
        "nothing is named to use instead, so this cannot be fixed by hsm",
    ] {
        assert!(run.err.contains(said), "{said}\nin\n{}", run.err);
    }
    let again = project.run(&["check", "--fix", "--format", "json"]).ends(Exit::Wrong);
    assert!(again.out.contains("\"HSM-W234\""), "{}", again.out);
    assert_eq!(project.read("hsm.yaml"), manifest.replace("fine", "good"));
}

/// `left` and `right` only go together; `loner` goes with neither, and it is the one more.
#[test]
fn as_many_are_moved_as_go_together() {
    let text = "project: {name: demo}\ndependencies: {packages: [loner, left, right, plain]}\n";
    let deprecated = |to: &str| format!("deprecated: {{use: {to}}}\n");
    let packages = [
        ("loner", deprecated("new-loner")),
        ("left", deprecated("new-left")),
        ("right", deprecated("new-right")),
        ("plain", deprecated("new-plain")),
        ("new-loner", "conflicts: {\"package:new-left\": \"*\"}\n".to_owned()),
        ("new-left", "conflicts: {\"package:right\": \"*\"}\n".to_owned()),
        ("new-right", "conflicts: {\"package:left\": \"*\"}\n".to_owned()),
        ("new-plain", String::new()),
    ];
    let packages: Vec<(&str, &str)> = packages.iter().map(|(name, more)| (*name, more.as_str())).collect();
    let project = project(text, &packages);
    let run = project.run(&["check", "--fix"]).ends(Exit::Done);
    let moved = "dependencies: {packages: [loner, new-left, new-right, new-plain]}";
    assert!(project.read("hsm.yaml").contains(moved), "{}{}", project.read("hsm.yaml"), run.err);
    assert!(run.err.contains("package:loner") && run.err.contains("new-left"), "{}", run.err);
    let again = project.read("hsm.yaml");
    project.run(&["check", "--fix"]).ends(Exit::Done);
    assert_eq!(project.read("hsm.yaml"), again);
}

#[test]
fn two_lines_that_come_to_name_the_same_become_one_where_they_say_the_same() {
    let manifest = "project: {name: demo}\ndependencies:\n  packages:\n    - one   # old\n    - two: prod   # new\n    - three: prod\n";
    let packages = [("one", "deprecated: {use: two}\n"), ("two", ""), ("three", "deprecated: {use: two}\n")];
    let project = project(manifest, &packages);
    project.run(&["check", "--fix"]).ends(Exit::Done);
    let left = "project: {name: demo}\ndependencies:\n  packages:\n    - two: prod   # new\n";
    assert_eq!(project.read("hsm.yaml"), left);
}

#[test]
fn overrides_of_a_checkout_are_left_and_named() {
    let project = project(
        "project: {name: demo}\ndependencies: {packages: [old]}\n",
        &[("old", "deprecated: {use: new}\n"), ("new", "")],
    );
    let local = "dependencies: {packages: [old: prod]}\n";
    project.write("hsm.local.yaml", local);
    let run = project.run(&["check", "--fix"]).ends(Exit::Done);
    assert!(
        run.err.contains("`hsm.local.yaml` may still name package:old; it is left as it is"),
        "{}",
        run.err
    );
    assert_eq!(project.read("hsm.local.yaml"), local);
}

#[test]
fn a_yanked_release_is_chosen_only_where_it_is_locked() {
    let manifest = "project: {name: demo}\nservices: {containers: [box]}\n";
    let project = project(manifest, &[]);
    let write = |yanked: &str| {
        let entry = format!(
            "name: box\nreleases:\n  - {{version: 2, {yanked}sources: {{prod: {{type: docker-image, image: \"box:2\"}}}}}}\n  \
             - {{version: 1, sources: {{prod: {{type: docker-image, image: \"box:1\"}}}}}}\n"
        );
        project.write("hsm-registry/containers/box.yaml", &entry);
    };
    let chosen = |release: &str| {
        let run = project.run(&["resolve"]).ends(Exit::Done);
        assert!(run.out.contains(&format!("box:{release}")), "{}", run.out);
    };
    write("");
    project.run(&["lock"]).ends(Exit::Done);
    write("yanked: broken, ");
    chosen("2");
    let list = project.run(&["registry", "list", "--kind", "container"]).ends(Exit::Done);
    assert!(list.out.contains("box    1 (+1)"), "nobody new gets it:\n{}", list.out);
    std::fs::remove_file(project.path("hsm.lock")).expect("removed");
    chosen("1");
    project.write("hsm.yaml", &manifest.replace("[box]", "[{name: box, version: \"2\"}]"));
    let run = project.run(&["resolve"]).ends(Exit::NoSolution);
    assert!(run.err.contains("container:box 2 is yanked, and nothing else will do"), "{}", run.err);
    assert!(run.err.contains("hsm.yaml pins container:box to 2"), "{}", run.err);
}

#[test]
fn a_registry_is_told_where_its_options_lead_nowhere_round_or_to_what_is_deprecated() {
    let project =
        project("project: {name: demo}\n", &[("one", ""), ("two", ""), ("three", ""), ("four", "")]);
    let validated = |options: &str| {
        let group = format!("name: pick\ntype: package_group\nstrategy: 1-of-N\noptions: [{options}]\n");
        project.write("hsm-registry/package_groups/pick.yaml", &group);
        let run = project.run(&["registry", "validate", "--format", "json"]);
        let said: serde_json::Value = serde_json::from_str(&run.out).expect("json");
        let all = said["diagnostics"].as_array().expect("a list").iter();
        let codes = all.filter_map(|one| one["code"].as_str()).filter(|code| code.contains("64"));
        codes.map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(validated("one, {name: two, deprecated: {use: one}}"), [""; 0]);
    assert_eq!(validated("one, {name: two, deprecated: {use: three}}"), ["HSM-E640"]);
    let chain = "one, {name: two, deprecated: {use: one}}, {name: three, deprecated: {use: two}}";
    assert_eq!(validated(chain), ["HSM-W641"]);
    let ring = "{name: two, deprecated: {use: three}}, one, {name: three, deprecated: {use: two}}";
    assert_eq!(validated(ring), ["HSM-E642"], "each ring once");
}
