//! A stupid second opinion on what hsm resolves.
//!
//! - [`model`]: a small project as data: manifest, registry, lock, and what lies around them.
//! - [`grow`]: random ones; the same seed gives the same project everywhere.
//! - [`mod@change`]: one small change of a registry.
//! - [`features`]: what each project can be written without.
//! - [`mod@write`]: the files that a user would have written.
//! - [`judge`]: what the rules say of it, read off the model by trying everything.
//!
//! It is a crate of its own so that it cannot see hsm: no reader, no encoding, no search is shared.

pub mod change;
pub mod dice;
pub mod features;
pub mod grow;
pub mod judge;
pub mod model;
pub mod versions;
pub mod write;

pub use dice::Dice;
