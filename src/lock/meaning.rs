//! The hash of an entry's meaning.
//!
//! Owns: a form of a YAML tree in which comments, layout, quotes and the order of keys make no difference. Refuses:
//! knowing what the keys mean.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::yaml::{Node, Value};

/// `sha256:…` over the trees, in their order.
pub fn meaning<'a>(trees: impl IntoIterator<Item = &'a Node>) -> String {
    let mut hash = Sha256::new();
    for tree in trees {
        feed(&mut hash, tree);
    }
    let mut text = String::from("sha256:");
    for byte in hash.finalize() {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Every part says what it is and how long it is, so that no two trees give the same bytes.
fn feed(hash: &mut Sha256, node: &Node) {
    match &node.value {
        Value::Null => hash.update(b"n"),
        Value::Scalar { text, plain } => {
            // `5432` and `"5432"` are one text, `true` and `"true"` are not: the latter may be passed on as what it is.
            let word = *plain && matches!(text.as_str(), "true" | "false");
            hash.update(if word { b"w" } else { b"s" });
            feed_text(hash, text);
        }
        Value::List(items) => {
            hash.update(b"l");
            feed_len(hash, items.len());
            for item in items {
                feed(hash, item);
            }
        }
        Value::Map(pairs) => {
            hash.update(b"m");
            feed_len(hash, pairs.len());
            let mut sorted: Vec<_> = pairs.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.text.cmp(&b.text));
            for (key, value) in sorted {
                feed_text(hash, &key.text);
                feed(hash, value);
            }
        }
    }
}

fn feed_text(hash: &mut Sha256, text: &str) {
    feed_len(hash, text.len());
    hash.update(text.as_bytes());
}

fn feed_len(hash: &mut Sha256, len: usize) {
    hash.update((len as u64).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::meaning;
    use crate::place::FileId;
    use crate::yaml::{self, Limits};

    fn of(text: &str) -> String {
        meaning([&yaml::read(FileId(0), text, Limits::ENTRY).unwrap()])
    }

    #[test]
    fn layout_quotes_comments_and_the_order_of_keys_make_no_difference() {
        let plain = of("name: a\nports: [\"1:1\", '2:2']\n");
        assert_eq!(plain, of("# why\nports:\n  - 1:1   # one\n  - \"2:2\"\n\nname: 'a'\n"));
    }

    #[test]
    fn values_types_and_the_order_of_lists_do() {
        let plain = of("name: a\nports: [x, y]\nrun: true\n");
        for other in [
            "name: b\nports: [x, y]\nrun: true\n",
            "name: a\nports: [y, x]\nrun: true\n",
            "name: a\nports: [x, y]\nrun: \"true\"\n",
            "name: a\nports: [xy]\nrun: true\n",
            "name: a\nports: {x: y}\nrun: true\n",
            "name: a\nports: [x, y]\nrun:\n",
            "name: a\nports: [x, y]\n",
        ] {
            assert_ne!(plain, of(other), "{other}");
        }
    }
}
