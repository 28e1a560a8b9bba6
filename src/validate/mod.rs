//! Validate: what is true of a registry whatever a project wants of it.
//!
//! Owns: which questions are put to the solver about a registry, and the findings that follow. Refuses: guessing. What is
//! reported as impossible was refuted by the solver, with the smallest set of lines that refutes it; what it could
//! not decide within its bound of work is reported as that.
//!
//! - `cases`: the tests that a registry brings along.
//! - `lineage`: what takes the place of what.
//! - `lost`: what one state of a registry allowed and another does not.
//! - `params`: which params several entries set.
//! - `questions`: what is asked of every group and every component.
//! - `report`: from answers to findings.
//! - `upkeep`: what is careless in entries.
//! - `witnesses`: stacks that show what the findings say.
//!
//! A project may demand anything of a registry, but also lay its own ports over a container and constrain versions. Only
//! the registry's own lines count here: with `ports` of its own, a project may well have two containers that clash here.

pub mod cases;
mod lineage;
mod lost;
mod params;
mod questions;
mod report;
mod upkeep;
mod witnesses;

use std::path::Path;

pub use lost::{Possible, lost, possible};
pub use questions::MOST_OPTIONS;

use crate::compile::compile;
use crate::diagnostic::{Diagnostic, Finding, Severity, Wiring};
use crate::load::{self, Inputs, Shelf};
use crate::names::TargetId;
use crate::solve::{NoStack, survey};
use questions::Questions;

/// What is to be found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Also which options of different groups never go together.
    pub pairs: bool,
}

/// What was found out.
#[derive(Debug)]
pub struct Validation {
    /// What was read.
    pub inputs: Inputs,
    /// What is wrong, and what is worth knowing.
    pub findings: Vec<Diagnostic>,
    /// How many questions were answered.
    pub asked: usize,
    /// How many groups have so many options that pairs of them were not asked about.
    pub uncompared: usize,
}

impl Validation {
    /// How many components and groups were looked at.
    pub fn entries(&self) -> usize {
        self.inputs.entries.len() + self.inputs.absent.len()
    }

    /// How many groups were looked at.
    pub fn groups(&self) -> usize {
        self.inputs.entries.keys().filter(|target| matches!(target, TargetId::Group(_))).count()
    }
}

/// Reads the registries as a whole and finds out what is wrong with them.
///
/// # Errors
/// When the user asks to stop, or the registries are too large to be asked about.
pub fn validate(
    root: &Path,
    shelf: Shelf<'_>,
    wanted: Wanted,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Validation, NoStack> {
    let Some((inputs, found)) = load::whole(root, shelf) else { return Err(NoStack::Interrupted) };
    let mut findings: Vec<Diagnostic> = found.into_iter().map(judged).collect();
    findings.extend(upkeep::all(&inputs));
    findings.extend(lineage::all(&inputs));
    let mut compiled = compile(&inputs);
    let questions = Questions::new(&inputs, &mut compiled, wanted.pairs);
    let answers = survey(&inputs, &compiled, (&questions.demands, &questions.pairs), interrupted)?;
    findings.extend(report::report(&inputs, &mut compiled, &questions, &answers, interrupted)?);
    let asked = questions.demands.len() + questions.pairs.len();
    Ok(Validation { inputs, findings, asked, uncompared: questions.uncompared })
}

/// What a project only hears as a warning, since it may never meet it, is an error of the registry: a name of something
/// that is not there.
fn judged(found: Diagnostic) -> Diagnostic {
    let dangles = match &found.finding {
        Finding::Wiring(wiring) => matches!(wiring, Wiring::NotFound { .. } | Wiring::UnknownOption { .. }),
        Finding::UnknownProfile { .. } => true,
        _ => false,
    };
    if dangles { Diagnostic { severity: Severity::Error, ..found } } else { found }
}
