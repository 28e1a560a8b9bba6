//! How the containers are: what Compose lists, against what the files say.
//!
//! Owns: the two questions to Compose, asked side by side, and how their answers are read. Refuses: changing anything, and
//! failing where Compose or its engine can't be asked: then it can't be told.
//!
//! Compose writes a hash of each service's configuration on its containers, and tells the one that the files have now. A
//! container whose image's name has moved on to another image is listed with that image's digest instead of the name.
//! Both answers are Compose's and the engine's own, so nothing here has to know how they are made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde_json::Value as Json;

use super::{commands, compose, depends, tool};
use crate::adapters::{About, Found, Layer, Mend, Run, State, Tool, ToolError};
use crate::names::ComponentId;
use crate::stack::Stack;
use crate::world::{Command, Outcome, World};
use crate::yaml::Node;

const HASH: &str = "com.docker.compose.config-hash";
const ONE_OFF: &str = "com.docker.compose.oneoff";

/// Longer than this nobody waits for an engine that does not answer.
const LIMIT: Duration = Duration::from_secs(20);

/// A container as Compose lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    service: String,
    state: String,
    health: String,
    code: i64,
    image: String,
    hash: Option<String>,
}

pub(super) fn of(stack: &Stack, root: &Path, world: &dyn World) -> Vec<Found> {
    let services = services(stack);
    let Ok(project) = compose::project(stack) else { return Vec::new() };
    let files = commands::files(&stack.project, commands::has_file(root, world));
    let expected = !services.is_empty() || !files.is_empty();
    let tool = match tool::find(root, world) {
        Ok(tool) => tool,
        // who has no containers need not hear that nobody can list them
        Err(_) if !expected => return Vec::new(),
        Err(error) => return vec![unknown(About::Containers, reason(&error))],
    };
    let ask = |args: Vec<String>| asked(&tool, args, root, world);
    let (hashes, listed) = std::thread::scope(|scope| {
        let hashes = scope.spawn(|| {
            let mut args = commands::call(&project, &files);
            args.extend(["config", "--hash", "*"].map(str::to_owned));
            if files.is_empty() { Ok(String::new()) } else { ask(args) }
        });
        let mut args = commands::call(&project, &[]);
        args.extend(["ps", "--all", "--no-trunc", "--format", "json"].map(str::to_owned));
        let listed = ask(args);
        (joined(hashes), listed)
    });
    let listed = match listed.and_then(|text| read(&text)) {
        Ok(listed) => listed,
        Err(_) if !expected => return Vec::new(),
        Err(why) => return vec![unknown(About::Containers, why)],
    };
    let words = std::iter::once(tool.program.to_string_lossy().into_owned()).chain(tool.prefix.clone());
    let call = words.chain(["--project-name".to_owned(), project]).collect::<Vec<_>>().join(" ");
    let compared = Compared { stack, services: &services, listed: &listed, call };
    compared.with(&hashes.map(|text| hashes_of(&text)))
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// The services that hsm runs, and whose they are.
fn services(stack: &Stack) -> BTreeMap<String, ComponentId> {
    let runs = stack.containers.iter().filter(|(_, c)| c.external.is_none() && c.definition.run);
    runs.map(|(id, container)| (container.definition.service_name.clone(), id.clone())).collect()
}

struct Compared<'a> {
    stack: &'a Stack,
    services: &'a BTreeMap<String, ComponentId>,
    listed: &'a [Listed],
    /// How a command of Compose for this project begins.
    call: String,
}

impl Compared<'_> {
    /// `hashes`: of each service that the files have.
    fn with(&self, hashes: &Result<BTreeMap<String, String>, String>) -> Vec<Found> {
        let mut found = Vec::new();
        let in_files: BTreeSet<&String> =
            hashes.iter().flat_map(BTreeMap::keys).chain(self.services.keys()).collect();
        if self.listed.is_empty() {
            if !in_files.is_empty() {
                let mend = Some(Mend::Up);
                found.push(Found {
                    layer: Layer::Containers,
                    what: State::Down { count: in_files.len() },
                    mend,
                });
            }
            return found;
        }
        for service in &in_files {
            let of: Vec<&Listed> = self.listed.iter().filter(|one| one.service == **service).collect();
            let hash = hashes.as_ref().map(|hashes| hashes.get(*service));
            let runs = if of.is_empty() { vec![Run::Absent] } else { self.runs(&of, hash.ok().flatten()) };
            for run in runs {
                let mend = self.mend(service, &run);
                let what = State::Container { name: self.shown(service), run };
                found.push(Found { layer: Layer::Containers, what, mend });
            }
            if let Ok(Some(hash)) = hash
                && self.reads_environment_files(service)
                && of.iter().any(|one| one.hash.as_ref().is_some_and(|have| have != hash))
            {
                let why = "Compose makes another hash of a service with `env_file` when it starts it";
                found.push(unknown(About::Config(self.shown(service)), why.to_owned()));
            }
        }
        if let Err(why) = hashes {
            found.push(unknown(About::Containers, why.clone()));
            return found;
        }
        let orphans: BTreeSet<&String> = self.listed.iter().map(|one| &one.service).collect();
        for name in orphans.difference(&in_files) {
            let mend = Some(if in_files.is_empty() { Mend::Down } else { Mend::Up });
            let what = State::Orphan { name: (*name).clone() };
            found.push(Found { layer: Layer::Containers, what, mend });
        }
        found
    }

    /// What is wrong with the containers of a service, each thing once.
    fn runs(&self, of: &[&Listed], hash: Option<&String>) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for one in of {
            let run = self.run(one, hash);
            runs.extend(run.filter(|run| !runs.contains(run)));
        }
        runs
    }

    fn run(&self, one: &Listed, hash: Option<&String>) -> Option<Run> {
        match one.state.as_str() {
            "running" => {}
            "exited" | "dead" if one.code == 0 && self.may_end(&one.service) => return None,
            "exited" | "dead" => return Some(Run::Ended(one.code)),
            other => return Some(Run::Stopped(other.to_owned())),
        }
        let other_config = hash.is_some() && one.hash.as_ref() != hash;
        if other_config && !self.reads_environment_files(&one.service) {
            return Some(Run::OtherConfig);
        }
        if one.image.starts_with("sha256:") {
            return Some(Run::OtherImage);
        }
        match one.health.as_str() {
            "unhealthy" => Some(Run::Unhealthy),
            "starting" => Some(Run::Starting),
            _ => None,
        }
    }

    /// Whether somebody waits for the end of a service: then it is meant to end.
    fn may_end(&self, service: &str) -> bool {
        let Some(id) = self.services.get(service) else { return true };
        let mut lines = self.stack.containers.values().flat_map(|c| &c.definition.depends_on);
        lines.any(|line| {
            let condition = line.how.as_ref().and_then(|how| how.get("condition")).and_then(Node::as_str);
            let ends = condition == Some("service_completed_successfully");
            ends && depends::targets(self.stack, line)
                .is_ok_and(|targets| targets.iter().any(|(target, _)| target == id))
        })
    }

    fn reads_environment_files(&self, service: &str) -> bool {
        let container = self.services.get(service).and_then(|id| self.stack.containers.get(id));
        container.is_none_or(|container| container.definition.compose.contains_key("env_file"))
    }

    fn shown(&self, service: &str) -> String {
        self.services.get(service).map_or_else(|| service.to_owned(), |id| id.name().to_string())
    }

    /// Starting is no help to a container that runs, or that is paused.
    fn mend(&self, service: &str, run: &Run) -> Option<Mend> {
        match run {
            Run::Starting => None,
            Run::Unhealthy => Some(Mend::Tool(format!("{} restart {service}", self.call))),
            Run::Stopped(word) if word == "paused" => {
                Some(Mend::Tool(format!("{} unpause {service}", self.call)))
            }
            _ => Some(self.services.get(service).map_or(Mend::Up, |id| Mend::UpOne(id.clone()))),
        }
    }
}

fn unknown(about: About, why: String) -> Found {
    Found { layer: Layer::Containers, what: State::Unknown { about, why }, mend: None }
}

fn reason(error: &ToolError) -> String {
    match error {
        ToolError::Missing { name, .. } => format!("{name} is not there"),
        other => other.to_string(),
    }
}

/// What Compose answers; the error in words behind "because".
fn asked(tool: &Tool, args: Vec<String>, root: &Path, world: &dyn World) -> Result<String, String> {
    let command = Command {
        program: tool.program.clone(),
        args: tool.prefix.iter().cloned().chain(args).collect(),
        dir: root.to_path_buf(),
        limit: Some(LIMIT),
        ..Command::default()
    };
    let outcome = world.run(&command).map_err(|error| error.to_string())?;
    if outcome.ok() {
        return Ok(String::from_utf8_lossy(&outcome.stdout).into_owned());
    }
    Err(refused(&outcome))
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

/// `NAME HASH`, one a line.
fn hashes_of(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    pairs.map(|(name, hash)| (name.to_owned(), hash.trim().to_owned())).collect()
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
    Listed {
        service: text("Service"),
        state: text("State").to_lowercase(),
        health: text("Health").to_lowercase(),
        code: json.get("ExitCode").and_then(Json::as_i64).unwrap_or_default(),
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
        let one = r#"{"Service":"a","State":"exited","ExitCode":3,"Health":"","Image":"x:1","Labels":"com.docker.compose.config-hash=12ab,com.docker.compose.oneoff=False"}"#;
        let run = one.replace("oneoff=False", "oneoff=True");
        let a = Listed {
            service: "a".to_owned(),
            state: "exited".to_owned(),
            health: String::new(),
            code: 3,
            image: "x:1".to_owned(),
            hash: Some("12ab".to_owned()),
        };
        assert_eq!(read(&format!("{one}\n{run}\n")), Ok(vec![a.clone()]));
        assert_eq!(read(&format!("[{one},{run}]")), Ok(vec![a]));
        assert_eq!(read(""), Ok(Vec::new()));
        assert!(read("no JSON").is_err());
        let hashes = hashes_of("a 12ab\nb  34cd\n");
        assert_eq!(hashes.get("b").map(String::as_str), Some("34cd"));
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
