//! `registry validate`: exit codes, where it looks, and in which forms it answers.

use std::fs;

use hsm::cli::Exit;

use super::{Project, json};

pub(super) const GROUP: &str = "name: cache
type: container_group
strategy: M-of-N
options: [{name: redis, conflicts: {container:valkey: \"*\"}}, {name: valkey}]
";

fn entry(name: &str) -> String {
    format!("name: {name}\nsources: {{prod: {{type: docker-image, image: \"{name}:7\"}}}}\n")
}

/// A project whose registry has two caches, of which this is said.
pub(super) fn project(group: &str) -> Project {
    let project = Project::new("project: {name: demo}\n");
    for folder in ["containers", "packages", "package_groups", "container_groups"] {
        let folder = project.path(&format!("hsm-registry/{folder}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("made");
    }
    for name in ["redis", "valkey"] {
        project.write(&format!("hsm-registry/containers/{name}.yaml"), &entry(name));
    }
    project.write("hsm-registry/container_groups/cache.yaml", group);
    project
}

#[test]
fn a_warning_ends_with_0_and_strictly_with_3() {
    let project = project(GROUP);
    let run = project.refuses(&["registry", "validate"], Exit::Done);
    assert!(
        run.err
            .contains("warning[HSM-W606]: no stack has both `redis` and `valkey` of container_group:cache"),
        "{}",
        run.err
    );
    assert!(run.err.contains("1. `redis` (option of container_group:cache) conflicts with"), "{}", run.err);
    assert!(
        run.err.contains("validated 3 entries, 1 group among them; 12 questions answered"),
        "{}",
        run.err
    );
    project.refuses(&["registry", "validate", "--strict"], Exit::NoSolution);
}

#[test]
fn an_error_ends_with_3_and_says_the_lines_in_every_form() {
    let project = project(&GROUP.replace("M-of-N", "M-of-N\nmin: 2"));
    let run = project.refuses(&["registry", "validate"], Exit::NoSolution);
    assert!(run.err.contains("error[HSM-E600]: no stack can have container_group:cache"), "{}", run.err);

    let said = json(&project.refuses(&["registry", "validate", "--format", "json"], Exit::NoSolution));
    assert_eq!((said["schema"].as_u64(), said["ok"].as_bool()), (Some(1), Some(false)));
    assert_eq!(said["diagnostics"][0]["code"].as_str(), Some("HSM-E600"));
    let lines = said["diagnostics"][0]["related"].as_array().map_or(0, Vec::len);
    assert_eq!(lines, 2, "{said:#}");

    let said = json(&project.refuses(&["registry", "validate", "--format", "sarif"], Exit::NoSolution));
    let result = &said["runs"][0]["results"][0];
    assert_eq!(result["ruleId"].as_str(), Some("HSM-E600"), "{said:#}");
    assert_eq!(result["relatedLocations"].as_array().map_or(0, Vec::len), 2, "{said:#}");

    let run = project.refuses(&["registry", "validate", "--format", "github"], Exit::NoSolution);
    assert!(
        format!("{}{}", run.out, run.err).contains("::error file=hsm-registry/container_groups/cache.yaml")
    );
}

#[test]
fn a_directory_is_validated_without_a_project() {
    let project = project(GROUP);
    fs::remove_file(project.path("hsm.yaml")).expect("removed");
    fs::rename(project.path("hsm-registry"), project.path("elsewhere")).expect("moved");
    project.refuses(&["registry", "validate", "elsewhere"], Exit::Done);
    project.refuses(&["registry", "validate", "nowhere"], Exit::Wrong);
    let run = project.refuses(&["registry", "validate"], Exit::Wrong);
    assert!(run.err.contains("there is no registry"), "{}", run.err);
}

#[test]
fn a_name_that_is_not_there_and_a_broken_entry_are_errors_of_the_registry() {
    let project = project(GROUP);
    project.write(
        "hsm-registry/packages/app.yaml",
        "name: app\nversion: 1\nimplies: {container:redys: \"*\"}\n",
    );
    let run = project.refuses(&["registry", "validate"], Exit::NoSolution);
    assert!(run.err.contains("no registry has an entry for container:redys"), "{}", run.err);
    assert!(run.err.contains("did you mean `container:redis`?"), "{}", run.err);
    project.write(
        "hsm-registry/packages/app.yaml",
        "name: app\nversion: 1\nsources: {prod: {type: pypi}}\nconflicts: {container:redys: \"*\"}\n",
    );
    let run = project.refuses(&["registry", "validate"], Exit::Done);
    assert!(run.err.contains("[HSM-W616]: package:app conflicts with container:redys"), "{}", run.err);
    assert!(run.err.contains("did you mean `container:redis`?"), "{}", run.err);
    project.write("hsm-registry/packages/app.yaml", "name: app\nversoin: 1\n");
    let run = project.refuses(&["registry", "validate"], Exit::NoSolution);
    assert!(run.err.contains("versoin"), "{}", run.err);
}

#[test]
fn of_an_entry_with_errors_it_is_not_said_that_it_uses_nothing() {
    let project = project(GROUP);
    project.write(
        "hsm-registry/packages/app.yaml",
        "name: app\nversion: 1\nsources: {prod: {type: pypi}}\nimplies: {container:web: {params: {size: 2}}}\n",
    );
    let text = "name: web\nsources: {prod: {type: docker-image, image: \"web:4\"}}\n";
    project.write(
        "hsm-registry/containers/web.yaml",
        &format!("{text}orchestration: {{environment: {{SIZE: \"${{HSM_MERGED_PARAMS.size:-1}}\"}}}}\n"),
    );
    let run = project.refuses(&["registry", "validate"], Exit::NoSolution);
    assert!(run.err.contains("[HSM-E065]: `environment` does not belong in `orchestration`"), "{}", run.err);
    assert!(run.err.contains("help: write the values under `env` beside `orchestration`"), "{}", run.err);
    assert!(!run.err.contains("HSM-W612"), "{}", run.err);
    project.write("hsm-registry/containers/web.yaml", text);
    let run = project.refuses(&["registry", "validate"], Exit::Done);
    assert!(run.err.contains("[HSM-W612]: nobody reads the param `size`"), "{}", run.err);
}

#[test]
fn what_is_careless_is_a_warning_and_what_no_project_can_run_an_error() {
    let project = project(GROUP);
    project.write(
        "hsm-registry/containers/web.yaml",
        "name: web
version: 4
env: {A: \"${HSM_MERGED_PARAMS.topics}\", B: \"$${HSM_MERGED_PARAMS.no}\"}   # ${HSM_MERGED_PARAMS.neither}
compose: {mem_limt: 1g, labels: 3, x-own: 1}
sources: {prod: {type: docker-image, image: \"registry.example.org:5000/web\"}}
",
    );
    project.write(
        "hsm-registry/packages/app.yaml",
        "name: app
version: 1
sources:
  prod: {type: git, url: \"https://git.example.org/app.git\"}
  dev: {type: git, url: \"https://git.example.org/app.git\", branch: main, path: ./app}
implies: {container:web: {params: {topic: docs}}}
",
    );
    let said = json(&project.refuses(&["registry", "validate", "--format", "json"], Exit::NoSolution));
    let mut codes: Vec<&str> = said["diagnostics"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|found| found["code"].as_str())
        .collect();
    codes.sort_unstable();
    let expected = ["HSM-E613", "HSM-E614", "HSM-E615", "HSM-W606", "HSM-W610", "HSM-W611", "HSM-W612"];
    assert_eq!(codes, expected, "{said:#}");
    // what is read and pinned is fine
    project.write(
        "hsm-registry/containers/web.yaml",
        "name: web
env: {A: \"${HSM_MERGED_PARAMS.topic}\"}
compose: {mem_limit: 1g, labels: {a: b}, x-own: 1}
sources: {prod: {type: docker-image, image: \"registry.example.org:5000/web:4\"}}
",
    );
    let run = project.refuses(&["registry", "validate", "--format", "json"], Exit::Done);
    assert!(!run.out.contains("HSM-E61") && !run.out.contains("HSM-W610"), "{}", run.out);
    assert!(!run.out.contains("HSM-W612"), "{}", run.out);
}

/// The file, the line and the words of everything that explains a finding.
fn lines(said: &serde_json::Value, code: &str) -> Vec<String> {
    let found = said["diagnostics"].as_array().into_iter().flatten();
    let found = found.filter(|found| found["code"].as_str() == Some(code));
    let related = found.flat_map(|found| found["related"].as_array().cloned().unwrap_or_default());
    related
        .map(|line| {
            let place = &line["place"];
            let file = place["file"].as_str().unwrap_or_default().trim_start_matches("hsm-registry/");
            format!("{file}:{} {}", place["line"], line["what"].as_str().unwrap_or_default())
        })
        .collect()
}

#[test]
fn options_of_one_group_that_want_one_port_or_name_are_told_with_both_places() {
    let project = project(&GROUP.replace(", conflicts: {container:valkey: \"*\"}", ""));
    project.refuses(&["registry", "validate", "--strict"], Exit::Done);
    for (key, word) in [("ports: [\"6379:6379\"]\n", "6379"), ("container_name: store\n", "store")] {
        for name in ["redis", "valkey"] {
            project.write(&format!("hsm-registry/containers/{name}.yaml"), &format!("{}{key}", entry(name)));
        }
        let said = json(&project.refuses(&["registry", "validate", "--format", "json"], Exit::Done));
        let lines = lines(&said, "HSM-W606");
        for name in ["redis", "valkey"] {
            let at = format!("containers/{name}.yaml:3 ");
            assert!(lines.iter().any(|line| line.starts_with(&at) && line.contains(word)), "{lines:#?}");
        }
    }
}

#[test]
fn of_a_large_group_only_options_that_want_one_port_are_compared_unless_asked() {
    let options: Vec<String> = (0..33).map(|number| format!("{{name: c{number}}}")).collect();
    let conflicting =
        options.join(", ").replace("{name: c3}", "{name: c3, conflicts: {container:c4: \"*\"}}");
    let project = project(GROUP);
    let text = format!("name: many\ntype: container_group\nstrategy: M-of-N\noptions: [{conflicting}]\n");
    project.write("hsm-registry/container_groups/many.yaml", &text);
    for number in 0..33 {
        let name = format!("c{number}");
        let port = if number < 2 { "ports: [\"6379:6379\"]\n" } else { "" };
        project.write(&format!("hsm-registry/containers/{name}.yaml"), &format!("{}{port}", entry(&name)));
    }
    let pairs = |args: &[&str]| {
        let run = project.refuses(args, Exit::Done);
        let told = ["`c0` and `c1`", "`c3` and `c4`"].map(|pair| run.err.contains(pair));
        (told, run.err.contains("of 1 group with more than 32 options only those"), run.err)
    };
    let (told, left_out, err) = pairs(&["registry", "validate"]);
    assert_eq!((told, left_out), ([true, false], true), "{err}");
    let (told, left_out, err) = pairs(&["registry", "validate", "--pairs"]);
    assert_eq!((told, left_out), ([true, true], false), "{err}");
}

#[test]
fn what_follows_only_from_an_entry_that_cannot_be_read_says_to_mend_that() {
    let project = project(&GROUP.replace(", conflicts: {container:valkey: \"*\"}", ""));
    project.write("hsm-registry/containers/valkey.yaml", "name: valkey\nbroken: [\n");
    let said = json(&project.refuses(&["registry", "validate", "--format", "json"], Exit::NoSolution));
    let found = said["diagnostics"].as_array().into_iter().flatten();
    let help: Vec<_> = found
        .filter(|found| found["code"].as_str() == Some("HSM-E601"))
        .map(|found| &found["help"])
        .collect();
    assert_eq!(help, ["mend the entry of container:valkey first and validate again: this may be gone then"]);
}

#[test]
fn a_demand_for_a_mode_or_a_profile_that_has_no_source_is_an_error_with_its_line() {
    let project = project(&GROUP.replace(", conflicts: {container:valkey: \"*\"}", ""));
    for demand in ["mode: dev", "profile: away"] {
        project.write(
            "hsm-registry/packages/app.yaml",
            &format!("name: app\nversion: 1\nsources: {{prod: {{type: pypi}}}}\nimplies: {{container:redis: {{{demand}}}}}\n"),
        );
        let said = json(&project.refuses(&["registry", "validate", "--format", "json"], Exit::NoSolution));
        let places = format!("{said:#}");
        assert!(places.contains("packages/app.yaml") && places.contains("redis"), "{places}");
        let lines = lines(&said, "HSM-E602");
        assert!(lines.iter().any(|line| line.starts_with("packages/app.yaml:4 ")), "{places}");
    }
}

/// What the stacks of a finding show, in words.
fn examples(said: &serde_json::Value, code: &str) -> Vec<String> {
    let found = said["diagnostics"].as_array().into_iter().flatten();
    let found = found.filter(|found| found["code"].as_str() == Some(code));
    let witnesses = found.flat_map(|found| found["witnesses"].as_array().cloned().unwrap_or_default());
    witnesses.map(|witness| witness["says"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_finding_shows_a_stack_where_there_is_one() {
    let project = project(&GROUP.replace("M-of-N", "M-of-N\nmax: 2"));
    let run = project.refuses(&["registry", "validate"], Exit::NoSolution);
    assert!(run.err.contains("= example: a stack with `redis` of container_group:cache"), "{}", run.err);
    let said = json(&project.refuses(&["registry", "validate", "--format", "json"], Exit::NoSolution));
    assert_eq!(examples(&said, "HSM-E605"), ["a stack with `redis` of container_group:cache"], "{said:#}");
    let both = [
        "a stack has `redis` of container_group:cache, without `valkey`",
        "a stack has `valkey` of container_group:cache, without `redis`",
    ];
    assert_eq!(examples(&said, "HSM-W606"), both, "{said:#}");
    let found = said["diagnostics"].as_array().into_iter().flatten();
    let found: Vec<_> = found.filter(|found| found["code"].as_str() == Some("HSM-E605")).collect();
    let stack = &found[0]["witnesses"][0];
    assert_eq!(stack["components"][0]["id"].as_str(), Some("container:redis"), "{stack:#}");
    assert_eq!(stack["components"][0]["release"].as_str(), Some("7"), "{stack:#}");
    assert_eq!(stack["groups"][0]["options"][0].as_str(), Some("redis"), "{stack:#}");

    let said = json(&project.refuses(&["registry", "validate", "--format", "sarif"], Exit::NoSolution));
    let results = said["runs"][0]["results"].as_array().cloned().unwrap_or_default();
    let result = results.iter().find(|result| result["ruleId"].as_str() == Some("HSM-E605"));
    let result = result.unwrap_or_else(|| panic!("{said:#}"));
    assert!(
        result["message"]["text"].as_str().unwrap_or_default().contains("\nexample: a stack with"),
        "{result:#}"
    );
    assert_eq!(result["properties"]["witnesses"].as_array().map_or(0, Vec::len), 1, "{result:#}");
}

#[test]
fn a_ring_that_another_choice_avoids_is_a_warning_with_that_choice_and_another_ring_an_error() {
    let group = GROUP.replace("M-of-N", "1-of-N").replace(", conflicts: {container:valkey: \"*\"}", "");
    let project = project(&group);
    project.write(
        "hsm-registry/container_groups/front.yaml",
        "name: front\ntype: container_group\nstrategy: 1-of-N\noptions: [{name: web}, {name: proxy}]\n",
    );
    project.write("hsm-registry/containers/proxy.yaml", &entry("proxy"));
    let waits = |name: &str, on: &str| format!("{}orchestration: {{depends_on: [{on}]}}\n", entry(name));
    project.write("hsm-registry/containers/web.yaml", &waits("web", "container_group:cache"));
    project.write("hsm-registry/containers/redis.yaml", &waits("redis", "container_group:front"));
    let said = json(&project.refuses(&["registry", "validate", "--format", "json"], Exit::Done));
    let shown = examples(&said, "HSM-W608");
    let expected = "a stack with container:redis avoids the ring: it has `proxy` of container_group:front";
    assert_eq!(shown, [expected], "{said:#}");
    let expected = [
        "containers/redis.yaml:3 1. container:redis depends on container_group:front",
        "containers/web.yaml:3 2. container:web depends on container_group:cache",
    ];
    assert_eq!(lines(&said, "HSM-W608"), expected, "{said:#}");

    project.write("hsm-registry/containers/redis.yaml", &waits("redis", "web"));
    project.write("hsm-registry/containers/web.yaml", &waits("web", "redis"));
    let said = json(&project.refuses(&["registry", "validate", "--format", "json"], Exit::NoSolution));
    assert!(examples(&said, "HSM-W608").is_empty(), "{said:#}");
    let lines = [lines(&said, "HSM-E601"), lines(&said, "HSM-E602")].concat();
    assert!(
        lines.iter().any(|line| line.contains("in a ring: container:redis → container:web")),
        "{lines:#?}"
    );
}

#[test]
fn a_param_that_two_entries_set_differently_is_a_warning_if_a_stack_can_have_both() {
    let project = project(&GROUP.replace(", conflicts: {container:valkey: \"*\"}", ""));
    project.write(
        "hsm-registry/containers/redis.yaml",
        &format!("{}env: {{DB: \"${{HSM_MERGED_PARAMS.db:-0}}\"}}\n", entry("redis")),
    );
    let write = |name: &str, value: &str, also: &str| {
        project.write(
            &format!("hsm-registry/packages/{name}.yaml"),
            &format!("name: {name}\nversion: 1\nsources: {{prod: {{type: pypi}}}}\nimplies:\n  container:redis: {{params: {{db: {value}}}}}\n{also}"),
        );
    };
    let found = || json(&project.refuses(&["registry", "validate", "--format", "json"], Exit::Done));
    write("app", "1", "");
    write("shop", "2", "");
    let said = found();
    assert_eq!(
        examples(&said, "HSM-W609"),
        ["a stack can have both package:app and package:shop"],
        "{said:#}"
    );
    let place = lines(&said, "HSM-W609");
    assert_eq!(place, ["packages/shop.yaml:5 the other value"], "{said:#}");
    // the same value, values to be joined, and entries that never go together are fine
    for (value, also) in [("1", ""), ("[2]", ""), ("2", "conflicts: {package:app: \"*\"}\n")] {
        write("shop", value, also);
        let said = found();
        assert!(examples(&said, "HSM-W609").is_empty(), "{value} {also}: {said:#}");
    }
    // through a group and an option's own line
    write("shop", "1", "");
    project.write(
        "hsm-registry/package_groups/apps.yaml",
        "name: apps\ntype: package_group\nstrategy: 1-of-N\noptions: [{name: shop, implies: {container_group:cache: {options: redis, params: {db: 3}}}}]\n",
    );
    let said = found();
    let expected = ["a stack can have both package:app and `shop` (option of package_group:apps)"];
    assert_eq!(examples(&said, "HSM-W609"), expected, "{said:#}");
}
