//! Variables of the project: what `${VAR}` stands for on this machine, and what programs of the project see.
//!
//! Owns: `.env`, the order of those who set a variable (this process, then `.env`, then what packages set, then the
//! addresses of containers), and how variables are written for other programs. Refuses: files of the project that are
//! committed; no value gets into them.

mod dotenv;
pub mod needed;
mod problem;
mod programs;
pub mod text;
mod words;

use std::io;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Finding};
use crate::world::World;

pub use dotenv::{Lookup, Unreadable, Values, read};
pub use problem::{DotenvError, Problem};
pub use programs::{Environment, Incomplete, SetBy, Variable};
pub use words::{WordsError, words};

/// The user's file of variables, at the project's root. Not committed.
pub const FILE: &str = ".env";

/// What is set on this machine: in this process, and in `.env`.
#[derive(Clone)]
pub struct Variables<'a> {
    world: &'a dyn World,
    file: Values,
}

impl<'a> Variables<'a> {
    /// Reads `.env`, if there is one.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(root: &Path, world: &'a dyn World) -> Result<Self, Vec<Diagnostic>> {
        let file = match world.read(&root.join(FILE)) {
            Ok(bytes) => read(&bytes, &|name| world.env(name)).map_err(|unreadable| {
                let Unreadable { line, column, error } = unreadable;
                Finding::Environment(Problem::Dotenv { path: FILE, line, column, error })
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Values::new()),
            Err(error) => Err(Finding::Unreadable { path: FILE.to_owned(), why: error.to_string() }),
        };
        let file = file.map_err(|finding| vec![Diagnostic::missing(finding)])?;
        Ok(Self { world, file })
    }

    /// A variable's value.
    pub fn get(&self, name: &str) -> Option<String> {
        self.of_process(name).or_else(|| self.file.get(name).cloned())
    }

    /// What this process has.
    pub fn of_process(&self, name: &str) -> Option<String> {
        self.world.env(name)
    }

    /// What `.env` sets.
    pub fn of_file(&self) -> &Values {
        &self.file
    }
}
