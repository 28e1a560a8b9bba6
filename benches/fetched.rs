//! What a registry in a git repository costs: read out of the warm cache beside the same entries in a directory, and
//! fetched beside `git clone --depth 1` of the same repository.
//!
//! ```sh
//! cargo bench --bench fetched
//! cargo bench --bench fetched -- 10000     # so many entries
//! ```
//!
//! Each run is a process of its own; the two sides take turns, and the least of several rounds counts. The repository is
//! a directory of this machine, so no network is measured. The clone writes a checkout; hsm writes one file, and then also
//! resolves.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::expect_used, reason = "a bench that says what it expected")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;

fn main() {
    let only: Option<usize> = std::env::args().find_map(|arg| arg.parse().ok());
    println!("| entries | | git, ms | the other, ms | ratio |\n| --- | --- | --- | --- | --- |");
    for entries in
        [1_000, 10_000, 100_000].into_iter().filter(|entries| only.is_none_or(|only| only == *entries))
    {
        let dir = tempfile::tempdir().expect("a directory");
        lay_out(dir.path(), entries);
        warm(dir.path(), entries);
        cold(dir.path(), entries);
    }
}

/// A repository with a registry, and two projects that use it: out of git, and as a directory.
fn lay_out(dir: &Path, entries: usize) {
    let registry = dir.join("registry");
    for folder in ["packages", "containers"] {
        fs::create_dir_all(registry.join(folder)).expect("a folder");
    }
    fs::write(registry.join("registry.yaml"), "name: reg\n").expect("written");
    for number in 0..entries {
        let about = format!("description: The one of number {number}\ntags: [tag-{}]\n", number % 300);
        let (folder, text) = if number % 3 == 0 {
            (
                "containers",
                format!(
                    "name: c{number}\n{about}sources: {{prod: {{type: docker-image, image: \"c{number}:1\"}}}}\n"
                ),
            )
        } else {
            let other = number / 6 * 3;
            (
                "packages",
                format!(
                    "name: p{number}\n{about}version: 1.{}.0\nsources: {{prod: {{type: pypi}}}}\nimplies: {{container:c{other}: {{}}}}\n",
                    number % 9
                ),
            )
        };
        let name = if number % 3 == 0 { format!("c{number}") } else { format!("p{number}") };
        fs::write(registry.join(folder).join(format!("{name}.yaml")), text).expect("written");
    }
    git(&registry, &["init", "--quiet", "--initial-branch", "main", "."]);
    git(&registry, &["add", "--all", "."]);
    git(
        &registry,
        &["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "--message", "one"],
    );
    // as a server has it
    git(&registry, &["gc", "--quiet"]);
    let url = format!("file://{}", registry.display());
    let args = ["rev-parse", "HEAD"];
    let commit = Command::new("git").args(args).current_dir(&registry).output().expect("git starts").stdout;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    for (name, source) in [
        // as a lock holds it: nobody asks where a branch is
        ("of-git", format!("{{git: \"{url}\", rev: \"{commit}\"}}")),
        ("of-branch", format!("{{git: \"{url}\", branch: main}}")),
        ("of-files", "\"../registry\"".to_owned()),
    ] {
        let project = dir.join(name);
        fs::create_dir_all(&project).expect("a directory");
        let text = format!(
            "project: {{name: p}}\nregistry: {source}\ndependencies: {{packages: [p1, p100, p500, p997]}}\n"
        );
        fs::write(project.join("hsm.yaml"), text).expect("written");
    }
}

fn git(dir: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    // none that begins by itself in the background
    command.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"]);
    let status = command.args(args).current_dir(dir).env("GIT_CONFIG_GLOBAL", "/dev/null").status();
    assert!(status.expect("git starts").success(), "git {args:?}");
}

fn hsm(dir: &Path, cache: &Path, args: &[&str]) -> Duration {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hsm"));
    command.args(args).current_dir(dir).env("HSM_CACHE_DIR", cache);
    time(&mut command)
}

fn time(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().expect("it starts");
    let took = started.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    took
}

/// The least of both, taken in turns.
fn turns(mut one: impl FnMut() -> Duration, mut other: impl FnMut() -> Duration) -> (Duration, Duration) {
    let (mut first, mut second) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        first = first.min(one());
        second = second.min(other());
    }
    (first, second)
}

fn row(entries: usize, what: &str, (git, other): (Duration, Duration)) {
    let [git, other] = [git, other].map(|time| time.as_secs_f64() * 1000.0);
    println!("| {entries} | {what} | {git:.1} | {other:.1} | {:.2} |", git / other);
}

fn warm(dir: &Path, entries: usize) {
    let cache = dir.join("warm");
    for args in [&["resolve"][..], &["registry", "search", "number", "777"]] {
        for project in ["of-git", "of-files"] {
            hsm(&dir.join(project), &cache, args);
        }
        let side = |project: &'static str| hsm(&dir.join(project), &cache, args);
        let what = format!("{}, warm cache, beside a directory", args[..args.len().min(2)].join(" "));
        row(entries, &what, turns(|| side("of-git"), || side("of-files")));
    }
}

fn cold(dir: &Path, entries: usize) {
    let cache = dir.join("cold");
    let clone = dir.join("clone");
    let fetched = || {
        let _none = fs::remove_dir_all(&cache);
        hsm(&dir.join("of-branch"), &cache, &["resolve"])
    };
    let cloned = || {
        let _none = fs::remove_dir_all(&clone);
        let url = format!("file://{}", dir.join("registry").display());
        let mut command = Command::new("git");
        command
            .args(["clone", "--quiet", "--depth", "1", &url])
            .arg(&clone)
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        time(&mut command)
    };
    row(entries, "fetch, pack and resolve, beside a shallow clone", turns(fetched, cloned));
}
