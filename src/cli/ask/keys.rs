//! From the bytes of a terminal to keys.
//!
//! Owns: which bytes are which key. Refuses: what a key does.

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// A letter, digit or sign.
    Char(char),
    Enter,
    Space,
    Tab,
    Backspace,
    /// Removes a whole line (Ctrl-U) or word (Ctrl-W).
    Clear,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    /// Esc, Ctrl-C or Ctrl-D: leaves.
    Leave,
    /// Any other.
    Other,
}

/// Bytes that came and are not keys yet.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    waiting: Vec<u8>,
}

const ESC: u8 = 0x1b;

impl Bytes {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// Whether what came may be the beginning of a key.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next key. `all`: nothing more comes, so Esc is Esc and not the beginning of another key.
    pub(super) fn next(&mut self, all: bool) -> Option<Key> {
        let (key, length) = match self.waiting.as_slice() {
            [] => return None,
            [ESC, rest @ ..] => match escape(rest) {
                Some((key, length)) => (key, length + 1),
                // half a key is a key that we don't know
                None if all => (if rest.is_empty() { Key::Leave } else { Key::Other }, self.waiting.len()),
                None => return None,
            },
            [byte @ (0..=0x1f | 0x7f), ..] => (control(*byte), 1),
            [first, ..] => {
                let length = length_of_char(*first);
                match self.waiting.get(..length) {
                    Some(bytes) => (character(bytes), length),
                    None if all => (Key::Other, self.waiting.len()),
                    None => return None,
                }
            }
        };
        self.waiting.drain(..length);
        Some(key)
    }
}

/// A key that begins with Esc, and its length without that; `None`: there may be more to come.
fn escape(rest: &[u8]) -> Option<(Key, usize)> {
    match rest {
        [] | [b'[' | b'O'] => None,
        [b'[' | b'O', more @ ..] => {
            // parameters, and the letter that ends them
            let end = more.iter().position(|byte| !matches!(byte, 0x20..=0x3f))?;
            let key = match (&more[..end], more[end]) {
                ([], b'A') => Key::Up,
                ([], b'B') => Key::Down,
                ([], b'H') | (b"1" | b"7", b'~') => Key::Home,
                ([], b'F') | (b"4" | b"8", b'~') => Key::End,
                (b"5", b'~') => Key::PageUp,
                (b"6", b'~') => Key::PageDown,
                _ => Key::Other,
            };
            Some((key, end + 2))
        }
        // Esc twice is meant twice
        [ESC, ..] => Some((Key::Leave, 0)),
        // with Alt
        [..] => Some((Key::Other, 1)),
    }
}

fn control(byte: u8) -> Key {
    match byte {
        b'\r' | b'\n' => Key::Enter,
        b'\t' => Key::Tab,
        0x08 | 0x7f => Key::Backspace,
        0x03 | 0x04 => Key::Leave,
        0x0e => Key::Down,
        0x10 => Key::Up,
        0x15 | 0x17 => Key::Clear,
        0x01 => Key::Home,
        0x05 => Key::End,
        _ => Key::Other,
    }
}

fn length_of_char(first: u8) -> usize {
    match first {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    }
}

fn character(bytes: &[u8]) -> Key {
    match std::str::from_utf8(bytes).ok().and_then(|text| text.chars().next()) {
        Some(' ') => Key::Space,
        Some(c) if !c.is_control() => Key::Char(c),
        _ => Key::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(bytes: &[u8], piece: usize) -> Vec<Key> {
        let (mut waiting, mut out) = (Bytes::default(), Vec::new());
        for part in bytes.chunks(piece) {
            waiting.push(part);
            out.extend(std::iter::from_fn(|| waiting.next(false)));
        }
        out.extend(std::iter::from_fn(|| waiting.next(true)));
        assert!(!waiting.is_waiting(), "nothing is left over");
        out
    }

    #[test]
    fn keys_are_told_apart() {
        let all = [Key::Up, Key::Down, Key::PageUp, Key::Char('q'), Key::Space, Key::Enter, Key::Leave];
        assert_eq!(keys(b"\x1b[A\x1bOB\x1b[5~q \r\x1b", 64), all);
        assert_eq!(keys(b"\x1b[1;5A\x1bx\x7f\x03", 64), [Key::Other, Key::Other, Key::Backspace, Key::Leave]);
        assert_eq!(keys("é漢".as_bytes(), 64), [Key::Char('é'), Key::Char('漢')]);
        assert_eq!(keys(b"\x1b\x1b", 64), [Key::Leave, Key::Leave]);
        assert_eq!(keys(b"\x1b[", 64), [Key::Other]);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_in_which_pieces_bytes_come(bytes in prop::collection::vec(
            prop_oneof![Just(ESC), Just(b'['), Just(b'A'), Just(b'~'), Just(b'5'), any::<u8>()], 0..20), piece in 1usize..5) {
            prop_assert_eq!(keys(&bytes, piece), keys(&bytes, 64));
        }

        #[test]
        fn text_comes_as_it_is(text in "[a-zà-ÿ漢字0-9._:-]{0,20}") {
            let all: Vec<Key> = text.chars().map(Key::Char).collect();
            prop_assert_eq!(keys(text.as_bytes(), 1), all);
        }
    }
}
