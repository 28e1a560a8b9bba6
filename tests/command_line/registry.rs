//! The family `registry`: what is shown, and what is written into the list of registries.

mod cases;
mod diff;
mod entries;
mod looking;
mod validate;
mod wrapped;

use std::fs;
use std::path::Path;

use hsm::cli::Exit;

use super::{Project, Run, run};

const MANIFEST: &str = "project: {name: demo}
registry: ./hsm-registry   # ours
services:
  container_groups:
    tools: {selection: [red]}
  containers: [web]
";

/// A second registry: one name of the first one, and one of its own.
const SHARED: &[(&str, &str)] = &[
    ("registry.yaml", "name: corp\n"),
    ("containers/web.yaml", "name: web\nsources: {prod: {type: docker-image, image: \"corp/web:9\"}}\n"),
    (
        "containers/mail.yaml",
        "name: mail\ndescription: Catches what is sent\ntags: [smtp]\nowner: platform\nsources: {prod: {type: docker-image, image: \"mail:1.10\"}}\n",
    ),
];

fn project() -> Project {
    Project::new(MANIFEST)
}

/// One with two registries.
fn with_two() -> Project {
    let project = Project::new(&MANIFEST.replace("./hsm-registry ", "[./hsm-registry, ./shared] "));
    for (path, text) in SHARED {
        project.write(&format!("shared/{path}"), text);
    }
    project
}

impl Project {
    /// Runs it and compares nothing but that nothing was written.
    #[track_caller]
    fn refuses(&self, args: &[&str], exit: Exit) -> Run {
        let before = self.picture();
        let run = self.run(args).ends(exit);
        assert_eq!(before, self.picture(), "something was written");
        run
    }
}

#[track_caller]
fn json(run: &Run) -> serde_json::Value {
    let read = serde_json::from_str(&run.out);
    assert!(read.is_ok(), "{read:?}:\n{}", run.out);
    read.unwrap_or_default()
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

/// The words of a command line; what stands in single quotes is one.
fn words(line: &str) -> Vec<String> {
    let quoted = line.split('\'').enumerate();
    let words = quoted.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

// ---- looking ----

#[test]
fn a_list_shows_every_entry_by_kind_and_the_broken_ones_with_their_error() {
    let project = project();
    project.write("hsm-registry/containers/broken.yaml", "name: broken\nports: 5\n");
    project.write(
        "hsm-registry/packages/one.yaml",
        "name: one\ndescription: The first\nversion: 1.0.0\nsources: {prod: {type: pypi}}\nreleases: [{version: 2.0.0}, {version: 2.1.0rc1}]\n",
    );
    let run = project.run(&["registry", "list"]).ends(Exit::Done);
    has(&run.out, &["packages\n", "containers\n", "package groups\n", "container groups\n"]);
    has(&run.out, &["one    2.0.0 (+2)    The first", "broken  broken", "(line 2, column 8)"]);
    has(&run.out, &["client  1-of-N    one, two, three", "Tools to look at things (red, green, blue)"]);
    let run = project.run(&["registry", "list", "--kind", "group"]).ends(Exit::Done);
    assert!(!run.out.contains("containers\n") && run.out.contains("spare"), "{}", run.out);
    let data = json(&project.run(&["registry", "list", "--format", "json"]).ends(Exit::Done));
    let entries = data["entries"].as_array().expect("a list");
    let one = entries.iter().find(|entry| entry["id"] == "package:one").expect("there");
    assert_eq!(one["releases"], serde_json::json!(["2.0.0", "1.0.0", "2.1.0rc1"]), "finals first");
    let broken = entries.iter().find(|entry| entry["id"] == "container:broken").expect("there");
    assert!(broken["error"].as_str().is_some_and(|error| error.contains("ports")), "{broken}");
    assert_eq!(entries.len(), 13);
}

#[test]
fn what_an_earlier_registry_hides_is_listed_only_with_all() {
    let project = with_two();
    let run = project.run(&["registry", "list", "--kind", "container"]).ends(Exit::Done);
    assert!(run.out.contains("mail") && !run.out.contains("hidden"), "{}", run.out);
    let run = project.run(&["registry", "list", "--all"]).ends(Exit::Done);
    has(&run.out, &["corp, hidden by hsm-registry"]);
    let run = project.run(&["registry", "list", "--registry", "corp"]).ends(Exit::Done);
    assert_eq!(run.out.lines().count(), 2, "{}", run.out);
    let run = project.run(&["registry", "list", "--registry", "crop"]).ends(Exit::Wrong);
    has(&run.err, &["there is no registry `crop`; did you mean `corp`?"]);
}

#[test]
fn registries_are_read_without_a_project_too() {
    let project = with_two();
    fs::remove_file(project.path("hsm.yaml")).expect("removed");
    let run_here = project.run(&["registry", "list"]).ends(Exit::Done);
    has(&run_here.out, &["spare"]);
    let mut elsewhere = project.command(&["registry", "path"]);
    elsewhere.current_dir(project.path("shared/containers")).env("HSM_REGISTRY_PATH", "..");
    let said = run(&mut elsewhere).ends(Exit::Done).out;
    let real = fs::canonicalize(project.path("shared")).expect("there");
    assert_eq!(fs::canonicalize(said.trim()).expect("a directory"), real);
    let mut nowhere = project.command(&["registry", "list"]);
    let run = run(nowhere.current_dir(project.path("shared/containers"))).ends(Exit::Done);
    has(&run.err, &["there is no registry"]);
    assert_eq!(run.out, "no entries\n");
}

#[test]
fn a_search_finds_by_every_word_best_first_and_says_what_is_near_when_nothing_fits() {
    let project = with_two();
    let run = project.run(&["registry", "search", "smtp"]).ends(Exit::Done);
    has(&run.out, &["container:mail"]);
    let run = project.run(&["registry", "search", "SENT", "platform"]).ends(Exit::Done);
    assert_eq!(run.out.matches("container:").count(), 1, "{}", run.out);
    let run = project.run(&["registry", "search", "two"]).ends(Exit::Done);
    let order: Vec<&str> =
        run.out.lines().skip(1).map(|line| line.trim().split(' ').next().unwrap_or("")).collect();
    assert_eq!(order, ["container:two", "package:two", "package_group:client"]);
    let run = project.run(&["registry", "search", "mial"]).ends(Exit::Done);
    has(&run.out, &["container:mail"]);
    has(&run.err, &["no entry has `mial`; these are like it"]);
    let run = project.run(&["registry", "search", "wbe"]).ends(Exit::Done);
    assert_eq!(run.out, "");
    has(&run.err, &["no entry has `wbe`; near it:", "container:web"]);
    let data = json(&project.run(&["registry", "search", "wbe", "--format", "json"]).ends(Exit::Done));
    assert_eq!(data["entries"], serde_json::json!([]));
    assert!(data["nearest"].as_array().is_some_and(|near| near.contains(&"container:web".into())));
}

#[test]
fn an_entry_is_shown_with_who_names_it() {
    let project = with_two();
    project.write(
        "hsm-registry/containers/green.yaml",
        "name: green\nowner: us\nsources:\n  prod: {type: docker-image, image: \"green:2\"}\n  dev: {type: build, path: ./green, requires: {container:red: \"*\"}}\norchestration: {depends_on: [tools]}\ndeployment_profiles: {near: {mode: managed}, far: {mode: external, external: {host: h, port: 1}}}\ndefault_profile: near\nimplies: {container:blue: \">=3\"}\n",
    );
    let run = project.run(&["registry", "show", "green"]).ends(Exit::Done);
    has(
        &run.out,
        &[
            "container:green\n",
            "owner       us",
            "releases    2\n",
            "prod        image green:2",
            "dev         build ./green",
            "profiles    near (default)  managed",
            "far  external: host h, port 1",
            "starts after  container:tools",
            "implies     container:blue >=3",
            "option of   container_group:tools  hsm-registry/container_groups/tools.yaml:",
        ]
        .map(|line| line.split("  ").last().unwrap_or(line).trim()),
    );
    let run = project.run(&["registry", "show", "tools"]).ends(Exit::Done);
    has(
        &run.out,
        &["M-of-N: from 0 to all", "red (default)", "package_group:client (two) blue", "container:green"],
    );
    let run = project.run(&["registry", "show", "red"]).ends(Exit::Done);
    has(&run.out, &["to build", "container:green  hsm-registry/containers/green.yaml:5:"]);
    let run = project.run(&["registry", "show", "two"]).ends(Exit::Wrong);
    has(&run.err, &["`two` is ambiguous: say `package:two` or `container:two`"]);
    let run = project.run(&["registry", "show", "corp/web"]).ends(Exit::Done);
    has(&run.out, &["corp/web:9", "hidden by", "hsm-registry"]);
    let run = project.run(&["registry", "show", "corp/red"]).ends(Exit::Wrong);
    has(&run.err, &["the registry `corp` has no entry `red`; `hsm-registry` has one"]);
    let run = project.run(&["registry", "show", "gren"]).ends(Exit::Wrong);
    has(&run.err, &["did you mean `container:green`?"]);
    let run = project.run(&["registry", "show", "container:web", "--raw"]).ends(Exit::Done);
    assert_eq!(run.out, project.read("hsm-registry/containers/web.yaml"));
    let data = json(&project.run(&["registry", "show", "blue", "--format", "json"]).ends(Exit::Done));
    assert_eq!(data["entry"]["sources"]["prod"]["image"], "blue:3");
    let how: Vec<&str> =
        data["named_by"].as_array().expect("a list").iter().filter_map(|one| one["how"].as_str()).collect();
    assert_eq!(how, ["implies", "demands", "option", "option"]);
}

#[test]
fn a_path_can_be_given_to_an_editor() {
    let project = with_two();
    let run = project.run(&["registry", "path"]).ends(Exit::Done);
    assert_eq!(run.out.lines().count(), 2);
    let run = project.run(&["registry", "path", "--registry", "corp"]).ends(Exit::Done);
    assert!(run.out.trim_end().ends_with("/shared"), "{}", run.out);
    let run = project.run(&["registry", "path", "container:two"]).ends(Exit::Done);
    assert!(Path::new(run.out.trim_end()).is_file(), "{}", run.out);
}

// ---- the list of registries ----

#[test]
fn a_registry_is_added_behind_the_one_that_is_there_and_every_other_byte_stays() {
    let project = with_two();
    project.write("hsm.yaml", MANIFEST);
    project.run(&["registry", "add", "./shared"]).ends(Exit::Done);
    let wanted = MANIFEST.replace("registry: ./hsm-registry ", "registry: [./hsm-registry, ./shared] ");
    assert_eq!(project.read("hsm.yaml"), wanted.replace("./shared", "\"./shared\""));
    let again = project.refuses(&["registry", "add", "shared", "--name", "other"], Exit::Done);
    has(&again.err, &["says so already"]);
    let run = project.run(&["registry", "show", "mail"]).ends(Exit::Done);
    has(&run.out, &["corp"]);
}

#[test]
fn the_registry_of_the_usual_place_stays_when_another_one_is_added() {
    let project = with_two();
    project.write("hsm.yaml", "project: {name: demo}\nservices: {containers: [web]}\n");
    project.run(&["registry", "add", "shared", "--name", "team"]).ends(Exit::Done);
    assert_eq!(
        project.read("hsm.yaml"),
        "project: {name: demo}\nservices: {containers: [web]}\nregistry:\n  - \"./hsm-registry\"\n  - {name: team, path: \"./shared\"}\n"
    );
}

#[test]
fn a_registry_that_cannot_be_used_is_not_added() {
    let project = with_two();
    let run = project.refuses(&["registry", "add", "./nowhere"], Exit::Wrong);
    has(&run.err, &["there is no directory `./nowhere`"]);
    project.refuses(&["registry", "add", "hsm.yaml"], Exit::Wrong);
    let run =
        project.refuses(&["registry", "add", "./hsm-registry/containers", "--name", "corp"], Exit::Wrong);
    has(&run.err, &["there is a registry `corp` already", "--name"]);
    // what the loader says of git registries
    let url = "https://git.example.org/registry.git";
    let add = ["registry", "add", url, "--name", "far", "--branch", "main", "--offline"];
    let run = project.refuses(&add, Exit::Failed);
    has(&run.err, &["HSM-E202", "nothing may be fetched"]);
    for (url, why) in [
        ("https://me:secret@git.example.org/r.git", "password"),
        ("ext::sh -c id", "`::`"),
        ("https://git.example.org/\u{1b}r.git", "control character"),
    ] {
        let run = project.refuses(&["registry", "add", url], Exit::Wrong);
        assert!(run.err.contains(why) && !run.err.contains("secret"), "{}", run.err);
    }
    let run = project.refuses(&["registry", "add", "--tag", "v1", "--", "--upload-pack=id"], Exit::Wrong);
    has(&run.err, &["cannot be used"]);
}

#[test]
fn a_registry_that_is_wrong_is_not_added_and_a_project_without_a_stack_may_get_one() {
    let project = with_two();
    project.write("hsm.yaml", MANIFEST);
    project.write("shared/registry.yaml", "name: corp\nnmae: corp\n");
    let run = project.refuses(&["registry", "add", "shared"], Exit::Wrong);
    has(&run.err, &["shared/registry.yaml:2:1"]);
    project.write("shared/registry.yaml", "name: corp\n");
    project.write("hsm.yaml", &format!("{MANIFEST}constraints: {{container:web: {{version: \"<1\"}}}}\n"));
    let run = project.run(&["registry", "add", "shared"]).ends(Exit::Done);
    has(
        &run.err,
        &["there is still no stack: a conflict remains; see `hsm resolve --explain`", "edited hsm.yaml"],
    );
}
