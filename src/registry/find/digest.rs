//! What a directory's listing says, in a few bytes: whether it is the one that is remembered.
//!
//! Owns: taking names together, in whichever order they come. Refuses: keeping out whoever looks for two listings that are
//! taken for the same one; who can lay names into a registry has no need to.

/// How many bytes it takes.
pub(super) const DIGEST: usize = 24;

/// What was listed. The numbers of two listings that differ are the same with a probability of about 2⁻¹²⁸.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Digest {
    count: u64,
    sums: [u64; 2],
}

/// For each sum where it begins, and by what is multiplied: digits of π.
const KEYS: [[u64; 2]; 2] =
    [[0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345], [0xa409_3822_299f_31d1, 0x082e_fa98_ec4e_6c89]];

impl Digest {
    /// Takes in the name of a file. It is not the place to ask whether the name was there already.
    pub(super) fn add(&mut self, name: &str) {
        self.count += 1;
        for (sum, keys) in self.sums.iter_mut().zip(KEYS) {
            *sum = sum.wrapping_add(mixed(name.as_bytes(), keys));
        }
    }

    /// As it is written down.
    pub(super) fn bytes(&self) -> [u8; DIGEST] {
        let mut out = [0; DIGEST];
        for (out, number) in
            out.as_chunks_mut::<8>().0.iter_mut().zip([self.count, self.sums[0], self.sums[1]])
        {
            *out = number.to_le_bytes();
        }
        out
    }
}

/// A number that depends on each bit of a text.
fn mixed(text: &[u8], [start, factor]: [u64; 2]) -> u64 {
    let mix = |sum: u64, word: [u8; 8]| {
        let wide = u128::from(sum ^ u64::from_le_bytes(word)) * u128::from(factor);
        (wide as u64) ^ ((wide >> 64) as u64)
    };
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let sum = words.iter().fold(start ^ text.len() as u64, |sum, word| mix(sum, *word));
    // once more than there are words, so that the last one is mixed as well as the others
    mix(mix(sum, last), start.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn digest<'n>(names: impl IntoIterator<Item = &'n String>) -> Digest {
        names.into_iter().fold(Digest::default(), |mut digest, name| {
            digest.add(name);
            digest
        })
    }

    proptest! {
        /// The order of names says nothing; any other names say something else.
        #[test]
        fn other_names_are_another_listing_and_another_order_is_not(
            names in prop::collection::btree_set("[ab.]{1,9}", 0..12), others in prop::collection::btree_set("[ab.]{1,9}", 0..12),
        ) {
            prop_assert_eq!(digest(&names), digest(names.iter().rev()));
            prop_assert_eq!(digest(&names).bytes() == digest(&others).bytes(), names == others);
            let both: BTreeSet<String> = names.union(&others).cloned().collect();
            prop_assert_eq!(digest(&names) == digest(&both), names == both);
        }
    }

    /// Names that differ little: no two have a sum alike in half of its bits, and each bit is as often set as not.
    #[test]
    fn names_that_are_alike_are_mixed_well() {
        let names: Vec<String> = (0..50_000).map(|number| format!("p{number}.yaml")).collect();
        for keys in KEYS {
            let sums: Vec<u64> = names.iter().map(|name| mixed(name.as_bytes(), keys)).collect();
            let all: BTreeMap<u64, &String> = sums.iter().copied().zip(&names).collect();
            assert_eq!(all.len(), names.len());
            for bit in 0..64 {
                let set = sums.iter().filter(|sum| *sum >> bit & 1 == 1).count();
                assert!((24_000..26_000).contains(&set), "bit {bit} is set {set} times");
            }
        }
    }
}
