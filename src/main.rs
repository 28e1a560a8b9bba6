//! The binary `hsm`: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(hsm::cli::run().code())
}
