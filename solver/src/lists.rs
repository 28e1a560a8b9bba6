//! A list for each of many numbers, all in one place: what follows a problem item by item asks for these all the time.
//!
//! Owns: the layout. Refuses: growing; all that belongs to a number is known when it is made.

/// A list for each number.
#[derive(Debug)]
pub(crate) struct Lists<T> {
    /// By number: where its list ends; it starts where the one before ends.
    ends: Vec<u32>,
    all: Vec<T>,
}

impl<T: Copy> Lists<T> {
    /// The lists of so many numbers; what is paired with a number past them is left out. Each list keeps the order.
    pub(crate) fn new(numbers: usize, pairs: &[(u32, T)]) -> Self {
        let mut starts = vec![0u32; numbers];
        let known = |pair: &&(u32, T)| (pair.0 as usize) < numbers;
        for (number, _) in pairs.iter().filter(known) {
            starts[*number as usize] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            let count = std::mem::replace(start, sum);
            sum += count;
        }
        let mut ends = starts;
        let mut all: Vec<T> = pairs.first().map_or_else(Vec::new, |(_, first)| vec![*first; sum as usize]);
        for (number, one) in pairs.iter().filter(known) {
            let end = &mut ends[*number as usize];
            all[*end as usize] = *one;
            *end += 1;
        }
        Self { ends, all }
    }

    /// The list of a number.
    pub(crate) fn get(&self, number: u32) -> &[T] {
        let number = number as usize;
        let end = self.ends.get(number).map_or(0, |end| *end as usize);
        let start =
            number.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.all.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_what_was_paired_with_it() {
        let lists = Lists::new(4, &[(2, 'a'), (0, 'b'), (9, 'c'), (2, 'd'), (3, 'e')]);
        let all: Vec<&[char]> = (0..6).map(|number| lists.get(number)).collect();
        assert_eq!(all, [&['b'][..], &[], &['a', 'd'], &['e'], &[], &[]]);
        assert_eq!(Lists::<u8>::new(2, &[]).get(1), [0u8; 0]);
    }
}
