//! Packages through the real package manager and the real index, with the whole transaction around it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that goes wrong should stop there")]

mod clashes;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hsm::adapters::uv::Uv;
use hsm::adapters::{Adapter, Settings};
use hsm::execute::{self, Quiet, Work};
use hsm::finalize::{self, Report, RunError};
use hsm::manifest::{GitRefKind, Mode};
use hsm::names::{ComponentId, Kind, Name};
use hsm::place::{At, FileId, Place};
use hsm::plan::{self, Plan};
use hsm::registry::PackageOrigin;
use hsm::stack::{PackageInStack, ProjectFacts, Stack};
use hsm::transaction::ProjectLock;
use hsm::version::Version;
use hsm::world::Real;
use support::{Picture, have};

const FILES: &str =
    "[project]\nname = \"app\"  # mine\nversion = \"1\"\nrequires-python = \">=3.9\"\ndependencies = []";

fn at<T>(value: T) -> At<T> {
    At::new(value, Place { file: FileId(0), start: 0, end: 0 })
}

fn package(name: &str, release: Option<&str>, mode: Mode, origin: PackageOrigin) -> PackageInStack {
    PackageInStack {
        name: Name::parse(name).unwrap(),
        registry: "r".to_owned(),
        root: PathBuf::new(),
        release: release.map(Version::parse),
        mode,
        origin: at(origin),
        demands: Vec::new(),
        excluded: Vec::new(),
        extras: Vec::new(),
        marker: None,
        requires_python: Vec::new(),
        dependencies: Vec::new(),
        env: indexmap::IndexMap::new(),
        uv: None,
    }
}

fn pypi(name: &str, release: &str) -> PackageInStack {
    let origin = PackageOrigin::Pypi { name: None, version: None, extras: Vec::new(), index: None };
    package(name, Some(release), Mode::Prod, origin)
}

fn local(name: &str, mode: Mode, path: &str) -> PackageInStack {
    let origin = PackageOrigin::Local {
        name: None,
        path: at(path.to_owned()),
        editable: None,
        package: None,
        extras: Vec::new(),
    };
    package(name, Some("1.0"), mode, origin)
}

fn stack(packages: impl IntoIterator<Item = PackageInStack>) -> Stack {
    Stack {
        project: ProjectFacts {
            name: "app".to_owned(),
            version: None,
            into_group: None,
            compose_files: Vec::new(),
        },
        packages: packages.into_iter().map(|p| (ComponentId::new(Kind::Package, &p.name), p)).collect(),
        containers: BTreeMap::new(),
        groups: BTreeMap::new(),
        links: Vec::new(),
        digests: BTreeMap::new(),
    }
}

/// One file as a module, with no build system of its own.
fn write_package(dir: &Path, name: &str, requires: &str) {
    fs::create_dir_all(dir).unwrap();
    let project = format!("[project]\nname = \"{name}\"\nversion = \"1.0\"\ndependencies = [{requires}]\n");
    fs::write(dir.join("pyproject.toml"), project).unwrap();
    fs::write(dir.join(format!("{}.py", name.replace('-', "_"))), "WHERE = __file__\n").unwrap();
}

struct Project {
    world: Real,
    dir: tempfile::TempDir,
}

impl Project {
    fn new() -> Self {
        Self { world: Real::new().unwrap(), dir: tempfile::tempdir().unwrap() }
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    fn plan(&self, stack: &Stack, settings: &Settings) -> Plan {
        match plan::assemble(&self.world, self.root(), stack, settings, &[&Uv], Vec::new()) {
            Ok(plan) => plan,
            Err(error) => panic!("{error:?}"),
        }
    }

    fn sync(&self, stack: &Stack) -> Result<Report, Box<RunError>> {
        let settings = Settings::default();
        let plan = self.plan(stack, &settings);
        let schedule = hsm::order::order(&plan).unwrap();
        let adapters: [&dyn Adapter; 1] = [&Uv];
        let lock = ProjectLock::take(&self.world, self.root(), "test", true, &mut |_| {}).unwrap();
        let work = Work {
            world: &self.world,
            root: self.root(),
            lock: Some(&lock),
            what: "test",
            plan: &plan,
            schedule: &schedule,
            adapters: &adapters,
            settings: &settings,
            progress: &Quiet,
        };
        finalize::finalize(&work, stack, execute::execute(&work)).map_err(Box::new)
    }

    #[track_caller]
    fn synced(&self, stack: &Stack) {
        if let Err(error) = self.sync(stack) {
            panic!("{error}");
        }
        let again = self.plan(stack, &Settings::default());
        assert!(again.is_empty(), "a second plan has nothing to do: {again:#?}");
    }

    fn python(&self, code: &str) -> String {
        let out = Command::new(self.root().join(".venv/bin/python")).args(["-c", code]).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
            .trim()
            .to_owned()
    }
}

#[test]
fn the_package_manager_itself_can_be_put_in_place() {
    let python = Command::new("python3").args(["-m", "pip", "--version"]).output();
    if !python.is_ok_and(|out| out.status.success()) && std::env::var_os("CI").is_none() {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"skipped: python3 with pip is not on this machine\n",
        );
        return;
    }
    let project = Project::new();
    let tool = hsm::adapters::uv::install(project.root(), &project.world).unwrap();
    assert!(tool.program.starts_with(project.root().join(".hsm/tools/uv")), "{tool:?}");
    let said = tool.installed.clone().unwrap_or_default();
    assert!(said.contains(&tool.version) && said.contains(".hsm/tools/uv"), "it is said: {said}");
    assert_eq!(
        hsm::adapters::uv::install(project.root(), &project.world).unwrap(),
        hsm::adapters::Tool { installed: None, ..tool },
        "a second time it is found, and nothing is said"
    );
}

/// Everything but hsm's own directory.
fn picture(project: &Project) -> Picture {
    Picture::of(project.root(), true, &[".hsm"])
}

#[test]
fn packages_of_the_index_come_change_and_go() {
    if !have("packages_of_the_index_come_change_and_go", &["uv"]) {
        return;
    }
    let project = Project::new();
    fs::write(project.root().join("pyproject.toml"), FILES).unwrap();
    project.synced(&stack([pypi("six", "1.16.0"), pypi("idna", "3.7")]));
    assert_eq!(project.python("import six, idna; print(six.__version__, idna.__version__)"), "1.16.0 3.7");
    let before = picture(&project);
    project.synced(&stack([pypi("six", "1.16.0"), pypi("idna", "3.7")]));
    assert_eq!(
        before.differences(&picture(&project)),
        "",
        "running Python made files, syncing again did not"
    );

    let site = project.python("import six, os; print(os.path.dirname(six.__file__))");
    fs::remove_file(Path::new(&site).join("six.py")).unwrap();
    fs::remove_dir_all(Path::new(&site).join("six-1.16.0.dist-info")).unwrap();
    // Of this one only the code: the tool believes that it is there.
    fs::remove_dir_all(Path::new(&site).join("idna")).unwrap();
    let same = project.plan(&stack([pypi("six", "1.16.0"), pypi("idna", "3.7")]), &Settings::default());
    assert!(!same.is_empty(), "what was deleted by hand is seen");
    project.synced(&stack([pypi("six", "1.16.0"), pypi("idna", "3.7")]));
    let back = project.python("import six, idna; print(six.__version__, idna.__version__)");
    assert_eq!(back, "1.16.0 3.7", "what was deleted is put back");
    project.synced(&stack([pypi("six", "1.17.0")]));
    assert_eq!(project.python("import six; print(six.__version__)"), "1.17.0");
    assert!(project.python("import idna").contains("ModuleNotFoundError"));

    project.synced(&stack([]));
    assert_eq!(fs::read_to_string(project.root().join("pyproject.toml")).unwrap(), FILES);
    assert!(project.python("import six").contains("ModuleNotFoundError"));
}

#[test]
fn local_packages_are_installed_in_place_or_built() {
    if !have("local_packages_are_installed_in_place_or_built", &["uv"]) {
        return;
    }
    let project = Project::new();
    write_package(&project.root().join("packages/rag-core"), "rag-core", "\"rag-base>=1\"");
    write_package(&project.root().join("packages/rag-base"), "rag-base", "");
    let both = stack([
        local("rag-core", Mode::Dev, "./packages/rag-core"),
        local("rag-base", Mode::Prod, "packages/rag-base"),
    ]);
    project.synced(&both);
    let shown = project.python("import rag_core, rag_base; print(rag_core.WHERE); print(rag_base.WHERE)");
    let (core, base) = shown.split_once('\n').unwrap();
    assert!(core.ends_with("packages/rag-core/rag_core.py"), "{shown}");
    assert!(base.contains("/.venv/"), "{shown}");
    // What a package asks for is part of the lock: a change of it is seen without being told.
    write_package(&project.root().join("packages/rag-base"), "rag-base", "\"six==1.16.0\"");
    assert!(!project.plan(&both, &Settings::default()).is_empty());
    project.synced(&both);
    assert_eq!(project.python("import six; print(six.__version__)"), "1.16.0");
}

#[test]
fn a_git_package_comes_from_its_tag_and_from_its_checkout() {
    if !have("a_git_package_comes_from_its_tag_and_from_its_checkout", &["uv"]) {
        return;
    }
    let project = Project::new();
    let checkout = project.root().join("checkouts/gitpkg");
    write_package(&checkout, "gitpkg", "");
    let bare = project.root().join("gitpkg.git");
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(args)
            .current_dir(&checkout);
        let out = command.output().unwrap();
        assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "first"]);
    git(&["tag", "v1.0"]);
    git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let source = |mode| {
        let origin = PackageOrigin::Git {
            lfs: None,
            name: None,
            url: at(format!("file://{}", bare.display())),
            reference: Some((GitRefKind::Tag, at("v1.0".to_owned()))),
            subdirectory: None,
            path: Some(at("checkouts/gitpkg".to_owned())),
            extras: Vec::new(),
        };
        stack([package("gitpkg", Some("1.0"), mode, origin)])
    };
    project.synced(&source(Mode::Prod));
    assert!(project.python("import gitpkg; print(gitpkg.WHERE)").contains("/.venv/"));
    let text = fs::read_to_string(project.root().join("pyproject.toml")).unwrap();
    assert!(text.contains(", tag = \"v1.0\" }"), "{text}");
    project.synced(&source(Mode::Dev));
    assert!(project.python("import gitpkg; print(gitpkg.WHERE)").ends_with("checkouts/gitpkg/gitpkg.py"));
}

#[test]
fn a_failed_lock_or_build_leaves_everything_as_it_was() {
    if !have("a_failed_lock_or_build_leaves_everything_as_it_was", &["uv"]) {
        return;
    }
    let project = Project::new();
    fs::write(project.root().join("pyproject.toml"), FILES).unwrap();
    project.synced(&stack([pypi("six", "1.16.0")]));
    let before = picture(&project);

    let error = project.sync(&stack([pypi("six", "99.0")])).unwrap_err();
    assert!(matches!(*error, RunError::Restored { .. }), "{error}");
    let said = error.to_string();
    let headline =
        "failed to lock Python packages: there is no six==99.0 on the package index (`uv lock` ended";
    assert!(said.starts_with(headline), "{said}");
    assert!(said.contains("six==99.0"), "{said}");
    assert_eq!(before.differences(&picture(&project)), "");

    let broken = project.root().join("broken");
    fs::create_dir(&broken).unwrap();
    fs::write(
        broken.join("pyproject.toml"),
        "[project]\nname = \"broken\"\nversion = \"1.0\"\n[build-system]\nrequires = []\nbuild-backend = \"nothing\"\n\
         backend-path = [\".\"]\n",
    )
    .unwrap();
    fs::write(broken.join("nothing.py"), "raise SystemExit('this backend never works')\n").unwrap();
    let before = picture(&project);
    let error =
        project.sync(&stack([pypi("six", "1.17.0"), local("broken", Mode::Prod, "broken")])).unwrap_err();
    let said = error.to_string();
    assert!(
        said.starts_with("failed to install Python packages: a Python package could not be built"),
        "{said}"
    );
    assert!(said.contains("this backend never works"), "{said}");
    let now = Picture::of(project.root(), true, &[".hsm", "broken/__pycache__"]);
    assert_eq!(before.differences(&now), "");
    assert_eq!(project.python("import six; print(six.__version__)"), "1.16.0");
}
