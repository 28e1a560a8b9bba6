//! How messages look in terminals: wide, narrow, with and without colours, and to a screen reader.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::project::{Project, run};

const BROKEN: &str = "project: {name: demo}
services:
  containers: [wep, redis, redis]
";

const CONFLICT: &str = "project: {name: demo}
services:
  containers:
    - {name: web, version: \">=9\"}     # a comment that is much longer than a narrow terminal could ever show on one line
";

const STACK: &str = "project: {name: demo}
dependencies: {packages: [client]}
services: {container_groups: {cache: {selection: redis}}, containers: [web]}
";

/// What is said about three projects.
fn said(title: &str, args: &[&str], env: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (manifest, command) in [
        (BROKEN, &["check"][..]),
        (CONFLICT, &["resolve"]),
        (STACK, &["list"]),
        (STACK, &["explain", "W424"]),
        (STACK, &["why", "nobody"]),
        (STACK, &["why", "redis"]),
        (STACK, &["why", "valkey"]),
    ] {
        let project = Project::of(manifest);
        let mut command_line = project.command(&[command, args].concat());
        command_line.envs(env.iter().copied());
        let ended = run(&mut command_line);
        // writing to a string cannot fail
        let _ = writeln!(out, "==== {title}: hsm {} ====\n{}{}", command.join(" "), ended.out, ended.err);
    }
    out
}

#[test]
fn terminals_show_what_was_written_down() {
    let all = [
        said("wide", &[], &[]),
        said("60 columns", &[], &[("COLUMNS", "60")]),
        said("40 columns", &[], &[("COLUMNS", "40")]),
        said("narrower than can be", &[], &[("COLUMNS", "7")]),
        said("plain", &["--plain"], &[]),
    ]
    .concat();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/terminal.txt");
    if std::env::var_os("HSM_BLESS").is_some() {
        fs::write(&golden, &all).expect("written");
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    assert!(
        expected == all,
        "what is said changed; look at it, then run with HSM_BLESS=1 to keep it:\n{all}"
    );
}

#[test]
fn a_narrow_terminal_is_not_overrun() {
    for columns in [40, 50, 60, 80] {
        let text = said("", &[], &[("COLUMNS", &columns.to_string())]);
        let mut verbatim = false;
        for line in text.lines() {
            // examples, tables and paths keep their lines; a long word cannot be broken
            verbatim = line.starts_with("    ") || line.starts_with("====") || (verbatim && line.is_empty());
            let longest = line.split_whitespace().map(|word| word.chars().count()).max().unwrap_or_default();
            // what stands under a quoted line stands under what it is about
            let own = line.trim_start().starts_with('|')
                || line.contains("-->")
                || line.contains(" in hsm-registry/")
                // what is to be pasted is not broken
                || line.starts_with("to have it: hsm ")
                || line.starts_with("  package_group");
            let length = line.chars().count();
            assert!(verbatim || own || length <= columns.max(longest + 18), "{columns}: {length}: {line}");
        }
    }
}

#[test]
fn a_screen_reader_gets_sentences() {
    let asked = said("", &["--plain"], &[]);
    for sign in ["-->", " | ", "^^", "= help", "==>"] {
        assert!(!asked.contains(sign), "{sign}:\n{asked}");
    }
    assert!(asked.contains("\n  hsm.yaml, line 3, column 16: `wep`\n"), "{asked}");
    assert_eq!(said("", &[], &[("HSM_SCREEN_READER", "1")]), asked);
    assert_eq!(said("", &[], &[("HSM_SCREEN_READER", "0")]), said("", &[], &[]));
}

#[test]
fn colours_follow_the_environment() {
    let project = Project::of(BROKEN);
    let coloured = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = project.command(&[&["check"][..], args].concat());
        run(command.envs(env.iter().copied())).err.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

/// What is said in another directory about a project, which `-C` leads to.
fn said_elsewhere(project: &Project, args: &[&str]) -> String {
    let other = tempfile::TempDir::new().expect("a directory");
    let at = project.path("").canonicalize().expect("there");
    let at = at.to_string_lossy().trim_end_matches('/').to_owned();
    let mut command = project.command(&[&["-C", &at], args].concat());
    let said = run(command.current_dir(other.path()));
    (said.out + &said.err).replace(&at, "DIR")
}

#[test]
fn commands_lead_to_a_project_elsewhere() {
    let project = Project::of(CONFLICT);
    let said = said_elsewhere(&project, &["resolve"]);
    assert!(said.contains("\n    hsm -C DIR container version web any\n"), "{said}");
    assert!(said.contains("`hsm -C DIR resolve --explain --fix N`"), "{said}");
    project.write("hsm.yaml", STACK);
    let said = said_elsewhere(&project, &["why", "valkey"]);
    assert!(said.contains("to have it: hsm -C DIR group select cache valkey\n"), "{said}");
    assert!(said.contains("(`hsm -C DIR why container_group:cache` says why)"), "{said}");
    project.write("hsm.yaml", "project: {name: demo}\nservices: {container_groups: {cache: {}}}\n");
    let said = said_elsewhere(&project, &["why", "redis"]);
    assert!(said.contains("next would be valkey (`hsm -C DIR group select cache valkey`)"), "{said}");
    // from inside, commands find it by themselves
    let said = project.run(&["-C", "hsm-registry", "why", "valkey"]).ends(0);
    assert!(said.out.contains("to have it: hsm group select cache valkey\n"), "{}", said.out);
}
