//! What `--format shell` prints is safe to evaluate, whatever a value holds.

use std::process::{Command, Stdio};

use hsm::environment::text;
use proptest::prelude::*;

use crate::compose::value;
use crate::runner;

#[test]
fn no_value_is_code_to_a_shell() {
    let there = |shell: &&str| {
        let run = Command::new(shell).args(["-c", ":"]).stdin(Stdio::null()).status();
        run.is_ok_and(|status| status.success())
    };
    let shells: Vec<&str> = ["sh", "bash", "dash", "zsh", "ksh"].into_iter().filter(there).collect();
    assert!(shells.contains(&"sh"), "a machine without a shell");
    let checked = runner(60).run(&(value(), value()), |(a, b)| {
        let lines = text::shell("A", &a) + &text::shell("B", &b);
        for shell in &shells {
            let output = Command::new(shell)
                .args(["-c", "eval \"$LINES_TO_READ\"; printf '%s\\0%s\\0' \"$A\" \"$B\""])
                .env("LINES_TO_READ", &lines)
                .stdin(Stdio::null())
                .output()
                .expect("it was found");
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            prop_assert_eq!(&said, &format!("{a}\0{b}\0"), "{}: {}", shell, lines);
            prop_assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        }
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}

/// The file of `$GITHUB_ENV` as its runner reads it: `NAME=VALUE`, or `NAME<<END`, lines, `END`.
fn as_runner(text: &str) -> Option<(String, String)> {
    let (head, rest) = text.split_once('\n')?;
    match (head.find('='), head.find("<<")) {
        (Some(equal), heredoc) if heredoc.is_none_or(|at| equal < at) => {
            rest.is_empty().then(|| (head[..equal].to_owned(), head[equal + 1..].to_owned()))
        }
        (_, Some(at)) => {
            let end = format!("\n{}\n", &head[at + 2..]);
            let whole = format!("\n{rest}");
            let stop = whole.find(&end)?;
            // nothing comes after the first end
            (stop + end.len() == whole.len())
                .then(|| (head[..at].to_owned(), whole[..stop].strip_prefix('\n').unwrap_or("").to_owned()))
        }
        _ => None,
    }
}

#[test]
fn the_runner_reads_each_value_back() {
    let ends = prop::collection::vec(
        prop::sample::select(&["HSM_END", "HSM_END_1", "\n", "=", "<<", "x", " "][..]),
        0..9,
    );
    let either = prop_oneof![value(), ends.prop_map(|pieces| pieces.concat())];
    let checked = runner(2000).run(&either, |value| {
        let lines = text::github("A", &value);
        prop_assert_eq!(as_runner(&lines), Some(("A".to_owned(), value)), "{}", lines);
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}
