//! Laws of resolution over random small projects that use every feature.
//!
//! - `agreement`: existence, validity, reasons and the very best solution, against trying everything.
//! - `same`: what must not change a byte, and what must not change an answer.
//! - `coverage`: every feature decides somewhere.
//! - `limits`: what can never lose a solution.
//! - `arguments`: the statements of a conflict, and the reasons of what is present.
//!
//! The number of projects is multiplied by `HSM_LAWS`; `HSM_SEED` tries one alone.

mod agreement;
mod arguments;
mod case;
mod coverage;
mod limits;
mod same;
