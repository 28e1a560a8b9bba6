//! `registry test`: the tests that a registry brings along.

use hsm::cli::Exit;

use super::validate::{GROUP, project};
use super::{Project, json};

const ONE: &str = "name: cache
type: container_group
strategy: 1-of-N
default: redis
options: [redis, valkey]
";

fn with(tests: &[(&str, &str)]) -> Project {
    let project = project(ONE);
    for (name, text) in tests {
        project.write(&format!("hsm-registry/tests/{name}.yaml"), text);
    }
    project
}

/// A test of the cache with these keys.
fn of_cache(rest: &str) -> String {
    format!("project: {{name: test}}\nservices: {{container_groups: {{cache: {{}}}}}}\n{rest}\n")
}

#[test]
fn what_is_as_expected_passes() {
    let stack = "x-expect:
  stack:
    container_group:cache: {options: redis, mode: prod}
    container:redis: {version: \"7\", mode: prod}
    container:valkey: false
    package_group:none: false";
    let conflict = "project: {name: test}
services: {container_groups: {cache: {selection: redis}}, containers: [valkey]}
x-expect: {conflict: [container_group:cache, container:valkey]}
";
    let project = with(&[("a-default", &of_cache(stack)), ("two-are-too-many", conflict)]);
    let run = project.refuses(&["registry", "test"], Exit::Done);
    assert!(run.err.contains("passed hsm-registry/tests/a-default.yaml"), "{}", run.err);
    assert!(run.err.contains("passed hsm-registry/tests/two-are-too-many.yaml"), "{}", run.err);
    assert!(run.err.contains("tested 2 tests, 0 failed"), "{}", run.err);
    // the folder is nothing to the other commands
    project.refuses(&["registry", "validate"], Exit::Done);
    project.refuses(&["check"], Exit::Done);
    project.refuses(&["registry", "test", "hsm-registry"], Exit::Done);
}

#[test]
fn each_difference_is_told_at_its_place() {
    let clash = "project: {name: test}
services: {container_groups: {cache: {selection: redis}}, containers: [valkey]}
";
    let expect = |rest: &str| format!("{clash}x-expect: {{{rest}}}\n");
    for (text, code, says) in [
        (
            of_cache("x-expect: {stack: {container_group:cache: valkey}}"),
            "HSM-E620",
            "container_group:cache has redis",
        ),
        (
            of_cache("x-expect: {stack: {container:valkey: \"*\"}}"),
            "HSM-E620",
            "container:valkey is not in the stack",
        ),
        (of_cache("x-expect: {stack: {container:redis: false}}"), "HSM-E620", "container:redis is 7 prod"),
        (of_cache("x-expect: {stack: {container:redis: \">7\"}}"), "HSM-E620", "container:redis is 7 prod"),
        (
            of_cache("x-expect: {stack: {container:redis: {mode: dev}}}"),
            "HSM-E620",
            "container:redis is 7 prod",
        ),
        (
            of_cache("x-expect: {stack: {package_group:no: null}}"),
            "HSM-E620",
            "package_group:no takes no part",
        ),
        (of_cache("x-expect: {conflict: []}"), "HSM-E622", "there is a stack"),
        (of_cache(""), "HSM-E624", "the test expects nothing"),
        (of_cache("x-expect: {stack: {}, conflict: []}"), "HSM-E624", "the test expects nothing"),
        (of_cache("x-expect: {stakc: {}}"), "HSM-E624", "the test expects nothing"),
        (expect("stack: {container:redis: \"*\"}"), "HSM-E621", "there is no stack"),
        (expect("conflict: [container:valkey, package:valkey]"), "HSM-E623", "speaks of package:valkey"),
    ] {
        let project = with(&[("one", &text)]);
        let said = json(&project.refuses(&["registry", "test", "--format", "json"], Exit::NoSolution));
        let found = said["diagnostics"].as_array().cloned().unwrap_or_default();
        assert_eq!(found.len(), 1, "{text}: {said:#}");
        assert_eq!(found[0]["code"].as_str(), Some(code), "{text}: {said:#}");
        assert!(
            found[0]["message"].as_str().is_some_and(|message| message.contains(says)),
            "{text}: {said:#}"
        );
        assert_eq!(found[0]["place"]["file"].as_str(), Some("hsm-registry/tests/one.yaml"), "{said:#}");
        let lines = found[0]["related"].as_array().map_or(0, Vec::len);
        assert_eq!(lines > 0, matches!(code, "HSM-E621" | "HSM-E623"), "{said:#}");
    }
}

#[test]
fn a_test_that_cannot_be_read_fails_and_the_others_run() {
    let good = of_cache("x-expect: {stack: {container:redis: \"*\"}}");
    let project = with(&[
        ("bad", "project: {name: test}\nservces: {}\nx-expect: {conflict: []}\n"),
        ("good", &good),
        ("name", &good.replace("cache:", "cash:")),
        ("yaml", "project: [\n"),
    ]);
    project.write("hsm-registry/tests/notes.txt", "nothing");
    let run = project.refuses(&["registry", "test"], Exit::NoSolution);
    for says in [
        "failed hsm-registry/tests/bad.yaml",
        "passed hsm-registry/tests/good.yaml",
        "failed hsm-registry/tests/name.yaml",
        "failed hsm-registry/tests/yaml.yaml",
        "4 tests, 3 failed",
        "did you mean `services`",
        "did you mean `cache`",
    ] {
        assert!(run.err.contains(says), "{says}: {}", run.err);
    }
}

#[test]
fn a_registry_without_tests_says_so() {
    let run = project(GROUP).refuses(&["registry", "test"], Exit::Done);
    assert!(run.err.contains("there are no tests"), "{}", run.err);
}
