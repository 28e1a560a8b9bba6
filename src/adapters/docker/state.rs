//! How the containers are: what Compose lists, against what the files say.
//!
//! Owns: the two questions to Compose, asked side by side, and what their answers mean. Refuses: changing anything, and
//! failing where Compose or its engine can't be asked: then it can't be told.
//!
//! Compose writes a hash of each service's configuration on its containers, and tells the one that the files have now. A
//! container whose image's name has moved on to another image is listed with that image's digest instead of the name.
//! Both answers are Compose's and the engine's own, so nothing here has to know how they are made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::listed::{self, Listed};
use super::{commands, compose, depends, tool};
use crate::adapters::{About, Found, Layer, Mend, Run, State, ToolError};
use crate::names::ComponentId;
use crate::stack::Stack;
use crate::world::World;

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
    let (hashes, listed) = std::thread::scope(|scope| {
        let hashes = scope.spawn(|| {
            let mut args = commands::call(&project, &files);
            args.extend(["config", "--hash", "*"].map(str::to_owned));
            if files.is_empty() { Ok(String::new()) } else { listed::asked(&tool, args, root, world) }
        });
        let listed = listed::all(&tool, &project, root, world);
        (joined(hashes), listed)
    });
    let listed = match listed {
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
pub(super) fn services(stack: &Stack) -> BTreeMap<String, ComponentId> {
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

    /// Whether a service is meant to end.
    fn may_end(&self, service: &str) -> bool {
        self.services.get(service).is_none_or(|id| depends::is_to_end(self.stack, id))
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

/// `NAME HASH`, one a line.
fn hashes_of(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    pairs.map(|(name, hash)| (name.to_owned(), hash.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_read_by_service() {
        let hashes = hashes_of("a 12ab\nb  34cd\n");
        assert_eq!(hashes.get("b").map(String::as_str), Some("34cd"));
    }
}
