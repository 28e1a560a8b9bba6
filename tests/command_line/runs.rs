//! Runs: nothing to do, one at a time, waiting, Ctrl-C, and stacks that are hard to find.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Exit, MANIFEST, Project};

#[test]
fn a_second_sync_changes_nothing() {
    let project = Project::of_containers();
    project.run(&["status"]).ends(Exit::NotUpToDate);
    project.run(&["plan", "--exit-code"]).ends(Exit::NotUpToDate);
    project.run(&["sync", "--locked"]).ends(Exit::NotUpToDate);
    assert!(!project.path("hsm.lock").exists());
    let first = project.run(&["sync"]).ends(Exit::Done);
    assert!(first.err.contains("create hsm.lock"), "{}", first.err);
    let before = project.picture();
    let second = project.run(&["sync"]).ends(Exit::Done);
    assert!(second.err.contains("up to date: nothing to do"), "{}", second.err);
    assert_eq!(project.picture(), before);
    project.run(&["sync", "--locked"]).ends(Exit::Done);
    project.run(&["status"]).ends(Exit::Done);
    project.run(&["plan", "--exit-code"]).ends(Exit::Done);
}

#[test]
fn a_plan_shows_diffs_and_changes_nothing() {
    let project = Project::new(MANIFEST);
    let before = project.picture();
    for args in [&["plan"][..], &["sync", "--dry-run"]] {
        let run = project.run(args).ends(Exit::Done);
        assert!(run.out.contains("--- /dev/null\n+++ b/hsm.lock\n@@ -0,0 "), "{}", run.out);
        assert!(run.out.contains("\nsteps\n"), "{}", run.out);
    }
    assert_eq!(project.picture(), before);
    assert!(!project.path(".hsm").exists());
}

#[test]
fn up_without_an_engine_says_that_everything_is_written() {
    let project = Project::of_containers();
    let run = project.run(&["up"]).ends(Exit::NotRunning);
    assert!(run.err.contains("the files are written"), "{}", run.err);
    assert!(project.path("docker-compose.hpm.yml").exists());
}

/// Holds the project as another run would.
fn hold(project: &Project) -> fs::File {
    fs::create_dir_all(project.path(".hsm")).expect("made");
    let file = fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(project.path(".hsm/lock"))
        .expect("opened");
    file.lock().expect("locked");
    file
}

#[test]
fn one_run_at_a_time() {
    let project = Project::of_containers();
    let held = hold(&project);
    let run = project.run(&["sync", "--no-wait"]).ends(Exit::Held);
    assert!(run.err.contains("another run holds this project"), "{}", run.err);
    assert!(!project.path("hsm.lock").exists());
    project.run(&["list"]).ends(Exit::Done);
    drop(held);
    project.run(&["sync", "--no-wait"]).ends(Exit::Done);
}

#[test]
fn whoever_waits_can_be_interrupted() {
    for (signal, exit) in [("-INT", Exit::Interrupted), ("-TERM", Exit::Terminated)] {
        let project = Project::of_containers();
        let _held = hold(&project);
        let mut waiting =
            project.command(&["sync"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
        let mut said = std::io::BufReader::new(waiting.stderr.take().expect("piped"));
        let mut line = String::new();
        std::io::BufRead::read_line(&mut said, &mut line).expect("readable");
        assert!(line.contains("waiting for another run"), "{line}");
        let killed =
            Command::new("kill").args([signal, &waiting.id().to_string()]).status().expect("kill runs");
        assert!(killed.success());
        let until = Instant::now() + Duration::from_mins(1);
        let status = loop {
            if let Some(status) = waiting.try_wait().expect("waited for") {
                break status;
            }
            assert!(Instant::now() < until, "did not stop on {signal}");
            std::thread::sleep(Duration::from_millis(20));
        };
        // nothing was begun, so the signal may end it at once; a shell then sees the same number
        let code = status.code().or(status.signal().map(|s| 128 + s));
        assert_eq!(code, Some(i32::from(exit.code())), "{signal}: {status}");
    }
}

#[test]
fn a_long_search_can_be_interrupted_and_leaves_nothing() {
    let project = hard();
    let before = project.picture();
    // once while it reads, once while it searches
    for wait in [Duration::from_millis(150), Duration::from_millis(1500)] {
        for command in ["resolve", "lock"] {
            let mut searching = project
                .command(&[command, "--offline"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("started");
            std::thread::sleep(wait);
            let killed =
                Command::new("kill").args(["-INT", &searching.id().to_string()]).status().expect("kill runs");
            let asked = Instant::now();
            let status = searching.wait().expect("waited for");
            let code = status.code().or(status.signal().map(|s| 128 + s));
            assert!(
                killed.success() && code == Some(i32::from(Exit::Interrupted.code())),
                "{command}: {status}"
            );
            assert!(asked.elapsed() < Duration::from_secs(10), "{command}: {:?}", asked.elapsed());
            assert_eq!(project.picture(), before, "{command}");
        }
    }
}

/// A project whose solution takes long to find: clauses of three literals as groups, near the border between many
/// solutions and none, each literal a package that excludes its opposite.
fn hard() -> Project {
    const VARIABLES: u64 = 400;
    let project = Project::of_containers();
    for number in 0..VARIABLES {
        for (name, other) in [("a", "b"), ("b", "a")] {
            let text = format!(
                "name: {name}{number}\nversion: 1.0.0\nsources: {{prod: {{type: pypi}}}}\nconflicts: {{\"package:{other}{number}\": \"*\"}}\n"
            );
            project.write(&format!("hsm-registry/packages/{name}{number}.yaml"), &text);
        }
    }
    let mut state = 1_u64;
    let mut below = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let clauses: Vec<String> = (0..VARIABLES * 426 / 100).map(|number| format!("c{number}")).collect();
    for name in &clauses {
        let first = below(VARIABLES);
        let second = (first + 1 + below(VARIABLES / 2 - 1)) % VARIABLES;
        let third = (second + 1 + below(VARIABLES / 2 - 1)) % VARIABLES;
        let options = [first, second, third].map(|of| format!("{}{of}", ["a", "b"][below(2) as usize]));
        let [one, two, three] = options;
        let text = format!(
            "name: {name}\nstrategy: M-of-N\noptions: [{{name: {one}}}, {{name: {two}}}, {{name: {three}}}]\n"
        );
        project.write(&format!("hsm-registry/package_groups/{name}.yaml"), &text);
    }
    let groups = clauses.join(": {}, ");
    project.write(
        "hsm.yaml",
        &format!("project: {{name: hard}}\ndependencies: {{package_groups: {{{groups}: {{}}}}}}\n"),
    );
    project
}

/// Groups of three colours that are coloured so that no two neighbours are alike, as is known from how they were made.
/// `neighbours` pairs are drawn from a fixed seed.
fn coloured(groups: u32, neighbours: u32) -> Project {
    let mut seed = 0x5eed_u32;
    let mut draw = |bound: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % bound
    };
    let hidden: Vec<u32> = (0..groups).map(|_| draw(3)).collect();
    let mut conflicts = vec![Vec::new(); groups as usize];
    let mut drawn = 0;
    while drawn < neighbours {
        let (one, other) = (draw(groups) as usize, draw(groups) as usize);
        if hidden[one] != hidden[other] {
            conflicts[one].push(other);
            drawn += 1;
        }
    }
    let lines: Vec<String> = (0..groups).map(|group| format!("    g{group}: {{}}\n")).collect();
    let lines = lines.concat();
    let project =
        Project::new(&format!("project: {{name: demo}}\ndependencies:\n  package_groups:\n{lines}"));
    for (group, others) in conflicts.iter().enumerate() {
        let options: Vec<String> = (0..3).map(|colour| format!("  - name: p{group}-{colour}\n")).collect();
        let options = options.concat();
        project.write(
            &format!("hsm-registry/package_groups/g{group}.yaml"),
            &format!("name: g{group}\ntype: package_group\nstrategy: 1-of-N\noptions:\n{options}"),
        );
        for colour in 0..3 {
            let alike: BTreeSet<String> =
                others.iter().map(|other| format!("\"package:p{other}-{colour}\": \"*\"")).collect();
            let alike = Vec::from_iter(alike).join(", ");
            project.write(
                &format!("hsm-registry/packages/p{group}-{colour}.yaml"),
                &format!(
                    "name: p{group}-{colour}\nversion: 1.0.0\nsources: {{prod: {{type: pypi}}}}\nconflicts: {{{alike}}}\n"
                ),
            );
        }
    }
    project
}

#[test]
fn who_found_a_hard_stack_is_said_on_request_only() {
    let project = coloured(200, 450);
    let quiet = project.run(&["resolve"]).ends(Exit::Done);
    assert!(!quiet.err.contains("engine"), "{}", quiet.err);
    let more = project.run(&["resolve", "-v"]).ends(Exit::Done);
    assert!(more.err.contains("the second engine found it"), "{}", more.err);
    assert_eq!(quiet.out, more.out);
    let easy = coloured(20, 20).run(&["resolve", "-v"]).ends(Exit::Done);
    assert!(!easy.err.contains("engine"), "{}", easy.err);
}
