//! Finding Compose, and what its failures mean.
//!
//! Owns: the oldest version that will do and how to get it. Refuses: installing.

use std::path::{Path, PathBuf};

use crate::adapters::{Tool, ToolError};
use crate::world::{Command, Outcome, World};

/// What is needed: `pull_policy`, `--wait`, `depends_on` with `required`, and `develop.watch` work from here on.
const NEED: (u64, u64) = (2, 22);

const NAME: &str = "Docker Compose";

/// Finds Compose: the plugin of `docker`, else a `docker-compose` of version 2.
pub(super) fn find(root: &Path, world: &dyn World) -> Result<Tool, ToolError> {
    let mut worst: Option<ToolError> = None;
    for (program, prefix) in [("docker", vec!["compose".to_owned()]), ("docker-compose", Vec::new())] {
        match try_one(program, prefix, root, world) {
            Ok(Some(tool)) => return Ok(tool),
            Ok(None) => {}
            // the first one that is there says most
            Err(error) => worst = worst.or(Some(error)),
        }
    }
    Err(worst.unwrap_or_else(|| ToolError::Missing { name: NAME.to_owned(), need: need(), how: how() }))
}

fn try_one(
    program: &str,
    prefix: Vec<String>,
    root: &Path,
    world: &dyn World,
) -> Result<Option<Tool>, ToolError> {
    let args = prefix.iter().cloned().chain(["version".to_owned(), "--short".to_owned()]).collect();
    let command =
        Command { program: PathBuf::from(program), args, dir: root.to_path_buf(), ..Command::default() };
    let outcome = match world.run(&command) {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ToolError::Broken { name: program.to_owned(), why: error.to_string() }),
    };
    if !outcome.ok() {
        // `docker` without the plugin
        return Ok(None);
    }
    let version = String::from_utf8_lossy(&outcome.stdout).trim().to_owned();
    match numbers(&version) {
        Some(found) if found >= NEED => {
            Ok(Some(Tool { program: PathBuf::from(program), prefix, version, installed: None }))
        }
        Some(_) => {
            Err(ToolError::TooOld { name: program.to_owned(), found: version, need: need(), how: how() })
        }
        None => Err(ToolError::Broken {
            name: program.to_owned(),
            why: format!("`{version}` was not understood as its version"),
        }),
    }
}

/// Major and minor of `2.26.1-4`, `v2.30.3-desktop.1`, `5.0.0`.
fn numbers(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.trim_start_matches('v').split('.');
    let number = |part: &str| part.split(['-', '+']).next().and_then(|digits| digits.parse().ok());
    Some((number(parts.next()?)?, number(parts.next()?)?))
}

fn need() -> String {
    format!("{}.{} or newer", NEED.0, NEED.1)
}

fn how() -> String {
    "Install the Compose plugin (https://docs.docker.com/compose/install/); on Debian and Ubuntu it is in the package \
     docker-compose-plugin or docker-compose-v2."
        .to_owned()
}

/// What a failed call means.
pub(super) fn explain(outcome: &Outcome) -> String {
    // a build says on standard output what its steps say
    let said = [&outcome.stdout, &outcome.stderr].map(|bytes| of_interest(&String::from_utf8_lossy(bytes)));
    let said = said.join("\n").trim().to_owned();
    let hints = [
        ("Cannot connect to the Docker daemon", "The engine does not run, or this user may not use it."),
        ("permission denied while trying to connect", "This user may not use the engine."),
        (
            "port is already allocated",
            "Another program holds a port: stop it, or publish another port in hsm.yaml.",
        ),
        (
            "address already in use",
            "Another program holds a port: stop it, or publish another port in hsm.yaml.",
        ),
        ("pull access denied", "The image is not there, or needs a login."),
        ("manifest unknown", "The image exists, but not with this tag."),
        ("no space left on device", "The disk is full."),
    ];
    let hint = hints.iter().find(|(part, _)| said.contains(part)).map(|(_, hint)| *hint);
    let ended = match (outcome.code, outcome.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit code".to_owned(),
    };
    let mut text = format!("{NAME} ended with {ended}");
    for line in [hint.unwrap_or_default(), said.as_str()].into_iter().filter(|line| !line.is_empty()) {
        text.push('\n');
        text.push_str(line);
    }
    text
}

/// What was said, without how far each container, network and so on had come: ` Container x-1  Started`.
fn of_interest(said: &str) -> String {
    let is_progress = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        matches!(words.as_slice(), ["Container" | "Network" | "Volume" | "Image", _, _])
    };
    said.lines().filter(|line| !is_progress(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Rehearsal;

    fn said(text: &'static str) -> impl Fn(&Command, &mut crate::world::Disk) -> std::io::Result<Outcome> {
        move |_, _| Ok(Outcome { stdout: text.as_bytes().to_vec(), ..Outcome::code(0) })
    }

    #[test]
    fn a_failure_has_its_code_a_hint_and_all_that_was_said_but_progress() {
        let outcome = Outcome {
            stdout: b"Step 1/2 : RUN x\n".to_vec(),
            stderr: b" Network a_default  Created\n Container a-1  Error\nport is already allocated\n"
                .to_vec(),
            ..Outcome::code(1)
        };
        assert_eq!(
            explain(&outcome),
            "Docker Compose ended with exit code 1\n\
             Another program holds a port: stop it, or publish another port in hsm.yaml.\n\
             Step 1/2 : RUN x\nport is already allocated"
        );
    }

    #[test]
    fn versions_are_read() {
        for (text, expect) in [
            ("2.26.1-4", Some((2, 26))),
            ("v2.30.3-desktop.1", Some((2, 30))),
            ("5.0.0", Some((5, 0))),
            ("1.29.2", Some((1, 29))),
            ("2.20", Some((2, 20))),
            ("dev", None),
            ("", None),
        ] {
            assert_eq!(numbers(text), expect, "{text}");
        }
    }

    #[test]
    fn the_plugin_comes_first_and_the_old_python_program_will_not_do() {
        let root = Rehearsal::root();
        let none: [(&str, &str); 0] = [];
        let world = || Rehearsal::with(none);
        let missing = find(&root, &world()).unwrap_err();
        assert!(matches!(missing, ToolError::Missing { .. }), "{missing}");

        let both = world().program("docker", said("2.26.1-4\n")).program("docker-compose", said("1.29.2"));
        let tool = find(&root, &both).unwrap();
        assert_eq!(
            (tool.program.to_str(), tool.prefix.as_slice()),
            (Some("docker"), &["compose".to_owned()][..])
        );

        let no_plugin = world().program("docker", |_, _| Ok(Outcome::code(1)));
        let old = no_plugin.program("docker-compose", said("1.29.2"));
        let error = find(&root, &old).unwrap_err();
        assert!(matches!(&error, ToolError::TooOld { found, .. } if found == "1.29.2"), "{error}");

        let before_watch = world().program("docker", said("2.21.0"));
        let error = find(&root, &before_watch).unwrap_err();
        assert!(error.to_string().contains("2.22 or newer"), "{error}");

        let alone = world().program("docker-compose", said("v2.22.0"));
        assert_eq!(find(&root, &alone).unwrap().prefix, Vec::<String>::new());
    }
}
