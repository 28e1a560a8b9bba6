//! Work with a stack that is up: an edit in a mounted source shows, another option of a group replaces one container by
//! another, and in the end nothing is left. With a real engine.
//!
//! Owns: what changes while a stack runs. Refuses: what is wrong with it, that is in `engine`.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::engine::project;
use crate::running::Project;
use crate::runs::{command, hsm};

/// The services of a project whose containers run.
fn running(project: &Project) -> Vec<String> {
    let run = hsm(project.path(), &["compose", "ps", "--services", "--status", "running"]).ends_with(0);
    let mut services: Vec<String> = run.stdout.lines().map(str::to_owned).collect();
    services.sort();
    services
}

/// Published images that need no registry: they are built here under the names that the entries have.
struct Published(String);

impl Published {
    fn of(project: &Project) -> Self {
        let image = format!("{}-vectors:1", project.name);
        project.write(
            "published/Dockerfile",
            "FROM scratch\nCOPY base/server /server\nENTRYPOINT [\"/server\"]\n",
        );
        let status = Command::new("docker")
            .args(["build", "--quiet", "--tag", &image, "--file", "published/Dockerfile", "."])
            .current_dir(project.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.expect("the engine was there").success(), "{image} cannot be made");
        Self(image)
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        let mut remove = Command::new("docker");
        remove.args(["image", "rm", "--force", &self.0]).stdout(Stdio::null()).stderr(Stdio::null());
        let _ended = remove.status();
    }
}

#[test]
fn an_edit_shows_a_switch_of_the_vector_database_replaces_it_and_down_leaves_nothing() {
    let Some(project) = project("a stack that is worked on", "switch") else { return };
    let image = Published::of(&project);
    for name in ["qdrant", "milvus"] {
        let published = format!(
            "name: {name}\nversion: \"1\"\nports: [\"8080\"]\ncompose: {{stop_signal: SIGKILL, healthcheck: {{test: [CMD, /server, check], \
             interval: 300ms}}}}\nvolumes: [\"{name}_data:/data\"]\nsources: {{prod: {{type: docker-image, image: \"{}\"}}}}\n",
            image.0
        );
        project.write(&format!("hsm-registry/containers/{name}.yaml"), &published);
    }
    project.write(
        "hsm-registry/container_groups/vector-db.yaml",
        "name: vector-db\ntype: container_group\nstrategy: 1-of-N\ndefault: qdrant\noptions: [{name: qdrant}, {name: milvus}]\n",
    );
    project.write(
        "hsm-registry/containers/front.yaml",
        "name: front\ncompose: {stop_signal: SIGKILL}\nenv: {GREETING_FILE: /src/greeting}\n\
         orchestration: {depends_on: {vector-db: {condition: service_healthy}}}\n\
         sources:\n  dev:\n    type: build\n    path: ./front\n    args: {BASE: \"${HSM_IMAGE.base}\"}\n    \
         volumes: [\"${HSM_SOURCE}/src:/src\"]\n",
    );
    project.write("front/src/greeting", "good morning");
    project.write("front/.dockerignore", "src\n");
    project.write(
        "hsm.yaml",
        &format!(
            "project: {{name: {}, mode: dev}}\nservices:\n  container_groups:\n    vector-db: {{selection: qdrant}}\n  \
             containers:\n    - {{name: front, ports: [\"127.0.0.1:{}:8080\"]}}\n",
            project.name,
            project.port()
        ),
    );

    hsm(project.path(), &["up"]).ends_with(0);
    assert_eq!(running(&project), ["front", "qdrant"]);
    assert_eq!(project.ask(), "good morning");

    project.write("front/src/greeting", "good evening");
    assert_eq!(project.ask(), "good evening");
    // Compose takes the rules of what it would have to build anew
    let run = hsm(project.path(), &["compose", "config"]).ends_with(0);
    assert!(run.stdout.contains("action: rebuild"), "{}", run.stdout);

    hsm(project.path(), &["group", "select", "vector-db", "milvus"]).ends_with(0);
    hsm(project.path(), &["up"]).ends_with(0);
    assert_eq!(running(&project), ["front", "milvus"]);
    let orphans = Command::new("docker")
        .args(["ps", "--all", "--quiet", "--filter", &format!("name={}-qdrant", project.name)])
        .output();
    assert_eq!(String::from_utf8_lossy(&orphans.expect("the engine was there").stdout), "");
    assert_eq!(project.ask(), "good evening");
    assert!(hsm(project.path(), &["status"]).ends_with(0).stdout.contains("up to date"));

    hsm(project.path(), &["down"]).ends_with(0);
    assert_eq!(project.left(), "");
    // what the former one stored is kept until somebody says otherwise
    let kept = project.left_with_volumes();
    assert!(kept.contains("qdrant_data") && kept.contains("milvus_data"), "{kept}");
}

#[test]
fn what_no_mount_shows_is_built_anew_while_somebody_watches() {
    let Some(project) = project("a stack that is watched", "watch") else { return };
    project
        .write("front/Dockerfile", "ARG BASE\nFROM ${BASE}\nCOPY baked /baked\nENTRYPOINT [\"/server\"]\n");
    project.write("front/baked", "one");
    project.write("front/src/mounted", "");
    project.write(
        "hsm-registry/containers/front.yaml",
        "name: front\ncompose: {stop_signal: SIGKILL}\nenv: {GREETING_FILE: /baked}\n\
         sources:\n  dev:\n    type: build\n    path: ./front\n    args: {BASE: \"${HSM_IMAGE.base}\"}\n    \
         volumes: [\"${HSM_SOURCE}/src:/src\"]\n",
    );
    hsm(project.path(), &["up"]).ends_with(0);
    assert_eq!(project.ask(), "one");
    let log = fs::File::create(project.path().join("watch.log")).expect("a file");
    let mut watch = command(project.path(), &["compose", "watch", "--no-up"]);
    let mut watch = watch.stdout(log.try_clone().expect("cloned")).stderr(log).spawn().expect("it starts");
    let said = || fs::read_to_string(project.path().join("watch.log")).expect("it is there");
    let until = Instant::now() + Duration::from_mins(1);
    let waits_for = |what: &dyn Fn() -> bool| {
        while !what() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(200));
        }
        what()
    };
    let watches = waits_for(&|| said().contains("Watch enabled"));
    project.write("front/baked", "two");
    // while it is replaced nobody answers
    let shows = waits_for(&|| project.try_ask().is_some_and(|answer| answer == "two"));
    // hsm passes the signal on
    let ended = Command::new("kill").args(["-TERM", &watch.id().to_string()]).status();
    assert!(ended.expect("kill runs").success());
    watch.wait().expect("it ends");
    assert!(watches && shows, "{}", said());
}
