//! The meter of work: set operations are counted, not seconds, so that a solve ends at the same step on every machine.
//!
//! Owns: the counter of this thread, its limit, and the way out of a search that is past it. Refuses: knowing what is
//! searched. `PubGrub` asks its caller only once a decision whether to go on, and one decision can be minutes of
//! propagation; so the way out is an unwinding that starts inside a set operation and ends in [`within`]. It carries a
//! plain value, runs no panic hook and prints nothing.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why a search ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    /// The limit was reached.
    #[error("out of fuel")]
    OutOfFuel,
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
}

struct Meter {
    used: Cell<u64>,
    limit: Cell<u64>,
    flag: RefCell<Option<Arc<AtomicBool>>>,
}

thread_local! {
    static METER: Meter = const {
        Meter { used: Cell::new(0), limit: Cell::new(u64::MAX), flag: RefCell::new(None) }
    };
}

/// How often (in steps) the flag of the caller is looked at.
const LOOK_EVERY: u64 = 1024;

/// Counts one step; leaves the search when the limit is reached or the flag is up.
#[inline]
pub(crate) fn tick() {
    METER.with(|meter| {
        let used = meter.used.get() + 1;
        meter.used.set(used);
        if used >= meter.limit.get() {
            resume_unwind(Box::new(Stop::OutOfFuel));
        }
        if used.is_multiple_of(LOOK_EVERY) && interrupted() {
            resume_unwind(Box::new(Stop::Interrupted));
        }
    });
}

/// Counts steps of a search that asks now and then whether to go on, and says whether it is over.
pub(crate) fn spend(steps: u64) -> bool {
    METER.with(|meter| {
        let before = meter.used.get();
        let used = before.saturating_add(steps);
        meter.used.set(used);
        used >= meter.limit.get() || (before / LOOK_EVERY != used / LOOK_EVERY && interrupted())
    })
}

/// Whether the flag of the caller is up.
pub(crate) fn interrupted() -> bool {
    METER.with(|meter| meter.flag.borrow().as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)))
}

/// Binds (or unbinds) the flag that interrupts the searches of this thread.
pub(crate) fn bind(flag: Option<Arc<AtomicBool>>) {
    METER.with(|meter| *meter.flag.borrow_mut() = flag);
}

/// The flag of this thread, for another one that works for it.
pub(crate) fn flag() -> Option<Arc<AtomicBool>> {
    METER.with(|meter| meter.flag.borrow().clone())
}

/// Runs `search` within `fuel` steps and takes what it used off `fuel`.
pub(crate) fn within<T>(fuel: &mut u64, search: impl FnOnce() -> T) -> Result<T, Stop> {
    if *fuel == 0 {
        return Err(Stop::OutOfFuel);
    }
    METER.with(|meter| {
        meter.used.set(0);
        meter.limit.set(*fuel);
    });
    let answer = catch_unwind(AssertUnwindSafe(search));
    let used = METER.with(|meter| {
        meter.limit.set(u64::MAX);
        meter.used.get()
    });
    *fuel = fuel.saturating_sub(used);
    answer.map_err(|payload| match payload.downcast::<Stop>() {
        Ok(stop) => *stop,
        Err(other) => resume_unwind(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ends_at_its_limit_and_the_rest_is_kept() {
        let mut fuel = 10;
        assert_eq!(within(&mut fuel, || (0..4).for_each(|_| tick())), Ok(()));
        assert_eq!(fuel, 6);
        assert_eq!(within(&mut fuel, || (0..7).for_each(|_| tick())), Err(Stop::OutOfFuel));
        assert_eq!(fuel, 0);
        assert_eq!(within(&mut fuel, || ()), Err(Stop::OutOfFuel));
    }

    #[test]
    fn a_raised_flag_ends_a_search() {
        bind(Some(Arc::new(AtomicBool::new(true))));
        let mut fuel = u64::MAX;
        let answer = within(&mut fuel, || (0..2 * LOOK_EVERY).for_each(|_| tick()));
        bind(None);
        assert_eq!(answer, Err(Stop::Interrupted));
    }
}
