//! A repository that holds a registry, and projects that use it, all on this machine; git is the real one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::runs::{Run, command};

/// The registry that a place begins with.
const FIRST: [(&str, &str); 4] = [
    ("registry.yaml", "name: team\n"),
    (
        "containers/redis.yaml",
        "name: redis\nversion: \"7\"\nsources: {prod: {type: docker-image, image: \"redis:7\"}}\n",
    ),
    (
        "containers/valkey.yaml",
        "name: valkey\nversion: \"8\"\nsources: {prod: {type: docker-image, image: \"valkey/valkey:8\"}}\n",
    ),
    (
        "container_groups/cache.yaml",
        "name: cache\ntype: container_group\nstrategy: 1-of-N\noptions: [{name: redis}, {name: valkey}]\n",
    ),
];

/// See the [module](self).
pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
}

impl Place {
    /// A repository with one commit on `main`, and a project that follows that branch.
    pub(crate) fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().expect("a temporary directory") };
        for (path, text) in FIRST {
            place.write(&format!("origin/{path}"), text);
        }
        place.git(&["init", "--quiet", "--initial-branch", "main", "."]);
        place.commit("first");
        place.project("project", "branch: main");
        place
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).expect("a file")
    }

    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.at("origin").display())
    }

    /// Writes a project that uses the group of the registry at this reference.
    pub(crate) fn project(&self, name: &str, reference: &str) {
        let git = format!("{{git: \"{}\", {reference}}}", self.url());
        self.write(&format!("{name}/hsm.yaml"), &manifest(&git));
    }

    /// Runs git in the repository and gives back what it says.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(self.at("origin"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git can be started");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Commits all that is there; gives back the commit.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all", "."]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.tip()
    }

    pub(crate) fn tip(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// A new image in the entry of redis, committed.
    pub(crate) fn move_on(&self, tag: &str) -> String {
        let entry = self.read("origin/containers/redis.yaml").replace("redis:7\"", &format!("redis:{tag}\""));
        self.write("origin/containers/redis.yaml", &entry);
        self.commit(tag)
    }

    /// hsm in a project, with a cache and a home of its own.
    pub(crate) fn command(&self, project: &str, args: &[&str]) -> Command {
        let mut command = command(&self.at(project), args);
        command
            .env("HSM_CACHE_DIR", self.at("cache"))
            .env("HOME", self.at("home"))
            .env("XDG_CONFIG_HOME", self.at("home/.config"))
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    pub(crate) fn run(&self, project: &str, args: &[&str]) -> Run {
        Run::of(&self.command(project, args).output().expect("hsm can be started"))
    }

    /// hsm where git is not to be found; it must not ask for it either.
    pub(crate) fn without_git(&self, project: &str, args: &[&str]) -> Run {
        let traps = self.at("traps");
        let mark = self.at("git-was-run");
        script(&traps.join("git"), &format!("echo \"$@\" >> '{}'; exit 1", mark.display()));
        let run =
            Run::of(&self.command(project, args).env("PATH", &traps).output().expect("hsm can be started"));
        assert!(!mark.exists(), "git was run: {}\n{}", self.read("git-was-run"), run.text());
        run
    }

    /// The commit that a project's lock holds.
    pub(crate) fn locked(&self, project: &str) -> String {
        let lock = self.read(&format!("{project}/hsm.lock"));
        let line = lock.lines().find_map(|line| line.trim().strip_prefix("commit: ")).expect("a pin");
        line.trim_matches('"').to_owned()
    }

    /// What lies in the cache beside repositories and locks.
    pub(crate) fn packs(&self) -> Vec<String> {
        let mut out = Vec::new();
        let homes = fs::read_dir(self.at("cache/registries")).into_iter().flatten();
        for home in homes.filter_map(Result::ok) {
            let files = fs::read_dir(home.path()).into_iter().flatten().filter_map(Result::ok);
            let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
            out.extend(names.filter(|name| name.ends_with(".hsm-pack")));
        }
        out.sort();
        out
    }
}

/// A manifest that uses the group `cache` of this registry.
pub(crate) fn manifest(registry: &str) -> String {
    format!("project: {{name: p}}\nregistry: {registry}\nservices: {{container_groups: {{cache: }}}}\n")
}

/// Writes a program.
pub(crate) fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
    fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("made runnable");
}
