//! Faults at every step of every scenario, in a rehearsal: failing calls, calls that fail late, Ctrl-C, death, and death
//! again while the next command recovers.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use hsm::adapters::Phase::{Apply, Verify};
use hsm::execute::Failure;
use hsm::finalize::{Report, RunError};
use hsm::transaction::{self, ProjectLock, RecoverError, Recovered};
use hsm::world::{Call, Command, Content, Disk, Fault, Outcome, Rehearsal, World};

use super::stage::{Failed, Fake, plan, run, try_run};

type Contents = BTreeMap<PathBuf, Content>;

/// A scenario: a machine before the run, and an adapter.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) world: fn() -> Rehearsal,
    pub(crate) fake: fn() -> Fake,
    /// Whether the run fails by itself.
    pub(crate) fails: bool,
}

pub(crate) const SCENARIOS: [Scenario; 6] = [
    Scenario { name: "existing", world: existing, fake, fails: false },
    Scenario { name: "fresh", world: fresh, fake, fails: false },
    Scenario { name: "linked", world: linked, fake, fails: false },
    Scenario { name: "no tool", world: existing, fake: without_tool, fails: false },
    Scenario { name: "install fails", world: existing, fake: failing, fails: true },
    Scenario { name: "install fails, fresh", world: fresh, fake: failing, fails: true },
];

fn existing() -> Rehearsal {
    with_tool(Rehearsal::with([
        ("hsm.yaml", "project: {name: demo}\n"),
        ("hsm.lock", "old lock\n"),
        ("project.toml", "old project\n"),
        ("old.yml", "to be removed\n"),
        ("tool.lock", "old tool lock\n"),
        ("env/settings.cfg", "home = old\n"),
        ("env/lib/kept.py", "kept\n"),
        ("env/lib/removed.py", "removed\n"),
        ("env/lib/replaced.py", "old\n"),
        ("env/bin/script", "#!old\n"),
    ]))
}

fn fresh() -> Rehearsal {
    with_tool(Rehearsal::with([("hsm.yaml", "project: {name: demo}\n")]))
}

fn linked() -> Rehearsal {
    let world = existing();
    world.change(|disk| {
        disk.make_dirs(Path::new("elsewhere"));
        disk.rename(Path::new("project.toml"), Path::new("elsewhere/real.toml")).unwrap();
        disk.make_link(Path::new("elsewhere/real.toml"), Path::new("project.toml")).unwrap();
        disk.rename(Path::new("env"), Path::new("elsewhere/env")).unwrap();
        disk.make_link(Path::new("elsewhere/env"), Path::new("env")).unwrap();
        disk.set_mode(Path::new("elsewhere/real.toml"), 0o600).unwrap();
    });
    world
}

fn with_tool(world: Rehearsal) -> Rehearsal {
    world.program("tool", tool)
}

/// `tool check`, `tool lock`, `tool install [badly]`. Writes files as they are where real tools do.
fn tool(command: &Command, disk: &mut Disk) -> io::Result<Outcome> {
    let path = |p: &str| command.dir.join(p);
    match command.args[0].as_str() {
        "lock" => disk.write_in_place(&path("tool.lock"), b"new tool lock\n")?,
        "install" => {
            disk.make_dirs(&disk.canonical(&path("env")).unwrap_or(path("env")).join("lib"));
            disk.write_in_place(&path("env/settings.cfg"), b"home = new\n")?;
            disk.remove_file(&path("env/lib/removed.py"))?;
            disk.write(&path("env/lib/replaced.py"), b"new\n")?;
            if command.args.len() > 1 {
                return Ok(Outcome { stderr: b"no space for beans".to_vec(), ..Outcome::code(1) });
            }
            disk.write(&path("env/lib/added.py"), b"added\n")?;
            disk.make_dirs(&disk.canonical(&path("env"))?.join("bin"));
            disk.write_in_place(&path("env/bin/script"), b"#!new\n")?;
        }
        _ => {}
    }
    Ok(Outcome::code(0))
}

fn fake() -> Fake {
    Fake {
        program: "tool",
        prefix: Vec::new(),
        files: vec![
            ("project.toml", Some("new project\n")),
            ("old.yml", None),
            ("made/deep/new.yml", Some("new file\n")),
            ("hsm.yaml", Some("project: {name: demo}\n")),
        ],
        actions: vec![(Verify, &["check"]), (Apply, &["lock"]), (Apply, &["install"])],
        guarded: vec!["tool.lock", "env"],
        optional: false,
    }
}

fn without_tool() -> Fake {
    Fake { actions: Vec::new(), guarded: Vec::new(), ..fake() }
}

fn failing() -> Fake {
    Fake { actions: vec![(Apply, &["lock"]), (Apply, &["install", "badly"])], ..fake() }
}

impl Scenario {
    /// The states before and after, and how many calls of a run change something.
    fn rehearse(&self) -> (Contents, Contents, usize) {
        let world = (self.world)();
        let before = world.contents();
        let result = self.run(&world);
        assert_eq!(result.is_err(), self.fails, "{}: {result:?}", self.name);
        let after = world.contents();
        assert_eq!(before == after, self.fails, "{}", self.name);
        assert_no_traces(&world, self.name);
        (before, after, world.changes())
    }

    pub(crate) fn run(&self, world: &Rehearsal) -> Result<Report, Failed> {
        let fake = (self.fake)();
        try_run(world, &Rehearsal::root(), &fake, "new lock\n")
    }
}

pub(crate) fn recover(world: &Rehearsal) -> Result<Option<Recovered>, RecoverError> {
    let root = Rehearsal::root();
    let lock = ProjectLock::take(world, &root, "hsm plan", false, &mut |_| {})
        .map_err(|e| RecoverError::System(io::Error::other(e)))?;
    transaction::recover(world, &root, &lock)
}

pub(crate) fn assert_no_traces(world: &Rehearsal, what: &str) {
    let traces: Vec<_> = world
        .all_contents()
        .into_keys()
        .filter(|p| p.starts_with(".hsm/kept") || p.parent() == Some(Path::new(".hsm/journal")))
        .collect();
    assert!(traces.is_empty(), "{what}: {traces:?}");
    let root = Rehearsal::root();
    assert!(!transaction::needs_recovery(world, &root), "{what}");
}

#[test]
fn a_call_that_fails_leaves_the_old_state_or_the_new_one() {
    let mut faults = 0;
    for scenario in SCENARIOS {
        let (before, after, changes) = scenario.rehearse();
        for n in 1..=changes {
            for fault in [
                Fault::Error(n, io::ErrorKind::StorageFull),
                Fault::LateError(n, io::ErrorKind::PermissionDenied),
                Fault::Interrupt(n),
            ] {
                faults += 1;
                let what = format!("{}, {fault:?}", scenario.name);
                let world = (scenario.world)().with_fault(fault);
                let result = scenario.run(&world);
                let now = world.contents();
                match &result {
                    Ok(_) => assert_eq!(now, after, "{what}"),
                    Err(Failed::Run(RunError::NotPutBack { .. })) => {
                        // Two faults at once: the run's own, and one on the way back. The next command mends it.
                        assert!(scenario.fails, "{what}: {result:?}");
                        let next = world.restarted();
                        // (Unless all was back, and only the end of the way back was said to have failed.)
                        let open = transaction::needs_recovery(&next, &Rehearsal::root());
                        let recovered = recover(&next).unwrap();
                        assert_eq!(matches!(recovered, Some(Recovered::Undone { .. })), open, "{what}");
                        assert_eq!(next.contents(), before, "{what}");
                        continue;
                    }
                    Err(error) => assert_eq!(now, before, "{what}: {error:?}"),
                }
                // Small traces may stay where removing them failed; the next command removes them.
                let next = world.restarted();
                let recovered = recover(&next).unwrap();
                assert!(!matches!(recovered, Some(Recovered::Undone { .. })), "{what}: {recovered:?}");
                assert_eq!(next.contents(), now, "{what}");
                assert_no_traces(&next, &what);
            }
        }
    }
    assert!(faults > 300, "{faults}");
}

#[test]
fn a_run_that_dies_anywhere_is_undone_or_finished_by_the_next_command_even_if_that_dies_too() {
    let mut deaths = 0;
    for scenario in SCENARIOS {
        let (before, after, changes) = scenario.rehearse();
        for n in 1..=changes {
            let died = (scenario.world)().with_fault(Fault::Death(n));
            drop(scenario.run(&died));
            let what = format!("{}, dead at {n} of {changes}", scenario.name);

            let next = died.restarted();
            let recovered = recover(&next).unwrap_or_else(|e| panic!("{what}: {e:?}"));
            let settled = next.contents();
            assert!(settled == before || settled == after, "{what}: {settled:#?}");
            assert_no_traces(&next, &what);
            if let Some(Recovered::Undone { what, undone }) = recovered {
                assert_eq!((what.as_str(), undone.kept.len()), ("hsm sync", 0));
            }

            for m in 1..=next.changes() {
                deaths += 1;
                let again = died.restarted().with_fault(Fault::Death(m));
                drop(recover(&again));
                let last = again.restarted();
                recover(&last).unwrap_or_else(|e| panic!("{what}, again at {m}: {e:?}"));
                assert_eq!(last.contents(), settled, "{what}, again at {m}");
                assert_no_traces(&last, &what);
            }
        }
    }
    assert!(deaths > 500, "{deaths}");
}

/// Behind a link no later command would look for it.
#[test]
fn a_temporary_file_behind_a_link_is_removed_or_keeps_the_journal() {
    let temp = Path::new("elsewhere/.real.toml.7-1.hsm-tmp");
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == "linked").unwrap();
    let (before, _, changes) = scenario.rehearse();
    let (mut kept, mut faults) = (0, 0);
    for n in 1..=changes {
        let died = (scenario.world)().with_fault(Fault::Death(n));
        drop(scenario.run(&died));
        let left = || {
            let left = died.restarted();
            left.change(|disk| disk.write(temp, b"half").unwrap());
            left
        };
        let whole = left();
        let Some(Recovered::Undone { .. }) = recover(&whole).unwrap() else { continue };
        assert_eq!(whole.contents(), before);
        for m in 1..=whole.changes() {
            let failing = left().with_fault(Fault::Error(m, io::ErrorKind::Other));
            let is_done = recover(&failing).is_ok();
            let is_there = failing.contents().keys().any(|path| path.ends_with(temp));
            assert!(!(is_done && is_there), "dead at {n}, recovery fails at {m}: it is left for good");
            kept += u32::from(is_there);
            faults += 1;
            let last = failing.restarted();
            recover(&last).unwrap();
            assert_eq!(last.contents(), before, "dead at {n}, recovery fails at {m}");
        }
    }
    assert!(kept > 5 && faults > 100, "{kept} {faults}");
}

#[test]
fn a_commit_that_fails_and_a_death_on_the_way_back_still_leave_one_state() {
    for scenario in SCENARIOS.iter().filter(|s| !s.fails) {
        let (before, after, _) = scenario.rehearse();
        let whole = (scenario.world)();
        drop(scenario.run(&whole));
        let calls: Vec<_> = whole.calls().into_iter().filter(Call::changes).collect();
        let committed = |call: &Call| matches!(call, Call::Rename(_, to) if to.ends_with("committed"));
        let rename = calls.iter().position(committed).unwrap() + 1;
        for commit in
            [Fault::LateError(rename, io::ErrorKind::Other), Fault::Error(rename + 1, io::ErrorKind::Other)]
        {
            let failed = (scenario.world)().with_fault(commit);
            assert!(scenario.run(&failed).is_err());
            assert_eq!(failed.contents(), before);
            for n in rename + 1..=failed.changes() + 1 {
                let what = format!("{}, {commit:?}, dead at {n}", scenario.name);
                let died = (scenario.world)().with_fault(commit).with_fault(Fault::Death(n));
                drop(scenario.run(&died));
                let next = died.restarted();
                recover(&next).unwrap();
                let settled = next.contents();
                assert!(settled == before || settled == after, "{what}: {settled:#?}");
                assert_no_traces(&next, &what);
            }
        }
    }
}

#[test]
fn the_second_run_has_nothing_to_do_and_changes_nothing() {
    let (world, fake, root) = (existing(), fake(), Rehearsal::root());
    let first = plan(&world, &root, &fake, "new lock\n");
    assert!(!first.is_empty());
    assert!(run(&world, &root, &fake, &first).unwrap().changed);
    let second = plan(&world, &root, &fake, "new lock\n");
    assert!(second.is_empty(), "{second:#?}");
    assert!(second.parts[0].intact && second.parts[0].actions.is_empty());
    let next = world.restarted();
    assert!(!run(&next, &root, &fake, &second).unwrap().changed);
    assert_eq!(next.changes(), 1, "only the lock is taken: {:?}", next.calls());
}

#[test]
fn an_adapter_that_is_not_asked_keeps_its_stamp() {
    let (world, root) = (existing(), Rehearsal::root());
    let checked = Fake { actions: vec![(Verify, &["check"])], ..fake() };
    run(&world, &root, &checked, &plan(&world, &root, &checked, "new lock\n")).unwrap();
    // Its files are as they are to be, so it asks for nothing.
    let silent = Fake { actions: Vec::new(), ..fake() };
    let next = world.restarted();
    run(&next, &root, &silent, &plan(&next, &root, &silent, "new lock\n")).unwrap();
    assert_eq!(next.changes(), 1, "only the lock is taken: {:?}", next.calls());
}

#[test]
fn the_tool_is_asked_again_when_its_lock_or_its_environment_was_touched() {
    let (world, fake, root) = (existing(), fake(), Rehearsal::root());
    run(&world, &root, &fake, &plan(&world, &root, &fake, "new lock\n")).unwrap();
    for touched in ["tool.lock", "env/extra"] {
        let next = world.restarted();
        next.change(|disk| {
            disk.write(Path::new(touched), b"touched").unwrap();
        });
        let plan = plan(&next, &root, &fake, "new lock\n");
        assert!(plan.files.is_empty() && !plan.is_empty(), "{touched}");
    }
}

#[test]
fn a_file_changed_since_the_plan_is_not_touched_and_nothing_else_either() {
    let (world, fake, root) = (existing(), fake(), Rehearsal::root());
    let plan = plan(&world, &root, &fake, "new lock\n");
    world.change(|disk| disk.write(Path::new("project.toml"), b"edited").unwrap());
    let before = world.contents();
    let error = run(&world, &root, &fake, &plan).unwrap_err();
    assert!(
        matches!(&error, RunError::NothingTouched(Failure::Changed(p)) if p == Path::new("project.toml")),
        "{error:?}"
    );
    assert_eq!(world.contents(), before);
    assert_no_traces(&world, "changed");
}

#[test]
fn what_someone_else_wrote_meanwhile_is_kept_and_named() {
    let world = Rehearsal::with([("project.toml", "old project\n"), ("hsm.lock", "old lock\n")]).program(
        "tool",
        |command, disk| {
            // A user saves the file while the tool works; then the tool fails.
            disk.write(&command.dir.join("project.toml"), b"edited by hand\n")?;
            Ok(Outcome::code(1))
        },
    );
    let fake = Fake { actions: vec![(Apply, &["lock"])], ..fake() };
    let root = Rehearsal::root();
    let error = run(&world, &root, &fake, &plan(&world, &root, &fake, "new lock\n")).unwrap_err();
    let RunError::Restored { undone, failure: Failure::Action { .. } } = error else { panic!("{error:?}") };
    let [kept] = undone.kept.as_slice() else { panic!("{undone:?}") };
    assert_eq!(kept.path, Path::new("project.toml"));
    assert_eq!(world.read(&root.join(&kept.now)).unwrap(), b"edited by hand\n");
    assert_eq!(world.read(&root.join("project.toml")).unwrap(), b"old project\n");
    assert_eq!(world.read(&root.join("hsm.lock")).unwrap(), b"old lock\n");
}

#[test]
fn a_shared_file_that_a_tool_wrote_into_is_named_as_not_put_back() {
    let world = Rehearsal::with([("env/lib/shared.py", "old")]).program("tool", |command, disk| {
        disk.write_in_place(&command.dir.join("env/lib/shared.py"), b"new, in place")?;
        Ok(Outcome::code(1))
    });
    let fake = Fake { actions: vec![(Apply, &["install"])], ..fake() };
    let root = Rehearsal::root();
    let error = run(&world, &root, &fake, &plan(&world, &root, &fake, "lock\n")).unwrap_err();
    let RunError::NotPutBack { problems, .. } = error else { panic!("{error:?}") };
    assert_eq!(problems[0].path, Path::new("env"));
    assert!(problems[0].why.contains("lib/shared.py"), "{problems:?}");
    // What can be put back was; the rest of the journal stays.
    assert!(world.stat(&root.join("hsm.lock")).unwrap().is_none());
    assert!(transaction::needs_recovery(&world, &root));
}

#[test]
fn a_damaged_journal_is_refused_and_kept() {
    let scenario = &SCENARIOS[0];
    let (_, _, changes) = scenario.rehearse();
    let died = (1..=changes)
        .map(|n| {
            let died = (scenario.world)().with_fault(Fault::Death(n));
            drop(scenario.run(&died));
            died.restarted()
        })
        .find(|world| transaction::needs_recovery(world, &Rehearsal::root()))
        .unwrap();
    let active = Rehearsal::root().join(".hsm/journal/active");
    let mut bytes = died.read(&active).unwrap();
    let last = bytes.len() - 5;
    bytes[last] ^= 1;
    died.change(|disk| disk.write(&active, &bytes).unwrap());
    let error = recover(&died).unwrap_err();
    assert!(matches!(&error, RecoverError::Journal { why, .. } if why.contains("damaged")), "{error:?}");
    assert!(transaction::needs_recovery(&died, &Rehearsal::root()));
}

#[test]
fn a_missing_tool_stops_before_anything_is_touched_unless_it_is_optional_for_checks() {
    let root = Rehearsal::root();
    let bare = || Rehearsal::with([("project.toml", "old project\n")]);
    let world = bare();
    let error = run(&world, &root, &fake(), &plan(&world, &root, &fake(), "lock\n")).unwrap_err();
    assert!(matches!(error, RunError::NothingTouched(Failure::Tool(_))), "{error:?}");
    assert_eq!(world.contents(), bare().contents());

    let checked = Fake { actions: vec![(Verify, &["check"])], optional: true, ..fake() };
    let world = bare();
    let report = run(&world, &root, &checked, &plan(&world, &root, &checked, "lock\n")).unwrap();
    assert!(report.changed);
    assert_eq!(world.read(&root.join("project.toml")).unwrap(), b"new project\n");
    // Nobody checked: so it is asked for again, and is no change by itself.
    let again = plan(&world, &root, &checked, "lock\n");
    assert!(again.is_empty() && !again.parts[0].intact);
}

#[test]
fn a_check_that_says_no_touches_nothing() {
    let world =
        existing().program("tool", |_, _| Ok(Outcome { stderr: b"bad model".to_vec(), ..Outcome::code(15) }));
    let (before, root) = (world.contents(), Rehearsal::root());
    let error = run(&world, &root, &fake(), &plan(&world, &root, &fake(), "lock\n")).unwrap_err();
    assert!(
        matches!(&error, RunError::NothingTouched(Failure::Check { why, .. }) if why == "bad model"),
        "{error:?}"
    );
    assert_eq!(world.contents(), before);
}

#[test]
fn three_files_cost_few_syncs() {
    let world = Rehearsal::with([("project.toml", "old project\n"), ("hsm.lock", "old lock\n")]);
    let fake = Fake {
        files: vec![("project.toml", Some("new project\n")), ("compose.yml", Some("new\n"))],
        ..without_tool()
    };
    let root = Rehearsal::root();
    let first = plan(&world, &root, &fake, "new lock\n");
    assert_eq!(first.files.len(), 3);
    run(&world, &root, &fake, &first).unwrap();
    // What a call costs on the real machine.
    let cost = |call: &Call| match call {
        Call::Write(_) => 2,
        Call::Copy(..) | Call::Sync(_) | Call::SyncTree(_) | Call::CreateDirs(_) => 1,
        _ => 0,
    };
    let syncs: usize = world.calls().iter().map(cost).sum();
    assert!(syncs <= 19, "the first run, which makes hsm's own directory: {syncs}");

    let next = world.restarted();
    next.change(|disk| disk.write(Path::new("compose.yml"), b"old").unwrap());
    next.change(|disk| disk.write(Path::new("project.toml"), b"old").unwrap());
    run(&next, &root, &fake, &plan(&next, &root, &fake, "newer lock\n")).unwrap();
    let syncs: usize = next.calls().iter().map(cost).sum();
    assert!(syncs <= 16, "{syncs}");
}
