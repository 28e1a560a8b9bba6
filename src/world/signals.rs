//! Ctrl-C, SIGTERM and SIGHUP: noticed while something must be finished first, deadly at other times.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

const WATCHED: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// What was received so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Received {
    /// How many signals.
    pub(super) count: usize,
    /// The last one.
    pub(super) last: Option<i32>,
    /// When the last one came.
    pub(super) at: Option<Instant>,
}

/// The watch over this process's signals.
#[derive(Debug)]
pub(super) struct Signals {
    received: Mutex<Received>,
    changed: Condvar,
    /// How many holders want signals noticed rather than deadly.
    holders: Mutex<usize>,
    deadly: Arc<AtomicBool>,
}

impl Signals {
    /// The one watch of this process, set up at the first call.
    pub(super) fn of_this_process() -> io::Result<&'static Self> {
        static WATCH: OnceLock<Result<&'static Signals, io::ErrorKind>> = OnceLock::new();
        let watch = WATCH.get_or_init(|| Self::install().map_err(|e| e.kind()));
        watch.map_err(|kind| io::Error::new(kind, "the signal handlers could not be installed"))
    }

    fn install() -> io::Result<&'static Self> {
        let deadly = Arc::new(AtomicBool::new(true));
        for signal in WATCHED {
            // Registered first, so that it decides before the signal is counted.
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&deadly))?;
        }
        let mut incoming = signal_hook::iterator::Signals::new(WATCHED)?;
        let watch: &'static Self = Box::leak(Box::new(Self {
            received: Mutex::default(),
            changed: Condvar::new(),
            holders: Mutex::default(),
            deadly,
        }));
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in &mut incoming {
                let mut received = lock(&watch.received);
                received.count += 1;
                received.last = Some(signal);
                received.at = Some(Instant::now());
                watch.changed.notify_all();
            }
        })?;
        Ok(watch)
    }

    /// What was received so far.
    pub(super) fn received(&self) -> Received {
        *lock(&self.received)
    }

    /// Waits for the time or for a signal.
    pub(super) fn wait(&self, time: Duration) {
        let received = lock(&self.received);
        drop(self.changed.wait_timeout(received, time).unwrap_or_else(PoisonError::into_inner));
    }

    /// From here until the guard is dropped signals are noticed and don't end this process.
    pub(super) fn hold(&'static self) -> Hold {
        let mut holders = lock(&self.holders);
        *holders += 1;
        self.deadly.store(false, Ordering::SeqCst);
        Hold { signals: self }
    }
}

/// See [`Signals::hold`].
#[derive(Debug)]
pub(super) struct Hold {
    signals: &'static Signals,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut holders = lock(&self.signals.holders);
        *holders -= 1;
        self.signals.deadly.store(*holders == 0, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
