//! Jobs side by side: each begins when those it waits for have ended well, and only so many run at once.
//!
//! Owns: when a job begins. Refuses: what a job does. After one has failed no other begins; those that run are waited for:
//! what they have made so far is kept by whoever keeps it, and nothing is torn down half-way.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended<E> {
    /// It did what it was to do.
    Well,
    /// It failed.
    Failed(E),
    /// It did not begin: one that it waits for, or another one, failed first.
    NotBegun,
}

/// Runs jobs, at most so many at once; `after` says of each job which ones it waits for. Gives back how each ended, in
/// the order of the jobs. A job that waits for itself, directly or not, never begins.
pub fn run<E: Send>(
    after: &[Vec<usize>],
    most: usize,
    job: impl Fn(usize) -> Result<(), E> + Sync,
) -> Vec<Ended<E>> {
    let queue = Queue { after, state: Mutex::new(State::of(after)), moved: Condvar::new() };
    std::thread::scope(|scope| {
        let workers = most.clamp(1, after.len().max(1));
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(|| queue.work(&job))).collect();
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    let state = queue.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    state
        .jobs
        .into_iter()
        .map(|job| if let Job::Ended(ended) = job { ended } else { Ended::NotBegun })
        .collect()
}

enum Job<E> {
    Waiting,
    Running,
    Ended(Ended<E>),
}

struct State<E> {
    jobs: Vec<Job<E>>,
    failed: bool,
}

impl<E> State<E> {
    fn of(after: &[Vec<usize>]) -> Self {
        Self { jobs: after.iter().map(|_| Job::Waiting).collect(), failed: false }
    }

    /// The first job that can begin.
    fn ready(&self, after: &[Vec<usize>]) -> Option<usize> {
        let well = |at: &usize| matches!(self.jobs.get(*at), Some(Job::Ended(Ended::Well)));
        let mut waiting = self.jobs.iter().zip(after).enumerate();
        let can =
            |(job, after): &(&Job<E>, &Vec<usize>)| matches!(job, Job::Waiting) && after.iter().all(well);
        waiting.find(|(_, one)| can(one)).map(|(at, _)| at)
    }

    fn is_running(&self) -> bool {
        self.jobs.iter().any(|job| matches!(job, Job::Running))
    }
}

struct Queue<'a, E> {
    after: &'a [Vec<usize>],
    state: Mutex<State<E>>,
    /// A job has ended: others may begin, or nothing more is to come.
    moved: Condvar,
}

impl<E> Queue<'_, E> {
    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one job after the other until none can begin any more.
    fn work(&self, job: &impl Fn(usize) -> Result<(), E>) {
        while let Some(at) = self.next() {
            // one that panics has ended as well: nobody may wait for it for ever
            let mut ending = Ending { queue: self, at, ended: None };
            ending.ended = Some(match job(at) {
                Ok(()) => Ended::Well,
                Err(error) => Ended::Failed(error),
            });
        }
    }

    /// Takes the next job, when there is one; `None`: there will be none.
    fn next(&self) -> Option<usize> {
        let mut state = self.state();
        loop {
            if state.failed {
                return None;
            }
            if let Some(at) = state.ready(self.after) {
                state.jobs[at] = Job::Running;
                return Some(at);
            }
            if !state.is_running() {
                return None;
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Notes the end of a job when it is dropped.
struct Ending<'a, E> {
    queue: &'a Queue<'a, E>,
    at: usize,
    ended: Option<Ended<E>>,
}

impl<E> Drop for Ending<'_, E> {
    fn drop(&mut self) {
        let ended = self.ended.take();
        let mut state = self.queue.state();
        state.failed |= !matches!(ended, Some(Ended::Well));
        state.jobs[self.at] = Job::Ended(ended.unwrap_or(Ended::NotBegun));
        drop(state);
        self.queue.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Event {
        Begins(usize),
        Ends(usize),
    }

    /// Runs jobs of which some fail; the order of events, and how many ran at once at most.
    fn traced(after: &[Vec<usize>], most: usize, fails: &[bool]) -> (Vec<Event>, usize, Vec<Ended<usize>>) {
        let events = Mutex::new(Vec::new());
        let (now, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ended = run(after, most, |at| {
            peak.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            events.lock().unwrap().push(Event::Begins(at));
            std::thread::yield_now();
            events.lock().unwrap().push(Event::Ends(at));
            now.fetch_sub(1, SeqCst);
            if fails[at] { Err(at) } else { Ok(()) }
        });
        (events.into_inner().unwrap(), peak.into_inner(), ended)
    }

    /// Jobs that wait for earlier ones, each in a place drawn at random, and which of them fail.
    fn graphs() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<bool>, usize)> {
        (1..12_usize).prop_flat_map(|count| {
            let edges =
                prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), count);
            let order = Just((0..count).collect::<Vec<usize>>()).prop_shuffle();
            let fails = prop::collection::vec(prop::bool::weighted(0.1), count);
            (edges, order, fails, 1..5_usize).prop_map(|(edges, order, fails, most)| {
                let mut after = vec![Vec::new(); order.len()];
                for (place, edges) in edges.iter().enumerate().skip(1) {
                    after[order[place]] = edges.iter().map(|edge| order[edge.index(place)]).collect();
                }
                (after, fails, most)
            })
        })
    }

    proptest! {
        #[test]
        fn each_job_runs_once_after_those_it_waits_for_and_no_more_run_than_may(
            (after, fails, most) in graphs()
        ) {
            let (events, peak, ended) = traced(&after, most, &fails);
            prop_assert!(peak <= most, "{peak} at once");
            let position = |event: Event| events.iter().position(|one| *one == event);
            let any_failed = ended.iter().any(|one| matches!(one, Ended::Failed(_)));
            for (at, ended) in ended.iter().enumerate() {
                let begins = events.iter().filter(|event| **event == Event::Begins(at)).count();
                prop_assert_eq!(begins, usize::from(*ended != Ended::NotBegun));
                match ended {
                    Ended::Well => prop_assert!(!fails[at]),
                    Ended::Failed(own) => prop_assert!(fails[at] && *own == at),
                    Ended::NotBegun => {
                        prop_assert!(any_failed, "{at} was left out for nothing");
                        continue;
                    }
                }
                for other in &after[at] {
                    prop_assert!(!fails[*other], "{at} ran although {other} failed");
                    let ends = position(Event::Ends(*other));
                    prop_assert!(ends.is_some() && ends < position(Event::Begins(at)));
                }
            }
            if most == 1 && any_failed {
                prop_assert!(matches!(events.last(), Some(Event::Ends(at)) if fails[*at]), "{events:?}");
            }
            if !fails.contains(&true) {
                prop_assert!(!ended.contains(&Ended::NotBegun));
            }
        }
    }

    #[test]
    fn what_is_independent_runs_at_the_same_time() {
        // each waits in the middle for the others: one after the other they would never end
        let all = Barrier::new(3);
        let ended = run(&[Vec::new(), Vec::new(), Vec::new()], 3, |_| {
            all.wait();
            Ok::<(), ()>(())
        });
        assert_eq!(ended, [Ended::Well, Ended::Well, Ended::Well]);
    }

    #[test]
    fn what_runs_when_another_fails_is_waited_for_and_nothing_new_begins() {
        let (both_run, has_failed) = (Barrier::new(2), Mutex::new(false));
        let ended = run(&[Vec::new(), Vec::new(), vec![1]], 2, |at| {
            both_run.wait();
            if at == 0 {
                *has_failed.lock().unwrap() = true;
                return Err("no");
            }
            while !*has_failed.lock().unwrap() {
                std::thread::yield_now();
            }
            // long enough for the failure to be noted
            std::thread::sleep(std::time::Duration::from_millis(200));
            Ok(())
        });
        assert_eq!(ended, [Ended::Failed("no"), Ended::Well, Ended::NotBegun]);
    }

    #[test]
    fn a_ring_and_no_job_at_all_come_to_an_end() {
        let ended = run(&[vec![1], vec![0], vec![], vec![2]], 2, |_| Ok::<(), ()>(()));
        assert_eq!(ended, [Ended::NotBegun, Ended::NotBegun, Ended::Well, Ended::Well]);
        assert_eq!(run(&[], 4, |_| Ok::<(), ()>(())), []);
    }

    #[test]
    fn a_panic_is_passed_on_and_nobody_waits_for_ever() {
        let panics = || run(&[vec![], vec![0]], 2, |_| -> Result<(), ()> { panic!("in a job") });
        assert!(std::panic::catch_unwind(panics).is_err());
    }
}
