//! From a stack to requirements and actions, in a rehearsed machine.

use std::path::{Path, PathBuf};

use super::{LOCK, Pip, REQUIREMENTS};
use crate::adapters::python::samples::{local, package, stack, text};
use crate::adapters::{Adapter as _, Part, Phase, Settings, ToolError, sealed};
use crate::diagnostic::Diagnostic;
use crate::manifest::{GitRefKind, Mode};
use crate::names::Name;
use crate::place::FileId;
use crate::registry::PackageOrigin;
use crate::stack::{PackageInStack, Stack};
use crate::world::{Command, Disk, Outcome, Rehearsal};

fn pypi(name: &str, index: Option<&str>) -> PackageInStack {
    let index = index.map(text);
    package(
        name,
        Some("1.0"),
        Mode::Prod,
        PackageOrigin::Pypi { name: None, version: None, extras: Vec::new(), index },
    )
}

fn git(name: &str, url: &str, tag: &str, subdirectory: Option<&str>) -> PackageInStack {
    let origin = PackageOrigin::Git {
        lfs: None,
        name: None,
        url: text(url),
        reference: Some((GitRefKind::Tag, text(tag))),
        path: None,
        subdirectory: subdirectory.map(text),
        extras: Vec::new(),
    };
    package(name, Some("1.0"), Mode::Prod, origin)
}

fn planned(stack: &Stack, settings: &Settings, world: &Rehearsal) -> Result<Part, Vec<Diagnostic>> {
    Pip.plan(stack, &Rehearsal::root(), settings, world)
}

fn plan(stack: &Stack, world: &Rehearsal) -> Part {
    planned(stack, &Settings::default(), world).unwrap()
}

/// The requirements without what stands above them.
fn requirements(part: &Part) -> String {
    let file = part.files.iter().find(|file| file.path == Path::new(REQUIREMENTS)).unwrap();
    let text = String::from_utf8(file.after.clone().unwrap()).unwrap();
    assert!(sealed::is_untouched(&text), "{text}");
    text.split_inclusive('\n').skip(4).collect()
}

fn codes(result: Result<Part, Vec<Diagnostic>>) -> Vec<&'static str> {
    result.unwrap_err().iter().map(|error| error.finding.code()).collect()
}

fn empty() -> Rehearsal {
    let none: [(&str, &str); 0] = [];
    Rehearsal::with(none)
}

#[test]
fn every_kind_of_source_is_written() {
    let world = Rehearsal::with([
        ("libs/here/pyproject.toml", ""),
        ("libs/built/setup.py", ""),
        ("libs/with space/pyproject.toml", ""),
        ("wheels/w-1.0-py3-none-any.whl", ""),
    ]);
    let url = PackageOrigin::Url {
        subdirectory: None,
        name: None,
        url: text("https://example.org/u-1.0.zip"),
        extras: vec![text("x")],
    };
    let mut somewhere = local("here", Mode::Dev, "./libs/here");
    somewhere.extras = vec!["io".to_owned()];
    somewhere.marker = Some(text("python_version < '3.13'"));
    somewhere.requires_python = vec![text(">=3.9")];
    let mut plain = pypi("plain", None);
    plain.dependencies = vec![text("numpy>=1.26"), text("numpy<3")];
    let part = plan(
        &stack([
            plain,
            git("g", "https://example.org/g.git", "v1", Some("py")),
            git("s", "git@example.org:team/s.git", "v2", None),
            package("u", Some("1.0"), Mode::Prod, url),
            somewhere,
            local("built", Mode::Prod, "libs/built"),
            local("spaced", Mode::Dev, "libs/with space"),
            local("w", Mode::Prod, "./wheels/w-1.0-py3-none-any.whl"),
        ]),
        &world,
    );
    assert_eq!(
        requirements(&part),
        "./libs/built  # built\n\
         g @ git+https://example.org/g.git@v1#subdirectory=py\n\
         -e ./libs/here[io]  # here[io] ; python_version < '3.13'\n\
         numpy>=1.26,<3\n\
         plain==1.0\n\
         s @ git+ssh://git@example.org/team/s.git@v2\n\
         -e \"./libs/with space\"  # spaced\n\
         u[x] @ https://example.org/u-1.0.zip\n\
         ./wheels/w-1.0-py3-none-any.whl  # w\n"
    );
    assert!(part.inputs.contains(&PathBuf::from("libs/here/pyproject.toml")), "{:?}", part.inputs);
}

#[test]
fn what_the_project_itself_needs_is_installed_with_it() {
    let built = "[project]\nname = \"App\"\nversion = \"1\"\n[build-system]\nrequires = []\n";
    let part = plan(&stack([pypi("six", None)]), &Rehearsal::with([("pyproject.toml", built)]));
    assert_eq!(requirements(&part), "six==1.0\n# what pyproject.toml itself asks for\n-e .  # App\n");
    let lines = "[project]\nname = \"app\"\nversion = \"1\"\ndependencies = [\"rich>=13\", \"idna==3.7\"]\n\
                 [tool.hsm]\nproject.dependencies = [\"idna==3.7\"]\n";
    let part = plan(&stack([pypi("six", None)]), &Rehearsal::with([("pyproject.toml", lines)]));
    assert_eq!(requirements(&part), "six==1.0\n# what pyproject.toml itself asks for\nrich>=13\n");
}

#[test]
fn what_pip_cannot_do_is_an_error() {
    let world = Rehearsal::with([("x#1/pyproject.toml", "")]);
    let corp = Some("https://corp.example.org/simple");
    let tried = |packages: Vec<PackageInStack>| planned(&stack(packages), &Settings::default(), &world);
    assert_eq!(codes(tried(vec![pypi("a", corp), pypi("b", None)])), ["HSM-E336"]);
    assert_eq!(codes(tried(vec![pypi("a", Some("corp"))])), ["HSM-E335"]);
    let other = Some("https://other.example.org/simple");
    assert_eq!(codes(tried(vec![pypi("a", corp), pypi("b", other)])), ["HSM-E336"]);
    assert_eq!(codes(tried(vec![local("x", Mode::Dev, "x#1")])), ["HSM-E337"]);
    let member = PackageOrigin::Workspace { name: None, extras: Vec::new() };
    assert_eq!(codes(tried(vec![package("m", Some("1.0"), Mode::Dev, member)])), ["HSM-E334"]);
    assert_eq!(codes(tried(vec![local("y", Mode::Dev, "y")])), ["HSM-E313"]);
    // one index for all of them is the only one that is asked
    let part = tried(vec![pypi("a", corp), pypi("b", corp)]).unwrap();
    assert_eq!(requirements(&part), "--index-url https://corp.example.org/simple\na==1.0\nb==1.0\n");
}

#[test]
fn what_means_nothing_to_pip_is_told() {
    let node = crate::yaml::read(FileId(0), "prerelease: allow\n", crate::yaml::Limits::ENTRY).ok();
    let mut with_settings = pypi("six", None);
    with_settings.uv = node;
    let mut stack = stack([with_settings]);
    stack.project.into_group = Some("stack".to_owned());
    let notes: Vec<&str> = plan(&stack, &empty()).notes.iter().map(|note| note.finding.code()).collect();
    assert_eq!(notes, ["HSM-W332", "HSM-W333"]);
}

#[test]
fn settings_of_the_run_become_flags() {
    let stack = stack([pypi("six", None)]);
    let called = |settings: Settings| {
        let part = planned(&stack, &settings, &empty()).unwrap();
        let call = |action: &crate::adapters::Action| (action.phase, action.args.join(" "));
        part.actions.iter().map(call).collect::<Vec<_>>()
    };
    let plain = Settings::default();
    let (lock, sync) = ((Phase::Apply, "- lock".to_owned()), (Phase::Apply, "- sync".to_owned()));
    assert_eq!(called(plain.clone()), [lock.clone(), sync.clone()]);
    assert_eq!(called(Settings { lock_only: true, ..plain.clone() }), [lock]);
    assert_eq!(called(Settings { frozen: true, ..plain.clone() }), std::slice::from_ref(&sync));
    let locked = called(Settings { locked: true, offline: true, ..plain.clone() });
    assert_eq!(locked[0], (Phase::Verify, "- lock --offline --check".to_owned()));
    let some = Settings { upgrade: Some(vec!["SIX".to_owned(), "container:x".to_owned()]), ..plain.clone() };
    assert_eq!(called(some)[0].1, "- lock --upgrade-package six");
    assert_eq!(called(Settings { upgrade: Some(Vec::new()), ..plain })[0].1, "- lock --upgrade");
}

#[test]
fn without_packages_nothing_is_touched_and_what_was_written_goes() {
    assert_eq!(plan(&stack([]), &empty()), Part::default());
    let own = sealed::seal("six==1.0\n");
    let world = Rehearsal::with([(REQUIREMENTS, own.as_str()), (LOCK, "mine\n")]);
    let part = plan(&stack([]), &world);
    let gone: Vec<_> = part.files.iter().map(|file| (file.path.to_str(), file.after.is_none())).collect();
    assert_eq!(gone, [(Some(REQUIREMENTS), true), (Some(LOCK), true)]);
    assert_eq!(part.aside[0].path, Path::new("constraints.hpm.edited-1.txt"));
    let left = Pip.leave(&Rehearsal::root(), &world).unwrap();
    assert_eq!((left.files, left.aside), (part.files, part.aside));
    for name in ["six", "SIX"] {
        assert!(Pip.knows(&Name::parse(name).unwrap(), &Rehearsal::root(), &world), "{name}");
    }
    assert!(!Pip.knows(&Name::parse("seven").unwrap(), &Rehearsal::root(), &world));
}

/// A Python that says this of its pip and of the Python behind it.
fn python(
    pip: &'static str,
    base: &'static str,
) -> impl Fn(&Command, &mut Disk) -> std::io::Result<Outcome> + Send + Sync {
    move |_, _| Ok(Outcome { stdout: format!("{pip}\n{base}\n").into_bytes(), ..Outcome::code(0) })
}

#[test]
fn a_python_with_a_pip_that_is_new_enough_is_found() {
    let found = |world: Rehearsal| Pip.prepare(&Rehearsal::root(), &Settings::default(), &world);
    let tool = found(empty().program("python3", python("23.0.1", "/usr/bin/python3"))).unwrap();
    assert_eq!((tool.program.to_str(), tool.version.as_str()), (Some("python3"), "23.0.1"));
    // an active environment without pip hides the Python that it was made with
    let active = empty()
        .program("python3", python("-", "/usr/bin/python3.11"))
        .program("python3.11", python("24.0", "/usr/bin/python3.11"));
    assert_eq!(found(active).unwrap().program, Path::new("/usr/bin/python3.11"));

    let none = found(empty()).unwrap_err().to_string();
    assert_eq!(
        none,
        "pip was not found (22.3 or newer is needed). Install Python 3 with it (on Debian and Ubuntu the packages \
         python3-pip and python3-venv), or bring it up to date with `python3 -m pip install --upgrade pip`, or let hsm put \
         one into .hsm/tools/pip with `--yes`."
    );
    let without = found(empty().program("python3", python("-", "/usr/bin/python3"))).unwrap_err();
    assert!(matches!(without, ToolError::Missing { .. }), "{without}");
    let old = found(empty().program("python3", python("22.0.2", "/usr/bin/python3"))).unwrap_err();
    assert!(matches!(&old, ToolError::TooOld { found, .. } if found == "22.0.2"), "{old}");
}

#[test]
fn failures_are_told_apart() {
    let part =
        planned(&stack([pypi("six", None)]), &Settings { offline: true, ..Settings::default() }, &empty());
    let offline = part.unwrap().actions.remove(0);
    let online = plan(&stack([pypi("six", None)]), &empty()).actions.remove(0);
    let said = |action, text: &str| {
        let outcome = Outcome { stderr: text.as_bytes().to_vec(), ..Outcome::code(1) };
        let words = Pip.explain(action, &outcome);
        (words.lines().next().unwrap().to_owned(), Pip.blamed(action, &outcome))
    };
    let missing = "ERROR: No matching distribution found for six==99\n";
    assert_eq!(said(&online, missing).0, "there is no six==99 on the package index (pip ended with 1)");
    assert_eq!(
        said(&offline, missing).0,
        "six==99 is not on this machine, and nothing may be fetched (pip ended with 1)"
    );
    let (words, blamed) = said(
        &online,
        "ERROR: Cannot install A-B and six==1 because these package versions have conflicting dependencies.\n\
         ERROR: ResolutionImpossible: for help visit\n",
    );
    assert_eq!(words, "no versions of the Python packages can hold together (pip ended with 1)");
    assert!(blamed.contains(&"a-b".to_owned()) && blamed.contains(&"six".to_owned()), "{blamed:?}");
}
