//! Which of several changes can be made together.
//!
//! Owns: the search. Refuses: knowing what a change is.

/// How many sets are tried beyond what it takes so that no single change is missing.
const TRIES: usize = 200;

/// The changes, by their numbers, that are made, and each other one with what stands in its way.
type Chosen<E> = (Vec<usize>, Vec<(usize, E)>);

/// As many changes as can be made together: to the chosen ones no other can be added, and none of the sets of others that
/// were tried. `allowed` says whether a set, in its order, can be made; that one is allowed says nothing of its parts, since
/// one change may need another.
pub fn together<E>(number: usize, allowed: impl FnMut(&[usize]) -> Result<(), E>) -> Chosen<E> {
    Search { number, tries: TRIES, allowed, made: Vec::new() }.run()
}

struct Search<F> {
    number: usize,
    tries: usize,
    allowed: F,
    made: Vec<usize>,
}

impl<E, F: FnMut(&[usize]) -> Result<(), E>> Search<F> {
    fn run(mut self) -> Chosen<E> {
        // mostly all can be, or all but one
        let all: Vec<usize> = (0..self.number).collect();
        if self.number > 1 && !self.add(&all) {
            let _one_is_in_the_way = all.iter().rev().any(|one| {
                let others: Vec<usize> = all.iter().copied().filter(|other| other != one).collect();
                others.len() > 1 && self.may_try() && self.add(&others)
            });
        }
        loop {
            let refused = self.add_single();
            let left: Vec<usize> = refused.iter().map(|(one, _)| *one).collect();
            if !self.add_several(&left) {
                return (self.made, refused);
            }
        }
    }

    fn may_try(&mut self) -> bool {
        self.tries = self.tries.saturating_sub(1);
        self.tries > 0
    }

    fn with(&self, more: &[usize]) -> Vec<usize> {
        let mut all: Vec<usize> = self.made.iter().chain(more).copied().collect();
        all.sort_unstable();
        all
    }

    fn add(&mut self, more: &[usize]) -> bool {
        let all = self.with(more);
        let is_allowed = (self.allowed)(&all).is_ok();
        if is_allowed {
            self.made = all;
        }
        is_allowed
    }

    /// Adds one after the other until none can be; those, with the reasons.
    fn add_single(&mut self) -> Vec<(usize, E)> {
        loop {
            let (mut refused, before) = (Vec::new(), self.made.len());
            for one in 0..self.number {
                if self.made.contains(&one) {
                    continue;
                }
                let all = self.with(&[one]);
                match (self.allowed)(&all) {
                    Ok(()) => self.made = all,
                    Err(why) => refused.push((one, why)),
                }
            }
            // a reason counts for what is made in the end
            if self.made.len() == before || refused.is_empty() {
                return refused;
            }
        }
    }

    /// Adds the first of the smallest sets of two or more that can be; whether there is one.
    fn add_several(&mut self, left: &[usize]) -> bool {
        (2..=left.len()).any(|size| {
            let mut picked: Vec<usize> = (0..size).collect();
            loop {
                let several: Vec<usize> = picked.iter().filter_map(|at| left.get(*at)).copied().collect();
                if !self.may_try() {
                    return false;
                }
                if self.add(&several) {
                    return true;
                }
                if !next(&mut picked, left.len()) {
                    return false;
                }
            }
        })
    }
}

/// The next choice of as many numbers below a limit, in their order; whether there is one.
fn next(picked: &mut [usize], limit: usize) -> bool {
    let size = picked.len();
    let Some(at) = (0..size).rev().find(|at| picked[*at] + size - at < limit) else { return false };
    let from = picked[at] + 1;
    picked[at..].iter_mut().zip(from..).for_each(|(one, number)| *one = number);
    true
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn mask(set: &[usize]) -> u32 {
        set.iter().fold(0, |mask, one| mask | 1 << one)
    }

    fn search(number: usize, tries: usize, family: &BTreeSet<u32>) -> (u32, Vec<(usize, u32)>) {
        let allowed = |set: &[usize]| {
            assert!(set.is_sorted());
            if family.contains(&mask(set)) { Ok(()) } else { Err(mask(set)) }
        };
        let (made, refused) = Search { number, tries, allowed, made: Vec::new() }.run();
        (mask(&made), refused)
    }

    proptest! {
        /// What is chosen is allowed, and with enough tries nothing can be added to it: no change, and no set of changes.
        #[test]
        fn what_is_chosen_is_as_large_as_it_gets(
            number in 0_usize..6,
            family in prop::collection::btree_set(1_u32..64, 0..20),
            tries in 0_usize..40,
        ) {
            let family: BTreeSet<u32> = family.into_iter().filter(|mask| *mask < 1 << number).collect();
            for tries in [tries, usize::MAX] {
                let (made, refused) = search(number, tries, &family);
                prop_assert!(made == 0 || family.contains(&made));
                let left: Vec<usize> = (0..number).filter(|one| made & 1 << one == 0).collect();
                prop_assert_eq!(refused.iter().map(|(one, _)| *one).collect::<Vec<_>>(), left);
                for (one, tried) in refused {
                    prop_assert_eq!(tried, made | 1 << one, "the reason is of another set");
                    prop_assert!(!family.contains(&tried));
                }
                if tries == usize::MAX {
                    let larger = |other: &&u32| **other & made == made && **other != made;
                    prop_assert_eq!(family.iter().find(larger), None);
                }
            }
        }
    }

    #[test]
    fn of_many_the_tries_are_bounded() {
        let mut tries = 0;
        let (made, refused) = together(40, |_| {
            tries += 1;
            Err::<(), ()>(())
        });
        assert!(made.is_empty() && refused.len() == 40 && tries <= 41 + TRIES, "{tries}");
    }
}
