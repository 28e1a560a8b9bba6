//! The last run taken back, in a rehearsal: byte for byte, again and again, and whatever fails on the way.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use hsm::transaction::{self, ProjectLock, TakeBackError, TakenBack};
use hsm::world::{Content, Fault, Rehearsal, World as _};

use super::stage::{plan, try_run};
use super::sweep::{SCENARIOS, Scenario, assert_no_traces, recover};

type Contents = BTreeMap<PathBuf, Content>;

fn take_back(world: &Rehearsal, force: bool) -> Result<TakenBack, TakeBackError> {
    let root = Rehearsal::root();
    let at = |error: String| TakeBackError::System { path: root.clone(), error: io::Error::other(error) };
    let lock = ProjectLock::take(world, &root, "hsm undo", false, &mut |_| {})
        .map_err(|error| at(error.to_string()))?;
    transaction::recover(world, &root, &lock).map_err(|error| at(error.to_string()))?;
    let last = transaction::last(world, &root).map_err(|error| at(error.to_string()))?;
    last.ok_or_else(|| at("there is no way back".to_owned()))?.take_back(world, &root, &lock, force)
}

/// The scenarios that succeed, each after its run, with what was there before it.
fn done() -> impl Iterator<Item = (&'static Scenario, Rehearsal, Contents)> {
    SCENARIOS.iter().filter(|scenario| !scenario.fails).map(|scenario| {
        let world = (scenario.world)();
        let before = world.contents();
        scenario.run(&world).unwrap();
        (scenario, world.restarted(), before)
    })
}

#[test]
fn a_run_is_taken_back_and_done_again_byte_for_byte() {
    for (scenario, mut world, before) in done() {
        let after = world.contents();
        for there in [&before, &after, &before] {
            world = world.restarted();
            let back = take_back(&world, false).unwrap();
            assert!(!back.put_back.is_empty() && back.kept.is_empty(), "{}: {back:?}", scenario.name);
            assert_eq!(&world.contents(), there, "{}", scenario.name);
            assert_no_traces(&world, scenario.name);
        }
    }
}

#[test]
fn who_takes_a_run_back_has_nothing_to_do_afterwards() {
    for (scenario, world, _) in done() {
        let fake = (scenario.fake)();
        let left = || {
            let plan = plan(&world, &Rehearsal::root(), &fake, "new lock\n");
            plan.files.len() + plan.parts.iter().map(|part| part.actions.len()).sum::<usize>()
        };
        assert_eq!(left(), 0, "{}", scenario.name);
        let mut other = (scenario.fake)();
        other.files[0].1 = Some("another project\n");
        try_run(&world, &Rehearsal::root(), &other, "another lock\n").unwrap();
        assert_ne!(left(), 0, "{}", scenario.name);
        take_back(&world, false).unwrap();
        assert_eq!(left(), 0, "{}", scenario.name);
    }
}

#[test]
fn a_way_back_that_fails_or_dies_anywhere_leaves_one_of_the_two_states() {
    let mut faults = 0;
    for (scenario, world, before) in done() {
        let after = world.contents();
        let whole = world.restarted();
        take_back(&whole, false).unwrap();
        for n in 1..=whole.changes() {
            for fault in [
                Fault::Error(n, io::ErrorKind::StorageFull),
                Fault::LateError(n, io::ErrorKind::PermissionDenied),
                Fault::Interrupt(n),
                Fault::Death(n),
            ] {
                faults += 1;
                let what = format!("{}, {fault:?}", scenario.name);
                let tried = world.restarted().with_fault(fault);
                let result = take_back(&tried, false);
                if !matches!(fault, Fault::Death(_)) {
                    let there = if result.is_ok() { &before } else { &after };
                    assert_eq!(&tried.contents(), there, "{what}: {result:?}");
                }
                let next = tried.restarted();
                recover(&next).unwrap();
                let settled = next.contents();
                assert!(settled == before || settled == after, "{what}: {settled:#?}");
                assert_no_traces(&next, &what);
            }
        }
    }
    assert!(faults > 200, "{faults}");
}

#[test]
fn what_was_changed_since_is_refused_or_kept_aside() {
    for path in ["project.toml", "tool.lock", "env/lib/added.py"] {
        let (_, world, before) = done().next().unwrap();
        world.change(|disk| disk.write(Path::new(path), b"mine\n").unwrap());
        let now = world.contents();
        let error = take_back(&world, false).unwrap_err();
        let TakeBackError::Changed { changed, .. } = &error else { panic!("{path}: {error:?}") };
        assert!(Path::new(path).starts_with(&changed[0]), "{path}: {changed:?}");
        assert_eq!(world.contents(), now);

        let next = world.restarted();
        let back = take_back(&next, true).unwrap();
        assert_eq!(next.contents(), before, "{path}");
        let [kept] = back.kept.as_slice() else { panic!("{path}: {back:?}") };
        let within = Path::new(path).strip_prefix(&kept.path).unwrap();
        let mine = Rehearsal::root().join(&kept.now);
        let mine = if within.as_os_str().is_empty() { mine } else { mine.join(within) };
        assert_eq!(next.read(&mine).unwrap(), b"mine\n");
    }
}

#[test]
fn a_failed_run_leaves_the_way_back_from_the_one_before() {
    let (_, world, before) = done().next().unwrap();
    let after = world.contents();
    let failing = SCENARIOS.iter().find(|scenario| scenario.fails).unwrap();
    failing.run(&world).unwrap_err();
    assert_eq!(world.contents(), after);
    take_back(&world, false).unwrap();
    assert_eq!(world.contents(), before);
}

#[test]
fn without_a_run_there_is_no_way_back_and_a_damaged_one_is_none() {
    let (_, world, _) = done().next().unwrap();
    let root = Rehearsal::root();
    assert!(transaction::last(&world, &root).unwrap().is_some());
    for part in ["committed", "after", "data/0"] {
        let damaged = world.restarted();
        damaged.change(|disk| {
            let path = Path::new(".hsm/undo").join(part);
            if part.starts_with("data") {
                disk.remove_file(&path).unwrap();
            } else {
                disk.write(&path, b"cut").unwrap();
            }
        });
        assert!(transaction::last(&damaged, &root).unwrap().is_none(), "{part}");
    }
    let fresh = (SCENARIOS[0].world)();
    assert!(transaction::last(&fresh, &root).unwrap().is_none());
}

#[test]
fn what_would_be_put_back_after_a_death_is_what_is_put_back() {
    let scenario = &SCENARIOS[0];
    let mut seen = 0;
    let whole = (scenario.world)();
    scenario.run(&whole).unwrap();
    for n in 1..=whole.changes() {
        let died = (scenario.world)().with_fault(Fault::Death(n));
        drop(scenario.run(&died));
        let next = died.restarted();
        let (root, before) = (Rehearsal::root(), next.all_contents());
        let left = transaction::left(&next, &root).unwrap();
        assert_eq!(next.all_contents(), before, "dead at {n}: it only reads");
        match (left, recover(&next).unwrap()) {
            (None, None) => {}
            (Some(left), Some(transaction::Recovered::Finished { what })) => {
                assert!(left.committed && left.what == what);
            }
            (Some(left), Some(transaction::Recovered::Undone { mut undone, .. })) => {
                undone.put_back.reverse();
                assert_eq!(left.put_back, undone.put_back, "dead at {n}");
                seen += left.put_back.len();
            }
            other => panic!("dead at {n}: {other:?}"),
        }
    }
    assert!(seen > 10, "{seen}");
}
