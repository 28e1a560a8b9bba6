//! Sorted records in one run of bytes: what the names of a folder and what is remembered of entries are held in.
//!
//! Owns: the form in memory and on the disk, and telling a whole file from a torn one. Refuses: knowing what a record says;
//! keeping anybody from lying with it.
//!
//! On the disk a line stands in front that says what it is and under which circumstances it holds, and a checksum. What is
//! torn, or has another line in front, is no table, and nothing is said about it: it is made anew.

use std::path::Path;

use crate::world::World;

/// Records, each under a key, in the order of the keys.
#[derive(Debug, Default)]
pub(super) struct Table {
    bytes: Vec<u8>,
    /// Where the ends of the records stand.
    ends: usize,
    count: usize,
}

impl Table {
    /// The table in a file, if it has that line in front and is whole.
    pub(super) fn read(path: &Path, head: &str, world: &dyn World) -> Option<Self> {
        Self::of(world.read(path).ok()?, head)
    }

    fn of(bytes: Vec<u8>, head: &str) -> Option<Self> {
        let (sum, body) = bytes.strip_prefix(head.as_bytes())?.split_first_chunk::<8>()?;
        if *sum != checksum(body).to_le_bytes() {
            return None;
        }
        let count = u32::from_le_bytes(*body.first_chunk::<4>()?) as usize;
        let ends = bytes.len() - body.len() + 4;
        (count <= body.len() / 4).then_some(Self { bytes, ends, count })
    }

    /// The file of a table that was just made.
    pub(super) fn file(&self, head: &str) -> Vec<u8> {
        let body = self.bytes.get(self.ends.saturating_sub(4)..).unwrap_or_default();
        let mut out = Vec::with_capacity(head.len() + 8 + body.len());
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&checksum(body).to_le_bytes());
        out.extend_from_slice(body);
        out
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The key of a record, and what it says.
    pub(super) fn get(&self, at: usize) -> Option<(&[u8], &[u8])> {
        let text = self.ends + 4 * self.count;
        let start = if at == 0 { 0 } else { self.end(at - 1)? };
        let record = self.bytes.get(text + start..text + self.end(at)?)?;
        let (length, rest) = record.split_first()?;
        rest.split_at_checked(usize::from(*length))
    }

    /// The number of the first record whose key is not below one.
    pub(super) fn position(&self, key: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle) {
                Some((own, _)) if own < key => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    /// What the record of a key says, for one who asks in the order of the keys: `at` is where the last one was found.
    pub(super) fn next(&self, key: &[u8], at: &mut usize) -> Option<&[u8]> {
        let is_it = |at: usize| self.get(at).filter(|(own, _)| *own == key);
        let (_, says) = is_it(*at).or_else(|| {
            *at = self.position(key);
            is_it(*at)
        })?;
        *at += 1;
        Some(says)
    }

    fn end(&self, at: usize) -> Option<usize> {
        if at >= self.count {
            return None;
        }
        let bytes = self.bytes.get(self.ends + 4 * at..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    }
}

/// A table that is being made. The keys come in their order.
#[derive(Debug, Default)]
pub(super) struct Draft {
    ends: Vec<u32>,
    text: Vec<u8>,
}

impl Draft {
    /// Adds a record. A key that is too long, and what has no room any more, is left out.
    pub(super) fn add(&mut self, key: &[u8], says: &[&[u8]]) {
        let end = says.iter().fold(self.text.len() + 1 + key.len(), |sum, part| sum + part.len());
        let (Ok(length), Ok(end)) = (u8::try_from(key.len()), u32::try_from(end)) else { return };
        self.text.push(length);
        self.text.extend_from_slice(key);
        for part in says {
            self.text.extend_from_slice(part);
        }
        self.ends.push(end);
    }

    /// The table.
    pub(super) fn table(self) -> Table {
        let count = self.ends.len();
        let mut bytes = Vec::with_capacity(4 + 4 * count + self.text.len());
        bytes.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(self.ends.iter().flat_map(|end| end.to_le_bytes()));
        bytes.extend_from_slice(&self.text);
        Table { bytes, ends: 4, count }
    }
}

/// Tells torn bytes from whole ones.
fn checksum(bytes: &[u8]) -> u64 {
    let mix = |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(bytes.len() as u64, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| mix(sum, u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Records = BTreeMap<Vec<u8>, Vec<u8>>;

    fn records() -> impl Strategy<Value = Records> {
        let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
        prop::collection::btree_map(prop::collection::vec(0..3_u8, 0..4), bytes(20), 0..8)
    }

    fn table(records: &Records) -> Table {
        let mut draft = Draft::default();
        for (key, says) in records {
            let (front, back) = says.split_at(says.len() / 2);
            draft.add(key, &[front, back]);
        }
        draft.table()
    }

    proptest! {
        /// A table is the map that it was made from, in memory and read back, whoever is asked for in whichever order.
        #[test]
        fn a_table_is_the_map_that_it_was_made_from(all in records(), asked in prop::collection::vec(prop::collection::vec(0..3_u8, 0..4), 0..8)) {
            let made = table(&all);
            let again = Table::of(made.file("head\n"), "head\n").expect("whole");
            for table in [&made, &again] {
                let read = (0..table.len()).map(|at| table.get(at).expect("there"));
                let read: Vec<(Vec<u8>, Vec<u8>)> = read.map(|(key, says)| (key.to_vec(), says.to_vec())).collect();
                prop_assert_eq!(read, all.clone().into_iter().collect::<Vec<_>>());
                let mut at = 0;
                for key in all.keys().chain(&asked) {
                    prop_assert_eq!(table.next(key, &mut at), all.get(key).map(Vec::as_slice));
                    prop_assert_eq!(table.position(key), all.range(..key.clone()).count());
                }
            }
        }

        /// Bytes that are torn, cut or changed, or have another line in front, are no table, and nothing panics.
        #[test]
        fn what_is_torn_is_not_believed(all in records(), cut: prop::sample::Index, at: prop::sample::Index) {
            let bytes = table(&all).file("head\n");
            prop_assert!(Table::of(bytes[..cut.index(bytes.len())].to_vec(), "head\n").is_none());
            prop_assert!(Table::of(bytes.clone(), "hear\n").is_none());
            let mut changed = bytes.clone();
            let at = at.index(bytes.len());
            changed[at] ^= 1;
            prop_assert!(Table::of(changed, "head\n").is_none());
        }

        /// Whatever bytes a file holds, with whatever sum: nothing panics.
        #[test]
        fn any_bytes_can_be_looked_at(body in prop::collection::vec(prop_oneof![0..4_u8, any::<u8>()], 0..40)) {
            let bytes = [b"head\n".as_slice(), &checksum(&body).to_le_bytes(), &body].concat();
            if let Some(table) = Table::of(bytes, "head\n") {
                let mut at = 0;
                for number in 0..=table.len() {
                    let _ = (table.get(number), table.position(&[1]), table.next(&[1], &mut at));
                }
            }
        }
    }

    #[test]
    fn a_key_without_end_is_left_out() {
        let mut draft = Draft::default();
        draft.add(&[1; 255], &[b"there"]);
        draft.add(&[2; 256], &[b"gone"]);
        assert_eq!(draft.table().len(), 1);
    }
}
