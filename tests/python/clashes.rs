//! What the solve says of clashing requirements, against what the real package manager says of the same lines.
//!
//! Both get the same lines: the solve as `dependencies` of a component and as the user's own, the package manager all of
//! them in one file and an index in a directory. That index has a version in every region that the lines can cut, so
//! that it finds no solution only where there can be none. Nothing needs a network.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::have;
use hsm::compile::compile;
use hsm::load::{LoadOptions, load};
use hsm::solve::{NoStack, solve};
use hsm::world::Real;

/// A version in every region that the lines below can cut.
const VERSIONS: [&str; 21] = [
    "0.5",
    "1.0a1",
    "1.0",
    "1.0.post1",
    "1.0.0.1",
    "1.0.1",
    "1.1",
    "1.2",
    "1.4",
    "1.4.2",
    "1.5a1",
    "1.5",
    "1.5.3",
    "1.9",
    "2.0.dev1",
    "2.0b1",
    "2.0rc1",
    "2.0",
    "2.0.1",
    "2.1",
    "3.0",
];

/// A project: the Python that it supports, the user's lines, what stands after them, and the lines of a component.
struct Case<'a> {
    python: &'a str,
    user: &'a [&'a str],
    more: &'a str,
    component: &'a [&'a str],
}

const fn plain<'a>(user: &'a [&'a str], component: &'a [&'a str]) -> Case<'a> {
    Case { python: ">=3.11", user, more: "", component }
}

#[test]
fn the_package_manager_finds_the_same_clashes() {
    if !have("the_package_manager_finds_the_same_clashes", &["uv"]) {
        return;
    }
    let in_group = "[dependency-groups]\ndev = [{include-group = 'old'}]\nold = ['Num.Py<2']\n";
    let in_extra = "[project.optional-dependencies]\nold = ['numpy<2']\n";
    let apart = "[dependency-groups]\nold = ['num-py<2']\nnew = ['num-py>=2']\n\
                 [tool.uv]\nconflicts = [[{group = 'old'}, {group = 'new'}]]\n";
    let bounded = "[tool.uv]\nconstraint-dependencies = ['num-py<2']\n";
    let replaced = "[tool.uv]\noverride-dependencies = ['num-py==1.5']\n";
    let never = "num-py<2 ; python_version < '3.9'";
    let always = "num-py<2 ; python_version >= '3.8'";
    for (case, clash) in [
        (plain(&["num-py<2"], &["num-py>=2"]), true),
        (plain(&["num-py<=2"], &["num-py>=2"]), false),
        (plain(&["NUM_py~=1.4"], &["num-py==1.5.*", "num-py!=1.5.*"]), true),
        (plain(&["num-py~=1.4"], &["num-py==1.5.*", "num-py!=1.5.3"]), false),
        (plain(&[], &["num-py===1.5", "num-py>1.5"]), true),
        (plain(&["num-py>=2.0b1"], &["num-py<2.0rc1"]), false),
        (plain(&["num-py>=2.0b1"], &["num-py<2.0"]), true),
        (plain(&["num-py>1.0"], &["num-py<1.0.1"]), false),
        (plain(&[never], &["num-py>=2"]), false),
        (plain(&[always], &["num-py>=2"]), true),
        (Case { more: in_group, ..plain(&[], &["num-py>=2"]) }, true),
        (Case { more: in_group, ..plain(&[], &["num-py>=1.5"]) }, false),
        (Case { more: in_extra, ..plain(&[], &["numpy>=2"]) }, true),
        (Case { more: apart, ..plain(&[], &["num-py>=1.5"]) }, false),
        (Case { more: apart, ..plain(&[], &["num-py>=2"]) }, true),
        (Case { more: bounded, ..plain(&[], &["num-py>=2"]) }, true),
        (Case { more: replaced, ..plain(&[], &["num-py>=2", "num-py<1"]) }, false),
        (
            Case {
                python: ">=3.11,<3.12",
                ..plain(&["num-py<2 ; python_version == '3.11'"], &["num-py>=2"])
            },
            true,
        ),
    ] {
        let told = format!("{:?} {:?} {}", case.user, case.component, case.more);
        assert_eq!(solve_clashes(&case), clash, "the solve: {told}");
        assert_eq!(tool_clashes(&case), clash, "the package manager: {told}");
    }
}

#[test]
fn random_lines_clash_for_both_or_for_none() {
    if !have("random_lines_clash_for_both_or_for_none", &["uv"]) {
        return;
    }
    let clauses = [
        "<1.1",
        "<=1.0",
        ">1.0",
        ">=1.0.1",
        "==1.5",
        "!=1.5",
        "==1.*",
        "!=1.*",
        "~=1.4",
        "~=1.4.2",
        "<2",
        ">=2",
        ">2.0b1",
        "<2.0rc1",
        "==2.0.*",
        ">=1.5,<2",
        "!=1.0,<=1.0.1",
        ">=0.5",
        "<3",
        "===2.0",
    ];
    let mut state: u64 = 7;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let times: usize = std::env::var("HSM_LAWS").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    let mut seen = [0, 0];
    for _ in 0..24 * times {
        let lines: Vec<String> =
            (0..2 + below(3)).map(|_| format!("num-py{}", clauses[below(clauses.len())])).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (user, component) = lines.split_at(1);
        let case = plain(user, component);
        let clash = solve_clashes(&case);
        assert_eq!(clash, tool_clashes(&case), "{lines:?}");
        seen[usize::from(clash)] += 1;
    }
    assert!(seen.iter().all(|times| *times > 3), "both kinds were seen: {seen:?}");
}

/// Here the solve says more than the package manager, which would take what does not fit.
#[test]
fn the_package_manager_lets_pass_what_the_solve_refuses() {
    if !have("the_package_manager_lets_pass_what_the_solve_refuses", &["uv"]) {
        return;
    }
    for (entry, checkout, demand) in [
        ("version: 2.0.0", "version = '1.0.0'", "num-py>=2"),
        (
            "version: 1.0.0\nrequires_python: '>=3.9,<3.13'",
            "version = '1.0.0'\nrequires-python = '>=3.9,<3.13'",
            "num-py",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let checkout = format!("[project]\nname = \"num-py\"\n{checkout}\n");
        put(dir.path(), "core/pyproject.toml", &checkout);
        put(dir.path(), "core/num_py.py", "");
        fs::create_dir(dir.path().join("index")).unwrap();
        let source = "[tool.uv.sources]\nnum-py = { path = 'core' }\n";
        put(dir.path(), "pyproject.toml", &project(&Case { more: source, ..plain(&[demand], &[]) }));
        assert!(!locks_not(dir.path()), "the package manager looks at neither: {demand}");
        put(dir.path(), "pyproject.toml", &project(&plain(&[demand], &[])));
        put(
            dir.path(),
            "hsm-registry/packages/num-py.yaml",
            &format!("name: num-py\n{entry}\nsources: {{dev: {{type: local, path: ./core}}}}\n"),
        );
        put(dir.path(), "hsm.yaml", "project: {name: demo}\ndependencies: {packages: [num-py]}\n");
        assert!(has_no_stack(dir.path()), "the solve: {demand}");
    }
}

fn solve_clashes(case: &Case<'_>) -> bool {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "pyproject.toml", &project(&Case { component: &[], ..*case }));
    put(dir.path(), "hsm.yaml", "project: {name: demo}\ndependencies: {packages: [holder]}\n");
    let mut entry =
        String::from("name: holder\nversion: 1.0.0\nsources: {prod: {type: pypi}}\ndependencies:\n");
    for line in case.component {
        let _infallible = writeln!(entry, "  - \"{line}\"");
    }
    put(dir.path(), "hsm-registry/packages/holder.yaml", &entry);
    has_no_stack(dir.path())
}

fn has_no_stack(root: &Path) -> bool {
    let world = Real::new().unwrap();
    let inputs = load(root, &world, &LoadOptions::default()).unwrap();
    match solve(&inputs, &compile(&inputs), &|| false) {
        Ok(_) => false,
        Err(NoStack::Unsolved(_)) => true,
        Err(other) => panic!("{other:?}"),
    }
}

fn tool_clashes(case: &Case<'_>) -> bool {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "pyproject.toml", &project(case));
    fs::create_dir(dir.path().join("index")).unwrap();
    for name in ["num_py", "numpy"] {
        for version in VERSIONS {
            let wheel = format!("index/{name}-{version}-py3-none-any.whl");
            fs::write(dir.path().join(wheel), wheel_of(name, version)).unwrap();
        }
    }
    locks_not(dir.path())
}

fn project(case: &Case<'_>) -> String {
    let lines: Vec<String> =
        case.user.iter().chain(case.component).map(|line| format!("\"{line}\"")).collect();
    format!(
        "[project]\nname = \"demo\"\nversion = \"0.1.0\"\nrequires-python = \"{}\"\ndependencies = [{}]\n{}",
        case.python,
        lines.join(", "),
        case.more
    )
}

/// Whether the package manager says that no versions can hold together; anything else that goes wrong stops the test.
fn locks_not(root: &Path) -> bool {
    let out = Command::new("uv")
        .args([
            "--no-config",
            "lock",
            "--offline",
            "--no-index",
            "--find-links",
            "index",
            "--prerelease",
            "allow",
        ])
        .args(["--cache-dir", ".cache"])
        .env_remove("VIRTUAL_ENV")
        .current_dir(root)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() || said.contains("No solution found"), "{said}");
    !out.status.success()
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A wheel with nothing in it but what it is: an archive whose files are stored as they are.
fn wheel_of(name: &str, version: &str) -> Vec<u8> {
    let info = format!("{name}-{version}.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    let wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n".to_owned();
    let files = [
        (format!("{info}/METADATA"), metadata),
        (format!("{info}/WHEEL"), wheel),
        (format!("{info}/RECORD"), String::new()),
    ];
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (path, text) in &files {
        let offset = archive.len() as u32;
        let mut facts: Vec<u8> = Vec::new();
        // version, flags, method, time, date
        for number in [20_u16, 0, 0, 0, 0x21] {
            facts.extend(number.to_le_bytes());
        }
        facts.extend(checksum(text.as_bytes()).to_le_bytes());
        for _ in 0..2 {
            facts.extend((text.len() as u32).to_le_bytes());
        }
        facts.extend((path.len() as u16).to_le_bytes());
        facts.extend(0_u16.to_le_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&facts);
        archive.extend(path.as_bytes());
        archive.extend(text.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&facts);
        // comment, disk, two kinds of attributes
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(path.as_bytes());
    }
    let start = archive.len() as u32;
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        archive.extend((files.len() as u16).to_le_bytes());
    }
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0; 2]);
    archive
}

/// CRC-32.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}
