//! Laws of resolution over random small projects that use every feature.
//!
//! - `agreement`: existence, validity, reasons and the very best solution, against trying everything.
//! - `registry`: what is proved about a registry by itself.
//! - `same`: what must not change a byte, and what must not change an answer.
//! - `again`: compiling another manifest over what is compiled already.
//! - `changed`: what is said of a change of a registry.
//! - `coverage`: every feature decides somewhere.
//! - `explained`: fixes of conflicts, and why something is there or not.
//! - `limits`: what can never lose a solution.
//! - `arguments`: the statements of a conflict, and the reasons of what is present.
//! - `controls`: that the laws can fail: each of many wrong ways to compile, or wrong answers, is caught.
//! - `witnesses`: the stacks that show what is proved about a registry.
//!
//! The number of projects is multiplied by `HSM_LAWS`; `HSM_SEED` tries one alone.

mod again;
mod agreement;
mod arguments;
mod case;
mod changed;
mod controls;
mod coverage;
mod explained;
mod follows;
mod limits;
mod registry;
mod same;
mod witnesses;
