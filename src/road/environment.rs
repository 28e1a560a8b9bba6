//! What programs of the project see on this machine.
//!
//! Owns: reading the variables for a stack. Refuses: writing them anywhere.

use std::path::Path;

use super::{Resolved, Road, Stop, adapter};
use crate::container::variable;
use crate::diagnostic::Diagnostic;
use crate::environment::needed::{self, Use};
use crate::environment::{Environment, SetBy, Variables};
use crate::load;
use crate::lock;
use crate::names::{ComponentId, Kind};
use crate::place::{At, Sources};
use crate::registry::Entry;
use crate::world::{Command, OutputTo};

/// A program that a package of the stack names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entrypoint<'r> {
    /// Whose.
    pub package: &'r ComponentId,
    /// Its name.
    pub name: &'r str,
    /// Its command, as it is written.
    pub command: &'r str,
}

impl Entrypoint<'_> {
    /// The name by which it is told from those of other packages: `PACKAGE:NAME`.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.package.name(), self.name)
    }

    /// Whether it is what somebody typed.
    pub fn is_called(&self, typed: &str) -> bool {
        typed == self.name || typed == self.full_name()
    }
}

impl Resolved {
    /// What packages of the stack set, hsm's own variables being replaced, where it is written.
    fn values_of_packages(&self) -> Vec<Use> {
        let mut all = Vec::new();
        for (id, package) in &self.solved.stack.packages {
            let Some(Entry::Package(entry)) = self.inputs.component(id) else { continue };
            let written = entry.env.iter().filter_map(|(name, value)| {
                let filled = package.env.get(&name.value)?;
                Some(Use { by: id.clone(), value: At::new(filled.clone(), value.place) })
            });
            all.extend(written);
        }
        all
    }

    /// The programs that packages of the stack name, by package.
    pub fn entrypoints(&self) -> Vec<Entrypoint<'_>> {
        let packages = self.solved.stack.packages.keys().filter_map(|id| match self.inputs.component(id) {
            Some(Entry::Package(package)) => Some((id, package)),
            _ => None,
        });
        packages
            .flat_map(|(package, entry)| {
                entry.entrypoints.iter().map(move |(name, command)| Entrypoint {
                    package,
                    name: &name.value,
                    command: &command.value,
                })
            })
            .collect()
    }
}

impl Road<'_> {
    /// What is set on this machine.
    pub fn variables(&self) -> Result<Variables<'_>, Stop> {
        Variables::read(self.root, self.world)
            .map_err(|diagnostics| Stop::Wrong(load::Report { sources: Sources::new(), diagnostics }))
    }

    /// What programs of the project see.
    pub fn environment(&self, resolved: &Resolved, variables: &Variables<'_>) -> Result<Environment, Stop> {
        Environment::of(&resolved.solved.stack, variables).map_err(|diagnostics| {
            Stop::Wrong(load::Report { sources: resolved.inputs.sources.clone(), diagnostics })
        })
    }

    /// A program, its arguments behind it, as it is started in a directory with the project's environment. None of a
    /// word's text is looked at.
    ///
    /// # Errors
    /// There is no such package manager.
    pub fn program(
        &self,
        resolved: &Resolved,
        environment: &Environment,
        words: &[String],
        dir: &Path,
    ) -> Result<Command, Stop> {
        let adapter = adapter(Kind::Package, &resolved.inputs.manifest, &resolved.inputs.sources)?;
        let own = environment.variables.iter().filter(|(_, variable)| variable.by != SetBy::Process);
        let mut env: Vec<(String, String)> =
            own.map(|(name, variable)| (name.clone(), variable.value.clone())).collect();
        let mut env_remove = Vec::new();
        if let Some(programs) = adapter.programs(self.root, self.world) {
            let path =
                self.world.env("PATH").or_else(|| Some(environment.variables.get("PATH")?.value.clone()));
            let dirs = [Some(programs.dir.to_string_lossy().into_owned()), path];
            env.push(("PATH".to_owned(), dirs.into_iter().flatten().collect::<Vec<_>>().join(":")));
            env.extend(programs.env);
            env_remove = programs.env_remove;
        }
        let mut words = words.iter().cloned();
        Ok(Command {
            program: words.next().unwrap_or_default().into(),
            args: words.collect(),
            dir: dir.to_owned(),
            env,
            env_remove,
            stdin: None,
            output: OutputTo::Inherited,
            limit: None,
            silence: None,
        })
    }

    /// The variables that containers, and with `programs` packages too, need and that are not set, each with its places.
    /// Errors are for who refuses to go on; else they are warnings.
    pub fn unset(
        &self,
        resolved: &Resolved,
        variables: &Variables<'_>,
        programs: bool,
        refuse: bool,
    ) -> Result<Vec<Diagnostic>, Stop> {
        let stack = &resolved.solved.stack;
        let lookup = |name: &str| variables.get(name);
        let adapter = adapter(Kind::Container, &resolved.inputs.manifest, &resolved.inputs.sources)?;
        let wrong =
            |diagnostics| Stop::Wrong(load::Report { sources: resolved.inputs.sources.clone(), diagnostics });
        let written = match adapter.lifecycle() {
            Some(lifecycle) => lifecycle.unset(stack, &lookup).map_err(wrong)?,
            None => Vec::new(),
        };
        let mut uses = needed::of_containers(stack);
        if programs {
            uses.extend(resolved.values_of_packages());
        } else {
            // an external container's address matters where it is written
            let is_written = |one: &Use| {
                let unset = variable::resolve(&one.value.value, &lookup).unset;
                unset.iter().all(|unset| written.iter().any(|other| other.name == unset.name))
            };
            uses.retain(is_written);
        }
        Ok(needed::unset(&uses, &written, &lookup, refuse))
    }

    /// Whether what was solved is what is locked.
    ///
    /// # Errors
    /// Nothing is locked yet.
    pub fn is_locked(&self, resolved: &Resolved) -> Result<bool, Stop> {
        let held = self.world.read(&self.root.join(lock::FILE)).map_err(|_| Stop::NotLocked)?;
        Ok(held == lock::render(&resolved.inputs, &resolved.solved.stack).as_bytes())
    }
}
