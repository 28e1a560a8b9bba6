//! Plans against a disk in memory, and command lines.

use std::time::Duration;

use super::super::{BASE_FILE, Docker, MAIN_FILE};
use crate::adapters::{Action, Adapter as _, Job, Lifecycle as _, Part, Phase, Settings};
use crate::container::samples::{container, container_id, pairs, stack, text};
use crate::stack::{LinkSort, Stack};
use crate::world::{Rehearsal, World as _};

fn plan(stack: &Stack, world: &Rehearsal) -> Part {
    Docker.plan(stack, &Rehearsal::root(), &Settings::default(), world).unwrap()
}

fn apply(part: &Part, world: &Rehearsal) {
    for file in part.aside.iter().chain(&part.files) {
        let path = Rehearsal::root().join(&file.path);
        match &file.after {
            Some(bytes) => {
                world.create_dirs(path.parent().unwrap()).unwrap();
                world.write(&path, bytes).unwrap();
            }
            None => world.remove_file(&path).unwrap(),
        }
    }
}

fn empty() -> Rehearsal {
    Rehearsal::with([("hsm.yaml", "")])
}

fn paths(part: &Part) -> Vec<String> {
    let sign = |after: &Option<Vec<u8>>| if after.is_some() { "+" } else { "-" };
    let all = part.aside.iter().chain(&part.files);
    all.map(|file| format!("{}{}", sign(&file.after), file.path.display())).collect()
}

#[test]
fn a_first_plan_writes_and_checks_and_a_second_does_nothing() {
    let stack = stack([container("a").built("a"), container("base").built("base").base()]);
    let world = empty();
    let part = plan(&stack, &world);
    assert_eq!(paths(&part), [format!("+{MAIN_FILE}"), format!("+{BASE_FILE}")]);
    assert_eq!(part.actions.iter().map(|a| a.phase).collect::<Vec<_>>(), [Phase::Verify, Phase::Verify]);
    assert_eq!(
        part.actions[0].args.join(" "),
        "--file - --project-directory . --project-name demo config --quiet --no-interpolate"
    );
    assert_eq!(part.actions[0].stdin, part.files[0].after);
    assert!(world.calls().iter().all(|call| !call.changes()));
    apply(&part, &world);
    assert_eq!(plan(&stack, &world), Part::default());
}

#[test]
fn line_breaks_of_a_checkout_are_no_change() {
    let stack = stack([container("a")]);
    let world = empty();
    let part = plan(&stack, &world);
    let unix = String::from_utf8(part.files[0].after.clone().unwrap()).unwrap();
    world.write(&Rehearsal::root().join(MAIN_FILE), unix.replace('\n', "\r\n").as_bytes()).unwrap();
    assert_eq!(plan(&stack, &world), Part::default());
}

#[test]
fn an_edit_by_hand_is_kept_beside_it() {
    let edited = "name: demo\nservices: {mine: {image: x}}\n";
    let world = Rehearsal::with([(MAIN_FILE, edited), ("docker-compose.hpm.edited-1.yml", "older")]);
    let part = plan(&stack([container("a")]), &world);
    assert_eq!(paths(&part), ["+docker-compose.hpm.edited-2.yml".to_owned(), format!("+{MAIN_FILE}")]);
    assert_eq!(part.aside[0].after.as_deref(), Some(edited.as_bytes()));
    assert_eq!(
        part.notes[0].finding.to_string(),
        "docker-compose.hpm.yml was edited by hand; what it held is kept in docker-compose.hpm.edited-2.yml"
    );
}

#[test]
fn a_file_that_hsm_wrote_is_replaced_without_ceremony_and_removed_when_nothing_runs() {
    let world = empty();
    apply(&plan(&stack([container("a"), container("base").built("x").base()]), &world), &world);
    let part = plan(&stack([container("b")]), &world);
    assert_eq!(paths(&part), [format!("+{MAIN_FILE}"), format!("-{BASE_FILE}")]);
    assert_eq!(part.notes, []);
    let part = plan(&stack([container("x").external(&[("host", "h")])]), &world);
    assert_eq!(paths(&part), [format!("-{MAIN_FILE}"), format!("-{BASE_FILE}")]);
    assert_eq!(part.actions, []);
}

#[test]
fn a_frozen_run_leaves_the_committed_file_alone() {
    let settings = Settings { frozen: true, ..Settings::default() };
    let stack = stack([container("a"), container("base").built("x").base()]);
    let part = Docker.plan(&stack, &Rehearsal::root(), &settings, &empty()).unwrap();
    assert_eq!(paths(&part), [format!("+{BASE_FILE}")]);
}

#[test]
fn a_build_of_the_whole_project_is_warned_of_unless_hsms_folder_is_kept_out() {
    let notes = |files: &[(&str, &str)], path: &str| {
        let world = Rehearsal::with(files.iter().copied());
        plan(&stack([container("a").built(path)]), &world).notes.len()
    };
    assert_eq!(notes(&[("x", "")], "."), 1);
    assert_eq!(notes(&[("x", "")], ".."), 1);
    assert_eq!(notes(&[("x", "")], "a"), 0);
    assert_eq!(notes(&[(".dockerignore", "# all\n/.hsm/\n")], "."), 0);
    assert_eq!(notes(&[(".dockerignore", "node_modules\n")], "."), 1);
}

fn short(action: &Action) -> String {
    action.args.join(" ").replace("--project-directory . --project-name demo ", "").replace("--file ", "")
}

/// Each job, behind those it waits for.
fn lines(jobs: &[Job]) -> Vec<String> {
    let line = |job: &Job| match job.after.as_slice() {
        [] => short(&job.action),
        after => format!("{after:?} {}", short(&job.action)),
    };
    jobs.iter().map(line).collect()
}

fn hybrid() -> Stack {
    let mut mid = container("mid").built("mid").base();
    mid.build().args = pairs("{BASE: '${HSM_IMAGE.base}', X: '${HSM_IMAGE.python}'}");
    let mut api = container("api").built("api").depends_on(&["db"]);
    api.build().args = pairs("{BASE: '${HSM_IMAGE.mid}'}");
    let worker = container("worker").built("worker").depends_on(&["db"]);
    stack([
        mid,
        api,
        worker,
        container("base").built("base").base(),
        container("python").base(),
        container("db"),
        container("llm").external(&[]),
    ])
    .link("container:worker", LinkSort::Requires, "container:api", &[])
}

#[test]
fn what_others_are_built_from_is_built_first() {
    let mut stack = hybrid();
    let builds = [
        ".hsm/compose.build.yml build base",
        "[0] .hsm/compose.build.yml build mid",
        "[1] docker-compose.hpm.yml build api",
        "[2] docker-compose.hpm.yml build worker",
    ];
    assert_eq!(lines(&Docker.build(&stack, &[]).unwrap()), builds);
    assert_eq!(
        lines(&Docker.up(&stack, &[], None).unwrap()),
        [
            &builds[..],
            &[
                "[0, 1, 2, 3] docker-compose.hpm.yml up --no-start --remove-orphans --no-build",
                "[4] docker-compose.hpm.yml up --detach --wait --no-build",
            ]
        ]
        .concat()
    );
    assert_eq!(
        lines(&Docker.up(&stack, &[container_id("db")], None).unwrap()),
        [
            "docker-compose.hpm.yml up --no-start --remove-orphans --no-build db",
            "[0] docker-compose.hpm.yml up --detach --wait --no-build db",
        ]
    );
    assert_eq!(
        lines(&Docker.up(&stack, &[container_id("api")], None).unwrap()),
        [
            &builds[..3],
            &[
                "[0, 1, 2] docker-compose.hpm.yml up --no-start --remove-orphans --no-build api",
                "[3] docker-compose.hpm.yml up --detach --wait --no-build api",
            ]
        ]
        .concat()
    );
    assert_eq!(
        lines(&Docker.build(&stack, &[container_id("base")]).unwrap()),
        [".hsm/compose.build.yml build base"]
    );
    // what these build nobody can know but Compose
    stack.project.compose_files = vec![text("own.yml")];
    assert_eq!(
        lines(&Docker.up(&stack, &[], None).unwrap()),
        [
            builds[0],
            builds[1],
            "[1] docker-compose.hpm.yml own.yml build api",
            "[0, 1, 2] docker-compose.hpm.yml own.yml up --no-start --remove-orphans",
            "[3] docker-compose.hpm.yml own.yml up --detach --wait --no-build",
        ]
    );
}

/// What is independent waits for nothing.
#[test]
fn builds_from_one_base_are_done_side_by_side() {
    let from_base = |name: &str| {
        let mut made = container(name).built(name);
        made.build().args = pairs("{BASE: '${HSM_IMAGE.base}'}");
        made
    };
    let stack = stack([container("base").built("base").base(), from_base("a"), from_base("b")]);
    assert_eq!(
        lines(&Docker.build(&stack, &[]).unwrap()),
        [
            ".hsm/compose.build.yml build base",
            "[0] docker-compose.hpm.yml build a",
            "[0] docker-compose.hpm.yml build b",
        ]
    );
}

#[test]
fn builds_in_a_ring_are_refused() {
    let mut one = container("one").built("one");
    one.build().args = pairs("{X: '${HSM_IMAGE.two}'}");
    let mut two = container("two").built("two");
    two.build().args = pairs("{X: '${HSM_IMAGE.one}'}");
    let found = Docker.build(&stack([one, two]), &[]).unwrap_err();
    assert_eq!(found[0].finding.to_string(), "the builds of `one`, `two` need each other");
}

#[test]
fn nothing_to_run_means_nothing_to_call() {
    let mut stack = stack([container("llm").external(&[])]);
    assert_eq!(Docker.up(&stack, &[], None).unwrap(), []);
    assert_eq!(Docker.down(&stack.project, false, &Rehearsal::root(), &empty()).unwrap(), []);
    stack.project.compose_files = vec![text("own.yml")];
    assert_eq!(
        lines(&Docker.up(&stack, &[], None).unwrap()),
        ["own.yml up --no-start --remove-orphans", "[0] own.yml up --detach --wait --no-build"]
    );
}

#[test]
fn down_and_the_users_own_calls_read_what_is_there() {
    let mut stack = stack([container("a")]);
    stack.project.compose_files = vec![text("own.yml")];
    let world = empty();
    apply(&plan(&stack, &world), &world);
    let root = Rehearsal::root();
    assert_eq!(
        lines(&Docker.down(&stack.project, false, &root, &world).unwrap()),
        ["docker-compose.hpm.yml own.yml down --remove-orphans"]
    );
    assert_eq!(
        lines(&Docker.down(&stack.project, true, &root, &world).unwrap()),
        ["docker-compose.hpm.yml own.yml down --remove-orphans --volumes"]
    );
    let own = ["logs".to_owned(), "-f".to_owned()];
    let passed = Docker.pass(&stack.project, &own, &root, &world).unwrap();
    assert_eq!([short(&passed)], ["docker-compose.hpm.yml own.yml logs -f"]);
}

#[test]
fn the_users_own_calls_need_a_file() {
    let stack = stack([container("a")]);
    let found = Docker.pass(&stack.project, &["ps".to_owned()], &Rehearsal::root(), &empty()).unwrap_err();
    assert_eq!(found[0].finding.code(), "HSM-E440");
}

#[test]
fn a_wait_is_given_to_compose_in_whole_seconds() {
    let waits = |millis| {
        let wait = Some(Duration::from_millis(millis));
        let jobs = Docker.up(&stack([container("a")]), &[], wait).unwrap();
        assert_eq!(jobs[0].limit, None);
        (short(&jobs[1].action), jobs[1].limit)
    };
    let (said, limit) = waits(90_000);
    assert!(said.ends_with("--wait-timeout 90"), "{said}");
    assert!(limit.is_some_and(|limit| limit > Duration::from_secs(90)), "{limit:?}");
    // none would be no limit
    assert!(waits(1).0.ends_with("--wait-timeout 1"), "{}", waits(1).0);
}
