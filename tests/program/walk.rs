//! Walks over `registry-fixtures/THEME/CASE/`: each case is a project that a user could have written, its name is the
//! sentence that it shows, and its `expect.yaml` says what hsm must do with a copy of it.
//!
//! `expect.yaml` is a list of steps. A step runs hsm (`hsm: ARGUMENTS`) or changes files (`write`, `append`); then:
//!
//! | key | what must hold |
//! | --- | --- |
//! | `exit` | the exit code, or a list of those that will do |
//! | `stack` | the whole stack: component → release, mode (or `external`) and profile, as far as it has them |
//! | `groups` | the whole of the groups that take part: group → its options |
//! | `says`, `says_one_of`, `silent_on` | texts that stand (one of which stands, none of which stands) in what it prints |
//! | `prints` | a file of the case: all that it prints, standard output before standard error (`HSM_BLESS=1` writes it) |
//! | `compose` | what must be contained in `docker-compose.hpm.yml`; `ABSENT` and `ANY` are what they say, `{unordered: […]}` a list in any order |
//! | `files`, `lacks` | texts that stand, or do not stand, in files |
//! | `absent` | paths at which nothing is |
//! | `unchanged` | files that the step left as they were |
//! | `untouched` | nothing in the project changed, not even a time stamp |
//! | `needs` | a tool without which the step, and all after it, is skipped |
//!
//! Whatever a case expects, every Compose file that it makes is read by a second YAML reader and checked by Compose.
//! `HSM_FIXTURE=TEXT` runs only the cases whose path contains TEXT.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::runs::{self, Run, fixtures};
use crate::support::{Picture, have};
use serde_yaml::Value;

const COMPOSE_FILE: &str = "docker-compose.hpm.yml";

/// Texts by name.
type Texts = BTreeMap<String, String>;

macro_rules! themes {
    ($($theme:ident),*) => {
        const THEMES: &[&str] = &[$(stringify!($theme)),*];
        $(#[test] fn $theme() { walk(stringify!($theme)); })*
    };
}
themes!(
    conflict,
    exclusions,
    floating,
    groups,
    implications,
    layers,
    malformed,
    managers,
    modes,
    order,
    params,
    profiles,
    project,
    python,
    resources,
    versions,
    why
);

/// The example is a folder of its own; the tests of the whole road walk through it.
const NOT_A_THEME: &str = "rag-stack";

#[test]
fn every_theme_is_walked() {
    let mut found: Vec<String> = names(&fixtures());
    found.retain(|name| name != NOT_A_THEME);
    assert_eq!(found, THEMES);
}

#[test]
fn a_wrong_expectation_is_noticed() {
    let actual: Value = serde_yaml::from_str("{a: {b: '1', c: [x, y]}, d: null}").expect("YAML");
    let holds = |expected: &str| {
        let expected: Value = serde_yaml::from_str(expected).expect("YAML");
        contained(&expected, Some(&actual), "").is_ok()
    };
    for good in [
        "{a: {b: '1'}}",
        "{a: {c: [x, y]}}",
        "{e: ABSENT}",
        "{d: null, a: ANY}",
        "{a: {c: {unordered: [y, x]}}}",
    ] {
        assert!(holds(good), "{good}");
    }
    for bad in [
        "{a: {b: 1}}",
        "{a: {c: [y, x]}}",
        "{a: ABSENT}",
        "{e: ANY}",
        "{d: ''}",
        "{a: {c: {unordered: [x]}}}",
    ] {
        assert!(!holds(bad), "{bad}");
    }
}

/// Runs every case of a theme and fails with all that went wrong.
fn walk(theme: &str) {
    let filter = std::env::var("HSM_FIXTURE").unwrap_or_default();
    let mut failures = Vec::new();
    let cases = names(&fixtures().join(theme));
    assert!(!cases.is_empty(), "no case of {theme}");
    for case in cases {
        let name = format!("{theme}/{case}");
        if name.contains(&filter)
            && let Err(why) = run_case(&name)
        {
            failures.push(format!("── registry-fixtures/{name}\n{why}"));
        }
    }
    assert!(failures.is_empty(), "{} cases of {theme} failed:\n\n{}", failures.len(), failures.join("\n\n"));
}

fn names(dir: &Path) -> Vec<String> {
    let mut out: Vec<String> = fs::read_dir(dir)
        .expect("a directory of fixtures")
        .map(|entry| entry.expect("readable"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    out.sort();
    out
}

fn run_case(name: &str) -> Result<(), String> {
    let folder = fixtures().join(name);
    let text = fs::read_to_string(folder.join("expect.yaml")).map_err(|e| format!("expect.yaml: {e}"))?;
    let steps: Vec<BTreeMap<String, Value>> =
        serde_yaml::from_str(&text).map_err(|e| format!("expect.yaml: {e}"))?;
    let temp = tempfile::tempdir().map_err(|e| e.to_string())?;
    // A folder of a fixed name: the name of a directory may show in what is printed.
    let dir = temp.path().join("project");
    runs::copy(&folder, &dir);
    for (number, step) in steps.iter().enumerate() {
        if list(step.get("needs")).iter().any(|tool| !have(name, &[tool])) {
            return Ok(());
        }
        let (title, outcome) = run_step(step, &dir, name);
        outcome.map_err(|why| format!("step {}: {title}\n{why}", number + 1))?;
    }
    Ok(())
}

fn run_step(step: &BTreeMap<String, Value>, dir: &Path, name: &str) -> (String, Result<(), String>) {
    const KEYS: [&str; 17] = [
        "hsm",
        "write",
        "append",
        "exit",
        "stack",
        "groups",
        "says",
        "says_one_of",
        "silent_on",
        "prints",
        "compose",
        "files",
        "lacks",
        "absent",
        "unchanged",
        "untouched",
        "needs",
    ];
    if let Some(key) = step.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return ("expect.yaml".to_owned(), Err(format!("no key `{key}`")));
    }
    for (path, text) in texts(step.get("write")) {
        fs::write(dir.join(path), text).expect("written");
    }
    for (path, text) in texts(step.get("append")) {
        let before = fs::read_to_string(dir.join(&path)).expect("a file to append to");
        fs::write(dir.join(path), before + &text).expect("written");
    }
    let Some(arguments) = step.get("hsm").and_then(Value::as_str) else {
        return ("changes of files".to_owned(), Ok(()));
    };
    let mut args: Vec<&str> = arguments.split_whitespace().collect();
    if step.contains_key("stack") || step.contains_key("groups") {
        args.extend(["--format", "json"]);
    }
    // A plan leaves no trace at all; what writes keeps its own state in `.hsm`.
    let writes = matches!(args.first(), Some(&("sync" | "lock" | "up"))) && !args.contains(&"--dry-run");
    let skip: &[&str] = if writes { &[".hsm"] } else { &[".hsm/cache"] };
    let before = Picture::of(dir, true, skip);
    let run = runs::hsm(dir, &args);
    let after = Picture::of(dir, true, skip);
    let outcome = check(step, dir, &run, &before, &after)
        .and_then(|()| prints(step, &run, name))
        .and_then(|()| sound_compose_file(dir, name))
        .map_err(|why| {
            format!("{why}\n  exit code {}\n  stdout:\n{}\n  stderr:\n{}", run.code, run.stdout, run.stderr)
        });
    (format!("hsm {}", args.join(" ")), outcome)
}

/// Everything that is printed, as a person would see it.
fn prints(step: &BTreeMap<String, Value>, run: &Run, name: &str) -> Result<(), String> {
    let Some(file) = step.get("prints").and_then(Value::as_str) else { return Ok(()) };
    let path = fixtures().join(name).join(file);
    let printed = format!("{}{}", run.stdout, run.stderr);
    if std::env::var_os("HSM_BLESS").is_some() {
        fs::write(&path, &printed).expect("written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if printed == expected {
        return Ok(());
    }
    Err(format!(
        "`{file}` says something else; look at it, then run with HSM_BLESS=1 to keep it:\n{expected}"
    ))
}

fn check(
    step: &BTreeMap<String, Value>,
    dir: &Path,
    run: &Run,
    before: &Picture,
    after: &Picture,
) -> Result<(), String> {
    let codes = match step.get("exit") {
        Some(Value::Sequence(codes)) => codes.iter().filter_map(Value::as_i64).collect(),
        Some(code) => code.as_i64().into_iter().collect(),
        None => vec![0],
    };
    if !codes.contains(&i64::from(run.code)) {
        return Err(format!("expected exit code {codes:?}"));
    }
    let text = run.text();
    if text.contains("panicked at") {
        return Err("it panicked".to_owned());
    }
    if let Some(missing) = list(step.get("says")).iter().find(|said| !text.contains(*said)) {
        return Err(format!("it does not say {missing:?}"));
    }
    if let Some(said) = list(step.get("silent_on")).iter().find(|said| text.contains(*said)) {
        return Err(format!("it says {said:?}"));
    }
    let one_of = list(step.get("says_one_of"));
    if !one_of.is_empty() && !one_of.iter().any(|said| text.contains(said)) {
        return Err(format!("it says none of {one_of:?}"));
    }
    if let Some(expected) = step.get("stack") {
        same("stack", &resolved(&run.stdout)?.0, &words(expected))?;
    }
    if let Some(expected) = step.get("groups") {
        same("groups", &resolved(&run.stdout)?.1, &words(expected))?;
    }
    for (path, wanted) in step.get("files").and_then(Value::as_mapping).into_iter().flatten() {
        let path = path.as_str().unwrap_or_default();
        let content = fs::read_to_string(dir.join(path)).map_err(|e| format!("{path}: {e}"))?;
        if let Some(missing) = list(Some(wanted)).iter().find(|text| !content.contains(*text)) {
            return Err(format!("{path} does not hold {missing:?}:\n{content}"));
        }
    }
    for (path, unwanted) in step.get("lacks").and_then(Value::as_mapping).into_iter().flatten() {
        let path = path.as_str().unwrap_or_default();
        let content = fs::read_to_string(dir.join(path)).map_err(|e| format!("{path}: {e}"))?;
        if let Some(there) = list(Some(unwanted)).iter().find(|text| content.contains(*text)) {
            return Err(format!("{path} holds {there:?}:\n{content}"));
        }
    }
    if let Some(path) = list(step.get("absent")).iter().find(|path| dir.join(path).symlink_metadata().is_ok())
    {
        return Err(format!("{path} is there"));
    }
    let differences = before.differences(after);
    if let Some(path) = list(step.get("unchanged"))
        .iter()
        .find(|path| differences.lines().any(|line| line.starts_with(&format!("{path}:"))))
    {
        return Err(format!("{path} changed"));
    }
    if step.get("untouched").and_then(Value::as_bool) == Some(true) && !differences.is_empty() {
        return Err(format!("something was touched:\n{differences}"));
    }
    if let Some(expected) = step.get("compose") {
        let text = fs::read_to_string(dir.join(COMPOSE_FILE)).map_err(|e| format!("{COMPOSE_FILE}: {e}"))?;
        let actual: Value = serde_yaml::from_str(&text).map_err(|e| format!("{COMPOSE_FILE}: {e}"))?;
        contained(expected, Some(&actual), "").map_err(|why| format!("{why} in {COMPOSE_FILE}:\n{text}"))?;
    }
    Ok(())
}

/// Whatever a case is about: the Compose file is YAML for another reader too, has no alias, and Compose takes it.
fn sound_compose_file(dir: &Path, name: &str) -> Result<(), String> {
    let Ok(text) = fs::read_to_string(dir.join(COMPOSE_FILE)) else { return Ok(()) };
    let _: Value =
        serde_yaml::from_str(&text).map_err(|e| format!("{COMPOSE_FILE} is not YAML: {e}\n{text}"))?;
    if text.contains(&dir.to_string_lossy().into_owned()) {
        return Err(format!("{COMPOSE_FILE} holds an absolute path:\n{text}"));
    }
    if !have(name, &["compose"]) {
        return Ok(());
    }
    let out = Command::new("docker")
        .args(["compose", "-f", COMPOSE_FILE, "--project-directory", ".", "config", "-q", "--no-interpolate"])
        .current_dir(dir)
        .output()
        .map_err(|e| e.to_string())?;
    if out.status.success() {
        return Ok(());
    }
    Err(format!("Compose refuses {COMPOSE_FILE}: {}\n{text}", String::from_utf8_lossy(&out.stderr)))
}

/// Components and groups as `hsm resolve --format json` prints them.
fn resolved(stdout: &str) -> Result<(Texts, Texts), String> {
    let json: serde_json::Value =
        serde_json::from_str(stdout).map_err(|e| format!("what it prints is not JSON: {e}"))?;
    let entries =
        |key: &str| json[key].as_array().cloned().ok_or_else(|| format!("no list `{key}` in what it prints"));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut stack = BTreeMap::new();
    for one in entries("packages")?.iter().chain(&entries("containers")?) {
        let place = if one["external"] == true { "external".to_owned() } else { text(&one["mode"]) };
        let parts = [text(&one["release"]), place, text(&one["profile"])];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        stack.insert(text(&one["id"]), parts.join(" "));
    }
    let mut groups = BTreeMap::new();
    for one in entries("groups")? {
        let options: Vec<String> = one["options"].as_array().into_iter().flatten().map(text).collect();
        groups.insert(text(&one["id"]), options.join(" "));
    }
    Ok((stack, groups))
}

fn same(what: &str, actual: &Texts, expected: &Texts) -> Result<(), String> {
    if actual == expected {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected:#?}\nfound {actual:#?}"))
    }
}

/// A mapping of texts, or of lists of texts, as text.
fn words(value: &Value) -> Texts {
    let mapping = value.as_mapping().cloned().unwrap_or_default();
    mapping.iter().map(|(key, value)| (scalar(key), list(Some(value)).join(" "))).collect()
}

fn texts(value: Option<&Value>) -> Texts {
    value.map(words).unwrap_or_default()
}

fn list(value: Option<&Value>) -> Vec<String> {
    match value {
        None => Vec::new(),
        Some(Value::Sequence(items)) => items.iter().map(scalar).collect(),
        Some(one) => vec![scalar(one)],
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_yaml::to_string(other).unwrap_or_default().trim().to_owned(),
    }
}

/// Whether everything that is expected is there.
fn contained(expected: &Value, actual: Option<&Value>, at: &str) -> Result<(), String> {
    match (expected, actual) {
        (Value::String(word), None) if word == "ABSENT" => Ok(()),
        (Value::String(word), Some(_)) if word == "ANY" => Ok(()),
        (Value::Mapping(wanted), Some(actual)) if wanted.contains_key("unordered") => {
            let sorted = |value: Option<&Value>| {
                let mut texts = list(value);
                texts.sort();
                texts
            };
            let (wanted, found) = (sorted(wanted.get("unordered")), sorted(Some(actual)));
            if wanted == found {
                Ok(())
            } else {
                Err(format!("{at}: expected {wanted:?} in any order, found {found:?}"))
            }
        }
        (Value::Mapping(wanted), Some(Value::Mapping(found))) => {
            for (key, value) in wanted {
                contained(value, found.get(key), &format!("{at}/{}", scalar(key)))?;
            }
            Ok(())
        }
        (expected, Some(actual)) if expected == actual => Ok(()),
        (expected, actual) => Err(format!("{at}: expected {expected:?}, found {actual:?}")),
    }
}
