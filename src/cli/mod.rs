//! The command line: what was typed in, words and exit codes out.
//!
//! Owns: arguments, the voice, exit codes, one small file for each command. Nobody imports it.

mod args;
mod exit;
mod voice;

pub use exit::Exit;
