//! Checkouts of git sources, with the real git on repositories of this machine: got when asked for, put in place all or
//! nothing, and never touched again.
//!
//! Owns: that law, under faults too. Refuses: what the solve makes of what a checkout says of itself.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::runs::{Run, command, hsm};
use crate::support::{Picture, have};

/// A project beside the repository that one of its packages comes from.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().expect("a temporary directory") };
        place.write("origin/pyproject.toml", &package("client", "2.5"));
        place.write("origin/.gitignore", "*.egg-info\n");
        place.git(&["init", "--quiet", "--initial-branch", "main", "."]);
        place.commit("first");
        place.git(&["branch", "work"]);
        place.git(&["tag", "v2.5"]);
        place.write("project/other/pyproject.toml", &package("client", "1.0"));
        place.source("branch: work");
        place.manifest("dev");
        place
    }

    fn project(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    fn checkout(&self) -> PathBuf {
        self.project().join("checkouts/client")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
        fs::write(path, text).expect("written");
    }

    fn manifest(&self, mode: &str) {
        self.write(
            "project/hsm.yaml",
            &format!("project: {{name: worked-on}}\ndependencies:\n  packages:\n    - client: {mode}\n"),
        );
    }

    /// The entry; its release is not the version that the checkout has.
    fn source(&self, more: &str) {
        let url = self.url();
        self.write(
            "project/hsm-registry/packages/client.yaml",
            &format!(
                "name: client\nversion: 1.0.0\nsources:\n  prod: {{type: local, path: ./other, editable: true}}\n  \
                 dev: {{type: git, url: \"{url}\", path: ./checkouts/client, {more}}}\n"
            ),
        );
    }

    fn url(&self) -> String {
        format!("file://{}", self.dir.path().join("origin").display())
    }

    fn git(&self, args: &[&str]) {
        git(&self.dir.path().join("origin"), args);
    }

    fn commit(&self, what: &str) {
        commit(&self.dir.path().join("origin"), what);
    }

    /// What is in the project but hsm's own directory.
    fn picture(&self) -> Picture {
        Picture::of(&self.project(), false, &[".hsm"])
    }
}

fn package(name: &str, version: &str) -> String {
    format!(
        "[project]\nname = \"{name}\"\nversion = \"{version}\"\nrequires-python = \">=3.9\"\n[tool.uv]\npackage = false\n"
    )
}

fn git(dir: &Path, args: &[&str]) -> String {
    let plain = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgSign=false"];
    let output = Command::new("git").current_dir(dir).args(plain).args(args).output().expect("git is there");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn commit(dir: &Path, what: &str) {
    git(dir, &["add", "--all"]);
    git(dir, &["commit", "--quiet", "--allow-empty", "--message", what]);
}

#[test]
fn a_missing_checkout_is_got_only_when_asked_for_and_then_nothing_is_left_to_do() {
    if !have("checkouts", &["uv", "git"]) {
        return;
    }
    let place = Place::new();
    let at = place.project();
    let before = place.picture();
    let run = hsm(&at, &["sync"]).ends_with(2);
    assert!(run.stderr.contains("HSM-E314") && run.stderr.contains("--yes"), "{}", run.stderr);
    assert_eq!(before.differences(&place.picture()), "");
    let run = hsm(&at, &["plan"]).ends_with(0);
    assert!(run.stdout.contains("check out file://"), "{}", run.stdout);
    assert!(!at.join(".hsm/git").exists(), "nothing is fetched for a plan");
    let run = hsm(&at, &["status"]).ends_with(4);
    assert!(run.stdout.contains("is missing: `hsm sync --yes`"), "{}", run.stdout);

    hsm(&at, &["sync", "--yes"]).ends_with(0);
    let checkout = place.checkout();
    assert_eq!(git(&checkout, &["branch", "--show-current"]), "work");
    assert_eq!(git(&checkout, &["rev-parse", "--abbrev-ref", "work@{upstream}"]), "origin/work");
    assert_eq!(git(&checkout, &["remote", "get-url", "origin"]), place.url());
    hsm(&at, &["plan", "--exit-code"]).ends_with(0);
    let run = hsm(&at, &["status"]).ends_with(0);
    assert!(run.stdout.contains("checkouts/client: on work, clean"), "{}", run.stdout);
    let synced = Picture::of(&at, true, &[]);
    hsm(&at, &["sync", "--yes"]).ends_with(0);
    assert_eq!(synced.differences(&Picture::of(&at, true, &[])), "");

    // a fresh clone of the project that uses the committed files as they are needs the checkout, too
    fs::remove_dir_all(&checkout).expect("there");
    fs::remove_dir_all(at.join(".hsm")).expect("there");
    hsm(&at, &["up", "--frozen"]).ends_with(2);
    let committed = Picture::of(&at, true, &[".hsm", ".venv", "checkouts"]);
    hsm(&at, &["sync", "--frozen", "--yes"]).ends_with(0);
    assert_eq!(git(&checkout, &["branch", "--show-current"]), "work");
    assert_eq!(committed.differences(&Picture::of(&at, true, &[".hsm", ".venv", "checkouts"])), "");

    // from what was fetched before, without the repository
    fs::remove_dir_all(&checkout).expect("there");
    fs::rename(place.dir.path().join("origin"), place.dir.path().join("away")).expect("moved");
    hsm(&at, &["--offline", "--yes", "sync"]).ends_with(0);
    assert_eq!(git(&checkout, &["branch", "--show-current"]), "work");
    fs::remove_dir_all(&checkout).expect("there");
    let run = hsm(&at, &["sync", "--yes"]).ends_with(1);
    assert!(run.stderr.contains("failed to get file://"), "{}", run.stderr);
    assert!(!checkout.exists());
    fs::remove_dir_all(at.join(".hsm/git")).expect("there");
    let run = hsm(&at, &["--offline", "--yes", "sync"]).ends_with(1);
    assert!(run.stderr.contains("never fetched"), "{}", run.stderr);
}

#[test]
fn what_a_checkout_says_of_itself_counts_before_it_is_in_place() {
    if !have("versions of checkouts", &["uv", "git"]) {
        return;
    }
    let place = Place::new();
    let at = place.project();
    // the entry's release would do, the checkout's version does not
    fs::write(
        at.join("hsm.yaml"),
        "project: {name: worked-on}\ndependencies:\n  packages:\n    - {name: client, mode: dev, version: \"<2\"}\n",
    )
    .expect("written");
    let run = hsm(&at, &["sync", "--yes"]).ends_with(3);
    assert!(run.text().contains("2.5"), "{run:?}");
    assert!(!place.checkout().exists());
}

#[test]
fn tags_commits_default_branches_and_directories_of_a_repository_are_checked_out() {
    if !have("references", &["uv", "git"]) {
        return;
    }
    let place = Place::new();
    place.write("origin/python/pyproject.toml", &package("client", "3.0"));
    place.commit("second");
    let head = git(&place.dir.path().join("origin"), &["rev-parse", "HEAD"]);
    let first = git(&place.dir.path().join("origin"), &["rev-parse", "v2.5"]);
    let at = place.project();
    let cases = [
        ("tag: v2.5", "", first.as_str()),
        ("ref: work", "work", &first),
        ("rev: main, subdirectory: python", "main", &head),
        (&format!("rev: {first}"), "", &first),
        ("subdirectory: \".\"", "main", &head),
    ];
    for (more, branch, commit) in cases {
        place.source(more);
        hsm(&at, &["sync", "--yes"]).ends_with(0);
        let checkout = place.checkout();
        assert_eq!(git(&checkout, &["branch", "--show-current"]), branch, "{more}");
        assert_eq!(git(&checkout, &["rev-parse", "HEAD"]), commit, "{more}");
        assert_eq!(git(&checkout, &["status", "--porcelain"]), "", "{more}");
        let run = hsm(&at, &["status"]).ends_with(0);
        assert!(!run.stdout.contains("the registry has"), "{more}: {}", run.stdout);
        let text = fs::read_to_string(at.join("pyproject.toml")).expect("written");
        assert_eq!(text.contains("checkouts/client/python"), more.contains("python"), "{text}");
        fs::remove_dir_all(checkout).expect("there");
    }
    place.source("branch: nowhere");
    let run = hsm(&at, &["sync", "--yes"]).ends_with(1);
    assert!(run.stderr.contains("it has no branch `nowhere`"), "{}", run.stderr);
}

#[test]
fn what_is_in_a_checkout_is_never_touched_and_told_when_it_is_left() {
    if !have("work in checkouts", &["uv", "git"]) {
        return;
    }
    let place = Place::new();
    let at = place.project();
    hsm(&at, &["sync", "--yes"]).ends_with(0);
    let checkout = place.checkout();
    fs::write(checkout.join("kept"), "first").expect("written");
    commit(&checkout, "mine");
    fs::write(checkout.join("kept"), "second").expect("written");
    git(&checkout, &["stash", "--quiet"]);
    fs::write(checkout.join("new"), "new").expect("written");
    git(&checkout, &["switch", "--quiet", "--create", "elsewhere"]);
    place.write("origin/more", "more");
    place.commit("upstream goes on");
    let run = hsm(&at, &["status"]).ends_with(0);
    let says = "checkouts/client: on elsewhere, the registry has work, 1 uncommitted file, 1 commit not pushed, 1 stash";
    assert!(run.stdout.contains(says), "{}", run.stdout);

    let before = Picture::of(&checkout, true, &[]);
    hsm(&at, &["sync", "--yes"]).ends_with(0);
    let run = hsm(&at, &["package", "mode", "client", "prod"]).ends_with(0);
    let left = "checkouts/client is no longer used; it is left as it is, with 1 uncommitted file";
    assert!(run.stderr.contains(left), "{}", run.stderr);
    let run = hsm(&at, &["sync"]).ends_with(0);
    let says = "checkouts/client is no longer used; it is left as it is, with 1 uncommitted file, 1 commit not pushed, 1 stash";
    assert!(run.stderr.contains(says), "{}", run.stderr);
    // back again, all in one: what is there needs nobody's word
    hsm(&at, &["package", "mode", "client", "dev", "--sync"]).ends_with(0);
    assert_eq!(before.differences(&Picture::of(&checkout, true, &[])), "");

    // a fork is worked with as it is, and so is what is no checkout at all
    git(&checkout, &["remote", "set-url", "origin", "https://example.org/fork.git"]);
    assert!(hsm(&at, &["sync"]).ends_with(0).stderr.contains("HSM-W353"));
    fs::remove_dir_all(checkout.join(".git")).expect("there");
    assert!(hsm(&at, &["sync"]).ends_with(0).stderr.contains("HSM-W352"));
}

#[test]
fn a_container_is_built_from_a_checkout_too() {
    if !have("checkouts of containers", &["git"]) {
        return;
    }
    let place = Place::new();
    let at = place.project();
    fs::remove_dir_all(at.join("hsm-registry/packages")).expect("there");
    place.write("origin/Dockerfile", "FROM scratch\n");
    place.commit("image");
    let url = place.url();
    let entry = |url: &str| {
        let entry =
            format!("name: api\nsources: {{dev: {{type: git, url: \"{url}\", path: ./checkouts/client}}}}\n");
        place.write("project/hsm-registry/containers/api.yaml", &entry);
    };
    entry("http://example.org/api.git");
    place
        .write("project/hsm.yaml", "project: {name: worked-on, mode: dev}\nservices:\n  containers: [api]\n");
    assert!(hsm(&at, &["sync"]).ends_with(2).stderr.contains("HSM-E350"));
    assert!(hsm(&at, &["sync", "--yes"]).ends_with(2).stderr.contains("HSM-E351"));
    entry(&url);
    hsm(&at, &["sync", "--yes", "--only", "packages"]).ends_with(0);
    assert!(!place.checkout().exists());
    hsm(&at, &["sync", "--yes"]).ends_with(0);
    assert!(place.checkout().join("Dockerfile").exists());
    hsm(&at, &["plan", "--exit-code"]).ends_with(0);
}

#[test]
fn a_run_that_fails_or_is_killed_at_any_call_of_git_leaves_no_checkout() {
    if !have("faults of checkouts", &["uv", "git"]) {
        return;
    }
    let place = Place::new();
    let at = place.project();
    let which = Command::new("sh").args(["-c", "command -v git"]).output().expect("a shell");
    let real = String::from_utf8(which.stdout).expect("text").trim().to_owned();
    let count = place.dir.path().join("count");
    let script = place.dir.path().join("bin/git");
    place.write(
        "bin/git",
        &format!(
            "#!/bin/sh\nn=$(($(cat {count:?}) + 1)); echo $n > {count:?}\n\
             if [ $n = $FAULT_AT ] && [ $FAULT = before ]; then exit 128; fi\n{real} \"$@\"; code=$?\n\
             if [ $n = $FAULT_AT ]; then case $FAULT in after) exit 128;; kill) kill -9 $PPID;; esac; fi\nexit $code\n"
        ),
    );
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("the test's own");
    let path = std::env::join_paths(
        std::iter::once(place.dir.path().join("bin"))
            .chain(std::env::split_paths(&std::env::var_os("PATH").expect("a path"))),
    )
    .expect("a path");
    let before = place.picture();
    for fault in ["before", "after", "kill"] {
        let mut call = 0;
        loop {
            call += 1;
            fs::write(&count, "0").expect("written");
            let mut run = command(&at, &["sync", "--yes"]);
            run.env("PATH", &path).env("FAULT", fault).env("FAULT_AT", call.to_string());
            let run = Run::of(&run.output().expect("hsm can be started"));
            let calls: u32 = fs::read_to_string(&count).expect("counted").trim().parse().expect("a number");
            if calls < call {
                break;
            }
            if run.code == 0 {
                // a file that a repository does not have is asked for in vain, with or without a fault
                assert!(place.checkout().join("pyproject.toml").exists(), "{fault} at {call}");
            } else {
                hsm(&at, &["recover"]).ends_with(0);
                let differences = before.differences(&place.picture());
                assert_eq!(differences, "", "{fault} at call {call}: {run:?}");
            }
            for made in ["checkouts", ".venv", ".hsm"] {
                let _absent = fs::remove_dir_all(at.join(made));
            }
            for made in ["hsm.lock", "uv.lock", "pyproject.toml"] {
                let _absent = fs::remove_file(at.join(made));
            }
        }
        assert!(call > 6, "{fault}: only {call} calls");
        for made in ["checkouts", ".venv", ".hsm"] {
            let _absent = fs::remove_dir_all(at.join(made));
        }
        for made in ["hsm.lock", "uv.lock", "pyproject.toml"] {
            let _absent = fs::remove_file(at.join(made));
        }
    }
    // a tool behind it that fails
    place.write(
        "origin/pyproject.toml",
        "[project]\nname = \"client\"\nversion = \"1.0\"\ndependencies = [\"in valid\"]\n",
    );
    git(&place.dir.path().join("origin"), &["switch", "--quiet", "work"]);
    place.commit("broken");
    hsm(&at, &["sync", "--yes"]).ends_with(1);
    assert_eq!(before.differences(&place.picture()), "");
}
