//! A TOML text that is only read: texts with their places.
//!
//! Owns: the way from keys to texts, and which elements hsm recorded as its own. With the adapter that edits such files
//! the only door to `toml_edit`. Refuses: knowing what a key means.

use std::collections::BTreeMap;

use toml_edit::{Document, Item, TableLike, Value};

use crate::place::{At, FileId, Place};

/// A TOML text.
pub(super) struct Table<'t> {
    text: &'t str,
    file: FileId,
    doc: Document<&'t str>,
}

impl<'t> Table<'t> {
    /// Reads a text; where it is not TOML, and why.
    pub(super) fn parse(text: &'t str, file: FileId) -> Result<Self, (Place, String)> {
        let doc = Document::parse(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let place = Place { file, start: span.start as u32, end: span.end as u32 };
            (place, error.message().lines().next().unwrap_or_default().to_owned())
        })?;
        Ok(Self { text, file, doc })
    }

    /// The text of a place, as it is written.
    pub(super) fn written(&self, place: Place) -> Option<&str> {
        self.text.get(place.start as usize..place.end as usize)
    }

    /// The keys of a table.
    pub(super) fn keys(&self, path: &[&str]) -> Vec<String> {
        let table = self.item(path).and_then(Item::as_table_like);
        table.map(|table| table.iter().map(|(key, _)| key.to_owned()).collect()).unwrap_or_default()
    }

    /// The text at a path.
    pub(super) fn text(&self, path: &[&str]) -> Option<At<String>> {
        self.at(self.item(path)?.as_value()?)
    }

    /// The texts of an array; its other elements are left out.
    pub(super) fn texts(&self, path: &[&str]) -> Vec<At<String>> {
        self.elements(path).filter_map(|value| self.at(value)).collect()
    }

    /// The texts of an array that hsm did not record as its own.
    pub(super) fn users_texts(&self, path: &[&str]) -> Vec<At<String>> {
        let mut left = self.texts(path);
        let record: Vec<&str> = ["tool", "hsm"].into_iter().chain(path.iter().copied()).collect();
        for own in self.texts(&record) {
            // of equal ones the last is hsm's: it adds behind what is there
            if let Some(found) = left.iter().rposition(|text| text.value == own.value) {
                left.remove(found);
            }
        }
        left
    }

    /// The groups that an array of a group includes.
    pub(super) fn included(&self, path: &[&str]) -> Vec<String> {
        let included =
            |value: &Value| Some(value.as_inline_table()?.get("include-group")?.as_str()?.to_owned());
        self.elements(path).filter_map(included).collect()
    }

    /// An array of arrays of tables: the texts of each table by their keys.
    pub(super) fn lists_of_tables(&self, path: &[&str]) -> Vec<Vec<BTreeMap<String, String>>> {
        let texts = |table: &dyn TableLike| {
            let text = |(key, item): (&str, &Item)| Some((key.to_owned(), item.as_str()?.to_owned()));
            table.iter().filter_map(text).collect()
        };
        let tables = |value: &Value| {
            let list = value.as_array()?;
            Some(list.iter().filter_map(|value| Some(texts(value.as_inline_table()?))).collect())
        };
        self.elements(path).filter_map(tables).collect()
    }

    fn elements(&self, path: &[&str]) -> impl Iterator<Item = &Value> {
        self.item(path).and_then(Item::as_array).into_iter().flat_map(|array| array.iter())
    }

    fn at(&self, value: &Value) -> Option<At<String>> {
        let span = value.span()?;
        let place = Place { file: self.file, start: span.start as u32, end: span.end as u32 };
        Some(At::new(value.as_str()?.to_owned(), place))
    }

    fn item(&self, path: &[&str]) -> Option<&Item> {
        let mut at = self.doc.as_item();
        for key in path {
            at = at.as_table_like()?.get(key)?;
        }
        Some(at)
    }
}
