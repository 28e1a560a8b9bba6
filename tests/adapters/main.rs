//! The laws that every adapter keeps, run against each one in the table with its real tool.
//!
//! A new adapter joins with a file of its own that says what it is asked for here (a [`Subject`]), and its name in
//! `laws!`. Everything is on this machine: no index and no registry is needed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that goes wrong should stop there")]

mod docker;
mod machine;
mod pip;
mod python;
#[path = "../support/mod.rs"]
mod support;
mod uv;

use std::fs;
use std::path::Path;
use std::process::Command;

use hsm::adapters::{self, Settings, ToolError};
use hsm::execute::Quiet;
use hsm::names::Kind;
use hsm::road::{Done, Planned, Road, Stop, Wish};
use machine::{Fault, Machine, Programs};
use support::{Picture, have};

/// What the laws have to know of an adapter.
pub(crate) struct Subject {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// For what.
    pub(crate) kind: Kind,
    /// The tool without which nothing can be tried.
    pub(crate) needs: &'static str,
    /// The registry, and what its entries need.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// Files of the user's own that the adapter meets.
    pub(crate) users: &'static [(&'static str, &'static str)],
    /// What its tool leaves in the files: nobody puts that back.
    pub(crate) left: &'static [&'static str],
    /// Files that are wholly hsm's, as long as there is something to do.
    pub(crate) own: &'static [&'static str],
    /// A manifest that wants some of two components (0 and 1).
    pub(crate) manifest: fn(Parts) -> String,
    /// How a user changes what hsm wrote for component 0.
    pub(crate) edit: Edit,
    /// What a tool that is too old says of its version.
    pub(crate) old: &'static str,
}

/// Components that are wanted, in order.
pub(crate) struct Parts(&'static [usize]);

impl Parts {
    pub(crate) fn map(&self, name: impl Fn(usize) -> &'static str) -> Vec<&'static str> {
        self.0.iter().map(|number| name(*number)).collect()
    }
}

/// A change by hand.
pub(crate) struct Edit {
    pub(crate) path: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

const BOTH: &[usize] = &[0, 1];

/// The laws as tests of each adapter.
macro_rules! laws {
    ($($adapter:ident),*) => {
        /// All subjects.
        pub(super) const SUBJECTS: &[&super::Subject] = &[$(&crate::$adapter::SUBJECT),*];
        $(laws!(of $adapter:
            a_second_run_changes_nothing,
            the_same_input_gives_the_same_bytes,
            a_plan_writes_nothing,
            a_fault_at_any_step_leaves_everything,
            what_is_the_user_s_stays,
            what_is_committed_is_enough,
            a_missing_tool_is_explained,
            a_tool_that_is_too_old_is_explained,
            an_edit_by_hand_is_kept_and_told
        );)*
    };
    (of $adapter:ident: $($law:ident),*) => {
        mod $adapter {
            $(#[test]
            fn $law() {
                crate::$law(&crate::$adapter::SUBJECT);
            })*
        }
    };
}

mod each {
    laws!(docker, pip, uv);
}

#[test]
fn every_adapter_of_the_table_is_tried() {
    let mut tried: Vec<(Kind, &str)> = each::SUBJECTS.iter().map(|s| (s.kind, s.name)).collect();
    let mut all: Vec<(Kind, &str)> = adapters::all().map(|(kind, adapter)| (kind, adapter.name())).collect();
    tried.sort_unstable();
    all.sort_unstable();
    assert_eq!(tried, all);
}

/// A project of a subject.
struct Project<'a> {
    subject: &'a Subject,
    dir: tempfile::TempDir,
}

impl<'a> Project<'a> {
    /// One that wants these components; `None` where the tool is not on this machine.
    fn new(subject: &'a Subject, test: &str, parts: &'static [usize]) -> Option<Self> {
        if !have(&format!("{test} ({})", subject.name), &[subject.needs]) {
            return None;
        }
        let project = Self { subject, dir: tempfile::tempdir().unwrap() };
        for (path, text) in subject.files.iter().chain(subject.users) {
            project.write(path, text);
        }
        project.want(parts);
        Some(project)
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root().join(path)).ok()
    }

    fn want(&self, parts: &'static [usize]) {
        self.write("hsm.yaml", &(self.subject.manifest)(Parts(parts)));
    }

    /// The whole tree but hsm's own directory and what builds leave.
    fn picture(&self, times: bool) -> Picture {
        Picture::of(self.root(), times, &[self.subject.left, &[".hsm"]].concat())
    }

    /// What is committed.
    fn committed(&self) -> Picture {
        Picture::of(self.root(), false, &[self.subject.left, &[".hsm", ".venv", "hsm.yaml"]].concat())
    }

    fn plan(&self, settings: &Settings) -> Planned {
        let world = Machine::with(Programs::Real, None);
        let wish = Wish { settings: settings.clone(), ..Wish::default() };
        Road { root: self.root(), world: &world, remote: None }
            .plan(&wish)
            .unwrap_or_else(|stop| panic!("{stop:#?}"))
    }

    fn run(&self, world: &Machine, settings: &Settings) -> Result<Done, Stop> {
        let road = Road { root: self.root(), world, remote: None };
        let wish = Wish { settings: settings.clone(), ..Wish::default() };
        if let Some(done) = road.idle(&wish, "test", &Quiet)? {
            return Ok(done);
        }
        let (lock, _) = road.enter("test", true, &mut |_| {})?;
        road.sync(&wish, "test", &lock, &Quiet)
    }

    #[track_caller]
    fn synced(&self, settings: &Settings) -> Done {
        let world = Machine::with(Programs::Real, None);
        self.run(&world, settings).unwrap_or_else(|stop| panic!("{}: {stop:#?}", self.subject.name))
    }
}

fn plain() -> Settings {
    Settings::default()
}

fn a_second_run_changes_nothing(subject: &Subject) {
    let Some(project) = Project::new(subject, "a_second_run_changes_nothing", BOTH) else { return };
    project.synced(&plain());
    for own in subject.own {
        assert!(project.root().join(own).exists() || own.starts_with(".hsm"), "{own}");
    }
    let planned = project.plan(&plain());
    assert!(planned.plan.is_empty(), "{:#?}", planned.plan);
    let before = project.picture(true);
    for settings in [
        plain(),
        Settings { offline: true, ..plain() },
        Settings { locked: true, ..plain() },
        Settings { lock_only: true, ..plain() },
        Settings { frozen: true, ..plain() },
    ] {
        project.synced(&settings);
        assert_eq!(before.differences(&project.picture(true)), "", "{settings:?}");
    }
}

fn the_same_input_gives_the_same_bytes(subject: &Subject) {
    let test = "the_same_input_gives_the_same_bytes";
    let Some(first) = Project::new(subject, test, BOTH) else { return };
    let Some(shuffled) = Project::new(subject, test, &[1, 0]) else { return };
    assert_eq!(first.plan(&plain()).plan, first.plan(&plain()).plan);
    first.synced(&plain());
    shuffled.synced(&plain());
    assert_eq!(first.committed().differences(&shuffled.committed()), "");
}

fn a_plan_writes_nothing(subject: &Subject) {
    let Some(project) = Project::new(subject, "a_plan_writes_nothing", &[0]) else { return };
    let whole = || Picture::of(project.root(), true, &[]);
    let before = whole();
    assert!(!project.plan(&plain()).plan.is_empty());
    assert_eq!(before.differences(&whole()), "", "from nothing");
    project.synced(&plain());
    project.want(&[1]);
    let before = whole();
    assert!(!project.plan(&plain()).plan.is_empty());
    assert_eq!(before.differences(&whole()), "", "from something");
}

fn a_fault_at_any_step_leaves_everything(subject: &Subject) {
    let Some(project) = Project::new(subject, "a_fault_at_any_step_leaves_everything", &[0]) else { return };
    project.synced(&plain());
    project.want(&[1]);
    let before = project.picture(false);
    let kept = Kept::of(project.root());
    let mut runs = 0;
    for number in 1.. {
        let mut hit = None;
        for fault in [Fault::Before(number), Fault::After(number)] {
            if fault == Fault::After(number)
                && !hit.as_deref().is_some_and(|hit: &str| hit.starts_with("run "))
            {
                continue;
            }
            let world = Machine::with(Programs::Real, Some(fault));
            let result = project.run(&world, &plain());
            hit = world.hit();
            runs += usize::from(hit.as_deref().is_some_and(|hit| hit.starts_with("run ")));
            if result.is_err() {
                let differences = before.differences(&project.picture(false));
                assert_eq!(differences, "", "{fault:?} at {hit:?}");
                continue;
            }
            // what goes wrong after the commit costs another look
            if hit.is_some() {
                let committed = project.committed();
                project.synced(&plain());
                assert_eq!(committed.differences(&project.committed()), "", "{fault:?} at {hit:?}");
            }
            let planned = project.plan(&plain());
            assert!(planned.plan.is_empty(), "{fault:?} at {hit:?}: {:#?}", planned.plan);
            if hit.is_none() {
                assert!(runs >= 2, "{runs}");
                return;
            }
            kept.put_back(project.root());
        }
    }
}

/// A copy of a directory, with times.
struct Kept(tempfile::TempDir);

impl Kept {
    fn of(dir: &Path) -> Self {
        let kept = Self(tempfile::tempdir().unwrap());
        copy(dir, kept.0.path());
        kept
    }

    fn put_back(&self, dir: &Path) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
        }
        copy(self.0.path(), dir);
    }
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(done.success());
}

fn what_is_the_user_s_stays(subject: &Subject) {
    let Some(project) = Project::new(subject, "what_is_the_user_s_stays", BOTH) else { return };
    project.synced(&plain());
    project.want(&[1]);
    project.synced(&plain());
    project.want(&[]);
    project.synced(&plain());
    for (path, text) in subject.users {
        assert_eq!(project.text(path).as_deref(), Some(*text), "{path}");
    }
    for own in subject.own {
        assert!(!project.root().join(own).exists(), "{own} is still there");
    }
    assert!(project.plan(&plain()).plan.is_empty());
}

/// A clone has what is committed, and nothing else.
fn what_is_committed_is_enough(subject: &Subject) {
    let Some(project) = Project::new(subject, "what_is_committed_is_enough", BOTH) else { return };
    project.synced(&plain());
    for settings in [Settings { frozen: true, ..plain() }, Settings { locked: true, ..plain() }] {
        for own in [".venv", ".hsm"] {
            let _not_there = fs::remove_dir_all(project.root().join(own));
        }
        let before = project.committed();
        project.synced(&settings);
        assert_eq!(before.differences(&project.committed()), "", "{settings:?}");
        let again = project.plan(&settings);
        assert!(again.plan.is_empty(), "{settings:?}: {:#?}", again.plan);
    }
}

fn a_missing_tool_is_explained(subject: &Subject) {
    let error = unprepared(subject, Programs::None);
    let ToolError::Missing { name, need, how } = &error else { panic!("{error:?}") };
    assert!(!name.is_empty() && need.contains(|c: char| c.is_ascii_digit()), "{error}");
    assert!(how.contains("nstall"), "it says how to get it: {error}");
}

fn a_tool_that_is_too_old_is_explained(subject: &Subject) {
    let error = unprepared(subject, Programs::Saying(subject.old));
    let ToolError::TooOld { name, found, need, how } = &error else { panic!("{error:?}") };
    assert!(!name.is_empty() && subject.old.contains(found.as_str()), "{error}");
    assert!(need.contains(|c: char| c.is_ascii_digit()) && how.contains("nstall"), "{error}");
}

/// What is said where a tool can't be used; nothing may be written then, unless the tool only checks.
fn unprepared(subject: &Subject, programs: Programs) -> ToolError {
    let adapter = adapters::find(subject.kind, subject.name).unwrap();
    let project = Project { subject, dir: tempfile::tempdir().unwrap() };
    for (path, text) in subject.files.iter().chain(subject.users) {
        project.write(path, text);
    }
    project.want(BOTH);
    let before = project.picture(false);
    let world = Machine::with(programs, None);
    let result = project.run(&world, &plain());
    assert_eq!(result.is_ok(), adapter.optional().is_some());
    if result.is_err() {
        assert_eq!(before.differences(&project.picture(false)), "");
    }
    adapter.prepare(project.root(), &plain(), &world).unwrap_err()
}

fn an_edit_by_hand_is_kept_and_told(subject: &Subject) {
    let Some(project) = Project::new(subject, "an_edit_by_hand_is_kept_and_told", BOTH) else { return };
    project.synced(&plain());
    let Edit { path, from, to } = subject.edit;
    let text = project.text(path).unwrap();
    assert!(text.contains(from), "{text}");
    let edited = text.replacen(from, to, 1);
    project.write(path, &edited);
    let done = project.synced(&plain());
    assert!(!done.planned.plan.notes.is_empty(), "it is told");
    let names = fs::read_dir(project.root()).unwrap().map(|entry| entry.unwrap().path());
    let kept = names.filter_map(|path| fs::read_to_string(path).ok()).any(|text| text.contains(to));
    assert!(kept, "what was written is still somewhere");
    let again = project.plan(&plain());
    assert!(again.plan.is_empty(), "{:#?}", again.plan);
}
