//! What `--format json` prints is what `hsm explain json` says, key by key.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use hsm::diagnostic::pages::{self, Part};
use serde_json::Value;

use crate::project::{self, Project};
use crate::support::have;

/// Keys that hold a mapping from names to something.
const BY_NAME: [&str; 2] = ["reasons", "offers"];

/// The documented keys, as paths; by the words in front of each listing.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let topic = pages::topics().into_iter().find(|topic| topic.name == "json").expect("the page");
    let mut lists: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut head = String::new();
    for part in topic.parts() {
        match part {
            Part::Words(words) => words.rsplit('\n').next().unwrap_or_default().clone_into(&mut head),
            Part::Lines(lines) => {
                let into = lists.entry(head.clone()).or_default();
                let mut above: Vec<String> = Vec::new();
                for line in lines.lines() {
                    // more words on the line above
                    if line.starts_with(&" ".repeat(20)) {
                        continue;
                    }
                    let depth = (line.len() - line.trim_start().len()) / 2;
                    above.truncate(depth);
                    let (keys, _) = line.trim_start().split_once("  ").unwrap_or((line.trim(), ""));
                    let base = above.concat();
                    into.extend(keys.split(", ").map(|key| format!("{base}{key}")));
                    above.push(keys.to_owned());
                }
            }
            Part::Rule(_) | Part::Example(_) => {}
        }
    }
    lists
}

/// A key whose value is a file of the user's, whatever that says.
const OF_THE_USER: &str = "entry";

/// The keys of a document, as paths.
fn keys(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    if path == OF_THE_USER {
        return;
    }
    match value {
        Value::Object(map) => {
            let by_name = BY_NAME.contains(&path.trim_start_matches('.'));
            for (key, value) in map {
                let below = match path {
                    _ if by_name => format!("{path}{{}}"),
                    "" => key.clone(),
                    _ => format!("{path}.{key}"),
                };
                into.insert(below.clone());
                keys(value, &below, into);
            }
            if by_name {
                into.remove(path);
            }
        }
        Value::Array(list) => {
            into.remove(path);
            into.insert(format!("{path}[]"));

            for value in list {
                keys(value, &format!("{path}[]"), into);
            }
        }
        _ => {}
    }
}

fn run(project: &Project, args: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let args = [args, &["--format", "json"]].concat();
    keys(&project.run(&args).json(), "", &mut found);
    found
}

/// Everything of a diagnostic, below a key.
fn of_diagnostics(at: &str, all: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let failure = &all["A failure, of any command:"];
    let own = failure.iter().filter_map(|key| key.strip_prefix("diagnostics[]"));
    let mut out: BTreeSet<String> = own.map(|rest| format!("{at}{rest}")).collect();
    places(&mut out);
    out
}

/// A place has the same keys wherever it is.
fn places(keys: &mut BTreeSet<String>) {
    let at: Vec<String> =
        keys.iter().filter(|key| key.rsplit('.').next() == Some("place")).cloned().collect();
    for place in at {
        keys.extend(["file", "line", "column", "start", "end"].map(|key| format!("{place}.{key}")));
    }
}

const STACK: &str = "project: {name: demo, mode: dev}
dependencies: {packages: [{name: client, extras: [io]}]}
services: {container_groups: {cache: {selection: redis}}, containers: [web]}
";

#[test]
fn every_key_is_documented_and_every_documented_key_is_printed() {
    let all = documented();
    let list =
        |head: &str| all.get(head).unwrap_or_else(|| panic!("no `{head}` in {:?}", all.keys())).clone();
    let every = list("Every document:");
    let statements = |at: &str| {
        let mut keys = BTreeSet::from([at.to_owned(), format!("{at}.says"), format!("{at}.place")]);
        places(&mut keys);
        keys
    };
    let joined = |sets: &[BTreeSet<String>]| {
        let mut out: BTreeSet<String> = sets.iter().flatten().cloned().collect();
        out.extend(every.clone());
        places(&mut out);
        out
    };
    let project = Project::of(STACK);
    // a description, so that no option lacks one
    project.write(
        "hsm-registry/container_groups/cache.yaml",
        "name: cache\nstrategy: 1-of-N\noptions: [{name: redis, description: Fast}, {name: valkey, description: Free}]\n",
    );
    let stack = list("`hsm resolve`:");
    let components: BTreeSet<String> =
        stack.iter().filter(|key| !key.starts_with("warnings")).cloned().collect();
    let warned = of_diagnostics("warnings[]", &all);
    let unrelated =
        |keys: &BTreeSet<String>| keys.iter().filter(|key| !key.contains(".related[].")).cloned().collect();
    let resolved: BTreeSet<String> = unrelated(&joined(&[stack.clone(), warned]));
    assert_eq!(run(&project, &["resolve"]), resolved);
    let explained = joined(&[resolved.clone(), list("`hsm resolve --explain`, besides:")]);
    assert_eq!(run(&project, &["resolve", "--explain"]), explained);
    let listed = list("`hsm list`: `packages[]`, `containers[]`, `groups[]` as above, and:");
    assert_eq!(run(&project, &["list"]), joined(&[components, listed]));
    let placed = |mut keys: BTreeSet<String>, statements_at: &[&str]| {
        for at in statements_at {
            keys.extend(statements(at));
        }
        joined(&[keys])
    };
    let why = placed(list("`hsm why NAME`:"), &["because[]", "chains[][]", "decisions[].statements[]"]);
    let mut there = run(&project, &["why", "redis"]);
    there.extend(run(&project, &["why", "web"]));
    // what keeps a better release out
    project.write(
        "hsm-registry/containers/web.yaml",
        "name: web\nversion: 4\nsources: {prod: {type: docker-image, image: \"web:4\"}}\nreleases:\n  - {version: 5, conflicts: {container:redis: \"*\"}}\n",
    );
    there.extend(run(&project, &["why", "web"]));
    assert_eq!(there, why);
    let checked = joined(&[of_diagnostics("diagnostics[]", &all)]);
    assert_eq!(run(&project, &["check"]), unrelated(&checked));
    let managers = joined(&[list("`hsm python-manager`, `hsm container-manager`:")]);
    assert_eq!(run(&project, &["python-manager"]), managers);
    assert_eq!(run(&project, &["container-manager", "get"]), managers);
    let formats = "`hsm schema` (with FORMAT it prints the schema itself, and nothing else):";
    assert_eq!(run(&project, &["schema"]), joined(&[list(formats)]));
    assert_eq!(run(&project, &["explain", "E021"]), joined(&[list("`hsm explain CODE`:")]));
    assert_eq!(run(&project, &["explain"]), joined(&[list("`hsm explain`:")]));
    assert_eq!(run(&project, &["explain", "json"]), joined(&[list("`hsm explain json`:")]));

    let plain = Project::of("project: {name: demo}\nservices: {containers: [web]}\n");
    let failed = list("A failure, of any command:");
    let below = |head: &str, at: &str| {
        let own = failed.iter().filter_map(|key| key.strip_prefix(head));
        own.map(|rest| format!("{at}{rest}")).collect::<BTreeSet<String>>()
    };
    let mut absent = list("`hsm why NAME` of what is not there:");
    absent.extend(below("conflicts[].fixes[]", "nearest[]"));
    absent.extend(below("conflicts[]", "conflicts[]"));
    let absent = placed(absent, &["would[]"]);
    let mut found = run(&project, &["why", "valkey"]);
    plain.write(
        "hsm-registry/containers/redis.yaml",
        "name: redis\nsources: {prod: {type: docker-image, image: \"redis:7\"}}\nconflicts: {\"container:web\": \"*\"}\n",
    );
    found.extend(run(&plain, &["why", "redis"]));
    let unprinted: Vec<&String> = found.difference(&absent).collect();
    assert_eq!(unprinted, Vec::<&String>::new(), "not documented");
    assert!(
        ["possible", "instead[].options[]", "nearest[].number", "conflicts[].message"]
            .iter()
            .all(|key| found.contains(*key)),
        "{found:?}"
    );
    assert_eq!(run(&plain, &["status", "--only", "containers"]), joined(&[list("`hsm status`:")]));
    let planned = joined(&[list("`hsm plan`, `hsm sync --dry-run`:")]);
    for args in [&["plan"][..], &["sync", "--dry-run"]] {
        assert_eq!(run(&plain, args), planned, "{args:?}");
    }
    let edited = joined(&[list("Commands that edit hsm.yaml:")]);
    assert_eq!(run(&plain, &["add", "valkey"]), edited);
    assert_eq!(run(&plain, &["sync"]), joined(&[list("`hsm sync`, `hsm lock`:")]));
    assert_eq!(run(&plain, &["recover"]), joined(&[list("`hsm recover`:")]));
    let taken_back = joined(&[list("`hsm undo`:")]);
    assert!(run(&plain, &["undo", "--dry-run"]).is_subset(&taken_back));
    // what it wrote was changed since
    std::fs::write(plain.path("hsm.lock"), "schema: 1\n").expect("a file");
    assert_eq!(run(&plain, &["undo", "--force"]), taken_back);
    assert_eq!(run(&plain, &["init", "inner"]), joined(&[list("`hsm init`:")]));
    let empty = Project::of("project: {name: demo}\n");
    assert_eq!(run(&empty, &["build"]), joined(&[list("`hsm up`, `hsm build`, `hsm down`:")]));

    of_registries(&plain, &list, &every);
    failures(&failed, &every);
}

#[test]
fn what_is_printed_of_variables_is_documented() {
    let all = documented();
    let mut told: BTreeSet<String> = of_diagnostics("warnings[]", &all);
    told.retain(|key| !key.contains("[].place.") && !key.contains("[].related[]."));
    told.extend(all["Every document:"].iter().chain(&all["`hsm env`:"]).cloned());
    assert_eq!(run(&with_variables(), &["env"]), told);
}

/// A project that is locked, with a variable that can be told and one that cannot.
fn with_variables() -> Project {
    let project = Project::of("project: {name: demo}\ndependencies: {packages: [client]}\n");
    project.write(
        "hsm-registry/packages/client.yaml",
        "name: client\nversion: 1.0.0\nsources: {prod: {type: pypi}}\nenv: {KEY: \"${NO_SUCH_KEY}\", TIMEOUT: \"3\"}\n",
    );
    project.write("hsm.lock", "schema: 1\n");
    project
}

/// What the commands for registries print.
fn of_registries(project: &Project, list: &dyn Fn(&str) -> BTreeSet<String>, every: &BTreeSet<String>) {
    let joined = |sets: &[BTreeSet<String>]| -> BTreeSet<String> {
        sets.iter().flatten().chain(every).cloned().collect()
    };
    let listed = list("`hsm registry list`:");
    assert_eq!(run(project, &["registry", "list"]), joined(std::slice::from_ref(&listed)));
    let nearest = list("`hsm registry search`: `entries[]` as above, the best first, and:");
    let mut found = run(project, &["registry", "search", "cache"]);
    found.extend(run(project, &["registry", "search", "valkye"]));
    assert_eq!(found, joined(&[listed, nearest]));
    // one that is there, one that can be, and one that cannot
    let mut shown = run(project, &["registry", "show", "valkey"]);
    shown.extend(run(project, &["registry", "show", "client"]));
    shown.extend(run(project, &["registry", "show", "redis"]));
    assert_eq!(shown, joined(&[list("`hsm registry show`:")]));
    assert_eq!(run(project, &["registry", "path"]), joined(&[list("`hsm registry path`:")]));
    let mut validated = joined(&[
        of_diagnostics("diagnostics[]", &documented()),
        list("`hsm registry validate`: `diagnostics[]` as above, and with those that an example can show:"),
    ]);
    places(&mut validated);
    let never_together = Project::of("project: {name: demo}\n");
    never_together.write(
        "hsm-registry/container_groups/cache.yaml",
        "name: cache\nstrategy: M-of-N\noptions: [{name: redis, conflicts: {container:valkey: \"*\"}}, {name: valkey}]\n",
    );
    assert_eq!(run(&never_together, &["registry", "validate"]), validated);
    let edited = list("`hsm registry add`, `hsm package init`, and commands that edit entries:");
    let add = ["registry", "group", "add-option", "cache", "web"];
    assert_eq!(run(project, &add), joined(std::slice::from_ref(&edited)));
    assert_eq!(run(project, &["registry", "package", "add", "more"]), joined(&[edited]));
}

/// Every key of a failure is printed by some failure, and no other.
fn failures(failed: &BTreeSet<String>, every: &BTreeSet<String>) {
    let below = |head: &str, at: &str| {
        let own = failed.iter().filter_map(|key| key.strip_prefix(head));
        own.map(|rest| format!("{at}{rest}")).collect::<BTreeSet<String>>()
    };
    let broken = Project::of("project: {name: demo}\nservices: {containers: [web, web]}\n");
    let mut found = run(&broken, &["plan"]);
    let clashing =
        Project::of("project: {name: demo}\nservices: {container_groups: {cache: {selection: redis}}}\n");
    clashing.run(&["lock"]).ends(0);
    clashing.write(
        "hsm.yaml",
        "project: {name: demo}\nservices: {container_groups: {cache: {selection: redis}}}\nconstraints: {container:redis: {version: \"<1\"}}\n",
    );
    found.extend(run(&clashing, &["resolve"]));
    let required = Project::of("project: {name: demo, mode: dev}\nservices: {containers: [web]}\n");
    found.extend(run(&required, &["resolve", "--require-mode"]));
    let rejecting =
        [below("conflicts[].statements[]", "requirements[][]"), below("conflicts[].fixes[]", "instead[]")];
    let mut failed: BTreeSet<String> =
        rejecting.iter().flatten().chain(failed).chain(every).cloned().collect();
    places(&mut failed);
    // what could be chosen instead is always a command
    failed.retain(|key| !key.starts_with("instead[].remedies[].place."));
    if have("every_key_is_documented_and_every_documented_key_is_printed", &["uv"]) {
        // the package manager needs the environment of this machine
        let mut command = Command::new(env!("CARGO_BIN_EXE_hsm"));
        let rejected = rejected();
        command.args(["sync", "--yes", "--format", "json"]).current_dir(rejected.path(""));
        keys(&project::run(&mut command).ends(1).json(), "", &mut found);
    } else {
        failed
            .retain(|key| !["requirements", "instead", "rejected"].iter().any(|head| key.starts_with(head)));
    }
    let (more, fewer): (Vec<_>, Vec<_>) =
        (found.difference(&failed).collect(), failed.difference(&found).collect());
    assert_eq!((more, fewer), (Vec::new(), Vec::new()), "not documented, and not printed");
}

/// A project that only the package manager can reject.
fn rejected() -> Project {
    let project =
        Project::of("project: {name: demo}\ndependencies: {package_groups: {client: {}}, packages: [pin]}\n");
    for (path, text) in [
        (
            "package_groups/client.yaml",
            "name: client\ntype: package_group\nstrategy: 1-of-N\noptions: [{name: requests}, {name: six}]\n",
        ),
        ("packages/requests.yaml", "name: requests\nversion: 2.31.0\nsources: {prod: {type: pypi}}\n"),
        ("packages/six.yaml", "name: six\nversion: 1.16.0\nsources: {prod: {type: pypi}}\n"),
        (
            "packages/pin.yaml",
            "name: pin\nversion: 0.10.2\nsources: {prod: {type: pypi, name: toml}}\ndependencies: [\"urllib3<1.20\"]\n",
        ),
    ] {
        project.write(&format!("hsm-registry/{path}"), text);
    }
    project
}

#[test]
fn what_is_typed_wrongly_is_a_document_too() {
    let project = Project::of("project: {name: demo}\n");
    for (args, says) in [
        (&["--format", "json", "frobnicate"][..], "unrecognized subcommand 'frobnicate'"),
        (&["check", "--frob", "--format=json"], "unexpected argument '--frob' found"),
        (
            &["mode", "sideways", "--format", "json"],
            "invalid value 'sideways' for '<MODE>' [possible values: prod, dev]",
        ),
        (&["why", "--format", "json"], "the following required arguments were not provided: <NAME>"),
        (&["--format", "json"], "'hsm' requires a subcommand but one was not provided"),
        (
            &["resolve", "--explain", "a", "--fix", "1", "--format", "json"],
            "fixes have numbers in `hsm resolve --explain`",
        ),
        (&["why", "nobody", "--format", "json"], "no registry has a component or group `nobody`"),
    ] {
        let run = project.run(args).ends(2);
        let document = run.json();
        assert_eq!(
            (&document["schema"], &document["ok"]),
            (&Value::from(1), &Value::from(false)),
            "{args:?}"
        );
        let error = document["error"].as_str().unwrap_or_default();
        assert!(error.starts_with(says), "{args:?}: {error}");
        assert!(document["diagnostics"].is_array() && document["conflicts"].is_array(), "{document}");
        assert!(run.err.contains("error: ") || run.err.contains("Usage: "), "{}", run.err);
    }
    project.run(&["check", "--frob", "--format", "sarif"]).ends(2).json();
    assert_eq!(project.run(&["check", "--frob"]).ends(2).out, "");
    assert!(project.run(&["check", "--help", "--format", "json"]).ends(0).out.contains("Usage: "));
}
