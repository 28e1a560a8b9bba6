//! Tests of the real machine in temporary directories.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Command, FileKind, Outcome, OutputTo, Real, World};

fn sh(script: &str) -> Command {
    Command { program: "sh".into(), args: vec!["-c".into(), script.into()], ..Command::default() }
}

fn run(command: &Command) -> Outcome {
    Real::new().unwrap().run(command).unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    Real::new().unwrap().list(dir).unwrap().into_iter().map(|(n, _)| n).collect()
}

#[test]
fn each_name_is_one_that_is_listed_and_what_cannot_be_listed_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["b.yaml", "é", ".hidden", "a"] {
        fs::write(dir.path().join(file), "").unwrap();
    }
    let real = Real::new().unwrap();
    let each = |path: &Path| {
        let mut all = Vec::new();
        real.each_name(path, &mut |name| all.push(name.to_owned())).map(|()| {
            all.sort();
            all
        })
    };
    assert_eq!(each(dir.path()).unwrap(), names(dir.path()));
    for path in [dir.path().join("none"), dir.path().join("a")] {
        assert_eq!(each(&path).unwrap_err().kind(), real.list(&path).unwrap_err().kind());
    }
    let odd: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"odd\xff");
    fs::write(dir.path().join(odd), "").unwrap();
    assert_eq!(each(dir.path()).unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[test]
fn a_written_file_keeps_its_mode_and_leaves_nothing_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a");
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    Real::new().unwrap().write(&file, b"new").unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"new");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(names(dir.path()), ["a"]);
}

#[test]
fn a_written_file_keeps_its_extended_attributes() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a");
    fs::write(&file, "old").unwrap();
    let set = rustix::fs::setxattr(&file, "user.note", b"kept", rustix::fs::XattrFlags::empty());
    if set.is_err() {
        return; // this file system has none
    }
    Real::new().unwrap().write(&file, b"new").unwrap();
    let mut value = [0_u8; 16];
    let len = rustix::fs::getxattr(&file, "user.note", &mut value[..]).unwrap();
    assert_eq!(&value[..len], b"kept");
}

#[test]
fn a_link_stays_a_link_and_the_file_behind_it_is_written_even_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("real")).unwrap();
    fs::write(dir.path().join("real/a"), "old").unwrap();
    symlink("real/a", dir.path().join("a")).unwrap();
    symlink("real/b", dir.path().join("b")).unwrap();
    let world = Real::new().unwrap();
    world.write(&dir.path().join("a"), b"new").unwrap();
    world.write(&dir.path().join("b"), b"made").unwrap();
    assert_eq!(fs::read(dir.path().join("real/a")).unwrap(), b"new");
    assert_eq!(fs::read(dir.path().join("real/b")).unwrap(), b"made");
    assert_eq!(world.stat(&dir.path().join("a")).unwrap().unwrap().kind, FileKind::Link);
    assert_eq!(names(&dir.path().join("real")), ["a", "b"]);
}

#[test]
fn a_read_only_file_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a");
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let error = Real::new().unwrap().write(&file, b"new").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    assert_eq!(fs::read(&file).unwrap(), b"old");
}

#[test]
fn a_directory_is_copied_with_links_modes_and_times_but_with_files_of_its_own_where_asked() {
    let dir = tempfile::tempdir().unwrap();
    let from = dir.path().join("from");
    fs::create_dir_all(from.join("lib")).unwrap();
    fs::write(from.join("lib/linked"), "1").unwrap();
    fs::write(from.join("own"), "2").unwrap();
    fs::set_permissions(from.join("own"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("lib/linked", from.join("link")).unwrap();
    let to = dir.path().join("to");
    let world = Real::new().unwrap();
    world.link_tree(&from, &to, &|p| p == Path::new("own")).unwrap();
    let inode = |p: &str| fs::symlink_metadata(dir.path().join(p)).unwrap().ino();
    assert_eq!(inode("from/lib/linked"), inode("to/lib/linked"));
    assert_ne!(inode("from/own"), inode("to/own"));
    assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("lib/linked"));
    for name in ["own", "lib", "lib/linked"] {
        let (a, b) = (fs::metadata(from.join(name)).unwrap(), fs::metadata(to.join(name)).unwrap());
        assert_eq!((a.mode(), a.mtime(), a.mtime_nsec()), (b.mode(), b.mtime(), b.mtime_nsec()), "{name}");
    }
    world.sync_tree(&to).unwrap();
    world.remove_tree(&to).unwrap();
    world.remove_tree(&to).unwrap();
    assert_eq!(fs::read(from.join("lib/linked")).unwrap(), b"1");
}

#[test]
fn large_input_and_output_pass_without_deadlock() {
    let bytes = vec![b'x'; 1 << 20];
    let outcome = run(&Command { stdin: Some(bytes.clone()), ..sh("tee /dev/stderr") });
    assert!(outcome.ok());
    assert_eq!(outcome.stdout, bytes);
    assert_eq!(outcome.stderr, bytes);
}

#[test]
fn how_a_program_ended_is_told() {
    assert_eq!(run(&sh("exit 3")).code, Some(3));
    let killed = run(&sh("kill -9 $$"));
    assert_eq!((killed.code, killed.signal), (None, Some(9)));
    let missing = Command { program: "no-such-program-here".into(), ..Command::default() };
    assert_eq!(Real::new().unwrap().run(&missing).unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_program_that_takes_too_long_is_ended_with_all_it_started() {
    let dir = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let limit = Some(Duration::from_millis(200));
    let script = "(sleep 2; touch late) & sleep 60";
    let outcome = run(&Command { dir: dir.path().into(), limit, ..sh(script) });
    assert_eq!((outcome.code, outcome.signal), (None, Some(15)));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(names(dir.path()), <[&str; 0]>::default());
    assert!(run(&Command { limit: Some(Duration::from_mins(1)), ..sh("exit 0") }).ok());
}

#[test]
fn a_temporary_directory_is_new_empty_and_nobody_else_s() {
    let world = Real::new().unwrap();
    let (one, other) = (world.scratch().unwrap(), world.scratch().unwrap());
    assert_ne!(one, other);
    for dir in [&one, &other] {
        assert_eq!(names(dir), <[&str; 0]>::default());
        assert_eq!(fs::metadata(dir).unwrap().mode() & 0o077, 0);
        world.remove_tree(dir).unwrap();
    }
}

#[test]
fn only_a_regular_file_is_read_as_one_and_no_more_than_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let world = Real::new().unwrap();
    let file = dir.path().join("a");
    fs::write(&file, "12345").unwrap();
    assert_eq!(world.read_regular(&file, 5).unwrap(), b"12345");
    assert_eq!(world.read_regular(&file, 3).unwrap(), b"1234");
    symlink(&file, dir.path().join("link")).unwrap();
    assert_eq!(world.read_regular(&dir.path().join("link"), 9).unwrap(), b"12345");
    for no_file in [Path::new("/dev/zero"), dir.path()] {
        assert!(world.read_regular(no_file, 9).is_err(), "{}", no_file.display());
    }
    assert_eq!(world.read_regular(&dir.path().join("none"), 9).unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[test]
fn the_environment_is_set_and_unset() {
    let command = Command {
        env: vec![("HSM_TEST_SET".into(), "1".into())],
        env_remove: vec!["HOME".into()],
        ..sh("echo $HSM_TEST_SET ${HOME:-none}")
    };
    assert_eq!(run(&command).stdout, b"1 none\n");
}

#[test]
fn a_program_that_says_nothing_for_too_long_is_ended_and_one_that_speaks_is_not() {
    let silence = Some(Duration::from_millis(500));
    let start = Instant::now();
    let outcome = run(&Command { silence, ..sh("echo begun >&2; sleep 30") });
    assert!(!outcome.ok() && start.elapsed() < Duration::from_secs(10));
    let said = String::from_utf8(outcome.stderr).unwrap();
    assert!(said.starts_with("begun") && said.trim_end().ends_with(crate::world::WAS_SILENT), "{said}");
    let speaks = "for i in 1 2 3 4 5 6 7 8; do sleep 0.1; echo $i >&2; done";
    let outcome = run(&Command { silence, ..sh(speaks) });
    assert!(outcome.ok() && outcome.stderr.ends_with(b"7\n8\n"));
}

#[test]
fn what_a_failed_program_leaves_behind_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let script = "(sleep 1; touch late) >/dev/null 2>&1 & exit 1";
    let outcome = run(&Command { dir: dir.path().into(), ..sh(script) });
    assert_eq!(outcome.code, Some(1));
    std::thread::sleep(Duration::from_millis(1300));
    assert!(!dir.path().join("late").exists());
}

#[test]
fn nobody_waits_for_what_a_program_leaves_behind_when_it_ends_well() {
    let start = Instant::now();
    let outcome = run(&sh("echo done; sleep 30 &"));
    assert!(outcome.ok());
    assert_eq!(outcome.stdout, b"done\n");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn an_interactive_program_keeps_the_process_group() {
    let group = |output| {
        let dir = tempfile::tempdir().unwrap();
        let command = Command { dir: dir.path().into(), output, ..sh("ps -o pgid= -p $$ > group") };
        assert!(run(&command).ok());
        fs::read_to_string(dir.path().join("group")).unwrap().trim().parse::<i32>().unwrap()
    };
    let ours = rustix::process::getpgrp().as_raw_nonzero().get();
    assert_eq!(group(OutputTo::Inherited), ours);
    assert_ne!(group(OutputTo::Captured), ours);
}

#[test]
fn a_lock_is_held_once_and_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lock");
    let (one, other) = (Real::new().unwrap(), Real::new().unwrap());
    let lock = one.try_lock(&path, "me").unwrap().unwrap();
    assert!(other.try_lock(&path, "you").unwrap().is_none());
    assert_eq!(fs::read(&path).unwrap(), b"me");
    // A program in the background that inherited it doesn't keep it past the end of the run.
    assert!(one.run(&sh("sleep 5 >/dev/null 2>&1 &")).unwrap().ok());
    drop(lock);
    assert!(other.try_lock(&path, "you").unwrap().is_some());
}
