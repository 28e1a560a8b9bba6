//! Steps that run, as lines that move: for a terminal that somebody watches.
//!
//! Owns: one line for each step that runs, with how long it has run, below everything that was said. Refuses: what the
//! steps are called, and every other output; without a terminal there is nothing here. A terminal that has gone is no
//! reason to stop: what was begun is put back without anybody watching.

use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

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
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(Screen)));
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

/// Standard error as a terminal that can't fail.
#[derive(Debug)]
struct Screen;

impl Screen {
    fn put(text: &str) {
        // a terminal that has gone leaves nobody to tell
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    fn moved(count: usize, way: char) {
        if count > 0 {
            Self::put(&format!("\x1b[{count}{way}"));
        }
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| width.0)
    }

    fn height(&self) -> u16 {
        terminal_size::terminal_size_of(io::stderr()).map_or(24, |(_, height)| height.0)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        Self::moved(n, 'A');
        Ok(())
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        Self::moved(n, 'B');
        Ok(())
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        Self::moved(n, 'C');
        Ok(())
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        Self::moved(n, 'D');
        Ok(())
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        Self::put(&format!("{s}\n"));
        Ok(())
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        Self::put(s);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Self::put("\r\x1b[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let _ = io::stderr().lock().flush();
        Ok(())
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        for (_, bar) in self.running.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            bar.finish_and_clear();
        }
    }
}
