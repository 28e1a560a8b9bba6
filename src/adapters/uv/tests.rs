//! From a stack and a project's files to a plan, in a rehearsed machine.

mod settings;
mod tool;

use std::path::PathBuf;

use super::Uv;
use crate::adapters::python::samples::{at, local, package, pypi, stack, text};
use crate::adapters::{Adapter as _, Part, Settings};
use crate::diagnostic::Diagnostic;
use crate::manifest::{GitRefKind, Mode};
use crate::place::Sources;
use crate::registry::PackageOrigin;
use crate::stack::{PackageInStack, Stack};
use crate::version::{Version, VersionDemand};
use crate::world::{Call, Rehearsal};

fn git(name: &str, mode: Mode, reference: (GitRefKind, &str), path: Option<&str>) -> PackageInStack {
    let origin = PackageOrigin::Git {
        lfs: None,
        name: None,
        url: text("https://example.org/x.git"),
        reference: Some((reference.0, text(reference.1))),
        subdirectory: Some(text("py")),
        path: path.map(text),
        extras: Vec::new(),
    };
    package(name, Some("1.0"), mode, origin)
}

fn plan_with(world: &Rehearsal, stack: &Stack, settings: &Settings) -> Result<Part, Vec<Diagnostic>> {
    let part = Uv.plan(stack, &Rehearsal::root(), settings, world);
    let quiet = |c: &Call| matches!(c, Call::Read(_) | Call::List(_));
    assert!(world.calls().iter().all(quiet), "a plan only reads: {:?}", world.calls());
    part
}

#[track_caller]
fn file(part: &Part) -> &str {
    std::str::from_utf8(part.files[0].after.as_deref().unwrap()).unwrap()
}

#[track_caller]
fn planned(files: &[(&str, &str)], stack: &Stack) -> Part {
    plan_with(&Rehearsal::with(files.iter().copied()), stack, &Settings::default()).unwrap()
}

#[track_caller]
fn says(files: &[(&str, &str)], stack: &Stack, expect: &[&str]) {
    let wrong = plan_with(&Rehearsal::with(files.iter().copied()), stack, &Settings::default()).unwrap_err();
    let said: Vec<String> = wrong.iter().map(|d| d.finding.to_string()).collect();
    assert_eq!(said, expect);
    let _sources = Sources::new();
}

const PLAIN: &str =
    "[project]\nname = \"app\"\nversion = \"1\"\nrequires-python = \">=3.11\"\ndependencies = []\n";

#[test]
fn a_project_is_made_where_there_is_none() {
    let mut a = pypi("Six", Some("1.16.0"));
    a.requires_python = vec![text(">=3.10")];
    let mut b = local("rag-core", Mode::Dev, "./packages/rag-core");
    b.requires_python = vec![text(">=3.11,<3.14")];
    b.dependencies = vec![text("numpy>=1.26"), text("Numpy<3")];
    let part = planned(&[("packages/rag-core/pyproject.toml", "")], &stack([a, b]));
    let expect = r#"[project]
name = "my-stack"
version = "0.2.0"
requires-python = ">=3.11,<3.14"
dependencies = [
    "numpy>=1.26,<3",
    "rag-core",
    "Six==1.16.0",
]

[tool.uv]
package = false

[tool.uv.sources]
rag-core = { path = "packages/rag-core", editable = true }

[tool.hsm]
# What hsm wrote into this file and keeps up to date. An entry changed by hand is yours again.
project.dependencies = [
    "Six==1.16.0",
    "numpy>=1.26,<3",
    "rag-core",
]
project.requires-python = '">=3.11,<3.14"'
tool.uv.sources.rag-core = '{ path = "packages/rag-core", editable = true }'
created = ["project.dependencies", "tool.uv.sources"]
"#;
    assert_eq!(file(&part), expect);
    assert_eq!(part.guarded, [PathBuf::from(".venv"), PathBuf::from("uv.lock")]);
    assert_eq!(part.inputs, [PathBuf::from("packages/rag-core/pyproject.toml")]);
    let commands: Vec<String> = part.actions.iter().map(|a| a.args[3..].join(" ")).collect();
    assert_eq!(commands, ["lock", "sync --locked"]);
}

#[test]
fn a_made_project_keeps_its_python_until_it_is_edited() {
    let mut a = pypi("six", Some("1.16.0"));
    a.requires_python = vec![text(">=3.10")];
    let first = file(&planned(&[], &stack([a.clone()]))).to_owned();
    let none = file(&planned(&[("pyproject.toml", &first)], &stack([]))).to_owned();
    assert!(
        none.starts_with(
            "[project]\nname = \"my-stack\"\nversion = \"0.2.0\"\nrequires-python = \">=3.10\"\n\n"
        ),
        "{none}"
    );
    assert_eq!(planned(&[("pyproject.toml", &none)], &stack([])), Part::default());
    a.requires_python = vec![text(">=3.12")];
    let again = file(&planned(&[("pyproject.toml", &none)], &stack([a.clone()]))).to_owned();
    assert!(again.contains("requires-python = \">=3.12\""), "{again}");
    let mine = again.replacen("requires-python = \">=3.12\"", "requires-python = \">=3.13\"", 1);
    let kept = file(&planned(&[("pyproject.toml", &mine)], &stack([a]))).to_owned();
    assert!(kept.contains("requires-python = \">=3.13\""), "what was edited is the user's: {kept}");
}

#[test]
fn without_packages_nothing_is_touched() {
    assert_eq!(planned(&[], &stack([])), Part::default());
    assert_eq!(planned(&[("pyproject.toml", PLAIN)], &stack([])), Part::default());
    assert_eq!(planned(&[("pyproject.toml", "not = toml = at all")], &stack([])), Part::default());
}

#[test]
fn each_source_becomes_what_uv_calls_it() {
    let index = |i: &str| PackageOrigin::Pypi {
        name: Some(text("other-name")),
        version: Some(at(VersionDemand::parse(">=1,<2").unwrap())),
        extras: vec![text("IO"), text("a")],
        index: Some(text(i)),
    };
    let url = PackageOrigin::Url {
        subdirectory: None,
        name: None,
        url: text("https://example.org/u-1.0-py3-none-any.whl"),
        extras: Vec::new(),
    };
    let corp = format!("{PLAIN}\n[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://example.org/simple\"\n");
    let files =
        [("pyproject.toml", corp.as_str()), ("co/e/py/setup.py", ""), ("w/f-1.0-py3-none-any.whl", "x")];
    let part = planned(
        &files,
        &stack([
            package("a", Some("1.5"), Mode::Prod, index("corp")),
            git("b", Mode::Prod, (GitRefKind::Rev, "abc"), None),
            git("c", Mode::Prod, (GitRefKind::Tag, "v1"), Some("co/c")),
            git("d", Mode::Prod, (GitRefKind::Branch, "main"), None),
            git("e", Mode::Dev, (GitRefKind::Branch, "main"), Some("co/e")),
            local("f", Mode::Prod, "w/f-1.0-py3-none-any.whl"),
            package("g", None, Mode::Prod, url),
            package("h", None, Mode::Dev, PackageOrigin::Workspace { name: None, extras: Vec::new() }),
        ]),
    );
    let text = file(&part);
    let at = text.find("[tool.uv.sources]").unwrap();
    let sources = &text[at..text.find("\n\n[tool.hsm]").unwrap()];
    assert_eq!(
        sources,
        r#"[tool.uv.sources]
b = { git = "https://example.org/x.git", rev = "abc", subdirectory = "py" }
c = { git = "https://example.org/x.git", tag = "v1", subdirectory = "py" }
d = { git = "https://example.org/x.git", branch = "main", subdirectory = "py" }
e = { path = "co/e/py", editable = true }
f = { path = "w/f-1.0-py3-none-any.whl" }
g = { url = "https://example.org/u-1.0-py3-none-any.whl" }
h = { workspace = true }
other-name = { index = "corp" }"#
    );
    assert!(text.contains("    \"other-name[a,io]>=1,<2\",\n"), "{text}");
}

#[test]
fn an_index_given_by_its_address_is_defined_and_named() {
    let index = Some(text("https://me@pypi.example.org/simple/"));
    let origin = PackageOrigin::Pypi { name: None, version: None, extras: Vec::new(), index };
    let part = planned(&[("pyproject.toml", PLAIN)], &stack([package("a", Some("1"), Mode::Prod, origin)]));
    let text = file(&part);
    assert!(text.contains("a = { index = \"pypi-example-org-simple\" }"), "{text}");
    let index = "\n[[tool.uv.index]]\nname = \"pypi-example-org-simple\"\n\
                 url = \"https://me@pypi.example.org/simple/\"\nexplicit = true\n\n";
    assert!(text.contains(index), "{text}");
}

#[test]
fn floating_packages_get_all_demands() {
    let demand = |t: &str| at(VersionDemand::parse(t).unwrap());
    let mut a = pypi("a", None);
    a.demands = vec![demand(">=1"), demand("<4"), demand("*")];
    a.excluded = vec![demand("==2.5"), demand(">=3")];
    a.marker = Some(text("python_version < '3.13'"));
    let part = planned(&[("pyproject.toml", PLAIN)], &stack([a.clone()]));
    assert!(file(&part).contains("\"a>=1,!=2.5,<3 ; python_version < '3.13'\""), "{}", file(&part));
    a.excluded = vec![demand(">=2,<3")];
    let part = planned(&[("pyproject.toml", PLAIN)], &stack([a]));
    assert!(file(&part).contains("\"a>=3,<4 ; python_version"), "of two sides the higher: {}", file(&part));
}

#[test]
fn dependencies_meet_components() {
    let mut a = pypi("a", Some("1.0"));
    a.dependencies = vec![text("b[x]>=1"), text("c ; sys_platform == 'win32'"), text("c>=2")];
    let b = pypi("b", Some("1.5"));
    let part = planned(&[("pyproject.toml", PLAIN)], &stack([a.clone(), b.clone()]));
    let expect = "    \"a==1.0\",\n    \"b[x]==1.5\",\n    \"c>=2\",\n    \"c ; sys_platform == 'win32'\",\n";
    assert!(file(&part).contains(expect), "{}", file(&part));
    let mut local_version = b.clone();
    local_version.release = Some(Version::parse("1.5+cpu"));
    a.dependencies = vec![text("b==1.5"), text("b>=9 ; sys_platform == 'win32'")];
    let part = planned(&[("pyproject.toml", PLAIN)], &stack([a.clone(), local_version]));
    let expect = "    \"b==1.5+cpu\",\n    \"b>=9 ; sys_platform == 'win32'\",\n";
    assert!(file(&part).contains(expect), "{}", file(&part));
    a.dependencies = vec![text("b @ https://example.org/b-1.0.tar.gz")];
    let said = "`b` cannot be both `b==1.5` and `https://example.org/b-1.0.tar.gz`";
    says(&[("pyproject.toml", PLAIN)], &stack([a.clone(), b.clone()]), &[said]);
    a.dependencies = vec![text("b>=2"), text("c >> 3")];
    let wrong =
        plan_with(&Rehearsal::with([("pyproject.toml", PLAIN)]), &stack([a, b]), &Settings::default());
    let said: Vec<String> = wrong.unwrap_err().iter().map(|d| d.finding.to_string()).collect();
    assert!(said.len() == 1 && said[0].starts_with("`c >> 3` is not a requirement: "), "{said:?}");
}

#[test]
fn missing_sources_are_said_before_anything_is_touched() {
    let files = [("pyproject.toml", PLAIN), ("empty/README", "")];
    let stack = stack([
        local("a", Mode::Dev, "packages/a"),
        git("b", Mode::Dev, (GitRefKind::Tag, "v1"), Some("../b")),
        local("c", Mode::Dev, "empty"),
    ]);
    says(
        &files,
        &stack,
        &[
            "the source of `a` is not there: `packages/a` does not exist",
            "the checkout of `b` is not there: `../b` does not exist",
            "the source of `c` is no Python package: `empty` has neither pyproject.toml nor setup.py",
        ],
    );
    let wrong = plan_with(&Rehearsal::with(files), &stack, &Settings::default()).unwrap_err();
    let help = wrong[1].finding.help().unwrap();
    assert_eq!(
        help,
        "let hsm get it with `--yes`, or get it with: git clone --branch v1 -- https://example.org/x.git ../b"
    );
}

#[test]
fn absolute_paths_are_refused() {
    let said = "the source of `a` is an absolute path, `/opt/a`, which holds on one machine only";
    says(&[], &stack([local("a", Mode::Dev, "/opt/a")]), &[said]);
}

#[test]
fn the_users_lines_are_compared_and_stay() {
    let mine = PLAIN.replacen("[]", "[\"Six>=1.10\", \"idna<3\"]", 1);
    let files = [("pyproject.toml", mine.as_str())];
    let part = planned(&files, &stack([pypi("six", Some("1.16.0"))]));
    assert!(
        file(&part).contains("dependencies = [\"Six>=1.10\", \"idna<3\", \"six==1.16.0\"]"),
        "{}",
        file(&part)
    );
    let notes: Vec<String> = part.notes.iter().map(|d| d.finding.to_string()).collect();
    assert_eq!(
        notes,
        ["pyproject.toml:5: `Six>=1.10` is yours and stays; hsm keeps `six==1.16.0` beside it"]
    );
    let address = mine.replacen("idna<3", "idna @ https://example.org/idna.whl", 1);
    let files = [("pyproject.toml", address.as_str()), ("x/setup.py", "")];
    let said = "pyproject.toml:5: `idna @ https://example.org/idna.whl` is another source of `idna` than the stack has";
    says(&files, &stack([local("idna", Mode::Dev, "x")]), &[said]);
}

#[test]
fn the_marker_of_an_item_holds_for_its_dependencies_too() {
    let mut a = pypi("a", Some("1.0"));
    a.marker = Some(text("python_version < '3.13'"));
    a.dependencies = vec![text("b>=1"), text("c>=2 ; sys_platform == 'win32'")];
    let part = planned(&[("pyproject.toml", PLAIN)], &stack([a]));
    for line in [
        "\"a==1.0 ; python_version < '3.13'\"",
        "\"b>=1 ; python_version < '3.13'\"",
        "\"c>=2 ; (sys_platform == 'win32') and (python_version < '3.13')\"",
    ] {
        assert!(file(&part).contains(line), "{line}: {}", file(&part));
    }
}

#[test]
fn dynamic_dependencies_are_refused() {
    let text = "[project]\nname = \"a\"\ndynamic = [\n  \"version\",\n  \"dependencies\",\n]\n";
    let said = "pyproject.toml:5: `dependencies` are dynamic, so nothing can be added to them";
    says(&[("pyproject.toml", text)], &stack([pypi("six", Some("1"))]), &[said]);
    let mut into = stack([pypi("six", Some("1"))]);
    into.project.into_group = Some("hsm".to_owned());
    assert!(
        file(&planned(&[("pyproject.toml", text)], &into))
            .contains("[dependency-groups]\nhsm = [\n    \"six==1\",\n]")
    );
}

#[test]
fn a_group_is_installed_by_default_beside_dev() {
    let mut into = stack([pypi("six", Some("1"))]);
    into.project.into_group = Some("Hsm".to_owned());
    let text = format!("{PLAIN}\n[dependency-groups]\ndev = [\"ruff\"]\nhsm = []\n");
    let after = file(&planned(&[("pyproject.toml", &text)], &into)).to_owned();
    assert!(after.contains("dev = [\"ruff\"]\nhsm = [\n    \"six==1\",\n]\n"), "{after}");
    assert!(after.contains("[tool.uv]\ndefault-groups = [\n    \"dev\",\n    \"Hsm\",\n]\n"), "{after}");
    let text = format!("{PLAIN}[tool.uv]\ndefault-groups = [\"docs\"]\n");
    let after = file(&planned(&[("pyproject.toml", &text)], &into)).to_owned();
    assert!(after.contains("default-groups = [\"docs\", \"Hsm\"]\n"), "{after}");
}

#[test]
fn a_file_without_a_project_gets_one_that_can_be_taken_back() {
    let text = "[tool.ruff]\nline-length = 100";
    let after = file(&planned(&[("pyproject.toml", text)], &stack([pypi("six", Some("1"))]))).to_owned();
    let expect = "[tool.ruff]\nline-length = 100\n\n[project]\nname = \"my-stack\"\nversion = \"0.2.0\"\n\
                  requires-python = \">=3.11\"\ndependencies = [\n    \"six==1\",\n]\n\n[tool.hsm]\n";
    assert!(after.starts_with(expect), "{after}");
    let back = planned(&[("pyproject.toml", &after)], &stack([]));
    assert_eq!(file(&back), text);
    assert!(back.actions.is_empty(), "uv has no project to run on");
    let text = format!("{text}\n[build-system]\nrequires = []\n");
    let said = "pyproject.toml has a [build-system] but no [project], so there is no place for dependencies";
    says(&[("pyproject.toml", &text)], &stack([pypi("six", Some("1"))]), &[said]);
}

/// A package whose entry has these settings.
fn with(name: &str, yaml: &str) -> PackageInStack {
    let mut sources = Sources::new();
    let file = sources.add("x.yaml", yaml);
    let mut package = pypi(name, Some("1"));
    package.uv = Some(crate::yaml::read(file, yaml, crate::yaml::Limits::ENTRY).unwrap());
    package
}

#[test]
fn every_key_of_a_source_is_written_and_clashes_are_told() {
    let lfs = PackageOrigin::Git {
        name: None,
        url: text("https://example.org/x.git"),
        reference: None,
        subdirectory: None,
        lfs: Some(at(true)),
        path: None,
        extras: Vec::new(),
    };
    let url = |url: &str, sub: &str| PackageOrigin::Url {
        name: None,
        url: text(url),
        subdirectory: Some(text(sub)),
        extras: Vec::new(),
    };
    let local = |path: &str, editable: Option<bool>, package: Option<bool>| PackageOrigin::Local {
        name: None,
        path: text(path),
        editable: editable.map(at),
        package: package.map(at),
        extras: Vec::new(),
    };
    let files = [("pyproject.toml", PLAIN), ("c/pyproject.toml", ""), ("d/pyproject.toml", "")];
    let part = planned(
        &files,
        &stack([
            package("a", None, Mode::Prod, lfs),
            package("b", None, Mode::Prod, url("https://example.org/b.tar.gz", "py")),
            package("c", None, Mode::Dev, local("c", None, Some(false))),
            package("d", None, Mode::Dev, local("d", Some(false), Some(true))),
        ]),
    );
    for line in [
        "\na = { git = \"https://example.org/x.git\", lfs = true }\n",
        "\nb = { url = \"https://example.org/b.tar.gz\", subdirectory = \"py\" }\n",
        "\nc = { path = \"c\", package = false }\n",
        "\nd = { path = \"d\", editable = false }\n",
    ] {
        assert!(file(&part).contains(line), "{line}\n{}", file(&part));
    }
    let clashing = stack([
        package("a", None, Mode::Dev, local("c", Some(true), Some(false))),
        package("b", None, Mode::Dev, local("c.whl", Some(true), None)),
        package("c", None, Mode::Prod, local("c.whl", None, Some(false))),
        package("d", None, Mode::Prod, url("https://example.org/d.whl", "py")),
    ]);
    says(
        &files,
        &clashing,
        &[
            "the source of `a` cannot have both `package: false` and `editable: true`",
            "the source of `b` cannot have both `editable: true` and the path of a file",
            "the source of `c` cannot have both `package: false` and the path of a file",
            "the source of `d` cannot have both `subdirectory` and the address of a wheel",
        ],
    );
}

#[test]
fn the_environment_has_to_lie_in_the_project() {
    let world =
        |dir: &str| Rehearsal::with([("pyproject.toml", PLAIN)]).with_env("UV_PROJECT_ENVIRONMENT", dir);
    let six = stack([pypi("six", Some("1"))]);
    let part = plan_with(&world("envs/./dev"), &six, &Settings::default()).unwrap();
    assert_eq!(part.guarded[0], PathBuf::from("envs/dev"));
    for outside in ["/opt/venv", "../venv", "."] {
        let wrong = plan_with(&world(outside), &six, &Settings::default()).unwrap_err();
        assert!(wrong[0].finding.to_string().starts_with("UV_PROJECT_ENVIRONMENT is "), "{outside}");
    }
}

#[test]
fn a_member_of_a_workspace_is_refused() {
    let root = |exclude: &str| format!("[tool.uv.workspace]\nmembers = [\"*\"]\nexclude = [{exclude}]\n");
    let refused = |text: String| {
        let world = Rehearsal::with([("pyproject.toml", PLAIN), ("/pyproject.toml", text.as_str())]);
        plan_with(&world, &stack([pypi("six", Some("1"))]), &Settings::default()).is_err()
    };
    assert!(refused(root("")));
    assert!(!refused(root("\"proj*\"")));
}
