//! The set of values of one variable: finite or cofinite, as bits.
//!
//! Owns: the canonical form (equal sets are equal structures, which `PubGrub` relies on) and the set operations, each
//! of which counts one step. Refuses: knowing which values a variable has; that is why complements are cofinite.

use std::fmt;

use pubgrub::VersionSet;

use crate::fuel::tick;

/// The number of a value: 0 is "absent" or "does not take part".
pub(crate) type Value = u32;

const BITS: usize = u64::BITS as usize;

/// The bits, without trailing zero words: one word inline, more in a box.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Words {
    One(u64),
    Many(Box<[u64]>),
}

/// A finite set of values, or the complement of one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct BitSet {
    /// Whether `words` are the values that are *not* in the set.
    inverted: bool,
    words: Words,
}

impl BitSet {
    /// The empty set.
    pub(crate) const fn none() -> Self {
        Self { inverted: false, words: Words::One(0) }
    }

    /// The values from `first` up to and including `last` (none if `last < first`).
    pub(crate) fn range(first: Value, last: Value) -> Self {
        if first <= last && (last as usize) < BITS {
            let up_to = |value: Value| (2u64 << value).wrapping_sub(1);
            let below = first.checked_sub(1).map_or(0, up_to);
            return Self { inverted: false, words: Words::One(up_to(last) & !below) };
        }
        (first..=last).collect()
    }

    /// The values whose bits are set.
    pub(crate) const fn of_word(word: u64) -> Self {
        Self { inverted: false, words: Words::One(word) }
    }

    /// The set and one more value.
    pub(crate) fn with(mut self, value: Value) -> Self {
        let (word, bit) = (value as usize / BITS, 1u64 << (value as usize % BITS));
        if self.inverted {
            let all: Vec<u64> = self
                .words
                .slice()
                .iter()
                .copied()
                .enumerate()
                .map(|(index, bits)| if index == word { bits & !bit } else { bits })
                .collect();
            self.words = Words::new(all);
            return self;
        }
        match &mut self.words {
            Words::One(bits) if word == 0 => *bits |= bit,
            words => {
                let mut all = words.slice().to_vec();
                all.resize(all.len().max(word + 1), 0);
                if let Some(bits) = all.get_mut(word) {
                    *bits |= bit;
                }
                *words = Words::new(all);
            }
        }
        self
    }

    /// Whether the value is in the set.
    pub(crate) fn has(&self, value: Value) -> bool {
        let bits = self.words.slice().get(value as usize / BITS).copied().unwrap_or(0);
        (bits >> (value as usize % BITS) & 1 == 1) != self.inverted
    }

    /// How many values there are (of a cofinite set: how many are not in it).
    pub(crate) fn count(&self) -> u32 {
        self.words.slice().iter().map(|bits| bits.count_ones()).sum()
    }

    /// The values of a finite set, ascending (of a cofinite set: those that are not in it).
    pub(crate) fn iter(&self) -> impl Iterator<Item = Value> + '_ {
        self.words.slice().iter().enumerate().flat_map(|(index, &bits)| {
            std::iter::successors(Some(bits), |rest| Some(rest & rest.wrapping_sub(1)))
                .take_while(|rest| *rest != 0)
                .map(move |rest| (index * BITS) as Value + rest.trailing_zeros())
        })
    }

    /// The smallest value of a finite set.
    pub(crate) fn first(&self) -> Option<Value> {
        self.iter().next()
    }

    /// Counts an operation: one step, and one more for every eight words of a long set.
    fn tick(&self) {
        tick();
        for _ in 0..self.words.slice().len() / 8 {
            tick();
        }
    }

    /// What is in both sets.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let (a, b) = (&self.words, &other.words);
        match (self.inverted, other.inverted) {
            (false, false) => Self { inverted: false, words: a.zip(b, |x, y| x & y) },
            (false, true) => Self { inverted: false, words: a.zip(b, |x, y| x & !y) },
            (true, false) => Self { inverted: false, words: a.zip(b, |x, y| !x & y) },
            (true, true) => Self { inverted: true, words: a.zip(b, |x, y| x | y) },
        }
    }

    /// What is in either set.
    pub(crate) fn or(&self, other: &Self) -> Self {
        let (a, b) = (&self.words, &other.words);
        match (self.inverted, other.inverted) {
            (false, false) => Self { inverted: false, words: a.zip(b, |x, y| x | y) },
            (false, true) => Self { inverted: true, words: a.zip(b, |x, y| !x & y) },
            (true, false) => Self { inverted: true, words: a.zip(b, |x, y| x & !y) },
            (true, true) => Self { inverted: true, words: a.zip(b, |x, y| x & y) },
        }
    }
}

impl Default for BitSet {
    fn default() -> Self {
        Self::none()
    }
}

impl FromIterator<Value> for BitSet {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let mut words: Vec<u64> = Vec::new();
        let mut low = 0u64;
        for value in values {
            let (word, bit) = (value as usize / BITS, 1u64 << (value as usize % BITS));
            if word == 0 {
                low |= bit;
                continue;
            }
            if words.len() <= word {
                words.resize(word + 1, 0);
            }
            if let Some(bits) = words.get_mut(word) {
                *bits |= bit;
            }
        }
        match words.first_mut() {
            Some(first) => {
                *first = low;
                Self { inverted: false, words: Words::new(words) }
            }
            None => Self { inverted: false, words: Words::One(low) },
        }
    }
}

impl Words {
    /// The canonical form of these bits.
    fn new(mut bits: Vec<u64>) -> Self {
        while bits.last() == Some(&0) {
            bits.pop();
        }
        match bits.as_slice() {
            [] => Self::One(0),
            [one] => Self::One(*one),
            _ => Self::Many(bits.into_boxed_slice()),
        }
    }

    fn slice(&self) -> &[u64] {
        match self {
            Self::One(bits) => std::slice::from_ref(bits),
            Self::Many(bits) => bits,
        }
    }

    fn zip(&self, other: &Self, word: impl Fn(u64, u64) -> u64) -> Self {
        if let (Self::One(a), Self::One(b)) = (self, other) {
            return Self::One(word(*a, *b));
        }
        Self::new(pairs(self, other).map(|(a, b)| word(a, b)).collect())
    }

    fn all(&self, other: &Self, word: impl Fn(u64, u64) -> bool) -> bool {
        pairs(self, other).all(|(a, b)| word(a, b))
    }
}

/// The words of both, the shorter one continued with zeros.
fn pairs<'a>(a: &'a Words, b: &'a Words) -> impl Iterator<Item = (u64, u64)> + 'a {
    let (a, b) = (a.slice(), b.slice());
    let at = |words: &[u64], index: usize| words.get(index).copied().unwrap_or(0);
    (0..a.len().max(b.len())).map(move |index| (at(a, index), at(b, index)))
}

impl VersionSet for BitSet {
    type V = Value;

    fn empty() -> Self {
        Self::none()
    }

    fn singleton(value: Value) -> Self {
        Self::none().with(value)
    }

    fn complement(&self) -> Self {
        Self { inverted: !self.inverted, words: self.words.clone() }
    }

    fn contains(&self, value: &Value) -> bool {
        self.has(*value)
    }

    fn intersection(&self, other: &Self) -> Self {
        self.tick();
        self.and(other)
    }

    fn union(&self, other: &Self) -> Self {
        self.tick();
        self.or(other)
    }

    fn is_disjoint(&self, other: &Self) -> bool {
        self.tick();
        let (a, b) = (&self.words, &other.words);
        match (self.inverted, other.inverted) {
            (false, false) => a.all(b, |x, y| x & y == 0),
            (false, true) => a.all(b, |x, y| x & !y == 0),
            (true, false) => a.all(b, |x, y| !x & y == 0),
            (true, true) => false,
        }
    }

    fn subset_of(&self, other: &Self) -> bool {
        self.tick();
        let (a, b) = (&self.words, &other.words);
        match (self.inverted, other.inverted) {
            (false, false) => a.all(b, |x, y| x & !y == 0),
            (false, true) => a.all(b, |x, y| x & y == 0),
            (true, false) => false,
            (true, true) => a.all(b, |x, y| !x & y == 0),
        }
    }
}

impl fmt::Display for BitSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.inverted { "not " } else { "" })?;
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Debug for BitSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A stupid set: membership of 0..200 and of everything beyond.
    fn spread(set: &BitSet) -> (Vec<bool>, bool) {
        ((0..200).map(|value| set.has(value)).collect(), set.has(100_000))
    }

    fn any_set() -> impl Strategy<Value = BitSet> {
        (
            any::<bool>(),
            prop_oneof![prop::collection::vec(0..5u32, 0..5), prop::collection::vec(0..200u32, 0..9)],
        )
            .prop_map(|(inverted, values)| {
                let set: BitSet = values.into_iter().collect();
                if inverted { set.complement() } else { set }
            })
    }

    proptest! {
        #[test]
        fn operations_mean_what_they_say_and_stay_canonical(a in any_set(), b in any_set(), value in 0..200u32) {
            let ((xs, x), (ys, y)) = (spread(&a), spread(&b));
            let both = |f: fn(bool, bool) -> bool| {
                (xs.iter().zip(&ys).map(|(x, y)| f(*x, *y)).collect::<Vec<_>>(), f(x, y))
            };
            prop_assert_eq!(spread(&a.intersection(&b)), both(|x, y| x && y));
            prop_assert_eq!(spread(&a.union(&b)), both(|x, y| x || y));
            prop_assert_eq!(spread(&a.complement()), both(|x, _| !x));
            prop_assert_eq!(a.is_disjoint(&b), a.intersection(&b) == BitSet::none());
            prop_assert_eq!(a.subset_of(&b), a.intersection(&b) == a);
            prop_assert_eq!(a.union(&b), a.complement().intersection(&b.complement()).complement());
            prop_assert_eq!(a == b, spread(&a) == spread(&b));
            let (first, last) = (value.min(70), value);
            prop_assert_eq!(BitSet::range(first, last), (first..=last).collect());
            prop_assert_eq!(BitSet::range(value % 70, 60), (value % 70..=60).collect());
            let with = a.clone().with(value);
            prop_assert!(with.has(value));
            prop_assert_eq!(with, a.union(&BitSet::singleton(value)));
        }
    }
}
