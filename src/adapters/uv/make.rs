//! A new local package, made by uv.
//!
//! Owns: how uv is asked for one. Refuses: registering it, and removing what a failed run left behind.

use std::path::Path;

use super::{NOT_FROM_THE_SHELL, Uv, tool};
use crate::adapters::{Maker, NewPackage, NotMade, Settings, Tool, ToolError};
use crate::world::{Command, World};

impl Maker for Uv {
    /// No workspace, no repository and no pinned Python: it is a package of the project around it.
    fn make(
        &self,
        new: &NewPackage<'_>,
        root: &Path,
        settings: &Settings,
        world: &dyn World,
    ) -> Result<Tool, NotMade> {
        let tool = tool::find(root, settings, world)?;
        let mut args: Vec<String> = ["--color", "never", "--no-progress", "init", "--no-workspace"]
            .into_iter()
            .chain(["--vcs", "none", "--no-pin-python"])
            .chain(if new.program { ["--app", "--package"].as_slice() } else { &["--lib"] }.iter().copied())
            .map(str::to_owned)
            .collect();
        args.extend(["--name".to_owned(), new.name.to_string()]);
        args.extend(new.description.iter().map(|text| format!("--description={text}")));
        args.extend(new.python.iter().map(|spec| format!("--python={spec}")));
        args.extend(settings.offline.then(|| "--offline".to_owned()));
        args.extend(["--".to_owned(), new.dir.to_string_lossy().into_owned()]);
        let command = Command {
            program: tool.program.clone(),
            args: tool.prefix.iter().cloned().chain(args).collect(),
            dir: root.to_owned(),
            env_remove: NOT_FROM_THE_SHELL.map(str::to_owned).into(),
            ..Command::default()
        };
        let outcome = world
            .run(&command)
            .map_err(|error| ToolError::Broken { name: "uv".to_owned(), why: error.to_string() })?;
        if outcome.ok() {
            return Ok(tool);
        }
        let said = String::from_utf8_lossy(&outcome.stderr);
        let words: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let words = if words.is_empty() { "it said nothing".to_owned() } else { words.join("; ") };
        Err(NotMade::Failed(format!("`uv init` failed: {}", words.replace(|c: char| c.is_control(), " "))))
    }
}
