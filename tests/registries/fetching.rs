//! Fetching: once, whole or not at all, and only where it may.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::place::{Place, manifest, script};
use crate::runs::Run;
use crate::support::have;

#[test]
fn what_is_in_the_cache_needs_neither_network_nor_git() {
    if !have("a warm cache", &["git"]) {
        return;
    }
    let place = Place::new();
    for forbidden in [&["lock", "--offline"][..], &["sync", "--frozen"], &["resolve", "--offline"]] {
        let run = place.without_git("project", forbidden).ends_with(1);
        let told = run.stderr.contains("HSM-E202") && run.stderr.contains(&place.url());
        assert!(told && run.stderr.contains("may be fetched"), "{}", run.text());
    }
    place.run("project", &["lock"]).ends_with(0);
    // the repository is not needed any more, nor is git
    fs::rename(place.at("origin"), place.at("gone")).expect("moved");
    for args in [
        &["resolve"][..],
        &["resolve", "--offline"],
        &["lock"],
        &["lock", "--locked"],
        &["check"],
        &["plan"],
        &["registry", "list"],
        &["registry", "show", "redis"],
        &["why", "redis"],
    ] {
        place.without_git("project", args).ends_with(0);
    }
    let commit = place.locked("project");
    fs::remove_dir_all(place.at("cache")).expect("removed");
    let run = place.run("project", &["resolve", "--offline"]).ends_with(1);
    assert!(run.stderr.contains(&commit) && run.stderr.contains("--offline"), "{}", run.text());
    let run = place.run("project", &["resolve"]).ends_with(1);
    assert!(run.stderr.contains("could not be fetched"), "{}", run.text());
}

#[test]
fn offline_without_a_lock_takes_what_was_fetched_last() {
    if !have("offline", &["git"]) {
        return;
    }
    let place = Place::new();
    place.run("project", &["resolve"]).ends_with(0);
    place.move_on("7.4");
    let run = place.without_git("project", &["resolve", "--offline"]).ends_with(0);
    assert!(run.stdout.contains("redis:7\n"), "{}", run.text());
}

#[test]
fn a_cache_that_is_damaged_is_made_anew() {
    if !have("a damaged cache", &["git"]) {
        return;
    }
    let place = Place::new();
    place.run("project", &["lock"]).ends_with(0);
    let home = fs::read_dir(place.at("cache/registries"))
        .expect("a cache")
        .next()
        .expect("one")
        .expect("read")
        .path();
    // the bare repository only helps
    fs::remove_dir_all(home.join("repository.git/objects")).expect("removed");
    place.move_on("7.4");
    fs::remove_file(place.at("project/hsm.lock")).expect("removed");
    let run = place.run("project", &["resolve"]).ends_with(0);
    assert!(run.stdout.contains("redis:7.4"), "{}", run.text());
    assert_eq!(place.packs().len(), 2);
}

#[test]
fn several_at_once_on_an_empty_cache_all_succeed() {
    if !have("several at once", &["git"]) {
        return;
    }
    let place = Place::new();
    let names: Vec<String> = (0..6).map(|n| format!("p{n}")).collect();
    for name in &names {
        place.project(name, "branch: main");
    }
    let started: Vec<Child> = names
        .iter()
        .map(|name| {
            let mut command = place.command(name, &["lock"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
        })
        .collect();
    for child in started {
        Run::of(&child.wait_with_output().expect("ended")).ends_with(0);
    }
    let locks: Vec<String> = names.iter().map(|name| place.read(&format!("{name}/hsm.lock"))).collect();
    assert!(locks.iter().all(|lock| *lock == locks[0]));
    assert_eq!(place.packs().len(), 1);
}

/// A git that, once it has fetched, waits to be killed with the one who started it.
fn slow_git(place: &Place, after: &str) -> std::path::PathBuf {
    let real = Command::new("sh").args(["-c", "command -v git"]).output().expect("a shell").stdout;
    let real = String::from_utf8_lossy(&real).trim().to_owned();
    let mark = place.at("reached");
    let text = format!(
        "'{real}' \"$@\" || exit $?\ncase \" $* \" in *' {after} '*) touch '{}'; sleep 60 ;; esac",
        mark.display()
    );
    script(&place.at("slow/git"), &text);
    place.at("slow")
}

/// Ends the process groups of programs whose arguments name this path.
fn end_orphans(path: &str) {
    let there = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    for process in there.map(|entry| entry.path()) {
        let arguments = fs::read(process.join("cmdline")).unwrap_or_default();
        if !String::from_utf8_lossy(&arguments).contains(path) {
            continue;
        }
        // the words behind the name: state, parent, process group
        let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
        let group = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(2)?.parse().ok());
        if let Some(group) = group.and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[test]
fn a_kill_at_any_call_of_git_leaves_nothing_or_all() {
    if !have("kills", &["git"]) {
        return;
    }
    for after in ["init", "fetch", "rev-parse", "ls-tree", "cat-file"] {
        let place = Place::new();
        let slow = slow_git(&place, after);
        let path = format!("{}:{}", slow.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = place.command("project", &["lock"]);
        let mut child =
            command.env("PATH", path).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
        let began = Instant::now();
        while !place.at("reached").exists() {
            assert!(began.elapsed() < Duration::from_mins(1), "{after}: it never got there");
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
        assert_eq!(place.packs(), Vec::<String>::new(), "{after}");
        assert!(!place.at("project/hsm.lock").exists());
        // the orphan holds the cache until it ends
        end_orphans(&slow.display().to_string());
        place.run("project", &["lock"]).ends_with(0);
        assert_eq!(place.packs().len(), 1, "{after}");
        assert_eq!(place.locked("project"), place.tip());
    }
}

#[test]
fn a_registry_that_is_added_is_fetched_and_one_that_is_not_there_is_not_added() {
    if !have("a registry that is added", &["git"]) {
        return;
    }
    let place = Place::new();
    let own = place.read("origin/containers/redis.yaml").replace("redis", "own");
    place.write("project/hsm-registry/containers/own.yaml", &own);
    let text = "project: {name: p}\nservices: {containers: [own]}\n";
    place.write("project/hsm.yaml", text);
    let url = place.url();
    let nowhere = format!("{url}-nowhere");
    for (add, code) in [
        (&["registry", "add", &url, "--name", "corp", "--branch", "none"][..], 2),
        (&["registry", "add", &nowhere, "--name", "corp"], 1),
        (&["registry", "add", "http://example.org/x.git"], 2),
        (&["registry", "add", "https://token@example.org/x.git"], 2),
        (&["registry", "add", &url, "--name", "hsm-registry"], 2),
    ] {
        let run = place.run("project", add).ends_with(code);
        assert!(!run.text().contains("token@"), "{}", run.text());
        assert_eq!(place.read("project/hsm.yaml"), text, "{add:?}");
    }
    place.run("project", &["registry", "add", &url, "--name", "corp", "--branch", "main"]).ends_with(0);
    let text = place.read("project/hsm.yaml");
    assert!(text.contains("./hsm-registry") && text.contains("name: corp"), "{text}");
    place.run("project", &["group", "add", "cache"]).ends_with(0);
    place.run("project", &["lock"]).ends_with(0);
    assert_eq!(place.locked("project"), place.tip());
    let run = place.without_git("project", &["resolve"]).ends_with(0);
    assert!(run.stdout.contains("redis:7") && run.stdout.contains("own:7"), "{}", run.text());
}

#[test]
fn ctrl_c_while_it_fetches_ends_git_too_and_leaves_nothing() {
    if !have("Ctrl-C", &["git"]) {
        return;
    }
    for args in [&["lock"][..], &["resolve"], &["registry", "list"]] {
        let place = Place::new();
        let slow = slow_git(&place, "fetch");
        let path = format!("{}:{}", slow.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = place.command("project", args);
        let command = command.env("PATH", path).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("started");
        let began = Instant::now();
        while !place.at("reached").exists() {
            assert!(began.elapsed() < Duration::from_mins(1), "it never got there");
            std::thread::sleep(Duration::from_millis(20));
        }
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a number")).expect("a process");
        kill_process(pid, Signal::INT).expect("sent");
        let run = Run::of(&child.wait_with_output().expect("ended")).ends_with(130);
        assert!(run.stderr.contains("interrupted"), "{}", run.text());
        assert!(began.elapsed() < Duration::from_secs(50), "it waited for git");
        assert_eq!(place.packs(), Vec::<String>::new());
        assert!(!place.at("project/hsm.lock").exists());
        place.run("project", args).ends_with(0);
    }
}

#[test]
fn a_plain_file_server_will_do() {
    if !have("a server", &["git"]) || Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let place = Place::new();
    place.git(&["clone", "--quiet", "--bare", ".", "../served.git"]);
    place.git(&["--git-dir=../served.git", "update-server-info"]);
    let mut server = Command::new("python3")
        .args(["-u", "-c", "import http.server as h; s = h.ThreadingHTTPServer(('127.0.0.1', 0), h.SimpleHTTPRequestHandler); print(s.server_port); s.serve_forever()"])
        .current_dir(place.dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut port = String::new();
    BufReader::new(server.stdout.take().expect("piped")).read_line(&mut port).expect("a port");
    let url = format!("http://127.0.0.1:{}/served.git", port.trim());
    place.write("project/hsm.yaml", &manifest(&format!("{{git: \"{url}\", branch: main}}")));
    let locked = place.run("project", &["lock"]);
    place.write("project/hsm.yaml", &manifest(&format!("{{git: \"{url}\", branch: none}}")));
    let none = place.run("project", &["lock"]);
    server.kill().expect("ended");
    server.wait().expect("ended");
    locked.ends_with(0);
    assert_eq!(place.locked("project"), place.tip());
    let none = none.ends_with(2);
    assert!(none.stderr.contains("no branch `none`"), "{}", none.text());
}
