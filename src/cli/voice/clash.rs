//! A conflict in the form that was asked for.
//!
//! Owns: the plain data that all forms of a conflict are made from. Refuses: finding it, and finding what mends it.

use std::fmt::Write as _;

use super::safe::one_line;
use crate::names::{ComponentId, GroupId};
use crate::place::{Place, Sources};
use crate::statement::Statement;

/// Statements that cannot hold together, and what would mend that.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Clash<'a> {
    /// The texts that the statements come from.
    pub sources: &'a Sources,
    /// What they come down to, in one sentence.
    pub title: String,
    /// The statements, in the order of the argument.
    pub statements: Vec<&'a Statement>,
    /// The groups whose options are counted, with these.
    pub options: &'a [(GroupId, Vec<ComponentId>)],
    /// Whether the others can hold together without any one of them.
    pub minimal: bool,
    /// What would mend it, the gentlest first.
    pub fixes: &'a [Fix],
}

/// One way to mend a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Fix {
    /// What to change, as a sentence.
    pub title: String,
    /// Commands to paste, or lines to write, in their order.
    pub commands: Vec<String>,
    /// What would change in the stack, one change each.
    pub effects: Vec<String>,
}

impl Clash<'_> {
    /// Where an editor should point: the first statement of the user's own, else the first that stands anywhere.
    pub(super) fn place(&self) -> Option<Place> {
        let mut places = self.statements.iter().filter_map(|statement| statement.place);
        let own =
            |place: &Place| self.sources.get(place.file).is_some_and(|source| source.path == "hsm.yaml");
        places.clone().find(own).or_else(|| places.next())
    }

    /// All of it as one text: for forms that have room for a message only.
    pub(super) fn message(&self) -> String {
        let mut out = format!("{}:", self.title);
        for (number, statement) in self.statements.iter().enumerate() {
            let at = statement.place.map(|place| format!(" ({})", self.sources.position(place)));
            // writing to a string cannot fail
            let _ = write!(
                out,
                "\n{}. {}{}",
                number + 1,
                one_line(&statement.claim.to_string()),
                at.unwrap_or_default()
            );
        }
        for fix in self.fixes {
            let _ = write!(out, "\nfix: {}", fix.title);
            for command in &fix.commands {
                let _ = write!(out, "\n  {command}");
            }
        }
        out
    }
}
