//! Conflicts as they are printed: what must hold of every one of them, over random projects that have no stack.
//!
//! Owns: the height, the places, the quotes and the words of what a person sees. Refuses: what clashes and what mends it
//! (the laws of explanations), and single messages (the fixtures).

use std::fs;
use std::path::Path;

use crate::runs::{Run, hsm};
use hsm_oracle::{grow, write};

/// How many conflicts are looked at.
const CONFLICTS: usize = 150;

/// How many projects are tried for them at most.
const PROJECTS: u64 = 3_000;

/// How many lines a conflict may take.
const HEIGHT: usize = 40;

/// How many workers share the projects.
const WORKERS: u64 = 2;

#[test]
fn a_conflict_is_short_and_says_what_stands_in_the_files() {
    let seen: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|share| scope.spawn(move || look_at(share))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker that found nothing wrong")).sum()
    });
    assert!(seen >= CONFLICTS, "only {seen} projects in conflict");
}

/// Looks at the conflicts of one share of the projects.
fn look_at(share: u64) -> usize {
    let mut seen = 0;
    for seed in (share..PROJECTS).step_by(WORKERS as usize) {
        if seen >= CONFLICTS.div_ceil(WORKERS as usize) {
            break;
        }
        seen += usize::from(is_said_well(seed));
    }
    seen
}

/// Whether the project of a seed has a conflict; fails if something about it is not as it should be.
fn is_said_well(seed: u64) -> bool {
    let project = grow::project(seed);
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (path, text) in write::write(&project).text().files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("written");
    }
    let mut args = vec!["resolve"];
    args.extend(project.require_mode.then_some("--require-mode"));
    let run = hsm(dir.path(), &args);
    if !run.stderr.contains(HEADLINE) {
        return false;
    }
    let again = hsm(dir.path(), &args);
    assert_eq!(run.stderr, again.stderr, "seed {seed}: not the same twice");
    if let Err(why) = check(dir.path(), &run) {
        panic!("seed {seed}: {why}\n{}", run.stderr);
    }
    true
}

const HEADLINE: &str = "error[HSM-E500]: ";

fn check(dir: &Path, run: &Run) -> Result<(), String> {
    let mut height = 0;
    let mut quoted = String::new();
    for line in run.stderr.lines() {
        // what follows the conflicts is not theirs
        height = match line {
            _ if line.starts_with(HEADLINE) => 1,
            _ if line.starts_with("help: ") || line.starts_with("what follows ") || height == 0 => 0,
            _ => height + 1,
        };
        if height > HEIGHT {
            return Err(format!("a conflict takes more than {HEIGHT} lines"));
        }
        if let Some(place) = place(line) {
            quoted = at(dir, place).ok_or_else(|| format!("no such place: {place}"))?;
        }
        match quote(line) {
            Some((number, text)) => {
                let is = quoted.lines().nth(number.wrapping_sub(1)).unwrap_or_default();
                if is.trim_end() != text.trim_end() {
                    return Err(format!("line {number} is {is:?}, not {text:?}"));
                }
            }
            None => words(line)?,
        }
    }
    Ok(())
}

/// The place that a line names: above a quote, or below what has to be changed by hand.
fn place(line: &str) -> Option<&str> {
    let line = line.trim_start();
    ["--> ", "::: ", "in "].iter().find_map(|sign| line.strip_prefix(sign)).filter(|rest| !rest.contains(' '))
}

/// The text of the file, if the place is in it.
fn at(dir: &Path, place: &str) -> Option<String> {
    let mut parts = place.rsplitn(3, ':');
    let column: usize = parts.next()?.parse().ok()?;
    let number: usize = parts.next()?.parse().ok()?;
    let text = fs::read_to_string(dir.join(parts.next()?)).ok()?;
    let line = text.lines().nth(number.checked_sub(1)?)?;
    (1..=line.chars().count() + 1).contains(&column).then_some(text)
}

/// A line of a file as it is quoted: `12 | text`.
fn quote(line: &str) -> Option<(usize, &str)> {
    let (number, text) = line.split_once(" |")?;
    Some((number.trim().parse().ok()?, text.strip_prefix(' ').unwrap_or(text)))
}

/// What shows only when data is printed as the program holds it.
const RESIDUE: [&str; 14] = [
    "Name(",
    "Some(",
    "Ok(",
    "Err(",
    "Id(",
    "Id {",
    "{ ",
    "[\"",
    "Statement",
    "Claim",
    "Version",
    "candidate",
    "item ",
    "literal",
];

fn words(line: &str) -> Result<(), String> {
    match RESIDUE.iter().find(|residue| line.contains(**residue)) {
        Some(residue) => Err(format!("{residue:?} shows in {line:?}")),
        None => Ok(()),
    }
}

#[test]
fn a_conflict_that_says_something_wrong_is_noticed() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::write(dir.path().join("hsm.yaml"), "project: {name: demo}\nservices:\n").expect("written");
    let told =
        |stderr: &str| check(dir.path(), &Run { code: 3, stdout: String::new(), stderr: stderr.to_owned() });
    let good = "error[HSM-E500]: a and b\n --> hsm.yaml:2:1\n  |\n2 | services:\n  | ^^^ 1. said\n\nfix 1: b\n    in hsm.yaml:1:1\n";
    assert_eq!(told(good), Ok(()));
    let long = format!("{good}{}", "    then\n".repeat(40));
    for bad in [
        &good.replace("2 | services:", "2 | servces:"),
        &good.replace("2:1", "3:1"),
        &good.replace("1:1", "1:90"),
        &good.replace("in hsm.yaml", "in hsm.yml"),
        &good.replace("said", "Name(\"a\")"),
        &long,
    ] {
        assert!(told(bad).is_err(), "{bad}");
    }
}
