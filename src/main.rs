//! The binary `hsm`: arguments in, exit code out.

fn main() {}
