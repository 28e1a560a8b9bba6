//! The oracle of all this: a registry says the same out of a repository as out of a directory.

use std::fs;
use std::path::{Path, PathBuf};

use crate::place::Place;
use crate::runs::{copy, fixtures};
use crate::support::have;

/// Every how many-th fixture is tried; all of them take minutes.
const EVERY: usize = 4;

#[test]
fn a_registry_says_the_same_out_of_a_repository_as_out_of_a_directory() {
    if !have("the same twice", &["git"]) {
        return;
    }
    let mut tried = 0;
    for (at, case) in cases().into_iter().enumerate().filter(|(at, _)| at % EVERY == 0) {
        let manifest = fs::read_to_string(case.join("hsm.yaml")).expect("a fixture");
        let registry = case.join("hsm-registry");
        if manifest.lines().any(|line| line.starts_with("registry:")) || !is_plain(&registry) {
            continue;
        }
        let place = Place::new();
        copy(&case, &place.at("project"));
        fs::remove_dir_all(place.at("project/hsm-registry")).expect("copied");
        for folder in ["containers", "container_groups", "registry.yaml"] {
            let path = place.at("origin").join(folder);
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
        copy(&registry, &place.at("origin"));
        place.commit("the fixture");
        let named = |source: String| {
            place.write("home/.config/hsm/config.yaml", &format!("registry: {{name: reg, {source}}}\n"));
            let run = place.run("project", &["resolve", "--explain", "--format", "json"]);
            (run.code, run.stdout)
        };
        let there = place.at("origin").display().to_string();
        let (code, text) = named(format!("path: \"{there}\""));
        let here = format!("reg@{}", &place.tip()[..12]);
        let (same, again) = named(format!("git: \"{}\"", place.url()));
        assert_eq!((code, text.replace(&there, &here)), (same, again), "{at}: {}", case.display());
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
}

fn cases() -> Vec<PathBuf> {
    let below = |dir: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    };
    let mut all: Vec<PathBuf> = below(&fixtures()).iter().flat_map(|theme| below(theme)).collect();
    all.retain(|case| case.join("hsm.yaml").is_file() && case.join("hsm-registry").is_dir());
    all.sort();
    all
}

/// Whether git keeps all that is there: it knows no empty directories, and here a link is not followed.
fn is_plain(dir: &Path) -> bool {
    let mut entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok).peekable();
    entries.peek().is_some()
        && entries.all(|entry| {
            let kind = entry.file_type().expect("readable");
            kind.is_file() || (kind.is_dir() && is_plain(&entry.path()))
        })
}
