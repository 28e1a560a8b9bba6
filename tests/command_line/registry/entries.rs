//! Commands that write entries, and `package init`: what is written, byte for byte, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use hsm::cli::Exit;

use super::{MANIFEST, has, json, project, with_two, words};
use crate::{Project, run};

/// An entry that a command made: below the line by which editors find the schema of its format.
fn entry(project: &Project, path: &str, format: &str) -> String {
    let text = project.read(&format!("hsm-registry/{path}"));
    let line = format!("# yaml-language-server: $schema=../../.hsm/schemas/{format}.json\n");
    assert!(project.path(&format!(".hsm/schemas/{format}.json")).exists(), "{path}");
    text.strip_prefix(&line).expect("the line of its format").to_owned()
}

#[test]
fn a_package_is_written_in_the_order_of_the_format_and_read_back() {
    let project = project();
    let args = words(
        "registry package add Rag_Core --version 1.10 --description 'Core: all of it' --owner us --tag \
         on --git https://git.example.org/core.git --tag-ref v1.10 --path ./packages/core \
         --requires-python >=3.11 --depends numpy>=1.26 --implies container:web>=4 --implies \
         container_group:tools=red,green --conflicts package:one<2 --env PORT=0440 --entrypoint \
         'serve=python -m core'",
    );
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let run = project.run(&args).ends(Exit::Done);
    has(&run.err, &["the stack stays as it is", "created hsm-registry/packages/Rag_Core.yaml"]);
    assert!(!run.err.contains("warning"), "{}", run.err);
    assert_eq!(
        entry(&project, "packages/Rag_Core.yaml", "package"),
        "name: Rag_Core
description: \"Core: all of it\"
owner: us
tags:
  - \"on\"
version: \"1.10\"
sources:
  prod:
    type: git
    url: https://git.example.org/core.git
    tag: v1.10
  dev:
    type: local
    path: ./packages/core
    editable: true
requires_python: \">=3.11\"
dependencies:
  - numpy>=1.26
implies:
  \"container:web\": \">=4\"
  \"container_group:tools\":
    - red
    - green
conflicts:
  \"package:one\": <2
env:
  PORT: \"0440\"
entrypoints:
  serve: \"python -m core\"
"
    );
    let again = project.refuses(&["registry", "package", "add", "rag-core"], Exit::Wrong);
    has(
        &again.err,
        &["package:rag-core is there already, in hsm-registry/packages/Rag_Core.yaml", "--release"],
    );
    project.run(&["package", "add", "rag-core"]).ends(Exit::Done);
}

/// A container with all that the command can say.
const API: &str = "name: api
container_name: api-1
network_aliases:
  - front
orchestration:
  service_name: api-service
  depends_on:
    tools:
      condition: service_started
    red:
      condition: service_healthy
ports:
  - \"8080:80\"
  - \"22:22\"
volumes:
  - \"data:/data\"
env:
  DEBUG: \"on\"
compose:
  restart: \"no\"
  healthcheck:
    test:
      - CMD
      - \"true\"
    retries: 3
sources:
  prod:
    type: docker-image
    image: \"example/api:1.0\"
  dev:
    type: build
    path: ./api
    dockerfile: Dockerfile.dev
    target: dev
    args:
      BASE: \"${HSM_IMAGE.web}\"
    image: api-dev
    volumes:
      - \"${HSM_SOURCE}/src:/app/src\"
    requires:
      \"container:web\":
        mode: prod
deployment_profiles:
  near:
    mode: managed
  far:
    mode: external
    external:
      host: \"${API_HOST}\"
      port: \"80\"
default_profile: near
implies:
  \"container:green\":
    version: \">=2\"
    params:
      a:
        - x
        - \"y\"
";

#[test]
fn a_container_is_written_with_all_that_it_can_hold() {
    let project = project();
    let args = words(
        "registry container add api --image example/api:1.0 --build ./api --dockerfile Dockerfile.dev \
         --target dev --arg 'BASE=${HSM_IMAGE.web}' --build-image api-dev --dev-volume \
         '${HSM_SOURCE}/src:/app/src' --requires 'container:web={mode: prod}' --port 8080:80 --port \
         22:22 --volume data:/data --env DEBUG=on --depends-on tools --depends-on red=service_healthy \
         --alias front --service-name api-service --container-name api-1 --compose restart=no --compose \
         'healthcheck={test: [CMD, \"true\"], retries: 3}' --profile near=managed --profile \
         'far=external,host=${API_HOST},port=80' --default-profile near --implies \
         'container:green={version: \">=2\", params: {a: [x, y]}}'",
    );
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let run = project.run(&args).ends(Exit::Done);
    assert!(!run.err.contains("warning"), "{}", run.err);
    assert_eq!(entry(&project, "containers/api.yaml", "container"), API);
    project.run(&["container", "add", "api"]).ends(Exit::Done);
    let run = project.refuses(&["registry", "container", "add", "bare"], Exit::Wrong);
    has(&run.err, &["--image", "--build", "--profile"]);
    project
        .run(&["registry", "container", "add", "base", "--build", "./base", "--base-image"])
        .ends(Exit::Done);
    has(&project.read("hsm-registry/containers/base.yaml"), &["run: false"]);
}

#[test]
fn what_the_reader_would_refuse_is_not_written_and_shown_where_it_would_stand() {
    let project = project();
    let image = ["--image", "x:1"];
    for (more, code) in [
        (&["--port", "nonsense"][..], "HSM-E"),
        (&["--volume", "d:/data"], "HSM-E075"),
        (&["--default-profile", "gone"], "HSM-E"),
        (&["--implies", "container:red", "--implies", "container:red"], "HSM-E"),
        (&["--build", "/absolute"], "HSM-E"),
    ] {
        let args = [&["registry", "container", "add", "x"][..], &image, more].concat();
        let run = project.refuses(&args, Exit::Wrong);
        has(&run.err, &[code, "hsm-registry/containers/x.yaml:", "nothing was written"]);
    }
    let run =
        project.refuses(&["registry", "package", "add", "x", "--version", "1", "--pypi", ">=2"], Exit::Wrong);
    has(&run.err, &["hsm-registry/packages/x.yaml"]);
    for wrong in [
        &["registry", "package", "add", "x", "--rev", "main"][..],
        &["registry", "package", "add", "x", "--implies", "web"],
        &["registry", "package", "add", "x", "--env", "A"],
        &["registry", "package", "add", "-x-"],
        &["registry", "package", "add", "x", "--git", "u", "--url", "v"],
        &["registry", "group", "add", "x", "--option", "red"],
        &["registry", "group", "add", "x", "--kind", "container"],
        &["registry", "package", "add", "container:x"],
    ] {
        project.refuses(wrong, Exit::Wrong);
    }
}

#[test]
fn an_entry_that_names_what_is_not_there_is_written_with_a_warning() {
    let project = project();
    let run = project
        .run(&[
            "registry",
            "group",
            "add",
            "caches",
            "--kind",
            "container",
            "--option",
            "gren",
            "--option",
            "red",
            "--default",
            "red",
            "--comment",
            "What remembers",
        ])
        .ends(Exit::Done);
    has(&run.err, &["HSM-W209", "container:gren", "did you mean `container:green`?", "caches.yaml:8:11"]);
    let run = project
        .run(&["registry", "package", "add", "x", "--implies", "container_group:tools=bleu"])
        .ends(Exit::Done);
    has(&run.err, &["container_group:tools has no option `bleu`", "did you mean `blue`?"]);
    let demand = "container:web={profile: small}";
    let run = project.run(&["registry", "package", "add", "y", "--implies", demand]).ends(Exit::Done);
    has(&run.err, &["warning[HSM-", "`small`", "hsm-registry/packages/y.yaml:"]);
    // what is wrong with others is not told here
    project.write("hsm-registry/containers/red.yaml", "name: red\nports: 1\n");
    let run =
        project.run(&["registry", "package", "add", "z", "--implies", "container:web"]).ends(Exit::Done);
    assert!(!run.err.contains("red.yaml"), "{}", run.err);
}

#[test]
fn releases_and_options_come_and_go_and_the_rest_of_the_file_stays() {
    let project = project();
    let web = "# the front\nname: web   # its name\nsources: {prod: {type: docker-image, image: \"web:4\"}}\n\nports: [ '80:80' ]";
    project.write("hsm-registry/containers/web.yaml", web);
    let run = project
        .run(&[
            "registry",
            "container",
            "add",
            "web",
            "--release",
            "5.0",
            "--image",
            "web:5.0",
            "--env",
            "A=no",
        ])
        .ends(Exit::Done);
    has(&run.err, &["~ container:web", "edited hsm-registry/containers/web.yaml"]);
    let added = "\nreleases:\n  - version: \"5.0\"\n    env:\n      A: \"no\"\n    sources:\n      prod:\n        type: docker-image\n        image: web:5.0";
    assert_eq!(
        project.read("hsm-registry/containers/web.yaml"),
        format!("{web}{added}").replace("image: web:5.0", "image: \"web:5.0\"")
    );
    let run = project.refuses(&["registry", "container", "add", "web", "--release", "5"], Exit::Wrong);
    has(&run.err, &["there is a release 5 already"]);
    project.run(&["registry", "container", "remove", "web", "--release", "5.0"]).ends(Exit::Done);
    assert_eq!(project.read("hsm-registry/containers/web.yaml"), web);
    let run = project.refuses(&["registry", "container", "remove", "web", "--release", "4"], Exit::Wrong);
    has(&run.err, &["own version"]);

    let spare = project.read("hsm-registry/container_groups/spare.yaml");
    let add = [
        "registry",
        "group",
        "add-option",
        "spare",
        "red",
        "--description",
        "The: red",
        "--implies",
        "container:green",
    ];
    project.run(&add).ends(Exit::Done);
    let item = "  - name: red\n    description: \"The: red\"\n    implies:\n      container:green: \"*\"\n";
    assert_eq!(project.read("hsm-registry/container_groups/spare.yaml"), format!("{spare}{item}"));
    project.refuses(&add, Exit::Wrong);
    project.run(&["registry", "group", "remove-option", "spare", "red"]).ends(Exit::Done);
    assert_eq!(project.read("hsm-registry/container_groups/spare.yaml"), spare);
    let run = project.refuses(&["registry", "group", "remove-option", "spare", "rde"], Exit::Wrong);
    has(&run.err, &["there is no option `rde`; its options: blue, web"]);
    project.run(&["registry", "group", "remove-option", "spare", "blue"]).ends(Exit::Done);
    let run = project.refuses(&["registry", "group", "remove-option", "spare", "web"], Exit::Wrong);
    has(&run.err, &["nothing was written"]);
    let run =
        project.run(&["registry", "group", "remove-option", "tools", "red", "--force"]).ends(Exit::Done);
    has(&run.err, &["`red` was in `default`", "no solution now"]);
}

#[test]
fn what_breaks_a_project_that_has_a_stack_is_refused_unless_forced() {
    let project = project();
    let clash = ["registry", "container", "add", "red", "--release", "9", "--conflicts", "container:web"];
    // a release that cannot be taken is passed over
    project.run(&clash).ends(Exit::Done);
    project.write(
        "hsm-registry/containers/lone.yaml",
        "name: lone\nsources: {prod: {type: docker-image, image: \"l:1\"}}\n",
    );
    project.write("hsm.yaml", &format!("{MANIFEST}constraints: {{container:web: {{version: \"<5\"}}}}\n"));
    project.write(
        "hsm-registry/packages/needy.yaml",
        "name: needy\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n",
    );
    let args = ["registry", "group", "add-option", "tools", "lone", "--conflicts", "container:web"];
    project.run(&args).ends(Exit::Done);
    // an option that is selected cannot go
    let run = project.refuses(&["registry", "group", "remove-option", "tools", "red"], Exit::Wrong);
    has(&run.err, &["`--force` writes it all the same", "no option `red`"]);
    let run = project.refuses(&["registry", "container", "remove", "web"], Exit::Wrong);
    has(
        &run.err,
        &[
            "container:web was not removed, because other entries name it",
            "hsm-registry/container_groups/spare.yaml:9:11: container_group:spare has it as an option",
            "hsm-registry/containers/red.yaml",
            "conflicts with it",
            "package_group:client (option `three`) implies it",
        ],
    );
    let run = project.run(&["registry", "container", "remove", "web", "--force"]).ends(Exit::Done);
    has(&run.err, &["warning", "removed hsm-registry/containers/web.yaml"]);
    assert!(!project.path("hsm-registry/containers/web.yaml").exists());
    // the release that is pinned cannot go
    let project = Project::new(&format!("{MANIFEST}constraints: {{container:web: {{version: \">=5\"}}}}\n"));
    let release = |verb| ["registry", "container", verb, "web", "--release", "5.0"];
    project.run(&[&release("add")[..], &["--image", "web:5.0"]].concat()).ends(Exit::Done);
    let run = project.refuses(&release("remove"), Exit::NoSolution);
    has(&run.err, &["the edit would leave no solution; nothing was written", "`--force`"]);
    let run = project.run(&[&release("remove")[..], &["--force"]].concat()).ends(Exit::Done);
    has(&run.err, &["no solution now"]);
    let run = project.run(&["registry", "package", "add", "later"]).ends(Exit::Done);
    has(&run.err, &["there is still no stack: a conflict remains; see `hsm resolve --explain`"]);
    // nobody names this one but the manifest
    project.write("hsm.yaml", "project: {name: demo}\nservices: {containers: [two]}\n");
    let run = project.refuses(&["registry", "container", "remove", "two"], Exit::Wrong);
    has(&run.err, &["hsm.yaml:2:"]);
}

#[test]
fn the_registry_that_is_written_can_be_named_and_what_is_hidden_is_told() {
    let project = with_two();
    let run = project.run(&["registry", "container", "add", "corp/red", "--image", "red:7"]).ends(Exit::Done);
    has(
        &run.err,
        &["the registry `hsm-registry` has container:red too", "created shared/containers/red.yaml"],
    );
    let args = ["registry", "container", "add", "mail", "--image", "mail:2", "--registry", "hsm-registry"];
    let run = project.run(&args).ends(Exit::Done);
    has(&run.err, &["it hides container:mail of the registry `corp`"]);
    let run = project.run(&["registry", "container", "remove", "mail"]).ends(Exit::Done);
    has(
        &run.err,
        &["of the registry `corp` is the one that counts then", "removed hsm-registry/containers/mail.yaml"],
    );
    project.refuses(&["registry", "container", "add", "x/y", "--image", "y:1"], Exit::Wrong);
    project.refuses(&["registry", "package", "add", "corp/x", "--registry", "hsm-registry"], Exit::Wrong);
}

#[test]
fn a_group_that_another_registry_extends_counts_as_named() {
    let project = with_two();
    project.write(
        "shared/container_groups/tools.yaml",
        "name: tools\nstrategy: M-of-N\noptions: [mail, green]\n",
    );
    let own = "name: more\nstrategy: M-of-N\nextends: corp/tools\noptions: [red]\n";
    project.write("hsm-registry/container_groups/more.yaml", own);
    // the one of the first registry can go: the other one has the name, too
    let run = project.refuses(&["registry", "group", "remove", "corp/tools"], Exit::Wrong);
    has(&run.err, &["hsm-registry/container_groups/more.yaml:3:10: container_group:more extends it"]);
    let run = project.run(&["registry", "show", "corp/tools"]).ends(Exit::Done);
    has(&run.out, &["extended by", "container_group:more"]);
    let extends = |what: &'static str| {
        ["registry", "group", "add", "wide", "--kind", "container", "--extends", what, "--option", "red"]
    };
    let run = project.refuses(&extends("crop/tools"), Exit::Wrong);
    has(&run.err, &["HSM-E211", "wide.yaml:", "no registry of this project is called so"]);
    project.refuses(&extends("corp/tolls"), Exit::Wrong);
    project.run(&extends("corp/tools")).ends(Exit::Done);
}

#[test]
fn nothing_is_written_where_there_is_neither_a_project_nor_a_registry() {
    let project = project();
    fs::create_dir(project.path("away")).expect("made");
    fs::remove_file(project.path("hsm.yaml")).expect("removed");
    let before = project.picture();
    let mut command = project.command(&["registry", "package", "add", "x"]);
    let run = run(command.current_dir(project.path("away"))).ends(Exit::Wrong);
    has(&run.err, &["there is no registry", "`hsm init`"]);
    project.refuses(&["registry", "add", "away"], Exit::Wrong);
    project.refuses(&["package", "init", "x"], Exit::Wrong);
    assert_eq!(before, project.picture());
    project.run(&["registry", "package", "add", "x"]).ends(Exit::Done);
    assert!(!project.path(".hsm").exists(), "without a project there is nothing to lock");
}

#[test]
fn a_project_without_a_registry_gets_one_with_its_first_entry() {
    let project = project();
    fs::remove_dir_all(project.path("hsm-registry")).expect("removed");
    project.write("hsm.yaml", "project: {name: demo}\nservices: {containers: [web]}\n");
    let run = project.run(&["registry", "container", "add", "web", "--image", "web:1"]).ends(Exit::Done);
    has(&run.err, &["created hsm-registry/containers/web.yaml"]);
    project.run(&["resolve"]).ends(Exit::Done);
}

#[test]
fn an_edit_says_as_data_what_it_did() {
    let project = project();
    let run = project.run(&["registry", "package", "add", "x", "--format", "json"]).ends(Exit::Done);
    let data = json(&run);
    assert_eq!(data["files"], serde_json::json!(["hsm-registry/packages/x.yaml"]));
    assert_eq!(data["changed"], true);
    let args = ["registry", "container", "add", "x", "--image", "x", "--port", "x", "--format", "json"];
    let data = json(&project.refuses(&args, Exit::Wrong));
    assert_eq!(data["diagnostics"][0]["place"]["file"], "hsm-registry/containers/x.yaml");
}

// ---- local packages ----

#[test]
fn a_package_that_is_there_is_registered_as_it_is() {
    let project = project();
    project.write(
        "libs/core/pyproject.toml",
        "[project]\nname = \"the.core\"\nversion = \"2.10\"\nrequires-python = \">=3.12\"\n",
    );
    let before = project.read("libs/core/pyproject.toml");
    let run = project.run(&["package", "init", "core", "libs/core", "--add"]).ends(Exit::Done);
    has(&run.err, &["+ package:core", "created hsm-registry/packages/core.yaml", "edited hsm.yaml"]);
    assert_eq!(project.read("libs/core/pyproject.toml"), before);
    assert_eq!(
        entry(&project, "packages/core.yaml", "package"),
        "name: core\nversion: \"2.10\"\nsources:\n  dev:\n    type: local\n    name: the.core\n    path: ./libs/core\n    editable: true\nrequires_python: \">=3.12\"\n"
    );
    has(&project.read("hsm.yaml"), &["- core"]);
    let run = project.refuses(&["package", "init", "core"], Exit::Wrong);
    has(&run.err, &["package:core is there already"]);
}

#[test]
fn what_cannot_be_written_whole_is_not_written_at_all() {
    let project = project();
    project.write("libs/core/pyproject.toml", "[project]\nname = \"core\"\nversion = \"1.0\"\n");
    let manifest = project.path("hsm.yaml");
    let mut locked = fs::metadata(&manifest).expect("there").permissions();
    locked.set_mode(0o444);
    fs::set_permissions(&manifest, locked).expect("set");
    let run = project.run(&["package", "init", "core", "libs/core", "--add"]).ends(Exit::Failed);
    has(&run.err, &["failed to write", "hsm.yaml"]);
    assert!(!project.path("hsm-registry/packages/core.yaml").exists(), "the entry went again");
    assert_eq!(project.read("hsm.yaml"), MANIFEST);
}

#[test]
fn a_package_is_made_only_where_nothing_is_and_only_with_the_tool() {
    let project = project();
    project.write("packages/used/notes.txt", "mine");
    let run = project.refuses(&["package", "init", "used"], Exit::Wrong);
    has(&run.err, &["`./packages/used` is there and has no pyproject.toml"]);
    let run = project.refuses(&["package", "init", "fresh"], Exit::Failed);
    has(&run.err, &["uv was not found"]);
    project.refuses(&["package", "init", "-x"], Exit::Wrong);
}

#[test]
fn any_key_of_the_format_can_be_set() {
    let project = with_two();
    let set = [
        "--set",
        "deprecated={use: one, why: it is old}",
        "--set",
        "renamed_from=[lazy]",
        "--set",
        "x-team=search",
    ];
    project
        .run(&[&["registry", "package", "add", "later", "--version", "1.0"][..], &set].concat())
        .ends(Exit::Done);
    let text = project.read("hsm-registry/packages/later.yaml");
    let keys = "deprecated:\n  use: one\n  why: it is old\nrenamed_from:\n  - lazy\nx-team: search\n";
    assert!(text.ends_with(keys), "{text}");
    let release =
        ["registry", "package", "add", "later", "--release", "1.1", "--set", "yanked=it loses data"];
    project.run(&release).ends(Exit::Done);
    assert!(project.read("hsm-registry/packages/later.yaml").contains("yanked: \"it loses data\""));
    for (set, why) in [
        ("nope=1", "nope"),
        ("version=2", "version"),
        ("tags=[", "is no YAML"),
        ("owner", "expected KEY=VALUE"),
    ] {
        let run = project
            .refuses(&["registry", "package", "add", "other", "--version", "1.0", "--set", set], Exit::Wrong);
        has(&run.err, &[why]);
    }
}
