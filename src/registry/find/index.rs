//! What is remembered of entries between two runs: each at a glance, under the state of its file.
//!
//! Owns: the form of the file in the cache, and when what it says still holds. Refuses: telling anybody what an entry means;
//! it serves lists and searches, and whoever chooses reads the entry.
//!
//! A file counts as unchanged while its size, its inode and both of its times are what they were, and as long as it was not
//! changed just before it was read: within the grain of a file system's clock a second change would leave no trace. What is
//! torn, of another version or of another directory is no index, and nothing is said about it: it is made anew.

use std::ops::Range;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::registry::{Glance, Leave, OptionGlance};
use crate::world::{FileKind, Stat, World};

/// The state of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    mtime: i128,
    ctime: i128,
    inode: u64,
}

/// A file that was changed less than this before it was read may have been changed again since, in nanoseconds.
const GRAIN: i128 = 50_000_000;

impl Stamp {
    /// Of a regular file; what is reached through a link, or lies in a pack, has none.
    pub(super) fn of(stat: &Stat) -> Option<Self> {
        let Stat { kind, size, mtime, ctime, inode, .. } = *stat;
        (kind == FileKind::File && inode != 0).then_some(Self { size, mtime, ctime, inode })
    }

    /// Whether a file of that state, read at a time, can be told from the same file changed since.
    pub(super) fn is_settled(&self, read_at: i128) -> bool {
        self.ctime.max(self.mtime) + GRAIN < read_at
    }

    fn bytes(&self) -> [u8; 48] {
        let mut out = [0; 48];
        out[..8].copy_from_slice(&self.size.to_le_bytes());
        out[8..16].copy_from_slice(&self.inode.to_le_bytes());
        out[16..32].copy_from_slice(&self.mtime.to_le_bytes());
        out[32..].copy_from_slice(&self.ctime.to_le_bytes());
        out
    }
}

/// What was remembered of one registry.
#[derive(Debug, Default)]
pub(super) struct Index {
    bytes: Vec<u8>,
    /// By key, in the order of the keys.
    records: Vec<Record>,
}

#[derive(Debug, Clone)]
struct Record {
    key: Range<usize>,
    stamp: Range<usize>,
    glance: Range<usize>,
}

/// The first line of the file.
fn head() -> String {
    format!("hsm-index 1 {}\n", env!("CARGO_PKG_VERSION"))
}

/// Where the index of a registry's directory lies.
pub(super) fn place(cache: &Path, directory: &Path) -> PathBuf {
    let digest = Sha256::digest(directory.to_string_lossy().as_bytes());
    let name = u128::from_be_bytes(std::array::from_fn(|at| digest[at]));
    cache.join("index").join(format!("{name:032x}"))
}

impl Index {
    /// What is remembered; nothing where there is nothing that can be trusted.
    pub(super) fn read(path: &Path, world: &dyn World) -> Self {
        world.read(path).ok().and_then(Self::of).unwrap_or_default()
    }

    fn of(bytes: Vec<u8>) -> Option<Self> {
        let head = head();
        let body = bytes.strip_prefix(head.as_bytes())?;
        let (sum, body) = body.split_at_checked(8)?;
        if sum != checksum(body).to_le_bytes() {
            return None;
        }
        let mut at = head.len() + 8;
        let mut records = Vec::new();
        while at < bytes.len() {
            let key = part(&bytes, &mut at)?;
            let stamp = at..at + 48;
            at = stamp.end;
            let glance = part(&bytes, &mut at)?;
            records.push(Record { key, stamp, glance });
        }
        let key = |record: &Record| bytes.get(record.key.clone());
        records.is_sorted_by(|a, b| key(a) < key(b)).then_some(())?;
        Some(Self { bytes, records })
    }

    /// The record of a key, whatever became of its file.
    fn record(&self, key: &str) -> Option<&Record> {
        let own = |record: &Record| self.bytes.get(record.key.clone()).unwrap_or_default();
        let at = self.records.binary_search_by(|record| own(record).cmp(key.as_bytes())).ok()?;
        self.records.get(at)
    }

    /// What is remembered of a file in that state.
    pub(super) fn get(&self, key: &str, stamp: &Stamp) -> Option<Glance> {
        let record = self.record(key)?;
        if *self.bytes.get(record.stamp.clone())? != stamp.bytes() {
            return None;
        }
        Reader { bytes: self.bytes.get(record.glance.clone())?, at: 0 }.glance()
    }
}

/// An index that is being made. The keys come in their order.
#[derive(Debug, Default)]
pub(super) struct Draft {
    body: Vec<u8>,
}

impl Draft {
    /// Remembers an entry that was read.
    pub(super) fn add(&mut self, key: &str, stamp: &Stamp, glance: &Glance) {
        push_part(&mut self.body, key.as_bytes());
        self.body.extend(stamp.bytes());
        let mut out = Vec::new();
        write(glance, &mut out);
        push_part(&mut self.body, &out);
    }

    /// Keeps what was remembered of one.
    pub(super) fn keep(&mut self, key: &str, index: &Index) {
        let Some(record) = index.record(key) else { return };
        let whole = index.bytes.get(record.key.start - 4..record.glance.end);
        self.body.extend(whole.unwrap_or_default());
    }

    /// The file.
    pub(super) fn bytes(self) -> Vec<u8> {
        let mut out = head().into_bytes();
        out.extend(checksum(&self.body).to_le_bytes());
        out.extend(self.body);
        out
    }
}

/// Tells torn bytes from whole ones; nobody is kept from lying with it.
fn checksum(bytes: &[u8]) -> u64 {
    let mix = |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(bytes.len() as u64, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| mix(sum, u64::from(*byte)))
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn push_part(out: &mut Vec<u8>, part: &[u8]) {
    push_length(out, part.len());
    out.extend(part);
}

/// The range of a part that has its length in front.
fn part(bytes: &[u8], at: &mut usize) -> Option<Range<usize>> {
    let length = u32::from_le_bytes(*bytes.get(*at..)?.first_chunk::<4>()?) as usize;
    let start = *at + 4;
    let end = start.checked_add(length).filter(|end| *end <= bytes.len())?;
    *at = end;
    Some(start..end)
}

fn write(glance: &Glance, out: &mut Vec<u8>) {
    let Glance { error, description, owner, tags, releases, left, yanked, deprecated, one, options, implies } =
        glance;
    out.push(match one {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    });
    for text in [error, description, owner] {
        write_option(text.as_deref(), out);
    }
    for list in [tags, releases, left, yanked, implies] {
        push_length(out, list.len());
        for text in list {
            push_part(out, text.as_bytes());
        }
    }
    out.push(u8::from(deprecated.is_some()));
    if let Some(Leave { instead, why }) = deprecated {
        write_option(instead.as_deref(), out);
        write_option(why.as_deref(), out);
    }
    push_length(out, options.len());
    for OptionGlance { name, description, is_deprecated } in options {
        push_part(out, name.as_bytes());
        write_option(description.as_deref(), out);
        out.push(u8::from(*is_deprecated));
    }
}

fn write_option(text: Option<&str>, out: &mut Vec<u8>) {
    out.push(u8::from(text.is_some()));
    if let Some(text) = text {
        push_part(out, text.as_bytes());
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn glance(mut self) -> Option<Glance> {
        let mut out = Glance {
            one: match self.byte()? {
                0 => None,
                1 => Some(false),
                2 => Some(true),
                _ => return None,
            },
            ..Glance::default()
        };
        for text in [&mut out.error, &mut out.description, &mut out.owner] {
            self.option(text)?;
        }
        for list in [&mut out.tags, &mut out.releases, &mut out.left, &mut out.yanked, &mut out.implies] {
            *list = self.texts()?;
        }
        if self.byte()? != 0 {
            let leave = out.deprecated.insert(Leave::default());
            self.option(&mut leave.instead)?;
            self.option(&mut leave.why)?;
        }
        for _ in 0..self.length()? {
            let mut option = OptionGlance { name: self.text()?, ..OptionGlance::default() };
            self.option(&mut option.description)?;
            option.is_deprecated = self.byte()? != 0;
            out.options.push(option);
        }
        (self.at == self.bytes.len()).then_some(out)
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn length(&mut self) -> Option<usize> {
        let length = u32::from_le_bytes(*self.bytes.get(self.at..)?.first_chunk::<4>()?);
        self.at += 4;
        Some(length as usize)
    }

    fn text(&mut self) -> Option<String> {
        let range = part(self.bytes, &mut self.at)?;
        Some(std::str::from_utf8(self.bytes.get(range)?).ok()?.to_owned())
    }

    fn texts(&mut self) -> Option<Vec<String>> {
        let many = self.length()?;
        (0..many).map(|_| self.text()).collect()
    }

    /// A text, if there is one.
    fn option(&mut self, into: &mut Option<String>) -> Option<()> {
        if self.byte()? != 0 {
            *into = Some(self.text()?);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(".{0,6}", 0..3)
    }

    fn glances() -> impl Strategy<Value = Glance> {
        let text = || prop::option::of(".{0,8}");
        let option = (".{0,4}", text(), any::<bool>())
            .prop_map(|(name, description, is_deprecated)| OptionGlance { name, description, is_deprecated });
        let texts = (texts(), texts(), texts(), texts(), texts());
        let leave = prop::option::of((text(), text()).prop_map(|(instead, why)| Leave { instead, why }));
        let plain = (text(), text(), text(), texts);
        let more = (leave, prop::option::of(any::<bool>()), prop::collection::vec(option, 0..3));
        (plain, more).prop_map(|((error, description, owner, texts), (deprecated, one, options))| {
            let (tags, releases, left, yanked, implies) = texts;
            Glance {
                error,
                description,
                owner,
                tags,
                releases,
                left,
                yanked,
                deprecated,
                one,
                options,
                implies,
            }
        })
    }

    fn stamp(number: u64) -> Stamp {
        let time = i128::from(number);
        Stamp { size: number, mtime: time, ctime: time + 1, inode: number + 1 }
    }

    proptest! {
        /// What is remembered comes back; a file in another state is not known.
        #[test]
        fn what_is_written_is_read(all in prop::collection::btree_map("[a-c/]{1,4}", glances(), 0..5)) {
            let mut draft = Draft::default();
            for (number, (key, glance)) in (0..).zip(&all) {
                draft.add(key, &stamp(number), glance);
            }
            let index = Index::of(draft.bytes()).expect("whole");
            let mut again = Draft::default();
            for (number, (key, glance)) in (0..).zip(&all) {
                prop_assert_eq!(index.get(key, &stamp(number)), Some(glance.clone()));
                prop_assert_eq!(index.get(key, &stamp(number + 1)), None);
                again.keep(key, &index);
            }
            prop_assert_eq!(again.bytes(), index.bytes);
        }

        /// Bytes that are torn, cut or changed are no index, and nothing panics.
        #[test]
        fn what_is_torn_is_not_believed(all in prop::collection::btree_map("[a-c]{1,4}", glances(), 1..4), cut: prop::sample::Index, at: prop::sample::Index) {
            let mut draft = Draft::default();
            for (key, glance) in &all {
                draft.add(key, &stamp(1), glance);
            }
            let bytes = draft.bytes();
            let cut = cut.index(bytes.len());
            prop_assert!(Index::of(bytes[..cut].to_vec()).is_none());
            let mut changed = bytes.clone();
            let at = at.index(bytes.len());
            changed[at] ^= 1;
            prop_assert!(Index::of(changed).is_none());
        }
    }
}
