//! What a package manager rejects: who brought in each requirement that it names, and what could be chosen instead.
//!
//! Owns: its look in every form. Refuses: the package manager's own words (they are told before), and trying anything.

use serde_json::{Value as Json, json};

use super::clash::Clash;
use super::conflict::{effects, quoted};
use super::json::{self, failure, statements};
use super::safe::one_line;
use super::{NOTE, STEP, Voice, err, github, typed};
use crate::explain::{Blame, Explanation, Fix, Instead};
use crate::load::Inputs;
use crate::manifest::edit::Change;
use crate::place::Sources;
use crate::statement::Statement;

impl Voice {
    /// Who brought in what a package manager says cannot hold together, and what could be chosen instead.
    pub(in crate::cli) fn blame(&self, inputs: &Inputs, tool: &str, blame: &Blame) {
        let sources = &inputs.sources;
        let help = help(tool, blame);
        self.log(|log| log.blame(sources, &title(tool), blame, &help));
        for (chain, number) in blame.chains.iter().zip(1..) {
            let what = requirement(chain);
            err(&format!("{NOTE}requirement {number}{NOTE:#}: {what}"));
            for line in quoted(sources, inputs.manifest.file, chain, self.verbose > 0, self.look) {
                err(&line);
            }
            self.annotate(|base| {
                github::requirement(sources, base, &message(sources, tool, chain, &help), chain)
            });
        }
        for instead in &blame.instead {
            let commands = commands_here(&instead.fix);
            let (says, why) = match &instead.unasked {
                None => (format!("{tool} finds a solution with this"), None),
                Some(why) => ("there is a stack without that".to_owned(), Some(why)),
            };
            err(&format!("{NOTE}help{NOTE:#}: {says}: {STEP}{commands}{STEP:#}"));
            if !instead.fix.effects.is_empty() {
                err(&format!("    then: {}", self.look.beside(&effects(&instead.fix.effects), 10)));
            }
            if let Some(why) = why {
                err(&format!(
                    "    {}",
                    self.look.beside(&format!("not tried with {tool}: {}", one_line(why)), 4)
                ));
            }
        }
        if let Some(text) = rejected(tool, blame) {
            err(&format!("{NOTE}note{NOTE:#}: {}", self.look.beside(&text, 6)));
        }
    }

    /// The same as JSON on standard output.
    pub(in crate::cli) fn blame_json(&self, sources: &Sources, blame: &Blame, message: &str) {
        let mut failure = failure(sources, &[], &Explanation::default(), message);
        failure["requirements"] = blame.chains.iter().map(|chain| statements(sources, chain)).collect();
        failure["instead"] =
            blame.instead.iter().zip(1..).map(|(one, number)| instead_json(sources, one, number)).collect();
        failure["rejected"] = json!(blame.rejected);
        self.json(&failure);
    }
}

fn instead_json(sources: &Sources, instead: &Instead, number: usize) -> Json {
    let mut one = json::fix(sources, &instead.fix, number);
    one["tried"] = json!(instead.unasked.is_none());
    one["not_tried_because"] = json!(instead.unasked);
    one
}

/// What to type for a fix that is an edit.
pub(in crate::cli) fn commands(fix: &Fix) -> Vec<String> {
    fix.changes().unwrap_or_default().into_iter().map(Change::command).collect()
}

/// The same in one line, as it has to be typed here.
pub(super) fn commands_here(fix: &Fix) -> String {
    commands(fix).iter().map(|command| typed(command)).collect::<Vec<_>>().join(" && ")
}

/// The line itself: what is required.
fn requirement(chain: &[Statement]) -> String {
    chain.last().map(|statement| one_line(&statement.claim.to_string())).unwrap_or_default()
}

fn title(tool: &str) -> String {
    format!("{tool} finds no versions of the packages that go together")
}

/// One requirement as a text: for forms that have room for a message only.
fn message(sources: &Sources, tool: &str, chain: &[Statement], help: &[String]) -> String {
    let clash = Clash {
        sources,
        title: format!("{} with this requirement: {}", title(tool), requirement(chain)),
        statements: chain.iter().collect(),
        options: &[],
        minimal: true,
        fixes: &[],
    };
    let lines = std::iter::once(clash.message()).chain(help.iter().map(|help| format!("help: {help}")));
    lines.collect::<Vec<_>>().join("\n")
}

/// What could be done, a line each.
fn help(tool: &str, blame: &Blame) -> Vec<String> {
    let each = blame.instead.iter().map(|instead| {
        let commands = commands(&instead.fix).join(" && ");
        match &instead.unasked {
            None => format!("{tool} finds a solution with `{commands}`"),
            Some(why) => format!(
                "there is a stack without that, with `{commands}`; it was not tried with {tool}: {}",
                one_line(why)
            ),
        }
    });
    each.chain(rejected(tool, blame)).collect()
}

fn rejected(tool: &str, blame: &Blame) -> Option<String> {
    match blame.rejected {
        0 => None,
        1 => Some(format!("another selection was tried; {tool} finds no solution with it either")),
        several => {
            Some(format!("{several} other selections were tried; {tool} finds no solution with them either"))
        }
    }
}
