//! Problems to measure with, and the solvers that hsm's is measured against. Only benches and tests use this crate.

pub mod engines;
pub mod instances;
