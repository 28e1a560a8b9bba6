//! `hsm env`: who wins, what is left out, and how it ends.

use std::fs;

use crate::project::Project;

const MANIFEST: &str = "project: {name: demo}
dependencies: {packages: [client]}
services: {containers: [{name: llm, profile: away}]}
";

/// A project with a package that sets variables, a published container and an external one; locked once.
fn project() -> Project {
    let project = Project::of(MANIFEST);
    for (path, text) in [
        (
            "packages/client.yaml",
            "name: client\nversion: 1.0.0\nsources: {prod: {type: pypi}}\nenv: {TIMEOUT: \"3\", REDIS_PORT: \"1\", WHO: \"${USER_NAME:-nobody}\", CASH: \"5$$\"}\nimplies: {container_group:cache: redis}\n",
        ),
        (
            "containers/redis.yaml",
            "name: redis\nports: [\"127.0.0.1:16379:6379\", \"6380:6380\"]\nsources: {prod: {type: docker-image, image: \"redis:7\"}}\n",
        ),
        (
            "containers/llm.yaml",
            "name: llm\nsources: {prod: {type: docker-image, image: \"llm:1\"}}\ndeployment_profiles:\n  away: {mode: external, external: {url: \"https://${LLM_SERVER}/v1\"}}\n",
        ),
    ] {
        project.write(&format!("hsm-registry/{path}"), text);
    }
    // without a package manager nothing writes one; an old one will do
    project.write("hsm.lock", "schema: 1\n");
    project
}

const ALL: &str = "CACHE_HOST=localhost
CACHE_PORT=16379
CACHE_PORT_6380=6380
CASH='5$'
REDIS_HOST=localhost
REDIS_PORT=1
REDIS_PORT_6380=6380
TIMEOUT=3
WHO=nobody
";

#[test]
fn the_process_wins_then_the_file_then_packages_then_addresses() {
    let project = project();
    let run = project.run(&["env", "-q"]).ends(0);
    assert_eq!(run.out, ALL);

    project.write(
        ".env",
        "TIMEOUT=4\nREDIS_HOST=elsewhere\nUSER_NAME='a b'\nOWN=\"x\ny\"\nLLM_SERVER=llm.test\n",
    );
    let run = project.run(&["env", "-q"]).ends(0);
    let expect = ALL
        .replace(
            "REDIS_HOST=localhost",
            "LLM_SERVER=llm.test\nLLM_URL=https://llm.test/v1\nOWN=\"x\\ny\"\nREDIS_HOST=elsewhere",
        )
        .replace("TIMEOUT=3\nWHO=nobody", "TIMEOUT=4\nUSER_NAME='a b'\nWHO='a b'");
    assert_eq!(run.out, expect);

    let mut command = project.command(&["env", "-q", "TIMEOUT", "WHO", "LLM_URL"]);
    let run = crate::project::run(command.env("TIMEOUT", "5").env("USER_NAME", "me")).ends(0);
    assert_eq!(run.out, "TIMEOUT=5\nWHO=me\nLLM_URL=https://llm.test/v1\n");
}

/// A param's value is what it says; only the registry's own text asks for variables.
#[test]
fn a_dollar_in_a_param_is_a_dollar() {
    let project = project();
    project.write(
        "hsm-registry/packages/client.yaml",
        "name: client\nversion: 1.0.0\nsources: {prod: {type: pypi}}\nenv: {PRICE: \"${HSM_PARAMS.price} ${HSM_PARAMS.no:-${USER_NAME:-x}}\"}\nimplies: {container_group:cache: {options: redis, params: {price: \"5${USER_NAME}$\"}}}\n",
    );
    let run = project.run(&["env", "-q", "PRICE"]).ends(0);
    assert_eq!(run.out, "PRICE='5${USER_NAME}$ x'\n");
}

#[test]
fn what_needs_an_unset_variable_is_left_out_and_named() {
    let project = project();
    let run = project.run(&["env"]).ends(0);
    assert!(run.err.contains("HSM-E431"), "{}", run.err);
    assert!(
        run.err.contains("`LLM_SERVER` is not set; it is needed for `LLM_URL` of container:llm"),
        "{}",
        run.err
    );
    let run = project.run(&["env", "LLM_URL"]).ends(2);
    assert!(run.err.contains("`LLM_URL` cannot be told: `LLM_SERVER` is not set"), "{}", run.err);
    let run = project.run(&["env", "REDIS_PROT"]).ends(2);
    assert!(
        run.err.contains("nothing of the project sets `REDIS_PROT`; did you mean `REDIS_PORT`?"),
        "{}",
        run.err
    );
    assert_eq!(run.out, "");
}

#[test]
fn a_file_that_cannot_be_read_is_told_by_its_place_and_never_shown() {
    let project = project();
    project.write(".env", "A=1\n  TOKEN=\"hunter22\nB=2\n");
    for args in [&["env"][..], &["env", "--format", "json"], &["env", "--format", "github"], &["env", "-v"]] {
        let run = project.run(args).ends(2);
        assert!(run.err.contains("HSM-E430") || run.out.contains("HSM-E430"), "{run:?}");
        assert!((run.err.clone() + &run.out).contains("`.env:2:9`: this quote is never closed"), "{run:?}");
        assert!(!run.err.contains("hunter22") && !run.out.contains("hunter22"), "{run:?}");
    }
    fs::remove_file(project.path(".env")).expect("it was there");
    fs::create_dir(project.path(".env")).expect("made");
    let run = project.run(&["env"]).ends(2);
    assert!(run.err.contains("`.env` cannot be read"), "{}", run.err);
}

#[test]
fn formats_are_for_other_programs_and_data_is_alone() {
    let project = project();
    project.write(".env", "TOKEN='a%\nb'\nLLM_SERVER=s\n");
    let shell = project.run(&["env", "--format", "shell", "TOKEN", "CASH"]).ends(0);
    assert_eq!(shell.out, "export TOKEN='a%\nb'\nexport CASH='5$'\n");

    let github = project.run(&["env", "--format", "github", "TOKEN", "CASH"]).ends(0);
    assert_eq!(github.out, "TOKEN<<HSM_END\na%\nb\nHSM_END\nCASH=5$\n");
    let masks = "::add-mask::a%25%0Ab\n::add-mask::a%25\n::add-mask::b\n";
    assert!(github.err.contains(masks), "{}", github.err);
    assert!(!github.err.contains("5$"), "{}", github.err);
    // warnings do not get between the lines
    project.write(".env", "");
    let github = project.run(&["env", "--format", "github"]).ends(0);
    assert!(!github.out.contains("::") && github.err.contains("::warning"), "{github:?}");

    let json = project.run(&["env", "--format", "json"]).ends(0).json();
    let named = |name: &str| {
        let all = json["variables"].as_array().expect("a list");
        all.iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(
        (named("CASH")["value"].as_str(), named("CASH")["from"].as_str()),
        (Some("5$"), Some("package:client"))
    );
    assert_eq!(
        (named("REDIS_HOST")["from"].as_str(), named("WHO")["secret"].as_bool()),
        (Some("container:redis"), Some(true))
    );
    assert_eq!(json["left_out"][0]["needs"][0], "LLM_SERVER");

    let refused = project.run(&["env", "--format", "sarif"]).ends(2);
    assert!(refused.err.contains("`hsm env` prints dotenv, shell, github or json"), "{}", refused.err);
    for args in [
        &["list", "--format", "shell"][..],
        &["resolve", "--format", "dotenv"],
        &["why", "redis", "--format", "shell"],
    ] {
        assert!(project.run(args).ends(2).err.contains("is for `hsm env`"));
    }
}

#[test]
fn it_goes_by_what_is_locked() {
    let project = project();
    fs::remove_file(project.path("hsm.lock")).expect("it was locked");
    let run = project.run(&["env"]).ends(4);
    assert!(run.err.contains("nothing is locked yet; `hsm sync` writes `hsm.lock`"), "{}", run.err);
    assert_eq!(project.run(&["env", "--format", "json"]).ends(4).json()["ok"], false);
    assert!(!project.path("hsm.lock").exists());
    project.write("hsm.lock", "schema: 1\n");
    let run = project.run(&["env"]).ends(0);
    assert!(run.err.contains("`hsm.lock` is out of date"), "{}", run.err);

    let project = Project::of("project: {name: demo}\nservices: {containers: [web]}\n");
    project.run(&["lock"]).ends(0);
    let run = project.run(&["env"]).ends(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
}
