//! Steps that run, as lines that move: for a terminal that somebody watches.
//!
//! Owns: one line for each step that runs, with how long it has run, below everything that was said. Refuses: what the
//! steps are called, and every other output; without a terminal there is nothing here.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line moves.
const TICK: Duration = Duration::from_millis(100);

/// A step that ran for less is not worth a word about its time.
const WORTH_SAYING: Duration = Duration::from_secs(1);

/// The lines of the steps that run.
#[derive(Debug)]
pub(super) struct Bars {
    all: MultiProgress,
    running: Mutex<Vec<(String, ProgressBar)>>,
}

impl Bars {
    pub(super) fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { all, running: Mutex::default() }
    }

    /// A step runs from now on; what it does, for people.
    pub(super) fn start(&self, what: String) {
        let style = ProgressStyle::with_template("{spinner:>10} {wide_msg} {elapsed:>5}");
        let bar = self.all.add(ProgressBar::new_spinner().with_message(what.clone()));
        // the template is our own, and right
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push((what, bar));
    }

    /// A step has ended; how long it ran, if that is worth saying.
    pub(super) fn end(&self, what: &str) -> Option<Duration> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let at = running.iter().position(|(own, _)| own == what)?;
        let (_, bar) = running.remove(at);
        let ran = bar.elapsed();
        bar.finish_and_clear();
        self.all.remove(&bar);
        (ran >= WORTH_SAYING).then_some(ran)
    }

    /// Says something above the lines.
    pub(super) fn above(&self, say: impl FnOnce()) {
        self.all.suspend(say);
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        for (_, bar) in self.running.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            bar.finish_and_clear();
        }
    }
}
