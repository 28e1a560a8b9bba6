//! The voice: the only place that prints. Data goes to standard output, everything else to standard error.
//!
//! Owns: how much is said, in which format and colours, and the look of everything that is said. Refuses: deciding what
//! is true; what it prints was decided elsewhere.

#![expect(clippy::unused_self, reason = "all that is said is said by the voice, whatever it needs for it")]

mod conflict;
mod diff;
mod json;
pub(super) mod plan;
mod report;
mod snippet;
pub(super) mod stack;
mod why;

use std::io::{IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use serde_json::Value as Json;

use super::args::{Color, Format, Global};

pub(super) use json::{SCHEMA, links as links_json};

const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::BrightGreen.on_default().bold();
const STEP: Style = AnsiColor::Cyan.on_default().bold();

/// Says things.
#[derive(Debug)]
pub(super) struct Voice {
    quiet: bool,
    verbose: u8,
    format: Format,
    asks: bool,
}

impl Voice {
    /// The voice that the global options ask for. Sets the colours of this process.
    pub(super) fn new(global: &Global) -> Self {
        match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        let asks = !global.no_input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Self { quiet: global.quiet, verbose: global.verbose, format: global.format, asks }
    }

    /// Whether data is wanted as JSON.
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Data: to standard output.
    pub(super) fn data(&self, text: &str) {
        // who reads it may stop reading; that is no failure of ours
        let _ = anstream::stdout().lock().write_all(text.as_bytes());
    }

    /// Data as JSON: to standard output.
    pub(super) fn json(&self, value: &Json) {
        let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
        text.push('\n');
        self.data(&text);
    }

    /// What was done.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            err(text);
        }
    }

    /// A step that begins or ended.
    pub(super) fn step(&self, verb: &str, what: &str) {
        self.say(&format!("{STEP}{verb:>10}{STEP:#} {what}"));
    }

    /// What only `-v` shows.
    pub(super) fn detail(&self, text: &str) {
        if self.verbose > 0 {
            err(text);
        }
    }

    /// A warning without a place.
    pub(super) fn warn(&self, text: &str) {
        if !self.quiet {
            err(&format!("{WARNING}warning{WARNING:#}: {text}"));
        }
    }

    /// Asks; no where nobody can answer.
    pub(super) fn ask(&self, question: &str) -> bool {
        if !self.asks {
            return false;
        }
        let mut stderr = anstream::stderr().lock();
        // a question that cannot be shown gets no answer
        if write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush()).is_err() {
            return false;
        }
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
    }

    /// Who is told how a run goes.
    pub(super) fn progress(&self) -> plan::Steps<'_> {
        plan::Steps(self)
    }

    /// A remark.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            err(&format!("{NOTE}note{NOTE:#}: {text}"));
        }
    }

    /// An error without a place: what was attempted, on what, and what to do.
    pub(super) fn error(&self, text: &str) {
        err(&format!("{ERROR}error{ERROR:#}: {text}"));
    }
}

/// An error before there is a voice.
pub(super) fn last_words(text: &str) {
    err(&format!("{ERROR}error{ERROR:#}: {text}"));
}

/// One message to standard error.
fn err(text: &str) {
    // a closed standard error leaves nobody to tell
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}
