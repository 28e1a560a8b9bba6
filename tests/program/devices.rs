//! Files that have no end: pipes and devices where hsm expects a file are refused, and nothing is read from them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::runs::{Run, command};

/// More than any of these takes, less than anybody waits for.
const PATIENCE: Duration = Duration::from_secs(20);

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
        fs::write(path, text).expect("written");
    };
    write("hsm.yaml", "project: {name: demo}\nservices: {containers: [web], compose_files: [own.yml]}\n");
    write("own.yml", "services: {}\n");
    write(
        "hsm-registry/containers/web.yaml",
        "name: web\nsources: {prod: {type: docker-image, image: web}}\n",
    );
    dir
}

/// Runs hsm; ends it, and fails, if it takes too long.
fn patient(dir: &Path, args: &[&str]) -> Run {
    let begun = Instant::now();
    let mut child = command(dir, args)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("hsm can be started");
    while child.try_wait().expect("it is ours").is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().expect("it is ours");
            panic!("hsm {args:?} waits, or reads without end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Run::of(&child.wait_with_output().expect("it has ended"))
}

#[test]
fn a_pipe_or_a_device_is_no_file_of_a_project() {
    for path in ["hsm.yaml", "hsm-registry/containers/web.yaml", "own.yml", "hsm.lock"] {
        for pipe in [true, false] {
            let dir = project();
            let at = dir.path().join(path);
            let _there = fs::remove_file(&at);
            if pipe {
                assert!(Command::new("mkfifo").arg(&at).status().expect("mkfifo runs").success());
            } else {
                symlink("/dev/zero", &at).expect("a link");
            }
            for command in ["check", "list"] {
                let run = patient(dir.path(), &[command]);
                assert_eq!(run.code, 2, "{path}: {}", run.text());
                assert!(run.stderr.contains("not a regular file"), "{path}: {}", run.text());
            }
        }
    }
}

#[test]
fn what_is_far_too_large_is_not_read_whole() {
    let dir = project();
    let file = fs::File::create(dir.path().join("hsm.yaml")).expect("made");
    // of holes: it takes no room on the disk, but would in memory
    file.set_len(1 << 40).expect("set");
    let run = patient(dir.path(), &["check"]);
    assert_eq!(run.code, 2, "{}", run.text());
    assert!(run.stderr.contains("error[HSM-E003]: the file has more than 4194304 bytes"), "{}", run.text());
}
