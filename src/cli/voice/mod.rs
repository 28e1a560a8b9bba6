//! The voice: the only place that prints. Data goes to standard output, everything else to standard error.

mod diff;
mod snippet;
