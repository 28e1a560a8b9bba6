//! uv: the packages of the stack in `pyproject.toml`, locked and installed.
//!
//! Owns: hsm's entries in `pyproject.toml`, and how uv is called. Refuses: every other byte of that file, `uv.lock`
//! (uv's own) and choosing versions.

#[cfg(test)]
mod laws;
mod pyproject;
mod record;
mod splice;
mod trouble;

pub use splice::SpliceError;
pub use trouble::Trouble;
