//! Hyper Stack Manager: one solve and one transaction for Python packages and the containers they need.
//!
//! The road, in order; each stage has its own type, each type one maker, and the arrows run one way:
//!
//! ```text
//! load → compile → solve → plan → order → execute → finalize
//! ```

pub mod adapters;
pub mod address;
pub mod cli;
pub mod compare;
pub mod compile;
pub mod container;
pub mod diagnostic;
pub mod environment;
pub mod example;
pub mod execute;
pub mod explain;
pub mod fields;
pub mod finalize;
pub mod load;
pub mod lock;
pub mod manifest;
pub mod names;
pub mod order;
pub mod outdated;
pub mod place;
pub mod plan;
pub mod pyproject;
pub mod registry;
pub mod requirement;
pub mod road;
pub mod schema;
pub mod secret;
pub mod shape;
pub mod solve;
pub mod stack;
pub mod statement;
pub mod transaction;
pub mod validate;
pub mod version;
pub mod world;
pub mod yaml;
