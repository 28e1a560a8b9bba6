//! Asking Compose, and its list of a project's containers.
//!
//! Owns: how long an answer may take, how the list is read, whatever version made it, and why there is none. Refuses: what
//! it means.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::Value as Json;

use super::commands;
use crate::adapters::Tool;
use crate::world::{Command, Outcome, World};

const HASH: &str = "com.docker.compose.config-hash";
const ONE_OFF: &str = "com.docker.compose.oneoff";

/// Longer than this nobody waits for an engine that does not answer.
const LIMIT: Duration = Duration::from_secs(20);

/// Once a container has run for so many seconds, the engine itself takes it for well.
const YOUNG: u8 = 10;

/// A container as Compose lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) service: String,
    pub(super) state: String,
    pub(super) health: String,
    pub(super) code: i64,
    /// Whether it was started in the last seconds, and it is too early to say that it will stay.
    pub(super) is_young: bool,
    pub(super) image: String,
    pub(super) hash: Option<String>,
}

/// The containers that a project has, running or not; the error in words behind "because".
pub(super) fn all(tool: &Tool, project: &str, root: &Path, world: &dyn World) -> Result<Vec<Listed>, String> {
    let mut args = commands::call(project, &[]);
    args.extend(["ps", "--all", "--no-trunc", "--format", "json"].map(str::to_owned));
    read(&asked(tool, args, root, world)?)
}

/// What Compose answers; the error in words behind "because".
pub(super) fn asked(
    tool: &Tool,
    args: Vec<String>,
    root: &Path,
    world: &dyn World,
) -> Result<String, String> {
    let outcome = ended(tool, args, root, world).map_err(|error| error.to_string())?;
    if outcome.ok() {
        return Ok(String::from_utf8_lossy(&outcome.stdout).into_owned());
    }
    Err(refused(&outcome))
}

/// How a question to Compose ended.
pub(super) fn ended(tool: &Tool, args: Vec<String>, root: &Path, world: &dyn World) -> io::Result<Outcome> {
    world.run(&Command {
        program: tool.program.clone(),
        args: tool.prefix.iter().cloned().chain(args).collect(),
        dir: root.to_path_buf(),
        limit: Some(LIMIT),
        ..Command::default()
    })
}

fn refused(outcome: &Outcome) -> String {
    if outcome.code.is_none() {
        return "the engine does not answer".to_owned();
    }
    let said = String::from_utf8_lossy(&outcome.stderr);
    let said = if said.contains("permission denied while trying") {
        "this user may not use the engine"
    } else if said.contains("Cannot connect to the") {
        "the engine does not run"
    } else {
        // warnings come first
        said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("Compose does not say why")
    };
    said.replace(char::is_control, "\u{fffd}")
}

/// One object a line; up to Compose 2.20 all of them in one list.
fn read(text: &str) -> Result<Vec<Listed>, String> {
    let parsed = |text: &str| {
        serde_json::from_str::<Json>(text).map_err(|_| "Compose's list was not understood".to_owned())
    };
    let all = if text.trim_start().starts_with('[') {
        parsed(text)?.as_array().cloned().unwrap_or_default()
    } else {
        text.lines().filter(|line| !line.trim().is_empty()).map(parsed).collect::<Result<Vec<_>, _>>()?
    };
    let one_off = |json: &&Json| label(json, ONE_OFF).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    Ok(all.iter().filter(|json| !one_off(json)).map(listed).collect())
}

fn listed(json: &Json) -> Listed {
    let text = |key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    // of one that is between two starts only the words have it: `Restarting (3) 2 seconds ago`
    let status = text("Status");
    let restarted = status.strip_prefix("Restarting (").and_then(|rest| rest.split_once(')'));
    let restarted = restarted.and_then(|(code, _)| code.parse().ok());
    let is_young = status.strip_prefix("Up ").is_some_and(|time| {
        let seconds = time.strip_suffix(" seconds").or(time.strip_suffix(" second"));
        time == "Less than a second" || seconds.and_then(|n| n.parse().ok()).is_some_and(|n: u8| n < YOUNG)
    });
    Listed {
        is_young,
        id: text("ID"),
        service: text("Service"),
        state: text("State").to_lowercase(),
        health: text("Health").to_lowercase(),
        code: restarted.or_else(|| json.get("ExitCode")?.as_i64()).unwrap_or_default(),
        image: text("Image"),
        hash: label(json, HASH),
    }
}

/// A label, from a text `KEY=VALUE,…` or from a mapping.
fn label(json: &Json, key: &str) -> Option<String> {
    match json.get("Labels")? {
        Json::String(text) => {
            let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| *name == key).map(|(_, value)| value.to_owned()).next()
        }
        labels => labels.get(key).and_then(Json::as_str).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_old_and_new_versions_are_read_and_single_runs_are_left_out() {
        let one = r#"{"ID":"1","Service":"a","State":"exited","ExitCode":3,"Health":"","Image":"x:1","Labels":"com.docker.compose.config-hash=12ab,com.docker.compose.oneoff=False"}"#;
        let run = one.replace("oneoff=False", "oneoff=True");
        let a = Listed {
            id: "1".to_owned(),
            service: "a".to_owned(),
            state: "exited".to_owned(),
            health: String::new(),
            code: 3,
            is_young: false,
            image: "x:1".to_owned(),
            hash: Some("12ab".to_owned()),
        };
        assert_eq!(read(&format!("{one}\n{run}\n")), Ok(vec![a.clone()]));
        assert_eq!(read(&format!("[{one},{run}]")), Ok(vec![a]));
        let again =
            r#"{"Service":"a","State":"restarting","ExitCode":0,"Status":"Restarting (4) 2 seconds ago"}"#;
        assert_eq!(read(again).map(|all| all[0].code), Ok(4));
        for (status, is_young) in [
            ("Up Less than a second", true),
            ("Up 1 second", true),
            ("Up 9 seconds", true),
            ("Up 10 seconds", false),
            ("Up 3 minutes", false),
            ("Up 2 seconds (healthy)", false),
            ("Exited (3) 2 seconds ago", false),
        ] {
            let text = format!(r#"{{"Service":"a","State":"running","Status":"{status}"}}"#);
            assert_eq!(read(&text).map(|all| all[0].is_young), Ok(is_young), "{status}");
        }
        assert_eq!(read(""), Ok(Vec::new()));
        assert!(read("no JSON").is_err());
    }

    #[test]
    fn what_a_failure_means_is_said_on_one_line() {
        let said = |text: &str| refused(&Outcome { stderr: text.as_bytes().to_vec(), ..Outcome::code(1) });
        assert_eq!(
            said("Cannot connect to the Docker daemon at unix:///x. Is it running?\n"),
            "the engine does not run"
        );
        assert_eq!(said("a warning\n\nlast \u{1b}[31mwords\n"), "last \u{fffd}[31mwords");
        assert_eq!(said(""), "Compose does not say why");
    }
}
