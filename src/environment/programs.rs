//! What programs of the project see.
//!
//! Owns: the union of all who set variables, and who wins. Refuses: running anything.

use std::collections::BTreeMap;

use super::{Problem, Variables};
use crate::address::Addresses;
use crate::container::brace;
use crate::container::variable::{self, Unset};
use crate::diagnostic::{Diagnostic, Finding};
use crate::names::ComponentId;
use crate::secret;
use crate::stack::Stack;

/// Who sets a variable; who wins stands first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetBy {
    /// The process that hsm was started by.
    Process,
    /// `.env`.
    File,
    /// The `env` of a package, or the address of a container.
    Component(ComponentId),
}

/// A variable of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its value, with nothing left to be replaced.
    pub value: String,
    /// Who sets it.
    pub by: SetBy,
    /// Whether its value is to be kept out of logs.
    pub secret: bool,
}

/// A variable whose value cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// Who sets it.
    pub from: ComponentId,
    /// What it needs.
    pub unset: Vec<Unset>,
}

/// What programs of the project see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// Its variables, by name.
    pub variables: BTreeMap<String, Variable>,
    /// Those that are left out, since their values need variables that are not set.
    pub incomplete: BTreeMap<String, Incomplete>,
}

impl Environment {
    /// What is said of those that are left out, one for each variable that is not set.
    pub fn unset(&self) -> Vec<Diagnostic> {
        let mut needs: BTreeMap<&Unset, Vec<String>> = BTreeMap::new();
        for (name, incomplete) in &self.incomplete {
            for unset in &incomplete.unset {
                needs.entry(unset).or_default().push(format!("`{name}` of {}", incomplete.from));
            }
        }
        let problem = |(unset, needs): (&Unset, Vec<String>)| Problem::Unset {
            name: unset.name.clone(),
            message: unset.message.clone().filter(|message| !message.is_empty()),
            needs: needs.join(", "),
        };
        needs.into_iter().map(|one| Diagnostic::general(Finding::Environment(problem(one)))).collect()
    }

    /// What is set for a stack on this machine.
    ///
    /// # Errors
    /// Two components set one variable to different values.
    pub fn of(stack: &Stack, variables: &Variables<'_>) -> Result<Self, Vec<Diagnostic>> {
        let given = Addresses::of(stack)?.of_programs()?;
        let mut all = Self::default();
        for name in variables.of_file().keys().chain(given.keys()) {
            let process = variables.of_process(name).map(|value| (value, SetBy::Process));
            let file = || variables.of_file().get(name).map(|value| (value.clone(), SetBy::File));
            if let Some((value, by)) = process.or_else(file) {
                all.variables.insert(name.clone(), Variable { value, by, secret: true });
                continue;
            }
            let Some(given) = given.get(name) else { continue };
            let resolved = variable::resolve(&given.value, &|name| variables.get(name));
            if !resolved.unset.is_empty() {
                let incomplete = Incomplete { from: given.from.clone(), unset: resolved.unset };
                all.incomplete.insert(name.clone(), incomplete);
                continue;
            }
            let variable = Variable {
                // what came from this machine is in it
                secret: brace::is_open(&given.value)
                    || secret::looks_secret(name)
                    || secret::is_literal(name, &resolved.text),
                value: resolved.text,
                by: SetBy::Component(given.from.clone()),
            };
            all.variables.insert(name.clone(), variable);
        }
        Ok(all)
    }
}

impl SetBy {
    /// The name by which data calls it.
    pub fn name(&self) -> String {
        match self {
            Self::Process => "process".to_owned(),
            Self::File => super::FILE.to_owned(),
            Self::Component(id) => id.to_string(),
        }
    }
}
