//! What programs of the project see on this machine.
//!
//! Owns: reading the variables for a stack. Refuses: writing them anywhere.

use super::{Resolved, Road, Stop};
use crate::environment::{Environment, Variables};
use crate::load;
use crate::lock;
use crate::place::Sources;

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

    /// Whether what was solved is what is locked.
    ///
    /// # Errors
    /// Nothing is locked yet.
    pub fn is_locked(&self, resolved: &Resolved) -> Result<bool, Stop> {
        let held = self.world.read(&self.root.join(lock::FILE)).map_err(|_| Stop::NotLocked)?;
        Ok(held == lock::render(&resolved.inputs, &resolved.solved.stack).as_bytes())
    }
}
