//! The pages about codes: one for each, and their examples are true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hsm::diagnostic::Severity;
use hsm::diagnostic::pages::{self, Example, Page};
use serde_json::Value;

use crate::project::Project;

/// Codes of findings that no file can show: bytes that are no text, limits, and what the machine says.
const WITHOUT_EXAMPLE: [&str; 5] = ["HSM-E002", "HSM-E003", "HSM-E004", "HSM-E005", "HSM-E071"];

/// Every code that the sources say that something has.
fn codes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut todo = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(path).expect("readable").map(|entry| entry.expect("readable").path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).expect("a text");
            let arms = text.split("=> \"HSM-").skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(arms.map(|code| format!("HSM-{code}")));
        }
    }
    found.extend([pages::CONFLICT, pages::REJECTED].map(str::to_owned));
    found
}

#[test]
fn every_code_has_one_page_and_every_page_a_code() {
    let codes = codes();
    assert!(codes.len() > 100, "{}", codes.len());
    let all: Vec<String> = pages::all().iter().map(|page| page.code.to_owned()).collect();
    let mut once = all.clone();
    once.dedup();
    assert_eq!(all, once, "a code has two pages");
    let paged: BTreeSet<String> = all.into_iter().collect();
    assert_eq!(codes.difference(&paged).collect::<Vec<_>>(), Vec::<&String>::new(), "codes without a page");
    assert_eq!(paged.difference(&codes).collect::<Vec<_>>(), Vec::<&String>::new(), "pages without a code");
}

#[test]
fn every_reading_finding_shows_a_file_that_gives_it() {
    for page in pages::all().iter().filter(|page| page.code.starts_with("HSM-E0")) {
        let checked: Vec<bool> = page.examples().filter(|e| e.checked).map(|e| e.good).collect();
        let both = checked.contains(&true) && checked.contains(&false);
        assert!(both || WITHOUT_EXAMPLE.contains(&page.code), "{} has no pair of examples", page.code);
    }
}

#[test]
fn a_bad_example_gives_its_code_and_the_good_one_does_not() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for page in pages::all() {
        let (good, bad): (Vec<Example>, Vec<Example>) =
            page.examples().filter(|example| example.checked).partition(|example| example.good);
        tried += usize::from(!bad.is_empty());
        if !bad.is_empty() {
            let found = found(page.code, &bad);
            let severity = if page.severity == Severity::Error { "error" } else { "warning" };
            if found.get(page.code).map(String::as_str) != Some(severity) {
                wrong.push(format!("{}: the bad example gives {found:?}", page.code));
            }
        }
        if !good.is_empty() {
            let found = found(page.code, &good);
            let only_warnings = found.values().all(|severity| severity == "warning");
            if found.contains_key(page.code) || !only_warnings {
                wrong.push(format!("{}: the good example gives {found:?}", page.code));
            }
        }
    }
    assert!(tried > 80, "{tried}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes that `hsm check` gives for these files in a project that wants what they are about, with their severity. What is
/// proved of a registry is told by `hsm registry validate`.
fn found(code: &str, files: &[Example]) -> BTreeMap<String, String> {
    let project = Project::of(&manifest(files));
    for file in files {
        project.write(file.path, file.text);
    }
    let of_registry = code.starts_with("HSM-E6") || code.starts_with("HSM-W6");
    let command: &[&str] = if of_registry { &["registry", "validate"] } else { &["check"] };
    let run = project.run(&[command, &["--format", "json"]].concat());
    let said = run.json();
    let mut found = BTreeMap::new();
    for diagnostic in said["diagnostics"].as_array().expect("a list") {
        let text = |key: &str| diagnostic[key].as_str().unwrap_or_default().to_owned();
        found.insert(text("code"), text("severity"));
    }
    for conflict in said["conflicts"].as_array().into_iter().flatten() {
        found.insert(conflict["code"].as_str().unwrap_or_default().to_owned(), "error".to_owned());
    }
    if found.is_empty() && said["ok"] == Value::Bool(false) {
        found.insert(format!("{said}"), "error".to_owned());
    }
    found
}

/// A manifest that wants the entries among these files; for a group of options each of which may be broken, the group.
fn manifest(files: &[Example]) -> String {
    let mut lists: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in files {
        let Some((folder, name)) =
            file.path.strip_prefix("hsm-registry/").and_then(|path| path.split_once('/'))
        else {
            continue;
        };
        let name = name.trim_end_matches(".yaml").trim_end_matches(".yml");
        // reached through the group only, so that it is a choice
        if name == "valkey" {
            lists.entry("container_groups").or_default().push("cache: {}".to_owned());
        } else if folder.ends_with("groups") {
            lists.entry(folder).or_default().push(format!("{name}: {{}}"));
        } else {
            lists.entry(folder).or_default().push(name.to_owned());
        }
    }
    if files.iter().any(|file| file.path == "pyproject.toml") {
        lists.entry("packages").or_insert_with(|| vec!["client".to_owned()]);
    }
    let joined = |key: &str| lists.get(key).map(|list| list.join(", ")).unwrap_or_default();
    format!(
        "project: {{name: demo}}
dependencies:
  package_groups: {{{}}}
  packages: [{}]
services:
  container_groups: {{{}}}
  containers: [{}]
",
        joined("package_groups"),
        joined("packages"),
        joined("container_groups"),
        joined("containers"),
    )
}

#[test]
fn explain_prints_a_page_without_a_project() {
    let project = Project::new();
    fs::remove_file(project.path("hsm.yaml")).expect("removed");
    let page = project.run(&["explain", "e021"]).ends(0);
    assert!(page.out.starts_with("error[HSM-E021]: a value of the wrong type\n"), "{}", page.out);
    assert!(page.out.contains("Wrong, in hsm.yaml:\n\n    project: {name: demo}\n"), "{}", page.out);
    assert_eq!(page.err, "");
    for typed in ["HSM-E021", "E021", "021"] {
        assert_eq!(project.run(&["explain", typed]).ends(0).out, page.out);
    }
    let json = project.run(&["explain", "W212", "--format", "json"]).ends(0).json();
    assert_eq!((json["schema"].as_u64(), json["code"].as_str()), (Some(1), Some("HSM-W212")));
    assert_eq!((json["severity"].as_str(), json["ok"].as_bool()), (Some("warning"), Some(true)));
    assert!(
        json["page"].as_str().is_some_and(|page| page.starts_with("warning[HSM-W212]: not in the preferred"))
    );
}

#[test]
fn explain_lists_all_codes_and_offers_the_nearest() {
    let project = Project::new();
    let list = project.run(&["explain"]).ends(0);
    let shown: Vec<&str> = list.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let all: Vec<Page> = pages::all();
    let topics = pages::topics();
    let known = all.iter().map(|page| page.code).chain(topics.iter().map(|topic| topic.name));
    assert_eq!(shown, known.collect::<Vec<_>>());
    let json = project.run(&["explain", "--format", "json"]).ends(0).json();
    assert_eq!(json["codes"].as_array().map(Vec::len), Some(all.len()));
    let near = project.run(&["explain", "HSM-E0021"]).ends(2);
    assert_eq!(near.err, "error: there is no code `HSM-E0021`; did you mean `HSM-E021`?\n");
    let far = project.run(&["explain", "nonsense"]).ends(2);
    assert_eq!(far.err, "error: there is no code `nonsense`; `hsm explain` lists all\n");
}

#[test]
fn every_test_of_a_promise_is_there() {
    let page = include_str!("../../src/diagnostic/pages/promises.md");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("a text");
    let gates = read("crash/src/main.rs");
    let mut named = 0;
    for words in page.split('`').skip(1).step_by(2) {
        if let Some(gate) = words.strip_prefix("cargo crash ") {
            assert!(gates.contains(&format!("name: \"{gate}\"")), "there is no gate `{gate}`");
        } else if let Some((file, test)) = words.split_once("::") {
            let text = read(&format!("transaction/{file}.rs"));
            assert!(text.contains(&format!("fn {test}()")), "there is no test `{words}`");
        } else {
            continue;
        }
        named += 1;
    }
    let promises = page.matches("\nP").count();
    assert!(promises == 8 && named > 2 * promises, "{promises} promises, {named} tests");
}
