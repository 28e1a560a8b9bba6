//! The file, the plan and the commands, without any program; in `random` and `real` what programs say to them.

mod plan;
mod random;
mod real;
mod text;
