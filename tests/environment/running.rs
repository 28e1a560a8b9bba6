//! `hsm run` without any tool: what the program gets, how it ends, which entrypoint is meant.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use crate::project::Project;

/// A project of containers, so that a sync needs no tool.
fn project() -> Project {
    let project = Project::of("project: {name: demo}\nservices: {containers: [redis]}\n");
    project.write(
        "hsm-registry/containers/redis.yaml",
        "name: redis\nports: [\"16379:6379\"]\nsources: {prod: {type: docker-image, image: \"redis:7\"}}\n",
    );
    project
}

#[test]
fn the_program_gets_the_environment_and_its_code_is_passed_on() {
    let project = project();
    project.write(".env", "TOKEN='a $b'\nHOME=/nowhere\n");
    let script = "printf '%s|%s|%s|%s|' \"$REDIS_HOST:$REDIS_PORT\" \"$TOKEN\" \"$1\" \"$HOME\"; pwd; exit 7";
    let run = project.run(&["run", "--", "/bin/sh", "-c", script, "x", "--format"]).ends(7);
    let home = project
        .command(&[])
        .get_envs()
        .find(|(name, _)| *name == "HOME")
        .and_then(|(_, v)| v.map(ToOwned::to_owned));
    let here = project.path("").canonicalize().expect("there");
    let expect = format!(
        "localhost:16379|a $b|--format|{}|{}\n",
        home.unwrap_or_default().to_string_lossy(),
        here.display()
    );
    assert_eq!(run.out, expect, "the process wins over the file");
    assert!(
        project.path("hsm.lock").exists() && project.path("docker-compose.hpm.yml").exists(),
        "it synced first"
    );
    assert!(
        !run.err.contains("a $b")
            && !fs::read_to_string(project.path("docker-compose.hpm.yml")).expect("written").contains("a $b")
    );
    // with nothing to do nothing is said
    let again = project.run(&["run", "--", "/bin/sh", "-c", "exit 0"]).ends(0);
    assert!(!again.err.contains("nothing to do"), "{}", again.err);
    // another directory than the project's
    fs::create_dir(project.path("inner")).expect("made");
    let inner = project.run(&["-C", "inner", "run", "--", "/bin/sh", "-c", "pwd"]).ends(0);
    assert_eq!(inner.out, format!("{}\n", here.join("inner").display()));
}

#[test]
fn it_becomes_the_program() {
    let project = project();
    let mut command = project.command(&["run", "--", "/bin/sh", "-c", "echo $$; kill -TERM $$"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("hsm runs");
    let pid = child.id();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{pid}\n"));
    assert_eq!(output.status.signal(), Some(15));
}

#[test]
fn the_program_does_not_hold_the_project() {
    let project = project();
    let hsm = env!("CARGO_BIN_EXE_hsm");
    // the first run has something to write, and takes the project for that
    let inside = format!("echo redis2 > /dev/null; {hsm} add web && {hsm} sync --no-wait");
    let run = project.run(&["run", "--", "/bin/sh", "-c", &inside]).ends(0);
    assert!(run.err.contains("web"), "{}", run.err);
    assert!(fs::read_to_string(project.path("hsm.lock")).expect("written").contains("container:web"));
}

#[test]
fn what_cannot_be_run_ends_as_in_a_shell() {
    let project = project();
    let run = project.run(&["run", "--", "no-such-program"]).ends(127);
    assert!(run.err.contains("error: `no-such-program` was not found"), "{}", run.err);
    project.write("data", "x");
    fs::set_permissions(project.path("data"), fs::Permissions::from_mode(0o644)).expect("set");
    let run = project.run(&["run", "--", "./data"]).ends(126);
    assert!(run.err.contains("failed to run `./data`: "), "{}", run.err);
    assert!(project.run(&["run"]).ends(2).err.contains("Usage: hsm run [OPTIONS] <NAME> [ARG]..."));
}

#[test]
fn frozen_goes_by_what_is_locked() {
    let project = project();
    let run = project.run(&["run", "--frozen", "--", "/bin/sh", "-c", "echo ran"]).ends(4);
    assert_eq!(run.out, "");
    assert!(run.err.contains("nothing is locked yet"), "{}", run.err);
    project.run(&["lock"]).ends(0);
    project.write("hsm.yaml", "project: {name: demo}\nservices: {containers: [redis, web]}\n");
    let before = fs::read(project.path("hsm.lock")).expect("there");
    let run = project.run(&["run", "--frozen", "--", "/bin/sh", "-c", "echo ran"]).ends(0);
    assert_eq!(run.out, "ran\n");
    assert!(run.err.contains("`hsm.lock` is out of date"), "{}", run.err);
    assert_eq!(fs::read(project.path("hsm.lock")).expect("there"), before);
}

#[test]
fn a_file_of_variables_that_cannot_be_read_stops_it_before_anything_is_done() {
    let project = project();
    project.write(".env", "TOKEN='hunter22\n");
    let run = project.run(&["run", "--", "/bin/sh", "-c", "echo ran"]).ends(2);
    assert!(
        run.out.is_empty() && run.err.contains("`.env:1:7`") && !run.err.contains("hunter22"),
        "{}",
        run.err
    );
    assert!(!project.path("hsm.lock").exists());
}

#[test]
fn an_entrypoint_is_found_by_its_name() {
    let project = Project::of("project: {name: demo}\ndependencies: {packages: [client, other]}\n");
    let entry = |name: &str, entrypoints: &str| {
        let text = format!(
            "name: {name}\nversion: 1.0.0\nsources: {{prod: {{type: pypi}}}}\nenv: {{WHO: world}}\nentrypoints:\n{entrypoints}"
        );
        project.write(&format!("hsm-registry/packages/{name}.yaml"), &text);
    };
    let say = "/bin/sh -c 'echo \"$0:$1:$2\"'";
    entry("client", &format!("  greet: {} hello \"${{WHO}} ${{NO:-x y}}\"\n  both: {say} one\n  open: \"sh 'x\"\n  unset: sh ${{NO_SUCH}}\n", say.replace('$', "$$")).replace("$$$$", "$$"));
    entry("other", &format!("  both: {say} two\n").replace('$', "$$"));
    project.write("hsm.lock", "schema: 1\n");
    let run = |args: &[&str]| project.run(&[&["run", "--frozen", "-q"], args].concat());
    assert_eq!(run(&["greet", "--more", "a b"]).ends(0).out, "hello:world x y:--more\n");
    let several = run(&["both"]).ends(2);
    assert!(
        several.err.contains("`both` is `client:both` and `other:both`: name one of them"),
        "{}",
        several.err
    );
    assert_eq!(run(&["other:both"]).ends(0).out, "two::\n");
    assert!(
        run(&["gret"])
            .ends(2)
            .err
            .contains("no package of the stack has an entrypoint `gret`; did you mean `greet`?")
    );
    assert!(run(&["pytest"]).ends(2).err.contains("`hsm run -- pytest` runs a program of that name"));
    assert!(
        run(&["open"])
            .ends(2)
            .err
            .contains("the entrypoint `client:open` cannot be run: a quote in it is never closed")
    );
    assert!(run(&["unset"]).ends(2).err.contains("`NO_SUCH` is not set"));
    let json = run(&["pytest", "--format", "json"]).ends(2);
    assert!(json.out.is_empty(), "what stands behind the name is the program's: {}", json.out);
    let offered = project.run(&["complete", "fish", "--", "hsm", "run", "g"]);
    assert!(offered.out.contains("greet"), "{offered:?}");
}

#[test]
fn check_names_what_is_not_set_and_up_does_not_start() {
    let project = Project::of(
        "project: {name: demo}\ndependencies: {packages: [client]}\nservices: {containers: [web, {name: llm, profile: away}]}\n",
    );
    for (path, text) in [
        (
            "packages/client.yaml",
            "name: client\nversion: 1.0.0\nsources: {prod: {type: pypi}}\nenv: {KEY: \"${OF_CLIENT}\", WHO: \"${NOBODY:-x}\"}\n",
        ),
        (
            "containers/web.yaml",
            "name: web\nsources: {prod: {type: docker-image, image: \"web:${TAG:?choose one}\"}}\nenv: {A: \"${SHARED}\", B: \"$${NOT_ONE}\"}\nimplies: {container:llm: \"*\"}\n",
        ),
        (
            "containers/llm.yaml",
            "name: llm\nsources: {prod: {type: docker-image, image: \"llm:1\"}}\ndeployment_profiles:\n  away: {mode: external, external: {url: \"https://${SHARED}/v1\"}}\n",
        ),
    ] {
        project.write(&format!("hsm-registry/{path}"), text);
    }
    let run = project.run(&["check"]).ends(0);
    let head = "warning[HSM-E431]: ";
    for line in [
        "`OF_CLIENT` is not set; it is needed for package:client\n --> hsm-registry/packages/client.yaml:4:12",
        "`SHARED` is not set; it is needed for container:llm, container:web\n --> hsm-registry/containers/llm.yaml:4:",
        "`TAG` is not set; it is needed for container:web (choose one)\n --> hsm-registry/containers/web.yaml:2:",
    ] {
        assert!(run.err.contains(&format!("{head}{line}")), "{line}\n---\n{}", run.err);
    }
    assert!(run.err.contains("and here"), "{}", run.err);
    assert!(!run.err.contains("`NOBODY`") && !run.err.contains("NOT_ONE` is"), "{}", run.err);

    let up = project.run(&["up"]).ends(2);
    assert!(
        up.err.contains("error[HSM-E431]: `TAG` is not set") && up.err.contains("error[HSM-E431]: `SHARED`"),
        "{}",
        up.err
    );
    assert!(!up.err.contains("OF_CLIENT"), "no container needs it: {}", up.err);
    assert!(!project.path("hsm.lock").exists(), "nothing was done");
    project.write(".env", "TAG=1\nSHARED=s3cret\nOF_CLIENT=x\n");
    let run = project.run(&["check"]).ends(0);
    assert!(!run.err.contains("HSM-E431") && !run.err.contains("s3cret"), "{}", run.err);
    assert!(!project.run(&["up"]).err.contains("HSM-E431"));
}
