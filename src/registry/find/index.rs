//! What is remembered of entries between two runs: each at a glance, under the state of its file.
//!
//! Owns: what is written down of an entry, and when that still holds. Refuses: telling anybody what an entry means; it serves
//! lists and searches, and whoever chooses reads the entry.
//!
//! A file counts as unchanged while its size, its inode and both of its times are what they were, and as long as it was not
//! changed just before it was read: within the grain of a file system's clock a second change would leave no trace.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::Label;
use super::table::{Draft, Table};
use crate::registry::{Glance, Leave, OptionGlance};
use crate::world::{FileKind, Stat, World};

/// The state of a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    mtime: i128,
    ctime: i128,
    inode: u64,
}

/// A file that was changed less than this before it was read may have been changed again since, in nanoseconds.
pub(super) const GRAIN: i128 = 50_000_000;

/// How many bytes a stamp takes.
const STAMP: usize = 48;

impl Stamp {
    /// Of a regular file; what is reached through a link, or lies in a pack, has none.
    pub(super) fn of(stat: &Stat) -> Option<Self> {
        Self::of_kind(stat, FileKind::File)
    }

    /// Of a directory; what is reached through a link, lies in a pack or would only be there has none.
    pub(super) fn of_directory(stat: &Stat) -> Option<Self> {
        Self::of_kind(stat, FileKind::Dir)
    }

    fn of_kind(stat: &Stat, wanted: FileKind) -> Option<Self> {
        let Stat { kind, size, mtime, ctime, inode, .. } = *stat;
        (kind == wanted && inode != 0).then_some(Self { size, mtime, ctime, inode })
    }

    /// Whether what was in that state when it was read at a time can be told from the same changed since.
    pub(super) fn is_settled(&self, read_at: i128, grain: i128) -> bool {
        self.ctime.max(self.mtime) + grain < read_at
    }

    fn bytes(&self) -> [u8; STAMP] {
        let mut out = [0; STAMP];
        out[..8].copy_from_slice(&self.size.to_le_bytes());
        out[8..16].copy_from_slice(&self.inode.to_le_bytes());
        out[16..32].copy_from_slice(&self.mtime.to_le_bytes());
        out[32..].copy_from_slice(&self.ctime.to_le_bytes());
        out
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.size, self.inode, self.mtime, self.ctime)
    }
}

/// What was remembered of one registry.
#[derive(Debug, Default)]
pub(super) struct Index(Table);

/// The first line of the file.
fn head() -> String {
    format!("hsm-index 2 {}\n", env!("CARGO_PKG_VERSION"))
}

/// Where what is remembered of a directory lies.
pub(super) fn place(cache: &Path, directory: &Path, ending: &str) -> PathBuf {
    let digest = Sha256::digest(directory.to_string_lossy().as_bytes());
    let name = u128::from_be_bytes(std::array::from_fn(|at| digest[at]));
    cache.join("index").join(format!("{name:032x}{ending}"))
}

/// Writes what is to be remembered. A cache that cannot be written is none.
pub(super) fn keep(file: &Path, bytes: &[u8], world: &dyn World) {
    let folder = file.parent().unwrap_or(Path::new("."));
    let _ = world.create_dirs(folder).and_then(|()| world.write(file, bytes));
}

/// Under what an entry is remembered: its folder, its name in the form in which it compares, and its spelling where that is
/// another. The keys have the order in which entries are listed.
pub(super) fn key(label: &Label<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    key_into(label, &mut out);
    out
}

/// The same in the room of the one before.
pub(super) fn key_into(label: &Label<'_>, out: &mut Vec<u8>) {
    out.clear();
    out.push(label.slot());
    out.extend_from_slice(label.compared.as_bytes());
    if label.compared != label.name {
        out.push(0);
        out.extend_from_slice(label.name.as_bytes());
    }
}

impl Index {
    /// What is remembered; nothing where there is nothing that can be trusted.
    pub(super) fn read(path: &Path, world: &dyn World) -> Self {
        Self(Table::read(path, &head(), world).unwrap_or_default())
    }

    /// Where one who asks in the order of the keys begins.
    pub(super) fn start(&self, key: &[u8]) -> usize {
        self.0.position(key)
    }

    /// What is remembered of a file in that state. `at`: where the one before was found.
    pub(super) fn get(&self, key: &[u8], stamp: &Stamp, at: &mut usize) -> Option<Glance<'_>> {
        let (own, glance) = self.0.next(key, at)?.split_first_chunk::<STAMP>()?;
        if *own != stamp.bytes() {
            return None;
        }
        Reader { bytes: glance, at: 0 }.glance()
    }
}

/// An index that is being made. The keys come in their order.
#[derive(Debug, Default)]
pub(super) struct Anew(Draft);

impl Anew {
    /// Remembers an entry that was read.
    pub(super) fn add(&mut self, key: &[u8], stamp: &Stamp, glance: &[u8]) {
        self.0.add(key, &[&stamp.bytes(), glance]);
    }

    /// Keeps what was remembered of one. `at`: where the one before was found.
    pub(super) fn keep(&mut self, key: &[u8], index: &Index, at: &mut usize) {
        if let Some(says) = index.0.next(key, at) {
            self.0.add(key, &[says]);
        }
    }

    /// The file.
    pub(super) fn file(self) -> Vec<u8> {
        self.0.table().file(&head())
    }
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn push_part(out: &mut Vec<u8>, part: &[u8]) {
    push_length(out, part.len());
    out.extend_from_slice(part);
}

/// An entry at a glance, as it is remembered.
pub(super) fn written(glance: &Glance<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(glance, &mut out);
    out
}

fn write(glance: &Glance<'_>, out: &mut Vec<u8>) {
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

impl<'b> Reader<'b> {
    fn glance(mut self) -> Option<Glance<'b>> {
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

    fn text(&mut self) -> Option<Cow<'b, str>> {
        let length = self.length()?;
        let text = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(Cow::Borrowed(std::str::from_utf8(text).ok()?))
    }

    fn texts(&mut self) -> Option<Vec<Cow<'b, str>>> {
        let many = self.length()?;
        // each has a length of its own, so that no more of them fit
        let mut out = Vec::with_capacity(many.min(self.bytes.len() / 4));
        for _ in 0..many {
            out.push(self.text()?);
        }
        Some(out)
    }

    /// A text, if there is one.
    fn option(&mut self, into: &mut Option<Cow<'b, str>>) -> Option<()> {
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

    fn text() -> impl Strategy<Value = Cow<'static, str>> {
        ".{0,8}".prop_map(Cow::from)
    }

    fn glances() -> impl Strategy<Value = Glance<'static>> {
        let some = || prop::option::of(text());
        let texts = || prop::collection::vec(text(), 0..3);
        let option = (text(), some(), any::<bool>())
            .prop_map(|(name, description, is_deprecated)| OptionGlance { name, description, is_deprecated });
        let texts = (texts(), texts(), texts(), texts(), texts());
        let leave = prop::option::of((some(), some()).prop_map(|(instead, why)| Leave { instead, why }));
        let plain = (some(), some(), some(), texts);
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
            let mut anew = Anew::default();
            for (number, (key, glance)) in (0..).zip(&all) {
                anew.add(key.as_bytes(), &stamp(number), &written(glance));
            }
            let index = Index(anew.0.table());
            let (mut again, mut at, mut kept) = (Anew::default(), 0, 0);
            for (number, (key, glance)) in (0..).zip(&all) {
                prop_assert_eq!(index.get(key.as_bytes(), &stamp(number), &mut at), Some(glance.clone()));
                prop_assert_eq!(index.get(key.as_bytes(), &stamp(number + 1), &mut at), None);
                again.keep(key.as_bytes(), &index, &mut kept);
            }
            prop_assert_eq!(again.file(), index.0.file(&head()));
        }

        /// Whatever bytes are said to be an entry: nothing panics.
        #[test]
        fn any_bytes_can_be_looked_at(bytes in prop::collection::vec(prop_oneof![0..3_u8, any::<u8>()], 0..80)) {
            let _ = Reader { bytes: &bytes, at: 0 }.glance();
        }
    }

    /// The keys of entries are in the order in which entries are listed, and no two entries share one.
    #[test]
    fn keys_are_ordered_as_entries_are() {
        let label = |is_group, compared, name| Label {
            kind: crate::names::Kind::Package,
            is_group,
            compared,
            name,
            number: 0,
            hidden_by: None,
        };
        let all = [("a", "A"), ("a-b", "a-b"), ("a0", "a0"), ("ab", "Ab"), ("ab", "aB"), ("b", "b")];
        let all =
            [false, true].map(|is_group| all.map(|(compared, name)| key(&label(is_group, compared, name))));
        assert!(all.concat().is_sorted_by(|a, b| a < b));
        assert_ne!(key(&label(false, "a", "a")), key(&label(false, "a", "A")));
    }
}
