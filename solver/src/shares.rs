//! Work on many things by two threads.
//!
//! Owns: who works on what, always the same of the same, so that what comes out is the same on every machine; and that a
//! caller who asks to stop is heard by both. Refuses: anything that one share needs of the other.

use std::thread;

use crate::fuel;

/// How many threads work, and how few things are not worth a second one.
const SHARES: usize = 2;
const FEW: usize = 8;

/// What comes of so many things, in their order: `of` gets the numbers of a share.
///
/// # Errors
/// The first share's that has one, after both have ended.
pub(crate) fn shared_out<T: Send, E: Send>(
    count: usize,
    of: impl Fn(&mut dyn Iterator<Item = usize>) -> Result<Vec<T>, E> + Sync,
) -> Result<Vec<T>, E> {
    let shares = if count < FEW { 1 } else { SHARES };
    let share = |first: usize| of(&mut (first..count).step_by(shares));
    let (share, flag) = (&share, &fuel::flag());
    let all: Result<Vec<Vec<T>>, E> = thread::scope(|scope| {
        let others: Vec<_> = (1..shares)
            .map(|first| {
                scope.spawn(move || {
                    fuel::bind(flag.clone());
                    share(first)
                })
            })
            .collect();
        let first = share(0);
        let others = others.into_iter().map(|other| match other.join() {
            Ok(answers) => answers,
            Err(defect) => std::panic::resume_unwind(defect),
        });
        // All of them are waited for.
        let others: Vec<Result<Vec<T>, E>> = others.collect();
        [first].into_iter().chain(others).collect()
    });
    let mut all: Vec<_> = all?.into_iter().map(Vec::into_iter).collect();
    Ok((0..count).filter_map(|number| all.get_mut(number % shares)?.next()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_done_once_and_stays_in_order() {
        for count in 0..3 * FEW {
            let done = shared_out(count, |numbers| Ok::<_, ()>(numbers.map(|number| number * 2).collect()));
            assert_eq!(done, Ok((0..count).map(|number| number * 2).collect()));
            let failed = shared_out(count, |numbers| {
                numbers.map(|number| if number == 9 { Err(number) } else { Ok(()) }).collect()
            });
            assert_eq!(failed.is_err(), count > 9);
        }
    }
}
