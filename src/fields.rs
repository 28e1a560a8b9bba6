//! Fields: the keys of a mapping that a user wrote, taken out one by one, each in its type.
//!
//! Owns: the words for an unknown key, a wrong type, a missing field, and free `x-…` keys. Refuses: what keys there are
//! (readers of formats know that), and stopping at the first mistake.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use crate::diagnostic::{Diagnostic, Finding};
use crate::manifest::{Mode, Strategy};
use crate::names::{Name, nearest};
use crate::place::{At, Place};
use crate::shape::Shape;
use crate::version::VersionDemand;
use crate::yaml::{Key, Node};

/// Everything that is found wrong on the way.
pub type Found = Vec<Diagnostic>;

/// The values of `mode`.
pub const MODES: &[&str] = &["prod", "dev"];

/// The values of `strategy`.
pub const STRATEGIES: &[&str] = &["1-of-N", "M-of-N"];

/// The keys of one mapping.
#[derive(Debug)]
pub struct Fields<'n> {
    /// What the mapping is, for sentences: "a package".
    pub what: &'static str,
    /// Where it stands.
    pub place: Place,
    pairs: &'n [(Key, Node)],
    known: Vec<&'static str>,
    ignored: Vec<&'static str>,
    /// What keys there are; none: those that are asked for.
    shape: Option<&'static Shape>,
}

impl<'n> Fields<'n> {
    /// The keys of a mapping; anything else is reported. An empty value is an empty mapping.
    pub fn of(node: &'n Node, what: &'static str, found: &mut Found) -> Option<Self> {
        let pairs = match (node.as_map(), node.is_null()) {
            (Some(pairs), _) => pairs,
            (None, true) => &[],
            (None, false) => {
                wrong_type(node, what, "a mapping", found);
                return None;
            }
        };
        Some(Self { what, place: node.place, pairs, known: Vec::new(), ignored: Vec::new(), shape: None })
    }

    /// The keys of a mapping of that shape, which says what keys there are. Whoever reads it asks for each of them, and
    /// for no other.
    pub fn shaped(node: &'n Node, shape: &'static Shape, found: &mut Found) -> Option<Self> {
        Some(Self { shape: Some(shape), ..Self::of(node, shape.what, found)? })
    }

    /// The pair of that key, which is known from now on.
    pub fn pair(&mut self, key: &'static str) -> Option<(&'n Key, &'n Node)> {
        self.known.push(key);
        self.pairs.iter().find(|(k, _)| k.text == key).map(|(k, n)| (k, n))
    }

    /// The value of that key.
    pub fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.pair(key).map(|(_, node)| node)
    }

    /// Whether the key is there, without making it known.
    pub fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|(k, _)| k.text == key)
    }

    /// Where a key stands, without making it known.
    pub fn place_of(&self, key: &str) -> Option<Place> {
        self.pairs.iter().find(|(k, _)| k.text == key).map(|(k, _)| k.place)
    }

    /// Whether somebody asked for the key, or passed over it.
    pub fn knows(&self, key: &str) -> bool {
        self.known.contains(&key) || self.ignored.contains(&key)
    }

    /// Passes over a key: what there is to say of it was said.
    pub fn ignore(&mut self, key: &'static str) {
        self.ignored.push(key);
    }

    /// The value of a key that must be there.
    pub fn required(&mut self, key: &'static str, found: &mut Found) -> Option<&'n Node> {
        let node = self.get(key);
        if node.is_none() {
            let finding = Finding::MissingField { what: self.what, key };
            found.push(Diagnostic::error(self.head(), finding));
        }
        node
    }

    /// Where to point for what the mapping lacks: its first key.
    pub fn head(&self) -> Place {
        self.pairs.first().map_or(self.place, |(key, _)| key.place)
    }

    /// A text.
    pub fn text(&mut self, key: &'static str, found: &mut Found) -> Option<At<String>> {
        text(self.get(key)?, &format!("`{key}`"), found)
    }

    /// A text that must be there.
    pub fn required_text(&mut self, key: &'static str, found: &mut Found) -> Option<At<String>> {
        text(self.required(key, found)?, &format!("`{key}`"), found)
    }

    /// A name.
    pub fn name(&mut self, key: &'static str, found: &mut Found) -> Option<At<Name>> {
        name(self.get(key)?, &format!("`{key}`"), found)
    }

    /// `mode`, by whatever key.
    pub fn mode(&mut self, key: &'static str, found: &mut Found) -> Option<At<Mode>> {
        mode(self.get(key)?, &format!("`{key}`"), found)
    }

    /// `strategy`.
    pub fn strategy(&mut self, key: &'static str, found: &mut Found) -> Option<At<Strategy>> {
        strategy(self.get(key)?, found)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str, found: &mut Found) -> Option<At<bool>> {
        boolean(self.get(key)?, &format!("`{key}`"), found)
    }

    /// A whole number.
    pub fn number(&mut self, key: &'static str, found: &mut Found) -> Option<At<u32>> {
        number(self.get(key)?, &format!("`{key}`"), found)
    }

    /// A version specifier.
    pub fn demand(&mut self, key: &'static str, found: &mut Found) -> Option<At<VersionDemand>> {
        demand(self.get(key)?, &format!("`{key}`"), found)
    }

    /// A list of texts; absent or empty is none.
    pub fn texts(&mut self, key: &'static str, found: &mut Found) -> Vec<At<String>> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let what = format!("`{key}`");
        list(node, &what, found)
            .iter()
            .filter_map(|n| text(n, &format!("an item of {what}"), found))
            .collect()
    }

    /// A list of names; absent or empty is none.
    pub fn names(&mut self, key: &'static str, found: &mut Found) -> Vec<At<Name>> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let what = format!("`{key}`");
        list(node, &what, found)
            .iter()
            .filter_map(|n| name(n, &format!("an item of {what}"), found))
            .collect()
    }

    /// A list of values; absent or empty is none.
    pub fn list(&mut self, key: &'static str, found: &mut Found) -> &'n [Node] {
        self.get(key).map_or(&[], |node| list(node, &format!("`{key}`"), found))
    }

    /// The pairs of a mapping; absent or empty is none. `x-…` keys are left out.
    pub fn map(&mut self, key: &'static str, found: &mut Found) -> Vec<(&'n Key, &'n Node)> {
        self.get(key).map_or_else(Vec::new, |node| map(node, &format!("`{key}`"), found))
    }

    /// Says that a key is for something else, if it is there.
    pub fn not_for(&mut self, key: &'static str, belongs: &'static str, found: &mut Found) {
        let Some((at, _)) = self.pairs.iter().find(|(k, _)| k.text == key) else { return };
        let finding = Finding::NotForKind { key: key.to_owned(), what: self.what, belongs };
        found.push(Diagnostic::error(at.place, finding));
        self.ignored.push(key);
    }

    /// Reports the keys that there are none of: those that the shape does not have, without a shape those that nobody
    /// asked for.
    pub fn finish(self, found: &mut Found) {
        debug_assert_eq!(
            self.strays(),
            Vec::<&str>::new(),
            "the reader of {} and its shape differ",
            self.what
        );
        if self.shape.is_some_and(|shape| shape.open) {
            return;
        }
        for (key, _) in self.pairs {
            let text = key.text.as_str();
            let is_known = self.shape.map_or_else(|| self.known.contains(&text), |shape| shape.has(text));
            if is_known || self.ignored.contains(&text) || is_free(key) {
                continue;
            }
            let known = self.shape.map_or_else(|| self.known.clone(), Shape::names);
            let near = nearest(text, known.iter().copied());
            found.push(Diagnostic::error(
                key.place,
                Finding::UnknownKey {
                    key: key.text.clone(),
                    what: self.what,
                    nearest: near.map(str::to_owned),
                    known,
                },
            ));
        }
    }

    /// Keys that only the reader or only the shape knows.
    fn strays(&self) -> Vec<&'static str> {
        let Some(shape) = self.shape else { return Vec::new() };
        let names = shape.names();
        let unread = names.iter().filter(|name| !self.knows(name));
        let unsaid = self.known.iter().filter(|name| !names.contains(name) && !self.ignored.contains(name));
        unread.chain(unsaid).copied().collect()
    }
}

/// What was seen before, and where: finds what is written twice in a long list without looking through all of it.
#[derive(Debug)]
pub struct Seen<K>(HashMap<K, Place>);

impl<K> Default for Seen<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Seen<K> {
    /// Takes a key; where it was first seen, if it was.
    pub fn before(&mut self, key: K, place: Place) -> Option<Place> {
        match self.0.entry(key) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(free) => {
                free.insert(place);
                None
            }
        }
    }
}

/// Whether a key is free for the user (`x-…`).
pub fn is_free(key: &Key) -> bool {
    key.text.starts_with("x-")
}

/// Reports a value of the wrong type.
pub fn wrong_type(node: &Node, what: &str, expected: &'static str, found: &mut Found) {
    let finding = Finding::WrongType { what: what.to_owned(), expected, found: node.describe() };
    found.push(Diagnostic::error(node.place, finding));
}

/// The source text of a scalar.
pub fn text(node: &Node, what: &str, found: &mut Found) -> Option<At<String>> {
    if let Some(text) = node.as_str() {
        return Some(At::new(text.to_owned(), node.place));
    }
    wrong_type(node, what, "a text", found);
    None
}

/// A name.
pub fn name(node: &Node, what: &str, found: &mut Found) -> Option<At<Name>> {
    let Some(text) = node.as_str() else {
        wrong_type(node, what, "a name", found);
        return None;
    };
    parse_name(text, node.place, found)
}

/// A name from a text (a key, for example).
pub fn parse_name(text: &str, place: Place, found: &mut Found) -> Option<At<Name>> {
    match Name::parse(text) {
        Ok(name) => Some(At::new(name, place)),
        Err(why) => {
            found.push(Diagnostic::error(place, Finding::BadName { text: text.to_owned(), why }));
            None
        }
    }
}

/// One of several words.
pub fn word(
    node: &Node,
    what: &str,
    known: &'static [&'static str],
    found: &mut Found,
) -> Option<At<&'static str>> {
    let Some(text) = node.as_str() else {
        let expected = if known == MODES { "`prod` or `dev`" } else { "a word" };
        wrong_type(node, what, expected, found);
        return None;
    };
    if let Some(word) = known.iter().find(|w| **w == text) {
        return Some(At::new(*word, node.place));
    }
    found.push(Diagnostic::error(
        node.place,
        Finding::BadValue {
            what: what.to_owned(),
            text: text.to_owned(),
            nearest: nearest(text, known.iter().copied()).map(str::to_owned),
            known,
        },
    ));
    None
}

/// `prod` or `dev`.
pub fn mode(node: &Node, what: &str, found: &mut Found) -> Option<At<Mode>> {
    let word = word(node, what, MODES, found)?;
    Some(word.map(|w| if w == "dev" { Mode::Dev } else { Mode::Prod }))
}

/// `1-of-N` or `M-of-N`.
pub fn strategy(node: &Node, found: &mut Found) -> Option<At<Strategy>> {
    let word = word(node, "`strategy`", STRATEGIES, found)?;
    Some(word.map(|w| if w == "1-of-N" { Strategy::One } else { Strategy::Many }))
}

/// `true` or `false`, without quotes.
pub fn boolean(node: &Node, what: &str, found: &mut Found) -> Option<At<bool>> {
    if let Some(value) = node.as_bool() {
        return Some(At::new(value, node.place));
    }
    wrong_type(node, what, "`true` or `false`", found);
    None
}

/// A whole number from 0.
pub fn number(node: &Node, what: &str, found: &mut Found) -> Option<At<u32>> {
    if let Some(value) = node.as_str().and_then(|t| t.parse().ok()) {
        return Some(At::new(value, node.place));
    }
    let finding = Finding::BadNumber { what: what.to_owned(), found: node.describe() };
    found.push(Diagnostic::error(node.place, finding));
    None
}

/// `*`, version specifiers, or a bare version.
pub fn demand(node: &Node, what: &str, found: &mut Found) -> Option<At<VersionDemand>> {
    let Some(text) = node.as_str() else {
        wrong_type(node, what, "a version specifier", found);
        return None;
    };
    match VersionDemand::parse(text) {
        Ok(demand) => Some(At::new(demand, node.place)),
        Err(error) => {
            found.push(Diagnostic::error(node.place, Finding::BadVersion(error)));
            None
        }
    }
}

/// The items of a list; an empty value has none.
pub fn list<'n>(node: &'n Node, what: &str, found: &mut Found) -> &'n [Node] {
    match node.as_list() {
        Some(items) => items,
        None if node.is_null() => &[],
        None => {
            wrong_type(node, what, "a list", found);
            &[]
        }
    }
}

/// The items of a list, or a single value as one.
pub fn one_or_list(node: &Node) -> Vec<&Node> {
    match node.as_list() {
        Some(items) => items.iter().collect(),
        None => vec![node],
    }
}

/// The pairs of a mapping; an empty value has none. `x-…` keys are left out.
pub fn map<'n>(node: &'n Node, what: &str, found: &mut Found) -> Vec<(&'n Key, &'n Node)> {
    match node.as_map() {
        Some(pairs) => pairs.iter().filter(|(k, _)| !is_free(k)).map(|(k, n)| (k, n)).collect(),
        None if node.is_null() => Vec::new(),
        None => {
            wrong_type(node, what, "a mapping", found);
            Vec::new()
        }
    }
}

/// A path that must hold on every machine: not empty, not absolute, not in a home.
pub fn relative_path(path: &At<String>, what: &str, found: &mut Found) {
    let text = path.value.as_str();
    let bytes = text.as_bytes();
    let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    let finding = if text.trim().is_empty() {
        Finding::EmptyText { what: what.to_owned() }
    } else if text.starts_with(['/', '~', '\\']) || drive {
        Finding::AbsolutePath { what: what.to_owned(), path: text.to_owned() }
    } else {
        return;
    };
    found.push(Diagnostic::error(path.place, finding));
}
