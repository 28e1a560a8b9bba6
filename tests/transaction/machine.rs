//! The same on the real machine: real files, real processes, real signals.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use hsm::adapters::Phase::{Apply, Verify};
use hsm::execute::Failure;
use hsm::finalize::RunError;
use hsm::transaction::{self, LockError, ProjectLock, Recovered};
use hsm::world::{Real, World as _};

use super::real_tool;
use super::stage::{Failed, Fake, plan, run, try_run};

/// `check`, `lock`, `install [badly | slowly | deafly]`.
const TOOL: &str = r#"
case "$1" in
lock) echo "new tool lock" > tool.lock ;;
install)
    mkdir -p env/lib env/bin
    echo "home = new" > env/settings.cfg
    rm -f env/lib/removed.py
    echo new > env/lib/tmp && mv env/lib/tmp env/lib/replaced.py
    case "$2" in
    badly) echo "no space for beans" >&2; exit 1 ;;
    slowly) (for i in $(seq 400); do echo >> ../heart; sleep 0.05; done) & touch ../started; sleep 20; exit 1 ;;
    deafly) trap '' INT TERM; touch ../started; sleep 20 & wait; sleep 20; exit 1 ;;
    soon) touch ../started; sleep 2 ;;
    esac
    echo added > env/lib/added.py ;;
esac
"#;

/// A directory with a project in it, and the tool beside it.
pub(crate) struct Stage {
    pub(crate) dir: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("tool.sh"), TOOL).unwrap();
        let stage = Self { dir };
        fs::create_dir(stage.root()).unwrap();
        stage
    }

    fn with_project() -> Self {
        let stage = Self::new();
        stage.put("hsm.lock", "old lock\n");
        stage.put("project.toml", "old project\n");
        stage.put("old.yml", "to be removed\n");
        stage.put("tool.lock", "old tool lock\n");
        stage.put("env/settings.cfg", "home = old\n");
        stage.put("env/lib/kept.py", "kept\n");
        stage.put("env/lib/removed.py", "removed\n");
        stage.put("env/lib/replaced.py", "old\n");
        symlink("lib/kept.py", stage.root().join("env/link")).unwrap();
        fs::set_permissions(stage.root().join("project.toml"), fs::Permissions::from_mode(0o640)).unwrap();
        stage
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn fake(&self, install: &'static [&'static str]) -> Fake {
        fake(self.dir.path(), install)
    }

    fn run(&self, install: &'static [&'static str]) -> Result<hsm::finalize::Report, Failed> {
        try_run(&Real::new().unwrap(), &self.root(), &self.fake(install), "new lock\n")
    }

    /// All there is but hsm's own directory: kind, mode, time, content.
    pub(crate) fn contents(&self) -> BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> {
        let mut all = BTreeMap::new();
        look(&self.root(), Path::new(""), &mut all);
        all.retain(|path, _| !path.starts_with(".hsm"));
        all
    }

    pub(crate) fn assert_no_traces(&self) {
        let names = |dir: &Path| {
            let mut names: Vec<_> =
                fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        let journal = self.root().join(".hsm/journal");
        assert!(!journal.exists() || names(&journal).is_empty());
        let temporary =
            |n: &String| n.ends_with(".hsm-tmp") || n.ends_with(".hsm-gone") || n.ends_with(".hsm-back");
        assert!(!names(&self.root()).iter().any(temporary));
        assert!(!self.root().join(".hsm/kept").exists());
    }

    pub(crate) fn recover(&self) -> Option<Recovered> {
        let world = Real::new().unwrap();
        let lock = ProjectLock::take(&world, &self.root(), "hsm plan", true, &mut |_| {}).unwrap();
        transaction::recover(&world, &self.root(), &lock).unwrap()
    }

    /// Ends the programs that a killed run left behind: those that hold the project's lock as their input.
    pub(crate) fn end_orphans(&self) {
        let lock = self.root().join(".hsm/lock");
        for process in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            if fs::read_link(process.path().join("fd/0")).is_ok_and(|file| file == lock) {
                let pid = process.file_name().into_string().unwrap();
                // The leader of the group; those in it that have other inputs go with it.
                drop(
                    Command::new("kill")
                        .args(["-KILL", "--", &format!("-{pid}")])
                        .stderr(Stdio::null())
                        .status(),
                );
            }
        }
    }

    /// Whether someone still writes to a file beside the project.
    pub(crate) fn grows(&self, name: &str) -> bool {
        let size = || fs::metadata(self.dir.path().join(name)).map_or(0, |m| m.len());
        let before = size();
        std::thread::sleep(Duration::from_millis(300));
        size() > before
    }

    /// Runs in another process, and waits until its tool is at work.
    pub(crate) fn start(&self, install: &str) -> Child {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "machine::one_run", "--ignored", "--nocapture"])
            .env("ONE_RUN_IN", self.dir.path())
            .env("ONE_RUN_INSTALL", install)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for("the tool", || self.dir.path().join("started").exists());
        child
    }
}

fn fake(dir: &Path, install: &'static [&'static str]) -> Fake {
    Fake {
        program: "sh",
        prefix: vec![dir.join("tool.sh").to_str().unwrap().into()],
        files: vec![
            ("project.toml", Some("new project\n")),
            ("old.yml", None),
            ("made/deep/new.yml", Some("new file\n")),
        ],
        actions: vec![(Verify, &["check"]), (Apply, &["lock"]), (Apply, install)],
        guarded: vec!["tool.lock", "env"],
        optional: false,
    }
}

fn look(root: &Path, within: &Path, all: &mut BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)>) {
    for entry in fs::read_dir(root.join(within)).unwrap() {
        let within = within.join(entry.unwrap().file_name());
        let path = root.join(&within);
        let meta = fs::symlink_metadata(&path).unwrap();
        let content = if meta.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else if meta.is_dir() {
            look(root, &within, all);
            Vec::new()
        } else {
            fs::read(&path).unwrap()
        };
        all.insert(within, (meta.mode(), meta.mtime(), meta.mtime_nsec(), content));
    }
}

fn wait_for(what: &str, mut ready: impl FnMut() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

pub(crate) fn end(mut child: Child) -> (ExitStatus, Duration) {
    let start = Instant::now();
    (child.wait().unwrap(), start.elapsed())
}

/// Not a test: one run in a process of its own. Exit code 42: interrupted and all put back; 43: done.
#[test]
#[ignore = "the other tests run it in a process of its own"]
fn one_run() {
    let Some(dir) = std::env::var_os("ONE_RUN_IN") else { return };
    let install: &[&str] = match std::env::var("ONE_RUN_INSTALL").as_deref() {
        Ok("deafly") => &["install", "deafly"],
        Ok("soon") => &["install", "soon"],
        _ => &["install", "slowly"],
    };
    let dir = PathBuf::from(dir);
    let real_tool = std::env::var("ONE_RUN_INSTALL").as_deref() == Ok("uv");
    let install: &'static [&'static str] = Box::leak(install.to_vec().into_boxed_slice());
    let fake = if real_tool { real_tool::fake_in(&dir) } else { fake(&dir, install) };
    let result = try_run(&Real::new().unwrap(), &dir.join("project"), &fake, "new lock\n");
    fs::write(dir.join("result"), format!("{result:?}")).unwrap();
    std::process::exit(match result {
        Err(Failed::Run(RunError::Restored { failure: Failure::Interrupted(_), .. })) => 42,
        Ok(_) => 43,
        _ => 1,
    });
}

#[test]
fn a_run_writes_everything_and_the_second_one_nothing() {
    let stage = Stage::with_project();
    assert!(stage.run(&["install"]).unwrap().changed);
    stage.assert_no_traces();
    let after = stage.contents();
    let text = |p: &str| String::from_utf8(after[Path::new(p)].3.clone()).unwrap();
    assert_eq!(text("project.toml"), "new project\n");
    assert_eq!(after[Path::new("project.toml")].0 & 0o7777, 0o640);
    assert_eq!(text("hsm.lock"), "new lock\n");
    assert_eq!(text("tool.lock"), "new tool lock\n");
    assert_eq!(text("made/deep/new.yml"), "new file\n");
    assert_eq!(text("env/lib/added.py"), "added\n");
    assert!(!after.contains_key(Path::new("old.yml")));

    let recorded = fs::metadata(stage.root().join(".hsm/state.json")).unwrap().mtime_nsec();
    let second = stage.run(&["install"]).unwrap();
    assert!(!second.changed && second.outcomes.is_empty(), "{second:?}");
    assert_eq!(stage.contents(), after);
    assert_eq!(fs::metadata(stage.root().join(".hsm/state.json")).unwrap().mtime_nsec(), recorded);
    assert_eq!(fs::read(stage.root().join(".hsm/.gitignore")).unwrap(), b"*\n");
}

#[test]
fn a_tool_that_fails_leaves_every_byte_mode_and_time_as_it_was() {
    let stage = Stage::with_project();
    let before = stage.contents();
    let error = stage.run(&["install", "badly"]).unwrap_err();
    let Failed::Run(RunError::Restored { failure: Failure::Action { why, .. }, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(why, "no space for beans\n");
    assert_eq!(stage.contents(), before);
    stage.assert_no_traces();
}

#[test]
fn what_was_not_there_is_gone_again_after_a_failure() {
    let stage = Stage::new();
    stage.run(&["install", "badly"]).unwrap_err();
    assert_eq!(stage.contents(), BTreeMap::new());
    stage.assert_no_traces();
}

#[test]
fn links_are_followed_and_kept_both_ways() {
    for install in [&["install"][..], &["install", "badly"]] {
        let stage = Stage::with_project();
        let elsewhere = stage.dir.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        for name in ["project.toml", "env"] {
            fs::rename(stage.root().join(name), elsewhere.join(name)).unwrap();
            symlink(Path::new("../elsewhere").join(name), stage.root().join(name)).unwrap();
        }
        let before = stage.contents();
        let mut beyond = BTreeMap::new();
        look(&elsewhere, Path::new(""), &mut beyond);
        let failed = stage.run(install).is_err();
        assert_eq!(failed, install.len() > 1);
        for name in ["project.toml", "env"] {
            assert!(fs::symlink_metadata(stage.root().join(name)).unwrap().is_symlink());
        }
        let mut now = BTreeMap::new();
        look(&elsewhere, Path::new(""), &mut now);
        if failed {
            assert_eq!(stage.contents(), before);
            assert_eq!(now, beyond);
        } else {
            assert_eq!(now[Path::new("project.toml")].3, b"new project\n");
            assert_eq!(now[Path::new("env/lib/added.py")].3, b"added\n");
        }
    }
}

#[test]
fn an_environment_on_another_file_system_is_put_back_too() {
    let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else { return };
    let stage = Stage::with_project();
    if fs::metadata(elsewhere.path()).unwrap().dev() == fs::metadata(stage.root()).unwrap().dev() {
        return; // not another one here
    }
    let copied =
        Command::new("cp").args(["-a", "env"]).arg(elsewhere.path()).current_dir(stage.root()).status();
    assert!(copied.unwrap().success());
    fs::remove_dir_all(stage.root().join("env")).unwrap();
    symlink(elsewhere.path().join("env"), stage.root().join("env")).unwrap();
    let before = stage.contents();
    let mut beyond = BTreeMap::new();
    look(elsewhere.path(), Path::new(""), &mut beyond);
    stage.run(&["install", "badly"]).unwrap_err();
    let mut now = BTreeMap::new();
    look(elsewhere.path(), Path::new(""), &mut now);
    assert_eq!(now, beyond);
    assert_eq!(stage.contents(), before);
    stage.assert_no_traces();
}

#[test]
fn a_read_only_file_is_a_clear_error_and_nothing_is_lost() {
    let stage = Stage::with_project();
    fs::set_permissions(stage.root().join("project.toml"), fs::Permissions::from_mode(0o444)).unwrap();
    let before = stage.contents();
    let error = stage.run(&["install"]).unwrap_err();
    let Failed::Run(RunError::Restored { failure: Failure::System { path, error, .. }, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!((path.as_path(), error.kind()), (Path::new("project.toml"), io::ErrorKind::PermissionDenied));
    assert_eq!(stage.contents(), before);
    stage.assert_no_traces();
}

#[test]
fn a_place_where_nothing_can_be_written_is_a_clear_error() {
    let stage = Stage::with_project();
    fs::write(stage.root().join(".hsm"), "a file where the directory should be").unwrap();
    let before = stage.contents();
    let error = stage.run(&["install"]).unwrap_err();
    assert!(matches!(error, Failed::Lock(LockError::System(_))), "{error:?}");
    assert_eq!(stage.contents(), before);
}

#[test]
fn an_edit_between_plan_and_run_stops_the_run() {
    let stage = Stage::with_project();
    let (world, fake) = (Real::new().unwrap(), stage.fake(&["install"]));
    let plan = plan(&world, &stage.root(), &fake, "new lock\n");
    stage.put("project.toml", "edited\n");
    let before = stage.contents();
    let error = run(&world, &stage.root(), &fake, &plan).unwrap_err();
    assert!(matches!(error, RunError::NothingTouched(Failure::Changed(_))), "{error:?}");
    assert_eq!(stage.contents(), before);
    stage.assert_no_traces();
}

#[test]
fn ctrl_c_ends_the_tool_with_its_children_and_puts_everything_back() {
    for name in ["INT", "TERM", "HUP"] {
        let stage = Stage::with_project();
        let before = stage.contents();
        let child = stage.start("slowly");
        signal(&child, name);
        let (status, time) = end(child);
        assert_eq!(
            status.code(),
            Some(42),
            "{name}: {:?}",
            fs::read_to_string(stage.dir.path().join("result"))
        );
        assert!(time < Duration::from_secs(10), "{time:?}");
        assert_eq!(stage.contents(), before);
        stage.assert_no_traces();
        assert!(!stage.grows("heart"), "a child of the tool lives on");
    }
}

#[test]
fn a_tool_that_does_not_listen_is_killed_at_the_second_signal() {
    let stage = Stage::with_project();
    let before = stage.contents();
    let child = stage.start("deafly");
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(800));
    signal(&child, "INT");
    signal(&child, "INT");
    let (status, time) = end(child);
    assert_eq!(status.code(), Some(42), "{:?}", fs::read_to_string(stage.dir.path().join("result")));
    assert!(time < Duration::from_secs(5), "{time:?}");
    assert_eq!(stage.contents(), before);
    stage.assert_no_traces();
}

#[test]
fn a_killed_run_is_undone_by_the_next_command_once_its_orphan_has_ended() {
    let stage = Stage::with_project();
    let before = stage.contents();
    let child = stage.start("soon");
    let name = format!("hsm sync (process {})", child.id());
    signal(&child, "KILL");
    assert!(!end(child).0.success());
    let world = Real::new().unwrap();
    let error = ProjectLock::take(&world, &stage.root(), "hsm sync", false, &mut |_| {}).unwrap_err();
    assert!(matches!(&error, LockError::Held(by) if *by == name), "{error:?}");
    assert!(transaction::needs_recovery(&world, &stage.root()));

    let mut told = Vec::new();
    drop(
        ProjectLock::take(&world, &stage.root(), "hsm plan", true, &mut |who| told.push(who.to_owned()))
            .unwrap(),
    );
    assert_eq!(told, [name]);
    let Some(Recovered::Undone { what, undone }) = stage.recover() else { panic!("not undone") };
    assert_eq!((what.as_str(), undone.kept.len()), ("hsm sync", 0));
    assert_eq!(stage.contents(), before);
    stage.assert_no_traces();
    assert_eq!(stage.recover(), None);
    assert!(stage.run(&["install"]).unwrap().changed);
}

#[test]
fn a_second_run_waits_for_the_first() {
    let stage = Stage::with_project();
    let child = stage.start("soon");
    let mut told = 0;
    let world = Real::new().unwrap();
    let lock = ProjectLock::take(&world, &stage.root(), "hsm sync", true, &mut |_| told += 1).unwrap();
    assert_eq!((told, end(child).0.code()), (1, Some(43)));
    assert!(world.stat(&stage.root().join("env/lib/added.py")).unwrap().is_some());
    drop(lock);
}
